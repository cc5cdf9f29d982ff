#include "sandbox/picture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ALL INT64_C(1) << 40

static void draws_what_it_then_recognises(void **state)
{
    (void)state;
    for (int scene = 0; scene < picture_scene_count(); scene++)
        for (int f = PICTURE_JPEG; f < PICTURE_FORMATS; f++) {
            struct buf b = BUF_INIT;
            struct picture_info info;
            assert_int_equal(picture_draw(scene, 7, 120, 90, (enum picture_format)f, &b, NULL), 0);
            assert_int_equal(picture_probe(b.data, b.len, ALL, &info), PICTURE_OK);
            assert_int_equal(info.format, f);
            assert_int_equal(info.width, 120);
            assert_int_equal(info.height, 90);
            buf_release(&b);
        }
}

static void same_seed_same_bytes(void **state)
{
    struct buf a = BUF_INIT, b = BUF_INIT, c = BUF_INIT;

    (void)state;
    assert_int_equal(picture_draw(1, 5, 200, 150, PICTURE_PNG, &a, NULL), 0);
    assert_int_equal(picture_draw(1, 5, 200, 150, PICTURE_PNG, &b, NULL), 0);
    assert_int_equal(picture_draw(1, 6, 200, 150, PICTURE_PNG, &c, NULL), 0);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.data, b.data, a.len);
    assert_true(a.len != c.len || memcmp(a.data, c.data, a.len) != 0);
    buf_release(&a);
    buf_release(&b);
    buf_release(&c);
}

/* A bitmap file header, an information header of 40 bytes (bit masks and palette behind it) and pixels at `offset`. */
static void bitmap(struct buf *b, unsigned bits, unsigned coding, unsigned offset, const char *pixels, size_t n)
{
    unsigned char head[138] = { 'B', 'M' };

    head[10] = (unsigned char)offset;
    head[14] = 40;
    head[18] = head[22] = 2;
    head[26] = 1;
    head[28] = (unsigned char)bits;
    head[30] = (unsigned char)coding;
    buf_clear(b);
    buf_add(b, head, offset);
    buf_add(b, pixels, n);
}

static void takes_every_kind_of_bitmap(void **state)
{
    static const struct { unsigned bits, coding, offset; size_t n; const char *pixels; enum picture_verdict wanted; } kinds[] = {
        { 32, 3, 138, 16, "0123456789abcdef", PICTURE_OK },           /* bit masks */
        { 32, 3, 138, 15, "0123456789abcde", PICTURE_BROKEN },
        { 8, 0, 62, 8, "01230123", PICTURE_OK },                      /* a palette */
        { 8, 1, 62, 10, "\2\1\0\0\2\0\0\0\0\1", PICTURE_OK },      /* runs */
        { 8, 1, 62, 8, "\2\1\0\0\2\0\0\0", PICTURE_BROKEN },
        { 8, 1, 62, 8, "\0\3abc\0\0\1", PICTURE_OK },
        { 4, 2, 62, 6, "\2\1\0\0\0\1", PICTURE_OK },
        { 24, 4, 54, 40, "0123456789012345678901234567890123456789", PICTURE_BROKEN },
    };
    struct buf b = BUF_INIT;
    struct picture_info info;

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bitmap(&b, kinds[i].bits, kinds[i].coding, kinds[i].offset, kinds[i].pixels, kinds[i].n);
        assert_int_equal(picture_probe(b.data, b.len, ALL, &info), kinds[i].wanted);
        assert_int_equal(info.width, 2);
        assert_int_equal(info.height, 2);
    }
    buf_release(&b);
}

/* Every proper prefix is broken or foreign, also without decoding, and never read beyond its end. */
static void a_cut_picture_is_broken(void **state)
{
    (void)state;
    for (int f = PICTURE_JPEG; f < PICTURE_FORMATS; f++) {
        struct buf b = BUF_INIT;
        struct picture_info info;
        assert_int_equal(picture_draw(2, 3, 40, 30, (enum picture_format)f, &b, NULL), 0);
        for (size_t n = 0; n < b.len; n += n < 200 ? 1 : 37) {
            char *copy = malloc(n + 1);
            memcpy(copy, b.data, n);
            enum picture_verdict v = picture_probe(copy, n, 0, &info);
            if (f == PICTURE_WEBP && n == b.len - 1)
                assert_true(v != PICTURE_FOREIGN);
            else
                assert_int_not_equal(v, PICTURE_OK);
            free(copy);
        }
        buf_release(&b);
    }
}

static void damage_inside_is_found(void **state)
{
    struct buf b = BUF_INIT;
    struct picture_info info;

    (void)state;
    assert_int_equal(picture_draw(0, 3, 60, 40, PICTURE_PNG, &b, NULL), 0);
    b.data[b.len / 2] ^= 0x55;
    assert_int_equal(picture_probe(b.data, b.len, 0, &info), PICTURE_BROKEN);
    buf_release(&b);
}

static void other_bytes_are_foreign(void **state)
{
    struct picture_info info;

    (void)state;
    assert_int_equal(picture_probe("<html>not a picture</html>", 26, ALL, &info), PICTURE_FOREIGN);
    assert_int_equal(picture_probe("", 0, ALL, &info), PICTURE_FOREIGN);
    assert_int_equal(picture_probe("RIFF\x10\0\0\0WAVEfmt ", 16, ALL, &info), PICTURE_FOREIGN);
}

static void scales_to_the_longer_side(void **state)
{
    struct buf b = BUF_INIT, small = BUF_INIT;
    struct picture_info info;

    (void)state;
    assert_int_equal(picture_draw(3, 3, 300, 400, PICTURE_TIFF, &b, NULL), 0);
    assert_int_equal(picture_scale(b.data, b.len, 100, &small, NULL), 0);
    assert_int_equal(picture_probe(small.data, small.len, ALL, &info), PICTURE_OK);
    assert_int_equal(info.format, PICTURE_JPEG);
    assert_int_equal(info.width, 75);
    assert_int_equal(info.height, 100);
    assert_int_equal(picture_scale("nothing", 7, 100, &small, NULL), -1);
    buf_release(&b);
    buf_release(&small);
}

static void names_formats(void **state)
{
    (void)state;
    assert_int_equal(picture_format_of("JPG"), PICTURE_JPEG);
    assert_int_equal(picture_format_of("tif"), PICTURE_TIFF);
    assert_int_equal(picture_format_of("jp"), PICTURE_UNKNOWN);
    assert_int_equal(picture_format_of(""), PICTURE_UNKNOWN);
    assert_string_equal(picture_content_type(PICTURE_WEBP), "image/webp");
    assert_int_equal(picture_scene_index("harbour"), 1);
    assert_int_equal(picture_scene_index("dragon"), -1);
    assert_int_equal(picture_draw(0, 0, 2, 2, PICTURE_PNG, NULL, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_what_it_then_recognises), cmocka_unit_test(same_seed_same_bytes), cmocka_unit_test(takes_every_kind_of_bitmap),
        cmocka_unit_test(a_cut_picture_is_broken),       cmocka_unit_test(damage_inside_is_found),
        cmocka_unit_test(other_bytes_are_foreign),       cmocka_unit_test(scales_to_the_longer_side),
        cmocka_unit_test(names_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
