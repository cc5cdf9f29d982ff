#include "test_server_http.h"

#define UC "/api/2.1/unity-catalog"
#define FILE_AT(name) "/api/2.0/fs/files/Volumes/main/vision/out/" name
#define DIR_AT(name) "/api/2.0/fs/directories/Volumes/main/vision/out" name
#define LIVE "0101-120000-live001"
#define LAB "0101-120000-lab0001"

static void sleep_ms(int ms)
{
    usleep((useconds_t)ms * 1000);
}

/* --- Files API --- */

static void files_round_trip_with_odd_names(void **state)
{
    static const char *const names[] = { FILE_AT("a%20b/%23%3F%25%26%2B.bin"), FILE_AT("%CE%A9mega.png"), FILE_AT("a%22b%27.txt"),
        FILE_AT("deep/er/and/deeper") };
    (void)state;
    control("POST", "/_control/settings", "{\"files.make_parents\":1}");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(api_status("PUT", names[i], "hello world"), 204);
        struct reply r = api("GET", names[i], NULL);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, "hello world");
        reply_release(&r);
        assert_int_equal(api_status("DELETE", names[i], NULL), 204);
        assert_int_equal(api_status("GET", names[i], NULL), 404);
    }
    control("POST", "/_control/settings", "{\"files.make_parents\":0}");
}

static void files_ranges_and_conditions(void **state)
{
    static const struct { const char *header, *body; int status; } rows[] = {
        { TOKEN "Range: bytes=2-4\r\n", "llo", 206 }, { TOKEN "Range: bytes=6-\r\n", "world", 206 },
            { TOKEN "Range: bytes=-3\r\n", "rld", 206 },
        { TOKEN "Range: bytes=0-99\r\n", "hello world", 206 }, { TOKEN "Range: bytes=50-\r\n", NULL, 416 },
        { TOKEN "Range: nonsense\r\n", "hello world", 200 },
        { TOKEN "If-Unmodified-Since: Sun, 22 Nov 2015 07:00:00 GMT\r\n", NULL, 412 },
        { TOKEN "If-Unmodified-Since: Sun, 22 Nov 2099 07:00:00 GMT\r\n", "hello world", 200 } };
    (void)state;
    assert_int_equal(api_status("PUT", FILE_AT("range"), "hello world"), 204);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply r = http(sandbox_origin(platform), "GET", FILE_AT("range"), rows[i].header, NULL);
        assert_int_equal(r.status, rows[i].status);
        if (rows[i].body)
            assert_string_equal(r.body, rows[i].body);
        reply_release(&r);
    }
}

static void files_conflicts(void **state)
{
    static const struct { const char *method, *target; int status; } rows[] = {
        { "PUT", FILE_AT("c/file"), 404 }, { "PUT", DIR_AT("/c"), 204 }, { "PUT", FILE_AT("c/file"), 204 }, { "PUT", FILE_AT("c/file?overwrite=true"), 204 }, { "PUT",
            FILE_AT("c/file?overwrite=false"), 409 },
        { "PUT", FILE_AT("c/file?overwrite=maybe"), 400 }, { "PUT", FILE_AT("c"), 409 }, { "PUT", FILE_AT("c/file/below"), 409 },
        { "PUT", FILE_AT("../escape"), 400 }, { "PUT", FILE_AT("%2e%2e/escape"), 400 }, { "GET", FILE_AT("c"), 404 },
        { "PUT", DIR_AT("/c/file"), 409 }, { "PUT", DIR_AT("/c/d"), 204 }, { "PUT", DIR_AT("/c/d"), 204 },
        { "DELETE", DIR_AT("/c"), 400 }, { "DELETE", DIR_AT("/c/d"), 204 }, { "HEAD", DIR_AT("/c"), 200 }, { "HEAD",
            DIR_AT("/c/file"), 404 },
        { "DELETE", DIR_AT(""), 400 }, { "GET", "/api/2.0/fs/directories/Volumes/main/vision/nope", 404 },
        { "GET", "/api/2.0/fs/directories/Volumes/main/locked/private", 403 }, { "GET", "/api/2.0/fs/directories/tmp", 400 } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply r = api(rows[i].method, rows[i].target, str_eq(rows[i].method, "PUT") && strstr(rows[i].target, "/files/")
                             ? "x" : NULL);
        if (r.status != rows[i].status)
            print_error("%s %s: %d\n", rows[i].method, rows[i].target, r.status);
        assert_int_equal(r.status, rows[i].status);
        reply_release(&r);
    }
}

static void reader_cannot_write(void **state)
{
    (void)state;
    struct reply r = http(sandbox_origin(platform), "PUT", FILE_AT("reader"), READER_TOKEN, "x");
    assert_int_equal(r.status, 403);
    assert_string_equal(json_str(r.json, "error_code"), "PERMISSION_DENIED");
    reply_release(&r);
    r = http(sandbox_origin(platform), "POST", "/api/2.1/clusters/start", READER_TOKEN, "{\"cluster_id\":\"" LAB "\"}");
    assert_int_equal(r.status, 403);
    reply_release(&r);
}

static void directories_in_pages(void **state)
{
    char target[400], seen[64] = "";
    const char *token = "";
    int pages = 0;
    struct reply r = { 0 };
    (void)state;
    assert_int_equal(api_status("PUT", DIR_AT("/pages"), NULL), 204);
    r = api("GET", DIR_AT("/pages"), NULL);
    assert_string_equal(r.body, "{}");
    reply_release(&r);
    for (int i = 0; i < 7; i++) {
        snprintf(target, sizeof target, FILE_AT("pages/%d"), (i * 3) % 7);
        assert_int_equal(api_status("PUT", target, "x"), 204);
    }
    for (; token && pages < 20; pages++) {
        snprintf(target, sizeof target, DIR_AT("/pages?page_size=3&page_token=%s"), token);
        struct reply next = api("GET", target, NULL);
        reply_release(&r);
        r = next;
        const cJSON *entry;
        cJSON_ArrayForEach(entry, json_arr(r.json, "contents")) {
            size_t n = strlen(seen);
            snprintf(seen + n, sizeof seen - n, "%s", json_str_or(entry, "name", "?"));
        }
        token = json_str(r.json, "next_page_token");
    }
    reply_release(&r);
    assert_string_equal(seen, "0123456");
    assert_int_equal(pages, 3);
}

/* --- Unity Catalog --- */

static void lists_have_empty_pages(void **state)
{
    char target[600];
    const char *token = NULL;
    int names = 0, empty = 0, pages = 0;
    struct reply r = { 0 };
    (void)state;
    control("POST", "/_control/settings", "{\"uc.page_size\":2}");
    do {
        snprintf(target, sizeof target, UC "/tables?catalog_name=main&schema_name=vision&max_results=0%s%s", token
                 ? "&page_token=" : "",
                 token ? token : "");
        struct reply next = api("GET", target, NULL);
        reply_release(&r);
        r = next;
        assert_int_equal(r.status, 200);
        int here = cJSON_GetArraySize(json_arr(r.json, "tables"));
        token = json_str(r.json, "next_page_token");
        names += here;
        empty += here == 0 && token;
    } while (token && ++pages < 2000);
    reply_release(&r);
    control("POST", "/_control/settings", "{\"uc.page_size\":200}");
    r = api("GET", UC "/tables?catalog_name=main&schema_name=vision", NULL);
    assert_int_equal(names, cJSON_GetArraySize(json_arr(r.json, "tables")));
    assert_true(names > 2);
    assert_int_equal(empty, 1);
    reply_release(&r);
}

/* What is listed belongs to the metastore that the workspace is assigned to. */
static void one_metastore(void **state)
{
    (void)state;
    struct reply assigned = api("GET", UC "/current-metastore-assignment", NULL), main = api("GET", UC "/catalogs/main", NULL);
    assert_string_equal(json_str(assigned.json, "metastore_id"), json_str(main.json, "metastore_id"));
    reply_release(&assigned);
    reply_release(&main);
}

static void names_are_refused(void **state)
{
    (void)state;
    struct reply r = api("POST", UC "/schemas", "{\"catalog_name\":\"main\",\"name\":\"two words\"}");
    assert_int_equal(r.status, 400);
    assert_string_equal(json_str(r.json, "error_code"), "INVALID_PARAMETER_VALUE");
    assert_string_equal(json_str(r.json, "message"), "Invalid input: RPC CreateSchema Field managedcatalog.SchemaInfo.name: name \"two words\" is not a valid name. "
                        "Valid names cannot contain spaces, periods, forward slashes, or control characters");
    reply_release(&r);
}

static void catalog_refusals(void **state)
{
    static const struct { const char *target; int status; const char *code; } rows[] = {
        { UC "/schemas?catalog_name=nope", 404, "CATALOG_DOES_NOT_EXIST" }, { UC "/schemas", 400, "INVALID_PARAMETER_VALUE" },
        { UC "/tables?catalog_name=main&schema_name=nope", 404, "SCHEMA_DOES_NOT_EXIST" },
        { UC "/catalogs?max_results=-1", 400, "INVALID_PARAMETER_VALUE" }, { UC "/catalogs?page_token=zz", 400,
            "INVALID_PARAMETER_VALUE" },
        { UC "/volumes/main.vision.nope", 404, "NOT_FOUND" }, { UC "/tables/main.vision", 400, "INVALID_PARAMETER_VALUE" } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply r = api("GET", rows[i].target, NULL);
        assert_int_equal(r.status, rows[i].status);
        assert_string_equal(json_str(r.json, "error_code"), rows[i].code);
        reply_release(&r);
    }
    struct reply r = api("GET", UC "/catalogs/MAIN", NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(json_str(r.json, "name"), "main");
    reply_release(&r);
}

/* --- clusters and commands --- */

static void make_text(char *out, size_t size, const char *method, const char *target, const char *body, const char *member)
{
    struct reply r = api(method, target, body);
    assert_int_equal(r.status, 200);
    str_copy(out, size, json_str_or(r.json, member, ""));
    reply_release(&r);
}

static void cluster_starts(void **state)
{
    char text[64] = "";
    (void)state;
    control("POST", "/_control/settings", "{\"cluster.start_ms\":60}");
    struct reply r = api("POST", "/api/1.2/contexts/create", "{\"clusterId\":\"" LAB "\",\"language\":\"sql\"}");
    assert_int_equal(r.status, 500);
    assert_non_null(strstr(r.body, "ClusterNotReadyException"));
    reply_release(&r);
    assert_int_equal(api_status("POST", "/api/2.1/clusters/start", "{\"cluster_id\":\"" LAB "\"}"), 200);
    for (int i = 0; i < 500 && !str_eq(text, "RUNNING"); i++) {
        make_text(text, sizeof text, "GET", "/api/2.1/clusters/get?cluster_id=" LAB, NULL, "state");
        assert_true(str_eq(text, "PENDING") || str_eq(text, "RUNNING"));
        sleep_ms(5);
    }
    assert_string_equal(text, "RUNNING");
    r = api("POST", "/api/2.1/clusters/start", "{\"cluster_id\":\"" LAB "\"}");
    assert_int_equal(r.status, 400);
    assert_string_equal(json_str(r.json, "error_code"), "INVALID_STATE");
    reply_release(&r);
    r = api("GET", "/api/2.1/clusters/get?cluster_id=nope", NULL);
    assert_int_equal(r.status, 400);
    assert_string_equal(json_str(r.json, "message"), "Cluster nope does not exist");
    reply_release(&r);
}

/* Runs one command to its end; the caller releases the last answer. */
static struct reply command(const char *context, const char *text)
{
    char body[600], id[64], target[300];
    struct reply r = { 0 };
    snprintf(body, sizeof body, "{\"clusterId\":\"" LIVE "\",\"contextId\":\"%s\",\"language\":\"sql\",\"command\":\"%s\"}",
             context, text);
    make_text(id, sizeof id, "POST", "/api/1.2/commands/execute", body, "id");
    snprintf(target, sizeof target, "/api/1.2/commands/status?clusterId=" LIVE "&contextId=%s&commandId=%s", context, id);
    for (int i = 0; i < 1000; i++) {
        reply_release(&r);
        r = api("GET", target, NULL);
        assert_int_equal(r.status, 200);
        if (str_eq(json_str(r.json, "status"), "Finished"))
            return r;
        sleep_ms(5);
    }
    fail_msg("the command did not finish: %s", r.body);
    return r;
}

static void commands_run(void **state)
{
    char context[64], body[200];
    (void)state;
    control("POST", "/_control/settings", "{\"context.start_ms\":0}");
    make_text(context, sizeof context, "POST", "/api/1.2/contexts/create", "{\"clusterId\":\"" LIVE "\",\"language\":\"sql\"}",
              "id");
    struct reply r = command(context, "SELECT 1 AS n");
    const cJSON *results = json_obj(r.json, "results");
    assert_string_equal(json_str(results, "resultType"), "table");
    assert_false(json_bool(results, "truncated", true));
    assert_true(cJSON_IsNumber(cJSON_GetArrayItem(cJSON_GetArrayItem(json_arr(results, "data"), 0), 0)));
    reply_release(&r);
    r = command(context, "SELEKT 1");
    results = json_obj(r.json, "results");
    assert_string_equal(json_str(results, "resultType"), "error");
    assert_non_null(strstr(json_str(results, "summary"), "PARSE_SYNTAX_ERROR"));
    assert_non_null(strstr(json_str(results, "summary"), "<span"));
    reply_release(&r);
    snprintf(body, sizeof body, "{\"clusterId\":\"" LIVE "\",\"contextId\":\"%s\"}", context);
    assert_int_equal(api_status("POST", "/api/1.2/contexts/destroy", body), 200);
    r = api("POST", "/api/1.2/contexts/destroy", body);
    assert_int_equal(r.status, 500);
    assert_non_null(strstr(r.body, "ContextNotFoundException"));
    reply_release(&r);
}

static void contexts_have_a_limit_and_die_with_the_cluster(void **state)
{
    char context[64] = "", target[200];
    int made = 0;
    (void)state;
    control("POST", "/_control/settings", "{\"context.max\":3,\"cluster.start_ms\":1}");
    struct reply r = { 0 };
    for (; made < 10; made++) {
        r = api("POST", "/api/1.2/contexts/create", "{\"clusterId\":\"" LIVE "\",\"language\":\"sql\"}");
        if (r.status != 200)
            break;
        str_copy(context, sizeof context, json_str(r.json, "id"));
        reply_release(&r);
    }
    assert_int_equal(made, 3);
    reply_release(&r);
    assert_int_equal(api_status("POST", "/api/2.1/clusters/restart", "{\"cluster_id\":\"" LIVE "\"}"), 200);
    snprintf(target, sizeof target, "/api/1.2/contexts/status?clusterId=" LIVE "&contextId=%s", context);
    assert_int_equal(api_status("GET", target, NULL), 500);
    control("POST", "/_control/settings", "{\"context.max\":145}");
}

/* --- statements --- */

static struct reply statement(const char *members)
{
    char body[900];
    snprintf(body, sizeof body, "{\"warehouse_id\":\"wh-live-0001\",%s}", members);
    struct reply r = api("POST", "/api/2.0/sql/statements", body);
    return r;
}

static void statement_answers(void **state)
{
    int64_t n = -1;
    (void)state;
    struct reply r = statement("\"statement\":\"SELECT * FROM (VALUES (1, 'a'), (2, NULL)) AS v(id, t)\"");
    assert_int_equal(r.status, 200);
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "SUCCEEDED");
    const cJSON *rows = json_arr(json_obj(r.json, "result"), "data_array");
    assert_int_equal(cJSON_GetArraySize(rows), 2);
    assert_true(cJSON_IsString(cJSON_GetArrayItem(cJSON_GetArrayItem(rows, 0), 0)));
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(cJSON_GetArrayItem(rows, 1), 1)));
    reply_release(&r);
    r = statement("\"statement\":\"SELEKT 1\"");
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "FAILED");
    assert_string_equal(json_str(json_obj(r.json, "status"), "sql_state"), "42601");
    reply_release(&r);
    r = statement("\"statement\":\"DROP TABLE IF EXISTS main.vision.never_there\"");
    assert_true(json_i64(json_obj(json_obj(r.json, "manifest"), "schema"), "column_count", &n));
    assert_int_equal(n, 0);
    assert_null(json_obj(r.json, "result")->child);
    reply_release(&r);
    assert_int_equal(api_status("POST", "/api/2.0/sql/statements", "{\"warehouse_id\":\"nope\",\"statement\":\"SELECT 1\"}"), 404);
    r = statement("\"statement\":\"SELECT 1\",\"wait_timeout\":\"3s\"");
    assert_int_equal(r.status, 400);
    reply_release(&r);
}

static void statement_limits_and_chunks(void **state)
{
    static const char values[] = "SELECT * FROM (VALUES (1),(2),(3),(4),(5)) AS v(id)";
    char text[300];
    int64_t n = 0;
    (void)state;
    control("POST", "/_control/settings", "{\"statement.chunk_rows\":2}");
    snprintf(text, sizeof text, "\"statement\":\"%s\"", values);
    struct reply r = statement(text);
    assert_true(json_i64(json_obj(r.json, "manifest"), "total_chunk_count", &n));
    assert_int_equal(n, 3);
    const char *next = json_str(json_obj(r.json, "result"), "next_chunk_internal_link");
    assert_non_null(next);
    struct reply second = api("GET", next, NULL);
    assert_int_equal(cJSON_GetArraySize(json_arr(second.json, "data_array")), 2);
    reply_release(&second);
    reply_release(&r);
    snprintf(text, sizeof text, "\"statement\":\"%s\",\"row_limit\":1", values);
    r = statement(text);
    assert_true(json_bool(json_obj(r.json, "manifest"), "truncated", false));
    reply_release(&r);
    control("POST", "/_control/settings", "{\"statement.chunk_rows\":10000,\"statement.inline_bytes\":3}");
    snprintf(text, sizeof text, "\"statement\":\"%s\"", values);
    r = statement(text);
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "FAILED");
    assert_non_null(strstr(r.body, "disposition=INLINE can have a result size of at most"));
    reply_release(&r);
    control("POST", "/_control/settings", "{\"statement.inline_bytes\":26214400}");
}

static void signed_links(void **state)
{
    char headers[300];
    (void)state;
    struct reply r = statement("\"statement\":\"SELECT 1 AS n\",\"disposition\":\"EXTERNAL_LINKS\"");
    const cJSON *link = cJSON_GetArrayItem(json_arr(json_obj(r.json, "result"), "external_links"), 0);
    const char *url = json_str(link, "external_link");
    const cJSON *header = json_obj(link, "http_headers")->child;
    struct url_parts u;
    assert_non_null(strstr(url, "&X-Amz-Expires=899&"));
    int64_t chunk = 0, total = 0;
    assert_true(json_i64(link, "byte_count", &chunk) && json_i64(json_obj(r.json, "manifest"), "total_byte_count", &total));
    assert_int_equal(chunk, total);
    assert_true(url_parse(url, &u));
    snprintf(headers, sizeof headers, "%s: %s\r\n", header->string, header->valuestring);
    struct reply got = http(sandbox_image_origin(platform), "GET", u.rest, headers, NULL);
    assert_int_equal(got.status, 200);
    assert_string_equal(got.body, "[[\"1\"]]");
    reply_release(&got);
    got = http(sandbox_image_origin(platform), "GET", u.rest, NULL, NULL);
    assert_int_equal(got.status, 400);
    reply_release(&got);
    got = http(sandbox_image_origin(platform), "GET", u.rest, TOKEN, NULL);
    assert_int_equal(got.status, 400);
    reply_release(&got);
    char *longer = str_dup(u.rest), *life = longer ? strstr(longer, "Expires=899") : NULL;
    assert_non_null(life);
    life[8] = '9';
    got = http(sandbox_image_origin(platform), "GET", longer, headers, NULL);
    assert_non_null(strstr(got.body, "SignatureDoesNotMatch"));
    reply_release(&got);
    free(longer);
    control("POST", "/_control/settings", "{\"clock.offset_ms\":1000000}");
    got = http(sandbox_image_origin(platform), "GET", u.rest, headers, NULL);
    assert_int_equal(got.status, 403);
    assert_non_null(strstr(got.body, "Request has expired"));
    reply_release(&got);
    control("POST", "/_control/settings", "{\"clock.offset_ms\":0}");
    reply_release(&r);
}

static void statements_are_cancelled(void **state)
{
    char target[200];
    (void)state;
    control("POST", "/_control/settings", "{\"sql.delay_ms\":60000}");
    struct reply r = statement("\"statement\":\"SELECT 1\",\"wait_timeout\":\"0s\"");
    assert_null(json_obj(r.json, "manifest"));
    snprintf(target, sizeof target, "/api/2.0/sql/statements/%s/cancel", json_str(r.json, "statement_id"));
    assert_int_equal(api_status("POST", target, "{}"), 200);
    *strrchr(target, '/') = 0;
    reply_release(&r);
    for (int i = 0; i < 500; i++) {
        r = api("GET", target, NULL);
        if (str_eq(json_str(json_obj(r.json, "status"), "state"), "CANCELED"))
            break;
        reply_release(&r);
        sleep_ms(5);
    }
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "CANCELED");
    reply_release(&r);
    control("POST", "/_control/settings", "{\"sql.delay_ms\":0}");
}

static void sleeping_warehouse_wakes(void **state)
{
    (void)state;
    control("POST", "/_control/settings", "{\"warehouse.start_ms\":50}");
    struct reply r = api("POST", "/api/2.0/sql/statements", "{\"warehouse_id\":\"wh-lab-00002\",\"statement\":\"SELECT 1\"}");
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "SUCCEEDED");
    reply_release(&r);
    r = api("GET", "/api/2.0/sql/warehouses/wh-lab-00002", NULL);
    assert_string_equal(json_str(r.json, "state"), "RUNNING");
    reply_release(&r);
}

static void rights_in_sql(void **state)
{
    (void)state;
    struct reply r = statement("\"statement\":\"CREATE TABLE main.locked.t (a INT)\"");
    assert_string_equal(json_str(json_obj(r.json, "status"), "sql_state"), "42501");
    reply_release(&r);
    r = http(sandbox_origin(platform), "POST", "/api/2.0/sql/statements", READER_TOKEN,
             "{\"warehouse_id\":\"wh-live-0001\",\"statement\":\"MERGE INTO `main`.`vision`.`t` USING s ON 1=1\"}");
    assert_string_equal(json_str(json_obj(r.json, "status"), "sql_state"), "42501");
    reply_release(&r);
}

/* --- secrets --- */

static void secrets_keep_what_is_put(void **state)
{
    (void)state;
    struct reply r = api("GET", "/api/2.0/secrets/list?scope=clarifai", NULL);
    assert_string_equal(json_str(cJSON_GetArrayItem(json_arr(r.json, "secrets"), 0), "key"), "CLARIFAI_PAT");
    reply_release(&r);
    assert_int_equal(api_status("POST", "/api/2.0/secrets/scopes/create", "{\"scope\":\"mine\"}"), 200);
    assert_int_equal(api_status("POST", "/api/2.0/secrets/scopes/create", "{\"scope\":\"mine\"}"), 400);
    assert_int_equal(api_status("POST", "/api/2.0/secrets/put", "{\"scope\":\"mine\",\"key\":\"k\",\"string_value\":\"abc\"}"),
                     200);
    assert_int_equal(api_status("POST", "/api/2.0/secrets/put", "{\"scope\":\"mine\",\"key\":\"k\"}"), 400);
    assert_int_equal(api_status("POST", "/api/2.0/secrets/put", "{\"scope\":\"none\",\"key\":\"k\",\"string_value\":\"a\"}"), 404);
    r = api("GET", "/api/2.0/secrets/get?scope=mine&key=k", NULL);
    assert_string_equal(json_str(r.json, "value"), "YWJj");
    reply_release(&r);
    control("POST", "/_control/settings", "{\"secrets.get\":400}");
    r = api("GET", "/api/2.0/secrets/get?scope=mine&key=k", NULL);
    assert_int_equal(r.status, 400);
    assert_string_equal(json_str(r.json, "error_code"), "BAD_REQUEST");
    reply_release(&r);
    control("POST", "/_control/settings", "{\"secrets.get\":200}");
    assert_int_equal(api_status("POST", "/api/2.0/secrets/delete", "{\"scope\":\"mine\",\"key\":\"k\"}"), 200);
    assert_int_equal(api_status("GET", "/api/2.0/secrets/get?scope=mine&key=k", NULL), 404);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_round_trip_with_odd_names), cmocka_unit_test(files_ranges_and_conditions),
            cmocka_unit_test(files_conflicts),
        cmocka_unit_test(reader_cannot_write), cmocka_unit_test(directories_in_pages), cmocka_unit_test(lists_have_empty_pages),
        cmocka_unit_test(one_metastore), cmocka_unit_test(names_are_refused), cmocka_unit_test(catalog_refusals), cmocka_unit_test(cluster_starts), cmocka_unit_test(commands_run),
        cmocka_unit_test(contexts_have_a_limit_and_die_with_the_cluster), cmocka_unit_test(statement_answers),
        cmocka_unit_test(statement_limits_and_chunks), cmocka_unit_test(signed_links), cmocka_unit_test(statements_are_cancelled),
        cmocka_unit_test(sleeping_warehouse_wakes), cmocka_unit_test(rights_in_sql), cmocka_unit_test(secrets_keep_what_is_put),
    };
    return cmocka_run_group_tests(tests, platform_start, platform_stop);
}
