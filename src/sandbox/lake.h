#ifndef LAKEFERRY_SANDBOX_LAKE_H
#define LAKEFERRY_SANDBOX_LAKE_H
/*
 * lake: what the local platform's Unity Catalog holds: catalogs, schemas, volumes (metadata), and Delta tables
 * with their rows, properties and history, in one SQLite file; and where volume and s3:// paths are on disk.
 * One lake per process, guarded by its own lock: any thread may call. Names are stored lower case (reference §6).
 * The SQL engine (sandbox/sql) reads and writes through this; so do the Unity Catalog and Files routes.
 */
#include "base/buf.h"
#include <cjson/cJSON.h>

#define LAKE_METASTORE_ID "5f0c9e1e-0000-4000-8000-1a6bca5e0001"   /* the one that everything here is in */

struct lake;
/* Opens or creates DIR/lake.db and the folders DIR/volumes and DIR/s3. */
struct lake *lake_open(const char *dir, struct err *e);
void lake_close(struct lake *l);

/* --- containers; kind-specific extras as in reference §6, all optional. ERR_CONFLICT when it exists, ERR_NOT_FOUND for a
 * missing parent, ERR_USAGE for a bad name. --- */
int lake_catalog_create(struct lake *l, const char *name, const char *comment, struct err *e);
int lake_schema_create(struct lake *l, const char *catalog, const char *name, const char *comment, struct err *e);
int lake_volume_create(struct lake *l, const char *catalog, const char *schema, const char *name, const char *type,
                       const char *comment, struct err *e);
int lake_volume_drop(struct lake *l, const char *full_name, struct err *e);      /* the files go too */
int lake_table_drop(struct lake *l, const char *full_name, struct err *e);
/* ERR_REFUSED when something is in it, unless force: then that goes too. */
int lake_schema_drop(struct lake *l, const char *full_name, bool force, struct err *e);
int lake_catalog_drop(struct lake *l, const char *name, bool force, struct err *e);

/*
 * The REST object of one thing, or of all things below a parent, as cJSON (caller deletes): exactly the fields of
 * reference §6 (tables: columns with type_name, type_text, type_json, position, nullable, comment; properties;
 * table_type; data_source_format; view_definition for views). kind: "catalog" "schema" "volume" "table".
 * lake_list: names in byte order strictly after `after` (NULL: from the start), at most limit; array.
 */
cJSON *lake_get(struct lake *l, const char *kind, const char *full_name, struct err *e);
cJSON *lake_list(struct lake *l, const char *kind, const char *parent, const char *after, int limit, struct err *e);

/*
 * Where a path of SQL or REST is on disk: "/Volumes/c/s/v/rel" and "s3://bucket/rel" (also s3a, abfss, gs).
 * Each segment is stored under its own name where a host folder can have it, else encoded (lake_path.c), so any name is
 * possible and none escapes. The volume must exist (ERR_NOT_FOUND). Appends the host path to out. lake_segment_name undoes it for a
 * directory entry.
 */
int lake_path(struct lake *l, const char *path, struct buf *out, struct err *e);
int lake_segment_name(const char *entry, struct buf *out);

/* Sample tables: creates a Delta table from a column DDL ("id STRING, n BIGINT, tags ARRAY<STRING>") and rows as JSON objects. */
int lake_table_create(struct lake *l, const char *full_name, const char *ddl, const cJSON *rows, const char *comment,
                      const cJSON *properties, struct err *e);
/* n empty tables prefix00000… in one transaction (the schema of 5,000 tables). */
int lake_tables_bulk(struct lake *l, const char *schema_full_name, const char *prefix, int n, const char *ddl, struct err *e);
/* A view row (type VIEW, with its definition text) for listings. */
int lake_view_create(struct lake *l, const char *full_name, const char *definition, struct err *e);
#endif
