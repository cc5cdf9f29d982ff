/* Adding inputs (reference clarifai §§4.1–4.4): what can be said of an item alone is settled before the lock is taken. */
#include "base/base64.h"
#include "base/url.h"
#include "sandbox/clarifai_calls.h"

#define BODY_MAX ((uint64_t)128000000)   /* "128 MB" in the sense that is safe */
#define DATASETS_MAX 32

struct posted {
    const cJSON *item;
    char id[64], details[200];
    struct clarifai_media media;
    cJSON *data;                 /* of the input-level annotation */
    int64_t datasets[DATASETS_MAX];
    int dataset_count;
    int code;                    /* refusal, 0 so far none */
};

static void refuse(struct posted *p, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void refuse(struct posted *p, int code, const char *fmt, ...)
{
    va_list ap;

    if (p->code != 0)
        return;
    p->code = code;
    va_start(ap, fmt);
    vsnprintf(p->details, sizeof p->details, fmt, ap);
    va_end(ap);
}

/* --- one item alone --- */

static void check_id(struct talk *t, struct posted *p)
{
    const char *id = json_str_or(p->item, "id", "");
    size_t n = strlen(id);

    str_copy(p->id, sizeof p->id, id);
    if (n == 0)
        clarifai_new_id(t->store, p->id);
    else if (n > 48)
        refuse(p, 39999, "id must be between 1 and 48 characters long");
    else if (!clarifai_id_valid(id))
        refuse(p, 39999, "id may only hold letters, digits, '-' and '_'");
}

static const cJSON *find_media(struct posted *p, const cJSON *data)
{
    static const char *const kinds[] = { "image", "video", "text", "audio" };
    const cJSON *found = NULL;
    int n = 0;

    for (int i = 0; i < 4; i++) {
        const cJSON *v = json_obj(data, kinds[i]);
        if (v == NULL)
            continue;
        found = v;
        p->media.kind = kinds[i];
        n++;
    }
    if (n == 1)
        return found;
    refuse(p, 39999, "data must have exactly one of image, video, text, audio");
    return NULL;
}

/* What the sandbox's public host has is kept by path: its port may be another one at the next start. */
static void take_url(struct talk *t, struct posted *p, const char *url)
{
    struct url_parts parts;
    bool own;

    if (!url_parse(url, &parts)) {
        refuse(p, 30106, "The URL is not an http or https URL.");
        return;
    }
    own = url_is_loopback(parts.host) && (str_starts(parts.rest, "/pictures/") || str_starts(parts.rest, "/files/"));
    p->media.url = str_dup(own ? parts.rest : url);
    if (p->media.url == NULL)
        refuse(p, 98004, "out of memory");
    else
        clarifai_media_fetch(t->store, &p->media);
}

static void take_bytes(struct talk *t, struct posted *p, const char *text, bool base64)
{
    struct buf bytes = BUF_INIT;
    struct err e = { .code = ERR_NONE };
    size_t n = strlen(text);

    buf_init(&bytes, BODY_MAX);
    if ((base64 ? base64_decode(&bytes, text, n, &e) : buf_add(&bytes, text, n)) != 0 || bytes.len == 0)
        refuse(p, 30300, "%s", base64 ? "The base64 text could not be decoded." : "The text is empty.");
    else if (clarifai_bytes_keep(t->store, bytes.data, bytes.len, p->media.md5, &e) != 0)
        refuse(p, 98004, "%s", e.cause);
    else
        clarifai_media_look(t->store, &p->media, bytes.data, bytes.len);
    buf_release(&bytes);
}

static void take_media(struct talk *t, struct posted *p, const cJSON *media)
{
    const char *url = json_str(media, "url"), *base64 = json_str(media, "base64"), *raw = json_str(media, "raw");

    p->media.allow_duplicate_url = json_bool(media, "allow_duplicate_url", false);
    if ((url != NULL) + (base64 != NULL) + (raw != NULL) != 1)
        refuse(p, 39999, "%s must have exactly one of url and %s", p->media.kind,
               strcmp(p->media.kind, "text") == 0 ? "raw" : "base64");
    else if (url != NULL)
        take_url(t, p, url);
    else
        take_bytes(t, p, base64 != NULL ? base64 : raw, base64 != NULL);
}

static void take_data(struct posted *p, const cJSON *data)
{
    const char *bad, *fault;

    p->data = cJSON_CreateObject();
    for (const cJSON *v = data->child; v != NULL; v = v->next)
        if (strcmp(v->string, p->media.kind) != 0 && !cJSON_IsNull(v))
            json_put_item(p->data, v->string, cJSON_Duplicate(v, true));
    clarifai_shape_normalise(p->data, &clarifai_shape_data);
    bad = clarifai_concepts_bad(p->data);
    if (bad != NULL)
        refuse(p, 40003, "concept id '%.100s' is not valid", bad);
    fault = clarifai_regions_fault(p->data);
    if (fault != NULL)
        refuse(p, 39999, "%s", fault);
}

static void prepare(struct talk *t, struct posted *p)
{
    const cJSON *data = json_obj(p->item, "data"), *media;

    check_id(t, p);
    media = find_media(p, data);
    if (p->code == 0)
        take_data(p, data);
    if (p->code == 0)
        take_media(t, p, media);
}

/* --- against the store --- */

static bool id_taken(struct talk *t, const char *id)
{
    return clarifai_input_number(t->store, t->where.app_n, id) >= 0;
}

static void find_suffix(struct talk *t, struct posted *p)
{
    char base[49], random[33];

    str_copy(base, sizeof base, p->id);
    for (int i = 1; i <= 9; i++) {
        snprintf(p->id, sizeof p->id, "%.46s-%d", base, i);
        if (!id_taken(t, p->id))
            return;
    }
    clarifai_new_id(t->store, random);
    snprintf(p->id, sizeof p->id, "%.39s-%.8s", base, random);
}

static void check_duplicates(struct talk *t, struct posted *all, int i, bool suffix)
{
    struct posted *p = &all[i];
    int code = (int)sandbox_setting(t->call->sandbox, "clarifai.duplicate_id_code", 30100);

    for (int k = 0; k < i; k++)
        if (strcmp(all[k].id, p->id) == 0)
            refuse(p, code, "Input has a duplicate ID.");
    if (p->code == 0 && id_taken(t, p->id)) {
        if (suffix)
            find_suffix(t, p);
        else
            refuse(p, code, "Input has a duplicate ID.");
    }
    if (p->code == 0 && p->media.url != NULL && !p->media.allow_duplicate_url
        && clarifai_db_number(t->store, 0, "SELECT 1 FROM inputs WHERE app = ? AND url = ?", "is", t->where.app_n,
                              p->media.url) != 0)
        refuse(p, 30100, "The input URL is duplicate.");
}

static void find_datasets(struct talk *t, struct posted *p)
{
    const cJSON *v, *list = json_arr(p->item, "dataset_ids");

    if (cJSON_GetArraySize(list) > DATASETS_MAX)
        refuse(p, 39999, "at most %d dataset_ids are allowed", DATASETS_MAX);
    cJSON_ArrayForEach(v, list) {
        if (p->code != 0)
            return;
        int64_t n = clarifai_dataset_number(t->store, t->where.app_n, v->valuestring);
        if (n < 0)
            refuse(p, 11101, "dataset '%.60s' does not exist", v->valuestring);
        else
            p->datasets[p->dataset_count++] = n;
    }
}

static void store_one(struct talk *t, struct posted *p, const char *job, int64_t ready)
{
    struct clarifai_new_input in = {
        .id = p->id, .media = &p->media, .data = p->data, .created = t->where.now, .ready = ready, .job = job,
        .datasets = p->datasets, .dataset_count = p->dataset_count, .user = t->call->user,
    };

    if (clarifai_concepts_settle(t->store, t->where.app_n, t->where.user, t->where.app, p->data, &t->err) != 0
        || clarifai_input_insert(t->store, t->where.app_n, &in, &t->err) != 0)
        refuse(p, 98006, "%s", t->err.cause);
}

static cJSON *refused_json(const struct posted *p)
{
    cJSON *o = cJSON_CreateObject(), *data, *media;

    json_put_str(o, "id", p->id);
    if (p->media.url != NULL) {
        data = cJSON_AddObjectToObject(o, "data");
        media = cJSON_AddObjectToObject(data, p->media.kind);
        json_put_str(media, "url", json_str(json_obj(json_obj(p->item, "data"), p->media.kind), "url"));
    }
    json_put_item(o, "status", clarifai_code_json(p->code, p->details));
    return o;
}

static int open_job(struct talk *t, const char *job)
{
    return clarifai_db_run(t->store, &t->err,
                           "INSERT INTO jobs(app, id, created, modified, cancelled) VALUES(?1, ?2, ?3, ?3, 0)"
                           " ON CONFLICT(app, id) DO UPDATE SET modified = ?3",
                           "isi", t->where.app_n, job, t->where.now);
}

/* Under the lock: stores what can be stored and answers. */
static void store_all(struct talk *t, struct posted *all, int n, bool suffix)
{
    const char *job = json_str(t->call->body, "inputs_add_job_id");
    int64_t wait = sandbox_setting(t->call->sandbox, "clarifai.process_ms", 150) * 1000;
    cJSON *list = cJSON_CreateArray(), *o;
    int bad = 0;

    t->where.now = clarifai_now(t->store);
    for (int i = 0; i < n; i++) {
        struct posted *p = &all[i];
        if (p->code == 0)
            check_duplicates(t, all, i, suffix);
        if (p->code == 0)
            find_datasets(t, p);
        if (p->code == 0)
            store_one(t, p, job, t->where.now + wait * (p->media.slow ? 4 : 1) + (wait > 0 ? i * 100 : 0));
        bad += p->code != 0;
        cJSON_AddItemToArray(list, p->code != 0 ? refused_json(p) : clarifai_input_get(t->store, &t->where, p->id, 9));
    }
    sandbox_count(t->call->sandbox, "clarifai.inputs_created", n - bad);
    o = talk_reply(t, talk_mixed(n - bad, bad));
    json_put_item(o, "inputs", list);
    if (job != NULL)
        json_put_item(o, "inputs_add_job", clarifai_job_json(t, job, 9));
}

static bool resolution(struct talk *t, bool *suffix)
{
    static const char *const names[] = { "INPUT_ID_CONFLICT_RESOLUTION_NOT_SET", "SKIP", "SUFFIX" };
    const cJSON *v = json_get(t->call->body, "input_id_conflict_resolution");

    *suffix = false;
    if (v == NULL)
        return true;
    for (int i = 0; i < 3; i++)
        if (cJSON_IsNumber(v) ? v->valueint == i : str_eq(v->valuestring, names[i])) {
            *suffix = i == 2;
            return true;
        }
    talk_fail(t, 11100, "invalid value for field \"input_id_conflict_resolution\"");
    return false;
}

/* What a call as a whole may hold: sizes, one video, a job of a usable name. */
static bool call_fits(struct talk *t)
{
    const cJSON *list = json_arr(t->call->body, "inputs"), *item;
    const char *job = json_str(t->call->body, "inputs_add_job_id");
    int n = cJSON_GetArraySize(list);

    if (t->call->body_size >= BODY_MAX) {
        talk_fail(t, 40033, "the request must be smaller than 128 MB");
        return false;
    }
    if (n < 1 || n > TALK_BATCH) {
        talk_fail(t, 39999, "inputs must hold between 1 and %d items", TALK_BATCH);
        return false;
    }
    cJSON_ArrayForEach(item, list)
        if (n > 1 && json_obj(json_obj(item, "data"), "video") != NULL) {
            talk_fail(t, 39999, "a call takes one video and nothing beside it");
            return false;
        }
    if (job != NULL && !clarifai_id_valid(job))
        talk_fail(t, 11102, "inputs_add_job_id is not valid");
    return job == NULL || clarifai_id_valid(job);
}

void clarifai_post_inputs(struct talk *t)
{
    const cJSON *items = json_arr(t->call->body, "inputs"), *item;
    const char *job = json_str(t->call->body, "inputs_add_job_id");
    struct posted *all;
    bool suffix;
    int n = 0, rc;

    if (!call_fits(t) || !resolution(t, &suffix))
        return;
    all = calloc(TALK_BATCH, sizeof *all);
    if (all == NULL) {
        talk_fail(t, 98004, "out of memory");
        return;
    }
    cJSON_ArrayForEach(item, items) {
        all[n].item = item;
        prepare(t, &all[n++]);
    }
    clarifai_db_lock(t->store);
    rc = clarifai_db_begin(t->store, &t->err);
    if (rc == 0 && job != NULL)
        rc = open_job(t, job);
    if (rc == 0)
        store_all(t, all, n, suffix);
    if (clarifai_db_end(t->store, rc, &t->err) != 0)
        talk_trouble(t);
    clarifai_db_unlock(t->store);
    for (int i = 0; i < n; i++) {
        clarifai_media_release(&all[i].media);
        cJSON_Delete(all[i].data);
    }
    free(all);
}
