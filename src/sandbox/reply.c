#include "sandbox/inner.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What the body consists of: prefix, then `repeat` times text, then suffix; or size bytes of fd. A cut ends it early, a
 * rate makes it slow. Answers without such a fault go to libmicrohttpd as a buffer or a descriptor.
 */
struct stream {
    struct sandbox *sandbox;
    char *text, *prefix, *suffix;
    size_t text_size, prefix_size, suffix_size;
    uint64_t repeat, size, offset;
    int fd;                      /* -1: texts */
    int64_t cut_at, rate;        /* -1, 0: none */
};

void reply_reset(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct sockaddr none = { .sa_family = AF_UNSPEC };
    if (info)       /* dissolving the association makes Linux send RST at once */
        connect(info->connect_fd, &none, sizeof none);
}

static size_t text_read(const struct stream *st, uint64_t pos, char *out, size_t max)
{
    uint64_t middle = st->repeat * st->text_size;
    const char *from;
    size_t left;
    if (pos < st->prefix_size) {
        from = st->prefix + pos;
        left = st->prefix_size - (size_t)pos;
    } else if (pos - st->prefix_size < middle) {
        size_t at = (size_t)((pos - st->prefix_size) % st->text_size);
        from = st->text + at;
        left = st->text_size - at;
    } else {
        size_t at = (size_t)(pos - st->prefix_size - middle);
        from = st->suffix + at;
        left = st->suffix_size - at;
    }
    size_t n = left < max ? left : max;
    memcpy(out, from, n);
    return n;
}

static ssize_t stream_read(void *cls, uint64_t pos, char *out, size_t max)
{
    struct stream *st = cls;
    if (st->cut_at >= 0) {
        if (pos >= (uint64_t)st->cut_at)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (max > (uint64_t)st->cut_at - pos)
            max = (size_t)((uint64_t)st->cut_at - pos);
    }
    if (st->rate > 0) {
        size_t step = (size_t)(st->rate / 10 ? st->rate / 10 : 1);
        max = max < step ? max : step;
        if (!sandbox_sleep(st->sandbox, (int64_t)max * 1000 / st->rate))
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    if (st->fd >= 0) {
        if (max > st->size - pos)
            max = (size_t)(st->size - pos);
        ssize_t n = pread(st->fd, out, max, (off_t)(st->offset + pos));
        return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = 0;
    while (n < max && pos + n < st->size)
        n += text_read(st, pos + n, out + n, max - n);
    return (ssize_t)n;
}

static void stream_free(void *cls)
{
    struct stream *st = cls;
    if (st->fd >= 0)
        close(st->fd);
    free(st->text);
    free(st->prefix);
    free(st->suffix);
    free(st);
}

/* --- faults that replace or change the answer --- */

static void answer_text(struct route_answer *a, int status, const char *text, const char *type)
{
    route_answer_release(a);
    a->status = status;
    a->text = str_dup(text);
    a->text_size = a->text ? strlen(a->text) : 0;
    a->content_type = type;
}

static void fault_status(struct request *r, const cJSON *rule)
{
    int64_t status = 500;
    json_i64(rule, "status", &status);
    const cJSON *body = json_get(rule, "body");
    if (cJSON_IsString(body)) {
        answer_text(&r->answer, (int)status, body->valuestring, "text/plain");
    } else if (body) {
        route_answer_release(&r->answer);
        route_json(&r->answer, (int)status, cJSON_Duplicate(body, true));
    } else {
        static const struct { int http; const char *databricks; int clarifai; } codes[] = {
            { 429, "REQUEST_LIMIT_EXCEEDED", 11005 }, { 503, "TEMPORARILY_UNAVAILABLE", 40031 },
            { 403, "PERMISSION_DENIED", 11007 }, { 404, "NOT_FOUND", 11101 }, { 0, "INTERNAL_ERROR", 98004 } };
        int i = 0;
        while (codes[i].http && codes[i].http != status)
            i++;
        route_fail_for(r, (int)status, codes[i].databricks, codes[i].clarifai, "injected fault");
    }
}

static void fault_login(struct request *r, const cJSON *rule)
{
    (void)rule;
    answer_text(&r->answer, 200, "<!doctype html><html><head><title>Databricks - Sign In</title></head><body>"
                "<form action=\"/login.html\"><input name=\"email\"></form></body></html>", "text/html; charset=utf-8");
}

static void fault_redirect(struct request *r, const cJSON *rule)
{
    int64_t status = 302;
    json_i64(rule, "status", &status);
    answer_text(&r->answer, (int)status, "", "text/html");
    route_header(&r->answer, "Location", json_str_or(rule, "location", "/login.html"));
}

static void fault_code(struct request *r, const cJSON *rule)
{
    int64_t code = 11005, http = 0;
    json_i64(rule, "code", &code);
    route_fail_clarifai(&r->answer, (int)code, "injected fault");
    if (json_i64(rule, "http", &http))
        r->answer.status = (int)http;
}

static void fault_previous(struct request *r, const cJSON *rule)
{
    (void)rule;
    if (r->fault.previous)
        answer_text(&r->answer, r->answer.status, r->fault.previous, "application/json");
}

/* Removes, doubles and sets parts of the handler's own JSON answer. */
static void fault_edit(struct request *r, const cJSON *rule)
{
    int64_t drop = 0, twice = 0;
    const cJSON *member;
    cJSON *list = cJSON_GetObjectItemCaseSensitive(r->answer.json, json_str_or(rule, "array", ""));
    json_i64(rule, "drop", &drop);
    json_i64(rule, "duplicate", &twice);
    for (; twice > 0 && cJSON_GetArraySize(list) > 0; twice--)
        cJSON_AddItemToArray(list, cJSON_Duplicate(cJSON_GetArrayItem(list, 0), true));
    for (; drop > 0 && cJSON_GetArraySize(list) > 0; drop--)
        cJSON_DeleteItemFromArray(list, 0);
    cJSON_ArrayForEach(member, json_obj(rule, "set")) {
        cJSON_DeleteItemFromObjectCaseSensitive(r->answer.json, member->string);
        json_put_item(r->answer.json, member->string, cJSON_Duplicate(member, true));
    }
    cJSON_ArrayForEach(member, json_arr(rule, "remove"))
        if (cJSON_IsString(member))
            cJSON_DeleteItemFromObjectCaseSensitive(r->answer.json, member->valuestring);
}

static void fault_body(struct request *r, const cJSON *rule)
{
    int64_t status = 200;
    struct buf bytes = BUF_INIT;
    const char *coded = json_str(rule, "text_base64");
    json_i64(rule, "status", &status);
    answer_text(&r->answer, (int)status, json_str_or(rule, "text", ""), NULL);
    if (!coded || base64_decode(&bytes, coded, strlen(coded), NULL) < 0)
        return;
    free(r->answer.text);
    r->answer.text_size = bytes.len;
    r->answer.text = buf_take(&bytes);
}

static void (*const fault_shapes[FAULT_KINDS])(struct request *, const cJSON *) = {
    [FAULT_STATUS] = fault_status, [FAULT_HTML_LOGIN] = fault_login, [FAULT_REDIRECT] = fault_redirect,
    [FAULT_BODY] = fault_body, [FAULT_CLARIFAI_CODE] = fault_code, [FAULT_PREVIOUS] = fault_previous, [FAULT_EDIT] = fault_edit,
};

/* Headers every fault rule may add: "retry_after", "headers", and the type of its own body. */
static void fault_headers(struct request *r, const cJSON *rule)
{
    const cJSON *wait = json_get(rule, "retry_after"), *header;
    char number[32];
    if (cJSON_IsString(wait))
        route_header(&r->answer, "Retry-After", wait->valuestring);
    else if (cJSON_IsNumber(wait)) {
        snprintf(number, sizeof number, "%.0f", wait->valuedouble);
        route_header(&r->answer, "Retry-After", number);
    }
    cJSON_ArrayForEach(header, json_obj(rule, "headers"))
        if (cJSON_IsString(header))
            route_header(&r->answer, header->string, header->valuestring);
    if (json_str(rule, "content_type"))
        r->answer.content_type = json_str(rule, "content_type");
}

/* --- building the response --- */

static int answer_print(struct request *r)
{
    struct route_answer *a = &r->answer;
    struct buf text = BUF_INIT;
    text.max = (size_t)1 << 30;
    if (!a->json)
        return 0;
    if (json_print(&text, a->json) < 0) {
        buf_release(&text);
        return -1;
    }
    free(a->text);
    a->text_size = text.len;
    a->text = buf_take(&text);
    if (!a->content_type)
        a->content_type = "application/json";
    if (r->fault.kind == FAULT_MALFORMED && a->text_size > 2) {
        a->text_size /= 2;
        a->text[a->text_size - 1] = '}';
    }
    return a->text ? 0 : -1;
}

static struct stream *stream_new(struct request *r, int fd)
{
    struct route_answer *a = &r->answer;
    struct stream *st = calloc(1, sizeof *st);
    if (!st)
        return NULL;
    *st = (struct stream){ .sandbox = r->sandbox, .fd = fd, .cut_at = -1, .repeat = 1, .offset = a->offset };
    const cJSON *rule = r->fault.rule;
    int64_t repeat;
    st->text = a->text;
    a->text = NULL;
    st->text_size = a->text_size;
    if (r->fault.kind == FAULT_BODY) {
        st->prefix = str_dup(json_str_or(rule, "prefix", ""));
        st->suffix = str_dup(json_str_or(rule, "suffix", ""));
        st->prefix_size = st->prefix ? strlen(st->prefix) : 0;
        st->suffix_size = st->suffix ? strlen(st->suffix) : 0;
        if (json_i64(rule, "repeat", &repeat) && repeat >= 0 && st->text_size)
            st->repeat = (uint64_t)repeat;
    }
    st->size = fd >= 0 ? a->size : st->prefix_size + st->repeat * st->text_size + st->suffix_size;
    if (r->fault.kind == FAULT_CUT_BODY) {
        st->cut_at = (int64_t)(st->size / 2);
        json_i64(rule, "at", &st->cut_at);
    }
    if (r->fault.kind == FAULT_SLOW)
        json_i64(rule, "bytes_per_second", &st->rate);
    return st;
}

static bool shaped(enum fault_kind k)
{
    return k == FAULT_CUT_BODY || k == FAULT_SLOW || k == FAULT_BODY;
}

static struct MHD_Response *response_make(struct request *r)
{
    struct route_answer *a = &r->answer;
    int fd = -1;
    if (a->file) {
        fd = open(a->file, O_RDONLY | O_CLOEXEC);
        if (fd < 0) {
            route_fail_for(r, 500, "INTERNAL_ERROR", 98004, "the stored file cannot be read");
            answer_print(r);
        } else if (!shaped(r->fault.kind)) {
            struct MHD_Response *response = MHD_create_response_from_fd_at_offset64(a->size, fd, a->offset);
            if (!response)
                close(fd);
            return response;
        }
    }
    if (!shaped(r->fault.kind)) {
        char *text = a->text ? a->text : str_dup("");
        a->text = NULL;
        return MHD_create_response_from_buffer(a->text_size, text, MHD_RESPMEM_MUST_FREE);
    }
    struct stream *st = stream_new(r, fd);
    return st ? MHD_create_response_from_callback(st->size, 64 << 10, stream_read, st, stream_free) : NULL;
}

static void headers_add(struct request *r, struct MHD_Response *response)
{
    struct route_answer *a = &r->answer;
    char date[40];
    for (int i = 0; i < a->header_count; i++)
        MHD_add_response_header(response, a->headers[i].name, a->headers[i].value);
    if (a->content_type)
        MHD_add_response_header(response, "Content-Type", a->content_type);
    MHD_add_response_header(response, "Date", time_format_http(sandbox_now_us(r->sandbox), date, sizeof date));
    if (r->image_port || str_starts(r->path, "/v2/") || str_starts(r->path, "/_control"))
        return;
    MHD_add_response_header(response, "x-databricks-org-id", "7405608410935621");
    MHD_add_response_header(response, "x-request-id", r->request_id);
    MHD_add_response_header(response, "server", "databricks");
}

static void record_it(struct request *r)
{
    const struct route_answer *a = &r->answer;
    bool secret = str_starts(r->path, "/api/2.0/secrets/") || str_starts(r->path, "/oidc/");
    const struct route *row = r->match.route;
    if (!r->sandbox->record || (row && row->auth == ROUTE_CONTROL))
        return;
    struct record_http h = { .method = r->call.method, .path = r->path, .query = r->query_text, .route = row ? row->pattern : NULL,
        .request = r->body_json && !secret ? r->body.data : NULL, .request_size = r->body_size, .status = a->status,
        .answer = a->json && a->text && r->fault.kind != FAULT_MALFORMED && !secret ? a->text : NULL,
        .answer_size = a->file ? a->size : a->text_size };
    record_http(r->sandbox->record, &h);
}

enum MHD_Result reply_send(struct request *r)
{
    struct route_answer *a = &r->answer;
    if (fault_shapes[r->fault.kind])
        fault_shapes[r->fault.kind](r, r->fault.rule);
    if (r->fault.rule)
        fault_headers(r, r->fault.rule);
    if (a->status == 0 || answer_print(r) < 0) {
        route_fail_for(r, 500, "INTERNAL_ERROR", 98004, "the handler gave no answer");
        answer_print(r);
    }
    if (r->fault.keep_for && a->text)
        faults_keep(r->sandbox->faults, r->fault.keep_for, a->text);
    record_it(r);
    if (r->fault.kind == FAULT_LOST_REPLY)
        return MHD_NO;
    struct MHD_Response *response = response_make(r);
    if (!response)
        return MHD_NO;
    headers_add(r, response);
    enum MHD_Result queued = MHD_queue_response(r->connection, (unsigned)a->status, response);
    MHD_destroy_response(response);
    return queued;
}
