/* Stage "look": what is there on both sides before anything is decided: app, dataset, table, compute, staging; then every input's fingerprint. */
#include "core/import.h"
#include "core/plan.h"

#define REPEATS_MAX 3 /* pages in a row that show nothing new: the listing goes in circles */

/* --- facts --- */

static int look_at_app(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct clarifai_app app;
    char name[160];
    snprintf(name, sizeof name, "%s/%s", im->app.user, im->app.app);
    if (clarifai_app_get(&job->clarifai, &im->app, &app, e) != 0)
        return err_about(e, "cannot use the Clarifai app", name);
    pthread_mutex_lock(&job->plan_lock);
    plan_init(&job->plan);
    str_copy(job->plan.workflow, sizeof job->plan.workflow, app.default_workflow);
    pthread_mutex_unlock(&job->plan_lock);
    return 1;
}

static int look_at_dataset(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct clarifai_dataset dataset;
    struct err why = {0};
    bool there = clarifai_dataset_get(&job->clarifai, &im->app, im->dataset, &dataset, &why) == 0;
    if (!there && why.code != ERR_NOT_FOUND) {
        *e = why;
        return err_about(e, "cannot look at the dataset", im->datasets);
    }
    if (!there && !job->ask->create_dataset) {
        err_set(e, ERR_NOT_FOUND, "there is no dataset %s in the app", im->dataset);
        err_remedy(e, "name one that exists, or say --create-dataset");
        return err_about(e, "cannot import into", im->datasets);
    }
    pthread_mutex_lock(&job->plan_lock);
    job->plan.create_dataset = !there;
    pthread_mutex_unlock(&job->plan_lock);
    return journal_put(job->journal, "dataset.missing", there ? NULL : "1", e) != 0 ? -1 : 1;
}

static int look_at_compute(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    return (job->ask->table.object || im->by_url) && delta_look_compute(job, e) != 0 ? -1 : 1;
}

static int look_at_staging(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    const struct name *beside = job->ask->table.object ? &job->ask->table : NULL;
    return (beside || im->by_url) && delta_look_staging(job, beside, NULL, e) != 0 ? -1 : 1;
}

static int look_at_table(struct stages_job *job, struct err *e)
{
    struct target target;
    if (!job->ask->table.object)
        return 1;
    if (import_target_decide(job, &target, e) != 0)
        return -1;
    bool exists = target.mode != TARGET_NEW;
    struct name schema = {.catalog = job->ask->table.catalog, .schema = job->ask->table.schema};
    char *full = name_full(&schema);
    if (!exists)
        delta_look_privilege(job, DATABRICKS_SCHEMA, full, "CREATE_TABLE", "CREATE TABLE");
    free(full);
    pthread_mutex_lock(&job->plan_lock);
    job->plan.table_exists = exists;
    if (target.mode == TARGET_CONTINUE)
        plan_note(&job->plan, "the table tracks this source already and is continued");
    else if (target.mode == TARGET_REPLACE)
        plan_note(&job->plan, "the table exists and will be replaced");
    else if (target.mode == TARGET_APPEND)
        plan_note(&job->plan, "the table exists; rows are merged into it by source path");
    target_note_constraints(&job->plan, &job->ask->table, &target);
    pthread_mutex_unlock(&job->plan_lock);
    target_release(&target);
    return 1;
}

/* --- listings, a page a call --- */

static int too_many_repeats(struct import_look *look, size_t fresh, struct err *e)
{
    look->repeats = fresh ? 0 : look->repeats + 1;
    return look->repeats < REPEATS_MAX ? 0 : err_set(e, ERR_PROTOCOL, "the listing of Clarifai shows the same inputs again and again");
}

/* 1 when the listing is at its end. */
static int dataset_page(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct import_page page = {0};
    int count = 0;
    size_t fresh = 0;
    if (journal_has(job->journal, "dataset.missing"))
        return journal_remote_clear(job->journal, e) != 0 ? -1 : 1;
    if (im->look.page == 0) {
        im->look.pass = journal_get_i64(job->journal, "pass", 0) + 1;
        if (journal_put_i64(job->journal, "pass", im->look.pass, e) != 0 || journal_remote_clear(job->journal, e) != 0)
            return -1;
    }
    int result = clarifai_dataset_inputs_page(&job->clarifai, &im->app, im->dataset, im->look.page + 1, CLARIFAI_PAGE_MAX, import_page_add, &page,
                                              &count, e);
    if (result == 0 && count > 0)
        result = journal_remote_put(job->journal, JOURNAL_OF_DATASET, im->look.pass, page.rows, page.count, &fresh, e);
    if (result == 0 && count > 0)
        result = too_many_repeats(&im->look, fresh, e);
    import_page_release(&page);
    im->look.page += result == 0;
    return result != 0 ? -1 : count == 0;
}

static int app_page(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    struct import_page page = {0};
    int count = 0;
    size_t fresh = 0;
    int result = clarifai_inputs_stream(&job->clarifai, &im->app, im->look.last_id, CLARIFAI_PAGE_MAX, import_page_add, &page, &count, e);
    if (result == 0 && page.count > 0)
        result = journal_remote_put(job->journal, JOURNAL_OF_APP, 1, page.rows, page.count, &fresh, e);
    if (result == 0 && page.count > 0)
        result = too_many_repeats(&im->look, fresh, e);
    if (result == 0 && page.count > 0 && str_set(&im->look.last_id, page.rows[page.count - 1].input_id) != 0)
        result = err_no_memory(e);
    bool end = page.count == 0;
    import_page_release(&page);
    return result != 0 ? -1 : end;
}

/* Each is repeated until it says 1; one that failed is tried again where it stopped. */
static int (*const look_steps[])(struct stages_job *, struct err *) = {look_at_app,     look_at_dataset, look_at_table, look_at_compute,
                                                                      look_at_staging, dataset_page,    app_page};
#define LOOK_STEPS (int)(sizeof look_steps / sizeof *look_steps)

int import_look_work(struct stages_job *job, struct err *e)
{
    struct import *im = job->verb;
    int result = look_steps[im->look.step](job, e);
    if (result < 0)
        return -1;
    if (result == 1) {
        im->look.step++;
        im->look.repeats = 0;
    }
    if (im->look.step < LOOK_STEPS)
        return STAGES_DID;
    return delta_look_keep(job, "look", e) == 0 ? STAGES_DONE : -1;
}
