/*
 * A damaged journal is made again, or not at all: killed at any change of the disk while that is done, the run finds the same when it is opened again:
 * where rows are staged, what runs on the platform, that a person cancelled. And a journal is not called damaged because the disk is full.
 */
#include "import_world.h"
#include "core/run_inside.h"
#include <sqlite3.h>
#include <sys/syscall.h>

/* --- the disk: changes of it are counted, and one of them is not reached --- */

static struct { bool on; int now, kill_at; } disk;

static void disk_change(void)
{
    if (disk.on && ++disk.now == disk.kill_at)
        raise(SIGKILL);
}

/* These take the place of libc's in this program. */
int rename(const char *from, const char *to)
{
    disk_change();
    return (int)syscall(SYS_rename, from, to);
}

int unlink(const char *path)
{
    disk_change();
    return (int)syscall(SYS_unlink, path);
}

/* And these of SQLite's own. */
static ssize_t sql_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    disk_change();
    return pwrite(fd, bytes, n, at);
}

static ssize_t sql_write(int fd, const void *bytes, size_t n)
{
    disk_change();
    return write(fd, bytes, n);
}

static int sql_truncate(int fd, off_t size)
{
    disk_change();
    return ftruncate(fd, size);
}

static const char *no_room_for;           /* files that end so cannot be made */

static int sql_open(const char *path, int flags, int mode)
{
    size_t n = strlen(path), end = no_room_for ? strlen(no_room_for) : 0;
    bool made = (flags & O_CREAT) && access(path, F_OK) != 0;
    if (made && end && n > end && strcmp(path + n - end, no_room_for) == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (made)
        disk_change();
    return open(path, flags, mode);
}

static void watch_disk(void)
{
    static const struct { const char *name; sqlite3_syscall_ptr call; } calls[] = {
        {"open", (sqlite3_syscall_ptr)sql_open}, {"write", (sqlite3_syscall_ptr)sql_write},
        {"pwrite", (sqlite3_syscall_ptr)sql_pwrite}, {"pwrite64", (sqlite3_syscall_ptr)sql_pwrite},
        {"ftruncate", (sqlite3_syscall_ptr)sql_truncate}, {"unlink", (sqlite3_syscall_ptr)unlink},
    };
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        vfs->xSetSystemCall(vfs, calls[i].name, calls[i].call);
}

/* --- a run that was killed with much to remember --- */

static char *run_path(const char *id, const char *name) { return str_printf("%s/lakeferry/runs/%s%s%s", w->folder, id, name ? "/" : "", name ? name : ""); }

static void spoil(const char *id)
{
    char *path = run_path(id, "journal.db");
    int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    assert_true(fd >= 0 && write(fd, "rubbish", 7) == 7);
    close(fd);
    free(path);
}

/* Killed with rows staged; a context and a statement are left; its journal is destroyed. */
static void ruined_run(char id[40], bool cancelled)
{
    struct journal *j;
    struct err e = {0};
    world_new();
    for (int i = 0; i < 3; i++)
        add_picture(i == 0 ? "a.jpg" : i == 1 ? "b.jpg" : "sub/c.jpg", i);
    add_foreign("theirs");
    create_run(NULL, NULL, id);
    assert_int_equal(execute_child(id, "point.staged:1"), -SIGKILL);
    assert_true(w->staged_folders || w->made_volumes);
    char *folder = run_path(id, NULL);
    assert_int_equal(journal_open(folder, false, &j, &e), 0);
    assert_int_equal(journal_left_add(j, "context", "cl-1/ctx-1", &e), 0);
    assert_int_equal(journal_left_add(j, "statement", "st-1", &e), 0);
    if (cancelled)
        assert_int_equal(journal_put(j, "cancelled", "1", &e), 0);
    journal_close(j);
    free(folder);
    spoil(id);
}

/* What the run knows when it is opened, times apart. Owned. */
static char *remembered(const char *id)
{
    static const char *const facts[] = {"state", "rebuilt", "gate", "cancelled", "staging.at", "staging.made", "staging.scratch"};
    struct str_list kinds = {0}, ids = {0};
    struct buf out = BUF_INIT;
    struct err e = {0};
    struct run *r = NULL;
    if (run_open(id, &r, &e) != 0)
        fail_msg("%s %s: %s", e.what, e.subject, e.cause);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        char *value = journal_get(r->journal, facts[i]);
        buf_printf(&out, "%s = %s\n", facts[i], value ? value : "none");
        free(value);
    }
    buf_printf(&out, "created %d\n", journal_get_i64(r->journal, "created", 0) == run_made_ms(r->folder));
    assert_int_equal(journal_left(r->journal, &kinds, &ids, &e), 0);
    for (size_t i = 0; i < ids.count; i++)
        buf_printf(&out, "left %s %s\n", kinds.items[i], ids.items[i]);
    str_list_release(&kinds);
    str_list_release(&ids);
    run_close(r);
    return buf_take(&out);
}

/* Opens the run in a process that does not reach the n-th change of the disk; whether it was killed. */
static bool killed_opening(const char *id, int n)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct err e = {0};
        struct run *r = NULL;
        disk.on = true;
        disk.kill_at = n;
        if (run_open(id, &r, &e) != 0)
            _exit(9);
        disk.on = false;
        _exit(0);                         /* as a process that dies: the journal is not closed */
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    assert_int_equal(status, 0);
    return false;
}

static int changes_seen;                  /* of the disk, while a journal is made again */

static void a_killed_rebuild_loses_nothing(void **state)
{
    (void)state;
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        char id[40];
        int n = 1;
        ruined_run(id, cancelled);
        char *want = remembered(id);
        assert_non_null(strstr(want, "rebuilt = 1"));
        assert_non_null(strstr(want, "gate = 1"));
        assert_non_null(strstr(want, "left statement st-1\n"));
        assert_non_null(strstr(want, "left context cl-1/ctx-1\n"));
        assert_null(strstr(want, "staging.at = none"));
        assert_int_equal(strstr(want, "cancelled = 1") != NULL, cancelled);
        for (;; n++) {
            spoil(id);
            bool killed = killed_opening(id, n);
            char *now = remembered(id);
            if (!str_eq(now, want))
                fail_msg("killed before change %d of the disk\n--- want\n%s--- have\n%s", n, want, now);
            free(now);
            if (!killed)
                break;
        }
        if (n < 10)
            fail_msg("only %d changes of the disk were seen", n);
        changes_seen = n - 1;
        free(want);
    }
}

/* As above, and gone on with: nothing is left on the platform, and each picture is there once. */
static void goes_on_after_a_killed_rebuild(void **state)
{
    const int changes[] = {0, 1, changes_seen / 3, changes_seen * 2 / 3, changes_seen - 1, changes_seen};
    (void)state;
    assert_true(changes_seen > 2);
    for (int cancelled = 0; cancelled < 2; cancelled++) {
        char *picture = NULL;
        int want = 0;
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            char id[40];
            ruined_run(id, cancelled);
            assert_int_equal(changes[i] && killed_opening(id, changes[i]), changes[i] != 0);
            int status = execute_child(id, NULL);
            char *now = world_picture();
            if (!picture) {
                want = status;
                picture = str_dup(now);
            }
            if (status != want || !str_eq(now, picture) || w->made_volumes || w->staged_folders || w->cleaned != 2)
                fail_msg("killed before change %d: exit %d instead of %d, %d %d left, %d cleaned\n--- want\n%s--- have\n%s", changes[i], status, want,
                         w->made_volumes, w->staged_folders, w->cleaned, picture, now);
            free(now);
        }
        free(picture);
    }
}

/* No room for SQLite's index beside it says nothing of the journal: it stays, and is used when there is room again. */
static void a_full_disk_is_no_damage(void **state)
{
    static const char *const files[] = {"-wal", "-shm"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char id[40];
        struct err e = {0};
        struct run *r = NULL;
        world_new();
        add_picture("a.jpg", 1);
        create_run(NULL, NULL, id);
        assert_int_equal(execute_child(id, "stage.plan:1"), -SIGKILL);
        assert_int_equal(run_open(id, &r, &e), 0);
        run_close(r);                     /* orderly: nothing is left beside the journal */
        no_room_for = files[i];
        int result = run_open(id, &r, &e);
        no_room_for = NULL;
        assert_int_equal(result, -1);
        assert_string_not_equal(e.api_code, "JOURNAL_DAMAGED");
        assert_int_equal(run_open(id, &r, &e), 0);
        assert_false(journal_has(r->journal, "rebuilt"));
        assert_true(journal_has(r->journal, "stage.plan"));
        run_close(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_rebuild_loses_nothing), cmocka_unit_test(goes_on_after_a_killed_rebuild),
                                       cmocka_unit_test(a_full_disk_is_no_damage)};
    watch_disk();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_end();
    return failed;
}
