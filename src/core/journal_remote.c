/* Of a journal: what Clarifai was seen to hold, by listing and pass. */
#include "core/journal_inside.h"

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
    sqlite3_stmt *s = journal_cached(j, S_REMOTE_PASS, e);
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
    sqlite3_stmt *s = journal_cached(j, S_REMOTE, e);
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
        if (result == 1 && journal_columns_whole(e) != 0) {
            journal_remote_release(out);
            result = -1;
        }
    }
    journal_end(j, s);
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
    journal_put_bits(&sql, "i.state", states);
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
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return result;
}
