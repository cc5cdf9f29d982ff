/* Stage "look" of an update: app, dataset, both tables, the compute's state and the staging place, before anything is read or started. */
#include "core/update.h"
#include "base/json.h"
#include "core/plan.h"

static int look_at_clarifai(struct stages_job *job, struct err *e)
{
    struct update *u = job->verb;
    return gather_look(job, &u->gather, e);
}

/* What holds for both tables is said once. */
static void note_which(struct stages_job *job, bool inputs, bool annotations, const char *words)
{
    static const char *const names[] = {"", "the inputs table", "the annotations table", "both tables"};
    int which = (inputs ? 1 : 0) + (annotations ? 2 : 0);
    if (which)
        plan_note(&job->plan, "%s: %s", names[which], words);
}

static void note_lacking(struct stages_job *job, const struct update_side *side)
{
    struct buf lacks = BUF_INIT;
    for (size_t i = 0; i < side->all_count; i++) {
        bool there = false;
        for (size_t k = 0; k < side->count && !there; k++)
            there = str_eq(side->fields[k].name, side->all[i].name);
        if (!there)
            buf_printf(&lacks, "%s%s", lacks.len ? ", " : "", side->all[i].name);
    }
    if (lacks.len)
        plan_note(&job->plan, "the %s table has no column %s: left out", side->name, lacks.data);
    buf_release(&lacks);
}

static void note_rights(struct stages_job *job, const struct update_side *side)
{
    char *full = name_full(side->table);
    delta_look_privilege(job, DATABRICKS_TABLE, full, "SELECT", "SELECT");
    delta_look_privilege(job, DATABRICKS_TABLE, full, "MODIFY", "MODIFY");
    free(full);
}

static int look_at_tables(struct stages_job *job, struct err *e)
{
    struct update *u = job->verb;
    const struct update_side *in = &u->sides[0], *an = &u->sides[1];
    /* What an earlier plan of this run reported may have been put right since. */
    if (journal_put(job->journal, "scope", NULL, e) != 0 || journal_items_clear(job->journal, e) != 0 || update_sides_load(job, e) != 0)
        return -1;
    char *names[2] = {name_text(in->table), name_text(an->table)};
    pthread_mutex_lock(&job->plan_lock);
    plan_init(&job->plan);
    job->plan.table_exists = true;
    str_copy(job->plan.source, sizeof job->plan.source, u->dataset);
    snprintf(job->plan.target, sizeof job->plan.target, "%s, %s", names[0] ? names[0] : "", names[1] ? names[1] : "");
    if (job->ask->delete_missing)
        plan_note(&job->plan, "missing rows will be deleted");
    note_which(job, in->shared, an->shared, "rows of other datasets are not judged missing");
    note_which(job, in->join_list, an->join_list, "this dataset joins those that are listed as its source");
    note_which(job, in->set_scope, an->set_scope, "from now on annotations made by models belong to it, too");
    note_lacking(job, in);
    note_lacking(job, an);
    pthread_mutex_unlock(&job->plan_lock);
    note_rights(job, in);
    note_rights(job, an);
    free(names[0]);
    free(names[1]);
    return 0;
}

/* The difference is asked of staged rows, also in a dry run. */
static int look_at_staging(struct stages_job *job, struct err *e)
{
    struct stage_place place;
    char why[320];
    if (!job->ask->dry_run)
        return delta_look_staging(job, &job->ask->table, NULL, e);
    if (stage_choose(job->session, job->ask->staging, NULL, &job->ask->table, job->id, true, &place, why, sizeof why, e) != 0)
        return -1;
    bool made = place.made_volume;
    stage_place_release(&place);
    if (made) {
        err_set(e, ERR_USAGE, "the difference is asked of staged rows, and a dry run makes no volume for them");
        return err_remedy(e, "name a volume that you may write with --staging or the setting staging_volume");
    }
    pthread_mutex_lock(&job->plan_lock);
    plan_note(&job->plan, "rows were staged for this plan in a folder that is removed again");
    pthread_mutex_unlock(&job->plan_lock);
    return delta_look_staging(job, &job->ask->table, NULL, e);
}

static int keep_look(struct stages_job *job, struct err *e) { return delta_look_keep(job, "look", e); }

int update_restore_plan(struct stages_job *job, const char *fact, struct err *e)
{
    pthread_mutex_lock(&job->plan_lock);
    int found = plan_restore(job->journal, fact, &job->plan, e);
    pthread_mutex_unlock(&job->plan_lock);
    return found < 0 ? -1 : 0;
}

int update_look_work(struct stages_job *job, struct err *e)
{
    static int (*const steps[])(struct stages_job *, struct err *) = {look_at_clarifai, look_at_tables, delta_look_compute, look_at_staging, keep_look};
    struct update *u = job->verb;
    if (steps[u->step](job, e) != 0)
        return -1;
    u->step++;
    return u->step < (int)(sizeof steps / sizeof *steps) ? STAGES_DID : STAGES_DONE;
}
