"""
Statements of the forms that lakeferry may send, beyond those that its end-to-end tests happen to send; each group shares its tables
and, with a session, its context. FILES are what they read, by path; a value None is an empty folder.
"""
D = "/Volumes/main/vision/out/corpus"

STAGED = "(SELECT r.* FROM (SELECT from_json(value, 'k STRING, v STRING, n BIGINT, at TIMESTAMP', map('mode','FAILFAST')) AS r FROM text.`" + D + "/%s` WHERE value <> ''))"
LOOSE = "(SELECT r.* FROM (SELECT from_json(value, '%s') AS r FROM text.`" + D + "/%s` WHERE value <> ''))"
DIFFERS = "NOT (t.v <=> s.v AND t.n <=> s.n AND t.at <=> s.at)"
MERGE = "MERGE INTO main.vision.lf_merge t USING " + STAGED + " s ON t.k = s.k "
UPSERT = ("WHEN MATCHED AND " + DIFFERS + " THEN UPDATE SET t.v = s.v, t.n = s.n, t.at = s.at "
          "WHEN NOT MATCHED THEN INSERT (k, v, n, at) VALUES (s.k, s.v, s.n, s.at)")

FILES = {
    D + "/first/a.json": '{"k":"a","v":"one","n":1,"at":"2026-11-22T07:00:00.123456Z"}\n{"k":"b","v":"","n":null,"at":null}\n\n{"k":"c","n":9007199254740993}\n',
    D + "/first/b.json": '{"k":"d\\u00e9","v":"tab\\t quote\' \\" back\\\\ \\ud83d\\ude00","n":-5,"at":"2026-01-02T03:04:05.123456789Z"}',
    D + "/first/_skipped": '{"k":"never"}\n',
    D + "/first/sub/deep.json": '{"k":"never"}\n',
    D + "/second/a.json": '{"k":"a","v":"ONE","n":1,"at":"2026-11-22T07:00:00.123456Z"}\n{"k":"b","v":"","n":null,"at":null}\n{"k":"new","v":"x","n":2,"at":null}\n',
    D + "/twice/a.json": '{"k":"a","v":"1"}\n{"k":"a","v":"2"}\n',
    D + "/twinless/a.json": '{"k":"zz","v":"1"}\n{"k":"zz","v":"1"}\n',
    D + "/null/a.json": '{"v":"no key","n":1}\n',
    D + "/broken/a.json": '{"k":"a","v":"one"}\n{"k":"b","v":\n',
    D + "/types/a.json": "\n".join([
        '{"id":"string for a number","n":"12","d":1.5,"b":true}', '{"id":"fraction","n":1.5,"d":"NaN","b":"true"}',
        '{"id":"too large","n":9223372036854775808,"d":1e400,"b":false}', '{"id":"limit","n":9223372036854775807,"d":-0.0,"b":null}',
        '{"id":{"x":1.10,"y":[true,null]},"n":0}', '{"id":["a",1],"n":-1}', '{"id":12.50}', '{"id":true}', '{"ID":"case"}', '{"id":"1","id":"2"}',
        '[{"id":"array"}]', "{'id':'single quotes'}", 'not json', '{"id":"end"} trailing', '{}', 'null', '"text"', '  {"id":"blanks"}  ']) + "\n",
    D + "/times/a.json": "\n".join(['{"at":"%s"}' % t for t in (
        "2026-11-22T07:00:00Z", "2026-11-22T07:00:00.1Z", "2026-11-22T07:00:00.123456789Z", "2026-11-22T07:00:00+02:00", "2026-11-22 07:00:00", "2026-11-22",
        "2026-11-22T07:00", "1969-12-31T23:59:59.999999Z", "not a time", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "")]) + '\n{"at":1700000000}\n{"at":null}\n',
    D + "/nested/a.json": '{"tags":["a",null,"b"],"m":{"x":1,"y":null},"s":{"lat":1.5,"name":"p"}}\n{"tags":[],"m":{},"s":null}\n{"tags":"no","m":[],"s":{}}\n',
    D + "/lines/a.txt": b"\xef\xbb\xbfbom first\r\nlone\rcr\nu2028 \xe2\x80\xa8 stays\nlast without end",
    D + "/empty": None,
    D + "/cars.csv": 'inputid,input,concepts,metadata,geopoints\n001,https://x/1.jpg,"[\'a\', \'b\']","{\'k\': ""v, w""}","1.5,2.5"\n002,"two\nlines",,"",\n003,short\n',
}

# Without NUL in a text: the platform, written in C, says U+FFFD for it.
EXPRESSIONS = [
    r"'it\'s'", r"'a\\b'", r"'tab\there'", r"'\u0024{x}'", "'$' '{x}'", "'é😀'", r"'\101'", r"'\%\_'", r"'\x41'", r"r'raw\n'", "'two ' 'parts'", '"double"', r"'\Z\b'",
    "X'00FF'", "TIMESTAMP'2026-11-22T07:00:00.123456789Z'", "DATE'2026-01-02'", "1.50", "1e3", "12345678901", "-5", "2147483647", "2147483648", "TRUE", "NULL", "CAST(NULL AS STRING)",
    "left('héllo', 2)", "right('héllo', 2)", "length('héllo😀')", "octet_length('héllo')", "octet_length(X'00FF')", "upper('aé')", "lower('AÉ')", "trim('  x ')", "substring('abcdef', 2, 3)", "substring('abcdef', -2)", "concat('a', 'b')", "'a' || 'b' || NULL",
    "coalesce(NULL, 'x')", "nvl(NULL, 1)", "ifnull(NULL, 2)", "if(1 < 2, 'y', 'n')", "CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END", "CASE 'x' WHEN 'x' THEN 1 END", "nullif(1, 1)",
    "concat_ws(',', 'a', NULL, 'b')", "replace('aXb', 'X', '-')", "instr('hello', 'l')", "locate('l', 'hello')", "regexp_replace('a1b2', '[0-9]', '#')", "split('a,b,c', ',')", "startswith('abc', 'a')", "repeat('ab', 2)", "lpad('1', 3, '0')",
    "array(1, 2, NULL)", "size(array(1, 2))", "array_contains(array('a', 'b'), 'b')", "array_join(array('a', NULL, 'b'), ',')", "map('a', 1, 'b', 2)", "named_struct('x', 1, 'y', 'z')", "struct(1, 'a')", "cardinality(map('a', 1))", "element_at(array(1, 2), 1)",
    "to_json(named_struct('a', 1, 'b', CAST(NULL AS STRING)))", "to_json(named_struct('a', 1, 'b', CAST(NULL AS STRING)), map('ignoreNullFields', 'false'))", "to_json(array(1, 2))", "to_json(map('k', 'v'))",
    "to_json(named_struct('t', TIMESTAMP'2026-01-02T03:04:05.123456Z', 'd', DATE'2026-01-02', 'b', X'00FF', 'f', 1.0D, 'm', 1.10))", "from_json('{\"a\":1}', 'a INT')", "from_json('{\"a\":1}', 'a INT').a",
    """get_json_object('{"a":{"b":[1,2]}}', '$.a.b[1]')""", """get_json_object('{"a":"x"}', '$.a')""", "get_json_object('no', '$.a')", """get_json_object('{"a":{"c":1}}', '$.a')""",
    "base64(X'00FF')", "unbase64('AP8=')", "hex('abc')", "md5('a')", "sha2('a', 256)", "crc32('a')", "abs(-1)", "round(2.567, 2)", "floor(2.5)", "ceil(2.1)", "7 % 3", "7 / 2", "greatest(1, 3, 2)", "least(1, 3, 2)", "mod(7, 4)", "2 * 3 + 1", "1 + 1.5", "2147483647 + 1",
    "CAST('12' AS INT)", "CAST(' 12 ' AS INT)", "CAST(12 AS STRING)", "CAST('1.5' AS DOUBLE)", "CAST('true' AS BOOLEAN)", "CAST('2026-01-02' AS DATE)", "CAST('2026-01-02T03:04:05Z' AS TIMESTAMP)", "CAST('2026-01-02 03:04:05.5+02:00' AS TIMESTAMP)", "CAST(1.567 AS DECIMAL(5, 2))",
    "CAST(1 AS DOUBLE)", "CAST(TRUE AS STRING)", "CAST(TIMESTAMP'2026-01-02T03:04:05.100Z' AS STRING)", "CAST(1.0D AS STRING)", "CAST(1e20D AS STRING)", "CAST(0.1D + 0.2D AS STRING)", "CAST(CAST(1.10 AS DECIMAL(10, 2)) AS STRING)", "CAST(array(1, 2) AS STRING)", "CAST(named_struct('a', 1, 'b', NULL) AS STRING)", "CAST(map('k', 'v') AS STRING)",
    "CAST(X'6162' AS STRING)", "CAST('x' AS BINARY)", "CAST(1.9D AS INT)", "CAST('1e3' AS DOUBLE)", "CAST('NaN' AS DOUBLE)", "CAST(12345678901 AS INT)", "CAST('9223372036854775808' AS BIGINT)", "CAST('' AS INT)", "CAST(DATE'2026-01-02' AS TIMESTAMP)", "CAST(0 AS BOOLEAN)",
    "try_cast('x' AS INT)", "isnull(NULL)", "isnotnull(1)", "1 <=> NULL", "NULL <=> NULL", "NULL = NULL", "NOT TRUE", "1 BETWEEN 0 AND 2", "'a' IN ('a', 'b')", "'c' IN ('a', NULL)", "'abc' LIKE 'a%'", "'a_c' LIKE 'a\\\\_c'", "'abc' RLIKE '^a'", "1 <> 2", "1 = 1.0", "'1' = 1", "'a' < 'B'", "NULL AND FALSE", "NULL OR TRUE",
    "date_format(TIMESTAMP'2026-01-02T03:04:05Z', 'yyyy-MM-dd')", "year(DATE'2026-01-02')", "unix_timestamp(TIMESTAMP'2026-01-02T03:04:05Z')", "to_timestamp('2026-01-02T03:04:05.123Z')", "typeof(1)", "typeof(array('a'))",
]

GROUPS = {
    "literals": [
        "SELECT 'it''s' AS joined", "SELECT '${x}' AS gone, '$x' AS kept, '{{x}}' AS braces", "SELECT 'a;b' AS semi;", "SELECT 'a' -- comment\n, 'b' /* c */",
        "SELECT 1", "SELECT 'x', 1 + 2, count(*)",
    ],
    "expressions": ["SELECT " + e + " AS x" for e in EXPRESSIONS],
    "queries": [
        "SELECT * FROM VALUES (1, 'a'), (2, 'b'), (NULL, 'c') AS t(n, s) WHERE n IS NOT NULL ORDER BY n DESC LIMIT 5",
        "SELECT count(*), count(n), count(DISTINCT s), sum(n), min(n), max(n), avg(n), count_if(n > 1) FROM VALUES (1, 'a'), (2, 'b'), (NULL, 'a') AS t(n, s)",
        "SELECT s, count(*) AS c FROM VALUES (1, 'a'), (2, 'b'), (3, 'a') AS t(n, s) GROUP BY s HAVING count(*) > 1",
        "SELECT count(*) FROM VALUES (1) AS t(n) WHERE n > 5", "SELECT count(*) FILTER (WHERE n > 1) FROM VALUES (1), (2) AS t(n)",
        "SELECT a.k, b.v FROM VALUES (1), (2), (3) AS a(k) LEFT JOIN VALUES (1, 'x'), (3, 'y') AS b(k, v) ON a.k = b.k",
        "SELECT a.k FROM VALUES (1), (2) AS a(k) JOIN VALUES (2) AS b(k) ON a.k = b.k", "SELECT k FROM VALUES (1), (2) AS a(k) LEFT ANTI JOIN VALUES (2) AS b(k) USING (k)",
        "SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS rn FROM VALUES ('a', 1), ('a', 2), ('b', 3) AS t(k, v)) WHERE rn = 1",
        "SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 2", "SELECT DISTINCT n FROM VALUES (1), (1), (2) AS t(n)", "WITH x AS (SELECT 1 AS n) SELECT n + 1 AS m FROM x",
        "SELECT explode(array('a', 'b')) AS e", "SELECT t.s.a, t.l[0] AS l0, t.m['k'] AS mk FROM (SELECT named_struct('a', 1) AS s, array('z') AS l, map('k', 'v') AS m) t",
        "SELECT * FROM main.vision.all_types", "SELECT * FROM main.vision.labels_2025 LIMIT 3", "SELECT count(*) FROM main.vision.all_types",
    ],
    "staged": [
        "CREATE TABLE main.vision.lf_new USING DELTA COMMENT 'it\\'s new' TBLPROPERTIES ('lakeferry.run'='r1', 'lakeferry.source'='/Volumes/main/vision/pictures') AS SELECT k, v, n, at FROM " + STAGED % "first",
        "CREATE TABLE main.vision.lf_new USING DELTA AS SELECT k FROM " + STAGED % "first",
        "CREATE TABLE IF NOT EXISTS main.vision.lf_new USING DELTA AS SELECT k FROM " + STAGED % "first",
        "SELECT k, v, n, at FROM main.vision.lf_new WHERE v = '' OR n > 5 ORDER BY k",
        "CREATE OR REPLACE TABLE main.vision.lf_new USING DELTA TBLPROPERTIES ('lakeferry.run'='r2') AS SELECT k, n FROM " + STAGED % "second",
        "CREATE OR REPLACE TABLE main.vision.lf_new USING DELTA AS SELECT CAST(k AS INT) AS k FROM " + STAGED % "second",
        "SELECT * FROM main.vision.lf_new",
        "CREATE TABLE main.vision.lf_bad USING DELTA AS SELECT k FROM " + STAGED % "broken",
        "SELECT count(*) FROM " + STAGED % "broken", "SELECT count(k) FROM " + STAGED % "broken",
        "SELECT * FROM " + STAGED % "missing", "SELECT * FROM " + STAGED % "empty",
        "SELECT value FROM text.`" + D + "/lines` WHERE value <> ''", "SELECT count(*) FROM text.`" + D + "/first`",
        "SELECT value FROM text.`" + D + "/lines/a.txt` LIMIT 1",
        "SELECT * FROM " + LOOSE % ("id STRING, n BIGINT, d DOUBLE, b BOOLEAN", "types"), "SELECT * FROM " + LOOSE % ("at TIMESTAMP", "times"),
        "SELECT * FROM " + LOOSE % ("tags ARRAY<STRING>, m MAP<STRING, INT>, s STRUCT<lat: DOUBLE, name: STRING>", "nested"),
        "SELECT from_json(value, 'k STRING, _corrupt_record STRING', map('columnNameOfCorruptRecord','_corrupt_record')) AS r FROM text.`" + D + "/broken`",
        "INSERT INTO main.vision.lf_new (k, n) VALUES ('x', 1), (NULL, NULL)", "INSERT INTO main.vision.lf_new VALUES ('y', 2)", "INSERT INTO main.vision.lf_new (k) VALUES ('z')",
        "INSERT INTO main.vision.lf_new VALUES (1)", "INSERT INTO main.vision.lf_new (k, nope) VALUES ('x', 1)", "INSERT INTO main.vision.lf_new VALUES ('q', 'not a number')",
        "UPDATE main.vision.lf_new SET n = n + 1 WHERE k = 'x'", "DELETE FROM main.vision.lf_new WHERE k IS NULL", "DELETE FROM main.vision.lf_new WHERE k = 'nothing'",
        "ALTER TABLE main.vision.lf_new SET TBLPROPERTIES ('lakeferry.datasets'='a/b/c')", "SHOW TBLPROPERTIES main.vision.lf_new ('lakeferry.datasets')", "SHOW TBLPROPERTIES main.vision.lf_new ('lakeferry.nope')",
        "ALTER TABLE main.vision.lf_new ALTER COLUMN k COMMENT 'the key'", "DESCRIBE TABLE main.vision.lf_new", "DROP TABLE main.vision.lf_new", "DROP TABLE main.vision.lf_new", "DROP TABLE IF EXISTS main.vision.lf_new",
    ],
    "merge": [
        "CREATE TABLE main.vision.lf_merge (k STRING, v STRING, n BIGINT, at TIMESTAMP) USING DELTA",
        MERGE % "first" + "WHEN NOT MATCHED THEN INSERT (k, v, n, at) VALUES (s.k, s.v, s.n, s.at)",
        MERGE % "first" + "WHEN NOT MATCHED THEN INSERT (k, v, n, at) VALUES (s.k, s.v, s.n, s.at)",
        "SELECT count_if(t.k IS NULL) AS inserted, count_if(t.k IS NOT NULL AND " + DIFFERS + ") AS changed, count_if(t.k IS NOT NULL AND t.v <=> s.v) AS same FROM " + STAGED % "second" + " s LEFT JOIN main.vision.lf_merge t ON t.k = s.k",
        MERGE % "second" + UPSERT, MERGE % "second" + UPSERT, MERGE % "second" + UPSERT + " WHEN NOT MATCHED BY SOURCE THEN DELETE",
        MERGE % "first" + "WHEN MATCHED AND " + DIFFERS + " THEN UPDATE SET *", MERGE % "second" + "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        MERGE % "twice" + UPSERT, MERGE % "twinless" + UPSERT, MERGE % "twinless" + UPSERT, MERGE % "null" + UPSERT, MERGE % "null" + UPSERT,
        MERGE % "broken" + UPSERT, MERGE % "missing" + UPSERT, MERGE % "empty" + UPSERT,
        "SELECT k, count(*) FROM main.vision.lf_merge GROUP BY k HAVING count(*) > 1 LIMIT 5",
        "MERGE INTO main.vision.lf_merge t USING (SELECT 'a' AS k) s ON t.k = s.k WHEN NOT MATCHED THEN INSERT *",
        "MERGE INTO main.vision.lf_merge t USING (SELECT 'a' AS k) s ON t.k = s.k WHEN MATCHED THEN DELETE",
        "MERGE INTO main.vision.lf_none t USING (SELECT 'a' AS k) s ON t.k = s.k WHEN MATCHED THEN DELETE",
        "DESCRIBE HISTORY main.vision.lf_merge",
    ],
    "errors": [
        "SELEC 1", "SELECT 'open", "SELECT 1; SELECT 2", "SELECT * FROM main.vision.lf_nothing", "SELECT * FROM main.nowhere.lf_nothing", "CREATE TABLE main.nowhere.t (a INT) USING DELTA",
        "SELECT nope FROM main.vision.all_types", "SELECT nope('x')", "SELECT CAST('x' AS INT)", "SELECT CAST(300 AS TINYINT)", "SELECT 1 / 0", "SELECT array(1)[5]", "SELECT CAST('2026-02-30' AS DATE)",
        "SELECT n, count(*) FROM VALUES (1) AS t(n)", "SELECT :p", "SELECT * FROM json.`" + D + "/missing`", "CREATE TABLE main.vision.lf_twice (a INT, A INT) USING DELTA", "CREATE TABLE main.vision.lf_name (`a b` INT) USING DELTA",
        "CREATE TABLE main.vision.lf_cols (a STRING) USING DELTA AS SELECT 1", "CREATE TABLE main.vision.all_types (a INT) USING DELTA", "CREATE TABLE main.vision.lf_prop (a INT) USING DELTA TBLPROPERTIES ('delta.nope'='1')",
        "DROP TABLE main.nowhere.t", "SELECT (DESCRIBE HISTORY main.vision.all_types)", "CREATE TABLE main.vision.lf_q USING DELTA COMMENT 'it''s' AS SELECT 1 AS a", "MERGE WITH SCHEMA EVOLUTION INTO main.vision.all_types t USING (SELECT 1 AS a) s ON FALSE WHEN MATCHED THEN DELETE",
        "CREATE TABLE main.vision.lf_nn (a INT NOT NULL) USING DELTA", "INSERT INTO main.vision.lf_nn VALUES (NULL)",
    ],
    "s3": [
        "CREATE OR REPLACE TEMPORARY VIEW cars (inputid STRING, input STRING, concepts STRING, metadata STRING, geopoints STRING, _corrupt_record STRING) USING csv OPTIONS (path '" + D + "/cars.csv', header 'true', quote '\"', escape '\"', multiLine 'true', columnNameOfCorruptRecord '_corrupt_record')",
        "SELECT * FROM cars", "SELECT inputid, input, concepts, metadata, geopoints FROM cars WHERE _corrupt_record IS NULL",
        "INSERT OVERWRITE DIRECTORY '" + D + "/rows' USING json OPTIONS (ignoreNullFields 'false', maxRecordsPerFile '2') SELECT monotonically_increasing_id() AS row, inputid, input FROM cars ORDER BY row",
        "SELECT count(row) FROM json.`" + D + "/rows`", "SELECT value FROM text.`" + D + "/rows`",
    ],
}
SESSIONS = {"s3": "1"}
