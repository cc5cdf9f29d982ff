#include "sandbox/databricks_clusters.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

/* Clusters live by timestamps: what state one is in follows from when it was last started or terminated. */

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

struct cluster *clusters_find(struct clusters *c, const char *id)
{
    for (int i = 0; i < c->count; i++)
        if (str_eq(c->rows[i].id, id))
            return &c->rows[i];
    return NULL;
}

const char *cluster_state(struct cluster *k)
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

bool clusters_dedicated(const struct cluster *k)
{
    return str_eq(k->mode, "SINGLE_USER") || str_eq(k->mode, "DATA_SECURITY_MODE_DEDICATED");
}

const char *clusters_state(struct clusters *c, const char *id, int *generation)
{
    pthread_mutex_lock(&c->lock);
    struct cluster *k = clusters_find(c, id);
    const char *state = k ? cluster_state(k) : NULL;
    if (k && generation)
        *generation = k->generation;
    pthread_mutex_unlock(&c->lock);
    return state;
}

const char *clusters_why_not(struct clusters *c, const char *id, const char *user)
{
    pthread_mutex_lock(&c->lock);
    const struct cluster *k = clusters_find(c, id);
    const char *why = !k || str_eq(k->source, "UI") || str_eq(k->source, "API") ? NULL : "is no all-purpose cluster";
    if (k && !why && clusters_dedicated(k) && !str_eq(user, DEDICATED_TO))
        why = "is dedicated to somebody else";
    pthread_mutex_unlock(&c->lock);
    return why;
}

bool clusters_has_unity(struct clusters *c, const char *id)
{
    pthread_mutex_lock(&c->lock);
    const struct cluster *k = clusters_find(c, id);
    bool unity = k && !str_eq(k->mode, "NONE");
    pthread_mutex_unlock(&c->lock);
    return unity;
}

void cluster_missing(struct route_answer *a, const char *id)
{
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Cluster %s does not exist", id);
}

/* --- life --- */

static const char *do_start(struct clusters *all, struct cluster *k)
{
    const char *state = cluster_state(k);
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
    const char *state = cluster_state(k);
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
    struct cluster *k = clusters_find(all, id);
    if (k)
        state = what(all, k);
    pthread_mutex_unlock(&all->lock);
    if (!k)
        cluster_missing(a, id);
    else if (state)
        route_fail_databricks(a, 400, "INVALID_STATE", NULL, "Cluster %s is in unexpected state %s.", id, state);
    else
        route_json(a, 200, cJSON_CreateObject());
}

static void cluster_start(struct route_call *c, struct route_answer *a) { act(c, a, do_start); }
static void cluster_delete(struct route_call *c, struct route_answer *a) { act(c, a, do_terminate); }
static void cluster_restart(struct route_call *c, struct route_answer *a) { act(c, a, do_restart); }

static void cluster_libraries(struct route_call *c, struct route_answer *a)
{
    const char *id = databricks_need_query(c, a, "cluster_id");
    if (!id)
        return;
    if (!clusters_state(c->sandbox->clusters, id, NULL)) {
        cluster_missing(a, id);
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
        cluster_missing(a, c->captures[0]);
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
