#ifndef LAKEFERRY_CORE_PROBE_H
#define LAKEFERRY_CORE_PROBE_H
/*
 * probe: tries each form of SQL that verbs use, on three rows in a staging folder, because what a runtime takes cannot be known from its documentation
 * alone; and remembers the answers for each workspace, compute and runtime in the cache folder. All it makes it removes: a folder in the staging volume
 * and a table named lakeferry_probe_… in that volume's schema. One thread; blocks.
 */
#include "core/compute.h"

struct probe_result {
    const char *form;                /* "create", "merge", … */
    bool works, tried;               /* not tried: a form it needs does not work */
    char reason[500];                /* why not */
    const char *otherwise;           /* what to do without it */
};
struct probe_hooks {
    /* A stopped compute is started when this says 1. NULL: never. */
    int (*confirm)(void *ctx, const char *label, const char *state);
    int (*tick)(void *ctx, const char *state, int64_t waited_ms);
    void (*each)(void *ctx, const struct probe_result *r);
    void *ctx;
};
/*
 * staging: volume path, NULL: the setting; compute as in compute_open. cancel (may be NULL) ends it early; what was made goes all the same. -1 when it
 * could not be begun or ended early: no volume (ERR_CONFIG), compute not started, no right to write the folder, ERR_CANCELLED.
 */
int probe_run(const struct session *s, const char *staging, const char *which, struct net_cancel *cancel, const struct probe_hooks *hooks, struct err *e);

struct probe_memory { bool known; int64_t at_ms; char compute[160]; int works, fails; char failing[300]; /* names of forms */ };
/* What an earlier probe of this compute found; not known: none was made. Asks Databricks for a cluster's runtime, no more. */
int probe_recall(const struct session *s, const char *which, struct probe_memory *out, struct err *e);
#endif
