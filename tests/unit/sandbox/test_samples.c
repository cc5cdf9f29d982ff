/* The sample data and what fills a platform fast: the bucket, generated sources, failing URLs, every kind of annotation. */
#include "test_server_http.h"
#include "base/buf.h"

static struct reply labels(const char *method, const char *target, const char *body)
{
    return http(sandbox_origin(platform), method, target, PAT, body);
}

/* The rows of a statement as JSON text, or the error's message; owned. */
static char *rows(const char *statement)
{
    cJSON *body = cJSON_CreateObject();
    char *text, *out;

    json_put_str(body, "warehouse_id", "wh-live-0001");
    json_put_str(body, "statement", statement);
    json_put_str(body, "wait_timeout", "50s");
    text = cJSON_PrintUnformatted(body);
    struct reply r = api("POST", "/api/2.0/sql/statements", text);
    const cJSON *list = json_arr(json_obj(r.json, "result"), "data_array");
    const cJSON *error = json_obj(json_obj(r.json, "status"), "error");
    out = error != NULL ? str_dup(json_str(error, "message")) : list != NULL ? cJSON_PrintUnformatted(list) : str_dup("[]");
    reply_release(&r);
    free(text);
    cJSON_Delete(body);
    assert_non_null(out);
    return out;
}

static void expect_rows(const char *statement, const char *wanted)
{
    char *got = rows(statement);

    assert_string_equal(got, wanted);
    free(got);
}

static void steer(const char *what, const char *body, int status)
{
    struct buf target = BUF_INIT;

    buf_printf(&target, "/_control/%s", what);
    struct reply r = http(sandbox_origin(platform), "POST", target.data, "", body);
    assert_int_equal(r.status, status);
    reply_release(&r);
    buf_release(&target);
}

#define CSV(name, columns) "read_files('s3://lab-bucket/imports/" name "', format => 'csv', header => true, quote => '\"', escape => '\"'," \
    " multiLine => true, schema => '" columns "')"

static void the_bucket_has_every_kind_of_file(void **state)
{
    (void)state;
    expect_rows("SELECT value FROM text.`s3://lab-bucket/imports/windows.csv` LIMIT 1", "[[\"inputid,input,concepts\"]]");
    expect_rows("SELECT value FROM text.`s3://lab-bucket/imports/empty.csv`", "[]");
    expect_rows("SELECT count(*) FROM " CSV("three-bad-rows.csv", "inputid STRING"), "[[\"8\"]]");
    expect_rows("SELECT InputId, concepts FROM " CSV("any-order.csv", "geo STRING, notes STRING, input STRING, concepts STRING, inputid STRING, metadata STRING"),
                "[[\"order-1\",\"meadow\"],[\"order-2\",\"meadow, sheep,meadow , sheep\"]]");
    expect_rows("SELECT a, broken IS NULL FROM read_files('s3://lab-bucket/imports/ragged.csv', format => 'csv', header => true, multiLine => true,"
                " columnNameOfCorruptRecord => 'broken', schema => 'a STRING, b STRING, c STRING, d STRING, e STRING, broken STRING')",
                "[[\"ragged-1\",\"true\"],[\"ragged-2\",\"false\"],[\"ragged-3\",\"false\"],[\"ragged-4\",\"false\"],[\"ragged-5\",\"true\"]]");
    expect_rows("SELECT concepts FROM " CSV("cells.csv", "inputid STRING, input STRING, concepts STRING, m STRING, g STRING") " WHERE inputid = 'cell-4'", "[[\"line\\nbreak\"]]");
    expect_rows("SELECT inputid, size(concepts), metadata['camera'], geopoints.longitude FROM delta.`s3://lab-bucket/delta/typed` WHERE inputid = 'typed-1'",
                "[[\"typed-1\",\"2\",\"old\",\"4.9\"]]");
    expect_rows("SELECT InputID, metadata.nested.tags FROM delta.`s3://lab-bucket/delta/numbers` ORDER BY 1 DESC LIMIT 2",
                "[[\"9223372036854775807\",null],[\"1\",\"[\\\"a\\\",\\\"b\\\"]\"]]");
}

static void sources_are_generated(void **state)
{
    (void)state;
    steer("s3", "{\"path\":\"s3://lab-bucket/made/rows.csv\",\"rows\":5000,\"prefix\":\"many\",\"bad_every\":1000}", 200);
    expect_rows("SELECT count(inputid), count_if(inputid LIKE '% %'), min(inputid) FROM read_files('s3://lab-bucket/made/rows.csv', format => 'csv', header => true,"
                " quote => '\"', escape => '\"', schema => 'inputid STRING, input STRING, concepts STRING, metadata STRING, geopoints STRING')",
                "[[\"5000\",\"5\",\"many 0001000\"]]");
    steer("s3", "{\"path\":\"s3://lab-bucket/made/table\",\"rows\":10,\"format\":\"delta\"}", 200);
    steer("s3", "{\"path\":\"s3://lab-bucket/made/table\",\"rows\":20,\"format\":\"delta\"}", 200);
    expect_rows("SELECT count(*) FROM delta.`s3://lab-bucket/made/table`", "[[\"20\"]]");
    steer("s3", "{\"path\":\"s3://lab-bucket/made/own.csv\",\"text\":\"inputid,input\\na,b\\n\"}", 200);
    expect_rows("SELECT value FROM text.`s3://lab-bucket/made/own.csv`", "[[\"inputid,input\"],[\"a,b\"]]");
    steer("s3", "{\"path\":\"/etc/passwd\",\"text\":\"x\"}", 400);
    steer("s3", "{\"path\":\"s3://lab-bucket/x.csv\"}", 400);
    steer("s3", "{\"path\":\"s3://lab-bucket/x\",\"rows\":1,\"format\":\"orc\"}", 400);
}

/* Names of the part files below the folder as the Files API lists them, and how many of them the commit names. */
static int parts_of(const char *folder, int *committed)
{
    struct buf target = BUF_INIT;
    int parts = 0;
    char *list = NULL;
    const cJSON *v;

    *committed = -1;
    buf_printf(&target, "/api/2.0/fs/directories%s", folder);
    struct reply r = api("GET", target.data, NULL), file;
    cJSON_ArrayForEach(v, json_arr(r.json, "contents"))
        if (str_starts(json_str(v, "name"), "_committed_")) {
            buf_clear(&target);
            buf_printf(&target, "/api/2.0/fs/files%s/%s", folder, json_str(v, "name"));
            file = api("GET", target.data, NULL);
            list = cJSON_PrintUnformatted(json_arr(file.json, "added"));
            assert_non_null(json_arr(file.json, "removed"));
            reply_release(&file);
            *committed = 0;
        }
    cJSON_ArrayForEach(v, json_arr(r.json, "contents"))
        if (str_starts(json_str(v, "name"), "part-")) {
            parts++;
            *committed += list != NULL && strstr(list, json_str(v, "name")) != NULL;
        }
    free(list);
    reply_release(&r);
    buf_release(&target);
    return parts;
}

#define UNLOAD(folder) "INSERT OVERWRITE DIRECTORY '/Volumes/main/vision/out/" folder "' USING json OPTIONS (maxRecordsPerFile '2') SELECT * FROM VALUES (1), (2), (3) AS t(n)"

static void a_failed_attempt_leaves_its_parts(void **state)
{
    int committed;

    (void)state;
    expect_rows(UNLOAD("clean"), "[]");
    assert_int_equal(parts_of("/Volumes/main/vision/out/clean", &committed), 2);
    assert_int_equal(committed, 2);
    steer("settings", "{\"sql.failed_attempt\":1}", 200);
    expect_rows(UNLOAD("twice"), "[]");
    assert_int_equal(parts_of("/Volumes/main/vision/out/twice", &committed), 3);
    assert_int_equal(committed, 2);
    steer("settings", "{\"sql.failed_attempt\":0,\"sql.plain_output\":1}", 200);
    expect_rows(UNLOAD("plain"), "[]");
    assert_int_equal(parts_of("/Volumes/main/vision/out/plain", &committed), 2);
    assert_int_equal(committed, -1);
    steer("settings", "{\"sql.plain_output\":0}", 200);
}

/* --- URL inputs --- */

static const struct { const char *id, *path; int code, http; } urls[] = {
    { "good", "/pictures/harbour-1.jpg", 30000, 200 },      { "same-again", "/pictures/harbour-1.jpg", 30000, 200 },
    { "moved", "/files/moved.jpg", 30000, 302 },            { "missing", "/pictures/dragon-1.jpg", 30002, 404 },
    { "forbidden", "/files/forbidden.jpg", 30002, 403 },    { "server", "/files/broken-server.jpg", 30002, 500 },
    { "letter", "/files/letter.txt", 30101, 200 },          { "page", "/files/page.html", 30101, 200 },
    { "cut", "/files/cut-short.jpg", 30300, 200 },          { "empty", "/files/empty.jpg", 30300, 200 },
    { "timeout", "/files/never-answers.jpg", 39996, 504 },
};
enum { URLS = sizeof urls / sizeof *urls };

static void urls_end_as_what_they_hold(void **state)
{
    struct buf body = BUF_INIT;
    int64_t code;

    (void)state;
    steer("settings", "{\"clarifai.process_ms\":0,\"images.silence_ms\":1}", 200);
    for (int i = 0; i < URLS; i++)
        buf_printf(&body, "%s{\"id\":\"%s\",\"data\":{\"image\":{\"url\":\"%s%s\",\"allow_duplicate_url\":true}}}", i > 0 ? "," : "{\"inputs\":[", urls[i].id,
                   sandbox_image_origin(platform), urls[i].path);
    buf_puts(&body, "]}");
    struct reply r = labels("POST", "/v2/users/lab-user/apps/empty/inputs", body.data);
    assert_int_equal(r.status, 200);
    reply_release(&r);
    for (int i = 0; i < URLS; i++) {
        buf_clear(&body);
        buf_printf(&body, "/v2/users/lab-user/apps/empty/inputs/%s", urls[i].id);
        r = labels("GET", body.data, NULL);
        assert_true(json_i64(json_obj(json_obj(r.json, "input"), "status"), "code", &code));
        assert_int_equal(code, urls[i].code);
        reply_release(&r);
        r = http(sandbox_image_origin(platform), "GET", urls[i].path, "", NULL);
        assert_int_equal(r.status, urls[i].http);
        reply_release(&r);
    }
    buf_release(&body);
}

/* --- annotations --- */

static int count_listed(const char *target, int *pages)
{
    struct buf page = BUF_INIT;
    int n = 0, got;

    *pages = 0;
    do {
        buf_clear(&page);
        buf_printf(&page, "%s%cper_page=1000&page=%d", target, strchr(target, '?') != NULL ? '&' : '?', ++*pages);
        struct reply r = labels("GET", page.data, NULL);
        got = cJSON_GetArraySize(json_arr(r.json, "annotations"));
        n += got;
        reply_release(&r);
    } while (got > 0);
    buf_release(&page);
    return n;
}

static void annotations_are_made_in_bulk(void **state)
{
    int pages;

    (void)state;
    steer("inputs", "{\"app\":\"traffic\",\"dataset\":\"large\",\"prefix\":\"large\",\"count\":1000}", 200);
    steer("annotations", "{\"app\":\"traffic\",\"dataset\":\"large\",\"per_input\":3,\"model_every\":10,\"others_every\":7}", 200);
    assert_int_equal(count_listed("/v2/users/lab-user/apps/traffic/annotations", &pages), 1000 + 2700); /* with those of the inputs themselves */
    assert_int_equal(pages, 5);
    assert_int_equal(count_listed("/v2/users/lab-user/apps/traffic/annotations?list_all_annotations=true", &pages), 4000);
    assert_int_equal(count_listed("/v2/users/lab-user/apps/traffic/annotations?user_ids=lab-annotator", &pages), 428);
    steer("annotations", "{\"app\":\"traffic\",\"dataset\":\"nobody\"}", 400);
    steer("annotations", "{\"app\":\"traffic\",\"dataset\":\"large\",\"per_input\":0}", 400);
}

/* Everything an annotation may be is in the labelled app. */
static void the_labelled_app_has_every_structure(void **state)
{
    static const char *const wanted[] = {
        "\"bounding_box\":{", "\"polygon\":{", "\"mask\":{", "\"point\":{", "\"keypoint_locations\":[", "\"span\":{", "\"token\":{", "\"frames\":[{",
        "\"track_id\":", "\"time_segments\":[", "\"tracks\":[", "\"metadata\":{", "\"geo\":{", "\"data\":{}", "\"code\":24151", "\"code\":24157", "\"code\":24158",
        "\"code\":24159", "\"worker\":{\"model\":", "\"worker\":{\"workflow\":", "\"task_id\":\"task-august\"", "\"user_id\":\"lab-annotator\"",
    };
    struct reply r = labels("GET", "/v2/users/lab-user/apps/labelled/annotations?per_page=1000&list_all_annotations=true", NULL);

    (void)state;
    assert_int_equal(r.status, 200);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(r.body, wanted[i]) == NULL)
            fail_msg("no %s", wanted[i]);
    reply_release(&r);
}

static int hits(const char *filter)
{
    struct buf body = BUF_INIT;
    int n;

    buf_printf(&body, "{\"searches\":[{\"query\":{\"filters\":[%s]}}],\"pagination\":{\"page\":1,\"per_page\":1000}}", filter);
    struct reply r = labels("POST", "/v2/users/lab-user/apps/labelled/annotations/searches", body.data);
    assert_int_equal(r.status, 200);
    n = cJSON_GetArraySize(json_arr(r.json, "hits"));
    if (n > 0)
        assert_non_null(json_obj(json_obj(cJSON_GetArrayItem(json_arr(r.json, "hits"), 0), "annotation"), "worker"));
    reply_release(&r);
    buf_release(&body);
    return n;
}

static void annotations_are_searched(void **state)
{
    int pages;

    (void)state;
    assert_int_equal(hits("{\"annotation\":{\"data\":{\"geo\":{\"geo_point\":{\"longitude\":11,\"latitude\":51.6},\"geo_limit\":{\"type\":\"withinKilometers\",\"value\":30}}}}}"), 1);
    assert_int_equal(hits("{\"annotation\":{\"data\":{\"geo\":{\"geo_box\":[{\"geo_point\":{\"longitude\":11,\"latitude\":50}},{\"geo_point\":{\"longitude\":20,\"latitude\":52}}]}}}}"), 2);
    assert_int_equal(hits("{\"annotation\":{\"annotation_info\":{\"seconds\":17}}}"), 1);
    assert_int_equal(hits("{\"annotation\":{\"data\":{\"clusters\":[{\"id\":\"x\"}]}}}"), 0);
    assert_true(hits("{\"annotation\":{\"data\":{\"regions\":[{\"region_info\":{\"mask\":{}}}]}}}") > 0);
    assert_true(count_listed("/v2/users/lab-user/apps/labelled/annotations?task_id=task-august", &pages) > 10);
}

/* Without the service's rate, which is not what is tested here. */
static int begin(void **state)
{
    if (platform_start(state) != 0)
        return -1;
    steer("settings", "{\"clarifai.rps\":100000}", 200);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bucket_has_every_kind_of_file),
        cmocka_unit_test(sources_are_generated),
        cmocka_unit_test(a_failed_attempt_leaves_its_parts),
        cmocka_unit_test(urls_end_as_what_they_hold),
        cmocka_unit_test(annotations_are_made_in_bulk),
        cmocka_unit_test(the_labelled_app_has_every_structure),
        cmocka_unit_test(annotations_are_searched),
    };
    return cmocka_run_group_tests(tests, begin, platform_stop);
}
