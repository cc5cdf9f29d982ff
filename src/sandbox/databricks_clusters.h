#ifndef LAKEFERRY_SANDBOX_DATABRICKS_CLUSTERS_H
#define LAKEFERRY_SANDBOX_DATABRICKS_CLUSTERS_H
/*
 * databricks_clusters: what the life of the clusters (databricks_clusters.c) and what is told of them
 * (databricks_cluster_list.c) share (reference databricks §3). Everything of struct clusters is under its lock; any thread.
 */
#include "sandbox/databricks.h"

#define DEDICATED_TO "lab-user@example.com"

struct event { int64_t at_ms; const char *type; };
struct cluster {
    const char *id, *name, *runtime, *mode, *source;
    bool breaks;                     /* goes to ERROR when started */
    const char *rest;                /* state while neither starting nor terminating */
    int64_t changing_until_ms;       /* monotonic; 0: at rest */
    const char *next;                /* rest after that */
    const char *changing;            /* PENDING, RESTARTING, TERMINATING */
    int64_t start_ms, terminated_ms; /* wall clock */
    int generation;
    struct event events[64];
    int event_count;
};
struct clusters {
    pthread_mutex_t lock;
    struct sandbox *sandbox;
    struct cluster rows[8];
    int count;
};

/* The cluster of this id, or NULL; its state as of now. Lock held. */
struct cluster *clusters_find(struct clusters *c, const char *id);
const char *cluster_state(struct cluster *k);
bool clusters_dedicated(const struct cluster *k);            /* to DEDICATED_TO */
void cluster_missing(struct route_answer *a, const char *id);
/* Answers of the rows that only tell. */
void cluster_get(struct route_call *c, struct route_answer *a);
void cluster_list(struct route_call *c, struct route_answer *a);
void cluster_events(struct route_call *c, struct route_answer *a);
#endif
