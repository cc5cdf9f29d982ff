#include "core/doctor.h"
#include "base/timefmt.h"
#include <pthread.h>
#include <stdarg.h>
#include <time.h>

#define CLOCK_OFF_US ((int64_t)60 * 1000000)

const char *doctor_verdict_name(enum doctor_verdict v)
{
    static const char *const NAMES[] = { "ok", "warn", "fail" };

    return NAMES[v];
}

void doctor_release(struct doctor *d)
{
    free(d->lines);
    *d = (struct doctor){0};
}

static struct doctor_line *add(struct doctor *d, const char *group, const char *name, enum doctor_verdict verdict)
{
    if (d->count == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 32;
        struct doctor_line *more = realloc(d->lines, cap * sizeof *more);
        if (!more) {
            d->out_of_memory = true;
            return NULL;
        }
        d->lines = more;
        d->cap = cap;
    }
    struct doctor_line *l = &d->lines[d->count++];
    *l = (struct doctor_line){ .verdict = verdict };
    str_copy(l->group, sizeof l->group, group);
    str_copy(l->name, sizeof l->name, name);
    return l;
}

void doctor_say(struct doctor *d, const char *group, const char *name, enum doctor_verdict verdict, const char *fix, const char *fmt, ...)
{
    struct doctor_line *l = add(d, group, name, verdict);
    va_list ap;

    if (!l)
        return;
    va_start(ap, fmt);
    vsnprintf(l->text, sizeof l->text, fmt, ap);
    va_end(ap);
    str_copy(l->fix, sizeof l->fix, fix ? fix : "");
}

void doctor_say_err(struct doctor *d, const char *group, const char *name, enum doctor_verdict verdict, const struct err *e)
{
    struct doctor_line *l = add(d, group, name, verdict);

    if (!l)
        return;
    l->code = e->code;
    if (e->code == ERR_CANCELLED)
        snprintf(l->text, sizeof l->text, "stopped, or no answer within %d s", DOCTOR_LIMIT_MS / 1000);
    else
        snprintf(l->text, sizeof l->text, "%s%s%s%s%s", e->what, e->what[0] && e->subject[0] ? " " : "", e->subject, e->what[0] || e->subject[0] ? ": " : "", e->cause);
    str_copy(l->fix, sizeof l->fix, err_remedy_text(e));
}

int doctor_exit_status(const struct doctor *d)
{
    int status = d->out_of_memory ? 1 : 0;

    for (size_t i = 0; i < d->count; i++)
        if (d->lines[i].verdict == DOCTOR_FAIL && status != 4)
            status = d->lines[i].code == ERR_AUTH || d->lines[i].code == ERR_FORBIDDEN ? 4 : 1;
    return status;
}

/* --- what both platforms have --- */

void doctor_say_clock(struct doctor *d, const char *group, int64_t theirs_us)
{
    int64_t off = time_wall_us() - theirs_us;
    char text[40], now[48];

    if (theirs_us == 0)
        doctor_say(d, group, "clock", DOCTOR_WARN, NULL, "the platform did not say what time it is");
    else if (off > CLOCK_OFF_US || off < -CLOCK_OFF_US)
        doctor_say(d, group, "clock", DOCTOR_WARN, "set the clock: timedatectl set-ntp true (tokens and signed links have times in them)",
                   "this machine is %s %s the platform", str_duration((off < 0 ? -off : off) / 1000, text, sizeof text), off > 0 ? "ahead of" : "behind");
    else
        doctor_say(d, group, "clock", DOCTOR_OK, NULL, "agrees with the platform: %s", time_people(theirs_us, now, sizeof now));
}

bool doctor_say_connection(struct doctor *d, const char *group, const char *base, const struct err *e)
{
    bool answered = e->code != ERR_OFFLINE && e->code != ERR_TIMEOUT && e->code != ERR_TLS && e->code != ERR_CANCELLED && e->code != ERR_PROTOCOL;

    if (!answered) {
        doctor_say_err(d, group, e->code == ERR_TLS ? "TLS" : "connection", DOCTOR_FAIL, e);
        return false;
    }
    if (str_starts(base, "https://"))
        doctor_say(d, group, "TLS", DOCTOR_OK, NULL, "%s answers, its certificate is verified", base);
    else
        doctor_say(d, group, "TLS", DOCTOR_OK, NULL, "%s answers; on this machine itself, so without TLS", base);
    return true;
}

/* --- both at once --- */

struct side {
    void (*check)(struct doctor *d, struct session *s);
    struct doctor lines;
    struct session session;             /* a shallow copy with our cancel */
    struct net_cancel cancel;
    pthread_t thread;
    bool running, over;
};
struct sides { struct side side[2]; pthread_mutex_t lock; pthread_cond_t ended; };
struct task { struct sides *all; struct side *mine; };

static void *run_side(void *arg)
{
    struct task *t = arg;

    t->mine->check(&t->mine->lines, &t->mine->session);
    pthread_mutex_lock(&t->all->lock);
    t->mine->over = true;
    pthread_cond_signal(&t->all->ended);
    pthread_mutex_unlock(&t->all->lock);
    return NULL;
}

static void begin_side(struct task *t, const struct session *s)
{
    struct side *side = t->mine;
    struct net_api *const apis[] = { &side->session.databricks, &side->session.files, &side->session.clarifai, &side->session.images, &side->session.anonymous };

    side->session = *s;
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++)
        apis[i]->cancel = &side->cancel;
    side->running = pthread_create(&side->thread, NULL, run_side, t) == 0;
    if (!side->running)                 /* one after the other then */
        side->check(&side->lines, &side->session);
}

static bool working(const struct sides *all)
{
    return (all->side[0].running && !all->side[0].over) || (all->side[1].running && !all->side[1].over);
}

static void wait_for_both(struct sides *all)
{
    struct timespec until;
    int late = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DOCTOR_LIMIT_MS / 1000;
    pthread_mutex_lock(&all->lock);
    while (late == 0 && working(all))
        late = pthread_cond_timedwait(&all->ended, &all->lock, &until);
    pthread_mutex_unlock(&all->lock);
    for (int i = 0; i < 2; i++)
        if (late != 0)
            net_cancel_set(&all->side[i].cancel);
    for (int i = 0; i < 2; i++)
        if (all->side[i].running)
            pthread_join(all->side[i].thread, NULL);
}

void doctor_platforms(struct doctor *d, struct session *s)
{
    struct sides all = { .side = { { .check = doctor_databricks }, { .check = doctor_clarifai } } };
    struct task tasks[2] = { { &all, &all.side[0] }, { &all, &all.side[1] } };
    pthread_condattr_t attr;

    pthread_mutex_init(&all.lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&all.ended, &attr);
    pthread_condattr_destroy(&attr);
    for (int i = 0; i < 2; i++)
        begin_side(&tasks[i], s);
    wait_for_both(&all);
    if (!s->settings.clarifai_pat.text)     /* found in the secret scope: the session's own from now on */
        s->settings.clarifai_pat = all.side[1].session.settings.clarifai_pat;
    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < all.side[i].lines.count; k++) {
            const struct doctor_line *from = &all.side[i].lines.lines[k];
            struct doctor_line *to = add(d, from->group, from->name, from->verdict);
            if (to)
                *to = *from;
        }
        doctor_release(&all.side[i].lines);
    }
    pthread_cond_destroy(&all.ended);
    pthread_mutex_destroy(&all.lock);
}
