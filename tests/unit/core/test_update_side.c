/* What the catalog says of a table decides what an update does with it; sample rows as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/file.h"
#include "core/rows.h"
#include "core/update.h"

static const struct update_wish people = {.dataset = "lab-user/traffic/ds", .app = "lab-user/traffic/", .scope = "people"};
static const struct update_wish everything = {.dataset = "lab-user/traffic/ds", .app = "lab-user/traffic/", .scope = "all"};
static struct ask ask;
static struct update_side sides[2];

struct column { const char *name, *type; bool needed; };

static void put_table(struct update_side *side, const char *type, const char *format, const struct column *columns, size_t n)
{
    struct databricks_object *o = &side->object;
    *o = (struct databricks_object){.type = str_dup(type), .format = str_dup(format), .name = str_dup("t"), .full_name = str_dup("c.s.t"),
                                    .owner = str_dup(""), .comment = str_dup(""), .storage_location = str_dup(""), .view_definition = str_dup("")};
    o->columns = calloc(n + 1, sizeof *o->columns);
    o->column_count = n;
    for (size_t i = 0; i < n; i++)
        o->columns[i] = (struct databricks_column){.name = str_dup(columns[i].name), .type_text = str_dup(columns[i].type), .comment = str_dup(""),
                                                   .nullable = !columns[i].needed};
}

static void put_property(struct update_side *side, const char *key, const char *value)
{
    struct databricks_object *o = &side->object;
    if (!o->properties)
        o->properties = calloc(8, sizeof *o->properties);
    o->properties[o->property_count].key = str_dup(key);
    o->properties[o->property_count++].value = str_dup(value);
}

static int set_up(void **state)
{
    (void)state;
    ask = (struct ask){.verb = ASK_UPDATE};
    ask.table = (struct name){.catalog = str_dup("main"), .schema = str_dup("vision"), .object = str_dup("inputs")};
    ask.annotations_table = (struct name){.catalog = str_dup("main"), .schema = str_dup("vision"), .object = str_dup("annotations")};
    update_sides_init(sides, &ask);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    update_sides_release(sides);
    ask_release(&ask);
    return 0;
}

static const struct column vendor_inputs[] = {{"input_id", "string", false}, {"image_url", "string", false}, {"image_info", "string", false},
                                              {"input_created_at", "string", false}, {"input_modified_at", "string", false},
                                              {"input_metadata", "string", false}};

static const char *type_of(const struct update_side *side, const char *name)
{
    for (size_t i = 0; i < side->count; i++)
        if (str_eq(side->fields[i].name, name))
            return side->fields[i].type;
    return NULL;
}

static void a_table_of_clarifais_own_tools_keeps_its_text_columns(void **state)
{
    struct err e = {0};
    (void)state;
    put_table(&sides[0], "MANAGED", "DELTA", vendor_inputs, 6);
    assert_int_equal(update_side_fit(&sides[0], &people, &e), 0);
    assert_int_equal(sides[0].count, 6);
    assert_string_equal(type_of(&sides[0], "input_created_at"), "STRING");
    assert_null(type_of(&sides[0], "input_concepts"));
    assert_false(sides[0].shared);
    assert_false(sides[0].join_list);
    assert_non_null(strstr(sides[0].keep, "nothing says"));
}

static void our_own_table_is_whole_and_may_lose_rows(void **state)
{
    struct column columns[16];
    struct err e = {0};
    (void)state;
    for (size_t i = 0; i < rows_inputs_count; i++)
        columns[i] = (struct column){rows_inputs_fields[i].name, str_eq(rows_inputs_fields[i].type, "TIMESTAMP") ? "timestamp" : "string", false};
    put_table(&sides[0], "EXTERNAL", "DELTA", columns, rows_inputs_count);
    put_property(&sides[0], "lakeferry.datasets", "lab-user/traffic/ds");
    put_property(&sides[0], "lakeferry.scope", "people");
    assert_int_equal(update_side_fit(&sides[0], &people, &e), 0);
    assert_int_equal(sides[0].count, rows_inputs_count);
    assert_string_equal(type_of(&sides[0], "input_created_at"), "TIMESTAMP");
    assert_string_equal(sides[0].keep, "");
    assert_int_equal(update_side_fit(&sides[0], &everything, &e), 0);
    assert_true(sides[0].set_scope);
    assert_non_null(strstr(sides[0].keep, "annotations of people"));
}

static void what_cannot_be_updated_is_refused_with_its_reason(void **state)
{
    static const struct { const char *type, *format; struct column columns[2]; const char *says; } cases[] = {
        {"VIEW", "", {{"input_id", "string", false}, {"image_url", "string", false}}, "no writable Delta table"},
        {"MANAGED", "ICEBERG", {{"input_id", "string", false}, {"image_url", "string", false}}, "no writable Delta table"},
        {"MANAGED", "DELTA", {{"id", "string", false}, {"image_url", "string", false}}, "has no column input_id"},
        {"MANAGED", "DELTA", {{"input_id", "bigint", false}, {"image_url", "string", false}}, "is bigint, and an update writes STRING"},
        {"MANAGED", "DELTA", {{"input_id", "string", false}, {"input_created_at", "date", false}}, "TIMESTAMP or STRING"},
        {"MANAGED", "DELTA", {{"input_id", "string", false}, {"image_info", "struct<a:int>", false}}, "is struct<a:int>"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        char sentence[1024];
        put_table(&sides[0], cases[i].type, cases[i].format, cases[i].columns, 2);
        assert_int_equal(update_side_fit(&sides[0], &people, &e), -1);
        assert_int_equal(err_exit_status(&e), 1);
        err_sentence(&e, sentence, sizeof sentence);
        if (!strstr(sentence, cases[i].says) || !strstr(sentence, "main.vision.inputs"))
            fail_msg("case %zu says: %s", i, sentence);
        databricks_object_release(&sides[0].object);
    }
}

static void whose_rows_a_table_holds_decides(void **state)
{
    static const struct { const char *list; int result; bool shared, join; } cases[] = {
        {"lab-user/traffic/ds", 0, false, false},
        {"lab-user/traffic/ds,lab-user/traffic/other", 0, true, false},
        {"lab-user/traffic/other", 0, true, true},
        {"lab-user/traffic/ds2", 0, true, true},
        {"lab-user/elsewhere/ds", -1, false, false},
        {"lab-user/traffic/ds,somebody/traffic/ds", -1, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = {0};
        put_table(&sides[0], "MANAGED", "DELTA", vendor_inputs, 6);
        put_property(&sides[0], "lakeferry.datasets", cases[i].list);
        put_property(&sides[0], "lakeferry.scope", "people");
        assert_int_equal(update_side_fit(&sides[0], &people, &e), cases[i].result);
        if (cases[i].result == 0) {
            assert_int_equal(sides[0].shared, cases[i].shared);
            assert_int_equal(sides[0].join_list, cases[i].join);
            assert_int_equal(sides[0].keep[0] != '\0', cases[i].shared);
        }
        databricks_object_release(&sides[0].object);
    }
}

static void a_tracking_table_never_loses_rows_and_a_needy_column_is_known(void **state)
{
    static const struct column columns[] = {{"INPUT_ID", "STRING", true}, {"source_path", "string", true}, {"image_url", "string", false}};
    struct err e = {0};
    (void)state;
    put_table(&sides[0], "MANAGED", "DELTA", columns, 3);
    put_property(&sides[0], "lakeferry.datasets", "lab-user/traffic/ds");
    assert_int_equal(update_side_fit(&sides[0], &people, &e), 0);
    assert_string_equal(sides[0].needs, "source_path");
    assert_non_null(strstr(sides[0].keep, "not written by an export"));
}

static void a_table_of_keys_alone_gets_new_rows_only(void **state)
{
    struct buf text = BUF_INIT;
    struct stages_job job = {.ask = &ask};
    (void)state;
    char folder[] = "/tmp/lakeferry-side.XXXXXX";
    struct err err = {0};
    assert_non_null(mkdtemp(folder));
    assert_int_equal(journal_open(folder, true, &job.journal, &err), 0);
    put_table(&sides[0], "MANAGED", "DELTA", vendor_inputs, 1);
    assert_int_equal(update_side_fit(&sides[0], &people, &err), 0);
    struct sql_merge m = update_merge_of(&job, &sides[0], "/Volumes/c/s/v/inputs-1");
    assert_int_equal(sql_merge(&text, &m), 0);
    assert_null(strstr(text.data, "UPDATE SET"));
    assert_non_null(strstr(text.data, "THEN INSERT (`input_id`)"));
    buf_release(&text);
    journal_close(job.journal);
    assert_int_equal(file_remove_tree(folder, &err), 0);
}

/* A list of no dataset, emptied by hand, must not become a list of exactly this one. */
static void an_empty_list_says_nothing(void **state)
{
    struct err err = {0};
    (void)state;
    put_table(&sides[0], "MANAGED", "DELTA", vendor_inputs, 2);
    put_property(&sides[0], "lakeferry.datasets", "");
    put_property(&sides[0], "lakeferry.scope", "people");
    assert_int_equal(update_side_fit(&sides[0], &people, &err), 0);
    assert_false(sides[0].join_list);
    assert_non_null(strstr(sides[0].keep, "nothing says which datasets"));
}

static void the_scope_of_a_table_is_kept(void **state)
{
    struct ask flagged = {.include_model_annotations = true};
    (void)state;
    put_table(&sides[1], "MANAGED", "DELTA", vendor_inputs, 1);
    assert_string_equal(update_scope(&ask, &sides[1].object), "people");
    assert_string_equal(update_scope(&flagged, &sides[1].object), "all");
    put_property(&sides[1], "lakeferry.scope", "all");
    assert_string_equal(update_scope(&ask, &sides[1].object), "all");
}

/* --- samples --- */

#define CELLS 9
static char *cells[CELLS];
static struct compute_column columns[CELLS] = {{(char *)"t1", NULL}, {(char *)"s1", NULL}, {(char *)"e1", NULL}, {(char *)"t2", NULL}, {(char *)"s2", NULL},
                                               {(char *)"e2", NULL}, {(char *)"k0", NULL}, {(char *)"k1", NULL}, {(char *)"n", NULL}};
static struct compute_rows one_row = {.columns = columns, .column_count = CELLS, .cells = cells, .row_count = 1};

static void fill(const char *t1, const char *s1, const char *t2, const char *s2)
{
    const char *const values[CELLS] = {t1, s1, str_eq(t1, s1) ? "true" : "false", t2, s2, str_eq(t2, s2) ? "true" : "false", "car-1", NULL, NULL};
    for (size_t i = 0; i < CELLS; i++)
        cells[i] = (char *)(uintptr_t)values[i];
}

static void a_sample_says_what_changes_from_what_to_what(void **state)
{
    char old[400] = "", new[400] = "";
    struct run_sample s = {.table = "inputs", .change = "changed"};
    (void)state;
    sides[0].count = 3;
    sides[0].fields[0] = (struct sql_field){"input_id", "STRING"};
    sides[0].fields[1] = (struct sql_field){"image_url", "STRING"};
    sides[0].fields[2] = (struct sql_field){"input_modified_at", "TIMESTAMP"};
    fill(NULL, "", "1767225600123456", "1767225600123457");
    update_sample_fill(&s, &sides[0], SQL_CHANGED, &one_row, 0);
    assert_string_equal(s.key, "car-1");
    assert_string_equal(s.text, "image_url: NULL -> \"\", input_modified_at: 2026-01-01T00:00:00.123456Z -> 2026-01-01T00:00:00.123457Z");
    memset(old, 'x', 300);
    memset(new, 'x', 300);
    memset(old + 290, 'a', 5);
    memset(new + 290, 'b', 5);
    fill(old, new, NULL, NULL);
    update_sample_fill(&s, &sides[0], SQL_CHANGED, &one_row, 0);
    assert_string_equal(s.text, "image_url: ...xxxxxxxxxxaaaaaxxxxx -> ...xxxxxxxxxxbbbbbxxxxx");
    fill("same", "same", NULL, NULL);
    cells[2] = (char *)"false";
    update_sample_fill(&s, &sides[0], SQL_CHANGED, &one_row, 0);
    assert_string_equal(s.text, "image_url: differs further on");
    fill(NULL, "http://x/1.jpg", NULL, NULL);
    update_sample_fill(&s, &sides[0], SQL_INSERTED, &one_row, 0);
    assert_string_equal(s.text, "image_url: http://x/1.jpg");
    fill("old", NULL, NULL, NULL);
    update_sample_fill(&s, &sides[0], SQL_MISSING, &one_row, 0);
    assert_string_equal(s.text, "image_url: old");
}

static void a_sample_never_ends_inside_a_character(void **state)
{
    char value[400] = "";
    struct run_sample s = {.table = "inputs", .change = "inserted"};
    (void)state;
    for (int i = 0; i < 100; i++)
        memcpy(value + 3 * i, "\xe6\xbc\xa2", 4);
    sides[0].count = 2;
    sides[0].fields[0] = (struct sql_field){"input_id", "STRING"};
    sides[0].fields[1] = (struct sql_field){"image_url", "STRING"};
    fill(NULL, value, NULL, NULL);
    update_sample_fill(&s, &sides[0], SQL_INSERTED, &one_row, 0);
    assert_true(str_ends(s.text, "\xe6\xbc\xa2..."));
    assert_int_equal(strlen(s.text), strlen("image_url: ") + 42 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_table_of_clarifais_own_tools_keeps_its_text_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(our_own_table_is_whole_and_may_lose_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_updated_is_refused_with_its_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whose_rows_a_table_holds_decides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tracking_table_never_loses_rows_and_a_needy_column_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_of_keys_alone_gets_new_rows_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_list_says_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_scope_of_a_table_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sample_says_what_changes_from_what_to_what, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sample_never_ends_inside_a_character, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
