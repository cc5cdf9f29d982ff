/* A run's folder: made, found, locked; and the journal made again when it is damaged. */
#include "base/file.h"
#include "base/json.h"
#include "base/timefmt.h"
#include "core/run_inside.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define ASK_MAX ((size_t)1 << 20)

static const char *const state_names[] = {
    [RUN_PLANNING] = "planning", [RUN_AT_GATE] = "at the gate", [RUN_RUNNING] = "running", [RUN_PARKED] = "parked", [RUN_PAUSED] = "paused",
    [RUN_DONE] = "done", [RUN_FAILED] = "failed", [RUN_CANCELLED] = "cancelled", [RUN_DRY] = "dry run",
};
#define STATE_COUNT (sizeof state_names / sizeof *state_names)

const char *run_state_name(enum run_state s) { return (size_t)s < STATE_COUNT ? state_names[s] : ""; }

enum run_state run_state_by_name(const char *name)
{
    for (size_t i = 0; i < STATE_COUNT; i++)
        if (str_eq(name, state_names[i]))
            return (enum run_state)i;
    return RUN_FAILED;
}

bool run_state_final(enum run_state s) { return s == RUN_DONE || s == RUN_CANCELLED || s == RUN_DRY; }

const struct stages_verb *run_verb(enum ask_verb v)
{
    static const struct stages_verb *const verbs[ASK_UPDATE + 1] = {
        [ASK_IMPORT_VOLUME] = &import_volume_verb,
        [ASK_IMPORT_S3] = &import_s3_verb,
        [ASK_EXPORT] = &export_verb,
        [ASK_UPDATE] = &update_verb,
    };
    return (size_t)v < sizeof verbs / sizeof *verbs ? verbs[v] : NULL;
}

static char *dataset_text(const struct ask *ask)
{
    return str_printf("%s%s%s/%s", ask->app.user ? ask->app.user : "", ask->app.user ? "/" : "", ask->app.app ? ask->app.app : "",
                      ask->dataset ? ask->dataset : "");
}

char *run_place(const struct ask *ask)
{
    if (ask->verb == ASK_IMPORT_VOLUME)
        return volume_path_text(&ask->source);
    return ask->verb == ASK_IMPORT_S3 ? str_dup(ask->url) : dataset_text(ask);
}

void run_title(const struct ask *ask, char *out, size_t size)
{
    char *from = run_place(ask), *to = ask->verb >= ASK_EXPORT ? name_text(&ask->table) : dataset_text(ask);
    snprintf(out, size, "%s %s -> %s", ask_verb_name(ask->verb), from ? from : "", to ? to : "");
    free(from);
    free(to);
}

/* --- folders --- */

char *run_folder_all(struct err *e)
{
    char *state = file_dir_state(e);
    char *all = state ? str_printf("%s/runs", state) : NULL;
    free(state);
    if (!all) {
        if (state)
            err_no_memory(e);
        return NULL;
    }
    if (file_make_dirs(all, e) != 0) {
        free(all);
        return NULL;
    }
    return all;
}

static bool id_valid(const char *id)
{
    size_t n = id ? strlen(id) : 0;
    return n > 0 && n < 40 && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

char *run_folder(const char *id, struct err *e)
{
    if (!id_valid(id)) {
        err_set(e, ERR_USAGE, "\"%s\" is no name of a run", id ? id : "");
        err_remedy(e, "`lakeferry runs` lists them");
        return NULL;
    }
    char *all = run_folder_all(e);
    char *folder = all ? str_printf("%s/%s", all, id) : NULL;
    if (all && !folder)
        err_no_memory(e);
    free(all);
    return folder;
}

int run_ids(struct str_list *out, struct err *e)
{
    char *all = run_folder_all(e);
    if (!all && e->sys == EROFS) {               /* a folder that cannot be made holds none */
        err_clear(e);
        return 0;
    }
    if (!all)
        return -1;
    DIR *dir = opendir(all);
    int result = dir ? 0 : err_set_errno(e, errno, "cannot list %s", all);
    struct dirent *entry;
    while (result == 0 && (entry = readdir(dir)) != NULL)
        if (id_valid(entry->d_name) && str_list_add(out, entry->d_name) != 0)
            result = err_no_memory(e);
    if (dir)
        closedir(dir);
    free(all);
    return result;
}

/* --- the lock: of the open file description, so that it ends with the process and never by accident before --- */

static struct flock whole_file(short type) { return (struct flock){.l_type = type, .l_whence = SEEK_SET}; }

int run_lock_holder(const char *folder)
{
    char *path = str_printf("%s/lock", folder), text[32] = "";
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    struct flock l = whole_file(F_WRLCK);
    int64_t pid = 0;
    free(path);
    if (fd < 0)
        return 0;
    bool held = fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
    ssize_t n = held ? read(fd, text, sizeof text - 1) : 0;
    close(fd);
    if (!held)
        return 0;
    return n > 0 && str_i64(str_trim(text), &pid) && pid > 0 ? (int)pid : -1;
}

int run_lock(const char *folder, int *fd, struct err *e)
{
    char *path = str_printf("%s/lock", folder), text[32];
    struct flock l = whole_file(F_WRLCK);
    *fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (*fd < 0) {
        err_set_errno(e, path ? errno : ENOMEM, "cannot open the run's lock");
        err_about(e, "cannot use", path ? path : folder);
        free(path);
        return -1;
    }
    free(path);
    if (fcntl(*fd, F_OFD_SETLK, &l) != 0) {
        int pid = run_lock_holder(folder);
        close(*fd);
        *fd = -1;
        if (pid > 0)
            err_set(e, ERR_CONFLICT, "another process runs it (pid %d)", pid);
        else
            err_set(e, ERR_CONFLICT, "another process runs it");
        return err_remedy(e, "watch it with `lakeferry runs watch`, or cancel it");
    }
    int n = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(*fd, 0) != 0 || pwrite(*fd, text, (size_t)n, 0) != n) {
        err_set_errno(e, errno, "cannot write the run's lock");
        close(*fd);
        *fd = -1;
        return err_about(e, "cannot use", folder);
    }
    return 0;
}

/* --- making and opening --- */

static int write_ask(const char *folder, const struct ask *ask, struct err *e)
{
    cJSON *json = ask_to_json(ask);
    char *path = str_printf("%s/ask.json", folder);
    struct buf text = BUF_INIT;
    int result = json && path && json_print(&text, json) == 0 ? file_write_atomic(path, text.data, text.len, e) : err_no_memory(e);
    buf_release(&text);
    cJSON_Delete(json);
    free(path);
    return result;
}

int run_read_ask(const char *folder, struct ask *out, struct err *e)
{
    char *path = str_printf("%s/ask.json", folder);
    struct buf text = BUF_INIT;
    int result = path ? file_read(path, ASK_MAX, &text, e) : err_no_memory(e);
    cJSON *json = result == 0 ? json_parse(text.data, text.len, e) : NULL;
    result = json ? ask_from_json(json, out, e) : -1;
    if (result != 0)
        err_about(e, "cannot read what the run is to do from", path);
    cJSON_Delete(json);
    buf_release(&text);
    free(path);
    return result;
}

/* Where a run is made: under no run's name, so that one whose making was killed is none. */
static char *make_folder(struct err *e)
{
    char *all = run_folder_all(e), *folder = all ? str_printf("%s/" RUN_UNMADE "XXXXXX", all) : NULL;
    if (all && !folder)
        err_no_memory(e);
    if (folder && !mkdtemp(folder)) {
        err_set_errno(e, errno, "cannot make a run's folder in %s", all);
        free(folder);
        folder = NULL;
    }
    free(all);
    return folder;
}

/* Gives the folder of a run that is whole its name. */
static int name_folder(const struct ask *ask, const char *folder, char id[40], struct err *e)
{
    static const char *const words[] = {"import", "import-s3", "export", "update"};
    char *all = run_folder_all(e), day[40];
    if (!all)
        return -1;
    time_format(time_wall_us(), 0, day, sizeof day);
    int result = 1;
    for (int i = 0; i < 100 && result == 1; i++) {
        uint16_t number = 0;
        if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
            number = (uint16_t)(time_wall_us() + i);
        snprintf(id, 40, "%s-%.4s%.2s%.2s-%04x", words[ask->verb], day, day + 5, day + 8, number);
        char *named = str_printf("%s/%s", all, id);
        if (!named)
            result = err_no_memory(e);
        else if (rename(folder, named) == 0)
            result = 0;
        else if (errno != EEXIST && errno != ENOTEMPTY)
            result = err_set_errno(e, errno, "cannot name the run's folder %s", named);
        free(named);
    }
    free(all);
    return result == 1 ? err_set(e, ERR_IO, "no name is free for a new run") : result;
}

static int begin_journal(const char *folder, struct err *e)
{
    struct journal *j;
    if (journal_open(folder, true, &j, e) != 0)
        return -1;
    int result = journal_put(j, "state", run_state_name(RUN_PLANNING), e);
    if (result == 0)
        result = journal_put_i64(j, "created", time_wall_ms(), e);
    journal_close(j);
    return result;
}

int run_create(const struct ask *ask, char id[40], struct err *e)
{
    if (!run_verb(ask->verb))
        return err_set(e, ERR_USAGE, "this program has no verb \"%s\"", ask_verb_name(ask->verb));
    char *folder = make_folder(e);
    int result = folder ? write_ask(folder, ask, e) : -1;
    if (result == 0)
        result = begin_journal(folder, e);
    if (result == 0)
        result = name_folder(ask, folder, id, e);
    if (result != 0 && folder) {
        struct err ignored = {0};
        file_remove_tree(folder, &ignored);
    }
    free(folder);
    return result;
}

int64_t run_made_ms(const char *folder)
{
    struct stat st;
    char *path = str_printf("%s/ask.json", folder);
    bool known = path && stat(path, &st) == 0;
    free(path);
    return known ? (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 : 0;
}

/* A journal that is damaged or never got its tables is made again: what was done shows itself by fingerprint. */
static int rebuild(struct run *r, struct err *e)
{
    char *begun = str_printf("%s/begun", r->folder), created[32];
    if (!begun)
        return err_no_memory(e);
    bool gate = access(begun, F_OK) == 0;
    const struct journal_fact facts[] = {{"state", run_state_name(RUN_PLANNING)}, {"created", created}, {"rebuilt", "1"}, {"gate", "1"}};
    snprintf(created, sizeof created, "%lld", (long long)run_made_ms(r->folder));
    free(begun);
    return journal_make_again(r->folder, facts, gate ? 4 : 3, &r->journal, e);
}

static int open_journal(struct run *r, struct err *e)
{
    struct err why = {0};
    if (journal_open(r->folder, false, &r->journal, &why) == 0)
        return 0;
    if (why.code == ERR_NOT_FOUND || str_eq(why.api_code, "JOURNAL_DAMAGED"))
        return rebuild(r, e);
    *e = why;
    return -1;
}

int run_open(const char *id, struct run **out, struct err *e)
{
    struct run *r = calloc(1, sizeof *r);
    if (!r)
        return err_no_memory(e);
    r->lock = -1;
    r->folder = run_folder(id, e);
    int result = r->folder ? 0 : -1;
    if (result == 0 && access(r->folder, F_OK) != 0) {
        result = err_set(e, ERR_NOT_FOUND, "there is no run %s", id);
        err_remedy(e, "`lakeferry runs` lists them");
    }
    if (result == 0)
        result = run_lock(r->folder, &r->lock, e);
    if (result == 0)
        result = run_read_ask(r->folder, &r->ask, e);
    if (result == 0)
        result = open_journal(r, e);
    if (result != 0) {
        err_about(e, "cannot open the run", id);
        run_close(r);
        return -1;
    }
    str_copy(r->id, sizeof r->id, id);
    *out = r;
    return 0;
}

void run_close(struct run *r)
{
    if (!r)
        return;
    journal_close(r->journal);
    if (r->lock >= 0)
        close(r->lock);
    ask_release(&r->ask);
    free(r->folder);
    free(r);
}

const struct ask *run_ask(const struct run *r) { return &r->ask; }
