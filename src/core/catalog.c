/* The catalog as the UI thread sees it: made and freed, asked, cancelled. */
#include "core/catalog_inside.h"
#include "base/timefmt.h"
#include "core/catalog_list.h"

#define SILENT_MS 1000        /* who asks anew need not wait for a request that brought nothing for so long */

/* --- made and freed --- */

static char *identity_of(const struct session *s)
{
    const struct settings *from = &s->settings;

    if (from->host.from == FROM_SANDBOX)   /* its port may be another the next time */
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
    c->profile = str_dup(s->profile_name);
    c->identity = identity_of(s);
    if (c->profile && c->identity && catalog_start_threads(c) == 0)
        return c;
    catalog_free(c);
    err_no_memory(e);
    return NULL;
}

void catalog_free(struct catalog *c)
{
    if (!c)
        return;
    catalog_stop_threads(c);
    for (int i = 0; i < CATALOG_BUCKETS; i++)
        for (struct place *p = c->buckets[i], *next; p; p = next) {
            next = p->next;
            catalog_place_free(p);
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
    struct place *p = catalog_place_at(c, place);
    if (p && p->queued) {
        /* Asked again: it comes first now, and the stricter age counts. */
        if (max_age_ms >= 0 && (p->max_age_ms < 0 || max_age_ms < p->max_age_ms))
            p->max_age_ms = max_age_ms;
        catalog_dequeue(c, p);
        catalog_enqueue(c, p, p->max_age_ms);
    } else if (p && !p->running && catalog_must_ask(p, max_age_ms)) {
        catalog_mark_loading(p, true);
        catalog_enqueue(c, p, max_age_ms);
    } else if (p && p->running && max_age_ms == 0 && time_mono_ms() - atomic_load(&p->heard_at_ms) >= SILENT_MS) {
        p->again = true;
        net_cancel_set(&p->cancel);
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
            catalog_drop_table(p->table);
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
    struct place *p = key ? catalog_place_at(c, key) : NULL;
    if (p && !p->table && p->table_next) {
        p->table = p->table_next;
        p->table_next = NULL;
    }
    bool wanted = p && (refresh || (!p->table && (!p->asked || time_mono_ms() - p->asked_at_ms >= CATALOG_AGAIN_MS)));
    if (wanted && p->queued)
        p->max_age_ms = 0;
    else if (wanted && p->running)
        p->again = p->again || refresh;
    else if (wanted)
        catalog_enqueue(c, p, 0);
    if (p)
        table = p->table;
    pthread_mutex_unlock(&c->lock);
    free(key);
    return table;
}

void catalog_cancel(struct catalog *c, const char *place)
{
    pthread_mutex_lock(&c->lock);
    struct place *p = catalog_place_at(c, place);
    if (p && p->queued) {
        catalog_dequeue(c, p);
        catalog_mark_loading(p, false);
        catalog_post_event(c, p);
    } else if (p && p->running) {
        p->again = false;
        net_cancel_set(&p->cancel);
    }
    pthread_mutex_unlock(&c->lock);
}
