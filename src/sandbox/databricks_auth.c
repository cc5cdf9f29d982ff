#include "sandbox/databricks.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/url.h"
#include <strings.h>

/* --- helpers shared by the groups --- */

const char *databricks_need(const struct route_call *c, struct route_answer *a, const char *member)
{
    const char *text = json_str(c->body, member);
    if (text && *text)
        return text;
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Missing required field: %s", member);
    return NULL;
}

const char *databricks_need_query(const struct route_call *c, struct route_answer *a, const char *name)
{
    const char *text = c->query(c, name);
    if (text && *text)
        return text;
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Missing required field: %s", name);
    return NULL;
}

void databricks_fail_err(struct route_answer *a, const struct err *e)
{
    static const struct { enum err_code code; int http; const char *name; } rows[] = {
        { ERR_NOT_FOUND, 404, "NOT_FOUND" }, { ERR_CONFLICT, 409, "ALREADY_EXISTS" }, { ERR_USAGE, 400, "INVALID_PARAMETER_VALUE" },
        { ERR_FORBIDDEN, 403, "PERMISSION_DENIED" }, { ERR_NONE, 500, "INTERNAL_ERROR" },
    };
    size_t i = 0;
    while (rows[i].code != ERR_NONE && rows[i].code != e->code)
        i++;
    route_fail_databricks(a, rows[i].http, rows[i].name, NULL, "%s", e->cause);
}

void databricks_token(cJSON *o, const char *member, const char *text)
{
    struct buf hex = BUF_INIT;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        buf_printf(&hex, "%02x", *p ^ 0x5au);
    json_put_str(o, member, hex.data);
    buf_release(&hex);
}

bool databricks_token_read(const char *token, struct buf *text)
{
    size_t n = strlen(token);
    for (size_t i = 0; i + 1 < n; i += 2) {
        char pair[3] = { token[i], token[i + 1], 0 }, *end;
        long byte = strtol(pair, &end, 16);
        if (*end)
            return false;
        buf_putc(text, (char)(byte ^ 0x5a));
    }
    return n > 0 && n % 2 == 0 && buf_error(text, NULL) == 0;
}

static bool within(const char *full_name, const char *container)
{
    size_t n = strlen(container);
    return strncasecmp(full_name, container, n) == 0 && (!full_name[n] || full_name[n] == '.');
}

bool databricks_may_write(const char *user, const char *full_name)
{
    static const char *const read_only[] = { "system", "samples", "__databricks_internal", "hive_metastore", "main.locked" };
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++)
        if (within(full_name, read_only[i]))
            return false;
    const char *schema = strchr(full_name, '.');
    return !gate_is_reader(user) && !(schema && within(schema + 1, "information_schema"));
}

bool databricks_may_read(const char *full_name)
{
    return !within(full_name, "main.locked.private");
}

/* --- who am I --- */

static cJSON *text_list(const char *const *items, size_t n, const char *member)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < n; i++) {
        cJSON *o = cJSON_CreateObject();
        json_put_str(o, member, items[i]);
        cJSON_AddItemToArray(list, o);
    }
    return list;
}

/* Whether a comma list of SCIM attributes has "top", or "top.sub"; sub "*" takes any. In any case, with or without the schema's URN. */
static bool attribute_listed(const char *list, const char *top, const char *sub)
{
    char want[160];
    snprintf(want, sizeof want, "%s%s%s", top, sub ? "." : "", sub && !str_eq(sub, "*") ? sub : "");
    size_t len = strlen(want);
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ","), lead = strspn(at, " ");
        for (size_t i = 0; i < n; i++)
            if (at[i] == ':')
                lead = i + 1;
        for (; n > lead && at[n - 1] == ' '; n--)
            continue;
        bool fits = n >= lead + len && strncasecmp(at + lead, want, len) == 0;
        if (fits && (n == lead + len ? !str_eq(sub, "*") : str_eq(sub, "*")))
            return true;
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return false;
}

/* Takes the members of one value (or of each in a list) that were not asked for, or that were excluded. */
static void narrow_below(cJSON *value, const char *top, const char *list, bool keep)
{
    cJSON *next;
    if (cJSON_IsArray(value)) {
        for (cJSON *v = value->child; v; v = v->next)
            narrow_below(v, top, list, keep);
        return;
    }
    for (cJSON *v = cJSON_IsObject(value) ? value->child : NULL; v; v = next) {
        next = v->next;
        if (attribute_listed(list, top, v->string) != keep)
            cJSON_Delete(cJSON_DetachItemViaPointer(value, v));
    }
}

/* SCIM answers with what was asked for; schemas and id are always there (reference databricks §1.6). */
static void narrow(cJSON *o, const char *attributes, const char *excluded)
{
    const char *list = attributes ? attributes : excluded;
    cJSON *next;
    for (cJSON *v = list ? o->child : NULL; v; v = next) {
        next = v->next;
        if (str_eq(v->string, "schemas") || str_eq(v->string, "id"))
            continue;
        bool whole = attribute_listed(list, v->string, NULL), part = attribute_listed(list, v->string, "*");
        if (!whole && part)
            narrow_below(v, v->string, list, attributes != NULL);
        else if (whole != (attributes != NULL))
            cJSON_Delete(cJSON_DetachItemViaPointer(o, v));
    }
}

static void scim_fail(struct route_answer *a, const char *detail)
{
    static const char *const schema = "urn:ietf:params:scim:api:messages:2.0:Error";
    cJSON *o = cJSON_CreateObject();
    json_put_item(o, "schemas", cJSON_CreateStringArray(&schema, 1));
    json_put_str(o, "detail", detail);
    json_put_str(o, "status", "400");
    json_put_str(o, "scimType", "invalidValue");
    route_json(a, 400, o);
}

static void auth_me(struct route_call *c, struct route_answer *a)
{
    const char *attributes = c->query(c, "attributes"), *excluded = c->query(c, "excludedAttributes");
    if (attributes && excluded) {
        scim_fail(a, "attributes and excludedAttributes exclude each other");
        return;
    }
    static const char *const entitlements[] = { "workspace-access", "databricks-sql-access" };
    bool person = strchr(c->user, '@') != NULL;
    cJSON *o = cJSON_CreateObject(), *group = cJSON_CreateObject(), *groups = cJSON_CreateArray();
    const char *schema = "urn:ietf:params:scim:schemas:core:2.0:User";   /* of a service principal too */
    json_put_item(o, "schemas", cJSON_CreateStringArray(&schema, 1));
    json_put_str(o, "id", person ? "4831002733010947" : "6120447310048892");
    json_put_str(o, "userName", c->user);
    json_put_str(o, "displayName", person ? (gate_is_reader(c->user) ? "Lab Reader" : "Lab User") : "lab-service");
    json_put_bool(o, "active", true);
    if (person) {
        cJSON *name = cJSON_CreateObject(), *email = cJSON_CreateObject(), *emails = cJSON_CreateArray();
        json_put_str(name, "familyName", gate_is_reader(c->user) ? "Reader" : "User");
        json_put_str(name, "givenName", "Lab");
        json_put_item(o, "name", name);
        json_put_str(email, "type", "work");
        json_put_str(email, "value", c->user);
        json_put_bool(email, "primary", true);
        cJSON_AddItemToArray(emails, email);
        json_put_item(o, "emails", emails);
    }
    json_put_str(group, "display", "users");
    json_put_str(group, "type", "direct");
    json_put_str(group, "value", "601244918375520");
    json_put_str(group, "$ref", "Groups/601244918375520");
    cJSON_AddItemToArray(groups, group);
    json_put_item(o, "groups", groups);
    json_put_item(o, "entitlements", text_list(entitlements, 2, "value"));
    narrow(o, attributes, excluded);
    route_json(a, 200, o);
}

/* --- OAuth machine to machine --- */

static void put_at(cJSON *o, const char *member, const struct route_call *c, const char *path)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s%s", sandbox_origin(c->sandbox), path);
    json_put_str(o, member, text.data);
    buf_release(&text);
}

static void auth_config(struct route_call *c, struct route_answer *a)
{
    cJSON *o = cJSON_CreateObject();
    put_at(o, "oidc_endpoint", c, "/oidc");
    json_put_str(o, "account_id", "0d3f5f8e-6f3c-4c50-9d36-9f4b2c3bb1aa");
    json_put_str(o, "workspace_id", "7405608410935621");
    json_put_str(o, "cloud", "aws");
    route_json(a, 200, o);
}

static void auth_discovery(struct route_call *c, struct route_answer *a)
{
    static const char *const scopes[] = { "all-apis", "email", "offline_access", "openid", "profile", "sql" };
    static const char *const grants[] = { "client_credentials", "authorization_code", "refresh_token" };
    static const char *const methods[] = { "client_secret_basic", "client_secret_post", "none" };
    cJSON *o = cJSON_CreateObject();
    put_at(o, "authorization_endpoint", c, "/oidc/v1/authorize");
    put_at(o, "token_endpoint", c, "/oidc/v1/token");
    put_at(o, "issuer", c, "/oidc");
    put_at(o, "jwks_uri", c, "/oidc/jwks.json");
    json_put_item(o, "scopes_supported", cJSON_CreateStringArray(scopes, 6));
    json_put_item(o, "grant_types_supported", cJSON_CreateStringArray(grants, 3));
    json_put_item(o, "token_endpoint_auth_methods_supported", cJSON_CreateStringArray(methods, 3));
    route_json(a, 200, o);
}

/* Value of one field of a form body, decoded into out. */
static bool form_field(const char *form, const char *name, struct buf *out)
{
    size_t len = strlen(name);
    for (const char *at = form; *at;) {
        size_t n = strcspn(at, "&");
        if (n > len && memcmp(at, name, len) == 0 && at[len] == '=')
            return url_decode(out, at + len + 1, n - len - 1, true);
        at += n + (at[n] != 0);
    }
    return false;
}

/* The client by HTTP Basic or by the form. */
static bool client_known(const struct route_call *c, const char *form)
{
    const char *authorization = c->header(c, "Authorization");
    struct buf text = BUF_INIT;
    if (authorization && strncasecmp(authorization, "Basic ", 6) == 0) {
        base64_decode(&text, authorization + 6, strlen(authorization + 6), NULL);
    } else if (form_field(form, "client_id", &text)) {
        buf_putc(&text, ':');
        form_field(form, "client_secret", &text);
    }
    bool known = str_eq(text.data, "sandbox-client:sandbox-secret");
    buf_wipe(&text);
    return known;
}

static void oauth_fail(struct route_answer *a, int status, const char *code, const char *text)
{
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "error", code);
    json_put_str(o, "error_description", text);
    route_json(a, status, o);
}

static void auth_token(struct route_call *c, struct route_answer *a)
{
    static const char form_type[] = "application/x-www-form-urlencoded";
    struct buf form = BUF_INIT, grant = BUF_INIT, scope = BUF_INIT;
    const char *type = c->header(c, "Content-Type");
    char token[80];
    int64_t life = sandbox_setting(c->sandbox, "oauth.expires_s", 3600);
    bool read = file_read(c->body_file, 65536, &form, NULL) == 0;
    if (!type || strncasecmp(type, form_type, sizeof form_type - 1) != 0) {
        oauth_fail(a, 400, "invalid_request", "the body must be of type application/x-www-form-urlencoded");
    } else if (!read || !form_field(form.data, "grant_type", &grant) || !str_eq(grant.data, "client_credentials")) {
        oauth_fail(a, 400, "unsupported_grant_type", "grant_type must be client_credentials");
    } else if (!form_field(form.data, "scope", &scope) || !str_eq(scope.data, "all-apis")) {
        oauth_fail(a, 400, "invalid_scope", "scope must be all-apis");
    } else if (!client_known(c, form.data)) {
        oauth_fail(a, 401, "invalid_client", "Client authentication failed");
    } else if (gate_issue(c->sandbox->gate, life, token, sizeof token) == 0) {
        cJSON *o = cJSON_CreateObject();
        json_put_str(o, "access_token", token);
        json_put_str(o, "token_type", "Bearer");
        json_put_i64(o, "expires_in", life);
        json_put_str(o, "scope", "all-apis");
        route_json(a, 200, o);
    }
    buf_wipe(&form);
    buf_release(&grant);
    buf_release(&scope);
}

const struct route databricks_auth_routes[] = {
    { "GET", "/api/2.0/preview/scim/v2/Me", ROUTE_DATABRICKS, "attributes excludedAttributes", "-", auth_me },
    { "GET", "/.well-known/databricks-config", ROUTE_PUBLIC, NULL, "-", auth_config },
    { "GET", "/oidc/.well-known/oauth-authorization-server", ROUTE_PUBLIC, NULL, "-", auth_discovery },
    { "POST", "/oidc/v1/token", ROUTE_PUBLIC, NULL, "raw", auth_token },
    { 0 },
};
