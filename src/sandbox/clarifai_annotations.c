/* Annotations (reference clarifai §5): the input-level one of every input, and those people and models add; stored and read. */
#include "sandbox/clarifai_calls.h"

#define COLUMNS "a.n, i.id, a.id, a.user, a.worker, a.model_version, a.task, a.data, a.info, a.code, a.input_level," \
    " a.trusted, a.created, a.modified"
enum { C_N, C_INPUT, C_ID, C_USER, C_WORKER, C_MODEL_VERSION, C_TASK, C_DATA, C_INFO, C_CODE, C_INPUT_LEVEL, C_TRUSTED,
       C_CREATED, C_MODIFIED };
#define FROM " FROM annotations a JOIN inputs i ON i.n = a.input "

/* --- rows --- */

static const char *version_of(const cJSON *worker, const char *kind, const char *version)
{
    return json_str(json_obj(json_obj(worker, kind), version), "id");
}

int clarifai_annotation_insert(struct clarifai_store *s, int64_t app, const struct clarifai_new_annotation *a, struct err *e)
{
    char made[33];
    char *data = a->data != NULL ? cJSON_PrintUnformatted(a->data) : str_dup("{}");
    char *worker = a->worker != NULL ? cJSON_PrintUnformatted(a->worker) : NULL;
    char *info = a->info != NULL ? cJSON_PrintUnformatted(a->info) : NULL;
    int rc = data == NULL ? err_no_memory(e) : 0;

    clarifai_new_id(s, made);
    if (rc == 0)
        rc = clarifai_db_run(
            s, e,
            "INSERT INTO annotations(app, input, id, user, worker, model_version, workflow_version, task, data, info, code,"
            " input_level, trusted, created, modified) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            "iissssssssiiiii", app, a->input, a->id != NULL ? a->id : made, a->user, worker,
            version_of(a->worker, "model", "model_version"), version_of(a->worker, "workflow", "version"), a->task, data,
            info, (int64_t)a->code, (int64_t)a->input_level, (int64_t)a->trusted, a->created, a->created);
    free(data);
    free(worker);
    free(info);
    return rc;
}

cJSON *clarifai_annotation_of_input(struct clarifai_store *s, int64_t input)
{
    sqlite3_stmt *q = clarifai_db_query(s, "SELECT data FROM annotations WHERE input = ? AND input_level = 1", "i", input);
    cJSON *o = q != NULL && sqlite3_step(q) == SQLITE_ROW ? cJSON_Parse(clarifai_db_text(q, 0)) : NULL;

    clarifai_db_done(q);
    return o != NULL ? o : cJSON_CreateObject();
}

static void put_worker(cJSON *o, sqlite3_stmt *row)
{
    const char *stored = clarifai_db_text(row, C_WORKER), *user = clarifai_db_text(row, C_USER);
    cJSON *worker = stored != NULL ? cJSON_Parse(stored) : NULL;

    json_put_str(o, "user_id", user);
    if (worker == NULL) {
        worker = cJSON_CreateObject();
        json_put_str(cJSON_AddObjectToObject(worker, "user"), "id", user);
    }
    json_put_item(o, "worker", worker);
    json_put_str(o, "model_version_id", clarifai_db_text(row, C_MODEL_VERSION));
}

static cJSON *annotation_json(sqlite3_stmt *row, int digits)
{
    const char *info = clarifai_db_text(row, C_INFO);
    cJSON *o = cJSON_CreateObject();

    json_put_str(o, "id", clarifai_db_text(row, C_ID));
    json_put_str(o, "input_id", clarifai_db_text(row, C_INPUT));
    json_put_item(o, "data", cJSON_CreateRaw(clarifai_db_text(row, C_DATA)));
    put_worker(o, row);
    json_put_item(o, "status", clarifai_code_json(sqlite3_column_int(row, C_CODE), NULL));
    talk_time(o, "created_at", sqlite3_column_int64(row, C_CREATED), digits);
    talk_time(o, "modified_at", sqlite3_column_int64(row, C_MODIFIED), digits);
    if (sqlite3_column_int(row, C_TRUSTED))
        json_put_bool(o, "trusted", true);
    if (sqlite3_column_int(row, C_INPUT_LEVEL))
        json_put_bool(o, "input_level", true);
    json_put_item(o, "annotation_info", cJSON_CreateRaw(info != NULL ? info : "{}"));
    json_put_item(o, "consensus_info", cJSON_CreateObject());
    json_put_str(o, "task_id", clarifai_db_text(row, C_TASK));
    return o;
}

cJSON *clarifai_annotation_json(struct clarifai_store *s, int64_t n)
{
    sqlite3_stmt *q = clarifai_db_query(s, "SELECT " COLUMNS FROM "WHERE a.n = ?", "i", n);
    cJSON *o = q != NULL && sqlite3_step(q) == SQLITE_ROW ? annotation_json(q, 6) : NULL;

    clarifai_db_done(q);
    return o != NULL ? o : cJSON_CreateObject();
}

/* --- reading --- */

static void reply_rows(struct talk *t, sqlite3_stmt *rows)
{
    cJSON *list = cJSON_CreateArray();

    while (rows != NULL && sqlite3_step(rows) == SQLITE_ROW)
        cJSON_AddItemToArray(list, annotation_json(rows, 6));
    clarifai_db_done(rows);
    json_put_item(talk_reply(t, 10000), "annotations", list);
}

struct listing { char *ids, *inputs, *users, *models, *workflows; int id_n, input_n, user_n, model_n, workflow_n; };

static void list_whole_app(struct talk *t, bool all, int64_t limit, int64_t offset)
{
    static const char every[] = "SELECT " COLUMNS " FROM (SELECT n FROM annotations WHERE app = ? AND n > ? ORDER BY n LIMIT ?"
                                " OFFSET ?) p JOIN annotations a ON a.n = p.n JOIN inputs i ON i.n = a.input ORDER BY a.n";
    static const char trusted[] = "SELECT " COLUMNS " FROM (SELECT n FROM annotations WHERE app = ? AND n > ? AND trusted = 1"
                                  " ORDER BY n LIMIT ? OFFSET ?) p JOIN annotations a ON a.n = p.n JOIN inputs i ON"
                                  " i.n = a.input ORDER BY a.n";
    const char *sql = all ? every : trusted;
    cJSON *list = cJSON_CreateArray();
    int64_t rows = offset, app = t->where.app_n, last = clarifai_page_seek(t->store, sql, app, 0, &offset);
    sqlite3_stmt *q = clarifai_db_query(t->store, sql, "iiii", app, last, limit, offset);

    for (; q != NULL && sqlite3_step(q) == SQLITE_ROW; rows++) {
        last = sqlite3_column_int64(q, C_N);
        cJSON_AddItemToArray(list, annotation_json(q, 6));
    }
    clarifai_db_done(q);
    if (cJSON_GetArraySize(list) == limit)
        clarifai_page_mark(t->store, sql, app, rows, last);
    json_put_item(talk_reply(t, 10000), "annotations", list);
}

static sqlite3_stmt *list_filtered(struct talk *t, const struct listing *l, bool all, int64_t limit, int64_t offset)
{
    bool by_worker = l->user_n + l->model_n + l->workflow_n > 0;

    if (l->input_n == 0)
        return clarifai_db_query(
            t->store,
            "SELECT " COLUMNS FROM "WHERE a.app = ?1 AND (a.user IN (SELECT value FROM json_each(?2)) OR a.model_version IN"
            " (SELECT value FROM json_each(?3)) OR a.workflow_version IN (SELECT value FROM json_each(?4)))"
            " ORDER BY a.n LIMIT ?5 OFFSET ?6",
            "isssii", t->where.app_n, l->users, l->models, l->workflows, limit, offset);
    return clarifai_db_query(
        t->store,
        "SELECT " COLUMNS FROM "WHERE a.input IN (SELECT n FROM inputs WHERE app = ?1 AND id IN (SELECT value FROM"
        " json_each(?2))) AND (?3 OR a.trusted = 1) AND (NOT ?4 OR a.user IN (SELECT value FROM json_each(?5)) OR"
        " a.model_version IN (SELECT value FROM json_each(?6)) OR a.workflow_version IN (SELECT value FROM json_each(?7)))"
        " AND (?8 = 0 OR EXISTS (SELECT 1 FROM json_each(?9) p JOIN json_each(?2) q ON p.key = q.key WHERE p.value = a.id"
        " AND q.value = i.id)) ORDER BY +a.n LIMIT ?10 OFFSET ?11",
        "isiisssisii", t->where.app_n, l->inputs, (int64_t)all, (int64_t)by_worker, l->users, l->models, l->workflows,
        (int64_t)l->id_n, l->ids, limit, offset);
}

void clarifai_list_annotations(struct talk *t)
{
    struct listing l;
    int64_t limit, offset;
    bool all;

    if (!talk_page(t, &limit, &offset))
        return;
    l.ids = talk_query_list(t, "ids", &l.id_n);
    l.inputs = talk_query_list(t, "input_ids", &l.input_n);
    l.users = talk_query_list(t, "user_ids", &l.user_n);
    l.models = talk_query_list(t, "model_version_ids", &l.model_n);
    l.workflows = talk_query_list(t, "workflow_version_ids", &l.workflow_n);
    all = talk_flag(t, "list_all_annotations") || l.user_n + l.model_n + l.workflow_n > 0;
    if (l.id_n > 0 && l.id_n != l.input_n)
        talk_fail(t, 11102, "ids must pair one to one with input_ids");
    else if (t->call->query(t->call, "task_id") != NULL && l.input_n + l.user_n + l.model_n + l.workflow_n == 0)
        reply_rows(t, clarifai_db_query(t->store, "SELECT " COLUMNS FROM "WHERE a.app = ? AND a.task = ? AND (? OR a.trusted = 1)"
                                                  " ORDER BY a.n LIMIT ? OFFSET ?",
                                        "isiii", t->where.app_n, t->call->query(t->call, "task_id"), (int64_t)all, limit, offset));
    else if (l.input_n + l.user_n + l.model_n + l.workflow_n == 0)
        list_whole_app(t, all, limit, offset);
    else
        reply_rows(t, list_filtered(t, &l, all, limit, offset));
    free(l.ids);
    free(l.inputs);
    free(l.users);
    free(l.models);
    free(l.workflows);
}

cJSON *clarifai_annotation_find(struct talk *t, const char *input, const char *id, int digits)
{
    sqlite3_stmt *q = clarifai_db_query(
        t->store, "SELECT " COLUMNS FROM "WHERE i.app = ? AND i.id = ? AND a.input = i.n AND a.id = ?", "iss",
        t->where.app_n, input, id);
    cJSON *o = q != NULL && sqlite3_step(q) == SQLITE_ROW ? annotation_json(q, digits) : NULL;

    clarifai_db_done(q);
    return o;
}

void clarifai_get_annotation(struct talk *t)
{
    cJSON *o = clarifai_annotation_find(t, t->arg[0], t->arg[1], 6);

    if (o == NULL)
        talk_fail(t, 11101, "Annotation with ID '%.100s' does not exist.", t->arg[1]);
    else
        json_put_item(talk_reply(t, 10000), "annotation", o);
}
