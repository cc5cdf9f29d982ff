#include "sandbox/databricks_uc.h"
#include "base/json.h"
#include "base/str.h"

/* Unity Catalog 2.1: making and dropping. Creating tables is left to SQL, as the reference advises. */

static bool may_change(const struct route_call *c, struct route_answer *a, const char *full_name, const char *privilege)
{
    bool volume = str_eq(privilege, "CREATE VOLUME");
    if (databricks_may_write(c->user, full_name) && !(volume && gate_lacks_volumes(c->user)))
        return true;
    route_fail_databricks(a, 403, "PERMISSION_DENIED", NULL, "User does not have %s on '%s'.", privilege, full_name);
    return false;
}

static void answer_created(struct route_call *c, struct route_answer *a, const struct uc_kind *k, char *full, int result,
                           const struct err *e)
{
    uc_lower(full);
    if (result == 0) {
        cJSON *o = uc_get(c, a, k, full);
        if (o)
            route_json(a, 200, o);
    } else if (e->code == ERR_CONFLICT) {
        route_fail_databricks(a, 409, "ALREADY_EXISTS", NULL, "%s '%s' already exists", k->title, full);
    } else if (e->code == ERR_NOT_FOUND) {
        char *dot = strrchr(full, '.');
        const struct uc_kind *parent = k->parts == 2 ? &uc_catalogs : &uc_schemas;
        *(dot ? dot : full) = 0;
        uc_fail(a, parent, full, e);
    } else {
        databricks_fail_err(a, e);
    }
    free(full);
}

static void volume_create(struct route_call *c, struct route_answer *a)
{
    const char *catalog = databricks_need(c, a, "catalog_name"), *schema = catalog ? databricks_need(c, a, "schema_name") : NULL;
    const char *name = schema ? databricks_need(c, a, "name") : NULL, *type = name ? databricks_need(c, a, "volume_type") : NULL;
    struct err e = { 0 };
    if (!type)
        return;
    if (!str_eq(type, "MANAGED")) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                              "Only volume_type MANAGED can be created here: there is no external location.");
        return;
    }
    if (json_get(c->body, "storage_location")) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "CreateVolume storage_location can not be provided.");
        return;
    }
    char *parent = str_printf("%s.%s", catalog, schema), *full = str_printf("%s.%s.%s", catalog, schema, name);
    if (parent && full && may_change(c, a, parent, "CREATE VOLUME")) {
        uc_lower(parent);
        int made = lake_volume_create(sandbox_lake(c->sandbox), catalog, schema, name, type, json_str(c->body, "comment"), &e);
        answer_created(c, a, &uc_volumes, full, made, &e);
        full = NULL;
    }
    free(parent);
    free(full);
}

static void schema_create(struct route_call *c, struct route_answer *a)
{
    const char *catalog = databricks_need(c, a, "catalog_name"), *name = catalog ? databricks_need(c, a, "name") : NULL;
    struct err e = { 0 };
    if (!name || !may_change(c, a, catalog, "CREATE SCHEMA"))
        return;
    char *full = str_printf("%s.%s", catalog, name);
    if (full) {
        int made = lake_schema_create(sandbox_lake(c->sandbox), catalog, name, json_str(c->body, "comment"), &e);
        answer_created(c, a, &uc_schemas, full, made, &e);
    }
}

static void catalog_create(struct route_call *c, struct route_answer *a)
{
    const char *name = databricks_need(c, a, "name");
    struct err e = { 0 };
    if (!name || !may_change(c, a, name, "CREATE CATALOG"))
        return;
    char *full = str_dup(name);
    if (full) {
        int made = lake_catalog_create(sandbox_lake(c->sandbox), name, json_str(c->body, "comment"), &e);
        answer_created(c, a, &uc_catalogs, full, made, &e);
    }
}

/* Catalogs and schemas that hold something go only with force=true; volumes and tables go always and have no not_empty. */
static void drop(struct route_call *c, struct route_answer *a, const struct uc_kind *k,
                 int (*how)(struct lake *, const char *, bool force, struct err *))
{
    struct err e = { 0 };
    cJSON *there = uc_get(c, a, k, c->captures[0]);
    if (!there)
        return;
    const char *full = json_str_or(there, "full_name", c->captures[0]);
    if (may_change(c, a, full, "MANAGE")) {
        int gone = how(sandbox_lake(c->sandbox), full, str_ieq(c->query(c, "force"), "true"), &e);
        if (gone < 0 && e.code == ERR_REFUSED && k->not_empty)
            route_fail_databricks(a, 400, k->not_empty, NULL, "%s", e.cause);
        else if (gone < 0)
            databricks_fail_err(a, &e);
        else
            route_json(a, 200, cJSON_CreateObject());
    }
    cJSON_Delete(there);
}

static int drop_volume(struct lake *l, const char *full, bool force, struct err *e)
{
    (void)force;
    return lake_volume_drop(l, full, e);
}

static int drop_table(struct lake *l, const char *full, bool force, struct err *e)
{
    (void)force;
    return lake_table_drop(l, full, e);
}

static void catalog_delete(struct route_call *c, struct route_answer *a) { drop(c, a, &uc_catalogs, lake_catalog_drop); }
static void schema_delete(struct route_call *c, struct route_answer *a) { drop(c, a, &uc_schemas, lake_schema_drop); }
static void volume_delete(struct route_call *c, struct route_answer *a) { drop(c, a, &uc_volumes, drop_volume); }
static void table_delete(struct route_call *c, struct route_answer *a) { drop(c, a, &uc_tables, drop_table); }

const struct route databricks_uc_change_routes[] = {
    { "POST", UC "/catalogs", ROUTE_DATABRICKS, NULL, "name comment", catalog_create },
    { "DELETE", UC "/catalogs/{name}", ROUTE_DATABRICKS, "force", "-", catalog_delete },
    { "DELETE", UC "/schemas/{name}", ROUTE_DATABRICKS, "force", "-", schema_delete },
    { "POST", UC "/schemas", ROUTE_DATABRICKS, NULL, "name catalog_name comment", schema_create },
    { "POST", UC "/volumes", ROUTE_DATABRICKS, NULL, "catalog_name schema_name name volume_type storage_location comment",
        volume_create },
    { "DELETE", UC "/volumes/{name}", ROUTE_DATABRICKS, NULL, "-", volume_delete },
    { "DELETE", UC "/tables/{name}", ROUTE_DATABRICKS, NULL, "-", table_delete },
    { 0 },
};
