/* Clusters, warehouses, commands, statements, result links. */
#include "fake_net.h"
#include "net/databricks_compute.h"

static void clusters_and_warehouses_are_read(void **state)
{
    (void)state;
    struct databricks_compute c;
    fake_one(200, "{\"cluster_id\":\"0123-x\",\"cluster_name\":\"n\",\"state\":\"RUNNING\",\"state_message\":null,\"spark_version\":\"15.4.x-scala2.12\","
                  "\"data_security_mode\":\"SINGLE_USER\",\"single_user_name\":\"a@b\",\"cluster_source\":\"UI\"}");
    assert_int_equal(databricks_cluster_get(&api, "0123-x", &c, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.1/clusters/get?cluster_id=0123-x", NULL, true);
    assert_false(c.is_warehouse);
    assert_string_equal(c.spark_version, "15.4.x-scala2.12");
    assert_string_equal(c.single_user, "a@b");
    fake_one(400, "{\"error_code\":\"INVALID_PARAMETER_VALUE\",\"message\":\"Cluster 0 does not exist\"}");
    assert_int_equal(databricks_cluster_get(&api, "0", &c, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    fake_one(200, "{\"cluster_id\":\"0\"}");
    assert_int_equal(databricks_cluster_get(&api, "0", &c, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    fake_one(200, "{\"id\":\"w/1\",\"name\":\"n\",\"state\":\"STOPPED\",\"health\":{\"status\":\"FAILED\",\"message\":\"\",\"summary\":\"no quota\"}}");
    assert_int_equal(databricks_warehouse_get(&api, "w/1", &c, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/sql/warehouses/w%2F1", NULL, true);
    assert_true(c.is_warehouse);
    assert_string_equal(c.state_message, "no quota");
}

struct ids { char text[128]; };
static int keep_id(void *ctx, const struct databricks_compute *c, struct err *e)
{
    struct ids *s = ctx;
    (void)e;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s;", c->id);
    return 0;
}

static void lists_leave_out_what_cannot_be_attached(void **state)
{
    (void)state;
    struct ids s = { "" };
    fake_one(200, "{\"clusters\":[{\"cluster_id\":\"a\",\"cluster_source\":\"UI\"},{\"cluster_id\":\"b\",\"cluster_source\":\"JOB\"},{\"cluster_id\":\"c\",\"cluster_source\":null}],"
                  "\"next_page_token\":\"\",\"prev_page_token\":\"\"}");
    assert_int_equal(databricks_clusters_list(&api, keep_id, &s, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.1/clusters/list?filter_by.cluster_sources=UI&filter_by.cluster_sources=API&page_size=100", NULL, true);
    assert_string_equal(s.text, "a;c;");
    s.text[0] = '\0';
    fake_one(200, "{\"warehouses\":[{\"id\":\"w\",\"name\":\"n\",\"state\":\"RUNNING\"}]}");
    assert_int_equal(databricks_warehouses_list(&api, keep_id, &s, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/sql/warehouses", NULL, true);
    assert_string_equal(s.text, "w;");
}

static void starting_what_runs_is_no_failure(void **state)
{
    (void)state;
    fake_one(200, "{}");
    assert_int_equal(databricks_cluster_start(&api, "0", &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/2.1/clusters/start", "{\"cluster_id\":\"0\"}", true);
    fake_one(400, "{\"error_code\":\"INVALID_STATE\",\"message\":\"Cluster 0 is in unexpected state Running.\"}");
    assert_int_equal(databricks_cluster_start(&api, "0", &err), 0);
    fake_one(400, "{\"error_code\":\"INVALID_STATE\",\"message\":\"Cannot access cluster 0 that was terminated or unpinned more than 30 days ago.\"}");
    assert_int_equal(databricks_cluster_start(&api, "0", &err), -1);
    fake_one(403, "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no restart\"}");
    assert_int_equal(databricks_cluster_start(&api, "0", &err), -1);
    assert_int_equal(err.code, ERR_FORBIDDEN);
    fake_one(200, "{}");
    assert_int_equal(databricks_warehouse_start(&api, "w", &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/2.0/sql/warehouses/w/start", "{}", true);
}

static void contexts_live_and_end(void **state)
{
    (void)state;
    char id[64], status[16];
    fake_one(200, "{\"id\":\"6317282514101885389\"}");
    assert_int_equal(databricks_context_create(&api, "0", "sql", id, &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/1.2/contexts/create", "{\"clusterId\":\"0\",\"language\":\"sql\"}", false);
    assert_string_equal(id, "6317282514101885389");
    fake_one(200, "{\"id\":6317282514101885389}");
    assert_int_equal(databricks_context_create(&api, "0", "sql", id, &err), 0);
    assert_string_equal(id, "6317282514101885389");
    fake_one(200, "{\"id\":null}");
    assert_int_equal(databricks_context_create(&api, "0", "sql", id, &err), -1);
    assert_int_equal(err.code, ERR_UNKNOWN);
    fake_one(500, "{\"error\":\"ClusterNotReadyException: Cluster 0 not currently ready\"}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"id\":\"7\"}" });
    assert_int_equal(databricks_context_create(&api, "0", "sql", id, &err), 0);
    assert_string_equal(id, "7");
    fake_one(200, "{\"id\":\"7\",\"status\":\"Running\"}");
    assert_int_equal(databricks_context_status(&api, "0", "7", status, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/1.2/contexts/status?clusterId=0&contextId=7", NULL, true);
    assert_string_equal(status, "Running");
    fake_one(200, "{\"id\":\"7\"}");
    assert_int_equal(databricks_context_destroy(&api, "0", "7", &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/1.2/contexts/destroy", "{\"clusterId\":\"0\",\"contextId\":\"7\"}", true);
}

static void commands_keep_long_numbers(void **state)
{
    (void)state;
    char id[64];
    cJSON *out;
    fake_one(200, "{\"id\":\"ab\"}");
    assert_int_equal(databricks_command_execute(&api, "0", "7", "sql", "SELECT 'a\n'", id, &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/1.2/commands/execute",
               "{\"clusterId\":\"0\",\"contextId\":\"7\",\"language\":\"sql\",\"command\":\"SELECT 'a\\n'\"}", false);
    fake_clear();
    fake_reply_with((struct fake_reply){ .lost = ERR_UNKNOWN });
    assert_int_equal(databricks_command_execute(&api, "0", "7", "sql", "x", id, &err), -1);
    assert_int_equal(err.code, ERR_UNKNOWN);
    fake_one(200, "{\"id\":\"ab\",\"status\":\"Finished\",\"results\":{\"resultType\":\"table\",\"data\":[[9223372036854775807,1,\"x\",null]]}}");
    assert_int_equal(databricks_command_status(&api, "0", "7", "ab", &out, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/1.2/commands/status?clusterId=0&contextId=7&commandId=ab", NULL, true);
    const cJSON *row = cJSON_GetArrayItem(json_arr(json_obj(out, "results"), "data"), 0);
    assert_string_equal(cJSON_GetArrayItem(row, 0)->valuestring, "9223372036854775807");
    assert_true(cJSON_IsNumber(cJSON_GetArrayItem(row, 1)));
    cJSON_Delete(out);
    fake_one(500, "{\"error\":\"ContextNotFoundException: gone\"}");
    assert_int_equal(databricks_command_status(&api, "0", "7", "ab", &out, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    fake_one(200, "{\"id\":\"ab\"}");
    assert_int_equal(databricks_command_cancel(&api, "0", "7", "ab", &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/1.2/commands/cancel", "{\"clusterId\":\"0\",\"contextId\":\"7\",\"commandId\":\"ab\"}", true);
}

static void statements_are_asked_exactly(void **state)
{
    (void)state;
    const char *parameters[][2] = { { "p", "text" }, { "n", NULL } };
    struct databricks_statement s = { .warehouse = "w", .text = "SELECT :p", .wait_s = 30, .row_limit = 9007199254740993, .parameters = parameters, .parameter_count = 2 };
    cJSON *out;
    static const char done[] = "{\"statement_id\":\"01ef\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{},\"result\":{}}";
    fake_one(200, done);
    assert_int_equal(databricks_statement_execute(&api, &s, &out, &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/2.0/sql/statements",
               "{\"warehouse_id\":\"w\",\"statement\":\"SELECT :p\",\"parameters\":[{\"name\":\"p\",\"value\":\"text\",\"type\":\"STRING\"},{\"name\":\"n\",\"type\":\"STRING\"}],"
               "\"row_limit\":9007199254740993,\"disposition\":\"INLINE\",\"format\":\"JSON_ARRAY\",\"wait_timeout\":\"30s\",\"on_wait_timeout\":\"CONTINUE\"}", false);
    assert_string_equal(json_str(json_obj(out, "status"), "state"), "SUCCEEDED");
    cJSON_Delete(out);
    s = (struct databricks_statement){ .warehouse = "w", .text = "x", .external_links = true };
    fake_one(200, done);
    assert_int_equal(databricks_statement_execute(&api, &s, &out, &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/2.0/sql/statements",
               "{\"warehouse_id\":\"w\",\"statement\":\"x\",\"disposition\":\"EXTERNAL_LINKS\",\"format\":\"JSON_ARRAY\",\"wait_timeout\":\"0s\",\"on_wait_timeout\":\"CONTINUE\"}", false);
    cJSON_Delete(out);
    fake_one(200, "{\"status\":{}}");
    assert_int_equal(databricks_statement_execute(&api, &s, &out, &err), -1);
    assert_int_equal(err.code, ERR_UNKNOWN);
    assert_null(out);
    fake_one(404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"Warehouse w does not exist\"}");
    assert_int_equal(databricks_statement_execute(&api, &s, &out, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    char *big = malloc(((size_t)16 << 20) + 2);
    memset(big, 'x', ((size_t)16 << 20) + 1);
    big[((size_t)16 << 20) + 1] = '\0';
    s.text = big;
    fake_clear();
    assert_int_equal(databricks_statement_execute(&api, &s, &out, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    assert_int_equal(fake.ask_count, 0);
    free(big);
}

static void statements_are_followed(void **state)
{
    (void)state;
    cJSON *out;
    fake_one(200, "{\"statement_id\":\"01ef\",\"status\":{\"state\":\"RUNNING\"}}");
    assert_int_equal(databricks_statement_get(&api, "01ef", &out, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/sql/statements/01ef", NULL, true);
    cJSON_Delete(out);
    fake_one(200, "{\"statement_id\":\"01ef\"}");
    assert_int_equal(databricks_statement_get(&api, "01ef", &out, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    fake_one(200, "{\"chunk_index\":3,\"data_array\":[[\"1\",null]]}");
    assert_int_equal(databricks_statement_chunk(&api, "01ef", 3, &out, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/sql/statements/01ef/result/chunks/3", NULL, true);
    cJSON_Delete(out);
    fake_one(200, "{}");
    assert_int_equal(databricks_statement_cancel(&api, "01ef", &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/2.0/sql/statements/01ef/cancel", "{}", true);
}

struct rows { int n; char first[64]; };
static int keep_row(void *ctx, const cJSON *row, struct err *e)
{
    struct rows *s = ctx;
    (void)e;
    if (!s->n++) str_copy(s->first, sizeof s->first, cJSON_GetArrayItem(row, 0)->valuestring);
    return 0;
}

static void links_are_read_without_any_credential(void **state)
{
    (void)state;
    struct rows s = { 0 };
    cJSON *headers = cJSON_CreateObject();
    json_put_str(headers, "x-amz-key", "v");
    json_put_str(headers, "authorization", "Bearer theirs");
    fake_one(200, "[[\"1\",\"a\"],[\"2\",null]]");
    assert_int_equal(databricks_link_read(&api, "https://host/results/1?X-Amz-Signature=abc", headers, keep_row, &s, &err), 0);
    assert_ask(fake_only(), NET_GET, "https://host/results/1?X-Amz-Signature=abc", NULL, true);
    assert_true(fake.asks[0].whole && fake.asks[0].anonymous);
    assert_string_equal(fake.asks[0].headers, "x-amz-key: v\n");
    assert_int_equal(s.n, 2);
    assert_string_equal(s.first, "1");
    fake_one(200, "[]");
    assert_int_equal(databricks_link_read(&api, "https://s/1", NULL, keep_row, &s, &err), 0);
    fake_one(403, "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>");
    assert_int_equal(databricks_link_read(&api, "https://s/1?sig=abc", NULL, keep_row, &s, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_null(strstr(err.cause, "abc"));
    fake_one(200, "[[\"1\"]");
    assert_int_equal(databricks_link_read(&api, "https://s/1", NULL, keep_row, &s, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    json_put_str(headers, "evil", "a\r\nAuthorization: x");
    fake_clear();
    assert_int_equal(databricks_link_read(&api, "https://s/1", headers, keep_row, &s, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    assert_int_equal(fake.ask_count, 0);
    cJSON_Delete(headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_and_warehouses_are_read), cmocka_unit_test(lists_leave_out_what_cannot_be_attached),
        cmocka_unit_test(starting_what_runs_is_no_failure), cmocka_unit_test(contexts_live_and_end),
        cmocka_unit_test(commands_keep_long_numbers), cmocka_unit_test(statements_are_asked_exactly),
        cmocka_unit_test(statements_are_followed), cmocka_unit_test(links_are_read_without_any_credential),
    };
    return cmocka_run_group_tests(tests, fake_start, fake_end);
}
