/* Names, volume paths and apps as people type them, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/names.h"

static void test_names_round_trip(void **state)
{
    static const struct { const char *typed, *catalog, *schema, *object, *text; } CASES[] = {
        { "main.vision.cars", "main", "vision", "cars", "main.vision.cars" },
        { "main.`weird.schema-1`.cars", "main", "weird.schema-1", "cars", "main.`weird.schema-1`.cars" },
        { "main.odd#1.`a``b`", "main", "odd#1", "a`b", "main.`odd#1`.`a``b`" },
        { "MAIN.Vision.Cars_1", "main", "vision", "cars_1", "main.vision.cars_1" },
        { "main.vision.Ωmega", "main", "vision", "Ωmega", "main.vision.`Ωmega`" },
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct name n;
        assert_int_equal(name_parse(CASES[i].typed, 3, &n, &e), 0);
        assert_string_equal(n.catalog, CASES[i].catalog);
        assert_string_equal(n.schema, CASES[i].schema);
        assert_string_equal(n.object, CASES[i].object);
        char *text = name_text(&n);
        assert_string_equal(text, CASES[i].text);
        free(text);
        name_release(&n);
    }
}

static void test_bad_names_say_why(void **state)
{
    static const struct { const char *typed; int want; const char *word; } CASES[] = {
        { "", 0, "empty" }, { "a..b", 0, "empty" }, { "a.b.c.d", 0, "more than three" }, { "a.`b", 0, "not closed" },
        { "a.b", 3, "2 parts" }, { "a.b/c", 0, "backticks" }, { "a.", 0, "empty" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct err e = {0};
        struct name n;
        assert_int_equal(name_parse(CASES[i].typed, CASES[i].want, &n, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_non_null(strstr(e.cause, CASES[i].word));
        assert_null(n.catalog);
    }
}

static void test_volume_paths(void **state)
{
    static const struct { const char *typed, *text; } GOOD[] = {
        { "main.vision.pictures", "/Volumes/main/vision/pictures" },
        { "main.vision.pictures/2026/08/", "/Volumes/main/vision/pictures/2026/08" },
        { "/Volumes/main/vision/pictures/a b.jpg", "/Volumes/main/vision/pictures/a b.jpg" },
        { "/Volumes/Main/VISION/Pictures/A/B.JPG", "/Volumes/main/vision/pictures/A/B.JPG" },
        { "main.`odd#1`.`v.1`/x", "/Volumes/main/odd#1/v.1/x" },
        { "/Volumes/main/vision/pictures/..x/y..", "/Volumes/main/vision/pictures/..x/y.." },
    };
    static const char *const BAD[] = { "main.vision", "/Volumes/main/vision", "/Volumes/a/b/c/../d", "main.vision.p/..", "main.vision.p/./x", "/Volumes//a/b" };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        struct volume_path v;
        assert_int_equal(volume_path_parse(GOOD[i].typed, &v, &e), 0);
        char *text = volume_path_text(&v);
        assert_string_equal(text, GOOD[i].text);
        free(text);
        volume_path_release(&v);
    }
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct volume_path v;
        assert_int_equal(volume_path_parse(BAD[i], &v, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
    }
}

static void test_apps(void **state)
{
    struct app_name a;
    struct err e;

    (void)state;
    assert_int_equal(app_name_parse("lab-user/traffic", &a, &e), 0);
    assert_string_equal(a.user, "lab-user");
    assert_string_equal(a.app, "traffic");
    app_name_release(&a);
    assert_int_equal(app_name_parse("traffic", &a, &e), 0);
    assert_null(a.user);
    app_name_release(&a);
    assert_int_equal(app_name_parse("a/b/c", &a, &e), -1);
    assert_int_equal(app_name_parse("/b", &a, &e), -1);
    assert_int_equal(app_name_parse("a/", &a, &e), -1);
    assert_int_equal(app_name_parse("", &a, &e), -1);
}

static void test_new_names(void **state)
{
    static const struct { const char *from, *to; } SUGGESTED[] = {
        { "pictures/2026/08", "pictures_2026_08" }, { "Ωmega", "mega" }, { "日本", "inputs" }, { "A--B  c", "a_b_c" }, { "x_", "x" },
    };
    struct err e;

    (void)state;
    for (size_t i = 0; i < sizeof SUGGESTED / sizeof SUGGESTED[0]; i++) {
        char *got = name_suggest(SUGGESTED[i].from);
        assert_string_equal(got, SUGGESTED[i].to);
        assert_int_equal(name_check_new(got, &e), 0);
        free(got);
    }
    assert_int_equal(name_check_new("a.b", &e), -1);
    assert_int_equal(name_check_new("a b", &e), -1);
    assert_int_equal(name_check_new("a\nb", &e), -1);
    assert_int_equal(name_check_new("a${b}", &e), -1);
    assert_int_equal(name_check_new("", &e), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_round_trip), cmocka_unit_test(test_bad_names_say_why), cmocka_unit_test(test_volume_paths),
        cmocka_unit_test(test_apps),             cmocka_unit_test(test_new_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
