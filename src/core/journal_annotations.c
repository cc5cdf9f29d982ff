#include "core/journal_annotations.h"
#include "core/journal_inside.h"

#define PLAN_BATCH 10000             /* items made in one transaction */
#define READ_BYTES ((size_t)4 << 20) /* a page of large rows ends early */

/* --- small steps --- */

static int count_sql(struct journal *j, const char *sql, int64_t *count, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = s && sqlite3_step(s) == SQLITE_ROW ? 0 : s ? journal_fail(j, e) : -1;
    if (result == 0)
        *count = sqlite3_column_int64(s, 0);
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

static int change_sql(struct journal *j, const char *sql, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = journal_run(j, sql, e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

/* A row being read: 1 there is one, 0 the end, -1. */
static int next_row(struct journal *j, sqlite3_stmt *s, struct err *e)
{
    int rc = sqlite3_step(s);
    return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : journal_fail(j, e);
}

/* --- inputs --- */

int journal_inputs_count(struct journal *j, int64_t pass, int64_t *count, struct err *e)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM remote WHERE pass = %lld", (long long)pass);
    return count_sql(j, sql, count, e);
}

int journal_inputs_differ(struct journal *j, int64_t pass, int64_t *count, struct err *e)
{
    char sql[256];
    long long now = (long long)pass, before = now - 1;
    snprintf(sql, sizeof sql, "SELECT count(*) FROM remote WHERE (pass = %lld AND prev <> %lld) OR pass = %lld", now, before, before);
    return count_sql(j, sql, count, e);
}

void journal_inputs_free(struct journal_remote *rows, size_t n)
{
    for (size_t i = 0; rows && i < n; i++)
        journal_remote_release(&rows[i]);
    free(rows);
}

int journal_inputs_read(struct journal *j, int64_t pass, const char *after, int limit, struct journal_remote **out, size_t *n, struct err *e)
{
    size_t bytes = 0;
    int more = 1;
    *n = 0;
    *out = calloc((size_t)limit, sizeof **out);
    if (!*out)
        return err_no_memory(e);
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, "SELECT " JOURNAL_REMOTE_COLUMNS " FROM remote r WHERE r.input_id > ?1 AND r.pass = ?2 ORDER BY r.input_id", e);
    int result = s ? 0 : -1;
    if (s) {
        journal_bind(s, 1, after ? after : "");
        sqlite3_bind_int64(s, 2, pass);
    }
    while (result == 0 && *n < (size_t)limit && bytes < READ_BYTES && (more = next_row(j, s, e)) == 1) {
        struct journal_remote *r = &(*out)[(*n)++];
        journal_read_remote(s, 0, r);
        result = journal_columns_whole(e);
        bytes += r->json ? strlen(r->json) : 0;
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    if (result == 0 && more >= 0)
        return 0;
    journal_inputs_free(*out, *n);
    *out = NULL;
    *n = 0;
    return -1;
}

int journal_inputs_ids(struct journal *j, int64_t pass, bool bare, const char *after, int limit, struct str_list *out, struct err *e)
{
    static const char *const texts[] = {
        "SELECT input_id FROM remote WHERE input_id > ?1 AND pass = ?2 ORDER BY input_id LIMIT ?3",
        "SELECT input_id FROM remote r WHERE input_id > ?1 AND pass = ?2 AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.input_id = r.input_id)"
        " ORDER BY input_id LIMIT ?3",
    };
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, texts[bare], e);
    int result = s ? 0 : -1, more = 1;
    if (s) {
        journal_bind(s, 1, after ? after : "");
        sqlite3_bind_int64(s, 2, pass);
        sqlite3_bind_int(s, 3, limit);
    }
    while (result == 0 && (more = next_row(j, s, e)) == 1)
        if (str_list_add(out, (const char *)sqlite3_column_text(s, 0)) != 0)
            result = err_no_memory(e);
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return more < 0 ? -1 : result;
}

/* Makes the items of a run of inputs; *last: the id that it ended with, NULL at the end. */
static int plan_batch(struct journal *j, int64_t pass, char **last, struct err *e)
{
    static const char make[] = "INSERT INTO items(key, size, modified, input_id, state, action, candidate) SELECT input_id, 0, 0, input_id, ?4, ?5, 1"
                               " FROM remote WHERE input_id > ?1 AND input_id <= ?2 AND pass = ?3 ON CONFLICT(key) DO NOTHING";
    static const char end[] = "SELECT max(input_id) FROM (SELECT input_id FROM remote WHERE input_id > ?1 AND pass = ?2 ORDER BY input_id LIMIT ?3)";
    char *to = NULL;
    sqlite3_stmt *s = journal_prepare(j, end, e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, *last);
        sqlite3_bind_int64(s, 2, pass);
        sqlite3_bind_int(s, 3, PLAN_BATCH);
        result = next_row(j, s, e) == 1 ? 0 : -1;
        if (result == 0 && sqlite3_column_type(s, 0) != SQLITE_NULL && !(to = journal_column(s, 0)))
            result = err_no_memory(e);
    }
    journal_end(j, s);
    if (result == 0 && to) {
        s = journal_begin(j, e) == 0 ? journal_prepare(j, make, e) : NULL;
        result = -1;
        if (s) {
            journal_bind(s, 1, *last);
            journal_bind(s, 2, to);
            sqlite3_bind_int64(s, 3, pass);
            sqlite3_bind_int(s, 4, JOURNAL_PLANNED);
            sqlite3_bind_int(s, 5, JOURNAL_SEND);
            result = journal_step(j, s, e);
        }
        journal_end(j, s);
        result = journal_finish(j, result, e);
    }
    free(*last);
    *last = to;
    return result;
}

int journal_inputs_gone(struct journal *j, int64_t pass, int64_t *gone, struct err *e)
{
    struct buf sql = BUF_INIT;
    buf_printf(&sql,
               "UPDATE items SET state = %d, code = 'NOT_LISTED', reason = 'it was in the dataset when the plan was made, and is not any more',"
               " seq = (SELECT max(seq) FROM items) + id WHERE state <> %d AND NOT EXISTS"
               " (SELECT 1 FROM remote r WHERE r.input_id = items.key AND r.pass = %lld)",
               JOURNAL_UNACCOUNTED, JOURNAL_UNACCOUNTED, (long long)pass);
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        result = buf_error(&sql, e) == 0 ? journal_run(j, sql.data, e) : -1;
        if (gone)
            *gone = sqlite3_changes64(j->db);
        result = journal_finish(j, result, e);
        j->seq = journal_scalar(j, "SELECT max(seq) FROM items", 0);
    }
    pthread_mutex_unlock(&j->lock);
    buf_release(&sql);
    return result;
}

int journal_inputs_plan(struct journal *j, int64_t pass, int64_t *gone, struct err *e)
{
    char *last = str_dup("");
    int result = last ? 0 : err_no_memory(e);
    while (result == 0 && last) {
        pthread_mutex_lock(&j->lock);
        result = plan_batch(j, pass, &last, e);
        pthread_mutex_unlock(&j->lock);
    }
    free(last);
    return result == 0 ? journal_inputs_gone(j, pass, gone, e) : -1;
}

/* --- annotations --- */

int journal_annotations_clear(struct journal *j, struct err *e) { return change_sql(j, "DELETE FROM annotations", e); }

int journal_annotations_put(struct journal *j, int64_t pass, const struct journal_annotation *rows, size_t n, struct err *e)
{
    static const char put[] = "INSERT INTO annotations SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM remote WHERE input_id = ?1 AND pass = ?4)"
                              " ON CONFLICT(input_id, id) DO UPDATE SET line = excluded.line";
    if (n == 0)
        return 0;
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        sqlite3_stmt *s = journal_prepare(j, put, e);
        result = s ? 0 : -1;
        for (size_t i = 0; i < n && result == 0; i++) {
            journal_bind(s, 1, rows[i].input_id);
            journal_bind(s, 2, rows[i].id);
            journal_bind(s, 3, rows[i].line);
            sqlite3_bind_int64(s, 4, pass);
            result = journal_step(j, s, e);
        }
        journal_end(j, s);
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_annotations_count(struct journal *j, int64_t *count, struct err *e) { return count_sql(j, "SELECT count(*) FROM annotations", count, e); }

void journal_annotations_free(struct journal_annotation *rows, size_t n)
{
    for (size_t i = 0; rows && i < n; i++) {
        free(rows[i].input_id);
        free(rows[i].id);
        free(rows[i].line);
    }
    free(rows);
}

int journal_annotations_read(struct journal *j, const char *after_input, const char *after_id, int limit, struct journal_annotation **out, size_t *n,
                             struct err *e)
{
    size_t bytes = 0;
    int more = 1;
    *n = 0;
    *out = calloc((size_t)limit, sizeof **out);
    if (!*out)
        return err_no_memory(e);
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, "SELECT input_id, id, line FROM annotations WHERE (input_id, id) > (?1, ?2) ORDER BY input_id, id", e);
    int result = s ? 0 : -1;
    if (s) {
        journal_bind(s, 1, after_input ? after_input : "");
        journal_bind(s, 2, after_id ? after_id : "");
    }
    while (result == 0 && *n < (size_t)limit && bytes < READ_BYTES && (more = next_row(j, s, e)) == 1) {
        struct journal_annotation *a = &(*out)[(*n)++];
        *a = (struct journal_annotation){journal_column(s, 0), journal_column(s, 1), journal_column(s, 2)};
        if (!a->input_id || !a->id || !a->line)
            result = err_no_memory(e);
        else
            bytes += strlen(a->line);
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    if (result == 0 && more >= 0)
        return 0;
    journal_annotations_free(*out, *n);
    *out = NULL;
    *n = 0;
    return -1;
}

/* --- pictures --- */

static const struct { const char *clear, *put, *get; } picture_sql[] = {
    [JOURNAL_PICTURES] = {"DELETE FROM pictures", "INSERT OR REPLACE INTO pictures VALUES(?1, ?2, ?3)",
                          "SELECT name, size FROM pictures WHERE input_id = ?1"},
    [JOURNAL_WRITTEN] = {"DELETE FROM written", "INSERT OR REPLACE INTO written VALUES(?1, ?2, ?3)",
                         "SELECT name, size FROM written WHERE input_id = ?1"},
    [JOURNAL_FILES] = {"DELETE FROM files", "INSERT OR REPLACE INTO files VALUES(?1, ?3)", "SELECT name, size FROM files WHERE name = ?1"},
};

int journal_pictures_clear(struct journal *j, enum journal_pictures which, struct err *e) { return change_sql(j, picture_sql[which].clear, e); }

static int put_pictures(struct journal *j, enum journal_pictures which, const struct journal_picture *rows, size_t n, struct err *e)
{
    sqlite3_stmt *s = journal_prepare(j, picture_sql[which].put, e);
    int result = s ? 0 : -1;
    for (size_t i = 0; i < n && result == 0; i++) {
        journal_bind(s, 1, rows[i].key);
        if (which != JOURNAL_FILES)
            journal_bind(s, 2, rows[i].name);
        sqlite3_bind_int64(s, 3, (sqlite3_int64)rows[i].size);
        result = journal_step(j, s, e);
    }
    journal_end(j, s);
    return result;
}

int journal_pictures_put(struct journal *j, enum journal_pictures which, const struct journal_picture *rows, size_t n, struct err *e)
{
    if (n == 0)
        return 0;
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0)
        result = journal_finish(j, put_pictures(j, which, rows, n, e), e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_picture_move(struct journal *j, const struct journal_picture *row, const struct journal_change *c, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        result = put_pictures(j, JOURNAL_PICTURES, row, 1, e);
        result = journal_finish(j, result == 0 ? journal_change_one(j, c, e) : result, e);
    }
    pthread_mutex_unlock(&j->lock);
    if (result == 0)
        journal_kill_states(JOURNAL_BIT(c->to));
    return result;
}

static int get_picture(struct journal *j, const char *sql, const char *key, char **name, uint64_t *size, struct err *e)
{
    if (name)
        *name = NULL;
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, key);
        result = next_row(j, s, e);
        if (result == 1) {
            *size = (uint64_t)sqlite3_column_int64(s, 1);
            if (name && !(*name = journal_column(s, 0)))
                result = err_no_memory(e);
        }
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_picture_get(struct journal *j, enum journal_pictures which, const char *key, char **name, uint64_t *size, struct err *e)
{
    return get_picture(j, picture_sql[which].get, key, name, size, e);
}

#define STORED_SQL "SELECT p.name, p.size, p.input_id FROM pictures p JOIN items i ON i.key = p.input_id WHERE i.state IN (%d, %d)"

int journal_picture_stored(struct journal *j, const char *input_id, char **name, uint64_t *size, struct err *e)
{
    char sql[192];
    snprintf(sql, sizeof sql, STORED_SQL " AND p.input_id = ?1", JOURNAL_VERIFIED, JOURNAL_PRESENT);
    return get_picture(j, sql, input_id, name, size, e);
}

int journal_pictures_stored(struct journal *j, journal_picture_each each, void *ctx, struct err *e)
{
    char sql[160];
    snprintf(sql, sizeof sql, STORED_SQL, JOURNAL_VERIFIED, JOURNAL_PRESENT);
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = s ? 0 : -1, more = 1;
    while (result == 0 && (more = next_row(j, s, e)) == 1) {
        struct journal_picture p = {.key = (const char *)sqlite3_column_text(s, 2), .name = (const char *)sqlite3_column_text(s, 0),
                                    .size = (uint64_t)sqlite3_column_int64(s, 1)};
        result = p.key && p.name ? each(ctx, &p, e) : err_no_memory(e);
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return more < 0 ? -1 : result;
}
