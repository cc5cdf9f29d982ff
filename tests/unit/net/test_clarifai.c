/* Clarifai: statuses that outrank HTTP, users, apps, datasets, inputs read and posted. */
#include "fake_net.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_inputs.h"

#define OK "\"status\":{\"code\":10000,\"description\":\"Ok\"}"
static const struct clarifai_app_id app = { "u", "a p" };
#define B "/v2/users/u/apps/a%20p"

static const struct { int http; const char *type, *body; bool once; enum net_verdict verdict; enum err_code code; const char *api_code, *cause; } answers[] = {
    { 200, NULL, "{" OK "}", true, NET_JUDGE_OK, ERR_NONE, "", "" },
    { 500, NULL, "{" OK "}", true, NET_JUDGE_OK, ERR_NONE, "", "" },
    { 200, NULL, "{\"status\":{\"code\":\"SUCCESS\"}}", true, NET_JUDGE_OK, ERR_NONE, "", "" },
    { 207, NULL, "{\"status\":{\"code\":10010,\"description\":\"Mixed Success\"}}", false, NET_JUDGE_OK, ERR_NONE, "", "" },
    { 202, NULL, "{\"status\":{\"code\":\"10070\"}}", false, NET_JUDGE_OK, ERR_NONE, "", "" },
    { 400, NULL, "{\"status\":{\"code\":10020,\"description\":\"Failure\",\"details\":null}}", false, NET_JUDGE_FAIL, ERR_REFUSED, "10020", "Clarifai answered 10020: Failure" },
    { 200, NULL, "{\"status\":{\"code\":11005,\"description\":\"Making too many requests\",\"details\":\"exceeded limit of 15 requests per second\"}}", true, NET_JUDGE_RETRY, ERR_RATE_LIMIT, "11005",
      "Clarifai answered 11005: Making too many requests, exceeded limit of 15 requests per second" },
    { 429, NULL, "{\"status\":{\"code\":\"CONN_THROTTLED\"}}", true, NET_JUDGE_RETRY, ERR_RATE_LIMIT, "11005", "11005" },
    { 429, NULL, "", true, NET_JUDGE_RETRY, ERR_RATE_LIMIT, "429", "Clarifai answered 429" },
    { 200, NULL, "{\"status\":{\"code\":10030}}", true, NET_JUDGE_RETRY, ERR_OFFLINE, "10030", "" },
    { 500, NULL, "{\"status\":{\"code\":40031}}", true, NET_JUDGE_RETRY, ERR_OFFLINE, "40031", "" },
    { 402, NULL, "{\"status\":{\"code\":11003}}", false, NET_JUDGE_FAIL, ERR_QUOTA, "11003", "" },
    { 429, NULL, "{\"status\":{\"code\":11004}}", false, NET_JUDGE_FAIL, ERR_QUOTA, "11004", "" },
    { 200, NULL, "{\"status\":{\"code\":11006}}", false, NET_JUDGE_FAIL, ERR_QUOTA, "11006", "" },
    { 503, NULL, "{\"status\":{\"code\":39997}}", false, NET_JUDGE_FAIL, ERR_MAINTENANCE, "39997", "" },
    { 503, NULL, "{\"status\":{\"code\":39998}}", false, NET_JUDGE_FAIL, ERR_MAINTENANCE, "39998", "" },
    { 401, NULL, "{\"status\":{\"code\":11008,\"description\":\"Invalid API key\"},\"apps\":[]}", false, NET_JUDGE_FAIL, ERR_AUTH, "11008", "" },
    { 200, NULL, "{\"status\":{\"code\":11009}}", false, NET_JUDGE_FAIL, ERR_AUTH, "11009", "" },
    { 400, NULL, "{\"status\":{\"code\":11102,\"description\":\"Invalid request\",\"details\":\"Empty or malformed authorization header. Please provide\"}}", false, NET_JUDGE_FAIL, ERR_AUTH, "11102", "" },
    { 400, NULL, "{\"status\":{\"code\":11102,\"description\":\"Invalid request\"}}", false, NET_JUDGE_FAIL, ERR_REFUSED, "11102", "" },
    { 401, NULL, "{\"status\":{\"code\":11007}}", false, NET_JUDGE_FAIL, ERR_FORBIDDEN, "11007", "" },
    { 404, NULL, "{\"status\":{\"code\":11101}}", false, NET_JUDGE_FAIL, ERR_NOT_FOUND, "11101", "" },
    { 400, NULL, "{\"status\":{\"code\":40010}}", false, NET_JUDGE_FAIL, ERR_CONFLICT, "40010", "" },
    { 400, NULL, "{\"status\":{\"code\":40033}}", false, NET_JUDGE_FAIL, ERR_LIMIT, "40033", "" },
    { 500, NULL, "{\"status\":{\"code\":98004}}", false, NET_JUDGE_RETRY, ERR_REFUSED, "98004", "" },
    { 500, NULL, "{\"status\":{\"code\":98004}}", true, NET_JUDGE_FAIL, ERR_UNKNOWN, "98004", "" },
    { 400, NULL, "{\"status\":{\"code\":39999,\"details\":\"id must be between 1 and 48 characters long\"}}", false, NET_JUDGE_FAIL, ERR_REFUSED, "39999", "between 1 and 48" },
    { 418, NULL, "{\"status\":{\"code\":\"BRAND_NEW\"}}", false, NET_JUDGE_FAIL, ERR_REFUSED, "418", "BRAND_NEW" },
    /* no status to read */
    { 200, "text/html", "<html>sign in</html>", false, NET_JUDGE_FAIL, ERR_PROTOCOL, "", "web page" },
    { 200, NULL, " <html>sign in</html>", true, NET_JUDGE_FAIL, ERR_PROTOCOL, "", "web page" },
    { 302, NULL, "", false, NET_JUDGE_FAIL, ERR_PROTOCOL, "", "web page" },
    { 403, "text/html", "<html>proxy</html>", false, NET_JUDGE_FAIL, ERR_PROTOCOL, "", "web page" },
    { 502, "text/html", "<html>bad gateway</html>", false, NET_JUDGE_RETRY, ERR_OFFLINE, "502", "" },
    { 502, "text/html", "<html>bad gateway</html>", true, NET_JUDGE_FAIL, ERR_UNKNOWN, "502", "" },
    { 503, NULL, "", true, NET_JUDGE_RETRY, ERR_OFFLINE, "503", "" },
    { 500, NULL, "{}", false, NET_JUDGE_RETRY, ERR_REFUSED, "500", "" },
    { 200, NULL, "{\"status\":null}", false, NET_JUDGE_FAIL, ERR_PROTOCOL, "", "cannot be read" },
    { 200, NULL, "{\"status\":{\"co", true, NET_JUDGE_FAIL, ERR_UNKNOWN, "", "cannot be read" },
    { 404, NULL, "nope", false, NET_JUDGE_FAIL, ERR_NOT_FOUND, "404", "" },
};

static void body_outranks_http(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct net_request r = { .path = "/v2/x", .idempotent = !answers[i].once };
        struct net_answer a;
        net_answer_init(&a);
        a.status = answers[i].http;
        str_copy(a.content_type, sizeof a.content_type, answers[i].type ? answers[i].type : "application/json");
        buf_puts(&a.body, answers[i].body);
        err_clear(&err);
        enum net_verdict v = clarifai_judge(&r, &a, &err);
        if (v != answers[i].verdict || (v != NET_JUDGE_OK && (err.code != answers[i].code || strcmp(err.api_code, answers[i].api_code) || !strstr(err.cause, answers[i].cause))))
            fail_msg("case %zu: verdict %d code %s api %s cause '%s'", i, v, err_code_name(err.code), err.api_code, err.cause);
        net_answer_release(&a);
    }
}

static void statuses_and_ids(void **state)
{
    (void)state;
    struct clarifai_status s;
    cJSON *o = cJSON_Parse("{\"status\":{\"code\":\"INPUT_DOWNLOAD_PENDING\",\"details\":7}}");
    clarifai_status_decode(o, &s);
    assert_int_equal(s.code, 30001);
    assert_true(clarifai_status_pending(s.code) && clarifai_status_pending(30003) && !clarifai_status_pending(30000));
    cJSON_Delete(o);
    clarifai_status_decode(NULL, &s);
    assert_int_equal(s.code, 0);
    assert_true(clarifai_id_valid("aB-_9"));
    assert_true(clarifai_id_valid("123456789012345678901234567890123456789012345678"));
    assert_false(clarifai_id_valid("1234567890123456789012345678901234567890123456789"));
    assert_false(clarifai_id_valid("") || clarifai_id_valid(NULL) || clarifai_id_valid("a b") || clarifai_id_valid("a.b") || clarifai_id_valid("\xC3\xA9"));
}

static void calls_tell_mixed_from_whole(void **state)
{
    (void)state;
    cJSON *out;
    fake_one(207, "{\"status\":{\"code\":10010},\"inputs\":[]}");
    assert_int_equal(clarifai_call(&api, NET_GET, "/v2/x", NULL, true, false, &out, &err), 0);
    cJSON_Delete(out);
    assert_int_equal((fake_one(207, "{\"status\":{\"code\":10010}}"), clarifai_call(&api, NET_POST, "/v2/x", NULL, false, false, &out, &err)), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    assert_null(out);
    fake_one(400, "{\"status\":{\"code\":10020},\"inputs\":[{}]}");
    assert_int_equal(clarifai_call(&api, NET_POST, "/v2/x", NULL, false, true, &out, &err), 0);
    assert_non_null(json_arr(out, "inputs"));
    cJSON_Delete(out);
    fake_one(200, "{\"status\":{\"code\":11005}}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{" OK "}" });
    assert_int_equal(clarifai_call(&api, NET_POST, "/v2/x", NULL, false, false, NULL, &err), 0);
}

struct seen { char text[512]; };
static void note(struct seen *s, const char *text)
{
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s;", text);
}
static int keep_app(void *ctx, const struct clarifai_app *a, struct err *e) { (void)e; note(ctx, a->id); note(ctx, a->default_workflow); return 0; }
static int keep_dataset(void *ctx, const struct clarifai_dataset *d, struct err *e) { (void)e; note(ctx, d->id); note(ctx, d->description); return 0; }

static void users_apps_and_datasets(void **state)
{
    (void)state;
    struct clarifai_user me;
    struct clarifai_app a;
    struct clarifai_dataset d;
    struct seen s = { "" };
    fake_one(200, "{" OK ",\"user\":{\"id\":\"me1\",\"first_name\":\"Ada\",\"last_name\":\"L\",\"company_name\":null}}");
    assert_int_equal(clarifai_me_get(&api, &me, &err), 0);
    assert_ask(fake_only(), NET_GET, "/v2/users/me", NULL, true);
    assert_string_equal(me.id, "me1");
    assert_string_equal(me.name, "Ada L");
    fake_one(200, "{" OK ",\"apps\":[{\"id\":\"a\",\"default_workflow\":{\"id\":\"Universal\"}},{\"id\":\"b\",\"default_workflow_id\":\"General\"}]}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{" OK ",\"apps\":[]}" });
    assert_int_equal(clarifai_apps_list(&api, "me", keep_app, &s, &err), 0);
    assert_ask(&fake.asks[0], NET_GET, "/v2/users/me/apps?page=1&per_page=1000", NULL, true);
    assert_string_equal(fake.asks[1].path, "/v2/users/me/apps?page=2&per_page=1000");
    assert_string_equal(s.text, "a;Universal;b;General;");
    fake_one(200, "{" OK ",\"app\":{\"id\":\"a p\",\"user_id\":\"u\",\"modified_at\":\"2023-12-11T17:47:48.297862Z\"}}");
    assert_int_equal(clarifai_app_get(&api, &app, &a, &err), 0);
    assert_ask(fake_only(), NET_GET, B, NULL, true);
    assert_int_equal(a.modified_us, 1702316868297862);
    s.text[0] = '\0';
    fake_one(200, "{" OK ",\"datasets\":[{\"id\":\"d\",\"description\":null}]}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{" OK "}" });
    assert_int_equal(clarifai_datasets_list(&api, &app, keep_dataset, &s, &err), 0);
    assert_string_equal(fake.asks[0].path, B "/datasets?page=1&per_page=1000");
    assert_string_equal(s.text, "d;;");
    fake_one(404, "{\"status\":{\"code\":11101,\"description\":\"Resource does not exist\"}}");
    assert_int_equal(clarifai_dataset_get(&api, &app, "d", &d, &err), -1);
    assert_ask(fake_only(), NET_GET, B "/datasets/d", NULL, true);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    fake_one(200, "{" OK "}");
    assert_int_equal(clarifai_app_get(&api, &app, &a, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    fake_one(200, "{" OK ",\"app\":{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}}");
    assert_int_equal(clarifai_app_get(&api, &app, &a, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void list_that_does_not_page_is_noticed(void **state)
{
    (void)state;
    struct seen s = { "" };
    fake_one(200, "{" OK ",\"apps\":[{\"id\":\"a\"}]}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{" OK ",\"apps\":[{\"id\":\"a\"}]}" });
    assert_int_equal(clarifai_apps_list(&api, "me", keep_app, &s, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void dataset_is_made(void **state)
{
    (void)state;
    fake_one(200, "{" OK ",\"datasets\":[{\"id\":\"d\"}]}");
    assert_int_equal(clarifai_dataset_create(&api, &app, "d", &err), 0);
    assert_ask(fake_only(), NET_POST, B "/datasets", "{\"datasets\":[{\"id\":\"d\"}]}", false);
    static const char *const twice[] = { "{\"status\":{\"code\":40010}}", "{\"status\":{\"code\":11102,\"details\":\"dataset already exists\"}}" };
    for (size_t i = 0; i < 2; i++) {
        fake_one(400, twice[i]);
        assert_int_equal(clarifai_dataset_create(&api, &app, "d", &err), -1);
        assert_int_equal(err.code, ERR_CONFLICT);
    }
    fake_clear();
    assert_int_equal(clarifai_dataset_create(&api, &app, "d d", &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static int keep_input(void *ctx, const struct clarifai_input *in, struct err *e)
{
    char text[128];
    (void)e;
    snprintf(text, sizeof text, "%s %d %lld %s %d", in->id, in->status.code, (long long)in->modified_us, json_str_or(in->metadata, "f", "-"), in->data != NULL);
    note(ctx, text);
    return 0;
}

static void inputs_are_listed(void **state)
{
    (void)state;
    struct seen s = { "" };
    int count;
    fake_one(207, "{\"status\":{\"code\":10010},\"dataset_inputs\":[{\"created_at\":\"2020-01-01T00:00:00Z\",\"input\":{\"id\":\"i1\",\"modified_at\":\"1970-01-01T00:00:01.123456789Z\","
                  "\"data\":{\"metadata\":{\"f\":\"x\"}},\"status\":{\"code\":30000}}},{\"input\":{\"id\":\"i2\",\"data\":null,\"status\":{\"code\":\"INPUT_FAILED\"}}}]}");
    assert_int_equal(clarifai_dataset_inputs_page(&api, &app, "d", 2, 5000, keep_input, &s, &count, &err), 0);
    assert_ask(fake_only(), NET_GET, B "/datasets/d/inputs?page=2&per_page=1000", NULL, true);
    assert_int_equal(count, 2);
    assert_string_equal(s.text, "i1 30000 1123456 x 1;i2 30002 0 - 0;");
    s.text[0] = '\0';
    fake_one(200, "{" OK ",\"inputs\":[]}");
    assert_int_equal(clarifai_inputs_page(&api, &app, 1, 100, keep_input, &s, &count, &err), 0);
    assert_string_equal(fake.asks[0].path, B "/inputs?page=1&per_page=100");
    assert_int_equal(count, 0);
    fake_one(200, "{" OK ",\"inputs\":[{\"id\":\"z\"}]}");
    assert_int_equal(clarifai_inputs_stream(&api, &app, "a/b", 100, keep_input, &s, &count, &err), 0);
    assert_string_equal(fake.asks[0].path, B "/inputs/stream?per_page=100&last_id=a%2Fb");
    assert_int_equal(count, 1);
    fake_one(200, "{" OK ",\"inputs\":[{\"data\":{}}]}");
    assert_int_equal(clarifai_inputs_stream(&api, &app, NULL, 100, keep_input, &s, &count, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void pages_are_judged_by_their_status(void **state)
{
    (void)state;
    struct seen s = { "" };
    int count;
    fake_one(200, "{\"status\":{\"code\":11005},\"inputs\":[]}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"inputs\":[{\"id\":\"a\"}]," OK "}" });
    assert_int_equal(clarifai_inputs_page(&api, &app, 1, 10, keep_input, &s, &count, &err), 0);
    assert_int_equal(count, 1);
    static const struct { int http; const char *type, *body; enum err_code code; } bad[] = {
        { 200, NULL, "{\"status\":{\"code\":11009},\"inputs\":[]}", ERR_AUTH }, { 401, NULL, "{\"status\":{\"code\":11009}}", ERR_AUTH },
        { 200, NULL, "{\"inputs\":[]}", ERR_PROTOCOL }, { 200, NULL, "{\"inputs\":[", ERR_PROTOCOL }, { 200, "text/html", "<html>", ERR_PROTOCOL },
        { 200, NULL, "", ERR_PROTOCOL }, { 200, NULL, "[]", ERR_PROTOCOL },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fake_clear();
        fake_reply_with((struct fake_reply){ .status = bad[i].http, .type = bad[i].type, .body = bad[i].body });
        assert_int_equal(clarifai_inputs_page(&api, &app, 1, 10, keep_input, &s, &count, &err), -1);
        assert_int_equal(err.code, bad[i].code);
        assert_int_equal(count, 0);
    }
}

static void inputs_are_asked_by_id_in_chunks(void **state)
{
    (void)state;
    struct seen s = { "" };
    const char *ids[65];
    for (int i = 0; i < 65; i++) ids[i] = i == 64 ? "last" : "x";
    fake_one(200, "{" OK ",\"inputs\":[]}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{" OK ",\"inputs\":[{\"id\":\"last\",\"status\":{\"code\":30000}}]}" });
    assert_int_equal(clarifai_inputs_by_id(&api, &app, ids, 65, keep_input, &s, &err), 0);
    assert_int_equal(fake.ask_count, 2);
    assert_string_equal(fake.asks[1].path, B "/inputs?page=1&per_page=64&ids=last");
    assert_string_equal(s.text, "last 30000 0 - 0;");
    struct clarifai_counts c;
    fake_one(200, "{" OK ",\"counts\":{\"processed\":\"1\",\"to_process\":2,\"processing\":null,\"errors\":3}}");
    assert_int_equal(clarifai_inputs_status(&api, &app, &c, &err), 0);
    assert_ask(fake_only(), NET_GET, B "/inputs/status", NULL, true);
    assert_true(c.processed == 1 && c.to_process == 2 && c.processing == 0 && c.errors == 3);
    fake_one(200, "{" OK ",\"counts\":{\"processed\":\"9223372036854775807\",\"to_process\":\"9223372036854775807\",\"processing\":-5,\"errors\":0}}");
    assert_int_equal(clarifai_inputs_status(&api, &app, &c, &err), 0);
    assert_true(c.processed <= INT64_MAX / 4 && c.to_process <= INT64_MAX / 4 && c.processing == 0);      /* they are added up */
}

static const char posted[] =
    "{\"inputs\":[{\"id\":\"i1\",\"dataset_ids\":[\"d\"],\"data\":{\"image\":{\"base64\":\"YWJjZA==\"},\"concepts\":[{\"id\":\"cat\"}],\"metadata\":{\"n\":12345678901234567890},"
    "\"geo\":{\"geo_point\":{\"longitude\":102.5,\"latitude\":-7e-05}}}},"
    "{\"id\":\"i2\",\"dataset_ids\":[\"d\"],\"data\":{\"image\":{\"url\":\"https://x/\\\"a\",\"allow_duplicate_url\":true}}}]}";

static void fill(struct clarifai_new_input items[2])
{
    items[0] = (struct clarifai_new_input){ .id = "i1", .bytes = (const unsigned char *)"abcd", .size = 4, .metadata = "{\"n\":12345678901234567890}",
                                            .concepts = "[{\"id\":\"cat\"}]", .has_geo = true, .longitude = 102.5, .latitude = -0.00007 };
    items[1] = (struct clarifai_new_input){ .id = "i2", .url = "https://x/\"a" };
}

static void inputs_are_posted_exactly(void **state)
{
    (void)state;
    struct clarifai_new_input items[2];
    fill(items);
    fake_one(207, "{\"status\":{\"code\":10010},\"inputs\":[{\"id\":\"i2\",\"status\":{\"code\":30001}},{\"id\":\"i1\",\"status\":{\"code\":30100,\"details\":\"Input has a duplicate ID.\"}}]}");
    assert_int_equal(clarifai_inputs_post(&api, &app, "d", items, 2, &err), 0);
    assert_ask(fake_only(), NET_POST, B "/inputs", posted, false);
    assert_int_equal(items[0].status.code, 30100);
    assert_true(items[0].duplicate_id && !items[1].duplicate_id);
    assert_int_equal(items[1].status.code, 30001);
    fill(items);
    fake_one(400, "{\"status\":{\"code\":10020},\"inputs\":[{\"status\":{\"code\":30100,\"details\":\"The input URL is duplicate.\"}},{\"status\":{\"code\":39999}}]}");
    assert_int_equal(clarifai_inputs_post(&api, &app, NULL, items, 2, &err), 0);
    assert_null(strstr(fake.asks[0].body, "dataset_ids"));
    assert_false(items[0].duplicate_id);
    assert_int_equal(items[1].status.code, 39999);
}

static void post_failures_keep_their_meaning(void **state)
{
    (void)state;
    static const struct { int http; const char *body; enum err_code code; } cases[] = {
        { 400, "{\"status\":{\"code\":10020}}", ERR_REFUSED }, { 400, "{\"status\":{\"code\":40033}}", ERR_REFUSED },
        { 413, "", ERR_REFUSED }, { 400, "{\"status\":{\"code\":11102}}", ERR_REFUSED }, { 400, "{\"status\":{\"code\":11101}}", ERR_NOT_FOUND },
        { 402, "{\"status\":{\"code\":11006}}", ERR_QUOTA }, { 200, "{" OK ",\"inputs\":[{\"id\":\"i1\",\"status\":{\"code\":30001}}]}", ERR_UNKNOWN },
        { 200, "{" OK "}", ERR_UNKNOWN }, { 500, "{\"status\":{\"code\":99009}}", ERR_UNKNOWN }, { 504, "", ERR_UNKNOWN }, { 200, "{\"sta", ERR_UNKNOWN },
    };
    struct clarifai_new_input items[2];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fill(items);
        fake_one(cases[i].http, cases[i].body);
        assert_int_equal(clarifai_inputs_post(&api, &app, "d", items, 2, &err), -1);
        assert_int_equal(err.code, cases[i].code);
    }
}

static void wrong_inputs_are_not_sent(void **state)
{
    (void)state;
    struct clarifai_new_input good, bad[8];
    struct clarifai_new_input two[2];
    fake_clear();
    fill(two);
    good = two[0];
    for (int i = 0; i < 8; i++) bad[i] = good;
    bad[0].id = "a b";
    bad[1].metadata = "[1]";
    bad[2].metadata = "{\"a\":1},\"id\":\"x\"";
    bad[3].concepts = "{}";
    bad[4].latitude = 91;
    bad[5].url = "https://both";
    bad[6].size = 0;
    bad[7].longitude = 1e300;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(clarifai_inputs_post(&api, &app, "d", &bad[i], 1, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
    }
    assert_int_equal(clarifai_inputs_post(&api, &app, "d", &good, 0, &err), -1);
    assert_int_equal(fake.ask_count, 0);
}

static void inputs_are_added_to_a_dataset(void **state)
{
    (void)state;
    static const char *const ids[] = { "a", "b" };
    struct clarifai_status s[2];
    fake_one(207, "{\"status\":{\"code\":10010},\"dataset_inputs\":[{\"input\":{\"id\":\"a\",\"status\":{\"code\":64100}}},{\"input\":{\"id\":\"b\"},\"status\":{\"code\":11101}}]}");
    assert_int_equal(clarifai_dataset_inputs_add(&api, &app, "d", ids, 2, s, &err), 0);
    assert_ask(fake_only(), NET_POST, B "/datasets/d/inputs", "{\"dataset_inputs\":[{\"input\":{\"id\":\"a\"}},{\"input\":{\"id\":\"b\"}}]}", true);
    assert_int_equal(s[0].code, 64100);
    assert_int_equal(s[1].code, 11101);
    fake_one(200, "{" OK ",\"dataset_inputs\":[{\"input\":{\"id\":\"a\",\"status\":{\"code\":64100}}}]}");
    assert_int_equal(clarifai_dataset_inputs_add(&api, &app, "d", ids, 2, s, &err), -1);
    assert_int_equal(err.code, ERR_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(body_outranks_http), cmocka_unit_test(statuses_and_ids), cmocka_unit_test(calls_tell_mixed_from_whole),
        cmocka_unit_test(users_apps_and_datasets), cmocka_unit_test(list_that_does_not_page_is_noticed), cmocka_unit_test(dataset_is_made),
        cmocka_unit_test(inputs_are_listed), cmocka_unit_test(pages_are_judged_by_their_status),
        cmocka_unit_test(inputs_are_asked_by_id_in_chunks), cmocka_unit_test(inputs_are_posted_exactly),
        cmocka_unit_test(post_failures_keep_their_meaning), cmocka_unit_test(wrong_inputs_are_not_sent),
        cmocka_unit_test(inputs_are_added_to_a_dataset),
    };
    return cmocka_run_group_tests(tests, fake_start, fake_end);
}
