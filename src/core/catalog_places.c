/* Of the catalog: its places, what is shown of each, the queue of those that are to be asked for, and the events. All with the lock held. */
#include "core/catalog_inside.h"
#include "base/hash.h"
#include "base/timefmt.h"
#include "core/catalog_list.h"

#define SOON_MS 1000   /* what failed is not asked again sooner, however new it is to be: a wall clock set back makes ages small */

struct place *catalog_place_at(struct catalog *c, const char *key)
{
    struct place **bucket = &c->buckets[hash_fnv(HASH_FNV, key, strlen(key)) % CATALOG_BUCKETS];

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

void catalog_post_event(struct catalog *c, struct place *p)
{
    if (p->event)
        return;
    p->event = true;
    p->next_event = NULL;
    *c->events_end = p;
    c->events_end = &p->next_event;
}

void catalog_show(struct catalog *c, struct place *p, struct catalog_list *list)
{
    if (list) {
        catalog_list_unref(p->now);
        p->now = list;
    }
    catalog_post_event(c, p);
}

void catalog_mark_loading(struct place *p, bool loading)
{
    struct catalog_list *list = p->now ? catalog_list_again(p->now, p->key) : NULL;

    if (!list)
        return;
    list->loading = loading;
    catalog_list_unref(p->now);
    p->now = list;
}

void catalog_enqueue(struct catalog *c, struct place *p, int64_t max_age_ms)
{
    p->queued = true;
    p->max_age_ms = max_age_ms;
    p->next_queued = c->queue;
    c->queue = p;
    pthread_cond_broadcast(&c->work);
}

void catalog_dequeue(struct catalog *c, struct place *p)
{
    for (struct place **at = &c->queue; *at; at = &(*at)->next_queued)
        if (*at == p) {
            *at = p->next_queued;
            p->queued = false;
            return;
        }
}

bool catalog_is_fresh(const struct catalog_list *l, int64_t max_age_ms)
{
    return max_age_ms < 0 || time_wall_ms() - l->listed_at_ms < max_age_ms;
}

bool catalog_must_ask(const struct place *p, int64_t max_age_ms)
{
    const struct catalog_list *l = p->now;

    if (max_age_ms == 0 || !l)
        return true;
    if (l->error.code != ERR_NONE)
        return max_age_ms > 0 && time_mono_ms() - p->asked_at_ms >= (max_age_ms > SOON_MS ? max_age_ms : SOON_MS);
    if (!l->complete)   /* a part is enough for who had it stopped */
        return max_age_ms >= 0 || !p->stopped || !l->count;
    return !catalog_is_fresh(l, max_age_ms);
}

void catalog_drop_table(struct databricks_object *o)
{
    if (!o)
        return;
    databricks_object_release(o);
    free(o);
}

void catalog_place_free(struct place *p)
{
    catalog_list_unref(p->now);
    catalog_drop_table(p->table);
    catalog_drop_table(p->table_next);
    free(p->key);
    free(p);
}
