/* Of a journal: rows that the compute read, and the concepts they name. */
#include "core/journal_inside.h"

const char *journal_item_source(const struct journal_item *item) { return item->source ? item->source : item->key; }

int journal_items_clear(struct journal *j, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0)
        result = journal_finish(j, journal_run(j, "DELETE FROM items; UPDATE counts SET n = 0, bytes = 0", e), e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

/* One text of one row, by a text or a number: 1 found, 0 none, -1. */
static int find_text(struct journal *j, const char *sql, const char *text, int64_t number, char **out, struct err *e)
{
    *out = NULL;
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = s ? 0 : -1;
    if (s) {
        if (text)
            journal_bind(s, 1, text);
        else
            sqlite3_bind_int64(s, 1, number);
        int rc = sqlite3_step(s);
        if (rc == SQLITE_ROW)
            result = (*out = journal_column(s, 0)) ? 1 : err_no_memory(e);
        else if (rc != SQLITE_DONE)
            result = journal_fail(j, e);
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return result;
}

char *journal_item_detail(struct journal *j, int64_t id, struct err *e)
{
    char *detail;
    if (find_text(j, "SELECT coalesce(detail, '') FROM items WHERE id = ?1", NULL, id, &detail, e) == 0)
        err_set(e, ERR_BUG, "an item of the run has no detail");
    return detail;
}

int journal_fail_doubled(struct journal *j, int64_t *count, struct err *e)
{
    char sql[640];
    *count = 0;
    pthread_mutex_lock(&j->lock);
    /* seq rises with the item's number, so that they are told in their order. */
    snprintf(sql, sizeof sql,
             "UPDATE items SET state = %d, code = 'DOUBLED', seq = %lld + id, reason = 'row ' || id || ': inputid: row ' ||"
             " (SELECT d.id FROM items d WHERE d.source = items.source ORDER BY d.id LIMIT 1) || ' has it already'"
             " WHERE state = %d AND source IS NOT NULL AND EXISTS (SELECT 1 FROM items d WHERE d.source = items.source AND d.id < items.id)",
             JOURNAL_FAILED, (long long)j->seq, JOURNAL_LISTED);
    int result = journal_begin(j, e);
    if (result == 0) {
        result = journal_run(j, sql, e);
        *count = sqlite3_changes64(j->db);
        result = journal_finish(j, result, e);
    }
    j->seq = journal_scalar(j, "SELECT max(seq) FROM items", j->seq);
    pthread_mutex_unlock(&j->lock);
    if (result == 0 && *count)
        journal_kill_point("failed");
    return result;
}

int journal_count_sources(struct journal *j, const char *prefix, int64_t *in_dataset, int64_t *elsewhere, struct err *e)
{
    char *end = str_dup(prefix);
    if (!end)
        return err_no_memory(e);
    if (*end)
        end[strlen(end) - 1]++;                /* the first text behind all that begin so: the prefix ends with a plain ASCII mark */
    *in_dataset = *elsewhere = 0;
    pthread_mutex_lock(&j->lock);
    sqlite3_stmt *s = journal_prepare(j, "SELECT count(*), coalesce(sum(in_dataset), 0) FROM remote WHERE source >= ?1 AND source < ?2", e);
    int result = s ? 0 : -1;
    if (s) {
        journal_bind(s, 1, prefix);
        journal_bind(s, 2, end);
        result = sqlite3_step(s) == SQLITE_ROW ? 0 : journal_fail(j, e);
    }
    if (result == 0) {
        *in_dataset = sqlite3_column_int64(s, 1);
        *elsewhere = sqlite3_column_int64(s, 0) - *in_dataset;
    }
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    free(end);
    return result;
}

/* --- concepts --- */

int journal_concepts_put(struct journal *j, const struct journal_concept *rows, size_t n, struct err *e)
{
    pthread_mutex_lock(&j->lock);
    int result = journal_begin(j, e);
    if (result == 0) {
        sqlite3_stmt *s = journal_prepare(j, "INSERT INTO concepts VALUES(?1, ?2) ON CONFLICT(id) DO UPDATE SET name = excluded.name", e);
        result = s ? 0 : -1;
        for (size_t i = 0; i < n && result == 0; i++) {
            journal_bind(s, 1, rows[i].id);
            journal_bind(s, 2, rows[i].name);
            result = journal_step(j, s, e);
        }
        journal_end(j, s);
        result = journal_finish(j, result, e);
    }
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_concept_id(struct journal *j, const char *name, char **id, struct err *e)
{
    return find_text(j, "SELECT id FROM concepts WHERE name = ?1 ORDER BY id LIMIT 1", name, 0, id, e);
}

int journal_concept_taken(struct journal *j, const char *id, struct err *e)
{
    char *found;
    int result = find_text(j, "SELECT id FROM concepts WHERE id = ?1", id, 0, &found, e);
    free(found);
    return result;
}
