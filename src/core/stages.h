#ifndef LAKEFERRY_CORE_STAGES_H
#define LAKEFERRY_CORE_STAGES_H
/*
 * stages: executes a verb, which is a constant table of stages over the journal. A stage's work function takes the next piece of its worklist from the
 * journal, does it with blocking calls, and records the outcome; lanes (threads) of a stage call it until it says that the stage is done. Stages
 * overlap as far as `after` allows. One row is the gate: what comes behind it waits for stages_open_gate. A verb whose plan needs the compute has a
 * gate before that one, the start gate, which waits for stages_open_start.
 *
 * A failure that may pass by itself (err_parks, and requests whose tries are used up) makes the whole run wait; one lane asks again after a growing
 * pause. Before the gate that holds only for a service that has answered already: the rows that wait for no other (a verb's look, a volume's list) ask
 * every service that the verb needs. Any other failure ends the run, drained: each lane ends its piece.
 * The thread that executes the run calls the functions here; work functions run on lanes.
 */
#include "core/ask.h"
#include "core/journal.h"
#include "core/run.h"
#include "core/session.h"
#include <pthread.h>
#include <stdatomic.h>

struct stages_job {                      /* what the stages of one run share */
    const char *id, *folder;
    const struct ask *ask;
    struct session *session;
    struct journal *journal;
    struct net_cancel cancel;            /* set: calls in flight end with ERR_CANCELLED */
    atomic_int draining;                 /* set: end what is begun, begin nothing long */
    struct net_api databricks, files, clarifai;
    void *verb;                          /* the verb's own, between its open and close */
    pthread_mutex_t plan_lock; struct run_plan plan;
    int64_t retry_first_ms, retry_cap_ms, poll_first_ms, give_up_ms;
};

/*
 * What a work function says; or, with err, -1, or STAGES_READ_FAILED. A stage that uses two services says which one it was (DID or READ), because a
 * run that is parked for one of them does not go on for the other's sake.
 */
enum stages_result { STAGES_READ_FAILED = -2, STAGES_IDLE = 0, STAGES_DID, STAGES_DONE, STAGES_READ };
struct stages_figures { int64_t done, total; uint64_t bytes; };
struct stages_row {
    const char *name;                    /* "send": in the journal and in progress lines */
    const char *title;                   /* "sending" */
    unsigned after;                      /* bits of the rows that must be done before */
    int (*lanes)(const struct stages_job *job);                 /* NULL: one */
    int (*work)(struct stages_job *job, struct err *e);
    void (*figures)(struct stages_job *job, struct stages_figures *out);   /* may be NULL */
};
struct stages_verb {
    const struct stages_row *rows; int count;
    int gate;                            /* index of the row behind which the run asks */
    int start_gate;                      /* the row behind which it asks whether a stopped compute may be started for the plan; -1: none */
    const char *retry_row;               /* the row that a retry begins again with; NULL: "send" */
    int (*open)(struct stages_job *job, struct err *e);         /* makes job->verb */
    void (*close)(struct stages_job *job);
    /* What was staged or made for the run is removed: after failure and cancel, too. */
    int (*clean)(struct stages_job *job, struct err *e);
};
extern const struct stages_verb export_verb, import_volume_verb, import_s3_verb, update_verb;

/* Of one row: as many as write at most, as many that read, and some. */
#define STAGES_LANES_MAX (2 * SETTINGS_FILES_IN_FLIGHT_MAX + 4)
/* So many tries has an item before it fails. */
#define STAGES_ATTEMPTS_MAX 10

enum stages_status { STAGES_RUNNING, STAGES_AT_START, STAGES_AT_GATE, STAGES_ENDED /* all rows done */, STAGES_STOPPED /* failed, given up or stopped: see stages_failure */ };
struct stages;
/* Rows that the journal calls done are not gone through again; -1 also when it cannot be read which those are. */
int stages_new(struct stages_job *job, const struct stages_verb *verb, bool gate_open, struct stages **out, struct err *e);
/* Stops hard, joins, frees. NULL is fine. */
void stages_free(struct stages *s);
/* Starts what may start, waits at most wait_ms for something to happen. attended: somebody watches, so a parked run does not give up. */
enum stages_status stages_step(struct stages *s, int64_t wait_ms, bool attended);
/* The gate of the plan, and with it the start gate; the start gate alone (open at once when the journal has the fact "start"). */
void stages_open_gate(struct stages *s);
void stages_open_start(struct stages *s);
void stages_pause(struct stages *s, bool paused);
/* Lanes end what they have begun; hard: calls in flight are cancelled. stages_step says STAGES_STOPPED when all are gone. */
void stages_stop(struct stages *s, bool hard);
/* Ends the run with this failure, calls in flight cancelled; parked: for an outage that outlasted the patience. */
void stages_give_up(struct stages *s, const struct err *why, bool parked);
/* The rows that wait for no other were done in this process, or the gate is open: no host is a wrong one, and an outage is waited for. */
bool stages_under_way(struct stages *s);
/* True while parked; why, and milliseconds until it asks again. */
bool stages_parked(struct stages *s, struct err *why, int64_t *next_ms);
/* A parked run asks again at once (a new token came). */
void stages_wake(struct stages *s);
/* Why it stopped; code ERR_NONE when it was asked to. *parked: an outage or quota outlasted the patience. */
void stages_failure(struct stages *s, struct err *e, bool *parked);
/* Index of the first row that is active, -1: none. bits of active and done rows. */
int stages_active(struct stages *s, unsigned *active, unsigned *done);
#endif
