/* Of the catalog: the threads that list places, by an earlier process's cache or by asking. */
#include "core/catalog_inside.h"
#include "base/timefmt.h"
#include "core/cache.h"
#include "core/catalog_fetch.h"

#define GROWTH_MS 100         /* between two events of one growing list; longer for long ones, whose snapshots take longer */
#define GROWTH_ROWS_A_MS 200

/* --- listing --- */

struct listing { struct catalog *c; struct place *p; bool grows; int64_t next_ms; };

static void wake(const struct catalog *c)
{
    if (c->wake)
        c->wake(c->ctx);
}

static void grown(void *ctx, struct catalog_fetch *f)
{
    struct listing *l = ctx;

    atomic_store(&l->p->heard_at_ms, time_mono_ms());
    if (!l->grows || time_mono_ms() < l->next_ms)
        return;
    struct catalog_list *list = catalog_build_snapshot(&f->build, f->place);
    if (list)
        list->loading = true;
    pthread_mutex_lock(&l->c->lock);
    catalog_show(l->c, l->p, list);
    pthread_mutex_unlock(&l->c->lock);
    l->next_ms = time_mono_ms() + GROWTH_MS + (int64_t)(f->build.count / GROWTH_ROWS_A_MS);
    wake(l->c);
}

/* What an earlier process knew; true when that is good enough. */
static bool from_disk(struct catalog *c, struct place *p, int64_t max_age_ms)
{
    struct catalog_build build;
    struct catalog_list *list = NULL;
    struct err ignored;
    int64_t listed_at_ms = 0;

    if (catalog_build_init(&build, &ignored))
        return false;
    if (cache_load(c->profile, c->identity, p->key, &build, &listed_at_ms, &ignored) == 0)
        list = catalog_build_snapshot(&build, p->key);
    catalog_build_release(&build);
    if (!list)
        return false;
    list->complete = list->from_disk = true;
    list->listed_at_ms = listed_at_ms;
    bool enough = max_age_ms != 0 && catalog_is_fresh(list, max_age_ms);
    list->loading = !enough;
    pthread_mutex_lock(&c->lock);
    catalog_show(c, p, list);
    pthread_mutex_unlock(&c->lock);
    wake(c);
    return enough;
}

/* The list after a request that failed: the older one when it was whole, else what came. */
static struct catalog_list *after_failure(const struct place *p, const struct catalog_fetch *f, const struct err *e)
{
    bool old = p->now && p->now->complete;
    struct catalog_list *list = old ? catalog_list_again(p->now, p->key) : catalog_build_snapshot(&f->build, p->key);

    if (!list)
        return NULL;
    list->from_disk = false;
    if (e->code != ERR_CANCELLED)
        list->error = *e;
    return list;
}

static struct catalog_list *after_success(struct catalog *c, const struct catalog_fetch *f)
{
    struct catalog_list *list = catalog_build_snapshot(&f->build, f->place);
    struct err ignored;

    if (!list)
        return NULL;
    list->complete = true;
    list->listed_at_ms = time_wall_ms();
    if (catalog_fetch_kept(f->place) && c->profile[0])
        cache_store(c->profile, c->identity, list, &ignored);
    return list;
}

static void ask(struct catalog *c, struct place *p, bool had_list)
{
    struct listing l = { c, p, !had_list, 0 };
    struct catalog_fetch f = { .session = c->session, .cancel = &p->cancel, .place = p->key, .grown = grown, .ctx = &l };
    struct err e = { 0 };
    int rc = catalog_build_init(&f.build, &e);

    if (!rc)
        rc = catalog_fetch_run(&f, &e);
    else
        f.build = (struct catalog_build){ 0 };
    struct catalog_list *whole = rc ? NULL : after_success(c, &f);
    pthread_mutex_lock(&c->lock);
    if (rc && f.build.texts)
        whole = after_failure(p, &f, &e);
    if (f.table) {
        catalog_drop_table(p->table_next);
        p->table_next = f.table;
    }
    p->asked_at_ms = time_mono_ms();
    p->asked = true;
    p->stopped = rc && e.code == ERR_CANCELLED;
    catalog_show(c, p, whole);
    pthread_mutex_unlock(&c->lock);
    catalog_build_release(&f.build);
}

/* Called and returns with the lock held. */
static void run_place(struct catalog *c, struct place *p)
{
    int64_t max_age_ms = p->max_age_ms;
    bool disk = !p->now && !p->disk_tried;

    p->queued = false;
    p->running = true;
    p->disk_tried = true;
    net_cancel_clear(&p->cancel);
    atomic_store(&p->heard_at_ms, time_mono_ms());
    pthread_mutex_unlock(&c->lock);
    bool enough = disk && c->profile[0] && from_disk(c, p, max_age_ms);
    pthread_mutex_lock(&c->lock);
    if (!enough) {
        bool had_list = p->now && p->now->complete;
        struct catalog_list *list = catalog_list_again(p->now, p->key);
        if (list)
            list->loading = true;
        catalog_show(c, p, list);
        pthread_mutex_unlock(&c->lock);
        wake(c);
        ask(c, p, had_list);
        pthread_mutex_lock(&c->lock);
    }
    p->running = false;
    if (p->again) {
        p->again = false;
        catalog_mark_loading(p, true);
        catalog_enqueue(c, p, 0);
    }
    pthread_mutex_unlock(&c->lock);
    wake(c);
    pthread_mutex_lock(&c->lock);
}

/* --- the threads --- */

static void *browse_main(void *arg)
{
    struct catalog *c = arg;

    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        struct place *p = c->queue;
        if (p) {
            c->queue = p->next_queued;
            run_place(c, p);
        } else {
            pthread_cond_wait(&c->work, &c->lock);
        }
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

int catalog_start_threads(struct catalog *c)
{
    bool ok = true;

    for (; ok && c->threads < CATALOG_THREADS; c->threads += ok)
        ok = pthread_create(&c->thread[c->threads], NULL, browse_main, c) == 0;
    return ok ? 0 : -1;
}

void catalog_stop_threads(struct catalog *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    for (int i = 0; i < CATALOG_BUCKETS; i++)
        for (struct place *p = c->buckets[i]; p; p = p->next)
            if (p->running)
                net_cancel_set(&p->cancel);
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->threads; i++)
        pthread_join(c->thread[i], NULL);
}
