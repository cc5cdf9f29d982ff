#ifndef LAKEFERRY_CORE_CATALOG_FETCH_H
#define LAKEFERRY_CORE_CATALOG_FETCH_H
/* catalog_fetch: asks the platforms for what is below one place. Blocks; on browsing threads only. */
#include "core/catalog_list.h"

struct catalog_fetch {
    const struct session *session;
    struct net_cancel *cancel;
    const char *place;
    struct catalog_build build;           /* grows while it is asked for */
    /* Told after each entry, maybe on the engine's thread; may be NULL. */
    void (*grown)(void *ctx, struct catalog_fetch *f);
    void *ctx;
    struct databricks_object *table;      /* out: details where the place is a table; owned by the caller (release, free) */
};
/* True when what comes is worth keeping on disk. */
bool catalog_fetch_kept(const char *place);
/* Fills build, which is partly filled after a failure too. */
int catalog_fetch_run(struct catalog_fetch *f, struct err *e);
#endif
