/*
 * Stage "settle": outcomes that are not known are read, and Clarifai is asked, ever less often, whether it still works on inputs. Overlaps with
 * sending. What each input became is seen by the closing listing ("verify").
 */
#include "core/import.h"
#include "base/timefmt.h"

#define SETTLE_IDS 64          /* one call by id */
#define SETTLE_WHILE_SENDING_MS 5000
#define SETTLE_SLOWEST_MS 30000
#define SETTLE_BY_ID_MAX 256   /* more than these are left to the listing */

/* --- unknown outcomes, by reading --- */

static const struct journal_remote *find(const struct import_page *page, const char *id)
{
    for (size_t i = 0; i < page->count; i++)
        if (str_eq(page->rows[i].input_id, id))
            return &page->rows[i];
    return NULL;
}

static bool is_ours(const struct journal_item *item, const struct journal_remote *r)
{
    return str_eq(r->source, journal_item_source(item)) && (!item->sha256 || str_eq(r->sha256, item->sha256));
}

/* again: what becomes of an item that never arrived: planned, or cancelled when the run is. */
static struct journal_change resolve(const struct import *im, const struct journal_item *item, const struct journal_remote *r,
                                     enum journal_state again)
{
    struct journal_change c = {.id = item->id, .to = again};
    if (item->action == JOURNAL_ADD) {
        c.to = item->attempt < STAGES_ATTEMPTS_MAX ? again : JOURNAL_FAILED;   /* adding to a set may be repeated */
    } else if (!r) {
        c.to = item->attempt < STAGES_ATTEMPTS_MAX ? again : JOURNAL_FAILED;
    } else if (is_ours(item, r)) {
        c.to = JOURNAL_ACCEPTED;
        c.settled = !clarifai_status_pending(r->code);
    } else if (r->source && str_eq(r->source, journal_item_source(item))) {
        c.to = JOURNAL_CONFLICT;
        c.code = "CHANGED";
        c.reason = im->changed;
    } else {
        c.to = JOURNAL_CONFLICT;
        c.code = "ID_TAKEN";
        c.reason = r->source ? "Clarifai has an input of this id from another source; it is left alone"
                             : "Clarifai has an input of this id that lakeferry did not make; it is left alone";
    }
    if (c.to == JOURNAL_FAILED) {
        c.code = "UNKNOWN";
        c.reason = "sent ten times, and each time the answer was lost and the input did not appear";
    }
    return c;
}

static int resolve_unknown(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_UNKNOWN), .limit = SETTLE_IDS};
    struct journal_item *items;
    struct import_page page = {0};
    struct journal_change changes[SETTLE_IDS];
    const char *ids[SETTLE_IDS];
    size_t n, wanted = 0;
    enum journal_state again = journal_has(job->journal, "cancelled") ? JOURNAL_CANCELLED : JOURNAL_PLANNED;
    if (journal_read(job->journal, &q, &items, &n, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (items[i].action != JOURNAL_ADD)
            ids[wanted++] = items[i].input_id;
    int result = wanted ? clarifai_inputs_by_id(&job->clarifai, &im->app, ids, wanted, import_page_add, &page, e) : 0;
    if (result == 0 && page.count)
        result = journal_remote_put(job->journal, JOURNAL_BY_ID, 0, page.rows, page.count, NULL, e);
    for (size_t i = 0; i < n && result == 0; i++)
        changes[i] = resolve(im, &items[i], find(&page, items[i].input_id), again);
    if (result == 0)
        result = journal_apply(job->journal, changes, n, e);
    import_page_release(&page);
    journal_items_free(items, n);
    return result == 0 ? STAGES_DID : -1;
}

/* --- work in progress at Clarifai --- */

/* 1: nothing of ours is in progress any more. The app is busy with others' inputs, so ours are asked by id while they are few. */
static int ask_pending(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_ACCEPTED), .pending_only = true, .limit = SETTLE_BY_ID_MAX + 1};
    struct journal_item *items;
    struct import_page page = {0};
    struct journal_change changes[SETTLE_BY_ID_MAX];
    const char *ids[SETTLE_BY_ID_MAX];
    size_t n, settled = 0;
    if (journal_read(job->journal, &q, &items, &n, e) != 0)
        return -1;
    bool few = n <= SETTLE_BY_ID_MAX;
    for (size_t i = 0; i < n && few; i++)
        ids[i] = items[i].input_id;
    int result = few && n ? clarifai_inputs_by_id(&job->clarifai, &im->app, ids, n, import_page_add, &page, e) : 0;
    for (size_t i = 0; i < n && few && result == 0; i++) {
        const struct journal_remote *r = find(&page, items[i].input_id);
        if (!r || !clarifai_status_pending(r->code))
            changes[settled++] = (struct journal_change){.id = items[i].id, .to = JOURNAL_ACCEPTED, .settled = true};
    }
    if (result == 0)
        result = journal_apply(job->journal, changes, settled, e);
    import_page_release(&page);
    journal_items_free(items, n);
    return result != 0 ? -1 : few && settled == n;
}

static bool same_counts(const struct clarifai_counts *a, const struct clarifai_counts *b)
{
    return a->processed == b->processed && a->to_process == b->to_process && a->processing == b->processing && a->errors == b->errors;
}

static int poll_counts(struct stages_job *job, bool sending, bool *quiet, struct err *e)
{
    struct import *im = job->verb;
    struct clarifai_counts counts;
    if (clarifai_inputs_status(&job->clarifai, &im->app, &counts, e) != 0)
        return -1;
    int64_t now = time_mono_ms();
    pthread_mutex_lock(&im->lock);
    struct import_settle *s = &im->settle;
    if (!s->counted || !same_counts(&s->counts, &counts))
        s->changed_ms = now;
    s->counts = counts;
    s->counted = true;
    s->delay_ms = s->delay_ms ? s->delay_ms + s->delay_ms / 2 : job->poll_first_ms;
    if (sending && s->delay_ms < SETTLE_WHILE_SENDING_MS)
        s->delay_ms = SETTLE_WHILE_SENDING_MS;
    if (s->delay_ms > SETTLE_SLOWEST_MS)
        s->delay_ms = SETTLE_SLOWEST_MS;
    s->next_poll_ms = now + s->delay_ms;
    *quiet = counts.to_process + counts.processing <= 0;
    pthread_mutex_unlock(&im->lock);
    return 0;
}

/* Sending has just ended: from here on the wait is what a person sees, so asking starts quick again. */
static void start_waiting(struct stages_job *job)
{
    struct import *im = job->verb;
    pthread_mutex_lock(&im->lock);
    if (!im->settle.busy) {
        im->settle.busy = true;
        im->settle.delay_ms = 0;
        im->settle.next_poll_ms = time_mono_ms() + job->poll_first_ms / 2;
        im->settle.changed_ms = time_mono_ms();
    }
    pthread_mutex_unlock(&im->lock);
}

static int wait_for_end(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    bool quiet;
    if (poll_counts(job, false, &quiet, e) != 0)
        return -1;
    if (quiet)
        return STAGES_DONE;
    pthread_mutex_lock(&im->lock);
    bool slow = im->settle.delay_ms >= 8 * job->poll_first_ms;
    bool stuck = time_mono_ms() - im->settle.changed_ms > job->give_up_ms;
    pthread_mutex_unlock(&im->lock);
    if (stuck)
        return STAGES_DONE;                 /* the closing listing names what did not end */
    int ended = slow ? ask_pending(job, e) : 0;
    return ended < 0 ? -1 : ended ? STAGES_DONE : STAGES_DID;
}

int import_settle_work(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    const unsigned open = JOURNAL_BIT(JOURNAL_PLANNED) | JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN);
    if (journal_count(job->journal, JOURNAL_BIT(JOURNAL_UNKNOWN)) > 0)
        return resolve_unknown(job, e);
    bool sending = journal_count(job->journal, open) > 0;
    int64_t accepted = journal_count(job->journal, JOURNAL_BIT(JOURNAL_ACCEPTED));
    if (!sending && accepted == 0)
        return STAGES_DONE;
    if (!sending)
        start_waiting(job);
    pthread_mutex_lock(&im->lock);
    if (im->settle.next_poll_ms == 0)
        im->settle.next_poll_ms = time_mono_ms() + SETTLE_WHILE_SENDING_MS;
    bool due = time_mono_ms() >= im->settle.next_poll_ms;
    pthread_mutex_unlock(&im->lock);
    if (!due || (sending && accepted == 0))
        return STAGES_IDLE;
    bool quiet;
    return sending ? (poll_counts(job, true, &quiet, e) != 0 ? -1 : STAGES_DID) : wait_for_end(job, e);
}
