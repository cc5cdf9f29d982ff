/* Reading, patching and deleting inputs, their counts and their add jobs (reference clarifai §§4.4–4.6, 4.9, 4.10, 5b). */
#include "sandbox/clarifai_calls.h"

/* Steps through rows of CLARIFAI_INPUT_COLUMNS into a list; tells whether one of them failed. */
static cJSON *collect(struct talk *t, sqlite3_stmt *rows, bool *failed)
{
    cJSON *list = cJSON_CreateArray();
    int code;

    while (rows != NULL && sqlite3_step(rows) == SQLITE_ROW) {
        cJSON_AddItemToArray(list, clarifai_input_json(t->store, &t->where, rows, 6, &code));
        *failed |= code != 30000 && code != 30001 && code != 30003;
    }
    clarifai_db_done(rows);
    return list;
}

/* A list that holds failed inputs is answered as a mixed status, as the service does; a setting turns it off. */
static void reply_list(struct talk *t, sqlite3_stmt *rows)
{
    bool failed = false;
    cJSON *list = collect(t, rows, &failed), *o;

    o = talk_reply(t, failed && sandbox_setting(t->call->sandbox, "clarifai.list_207", 1) ? 10010 : 10000);
    json_put_item(o, "inputs", list);
}

/* All inputs, the newest first. The page is walked once for its end before it is answered: of its keys alone. */
static sqlite3_stmt *list_whole_app(struct talk *t, int64_t limit, int64_t offset)
{
    static const char keys[] = "SELECT count(*), min(n) FROM (SELECT n FROM inputs WHERE app = ? AND n < ? ORDER BY n DESC LIMIT ?"
                               " OFFSET ?)";
    static const char sql[] = "SELECT " CLARIFAI_INPUT_COLUMNS " FROM (SELECT n FROM inputs WHERE app = ? AND n < ? ORDER BY n DESC"
                              " LIMIT ? OFFSET ?) p JOIN inputs i ON i.n = p.n ORDER BY i.n DESC";
    int64_t rows = offset, app = t->where.app_n, before = clarifai_page_seek(t->store, sql, app, INT64_MAX, &offset);
    sqlite3_stmt *q = clarifai_db_query(t->store, keys, "iiii", app, before, limit, offset);

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int64(q, 0) == limit)
        clarifai_page_mark(t->store, sql, app, rows + sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1));
    clarifai_db_done(q);
    return clarifai_db_query(t->store, sql, "iiii", app, before, limit, offset);
}

void clarifai_list_inputs(struct talk *t)
{
    const char *status = t->call->query(t->call, "status.code");
    const struct clarifai_code *code = status != NULL ? clarifai_code_named(status) : NULL;
    int64_t limit, offset;
    int ids;

    if (!talk_page(t, &limit, &offset))
        return;
    if (status != NULL && code == NULL) {
        talk_fail(t, 11100, "invalid value for field \"status.code\"");
        return;
    }
    char *list = talk_query_list(t, "ids", &ids);
    sqlite3_stmt *rows;
    if (ids > 0)
        rows = clarifai_db_query(t->store,
                                 "SELECT " CLARIFAI_INPUT_COLUMNS " FROM inputs i WHERE i.app = ?2 AND i.id IN"
                                 " (SELECT value FROM json_each(?3)) AND (?4 = 0 OR " CLARIFAI_STATE " = ?4)"
                                 " ORDER BY +i.n DESC LIMIT ?5 OFFSET ?6",
                                 "iisiii", t->where.now, t->where.app_n, list, (int64_t)(code ? code->code : 0), limit, offset);
    else if (code != NULL)
        rows = clarifai_db_query(t->store,
                                 "SELECT " CLARIFAI_INPUT_COLUMNS " FROM inputs i WHERE i.app = ?2 AND " CLARIFAI_STATE
                                 " = ?3 ORDER BY i.n DESC LIMIT ?4 OFFSET ?5",
                                 "iiiii", t->where.now, t->where.app_n, (int64_t)code->code, limit, offset);
    else
        rows = list_whole_app(t, limit, offset);
    reply_list(t, rows);
    free(list);
}

void clarifai_get_input(struct talk *t)
{
    cJSON *input = clarifai_input_get(t->store, &t->where, t->arg[0], 6);

    if (input == NULL)
        talk_fail(t, 11101, "Input with ID '%.100s' does not exist.", t->arg[0]);
    else
        json_put_item(talk_reply(t, 10000), "input", input);
}

static sqlite3_stmt *stream_by_id(struct talk *t, const char *last, bool down, int64_t limit)
{
    static const char up_sql[] = "SELECT " CLARIFAI_INPUT_COLUMNS
                                 " FROM inputs i WHERE i.app = ? AND i.id > ? ORDER BY i.id LIMIT ?";
    static const char down_sql[] = "SELECT " CLARIFAI_INPUT_COLUMNS
                                   " FROM inputs i WHERE i.app = ? AND i.id < ? ORDER BY i.id DESC LIMIT ?";
    return clarifai_db_query(t->store, down ? down_sql : up_sql, "isi", t->where.app_n,
                             last != NULL ? last : down ? "\x7F" : "", limit);
}

static sqlite3_stmt *stream_by_time(struct talk *t, int64_t last, bool down, int64_t limit)
{
    static const char up_sql[] = "SELECT " CLARIFAI_INPUT_COLUMNS
                                 " FROM inputs i WHERE i.app = ? AND i.n > ? ORDER BY i.n LIMIT ?";
    static const char down_sql[] = "SELECT " CLARIFAI_INPUT_COLUMNS
                                   " FROM inputs i WHERE i.app = ? AND i.n < ? ORDER BY i.n DESC LIMIT ?";
    return clarifai_db_query(t->store, down ? down_sql : up_sql, "iii", t->where.app_n, last, limit);
}

void clarifai_stream_inputs(struct talk *t)
{
    const char *last = t->call->query(t->call, "last_id");
    bool down = talk_flag(t, "descending");
    int64_t limit, offset, n = down ? INT64_MAX : 0;

    if (!talk_page(t, &limit, &offset))
        return;
    if (last != NULL && last[0] == '\0')
        last = NULL;
    if (last != NULL && (n = clarifai_input_number(t->store, t->where.app_n, last)) < 0) {
        talk_fail(t, 11101, "Input with ID '%.100s' does not exist.", last);
        return;
    }
    reply_list(t, talk_flag(t, "order_by_id") ? stream_by_id(t, last, down, limit) : stream_by_time(t, n, down, limit));
}

void clarifai_count_inputs(struct talk *t)
{
    static const char *const names[] = { "processed", "to_process", "errors", "processing" };
    static const char *const zeros[] = { "reindexed", "to_reindex", "reindex_errors", "reindexing" };
    cJSON *counts = cJSON_CreateObject();
    sqlite3_stmt *q = clarifai_db_query(
        t->store,
        "SELECT total(s = 30000), total(s = 30001), total(s NOT IN (30000, 30001, 30003)), total(s = 30003) FROM"
        " (SELECT " CLARIFAI_STATE " AS s FROM inputs i WHERE i.app = ?2)",
        "ii", t->where.now, t->where.app_n);

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        for (int i = 0; i < 4; i++)
            json_put_i64(counts, names[i], sqlite3_column_int64(q, i));
    clarifai_db_done(q);
    for (int i = 0; i < 4; i++)
        json_put_i64(counts, zeros[i], 0);
    json_put_item(talk_reply(t, 10000), "counts", counts);
}

/* --- patch --- */

static bool only_patchable(const cJSON *data)
{
    static const char *const parts[] = { "concepts", "metadata", "geo", "regions" };
    const cJSON *v;

    cJSON_ArrayForEach(v, data) {
        bool known = cJSON_IsNull(v);
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            known |= strcmp(v->string, parts[i]) == 0;
        if (!known)
            return false;
    }
    return true;
}

/* Applies the patch to the input-level annotation; returns the item's status code. */
static int patch_one(struct talk *t, const cJSON *item, const char *action, const char **details)
{
    const char *id = json_str_or(item, "id", "");
    int64_t n = clarifai_input_number(t->store, t->where.app_n, id);
    cJSON *patch, *data;
    char *text;
    int rc;

    *details = NULL;
    if (n < 0)
        return 11101;
    *details = "only data.concepts, data.metadata, data.geo and data.regions can be patched";
    if (json_obj(item, "data") == NULL || !only_patchable(json_obj(item, "data")))
        return 39999;
    *details = "a concept id is not valid";
    if (clarifai_concepts_bad(json_obj(item, "data")) != NULL)
        return 40003;
    *details = strcmp(action, "remove") != 0 ? clarifai_regions_fault(json_obj(item, "data")) : NULL;
    if (*details != NULL)
        return 39999;
    patch = cJSON_Duplicate(json_obj(item, "data"), true);
    if (strcmp(action, "remove") != 0)
        clarifai_shape_normalise(patch, &clarifai_shape_data);
    rc = strcmp(action, "remove") == 0
        ? 0
        : clarifai_concepts_settle(t->store, t->where.app_n, t->where.user, t->where.app, patch, &t->err);
    data = clarifai_annotation_of_input(t->store, n);
    clarifai_data_patch(data, patch, action);
    text = cJSON_PrintUnformatted(data);
    if (rc == 0)
        rc = clarifai_db_run(t->store, &t->err, "UPDATE annotations SET data = ?2, modified = ?3 WHERE input = ?1 AND input_level = 1",
                             "isi", n, text, t->where.now);
    if (rc == 0)
        rc = clarifai_db_run(t->store, &t->err, "UPDATE inputs SET modified = ?2 WHERE n = ?1", "ii", n, t->where.now);
    free(text);
    cJSON_Delete(data);
    cJSON_Delete(patch);
    *details = rc != 0 ? "the store failed" : NULL;
    return rc != 0 ? 98006 : 30200;
}

void clarifai_patch_inputs(struct talk *t)
{
    const char *action = talk_action(t, "merge overwrite remove"), *details;
    const cJSON *items = action != NULL ? talk_items(t, "inputs") : NULL, *item;
    cJSON *list, *o;
    int good = 0, bad = 0;

    if (items == NULL)
        return;
    if (clarifai_db_begin(t->store, &t->err) != 0) {
        talk_trouble(t);
        return;
    }
    list = cJSON_CreateArray();
    cJSON_ArrayForEach(item, items) {
        int code = patch_one(t, item, action, &details);
        o = code == 30200 ? clarifai_input_get(t->store, &t->where, json_str(item, "id"), 9) : cJSON_CreateObject();
        if (code != 30200)
            json_put_str(o, "id", json_str(item, "id"));
        cJSON_DeleteItemFromObjectCaseSensitive(o, "status");
        json_put_item(o, "status", clarifai_code_json(code, details));
        cJSON_AddItemToArray(list, o);
        *(code == 30200 ? &good : &bad) += 1;
    }
    json_put_item(talk_reply(t, talk_mixed(good, bad)), "inputs", list);
    if (clarifai_db_end(t->store, 0, &t->err) != 0)
        talk_trouble(t);
}

/* --- delete: asynchronous; until then the input is there and its id taken --- */

static int delete_ids(struct talk *t, const char *ids)
{
    int64_t gone = t->where.now + sandbox_setting(t->call->sandbox, "clarifai.delete_ms", 150) * 1000;

    if (gone < t->store->next_purge)
        t->store->next_purge = gone;
    return clarifai_db_run(t->store, &t->err,
                           "UPDATE inputs SET gone = ?3 WHERE app = ?1 AND gone IS NULL AND id IN"
                           " (SELECT value FROM json_each(?2))",
                           "isi", t->where.app_n, ids, gone);
}

void clarifai_delete_inputs(struct talk *t)
{
    const cJSON *ids = json_arr(t->call->body, "ids");

    if (cJSON_GetArraySize(ids) > TALK_BATCH) {
        talk_fail(t, 11102, "at most %d ids are allowed", TALK_BATCH);
        return;
    }
    char *text = talk_body_list(ids);
    if (delete_ids(t, text) != 0)
        talk_trouble(t);
    else
        talk_reply(t, 10000);
    free(text);
}

void clarifai_delete_input(struct talk *t)
{
    struct buf ids = BUF_INIT;

    if (clarifai_input_number(t->store, t->where.app_n, t->arg[0]) < 0) {
        talk_fail(t, 11101, "Input with ID '%.100s' does not exist.", t->arg[0]);
        return;
    }
    buf_putc(&ids, '[');
    json_quote(&ids, t->arg[0], strlen(t->arg[0]));
    buf_putc(&ids, ']');
    if (delete_ids(t, ids.data) != 0)
        talk_trouble(t);
    else
        talk_reply(t, 10000);
    buf_release(&ids);
}

/* --- add jobs --- */

/* Zero counts are left out and 64-bit numbers are strings. Returns whether work is left. */
static bool put_progress(struct talk *t, cJSON *job, const char *id)
{
    static const char *const names[] = { "pending_count", "in_progress_count", "success_count", "failed_count" };
    cJSON *o = cJSON_CreateObject();
    bool busy = false;
    char number[24];
    sqlite3_stmt *q = clarifai_db_query(
        t->store,
        "SELECT total(s = 30001), total(s = 30003), total(s = 30000), total(s NOT IN (30000, 30001, 30003)) FROM"
        " (SELECT " CLARIFAI_STATE " AS s FROM inputs i WHERE i.job = ?2 AND i.app = ?3)",
        "isi", t->where.now, id, t->where.app_n);

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        for (int i = 0; i < 4; i++) {
            int64_t n = sqlite3_column_int64(q, i);
            snprintf(number, sizeof number, "%lld", (long long)n);
            if (n > 0)
                json_put_str(o, names[i], number);
            busy |= n > 0 && i < 2;
        }
    clarifai_db_done(q);
    json_put_item(job, "progress", o);
    return busy;
}

static cJSON *job_row(struct talk *t, const char *id, int64_t created, int64_t modified, bool cancelled, int digits)
{
    cJSON *o = cJSON_CreateObject();
    bool busy;

    json_put_str(o, "id", id);
    busy = put_progress(t, o, id);
    talk_time(o, "created_at", created, digits);
    talk_time(o, "modified_at", modified, digits);
    json_put_item(o, "status", clarifai_code_json(cancelled ? 64004 : busy ? 64001 : 64002, NULL));
    return o;
}

cJSON *clarifai_job_json(struct talk *t, const char *id, int digits)
{
    sqlite3_stmt *q = clarifai_db_query(
        t->store, "SELECT created, modified, cancelled FROM jobs WHERE app = ? AND id = ?", "is", t->where.app_n, id);
    cJSON *o = NULL;

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        o = job_row(t, id, sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1), sqlite3_column_int(q, 2) != 0, digits);
    clarifai_db_done(q);
    return o;
}

void clarifai_list_jobs(struct talk *t)
{
    cJSON *list = cJSON_CreateArray();
    int64_t limit, offset;

    if (!talk_page(t, &limit, &offset)) {
        cJSON_Delete(list);
        return;
    }
    sqlite3_stmt *q = clarifai_db_query(
        t->store, "SELECT id, created, modified, cancelled FROM jobs WHERE app = ? ORDER BY n DESC LIMIT ? OFFSET ?", "iii",
        t->where.app_n, limit, offset);
    while (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        cJSON_AddItemToArray(list, job_row(t, clarifai_db_text(q, 0), sqlite3_column_int64(q, 1),
                                           sqlite3_column_int64(q, 2), sqlite3_column_int(q, 3) != 0, 6));
    clarifai_db_done(q);
    json_put_item(talk_reply(t, 10000), "inputs_add_jobs", list);
}

void clarifai_get_job(struct talk *t)
{
    cJSON *job = clarifai_job_json(t, t->arg[0], 6);

    if (job == NULL)
        talk_fail(t, 11101, "Inputs add job with ID '%.100s' does not exist.", t->arg[0]);
    else
        json_put_item(talk_reply(t, 10000), "inputs_add_job", job);
}

void clarifai_cancel_job(struct talk *t)
{
    if (clarifai_db_run(t->store, &t->err, "UPDATE jobs SET cancelled = 1, modified = ?3 WHERE app = ?1 AND id = ?2", "isi",
                        t->where.app_n, t->arg[0], t->where.now) != 0)
        talk_trouble(t);
    else
        clarifai_get_job(t);
}
