#include "sandbox/clarifai_status.h"
#include "sandbox/inner.h"
#include "base/json.h"
#include "base/str.h"
#include "base/url.h"

static _Thread_local const struct request *current;

void route_current(const struct request *r)
{
    current = r;
}

/* --- answers --- */

void route_header(struct route_answer *a, const char *name, const char *value)
{
    if (a->header_count >= (int)(sizeof a->headers / sizeof *a->headers))
        return;
    char *copy = str_dup(value);
    if (!copy)
        return;
    a->headers[a->header_count].name = name;
    a->headers[a->header_count++].value = copy;
}

void route_json(struct route_answer *a, int status, cJSON *json)
{
    a->status = json ? status : 500;
    a->json = json;
}

void route_answer_release(struct route_answer *a)
{
    cJSON_Delete(a->json);
    free(a->file);
    free(a->text);
    for (int i = 0; i < a->header_count; i++)
        free(a->headers[i].value);
    *a = (struct route_answer){ 0 };
}

/* A refusal replaces whatever the handler had prepared. */
static cJSON *fail_start(struct route_answer *a, int status)
{
    route_answer_release(a);
    a->json = cJSON_CreateObject();
    a->status = a->json ? status : 500;
    return a->json;
}

static cJSON *error_details(const char *reason, const char *message)
{
    cJSON *details = cJSON_CreateArray(), *info = cJSON_CreateObject(), *request = cJSON_CreateObject();
    json_put_str(info, "@type", "type.googleapis.com/google.rpc.ErrorInfo");
    json_put_str(info, "reason", reason);
    json_put_str(info, "domain", str_starts(reason, "FILES_API") ? "filesystem.databricks.com" : "unity-catalog.databricks.com");
    cJSON *metadata = cJSON_CreateObject();
    if (str_eq(reason, "FILES_API_RESOURCE_NOT_FOUND"))
        json_put_str(metadata, "unity_catalog_error_message", message);
    json_put_item(info, "metadata", metadata);
    json_put_str(request, "@type", "type.googleapis.com/google.rpc.RequestInfo");
    json_put_str(request, "request_id", current ? current->request_id : "");
    json_put_str(request, "serving_data", "");
    cJSON_AddItemToArray(details, info);
    cJSON_AddItemToArray(details, request);
    return details;
}

/* The envelope of API 1.2: one text (reference databricks §2.1). */
static void refuse_old(cJSON *o, const char *error_code, const char *message)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s: %s", error_code, message);
    json_put_str(o, "error", text.data);
    buf_release(&text);
}

void route_fail_databricks(struct route_answer *a, int status, const char *error_code, const char *reason, const char *fmt, ...)
{
    struct buf text = BUF_INIT;
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    cJSON *o = fail_start(a, status);
    int64_t number = 0;
    if (status == 400 && current && str_starts(current->path, "/api/1.2/")) {
        refuse_old(o, error_code, text.data);
        buf_release(&text);
        return;
    }
    if (str_i64(error_code, &number))     /* the gateway's own refusals carry a number */
        json_put_i64(o, "error_code", number);
    else
        json_put_str(o, "error_code", error_code);
    json_put_str(o, "message", text.data);
    if (reason)
        json_put_item(o, "details", error_details(reason, text.data));
    buf_release(&text);
}

/* --- Clarifai's envelope --- */

/* Where the answer's list is not called as the last literal of the path. */
static const struct { const char *end, *list; } clarifai_lists[] = {
    { "/inputs/searches", "hits" }, { "/annotations/searches", "hits" }, { "/inputs/stream", "inputs" },
    { "/versions", "dataset_versions" }, { "/jobs/add", "inputs_add_jobs" }, { "/datasets/{d}/inputs", "dataset_inputs" },
    { "/inputs/status", NULL }, { "/users/me", NULL }, { "/myscopes", "scopes" },
};

static const char *list_name(const struct route *row)
{
    if (!row || row->auth != ROUTE_CLARIFAI || str_eq(row->method, "DELETE") || str_ends(row->pattern, "}"))
        return NULL;
    for (size_t i = 0; i < sizeof clarifai_lists / sizeof *clarifai_lists; i++)
        if (str_ends(row->pattern, clarifai_lists[i].end))
            return clarifai_lists[i].list;
    const char *last = strrchr(row->pattern, '/');
    if (str_eq(last, "/inputs") && strstr(row->pattern, "/datasets/"))
        return "dataset_inputs";
    return last ? last + 1 : NULL;
}

void route_fail_clarifai(struct route_answer *a, int code, const char *details)
{
    const struct clarifai_code *known = clarifai_code_find(code);
    cJSON *o = fail_start(a, known ? known->http : 500), *status = clarifai_code_json(code, details);
    char id[33];
    sandbox_random_hex(id, 16);
    json_put_str(status, "req_id", id);
    json_put_item(o, "status", status);
    const char *list = list_name(current ? current->match.route : NULL);
    if (list)
        json_put_item(o, list, cJSON_CreateArray());
}

void route_fail_for(struct request *r, int status, const char *databricks_code, int clarifai_code, const char *text)
{
    bool clarifai = r->match.route ? r->match.route->auth == ROUTE_CLARIFAI : str_starts(r->path, "/v2/");
    if (!clarifai) {
        route_fail_databricks(&r->answer, status, databricks_code, NULL, "%s", text);
        return;
    }
    route_fail_clarifai(&r->answer, clarifai_code, text);
    r->answer.status = status;
}

/* --- matching --- */

static size_t segment(const char *s)
{
    return strcspn(s, "/");
}

/* Higher is more literal, segment by segment from the left; 0 when the path does not fit. */
static uint64_t pattern_score(const char *pattern, const char *path)
{
    uint64_t score = 1;
    for (int i = 0; i < 30; i++) {
        size_t p = segment(pattern), q = segment(path);
        bool capture = pattern[0] == '{', rest = capture && p > 1 && pattern[p - 2] == '*';
        if (rest)
            return score << (2 * (30 - i));
        if (capture ? q == 0 : p != q || memcmp(pattern, path, p) != 0)
            return 0;
        score = (score << 2) | (capture ? 1u : 2u);
        if (!pattern[p] || !path[q])
            return pattern[p] == path[q] ? score << (2 * (29 - i)) : 0;
        pattern += p + 1;
        path += q + 1;
    }
    return 0;
}

static char *decoded(const char *s, size_t n)
{
    struct buf b = BUF_INIT;
    bool good = url_decode(&b, s, n, false) && !memchr(b.data, 0, b.len);
    char *out = good ? buf_take(&b) : NULL;
    if (good && !out)
        out = str_dup("");
    buf_release(&b);
    return out;
}

/* False on a broken escape or a NUL in a segment. */
static bool captures_fill(const char *pattern, const char *path, struct route_match *m)
{
    int n = 0;
    for (;;) {
        size_t p = segment(pattern), q = segment(path);
        if (pattern[0] == '{' && n < (int)(sizeof m->captures / sizeof *m->captures)) {
            bool rest = p > 1 && pattern[p - 2] == '*';
            m->captures[n] = decoded(path, rest ? strlen(path) : q);
            if (!m->captures[n++])
                return false;
            if (rest)
                return true;
        }
        if (!pattern[p])
            return true;
        pattern += p + 1;
        path += q + 1;
    }
}

static void allow_add(struct route_match *m, const char *method)
{
    if (strstr(m->allow, method))
        return;
    size_t n = strlen(m->allow);
    snprintf(m->allow + n, sizeof m->allow - n, "%s%s", n ? ", " : "", method);
}

void route_find(const struct route *const *tables, const char *method, const char *raw_path, struct route_match *m)
{
    uint64_t best = 0;
    for (; *tables; tables++)
        for (const struct route *row = *tables; row->method; row++) {
            uint64_t score = pattern_score(row->pattern + 1, raw_path + (raw_path[0] == '/'));
            if (!score)
                continue;
            allow_add(m, row->method);
            bool exact = str_eq(row->method, method);
            if (!exact && !(str_eq(method, "HEAD") && str_eq(row->method, "GET")))
                continue;
            score = score << 1 | exact;
            if (score > best) {
                best = score;
                m->route = row;
            }
        }
    if (m->route && !captures_fill(m->route->pattern + 1, raw_path + 1, m))
        m->route = NULL;
}

void route_match_release(struct route_match *m)
{
    for (size_t i = 0; i < sizeof m->captures / sizeof *m->captures; i++)
        free(m->captures[i]);
    *m = (struct route_match){ 0 };
}
