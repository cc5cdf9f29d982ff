/* Requests that the services refuse, or may refuse, are refused here (references clarifai and databricks). */
#include "test_server_http.h"

#define ME "/api/2.0/preview/scim/v2/Me"
#define UC "/api/2.1/unity-catalog"
#define APP "/v2/users/me/apps/traffic"
#define LIVE "0101-120000-live001"
#define DIR_AT(name) "/api/2.0/fs/directories/Volumes/main/vision/out" name
#define FILE_AT(name) "/api/2.0/fs/files/Volumes/main/vision/out" name

static struct reply clarifai(const char *method, const char *target, const char *body)
{
    return http(sandbox_origin(platform), method, target, PAT, body);
}

static int64_t clarifai_code(const char *method, const char *target, const char *body)
{
    struct reply r = clarifai(method, target, body);
    int64_t code = 0;
    json_i64(json_obj(r.json, "status"), "code", &code);
    reply_release(&r);
    return code;
}

static int status_with(const char *target, const char *headers, const char *body)
{
    struct reply r = http(sandbox_origin(platform), "POST", target, headers, body);
    int status = r.status;
    reply_release(&r);
    return status;
}

static void bodies_are_declared(void **state)
{
    static const char start[] = "/api/2.1/clusters/start", body[] = "{\"cluster_id\":\"" LIVE "\"}", search[] = APP "/inputs/searches";
    (void)state;
    control("POST", "/_control/settings", "{\"cluster.start_twice_ok\":1}");
    assert_int_equal(status_with(start, TOKEN "Content-Type: application/json; charset=utf-8\r\n", body), 200);
    assert_int_equal(status_with(start, TOKEN "Content-Type: application/x-www-form-urlencoded\r\n", body), 415);
    assert_int_equal(status_with(start, TOKEN "Content-Type: application/jsonish\r\n", body), 415);
    assert_int_equal(status_with(search, PAT "Content-Type: text/plain\r\n", "{\"searches\":[{}]}"), 415);
    assert_int_equal(status_with(search, PAT "Content-Type: application/json\r\n", "{\"searches\":[{}]}"), 200);
    assert_int_equal(status_with("/oidc/v1/token", "Content-Type: application/json\r\n",
                                 "grant_type=client_credentials&scope=all-apis&client_id=sandbox-client&client_secret=sandbox-secret"), 400);
    assert_int_equal(status_with("/oidc/v1/token", "Content-Type: application/x-www-form-urlencoded\r\n",
                                 "grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret"), 400);
    control("POST", "/_control/settings", "{\"cluster.start_twice_ok\":0}");
}

static void query_parameters_have_a_form(void **state)
{
    static const struct { const char *target; int status; } rows[] = {
        { UC "/catalogs?max_results=0&max_results=0", 400 }, { UC "/catalogs?include_browse=maybe", 400 },
        { UC "/catalogs?include_browse=True&max_results=0", 200 },
        { "/api/2.1/clusters/list?filter_by.cluster_sources=UI&filter_by.cluster_sources=API", 200 },
        { UC "/effective-permissions/TABLE/main.vision.all_types", 200 },
        { UC "/effective-permissions/table/main.vision.all_types", 400 } };
    (void)state;
    control("POST", "/_control/settings", "{\"clarifai.rps\":0}");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(api_status("GET", rows[i].target, NULL), rows[i].status);
    assert_int_equal(clarifai_code("GET", APP "/inputs?page=1&page=2", NULL), 11102);
    assert_int_equal(clarifai_code("GET", APP "/inputs/stream?descending=yes", NULL), 11102);
    assert_int_equal(clarifai_code("GET", APP "/annotations?input_ids=a&input_ids=b&list_all_annotations=True", NULL), 10000);
    assert_int_equal(clarifai_code("GET", APP "/datasets?starred_only=true", NULL), 10000);
}

/* Lists of ids end where addresses do. */
static void addresses_have_an_end(void **state)
{
    struct buf target = BUF_INIT;
    (void)state;
    buf_puts(&target, APP "/inputs?per_page=1");
    while (target.len < 8100)
        buf_puts(&target, "&ids=abcdefghijklmnopqrstuvwxyz-0123456789");
    assert_int_equal(clarifai_code("GET", target.data, NULL), 10000);
    while (target.len < 8300)
        buf_puts(&target, "&ids=abcdefghijklmnopqrstuvwxyz-0123456789");
    struct reply r = clarifai("GET", target.data, NULL);
    assert_int_equal(r.status, 414);
    reply_release(&r);
    buf_release(&target);
}

static void me_has_what_is_asked_for(void **state)
{
    (void)state;
    struct reply r = api("GET", ME "?attributes=userName,name.givenName", NULL);
    assert_string_equal(json_str(r.json, "userName"), "lab-user@example.com");
    assert_non_null(json_str(r.json, "id"));
    assert_non_null(json_arr(r.json, "schemas"));
    assert_null(json_get(r.json, "groups"));
    assert_null(json_get(r.json, "emails"));
    assert_string_equal(json_str(json_obj(r.json, "name"), "givenName"), "Lab");
    assert_null(json_get(json_obj(r.json, "name"), "familyName"));
    reply_release(&r);
    r = api("GET", ME "?excludedAttributes=groups,%20id,emails.type,urn:ietf:params:scim:schemas:core:2.0:User:roles", NULL);
    assert_null(json_get(r.json, "groups"));
    assert_non_null(json_str(r.json, "id"));
    assert_non_null(json_str(json_arr(r.json, "emails")->child, "value"));
    assert_null(json_str(json_arr(r.json, "emails")->child, "type"));
    assert_non_null(json_arr(r.json, "entitlements"));
    reply_release(&r);
    r = api("GET", ME "?attributes=id&excludedAttributes=groups", NULL);
    assert_int_equal(r.status, 400);
    assert_string_equal(json_str(r.json, "scimType"), "invalidValue");
    reply_release(&r);
}

static void refused(const char *method, const char *target, const char *body, int status, const char *code)
{
    struct reply r = api(method, target, body);
    assert_int_equal(r.status, status);
    assert_string_equal(json_str(r.json, "error_code"), code);
    reply_release(&r);
}

static void containers_are_dropped_when_empty(void **state)
{
    (void)state;
    assert_int_equal(api_status("POST", UC "/catalogs", "{\"name\":\"Strict\",\"comment\":\"c\"}"), 200);
    refused("POST", UC "/catalogs", "{\"name\":\"strict\"}", 409, "ALREADY_EXISTS");
    refused("POST", UC "/catalogs", "{\"name\":\"two words\"}", 400, "INVALID_PARAMETER_VALUE");
    assert_int_equal(api_status("DELETE", UC "/catalogs/strict", NULL), 200);
    assert_int_equal(api_status("POST", UC "/catalogs", "{\"name\":\"strict\"}"), 200);
    assert_int_equal(api_status("POST", UC "/schemas", "{\"catalog_name\":\"strict\",\"name\":\"s\"}"), 200);
    assert_int_equal(api_status("DELETE", UC "/schemas/strict.s", NULL), 200);
    refused("DELETE", UC "/schemas/strict.s", NULL, 404, "SCHEMA_DOES_NOT_EXIST");
    assert_int_equal(api_status("POST", UC "/schemas", "{\"catalog_name\":\"strict\",\"name\":\"s\"}"), 200);
    assert_int_equal(api_status("POST", UC "/volumes",
                                "{\"catalog_name\":\"strict\",\"schema_name\":\"s\",\"name\":\"v\",\"volume_type\":\"MANAGED\"}"), 200);
    struct reply r = api("POST", "/api/2.0/sql/statements",
                         "{\"warehouse_id\":\"wh-live-0001\",\"statement\":\"CREATE TABLE strict.s.t AS SELECT 1 AS n\"}");
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "SUCCEEDED");
    reply_release(&r);
    refused("DELETE", UC "/schemas/strict.s?force=false", NULL, 400, "SCHEMA_NOT_EMPTY");
    refused("DELETE", UC "/catalogs/strict", NULL, 400, "CATALOG_NOT_EMPTY");
    refused("DELETE", UC "/catalogs/strict?force=soon", NULL, 400, "INVALID_PARAMETER_VALUE");
    assert_int_equal(api_status("GET", UC "/tables/strict.s.t", NULL), 200);
    assert_int_equal(api_status("DELETE", UC "/catalogs/strict?force=true", NULL), 200);
    refused("GET", UC "/tables/strict.s.t", NULL, 404, "TABLE_DOES_NOT_EXIST");
    refused("GET", UC "/volumes/strict.s.v", NULL, 404, "NOT_FOUND");
    refused("DELETE", UC "/catalogs/system", NULL, 403, "PERMISSION_DENIED");
    refused("DELETE", UC "/schemas/main", NULL, 400, "INVALID_PARAMETER_VALUE");
}

static void folders_are_made_first(void **state)
{
    (void)state;
    refused("PUT", FILE_AT("/unmade/a.bin"), "x", 404, "NOT_FOUND");
    assert_int_equal(api_status("PUT", DIR_AT("/unmade/deeper"), NULL), 204);
    assert_int_equal(api_status("PUT", FILE_AT("/unmade/a.bin"), "x"), 204);
    assert_int_equal(api_status("PUT", FILE_AT("/unmade/deeper/a.bin"), "x"), 204);
}

/* "All parameters must repeat with the token." */
static void tokens_go_with_their_page_size(void **state)
{
    char target[300];
    (void)state;
    assert_int_equal(api_status("PUT", DIR_AT("/tokens/x"), NULL), 204);
    assert_int_equal(api_status("PUT", DIR_AT("/tokens/y"), NULL), 204);
    struct reply r = api("GET", DIR_AT("/tokens?page_size=1"), NULL);
    const char *token = json_str(r.json, "next_page_token");
    assert_non_null(token);
    snprintf(target, sizeof target, DIR_AT("/tokens?page_token=%s"), token);
    assert_int_equal(api_status("GET", target, NULL), 400);
    snprintf(target, sizeof target, DIR_AT("/tokens?page_size=1&page_token=%s"), token);
    struct reply second = api("GET", target, NULL);
    assert_string_equal(json_str(json_arr(second.json, "contents")->child, "name"), "y");
    reply_release(&second);
    reply_release(&r);
}

static void make_context(char out[64])
{
    struct reply r = api("POST", "/api/1.2/contexts/create", "{\"clusterId\":\"" LIVE "\",\"language\":\"sql\"}");
    assert_int_equal(r.status, 200);
    str_copy(out, 64, json_str_or(r.json, "id", ""));
    reply_release(&r);
}

static struct reply execute(const char *headers, const char *context, const char *language, const char *text)
{
    struct buf body = BUF_INIT;
    buf_printf(&body, "{\"clusterId\":\"" LIVE "\",\"contextId\":\"%s\",\"language\":\"%s\",\"command\":\"%s\"}", context, language, text);
    struct reply r = http(sandbox_origin(platform), "POST", "/api/1.2/commands/execute", headers, body.data);
    buf_release(&body);
    return r;
}

static void a_context_is_its_owners_and_of_one_language(void **state)
{
    char context[64], pending[64];
    struct buf large = BUF_INIT;
    (void)state;
    control("POST", "/_control/settings", "{\"context.start_ms\":0}");
    make_context(context);
    control("POST", "/_control/settings", "{\"context.start_ms\":600000}");
    make_context(pending);
    for (int i = 0; i < 6000100; i++)
        buf_putc(&large, ' ');
    const struct { const char *headers, *context, *language, *text; int status; const char *says; } rows[] = {
        { TOKEN, context, "sql", "SELECT 1", 200, "" }, { TOKEN, context, "python", "1", 400, "is for sql, not python" },
        { TOKEN, pending, "sql", "SELECT 1", 500, "is Pending" }, { READER_TOKEN, context, "sql", "SELECT 1", 500, "ContextNotFoundException" },
        { TOKEN, context, "sql", large.data, 400, "larger than 6 MB" } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply r = execute(rows[i].headers, rows[i].context, rows[i].language, rows[i].text);
        assert_int_equal(r.status, rows[i].status);
        assert_non_null(strstr(json_str_or(r.json, "error", ""), rows[i].says));
        reply_release(&r);
    }
    buf_release(&large);
    /* what is missing is said in the envelope of API 1.2 */
    struct reply r = api("POST", "/api/1.2/contexts/create", "{\"language\":\"sql\"}");
    assert_int_equal(r.status, 400);
    assert_non_null(strstr(json_str_or(r.json, "error", ""), "clusterId"));
    assert_null(json_get(r.json, "error_code"));
    reply_release(&r);
    control("POST", "/_control/settings", "{\"context.start_ms\":100}");
}

static void secrets_have_plain_names(void **state)
{
    (void)state;
    refused("POST", "/api/2.0/secrets/scopes/create", "{\"scope\":\"a@b\"}", 400, "INVALID_PARAMETER_VALUE");
    refused("POST", "/api/2.0/secrets/scopes/create", "{\"scope\":\"a\",\"initial_manage_principal\":\"me\"}", 400, "INVALID_PARAMETER_VALUE");
    refused("POST", "/api/2.0/secrets/scopes/create", "{\"scope\":\"a\",\"scope_backend_type\":\"VAULT\"}", 400, "INVALID_PARAMETER_VALUE");
    assert_int_equal(api_status("POST", "/api/2.0/secrets/scopes/create", "{\"scope\":\"a\",\"initial_manage_principal\":\"users\"}"), 200);
}

/* A value of the wrong type is not taken for one that is not there. */
static void values_have_types(void **state)
{
    static const char *const wrong[] = { "\"wait_timeout\":30", "\"catalog\":7", "\"row_limit\":\"many\"", "\"disposition\":true",
                                         "\"parameters\":[{\"name\":\"p\",\"value\":5}]", "\"query_tags\":[{\"key\":1}]" };
    char body[300];
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(body, sizeof body, "{\"warehouse_id\":\"wh-live-0001\",\"statement\":\"SELECT 1\",%s}", wrong[i]);
        refused("POST", "/api/2.0/sql/statements", body, 400, "MALFORMED_REQUEST");
    }
    refused("POST", "/api/2.1/clusters/start", "{\"cluster_id\":101}", 400, "MALFORMED_REQUEST");
    assert_int_equal(api_status("POST", "/api/2.0/sql/statements",
                                "{\"warehouse_id\":\"wh-live-0001\",\"statement\":\"SELECT :p\",\"row_limit\":1,\"parameters\":[{\"name\":\"p\",\"value\":null}]}"), 200);
}

static void clusters_are_asked_for_in_their_words(void **state)
{
    (void)state;
    assert_int_equal(api_status("GET", "/api/2.1/clusters/list?filter_by.cluster_states=RUNNING&sort_by.field=CLUSTER_NAME&sort_by.direction=DESC", NULL), 200);
    refused("GET", "/api/2.1/clusters/list?filter_by.cluster_states=AWAKE", NULL, 400, "INVALID_PARAMETER_VALUE");
    refused("GET", "/api/2.1/clusters/list?filter_by.cluster_sources=UI&filter_by.cluster_sources=ui", NULL, 400, "INVALID_PARAMETER_VALUE");
    refused("GET", "/api/2.1/clusters/list?sort_by.direction=DOWN", NULL, 400, "INVALID_PARAMETER_VALUE");
}

/* A dedicated cluster takes the one it is dedicated to, and no run of a job lends its cluster. */
static void not_everybody_may_attach(void **state)
{
    static const struct { const char *headers, *cluster; int status; } rows[] = {
        { TOKEN, "0101-120000-job0001", 403 }, { READER_TOKEN, "0101-120000-lab0001", 403 }, { TOKEN, "0101-120000-lab0001", 500 },
        { READER_TOKEN, LIVE, 200 } };
    char body[120];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(body, sizeof body, "{\"clusterId\":\"%s\",\"language\":\"sql\"}", rows[i].cluster);
        assert_int_equal(status_with("/api/1.2/contexts/create", rows[i].headers, body), rows[i].status);
    }
}

static void uploads_say_their_length(void **state)
{
    (void)state;
    struct reply r = http(sandbox_origin(platform), "PUT", FILE_AT("/chunked.bin"), TOKEN "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", NULL);
    assert_int_equal(r.status, 411);
    reply_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_declared), cmocka_unit_test(query_parameters_have_a_form), cmocka_unit_test(addresses_have_an_end),
        cmocka_unit_test(me_has_what_is_asked_for), cmocka_unit_test(containers_are_dropped_when_empty),
        cmocka_unit_test(folders_are_made_first), cmocka_unit_test(tokens_go_with_their_page_size),
        cmocka_unit_test(a_context_is_its_owners_and_of_one_language), cmocka_unit_test(secrets_have_plain_names),
        cmocka_unit_test(values_have_types), cmocka_unit_test(clusters_are_asked_for_in_their_words),
        cmocka_unit_test(not_everybody_may_attach), cmocka_unit_test(uploads_say_their_length),
    };
    return cmocka_run_group_tests(tests, platform_start, platform_stop);
}
