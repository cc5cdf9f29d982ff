/* Concepts of an app (reference clarifai §§4.1, 4.2, 6), and those inside data objects. */
#include "sandbox/clarifai_calls.h"

static const char *const nests[] = { "regions", "frames", "time_segments", "tracks", "parts" };

/* --- inside data --- */

const char *clarifai_concepts_bad(const cJSON *data)
{
    const cJSON *v;
    const char *id;

    cJSON_ArrayForEach(v, json_arr(data, "concepts")) {
        id = json_str_or(v, "id", "");
        if (!clarifai_id_valid(id))
            return id;
    }
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++)
        cJSON_ArrayForEach(v, json_arr(data, nests[i]))
            if ((id = clarifai_concepts_bad(json_obj(v, "data"))) != NULL)
                return id;
    return NULL;
}

static int insert(struct clarifai_store *s, int64_t app, const char *id, const char *name, const char *json, struct err *e)
{
    return clarifai_db_run(s, e, "INSERT OR IGNORE INTO concepts(app, id, name, created, json) VALUES(?,?,?,?,?)", "issis",
                           app, id, name, clarifai_now(s), json);
}

static void set_text(cJSON *o, const char *key, const char *text)
{
    cJSON_DeleteItemFromObjectCaseSensitive(o, key);
    json_put_str(o, key, text);
}

/* The app's own name of a concept wins; an unseen one is made. Members come out in the service's order. */
static int settle_one(struct clarifai_store *s, int64_t app, const char *user, const char *app_id, cJSON *c, struct err *e)
{
    char *id = str_dup(json_str_or(c, "id", ""));
    char *given = str_dup(json_str_or(c, "name", id != NULL ? id : "")), *known = NULL;
    double value = 1;
    sqlite3_stmt *q;

    if (id == NULL || given == NULL) {
        free(id);
        free(given);
        return err_no_memory(e);
    }
    q = clarifai_db_query(s, "SELECT name FROM concepts WHERE app = ? AND id = ?", "is", app, id);
    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        known = str_dup(clarifai_db_text(q, 0));
    clarifai_db_done(q);
    int rc = known != NULL ? 0 : insert(s, app, id, given, NULL, e);
    json_f64(c, "value", &value);
    set_text(c, "id", id);
    set_text(c, "name", known != NULL ? known : given);
    cJSON_DeleteItemFromObjectCaseSensitive(c, "value");
    cJSON_AddNumberToObject(c, "value", value);
    set_text(c, "app_id", app_id);
    set_text(c, "user_id", user);
    free(id);
    free(given);
    free(known);
    return rc;
}

int clarifai_concepts_settle(struct clarifai_store *s, int64_t app, const char *user, const char *app_id, cJSON *data,
                             struct err *e)
{
    cJSON *v;

    cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(data, "concepts"))
        if (settle_one(s, app, user, app_id, v, e) != 0)
            return -1;
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++)
        cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(data, nests[i])) {
            cJSON *inner = cJSON_GetObjectItemCaseSensitive(v, "data");
            if (inner != NULL && clarifai_concepts_settle(s, app, user, app_id, inner, e) != 0)
                return -1;
        }
    return 0;
}

/* --- calls --- */

#define COLUMNS "id, name, created, json"

static cJSON *concept_json(struct talk *t, sqlite3_stmt *row, int digits)
{
    cJSON *o = cJSON_CreateObject(), *visibility = cJSON_CreateObject();

    json_put_str(o, "id", clarifai_db_text(row, 0));
    json_put_str(o, "name", clarifai_db_text(row, 1));
    json_put_i64(o, "value", 1);
    talk_time(o, "created_at", sqlite3_column_int64(row, 2), digits);
    json_put_str(o, "language", "en");
    json_put_str(o, "app_id", t->where.app);
    json_put_str(o, "user_id", t->where.user);
    json_put_i64(visibility, "gettable", 10);
    json_put_item(o, "visibility", visibility);
    talk_add_stored(o, clarifai_db_text(row, 3));
    return o;
}

void clarifai_list_concepts(struct talk *t)
{
    const char *like = t->call->query(t->call, "id");
    int64_t limit, offset;
    cJSON *list;

    if (!talk_page(t, &limit, &offset))
        return;
    list = cJSON_CreateArray();
    sqlite3_stmt *q = clarifai_db_query(
        t->store,
        "SELECT " COLUMNS " FROM concepts WHERE app = ?1 AND (?2 IS NULL OR instr(lower(id), lower(?2)) > 0) ORDER BY n"
        " LIMIT ?3 OFFSET ?4",
        "isii", t->where.app_n, like, limit, offset);
    while (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        cJSON_AddItemToArray(list, concept_json(t, q, 6));
    clarifai_db_done(q);
    json_put_item(talk_reply(t, 10000), "concepts", list);
}

static cJSON *find(struct talk *t, const char *id, int digits)
{
    sqlite3_stmt *q = clarifai_db_query(t->store, "SELECT " COLUMNS " FROM concepts WHERE app = ? AND id = ?", "is",
                                        t->where.app_n, id);
    cJSON *o = q != NULL && sqlite3_step(q) == SQLITE_ROW ? concept_json(t, q, digits) : NULL;

    clarifai_db_done(q);
    return o;
}

void clarifai_get_concept(struct talk *t)
{
    cJSON *o = find(t, t->arg[0], 6);

    if (o == NULL)
        talk_fail(t, 11101, "Concept with ID '%.100s' does not exist.", t->arg[0]);
    else
        json_put_item(talk_reply(t, 10000), "concept", o);
}

/* What a concept keeps beside id and name: definition, metadata, keypoints. Owned text or NULL. */
static char *extras(const cJSON *item)
{
    static const char *const kept[] = { "definition", "metadata", "keypoint_info" };
    cJSON *o = cJSON_CreateObject();
    char *text = NULL;

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_get(item, kept[i]) != NULL)
            json_put_item(o, kept[i], cJSON_Duplicate(json_get(item, kept[i]), true));
    if (cJSON_GetArraySize(o) > 0)
        text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    return text;
}

/* All or nothing; false after answering. */
static bool add_all(struct talk *t, const cJSON *items, cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, items) {
        const char *id = json_str_or(item, "id", "");
        char *json = extras(item);
        cJSON *had = clarifai_id_valid(id) ? find(t, id, 6) : NULL;
        int rc = 0;

        if (!clarifai_id_valid(id))
            talk_fail(t, 40003, "concept id '%.100s' is not valid", id);
        else if (had != NULL)
            talk_fail(t, 40003, "concept '%.100s' is a duplicate", id);
        else if ((rc = insert(t->store, t->where.app_n, id, json_str_or(item, "name", id), json, &t->err)) != 0)
            talk_trouble(t);
        free(json);
        if (had != NULL || rc != 0 || !clarifai_id_valid(id)) {
            cJSON_Delete(had);
            return false;
        }
        cJSON_AddItemToArray(list, find(t, id, 9));
    }
    return true;
}

static bool rename_all(struct talk *t, const cJSON *items, cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, items) {
        const char *id = json_str_or(item, "id", ""), *name = json_str(item, "name");
        cJSON *had = find(t, id, 6);

        cJSON_Delete(had);
        if (had == NULL) {
            talk_fail(t, 11101, "Concept with ID '%.100s' does not exist.", id);
            return false;
        }
        if (name != NULL
            && clarifai_db_run(t->store, &t->err, "UPDATE concepts SET name = ?3 WHERE app = ?1 AND id = ?2", "iss",
                               t->where.app_n, id, name) != 0) {
            talk_trouble(t);
            return false;
        }
        cJSON_AddItemToArray(list, find(t, id, 9));
    }
    return true;
}

static void write_all(struct talk *t, const cJSON *items, bool (*step)(struct talk *, const cJSON *, cJSON *))
{
    cJSON *list;

    if (clarifai_db_begin(t->store, &t->err) != 0) {
        talk_trouble(t);
        return;
    }
    list = cJSON_CreateArray();
    if (!step(t, items, list)) {
        clarifai_db_end(t->store, -1, NULL);
        cJSON_Delete(list);
        return;
    }
    json_put_item(talk_reply(t, 10000), "concepts", list);
    if (clarifai_db_end(t->store, 0, &t->err) != 0)
        talk_trouble(t);
}

void clarifai_post_concepts(struct talk *t)
{
    const cJSON *items = talk_items(t, "concepts");

    if (items != NULL)
        write_all(t, items, add_all);
}

void clarifai_patch_concepts(struct talk *t)
{
    const cJSON *items = talk_action(t, "overwrite") != NULL ? talk_items(t, "concepts") : NULL;

    if (items != NULL)
        write_all(t, items, rename_all);
}
