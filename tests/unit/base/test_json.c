#include "base/json.h"
#include "base/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static cJSON *parse(const char *text)
{
    struct err e;
    cJSON *tree = json_parse(text, strlen(text), &e);

    if (!tree)
        fail_msg("%s: %s", text, e.cause);
    return tree;
}

static void refuses(const char *text, size_t n)
{
    struct err e;

    err_clear(&e);
    assert_null(json_parse(text, n, &e));
    assert_int_equal(e.code, ERR_PROTOCOL);
    assert_true(e.cause[0] != '\0');
}

static void test_refused_text(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "  \n", "<html></html>", "{", "{\"a\":1", "{\"a\":1}x", "[1,]", "{\"a\" 1}", "nul", "\xEF\xBB\xBF{}",
        "\"\xFF\"", "\"\xED\xA0\x80\"", "\"a\nb\"", "{} {}", "'a'", "\"\\ud800\"", "\x0c{}",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(bad[i], strlen(bad[i]));
    refuses("{}\0", 3);
    refuses("\"a\0b\"", 5);
    assert_null(json_parse("[", 1, NULL));
}

/* Long strings are looked through several bytes at a time: what counts is seen wherever it stands. */
static void test_every_place_of_a_long_string(void **state)
{
    (void)state;
    for (size_t at = 1; at < 40; at++) {
        char text[48];
        cJSON *tree;

        memset(text, 'A', sizeof text);
        text[0] = text[40] = '"';
        text[at] = '\x1f';
        refuses(text, 41);
        text[at] = '\xe9';
        refuses(text, 41);
        text[at] = '"';
        refuses(text, 41);
        text[at] = '\\';
        refuses(text, 41);
        text[at] = 'z';
        tree = json_parse(text, 41, NULL);
        assert_non_null(tree);
        assert_int_equal(strlen(tree->valuestring), 39);
        cJSON_Delete(tree);
    }
}

static void test_not_beyond_n(void **state)
{
    (void)state;
    cJSON *tree = json_parse("{\"a\":12}345", 8, NULL);

    assert_non_null(tree);
    cJSON_Delete(tree);
    tree = json_parse("12345", 2, NULL);
    assert_non_null(tree);
    assert_true(tree->valuedouble == 12);
    cJSON_Delete(tree);
}

static void test_depth(void **state)
{
    (void)state;
    char text[20001];

    memset(text, '[', 200);
    memset(text + 200, ']', 200);
    cJSON *tree = json_parse(text, 400, NULL);
    assert_non_null(tree);
    cJSON_Delete(tree);
    memset(text, '[', 201);
    memset(text + 201, ']', 201);
    refuses(text, 402);
    memset(text, '[', 10000);
    memset(text + 10000, ']', 10000);
    refuses(text, 20000);
}

static void test_escaped_nul(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"a\":\"x\\u0000y\",\"b\":\"\\\\u0000\"}");

    assert_string_equal(json_str(tree, "a"), "x\xEF\xBF\xBDy");
    assert_string_equal(json_str(tree, "b"), "\\u0000");
    cJSON_Delete(tree);
}

static void test_members(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"s\":\"x\",\"n\":null,\"o\":{\"k\":1},\"a\":[1],\"t\":true,\"f\":false,\"ts\":\"true\","
                        "\"d\":1.5,\"ds\":\"2.5e1\",\"bad\":\"1x\",\"inf\":\"inf\",\"hex\":\"0x10\"}");
    struct err e;
    double d = 0;

    assert_string_equal(json_str(tree, "s"), "x");
    assert_null(json_str(tree, "S"));
    assert_null(json_str(tree, "n"));
    assert_null(json_str(tree, "o"));
    assert_string_equal(json_str_or(tree, "n", "other"), "other");
    assert_null(json_get(tree, "n"));
    assert_non_null(json_get(tree, "f"));
    assert_non_null(json_obj(tree, "o"));
    assert_null(json_obj(tree, "a"));
    assert_non_null(json_arr(tree, "a"));
    assert_null(json_arr(tree, "o"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_str(NULL, "a"));
    assert_true(json_bool(tree, "t", false));
    assert_false(json_bool(tree, "f", true));
    assert_true(json_bool(tree, "ts", false));
    assert_true(json_bool(tree, "n", true));
    assert_true(json_bool(tree, "missing", true));
    assert_true(json_f64(tree, "d", &d) && d > 1.4 && d < 1.6);
    assert_true(json_f64(tree, "ds", &d) && d > 24.9 && d < 25.1);
    assert_false(json_f64(tree, "bad", &d));
    assert_false(json_f64(tree, "inf", &d));
    assert_false(json_f64(tree, "hex", &d));
    assert_string_equal(json_need_str(tree, "s", &e), "x");
    assert_null(json_need_str(tree, "n", &e));
    assert_int_equal(e.code, ERR_PROTOCOL);
    assert_non_null(strstr(e.cause, "\"n\""));
    cJSON_Delete(tree);
}

static void test_integers(void **state)
{
    (void)state;
    cJSON *tree = parse("{\"safe\":9007199254740991,\"over\":9007199254740992,\"neg\":-9007199254740991,"
                        "\"text\":\"9007199254740993\",\"max\":\"9223372036854775807\",\"big\":\"9223372036854775808\","
                        "\"half\":1.5,\"whole\":2.0,\"exp\":1e3,\"huge\":1e300,\"none\":\"\",\"b\":true}");
    int64_t v = 0;

    assert_true(json_i64(tree, "safe", &v) && v == INT64_C(9007199254740991));
    assert_true(json_i64(tree, "neg", &v) && v == INT64_C(-9007199254740991));
    assert_true(json_i64(tree, "text", &v) && v == INT64_C(9007199254740993));
    assert_true(json_i64(tree, "max", &v) && v == INT64_MAX);
    assert_true(json_i64(tree, "whole", &v) && v == 2);
    assert_true(json_i64(tree, "exp", &v) && v == 1000);
    v = 5;
    assert_false(json_i64(tree, "over", &v));
    assert_false(json_i64(tree, "big", &v));
    assert_false(json_i64(tree, "half", &v));
    assert_false(json_i64(tree, "huge", &v));
    assert_false(json_i64(tree, "none", &v));
    assert_false(json_i64(tree, "b", &v));
    assert_false(json_i64(tree, "missing", &v));
    assert_int_equal(v, 5);
    cJSON_Delete(tree);
}

static void test_building(void **state)
{
    (void)state;
    cJSON *tree = cJSON_CreateObject();
    struct buf out = BUF_INIT;
    int64_t v;

    assert_true(json_put_str(tree, "s", "a\"\xFF"));
    assert_true(json_put_str(tree, "none", NULL));
    assert_true(json_put_i64(tree, "i", INT64_MIN));
    assert_true(json_put_u64(tree, "u", UINT64_MAX));
    assert_true(json_put_bool(tree, "b", true));
    assert_true(json_put_item(tree, "l", cJSON_CreateArray()));
    assert_false(json_put_item(tree, "x", NULL));
    assert_int_equal(json_print(&out, tree), 0);
    assert_string_equal(out.data, "{\"s\":\"a\\\"\xEF\xBF\xBD\",\"i\":-9223372036854775808,\"u\":18446744073709551615,"
                                  "\"b\":true,\"l\":[]}");
    assert_true(json_i64(tree, "i", &v) && v == INT64_MIN);
    assert_int_equal(json_print(&out, NULL), -1);
    assert_int_equal(out.failed, ERR_NO_MEMORY);
    buf_release(&out);
    cJSON_Delete(tree);
}

static void test_quote(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;

    assert_int_equal(json_quote(&out, "a\"\\\b\f\n\r\t\0\x1f/\x7f\xC3\xA9\xFF", 15), 0);
    assert_string_equal(out.data, "\"a\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/\x7f\xC3\xA9\xEF\xBF\xBD\"");
    buf_clear(&out);
    assert_int_equal(json_quote(&out, "", 0), 0);
    assert_string_equal(out.data, "\"\"");
    buf_release(&out);
    buf_init(&out, 4);
    assert_int_equal(json_quote(&out, "abcdef", 6), -1);
    buf_release(&out);
}

static void test_quote_any_bytes_parse_back(void **state)
{
    (void)state;
    uint32_t seed = 99;

    for (int round = 0; round < 1000; round++) {
        char in[40];
        struct buf out = BUF_INIT;

        for (size_t i = 0; i < sizeof in; i++) {
            seed = seed * 1664525u + 1013904223u;
            in[i] = (char)(seed >> 24);
        }
        assert_int_equal(json_quote(&out, in, sizeof in), 0);
        cJSON *tree = json_parse(out.data, out.len, NULL);
        assert_true(cJSON_IsString(tree));
        cJSON_Delete(tree);
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_text), cmocka_unit_test(test_every_place_of_a_long_string), cmocka_unit_test(test_not_beyond_n), cmocka_unit_test(test_depth),
        cmocka_unit_test(test_escaped_nul), cmocka_unit_test(test_members), cmocka_unit_test(test_integers),
        cmocka_unit_test(test_building), cmocka_unit_test(test_quote), cmocka_unit_test(test_quote_any_bytes_parse_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
