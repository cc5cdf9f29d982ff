#include "core/journal_inside.h"
#include "base/timefmt.h"
#include "base/url.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/statfs.h>
#include <unistd.h>

#define JOURNAL_VERSION 2 /* 2: items have source and detail */
#define JOURNAL_APPLICATION 0x4c4b4659 /* "LKFY" in the file's header */
#define JOURNAL_CHECK_MAX (64LL << 20) /* larger files are not read through at each start */

#define JOURNAL_ITEM_SOURCES                                                                             \
    "CREATE INDEX items_source ON items(source) WHERE source IS NOT NULL;"                               \
    "CREATE TABLE concepts(id TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;"                       \
    "CREATE INDEX concepts_name ON concepts(name, id);"

static const char journal_schema[] =
    "CREATE TABLE facts(key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"
    "CREATE TABLE items(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, modified INTEGER NOT NULL, sha256 TEXT, input_id TEXT,"
    " state INTEGER NOT NULL, action INTEGER NOT NULL DEFAULT 0, attempt INTEGER NOT NULL DEFAULT 0, candidate INTEGER NOT NULL,"
    " existed INTEGER NOT NULL DEFAULT 0, settled INTEGER NOT NULL DEFAULT 0, code TEXT, reason TEXT, changed INTEGER NOT NULL DEFAULT 0,"
    " seq INTEGER NOT NULL DEFAULT 0, source TEXT, detail TEXT);"
    JOURNAL_ITEM_SOURCES
    "CREATE INDEX items_state ON items(state, id);"
    "CREATE INDEX items_input ON items(input_id) WHERE input_id IS NOT NULL;"
    "CREATE INDEX items_seq ON items(seq) WHERE seq > 0;"
    "CREATE TABLE counts(state INTEGER PRIMARY KEY, n INTEGER NOT NULL, bytes INTEGER NOT NULL);"
    "WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM s WHERE i < 31) INSERT INTO counts SELECT i, 0, 0 FROM s;"
    "CREATE TRIGGER items_come AFTER INSERT ON items BEGIN UPDATE counts SET n = n + 1, bytes = bytes + NEW.size WHERE state = NEW.state; END;"
    "CREATE TRIGGER items_move AFTER UPDATE OF state, size ON items WHEN OLD.state <> NEW.state OR OLD.size <> NEW.size BEGIN"
    " UPDATE counts SET n = n - 1, bytes = bytes - OLD.size WHERE state = OLD.state;"
    " UPDATE counts SET n = n + 1, bytes = bytes + NEW.size WHERE state = NEW.state; END;"
    "CREATE TABLE folders(path TEXT PRIMARY KEY, done INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX folders_open ON folders(done, path);"
    "CREATE TABLE remote(input_id TEXT PRIMARY KEY, source TEXT, sha256 TEXT, size INTEGER, modified INTEGER, in_dataset INTEGER NOT NULL DEFAULT 0,"
    " code INTEGER, status TEXT, created INTEGER, json TEXT, seen INTEGER NOT NULL DEFAULT 0, pass INTEGER NOT NULL DEFAULT 0,"
    " prev INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
    "CREATE INDEX remote_source ON remote(source) WHERE source IS NOT NULL;"
    "CREATE TABLE annotations(input_id TEXT NOT NULL, id TEXT NOT NULL, line TEXT NOT NULL, PRIMARY KEY(input_id, id)) WITHOUT ROWID;"
    "CREATE TABLE pictures(input_id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE written(input_id TEXT PRIMARY KEY, name TEXT NOT NULL, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE files(name TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE leavings(id TEXT PRIMARY KEY, kind TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE lines(id INTEGER PRIMARY KEY, line TEXT NOT NULL);";

/* A journal of version 1 becomes one of this version. */
static const char journal_upgrade[] =
    "ALTER TABLE items ADD COLUMN source TEXT; ALTER TABLE items ADD COLUMN detail TEXT;" JOURNAL_ITEM_SOURCES "PRAGMA user_version = 2;";

static const char journal_temp[] =
    "CREATE TEMP TABLE claims(id INTEGER PRIMARY KEY);"
    "CREATE TEMP TABLE claimed_folders(path TEXT PRIMARY KEY) WITHOUT ROWID;";

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

int journal_run(struct journal *j, const char *sql, struct err *e)
{
    return sqlite3_exec(j->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : journal_fail(j, e);
}

sqlite3_stmt *journal_prepare(struct journal *j, const char *sql, struct err *e)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(j->db, sql, -1, &s, NULL) != SQLITE_OK) {
        journal_fail(j, e);
        return NULL;
    }
    return s;
}

static sqlite3_stmt *cached(struct journal *j, enum statement which, struct err *e)
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
    int rc = sqlite3_step(s);
    int result = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : journal_fail(j, e);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return result;
}

char *journal_column(sqlite3_stmt *s, int at)
{
    return sqlite3_column_type(s, at) == SQLITE_NULL ? NULL : str_dup((const char *)sqlite3_column_text(s, at));
}

static char *column_text(sqlite3_stmt *s, int at)
{
    const char *text = (const char *)sqlite3_column_text(s, at);
    return text && *text ? str_dup(text) : NULL;
}

static int load_counts(struct journal *j, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_COUNTS, e);
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

int journal_begin(struct journal *j, struct err *e) { return journal_run(j, "BEGIN IMMEDIATE", e); }

/* Ends a transaction: commits when result is 0 and the commit succeeds, else takes everything back. */
int journal_finish(struct journal *j, int result, struct err *e)
{
    if (result == 0 && journal_run(j, "COMMIT", e) == 0)
        return load_counts(j, e);
    sqlite3_exec(j->db, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

static void kill_states(unsigned states)
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
    sqlite3_finalize(s);
    return value;
}

/* --- opening --- */

/* Shared memory of the WAL needs a local file system. */
static bool wal_is_safe(const char *folder)
{
    static const long remote[] = {0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x73757245, 0x00c36400};
    struct statfs fs;
    if (statfs(folder, &fs) != 0)
        return false;
    for (size_t i = 0; i < sizeof remote / sizeof *remote; i++)
        if ((long)fs.f_type == remote[i])
            return false;
    return true;
}

static int damaged(struct journal *j, const char *words, struct err *e)
{
    err_set(e, ERR_IO, "the journal is damaged (%s)", words);
    if (e)
        str_copy(e->api_code, sizeof e->api_code, "JOURNAL_DAMAGED");
    return err_about(e, "cannot use the journal", j->path);
}

static int check_version(struct journal *j, bool pages_too, struct err *e)
{
    int64_t application = journal_scalar(j, "PRAGMA application_id", -1);
    int64_t version = journal_scalar(j, "PRAGMA user_version", -1);
    if (application != JOURNAL_APPLICATION || version < 1)
        return damaged(j, "it is not a journal of lakeferry", e);
    if (version > JOURNAL_VERSION) {
        err_set(e, ERR_CONFIG, "it was written by a newer lakeferry (version %lld of the journal, this one knows %d)", (long long)version,
                JOURNAL_VERSION);
        err_remedy(e, "go on with the newer program");
        return err_about(e, "cannot use the journal", j->path);
    }
    if (!pages_too || journal_scalar(j, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", 0) > JOURNAL_CHECK_MAX)
        return 0;
    sqlite3_stmt *s = journal_prepare(j, "PRAGMA quick_check(1)", e);
    if (!s)
        return -1;
    bool ok = sqlite3_step(s) == SQLITE_ROW && str_eq((const char *)sqlite3_column_text(s, 0), "ok");
    sqlite3_finalize(s);
    return ok ? 0 : damaged(j, "its pages do not fit together", e);
}

static int create_schema(struct journal *j, struct err *e)
{
    char sql[128];
    snprintf(sql, sizeof sql, "PRAGMA application_id = %d; PRAGMA user_version = %d;", JOURNAL_APPLICATION, JOURNAL_VERSION);
    if (journal_begin(j, e) != 0)
        return -1;
    int result = journal_run(j, journal_schema, e);
    if (result == 0)
        result = journal_run(j, sql, e);
    return journal_finish(j, result, e);
}

static int upgrade(struct journal *j, struct err *e)
{
    if (journal_scalar(j, "PRAGMA user_version", 0) >= JOURNAL_VERSION)
        return 0;
    return journal_begin(j, e) != 0 ? -1 : journal_finish(j, journal_run(j, journal_upgrade, e), e);
}

static int set_up(struct journal *j, const char *folder, bool create, bool view, struct err *e)
{
    sqlite3_extended_result_codes(j->db, 1);
    sqlite3_busy_timeout(j->db, view ? 2000 : 10000);
    if (view) {
        j->without_sources = journal_scalar(j, "PRAGMA user_version", JOURNAL_VERSION) < JOURNAL_VERSION;
        return check_version(j, false, e) != 0 ? -1 : load_counts(j, e);
    }
    if (!create && check_version(j, true, e) != 0)
        return -1;
    if (journal_run(j, wal_is_safe(folder) ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE", e) != 0 ||
        journal_run(j, "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 1000", e) != 0)
        return -1;
    if ((create ? create_schema(j, e) : upgrade(j, e)) != 0)
        return -1;
    if (journal_run(j, journal_temp, e) != 0 || load_counts(j, e) != 0)
        return -1;
    j->seq = journal_scalar(j, "SELECT max(seq) FROM items", 0);
    return 0;
}

/* The empty file comes first, so that SQLite's own files take its mode. */
static int make_file(const char *path, struct err *e)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_set_errno(e, errno, "cannot make the journal %s", path);
    close(fd);
    return 0;
}

/*
 * What SQLite opens. A viewer of a folder that cannot be written has no place for SQLite's shared index; where none is left there, nobody writes, and
 * the file is read as it stands. Owned.
 */
static char *name_to_open(const char *folder, const char *path, bool view)
{
    char *index = str_printf("%s-shm", path), *name = NULL;
    struct buf uri = BUF_INIT;
    struct err ignored;
    if (index && (!view || access(folder, W_OK) == 0 || access(index, F_OK) == 0)) {
        name = str_dup(path);
    } else if (index && buf_puts(&uri, "file:") == 0 && url_encode_path(&uri, path, &ignored) == 0 && buf_puts(&uri, "?immutable=1") == 0) {
        name = buf_take(&uri);
    }
    buf_release(&uri);
    free(index);
    return name;
}

static int open_file(const char *folder, bool create, bool view, struct journal **out, struct err *e)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return err_no_memory(e);
    pthread_mutex_init(&j->lock, NULL);
    j->path = str_printf("%s/journal.db", folder);
    if (!j->path) {
        journal_close(j);
        return err_no_memory(e);
    }
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | (view ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    int result = 0;
    char *name = name_to_open(folder, j->path, view);
    if (create && access(j->path, F_OK) == 0)
        result = err_set(e, ERR_CONFLICT, "%s exists already", j->path);
    else if (!create && access(j->path, F_OK) != 0)
        result = err_set(e, ERR_NOT_FOUND, "there is no journal at %s", j->path);
    else if (create && make_file(j->path, e) != 0)
        result = -1;
    else if (!name)
        result = err_no_memory(e);
    else if (sqlite3_open_v2(name, &j->db, flags, NULL) != SQLITE_OK)
        result = j->db ? journal_fail(j, e) : err_no_memory(e);
    else
        result = set_up(j, folder, create, view, e);
    free(name);
    if (result != 0) {
        journal_close(j);
        return -1;
    }
    *out = j;
    return 0;
}

int journal_open(const char *folder, bool create, struct journal **out, struct err *e) { return open_file(folder, create, false, out, e); }

int journal_open_view(const char *folder, struct journal **out, struct err *e) { return open_file(folder, false, true, out, e); }

void journal_close(struct journal *j)
{
    if (!j)
        return;
    for (int i = 0; i < S_COUNT; i++)
        sqlite3_finalize(j->statements[i]);
    sqlite3_close(j->db);
    pthread_mutex_destroy(&j->lock);
    free(j->path);
    free(j);
}

int journal_put_aside(const char *folder, struct err *e)
{
    static const char *const ends[] = {"-wal", "-shm", "-journal"};
    char *path = str_printf("%s/journal.db", folder), *aside = str_printf("%s/journal.db.damaged", folder);
    int result = !path || !aside ? err_no_memory(e) : 0;
    if (result == 0 && rename(path, aside) != 0 && errno != ENOENT)
        result = err_set_errno(e, errno, "cannot put %s aside", path);
    for (size_t i = 0; result == 0 && i < sizeof ends / sizeof *ends; i++) {
        char *beside = str_printf("%s%s", path, ends[i]);
        if (!beside)
            result = err_no_memory(e);
        else
            unlink(beside);
        free(beside);
    }
    free(path);
    free(aside);
    return result;
}

/* --- facts --- */

int journal_put(struct journal *j, const char *key, const char *value, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = cached(j, value ? S_PUT : S_DROP, e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, key);
        if (value)
            journal_bind(s, 2, value);
        result = journal_step(j, s, e);
    }
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_put_i64(struct journal *j, const char *key, int64_t value, struct err *e)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return journal_put(j, key, text, e);
}

char *journal_get(struct journal *j, const char *key)
{
    char *value = NULL;
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, "SELECT value FROM facts WHERE key = ?1", NULL);
    if (s) {
        journal_bind(s, 1, key);
        if (sqlite3_step(s) == SQLITE_ROW)
            value = journal_column(s, 0);
        sqlite3_finalize(s);
    }
    pthread_mutex_unlock(&j->lock);
    return value;
}

int64_t journal_get_i64(struct journal *j, const char *key, int64_t otherwise)
{
    char *text = journal_get(j, key);
    int64_t value = otherwise;
    if (text && !str_i64(text, &value))
        value = otherwise;
    free(text);
    return value;
}

bool journal_has(struct journal *j, const char *key)
{
    char *text = journal_get(j, key);
    free(text);
    return text != NULL;
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
static void put_bits(struct buf *sql, const char *column, unsigned bits)
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
    put_bits(&sql, "state", states);
    put_bits(&sql, "action", actions);
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
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    buf_release(&sql);
    return result;
}

/* --- listing --- */

static int put_file(struct journal *j, const struct journal_found *f, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_FOUND, e);
    if (!s)
        return -1;
    bool skipped = f->skip_reason != NULL, failed = f->fail_reason != NULL;
    journal_bind(s, 1, f->path);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)f->size);
    sqlite3_bind_int64(s, 3, f->modified_ms);
    sqlite3_bind_int(s, 4, skipped ? JOURNAL_SKIPPED : failed ? JOURNAL_FAILED : JOURNAL_LISTED);
    sqlite3_bind_int(s, 5, f->candidate);
    journal_bind(s, 6, failed ? f->fail_code : f->skip_code);
    journal_bind(s, 7, failed ? f->fail_reason : f->skip_reason);
    sqlite3_bind_int64(s, 8, time_wall_ms());
    sqlite3_bind_int64(s, 9, skipped || failed ? ++j->seq : 0);
    journal_bind(s, 10, f->source);
    journal_bind(s, 11, f->detail);
    journal_bind(s, 12, f->sha256);
    return journal_step(j, s, e);
}

static int put_folder(struct journal *j, const char *path, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_FOLDER, e);
    if (!s)
        return -1;
    journal_bind(s, 1, path);
    return journal_step(j, s, e);
}

int journal_found_put(struct journal *j, const struct journal_found *rows, size_t n, struct err *e)
{
    unsigned moved = 0;
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        for (size_t i = 0; i < n && result == 0; i++) {
            result = rows[i].is_folder ? put_folder(j, rows[i].path, e) : put_file(j, &rows[i], e);
            if (!rows[i].is_folder)
                moved |= JOURNAL_BIT(rows[i].skip_reason ? JOURNAL_SKIPPED : rows[i].fail_reason ? JOURNAL_FAILED : JOURNAL_LISTED);
        }
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    if (result == 0)
        kill_states(moved);
    return result;
}

int journal_folder_next(struct journal *j, char **path, int64_t *open, struct err *e)
{
    *path = NULL;
    pthread_mutex_lock(&j->lock);
    *open = journal_scalar(j, "SELECT count(*) FROM folders WHERE done = 0", 0);
    sqlite3_stmt *s = journal_prepare(j, "SELECT path FROM folders WHERE done = 0 AND path NOT IN (SELECT path FROM claimed_folders) ORDER BY path LIMIT 1", e);
    int result = s ? 0 : -1;
    int rc = s ? sqlite3_step(s) : SQLITE_ERROR;
    if (rc == SQLITE_ROW) {
        *path = journal_column(s, 0);
        result = *path ? 1 : err_no_memory(e);
    } else if (s && rc != SQLITE_DONE) {
        result = journal_fail(j, e);
    }
    sqlite3_finalize(s);
    if (result == 1) {
        s = journal_prepare(j, "INSERT OR IGNORE INTO claimed_folders VALUES(?1)", e);
        if (s)
            journal_bind(s, 1, *path);
        if (!s || journal_step(j, s, e) != 0)
            result = -1;
        sqlite3_finalize(s);
    }
    pthread_mutex_unlock(&j->lock);
    if (result < 0) {
        free(*path);
        *path = NULL;
    }
    return result;
}

static int folder_sql(struct journal *j, const char *sql, const char *path, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, path);
        result = journal_step(j, s, e);
    }
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_folder_done(struct journal *j, const char *path, struct err *e)
{
    return folder_sql(j, "UPDATE folders SET done = 1 WHERE path = ?1", path, e);
}

int journal_folder_release(struct journal *j, const char *path, struct err *e)
{
    return folder_sql(j, "DELETE FROM claimed_folders WHERE path = ?1", path, e);
}

/* --- what Clarifai holds --- */

void journal_remote_release(struct journal_remote *r)
{
    char *texts[] = {r->input_id, r->source, r->sha256, r->status, r->json};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    memset(r, 0, sizeof *r);
}

int journal_remote_clear(struct journal *j, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = journal_run(j, "DELETE FROM remote", e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

/* Whether this pass of this listing has shown the id already. */
static int seen_in_pass(struct journal *j, enum journal_listing listing, int64_t pass, const char *id, bool *seen, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_REMOTE_PASS, e);
    if (!s)
        return -1;
    journal_bind(s, 1, id);
    int rc = sqlite3_step(s);
    *seen = rc == SQLITE_ROW && sqlite3_column_int64(s, listing == JOURNAL_OF_DATASET ? 1 : 0) == pass;
    int result = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : journal_fail(j, e);
    sqlite3_reset(s);
    return result;
}

static int put_remote(struct journal *j, enum journal_listing listing, int64_t pass, const struct journal_remote *r, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_REMOTE, e);
    if (!s)
        return -1;
    journal_bind(s, 1, r->input_id);
    journal_bind(s, 2, r->source);
    journal_bind(s, 3, r->sha256);
    sqlite3_bind_int64(s, 4, (sqlite3_int64)r->size);
    sqlite3_bind_int64(s, 5, r->modified_ms);
    sqlite3_bind_int(s, 6, listing == JOURNAL_OF_DATASET);
    sqlite3_bind_int(s, 7, r->code);
    journal_bind(s, 8, r->status);
    sqlite3_bind_int64(s, 9, r->created_us);
    journal_bind(s, 10, r->json);
    sqlite3_bind_int64(s, 11, listing == JOURNAL_OF_APP ? pass : 0);
    sqlite3_bind_int64(s, 12, listing == JOURNAL_OF_DATASET ? pass : 0);
    return journal_step(j, s, e);
}

int journal_remote_put(struct journal *j, enum journal_listing listing, int64_t pass, const struct journal_remote *rows, size_t n, size_t *fresh,
                       struct err *e)
{
    size_t new_rows = 0;
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        for (size_t i = 0; i < n && result == 0; i++) {
            bool seen = false;
            result = seen_in_pass(j, listing, pass, rows[i].input_id, &seen, e);
            if (result == 0)
                result = put_remote(j, listing, pass, &rows[i], e);
            new_rows += !seen;
        }
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    if (fresh)
        *fresh = new_rows;
    return result;
}

enum { REMOTE_WIDTH = 10 };

void journal_read_remote(sqlite3_stmt *s, int at, struct journal_remote *out)
{
    out->input_id = journal_column(s, at);
    out->source = journal_column(s, at + 1);
    out->sha256 = journal_column(s, at + 2);
    out->size = (uint64_t)sqlite3_column_int64(s, at + 3);
    out->modified_ms = sqlite3_column_int64(s, at + 4);
    out->in_dataset = sqlite3_column_int(s, at + 5) != 0;
    out->code = sqlite3_column_int(s, at + 6);
    out->status = journal_column(s, at + 7);
    out->created_us = sqlite3_column_int64(s, at + 8);
    out->json = journal_column(s, at + 9);
}

int journal_remote_get(struct journal *j, const char *input_id, struct journal_remote *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, "SELECT " JOURNAL_REMOTE_COLUMNS " FROM remote r WHERE input_id = ?1", e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, input_id);
        int rc = sqlite3_step(s);
        result = rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : journal_fail(j, e);
        if (result == 1)
            journal_read_remote(s, 0, out);
    }
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_passes_differ(struct journal *j, unsigned states, int64_t pass, int64_t *count, struct err *e)
{
    struct buf sql = BUF_INIT;
    buf_printf(&sql,
               "SELECT count(*) FROM items i JOIN remote r ON r.input_id = i.input_id WHERE"
               " (r.pass = %lld) <> (r.pass = %lld OR (r.pass = %lld AND r.prev = %lld))",
               (long long)pass, (long long)pass - 1, (long long)pass, (long long)pass - 1);
    put_bits(&sql, "i.state", states);
    pthread_mutex_lock(&j->lock);
    int result = buf_error(&sql, e);
    if (result == 0) {
        *count = journal_scalar(j, sql.data, -1);
        result = *count < 0 ? journal_fail(j, e) : 0;
    }
    pthread_mutex_unlock(&j->lock);
    buf_release(&sql);
    return result;
}

int journal_created_bounds(struct journal *j, int64_t *oldest_sent_us, int64_t *newest_existing_us, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j,
                              "SELECT min(CASE WHEN i.existed = 0 THEN r.created END), max(CASE WHEN i.existed = 1 THEN r.created END)"
                              " FROM items i JOIN remote r ON r.input_id = i.input_id WHERE i.state IN (5, 6, 9) AND r.source = coalesce(i.source, i.key) AND r.created > 0", e);
    int result = s && sqlite3_step(s) == SQLITE_ROW ? 0 : s ? journal_fail(j, e) : -1;
    if (result == 0) {
        *oldest_sent_us = sqlite3_column_int64(s, 0);
        *newest_existing_us = sqlite3_column_int64(s, 1);
    }
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

/* --- items --- */

#define ITEM_COLUMNS                                                                                                                              \
    "i.id, i.key, i.size, i.modified, i.sha256, i.input_id, i.state, i.action, i.attempt, i.candidate, i.existed, i.settled, i.code, i.reason," \
    " i.changed, i.seq, "
enum { ITEM_WIDTH = 17 };

static void read_item(sqlite3_stmt *s, bool with_remote, struct journal_item *out)
{
    out->id = sqlite3_column_int64(s, 0);
    out->key = journal_column(s, 1);
    out->size = (uint64_t)sqlite3_column_int64(s, 2);
    out->modified_ms = sqlite3_column_int64(s, 3);
    out->sha256 = column_text(s, 4);
    out->input_id = column_text(s, 5);
    out->state = (enum journal_state)sqlite3_column_int(s, 6);
    out->action = (enum journal_action)sqlite3_column_int(s, 7);
    out->attempt = sqlite3_column_int(s, 8);
    out->candidate = sqlite3_column_int(s, 9) != 0;
    out->existed = sqlite3_column_int(s, 10) != 0;
    out->settled = sqlite3_column_int(s, 11) != 0;
    out->code = column_text(s, 12);
    out->reason = column_text(s, 13);
    out->changed_ms = sqlite3_column_int64(s, 14);
    out->seq = sqlite3_column_int64(s, 15);
    out->source = journal_column(s, 16);
    if (with_remote) {
        journal_read_remote(s, ITEM_WIDTH, &out->remote);
        out->remote_seen = sqlite3_column_int(s, ITEM_WIDTH + REMOTE_WIDTH) != 0;
    }
}

void journal_items_free(struct journal_item *items, size_t n)
{
    for (size_t i = 0; items && i < n; i++) {
        char *texts[] = {items[i].key, items[i].source, items[i].sha256, items[i].input_id, items[i].code, items[i].reason};
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
            free(texts[t]);
        journal_remote_release(&items[i].remote);
    }
    free(items);
}

static void query_sql(const struct journal *j, const struct journal_query *q, struct buf *sql)
{
    buf_puts(sql, "SELECT " ITEM_COLUMNS);
    buf_puts(sql, j->without_sources ? "NULL" : "i.source");
    if (q->with_remote)
        buf_puts(sql, ", " JOURNAL_REMOTE_COLUMNS ", coalesce(r.pass = (SELECT CAST(value AS INTEGER) FROM facts WHERE key = 'pass'), 0)");
    buf_puts(sql, " FROM items i");
    if (q->with_remote)
        buf_puts(sql, " LEFT JOIN remote r ON r.input_id = i.input_id");
    buf_puts(sql, " WHERE 1");
    /* Walks over nearly all items go along their ids; by the index of the states each page would sort all that is left. */
    bool walk = q->with_remote && !q->claim && !q->after_key && !q->order_by_seq;
    put_bits(sql, walk ? "+i.state" : "i.state", q->states);
    put_bits(sql, "i.action", q->actions);
    if (q->candidates_only)
        buf_puts(sql, " AND i.candidate = 1");
    if (q->pending_only)
        buf_puts(sql, " AND i.settled = 0");
    if (q->without_id)
        buf_puts(sql, " AND i.input_id IS NULL");
    if (q->claim)
        buf_puts(sql, " AND i.id NOT IN (SELECT id FROM claims)");
    if (q->after_key)
        buf_puts(sql, " AND i.key > ?1 ORDER BY i.key");
    else if (q->order_by_seq)
        buf_printf(sql, " AND i.seq > 0 AND i.seq > %lld ORDER BY i.seq" /* the first is the index's own condition */, (long long)q->after_seq);
    else
        buf_printf(sql, " AND i.id > %lld ORDER BY i.id", (long long)q->after_id);
    buf_printf(sql, " LIMIT %d OFFSET %lld", q->limit, (long long)q->offset);
}

static int claim_items(struct journal *j, const struct journal_item *items, size_t n, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_CLAIM, e);
    int result = s ? 0 : -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        sqlite3_bind_int64(s, 1, items[i].id);
        result = journal_step(j, s, e);
    }
    return result;
}

static int read_items(struct journal *j, const struct journal_query *q, const char *sql, struct journal_item *items, size_t *n, struct err *e)
{
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    if (!s)
        return -1;
    if (q->after_key)
        journal_bind(s, 1, q->after_key);
    int rc;
    bool strange = false;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && *n < (size_t)q->limit) {
        read_item(s, q->with_remote, &items[*n]);
        strange = items[*n].state >= JOURNAL_STATES;
        if (!items[(*n)++].key || strange) {
            rc = SQLITE_NOMEM;
            break;
        }
    }
    int result = strange ? damaged(j, "an item is in no known state", e) : rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : rc == SQLITE_NOMEM ? err_no_memory(e) : journal_fail(j, e);
    sqlite3_finalize(s);
    return result == 0 && q->claim ? claim_items(j, items, *n, e) : result;
}

int journal_read(struct journal *j, const struct journal_query *q, struct journal_item **out, size_t *n, struct err *e)
{
    *out = NULL;
    *n = 0;
    struct buf sql = BUF_INIT;
    query_sql(j, q, &sql);
    struct journal_item *items = calloc((size_t)q->limit, sizeof *items);
    int result = !items || buf_error(&sql, e) != 0 ? err_no_memory(e) : 0;
    if (result == 0) {
        pthread_mutex_lock(&j->lock);
        result = read_items(j, q, sql.data, items, n, e);
        pthread_mutex_unlock(&j->lock);
    }
    buf_release(&sql);
    if (result != 0) {
        journal_items_free(items, *n);
        *n = 0;
        return -1;
    }
    *out = items;
    return 0;
}

static bool ends_badly(enum journal_state s)
{
    return s == JOURNAL_SKIPPED || s == JOURNAL_CONFLICT || s == JOURNAL_FAILED || s == JOURNAL_UNACCOUNTED;
}

static int apply_one(struct journal *j, const struct journal_change *c, struct err *e)
{
    sqlite3_stmt *s = cached(j, S_APPLY, e), *claim = cached(j, c->claim ? S_CLAIM : S_UNCLAIM, e);
    if (!s || !claim)
        return -1;
    sqlite3_bind_int64(s, 1, c->id);
    sqlite3_bind_int(s, 2, (int)c->to);
    if (c->set_action)
        sqlite3_bind_int(s, 3, (int)c->action);
    journal_bind(s, 4, c->input_id);
    journal_bind(s, 5, c->sha256);
    journal_bind(s, 6, c->code);
    journal_bind(s, 7, c->reason);
    sqlite3_bind_int(s, 8, c->reset_attempts ? -1 : c->attempt);
    sqlite3_bind_int(s, 9, c->settled);
    if (c->set_existed)
        sqlite3_bind_int(s, 10, c->existed);
    if (c->resized) {
        sqlite3_bind_int64(s, 11, (sqlite3_int64)c->size);
        sqlite3_bind_int64(s, 12, c->modified_ms);
    }
    sqlite3_bind_int64(s, 13, time_wall_ms());
    sqlite3_bind_int64(s, 14, ends_badly(c->to) ? ++j->seq : 0);
    if (journal_step(j, s, e) != 0)
        return -1;
    sqlite3_bind_int64(claim, 1, c->id);
    return journal_step(j, claim, e);
}

int journal_apply(struct journal *j, const struct journal_change *changes, size_t n, struct err *e)
{
    unsigned moved = 0;
    if (n == 0)
        return 0;
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        for (size_t i = 0; i < n && result == 0; i++) {
            result = apply_one(j, &changes[i], e);
            moved |= JOURNAL_BIT(changes[i].to);
        }
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    if (result == 0)
        kill_states(moved);
    return result;
}

/* One statement as one transaction; *count rows changed (may be NULL). */
static int change_all(struct journal *j, const char *sql, const char *text, int64_t *count, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        sqlite3_stmt *s = journal_prepare(j, sql, e);
        result = -1;
        if (s) {
            if (text)
                journal_bind(s, 1, text);
            result = journal_step(j, s, e);
        }
        sqlite3_finalize(s);
        if (count)
            *count = sqlite3_changes64(j->db);
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_adopt_ids(struct journal *j, struct err *e)
{
    return change_all(j,
                      "UPDATE items SET existed = 1, input_id = (SELECT r.input_id FROM remote r WHERE r.source = coalesce(items.source, items.key)"
                      " ORDER BY r.in_dataset DESC, r.input_id LIMIT 1)"
                      " WHERE state = 0 AND candidate = 1 AND EXISTS (SELECT 1 FROM remote r WHERE r.source = coalesce(items.source, items.key))",
                      NULL, NULL, e);
}

int journal_id_taken(struct journal *j, const char *input_id, int64_t except_item, enum journal_taken *out, struct err *e)
{
    *out = JOURNAL_FREE;
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j,
                              "SELECT CASE WHEN source IS NULL THEN 3 ELSE 2 END FROM remote WHERE input_id = ?1"
                              " UNION ALL SELECT 1 FROM items WHERE input_id = ?1 AND id <> ?2 ORDER BY 1 DESC LIMIT 1", e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, input_id);
        sqlite3_bind_int64(s, 2, except_item);
        int rc = sqlite3_step(s);
        result = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : journal_fail(j, e);
        if (rc == SQLITE_ROW)
            *out = (enum journal_taken)sqlite3_column_int(s, 0);
    }
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_recover(struct journal *j, struct err *e)
{
    int64_t count = 0;
    char sql[96];
    snprintf(sql, sizeof sql, "UPDATE items SET state = %d WHERE state = %d", JOURNAL_UNKNOWN, JOURNAL_SENT);
    if (change_all(j, sql, NULL, &count, e) != 0)
        return -1;
    if (count)
        kill_states(JOURNAL_BIT(JOURNAL_UNKNOWN));
    return 0;
}

int journal_move_all(struct journal *j, unsigned states, enum journal_state to, const char *reason, int64_t *count, struct err *e)
{
    struct buf sql = BUF_INIT;
    int64_t moved = 0;
    buf_printf(&sql, "UPDATE items SET state = %d, reason = ?1 WHERE candidate = 1", (int)to);
    put_bits(&sql, "state", states);
    int result = buf_error(&sql, e) == 0 ? change_all(j, sql.data, reason ? reason : "", &moved, e) : -1;
    buf_release(&sql);
    if (count)
        *count = moved;
    if (result == 0 && moved)
        kill_states(JOURNAL_BIT(to));
    return result;
}

int journal_reset_failed(struct journal *j, int64_t *count, struct err *e)
{
    char sql[320];
    snprintf(sql, sizeof sql,
             "UPDATE items SET state = %d, action = CASE WHEN action IN (%d, %d) THEN action ELSE %d END, attempt = 0, settled = 0, code = NULL,"
             " reason = NULL, seq = 0 WHERE candidate = 1 AND input_id IS NOT NULL AND state IN (%d, %d, %d)",
             JOURNAL_PLANNED, JOURNAL_ADD, JOURNAL_COMPARE, JOURNAL_SEND, JOURNAL_FAILED, JOURNAL_UNACCOUNTED, JOURNAL_CANCELLED);
    return change_all(j, sql, NULL, count, e);
}

/* --- leavings and lines --- */

static int two_texts(struct journal *j, const char *sql, const char *a, const char *b, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, a);
        if (b)
            journal_bind(s, 2, b);
        result = journal_step(j, s, e);
    }
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_left_add(struct journal *j, const char *kind, const char *id, struct err *e)
{
    return two_texts(j, "INSERT OR REPLACE INTO leavings(id, kind) VALUES(?1, ?2)", id, kind, e);
}

int journal_left_remove(struct journal *j, const char *id, struct err *e) { return two_texts(j, "DELETE FROM leavings WHERE id = ?1", id, NULL, e); }

static int read_lists(struct journal *j, const char *sql, struct str_list *first, struct str_list *second, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = s ? 0 : -1;
    int rc = SQLITE_DONE;
    while (s && result == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW)
        if (str_list_add(first, (const char *)sqlite3_column_text(s, 0)) != 0 ||
            (second && str_list_add(second, (const char *)sqlite3_column_text(s, 1)) != 0))
            result = err_no_memory(e);
    if (s && result == 0 && rc != SQLITE_DONE)
        result = journal_fail(j, e);
    sqlite3_finalize(s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_left(struct journal *j, struct str_list *kinds, struct str_list *ids, struct err *e)
{
    return read_lists(j, "SELECT kind, id FROM leavings ORDER BY kind DESC", kinds, ids, e);
}

int journal_line_add(struct journal *j, const char *line, struct err *e) { return two_texts(j, "INSERT INTO lines(line) VALUES(?1)", line, NULL, e); }

int journal_lines(struct journal *j, struct str_list *out, struct err *e)
{
    return read_lists(j, "SELECT line FROM lines ORDER BY id", out, NULL, e);
}
