#include "golden.h"
#include "ui/form_names.h"
#include "ui/job_screen.h"
#include "ui/screens.h"

/* The forms of Import without a platform: what they guess, what they ask for, and how plans look. */

static struct ui_world world;
static struct session session;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

static struct job_screen *start_app(const char *source, bool connected, bool ascii)
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
    return (struct job_screen *)(uintptr_t)app_front(app, NULL);   /* the first of its two forms; the other stands behind it */
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
static void put_plan(struct job_screen *s, const struct view *v)
{
    s->draft = calloc(1, sizeof *s->draft);
    assert_non_null(s->draft);
    *s->draft = *v;
    str_copy(s->planner.id, sizeof s->planner.id, v->id);
    for (size_t i = 0; i < 3; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        app_frame(app);          /* the width is known now */
        job_plan_show(s, NULL);
        form_disable(&s->fields.form, FIELD_START, job_screen_plan_failed(s) ? "the plan failed: see above" : NULL);
        form_disable(&s->fields.form, FIELD_DRY_RUN, NULL);
        form_focus(&s->fields.form, FIELD_START);
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
    app_resize(app, 24, 80);
    assert_true(golden_has(app_frame(app), "choose a volume"));
    stop_app();
}

static void guesses_names_from_the_folder(void **state)
{
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    const struct form *m = &s->fields.form;
    assert_string_equal(form_value(m, FIELD_VOLUME), "main.vision.pictures");
    assert_string_equal(form_value(m, FIELD_FOLDER), "2026/08");
    assert_string_equal(form_value(m, FIELD_DATASET), "pictures-2026-08");
    assert_string_equal(form_value(m, FIELD_TABLE), "main.vision.pictures_2026_08");
    assert_string_equal(form_value(m, FIELD_COMPUTE), "warehouse:wh-live-0001");
    check_sizes("import-here");
    stop_app();
}

static void hints_without_room_leave_no_gap(void **state)
{
    (void)state;
    start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    app_resize(app, 12, 40);
    char *row = golden_row(app_frame(app), 11);
    if (strncmp(row, " Tab next", 9) != 0 && strncmp(row, " Enter ", 7) != 0)
        fail_msg("the hints begin late: %s", row);
    free(row);
    stop_app();
}

static void hostile_names_stay_in_their_cells(void **state)
{
    (void)state;
    struct job_screen *s = start_app("/Volumes/ma`in/b\u00fccher regal/数据集/2026 \u202eevil/${HOME}", true, true);
    assert_string_equal(form_value(&s->fields.form, FIELD_VOLUME), "`ma``in`.`bücher regal`.`数据集`");
    assert_string_equal(form_value(&s->fields.form, FIELD_DATASET), "2026-evil-HOME");
    check_sizes("import-hostile");
    stop_app();
}

static void typed_names_are_kept(void **state)
{
    struct err e;
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures", true, false);
    form_focus(&s->fields.form, FIELD_TABLE);
    press('2');
    assert_string_equal(form_value(&s->fields.form, FIELD_TABLE), "main.vision.pictures2");
    assert_int_equal(job_form_take_place(&s->fields, "/Volumes/main/vision/scans", &e), 0);
    assert_string_equal(form_value(&s->fields.form, FIELD_TABLE), "main.vision.pictures2");
    assert_string_equal(form_value(&s->fields.form, FIELD_DATASET), "scans");
    stop_app();
}

static void a_bad_table_name_is_told(void **state)
{
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures", true, false);
    form_focus(&s->fields.form, FIELD_TABLE);
    for (const char *c = ".x.y"; *c; c++)
        press((uint32_t)(unsigned char)*c);
    const struct form_item *start = form_find(&s->fields.form, FIELD_START);
    assert_string_equal(start->off, "choose a Clarifai app");
    assert_int_equal(s->fields.tables[0].state, JOB_TABLE_BAD);
    form_set(&s->fields.form, FIELD_APP, "lab-user/traffic", false);
    char text[300];
    assert_true(str_starts(job_form_missing(&s->fields, text, sizeof text), "Inputs table: "));
    stop_app();
}

static void the_job_is_what_the_form_says(void **state)
{
    struct err e;
    struct ask ask;
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    form_set(&s->fields.form, FIELD_APP, "lab-user/traffic", false);
    form_set(&s->fields.form, FIELD_CONFLICT, "suffix", false);
    form_set(&s->fields.form, FIELD_IDS, "whole path", false);
    form_set(&s->fields.form, FIELD_FILES, "all files", false);
    assert_int_equal(job_form_ask(&s->fields, &ask, &e), 0);
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
    struct job_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
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
    struct job_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    put_plan(s, &v);
    assert_true(job_screen_plan_failed(s));
    stop_app();
}

static void s3_is_the_other_half(void **state)
{
    (void)state;
    struct job_screen *s3 = start_app(NULL, true, false) + 1;
    press(UI_KEY_RIGHT);
    assert_true(golden_has(app_frame(app), "[S3]"));
    assert_true(golden_has(app_frame(app), "type the URL"));
    check_sizes("import-s3");
    app_press(app, &(struct keymap_press){ .code = 'v', .mods = UI_MOD_ALT });
    assert_true(golden_has(app_frame(app), "[Volume]"));
    app_press(app, &(struct keymap_press){ .code = 's', .mods = UI_MOD_ALT });
    for (const char *c = "s3://lab-bucket/sets/night cars.csv"; *c; c++)
        press((uint32_t)(unsigned char)*c);
    const struct form *m = &s3->fields.form;
    assert_string_equal(form_value(m, FIELD_FORMAT), "csv");
    assert_string_equal(form_value(m, FIELD_DATASET), "night-cars");
    form_set(&s3->fields.form, FIELD_SCHEMA, "main.vision", false);
    job_form_refresh(&s3->fields);
    assert_string_equal(form_value(m, FIELD_TABLE), "night_cars");
    check_sizes("import-s3-typed");
    press(UI_KEY_BACK_TAB);    /* to the first field, which goes back */
    press(UI_KEY_LEFT);
    assert_true(golden_has(app_frame(app), "[Volume]"));
    stop_app();
}

static void an_s3_job(void **state)
{
    struct err e;
    struct ask ask;
    (void)state;
    struct job_screen *s = start_app(NULL, true, false) + 1;
    form_set(&s->fields.form, FIELD_URL, "s3://lab-bucket/delta/cars/", false);
    form_set(&s->fields.form, FIELD_APP, "lab-user/traffic", false);
    form_set(&s->fields.form, FIELD_SCHEMA, "(no table)", false);
    form_set(&s->fields.form, FIELD_STAGING, "main.vision.out", false);
    job_form_refresh(&s->fields);
    assert_null(form_find(&s->fields.form, FIELD_TABLE));
    assert_int_equal(job_form_ask(&s->fields, &ask, &e), 0);
    char *line = ask_command_line(&ask);
    assert_string_equal(line, "lakeferry import s3 s3://lab-bucket/delta/cars/ --format delta --app lab-user/traffic --dataset cars "
                              "--staging main.vision.out --compute warehouse:wh-live-0001");
    free(line);
    ask_release(&ask);
    stop_app();
}

static void a_wrong_url_is_told(void **state)
{
    char text[200];
    (void)state;
    struct job_screen *s = start_app(NULL, true, false) + 1;
    form_set(&s->fields.form, FIELD_APP, "lab-user/traffic", false);
    form_set(&s->fields.form, FIELD_SCHEMA, "main.vision", false);
    form_set(&s->fields.form, FIELD_DATASET, "cars", false);
    form_set(&s->fields.form, FIELD_URL, "https://example.com/cars.csv", false);
    job_form_refresh(&s->fields);
    assert_string_equal(job_form_missing(&s->fields, text, sizeof text), "the URL has to begin with s3://, s3a://, abfss://, gs:// or /Volumes/");
    form_set(&s->fields.form, FIELD_URL, "s3://lab-bucket/", false);
    job_form_refresh(&s->fields);
    assert_string_equal(job_form_missing(&s->fields, text, sizeof text), "say which file or folder of the bucket is read");
    stop_app();
}

/* As pasted into the field with the focus, then Enter. */
static void paste(const char *text)
{
    press(UI_KEY_PASTE_BEGIN);
    for (; *text; text++)
        press((uint32_t)(unsigned char)*text);
    press(UI_KEY_PASTE_END);
    press(UI_KEY_ENTER);
}

static void a_whole_name_is_taken(void **state)
{
    (void)state;
    struct job_screen *s = start_app(NULL, true, false);
    const struct form *m = &s->fields.form;
    form_focus(&s->fields.form, FIELD_VOLUME);
    for (const char *c = "Main.vision.pictures"; *c; c++)
        press((uint32_t)(unsigned char)*c);
    assert_int_equal(m->picking, FIELD_VOLUME);
    assert_true(golden_has(app_frame(app), "Enter: take \"Main.vision.pictures\""));
    press(UI_KEY_ENTER);
    assert_int_equal(m->picking, 0);
    assert_string_equal(form_value(m, FIELD_VOLUME), "main.vision.pictures");
    assert_string_equal(form_value(m, FIELD_FOLDER), FORM_NAMES_WHOLE);
    assert_string_equal(form_value(m, FIELD_DATASET), "pictures");
    form_focus(&s->fields.form, FIELD_VOLUME);
    paste(" /Volumes/main/vision/scans/2026/08\n");
    assert_string_equal(form_value(m, FIELD_VOLUME), "main.vision.scans");
    assert_string_equal(form_value(m, FIELD_FOLDER), "2026/08");
    assert_string_equal(form_value(m, FIELD_DATASET), "scans-2026-08");
    form_focus(&s->fields.form, FIELD_VOLUME);
    paste("main.vision");
    assert_int_equal(m->picking, FIELD_VOLUME);   /* no whole name: nothing is taken */
    assert_string_equal(form_value(m, FIELD_VOLUME), "main.vision.scans");
    stop_app();
}

static void a_schema_is_taken_and_a_folder_is_not(void **state)
{
    (void)state;
    struct job_screen *s3 = start_app(NULL, true, false) + 1;
    const struct form *m = &s3->fields.form;
    press(UI_KEY_RIGHT);
    form_focus(&s3->fields.form, FIELD_SCHEMA);
    paste("main.vision.pictures");
    assert_int_equal(m->picking, FIELD_SCHEMA);
    assert_true(golden_has(app_frame(app), "a whole name is taken, too: catalog.schema"));
    assert_false(m->picker.loading);              /* without a connection nobody is asked */
    press(UI_KEY_ESC);
    paste("main.vision");
    assert_string_equal(form_value(m, FIELD_SCHEMA), "main.vision");
    form_focus(&s3->fields.form, FIELD_STAGING);
    paste("main.vision.out/tmp");   /* nothing keeps the folder */
    assert_int_equal(m->picking, FIELD_STAGING);
    press(UI_KEY_ESC);
    paste("main.vision.out");
    assert_string_equal(form_value(m, FIELD_STAGING), "main.vision.out");
    stop_app();
}

static void a_key_goes_to_start(void **state)
{
    struct view v = { .id = "import-20261122-7f3a", .state = RUN_AT_GATE, .alive = true, .has_plan = true };
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    v.plan = (struct run_plan){ .staging = "main.vision.out", .compute = "warehouse wh-live-0001 (STOPPED)", .files = 1204, .candidates = 1192,
                                .new_items = 1150, .present = 38, .conflict = 3, .failed = 4, .skipped = 12, .ids_changed = 11, .requests = 10, .seconds = 13 };
    assert_false(golden_has(app_frame(app), "F5"));   /* no plan, and Start is seen */
    s->draft = calloc(1, sizeof *s->draft);
    assert_non_null(s->draft);
    *s->draft = v;
    str_copy(s->planner.id, sizeof s->planner.id, v.id);
    for (size_t i = 0; i < 3; i++) {
        app_resize(app, sizes[i].rows, sizes[i].cols);
        app_frame(app);
        job_plan_show(s, NULL);
        form_disable(&s->fields.form, FIELD_START, NULL);
        form_focus(&s->fields.form, FIELD_VOLUME);
        press(UI_KEY_PAGE_UP);   /* takes the message away */
        const struct frame *f = app_frame(app);
        bool seen = golden_has(f, "[ Start ]");
        assert_int_equal(seen, i == 1);
        assert_int_equal(golden_row_has(f, f->rows - 2, "F5 goes to Start"), !seen);
        if (i == 0)
            assert_true(golden_row_has(f, f->rows - 1, "F5 start"));
        press(UI_KEY_F0 + 5);
        assert_int_equal(s->fields.form.focus, FIELD_START);
        f = app_frame(app);
        assert_true(golden_has(f, "[ Start ]"));
        assert_false(golden_has(f, "F5"));
        form_focus(&s->fields.form, FIELD_COPY);   /* where letters are no text */
        press(UI_KEY_F0 + 5);
        assert_int_equal(s->fields.form.focus, FIELD_START);
        assert_true(golden_row_has(app_frame(app), f->rows - 2, "nothing was changed yet"));   /* no message */
    }
    form_disable(&s->fields.form, FIELD_START, "the plan is being made");
    form_focus(&s->fields.form, FIELD_COPY);
    press(UI_KEY_F0 + 5);
    assert_int_equal(s->fields.form.focus, FIELD_START);   /* whose reason stands beside it */
    s->planner.id[0] = '\0';
    stop_app();
}

static void a_plan_that_was_cancelled_is_told(void **state)
{
    struct view v = { .id = "import-20261122-7f3a", .state = RUN_CANCELLED, .has_plan = true };
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures/2026/08", true, false);
    app_resize(app, 24, 80);
    s->draft = calloc(1, sizeof *s->draft);
    assert_non_null(s->draft);
    *s->draft = v;
    str_copy(s->planner.id, sizeof s->planner.id, v.id);
    s->heard_ms = 1;             /* silent for long */
    app_frame(app);
    job_plan_show(s, NULL);
    form_focus(&s->fields.form, FIELD_START);
    app_say(app, ROLE_DIM, "nothing was changed yet");   /* it is drawn again */
    assert_true(job_screen_plan_cancelled(s));
    assert_false(job_screen_planned(s) || job_screen_plan_failed(s));
    assert_true(golden_has(app_frame(app), "the plan was cancelled, in another terminal or window"));
    assert_true(golden_has(app_frame(app), "Ctrl-R makes the plan again"));
    assert_false(golden_has(app_frame(app), "no answer"));
    s->planner.id[0] = '\0';
    stop_app();
}

static void a_dataset_that_cannot_be_is_told(void **state)
{
    (void)state;
    struct job_screen *s = start_app("/Volumes/main/vision/pictures", true, false);
    const struct form_item *dataset = form_find(&s->fields.form, FIELD_DATASET);
    assert_string_equal(dataset->note ? dataset->note : "", "");
    form_focus(&s->fields.form, FIELD_DATASET);
    paste("night cars!");
    assert_string_equal(form_value(&s->fields.form, FIELD_DATASET), "night cars!");
    assert_string_equal(form_find(&s->fields.form, FIELD_DATASET)->note, "cannot be an id");
    assert_int_equal(form_find(&s->fields.form, FIELD_DATASET)->note_role, ROLE_BAD);
    stop_app();
}

static void plans_in_words(void **state)
{
    struct plan_line lines[PLAN_LINES];
    struct view v = { .plan = { .files = 3, .candidates = 1, .present = 1, .conflict = -1, .failed = -1, .skipped = 2, .ids_changed = 0, .requests = 0 } };
    (void)state;
    size_t n = run_words_plan(&v, 90, lines);
    assert_int_equal(n, 4);
    assert_non_null(strstr(lines[0].text, "3 files, 1 candidate, "));
    assert_non_null(strstr(lines[2].text, "2 files of other types"));
    assert_int_equal(lines[2].open, PLAN_OPEN_SKIPPED);
    assert_string_equal(lines[3].text, "nothing to send: everything is there already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_it_connects), cmocka_unit_test(guesses_names_from_the_folder), cmocka_unit_test(hints_without_room_leave_no_gap), cmocka_unit_test(hostile_names_stay_in_their_cells),
        cmocka_unit_test(typed_names_are_kept), cmocka_unit_test(a_bad_table_name_is_told), cmocka_unit_test(the_job_is_what_the_form_says),
        cmocka_unit_test(a_plan_fills_the_form), cmocka_unit_test(a_plan_that_failed_says_why), cmocka_unit_test(s3_is_the_other_half), cmocka_unit_test(an_s3_job), cmocka_unit_test(a_wrong_url_is_told),
        cmocka_unit_test(plans_in_words), cmocka_unit_test(a_whole_name_is_taken), cmocka_unit_test(a_schema_is_taken_and_a_folder_is_not),
        cmocka_unit_test(a_key_goes_to_start), cmocka_unit_test(a_plan_that_was_cancelled_is_told), cmocka_unit_test(a_dataset_that_cannot_be_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
