/* Of a journal: facts by key. */
#include "core/journal_inside.h"

int journal_fact_row(struct journal *j, const char *key, const char *value, struct err *e)
{
    sqlite3_stmt *s = journal_cached(j, value ? S_PUT : S_DROP, e);
    if (!s)
        return -1;
    journal_bind(s, 1, key);
    if (value)
        journal_bind(s, 2, value);
    return journal_step(j, s, e);
}

/* What is kept beside the journal is there before the journal has it, and goes after. */
int journal_put(struct journal *j, const char *key, const char *value, struct err *e)
{
    bool kept = journal_kept_is(key);
    pthread_mutex_lock(&j->lock);
    int result = kept && value ? journal_kept_write(j, &(struct journal_kept){.fact = key, .value = value}, e) : 0;
    if (result == 0)
        result = journal_fact_row(j, key, value, e);
    if (result == 0 && kept && !value)
        result = journal_kept_write(j, NULL, e);
    pthread_mutex_unlock(&j->lock);
    return result;
}

int journal_put_i64(struct journal *j, const char *key, int64_t value, struct err *e)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return journal_put(j, key, text, e);
}

/* The row of a fact: 1 and *row, to be given back with journal_end, else 0 or -1. With the mutex held. */
static int find_row(struct journal *j, const char *key, sqlite3_stmt **row, struct err *e)
{
    sqlite3_stmt *s = journal_prepare(j, "SELECT value FROM facts WHERE key = ?1", e);
    if (!s)
        return -1;
    journal_bind(s, 1, key);
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW) {
        *row = s;
        return 1;
    }
    int result = rc == SQLITE_DONE ? 0 : journal_fail(j, e);
    journal_end(j, s);
    return result;
}

int journal_find(struct journal *j, const char *key, char **value, struct err *e)
{
    sqlite3_stmt *s = NULL;
    pthread_mutex_lock(&j->lock);
    int found = find_row(j, key, &s, e);
    if (value)
        *value = found == 1 ? journal_column(s, 0) : NULL;
    if (found == 1 && value && journal_columns_whole(e) != 0)
        found = -1;
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    return found;
}

char *journal_get(struct journal *j, const char *key)
{
    struct err why;
    char *value;
    if (journal_find(j, key, &value, &why) < 0)
        journal_distrust(j, &why);
    return value;
}

int64_t journal_get_i64(struct journal *j, const char *key, int64_t otherwise)
{
    sqlite3_stmt *s = NULL;
    struct err why;
    int64_t value = otherwise;
    pthread_mutex_lock(&j->lock);
    int found = find_row(j, key, &s, &why);
    const char *text = found == 1 ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (found == 1 && !text)
        found = err_no_memory(&why);
    if (text && !str_i64(text, &value))
        value = otherwise;
    journal_end(j, s);
    pthread_mutex_unlock(&j->lock);
    if (found < 0)
        journal_distrust(j, &why);
    return value;
}

bool journal_has(struct journal *j, const char *key)
{
    struct err why;
    int found = journal_find(j, key, NULL, &why);
    if (found < 0)
        journal_distrust(j, &why);
    return found == 1;
}
