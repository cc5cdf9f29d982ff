#include "sandbox/lake_store.h"
#include "base/json.h"
#include "base/str.h"

/* One row of a listing query to its REST object. */
static const char *column(sqlite3_stmt *s, int i) {
    return (const char *)sqlite3_column_text(s, i);
}

static bool put_common(cJSON *o, const char *type, sqlite3_stmt *s, int comment, int created) {
    const char *c = column(s, comment);
    return (!c || json_put_str(o, "comment", c)) && json_put_str(o, "owner", LAKE_OWNER) && json_put_str(o, "metastore_id", LAKE_METASTORE_ID) &&
           json_put_i64(o, "created_at", sqlite3_column_int64(s, created)) && json_put_str(o, "created_by", LAKE_OWNER) &&
           json_put_i64(o, "updated_at", sqlite3_column_int64(s, created + 1)) && json_put_str(o, "updated_by", LAKE_OWNER) &&
           (!type || json_put_str(o, "securable_type", type));
}

static bool put_full_name(cJSON *o, const char *a, const char *b, const char *c) {
    char *full = str_printf("%s%s%s%s%s", a, b ? "." : "", b ? b : "", c ? "." : "", c ? c : "");
    bool ok = full && json_put_str(o, "full_name", full);
    free(full);
    return ok;
}

static bool put_location(cJSON *o, const char *kind, const char *id) {
    char *where = str_printf("s3://lakeferry-metastore/%s/%s", kind, id);
    bool ok = where && json_put_str(o, "storage_location", where);
    free(where);
    return ok;
}

/* name, comment, created, updated */
static bool catalog_object(cJSON *o, sqlite3_stmt *s) {
    const char *name = column(s, 0);
    return json_put_str(o, "name", name) && put_full_name(o, name, NULL, NULL) && json_put_str(o, "catalog_type", "MANAGED_CATALOG") &&
           json_put_str(o, "isolation_mode", "OPEN") && put_common(o, "CATALOG", s, 1, 2);
}

/* catalog, name, id, comment, created, updated */
static bool schema_object(cJSON *o, sqlite3_stmt *s) {
    return json_put_str(o, "name", column(s, 1)) && json_put_str(o, "catalog_name", column(s, 0)) && put_full_name(o, column(s, 0), column(s, 1), NULL) &&
           json_put_str(o, "schema_id", column(s, 2)) && json_put_str(o, "catalog_type", "MANAGED_CATALOG") && put_common(o, NULL, s, 3, 4);
}

/* catalog, schema, name, id, type, comment, created, updated */
static bool volume_object(cJSON *o, sqlite3_stmt *s) {
    return json_put_str(o, "name", column(s, 2)) && json_put_str(o, "catalog_name", column(s, 0)) && json_put_str(o, "schema_name", column(s, 1)) &&
           put_full_name(o, column(s, 0), column(s, 1), column(s, 2)) && json_put_str(o, "volume_type", column(s, 4)) &&
           json_put_str(o, "volume_id", column(s, 3)) && put_location(o, "volumes", column(s, 3)) && put_common(o, NULL, s, 5, 6);
}

/* catalog, schema, name, uuid, kind, columns, comment, properties, definition, created, updated */
static bool table_object(cJSON *o, sqlite3_stmt *s) {
    const char *definition = column(s, 8), *kind = column(s, 4);
    bool view = str_eq(kind, "VIEW");
    cJSON *columns = cJSON_Parse(column(s, 5)), *properties = cJSON_Parse(column(s, 7));
    bool ok = json_put_str(o, "name", column(s, 2)) && json_put_str(o, "catalog_name", column(s, 0)) && json_put_str(o, "schema_name", column(s, 1)) &&
              put_full_name(o, column(s, 0), column(s, 1), column(s, 2)) && json_put_str(o, "table_type", kind) &&
              (view || json_put_str(o, "data_source_format", "DELTA")) && (view || put_location(o, "tables", column(s, 3))) &&
              json_put_str(o, "table_id", column(s, 3)) && (!view || !definition || json_put_str(o, "view_definition", definition)) && put_common(o, NULL, s, 6, 9);
    return json_put_item(o, "columns", columns) && json_put_item(o, "properties", properties) && ok;
}

static const struct kind {
    const char *name, *get, *list;
    int parts; /* of a full name */
    bool (*object)(cJSON *o, sqlite3_stmt *s);
} kinds[] = {
    {"catalog", "SELECT name, comment, created, updated FROM catalog WHERE name=?1",
     "SELECT name, comment, created, updated FROM catalog WHERE name>?3 ORDER BY name LIMIT ?4", 1, catalog_object},
    {"schema", "SELECT catalog, name, id, comment, created, updated FROM schema_ WHERE catalog=?1 AND name=?2",
     "SELECT catalog, name, id, comment, created, updated FROM schema_ WHERE catalog=?1 AND name>?3 ORDER BY name LIMIT ?4", 2, schema_object},
    {"volume", "SELECT * FROM volume WHERE catalog=?1 AND schema_name=?2 AND name=?3",
     "SELECT * FROM volume WHERE catalog=?1 AND schema_name=?2 AND name>?3 ORDER BY name LIMIT ?4", 3, volume_object},
    {"table", "SELECT catalog, schema_name, name, uuid, kind, columns, comment, properties, definition, created, updated FROM tbl WHERE catalog=?1 AND schema_name=?2 AND name=?3",
     "SELECT catalog, schema_name, name, uuid, kind, columns, comment, properties, definition, created, updated FROM tbl WHERE catalog=?1 AND schema_name=?2 AND name>?3 "
     "ORDER BY name LIMIT ?4", 3, table_object},
};

static const struct kind *find_kind(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_eq(kinds[i].name, name)) return &kinds[i];
    return NULL;
}

/* "c.s" to parameters 1 and 2; count parts are wanted. */
static int bind_parts(sqlite3_stmt *s, const char *full, int count, struct err *e) {
    char *copy = lake_name_fold(full ? full : ""), *part = copy;
    if (!copy) return err_no_memory(e);
    int n = 0;
    for (; n < count && part; n++) {
        char *dot = strchr(part, '.');
        if (dot) *dot = 0;
        sqlite3_bind_text(s, n + 1, part, -1, SQLITE_TRANSIENT);
        part = dot ? dot + 1 : NULL;
    }
    free(copy);
    return n == count && !part ? 0 : err_set(e, ERR_NOT_FOUND, "'%s' does not exist", full ? full : "");
}

static cJSON *one(const struct kind *k, sqlite3_stmt *s) {
    cJSON *o = cJSON_CreateObject();
    if (o && k->object(o, s)) return o;
    cJSON_Delete(o);
    return NULL;
}

static cJSON *get(sqlite3 *db, const struct kind *k, const char *full, sqlite3_stmt **s, struct err *e) {
    if (sqlite3_prepare_v2(db, k->get, -1, s, NULL) != SQLITE_OK) {
        lake_sql_error(db, "cannot read", e);
        return NULL;
    }
    if (bind_parts(*s, full, k->parts, e)) return NULL;
    int rc = sqlite3_step(*s);
    if (rc != SQLITE_ROW) {
        if (rc != SQLITE_DONE) lake_sql_error(db, "cannot read", e);
        else err_set(e, ERR_NOT_FOUND, "%c%s '%s' does not exist.", k->name[0] - 32, k->name + 1, full);
        return NULL;
    }
    cJSON *o = one(k, *s);
    if (!o) err_no_memory(e);
    return o;
}

cJSON *lake_get(struct lake *l, const char *kind, const char *full_name, struct err *e) {
    const struct kind *k = find_kind(kind);
    sqlite3_stmt *s = NULL;
    if (!k) {
        err_set(e, ERR_BUG, "no kind '%s'", kind);
        return NULL;
    }
    pthread_mutex_lock(&l->read);
    cJSON *o = get(l->reader, k, full_name, &s, e);
    sqlite3_finalize(s);
    pthread_mutex_unlock(&l->read);
    return o;
}

static int parent_exists(struct lake *l, const struct kind *k, const char *parent, struct err *e) {
    if (k->parts == 1) return 0;
    sqlite3_stmt *s = NULL;
    cJSON *o = get(l->reader, &kinds[k->parts - 2], parent, &s, e);
    sqlite3_finalize(s);
    cJSON_Delete(o);
    return o ? 0 : -1;
}

static int list(struct lake *l, const struct kind *k, const char *parent, const char *after, int limit, cJSON *out, sqlite3_stmt **s, struct err *e) {
    if (parent_exists(l, k, parent, e)) return -1;
    if (sqlite3_prepare_v2(l->reader, k->list, -1, s, NULL) != SQLITE_OK) return lake_sql_error(l->reader, "cannot read", e);
    if (k->parts > 1 && bind_parts(*s, parent, k->parts - 1, e)) return -1;
    sqlite3_bind_text(*s, 3, after ? after : "", -1, SQLITE_STATIC);
    sqlite3_bind_int(*s, 4, limit);
    int rc;
    while ((rc = sqlite3_step(*s)) == SQLITE_ROW) {
        cJSON *o = one(k, *s);
        if (!o || !cJSON_AddItemToArray(out, o)) {
            cJSON_Delete(o);
            return err_no_memory(e);
        }
    }
    return rc == SQLITE_DONE ? 0 : lake_sql_error(l->reader, "cannot read", e);
}

cJSON *lake_list(struct lake *l, const char *kind, const char *parent, const char *after, int limit, struct err *e) {
    const struct kind *k = find_kind(kind);
    sqlite3_stmt *s = NULL;
    cJSON *out = cJSON_CreateArray();
    if (!k || !out) {
        if (k) err_no_memory(e);
        else err_set(e, ERR_BUG, "no kind '%s'", kind);
        cJSON_Delete(out);
        return NULL;
    }
    pthread_mutex_lock(&l->read);
    int rc = list(l, k, parent, after, limit, out, &s, e);
    sqlite3_finalize(s);
    pthread_mutex_unlock(&l->read);
    if (!rc) return out;
    cJSON_Delete(out);
    return NULL;
}
