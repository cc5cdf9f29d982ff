/* Joins, subqueries, set operations, windows, aggregates, and older versions of a table. */
#include "test_sql_help.h"

#define A "VALUES (1), (2), (NULL) AS a(k)"
#define B "VALUES (2), (NULL) AS b(k)"

static void test_joins(void **state) {
    static const struct expectation x[] = {
        {"SELECT * FROM " A " LEFT SEMI JOIN " B " ON a.k = b.k", "[[2]]"},
        {"SELECT * FROM " A " LEFT ANTI JOIN " B " ON a.k = b.k", "[[1],[null]]"},
        {"SELECT * FROM " A " ANTI JOIN " B " ON a.k <=> b.k", "[[1]]"},
        {"SELECT * FROM VALUES (1, 'a'), (2, 'b') AS a(k, x) JOIN VALUES (2, 'c') AS b(k, y) USING (k)", "[[2,\"b\",\"c\"]]"},
        {"SELECT k, a.k, b.k FROM VALUES (1) AS a(k) FULL JOIN VALUES (2) AS b(k) USING (k) ORDER BY k", "[[1,1,null],[2,null,2]]"},
        {"SELECT * FROM VALUES (1) AS a(k) RIGHT JOIN VALUES (2) AS b(k) USING (k)", "[[2]]"},
        {"SELECT * FROM VALUES (1) AS a(k) JOIN VALUES (2) AS b(k) USING (nope)", "!UNRESOLVED_USING_COLUMN_FOR_JOIN 42703"},
    };
    EXPECT_ALL(*state, x);
}

static void test_subqueries(void **state) {
    static const struct expectation x[] = {
        {"SELECT k FROM " A " WHERE k IN (SELECT k FROM " B ")", "[[2]]"},
        {"SELECT k FROM " A " WHERE k NOT IN (SELECT k FROM " B ")", "[]"},
        {"SELECT k FROM " A " WHERE k NOT IN (SELECT 2)", "[[1]]"},
        {"SELECT k FROM " A " WHERE k NOT IN (SELECT 2 WHERE FALSE)", "[[1],[2],[null]]"},
        {"SELECT k FROM " A " WHERE EXISTS (SELECT 1 FROM " B " WHERE b.k = a.k)", "[[2]]"},
        {"SELECT k FROM " A " WHERE k < 9 AND NOT EXISTS (SELECT 1 FROM " B " WHERE b.k = a.k)", "[[1]]"},
        {"SELECT k FROM VALUES (1) AS a(k) WHERE EXISTS (SELECT count(*) FROM " B " WHERE FALSE)", "[[1]]"},
        {"SELECT (SELECT max(k) FROM " A "), 2 IN (SELECT 1), 2 IN (SELECT CAST(NULL AS INT)), EXISTS (SELECT 1)", "[[2,false,null,true]]"},
        {"SELECT (SELECT k FROM " A ")", "!SCALAR_SUBQUERY_TOO_MANY_ROWS 21000"},
        {"SELECT 1 IN (SELECT 1, 2)", "!DATATYPE_MISMATCH.IN_SUBQUERY_LENGTH_MISMATCH 42K09"},
        {"WITH c AS (SELECT 1 AS k) SELECT 1 WHERE 1 IN (SELECT k FROM c)", "[[1]]"},
        {"SELECT k, count(*) FROM VALUES ('a'), ('b'), ('b') AS t(k) WHERE k NOT IN (SELECT k FROM VALUES ('b'), ('b') AS d(k) GROUP BY k HAVING count(*) > 1) GROUP BY k", "[[\"a\",1]]"},
    };
    EXPECT_ALL(*state, x);
}

static void test_sets(void **state) {
    static const struct expectation x[] = {
        {"SELECT k FROM VALUES (1), (1), (2), (NULL) AS a(k) EXCEPT SELECT 2", "[[null],[1]]"},
        {"SELECT k FROM VALUES (2), (2), (NULL) AS a(k) INTERSECT SELECT k FROM " B, "[[null],[2]]"},
        {"SELECT 1 EXCEPT SELECT 2 UNION ALL SELECT 3 INTERSECT SELECT 3", "[[1],[3]]"},
        {"SELECT 1 UNION SELECT 1 UNION ALL SELECT 1", "[[1],[1]]"},
        {"SELECT 1 UNION ALL SELECT 1 UNION SELECT 2 ORDER BY 1", "[[1],[2]]"},
        {"SELECT 1, 2 EXCEPT SELECT 1", "!NUM_COLUMNS_MISMATCH 42826"},
    };
    EXPECT_ALL(*state, x);
}

#define T "VALUES ('a', 1), ('a', 2), ('b', 5), ('b', NULL) AS t(v, n)"

static void test_aggregates_and_windows(void **state) {
    static const struct expectation x[] = {
        {"SELECT max_by(v, n), min_by(v, n), first(n), last(n), last(n, true), any_value(v), mean(n), count(*) FILTER (WHERE n > 1) FROM " T, "[[\"b\",\"a\",1,null,5,\"a\",2.6666666666666665,2]]"},
        {"SELECT v, collect_set(n), every(n > 1), some(n > 1) FROM " T " GROUP BY ALL", "[[\"a\",[1,2],false,true],[\"b\",[5],true,true]]"},
        {"SELECT n, count(*) OVER (PARTITION BY v), sum(n) OVER (PARTITION BY v), max(n) OVER () FROM " T " ORDER BY v, n", "[[1,2,3,5],[2,2,3,5],[null,2,5,5],[5,2,5,5]]"},
        {"SELECT v, rank() OVER (ORDER BY v), dense_rank() OVER (ORDER BY v), row_number() OVER (PARTITION BY v ORDER BY n DESC) FROM " T " WHERE n IS NOT NULL ORDER BY v, n", "[[\"a\",1,1,2],[\"a\",1,1,1],[\"b\",3,2,1]]"},
        {"SELECT first(v, true, 3) FROM " T, "!WRONG_NUM_ARGS.WITHOUT_SUGGESTION 42605"},
        {"SELECT count(DISTINCT v) OVER (PARTITION BY n) FROM " T, "!DISTINCT_WINDOW_FUNCTION_UNSUPPORTED 0A000"},
    };
    EXPECT_ALL(*state, x);
}

static void test_generators(void **state) {
    static const struct expectation x[] = {
        {"SELECT explode(array('a', 'b')) AS e", "[[\"a\"],[\"b\"]]"},
        {"SELECT k, explode(l), k + 1 FROM VALUES (1, array('x', 'y')), (2, array()), (3, CAST(NULL AS ARRAY<STRING>)) AS t(k, l)", "[[1,\"x\",2],[1,\"y\",2]]"},
        {"SELECT k, explode_outer(l) FROM VALUES (1, array('x')), (2, CAST(NULL AS ARRAY<STRING>)) AS t(k, l)", "[[1,\"x\"],[2,null]]"},
        {"SELECT posexplode(array('a', 'b'))", "[[0,\"a\"],[1,\"b\"]]"},
        {"SELECT explode(map('a', 1, 'b', 2))", "[[\"a\",1],[\"b\",2]]"},
        {"SELECT inline(array(struct(1, 'x'), struct(2, 'y')))", "[[1,\"x\"],[2,\"y\"]]"},
        {"SELECT t.k, e.v FROM VALUES (1, array('x', 'y')), (2, array()) AS t(k, l) LATERAL VIEW explode(t.l) e AS v WHERE v <> 'y'", "[[1,\"x\"]]"},
        {"SELECT k, p, v FROM VALUES (2, CAST(array() AS ARRAY<INT>)) AS t(k, l) LATERAL VIEW OUTER posexplode(l) e AS p, v", "[[2,null,null]]"},
        {"SELECT v, count(*) FROM VALUES (array('x', 'y')), (array('x')) AS t(l) LATERAL VIEW explode(l) e AS v GROUP BY v", "[[\"x\",2],[\"y\",1]]"},
        {"SELECT explode('a')", "!DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE 42K09"},
        {"SELECT explode(array(1, 2)), explode(array(3, 4))", "[[1,3],[1,4],[2,3],[2,4]]"},
    };
    EXPECT_ALL(*state, x);
}

static void test_versions(void **state) {
    struct fixture *f = *state;
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t (k STRING, v INT) USING DELTA", "[]"},
        {"INSERT INTO main.s.t VALUES ('a', 1), ('b', 2)", "[[2,2]]"},
        {"UPDATE main.s.t SET v = 9 WHERE k = 'a'", "[[1]]"},
        {"DELETE FROM main.s.t WHERE k = 'b'", "[[1]]"},
        {"INSERT INTO main.s.t VALUES ('c', 3)", "[[1,1]]"},
        {"MERGE INTO main.s.t t USING (SELECT 'a' AS k, 10 AS v) s ON t.k = s.k WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *", "[[1,1,0,0]]"},
        {"CREATE OR REPLACE TABLE main.s.t USING DELTA AS SELECT 'new' AS other", "[]"},
        {"SELECT * FROM main.s.t VERSION AS OF 0", "[]"},
        {"SELECT * FROM main.s.t VERSION AS OF 1", "[[\"a\",1],[\"b\",2]]"},
        {"SELECT * FROM main.s.t VERSION AS OF 2", "[[\"a\",9],[\"b\",2]]"},
        {"SELECT * FROM main.s.t VERSION AS OF 3", "[[\"a\",9]]"},
        {"SELECT t.k FROM main.s.t FOR VERSION AS OF 4 AS t WHERE t.v = 3", "[[\"c\"]]"},
        {"SELECT * FROM main.s.t VERSION AS OF 5", "[[\"a\",10],[\"c\",3]]"},
        {"SELECT * FROM main.s.t VERSION AS OF 6", "[[\"new\"]]"},
        {"SELECT * FROM main.s.t VERSION AS OF 7", "! Cannot time travel Delta table to version 7. Available versions: [0, 6]."},
        {"SELECT * FROM main.s.t TIMESTAMP AS OF '2001-01-01'", "! The provided timestamp is before the earliest version available to this table."},
        {"SELECT * FROM main.s.t TIMESTAMP AS OF '2999-01-01'", "! The provided timestamp is after the latest version available to this table."},
        {"DROP TABLE main.s.t", "[]"},
        {"CREATE TABLE main.s.t USING DELTA AS SELECT 1 AS a", "[]"},
        {"SELECT * FROM main.s.t VERSION AS OF 0", "[[1]]"},
    };
    EXPECT_ALL(f, x);
}

static void test_changing_statements_take_no_subquery(void **state) {
    static const struct expectation x[] = {
        {"CREATE TABLE main.s.t (k STRING) USING DELTA", "[]"},
        {"DELETE FROM main.s.t WHERE k IN (SELECT 'a')", "!DELTA_UNSUPPORTED_SUBQUERY 0AKDC"},
        {"UPDATE main.s.t SET k = 'b' WHERE EXISTS (SELECT 1)", "!DELTA_UNSUPPORTED_SUBQUERY 0AKDC"},
        {"MERGE INTO main.s.t t USING (SELECT 'a' AS k WHERE 'a' NOT IN (SELECT k FROM main.s.t)) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT *", "[[1,0,0,1]]"},
    };
    EXPECT_ALL(*state, x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SQL_TEST(test_joins), SQL_TEST(test_subqueries), SQL_TEST(test_sets), SQL_TEST(test_aggregates_and_windows), SQL_TEST(test_generators), SQL_TEST(test_versions),
        SQL_TEST(test_changing_statements_take_no_subquery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
