/* Functions of text, patterns, arrays, maps, numbers and times; what open Spark gives for each. */
#include "test_sql_help.h"

static void test_patterns_and_text(void **state) {
    static const struct expectation x[] = {
        {"SELECT 'abc' RLIKE '^a', 'abc' NOT REGEXP 'z', 'AbC' ILIKE 'a%', 'abc' LIKE ANY ('x', 'a%'), 'abc' LIKE ALL ('a%', 'x')", "[[true,true,true,true,false]]"},
        {"SELECT regexp_extract('a12b', '([0-9]+)', 1), regexp_extract('x', '([0-9]+)'), regexp_replace('a1b22', '([0-9]+)', '<$1>'), split('a1b2c', '[0-9]'), split('', ',')", "[[\"12\",\"\",\"a<1>b<22>\",[\"a\",\"b\",\"c\"],[\"\"]]]"},
        {"SELECT regexp_extract('a', '(a)', 2)", "!INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX 22023"},
        {"SELECT 'a' RLIKE '('", "!INVALID_PARAMETER_VALUE.PATTERN 22023"},
        {"SELECT lpad('1', 3, '0'), lpad('abc', 2, 'x'), rpad('a', 3, 'xy'), lpad('\xC3\xA9', 3, '\xE7\x8C\xAB')", "[[\"001\",\"ab\",\"axy\",\"\xE7\x8C\xAB\xE7\x8C\xAB\xC3\xA9\"]]"},
        {"SELECT instr('abc', 'c'), locate('b', 'abc'), position('b' IN 'abc'), reverse('a\xC3\xB1'), initcap('hELLO wOrld'), translate('abcabc', 'ab', 'x')", "[[3,2,2,\"\xC3\xB1" "a\",\"Hello World\",\"xcxc\"]]"},
        {"SELECT substring_index('a.b.c', '.', 2), substring_index('a.b.c', '.', -1), split_part('a,b,c', ',', -1), ascii('A'), char(65)", "[[\"a.b\",\"c\",\"c\",65,\"A\"]]"},
        {"SELECT trim(BOTH 'x' FROM 'xaxx'), trim(LEADING 'x' FROM 'xax'), trim(TRAILING FROM 'a '), substring('abcdef' FROM 2 FOR 3), trim('  b ')", "[[\"a\",\"ax\",\"a\",\"bcd\",\"b\"]]"},
    };
    EXPECT_ALL(*state, x);
}

static void test_arrays_and_maps(void **state) {
    static const struct expectation x[] = {
        {"SELECT array_distinct(array(1, NULL, 1, NULL)), array_union(array(1), array(2, 1)), array_except(array(1, 2), array(1)), array_intersect(array(1, NULL), array(NULL))", "[[[1,null],[1,2],[2],[null]]]"},
        {"SELECT sort_array(array(3, NULL, 1)), sort_array(array(3, NULL, 1), false), array_sort(array(3, NULL, 1)), array_max(array(1, 3)), array_min(array(1, 3))", "[[[null,1,3],[3,1,null],[1,3,null],3,1]]"},
        {"SELECT slice(array(1, 2, 3, 4), 2, 2), slice(array(1, 2, 3), -2, 5), flatten(array(array(1), array(2))), array_repeat('x', 2), sequence(1, 5, 2), array_compact(array(1, NULL))", "[[[2,3],[2,3],[1,2],[\"x\",\"x\"],[1,3,5],[1]]]"},
        {"SELECT arrays_overlap(array(1), array(NULL)), array_position(array('a', 'b'), 'b'), array_remove(array(1, 2), 1), array_append(array(1), NULL), get(array(1), 5), try_element_at(array(1), 2)", "[[null,2,[2],[1,null],null,null]]"},
        {"SELECT map_keys(map('a', 1)), map_values(map('a', 1)), map_entries(map('a', 1)), map_contains_key(map('a', 1), 'b'), map_from_arrays(array('x'), array(2))", "[[[\"a\"],[1],[{\"key\":\"a\",\"value\":1}],false,{\"x\":2}]]"},
        {"SELECT transform(array(1, 2), x -> x + 1), transform(array('a'), (x, i) -> concat(x, i)), filter(array(1, NULL, 3), x -> x > 1), exists(array(1, NULL), x -> x > 1), forall(array(1), x -> x > 0)", "[[[2,3],[\"a0\"],[3],null,true]]"},
        {"SELECT aggregate(array(1, 2, 3), 0, (s, x) -> s + x, s -> s * 10), transform(array(array(1), array(2, 3)), x -> transform(x, y -> y * size(x)))", "[[60,[[1],[4,6]]]]"},
        {"SELECT v, transform(l, x -> x || v) FROM VALUES ('z', array('a', 'b')) AS t(v, l)", "[[\"z\",[\"az\",\"bz\"]]]"},
        {"SELECT x -> x", "!UNEXPECTED_LAMBDA 42K09"},
        {"SELECT array_distinct(1)", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE 42K09"},
    };
    EXPECT_ALL(*state, x);
}

static void test_numbers_and_times(void **state) {
    static const struct expectation x[] = {
        {"SELECT round(2.5), bround(2.5), round(-1.25D, 1), round(1.005D, 2), round(1234, -2), floor(-1.5), ceil(-1.5), ceil(1.2D)", "[[\"3\",\"2\",-1.3,1.01,1200,\"-2\",\"-1\",2]]"},
        {"SELECT power(2, 10), sqrt(4), ln(0), sign(-3), pmod(-7, 3), isnan(CAST('NaN' AS DOUBLE)), 5 & 3, 5 | 3, 5 ^ 3, ~5", "[[1024,2,null,-1,2,true,1,7,6,-6]]"},
        {"SELECT year(DATE'2024-02-29'), dayofweek(DATE'2026-11-23'), weekday(DATE'2026-11-23'), dayofyear(DATE'2024-12-31'), hour(TIMESTAMP'1969-12-31T23:30:15Z'), extract(DAY FROM DATE'2026-01-09')", "[[2024,2,0,366,23,9]]"},
        {"SELECT date_add(DATE'2024-02-28', 2), datediff(DATE'2026-03-01', DATE'2026-02-01'), add_months(DATE'2024-01-31', 1), last_day(DATE'2024-02-01'), date_trunc('WEEK', TIMESTAMP'2026-11-25T09:12:00Z')", "[[\"2024-03-01\",28,\"2024-02-29\",\"2024-02-29\",\"2026-11-23T00:00:00.000000Z\"]]"},
    };
    EXPECT_ALL(*state, x);
}

int main(void) {
    const struct CMUnitTest tests[] = { SQL_TEST(test_patterns_and_text), SQL_TEST(test_arrays_and_maps), SQL_TEST(test_numbers_and_times) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
