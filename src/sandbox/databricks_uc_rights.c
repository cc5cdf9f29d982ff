#include "sandbox/databricks_uc.h"
#include "base/json.h"
#include "base/str.h"

/* Unity Catalog 2.1: who may do what, and the metastore behind it. */

static cJSON *privilege_json(const char *name, const char *from)
{
    cJSON *o = cJSON_CreateObject();
    json_put_str(o, "privilege", name);
    if (from) {
        json_put_str(o, "inherited_from_type", "CATALOG");
        json_put_str(o, "inherited_from_name", from);
    }
    return o;
}

static cJSON *privileges_of(const struct route_call *c, const char *full_name)
{
    static const char *const reading[] = { "USE_CATALOG", "USE_SCHEMA", "SELECT", "READ_VOLUME" };
    static const char *const writing[] = { "CREATE_SCHEMA", "CREATE_TABLE", "CREATE_VOLUME", "MODIFY", "WRITE_VOLUME" };
    cJSON *out = cJSON_CreateArray();
    char catalog[256];
    str_copy(catalog, sizeof catalog, full_name);
    catalog[strcspn(catalog, ".")] = 0;
    const char *from = strchr(full_name, '.') ? catalog : NULL;
    bool effective = strstr(c->path, "/effective-permissions/") != NULL;
    if (from && !effective)     /* what is granted on the object itself: everything here comes from its catalog */
        return out;
    for (size_t i = 0; i < 4 && (i < 3 || databricks_may_read(full_name)); i++)
        cJSON_AddItemToArray(out, effective ? privilege_json(reading[i], from) : cJSON_CreateString(reading[i]));
    for (size_t i = 0; i < 5 && databricks_may_write(c->user, full_name); i++)
        if (!gate_lacks_volumes(c->user) || !strstr(writing[i], "VOLUME"))
            cJSON_AddItemToArray(out, effective ? privilege_json(writing[i], from) : cJSON_CreateString(writing[i]));
    return out;
}

static void permissions(struct route_call *c, struct route_answer *a)
{
    static const struct uc_kind *const kinds[] = { &uc_catalogs, &uc_schemas, &uc_volumes, &uc_tables };
    const char *principal = c->query(c, "principal"), *max = c->query(c, "max_results");
    const struct uc_kind *k = NULL;
    int64_t n = 0;
    for (size_t i = 0; i < 4; i++)
        if (str_eq(kinds[i]->securable, c->captures[0]))
            k = kinds[i];
    if (!k || (max && (!str_i64(max, &n) || (n != 0 && n < 150)))) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, k ? "max_results must be 0 or at least 150." :
                              "Unknown securable type '%s'.", c->captures[0]);
        return;
    }
    cJSON *there = uc_get(c, a, k, c->captures[1]);
    if (!there)
        return;
    cJSON *o = cJSON_CreateObject(), *list = cJSON_CreateArray();
    if (!principal || str_eq(principal, c->user)) {
        cJSON *one = cJSON_CreateObject();
        json_put_str(one, "principal", c->user);
        json_put_item(one, "privileges", privileges_of(c, json_str_or(there, "full_name", c->captures[1])));
        cJSON_AddItemToArray(list, one);
    }
    json_put_item(o, "privilege_assignments", list);
    cJSON_Delete(there);
    route_json(a, 200, o);
}

static void metastore_assignment(struct route_call *c, struct route_answer *a)
{
    cJSON *o = cJSON_CreateObject();
    (void)c;
    json_put_i64(o, "workspace_id", 7405608410935621);
    json_put_str(o, "metastore_id", LAKE_METASTORE_ID);
    json_put_str(o, "default_catalog_name", "main");
    route_json(a, 200, o);
}

static void metastore_summary(struct route_call *c, struct route_answer *a)
{
    cJSON *o = cJSON_CreateObject();
    (void)c;
    json_put_str(o, "metastore_id", LAKE_METASTORE_ID);
    json_put_str(o, "name", "lab-metastore");
    json_put_str(o, "cloud", "aws");
    json_put_str(o, "region", "eu-west-1");
    json_put_str(o, "global_metastore_id", "aws:eu-west-1:" LAKE_METASTORE_ID);
    json_put_str(o, "owner", "lab-user@example.com");
    json_put_str(o, "privilege_model_version", "1.0");
    route_json(a, 200, o);
}

const struct route databricks_uc_rights_routes[] = {
    { "GET", UC "/effective-permissions/{type}/{name}", ROUTE_DATABRICKS, "principal max_results page_token", "-", permissions },
    { "GET", UC "/permissions/{type}/{name}", ROUTE_DATABRICKS, "principal max_results page_token", "-", permissions },
    { "GET", UC "/current-metastore-assignment", ROUTE_DATABRICKS, NULL, "-", metastore_assignment },
    { "GET", UC "/metastore_summary", ROUTE_DATABRICKS, NULL, "-", metastore_summary },
    { 0 },
};
