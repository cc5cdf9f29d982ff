/* A run being executed: its stages made, its gates, its loop. Its thread is the caller's; lanes do the work (stages.c). */
#include "base/file.h"
#include "base/timefmt.h"
#include "core/link.h"
#include "core/plan.h"
#include "core/report.h"
#include "core/run_exec.h"
#include <unistd.h>

#define RUN_CANCEL_MS 30000      /* a cancelled run's lanes get so long to end what they have begun */

/* --- making and unmaking what executes --- */

void exec_fill_job(struct exec *x)
{
    struct stages_job *job = &x->job;
    const struct settings *s = &x->session->settings;
    job->id = x->run->id;
    job->folder = x->run->folder;
    job->ask = &x->run->ask;
    job->session = x->session;
    job->journal = x->run->journal;
    job->databricks = x->session->databricks;
    job->files = x->session->files;
    job->clarifai = x->session->clarifai;
    job->databricks.cancel = job->files.cancel = job->clarifai.cancel = &job->cancel;
    job->files.priority = job->clarifai.priority = NET_BULK;
    job->databricks.priority = NET_NORMAL;
    job->retry_first_ms = settings_ms(s, SETTING_RETRY_FIRST);
    job->retry_cap_ms = settings_ms(s, SETTING_RETRY_CAP);
    job->poll_first_ms = settings_ms(s, SETTING_POLL_FIRST);
    job->give_up_ms = settings_ms(s, SETTING_GIVE_UP);
}

static void restore_plan(struct exec *x)
{
    cJSON *line = report_kept(x->run->journal, "plan");
    plan_init(&x->job.plan);
    if (line)
        plan_read(line, &x->job.plan);
    cJSON_Delete(line);
}

int exec_start_stages(struct exec *x, struct err *e)
{
    net_cancel_clear(&x->job.cancel);
    x->job.draining = 0;
    if (x->verb->open(&x->job, e) != 0)
        return -1;
    return stages_new(&x->job, x->verb, journal_has(x->run->journal, "gate"), &x->stages, e);
}

void exec_end_stages(struct exec *x)
{
    stages_free(x->stages);
    x->stages = NULL;
    x->verb->close(&x->job);
}

/* Facts about stages that must be gone through once more. */
int exec_reopen_from(struct journal *j, const struct stages_verb *verb, const char *first, struct err *e)
{
    static const char *const facts[] = {"stage", "spent"};
    bool found = false;
    for (int i = 0; i < verb->count; i++) {
        found = found || str_eq(verb->rows[i].name, first);
        for (size_t k = 0; found && k < sizeof facts / sizeof *facts; k++) {
            char fact[64];
            snprintf(fact, sizeof fact, "%s.%s", facts[k], verb->rows[i].name);
            if (journal_put(j, fact, NULL, e) != 0)
                return -1;
        }
    }
    return 0;
}

int exec_cancel_unsent(struct journal *j, struct err *e)
{
    const unsigned undone = JOURNAL_BIT(JOURNAL_LISTED) | JOURNAL_BIT(JOURNAL_PLANNED);
    return journal_move_all(j, undone, JOURNAL_CANCELLED, "cancelled before it was sent", NULL, e);
}

/* What was begun ends, nothing more is sent; then the rest of the verb says so in table and report. */
static int cancel_rest(struct exec *x, struct err *e)
{
    struct journal *j = x->run->journal;
    int64_t end = time_mono_ms() + RUN_CANCEL_MS;
    stages_stop(x->stages, false);
    while (stages_step(x->stages, RUN_STEP_MS, true) == STAGES_RUNNING) {
        exec_watch_stop(x);
        exec_watch_hosts(x);
        if (x->outage.code != ERR_NONE || time_mono_ms() >= end)
            stages_stop(x->stages, true);        /* a call that is held back by an outage has no end of its own */
    }
    exec_end_stages(x);
    if (journal_recover(j, e) != 0 || exec_cancel_unsent(j, e) != 0)
        return -1;
    x->paused = false;
    x->stopped = x->hard = false;                /* what starts now has to be stopped anew */
    return exec_start_stages(x, e);
}

/* --- the gate --- */

static int pass_gate(struct exec *x, struct err *e)
{
    char *begun = str_printf("%s/begun", x->run->folder);
    int result = begun ? file_write_atomic(begun, "", 0, e) : err_no_memory(e);
    free(begun);
    if (result == 0)
        result = journal_put(x->run->journal, "gate", "1", e);
    if (result == 0) {
        x->began_ms += x->gate_ms ? time_mono_ms() - x->gate_ms : 0; /* a person's thinking is not the run's time */
        stages_open_gate(x->stages);
    }
    return result;
}

/* Asks and waits for the answer: true only for a yes. */
static bool ask_person(struct exec *x)
{
    exec_set_state(x, RUN_AT_GATE);
    x->gate_ms = time_mono_ms();
    x->answer = x->run->ask.yes ? 1 : x->hooks && x->hooks->gate ? x->hooks->gate(x->hooks->ctx, &x->job.plan) : 0;
    for (int64_t asked_ms = time_mono_ms(); x->answer < 0 && !x->cancelling && !(x->stop && *x->stop);) {
        exec_take_commands(x);
        usleep(RUN_STEP_MS * 1000 / 2);
        if (time_mono_ms() - asked_ms >= x->job.give_up_ms && link_viewers(x->link) == 0)
            break;                               /* who asked is gone; the plan stays, the process does not */
    }
    return !x->cancelling && !(x->stop && *x->stop) && x->answer == 1;
}

/* 1 go on, 0 not (yet allowed), -1. */
static int at_gate(struct exec *x, struct err *e)
{
    if (exec_say_plan(x, e) != 0)
        return -1;
    if (x->run->ask.dry_run || !ask_person(x))
        return 0;
    return pass_gate(x, e) == 0 ? 1 : -1;
}

/* The plan needs the compute: one that runs is used, a stopped one is started with leave. */
static int at_start(struct exec *x, struct err *e)
{
    bool asked = x->job.plan.compute_must_start && !x->run->ask.yes;
    if (asked) {
        x->job.plan.start_only = true;
        int said = exec_say_plan(x, e);
        bool yes = said == 0 && ask_person(x);
        x->job.plan.start_only = false;
        if (!yes)
            return said;
        x->began_ms += time_mono_ms() - x->gate_ms;
        x->gate_ms = 0;
        x->said_plan = false;
    }
    if (journal_put(x->run->journal, "start", "1", e) != 0)
        return -1;
    stages_open_start(x->stages);
    return 1;
}

/* --- the loop --- */

/* Everything is done but what is removed at the end, which a cancelled run does as well. */
static bool came_too_late(struct exec *x)
{
    unsigned active, done, rest = 1u << (x->verb->count - 1);
    stages_active(x->stages, &active, &done);
    return (done | rest) == (rest << 1) - 1;
}

static int loop(struct exec *x, struct err *e)
{
    bool cancelled = journal_has(x->run->journal, "cancelled");
    for (;;) {
        enum stages_status status = stages_step(x->stages, RUN_STEP_MS, exec_attended(x));
        exec_take_commands(x);
        exec_check_hosts(x);
        exec_watch_stop(x);
        exec_watch_parking(x);
        exec_say_progress(x, false);
        if (exec_say_items(x, e) != 0)
            return exec_end_badly(x, e);
        if (x->cancelling && !cancelled && came_too_late(x)) {
            x->cancelling = false;
            if (journal_put(x->run->journal, "cancelled", NULL, e) != 0)
                return exec_end_badly(x, e);
        }
        if (x->cancelling && !cancelled) {
            cancelled = true;
            if (!journal_has(x->run->journal, "gate"))
                return exec_end_at_gate(x, e);
            if (cancel_rest(x, e) != 0)
                return exec_end_badly(x, e);
            continue;
        }
        if (status == STAGES_STOPPED)
            return exec_end_badly(x, e);
        if (status == STAGES_ENDED) {
            int end = exec_end_well(x, e);
            return end < 0 ? exec_end_badly(x, e) : end;
        }
        if (status != STAGES_AT_GATE && status != STAGES_AT_START)
            continue;
        int answer = status == STAGES_AT_START ? at_start(x, e) : at_gate(x, e);
        if (answer <= 0)
            return answer < 0 ? exec_end_badly(x, e) : exec_end_at_gate(x, e);
    }
}

/* A finished run that is resumed is verified again; nothing is sent. */
static int prepare(struct exec *x, struct err *e)
{
    struct journal *j = x->run->journal;
    char *state = journal_get(j, "state");
    enum run_state was = run_state_by_name(state);
    free(state);
    x->state = was;
    if (journal_recover(j, e) != 0)
        return -1;
    if (journal_has(j, "cancelled") && !journal_has(j, "gate"))
        exec_set_state(x, RUN_CANCELLED);
    if (x->state == RUN_CANCELLED && !journal_has(j, "gate"))
        return err_set(e, ERR_CONFLICT, "the run was cancelled before anything was sent; start a new one");
    if ((was == RUN_DONE || was == RUN_CANCELLED) && exec_reopen_from(j, x->verb, "verify", e) != 0)
        return -1;
    if (journal_has(j, "cancelled") && exec_cancel_unsent(j, e) != 0)   /* it may have ended before it could say so */
        return -1;
    if (!journal_has(j, "started") && journal_put_i64(j, "started", time_wall_ms(), e) != 0)
        return -1;
    if (journal_put(j, "ended", NULL, e) != 0 || journal_put(j, "exit", NULL, e) != 0)
        return -1;
    return journal_put_i64(j, "pid", getpid(), e);
}

/* A journal that was made again knows where rows are staged, but not which are whole: they go. */
static int settle_rebuilt(struct exec *x, struct err *e)
{
    struct journal *j = x->run->journal;
    struct err why = {0};
    if (!journal_has(j, "rebuilt"))
        return 0;
    err_set(&why, ERR_IO, "its journal was damaged and is made again by reading both sides");
    err_about(&why, "resuming the run", x->run->id);
    exec_say_error(x, &why);
    if (journal_has_left(j) && x->verb->clean(&x->job, e) != 0)
        return err_about(e, "cannot remove what was staged by the run", x->run->id);
    return journal_put(j, "rebuilt", NULL, e);
}

static void say_beginning(struct exec *x)
{
    x->said_plan = journal_has(x->run->journal, "gate");     /* a journal that was made again has lost its plan; its items are said all the same */
    if (x->said_plan && journal_has(x->run->journal, "plan"))
        exec_say(x, report_plan(x->run->id, &x->job.plan, ask_verb_name(x->run->ask.verb)), false);
}

int run_execute(struct run *r, struct session *s, const struct run_hooks *hooks, volatile int *stop, struct err *e)
{
    struct exec *x = calloc(1, sizeof *x);
    struct err ignored = {0};
    if (!x) {
        err_no_memory(e);
        return 1;
    }
    *x = (struct exec){.run = r, .session = s, .hooks = hooks, .stop = stop, .verb = run_verb(r->ask.verb), .rate_row = -1, .answer = -1};
    x->began_ms = x->rate_at_ms = time_mono_ms();
    pthread_mutex_init(&x->job.plan_lock, NULL);
    exec_fill_job(x);
    restore_plan(x);
    if (journal_has(r->journal, "error"))
        journal_put(r->journal, "error", NULL, &ignored);   /* of the time before */
    if (link_open(r->id, &x->link, &ignored) != 0)
        x->link = NULL;                          /* a run without viewers is still a run */
    int status;
    if (prepare(x, e) != 0 || exec_start_stages(x, e) != 0 || settle_rebuilt(x, e) != 0) {
        status = exec_end_badly(x, e);
    } else {
        say_beginning(x);
        status = loop(x, e);
    }
    if (x->job.verb)
        exec_end_stages(x);
    link_close(x->link);
    pthread_mutex_destroy(&x->job.plan_lock);
    free(x);
    return status;
}
