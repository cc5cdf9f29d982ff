/* How the compute is asked for the rows of a file. */
#include "core/sql_s3.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct sql_s3 from_header(const char *line, bool warehouse)
{
    struct sql_s3 s = {.warehouse = warehouse, .url = "s3://b/it's/a.csv"};
    struct err e = {0};
    if (sql_s3_from_header(&s, line, &e) != 0)
        fail_msg("%s", e.cause);
    return s;
}

static void urls(void **state)
{
    (void)state;
    static const char *const good[] = {"s3://b/k.csv", "s3a://b/k", "abfss://c@a.dfs.core.windows.net/k.csv", "gs://b/k", "/Volumes/c/s/v/k.csv", "s3://b/$x `y`.csv", "s3://b/a@b:c", "s3://b/..k/k..", "/Volumes/c@d/s/v/k"};
    static const char *const bad[] = {"s3://", "http://b/k", "file:///etc/passwd", "b/k", "s3://b/${x}", "s3://b/*.csv", "s3://b/[a]", "s3://b/a\nb", "/Volumes/", "", "s3a://k:s@b/k", "gs://k@b/k", "abfss://c:s@a/k", "s3://b/../k", "s3://..", "/Volumes/c/s/v/.."};
    struct err e = {0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(sql_s3_check_url(good[i], &e), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sql_s3_check_url(bad[i], &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
    }
}

static void headers(void **state)
{
    (void)state;
    struct sql_s3 s = from_header("\xEF\xBB\xBF\"Meta, \"\"data\"\"\", INPUT ,,\"InputID\",inputx,,_corrupt_record,${v}", false);
    static const char *const names[] = {"Meta, \"data\"", " INPUT ", "_c2", "InputID", "inputx", "_c5", "_corrupt_record", "_c7"};
    assert_int_equal(s.names.count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(s.names.items[i], names[i]);
    assert_int_equal(s.at[CELLS_INPUTID], 3);
    assert_int_equal(s.at[CELLS_INPUT], 1);
    assert_int_equal(s.at[CELLS_METADATA], -1);
    assert_string_equal(s.broken, "_corrupt_record_");
    char ignored[200];
    assert_true(sql_s3_ignored(&s, ignored, sizeof ignored));
    assert_non_null(strstr(ignored, "inputx"));
    sql_s3_release(&s);
    s = from_header("input,inputid", false);
    assert_false(sql_s3_ignored(&s, ignored, sizeof ignored));
    sql_s3_release(&s);
}

static void headers_that_are_refused(void **state)
{
    (void)state;
    static const struct { const char *line, *words; } bad[] = {
        {"a,b", "no column inputid; it has: a, b"}, {"inputid;input", "no column inputid"},  {"inputid,url", "no column input;"},
        {"inputid,input,INPUT", "input twice"},     {"\"inputid,input", "quote"},            {"", "is empty"}, {"\r", "is empty"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sql_s3 s = {.url = "s3://b/k"};
        struct err e = {0};
        assert_int_equal(sql_s3_from_header(&s, bad[i].line, &e), -1);
        if (!strstr(e.cause, bad[i].words))
            fail_msg("%s: %s", bad[i].line, e.cause);
        sql_s3_release(&s);
    }
}

static void statements_of_a_cluster(void **state)
{
    struct sql_s3 s = from_header("inputid,input,size", false);
    struct buf b = BUF_INIT;
    (void)state;
    assert_true(sql_s3_view(&b, &s));
    assert_string_equal(b.data, "CREATE OR REPLACE TEMPORARY VIEW lakeferry_rows (`inputid` STRING, `input` STRING, `size` STRING, `_corrupt_record` STRING) USING csv "
                                "OPTIONS (path 's3://b/it\\'s/a.csv', header 'true', quote '\"', escape '\"', multiLine 'true', columnNameOfCorruptRecord '_corrupt_record')");
    buf_clear(&b);
    sql_s3_unload(&b, &s, "/Volumes/c/s/v/x");
    assert_string_equal(b.data, "INSERT OVERWRITE DIRECTORY '/Volumes/c/s/v/x' USING json OPTIONS (ignoreNullFields 'false', maxRecordsPerFile '200000') SELECT "
                                "monotonically_increasing_id() AS row, `inputid` AS inputid, `input` AS input, CAST(NULL AS STRING) AS concepts, CAST(NULL AS STRING) AS "
                                "metadata, CAST(NULL AS STRING) AS geopoints, `_corrupt_record` IS NOT NULL AS broken FROM lakeferry_rows ORDER BY row");
    buf_clear(&b);
    sql_s3_count(&b, &s);
    assert_string_equal(b.data, "SELECT count(*) AS n, count(`inputid`) AS ids, count(`_corrupt_record`) AS broken FROM lakeferry_rows");
    buf_clear(&b);
    sql_s3_strangers(&b, &s);
    assert_string_equal(b.data, "SELECT file FROM (SELECT _metadata.file_path AS file, value FROM text.`s3://b/it's/a.csv`) GROUP BY file "
                                "HAVING count_if(value = 'inputid,input,size') = 0 ORDER BY file LIMIT 1");
    buf_release(&b);
    sql_s3_release(&s);
}

static void statements_of_a_warehouse(void **state)
{
    struct sql_s3 s = from_header("inputid,input", true);
    struct buf b = BUF_INIT;
    (void)state;
    assert_false(sql_s3_view(&b, &s));
    sql_s3_first(&b, &s);
    assert_non_null(strstr(b.data, " FROM read_files('s3://b/it\\'s/a.csv', format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, "
                                   "columnNameOfCorruptRecord => '_corrupt_record', schema => '`inputid` STRING, `input` STRING, `_corrupt_record` STRING') LIMIT 1"));
    buf_clear(&b);
    sql_s3_header(&b, "s3://b/`x`");
    assert_string_equal(b.data, "SELECT value FROM text.`s3://b/``x``` LIMIT 1");
    buf_release(&b);
    sql_s3_release(&s);
}

static void columns_of_a_table(void **state)
{
    struct compute_column columns[] = {{(char *)"InputId", (char *)"bigint"}, {(char *)"input", (char *)"string"}, {(char *)"concepts", (char *)"array<string>"},
                                       {(char *)"metadata", (char *)"map<string,string>"}, {(char *)"geopoints", (char *)"struct<longitude:double,latitude:double>"}};
    struct compute_rows rows = {.columns = columns, .column_count = 5};
    struct sql_s3 s = {.delta = true, .url = "s3://b/t"};
    struct buf b = BUF_INIT;
    struct err e = {0};
    (void)state;
    assert_int_equal(sql_s3_from_schema(&s, &rows, &e), 0);
    assert_false(sql_s3_view(&b, &s));
    sql_s3_unload(&b, &s, "/d");
    assert_non_null(strstr(b.data, "CAST(`InputId` AS STRING) AS inputid, `input` AS input, to_json(`concepts`, map('ignoreNullFields', 'false')) AS concepts, "
                                   "to_json(`metadata`, map('ignoreNullFields', 'false')) AS metadata, to_json(`geopoints`, map('ignoreNullFields', 'false')) AS geopoints, "
                                   "false AS broken FROM delta.`s3://b/t` ORDER BY inputid, input, concepts, metadata, geopoints"));
    buf_release(&b);
    sql_s3_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),                    cmocka_unit_test(headers),                   cmocka_unit_test(headers_that_are_refused),
        cmocka_unit_test(statements_of_a_cluster), cmocka_unit_test(statements_of_a_warehouse), cmocka_unit_test(columns_of_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
