#include "golden.h"
#include "ui/tree.h"

static struct tree t;
static struct frame f;
static struct err e;

static int setup(void **state)
{
    (void)state;
    tree_init(&t);
    frame_init(&f);
    return frame_resize(&f, 14, 50, &e);
}

static int teardown(void **state)
{
    (void)state;
    tree_release(&t);
    frame_release(&f);
    return 0;
}

static void fill(void)
{
    assert_int_equal(tree_add(&t, 0, "input_id", "car-0001", ROLE_TEXT, &e), 0);
    assert_int_equal(tree_add(&t, 0, "upload_error", "NULL", ROLE_NULL, &e), 0);
    assert_int_equal(tree_add_json(&t, 0, "input_metadata",
                                   "{\"lakeferry\":{\"source\":\"/Volumes/main/v/x.jpg\",\"size\":9007199254740993},\"名\":\"東京\",\"list\":[1,null,{\"a\":true}]}", &e), 0);
    assert_int_equal(tree_add_json(&t, 0, "image_url", "https://example.com/no json", &e), 0);
}

static const char *here(void)
{
    const char *name = "", *value;
    tree_current(&t, &name, &value);
    return name;
}

static void draw(void)
{
    frame_clear(&f);
    tree_render(&t, &f, frame_rect(&f));
    golden_sound(&f);
    if (t.shown_count)
        assert_true(t.cursor >= t.top && t.cursor < t.top + (size_t)t.page);
}

static void pictures(void **state)
{
    (void)state;
    fill();
    draw();
    golden_check(&f, "tree-50");
    tree_fold_below(&t, 1);
    draw();
    golden_check(&f, "tree-50-folded");
    f.ascii = true;
    frame_resize(&f, 8, 30, &e);
    draw();
    golden_check(&f, "tree-30-ascii");
}

static void folding_hides_what_lies_below(void **state)
{
    (void)state;
    fill();
    size_t all = t.shown_count;
    tree_update(&t, ACTION_DOWN);
    tree_update(&t, ACTION_DOWN);
    assert_string_equal(here(), "input_metadata");
    assert_true(tree_folds(&t));
    tree_update(&t, ACTION_FOLD);
    assert_int_equal(t.shown_count, 4);
    tree_update(&t, ACTION_DOWN);
    assert_string_equal(here(), "image_url");
    assert_false(tree_folds(&t));
    tree_update(&t, ACTION_UP);
    tree_update(&t, ACTION_RIGHT);
    assert_int_equal(t.shown_count, all);
    tree_update(&t, ACTION_DOWN);
    tree_update(&t, ACTION_DOWN);
    assert_string_equal(here(), "source");
    tree_update(&t, ACTION_LEFT);
    assert_string_equal(here(), "lakeferry");
    tree_update(&t, ACTION_LEFT);
    assert_int_equal(t.shown_count, all - 2);
    tree_update(&t, ACTION_FOLD_ALL);
    assert_int_equal(t.shown_count, all);
    tree_update(&t, ACTION_FOLD_ALL);
    assert_int_equal(t.shown_count, 4);
}

static void numbers_are_shown_as_written(void **state)
{
    (void)state;
    static const char *const want[] = { "{5}", "9007199254740993", "1.50", "-2E+3", "1-2 \"3", "7" };
    assert_int_equal(tree_add_json(&t, 0, "v", "{\"9\":9007199254740993,\"b\\\"1\":1.50,\"c\":-2E+3,\"d\":\"1-2 \\\"3\",\"e\":7}", &e), 0);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        const char *name, *value;
        assert_true(tree_current(&t, &name, &value));
        assert_string_equal(value, want[i]);
        tree_update(&t, ACTION_DOWN);
    }
}

static void a_column_is_gone_to_past_the_parts_of_those_before(void **state)
{
    (void)state;
    tree_go(&t, 3);
    assert_int_equal(t.cursor, 0);
    fill();
    tree_go(&t, 3);
    assert_string_equal(here(), "image_url");
    tree_go(&t, 2);
    assert_string_equal(here(), "input_metadata");
    tree_go(&t, 99);
    assert_string_equal(here(), "input_id");
}

static void an_empty_tree_is_harmless(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++)
        tree_update(&t, (enum action)a);
    draw();
    const char *name, *value;
    assert_false(tree_current(&t, &name, &value));
}

static void a_huge_value_is_cut(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_puts(&text, "[0");
    for (int i = 0; i < TREE_NODES_MAX; i++)
        buf_puts(&text, ",1");
    buf_puts(&text, "]");
    assert_int_equal(tree_add_json(&t, 0, "many", text.data, &e), 0);
    assert_true(t.cut);
    assert_int_equal(t.count, TREE_NODES_MAX);
    tree_update(&t, ACTION_BOTTOM);
    draw();
    buf_release(&text);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = { T(pictures), T(folding_hides_what_lies_below), T(numbers_are_shown_as_written), T(a_column_is_gone_to_past_the_parts_of_those_before), T(an_empty_tree_is_harmless), T(a_huge_value_is_cut) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
