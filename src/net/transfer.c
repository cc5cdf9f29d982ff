#include "net/transfer.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/site.h"
#include <strings.h>

#define ERROR_BODY_MAX ((size_t)64 << 10)
#define ANSWER_MAX ((size_t)16 << 20)
#define RECEIVE_BUFFER (64L << 10)
#define SEND_BUFFER_MIN (64L << 10)
#define SEND_BUFFER_MAX (256L << 10)
#define IDLE_CONNECTION_S 50L       /* balancers in front of the services close idle connections after 60 s */

/* curl_easy_setopt fails only without memory or on a value curl does not know. */
#define SET(bad, easy, option, value) ((bad) |= curl_easy_setopt((easy), (option), (value)) != CURLE_OK)

bool transfer_repeatable(const struct net_request *r)
{
    return r->idempotent || r->method == NET_GET || r->method == NET_HEAD;
}

const char *transfer_method(enum net_method m)
{
    static const char *const names[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };
    return names[m];
}

/* Request body. */

static uint64_t body_size(const struct net_request *r)
{
    return r->source ? r->source->size : r->body ? r->body_size : 0;
}

static size_t read_source(struct transfer *t, char *out, size_t room)
{
    const struct net_source *s = t->request->source;
    int64_t n = s->read(s->ctx, out, room);
    if (n > 0 && (uint64_t)n <= room) return (size_t)n;
    if (n < 0) err_set(&t->err, ERR_IO, "the bytes to send could not be read");
    else err_set(&t->err, ERR_IO, "the bytes to send ended after %llu of %llu", (unsigned long long)t->read_bytes, (unsigned long long)s->size);
    return CURL_READFUNC_ABORT;
}

static size_t on_read(char *out, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    const struct net_request *r = t->request;
    size_t room = size * count;
    uint64_t left = body_size(r) - t->read_bytes;
    if (!left) return 0;
    if (room > left) room = (size_t)left;
    if (r->source) room = read_source(t, out, room);
    else memcpy(out, r->body + t->read_bytes, room);
    if (room == CURL_READFUNC_ABORT) return room;
    t->read_bytes += room;
    t->moved += room;
    t->rewind_needed = true;
    return room;
}

static int rewind_body(struct transfer *t)
{
    const struct net_source *s = t->request->source;
    if (t->rewind_needed && s && (!s->rewind || s->rewind(s->ctx))) return -1;
    t->read_bytes = 0;
    t->rewind_needed = false;
    return 0;
}

/*
 * curl asks for this when a kept connection died under the request and it wants to send it again by itself.
 * The first copy may have been carried out, so only what may be repeated is given again.
 */
static int on_seek(void *ctx, curl_off_t offset, int origin)
{
    struct transfer *t = ctx;
    if (offset != 0 || origin != SEEK_SET || !transfer_repeatable(t->request) || rewind_body(t)) return CURL_SEEKFUNC_FAIL;
    return CURL_SEEKFUNC_OK;
}

/* Answer. */

int64_t transfer_length(const struct transfer *t)
{
    curl_off_t n = -1;
    return curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n) == CURLE_OK ? (int64_t)n : -1;
}

int transfer_status(const struct transfer *t)
{
    long status = 0;
    return curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? (int)status : 0;
}

bool transfer_success(int status)
{
    return status >= 200 && status < 300;
}

int transfer_sink_begin(struct transfer *t, int status)
{
    if (t->sink_began) return 0;
    t->sink_began = true;
    return t->request->sink->begin(t->request->sink->ctx, status, transfer_length(t), t->answer->content_type, &t->err);
}

static int sink_write(struct transfer *t, int status, const char *bytes, size_t n)
{
    const struct net_sink *sink = t->request->sink;
    if (transfer_sink_begin(t, status) || sink->write(sink->ctx, bytes, n, &t->err)) {
        if (t->err.code == ERR_NONE) err_set(&t->err, ERR_IO, "the answer could not be stored");
        return -1;
    }
    return 0;
}

static int collect(struct transfer *t, bool error_body, const char *bytes, size_t n)
{
    struct buf *b = &t->answer->body;
    if (error_body && n > b->max - b->len) {
        /* The beginning of an error says what it is. */
        buf_add(b, bytes, b->max - b->len);
        t->enough = true;
        return -1;
    }
    int64_t length = b->len ? -1 : transfer_length(t);
    if (length > 0 && (uint64_t)length <= b->max) buf_reserve(b, (size_t)length);
    if (!buf_add(b, bytes, n)) return 0;
    if (b->failed == ERR_LIMIT)
        err_set(&t->err, ERR_LIMIT, "the answer of %s is larger than %zu bytes", t->host, b->max);
    else err_no_memory(&t->err);
    return -1;
}

static size_t on_write(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    int status = transfer_status(t);
    t->moved += n;
    int r;
    if (t->request->sink && transfer_success(status)) r = sink_write(t, status, bytes, n);
    else r = collect(t, t->request->sink != NULL, bytes, n);
    return r ? CURL_WRITEFUNC_ERROR : n;
}

static void keep_value(char *out, size_t size, const char *value, size_t n)
{
    char text[512];
    if (n >= sizeof text) n = sizeof text - 1;
    memcpy(text, value, n);
    text[n] = '\0';
    str_copy(out, size, str_trim(text));
}

static void take_header(struct transfer *t, const char *name, size_t name_n, const char *value, size_t value_n)
{
    struct net_answer *a = t->answer;
    char date[64] = "";
    const struct { const char *name; char *out; size_t size; } wanted[] = {
        { "content-type", a->content_type, sizeof a->content_type },
        { "x-request-id", a->request_id, sizeof a->request_id },
        { "x-databricks-org-id", a->org_id, sizeof a->org_id },
        { "etag", a->etag, sizeof a->etag },
        { "last-modified", a->last_modified, sizeof a->last_modified },
        { "retry-after", t->retry_after, sizeof t->retry_after },
        { "location", t->location, sizeof t->location },
        { "date", date, sizeof date },
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strlen(wanted[i].name) == name_n && !strncasecmp(wanted[i].name, name, name_n))
            keep_value(wanted[i].out, wanted[i].size, value, value_n);
    if (date[0] && !time_parse_http(date, &t->date_us)) t->date_us = 0;
    a->date_us = t->date_us;
}

static void forget_headers(struct transfer *t)
{
    struct net_answer *a = t->answer;
    a->content_type[0] = a->request_id[0] = a->org_id[0] = a->etag[0] = a->last_modified[0] = '\0';
    t->retry_after[0] = t->location[0] = '\0';
    t->date_us = a->date_us = 0;
}

static size_t on_header(char *bytes, size_t size, size_t count, void *ctx)
{
    struct transfer *t = ctx;
    size_t n = size * count;
    if (n >= 5 && !memcmp(bytes, "HTTP/", 5)) {
        /* Another answer begins, as after a 100 or a proxy's CONNECT. */
        forget_headers(t);
        t->heard = true;
        return n;
    }
    const char *colon = memchr(bytes, ':', n);
    if (colon) take_header(t, bytes, (size_t)(colon - bytes), colon + 1, n - (size_t)(colon + 1 - bytes));
    return n;
}

static int on_connected(void *ctx, char *remote, char *local, int remote_port, int local_port)
{
    struct transfer *t = ctx;
    str_copy(t->remote.host, sizeof t->remote.host, remote);
    str_copy(t->local.host, sizeof t->local.host, local);
    t->remote.port = remote_port;
    t->local.port = local_port;
    t->connected = true;
    return CURL_PREREQFUNC_OK;
}

/* Set-up. */

static int add_header(struct transfer *t, const char *line, struct err *e)
{
    if (!site_line_clean(line)) return err_set(e, ERR_BUG, "a header line has control characters");
    struct curl_slist *more = curl_slist_append(t->headers, line);
    if (!more) return err_no_memory(e);
    t->headers = more;
    return 0;
}

static int add_credential(struct transfer *t, struct err *e)
{
    struct buf line = BUF_INIT;
    int r = site_authorization(t->site, &line, &t->generation, e);
    if (!r && line.len) r = add_header(t, line.data, e);
    buf_wipe(&line);
    for (int i = 0; !r && site_header(t->site, i); i++) r = add_header(t, site_header(t->site, i), e);
    return r;
}

static int add_headers(struct transfer *t, struct err *e)
{
    const struct net_request *r = t->request;
    char line[160];
    if (t->owned && add_credential(t, e)) return -1;
    if (r->body || r->source)
        snprintf(line, sizeof line, "Content-Type: %s", r->content_type ? r->content_type : "application/json");
    else str_copy(line, sizeof line, "Content-Type:");   /* keeps curl's form type off empty bodies */
    if (add_header(t, line, e) || add_header(t, "Expect:", e)) return -1;
    for (size_t i = 0; i < sizeof r->headers / sizeof *r->headers && r->headers[i]; i++)
        if (add_header(t, r->headers[i], e)) return -1;
    return 0;
}

/* A picture is to leave in one pass of the engine, as far as its socket takes it. */
static long send_buffer(uint64_t body)
{
    return body < SEND_BUFFER_MIN ? SEND_BUFFER_MIN : body > SEND_BUFFER_MAX ? SEND_BUFFER_MAX : (long)body;
}

static bool set_body(struct transfer *t)
{
    const struct net_request *r = t->request;
    bool bad = false;
    if (r->method == NET_HEAD) SET(bad, t->easy, CURLOPT_NOBODY, 1L);
    else if (r->method == NET_GET || (r->method == NET_DELETE && !body_size(r))) SET(bad, t->easy, CURLOPT_HTTPGET, 1L);
    else {
        SET(bad, t->easy, CURLOPT_POST, 1L);
        SET(bad, t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_size(r));
        if (!body_size(r)) SET(bad, t->easy, CURLOPT_POSTFIELDS, "");
    }
    if (r->method > NET_POST) SET(bad, t->easy, CURLOPT_CUSTOMREQUEST, transfer_method(r->method));
    SET(bad, t->easy, CURLOPT_UPLOAD_BUFFERSIZE, send_buffer(body_size(r)));   /* without a body, too: a handle used before lets its larger one go */
    SET(bad, t->easy, CURLOPT_READFUNCTION, on_read);
    SET(bad, t->easy, CURLOPT_READDATA, t);
    SET(bad, t->easy, CURLOPT_SEEKFUNCTION, on_seek);
    SET(bad, t->easy, CURLOPT_SEEKDATA, t);
    /* Without a body curl would repeat it on a new connection and nobody could refuse (see on_seek). */
    if (!transfer_repeatable(r) && !body_size(r)) SET(bad, t->easy, CURLOPT_FRESH_CONNECT, 1L);
    return !bad;
}

static bool set_connection(struct transfer *t)
{
    CURL *c = t->easy;
    bool bad = false;
    SET(bad, c, CURLOPT_URL, t->url);
    SET(bad, c, CURLOPT_PATH_AS_IS, 1L);
    SET(bad, c, CURLOPT_PROTOCOLS_STR, t->loopback ? "http,https" : "https");
    SET(bad, c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(bad, c, CURLOPT_FOLLOWLOCATION, 0L);
    if (t->loopback) SET(bad, c, CURLOPT_NOPROXY, "*");
    SET(bad, c, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    if (!t->request->bulk) SET(bad, c, CURLOPT_PIPEWAIT, 1L);
    SET(bad, c, CURLOPT_SSL_VERIFYPEER, 1L);
    SET(bad, c, CURLOPT_SSL_VERIFYHOST, 2L);
    if (t->rules.ca_file) SET(bad, c, CURLOPT_CAINFO, t->rules.ca_file);
    SET(bad, c, CURLOPT_NOSIGNAL, 1L);
    SET(bad, c, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(bad, c, CURLOPT_MAXAGE_CONN, IDLE_CONNECTION_S);
    SET(bad, c, CURLOPT_CONNECTTIMEOUT_MS, (long)t->rules.connect_ms);
    SET(bad, c, CURLOPT_TIMEOUT_MS, (long)t->rules.total_ms);
#if LIBCURL_VERSION_NUM >= 0x075700
    SET(bad, c, CURLOPT_QUICK_EXIT, 1L);       /* a hanging name resolution must not hold the engine */
#endif
    return !bad;
}

static bool set_callbacks(struct transfer *t)
{
    CURL *c = t->easy;
    bool bad = false;
    SET(bad, c, CURLOPT_USERAGENT, "lakeferry/" LAKEFERRY_VERSION);
    SET(bad, c, CURLOPT_HTTPHEADER, t->headers);
    if (!t->request->sink && t->request->method != NET_HEAD) SET(bad, c, CURLOPT_ACCEPT_ENCODING, "gzip");
    /* A handle used for HTTP/2 may still have its buffer, and curl then refuses a size, even the same: a wish, no condition. */
    curl_easy_setopt(c, CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
    SET(bad, c, CURLOPT_ERRORBUFFER, t->curl_error);
    SET(bad, c, CURLOPT_WRITEFUNCTION, on_write);
    SET(bad, c, CURLOPT_WRITEDATA, t);
    SET(bad, c, CURLOPT_HEADERFUNCTION, on_header);
    SET(bad, c, CURLOPT_HEADERDATA, t);
    SET(bad, c, CURLOPT_PREREQFUNCTION, on_connected);
    SET(bad, c, CURLOPT_PREREQDATA, t);
    return !bad;
}

static void forget_attempt(struct transfer *t)
{
    struct net_answer *a = t->answer;
    forget_headers(t);
    buf_clear(&a->body);
    a->body.max = t->request->sink ? ERROR_BODY_MAX : t->request->answer_max ? t->request->answer_max : ANSWER_MAX;
    a->status = 0;
    a->length = -1;
    t->moved = 0;
    t->connected = t->sent = t->heard = t->sink_began = t->enough = t->stalled = false;
    t->curl_error[0] = '\0';
    err_clear(&t->err);
}

int transfer_begin(struct transfer *t, CURL *easy, const struct transfer_rules *rules, struct err *e)
{
    t->easy = easy;
    t->rules = *rules;
    forget_attempt(t);
    int r = 0;
    if (rewind_body(t)) r = err_set(e, ERR_IO, "the bytes to send could not be read again from the start");
    if (!r) r = add_headers(t, e);
    if (!r && !(set_body(t) && set_connection(t) && set_callbacks(t))) r = err_no_memory(e);
    if (r) transfer_release(t);
    return r;
}

void transfer_release(struct transfer *t)
{
    for (struct curl_slist *h = t->headers; h; h = h->next) explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->easy = NULL;
}
