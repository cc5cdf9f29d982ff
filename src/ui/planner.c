#include "ui/planner.h"
#include "base/timefmt.h"
#include "core/view.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define WAIT_MS 20000        /* for a worker to reach its gate again */
#define END_MS 5000          /* for a cancelled worker to end */
#define LEAVE_MS 5000        /* the same while the program is left: on a busy machine it is still starting */
#define STEP_US 50000
#define CLEAN_MS 5000        /* between two tries to clean up after a plan whose platform does not answer */
#define DRAFTS_MOST 16
#define REFUSED_MOST 4       /* times that a run without a worker cannot be removed */

struct job {
    struct event_queue *queue;
    uint64_t serial, owner, number;
    int event;
    struct ask *ask;
    char id[40];
};
struct note { char id[40]; uint64_t owner; struct err error; };

/* Runs that are being made, and whether the program is being left: what is made then is unmade by its own thread. */
static atomic_int making;
static atomic_bool leaving;

/* Runs that were made and neither started nor removed: none may outlive the program, whatever its threads are doing when it is left. */
static pthread_mutex_t drafts_lock = PTHREAD_MUTEX_INITIALIZER;
static char drafts[DRAFTS_MOST][40];

/* Puts the id into the first place that holds `from` ("" is a free one). */
static void drafts_put(const char *from, const char *id)
{
    pthread_mutex_lock(&drafts_lock);
    for (int i = 0; i < DRAFTS_MOST; i++)
        if (str_eq(drafts[i], from)) {
            str_copy(drafts[i], sizeof drafts[i], id);
            break;
        }
    pthread_mutex_unlock(&drafts_lock);
}

static void ask_free(struct ask *ask)
{
    if (ask)
        ask_release(ask);
    free(ask);
}

static void job_free(struct job *job)
{
    ask_free(job->ask);
    free(job);
}

static bool is_draft(const char *id)
{
    bool found = false;
    pthread_mutex_lock(&drafts_lock);
    for (int i = 0; i < DRAFTS_MOST; i++)
        found = found || str_eq(drafts[i], id);
    pthread_mutex_unlock(&drafts_lock);
    return found;
}

/* Ends the worker of a run that was not begun and removes the run. One that is just starting may come to life between the look and the removal. */
static void discard(const char *id, int64_t most_ms)
{
    struct err e = { 0 };
    struct view *v = malloc(sizeof *v);
    int refused = 0;
    for (int64_t end = time_mono_ms() + most_ms; v && refused < REFUSED_MOST && time_mono_ms() < end; usleep(STEP_US)) {
        int seen = view_read(id, v, &e);
        if (seen == 0 && v->alive) {
            view_control(id, "cancel", &e);
        } else if (seen == 0 ? run_discard(id, &e) == 0 : e.code == ERR_NOT_FOUND) {
            drafts_put(id, "");
            break;
        } else {
            refused++;
        }
    }
    free(v);
}

/* ---- on other threads ---- */

static void tell(const struct job *job, int event, const struct err *error)
{
    struct err ignored;
    struct note *n = calloc(1, sizeof *n);
    if (!n)
        return;
    str_copy(n->id, sizeof n->id, job->id);
    n->owner = job->owner;
    n->error = *error;
    event_post(job->queue, event, job->serial, job->number, n, free, &ignored);
}

static void begin_work(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct job *job = arg;
    struct err e = { 0 }, ignored;
    (void)cancel;
    int result = session ? run_create(job->ask, job->id, &e) : err_set(&e, ERR_CONFIG, "there is no connection yet");
    if (result == 0)
        drafts_put("", job->id);
    if (result == 0 && (atomic_load(&leaving) || run_spawn(job->id, session, &e) < 0)) {
        run_discard(job->id, &ignored);
        drafts_put(job->id, "");
        result = -1;
    }
    if (result < 0)
        job->id[0] = '\0';
    tell(job, EVENT_PLANNING, &e);
    job_free(job);
    atomic_fetch_sub(&making, 1);
}

/* Through the gate; a worker that waited so long that it left is started again, from the same plan. */
static int pass(const char *id, const struct session *session, struct err *e)
{
    struct view *v = malloc(sizeof *v);
    bool spawned = false;
    int result = v ? 1 : err_no_memory(e);
    for (int64_t end = time_mono_ms() + WAIT_MS; result == 1; usleep(STEP_US)) {
        if (view_read(id, v, e) < 0)
            result = -1;
        else if (v->alive && v->state == RUN_AT_GATE)
            result = view_control(id, "yes", e);
        else if (!v->alive && spawned && v->state != RUN_AT_GATE)
            result = err_set(e, ERR_CONFLICT, "%s", v->parked_why[0] ? v->parked_why : "its worker ended");
        else if (!v->alive && !spawned) {
            spawned = true;
            result = session && run_spawn(id, session, e) == 0 ? 1 : -1;
        } else if (time_mono_ms() >= end)
            result = err_set(e, ERR_TIMEOUT, "its worker does not answer");
    }
    free(v);
    return result;
}

static void start_work(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct job *job = arg;
    struct err e = { 0 };
    bool starts = job->event == EVENT_STARTED;
    (void)cancel;
    if (starts)
        drafts_put(job->id, "");      /* before its yes: a run that was begun goes on when the program is left */
    int result = pass(job->id, session, &e);
    if (starts && result < 0)
        drafts_put("", job->id);
    if (result < 0)
        err_about(&e, starts ? "cannot start the run" : "cannot go on with the plan", job->id);
    else
        err_clear(&e);
    tell(job, job->event, &e);
    job_free(job);
}

static void wait_ms(int64_t ms, const struct net_cancel *cancel)
{
    for (int64_t end = time_mono_ms() + ms; time_mono_ms() < end && !net_cancel_is_set(cancel) && !atomic_load(&leaving);)
        usleep(STEP_US);
}

/* A plan that left rows staged, or a statement, is kept until those are gone: that is tried for as long as the platform does not let it. */
static void discard_work(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct job *job = arg;
    struct err ignored;
    discard(job->id, END_MS);
    while (session && is_draft(job->id) && !net_cancel_is_set(cancel) && !atomic_load(&leaving)) {
        wait_ms(CLEAN_MS, cancel);
        if (net_cancel_is_set(cancel) || atomic_load(&leaving))
            break;
        run_cancel(job->id, session, &ignored);
        discard(job->id, END_MS);
    }
    job_free(job);
}

/* ---- on the UI thread ---- */

void planner_init(struct planner *p, struct ui_world *world, uint64_t serial)
{
    static uint64_t last;
    *p = (struct planner){ .world = world, .serial = serial, .owner = ++last };
    atomic_store(&leaving, false);
}

static struct job *make_job(const struct planner *p, struct ask *ask)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job) {
        ask_free(ask);
        return NULL;
    }
    *job = (struct job){ .queue = app_queue(p->world->app), .serial = p->serial, .owner = p->owner, .number = p->number, .event = EVENT_STARTED, .ask = ask };
    str_copy(job->id, sizeof job->id, p->id);
    return job;
}

static bool run_job(struct planner *p, struct job *job, world_work work, struct err *e)
{
    if (!job)
        return err_no_memory(e) == 0;
    if (world_background(p->world, work, job, e) == 0)
        return true;
    job_free(job);
    return false;
}

static void set_id(struct planner *p, const char *id)
{
    runs_feed_set_draft(p->world->runs, p->id, false);
    str_copy(p->id, sizeof p->id, id);
    runs_feed_set_draft(p->world->runs, id, true);
}

/* A run that is no longer wanted. */
static void discard_later(struct planner *p, const char *id)
{
    struct err ignored;
    struct job *job = make_job(p, NULL);
    if (job)
        str_copy(job->id, sizeof job->id, id);
    run_job(p, job, discard_work, &ignored);
}

void planner_abandon(void)
{
    atomic_store(&leaving, true);
    for (int64_t end = time_mono_ms() + 2 * LEAVE_MS; atomic_load(&making) > 0 && time_mono_ms() < end; usleep(STEP_US)) {}
    for (int i = 0; i < DRAFTS_MOST; i++) {
        pthread_mutex_lock(&drafts_lock);
        char id[40];
        str_copy(id, sizeof id, drafts[i]);
        pthread_mutex_unlock(&drafts_lock);
        if (id[0])
            discard(id, LEAVE_MS);
    }
}

void planner_left(void (*each)(const char *id))
{
    pthread_mutex_lock(&drafts_lock);
    for (int i = 0; i < DRAFTS_MOST; i++)
        if (drafts[i][0])
            each(drafts[i]);
    pthread_mutex_unlock(&drafts_lock);
}

void planner_release(struct planner *p)
{
    p->id[0] = '\0';
    planner_abandon();
}

void planner_drop(struct planner *p, bool again, int64_t ms)
{
    p->number++;
    p->beginning = p->starting = p->agreed = false;
    err_clear(&p->error);
    p->due_ms = again ? time_mono_ms() + ms : 0;
    if (p->id[0]) {
        discard_later(p, p->id);
        set_id(p, "");
    }
    if (again)
        app_wake(p->world->app, ms);
}

bool planner_due(const struct planner *p)
{
    return p->due_ms > 0 && time_mono_ms() >= p->due_ms;
}

void planner_begin(struct planner *p, struct ask *ask)
{
    p->due_ms = 0;
    atomic_fetch_add(&making, 1);
    p->beginning = run_job(p, make_job(p, ask), begin_work, &p->error);
    if (!p->beginning)
        atomic_fetch_sub(&making, 1);
}

void planner_start(struct planner *p)
{
    struct err e;
    p->starting = p->id[0] && run_job(p, make_job(p, NULL), start_work, &e);
}

void planner_agree(struct planner *p)
{
    struct err e;
    struct job *job = p->id[0] ? make_job(p, NULL) : NULL;
    if (job)
        job->event = EVENT_AGREED;
    p->agreed = job && run_job(p, job, start_work, &e);
}

bool planner_busy(const struct planner *p)
{
    return p->due_ms > 0 || p->beginning;
}

bool planner_take(struct planner *p, const struct event *ev, char started[40], struct err *e)
{
    const struct note *n = ev->payload;
    started[0] = '\0';
    err_clear(e);
    if (!n || n->owner != p->owner || (ev->id != EVENT_PLANNING && ev->id != EVENT_STARTED && ev->id != EVENT_AGREED))
        return false;
    if (ev->tag != p->number) {       /* the form changed meanwhile */
        if (ev->id == EVENT_PLANNING && n->id[0])
            discard_later(p, n->id);
        return true;
    }
    if (ev->id == EVENT_PLANNING) {
        p->beginning = false;
        p->error = n->error;
        set_id(p, n->id);
        return true;
    }
    *e = n->error;
    if (ev->id == EVENT_AGREED) {
        p->agreed = n->error.code == ERR_NONE;
        return true;
    }
    p->starting = false;
    if (n->error.code == ERR_NONE) {
        str_copy(started, 40, n->id);
        set_id(p, "");
    }
    return true;
}
