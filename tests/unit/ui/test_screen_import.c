#include "golden.h"
#include "ui/import_form.h"
#include "ui/planner.h"
#include "ui/run_words.h"
#include "../../../src/ui/screen_import.c"   /* its state is private: the plan is put in as if a run had made it */

/* The form of Import > Volume without a platform: what it guesses, what it asks for, and how plans look. */

static struct ui_world world;
static struct session session;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

static struct import_screen *start_app(const char *source, bool connected, bool ascii)
{
    struct err e = { 0 };
    struct app_options o = { .tabs = { &nothing, &nothing, &screen_import, &nothing, &nothing, &nothing }, .hooks = { .ctx = &world }, .ascii = ascii };
    assert_int_equal(world_init(&world, &(struct ui_options){ 0 }, &e), 0);
    session = (struct session){ .clarifai_user = "lab-user", .profile_name = "lab-prod" };
    assert_int_equal(value_set(&session.settings.warehouse_id, "wh-live-0001", FROM_PROFILE, "lab-prod", &e), 0);
    assert_int_equal(value_set(&session.settings.own[SETTING_FILES_RATE], "90", FROM_DEFAULT, "", &e), 0);
    assert_int_equal(app_new(&app, &o, &e), 0);
    world.app = app;
    world.session = connected ? &session : NULL;
    app_show(app, TAB_IMPORT, source);
    return (struct import_screen *)(uintptr_t)app_front(app, NULL);
}

static void stop_app(void)
{
    world.session = NULL;
    app_free(app);
    value_release(&session.settings.warehouse_id);
    value_release(&session.settings.own[SETTING_FILES_RATE]);
    world_release(&world);
}

static void press(uint32_t code) { app_press(app, &(struct keymap_press){ .code = code }); }

static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "80x24" }, { 40, 120, "120x40" }, { 15, 60, "60x15" } };

static void check_size(size_t i, const char *name)
{
    char file[96];
    const struct frame *f = app_frame(app);
    assert_true(golden_row_has(f, f->rows - 1, "F1"));
    assert_true(golden_row_has(f, f->rows - 1, "F10"));
    snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
    golden_check(f, file);
}

static void check_sizes(const char *name)
{
    for (size_t i = 0; i < 3; i++) {
        app_resize(app, sizes[i].rows, sizes[i].cols);
        check_size(i, name);
    }
}

/* As if a run had planned; drawn without asking the fields again, as there is no catalog to ask. */
static void put_plan(struct import_screen *s, const struct view *v)
{
    s->draft = calloc(1, sizeof *s->draft);
    assert_non_null(s->draft);
    *s->draft = *v;
    str_copy(s->planner.id, sizeof s->planner.id, v->id);
    for (size_t i = 0; i < 3; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        app_frame(app);          /* the width is known now */
        show_plan(s, NULL);
        form_disable(&s->fields.form, IMPORT_START, start_off(s, NULL));
        form_focus(&s->fields.form, IMPORT_START);
        app_say(app, ROLE_DIM, "nothing was changed yet");
        snprintf(file, sizeof file, "import-%s-%s", v->has_plan ? "plan" : "failed", sizes[i].name);
        golden_check(app_frame(app), file);
    }
    s->planner.id[0] = '\0';   /* there is no run to be removed */
}

/* ---- tests ---- */

static void says_that_it_connects(void **state)
{
    (void)state;
    start_app(NULL, false, false);
    check_sizes("import-connecting");
    assert_true(golden_has(app_frame(app), "choose a volume"));
    stop_app();
}

static void guesses_names_from_the_folder(void **state)
{
    (void)state;
    struct import_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    const struct form *m = &s->fields.form;
    assert_string_equal(form_value(m, IMPORT_VOLUME), "main.vision.pictures");
    assert_string_equal(form_value(m, IMPORT_FOLDER), "2026/08");
    assert_string_equal(form_value(m, IMPORT_DATASET), "pictures-2026-08");
    assert_string_equal(form_value(m, IMPORT_TABLE), "main.vision.pictures_2026_08");
    assert_string_equal(form_value(m, IMPORT_COMPUTE), "warehouse:wh-live-0001");
    check_sizes("import-here");
    stop_app();
}

static void hostile_names_stay_in_their_cells(void **state)
{
    (void)state;
    struct import_screen *s = start_app("/Volumes/ma`in/b\u00fccher regal/数据集/2026 \u202eevil/${HOME}", true, true);
    assert_string_equal(form_value(&s->fields.form, IMPORT_VOLUME), "`ma``in`.`bücher regal`.`数据集`");
    assert_string_equal(form_value(&s->fields.form, IMPORT_DATASET), "2026-evil-HOME");
    check_sizes("import-hostile");
    stop_app();
}

static void typed_names_are_kept(void **state)
{
    struct err e;
    (void)state;
    struct import_screen *s = start_app("/Volumes/main/vision/pictures", true, false);
    form_focus(&s->fields.form, IMPORT_TABLE);
    press('2');
    assert_string_equal(form_value(&s->fields.form, IMPORT_TABLE), "main.vision.pictures2");
    assert_int_equal(import_form_set_source(&s->fields, "/Volumes/main/vision/scans", &e), 0);
    assert_string_equal(form_value(&s->fields.form, IMPORT_TABLE), "main.vision.pictures2");
    assert_string_equal(form_value(&s->fields.form, IMPORT_DATASET), "scans");
    stop_app();
}

static void a_bad_table_name_is_told(void **state)
{
    (void)state;
    struct import_screen *s = start_app("/Volumes/main/vision/pictures", true, false);
    form_focus(&s->fields.form, IMPORT_TABLE);
    for (const char *c = ".x.y"; *c; c++)
        press((uint32_t)(unsigned char)*c);
    const struct form_item *start = form_find(&s->fields.form, IMPORT_START);
    assert_string_equal(start->off, form_value(&s->fields.form, IMPORT_APP)[0] ? "mend the table's name" : "choose a Clarifai app");
    assert_int_equal(s->fields.table, IMPORT_TABLE_BAD);
    stop_app();
}

static void the_job_is_what_the_form_says(void **state)
{
    struct err e;
    struct ask ask;
    (void)state;
    struct import_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    form_set(&s->fields.form, IMPORT_APP, "lab-user/traffic", false);
    form_set(&s->fields.form, IMPORT_CONFLICT, "suffix", false);
    form_set(&s->fields.form, IMPORT_IDS, "whole path", false);
    form_set(&s->fields.form, IMPORT_FILES, "all files", false);
    assert_int_equal(import_form_ask(&s->fields, &ask, &e), 0);
    char *line = ask_command_line(&ask);
    assert_string_equal(line, "lakeferry import volume /Volumes/main/vision/pictures/2026/08 --app lab-user/traffic --dataset pictures-2026-08 "
                              "--table main.vision.pictures_2026_08 --all-files --id-from path --on-conflict suffix --compute warehouse:wh-live-0001");
    free(line);
    ask_release(&ask);
    stop_app();
}

static void a_plan_fills_the_form(void **state)
{
    struct view v = { .id = "import-20261122-7f3a", .state = RUN_AT_GATE, .alive = true, .has_plan = true, .table = "main.vision.pictures_2026_08" };
    v.plan = (struct run_plan){ .staging = "main.vision.out (the setting staging_volume)", .compute = "warehouse wh-live-0001 (STOPPED)", .workflow = "Universal",
                                .files = 1204, .candidates = 1192, .new_items = 1150, .present = 38, .conflict = 3, .failed = 4, .skipped = 12, .ids_changed = 11,
                                .bytes = 147849216, .requests = 10, .seconds = 13, .compute_must_start = true,
                                .notes = { "2 files changed since they were imported: they are read and compared" } };
    (void)state;
    struct import_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    put_plan(s, &v);
    assert_true(golden_has(app_frame(app), "[ Start ]"));
    stop_app();
}

static void a_plan_that_failed_says_why(void **state)
{
    struct view v = { .id = "import-20261122-7f3a", .state = RUN_FAILED,
                      .parked_why = "cannot use the table main.vision.pictures_2026_08: it exists and does not track this source, app and dataset. "
                                    "name another table, or say --if-exists replace or append" };
    (void)state;
    struct import_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    put_plan(s, &v);
    assert_string_equal(start_off(s, NULL), "the plan failed: see above");
    stop_app();
}

static void s3_is_one_honest_line(void **state)
{
    (void)state;
    start_app(NULL, true, false);
    press(UI_KEY_RIGHT);
    assert_true(golden_has(app_frame(app), "Import from S3 is not part of this version"));
    check_sizes("import-s3");
    press(UI_KEY_LEFT);
    assert_true(golden_has(app_frame(app), "Volume"));
    stop_app();
}

static void plans_in_words(void **state)
{
    struct plan_line lines[PLAN_LINES];
    struct run_plan p = { .files = 3, .candidates = 1, .present = 1, .conflict = -1, .failed = -1, .skipped = 2, .ids_changed = 0, .requests = 0 };
    (void)state;
    size_t n = run_words_plan(&p, 90, lines);
    assert_int_equal(n, 4);
    assert_non_null(strstr(lines[0].text, "3 files, 1 candidate, "));
    assert_non_null(strstr(lines[2].text, "2 files of other types"));
    assert_int_equal(lines[2].open, PLAN_OPEN_SKIPPED);
    assert_string_equal(lines[3].text, "nothing to send: everything is there already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_it_connects), cmocka_unit_test(guesses_names_from_the_folder), cmocka_unit_test(hostile_names_stay_in_their_cells),
        cmocka_unit_test(typed_names_are_kept), cmocka_unit_test(a_bad_table_name_is_told), cmocka_unit_test(the_job_is_what_the_form_says),
        cmocka_unit_test(a_plan_fills_the_form), cmocka_unit_test(a_plan_that_failed_says_why), cmocka_unit_test(s3_is_one_honest_line),
        cmocka_unit_test(plans_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
