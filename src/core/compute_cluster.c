/* The cluster backend: Command Execution 1.2 (reference databricks §4). One SQL context, made when first needed. */
#include "core/compute_backend.h"
#include "base/timefmt.h"

#define CONTEXT_TRIES 5

static const char *const READY[] = { "RUNNING", "RESIZING", NULL };
static const char *const COMING[] = { "PENDING", "RESTARTING", "TERMINATING", NULL };
static const char *const OFF[] = { "TERMINATED", NULL };

/* --- errors: HTML marks in summary, ANSI escapes in cause (§4.1) --- */

static const struct { const char *entity; char c; } ENTITIES[] = {
    { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' }, { "&quot;", '"' }, { "&#39;", '\'' }, { "&nbsp;", ' ' },
};

static size_t put_entity(struct buf *b, const char *at)
{
    for (size_t i = 0; i < sizeof ENTITIES / sizeof ENTITIES[0]; i++)
        if (str_starts(at, ENTITIES[i].entity)) {
            buf_putc(b, ENTITIES[i].c);
            return strlen(ENTITIES[i].entity);
        }
    buf_putc(b, *at);
    return 1;
}

/* A tag is "<" directly followed by a letter or "/"; a lone "<" stays. */
static size_t tag_length(const char *at)
{
    const char *end = strchr(at, '>');
    bool opens = at[1] == '/' || (at[1] >= 'a' && at[1] <= 'z');

    return opens && end != NULL ? (size_t)(end - at) + 1 : 0;
}

static size_t ansi_length(const char *at)
{
    size_t n;

    if (at[1] != '[')
        return 1;
    n = 2 + strspn(at + 2, "0123456789;");
    return at[n] != '\0' ? n + 1 : n;
}

static char *plain_text(const char *marked)
{
    struct buf b = BUF_INIT;

    for (const char *p = marked; *p != '\0';) {
        if (*p == '<' && tag_length(p) > 0)
            p += tag_length(p);
        else if (*p == '\x1b')
            p += ansi_length(p);
        else if (*p == '&')
            p += put_entity(&b, p);
        else
            buf_putc(&b, *p++);
    }
    return buf_take(&b);
}

/* For SQL the summary reads best; the JVM stack of cause is searched for class and SQLSTATE when it has none. */
static int command_failed(const cJSON *results, struct err *e)
{
    const char *summary = json_str_or(results, "summary", ""), *cause = json_str_or(results, "cause", "");
    const char *best = strchr(summary, '[') != NULL || str_blank(cause) ? summary : cause;
    char *text = plain_text(str_blank(best) ? json_str_or(results, "data", "") : best);
    int result = text == NULL ? err_no_memory(e) : compute_sql_error(text, e);

    free(text);
    return result;
}

/* --- results: native cells; a column's type is JSON in a string (§4.1) --- */

static const struct { const char *spark, *sql; } SIMPLE_TYPES[] = {
    { "long", "bigint" }, { "integer", "int" }, { "short", "smallint" }, { "byte", "tinyint" },
};

static void put_type(struct buf *b, const cJSON *type)
{
    const char *name = cJSON_IsString(type) ? type->valuestring : json_str_or(type, "type", "");

    if (cJSON_IsString(type)) {
        for (size_t i = 0; i < sizeof SIMPLE_TYPES / sizeof SIMPLE_TYPES[0]; i++)
            if (str_eq(SIMPLE_TYPES[i].spark, name))
                name = SIMPLE_TYPES[i].sql;
        buf_puts(b, name);
    } else if (str_eq(name, "array")) {
        buf_puts(b, "array<");
        put_type(b, json_get(type, "elementType"));
        buf_putc(b, '>');
    } else if (str_eq(name, "map")) {
        buf_puts(b, "map<");
        put_type(b, json_get(type, "keyType"));
        buf_putc(b, ',');
        put_type(b, json_get(type, "valueType"));
        buf_putc(b, '>');
    } else if (str_eq(name, "struct")) {
        const cJSON *field;
        const char *comma = "";
        buf_puts(b, "struct<");
        cJSON_ArrayForEach(field, json_arr(type, "fields")) {
            buf_printf(b, "%s%s:", comma, json_str_or(field, "name", ""));
            put_type(b, json_get(field, "type"));
            comma = ",";
        }
        buf_putc(b, '>');
    } else {
        buf_puts(b, name);
    }
}

static int add_column(struct compute_rows *rows, const cJSON *column, struct err *e)
{
    const char *text = json_str_or(column, "type", "");
    cJSON *type = json_parse(text, strlen(text), NULL);
    struct buf b = BUF_INIT;
    int result;

    if (type != NULL)
        put_type(&b, type);
    result = compute_rows_add_column(rows, json_str_or(column, "name", ""), type != NULL ? b.data : text, e);
    cJSON_Delete(type);
    buf_release(&b);
    return result;
}

static int take_table(const cJSON *results, struct compute_rows *rows, struct err *e)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, json_arr(results, "schema"))
        if (add_column(rows, item, e) != 0)
            return -1;
    cJSON_ArrayForEach(item, json_arr(results, "data"))
        if (compute_rows_add(rows, item, e) != 0)
            return -1;
    rows->truncated = json_bool(results, "truncated", false);
    return 0;
}

static int take_results(const cJSON *answer, struct compute_rows *rows, struct err *e)
{
    const cJSON *results = json_obj(answer, "results");
    const char *type = json_str_or(results, "resultType", "");

    if (str_eq(type, "error") || str_eq(json_str(answer, "status"), "Error"))
        return command_failed(results, e);
    if (str_eq(json_str(answer, "status"), "Cancelled"))
        return err_set(e, ERR_REFUSED, "the command was cancelled by somebody else");
    return str_eq(type, "table") ? take_table(results, rows, e) : 0;
}

/* --- context and command --- */

static void tell_context(const struct compute *c, const char *kind, const char *command)
{
    char id[320];

    snprintf(id, sizeof id, "%s/%s%s%s", c->id, c->context, command[0] ? "/" : "", command);
    compute_tell(c, kind, id);
}

static void drop_context(struct compute *c)
{
    struct err why = {0};

    if (c->context[0] == '\0')
        return;
    /* It dies with the cluster at the latest; one that could not be destroyed now stays noted, and a resume does it. */
    if (databricks_context_destroy(&c->api, c->id, c->context, &why) == 0 || compute_is_gone(&why))
        tell_context(c, "end", "");
    c->context[0] = '\0';
    c->context_used = false;
}

/* 1: runs, 0: could not come up (try another), -1: error. */
static int await_context(struct compute *c, struct err *e)
{
    char status[16] = "";
    int64_t end = time_mono_ms() + c->context_limit_ms;

    for (int64_t wait = c->poll_first_ms;; wait = compute_next_wait(wait)) {
        if (databricks_context_status(&c->api, c->id, c->context, status, e) != 0)
            return -1;
        if (str_eq(status, "Running"))
            return 1;
        if (str_eq(status, "Error"))
            return 0;
        if (time_mono_ms() >= end)
            return err_set(e, ERR_TIMEOUT, "the execution context on %s is still %s after %d min", c->label, status, (int)(c->context_limit_ms / 60000));
        if (compute_wait(c, wait, e) != 0)
            return -1;
    }
}

static int ensure_context(struct compute *c, struct err *e)
{
    int64_t wait = 2000;

    if (c->context[0] != '\0')
        return 0;
    for (int tries = 0; tries < CONTEXT_TRIES; tries++, wait *= 2) { /* a loaded driver answers Error: dbt waits 2, 4, 8 … s */
        if (databricks_context_create(&c->api, c->id, "sql", c->context, e) != 0)
            return err_about(e, "cannot open an execution context on", c->label);
        tell_context(c, "context", "");
        int up = await_context(c, e);
        if (up == 1)
            return 0;
        drop_context(c);
        if (up < 0 || compute_wait(c, wait, e) != 0)
            return -1;
    }
    return err_set(e, ERR_REFUSED, "%s could not open an execution context %d times", c->label, CONTEXT_TRIES);
}

static bool context_is_lost(const struct err *e)
{
    return e->code != ERR_UNKNOWN && e->code != ERR_CANCELLED &&
           (strstr(e->cause, "ontext") != NULL || strstr(e->api_code, "ContextNotFound") != NULL);
}

static int execute(struct compute *c, const char *text, char id[64], struct err *e)
{
    for (int tries = 0;; tries++) {
        if (ensure_context(c, e) != 0)
            return -1;
        if (databricks_command_execute(&c->api, c->id, c->context, "sql", text, id, e) == 0)
            return 0;
        if (tries > 0 || !context_is_lost(e))
            return err_about(e, "cannot run SQL on", c->label);
        drop_context(c); /* the cluster restarted: nothing of this command ran */
    }
}

static bool is_over(const char *status)
{
    return str_eq(status, "Finished") || str_eq(status, "Error") || str_eq(status, "Cancelled");
}

/* *over: it has come to an end, good or bad. */
static int follow(struct compute *c, const char *id, struct compute_rows *rows, bool *over, struct err *e)
{
    *over = false;
    for (int64_t wait = c->poll_first_ms;; wait = compute_next_wait(wait)) {
        cJSON *answer = NULL;
        if (databricks_command_status(&c->api, c->id, c->context, id, &answer, e) != 0) {
            if (context_is_lost(e))
                return err_set(e, ERR_UNKNOWN, "%s lost the context of a running statement", c->label);
            return err_about(e, "cannot follow SQL on", c->label);
        }
        *over = is_over(json_str_or(answer, "status", ""));
        int result = *over ? take_results(answer, rows, e) : compute_wait(c, wait, e);
        cJSON_Delete(answer);
        if (*over || result != 0)
            return result;
    }
}

static int cluster_run(struct compute *c, const char *text, struct compute_rows *rows, struct err *e)
{
    struct err ignored = {0};
    char id[64];
    bool over;
    int result;

    if (execute(c, text, id, e) != 0)
        return -1;
    tell_context(c, "command", id);
    c->context_used = true;
    result = follow(c, id, rows, &over, e);
    if (!over && e->code == ERR_CANCELLED) {
        struct net_api api = c->api;
        api.cancel = NULL; /* this one must go out although we are being cancelled */
        over = databricks_command_cancel(&api, c->id, c->context, id, &ignored) == 0;
    }
    if (over) /* what may still run stays noted */
        tell_context(c, "end", id);
    return result;
}

static void cluster_close(struct compute *c)
{
    c->api.cancel = NULL;
    drop_context(c);
}

const struct compute_backend compute_cluster = {
    databricks_cluster_get, databricks_cluster_start, cluster_run, cluster_close, "cluster", READY, COMING, OFF,
};
