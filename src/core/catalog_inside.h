#ifndef LAKEFERRY_CORE_CATALOG_INSIDE_H
#define LAKEFERRY_CORE_CATALOG_INSIDE_H
/*
 * catalog_inside: what catalog.c (for the UI thread), catalog_places.c (places and events) and catalog_browse.c (the threads) share. The catalog's lock
 * guards its places, queue and events; it is never held over a request or a wake. Other modules see core/catalog.h.
 */
#include "core/catalog.h"
#include <pthread.h>
#include <stdatomic.h>

#define CATALOG_THREADS 3
#define CATALOG_BUCKETS 256
#define CATALOG_AGAIN_MS 5000               /* details of a table that failed are not asked again by themselves before this */

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
    _Atomic int64_t heard_at_ms;            /* monotonic, when the request that runs began or last brought something */
    struct databricks_object *table, *table_next; /* shown until the next event is taken; newer */
};
struct catalog {
    struct session *session;
    void (*wake)(void *ctx);
    void *ctx;
    char *profile, *identity;               /* of the disk cache */
    pthread_mutex_t lock;                   /* guards what follows */
    pthread_cond_t work;
    struct place *buckets[CATALOG_BUCKETS];
    struct place *queue;                    /* newest first: what was asked last is what the person looks at */
    struct place *events, **events_end;
    bool stop;
    int threads;
    pthread_t thread[CATALOG_THREADS];
};

/* --- places (catalog_places.c), all with the lock held --- */
/* Made when it is new; NULL without memory. */
struct place *catalog_place_at(struct catalog *c, const char *key);
void catalog_place_free(struct place *p);
/* NULL is fine. */
void catalog_drop_table(struct databricks_object *o);
void catalog_post_event(struct catalog *c, struct place *p);
/* Takes list over (NULL, without memory: the old one stays), and posts an event. */
void catalog_show(struct catalog *c, struct place *p, struct catalog_list *list);
/* What is known, marked as being asked again (or no longer so). No event: who asks sees it at once. */
void catalog_mark_loading(struct place *p, bool loading);
void catalog_enqueue(struct catalog *c, struct place *p, int64_t max_age_ms);
void catalog_dequeue(struct catalog *c, struct place *p);
/* Whether it is to be asked for, for somebody who wants it no older than max_age_ms (catalog_get). */
bool catalog_must_ask(const struct place *p, int64_t max_age_ms);
bool catalog_is_fresh(const struct catalog_list *l, int64_t max_age_ms);

/* --- threads (catalog_browse.c) --- */
/* -1 when one could not be started; those that run are stopped by catalog_stop_threads. */
int catalog_start_threads(struct catalog *c);
/* Cancels what is asked for, waits for what runs. */
void catalog_stop_threads(struct catalog *c);
#endif
