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

/* Lines that are literals in a table: the same statement over another source, each line once. */
static void test_scratch(void **state)
{
    struct buf b = BUF_INIT;

    (void)state;
    sql_scratch_create(&b, &TABLE, "r1");
    expect(&b, "CREATE TABLE `c`.`s``x`.`t` (`number` BIGINT, `value` STRING) USING DELTA COMMENT 'rows on their way into a table; made and removed by "
               "lakeferry' TBLPROPERTIES ('lakeferry.run' = 'r1')");
    sql_scratch_begin(&b, &TABLE);
    sql_scratch_row(&b, 7, "it's ${x}\\n and more", 11);
    expect(&b, "INSERT INTO `c`.`s``x`.`t` (`number`, `value`) VALUES (7, 'it\\'s \\u0024{x}\\\\n')");
    sql_staged(&b, "`c`.`s`.`t`", FIELDS, 1);
    expect(&b, "(SELECT r.* FROM (SELECT from_json(value, '`k` STRING', map('mode','FAILFAST')) AS r FROM (SELECT DISTINCT `number`, `value` FROM `c`.`s`.`t`)))");
}

static void test_merge(void **state)
{
    const struct sql_merge m = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, true, true, false };
    const struct sql_merge append = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, false, false, false };
    struct buf b = BUF_INIT;

    (void)state;
    sql_merge(&b, &m);
    expect(&b, "MERGE INTO `c`.`s``x`.`t` AS t USING " STAGED " AS s ON t.`k` = s.`k` WHEN MATCHED AND NOT (t.`v` <=> s.`v` AND t.`at` <=> s.`at`) "
               "THEN UPDATE SET t.`v` = s.`v`, t.`at` = s.`at` WHEN NOT MATCHED THEN INSERT (`k`, `v`, `at`) VALUES (s.`k`, s.`v`, s.`at`) "
               "WHEN NOT MATCHED BY SOURCE AND t.`k` IS NOT NULL THEN DELETE");
    sql_merge(&b, &append);
    expect(&b, "MERGE INTO `c`.`s``x`.`t` AS t USING " STAGED " AS s ON t.`k` = s.`k` WHEN NOT MATCHED THEN INSERT (`k`, `v`, `at`) VALUES (s.`k`, s.`v`, s.`at`)");
}

#define DUPLICATES "(SELECT `k`, count(*) AS `lakeferry_n` FROM `c`.`s``x`.`t` WHERE `k` IS NOT NULL GROUP BY `k` HAVING count(*) > 1)"
#define APART "(SELECT coalesce(f.`k`, d.`k`) AS `k`, f.`v`, f.`at`, d.`lakeferry_n` FROM " STAGED " AS f FULL OUTER JOIN " DUPLICATES " AS d ON f.`k` = d.`k`)"

/* Keys that the table holds more than once are in the source, so that they are neither inserted nor deleted, and marked, so that they are not changed. */
static void test_keys_apart(void **state)
{
    const struct sql_merge m = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, true, false, true };
    struct buf b = BUF_INIT;

    (void)state;
    sql_merge(&b, &m);
    expect(&b, "MERGE INTO `c`.`s``x`.`t` AS t USING " APART " AS s ON t.`k` = s.`k` WHEN MATCHED AND s.`lakeferry_n` IS NULL AND "
               "NOT (t.`v` <=> s.`v` AND t.`at` <=> s.`at`) THEN UPDATE SET t.`v` = s.`v`, t.`at` = s.`at` "
               "WHEN NOT MATCHED THEN INSERT (`k`, `v`, `at`) VALUES (s.`k`, s.`v`, s.`at`)");
}

static void test_difference(void **state)
{
    const struct sql_merge m = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, true, false, false };
    struct buf b = BUF_INIT;

    (void)state;
    sql_difference(&b, &m);
    expect(&b, "SELECT count_if(t.`k` IS NULL AND s.`k` IS NOT NULL) AS inserted, "
               "count_if(t.`k` IS NOT NULL AND s.`k` IS NOT NULL AND NOT (t.`v` <=> s.`v` AND t.`at` <=> s.`at`)) AS changed, "
               "count_if(t.`k` IS NOT NULL AND s.`k` IS NOT NULL AND (t.`v` <=> s.`v` AND t.`at` <=> s.`at`)) AS unchanged, "
               "count_if(t.`k` IS NOT NULL AND s.`k` IS NULL) AS missing, count(*) AS total FROM " STAGED
               " AS s FULL OUTER JOIN `c`.`s``x`.`t` AS t ON t.`k` = s.`k`");
}

static void test_samples(void **state)
{
    const struct sql_merge m = { &TABLE, "/Volumes/a/b/d", FIELDS, 3, KEYS, 1, true, false, false };
    struct buf b = BUF_INIT;

    (void)state;
    sql_samples(&b, &m, SQL_MISSING, 80, 3);
    expect(&b, "SELECT left(t.`v`, 80) AS t1, left(s.`v`, 80) AS s1, t.`v` <=> s.`v` AS e1, unix_micros(t.`at`) AS t2, unix_micros(s.`at`) AS s2, "
               "t.`at` <=> s.`at` AS e2, coalesce(s.`k`, t.`k`) AS k0 FROM " STAGED " AS s FULL OUTER JOIN `c`.`s``x`.`t` AS t ON t.`k` = s.`k` "
               "WHERE t.`k` IS NOT NULL AND s.`k` IS NULL ORDER BY k0 LIMIT 3");
}

static void test_duplicates(void **state)
{
    static const char *const two[] = { "k", "v" }, *const after[] = { "it's", "${x}" };
    struct buf b = BUF_INIT;

    (void)state;
    sql_duplicates(&b, &TABLE, KEYS, 1, NULL, 5);
    expect(&b, "SELECT `k`, count(*) AS n FROM `c`.`s``x`.`t` WHERE `k` IS NOT NULL GROUP BY `k` HAVING count(*) > 1 ORDER BY `k` LIMIT 5");
    sql_duplicates(&b, &TABLE, two, 2, after, 5);
    expect(&b, "SELECT `k`, `v`, count(*) AS n FROM `c`.`s``x`.`t` WHERE `k` IS NOT NULL AND `v` IS NOT NULL AND "
               "(`k` > 'it\\'s' OR (`k` = 'it\\'s' AND (`v` > '\\u0024{x}'))) GROUP BY `k`, `v` HAVING count(*) > 1 ORDER BY `k`, `v` LIMIT 5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals), cmocka_unit_test(test_create), cmocka_unit_test(test_scratch), cmocka_unit_test(test_merge), cmocka_unit_test(test_keys_apart),
        cmocka_unit_test(test_difference), cmocka_unit_test(test_samples), cmocka_unit_test(test_duplicates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
