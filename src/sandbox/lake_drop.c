#include "sandbox/lake_store.h"
#include "base/file.h"
#include "base/str.h"

/* What is dropped goes with all it holds: rows, history, files. */

int lake_remove_volume(struct lake *l, const char *catalog, const char *schema_name, const char *name, struct err *e) {
    struct buf path;
    int has = lake_has(l->db, e, "SELECT 1 FROM volume WHERE catalog=?1 AND schema_name=?2 AND name=?3", catalog, schema_name, name, NULL);
    if (has != 1) return has < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "Volume '%s.%s.%s' does not exist", catalog, schema_name, name);
    buf_init(&path, 0);
    int rc = lake_volume_folder(l, catalog, schema_name, name, &path, e);
    if (!rc) rc = file_remove_tree(path.data, e);
    if (!rc) rc = lake_run(l->db, e, "DELETE FROM volume WHERE catalog=?1 AND schema_name=?2 AND name=?3", catalog, schema_name, name, NULL);
    buf_release(&path);
    return rc;
}

/* Splits "c.s.n", lower case; parts are owned by *copy. */
static int split(const char *full, char **copy, char *part[3], struct err *e) {
    *copy = lake_name_fold(full);
    if (!*copy) return err_no_memory(e);
    part[0] = *copy;
    for (int i = 1; i < 3; i++) {
        char *dot = strchr(part[i - 1], '.');
        if (!dot) return err_set(e, ERR_NOT_FOUND, "'%s' is not a name of three parts", full);
        *dot = 0;
        part[i] = dot + 1;
    }
    return 0;
}

int lake_volume_drop(struct lake *l, const char *full_name, struct err *e) {
    char *copy = NULL, *part[3];
    int rc = split(full_name, &copy, part, e);
    if (!rc) rc = lake_begin(l, e);
    if (!rc) rc = lake_end(l, lake_remove_volume(l, part[0], part[1], part[2], e), e);
    free(copy);
    return rc;
}

/* Every store a table has had, as statements that drop them. */
static int drop_stores(struct lake *l, int64_t id, struct buf *sql, struct err *e) {
    static const char text[] = "SELECT store FROM tbl WHERE id=?1 AND store>0 UNION SELECT store FROM past WHERE table_id=?1 AND store>0";
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(l->db, text, -1, &s, NULL) != SQLITE_OK) return lake_sql_error(l->db, "cannot read", e);
    sqlite3_bind_int64(s, 1, id);
    while (sqlite3_step(s) == SQLITE_ROW) {
        long long store = (long long)sqlite3_column_int64(s, 0);
        buf_printf(sql, "DROP TABLE IF EXISTS rows_%lld;DELETE FROM undo WHERE store=%lld;", store, store);
    }
    sqlite3_finalize(s);
    return 0;
}

int lake_remove_table(struct lake *l, int64_t id, struct err *e) {
    struct buf sql;
    buf_init(&sql, 0);
    int rc = drop_stores(l, id, &sql, e);
    for (int i = 0; i < 3; i++) buf_printf(&sql, "DELETE FROM %s WHERE %s=%lld;", (const char *[]){"history", "past", "tbl"}[i], i < 2 ? "table_id" : "id", (long long)id);
    if (!rc) rc = buf_error(&sql, e);
    if (!rc && sqlite3_exec(l->db, sql.data, NULL, NULL, NULL) != SQLITE_OK) rc = lake_sql_error(l->db, "cannot drop the table in", e);
    buf_release(&sql);
    return rc;
}

static int drop_table(struct lake *l, char *const part[3], const char *full_name, struct err *e) {
    sqlite3_stmt *s = NULL;
    int64_t id = 0;
    if (sqlite3_prepare_v2(l->db, "SELECT id FROM tbl WHERE catalog=?1 AND schema_name=?2 AND name=?3", -1, &s, NULL) != SQLITE_OK) return lake_sql_error(l->db, "cannot read", e);
    for (int i = 0; i < 3; i++) sqlite3_bind_text(s, i + 1, part[i], -1, SQLITE_STATIC);
    if (sqlite3_step(s) == SQLITE_ROW) id = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return id ? lake_remove_table(l, id, e) : err_set(e, ERR_NOT_FOUND, "Table '%s' does not exist", full_name);
}

int lake_table_drop(struct lake *l, const char *full_name, struct err *e) {
    char *copy = NULL, *part[3];
    int rc = split(full_name, &copy, part, e);
    if (!rc) rc = lake_begin(l, e);
    if (!rc) rc = lake_end(l, drop_table(l, part, full_name, e), e);
    free(copy);
    return rc;
}

/* --- containers --- */
/* Everything in a schema, volumes with their files first. */
static int empty_schema(struct lake *l, const char *c, const char *s, struct err *e) {
    static const char first[] = "SELECT (SELECT min(name) FROM volume WHERE catalog=?1 AND schema_name=?2), (SELECT min(id) FROM tbl WHERE catalog=?1 AND schema_name=?2)";
    for (;;) {
        sqlite3_stmt *q = NULL;
        if (sqlite3_prepare_v2(l->db, first, -1, &q, NULL) != SQLITE_OK) return lake_sql_error(l->db, "cannot read", e);
        sqlite3_bind_text(q, 1, c, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 2, s, -1, SQLITE_STATIC);
        int rc = sqlite3_step(q) == SQLITE_ROW ? 0 : lake_sql_error(l->db, "cannot read", e);
        char *volume = rc ? NULL : str_dup((const char *)sqlite3_column_text(q, 0));
        int64_t table = rc ? 0 : sqlite3_column_int64(q, 1);
        sqlite3_finalize(q);
        if (!rc && volume) rc = lake_remove_volume(l, c, s, volume, e);
        else if (!rc && table) rc = lake_remove_table(l, table, e);
        bool done = !volume && !table;
        free(volume);
        if (rc || done) return rc;
    }
}

static int drop_schema(struct lake *l, const char *c, const char *s, bool force, struct err *e) {
    int has = lake_has(l->db, e, "SELECT 1 FROM schema_ WHERE catalog=?1 AND name=?2", c, s, NULL);
    if (has != 1) return has < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "Schema '%s.%s' does not exist.", c, s);
    has = force ? 0 : lake_has(l->db, e, "SELECT 1 FROM volume WHERE catalog=?1 AND schema_name=?2 UNION ALL SELECT 1 FROM tbl WHERE catalog=?1 AND schema_name=?2", c, s, NULL);
    if (has) return has < 0 ? -1 : err_set(e, ERR_REFUSED, "Schema '%s.%s' is not empty. The schema has tables or volumes", c, s);
    if (empty_schema(l, c, s, e)) return -1;
    return lake_run(l->db, e, "DELETE FROM schema_ WHERE catalog=?1 AND name=?2", c, s, NULL);
}

static int drop_schemas(struct lake *l, const char *c, struct err *e) {
    sqlite3_stmt *q = NULL;
    struct str_list names = {0};
    int rc = sqlite3_prepare_v2(l->db, "SELECT name FROM schema_ WHERE catalog=?1", -1, &q, NULL) == SQLITE_OK ? 0 : lake_sql_error(l->db, "cannot read", e);
    if (!rc) sqlite3_bind_text(q, 1, c, -1, SQLITE_STATIC);
    while (!rc && sqlite3_step(q) == SQLITE_ROW)
        if (str_list_add(&names, (const char *)sqlite3_column_text(q, 0))) rc = err_no_memory(e);
    sqlite3_finalize(q);
    for (size_t i = 0; i < names.count && !rc; i++) rc = drop_schema(l, c, names.items[i], true, e);
    str_list_release(&names);
    return rc;
}

static int drop_catalog(struct lake *l, const char *c, bool force, struct err *e) {
    int has = lake_has(l->db, e, "SELECT 1 FROM catalog WHERE name=?1", c, NULL);
    if (has != 1) return has < 0 ? -1 : err_set(e, ERR_NOT_FOUND, "Catalog '%s' does not exist.", c);
    has = force ? 0 : lake_has(l->db, e, "SELECT 1 FROM schema_ WHERE catalog=?1 AND name<>'information_schema'", c, NULL);
    if (has) return has < 0 ? -1 : err_set(e, ERR_REFUSED, "Catalog '%s' is not empty. The catalog has schemas", c);
    if (drop_schemas(l, c, e)) return -1;
    return lake_run(l->db, e, "DELETE FROM catalog WHERE name=?1", c, NULL);
}

int lake_schema_drop(struct lake *l, const char *full_name, bool force, struct err *e) {
    char *copy = lake_name_fold(full_name), *dot = copy ? strchr(copy, '.') : NULL;
    int rc = copy ? dot ? 0 : err_set(e, ERR_NOT_FOUND, "'%s' is not a name of two parts", full_name) : err_no_memory(e);
    if (!rc) {
        *dot = 0;
        rc = lake_begin(l, e);
        if (!rc) rc = lake_end(l, drop_schema(l, copy, dot + 1, force, e), e);
    }
    free(copy);
    return rc;
}

int lake_catalog_drop(struct lake *l, const char *name, bool force, struct err *e) {
    char *copy = lake_name_fold(name);
    int rc = copy ? lake_begin(l, e) : err_no_memory(e);
    if (!rc) rc = lake_end(l, drop_catalog(l, copy, force, e), e);
    free(copy);
    return rc;
}
