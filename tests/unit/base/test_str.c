#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_copies(void **state)
{
    (void)state;
    char small[4], *slot = NULL;

    assert_null(str_dup(NULL));
    char *copy = str_dup_n("abcdef", 3);
    assert_string_equal(copy, "abc");
    free(copy);
    copy = str_printf("%s/%d", "a", 7);
    assert_string_equal(copy, "a/7");
    free(copy);
    assert_true(str_copy(small, sizeof small, "abc"));
    assert_false(str_copy(small, sizeof small, "abcd"));
    assert_string_equal(small, "abc");
    assert_false(str_copy(small, sizeof small, "ab\xC3\xA9"));
    assert_string_equal(small, "ab");
    assert_false(str_copy(small, 0, "x"));
    assert_int_equal(str_set(&slot, "one"), 0);
    assert_int_equal(str_set(&slot, "two"), 0);
    assert_string_equal(slot, "two");
    assert_int_equal(str_set(&slot, slot + 1), 0);
    assert_string_equal(slot, "wo");
    assert_int_equal(str_set(&slot, NULL), 0);
    assert_null(slot);
}

static void test_comparisons(void **state)
{
    (void)state;
    assert_true(str_eq(NULL, NULL));
    assert_false(str_eq(NULL, ""));
    assert_true(str_eq("a", "a"));
    assert_true(str_ieq("JPeG", "jpEg"));
    assert_false(str_ieq("jpg", "jpeg"));
    assert_false(str_ieq("@", "`"));
    assert_false(str_ieq(NULL, "a"));
    assert_true(str_starts("abc", "ab"));
    assert_true(str_starts("abc", ""));
    assert_false(str_starts("ab", "abc"));
    assert_false(str_starts(NULL, ""));
    assert_true(str_ends("a.jpg", ".jpg"));
    assert_false(str_ends("a.JPG", ".jpg"));
    assert_true(str_iends("a.JPG", ".jpg"));
    assert_false(str_iends("pg", ".jpg"));
    assert_true(str_blank(NULL));
    assert_true(str_blank(" \t\r\n\v\f"));
    assert_false(str_blank(" x "));
}

static void test_trim(void **state)
{
    (void)state;
    char a[] = "  x y \t\n", b[] = "   ", c[] = "";

    assert_string_equal(str_trim(a), "x y");
    assert_string_equal(str_trim(b), "");
    assert_string_equal(str_trim(c), "");
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "--1", NULL };
    int64_t i = 77;
    uint64_t u = 77;

    for (size_t k = 0; bad[k]; k++) {
        assert_false(str_i64(bad[k], &i));
        assert_false(str_u64(bad[k], &u));
    }
    assert_false(str_i64(NULL, &i));
    assert_false(str_i64("9223372036854775808", &i));
    assert_false(str_i64("-9223372036854775809", &i));
    assert_false(str_u64("18446744073709551616", &u));
    assert_false(str_u64("-1", &u));
    assert_int_equal(i, 77);
    assert_int_equal(u, 77);
    assert_true(str_i64("9223372036854775807", &i));
    assert_true(i == INT64_MAX);
    assert_true(str_i64("-9223372036854775808", &i));
    assert_true(i == INT64_MIN);
    assert_true(str_i64("-0", &i));
    assert_int_equal(i, 0);
    assert_true(str_u64("18446744073709551615", &u));
    assert_true(u == UINT64_MAX);
}

static void test_people(void **state)
{
    (void)state;
    static const struct { uint64_t n; const char *text; } bytes[] = {
        { 0, "0 B" }, { 1023, "1023 B" }, { 1024, "1 KB" }, { 86016, "84 KB" }, { 1048064, "1.0 MB" },
        { 1048575, "1.0 MB" }, { 1258291, "1.2 MB" }, { 20u << 20, "20 MB" }, { 147849216, "141 MB" },
        { UINT64_MAX, "16 EB" },
    };
    char out[16];

    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        assert_string_equal(str_bytes(bytes[i].n, out, sizeof out), bytes[i].text);
    for (uint64_t n = 1; n < UINT64_MAX / 3; n *= 3)
        assert_true(strlen(str_bytes(n, out, sizeof out)) <= 8);
    char wide[40];
    assert_string_equal(str_count(0, wide, sizeof wide), "0");
    assert_string_equal(str_count(999, wide, sizeof wide), "999");
    assert_string_equal(str_count(1204, wide, sizeof wide), "1,204");
    assert_string_equal(str_count(UINT64_MAX, wide, sizeof wide), "18,446,744,073,709,551,615");
    assert_string_equal(str_duration(6999, out, sizeof out), "0:06");
    assert_string_equal(str_duration(3723000, out, sizeof out), "1:02:03");
    assert_string_equal(str_duration(-1, out, sizeof out), "0:00");
}

static void test_list(void **state)
{
    (void)state;
    struct str_list l = { 0 };
    char text[16];

    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(str_list_add(&l, text), 0);
    }
    assert_int_equal(l.count, 100);
    assert_string_equal(l.items[99], "99");
    str_list_release(&l);
    assert_null(l.items);
    str_list_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies), cmocka_unit_test(test_comparisons), cmocka_unit_test(test_trim),
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_people), cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
