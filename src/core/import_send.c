/*
 * Stage "send": what each lane does next. Lanes claim items, have them read (import_read.c; one budget of memory for all, whatever the sizes) and post full
 * batches (import_post.c). What is claimed and read stays "planned" in the journal until the batch it is in is recorded as "sent", before its first byte leaves.
 */
#include "core/import.h"

#define SEND_CLAIM 64
#define SEND_POSTERS 4     /* lanes beyond those that read */

int import_send_lanes(const struct stages_job *job)
{
    int readers = (int)settings_number(&job->session->settings, SETTING_FILES_IN_FLIGHT);
    return (readers < 1 ? 1 : readers > SETTINGS_FILES_IN_FLIGHT_MAX ? SETTINGS_FILES_IN_FLIGHT_MAX : readers) + SEND_POSTERS;
}

void import_send_release(struct import *im)
{
    struct picture *lists[] = {im->send.ready, im->send.waiting};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (struct picture *p = lists[i], *next; p; p = next) {
            next = p->next;
            import_picture_free(p);
        }
    im->send.ready = im->send.waiting = NULL;
}

/* --- choosing what a lane does: with the mutex held --- */

/* Moves what fits one call from the ready list; pictures and additions never share a batch. */
static void take_batch(struct import *im, struct import_batch *b)
{
    struct import_send *s = &im->send;
    uint64_t bytes = 0;
    b->count = 0;
    if (!s->ready)
        return;
    bool adds = s->ready->item.action == JOURNAL_ADD;
    struct picture **at = &s->ready;
    while (*at && b->count < CLARIFAI_BATCH_MAX) {
        struct picture *p = *at;
        if ((p->item.action == JOURNAL_ADD) != adds || (b->count && bytes + p->size > s->batch_bytes)) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        b->pictures[b->count++] = p;
        bytes += p->size;
        s->ready_count--;
        s->ready_bytes -= p->size;
    }
    s->ready_end = &s->ready;
    while (*s->ready_end)
        s->ready_end = &(*s->ready_end)->next;
}

static bool batch_is_full(const struct import_send *s)
{
    return s->ready_count >= CLARIFAI_BATCH_MAX || (s->ready_count && s->ready_bytes >= s->batch_bytes);
}

/* Room for the next picture; a picture alone may always have it, whatever the budget. */
static bool reserve(struct import *im, struct picture *p)
{
    struct import_send *s = &im->send;
    p->room = import_room(im, p);
    if (s->used + p->room > s->budget && s->used > 0) {
        p->room = 0;
        return false;
    }
    s->used += p->room;
    return true;
}

static int claim_more(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_PLANNED), .candidates_only = true, .claim = true, .limit = SEND_CLAIM};
    struct journal_item *items;
    size_t n;
    if (journal_read(job->journal, &q, &items, &n, e) != 0)
        return -1;
    int result = 0;
    for (size_t i = n; i-- > 0;) {
        struct picture *p = calloc(1, sizeof *p);
        if (!p) {
            result = err_no_memory(e);
            break;
        }
        p->item = items[i];
        memset(&items[i], 0, sizeof items[i]);
        p->next = im->send.waiting;
        im->send.waiting = p;
        im->send.waiting_count++;
    }
    journal_items_free(items, n);
    return result != 0 ? -1 : (int)(n > 0);
}

static int post_now(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct import_batch *b = calloc(1, sizeof *b);
    if (!b) {
        pthread_mutex_unlock(&im->lock);
        return err_no_memory(e);
    }
    take_batch(im, b);
    im->send.posting++;
    pthread_mutex_unlock(&im->lock);
    int result = import_post_batch(job, b, e);
    for (size_t i = 0; i < b->count; i++)
        if (b->keep[i])
            import_make_ready(im, b->pictures[i]);
        else
            import_discard(im, b->pictures[i]);
    free(b);
    pthread_mutex_lock(&im->lock);
    im->send.posting--;
    pthread_mutex_unlock(&im->lock);
    return result != 0 ? -1 : STAGES_DID;
}

static int read_now(struct stages_job *job, struct picture *p, struct err *e)
{
    struct import *im = job->verb;
    im->send.waiting = p->next;
    im->send.waiting_count--;
    im->send.reading++;
    bool adds = p->item.action == JOURNAL_ADD;      /* the picture may be gone when this is asked */
    pthread_mutex_unlock(&im->lock);
    int result = import_take(job, p, e);
    pthread_mutex_lock(&im->lock);
    im->send.reading--;
    pthread_mutex_unlock(&im->lock);
    return adds ? result : result < 0 ? STAGES_READ_FAILED : STAGES_READ;
}

static int nothing_to_read(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    if (im->send.reading == 0 && im->send.ready_count > 0)
        return post_now(job, e);
    bool busy = im->send.reading > 0 || im->send.posting > 0;
    pthread_mutex_unlock(&im->lock);
    const unsigned open = JOURNAL_BIT(JOURNAL_PLANNED) | JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN);
    return !busy && journal_count(job->journal, open) == 0 ? STAGES_DONE : STAGES_IDLE;
}

/* The dataset is made when the plan said so; one lane does it, before anything is sent. */
static int prepare(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct err why = {0};
    im->send.preparing = true;
    pthread_mutex_unlock(&im->lock);
    int result = 0;
    if (journal_has(job->journal, "dataset.missing") && journal_count(job->journal, JOURNAL_BIT(JOURNAL_PLANNED)) > 0) {
        result = clarifai_dataset_create(&job->clarifai, &im->app, im->dataset, &why);
        if (result != 0 && (why.code == ERR_CONFLICT || why.code == ERR_UNKNOWN)) {
            struct clarifai_dataset dataset;
            result = clarifai_dataset_get(&job->clarifai, &im->app, im->dataset, &dataset, &why);
        }
        if (result != 0) {
            *e = why;
            err_about(e, "cannot make the dataset", im->datasets);
        }
    }
    pthread_mutex_lock(&im->lock);
    im->send.preparing = false;
    im->send.prepared = result == 0;
    pthread_mutex_unlock(&im->lock);
    return result != 0 ? -1 : STAGES_DID;
}

int import_send_work(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct import_send *s = &im->send;
    pthread_mutex_lock(&im->lock);
    if (!s->prepared) {
        if (!s->preparing)
            return prepare(job, e);
        pthread_mutex_unlock(&im->lock);
        return STAGES_IDLE;
    }
    if (batch_is_full(s))
        return post_now(job, e);
    int claimed = s->waiting ? 1 : claim_more(job, e);
    if (claimed < 0) {
        pthread_mutex_unlock(&im->lock);
        return -1;
    }
    if (!claimed)
        return nothing_to_read(job, e);
    if (reserve(im, s->waiting))
        return read_now(job, s->waiting, e);
    if (s->reading == 0 && s->posting == 0 && s->ready_count > 0)     /* what is being posted gives its memory back: a batch waits to be full */
        return post_now(job, e);
    pthread_mutex_unlock(&im->lock);
    return STAGES_IDLE;
}
