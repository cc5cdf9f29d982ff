/* Filling the store without HTTP: sample data and large runs. */
#include "base/json.h"
#include "base/str.h"
#include "sandbox/clarifai_db.h"
#include "sandbox/clarifai_shape.h"
#include "sandbox/server.h"

static int done(struct clarifai_store *s, int rc, struct err *e)
{
    rc = clarifai_db_end(s, rc, e);
    clarifai_db_unlock(s);
    return rc;
}

static int begin(struct clarifai_store *s, struct err *e)
{
    clarifai_db_lock(s);
    if (clarifai_db_begin(s, e) == 0)
        return 0;
    clarifai_db_unlock(s);
    return -1;
}

int clarifai_store_add_user(struct clarifai_store *s, const cJSON *user, bool organisation, struct err *e)
{
    cJSON *rest = cJSON_Duplicate(user, true);
    char *text;
    int rc;

    cJSON_DeleteItemFromObjectCaseSensitive(rest, "id");
    text = cJSON_PrintUnformatted(rest);
    cJSON_Delete(rest);
    if (text == NULL)
        return err_no_memory(e);
    rc = begin(s, e);
    if (rc == 0)
        rc = done(s, clarifai_db_run(s, e, "INSERT INTO users(id, organisation, json, created) VALUES(?,?,?,?)", "sisi",
                                     json_str(user, "id"), (int64_t)organisation, text, clarifai_now(s)), e);
    free(text);
    return rc;
}

int clarifai_store_add_app(struct clarifai_store *s, const char *user, const char *app, const char *workflow,
                           const char *description, int64_t created_us, struct err *e)
{
    cJSON *o = cJSON_CreateObject(), *chosen = cJSON_AddObjectToObject(o, "default_workflow");
    char *text;
    int rc;

    json_put_str(chosen, "id", workflow);
    json_put_str(chosen, "app_id", "main");
    json_put_str(chosen, "user_id", "clarifai");
    json_put_str(o, "description", description);
    text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    if (text == NULL)
        return err_no_memory(e);
    rc = begin(s, e);
    if (rc == 0)
        rc = done(s, clarifai_db_run(s, e, "INSERT INTO apps(user, id, json, created, modified) VALUES(?1,?2,?3,?4,?4)",
                                     "sssi", user, app, text, created_us), e);
    free(text);
    return rc;
}

int clarifai_store_add_dataset(struct clarifai_store *s, const char *user, const char *app, const char *dataset,
                               const char *description, int64_t created_us, struct err *e)
{
    cJSON *o = cJSON_CreateObject();
    char *text;
    int rc;

    json_put_str(o, "description", description);
    text = cJSON_PrintUnformatted(o);
    cJSON_Delete(o);
    if (text == NULL)
        return err_no_memory(e);
    rc = begin(s, e);
    if (rc == 0)
        rc = done(s, clarifai_db_run(s, e, "INSERT INTO datasets(app, id, json, created, modified) VALUES(?1,?2,?3,?4,?4)",
                                     "issi", clarifai_app_number(s, user, app), dataset, text, created_us), e);
    free(text);
    return rc;
}

static int look(struct clarifai_store *s, const struct clarifai_sample *sample, struct clarifai_media *m, struct err *e)
{
    m->kind = sample->kind;
    m->public_host = sample->public_host;
    m->code = 30000;
    m->extra = str_dup(sample->media);
    if (sample->url != NULL) {
        m->url = str_dup(sample->url);
        clarifai_media_fetch(s, m);
    } else if (sample->bytes != NULL) {
        if (clarifai_bytes_keep(s, sample->bytes, sample->size, m->md5, e) != 0)
            return -1;
        clarifai_media_look(s, m, sample->bytes, sample->size);
    }
    if (sample->code != 0) {
        m->code = sample->code;
        m->details = NULL;
    }
    return 0;
}

int clarifai_store_add_input(struct clarifai_store *s, const struct clarifai_sample *sample, struct err *e)
{
    struct clarifai_media media = { .kind = sample->kind };
    struct clarifai_new_input in = { .id = sample->id, .media = &media, .created = sample->created_us,
                                     .ready = sample->created_us, .user = sample->user };
    cJSON *data = sample->data != NULL ? cJSON_Duplicate(sample->data, true) : cJSON_CreateObject();
    int64_t app, dataset;
    int rc = look(s, sample, &media, e);

    clarifai_shape_normalise(data, &clarifai_shape_data);
    if (rc == 0)
        rc = begin(s, e);
    if (rc == 0) {
        app = clarifai_app_number(s, sample->user, sample->app);
        dataset = sample->dataset != NULL ? clarifai_dataset_number(s, app, sample->dataset) : -1;
        in.data = data;
        in.datasets = &dataset;
        in.dataset_count = dataset >= 0;
        rc = clarifai_concepts_settle(s, app, sample->user, sample->app, data, e);
        if (rc == 0)
            rc = clarifai_input_insert(s, app, &in, e);
        rc = done(s, rc, e);
    }
    clarifai_media_release(&media);
    cJSON_Delete(data);
    return rc;
}

int clarifai_store_add_annotation(struct clarifai_store *s, const char *user, const char *app, const char *input,
                                  const cJSON *annotation, int64_t created_us, struct err *e)
{
    const cJSON *worker = json_obj(annotation, "worker");
    int64_t app_n, code = 24150;
    cJSON *data = cJSON_Duplicate(json_obj(annotation, "data"), true);
    int rc;

    json_i64(json_obj(annotation, "status"), "code", &code);
    clarifai_shape_normalise(data, &clarifai_shape_data);
    clarifai_data_give_ids(s, data);
    rc = begin(s, e);
    if (rc == 0) {
        app_n = clarifai_app_number(s, user, app);
        struct clarifai_new_annotation a = {
            .input = clarifai_input_number(s, app_n, input), .id = json_str(annotation, "id"), .worker = worker, .data = data,
            .user = json_str_or(annotation, "user_id", user), .task = json_str(annotation, "task_id"),
            .info = json_obj(annotation, "annotation_info"), .code = (int)code, .trusted = worker == NULL,
            .created = created_us,
        };
        rc = clarifai_concepts_settle(s, app_n, user, app, data, e);
        if (rc == 0)
            rc = clarifai_annotation_insert(s, app_n, &a, e);
        rc = done(s, rc, e);
    }
    cJSON_Delete(data);
    return rc;
}

/* --- very many --- */

enum { BULK_PICTURES = 12 };

static int bulk_pictures(struct clarifai_store *s, struct clarifai_media media[BULK_PICTURES], struct err *e)
{
    struct buf bytes = BUF_INIT;
    int rc = 0;

    for (int i = 0; rc == 0 && i < BULK_PICTURES; i++) {
        buf_clear(&bytes);
        rc = picture_draw(i, (uint64_t)i, 96, 72, PICTURE_JPEG, &bytes, e);
        media[i] = (struct clarifai_media){ .kind = "image" };
        if (rc == 0)
            rc = clarifai_bytes_keep(s, bytes.data, bytes.len, media[i].md5, e);
        if (rc == 0)
            clarifai_media_look(s, &media[i], bytes.data, bytes.len);
    }
    buf_release(&bytes);
    return rc;
}

static int bulk_one(struct clarifai_store *s, int64_t app, struct clarifai_new_input *in, int64_t i, const char *prefix,
                    struct err *e)
{
    char id[64];
    cJSON *metadata = cJSON_GetObjectItemCaseSensitive(in->data, "metadata");

    snprintf(id, sizeof id, "%.40s-%06lld", prefix, (long long)i);
    cJSON_SetNumberValue(metadata->child, (double)i);
    in->id = id;
    return clarifai_input_insert(s, app, in, e);
}

int clarifai_store_bulk(struct clarifai_store *s, const char *user, const char *app, const char *dataset,
                        const char *prefix, int64_t n, struct err *e)
{
    struct clarifai_media media[BULK_PICTURES];
    cJSON *data = cJSON_Parse("{\"concepts\":[{\"id\":\"sample\"}],\"metadata\":{\"index\":0}}");
    int64_t app_n, dataset_n;
    int rc = bulk_pictures(s, media, e);

    if (rc == 0)
        rc = begin(s, e);
    if (rc != 0 || data == NULL) {
        cJSON_Delete(data);
        return -1;
    }
    app_n = clarifai_app_number(s, user, app);
    if (app_n < 0)
        rc = err_set(e, ERR_NOT_FOUND, "there is no app \"%s/%s\"", user, app);
    if (rc == 0)
        rc = clarifai_db_run(s, e, "INSERT OR IGNORE INTO datasets(app, id, json, created, modified) VALUES(?1,?2,'{}',?3,?3)",
                             "isi", app_n, dataset, clarifai_now(s));
    if (rc == 0)
        rc = clarifai_concepts_settle(s, app_n, user, app, data, e);
    dataset_n = clarifai_dataset_number(s, app_n, dataset);
    struct clarifai_new_input in = { .data = data, .created = clarifai_now(s), .datasets = &dataset_n, .dataset_count = 1,
                                     .user = user };
    in.ready = in.created;
    for (int64_t i = 0; rc == 0 && i < n; i++) {
        in.media = &media[i % BULK_PICTURES];
        rc = bulk_one(s, app_n, &in, i, prefix, e);
    }
    cJSON_Delete(data);
    return done(s, rc, e);
}

/* --- annotations on very many inputs --- */

#define GUESS "{\"model\":{\"id\":\"general-detection\",\"app_id\":\"main\",\"user_id\":\"clarifai\",\"model_version\":{\"id\":" \
    "\"1580bb1932594c93b7e2e04456af7c6f\"}}}"
#define ON_REGION(info) "{\"regions\":[{\"region_info\":{" info "},\"data\":{\"concepts\":[{\"id\":\"boat\"}]}}]}"

static const char *const bulk_kinds[] = {
    "{\"concepts\":[{\"id\":\"sample\"},{\"id\":\"night\",\"value\":0}]}",
    ON_REGION("\"bounding_box\":{\"top_row\":0.1,\"left_col\":0.2,\"bottom_row\":0.6,\"right_col\":0.7}"),
    ON_REGION("\"polygon\":{\"points\":[{\"row\":0.1,\"col\":0.1},{\"row\":0.1,\"col\":0.9},{\"row\":0.9,\"col\":0.5}]}"),
    ON_REGION("\"point\":{\"row\":0.5,\"col\":0.25}"),
    ON_REGION("\"keypoint_locations\":[{\"row\":0.4,\"col\":0.4,\"visibility\":1},{\"row\":0.6,\"col\":0.6,\"visibility\":2}]"),
};
enum { BULK_KINDS = sizeof bulk_kinds / sizeof *bulk_kinds };

struct bulk_notes {
    cJSON *data[BULK_KINDS], *model;
    int64_t made;
};

static void bulk_notes_release(struct bulk_notes *b)
{
    for (int i = 0; i < BULK_KINDS; i++)
        cJSON_Delete(b->data[i]);
    cJSON_Delete(b->model);
}

static int bulk_notes_prepare(struct clarifai_store *s, struct bulk_notes *b, int64_t app, const struct clarifai_bulk_notes *want,
                              struct err *e)
{
    b->model = cJSON_Parse(GUESS);
    for (int i = 0; i < BULK_KINDS; i++) {
        b->data[i] = cJSON_Parse(bulk_kinds[i]);
        if (b->data[i] == NULL || b->model == NULL)
            return err_no_memory(e);
        clarifai_shape_normalise(b->data[i], &clarifai_shape_data);
        clarifai_data_give_ids(s, b->data[i]);
        if (clarifai_concepts_settle(s, app, want->user, want->app, b->data[i], e) != 0)
            return -1;
    }
    return 0;
}

/* Each region has an id of its own. */
static void fresh_region(struct clarifai_store *s, cJSON *data)
{
    cJSON *region = cJSON_GetArrayItem(json_arr(data, "regions"), 0);
    char id[33];

    if (region == NULL)
        return;
    clarifai_new_id(s, id);
    cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(region, "id"), id);
}

static int bulk_note(struct clarifai_store *s, struct bulk_notes *b, int64_t app, int64_t input,
                     const struct clarifai_bulk_notes *want, int64_t now, struct err *e)
{
    int64_t k = b->made++;
    bool model = want->model_every > 0 && k % want->model_every == want->model_every - 1;
    bool other = want->others_every > 0 && k % want->others_every == want->others_every - 1;
    struct clarifai_new_annotation a = {
        .input = input, .data = b->data[k % BULK_KINDS], .worker = model ? b->model : NULL, .trusted = !model, .created = now,
        .user = other ? "lab-annotator" : want->user, .code = other ? (k / want->others_every % 2 ? 24157 : 24151) : 24150,
    };

    fresh_region(s, b->data[k % BULK_KINDS]);
    return clarifai_annotation_insert(s, app, &a, e);
}

int clarifai_store_bulk_notes(struct clarifai_store *s, const struct clarifai_bulk_notes *want, int64_t *made, struct err *e)
{
    struct bulk_notes b = { .made = 0 };
    int64_t app, dataset, n = 0, now = clarifai_now(s);
    int rc = begin(s, e);

    if (rc != 0)
        return rc;
    app = clarifai_app_number(s, want->user, want->app);
    dataset = clarifai_dataset_number(s, app, want->dataset);
    if (app < 0 || dataset < 0)
        rc = err_set(e, ERR_NOT_FOUND, "there is no dataset \"%s/%s/%s\"", want->user, want->app, want->dataset);
    if (rc == 0)
        rc = bulk_notes_prepare(s, &b, app, want, e);
    while (rc == 0
           && (n = clarifai_db_number(s, -1, "SELECT min(input) FROM membership WHERE dataset = ? AND input > ?", "ii", dataset, n)) > 0)
        for (int64_t i = 0; rc == 0 && i < want->per_input; i++)
            rc = bulk_note(s, &b, app, n, want, now, e);
    *made = b.made;
    bulk_notes_release(&b);
    return done(s, rc, e);
}
