#ifndef LAKEFERRY_CORE_RUN_EXEC_H
#define LAKEFERRY_CORE_RUN_EXEC_H
/*
 * run_exec: a run being executed, as run.c (its loop), run_say.c, run_control.c, run_end.c and run_idle.c share it. Everything here belongs to the
 * thread that executes the run. Other modules see core/run.h.
 */
#include "core/run_inside.h"

#define RUN_STEP_MS 100
#define RUN_PROGRESS_MS 1000

struct exec {
    struct run *run;
    struct session *session;
    const struct run_hooks *hooks;
    volatile int *stop;
    const struct stages_verb *verb;
    struct stages_job job;
    struct stages *stages;
    struct link *link;
    enum run_state state;
    int64_t began_ms, said_progress_ms, said_seq;
    int64_t gate_ms;                  /* monotonic: when it began to wait for a yes, 0: it has not */
    int64_t rate_done, rate_at_ms;
    uint64_t rate_bytes;
    int rate_row;
    double rate, bytes_rate;
    bool paused, parked, cancelling, stopped, hard, said_plan;
    int answer;                   /* of the gate: 1 yes, 0 no, -1 not yet */
    int64_t stopped_ms;
    struct err outage;            /* a host does not answer and the engine probes it: code set */
    int64_t outage_ms, next_probe_ms;
    char quiet[256];              /* a host that says nothing, in words: "" none */
};

/* --- saying (run_say.c) --- */
/* To hooks, viewers and, with keep, the report. Takes the line; NULL is fine. */
void exec_say(struct exec *x, cJSON *line, bool keep);
void exec_say_error(struct exec *x, const struct err *e);
/* An outage that is waited for reads otherwise than one that ends the run. */
void exec_say_waiting(struct exec *x, const struct err *why);
void exec_set_state(struct exec *x, enum run_state state);
/* Items that ended badly since the last time, in the order they did; after the plan, which counts the first of them. */
int exec_say_items(struct exec *x, struct err *e);
/* The plan as it is now, kept as a fact, too. */
int exec_say_plan(struct exec *x, struct err *e);
/* At most one line a RUN_PROGRESS_MS, unless now. */
void exec_say_progress(struct exec *x, bool now);
/* The figures of all stages as a fact, for who looks at the run when it has ended. */
void exec_save_last(struct exec *x);

/* --- control (run_control.c) --- */
void exec_take_commands(struct exec *x);
/* Somebody looks: then a parked run waits without end. */
bool exec_attended(struct exec *x);
/* Fills x->outage while a host is down; exec_check_hosts also gives up where that is due. */
void exec_watch_hosts(struct exec *x);
/* Fills x->quiet; nothing follows from it but that it is said. */
void exec_watch_quiet(struct exec *x);
void exec_check_hosts(struct exec *x);
void exec_watch_parking(struct exec *x);
void exec_watch_stop(struct exec *x);

/* --- making and unmaking what executes (run.c) --- */
void exec_fill_job(struct exec *x);
int exec_start_stages(struct exec *x, struct err *e);
void exec_end_stages(struct exec *x);
/* The stages from `first` on must be gone through once more. */
int exec_reopen_from(struct journal *j, const struct stages_verb *verb, const char *first, struct err *e);
int exec_cancel_unsent(struct journal *j, struct err *e);

/* --- ends (run_end.c): each records state and exit status, and returns the latter; exec_end_well -1 with e when it could not --- */
int exec_end_well(struct exec *x, struct err *e);
int exec_end_badly(struct exec *x, struct err *e);
int exec_end_at_gate(struct exec *x, struct err *e);
#endif
