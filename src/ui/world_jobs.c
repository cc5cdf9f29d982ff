/* Threads of the world, and work that they do with its session. */
#include "ui/world_inside.h"

/* ---- threads ---- */

int world_thread_start(struct ui_world *w, void *(*run)(void *), void *arg, struct err *e)
{
    pthread_t thread;
    pthread_mutex_lock(&w->lock);
    w->threads++;
    pthread_mutex_unlock(&w->lock);
    int failed = pthread_create(&thread, NULL, run, arg);
    if (!failed) {
        pthread_detach(thread);
        return 0;
    }
    pthread_mutex_lock(&w->lock);
    w->threads--;
    pthread_mutex_unlock(&w->lock);
    return err_set_errno(e, failed, "no thread could be started");
}

void world_thread_ended(struct ui_world *w)
{
    pthread_mutex_lock(&w->lock);
    if (--w->threads == 0)
        pthread_cond_broadcast(&w->idle);
    pthread_mutex_unlock(&w->lock);
}

/* ---- jobs ---- */

static void job_leave(struct world_job *job)
{
    if (atomic_fetch_sub(&job->users, 1) == 1)
        free(job);
}

static void unlist(struct world_job *job)
{
    pthread_mutex_lock(&job->world->lock);
    for (struct world_job **at = &job->world->jobs; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            break;
        }
    pthread_mutex_unlock(&job->world->lock);
}

static void *job_main(void *arg)
{
    struct world_job *job = arg;
    struct ui_world *w = job->world;
    job->work(job->arg, job->link ? &job->session : NULL, &job->cancel);
    unlist(job);
    if (world_link_leave(job->link))
        world_link_free(job->link);
    explicit_bzero(&job->session, sizeof job->session);
    job_leave(job);
    world_thread_ended(w);
    return NULL;
}

static void use_link(struct world_job *job, struct world_link *l)
{
    struct net_api *apis[] = { &job->session.databricks, &job->session.files, &job->session.clarifai, &job->session.images, &job->session.anonymous };
    job->link = l;
    if (!l)
        return;
    atomic_fetch_add(&l->users, 1);
    job->session = l->session;
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        apis[i]->cancel = &job->cancel;
        apis[i]->priority = NET_BROWSE;
    }
}

int world_job_start(struct ui_world *w, world_work work, void *arg, struct world_job **out, struct err *e)
{
    struct world_job *job = calloc(1, sizeof *job);
    if (!job)
        return err_no_memory(e);
    job->world = w;
    job->work = work;
    job->arg = arg;
    atomic_init(&job->users, 2);
    use_link(job, w->link);
    pthread_mutex_lock(&w->lock);
    job->next = w->jobs;
    w->jobs = job;
    pthread_mutex_unlock(&w->lock);
    if (world_thread_start(w, job_main, job, e) < 0) {
        unlist(job);
        if (job->link)
            atomic_fetch_sub(&job->link->users, 1);
        free(job);
        return -1;
    }
    *out = job;
    return 0;
}

void world_job_forget(struct world_job *job)
{
    if (!job)
        return;
    net_cancel_set(&job->cancel);
    job_leave(job);
}

int world_background(struct ui_world *w, world_work work, void *arg, struct err *e)
{
    struct world_job *job;
    if (world_job_start(w, work, arg, &job, e) < 0)
        return -1;
    job_leave(job);  /* without cancelling it */
    return 0;
}
