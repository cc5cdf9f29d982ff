#include "test_server_http.h"

#define ME "/api/2.0/preview/scim/v2/Me"

static void credentials_are_told_apart(void **state)
{
    (void)state;
    struct reply r = http(sandbox_origin(platform), "GET", ME, NULL, NULL);
    assert_int_equal(r.status, 401);
    assert_true(cJSON_IsNumber(json_get(r.json, "error_code")));
    assert_non_null(reply_header(&r, "www-authenticate: Bearer"));
    assert_non_null(reply_header(&r, "x-databricks-org-id:"));
    reply_release(&r);
    r = http(sandbox_origin(platform), "GET", ME, "Authorization: Bearer nope\r\n", NULL);
    assert_int_equal(r.status, 403);
    assert_string_equal(json_str(r.json, "message"), "Invalid access token.");
    assert_non_null(reply_header(&r, "x-databricks-reason-phrase: Invalid access token."));
    reply_release(&r);
    r = api("GET", ME, NULL);
    assert_int_equal(r.status, 200);
    assert_string_equal(json_str(r.json, "userName"), "lab-user@example.com");
    reply_release(&r);
}

static void clarifai_keys_are_told_apart(void **state)
{
    static const struct { const char *header; int http, code; } rows[] = {
        { NULL, 401, 11102 }, { "Authorization: key sandbox-pat\r\n", 401, 11102 }, { "Authorization: Key a b\r\n", 401, 11008 },
        { "Authorization: Key nobody\r\n", 401, 11009 } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply r = http(sandbox_origin(platform), "GET", "/v2/users/me", rows[i].header, NULL);
        int64_t code = 0;
        assert_int_equal(r.status, rows[i].http);
        assert_true(json_i64(json_obj(r.json, "status"), "code", &code));
        assert_int_equal(code, rows[i].code);
        reply_release(&r);
    }
}

static void revoked_token_and_its_replacement(void **state)
{
    (void)state;
    control("POST", "/_control/settings", "{\"databricks.revoked\":1}");
    assert_int_equal(api_status("GET", ME, NULL), 403);
    struct reply r = http(sandbox_origin(platform), "GET", ME, "Authorization: Bearer dapi-sandbox-token-2\r\n", NULL);
    assert_int_equal(r.status, 200);
    reply_release(&r);
    control("POST", "/_control/settings", "{\"databricks.revoked\":0}");
    assert_int_equal(api_status("GET", ME, NULL), 200);
}

static void client_credentials_give_a_token(void **state)
{
    char header[200];
    (void)state;
    struct reply r = http(sandbox_origin(platform), "POST", "/oidc/v1/token", "Content-Type: application/x-www-form-urlencoded\r\n"
        "Authorization: Basic c2FuZGJveC1jbGllbnQ6c2FuZGJveC1zZWNyZXQ=\r\n", "grant_type=client_credentials&scope=all-apis");
    assert_int_equal(r.status, 200);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", json_str(r.json, "access_token"));
    reply_release(&r);
    r = http(sandbox_origin(platform), "GET", ME, header, NULL);
    assert_int_equal(r.status, 200);
    reply_release(&r);
    r = http(sandbox_origin(platform), "POST", "/oidc/v1/token", "Content-Type: application/x-www-form-urlencoded\r\n",
             "grant_type=client_credentials&scope=all-apis&client_id=x&client_secret=y");
    assert_int_equal(r.status, 401);
    assert_string_equal(json_str(r.json, "error"), "invalid_client");
    reply_release(&r);
}

static void strict_about_paths_queries_and_bodies(void **state)
{
    static const struct { const char *method, *target, *body; int status; const char *code; } rows[] = {
        { "GET", "/api/2.0/nope", NULL, 404, "ENDPOINT_NOT_FOUND" },
        { "DELETE", ME, NULL, 405, "METHOD_NOT_ALLOWED" },
        { "GET", ME "?unknown=1", NULL, 400, "INVALID_PARAMETER_VALUE" },
        { "GET", ME "?attributes=%zz", NULL, 400, "MALFORMED_REQUEST" },
        { "POST", "/api/2.1/clusters/start", "{\"cluster_id\":\"x\",\"force\":true}", 400, "MALFORMED_REQUEST" },
        { "POST", "/api/2.1/clusters/start", "{\"cluster_id\":", 400, "MALFORMED_REQUEST" },
        { "POST", "/api/2.1/clusters/start", "[]", 400, "MALFORMED_REQUEST" },
        { "POST", "/api/2.1/clusters/start", NULL, 400, "INVALID_PARAMETER_VALUE" },
        { "POST", "/api/2.0/sql/statements", "{\"warehouse_id\":\"w\",\"statement\":\"s\",\"parameters\":[{\"nam\":1}]}", 400,
            "MALFORMED_REQUEST" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reply r = api(rows[i].method, rows[i].target, rows[i].body);
        assert_int_equal(r.status, rows[i].status);
        assert_string_equal(json_str(r.json, "error_code"), rows[i].code);
        reply_release(&r);
    }
}

static void quota_of_clarifai(void **state)
{
    int refused = 0;
    (void)state;
    control("POST", "/_control/settings", "{\"clarifai.rps\":3}");
    for (int i = 0; i < 12; i++) {
        struct reply r = http(sandbox_origin(platform), "GET", "/v2/users/me", PAT, NULL);
        int64_t code = 0;
        json_i64(json_obj(r.json, "status"), "code", &code);
        refused += r.status == 429 && code == 11005;
        reply_release(&r);
    }
    control("POST", "/_control/settings", "{\"clarifai.rps\":0}");
    assert_true(refused > 0);
    struct reply r = http(sandbox_origin(platform), "GET", "/v2/users/me", PAT, NULL);
    assert_int_equal(r.status, 200);
    reply_release(&r);
    control("POST", "/_control/settings", "{\"clarifai.rps\":15}");
}

static void fault(const char *rule)
{
    control("DELETE", "/_control/faults", NULL);
    control("POST", "/_control/faults", rule);
}

static void faults_change_what_is_answered(void **state)
{
    (void)state;
    fault("{\"path\":\"*/Me\",\"kind\":\"status\",\"status\":429,\"retry_after\":\"garbage\",\"nth\":[2]}");
    assert_int_equal(api_status("GET", ME, NULL), 200);
    struct reply r = api("GET", ME, NULL);
    assert_int_equal(r.status, 429);
    assert_non_null(reply_header(&r, "Retry-After: garbage"));
    reply_release(&r);
    fault("{\"path\":\"*/Me\",\"kind\":\"html_login\"}");
    r = api("GET", ME, NULL);
    assert_int_equal(r.status, 200);
    assert_non_null(reply_header(&r, "Content-Type: text/html"));
    reply_release(&r);
    fault("{\"path\":\"*/Me\",\"kind\":\"body\",\"text\":\"[\",\"repeat\":10000}");
    r = api("GET", ME, NULL);
    assert_int_equal(r.body_size, 10000);
    reply_release(&r);
    fault("{\"path\":\"*/Me\",\"kind\":\"edit\",\"array\":\"groups\",\"duplicate\":2,\"remove\":[\"emails\"],\"set\":{\"x\":1}}");
    r = api("GET", ME, NULL);
    assert_int_equal(cJSON_GetArraySize(json_arr(r.json, "groups")), 3);
    assert_null(json_get(r.json, "emails"));
    reply_release(&r);
    fault("{\"path\":\"*/Me\",\"kind\":\"malformed\"}");
    r = api("GET", ME, NULL);
    assert_int_equal(r.status, 200);
    assert_null(r.json);
    reply_release(&r);
    control("DELETE", "/_control/faults", NULL);
}

static void faults_break_the_connection(void **state)
{
    static const char *const silent[] = { "lost_reply", "reset", "hang" };
    char rule[120];
    (void)state;
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        snprintf(rule, sizeof rule, "{\"path\":\"*/Me\",\"kind\":\"%s\",\"ms\":20}", silent[i]);
        fault(rule);
        assert_int_equal(api_status("GET", ME, NULL), 0);
    }
    fault("{\"path\":\"*/Me\",\"kind\":\"cut_body\",\"at\":10}");
    struct reply r = api("GET", ME, NULL);
    assert_int_equal(r.body_size, 10);
    reply_release(&r);
    control("DELETE", "/_control/faults", NULL);
}

static void lost_reply_is_applied_and_status_is_not(void **state)
{
    (void)state;
    fault("{\"method\":\"PUT\",\"kind\":\"lost_reply\"}");
    assert_int_equal(api_status("PUT", "/api/2.0/fs/files/Volumes/main/vision/out/lost", "x"), 0);
    assert_int_equal(api_status("HEAD", "/api/2.0/fs/files/Volumes/main/vision/out/lost", NULL), 200);
    fault("{\"method\":\"PUT\",\"kind\":\"status\",\"status\":503}");
    assert_int_equal(api_status("PUT", "/api/2.0/fs/files/Volumes/main/vision/out/refused", "x"), 503);
    assert_int_equal(api_status("HEAD", "/api/2.0/fs/files/Volumes/main/vision/out/refused", NULL), 404);
    fault("{\"method\":\"PUT\",\"kind\":\"status\",\"status\":503,\"after_handler\":true}");
    assert_int_equal(api_status("PUT", "/api/2.0/fs/files/Volumes/main/vision/out/applied", "x"), 503);
    assert_int_equal(api_status("HEAD", "/api/2.0/fs/files/Volumes/main/vision/out/applied", NULL), 200);
    control("DELETE", "/_control/faults", NULL);
}

static void shares_repeat_by_seed(void **state)
{
    char first[33] = "", second[33] = "";
    (void)state;
    for (int round = 0; round < 2; round++) {
        fault("{\"path\":\"*/Me\",\"kind\":\"status\",\"status\":500,\"share\":0.4,\"seed\":11}");
        for (int i = 0; i < 32; i++)
            (round ? second : first)[i] = api_status("GET", ME, NULL) == 500 ? 'x' : '.';
    }
    control("DELETE", "/_control/faults", NULL);
    assert_string_equal(first, second);
    assert_non_null(strchr(first, 'x'));
    assert_non_null(strchr(first, '.'));
}

static void wrong_rules_are_refused(void **state)
{
    (void)state;
    assert_int_equal(api_status("POST", "/_control/faults", "{\"kind\":\"nope\"}"), 400);
    assert_int_equal(api_status("POST", "/_control/faults", "{\"kind\":\"status\",\"statuss\":1}"), 400);
}

static void counters_count(void **state)
{
    int64_t n = 0;
    (void)state;
    control("POST", "/_control/reset", "{\"counters\":true}");
    api_status("GET", ME, NULL);
    api_status("GET", ME, NULL);
    struct reply r = http(sandbox_origin(platform), "GET", "/_control/counters", NULL, NULL);
    assert_true(json_i64(json_obj(r.json, "requests"), "GET " ME, &n));
    assert_int_equal(n, 2);
    reply_release(&r);
}

static void folder_has_one_owner(void **state)
{
    struct err e = { 0 };
    struct sandbox_options o = { .dir = platform_dir };
    char text[1024];
    (void)state;
    assert_null(sandbox_start(&o, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(err_sentence(&e, text, sizeof text), platform_dir));
    snprintf(text, sizeof text, "%s/endpoint.json", platform_dir);
    assert_int_equal(access(text, R_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_are_told_apart), cmocka_unit_test(clarifai_keys_are_told_apart),
        cmocka_unit_test(revoked_token_and_its_replacement), cmocka_unit_test(client_credentials_give_a_token),
        cmocka_unit_test(strict_about_paths_queries_and_bodies), cmocka_unit_test(quota_of_clarifai),
        cmocka_unit_test(faults_change_what_is_answered), cmocka_unit_test(faults_break_the_connection),
        cmocka_unit_test(lost_reply_is_applied_and_status_is_not), cmocka_unit_test(shares_repeat_by_seed),
        cmocka_unit_test(wrong_rules_are_refused), cmocka_unit_test(counters_count), cmocka_unit_test(folder_has_one_owner),
    };
    return cmocka_run_group_tests(tests, platform_start, platform_stop);
}
