#include "core/import_volume.h"
#include "base/str.h"

enum { LIST, LOOK, PLAN, SEND, SETTLE, VERIFY, TABLE, FINISH };
#define BIT(row) (1u << (row))

/* --- figures for progress lines --- */

static void list_figures(struct stages_job *job, struct stages_figures *out)
{
    out->done = journal_count(job->journal, JOURNAL_BIT(JOURNAL_LISTED) | JOURNAL_BIT(JOURNAL_SKIPPED));
    out->bytes = journal_bytes(job->journal, JOURNAL_BIT(JOURNAL_LISTED));
}

static const unsigned unsent = JOURNAL_BIT(JOURNAL_PLANNED) | JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN);

static void plan_figures(struct stages_job *job, struct stages_figures *out)
{
    out->total = journal_count(job->journal, ~0u);
    out->done = out->total - journal_count(job->journal, JOURNAL_BIT(JOURNAL_LISTED));
}

static void send_figures(struct stages_job *job, struct stages_figures *out)
{
    int64_t left = journal_count(job->journal, unsent), bytes = journal_get_i64(job->journal, "send.bytes", 0);
    uint64_t left_bytes = journal_bytes(job->journal, unsent);
    out->total = journal_get_i64(job->journal, "send.total", left);
    out->done = out->total > left ? out->total - left : 0;
    out->bytes = (uint64_t)bytes > left_bytes ? (uint64_t)bytes - left_bytes : 0;
}

static void settle_figures(struct stages_job *job, struct stages_figures *out)
{
    struct import *im = job->verb;
    out->total = journal_count(job->journal, JOURNAL_BIT(JOURNAL_ACCEPTED));
    pthread_mutex_lock(&im->lock);
    int64_t busy = im->settle.counted ? im->settle.counts.to_process + im->settle.counts.processing : 0;
    pthread_mutex_unlock(&im->lock);
    out->done = out->total > busy ? out->total - busy : 0;
}

static void verify_figures(struct stages_job *job, struct stages_figures *out)
{
    struct import *im = job->verb;
    out->total = journal_count(job->journal, JOURNAL_BIT(JOURNAL_ACCEPTED) | JOURNAL_BIT(JOURNAL_PRESENT) | JOURNAL_BIT(JOURNAL_VERIFIED));
    pthread_mutex_lock(&im->lock);
    out->done = im->verify.listed < out->total ? im->verify.listed : out->total;
    pthread_mutex_unlock(&im->lock);
}

static void table_figures(struct stages_job *job, struct stages_figures *out)
{
    out->total = journal_get_i64(job->journal, "rows.total", 0);
    out->done = journal_get_i64(job->journal, "rows.staged", 0);
}

static const struct stages_row import_rows[] = {
    [LIST] = {"list", "listing", 0, import_list_lanes, import_list_work, list_figures},
    [LOOK] = {"look", "looking at both sides", 0, NULL, import_look_work, NULL},
    [PLAN] = {"plan", "planning", BIT(LIST) | BIT(LOOK), NULL, import_plan_work, plan_figures},
    [SEND] = {"send", "sending", BIT(PLAN), import_send_lanes, import_send_work, send_figures},
    [SETTLE] = {"settle", "settling", BIT(PLAN), NULL, import_settle_work, settle_figures},
    [VERIFY] = {"verify", "verifying", BIT(SEND) | BIT(SETTLE), NULL, import_verify_work, verify_figures},
    [TABLE] = {"table", "writing table", BIT(VERIFY), NULL, import_table_work, table_figures},
    [FINISH] = {"finish", "finishing", BIT(TABLE), NULL, import_finish_work, NULL},
};

/* --- the verb's own state --- */

static void import_close(struct stages_job *job)
{
    struct import *im = job->verb;
    if (!im)
        return;
    import_send_release(im);
    pthread_mutex_destroy(&im->lock);
    free(im->look.last_id);
    free(im->root);
    free(im->volume_root);
    free(im->datasets);
    free(im);
    job->verb = NULL;
}

static int import_open(struct stages_job *job, struct err *e)
{
    const struct ask *ask = job->ask;
    struct volume_path volume = {.volume = ask->source.volume, .path = (char *)""};
    struct import *im = calloc(1, sizeof *im);
    if (!im)
        return err_no_memory(e);
    pthread_mutex_init(&im->lock, NULL);
    job->verb = im;
    im->root = volume_path_text(&ask->source);
    im->volume_root = volume_path_text(&volume);
    im->app = (struct clarifai_app_id){.user = ask->app.user ? ask->app.user : job->session->clarifai_user, .app = ask->app.app};
    im->dataset = ask->dataset;
    im->datasets = str_printf("%s/%s/%s", im->app.user, im->app.app, im->dataset);
    im->send.ready_end = &im->send.ready;
    im->send.budget = settings_bytes(&job->session->settings, SETTING_PICTURE_MEMORY);
    im->send.batch_bytes = im->send.budget / 2 < (uint64_t)80 << 20 ? im->send.budget / 2 : (uint64_t)80 << 20;
    if (!im->root || !im->volume_root || !im->datasets)
        return err_no_memory(e);
    for (size_t n = strlen(im->root); n > 1 && im->root[n - 1] == '/'; n--)
        im->root[n - 1] = '\0';
    for (size_t n = strlen(im->volume_root); n > 1 && im->volume_root[n - 1] == '/'; n--)
        im->volume_root[n - 1] = '\0';
    struct journal_found top = {.path = im->root, .is_folder = true};
    return journal_has(job->journal, "stage.list") ? 0 : journal_found_put(job->journal, &top, 1, e);
}

const struct stages_verb import_volume_verb = {
    .rows = import_rows,
    .count = sizeof import_rows / sizeof *import_rows,
    .gate = PLAN,
    .open = import_open,
    .close = import_close,
    .clean = import_clean,
};
