/* What each form of a Databricks failure becomes. */
#include "fake_net.h"
#include "net/databricks.h"

struct failure {
    int status; const char *path, *type, *body;
    enum err_code code; const char *api_code, *cause;
    enum net_verdict verdict;
    bool once; /* a request that must not go twice */
};

#define GET_PATH "/api/2.1/unity-catalog/tables/a.b.c"

static const struct failure failures[] = {
    /* the standard envelope */
    { 404, GET_PATH, NULL, "{\"error_code\":\"NOT_FOUND\",\"message\":\"Volume 'c.s.v' does not exist.\",\"details\":[{\"@type\":\"x\",\"reason\":\"FILES_API_RESOURCE_NOT_FOUND\"}]}",
      ERR_NOT_FOUND, "NOT_FOUND", "Databricks answered NOT_FOUND: Volume 'c.s.v' does not exist", NET_JUDGE_FAIL, false },
    { 403, GET_PATH, NULL, "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"User lacks USE CATALOG.\"}", ERR_FORBIDDEN, "PERMISSION_DENIED", "lacks USE CATALOG", NET_JUDGE_FAIL, false },
    { 403, GET_PATH, NULL, "{\"error_code\":403,\"message\":\"Invalid access token.\"}", ERR_AUTH, "403", "Databricks answered 403: Invalid access token", NET_JUDGE_FAIL, false },
    { 403, GET_PATH, NULL, "{\"error_code\":\"403\",\"message\":\"Invalid access token.\"}", ERR_AUTH, "403", "Invalid access token", NET_JUDGE_FAIL, false },
    { 403, GET_PATH, NULL, "{\"error_code\":403,\"message\":\"Source IP is blocked\"}", ERR_FORBIDDEN, "403", "blocked", NET_JUDGE_FAIL, false },
    { 401, GET_PATH, NULL, "{\"error_code\":401,\"message\":\"Credential was not sent or was of an unsupported type for this API.\"}", ERR_AUTH, "401", "Credential was not sent", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, NULL, "{\"error_code\":\"SCHEMA_DOES_NOT_EXIST\",\"message\":\"x\"}", ERR_NOT_FOUND, "SCHEMA_DOES_NOT_EXIST", "x", NET_JUDGE_FAIL, false },
    { 404, GET_PATH, NULL, "{\"error_code\":\"CATALOG_NOT_FOUND\",\"details\":null,\"message\":\"Catalog not found: nope\"}", ERR_NOT_FOUND, "CATALOG_NOT_FOUND", "nope", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, NULL, "{\"error_code\":\"TABLE_ALREADY_EXISTS\",\"message\":\"x\"}", ERR_CONFLICT, "TABLE_ALREADY_EXISTS", "x", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, NULL, "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\",\"message\":\"x\"}", ERR_CONFLICT, "RESOURCE_ALREADY_EXISTS", "x", NET_JUDGE_FAIL, false },
    { 409, "/api/2.0/fs/files/Volumes/a", NULL, "{\"error_code\":\"SOMETHING_NEW\",\"message\":\"x\"}", ERR_CONFLICT, "SOMETHING_NEW", "x", NET_JUDGE_FAIL, false },
    { 409, "/api/2.0/fs/files/Volumes/a", NULL, "", ERR_CONFLICT, "409", "Databricks answered 409: conflict", NET_JUDGE_FAIL, false },
    { 400, "/api/2.0/fs/directories/Volumes/a", NULL, "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"not empty\",\"details\":[{\"reason\":\"FILES_API_DIRECTORY_IS_NOT_EMPTY\"}]}", ERR_REFUSED, "INVALID_PARAMETER_VALUE", "not empty", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, NULL, "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Cluster x does not exist\"}", ERR_REFUSED, "INVALID_PARAMETER_VALUE", "x", NET_JUDGE_FAIL, false },
    { 400, "/api/2.1/clusters/get?cluster_id=x", NULL, "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Cluster x does not exist\"}", ERR_NOT_FOUND, "INVALID_PARAMETER_VALUE", "does not exist", NET_JUDGE_FAIL, false },
    { 429, GET_PATH, NULL, "{\"error_code\":\"QUOTA_EXCEEDED\",\"message\":\"x\"}", ERR_QUOTA, "QUOTA_EXCEEDED", "x", NET_JUDGE_FAIL, false },
    { 413, GET_PATH, NULL, "", ERR_LIMIT, "413", "too large", NET_JUDGE_FAIL, false },
    /* API 1.2 */
    { 500, "/api/1.2/contexts/create", NULL, "{\"error\":\"ClusterNotReadyException: Cluster 1 not currently ready for driver client (currently Pending)\"}", ERR_REFUSED, "ClusterNotReadyException", "not currently ready", NET_JUDGE_RETRY, true },
    { 500, "/api/1.2/commands/execute", NULL, "{\"error\":\"ContextNotFoundException: Context 5 not found\"}", ERR_NOT_FOUND, "ContextNotFoundException", "Context 5 not found", NET_JUDGE_FAIL, true },
    { 500, "/api/1.2/commands/execute", NULL, "{\"error\":\"something else: bad\"}", ERR_UNKNOWN, "500", "something else: bad", NET_JUDGE_FAIL, true },
    /* SCIM */
    { 404, "/api/2.0/preview/scim/v2/Me", NULL, "{\"detail\":\"No such user.\",\"status\":\"404\",\"scimType\":\"noTarget\"}", ERR_NOT_FOUND, "SCIM_404", "Databricks answered SCIM_404: noTarget No such user", NET_JUDGE_FAIL, false },
    { 400, "/api/2.0/preview/scim/v2/Me", NULL, "{\"detail\":\"null\",\"status\":\"400\"}", ERR_REFUSED, "SCIM_400", "internal error", NET_JUDGE_FAIL, false },
    /* plain text */
    { 400, GET_PATH, "text/plain", "MALFORMED_REQUEST: vpc_endpoints malformed\n", ERR_REFUSED, "MALFORMED_REQUEST", "vpc_endpoints malformed", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, "text/plain", "just text: here", ERR_REFUSED, "400", "just text: here", NET_JUDGE_FAIL, false },
    /* HTML */
    { 403, GET_PATH, "text/html", "<html><title>x</title><body><pre>  Invalid access token.\n</pre></body></html>", ERR_AUTH, "403", "Invalid access token", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, "text/html", "<html><title>Bad\nthing</title></html>", ERR_REFUSED, "400", "Bad thing", NET_JUDGE_FAIL, false },
    { 404, GET_PATH, "text/html", "<html><title>404</title></html>", ERR_PROTOCOL, "", "web page", NET_JUDGE_FAIL, false },
    { 200, GET_PATH, "text/html;charset=utf-8", "<html>login</html>", ERR_PROTOCOL, "", "web page", NET_JUDGE_FAIL, false },
    { 302, GET_PATH, "text/html", "", ERR_PROTOCOL, "", "web page", NET_JUDGE_FAIL, false },
    { 303, GET_PATH, NULL, "", ERR_PROTOCOL, "", "web page", NET_JUDGE_FAIL, false },
    /* again, or not */
    { 429, GET_PATH, NULL, "{\"error_code\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"slow\"}", ERR_RATE_LIMIT, "REQUEST_LIMIT_EXCEEDED", "slow", NET_JUDGE_RETRY, true },
    { 429, GET_PATH, NULL, "", ERR_RATE_LIMIT, "429", "too many requests", NET_JUDGE_RETRY, true },
    { 503, GET_PATH, "text/html", "<html><pre>upstream</pre></html>", ERR_OFFLINE, "503", "upstream", NET_JUDGE_RETRY, true },
    { 503, GET_PATH, NULL, "{\"error_code\":\"TEMPORARILY_UNAVAILABLE\",\"message\":\"x\"}", ERR_OFFLINE, "TEMPORARILY_UNAVAILABLE", "x", NET_JUDGE_RETRY, true },
    { 500, GET_PATH, NULL, "{\"error_code\":\"INTERNAL_ERROR\",\"message\":\"x\"}", ERR_REFUSED, "INTERNAL_ERROR", "x", NET_JUDGE_RETRY, false },
    { 500, GET_PATH, NULL, "{\"error_code\":\"INTERNAL_ERROR\",\"message\":\"x\"}", ERR_UNKNOWN, "INTERNAL_ERROR", "x", NET_JUDGE_FAIL, true },
    { 504, GET_PATH, NULL, "{\"error_code\":\"DEADLINE_EXCEEDED\",\"message\":\"x\"}", ERR_TIMEOUT, "DEADLINE_EXCEEDED", "x", NET_JUDGE_RETRY, false },
    { 502, GET_PATH, NULL, "", ERR_UNKNOWN, "502", "bad gateway", NET_JUDGE_FAIL, true },
    { 400, GET_PATH, NULL, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"Please try again later or try a faster operation.\"}", ERR_REFUSED, "BAD_REQUEST", "faster", NET_JUDGE_RETRY, false },
    { 400, GET_PATH, NULL, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"Please try again later or try a faster operation.\"}", ERR_REFUSED, "BAD_REQUEST", "faster", NET_JUDGE_FAIL, true },
    { 400, GET_PATH, NULL, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"RPC token bucket limit has been exceeded\"}", ERR_REFUSED, "BAD_REQUEST", "bucket", NET_JUDGE_RETRY, true },
    { 400, GET_PATH, NULL, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"worker env w-1 not found\"}", ERR_REFUSED, "BAD_REQUEST", "worker env", NET_JUDGE_RETRY, true },
    /* nonsense */
    { 400, GET_PATH, NULL, "{\"error_code\":", ERR_REFUSED, "400", "bad request", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, NULL, "{\"error_code\":null,\"message\":null,\"details\":null}", ERR_REFUSED, "400", "bad request", NET_JUDGE_FAIL, false },
    { 400, GET_PATH, NULL, "{\"message\":{\"a\":1},\"error_code\":[]}", ERR_REFUSED, "400", "bad request", NET_JUDGE_FAIL, false },
    { 418, GET_PATH, NULL, "", ERR_REFUSED, "418", "refused", NET_JUDGE_FAIL, false },
    { 404, "/oidc/v1/token", NULL, "{\"error_code\":\"ENDPOINT_NOT_FOUND\",\"message\":\"No API\"}", ERR_NOT_FOUND, "ENDPOINT_NOT_FOUND", "No API", NET_JUDGE_FAIL, false },
    { 400, "/oidc/v1/token", NULL, "{\"error\":\"invalid_client\",\"error_description\":\"Client authentication failed\"}", ERR_AUTH, "invalid_client", "Client authentication failed", NET_JUDGE_FAIL, false },
    { 400, "/oidc/v1/token", NULL, "{\"errorCode\":\"invalid_client\",\"errorSummary\":\"No\"}", ERR_AUTH, "invalid_client", "No", NET_JUDGE_FAIL, false },
};

static enum net_verdict judge(int status, const char *path, const char *type, const char *body, bool once)
{
    struct net_request r = { .path = path, .idempotent = !once };
    struct net_answer a;
    net_answer_init(&a);
    a.status = status;
    str_copy(a.content_type, sizeof a.content_type, type ? type : "application/json");
    buf_puts(&a.body, body);
    err_clear(&err);
    enum net_verdict v = databricks_judge(&r, &a, &err);
    net_answer_release(&a);
    return v;
}

static void every_envelope_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        const struct failure *f = &failures[i];
        enum net_verdict v = judge(f->status, f->path, f->type, f->body, f->once);
        if (v != f->verdict || err.code != f->code || strcmp(err.api_code, f->api_code) || !strstr(err.cause, f->cause) || err.http != f->status)
            fail_msg("case %zu: verdict %d code %s api %s http %d cause '%s'", i, v, err_code_name(err.code), err.api_code, err.http, err.cause);
    }
}

static void success_passes_unread(void **state)
{
    (void)state;
    assert_int_equal(judge(200, GET_PATH, NULL, "{}", true), NET_JUDGE_OK);
    assert_int_equal(judge(204, GET_PATH, "", "", true), NET_JUDGE_OK);
}

static void wrong_token_says_what_to_do(void **state)
{
    (void)state;
    judge(403, GET_PATH, NULL, "{\"error_code\":403,\"message\":\"Invalid access token.\"}", false);
    assert_non_null(strstr(err.remedy, "new one in Databricks"));
    judge(200, GET_PATH, "text/html", "<html>", false);
    assert_non_null(strstr(err.remedy, "host address"));
}

static void deep_and_huge_bodies_end_in_a_sentence(void **state)
{
    (void)state;
    struct buf deep = BUF_INIT;
    for (int i = 0; i < 10000; i++) buf_puts(&deep, "{\"a\":");
    judge(400, GET_PATH, NULL, deep.data, false);
    assert_string_equal(err.cause, "Databricks answered 400: bad request");
    buf_clear(&deep);
    buf_puts(&deep, "{\"message\":\"");
    for (int i = 0; i < 5000; i++) buf_puts(&deep, "\xC3\xA9\\n");
    buf_puts(&deep, "\"}");
    judge(400, GET_PATH, NULL, deep.data, false);
    assert_null(strchr(err.cause, '\n'));
    assert_true(strlen(err.cause) < sizeof err.cause);
    assert_int_equal(err.cause[strlen(err.cause) - 1] & 0xC0, 0x80); /* ends with a whole character */
    buf_release(&deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_envelope_is_read), cmocka_unit_test(success_passes_unread),
        cmocka_unit_test(wrong_token_says_what_to_do), cmocka_unit_test(deep_and_huge_bodies_end_in_a_sentence),
    };
    return cmocka_run_group_tests(tests, fake_start, fake_end);
}
