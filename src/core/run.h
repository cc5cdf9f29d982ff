#ifndef LAKEFERRY_CORE_RUN_H
#define LAKEFERRY_CORE_RUN_H
/*
 * run: a run of a writing verb. It is a process (this one, or a worker), its state is its journal in STATE/runs/ID/journal.db, its folder also holds
 * report.jsonl and the lock. A verb is a constant table of stages (core/stages.h); this module executes them, with gate, pause, parking, cancel and
 * report, and publishes the same JSON lines on a socket (core/link.h).
 */
#include "core/ask.h"
#include "core/session.h"

enum run_state { RUN_PLANNING, RUN_AT_GATE, RUN_RUNNING, RUN_PARKED, RUN_PAUSED, RUN_DONE, RUN_FAILED, RUN_CANCELLED, RUN_DRY };
const char *run_state_name(enum run_state s);

/* A row that an update will touch, or not: its table ("inputs", "annotations"), what becomes of it ("inserted", "changed", "unchanged", "missing"). */
struct run_sample { char table[16], change[12], key[112], text[240]; };
#define RUN_SAMPLES 24           /* three of each kind and table */
struct run_plan {                /* -1: does not apply */
    char source[512], target[512], staging[320], compute[200], workflow[128];
    int64_t files, candidates, new_items, present, conflict, failed, skipped, ids_changed, bytes, requests, seconds, add_to_dataset;
    int64_t inserted, changed, unchanged, missing;              /* rows of both tables together */
    bool create_dataset, table_exists, compute_must_start;
    bool start_only;             /* the question is whether to start the compute, which the figures need (core/stages.h, start_gate); the plan comes after */
    struct run_sample samples[RUN_SAMPLES];                     /* table "": no more */
    char notes[8][320];          /* what a person should know before saying yes */
};
struct run_summary {             /* -1: does not apply */
    int64_t planned, verified, present, skipped, failed, conflict, unaccounted, cancelled, inserted, changed, unchanged, missing, rows, commits;
    int64_t milliseconds;
};

struct run_hooks {               /* called on the thread that executes the run */
    /* One line of the JSON contract (plan, progress, item, summary, error). Belongs to the caller of emit. */
    void (*emit)(void *ctx, const cJSON *line);
    /*
     * A gate, of starting the compute or of the plan: 1 go on, 0 stop here (exit 2 when nobody can answer: emit tells), -1 ask again later through the
     * socket (workers). NULL: yes only when ask.yes.
     */
    int (*gate)(void *ctx, const struct run_plan *plan);
    void *ctx;
};
struct run;
/* A new run with its journal; id is "import-20261122-7f3a" like, unique. */
int run_create(const struct ask *ask, char id[40], struct err *e);
/* Takes the run's lock (ERR_CONFLICT: another process runs it, names its pid) and opens its journal. */
int run_open(const char *id, struct run **out, struct err *e);
void run_close(struct run *r);
const struct ask *run_ask(const struct run *r);
/* Executes to an end. Returns the exit status of design §3. stop: a flag that a signal handler sets to 1 (drain, then stop) or 2 (at once). */
int run_execute(struct run *r, struct session *s, const struct run_hooks *hooks, volatile int *stop, struct err *e);
/* Marks failed items planned again (retry). *count. */
int run_reset_failed(struct run *r, int64_t *count, struct err *e);
/* Asks a running worker to cancel, or marks and cleans a dead one's journal. s is needed for cleaning. */
int run_cancel(const char *id, struct session *s, struct err *e);
/*
 * The newest run that is not finished and that no process executes, one that was begun before others; ERR_NOT_FOUND. spoiled gets those whose journal
 * is damaged or gone: whether they are finished is not known.
 */
int run_latest_unfinished(char id[40], struct str_list *spoiled, struct err *e);
/* Removes finished runs' folders, and what is left of those whose making was killed. *count: of the former. */
int run_prune(int64_t *count, struct err *e);
/* Removes a run that never passed its gate and that no process runs; ERR_CONFLICT when it is another, success when it is gone already. */
int run_discard(const char *id, struct err *e);

/* Starts `lakeferry --worker ID` in its own session, secrets through a pipe, environment scrubbed. */
int run_spawn(const char *id, const struct session *s, struct err *e);
/* Body of that process. Returns its exit status. */
int run_worker_main(const char *id, int secrets_fd);
#endif
