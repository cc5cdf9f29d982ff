/* The life of one request: from the raw target over its checked body to the handler, and what faults make of it. */
#include "sandbox/databricks.h"
#include "sandbox/inner.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include <fcntl.h>
#include <unistd.h>

#define JSON_BODY_MAX ((size_t)160 << 20)
#define RAW_BODY_MAX ((uint64_t)5 << 30)
#define TARGET_MAX ((size_t)8190)     /* of a request to Clarifai: lists of ids end there (reference clarifai §5.1) */

static const struct route *const api_tables[] = {
    control_routes, bucket_routes, databricks_auth_routes, databricks_cluster_routes, databricks_command_routes, databricks_statement_routes,
    databricks_warehouse_routes, databricks_uc_routes, databricks_uc_change_routes, databricks_uc_rights_routes, databricks_files_routes,
    databricks_directory_routes, databricks_secret_routes, clarifai_routes, NULL,
};
static const struct route *const image_tables[] = { image_routes, databricks_link_routes, NULL };

static const char *call_query(const struct route_call *c, const char *name)
{
    const struct request *r = c->inner;
    for (int i = 0; i < r->query_count; i++)
        if (str_eq(r->query[i].name, name))
            return r->query[i].value;
    return NULL;
}

static int call_query_all(const struct route_call *c, const char *name, const char **out, int max)
{
    const struct request *r = c->inner;
    int n = 0;
    for (int i = 0; i < r->query_count && n < max; i++)
        if (str_eq(r->query[i].name, name))
            out[n++] = r->query[i].value;
    return n;
}

static const char *call_header(const struct route_call *c, const char *name)
{
    const struct request *r = c->inner;
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* libmicrohttpd hands the raw target here before anything is decoded: an encoded slash stays one. */
void *request_new(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct request *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    const char *question = strchr(uri, '?');
    r->sandbox = cls;
    r->connection = connection;
    r->body_fd = -1;
    buf_init(&r->body, JSON_BODY_MAX);
    r->path = str_dup_n(uri, question ? (size_t)(question - uri) : strlen(uri));
    r->query_text = str_dup(question ? question + 1 : "");
    sandbox_random_uuid(r->request_id);
    atomic_fetch_add(&r->sandbox->open_requests, 1);
    return r;
}

void *request_new_image(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct request *r = request_new(cls, uri, connection);
    if (r)
        r->image_port = true;
    return r;
}

void request_done(void *cls, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode why)
{
    struct request *r = *con_cls;
    (void)cls;
    (void)why;
    if (!r)
        return;
    if (r->fault.kind == FAULT_CLOSE)
        reply_reset(connection);
    gate_leave(r);
    if (r->body_fd >= 0)
        close(r->body_fd);
    if (r->body_path) {
        unlink(r->body_path);
        free(r->body_path);
    }
    for (int i = 0; i < r->query_count; i++) {
        free(r->query[i].name);
        free(r->query[i].value);
    }
    free(r->query);
    free(r->path);
    free(r->query_text);
    buf_release(&r->body);
    cJSON_Delete(r->body_json);
    route_answer_release(&r->answer);
    route_match_release(&r->match);
    faults_pick_release(&r->fault);
    atomic_store(&r->sandbox->last_request_ms, time_mono_ms());
    atomic_fetch_sub(&r->sandbox->open_requests, 1);
    free(r);
    *con_cls = NULL;
}

static char *query_part(const char *s, size_t n)
{
    struct buf b = BUF_INIT;
    char *out = NULL;
    if (url_decode(&b, s, n, true) && !memchr(b.data, 0, b.len))
        out = b.len ? buf_take(&b) : str_dup("");
    buf_release(&b);
    return out;
}

/* False on a broken escape. */
static bool query_split(struct request *r)
{
    for (const char *at = r->query_text; *at;) {
        size_t n = strcspn(at, "&"), k = strcspn(at, "=&");
        if (n) {
            struct request_pair *grown = reallocarray(r->query, (size_t)r->query_count + 1, sizeof *grown);
            if (!grown)
                return false;
            r->query = grown;
            struct request_pair *p = &grown[r->query_count++];
            p->name = query_part(at, k);
            p->value = query_part(at + k + (k < n), n - k - (k < n));
            if (!p->name || !p->value)
                return false;
        }
        at += n + (at[n] != 0);
    }
    return true;
}

static void refuse(struct request *r, int status, const char *databricks_code, int clarifai_code, const char *text)
{
    r->refused = true;
    route_fail_for(r, status, databricks_code, clarifai_code, text);
}

static bool admit(struct request *r, const char *method)
{
    char text[512];
    const struct route *row = r->match.route;
    if (!row && r->match.allow[0]) {
        snprintf(text, sizeof text, "Method %s is not allowed here.", method);
        refuse(r, 405, "METHOD_NOT_ALLOWED", 11103, text);
        route_header(&r->answer, "Allow", r->match.allow);
    } else if (!row) {
        snprintf(text, sizeof text, "No API found for '%s %.300s'", method, r->path);
        refuse(r, 404, "ENDPOINT_NOT_FOUND", 11101, text);
    }
    if (!row)
        return false;
    if (!gate_pass(r)) {
        r->refused = true;
        return false;
    }
    if (row->auth == ROUTE_CLARIFAI && strlen(r->path) + strlen(r->query_text) > TARGET_MAX) {
        refuse(r, 414, "INVALID_REQUEST", 11102, "The address of the request is too long.");
        return false;
    }
    if (!query_split(r)) {
        refuse(r, 400, "MALFORMED_REQUEST", 11100, "The query string is not valid.");
        return false;
    }
    if (route_query_fits(row, r, text, sizeof text))
        return true;
    refuse(r, 400, "INVALID_PARAMETER_VALUE", 11102, text);
    return false;
}

static int body_open(struct request *r)
{
    static atomic_uint serial;
    if (r->refused || !r->match.route || !str_eq(r->match.route->body, "raw"))
        return 0;
    r->body_path = str_printf("%s/incoming/%u-%.8s", r->sandbox->dir, atomic_fetch_add(&serial, 1), r->request_id);
    r->body_fd = r->body_path ? open(r->body_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    return r->body_fd < 0 ? -1 : 0;
}

static bool reset_at(const struct request *r, uint64_t received)
{
    int64_t at = 0;
    if (r->fault.kind != FAULT_RESET)
        return false;
    json_i64(r->fault.rule, "at", &at);
    return received >= (uint64_t)(at < 0 ? 0 : at);
}

static void count_request(struct request *r, const char *method)
{
    char name[300];
    const struct route *row = r->match.route;
    if (row && row->auth == ROUTE_CONTROL)
        return;
    snprintf(name, sizeof name, "%s %s", method, row ? row->pattern : "(unknown)");
    tally_add(r->sandbox->tally, TALLY_REQUESTS, name, 1);
}

static enum MHD_Result request_begin(struct request *r, const char *method)
{
    r->begun = true;
    if (!r->path || !r->query_text)
        return MHD_NO;
    r->call = (struct route_call){ .sandbox = r->sandbox, .method = method, .path = r->path, .query = call_query,
        .query_all = call_query_all, .header = call_header, .inner = r };
    route_current(r);
    route_find(r->image_port ? image_tables : api_tables, method, r->path, &r->match);
    count_request(r, method);
    if (!r->match.route || r->match.route->auth != ROUTE_CONTROL)
        faults_pick(r->sandbox->faults, method, r->path, r->query_text, &r->fault);
    if (reset_at(r, 0)) {
        reply_reset(r->connection);
        return MHD_NO;
    }
    if (admit(r, method) && body_open(r) < 0)
        refuse(r, 500, "INTERNAL_ERROR", 98004, "The upload cannot be stored.");
    for (size_t i = 0; i < sizeof r->match.captures / sizeof *r->match.captures; i++)
        r->call.captures[i] = r->match.captures[i];
    return MHD_YES;
}

static void body_take(struct request *r, const char *data, size_t n)
{
    r->body_size += n;
    if (r->refused || r->body_error)
        return;
    if (r->body_fd < 0) {
        if (buf_add(&r->body, data, n) < 0)
            r->body_error = 413;
    } else if (r->body_size > RAW_BODY_MAX) {
        r->body_error = 400;
    } else if (file_write_all(r->body_fd, data, n, &r->error) < 0) {
        r->body_error = 500;
    }
}

static enum MHD_Result request_upload(struct request *r, const char *data, size_t *n)
{
    int64_t rate = 0, longest = 600000;
    if (r->fault.kind == FAULT_SLOW_REQUEST && json_i64(r->fault.rule, "bytes_per_second", &rate) && rate > 0) {
        int64_t ms = (int64_t)*n * 1000 / rate;
        sandbox_sleep(r->sandbox, ms < longest ? ms : longest);
    }
    body_take(r, data, *n);
    *n = 0;
    if (reset_at(r, r->body_size)) {
        reply_reset(r->connection);
        return MHD_NO;
    }
    return MHD_YES;
}

/* Parses and checks the body by the row; false with the refusal made. */
static bool body_check(struct request *r)
{
    const struct route *row = r->match.route;
    char unknown[200], text[300];
    struct err e = { 0 };
    if (r->body_error) {
        refuse(r, r->body_error, r->body_error == 500 ? "INTERNAL_ERROR" : "MAX_REQUEST_SIZE_EXCEEDED", 40033,
               r->body_error == 500 ? "The upload cannot be stored." : "The request body is too large.");
        return false;
    }
    if (r->body_fd >= 0) {
        r->call.body_file = r->body_path;
        r->call.body_size = r->body_size;
        return true;
    }
    if (r->body_size == 0)
        return true;
    if ((row->auth == ROUTE_DATABRICKS || row->auth == ROUTE_CLARIFAI) && !route_json_declared(&r->call)) {
        refuse(r, 415, "MALFORMED_REQUEST", 11100, "The Content-Type of the body must be application/json.");
        return false;
    }
    r->body_json = json_parse(r->body.data, r->body.len, &e);
    if (!r->body_json || !cJSON_IsObject(r->body_json)) {
        refuse(r, 400, "MALFORMED_REQUEST", 11100, "Invalid JSON given in the body of the request - failed to parse given JSON");
        return false;
    }
    r->call.body = r->body_json;
    r->call.body_size = r->body_size;
    if (!r->sandbox->record)
        buf_release(&r->body);        /* up to 160 MB that only a recording needs again */
    if (!row->body)
        return true;
    if (!route_body_allowed(row->body, r->body_json, unknown, sizeof unknown))
        snprintf(text, sizeof text, "Could not parse request object: unknown field '%s'.", unknown);
    else if (row->auth == ROUTE_DATABRICKS && !route_body_typed(r->body_json, unknown, sizeof unknown))
        snprintf(text, sizeof text, "Could not parse request object: the value of '%s' is of the wrong type.", unknown);
    else
        return true;
    refuse(r, 400, "MALFORMED_REQUEST", 11100, text);
    return false;
}

/* Faults that answer in the handler's place leave the state untouched unless the rule says "after_handler". */
static bool handler_runs(const struct request *r)
{
    static const bool replaces[FAULT_KINDS] = { [FAULT_STATUS] = true, [FAULT_HTML_LOGIN] = true, [FAULT_REDIRECT] = true,
        [FAULT_HANG] = true, [FAULT_BODY] = true, [FAULT_CLARIFAI_CODE] = true };
    return !replaces[r->fault.kind] || json_bool(r->fault.rule, "after_handler", false);
}

static enum MHD_Result request_end(struct request *r)
{
    int64_t hang = 600000;
    route_current(r);
    if (r->fault.latency_ms > 0)
        sandbox_sleep(r->sandbox, r->fault.latency_ms);
    if (!r->refused && body_check(r) && handler_runs(r))
        r->match.route->handle(&r->call, &r->answer);
    if (r->fault.kind == FAULT_HANG) {
        json_i64(r->fault.rule, "ms", &hang);
        sandbox_sleep(r->sandbox, hang);
        route_current(NULL);
        return MHD_NO;
    }
    enum MHD_Result sent = reply_send(r);
    route_current(NULL);
    return sent;
}

enum MHD_Result request_serve(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                               const char *version, const char *data, size_t *n, void **con_cls)
{
    struct request *r = *con_cls;
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    if (!r)
        return MHD_NO;
    if (!r->begun)
        return request_begin(r, method);
    return *n > 0 ? request_upload(r, data, n) : request_end(r);
}
