#include "net/databricks_compute.h"

#include "base/str.h"
#include "net/databricks_wire.h"
#include "net/listing.h"

#include <strings.h>

#define STATEMENTS "/api/2.0/sql/statements"
#define STATEMENT_MAX ((size_t)16 << 20)  /* §5.1 */
#define RESULT_MAX ((size_t)60 << 20)     /* 25 MiB inline by the service's own count, as JSON with escapes */

static void decode_cluster(const cJSON *json, struct databricks_compute *out)
{
    const struct { char *slot; size_t size; const char *key; } texts[] = {
        { out->id, sizeof out->id, "cluster_id" }, { out->name, sizeof out->name, "cluster_name" }, { out->state, sizeof out->state, "state" },
        { out->state_message, sizeof out->state_message, "state_message" }, { out->spark_version, sizeof out->spark_version, "spark_version" },
        { out->data_security_mode, sizeof out->data_security_mode, "data_security_mode" },
        { out->single_user, sizeof out->single_user, "single_user_name" }, { out->source, sizeof out->source, "cluster_source" },
    };
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) str_copy(texts[i].slot, texts[i].size, json_str_or(json, texts[i].key, ""));
}

static void decode_warehouse(const cJSON *json, struct databricks_compute *out)
{
    const cJSON *health = json_obj(json, "health");
    const char *message = json_str(health, "message");
    memset(out, 0, sizeof *out);
    out->is_warehouse = true;
    str_copy(out->id, sizeof out->id, json_str_or(json, "id", ""));
    str_copy(out->name, sizeof out->name, json_str_or(json, "name", ""));
    str_copy(out->state, sizeof out->state, json_str_or(json, "state", ""));
    str_copy(out->state_message, sizeof out->state_message, message && *message ? message : json_str_or(health, "summary", ""));
}

static int get_compute(const struct net_api *api, bool warehouse, const char *id, struct databricks_compute *out, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *json = NULL;
    memset(out, 0, sizeof *out);
    buf_puts(&path, warehouse ? "/api/2.0/sql/warehouses" : "/api/2.1/clusters/get");
    if (warehouse) databricks_path_segment(&path, id);
    else databricks_path_query(&path, "cluster_id", id);
    int rc = buf_error(&path, e);
    if (!rc) rc = databricks_call(api, NET_GET, path.data, NULL, true, &json, e);
    if (!rc && warehouse) decode_warehouse(json, out);
    if (!rc && !warehouse) decode_cluster(json, out);
    if (!rc && (!out->id[0] || !out->state[0])) rc = err_set(e, ERR_PROTOCOL, "the answer of Databricks names no id or no state");
    cJSON_Delete(json);
    buf_release(&path);
    return rc;
}

int databricks_cluster_get(const struct net_api *api, const char *id, struct databricks_compute *out, struct err *e)
{
    return get_compute(api, false, id, out, e);
}

int databricks_warehouse_get(const struct net_api *api, const char *id, struct databricks_compute *out, struct err *e)
{
    return get_compute(api, true, id, out, e);
}

struct compute_list { bool warehouses; databricks_compute_each each; void *ctx; };

static int take_compute(void *ctx, const cJSON *element, struct err *e)
{
    const struct compute_list *list = ctx;
    struct databricks_compute c;
    if (list->warehouses) decode_warehouse(element, &c);
    else decode_cluster(element, &c);
    bool foreign = c.source[0] && !str_eq(c.source, "UI") && !str_eq(c.source, "API");
    return !c.id[0] || foreign ? 0 : list->each(list->ctx, &c, e);
}

int databricks_clusters_list(const struct net_api *api, databricks_compute_each each, void *ctx, struct err *e)
{
    struct compute_list list = { false, each, ctx };
    return databricks_ask_list(api, "/api/2.1/clusters/list?filter_by.cluster_sources=UI&filter_by.cluster_sources=API&page_size=100",
                               "clusters", NULL, take_compute, &list, e);
}

int databricks_warehouses_list(const struct net_api *api, databricks_compute_each each, void *ctx, struct err *e)
{
    struct compute_list list = { true, each, ctx };
    return databricks_ask_list(api, "/api/2.0/sql/warehouses", "warehouses", NULL, take_compute, &list, e);
}

/* A body of texts. NULL without memory. */
static cJSON *text_body(const char *const (*pairs)[2], size_t count)
{
    cJSON *body = cJSON_CreateObject();
    for (size_t i = 0; body && i < count; i++)
        if (!json_put_str(body, pairs[i][0], pairs[i][1])) {
            cJSON_Delete(body);
            return NULL;
        }
    return body;
}

static int post_texts(const struct net_api *api, const char *path, const char *const (*pairs)[2], size_t count, bool idempotent,
                      cJSON **out, struct err *e)
{
    if (out) *out = NULL;
    cJSON *body = text_body(pairs, count);
    if (!body) return err_no_memory(e);
    struct databricks_ask ask = { .method = NET_POST, .path = path, .body = body, .idempotent = idempotent, .exact = true };
    int rc = databricks_ask_send(api, &ask, out, e);
    cJSON_Delete(body);
    return rc;
}

/* Somebody else started it meanwhile: as good as started (§3). A cluster long gone says the same code. */
static bool started_anyway(const struct err *e)
{
    return str_eq(e->api_code, "INVALID_STATE") && !strcasestr(e->cause, "cannot access");
}

int databricks_cluster_start(const struct net_api *api, const char *id, struct err *e)
{
    const char *const pairs[][2] = { { "cluster_id", id } };
    struct err why;
    err_clear(&why);
    if (!post_texts(api, "/api/2.1/clusters/start", pairs, 1, true, NULL, &why) || started_anyway(&why)) return 0;
    if (e) *e = why;
    return -1;
}

int databricks_warehouse_start(const struct net_api *api, const char *id, struct err *e)
{
    struct buf path = BUF_INIT;
    struct err why;
    err_clear(&why);
    buf_puts(&path, "/api/2.0/sql/warehouses");
    databricks_path_segment(&path, id);
    buf_puts(&path, "/start");
    int rc = buf_error(&path, &why);
    if (!rc) rc = post_texts(api, path.data, NULL, 0, true, NULL, &why);
    if (rc && started_anyway(&why)) rc = 0;
    if (rc && e) *e = why;
    buf_release(&path);
    return rc;
}

/* ---- Command Execution (§4) ---- */

/* A POST whose answer names an id. What was made without our learning its id has an unknown end. */
static int post_for_id(const struct net_api *api, const char *path, const char *const (*pairs)[2], size_t count, char id[64], struct err *e)
{
    cJSON *json;
    id[0] = '\0';
    if (post_texts(api, path, pairs, count, false, &json, e)) return -1;
    const char *text = json_str(json, "id");
    bool ok = text && *text && str_copy(id, 64, text);
    cJSON_Delete(json);
    return ok ? 0 : err_set(e, ERR_UNKNOWN, "the answer of Databricks names no usable id");
}

int databricks_context_create(const struct net_api *api, const char *cluster, const char *language, char id[64], struct err *e)
{
    const char *const pairs[][2] = { { "clusterId", cluster }, { "language", language } };
    return post_for_id(api, "/api/1.2/contexts/create", pairs, 2, id, e);
}

int databricks_context_status(const struct net_api *api, const char *cluster, const char *context, char status[16], struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *json = NULL;
    status[0] = '\0';
    buf_puts(&path, "/api/1.2/contexts/status");
    databricks_path_query(&path, "clusterId", cluster);
    databricks_path_query(&path, "contextId", context);
    int rc = buf_error(&path, e);
    if (!rc) rc = databricks_call(api, NET_GET, path.data, NULL, true, &json, e);
    const char *text = rc ? NULL : json_need_str(json, "status", e);
    if (text) str_copy(status, 16, text);
    else rc = -1;
    cJSON_Delete(json);
    buf_release(&path);
    return rc;
}

int databricks_context_destroy(const struct net_api *api, const char *cluster, const char *context, struct err *e)
{
    const char *const pairs[][2] = { { "clusterId", cluster }, { "contextId", context } };
    return post_texts(api, "/api/1.2/contexts/destroy", pairs, 2, true, NULL, e);
}

int databricks_command_execute(const struct net_api *api, const char *cluster, const char *context, const char *language,
                               const char *text, char id[64], struct err *e)
{
    const char *const pairs[][2] = { { "clusterId", cluster }, { "contextId", context }, { "language", language }, { "command", text } };
    return post_for_id(api, "/api/1.2/commands/execute", pairs, 4, id, e);
}

int databricks_command_status(const struct net_api *api, const char *cluster, const char *context, const char *command,
                              cJSON **out, struct err *e)
{
    struct buf path = BUF_INIT;
    *out = NULL;
    buf_puts(&path, "/api/1.2/commands/status");
    databricks_path_query(&path, "clusterId", cluster);
    databricks_path_query(&path, "contextId", context);
    databricks_path_query(&path, "commandId", command);
    int rc = buf_error(&path, e);
    struct databricks_ask ask = { .method = NET_GET, .path = path.data, .idempotent = true, .bulk = true, .exact = true, .answer_max = RESULT_MAX };
    if (!rc) rc = databricks_ask_send(api, &ask, out, e);
    buf_release(&path);
    return rc;
}

int databricks_command_cancel(const struct net_api *api, const char *cluster, const char *context, const char *command, struct err *e)
{
    const char *const pairs[][2] = { { "clusterId", cluster }, { "contextId", context }, { "commandId", command } };
    return post_texts(api, "/api/1.2/commands/cancel", pairs, 3, true, NULL, e);
}

/* ---- Statement Execution (§5) ---- */

static bool put_parameters(cJSON *body, const struct databricks_statement *s)
{
    if (!s->parameter_count) return true;
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < s->parameter_count; i++) {
        cJSON *p = cJSON_CreateObject();
        bool ok = p && json_put_str(p, "name", s->parameters[i][0]) && json_put_str(p, "value", s->parameters[i][1]) && json_put_str(p, "type", "STRING");
        if (!ok || !cJSON_AddItemToArray(list, p)) {
            cJSON_Delete(p);
            cJSON_Delete(list);
            return false;
        }
    }
    return json_put_item(body, "parameters", list);
}

static cJSON *statement_body(const struct databricks_statement *s)
{
    char wait[16];
    snprintf(wait, sizeof wait, "%ds", s->wait_s);
    cJSON *body = cJSON_CreateObject();
    bool ok = body && json_put_str(body, "warehouse_id", s->warehouse) && json_put_str(body, "statement", s->text) && put_parameters(body, s)
        && (s->row_limit <= 0 || json_put_i64(body, "row_limit", s->row_limit))
        && json_put_str(body, "disposition", s->external_links ? "EXTERNAL_LINKS" : "INLINE") && json_put_str(body, "format", "JSON_ARRAY")
        && json_put_str(body, "wait_timeout", wait) && json_put_str(body, "on_wait_timeout", "CONTINUE");
    if (ok) return body;
    cJSON_Delete(body);
    return NULL;
}

static int need_statement_id(cJSON **out, enum err_code code, struct err *e)
{
    const char *id = json_str(*out, "statement_id");
    if (id && *id && json_str(json_obj(*out, "status"), "state")) return 0;
    cJSON_Delete(*out);
    *out = NULL;
    return err_set(e, code, "the answer of Databricks names no statement or no state");
}

int databricks_statement_execute(const struct net_api *api, const struct databricks_statement *s, cJSON **out, struct err *e)
{
    *out = NULL;
    size_t n = strlen(s->text);
    if (n > STATEMENT_MAX) return err_set(e, ERR_LIMIT, "the statement has %zu bytes, more than the 16 MiB a warehouse takes", n);
    cJSON *body = statement_body(s);
    if (!body) return err_no_memory(e);
    struct databricks_ask ask = { .method = NET_POST, .path = STATEMENTS, .body = body, .idempotent = s->query, .answer_max = RESULT_MAX };
    int rc = databricks_ask_send(api, &ask, out, e);
    cJSON_Delete(body);
    return rc ? rc : need_statement_id(out, ERR_UNKNOWN, e);
}

static int statement_path(struct buf *path, const char *id, const char *tail, struct err *e)
{
    buf_puts(path, STATEMENTS);
    databricks_path_segment(path, id);
    buf_puts(path, tail);
    return buf_error(path, e);
}

static int statement_read(const struct net_api *api, const char *id, const char *tail, cJSON **out, struct err *e)
{
    struct buf path = BUF_INIT;
    *out = NULL;
    int rc = statement_path(&path, id, tail, e);
    struct databricks_ask ask = { .method = NET_GET, .path = path.data, .idempotent = true, .bulk = true, .answer_max = RESULT_MAX };
    if (!rc) rc = databricks_ask_send(api, &ask, out, e);
    buf_release(&path);
    return rc;
}

int databricks_statement_get(const struct net_api *api, const char *id, cJSON **out, struct err *e)
{
    int rc = statement_read(api, id, "", out, e);
    return rc ? rc : need_statement_id(out, ERR_PROTOCOL, e);
}

int databricks_statement_chunk(const struct net_api *api, const char *id, int64_t index, cJSON **out, struct err *e)
{
    char tail[48];
    snprintf(tail, sizeof tail, "/result/chunks/%lld", (long long)index);
    return statement_read(api, id, tail, out, e);
}

int databricks_statement_cancel(const struct net_api *api, const char *id, struct err *e)
{
    struct buf path = BUF_INIT;
    int rc = statement_path(&path, id, "/cancel", e);
    if (!rc) rc = post_texts(api, path.data, NULL, 0, true, NULL, e);
    buf_release(&path);
    return rc;
}

/* ---- external links (§5.2) ---- */

#define LINK_HEADERS 7

static enum net_verdict judge_link(const struct net_request *request, const struct net_answer *answer, struct err *e)
{
    int status = answer->status;
    (void)request;
    if (status >= 200 && status < 300) return NET_JUDGE_OK;
    bool again = status == 408 || status == 429 || status >= 500;
    bool expired = status == 401 || status == 403 || status == 404 || status == 410;
    if (expired) err_set(e, ERR_CONFLICT, "the link to the result has expired");
    else err_set(e, again ? ERR_OFFLINE : ERR_PROTOCOL, "the storage of the result answered %d", status);
    if (e) e->http = status;
    return again ? NET_JUDGE_RETRY : NET_JUDGE_FAIL;
}

static bool plain_line(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 0x7F) return false;
    return true;
}

/* The lines the link asks for. Whatever it says, no Authorization goes out. */
static int link_headers(const cJSON *http_headers, char *lines[LINK_HEADERS + 1], struct err *e)
{
    const cJSON *h;
    size_t n = 0;
    cJSON_ArrayForEach(h, http_headers) {
        const char *name = h->string, *value = cJSON_IsString(h) ? h->valuestring : NULL;
        if (!name || !value || !strcasecmp(name, "authorization")) continue;
        if (!plain_line(name) || !plain_line(value) || strchr(name, ':')) return err_set(e, ERR_PROTOCOL, "a header of the result link is malformed");
        if (n == LINK_HEADERS) return err_set(e, ERR_PROTOCOL, "the result link asks for more than %d headers", LINK_HEADERS);
        lines[n] = str_printf("%s: %s", name, value);
        if (!lines[n++]) return err_no_memory(e);
    }
    return 0;
}

/* A site without credential for the link's host, even where that is the workspace's own. */
static struct net_site *link_site(const char *url, struct err *e)
{
    size_t scheme = strcspn(url, ":");
    size_t n = strncmp(url + scheme, "://", 3) ? 0 : scheme + 3 + strcspn(url + scheme + 3, "/?#");
    char *base = str_dup_n(url, n);
    if (!base) {
        err_no_memory(e);
        return NULL;
    }
    struct net_site *site = net_site_new(base, NET_ANONYMOUS, "links", (struct net_quota){ 0 }, e);
    free(base);
    return site;
}

int databricks_link_read(const struct net_api *api, const char *url, const cJSON *http_headers, databricks_each row, void *ctx, struct err *e)
{
    char *lines[LINK_HEADERS + 1] = { 0 };
    struct listing rows;
    struct net_answer answer;
    struct net_api bare = *api;
    listing_init(&rows, "storage", NULL, row, ctx);
    net_answer_init(&answer);
    bare.site = link_site(url, e);
    int rc = bare.site ? link_headers(http_headers, lines, e) : -1;
    if (!rc) {
        struct net_sink sink = listing_sink(&rows);
        struct net_request request = { .method = NET_GET, .path = url, .url_is_whole = true, .idempotent = true, .bulk = true, .sink = &sink };
        for (size_t i = 0; lines[i]; i++) request.headers[i] = lines[i];
        rc = net_call(&bare, &request, judge_link, &answer, e);
    }
    if (!rc && !listing_rest(&rows, e)) rc = -1;
    for (size_t i = 0; i < LINK_HEADERS; i++) free(lines[i]);
    net_site_free(bare.site);
    net_answer_release(&answer);
    listing_release(&rows);
    return rc;
}
