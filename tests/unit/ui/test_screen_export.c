#include "job_world.h"
#include "ui/form_names.h"

/* The form of Export without a platform. */

static struct job_screen *start_export(const char *schema) { return start_form(&screen_export, TAB_EXPORT, schema); }

static void fill(struct job_screen *s)
{
    set_field(s, FIELD_APP, "lab-user/traffic");
    set_field(s, FIELD_DATASET, "night cars");
}

static void asks_for_what_is_missing(void **state)
{
    (void)state;
    struct job_screen *s = start_export(NULL);
    check_sizes("export-empty");
    assert_string_equal(missing_of(s), "choose a Clarifai app");
    fill(s);
    assert_string_equal(missing_of(s), "choose the schema of the tables");
    stop_form();
}

static void a_schema_brought_along_fills_the_rest(void **state)
{
    (void)state;
    struct job_screen *s = start_export("main.vision");
    assert_string_equal(job_value(&s->fields, FIELD_SCHEMA), "main.vision");
    assert_int_equal(s->fields.form.focus, FIELD_DATASET);
    fill(s);
    job_form_refresh(&s->fields);
    assert_string_equal(job_value(&s->fields, FIELD_TABLE), "night_cars_inputs");
    assert_string_equal(job_value(&s->fields, FIELD_ANNOTATIONS), "night_cars_annotations");
    check_sizes("export-filled");
    check_command(s, "lakeferry export --app lab-user/traffic --dataset 'night cars' --inputs-table main.vision.night_cars_inputs "
                     "--annotations-table main.vision.night_cars_annotations --compute warehouse:wh-live-0001");
    stop_form();
}

static void images_get_a_folder_of_their_own(void **state)
{
    (void)state;
    struct job_screen *s = start_export("main.vision");
    fill(s);
    set_field(s, FIELD_IMAGES, "main.vision.out");
    set_field(s, FIELD_SCOPE, "also models'");
    set_field(s, FIELD_STAGING, "main.vision.scratch");
    job_form_refresh(&s->fields);
    assert_non_null(form_find(&s->fields.form, FIELD_IMAGES_FOLDER));
    check_command(s, "lakeferry export --app lab-user/traffic --dataset 'night cars' --inputs-table main.vision.night_cars_inputs "
                     "--annotations-table main.vision.night_cars_annotations --images '/Volumes/main/vision/out/night cars' --include-model-annotations "
                     "--staging main.vision.scratch --compute warehouse:wh-live-0001");
    set_field(s, FIELD_IMAGES, "off");
    job_form_refresh(&s->fields);
    assert_null(form_find(&s->fields.form, FIELD_IMAGES_FOLDER));
    stop_form();
}

static void a_folder_typed_with_its_volume_is_kept(void **state)
{
    (void)state;
    struct job_screen *s = start_export("main.vision");
    fill(s);
    set_field(s, FIELD_IMAGES, "/Volumes/main/vision/out/2026/08");
    job_form_take(&s->fields, (struct form_event){ FORM_NEW, FIELD_IMAGES });
    assert_string_equal(job_value(&s->fields, FIELD_IMAGES), "main.vision.out");
    assert_string_equal(job_value(&s->fields, FIELD_IMAGES_FOLDER), "2026/08");
    set_field(s, FIELD_IMAGES, "main.vision.scratch");
    job_form_take(&s->fields, (struct form_event){ FORM_NEW, FIELD_IMAGES });
    assert_string_equal(job_value(&s->fields, FIELD_IMAGES_FOLDER), "night cars");
    stop_form();
}

static void one_table_twice_is_refused(void **state)
{
    (void)state;
    struct job_screen *s = start_export("main.vision");
    fill(s);
    set_field(s, FIELD_TABLE, "Cars");
    set_field(s, FIELD_ANNOTATIONS, "main.vision.cars");
    assert_string_equal(missing_of(s), "Annotations table: it is the inputs table: the two must differ");
    assert_string_equal(form_find(&s->fields.form, FIELD_ANNOTATIONS)->note, "it is the inputs table: the two must differ");
    app_resize(app, 24, 80);
    assert_true(golden_has(app_frame(app), "it is the inputs table: the two must differ"));
    stop_form();
}

static void names_are_checked_as_they_are_typed(void **state)
{
    (void)state;
    struct job_screen *s = start_export("main.vision");
    fill(s);
    job_form_refresh(&s->fields);
    form_focus(&s->fields.form, FIELD_TABLE);
    app_press(app, &(struct keymap_press){ .code = '/' });
    assert_int_equal(s->fields.tables[0].state, JOB_TABLE_BAD);
    assert_true(form_find(&s->fields.form, FIELD_TABLE)->note[0] != '\0');
    assert_true(str_starts(missing_of(s), "Inputs table: "));
    app_press(app, &(struct keymap_press){ .code = UI_KEY_BACKSPACE });
    assert_int_equal(s->fields.tables[0].state, JOB_TABLE_UNKNOWN);
    stop_form();
}

static void what_exists_is_asked_about(void **state)
{
    (void)state;
    struct job_screen *s = start_export("main.vision");
    fill(s);
    s->fields.tables[1].state = JOB_TABLE_THERE;
    assert_true(form_names_exists_shown(&s->fields));
    s->fields.tables[1].state = JOB_TABLE_FREE;
    s->fields.tables[0].state = JOB_TABLE_FREE;
    assert_false(form_names_exists_shown(&s->fields));
    stop_form();
}

static void a_plan_fills_the_form(void **state)
{
    struct view v = { .id = "export-20261122-7f3a", .verb = ASK_EXPORT, .state = RUN_AT_GATE, .alive = true, .has_plan = true, .table = "main.vision.night_cars_inputs" };
    v.plan = (struct run_plan){ .staging = "main.vision.out (the setting staging_volume)", .compute = "warehouse wh-live-0001 (STOPPED)",
                                .files = 104293, .candidates = 104293, .new_items = -1, .present = -1, .conflict = 2, .failed = -1, .skipped = -1, .ids_changed = -1,
                                .requests = 317, .seconds = 22, .inserted = -1, .changed = -1, .unchanged = -1, .missing = -1, .compute_must_start = true };
    (void)state;
    struct job_screen *s = start_export("main.vision");
    fill(s);
    check_plan(s, &v, "export-plan");
    assert_non_null(form_find(&s->fields.form, FIELD_LINE + PLAN_OPEN_CONFLICT));
    stop_form();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_what_is_missing), cmocka_unit_test(a_schema_brought_along_fills_the_rest), cmocka_unit_test(images_get_a_folder_of_their_own),
        cmocka_unit_test(a_folder_typed_with_its_volume_is_kept),
        cmocka_unit_test(one_table_twice_is_refused), cmocka_unit_test(names_are_checked_as_they_are_typed), cmocka_unit_test(what_exists_is_asked_about),
        cmocka_unit_test(a_plan_fills_the_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
