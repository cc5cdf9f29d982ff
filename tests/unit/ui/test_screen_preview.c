#include "golden.h"
#include <poll.h>
#include <unistd.h>
#include "base/timefmt.h"
#include "ui/app_state.h"
#include "ui/preview_screen.h"   /* rows are put in as if they had been read */

/* The preview of a table without a platform: every state, the record, finding, saving. */

static struct ui_world world;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

static struct preview_screen *start_app(const char *table, bool ascii)
{
    struct err e = { 0 };
    struct app_options o = { .tabs = { &nothing, &nothing, &nothing, &nothing, &nothing, &nothing }, .hooks = { .ctx = &world }, .ascii = ascii };
    assert_int_equal(world_init(&world, &(struct ui_options){ 0 }, &e), 0);
    assert_int_equal(app_new(&app, &o, &e), 0);
    world.app = app;
    app_show(app, TAB_BROWSE, NULL);
    app_push(app, &screen_preview, table);
    return (struct preview_screen *)(uintptr_t)app_front(app, NULL);
}

static void stop_app(void)
{
    assert_true(world_settle(&world));
    app_free(app);
    world_release(&world);
}

static void press(uint32_t code) { app_press(app, &(struct keymap_press){ .code = code }); }

static void type(const char *text)
{
    for (; *text; text++)
        press((uint32_t)(unsigned char)*text);
}

static void deliver(struct preview_screen *s, int id, void *payload, void (*release)(void *))
{
    struct err e;
    assert_int_equal(event_post(app_queue(app), id, app_serial(app, s), s->tag, payload, release, &e), 0);
    app_take_events(app);
}

/* input_id, size, info, thumb, note: text, number, JSON, binary, long. */
static const struct { const char *name, *type; bool json; } columns[] = {
    { "input_id", "string", false }, { "size", "bigint", false }, { "info", "string", true }, { "thumb", "binary", false }, { "note", "string", false },
};
#define COLUMNS (sizeof columns / sizeof *columns)

static void set_cell(struct preview *p, size_t i, enum preview_cell kind, const char *text, uint64_t length)
{
    p->cells[i].kind = kind;
    p->cells[i].text = str_dup(text);
    p->cells[i].length = length;
}

static struct preview_rows *make_rows(size_t n, int64_t total)
{
    struct preview_rows *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->p.columns = calloc(COLUMNS, sizeof *r->p.columns);
    r->p.cells = calloc(n * COLUMNS + 1, sizeof *r->p.cells);
    r->types = calloc(COLUMNS + 1, sizeof *r->types);
    for (size_t c = 0; c < COLUMNS; c++) {
        r->p.columns[c] = (struct preview_column){ str_dup(columns[c].name), str_dup(columns[c].type), columns[c].json };
        r->types[c] = str_printf("%s%s", columns[c].type, columns[c].json ? " json" : "");
    }
    r->p.column_count = COLUMNS;
    r->p.row_count = n;
    r->p.total_rows = total;
    r->p.read_at_ms = time_wall_ms();
    str_copy(r->p.compute, sizeof r->p.compute, "warehouse wh-live-0001");
    for (size_t i = 0; i < n; i++) {
        char id[48], size[24];
        snprintf(id, sizeof id, i == 2 ? "数据集-%03zu" : i == 3 ? "\x1b[2J%03zu" : "car-%03zu", i);
        snprintf(size, sizeof size, "%zu", i * 1000);
        set_cell(&r->p, i * COLUMNS, PREVIEW_TEXT, id, 0);
        set_cell(&r->p, i * COLUMNS + 1, PREVIEW_TEXT, size, 0);
        set_cell(&r->p, i * COLUMNS + 2, i == 1 ? PREVIEW_NULL : PREVIEW_TEXT, i == 1 ? "" : "{\"width\":1280,\"boxes\":[{\"left\":0.5},{\"left\":12345678901234567890}]}", 0);
        set_cell(&r->p, i * COLUMNS + 3, PREVIEW_BINARY, "", 2048);
        set_cell(&r->p, i * COLUMNS + 4, i == 0 ? PREVIEW_CUT : PREVIEW_TEXT, i == 0 ? "a long story" : "", 12345);
    }
    return r;
}

static struct preview_screen *shown(size_t n, int64_t total, bool ascii)
{
    struct preview_screen *s = start_app("main.vision.inputs", ascii);
    deliver(s, PREVIEW_READ, make_rows(n, total), preview_rows_free);
    return s;
}

static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "80x24" }, { 40, 120, "120x40" }, { 15, 60, "60x15" } };

static void check_sizes(const char *name)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        const struct frame *f = app_frame(app);
        assert_true(golden_row_has(f, f->rows - 1, "[q]uit") || golden_row_has(f, f->rows - 1, "F10"));
        assert_true(golden_row_has(f, f->rows - 1, "[?]") || golden_row_has(f, f->rows - 1, "F1"));
        snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
        golden_check(f, file);
    }
}

/* ---- tests ---- */

static void says_what_it_does(void **state)
{
    (void)state;
    struct preview_screen *s = start_app("main.vision.inputs", false);
    assert_int_equal(s->phase, PHASE_READING);
    check_sizes("preview-reading");
    press(UI_KEY_ESC);
    assert_int_equal(s->phase, PHASE_STOPPED);
    assert_true(golden_has(app_frame(app), "r reads again"));
    press(UI_KEY_ESC);
    assert_ptr_equal(app_front(app, NULL) == s, false);
    stop_app();
}

static void shows_rows(void **state)
{
    (void)state;
    shown(40, 1192, false);
    assert_true(golden_has(app_frame(app), "1,192 rows, first 40 shown"));
    check_sizes("preview-rows");
    stop_app();
    shown(5, 5, true);
    assert_true(golden_has(app_frame(app), "5 rows, all shown"));
    check_sizes("preview-ascii");
    stop_app();
}

static void an_empty_table_says_so(void **state)
{
    (void)state;
    shown(0, 0, false);
    check_sizes("preview-empty");
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "no rows"));
    stop_app();
}

static void failures_are_told(void **state)
{
    (void)state;
    struct preview_screen *s = start_app("main.locked.t", false);
    struct err *e = calloc(1, sizeof *e);
    assert_non_null(e);
    err_set(e, ERR_FORBIDDEN, "PERMISSION_DENIED: your user lacks SELECT on the table");
    err_about(e, "cannot preview", "main.locked.t");
    deliver(s, PREVIEW_FAILED, e, free);
    check_sizes("preview-failed");
    stop_app();
}

static void a_failure_over_rows_is_told_whole(void **state)
{
    (void)state;
    struct preview_screen *s = shown(5, 5, false);
    struct err *e = calloc(1, sizeof *e);
    assert_non_null(e);
    err_set(e, ERR_FORBIDDEN, "PERMISSION_DENIED: your user lacks SELECT on the table, and so do all groups you are a member of");
    err_about(e, "cannot preview", "main.locked.t");
    app_resize(app, 24, 80);
    deliver(s, PREVIEW_FAILED, e, free);
    assert_true(golden_has(app_frame(app), "a member of"));
    press(UI_KEY_DOWN);              /* the message goes, the status stays */
    assert_int_equal(app->message[0], 0);
    assert_true(golden_has(app_frame(app), "a member of"));
    stop_app();
}

static void starting_is_asked_for_first(void **state)
{
    (void)state;
    struct preview_screen *s = start_app("main.vision.inputs", false);
    struct preview_state *st = calloc(1, sizeof *st);
    assert_non_null(st);
    *st = (struct preview_state){ "warehouse wh-lab-00002", "STOPPED", 0 };
    deliver(s, PREVIEW_NEEDS_START, st, free);
    check_sizes("preview-start");
    press(UI_KEY_ENTER);             /* the safe answer */
    assert_int_equal(s->phase, PHASE_NEEDS_START);
    assert_true(golden_has(app_frame(app), "nothing was started"));
    press(UI_KEY_ENTER);             /* asks again */
    press(UI_KEY_RIGHT);
    press(UI_KEY_ENTER);
    assert_int_equal(s->phase, PHASE_READING);
    stop_app();
}

static void old_answers_do_not_count(void **state)
{
    (void)state;
    struct preview_screen *s = shown(3, 3, false);
    uint64_t old = s->tag;
    press('r');
    assert_true(s->tag != old);
    struct err e;
    assert_int_equal(event_post(app_queue(app), PREVIEW_READ, app_serial(app, s), old, make_rows(1, 1), preview_rows_free, &e), 0);
    app_take_events(app);
    assert_int_equal(s->rows->p.row_count, 3);
    stop_app();
}

static void a_record_unfolds(void **state)
{
    (void)state;
    struct preview_screen *s = shown(40, 1192, false);
    press(UI_KEY_ENTER);
    assert_int_equal(s->mode, MODE_RECORD);
    check_sizes("preview-record");
    assert_true(golden_has(app_frame(app), "row 1 of 40 shown"));
    press(UI_KEY_ENTER);             /* input_id is one line: shown whole */
    assert_int_equal(s->mode, MODE_VALUE);
    press(UI_KEY_ESC);
    assert_int_equal(s->mode, MODE_RECORD);
    assert_false(golden_row_has(app_frame(app), app_frame(app)->rows - 1, "fold"));
    press(UI_KEY_DOWN);
    press(UI_KEY_DOWN);              /* info has parts */
    assert_true(golden_row_has(app_frame(app), app_frame(app)->rows - 1, "Space fold"));
    press(' ');
    assert_false(golden_has(app_frame(app), "width"));
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "width"));
    press('g');
    press('z');                      /* everything unfolds */
    assert_true(golden_has(app_frame(app), "12345678901234567890"));
    press(UI_KEY_TAB);
    assert_true(golden_has(app_frame(app), "row 2 of 40 shown"));
    assert_true(golden_has(app_frame(app), "NULL"));
    press(UI_KEY_BACK_TAB);
    press(UI_KEY_BACK_TAB);
    assert_true(golden_has(app_frame(app), "no more rows"));
    press(UI_KEY_ESC);
    assert_int_equal(s->mode, MODE_TABLE);
    stop_app();
}

static void a_long_text_is_shown_whole(void **state)
{
    (void)state;
    struct preview_screen *s = start_app("main.vision.inputs", false);
    struct preview_rows *r = make_rows(2, 2);
    struct buf text = BUF_INIT;
    for (int i = 0; i < 600; i++)
        buf_printf(&text, "word%03d ", i);
    buf_puts(&text, "the end");
    free(r->p.cells[0].text);
    r->p.cells[0].text = str_dup(text.data);
    buf_release(&text);
    deliver(s, PREVIEW_READ, r, preview_rows_free);
    app_resize(app, 15, 60);
    press(UI_KEY_ENTER);
    assert_false(golden_has(app_frame(app), "word020"));
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "word020"));
    assert_true(golden_has(app_frame(app), "lines 1-"));
    press('G');
    assert_true(golden_has(app_frame(app), "the end"));
    press(UI_KEY_UP);
    assert_false(golden_has(app_frame(app), "the end"));
    press('g');
    assert_true(golden_has(app_frame(app), "word000"));
    press(UI_KEY_PAGE_DOWN);
    assert_false(golden_has(app_frame(app), "word000"));
    app_resize(app, 24, 80);
    press(UI_KEY_TAB);               /* the next record */
    assert_int_equal(s->mode, MODE_RECORD);
    assert_int_equal(s->record_row, 1);
    press(UI_KEY_ENTER);
    press(UI_KEY_ENTER);             /* Enter closes what it opened */
    assert_int_equal(s->mode, MODE_RECORD);
    stop_app();
}

static void a_name_becomes_a_whole_path(void **state)
{
    (void)state;
    char *path = preview_rows_path("pictures.csv");
    assert_int_equal(path[0], '/');
    assert_true(str_ends(path, "/pictures.csv"));
    free(path);
    path = preview_rows_path("/a/b.csv");
    assert_string_equal(path, "/a/b.csv");
    free(path);
}

static void finding_goes_to_the_cell(void **state)
{
    (void)state;
    struct preview_screen *s = shown(40, 40, false);
    press('/');
    type("car-033");
    press(UI_KEY_ENTER);
    assert_int_equal(s->table.row, 33);
    press(UI_KEY_ESC);               /* takes the search away, not the screen */
    assert_ptr_equal(app_front(app, NULL), s);
    stop_app();
}

static void wait_mode(struct preview_screen *s, enum preview_mode mode, bool asking)
{
    for (int i = 0; i < 100 && (s->mode != mode || app->asking != asking); i++) {
        struct pollfd posted = { .fd = event_fd(app_queue(app)), .events = POLLIN };
        assert_int_equal(poll(&posted, 1, 20000), 1);
        app_take_events(app);
    }
    assert_int_equal(s->mode, mode);
    assert_int_equal(app->asking, asking);
}

static void saving_writes_what_is_shown(void **state)
{
    char dir[] = "/tmp/lakeferry-preview.XXXXXX", path[64];
    struct buf text = BUF_INIT;
    struct err e;
    (void)state;
    assert_non_null(mkdtemp(dir));
    struct preview_screen *s = shown(2, 2, false);
    press('e');
    check_sizes("preview-saving");
    snprintf(path, sizeof path, "%s/rows.txt", dir);
    line_set(&s->path, path);
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "end it in .csv or in .jsonl"));
    snprintf(path, sizeof path, "%s/rows.jsonl", dir);
    line_set(&s->path, path);
    press(UI_KEY_ENTER);
    wait_mode(s, MODE_TABLE, false);
    assert_true(golden_has(app_frame(app), "2 rows written to"));
    assert_int_equal(file_read(path, 1 << 20, &text, &e), 0);
    assert_non_null(strstr(text.data, "{\"input_id\":\"car-001\",\"size\":\"1000\",\"info\":null,\"thumb\":\"<2048 bytes>\",\"note\":\"\"}\n"));
    buf_release(&text);
    press('e');                      /* the same name again */
    line_set(&s->path, path);
    press(UI_KEY_ENTER);
    wait_mode(s, MODE_SAVING, true);
    press(UI_KEY_ENTER);             /* stays */
    assert_int_equal(s->mode, MODE_SAVING);
    snprintf(path, sizeof path, "%s/rows.csv", dir);
    line_set(&s->path, path);
    press(UI_KEY_ENTER);
    wait_mode(s, MODE_TABLE, false);
    assert_int_equal(file_read(path, 1 << 20, &text, &e), 0);
    assert_non_null(strstr(text.data, "input_id,size,info,thumb,note\r\n"));
    assert_non_null(strstr(text.data, "car-001,1000,,<2048 bytes>,\"\"\r\n"));
    buf_release(&text);
    stop_app();
    assert_int_equal(file_remove_tree(dir, &e), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_it_does), cmocka_unit_test(shows_rows), cmocka_unit_test(an_empty_table_says_so), cmocka_unit_test(failures_are_told), cmocka_unit_test(a_failure_over_rows_is_told_whole),
        cmocka_unit_test(starting_is_asked_for_first), cmocka_unit_test(old_answers_do_not_count), cmocka_unit_test(a_record_unfolds),
        cmocka_unit_test(a_long_text_is_shown_whole), cmocka_unit_test(a_name_becomes_a_whole_path), cmocka_unit_test(finding_goes_to_the_cell), cmocka_unit_test(saving_writes_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
