#include "base/json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* What the splitter gave: each element printed, with a blank between. */
struct seen {
    struct buf text;
    int count;
    int stop_at; /* 0: never */
};

static int take_element(void *ctx, cJSON *element, struct err *e)
{
    struct seen *seen = ctx;

    seen->count++;
    if (seen->count == seen->stop_at)
        return err_set(e, ERR_CANCELLED, "enough");
    json_print(&seen->text, element);
    return buf_putc(&seen->text, ' ');
}

/* Feeds text in pieces of the sizes step() gives; the rest printed into *rest. 0 or -1. */
static int split(const char *text, size_t n, size_t max, uint32_t seed, size_t piece, struct seen *seen, struct buf *rest,
                 struct err *e)
{
    struct json_split *s = json_split_new("inputs", max, take_element, seen);
    int result = 0;
    cJSON *tree;

    assert_non_null(s);
    for (size_t at = 0; result == 0 && at < n;) {
        size_t take = piece;

        if (piece == 0) {
            seed = seed * 1664525u + 1013904223u;
            take = (seed >> 24) % 9;
        }
        if (take > n - at)
            take = n - at;
        /* A copy of exactly this size lets the sanitizer see a read beyond it. */
        char *copy = malloc(take ? take : 1);
        assert_non_null(copy);
        memcpy(copy, text + at, take);
        result = json_split_feed(s, copy, take, e);
        free(copy);
        at += take;
    }
    tree = json_split_end(s, result ? NULL : e);
    assert_true(result == 0 || tree == NULL);
    if (!tree)
        result = -1;
    else
        json_print(rest, tree);
    cJSON_Delete(tree);
    json_split_free(s);
    return result;
}

static void splits_to(const char *text, const char *elements, const char *rest_text)
{
    struct err e;

    for (uint32_t round = 0; round < 60; round++) {
        struct seen seen = { .text = BUF_INIT };
        struct buf rest = BUF_INIT;
        size_t piece = round == 0 ? strlen(text) : round == 1 ? 1 : 0;

        if (split(text, strlen(text), 1 << 16, round * 7919, piece, &seen, &rest, &e))
            fail_msg("%s: %s", text, e.cause);
        assert_string_equal(seen.text.data, elements);
        assert_string_equal(rest.data, rest_text);
        buf_release(&seen.text);
        buf_release(&rest);
    }
}

static void fails_with(const char *text, size_t n, enum err_code code, const char *says)
{
    struct err e;

    for (uint32_t round = 0; round < 20; round++) {
        struct seen seen = { .text = BUF_INIT };
        struct buf rest = BUF_INIT;
        size_t piece = round == 0 ? n + 1 : round == 1 ? 1 : 0;

        err_clear(&e);
        assert_int_equal(split(text, n, 64, round * 31, piece, &seen, &rest, &e), -1);
        assert_int_equal(e.code, code);
        if (!strstr(e.cause, says))
            fail_msg("\"%s\" lacks \"%s\"", e.cause, says);
        buf_release(&seen.text);
        buf_release(&rest);
    }
}

static void test_elements_and_rest(void **state)
{
    (void)state;
    splits_to("{\"inputs\":[]}", "", "{\"inputs\":[]}");
    splits_to("{}", "", "{}");
    splits_to(" {\"inputs\":[1,\"a\",null,true,{\"b\":[1,{\"c\":2}]},[]]} \n",
              "1 \"a\" null true {\"b\":[1,{\"c\":2}]} [] ", "{\"inputs\":[]}");
    splits_to("{\"status\":{\"code\":10000},\"inputs\" : [ {\"id\":\"x\"} , {\"id\":\"y\"} ] ,\"next\":\"t\"}",
              "{\"id\":\"x\"} {\"id\":\"y\"} ", "{\"status\":{\"code\":10000},\"inputs\":[],\"next\":\"t\"}");
}

static void test_strings_with_brackets(void **state)
{
    (void)state;
    splits_to("{\"a\":\"]}[{\\\"inputs\\\":[\",\"inputs\":[{\"s\":\"],}\\\\\"},\"a\\\"]\"],\"z\":\"\\\\\"}",
              "{\"s\":\"],}\\\\\"} \"a\\\"]\" ", "{\"a\":\"]}[{\\\"inputs\\\":[\",\"inputs\":[],\"z\":\"\\\\\"}");
    splits_to("{\"inputs\":[\"\xE4\xB8\xAD\",\"\xF0\x9F\x98\x80\"]}", "\"\xE4\xB8\xAD\" \"\xF0\x9F\x98\x80\" ",
              "{\"inputs\":[]}");
}

static void test_key_only_at_top(void **state)
{
    (void)state;
    splits_to("{\"a\":{\"inputs\":[1]},\"b\":[{\"inputs\":[2]}],\"c\":\"inputs\",\"d\":[3]}", "",
              "{\"a\":{\"inputs\":[1]},\"b\":[{\"inputs\":[2]}],\"c\":\"inputs\",\"d\":[3]}");
    splits_to("{\"inputs2\":[1],\"input\":[2],\"inputs\":[3]}", "3 ", "{\"inputs2\":[1],\"input\":[2],\"inputs\":[]}");
    splits_to("{\"\\u0069nputs\":[7]}", "7 ", "{\"inputs\":[]}");
    splits_to("{\"inputs\":null,\"a\":[1]}", "", "{\"inputs\":null,\"a\":[1]}");
    splits_to("{\"inputs\":[1],\"a\":0,\"inputs\":[2]}", "1 2 ", "{\"inputs\":[],\"a\":0,\"inputs\":[]}");
}

static void test_broken(void **state)
{
    (void)state;
    static const struct { const char *text, *says; } bad[] = {
        { "", "empty" }, { "  ", "empty" }, { "<!doctype html>", "web page" }, { "\xEF\xBB\xBF{}", "not JSON" },
        { "[1]", "a list" }, { "{\"inputs\":[1", "middle" }, { "{\"inputs\":[1]", "middle" },
        { "{\"inputs\":[1,]}", "broken" }, { "{\"inputs\":[,1]}", "broken" }, { "{\"inputs\":[1 2]}", "not JSON" },
        { "{\"inputs\":[{]}", "" }, { "{\"inputs\":[}]}", "broken" }, { "{\"inputs\":[1]}}", "behind" },
        { "{\"inputs\":[1][2]}", "not JSON" }, { "{\"inputs\":{}}", "not a list" }, { "{\"inputs\":3}", "not a list" },
        { "{\"a\":\"\xFF\"}", "UTF-8" }, { "{\"inputs\":[\"\xFF\"]}", "UTF-8" }, { "{\"inputs\":[nul]}", "not JSON" },
        { "{\"a\" \"b\"}", "not JSON" }, { "{\"inputs\":[{} {}]}", "not JSON" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        fails_with(bad[i].text, strlen(bad[i].text), ERR_PROTOCOL, bad[i].says);
}

/* A list inside an object that stands where the list should be is not taken for it. */
static void test_nested_list_is_not_the_list(void **state)
{
    (void)state;
    static const char text[] = "{\"inputs\":{\"a\":[1,2]}}";
    struct seen seen = { .text = BUF_INIT };
    struct buf rest = BUF_INIT;
    struct err e;

    assert_int_equal(split(text, sizeof text - 1, 64, 0, 1, &seen, &rest, &e), -1);
    assert_int_equal(e.code, ERR_PROTOCOL);
    assert_int_equal(seen.count, 0);
    buf_release(&seen.text);
    buf_release(&rest);
}

static void test_bounded(void **state)
{
    (void)state;
    char text[1000];
    int n = snprintf(text, sizeof text, "{\"inputs\":[\"%0200d\"]}", 1);

    fails_with(text, (size_t)n, ERR_LIMIT, "an element");
    n = snprintf(text, sizeof text, "{\"inputs\":[],\"a\":\"%0200d\"}", 1);
    fails_with(text, (size_t)n, ERR_LIMIT, "beside");
}

static void test_many_elements_little_memory(void **state)
{
    (void)state;
    struct seen seen = { .text = BUF_INIT };
    struct json_split *s = json_split_new("inputs", 32, take_element, &seen);
    cJSON *tree;

    assert_int_equal(json_split_feed(s, "{\"inputs\":[0", 12, NULL), 0);
    for (int i = 1; i < 20000; i++)
        assert_int_equal(json_split_feed(s, ",{\"id\":\"abcdef\"}", 16, NULL), 0);
    assert_int_equal(json_split_feed(s, "]}", 2, NULL), 0);
    tree = json_split_end(s, NULL);
    assert_non_null(tree);
    assert_int_equal(seen.count, 20000);
    cJSON_Delete(tree);
    json_split_free(s);
    buf_release(&seen.text);
}

static void test_elements_come_before_the_end(void **state)
{
    (void)state;
    struct seen seen = { .text = BUF_INIT };
    struct json_split *s = json_split_new("inputs", 0, take_element, &seen);

    assert_int_equal(json_split_feed(s, "{\"inputs\":[{\"a\":1},", 19, NULL), 0);
    assert_int_equal(seen.count, 1);
    json_split_free(s);
    buf_release(&seen.text);
    json_split_free(NULL);
}

static void test_stop_is_sticky(void **state)
{
    (void)state;
    struct seen seen = { .text = BUF_INIT, .stop_at = 2 };
    struct json_split *s = json_split_new("inputs", 0, take_element, &seen);
    struct err e;

    assert_int_equal(json_split_feed(s, "{\"inputs\":[1,2,3]}", 18, &e), -1);
    assert_int_equal(e.code, ERR_CANCELLED);
    assert_string_equal(e.cause, "enough");
    assert_int_equal(seen.count, 2);
    err_clear(&e);
    assert_int_equal(json_split_feed(s, ",4]}", 4, &e), -1);
    assert_int_equal(e.code, ERR_CANCELLED);
    assert_null(json_split_end(s, &e));
    assert_int_equal(e.code, ERR_CANCELLED);
    assert_int_equal(seen.count, 2);
    json_split_free(s);
    buf_release(&seen.text);
}

/* Any cut or changed byte ends in a clean answer, never in a crash or a hang. */
static void test_damaged(void **state)
{
    (void)state;
    static const char whole[] = "{\"a\":[{\"b\":\"\\\"\"}],\"inputs\":[{\"id\":\"x\",\"l\":[1,2]},3],\"t\":null}";
    static const char marks[] = "\"\\{}[],:\xFF\0 x";
    size_t n = sizeof whole - 1;

    for (size_t i = 0; i < n; i++)
        for (size_t m = 0; m < sizeof marks - 1; m++) {
            struct seen seen = { .text = BUF_INIT };
            struct buf rest = BUF_INIT;
            char text[sizeof whole];

            memcpy(text, whole, sizeof whole);
            text[i] = marks[m];
            split(text, n, 1024, (uint32_t)i, 0, &seen, &rest, NULL);
            assert_int_equal(split(whole, i, 1024, 0, 1, &seen, &rest, NULL), -1);
            buf_release(&seen.text);
            buf_release(&rest);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements_and_rest), cmocka_unit_test(test_strings_with_brackets),
        cmocka_unit_test(test_key_only_at_top), cmocka_unit_test(test_broken),
        cmocka_unit_test(test_nested_list_is_not_the_list), cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_many_elements_little_memory), cmocka_unit_test(test_elements_come_before_the_end),
        cmocka_unit_test(test_stop_is_sticky), cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
