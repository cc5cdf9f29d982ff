#include "ui/runs_feed.h"
#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#define LIVE_MS 250          /* between two readings while something runs */
#define IDLE_MS 1000         /* between two looks whether a run was added */
#define RUNS_FEED_DRAFTS 16  /* more than there are forms */
#define ALL_MS 10000         /* between two readings of everything without a sign of change */

struct runs_feed {
    struct event_queue *queue;
    int event;
    pthread_t thread;
    pthread_mutex_t lock;    /* guards what follows */
    pthread_cond_t wake;
    bool stop, poked;
    char drafts[RUNS_FEED_DRAFTS][40];   /* "": none */
    struct runs_list *now;
    /* the thread's own */
    struct timespec stamp;   /* of the folder of runs */
    int64_t all_at_ms;
};

/* ---- snapshots ---- */

void runs_list_unref(const struct runs_list *l)
{
    struct runs_list *own = (struct runs_list *)(uintptr_t)l;
    if (!own || atomic_fetch_sub(&own->users, 1) != 1)
        return;
    free(own->views);
    free(own);
}

const struct view *runs_list_find(const struct runs_list *l, const char *id)
{
    for (size_t i = 0; l && i < l->count; i++)
        if (str_eq(l->views[i].id, id))
            return &l->views[i];
    return NULL;
}

static struct runs_list *make_list(void)
{
    struct runs_list *l = calloc(1, sizeof *l);
    if (l)
        atomic_init(&l->users, 1);
    return l;
}

static struct runs_list *read_all(void)
{
    struct runs_list *l = make_list();
    if (!l || view_list(&l->views, &l->count, &l->error) < 0)
        return l;
    if (l->count > RUNS_FEED_MOST) {
        struct view *fewer = realloc(l->views, RUNS_FEED_MOST * sizeof *fewer);
        l->views = fewer ? fewer : l->views;
        l->left_off = l->count - RUNS_FEED_MOST;
        l->count = RUNS_FEED_MOST;
    }
    return l;
}

/* What ran when it was last read is read again; the rest is as it was. */
static struct runs_list *read_live(const struct runs_list *old)
{
    struct runs_list *l = make_list();
    if (!l)
        return NULL;
    l->views = malloc((old->count ? old->count : 1) * sizeof *l->views);
    if (!l->views) {
        free(l);
        return NULL;
    }
    memcpy(l->views, old->views, old->count * sizeof *l->views);
    l->count = old->count;
    l->left_off = old->left_off;
    for (size_t i = 0; i < l->count; i++) {
        struct err ignored = { 0 };
        struct view *fresh = l->views[i].alive ? malloc(sizeof *fresh) : NULL;
        if (fresh && view_read(l->views[i].id, fresh, &ignored) == 0)
            l->views[i] = *fresh;
        free(fresh);
    }
    return l;
}

static bool is_draft(const struct runs_feed *f, const char *id)
{
    for (size_t i = 0; id[0] && i < RUNS_FEED_DRAFTS; i++)
        if (str_eq(f->drafts[i], id))
            return true;
    return false;
}

static void count_live(struct runs_feed *f, struct runs_list *l)
{
    l->live = 0;
    for (size_t i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        bool begun = v->state != RUN_PLANNING && v->state != RUN_AT_GATE;
        l->live += v->alive && begun && !is_draft(f, v->id);
    }
}

static bool same(const struct runs_list *a, const struct runs_list *b)
{
    return a && a->count == b->count && a->live == b->live && a->error.code == b->error.code && a->left_off == b->left_off &&
           (a->count == 0 || memcmp(a->views, b->views, a->count * sizeof *a->views) == 0);
}

/* ---- the thread ---- */

static bool folder_changed(struct runs_feed *f)
{
    struct err ignored = { 0 };
    struct stat st = { 0 };
    char *state = file_dir_state(&ignored);
    char *runs = state ? str_printf("%s/runs", state) : NULL;
    bool changed = runs && stat(runs, &st) == 0 && (st.st_mtim.tv_sec != f->stamp.tv_sec || st.st_mtim.tv_nsec != f->stamp.tv_nsec);
    f->stamp = changed ? st.st_mtim : f->stamp;
    free(runs);
    free(state);
    return changed;
}

static void publish(struct runs_feed *f, struct runs_list *fresh)
{
    struct err ignored;
    pthread_mutex_lock(&f->lock);
    count_live(f, fresh);
    struct runs_list *old = f->now;
    bool changed = !same(old, fresh);
    f->now = changed ? fresh : old;
    pthread_mutex_unlock(&f->lock);
    runs_list_unref(changed ? old : fresh);
    if (changed)
        event_post(f->queue, f->event, 0, 0, NULL, NULL, &ignored);
}

static void read_once(struct runs_feed *f, bool poked)
{
    int64_t now = time_mono_ms();
    struct runs_list *fresh = NULL;
    bool any_alive = false;
    for (size_t i = 0; f->now && i < f->now->count; i++)   /* only this thread replaces it */
        any_alive = any_alive || f->now->views[i].alive;
    if (poked || !f->now || folder_changed(f) || now - f->all_at_ms >= ALL_MS) {
        f->all_at_ms = now;
        fresh = read_all();
    } else if (any_alive) {
        fresh = read_live(f->now);
    }
    if (fresh)
        publish(f, fresh);
}

static int64_t pause_of(const struct runs_feed *f)
{
    for (size_t i = 0; f->now && i < f->now->count; i++)
        if (f->now->views[i].alive)
            return LIVE_MS;
    return IDLE_MS;
}

static void wait_for(struct runs_feed *f, int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    while (!f->stop && !f->poked && pthread_cond_timedwait(&f->wake, &f->lock, &at) == 0)
        continue;
}

static void *feed_main(void *arg)
{
    struct runs_feed *f = arg;
    pthread_mutex_lock(&f->lock);
    while (!f->stop) {
        bool poked = f->poked;
        f->poked = false;
        pthread_mutex_unlock(&f->lock);
        read_once(f, poked);
        pthread_mutex_lock(&f->lock);
        wait_for(f, pause_of(f));
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

/* ---- for the UI thread ---- */

int runs_feed_new(struct event_queue *queue, int event, struct runs_feed **out, struct err *e)
{
    pthread_condattr_t monotonic;
    struct runs_feed *f = calloc(1, sizeof *f);
    if (!f)
        return err_no_memory(e);
    f->queue = queue;
    f->event = event;
    pthread_mutex_init(&f->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&f->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int failed = pthread_create(&f->thread, NULL, feed_main, f);
    if (failed) {
        pthread_cond_destroy(&f->wake);
        pthread_mutex_destroy(&f->lock);
        free(f);
        return err_set_errno(e, failed, "no thread could be started");
    }
    *out = f;
    return 0;
}

void runs_feed_free(struct runs_feed *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->stop = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
    pthread_join(f->thread, NULL);
    runs_list_unref(f->now);
    pthread_cond_destroy(&f->wake);
    pthread_mutex_destroy(&f->lock);
    free(f);
}

const struct runs_list *runs_feed_now(struct runs_feed *f)
{
    if (!f)
        return NULL;
    pthread_mutex_lock(&f->lock);
    struct runs_list *l = f->now;
    if (l)
        atomic_fetch_add(&l->users, 1);
    pthread_mutex_unlock(&f->lock);
    return l;
}

void runs_feed_poke(struct runs_feed *f)
{
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    f->poked = true;
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
}

void runs_feed_set_draft(struct runs_feed *f, const char *id, bool draft)
{
    if (!f || !id[0])
        return;
    pthread_mutex_lock(&f->lock);
    for (size_t i = 0; i < RUNS_FEED_DRAFTS; i++)
        if (str_eq(f->drafts[i], draft ? "" : id)) {
            str_copy(f->drafts[i], sizeof f->drafts[i], draft ? id : "");
            break;
        }
    pthread_mutex_unlock(&f->lock);
    runs_feed_poke(f);
}

bool runs_feed_is_draft(struct runs_feed *f, const char *id)
{
    if (!f)
        return false;
    pthread_mutex_lock(&f->lock);
    bool is = is_draft(f, id);
    pthread_mutex_unlock(&f->lock);
    return is;
}
