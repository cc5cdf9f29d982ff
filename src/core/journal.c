/* The journal's states, statements and transactions, and its counters. */
#include "core/journal_inside.h"
#include <errno.h>
#include <signal.h>

static const char *const journal_sql[S_COUNT] = {
    [S_APPLY] = "UPDATE items SET state = ?2, action = coalesce(?3, action), input_id = coalesce(?4, input_id), sha256 = coalesce(?5, sha256),"
                " code = coalesce(?6, code), reason = coalesce(?7, reason), attempt = CASE WHEN ?8 < 0 THEN 0 ELSE attempt + ?8 END,"
                " settled = max(settled, ?9), existed = coalesce(?10, existed), size = coalesce(?11, size), modified = coalesce(?12, modified),"
                " changed = ?13, seq = ?14 WHERE id = ?1",
    [S_UNCLAIM] = "DELETE FROM claims WHERE id = ?1",
    [S_CLAIM] = "INSERT OR IGNORE INTO claims VALUES(?1)",
    [S_FOUND] = "INSERT INTO items(key, size, modified, state, candidate, code, reason, changed, seq, source, detail, sha256)"
                " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT(key) DO UPDATE SET size = excluded.size, modified = excluded.modified WHERE state = 0",
    [S_FOLDER] = "INSERT OR IGNORE INTO folders(path) VALUES(?1)",
    [S_REMOTE] = "INSERT INTO remote(input_id, source, sha256, size, modified, in_dataset, code, status, created, json, seen, pass)"
                 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT(input_id) DO UPDATE SET"
                 " source = excluded.source, sha256 = excluded.sha256, size = excluded.size, modified = excluded.modified,"
                 " in_dataset = max(in_dataset, excluded.in_dataset), code = excluded.code, status = excluded.status, created = excluded.created,"
                 " json = coalesce(excluded.json, json), seen = max(seen, excluded.seen),"
                 " prev = CASE WHEN excluded.pass > pass THEN pass ELSE prev END, pass = max(pass, excluded.pass)",
    [S_REMOTE_PASS] = "SELECT seen, pass FROM remote WHERE input_id = ?1",
    [S_COUNTS] = "SELECT state, n, bytes FROM counts",
    [S_PUT] = "INSERT INTO facts VALUES(?1, ?2) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    [S_DROP] = "DELETE FROM facts WHERE key = ?1",
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
};

static const char *const journal_names[JOURNAL_STATES] = {"listed",  "planned",  "sent",   "unknown",     "accepted", "verified",
                                                          "present", "skipped",  "conflict", "failed", "unaccounted", "cancelled"};

const char *journal_state_name(enum journal_state s) { return s < JOURNAL_STATES ? journal_names[s] : ""; }

enum journal_state journal_state_by_name(const char *name)
{
    for (int i = 0; i < JOURNAL_STATES; i++)
        if (str_eq(name, journal_names[i]))
            return (enum journal_state)i;
    return JOURNAL_STATES;
}

void journal_kill_point(const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static int64_t seen;
    const char *at = getenv("LAKEFERRY_KILL_AT");
    if (!at)
        return;
    size_t n = strlen(name);
    int64_t wanted;
    if (strncmp(at, name, n) != 0 || at[n] != ':' || !str_i64(at + n + 1, &wanted))
        return;
    pthread_mutex_lock(&lock);
    if (++seen == wanted)
        raise(SIGKILL);
    pthread_mutex_unlock(&lock);
}

/* --- errors, statements, transactions: called with the mutex held --- */

int journal_fail(struct journal *j, struct err *e)
{
    int rc = sqlite3_extended_errcode(j->db);
    int sys = sqlite3_system_errno(j->db);
    const char *words = sqlite3_errmsg(j->db);
    switch (rc & 0xff) {
    case SQLITE_FULL:
        err_set(e, ERR_NO_SPACE, "the disk is full");
        break;
    case SQLITE_NOMEM:
        err_no_memory(e);
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        err_set(e, ERR_CONFLICT, "another process holds it");
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        err_set(e, ERR_IO, "the journal is damaged (%s)", words);
        if (e)
            str_copy(e->api_code, sizeof e->api_code, "JOURNAL_DAMAGED");
        err_remedy(e, "resume the run: its journal is made again by reading both sides");
        break;
    case SQLITE_READONLY:
        err_set(e, ERR_IO, "it cannot be written (read-only)");
        break;
    default:
        if (sys == ENOSPC || sys == EDQUOT)
            err_set_errno(e, sys, "the journal cannot grow");
        else
            err_set(e, ERR_IO, "%s", words);
    }
    return err_about(e, "cannot use the journal", j->path);
}

int journal_damaged(struct journal *j, const char *words, struct err *e)
{
    err_set(e, ERR_IO, "the journal is damaged (%s)", words);
    if (e)
        str_copy(e->api_code, sizeof e->api_code, "JOURNAL_DAMAGED");
    return err_about(e, "cannot use the journal", j->path);
}

/* The journal of which this thread could not read a fact, and why. */
static _Thread_local struct { const struct journal *of; struct err why; } unread;

void journal_distrust(const struct journal *j, const struct err *why)
{
    unread.of = j;
    unread.why = *why;
}

void journal_trust(const struct journal *j)
{
    if (unread.of == j)
        unread.of = NULL;
}

int journal_trusted(const struct journal *j, struct err *e)
{
    if (unread.of != j)
        return 0;
    if (e)
        *e = unread.why;
    return -1;
}

int journal_run(struct journal *j, const char *sql, struct err *e)
{
    if (journal_trusted(j, e) != 0)
        return -1;
    return sqlite3_exec(j->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : journal_fail(j, e);
}

/* A column found no memory, since the thread last prepared a statement. */
static _Thread_local bool text_lost;

sqlite3_stmt *journal_prepare(struct journal *j, const char *sql, struct err *e)
{
    text_lost = false;
    sqlite3_stmt *s = NULL;
    for (size_t i = 0; i < JOURNAL_IDLE_STATEMENTS; i++)
        if (j->idle[i] && str_eq(sqlite3_sql(j->idle[i]), sql)) {
            s = j->idle[i];
            j->idle[i] = NULL;
            return s;
        }
    if (sqlite3_prepare_v3(j->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) != SQLITE_OK) {
        journal_fail(j, e);
        return NULL;
    }
    return s;
}

void journal_end(struct journal *j, sqlite3_stmt *s)
{
    if (!s)
        return;
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    for (size_t i = 0; i < JOURNAL_IDLE_STATEMENTS; i++)
        if (!j->idle[i]) {
            j->idle[i] = s;
            return;
        }
    unsigned at = j->idle_next++ % JOURNAL_IDLE_STATEMENTS;
    sqlite3_finalize(j->idle[at]);
    j->idle[at] = s;
}

sqlite3_stmt *journal_cached(struct journal *j, enum statement which, struct err *e)
{
    if (!j->statements[which])
        j->statements[which] = journal_prepare(j, journal_sql[which], e);
    return j->statements[which];
}

void journal_bind(sqlite3_stmt *s, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(s, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, at);
}

/* Steps a statement that gives no rows, and makes it ready for the next use. */
int journal_step(struct journal *j, sqlite3_stmt *s, struct err *e)
{
    int result = journal_trusted(j, e), rc = result == 0 ? sqlite3_step(s) : SQLITE_DONE;
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        result = journal_fail(j, e);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return result;
}

char *journal_column(sqlite3_stmt *s, int at)
{
    if (sqlite3_column_type(s, at) == SQLITE_NULL)
        return NULL;
    char *text = str_dup((const char *)sqlite3_column_text(s, at));
    text_lost |= !text;
    return text;
}

char *journal_column_filled(sqlite3_stmt *s, int at)
{
    return sqlite3_column_bytes(s, at) > 0 ? journal_column(s, at) : NULL;
}

int journal_columns_whole(struct err *e)
{
    bool lost = text_lost;
    text_lost = false;
    return lost ? err_no_memory(e) : 0;
}

int journal_load_counts(struct journal *j, struct err *e)
{
    sqlite3_stmt *s = journal_cached(j, S_COUNTS, e);
    if (!s)
        return -1;
    int rc;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        int state = sqlite3_column_int(s, 0);
        if (state < 0 || state >= JOURNAL_STATES)
            continue;
        j->counts[state] = sqlite3_column_int64(s, 1);
        j->bytes[state] = (uint64_t)sqlite3_column_int64(s, 2);
    }
    int result = rc == SQLITE_DONE ? 0 : journal_fail(j, e);
    sqlite3_reset(s);
    return result;
}

static int run_cached(struct journal *j, enum statement which, struct err *e)
{
    sqlite3_stmt *s = journal_cached(j, which, e);
    return s ? journal_step(j, s, e) : -1;
}

int journal_begin(struct journal *j, struct err *e)
{
    if (!sqlite3_get_autocommit(j->db))          /* one that could not be taken back for want of memory */
        sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    return run_cached(j, S_BEGIN, e);
}

/* Ends a transaction: commits when result is 0 and the commit succeeds, else takes everything back. */
int journal_finish(struct journal *j, int result, struct err *e)
{
    int64_t counts[JOURNAL_STATES];
    uint64_t bytes[JOURNAL_STATES];
    memcpy(counts, j->counts, sizeof counts);
    memcpy(bytes, j->bytes, sizeof bytes);
    /* Counted before the commit, which is the last thing that can fail: what is called failed is not in the file. */
    if (result == 0 && journal_load_counts(j, e) == 0 && run_cached(j, S_COMMIT, e) == 0)
        return 0;
    memcpy(j->counts, counts, sizeof counts);
    memcpy(j->bytes, bytes, sizeof bytes);
    sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

void journal_kill_states(unsigned states)
{
    for (int i = 0; i < JOURNAL_STATES; i++)
        if (states & JOURNAL_BIT(i))
            journal_kill_point(journal_names[i]);
}

int64_t journal_scalar(struct journal *j, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *s = journal_prepare(j, sql, NULL);
    int64_t value = otherwise;
    if (s && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(s, 0);
    journal_end(j, s);
    return value;
}

/* --- counters --- */

int64_t journal_count(struct journal *j, unsigned states)
{
    int64_t n = 0;
    pthread_mutex_lock(&j->lock);
    for (int i = 0; i < JOURNAL_STATES; i++)
        n += states & JOURNAL_BIT(i) ? j->counts[i] : 0;
    pthread_mutex_unlock(&j->lock);
    return n;
}

uint64_t journal_bytes(struct journal *j, unsigned states)
{
    uint64_t n = 0;
    pthread_mutex_lock(&j->lock);
    for (int i = 0; i < JOURNAL_STATES; i++)
        n += states & JOURNAL_BIT(i) ? j->bytes[i] : 0;
    pthread_mutex_unlock(&j->lock);
    return n;
}

/* Appends " AND column IN (…)" for the bits. */
void journal_put_bits(struct buf *sql, const char *column, unsigned bits)
{
    if (!bits)
        return;
    buf_printf(sql, " AND %s IN (", column);
    for (int i = 0, first = 1; i < 32; i++)
        if (bits & (1u << i)) {
            buf_printf(sql, "%s%d", first ? "" : ",", i);
            first = 0;
        }
    buf_puts(sql, ")");
}

int journal_tally(struct journal *j, unsigned states, unsigned actions, int64_t *count, uint64_t *bytes, struct err *e)
{
    struct buf sql = BUF_INIT;
    buf_puts(&sql, "SELECT count(*), coalesce(sum(size), 0) FROM items WHERE candidate = 1");
    journal_put_bits(&sql, "state", states);
    journal_put_bits(&sql, "action", actions);
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = buf_error(&sql, e) == 0 ? journal_prepare(j, sql.data, e) : NULL;
    int result = s ? 0 : -1;
    if (s && sqlite3_step(s) == SQLITE_ROW) {
        *count = sqlite3_column_int64(s, 0);
        if (bytes)
            *bytes = (uint64_t)sqlite3_column_int64(s, 1);
    } else if (s) {
        result = journal_fail(j, e);
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    buf_release(&sql);
    return result;
}
