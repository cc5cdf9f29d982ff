#ifndef LAKEFERRY_CORE_STAGES_INSIDE_H
#define LAKEFERRY_CORE_STAGES_INSIDE_H
/*
 * stages_inside: what stages.c (rows begun and ended, gates, what the run's thread asks and orders) and stages_lanes.c (what a lane does with the results of
 * its work: going on, parking, failing) share. One mutex guards all of struct stages; all functions but stages_lane_main are called with it held.
 */
#include "core/stages.h"

#define STAGES_MAX 12

struct stages_lane {
    struct stages *all;
    int row;
    pthread_t thread;
};

struct stages_row_state {
    bool started, finished, joined;
    bool worked[2];            /* each of its services answered in this process */
    int lanes;
    int running;               /* lanes that have not left yet */
    int64_t began_ms;
    struct stages_lane *lane;
    pthread_cond_t changed;    /* its idle lanes wait here */
};

struct stages {
    struct stages_job *job;
    const struct stages_verb *verb;
    pthread_mutex_t lock;
    pthread_cond_t ended;      /* the run's thread waits here: a lane has left, or the whole run is concerned */
    struct stages_row_state rows[STAGES_MAX];
    unsigned done;
    bool start_open, gate_open, paused, stopping;
    bool parked, probing, gave_up;
    int parked_kind;           /* row and service that the run waits for */
    int64_t parked_since, ask_again, park_delay;
    struct err park_error, failure;
};

/* Waits at most ms, without the mutex. */
void stages_wait_on(struct stages *s, pthread_cond_t *cond, int64_t ms);
/* Every lane that waits, and the run's thread. */
void stages_wake_all(struct stages *s);
/* Ends the run, drained; the first failure counts. */
void stages_fail_run(struct stages *s, const struct err *e);
/* The gate is open, or each row that waits for no other was done in this process: between them they ask every service that the verb needs. */
bool stages_asked_all(const struct stages *s);
/* A lane's thread (arg: struct stages_lane), until its row is done or the run stops. */
void *stages_lane_main(void *arg);
#endif
