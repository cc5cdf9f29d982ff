/* Stages "look" and "plan": what is there on both sides before anything is decided, and what an export of it will write. */
#include "core/export.h"
#include "core/journal_annotations.h"
#include "core/plan.h"
#include "net/databricks_catalog.h"

struct target_ask export_target_ask(struct stages_job *job, enum export_table which)
{
    struct export *x = job->verb;
    const struct ask *ask = job->ask;
    struct target_ask t = {.table = which == EXPORT_INPUTS ? &ask->table : &ask->annotations_table, .datasets = x->datasets, .app = x->app,
                           .wish = ask->if_exists, .what = which == EXPORT_INPUTS ? "inputs table" : "annotations table"};
    if (which == EXPORT_ANNOTATIONS) {
        t.fields = rows_annotations_fields;
        t.count = rows_annotations_count;
        t.scope = ask->include_model_annotations ? "all" : "people";
    } else {
        t.fields = x->folder ? rows_pictures_fields : rows_inputs_fields;
        t.count = x->folder ? rows_pictures_count : rows_inputs_count;
    }
    return t;
}

/* --- look --- */

static int look_at_dataset(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    pthread_mutex_lock(&job->plan_lock);
    plan_init(&job->plan);
    pthread_mutex_unlock(&job->plan_lock);
    return gather_look(job, &x->gather, e);
}

static void note_target(struct stages_job *job, const struct target *target, const struct name *table)
{
    char *shown = name_text(table);
    pthread_mutex_lock(&job->plan_lock);
    job->plan.table_exists = job->plan.table_exists || target->mode != TARGET_NEW;
    if (target->mode == TARGET_REPLACE)
        plan_note(&job->plan, "%s exists and will be replaced", shown ? shown : "the table");
    else if (target->mode == TARGET_APPEND)
        plan_note(&job->plan, "%s exists; rows are merged into it by id", shown ? shown : "the table");
    target_note_constraints(&job->plan, table, target);
    pthread_mutex_unlock(&job->plan_lock);
    free(shown);
}

/* Both are decided about before either is written. */
static int look_at_tables(struct stages_job *job, struct err *e)
{
    for (enum export_table which = EXPORT_INPUTS; which < EXPORT_TABLES; which++) {
        struct target_ask ask = export_target_ask(job, which);
        struct target target;
        if (target_decide(job, &ask, &target, e) != 0)
            return -1;
        note_target(job, &target, ask.table);
        target_release(&target);
    }
    struct name schema = {.catalog = job->ask->table.catalog, .schema = job->ask->table.schema};
    char *full = name_full(&schema);
    if (!job->plan.table_exists)
        delta_look_privilege(job, DATABRICKS_SCHEMA, full, "CREATE_TABLE", "CREATE TABLE");
    free(full);
    return 0;
}

static int look_at_volume(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    if (!x->folder)
        return 0;
    char *full = name_full(&job->ask->images.volume), *shown = name_text(&job->ask->images.volume);
    struct databricks_object o = {0};
    int result = full && shown ? databricks_object_get(&job->databricks, DATABRICKS_VOLUME, full, &o, e) : err_no_memory(e);
    if (result != 0)
        err_about(e, "cannot write images to the volume", shown ? shown : "");
    else
        delta_look_privilege(job, DATABRICKS_VOLUME, full, "WRITE_VOLUME", "WRITE VOLUME");
    databricks_object_release(&o);
    free(full);
    free(shown);
    return result;
}

static int look_at_staging(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    return delta_look_staging(job, &job->ask->table, x->volume, e);
}

/* One a call; one that failed is tried again where it stopped. */
static int (*const look_steps[])(struct stages_job *, struct err *) = {look_at_dataset, look_at_tables, look_at_volume, delta_look_compute,
                                                                      look_at_staging};
#define LOOK_STEPS (int)(sizeof look_steps / sizeof *look_steps)

int export_look_work(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    if (look_steps[x->look_step](job, e) != 0)
        return -1;
    if (++x->look_step < LOOK_STEPS)
        return STAGES_DID;
    x->look_step = 0;
    return delta_look_keep(job, "look", e) == 0 ? STAGES_DONE : -1;
}

/* --- plan --- */

static int64_t up(double n) { return (int64_t)(n + 0.999); }

/* Annotations are counted only behind the gate: pages of inputs three times, and at most a chunk of ids each. */
static void fill_plan(struct stages_job *job, int64_t inputs)
{
    struct export *x = job->verb;
    struct run_plan *p = &job->plan;
    const struct settings *s = &job->session->settings;
    double files = settings_number(s, SETTING_FILES_RATE), calls = settings_number(s, SETTING_CLARIFAI_RATE);
    char *table = name_text(&job->ask->table), *annotations = name_text(&job->ask->annotations_table);
    p->files = p->candidates = p->new_items = inputs;
    p->requests = 3 * (inputs / CLARIFAI_PAGE_MAX + 1) + up((double)inputs / CLARIFAI_ANNOTATION_IDS);
    p->seconds = inputs == 0 ? 0 : 1 + up((double)p->requests / (calls > 0 ? calls : 15) + (x->folder ? (double)inputs / (files > 0 ? files : 90) : 0));
    str_copy(p->source, sizeof p->source, x->datasets);
    snprintf(p->target, sizeof p->target, "%s, %s%s%s", table ? table : "", annotations ? annotations : "", x->folder ? ", images in " : "",
             x->folder ? x->folder : "");
    free(table);
    free(annotations);
    plan_note(p, job->ask->include_model_annotations ? "annotations of people and of models are exported" : "annotations of people are exported");
}

int export_plan_work(struct stages_job *job, struct err *e)
{
    int64_t inputs = gather_input_count(job);
    if (journal_inputs_plan(job->journal, journal_get_i64(job->journal, "inputs.pass", 0), NULL, e) != 0)
        return -1;
    pthread_mutex_lock(&job->plan_lock);
    int found = plan_restore(job->journal, "look", &job->plan, e);
    if (found == 1)
        fill_plan(job, inputs);
    pthread_mutex_unlock(&job->plan_lock);
    return found == 1 ? STAGES_DONE : found < 0 ? -1 : err_set(e, ERR_BUG, "the plan has no facts to be made from");
}
