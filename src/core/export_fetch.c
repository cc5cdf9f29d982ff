/* Pictures on their way into memory: where each is, whether it is in the folder already, and reading it whole. */
#include "core/export.h"
#include "core/journal_annotations.h"

/* --- where a picture is --- */

static bool has_size(const cJSON *hosted, const char *wanted)
{
    const cJSON *size;
    cJSON_ArrayForEach(size, json_arr(hosted, "sizes"))
        if (cJSON_IsString(size) && str_eq(size->valuestring, wanted))
            return true;
    return false;
}

/* PREFIX/orig/SUFFIX where the original is hosted, else the address the input came from (reference clarifai §4.8). Owned. */
static char *picture_url(const cJSON *image, bool *is_hosted)
{
    const cJSON *hosted = json_obj(image, "hosted");
    const char *prefix = json_str(hosted, "prefix"), *suffix = json_str(hosted, "suffix"), *url = json_str(image, "url");
    *is_hosted = prefix && suffix && has_size(hosted, "orig");
    if (*is_hosted)
        return str_printf("%s/orig/%s", prefix, suffix);
    return url ? str_dup(url) : NULL;
}

/*
 * The key goes to the secure image host's own pictures only (/SIZE/users/…): the older public host refuses requests that carry one, and no other host
 * may see it.
 */
static bool takes_key(const struct session *s, const char *url)
{
    const char *path = net_site_owns(s->images.site, url) ? strstr(url, "://") : NULL;
    path = path ? strchr(path + 3, '/') : NULL;
    path = path ? strchr(path + 1, '/') : NULL;
    return path && str_starts(path, "/users/");
}

static enum media_format format_of(const cJSON *image)
{
    const char *name = json_str(json_obj(image, "image_info"), "format");
    for (enum media_format f = MEDIA_JPEG; name && f <= MEDIA_GIF; f++)
        if (str_ieq(name, media_name(f)))
            return f;
    return MEDIA_NONE;
}

/* 1: it need not be read, for it is there or another file is; its end is recorded. */
static int look_in_folder(struct stages_job *job, const struct export_picture *p, const char *input_id, struct err *e)
{
    struct journal *j = job->journal;
    char *name = NULL, reason[320];
    uint64_t written = 0, size = 0;
    int found = journal_picture_get(j, JOURNAL_WRITTEN, input_id, &name, &written, e);
    int there = found == 1 ? journal_picture_get(j, JOURNAL_FILES, name, NULL, &size, e) : 0;
    int result = found < 0 || there < 0 ? -1 : 0;
    if (there == 1 && size == written) {
        struct journal_picture row = {.key = input_id, .name = name, .size = size};
        result = journal_pictures_put(j, JOURNAL_PICTURES, &row, 1, e) != 0 ? -1 : export_settle(job, p, JOURNAL_PRESENT, "", "", e) != 0 ? -1 : 1;
    }
    free(name);
    if (result != 0 || p->format == MEDIA_NONE)
        return result;
    if (!(name = export_picture_name(input_id, p->format)))
        return err_no_memory(e);
    there = journal_picture_get(j, JOURNAL_FILES, name, NULL, &size, e);
    snprintf(reason, sizeof reason, "the folder has a file %s that no export of this dataset wrote; it is left alone", name);
    free(name);
    return there <= 0 ? there : export_settle(job, p, JOURNAL_CONFLICT, "FILE_EXISTS", reason, e) != 0 ? -1 : 1;
}

/* Clarifai could not take the picture, and says so in the input's status. */
static bool failed_input(const struct journal_item *item)
{
    return item->remote.code != 0 && item->remote.code != CLARIFAI_INPUT_OK && !clarifai_status_pending(item->remote.code);
}

/* What an input without a picture ends as. */
static int no_picture(struct stages_job *job, const struct journal_item *item, bool image, struct err *e)
{
    char reason[256];
    struct journal_change c = {.id = item->id, .to = image ? JOURNAL_FAILED : JOURNAL_SKIPPED, .code = "NO_PICTURE", .reason = reason};
    if (image)
        snprintf(reason, sizeof reason, "Clarifai holds no picture of it: %.160s (%d)", item->remote.status ? item->remote.status : "", item->remote.code);
    else
        snprintf(reason, sizeof reason, "the input is no image");
    return journal_apply(job->journal, &c, 1, e);
}

/* Where the item's picture is; 1 when it is to be read, 0 when the item's end is recorded, -1. */
int export_describe(struct stages_job *job, const struct journal_item *item, struct export_picture *p, struct err *e)
{
    cJSON *json = item->remote.json ? json_parse(item->remote.json, strlen(item->remote.json), e) : NULL;
    const cJSON *image = json_obj(json_obj(json, "data"), "image");
    bool has_image = image != NULL, broken = item->remote.json && !json;
    p->item = item->id;
    p->attempt = item->attempt;
    p->format = format_of(image);
    p->url = failed_input(item) && !json_obj(image, "hosted") ? NULL : picture_url(image, &p->hosted);
    p->input_id = str_dup(item->key);
    cJSON_Delete(json);
    if (broken || !p->input_id)
        return broken ? -1 : err_no_memory(e);
    if (!p->url)
        return no_picture(job, item, has_image, e);
    int ended = look_in_folder(job, p, item->key, e);
    return ended < 0 ? -1 : !ended;
}

/* --- reading --- */

struct reading { struct export *x; struct export_picture *p; size_t got; bool deferred, too_large, page, asking; };

static int read_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    struct reading *r = ctx;
    size_t wanted = size >= 0 ? (size_t)size : (size_t)CLARIFAI_IMAGE_MAX;
    (void)status, (void)content_type;
    r->got = 0;
    r->too_large = wanted > r->x->pictures.budget;
    if (r->too_large)
        return err_set(e, ERR_LIMIT, "the picture is larger than the memory given to pictures");
    r->deferred = !export_resize(r->x, r->p, wanted);
    if (r->deferred)
        return err_set(e, ERR_LIMIT, "the memory given to pictures is in use");
    return export_make_room(r->p, wanted, e);
}

static int read_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct reading *r = ctx;
    if (r->p->room - r->got < n) {
        r->too_large = true;
        return err_set(e, ERR_LIMIT, "the picture is larger than Clarifai's limit of 20 MB");
    }
    memcpy(r->p->bytes + r->got, bytes, n);
    r->got += n;
    return 0;
}

/* What is wrong with what came; 0 when it is a picture. */
static int check_picture(struct export_picture *p, const struct net_answer *answer, struct err *e)
{
    size_t head = p->size < MEDIA_HEAD ? p->size : MEDIA_HEAD;
    if (p->size == 0)
        return err_set(e, ERR_PROTOCOL, "the answer is empty");
    if (answer->length >= 0 && (uint64_t)answer->length != p->size)
        return err_set(e, ERR_PROTOCOL, "%zu of %lld bytes came", p->size, (long long)answer->length);
    p->format = media_sniff(p->bytes, head);
    if (p->format != MEDIA_NONE)
        return 0;
    return err_set(e, ERR_PROTOCOL, "the answer is no picture but %s%s%s", media_describe(p->bytes, head), answer->content_type[0] ? ", declared as " : "",
                   answer->content_type);
}

/* The item is free for another lane. */
static void give_back(struct stages_job *job, const struct export_picture *p)
{
    struct err ignored = {0};
    export_settle(job, p, JOURNAL_PLANNED, NULL, NULL, &ignored);
}

/*
 * Clarifai's own host gave a page of words in the picture's place. As long as it gives pictures, too, this one is asked for again at most as often as any;
 * when it gives nothing else, a sign-in page stands in between, and the run waits without a failure of an item.
 */
static int page_came(struct stages_job *job, struct export_picture *p, const struct err *why, struct err *e)
{
    struct export *x = job->verb;
    bool well = atomic_exchange(&x->pictures.well, false), again = export_again(p);
    if (well || (!again && atomic_exchange(&x->pictures.shown, false)))
        return export_failed(job, p, again, "the picture cannot be read", why, e) != 0 ? STAGES_READ_FAILED : STAGES_READ;
    if (!again)
        give_back(job, p);
    else if (export_failed(job, p, true, "", why, e) != 0)
        return STAGES_READ_FAILED;
    *e = *why;
    err_about(e, "cannot read the picture of", p->input_id);
    return STAGES_READ_FAILED;
}

/* A failure of Clarifai's own host that may pass makes the run wait; anybody else's is the item's alone, and was asked often enough by then. */
static int read_failed(struct stages_job *job, struct export_picture *p, bool own, const struct reading *r, const struct err *why, struct err *e)
{
    if (why->code == ERR_CANCELLED || why->code == ERR_NO_MEMORY || (own && (why->code == ERR_AUTH || why->code == ERR_OFFLINE)) ||
        (r->asking && err_parks(why))) {
        give_back(job, p);
        *e = *why;
        return STAGES_READ_FAILED;
    }
    if (r->deferred) {
        give_back(job, p);
        return STAGES_IDLE;
    }
    if (own && r->page)
        return page_came(job, p, why, e);
    return export_failed(job, p, own && err_passes(why) && !r->too_large, "the picture cannot be read", why, e) != 0 ? -1 : STAGES_READ;
}

/* One reading of the whole picture from where it is said to be. */
static int read_picture(struct stages_job *job, struct export_picture *p, bool own, struct reading *r, struct err *why)
{
    struct net_sink sink = {.begin = read_begin, .write = read_write, .ctx = r};
    struct net_request request = {.method = NET_GET, .path = p->url, .url_is_whole = true, .idempotent = true, .bulk = true, .sink = &sink};
    struct net_answer answer;
    struct net_api api = own ? job->session->images : job->session->anonymous;
    api.cancel = &job->cancel;
    api.priority = NET_BULK;
    net_answer_init(&answer);
    *r = (struct reading){.x = job->verb, .p = p};
    int result = net_call(&api, &request, NULL, &answer, why);
    p->size = r->got;
    if (result == 0 && (result = check_picture(p, &answer, why)) != 0)
        r->page = str_eq(media_describe(p->bytes, p->size < MEDIA_HEAD ? p->size : MEDIA_HEAD), "HTML");
    net_answer_release(&answer);
    return result;
}

static int take_address(void *ctx, const struct clarifai_input *in, struct err *e)
{
    struct export_picture *p = ctx;
    bool hosted;
    char *url = str_eq(in->id, p->input_id) ? picture_url(json_obj(in->data, "image"), &hosted) : NULL;
    (void)e;
    if (!url || !hosted) {
        free(url);
        return 0;
    }
    free(p->url);
    p->url = url;
    return 0;
}

static bool address_is_over(const struct export_picture *p, const struct err *why) { return p->hosted && (why->http == 403 || why->http == 410); }

/* The input is asked for its address. */
static int ask_address(struct stages_job *job, struct export_picture *p, struct reading *r, struct err *why)
{
    const struct export *x = job->verb;
    const char *id = p->input_id;
    r->asking = true;                /* of the API, whose quota and maintenance are waited for */
    int result = clarifai_inputs_by_id(&job->clarifai, &x->app, &id, 1, take_address, p, why);
    r->asking = result != 0;
    return result;
}

/*
 * An address that Clarifai gave may be over by the time its picture's turn comes, hours after the listing: it is asked for once more, and read from. The same
 * address again was not over but is refused: that stays the reason, and nothing is read twice.
 */
static int read_anew(struct stages_job *job, struct export_picture *p, bool *own, struct reading *r, struct err *why)
{
    struct err asking = {0};
    char *before = str_dup(p->url);
    int result = before ? ask_address(job, p, r, &asking) : err_no_memory(&asking);
    bool same = result == 0 && str_eq(before, p->url);
    free(before);
    if (same)
        return -1;
    *why = asking;
    *own = result != 0 || takes_key(job->session, p->url);       /* what fails in asking is Clarifai's */
    return result != 0 ? -1 : read_picture(job, p, *own, r, why);
}

int export_fetch(struct stages_job *job, struct export_picture *p, struct err *e)
{
    struct export *x = job->verb;
    struct reading r = {0};
    struct err why = {0};
    bool own = takes_key(job->session, p->url);
    int result = read_picture(job, p, own, &r, &why);
    if (result != 0 && address_is_over(p, &why))
        result = read_anew(job, p, &own, &r, &why);
    if (result == 0) {
        if (own) {
            atomic_store(&x->pictures.well, true);
            atomic_store(&x->pictures.shown, true);
        }
        export_make_ready(x, p);
        return STAGES_READ;
    }
    result = read_failed(job, p, own, &r, &why, e);
    export_discard(x, p);
    return result;
}
