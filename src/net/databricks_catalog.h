#ifndef LAKEFERRY_NET_DATABRICKS_CATALOG_H
#define LAKEFERRY_NET_DATABRICKS_CATALOG_H
/* databricks_catalog: Unity Catalog lists and gets (§6): needs no compute. Structs filled by decoders own their texts. Any thread. */
#include "net/databricks.h"

enum databricks_kind { DATABRICKS_CATALOG, DATABRICKS_SCHEMA, DATABRICKS_VOLUME, DATABRICKS_TABLE };
struct databricks_column { char *name, *type_text, *comment; bool nullable; };
struct databricks_object {            /* one catalog, schema, volume or table */
    enum databricks_kind kind;
    char *name, *full_name, *type;    /* type: MANAGED_CATALOG, MANAGED, EXTERNAL, VIEW, …; "" when absent */
    char *format;                     /* DELTA …, "" */
    char *owner, *comment, *storage_location, *view_definition;
    int64_t created_ms, updated_ms;   /* 0 unknown */
    bool browse_only;
    struct databricks_column *columns; size_t column_count;     /* tables only */
    struct { char *key, *value; } *properties; size_t property_count;
};
void databricks_object_release(struct databricks_object *o);
int databricks_object_decode(enum databricks_kind kind, const cJSON *json, struct databricks_object *out, struct err *e);
const char *databricks_object_property(const struct databricks_object *o, const char *key);

/* Lists what is below parent ("", "c", "c.s"); each object is valid during the callback only (engine thread). omit_columns is sent for tables. */
typedef int (*databricks_object_each)(void *ctx, const struct databricks_object *o, struct err *e);
int databricks_objects_list(const struct net_api *api, enum databricks_kind kind, const char *parent,
                            databricks_object_each each, void *ctx, struct err *e);
/* ERR_NOT_FOUND when there is none. */
int databricks_object_get(const struct net_api *api, enum databricks_kind kind, const char *full_name,
                          struct databricks_object *out, struct err *e);
/* A managed volume; ERR_CONFLICT when it exists, which after a lost answer may be the one just made: give names that are the caller's alone. */
int databricks_volume_create(const struct net_api *api, const char *catalog, const char *schema, const char *name,
                             const char *comment, struct err *e);
int databricks_volume_delete(const struct net_api *api, const char *full_name, struct err *e);
int databricks_table_delete(const struct net_api *api, const char *full_name, struct err *e);
/* Fills has[i] for each privilege ("WRITE_VOLUME"): 1 yes, 0 no, -1 could not be known. */
int databricks_privileges(const struct net_api *api, enum databricks_kind kind, const char *full_name, const char *principal,
                          const char *const *privileges, int *has, size_t count, struct err *e);
#endif
