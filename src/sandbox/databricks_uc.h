#ifndef LAKEFERRY_SANDBOX_DATABRICKS_UC_H
#define LAKEFERRY_SANDBOX_DATABRICKS_UC_H
/*
 * databricks_uc: what the files of Unity Catalog 2.1 share (reference databricks §6): reading (databricks_uc.c), changes
 * (databricks_uc_change.c), rights (databricks_uc_rights.c). Constant data and functions over the lake; any thread.
 */
#include "sandbox/databricks.h"

struct uc_kind { const char *name, *securable, *list, *title, *missing, *not_empty; int parts; };
extern const struct uc_kind uc_catalogs, uc_schemas, uc_volumes, uc_tables;

#define UC "/api/2.1/unity-catalog"

void uc_lower(char *s);
/* Says what the lake said of a thing of this name. */
void uc_fail(struct route_answer *a, const struct uc_kind *k, const char *name, const struct err *e);
/* The object by its full name in any case, or NULL with the refusal. Caller deletes. */
cJSON *uc_get(struct route_call *c, struct route_answer *a, const struct uc_kind *k, const char *full_name);
#endif
