#include "net/databricks_catalog.h"

#include "base/str.h"
#include "net/databricks_wire.h"

#define ROOT "/api/2.1/unity-catalog"

/* What differs between the four kinds (reference databricks §6). */
static const struct kind {
    const char *list;      /* path segment and array of a list */
    const char *type_key, *type_name;
    const char *query;     /* constant query of a list */
    int depth;             /* names above it */
} kinds[] = {
    [DATABRICKS_CATALOG] = { "catalogs", "catalog_type", "CATALOG", "?include_browse=true&max_results=0", 0 },
    [DATABRICKS_SCHEMA] = { "schemas", NULL, "SCHEMA", "?include_browse=true&max_results=0", 1 },
    [DATABRICKS_VOLUME] = { "volumes", "volume_type", "VOLUME", "?include_browse=true", 2 },
    [DATABRICKS_TABLE] = { "tables", "table_type", "TABLE", "?include_browse=true&max_results=0&omit_columns=true", 2 },
};

static void release_columns(struct databricks_object *o)
{
    for (size_t i = 0; i < o->column_count; i++) {
        free(o->columns[i].name);
        free(o->columns[i].type_text);
        free(o->columns[i].comment);
    }
    free(o->columns);
}

void databricks_object_release(struct databricks_object *o)
{
    char *texts[] = { o->name, o->full_name, o->type, o->format, o->owner, o->comment, o->storage_location, o->view_definition };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    release_columns(o);
    for (size_t i = 0; i < o->property_count; i++) {
        free(o->properties[i].key);
        free(o->properties[i].value);
    }
    free(o->properties);
    memset(o, 0, sizeof *o);
}

const char *databricks_object_property(const struct databricks_object *o, const char *key)
{
    for (size_t i = 0; i < o->property_count; i++)
        if (str_eq(o->properties[i].key, key)) return o->properties[i].value;
    return NULL;
}

static int decode_columns(const cJSON *columns, struct databricks_object *out, struct err *e)
{
    static const char *const type_keys[] = { "type_text", "type_name" };
    const cJSON *c;
    int n = columns ? cJSON_GetArraySize(columns) : 0;
    if (!n) return 0;
    out->columns = calloc((size_t)n, sizeof *out->columns);
    if (!out->columns) return err_no_memory(e);
    cJSON_ArrayForEach(c, columns) {
        const char *name = json_need_str(c, "name", e), *type = databricks_text_of(c, type_keys, 2);
        if (!name) return -1;
        struct databricks_column *column = &out->columns[out->column_count++];
        *column = (struct databricks_column){ .name = str_dup(name), .type_text = str_dup(type ? type : ""),
                                              .comment = str_dup(json_str_or(c, "comment", "")), .nullable = json_bool(c, "nullable", true) };
        if (!column->name || !column->type_text || !column->comment) return err_no_memory(e);
    }
    return 0;
}

static int decode_properties(const cJSON *properties, struct databricks_object *out, struct err *e)
{
    const cJSON *p;
    int n = properties ? cJSON_GetArraySize(properties) : 0;
    if (!n) return 0;
    out->properties = calloc((size_t)n, sizeof *out->properties);
    if (!out->properties) return err_no_memory(e);
    cJSON_ArrayForEach(p, properties) {
        if (!cJSON_IsString(p) || !p->string) continue;
        size_t i = out->property_count++;
        out->properties[i].key = str_dup(p->string);
        out->properties[i].value = str_dup(p->valuestring);
        if (!out->properties[i].key || !out->properties[i].value) return err_no_memory(e);
    }
    return 0;
}

/* "c.s.n" from the parts when the service did not send the whole. */
static char *full_name_of(enum databricks_kind kind, const cJSON *json, const char *name)
{
    const char *full = json_str(json, "full_name"), *catalog = json_str_or(json, "catalog_name", ""), *schema = json_str_or(json, "schema_name", "");
    if (full && *full) return str_dup(full);
    if (kinds[kind].depth == 0) return str_dup(name);
    return kinds[kind].depth == 1 ? str_printf("%s.%s", catalog, name) : str_printf("%s.%s.%s", catalog, schema, name);
}

static int decode_texts(enum databricks_kind kind, const cJSON *json, struct databricks_object *out, struct err *e)
{
    const struct { char **slot; const char *key; } texts[] = {
        { &out->type, kinds[kind].type_key }, { &out->format, "data_source_format" }, { &out->owner, "owner" }, { &out->comment, "comment" },
        { &out->storage_location, "storage_location" }, { &out->view_definition, "view_definition" },
    };
    const char *name = json_need_str(json, "name", e);
    if (!name) return -1;
    out->name = str_dup(name);
    out->full_name = full_name_of(kind, json, name);
    bool ok = out->name && out->full_name;
    for (size_t i = 0; ok && i < sizeof texts / sizeof *texts; i++) {
        *texts[i].slot = str_dup(texts[i].key ? json_str_or(json, texts[i].key, "") : "");
        ok = *texts[i].slot != NULL;
    }
    return ok ? 0 : err_no_memory(e);
}

int databricks_object_decode(enum databricks_kind kind, const cJSON *json, struct databricks_object *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    out->kind = kind;
    int rc = decode_texts(kind, json, out, e);
    if (!rc && kind == DATABRICKS_TABLE) rc = decode_columns(json_arr(json, "columns"), out, e);
    if (!rc) rc = decode_properties(json_obj(json, "properties"), out, e);
    if (rc) {
        databricks_object_release(out);
        return -1;
    }
    json_i64(json, "created_at", &out->created_ms);
    json_i64(json, "updated_at", &out->updated_ms);
    out->browse_only = json_bool(json, "browse_only", false);
    return 0;
}

struct object_list { enum databricks_kind kind; databricks_object_each each; void *ctx; };

static int take_object(void *ctx, const cJSON *element, struct err *e)
{
    const struct object_list *list = ctx;
    struct databricks_object o;
    if (databricks_object_decode(list->kind, element, &o, e)) return -1;
    int rc = list->each(list->ctx, &o, e);
    databricks_object_release(&o);
    return rc;
}

/* "c" or "c.s" to query parameters. */
static int add_parent(struct buf *path, const struct kind *k, const char *parent, struct err *e)
{
    const char *dot = strchr(parent, '.');
    int names = *parent ? dot ? strchr(dot + 1, '.') || !dot[1] || dot == parent ? -1 : 2 : 1 : 0;
    if (names != k->depth) return err_set(e, ERR_USAGE, "\"%s\" cannot hold %s", parent, k->list);
    if (!names) return 0;
    char *catalog = dot ? str_dup_n(parent, (size_t)(dot - parent)) : str_dup(parent);
    if (!catalog) return err_no_memory(e);
    databricks_path_query(path, "catalog_name", catalog);
    if (dot) databricks_path_query(path, "schema_name", dot + 1);
    free(catalog);
    return 0;
}

int databricks_objects_list(const struct net_api *api, enum databricks_kind kind, const char *parent,
                            databricks_object_each each, void *ctx, struct err *e)
{
    const struct kind *k = &kinds[kind];
    struct object_list list = { kind, each, ctx };
    struct buf path = BUF_INIT;
    buf_printf(&path, ROOT "/%s%s", k->list, k->query);
    int rc = add_parent(&path, k, parent, e);
    if (!rc) rc = buf_error(&path, e);
    if (!rc) rc = databricks_ask_list(api, path.data, k->list, NULL, take_object, &list, e);
    buf_release(&path);
    return rc;
}

int databricks_object_get(const struct net_api *api, enum databricks_kind kind, const char *full_name,
                          struct databricks_object *out, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *json = NULL;
    memset(out, 0, sizeof *out);
    buf_printf(&path, ROOT "/%s", kinds[kind].list);
    databricks_path_segment(&path, full_name);
    buf_puts(&path, "?include_browse=true");
    int rc = buf_error(&path, e);
    if (!rc) rc = databricks_call(api, NET_GET, path.data, NULL, true, &json, e);
    if (!rc) rc = databricks_object_decode(kind, json, out, e);
    cJSON_Delete(json);
    buf_release(&path);
    return rc;
}

int databricks_volume_create(const struct net_api *api, const char *catalog, const char *schema, const char *name,
                             const char *comment, struct err *e)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && json_put_str(body, "catalog_name", catalog) && json_put_str(body, "schema_name", schema) && json_put_str(body, "name", name)
        && json_put_str(body, "volume_type", "MANAGED") && json_put_str(body, "comment", comment);
    int rc = ok ? databricks_call(api, NET_POST, ROOT "/volumes", body, true, NULL, e) : err_no_memory(e);
    cJSON_Delete(body);
    return rc;
}

static int delete_object(const struct net_api *api, const char *root, const char *full_name, struct err *e)
{
    struct buf path = BUF_INIT;
    buf_puts(&path, root);
    databricks_path_segment(&path, full_name);
    int rc = buf_error(&path, e);
    if (!rc) rc = databricks_call(api, NET_DELETE, path.data, NULL, true, NULL, e);
    buf_release(&path);
    return rc;
}

int databricks_volume_delete(const struct net_api *api, const char *full_name, struct err *e)
{
    return delete_object(api, ROOT "/volumes", full_name, e);
}

int databricks_table_delete(const struct net_api *api, const char *full_name, struct err *e)
{
    return delete_object(api, ROOT "/tables", full_name, e);
}

struct privilege_list { const char *const *names; int *has; size_t count; };

static int take_assignment(void *ctx, const cJSON *element, struct err *e)
{
    struct privilege_list *list = ctx;
    const cJSON *p;
    (void)e;
    cJSON_ArrayForEach(p, json_arr(element, "privileges")) {
        const char *name = cJSON_IsString(p) ? p->valuestring : json_str(p, "privilege");
        for (size_t i = 0; name && i < list->count; i++)
            if (str_eq(name, list->names[i]) || str_eq(name, "ALL_PRIVILEGES")) list->has[i] = 1;
    }
    return 0;
}

int databricks_privileges(const struct net_api *api, enum databricks_kind kind, const char *full_name, const char *principal,
                          const char *const *privileges, int *has, size_t count, struct err *e)
{
    struct privilege_list list = { privileges, has, count };
    struct buf path = BUF_INIT;
    struct err why;
    for (size_t i = 0; i < count; i++) has[i] = 0;
    buf_printf(&path, ROOT "/effective-permissions/%s", kinds[kind].type_name);
    databricks_path_segment(&path, full_name);
    databricks_path_query(&path, "principal", principal);
    databricks_path_query(&path, "max_results", "0");
    err_clear(&why);
    int rc = buf_error(&path, &why);
    if (!rc) rc = databricks_ask_list(api, path.data, "privilege_assignments", NULL, take_assignment, &list, &why);
    buf_release(&path);
    /* Not everybody may ask this; then nothing is known, which is no failure. */
    if (!rc) return 0;
    for (size_t i = 0; i < count; i++) has[i] = -1;
    if (why.code == ERR_FORBIDDEN || why.code == ERR_NOT_FOUND || why.code == ERR_REFUSED) return 0;
    if (e) *e = why;
    return -1;
}
