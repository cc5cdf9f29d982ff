/* What a plan says of compute and staging place, before anything is written. */
#include "core/delta.h"
#include "core/plan.h"
#include "net/databricks_auth.h"

int delta_look_compute(struct stages_job *job, struct err *e)
{
    struct compute *c = NULL;
    char state[32] = "";
    bool running = false;
    if (compute_open(job->session, job->ask->compute, NULL, &c, e) != 0)
        return -1;
    int result = compute_state(c, state, &running, e);
    pthread_mutex_lock(&job->plan_lock);
    snprintf(job->plan.compute, sizeof job->plan.compute, "%s (%s)", compute_label(c), state);
    job->plan.compute_must_start = !running;
    pthread_mutex_unlock(&job->plan_lock);
    if (result != 0)
        err_about(e, "cannot use", compute_label(c));
    compute_close(c);
    return result;
}

/* True when the platform says so; a right that cannot be known counts as there. */
static bool seems_to_lack(struct stages_job *job, enum databricks_kind kind, const char *full, const char *privilege)
{
    struct err ignored = {0};
    struct databricks_me me;
    int has = -1;
    return full && databricks_me_get(&job->databricks, &me, &ignored) == 0 &&
           databricks_privileges(&job->databricks, kind, full, me.user_name, &privilege, &has, 1, &ignored) == 0 && has == 0;
}

/* Group rights are not always shown, so a missing right is said, not refused. */
void delta_look_privilege(struct stages_job *job, enum databricks_kind kind, const char *full, const char *privilege, const char *words)
{
    if (!seems_to_lack(job, kind, full, privilege))
        return;
    pthread_mutex_lock(&job->plan_lock);
    plan_note(&job->plan, "your user seems to lack %s on %s", words, full);
    pthread_mutex_unlock(&job->plan_lock);
}

int delta_look_staging(struct stages_job *job, const struct name *beside, const char *images, struct err *e)
{
    struct stage_place place;
    char why[320];
    if (stage_choose(job->session, job->ask->staging, images, beside, job->id, true, &place, why, sizeof why, e) != 0)
        return -1;
    char *volume = name_full(&place.at.volume);
    struct name schema = {.catalog = place.at.volume.catalog, .schema = place.at.volume.schema};
    char *full = name_full(&schema);
    if (!place.made_volume)
        delta_look_privilege(job, DATABRICKS_VOLUME, volume, "WRITE_VOLUME", "WRITE VOLUME");
    else if (job->ask->url)
        delta_look_privilege(job, DATABRICKS_SCHEMA, full, "CREATE_VOLUME", "CREATE VOLUME");
    else if (seems_to_lack(job, DATABRICKS_SCHEMA, full, "CREATE_VOLUME"))
        snprintf(why, sizeof why, "a scratch table in %s, filled with literal rows and dropped at the end: your user seems to lack CREATE VOLUME there", full);
    pthread_mutex_lock(&job->plan_lock);
    str_copy(job->plan.staging, sizeof job->plan.staging, why);
    pthread_mutex_unlock(&job->plan_lock);
    free(volume);
    free(full);
    stage_place_release(&place);
    return 0;
}

int delta_look_keep(struct stages_job *job, const char *fact, struct err *e)
{
    pthread_mutex_lock(&job->plan_lock);
    int result = plan_keep(job->journal, fact, &job->plan, e);
    pthread_mutex_unlock(&job->plan_lock);
    return result;
}
