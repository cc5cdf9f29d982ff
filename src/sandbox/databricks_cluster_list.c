#include "sandbox/databricks_clusters.h"
#include "base/json.h"
#include "base/str.h"

/* What the workspace tells of its clusters: one, the list, events. */

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
    const char *state = cluster_state(k);
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "cluster_id", k->id);
    json_put_str(o, "cluster_name", k->name);
    json_put_str(o, "state", state);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
        if (str_eq(messages[i].state, state))
            json_put_str(o, "state_message", messages[i].text);
    json_put_str(o, "spark_version", k->runtime);
    json_put_str(o, "data_security_mode", k->mode);
    if (clusters_dedicated(k))
        json_put_str(o, "single_user_name", DEDICATED_TO);
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

void cluster_get(struct route_call *c, struct route_answer *a)
{
    struct clusters *all = c->sandbox->clusters;
    const char *id = databricks_need_query(c, a, "cluster_id");
    if (!id)
        return;
    pthread_mutex_lock(&all->lock);
    struct cluster *k = clusters_find(all, id);
    if (k)
        route_json(a, 200, cluster_json(k));
    pthread_mutex_unlock(&all->lock);
    if (!k)
        cluster_missing(a, id);
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
        if (listed(c, "filter_by.cluster_sources", k->source) && listed(c, "filter_by.cluster_states", cluster_state(k)) &&
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

/* Every value of a filter or of the order must be a word of the reference (databricks §3). */
static bool words_known(const struct route_call *c, struct route_answer *a)
{
    static const struct { const char *name, *words; } rows[] = {
        { "filter_by.cluster_sources", " UI API JOB PIPELINE PIPELINE_MAINTENANCE SQL MODELS " },
        { "filter_by.cluster_states", " PENDING RUNNING RESTARTING RESIZING TERMINATING TERMINATED ERROR UNKNOWN " },
        { "sort_by.field", " CLUSTER_NAME DEFAULT " }, { "sort_by.direction", " ASC DESC " } };
    const char *given[16];
    char word[64];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int k = 0, n = c->query_all(c, rows[i].name, given, 16); k < n; k++) {
            bool whole = snprintf(word, sizeof word, " %s ", given[k]) < (int)sizeof word;
            if (whole && !strchr(given[k], ' ') && strstr(rows[i].words, word))
                continue;
            route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "%s has no value '%.100s'.", rows[i].name, given[k]);
            return false;
        }
    return true;
}

void cluster_list(struct route_call *c, struct route_answer *a)
{
    struct clusters *all = c->sandbox->clusters;
    int64_t size = 0, from = 0;
    char number[24];
    if (!words_known(c, a) || !page_read(c, a, c->query(c, "page_token"), &size, &from))
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

void cluster_events(struct route_call *c, struct route_answer *a)
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
    const struct cluster *k = clusters_find(all, id);
    if (k)
        route_json(a, 200, events_json(c, k, size ? size : 50, from));
    pthread_mutex_unlock(&all->lock);
    if (!k)
        cluster_missing(a, id);
}
