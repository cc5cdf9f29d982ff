/* How an executed run ends: its summary and report, its state and exit status, and what was staged. */
#include "base/timefmt.h"
#include "core/report.h"
#include "core/run_exec.h"

#define EXIT_STOPPED 130

static void summarize(struct exec *x, struct run_summary *s)
{
    struct journal *j = x->run->journal;
    static const struct { enum journal_state state; size_t at; } counts[] = {
        {JOURNAL_VERIFIED, offsetof(struct run_summary, verified)},       {JOURNAL_PRESENT, offsetof(struct run_summary, present)},
        {JOURNAL_SKIPPED, offsetof(struct run_summary, skipped)},         {JOURNAL_FAILED, offsetof(struct run_summary, failed)},
        {JOURNAL_CONFLICT, offsetof(struct run_summary, conflict)},       {JOURNAL_UNACCOUNTED, offsetof(struct run_summary, unaccounted)},
        {JOURNAL_CANCELLED, offsetof(struct run_summary, cancelled)},
    };
    memset(s, 0, sizeof *s);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *(int64_t *)(void *)((char *)s + counts[i].at) = journal_count(j, JOURNAL_BIT(counts[i].state));
    s->planned = journal_get_i64(j, "count.planned", journal_count(j, ~0u));
    s->verified = journal_get_i64(j, "count.verified", s->verified);
    s->present = journal_get_i64(j, "count.present", s->present);
    s->cancelled = journal_get_i64(j, "count.cancelled", s->cancelled);
    s->inserted = journal_get_i64(j, "inserted", -1);
    s->changed = journal_get_i64(j, "changed", -1);
    s->unchanged = journal_get_i64(j, "unchanged", -1);
    s->missing = journal_get_i64(j, "missing", -1);
    s->rows = x->run->ask.table.object ? journal_get_i64(j, "rows", 0) : -1;
    s->commits = x->run->ask.table.object ? journal_get_i64(j, "commits", 0) : -1;
    s->milliseconds = time_mono_ms() - x->began_ms + journal_get_i64(j, "spent", 0);
}

static int say_summary(struct exec *x, struct err *e)
{
    struct run_summary s;
    struct journal *j = x->run->journal;
    summarize(x, &s);
    char *path = str_printf("%s/report.jsonl", x->run->folder);
    cJSON *line = report_summary(x->run->id, &s, path);
    char *text = report_text(line);
    int result = text ? journal_put(j, "summary", text, e) : err_no_memory(e);
    if (result == 0)
        result = report_write(j, x->run->id, x->run->folder, line, e);
    free(text);
    free(path);
    exec_say(x, line, false);
    return result;
}

static int exit_of(struct exec *x)
{
    const unsigned wrong = JOURNAL_BIT(JOURNAL_FAILED) | JOURNAL_BIT(JOURNAL_CONFLICT) | JOURNAL_BIT(JOURNAL_UNACCOUNTED);
    if (x->cancelling || journal_has(x->run->journal, "cancelled"))
        return 1;
    return journal_count(x->run->journal, wrong) > 0 || journal_has(x->run->journal, "changing") ? 3 : 0;
}

static int note_end(struct exec *x, enum run_state state, int status)
{
    struct journal *j = x->run->journal;
    struct err ignored = {0};
    journal_put_i64(j, "spent", journal_get_i64(j, "spent", 0) + time_mono_ms() - x->began_ms, &ignored);
    journal_put_i64(j, "ended", time_wall_ms(), &ignored);
    journal_put_i64(j, "exit", status, &ignored);
    exec_set_state(x, state);
    return status;
}

/* An import that had nothing left to cancel did all it was asked for, whatever came in between; the other verbs leave steps out when they are cancelled. */
static bool is_whole(struct exec *x)
{
    struct journal *j = x->run->journal;
    int64_t all = journal_count(j, ~0u);
    return x->run->ask.verb <= ASK_IMPORT_S3 && all > 0 && all == journal_get_i64(j, "plan.rows", all) && journal_count(j, JOURNAL_BIT(JOURNAL_CANCELLED)) == 0;
}

int exec_end_well(struct exec *x, struct err *e)
{
    if (journal_has(x->run->journal, "cancelled") && is_whole(x)) {
        x->cancelling = false;
        if (journal_put(x->run->journal, "cancelled", NULL, e) != 0)
            return -1;
    }
    exec_save_last(x);
    if (exec_say_items(x, e) != 0 || say_summary(x, e) != 0)
        return -1;
    int status = exit_of(x);
    return note_end(x, journal_has(x->run->journal, "cancelled") ? RUN_CANCELLED : RUN_DONE, status);
}

/* For those who look at the run when its process is gone. */
static void keep_error(struct exec *x, const struct err *why)
{
    char sentence[1024];
    struct err ignored = {0};
    exec_say_error(x, why);
    journal_put(x->run->journal, "error", err_sentence(why, sentence, sizeof sentence), &ignored);
}

/* Failed, given up, or stopped by a signal: said, resumable; what was staged goes when that can be done now. */
int exec_end_badly(struct exec *x, struct err *e)
{
    struct err why = *e, ignored = {0};
    bool gave_up = false;
    if (why.code == ERR_NONE && x->stages)
        stages_failure(x->stages, &why, &gave_up);
    stages_free(x->stages);                      /* nothing works on while what was staged is removed and counted */
    x->stages = NULL;
    exec_say_items(x, &ignored);
    if (why.code == ERR_NONE || why.code == ERR_CANCELLED)
        return note_end(x, RUN_PAUSED, EXIT_STOPPED);
    keep_error(x, &why);
    if (!gave_up && !err_parks(&why) && (journal_has(x->run->journal, "gate") || journal_has_left(x->run->journal))) {
        net_cancel_clear(&x->job.cancel);
        x->verb->clean(&x->job, &ignored);
    }
    if (journal_has(x->run->journal, "gate"))
        say_summary(x, &ignored);
    *e = why;
    bool never_begun = x->state == RUN_CANCELLED && !journal_has(x->run->journal, "gate");
    return note_end(x, gave_up ? RUN_PARKED : never_begun ? RUN_CANCELLED : RUN_FAILED, err_exit_status(&why));
}

/* A plan that was made with rows staged: they go, and whoever resumes the run has it planned anew. */
static int unplan(struct exec *x, struct err *e)
{
    if (x->verb->start_gate < 0 || (x->stop && *x->stop >= 2))
        return 0;
    stages_free(x->stages);
    x->stages = NULL;
    net_cancel_clear(&x->job.cancel);
    x->job.draining = 0;
    if (x->verb->clean(&x->job, e) != 0 || journal_put(x->run->journal, "start", NULL, e) != 0)
        return -1;
    return x->run->ask.dry_run ? 0 : exec_reopen_from(x->run->journal, x->verb, x->verb->rows[0].name, e);
}

int exec_end_at_gate(struct exec *x, struct err *e)
{
    bool planned = x->verb->start_gate < 0 || journal_has(x->run->journal, "start");
    if (unplan(x, e) != 0) {
        err_about(e, "cannot remove what was staged for the plan of", x->run->id);
        keep_error(x, e);
        return note_end(x, RUN_FAILED, err_exit_status(e));
    }
    if (x->cancelling)
        return note_end(x, RUN_CANCELLED, 1);
    if (x->run->ask.dry_run && planned)
        return note_end(x, RUN_DRY, 0);
    if (x->stop && *x->stop)
        return note_end(x, RUN_AT_GATE, EXIT_STOPPED);
    return note_end(x, RUN_AT_GATE, 2);
}
