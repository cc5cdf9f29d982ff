#include "sandbox/clarifai_store.h"
#include "sandbox/databricks.h"
#include "sandbox/seed.h"
#include "base/file.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

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

/* --- start and stop --- */

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
    return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL, request_serve, s,
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
    if (ports_open(s, o->port, e) < 0 || !(s->lake = lake_open(s->dir, e)) || !(s->clarifai = clarifai_store_open(s->dir, s, e)) ||
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
