/* ddl: definitions of tables, views, schemas, volumes; properties and comments. */
#include "sandbox/sql/session.h"
#include "sandbox/sql/statements.h"
#include "sandbox/sql/table.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"

#define NO_METRICS "{}"

/* {"description":…,"properties":"{…}"} of a CREATE. */
static const char *create_parameters(struct run *r, const struct table *t) {
    struct text out, inner;
    text_init(&inner, &r->mem);
    text_putc(&inner, '{');
    for (int i = 0; i < t->properties.count; i++) {
        if (i) text_putc(&inner, ',');
        json_string(&inner, t->properties.at[i].key, strlen(t->properties.at[i].key));
        text_putc(&inner, ':');
        json_string(&inner, t->properties.at[i].value, strlen(t->properties.at[i].value));
    }
    text_putc(&inner, '}');
    text_init(&out, &r->mem);
    text_puts(&out, "{\"partitionBy\":\"[]\",\"clusterBy\":\"[]\",\"description\":");
    if (t->comment) json_string(&out, t->comment, strlen(t->comment));
    else text_puts(&out, "null");
    text_puts(&out, ",\"isManaged\":\"true\",\"properties\":");
    json_string(&out, inner.p, inner.n);
    text_putc(&out, '}');
    return text_end(&out);
}

static _Noreturn void already_exists(struct run *r, const struct name *n) {
    run_fail(r, "TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", n->pos, "Cannot create table or view %s because it already exists.\n"
             "Choose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.", name_text(r, n));
}

/* A table at a path is a folder with a Delta log, so that others see what it is. */
static void make_delta_folder(struct run *r, const struct table *t) {
    if (*t->catalog) return;
    struct buf path;
    struct err e;
    buf_init(&path, 0);
    int rc = lake_path(r->lake, t->name, &path, &e);
    buf_puts(&path, "/_delta_log");
    if (!rc) rc = file_make_dirs(path.data, &e);
    buf_puts(&path, "/00000000000000000000.json");
    if (!rc) rc = file_write_atomic(path.data, "{\"commitInfo\":{\"operation\":\"CREATE TABLE\"}}\n", 45, &e);
    buf_release(&path);
    if (rc && e.code == ERR_NOT_FOUND) run_fail(r, "PATH_NOT_FOUND", "42K03", -1, "Path does not exist: %s.", t->name);
    if (rc) run_broken(r, &e);
}

static int64_t write_query(struct run *r, const struct table *t, struct relation *rel, int64_t store) {
    struct table_writer *w = mem_zero(&r->mem, sizeof *w);
    struct arena *a = run_arena(r);
    table_writer_init(w, r, t, store);
    const struct value *row;
    while ((row = rel->it->next(rel->it, a))) {
        table_write(w, row);
        arena_reset(a);
    }
    return w->rows;
}

static void check_format(struct run *r, const struct statement *s) {
    if (s->format && !str_ieq(s->format, "delta"))
        run_fail(r, "MANAGED_TABLE_FORMAT", "0AKDC", -1, "Only `Delta` is supported for managed tables. Provided datasource format is %s.", s->format);
}

/* The new definition: columns by the list or the query, nothing of the table it replaces but its identity. */
static struct table *define(struct run *r, const struct statement *s, struct relation **rel) {
    struct table *t = table_named(r, &s->name);
    t->columns = s->columns;
    t->comment = s->comment;
    for (int i = 0; i < s->properties.count; i++) property_set(r, &t->properties, s->properties.at[i].key, s->properties.at[i].value);
    if (s->query) {
        *rel = plan_query(r, s->query, NULL);
        relation_use_all(r, *rel);
        for (int i = 0; i < (*rel)->scope.count; i++) {
            struct column *c = list_add(r, &t->columns.at, &t->columns.count, sizeof *c);
            *c = (struct column){ .name = (*rel)->scope.at[i].name, .type = (*rel)->scope.at[i].type };
        }
    }
    table_check_columns(r, t);
    table_check_properties(r, &t->properties);
    return t;
}

static void check_new_name(struct run *r, const struct table *t, int pos) {
    struct err e;
    if (*t->catalog && lake_name_check("Table", t->name, &e))
        run_fail(r, "INVALID_SCHEMA_OR_RELATION_NAME", "42602", pos, "`%s` is not a valid name for tables/schemas. Valid names are at most 255 characters without period, space, slash or control characters.", t->name);
}

void statement_create_table(struct run *r, const struct statement *s) {
    struct relation *rel = NULL;
    check_format(r, s);
    struct table *named = table_named(r, &s->name), *old;
    table_need_schema(r, named, s->name.pos);
    check_new_name(r, named, s->name.pos);
    old = table_find(r, &s->name);
    if (old && s->if_not_exists) return;
    if (old && (!s->or_replace || old->view)) already_exists(r, &s->name);
    struct table *t = define(r, s, &rel);
    int64_t rows = 0;
    make_delta_folder(r, t);
    t->store = table_new_store(r);
    if (rel) rows = write_query(r, t, rel, t->store);
    if (old) {
        t->id = old->id;
        t->catalog = old->catalog;
        t->schema = old->schema;
        t->name = old->name;
    } else {
        table_insert(r, t);
    }
    const char *operation = mem_printf(&r->mem, "CREATE %sTABLE%s", s->or_replace ? "OR REPLACE " : "", s->query ? " AS SELECT" : "");
    const char *metrics = s->query ? mem_printf(&r->mem, "{\"numFiles\":\"1\",\"numOutputRows\":\"%lld\"}", (long long)rows) : NO_METRICS;
    table_commit(r, t, operation, create_parameters(r, t), metrics, !old);
}

void statement_drop_table(struct run *r, const struct statement *s) {
    struct table *t = table_find(r, &s->name);
    struct err e;
    if (!t) {
        if (s->if_exists) return;
        table_not_found(r, &s->name, s->name.pos);
    }
    if (t->view) run_fail(r, "WRONG_COMMAND_FOR_OBJECT_TYPE", "42809", s->name.pos, "The operation DROP TABLE requires a EXTERNAL or MANAGED. But %s is a VIEW. Use DROP VIEW instead.", table_full_name(r, t));
    run_release_holds(r);
    r->scratch = NULL;
    if (lake_remove_table(r->lake, t->id, &e)) run_broken(r, &e);
}

/* --- temporary views --- */
static void temp_view_free(struct temp_view *v) {
    free(v->name);
    free(v->sql);
    free(v);
}

static bool temp_view_drop(struct sql_session *s, const char *name) {
    for (struct temp_view **v = &s->views; *v; v = &(*v)->next) {
        if (!str_ieq((*v)->name, name)) continue;
        struct temp_view *gone = *v;
        *v = gone->next;
        temp_view_free(gone);
        return true;
    }
    return false;
}

static bool temp_view_exists(const struct sql_session *s, const char *name) {
    for (const struct temp_view *v = s->views; v; v = v->next)
        if (str_ieq(v->name, name)) return true;
    return false;
}

/* The view is kept as its text; planning it once now finds what is wrong with it. */
void statement_create_view(struct run *r, const struct statement *s) {
    if (s->name.count != 1)
        run_fail(r, "TEMP_VIEW_NAME_TOO_MANY_NAME_PARTS", "428EK", s->name.pos, "CREATE TEMPORARY VIEW or the corresponding Dataset APIs only accept single-part view names, but got: %s.", name_text(r, &s->name));
    if (!s->or_replace && temp_view_exists(r->session, s->name.part[0])) {
        if (s->if_not_exists) return;
        run_fail(r, "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", s->name.pos, "Cannot create the temporary view %s because it already exists.\nChoose a different name, drop or replace the existing view,  or add the IF NOT EXISTS clause to tolerate pre-existing views.", name_text(r, &s->name));
    }
    if (s->query) plan_query(r, s->query, NULL);
    else {
        const char *path = option_get(&s->options, "path");
        source_files(r, s->format, path ? path : "", s->columns.count ? &s->columns : NULL, &s->options, s->name.pos);
    }
    struct temp_view *v = calloc(1, sizeof *v);
    if (!v) run_no_memory(r);
    v->name = str_dup(s->name.part[0]);
    v->sql = str_dup(r->sql);
    if (!v->name || !v->sql) {
        temp_view_free(v);
        run_no_memory(r);
    }
    temp_view_drop(r->session, v->name);
    v->next = r->session->views;
    r->session->views = v;
}

void statement_drop_view(struct run *r, const struct statement *s) {
    struct err e;
    if (s->name.count == 1 && temp_view_drop(r->session, s->name.part[0])) return;
    struct table *t = table_find(r, &s->name);
    if (!t && s->if_exists) return;
    if (!t) table_not_found(r, &s->name, s->name.pos);
    if (!t->view) run_fail(r, "WRONG_COMMAND_FOR_OBJECT_TYPE", "42809", s->name.pos, "The operation DROP VIEW requires a VIEW. But %s is a MANAGED. Use DROP TABLE instead.", table_full_name(r, t));
    if (lake_remove_table(r->lake, t->id, &e)) run_broken(r, &e);
}

/* --- schemas and volumes --- */
void statement_create_schema(struct run *r, const struct statement *s) {
    struct err e;
    const char *catalog = run_fold(r, s->name.count > 1 ? s->name.part[0] : r->session->catalog), *name = run_fold(r, s->name.part[s->name.count - 1]);
    if (!lake_put_schema(r->lake, catalog, name, s->comment, &e)) return;
    if (e.code == ERR_CONFLICT && s->if_not_exists) return;
    if (e.code == ERR_CONFLICT)
        run_fail(r, "SCHEMA_ALREADY_EXISTS", "42P06", s->name.pos, "Cannot create schema %s because it already exists.\nChoose a different name, drop the existing schema, or add the IF NOT EXISTS clause to tolerate pre-existing schema.", name_text(r, &s->name));
    if (e.code == ERR_NOT_FOUND) run_fail(r, "NO_SUCH_CATALOG_EXCEPTION", "42704", s->name.pos, "Catalog '%s' was not found. Please verify the catalog name and then retry the query or command again.", catalog);
    if (e.code == ERR_USAGE) run_fail(r, "INVALID_SCHEMA_OR_RELATION_NAME", "42602", s->name.pos, "`%s` is not a valid name for tables/schemas.", name);
    run_broken(r, &e);
}

struct volume_name { const char *catalog, *schema, *name; };

static struct volume_name volume_name(struct run *r, const struct name *n) {
    struct volume_name v = { r->session->catalog, r->session->schema, run_fold(r, n->part[n->count - 1]) };
    if (n->count > 1) v.schema = run_fold(r, n->part[n->count - 2]);
    if (n->count > 2) v.catalog = run_fold(r, n->part[n->count - 3]);
    return v;
}

void statement_create_volume(struct run *r, const struct statement *s) {
    struct err e;
    struct volume_name v = volume_name(r, &s->name);
    if (!lake_put_volume(r->lake, v.catalog, v.schema, v.name, "MANAGED", s->comment, &e)) return;
    if (e.code == ERR_CONFLICT && s->if_not_exists) return;
    if (e.code == ERR_CONFLICT)
        run_fail(r, "VOLUME_ALREADY_EXISTS", "42000", s->name.pos, "Cannot create volume %s because it already exists.\nChoose a different name, drop or replace the existing object, or add the IF NOT EXISTS clause to tolerate pre-existing objects.", name_text(r, &s->name));
    if (e.code == ERR_NOT_FOUND) {
        struct table where = { .catalog = v.catalog, .schema = v.schema };
        table_need_schema(r, &where, s->name.pos);
    }
    if (e.code == ERR_USAGE) run_fail(r, "INVALID_SCHEMA_OR_RELATION_NAME", "42602", s->name.pos, "`%s` is not a valid name for volumes.", v.name);
    run_broken(r, &e);
}

void statement_drop_volume(struct run *r, const struct statement *s) {
    struct err e;
    struct volume_name v = volume_name(r, &s->name);
    if (!lake_remove_volume(r->lake, v.catalog, v.schema, v.name, &e)) return;
    if (e.code == ERR_NOT_FOUND && s->if_exists) return;
    if (e.code == ERR_NOT_FOUND)
        run_fail(r, "UC_VOLUME_NOT_FOUND", "42704", s->name.pos, "Volume %s does not exist. Please use 'SHOW VOLUMES' to list available volumes.", name_text(r, &s->name));
    run_broken(r, &e);
}

/* --- ALTER, COMMENT ON --- */
static const char *properties_parameters(struct run *r, const struct options *o) {
    struct table t = { .properties = *o };
    return create_parameters(r, &t);
}

void statement_alter_properties(struct run *r, const struct statement *s) {
    struct table *t = table_need(r, &s->name, true);
    table_check_properties(r, &s->properties);
    for (int i = 0; i < s->properties.count; i++) property_set(r, &t->properties, s->properties.at[i].key, s->properties.at[i].value);
    table_commit(r, t, "SET TBLPROPERTIES", properties_parameters(r, &s->properties), NO_METRICS, true);
}

void statement_unset_properties(struct run *r, const struct statement *s) {
    struct table *t = table_need(r, &s->name, true);
    struct options left = {0};
    for (int i = 0; i < t->properties.count; i++) {
        bool gone = false;
        for (int k = 0; k < s->properties.count; k++) gone |= str_eq(t->properties.at[i].key, s->properties.at[k].key);
        if (!gone) property_set(r, &left, t->properties.at[i].key, t->properties.at[i].value);
    }
    t->properties = left;
    table_commit(r, t, "UNSET TBLPROPERTIES", NO_METRICS, NO_METRICS, true);
}

static struct column *find_column(struct run *r, struct table *t, const struct name *n) {
    for (int i = 0; i < t->columns.count; i++)
        if (n->count == 1 && str_ieq(t->columns.at[i].name, n->part[0])) return &t->columns.at[i];
    run_fail(r, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", n->pos, "A column, variable, or function parameter with name %s cannot be resolved. Did you mean one of the following? [`%s`].",
             name_text(r, n), t->columns.count ? t->columns.at[0].name : "");
}

void statement_alter_column(struct run *r, const struct statement *s) {
    struct table *t = table_need(r, &s->name, true);
    find_column(r, t, &s->column_names[0])->comment = s->comment;
    table_commit(r, t, "CHANGE COLUMN", NO_METRICS, NO_METRICS, true);
}

void statement_add_columns(struct run *r, const struct statement *s) {
    struct table *t = table_need(r, &s->name, true);
    for (int i = 0; i < s->columns.count; i++) {
        if (s->columns.at[i].not_null)
            run_fail(r, "DELTA_UNSUPPORTED_ALTER_TABLE_ADD_NOT_NULL", "0AKDC", -1, "`ALTER TABLE` is not supported for adding NOT NULL columns to a table that exists.");
        struct column *c = list_add(r, &t->columns.at, &t->columns.count, sizeof *c);
        *c = s->columns.at[i];
    }
    table_check_columns(r, t);
    table_commit(r, t, "ADD COLUMNS", NO_METRICS, NO_METRICS, true);
}

static void comment_container(struct run *r, const struct statement *s, const char *sql, const char *kind) {
    struct err e;
    struct volume_name v = volume_name(r, &s->name);
    const char *first = str_eq(kind, "CATALOG") ? v.name : v.catalog, *second = str_eq(kind, "VOLUME") ? v.schema : v.name;
    if (str_eq(kind, "SCHEMA") && s->name.count > 1) first = run_fold(r, s->name.part[0]);
    if (lake_run(r->db, &e, sql, first, second, v.name, s->comment ? s->comment : LAKE_SQL_NULL, NULL)) run_broken(r, &e);
    if (!sqlite3_changes(r->db)) run_fail(r, str_eq(kind, "SCHEMA") ? "SCHEMA_NOT_FOUND" : "RESOURCE_DOES_NOT_EXIST", "42704", s->name.pos, "The %s %s cannot be found.", kind, name_text(r, &s->name));
}

void statement_comment(struct run *r, const struct statement *s) {
    if (str_eq(s->word, "SCHEMA") || str_eq(s->word, "DATABASE")) {
        comment_container(r, s, "UPDATE schema_ SET comment=?4 WHERE catalog=?1 AND name=?2 AND ?3 IS NOT NULL", "SCHEMA");
    } else if (str_eq(s->word, "CATALOG")) {
        comment_container(r, s, "UPDATE catalog SET comment=?4 WHERE name=?1 AND ?2 IS NOT NULL AND ?3 IS NOT NULL", "CATALOG");
    } else if (str_eq(s->word, "VOLUME")) {
        comment_container(r, s, "UPDATE volume SET comment=?4 WHERE catalog=?1 AND schema_name=?2 AND name=?3", "VOLUME");
    } else if (str_eq(s->word, "COLUMN") && s->name.count > 1) {
        struct name table = { s->name.part, s->name.count - 1, s->name.pos }, column = { s->name.part + s->name.count - 1, 1, s->name.pos };
        struct table *t = table_need(r, &table, true);
        find_column(r, t, &column)->comment = s->comment;
        table_commit(r, t, "CHANGE COLUMN", NO_METRICS, NO_METRICS, true);
    } else {
        struct table *t = table_need(r, &s->name, true);
        t->comment = s->comment;
        table_commit(r, t, "SET TBLPROPERTIES", NO_METRICS, NO_METRICS, true);
    }
}

/* --- session --- */
void statement_use(struct run *r, const struct statement *s) {
    const char *catalog = r->session->catalog, *schema = NULL;
    struct err e;
    if (str_eq(s->word, "catalog")) catalog = s->name.part[0];
    else schema = s->name.part[s->name.count - 1];
    if (schema && s->name.count > 1) catalog = s->name.part[0];
    catalog = run_fold(r, catalog);
    schema = schema ? run_fold(r, schema) : NULL;
    struct table where = { .catalog = catalog, .schema = schema ? schema : "information_schema" };
    table_need_schema(r, &where, s->name.pos);
    if (str_set(&r->session->catalog, catalog) || str_set(&r->session->schema, schema ? schema : "default")) {
        err_no_memory(&e);
        run_broken(r, &e);
    }
}

void statement_set(struct run *r, const struct statement *s) {
    struct text key;
    text_init(&key, &r->mem);
    for (int i = 0; i < s->name.count; i++) text_printf(&key, "%s%s", i ? "." : "", s->name.part[i]);
    run_fail(r, "CONFIG_NOT_AVAILABLE", "42K0I", -1, "Configuration %s is not available.", text_end(&key));
}
