#include "golden.h"
#include "ui/table.h"

static struct table t;
static struct frame f;
static size_t rows_now, columns_now;

static const struct table_column columns[] = {
    { "input_id", "STRING" }, { "upload_status", "STRING" }, { "image_info", "STRING json" }, { "image_bytes", "BIGINT" },
    { "input_created_at", "TIMESTAMP" }, { "raw", "BINARY" }, { "upload_error", NULL },
};
static const struct table_cell cells[][7] = {
    { { "car-0001", TABLE_TEXT }, { "verified", TABLE_TEXT }, { "{\"width\":1280,\"height\":960,\"format\":\"JPEG\",\"mode\":\"RGB\"}", TABLE_JSON },
      { "114688", TABLE_NUMBER }, { "2026-11-22 20:35:01.000000", TABLE_TEXT }, { "112 KB", TABLE_BINARY }, { "", TABLE_TEXT } },
    { { "数据集-0002", TABLE_TEXT }, { "verified", TABLE_TEXT }, { "{}", TABLE_JSON }, { "7", TABLE_NUMBER },
      { "2026-11-22 20:35:02.000000", TABLE_TEXT }, { "7 B", TABLE_BINARY }, { "", TABLE_TEXT } },
    { { "bad", TABLE_TEXT }, { "failed", TABLE_TEXT }, { NULL, TABLE_NULL }, { NULL, TABLE_NULL }, { NULL, TABLE_NULL }, { NULL, TABLE_NULL },
      { "image decoding failed (30300)\n\x1b[2J", TABLE_TEXT } },
};

static size_t count_rows(const void *ctx) { (void)ctx; return rows_now; }
static size_t count_columns(const void *ctx) { (void)ctx; return columns_now; }
static void get_column(const void *ctx, size_t i, struct table_column *out) { (void)ctx; *out = columns[i]; }
static void get_cell(const void *ctx, size_t row, size_t column, struct table_cell *out) { (void)ctx; *out = cells[row % 3][column]; }

static int setup(void **state)
{
    (void)state;
    struct err e;
    rows_now = 3;
    columns_now = 7;
    table_init(&t, (struct table_source){ NULL, count_rows, count_columns, get_column, get_cell }, 1);
    frame_init(&f);
    return frame_resize(&f, 12, 80, &e);
}

static int teardown(void **state)
{
    (void)state;
    table_release(&t);
    frame_release(&f);
    return 0;
}

static void draw(void)
{
    frame_clear(&f);
    table_render(&t, &f, frame_rect(&f), "no rows");
    golden_sound(&f);
    if (rows_now)
        assert_true(t.row >= t.top && t.row < t.top + (size_t)t.page);
}

static void pictures(void **state)
{
    (void)state;
    struct err e;
    draw();
    golden_check(&f, "table-80");
    for (int i = 0; i < 5; i++)
        table_update(&t, ACTION_RIGHT);
    table_update(&t, ACTION_DOWN);
    table_update(&t, ACTION_DOWN);
    draw();
    golden_check(&f, "table-80-right");
    assert_int_equal(frame_resize(&f, 8, 200, &e), 0);
    draw();
    golden_check(&f, "table-200");
    golden_no_waste(&f, frame_rect(&f));
    assert_int_equal(frame_resize(&f, 8, 32, &e), 0);
    f.ascii = true;
    draw();
    golden_check(&f, "table-32-ascii");
}

static void the_first_column_stays(void **state)
{
    (void)state;
    for (size_t i = 0; i < columns_now; i++) {
        draw();
        assert_true(golden_row_has(&f, 0, "input_id"));
        assert_true(golden_row_has(&f, 0, columns[t.column].name) || t.column == 0);
        table_update(&t, ACTION_RIGHT);
    }
    assert_int_equal(t.column, 6);
    for (size_t i = 0; i < columns_now; i++) {
        table_update(&t, ACTION_LEFT);
        draw();
        assert_true(golden_row_has(&f, 0, columns[t.column].name));
    }
    assert_int_equal(t.column, 0);
}

static void null_is_not_the_empty_string(void **state)
{
    (void)state;
    struct err e;
    frame_resize(&f, 12, 200, &e);
    draw();
    const struct frame_cell *c = NULL;
    for (int col = 0; col < f.cols && !c; col++) {
        const struct frame_cell *at = frame_cell(&f, 4, col);
        if (at->role == ROLE_NULL)
            c = at;
    }
    assert_non_null(c);
    assert_true(golden_row_has(&f, 4, "NULL"));
    assert_false(golden_row_has(&f, 2, "NULL"));
}

static void finding_goes_around(void **state)
{
    (void)state;
    rows_now = 30;
    draw();
    table_update(&t, ACTION_FIND);
    for (const char *s = "DECODING"; *s; s++)
        table_type(&t, (unsigned char)*s);
    assert_int_equal(t.row, 2);
    assert_int_equal(t.column, 6);
    table_update(&t, ACTION_ACCEPT);
    assert_false(t.finding);
    table_update(&t, ACTION_FIND_NEXT);
    assert_int_equal(t.row, 5);
    table_update(&t, ACTION_FIND_PREVIOUS);
    table_update(&t, ACTION_FIND_PREVIOUS);
    assert_int_equal(t.row, 29);
    draw();
    assert_true(golden_has(&f, "/DECODING"));
    table_update(&t, ACTION_FIND);
    table_type(&t, 'x');
    assert_true(t.not_found);
    draw();
    assert_true(golden_has(&f, "not found"));
    table_update(&t, ACTION_BACK);
    assert_false(table_has_find(&t));
}

static void sizes_and_growth_are_harmless(void **state)
{
    (void)state;
    struct err e;
    rows_now = 0;
    for (int a = 0; a < ACTION_COUNT; a++)
        table_update(&t, (enum action)a);
    t.finding = false;
    draw();
    assert_true(golden_has(&f, "no rows"));
    columns_now = 0;
    table_change(&t, false);
    draw();
    rows_now = 1000;
    columns_now = 7;
    table_change(&t, false);
    table_update(&t, ACTION_BOTTOM);
    assert_int_equal(t.row, 999);
    for (int rows = 1; rows < 9; rows++) {
        for (int cols = 1; cols < 60; cols += 3) {
            frame_resize(&f, rows, cols, &e);
            table_render(&t, &f, frame_rect(&f), "no rows");
            golden_sound(&f);
        }
    }
    rows_now = 2;
    table_change(&t, true);
    assert_int_equal(t.row, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pictures), T(the_first_column_stays), T(null_is_not_the_empty_string), T(finding_goes_around), T(sizes_and_growth_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
