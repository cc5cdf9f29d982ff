/* The warehouse backend: Statement Execution 2.0 (reference databricks §5). */
#include "core/compute_backend.h"

#define WAIT_SECONDS 10 /* the first answer usually holds the result */

static const char *const READY[] = { "RUNNING", NULL };
static const char *const COMING[] = { "STARTING", "STOPPING", NULL };
static const char *const OFF[] = { "STOPPED", NULL };

static int take_columns(const cJSON *answer, struct compute_rows *rows, struct err *e)
{
    const cJSON *manifest = json_obj(answer, "manifest"), *column;
    char type[1024];

    cJSON_ArrayForEach(column, json_arr(json_obj(manifest, "schema"), "columns")) {
        str_copy(type, sizeof type, json_str_or(column, "type_text", json_str_or(column, "type_name", "")));
        for (char *p = type; *p; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p + 32);
        if (compute_rows_add_column(rows, json_str_or(column, "name", ""), type, e) != 0)
            return -1;
    }
    rows->truncated = json_bool(manifest, "truncated", false);
    return 0;
}

static int take_link_row(void *ctx, const cJSON *row, struct err *e)
{
    return compute_rows_add(ctx, row, e);
}

static int take_links(struct compute *c, const cJSON *result, struct compute_rows *rows, struct err *e)
{
    const cJSON *link;

    cJSON_ArrayForEach(link, json_arr(result, "external_links"))
        if (databricks_link_read(&c->session->anonymous, json_str_or(link, "external_link", ""), json_obj(link, "http_headers"),
                                 take_link_row, rows, e) != 0)
            return -1;
    return 0;
}

/* One element today; were there several, their chunks were all read, and the last says what comes next (§5.2). */
static bool next_index(const cJSON *result, int64_t *index)
{
    const cJSON *links = json_arr(result, "external_links");
    int count = links != NULL ? cJSON_GetArraySize(links) : 0;

    return json_i64(result, "next_chunk_index", index) ||
           (count > 0 && json_i64(cJSON_GetArrayItem(links, count - 1), "next_chunk_index", index));
}

/* One chunk's rows; a link that expired meanwhile is asked for once more (§5.2). */
static int take_chunk(struct compute *c, const char *id, int64_t index, const cJSON *result, struct compute_rows *rows, struct err *e)
{
    const cJSON *row;
    cJSON *again = NULL;
    size_t before = rows->row_count;
    int status;

    cJSON_ArrayForEach(row, json_arr(result, "data_array"))
        if (compute_rows_add(rows, row, e) != 0)
            return -1;
    status = take_links(c, result, rows, e);
    if (status != 0 && e->code == ERR_CONFLICT && rows->row_count == before &&
        databricks_statement_chunk(&c->api, id, index, &again, e) == 0) {
        err_clear(e);
        status = take_links(c, again, rows, e);
    }
    cJSON_Delete(again);
    return status;
}

static int take_chunks(struct compute *c, const char *id, const cJSON *answer, struct compute_rows *rows, struct err *e)
{
    cJSON *chunk = NULL;
    const cJSON *result = json_obj(answer, "result");
    int64_t index = 0, next;
    int status = take_chunk(c, id, index, result, rows, e);

    while (status == 0 && next_index(result, &next)) {
        cJSON *fresh = NULL;
        if (next <= index)
            status = err_set(e, ERR_PROTOCOL, "the result's chunks lead in a loop");
        else
            status = databricks_statement_chunk(&c->api, id, next, &fresh, e);
        cJSON_Delete(chunk);
        chunk = fresh;
        result = fresh;
        index = next;
        if (status == 0)
            status = take_chunk(c, id, index, result, rows, e);
    }
    cJSON_Delete(chunk);
    return status;
}

static int statement_failed(const cJSON *answer, struct err *e)
{
    const cJSON *status = json_obj(answer, "status"), *error = json_obj(status, "error");

    if (!str_eq(json_str_or(status, "state", ""), "FAILED"))
        return err_set(e, ERR_REFUSED, "the statement was cancelled by somebody else");
    compute_sql_error(json_str_or(error, "message", ""), e);
    if (e->sqlstate[0] == '\0')
        str_copy(e->sqlstate, sizeof e->sqlstate, json_str_or(status, "sql_state", ""));
    if (e->api_code[0] == '\0')
        str_copy(e->api_code, sizeof e->api_code, json_str_or(error, "error_code", ""));
    return -1;
}

/* 1: over, 0: goes on. */
static int is_over(const cJSON *answer)
{
    const char *state = json_str_or(json_obj(answer, "status"), "state", "");

    return !str_eq(state, "PENDING") && !str_eq(state, "RUNNING");
}

static int take_end(struct compute *c, const char *id, const cJSON *answer, struct compute_rows *rows, struct err *e)
{
    const char *state = json_str_or(json_obj(answer, "status"), "state", "");

    if (str_eq(state, "CLOSED")) /* succeeded, its result is no longer kept */
        return 0;
    if (!str_eq(state, "SUCCEEDED"))
        return statement_failed(answer, e);
    if (take_columns(answer, rows, e) != 0)
        return -1;
    return take_chunks(c, id, answer, rows, e);
}

static int follow(struct compute *c, cJSON *answer, struct compute_rows *rows, struct err *e)
{
    char id[128];
    bool over = false;
    int result = 0;

    str_copy(id, sizeof id, json_str_or(answer, "statement_id", ""));
    compute_tell(c, "statement", id);
    for (int64_t wait = c->poll_first_ms; result == 0 && !is_over(answer); wait = compute_next_wait(wait)) {
        result = compute_wait(c, wait, e);
        if (result == 0) {
            cJSON_Delete(answer);
            answer = NULL;
            result = databricks_statement_get(&c->api, id, &answer, e);
        }
    }
    if (result == 0) {
        over = true;
        result = take_end(c, id, answer, rows, e);
    } else if (e->code == ERR_CANCELLED) {
        struct net_api api = c->api;
        struct err ignored = {0};
        api.cancel = NULL; /* this one must go out although we are being cancelled */
        over = databricks_statement_cancel(&api, id, &ignored) == 0;
    }
    cJSON_Delete(answer);
    if (over) /* what may still run stays noted, so that a resume can cancel it */
        compute_tell(c, "end", id);
    return result;
}

static int run_once(struct compute *c, const char *text, bool links, struct compute_rows *rows, struct err *e)
{
    const struct databricks_statement s = { .warehouse = c->id, .text = text, .wait_s = links ? 0 : WAIT_SECONDS, .external_links = links,
                                            .query = str_starts(text, "SELECT") };
    cJSON *answer = NULL;

    if (databricks_statement_execute(&c->api, &s, &answer, e) != 0)
        return err_about(e, "cannot run SQL on", c->label);
    return follow(c, answer, rows, e);
}

static int warehouse_run(struct compute *c, const char *text, struct compute_rows *rows, struct err *e)
{
    int result = run_once(c, text, false, rows, e);

    /* Too large inline (§5.3): only a query may be run again, by links. */
    if (result != 0 && strstr(e->cause, "disposition=INLINE") != NULL && str_starts(text, "SELECT")) {
        compute_rows_release(rows);
        err_clear(e);
        result = run_once(c, text, true, rows, e);
    }
    return result;
}

static void warehouse_close(struct compute *c)
{
    (void)c; /* a statement leaves nothing behind */
}

const struct compute_backend compute_warehouse = {
    databricks_warehouse_get, databricks_warehouse_start, warehouse_run, warehouse_close, "warehouse", READY, COMING, OFF,
};
