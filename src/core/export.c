#include "core/export.h"
#include "core/journal_annotations.h"

enum { LOOK, INPUTS, PLAN, VERIFY, ANNOTATIONS, IMAGES, TABLES, COMPARE, FINISH };
#define BIT(row) (1u << (row))

bool export_cancelled(struct stages_job *job) { return journal_has(job->journal, "cancelled"); }

bool export_finished(struct stages_job *job) { return journal_has(job->journal, "finished"); }

static int inputs_work(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    return gather_inputs(job, &x->gather, false, e);
}

/* Time has passed since the plan: a table that appeared meanwhile is noticed before pictures are written. */
static int check_targets(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    for (enum export_table which = EXPORT_INPUTS; which < EXPORT_TABLES && !x->checked; which++) {
        struct target_ask ask = export_target_ask(job, which);
        struct target target;
        if (target_decide(job, &ask, &target, e) != 0)
            return -1;
        target_release(&target);
    }
    x->checked = true;
    return 0;
}

/* A retry plans items again: then the tables are written once more. */
static int begin_verify(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    bool open = journal_count(job->journal, EXPORT_OPEN) > 0;
    if (!x->begun && open && journal_put(job->journal, "finished", NULL, e) != 0)
        return -1;
    x->begun = true;
    return export_finished(job) ? 0 : check_targets(job, e);
}

/* The items of what the last pass showed. Of a finished export no new ones: an update brings those. */
static int take_listing(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    int64_t pass = journal_get_i64(j, "inputs.pass", 0);
    if (!export_finished(job)) {                     /* rows staged of an older listing are no rows of this one */
        if (journal_put(j, "staged.inputs", NULL, e) != 0 || journal_put(j, "staged.annotations", NULL, e) != 0)
            return -1;
        return journal_inputs_plan(j, pass, NULL, e);
    }
    return journal_inputs_gone(j, pass, NULL, e) != 0 ? -1 : journal_put_i64(j, "inputs.written", pass, e);
}

/* Listed until two passes agree; the items then are those of the last pass. */
int export_verify_work(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    if (export_cancelled(job))
        return STAGES_DONE;
    if (begin_verify(job, e) != 0)
        return -1;
    int result = gather_inputs(job, &x->gather, true, e);
    return result == STAGES_DONE && take_listing(job, e) != 0 ? -1 : result;
}

static int annotations_work(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    return export_cancelled(job) || export_finished(job) ? STAGES_DONE : gather_annotations(job, &x->gather, e);
}

/*
 * Time has passed since the listing that the tables hold: listed once more, until two passes agree; inputs that are gone are told. A finished export, and
 * one whose dataset changes all the time, have said so already.
 */
static int compare_work(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    struct journal *j = job->journal;
    if (export_cancelled(job) || export_finished(job) || journal_has(j, "changing"))
        return STAGES_DONE;
    int result = gather_inputs(job, &x->gather, true, e);
    if (result != STAGES_DONE)
        return result;
    int64_t pass = journal_get_i64(j, "inputs.pass", 0);
    return journal_inputs_gone(j, pass, NULL, e) != 0 || journal_put_i64(j, "inputs.written", pass, e) != 0 ? -1 : STAGES_DONE;
}

int export_finish_work(struct stages_job *job, struct err *e)
{
    if (delta_clean(job, e) != 0 || (!export_cancelled(job) && journal_put(job->journal, "finished", "1", e) != 0))
        return -1;
    return STAGES_DONE;
}

/* --- figures for progress lines --- */

static void input_figures(struct stages_job *job, struct stages_figures *out)
{
    struct export *x = job->verb;
    gather_input_figures(&x->gather, out);
}

static void annotation_figures(struct stages_job *job, struct stages_figures *out)
{
    struct export *x = job->verb;
    gather_annotation_figures(&x->gather, out);
}

static void picture_figures(struct stages_job *job, struct stages_figures *out)
{
    struct export *x = job->verb;
    out->total = x->folder ? journal_count(job->journal, ~0u) : 0;
    out->done = x->folder ? out->total - journal_count(job->journal, EXPORT_OPEN) : 0;
    out->bytes = (uint64_t)atomic_load(&x->pictures.bytes);
}

static void table_figures(struct stages_job *job, struct stages_figures *out)
{
    int64_t pass = journal_get_i64(job->journal, "inputs.pass", 0);
    bool second = journal_get_i64(job->journal, "inputs.written", -1) == pass;
    out->total = gather_input_count(job) + gather_annotation_count(job);
    out->done = journal_get_i64(job->journal, "rows.staged", 0) + (second ? gather_input_count(job) : 0);
    out->done = out->done < out->total ? out->done : out->total;
}

static const struct stages_row export_rows[] = {
    [LOOK] = {"look", "looking at both sides", 0, NULL, export_look_work, NULL},
    [INPUTS] = {"inputs", "listing inputs", BIT(LOOK), NULL, inputs_work, input_figures},
    [PLAN] = {"plan", "planning", BIT(INPUTS), NULL, export_plan_work, NULL},
    [VERIFY] = {"verify", "listing inputs again", BIT(PLAN), NULL, export_verify_work, input_figures},
    [ANNOTATIONS] = {"annotations", "listing annotations", BIT(VERIFY), NULL, annotations_work, annotation_figures},
    [IMAGES] = {"images", "copying images", BIT(VERIFY), export_pictures_lanes, export_pictures_work, picture_figures},
    [TABLES] = {"tables", "writing tables", BIT(ANNOTATIONS) | BIT(IMAGES), NULL, export_tables_work, table_figures},
    [COMPARE] = {"compare", "listing inputs once more", BIT(TABLES), NULL, compare_work, input_figures},
    [FINISH] = {"finish", "finishing", BIT(COMPARE), NULL, export_finish_work, NULL},
};

/* --- the verb's own state --- */

static void export_close(struct stages_job *job)
{
    struct export *x = job->verb;
    if (!x)
        return;
    export_pictures_release(x);
    gather_release(&x->gather);
    pthread_mutex_destroy(&x->lock);
    free(x->datasets);
    free(x->folder);
    free(x->volume);
    free(x);
    job->verb = NULL;
}

static void cut_slashes(char *path)
{
    for (size_t n = path ? strlen(path) : 0; n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
}

static int export_open(struct stages_job *job, struct err *e)
{
    const struct ask *ask = job->ask;
    const struct volume_path volume = {.volume = ask->images.volume, .path = (char *)""};
    struct export *x = calloc(1, sizeof *x);
    if (!x)
        return err_no_memory(e);
    pthread_mutex_init(&x->lock, NULL);
    job->verb = x;
    x->app = (struct clarifai_app_id){.user = ask->app.user ? ask->app.user : job->session->clarifai_user, .app = ask->app.app};
    x->dataset = ask->dataset;
    x->datasets = str_printf("%s/%s/%s", x->app.user, x->app.app, x->dataset);
    x->folder = ask->has_images ? volume_path_text(&ask->images) : NULL;
    x->volume = ask->has_images ? volume_path_text(&volume) : NULL;
    x->pictures.ready_end = &x->pictures.ready;
    x->pictures.budget = settings_bytes(&job->session->settings, SETTING_PICTURE_MEMORY);
    gather_init(&x->gather, &x->app, x->dataset, ask->include_model_annotations);
    if (!x->datasets || (ask->has_images && (!x->folder || !x->volume)))
        return err_no_memory(e);
    cut_slashes(x->folder);
    cut_slashes(x->volume);
    return 0;
}

const struct stages_verb export_verb = {
    .rows = export_rows,
    .count = sizeof export_rows / sizeof *export_rows,
    .gate = PLAN,
    .start_gate = -1,
    .retry_row = "verify",
    .open = export_open,
    .close = export_close,
    .clean = delta_clean,
};
