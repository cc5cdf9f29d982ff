#include "sandbox/databricks_statements.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

/* Statement Execution 2.0. A statement's results are made once, by whoever first sees its job done. */
#define STATEMENTS_MAX 500

struct statements *statements_new(void)
{
    struct statements *st = calloc(1, sizeof *st);
    if (!st || pthread_mutex_init(&st->lock, NULL) != 0) {
        free(st);
        return NULL;
    }
    sandbox_random_hex(st->secret, 32);
    return st;
}

static void statement_free(struct statement *t)
{
    if (!t)
        return;
    if (t->job)
        sql_job_cancel(t->job);
    sql_job_unref(t->job);
    results_free(t->results);
    free(t->error);
    free(t->user);
    free(t);
}

void statements_free(struct statements *st)
{
    if (!st)
        return;
    for (struct statement *t = st->first, *next; t; t = next) {
        next = t->next;
        statement_free(t);
    }
    pthread_mutex_destroy(&st->lock);
    free(st);
}

struct statement *statement_find(struct statements *st, const char *id)
{
    for (struct statement *t = st->first; t; t = t->next)
        if (str_eq(t->id, id))
            return t;
    return NULL;
}

/* Keeps the newest ones. Lock held. */
static void forget_old(struct statements *st)
{
    int n = 0;
    for (struct statement **at = &st->first; *at;) {
        struct statement *t = *at;
        if (++n <= STATEMENTS_MAX || sql_job_wait(t->job, 0) < SQL_JOB_DONE) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        statement_free(t);
    }
}

/* --- state --- */

/* Makes results of a job that is done; drops them when their time is over. Lock held. */
static enum sql_job_state settle(struct sandbox *s, struct statement *t)
{
    enum sql_job_state state = sql_job_wait(t->job, 0);
    int64_t inline_max = sandbox_setting(s, "statement.inline_bytes", 26214400);
    struct err e = { 0 };
    if (state != SQL_JOB_DONE || sql_job_result(t->job)->failed || t->error)
        return state;
    if (!t->results && !t->dropped) {
        struct results_limits limits = { .rows = t->row_limit, .bytes = t->byte_limit,
            .chunk_rows = sandbox_setting(s, "statement.chunk_rows", 10000),
            .chunk_bytes = sandbox_setting(s, "statement.chunk_bytes", 8 << 20) };
        t->results = results_new(sql_job_result(t->job), t->csv, &limits, &e);
        t->done_ms = time_mono_ms();
        sql_job_drop(t->job);
        if (!t->results)
            t->error = str_dup(e.cause);
        else if (!t->links && t->results->bytes > (uint64_t)inline_max)
            t->error = str_printf("Inline byte limit exceeded. Statements executed with disposition=INLINE can have a result size of "
                                  "at most %lld bytes. Please execute the statement with disposition=EXTERNAL_LINKS if you want to "
                                  "download the full result.", (long long)inline_max);
    }
    if (t->error || time_mono_ms() - t->done_ms >= sandbox_setting(s, "statement.keep_ms", 3600000)) {
        results_free(t->results);
        t->results = NULL;
        t->dropped = true;
    }
    return state;
}

static void next_put(cJSON *o, const struct statement *t, int i)
{
    struct buf path = BUF_INIT;
    if (i + 1 >= t->results->chunk_count)
        return;
    buf_printf(&path, "/api/2.0/sql/statements/%s/result/chunks/%d?row_offset=%lld", t->id, i + 1,
               (long long)t->results->chunks[i + 1].offset);
    json_put_i64(o, "next_chunk_index", i + 1);
    json_put_str(o, "next_chunk_internal_link", path.data);
    buf_release(&path);
}

static cJSON *result_json(struct sandbox *s, const struct statement *t, int i)
{
    cJSON *o = cJSON_CreateObject();
    if (t->results->chunk_count == 0)
        return o;
    const struct result_chunk *k = &t->results->chunks[i];
    if (t->links) {
        cJSON *list = cJSON_CreateArray(), *link = statement_link_json(s, t, i);
        next_put(link, t, i);
        cJSON_AddItemToArray(list, link);
        json_put_item(o, "external_links", list);
        return o;
    }
    json_put_i64(o, "chunk_index", i);
    json_put_i64(o, "row_offset", k->offset);
    json_put_i64(o, "row_count", k->rows);
    next_put(o, t, i);
    json_put_item(o, "data_array", cJSON_CreateRaw(k->text.data));
    return o;
}

static void error_put(cJSON *status, const char *message, const char *sqlstate)
{
    cJSON *error = cJSON_CreateObject();
    json_put_str(error, "error_code", "BAD_REQUEST");
    json_put_str(error, "message", message ? message : "");
    json_put_item(status, "error", error);
    if (sqlstate && *sqlstate)
        json_put_str(status, "sql_state", sqlstate);
}

static cJSON *statement_json(struct sandbox *s, struct statement *t)
{
    static const char *const names[] = { [SQL_JOB_QUEUED] = "PENDING", [SQL_JOB_RUNNING] = "RUNNING",
        [SQL_JOB_CANCELLED] = "CANCELED" };
    cJSON *o = cJSON_CreateObject(), *status = cJSON_CreateObject();
    enum sql_job_state state = settle(s, t);
    const struct sql_result *r = state == SQL_JOB_DONE ? sql_job_result(t->job) : NULL;
    json_put_str(o, "statement_id", t->id);
    json_put_str(status, "state", !r ? names[state] : r->failed || t->error ? "FAILED" : t->dropped ? "CLOSED" : "SUCCEEDED");
    if (r && r->failed)
        error_put(status, r->message, r->sqlstate);
    else if (t->error)
        error_put(status, t->error, NULL);
    json_put_item(o, "status", status);
    if (t->results) {
        json_put_item(o, "manifest", results_manifest(t->results, t->links));
        json_put_item(o, "result", result_json(s, t, 0));
    }
    return o;
}

static struct statement *statement_start(struct route_call *c, struct statement_ask *k, struct err *e)
{
    struct statements *st = c->sandbox->statements;
    struct statement *t = calloc(1, sizeof *t);
    struct sql_line *line = sql_line_new(c->sandbox, c->user);
    if (t) {
        sandbox_random_uuid(t->id);
        t->user = str_dup(c->user);
        t->links = k->links;
        t->csv = k->csv;
        t->row_limit = k->row_limit;
        t->byte_limit = k->byte_limit;
        k->job.session = t->id;
        t->job = line ? sql_job_start(c->sandbox, line, &k->job, e) : NULL;
    }
    sql_line_unref(line);
    if (!t || !t->job) {
        statement_free(t);
        return NULL;
    }
    pthread_mutex_lock(&st->lock);
    t->next = st->first;
    st->first = t;
    forget_old(st);
    pthread_mutex_unlock(&st->lock);
    return t;
}

static void not_there(struct route_answer *a, const char *id)
{
    route_fail_databricks(a, 404, "NOT_FOUND", NULL, "The statement %s was not found.", id);
}

/* Answers with the state of a statement as it is now. */
static void statement_tell(struct route_call *c, struct route_answer *a, const char *id)
{
    struct statements *st = c->sandbox->statements;
    pthread_mutex_lock(&st->lock);
    struct statement *t = statement_find(st, id);
    if (t && str_eq(t->user, c->user))
        route_json(a, 200, statement_json(c->sandbox, t));
    else
        not_there(a, id);
    pthread_mutex_unlock(&st->lock);
}

/* The job waits outside the lock, so that other statements can be asked about meanwhile. */
static void statement_wait(struct route_call *c, const struct statement_ask *k, struct statement *t, char id[37])
{
    struct statements *st = c->sandbox->statements;
    int64_t until = time_mono_ms() + k->wait_ms;
    enum sql_job_state state = SQL_JOB_QUEUED;
    memcpy(id, t->id, sizeof t->id);
    while (t && state < SQL_JOB_DONE && time_mono_ms() < until && sandbox_sleep(c->sandbox, 5)) {
        pthread_mutex_lock(&st->lock);
        t = statement_find(st, id);
        state = t ? sql_job_wait(t->job, 0) : SQL_JOB_DONE;
        pthread_mutex_unlock(&st->lock);
    }
    if (!k->cancel_late || state >= SQL_JOB_DONE)
        return;
    pthread_mutex_lock(&st->lock);
    if ((t = statement_find(st, id)))
        sql_job_cancel(t->job);
    pthread_mutex_unlock(&st->lock);
    sandbox_sleep(c->sandbox, 50);
}

static void statement_execute(struct route_call *c, struct route_answer *a)
{
    const char *warehouse = databricks_need(c, a, "warehouse_id");
    struct err e = { 0 };
    char id[37];
    struct statement_ask *k = warehouse ? calloc(1, sizeof *k) : NULL;
    if (!k || !statement_ask_read(c, a, k)) {
        free(k);
        return;
    }
    k->job.not_before_ms = warehouses_use(c->sandbox->warehouses, warehouse);
    if (k->job.not_before_ms < 0) {
        route_fail_databricks(a, 404, "RESOURCE_DOES_NOT_EXIST", NULL, "Warehouse %s does not exist", warehouse);
    } else {
        struct statement *t = statement_start(c, k, &e);
        if (t) {
            statement_wait(c, k, t, id);
            statement_tell(c, a, id);
        }
    }
    free(k);
}

static void statement_get(struct route_call *c, struct route_answer *a)
{
    statement_tell(c, a, c->captures[0]);
}

static void statement_chunk(struct route_call *c, struct route_answer *a)
{
    struct statements *st = c->sandbox->statements;
    int64_t i = -1;
    pthread_mutex_lock(&st->lock);
    struct statement *t = statement_find(st, c->captures[0]);
    if (t && str_eq(t->user, c->user))
        settle(c->sandbox, t);
    if (!t || !str_eq(t->user, c->user) || t->dropped)
        not_there(a, c->captures[0]);
    else if (!t->results)
        route_fail_databricks(a, 400, "INVALID_STATE", NULL, "The statement %s has no result yet.", t->id);
    else if (!str_i64(c->captures[1], &i) || i < 0 || i >= t->results->chunk_count)
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "There is no chunk %s.", c->captures[1]);
    else
        route_json(a, 200, result_json(c->sandbox, t, (int)i));
    pthread_mutex_unlock(&st->lock);
}

static void statement_stop(struct route_call *c, struct route_answer *a, bool remove)
{
    struct statements *st = c->sandbox->statements;
    pthread_mutex_lock(&st->lock);
    struct statement *t = statement_find(st, c->captures[0]);
    if (!t || !str_eq(t->user, c->user)) {
        not_there(a, c->captures[0]);
    } else {
        sql_job_cancel(t->job);
        if (remove && settle(c->sandbox, t) == SQL_JOB_DONE) {
            results_free(t->results);
            t->results = NULL;
            t->dropped = true;
        }
        route_json(a, 200, cJSON_CreateObject());
    }
    pthread_mutex_unlock(&st->lock);
}

static void statement_cancel(struct route_call *c, struct route_answer *a) { statement_stop(c, a, false); }
static void statement_delete(struct route_call *c, struct route_answer *a) { statement_stop(c, a, true); }

#define STATEMENT_BODY "warehouse_id statement catalog schema parameters[].name parameters[].value parameters[].type row_limit " \
                       "byte_limit disposition format wait_timeout on_wait_timeout query_tags[].key query_tags[].value"

const struct route databricks_statement_routes[] = {
    { "POST", "/api/2.0/sql/statements", ROUTE_DATABRICKS, NULL, STATEMENT_BODY, statement_execute },
    { "POST", "/api/2.0/sql/statements/", ROUTE_DATABRICKS, NULL, STATEMENT_BODY, statement_execute },
    { "GET", "/api/2.0/sql/statements/{id}", ROUTE_DATABRICKS, NULL, "-", statement_get },
    { "DELETE", "/api/2.0/sql/statements/{id}", ROUTE_DATABRICKS, NULL, "-", statement_delete },
    { "POST", "/api/2.0/sql/statements/{id}/cancel", ROUTE_DATABRICKS, NULL, "-", statement_cancel },
    { "GET", "/api/2.0/sql/statements/{id}/result/chunks/{i}", ROUTE_DATABRICKS, "row_offset", "-", statement_chunk },
    { 0 },
};
