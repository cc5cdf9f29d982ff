#include "sandbox/clarifai_talk.h"
#include "base/timefmt.h"

#define NOTES_MAX 64000 /* "64 KB" in the sense that is safe */

/* --- answers --- */

cJSON *talk_reply(struct talk *t, int code)
{
    const struct clarifai_code *c = clarifai_code_find(code);
    cJSON *o = cJSON_CreateObject(), *status = clarifai_code_json(code, NULL);
    char id[33];

    clarifai_new_id(t->store, id);
    json_put_str(status, "req_id", id);
    json_put_item(o, "status", status);
    cJSON_Delete(t->answer->json);
    t->answer->json = o;
    t->answer->status = c != NULL ? c->http : 500;
    return o;
}

void talk_fail(struct talk *t, int code, const char *fmt, ...)
{
    char details[512];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(details, sizeof details, fmt, ap);
    va_end(ap);
    cJSON *o = talk_reply(t, code);
    json_put_str(cJSON_GetObjectItemCaseSensitive(o, "status"), "details", details);
    if (t->list != NULL)
        json_put_item(o, t->list, cJSON_CreateArray());
}

void talk_trouble(struct talk *t)
{
    talk_fail(t, 98006, "%s", t->err.cause);
}

int talk_mixed(int good, int bad)
{
    return bad == 0 ? 10000 : good == 0 ? 10020 : 10010;
}

void talk_time(cJSON *o, const char *key, int64_t us, int digits)
{
    char text[40];
    json_put_str(o, key, time_format(us, digits, text, sizeof text));
}

void talk_add_stored(cJSON *o, const char *json)
{
    cJSON *stored = json != NULL ? cJSON_Parse(json) : NULL, *v;

    while (stored != NULL && (v = stored->child) != NULL) {
        cJSON_DetachItemViaPointer(stored, v);
        cJSON_DeleteItemFromObjectCaseSensitive(o, v->string);
        if (!cJSON_AddItemToObject(o, v->string, v))
            cJSON_Delete(v);
    }
    cJSON_Delete(stored);
}

/* --- parameters --- */

bool talk_flag(struct talk *t, const char *name)
{
    return str_ieq(t->call->query(t->call, name), "true");
}

static bool number_parameter(struct talk *t, const char *name, int64_t otherwise, int64_t most, int64_t *out)
{
    const char *text = t->call->query(t->call, name);

    *out = otherwise;
    if (text == NULL)
        return true;
    if (str_i64(text, out) && *out >= 1 && *out <= most)
        return true;
    talk_fail(t, 11102, "%s must be a number between 1 and %lld", name, (long long)most);
    return false;
}

/* Lists of what has been starred, featured, bookmarked or made a template are empty: nothing here is. */
static bool wants_marked(struct talk *t)
{
    return talk_flag(t, "starred_only") || talk_flag(t, "featured_only") || talk_flag(t, "template_only") || talk_flag(t, "bookmark");
}

bool talk_page(struct talk *t, int64_t *limit, int64_t *offset)
{
    int64_t page, usual = sandbox_setting(t->call->sandbox, "clarifai.per_page", 20);

    if (!number_parameter(t, "page", 1, INT32_MAX, &page) || !number_parameter(t, "per_page", usual, 1000, limit))
        return false;
    *offset = (page - 1) * *limit;
    if (wants_marked(t))
        *limit = 0;
    return true;
}

const cJSON *talk_items(struct talk *t, const char *key)
{
    const cJSON *items = json_arr(t->call->body, key);
    int n = cJSON_GetArraySize(items);

    if (n >= 1 && n <= TALK_BATCH)
        return items;
    talk_fail(t, 11102, "%s must hold between 1 and %d items", key, TALK_BATCH);
    return NULL;
}

bool talk_notes_fit(struct talk *t, const cJSON *item)
{
    if (strlen(json_str_or(item, "notes", "")) <= NOTES_MAX)
        return true;
    talk_fail(t, 11102, "notes must not be larger than 64 KB");
    return false;
}

void talk_write_all(struct talk *t, const char *key, const char *action, talk_step step)
{
    const cJSON *items = talk_items(t, key), *item;
    cJSON *list;
    bool good = true;

    if (items == NULL)
        return;
    if (clarifai_db_begin(t->store, &t->err) != 0) {
        talk_trouble(t);
        return;
    }
    list = cJSON_CreateArray();
    cJSON_ArrayForEach(item, items)
        good = good && step(t, item, action, list);
    if (good)
        json_put_item(talk_reply(t, 10000), key, list);
    else
        cJSON_Delete(list);
    if (clarifai_db_end(t->store, good ? 0 : -1, &t->err) != 0 && good)
        talk_trouble(t);
}

const char *talk_action(struct talk *t, const char *allowed)
{
    const char *action = json_str_or(t->call->body, "action", "");
    const char *at = action[0] != '\0' ? strstr(allowed, action) : NULL;
    size_t n = strlen(action);

    if (at != NULL && (at == allowed || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
        return action;
    talk_fail(t, 11102, "action must be one of: %s", allowed);
    return NULL;
}

static char *printed(cJSON *list)
{
    char *text = list != NULL ? cJSON_PrintUnformatted(list) : NULL;
    cJSON_Delete(list);
    return text;
}

char *talk_query_list(struct talk *t, const char *name, int *count)
{
    const char *values[1024];
    cJSON *list = cJSON_CreateArray();

    *count = t->call->query_all(t->call, name, values, 1024);
    for (int i = 0; i < *count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(values[i]));
    return printed(list);
}

char *talk_body_list(const cJSON *list)
{
    return printed(list != NULL ? cJSON_Duplicate(list, true) : cJSON_CreateArray());
}

/* --- running a handler --- */

static const char *short_form(struct talk *t, const char *key)
{
    const cJSON *set = json_obj(t->call->body, "user_app_id");
    char name[32];

    if (set != NULL)
        return json_str(set, key);
    snprintf(name, sizeof name, "user_app_id.%s", key);
    return t->call->query(t->call, name);
}

/* Whose app: from the path, else from user_app_id. */
static void find_names(struct talk *t, enum talk_scope scope)
{
    struct route_call *c = t->call;
    bool by_user = str_starts(c->path, "/v2/users/");
    bool by_app = by_user && c->captures[0] != NULL && c->captures[1] != NULL && strstr(c->path, "/apps/") != NULL;
    int used = by_app ? 2 : by_user ? 1 : 0;

    t->user = by_user ? c->captures[0] : short_form(t, "user_id");
    t->where.app = by_app ? c->captures[1] : scope == TALK_APP ? short_form(t, "app_id") : NULL;
    if (t->user == NULL || strcmp(t->user, "me") == 0)
        t->user = c->user;
    t->where.user = t->user;
    for (int i = 0; i < 4; i++)
        t->arg[i] = i + used < 6 ? c->captures[i + used] : NULL;
}

static bool find_app(struct talk *t, enum talk_scope scope)
{
    if (scope == TALK_NONE)
        return true;
    if (clarifai_db_number(t->store, 0, "SELECT 1 FROM users WHERE id = ?", "s", t->user) == 0) {
        talk_fail(t, 11101, "User with ID '%.100s' does not exist.", t->user);
        return false;
    }
    if (scope == TALK_USER)
        return true;
    if (t->where.app == NULL) {
        talk_fail(t, 11008, "Must provide app external ID in API authorizer");
        return false;
    }
    t->where.app_n = clarifai_app_number(t->store, t->user, t->where.app);
    if (t->where.app_n >= 0)
        return true;
    talk_fail(t, 11101, "App with ID '%.100s' does not exist.", t->where.app);
    return false;
}

static bool body_fits(struct talk *t, const struct clarifai_shape *shape)
{
    if (shape == NULL || (t->call->body == NULL && shape == &clarifai_shape_only_user_app))
        return true;
    if (t->call->body == NULL) {
        talk_fail(t, 11100, "the request body must be a JSON object");
        return false;
    }
    if (clarifai_shape_check(t->call->body, shape, &t->err) == 0)
        return true;
    talk_fail(t, 11100, "%s", t->err.cause);
    return false;
}

void talk_run(struct route_call *call, struct route_answer *answer, const struct talk_rule *rule)
{
    struct talk t = { .call = call, .answer = answer, .store = sandbox_clarifai(call->sandbox), .list = rule->list };
    bool good;

    if (!body_fits(&t, rule->body))
        return;
    find_names(&t, rule->scope);
    clarifai_db_lock(t.store);
    t.where.now = clarifai_now(t.store);
    good = find_app(&t, rule->scope);
    if (good && !rule->unlocked)
        rule->handle(&t);
    clarifai_db_unlock(t.store);
    if (good && rule->unlocked)
        rule->handle(&t);
}
