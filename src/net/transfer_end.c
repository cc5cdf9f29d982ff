/* What the end of an attempt means: an answer, no connection, a lost one, or nothing that asking again would mend. */
#include "net/transfer.h"
#include "base/str.h"
#include <string.h>

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
    if (!t->request->sink || !transfer_success(status)) return TRANSFER_ANSWER;
    if (!transfer_sink_begin(t, status)) return TRANSFER_ANSWER;
    return end_bounds(t, e);
}

enum transfer_end transfer_finish(struct transfer *t, CURLcode code, struct err *e)
{
    long header_bytes = 0;
    curl_off_t body_bytes = 0;
    curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &header_bytes);
    curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &body_bytes);
    t->sent = header_bytes > 0 || body_bytes > 0 || t->read_bytes > 0;
    t->answer->status = transfer_status(t);
    t->answer->length = transfer_length(t);
    return code == CURLE_OK ? end_whole(t, e) : end_failed(t, code, e);
}
