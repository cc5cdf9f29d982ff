/* What a lane does with the results of its work: it goes on, parks the run or fails it. */
#include "base/timefmt.h"
#include "core/stages_inside.h"

#define STAGES_IDLE_MS 50

void stages_wait_on(struct stages *s, pthread_cond_t *cond, int64_t ms)
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

void stages_wake_all(struct stages *s)
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
        stages_wake_all(s);
    else if (result == STAGES_DID)
        pthread_cond_broadcast(&s->rows[row].changed);
}

/* --- parking: with the mutex held --- */

/* Which row, and which of its two services, a result speaks of. */
static int kind_of(int row, int result) { return row * 2 + (result == STAGES_READ || result == STAGES_READ_FAILED); }

/* Who was under way when the outage began says nothing new; a question of it that failed does. */
static void park(struct stages *s, int kind, bool probe, const struct err *e)
{
    int64_t now = time_mono_ms();
    if (s->parked && !probe)
        return;
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

void stages_fail_run(struct stages *s, const struct err *e)
{
    if (s->failure.code == ERR_NONE && !s->stopping)
        s->failure = *e;
    s->stopping = true;
    s->job->draining = 1;
}

bool stages_asked_all(const struct stages *s)
{
    bool all = true;
    for (int i = 0; i < s->verb->count; i++)
        all = all && (s->verb->rows[i].after != 0 || s->rows[i].finished);
    return s->gate_open || all;
}

/* What may pass by itself is waited for: behind the gate always, before it when the service was well already; a wrong host or token is said at once. */
static bool waits(const struct stages *s, const struct stages_row_state *row, int kind, const struct err *e)
{
    bool may_pass = err_parks(e) || e->code == ERR_RATE_LIMIT || e->code == ERR_TIMEOUT || e->code == ERR_UNKNOWN;
    bool said_so = e->code == ERR_MAINTENANCE;      /* the right host, and it will be back */
    bool unreachable = (e->code == ERR_OFFLINE || e->code == ERR_TIMEOUT) && e->http == 0;
    return may_pass && (s->gate_open || said_so || row->worked[kind % 2] || (unreachable && stages_asked_all(s)));
}

static void take_result(struct stages *s, int at, bool probe, int result, const struct err *e)
{
    struct stages_row_state *row = &s->rows[at];
    if (result < 0) {
        if (s->stopping)
            return;
        if (waits(s, row, kind_of(at, result), e))
            park(s, kind_of(at, result), probe, e);
        else
            stages_fail_run(s, e);
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

void *stages_lane_main(void *arg)
{
    struct stages_lane *lane = arg;
    struct stages *s = lane->all;
    struct stages_row_state *row = &s->rows[lane->row];
    pthread_mutex_lock(&s->lock);
    while (!s->stopping && !row->finished) {
        if (!may_work(s)) {
            stages_wait_on(s, &row->changed, STAGES_IDLE_MS);
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
            stages_wait_on(s, &row->changed, STAGES_IDLE_MS);
    }
    row->running--;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
    return NULL;
}
