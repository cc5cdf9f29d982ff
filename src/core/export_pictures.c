/*
 * Stage "images": each picture once, from Clarifai to the volume, through memory alone: a picture is read whole and looked at before the first byte of
 * it is written, so nothing torn and no page of words ever gets a picture's name. All pictures in memory share one budget. What was begun is recorded
 * before it is ("sent" with name and size), and a write whose end is not known is settled by reading the size; one that meets a file, by its bytes.
 */
#include "core/export.h"
#include "core/journal_annotations.h"
#include "net/databricks_files.h"

#define WRITERS_FOR_EACH 8   /* a record waits for one more picture for each so many that still write */

/* A picture is read and then written: as many lanes for the one as for the other, and some, so that writing never waits. */
int export_pictures_lanes(const struct stages_job *job)
{
    const struct export *x = job->verb;
    int writers = (int)settings_number(&job->session->settings, SETTING_FILES_IN_FLIGHT);
    int lanes = 2 * (writers < 1 ? 1 : writers) + 4;
    return !x->folder ? 1 : lanes > STAGES_LANES_MAX ? STAGES_LANES_MAX : lanes;
}

/* --- outcomes --- */

int export_settle(struct stages_job *job, const struct export_picture *p, enum journal_state to, const char *code, const char *reason, struct err *e)
{
    struct journal_change c = {.id = p->item, .to = to, .code = code, .reason = reason};
    return journal_apply(job->journal, &c, 1, e);
}

bool export_again(const struct export_picture *p) { return p->attempt + 1 < STAGES_ATTEMPTS_MAX; }

/* Once more later, or the item's failure. */
int export_failed(struct stages_job *job, const struct export_picture *p, bool again, const char *what, const struct err *why, struct err *e)
{
    struct journal_change c = {.id = p->item, .to = JOURNAL_PLANNED, .attempt = true};
    char reason[sizeof why->cause + 64];
    if (again && export_again(p))
        return journal_apply(job->journal, &c, 1, e);
    snprintf(reason, sizeof reason, "%s: %s", what, why->cause);
    return export_settle(job, p, JOURNAL_FAILED, why->api_code[0] ? why->api_code : err_code_name(why->code), reason, e);
}

/* --- writing --- */

struct writing { const struct export_picture *p; size_t at; };

static int64_t write_read(void *ctx, char *out, size_t room)
{
    struct writing *w = ctx;
    size_t left = w->p->size - w->at, n = left < room ? left : room;
    memcpy(out, w->p->bytes + w->at, n);
    w->at += n;
    return (int64_t)n;
}

static int write_rewind(void *ctx)
{
    ((struct writing *)ctx)->at = 0;
    return 0;
}

static char *path_of(const struct export *x, const char *name) { return name ? str_printf("%s/%s", x->folder, name) : NULL; }

/* Before the first byte leaves: name and size, so that what became of it can be read. */
static int record_sent(struct stages_job *job, const struct export_picture *p, const char *name, struct err *e)
{
    struct journal_picture row = {.key = p->input_id, .name = name, .size = p->size};
    struct journal_change c = {.id = p->item, .to = JOURNAL_SENT, .attempt = true, .code = "", .reason = "", .resized = true, .size = p->size};
    return journal_picture_move(job->journal, &row, &c, e);
}

/* refused: with 409, and not compared yet. It is planned again, and refused again: what became of it must not be guessed from a size. */
static int write_failed(struct stages_job *job, const struct export_picture *p, bool refused, const struct err *why, struct err *e)
{
    struct err ignored = {0};
    if (why->code == ERR_CONFLICT)
        return export_settle(job, p, JOURNAL_CONFLICT, "FILE_EXISTS", "the folder has a file of that name that no export of this dataset wrote; it is left alone",
                      e);
    if (why->code == ERR_UNKNOWN)
        return export_settle(job, p, JOURNAL_UNKNOWN, NULL, NULL, e);
    if (err_parks(why) || why->code == ERR_CANCELLED || why->code == ERR_FORBIDDEN || why->code == ERR_NO_SPACE || why->code == ERR_NOT_FOUND) {
        export_settle(job, p, refused ? JOURNAL_PLANNED : JOURNAL_UNKNOWN, NULL, NULL, &ignored);
        *e = *why;
        return -1;
    }
    return export_failed(job, p, err_passes(why), "the picture cannot be written", why, e);
}

/*
 * One writer fewer, and what it wrote (0: nothing) is verified: one transaction for as many as an eighth of those still writing, so that nothing waits
 * when nobody writes. A kill before it leaves them "sent", and their sizes are read.
 */
static int end_writing(struct stages_job *job, int64_t item, struct err *e)
{
    struct export *x = job->verb;
    struct export_pictures *all = &x->pictures;
    struct journal_change done[EXPORT_WRITTEN];
    int n = 0;
    pthread_mutex_lock(&x->lock);
    all->writing--;
    if (item)
        all->written[all->written_count++] = item;
    if (all->written_count == EXPORT_WRITTEN || all->written_count * WRITERS_FOR_EACH >= all->writing) {
        for (; n < all->written_count; n++)
            done[n] = (struct journal_change){.id = all->written[n], .to = JOURNAL_VERIFIED};
        all->written_count = 0;
    }
    pthread_mutex_unlock(&x->lock);
    return journal_apply(job->journal, done, (size_t)n, e);
}

static int write_picture(struct stages_job *job, struct export_picture *p, const char *path, struct err *e)
{
    struct export *x = job->verb;
    struct writing w = {.p = p};
    struct net_source source = {.size = p->size, .read = write_read, .rewind = write_rewind, .ctx = &w};
    struct err why = {0}, later = {0};
    pthread_mutex_lock(&x->lock);
    x->pictures.writing++;
    pthread_mutex_unlock(&x->lock);
    int result = databricks_file_put(&job->files, path, &source, false, &why);
    bool refused = result != 0 && why.code == ERR_CONFLICT;
    if (result != 0 && why.http == 409)
        result = export_compare(job, p, path, &why);
    if (result == 0) {
        journal_kill_point("point.image");
        atomic_fetch_add(&x->pictures.bytes, (long long)p->size);
        return end_writing(job, p->item, e);
    }
    err_about(&why, "cannot write the image", path);
    result = write_failed(job, p, refused, &why, e);
    if (end_writing(job, 0, &later) == 0 || result != 0)
        return result;
    *e = later;
    return -1;
}

static int store(struct stages_job *job, struct export_picture *p, struct err *e)
{
    struct export *x = job->verb;
    char *name = export_picture_name(p->input_id, p->format), *path = path_of(x, name);
    int result = !path ? err_no_memory(e) : record_sent(job, p, name, e);
    if (result == 0)
        result = write_picture(job, p, path, e);
    free(name);
    free(path);
    export_discard(x, p);
    return result != 0 ? -1 : STAGES_DID;
}

/* --- outcomes that are not known, by reading --- */

static int resolve(struct stages_job *job, const struct journal_item *item, struct err *e)
{
    struct export *x = job->verb;
    struct journal_change c = {.id = item->id, .to = JOURNAL_PLANNED};
    struct err why = {0};
    uint64_t wanted = 0, size = 0;
    int64_t modified;
    char *name = NULL;
    int found = journal_picture_get(job->journal, JOURNAL_PICTURES, item->key, &name, &wanted, e);
    char *path = path_of(x, name);
    int result = found < 0 ? -1 : found == 1 && !path ? err_no_memory(e) : 0;
    if (result == 0 && found == 1 && databricks_file_head(&job->files, path, &size, &modified, &why) == 0) {
        c.to = size == wanted ? JOURNAL_VERIFIED : JOURNAL_CONFLICT;
        c.code = size == wanted ? NULL : "FILE_EXISTS";
        c.reason = size == wanted ? NULL : "the folder has a file of that name with another size; it is left alone";
    } else if (result == 0 && found == 1 && why.code != ERR_NOT_FOUND) {
        *e = why;
        err_about(e, "cannot look at the image", path);
        result = -1;
    } else if (result == 0 && export_cancelled(job)) {
        c.to = JOURNAL_CANCELLED;
        c.reason = "cancelled, and its file did not appear";
    } else if (result == 0 && item->attempt >= STAGES_ATTEMPTS_MAX) {
        c.to = JOURNAL_FAILED;
        c.code = "UNKNOWN";
        c.reason = "written ten times, and each time the answer was lost and the file did not appear";
    }
    free(name);
    free(path);
    return result != 0 ? -1 : journal_apply(job->journal, &c, 1, e);
}

/* --- a lane's next piece --- */

/* 1 with an item of the state (free with journal_items_free), 0 none, -1. */
static int claim(struct stages_job *job, enum journal_state state, struct journal_item **item, struct err *e)
{
    struct journal_query q = {.states = JOURNAL_BIT(state), .with_remote = state == JOURNAL_PLANNED, .claim = true, .limit = 1};
    size_t n;
    if (journal_read(job->journal, &q, item, &n, e) != 0)
        return -1;
    if (n == 0)
        journal_items_free(*item, 0);
    return n == 1;
}

/* NULL when there is nothing to read: *result is then 0 (its end is recorded) or -1. */
static struct export_picture *picture_new(struct stages_job *job, const struct journal_item *item, int *result, struct err *e)
{
    struct export_picture *p = calloc(1, sizeof *p);
    *result = p ? export_describe(job, item, p, e) : err_no_memory(e);
    if (*result == 1)
        return p;
    if (p)
        export_picture_free(p);
    return NULL;
}

/* 1 prepared, 0 another lane does it, -1. */
static int prepare(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    pthread_mutex_lock(&x->lock);
    bool mine = !x->pictures.prepared && !x->pictures.preparing, done = x->pictures.prepared;
    x->pictures.preparing = x->pictures.preparing || mine;
    pthread_mutex_unlock(&x->lock);
    if (!mine)
        return done;
    int result = export_folder_prepare(job, e);
    pthread_mutex_lock(&x->lock);
    x->pictures.preparing = false;
    x->pictures.prepared = result == 0;
    pthread_mutex_unlock(&x->lock);
    return result == 0 ? 1 : -1;
}

static int resolve_one(struct stages_job *job, struct err *e)
{
    struct journal_item *item;
    int found = claim(job, JOURNAL_UNKNOWN, &item, e);
    if (found != 1)
        return found;
    int result = resolve(job, item, e);
    if (result != 0) {
        struct err ignored = {0};
        struct journal_change back = {.id = item->id, .to = JOURNAL_UNKNOWN};
        journal_apply(job->journal, &back, 1, &ignored);
    }
    journal_items_free(item, 1);
    return result == 0 ? 1 : -1;
}

static int fetch_one(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    struct journal_item *item;
    size_t reserved;
    if (job->draining || !export_reserve(x, &reserved))
        return STAGES_IDLE;
    int found = claim(job, JOURNAL_PLANNED, &item, e), result = 0;
    struct export_picture *p = found == 1 ? picture_new(job, item, &result, e) : NULL;
    if (found == 1)
        journal_items_free(item, 1);
    if (p) {
        p->reserved = reserved;
        return export_fetch(job, p, e);
    }
    export_unreserve(x, reserved);
    if (found < 0 || result < 0)
        return -1;
    return found == 1 ? STAGES_DID : STAGES_IDLE;
}

/* Of a cancelled run what was begun is read to its end, and nothing else is done. */
static int cancelled_work(struct stages_job *job, struct err *e)
{
    if (journal_count(job->journal, JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN)) == 0)
        return STAGES_DONE;
    int resolved = resolve_one(job, e);
    return resolved < 0 ? -1 : resolved ? STAGES_DID : STAGES_IDLE;
}

int export_pictures_work(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    if (!x->folder || journal_count(job->journal, EXPORT_OPEN) == 0)
        return STAGES_DONE;
    if (export_cancelled(job))
        return cancelled_work(job, e);
    int ready = prepare(job, e);
    if (ready <= 0)
        return ready < 0 ? -1 : STAGES_IDLE;
    struct export_picture *p = export_take_ready(x);
    if (p)
        return store(job, p, e);
    int resolved = resolve_one(job, e);
    if (resolved != 0)
        return resolved < 0 ? -1 : STAGES_DID;
    return fetch_one(job, e);
}
