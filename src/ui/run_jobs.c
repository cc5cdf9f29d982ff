#include "ui/run_jobs.h"
#include "core/view.h"

struct order {
    enum run_job job;
    char id[40];
    struct event_queue *queue;
    int event;
    uint64_t serial;
    char *profile;           /* of the program's own session */
    bool sandbox;
};

typedef int (*job_work)(const struct order *t, struct session *session, char *words, size_t size, struct err *e);

/* A run may end while a key is on its way to it: that is no failure, and there is nothing to be done about it. */
static int control(const struct order *t, const char *command, char *words, size_t size, struct err *e)
{
    int result = view_control(t->id, command, e);
    if (result < 0 && e->code == ERR_NOT_FOUND) {
        str_copy(words, size, "it has ended meanwhile");
        return 0;
    }
    return result < 0 ? err_about(e, "cannot steer the run", t->id) : 0;
}

static int do_start(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    (void)s;
    snprintf(words, size, "%s is started", t->id);
    return control(t, "yes", words, size, e);
}

static int do_refuse(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    (void)s;
    str_copy(words, size, "not started; nothing was changed");
    return control(t, "no", words, size, e);
}

static int do_pause(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    (void)s;
    str_copy(words, size, "pausing: what is on its way still arrives");
    return control(t, "pause", words, size, e);
}

static int do_go_on(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    (void)s;
    str_copy(words, size, "it goes on");
    return control(t, "resume", words, size, e);
}

/* Of a run that waits for the platform: whether it goes on is the platform's answer. */
static int do_ask_again(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    (void)s;
    str_copy(words, size, "the platform is asked again; the run goes on when it answers");
    return control(t, "resume", words, size, e);
}

/* A run goes on with the profile and platform it was asked for: ours when they are the same, else a session of its own. */
static int with_session(const struct order *t, struct session *ours, int (*use)(const struct order *t, struct session *s, struct err *e), struct err *e)
{
    struct session own = { 0 };
    struct run *run = NULL;
    if (run_open(t->id, &run, e) < 0)
        return -1;
    const struct ask *ask = run_ask(run);
    bool same = ours && ask->sandbox == t->sandbox && (str_eq(ask->profile, t->profile) || (str_blank(ask->profile) && str_blank(t->profile)));
    struct session_options o = {
        .flags = { .profile = ask->profile, .sandbox = ask->sandbox, .compute = ask->compute, .staging = ask->staging },
        .need_databricks = true, .need_clarifai = true,
    };
    int result = same ? 0 : session_open(&o, &own, e);
    run_close(run);
    if (result < 0)
        return err_about(e, "cannot go on with the run", t->id);
    result = use(t, same ? ours : &own, e);
    if (!same)
        session_close(&own);
    return result;
}

static int spawn(const struct order *t, struct session *s, struct err *e) { return run_spawn(t->id, s, e); }

static int cancel_dead(const struct order *t, struct session *s, struct err *e) { return run_cancel(t->id, s, e); }

static int do_resume(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    str_copy(words, size, "it goes on");
    return with_session(t, s, spawn, e);
}

static int do_cancel(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    struct err ignored;
    str_copy(words, size, "cancelling; what was done stays done");
    return view_control(t->id, "cancel", &ignored) == 0 ? 0 : with_session(t, s, cancel_dead, e);
}

static int do_retry(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    struct run *run = NULL;
    int64_t count = 0;
    if (run_open(t->id, &run, e) < 0)
        return -1;
    int result = run_reset_failed(run, &count, e);
    run_close(run);
    if (result < 0)
        return -1;
    if (count)
        snprintf(words, size, "taking up %lld again", (long long)count);
    else
        str_copy(words, size, "nothing can be sent again as it is: mend it where it comes from, then start anew");
    return count ? with_session(t, s, spawn, e) : 0;
}

static int do_remove(const struct order *t, struct session *s, char *words, size_t size, struct err *e)
{
    (void)s;
    str_copy(words, size, "removed; nothing had been changed");
    return run_discard(t->id, e);
}

static void work(void *arg, struct session *session, struct net_cancel *cancel)
{
    static const job_work works[] = {
        [RUN_JOB_START] = do_start, [RUN_JOB_REFUSE] = do_refuse, [RUN_JOB_PAUSE] = do_pause, [RUN_JOB_GO_ON] = do_go_on,
        [RUN_JOB_ASK_AGAIN] = do_ask_again,
        [RUN_JOB_CANCEL] = do_cancel, [RUN_JOB_RETRY] = do_retry, [RUN_JOB_RESUME] = do_resume, [RUN_JOB_REMOVE] = do_remove,
    };
    struct order *t = arg;
    struct err ignored;
    struct run_done *done = calloc(1, sizeof *done);
    (void)cancel;
    if (done) {
        done->job = t->job;
        str_copy(done->id, sizeof done->id, t->id);
        if (works[t->job](t, session, done->words, sizeof done->words, &done->error) == 0)
            err_clear(&done->error);
        event_post(t->queue, t->event, t->serial, 0, done, free, &ignored);
    }
    free(t->profile);
    free(t);
}

int run_jobs_do(struct ui_world *w, enum run_job job, const char *id, int event, uint64_t serial, struct err *e)
{
    struct order *t = calloc(1, sizeof *t);
    if (!t)
        return err_no_memory(e);
    *t = (struct order){ .job = job, .queue = app_queue(w->app), .event = event, .serial = serial, .profile = str_dup(w->choice.profile),
                        .sandbox = w->options.sandbox };
    str_copy(t->id, sizeof t->id, id);
    if (world_background(w, work, t, e) == 0)
        return 0;
    free(t->profile);
    free(t);
    return -1;
}
