/* Asks: options in, JSON and command line out, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/ask.h"

static void fill(struct ask *a)
{
    static const char *const OPTIONS[][2] = {
        { "source", "main.vision.pictures/20 26" }, { "app", "lab-user/traffic" }, { "dataset", "autumn" }, { "staging", "main.vision.out/it's" }, { "table", "cars" },
        { "create-dataset", "true" }, { "id-from", "path" }, { "on-conflict", "suffix" }, { "if-exists", "append" }, { "yes", "true" },
    };
    struct err e;

    *a = (struct ask){ .verb = ASK_IMPORT_VOLUME };
    for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0]; i++)
        assert_int_equal(ask_set(a, OPTIONS[i][0], OPTIONS[i][1], &e), 0);
    assert_int_equal(ask_place_tables(a, &a->source.volume, &e), 0);
    assert_int_equal(ask_check(a, &e), 0);
}

static void test_json_round_trip(void **state)
{
    struct ask a, b;
    struct err e;

    (void)state;
    fill(&a);
    cJSON *json = ask_to_json(&a);
    assert_int_equal(ask_from_json(json, &b, &e), 0);
    char *one = ask_command_line(&a), *two = ask_command_line(&b);
    assert_string_equal(one, two);
    assert_int_equal(b.id_from, ASK_ID_PATH);
    assert_int_equal(b.on_conflict, ASK_CONFLICT_SUFFIX);
    assert_int_equal(b.if_exists, ASK_EXISTS_APPEND);
    assert_true(b.create_dataset && b.yes && !b.dry_run);
    assert_string_equal(b.table.schema, "vision");
    free(one);
    free(two);
    cJSON_Delete(json);
    ask_release(&a);
    ask_release(&b);
}

static void test_command_line_is_quoted(void **state)
{
    struct ask a;

    (void)state;
    fill(&a);
    char *line = ask_command_line(&a);
    assert_string_equal(line, "lakeferry import volume '/Volumes/main/vision/pictures/20 26' --app lab-user/traffic --dataset autumn "
                              "--table main.vision.cars --yes --create-dataset --id-from path --on-conflict suffix --if-exists append --staging 'main.vision.out/it'\\''s'");
    free(line);
    ask_release(&a);
}

static void test_a_dataset_that_cannot_be_made_is_refused(void **state)
{
    struct ask a;
    struct err e = {0};

    (void)state;
    fill(&a);
    assert_int_equal(ask_set(&a, "dataset", "it's", &e), 0);
    assert_int_equal(ask_check(&a, &e), -1);
    assert_non_null(strstr(e.cause, "48 letters"));
    ask_release(&a);
}

static void test_wrong_values_are_refused(void **state)
{
    static const struct { const char *option, *value, *word; } CASES[] = {
        { "id-from", "nam", "name path" }, { "on-conflict", "", "skip suffix fail" }, { "if-exists", "-", "fail replace append" },
        { "table", "a.b", "two parts" }, { "source", "a.b", "not a volume" }, { "app", "a/b/c", "not an app" }, { "nonsense", "1", "no option" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ask a = {0};
        struct err e = {0};
        assert_int_equal(ask_set(&a, CASES[i].option, CASES[i].value, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_non_null(strstr(e.cause, CASES[i].word));
        ask_release(&a);
    }
}

static void test_missing_parts_are_named(void **state)
{
    struct ask a = { .verb = ASK_IMPORT_VOLUME };
    struct err e = {0};

    (void)state;
    assert_int_equal(ask_check(&a, &e), -1);
    assert_non_null(strstr(e.cause, "--app"));
    assert_int_equal(ask_set(&a, "app", "traffic", &e), 0);
    assert_int_equal(ask_check(&a, &e), -1);
    assert_non_null(strstr(e.cause, "--dataset"));
    ask_release(&a);
}

static void test_the_same_table_twice_is_refused(void **state)
{
    struct ask a = { .verb = ASK_UPDATE };
    struct err e = {0};

    (void)state;
    assert_int_equal(ask_set(&a, "app", "u/a", &e), 0);
    assert_int_equal(ask_set(&a, "dataset", "d", &e), 0);
    assert_int_equal(ask_set(&a, "inputs-table", "c.s.T", &e), 0);
    assert_int_equal(ask_set(&a, "annotations-table", "c.s.t", &e), 0);
    assert_int_equal(ask_check(&a, &e), -1);
    assert_non_null(strstr(e.cause, "must differ"));
    ask_release(&a);
}

/* What each verb says comes back the same from its JSON and stands in its command line by the names of that verb. */
static void test_every_verb_goes_both_ways(void **state)
{
    static const struct { enum ask_verb verb; const char *options[8][2]; const char *line; } CASES[] = {
        { ASK_IMPORT_S3, { { "url", "s3://b/a b.csv" }, { "format", "csv" }, { "app", "u/a" }, { "dataset", "d" }, { "table", "c.s.t" } },
          "lakeferry import s3 's3://b/a b.csv' --format csv --app u/a --dataset d --table c.s.t" },
        { ASK_EXPORT, { { "app", "u/a" }, { "dataset", "d" }, { "inputs-table", "c.s.i" }, { "annotations-table", "c.s.`n-n`" }, { "images", "c.s.v/x" },
                        { "include-model-annotations", "true" } },
          "lakeferry export --app u/a --dataset d --inputs-table c.s.i --annotations-table 'c.s.`n-n`' --images /Volumes/c/s/v/x --include-model-annotations" },
        { ASK_UPDATE, { { "app", "u/a" }, { "dataset", "d" }, { "inputs-table", "c.s.i" }, { "annotations-table", "c.s.n" }, { "delete-missing", "true" } },
          "lakeferry update --app u/a --dataset d --inputs-table c.s.i --annotations-table c.s.n --delete-missing" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct ask a = { .verb = CASES[i].verb }, b;
        struct err e = {0};
        for (size_t k = 0; k < 8 && CASES[i].options[k][0] != NULL; k++)
            assert_int_equal(ask_set(&a, CASES[i].options[k][0], CASES[i].options[k][1], &e), 0);
        assert_int_equal(ask_check(&a, &e), 0);
        cJSON *json = ask_to_json(&a);
        assert_int_equal(ask_from_json(json, &b, &e), 0);
        char *line = ask_command_line(&b);
        assert_string_equal(line, CASES[i].line);
        free(line);
        cJSON_Delete(json);
        ask_release(&a);
        ask_release(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_round_trip),          cmocka_unit_test(test_command_line_is_quoted),
        cmocka_unit_test(test_wrong_values_are_refused), cmocka_unit_test(test_missing_parts_are_named),
        cmocka_unit_test(test_the_same_table_twice_is_refused),
        cmocka_unit_test(test_every_verb_goes_both_ways),
        cmocka_unit_test(test_a_dataset_that_cannot_be_made_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
