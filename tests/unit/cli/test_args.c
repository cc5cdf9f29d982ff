/* The command line: words, flags and values in any order, and one sentence for everything that is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cli/args.h"

static struct args args;
static struct err err;

/* Reads the words after the program's name; the list ends with NULL. */
static int read_line(char *const *line)
{
    char *argv[20] = { (char *)(uintptr_t)"lakeferry" };
    int argc = 1;

    for (; *line != NULL; line++)
        argv[argc++] = *line;
    err = (struct err){0};
    return args_read(argc, argv, &args, &err);
}
#define READ(...) read_line((char *const[]){ __VA_ARGS__, NULL })

static void assert_refused(int result, const char *part)
{
    assert_int_equal(result, -1);
    assert_int_equal(err.code, ERR_USAGE);
    if (strstr(err.cause, part) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.cause, part);
}

static void test_words_flags_and_values(void **state)
{
    (void)state;
    assert_int_equal(READ("import", "--app", "u/a", "volume", "--yes", "c.s.v", "--dataset=d=1"), 0);
    assert_int_equal(args.count, 3);
    assert_string_equal(args.words[2], "c.s.v");
    assert_string_equal(args.value[OPT_APP], "u/a");
    assert_string_equal(args.value[OPT_YES], "");
    assert_string_equal(args.value[OPT_DATASET], "d=1");
    assert_null(args.value[OPT_TABLE]);
}

static void test_two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(READ("ls", "--", "--app", "-x"), 0);
    assert_int_equal(args.count, 3);
    assert_string_equal(args.words[1], "--app");
    assert_string_equal(args.words[2], "-x");
    assert_int_equal(READ("ls", "-"), 0);
    assert_string_equal(args.words[1], "-");
}

static void test_values_that_are_missing_or_too_many(void **state)
{
    (void)state;
    assert_refused(READ("--app"), "--app needs a value: APP");
    assert_refused(READ("--app", "--dataset", "d"), "--app needs a value");
    assert_int_equal(READ("--app=--odd"), 0);
    assert_string_equal(args.value[OPT_APP], "--odd");
    assert_int_equal(READ("--limit", "-5"), 0); /* the verb says what is wrong with it */
    assert_int_equal(READ("--table="), 0);
    assert_string_equal(args.value[OPT_TABLE], "");
    assert_refused(READ("--yes=1"), "--yes takes no value");
    assert_refused(READ("--json", "--json"), "--json is given twice");
}

static void test_unknown_options(void **state)
{
    (void)state;
    assert_refused(READ("--jsn"), "did you mean --json?");
    assert_refused(READ("--zz=1"), "there is no option --zz;");
    assert_refused(READ("--z"), "`lakeferry --help` lists them");
    assert_refused(READ("-y"), "two dashes");
}

static void test_too_many_words(void **state)
{
    (void)state;
    assert_int_equal(READ("1", "2", "3", "4", "5", "6", "7", "8"), 0);
    assert_int_equal(args.count, ARGS_WORDS);
    assert_refused(READ("1", "2", "3", "4", "5", "6", "7", "8", "nine"), "\"nine\"");
}

static void test_options_belong_to_verbs(void **state)
{
    (void)state;
    assert_int_equal(READ("ls", "--json", "--app", "a"), 0);
    assert_refused(args_check_groups(&args, GROUP_ALL, "ls", &err), "--app does not belong to `lakeferry ls`");
    assert_int_equal(args_check_groups(&args, GROUP_ALL | GROUP_WRITE, "import volume", &err), 0);
    assert_int_equal(READ("preview", "--yes", "--compute", "cluster"), 0); /* one option, two groups */
    assert_int_equal(args_check_groups(&args, GROUP_COMPUTE, "preview", &err), 0);
    assert_int_equal(args_check_groups(&args, GROUP_WRITE, "import volume", &err), 0);
}

static void test_the_table_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < OPT_COUNT; i++) {
        assert_true(strlen(option_table[i].name) >= 2);
        assert_true(option_table[i].help[0] != '\0');
        assert_true(option_table[i].groups != 0);
        assert_null(strstr(option_table[i].name, "token")); /* no flag takes a secret */
        for (int k = 0; k < i; k++)
            assert_string_not_equal(option_table[i].name, option_table[k].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_flags_and_values), cmocka_unit_test(test_two_dashes_end_the_options),
        cmocka_unit_test(test_values_that_are_missing_or_too_many), cmocka_unit_test(test_unknown_options),
        cmocka_unit_test(test_too_many_words), cmocka_unit_test(test_options_belong_to_verbs), cmocka_unit_test(test_the_table_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
