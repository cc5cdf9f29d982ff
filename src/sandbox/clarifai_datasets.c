/* Datasets and which inputs are in them (reference clarifai §§3.2, 3.3). */
#include "sandbox/clarifai_calls.h"

static cJSON *dataset_json(const char *user, const char *app, sqlite3_stmt *row, int digits)
{
    cJSON *o = cJSON_CreateObject(), *visibility = cJSON_CreateObject();

    json_put_str(o, "id", clarifai_db_text(row, 0));
    talk_time(o, "created_at", sqlite3_column_int64(row, 1), digits);
    talk_time(o, "modified_at", sqlite3_column_int64(row, 2), digits);
    json_put_str(o, "app_id", app);
    json_put_str(o, "user_id", user);
    json_put_i64(visibility, "gettable", 10);
    json_put_item(o, "visibility", visibility);
    talk_add_stored(o, clarifai_db_text(row, 3));
    if (json_obj(o, "metadata") == NULL)
        json_put_item(o, "metadata", cJSON_CreateObject());
    return o;
}

static cJSON *find(struct talk *t, const char *id, int digits)
{
    sqlite3_stmt *q = clarifai_db_query(t->store, "SELECT id, created, modified, json FROM datasets WHERE app = ? AND id = ?",
                                        "is", t->where.app_n, id);
    cJSON *o = q != NULL && sqlite3_step(q) == SQLITE_ROW ? dataset_json(t->user, t->where.app, q, digits) : NULL;

    clarifai_db_done(q);
    return o;
}

static const char list_by_age[] = "SELECT id, created, modified, json FROM datasets WHERE app = ?1 AND (?2 IS NULL OR"
                                  " instr(id, ?2) > 0) ORDER BY n DESC LIMIT ?3 OFFSET ?4";
static const char list_by_age_up[] = "SELECT id, created, modified, json FROM datasets WHERE app = ?1 AND (?2 IS NULL OR"
                                     " instr(id, ?2) > 0) ORDER BY n LIMIT ?3 OFFSET ?4";
static const char list_by_id[] = "SELECT id, created, modified, json FROM datasets WHERE app = ?1 AND (?2 IS NULL OR"
                                 " instr(id, ?2) > 0) ORDER BY id DESC LIMIT ?3 OFFSET ?4";
static const char list_by_id_up[] = "SELECT id, created, modified, json FROM datasets WHERE app = ?1 AND (?2 IS NULL OR"
                                    " instr(id, ?2) > 0) ORDER BY id LIMIT ?3 OFFSET ?4";

void clarifai_list_datasets(struct talk *t)
{
    bool up = talk_flag(t, "sort_ascending");
    const char *search = t->call->query(t->call, "search");
    int64_t limit, offset;
    cJSON *list;

    if (!talk_page(t, &limit, &offset))
        return;
    if (search == NULL)
        search = t->call->query(t->call, "id");
    list = cJSON_CreateArray();
    sqlite3_stmt *q = clarifai_db_query(t->store,
                                        talk_flag(t, "sort_by_id") ? (up ? list_by_id_up : list_by_id)
                                                                   : (up ? list_by_age_up : list_by_age),
                                        "isii", t->where.app_n, search, limit, offset);
    while (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        cJSON_AddItemToArray(list, dataset_json(t->user, t->where.app, q, 6));
    clarifai_db_done(q);
    json_put_item(talk_reply(t, 10000), "datasets", list);
}

void clarifai_list_user_datasets(struct talk *t)
{
    int64_t limit, offset;
    cJSON *list;

    if (!talk_page(t, &limit, &offset))
        return;
    list = cJSON_CreateArray();
    sqlite3_stmt *q = clarifai_db_query(t->store,
                                        "SELECT d.id, d.created, d.modified, d.json, a.id FROM datasets d JOIN apps a ON"
                                        " a.n = d.app WHERE a.user = ? ORDER BY d.n DESC LIMIT ? OFFSET ?",
                                        "sii", t->user, limit, offset);
    while (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        cJSON_AddItemToArray(list, dataset_json(t->user, clarifai_db_text(q, 4), q, 6));
    clarifai_db_done(q);
    json_put_item(talk_reply(t, 10000), "datasets", list);
}

void clarifai_get_dataset(struct talk *t)
{
    cJSON *o = find(t, t->arg[0], 6);

    if (o == NULL)
        talk_fail(t, 11101, "Dataset with ID '%.100s' does not exist.", t->arg[0]);
    else
        json_put_item(talk_reply(t, 10000), "dataset", o);
}

/* --- writing: all or nothing --- */

static cJSON *kept_members(const cJSON *item)
{
    static const char *const kept[] = { "description", "metadata", "notes", "visibility", "image" };
    cJSON *o = cJSON_CreateObject();

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (json_get(item, kept[i]) != NULL)
            json_put_item(o, kept[i], cJSON_Duplicate(json_get(item, kept[i]), true));
    return o;
}

static bool add_one(struct talk *t, const cJSON *item, const char *action, cJSON *list)
{
    const char *id = json_str_or(item, "id", "");
    cJSON *kept;
    char *text;
    int rc;

    (void)action;
    if (!clarifai_id_valid(id)) {
        talk_fail(t, 11102, "dataset id must be 1 to 48 letters, digits, '-' or '_'");
        return false;
    }
    if (!talk_notes_fit(t, item))
        return false;
    if (clarifai_dataset_number(t->store, t->where.app_n, id) >= 0) {
        talk_fail(t, 40010, "Dataset with ID '%.100s' already exists.", id);
        return false;
    }
    kept = kept_members(item);
    text = cJSON_PrintUnformatted(kept);
    rc = clarifai_db_run(t->store, &t->err, "INSERT INTO datasets(app, id, json, created, modified) VALUES(?1, ?2, ?3, ?4, ?4)",
                         "issi", t->where.app_n, id, text, t->where.now);
    cJSON_Delete(kept);
    free(text);
    if (rc != 0)
        talk_trouble(t);
    else
        cJSON_AddItemToArray(list, find(t, id, 9));
    return rc == 0;
}

static bool patch_one(struct talk *t, const cJSON *item, const char *action, cJSON *list)
{
    const char *id = json_str_or(item, "id", "");
    cJSON *had, *kept, *patch;
    char *text;
    int rc;

    if (!talk_notes_fit(t, item))
        return false;
    had = find(t, id, 6);
    patch = kept_members(item);
    if (had == NULL) {
        cJSON_Delete(patch);
        talk_fail(t, 11101, "Dataset with ID '%.100s' does not exist.", id);
        return false;
    }
    kept = kept_members(had);
    if (strcmp(action, "remove") != 0)
        clarifai_data_patch(kept, patch, action);
    else if (json_get(patch, "image") != NULL) /* the cover image is all that can be taken away */
        cJSON_DeleteItemFromObjectCaseSensitive(kept, "image");
    text = cJSON_PrintUnformatted(kept);
    rc = clarifai_db_run(t->store, &t->err, "UPDATE datasets SET json = ?3, modified = ?4 WHERE app = ?1 AND id = ?2", "issi",
                         t->where.app_n, id, text, t->where.now);
    free(text);
    cJSON_Delete(kept);
    cJSON_Delete(patch);
    cJSON_Delete(had);
    if (rc != 0)
        talk_trouble(t);
    else
        cJSON_AddItemToArray(list, find(t, id, 9));
    return rc == 0;
}

void clarifai_post_datasets(struct talk *t)
{
    talk_write_all(t, "datasets", NULL, add_one);
}

void clarifai_patch_datasets(struct talk *t)
{
    const char *action = talk_action(t, "merge overwrite remove");

    if (action != NULL)
        talk_write_all(t, "datasets", action, patch_one);
}

void clarifai_delete_datasets(struct talk *t)
{
    if (talk_items(t, "dataset_ids") == NULL)
        return;
    char *ids = talk_body_list(json_arr(t->call->body, "dataset_ids"));
    int rc = clarifai_db_begin(t->store, &t->err);

    if (rc == 0)
        rc = clarifai_db_run(t->store, &t->err,
                             "DELETE FROM membership WHERE dataset IN (SELECT n FROM datasets WHERE app = ? AND id IN (SELECT"
                             " value FROM json_each(?)))",
                             "is", t->where.app_n, ids);
    if (rc == 0)
        rc = clarifai_db_run(t->store, &t->err,
                             "DELETE FROM datasets WHERE app = ? AND id IN (SELECT value FROM json_each(?))", "is",
                             t->where.app_n, ids);
    if (clarifai_db_end(t->store, rc, &t->err) != 0)
        talk_trouble(t);
    else
        talk_reply(t, 10000);
    free(ids);
}

/* --- membership --- */

/* The number of the dataset the path names; -1 after answering. */
static int64_t named_dataset(struct talk *t)
{
    int64_t n = clarifai_dataset_number(t->store, t->where.app_n, t->arg[0]);

    if (n < 0)
        talk_fail(t, 11101, "Dataset with ID '%.100s' does not exist.", t->arg[0]);
    return n;
}

static cJSON *member_json(struct talk *t, sqlite3_stmt *row)
{
    cJSON *o = cJSON_CreateObject();

    talk_time(o, "created_at", sqlite3_column_int64(row, 16), 6); /* behind CLARIFAI_INPUT_COLUMNS */
    json_put_item(o, "input", clarifai_input_json(t->store, &t->where, row, 6, NULL));
    return o;
}

void clarifai_list_dataset_inputs(struct talk *t)
{
    static const char sql[] = "SELECT " CLARIFAI_INPUT_COLUMNS ", m.added FROM (SELECT input, added FROM membership WHERE"
                              " dataset = ? AND input > ? ORDER BY input LIMIT ? OFFSET ?) m JOIN inputs i ON i.n = m.input"
                              " ORDER BY i.n";
    int64_t dataset = named_dataset(t), limit, offset, rows, last;
    cJSON *list;

    if (dataset < 0 || !talk_page(t, &limit, &offset))
        return;
    list = cJSON_CreateArray();
    rows = offset;
    last = clarifai_page_seek(t->store, sql, dataset, 0, &offset);
    sqlite3_stmt *q = clarifai_db_query(t->store, sql, "iiii", dataset, last, limit, offset);
    for (; q != NULL && sqlite3_step(q) == SQLITE_ROW; rows++) {
        last = sqlite3_column_int64(q, 0);
        cJSON_AddItemToArray(list, member_json(t, q));
    }
    clarifai_db_done(q);
    if (cJSON_GetArraySize(list) == limit)
        clarifai_page_mark(t->store, sql, dataset, rows, last);
    json_put_item(talk_reply(t, 10000), "dataset_inputs", list);
}

void clarifai_get_dataset_input(struct talk *t)
{
    int64_t dataset = named_dataset(t);
    cJSON *o = NULL;

    if (dataset < 0)
        return;
    sqlite3_stmt *q = clarifai_db_query(t->store,
                                        "SELECT " CLARIFAI_INPUT_COLUMNS ", m.added FROM membership m JOIN inputs i ON"
                                        " i.n = m.input WHERE m.dataset = ? AND i.app = ? AND i.id = ?",
                                        "iis", dataset, t->where.app_n, t->arg[1]);
    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        o = member_json(t, q);
    clarifai_db_done(q);
    if (o == NULL)
        talk_fail(t, 11101, "Input with ID '%.100s' is not in the dataset.", t->arg[1]);
    else
        json_put_item(talk_reply(t, 10000), "dataset_input", o);
}

static cJSON *join_one(struct talk *t, int64_t dataset, const char *id, int *good)
{
    int64_t n = clarifai_input_number(t->store, t->where.app_n, id);
    cJSON *o = cJSON_CreateObject(), *input;
    int code = n < 0 ? 11101 : 64100;

    if (n >= 0
        && clarifai_db_run(t->store, &t->err, "INSERT OR IGNORE INTO membership(dataset, input, added) VALUES(?,?,?)", "iii",
                           dataset, n, t->where.now) != 0)
        code = 98006;
    input = code == 64100 ? clarifai_input_get(t->store, &t->where, id, 6) : cJSON_CreateObject();
    if (code != 64100)
        json_put_str(input, "id", id);
    cJSON_DeleteItemFromObjectCaseSensitive(input, "status");
    json_put_item(input, "status", clarifai_code_json(code, code == 11101 ? "Input does not exist." : NULL));
    if (code == 64100)
        talk_time(o, "created_at", t->where.now, 9);
    json_put_item(o, "input", input);
    *good += code == 64100;
    return o;
}

static void join_items(struct talk *t, int64_t dataset)
{
    const cJSON *items = talk_items(t, "dataset_inputs"), *item;
    cJSON *list;
    int good = 0;

    if (items == NULL)
        return;
    list = cJSON_CreateArray();
    cJSON_ArrayForEach(item, items)
        cJSON_AddItemToArray(list, join_one(t, dataset, json_str_or(json_obj(item, "input"), "id", ""), &good));
    json_put_item(talk_reply(t, talk_mixed(good, cJSON_GetArraySize(list) - good)), "dataset_inputs", list);
}

static void join_search(struct talk *t, int64_t dataset, const cJSON *search)
{
    struct buf sql = BUF_INIT;
    char *text = NULL;

    buf_printf(&sql, "INSERT OR IGNORE INTO membership(dataset, input, added) SELECT %lld, n, %lld FROM (",
               (long long)dataset, (long long)t->where.now);
    if (clarifai_search_where(t, search, &sql) == 0) {
        buf_puts(&sql, ")");
        if (sql.failed || sqlite3_exec(t->store->db, sql.data, NULL, NULL, &text) != SQLITE_OK)
            talk_fail(t, 98006, "%s", text != NULL ? text : "out of memory");
        else
            json_put_item(talk_reply(t, 10000), "dataset_inputs", cJSON_CreateArray());
    }
    sqlite3_free(text);
    buf_release(&sql);
}

void clarifai_post_dataset_inputs(struct talk *t)
{
    const cJSON *search = json_obj(t->call->body, "search");
    int64_t dataset = named_dataset(t);

    if (dataset < 0)
        return;
    if (search != NULL && json_arr(t->call->body, "dataset_inputs") != NULL) {
        talk_fail(t, 11102, "dataset_inputs and search exclude each other");
        return;
    }
    if (clarifai_db_begin(t->store, &t->err) != 0) {
        talk_trouble(t);
        return;
    }
    if (search != NULL)
        join_search(t, dataset, search);
    else
        join_items(t, dataset);
    if (clarifai_db_end(t->store, 0, &t->err) != 0)
        talk_trouble(t);
}

void clarifai_delete_dataset_inputs(struct talk *t)
{
    int64_t dataset = named_dataset(t);
    char *ids;

    if (dataset < 0 || talk_items(t, "input_ids") == NULL)
        return;
    ids = talk_body_list(json_arr(t->call->body, "input_ids"));
    if (clarifai_db_run(t->store, &t->err,
                        "DELETE FROM membership WHERE dataset = ?1 AND input IN (SELECT n FROM inputs WHERE app = ?2 AND id IN"
                        " (SELECT value FROM json_each(?3)))",
                        "iis", dataset, t->where.app_n, ids) != 0)
        talk_trouble(t);
    else
        talk_reply(t, 10000);
    free(ids);
}
