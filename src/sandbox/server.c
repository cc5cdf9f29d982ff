#include "sandbox/clarifai_store.h"
#include "sandbox/databricks.h"
#include "sandbox/seed.h"
#include "base/file.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define JSON_BODY_MAX ((size_t)160 << 20)
#define RAW_BODY_MAX ((uint64_t)5 << 30)

static const struct route *const api_tables[] = {
    control_routes, bucket_routes, databricks_auth_routes, databricks_cluster_routes, databricks_command_routes, databricks_statement_routes,
    databricks_warehouse_routes, databricks_uc_routes, databricks_files_routes, databricks_secret_routes, clarifai_routes, NULL,
};
static const struct route *const image_tables[] = { image_routes, databricks_link_routes, NULL };

/* --- the platform's parts, as handlers see them --- */

struct lake *sandbox_lake(struct sandbox *s) { return s->lake; }
struct clarifai_store *sandbox_clarifai(struct sandbox *s) { return s->clarifai; }
const char *sandbox_dir(struct sandbox *s) { return s->dir; }
const char *sandbox_origin(struct sandbox *s) { return s->origin; }
const char *sandbox_image_origin(struct sandbox *s) { return s->image_origin; }

int64_t sandbox_now_us(struct sandbox *s)
{
    return time_wall_us() + sandbox_setting(s, "clock.offset_ms", 0) * 1000;
}

int64_t sandbox_setting(struct sandbox *s, const char *name, int64_t otherwise)
{
    return tally_get(s->tally, TALLY_SETTINGS, name, otherwise);
}

void sandbox_count(struct sandbox *s, const char *name, int64_t add)
{
    tally_add(s->tally, TALLY_COUNTERS, name, add);
}

int64_t sandbox_idle_ms(struct sandbox *s)
{
    return atomic_load(&s->open_requests) > 0 ? 0 : time_mono_ms() - atomic_load(&s->last_request_ms);
}

int sandbox_cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    if (pthread_condattr_init(&attr) != 0)
        return -1;
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    int failed = pthread_cond_init(c, &attr);
    pthread_condattr_destroy(&attr);
    return failed ? -1 : 0;
}

bool sandbox_cond_wait(pthread_cond_t *c, pthread_mutex_t *m, int64_t deadline_ms)
{
    struct timespec at = { .tv_sec = (time_t)(deadline_ms / 1000), .tv_nsec = (long)(deadline_ms % 1000) * 1000000 };
    return pthread_cond_timedwait(c, m, &at) == 0;
}

bool sandbox_sleep(struct sandbox *s, int64_t ms)
{
    int64_t deadline = time_mono_ms() + ms;
    pthread_mutex_lock(&s->stop_lock);
    while (!s->stopping && time_mono_ms() < deadline)
        sandbox_cond_wait(&s->stop_cond, &s->stop_lock, deadline);
    bool on = !s->stopping;
    pthread_mutex_unlock(&s->stop_lock);
    return on;
}

bool sandbox_stopping(struct sandbox *s)
{
    pthread_mutex_lock(&s->stop_lock);
    bool stopping = s->stopping;
    pthread_mutex_unlock(&s->stop_lock);
    return stopping;
}

void sandbox_random_hex(char *out, size_t n)
{
    unsigned char bytes[64];
    n = n > sizeof bytes ? sizeof bytes : n;
    while (getrandom(bytes, n, 0) != (ssize_t)n)
        continue;
    for (size_t i = 0; i < n; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

void sandbox_random_uuid(char out[37])
{
    char h[33];
    sandbox_random_hex(h, 16);
    snprintf(out, 37, "%.8s-%.4s-4%.3s-a%.3s-%.12s", h, h + 8, h + 13, h + 17, h + 20);
}

/* --- one request: from the first header to the last byte of the body --- */

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
static void *request_new(void *cls, const char *uri, struct MHD_Connection *connection)
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

static void *request_new_image(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct request *r = request_new(cls, uri, connection);
    if (r)
        r->image_port = true;
    return r;
}

static void request_done(void *cls, struct MHD_Connection *connection, void **con_cls, enum MHD_RequestTerminationCode why)
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
    if (!query_split(r)) {
        refuse(r, 400, "MALFORMED_REQUEST", 11100, "The query string is not valid.");
        return false;
    }
    const char *unknown = route_query_unknown(row, r);
    if (unknown) {
        snprintf(text, sizeof text, "Unknown query parameter '%.200s'.", unknown);
        refuse(r, 400, "INVALID_PARAMETER_VALUE", 11102, text);
    }
    return !unknown;
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
    r->body_json = json_parse(r->body.data, r->body.len, &e);
    if (!r->body_json || !cJSON_IsObject(r->body_json)) {
        refuse(r, 400, "MALFORMED_REQUEST", 11100, "Invalid JSON given in the body of the request - failed to parse given JSON");
        return false;
    }
    r->call.body = r->body_json;
    r->call.body_size = r->body_size;
    if (!r->sandbox->record)
        buf_release(&r->body);        /* up to 160 MB that only a recording needs again */
    if (!row->body || route_body_allowed(row->body, r->body_json, unknown, sizeof unknown))
        return true;
    snprintf(text, sizeof text, "Could not parse request object: unknown field '%s'.", unknown);
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

static enum MHD_Result serve(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
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

/* --- start and stop --- */

static int listen_on(int port, char *origin, size_t size, struct err *e)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 512) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        err_set_errno(e, errno, "cannot listen on 127.0.0.1:%d", port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    snprintf(origin, size, "http://127.0.0.1:%d", (int)ntohs(at.sin_port));
    return fd;
}

static int lock_take(struct sandbox *s, struct err *e)
{
    char *path = str_printf("%s/lock", s->dir);
    s->lock_fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    free(path);
    if (s->lock_fd < 0)
        return err_set_errno(e, errno, "cannot open the lock file");
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    err_set(e, ERR_CONFIG, "another lakeferry-sandbox is using this data folder");
    err_about(e, "cannot start on", s->dir);
    return err_remedy(e, "stop the other one, or give another folder with --data");
}

static struct MHD_Daemon *daemon_start(struct sandbox *s, int fd, bool image)
{
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL, serve, s,
                            MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_URI_LOG_CALLBACK, image ? request_new_image : request_new, s,
                            MHD_OPTION_NOTIFY_COMPLETED, request_done, s,
                            MHD_OPTION_CONNECTION_LIMIT, 1000u, MHD_OPTION_CONNECTION_TIMEOUT, 300u,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)256 << 10,
                            MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)64 << 10,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)2 << 20, MHD_OPTION_END);
}

static int faults_load(struct sandbox *s, const char *path, struct err *e)
{
    struct buf text = BUF_INIT;
    int result = -1;
    cJSON *rules = NULL;
    const cJSON *rule;
    if (file_read(path, BUF_MAX_DEFAULT, &text, e) == 0)
        rules = json_parse(text.data, text.len, e);
    if (rules && !cJSON_IsArray(rules))
        err_set(e, ERR_CONFIG, "it must hold a JSON array of rules");
    else if (rules) {
        result = 0;
        cJSON_ArrayForEach(rule, rules)
            if (faults_add(s->faults, rule, e) < 0)
                result = -1;
    }
    if (result < 0)
        err_about(e, "cannot use the fault rules of", path);
    cJSON_Delete(rules);
    buf_release(&text);
    return result;
}

static int incoming_clear(struct sandbox *s, struct err *e)
{
    char *path = str_printf("%s/incoming", s->dir);
    int result = !path ? err_no_memory(e) : file_remove_tree(path, e) < 0 ? -1 : file_make_dirs(path, e);
    free(path);
    return result;
}

static int parts_open(struct sandbox *s, const struct sandbox_options *o, struct err *e)
{
    s->tally = tally_new();
    s->faults = faults_new();
    s->gate = gate_new();
    if (!s->tally || !s->faults || !s->gate)
        return err_no_memory(e);
    if ((o->faults_file && faults_load(s, o->faults_file, e) < 0) || incoming_clear(s, e) < 0)
        return -1;
    if (o->record_dir && !(s->record = record_open(o->record_dir, e)))
        return -1;
    s->api_fd = listen_on(o->port, s->origin, sizeof s->origin, e);
    if (s->api_fd < 0)
        return -1;
    s->image_fd = listen_on(o->port ? o->port + 1 : 0, s->image_origin, sizeof s->image_origin, e);
    if (s->image_fd < 0 || !(s->lake = lake_open(s->dir, e)) || !(s->clarifai = clarifai_store_open(s->dir, s, e)) ||
        !(s->secrets = secrets_open(s->dir, e)))
        return -1;
    s->clusters = clusters_new(s);
    s->contexts = contexts_new();
    s->warehouses = warehouses_new(s);
    s->statements = statements_new();
    if (!s->clusters || !s->contexts || !s->warehouses || !s->statements)
        return err_no_memory(e);
    return sandbox_seed(s, e);
}

static int endpoint_write(struct sandbox *s, struct err *e)
{
    struct buf text = BUF_INIT;
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "origin", s->origin);
    json_put_str(o, "images", s->image_origin);
    json_put_i64(o, "pid", getpid());
    json_put_str(o, "databricks_token", "dapi-sandbox-token");
    json_put_str(o, "clarifai_pat", "sandbox-pat");
    char *path = str_printf("%s/endpoint.json", s->dir);
    int result = json_print(&text, o) < 0 || !path ? err_no_memory(e) : file_write_atomic(path, text.data, text.len, e);
    free(path);
    cJSON_Delete(o);
    buf_release(&text);
    return result;
}

static int daemons_start(struct sandbox *s, struct err *e)
{
    s->api = daemon_start(s, s->api_fd, false);
    if (s->api)
        s->api_fd = -1;              /* libmicrohttpd closes it now */
    s->images = s->api ? daemon_start(s, s->image_fd, true) : NULL;
    if (s->images)
        s->image_fd = -1;
    return s->images ? 0 : err_set(e, ERR_IO, "the HTTP server did not start");
}

struct sandbox *sandbox_start(const struct sandbox_options *o, struct err *e)
{
    static const char *const secrets[] = { "dapi-sandbox-token", "dapi-sandbox-token-2", "dapi-sandbox-readonly", "dapi-sandbox-tables", "sandbox-secret",
        "sandbox-pat", "sandbox-pat-2" };
    struct sandbox *s = calloc(1, sizeof *s);
    if (!s || pthread_mutex_init(&s->stop_lock, NULL) != 0 || sandbox_cond_init(&s->stop_cond) < 0) {
        free(s);
        err_no_memory(e);
        return NULL;
    }
    s->lock_fd = s->api_fd = s->image_fd = -1;
    atomic_store(&s->last_request_ms, time_mono_ms());
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        redact_add(secrets[i]);
    if (file_make_dirs(o->dir, e) < 0 || !(s->dir = realpath(o->dir, NULL)) || lock_take(s, e) < 0 || parts_open(s, o, e) < 0 ||
        daemons_start(s, e) < 0 || endpoint_write(s, e) < 0) {
        sandbox_stop(s);
        return NULL;
    }
    return s;
}

static void stop_announce(struct sandbox *s)
{
    pthread_mutex_lock(&s->stop_lock);
    s->stopping = true;
    pthread_cond_broadcast(&s->stop_cond);
    while (s->jobs > 0)
        pthread_cond_wait(&s->stop_cond, &s->stop_lock);
    pthread_mutex_unlock(&s->stop_lock);
}

void sandbox_stop(struct sandbox *s)
{
    if (!s)
        return;
    stop_announce(s);
    if (s->images)
        MHD_stop_daemon(s->images);
    if (s->api)
        MHD_stop_daemon(s->api);
    stop_announce(s);                /* jobs begun by the last requests */
    if (s->api) {
        char *path = str_printf("%s/endpoint.json", s->dir);
        if (path)
            unlink(path);
        free(path);
    }
    statements_free(s->statements);
    contexts_free(s->contexts);
    warehouses_free(s->warehouses);
    clusters_free(s->clusters);
    secrets_close(s->secrets);
    if (s->clarifai)
        clarifai_store_close(s->clarifai);
    if (s->lake)
        lake_close(s->lake);
    record_close(s->record);
    gate_free(s->gate);
    faults_free(s->faults);
    tally_free(s->tally);
    int fds[] = { s->api_fd, s->image_fd, s->lock_fd };
    for (size_t i = 0; i < 3; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    pthread_cond_destroy(&s->stop_cond);
    pthread_mutex_destroy(&s->stop_lock);
    free(s->dir);
    free(s);
}
