#include "core/import.h"

enum { LIST, LOOK, PLAN, SEND, SETTLE, VERIFY, TABLE, FINISH };
#define BIT(row) (1u << (row))

/* --- figures for progress lines --- */

static void list_figures(struct stages_job *job, struct stages_figures *out)
{
    out->done = journal_count(job->journal, ~0u);
    out->bytes = journal_bytes(job->journal, ~JOURNAL_BIT(JOURNAL_SKIPPED));
}

static void plan_figures(struct stages_job *job, struct stages_figures *out)
{
    out->total = journal_count(job->journal, ~0u);
    out->done = out->total - journal_count(job->journal, JOURNAL_BIT(JOURNAL_LISTED));
}

static const struct stages_row import_rows[] = {
    [LIST] = {"list", "listing", 0, import_list_lanes, import_list_work, list_figures},
    [LOOK] = {"look", "looking at both sides", 0, NULL, import_look_work, NULL},
    [PLAN] = {"plan", "planning", BIT(LIST) | BIT(LOOK), NULL, import_plan_work, plan_figures},
    [SEND] = {"send", "sending", BIT(PLAN), import_send_lanes, import_send_work, import_send_figures},
    [SETTLE] = {"settle", "settling", BIT(PLAN), NULL, import_settle_work, import_settle_figures},
    [VERIFY] = {"verify", "verifying", BIT(SEND) | BIT(SETTLE), NULL, import_verify_work, import_verify_figures},
    [TABLE] = {"table", "writing table", BIT(VERIFY), NULL, import_table_work, import_table_figures},
    [FINISH] = {"finish", "finishing", BIT(TABLE), NULL, import_finish_work, NULL},
};

static int open_volume(struct stages_job *job, struct err *e)
{
    const struct ask *ask = job->ask;
    struct volume_path volume = {.volume = ask->source.volume, .path = (char *)""};
    if (import_open(job, volume_path_text(&ask->source), volume_path_text(&volume), e) != 0)
        return -1;
    struct import *im = job->verb;
    im->changed = "the file changed since it was imported, and Clarifai cannot exchange an input's picture";
    struct journal_found top = {.path = im->root, .is_folder = true};
    return journal_has(job->journal, "stage.list") ? 0 : journal_found_put(job->journal, &top, 1, e);
}

const struct stages_verb import_volume_verb = {
    .rows = import_rows,
    .count = sizeof import_rows / sizeof *import_rows,
    .gate = PLAN,
    .start_gate = -1,
    .open = open_volume,
    .close = import_close,
    .clean = delta_clean,
};
