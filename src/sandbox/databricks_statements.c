#include "sandbox/databricks.h"
#include "sandbox/databricks_results.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <ctype.h>

/* Statement Execution 2.0. A statement's results are made once, by whoever first sees its job done. */
#define STATEMENTS_MAX 500
#define STATEMENT_TEXT_MAX ((size_t)16 << 20)
#define PARAMETERS_MAX 256

struct statement {
    char id[37];
    char *user;
    bool links, csv;
    int64_t row_limit, byte_limit;
    struct sql_job *job;
    struct results *results;
    char *error;                  /* message when it failed after the SQL: a result too large */
    bool dropped;                 /* CLOSED: succeeded, result gone */
    int64_t done_ms;
    struct statement *next;
};
struct statements {
    pthread_mutex_t lock;
    struct statement *first;      /* newest first */
    char secret[65];              /* signs links */
};

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

static struct statement *find(struct statements *st, const char *id)
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

static void link_sign(const struct statements *st, const char *id, int chunk, int64_t expires, const char *purpose,
                      char hex[HASH_SHA256_HEX])
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s|%s|%d|%lld|%s", st->secret, id, chunk, (long long)expires, purpose);
    hash_sha256(text.data, text.len, hex);
    buf_release(&text);
}

/* 2026-11-22T07:00:00Z as 20261122T070000Z, as a presigned link has it (reference databricks §5.2). */
static void amazon_date(const char *date, char out[static 20])
{
    size_t n = 0;
    for (const char *p = date; *p && n < 19; p++)
        if (*p != '-' && *p != ':')
            out[n++] = *p;
    out[n] = '\0';
}

/* When a link ends, in seconds: made and valid for so long. False when either is not there. */
static bool amazon_end(const char *made, const char *life, int64_t *out)
{
    char date[40];
    int64_t us, seconds;
    if (!made || strlen(made) != 16 || !life || !str_i64(life, &seconds) || seconds < 0 || seconds > 604800)
        return false;
    snprintf(date, sizeof date, "%.4s-%.2s-%.5s:%.2s:%.3s", made, made + 4, made + 6, made + 11, made + 13);
    if (!time_parse(date, &us))
        return false;
    *out = us / 1000000 + seconds;
    return true;
}

static cJSON *link_json(struct sandbox *s, const struct statement *t, int i)
{
    const struct result_chunk *k = &t->results->chunks[i];
    int64_t made = sandbox_now_us(s) / 1000000, life = (sandbox_setting(s, "link.life_ms", 899000) + 999) / 1000;
    char hex[HASH_SHA256_HEX], date[40], amazon[20];
    struct buf url = BUF_INIT;
    cJSON *o = cJSON_CreateObject(), *headers = cJSON_CreateObject();
    link_sign(s->statements, t->id, i, made + life, "link", hex);
    time_format(made * 1000000, 0, date, sizeof date);
    amazon_date(date, amazon);
    buf_printf(&url, "%s/results/%s/%d?X-Amz-Date=%s&X-Amz-Expires=%lld&X-Amz-Signature=%s", sandbox_image_origin(s), t->id, i,
               amazon, (long long)life, hex);
    json_put_i64(o, "chunk_index", i);
    json_put_i64(o, "row_offset", k->offset);
    json_put_i64(o, "row_count", k->rows);
    json_put_u64(o, "byte_count", k->text.len);
    json_put_str(o, "external_link", url.data);
    json_put_str(o, "expiration", time_format((made + life) * 1000000, 3, date, sizeof date));
    link_sign(s->statements, t->id, i, 0, "header", hex);
    json_put_str(headers, "x-amz-server-side-encryption-customer-key-md5", hex);
    json_put_item(o, "http_headers", headers);
    buf_release(&url);
    return o;
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
        cJSON *list = cJSON_CreateArray(), *link = link_json(s, t, i);
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

/* --- asking --- */

struct ask {
    struct sql_job_ask job;
    struct sql_parameter parameters[PARAMETERS_MAX];
    int64_t row_limit, byte_limit, wait_ms;
    bool links, csv, cancel_late;
};

static bool bad(struct route_answer *a, const char *text)
{
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "%s", text);
    return false;
}

static bool wait_read(const char *text, int64_t *ms)
{
    char *end;
    if (!text) {
        *ms = 10000;
        return true;
    }
    long n = strtol(text, &end, 10);
    *ms = n * 1000;
    return isdigit((unsigned char)text[0]) && str_eq(end, "s") && (n == 0 || (n >= 5 && n <= 50));
}

static bool parameters_read(const cJSON *list, struct ask *k)
{
    const cJSON *p;
    cJSON_ArrayForEach(p, list) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(p, "value");
        const char *name = json_str(p, "name");
        if (!name || (value && !cJSON_IsString(value) && !cJSON_IsNull(value)) || k->job.parameter_count == PARAMETERS_MAX)
            return false;
        k->parameters[k->job.parameter_count++] = (struct sql_parameter){ .name = name, .value = cJSON_GetStringValue(value),
            .type = json_str_or(p, "type", "STRING") };
    }
    return true;
}

static bool limits_read(const cJSON *body, struct ask *k)
{
    k->row_limit = k->byte_limit = -1;
    const cJSON *rows = json_get(body, "row_limit"), *bytes = json_get(body, "byte_limit");
    return (!rows || (json_i64(body, "row_limit", &k->row_limit) && k->row_limit > 0)) &&
           (!bytes || (json_i64(body, "byte_limit", &k->byte_limit) && k->byte_limit > 0));
}

static bool ask_read(struct route_call *c, struct route_answer *a, struct ask *k)
{
    const char *text = databricks_need(c, a, "statement"), *disposition = json_str_or(c->body, "disposition", "INLINE");
    const char *format = json_str_or(c->body, "format", "JSON_ARRAY"), *late = json_str_or(c->body, "on_wait_timeout", "CONTINUE");
    if (!text)
        return false;
    k->links = str_eq(disposition, "EXTERNAL_LINKS");
    k->csv = str_eq(format, "CSV");
    k->cancel_late = str_eq(late, "CANCEL");
    k->job = (struct sql_job_ask){ .text = text, .user = c->user, .catalog = json_str(c->body, "catalog"),
        .schema = json_str(c->body, "schema"), .parameters = k->parameters };
    if (strlen(text) > STATEMENT_TEXT_MAX)
        return bad(a, "The statement text is larger than 16 MiB.");
    if (!wait_read(json_str(c->body, "wait_timeout"), &k->wait_ms))
        return bad(a, "wait_timeout must be 0 seconds (to disable wait), or between 5 and 50 seconds.");
    if (!k->links && !str_eq(disposition, "INLINE"))
        return bad(a, "disposition must be INLINE or EXTERNAL_LINKS.");
    if (!k->cancel_late && !str_eq(late, "CONTINUE"))
        return bad(a, "on_wait_timeout must be CONTINUE or CANCEL.");
    if (k->cancel_late && k->wait_ms == 0)
        return bad(a, "on_wait_timeout=CANCEL needs a wait_timeout above 0 seconds.");
    if (str_eq(format, "ARROW_STREAM"))
        return bad(a, "The format ARROW_STREAM is not available on this platform.");
    if (!k->csv && !str_eq(format, "JSON_ARRAY"))
        return bad(a, "format must be JSON_ARRAY, ARROW_STREAM or CSV.");
    if (k->csv && !k->links)
        return bad(a, "The format CSV needs disposition=EXTERNAL_LINKS.");
    if (cJSON_GetArraySize(json_arr(c->body, "query_tags")) > 20)
        return bad(a, "At most 20 query_tags are allowed.");
    return (limits_read(c->body, k) || bad(a, "row_limit and byte_limit must be positive integers.")) &&
           (parameters_read(json_arr(c->body, "parameters"), k) || bad(a,
                                                                       "Every parameter needs a name, and a string value or none."));
}

static struct statement *statement_start(struct route_call *c, struct ask *k, struct err *e)
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
    struct statement *t = find(st, id);
    if (t && str_eq(t->user, c->user))
        route_json(a, 200, statement_json(c->sandbox, t));
    else
        not_there(a, id);
    pthread_mutex_unlock(&st->lock);
}

/* The job waits outside the lock, so that other statements can be asked about meanwhile. */
static void statement_wait(struct route_call *c, const struct ask *k, struct statement *t, char id[37])
{
    struct statements *st = c->sandbox->statements;
    int64_t until = time_mono_ms() + k->wait_ms;
    enum sql_job_state state = SQL_JOB_QUEUED;
    memcpy(id, t->id, sizeof t->id);
    while (t && state < SQL_JOB_DONE && time_mono_ms() < until && sandbox_sleep(c->sandbox, 5)) {
        pthread_mutex_lock(&st->lock);
        t = find(st, id);
        state = t ? sql_job_wait(t->job, 0) : SQL_JOB_DONE;
        pthread_mutex_unlock(&st->lock);
    }
    if (!k->cancel_late || state >= SQL_JOB_DONE)
        return;
    pthread_mutex_lock(&st->lock);
    if ((t = find(st, id)))
        sql_job_cancel(t->job);
    pthread_mutex_unlock(&st->lock);
    sandbox_sleep(c->sandbox, 50);
}

static void statement_execute(struct route_call *c, struct route_answer *a)
{
    const char *warehouse = databricks_need(c, a, "warehouse_id");
    struct err e = { 0 };
    char id[37];
    struct ask *k = warehouse ? calloc(1, sizeof *k) : NULL;
    if (!k || !ask_read(c, a, k)) {
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
    struct statement *t = find(st, c->captures[0]);
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
    struct statement *t = find(st, c->captures[0]);
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

/* --- results by signed link, on the port where no credential belongs --- */

static void storage_fail(struct route_answer *a, int status, const char *code, const char *text)
{
    a->status = status;
    a->text = str_printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message></Error>",
                         code, text);
    a->text_size = a->text ? strlen(a->text) : 0;
    a->content_type = "application/xml";
}

static bool link_valid(struct route_call *c, struct route_answer *a, int chunk)
{
    struct statements *st = c->sandbox->statements;
    const char *signature = c->query(c, "X-Amz-Signature");
    char hex[HASH_SHA256_HEX], header[HASH_SHA256_HEX];
    int64_t expires = 0;
    bool read = amazon_end(c->query(c, "X-Amz-Date"), c->query(c, "X-Amz-Expires"), &expires);
    link_sign(st, c->captures[0], chunk, expires, "link", hex);
    link_sign(st, c->captures[0], chunk, 0, "header", header);
    if (c->header(c, "Authorization")) {
        sandbox_count(c->sandbox, "links.with_credential", 1);
        storage_fail(a, 400, "InvalidArgument",
                     "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
                     "query string parameter or the Authorization header should be specified");
    } else if (!read || !str_eq(signature, hex)) {
        storage_fail(a, 403, "SignatureDoesNotMatch",
                     "The request signature we calculated does not match the signature you provided.");
    } else if (sandbox_now_us(c->sandbox) / 1000000 > expires) {
        storage_fail(a, 403, "AccessDenied", "Request has expired");
    } else if (!str_eq(c->header(c, "x-amz-server-side-encryption-customer-key-md5"), header)) {
        storage_fail(a, 400, "InvalidRequest", "The object requires the headers given with its link.");
    } else {
        return true;
    }
    return false;
}

static void link_get(struct route_call *c, struct route_answer *a)
{
    struct statements *st = c->sandbox->statements;
    int64_t i = -1;
    if (!str_i64(c->captures[1], &i) || i < 0 || i > 1000000 || !link_valid(c, a, (int)i)) {
        if (!a->status)
            storage_fail(a, 404, "NoSuchKey", "The specified key does not exist.");
        return;
    }
    pthread_mutex_lock(&st->lock);
    const struct statement *t = find(st, c->captures[0]);
    const struct result_chunk *k = t && t->results && i < t->results->chunk_count ? &t->results->chunks[i] : NULL;
    if (k) {
        a->status = 200;
        a->text = str_dup_n(k->text.data, k->text.len);
        a->text_size = a->text ? k->text.len : 0;
        a->content_type = t->csv ? "text/csv" : "application/json";
    }
    pthread_mutex_unlock(&st->lock);
    if (!k)
        storage_fail(a, 404, "NoSuchKey", "The specified key does not exist.");
}

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
const struct route databricks_link_routes[] = {
    { "GET", "/results/{id}/{chunk}", ROUTE_IMAGES, "X-Amz-Date X-Amz-Expires X-Amz-Signature", "-", link_get },
    { 0 },
};
