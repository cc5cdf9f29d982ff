#include "golden.h"
#include "ui/line.h"

static struct line l;

static int setup(void **state)
{
    (void)state;
    line_init(&l);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    line_release(&l);
    return 0;
}

static void typing_goes_to_the_cursor(void **state)
{
    (void)state;
    line_set(&l, "pctures");
    line_update(&l, ACTION_TOP);
    line_update(&l, ACTION_RIGHT);
    assert_true(line_type(&l, 'i'));
    assert_string_equal(line_text(&l), "pictures");
    line_update(&l, ACTION_BOTTOM);
    assert_true(line_type(&l, 0x6570));
    assert_string_equal(line_text(&l), "pictures数");
}

static void clusters_are_one_step(void **state)
{
    (void)state;
    line_set(&l, "ae\xcc\x81数");
    line_update(&l, ACTION_ERASE);
    assert_string_equal(line_text(&l), "ae\xcc\x81");
    line_update(&l, ACTION_LEFT);
    assert_int_equal(l.cursor, 1);
    line_update(&l, ACTION_DELETE);
    assert_string_equal(line_text(&l), "a");
    line_update(&l, ACTION_LEFT);
    line_update(&l, ACTION_LEFT);
    line_update(&l, ACTION_ERASE);
    assert_string_equal(line_text(&l), "a");
    assert_int_equal(l.cursor, 0);
}

static void words_and_ends_are_deleted(void **state)
{
    (void)state;
    line_set(&l, "main.vision.pictures");
    line_update(&l, ACTION_ERASE_WORD);
    assert_string_equal(line_text(&l), "main.vision.");
    line_update(&l, ACTION_ERASE_WORD);
    assert_string_equal(line_text(&l), "main.");
    line_set(&l, "abc");
    line_update(&l, ACTION_LEFT);
    line_update(&l, ACTION_ERASE_REST);
    assert_string_equal(line_text(&l), "ab");
    line_update(&l, ACTION_ERASE_LINE);
    assert_string_equal(line_text(&l), "");
    assert_false(line_update(&l, ACTION_IMPORT));
}

static void pasted_control_characters_stay_out(void **state)
{
    (void)state;
    const char text[] = "dapi\n12\x1b[3\x7f\xff" "4\r\n";
    assert_true(line_insert(&l, text, sizeof text - 1));
    assert_string_equal(line_text(&l), "dapi12[34");
    assert_false(line_insert(&l, "\n\n", 2));
}

static void too_long_a_text_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < LINE_MAX_BYTES; i++)
        assert_true(line_type(&l, 'x'));
    assert_false(line_type(&l, 'y'));
    assert_int_equal(strlen(line_text(&l)), LINE_MAX_BYTES);
    line_update(&l, ACTION_ERASE);
    assert_true(line_type(&l, 'y'));
}

static void drawing_scrolls_to_the_cursor(void **state)
{
    (void)state;
    struct frame f;
    struct err e;
    frame_init(&f);
    assert_int_equal(frame_resize(&f, 1, 10, &e), 0);
    line_set(&l, "abcdefghijklmnop");
    line_render(&l, &f, 0, 0, 10, ROLE_FIELD, true);
    assert_true(golden_row_has(&f, 0, "hijklmnop"));
    assert_int_equal(f.cursor_col, 9);
    line_update(&l, ACTION_TOP);
    frame_clear(&f);
    line_render(&l, &f, 0, 0, 10, ROLE_FIELD, true);
    assert_int_equal(f.cursor_col, 0);
    assert_true(golden_row_has(&f, 0, "abcdefghi…"));
    frame_clear(&f);
    line_set(&l, "数据集数据集数据集");
    line_render(&l, &f, 0, 0, 10, ROLE_FIELD, true);
    golden_sound(&f);
    l.secret = true;
    line_set(&l, "hunter2");
    frame_clear(&f);
    line_render(&l, &f, 0, 0, 10, ROLE_FIELD, false);
    assert_true(golden_row_has(&f, 0, "•••••••"));
    assert_false(golden_row_has(&f, 0, "hunter"));
    frame_release(&f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(typing_goes_to_the_cursor), T(clusters_are_one_step), T(words_and_ends_are_deleted), T(pasted_control_characters_stay_out),
        T(too_long_a_text_is_refused), T(drawing_scrolls_to_the_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
