/* A plan as its line, and back: what does not apply is left out, samples and notes keep their order and their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/plan.h"
#include "core/report.h"

static struct run_plan plan, back;

static void there_and_back(void)
{
    cJSON *line = cJSON_CreateObject();
    assert_non_null(line);
    assert_true(plan_put(line, &plan));
    plan_read(line, &back);
    cJSON_Delete(line);
}

static void what_does_not_apply_is_left_out(void **state)
{
    (void)state;
    plan_init(&plan);
    plan.inserted = 0;
    plan.missing = 7;
    cJSON *line = cJSON_CreateObject();
    assert_true(plan_put(line, &plan));
    assert_int_equal(cJSON_GetArraySize(line), 2);
    cJSON_Delete(line);
    there_and_back();
    assert_int_equal(back.inserted, 0);
    assert_int_equal(back.missing, 7);
    assert_int_equal(back.changed, -1);
    assert_int_equal(back.new_items, -1);
    assert_string_equal(back.samples[0].table, "");
}

static void samples_come_back_and_there_is_room_for_three_of_each(void **state)
{
    (void)state;
    plan_init(&plan);
    for (int i = 0; i < RUN_SAMPLES; i++) {
        struct run_sample *s = plan_sample(&plan, i < 12 ? "inputs" : "annotations", "changed");
        assert_non_null(s);
        snprintf(s->key, sizeof s->key, "key-%d", i);
        snprintf(s->text, sizeof s->text, "image_url: NULL -> \"%d\"", i);
    }
    assert_null(plan_sample(&plan, "inputs", "missing"));
    there_and_back();
    assert_memory_equal(plan.samples, back.samples, sizeof plan.samples);
}

static void a_question_about_the_compute_is_told_from_a_plan(void **state)
{
    (void)state;
    plan_init(&plan);
    plan.compute_must_start = plan.start_only = true;
    there_and_back();
    assert_true(back.start_only && back.compute_must_start);
}

static void a_note_is_kept_once(void **state)
{
    (void)state;
    plan_init(&plan);
    for (int i = 0; i < 3; i++)
        plan_note(&plan, "the table exists");
    plan_note(&plan, "two");
    there_and_back();
    assert_string_equal(back.notes[0], "the table exists");
    assert_string_equal(back.notes[1], "two");
    assert_string_equal(back.notes[2], "");
}

static void a_summary_keeps_what_applies(void **state)
{
    struct run_summary s = {.planned = 5, .verified = 2, .inserted = 1, .changed = 1, .unchanged = 3, .missing = -1, .rows = 9, .commits = 2}, read;
    (void)state;
    cJSON *line = report_summary("update-1", &s, "/r");
    assert_non_null(line);
    assert_null(cJSON_GetObjectItem(line, "missing"));
    report_read_summary(line, &read);
    cJSON_Delete(line);
    assert_int_equal(read.inserted, 1);
    assert_int_equal(read.unchanged, 3);
    assert_int_equal(read.missing, -1);
    assert_int_equal(read.rows, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_apply_is_left_out), cmocka_unit_test(samples_come_back_and_there_is_room_for_three_of_each),
        cmocka_unit_test(a_question_about_the_compute_is_told_from_a_plan), cmocka_unit_test(a_note_is_kept_once),
        cmocka_unit_test(a_summary_keeps_what_applies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
