#include "sandbox/databricks.h"
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

/* Scopes in DIR/secrets.json: {"scope": {"key": {"value": base64, "at": ms}}}. */
#define NAME_MAX_LEN 128
#define VALUE_MAX ((size_t)128000)     /* "128 KB" in the sense that is safe */
#define KEYS_MAX 1000

struct secrets {
    pthread_mutex_t lock;
    char *path;
    cJSON *scopes;
};

static int save(struct secrets *s, struct err *e)
{
    struct buf text = BUF_INIT;
    int result = json_print(&text, s->scopes) < 0 ? err_no_memory(e) : file_write_atomic(s->path, text.data, text.len, e);
    buf_wipe(&text);
    return result;
}

static bool put(cJSON *scope, const char *key, const char *bytes, size_t n)
{
    char *coded = malloc(base64_length(n) + 1);
    cJSON *o = cJSON_CreateObject();
    if (!coded || !o) {
        free(coded);
        cJSON_Delete(o);
        return false;
    }
    coded[base64_encode(bytes, n, coded)] = 0;
    json_put_str(o, "value", coded);
    json_put_i64(o, "at", time_wall_ms());
    free(coded);
    cJSON_DeleteItemFromObjectCaseSensitive(scope, key);
    return json_put_item(scope, key, o);
}

struct secrets *secrets_open(const char *dir, struct err *e)
{
    struct secrets *s = calloc(1, sizeof *s);
    struct buf text = BUF_INIT;
    if (!s || pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s);
        err_no_memory(e);
        return NULL;
    }
    s->path = str_printf("%s/secrets.json", dir);
    if (s->path && file_read(s->path, BUF_MAX_DEFAULT, &text, e) == 0) {
        s->scopes = json_parse(text.data, text.len, e);
    } else if (s->path && e->code == ERR_NOT_FOUND) {
        cJSON *scope = cJSON_CreateObject();
        err_clear(e);
        s->scopes = cJSON_CreateObject();
        put(scope, "CLARIFAI_PAT", "sandbox-pat", 11);
        json_put_item(s->scopes, "clarifai", scope);
        if (save(s, e) < 0) {
            cJSON_Delete(s->scopes);
            s->scopes = NULL;
        }
    }
    buf_wipe(&text);
    if (s->scopes)
        return s;
    secrets_close(s);
    return NULL;
}

void secrets_close(struct secrets *s)
{
    if (!s)
        return;
    cJSON_Delete(s->scopes);
    pthread_mutex_destroy(&s->lock);
    free(s->path);
    free(s);
}

static cJSON *scope_of(struct route_call *c, struct route_answer *a, const char *name)
{
    cJSON *scope = name ? cJSON_GetObjectItemCaseSensitive(c->sandbox->secrets->scopes, name) : NULL;
    if (name && !scope)
        route_fail_databricks(a, 404, "RESOURCE_DOES_NOT_EXIST", NULL, "Scope %s does not exist", name);
    return scope;
}

static bool name_valid(struct route_answer *a, const char *what, const char *name)
{
    size_t n = strlen(name);
    if (n && n <= NAME_MAX_LEN && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n)
        return true;
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                          "Invalid %s name '%.200s': it may hold letters, digits, -, _ and ., at "
                          "most 128 characters.", what, name);
    return false;
}

static bool may_write(const struct route_call *c, struct route_answer *a)
{
    if (!gate_is_reader(c->user))
        return true;
    route_fail_databricks(a, 403, "PERMISSION_DENIED", NULL, "User %s does not have WRITE permission on the scope.", c->user);
    return false;
}

static void done(struct route_call *c, struct route_answer *a)
{
    struct err e = { 0 };
    if (save(c->sandbox->secrets, &e) < 0)
        databricks_fail_err(a, &e);
    else
        route_json(a, 200, cJSON_CreateObject());
}

static void scope_list(struct route_call *c, struct route_answer *a)
{
    struct secrets *s = c->sandbox->secrets;
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    const cJSON *scope;
    pthread_mutex_lock(&s->lock);
    cJSON_ArrayForEach(scope, s->scopes) {
        cJSON *one = cJSON_CreateObject();
        json_put_str(one, "name", scope->string);
        json_put_str(one, "backend_type", "DATABRICKS");
        cJSON_AddItemToArray(list, one);
    }
    pthread_mutex_unlock(&s->lock);
    if (list->child)
        json_put_item(o, "scopes", list);
    else
        cJSON_Delete(list);
    route_json(a, 200, o);
}

static void scope_create(struct route_call *c, struct route_answer *a)
{
    struct secrets *s = c->sandbox->secrets;
    const char *name = databricks_need(c, a, "scope");
    if (!name || !name_valid(a, "scope", name) || !may_write(c, a))
        return;
    if (!str_eq(json_str_or(c->body, "initial_manage_principal", "users"), "users") ||
        !str_eq(json_str_or(c->body, "scope_backend_type", "DATABRICKS"), "DATABRICKS")) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                              "initial_manage_principal can only be users, and scope_backend_type DATABRICKS.");
        return;
    }
    pthread_mutex_lock(&s->lock);
    if (cJSON_GetObjectItemCaseSensitive(s->scopes, name)) {
        route_fail_databricks(a, 400, "RESOURCE_ALREADY_EXISTS", NULL, "Scope %s already exists!", name);
    } else if (cJSON_GetArraySize(s->scopes) >= 1000) {
        route_fail_databricks(a, 400, "RESOURCE_LIMIT_EXCEEDED", NULL, "The workspace has 1000 scopes already.");
    } else {
        json_put_item(s->scopes, name, cJSON_CreateObject());
        done(c, a);
    }
    pthread_mutex_unlock(&s->lock);
}

static void secret_list(struct route_call *c, struct route_answer *a)
{
    struct secrets *s = c->sandbox->secrets;
    const char *name = databricks_need_query(c, a, "scope");
    pthread_mutex_lock(&s->lock);
    const cJSON *scope = scope_of(c, a, name), *key;
    if (scope) {
        cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
        cJSON_ArrayForEach(key, scope) {
            cJSON *one = cJSON_CreateObject();
            int64_t at = 0;
            json_i64(key, "at", &at);
            json_put_str(one, "key", key->string);
            json_put_i64(one, "last_updated_timestamp", at);
            cJSON_AddItemToArray(list, one);
        }
        if (list->child)
            json_put_item(o, "secrets", list);
        else
            cJSON_Delete(list);
        route_json(a, 200, o);
    }
    pthread_mutex_unlock(&s->lock);
}

/* The bytes to store: of string_value or bytes_value, exactly one. */
static bool value_read(const struct route_call *c, struct route_answer *a, struct buf *out)
{
    const char *text = json_str(c->body, "string_value"), *coded = json_str(c->body, "bytes_value");
    if (!text == !coded) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                              "Exactly one of string_value and bytes_value must be given.");
        return false;
    }
    if (text ? buf_puts(out, text) < 0 : base64_decode(out, coded, strlen(coded), NULL) < 0) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "bytes_value is not base64.");
        return false;
    }
    if (out->len <= VALUE_MAX)
        return true;
    route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "The value is larger than 128 KB.");
    return false;
}

static void secret_put(struct route_call *c, struct route_answer *a)
{
    struct secrets *s = c->sandbox->secrets;
    const char *name = databricks_need(c, a, "scope"), *key = name ? databricks_need(c, a, "key") : NULL;
    struct buf value = BUF_INIT;
    if (key && name_valid(a, "key", key) && may_write(c, a) && value_read(c, a, &value)) {
        pthread_mutex_lock(&s->lock);
        cJSON *scope = scope_of(c, a, name);
        if (scope && !cJSON_GetObjectItemCaseSensitive(scope, key) && cJSON_GetArraySize(scope) >= KEYS_MAX)
            route_fail_databricks(a, 400, "RESOURCE_LIMIT_EXCEEDED", NULL, "The scope %s has 1000 secrets already.", name);
        else if (scope && put(scope, key, value.data, value.len))
            done(c, a);
        pthread_mutex_unlock(&s->lock);
    }
    buf_wipe(&value);
}

static cJSON *secret_of(struct route_answer *a, cJSON *scope, const char *name, const char *key)
{
    cJSON *secret = scope && key ? cJSON_GetObjectItemCaseSensitive(scope, key) : NULL;
    if (scope && key && !secret)
        route_fail_databricks(a, 404, "RESOURCE_DOES_NOT_EXIST", NULL, "Secret %s does not exist in scope %s", key, name);
    return secret;
}

static void secret_delete(struct route_call *c, struct route_answer *a)
{
    struct secrets *s = c->sandbox->secrets;
    const char *name = databricks_need(c, a, "scope"), *key = name ? databricks_need(c, a, "key") : NULL;
    if (!key || !may_write(c, a))
        return;
    pthread_mutex_lock(&s->lock);
    cJSON *scope = scope_of(c, a, name);
    if (secret_of(a, scope, name, key)) {
        cJSON_DeleteItemFromObjectCaseSensitive(scope, key);
        done(c, a);
    }
    pthread_mutex_unlock(&s->lock);
}

/* Whether a caller outside a notebook may read secrets differs between workspaces: setting "secrets.get" is the status. */
static void secret_get(struct route_call *c, struct route_answer *a)
{
    static const struct { int status; const char *code, *text; } refusals[] = {
        { 400, "BAD_REQUEST", "The secret can only be read from a notebook with DBUtils." },
        { 403, "PERMISSION_DENIED", "User does not have READ permission on the scope." },
        { 404, "RESOURCE_DOES_NOT_EXIST", "Secret does not exist." } };
    struct secrets *s = c->sandbox->secrets;
    const char *name = databricks_need_query(c, a, "scope"), *key = name ? databricks_need_query(c, a, "key") : NULL;
    int64_t mode = sandbox_setting(c->sandbox, "secrets.get", 200);
    for (size_t i = 0; key && i < sizeof refusals / sizeof *refusals; i++)
        if (refusals[i].status == mode) {
            route_fail_databricks(a, refusals[i].status, refusals[i].code, NULL, "%s", refusals[i].text);
            return;
        }
    pthread_mutex_lock(&s->lock);
    const cJSON *secret = secret_of(a, scope_of(c, a, key ? name : NULL), name, key);
    if (secret) {
        cJSON *o = cJSON_CreateObject();
        json_put_str(o, "key", key);
        json_put_str(o, "value", json_str(secret, "value"));
        route_json(a, 200, o);
    }
    pthread_mutex_unlock(&s->lock);
}

#define SECRETS "/api/2.0/secrets"
const struct route databricks_secret_routes[] = {
    { "GET", SECRETS "/scopes/list", ROUTE_DATABRICKS, NULL, "-", scope_list },
    { "POST", SECRETS "/scopes/create", ROUTE_DATABRICKS, NULL, "scope initial_manage_principal scope_backend_type", scope_create },
    { "GET", SECRETS "/list", ROUTE_DATABRICKS, "scope", "-", secret_list },
    { "POST", SECRETS "/put", ROUTE_DATABRICKS, NULL, "scope key string_value bytes_value", secret_put },
    { "POST", SECRETS "/delete", ROUTE_DATABRICKS, NULL, "scope key", secret_delete },
    { "GET", SECRETS "/get", ROUTE_DATABRICKS, "scope key", "-", secret_get },
    { 0 },
};
