/* Of both imports: what a run keeps in memory, and the figures of the stages they share. */
#include "core/import.h"
#include "base/str.h"

#define BATCH_BYTES_MAX ((uint64_t)80 << 20)    /* with base64 107 MB, below the 128 MB that Clarifai takes in a call (§7) */

/* The cancelled were never sent, though the stage ended. */
static const unsigned unsent = JOURNAL_BIT(JOURNAL_PLANNED) | JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN) | JOURNAL_BIT(JOURNAL_CANCELLED);

void import_send_figures(struct stages_job *job, struct stages_figures *out)
{
    int64_t left = journal_count(job->journal, unsent), bytes = journal_get_i64(job->journal, "send.bytes", 0);
    uint64_t left_bytes = journal_bytes(job->journal, unsent);
    out->total = journal_get_i64(job->journal, "send.total", left);
    out->done = out->total > left ? out->total - left : 0;
    out->bytes = (uint64_t)bytes > left_bytes ? (uint64_t)bytes - left_bytes : 0;
}

void import_settle_figures(struct stages_job *job, struct stages_figures *out)
{
    struct import *im = job->verb;
    out->total = journal_count(job->journal, JOURNAL_BIT(JOURNAL_ACCEPTED) | JOURNAL_BIT(JOURNAL_VERIFIED));
    pthread_mutex_lock(&im->lock);
    int64_t busy = im->settle.counted ? im->settle.counts.to_process + im->settle.counts.processing : 0;
    pthread_mutex_unlock(&im->lock);
    out->done = out->total > busy ? out->total - busy : 0;
}

void import_verify_figures(struct stages_job *job, struct stages_figures *out)
{
    struct import *im = job->verb;
    out->total = journal_count(job->journal, JOURNAL_BIT(JOURNAL_ACCEPTED) | JOURNAL_BIT(JOURNAL_PRESENT) | JOURNAL_BIT(JOURNAL_VERIFIED));
    pthread_mutex_lock(&im->lock);
    out->done = im->verify.listed < out->total ? im->verify.listed : out->total;
    pthread_mutex_unlock(&im->lock);
}

void import_table_figures(struct stages_job *job, struct stages_figures *out)
{
    out->total = journal_get_i64(job->journal, "rows.total", 0);
    out->done = journal_get_i64(job->journal, "rows.staged", 0);
}

/* --- state --- */

void import_close(struct stages_job *job)
{
    struct import *im = job->verb;
    if (!im)
        return;
    import_send_release(im);
    pthread_mutex_destroy(&im->lock);
    free(im->look.last_id);
    free(im->rows.first_concept);
    free(im->root);
    free(im->volume_root);
    free(im->datasets);
    free(im);
    job->verb = NULL;
}

/* "/Volumes/c/s/v/" is "/Volumes/c/s/v". */
static void cut_slashes(char *path)
{
    for (size_t n = path ? strlen(path) : 0; n > 1 && path[n - 1] == '/'; n--)
        path[n - 1] = '\0';
}

int import_open(struct stages_job *job, char *root, char *volume_root, struct err *e)
{
    const struct ask *ask = job->ask;
    struct import *im = calloc(1, sizeof *im);
    if (!im) {
        free(root);
        free(volume_root);
        return err_no_memory(e);
    }
    pthread_mutex_init(&im->lock, NULL);
    job->verb = im;
    im->by_url = ask->verb == ASK_IMPORT_S3;
    im->root = root;
    im->volume_root = volume_root;
    im->app = (struct clarifai_app_id){.user = ask->app.user ? ask->app.user : job->session->clarifai_user, .app = ask->app.app};
    im->dataset = ask->dataset;
    im->datasets = str_printf("%s/%s/%s", im->app.user, im->app.app, im->dataset);
    im->send.ready_end = &im->send.ready;
    im->send.budget = settings_bytes(&job->session->settings, SETTING_PICTURE_MEMORY);
    im->send.batch_bytes = im->send.budget / 2 < BATCH_BYTES_MAX ? im->send.budget / 2 : BATCH_BYTES_MAX;
    if (!root || !im->datasets || (!im->by_url && !volume_root))
        return err_no_memory(e);
    cut_slashes(im->root);
    cut_slashes(im->volume_root);
    return 0;
}
