#include "base/buf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_empty(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;

    assert_string_equal(b.data, "");
    assert_int_equal(buf_error(&b, NULL), 0);
    buf_clear(&b);
    buf_drop(&b, 5);
    buf_cut(&b, 0);
    buf_release(&b);
    buf_wipe(&b);
    assert_string_equal(b.data, "");
    assert_int_equal(b.max, BUF_MAX_DEFAULT);
    char *taken = buf_take(&b);
    assert_string_equal(taken, "");
    free(taken);
}

static void test_appends(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, 0);
    assert_int_equal(b.max, BUF_MAX_DEFAULT);
    assert_int_equal(buf_puts(&b, "one"), 0);
    assert_int_equal(buf_putc(&b, ','), 0);
    assert_int_equal(buf_printf(&b, "%d-%s", 42, "x"), 0);
    assert_int_equal(buf_printf(&b, "%s", ""), 0);
    assert_int_equal(buf_add(&b, "\0z", 2), 0);
    assert_int_equal(b.len, 10);
    assert_memory_equal(b.data, "one,42-x\0z", 11);
    buf_drop(&b, 4);
    assert_memory_equal(b.data, "42-x\0z", 7);
    buf_cut(&b, 2);
    assert_string_equal(b.data, "42");
    buf_cut(&b, 9);
    assert_int_equal(b.len, 2);
    buf_drop(&b, 99);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
    buf_release(&b);
}

static void test_growth_keeps_bytes(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;

    for (int i = 0; i < 100000; i++)
        assert_int_equal(buf_putc(&b, (char)('a' + i % 26)), 0);
    assert_int_equal(b.len, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    assert_int_equal(b.data[b.len], 0);
    buf_wipe(&b);
    assert_int_equal(b.cap, 0);
}

static void test_limit_is_exact_and_sticky(void **state)
{
    (void)state;
    struct buf b;
    struct err e;

    buf_init(&b, 8);
    assert_int_equal(buf_puts(&b, "12345678"), 0);
    assert_int_equal(buf_putc(&b, '9'), -1);
    assert_int_equal(b.failed, ERR_LIMIT);
    assert_int_equal(buf_add(&b, "", 0), -1);
    assert_int_equal(buf_printf(&b, "%s", ""), -1);
    assert_string_equal(b.data, "12345678");
    assert_int_equal(buf_error(&b, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_non_null(strstr(e.cause, "8 bytes"));
    assert_null(buf_take(&b));
    buf_clear(&b);
    assert_int_equal(buf_error(&b, &e), 0);
    assert_int_equal(buf_puts(&b, "again"), 0);
    buf_release(&b);
    assert_int_equal(b.max, 8);
}

static void test_huge_reserve(void **state)
{
    (void)state;
    struct buf b;

    buf_init(&b, SIZE_MAX);
    assert_int_equal(buf_puts(&b, "x"), 0);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), -1);
    assert_int_equal(b.failed, ERR_LIMIT);
    buf_release(&b);
}

static void test_take(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;

    buf_puts(&b, "mine");
    char *text = buf_take(&b);
    assert_string_equal(text, "mine");
    assert_int_equal(b.len, 0);
    assert_int_equal(b.cap, 0);
    free(text);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_growth_keeps_bytes),
        cmocka_unit_test(test_limit_is_exact_and_sticky),
        cmocka_unit_test(test_huge_reserve),
        cmocka_unit_test(test_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
