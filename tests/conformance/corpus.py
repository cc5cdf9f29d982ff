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
    D + "/keys/a.json": '{"k":"a","v":"1"}\n{"k":"b","v":"2"}\n{"k":"b","v":"3"}\n{"k":null,"v":"4"}\n',
    D + "/ragged.csv": 'Input,inputid,"con""cepts"\nhttps://x/1.jpg,001,"a ""b"", c"\nshort,2\nlong,3,x,y,z\n"two\nlines",4,\n猫,5,"[\'x\']"\n',
    D + "/places/a.csv": 'inputid,input\n1,x\n',
    D + "/places/b c.csv": 'input,inputid\nx,1\ny,2\n',
    D + "/places/d%é+#.csv": 'inputid,input',
    D + "/places/empty.csv": '',
    D + "/places/_hidden.csv": 'never',
    D + "/windows.csv": b'\xef\xbb\xbfinputid,input\r\nw1,https://x/1.jpg\r\nw2,"https://x/2.jpg"\r\n',
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

EXPRESSIONS += [
    "'abc' REGEXP 'b'", "'AbC' ILIKE 'a%'", "'abc' LIKE ANY ('x%', 'a%')", "'abc' LIKE ALL ('a%', '%c')", "'abc' NOT RLIKE 'z'", "'' RLIKE '^$'",
    "lpad('abc', 2, 'x')", "lpad('é', 4, '猫🐟')", "rpad('a', 3, 'xy')", "lpad('a', 3)", "round(2.5)", "round(-2.5)", "bround(2.5)", "bround(3.5)", "round(1.005D, 2)", "round(2.5D)", "round(-1.25D, 1)", "round(1234, -2)", "round(1.2345, 3)",
    "floor(-1.5)", "ceil(-1.5)", "floor(1.5D)", "ceil(1.2D)", "floor(3)", "ceiling(2.000)", "power(2, 10)", "sqrt(2)", "ln(10)", "log10(1000)", "sign(-3)", "pmod(-7, 3)", "isnan(CAST('NaN' AS DOUBLE))", "5 & 3", "5 | 3", "5 ^ 3", "~5",
    "reverse('añb')", "reverse(array(1, 2))", "initcap('hello WORLD')", "translate('abcabc', 'ab', 'x')", "ascii('A')", "char(65)", "substring_index('a.b.c', '.', 2)", "substring_index('a.b.c', '.', -1)", "split_part('a,b,c', ',', 2)", "split_part('a,b,c', ',', -1)", "position('b' IN 'abc')", "position('b', 'abc', 3)",
    "regexp_extract('a12b34', '([a-z])([0-9]+)', 2)", "regexp_extract('x', '([0-9]+)', 1)", "regexp_replace('a1b22', '([0-9]+)', '<$1>')", "split('a1b2c', '[0-9]')", "split('', ',')", "split('a,b,c', ',', 2)", "split('abc', '')",
    "trim(BOTH 'x' FROM 'xxaxx')", "trim(LEADING 'x' FROM 'xxaxx')", "trim(TRAILING FROM 'a  ')", "substring('abcdef' FROM 2 FOR 3)", "ltrim('  a')", "rtrim('a  ')",
    "array_distinct(array(1, NULL, 1, NULL))", "array_union(array(1, 2), array(2, 3))", "array_except(array(1, 2, 2), array(1))", "array_intersect(array(1, 2, NULL), array(NULL, 2))", "arrays_overlap(array(1), array(2, NULL))", "sort_array(array(3, NULL, 1))", "sort_array(array(3, NULL, 1), false)", "array_sort(array(3, NULL, 1))",
    "array_max(array(1, NULL, 3))", "array_min(array('b', 'a'))", "array_position(array('a', 'b'), 'b')", "array_remove(array(1, NULL, 1, 2), 1)", "array_append(array(1), 2)", "array_compact(array(1, NULL))", "slice(array(1, 2, 3, 4), 2, 2)", "slice(array(1, 2, 3), -2, 5)", "flatten(array(array(1), array(2, 3)))", "array_repeat('x', 3)", "sequence(1, 5, 2)",
    "get(array(1), 5)", "try_element_at(array(1, 2), 3)", "try_element_at(map('a', 1), 'b')", "map_keys(map('a', 1, 'b', 2))", "map_values(map('a', 1))", "map_entries(map('a', 1))", "map_contains_key(map('a', 1), 'a')", "map_from_arrays(array('a'), array(1))", "json_array_length('[1,2]')", "json_array_length('x')",
    "transform(array(1, 2), x -> x + 1)", "transform(array('a', 'b'), (x, i) -> concat(x, i))", "filter(array(1, NULL, 3), x -> x > 1)", "exists(array(1, NULL), x -> x > 1)", "forall(array(1, 2), x -> x > 0)", "aggregate(array(1, 2, 3), 0, (s, x) -> s + x)", "aggregate(array(1, 2), 0, (s, x) -> s + x, s -> s * 10)", "transform(array(array(1), array(2, 3)), x -> transform(x, y -> y * size(x)))",
    "year(TIMESTAMP'2024-02-29T23:59:59Z')", "month(DATE'2024-02-29')", "day(DATE'2024-02-29')", "dayofweek(DATE'2026-11-23')", "weekday(DATE'2026-11-23')", "dayofyear(DATE'2024-12-31')", "quarter(DATE'2026-08-01')", "hour(TIMESTAMP'1969-12-31T23:30:15Z')", "minute(TIMESTAMP'1969-12-31T23:30:15Z')", "extract(DAY FROM DATE'2026-01-09')",
    "date_add(DATE'2024-02-28', 2)", "date_sub(DATE'2024-03-01', 1)", "datediff(DATE'2026-03-01', DATE'2026-02-01')", "add_months(DATE'2024-01-31', 1)", "last_day(DATE'2024-02-01')", "date_trunc('MONTH', TIMESTAMP'2026-08-14T09:12:00Z')", "date_trunc('WEEK', TIMESTAMP'2026-11-25T09:12:00Z')", "date_trunc('HOUR', TIMESTAMP'1969-12-31T23:30:15Z')", "timestamp_seconds(1)", "unix_date(DATE'1970-01-02')", "make_date(2024, 2, 29)",
    "nvl2(NULL, 1, 2)", "unix_micros(TIMESTAMP'2026-01-02T03:04:05.123456Z')", "timestamp_micros(1)", "1 IN (SELECT 1)", "(SELECT 2)", "(SELECT 1 WHERE FALSE)", "EXISTS (SELECT 1)", "2 NOT IN (SELECT 1)",
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
        "SELECT explode(array('a', 'b')) AS e", "SELECT k, explode(l) FROM VALUES (1, array('x', 'y')), (2, array()) AS t(k, l)", "SELECT explode(map('a', 1))", "SELECT posexplode(array('a', 'b'))", "SELECT inline(array(named_struct('a', 1, 'b', 'x')))", "SELECT explode_outer(CAST(NULL AS ARRAY<INT>)) AS e",
        "SELECT t.k, e.v FROM VALUES (1, array('x', 'y')) AS t(k, l) LATERAL VIEW explode(t.l) e AS v", "SELECT k, v FROM VALUES (1, CAST(NULL AS ARRAY<STRING>)) AS t(k, l) LATERAL VIEW OUTER explode(l) e AS v", "SELECT explode('a')", "SELECT explode(array(1, 2)) AS a, explode(array(3, 4)) AS b",
        "SELECT t.s.a, t.l[0] AS l0, t.m['k'] AS mk FROM (SELECT named_struct('a', 1) AS s, array('z') AS l, map('k', 'v') AS m) t",
        "SELECT * FROM main.vision.all_types", "SELECT * FROM main.vision.labels_2025 LIMIT 3", "SELECT count(*) FROM main.vision.all_types",
    ],
    "joins": [
        "SELECT a.k, b.v FROM VALUES (1), (2), (NULL) AS a(k) FULL OUTER JOIN VALUES (2, 'x'), (3, 'y'), (NULL, 'z') AS b(k, v) ON a.k = b.k", "SELECT a.k, b.v FROM VALUES (1), (NULL) AS a(k) FULL OUTER JOIN VALUES (NULL, 'z') AS b(k, v) ON a.k <=> b.k",
        "SELECT * FROM VALUES (1, 'a'), (2, 'b') AS a(k, x) JOIN VALUES (2, 'c') AS b(k, y) USING (k)", "SELECT * FROM VALUES (1, 'a'), (2, 'b') AS a(k, x) FULL JOIN VALUES (2, 'c'), (3, 'd') AS b(k, y) USING (k)", "SELECT a.k AS ak, b.k AS bk, k FROM VALUES (1), (2) AS a(k) LEFT JOIN VALUES (2) AS b(k) USING (k)", "SELECT * FROM VALUES (1) AS a(k) RIGHT JOIN VALUES (2) AS b(k) USING (k)",
        "SELECT * FROM VALUES (1), (2), (2), (NULL) AS a(k) LEFT SEMI JOIN VALUES (2), (2), (NULL) AS b(k) ON a.k = b.k", "SELECT * FROM VALUES (1), (2), (NULL) AS a(k) LEFT ANTI JOIN VALUES (2), (NULL) AS b(k) ON a.k = b.k", "SELECT * FROM VALUES (1), (2), (NULL) AS a(k) ANTI JOIN VALUES (2), (NULL) AS b(k) ON a.k <=> b.k",
        "SELECT k FROM VALUES (1), (2), (NULL) AS a(k) WHERE k IN (SELECT k FROM VALUES (2), (NULL) AS b(k))", "SELECT k FROM VALUES (1), (2) AS a(k) WHERE k NOT IN (SELECT k FROM VALUES (2) AS b(k))", "SELECT k FROM VALUES (1), (2) AS a(k) WHERE k NOT IN (SELECT k FROM VALUES (2), (NULL) AS b(k))", "SELECT k FROM VALUES (1), (NULL) AS a(k) WHERE k NOT IN (SELECT 1 WHERE FALSE)",
        "SELECT k FROM VALUES (1), (2), (NULL) AS a(k) WHERE EXISTS (SELECT 1 FROM VALUES (2) AS b(k) WHERE b.k = a.k)", "SELECT k FROM VALUES (1), (2), (NULL) AS a(k) WHERE NOT EXISTS (SELECT * FROM VALUES (2, 'x') AS b(k, v) WHERE b.k = a.k AND v = 'x') AND k IS NOT NULL", "SELECT k FROM VALUES (1) AS a(k) WHERE EXISTS (SELECT count(*) FROM VALUES (1) AS b(k) WHERE FALSE)", "SELECT (SELECT max(k) FROM VALUES (1), (3) AS b(k)) AS m, (SELECT k FROM VALUES (1) AS b(k) WHERE k = 9) AS none", "SELECT (SELECT k FROM VALUES (1), (2) AS b(k))", "SELECT (SELECT 1, 2)", "SELECT 1 WHERE 1 IN (SELECT 1, 2)",
        "SELECT k FROM VALUES (1), (1), (2), (NULL) AS a(k) EXCEPT SELECT k FROM VALUES (2) AS b(k)", "SELECT k FROM VALUES (1), (2), (2), (NULL) AS a(k) INTERSECT SELECT k FROM VALUES (2), (NULL) AS b(k)", "SELECT 1 UNION ALL SELECT 1 UNION SELECT 2", "SELECT 1 UNION SELECT 1 UNION ALL SELECT 1", "SELECT 1 EXCEPT SELECT 2 UNION ALL SELECT 3 INTERSECT SELECT 3", "SELECT 1 MINUS SELECT 1", "(SELECT 1 UNION ALL SELECT 2) EXCEPT SELECT 1", "SELECT 1, 2 EXCEPT SELECT 1", "WITH a AS (SELECT 1 AS k), b AS (SELECT k FROM a) SELECT * FROM b WHERE k IN (SELECT k FROM a)",
        "SELECT max_by(v, n), min_by(v, n), first(v), last(v), first(v, true), any_value(n), collect_list(v), bool_and(n > 1), bool_or(n > 1), every(n > 0), mean(n) FROM VALUES ('a', 2), ('b', 3), (NULL, 4), ('c', NULL) AS t(v, n)", "SELECT max_by(v, n) FROM VALUES ('a', CAST(NULL AS INT)) AS t(v, n)", "SELECT sum(n) FILTER (WHERE v = 'a') AS s, count(*) FILTER (WHERE n > 1) AS c FROM VALUES ('a', 2), ('b', 3) AS t(v, n)", "SELECT v, sort_array(collect_set(n)) AS s FROM VALUES ('a', 2), ('a', 2), ('a', 1), ('b', NULL) AS t(v, n) GROUP BY v", "SELECT v, count(*) FROM VALUES ('a'), ('a'), ('b') AS t(v) GROUP BY ALL",
        "SELECT v, n, count(*) OVER (PARTITION BY v) AS c, sum(n) OVER (PARTITION BY v) AS s, max(n) OVER () AS m, row_number() OVER (PARTITION BY v ORDER BY n DESC) AS r, rank() OVER (ORDER BY v) AS k, dense_rank() OVER (ORDER BY v) AS d FROM VALUES ('a', 1), ('a', 2), ('b', 5) AS t(v, n)",
    ],
    "difference": [
        "CREATE TABLE main.vision.lf_diff (k STRING, v STRING) USING DELTA", "INSERT INTO main.vision.lf_diff VALUES ('a', '1'), ('b', 'x'), ('b', 'y'), ('gone', '9'), (NULL, 'n')",
        "SELECT `k`, count(*) AS n FROM main.vision.lf_diff WHERE `k` IS NOT NULL GROUP BY `k` HAVING count(*) > 1 ORDER BY `k` LIMIT 5",
        "SELECT count_if(t.k IS NULL AND s.k IS NOT NULL) AS inserted, count_if(t.k IS NOT NULL AND s.k IS NOT NULL AND NOT (t.v <=> s.v)) AS changed, count_if(t.k IS NOT NULL AND s.k IS NULL) AS missing, count(*) AS total FROM (SELECT * FROM " + LOOSE % ("k STRING, v STRING", "keys") + " WHERE k NOT IN (SELECT k FROM main.vision.lf_diff WHERE k IS NOT NULL GROUP BY k HAVING count(*) > 1)) AS s FULL OUTER JOIN main.vision.lf_diff AS t ON t.k = s.k",
        "SELECT left(s.v, 2) AS s0, left(t.v, 2) AS t0, t.v <=> s.v AS e0, coalesce(s.k, t.k, '') AS k0 FROM " + LOOSE % ("k STRING, v STRING", "keys") + " AS s FULL OUTER JOIN main.vision.lf_diff AS t ON t.k = s.k ORDER BY k0, s0, t0 LIMIT 9",
        "MERGE INTO main.vision.lf_diff AS t USING (SELECT s.* FROM " + LOOSE % ("k STRING, v STRING", "keys") + " AS s LEFT ANTI JOIN (SELECT k FROM main.vision.lf_diff GROUP BY k HAVING count(*) > 1) AS d ON s.k = d.k WHERE s.k IS NOT NULL) AS s ON t.k = s.k WHEN MATCHED AND NOT (t.v <=> s.v) THEN UPDATE SET t.v = s.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k, s.v)",
        "MERGE INTO main.vision.lf_diff AS t USING (SELECT s.*, d.n AS doubled FROM " + LOOSE % ("k STRING, v STRING", "keys") + " AS s LEFT JOIN (SELECT k, count(*) AS n FROM main.vision.lf_diff GROUP BY k HAVING count(*) > 1) AS d ON s.k = d.k) AS s ON t.k = s.k WHEN MATCHED AND s.doubled IS NULL AND NOT (t.v <=> s.v) THEN UPDATE SET t.v = s.v",
        "MERGE INTO main.vision.lf_diff AS t USING (SELECT 'a' AS k) AS s ON t.k = s.k WHEN NOT MATCHED BY SOURCE AND t.k IN ('gone') THEN DELETE", "SELECT * FROM main.vision.lf_diff VERSION AS OF 1", "SELECT count(*) FROM main.vision.lf_diff VERSION AS OF 0", "SELECT * FROM main.vision.lf_diff FOR VERSION AS OF 2 AS t WHERE t.k = 'a'", "SELECT * FROM main.vision.lf_diff VERSION AS OF 99", "SELECT * FROM main.vision.lf_diff TIMESTAMP AS OF '2001-01-01'",
        "UPDATE main.vision.lf_diff SET v = 'u' WHERE k = 'a'", "DELETE FROM main.vision.lf_diff WHERE k IN ('b')", "CREATE OR REPLACE TABLE main.vision.lf_diff USING DELTA AS SELECT 'r' AS k", "SELECT k, v FROM main.vision.lf_diff VERSION AS OF 1", "SELECT * FROM main.vision.lf_diff", "UPDATE main.vision.lf_diff SET k = 'q' WHERE EXISTS (SELECT 1)", "DESCRIBE HISTORY main.vision.lf_diff",
    ],
    "delta source": [
        "CREATE TABLE delta.`s3://corpus/typed` USING DELTA AS SELECT * FROM VALUES (7L, 'https://x/1.jpg', array('a, b', 'c', NULL), map('k', 'v', 'n', CAST(NULL AS STRING)), named_struct('longitude', 1.5D, 'latitude', 2.5D)), (8L, 'https://x/2.jpg', NULL, NULL, NULL) AS t(INPUTID, input, concepts, metadata, geopoints)",
        "SELECT * FROM delta.`s3://corpus/typed` LIMIT 0", "SELECT * FROM delta.`s3://corpus/typed`", "DESCRIBE TABLE delta.`s3://corpus/typed`",
        "SELECT CAST(`INPUTID` AS STRING) AS inputid, `input` AS input, to_json(`concepts`, map('ignoreNullFields', 'false')) AS concepts, to_json(`metadata`, map('ignoreNullFields', 'false')) AS metadata, to_json(`geopoints`, map('ignoreNullFields', 'false')) AS geopoints, false AS broken FROM delta.`s3://corpus/typed` ORDER BY inputid",
        "SELECT count(*) AS n, count(`INPUTID`) AS ids, 0 AS broken FROM delta.`s3://corpus/typed`", "SELECT * FROM delta.`s3://corpus/none`", "SELECT array_join(concepts, '|') AS j FROM delta.`s3://corpus/typed`",
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
        "INSERT INTO main.vision.lf_nothing VALUES (1)", "INSERT INTO main.vision.all_types VALUES (1)", "DROP TABLE main.vision.lf_nothing", "SELECT CAST(1e30D AS BIGINT)",
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
        "SELECT value FROM text.`" + D + "/ragged.csv` LIMIT 1", "SELECT value FROM text.`" + D + "/windows.csv` LIMIT 1",
        "CREATE OR REPLACE TEMPORARY VIEW ragged (`Input` STRING, `inputid` STRING, `con\"cepts` STRING, `lakeferry_broken` STRING) USING csv OPTIONS (path '" + D + "/ragged.csv', header 'true', quote '\"', escape '\"', multiLine 'true', columnNameOfCorruptRecord 'lakeferry_broken')",
        "SELECT * FROM ragged", "SELECT count(*) AS n, count(`inputid`) AS ids, count(`lakeferry_broken`) AS broken FROM ragged", "SELECT `inputid` AS inputid, `lakeferry_broken` IS NOT NULL AS broken FROM ragged LIMIT 1",
        "INSERT OVERWRITE DIRECTORY '" + D + "/ragged-rows' USING json OPTIONS (ignoreNullFields 'false', maxRecordsPerFile '2') SELECT monotonically_increasing_id() AS row, `inputid` AS inputid, `Input` AS input, `con\"cepts` AS concepts, CAST(NULL AS STRING) AS metadata, `lakeferry_broken` IS NOT NULL AS broken FROM ragged ORDER BY row",
        "SELECT count(row) AS n FROM json.`" + D + "/ragged-rows`", "SELECT row, inputid, input, concepts, metadata, broken FROM json.`" + D + "/ragged-rows` ORDER BY row",
    ],
    "places": [
        "SELECT DISTINCT _metadata.file_path AS file FROM text.`" + D + "/places`", "SELECT _metadata.file_path, value FROM text.`" + D + "/places/a.csv`",
        "SELECT file FROM (SELECT _metadata.file_path AS file, value FROM text.`" + D + "/places`) GROUP BY file HAVING count_if(value = 'inputid,input') = 0 ORDER BY file LIMIT 1",
        "SELECT file, count(*) FROM (SELECT _metadata.file_path AS file, value FROM text.`" + D + "/places`) GROUP BY file", "SELECT t._metadata.file_path LIKE '%a.csv' AS x, t.value FROM text.`" + D + "/places` AS t",
        "SELECT * FROM text.`" + D + "/places/a.csv`", "SELECT _metadata.file_path FROM (SELECT value FROM text.`" + D + "/places`)", "SELECT _metadata.file_path FROM text.`" + D + "/missing`",
    ],
    "read_files": [
        "SELECT * FROM read_files('" + D + "/ragged.csv', format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, columnNameOfCorruptRecord => 'lakeferry_broken', schema => '`Input` STRING, `inputid` STRING, `c` STRING, `lakeferry_broken` STRING')",
        "SELECT count(*) AS n, count(`inputid`) AS ids, count(`lakeferry_broken`) AS broken FROM read_files('" + D + "/ragged.csv', format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, columnNameOfCorruptRecord => 'lakeferry_broken', schema => '`Input` STRING, `inputid` STRING, `c` STRING, `lakeferry_broken` STRING')",
        "SELECT * FROM read_files('" + D + "/windows.csv', format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, schema => '`inputid` STRING, `input` STRING')",
        "SELECT k, n FROM read_files('" + D + "/first/a.json', format => 'json', schema => 'k STRING, n BIGINT')",
        "INSERT OVERWRITE DIRECTORY '" + D + "/read-rows' USING json OPTIONS (ignoreNullFields 'false') SELECT monotonically_increasing_id() AS row, `inputid` AS inputid, `c` AS concepts FROM read_files('" + D + "/ragged.csv', format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, schema => '`Input` STRING, `inputid` STRING, `c` STRING') ORDER BY row",
        "SELECT row, inputid, concepts FROM json.`" + D + "/read-rows`",
    ],
}
SESSIONS = {"s3": "1"}
