#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/str.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Each test has a folder of its own, so that programs can run side by side. */
static int make_folder(void **state)
{
    char *folder = str_dup("/tmp/lakeferry-test-XXXXXX");

    *state = folder;
    return folder && mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    struct err e;
    int result = file_remove_tree(*state, &e);

    free(*state);
    return result;
}

static char *in(void **state, const char *name)
{
    char *path = str_printf("%s/%s", (char *)*state, name);

    assert_non_null(path);
    return path;
}

static unsigned mode_of(const char *path)
{
    struct stat st;

    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 0777;
}

static void test_make_dirs(void **state)
{
    char *path = in(state, "a/b//c/"), *file = in(state, "f"), *below = in(state, "f/x"), *a = in(state, "a");
    struct err e;

    assert_int_equal(file_make_dirs(path, &e), 0);
    assert_int_equal(file_make_dirs(path, &e), 0);
    assert_int_equal(mode_of(a), 0700);
    assert_int_equal(file_write_atomic(file, "x", 1, &e), 0);
    assert_int_equal(file_make_dirs(file, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(file_make_dirs(below, &e), -1);
    assert_int_equal(file_make_dirs("", &e), -1);
    free(path), free(file), free(below), free(a);
}

static void test_write_and_read(void **state)
{
    char *path = in(state, "f");
    struct buf b = BUF_INIT;
    struct err e;

    assert_int_equal(file_write_atomic(path, "one\0two", 7, &e), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(file_read(path, 7, &b, &e), 0);
    assert_int_equal(b.len, 7);
    assert_memory_equal(b.data, "one\0two", 8);
    assert_int_equal(file_write_atomic(path, "", 0, &e), 0);
    assert_int_equal(file_read(path, 0, &b, &e), 0);
    assert_int_equal(b.len, 7); /* appended nothing */
    buf_release(&b);
    free(path);
}

static void test_read_refuses(void **state)
{
    char *path = in(state, "f"), *none = in(state, "none"), *pipe_path = in(state, "pipe");
    struct buf b = BUF_INIT;
    struct err e;

    buf_puts(&b, "kept");
    assert_int_equal(file_read(none, 10, &b, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_string_equal(e.subject, none);
    assert_int_equal(file_write_atomic(path, "12345", 5, &e), 0);
    assert_int_equal(file_read(path, 4, &b, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_int_equal(file_read(*state, 10, &b, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(file_read(pipe_path, 10, &b, &e), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_string_equal(b.data, "kept");
    buf_release(&b);
    free(path), free(none), free(pipe_path);
}

/* A file that says it is empty but is not, as those of /proc do. */
static void test_read_without_size(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    struct err e;

    assert_int_equal(file_read("/proc/self/status", 1 << 20, &b, &e), 0);
    assert_true(b.len > 100);
    assert_int_equal(file_read("/proc/self/status", 20, &b, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    buf_release(&b);
}

static void test_failed_write_leaves_nothing(void **state)
{
    char *folder = in(state, "d"), *inside = in(state, "d/x"), *nowhere = in(state, "no/f");
    struct err e;

    assert_int_equal(file_make_dirs(inside, &e), 0);
    assert_int_equal(file_write_atomic(folder, "x", 1, &e), -1); /* a folder is in the way */
    assert_string_equal(e.what, "cannot write");
    assert_int_equal(file_write_atomic(nowhere, "x", 1, &e), -1);
    assert_int_equal(file_remove_tree(folder, &e), 0);
    assert_int_equal(rmdir(*state), 0); /* so no temporary file is left */
    assert_int_equal(mkdir(*state, 0700), 0);
    free(folder), free(inside), free(nowhere);
}

static void test_write_all_failure(void **state)
{
    (void)state;
    struct err e;

    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        skip();
    assert_int_equal(file_write_all(fd, "x", 1, &e), -1);
    assert_int_equal(e.code, ERR_NO_SPACE);
    close(fd);
}

static void test_remove_tree_follows_no_links(void **state)
{
    char *tree = in(state, "tree"), *deep = in(state, "tree/a/b"), *link = in(state, "tree/a/link");
    char *other = in(state, "other"), *kept = in(state, "other/kept"), *top = in(state, "toplink");
    struct err e;

    assert_int_equal(file_make_dirs(deep, &e), 0);
    assert_int_equal(file_make_dirs(other, &e), 0);
    assert_int_equal(file_write_atomic(kept, "x", 1, &e), 0);
    assert_int_equal(symlink(other, link), 0);
    assert_int_equal(symlink(other, top), 0);
    assert_int_equal(file_remove_tree(tree, &e), 0);
    assert_int_equal(access(tree, F_OK), -1);
    assert_int_equal(file_remove_tree(top, &e), 0);
    assert_int_equal(access(top, F_OK), -1);
    assert_int_equal(access(kept, F_OK), 0);
    assert_int_equal(file_remove_tree(tree, &e), 0);
    free(tree), free(deep), free(link), free(other), free(kept), free(top);
}

static void test_dirs(void **state)
{
    struct err e;
    char *want = in(state, "state/lakeferry"), *xdg = in(state, "state"), *home = in(state, ".cache/lakeferry"), *got;

    setenv("XDG_STATE_HOME", xdg, 1);
    setenv("XDG_CACHE_HOME", "relative", 1);
    setenv("HOME", *state, 1);
    got = file_dir_state(&e);
    assert_string_equal(got, want);
    assert_int_equal(mode_of(got), 0700);
    free(got);
    got = file_dir_cache(&e);
    assert_string_equal(got, home);
    free(got);
    unsetenv("HOME");
    unsetenv("XDG_CONFIG_HOME");
    assert_null(file_dir_config(&e));
    assert_int_equal(e.code, ERR_CONFIG);
    free(want), free(xdg), free(home);
}

static void test_runtime_dir(void **state)
{
    char *want = in(state, "lakeferry"), *elsewhere = in(state, "elsewhere"), *got;
    struct err e;

    setenv("XDG_RUNTIME_DIR", *state, 1);
    assert_int_equal(mkdir(want, 0700), 0);
    assert_int_equal(chmod(want, 0755), 0);
    got = file_dir_runtime(&e);
    assert_string_equal(got, want);
    assert_int_equal(mode_of(got), 0700);
    free(got);
    assert_int_equal(rmdir(want), 0);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    assert_int_equal(symlink(elsewhere, want), 0);
    assert_null(file_dir_runtime(&e)); /* a planted link is not used */
    assert_int_equal(e.code, ERR_FORBIDDEN);
    free(want), free(elsewhere);
}

static void test_log(void **state)
{
    char *path = in(state, "log");
    struct buf b = BUF_INIT;
    struct err e;
    enum log_level level;

    log_write(LOG_ERROR, "before any file");
    assert_false(log_enabled(LOG_ERROR));
    assert_true(log_level_parse("info", &level));
    assert_int_equal(level, LOG_INFO);
    assert_false(log_level_parse("INFO", &level));
    assert_int_equal(log_open(*state, LOG_INFO, &e), -1);
    assert_int_equal(log_open(path, level, &e), 0);
    assert_int_equal(mode_of(path), 0600);
    redact_add("canary-secret");
    log_write(LOG_INFO, "one %s\nforged \x1b[31m", "canary-secret");
    log_write(LOG_DEBUG, "hidden line");
    log_write(LOG_ERROR, "%0100000d", 1);
    log_close();
    log_write(LOG_ERROR, "after the end");
    redact_clear();
    assert_int_equal(file_read(path, 4096, &b, &e), 0);
    assert_non_null(strstr(b.data, "one [redacted]\\nforged \\x1b[31m\n"));
    assert_non_null(strstr(b.data, "Z info  ["));
    assert_non_null(strstr(b.data, "too long"));
    assert_null(strstr(b.data, "hidden line"));
    assert_null(strstr(b.data, "before"));
    assert_null(strstr(b.data, "after"));
    size_t lines = 0;
    for (size_t i = 0; i < b.len; i++)
        lines += b.data[i] == '\n';
    assert_int_equal(lines, 2);
    buf_release(&b);
    free(path);
}

static void test_hash(void **state)
{
    (void)state;
    char hex[HASH_SHA256_HEX], md5[HASH_MD5_HEX];
    struct hash *h = hash_new_sha256();

    assert_non_null(h);
    hash_add(h, "a", 1);
    hash_add(h, "", 0);
    hash_add(h, "bc", 2);
    hash_end(h, hex, sizeof hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_free(h);
    hash_sha256(NULL, 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    h = hash_new_md5();
    hash_add(h, "abc", 3);
    hash_end(h, md5, sizeof md5);
    assert_string_equal(md5, "900150983cd24fb0d6963f7d28e17f72");
    hash_free(h);
    hash_free(NULL);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_make_dirs), IN_FOLDER(test_write_and_read), IN_FOLDER(test_read_refuses),
        cmocka_unit_test(test_read_without_size), IN_FOLDER(test_failed_write_leaves_nothing),
        cmocka_unit_test(test_write_all_failure), IN_FOLDER(test_remove_tree_follows_no_links), IN_FOLDER(test_dirs),
        IN_FOLDER(test_runtime_dir), IN_FOLDER(test_log), cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
