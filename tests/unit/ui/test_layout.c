#include "golden.h"
#include "ui/layout.h"

static void cutting_never_takes_more_than_there_is(void **state)
{
    (void)state;
    struct layout_rect r = { 2, 3, 5, 10 };
    struct layout_rect top = layout_cut_top(&r, 2), bottom = layout_cut_bottom(&r, 9), left = layout_cut_left(&r, 4);
    assert_int_equal(top.row, 2);
    assert_int_equal(top.rows, 2);
    assert_int_equal(bottom.row, 4);
    assert_int_equal(bottom.rows, 3);
    assert_int_equal(r.rows, 0);
    assert_int_equal(left.cols, 4);
    assert_int_equal(layout_cut_right(&r, 100).cols, 6);
    assert_int_equal(r.cols, 0);
    assert_int_equal(layout_cut_left(&r, -3).cols, 0);
}

static void sharing_gives_all_they_want_when_it_fits(void **state)
{
    (void)state;
    struct layout_want want[3] = { { 4, 10 }, { 4, 20 }, { 4, 5 } };
    int got[3];
    assert_int_equal(layout_share(want, 3, 80, 1, got), 37);
    assert_int_equal(got[0], 10);
    assert_int_equal(got[1], 20);
    assert_int_equal(got[2], 5);
}

static void sharing_cuts_the_widest_first_and_uses_all(void **state)
{
    (void)state;
    struct layout_want want[3] = { { 4, 10 }, { 4, 60 }, { 4, 50 } };
    int got[3];
    assert_int_equal(layout_share(want, 3, 80, 1, got), 80);
    assert_int_equal(got[0], 10);
    assert_int_equal(got[1] + got[2], 68);
    assert_true(got[1] == 34 && got[2] == 34);
}

static void sharing_drops_from_the_end_and_keeps_the_first(void **state)
{
    (void)state;
    struct layout_want want[3] = { { 20, 30 }, { 20, 30 }, { 20, 30 } };
    int got[3];
    assert_true(layout_share(want, 3, 45, 1, got) <= 45);
    assert_int_equal(got[2], 0);
    assert_int_equal(layout_share(want, 3, 7, 1, got), 7);
    assert_int_equal(got[0], 7);
    assert_int_equal(got[1], 0);
}

static void sharing_holds_for_every_width(void **state)
{
    (void)state;
    struct layout_want want[4] = { { 3, 12 }, { 8, 40 }, { 1, 1 }, { 0, 25 } };
    for (int total = 1; total < 120; total++) {
        int got[4], used = layout_share(want, 4, total, 2, got), sum = 0, shown = 0;
        bool cut = false;
        for (int i = 0; i < 4; i++) {
            assert_true(got[i] >= 0 && got[i] <= want[i].want);
            cut = cut || got[i] < want[i].want;
            sum += got[i];
            shown += got[i] > 0;
        }
        assert_true(used <= total && sum <= used);
        if (cut && shown == 4)
            assert_int_equal(used, total);
    }
}

static void scrolling_keeps_the_cursor_visible(void **state)
{
    (void)state;
    size_t top = 0;
    unsigned seed = 7;
    for (int i = 0; i < 5000; i++) {
        seed = seed * 1103515245u + 12345u;
        int rows = (int)((seed >> 8) % 30) + 1;
        size_t count = (seed >> 4) % 500 + 1, cursor = (seed >> 12) % count;
        top = layout_scroll(top, cursor, count, rows);
        assert_true(top <= cursor && cursor < top + (size_t)rows);
        assert_true(count <= (size_t)rows ? top == 0 : top + (size_t)rows <= count);
    }
    assert_int_equal(layout_scroll(5, 0, 0, 10), 0);
}

static void a_step_over_the_edge_turns_the_page(void **state)
{
    (void)state;
    assert_int_equal(layout_scroll(0, 12, 100, 12), 10);
    assert_int_equal(layout_scroll(10, 9, 100, 12), 0);
    assert_int_equal(layout_scroll(50, 49, 100, 12), 40);
    assert_int_equal(layout_scroll(10, 21, 100, 12), 10);
    assert_int_equal(layout_scroll(0, 60, 100, 12), 54);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_never_takes_more_than_there_is),
        cmocka_unit_test(sharing_gives_all_they_want_when_it_fits),
        cmocka_unit_test(sharing_cuts_the_widest_first_and_uses_all),
        cmocka_unit_test(sharing_drops_from_the_end_and_keeps_the_first),
        cmocka_unit_test(sharing_holds_for_every_width),
        cmocka_unit_test(scrolling_keeps_the_cursor_visible),
        cmocka_unit_test(a_step_over_the_edge_turns_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
