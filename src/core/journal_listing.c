/* Of a journal: folders still to list, and what was found in them. */
#include "core/journal_inside.h"
#include "base/timefmt.h"

static int put_file(struct journal *j, const struct journal_found *f, struct err *e)
{
    sqlite3_stmt *s = journal_cached(j, S_FOUND, e);
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
    sqlite3_stmt *s = journal_cached(j, S_FOLDER, e);
    if (!s)
        return -1;
    journal_bind(s, 1, path);
    return journal_step(j, s, e);
}

int journal_found_put(struct journal *j, const struct journal_found *rows, size_t n, struct err *e)
{
    return journal_found_put_facts(j, rows, n, NULL, 0, e);
}

int journal_found_put_facts(struct journal *j, const struct journal_found *rows, size_t n, const struct journal_fact *facts, size_t fact_count,
                            struct err *e)
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
        for (size_t i = 0; i < fact_count && result == 0; i++)
            result = journal_fact_row(j, facts[i].key, facts[i].value, e);
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    if (result == 0)
        journal_kill_states(moved);
    return result;
}

int journal_folder_next(struct journal *j, char **path, int64_t *open, struct err *e)
{
    *path = NULL;
    pthread_mutex_lock(&j->lock);
    *open = journal_scalar(j, "SELECT count(*) FROM folders WHERE done = 0", -1);
    if (*open < 0) {                     /* not none: a lane would call the listing done */
        int failed = journal_fail(j, e);
        pthread_mutex_unlock(&j->lock);
        return failed;
    }
    sqlite3_stmt *s = journal_prepare(j, "SELECT path FROM folders WHERE done = 0 AND path NOT IN (SELECT path FROM claimed_folders) ORDER BY path LIMIT 1", e);
    int result = s ? 0 : -1;
    int rc = s ? sqlite3_step(s) : SQLITE_ERROR;
    if (rc == SQLITE_ROW) {
        *path = journal_column(s, 0);
        result = *path ? 1 : err_no_memory(e);
    } else if (s && rc != SQLITE_DONE) {
        result = journal_fail(j, e);
    }
    journal_end(j, s);
    if (result == 1) {
        s = journal_prepare(j, "INSERT OR IGNORE INTO claimed_folders VALUES(?1)", e);
        if (s)
            journal_bind(s, 1, *path);
        if (!s || journal_step(j, s, e) != 0)
            result = -1;
        journal_end(j, s);
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
    journal_end(j, s);
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
