/* Users, apps, scopes, workflows and the table of status codes (reference clarifai §§1.5, 1.6, 2.2, 3.1). */
#include "sandbox/clarifai_calls.h"

static cJSON *visibility_json(int gettable)
{
    cJSON *o = cJSON_CreateObject();

    json_put_i64(o, "gettable", gettable);
    return o;
}

/* --- users --- */

void clarifai_get_user(struct talk *t)
{
    cJSON *user = cJSON_CreateObject();
    sqlite3_stmt *q = clarifai_db_query(t->store, "SELECT id, created, json FROM users WHERE id = ?", "s", t->user);

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW) {
        json_put_str(user, "id", clarifai_db_text(q, 0));
        talk_time(user, "created_at", sqlite3_column_int64(q, 1), 6);
        json_put_item(user, "visibility", visibility_json(10));
        talk_add_stored(user, clarifai_db_text(q, 2));
    }
    clarifai_db_done(q);
    if (strcmp(t->user, t->call->user) != 0) /* only oneself sees the address */
        cJSON_DeleteItemFromObjectCaseSensitive(user, "user_detail");
    json_put_item(talk_reply(t, 10000), "user", user);
}

/* --- apps --- */

/* The lists that a workflow shows even when they are empty (reference §1.4). */
static void workflow_lists(cJSON *workflow)
{
    static const char *const lists[] = { "use_cases", "check_consents" };

    for (size_t i = 0; workflow != NULL && i < sizeof lists / sizeof *lists; i++)
        if (cJSON_GetObjectItemCaseSensitive(workflow, lists[i]) == NULL)
            cJSON_AddArrayToObject(workflow, lists[i]);
}

static cJSON *app_json(const char *user, sqlite3_stmt *row, int digits)
{
    cJSON *o = cJSON_CreateObject();

    json_put_str(o, "id", clarifai_db_text(row, 0));
    json_put_str(o, "name", clarifai_db_text(row, 0));
    json_put_str(o, "user_id", user);
    json_put_str(o, "default_language", "en");
    talk_time(o, "created_at", sqlite3_column_int64(row, 1), digits);
    talk_time(o, "modified_at", sqlite3_column_int64(row, 2), digits);
    json_put_item(o, "visibility", visibility_json(10));
    json_put_str(o, "data_tier_id", "1");
    talk_add_stored(o, clarifai_db_text(row, 3));
    workflow_lists(cJSON_GetObjectItemCaseSensitive(o, "default_workflow"));
    return o;
}

static cJSON *app_find(struct talk *t, const char *id, int digits)
{
    sqlite3_stmt *q = clarifai_db_query(t->store, "SELECT id, created, modified, json FROM apps WHERE user = ? AND id = ?",
                                        "ss", t->user, id);
    cJSON *o = q != NULL && sqlite3_step(q) == SQLITE_ROW ? app_json(t->user, q, digits) : NULL;

    clarifai_db_done(q);
    return o;
}

static const char *app_order(struct talk *t)
{
    bool by_id = talk_flag(t, "sort_by_id") || talk_flag(t, "sort_by_name"), up = talk_flag(t, "sort_ascending");
    bool created = talk_flag(t, "sort_by_created_at");

    if (by_id)
        return up ? "SELECT id, created, modified, json FROM apps WHERE user = ?1 AND (?2 IS NULL OR instr(id, ?2) > 0)"
                    " ORDER BY id LIMIT ?3 OFFSET ?4"
                  : "SELECT id, created, modified, json FROM apps WHERE user = ?1 AND (?2 IS NULL OR instr(id, ?2) > 0)"
                    " ORDER BY id DESC LIMIT ?3 OFFSET ?4";
    if (created)
        return up ? "SELECT id, created, modified, json FROM apps WHERE user = ?1 AND (?2 IS NULL OR instr(id, ?2) > 0)"
                    " ORDER BY created, n LIMIT ?3 OFFSET ?4"
                  : "SELECT id, created, modified, json FROM apps WHERE user = ?1 AND (?2 IS NULL OR instr(id, ?2) > 0)"
                    " ORDER BY created DESC, n LIMIT ?3 OFFSET ?4";
    return up ? "SELECT id, created, modified, json FROM apps WHERE user = ?1 AND (?2 IS NULL OR instr(id, ?2) > 0)"
                " ORDER BY modified, n LIMIT ?3 OFFSET ?4"
              : "SELECT id, created, modified, json FROM apps WHERE user = ?1 AND (?2 IS NULL OR instr(id, ?2) > 0)"
                " ORDER BY modified DESC, n LIMIT ?3 OFFSET ?4";
}

void clarifai_list_apps(struct talk *t)
{
    const char *search = t->call->query(t->call, "search");
    int64_t limit, offset;
    cJSON *list;

    if (!talk_page(t, &limit, &offset))
        return;
    if (search == NULL)
        search = t->call->query(t->call, "id");
    list = cJSON_CreateArray();
    sqlite3_stmt *q = clarifai_db_query(t->store, app_order(t), "ssii", t->user, search, limit, offset);
    while (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        cJSON_AddItemToArray(list, app_json(t->user, q, 6));
    clarifai_db_done(q);
    json_put_item(talk_reply(t, 10000), "apps", list);
}

void clarifai_get_app(struct talk *t)
{
    json_put_item(talk_reply(t, 10000), "app", app_find(t, t->where.app, 6));
}

/* What a request may set, as the JSON text that is kept. Owned. */
static char *app_kept(const cJSON *item)
{
    static const char *const kept[] = { "name", "default_language", "description", "notes", "metadata", "default_workflow",
                                        "visibility", "image", "sample_ms" };
    cJSON *o = cJSON_CreateObject();
    char *text;

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_get(item, kept[i]) != NULL)
            json_put_item(o, kept[i], cJSON_Duplicate(json_get(item, kept[i]), true));
    if (json_str(item, "default_workflow_id") != NULL && json_obj(o, "default_workflow") == NULL)
        json_put_str(cJSON_AddObjectToObject(o, "default_workflow"), "id", json_str(item, "default_workflow_id"));
    text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

static bool app_add(struct talk *t, const cJSON *item, const char *action, cJSON *list)
{
    const char *id = json_str_or(item, "id", "");
    char *kept;
    int rc;

    (void)action;
    if (!clarifai_id_valid(id)) {
        talk_fail(t, 11102, "app id must be 1 to 48 letters, digits, '-' or '_'");
        return false;
    }
    if (!talk_notes_fit(t, item))
        return false;
    if (clarifai_app_number(t->store, t->user, id) >= 0) {
        talk_fail(t, 40010, "App with ID '%.100s' already exists.", id);
        return false;
    }
    kept = app_kept(item);
    rc = clarifai_db_run(t->store, &t->err, "INSERT INTO apps(user, id, json, created, modified) VALUES(?1, ?2, ?3, ?4, ?4)",
                         "sssi", t->user, id, kept, t->where.now);
    free(kept);
    if (rc != 0) {
        talk_trouble(t);
        return false;
    }
    cJSON_AddItemToArray(list, app_find(t, id, 9));
    return true;
}

void clarifai_post_apps(struct talk *t)
{
    talk_write_all(t, "apps", NULL, app_add);
}

void clarifai_delete_app(struct talk *t)
{
    static const char *const steps[] = {
        "DELETE FROM membership WHERE dataset IN (SELECT n FROM datasets WHERE app = ?1)",
        "DELETE FROM datasets WHERE app = ?1", "DELETE FROM annotations WHERE app = ?1",
        "DELETE FROM concepts WHERE app = ?1", "DELETE FROM jobs WHERE app = ?1", "DELETE FROM inputs WHERE app = ?1",
        "DELETE FROM apps WHERE n = ?1",
    };
    int rc = clarifai_db_begin(t->store, &t->err);

    for (size_t i = 0; rc == 0 && i < sizeof steps / sizeof *steps; i++)
        rc = clarifai_db_run(t->store, &t->err, steps[i], "i", t->where.app_n);
    if (clarifai_db_end(t->store, rc, &t->err) != 0)
        talk_trouble(t);
    else
        talk_reply(t, 10000);
}

/* --- scopes --- */

void clarifai_get_scopes(struct talk *t)
{
    static const char *const scopes[] = {
        "All", "Apps_Get", "Apps_Add", "Apps_Delete", "Annotations_Get", "Annotations_Add", "Annotations_Delete",
        "Concepts_Get", "Concepts_Add", "Datasets_Get", "Datasets_Add", "Datasets_Delete", "Inputs_Get", "Inputs_Add",
        "Inputs_Delete", "Models_Get", "Predict", "Search", "Workflows_Get", "Workflows_Add", "SavedSearch_Get",
        "SavedSearch_Add", "UserAccounts_Get",
    };
    cJSON *o = talk_reply(t, 10000), *list = cJSON_CreateArray();

    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(scopes[i]));
    json_put_item(o, "scopes", list);
    if (t->where.app != NULL)
        json_put_item(o, "app", app_find(t, t->where.app, 6));
}

/* --- workflows: an app has the one that was chosen as its default --- */

static cJSON *workflow_json(struct talk *t)
{
    cJSON *app = app_find(t, t->where.app, 6);
    const cJSON *chosen = json_obj(app, "default_workflow");
    cJSON *o = NULL;

    if (chosen != NULL) {
        o = cJSON_Duplicate(chosen, true);
        talk_time(o, "created_at", 1546300800000000, 6);
        json_put_item(o, "visibility", visibility_json(50));
    }
    cJSON_Delete(app);
    return o;
}

void clarifai_list_workflows(struct talk *t)
{
    cJSON *list = cJSON_CreateArray(), *workflow = NULL;
    int64_t limit, offset;

    if (!talk_page(t, &limit, &offset)) {
        cJSON_Delete(list);
        return;
    }
    if (offset == 0 && limit > 0)
        workflow = workflow_json(t);
    if (workflow != NULL)
        cJSON_AddItemToArray(list, workflow);
    json_put_item(talk_reply(t, 10000), "workflows", list);
}

void clarifai_get_workflow(struct talk *t)
{
    cJSON *workflow = workflow_json(t);

    if (str_eq(json_str(workflow, "id"), t->arg[0])) {
        json_put_item(talk_reply(t, 10000), "workflow", workflow);
        return;
    }
    cJSON_Delete(workflow);
    talk_fail(t, 11101, "Workflow with ID '%.100s' does not exist.", t->arg[0]);
}

/* --- status codes --- */

void clarifai_list_status_codes(struct talk *t)
{
    cJSON *list = cJSON_CreateArray();
    const struct clarifai_code *c;

    for (size_t i = 0; (c = clarifai_code_at(i)) != NULL; i++)
        cJSON_AddItemToArray(list, clarifai_code_json(c->code, c->name));
    json_put_item(talk_reply(t, 10000), "statuses", list);
}

void clarifai_get_status_code(struct talk *t)
{
    const struct clarifai_code *c = clarifai_code_named(t->arg[0]);
    cJSON *o;

    if (c == NULL) {
        talk_fail(t, 11101, "there is no status code %.100s", t->arg[0]);
        return;
    }
    o = talk_reply(t, 10000);
    cJSON_DeleteItemFromObjectCaseSensitive(o, "status");
    json_put_item(o, "status", clarifai_code_json(c->code, c->name));
}
