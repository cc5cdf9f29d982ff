/* Over the folders of all runs: the newest unfinished one, and those that are removed. */
#include "base/file.h"
#include "base/timefmt.h"
#include "core/run_inside.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNMADE_AGE_S 60        /* older ones: whoever made them is gone */

/* Nothing is left to do: it ended, or failed before its gate, when nothing had been begun and nothing is left there. What cannot be read is not over. */
static bool is_over(struct journal *j)
{
    struct err ignored = {0};
    char *name;
    enum run_state state = journal_find(j, "state", &name, &ignored) == 1 ? run_state_by_name(name) : RUN_PLANNING;

    free(name);
    return run_state_final(state) || (state == RUN_FAILED && journal_find(j, "gate", NULL, &ignored) == 0 && !journal_has_left(j));
}

struct latest { char *id; int64_t created; bool begun; int live; };

/* Of runs that nobody executes, one that was begun goes before one that waits for its yes: that may be the draft of a form. */
static void consider(struct latest *best, const char *id, const char *folder, struct journal *j)
{
    int64_t created = journal_get_i64(j, "created", 0);
    bool begun = journal_has(j, "gate");
    if (is_over(j))
        return;
    if (run_lock_holder(folder) != 0) {
        best->live += begun;
        return;
    }
    if (best->created >= 0 && (best->begun > begun || (best->begun == begun && created <= best->created)))
        return;
    best->created = created;
    best->begun = begun;
    str_copy(best->id, 40, id);
}

/* One that nobody executes and that is made again when it is opened. */
static bool is_spoiled(const char *folder, const struct err *why)
{
    return (why->code == ERR_NOT_FOUND || str_eq(why->api_code, "JOURNAL_DAMAGED")) && run_lock_holder(folder) == 0;
}

int run_latest_unfinished(char id[40], struct str_list *spoiled, struct err *e)
{
    struct str_list ids = {0};
    struct latest best = {.id = id, .created = -1};
    int result = run_ids(&ids, e);
    for (size_t i = 0; i < ids.count && result == 0; i++) {
        struct journal *j = NULL;
        struct err why = {0};
        char *folder = run_folder(ids.items[i], &why);
        if (folder && journal_open_view(folder, &j, &why) == 0)
            consider(&best, ids.items[i], folder, j);
        else if (folder && is_spoiled(folder, &why) && str_list_add(spoiled, ids.items[i]) != 0)
            result = err_no_memory(e);
        journal_close(j);
        free(folder);
    }
    str_list_release(&ids);
    if (result != 0)
        return -1;
    if (best.created >= 0)
        return 0;
    return err_set(e, ERR_NOT_FOUND, best.live ? "every run is finished or goes on by itself; `lakeferry runs` lists them" : "every run is finished");
}

static bool is_final(const char *folder)
{
    struct journal *j = NULL;
    struct err ignored = {0};
    if (journal_open_view(folder, &j, &ignored) != 0)
        return false;
    bool final = is_over(j);
    journal_close(j);
    return final;
}

/* A held run's folder loses its name first: a worker that starts meanwhile finds no run, rather than a part of one to lock. */
static int remove_run(const char *folder, struct err *e)
{
    const char *slash = strrchr(folder, '/');
    char *nameless = str_printf("%.*s/" RUN_UNMADE "%s", (int)(slash - folder), folder, slash + 1);
    int result = !nameless                       ? err_no_memory(e)
                 : rename(folder, nameless) != 0 ? err_set_errno(e, errno, "cannot remove %s", folder)
                                                 : file_remove_tree(nameless, e);
    free(nameless);
    return result;
}

/* What is left of runs whose making or removal was killed. */
static int prune_unmade(struct err *e)
{
    char *all = run_folder_all(e);
    DIR *dir = all ? opendir(all) : NULL;
    int result = dir ? 0 : all ? err_set_errno(e, errno, "cannot list %s", all) : -1;
    struct dirent *entry;
    while (result == 0 && (entry = readdir(dir)) != NULL) {
        struct stat st;
        char *folder = str_starts(entry->d_name, RUN_UNMADE) ? str_printf("%s/%s", all, entry->d_name) : NULL;
        if (folder && stat(folder, &st) == 0 && time_wall_ms() / 1000 - (int64_t)st.st_mtime > UNMADE_AGE_S)
            result = file_remove_tree(folder, e);
        free(folder);
    }
    if (dir)
        closedir(dir);
    free(all);
    return result;
}

int run_prune(int64_t *count, struct err *e)
{
    struct str_list ids = {0};
    *count = 0;
    int result = prune_unmade(e) == 0 ? run_ids(&ids, e) : -1;
    for (size_t i = 0; i < ids.count && result == 0; i++) {
        char *folder = run_folder(ids.items[i], e);
        result = folder ? 0 : -1;
        int lock = -1;
        struct err busy = {0};
        /* Held while it is removed, so that nobody resumes it meanwhile. */
        if (folder && is_final(folder) && run_lock(folder, &lock, &busy) == 0 && is_final(folder)) {
            result = remove_run(folder, e);
            *count += result == 0;
        }
        if (lock >= 0)
            close(lock);
        free(folder);
    }
    str_list_release(&ids);
    return result;
}

/* Only a session can remove them, and without the journal nobody would know where they are. */
static bool has_left(const char *folder)
{
    struct journal *j = NULL;
    struct err ignored = {0};
    bool left = journal_open_view(folder, &j, &ignored) == 0 ? journal_has_left(j) : journal_kept_there(folder);
    journal_close(j);
    return left;
}

int run_discard(const char *id, struct err *e)
{
    int lock = -1;
    char *folder = run_folder(id, e);
    if (!folder)
        return -1;
    char *begun = str_printf("%s/begun", folder);
    int result = begun ? 0 : err_no_memory(e);
    bool there = access(folder, F_OK) == 0;
    if (result == 0 && there)
        result = run_lock(folder, &lock, e);
    if (result == 0 && there && access(begun, F_OK) == 0)
        result = err_set(e, ERR_CONFLICT, "the run %s was begun, so it is kept", id);
    if (result == 0 && there && has_left(folder)) {
        result = err_set(e, ERR_CONFLICT, "the run %s left rows staged or a statement running, so it is kept", id);
        err_remedy(e, "cancel it: that cleans up");
    }
    if (result == 0 && there)
        result = remove_run(folder, e);
    if (lock >= 0)
        close(lock);
    free(begun);
    free(folder);
    return result;
}

/* --- the same work twice --- */

/* What an ask is about, with the user said. Owned; NULL without memory. */
static char *work_of(const struct ask *ask, const char *user)
{
    const char *owner = ask->app.user ? ask->app.user : user;
    char *table = ask->verb >= ASK_EXPORT && ask->table.object ? name_text(&ask->table) : NULL;
    char *place = run_place(ask);
    char *work = str_printf("%d %s %s/%s/%s %s", (int)ask->verb, ask->verb >= ASK_EXPORT ? "" : place ? place : "", owner ? owner : "",
                            ask->app.app ? ask->app.app : "", ask->dataset ? ask->dataset : "", table ? table : "");
    free(table);
    free(place);
    return work;
}

static bool does_work(const char *folder, const char *work, const char *user)
{
    struct ask ask = {0};
    struct err ignored = {0};
    char *begun = str_printf("%s/begun", folder), *theirs = NULL;
    bool same = false;
    if (begun && run_read_ask(folder, &ask, &ignored) == 0 && (ask.yes || access(begun, F_OK) == 0)) {
        theirs = work_of(&ask, user);
        same = str_eq(theirs, work);
    }
    ask_release(&ask);
    free(begun);
    free(theirs);
    return same;
}

int run_find_same(const char *id, const struct ask *ask, const char *user, char other[40])
{
    struct str_list ids = {0};
    struct err ignored = {0};
    char *work = work_of(ask, user);
    int found = 0;
    bool listed = work && run_ids(&ids, &ignored) == 0;
    for (size_t i = 0; listed && i < ids.count && !found; i++) {
        char *folder = str_eq(ids.items[i], id) ? NULL : run_folder(ids.items[i], &ignored);
        found = folder && run_lock_holder(folder) != 0 && does_work(folder, work, user);
        if (found)
            str_copy(other, 40, ids.items[i]);
        free(folder);
    }
    str_list_release(&ids);
    free(work);
    return found;
}
