/* Of a journal: the little that must not be lost with it, in a file beside it: facts by key, and under "left" what runs on the platform, kind by id. */
#include "base/file.h"
#include "base/json.h"
#include "core/journal_inside.h"
#include <errno.h>
#include <unistd.h>

#define KEPT_MAX ((size_t)64 << 10)

/* Where rows are staged, which only we know; and that a person cancelled. */
static const char *const kept_facts[] = {"staging.at", "staging.made", "staging.scratch", "cancelled"};
#define KEPT_LEFT "left"
#define KEPT_COUNT (sizeof kept_facts / sizeof *kept_facts)

bool journal_kept_is(const char *key)
{
    for (size_t i = 0; i < KEPT_COUNT; i++)
        if (str_eq(key, kept_facts[i]))
            return true;
    return false;
}

static int put_text(cJSON *to, const char *key, const char *value, struct err *e)
{
    cJSON_DeleteItemFromObjectCaseSensitive(to, key);
    return json_put_str(to, key, value) ? 0 : err_no_memory(e);
}

/* Rows of two texts into an object; only_kept: of facts, those that are kept. */
static int gather(struct journal *j, const char *sql, bool only_kept, cJSON *to, struct err *e)
{
    sqlite3_stmt *s = journal_prepare(j, sql, e);
    int result = s ? 0 : -1, rc = SQLITE_DONE;
    while (result == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(s, 0), *value = (const char *)sqlite3_column_text(s, 1);
        if (!key || !value)
            result = err_no_memory(e);
        else if (!only_kept || journal_kept_is(key))
            result = put_text(to, key, value, e);
    }
    if (result == 0 && rc != SQLITE_DONE)
        result = journal_fail(j, e);
    journal_end(j, s);
    return result;
}

/* NULL with e. */
static cJSON *gather_all(struct journal *j, const struct journal_kept *coming, struct err *e)
{
    cJSON *all = cJSON_CreateObject(), *left = cJSON_CreateObject();
    int result = all && left ? 0 : err_no_memory(e);
    if (result == 0)
        result = gather(j, "SELECT key, value FROM facts", true, all, e);
    if (result == 0)
        result = gather(j, "SELECT id, kind FROM leavings", false, left, e);
    if (result == 0 && coming && coming->fact)
        result = put_text(all, coming->fact, coming->value, e);
    if (result == 0 && coming && coming->left)
        result = put_text(left, coming->left, coming->kind, e);
    if (result == 0 && left->child) {
        if (cJSON_AddItemToObject(all, KEPT_LEFT, left))
            left = NULL;
        else
            result = err_no_memory(e);
    }
    cJSON_Delete(left);
    if (result == 0)
        return all;
    cJSON_Delete(all);
    return NULL;
}

int journal_kept_write(struct journal *j, const struct journal_kept *coming, struct err *e)
{
    struct buf text = BUF_INIT;
    cJSON *all = journal_trusted(j, e) == 0 ? gather_all(j, coming, e) : NULL;
    int result = all ? 0 : -1;
    if (result == 0 && !all->child)
        result = unlink(j->kept) == 0 || errno == ENOENT ? 0 : err_set_errno(e, errno, "cannot remove %s", j->kept);
    else if (result == 0)
        result = json_print(&text, all) == 0 ? file_write_atomic(j->kept, text.data, text.len, e) : err_no_memory(e);
    buf_release(&text);
    cJSON_Delete(all);
    return result;
}

int journal_kept_restore(struct journal *j, struct err *e)
{
    struct buf text = BUF_INIT;
    if (access(j->kept, F_OK) != 0)
        return 0;
    int result = file_read(j->kept, KEPT_MAX, &text, e);
    cJSON *all = result == 0 ? json_parse(text.data, text.len, e) : NULL;
    if (!all && result == 0)
        result = err_about(e, "cannot read", j->kept);
    if (result != 0 && e->code != ERR_NO_MEMORY)
        err_remedy(e, "it names what the run left on the platform; move it away to go on without that");
    for (size_t i = 0; i < KEPT_COUNT && result == 0; i++)
        if (json_str(all, kept_facts[i]))
            result = journal_fact_row(j, kept_facts[i], json_str(all, kept_facts[i]), e);
    const cJSON *left = json_obj(all, KEPT_LEFT);
    for (const cJSON *one = left ? left->child : NULL; one && result == 0; one = one->next)
        if (one->string && cJSON_IsString(one))
            result = journal_left_row(j, one->valuestring, one->string, e);
    cJSON_Delete(all);
    buf_release(&text);
    return result;
}

bool journal_kept_there(const char *folder)
{
    char *path = str_printf("%s/kept.json", folder);
    bool there = !path || access(path, F_OK) == 0;      /* what cannot be looked for may be there */
    free(path);
    return there;
}
