/* resume, retry, cancel: runs that are there already. */
#include "cli/write.h"
#include "core/view.h"
#include <unistd.h>

#define CANCEL_LOOKS 20
#define CANCEL_LOOK_MS 100

/* thing may be NULL. */
static int open_for_run(struct command *c, const char *id, struct session *s, struct write_thing *thing, struct err *e)
{
    struct session_options o = {
        .flags = { .profile = c->args->value[OPT_PROFILE], .sandbox = command_has(c, OPT_SANDBOX) },
        .need_databricks = true, .need_clarifai = true,
    };
    struct run *run = NULL;
    int result;

    /* The run was asked for with a profile and a platform; it goes on with them unless told otherwise. */
    if (run_open(id, &run, e) != 0)
        return -1;
    if (o.flags.profile == NULL)
        o.flags.profile = run_ask(run)->profile;
    o.flags.sandbox = o.flags.sandbox || run_ask(run)->sandbox;
    o.flags.compute = run_ask(run)->compute;
    o.flags.staging = run_ask(run)->staging;
    if (thing != NULL)
        write_name_thing(run_ask(run), thing);
    result = session_open(&o, s, e);
    run_close(run);
    return result;
}

static int go_on(struct command *c, const char *id)
{
    struct write_thing thing;
    struct session s = {0};
    struct err e = {0};
    int status;

    if (open_for_run(c, id, &s, &thing, &e) != 0)
        status = out_error(c->out, &e);
    else
        status = write_carry(c, &s, id, &thing);
    session_close(&s);
    return status;
}

/* The run as its journal shows it; a journal that is damaged shows nothing, and is made again when the run is opened. */
static int look_at_run(const char *id, struct view *v, struct err *e)
{
    if (view_read(id, v, e) == 0)
        return 0;
    if (!str_eq(e->api_code, "JOURNAL_DAMAGED"))
        return -1;
    err_clear(e);
    memset(v, 0, sizeof *v);
    v->state = RUN_FAILED;
    return 0;
}

/* A run that was cancelled or was only a plan is over, and why that is so is worth a sentence. */
static int check_resumable(const char *id, struct err *e)
{
    struct view v;

    if (look_at_run(id, &v, e) != 0)
        return -1;
    if (v.alive)
        return 0;                        /* opening it says who runs it */
    if (v.state == RUN_CANCELLED) {
        err_set(e, ERR_CONFLICT, "it was cancelled, and what was cancelled is not gone on with");
        err_remedy(e, v.has_summary ? "`lakeferry retry %s` does what was left, or start a new run" : "start a new run", id);
    } else if (v.state == RUN_DRY) {
        err_set(e, ERR_CONFLICT, "it was a dry run, which ends with its plan");
        err_remedy(e, "start it without --dry-run");
    } else {
        return 0;
    }
    return err_about(e, "cannot resume", id);
}

/* The run that is to be gone on with, when none was named: 1, 0: there is none, -1. Runs that nothing is known of are named, not begun unasked. */
static int find_latest(struct command *c, char latest[40], struct err *e)
{
    struct str_list spoiled = {0};
    int found = run_latest_unfinished(latest, &spoiled, e) == 0 ? 1 : e->code == ERR_NOT_FOUND ? 0 : -1;

    if (found == 1)
        out_say(c->out, "resuming %s", latest);
    else if (found == 0)
        out_say(c->out, "nothing to resume: %s", spoiled.count > 0 ? "no run is known to be unfinished" : e->cause);
    for (size_t i = 0; i < spoiled.count; i++)
        out_say(c->out, "passed over %s: its journal is damaged, so whether it is finished is not known; `lakeferry resume %s` goes on with it",
                spoiled.items[i], spoiled.items[i]);
    str_list_release(&spoiled);
    return found;
}

int verb_resume(struct command *c)
{
    const char *id = command_run(c);
    struct err e = {0};
    char latest[40];

    if (id == NULL) {
        int found = find_latest(c, latest, &e);
        if (found <= 0)
            return found == 0 ? 0 : out_error(c->out, &e);
        id = latest;
    } else if (check_resumable(id, &e) != 0) {
        return out_error(c->out, &e);
    }
    return go_on(c, id);
}

/* Nothing failed; or what did would fail again the same way: rows of a file that are wrong, keys that a table holds more than once. */
static int nothing_to_retry(struct command *c, const char *id)
{
    struct err e = {0};
    struct view v;

    if (view_read(id, &v, &e) != 0)
        return out_error(c->out, &e);
    if (!v.has_summary || v.summary.failed + v.summary.conflict + v.summary.unaccounted <= 0) {
        out_say(c->out, "nothing failed in %s", id);
        return 0;
    }
    out_say(c->out, "what is wrong in %s cannot be sent again as it is: mend it where it comes from, and start the verb anew; `lakeferry runs show %s --failed` lists it",
            id, id);
    return 3;
}

int verb_retry(struct command *c)
{
    const char *id = command_run(c);
    struct run *run = NULL;
    struct err e = {0};
    int64_t count = 0;
    int result;

    if (run_open(id, &run, &e) != 0)
        return out_error(c->out, &e);
    result = run_reset_failed(run, &count, &e);
    run_close(run);
    if (result != 0)
        return out_error(c->out, &e);
    return count == 0 ? nothing_to_retry(c, id) : go_on(c, id);
}

/* A run may have ended before it heard of it; one that lives ends what it has begun, and that is not waited for. */
static void say_cancelled(struct command *c, const char *id)
{
    struct view v;
    struct err e = {0};
    bool known = false;

    for (int i = 0; i < CANCEL_LOOKS && (known = view_read(id, &v, &e) == 0) && v.alive; i++)
        usleep(CANCEL_LOOK_MS * 1000);
    if (known && !v.alive && v.state == RUN_DONE)
        out_say(c->out, "nothing was left to cancel: %s is done", id);
    else if (known && v.alive)
        out_say(c->out, "%s is being cancelled; what was done stays done", id);
    else
        out_say(c->out, "%s is cancelled; what was done stays done", id);
}

int verb_cancel(struct command *c)
{
    const char *id = command_run(c);
    struct session s = {0};
    struct view v;
    struct err e = {0}, ignored = {0};
    int result;

    if (look_at_run(id, &v, &e) != 0)
        return out_error(c->out, &e);
    if (!v.alive && (v.state == RUN_DONE || v.state == RUN_DRY || v.state == RUN_CANCELLED)) {
        out_say(c->out, "nothing to cancel: %s is over (%s)", id, run_state_name(v.state));
        return 0;
    }
    /* A live worker cancels itself; only a dead one's leavings need a session, and then its lock is free. */
    result = view_control(id, "cancel", &ignored);
    if (result != 0)
        result = open_for_run(c, id, &s, NULL, &e) != 0 ? -1 : run_cancel(id, &s, &e);
    session_close(&s);
    if (result != 0)
        return out_error(c->out, &e);
    say_cancelled(c, id);
    return 0;
}
