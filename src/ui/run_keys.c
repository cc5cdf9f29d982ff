#include "ui/run_keys.h"
#include "ui/run_words.h"
#include "ui/screens.h"

enum { ASK_CANCEL = 100, ASK_REMOVE };

/* Begun, and neither at its end nor going on. */
bool run_keys_unfinished(const struct view *v)
{
    return !v->alive && (v->state == RUN_RUNNING || v->state == RUN_PAUSED || v->state == RUN_PARKED || v->state == RUN_FAILED);
}

int64_t run_keys_again(const struct view *v)
{
    return v->has_summary && v->verb != ASK_UPDATE ? v->summary.failed + v->summary.unaccounted + v->summary.cancelled : 0;
}

static bool not_started(const struct view *v)
{
    return !v->alive && (v->state == RUN_PLANNING || v->state == RUN_AT_GATE);
}

bool run_keys_has_rows(const struct view *v)
{
    bool made = v->verb == ASK_UPDATE || (v->verb == ASK_EXPORT && v->state == RUN_DONE);   /* also where there was nothing to put into them */
    return v->table[0] && v->has_summary && (v->summary.rows > 0 || made);
}

uint32_t run_keys_met(const struct view *v)
{
    uint32_t met = NEED_ALL & ~(NEED_BIT(NEED_RUN) | NEED_BIT(NEED_RUN_ACTIVE) | NEED_BIT(NEED_RUN_ENDED) | NEED_BIT(NEED_FAILED) | NEED_BIT(NEED_TABLE));
    if (!v)
        return met;
    met |= NEED_BIT(NEED_RUN);
    met |= v->alive || run_keys_unfinished(v) || not_started(v) ? NEED_BIT(NEED_RUN_ACTIVE) : 0;
    met |= v->alive ? 0 : NEED_BIT(NEED_RUN_ENDED);
    met |= run_keys_again(v) > 0 ? NEED_BIT(NEED_FAILED) : 0;
    met |= v->table[0] ? NEED_BIT(NEED_TABLE) : 0;
    return met;
}

const char *run_keys_why_not(const struct view *v, enum action a)
{
    if (!v)
        return NULL;
    if (a == ACTION_PAUSE && v->alive && v->state == RUN_AT_GATE)
        return "it waits for a yes: nothing goes on yet";
    if (a == ACTION_RETRY && v->alive)
        return "wait for its end, then what failed can be sent again";
    if (a == ACTION_RETRY && run_keys_unfinished(v))
        return "it has not ended: s resumes it";
    if (a == ACTION_RETRY && run_keys_again(v) == 0 && view_wrong(v) > 0)
        return v->verb == ASK_UPDATE ? "another update looks at both sides anew" : "conflicts are not sent again: their ids are other inputs'";
    if (a == ACTION_RESUME && v->alive)
        return "this run goes on already";
    if (a == ACTION_RESUME && !run_keys_unfinished(v))
        return not_started(v) ? "it was not started: start it from its form" :
               v->state == RUN_CANCELLED && run_keys_again(v) > 0 ? "it was cancelled: R sends what is left" : "this run is finished";
    if (a == ACTION_PREVIEW && !v->table[0])
        return "this run writes no table";
    if (a == ACTION_PREVIEW && !run_keys_has_rows(v))
        return "its table is not written yet";
    if (a == ACTION_CANCEL && !v->alive && !run_keys_unfinished(v) && !not_started(v))
        return "this run has ended";
    return NULL;
}

/* The footer names what a run allows; a key that it does not allow says why when it is pressed. */
static bool offered(const struct view *v, enum action a)
{
    bool no_use = a == ACTION_REPORT && !v->report[0];
    return !no_use && !action_why_not(a, run_keys_met(v)) && !run_keys_why_not(v, a);
}

const char *run_keys_hint(const struct view *v, enum action a)
{
    static const enum action own[] = { ACTION_PREVIEW, ACTION_PAUSE, ACTION_RETRY, ACTION_RESUME, ACTION_CANCEL, ACTION_REPORT };
    bool of_runs = false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        of_runs = of_runs || a == own[i];
    if (!of_runs)
        return NULL;
    if (!v || !offered(v, a))
        return "";
    if (a == ACTION_PAUSE && v->state == RUN_PARKED)
        return "ask again";
    if (a == ACTION_PAUSE && v->state == RUN_PAUSED)
        return "go on";
    return a == ACTION_CANCEL && not_started(v) ? "remove" : NULL;
}

static void run_job(struct app *app, enum run_job job, const struct view *v, int event, uint64_t serial)
{
    struct err e;
    if (run_jobs_do(world_of(app), job, v->id, event, serial, &e) < 0)
        app_say_err(app, &e);
}

static void show_report(struct app *app, const struct view *v)
{
    if (v->report[0])
        app_copy(app, v->report, v->report);
    else
        app_say(app, ROLE_WARN, "the report is written when the run ends");
}

static void ask_cancel(struct app *app, const struct view *v)
{
    if (not_started(v))
        app_ask(app, ASK_REMOVE, "Remove", "This run was planned and never started. Remove it?", "Keep|Remove", NULL);
    else
        app_ask(app, ASK_CANCEL, "Cancel this run?", "What was sent stays where it is; what was not sent yet is not sent. The table and the report say so.",
                "Go on|Cancel it", NULL);
}

bool run_keys_do(struct app *app, const struct view *v, enum action a, int event, uint64_t serial)
{
    switch (a) {
    case ACTION_PAUSE:
        run_job(app, v->state == RUN_PARKED ? RUN_JOB_ASK_AGAIN : v->state == RUN_PAUSED ? RUN_JOB_GO_ON : RUN_JOB_PAUSE, v, event, serial);
        return true;
    case ACTION_RETRY: run_job(app, RUN_JOB_RETRY, v, event, serial); return true;
    case ACTION_RESUME: run_job(app, RUN_JOB_RESUME, v, event, serial); return true;
    case ACTION_CANCEL: ask_cancel(app, v); return true;
    case ACTION_REPORT: show_report(app, v); return true;
    case ACTION_PREVIEW: app_push(app, &screen_preview, v->table); return true;
    default: return false;
    }
}

void run_keys_answer(struct app *app, const struct view *v, int tag, int answer, int event, uint64_t serial)
{
    if (v && answer == 1 && (tag == ASK_CANCEL || tag == ASK_REMOVE))
        run_job(app, tag == ASK_REMOVE ? RUN_JOB_REMOVE : RUN_JOB_CANCEL, v, event, serial);
}

void run_keys_done(struct app *app, const struct run_done *done)
{
    runs_feed_poke(world_of(app)->runs);
    if (done->error.code != ERR_NONE)
        app_say_err(app, &done->error);
    else
        app_say(app, ROLE_INFO, "%s", done->words);
}
