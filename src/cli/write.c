/* A run carried by a command: here, or in a worker until its gate is passed. */
#include "cli/write.h"
#include "core/plan.h"
#include "core/view.h"
#include <signal.h>
#include <unistd.h>

static volatile int stop_flag;
static volatile sig_atomic_t stop_signal;

static void on_stop(int signal_number)
{
    stop_signal = signal_number;
    stop_flag = stop_flag + 1 > 2 ? 2 : stop_flag + 1;
}

static void catch_signals(void)
{
    const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = on_stop };

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

void write_name_thing(const struct ask *ask, struct write_thing *out)
{
    str_copy(out->name, sizeof out->name, ask->table.object != NULL ? ask->table.object : ask->dataset != NULL ? ask->dataset : "");
}

/* --- the questions --- */

struct carry { struct command *c; struct session *s; const char *id; const struct write_thing *thing; bool passed; struct err err; };

/* 1: yes. */
static int ask_person(struct carry *x, const struct run_plan *plan)
{
    char question[700];

    if (plan->start_only)
        snprintf(question, sizeof question, "%s is stopped, and the plan needs it. Start it?", plan->compute[0] != '\0' ? plan->compute : "The compute");
    else if (plan->compute_must_start)
        snprintf(question, sizeof question, "Start? %s is stopped and is started with it.", plan->compute[0] != '\0' ? plan->compute : "The compute");
    else
        str_copy(question, sizeof question, "Start?");
    if (plan->start_only || !x->s->settings.production)
        return out_ask(x->c->out, question);
    if (plan->compute_must_start)
        out_say(x->c->out, "%s is stopped and is started with it", plan->compute);
    snprintf(question, sizeof question, "The profile %s is marked as production. To start, type %s", x->s->profile_name, x->thing->name);
    return out_ask_word(x->c->out, question, x->thing->name);
}

static int gate(void *ctx, const struct run_plan *plan)
{
    struct carry *x = ctx;

    if (command_has(x->c, OPT_YES) || ask_person(x, plan))
        return 1;
    out_say(x->c->out, "nothing was changed%s", isatty(STDIN_FILENO) ? "" : "; there is no terminal to ask, and --yes was not given");
    return 0;
}

static void emit(void *ctx, const cJSON *line)
{
    write_show_line(((struct carry *)ctx)->c->out, line);
}

/* --- here --- */

static int execute_here(struct carry *x)
{
    const struct run_hooks hooks = { emit, gate, x };
    struct run *run = NULL;
    struct err e = {0};
    int status;

    if (run_open(x->id, &run, &e) != 0)
        return out_error(x->c->out, &e);
    catch_signals();
    status = run_execute(run, x->s, &hooks, &stop_flag, &e);
    run_close(run);
    write_show_end(x->c->out, x->id, status);
    if (stop_signal != 0 && status != 0 && status != 3) {
        out_say(x->c->out, "stopped; `lakeferry resume %s` goes on", x->id);
        return 128 + stop_signal;
    }
    return status;
}

/* --- in a worker; we stay until its gate is passed --- */

static int at_gate(void *ctx, const cJSON *line)
{
    struct carry *x = ctx;
    struct run_plan plan;
    bool yes;

    write_show_line(x->c->out, line);
    if (!str_eq(json_str(line, "type"), "plan"))
        return 0;
    plan_read(line, &plan);
    yes = gate(x, &plan) == 1;
    x->passed = yes && !plan.start_only;
    /* Refused, the worker ends, and with it the watching: its status is ours. Once the compute may start, the plan is still to come. */
    return view_control(x->id, yes ? "yes" : "no", &x->err) != 0 || x->passed ? -1 : 0;
}

static int execute_detached(struct carry *x)
{
    struct err e = {0};
    int status = 0;

    if (run_spawn(x->id, x->s, &e) != 0 || view_watch(x->id, at_gate, x, &status, &e) != 0)
        return out_error(x->c->out, &e);
    if (x->err.code != ERR_NONE)
        return out_error(x->c->out, &x->err);
    if (x->passed)
        out_say(x->c->out, "run %s; `lakeferry runs watch %s` follows it", x->id, x->id);
    else
        write_show_end(x->c->out, x->id, status);
    return status;
}

int write_carry(struct command *c, struct session *s, const char *id, const struct write_thing *thing)
{
    struct carry x = { .c = c, .s = s, .id = id, .thing = thing };

    return command_has(c, OPT_DETACH) && !command_has(c, OPT_DRY_RUN) ? execute_detached(&x) : execute_here(&x);
}
