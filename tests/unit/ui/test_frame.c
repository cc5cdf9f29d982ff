#include "golden.h"

static struct frame f;

static int setup(void **state)
{
    (void)state;
    struct err e;
    frame_init(&f);
    return frame_resize(&f, 6, 20, &e);
}

static int teardown(void **state)
{
    (void)state;
    frame_release(&f);
    return 0;
}

static void assert_row(int row, const char *want)
{
    char *got = golden_row(&f, row);
    assert_string_equal(got, want);
    free(got);
    golden_sound(&f);
}

static void text_is_cut_with_an_ellipsis(void **state)
{
    (void)state;
    assert_int_equal(frame_text(&f, 0, 0, 20, ROLE_TEXT, "pictures"), 8);
    assert_row(0, "pictures");
    assert_int_equal(frame_text(&f, 1, 0, 5, ROLE_TEXT, "pictures"), 5);
    assert_row(1, "pict…");
    assert_int_equal(frame_tail(&f, 2, 0, 5, ROLE_TEXT, "pictures"), 5);
    assert_row(2, "…ures");
    assert_int_equal(frame_right(&f, 3, 0, 20, ROLE_TEXT, "abc"), 3);
    assert_row(3, "                 abc");
    assert_int_equal(frame_text(&f, 4, 0, 0, ROLE_TEXT, "x"), 0);
    assert_int_equal(frame_text(&f, 4, 0, 5, ROLE_TEXT, NULL), 0);
}

static void wide_characters_are_never_halved(void **state)
{
    (void)state;
    assert_int_equal(frame_text(&f, 0, 0, 5, ROLE_TEXT, "数据集"), 5);
    assert_row(0, "数据…");
    assert_int_equal(frame_text(&f, 1, 0, 4, ROLE_TEXT, "数据集"), 3);
    assert_row(1, "数…");
    frame_text(&f, 2, 0, 10, ROLE_TEXT, "数据集");
    frame_text(&f, 2, 1, 2, ROLE_TEXT, "ab");  /* over the right half of one and the left half of the next */
    assert_row(2, " ab 集");
    frame_text(&f, 3, 19, 2, ROLE_TEXT, "数");  /* its right half would lie outside */
    assert_row(3, "");
}

static void combining_marks_stay_with_their_base(void **state)
{
    (void)state;
    assert_int_equal(frame_text(&f, 0, 0, 20, ROLE_TEXT, "e\xcc\x81t\xc3\xa9"), 3);
    const struct frame_cell *c = frame_cell(&f, 0, 0);
    assert_int_equal(c->len, 3);
    assert_int_equal(c->width, 1);
    char many[200] = "a";
    for (int i = 0; i < 60; i++)
        memcpy(many + 1 + 2 * i, "\xcc\x81", 3);
    assert_int_equal(frame_text(&f, 1, 0, 20, ROLE_TEXT, many), 1);
    golden_sound(&f);
}

static void hostile_text_becomes_visible(void **state)
{
    (void)state;
    frame_text(&f, 0, 0, 20, ROLE_TEXT, "a\x1b[31mb");
    assert_row(0, "a\\x1b[31mb");
    frame_text(&f, 1, 0, 20, ROLE_TEXT, "x\xe2\x80\xaey\n");
    assert_row(1, "x\\u202ey\\n");
    frame_text(&f, 2, 0, 20, ROLE_TEXT, "bad\xff");
    assert_row(2, "bad\\xff");
}

static void ascii_frames_hold_only_ascii(void **state)
{
    (void)state;
    f.ascii = true;
    frame_text(&f, 0, 0, 20, ROLE_TEXT, "Ωmega and more and more");
    frame_rule(&f, 1, 0, 20, "plan");
    frame_box(&f, (struct layout_rect){ 2, 0, 4, 10 }, NULL);
    assert_true(golden_row_has(&f, 0, "\\u03a9mega"));
    assert_true(golden_row_has(&f, 0, "~"));
    assert_row(1, "-- plan ------------");
    golden_sound(&f);
}

static void points_of_ours_are_three_in_ascii(void **state)
{
    (void)state;
    f.ascii = true;
    assert_int_equal(frame_text(&f, 0, 0, 20, ROLE_TEXT, "a/fol…er.j…"), 15);
    assert_row(0, "a/fol...er.j...");
    frame_text(&f, 1, 0, 20, ROLE_TEXT, "…é…");
    assert_row(1, "...\\u00e9...");
    f.ascii = false;
    assert_int_equal(frame_text(&f, 2, 0, 20, ROLE_TEXT, "a/fol…er.j…"), 11);
    assert_row(2, "a/fol…er.j…");
}

static void writing_outside_does_nothing(void **state)
{
    (void)state;
    frame_text(&f, -1, 0, 20, ROLE_TEXT, "x");
    frame_text(&f, 6, 0, 20, ROLE_TEXT, "x");
    frame_text(&f, 0, -3, 20, ROLE_TEXT, "abcdef");
    frame_text(&f, 1, 18, 20, ROLE_TEXT, "abcdef");
    frame_fill(&f, (struct layout_rect){ -5, -5, 100, 3 }, ROLE_DIM);
    frame_select(&f, 0, 15, 100);
    frame_cursor(&f, 99, 0);
    assert_row(0, "def");
    assert_row(1, "                  ab");
    assert_int_equal(f.cursor_row, -1);
}

static void wrapping_breaks_at_blanks(void **state)
{
    (void)state;
    struct layout_rect r = { 0, 0, 3, 10 };
    assert_int_equal(frame_wrap(&f, r, ROLE_TEXT, "what failed on which thing", true), 3);
    assert_row(0, "what");
    assert_row(1, "failed on");
    assert_row(2, "which thi…");
    assert_int_equal(frame_wrap(&f, (struct layout_rect){ 0, 0, 9, 10 }, ROLE_TEXT, "what failed on which thing", false), 4);
    assert_int_equal(frame_wrap(&f, (struct layout_rect){ 0, 0, 9, 1 }, ROLE_TEXT, "数据", false), 2);
    assert_int_equal(frame_wrap(&f, r, ROLE_TEXT, "", true), 0);
}

static void any_size_survives(void **state)
{
    (void)state;
    struct err e;
    for (int rows = 1; rows < 5; rows++) {
        for (int cols = 1; cols < 12; cols++) {
            assert_int_equal(frame_resize(&f, rows, cols, &e), 0);
            frame_box(&f, frame_rect(&f), "a title");
            frame_rule(&f, 0, 0, cols, "title");
            frame_text(&f, rows - 1, 0, cols, ROLE_TEXT, "数据集 and text");
            golden_sound(&f);
        }
    }
    assert_int_equal(frame_resize(&f, -4, 100000, &e), 0);
    assert_int_equal(f.rows, 1);
    assert_int_equal(f.cols, 1000);
}

static void random_text_leaves_a_sound_frame(void **state)
{
    (void)state;
    unsigned seed = 42;
    for (int i = 0; i < 3000; i++) {
        char text[40];
        for (size_t k = 0; k < sizeof text - 1; k++) {
            seed = seed * 1103515245u + 12345u;
            unsigned pick = (seed >> 16) % 6;
            text[k] = (char)(pick == 0 ? 0xe6 : pick == 1 ? 0x95 : pick == 2 ? 0xb0 : (seed >> 20) % 255 + 1);
        }
        text[sizeof text - 1] = '\0';
        int row = (int)((seed >> 3) % 8) - 1, col = (int)((seed >> 7) % 26) - 3, cols = (int)((seed >> 11) % 24);
        if (seed & 1)
            frame_text(&f, row, col, cols, ROLE_TEXT, text);
        else
            frame_tail(&f, row, col, cols, ROLE_TEXT, text);
    }
    golden_sound(&f);
}

static void copies_are_equal_until_something_changes(void **state)
{
    (void)state;
    struct frame other;
    struct err e;
    frame_init(&other);
    frame_text(&f, 2, 2, 9, ROLE_BAD, "same");
    assert_int_equal(frame_copy(&other, &f, &e), 0);
    assert_true(frame_row_equal(&f, &other, 2));
    frame_select(&f, 2, 2, 1);
    assert_false(frame_row_equal(&f, &other, 2));
    assert_true(frame_row_equal(&f, &other, 1));
    frame_release(&other);
}

static void the_theme_is_whole(void **state)
{
    (void)state;
    for (int r = 0; r < ROLE_COUNT; r++) {
        assert_true(theme_letter((enum theme_role)r) > ' ');
        for (int other = 0; other < r; other++)
            assert_int_not_equal(theme_letter((enum theme_role)r), theme_letter((enum theme_role)other));
        assert_int_equal(theme_style((enum theme_role)r, THEME_MONO).fg, -1);
        assert_true(theme_style((enum theme_role)r, THEME_8).fg < 8);
    }
    for (int g = 0; g < GLYPH_COUNT; g++) {
        assert_int_equal(strlen(theme_glyph((enum theme_glyph)g, true)), 1);
        assert_int_equal(utf8_cells(theme_glyph((enum theme_glyph)g, false), strlen(theme_glyph((enum theme_glyph)g, false))), 1);
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(text_is_cut_with_an_ellipsis), T(wide_characters_are_never_halved), T(combining_marks_stay_with_their_base),
        T(hostile_text_becomes_visible), T(ascii_frames_hold_only_ascii), T(points_of_ours_are_three_in_ascii), T(writing_outside_does_nothing),
        T(wrapping_breaks_at_blanks), T(any_size_survives), T(random_text_leaves_a_sound_frame),
        T(copies_are_equal_until_something_changes), T(the_theme_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
