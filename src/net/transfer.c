#include "net/transfer.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/site.h"
#include <strings.h>

#define ERROR_BODY_MAX ((size_t)64 << 10)
#define ANSWER_MAX ((size_t)16 << 20)
#define RECEIVE_BUFFER (64L << 10)
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

static int64_t declared_length(const struct transfer *t)
{
    curl_off_t n = -1;
    return curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &n) == CURLE_OK ? (int64_t)n : -1;
}

static int status_of(const struct transfer *t)
{
    long status = 0;
    return curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? (int)status : 0;
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

static int sink_begin(struct transfer *t, int status)
{
    if (t->sink_began) return 0;
    t->sink_began = true;
    return t->request->sink->begin(t->request->sink->ctx, status, declared_length(t), t->answer->content_type, &t->err);
}

static int sink_write(struct transfer *t, int status, const char *bytes, size_t n)
{
    const struct net_sink *sink = t->request->sink;
    if (sink_begin(t, status) || sink->write(sink->ctx, bytes, n, &t->err)) {
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
    int64_t length = b->len ? -1 : declared_length(t);
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
    int status = status_of(t);
    t->moved += n;
    int r;
    if (t->request->sink && is_success(status)) r = sink_write(t, status, bytes, n);
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
    (void)remote; (void)local; (void)remote_port; (void)local_port;
    ((struct transfer *)ctx)->connected = true;
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

/* The end of an attempt. */

static char *seconds(int64_t ms, char out[32])
{
    if (ms < 1000) snprintf(out, 32, "%lld ms", (long long)ms);
    else snprintf(out, 32, "%lld s", (long long)((ms + 500) / 1000));
    return out;
}

static enum transfer_end end_timeout(const struct transfer *t, struct err *e)
{
    char time[32];
    if (t->stalled && t->connected && !t->answer->status) {
        err_set(e, ERR_TIMEOUT, "%s did not answer within %s", t->host, seconds(t->rules.stall_ms, time));
        return TRANSFER_LOST;
    }
    if (t->stalled) {
        err_set(e, ERR_TIMEOUT, "the connection to %s moved less than 1 KB/s for %s", t->host, seconds(t->rules.stall_ms, time));
        return t->connected ? TRANSFER_LOST : TRANSFER_UNREACHABLE;
    }
    if (!t->connected) {
        int64_t ms = t->rules.total_ms && t->rules.total_ms < t->rules.connect_ms ? t->rules.total_ms : t->rules.connect_ms;
        err_set(e, ERR_OFFLINE, "%s did not answer within %s", t->host, seconds(ms, time));
        return TRANSFER_UNREACHABLE;
    }
    err_set(e, ERR_TIMEOUT, "%s did not finish its answer within %s", t->host, seconds(t->rules.total_ms, time));
    return TRANSFER_LOST;
}

static enum transfer_end end_unconnected(const struct transfer *t, struct err *e)
{
    long sys = 0;
    char room[128], text[128];
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &sys);
    if (sys) str_copy(text, sizeof text, strerror_r((int)sys, room, sizeof room));
    else str_copy(text, sizeof text, t->curl_error[0] ? t->curl_error : "no connection");
    if (text[0] >= 'A' && text[0] <= 'Z') text[0] = (char)(text[0] - 'A' + 'a');
    err_set(e, ERR_OFFLINE, "cannot reach %s: %s", t->host, text);
    return TRANSFER_UNREACHABLE;
}

static enum transfer_end end_untrusted(const struct transfer *t, struct err *e)
{
    err_set(e, ERR_TLS, "the certificate of %s is not trusted%s%s", t->host, t->curl_error[0] ? ": " : "", t->curl_error);
    return TRANSFER_FATAL;
}

static enum transfer_end end_bad_bundle(const struct transfer *t, struct err *e)
{
    err_set(e, ERR_TLS, "the file of trusted certificates%s%s cannot be used", t->rules.ca_file ? " " : "", t->rules.ca_file ? t->rules.ca_file : "");
    if (t->rules.ca_file) err_remedy(e, "name a file of PEM certificates in the setting ca_file");
    return TRANSFER_FATAL;
}

/* curl gives one code to a scheme that is not allowed and to an answer that is not HTTP/1. */
static enum transfer_end end_protocol(const struct transfer *t, struct err *e)
{
    if (t->connected) {
        err_set(e, ERR_PROTOCOL, "%s does not answer in HTTP", t->host);
        return TRANSFER_LOST;
    }
    err_set(e, ERR_REFUSED, "%s would be talked to by a protocol other than https", t->host);
    return TRANSFER_FATAL;
}

static enum transfer_end end_bounds(const struct transfer *t, struct err *e)
{
    if (t->enough) return TRANSFER_ANSWER;
    if (t->err.code != ERR_NONE) *e = t->err;
    else err_set(e, ERR_IO, "the answer of %s could not be stored", t->host);
    return TRANSFER_FATAL;
}

static enum transfer_end end_cut(const struct transfer *t, struct err *e)
{
    err_set(e, ERR_TIMEOUT, "%s cut the connection before its answer was whole", t->host);
    return TRANSFER_LOST;
}

/* What curl's codes mean; those not listed are a cut connection. The text stands around the host's name. */
static const struct {
    CURLcode code;
    enum err_code err;
    enum transfer_end end;
    const char *before, *after;
    enum transfer_end (*special)(const struct transfer *, struct err *);
} ends[] = {
    { CURLE_COULDNT_RESOLVE_HOST, ERR_OFFLINE, TRANSFER_UNREACHABLE, "", " is unknown (name resolution failed)", NULL },
    { CURLE_COULDNT_RESOLVE_PROXY, ERR_OFFLINE, TRANSFER_UNREACHABLE, "the proxy for ", " is unknown (name resolution failed)", NULL },
    { CURLE_PROXY, ERR_OFFLINE, TRANSFER_UNREACHABLE, "the proxy does not connect to ", "", NULL },
    { CURLE_COULDNT_CONNECT, ERR_OFFLINE, TRANSFER_UNREACHABLE, NULL, NULL, end_unconnected },
    { CURLE_OPERATION_TIMEDOUT, ERR_TIMEOUT, TRANSFER_LOST, NULL, NULL, end_timeout },
    { CURLE_SSL_CONNECT_ERROR, ERR_TLS, TRANSFER_UNREACHABLE, "no encrypted connection to ", " came about", NULL },
    { CURLE_PEER_FAILED_VERIFICATION, ERR_TLS, TRANSFER_FATAL, NULL, NULL, end_untrusted },
    { CURLE_SSL_ISSUER_ERROR, ERR_TLS, TRANSFER_FATAL, NULL, NULL, end_untrusted },
    { CURLE_SSL_CACERT_BADFILE, ERR_TLS, TRANSFER_FATAL, NULL, NULL, end_bad_bundle },
    { CURLE_UNSUPPORTED_PROTOCOL, ERR_REFUSED, TRANSFER_FATAL, NULL, NULL, end_protocol },
    { CURLE_URL_MALFORMAT, ERR_REFUSED, TRANSFER_FATAL, "the address on ", " is malformed", NULL },
    { CURLE_OUT_OF_MEMORY, ERR_NO_MEMORY, TRANSFER_FATAL, "not enough memory for a request to ", "", NULL },
    { CURLE_WEIRD_SERVER_REPLY, ERR_PROTOCOL, TRANSFER_LOST, "", " does not answer in HTTP", NULL },
    { CURLE_BAD_CONTENT_ENCODING, ERR_PROTOCOL, TRANSFER_LOST, "the compressed answer of ", " is broken", NULL },
    { CURLE_WRITE_ERROR, ERR_IO, TRANSFER_FATAL, NULL, NULL, end_bounds },
    { CURLE_ABORTED_BY_CALLBACK, ERR_IO, TRANSFER_FATAL, NULL, NULL, end_bounds },
};

static enum transfer_end end_failed(const struct transfer *t, CURLcode code, struct err *e)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends[i].code != code) continue;
        if (ends[i].special) return ends[i].special(t, e);
        err_set(e, ends[i].err, "%s%s%s", ends[i].before, t->host, ends[i].after);
        return ends[i].end;
    }
    return end_cut(t, e);
}

static enum transfer_end end_whole(struct transfer *t, struct err *e)
{
    int status = t->answer->status;
    if (!t->request->sink || !is_success(status)) return TRANSFER_ANSWER;
    if (!sink_begin(t, status)) return TRANSFER_ANSWER;
    return end_bounds(t, e);
}

enum transfer_end transfer_finish(struct transfer *t, CURLcode code, struct err *e)
{
    long header_bytes = 0;
    curl_off_t body_bytes = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &header_bytes);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &body_bytes);
    t->sent = header_bytes > 0 || body_bytes > 0 || t->read_bytes > 0;
    t->answer->status = status_of(t);
    t->answer->length = declared_length(t);
    return code == CURLE_OK ? end_whole(t, e) : end_failed(t, code, e);
}
