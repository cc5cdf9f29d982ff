#include "golden.h"
#include "base/timefmt.h"
#include "core/catalog_list.h"
#include "ui/browse_screen.h"   /* lists are put in as if a platform had sent them */

/* Browse without a platform: what it shows of lists in every state, and where keys lead. */

static struct ui_world the_world;
static struct session session;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

static char shown_arg[256];
static int open_other(void *state, struct app *a, const void *arg, struct err *e)
{
    (void)state, (void)a, (void)e;
    str_copy(shown_arg, sizeof shown_arg, arg ? arg : "(none)");
    return 0;
}
static const struct app_screen other = { .name = "other", .title = "Other", .tab = "Other", .size = 1, .open = open_other, .render = render_nothing };

static struct browse *start_app(const char *place, bool ascii, bool read_only)
{
    struct err e = { 0 };
    struct app_options o = { .tabs = { &nothing, &screen_browse, &other, &other, &other, &nothing }, .hooks = { .ctx = &the_world }, .ascii = ascii };
    assert_int_equal(world_init(&the_world, &(struct ui_options){ .read_only = read_only }, &e), 0);
    session = (struct session){ .profile_name = "lab-prod" };
    assert_int_equal(app_new(&app, &o, &e), 0);
    the_world.app = app;
    the_world.session = &session;
    the_world.state = WORLD_OPEN;
    app_set_identity(app, "lab-prod");
    setenv("XDG_CACHE_HOME", "/nonexistent", 1);
    app_show(app, TAB_BROWSE, place);
    return (struct browse *)(uintptr_t)app_front(app, NULL);
}

static void stop_app(void)
{
    the_world.session = NULL;
    assert_true(world_settle(&the_world));
    app_free(app);
    world_release(&the_world);
}

static void press(uint32_t code) { app_press(app, &(struct keymap_press){ .code = code }); }

struct row { enum catalog_kind kind; const char *name, *type; uint64_t size; };

static struct catalog_list *make_list(const char *place, const struct row *rows, size_t n)
{
    struct catalog_build build;
    struct err e;
    assert_int_equal(catalog_build_init(&build, &e), 0);
    for (size_t i = 0; i < n; i++) {
        struct catalog_entry en = { .kind = rows[i].kind, .name = (char *)(uintptr_t)rows[i].name, .type = (char *)(uintptr_t)rows[i].type, .size = rows[i].size,
                                    .modified_ms = 1786699920000 };
        assert_int_equal(catalog_build_add(&build, &en, &e), 0);
    }
    struct catalog_list *l = catalog_build_snapshot(&build, place);
    assert_non_null(l);
    catalog_build_release(&build);
    l->complete = true;
    l->listed_at_ms = time_wall_ms();
    return l;
}

static struct browse_column *give(struct browse *b, struct catalog_list *l)
{
    struct browse_column *c = browse_column_at(&b->columns, l->place);
    assert_non_null(c);
    browse_column_show(c, l);
    browse_screen_settle(b);
    return c;
}

static const struct row catalogs[] = { { CATALOG_CATALOG, "dev", "", 0 }, { CATALOG_CATALOG, "main", "", 0 }, { CATALOG_CATALOG, "samples", "", 0 } };
static const struct row schemas[] = { { CATALOG_SCHEMA, "default", "", 0 }, { CATALOG_SCHEMA, "odd schema-1", "", 0 }, { CATALOG_SCHEMA, "vision", "", 0 } };
static const struct row objects[] = {
    { CATALOG_VOLUME, "out", "MANAGED", 0 }, { CATALOG_VOLUME, "pictures", "EXTERNAL", 0 }, { CATALOG_TABLE, "inputs", "MANAGED", 0 },
    { CATALOG_TABLE, "pictures", "EXTERNAL", 0 }, { CATALOG_TABLE, "train_view", "VIEW", 0 },
};
static const struct row files[] = {
    { CATALOG_FOLDER, "08", "", 0 }, { CATALOG_FILE, "bus 01.jpg", "", 84 << 10 }, { CATALOG_FILE, "car-0001.jpg", "", 112 << 10 },
    { CATALOG_FILE, "notes.txt", "", 2 << 10 }, { CATALOG_FILE, "Ωmega.png", "", 1258291 },
};
static const struct row hostile[] = {
    { CATALOG_FILE, "\x1b[31mred\x07.jpg", "", 1 }, { CATALOG_FILE, "a\u202egpj.exe", "", 2 }, { CATALOG_FILE, "line\nbreak.png", "", 3 },
    { CATALOG_FILE, "e\u0301\u0301\u0301.jpg", "", 4 }, { CATALOG_FILE, "\xff\xfe.jpg", "", 5 }, { CATALOG_FILE, "数据集-很长的名字-车辆-二〇二六年八月.jpg", "", 6 },
    { CATALOG_FILE, "👩‍👩‍👧 family.png", "", 7 },
};
#define COUNT(a) (sizeof (a) / sizeof *(a))

static struct browse *in_vision(const char *place, bool ascii)
{
    struct browse *b = start_app(place, ascii, false);
    give(b, make_list("", catalogs, COUNT(catalogs)));
    give(b, make_list("main", schemas, COUNT(schemas)));
    give(b, make_list("main\x1fvision", objects, COUNT(objects)));
    give(b, make_list("/Volumes/main/vision/pictures", files, COUNT(files)));
    return b;
}

static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "80x24" }, { 40, 120, "120x40" }, { 15, 60, "60x15" } };

/* The row under the cursor of the list that has the keys is on the screen, and its name is shown reversed. */
static void check_cursor(const struct frame *f)
{
    for (int row = 0; row < f->rows; row++)
        for (int col = 0; col < f->cols; col++)
            if (frame_cell(f, row, col)->flags & FRAME_CURSOR)
                return;
    fail_msg("no row is selected");
}

static void check_sizes(const char *name, bool cursor)
{
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        const struct frame *f = app_frame(app);
        assert_true(golden_row_has(f, f->rows - 1, "[q]uit") || golden_row_has(f, f->rows - 1, "F10"));
        assert_true(golden_row_has(f, f->rows - 1, "[?]") || golden_row_has(f, f->rows - 1, "F1"));
        if (cursor)
            check_cursor(f);
        snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
        golden_check(f, file);
    }
}

/* ---- states ---- */

static void says_what_it_waits_for(void **state)
{
    (void)state;
    start_app(NULL, false, false);
    the_world.session = NULL;
    the_world.state = WORLD_CONNECTING;
    check_sizes("browse-connecting", false);
    stop_app();
}

static void shows_lists_side_by_side(void **state)
{
    (void)state;
    struct browse *b = in_vision("/Volumes/main/vision/pictures", false);
    press(UI_KEY_DOWN);
    press(UI_KEY_DOWN);
    browse_screen_settle(b);
    check_sizes("browse-files", true);
    stop_app();
}

static void ascii_terminals_get_ascii(void **state)
{
    (void)state;
    in_vision("/Volumes/main/vision/pictures", true);
    check_sizes("browse-ascii", true);
    stop_app();
}

static void tables_show_columns(void **state)
{
    static const struct row columns[] = { { CATALOG_COLUMN, "input_id", "string", 0 }, { CATALOG_COLUMN, "score", "decimal(10,2)", 0 },
                                          { CATALOG_COLUMN, "box", "struct<left:double,top:double>", 0 } };
    (void)state;
    struct browse *b = in_vision("main.vision.inputs", false);
    give(b, make_list("main\x1fvision\x1finputs", columns, COUNT(columns)));
    check_sizes("browse-table", true);
    assert_ptr_equal(b->columns.beside, browse_column_find(&b->columns, "main\x1fvision\x1finputs"));
    stop_app();
}

static void hostile_names_stay_in_their_cells(void **state)
{
    (void)state;
    struct browse *b = in_vision("/Volumes/main/vision/pictures", false);
    give(b, make_list("/Volumes/main/vision/pictures", hostile, COUNT(hostile)));
    check_sizes("browse-hostile", true);
    for (size_t i = 0; i < COUNT(hostile); i++) {
        press(UI_KEY_DOWN);
        browse_screen_settle(b);
        golden_sound(app_frame(app));
    }
    stop_app();
}

static void empty_and_refused_lists_say_so(void **state)
{
    (void)state;
    struct browse *b = in_vision("/Volumes/main/vision/out", false);
    give(b, make_list("/Volumes/main/vision/out", NULL, 0));
    check_sizes("browse-empty", false);
    struct catalog_list *l = make_list("/Volumes/main/vision/out", NULL, 0);
    l->complete = false;
    err_set(&l->error, ERR_FORBIDDEN, "PERMISSION_DENIED: your user lacks READ VOLUME on main.vision.out");
    err_remedy(&l->error, "ask its owner for it");
    give(b, l);
    check_sizes("browse-refused", false);
    stop_app();
}

static void a_failed_refresh_keeps_what_is_known(void **state)
{
    (void)state;
    struct browse *b = in_vision("main.vision", false);
    struct catalog_list *l = make_list("main\x1fvision", objects, COUNT(objects));
    l->listed_at_ms -= 125000;
    err_set(&l->error, ERR_OFFLINE, "connection refused");
    err_about(&l->error, "cannot reach", "dbc-1234.cloud.databricks.com");
    give(b, l);
    browse_screen_say_down(b, browse_active(&b->columns));
    const struct frame *f = app_frame(app);
    assert_true(golden_has(f, "cannot reach dbc-1234.cloud.databricks.com: connection refused"));
    assert_true(golden_has(f, "train_view"));
    press(UI_KEY_DOWN);
    assert_true(golden_has(app_frame(app), "listed 2 min ago; not refreshed: cannot reach"));
    give(b, make_list("main\x1fvision", objects, COUNT(objects)));
    browse_screen_say_down(b, browse_active(&b->columns));
    assert_true(golden_has(app_frame(app), "answers again"));
    stop_app();
}

static void lists_grow_under_the_cursor(void **state)
{
    static const struct row early[] = { { CATALOG_TABLE, "m", "MANAGED", 0 }, { CATALOG_TABLE, "q", "MANAGED", 0 } };
    static const struct row late[] = { { CATALOG_VOLUME, "v", "MANAGED", 0 }, { CATALOG_TABLE, "a", "MANAGED", 0 }, { CATALOG_TABLE, "m", "MANAGED", 0 },
                                       { CATALOG_TABLE, "n", "MANAGED", 0 }, { CATALOG_TABLE, "q", "MANAGED", 0 } };
    (void)state;
    struct browse *b = in_vision("main.vision", false);
    struct catalog_list *l = make_list("main\x1fvision", early, COUNT(early));
    l->complete = false;
    l->loading = true;
    give(b, l);
    press(UI_KEY_DOWN);
    assert_string_equal(browse_current(browse_screen_active(b))->name, "q");
    browse_screen_settle(b);
    app_resize(app, 24, 80);
    golden_check(app_frame(app), "browse-partial-80x24");
    give(b, make_list("main\x1fvision", late, COUNT(late)));
    assert_string_equal(browse_current(browse_screen_active(b))->name, "q");
    stop_app();
}

static void long_lists_scroll(void **state)
{
    (void)state;
    struct browse *b = in_vision("/Volumes/main/vision/pictures", false);
    struct catalog_build build;
    struct err e;
    assert_int_equal(catalog_build_init(&build, &e), 0);
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "car-%06d.jpg", i);
        assert_int_equal(catalog_build_add(&build, &(struct catalog_entry){ .kind = CATALOG_FILE, .name = name, .size = 1000 }, &e), 0);
    }
    struct catalog_list *l = catalog_build_snapshot(&build, "/Volumes/main/vision/pictures");
    catalog_build_release(&build);
    l->complete = true;
    l->listed_at_ms = time_wall_ms();
    give(b, l);
    press('G');
    browse_screen_settle(b);
    app_resize(app, 24, 80);
    assert_true(golden_has(app_frame(app), "car-099999.jpg"));
    assert_true(golden_has(app_frame(app), "100,000"));
    check_cursor(app_frame(app));
    press('/');
    for (const char *c = "77777"; *c; c++)
        press((uint32_t)(unsigned char)*c);
    assert_string_equal(browse_current(browse_screen_active(b))->name, "car-077777.jpg");
    assert_true(golden_has(app_frame(app), "1 of 100,000"));
    stop_app();
}

/* ---- keys ---- */

static void coming_back_finds_the_old_cursor(void **state)
{
    (void)state;
    struct browse *b = in_vision(NULL, false);
    press(UI_KEY_DOWN);              /* main */
    press(UI_KEY_ENTER);
    press('G');                      /* vision */
    press(UI_KEY_RIGHT);
    press(UI_KEY_DOWN);
    assert_string_equal(browse_screen_active(b)->place, "main\x1fvision");
    assert_string_equal(browse_current(browse_screen_active(b))->name, "pictures");
    press(UI_KEY_ESC);
    press(UI_KEY_LEFT);
    press(UI_KEY_UP);                /* dev */
    browse_screen_settle(b);
    press(UI_KEY_DOWN);
    press('l');
    assert_string_equal(browse_current(browse_screen_active(b))->name, "vision");
    press('l');
    assert_int_equal(browse_current(browse_screen_active(b))->kind, CATALOG_VOLUME);
    assert_string_equal(browse_current(browse_screen_active(b))->name, "pictures");
    stop_app();
}

/* A volume and a table of one name are two items. */
static void names_twice_are_two_items(void **state)
{
    (void)state;
    struct browse *b = in_vision("main.vision", false);
    press(UI_KEY_DOWN);
    press(' ');
    assert_int_equal(list_mark_count(&browse_screen_active(b)->list), 1);
    press(UI_KEY_DOWN);
    assert_int_equal(browse_current(browse_screen_active(b))->kind, CATALOG_TABLE);
    struct list_row row = { 0 };
    list_current(&browse_screen_active(b)->list, &row, NULL);
    assert_false(list_marked(&browse_screen_active(b)->list, &row));
    stop_app();
}

static void actions_take_what_the_cursor_is_on(void **state)
{
    (void)state;
    in_vision("/Volumes/main/vision/pictures", false);
    press('i');
    assert_string_equal(shown_arg, "/Volumes/main/vision/pictures/08");
    press('2');
    press(UI_KEY_DOWN);
    press('e');
    assert_string_equal(shown_arg, "main.vision");
    stop_app();
    in_vision("main.vision", false);
    press(UI_KEY_DOWN);
    press('i');
    assert_string_equal(shown_arg, "/Volumes/main/vision/pictures");
    stop_app();
    in_vision("main.vision.inputs", false);
    press('u');
    assert_string_equal(shown_arg, "main.vision.inputs");
    stop_app();
}

static void disabled_actions_say_why(void **state)
{
    (void)state;
    in_vision("main.vision", false);
    press('p');
    assert_true(golden_has(app_frame(app), "choose a table first"));
    press('G');
    press('u');
    assert_true(golden_has(app_frame(app), "a view cannot be updated"));
    stop_app();
    struct browse *b = start_app("/Volumes/main/vision/pictures", false, true);
    give(b, make_list("/Volumes/main/vision/pictures", files, COUNT(files)));
    press('i');
    assert_true(golden_has(app_frame(app), "read-only"));
    stop_app();
}

static void places_are_found_as_typed(void **state)
{
    static const struct { const char *typed, *place, *cursor; } cases[] = {
        { "main", "main", NULL }, { "main.vision", "main\x1fvision", NULL }, { "main.vision.inputs", "main\x1fvision", "inputs" },
        { "main.vision.out", "main\x1fvision", "out/" }, { "/Volumes/main/vision/pictures", "/Volumes/main/vision/pictures", NULL },
        { "main.vision.pictures/08", "/Volumes/main/vision/pictures/08", NULL }, { "/Volumes/main", "main", NULL },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct browse *b = in_vision(cases[i].typed, false);
        struct list_row row = { 0 };
        assert_string_equal(browse_screen_active(b)->place, cases[i].place);
        if (cases[i].cursor) {
            assert_true(list_current(&browse_screen_active(b)->list, &row, NULL));
            assert_string_equal(row.id, cases[i].cursor);
        }
        stop_app();
    }
}

static void odd_names_are_quoted(void **state)
{
    char crumbs[128];
    (void)state;
    struct browse *b = in_vision("main", false);
    press(UI_KEY_DOWN);
    char *typed = browse_typed(browse_screen_active(b), browse_current(browse_screen_active(b)));
    assert_string_equal(typed, "main.`odd schema-1`");
    free(typed);
    browse_crumbs("/Volumes/main/vision/pictures/2026/08", crumbs, sizeof crumbs);
    assert_string_equal(crumbs, "main > vision > pictures > 2026/08");
    stop_app();
}

/* Moving costs few cells: what is beside the cursor follows when it rests. */
static void a_move_changes_little(void **state)
{
    struct frame before;
    struct err e;
    int changed = 0;
    (void)state;
    struct browse *b = in_vision("main.vision", false);
    app_resize(app, 24, 80);
    frame_init(&before);
    assert_int_equal(frame_copy(&before, app_frame(app), &e), 0);
    press(UI_KEY_DOWN);
    const struct frame *f = app_frame(app);
    for (int row = 0; row < f->rows; row++)
        for (int col = 0; col < f->cols; col++)
            changed += memcmp(frame_cell(f, row, col), frame_cell(&before, row, col), sizeof(struct frame_cell)) != 0;
    assert_true(changed > 0 && changed < 40);
    assert_true(b->moving);
    frame_release(&before);
    stop_app();
}

static void redraw(void) { app_press(app, &(struct keymap_press){ .code = 'l', .mods = UI_MOD_CTRL }); }

/* What stood beside the item before stays until the new one's list is there, or for so long that waiting must be seen. */
static void what_is_beside_is_drawn_once(void **state)
{
    static const struct row columns[] = { { CATALOG_COLUMN, "input_id", "string", 0 }, { CATALOG_COLUMN, "label", "string", 0 } };
    (void)state;
    struct browse *b = in_vision("main.vision", false);
    app_resize(app, 24, 80);
    press(UI_KEY_DOWN);                        /* volume pictures: known */
    browse_screen_settle(b);
    assert_true(golden_has(app_frame(app), "car-0001.jpg"));
    press(UI_KEY_DOWN);                        /* table inputs: on its way */
    browse_screen_settle(b);
    assert_ptr_equal(b->columns.held, browse_column_find(&b->columns, "/Volumes/main/vision/pictures"));
    assert_true(golden_has(app_frame(app), "car-0001.jpg"));
    assert_false(golden_has(app_frame(app), "loading"));
    struct catalog_list *part = make_list("main\x1fvision\x1finputs", columns, 1);
    part->complete = false;
    part->loading = true;
    give(b, part);
    assert_non_null(b->columns.held);
    give(b, make_list("main\x1fvision\x1finputs", columns, COUNT(columns)));
    assert_null(b->columns.held);
    redraw();
    assert_true(golden_has(app_frame(app), "label"));
    assert_false(golden_has(app_frame(app), "car-0001.jpg"));
    press(UI_KEY_DOWN);
    press(UI_KEY_DOWN);
    browse_screen_settle(b);
    assert_non_null(b->columns.held);
    b->hold_ms = time_mono_ms();               /* the time is over */
    browse_screen_settle(b);
    assert_null(b->columns.held);
    redraw();
    assert_true(golden_has(app_frame(app), "loading"));
    stop_app();
}

static void arrows_and_enter_lead_to_the_rows(void **state)
{
    static const struct row columns[] = { { CATALOG_COLUMN, "input_id", "string", 0 } };
    const struct app_screen *front;
    (void)state;
    struct browse *b = in_vision("main.vision.inputs", false);
    give(b, make_list("main\x1fvision\x1finputs", columns, 1));
    press(UI_KEY_ENTER);
    assert_int_equal(browse_screen_active(b)->shows, BROWSE_COLUMNS);
    press(UI_KEY_ENTER);
    app_front(app, &front);
    assert_string_equal(front->name, "preview");
    while (front != &screen_browse) {          /* one stops reading, one goes back */
        press(UI_KEY_ESC);
        app_front(app, &front);
    }
    for (int i = 0; i < 3; i++)
        press(UI_KEY_LEFT);
    assert_int_equal(browse_screen_active(b)->shows, BROWSE_CATALOGS);
    press(UI_KEY_LEFT);                        /* left of the first column are the tabs */
    assert_true(golden_row_has(app_frame(app), 0, "[2 Browse]"));
    stop_app();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_it_waits_for), cmocka_unit_test(shows_lists_side_by_side), cmocka_unit_test(ascii_terminals_get_ascii),
        cmocka_unit_test(tables_show_columns), cmocka_unit_test(hostile_names_stay_in_their_cells), cmocka_unit_test(empty_and_refused_lists_say_so),
        cmocka_unit_test(a_failed_refresh_keeps_what_is_known), cmocka_unit_test(lists_grow_under_the_cursor), cmocka_unit_test(long_lists_scroll),
        cmocka_unit_test(coming_back_finds_the_old_cursor), cmocka_unit_test(names_twice_are_two_items), cmocka_unit_test(actions_take_what_the_cursor_is_on),
        cmocka_unit_test(disabled_actions_say_why), cmocka_unit_test(places_are_found_as_typed), cmocka_unit_test(odd_names_are_quoted),
        cmocka_unit_test(a_move_changes_little), cmocka_unit_test(what_is_beside_is_drawn_once), cmocka_unit_test(arrows_and_enter_lead_to_the_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
