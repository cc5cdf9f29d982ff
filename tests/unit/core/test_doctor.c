/* The doctor's words and verdicts, apart from the platforms. */
#include "session_home.h"

#include "base/timefmt.h"
#include "core/doctor.h"

static struct doctor d;

static int make_home(void **state)
{
    if (home_set_up(state) != 0)
        return -1;
    setenv("https_proxy", "http://someone:open-sesame@proxy.example:3128/", 1);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    doctor_release(&d);
    return 0;
}

static const struct doctor_line *line_of(const char *name)
{
    for (size_t i = 0; i < d.count; i++)
        if (str_eq(d.lines[i].name, name))
            return &d.lines[i];
    fail_msg("there is no line %s", name);
    return NULL;
}

static void test_the_worst_decides(void **state)
{
    struct err e = {0};

    (void)state;
    assert_int_equal(doctor_exit_status(&d), 0);
    doctor_say(&d, "machine", "one", DOCTOR_WARN, "do it", "so %s", "so");
    assert_int_equal(doctor_exit_status(&d), 0);
    err_set(&e, ERR_OFFLINE, "nobody answers");
    doctor_say_err(&d, "databricks", "two", DOCTOR_FAIL, &e);
    assert_int_equal(doctor_exit_status(&d), 1);
    err_set(&e, ERR_AUTH, "who are you");
    doctor_say_err(&d, "clarifai", "three", DOCTOR_FAIL, &e);
    doctor_say(&d, "clarifai", "four", DOCTOR_FAIL, NULL, "and more");
    assert_int_equal(doctor_exit_status(&d), 4);
    assert_string_equal(line_of("one")->fix, "do it");
    assert_string_equal(line_of("two")->text, "nobody answers");
}

static void test_clocks(void **state)
{
    int64_t now = time_wall_us();

    (void)state;
    doctor_say_clock(&d, "a", now - 5 * 1000000);
    assert_int_equal(line_of("clock")->verdict, DOCTOR_OK);
    forget(NULL);
    doctor_say_clock(&d, "a", now - (int64_t)7200 * 1000000);
    assert_int_equal(line_of("clock")->verdict, DOCTOR_WARN);
    assert_non_null(strstr(line_of("clock")->text, "ahead of"));
    forget(NULL);
    doctor_say_clock(&d, "a", now + (int64_t)7200 * 1000000);
    assert_non_null(strstr(line_of("clock")->text, "behind"));
    forget(NULL);
    doctor_say_clock(&d, "a", 0);
    assert_int_equal(line_of("clock")->verdict, DOCTOR_WARN);
}

static void test_connections(void **state)
{
    struct err e = {0};

    (void)state;
    assert_true(doctor_say_connection(&d, "a", "https://x.example", &e));
    assert_non_null(strstr(line_of("TLS")->text, "verified"));
    err_set(&e, ERR_AUTH, "no");         /* it answered */
    assert_true(doctor_say_connection(&d, "a", "https://x.example", &e));
    forget(NULL);
    err_set(&e, ERR_TLS, "self-signed");
    assert_false(doctor_say_connection(&d, "a", "https://x.example", &e));
    assert_int_equal(line_of("TLS")->verdict, DOCTOR_FAIL);
    err_set(&e, ERR_CANCELLED, "stopped");
    assert_false(doctor_say_connection(&d, "a", "https://x.example", &e));
    assert_non_null(strstr(line_of("connection")->text, "10 s"));
}

static void test_files_and_modes(void **state)
{
    char path[200];
    struct err e;

    (void)state;
    snprintf(path, sizeof path, "%s/.databrickscfg", home);
    assert_int_equal(file_write_atomic(path, "[lab]\n", 6, &e), 0);
    doctor_machine(&d);
    assert_int_equal(line_of("profiles")->verdict, DOCTOR_OK);
    assert_int_equal(line_of("settings")->verdict, DOCTOR_OK);
    assert_int_equal(line_of("state")->verdict == DOCTOR_FAIL, 0);
    assert_int_equal(line_of("cache")->verdict, DOCTOR_OK);
    assert_non_null(strstr(line_of("proxy")->text, "proxy.example:3128"));
    assert_null(strstr(line_of("proxy")->text, "open-sesame"));
    forget(NULL);
    assert_int_equal(chmod(path, 0644), 0);
    doctor_machine(&d);
    assert_int_equal(line_of("profiles")->verdict, DOCTOR_WARN);
    assert_non_null(strstr(line_of("profiles")->fix, "chmod 600"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_the_worst_decides, forget), cmocka_unit_test_teardown(test_clocks, forget),
        cmocka_unit_test_teardown(test_connections, forget), cmocka_unit_test_teardown(test_files_and_modes, forget),
    };

    return cmocka_run_group_tests(tests, make_home, home_tear_down);
}
