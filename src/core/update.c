/* The verb "update": its table of stages, its own state, and the stages that are only a call into gather and delta. */
#include "core/update.h"
#include "base/hash.h"
#include "core/journal_annotations.h"
#include "core/plan.h"

#define DIGEST_PAGE 500
#define LISTINGS_MAX 5

enum { LOOK, INPUTS, ANNOTATIONS, STAGE, DIFFERENCE, MERGE, VERIFY, FINISH };
#define BIT(row) (1u << (row))

static int inputs_work(struct stages_job *job, struct err *e)
{
    struct update *u = job->verb;
    int result = gather_inputs(job, &u->gather, true, e);
    if (result != STAGES_DONE || gather_agreed(job) || !job->ask->delete_missing)
        return result;
    err_set(e, ERR_CONFLICT, "no two listings of its inputs agreed: it is changing");
    err_remedy(e, "try again when it is quiet, or without --delete-missing");
    return err_about(e, "cannot tell which rows are missing from", u->dataset);
}

/* Which annotations the journal holds, as a number; they come in the order of their keys. */
static int digest(struct stages_job *job, uint64_t *out, struct err *e)
{
    char *input = NULL, *id = NULL;
    size_t n = 1;
    int result = 0;
    *out = HASH_FNV;
    while (result == 0 && n > 0) {
        struct journal_annotation *page = NULL;
        result = journal_annotations_read(job->journal, input, id, DIGEST_PAGE, &page, &n, e);
        for (size_t i = 0; i < n && result == 0; i++) {
            *out = hash_fnv(*out, page[i].input_id, strlen(page[i].input_id) + 1);
            *out = hash_fnv(*out, page[i].id, strlen(page[i].id) + 1);
        }
        if (result == 0 && n && (str_set(&input, page[n - 1].input_id) != 0 || str_set(&id, page[n - 1].id) != 0))
            result = err_no_memory(e);
        journal_annotations_free(page, n);
    }
    free(input);
    free(id);
    return result;
}

/* Rows are deleted only when two listings of the annotations, one after the other, showed the same. */
static int annotations_work(struct stages_job *job, struct err *e)
{
    struct update *u = job->verb;
    uint64_t now = 0;
    int result = gather_annotations(job, &u->gather, e);
    if (result != STAGES_DONE || !job->ask->delete_missing)
        return result;
    if (digest(job, &now, e) != 0)
        return -1;
    if (u->listings++ && now == u->seen)
        return STAGES_DONE;
    u->seen = now;
    if (u->listings < LISTINGS_MAX)
        return STAGES_DID;                           /* a listing that is done begins anew */
    err_set(e, ERR_CONFLICT, "no two of %d listings of its annotations agreed: it is changing", LISTINGS_MAX);
    err_remedy(e, "try again when it is quiet, or without --delete-missing");
    return err_about(e, "cannot tell which rows are missing from", u->dataset);
}

int update_again(struct stages_job *job, const char *fact, struct err *e)
{
    int64_t tries = journal_get_i64(job->journal, fact, 0) + 1;
    if (!delta_again(e) || tries >= DELTA_TRIES)
        return -1;
    return journal_put_i64(job->journal, fact, tries, e) == 0 ? STAGES_DID : -1;
}

int update_stage(struct delta *d, struct err *e)
{
    struct stages_job *job = d->job;
    struct update *u = job->verb;
    static const delta_fill fills[2] = {gather_fill_inputs, gather_fill_annotations};
    struct gather_rows rows = {.job = job};
    for (size_t i = 0; i < 2; i++)
        if (delta_stage(d, u->sides[i].name, &job->ask->table, NULL, fills[i], &rows, e) != 0)
            return -1;
    return 0;
}

static int stage_work(struct stages_job *job, struct err *e)
{
    struct delta d;
    int result = delta_open(job, &d, e);
    if (result == 0)
        result = update_stage(&d, e);
    delta_close(&d);
    return result == 0 ? STAGES_DONE : update_again(job, "tries.stage", e);
}

static int finish_work(struct stages_job *job, struct err *e) { return delta_clean(job, e) == 0 ? STAGES_DONE : -1; }

/* --- figures --- */

static void inputs_figures(struct stages_job *job, struct stages_figures *out)
{
    struct update *u = job->verb;
    gather_input_figures(&u->gather, out);
    if (out->done == 0)                              /* listed by an earlier process */
        out->done = gather_input_count(job);
}

static void annotations_figures(struct stages_job *job, struct stages_figures *out)
{
    struct update *u = job->verb;
    gather_annotation_figures(&u->gather, out);
}

static void stage_figures(struct stages_job *job, struct stages_figures *out)
{
    struct update *u = job->verb;
    for (size_t i = 0; i < 2; i++) {
        int64_t rows = 0;
        free(delta_staged(job, u->sides[i].name, &rows));
        out->done += rows;
    }
    out->total = gather_input_count(job) + gather_annotation_count(job);
}

/* Rows that the merges changed, of those promised. */
static void merge_figures(struct stages_job *job, struct stages_figures *out)
{
    struct update *u = job->verb;
    for (size_t i = 0; i < 2; i++) {
        struct update_counts c;
        if (update_counts_read(job, "promise", &u->sides[i], &c))
            out->total += c.of[SQL_INSERTED] + c.of[SQL_CHANGED];
        if (update_counts_read(job, "did", &u->sides[i], &c))
            out->done += c.of[SQL_INSERTED] + c.of[SQL_CHANGED];
    }
}

static const struct stages_row update_rows[] = {
    [LOOK] = {"look", "looking at both sides", 0, NULL, update_look_work, NULL},
    [INPUTS] = {"inputs", "listing inputs", BIT(LOOK), NULL, inputs_work, inputs_figures},
    [ANNOTATIONS] = {"annotations", "listing annotations", BIT(INPUTS), NULL, annotations_work, annotations_figures},
    [STAGE] = {"stage", "staging rows", BIT(ANNOTATIONS), NULL, stage_work, stage_figures},
    [DIFFERENCE] = {"difference", "comparing", BIT(STAGE), NULL, update_difference_work, NULL},
    [MERGE] = {"merge", "merging", BIT(DIFFERENCE), NULL, update_merge_work, merge_figures},
    [VERIFY] = {"verify", "verifying", BIT(MERGE), NULL, update_verify_work, NULL},
    [FINISH] = {"finish", "finishing", BIT(VERIFY), NULL, finish_work, NULL},
};

/* --- the verb's own state --- */

static void update_close(struct stages_job *job)
{
    struct update *u = job->verb;
    if (!u)
        return;
    gather_release(&u->gather);
    update_sides_release(u->sides);
    free(u->dataset);
    free(u->prefix);
    free(u);
    job->verb = NULL;
}

static int update_open(struct stages_job *job, struct err *e)
{
    const struct ask *ask = job->ask;
    struct update *u = calloc(1, sizeof *u);
    if (!u)
        return err_no_memory(e);
    job->verb = u;
    u->app = (struct clarifai_app_id){.user = ask->app.user ? ask->app.user : job->session->clarifai_user, .app = ask->app.app};
    u->prefix = str_printf("%s/%s/", u->app.user, u->app.app);
    u->dataset = str_printf("%s/%s/%s", u->app.user, u->app.app, ask->dataset);
    char *scope = journal_get(job->journal, "scope");
    gather_init(&u->gather, &u->app, ask->dataset, scope ? str_eq(scope, "all") : ask->include_model_annotations);
    free(scope);
    update_sides_init(u->sides, ask);
    if (!u->dataset || !u->prefix)
        return err_no_memory(e);
    if (journal_has(job->journal, "gate"))
        return 0;
    return update_restore_plan(job, journal_has(job->journal, "stage.difference") ? "compared" : "look", e);
}

const struct stages_verb update_verb = {
    .rows = update_rows,
    .count = sizeof update_rows / sizeof *update_rows,
    .gate = DIFFERENCE,
    .start_gate = LOOK,
    .open = update_open,
    .close = update_close,
    .clean = delta_clean,
};
