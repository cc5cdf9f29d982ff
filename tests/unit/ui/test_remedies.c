#include "golden.h"
#include "ui/remedies.h"

static void says(const char *text, const char *expected)
{
    char out[400];
    assert_string_equal(remedies_text(text, out, sizeof out), expected);
    char again[400];
    assert_string_equal(remedies_text(out, again, sizeof again), expected);   /* what is said in these words stays */
}

static void options_are_named_by_their_fields(void **state)
{
    (void)state;
    says("it was refused. name a volume that you may write with --staging or the setting staging_volume",
         "it was refused. Name a volume that you may write in the field Staging or the setting staging_volume");
    says("it exists. name another table, or say --if-exists replace or append", "it exists. Name another table, or choose replace or append in the field If it exists");
    says("try again when it is quiet, or without --delete-missing", "try again when it is quiet, or with Delete missing set to no");
    says("--app is missing: the Clarifai app", "the field Clarifai app is missing: the Clarifai app");
    says("--inputs-table and --annotations-table are both needed", "the field Inputs table and the field Annotations table are both needed");
    says("nothing was sent; use --on-conflict skip or suffix to go on", "nothing was sent; choose skip or suffix in the field On conflict to go on");
    says("name one that exists, or say --create-dataset", "name one that exists, or type a new name in the field Dataset");
    says("name one with --compute cluster:ID, in the profile", "name one in the field Compute, in the profile");
    says("check the URL, and --format: csv is a file", "check the URL, and the field Format: csv is a file");
}

static void commands_stay_commands(void **state)
{
    (void)state;
    static const char *const same[] = {
        "run databricks auth login --host https://h --profile NAME", "lakeferry doctor --probe says what to do", "start lakeferry without --read-only to write",
        "a file named --staging.csv", "x--staging", "--", "--no-such-option", "",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        says(same[i], same[i]);
}

static void a_sentence_begins_with_a_capital(void **state)
{
    (void)state;
    says("cannot write x: no. ask the owner", "cannot write x: no. Ask the owner");
    says("cannot write x: no. staging_volume is read", "cannot write x: no. staging_volume is read");
    says("no token. lakeferry auth login stores one", "no token. lakeferry auth login stores one");
    says("no token. databricks auth login makes one", "no token. databricks auth login makes one");
    says("a file, e.g. a picture", "a file, e.g. a picture");
    says("car 1.jpg is 2.5 MB", "car 1.jpg is 2.5 MB");
    says("a. b.c", "a. b.c");
}

static void errors_are_cut_at_whole_characters(void **state)
{
    (void)state;
    char out[12];
    struct err e;
    err_set(&e, ERR_FORBIDDEN, "no right");
    err_about(&e, "cannot write", "main.s.t");
    err_remedy(&e, "ask with --staging");
    char whole[200];
    assert_string_equal(remedies_err(&e, whole, sizeof whole), "cannot write main.s.t: no right. Ask in the field Staging");
    remedies_text("数据集数据集", out, sizeof out);
    assert_true(utf8_valid(out, strlen(out)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_named_by_their_fields), cmocka_unit_test(commands_stay_commands),
        cmocka_unit_test(a_sentence_begins_with_a_capital), cmocka_unit_test(errors_are_cut_at_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
