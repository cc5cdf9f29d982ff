#include "net/clarifai_inputs.h"

#include "base/str.h"
#include "base/url.h"
#include "net/body.h"
#include "net/clarifai_wire.h"

#include <math.h>

#define COUNT_MAX ((int64_t)1000000000000000)
#define IDS_A_CALL 64 /* keeps the address below 4 KB (§4.4) */

/* ---- reading ---- */

void clarifai_input_decode(const cJSON *json, struct clarifai_input *out)
{
    memset(out, 0, sizeof *out);
    out->json = json;
    out->id = json_str(json, "id");
    out->data = json_obj(json, "data");
    out->metadata = json_obj(out->data, "metadata");
    out->created_us = clarifai_time(json, "created_at");
    out->modified_us = clarifai_time(json, "modified_at");
    clarifai_status_decode(json, &out->status);
}

struct input_list { clarifai_input_each each; void *ctx; bool inside; /* below "input" of the element */ };

static int take_input(void *ctx, const cJSON *element, struct err *e)
{
    const struct input_list *list = ctx;
    struct clarifai_input in;
    clarifai_input_decode(list->inside ? json_obj(element, "input") : element, &in);
    if (!in.id || !*in.id) return err_set(e, ERR_PROTOCOL, "Clarifai listed an input without an id");
    return list->each(list->ctx, &in, e);
}

static int read_page(const struct net_api *api, struct buf *path, bool dataset, clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    struct input_list list = { each, ctx, dataset };
    *count = 0;
    int rc = buf_error(path, e);
    if (!rc) rc = clarifai_list_page(api, path->data, dataset ? "dataset_inputs" : "inputs", take_input, &list, count, e);
    buf_release(path);
    return rc;
}

static void dataset_path(struct buf *path, const struct clarifai_app_id *app, const char *dataset)
{
    clarifai_path_app(path, app);
    buf_puts(path, "/datasets");
    clarifai_path_segment(path, dataset);
    buf_puts(path, "/inputs");
}

int clarifai_dataset_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, int page, int per_page,
                                 clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    struct buf path = BUF_INIT;
    dataset_path(&path, app, dataset);
    clarifai_path_page(&path, page, per_page);
    return read_page(api, &path, true, each, ctx, count, e);
}

int clarifai_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, int page, int per_page,
                         clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    struct buf path = BUF_INIT;
    clarifai_path_app(&path, app);
    buf_puts(&path, "/inputs");
    clarifai_path_page(&path, page, per_page);
    return read_page(api, &path, false, each, ctx, count, e);
}

int clarifai_inputs_stream(const struct net_api *api, const struct clarifai_app_id *app, const char *last_id, int per_page,
                           clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    struct buf path = BUF_INIT;
    clarifai_path_app(&path, app);
    buf_printf(&path, "/inputs/stream?per_page=%d", per_page > CLARIFAI_PAGE_MAX ? CLARIFAI_PAGE_MAX : per_page);
    if (last_id && *last_id) {
        buf_puts(&path, "&last_id=");
        url_encode(&path, last_id, strlen(last_id));
    }
    return read_page(api, &path, false, each, ctx, count, e);
}

int clarifai_inputs_by_id(const struct net_api *api, const struct clarifai_app_id *app, const char *const *ids, size_t n,
                          clarifai_input_each each, void *ctx, struct err *e)
{
    for (size_t from = 0; from < n; from += IDS_A_CALL) {
        struct buf path = BUF_INIT;
        size_t end = n - from > IDS_A_CALL ? from + IDS_A_CALL : n;
        int count;
        clarifai_path_app(&path, app);
        buf_puts(&path, "/inputs");
        clarifai_path_page(&path, 1, IDS_A_CALL);
        for (size_t i = from; i < end; i++) {
            buf_puts(&path, "&ids=");
            url_encode(&path, ids[i], strlen(ids[i]));
        }
        if (read_page(api, &path, false, each, ctx, &count, e)) return -1;
    }
    return 0;
}

/* Sums of them must not overflow, whatever the service says. */
static int64_t count_of(const cJSON *counts, const char *key)
{
    int64_t n = 0;
    json_i64(counts, key, &n);
    return n < 0 ? 0 : n < COUNT_MAX ? n : COUNT_MAX;
}

int clarifai_inputs_status(const struct net_api *api, const struct clarifai_app_id *app, struct clarifai_counts *out, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *tree = NULL;
    memset(out, 0, sizeof *out);
    clarifai_path_app(&path, app);
    buf_puts(&path, "/inputs/status");
    int rc = buf_error(&path, e);
    if (!rc) rc = clarifai_call(api, NET_GET, path.data, NULL, true, false, &tree, e);
    const cJSON *counts = json_obj(tree, "counts");
    if (!rc && !counts) rc = err_set(e, ERR_PROTOCOL, "the answer of Clarifai has no counts");
    *out = (struct clarifai_counts){ .processed = count_of(counts, "processed"), .to_process = count_of(counts, "to_process"),
                                     .processing = count_of(counts, "processing"), .errors = count_of(counts, "errors") };
    cJSON_Delete(tree);
    buf_release(&path);
    return rc;
}

/* ---- posting ---- */

/* A finite number as JSON whatever the locale says; the service keeps 32-bit floats, which 9 digits carry. */
static void add_number(struct buf *out, double value)
{
    char text[40];
    snprintf(text, sizeof text, "%.9g", value);
    for (char *p = text; *p; p++)
        if (!strchr("0123456789+-eE", *p)) *p = '.';
    buf_puts(out, text);
}

static void add_member(struct buf *out, const char *key, const char *value)
{
    buf_puts(out, key);
    json_quote(out, value, strlen(value));
}

static void add_head(struct buf *out, const char *dataset, const struct clarifai_new_input *item)
{
    add_member(out, "{\"id\":", item->id);
    if (dataset && *dataset) {
        add_member(out, ",\"dataset_ids\":[", dataset);
        buf_putc(out, ']');
    }
    buf_puts(out, ",\"data\":{\"image\":{");
    if (item->url) {
        add_member(out, "\"url\":", item->url);
        buf_puts(out, ",\"allow_duplicate_url\":true");
    } else {
        buf_puts(out, "\"base64\":\"");
    }
}

static void add_tail(struct buf *out, const struct clarifai_new_input *item)
{
    buf_puts(out, item->url ? "}" : "\"}");
    if (item->concepts) {
        buf_puts(out, ",\"concepts\":");
        buf_puts(out, item->concepts);
    }
    if (item->metadata) {
        buf_puts(out, ",\"metadata\":");
        buf_puts(out, item->metadata);
    }
    if (item->has_geo) {
        buf_puts(out, ",\"geo\":{\"geo_point\":{\"longitude\":");
        add_number(out, item->longitude);
        buf_puts(out, ",\"latitude\":");
        add_number(out, item->latitude);
        buf_puts(out, "}}");
    }
    buf_puts(out, "}}");
}

static int build_body(struct body *body, const char *dataset, const struct clarifai_new_input *items, size_t n, struct err *e)
{
    buf_puts(&body->text, "{\"inputs\":[");
    for (size_t i = 0; i < n; i++) {
        if (i) buf_putc(&body->text, ',');
        add_head(&body->text, dataset, &items[i]);
        if (!items[i].url && body_add_base64(body, items[i].bytes, items[i].size, e)) return -1;
        add_tail(&body->text, &items[i]);
    }
    buf_puts(&body->text, "]}");
    return buf_error(&body->text, e);
}

/* Text that is spliced in must be one JSON value of its type. */
static int check_json(const char *text, const char *what, bool array, const char *id, struct err *e)
{
    if (!text) return 0;
    struct err why;
    err_clear(&why);
    cJSON *tree = json_parse(text, strlen(text), &why);
    bool ok = tree && (array ? cJSON_IsArray(tree) : cJSON_IsObject(tree));
    cJSON_Delete(tree);
    if (!tree && why.code == ERR_NO_MEMORY) return err_no_memory(e);
    return ok ? 0 : err_set(e, ERR_USAGE, "the %s of input \"%s\" are not a JSON %s", what, id, array ? "array" : "object");
}

static bool geo_ok(const struct clarifai_new_input *item)
{
    return !item->has_geo || (isfinite(item->longitude) && isfinite(item->latitude) && fabs(item->longitude) <= 180 && fabs(item->latitude) <= 90);
}

static int check_item(const struct clarifai_new_input *item, struct err *e)
{
    if (!clarifai_id_valid(item->id)) return err_set(e, ERR_USAGE, "\"%s\" cannot be the id of an input", item->id ? item->id : "");
    if (!item->url == !item->size) return err_set(e, ERR_USAGE, "input \"%s\" needs either bytes or a url", item->id);
    if (!geo_ok(item)) return err_set(e, ERR_USAGE, "the place of input \"%s\" is not on the globe", item->id);
    if (check_json(item->metadata, "metadata", false, item->id, e)) return -1;
    return check_json(item->concepts, "concepts", true, item->id, e);
}

static int check_items(const struct clarifai_new_input *items, size_t n, struct err *e)
{
    if (!n || n > CLARIFAI_BATCH_MAX) return err_set(e, ERR_BUG, "a call takes 1 to %d inputs, not %zu", CLARIFAI_BATCH_MAX, n);
    for (size_t i = 0; i < n; i++)
        if (check_item(&items[i], e)) return -1;
    return 0;
}

/* Where the answer's element i belongs: in the order asked, else by its id. n: nowhere. */
static size_t place_of(const char *id, size_t i, const struct clarifai_new_input *items, size_t n)
{
    if (i < n && (!id || str_eq(id, items[i].id))) return i;
    for (size_t k = 0; id && k < n; k++)
        if (str_eq(id, items[k].id)) return k;
    return n;
}

static int read_statuses(const cJSON *tree, struct clarifai_new_input *items, size_t n, struct err *e)
{
    const cJSON *list = json_arr(tree, "inputs"), *in;
    size_t i = 0, named = 0;
    cJSON_ArrayForEach(in, list) {
        size_t k = place_of(json_str(in, "id"), i++, items, n);
        if (k == n) continue;
        clarifai_status_decode(in, &items[k].status);
        items[k].duplicate_id = strcasestr(items[k].status.details, "duplicate id") || items[k].status.code == 40010;
    }
    for (i = 0; i < n; i++) named += items[i].status.code != 0;
    if (named == n) return 0;
    struct clarifai_status all;
    clarifai_status_decode(tree, &all);
    /* Nothing was taken and nothing is said about the items: the call as a whole was refused. */
    if (!named && all.code == CLARIFAI_FAILURE) {
        clarifai_status_error(&all, 0, e);
        if (e) e->code = ERR_REFUSED;
        return -1;
    }
    return err_set(e, ERR_UNKNOWN, "Clarifai answered for %zu of %zu inputs", named, n);
}

int clarifai_inputs_post(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, struct clarifai_new_input *items, size_t n,
                         struct err *e)
{
    struct net_source source;
    struct body body;
    struct buf path = BUF_INIT;
    cJSON *tree = NULL;
    if (check_items(items, n, e)) return -1;
    for (size_t i = 0; i < n; i++) {
        memset(&items[i].status, 0, sizeof items[i].status);
        items[i].duplicate_id = false;
    }
    body_init(&body);
    clarifai_path_app(&path, app);
    buf_puts(&path, "/inputs");
    int rc = buf_error(&path, e);
    if (!rc) rc = build_body(&body, dataset, items, n, e);
    if (!rc) rc = body_source(&body, &source, e);
    if (!rc) {
        struct net_request request = { .method = NET_POST, .path = path.data, .source = &source, .bulk = true };
        rc = clarifai_request(api, &request, true, &tree, e);
        /* As seen from the items: smaller batches find the one that does not pass. */
        if (rc && e && (e->code == ERR_LIMIT || e->code == ERR_CONFLICT) && e->http) e->code = ERR_REFUSED;
    }
    if (!rc) rc = read_statuses(tree, items, n, e);
    cJSON_Delete(tree);
    body_release(&body);
    buf_release(&path);
    return rc;
}

/* ---- inputs into a dataset ---- */

static cJSON *dataset_inputs_body(const char *const *ids, size_t n)
{
    cJSON *body = cJSON_CreateObject(), *list = cJSON_CreateArray();
    bool ok = body && list;
    for (size_t i = 0; ok && i < n; i++) {
        cJSON *element = cJSON_CreateObject(), *input = cJSON_CreateObject();
        ok = element && input && json_put_str(input, "id", ids[i]);
        if (ok) ok = json_put_item(element, "input", input);
        else cJSON_Delete(input);
        if (ok) ok = cJSON_AddItemToArray(list, element);
        if (!ok) cJSON_Delete(element);
    }
    if (ok && json_put_item(body, "dataset_inputs", list)) return body;
    if (!ok) cJSON_Delete(list);
    cJSON_Delete(body);
    return NULL;
}

static int read_dataset_statuses(const cJSON *tree, const char *const *ids, size_t n, struct clarifai_status *statuses, struct err *e)
{
    const cJSON *element;
    size_t i = 0, named = 0;
    cJSON_ArrayForEach(element, json_arr(tree, "dataset_inputs")) {
        const cJSON *input = json_obj(element, "input");
        const char *id = json_str(input, "id");
        size_t k = i++;
        if (id && (k >= n || !str_eq(id, ids[k])))
            for (k = 0; k < n && !str_eq(id, ids[k]); k++) {}
        if (k < n) clarifai_status_decode(json_obj(input, "status") ? input : element, &statuses[k]);
    }
    for (i = 0; i < n; i++) named += statuses[i].code != 0;
    return named == n ? 0 : err_set(e, ERR_UNKNOWN, "Clarifai answered for %zu of %zu inputs", named, n);
}

int clarifai_dataset_inputs_add(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, const char *const *ids, size_t n,
                                struct clarifai_status *statuses, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *tree = NULL;
    if (!n || n > CLARIFAI_BATCH_MAX) return err_set(e, ERR_BUG, "a call takes 1 to %d inputs, not %zu", CLARIFAI_BATCH_MAX, n);
    memset(statuses, 0, n * sizeof *statuses);
    dataset_path(&path, app, dataset);
    cJSON *body = dataset_inputs_body(ids, n);
    int rc = body ? buf_error(&path, e) : err_no_memory(e);
    /* Adding to a set: once more changes nothing. */
    if (!rc) rc = clarifai_call(api, NET_POST, path.data, body, true, true, &tree, e);
    if (!rc) rc = read_dataset_statuses(tree, ids, n, statuses, e);
    cJSON_Delete(tree);
    cJSON_Delete(body);
    buf_release(&path);
    return rc;
}
