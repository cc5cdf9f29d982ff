#include "core/stages.h"
#include "base/timefmt.h"
#include <errno.h>
#include <pthread.h>

#define STAGES_MAX 12
#define STAGES_LANES 132
#define STAGES_IDLE_MS 50

struct lane {
    struct stages *all;
    int row;
    pthread_t thread;
};

struct row_state {
    bool started, finished, joined;
    bool worked[2];            /* each of its services answered in this process */
    int lanes;
    int running;               /* lanes that have not left yet */
    int64_t began_ms;
    struct lane *lane;
    pthread_cond_t changed;    /* its idle lanes wait here */
};

struct stages {
    struct stages_job *job;
    const struct stages_verb *verb;
    pthread_mutex_t lock;
    pthread_cond_t ended;      /* the run's thread waits here: a lane has left, or the whole run is concerned */
    struct row_state rows[STAGES_MAX];
    unsigned done;
    bool start_open, gate_open, paused, stopping;
    bool parked, probing, gave_up;
    int parked_kind;           /* row and service that the run waits for */
    int64_t parked_since, ask_again, park_delay;
    struct err park_error, failure;
};

static void wait_on(struct stages *s, pthread_cond_t *cond, int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += (ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    pthread_cond_timedwait(cond, &s->lock, &at);
}

static void wake_all(struct stages *s)
{
    for (int i = 0; i < s->verb->count; i++)
        pthread_cond_broadcast(&s->rows[i].changed);
    pthread_cond_signal(&s->ended);
}

/*
 * Whom a result concerns. Something read is at most one new piece, and the lane that read it comes for it; only what ends a piece (and gives its memory
 * back) or finds new ones is worth waking the row's idle lanes for. Each waking costs as much as reading a small file.
 */
static void wake_for(struct stages *s, int row, int result, bool was_parked)
{
    if (result < 0 || result == STAGES_DONE || was_parked != s->parked)
        wake_all(s);
    else if (result == STAGES_DID)
        pthread_cond_broadcast(&s->rows[row].changed);
}

/* --- parking: with the mutex held --- */

/* Which row, and which of its two services, a result speaks of. */
static int kind_of(int row, int result) { return row * 2 + (result == STAGES_READ || result == STAGES_READ_FAILED); }

static void park(struct stages *s, int kind, const struct err *e)
{
    int64_t now = time_mono_ms();
    if (!s->parked) {
        s->parked = true;
        s->parked_kind = kind;
        s->parked_since = now;
        s->park_delay = s->job->retry_first_ms * 2;
    } else {
        s->park_delay *= 2;
    }
    if (s->park_delay > s->job->retry_cap_ms)
        s->park_delay = s->job->retry_cap_ms;
    s->ask_again = now + s->park_delay;
    s->park_error = *e;
    s->probing = false;
}

static void unpark(struct stages *s)
{
    s->parked = s->probing = false;
    err_clear(&s->park_error);
}

/* Whether this lane may go on now; a parked run lets one lane through when its time has come. */
static bool may_work(struct stages *s)
{
    if (s->paused)
        return false;
    if (!s->parked)
        return true;
    if (s->probing || time_mono_ms() < s->ask_again)
        return false;
    s->probing = true;
    return true;
}

static void fail_run(struct stages *s, const struct err *e)
{
    if (s->failure.code == ERR_NONE && !s->stopping)
        s->failure = *e;
    s->stopping = true;
    s->job->draining = 1;
}

/* Each row that waits for no other was done in this process: between them they ask every service that the verb needs. */
static bool under_way(const struct stages *s)
{
    bool all = true;
    for (int i = 0; i < s->verb->count; i++)
        all = all && (s->verb->rows[i].after != 0 || s->rows[i].finished);
    return s->gate_open || all;
}

/* What may pass by itself is waited for: behind the gate always, before it when the service was well already; a wrong host or token is said at once. */
static bool waits(const struct stages *s, const struct row_state *row, int kind, const struct err *e)
{
    bool may_pass = err_parks(e) || e->code == ERR_RATE_LIMIT || e->code == ERR_TIMEOUT || e->code == ERR_UNKNOWN;
    bool said_so = e->code == ERR_MAINTENANCE;      /* the right host, and it will be back */
    bool unreachable = (e->code == ERR_OFFLINE || e->code == ERR_TIMEOUT) && e->http == 0;
    return may_pass && (s->gate_open || said_so || row->worked[kind % 2] || (unreachable && under_way(s)));
}

static void take_result(struct stages *s, int at, bool probe, int result, const struct err *e)
{
    struct row_state *row = &s->rows[at];
    if (result < 0) {
        if (s->stopping)
            return;
        if (waits(s, row, kind_of(at, result), e))
            park(s, kind_of(at, result), e);
        else
            fail_run(s, e);
        return;
    }
    row->worked[kind_of(at, result) % 2] = row->worked[kind_of(at, result) % 2] || result != STAGES_IDLE;
    if (probe && result != STAGES_IDLE && kind_of(at, result) == s->parked_kind)
        unpark(s);
    else if (probe)
        s->probing = false;
    if (result == STAGES_DONE)
        row->finished = true;
}

static void *lane_main(void *arg)
{
    struct lane *lane = arg;
    struct stages *s = lane->all;
    struct row_state *row = &s->rows[lane->row];
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && !row->finished) {
        if (!may_work(s)) {
            wait_on(s, &row->changed, STAGES_IDLE_MS);
            continue;
        }
        bool probe = s->probing && s->parked;
        pthread_mutex_unlock(&s->lock);
        struct err e = {0};
        int result = s->verb->rows[lane->row].work(s->job, &e);
        if (result >= 0 && journal_trusted(s->job->journal, &e) != 0)
            result = -1;                 /* a fact that could not be read was taken for absent */
        pthread_mutex_lock(&s->lock);
        bool parked = s->parked;
        take_result(s, lane->row, probe, result, &e);
        wake_for(s, lane->row, result, parked);
        if (result == STAGES_IDLE && !s->stopping && !row->finished)
            wait_on(s, &row->changed, STAGES_IDLE_MS);
    }
    row->running--;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* --- rows: on the run's thread --- */

static bool is_done(struct stages *s, int row) { return (s->done & (1u << row)) != 0; }

static void fact_name(struct stages *s, int row, char out[64]) { snprintf(out, 64, "stage.%s", s->verb->rows[row].name); }

static int start_row(struct stages *s, int at, struct err *e)
{
    const struct stages_row *row = &s->verb->rows[at];
    struct row_state *state = &s->rows[at];
    int lanes = row->lanes ? row->lanes(s->job) : 1;
    state->lanes = lanes < 1 ? 1 : lanes > STAGES_LANES ? STAGES_LANES : lanes;
    state->lane = calloc((size_t)state->lanes, sizeof *state->lane);
    if (!state->lane)
        return err_no_memory(e);
    state->started = true;
    state->began_ms = time_mono_ms();
    for (int i = 0; i < state->lanes; i++) {
        state->lane[i] = (struct lane){.all = s, .row = at};
        state->running++;
        int rc = pthread_create(&state->lane[i].thread, NULL, lane_main, &state->lane[i]);
        if (rc != 0) {
            state->running--;
            state->lanes = i;
            return err_set_errno(e, rc, "cannot start a thread");
        }
    }
    return 0;
}

static void join_row(struct stages *s, struct row_state *row)
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
        struct row_state *row = &s->rows[i];
        if (row->started || is_done(s, i) || i > last_open(s) || (s->verb->rows[i].after & ~s->done) != 0)
            continue;
        if (start_row(s, i, &e) != 0)
            fail_run(s, &e);
    }
}

static int collect(struct stages *s)
{
    struct err e = {0};
    int running = 0;
    for (int i = 0; i < s->verb->count; i++) {
        struct row_state *row = &s->rows[i];
        if (!row->started || row->joined)
            continue;
        if (row->running > 0) {
            running++;
            continue;
        }
        join_row(s, row);
        if (row->finished && finish_row(s, i, &e) != 0)
            fail_run(s, &e);
    }
    return running;
}

static void check_patience(struct stages *s, bool attended)
{
    if (!s->parked || s->stopping || attended || time_mono_ms() - s->parked_since < s->job->give_up_ms)
        return;
    s->gave_up = true;
    fail_run(s, &s->park_error);
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
        wait_on(s, &s->ended, wait_ms);
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
        wait_on(s, &s->ended, wait_ms);
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
    wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

void stages_stop(struct stages *s, bool hard)
{
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    s->job->draining = 1;
    if (hard)
        net_cancel_set(&s->job->cancel);
    wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

void stages_give_up(struct stages *s, const struct err *why, bool parked)
{
    pthread_mutex_lock(&s->lock);
    s->gave_up = s->gave_up || parked;
    fail_run(s, why);
    net_cancel_set(&s->job->cancel);
    wake_all(s);
    pthread_mutex_unlock(&s->lock);
}

bool stages_under_way(struct stages *s)
{
    pthread_mutex_lock(&s->lock);
    bool so = under_way(s);
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
    wake_all(s);
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

int stages_new(struct stages_job *job, const struct stages_verb *verb, bool gate_open, struct stages **out, struct err *e)
{
    struct stages *s = calloc(1, sizeof *s);
    if (!s)
        return err_no_memory(e);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&s->ended, &attr);
    for (int i = 0; i < verb->count; i++)
        pthread_cond_init(&s->rows[i].changed, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&s->lock, NULL);
    s->job = job;
    s->verb = verb;
    s->gate_open = gate_open;
    s->start_open = gate_open || verb->start_gate < 0 || journal_has(job->journal, "start");
    for (int i = 0; i < verb->count; i++) {
        char fact[64];
        fact_name(s, i, fact);
        if (journal_has(job->journal, fact))
            s->done |= 1u << i;
    }
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
