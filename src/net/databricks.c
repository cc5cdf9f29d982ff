#include "net/databricks_wire.h"

#include "base/str.h"
#include "base/url.h"
#include "net/listing.h"

#define PAGES_MAX 1000000

const char *databricks_text_of(const cJSON *o, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *text = json_str(o, keys[i]);
        if (text) return text;
    }
    return NULL;
}

void databricks_path_query(struct buf *path, const char *name, const char *value)
{
    if (!value) return;
    buf_putc(path, strchr(path->data, '?') ? '&' : '?');
    buf_puts(path, name);
    buf_putc(path, '=');
    url_encode(path, value, strlen(value));
}

void databricks_path_segment(struct buf *path, const char *segment)
{
    buf_putc(path, '/');
    url_encode(path, segment, strlen(segment));
}

/* Bytes of the JSON number at s, 0 when there is none; digits: all of its mantissa; whole: no fraction and no exponent. */
static size_t number_length(const char *s, size_t n, size_t *digits, bool *whole)
{
    size_t i = 0, from;
    *digits = 0;
    *whole = true;
    if (i < n && s[i] == '-') i++;
    for (from = i; i < n && s[i] >= '0' && s[i] <= '9'; i++) ++*digits;
    if (i == from) return 0;
    if (i < n && s[i] == '.') {
        *whole = false;
        for (from = ++i; i < n && s[i] >= '0' && s[i] <= '9'; i++) ++*digits;
        if (i == from) return 0;
    }
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        *whole = false;
        i++;
        if (i < n && (s[i] == '+' || s[i] == '-')) i++;
        for (from = i; i < n && s[i] >= '0' && s[i] <= '9'; i++) {}
        if (i == from) return 0;
    }
    return i;
}

/* Bytes of the string at s (which starts with a quote), closing quote included. */
static size_t string_length(const char *s, size_t n)
{
    size_t i = 1;
    while (i < n && s[i] != '"') i += s[i] == '\\' ? 2 : 1;
    return i < n ? i + 1 : n;
}

int databricks_numbers_exact(struct buf *out, const char *text, size_t n)
{
    size_t i = 0;
    while (i < n) {
        size_t digits = 0, length = 1;
        bool whole = false, number = false;
        if (text[i] == '"') {
            length = string_length(text + i, n - i);
        } else if (text[i] == '-' || (text[i] >= '0' && text[i] <= '9')) {
            length = number_length(text + i, n - i, &digits, &whole);
            number = length > 0;
            if (!number) length = 1;
        }
        bool quote = number && digits > (whole ? 15u : 17u);
        if (quote) buf_putc(out, '"');
        buf_add(out, text + i, length);
        if (quote) buf_putc(out, '"');
        i += length;
    }
    return out->failed ? -1 : 0;
}

static cJSON *parse_answer(const struct net_answer *answer, bool exact, struct err *e)
{
    const struct buf *body = &answer->body;
    struct buf changed = BUF_INIT;
    cJSON *tree;
    if (!body->len) {
        tree = cJSON_CreateObject();
        if (!tree) err_no_memory(e);
        return tree;
    }
    if (!exact) return json_parse(body->data, body->len, e);
    buf_init(&changed, body->len * 2 + 16);
    databricks_numbers_exact(&changed, body->data, body->len);
    tree = buf_error(&changed, e) ? NULL : json_parse(changed.data, changed.len, e);
    buf_release(&changed);
    return tree;
}

/* The answer's object. A request that was carried out and answered with nonsense has an unknown end. */
static int decode_answer(const struct databricks_ask *ask, const struct net_answer *answer, cJSON **out, struct err *e)
{
    cJSON *tree = parse_answer(answer, ask->exact, e);
    if (tree && !cJSON_IsObject(tree)) {
        cJSON_Delete(tree);
        tree = NULL;
        err_set(e, ERR_PROTOCOL, "the answer of Databricks is not a JSON object");
    }
    if (!tree) {
        if (e && !ask->idempotent && e->code == ERR_PROTOCOL) e->code = ERR_UNKNOWN;
        if (e) e->http = answer->status;
        return -1;
    }
    if (out) *out = tree;
    else cJSON_Delete(tree);
    return 0;
}

int databricks_ask_send(const struct net_api *api, const struct databricks_ask *ask, cJSON **out, struct err *e)
{
    struct buf body = BUF_INIT;
    struct net_answer answer;
    if (out) *out = NULL;
    net_answer_init(&answer);
    if (ask->body) json_print(&body, ask->body);
    struct net_request request = {
        .method = ask->method, .path = ask->path, .body = ask->body ? body.data : NULL, .body_size = body.len, .idempotent = ask->idempotent,
        .bulk = ask->bulk, .answer_max = ask->answer_max, .quota_name = ask->quota_name,
    };
    int rc = buf_error(&body, e);
    if (!rc) rc = net_call(api, &request, databricks_judge, &answer, e);
    if (!rc) rc = decode_answer(ask, &answer, out, e);
    net_answer_release(&answer);
    buf_release(&body);
    return rc;
}

int databricks_call(const struct net_api *api, enum net_method method, const char *path, const cJSON *body,
                    bool idempotent, cJSON **out, struct err *e)
{
    struct databricks_ask ask = { .method = method, .path = path, .body = body, .idempotent = idempotent };
    return databricks_ask_send(api, &ask, out, e);
}

/* One page, split as it arrives. Its next_page_token is left in next (cleared when there is none). */
static int list_page(const struct net_api *api, const char *path, const char *key, const char *page_token, const char *quota_name,
                     databricks_each each, void *ctx, struct buf *next, struct err *e)
{
    struct buf full = BUF_INIT;
    struct net_answer answer;
    struct listing page;
    net_answer_init(&answer);
    listing_init(&page, "Databricks", key, each, ctx);
    buf_puts(&full, path);
    if (page_token && *page_token) databricks_path_query(&full, "page_token", page_token);
    struct net_sink sink = listing_sink(&page);
    struct net_request request = { .method = NET_GET, .path = full.data, .idempotent = true, .sink = &sink, .quota_name = quota_name };
    const cJSON *rest = NULL;
    int rc = buf_error(&full, e);
    if (!rc) rc = net_call(api, &request, databricks_judge, &answer, e);
    if (!rc) {
        rest = listing_rest(&page, e);
        rc = rest ? 0 : -1;
    }
    /* The token asked with may be the very buffer that takes the next one. */
    buf_clear(next);
    if (!rc) {
        buf_puts(next, json_str_or(rest, "next_page_token", ""));
        rc = buf_error(next, e);
    }
    listing_release(&page);
    net_answer_release(&answer);
    buf_release(&full);
    return rc;
}

static bool token_seen(const struct str_list *tokens, const char *token)
{
    for (size_t i = 0; i < tokens->count; i++)
        if (str_eq(tokens->items[i], token)) return true;
    return false;
}

/* Tokens seen are kept up to a number; a longer loop ends at PAGES_MAX. */
static int remember_token(struct str_list *tokens, const char *token, struct err *e)
{
    if (token_seen(tokens, token)) return err_set(e, ERR_PROTOCOL, "the list of Databricks goes round: a page token came twice");
    if (tokens->count < 4096 && str_list_add(tokens, token)) return err_no_memory(e);
    return 0;
}

int databricks_ask_list(const struct net_api *api, const char *path, const char *key, const char *quota_name,
                        databricks_each each, void *ctx, struct err *e)
{
    struct buf token = BUF_INIT;
    struct str_list tokens = { 0 };
    int rc = 0;
    for (int pages = 0; !rc; pages++) {
        if (pages == PAGES_MAX) {
            rc = err_set(e, ERR_PROTOCOL, "the list of Databricks does not end");
            break;
        }
        rc = list_page(api, path, key, token.data, quota_name, each, ctx, &token, e);
        if (rc || !token.len) break;
        rc = remember_token(&tokens, token.data, e);
    }
    buf_release(&token);
    str_list_release(&tokens);
    return rc;
}
