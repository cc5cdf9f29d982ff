#include "golden.h"
#include "ui/run_results.h"

/* First rows of two tables under a result, drawn from rows that were read. */

static struct preview_column columns[] = {
    { (char *)(uintptr_t)"input_id", (char *)(uintptr_t)"string", false }, { (char *)(uintptr_t)"image_info", (char *)(uintptr_t)"string", true },
    { (char *)(uintptr_t)"image_bytes", (char *)(uintptr_t)"bigint", false }, { (char *)(uintptr_t)"upload_error", (char *)(uintptr_t)"string", false },
};

static struct preview_rows *make_rows(size_t count)
{
    static const char *const texts[] = { "car-0001", "{\"width\":1280,\"height\":960}", "114688", NULL, "数据集-2", "", "7", "two\nlines \x1b[31m" };
    struct preview_rows *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->p.columns = calloc(4, sizeof *r->p.columns);
    r->p.cells = calloc(count * 4, sizeof *r->p.cells);
    r->types = calloc(5, sizeof *r->types);
    assert_true(r->p.columns && r->p.cells && r->types);
    for (size_t c = 0; c < 4; c++) {
        r->p.columns[c] = (struct preview_column){ str_dup(columns[c].name), str_dup(columns[c].type), columns[c].is_json };
        r->types[c] = str_dup("STRING");
    }
    for (size_t i = 0; i < count * 4; i++) {
        const char *text = texts[i % 8];
        r->p.cells[i].kind = text ? PREVIEW_TEXT : PREVIEW_NULL;
        r->p.cells[i].text = text ? str_dup(text) : NULL;
    }
    r->p.column_count = 4;
    r->p.row_count = count;
    r->p.total_rows = 1192;
    return r;
}

static void check(const struct run_results *r, int rows, int cols, const char *name)
{
    struct frame f;
    struct err e;
    frame_init(&f);
    assert_int_equal(frame_resize(&f, rows, cols, &e), 0);
    frame_clear(&f);
    run_results_render(r, &f, frame_rect(&f));
    golden_check(&f, name);
    frame_release(&f);
}

static void rows_stand_under_their_table(void **state)
{
    (void)state;
    struct run_results r = { .count = 2 };
    str_copy(r.parts[0].table, sizeof r.parts[0].table, "main.vision.cars_inputs");
    str_copy(r.parts[1].table, sizeof r.parts[1].table, "main.vision.cars_annotations");
    r.parts[0].rows = make_rows(9);
    str_copy(r.parts[1].words, sizeof r.parts[1].words, "warehouse Night does not run; Enter above asks before it is started");
    assert_int_equal(run_results_least(&r), 6);
    check(&r, 9, 80, "results-80x9");
    check(&r, 14, 120, "results-120x14");
    check(&r, 8, 56, "results-56x8");
    run_results_release(&r);
    assert_int_equal(run_results_least(&r), 0);
}

static void an_empty_table_is_said(void **state)
{
    (void)state;
    struct run_results r = { .count = 1 };
    str_copy(r.parts[0].table, sizeof r.parts[0].table, "main.vision.cars_inputs");
    r.parts[0].rows = make_rows(0);
    r.parts[0].rows->p.total_rows = 0;
    check(&r, 5, 80, "results-empty");
    run_results_release(&r);
}

static struct run_sample sample(const char *change, const char *key, const char *text)
{
    struct run_sample s = { .table = "inputs" };
    str_copy(s.change, sizeof s.change, change);
    str_copy(s.key, sizeof s.key, key);
    str_copy(s.text, sizeof s.text, text);
    return s;
}

static void an_update_shows_what_it_did(void **state)
{
    (void)state;
    struct run_results r = { .count = 1 };
    str_copy(r.parts[0].table, sizeof r.parts[0].table, "main.vision.cars_inputs");
    r.parts[0].rows = make_rows(5);
    r.parts[0].samples[0] = sample("changed", "car-0007", "input_concepts: [{\"id\":\"car\"}] -> [{\"id\":\"bus\"}]");
    r.parts[0].samples[1] = sample("inserted", "car-0009", "image_url: https://example.com/9.jpg");
    r.parts[0].sample_count = 2;
    check(&r, 6, 80, "results-update");
    run_results_release(&r);
}

/* Where there is no room below the list they are rows of it, and each opens its table. */
static void rows_may_stand_in_a_list(void **state)
{
    (void)state;
    struct err e = { 0 };
    struct list_store store;
    struct run_results r = { .count = 2 };
    list_store_init(&store);
    str_copy(r.parts[0].table, sizeof r.parts[0].table, "main.vision.cars_inputs");
    str_copy(r.parts[1].table, sizeof r.parts[1].table, "main.vision.cars_annotations");
    r.parts[0].rows = make_rows(9);
    str_copy(r.parts[1].words, sizeof r.parts[1].words, "reading its first rows");
    assert_int_equal(run_results_list(&r, &store, &e), 0);
    assert_int_equal(store.count, 1 + RUN_RESULTS_ROWS + 2);
    struct list_source src = list_store_source(&store);
    struct list_row row;
    src.row(src.ctx, 0, &row);
    assert_string_equal(row.name, "main.vision.cars_inputs  1,192 rows");
    src.row(src.ctx, 1, &row);
    assert_string_equal(row.name, "car-0001  {\"width\":1280,\"height\":960}  114688");
    assert_string_equal(run_results_table(&r, row.id), "main.vision.cars_inputs");
    src.row(src.ctx, store.count - 1, &row);
    assert_string_equal(row.name, "reading its first rows");
    assert_string_equal(run_results_table(&r, row.id), "main.vision.cars_annotations");
    assert_null(run_results_table(&r, "/Volumes/c/s/v/car.jpg"));
    assert_null(run_results_table(&r, "\x01report"));
    list_store_release(&store);
    run_results_release(&r);
}

static void events_of_others_are_left(void **state)
{
    (void)state;
    struct run_results r = { 0 };
    struct event ev = { .id = PREVIEW_READ, .target = 0 };
    assert_false(run_results_take(&r, &ev));
    ev = (struct event){ .id = EVENT_OWN + 30, .target = 7 };
    assert_false(run_results_take(&r, &ev));
    ev = (struct event){ .id = PREVIEW_READ, .target = 7, .tag = 1 };   /* of tables that were shown before */
    assert_true(run_results_take(&r, &ev));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(rows_stand_under_their_table), cmocka_unit_test(an_empty_table_is_said), cmocka_unit_test(an_update_shows_what_it_did),
        cmocka_unit_test(rows_may_stand_in_a_list), cmocka_unit_test(events_of_others_are_left) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
