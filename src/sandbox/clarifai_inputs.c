#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include "sandbox/clarifai_db.h"
#include "sandbox/clarifai_status.h"
#include "sandbox/server.h"

/* --- looking at what an input brings (no lock held) --- */

void clarifai_media_release(struct clarifai_media *m)
{
    free(m->url);
    free(m->extra);
    *m = (struct clarifai_media){ .kind = NULL };
}

static void verdict(struct clarifai_media *m, int code, const char *details)
{
    m->code = code;
    m->details = details;
}

void clarifai_media_look(struct clarifai_store *s, struct clarifai_media *m, const void *bytes, size_t n)
{
    int64_t largest = sandbox_setting(s->sandbox, "clarifai.image_bytes", 20000000);
    int64_t pixels = sandbox_setting(s->sandbox, "clarifai.image_pixels", 85000000);

    m->size = (int64_t)n;
    verdict(m, 30000, NULL);
    if ((strcmp(m->kind, "text") == 0 || strcmp(m->kind, "audio") == 0) && m->size >= largest)
        verdict(m, 30105, "The file has too many bytes.");
    if (strcmp(m->kind, "image") != 0)
        return;
    switch (picture_probe(bytes, n, sandbox_setting(s->sandbox, "clarifai.decode_pixels", 65536), &m->info)) {
    case PICTURE_FOREIGN: verdict(m, 30101, "The bytes are of no supported image format."); break;
    case PICTURE_BROKEN: verdict(m, 30300, "The image could not be decoded."); break;
    case PICTURE_OK: break;
    }
    if (m->size >= largest)
        verdict(m, 30105, "The image has too many bytes.");
    else if (m->code == 30000 && (int64_t)m->info.width * m->info.height > pixels)
        verdict(m, 30105, "The image has too many pixels.");
}

/* A failed download by what the host said. */
static void download_failed(struct clarifai_media *m, int status)
{
    m->slow = status == 0 && m->url[0] == '/';
    if (status == 0)
        verdict(m, 39996, m->slow ? "The download timed out." : "The host could not be reached.");
    else
        verdict(m, 30002, status == 404 ? "The URL answered with HTTP status 404." : "The URL answered with an HTTP error.");
}

void clarifai_media_fetch(struct clarifai_store *s, struct clarifai_media *m)
{
    struct buf bytes = BUF_INIT, moved = BUF_INIT;
    const char *type;
    int status = m->url[0] == '/' ? clarifai_public_host(s, m->url, &bytes, &type) : 0;

    if (status == 302) {
        buf_add(&moved, bytes.data, bytes.len);
        buf_clear(&bytes);
        status = moved.failed ? 404 : clarifai_public_host(s, moved.data, &bytes, &type);
    }
    if (status != 200)
        download_failed(m, status);
    else if (strcmp(m->kind, "image") == 0 && bytes.len == 0)
        verdict(m, 30300, "The image has no bytes.");
    else if (clarifai_bytes_keep(s, bytes.data != NULL ? bytes.data : "", bytes.len, m->md5, NULL) == 0)
        clarifai_media_look(s, m, bytes.data, bytes.len);
    else
        verdict(m, 98006, "The download could not be kept.");
    buf_release(&bytes);
    buf_release(&moved);
}

/* --- rows --- */

static int insert_row(struct clarifai_store *s, int64_t app, const struct clarifai_new_input *in, struct err *e)
{
    const struct clarifai_media *m = in->media;
    int64_t host = m->public_host ? 1 : 0, busy = in->created + (in->ready - in->created) / 2;

    return clarifai_db_run(
        s, e,
        "INSERT INTO inputs(app, id, kind, url, md5, size, format, width, height, host, extra, created, modified, busy,"
        " ready, code, details, job) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "issssisiiisiiiiiss", app, in->id, m->kind, m->url, m->md5[0] != '\0' ? m->md5 : NULL, m->size,
        picture_format_name(m->info.format), (int64_t)m->info.width, (int64_t)m->info.height, host, m->extra, in->created,
        in->created, busy, in->ready, (int64_t)m->code, m->details, in->job);
}

int clarifai_input_insert(struct clarifai_store *s, int64_t app, const struct clarifai_new_input *in, struct err *e)
{
    struct clarifai_new_annotation level = {
        .user = in->user, .data = in->data, .code = 24150, .input_level = true, .trusted = true, .created = in->created,
    };

    if (insert_row(s, app, in, e) != 0)
        return -1;
    level.input = sqlite3_last_insert_rowid(s->db);
    for (int i = 0; i < in->dataset_count; i++)
        if (clarifai_db_run(s, e, "INSERT OR IGNORE INTO membership(dataset, input, added) VALUES(?,?,?)", "iii",
                            in->datasets[i], level.input, in->created) != 0)
            return -1;
    return clarifai_annotation_insert(s, app, &level, e);
}

/* --- the REST object --- */

enum { C_N, C_ID, C_KIND, C_URL, C_MD5, C_FORMAT, C_WIDTH, C_HEIGHT, C_HOST, C_EXTRA, C_CREATED, C_MODIFIED, C_BUSY,
       C_READY, C_CODE, C_DETAILS };


static void put_text(cJSON *o, const char *key, struct buf *text)
{
    json_put_str(o, key, text->data);
    buf_clear(text);
}

/* "hosted" with its sizes, and the URL of the original in url. */
static cJSON *hosted_json(struct clarifai_store *s, const struct clarifai_where *w, sqlite3_stmt *row, struct buf *url)
{
    static const char *const sizes[] = { "orig", "tiny", "small", "large" };
    bool old = sqlite3_column_int(row, C_HOST) != 0, image = strcmp(clarifai_db_text(row, C_KIND), "image") == 0;
    const char *origin = sandbox_image_origin(s->sandbox), *md5 = clarifai_db_text(row, C_MD5);
    struct buf prefix = BUF_INIT, suffix = BUF_INIT;
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();

    buf_printf(&prefix, "%s%s", origin, old ? "/clarifai-api/img3/prod" : "");
    if (old)
        buf_printf(&suffix, "%s/%s", w->user, md5);
    else
        buf_printf(&suffix, "users/%s/apps/%s/inputs/%s/%s", w->user, w->app, clarifai_db_text(row, C_KIND), md5);
    buf_printf(url, "%s/orig/%s", prefix.data, suffix.data);
    put_text(o, "prefix", &prefix);
    put_text(o, "suffix", &suffix);
    for (size_t i = 0; i < (image ? sizeof sizes / sizeof *sizes : 1); i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(sizes[i]));
    json_put_item(o, "sizes", list);
    if (!old)
        json_put_str(o, "crossorigin", "use-credentials");
    buf_release(&prefix);
    buf_release(&suffix);
    return o;
}

static cJSON *info_json(sqlite3_stmt *row)
{
    const char *format = clarifai_db_text(row, C_FORMAT);
    cJSON *o = cJSON_CreateObject();

    json_put_i64(o, "width", sqlite3_column_int64(row, C_WIDTH));
    json_put_i64(o, "height", sqlite3_column_int64(row, C_HEIGHT));
    json_put_str(o, "format", format);
    json_put_str(o, "color_mode", str_eq(format, "JPEG") ? "YUV" : "RGB");
    return o;
}

static cJSON *media_json(struct clarifai_store *s, const struct clarifai_where *w, sqlite3_stmt *row, int code)
{
    const char *url = clarifai_db_text(row, C_URL), *extra = clarifai_db_text(row, C_EXTRA);
    cJSON *o = extra != NULL ? cJSON_Parse(extra) : NULL, *hosted = NULL;
    struct buf orig = BUF_INIT;

    if (o == NULL)
        o = cJSON_CreateObject();
    if (clarifai_db_text(row, C_MD5) != NULL)
        hosted = hosted_json(s, w, row, &orig);
    if (url != NULL) {
        buf_clear(&orig);
        buf_printf(&orig, "%s%s", url[0] == '/' ? sandbox_image_origin(s->sandbox) : "", url);
    }
    if (orig.len > 0)
        json_put_str(o, "url", orig.data);
    buf_release(&orig);
    if (code != 30000) {
        cJSON_Delete(hosted);
        return o;
    }
    if (hosted != NULL)
        json_put_item(o, "hosted", hosted);
    if (sqlite3_column_int64(row, C_WIDTH) > 0)
        json_put_item(o, "image_info", info_json(row));
    return o;
}

/* What the trusted, finished annotations say, into data. */
static void merge_annotations(struct clarifai_store *s, int64_t input, cJSON *data)
{
    sqlite3_stmt *q = clarifai_db_query(
        s, "SELECT data FROM annotations WHERE input = ? AND trusted = 1 AND code = 24150 ORDER BY n", "i", input);

    while (q != NULL && sqlite3_step(q) == SQLITE_ROW) {
        cJSON *b = cJSON_Parse(clarifai_db_text(q, 0));
        if (b != NULL)
            clarifai_data_merge(data, b);
        cJSON_Delete(b);
    }
    clarifai_db_done(q);
}

static void put_time(cJSON *o, const char *key, int64_t us, int digits)
{
    char text[40];
    json_put_str(o, key, time_format(us, digits, text, sizeof text));
}

cJSON *clarifai_input_json(struct clarifai_store *s, const struct clarifai_where *w, sqlite3_stmt *row, int digits, int *code)
{
    cJSON *o = cJSON_CreateObject(), *data = cJSON_CreateObject();
    int state = w->now < sqlite3_column_int64(row, C_BUSY) ? 30001
        : w->now < sqlite3_column_int64(row, C_READY)      ? 30003
                                                           : sqlite3_column_int(row, C_CODE);

    json_put_str(o, "id", clarifai_db_text(row, C_ID));
    json_put_item(data, clarifai_db_text(row, C_KIND), media_json(s, w, row, state));
    merge_annotations(s, sqlite3_column_int64(row, C_N), data);
    if (json_obj(data, "metadata") == NULL)
        json_put_item(data, "metadata", cJSON_CreateObject());
    json_put_item(o, "data", data);
    put_time(o, "created_at", sqlite3_column_int64(row, C_CREATED), digits);
    put_time(o, "modified_at", sqlite3_column_int64(row, C_MODIFIED), digits);
    json_put_item(o, "status", clarifai_code_json(state, state == sqlite3_column_int(row, C_CODE)
                                                             ? clarifai_db_text(row, C_DETAILS)
                                                             : NULL));
    if (code != NULL)
        *code = state;
    return o;
}

cJSON *clarifai_input_get(struct clarifai_store *s, const struct clarifai_where *w, const char *id, int digits)
{
    sqlite3_stmt *q = clarifai_db_query(
        s, "SELECT " CLARIFAI_INPUT_COLUMNS " FROM inputs i WHERE i.app = ? AND i.id = ?", "is", w->app_n, id);
    cJSON *o = NULL;

    if (q != NULL && sqlite3_step(q) == SQLITE_ROW)
        o = clarifai_input_json(s, w, q, digits, NULL);
    clarifai_db_done(q);
    return o;
}

/* --- data objects --- */

static cJSON *find_by_id(const cJSON *list, const char *id)
{
    cJSON *v;

    cJSON_ArrayForEach(v, list)
        if (id != NULL && str_eq(json_str(v, "id"), id))
            return v;
    return NULL;
}

static void append_copies(cJSON *data, const char *key, const cJSON *list, bool distinct)
{
    cJSON *into = cJSON_GetObjectItemCaseSensitive(data, key);
    const cJSON *v;

    if (into == NULL)
        into = cJSON_AddArrayToObject(data, key);
    cJSON_ArrayForEach(v, list)
        if (!distinct || find_by_id(into, json_str(v, "id")) == NULL)
            cJSON_AddItemToArray(into, cJSON_Duplicate(v, true));
}

void clarifai_data_merge(cJSON *data, const cJSON *b)
{
    const cJSON *v;

    cJSON_ArrayForEach(v, b) {
        cJSON *own = cJSON_GetObjectItemCaseSensitive(data, v->string);
        if (cJSON_IsArray(v))
            append_copies(data, v->string, v, strcmp(v->string, "concepts") == 0);
        else if (own == NULL)
            json_put_item(data, v->string, cJSON_Duplicate(v, true));
    }
}

static void replace(cJSON *o, const cJSON *v)
{
    cJSON_DeleteItemFromObjectCaseSensitive(o, v->string);
    json_put_item(o, v->string, cJSON_Duplicate(v, true));
}

static void deep_merge(cJSON *o, const cJSON *patch)
{
    const cJSON *v;

    cJSON_ArrayForEach(v, patch) {
        cJSON *own = cJSON_GetObjectItemCaseSensitive(o, v->string);
        if (cJSON_IsObject(own) && cJSON_IsObject(v))
            deep_merge(own, v);
        else
            replace(o, v);
    }
}

static void merge_list(cJSON *data, const cJSON *list)
{
    cJSON *own = cJSON_GetObjectItemCaseSensitive(data, list->string), *had;
    const cJSON *v;

    if (!cJSON_IsArray(own))
        own = cJSON_AddArrayToObject(data, list->string);
    cJSON_ArrayForEach(v, list) {
        had = find_by_id(own, json_str(v, "id"));
        if (had != NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(own, had));
        cJSON_AddItemToArray(own, cJSON_Duplicate(v, true));
    }
}

/* Removes the elements named by id; an empty list, or an object, removes the whole member. */
static void remove_member(cJSON *data, const cJSON *patch)
{
    cJSON *own = cJSON_GetObjectItemCaseSensitive(data, patch->string), *had;
    const cJSON *v;

    if (own == NULL)
        return;
    if (!cJSON_IsArray(patch) || cJSON_GetArraySize(patch) == 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(data, patch->string);
        return;
    }
    cJSON_ArrayForEach(v, patch)
        if ((had = find_by_id(own, json_str(v, "id"))) != NULL)
            cJSON_Delete(cJSON_DetachItemViaPointer(own, had));
    if (cJSON_GetArraySize(own) == 0)
        cJSON_DeleteItemFromObjectCaseSensitive(data, patch->string);
}

static void merge_member(cJSON *data, const cJSON *v)
{
    cJSON *own = cJSON_GetObjectItemCaseSensitive(data, v->string);

    if (cJSON_IsArray(v))
        merge_list(data, v);
    else if (cJSON_IsObject(own) && strcmp(v->string, "metadata") == 0)
        deep_merge(own, v);
    else
        replace(data, v);
}

void clarifai_data_patch(cJSON *data, const cJSON *patch, const char *action)
{
    const cJSON *v;

    cJSON_ArrayForEach(v, patch) {
        if (cJSON_IsNull(v))
            continue;
        if (strcmp(action, "remove") == 0)
            remove_member(data, v);
        else if (strcmp(action, "overwrite") == 0)
            replace(data, v);
        else
            merge_member(data, v);
    }
}

void clarifai_data_give_ids(struct clarifai_store *s, cJSON *data)
{
    static const char *const lists[] = { "regions", "frames", "time_segments", "tracks" };
    cJSON *v;
    char id[33];

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        cJSON_ArrayForEach(v, cJSON_GetObjectItemCaseSensitive(data, lists[i])) {
            clarifai_new_id(s, id);
            if (json_str(v, "id") == NULL)
                json_put_str(v, "id", id);
            clarifai_data_give_ids(s, cJSON_GetObjectItemCaseSensitive(v, "data"));
        }
}
