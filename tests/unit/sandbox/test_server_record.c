#include "test_server_http.h"

static char record_dir[80], faults_file[80];

static int recording_start(void **state)
{
    static const char rules[] = "[{\"path\":\"*/Me\",\"kind\":\"status\",\"status\":503,\"nth\":[1]}]";
    struct err e = { 0 };
    (void)state;
    str_copy(platform_dir, sizeof platform_dir, "/tmp/lakeferry-test-XXXXXX");
    if (!mkdtemp(platform_dir))
        return -1;
    snprintf(record_dir, sizeof record_dir, "%s/record", platform_dir);
    snprintf(faults_file, sizeof faults_file, "%s/faults.json", platform_dir);
    if (file_write_atomic(faults_file, rules, strlen(rules), &e) < 0)
        return -1;
    struct sandbox_options o = { .dir = platform_dir, .record_dir = record_dir, .faults_file = faults_file };
    platform = sandbox_start(&o, &e);
    return platform ? 0 : -1;
}

static void read_below(const char *name, struct buf *out)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", record_dir, name);
    assert_int_equal(file_read(path, 1 << 20, out, NULL), 0);
}

static void faults_come_from_the_file(void **state)
{
    (void)state;
    assert_int_equal(api_status("GET", "/api/2.0/preview/scim/v2/Me", NULL), 503);
    assert_int_equal(api_status("GET", "/api/2.0/preview/scim/v2/Me", NULL), 200);
}

static void statements_are_recorded_with_their_files(void **state)
{
    struct buf text = BUF_INIT;
    (void)state;
    assert_int_equal(api_status("PUT", "/api/2.0/fs/directories/Volumes/main/vision/out/run%201", NULL), 204);
    assert_int_equal(api_status("PUT", "/api/2.0/fs/files/Volumes/main/vision/out/run%201/part%23.json", "{\"id\":\"a\"}\n"), 204);
    struct reply r = api("POST", "/api/2.0/sql/statements", "{\"warehouse_id\":\"wh-live-0001\",\"statement\":"
                         "\"SELECT value FROM text.`/Volumes/main/vision/out/run 1`\\n WHERE :p IS NULL\",\"parameters\":[{\"name\":\"p\"}]}");
    assert_string_equal(json_str(json_obj(r.json, "status"), "state"), "SUCCEEDED");
    reply_release(&r);
    read_below("files/1/Volumes/main/vision/out/run 1/part#.json", &text);
    assert_string_equal(text.data, "{\"id\":\"a\"}\n");
    buf_clear(&text);
    read_below("sql.jsonl", &text);
    cJSON *line = json_parse(text.data, text.len, NULL);
    assert_non_null(line);
    assert_false(json_bool(line, "failed", true));
    assert_non_null(strstr(json_str(line, "text"), "\n WHERE"));
    assert_string_equal(json_str(cJSON_GetArrayItem(json_arr(line, "parameters"), 0), "name"), "p");
    cJSON_Delete(line);
    buf_release(&text);
}

static void no_secret_is_recorded(void **state)
{
    static const char *const secrets[] = { "canary-value", "Y2FuYXJ5LXZhbHVl", "dapi-sandbox-token", "sandbox-pat",
        "sandbox-secret" };
    struct buf text = BUF_INIT;
    (void)state;
    assert_int_equal(api_status("POST", "/api/2.0/secrets/put",
                                "{\"scope\":\"clarifai\",\"key\":\"k\",\"string_value\":\"canary-value\"}"), 200);
    assert_int_equal(api_status("GET", "/api/2.0/secrets/get?scope=clarifai&key=k", NULL), 200);
    assert_int_equal(api_status("GET", "/api/2.1/unity-catalog/catalogs/sandbox-secret", NULL), 404);
    read_below("http.jsonl", &text);
    assert_non_null(strstr(text.data, "/api/2.0/secrets/put"));
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        assert_null(strstr(text.data, secrets[i]));
    for (char *at = text.data, *end; (end = strchr(at, '\n')); at = end + 1) {
        cJSON *line = json_parse(at, (size_t)(end - at), NULL);
        assert_non_null(json_str(line, "method"));
        cJSON_Delete(line);
    }
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(faults_come_from_the_file),
        cmocka_unit_test(statements_are_recorded_with_their_files), cmocka_unit_test(no_secret_is_recorded) };
    return cmocka_run_group_tests(tests, recording_start, platform_stop);
}
