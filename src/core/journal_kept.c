/* Of a journal: the few facts that must not be lost with it, in a file beside it. */
#include "base/file.h"
#include "base/json.h"
#include "core/journal_inside.h"
#include <errno.h>
#include <unistd.h>

#define KEPT_MAX ((size_t)64 << 10)

/* Where rows are staged, which only we know; and that a person cancelled. */
static const char *const kept_facts[] = {"staging.at", "staging.made", "staging.scratch", "cancelled"};
#define KEPT_COUNT (sizeof kept_facts / sizeof *kept_facts)

bool journal_kept_is(const char *key)
{
    for (size_t i = 0; i < KEPT_COUNT; i++)
        if (str_eq(key, kept_facts[i]))
            return true;
    return false;
}

static cJSON *gather(struct journal *j, struct err *e)
{
    cJSON *all = cJSON_CreateObject();
    sqlite3_stmt *s = all ? journal_prepare(j, "SELECT key, value FROM facts", e) : NULL;
    int result = s ? 0 : -1, rc = SQLITE_DONE;
    if (!all)
        err_no_memory(e);
    while (result == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(s, 0), *value = (const char *)sqlite3_column_text(s, 1);
        if (!key || !value || (journal_kept_is(key) && !json_put_str(all, key, value)))
            result = err_no_memory(e);
    }
    if (result == 0 && rc != SQLITE_DONE)
        result = journal_fail(j, e);
    journal_end(j, s);
    if (result == 0)
        return all;
    cJSON_Delete(all);
    return NULL;
}

int journal_kept_write(struct journal *j, struct err *e)
{
    struct buf text = BUF_INIT;
    cJSON *all = gather(j, e);
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
    for (size_t i = 0; i < KEPT_COUNT && result == 0; i++)
        if (json_str(all, kept_facts[i]))
            result = journal_put(j, kept_facts[i], json_str(all, kept_facts[i]), e);
    cJSON_Delete(all);
    buf_release(&text);
    return result;
}

bool journal_has_staged(struct journal *j) { return journal_has(j, "staging.at") || journal_has(j, "staging.scratch"); }

bool journal_kept_there(const char *folder)
{
    char *path = str_printf("%s/kept.json", folder);
    bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}
