/* Of a journal: what was left on the platform, and lines of the report that no item holds. */
#include "base/log.h"
#include "core/journal_inside.h"

/* With the mutex held. */
static int two_texts(struct journal *j, const char *sql, const char *a, const char *b, struct err *e)
{
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = -1;
    if (s) {
        journal_bind(s, 1, a);
        if (b)
            journal_bind(s, 2, b);
        result = journal_step(j, s, e);
    }
    journal_end(j, s);
    return result;
}

int journal_left_row(struct journal *j, const char *kind, const char *id, struct err *e)
{
    return two_texts(j, "INSERT OR REPLACE INTO leavings(id, kind) VALUES(?1, ?2)", id, kind, e);
}

int journal_left_add(struct journal *j, const char *kind, const char *id, struct err *e)
{
    struct err unkept = {0}, why = {0};
    pthread_mutex_lock(&j->lock);      /* over both: another thread's file between them would be without it */
    int kept = journal_kept_write(j, &(struct journal_kept){.left = id, .kind = kind}, &unkept);
    int result = journal_left_row(j, kind, id, &why);
    pthread_mutex_unlock(&j->lock);
    if (result != 0) {
        journal_distrust(j, &why);
        *e = why;
    } else if (kept != 0) {
        log_write(LOG_WARN, "%s \"%s\" is in the journal alone: %s %s: %s", kind, id, unkept.what, unkept.subject, unkept.cause);
    }
    return result;
}

int journal_left_remove(struct journal *j, const char *id, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = two_texts(j, "DELETE FROM leavings WHERE id = ?1", id, NULL, e);
    if (result == 0)
        result = journal_kept_write(j, NULL, e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

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
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_left(struct journal *j, struct str_list *kinds, struct str_list *ids, struct err *e)
{
    return read_lists(j, "SELECT id, kind FROM leavings ORDER BY kind DESC", ids, kinds, e);
}

bool journal_has_left(struct journal *j)
{
    struct str_list ids = {0};
    struct err why;
    bool left = journal_left(j, NULL, &ids, &why) != 0 || ids.count > 0;     /* what cannot be read may be there */
    str_list_release(&ids);
    return left || journal_find(j, "staging.at", NULL, &why) != 0 || journal_find(j, "staging.scratch", NULL, &why) != 0;
}

int journal_line_add(struct journal *j, const char *line, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = two_texts(j, "INSERT INTO lines(line) VALUES(?1)", line, NULL, e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_lines(struct journal *j, struct str_list *out, struct err *e)
{
    return read_lists(j, "SELECT line FROM lines ORDER BY id", out, NULL, e);
}
