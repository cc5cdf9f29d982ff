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
                           const char *description, struct err *e)
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
                                     "sssi", user, app, text, clarifai_now(s)), e);
    free(text);
    return rc;
}

int clarifai_store_add_dataset(struct clarifai_store *s, const char *user, const char *app, const char *dataset,
                               const char *description, struct err *e)
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
                                     "issi", clarifai_app_number(s, user, app), dataset, text, clarifai_now(s)), e);
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
