#ifndef LAKEFERRY_CORE_CACHE_H
#define LAKEFERRY_CORE_CACHE_H
/*
 * cache: what the catalog knew last time: one JSON file a place (0600) in a folder a profile below the cache folder. Losing it costs nothing: a file that
 * cannot be understood counts as absent. Reads and writes disk: never on the UI thread. Any other thread.
 */
#include "core/catalog_list.h"

/* Larger lists are not kept. */
#define CACHE_ENTRIES_MAX 50000

/*
 * Appends the entries of a place to out. identity says whose names they are (host and owner); NULL takes whatever is there. ERR_NOT_FOUND when there is
 * nothing of use.
 */
int cache_load(const char *profile, const char *identity, const char *place, struct catalog_build *out, int64_t *listed_at_ms, struct err *e);
/* Writes a complete list. */
int cache_store(const char *profile, const char *identity, const struct catalog_list *l, struct err *e);
#endif
