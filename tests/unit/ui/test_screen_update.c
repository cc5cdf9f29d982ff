#include "job_world.h"

/* The form of Update without a platform. */

static struct job_screen *start_update(const char *table) { return start_form(&screen_update, TAB_UPDATE, table); }

static void fill(struct job_screen *s)
{
    set_field(s, FIELD_TABLE, "main.vision.cars_inputs");
    set_field(s, FIELD_ANNOTATIONS, "main.vision.cars_annotations");
    set_field(s, FIELD_APP, "lab-user/traffic");
    set_field(s, FIELD_DATASET, "cars");
}

static void asks_for_two_tables(void **state)
{
    (void)state;
    struct job_screen *s = start_update(NULL);
    check_sizes("update-empty");
    assert_string_equal(missing_of(s), "choose the inputs table");
    set_field(s, FIELD_TABLE, "main.vision.cars_inputs");
    assert_string_equal(missing_of(s), "choose the annotations table");
    stop_form();
}

static void the_same_table_twice_is_refused(void **state)
{
    (void)state;
    struct job_screen *s = start_update(NULL);
    fill(s);
    set_field(s, FIELD_ANNOTATIONS, "main.vision.cars_inputs");
    assert_string_equal(missing_of(s), "Annotations table: it is the inputs table: the two must differ");
    assert_string_equal(form_find(&s->fields.form, FIELD_ANNOTATIONS)->note, "it is the inputs table: the two must differ");
    check_sizes("update-twice");
    stop_form();
}

static void the_job_is_what_the_form_says(void **state)
{
    (void)state;
    struct job_screen *s = start_update(NULL);
    fill(s);
    set_field(s, FIELD_SCOPE, "also models'");
    check_command(s, "lakeferry update --app lab-user/traffic --dataset cars --inputs-table main.vision.cars_inputs "
                     "--annotations-table main.vision.cars_annotations --include-model-annotations --compute warehouse:wh-live-0001");
    stop_form();
}

static void rows_are_removed_only_where_the_tables_say_so(void **state)
{
    (void)state;
    struct job_screen *s = start_update(NULL);
    fill(s);
    set_field(s, FIELD_DELETE, "yes");
    assert_string_equal(missing_of(s), "refused: the tables do not say which dataset they hold");
    stop_form();
}

static void a_table_brought_along_replaces_the_pair(void **state)
{
    struct err e;
    (void)state;
    struct job_screen *s = start_update(NULL);
    fill(s);
    set_field(s, FIELD_DELETE, "yes");
    assert_int_equal(job_form_take_place(&s->fields, "main.vision.bikes", &e), 0);
    assert_string_equal(s->fields.given, "main.vision.bikes");   /* its columns tell which of the two it is */
    assert_string_equal(job_value(&s->fields, FIELD_TABLE), "");
    assert_string_equal(job_value(&s->fields, FIELD_DELETE), "no");
    assert_int_equal(job_form_take_place(&s->fields, "bikes", &e), -1);
    stop_form();
}

static struct view plan_view(void)
{
    struct view v = { .id = "update-20261122-7f3a", .verb = ASK_UPDATE, .state = RUN_AT_GATE, .alive = true, .has_plan = true, .table = "main.vision.cars_inputs",
                      .annotations_table = "main.vision.cars_annotations" };
    v.plan = (struct run_plan){ .staging = "main.vision.out (the setting staging_volume)", .compute = "warehouse wh-live-0001", .files = -1, .candidates = -1,
                                .new_items = -1, .present = -1, .conflict = 1, .failed = -1, .skipped = -1, .ids_changed = -1, .requests = 12, .seconds = 2,
                                .inserted = 12, .changed = 1, .unchanged = 1404, .missing = 3,
                                .samples = { { "inputs", "inserted", "car-1", "" }, { "annotations", "changed", "a1 car-2", "annotation_status: PENDING -> SUCCESS" } } };
    return v;
}

static void a_plan_fills_the_form(void **state)
{
    struct view v = plan_view();
    (void)state;
    struct job_screen *s = start_update(NULL);
    fill(s);
    check_plan(s, &v, "update-plan");
    const struct form_item *changed = form_find(&s->fields.form, FIELD_LINE + PLAN_OPEN_UPDATED);
    assert_non_null(changed);
    assert_true(changed->opens);
    assert_null(form_find(&s->fields.form, FIELD_LINE + PLAN_OPEN_MISSING));   /* no sample of it */
    stop_form();
}

static void a_stopped_compute_is_asked_about(void **state)
{
    struct view v = plan_view();
    (void)state;
    v.plan.start_only = v.plan.compute_must_start = true;
    str_copy(v.plan.compute, sizeof v.plan.compute, "warehouse Night (STOPPED)");
    struct job_screen *s = start_update(NULL);
    fill(s);
    check_plan(s, &v, "update-start");
    assert_non_null(form_find(&s->fields.form, FIELD_BEGIN));
    assert_false(job_screen_planned(s));
    stop_form();
}

static void nothing_to_do_is_said(void **state)
{
    struct view v = plan_view();
    struct plan_line lines[PLAN_LINES];
    bool said = false;
    (void)state;
    v.plan.inserted = v.plan.changed = 0;
    size_t n = run_words_plan(&v, 0, lines);
    for (size_t i = 0; i < n; i++)
        said = said || str_eq(lines[i].text, "the tables hold what Clarifai has");
    assert_true(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_two_tables), cmocka_unit_test(the_same_table_twice_is_refused), cmocka_unit_test(the_job_is_what_the_form_says),
        cmocka_unit_test(rows_are_removed_only_where_the_tables_say_so), cmocka_unit_test(a_table_brought_along_replaces_the_pair),
        cmocka_unit_test(a_plan_fills_the_form), cmocka_unit_test(a_stopped_compute_is_asked_about), cmocka_unit_test(nothing_to_do_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
