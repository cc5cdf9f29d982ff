#include "cli/patience.h"
#include "base/utf8.h"
#include <errno.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 3

static void tell(const struct session *s)
{
    static const char *const QUOTAS[] = { "databricks", "files", "clarifai" }; /* of session's APIs, in this order */
    const struct net_api *const apis[] = { &s->databricks, &s->files, &s->clarifai };

    for (size_t i = 0; i < sizeof QUOTAS / sizeof QUOTAS[0]; i++) {
        struct net_figures f;
        struct buf line = BUF_INIT, safe = BUF_INIT;
        net_engine_figures(s->engine, QUOTAS[i], &f);
        if (apis[i]->site == NULL || f.in_flight + f.waiting == 0)
            continue;
        buf_printf(&line, "lakeferry: no answer yet from %s%s%s", net_site_base(apis[i]->site), f.last_error[0] ? ": " : "", f.last_error);
        if (buf_error(&line, NULL) == 0 && utf8_escape(&safe, line.data, line.len, UTF8_ESCAPE_LINE) == 0)
            dprintf(STDERR_FILENO, "%s\n", safe.data);
        buf_release(&line);
        buf_release(&safe);
        return;
    }
}

static void *wait_and_tell(void *arg)
{
    struct patience *p = arg;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&p->lock);
    while (!p->over && pthread_cond_timedwait(&p->ended, &p->lock, &until) != ETIMEDOUT)
        ;
    if (!p->over)
        tell(p->session); /* under the lock, so that its end comes after the line */
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

void patience_begin(struct patience *p, const struct session *s)
{
    pthread_condattr_t clock;

    *p = (struct patience){ .session = s };
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&p->ended, &clock);
    pthread_condattr_destroy(&clock);
    p->running = pthread_create(&p->thread, NULL, wait_and_tell, p) == 0;
}

void patience_end(struct patience *p)
{
    if (!p->running)
        return;
    pthread_mutex_lock(&p->lock);
    p->over = true;
    pthread_cond_signal(&p->ended);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    p->running = false;
    pthread_cond_destroy(&p->ended);
    pthread_mutex_destroy(&p->lock);
}
