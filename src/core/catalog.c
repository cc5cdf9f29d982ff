#include "core/catalog.h"
#include "base/timefmt.h"
#include "core/cache.h"
#include "core/catalog_fetch.h"
#include "core/profile.h"
#include "net/databricks_auth.h"
#include <pthread.h>

#define BROWSERS 3            /* threads that list; one more is for background work only, so that slow lists never hold it up */
#define THREADS (BROWSERS + 1)
#define BUCKETS 256
#define GROWTH_MS 100         /* between two events of one growing list; longer for long ones, whose snapshots take longer */
#define GROWTH_ROWS_A_MS 200
#define AGAIN_MS 5000         /* what failed is not asked again by itself before this */

struct place {
    struct place *next;                     /* in its bucket */
    struct place *next_event, *next_queued;
    char *key;
    const struct catalog_list *now;
    struct net_cancel cancel;
    bool queued, running, event, disk_tried, asked;
    bool stopped;                           /* the last request was cancelled */
    bool again;                             /* wanted anew while a request runs, which may tell what was before */
    int64_t max_age_ms;                     /* of the waiting request */
    int64_t asked_at_ms;                    /* monotonic, end of the last request */
    struct databricks_object *table, *table_next; /* shown until the next event is taken; newer */
};
struct background { struct background *next; void (*fn)(void *arg); void *arg; };
struct catalog {
    struct session *session;
    void (*wake)(void *ctx);
    void *ctx;
    char *profile, *identity;               /* of the disk cache */
    pthread_mutex_t lock;                   /* guards what follows; never held over a request or a wake */
    pthread_cond_t work;
    struct place *buckets[BUCKETS];
    struct place *queue;                    /* newest first: what was asked last is what the person looks at */
    struct place *events, **events_end;
    struct background *background, **background_end;
    bool stop;
    int threads;
    pthread_t thread[THREADS];
};

/* --- places and events, all with the lock held --- */

static unsigned bucket_of(const char *key)
{
    uint32_t h = 2166136261u;

    for (; *key; key++)
        h = (h ^ (unsigned char)*key) * 16777619u;
    return h % BUCKETS;
}

/* Made when it is new; NULL without memory. */
static struct place *place_at(struct catalog *c, const char *key)
{
    struct place **bucket = &c->buckets[bucket_of(key)];

    for (struct place *p = *bucket; p; p = p->next)
        if (str_eq(p->key, key))
            return p;
    struct place *p = calloc(1, sizeof *p);
    if (p && !(p->key = str_dup(key))) {
        free(p);
        p = NULL;
    }
    if (p) {
        p->next = *bucket;
        *bucket = p;
    }
    return p;
}

static void post_event(struct catalog *c, struct place *p)
{
    if (p->event)
        return;
    p->event = true;
    p->next_event = NULL;
    *c->events_end = p;
    c->events_end = &p->next_event;
}

/* Takes list over (NULL, without memory: the old one stays). */
static void show(struct catalog *c, struct place *p, struct catalog_list *list)
{
    if (list) {
        catalog_list_unref(p->now);
        p->now = list;
    }
    post_event(c, p);
}

/* What is known, marked as being asked again (or no longer so). No event: who asks sees it at once. */
static void mark_loading(struct place *p, bool loading)
{
    struct catalog_list *list = p->now ? catalog_list_again(p->now, p->key) : NULL;

    if (!list)
        return;
    list->loading = loading;
    catalog_list_unref(p->now);
    p->now = list;
}

static void enqueue(struct catalog *c, struct place *p, int64_t max_age_ms)
{
    p->queued = true;
    p->max_age_ms = max_age_ms;
    p->next_queued = c->queue;
    c->queue = p;
    pthread_cond_broadcast(&c->work);
}

static void dequeue(struct catalog *c, struct place *p)
{
    for (struct place **at = &c->queue; *at; at = &(*at)->next_queued)
        if (*at == p) {
            *at = p->next_queued;
            p->queued = false;
            return;
        }
}

static bool is_fresh(const struct catalog_list *l, int64_t max_age_ms)
{
    return max_age_ms < 0 || time_wall_ms() - l->listed_at_ms < max_age_ms;
}

static bool must_ask(const struct place *p, int64_t max_age_ms)
{
    const struct catalog_list *l = p->now;

    if (max_age_ms == 0 || !l)
        return true;
    if (l->error.code != ERR_NONE)
        return max_age_ms > 0 && time_mono_ms() - p->asked_at_ms >= (max_age_ms > AGAIN_MS ? max_age_ms : AGAIN_MS);
    if (!l->complete)   /* a part is enough for who had it stopped */
        return max_age_ms >= 0 || !p->stopped || !l->count;
    return !is_fresh(l, max_age_ms);
}

/* --- listing, on a browsing thread --- */

struct listing { struct catalog *c; struct place *p; bool grows; int64_t next_ms; };

static void wake(const struct catalog *c)
{
    if (c->wake)
        c->wake(c->ctx);
}

static void grown(void *ctx, struct catalog_fetch *f)
{
    struct listing *l = ctx;

    if (!l->grows || time_mono_ms() < l->next_ms)
        return;
    struct catalog_list *list = catalog_build_snapshot(&f->build, f->place);
    if (list)
        list->loading = true;
    pthread_mutex_lock(&l->c->lock);
    show(l->c, l->p, list);
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
    bool enough = max_age_ms != 0 && is_fresh(list, max_age_ms);
    list->loading = !enough;
    pthread_mutex_lock(&c->lock);
    show(c, p, list);
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

static void drop_table(struct databricks_object *o)
{
    if (!o)
        return;
    databricks_object_release(o);
    free(o);
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
        drop_table(p->table_next);
        p->table_next = f.table;
    }
    p->asked_at_ms = time_mono_ms();
    p->asked = true;
    p->stopped = rc && e.code == ERR_CANCELLED;
    show(c, p, whole);
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
    pthread_mutex_unlock(&c->lock);
    bool enough = disk && c->profile[0] && from_disk(c, p, max_age_ms);
    pthread_mutex_lock(&c->lock);
    if (!enough) {
        bool had_list = p->now && p->now->complete;
        struct catalog_list *list = catalog_list_again(p->now, p->key);
        if (list)
            list->loading = true;
        show(c, p, list);
        pthread_mutex_unlock(&c->lock);
        wake(c);
        ask(c, p, had_list);
        pthread_mutex_lock(&c->lock);
    }
    p->running = false;
    if (p->again) {
        p->again = false;
        mark_loading(p, true);
        enqueue(c, p, 0);
    }
    pthread_mutex_unlock(&c->lock);
    wake(c);
    pthread_mutex_lock(&c->lock);
}

static void run_background(struct catalog *c)
{
    struct background *b = c->background;

    c->background = b->next;
    if (!c->background)
        c->background_end = &c->background;
    pthread_mutex_unlock(&c->lock);
    b->fn(b->arg);
    free(b);
    wake(c);
    pthread_mutex_lock(&c->lock);
}

static void work(struct catalog *c, bool lists)
{
    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        struct place *p = lists ? c->queue : NULL;
        if (p) {
            c->queue = p->next_queued;
            run_place(c, p);
        } else if (c->background) {
            run_background(c);
        } else {
            pthread_cond_wait(&c->work, &c->lock);
        }
    }
    pthread_mutex_unlock(&c->lock);
}

static void *browse_main(void *arg)
{
    work(arg, true);
    return NULL;
}

static void *background_main(void *arg)
{
    work(arg, false);
    return NULL;
}

/* --- made and freed --- */

static char *identity_of(const struct session *s)
{
    const struct settings *from = &s->settings;

    if (from->host.from == FROM_SANDBOX)   /* its port is another each time */
        return str_dup("sandbox");
    return str_printf("%s %s %s", from->host.text ? from->host.text : "", from->clarifai_base.text ? from->clarifai_base.text : "",
                      from->clarifai_user.text ? from->clarifai_user.text : "");
}

struct catalog *catalog_new(struct session *s, void (*wake_fn)(void *), void *ctx, struct err *e)
{
    struct catalog *c = calloc(1, sizeof *c);

    if (!c) {
        err_no_memory(e);
        return NULL;
    }
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    c->session = s;
    c->wake = wake_fn;
    c->ctx = ctx;
    c->events_end = &c->events;
    c->background_end = &c->background;
    c->profile = str_dup(s->profile_name);
    c->identity = identity_of(s);
    bool ok = c->profile && c->identity;
    for (; ok && c->threads < THREADS; c->threads += ok)
        ok = pthread_create(&c->thread[c->threads], NULL, c->threads < BROWSERS ? browse_main : background_main, c) == 0;
    if (ok)
        return c;
    catalog_free(c);
    err_no_memory(e);
    return NULL;
}

static void place_free(struct place *p)
{
    catalog_list_unref(p->now);
    drop_table(p->table);
    drop_table(p->table_next);
    free(p->key);
    free(p);
}

static void stop_threads(struct catalog *c)
{
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    for (int i = 0; i < BUCKETS; i++)
        for (struct place *p = c->buckets[i]; p; p = p->next)
            if (p->running)
                net_cancel_set(&p->cancel);
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->threads; i++)
        pthread_join(c->thread[i], NULL);
}

void catalog_free(struct catalog *c)
{
    if (!c)
        return;
    stop_threads(c);
    for (int i = 0; i < BUCKETS; i++)
        for (struct place *p = c->buckets[i], *next; p; p = next) {
            next = p->next;
            place_free(p);
        }
    for (struct background *b = c->background, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(c->profile);
    free(c->identity);
    pthread_cond_destroy(&c->work);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* --- for the UI thread --- */

const struct catalog_list *catalog_get(struct catalog *c, const char *place, int64_t max_age_ms)
{
    const struct catalog_list *l = NULL;

    pthread_mutex_lock(&c->lock);
    struct place *p = place_at(c, place);
    if (p && p->queued) {
        /* Asked again: it comes first now, and the stricter age counts. */
        if (max_age_ms >= 0 && (p->max_age_ms < 0 || max_age_ms < p->max_age_ms))
            p->max_age_ms = max_age_ms;
        dequeue(c, p);
        enqueue(c, p, p->max_age_ms);
    } else if (p && !p->running && must_ask(p, max_age_ms)) {
        mark_loading(p, true);
        enqueue(c, p, max_age_ms);
    }
    if (p)
        l = catalog_list_ref(p->now);
    pthread_mutex_unlock(&c->lock);
    return l;
}

char *catalog_next_event(struct catalog *c)
{
    char *key = NULL;

    pthread_mutex_lock(&c->lock);
    struct place *p = c->events;
    if (p && (key = str_dup(p->key))) {
        c->events = p->next_event;
        if (!c->events)
            c->events_end = &c->events;
        p->event = false;
        if (p->table_next) {
            drop_table(p->table);
            p->table = p->table_next;
            p->table_next = NULL;
        }
    }
    pthread_mutex_unlock(&c->lock);
    return key;
}

static char *place_of_table(const char *full_name)
{
    char *place = str_dup(full_name);

    for (char *p = place; p && *p; p++)
        if (*p == '.')
            *p = '\x1f';
    return place;
}

const struct databricks_object *catalog_table(struct catalog *c, const char *full_name, bool refresh)
{
    const struct databricks_object *table = NULL;
    char *key = place_of_table(full_name);

    pthread_mutex_lock(&c->lock);
    struct place *p = key ? place_at(c, key) : NULL;
    if (p && !p->table && p->table_next) {
        p->table = p->table_next;
        p->table_next = NULL;
    }
    bool wanted = p && (refresh || (!p->table && (!p->asked || time_mono_ms() - p->asked_at_ms >= AGAIN_MS)));
    if (wanted && p->queued)
        p->max_age_ms = 0;
    else if (wanted && p->running)
        p->again = p->again || refresh;
    else if (wanted)
        enqueue(c, p, 0);
    if (p)
        table = p->table;
    pthread_mutex_unlock(&c->lock);
    free(key);
    return table;
}

void catalog_cancel(struct catalog *c, const char *place)
{
    pthread_mutex_lock(&c->lock);
    struct place *p = place_at(c, place);
    if (p && p->queued) {
        dequeue(c, p);
        mark_loading(p, false);
        post_event(c, p);
    } else if (p && p->running) {
        p->again = false;
        net_cancel_set(&p->cancel);
    }
    pthread_mutex_unlock(&c->lock);
}

int catalog_background(struct catalog *c, void (*fn)(void *arg), void *arg, struct err *e)
{
    struct background *b = calloc(1, sizeof *b);

    if (!b)
        return err_no_memory(e);
    b->fn = fn;
    b->arg = arg;
    pthread_mutex_lock(&c->lock);
    *c->background_end = b;
    c->background_end = &b->next;
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    return 0;
}

/* --- completion --- */

/* The name that a session opened without flags would have; "" when there is none. Owned. */
static char *usual_profile(void)
{
    const char *host = getenv("DATABRICKS_HOST"), *named = getenv("DATABRICKS_CONFIG_PROFILE"), *chosen = NULL;
    char *base = NULL, workspace[32], *name = NULL;
    struct profile_file f;
    struct err ignored;

    if (!str_blank(named))
        return str_dup(named);
    if (!str_blank(host)) {
        if (databricks_host_normalize(host, &base, workspace, &ignored))
            return NULL;
        name = str_dup(str_starts(base, "https://") ? base + strlen("https://") : base);
        free(base);
        return name;
    }
    if (profile_open(&f, &ignored))
        return NULL;
    if (profile_choose(&f, NULL, &chosen, &ignored) == 0)
        name = str_dup(chosen ? chosen : "");
    profile_release(&f);
    return name;
}

int catalog_cached_each(const char *profile, const char *place, int (*each)(void *ctx, const struct catalog_entry *en), void *ctx)
{
    struct catalog_build build;
    struct err ignored;
    int64_t listed_at_ms;
    char *name = str_blank(profile) ? usual_profile() : str_dup(profile);
    int rc = name && catalog_build_init(&build, &ignored) == 0 ? 0 : -1;

    if (!rc) {
        bool known = cache_load(name, NULL, place, &build, &listed_at_ms, &ignored) == 0;
        for (size_t i = 0; !rc && known && i < build.count; i++)
            rc = each(ctx, &build.entries[i]);
        catalog_build_release(&build);
    }
    free(name);
    return rc;
}

struct cached_names { struct str_list *out; bool any; };

static int add_cached_name(void *ctx, const struct catalog_entry *en)
{
    struct cached_names *names = ctx;

    names->any = true;
    return str_list_add(names->out, en->name);
}

int catalog_cached_names(const char *profile, const char *place, struct str_list *out)
{
    struct cached_names names = { .out = out };

    return catalog_cached_each(profile, place, add_cached_name, &names) == 0 && names.any ? 0 : -1;
}
