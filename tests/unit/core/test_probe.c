/* What a probe found is remembered for its workspace and compute; a damaged memory is none. */
#include "session_home.h"

#include "base/timefmt.h"
#include "core/probe_memory.h"

static int make_home(void **state)
{
    if (home_set_up(state) != 0)
        return -1;
    setenv("DATABRICKS_TOKEN", "dapi-of-the-test", 1);
    setenv("DATABRICKS_WAREHOUSE_ID", "wh-1", 1);
    return 0;
}

static void open_session(struct session *s, const char *host)
{
    const struct session_options options = {0};
    struct err e = {0};

    setenv("DATABRICKS_HOST", host, 1);
    assert_int_equal(session_open(&options, s, &e), 0);
}

static void remember(const struct session *s, const char *which, const char *failing)
{
    static const char *const FORMS[] = { "create", "merge", "preview" };
    struct probe_answers answers = {0};
    struct compute *c = NULL;
    struct err e = {0};

    for (size_t i = 0; i < 3; i++) {
        struct probe_result r = { .form = FORMS[i], .tried = true, .works = !str_eq(FORMS[i], failing) };
        str_copy(r.reason, sizeof r.reason, "it is not taken");
        probe_answers_add(&answers, &r);
    }
    assert_int_equal(compute_open(s, which, NULL, &c, &e), 0);
    assert_int_equal(probe_remember(s, c, &answers, &e), 0);
    compute_close(c);
    probe_answers_release(&answers);
}

static void test_answers_belong_to_a_workspace_and_a_compute(void **state)
{
    struct session s, other;
    struct probe_memory m;
    struct err e = {0};

    (void)state;
    open_session(&s, "https://one.example");
    assert_int_equal(probe_recall(&s, NULL, &m, &e), 0);
    assert_false(m.known);
    remember(&s, NULL, "merge");
    remember(&s, "warehouse:wh-2", "none");
    assert_int_equal(probe_recall(&s, NULL, &m, &e), 0);
    assert_true(m.known);
    assert_int_equal(m.works, 2);
    assert_int_equal(m.fails, 1);
    assert_string_equal(m.failing, "merge");
    assert_string_equal(m.compute, "warehouse wh-1");
    assert_true(time_wall_ms() - m.at_ms < 60000);
    assert_int_equal(probe_recall(&s, "warehouse:wh-2", &m, &e), 0);
    assert_int_equal(m.fails, 0);
    open_session(&other, "https://two.example");
    assert_int_equal(probe_recall(&other, NULL, &m, &e), 0);
    assert_false(m.known);
    session_close(&other);
    remember(&s, NULL, "none");
    assert_int_equal(probe_recall(&s, NULL, &m, &e), 0);
    assert_int_equal(m.works, 3);
    session_close(&s);
}

static void test_a_damaged_memory_is_none(void **state)
{
    struct session s;
    struct probe_memory m;
    struct err e = {0};
    char *dir = file_dir_cache(&e), path[300];

    (void)state;
    assert_non_null(dir);
    snprintf(path, sizeof path, "%s/probe.json", dir);
    free(dir);
    open_session(&s, "https://one.example");
    assert_int_equal(file_write_atomic(path, "[1", 2, &e), 0);
    assert_int_equal(probe_recall(&s, NULL, &m, &e), 0);
    assert_false(m.known);
    remember(&s, NULL, "none");
    assert_int_equal(probe_recall(&s, NULL, &m, &e), 0);
    assert_true(m.known);
    session_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_belong_to_a_workspace_and_a_compute), cmocka_unit_test(test_a_damaged_memory_is_none),
    };

    return cmocka_run_group_tests(tests, make_home, home_tear_down);
}
