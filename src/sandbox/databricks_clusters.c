#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

/* Clusters live by timestamps: what state one is in follows from when it was last started or terminated. */
struct event { int64_t at_ms; const char *type; };
struct cluster {
    const char *id, *name, *runtime, *mode, *source;
    bool breaks;                     /* goes to ERROR when started */
    const char *rest;                /* state while neither starting nor terminating */
    int64_t changing_until_ms;       /* monotonic; 0: at rest */
    const char *next;                /* rest after that */
    const char *changing;            /* PENDING, RESTARTING, TERMINATING */
    int64_t start_ms, terminated_ms; /* wall clock */
    int generation;
    struct event events[64];
    int event_count;
};
struct clusters {
    pthread_mutex_t lock;
    struct sandbox *sandbox;
    struct cluster rows[8];
    int count;
};

static const struct cluster samples[] = {
    { .id = "0101-120000-lab0001", .name = "lab", .runtime = "15.4.x-scala2.12", .mode = "SINGLE_USER", .source = "UI",
        .rest = "TERMINATED" },
    { .id = "0101-120000-live001", .name = "lab live", .runtime = "15.4.x-scala2.12", .mode = "USER_ISOLATION", .source = "UI",
        .rest = "RUNNING" },
    { .id = "0101-120000-none001", .name = "no isolation", .runtime = "15.4.x-scala2.12", .mode = "NONE", .source = "UI",
        .rest = "RUNNING" },
    { .id = "0101-120000-old0001", .name = "old runtime", .runtime = "12.2.x-scala2.12", .mode = "SINGLE_USER", .source = "API",
        .rest = "TERMINATED" },
    { .id = "0101-120000-fail001", .name = "fails to start", .runtime = "15.4.x-scala2.12",
        .mode = "DATA_SECURITY_MODE_DEDICATED", .source = "UI", .rest = "TERMINATED", .breaks = true },
    { .id = "0101-120000-job0001", .name = "job-442-run-1", .runtime = "16.4.x-scala2.12", .mode = "SINGLE_USER",
        .source = "JOB", .rest = "TERMINATED" },
};

struct clusters *clusters_new(struct sandbox *s)
{
    struct clusters *c = calloc(1, sizeof *c);
    if (!c || pthread_mutex_init(&c->lock, NULL) != 0) {
        free(c);
        return NULL;
    }
    c->sandbox = s;
    c->count = (int)(sizeof samples / sizeof *samples);
    int64_t now = time_wall_ms();
    for (int i = 0; i < c->count; i++) {
        c->rows[i] = samples[i];
        c->rows[i].start_ms = now - 7200000;
        c->rows[i].terminated_ms = str_eq(samples[i].rest, "TERMINATED") ? now - 3600000 : 0;
        c->rows[i].events[c->rows[i].event_count++] = (struct event){ now - 86400000, "CREATING" };
    }
    return c;
}

void clusters_free(struct clusters *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void event_add(struct cluster *k, const char *type)
{
    const int max = (int)(sizeof k->events / sizeof *k->events);
    if (k->event_count == max)
        memmove(k->events, k->events + 1, sizeof *k->events * (size_t)(--k->event_count));
    k->events[k->event_count++] = (struct event){ time_wall_ms(), type };
}

static struct cluster *find(struct clusters *c, const char *id)
{
    for (int i = 0; i < c->count; i++)
        if (str_eq(c->rows[i].id, id))
            return &c->rows[i];
    return NULL;
}

static const char *state_now(struct cluster *k)
{
    if (k->changing_until_ms && time_mono_ms() >= k->changing_until_ms) {
        k->changing_until_ms = 0;
        k->rest = k->next;
        if (str_eq(k->rest, "RUNNING"))
            event_add(k, "RUNNING");
        else
            k->terminated_ms = time_wall_ms();
    }
    return k->changing_until_ms ? k->changing : k->rest;
}

static void change(struct clusters *c, struct cluster *k, const char *state, const char *next, const char *setting, int64_t ms)
{
    k->changing = state;
    k->next = next;
    k->changing_until_ms = time_mono_ms() + sandbox_setting(c->sandbox, setting, ms);
}

const char *clusters_state(struct clusters *c, const char *id, int *generation)
{
    pthread_mutex_lock(&c->lock);
    struct cluster *k = find(c, id);
    const char *state = k ? state_now(k) : NULL;
    if (k && generation)
        *generation = k->generation;
    pthread_mutex_unlock(&c->lock);
    return state;
}

bool clusters_has_unity(struct clusters *c, const char *id)
{
    pthread_mutex_lock(&c->lock);
    const struct cluster *k = find(c, id);
    bool unity = k && !str_eq(k->mode, "NONE");
    pthread_mutex_unlock(&c->lock);
    return unity;
}

static cJSON *termination(const struct cluster *k)
{
    cJSON *o = cJSON_CreateObject(), *parameters = cJSON_CreateObject();
    json_put_str(o, "code", k->breaks && k->generation ? "CLOUD_PROVIDER_LAUNCH_FAILURE" : "INACTIVITY");
    json_put_str(o, "type", k->breaks && k->generation ? "CLOUD_FAILURE" : "SUCCESS");
    json_put_str(parameters, k->breaks && k->generation ? "aws_error_message" : "inactivity_duration_min",
                 k->breaks && k->generation ? "The instance type is not available." : "60");
    json_put_item(o, "parameters", parameters);
    return o;
}

static cJSON *cluster_json(struct cluster *k)
{
    static const struct { const char *state, *text; } messages[] = {
        { "PENDING", "Starting Spark" }, { "RESTARTING", "Restarting Spark" }, { "RUNNING", "" },
        { "TERMINATED", "Inactive cluster terminated (inactive for 60 minutes)." }, { "TERMINATING", "Terminating" },
        { "ERROR", "Cloud provider launch failure: the instance type is not available." } };
    const char *state = state_now(k);
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "cluster_id", k->id);
    json_put_str(o, "cluster_name", k->name);
    json_put_str(o, "state", state);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (str_eq(messages[i].state, state))
            json_put_str(o, "state_message", messages[i].text);
    json_put_str(o, "spark_version", k->runtime);
    json_put_str(o, "data_security_mode", k->mode);
    if (str_eq(k->mode, "SINGLE_USER") || str_eq(k->mode, "DATA_SECURITY_MODE_DEDICATED"))
        json_put_str(o, "single_user_name", "lab-user@example.com");
    json_put_str(o, "cluster_source", k->source);
    json_put_str(o, "creator_user_name", "lab-user@example.com");
    json_put_i64(o, "spark_context_id", 4563217788120000 + k->generation);
    json_put_i64(o, "num_workers", 1);
    json_put_str(o, "node_type_id", "m5d.large");
    json_put_str(o, "driver_node_type_id", "m5d.large");
    json_put_i64(o, "autotermination_minutes", 60);
    json_put_str(o, "runtime_engine", "STANDARD");
    json_put_i64(o, "start_time", k->start_ms);
    if (k->terminated_ms && !str_eq(state, "RUNNING") && !str_eq(state, "PENDING")) {
        json_put_i64(o, "terminated_time", k->terminated_ms);
        if (!str_eq(state, "ERROR"))
            json_put_item(o, "termination_reason", termination(k));
    }
    return o;
}

static void not_there(struct route_answer *a, const char *id)
{
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Cluster %s does not exist", id);
}

static void cluster_get(struct route_call *c, struct route_answer *a)
{
    struct clusters *all = c->sandbox->clusters;
    const char *id = databricks_need_query(c, a, "cluster_id");
    if (!id)
        return;
    pthread_mutex_lock(&all->lock);
    struct cluster *k = find(all, id);
    if (k)
        route_json(a, 200, cluster_json(k));
    pthread_mutex_unlock(&all->lock);
    if (!k)
        not_there(a, id);
}

static bool listed(const struct route_call *c, const char *name, const char *value)
{
    const char *wanted[16];
    int n = c->query_all(c, name, wanted, 16);
    for (int i = 0; i < n; i++)
        if (str_eq(wanted[i], value))
            return true;
    return n == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct cluster *const *)a)->name, (*(struct cluster *const *)b)->name);
}

/* The clusters asked for in their order; their number. */
static int selected(const struct route_call *c, struct cluster *out[8])
{
    struct clusters *all = c->sandbox->clusters;
    int n = 0;
    for (int i = 0; i < all->count; i++) {
        struct cluster *k = &all->rows[i];
        if (listed(c, "filter_by.cluster_sources", k->source) && listed(c, "filter_by.cluster_states", state_now(k)) &&
            listed(c, "filter_by.is_pinned", "false") && !c->query(c, "filter_by.policy_id"))
            out[n++] = k;
    }
    if (str_eq(c->query(c, "sort_by.field"), "CLUSTER_NAME"))
        qsort(out, (size_t)n, sizeof *out, by_name);
    for (int i = 0; str_eq(c->query(c, "sort_by.direction"), "DESC") && i < n / 2; i++) {
        struct cluster *swap = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = swap;
    }
    return n;
}

static bool page_read(const struct route_call *c, struct route_answer *a, const char *token, int64_t *size, int64_t *from)
{
    const char *asked = c->query(c, "page_size");
    struct buf text = BUF_INIT;
    bool good = !asked || (str_i64(asked, size) && *size >= 0 && *size <= 100);
    if (good && token && *token)
        good = databricks_token_read(token, &text) && str_i64(text.data, from);
    buf_release(&text);
    if (!good)
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Invalid page_size or page_token.");
    if (*size == 0)
        *size = 20;
    return good;
}

static void cluster_list(struct route_call *c, struct route_answer *a)
{
    struct clusters *all = c->sandbox->clusters;
    int64_t size = 0, from = 0;
    char number[24];
    if (!page_read(c, a, c->query(c, "page_token"), &size, &from))
        return;
    struct cluster *rows[8];
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    pthread_mutex_lock(&all->lock);
    int n = selected(c, rows);
    int64_t i = from;
    for (; i < n && i < from + size; i++)
        cJSON_AddItemToArray(list, cluster_json(rows[i]));
    pthread_mutex_unlock(&all->lock);
    json_put_item(o, "clusters", list);
    if (i < n) {
        snprintf(number, sizeof number, "%lld", (long long)i);
        databricks_token(o, "next_page_token", number);
    } else {
        json_put_str(o, "next_page_token", "");
    }
    json_put_str(o, "prev_page_token", "");
    route_json(a, 200, o);
}

/* --- life --- */

static const char *do_start(struct clusters *all, struct cluster *k)
{
    const char *state = state_now(k);
    if (!str_eq(state, "TERMINATED") && !str_eq(state, "ERROR"))
        return sandbox_setting(all->sandbox, "cluster.start_twice_ok", 0) ? NULL : state;
    k->generation++;
    k->start_ms = time_wall_ms();
    change(all, k, "PENDING", k->breaks ? "ERROR" : "RUNNING", "cluster.start_ms", 2000);
    event_add(k, "STARTING");
    return NULL;
}

static const char *do_terminate(struct clusters *all, struct cluster *k)
{
    k->generation++;
    change(all, k, "TERMINATING", "TERMINATED", "cluster.stop_ms", 500);
    event_add(k, "TERMINATING");
    return NULL;
}

static const char *do_restart(struct clusters *all, struct cluster *k)
{
    const char *state = state_now(k);
    if (!str_eq(state, "RUNNING"))
        return state;
    k->generation++;
    k->start_ms = time_wall_ms();
    change(all, k, "RESTARTING", "RUNNING", "cluster.start_ms", 2000);
    event_add(k, "RESTARTING");
    return NULL;
}

static void act(struct route_call *c, struct route_answer *a, const char *(*what)(struct clusters *, struct cluster *))
{
    struct clusters *all = c->sandbox->clusters;
    const char *id = databricks_need(c, a, "cluster_id"), *state = NULL;
    if (!id)
        return;
    if (gate_is_reader(c->user)) {
        route_fail_databricks(a, 403, "PERMISSION_DENIED", NULL, "%s does not have CAN_RESTART permission on cluster %s.",
                              c->user, id);
        return;
    }
    pthread_mutex_lock(&all->lock);
    struct cluster *k = find(all, id);
    if (k)
        state = what(all, k);
    pthread_mutex_unlock(&all->lock);
    if (!k)
        not_there(a, id);
    else if (state)
        route_fail_databricks(a, 400, "INVALID_STATE", NULL, "Cluster %s is in unexpected state %s.", id, state);
    else
        route_json(a, 200, cJSON_CreateObject());
}

static void cluster_start(struct route_call *c, struct route_answer *a) { act(c, a, do_start); }
static void cluster_delete(struct route_call *c, struct route_answer *a) { act(c, a, do_terminate); }
static void cluster_restart(struct route_call *c, struct route_answer *a) { act(c, a, do_restart); }

static bool event_wanted(const struct route_call *c, const struct event *event)
{
    const cJSON *types = json_arr(c->body, "event_types"), *type;
    int64_t after = 0, before = INT64_MAX;
    bool hit = !types;
    json_i64(c->body, "start_time", &after);
    json_i64(c->body, "end_time", &before);
    cJSON_ArrayForEach(type, types)
        hit = hit || str_eq(cJSON_GetStringValue(type), event->type);
    return hit && event->at_ms >= after && event->at_ms <= before;
}

static cJSON *event_json(const struct cluster *k, const struct event *event)
{
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "cluster_id", k->id);
    json_put_i64(o, "timestamp", event->at_ms);
    json_put_str(o, "type", event->type);
    json_put_item(o, "details", cJSON_CreateObject());
    return o;
}

static cJSON *events_json(const struct route_call *c, const struct cluster *k, int64_t size, int64_t from)
{
    bool up = str_eq(json_str(c->body, "order"), "ASC");
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    int64_t total = 0;
    for (int i = 0; i < k->event_count; i++) {
        const struct event *event = &k->events[up ? i : k->event_count - 1 - i];
        if (!event_wanted(c, event))
            continue;
        if (total >= from && total < from + size)
            cJSON_AddItemToArray(list, event_json(k, event));
        total++;
    }
    json_put_item(o, "events", list);
    if (from + size < total) {
        char number[24];
        cJSON *next = cJSON_Duplicate(c->body, true);
        snprintf(number, sizeof number, "%lld", (long long)(from + size));
        databricks_token(o, "next_page_token", number);
        cJSON_DeleteItemFromObjectCaseSensitive(next, "page_token");
        json_put_str(next, "page_token", json_str(o, "next_page_token"));
        json_put_item(o, "next_page", next);
    }
    json_put_i64(o, "total_count", total);
    return o;
}

static void cluster_events(struct route_call *c, struct route_answer *a)
{
    struct clusters *all = c->sandbox->clusters;
    const char *id = databricks_need(c, a, "cluster_id"), *token = json_str(c->body, "page_token");
    int64_t size = 50, from = 0;
    struct buf text = BUF_INIT;
    if (!id)
        return;
    json_i64(c->body, "limit", &size);
    json_i64(c->body, "offset", &from);
    json_i64(c->body, "page_size", &size);
    bool good = size >= 0 && size <= 500 && from >= 0 &&
                (!token || !*token || (databricks_token_read(token, &text) && str_i64(text.data, &from)));
    buf_release(&text);
    if (!good) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Invalid page size or token.");
        return;
    }
    pthread_mutex_lock(&all->lock);
    const struct cluster *k = find(all, id);
    if (k)
        route_json(a, 200, events_json(c, k, size ? size : 50, from));
    pthread_mutex_unlock(&all->lock);
    if (!k)
        not_there(a, id);
}

static void cluster_libraries(struct route_call *c, struct route_answer *a)
{
    const char *id = databricks_need_query(c, a, "cluster_id");
    if (!id)
        return;
    if (!clusters_state(c->sandbox->clusters, id, NULL)) {
        not_there(a, id);
        return;
    }
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "cluster_id", id);
    json_put_item(o, "library_statuses", cJSON_CreateArray());
    route_json(a, 200, o);
}

static void cluster_levels(struct route_call *c, struct route_answer *a)
{
    static const struct { const char *level, *text; } levels[] = { { "CAN_ATTACH_TO", "Can attach to cluster" },
        { "CAN_RESTART", "Can attach to and restart cluster" }, { "CAN_MANAGE", "Can manage cluster" } };
    if (!clusters_state(c->sandbox->clusters, c->captures[0], NULL)) {
        not_there(a, c->captures[0]);
        return;
    }
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    for (size_t i = 0; i < (gate_is_reader(c->user) ? 1 : 3); i++) {
        cJSON *level = cJSON_CreateObject();
        json_put_str(level, "permission_level", levels[i].level);
        json_put_str(level, "description", levels[i].text);
        cJSON_AddItemToArray(list, level);
    }
    json_put_item(o, "permission_levels", list);
    route_json(a, 200, o);
}

#define LIST_QUERY "page_size page_token filter_by.cluster_sources filter_by.cluster_states filter_by.is_pinned filter_by.policy_id " \
                   "sort_by.field sort_by.direction"
#define EVENTS_BODY "cluster_id start_time end_time order event_types page_size page_token offset limit"
#define CLUSTER_ROWS(v) \
    { "GET", "/api/" v "/clusters/get", ROUTE_DATABRICKS, "cluster_id", "-", cluster_get }, \
    { "GET", "/api/" v "/clusters/list", ROUTE_DATABRICKS, LIST_QUERY, "-", cluster_list }, \
    { "POST", "/api/" v "/clusters/start", ROUTE_DATABRICKS, NULL, "cluster_id", cluster_start }, \
    { "POST", "/api/" v "/clusters/delete", ROUTE_DATABRICKS, NULL, "cluster_id", cluster_delete }, \
    { "POST", "/api/" v "/clusters/restart", ROUTE_DATABRICKS, NULL, "cluster_id restart_user", cluster_restart }, \
    { "POST", "/api/" v "/clusters/events", ROUTE_DATABRICKS, NULL, EVENTS_BODY, cluster_events }

const struct route databricks_cluster_routes[] = {
    CLUSTER_ROWS("2.0"),
    CLUSTER_ROWS("2.1"),
    { "GET", "/api/2.0/libraries/cluster-status", ROUTE_DATABRICKS, "cluster_id", "-", cluster_libraries },
    { "GET", "/api/2.0/permissions/clusters/{id}/permissionLevels", ROUTE_DATABRICKS, NULL, "-", cluster_levels },
    { 0 },
};
