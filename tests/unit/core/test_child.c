/* Programs that we start: they end, whatever they do with their output, and they see no secret of ours. */
#include "base/str.h"
#include "core/child.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <cmocka.h>

static struct buf out, complaint;
static int status;
static struct err e;

static int shell(const char *script, int64_t limit_ms, const struct net_cancel *cancel)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    char **environment = child_environment(NULL, &e);
    assert_non_null(environment);
    int rc = child_run(argv, environment, limit_ms, cancel, &out, &complaint, &status, &e);
    free(environment);
    return rc;
}

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 0);
    buf_init(&complaint, 0);
    err_clear(&e);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&out);
    buf_release(&complaint);
    return 0;
}

static void output_and_status_arrive(void **state)
{
    (void)state;
    assert_int_equal(shell("echo said; echo wrong >&2; exit 7", 60000, NULL), 0);
    assert_int_equal(status, 7);
    assert_string_equal(out.data, "said\n");
    assert_string_equal(complaint.data, "wrong\n");
    assert_int_equal(shell("kill -9 $$", 60000, NULL), 0);
    assert_int_equal(status, -1);
}

/* The test's own limit ends it if the program's does not. */
static void who_closes_the_output_and_goes_on_is_ended(void **state)
{
    struct net_cancel cancel = { 1 };
    (void)state;
    assert_int_equal(shell("exec >&- 2>&-; sleep 20", 300, NULL), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_int_equal(status, -1);
    assert_int_equal(shell("exec >&- 2>&-; sleep 20", 60000, &cancel), -1);
    assert_int_equal(e.code, ERR_CANCELLED);
}

static void what_it_started_ends_with_it(void **state)
{
    int64_t pid = 0;
    int ended = 0;
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(shell("sleep 20 & echo $!; wait", 2000, NULL), -1);
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_true(str_i64(str_trim(out.data), &pid) && pid > 1);
    assert_int_equal(waitpid((pid_t)pid, &ended, 0), pid);
    assert_true(WIFSIGNALED(ended));
}

static void no_secret_is_passed_on(void **state)
{
    static const char *const names[] = { "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_PASSWORD", "CLARIFAI_PAT", "CLARIFAI_API_KEY",
                                         "CLARIFAI_SESSION_TOKEN" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        setenv(names[i], "canary-secret", 1);
    setenv("DATABRICKS_HOST", "https://plain", 1);
    assert_int_equal(shell("env", 60000, NULL), 0);
    assert_null(strstr(out.data, "canary-secret"));
    assert_non_null(strstr(out.data, "DATABRICKS_HOST=https://plain"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(output_and_status_arrive),
        TEST(who_closes_the_output_and_goes_on_is_ended),
        TEST(what_it_started_ends_with_it),
        TEST(no_secret_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
