/* Of a journal: items, read by query, claimed, and moved from state to state. */
#include "core/journal_inside.h"
#include "base/timefmt.h"

#define ITEM_COLUMNS                                                                                                                              \
    "i.id, i.key, i.size, i.modified, i.sha256, i.input_id, i.state, i.action, i.attempt, i.candidate, i.existed, i.settled, i.code, i.reason," \
    " i.changed, i.seq, "
enum { ITEM_WIDTH = 17 };
#define CHANGE_RUN 10000

static void read_item(sqlite3_stmt *s, bool with_remote, struct journal_item *out)
{
    out->id = sqlite3_column_int64(s, 0);
    out->key = journal_column(s, 1);
    out->size = (uint64_t)sqlite3_column_int64(s, 2);
    out->modified_ms = sqlite3_column_int64(s, 3);
    out->sha256 = journal_column_filled(s, 4);
    out->input_id = journal_column_filled(s, 5);
    out->state = (enum journal_state)sqlite3_column_int(s, 6);
    out->action = (enum journal_action)sqlite3_column_int(s, 7);
    out->attempt = sqlite3_column_int(s, 8);
    out->candidate = sqlite3_column_int(s, 9) != 0;
    out->existed = sqlite3_column_int(s, 10) != 0;
    out->settled = sqlite3_column_int(s, 11) != 0;
    out->code = journal_column_filled(s, 12);
    out->reason = journal_column_filled(s, 13);
    out->changed_ms = sqlite3_column_int64(s, 14);
    out->seq = sqlite3_column_int64(s, 15);
    out->source = journal_column(s, 16);
    if (with_remote) {
        journal_read_remote(s, ITEM_WIDTH, &out->remote);
        out->remote_seen = sqlite3_column_int(s, ITEM_WIDTH + JOURNAL_REMOTE_WIDTH) != 0;
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
    journal_put_bits(sql, walk ? "+i.state" : "i.state", q->states);
    journal_put_bits(sql, "i.action", q->actions);
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
        buf_puts(sql, " AND i.seq > 0 AND i.seq > ?4 ORDER BY i.seq");      /* the first is the index's own condition */
    else
        buf_puts(sql, " AND i.id > ?5 ORDER BY i.id");
    buf_puts(sql, " LIMIT ?2 OFFSET ?3");
}

static int claim_items(struct journal *j, const struct journal_item *items, size_t n, struct err *e)
{
    sqlite3_stmt *s = journal_cached(j, S_CLAIM, e);
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
    sqlite3_bind_int(s, 2, q->limit);
    sqlite3_bind_int64(s, 3, q->offset);
    sqlite3_bind_int64(s, 4, q->after_seq);
    sqlite3_bind_int64(s, 5, q->after_id);
    int rc;
    bool strange = false;
    while ((rc = sqlite3_step(s)) == SQLITE_ROW && *n < (size_t)q->limit) {
        read_item(s, q->with_remote, &items[*n]);
        strange = items[*n].state >= JOURNAL_STATES;
        bool whole = journal_columns_whole(NULL) == 0;
        if (!items[(*n)++].key || !whole || strange) {
            rc = SQLITE_NOMEM;
            break;
        }
    }
    int result = strange ? journal_damaged(j, "an item is in no known state", e) : rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : rc == SQLITE_NOMEM ? err_no_memory(e) : journal_fail(j, e);
    journal_end(j, s);
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

int journal_change_one(struct journal *j, const struct journal_change *c, struct err *e)
{
    sqlite3_stmt *s = journal_cached(j, S_APPLY, e), *claim = journal_cached(j, c->claim ? S_CLAIM : S_UNCLAIM, e);
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
            result = journal_change_one(j, &changes[i], e);
            moved |= JOURNAL_BIT(changes[i].to);
        }
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    if (result == 0)
        journal_kill_states(moved);
    return result;
}

/* One run of ids. Its rows are counted into *count. */
static int change_run(struct journal *j, const char *sql, const char *text, int64_t after, int64_t *count, struct err *e)
{
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    if (!s)
        return -1;
    if (text)
        journal_bind(s, 1, text);
    sqlite3_bind_int64(s, 2, after);
    sqlite3_bind_int64(s, 3, after + CHANGE_RUN);
    int result = journal_step(j, s, e);
    journal_end(j, s);
    *count += result == 0 ? sqlite3_changes64(j->db) : 0;
    return result;
}

/*
 * One change of items (text: its ?1) as one transaction; *count rows changed (may be NULL). SQLite keeps what a statement changes in memory until its end:
 * so it goes over the items in runs of their ids.
 */
static int change_all(struct journal *j, const char *change, const char *text, int64_t *count, struct err *e)
{
    struct buf sql = BUF_INIT;
    int64_t changed = 0;
    buf_printf(&sql, "%s AND items.id > ?2 AND items.id <= ?3", change);
    if (buf_error(&sql, e) != 0) {
        buf_release(&sql);
        return -1;
    }
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        int64_t last = journal_scalar(j, "SELECT coalesce(max(id), 0) FROM items", -1);
        result = last < 0 ? journal_fail(j, e) : 0;
        for (int64_t after = 0; after < last && result == 0; after += CHANGE_RUN)
            result = change_run(j, sql.data, text, after, &changed, e);
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    buf_release(&sql);
    if (count)
        *count = changed;
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
    journal_end(j, s);
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
        journal_kill_states(JOURNAL_BIT(JOURNAL_UNKNOWN));
    return 0;
}

int journal_move_all(struct journal *j, unsigned states, enum journal_state to, const char *reason, int64_t *count, struct err *e)
{
    struct buf sql = BUF_INIT;
    int64_t moved = 0;
    buf_printf(&sql, "UPDATE items SET state = %d, reason = ?1 WHERE candidate = 1", (int)to);
    journal_put_bits(&sql, "state", states);
    int result = buf_error(&sql, e) == 0 ? change_all(j, sql.data, reason ? reason : "", &moved, e) : -1;
    buf_release(&sql);
    if (count)
        *count = moved;
    if (result == 0 && moved)
        journal_kill_states(JOURNAL_BIT(to));
    return result;
}

#define ITEMS_AGAIN "candidate = 1 AND input_id IS NOT NULL AND state IN (%d, %d, %d)"

int journal_count_failed(struct journal *j, int64_t *count, struct err *e)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM items WHERE " ITEMS_AGAIN, JOURNAL_FAILED, JOURNAL_UNACCOUNTED, JOURNAL_CANCELLED);
    pthread_mutex_lock(&j->lock);
    *count = journal_scalar(j, sql, -1);
    int result = *count < 0 ? journal_fail(j, e) : 0;
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_reset_failed(struct journal *j, int64_t *count, struct err *e)
{
    char sql[320];
    snprintf(sql, sizeof sql,
             "UPDATE items SET state = %d, action = CASE WHEN action IN (%d, %d) THEN action ELSE %d END, attempt = 0, settled = 0, code = NULL,"
             " reason = NULL, seq = 0 WHERE " ITEMS_AGAIN,
             JOURNAL_PLANNED, JOURNAL_ADD, JOURNAL_COMPARE, JOURNAL_SEND, JOURNAL_FAILED, JOURNAL_UNACCOUNTED, JOURNAL_CANCELLED);
    return change_all(j, sql, NULL, count, e);
}
