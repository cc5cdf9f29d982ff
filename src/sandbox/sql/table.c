#include "sandbox/sql/table.h"
#include "sandbox/sql/session.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

const char *run_fold(struct run *r, const char *s) {
    char *f = lake_name_fold(s);
    if (!f) run_no_memory(r);
    const char *copy = mem_text(&r->mem, f, strlen(f));
    free(f);
    return copy;
}

struct table *table_named(struct run *r, const struct name *n) {
    struct table *t = mem_zero(&r->mem, sizeof *t);
    if (n->count > 3)
        run_fail(r, "REQUIRES_SINGLE_PART_NAMESPACE", "42K05", n->pos, "spark_catalog requires a single-part namespace, but got %s.", name_text(r, n));
    if (n->count == 2 && str_ieq(n->part[0], "delta") && strchr(n->part[1], '/')) {
        size_t len = strlen(n->part[1]);
        while (len > 1 && n->part[1][len - 1] == '/') len--;
        t->catalog = "";
        t->schema = "delta";
        t->name = mem_text(&r->mem, n->part[1], len);
        return t;
    }
    t->catalog = run_fold(r, n->count > 2 ? n->part[0] : r->session->catalog);
    t->schema = run_fold(r, n->count > 1 ? n->part[n->count - 2] : r->session->schema);
    t->name = run_fold(r, n->part[n->count - 1]);
    return t;
}

const char *table_full_name(struct run *r, const struct table *t) {
    const char *part[3] = {t->catalog, t->schema, t->name};
    struct name n = { .part = *t->catalog ? part : part + 1, .count = *t->catalog ? 3 : 2 };
    return name_text(r, &n);
}

_Noreturn void table_not_found(struct run *r, const struct name *n, int pos) {
    run_fail(r, "TABLE_OR_VIEW_NOT_FOUND", "42P01", pos, "The table or view %s cannot be found. Verify the spelling and correctness of the schema and catalog.\n"
             "If you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.\n"
             "To tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.", name_text(r, n));
}

static const char *text_column(struct run *r, sqlite3_stmt *s, int i) {
    const char *t = (const char *)sqlite3_column_text(s, i);
    return t ? mem_text(&r->mem, t, strlen(t)) : NULL;
}

/* --- definitions as JSON: the columns in Unity Catalog's form, properties as an object --- */
static void release_json(void *tree) {
    cJSON_Delete(tree);
}

void table_columns_load(struct run *r, struct table *t, const char *json) {
    cJSON *list = cJSON_Parse(json);
    const cJSON *c;
    if (!list) run_no_memory(r);
    run_hold(r, release_json, list);
    cJSON_ArrayForEach(c, list) {
        struct column *out = list_add(r, &t->columns.at, &t->columns.count, sizeof *out);
        const char *name = json_str_or(c, "name", ""), *comment = json_str(c, "comment");
        out->name = mem_text(&r->mem, name, strlen(name));
        out->type = parse_ddl(r, mem_text(&r->mem, json_str_or(c, "type_text", "string"), strlen(json_str_or(c, "type_text", "string"))));
        out->not_null = !json_bool(c, "nullable", true);
        out->comment = comment ? mem_text(&r->mem, comment, strlen(comment)) : NULL;
    }
}

static const char *columns_json(struct run *r, const struct table *t) {
    struct text out;
    text_init(&out, &r->mem);
    text_putc(&out, '[');
    for (int i = 0; i < t->columns.count; i++) {
        const struct column *c = &t->columns.at[i];
        struct text field;
        text_init(&field, &r->mem);
        text_puts(&field, "{\"name\":");
        json_string(&field, c->name, strlen(c->name));
        text_puts(&field, ",\"type\":");
        type_json(&field, c->type);
        text_printf(&field, ",\"nullable\":%s,\"metadata\":{", c->not_null ? "false" : "true");
        if (c->comment) {
            text_puts(&field, "\"comment\":");
            json_string(&field, c->comment, strlen(c->comment));
        }
        text_puts(&field, "}}");
        char *kind = sql_type_name(type_text(&r->mem, c->type));
        text_puts(&out, i ? ",{\"name\":" : "{\"name\":");
        json_string(&out, c->name, strlen(c->name));
        text_puts(&out, ",\"type_text\":");
        json_string(&out, type_text(&r->mem, c->type), strlen(type_text(&r->mem, c->type)));
        text_puts(&out, ",\"type_json\":");
        json_string(&out, field.p, field.n);
        text_printf(&out, ",\"type_name\":\"%s\"", kind ? kind : "STRING");
        free(kind);
        if (c->type->kind == T_DECIMAL) text_printf(&out, ",\"type_precision\":%d,\"type_scale\":%d", c->type->precision, c->type->scale);
        text_printf(&out, ",\"position\":%d", i);
        if (c->comment) {
            text_puts(&out, ",\"comment\":");
            json_string(&out, c->comment, strlen(c->comment));
        }
        text_printf(&out, ",\"nullable\":%s}", c->not_null ? "false" : "true");
    }
    text_putc(&out, ']');
    return text_end(&out);
}

static void properties_load(struct run *r, struct table *t, const char *json) {
    cJSON *o = cJSON_Parse(json);
    const cJSON *p;
    if (!o) run_no_memory(r);
    run_hold(r, release_json, o);
    cJSON_ArrayForEach(p, o) property_set(r, &t->properties, mem_text(&r->mem, p->string, strlen(p->string)), mem_text(&r->mem, p->valuestring, strlen(p->valuestring)));
}

static const char *properties_json(struct run *r, const struct options *o) {
    struct text out;
    text_init(&out, &r->mem);
    text_putc(&out, '{');
    for (int i = 0; i < o->count; i++) {
        if (i) text_putc(&out, ',');
        json_string(&out, o->at[i].key, strlen(o->at[i].key));
        text_putc(&out, ':');
        json_string(&out, o->at[i].value, strlen(o->at[i].value));
    }
    text_putc(&out, '}');
    return text_end(&out);
}

const char *option_get(const struct options *o, const char *key) {
    for (int i = o->count - 1; i >= 0; i--)
        if (str_ieq(o->at[i].key, key)) return o->at[i].value;
    return NULL;
}

void property_set(struct run *r, struct options *o, const char *key, const char *value) {
    for (int i = 0; i < o->count; i++) {
        if (!str_eq(o->at[i].key, key)) continue;
        o->at[i].value = value;
        return;
    }
    struct option *p = list_add(r, &o->at, &o->count, sizeof *p);
    *p = (struct option){ key, value };
}

static struct table *load(struct run *r, struct table *t, sqlite3_stmt *s) {
    int rc = sqlite3_step(s);
    run_check(r, r->db, rc);
    if (rc != SQLITE_ROW) {
        sqlite3_reset(s);
        return NULL;
    }
    t->id = sqlite3_column_int64(s, 0);
    t->store = sqlite3_column_int64(s, 1);
    t->uuid = text_column(r, s, 2);
    t->comment = text_column(r, s, 3);
    t->definition = text_column(r, s, 4);
    t->created = sqlite3_column_int64(s, 5);
    t->updated = sqlite3_column_int64(s, 6);
    t->view = str_eq(text_column(r, s, 7), "VIEW");
    const char *columns = text_column(r, s, 8), *properties = text_column(r, s, 9);
    t->catalog = text_column(r, s, 10);
    t->schema = text_column(r, s, 11);
    t->name = text_column(r, s, 12);
    sqlite3_reset(s);
    table_columns_load(r, t, columns);
    properties_load(r, t, properties);
    return t;
}

#define TABLE_COLUMNS "SELECT id, store, uuid, comment, definition, created, updated, kind, columns, properties, catalog, schema_name, name FROM tbl "

struct table *table_find(struct run *r, const struct name *n) {
    static const char managed[] = "s3://lakeferry-metastore/tables/";
    struct table *t = table_named(r, n);
    if (!*t->catalog && str_starts(t->name, managed)) {
        sqlite3_stmt *s = run_prepare(r, r->db, TABLE_COLUMNS "WHERE uuid=?1");
        sqlite3_bind_text(s, 1, t->name + sizeof managed - 1, -1, SQLITE_STATIC);
        return load(r, t, s);
    }
    sqlite3_stmt *s = run_prepare(r, r->db, TABLE_COLUMNS "WHERE catalog=?1 AND schema_name=?2 AND name=?3");
    sqlite3_bind_text(s, 1, t->catalog, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, t->schema, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 3, t->name, -1, SQLITE_STATIC);
    return load(r, t, s);
}

struct table *table_need(struct run *r, const struct name *n, bool writing) {
    struct table *t = table_find(r, n);
    if (!t) table_not_found(r, n, n->pos);
    if (t->view && writing)
        run_fail(r, "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "42809", n->pos, "The operation expects a table but %s is a view.", name_text(r, n));
    return t;
}

void table_need_schema(struct run *r, const struct table *t, int pos) {
    struct err e;
    if (!*t->catalog) return;
    int has = lake_has(r->db, &e, "SELECT 1 FROM schema_ WHERE catalog=?1 AND name=?2", t->catalog, t->schema, NULL);
    if (has < 0) run_broken(r, &e);
    if (has) return;
    has = lake_has(r->db, &e, "SELECT 1 FROM catalog WHERE name=?1", t->catalog, NULL);
    if (has < 0) run_broken(r, &e);
    if (!has) run_fail(r, "NO_SUCH_CATALOG_EXCEPTION", "42704", pos, "Catalog '%s' was not found. Please verify the catalog name and then retry the query or command again.", t->catalog);
    run_fail(r, "SCHEMA_NOT_FOUND", "42704", pos, "The schema `%s`.`%s` cannot be found. Verify the spelling and correctness of the schema and catalog.\n"
             "If you did not qualify the name with a catalog, verify the current_schema() output, or qualify the name with the correct catalog.\n"
             "To tolerate the error on drop use DROP SCHEMA IF EXISTS.", t->catalog, t->schema);
}

/* Names inside structs, too. */
static const char *refused_name(const struct type *t) {
    if (t->key && refused_name(t->key)) return refused_name(t->key);
    if (t->element && refused_name(t->element)) return refused_name(t->element);
    for (int i = 0; i < t->count; i++) {
        if (strpbrk(t->fields[i].name, " ,;{}()\n\t=")) return t->fields[i].name;
        if (refused_name(t->fields[i].type)) return refused_name(t->fields[i].type);
    }
    return NULL;
}

void table_check_columns(struct run *r, const struct table *t) {
    const char *mapping = option_get(&t->properties, "delta.columnMapping.mode");
    bool mapped = mapping && (str_eq(mapping, "name") || str_eq(mapping, "id"));
    for (int i = 0; i < t->columns.count; i++) {
        const char *name = t->columns.at[i].name, *bad = strpbrk(name, " ,;{}()\n\t=") ? name : refused_name(t->columns.at[i].type);
        for (int k = 0; k < i; k++)
            if (str_ieq(name, t->columns.at[k].name))
                run_fail(r, "COLUMN_ALREADY_EXISTS", "42711", -1, "The column `%s` already exists. Choose another name or rename the existing column.", name);
        if (!mapped && bad)
            run_fail(r, "DELTA_INVALID_CHARACTERS_IN_COLUMN_NAMES", "42K05", -1, "Found invalid character(s) among ' ,;{}()\\n\\t=' in the column names of your schema.\n"
                     "Invalid column names: %s.\nPlease use other characters and try again.\nAlternatively, enable Column Mapping to keep using these characters.", bad);
        if (t->columns.at[i].type->kind == T_VOID && !t->view)
            run_fail(r, "UNSUPPORTED_DATATYPE", "0A000", -1, "Unsupported data type \"VOID\" of column `%s`.", name);
    }
}

void table_check_properties(struct run *r, const struct options *o) {
    static const char *const known[] = {
        "delta.columnMapping.mode", "delta.minReaderVersion", "delta.minWriterVersion", "delta.enableChangeDataFeed", "delta.appendOnly",
        "delta.autoOptimize.optimizeWrite", "delta.autoOptimize.autoCompact", "delta.deletedFileRetentionDuration", "delta.logRetentionDuration",
        "delta.enableDeletionVectors", "delta.dataSkippingNumIndexedCols", "delta.checkpoint.writeStatsAsJson", "delta.enableRowTracking",
    };
    for (int i = 0; i < o->count; i++) {
        bool ok = strncasecmp(o->at[i].key, "delta.", 6) != 0 || str_starts(o->at[i].key, "delta.feature.") || str_starts(o->at[i].key, "delta.constraints.");
        for (size_t k = 0; k < sizeof known / sizeof *known && !ok; k++) ok = str_ieq(known[k], o->at[i].key);
        if (!ok) run_fail(r, "DELTA_UNKNOWN_CONFIGURATION", "F0000", -1, "Unknown configuration was specified: %s.", o->at[i].key);
    }
}

/* --- saving --- */
static void bind_text(sqlite3_stmt *s, int i, const char *text) {
    if (text) sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
}

void table_insert(struct run *r, struct table *t) {
    char uuid[37];
    lake_uuid(uuid);
    t->uuid = mem_text(&r->mem, uuid, 36);
    t->created = t->updated = r->now_us / 1000;
    sqlite3_stmt *s = run_prepare(r, r->db, "INSERT INTO tbl(catalog, schema_name, name, uuid, kind, store, columns, comment, properties, definition, created, updated) "
                                  "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)");
    bind_text(s, 1, t->catalog);
    bind_text(s, 2, t->schema);
    bind_text(s, 3, t->name);
    bind_text(s, 4, t->uuid);
    bind_text(s, 5, t->view ? "VIEW" : "MANAGED");
    sqlite3_bind_int64(s, 6, t->store);
    bind_text(s, 7, columns_json(r, t));
    bind_text(s, 8, t->comment);
    bind_text(s, 9, properties_json(r, &t->properties));
    bind_text(s, 10, t->definition);
    sqlite3_bind_int64(s, 11, t->created);
    run_check(r, r->db, sqlite3_step(s));
    sqlite3_reset(s);
    t->id = sqlite3_last_insert_rowid(r->db);
}

void table_save(struct run *r, struct table *t) {
    sqlite3_stmt *s = run_prepare(r, r->db, "UPDATE tbl SET store=?2, columns=?3, comment=?4, properties=?5, updated=?6 WHERE id=?1");
    sqlite3_bind_int64(s, 1, t->id);
    sqlite3_bind_int64(s, 2, t->store);
    bind_text(s, 3, columns_json(r, t));
    bind_text(s, 4, t->comment);
    bind_text(s, 5, properties_json(r, &t->properties));
    sqlite3_bind_int64(s, 6, r->now_us / 1000);
    run_check(r, r->db, sqlite3_step(s));
    sqlite3_reset(s);
}

int64_t table_new_store(struct run *r) {
    run_exec(r, r->db, "UPDATE counter SET value=value+1 WHERE name='store'");
    sqlite3_stmt *s = run_prepare(r, r->db, "SELECT value FROM counter WHERE name='store'");
    run_check(r, r->db, sqlite3_step(s));
    int64_t store = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    run_exec(r, r->db, mem_printf(&r->mem, "CREATE TABLE rows_%lld(id INTEGER PRIMARY KEY, b BLOB)", (long long)store));
    return store;
}

void table_writer_init(struct table_writer *w, struct run *r, const struct table *t, int64_t store) {
    *w = (struct table_writer){ .r = r, .t = t };
    run_hold_arena(r, &w->a);
    w->add = run_prepare(r, r->db, mem_printf(&r->mem, "INSERT INTO rows_%lld(b) VALUES(?1)", (long long)store));
}

static void check_not_null(struct run *r, const struct table *t, const struct value *row) {
    for (int i = 0; i < t->columns.count; i++)
        if (t->columns.at[i].not_null && row[i].kind == V_NULL)
            run_fail(r, "DELTA_NOT_NULL_CONSTRAINT_VIOLATED", "23502", -1, "NOT NULL constraint violated for column: %s.", t->columns.at[i].name);
}

void table_write(struct table_writer *w, const struct value *row) {
    struct text b;
    check_not_null(w->r, w->t, row);
    text_init(&b, &w->a);
    row_write(&b, row, w->t->columns.count);
    sqlite3_bind_blob64(w->add, 1, b.n ? b.p : "", b.n, SQLITE_STATIC);
    int rc = sqlite3_step(w->add);
    run_check(w->r, w->r->db, rc);
    sqlite3_reset(w->add);
    arena_reset(&w->a);
    w->rows++;
}

int64_t table_count(struct run *r, const struct table *t) {
    if (!t->store) return 0;
    sqlite3_stmt *s = run_prepare(r, r->db, mem_printf(&r->mem, "SELECT count(*) FROM rows_%lld", (long long)t->store));
    run_check(r, r->db, sqlite3_step(s));
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return n;
}

/* --- results --- */
void result_column(struct run *r, const char *name, const char *type) {
    struct sql_result *out = r->out;
    struct sql_column *grown = realloc(out->columns, sizeof *grown * (size_t)(out->column_count + 1));
    if (!grown) run_no_memory(r);
    out->columns = grown;
    grown[out->column_count] = (struct sql_column){ str_dup(name), str_dup(type) };
    struct sql_column *c = &grown[out->column_count++];
    if (!c->name || !c->type_text) run_no_memory(r);
}

void result_row(struct run *r, cJSON *row) {
    if (!row || !cJSON_AddItemToArray(r->out->rows, row)) {
        cJSON_Delete(row);
        run_no_memory(r);
    }
}

void result_counts(struct run *r, const char *const *names, const int64_t *values, int n) {
    cJSON *row = cJSON_CreateArray();
    for (int i = 0; i < n; i++) {
        cJSON *v = cJSON_CreateNumber((double)values[i]);
        if (!row || !v || !cJSON_AddItemToArray(row, v)) {
            cJSON_Delete(row);
            cJSON_Delete(v);
            run_no_memory(r);
        }
    }
    result_row(r, row);
    for (int i = 0; i < n; i++) result_column(r, names[i], "bigint");
}
