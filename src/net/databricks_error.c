/* databricks_error: from an answer that is no success to what the caller can do: five envelopes, known lies, retry texts. */
#include "net/databricks_wire.h"

#include "base/redact.h"
#include "base/str.h"
#include "base/utf8.h"
#include "net/listing.h"

#include <ctype.h>
#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* What an error body says. */
struct fault {
    char code[64];       /* "" when the service gave none or a number */
    char message[560];
    char reason[64];     /* ErrorInfo.reason */
    bool html;
};

static const struct { const char *code; enum err_code means; } codes[] = { /* reference databricks §2.2 */
    { "UNAUTHENTICATED", ERR_AUTH }, { "invalid_client", ERR_AUTH }, { "invalid_grant", ERR_AUTH }, { "unauthorized_client", ERR_AUTH },
    { "PERMISSION_DENIED", ERR_FORBIDDEN }, { "CUSTOMER_UNAUTHORIZED", ERR_FORBIDDEN }, { "FEATURE_DISABLED", ERR_FORBIDDEN },
    { "PRIVATE_LINK_VALIDATION_ERROR", ERR_FORBIDDEN }, { "invalid_scope", ERR_FORBIDDEN },
    { "NOT_FOUND", ERR_NOT_FOUND }, { "ENDPOINT_NOT_FOUND", ERR_NOT_FOUND },
    { "ALREADY_EXISTS", ERR_CONFLICT }, { "RESOURCE_CONFLICT", ERR_CONFLICT }, { "ABORTED", ERR_CONFLICT },
    { "RESOURCE_EXHAUSTED", ERR_RATE_LIMIT }, { "REQUEST_LIMIT_EXCEEDED", ERR_RATE_LIMIT },
    { "QUOTA_EXCEEDED", ERR_QUOTA }, { "RESOURCE_LIMIT_EXCEEDED", ERR_QUOTA },
    { "MAX_NOTEBOOK_SIZE_EXCEEDED", ERR_LIMIT }, { "MAX_BLOCK_SIZE_EXCEEDED", ERR_LIMIT }, { "MAX_READ_SIZE_EXCEEDED", ERR_LIMIT },
    { "SERVICE_UNDER_MAINTENANCE", ERR_MAINTENANCE },
    { "TEMPORARILY_UNAVAILABLE", ERR_OFFLINE }, { "WORKSPACE_TEMPORARILY_UNAVAILABLE", ERR_OFFLINE }, { "DEADLINE_EXCEEDED", ERR_TIMEOUT },
    { "BAD_REQUEST", ERR_REFUSED }, { "MALFORMED_REQUEST", ERR_REFUSED }, { "INVALID_REQUEST", ERR_REFUSED },
    { "INVALID_PARAMETER_VALUE", ERR_REFUSED }, { "INVALID_STATE", ERR_REFUSED },
};
static const struct { const char *end; enum err_code means; } code_ends[] = {
    { "_DOES_NOT_EXIST", ERR_NOT_FOUND }, { "_NOT_FOUND", ERR_NOT_FOUND }, { "_ALREADY_EXISTS", ERR_CONFLICT }, { "_NOT_EMPTY", ERR_REFUSED },
    { "NotFoundException", ERR_NOT_FOUND },
};
static const struct { int status; enum err_code means; const char *phrase; } statuses[] = {
    { 400, ERR_REFUSED, "bad request" }, { 401, ERR_AUTH, "unauthorized" }, { 403, ERR_FORBIDDEN, "forbidden" },
    { 404, ERR_NOT_FOUND, "not found" }, { 405, ERR_REFUSED, "method not allowed" }, { 408, ERR_TIMEOUT, "request timeout" },
    { 409, ERR_CONFLICT, "conflict" }, { 412, ERR_CONFLICT, "precondition failed" }, { 413, ERR_LIMIT, "request too large" },
    { 414, ERR_LIMIT, "address too long" }, { 416, ERR_REFUSED, "range not satisfiable" }, { 429, ERR_RATE_LIMIT, "too many requests" },
    { 499, ERR_CANCELLED, "cancelled" }, { 500, ERR_REFUSED, "internal error" }, { 501, ERR_REFUSED, "not supported" },
    { 502, ERR_OFFLINE, "bad gateway" }, { 503, ERR_OFFLINE, "service unavailable" }, { 504, ERR_TIMEOUT, "gateway timeout" },
};

/* Texts that ask for another try (§2.3). early: nothing was done yet, so that any request may go again. */
static const struct { const char *text; bool early; } retry_texts[] = {
    { "com.databricks.backend.manager.util.UnknownWorkerEnvironmentException", true },
    { "does not have any associated worker environments", true }, { "There is no worker environment with id", true },
    { "Unknown worker environment", true }, { "ClusterNotReadyException", true }, { "RPC token bucket limit has been exceeded", true },
    { "Unexpected error", false }, { "Please try again later or try a faster operation", false },
    { "Timed out after ", false }, { "deadline exceeded", false },
};

/* Copies a text of the service as one line: control bytes and runs of blanks become one blank, a closing full stop goes. */
static void copy_line(char *out, size_t size, const char *text)
{
    size_t n = 0;
    bool gap = false;
    for (; *text && n + 2 < size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c <= ' ' || c == 0x7F) {
            gap = n > 0;
            continue;
        }
        if (gap) out[n++] = ' ';
        gap = false;
        out[n++] = (char)c;
    }
    /* The cut may have halved a character. */
    for (int i = 0; i < 3 && n && !utf8_valid(out, n); i++) n--;
    while (n && (out[n - 1] == '.' || out[n - 1] == ' ')) n--;
    out[n] = '\0';
}

static bool is_code(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)s[i]) && !strchr("_.", s[i])) return false;
    return n > 0 && n < 64;
}

/* "NAME: text": the name goes to the code. upper: only A-Z and _ count as a name. */
static void split_code(const char *text, bool upper, struct fault *f)
{
    const char *colon = strstr(text, ": ");
    size_t n = colon ? (size_t)(colon - text) : 0;
    bool good = is_code(text, n) && (!upper || strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") >= n);
    if (good && (upper || memmem(text, n, "Exception", 9) || memmem(text, n, "Error", 5))) {
        memcpy(f->code, text, n);
        f->code[n] = '\0';
        text = colon + 2;
    }
    copy_line(f->message, sizeof f->message, text);
}

static void take_details(const cJSON *details, struct fault *f)
{
    const cJSON *d;
    cJSON_ArrayForEach(d, details) {
        const char *reason = json_str(d, "reason");
        if (reason && !f->reason[0]) str_copy(f->reason, sizeof f->reason, reason);
    }
}

static void take_scim(const cJSON *o, struct fault *f)
{
    const char *status = json_str(o, "status"), *type = json_str(o, "scimType"), *detail = json_str_or(o, "detail", "null");
    char line[560];
    bool none = str_eq(detail, "null");
    snprintf(line, sizeof line, "%s%s%s", type ? type : "", type ? " " : "", none ? "internal error" : detail);
    copy_line(f->message, sizeof f->message, line);
    if (status) snprintf(f->code, sizeof f->code, "SCIM_%.8s", status);
}

static void take_object(const cJSON *o, struct fault *f)
{
    static const char *const message_keys[] = { "message", "error_description", "errorSummary", "error_message" };
    const char *code = json_str(o, "error_code"), *message = databricks_text_of(o, message_keys, COUNT(message_keys));
    if (!code) code = json_str(o, "errorCode");
    const char *error = json_str(o, "error");
    take_details(json_arr(o, "details"), f);
    if (!code && error && message) code = error;
    if (code && is_code(code, strlen(code)) && !isdigit((unsigned char)code[0])) str_copy(f->code, sizeof f->code, code);
    if (message) copy_line(f->message, sizeof f->message, message);
    else if (error) split_code(error, false, f);
    else if (json_get(o, "detail") || json_get(o, "scimType")) take_scim(o, f);
}

/* The text between <tag> and </tag>; false when there is none. */
static bool take_tag(const char *html, const char *tag, struct fault *f)
{
    char open[16], close[16];
    snprintf(open, sizeof open, "<%s", tag);
    snprintf(close, sizeof close, "</%s>", tag);
    const char *from = strcasestr(html, open), *start = from ? strchr(from, '>') : NULL, *end = start ? strcasestr(start, close) : NULL;
    if (!end) return false;
    char text[560];
    size_t n = (size_t)(end - start - 1);
    if (n >= sizeof text) n = sizeof text - 1;
    memcpy(text, start + 1, n);
    text[n] = '\0';
    copy_line(f->message, sizeof f->message, text);
    return f->message[0] != '\0';
}

static const char *skip_blanks(const char *s)
{
    while (*s && isspace((unsigned char)*s)) s++;
    return s;
}

static void take_body(const struct net_answer *answer, struct fault *f)
{
    const char *text = skip_blanks(answer->body.data);
    if (*text == '{') {
        cJSON *tree = json_parse(answer->body.data, answer->body.len, NULL);
        if (tree) take_object(tree, f);
        cJSON_Delete(tree);
    } else if (*text == '<' || listing_is_html(answer->content_type)) {
        f->html = strncasecmp(text, "<?xml", 5) != 0;
        if (!take_tag(text, "pre", f)) take_tag(text, "title", f);
    } else if (*text) {
        split_code(text, true, f);
    }
}

static enum err_code code_of_status(int status, const char **phrase)
{
    for (size_t i = 0; i < COUNT(statuses); i++)
        if (statuses[i].status == status) {
            *phrase = statuses[i].phrase;
            return statuses[i].means;
        }
    *phrase = status >= 500 ? "server error" : "refused";
    return status >= 500 ? ERR_OFFLINE : ERR_REFUSED;
}

static enum err_code code_of_name(const char *name, enum err_code otherwise)
{
    for (size_t i = 0; i < COUNT(codes); i++)
        if (str_eq(codes[i].code, name)) return codes[i].means;
    for (size_t i = 0; i < COUNT(code_ends); i++)
        if (str_ends(name, code_ends[i].end)) return code_ends[i].means;
    return otherwise;
}

static bool says_missing(const char *message)
{
    return strcasestr(message, "does not exist") || strcasestr(message, "not found") || strcasestr(message, "NotFoundException");
}

/* Where the service gives a code that says something else than it means (§1.7, §2.2, §4.3). */
static enum err_code mend(const struct net_request *request, const struct net_answer *answer, const struct fault *f, enum err_code code)
{
    bool old_api = strstr(request->path, "/api/1.2/") != NULL;
    bool liar = strstr(request->path, "/clusters/get") || strstr(request->path, "/jobs/get") || strstr(request->path, "/jobs/runs/get");
    if (answer->status == 403 && !f->code[0] && (strcasestr(f->message, "access token") || strcasestr(f->message, "invalid token")))
        return ERR_AUTH;
    if (liar && str_eq(f->code, "INVALID_PARAMETER_VALUE") && says_missing(f->message)) return ERR_NOT_FOUND;
    if (old_api && (strcasestr(f->code, "NotFound") || says_missing(f->message))) return ERR_NOT_FOUND;
    if (str_eq(f->reason, "FILES_API_DIRECTORY_IS_NOT_EMPTY")) return ERR_REFUSED;
    return code;
}

static void fill_remedy(struct err *e, const struct fault *f)
{
    if (e->code == ERR_AUTH) err_remedy(e, "the token is wrong, expired or revoked: make a new one in Databricks (Settings, Developer) and sign in again");
    else if (str_eq(f->code, "ENDPOINT_NOT_FOUND")) err_remedy(e, "check the host address: this server does not know the API");
}

static void fill(struct err *e, enum err_code code, int status, const struct fault *f, const char *phrase)
{
    char number[16];
    snprintf(number, sizeof number, "%d", status);
    err_set(e, code, "Databricks answered %s: %s", f->code[0] ? f->code : number, f->message[0] ? f->message : phrase);
    redact_fixed(e->cause, sizeof e->cause);
    e->http = status;
    str_copy(e->api_code, sizeof e->api_code, f->code[0] ? f->code : number);
    fill_remedy(e, f);
}

static bool retry_text(const char *code, const char *message, bool idempotent)
{
    for (size_t i = 0; i < COUNT(retry_texts); i++)
        if ((idempotent || retry_texts[i].early) && (strstr(message, retry_texts[i].text) || strstr(code, retry_texts[i].text))) return true;
    return strstr(message, "worker env ") && strstr(message, " not found");
}

/* A failure of the service itself; a request that must not be sent twice may have been carried out. */
static bool service_failed(int status)
{
    return status == 408 || status == 500 || status == 502 || status == 504;
}

/* A file of a volume may itself be a web page; what arrives through a sink is looked at there. */
static bool may_be_html(const struct net_request *request)
{
    if (!strstr(request->path, "/api/2.0/fs/files/")) return false;
    return request->sink || (request->method == NET_HEAD && (str_iends(request->path, ".html") || str_iends(request->path, ".htm")));
}

enum net_verdict databricks_judge(const struct net_request *request, const struct net_answer *answer, struct err *e)
{
    int status = answer->status;
    bool ok = status >= 200 && status < 300;
    if (ok && (may_be_html(request) || !listing_is_html(answer->content_type))) return NET_JUDGE_OK;
    if (ok || (status >= 300 && status < 400)) {
        listing_not_the_api(e, "Databricks", status);
        return NET_JUDGE_FAIL;
    }
    struct err unused;
    struct fault f = { 0 };
    const char *phrase;
    if (!e) e = &unused;
    take_body(answer, &f);
    if (f.html && status == 404) {
        listing_not_the_api(e, "Databricks", status);
        return NET_JUDGE_FAIL;
    }
    enum err_code code = code_of_status(status, &phrase), by_status = code;
    if (f.code[0]) code = code_of_name(f.code, code);
    code = mend(request, answer, &f, code);
    fill(e, code, status, &f, phrase);
    if (code == ERR_QUOTA || code == ERR_MAINTENANCE) return NET_JUDGE_FAIL;
    if (status == 429 || status == 503) return NET_JUDGE_RETRY;
    if (retry_text(f.code, f.message, request->idempotent)) return NET_JUDGE_RETRY;
    if (!service_failed(status) || (code != by_status && code == ERR_NOT_FOUND)) return NET_JUDGE_FAIL;
    if (request->idempotent) return NET_JUDGE_RETRY;
    if (request->again_on_answer) return NET_JUDGE_FAIL;     /* the engine asks again, and says that it is in doubt */
    e->code = ERR_UNKNOWN;
    return NET_JUDGE_FAIL;
}
