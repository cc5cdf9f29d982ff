/* Both compute backends over canned answers of the platform: what becomes of errors, cells, chunks, lost contexts, states. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/compute_backend.h"
#include "net/databricks_compute.h"

/* --- the platform, played by these stand-ins for src/net/databricks_compute.c --- */

static const char *script[16];        /* answers in order, one a status or statement call */
static int script_at, contexts_made, contexts_gone, executed, cancelled;
static struct databricks_compute described[8];
static int described_at, described_count;
static struct err execute_error, poll_error;

static cJSON *next_answer(void)
{
    struct err e;

    assert_non_null(script[script_at]);
    const char *text = script[script_at++];
    return json_parse(text, strlen(text), &e);
}
static int describe(struct databricks_compute *out)
{
    *out = described[described_at];
    if (described_at + 1 < described_count)
        described_at++;
    return 0;
}
int databricks_cluster_get(const struct net_api *a, const char *id, struct databricks_compute *out, struct err *e)
{
    (void)a, (void)id, (void)e;
    return describe(out);
}
int databricks_warehouse_get(const struct net_api *a, const char *id, struct databricks_compute *out, struct err *e)
{
    (void)a, (void)id, (void)e;
    return describe(out);
}
static int started;
int databricks_cluster_start(const struct net_api *a, const char *id, struct err *e) { (void)a, (void)id, (void)e; return started++, 0; }
int databricks_warehouse_start(const struct net_api *a, const char *id, struct err *e) { (void)a, (void)id, (void)e; return started++, 0; }
static const char *context_state = "Running";
int databricks_context_create(const struct net_api *a, const char *c, const char *l, char id[64], struct err *e)
{
    (void)a, (void)c, (void)l, (void)e;
    snprintf(id, 64, "ctx-%d", ++contexts_made);
    return 0;
}
int databricks_context_status(const struct net_api *a, const char *c, const char *x, char status[16], struct err *e)
{
    (void)a, (void)c, (void)x, (void)e;
    str_copy(status, 16, context_state);
    return 0;
}
int databricks_context_destroy(const struct net_api *a, const char *c, const char *x, struct err *e) { (void)a, (void)c, (void)x, (void)e; return contexts_gone++, 0; }
int databricks_command_execute(const struct net_api *a, const char *c, const char *x, const char *l, const char *t, char id[64], struct err *e)
{
    (void)a, (void)c, (void)x, (void)l, (void)t;
    executed++;
    if (execute_error.code != ERR_NONE) {
        *e = execute_error;
        execute_error.code = ERR_NONE;
        return -1;
    }
    str_copy(id, 64, "cmd");
    return 0;
}
int databricks_command_status(const struct net_api *a, const char *c, const char *x, const char *id, cJSON **out, struct err *e)
{
    (void)a, (void)c, (void)x, (void)id, (void)e;
    *out = next_answer();
    return 0;
}
int databricks_command_cancel(const struct net_api *a, const char *c, const char *x, const char *id, struct err *e) { (void)a, (void)c, (void)x, (void)id, (void)e; return cancelled++, 0; }
int databricks_statement_execute(const struct net_api *a, const struct databricks_statement *s, cJSON **out, struct err *e)
{
    (void)a, (void)s, (void)e;
    executed++;
    *out = next_answer();
    return 0;
}
int databricks_statement_get(const struct net_api *a, const char *id, cJSON **out, struct err *e)
{
    (void)a, (void)id;
    *e = poll_error;
    *out = poll_error.code == ERR_NONE ? next_answer() : NULL;
    return poll_error.code == ERR_NONE ? 0 : -1;
}
static int64_t chunk_asked;
int databricks_statement_chunk(const struct net_api *a, const char *id, int64_t i, cJSON **out, struct err *e)
{
    (void)a, (void)id, (void)e;
    chunk_asked = i;
    *out = next_answer();
    return 0;
}
int databricks_statement_cancel(const struct net_api *a, const char *id, struct err *e) { (void)a, (void)id, (void)e; return cancelled++, 0; }
int databricks_link_read(const struct net_api *a, const char *url, const cJSON *h, databricks_each row, void *ctx, struct err *e)
{
    (void)a, (void)h;
    if (str_eq(url, "expired"))
        return err_set(e, ERR_CONFLICT, "the link has expired");
    cJSON *one = json_parse("[\"from link\"]", 13, e);
    int result = row(ctx, one, e);
    cJSON_Delete(one);
    return result;
}

static struct session session;

static int set_up(void **state)
{
    (void)state;
    memset(script, 0, sizeof script);
    script_at = contexts_made = contexts_gone = executed = cancelled = described_at = started = 0;
    described_count = 1;
    described[0] = (struct databricks_compute){ .state = "RUNNING", .spark_version = "15.4.x-scala2.12", .data_security_mode = "SINGLE_USER" };
    execute_error = poll_error = (struct err){0};
    session = (struct session){0};
    struct err e;
    value_set(&session.settings.own[SETTING_POLL_FIRST], "1ms", FROM_DEFAULT, "", &e);
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    settings_release(&session.settings);
    return 0;
}
static int run(const char *which, const char *text, struct compute_rows *rows, struct err *e)
{
    struct compute *c = NULL;

    *e = (struct err){0};
    *rows = (struct compute_rows){0};
    assert_int_equal(compute_open(&session, which, NULL, &c, e), 0);
    int result = compute_run(c, text, false, rows, e);
    compute_close(c);
    return result;
}

static void test_cluster_cells(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"id\":\"cmd\",\"status\":\"Running\",\"results\":null}";
    script[1] = "{\"id\":\"cmd\",\"status\":\"Finished\",\"results\":{\"resultType\":\"table\",\"isJsonSchema\":true,\"truncated\":false,"
                "\"schema\":[{\"name\":\"a\",\"type\":\"\\\"long\\\"\",\"metadata\":\"{}\"},{\"name\":\"b\",\"type\":\"{\\\"type\\\":\\\"array\\\",\\\"elementType\\\":\\\"string\\\",\\\"containsNull\\\":true}\"},"
                "{\"name\":\"c\",\"type\":\"\\\"string\\\"\"}],\"data\":[[12,[\"x\"],null],[true,[],\"\"]]}}";
    assert_int_equal(run("cluster:c1", "SELECT 1", &rows, &e), 0);
    assert_int_equal(rows.row_count, 2);
    assert_string_equal(rows.columns[0].type, "bigint");
    assert_string_equal(rows.columns[1].type, "array<string>");
    assert_string_equal(compute_cell(&rows, 0, "A"), "12");
    assert_string_equal(compute_cell(&rows, 0, "b"), "[\"x\"]");
    assert_null(compute_cell(&rows, 0, "c"));
    assert_string_equal(compute_cell(&rows, 1, "c"), "");
    assert_int_equal(contexts_made, 1);
    assert_int_equal(contexts_gone, 1);
    compute_rows_release(&rows);
}

static void test_cluster_error_in_finished(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"status\":\"Finished\",\"results\":{\"resultType\":\"error\",\"summary\":\"<span class='ansi-red-fg'>AnalysisException</span>: "
                "[TABLE_OR_VIEW_ALREADY_EXISTS] Cannot create `a` &amp; b. SQLSTATE: 42P07\",\"cause\":\"stack\"}}";
    assert_int_equal(run("cluster:c1", "CREATE TABLE", &rows, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_string_equal(e.api_code, "TABLE_OR_VIEW_ALREADY_EXISTS");
    assert_string_equal(e.sqlstate, "42P07");
    assert_non_null(strstr(e.cause, "`a` & b"));
    assert_null(strstr(e.cause, "span"));
}

static void test_cluster_context_that_never_comes(void **state)
{
    struct compute *c = NULL;
    struct compute_rows rows = {0};
    struct err e = {0};

    (void)state;
    context_state = "Pending";
    assert_int_equal(compute_open(&session, "cluster:c1", NULL, &c, &e), 0);
    assert_true(c->context_limit_ms > 60000);
    c->context_limit_ms = 1;
    assert_int_equal(compute_run(c, "SELECT 1", false, &rows, &e), -1);
    context_state = "Running";
    assert_int_equal(e.code, ERR_TIMEOUT);
    assert_non_null(strstr(e.cause, "cluster c1 is still Pending"));
    assert_int_equal(contexts_made, contexts_gone);
    compute_close(c);
}

static void test_cluster_context_lost_before_and_while(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    err_set(&execute_error, ERR_NOT_FOUND, "ContextNotFoundException: context 1 not found");
    script[0] = "{\"status\":\"Finished\",\"results\":{\"resultType\":\"text\",\"data\":\"\"}}";
    assert_int_equal(run("cluster:c1", "SELECT 1", &rows, &e), 0);
    assert_int_equal(contexts_made, 2); /* nothing of the first had run */
    assert_int_equal(executed, 2);
}

static void test_cluster_truncation_is_an_error(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"status\":\"Finished\",\"results\":{\"resultType\":\"table\",\"truncated\":true,\"schema\":[{\"name\":\"a\",\"type\":\"\\\"string\\\"\"}],\"data\":[[\"x\"]]}}";
    assert_int_equal(run("cluster:c1", "SELECT 1", &rows, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_non_null(strstr(e.cause, "after 1 rows"));
}

static void test_cluster_error_that_ends_in_an_escape(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"status\":\"Finished\",\"results\":{\"resultType\":\"error\",\"cause\":\"[SOME_CLASS] \\u001b[31mred\\u001b[0m, cut\\u001b\"}}";
    assert_int_equal(run("cluster:c1", "SELECT 1", &rows, &e), -1);
    assert_string_equal(e.cause, "[SOME_CLASS] red, cut");
}

/* "kind id;" as a journal would hear it. */
static char noted[512];
static void note(void *ctx, const char *kind, const char *id)
{
    size_t n = strlen(noted);

    (void)ctx;
    snprintf(noted + n, sizeof noted - n, "%s %s;", kind, id);
}

static void test_what_may_still_run_stays_noted(void **state)
{
    const struct compute_note to = { note, NULL };
    struct compute_rows rows = {0};
    struct compute *c = NULL;
    struct err e = {0};

    (void)state;
    noted[0] = '\0';
    assert_int_equal(compute_open(&session, "warehouse:w", &to, &c, &e), 0);
    script[0] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"PENDING\"}}";
    err_set(&poll_error, ERR_OFFLINE, "gone");
    assert_int_equal(compute_run(c, "MERGE", false, &rows, &e), -1);
    assert_int_equal(e.code, ERR_OFFLINE);
    assert_string_equal(noted, "statement s1;");
    poll_error = (struct err){0};
    script[1] = "{\"statement_id\":\"s2\",\"status\":{\"state\":\"FAILED\",\"error\":{\"message\":\"no\"}}}";
    assert_int_equal(compute_run(c, "MERGE", false, &rows, &e), -1);
    assert_string_equal(noted, "statement s1;statement s2;end s2;");
    compute_close(c);
}

#define COLUMNS "\"manifest\":{\"schema\":{\"column_count\":1,\"columns\":[{\"name\":\"a\",\"type_text\":\"STRING\",\"position\":0}]}}"
static void test_warehouse_chunks(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"PENDING\"}}";
    script[1] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"SUCCEEDED\"}," COLUMNS ",\"result\":{\"chunk_index\":0,\"data_array\":[[\"1\"],[null]],\"next_chunk_index\":1}}";
    script[2] = "{\"chunk_index\":1,\"data_array\":[[3]]}";
    assert_int_equal(run("warehouse:w", "SELECT a", &rows, &e), 0);
    assert_int_equal(rows.row_count, 3);
    assert_string_equal(rows.columns[0].type, "string");
    assert_null(compute_cell(&rows, 1, "a"));
    assert_string_equal(compute_cell(&rows, 2, "a"), "3");
    compute_rows_release(&rows);
}

static void test_warehouse_ddl_failure_and_closed(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"SUCCEEDED\"},\"manifest\":{\"schema\":{\"column_count\":0},\"total_chunk_count\":0},\"result\":{}}";
    assert_int_equal(run("warehouse:w", "CREATE", &rows, &e), 0);
    script[1] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":{\"error_code\":\"BAD_REQUEST\",\"message\":\"\\n[DELTA_CONCURRENT_APPEND] x. SQLSTATE: 2D521\\n\\n== SQL ==\\nfoo\"}}}";
    assert_int_equal(run("warehouse:w", "MERGE", &rows, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_string_equal(e.cause, "[DELTA_CONCURRENT_APPEND] x. SQLSTATE: 2D521");
    script[2] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"CLOSED\"}}";
    assert_int_equal(run("warehouse:w", "MERGE", &rows, &e), 0);
    script[3] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":{\"error_code\":\"INTERNAL_ERROR\",\"message\":\"boom\"}}}";
    assert_int_equal(run("warehouse:w", "MERGE", &rows, &e), -1);
    assert_string_equal(e.api_code, "INTERNAL_ERROR");
    assert_int_equal(e.code, ERR_REFUSED);
}

static void test_warehouse_large_result_goes_by_links(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":{\"message\":\"Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of at most 1 bytes\"}}}";
    script[1] = "{\"statement_id\":\"s2\",\"status\":{\"state\":\"SUCCEEDED\"}," COLUMNS ",\"result\":{\"external_links\":[{\"chunk_index\":0,\"external_link\":\"expired\"}]}}";
    script[2] = "{\"external_links\":[{\"chunk_index\":0,\"external_link\":\"fresh\"}]}";
    assert_int_equal(run("warehouse:w", "SELECT a", &rows, &e), 0);
    assert_int_equal(rows.row_count, 1);
    assert_string_equal(compute_cell(&rows, 0, "a"), "from link");
    compute_rows_release(&rows);
}

/* Links of several chunks in one answer: what comes next is behind the last of them. */
static void test_warehouse_links_of_several_chunks(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":{\"message\":\"Statements executed with disposition=INLINE can have a result size of at most 1 bytes\"}}}";
    script[1] = "{\"statement_id\":\"s2\",\"status\":{\"state\":\"SUCCEEDED\"}," COLUMNS ",\"result\":{\"external_links\":["
                "{\"chunk_index\":0,\"external_link\":\"x\",\"next_chunk_index\":1},{\"chunk_index\":1,\"external_link\":\"y\",\"next_chunk_index\":2}]}}";
    script[2] = "{\"external_links\":[{\"chunk_index\":2,\"external_link\":\"z\"}]}";
    assert_int_equal(run("warehouse:w", "SELECT a", &rows, &e), 0);
    assert_int_equal(rows.row_count, 3);
    assert_int_equal(chunk_asked, 2);
    compute_rows_release(&rows);
}

static void test_a_failure_without_a_word(void **state)
{
    struct compute_rows rows;
    struct err e;

    (void)state;
    script[0] = "{\"statement_id\":\"s1\",\"status\":{\"state\":\"FAILED\",\"error\":{\"message\":\" \\n\"}}}";
    assert_int_equal(run("warehouse:w", "SELECT 1", &rows, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
    assert_string_equal(e.cause, "the statement failed without a word");
}

static void test_unusable_clusters_are_refused(void **state)
{
    static const struct { const char *mode, *version, *word; } CASES[] = {
        { "NONE", "15.4.x", "Unity Catalog" }, { "SINGLE_USER", "12.2.x-scala2.12", "13.3" }, { "USER_ISOLATION", "13.2.x", "13.3" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct compute *c;
        struct err e = {0};
        char word[32];
        bool running;
        str_copy(described[0].data_security_mode, sizeof described[0].data_security_mode, CASES[i].mode);
        str_copy(described[0].spark_version, sizeof described[0].spark_version, CASES[i].version);
        assert_int_equal(compute_open(&session, "cluster:c", NULL, &c, &e), 0);
        assert_int_equal(compute_state(c, word, &running, &e), -1);
        assert_int_equal(e.code, ERR_CONFIG);
        assert_non_null(strstr(e.cause, CASES[i].word));
        compute_close(c);
    }
}

static int count_tick(void *ctx, const char *word, int64_t waited)
{
    (void)word, (void)waited;
    ++*(int *)ctx;
    return 0;
}

static void test_starting(void **state)
{
    struct compute *c;
    struct err e = {0};
    int ticks = 0;

    (void)state;
    described[0] = (struct databricks_compute){ .is_warehouse = true, .state = "STOPPED" };
    described[1] = (struct databricks_compute){ .is_warehouse = true, .state = "STARTING" };
    described[2] = (struct databricks_compute){ .is_warehouse = true, .state = "RUNNING" };
    described_count = 3;
    assert_int_equal(compute_open(&session, "warehouse:w", NULL, &c, &e), 0);
    assert_int_equal(compute_start(c, count_tick, &ticks, &e), 0);
    assert_int_equal(started, 1);
    assert_int_equal(ticks, 2);
    compute_close(c);
}

static void test_what_is_asked_for(void **state)
{
    struct compute *c;
    struct err e = {0};

    (void)state;
    assert_int_equal(compute_open(&session, NULL, NULL, &c, &e), -1);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_int_equal(compute_open(&session, "clusters", NULL, &c, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
    value_set(&session.settings.cluster_id, "c9", FROM_FLAG, "", &e);
    assert_int_equal(compute_open(&session, NULL, NULL, &c, &e), 0);
    assert_string_equal(compute_label(c), "cluster c9");
    compute_close(c);
    value_set(&session.settings.warehouse_id, "w9", FROM_FLAG, "", &e);
    assert_int_equal(compute_open(&session, NULL, NULL, &c, &e), 0);
    assert_int_equal(compute_kind_of(c), COMPUTE_WAREHOUSE);
    compute_close(c);
}

int main(void)
{
#define WITH_PLATFORM(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_PLATFORM(test_cluster_cells), WITH_PLATFORM(test_cluster_error_in_finished), WITH_PLATFORM(test_cluster_context_that_never_comes),
        WITH_PLATFORM(test_cluster_context_lost_before_and_while),
        WITH_PLATFORM(test_cluster_truncation_is_an_error), WITH_PLATFORM(test_warehouse_chunks), WITH_PLATFORM(test_warehouse_ddl_failure_and_closed),
        WITH_PLATFORM(test_warehouse_large_result_goes_by_links), WITH_PLATFORM(test_warehouse_links_of_several_chunks),
        WITH_PLATFORM(test_a_failure_without_a_word), WITH_PLATFORM(test_unusable_clusters_are_refused),
        WITH_PLATFORM(test_starting), WITH_PLATFORM(test_what_is_asked_for),
        WITH_PLATFORM(test_cluster_error_that_ends_in_an_escape), WITH_PLATFORM(test_what_may_still_run_stays_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
