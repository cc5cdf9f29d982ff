/*
 * Stage "verify": the dataset is listed until two passes in a row show the same of our inputs, five at most; then each item gets its final state.
 * Sets of ids are compared, never counts. The last pass leaves what table rows are made of.
 */
#include "core/import.h"
#include "base/timefmt.h"

#define VERIFY_PASSES 5
#define VERIFY_BATCH 500
#define VERIFY_REPEATS 3

static const unsigned verify_states = JOURNAL_BIT(JOURNAL_ACCEPTED) | JOURNAL_BIT(JOURNAL_PRESENT) | JOURNAL_BIT(JOURNAL_VERIFIED);

static int begin_pass(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    int64_t pass = journal_get_i64(job->journal, "pass", 0) + 1;
    if (journal_put_i64(job->journal, "pass", pass, e) != 0)
        return -1;
    pthread_mutex_lock(&im->lock);
    im->verify.pass = pass;
    im->verify.page = 0;
    im->verify.repeats = 0;
    im->verify.listed = 0;
    im->verify.began = true;
    if (!im->verify.since_ms)
        im->verify.since_ms = time_mono_ms();
    pthread_mutex_unlock(&im->lock);
    return 0;
}

/* 1 at the end of the pass. */
static int list_page(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct import_verify *v = &im->verify;
    struct import_page page = {0};
    int count = 0;
    size_t fresh = 0;
    int result = clarifai_dataset_inputs_page(&job->clarifai, &im->app, im->dataset, v->page + 1, CLARIFAI_PAGE_MAX, import_page_add_with_json, &page,
                                              &count, e);
    if (result == 0 && page.count)
        result = journal_remote_put(job->journal, JOURNAL_OF_DATASET, v->pass, page.rows, page.count, &fresh, e);
    pthread_mutex_lock(&im->lock);
    v->page += result == 0;
    v->listed += (int64_t)fresh;
    v->repeats = fresh || count == 0 || result != 0 ? 0 : v->repeats + 1;
    pthread_mutex_unlock(&im->lock);
    if (result == 0 && v->repeats >= VERIFY_REPEATS)
        result = err_set(e, ERR_PROTOCOL, "the listing of the dataset shows the same inputs again and again");
    import_page_release(&page);
    return result != 0 ? -1 : count == 0;
}

/* --- what an item became --- */

struct verdict { char reason[320]; char code[16]; };

/* False when nothing changes. */
static bool judge(const struct journal_item *item, struct journal_change *c, struct verdict *v)
{
    const struct journal_remote *r = &item->remote;
    *c = (struct journal_change){.id = item->id, .to = item->existed ? JOURNAL_PRESENT : JOURNAL_VERIFIED, .settled = true, .code = "", .reason = ""};
    if (!r->input_id || !item->remote_seen) {
        c->to = JOURNAL_UNACCOUNTED;
        c->code = "NOT_LISTED";
        c->reason = "Clarifai took it, but its dataset does not list it";
    } else if (!str_eq(r->source, journal_item_source(item))) {
        c->to = JOURNAL_CONFLICT;
        c->code = "ID_TAKEN";
        c->reason = "the input of this id is not the one that was sent";
    } else if (clarifai_status_pending(r->code)) {
        c->to = JOURNAL_UNACCOUNTED;
        c->code = "PENDING";
        c->reason = "Clarifai has not finished with it";
    } else if (import_status_failed(r->code)) {
        c->to = JOURNAL_FAILED;
        import_refusal(r->code, r->status, v->reason, sizeof v->reason, v->code);
        c->code = v->code;
        c->reason = v->reason;
    }
    return c->to != item->state;
}

/* Items of the run whose input is still in progress. */
static int count_pending(struct stages_job *job, bool apply, int64_t *pending, struct err *e)
{
    struct journal_query q = {.states = verify_states, .with_remote = true, .limit = VERIFY_BATCH};
    struct journal_change *changes = calloc(VERIFY_BATCH, sizeof *changes);
    struct verdict *verdicts = calloc(VERIFY_BATCH, sizeof *verdicts);
    size_t n = VERIFY_BATCH;
    int result = changes && verdicts ? 0 : err_no_memory(e);
    *pending = 0;
    while (result == 0 && n == VERIFY_BATCH) {
        struct journal_item *items;
        size_t changed = 0;
        result = journal_read(job->journal, &q, &items, &n, e);
        for (size_t i = 0; i < n && result == 0; i++) {
            q.after_id = items[i].id;
            *pending += items[i].remote_seen && clarifai_status_pending(items[i].remote.code);
            changed += judge(&items[i], &changes[changed], &verdicts[changed]);
        }
        if (result == 0 && apply)
            result = journal_apply(job->journal, changes, changed, e);
        journal_items_free(items, n);
    }
    free(changes);
    free(verdicts);
    return result;
}

static void wait_for(struct import *im, int64_t first_ms)
{
    pthread_mutex_lock(&im->lock);
    im->verify.delay_ms = im->verify.delay_ms ? im->verify.delay_ms * 2 : first_ms;
    if (im->verify.delay_ms > 30000)
        im->verify.delay_ms = 30000;
    im->verify.next_ms = time_mono_ms() + im->verify.delay_ms;
    pthread_mutex_unlock(&im->lock);
}

/* After a whole pass: once more, or the end. */
static int end_pass(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    int64_t differ = 1, pending = 0;
    pthread_mutex_lock(&im->lock);
    im->verify.began = false;
    int passes = ++im->verify.passes;
    bool patient = time_mono_ms() - im->verify.since_ms < job->give_up_ms;
    pthread_mutex_unlock(&im->lock);
    if (passes >= 2 && journal_passes_differ(job->journal, verify_states, im->verify.pass, &differ, e) != 0)
        return -1;
    if (count_pending(job, false, &pending, e) != 0)
        return -1;
    if (pending > 0 && patient) {            /* not a disagreement: Clarifai still works */
        pthread_mutex_lock(&im->lock);
        im->verify.passes = 0;
        pthread_mutex_unlock(&im->lock);
        wait_for(im, job->poll_first_ms);
        return STAGES_DID;
    }
    bool agreed = passes >= 2 && differ == 0;
    if (!agreed && passes < VERIFY_PASSES)
        return STAGES_DID;
    if (journal_put(job->journal, "changing", agreed ? NULL : "1", e) != 0 || count_pending(job, true, &pending, e) != 0)
        return -1;
    return STAGES_DONE;
}

int import_verify_work(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    pthread_mutex_lock(&im->lock);
    bool waiting = time_mono_ms() < im->verify.next_ms, began = im->verify.began;
    pthread_mutex_unlock(&im->lock);
    if (waiting)
        return STAGES_IDLE;
    if (journal_count(job->journal, verify_states) == 0)
        return STAGES_DONE;
    if (!began && begin_pass(job, e) != 0)
        return -1;
    int end = list_page(job, e);             /* a page that failed is asked for again; a restart begins a new pass */
    return end < 0 ? -1 : end ? end_pass(job, e) : STAGES_DID;
}
