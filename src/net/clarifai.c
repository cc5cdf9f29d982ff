#include "net/clarifai.h"

#include "base/redact.h"
#include "base/str.h"
#include "net/clarifai_wire.h"
#include "net/listing.h"

#include <strings.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Names of the codes the program meets (reference clarifai §2.2): answers may carry either. */
static const struct { int code; const char *name; } names[] = {
    { 10000, "SUCCESS" }, { 10010, "MIXED_STATUS" }, { 10020, "FAILURE" }, { 10030, "TRY_AGAIN" }, { 10040, "NOT_IMPLEMENTED" },
    { 10050, "MOVED" }, { 10070, "ACCEPTED" }, { 11000, "CONN_ACCOUNT_ISSUES" }, { 11001, "CONN_TOKEN_INVALID" },
    { 11002, "CONN_CREDENTIALS_INVALID" }, { 11003, "CONN_EXCEED_HOURLY_LIMIT" }, { 11004, "CONN_EXCEED_MONTHLY_LIMIT" },
    { 11005, "CONN_THROTTLED" }, { 11006, "CONN_EXCEEDS_LIMITS" }, { 11007, "CONN_INSUFFICIENT_SCOPES" }, { 11008, "CONN_KEY_INVALID" },
    { 11009, "CONN_KEY_NOT_FOUND" }, { 11100, "CONN_BAD_REQUEST_FORMAT" }, { 11101, "CONN_DOES_NOT_EXIST" }, { 11102, "CONN_INVALID_REQUEST" },
    { 11103, "CONN_METHOD_NOT_ALLOWED" }, { 11104, "CONN_NO_GDPR_CONSENT" }, { 11105, "CONN_INVALID_RANGE" },
    { 24150, "ANNOTATION_SUCCESS" }, { 24151, "ANNOTATION_PENDING" }, { 24152, "ANNOTATION_FAILED" },
    { 24156, "ANNOTATION_PERMISSION_DENIED" }, { 24157, "ANNOTATION_AWAITING_REVIEW" }, { 24158, "ANNOTATION_REVIEW_DENIED" },
    { 24159, "ANNOTATION_AWAITING_CONSENSUS_REVIEW" },
    { 30000, "INPUT_SUCCESS" }, { 30000, "INPUT_DOWNLOAD_SUCCESS" }, { 30001, "INPUT_PENDING" }, { 30001, "INPUT_DOWNLOAD_PENDING" },
    { 30002, "INPUT_FAILED" }, { 30002, "INPUT_DOWNLOAD_FAILED" }, { 30003, "INPUT_IN_PROGRESS" }, { 30003, "INPUT_DOWNLOAD_IN_PROGRESS" },
    { 30100, "INPUT_DUPLICATE" }, { 30101, "INPUT_UNSUPPORTED_FORMAT" }, { 30102, "INPUT_DOES_NOT_EXIST" },
    { 30103, "INPUT_PERMISSION_DENIED" }, { 30104, "INPUT_INVALID_ARGUMENT" }, { 30105, "INPUT_OVER_LIMIT" }, { 30106, "INPUT_INVALID_URL" },
    { 30300, "ALL_INPUT_INVALID_BYTES" }, { 39996, "INPUT_CONNECTION_FAILED" }, { 39997, "REQUEST_DISABLED_FOR_MAINTENANCE" },
    { 39998, "INPUT_WRITES_DISABLED_FOR_MAINTENANCE" }, { 39999, "INPUT_INVALID_REQUEST" }, { 40002, "SEARCH_INVALID_REQUEST" },
    { 40003, "CONCEPTS_INVALID_REQUEST" }, { 40010, "DATABASE_DUPLICATE_KEY" }, { 40030, "RPC_REQUEST_QUEUE_FULL" },
    { 40031, "RPC_SERVER_UNAVAILABLE" }, { 40032, "RPC_REQUEST_TIMEOUT" }, { 40033, "RPC_MAX_MESSAGE_SIZE_EXCEEDED" },
    { 40034, "EXTERNAL_CONNECTION_ERROR" }, { 64100, "DATASET_INPUT_SUCCESS" },
};

enum again { NEVER, WHEN_IDEMPOTENT, ALWAYS };

/* What a code of a whole answer means. The first row that holds it counts. */
static const struct rule { int from, to; enum err_code means; enum again again; const char *remedy; } rules[] = {
    { 10030, 10030, ERR_OFFLINE, ALWAYS, NULL },
    { 11000, 11000, ERR_QUOTA, NEVER, "look at plan and billing of the Clarifai account, then resume" },
    { 11001, 11002, ERR_AUTH, NEVER, NULL },
    { 11003, 11003, ERR_QUOTA, NEVER, "the hourly quota of the Clarifai plan is used up: resume in an hour" },
    { 11004, 11004, ERR_QUOTA, NEVER, "the monthly quota of the Clarifai plan is used up: raise the plan or resume next month" },
    { 11005, 11005, ERR_RATE_LIMIT, ALWAYS, NULL },
    { 11006, 11006, ERR_QUOTA, NEVER, "a limit of the Clarifai account is reached: raise the plan or delete inputs, then resume" },
    { 11007, 11007, ERR_FORBIDDEN, NEVER, "make a personal access token, or an app key with the scopes this needs" },
    { 11008, 11009, ERR_AUTH, NEVER, "make a new personal access token in Clarifai (Settings, Secrets) and sign in again" },
    { 11101, 11101, ERR_NOT_FOUND, NEVER, NULL },
    { 24156, 24156, ERR_FORBIDDEN, NEVER, NULL },
    { 30100, 30100, ERR_CONFLICT, NEVER, NULL },
    { 30102, 30102, ERR_NOT_FOUND, NEVER, NULL },
    { 30103, 30103, ERR_FORBIDDEN, NEVER, NULL },
    { 30105, 30105, ERR_LIMIT, NEVER, NULL },
    { 39997, 39998, ERR_MAINTENANCE, NEVER, NULL },
    { 40010, 40010, ERR_CONFLICT, NEVER, NULL },
    { 40011, 40017, ERR_OFFLINE, WHEN_IDEMPOTENT, NULL },
    { 40021, 40021, ERR_OFFLINE, WHEN_IDEMPOTENT, NULL },
    { 40030, 40031, ERR_OFFLINE, ALWAYS, NULL },
    { 40032, 40032, ERR_TIMEOUT, WHEN_IDEMPOTENT, NULL },
    { 40033, 40033, ERR_LIMIT, NEVER, NULL },
    { 40034, 40034, ERR_OFFLINE, WHEN_IDEMPOTENT, NULL },
    { 90500, 90500, ERR_REFUSED, WHEN_IDEMPOTENT, NULL },
    { 98000, 99999, ERR_REFUSED, WHEN_IDEMPOTENT, NULL },
};
static const struct rule by_http[] = {
    { 401, 401, ERR_AUTH, NEVER, NULL }, { 402, 402, ERR_QUOTA, NEVER, NULL }, { 403, 403, ERR_FORBIDDEN, NEVER, NULL },
    { 404, 404, ERR_NOT_FOUND, NEVER, NULL }, { 408, 408, ERR_TIMEOUT, WHEN_IDEMPOTENT, NULL }, { 409, 409, ERR_CONFLICT, NEVER, NULL },
    { 413, 413, ERR_LIMIT, NEVER, NULL }, { 429, 429, ERR_RATE_LIMIT, ALWAYS, NULL }, { 500, 500, ERR_REFUSED, WHEN_IDEMPOTENT, NULL },
    { 501, 501, ERR_REFUSED, NEVER, NULL }, { 503, 503, ERR_OFFLINE, ALWAYS, NULL }, { 504, 504, ERR_TIMEOUT, WHEN_IDEMPOTENT, NULL },
    { 502, 599, ERR_OFFLINE, WHEN_IDEMPOTENT, NULL },
};
static const struct rule refused = { 0, 0, ERR_REFUSED, NEVER, NULL };

static const struct rule *find_rule(const struct rule *table, size_t count, int code)
{
    for (size_t i = 0; i < count; i++)
        if (code >= table[i].from && code <= table[i].to) return &table[i];
    return NULL;
}

/* The body's code outranks HTTP; HTTP speaks where the body is silent or its code says nothing to us. */
static const struct rule *rule_of(int code, int http)
{
    const struct rule *rule = find_rule(rules, COUNT(rules), code);
    if (!rule && (code == 0 || code == 90400)) rule = find_rule(by_http, COUNT(by_http), http);
    return rule ? rule : &refused;
}

static int code_of(const cJSON *status)
{
    int64_t number = 0;
    if (json_i64(status, "code", &number)) return number > 0 && number < 1000000 ? (int)number : 0;
    const char *name = json_str(status, "code");
    for (size_t i = 0; name && i < COUNT(names); i++)
        if (str_eq(names[i].name, name)) return names[i].code;
    return 0;
}

void clarifai_status_decode(const cJSON *holder, struct clarifai_status *out)
{
    const cJSON *status = json_obj(holder, "status");
    memset(out, 0, sizeof *out);
    if (!status) return;
    out->code = code_of(status);
    str_copy(out->description, sizeof out->description, json_str_or(status, "description", ""));
    str_copy(out->details, sizeof out->details, json_str_or(status, "details", ""));
    if (!out->code && !out->description[0]) str_copy(out->description, sizeof out->description, json_str_or(status, "code", ""));
}

bool clarifai_status_pending(int code)
{
    return code == CLARIFAI_INPUT_PENDING || code == CLARIFAI_INPUT_IN_PROGRESS;
}

/* Some codes are too wide; the details say what is meant (§1.7, §4.3, §6). */
static enum err_code mend(const struct clarifai_status *s, enum err_code code)
{
    static const struct { int code; const char *text; enum err_code means; } texts[] = {
        { 11102, "authorization header", ERR_AUTH }, { 11102, "already exist", ERR_CONFLICT }, { 11102, "duplicate", ERR_CONFLICT },
        { 39999, "duplicate", ERR_CONFLICT }, { 40003, "duplicate", ERR_CONFLICT },
    };
    for (size_t i = 0; i < COUNT(texts); i++)
        if (s->code == texts[i].code && strcasestr(s->details, texts[i].text)) return texts[i].means;
    return code;
}

int clarifai_status_error(const struct clarifai_status *s, int http, struct err *e)
{
    const struct rule *rule = rule_of(s->code, http);
    bool both = s->description[0] && s->details[0];
    char number[16];
    snprintf(number, sizeof number, "%d", s->code ? s->code : http);
    if (!s->description[0] && !s->details[0]) err_set(e, mend(s, rule->means), "Clarifai answered %s", number);
    else err_set(e, mend(s, rule->means), "Clarifai answered %s: %s%s%s", number, s->description, both ? ", " : "", s->details);
    if (!e) return -1;
    redact_fixed(e->cause, sizeof e->cause);
    e->http = http;
    str_copy(e->api_code, sizeof e->api_code, number);
    if (rule->remedy) err_remedy(e, "%s", rule->remedy);
    return -1;
}

static bool http_ok(int http)
{
    return http >= 200 && http < 300;
}

/* The verdict over a status. In doubt about a request that must not go twice, its end is unknown. */
static enum net_verdict judge_status(const struct net_request *request, const struct clarifai_status *s, int http, bool failed_is_ok, struct err *e)
{
    bool ok = s->code == CLARIFAI_OK || s->code == 10070 || s->code == CLARIFAI_MIXED || (failed_is_ok && s->code == CLARIFAI_FAILURE);
    if (ok) return NET_JUDGE_OK;
    const struct rule *rule = rule_of(s->code, http);
    clarifai_status_error(s, http, e);
    if (rule->again == ALWAYS || (rule->again == WHEN_IDEMPOTENT && request->idempotent)) return NET_JUDGE_RETRY;
    if (rule->again == WHEN_IDEMPOTENT && e) e->code = ERR_UNKNOWN;
    return NET_JUDGE_FAIL;
}

/* An answer without a readable status. */
static enum net_verdict judge_unreadable(const struct net_request *request, const struct net_answer *answer, struct err *e)
{
    static const struct clarifai_status silent;
    int http = answer->status;
    size_t blank = strspn(answer->body.data, " \t\r\n");
    bool html = listing_is_html(answer->content_type) || answer->body.data[blank] == '<';
    if (http_ok(http) && !html) {
        err_set(e, request->idempotent ? ERR_PROTOCOL : ERR_UNKNOWN, "the answer of Clarifai cannot be read");
        if (e) e->http = http;
        return NET_JUDGE_FAIL;
    }
    if (http < 400 || (html && http < 500 && http != 429)) {
        listing_not_the_api(e, "Clarifai", http);
        return NET_JUDGE_FAIL;
    }
    return judge_status(request, &silent, http, false, e);
}

static enum net_verdict judge(const struct net_request *request, const struct net_answer *answer, bool failed_is_ok, struct err *e)
{
    struct clarifai_status s = { 0 };
    if (request->sink && http_ok(answer->status)) return NET_JUDGE_OK;
    struct err why;
    err_clear(&why);
    cJSON *tree = answer->body.len ? json_parse(answer->body.data, answer->body.len, &why) : NULL;
    if (why.code == ERR_NO_MEMORY) {
        err_no_memory(e);
        return NET_JUDGE_FAIL;
    }
    bool has = tree && json_obj(tree, "status");
    clarifai_status_decode(tree, &s);
    cJSON_Delete(tree);
    if (!has) return judge_unreadable(request, answer, e);
    return judge_status(request, &s, answer->status, failed_is_ok, e);
}

enum net_verdict clarifai_judge(const struct net_request *request, const struct net_answer *answer, struct err *e)
{
    return judge(request, answer, false, e);
}

static enum net_verdict judge_mixed(const struct net_request *request, const struct net_answer *answer, struct err *e)
{
    return judge(request, answer, true, e);
}

int clarifai_request(const struct net_api *api, struct net_request *request, bool mixed, cJSON **out, struct err *e)
{
    struct net_answer answer;
    struct clarifai_status s;
    cJSON *tree = NULL;
    net_answer_init(&answer);
    int rc = net_call(api, request, mixed ? judge_mixed : clarifai_judge, &answer, e);
    if (!rc) {
        tree = json_parse(answer.body.data, answer.body.len, e);
        rc = tree ? 0 : -1;
    }
    clarifai_status_decode(tree, &s);
    if (!rc && !mixed && s.code == CLARIFAI_MIXED && request->method != NET_GET) rc = clarifai_status_error(&s, answer.status, e);
    if (!rc && out) *out = tree;
    else cJSON_Delete(tree);
    net_answer_release(&answer);
    return rc;
}

int clarifai_call(const struct net_api *api, enum net_method method, const char *path, const cJSON *body, bool idempotent, bool mixed,
                  cJSON **out, struct err *e)
{
    struct buf text = BUF_INIT;
    if (out) *out = NULL;
    if (body) json_print(&text, body);
    int rc = buf_error(&text, e);
    struct net_request request = { .method = method, .path = path, .body = body ? text.data : NULL, .body_size = text.len, .idempotent = idempotent };
    if (!rc) rc = clarifai_request(api, &request, mixed, out, e);
    buf_release(&text);
    return rc;
}

bool clarifai_id_valid(const char *id)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t n = id ? strlen(id) : 0;
    return n >= 1 && n <= 48 && strspn(id, allowed) == n;
}

/* The page went through the sink; its status stands in what is left of it. */
static enum net_verdict judge_page(const struct net_request *request, const struct net_answer *answer, struct err *e)
{
    struct clarifai_status s;
    if (!http_ok(answer->status)) return judge(request, answer, false, e);
    const cJSON *rest = listing_rest(request->sink->ctx, e);
    if (!rest) return NET_JUDGE_FAIL;
    if (!json_obj(rest, "status")) {
        err_set(e, ERR_PROTOCOL, "the answer of Clarifai has no status");
        return NET_JUDGE_FAIL;
    }
    clarifai_status_decode(rest, &s);
    return judge_status(request, &s, answer->status, false, e);
}

int clarifai_list_page(const struct net_api *api, const char *path, const char *key, clarifai_each each, void *ctx, int *count, struct err *e)
{
    struct net_answer answer;
    struct listing page;
    net_answer_init(&answer);
    listing_init(&page, "Clarifai", key, each, ctx);
    struct net_sink sink = listing_sink(&page);
    struct net_request request = { .method = NET_GET, .path = path, .idempotent = true, .bulk = true, .sink = &sink };
    int rc = net_call(api, &request, judge_page, &answer, e);
    if (!rc && judge_page(&request, &answer, e) != NET_JUDGE_OK) rc = -1;
    *count = rc ? 0 : page.count;
    listing_release(&page);
    net_answer_release(&answer);
    return rc;
}
