#include "sandbox/databricks_uc.h"
#include "base/json.h"
#include "base/str.h"
#include <ctype.h>

/* Unity Catalog 2.1 over the lake's metadata: what is there. */

const struct uc_kind uc_catalogs = { "catalog", "CATALOG", "catalogs", "Catalog", "CATALOG_DOES_NOT_EXIST", "CATALOG_NOT_EMPTY", 1 };
const struct uc_kind uc_schemas = { "schema", "SCHEMA", "schemas", "Schema", "SCHEMA_DOES_NOT_EXIST", "SCHEMA_NOT_EMPTY", 2 };
const struct uc_kind uc_volumes = { "volume", "VOLUME", "volumes", "Volume", "NOT_FOUND", NULL, 3 };
const struct uc_kind uc_tables = { "table", "TABLE", "tables", "Table", "TABLE_DOES_NOT_EXIST", NULL, 3 };

void uc_lower(char *s)
{
    for (; *s; s++)
        *s = (char)tolower((unsigned char)*s);
}

void uc_fail(struct route_answer *a, const struct uc_kind *k, const char *name, const struct err *e)
{
    if (e->code == ERR_NOT_FOUND)
        route_fail_databricks(a, 404, k->missing, k->missing, "%s '%s' does not exist.", k->title, name);
    else
        databricks_fail_err(a, e);
}

cJSON *uc_get(struct route_call *c, struct route_answer *a, const struct uc_kind *k, const char *full_name)
{
    struct err e = { 0 };
    char *name = str_dup(full_name);
    cJSON *o = NULL;
    int dots = 0;
    if (!name)
        return NULL;
    uc_lower(name);
    for (const char *p = name; *p; p++)
        dots += *p == '.';
    if (dots != k->parts - 1)
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Invalid input: '%s' is not a valid full name of a %s.",
                              full_name, k->name);
    else if (!(o = lake_get(sandbox_lake(c->sandbox), k->name, name, &e)))
        uc_fail(a, k, name, &e);
    free(name);
    return o;
}

/* --- lists --- */

static bool flag(const struct route_call *c, const char *name)
{
    return str_ieq(c->query(c, name), "true");
}

static void omit(const struct route_call *c, cJSON *item)
{
    static const struct { const char *flag, *members[5]; } rules[] = {
        { "omit_columns", { "columns" } }, { "omit_properties", { "properties" } }, { "omit_username", { "owner", "created_by",
            "updated_by" } } };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (int j = 0; flag(c, rules[i].flag) && rules[i].members[j]; j++)
            cJSON_DeleteItemFromObjectCaseSensitive(item, rules[i].members[j]);
}

struct page { int limit; bool paged, gap; char after[600]; };

/*
 * Reads max_results and page_token. The token is "m" (more after a name) or "g" (a gap: an empty page before it, which
 * clients must survive).
 */
static bool page_read(const struct route_call *c, struct route_answer *a, bool paged_by_default, struct page *p)
{
    const char *max = c->query(c, "max_results"), *token = c->query(c, "page_token");
    int64_t n = 0, most = sandbox_setting(c->sandbox, "uc.page_size", 200);
    struct buf text = BUF_INIT;
    *p = (struct page){ .limit = INT32_MAX, .paged = paged_by_default || max || (token && *token) };
    bool good = !max || (str_i64(max, &n) && n >= 0);
    if (p->paged)
        p->limit = (int)(n > 0 && n < most ? n : most);
    if (good && token && *token) {
        good = databricks_token_read(token, &text) && text.len > 1 && (text.data[0] == 'm' || text.data[0] == 'g') &&
               str_copy(p->after, sizeof p->after, text.data + 1);
        p->gap = good && text.data[0] == 'g';
    }
    buf_release(&text);
    if (!good)
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                              "max_results must be 0 or more, and page_token one of ours.");
    return good;
}

static void token_put(cJSON *o, char kind, const char *after)
{
    char text[620];
    snprintf(text, sizeof text, "%c%s", kind, after);
    databricks_token(o, "next_page_token", text);
}

/* One page of the names after p->after; after the first of several comes an empty one. */
static void list_page(struct route_call *c, struct route_answer *a, const struct uc_kind *k, const char *parent, const struct page *p)
{
    struct err e = { 0 };
    cJSON *o = cJSON_CreateObject(), *last = NULL;
    if (p->gap) {
        token_put(o, 'm', p->after);
        route_json(a, 200, o);
        return;
    }
    int ask = p->limit < INT32_MAX ? p->limit + 1 : p->limit;
    cJSON *list = lake_list(sandbox_lake(c->sandbox), k->name, parent, p->after[0] ? p->after : NULL, ask, &e);
    if (!list) {
        cJSON_Delete(o);
        databricks_fail_err(a, &e);
        return;
    }
    bool more = cJSON_GetArraySize(list) > p->limit;
    if (more) {
        cJSON_DeleteItemFromArray(list, p->limit);
        last = cJSON_GetArrayItem(list, p->limit - 1);
        token_put(o, p->after[0] ? 'm' : 'g', json_str_or(last, "name", ""));
    }
    cJSON *item;
    cJSON_ArrayForEach(item, list)
        omit(c, item);
    if (list->child)
        json_put_item(o, k->list, list);
    else
        cJSON_Delete(list);
    route_json(a, 200, o);
}

/* The parent by query parameters, in lower case; NULL with the refusal when it is missing. Caller frees. */
static char *parent_of(struct route_call *c, struct route_answer *a, int parts)
{
    const char *catalog = databricks_need_query(c, a, "catalog_name");
    const char *schema = catalog && parts > 1 ? databricks_need_query(c, a, "schema_name") : NULL;
    if (!catalog || (parts > 1 && !schema))
        return NULL;
    cJSON *there = uc_get(c, a, &uc_catalogs, catalog);
    char *full = there ? str_printf(parts > 1 ? "%s.%s" : "%s", catalog, schema) : NULL;
    cJSON_Delete(there);
    if (full && parts > 1) {
        there = uc_get(c, a, &uc_schemas, full);
        if (!there) {
            free(full);
            return NULL;
        }
        cJSON_Delete(there);
    }
    if (full)
        uc_lower(full);
    return full;
}

static void list(struct route_call *c, struct route_answer *a, const struct uc_kind *k, bool paged_by_default)
{
    struct page p;
    if (!page_read(c, a, paged_by_default, &p))
        return;
    char *parent = k->parts > 1 ? parent_of(c, a, k->parts - 1) : NULL;
    if (parent || k->parts == 1)
        list_page(c, a, k, parent, &p);
    free(parent);
}

static void catalog_list(struct route_call *c, struct route_answer *a) { list(c, a, &uc_catalogs, false); }
static void schema_list(struct route_call *c, struct route_answer *a) { list(c, a, &uc_schemas, false); }
static void volume_list(struct route_call *c, struct route_answer *a) { list(c, a, &uc_volumes, true); }
static void table_list(struct route_call *c, struct route_answer *a) { list(c, a, &uc_tables, false); }

/* --- one object --- */

static void get(struct route_call *c, struct route_answer *a, const struct uc_kind *k)
{
    cJSON *o = uc_get(c, a, k, c->captures[0]);
    if (o)
        route_json(a, 200, o);
}

static void catalog_get(struct route_call *c, struct route_answer *a) { get(c, a, &uc_catalogs); }
static void schema_get(struct route_call *c, struct route_answer *a) { get(c, a, &uc_schemas); }
static void volume_get(struct route_call *c, struct route_answer *a) { get(c, a, &uc_volumes); }
static void table_get(struct route_call *c, struct route_answer *a) { get(c, a, &uc_tables); }

static void table_exists(struct route_call *c, struct route_answer *a)
{
    struct err e = { 0 };
    char *name = str_dup(c->captures[0]);
    if (!name)
        return;
    uc_lower(name);
    cJSON *table = lake_get(sandbox_lake(c->sandbox), "table", name, &e), *o = cJSON_CreateObject();
    free(name);
    if (!table && e.code != ERR_NOT_FOUND) {
        cJSON_Delete(o);
        databricks_fail_err(a, &e);
        return;
    }
    json_put_bool(o, "table_exists", table != NULL);
    cJSON_Delete(table);
    route_json(a, 200, o);
}

/* --- summaries --- */

/* SQL LIKE without escapes: % any run, _ one character; NULL takes all. */
static bool like(const char *pattern, const char *s)
{
    if (!pattern)
        return true;
    for (; *pattern; pattern++) {
        if (*pattern == '%') {
            for (;; s++) {
                if (like(pattern + 1, s))
                    return true;
                if (!*s)
                    return false;
            }
        }
        if (!*s || (*pattern != '_' && tolower((unsigned char)*pattern) != tolower((unsigned char)*s)))
            return false;
        s++;
    }
    return !*s;
}

static void summaries_add(const struct route_call *c, cJSON *out, const cJSON *schema, const char *after, int64_t limit, bool *more)
{
    const char *full = json_str_or(schema, "full_name", "");
    cJSON *list = lake_list(sandbox_lake(c->sandbox), "table", full, NULL, INT32_MAX, NULL);
    const cJSON *table;
    cJSON_ArrayForEach(table, list) {
        const char *name = json_str_or(table, "full_name", "");
        if (!like(c->query(c, "table_name_pattern"), json_str_or(table, "name", "")) || strcmp(name, after) <= 0)
            continue;
        *more = cJSON_GetArraySize(out) >= limit;
        if (*more)
            break;
        cJSON *o = cJSON_CreateObject();
        json_put_str(o, "full_name", name);
        json_put_str(o, "table_type", json_str(table, "table_type"));
        cJSON_AddItemToArray(out, o);
    }
    cJSON_Delete(list);
}

static void table_summaries(struct route_call *c, struct route_answer *a)
{
    const char *max = c->query(c, "max_results");
    int64_t limit = 0;
    struct page p;
    bool more = false;
    if (!page_read(c, a, true, &p))
        return;
    char *catalog = parent_of(c, a, 1);
    if (!catalog)
        return;
    str_i64(max ? max : "0", &limit);
    limit = limit > 0 && limit < 10000 ? limit : 10000;
    cJSON *o = cJSON_CreateObject(), *out = cJSON_CreateArray();
    cJSON *list = lake_list(sandbox_lake(c->sandbox), "schema", catalog, NULL, INT32_MAX, NULL);
    const cJSON *schema;
    cJSON_ArrayForEach(schema, list)
        if (!more && like(c->query(c, "schema_name_pattern"), json_str_or(schema, "name", "")))
            summaries_add(c, out, schema, p.after, limit, &more);
    if (more)
        token_put(o, 'm', json_str_or(cJSON_GetArrayItem(out, cJSON_GetArraySize(out) - 1), "full_name", ""));
    json_put_item(o, "tables", out);
    cJSON_Delete(list);
    free(catalog);
    route_json(a, 200, o);
}

#define PAGE "include_browse max_results page_token"

const struct route databricks_uc_routes[] = {
    { "GET", UC "/catalogs", ROUTE_DATABRICKS, PAGE " include_unbound", "-", catalog_list },
    { "GET", UC "/catalogs/{name}", ROUTE_DATABRICKS, "include_browse", "-", catalog_get },
    { "GET", UC "/schemas", ROUTE_DATABRICKS, PAGE " catalog_name", "-", schema_list },
    { "GET", UC "/schemas/{name}", ROUTE_DATABRICKS, "include_browse", "-", schema_get },
    { "GET", UC "/volumes", ROUTE_DATABRICKS, PAGE " catalog_name schema_name", "-", volume_list },
    { "GET", UC "/volumes/{name}", ROUTE_DATABRICKS, "include_browse", "-", volume_get },
    { "GET", UC "/tables", ROUTE_DATABRICKS, PAGE " catalog_name schema_name include_manifest_capabilities omit_columns "
      "omit_properties omit_username", "-", table_list },
    { "GET", UC "/tables/{name}", ROUTE_DATABRICKS, "include_browse include_delta_metadata include_manifest_capabilities", "-",
        table_get },
    { "GET", UC "/tables/{name}/exists", ROUTE_DATABRICKS, NULL, "-", table_exists },
    { "GET", UC "/table-summaries", ROUTE_DATABRICKS, "catalog_name schema_name_pattern table_name_pattern max_results page_token "
      "include_manifest_capabilities", "-", table_summaries },
    { 0 },
};
