/* Searches for inputs and annotations (reference clarifai §§4.7, 5.5). */
#include "sandbox/clarifai_calls.h"

static bool window(struct talk *t, int64_t *limit, int64_t *offset)
{
    const cJSON *p = json_obj(t->call->body, "pagination");
    int64_t page = 1, most = sandbox_setting(t->call->sandbox, "clarifai.search_window", 10000);

    *limit = sandbox_setting(t->call->sandbox, "clarifai.per_page", 20);
    json_i64(p, "page", &page);
    json_i64(p, "per_page", limit);
    if (page < 1 || *limit < 1 || *limit > 1000)
        talk_fail(t, 11102, "page must be at least 1 and per_page between 1 and 1000");
    else if (page > most / *limit)
        talk_fail(t, 40002, "page * perPage cannot exceed %lld", (long long)most);
    else {
        *offset = (page - 1) * *limit;
        return true;
    }
    return false;
}

static const cJSON *one_search(struct talk *t)
{
    const cJSON *list = json_arr(t->call->body, "searches");

    if (cJSON_GetArraySize(list) == 1)
        return list->child;
    talk_fail(t, 40002, "searches must hold exactly one search");
    return NULL;
}

static void reply_count(struct talk *t, const struct buf *where)
{
    struct buf sql = BUF_INIT;
    sqlite3_stmt *q = NULL;
    char number[24] = "0";
    cJSON *o, *counts = cJSON_CreateArray(), *count = cJSON_CreateObject();

    buf_printf(&sql, "SELECT count(*) FROM (%s)", where->data);
    if (sqlite3_prepare_v2(t->store->db, sql.data, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        snprintf(number, sizeof number, "%lld", (long long)sqlite3_column_int64(q, 0));
    sqlite3_finalize(q);
    buf_release(&sql);
    json_put_str(count, "estimated_total", number);
    cJSON_AddItemToArray(counts, count);
    o = talk_reply(t, 10000);
    json_put_item(o, "hits", cJSON_CreateArray());
    json_put_item(o, "hit_counts", counts);
}

static cJSON *hit_json(struct talk *t, int64_t n, bool annotations)
{
    cJSON *hit = cJSON_CreateObject(), *input = NULL;
    int64_t annotation = annotations ? n
                                     : clarifai_db_number(t->store, -1,
                                                          "SELECT n FROM annotations WHERE input = ? AND input_level = 1", "i", n);
    if (annotations)
        n = clarifai_db_number(t->store, -1, "SELECT input FROM annotations WHERE n = ?", "i", n);
    sqlite3_stmt *q = clarifai_db_query(t->store, "SELECT " CLARIFAI_INPUT_COLUMNS " FROM inputs i WHERE i.n = ?", "i", n);
    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        input = clarifai_input_json(t->store, &t->where, q, 6, NULL);
    clarifai_db_done(q);
    json_put_i64(hit, "score", 1);
    json_put_item(hit, "input", input);
    json_put_item(hit, "annotation", clarifai_annotation_json(t->store, annotation));
    json_put_str(hit, "user_id", t->where.user);
    json_put_str(hit, "app_id", t->where.app);
    return hit;
}

static void reply_hits(struct talk *t, const cJSON *search, struct buf *where, bool annotations, int64_t limit, int64_t offset)
{
    sqlite3_stmt *q = NULL;
    cJSON *hits = cJSON_CreateArray(), *searches = cJSON_CreateArray(), *o;
    char id[33];

    buf_printf(where, " ORDER BY 1 %s LIMIT %lld OFFSET %lld", annotations ? "" : "DESC", (long long)limit, (long long)offset);
    if (where->failed || sqlite3_prepare_v2(t->store->db, where->data, -1, &q, NULL) != SQLITE_OK) {
        cJSON_Delete(hits);
        cJSON_Delete(searches);
        talk_fail(t, 98006, "%s", where->failed ? "out of memory" : sqlite3_errmsg(t->store->db));
        return;
    }
    while (sqlite3_step(q) == SQLITE_ROW)
        cJSON_AddItemToArray(hits, hit_json(t, sqlite3_column_int64(q, 0), annotations));
    sqlite3_finalize(q);
    clarifai_new_id(t->store, id);
    o = talk_reply(t, 10000);
    json_put_str(o, "id", id);
    json_put_item(o, "hits", hits);
    cJSON_AddItemToArray(searches, cJSON_Duplicate(search, true));
    json_put_item(o, "searches", searches);
    clarifai_shape_normalise(o, &clarifai_shape_annotation_searches); /* its list of searches, in answer form */
    if (json_obj(json_arr(o, "searches")->child, "query") != NULL)
        json_put_item(o, "query", cJSON_Duplicate(json_obj(json_arr(o, "searches")->child, "query"), true));
}

static void run_search(struct talk *t, bool annotations)
{
    const cJSON *search = one_search(t);
    struct buf where = BUF_INIT;
    int64_t limit, offset;

    if (search == NULL || !window(t, &limit, &offset))
        return;
    if ((annotations ? clarifai_search_notes_where : clarifai_search_where)(t, search, &where) == 0) {
        if (json_bool(t->call->body, "only_count", false))
            reply_count(t, &where);
        else
            reply_hits(t, search, &where, annotations, limit, offset);
    }
    buf_release(&where);
}

void clarifai_search_inputs(struct talk *t)
{
    run_search(t, false);
}

void clarifai_search_annotations(struct talk *t)
{
    run_search(t, true);
}
