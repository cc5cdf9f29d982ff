/* Annotations that people add, change and delete (reference clarifai §5). */
#include "sandbox/clarifai_calls.h"

static bool code_settable(int64_t code)
{
    return code == 24150 || code == 24151 || (code >= 24157 && code <= 24159);
}

/* The status code a person may give, -1 for one that is not a state of work. */
static int64_t wanted_code(const cJSON *item, int64_t otherwise)
{
    const cJSON *v = json_get(json_obj(item, "status"), "code");
    const struct clarifai_code *c = NULL;
    int64_t code = otherwise;

    if (v == NULL)
        return code;
    if (cJSON_IsString(v))
        c = clarifai_code_named(v->valuestring);
    code = c != NULL ? c->code : (int64_t)v->valuedouble;
    return code_settable(code) ? code : -1;
}

static const char *data_fault(const cJSON *data)
{
    const char *fault;

    if (data == NULL)
        return "data is required";
    if (cJSON_GetArraySize(json_arr(data, "regions")) > 1 || cJSON_GetArraySize(json_arr(data, "frames")) > 1)
        return "an annotation has at most one region or frame";
    fault = clarifai_regions_fault(data);
    if (fault != NULL)
        return fault;
    return clarifai_concepts_bad(data) != NULL ? "a concept id is not valid" : NULL;
}

static cJSON *refusal(const cJSON *item, int code, const char *details)
{
    cJSON *o = cJSON_CreateObject();

    json_put_str(o, "id", json_str(item, "id"));
    json_put_str(o, "input_id", json_str(item, "input_id"));
    json_put_item(o, "status", clarifai_code_json(code, details));
    return o;
}

/* One item of a POST: the annotation, or a refusal with *good left alone. */
static cJSON *add_one(struct talk *t, const cJSON *item, int *good)
{
    const char *input = json_str_or(item, "input_id", ""), *id = json_str(item, "id");
    const char *fault = data_fault(json_obj(item, "data"));
    struct clarifai_new_annotation a = {
        .input = clarifai_input_number(t->store, t->where.app_n, input), .id = id, .trusted = true,
        .user = json_str_or(item, "user_id", t->call->user), .task = json_str(item, "task_id"),
        .info = json_obj(item, "annotation_info"), .code = (int)wanted_code(item, 24150), .created = t->where.now,
    };
    cJSON *data, *o, *had;
    char made[33];

    if (a.input < 0)
        return refusal(item, 11101, "the input does not exist");
    if (a.code < 0)
        return refusal(item, 24154, "status.code cannot be set to this value");
    if (fault != NULL || (id != NULL && !clarifai_id_valid(id)))
        return refusal(item, 24155, fault != NULL ? fault : "id is not valid");
    if (clarifai_db_number(t->store, 0, "SELECT 1 FROM users WHERE id = ?", "s", a.user) == 0)
        return refusal(item, 24155, "user_id names no user");
    if (id != NULL && (had = clarifai_annotation_find(t, input, id, 6)) != NULL) {
        cJSON_Delete(had);
        return refusal(item, 40010, "an annotation with this id exists");
    }
    clarifai_new_id(t->store, made);
    a.id = id != NULL ? id : made;
    data = cJSON_Duplicate(json_obj(item, "data"), true);
    clarifai_shape_normalise(data, &clarifai_shape_data);
    clarifai_data_give_ids(t->store, data);
    a.data = data;
    int rc = clarifai_concepts_settle(t->store, t->where.app_n, t->where.user, t->where.app, data, &t->err);
    if (rc == 0)
        rc = clarifai_annotation_insert(t->store, t->where.app_n, &a, &t->err);
    if (rc == 0)
        clarifai_db_run(t->store, NULL, "UPDATE inputs SET modified = ?2 WHERE n = ?1", "ii", a.input, t->where.now);
    o = rc == 0 ? clarifai_annotation_find(t, input, a.id, 9) : refusal(item, 98006, t->err.cause);
    *good += rc == 0;
    cJSON_Delete(data);
    return o;
}

static cJSON *store_patched(struct talk *t, const cJSON *item, int64_t n, cJSON *data, int64_t code, bool drop)
{
    char *text = cJSON_PrintUnformatted(data);
    int rc = drop && cJSON_GetArraySize(data) == 0
        ? clarifai_db_run(t->store, &t->err, "DELETE FROM annotations WHERE n = ? AND input_level = 0", "i", n)
        : clarifai_db_run(t->store, &t->err, "UPDATE annotations SET data = ?2, code = ?3, modified = ?4 WHERE n = ?1", "isii",
                          n, text, code, t->where.now);
    cJSON *o = rc == 0 ? clarifai_annotation_find(t, json_str_or(item, "input_id", ""), json_str_or(item, "id", ""), 9) : NULL;

    free(text);
    if (rc != 0)
        return refusal(item, 98006, t->err.cause);
    return o != NULL ? o : refusal(item, 24250, NULL);
}

static cJSON *patch_one(struct talk *t, const cJSON *item, const char *action, bool drop, int *good)
{
    const char *input = json_str_or(item, "input_id", ""), *id = json_str_or(item, "id", "");
    bool taking = strcmp(action, "remove") == 0;
    cJSON *patch = cJSON_Duplicate(json_obj(item, "data"), true), *data = NULL, *o;
    int64_t n = -1, code = 0;
    sqlite3_stmt *q = clarifai_db_query(
        t->store, "SELECT a.n, a.data, a.code FROM annotations a JOIN inputs i ON i.n = a.input WHERE i.app = ? AND i.id = ? AND a.id = ?",
        "iss", t->where.app_n, input, id);

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW) {
        n = sqlite3_column_int64(q, 0);
        data = cJSON_Parse(clarifai_db_text(q, 1));
        code = wanted_code(item, sqlite3_column_int64(q, 2));
    }
    clarifai_db_done(q);
    if (n < 0 || data == NULL) {
        o = refusal(item, 11101, "the annotation does not exist");
    } else if (code < 0 || (patch != NULL && !taking && data_fault(patch) != NULL)) {
        o = refusal(item, code < 0 ? 24154 : 24155, code < 0 ? "status.code cannot be set to this value" : data_fault(patch));
    } else {
        if (patch != NULL && !taking) {
            clarifai_shape_normalise(patch, &clarifai_shape_data);
            clarifai_concepts_settle(t->store, t->where.app_n, t->where.user, t->where.app, patch, &t->err);
        }
        clarifai_data_patch(data, patch, action);
        o = store_patched(t, item, n, data, code, drop);
        *good += 1;
    }
    cJSON_Delete(patch);
    cJSON_Delete(data);
    return o;
}

static void write_all(struct talk *t, const cJSON *items, const char *action)
{
    bool drop = json_bool(t->call->body, "delete_if_empty_data", false);
    const cJSON *item;
    cJSON *list;
    int good = 0;

    if (clarifai_db_begin(t->store, &t->err) != 0) {
        talk_trouble(t);
        return;
    }
    list = cJSON_CreateArray();
    cJSON_ArrayForEach(item, items)
        cJSON_AddItemToArray(list, action != NULL ? patch_one(t, item, action, drop, &good) : add_one(t, item, &good));
    json_put_item(talk_reply(t, talk_mixed(good, cJSON_GetArraySize(list) - good)), "annotations", list);
    if (clarifai_db_end(t->store, 0, &t->err) != 0)
        talk_trouble(t);
}

void clarifai_post_annotations(struct talk *t)
{
    const cJSON *items = talk_items(t, "annotations");

    if (items != NULL)
        write_all(t, items, NULL);
}

void clarifai_patch_annotations(struct talk *t)
{
    const char *action = talk_action(t, "merge overwrite remove");
    const cJSON *items = action != NULL ? talk_items(t, "annotations") : NULL;

    if (items != NULL)
        write_all(t, items, action);
}

/* --- deleting --- */

static void remove_pairs(struct talk *t, const char *inputs, const char *ids, bool paired)
{
    static const char level[] = "SELECT count(*) FROM annotations a JOIN inputs i ON i.n = a.input JOIN json_each(?2) p ON"
                                " p.value = i.id JOIN json_each(?3) q ON q.key = p.key AND q.value = a.id WHERE i.app = ?1 AND"
                                " a.input_level = 1";
    static const char pairs[] = "DELETE FROM annotations WHERE n IN (SELECT a.n FROM annotations a JOIN inputs i ON i.n ="
                                " a.input JOIN json_each(?2) p ON p.value = i.id JOIN json_each(?3) q ON q.key = p.key AND"
                                " q.value = a.id WHERE i.app = ?1)";
    static const char whole[] = "DELETE FROM annotations WHERE input_level = 0 AND input IN (SELECT n FROM inputs WHERE app ="
                                " ?1 AND id IN (SELECT value FROM json_each(?2))) AND ?3 IS NOT NULL";

    if (paired && clarifai_db_number(t->store, 0, level, "iss", t->where.app_n, inputs, ids) > 0)
        talk_fail(t, 11102, "the input-level annotation of an input cannot be deleted");
    else if (clarifai_db_run(t->store, &t->err, paired ? pairs : whole, "iss", t->where.app_n, inputs, ids) != 0)
        talk_trouble(t);
    else
        talk_reply(t, 10000);
}

void clarifai_delete_annotations(struct talk *t)
{
    const cJSON *ids = json_arr(t->call->body, "ids"), *inputs = json_arr(t->call->body, "input_ids");
    int id_n = cJSON_GetArraySize(ids), input_n = cJSON_GetArraySize(inputs);

    if (input_n < 1 || input_n > TALK_BATCH || (id_n > 0 && id_n != input_n)) {
        talk_fail(t, 11102, "input_ids must hold 1 to %d ids and pair with ids when those are given", TALK_BATCH);
        return;
    }
    char *id_text = talk_body_list(ids), *input_text = talk_body_list(inputs);
    remove_pairs(t, input_text, id_text, id_n > 0);
    free(id_text);
    free(input_text);
}

static char *one_element(const char *text)
{
    cJSON *list = cJSON_CreateArray();
    char *out;

    cJSON_AddItemToArray(list, cJSON_CreateString(text));
    out = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    return out;
}

void clarifai_delete_annotation(struct talk *t)
{
    cJSON *had = clarifai_annotation_find(t, t->arg[0], t->arg[1], 6);
    char *input, *id;

    cJSON_Delete(had);
    if (had == NULL) {
        talk_fail(t, 11101, "Annotation with ID '%.100s' does not exist.", t->arg[1]);
        return;
    }
    input = one_element(t->arg[0]);
    id = one_element(t->arg[1]);
    remove_pairs(t, input, id, true);
    free(input);
    free(id);
}
