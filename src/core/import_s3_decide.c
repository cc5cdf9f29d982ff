/* What becomes of each row that was read: sent under its inputid, there already, or a conflict (design §5, Fingerprint). */
#include "core/ids.h"
#include "core/import.h"
#include "core/plan.h"

#define DECIDE_BATCH 500

struct decision { char id[IDS_ROOM]; char reason[320]; char code[16]; };
struct decider {
    struct stages_job *job;
    struct journal_change changes[DECIDE_BATCH];
    struct decision texts[DECIDE_BATCH];
    size_t count;
};

static void conflict(struct journal_change *c, struct decision *d, const char *code, const char *reason)
{
    str_copy(d->reason, sizeof d->reason, reason);
    c->to = JOURNAL_CONFLICT;
    c->code = code;
    c->reason = d->reason;
    c->action = JOURNAL_NOTHING;
}

static void decide_known(const struct import *im, const struct journal_item *item, struct journal_change *c, struct decision *d)
{
    if (str_eq(item->remote.sha256, item->sha256))
        import_decide_same(item, c, d->reason, sizeof d->reason, d->code);
    else
        conflict(c, d, "CHANGED", im->changed);
}

static const char *const taken_words[] = {
    [JOURNAL_TAKEN_BY_ITEM] = "another row of the file has an input of this id; it is left alone",
    [JOURNAL_TAKEN_BY_OURS] = "Clarifai has an input of this id from another source; it is left alone",
    [JOURNAL_TAKEN_BY_FOREIGN] = "Clarifai has an input of this id that lakeferry did not make; it is left alone",
};

/* *suffixed: the id is not the row's own, and others must see it before they are decided about. */
static int choose_id(struct decider *p, const struct journal_item *item, struct journal_change *c, struct decision *d, bool *suffixed, struct err *e)
{
    struct import *im = p->job->verb;
    struct journal *j = p->job->journal;
    const char *source = journal_item_source(item), *wished = source + strlen(im->root) + 1;
    enum journal_taken by;
    str_copy(d->id, sizeof d->id, wished);
    c->input_id = d->id;
    if (journal_id_taken(j, d->id, item->id, &by, e) != 0)
        return -1;
    if (by != JOURNAL_FREE && p->job->ask->on_conflict == ASK_CONFLICT_SUFFIX) {
        *suffixed = true;
        if (ids_make_named(wished, source, d->id, e) != 0 || journal_id_taken(j, d->id, item->id, &by, e) != 0)
            return -1;
    }
    if (by != JOURNAL_FREE)
        conflict(c, d, "ID_TAKEN", taken_words[by]);
    return 0;
}

static int decide(struct decider *p, const struct journal_item *item, struct err *e)
{
    struct journal_change *c = &p->changes[p->count];
    struct decision *d = &p->texts[p->count];
    bool suffixed = false;
    *c = (struct journal_change){.id = item->id, .to = JOURNAL_PLANNED, .set_action = true, .action = JOURNAL_SEND};
    if (item->existed && item->remote.input_id)
        decide_known(p->job->verb, item, c, d);
    else if (choose_id(p, item, c, d, &suffixed, e) != 0)
        return -1;
    p->count++;
    if (!suffixed)
        return 0;
    size_t n = p->count;
    p->count = 0;
    return journal_apply(p->job->journal, p->changes, n, e);
}

static int decide_batch(struct decider *p, int64_t *after, size_t *n, struct err *e)
{
    struct journal_item *items;
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_LISTED), .candidates_only = true, .with_remote = true, .after_id = *after,
                              .limit = DECIDE_BATCH};
    if (journal_read(p->job->journal, &q, &items, n, e) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < *n && result == 0; i++) {
        *after = items[i].id;
        result = decide(p, &items[i], e);
    }
    if (result == 0)
        result = journal_apply(p->job->journal, p->changes, p->count, e);
    p->count = 0;
    journal_items_free(items, *n);
    return result;
}

static int decide_all(struct stages_job *job, struct err *e)
{
    struct decider *p = calloc(1, sizeof *p);
    int64_t after = 0;
    size_t n = DECIDE_BATCH;
    int result = p ? 0 : err_no_memory(e);
    while (result == 0 && n == DECIDE_BATCH) {
        p->job = job;
        result = job->draining ? err_set(e, ERR_CANCELLED, "planning was stopped") : decide_batch(p, &after, &n, e);
    }
    free(p);
    return result;
}

int import_s3_decide(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    int64_t doubled, send = 0, add = 0;
    const unsigned planned = JOURNAL_BIT(JOURNAL_PLANNED);
    if (journal_fail_doubled(j, &doubled, e) != 0 || journal_adopt_ids(j, e) != 0 || decide_all(job, e) != 0)
        return -1;
    if (journal_tally(j, planned, 1u << JOURNAL_SEND, &send, NULL, e) != 0 || journal_tally(j, planned, 1u << JOURNAL_ADD, &add, NULL, e) != 0 ||
        journal_put_i64(j, "send.total", send + add, e) != 0)
        return -1;
    return import_refuse_conflicts(job, "rows", e);
}
