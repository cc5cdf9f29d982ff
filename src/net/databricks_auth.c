#include "net/databricks_auth.h"

#include "base/base64.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/url.h"
#include "net/databricks_wire.h"

#include <ctype.h>

#define SCIM_ME "/api/2.0/preview/scim/v2/Me"
#define TOKEN_PATH "/oidc/v1/token"
#define EXPIRES_MAX_S ((int64_t)366 * 24 * 3600)

int databricks_me_get(const struct net_api *api, struct databricks_me *out, struct err *e)
{
    struct net_request request = { .method = NET_GET, .path = SCIM_ME, .idempotent = true };
    struct net_answer answer;
    cJSON *tree = NULL;
    memset(out, 0, sizeof *out);
    net_answer_init(&answer);
    int rc = net_call(api, &request, databricks_judge, &answer, e);
    if (!rc) {
        tree = json_parse(answer.body.data, answer.body.len, e);
        const char *name = tree ? json_need_str(tree, "userName", e) : NULL;
        if (name) str_copy(out->user_name, sizeof out->user_name, name);
        else rc = -1;
    }
    if (!rc) {
        str_copy(out->id, sizeof out->id, json_str_or(tree, "id", ""));
        str_copy(out->display_name, sizeof out->display_name, json_str_or(tree, "displayName", out->user_name));
        str_copy(out->workspace_id, sizeof out->workspace_id, answer.org_id);
    }
    cJSON_Delete(tree);
    net_answer_release(&answer);
    return rc;
}

int databricks_clock_get(const struct net_api *api, int64_t *date_us, struct err *e)
{
    struct net_request request = { .method = NET_GET, .path = SCIM_ME, .idempotent = true };
    struct net_answer answer;
    net_answer_init(&answer);
    int rc = net_call(api, &request, databricks_judge, &answer, e);
    *date_us = answer.date_us;
    net_answer_release(&answer);
    return rc;
}

/* The path of the token endpoint. The server may name another one (§1.3, §14), but the secret goes to its own host and port only. */
static int token_path(const struct net_api *api, struct buf *out, struct err *e)
{
    cJSON *config = NULL;
    struct url_parts parts;
    struct err ignored;
    buf_clear(out);
    int rc = databricks_call(api, NET_GET, "/.well-known/databricks-config", NULL, true, &config, &ignored);
    const char *endpoint = rc ? NULL : json_str(config, "oidc_endpoint");
    if (endpoint && net_site_owns(api->site, endpoint) && url_parse(endpoint, &parts) && parts.rest[0] == '/' && !strpbrk(parts.rest, "?#")) {
        buf_puts(out, parts.rest);
        while (out->len && out->data[out->len - 1] == '/') buf_cut(out, out->len - 1);
        buf_puts(out, "/v1/token");
    } else {
        buf_puts(out, TOKEN_PATH);
    }
    cJSON_Delete(config);
    return buf_error(out, e);
}

static int basic_header(struct buf *out, const char *id, const char *secret, struct err *e)
{
    char *pair = str_printf("%s:%s", id, secret);
    if (!pair) return err_no_memory(e);
    size_t n = strlen(pair), wire = base64_length(n);
    char *text = wire == SIZE_MAX ? NULL : malloc(wire + 1);
    if (text) {
        base64_encode(pair, n, text);
        text[wire] = '\0';
        redact_add(secret);
        redact_add(text);
        buf_puts(out, "Authorization: Basic ");
        buf_puts(out, text);
        explicit_bzero(text, wire);
        free(text);
    }
    explicit_bzero(pair, n);
    free(pair);
    return text ? buf_error(out, e) : err_no_memory(e);
}

static int decode_token(const struct net_answer *answer, char **token, int64_t *expires_in_s, struct err *e)
{
    cJSON *tree = json_parse(answer->body.data, answer->body.len, e);
    const char *text = tree ? json_need_str(tree, "access_token", e) : NULL;
    int rc = text && *text ? 0 : -1;
    if (text && !*text) err_set(e, ERR_PROTOCOL, "the token in the answer is empty");
    if (!rc) {
        *token = str_dup(text);
        if (!*token) rc = err_no_memory(e);
        else redact_add(*token);
    }
    if (!json_i64(tree, "expires_in", expires_in_s) || *expires_in_s <= 0) *expires_in_s = 3600;
    if (*expires_in_s > EXPIRES_MAX_S) *expires_in_s = EXPIRES_MAX_S;
    if (text) explicit_bzero((char *)(uintptr_t)text, strlen(text));
    cJSON_Delete(tree);
    return rc;
}

int databricks_oauth_token(const struct net_api *api, const char *client_id, const char *client_secret,
                           char **token, int64_t *expires_in_s, struct err *e)
{
    static const char form[] = "grant_type=client_credentials&scope=all-apis";
    struct buf path = BUF_INIT, header = BUF_INIT;
    struct net_answer answer;
    *token = NULL;
    net_answer_init(&answer);
    int rc = token_path(api, &path, e);
    if (!rc) rc = basic_header(&header, client_id, client_secret, e);
    if (!rc) {
        /* Asking twice only makes two tokens. */
        struct net_request request = { .method = NET_POST, .path = path.data, .body = form, .body_size = sizeof form - 1, .idempotent = true,
                                       .content_type = "application/x-www-form-urlencoded", .headers = { header.data } };
        rc = net_call(api, &request, databricks_judge, &answer, e);
    }
    if (!rc) rc = decode_token(&answer, token, expires_in_s, e);
    else if (e && e->code == ERR_AUTH) str_copy(e->remedy, sizeof e->remedy, "check client id and client secret of the service principal");
    buf_wipe(&answer.body);
    net_answer_release(&answer);
    buf_wipe(&header);
    buf_release(&path);
    return rc;
}

static bool all_digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* Value of a query parameter into out (decoded); false when it is absent, empty or too long. */
static bool query_value(const char *rest, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    const char *p = strchr(rest, '?');
    while (p) {
        p++;
        if (!strncmp(p, name, n) && p[n] == '=') break;
        p = strpbrk(p, "&#");
        if (p && *p == '#') p = NULL;
    }
    if (!p) return false;
    struct buf value = BUF_INIT;
    bool ok = url_decode(&value, p + n + 1, strcspn(p + n + 1, "&#"), true) && value.len && value.len < size && strlen(value.data) == value.len;
    if (ok) str_copy(out, size, value.data);
    buf_release(&value);
    return ok;
}

/* The first of ?o=, ?w=, ?workspace_id= that can be one (§1.5). */
static void workspace_of(const char *rest, char workspace_id[32])
{
    static const struct { const char *name; bool number; } keys[] = { { "o", true }, { "w", false }, { "workspace_id", true } };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char value[32];
        if (!query_value(rest, keys[i].name, value, sizeof value)) continue;
        bool plain = strspn(value, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == strlen(value);
        if (keys[i].number ? all_digits(value) : plain) {
            str_copy(workspace_id, 32, value);
            return;
        }
    }
}

static int base_of(const struct url_parts *parts, char **base, struct err *e)
{
    char host[sizeof parts->host];
    bool https = str_eq(parts->scheme, "https"), six = strchr(parts->host, ':') && parts->host[0] != '[';
    if (!https && !url_is_loopback(parts->host)) {
        err_set(e, ERR_CONFIG, "the host address says http: a token would travel unprotected");
        return err_remedy(e, "write it with https://");
    }
    size_t n = 0;
    for (; parts->host[n]; n++) host[n] = (char)tolower((unsigned char)parts->host[n]);
    host[n] = '\0';
    bool usual = parts->port == (https ? 443 : 80);
    *base = usual ? str_printf("%s://%s%s%s", parts->scheme, six ? "[" : "", host, six ? "]" : "")
                  : str_printf("%s://%s%s%s:%d", parts->scheme, six ? "[" : "", host, six ? "]" : "", parts->port);
    return *base ? 0 : err_no_memory(e);
}

int databricks_host_normalize(const char *text, char **base, char workspace_id[32], struct err *e)
{
    struct url_parts parts;
    *base = NULL;
    workspace_id[0] = '\0';
    char *copy = str_dup(text ? text : "");
    if (!copy) return err_no_memory(e);
    char *trimmed = str_trim(copy), *url = strstr(trimmed, "://") ? str_dup(trimmed) : str_printf("https://%s", trimmed);
    free(copy);
    if (!url) return err_no_memory(e);
    int rc;
    if (strpbrk(url, " \t\r\n\\") || !url_parse(url, &parts)) {
        err_set(e, ERR_CONFIG, "the host address is not one");
        rc = err_remedy(e, "write it like https://dbc-a1b2c3d4-e5f6.cloud.databricks.com");
    } else {
        workspace_of(parts.rest, workspace_id);
        rc = base_of(&parts, base, e);
    }
    free(url);
    return rc;
}
