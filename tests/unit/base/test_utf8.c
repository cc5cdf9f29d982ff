#include "base/utf8.h"
#include <locale.h>
#include <wchar.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_round_trip(void **state)
{
    (void)state;
    char bytes[4];
    uint32_t back;

    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        size_t n = utf8_encode(cp, bytes);
        assert_int_equal(utf8_decode(bytes, n, &back), n);
        assert_int_equal(back, cp);
        assert_true(utf8_valid(bytes, n));
        if (n > 1) {
            assert_int_equal(utf8_decode(bytes, n - 1, &back), 1);
            assert_int_equal(back, UTF8_BAD);
            assert_int_equal(utf8_whole(bytes, n - 1), 0);
        }
        assert_int_equal(utf8_whole(bytes, n), n);
    }
    assert_int_equal(utf8_encode(0xD800, bytes), 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
    assert_int_equal(utf8_encode(0x110000, bytes), 3);
    assert_int_equal(utf8_decode("", 0, &back), 0);
}

static void test_invalid(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2\x82",
    };
    uint32_t cp;

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
        assert_int_equal(utf8_decode(bad[i], strlen(bad[i]), &cp), 1);
        assert_int_equal(cp, UTF8_BAD);
    }
    assert_int_equal(utf8_whole("a\x80\x80\x80\x80", 5), 5);
}

static void test_widths(void **state)
{
    (void)state;
    static const struct { uint32_t cp; int width; } rows[] = {
        { 'a', 1 }, { 0, -1 }, { '\n', -1 }, { 0x7F, -1 }, { 0x9B, -1 }, { 0xE9, 1 }, { 0x3A9, 1 }, { 0x301, 0 },
        { 0x200D, 0 }, { 0xFE0F, 0 }, { 0x2028, -1 }, { 0x4E2D, 2 }, { 0xAC00, 2 }, { 0xFF21, 2 }, { 0x1F600, 2 },
        { 0x1F1E9, 1 }, { 0x2500, 1 }, { 0xE000, 1 }, { 0xD800, -1 }, { 0x378, -1 }, { 0xFFFF, -1 }, { 0x20000, 2 },
        { 0x10FFFF, -1 }, { 0x110000, -1 }, { 0xFFFFFFFF, -1 },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(utf8_width(rows[i].cp), rows[i].width);
}

/* Terminals place cells by the C library's idea; ours must not differ on what is shown. */
static void test_widths_agree_with_the_c_library(void **state)
{
    (void)state;
    static const uint32_t alike[][2] = { { 0x20, 0x377 }, { 0x400, 0x52F }, { 0x3041, 0x3096 }, { 0x4E00, 0x9FFC },
                                         { 0xAC00, 0xD7A3 }, { 0x1F600, 0x1F64F } };

    if (!setlocale(LC_ALL, "C.UTF-8"))
        skip();
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
        for (uint32_t cp = alike[i][0]; cp <= alike[i][1]; cp++)
            if (cp != 0xAD)
                assert_int_equal(utf8_width(cp), wcwidth((wchar_t)cp));
    setlocale(LC_ALL, "C");
}

static void test_clusters(void **state)
{
    (void)state;
    int cells;

    assert_int_equal(utf8_cluster("e\xCC\x81x", 4, &cells), 3);
    assert_int_equal(cells, 1);
    assert_int_equal(utf8_cluster("\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9z", 12, &cells), 11);
    assert_int_equal(cells, 2);
    assert_int_equal(utf8_cluster("\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA\xF0\x9F\x87\xA9", 12, &cells), 8);
    assert_int_equal(cells, 2);
    assert_int_equal(utf8_cluster("\xFFz", 2, &cells), 1);
    assert_int_equal(cells, 1);
    assert_int_equal(utf8_cluster("", 0, &cells), 0);
    assert_int_equal(cells, 0);
}

static void test_cells_and_fit(void **state)
{
    (void)state;
    static const char text[] = "a\xE4\xB8\xAD" "e\xCC\x81!";

    assert_int_equal(utf8_cells(text, strlen(text)), 5);
    assert_int_equal(utf8_fit(text, strlen(text), 0), 0);
    assert_int_equal(utf8_fit(text, strlen(text), 1), 1);
    assert_int_equal(utf8_fit(text, strlen(text), 2), 1);
    assert_int_equal(utf8_fit(text, strlen(text), 3), 4);
    assert_int_equal(utf8_fit(text, strlen(text), 4), 7);
    assert_int_equal(utf8_fit(text, strlen(text), 99), 8);
}

static void escapes_to(const char *in, size_t n, enum utf8_escape_mode mode, const char *want)
{
    struct buf b = BUF_INIT;

    assert_int_equal(utf8_escape(&b, in, n, mode), 0);
    assert_string_equal(b.data, want);
    buf_release(&b);
}

static void test_escape(void **state)
{
    (void)state;
    escapes_to("plain \xC3\xA9 \xE4\xB8\xAD", 12, UTF8_ESCAPE_LINE, "plain \xC3\xA9 \xE4\xB8\xAD");
    escapes_to("a\0\t\n\r\v\x1b[31m\x7f", 12, UTF8_ESCAPE_LINE, "a\\x00\\t\\n\\r\\x0b\\x1b[31m\\x7f");
    escapes_to("\xC2\x9B\xE2\x80\xAE\xE2\x80\x8B\xE2\x80\xA8\xEF\xBB\xBF", 14, UTF8_ESCAPE_LINE,
               "\\u009b\\u202e\\u200b\\u2028\\ufeff");
    escapes_to("\xF3\xA0\x80\x81", 4, UTF8_ESCAPE_LINE, "\\U000e0001");
    escapes_to("\xFF\xC3", 2, UTF8_ESCAPE_LINE, "\\xff\\xc3");
    escapes_to("\xED\xA0\x80", 3, UTF8_ESCAPE_LINE, "\\xed\\xa0\\x80");
    escapes_to("a\xC3\xA9\xF0\x9F\x98\x80", 7, UTF8_ESCAPE_ASCII, "a\\u00e9\\U0001f600");
    escapes_to("\xEF\xBF\xBD", 3, UTF8_ESCAPE_LINE, "\xEF\xBF\xBD");
}

/* Whatever goes in: what comes out is valid and holds nothing that moves a cursor or hides. */
static void test_escape_any_bytes(void **state)
{
    (void)state;
    uint32_t seed = 12345;

    for (int round = 0; round < 2000; round++) {
        char in[64];
        struct buf b = BUF_INIT;
        uint32_t cp;

        for (size_t i = 0; i < sizeof in; i++) {
            seed = seed * 1664525u + 1013904223u;
            in[i] = (char)(seed >> 24);
        }
        assert_int_equal(utf8_escape(&b, in, sizeof in, round % 2 ? UTF8_ESCAPE_ASCII : UTF8_ESCAPE_LINE), 0);
        for (size_t i = 0; i < b.len;) {
            i += utf8_decode(b.data + i, b.len - i, &cp);
            assert_true(cp >= 0x20 && !utf8_unsafe(cp));
        }
        buf_release(&b);
    }
}

static void test_unsafe(void **state)
{
    (void)state;
    static const uint32_t bad[] = { 0, 0x1B, 0x7F, 0x85, 0xAD, 0x61C, 0x200B, 0x200D, 0x200E, 0x2029, 0x202A, 0x2066,
                                    0x3164, 0xFEFF, 0xFFF9, 0xE0041, 0xD800, 0x110000 };
    static const uint32_t good[] = { ' ', '~', 0xA0, 0xE9, 0x301, 0x4E2D, 0xFE0F, 0x1F600, 0xE000, 0xFFFD };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(utf8_unsafe(bad[i]));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_false(utf8_unsafe(good[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_invalid), cmocka_unit_test(test_widths),
        cmocka_unit_test(test_widths_agree_with_the_c_library), cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_cells_and_fit), cmocka_unit_test(test_escape), cmocka_unit_test(test_escape_any_bytes),
        cmocka_unit_test(test_unsafe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
