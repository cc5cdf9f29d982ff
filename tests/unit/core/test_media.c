#include "core/media.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

static void sniffs_formats(void **state)
{
    static const struct { const char *bytes; size_t n; enum media_format is; } cases[] = {
        {"\xff\xd8\xff\xe0xx", 6, MEDIA_JPEG}, {"\x89PNG\r\n\x1a\n", 8, MEDIA_PNG}, {"II*\0", 4, MEDIA_TIFF}, {"MM\0*", 4, MEDIA_TIFF},
        {"BM\1\2\3\4\0\0\0\0", 10, MEDIA_BMP}, {"RIFF\1\2\3\4WEBP", 12, MEDIA_WEBP}, {"GIF89a", 6, MEDIA_GIF}, {"GIF87a", 6, MEDIA_GIF},
        {"\x89PNG\r\n", 6, MEDIA_NONE}, {"RIFF\1\2\3\4WAVE", 12, MEDIA_NONE}, {"BMW cars", 8, MEDIA_NONE}, {"BMW cars 12", 11, MEDIA_NONE},
        {"", 0, MEDIA_NONE}, {"hello", 5, MEDIA_NONE}, {"\xff\xd8", 2, MEDIA_NONE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(media_sniff(cases[i].bytes, cases[i].n), cases[i].is);
}

static void describes_others(void **state)
{
    (void)state;
    assert_string_equal(media_describe("hello\n", 6), "text");
    assert_string_equal(media_describe("<!DOCTYPE html", 14), "HTML");
    assert_string_equal(media_describe("%PDF-1.7", 8), "a PDF");
    assert_string_equal(media_describe("\0\1\2", 3), "unknown content");
    assert_string_equal(media_describe("", 0), "unknown content");
}

static void knows_candidates(void **state)
{
    static const char *const yes[] = {"a.jpg", "A.JPEG", "x.Png", "x.tif", "x.TIFF", "x.bmp", "x.webp", "x.gif", "noextension", ".hidden", "d.ir/file", "end."};
    static const char *const no[] = {"notes.txt", "a.jpg.bak", "x.svg", "x.mp4", ".hidden.txt"};
    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(media_is_candidate(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(media_is_candidate(no[i]));
}

static void names_formats(void **state)
{
    (void)state;
    assert_string_equal(media_name(MEDIA_JPEG), "JPEG");
    assert_string_equal(media_extension(MEDIA_JPEG), "jpg");
    assert_string_equal(media_extension(MEDIA_NONE), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sniffs_formats), cmocka_unit_test(describes_others), cmocka_unit_test(knows_candidates),
                                       cmocka_unit_test(names_formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
