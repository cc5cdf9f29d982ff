/* Statement text: the one escaping of identifiers and literals, and the cookbook's forms word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/sql.h"

static const struct sql_field FIELDS[] = { { "k", "STRING" }, { "v", "STRING" }, { "at", "TIMESTAMP" } };
static const char *const KEYS[] = { "k" };
static const struct name TABLE = { (char *)"c", (char *)"s`x", (char *)"t" };

#define STAGED "(SELECT r.* FROM (SELECT from_json(value, '`k` STRING, `v` STRING, `at` TIMESTAMP', map('mode','FAILFAST')) AS r FROM text.`/Volumes/a/b/d` WHERE value <> ''))"

static void test_literals(void **state)
{
    static const struct { const char *text, *literal; } CASES[] = {
        { "plain", "'plain'" }, { "it's", "'it\\'s'" }, { "a\\b", "'a\\\\b'" }, { "${x}", "'\\u0024{x}'" }, { "\n\t", "'\n\t'" }, { "", "''" },
        { "日本 \"q\"", "'日本 \"q\"'" }, { "end\\", "'end\\\\'" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct buf b = BUF_INIT;
        assert_int_equal(sql_literal(&b, CASES[i].text), 0);
        assert_string_equal(b.data, CASES[i].literal);
        buf_release(&b);
    }
    struct buf b = BUF_INIT;
    sql_literal(&b, NULL);
    assert_string_equal(b.data, "NULL");
    buf_release(&b);
}

static void expect(struct buf *b, const char *text)
{
    struct err e;

    assert_int_equal(buf_error(b, &e), 0);
    assert_string_equal(b->data, text);
    buf_release(b);
}

static void test_create(void **state)
{
    const struct sql_property p[] = { { "lakeferry.run", "r1" }, { "lakeferry.source", "it's ${x}" } };
    struct buf b = BUF_INIT;

    (void)state;
    sql_create_as(&b, &TABLE, false, "rows", p, 2, "/Volumes/a/b/d", FIELDS, 3);
    expect(&b, "CREATE TABLE `c`.`s``x`.`t` USING DELTA COMMENT 'rows' TBLPROPERTIES ('lakeferry.run' = 'r1', 'lakeferry.source' = 'it\\'s \\u0024{x}') "
               "AS SELECT * FROM " STAGED);
    sql_create_as(&b, &TABLE, true, NULL, NULL, 0, "/Volumes/a/b/d", FIELDS, 3);
    expect(&b, "CREATE OR REPLACE TABLE `c`.`s``x`.`t` USING DELTA AS SELECT * FROM " STAGED);
}

static void test_merge(void **state)
{
    const struct sql_merge m = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, true, true };
    const struct sql_merge append = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, false, false };
    struct buf b = BUF_INIT;

    (void)state;
    sql_merge(&b, &m);
    expect(&b, "MERGE INTO `c`.`s``x`.`t` AS t USING " STAGED " AS s ON t.`k` = s.`k` WHEN MATCHED AND NOT (t.`v` <=> s.`v` AND t.`at` <=> s.`at`) "
               "THEN UPDATE SET t.`v` = s.`v`, t.`at` = s.`at` WHEN NOT MATCHED THEN INSERT (`k`, `v`, `at`) VALUES (s.`k`, s.`v`, s.`at`) "
               "WHEN NOT MATCHED BY SOURCE THEN DELETE");
    sql_merge(&b, &append);
    expect(&b, "MERGE INTO `c`.`s``x`.`t` AS t USING " STAGED " AS s ON t.`k` = s.`k` WHEN NOT MATCHED THEN INSERT (`k`, `v`, `at`) VALUES (s.`k`, s.`v`, s.`at`)");
}

static void test_difference_and_duplicates(void **state)
{
    const struct sql_merge m = { &TABLE, "/Volumes/a/b/d", FIELDS, 2, KEYS, 1, true, false };
    struct buf b = BUF_INIT;

    (void)state;
    sql_duplicates(&b, &TABLE, KEYS, 1, 5);
    expect(&b, "SELECT `k`, count(*) AS n FROM `c`.`s``x`.`t` GROUP BY `k` HAVING count(*) > 1 LIMIT 5");
    sql_difference(&b, &m);
    assert_non_null(strstr(b.data, "count_if(t.`k` IS NULL) AS inserted"));
    assert_non_null(strstr(b.data, "NOT (t.`v` <=> s.`v`)) AS changed"));
    assert_non_null(strstr(b.data, "FULL OUTER JOIN `c`.`s``x`.`t` AS t ON t.`k` = s.`k`"));
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals), cmocka_unit_test(test_create), cmocka_unit_test(test_merge), cmocka_unit_test(test_difference_and_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
