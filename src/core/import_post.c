/* Of stage "send": a batch is recorded as sent, posted, and each of its items recorded with its end; a refused batch is halved. */
#include "core/import.h"

static void describe(struct import_batch *b, size_t i, enum journal_state to, int code, const char *words)
{
    b->changes[i].to = to;
    if (code) {
        import_refusal(code, words, b->reasons[i], sizeof b->reasons[i], b->codes[i]);
        b->changes[i].code = b->codes[i];
    } else {
        str_copy(b->reasons[i], sizeof b->reasons[i], words ? words : "");
    }
    b->changes[i].reason = b->reasons[i];
}

/* One transaction, before the socket is written. */
static int record_sent(struct stages_job *job, struct import_batch *b, size_t from, size_t n, struct err *e)
{
    for (size_t i = from; i < from + n; i++) {
        const struct picture *p = b->pictures[i];
        b->changes[i] = (struct journal_change){.id = p->item.id, .to = JOURNAL_SENT, .attempt = true, .code = "", .reason = ""};
        if (p->bytes) {
            b->changes[i].sha256 = p->sha256;
            b->changes[i].resized = true;
            b->changes[i].size = p->item.size;
            b->changes[i].modified_ms = p->item.modified_ms;
        }
    }
    return journal_apply(job->journal, b->changes + from, n, e);
}

/* All of a part have one end: not sent after all, or unknown, or (alone) failed. */
static int record_all(struct stages_job *job, struct import_batch *b, size_t from, size_t n, enum journal_state to, const struct err *why)
{
    struct err late = {0};
    for (size_t i = from; i < from + n; i++) {
        b->changes[i] = (struct journal_change){.id = b->pictures[i]->item.id, .to = to, .claim = to == JOURNAL_PLANNED};
        b->keep[i] = to == JOURNAL_PLANNED;
        if (to == JOURNAL_FAILED) {
            snprintf(b->reasons[i], sizeof b->reasons[i], "refused by Clarifai: %.280s", why->cause);
            b->changes[i].reason = b->reasons[i];
            b->changes[i].code = why->api_code[0] ? why->api_code : err_code_name(why->code);
        }
    }
    return journal_apply(job->journal, b->changes + from, n, &late);
}

static void judge_item(struct import_batch *b, size_t i, const struct clarifai_new_input *in)
{
    int code = in->status.code;
    b->changes[i] = (struct journal_change){.id = b->pictures[i]->item.id};
    if (in->duplicate_id) {
        b->changes[i].to = JOURNAL_UNKNOWN;      /* ours from an earlier try, or somebody else's: settled by reading */
    } else if (!import_status_failed(code)) {
        b->changes[i].to = JOURNAL_ACCEPTED;
        b->changes[i].settled = code == CLARIFAI_INPUT_OK;
    } else {
        describe(b, i, JOURNAL_FAILED, code, in->status.details[0] ? in->status.details : in->status.description);
    }
}

/* An answer that never came or says nothing: was it applied? */
static enum journal_state state_after(const struct err *e)
{
    static const enum err_code not_applied[] = {ERR_AUTH, ERR_FORBIDDEN, ERR_QUOTA, ERR_MAINTENANCE, ERR_RATE_LIMIT, ERR_NOT_FOUND, ERR_NO_MEMORY};
    for (size_t i = 0; i < sizeof not_applied / sizeof *not_applied; i++)
        if (e->code == not_applied[i])
            return JOURNAL_PLANNED;
    return JOURNAL_UNKNOWN;
}

static int post_part(struct stages_job *job, struct import_batch *b, size_t from, size_t n, struct err *e);

static int post_failed(struct stages_job *job, struct import_batch *b, size_t from, size_t n, struct err *e)
{
    bool refused = e->code == ERR_REFUSED || e->code == ERR_LIMIT;
    if (refused && n > 1) {                      /* one poisoned picture fails alone */
        int first = post_part(job, b, from, n / 2, e);
        if (first < 0) {
            struct err ignored = *e;
            record_all(job, b, from + n / 2, n - n / 2, JOURNAL_PLANNED, &ignored);
            return -1;
        }
        return post_part(job, b, from + n / 2, n - n / 2, e);
    }
    enum journal_state to = refused ? JOURNAL_FAILED : state_after(e);
    if (record_all(job, b, from, n, to, e) != 0)
        return err_set(e, ERR_IO, "the outcome of a batch cannot be recorded; it will be settled by reading");
    return to == JOURNAL_FAILED || to == JOURNAL_UNKNOWN ? (err_parks(e) || e->code == ERR_CANCELLED ? -1 : 0) : -1;
}

/* Texts of out are owned by it. */
static int describe_input(struct stages_job *job, const struct picture *p, struct clarifai_new_input *out, struct err *e)
{
    if (p->detail)
        return import_s3_post(job, p, out, e);
    *out = (struct clarifai_new_input){.id = p->item.input_id, .bytes = p->bytes, .size = p->size, .metadata = import_fingerprint(&p->item, NULL)};
    return out->metadata ? 0 : err_no_memory(e);
}

static int post_pictures(struct stages_job *job, struct import_batch *b, size_t from, size_t n, struct err *e)
{
    struct import *im = job->verb;
    struct clarifai_new_input *items = calloc(n, sizeof *items);
    int result = items ? 0 : err_no_memory(e);
    for (size_t i = 0; i < n && result == 0; i++) {
        struct picture *p = b->pictures[from + i];
        if (str_set(&p->item.sha256, p->sha256) != 0)
            result = err_no_memory(e);
        if (result == 0)
            result = describe_input(job, p, &items[i], e);
    }
    if (result == 0)
        result = clarifai_inputs_post(&job->clarifai, &im->app, im->dataset, items, n, e);
    for (size_t i = 0; i < n && items; i++) {
        import_s3_unpost(&items[i]);
        if (result == 0)
            judge_item(b, from + i, &items[i]);
    }
    free(items);
    return result;
}

static int post_dataset_inputs(struct stages_job *job, struct import_batch *b, size_t from, size_t n, struct err *e)
{
    struct import *im = job->verb;
    const char *ids[CLARIFAI_BATCH_MAX] = {NULL};
    struct clarifai_status statuses[CLARIFAI_BATCH_MAX];
    for (size_t i = 0; i < n; i++)
        ids[i] = b->pictures[from + i]->item.input_id;
    if (clarifai_dataset_inputs_add(&job->clarifai, &im->app, im->dataset, ids, n, statuses, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        bool added = statuses[i].code == CLARIFAI_DATASET_INPUT_OK || !import_status_failed(statuses[i].code);
        b->changes[from + i] = (struct journal_change){.id = b->pictures[from + i]->item.id, .set_existed = true, .existed = true};
        if (added)
            b->changes[from + i].to = JOURNAL_ACCEPTED;
        else
            describe(b, from + i, JOURNAL_FAILED, statuses[i].code, statuses[i].details[0] ? statuses[i].details : statuses[i].description);
    }
    return 0;
}

static int post_part(struct stages_job *job, struct import_batch *b, size_t from, size_t n, struct err *e)
{
    bool adds = b->pictures[from]->item.action == JOURNAL_ADD;
    int result = adds ? post_dataset_inputs(job, b, from, n, e) : post_pictures(job, b, from, n, e);
    journal_kill_point("point.answered");
    if (result != 0)
        return post_failed(job, b, from, n, e);
    return journal_apply(job->journal, b->changes + from, n, e);
}

int import_post_batch(struct stages_job *job, struct import_batch *b, struct err *e)
{
    int result = record_sent(job, b, 0, b->count, e);
    return result != 0 ? -1 : post_part(job, b, 0, b->count, e);
}
