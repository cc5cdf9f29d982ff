/* Literals, expressions, functions and queries that need no table. */
#include "test_sql_help.h"

static void test_literals(void **state) {
    static const struct expectation x[] = {
        {"SELECT 'it''s'", "[[\"its\"]]"},
        {"SELECT 'it\\'s', \"x\", 'a' 'b'", "[[\"it's\",\"x\",\"ab\"]]"},
        {"SELECT 'a\\u0024{x}'", "[[\"a${x}\"]]"},
        {"SELECT '$' '{x}', '$x', '${x', '{{x}}', '$' || '{x}'", "[[\"${x}\",\"$x\",\"${x\",\"{{x}}\",\"${x}\"]]"},
        {"SELECT '${x}', r'${spark.some.conf}', \"${y}\"", "[[\"\",\"\",\"\"]]"},
        {"SELECT '\\${x}'", "!PARSE_SYNTAX_ERROR 42601"},
        {"SELECT 'x\\%y\\_z', '\\x41', '\\101', '\\Z' = '\\u001a', hex('\\0')", "[[\"x\\\\%y\\\\_z\",\"x41\",\"A\",true,\"00\"]]"},
        {"SELECT '\\uD83D\\uDE00' = '\xF0\x9F\x98\x80', '\\U0001F600' = '\xF0\x9F\x98\x80'", "[[true,true]]"},
        {"SELECT r'raw\\n', X'00FF', hex(X'0A')", "[[\"raw\\\\n\",\"AP8=\",\"0A\"]]"},
        {"SELECT 'a;b', '--', '/*';", "[[\"a;b\",\"--\",\"/*\"]]"},
        {"SELECT TIMESTAMP'2026-11-22T07:00:00.123456789Z'", "[[\"2026-11-22T07:00:00.123456Z\"]]"},
        {"SELECT TIMESTAMP'2026-11-22T07:00:00+02:00', DATE'2024-02-29'", "[[\"2026-11-22T05:00:00.000000Z\",\"2024-02-29\"]]"},
        {"SELECT DATE'2023-02-29'", "!INVALID_TYPED_LITERAL 42604"},
        {"SELECT 1.5, 1e3, 7L, -9223372036854775808, 9007199254740993", "[[\"1.5\",1000,7,-9223372036854775808,9007199254740993]]"},
        {"SELECT 1 -- rest\n + 1 /* c */", "[[2]]"},
    };
    EXPECT_ALL(*state, x);
}

static void test_operators(void **state) {
    static const struct expectation x[] = {
        {"SELECT 1 + 2 * 3, (1 + 2) * 3, 7 % 3, 7 DIV 2, 10 / 4, -(-3)", "[[7,9,1,3,2.5,3]]"},
        {"SELECT CAST('1.25' AS DECIMAL(10,2)) + 1, 1.10 * 2.0, 0.1 + 0.2", "[[\"2.25\",\"2.200\",\"0.3\"]]"},
        {"SELECT NULL = NULL, NULL <=> NULL, 1 <=> NULL, 1 <> 2, 1 != 1, NOT TRUE", "[[null,true,false,true,false,false]]"},
        {"SELECT NULL AND FALSE, NULL OR TRUE, NULL AND TRUE", "[[false,true,null]]"},
        {"SELECT 2 BETWEEN 1 AND 3, 2 NOT BETWEEN 1 AND 3, 1 IN (1, NULL), 2 IN (1, NULL), 2 NOT IN (1)", "[[true,false,true,null,true]]"},
        {"SELECT 'abc' LIKE 'a%c', 'a%c' LIKE 'a\\\\%c', 'abc' LIKE '_b_', 'abc' NOT LIKE 'b%', 'x_y' LIKE 'x!_y' ESCAPE '!'", "[[true,true,true,true,true]]"},
        {"SELECT '5' = 5, '10' > 9, 'b' > 'a', 1 = 1.0", "[[true,true,true,true]]"},
        {"SELECT 'x' || 1 || NULL, 'x' || 1", "[[null,\"x1\"]]"},
        {"SELECT CASE WHEN 1 = 2 THEN 'a' WHEN NULL = 1 THEN 'c' ELSE 'b' END, CASE 2 WHEN 2 THEN 'two' END, CASE 3 WHEN 2 THEN 1 END", "[[\"b\",\"two\",null]]"},
        {"SELECT array(1, 2) <=> array(1, 2), struct(1, 'a') = struct(1, 'b'), NULL IS NULL, 1 IS NOT NULL, TRUE IS TRUE", "[[true,false,true,true,true]]"},
        {"SELECT map(1, 2) <=> map(1, 2)", "!DATATYPE_MISMATCH.INVALID_ORDERING_TYPE 42K09"},
        {"SELECT 1 / 0", "!DIVIDE_BY_ZERO 22012"},
        {"SELECT 9223372036854775807 + 1", "!ARITHMETIC_OVERFLOW 22003"},
        {"SELECT 2147483647 + 1", "!ARITHMETIC_OVERFLOW 22003"},
        {"SELECT array(1)[5]", "!INVALID_ARRAY_INDEX 22003"},
    };
    EXPECT_ALL(*state, x);
}

static void test_casts(void **state) {
    static const struct expectation x[] = {
        {"SELECT CAST('x' AS INT)", "!CAST_INVALID_INPUT 22018"},
        {"SELECT CAST('2026-13-01' AS DATE)", "!CAST_INVALID_INPUT 22018"},
        {"SELECT CAST(300 AS TINYINT)", "!CAST_OVERFLOW 22003"},
        {"SELECT CAST('99999999999' AS INT)", "!CAST_INVALID_INPUT 22018"},
        {"SELECT try_cast('x' AS INT), try_cast('2026-99-99' AS TIMESTAMP), try_cast(' 12 ' AS INT)", "[[null,null,12]]"},
        {"SELECT CAST(1.5 AS INT), CAST('1e2' AS DOUBLE), CAST(true AS STRING), CAST('yes' AS BOOLEAN)", "[[1,100,\"true\",true]]"},
        {"SELECT CAST(TIMESTAMP'2026-01-02 03:04:05.600' AS STRING), CAST('2026-01-02' AS TIMESTAMP)", "[[\"2026-01-02 03:04:05.6\",\"2026-01-02T00:00:00.000000Z\"]]"},
        {"SELECT CAST('12345678901234567890123456789012345.678' AS DECIMAL(38,3))", "[[\"12345678901234567890123456789012345.678\"]]"},
        {"SELECT CAST(array('1', '2') AS ARRAY<INT>), CAST(1e10 AS STRING), CAST(0.0001D AS STRING), CAST(100.0D AS STRING)", "[[[1,2],\"1.0E10\",\"1.0E-4\",\"100.0\"]]"},
        {"SELECT CAST(array(1) AS INT)", "!DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION 42K09"},
    };
    EXPECT_ALL(*state, x);
}

static void test_functions(void **state) {
    static const struct expectation x[] = {
        {"SELECT length('h\xC3\xA4'), char_length('abc'), octet_length('h\xC3\xA4'), left('h\xC3\xA4x', 2), right('abc', 2), left('abc', 0)", "[[2,3,3,\"h\xC3\xA4\",\"bc\",\"\"]]"},
        {"SELECT substring('abcdef', 2, 3), substring('abcdef', -2), substring('abc', 0, 2), substring('abc', 9)", "[[\"bcd\",\"ef\",\"ab\",\"\"]]"},
        {"SELECT concat('a', 1, 'b'), concat_ws(',', 'a', NULL, array('b', 'c')), array_join(array('x', NULL, 'y'), '-'), lower('\xC3\x84'), upper('b'), trim('  a ')", "[[\"a1b\",\"a,b,c\",\"x-y\",\"\xC3\xA4\",\"B\",\"a\"]]"},
        {"SELECT coalesce(NULL, 3), nvl(NULL, 'x'), ifnull(1, 2), nullif(1, 1), if(true, 1, 2)", "[[3,\"x\",1,null,1]]"},
        {"SELECT coalesce(1, 1/0)", "[[1]]"},
        {"SELECT size(array(1, 2)), size(map('a', 1)), element_at(array(1, 2), -1), element_at(map('a', 1), 'b'), map('a', 1)['a']", "[[2,1,2,null,1]]"},
        {"SELECT md5('a'), sha2('a', 256), base64('abc'), CAST(unbase64('YWJj') AS STRING), hex(255)",
         "[[\"0cc175b9c0f1b6a831c399e269772661\",\"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb\",\"YWJj\",\"abc\",\"FF\"]]"},
        {"SELECT unix_micros(TIMESTAMP'1970-01-01 00:00:01.5'), date_format(TIMESTAMP'2026-01-02 03:04:05', \"yyyy/MM/dd'T'HH\")", "[[1500000,\"2026/01/02T03\"]]"},
        {"SELECT current_user(), current_catalog(), current_schema(), current_user", "[[\"me@example.com\",\"main\",\"default\",\"me@example.com\"]]"},
        {"SELECT typeof(struct(1 AS a, 'x' AS `b c`)), typeof(array(1, 2L)), typeof(1.50)", "[[\"struct<a:int,b c:string>\",\"array<bigint>\",\"decimal(3,2)\"]]"},
        {"SELECT named_struct('a', 1).a, struct('x').col1, from_json('{\"a\":{\"b\":2}}', 'a STRUCT<b:INT>').a.b", "[[1,\"x\",2]]"},
        {"SELECT get_json_object('{\"a\":{\"b\":[1,\"x\"]}}', '$.a.b[1]'), get_json_object('{\"a\":1.10}', '$.a'), get_json_object('no', '$.a'), get_json_object('{\"a\":null}', '$.a')", "[[\"x\",\"1.1\",null,null]]"},
        {"SELECT raise_error('boom')", "! java.lang.RuntimeException: boom"},
        {"SELECT nope(1)", "!UNRESOLVED_ROUTINE 42883"},
        {"SELECT length()", "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION 42605"},
        {"SELECT length(array(1))", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE 42K09"},
    };
    EXPECT_ALL(*state, x);
}

static void test_json(void **state) {
    static const struct expectation x[] = {
        {"SELECT from_json('{\"a\":\"12\",\"b\":1.5,\"c\":9223372036854775808,\"d\":7}', 'a BIGINT, b BIGINT, c BIGINT, d BIGINT')", "[[{\"a\":null,\"b\":null,\"c\":null,\"d\":7}]]"},
        {"SELECT from_json('{\"a\":1.10,\"b\":[1,{\"x\":true}],\"c\":false}', 'a STRING, b STRING, c STRING')", "[[{\"a\":\"1.1\",\"b\":\"[1,{\\\"x\\\":true}]\",\"c\":\"false\"}]]"},
        {"SELECT from_json('{\"d\":12345678901234567890.125,\"b\":\"YWI=\",\"t\":1700000000}', 'd DECIMAL(38,3), b BINARY, t TIMESTAMP')", "[[{\"d\":\"12345678901234567890.125\",\"b\":\"YWI=\",\"t\":\"2023-11-14T22:13:20.000000Z\"}]]"},
        {"SELECT from_json('{\"a\":NaN,\"b\":\"NaN\"}', 'a DOUBLE, b DOUBLE')", "[[{\"a\":\"NaN\",\"b\":\"NaN\"}]]"},
        {"SELECT from_json('{\"A\":1,\"a\":2,\"a\":3}', 'a INT')", "[[{\"a\":3}]]"},
        {"SELECT from_json('[{\"a\":1}]', 'a INT'), from_json('{\\'a\\':1}', 'a INT'), from_json('', 'a INT'), from_json('{\"a\":', 'a INT')", "[[{\"a\":null},{\"a\":1},null,{\"a\":null}]]"},
        {"SELECT from_json('{\"a\":', 'a INT, _c STRING', map('columnNameOfCorruptRecord', '_c'))", "[[{\"a\":null,\"_c\":\"{\\\"a\\\":\"}]]"},
        {"SELECT from_json('{\"a\":\"x\"}', 'a INT', map('mode', 'FAILFAST'))", "!MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION 22023"},
        {"SELECT from_json('{}', 'a:INT')", "!PARSE_SYNTAX_ERROR 42601"},
        {"SELECT from_json('{\"s\":{\"b\":1}}', 's struct<b:int, c: string>')", "[[{\"s\":{\"b\":1,\"c\":null}}]]"},
        {"SELECT CASE WHEN NULL THEN 1 END", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE 42K09"},
        {"SELECT from_json('[1,null]', 'ARRAY<INT>'), from_json('{\"x\":1}', 'MAP<STRING,INT>')", "[[[1,null],{\"x\":1}]]"},
        {"SELECT to_json(named_struct('a', NULL, 't', TIMESTAMP'2026-01-02T03:04:05.123456Z', 'b', 'q\"'))", "[[\"{\\\"t\\\":\\\"2026-01-02T03:04:05.123Z\\\",\\\"b\\\":\\\"q\\\\\\\"\\\"}\"]]"},
        {"SELECT to_json(named_struct('a', NULL), map('ignoreNullFields', 'false'))", "[[\"{\\\"a\\\":null}\"]]"},
        {"SELECT to_json(named_struct('t', TIMESTAMP'2026-01-02T03:04:05.123456Z'), map('timestampFormat', \"yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX\"))", "[[\"{\\\"t\\\":\\\"2026-01-02T03:04:05.123456Z\\\"}\"]]"},
        {"SELECT to_json(array(1, 2)), to_json(map('k', X'00')), to_json(struct(1.50, DATE'2026-01-02'))", "[[\"[1,2]\",\"{\\\"k\\\":\\\"AA==\\\"}\",\"{\\\"col1\\\":1.50,\\\"col2\\\":\\\"2026-01-02\\\"}\"]]"},
    };
    EXPECT_ALL(*state, x);
}

static void test_queries(void **state) {
    static const struct expectation x[] = {
        {"SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS t(n, `odd.name`) WHERE t.`odd.name` IS NULL", "[[2,null]]"},
        {"SELECT k, count(*), sum(v), min(v), max(v), count(DISTINCT v) FROM (VALUES ('a', 1), ('b', 2), ('a', 1), ('a', 5)) t(k, v) GROUP BY k HAVING count(*) > 1", "[[\"a\",3,7,1,5,2]]"},
        {"SELECT count(*), count(x), sum(x), count_if(x > 1) FROM (VALUES (1), (2), (NULL)) t(x)", "[[3,2,3,1]]"},
        {"SELECT count(*), sum(x) FROM (VALUES (1)) t(x) WHERE x > 1", "[[0,null]]"},
        {"SELECT upper(k) AS u, count(*) FROM (VALUES ('a'), ('A')) t(k) GROUP BY upper(k)", "[[\"A\",2]]"},
        {"SELECT length(k) + 1 AS z FROM (VALUES ('a'), ('bb'), ('cc')) t(k) GROUP BY z ORDER BY count(*) DESC, 1", "[[3],[2]]"},
        {"SELECT x FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x", "[[null],[1],[2]]"},
        {"SELECT x FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x DESC", "[[2],[1],[null]]"},
        {"SELECT x FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x DESC NULLS FIRST LIMIT 2 OFFSET 1", "[[2],[1]]"},
        {"SELECT a FROM (VALUES (1, 'z'), (2, 'y')) t(a, b) ORDER BY b", "[[2],[1]]"},
        {"SELECT l.x, r.y FROM (VALUES (1), (2), (NULL)) l(x) LEFT JOIN (VALUES (2, 'b'), (2, 'c'), (NULL, 'n')) r(x, y) ON l.x = r.x", "[[1,null],[2,\"b\"],[2,\"c\"],[null,null]]"},
        {"SELECT l.x, r.x FROM (VALUES (1), (NULL)) l(x) FULL OUTER JOIN (VALUES (NULL), (3)) r(x) ON l.x <=> r.x", "[[1,null],[null,null],[null,3]]"},
        {"SELECT l.x, r.x FROM (VALUES (1), (5)) l(x) JOIN (VALUES (2), (3)) r(x) ON l.x < r.x AND r.x > 2", "[[1,3]]"},
        {"SELECT 1 AS a UNION ALL SELECT NULL UNION ALL SELECT 3", "[[1],[null],[3]]"},
        {"SELECT 1 UNION SELECT 1", "[[1]]"},
        {"SELECT k, rn FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM (VALUES ('a', 1), ('a', 2), ('b', 3)) t(k, v)) WHERE rn = 1", "[[\"a\",1],[\"b\",1]]"},
        {"WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT a.x, b.y FROM a CROSS JOIN b", "[[1,2]]"},
        {"SELECT '1' AS a UNION ALL SELECT 2", "[[1],[2]]"},
        {"SELECT nope.* FROM (SELECT 1 a) t", "!CANNOT_RESOLVE_STAR_EXPAND 42704"},
        {"SELECT t.x.*, x['y'] FROM (SELECT struct(5 AS y, 6 AS z) AS x) t", "[[5,6,5]]"},
        {"SELECT unix_micros(TIMESTAMP'2026-01-01')", "[[1767225600000000]]"},
        {"SELECT from_json('{\"a\":[1,\"x\"],\"c\":[{\"z\":\"s\"},{\"z\":1}]}', 'a ARRAY<INT>, c ARRAY<STRUCT<z:INT>>')", "[[{\"a\":null,\"c\":[{\"z\":null},{\"z\":1}]}]]"},
        {"SELECT DISTINCT x FROM (VALUES (1), (1), (2)) t(x)", "[[1],[2]]"},
        {"SELECT x, y FROM (VALUES (1)) t(x)", "!UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"},
        {"SELECT x FROM (VALUES (1)) a(x) CROSS JOIN (VALUES (1)) b(x)", "!AMBIGUOUS_REFERENCE 42704"},
        {"SELECT x, count(*) FROM (VALUES (1)) t(x)", "!MISSING_GROUP_BY 42803"},
        {"SELECT x, y FROM (VALUES (1, 2)) t(x, y) GROUP BY x", "!MISSING_AGGREGATION 42803"},
        {"SELECT x FROM (VALUES (1)) t(x) WHERE count(*) > 1", "!INVALID_WHERE_CONDITION 42903"},
        {"SELECT * FROM nowhere(1)", "!UNRESOLVABLE_TABLE_VALUED_FUNCTION 42883"},
        {"SELECT 1 UNION ALL SELECT 1, 2", "!NUM_COLUMNS_MISMATCH 42826"},
        {"SELECT * FROM (VALUES (1), ('a'))", "!INVALID_INLINE_TABLE.INCOMPATIBLE_TYPES_IN_INLINE_TABLE 42000"},
        {"SELECT 1 WHERE 5", "!DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN 42K09"},
    };
    EXPECT_ALL(*state, x);
}

static void test_syntax(void **state) {
    static const char *const bad[] = {"SELEC 1", "SELECT", "SELECT 1 2", "SELECT 'abc", "SELECT `abc", "SELECT 1; SELECT 2", "SELECT * FROM", "SELECT (1", "CREATE",
                                      "SELECT * FROM (DESCRIBE HISTORY t)", "OPTIMIZE t", "TRUNCATE TABLE t", "CREATE TABLE t (a INT COMMENT 'it''s')", "SELECT 1 FROM t WHERE", "GRANT x",
                                      "MERGE WITH SCHEMA EVOLUTION INTO t USING s ON 1=1 WHEN MATCHED THEN DELETE", "SELECT CASE END", "INSERT INTO DIRECTORY '/x' USING json SELECT 1",
                                      "CREATE TEMPORARY VIEW IF NOT EXISTS v (a INT) USING csv OPTIONS (path 'x')", "FROM json.`x` WITH (SCHEMA a)", "SELECT a FROM t VERSION OF 0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) expect(*state, bad[i], "!PARSE_SYNTAX_ERROR 42601");
    expect(*state, "", "!PARSE_EMPTY_STATEMENT 42617");
    expect(*state, "SELECT /* 1", "!UNCLOSED_BRACKETED_COMMENT 42601");
    expect(*state, " ; ", "!PARSE_EMPTY_STATEMENT 42617");
    struct buf deep;
    buf_init(&deep, 0);
    buf_puts(&deep, "SELECT ");
    for (int i = 0; i < 5000; i++) buf_putc(&deep, '(');
    expect(*state, deep.data, "!FAILED_TO_PARSE_TOO_COMPLEX 54001");
    buf_release(&deep);
}

static void test_message_says_where(void **state) {
    struct fixture *f = *state;
    struct sql_result out;
    struct err e;
    assert_int_equal(sql_execute(f->session, "SELECT *\nFROM nope", NULL, 0, NULL, NULL, &out, &e), 0);
    assert_true(out.failed);
    assert_true(str_starts(out.message, "[TABLE_OR_VIEW_NOT_FOUND] The table or view `nope` cannot be found."));
    assert_non_null(strstr(out.message, "SQLSTATE: 42P01 (line 2, pos 5)\n\n== SQL ==\nSELECT *\nFROM nope\n-----^^^"));
    sql_result_release(&out);
}

static void test_parameters(void **state) {
    struct fixture *f = *state;
    const struct sql_parameter p[] = {{"a", "it's ${x} \\", "STRING"}, {"n", "42", "BIGINT"}, {"z", NULL, "INT"}, {"t", "2026-01-02T03:04:05Z", "TIMESTAMP"}};
    struct sql_result out;
    struct err e;
    assert_int_equal(sql_execute(f->session, "SELECT :a, :n + 1, :z, :t", p, 4, NULL, NULL, &out, &e), 0);
    char *json = cJSON_PrintUnformatted(out.rows);
    assert_string_equal(json, "[[\"it's ${x} \\\\\",43,null,\"2026-01-02T03:04:05.000000Z\"]]");
    assert_string_equal(out.columns[1].type_text, "bigint");
    cJSON_free(json);
    sql_result_release(&out);
    expect(f, "SELECT :missing", "!UNBOUND_SQL_PARAMETER 42P02");
}

static void test_column_names(void **state) {
    struct fixture *f = *state;
    static const char *const want[] = {"count(1)", "x", "max(x)", "CAST(x AS STRING)", "y"};
    struct sql_result out;
    struct err e;
    assert_int_equal(sql_execute(f->session, "SELECT count(*), max(x) x, max(x), CAST(max(x) AS STRING) AS `CAST(x AS STRING)`, 1 AS y FROM (VALUES (1)) t(x)", NULL, 0, NULL, NULL, &out, &e), 0);
    assert_int_equal(out.column_count, 5);
    for (int i = 0; i < 5; i++) assert_string_equal(out.columns[i].name, want[i]);
    sql_result_release(&out);
}

static bool after_some(void *ctx) {
    int *n = ctx;
    return ++*n > 3;
}

static void test_cancel(void **state) {
    struct fixture *f = *state;
    struct sql_result out;
    struct err e;
    struct buf sql;
    int n = 0;
    buf_init(&sql, 0);
    buf_puts(&sql, "SELECT count(*) FROM (VALUES (0)");
    for (int i = 1; i < 200; i++) buf_printf(&sql, ",(%d)", i);
    buf_puts(&sql, ") a(x) CROSS JOIN (SELECT 1) CROSS JOIN (VALUES (1),(2),(3),(4),(5),(6),(7),(8),(9),(10)) b(x)");
    assert_int_equal(sql_execute(f->session, sql.data, NULL, 0, after_some, &n, &out, &e), 0);
    assert_true(out.failed);
    assert_string_equal(out.error_class, "OPERATION_CANCELED");
    sql_result_release(&out);
    buf_release(&sql);
    expect(f, "SELECT 1", "[[1]]");
}

static void test_type_helpers(void **state) {
    (void)state;
    static const struct { const char *text, *name, *json; } x[] = {
        {"bigint", "LONG", "\"long\""}, {"string", "STRING", "\"string\""}, {"int", "INT", "\"integer\""}, {"decimal(10,2)", "DECIMAL", "\"decimal(10,2)\""},
        {"array<string>", "ARRAY", "{\"type\":\"array\",\"elementType\":\"string\",\"containsNull\":true}"},
        {"map<string,int>", "MAP", "{\"type\":\"map\",\"keyType\":\"string\",\"valueType\":\"integer\",\"valueContainsNull\":true}"},
        {"struct<a:int>", "STRUCT", "{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",\"type\":\"integer\",\"nullable\":true,\"metadata\":{}}]}"},
    };
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        char *name = sql_type_name(x[i].text), *json = sql_type_json(x[i].text);
        assert_string_equal(name, x[i].name);
        assert_string_equal(json, x[i].json);
        free(name);
        free(json);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SQL_TEST(test_literals), SQL_TEST(test_operators), SQL_TEST(test_casts), SQL_TEST(test_functions), SQL_TEST(test_json), SQL_TEST(test_queries), SQL_TEST(test_syntax),
        SQL_TEST(test_message_says_where), SQL_TEST(test_parameters), SQL_TEST(test_column_names), SQL_TEST(test_cancel), cmocka_unit_test(test_type_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
