#ifndef LAKEFERRY_CORE_CATALOG_H
#define LAKEFERRY_CORE_CATALOG_H
/*
 * catalog: the tree of names that people browse, on both platforms, with the age of what is known and a disk cache behind it. The UI thread asks
 * and never waits: answers are events on a queue that it drains. A small pool of browsing threads makes the requests. Lists grow while they load.
 */
#include "core/session.h"
#include "net/databricks_catalog.h"

enum catalog_kind { CATALOG_ROOT, CATALOG_CATALOG, CATALOG_SCHEMA, CATALOG_VOLUME, CATALOG_TABLE, CATALOG_FOLDER, CATALOG_FILE, CATALOG_COLUMN,
                    CATALOG_USER, CATALOG_APP, CATALOG_DATASET, CATALOG_CLUSTER, CATALOG_WAREHOUSE };
struct catalog_entry {               /* texts owned by the list */
    enum catalog_kind kind;
    char *name;                      /* as stored */
    char *type;                      /* MANAGED, VIEW, state of a cluster, column type; "" */
    char *comment;
    uint64_t size; int64_t modified_ms;      /* files */
    bool browse_only;
};
/* A place: "" root; "c", "c\x1fs", "c\x1fs\x1fv" …: parts joined by 0x1f (names may hold anything printable); files: "/Volumes/…";
 * "clarifai:", "clarifai:user", "clarifai:user/app", "clarifai:user/app/dataset" (inputs, as CATALOG_FILE), "compute:" (name: the id, comment: the name
 * people gave it). Entries are sorted: volumes before tables, folders before files, then by name; columns stay in the table's order. */
struct catalog_list {                /* a snapshot: refcounted, immutable */
    char *place;
    struct catalog_entry *entries;
    size_t count;
    bool complete, loading;
    bool from_disk;                  /* not asked in this process, or being asked */
    int64_t listed_at_ms;            /* wall clock, 0 never */
    struct err error;                /* last refresh failed: code set */
};
struct catalog;
/* wake is called (any thread) when events wait. session is borrowed. */
struct catalog *catalog_new(struct session *s, void (*wake)(void *), void *ctx, struct err *e);
void catalog_free(struct catalog *c);
/* What is known now (maybe NULL: nothing yet); asks for it when unknown or older than max_age_ms (-1: only when unknown; 0: always, and a
 * request that has been silent for a second is given up for a new one). Never blocks. Release with catalog_list_unref. */
const struct catalog_list *catalog_get(struct catalog *c, const char *place, int64_t max_age_ms);
void catalog_list_unref(const struct catalog_list *l);
/* Place of the next list that changed, or NULL. The text is owned by the caller. */
char *catalog_next_event(struct catalog *c);
/* Details of a table (columns, properties), asked the same way; NULL until known. Valid until the next catalog_next_event call on it. refresh while a request
 * for it runs: another one follows. */
const struct databricks_object *catalog_table(struct catalog *c, const char *full_name, bool refresh);
/* Stops asking for it; what came so far stays (not complete, no error) and is not asked for again with -1. */
void catalog_cancel(struct catalog *c, const char *place);
/* Names below a place from the disk cache only, for completion: never a request. profile NULL or "": the one that would be used. */
int catalog_cached_names(const char *profile, const char *place, struct str_list *out);
/* The same with their kinds: each entry is valid during the call; -1 stops. 0 as well when nothing is cached. */
int catalog_cached_each(const char *profile, const char *place, int (*each)(void *ctx, const struct catalog_entry *en), void *ctx);
#endif
