/* Rows of stages begun and ended, their gates, and what the run's thread asks and orders. */
#include "base/timefmt.h"
#include "core/stages_inside.h"
#include <errno.h>

/* --- rows: on the run's thread --- */

static bool is_done(struct stages *s, int row) { return (s->done & (1u << row)) != 0; }

static void fact_name(struct stages *s, int row, char out[64]) { snprintf(out, 64, "stage.%s", s->verb->rows[row].name); }

static int start_row(struct stages *s, int at, struct err *e)
{
    const struct stages_row *row = &s->verb->rows[at];
    struct stages_row_state *state = &s->rows[at];
    int lanes = row->lanes ? row->lanes(s->job) : 1;
    state->lanes = lanes < 1 ? 1 : lanes > STAGES_LANES_MAX ? STAGES_LANES_MAX : lanes;
    state->lane = calloc((size_t)state->lanes, sizeof *state->lane);
    if (!state->lane)
        return err_no_memory(e);
    state->started = true;
    state->began_ms = time_mono_ms();
    for (int i = 0; i < state->lanes; i++) {
        state->lane[i] = (struct stages_lane){.all = s, .row = at};
        state->running++;
        int rc = pthread_create(&state->lane[i].thread, NULL, stages_lane_main, &state->lane[i]);
        if (rc != 0) {
            state->running--;
            state->lanes = i;
            return err_set_errno(e, rc, "cannot start a thread");
        }
    }
    return 0;
}

static void join_row(struct stages *s, struct stages_row_state *row)
{
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < row->lanes; i++)
        pthread_join(row->lane[i].thread, NULL);
    pthread_mutex_lock(&s->lock);
    row->joined = true;
    free(row->lane);
    row->lane = NULL;
}

/* What a row took in earlier turns, in which it was not done. */
static int64_t spent_before(struct stages *s, int at, char fact[64])
{
    snprintf(fact, 64, "spent.%s", s->verb->rows[at].name);
    return journal_get_i64(s->job->journal, fact, 0);
}

static void keep_spent(struct stages *s, int at)
{
    char fact[64];
    struct err ignored = {0};
    int64_t before = spent_before(s, at, fact);
    journal_put_i64(s->job->journal, fact, before + time_mono_ms() - s->rows[at].began_ms, &ignored);
}

/* Records that a row is done, with the time it took. */
static int finish_row(struct stages *s, int at, struct err *e)
{
    char fact[64];
    int64_t before = spent_before(s, at, fact);
    fact_name(s, at, fact);
    if (journal_put_i64(s->job->journal, fact, before + time_mono_ms() - s->rows[at].began_ms, e) != 0)
        return -1;
    s->done |= 1u << at;
    journal_kill_point(fact);
    return 0;
}

/* The last row that may be worked on while its gate is shut. */
static int last_open(const struct stages *s)
{
    return s->gate_open ? s->verb->count - 1 : s->start_open ? s->verb->gate : s->verb->start_gate;
}

static void start_ready(struct stages *s)
{
    struct err e = {0};
    for (int i = 0; i < s->verb->count && !s->stopping; i++) {
        struct stages_row_state *row = &s->rows[i];
        if (row->started || is_done(s, i) || i > last_open(s) || (s->verb->rows[i].after & ~s->done) != 0)
            continue;
        if (start_row(s, i, &e) != 0)
            stages_fail_run(s, &e);
    }
}

static int collect(struct stages *s)
{
    struct err e = {0};
    int running = 0;
    for (int i = 0; i < s->verb->count; i++) {
        struct stages_row_state *row = &s->rows[i];
        if (!row->started || row->joined)
            continue;
        if (row->running > 0) {
            running++;
            continue;
        }
        join_row(s, row);
        if (row->finished && finish_row(s, i, &e) != 0)
            stages_fail_run(s, &e);
    }
    return running;
}

static void check_patience(struct stages *s, bool attended)
{
    if (!s->parked || s->stopping || attended || time_mono_ms() - s->parked_since < s->job->give_up_ms)
        return;
    s->gave_up = true;
    stages_fail_run(s, &s->park_error);
}

enum stages_status stages_step(struct stages *s, int64_t wait_ms, bool attended)
{
    unsigned all = (1u << s->verb->count) - 1;
    pthread_mutex_lock(&s->lock);
    unsigned before = s->done;
    collect(s);
    start_ready(s);
    check_patience(s, attended);
    if (before == s->done && !s->stopping && s->done != all)
        stages_wait_on(s, &s->ended, wait_ms);
    int running = collect(s);
    start_ready(s);
    enum stages_status status = STAGES_RUNNING;
    bool any = false;
    for (int i = 0; i < s->verb->count; i++)
        any = any || (s->rows[i].started && !s->rows[i].joined);
    if (s->done == all)
        status = STAGES_ENDED;
    else if (s->stopping && running == 0)
        status = STAGES_STOPPED;
    else if (!s->start_open && !any && is_done(s, s->verb->start_gate))
        status = STAGES_AT_START;
    else if (!s->gate_open && !any && is_done(s, s->verb->gate))
        status = STAGES_AT_GATE;
    else if (s->stopping)
        stages_wait_on(s, &s->ended, wait_ms);
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* --- control --- */

void stages_open_gate(struct stages *s)
{
    pthread_mutex_lock(&s->lock);
    s->start_open = s->gate_open = true;
    pthread_mutex_unlock(&s->lock);
}

void stages_open_start(struct stages *s)
{
    pthread_mutex_lock(&s->lock);
    s->start_open = true;
    pthread_mutex_unlock(&s->lock);
}

void stages_pause(struct stages *s, bool paused)
{
    pthread_mutex_lock(&s->lock);
    s->paused = paused;
    stages_wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

void stages_stop(struct stages *s, bool hard)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    s->job->draining = 1;
    if (hard)
        net_cancel_set(&s->job->cancel);
    stages_wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

void stages_give_up(struct stages *s, const struct err *why, bool parked)
{
    pthread_mutex_lock(&s->lock);
    s->gave_up = s->gave_up || parked;
    stages_fail_run(s, why);
    net_cancel_set(&s->job->cancel);
    stages_wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

bool stages_under_way(struct stages *s)
{
    pthread_mutex_lock(&s->lock);
    bool so = stages_asked_all(s);
    pthread_mutex_unlock(&s->lock);
    return so;
}

bool stages_parked(struct stages *s, struct err *why, int64_t *next_ms)
{
    pthread_mutex_lock(&s->lock);
    bool parked = s->parked;
    if (parked) {
        int64_t left = s->ask_again - time_mono_ms();
        *why = s->park_error;
        *next_ms = left > 0 ? left : 0;
    }
    pthread_mutex_unlock(&s->lock);
    return parked;
}

void stages_wake(struct stages *s)
{
    pthread_mutex_lock(&s->lock);
    s->ask_again = time_mono_ms();
    s->parked_since = s->ask_again;
    stages_wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

void stages_failure(struct stages *s, struct err *e, bool *parked)
{
    pthread_mutex_lock(&s->lock);
    *e = s->failure;
    *parked = s->gave_up;
    pthread_mutex_unlock(&s->lock);
}

int stages_active(struct stages *s, unsigned *active, unsigned *done)
{
    int first = -1;
    *active = 0;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->verb->count; i++) {
        if (!s->rows[i].started || s->rows[i].joined)
            continue;
        *active |= 1u << i;
        if (first < 0)
            first = i;
    }
    *done = s->done;
    pthread_mutex_unlock(&s->lock);
    return first;
}

/* What an earlier process recorded. A fact that cannot be read looks absent: a stage would be begun again that was done. */
static int read_done(struct stages *s, struct err *e)
{
    struct journal *j = s->job->journal;
    s->start_open = s->gate_open || s->verb->start_gate < 0 || journal_has(j, "start");
    for (int i = 0; i < s->verb->count; i++) {
        char fact[64];
        fact_name(s, i, fact);
        if (journal_has(j, fact))
            s->done |= 1u << i;
    }
    return journal_trusted(j, e);
}

int stages_new(struct stages_job *job, const struct stages_verb *verb, bool gate_open, struct stages **out, struct err *e)
{
    struct stages *s = calloc(1, sizeof *s);
    if (!s)
        return err_no_memory(e);
    s->job = job;
    s->verb = verb;
    s->gate_open = gate_open;
    if (read_done(s, e) != 0) {
        free(s);
        return -1;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->ended, &attr);
    for (int i = 0; i < verb->count; i++)
        pthread_cond_init(&s->rows[i].changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->lock, NULL);
    *out = s;
    return 0;
}

void stages_free(struct stages *s)
{
    if (!s)
        return;
    stages_stop(s, true);
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->verb->count; i++)
        if (s->rows[i].started && !s->rows[i].joined)
            join_row(s, &s->rows[i]);
    for (int i = 0; i < s->verb->count; i++)
        if (s->rows[i].started && !is_done(s, i))
            keep_spent(s, i);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_destroy(&s->ended);
    for (int i = 0; i < s->verb->count; i++)
        pthread_cond_destroy(&s->rows[i].changed);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
