/* Definitions and changes of tables: commits, counts, errors, atomicity. */
#include "test_sql_help.h"

/* Operations of the history, newest first. */
static void expect_history(struct fixture *f, const char *table, const char *want) {
    struct sql_result out;
    struct err e;
    struct buf got;
    char *sql = str_printf("DESCRIBE HISTORY %s", table);
    buf_init(&got, 0);
    assert_int_equal(sql_execute(f->session, sql, NULL, 0, NULL, NULL, &out, &e), 0);
    assert_false(out.failed);
    const cJSON *row;
    cJSON_ArrayForEach(row, out.rows) buf_printf(&got, "%s%s", got.len ? "|" : "", cJSON_GetArrayItem(row, 4)->valuestring);
    if (!str_eq(got.data, want)) fail_msg("%s: history %s, not %s", table, got.data, want);
    buf_release(&got);
    sql_result_release(&out);
    free(sql);
}

static void test_create(void **state) {
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t (id STRING NOT NULL COMMENT 'it\\'s', `N` BIGINT) USING DELTA COMMENT 'c' TBLPROPERTIES ('lakeferry.run' = 'r', a.b 'c')", "[]"},
        {"DESCRIBE TABLE main.s.T", "[[\"id\",\"string\",\"it's\"],[\"N\",\"bigint\",null]]"},
        {"CREATE TABLE main.s.t (a INT)", "!TABLE_OR_VIEW_ALREADY_EXISTS 42P07"},
        {"CREATE TABLE main.s.t AS SELECT 1 AS a", "!TABLE_OR_VIEW_ALREADY_EXISTS 42P07"},
        {"CREATE TABLE IF NOT EXISTS main.s.t AS SELECT 1 AS a", "[]"},
        {"CREATE TABLE main.s.u (a INT) AS SELECT 1", "!_LEGACY_ERROR_TEMP_0035 "},
        {"CREATE TABLE main.nope.t (a INT)", "!SCHEMA_NOT_FOUND 42704"},
        {"CREATE TABLE main.s.u (a VARIANT)", "!UNSUPPORTED_DATATYPE 0A000"},
        {"CREATE TABLE main.s.u (a INT, A INT)", "!COLUMN_ALREADY_EXISTS 42711"},
        {"CREATE TABLE main.s.u (`a b` INT)", "!DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES 42K05"},
        {"CREATE TABLE main.s.u (s ARRAY<STRUCT<`a b`: INT>>)", "!DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES 42K05"},
        {"CREATE TABLE main.s.u AS SELECT count(*) FROM main.s.t", "!DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES 42K05"},
        {"CREATE TABLE main.s.u (`a b` INT) TBLPROPERTIES ('delta.columnMapping.mode'='name')", "[]"},
        {"CREATE TABLE main.s.w (a INT) TBLPROPERTIES ('delta.foo'='1')", "!DELTA_UNKNOWN_CONFIGURATION F0000"},
        {"CREATE TABLE a.b.c.d (a INT)", "!REQUIRES_SINGLE_PART_NAMESPACE 42K05"},
        {"CREATE TABLE main.s.w USING json AS SELECT 1 AS a", "!MANAGED_TABLE_FORMAT 0AKDC"},
        {"CREATE TABLE main.s.w AS SELECT CAST('x' AS INT) AS a", "!CAST_INVALID_INPUT 22018"},
        {"SELECT * FROM main.s.w", "!TABLE_OR_VIEW_NOT_FOUND 42P01"},
        {"SELECT * FROM main.nope.w", "!TABLE_OR_VIEW_NOT_FOUND 42P01"},
        {"CREATE TABLE main.s.w AS SELECT 1 AS a", "[]"},
        {"DROP TABLE main.s.w", "[]"},
        {"DROP TABLE main.s.w", "!TABLE_OR_VIEW_NOT_FOUND 42P01"},
        {"DROP TABLE main.nope.w", "!TABLE_OR_VIEW_NOT_FOUND 42P01"},
        {"DROP TABLE IF EXISTS main.s.w", "[]"},
        {"CREATE SCHEMA main.s", "!SCHEMA_ALREADY_EXISTS 42P06"},
        {"CREATE SCHEMA IF NOT EXISTS main.s", "[]"},
    };
    EXPECT_ALL(*state, x);
    expect_history(*state, "main.s.t", "CREATE TABLE");
}

static void test_replace(void **state) {
    struct fixture *f = *state;
    expect(f, "CREATE OR REPLACE TABLE main.s.t COMMENT 'one' TBLPROPERTIES ('p'='1') AS SELECT 1 AS a, 'x' AS b UNION ALL SELECT 2, NULL", "[]");
    expect(f, "CREATE OR REPLACE TABLE main.s.t AS SELECT CAST(b AS INT) AS a FROM main.s.t", "!CAST_INVALID_INPUT 22018");
    expect(f, "SELECT * FROM main.s.t", "[[1,\"x\"],[2,null]]");
    expect_history(f, "main.s.t", "CREATE OR REPLACE TABLE AS SELECT");
    expect(f, "CREATE OR REPLACE TABLE main.s.t AS SELECT a * 10 AS a FROM main.s.t", "[]");
    expect(f, "SELECT * FROM main.s.t", "[[10],[20]]");
    expect(f, "SHOW TBLPROPERTIES main.s.t ('p')", "[[\"p\",\"Table main.s.t does not have property: p\"]]");
    expect(f, "CREATE OR REPLACE TABLE main.s.t (z INT)", "[]");
    expect(f, "SELECT count(*) FROM main.s.t", "[[0]]");
    expect_history(f, "main.s.t", "CREATE OR REPLACE TABLE|CREATE OR REPLACE TABLE AS SELECT|CREATE OR REPLACE TABLE AS SELECT");
}

static void test_insert(void **state) {
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t (id STRING NOT NULL, n INT, m MAP<STRING,INT>)", "[]"},
        {"INSERT INTO main.s.t VALUES ('a', 1, map('k', 1)), ('b', 2, NULL)", "[[2,2]]"},
        {"INSERT INTO main.s.t (N, Id) SELECT 3, 'c'", "[[1,1]]"},
        {"INSERT INTO main.s.t SELECT concat(id, '2'), n, m FROM main.s.t", "[[3,3]]"},
        {"INSERT INTO main.s.t VALUES ('x')", "!DELTA_INSERT_COLUMN_ARITY_MISMATCH 42802"},
        {"INSERT INTO main.s.t (id) VALUES (NULL)", "!DELTA_NOT_NULL_CONSTRAINT_VIOLATED 23502"},
        {"INSERT INTO main.s.t (id, n) VALUES ('q', '1'), ('r', 'bad')", "!CAST_INVALID_INPUT 22018"},
        {"INSERT INTO main.s.t (id, nope) VALUES ('q', 1)", "!UNRESOLVED_COLUMN.WITH_SUGGESTION 42703"},
        {"SELECT id, n, m['k'] FROM main.s.t ORDER BY id", "[[\"a\",1,1],[\"a2\",1,1],[\"b\",2,null],[\"b2\",2,null],[\"c\",3,null],[\"c2\",3,null]]"},
        {"INSERT OVERWRITE main.s.t SELECT * FROM main.s.t WHERE n = 3", "[[2,2]]"},
        {"SELECT id FROM main.s.t ORDER BY id", "[[\"c\"],[\"c2\"]]"},
        {"UPDATE main.s.t SET n = n + 1, id = upper(id) WHERE id = 'c'", "[[1]]"},
        {"UPDATE main.s.t SET n = 0 WHERE id = 'none'", "[[0]]"},
        {"UPDATE main.s.t SET id = NULL", "!DELTA_NOT_NULL_CONSTRAINT_VIOLATED 23502"},
        {"SELECT id, n FROM main.s.t ORDER BY id", "[[\"C\",4],[\"c2\",3]]"},
        {"DELETE FROM main.s.t WHERE n = 3", "[[1]]"},
        {"DELETE FROM main.s.t WHERE n = 3", "[[0]]"},
        {"DELETE FROM main.s.t AS z WHERE z.n = 4", "[[1]]"},
    };
    EXPECT_ALL(*state, x);
    expect_history(*state, "main.s.t", "DELETE|DELETE|UPDATE|WRITE|WRITE|WRITE|WRITE|CREATE TABLE");
}

#define SOURCE(rows) "USING (SELECT * FROM (VALUES " rows ") v(k, v)) s ON t.k = s.k "
#define UPSERT "WHEN MATCHED AND NOT (t.v <=> s.v) THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"

static void test_merge(void **state) {
    struct fixture *f = *state;
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t (k STRING, v INT)", "[]"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 1), ('b', 2), ('c', 3)") UPSERT, "[[3,0,0,3]]"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 1), ('b', 2), ('c', 3)") UPSERT, "[[0,0,0,0]]"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 1), ('b', 20), ('d', 4)") UPSERT " WHEN NOT MATCHED BY SOURCE THEN DELETE", "[[3,1,1,1]]"},
        {"SELECT * FROM main.s.t ORDER BY k", "[[\"a\",1],[\"b\",20],[\"d\",4]]"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 9), ('b', 9)") "WHEN MATCHED AND s.k = 'a' THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v + t.v", "[[2,1,1,0]]"},
        {"SELECT * FROM main.s.t ORDER BY k", "[[\"b\",29],[\"d\",4]]"},
        {"MERGE INTO main.s.t t " SOURCE("('z', 1), ('y', 2)") "WHEN NOT MATCHED AND s.v > 1 THEN INSERT (v, k) VALUES (s.v * 100, upper(s.k))", "[[1,0,0,1]]"},
        {"SELECT * FROM main.s.t ORDER BY k", "[[\"Y\",200],[\"b\",29],[\"d\",4]]"},
        {"MERGE INTO main.s.t t " SOURCE("('d', 1)") "WHEN NOT MATCHED BY SOURCE AND t.v > 100 THEN UPDATE SET t.v = 0", "[[1,1,0,0]]"},
        {"MERGE INTO main.s.t t USING (SELECT 'q' AS k) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT *", "!DELTA_MERGE_UNRESOLVED_EXPRESSION 42601"},
        {"MERGE INTO main.s.t t " SOURCE("('q', 1)") "WHEN NOT MATCHED THEN INSERT (nope) VALUES (1)", "!DELTA_MERGE_UNRESOLVED_EXPRESSION 42601"},
        {"MERGE INTO main.s.t t " SOURCE("('b', 1)") "WHEN MATCHED THEN DELETE WHEN MATCHED THEN DELETE", "!NON_LAST_MATCHED_CLAUSE_OMIT_CONDITION 42613"},
        {"MERGE INTO main.s.nope t " SOURCE("('b', 1)") "WHEN MATCHED THEN DELETE", "!TABLE_OR_VIEW_NOT_FOUND 42P01"},
        {"MERGE INTO main.s.t t " SOURCE("('b', 1)") "WHEN MATCHED THEN UPDATE SET v = CAST('x' AS INT)", "!CAST_INVALID_INPUT 22018"},
        {"MERGE INTO main.s.t t USING (SELECT 'q' AS k, 5 AS v, 7 AS extra) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT *", "[[1,0,0,1]]"},
    };
    EXPECT_ALL(f, x);
}

static void test_merge_duplicates_and_nulls(void **state) {
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t AS SELECT * FROM (VALUES ('a', 1), (NULL, 0)) v(k, v)", "[]"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 2), ('a', 2)") UPSERT, "!DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE 21506"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 1), ('a', 2)") "WHEN MATCHED AND NOT (t.v <=> s.v) THEN UPDATE SET *", "!DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE 21506"},
        {"MERGE INTO main.s.t t " SOURCE("('a', 1), ('a', 3)") "WHEN MATCHED THEN DELETE", "[[1,0,1,0]]"},
        {"MERGE INTO main.s.t t " SOURCE("('n', 1), ('n', 1)") UPSERT, "[[2,0,0,2]]"},
        {"MERGE INTO main.s.t t " SOURCE("('n', 1), ('n', 1)") "WHEN NOT MATCHED THEN INSERT *", "[[0,0,0,0]]"},
        {"MERGE INTO main.s.t t USING (SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM (VALUES ('n', 1), ('n', 7)) x(k, v)) WHERE rn = 1) s "
         "ON t.k = s.k " UPSERT, "[[2,2,0,0]]"},
        {"MERGE INTO main.s.t t " SOURCE("(NULL, 5)") UPSERT, "[[1,0,0,1]]"},
        {"MERGE INTO main.s.t t USING (SELECT CAST(NULL AS STRING) AS k, 6 AS v) s ON t.k <=> s.k WHEN MATCHED THEN UPDATE SET t.v = s.v", "[[2,2,0,0]]"},
        {"SELECT * FROM main.s.t ORDER BY k, v", "[[null,6],[null,6],[\"n\",7],[\"n\",7]]"},
    };
    EXPECT_ALL(*state, x);
}

/* Which MERGE that changes nothing commits all the same. */
static void test_merge_commits(void **state) {
    struct fixture *f = *state;
    expect(f, "CREATE TABLE main.s.t AS SELECT 'a' AS k, 1 AS v", "[]");
    expect(f, "MERGE INTO main.s.t t " SOURCE("('a', 1)") "WHEN MATCHED AND NOT (t.v <=> s.v) THEN UPDATE SET *", "[[0,0,0,0]]");
    expect(f, "MERGE INTO main.s.t t " SOURCE("('a', 1)") "WHEN NOT MATCHED THEN INSERT *", "[[0,0,0,0]]");
    expect_history(f, "main.s.t", "CREATE TABLE AS SELECT");
    expect(f, "MERGE INTO main.s.t t " SOURCE("('a', 1)") UPSERT, "[[0,0,0,0]]");
    expect_history(f, "main.s.t", "MERGE|CREATE TABLE AS SELECT");
    expect(f, "MERGE INTO main.s.t t " SOURCE("('a', 1)") UPSERT " WHEN NOT MATCHED BY SOURCE THEN DELETE", "[[0,0,0,0]]");
    expect(f, "MERGE INTO main.s.t t " SOURCE("('a', 1)") "WHEN MATCHED THEN UPDATE SET v = s.v", "[[1,1,0,0]]");
    expect_history(f, "main.s.t", "MERGE|MERGE|MERGE|CREATE TABLE AS SELECT");
}

static void test_odd_names(void **state) {
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.`odd#%\xC3\xA4` (`a-b.c` STRING, `x``y` INT, `` STRING, `\xF0\x9F\x98\x80` INT, `select` INT, st STRUCT<a: INT, `b-c`: STRING>)", "[]"},
        {"INSERT INTO main.s.`ODD#%\xC3\x84` VALUES ('q', 1, 'e', 2, 3, named_struct('a', 1, 'b-c', 'z'))", "[[1,1]]"},
        {"SELECT t.`a-b.c`, `X``Y`, ``, `\xF0\x9F\x98\x80`, `select`, st.`b-c`, t.st.a FROM main.s.`odd#%\xC3\xA4` AS t", "[[\"q\",1,\"e\",2,3,\"z\",1]]"},
        {"SELECT main.s.`odd#%\xC3\xA4`.`select` FROM main.s.`odd#%\xC3\xA4`", "[[3]]"},
        {"MERGE INTO main.s.`odd#%\xC3\xA4` `t``1` USING (SELECT 'q' AS `k;y`) `s s` ON `t``1`.`a-b.c` = `s s`.`k;y` WHEN MATCHED THEN UPDATE SET `t``1`.`x``y` = 9", "[[1,1,0,0]]"},
        {"CREATE TABLE main.s.`1num` AS SELECT 1 AS `select`", "[]"},
        {"SELECT `select` FROM main.s.`1num`", "[[1]]"},
        {"CREATE TABLE main.s.`a b` (x INT)", "!INVALID_SCHEMA_OR_RELATION_NAME 42602"},
        {"SELECT \"select\" FROM main.s.`1num`", "[[\"select\"]]"},
        {"SHOW TABLES IN main.s", "[[\"s\",\"1num\",false],[\"s\",\"odd#%\xC3\xA4\",false]]"},
    };
    EXPECT_ALL(*state, x);
}

static void test_properties_and_comments(void **state) {
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t (a INT, b STRING)", "[]"},
        {"ALTER TABLE main.s.t ALTER COLUMN B COMMENT 'it\\'s'", "[]"},
        {"COMMENT ON TABLE main.s.t IS 'hello'", "[]"},
        {"COMMENT ON COLUMN main.s.t.a IS 'x'", "[]"},
        {"COMMENT ON VOLUME main.s.v IS 'vol'", "[]"},
        {"COMMENT ON SCHEMA main.s IS 'sch'", "[]"},
        {"COMMENT ON TABLE main.s.nope IS 'x'", "!TABLE_OR_VIEW_NOT_FOUND 42P01"},
        {"ALTER TABLE main.s.t SET TBLPROPERTIES ('a'='1', 'b'='2')", "[]"},
        {"ALTER TABLE main.s.t UNSET TBLPROPERTIES ('zz')", "[]"},
        {"ALTER TABLE main.s.t UNSET TBLPROPERTIES IF EXISTS ('a', 'zz')", "[]"},
        {"SHOW TBLPROPERTIES main.s.t", "[[\"b\",\"2\"],[\"delta.minReaderVersion\",\"1\"],[\"delta.minWriterVersion\",\"2\"]]"},
        {"INSERT INTO main.s.t VALUES (1, 'x')", "[[1,1]]"},
        {"ALTER TABLE main.s.t ADD COLUMNS (c DOUBLE COMMENT 'new')", "[]"},
        {"SELECT * FROM main.s.t", "[[1,\"x\",null]]"},
        {"DESCRIBE TABLE main.s.t", "[[\"a\",\"int\",\"x\"],[\"b\",\"string\",\"it's\"],[\"c\",\"double\",\"new\"]]"},
        {"SET spark.sql.ansi.enabled = false", "!CONFIG_NOT_AVAILABLE 42K0I"},
        {"USE main.s", "[]"},
        {"SELECT b FROM t", "[[\"x\"]]"},
        {"SHOW VOLUMES IN main.s", "[[\"s\",\"v\"]]"},
        {"SHOW CATALOGS", "[[\"main\"]]"},
        {"SHOW SCHEMAS IN main LIKE 'd*'", "[[\"default\"]]"},
        {"CREATE VOLUME main.s.w COMMENT 'x'", "[]"},
        {"CREATE VOLUME main.s.w", "!VOLUME_ALREADY_EXISTS 42000"},
        {"DROP VOLUME main.s.w", "[]"},
        {"DROP VOLUME IF EXISTS main.s.w", "[]"},
        {"DROP VOLUME main.s.w", "!UC_VOLUME_NOT_FOUND 42704"},
    };
    EXPECT_ALL(*state, x);
}

static void test_temp_views_belong_to_a_session(void **state) {
    struct fixture *f = *state;
    expect(f, "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1 AS a", "[]");
    expect(f, "CREATE OR REPLACE TEMPORARY VIEW w AS SELECT a + 1 AS b FROM V", "[]");
    expect(f, "SELECT b FROM w", "[[2]]");
    expect(f, "CREATE TEMPORARY VIEW v AS SELECT 2 AS a", "!TEMP_TABLE_OR_VIEW_ALREADY_EXISTS 42P07");
    struct sql_session *mine = f->session;
    f->session = sql_session_new(f->lake, NULL);
    expect(f, "SELECT * FROM v", "!TABLE_OR_VIEW_NOT_FOUND 42P01");
    sql_session_free(f->session);
    f->session = mine;
    expect(f, "DROP VIEW v", "[]");
    expect(f, "SELECT * FROM v", "!TABLE_OR_VIEW_NOT_FOUND 42P01");
}

/* More rows than any cache: sorting, grouping, joining and merging go through files. */
static void test_many_rows(void **state) {
    struct fixture *f = *state;
    struct buf sql;
    buf_init(&sql, 0);
    buf_puts(&sql, "CREATE TABLE main.s.ten AS SELECT * FROM (VALUES (0)");
    for (int i = 1; i < 100; i++) buf_printf(&sql, ", (%d)", i);
    buf_puts(&sql, ") t(n)");
    expect(f, sql.data, "[]");
    buf_release(&sql);
    expect(f, "CREATE TABLE main.s.big AS SELECT a.n * 100 + b.n AS id, repeat('x', 100) AS pad FROM main.s.ten a CROSS JOIN main.s.ten b", "[]");
    expect(f, "SELECT count(*), min(id), max(id), count(DISTINCT id) FROM main.s.big", "[[10000,0,9999,10000]]");
    expect(f, "SELECT id FROM main.s.big ORDER BY id DESC LIMIT 2", "[[9999],[9998]]");
    expect(f, "SELECT id % 10 AS d, count(*) FROM main.s.big GROUP BY id % 10 HAVING id % 10 > 7", "[[8,1000],[9,1000]]");
    expect(f, "MERGE INTO main.s.big t USING (SELECT id + 5000 AS id FROM main.s.big) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET pad = 'y' WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
           "[[10000,5000,0,5000]]");
    expect(f, "SELECT pad IS NULL, count(*) FROM main.s.big WHERE id >= 5000 GROUP BY 1", "[[false,5000],[true,5000]]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SQL_TEST(test_create), SQL_TEST(test_replace), SQL_TEST(test_insert), SQL_TEST(test_merge), SQL_TEST(test_merge_duplicates_and_nulls), SQL_TEST(test_merge_commits),
        SQL_TEST(test_odd_names), SQL_TEST(test_properties_and_comments), SQL_TEST(test_temp_views_belong_to_a_session), SQL_TEST(test_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
