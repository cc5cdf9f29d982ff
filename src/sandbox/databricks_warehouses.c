#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

struct warehouse {
    const char *id, *name, *size;
    bool running;
    int64_t until_ms;            /* monotonic end of a change, 0 at rest */
};
struct warehouses {
    pthread_mutex_t lock;
    struct sandbox *sandbox;
    struct warehouse rows[2];
};

struct warehouses *warehouses_new(struct sandbox *s)
{
    static const struct warehouse samples[] = {
        { .id = "wh-live-0001", .name = "Lab warehouse", .size = "2X-Small", .running = true },
        { .id = "wh-lab-00002", .name = "Sleeping warehouse", .size = "Small" },
    };
    struct warehouses *w = calloc(1, sizeof *w);
    if (!w || pthread_mutex_init(&w->lock, NULL) != 0) {
        free(w);
        return NULL;
    }
    w->sandbox = s;
    memcpy(w->rows, samples, sizeof samples);
    return w;
}

void warehouses_free(struct warehouses *w)
{
    if (!w)
        return;
    pthread_mutex_destroy(&w->lock);
    free(w);
}

static struct warehouse *find(struct warehouses *w, const char *id)
{
    for (size_t i = 0; i < sizeof w->rows / sizeof *w->rows; i++)
        if (str_eq(w->rows[i].id, id))
            return &w->rows[i];
    return NULL;
}

static const char *state_of(const struct warehouse *h)
{
    bool changing = h->until_ms > time_mono_ms();
    return h->running ? (changing ? "STARTING" : "RUNNING") : changing ? "STOPPING" : "STOPPED";
}

static void start(struct warehouses *w, struct warehouse *h)
{
    if (h->running)
        return;
    h->running = true;
    h->until_ms = time_mono_ms() + sandbox_setting(w->sandbox, "warehouse.start_ms", 1500);
}

int64_t warehouses_use(struct warehouses *w, const char *id)
{
    int64_t ready = -1;
    pthread_mutex_lock(&w->lock);
    struct warehouse *h = find(w, id);
    if (h) {
        start(w, h);
        ready = h->until_ms;
    }
    pthread_mutex_unlock(&w->lock);
    return ready;
}

static cJSON *warehouse_json(const struct warehouse *h)
{
    cJSON *o = cJSON_CreateObject(), *odbc = cJSON_CreateObject(), *health = cJSON_CreateObject();
    struct buf text = BUF_INIT;
    json_put_str(o, "id", h->id);
    json_put_str(o, "name", h->name);
    json_put_str(o, "state", state_of(h));
    json_put_str(o, "cluster_size", h->size);
    json_put_str(o, "warehouse_type", "PRO");
    json_put_bool(o, "enable_serverless_compute", false);
    json_put_i64(o, "auto_stop_mins", 10);
    json_put_i64(o, "min_num_clusters", 1);
    json_put_i64(o, "max_num_clusters", 1);
    json_put_i64(o, "num_clusters", str_eq(state_of(h), "RUNNING"));
    json_put_str(o, "creator_name", "lab-user@example.com");
    buf_printf(&text, "/sql/1.0/warehouses/%s", h->id);
    json_put_str(odbc, "hostname", "127.0.0.1");
    json_put_str(odbc, "path", text.data);
    json_put_i64(odbc, "port", 443);
    json_put_str(odbc, "protocol", "https");
    json_put_item(o, "odbc_params", odbc);
    json_put_str(health, "status", "HEALTHY");
    json_put_item(o, "health", health);
    buf_release(&text);
    return o;
}

static void warehouse_list(struct route_call *c, struct route_answer *a)
{
    struct warehouses *w = c->sandbox->warehouses;
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    const char *token = c->query(c, "page_token"), *asked = c->query(c, "page_size");
    int64_t size = 0, from = 0, n = (int64_t)(sizeof w->rows / sizeof *w->rows);
    struct buf text = BUF_INIT;
    char number[24];
    bool good = (!asked || (str_i64(asked, &size) && size >= 0)) &&
                (!token || !*token || (databricks_token_read(token, &text) && str_i64(text.data, &from)));
    buf_release(&text);
    pthread_mutex_lock(&w->lock);
    int64_t i = from;
    for (; good && i < n && (size == 0 || i < from + size); i++)
        cJSON_AddItemToArray(list, warehouse_json(&w->rows[i]));
    pthread_mutex_unlock(&w->lock);
    json_put_item(o, "warehouses", list);
    if (!good) {
        cJSON_Delete(o);
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Invalid page_size or page_token.");
        return;
    }
    if (i < n) {
        snprintf(number, sizeof number, "%lld", (long long)i);
        databricks_token(o, "next_page_token", number);
    }
    route_json(a, 200, o);
}

enum act { ACT_GET, ACT_START, ACT_STOP };
static void act(struct route_call *c, struct route_answer *a, enum act what)
{
    struct warehouses *w = c->sandbox->warehouses;
    if (what != ACT_GET && gate_is_reader(c->user)) {
        route_fail_databricks(a, 403, "PERMISSION_DENIED", NULL, "You do not have permission to start or stop warehouse %s.",
                              c->captures[0]);
        return;
    }
    pthread_mutex_lock(&w->lock);
    struct warehouse *h = find(w, c->captures[0]);
    if (h && what == ACT_START)
        start(w, h);
    if (h && what == ACT_STOP && h->running) {
        h->running = false;
        h->until_ms = time_mono_ms() + sandbox_setting(w->sandbox, "warehouse.stop_ms", 300);
    }
    if (h)
        route_json(a, 200, what == ACT_GET ? warehouse_json(h) : cJSON_CreateObject());
    pthread_mutex_unlock(&w->lock);
    if (!h)
        route_fail_databricks(a, 404, "RESOURCE_DOES_NOT_EXIST", NULL, "Warehouse %s does not exist", c->captures[0]);
}

static void warehouse_get(struct route_call *c, struct route_answer *a) { act(c, a, ACT_GET); }
static void warehouse_start(struct route_call *c, struct route_answer *a) { act(c, a, ACT_START); }
static void warehouse_stop(struct route_call *c, struct route_answer *a) { act(c, a, ACT_STOP); }

const struct route databricks_warehouse_routes[] = {
    { "GET", "/api/2.0/sql/warehouses", ROUTE_DATABRICKS, "page_size page_token run_as_user_id", "-", warehouse_list },
    { "GET", "/api/2.0/sql/warehouses/{id}", ROUTE_DATABRICKS, NULL, "-", warehouse_get },
    { "POST", "/api/2.0/sql/warehouses/{id}/start", ROUTE_DATABRICKS, NULL, "-", warehouse_start },
    { "POST", "/api/2.0/sql/warehouses/{id}/stop", ROUTE_DATABRICKS, NULL, "-", warehouse_stop },
    { 0 },
};
