/* Stage "plan": from the listings alone, each candidate gets its id and what is to become of it (design §5). */
#include "base/hash.h"
#include "core/ids.h"
#include "core/import.h"
#include "core/plan.h"
#include <stdarg.h>

#define PLAN_BATCH 500
#define PLAN_SLOTS 2048 /* of the batch's own ids: a power of two well above PLAN_BATCH */

struct decision { char id[IDS_ROOM]; char reason[320]; char code[16]; };
struct planner {
    struct stages_job *job;
    struct journal_change changes[PLAN_BATCH];
    struct decision texts[PLAN_BATCH];
    size_t count;
    const char *slots[PLAN_SLOTS];       /* ids given in this batch, not in the journal yet */
};

static size_t slot_of(const char *id)
{
    return hash_fnv(HASH_FNV, id, strlen(id)) & (PLAN_SLOTS - 1);
}

static bool in_batch(struct planner *p, const char *id)
{
    for (size_t i = slot_of(id); p->slots[i]; i = (i + 1) & (PLAN_SLOTS - 1))
        if (str_eq(p->slots[i], id))
            return true;
    return false;
}

static void add_to_batch(struct planner *p, const char *id)
{
    size_t i = slot_of(id);
    while (p->slots[i])
        i = (i + 1) & (PLAN_SLOTS - 1);
    p->slots[i] = id;
}

static int taken(struct planner *p, const char *id, int64_t item, enum journal_taken *out, struct err *e)
{
    if (journal_id_taken(p->job->journal, id, item, out, e) != 0)
        return -1;
    if (*out == JOURNAL_FREE && in_batch(p, id))
        *out = JOURNAL_TAKEN_BY_ITEM;
    return 0;
}

static void set(struct journal_change *c, struct decision *d, enum journal_state to, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void set(struct journal_change *c, struct decision *d, enum journal_state to, const char *code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(d->reason, sizeof d->reason, fmt, ap);
    va_end(ap);
    c->to = to;
    c->code = code;
    c->reason = d->reason;
}

/* The id of a file that Clarifai does not know. 1: it has one, 0: it is a conflict. */
static int choose_id(struct planner *p, const struct journal_item *item, struct journal_change *c, struct decision *d, struct err *e)
{
    struct import *im = p->job->verb;
    const char *path = item->key + strlen(im->volume_root) + 1;
    bool whole = p->job->ask->id_from == ASK_ID_PATH, changed;
    enum journal_taken by;
    if (ids_make(path, whole, d->id, &changed, e) != 0 || taken(p, d->id, item->id, &by, e) != 0)
        return -1;
    if (by == JOURNAL_TAKEN_BY_FOREIGN && p->job->ask->on_conflict != ASK_CONFLICT_SUFFIX) {
        set(c, d, JOURNAL_CONFLICT, "ID_TAKEN", "Clarifai has an input %s that lakeferry did not make; it is left alone", d->id);
        c->input_id = d->id;
        return 0;
    }
    if (by != JOURNAL_FREE && !changed) {
        if (ids_make_suffixed(path, whole, d->id, e) != 0 || taken(p, d->id, item->id, &by, e) != 0)
            return -1;
    }
    if (by != JOURNAL_FREE) {
        set(c, d, JOURNAL_CONFLICT, "ID_TAKEN", "Clarifai has an input %s of another file; it is left alone", d->id);
        c->input_id = d->id;
        return 0;
    }
    c->input_id = d->id;
    add_to_batch(p, d->id);
    return 1;
}

static void decide_size(const struct journal_item *item, struct journal_change *c, struct decision *d)
{
    if (item->size == 0)
        set(c, d, JOURNAL_FAILED, "EMPTY", "%s", "the file is empty");
    else if (item->size >= CLARIFAI_IMAGE_MAX)
        set(c, d, JOURNAL_FAILED, "TOO_LARGE", "%s", "the file is not smaller than 20 MB, the most that Clarifai takes");
}

/* A file whose input is known by its source. */
static void decide_existing(const struct import *im, const struct journal_item *item, struct journal_change *c, struct decision *d)
{
    const struct journal_remote *r = &item->remote;
    if (r->size != item->size) {
        set(c, d, JOURNAL_CONFLICT, "CHANGED", "%s", im->changed);
    } else if (r->modified_ms != item->modified_ms) {
        c->to = JOURNAL_PLANNED;
        c->action = JOURNAL_COMPARE;
    } else {
        import_decide_same(item, c, d->reason, sizeof d->reason, d->code);
    }
}

void import_decide_same(const struct journal_item *item, struct journal_change *c, char *reason, size_t reason_size, char code[16])
{
    const struct journal_remote *r = &item->remote;
    c->set_action = true;
    if (import_status_failed(r->code)) {
        c->to = JOURNAL_FAILED;
        import_refusal(r->code, r->status, reason, reason_size, code);
        c->reason = reason;
        c->code = code;
    } else if (!r->in_dataset) {
        c->to = JOURNAL_PLANNED;
        c->action = JOURNAL_ADD;
    } else {
        c->to = clarifai_status_pending(r->code) ? JOURNAL_ACCEPTED : JOURNAL_PRESENT;
        c->action = JOURNAL_NOTHING;
        c->settled = c->to == JOURNAL_PRESENT;
    }
}

static int decide(struct planner *p, const struct journal_item *item, struct err *e)
{
    struct journal_change *c = &p->changes[p->count];
    struct decision *d = &p->texts[p->count];
    *c = (struct journal_change){.id = item->id, .to = JOURNAL_PLANNED, .set_action = true, .action = JOURNAL_SEND};
    if (item->existed && item->remote.input_id) {
        decide_existing(p->job->verb, item, c, d);
    } else {
        int id = choose_id(p, item, c, d, e);
        if (id < 0)
            return -1;
        if (id == 1)
            decide_size(item, c, d);
    }
    p->count++;
    return 0;
}

static int plan_batch(struct planner *p, char **after, size_t *n, struct err *e)
{
    struct journal_item *items;
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_LISTED), .candidates_only = true, .with_remote = true, .after_key = *after,
                              .limit = PLAN_BATCH};
    if (journal_read(p->job->journal, &q, &items, n, e) != 0)
        return -1;
    int result = 0;
    for (size_t i = 0; i < *n && result == 0; i++)
        result = decide(p, &items[i], e);
    if (result == 0 && *n)
        result = journal_apply(p->job->journal, p->changes, p->count, e);
    if (result == 0 && *n && str_set(after, items[*n - 1].key) != 0)
        result = err_no_memory(e);
    journal_items_free(items, *n);
    return result;
}

static int decide_all(struct stages_job *job, struct err *e)
{
    struct planner *p = malloc(sizeof *p);
    char *after = str_dup("");
    size_t n = PLAN_BATCH;
    int result = p && after ? journal_adopt_ids(job->journal, e) : err_no_memory(e);
    while (result == 0 && n == PLAN_BATCH) {
        if (job->draining) {
            result = err_set(e, ERR_CANCELLED, "planning was stopped");
            break;
        }
        p->job = job;
        p->count = 0;
        memset(p->slots, 0, sizeof p->slots);
        result = plan_batch(p, &after, &n, e);
    }
    free(after);
    free(p);
    return result;
}

/* --- figures of the plan --- */

static int count_changed_ids(struct stages_job *job, int64_t *changed, struct err *e)
{
    struct import *im = job->verb;
    struct journal_query q = {.candidates_only = true, .limit = PLAN_BATCH};
    size_t n = PLAN_BATCH, skip = strlen(im->volume_root) + 1;
    bool whole = job->ask->id_from == ASK_ID_PATH;
    *changed = 0;
    while (n == PLAN_BATCH) {
        struct journal_item *items;
        if (journal_read(job->journal, &q, &items, &n, e) != 0)
            return -1;
        for (size_t i = 0; i < n; i++) {
            q.after_id = items[i].id;
            *changed += items[i].input_id && !ids_is_plain(items[i].key + skip, whole, items[i].input_id);
        }
        journal_items_free(items, n);
    }
    return 0;
}

struct tally { int64_t send, add, compare, candidates, changed; uint64_t send_bytes, compare_bytes; };

static int take_tally(struct stages_job *job, struct tally *t, struct err *e)
{
    struct journal *j = job->journal;
    const unsigned planned = JOURNAL_BIT(JOURNAL_PLANNED);
    memset(t, 0, sizeof *t);
    if (journal_tally(j, planned, 1u << JOURNAL_SEND, &t->send, &t->send_bytes, e) != 0 ||
        journal_tally(j, planned, 1u << JOURNAL_ADD, &t->add, NULL, e) != 0 ||
        journal_tally(j, planned, 1u << JOURNAL_COMPARE, &t->compare, &t->compare_bytes, e) != 0 ||
        journal_tally(j, 0, 0, &t->candidates, NULL, e) != 0)
        return -1;
    return count_changed_ids(job, &t->changed, e);
}

static int64_t at_least_one(double n) { return n < 1 ? 1 : (int64_t)(n + 0.999); }

static void fill_plan(struct stages_job *job, const struct tally *t)
{
    struct import *im = job->verb;
    struct journal *j = job->journal;
    struct run_plan *p = &job->plan;
    const struct settings *s = &job->session->settings;
    double files = settings_number(s, SETTING_FILES_RATE), calls = settings_number(s, SETTING_CLARIFAI_RATE);
    int64_t by_count = (t->send + CLARIFAI_BATCH_MAX - 1) / CLARIFAI_BATCH_MAX;
    int64_t by_bytes = im->send.batch_bytes ? (int64_t)(t->send_bytes / im->send.batch_bytes) : 0;
    int64_t posts = (by_count > by_bytes ? by_count : by_bytes) + (t->add + CLARIFAI_BATCH_MAX - 1) / CLARIFAI_BATCH_MAX;
    p->files = journal_count(j, ~0u);
    p->candidates = t->candidates;
    p->new_items = t->send;
    p->add_to_dataset = t->add ? t->add : -1;
    p->present = journal_count(j, JOURNAL_BIT(JOURNAL_PRESENT) | JOURNAL_BIT(JOURNAL_ACCEPTED)) + t->add + t->compare;
    p->conflict = journal_count(j, JOURNAL_BIT(JOURNAL_CONFLICT));
    p->failed = journal_count(j, JOURNAL_BIT(JOURNAL_FAILED));
    p->skipped = journal_count(j, JOURNAL_BIT(JOURNAL_SKIPPED));
    p->ids_changed = t->changed;
    p->bytes = (int64_t)(t->send_bytes + t->compare_bytes);
    p->requests = posts;
    p->seconds = t->send + t->compare + t->add == 0 ? 0
        : at_least_one((double)(t->send + t->compare) / (files > 0 ? files : 90) + (double)posts / (calls > 0 ? calls : 15));
    if (t->compare)
        plan_note(p, "%lld file%s changed since they were imported: they are read and compared", (long long)t->compare, t->compare == 1 ? "" : "s");
    if (t->add)
        plan_note(p, "%lld input%s in the app already and will be added to the dataset", (long long)t->add, t->add == 1 ? " is" : "s are");
    str_copy(p->source, sizeof p->source, im->root);
    char *table = job->ask->table.object ? name_text(&job->ask->table) : NULL;
    snprintf(p->target, sizeof p->target, "%s%s%s", im->datasets, table ? ", table " : "", table ? table : "");
    free(table);
}

/* After a restart the facts of "look" come from the journal. */
int import_restore_facts(struct stages_job *job, struct err *e)
{
    int found = plan_restore(job->journal, "look", &job->plan, e);
    return found == 1 ? 0 : found < 0 ? -1 : err_set(e, ERR_BUG, "the plan has no facts to be made from");
}

int import_refuse_conflicts(struct stages_job *job, const char *what, struct err *e)
{
    struct import *im = job->verb;
    int64_t conflicts = journal_count(job->journal, JOURNAL_BIT(JOURNAL_CONFLICT));
    if (conflicts == 0 || job->ask->on_conflict != ASK_CONFLICT_FAIL)
        return 0;
    err_set(e, ERR_CONFLICT, "%lld of the %s cannot have their ids, or changed since they were imported", (long long)conflicts, what);
    err_remedy(e, "nothing was sent; use --on-conflict skip or suffix to go on without them or beside them");
    return err_about(e, "cannot import into", im->datasets);
}

int import_plan_work(struct stages_job *job, struct err *e)
{
    struct tally t;
    if (decide_all(job, e) != 0 || take_tally(job, &t, e) != 0)
        return -1;
    pthread_mutex_lock(&job->plan_lock);
    int result = import_restore_facts(job, e);
    if (result == 0)
        fill_plan(job, &t);
    struct run_plan plan = job->plan;
    pthread_mutex_unlock(&job->plan_lock);
    if (result != 0 || journal_put_i64(job->journal, "send.total", t.send + t.add + t.compare, e) != 0 ||
        journal_put_i64(job->journal, "send.bytes", plan.bytes, e) != 0)
        return -1;
    return import_refuse_conflicts(job, "files", e) != 0 ? -1 : STAGES_DONE;
}
