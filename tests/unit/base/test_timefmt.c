#include "base/timefmt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_parse(void **state)
{
    (void)state;
    static const struct { const char *text; int64_t us; } rows[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-11-22T07:00:00.123456Z", INT64_C(1795330800123456) },
        { "2026-11-22T07:00:00.123456789Z", INT64_C(1795330800123456) },
        { "2026-11-22T07:00:00.1z", INT64_C(1795330800100000) },
        { "2026-11-22 07:00:00Z", INT64_C(1795330800000000) },
        { "2026-11-22t08:30:00+01:30", INT64_C(1795330800000000) },
        { "2026-11-22T00:00:00-07:00", INT64_C(1795330800000000) },
        { "1969-12-31T23:59:59.999999Z", -1 },
        { "2024-02-29T00:00:00Z", INT64_C(1709164800000000) },
        { "1990-12-31T23:59:60Z", INT64_C(662688000000000) },
    };
    static const char *const bad[] = {
        "", "2026", "2026-11-22", "2026-11-22T07:00:00", "2026-11-22T07:00Z", "2026-13-22T07:00:00Z",
        "2026-02-29T00:00:00Z", "2026-00-10T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", " 2026-01-01T00:00:00Z",
        "+026-01-01T00:00:00Z",
    };
    int64_t us = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(time_parse(rows[i].text, &us));
        assert_true(us == rows[i].us);
    }
    us = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (time_parse(bad[i], &us))
            fail_msg("accepted %s", bad[i]);
    assert_false(time_parse(NULL, &us));
    assert_int_equal(us, 42);
}

static void test_format(void **state)
{
    (void)state;
    char out[40];
    int64_t us = INT64_C(1795330800123456), back;

    assert_string_equal(time_format(us, 0, out, sizeof out), "2026-11-22T07:00:00Z");
    assert_string_equal(time_format(us, 3, out, sizeof out), "2026-11-22T07:00:00.123Z");
    assert_string_equal(time_format(us, 6, out, sizeof out), "2026-11-22T07:00:00.123456Z");
    assert_string_equal(time_format(us, 9, out, sizeof out), "2026-11-22T07:00:00.123456000Z");
    assert_string_equal(time_format(-1, 6, out, sizeof out), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(time_people(us, out, sizeof out), "2026-11-22 07:00 UTC");
    time_format(INT64_MAX, 9, out, sizeof out);
    time_format(INT64_MIN, 9, out, sizeof out);
    for (int64_t t = -INT64_C(60000000000000000); t < INT64_C(200000000000000000); t += INT64_C(98765432109876)) {
        assert_true(time_parse(time_format(t, 6, out, sizeof out), &back));
        assert_true(back == t);
    }
}

static void test_http(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "120", "Sunday, 22-Nov-26 07:00:00 GMT", "Sun Nov 22 07:00:00 2026", "Sun, 22 Nov 2026 07:00:00",
        "Sun, 22 Nov 2026 07:00:00 GMT ", "Sun, 31 Feb 2026 07:00:00 GMT", "Sun, 22 Foo 2026 07:00:00 GMT",
        "Xxx, 22 Nov 2026 07:00:00 GMT", "Sun, 22 Nov 2026 25:00:00 GMT",
    };
    int64_t us = 0;
    char out[40];

    assert_true(time_parse_http("Sun, 22 Nov 2026 07:00:00 GMT", &us));
    assert_true(us == INT64_C(1795330800000000));
    assert_string_equal(time_format_http(us, out, sizeof out), "Sun, 22 Nov 2026 07:00:00 GMT");
    assert_string_equal(time_format_http(0, out, sizeof out), "Thu, 01 Jan 1970 00:00:00 GMT");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(time_parse_http(bad[i], &us));
    assert_false(time_parse_http(NULL, &us));
}

static void test_age(void **state)
{
    (void)state;
    static const struct { int64_t ms; const char *text; } rows[] = {
        { -5, "0 s" }, { 4999, "4 s" }, { 59999, "59 s" }, { 60000, "1 min" }, { 3599999, "59 min" },
        { 3600000, "1 h" }, { 86399999, "23 h" }, { 86400000, "1 d" }, { INT64_C(432000000), "5 d" },
        { INT64_MAX, "106751991167 d" },
    };
    char out[40];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(time_age(rows[i].ms, out, sizeof out), rows[i].text);
}

static void test_clocks(void **state)
{
    (void)state;
    int64_t before = time_mono_ms(), wall = time_wall_us();

    assert_true(wall > INT64_C(1700000000000000));
    assert_true(time_wall_ms() >= wall / 1000 - 1000);
    assert_true(time_mono_ms() >= before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse), cmocka_unit_test(test_format), cmocka_unit_test(test_http),
        cmocka_unit_test(test_age), cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
