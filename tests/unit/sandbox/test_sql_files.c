/* Files as relations: text, JSON, CSV; and directories written. */
#include "test_sql_help.h"
#include <dirent.h>
#include <zlib.h>

/* Puts bytes at a path of the lake. */
static void put(struct fixture *f, const char *path, const char *bytes, size_t n) {
    struct buf host;
    struct err e;
    buf_init(&host, 0);
    assert_int_equal(lake_path(f->lake, path, &host, &e), 0);
    char *slash = strrchr(host.data, '/');
    *slash = 0;
    assert_int_equal(file_make_dirs(host.data, &e), 0);
    *slash = '/';
    assert_int_equal(file_write_atomic(host.data, bytes, n, &e), 0);
    buf_release(&host);
}

static void put_text(struct fixture *f, const char *path, const char *text) {
    put(f, path, text, strlen(text));
}

#define V "/Volumes/main/s/v"
#define STAGED(folder, ddl) "(SELECT r.* FROM (SELECT from_json(value, '" ddl "', map('mode','FAILFAST')) AS r FROM text.`" V "/" folder "` WHERE value <> ''))"

static void test_text_reader(void **state) {
    struct fixture *f = *state;
    put_text(f, V "/t/a.txt", "\xEF\xBB\xBF" "a\r\nb\rc\nd\xE2\x80\xA8" "e\n\nlast");
    put_text(f, V "/t/_skipped", "no");
    put_text(f, V "/t/.hidden", "no");
    put_text(f, V "/t/x._COPYING_", "no");
    put_text(f, V "/t/sub/b.txt", "no");
    expect(f, "SELECT value FROM text.`" V "/t`", "[[\"a\"],[\"b\"],[\"c\"],[\"d\xE2\x80\xA8" "e\"],[\"\"],[\"last\"]]");
    expect(f, "SELECT count(*) FROM text.`" V "/t/_skipped`", "[[0]]");
    expect(f, "SELECT count(*) FROM text.`" V "/t/sub`", "[[1]]");
    expect(f, "SELECT DISTINCT _metadata.file_path FROM text.`" V "/t`", "[[\"" V "/t/a.txt\"]]");
    expect(f, "SELECT file, count(*) FROM (SELECT _metadata.file_path AS file, value FROM text.`" V "/t/sub/b.txt`) GROUP BY file", "[[\"" V "/t/sub/b.txt\",1]]");
    expect(f, "SELECT * FROM text.`" V "/t/sub` AS x", "[[\"no\"]]");
    expect(f, "SELECT a FROM text.`" V "/t/sub` AS x(a)", "[[\"no\"]]");
    expect(f, "SELECT x._metadata.file_path FROM text.`" V "/t/*.txt` AS x LIMIT 1", "[[\"" V "/t/a.txt\"]]");
    put(f, V "/raw/a", "\xFF\xFE\n", 3);
    expect(f, "SELECT hex(value), value FROM text.`" V "/raw`", "[[\"FFFE\",\"\xEF\xBF\xBD\xEF\xBF\xBD\"]]");
    put_text(f, V "/sp ace/\xC3\xA4 #%.json", "x\n");
    expect(f, "SELECT value FROM text.`" V "/sp ace/\xC3\xA4 #%.json`", "[[\"x\"]]");
    expect(f, "SELECT _metadata.file_path FROM text.`" V "/sp ace`", "[[\"" V "/sp%20ace/\xC3\xA4%20%23%25.json\"]]");
    expect(f, "SELECT value FROM text.`" V "/sp ace/*.json`", "[[\"x\"]]");
    expect(f, "SELECT value FROM text.`" V "/nope`", "!PATH_NOT_FOUND 42K03");
    expect(f, "SELECT value FROM text.`/etc/passwd`", "!PATH_NOT_FOUND 42K03");
    expect(f, "SELECT value FROM text.`" V "/../../../../etc/passwd`", "!PATH_NOT_FOUND 42K03");
}

static void test_gzip(void **state) {
    struct fixture *f = *state;
    struct buf host;
    struct err e;
    put_text(f, V "/z/bad.json.gz", "plain\n");
    expect(f, "SELECT value FROM text.`" V "/z`", "! Job aborted due to stage failure: java.io.IOException: not a gzip file");
    buf_init(&host, 0);
    assert_int_equal(lake_path(f->lake, V "/z/bad.json.gz", &host, &e), 0);
    gzFile gz = gzopen(host.data, "wb");
    assert_int_equal(gzputs(gz, "{\"k\":1}\n{\"k\":2}\n"), 16);
    gzclose(gz);
    buf_release(&host);
    expect(f, "SELECT * FROM json.`" V "/z`", "[[1],[2]]");
}

static void test_staged_rows(void **state) {
    struct fixture *f = *state;
    put_text(f, V "/st/p1.json", "{\"id\":\"a\",\"n\":1,\"at\":\"2026-11-22T07:00:00.123456789Z\",\"tags\":[\"x\"]}\n"
                                 "{\"id\":\"b\\t\\n\\u2028\\u0001'\\\"\\\\ ${x} \xF0\x9F\x98\x80\",\"n\":null,\"tags\":[]}\n{\"id\":\"\"}\n");
    put_text(f, V "/bad/p1.json", "{\"id\":\"a\"}\n{\"id\":\n");
    expect(f, "CREATE TABLE main.s.t USING DELTA COMMENT 'c' TBLPROPERTIES ('lakeferry.run'='r1') AS SELECT id, n, at, tags FROM " STAGED("st", "id STRING, n BIGINT, at TIMESTAMP, tags ARRAY<STRING>"), "[]");
    expect(f, "SELECT * FROM main.s.t", "[[\"a\",1,\"2026-11-22T07:00:00.123456Z\",[\"x\"]],[\"b\\t\\n\xE2\x80\xA8\\u0001'\\\"\\\\ ${x} \xF0\x9F\x98\x80\",null,null,[]],[\"\",null,null,null]]");
    expect(f, "MERGE INTO main.s.t t USING " STAGED("st", "id STRING, n BIGINT") " s ON t.id = s.id WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n)", "[[0,0,0,0]]");
    expect(f, "SELECT count_if(t.id IS NULL), count_if(t.id IS NOT NULL AND NOT (t.n <=> s.n)) FROM " STAGED("st", "id STRING, n BIGINT") " s LEFT JOIN main.s.t t ON t.id = s.id", "[[0,0]]");
    /* counting rows does not parse them; a column does */
    expect(f, "SELECT count(*) FROM " STAGED("bad", "id STRING"), "[[2]]");
    expect(f, "SELECT count(id) FROM " STAGED("bad", "id STRING"), "!MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION 22023");
    expect(f, "CREATE TABLE main.s.u AS SELECT * FROM " STAGED("bad", "id STRING"), "!MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION 22023");
    expect(f, "SELECT * FROM main.s.u", "!TABLE_OR_VIEW_NOT_FOUND 42P01");
    expect(f, "CREATE OR REPLACE TEMPORARY VIEW j (id STRING, n BIGINT) USING json OPTIONS (path '" V "/st')", "[]");
    expect(f, "SELECT n FROM j WHERE id = 'a'", "[[1]]");
}

static void test_json_inference(void **state) {
    struct fixture *f = *state;
    put_text(f, V "/j/a.json", "{\"z\":1,\"a\":\"2026-01-01T00:00:00Z\",\"nul\":null,\"o\":{\"y\":1,\"x\":true}}\n{\"z\":1.5,\"a\":\"b\"}\n");
    expect(f, "SELECT * FROM json.`" V "/j`", "[[\"2026-01-01T00:00:00Z\",null,{\"x\":true,\"y\":1},1],[\"b\",null,null,1.5]]");
    expect(f, "SELECT nope FROM json.`" V "/j`", "!UNRESOLVED_COLUMN.WITH_SUGGESTION 42703");
    put_text(f, V "/j2/a.json", "{\"k\":1}\n{\"k\":\n");
    expect(f, "SELECT k, _corrupt_record FROM json.`" V "/j2`", "[[1,null],[null,\"{\\\"k\\\":\"]]");
}

static void test_csv(void **state) {
    struct fixture *f = *state;
    static const char options[] = "header 'true', quote '\"', escape '\"', multiLine 'true'";
    put_text(f, "s3://bucket/dir/c.csv", "\xEF\xBB\xBF" "id,txt,x\r\n001,\"a, \"\"q\"\"\n two\",\r\n002,\"\",z\r\n003,short\r\n004,a,b,long\r\n\"un\"closed\",b\\c, sp \r\n");
    char *view = str_printf("CREATE OR REPLACE TEMPORARY VIEW v (id STRING, txt STRING, x STRING, _corrupt_record STRING) USING csv OPTIONS (path 's3://bucket/dir/c.csv', %s, columnNameOfCorruptRecord '_corrupt_record')", options);
    expect(f, view, "[]");
    free(view);
    expect(f, "SELECT * FROM v", "[[\"001\",\"a, \\\"q\\\"\\n two\",null,null],[\"002\",null,\"z\",null],[\"003\",\"short\",null,\"003,short\"],[\"004\",\"a\",\"b\",\"004,a,b,long\"],"
           "[\"\\\"un\\\"closed\\\"\",\"b\\\\c\",\" sp \",null]]");
    expect(f, "SELECT id, x FROM read_files('s3://bucket/dir/c.csv', format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, schema => 'id STRING, txt STRING, x STRING') WHERE x IS NOT NULL",
           "[[\"002\",\"z\"],[\"004\",\"b\"],[\"\\\"un\\\"closed\\\"\",\" sp \"]]");
    expect(f, "SELECT value FROM text.`s3://bucket/dir/c.csv` LIMIT 1", "[[\"id,txt,x\"]]");
    expect(f, "SELECT _c0, _c1 FROM csv.`s3a://bucket/dir/c.csv` LIMIT 3", "[[\"id\",\"txt\"],[\"001\",\"\\\"a, \\\"\\\"q\\\"\\\"\"],[\" two\\\"\",null]]");
    put_text(f, "s3://bucket/n.csv", "a,b\n1,2\nx,3\n");
    expect(f, "CREATE OR REPLACE TEMPORARY VIEW n (q INT, b INT) USING csv OPTIONS (path 's3://bucket/n.csv', header 'true')", "[]");
    expect(f, "SELECT * FROM n", "[[1,2],[null,3]]");
    expect(f, "CREATE OR REPLACE TEMPORARY VIEW n (q INT, b INT) USING csv OPTIONS (path 's3://bucket/n.csv', header 'true', mode 'FAILFAST')", "[]");
    expect(f, "SELECT * FROM n", "!MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION 22023");
    expect(f, "CREATE OR REPLACE TEMPORARY VIEW n USING csv OPTIONS (path 's3://bucket/n.csv', header 'true', inferSchema 'true')", "[]");
    expect(f, "SELECT a, b + 1 FROM n", "[[\"1\",3],[\"x\",4]]");
    put_text(f, "s3://bucket/empty.csv", "");
    expect(f, "SELECT * FROM read_files('s3://bucket/empty.csv', format => 'csv', schema => 'a STRING')", "[]");
}

/* Names in the folder, sorted; tells parts, and the marks by their first letters. */
static void expect_folder(struct fixture *f, const char *path, int parts, const char *marks) {
    struct buf host, got;
    struct err e;
    struct dirent **names;
    int found = 0;
    buf_init(&host, 0);
    buf_init(&got, 0);
    assert_int_equal(lake_path(f->lake, path, &host, &e), 0);
    int n = scandir(host.data, &names, NULL, alphasort);
    assert_true(n > 0);
    for (int i = 0; i < n; i++) {
        if (str_starts(names[i]->d_name, "part-00000-")) found++;
        else if (names[i]->d_name[0] != '.') buf_printf(&got, "%.3s ", names[i]->d_name);
        free(names[i]);
    }
    free(names);
    assert_int_equal(found, parts);
    assert_string_equal(got.data, marks);
    buf_release(&host);
    buf_release(&got);
}

static void test_directory(void **state) {
    struct fixture *f = *state;
    put_text(f, V "/out/old.json", "{\"row\":9}\n");
    expect(f, "INSERT OVERWRITE DIRECTORY '" V "/out' USING json OPTIONS (ignoreNullFields 'false', maxRecordsPerFile '2') "
           "SELECT monotonically_increasing_id() AS row, x, CAST(NULL AS STRING) AS z FROM (VALUES ('a'), ('b'), ('c')) t(x) ORDER BY row", "[]");
    expect_folder(f, V "/out", 2, "_SU _co _st ");
    expect(f, "SELECT count(row) FROM json.`" V "/out`", "[[3]]");
    expect(f, "SELECT value FROM text.`" V "/out`", "[[\"{\\\"row\\\":0,\\\"x\\\":\\\"a\\\",\\\"z\\\":null}\"],[\"{\\\"row\\\":1,\\\"x\\\":\\\"b\\\",\\\"z\\\":null}\"],[\"{\\\"row\\\":2,\\\"x\\\":\\\"c\\\",\\\"z\\\":null}\"]]");
    expect(f, "INSERT OVERWRITE DIRECTORY USING json OPTIONS (path '" V "/out') SELECT X'61' AS b, CAST('NaN' AS DOUBLE) AS d, TIMESTAMP'2026-01-02T03:04:05.123456Z' AS t, NULL AS gone", "[]");
    expect(f, "SELECT value FROM text.`" V "/out`", "[[\"{\\\"b\\\":\\\"YQ==\\\",\\\"d\\\":\\\"NaN\\\",\\\"t\\\":\\\"2026-01-02T03:04:05.123Z\\\"}\"]]");
    expect(f, "INSERT OVERWRITE DIRECTORY '" V "/out' USING text SELECT 'line' FROM (VALUES (1), (2))", "[]");
    expect(f, "SELECT value FROM text.`" V "/out`", "[[\"line\"],[\"line\"]]");
    expect(f, "INSERT OVERWRITE DIRECTORY '" V "/out' USING json SELECT 1 AS a WHERE FALSE", "[]");
    expect_folder(f, V "/out", 1, "_SU _co _st ");
    expect(f, "INSERT OVERWRITE DIRECTORY '" V "/out' USING json OPTIONS (compression 'gzip') SELECT 7 AS a", "[]");
    expect(f, "SELECT a FROM json.`" V "/out`", "[[7]]");
    expect(f, "INSERT OVERWRITE DIRECTORY '" V "/out' USING orc SELECT 1 AS a", "!DATA_SOURCE_NOT_FOUND 42K02");
    expect(f, "INSERT OVERWRITE DIRECTORY '/Volumes/main/s/nope/out' USING json SELECT 1 AS a", "!PATH_NOT_FOUND 42K03");
}

static void test_delta_folder(void **state) {
    struct fixture *f = *state;
    put_text(f, "s3://bucket/plain/a.txt", "x");
    expect(f, "SELECT * FROM delta.`s3://bucket/plain`", "!DELTA_TABLE_NOT_FOUND 42P01");
    expect(f, "SELECT * FROM delta.`s3://bucket/missing`", "!PATH_NOT_FOUND 42K03");
    expect(f, "CREATE TABLE delta.`s3://bucket/d` USING DELTA AS SELECT 1 AS a, array('x', 'y') AS concepts", "[]");
    expect(f, "SELECT a, array_join(concepts, ','), to_json(concepts) FROM delta.`s3://bucket/d/`", "[[1,\"x,y\",\"[\\\"x\\\",\\\"y\\\"]\"]]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SQL_TEST(test_text_reader), SQL_TEST(test_gzip), SQL_TEST(test_staged_rows), SQL_TEST(test_json_inference), SQL_TEST(test_csv), SQL_TEST(test_directory), SQL_TEST(test_delta_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
