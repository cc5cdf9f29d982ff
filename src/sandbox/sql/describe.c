/* describe: DESCRIBE and SHOW. */
#include "sandbox/sql/session.h"
#include "sandbox/sql/statements.h"
#include "sandbox/sql/table.h"
#include "base/str.h"
#include <fnmatch.h>

static cJSON *row_new(struct run *r) {
    cJSON *row = cJSON_CreateArray();
    if (!row) run_no_memory(r);
    return row;
}

static void add(struct run *r, cJSON *row, cJSON *cell) {
    if (cell && cJSON_AddItemToArray(row, cell)) return;
    cJSON_Delete(cell);
    cJSON_Delete(row);
    run_no_memory(r);
}

static void add_text(struct run *r, cJSON *row, const char *s) {
    add(r, row, s ? cJSON_CreateString(s) : cJSON_CreateNull());
}

static void add_number(struct run *r, cJSON *row, int64_t n) {
    add(r, row, cJSON_CreateNumber((double)n));
}

static void add_time(struct run *r, cJSON *row, int64_t us) {
    struct text t;
    text_init(&t, &r->mem);
    timestamp_format(&t, us, "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX");
    add_text(r, row, text_end(&t));
}

static void add_json(struct run *r, cJSON *row, const char *json) {
    add(r, row, json ? cJSON_Parse(json) : cJSON_CreateNull());
}

struct heading { const char *name, *type; };

static void headings(struct run *r, const struct heading *h, size_t n) {
    for (size_t i = 0; i < n; i++) result_column(r, h[i].name, h[i].type);
}

#define HEADINGS(r, h) headings(r, h, sizeof(h) / sizeof *(h))

static void three(struct run *r, const char *a, const char *b, const char *c) {
    cJSON *row = row_new(r);
    add_text(r, row, a);
    add_text(r, row, b);
    add_text(r, row, c);
    result_row(r, row);
}

static const char *location(struct run *r, const struct table *t) {
    return *t->catalog ? mem_printf(&r->mem, "s3://lakeferry-metastore/tables/%s", t->uuid) : t->name;
}

static const char *dotted(struct run *r, const struct table *t) {
    return *t->catalog ? mem_printf(&r->mem, "%s.%s.%s", t->catalog, t->schema, t->name) : mem_printf(&r->mem, "delta.`%s`", t->name);
}

/* "[a=b,c=d]" with the table's protocol. */
static const char *properties_line(struct run *r, const struct table *t) {
    struct text out;
    text_init(&out, &r->mem);
    text_putc(&out, '[');
    for (int i = 0; i < t->properties.count; i++) text_printf(&out, "%s=%s,", t->properties.at[i].key, t->properties.at[i].value);
    text_puts(&out, "delta.minReaderVersion=1,delta.minWriterVersion=2]");
    return text_end(&out);
}

void statement_describe_table(struct run *r, const struct statement *s) {
    static const struct heading h[] = {{"col_name", "string"}, {"data_type", "string"}, {"comment", "string"}};
    struct table *t = table_need(r, &s->name, false);
    HEADINGS(r, h);
    for (int i = 0; i < t->columns.count; i++) three(r, t->columns.at[i].name, type_shown(&r->mem, t->columns.at[i].type), t->columns.at[i].comment);
    if (!s->extended) return;
    three(r, "", "", "");
    three(r, "# Detailed Table Information", "", "");
    three(r, "Catalog", t->catalog, "");
    three(r, "Database", t->schema, "");
    three(r, "Table", t->name, "");
    three(r, "Name", dotted(r, t), "");
    struct text created;
    text_init(&created, &r->mem);
    timestamp_format(&created, t->created * 1000, "yyyy-MM-dd HH:mm:ss");
    three(r, "Created Time", text_end(&created), "");
    three(r, "Type", t->view ? "VIEW" : "MANAGED", "");
    if (t->comment) three(r, "Comment", t->comment, "");
    if (t->view) {
        three(r, "View Text", t->definition, "");
        return;
    }
    three(r, "Location", location(r, t), "");
    three(r, "Provider", "delta", "");
    three(r, "Owner", LAKE_OWNER, "");
    three(r, "Is_managed_location", "true", "");
    three(r, "Table Properties", properties_line(r, t), "");
}

static int64_t store_bytes(struct run *r, const struct table *t) {
    if (!t->store) return 0;
    sqlite3_stmt *s = run_prepare(r, r->db, mem_printf(&r->mem, "SELECT coalesce(sum(length(b)), 0) FROM rows_%lld", (long long)t->store));
    run_check(r, r->db, sqlite3_step(s));
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    return n;
}

static cJSON *properties_object(struct run *r, const struct options *o) {
    cJSON *out = cJSON_CreateObject();
    for (int i = 0; out && i < o->count; i++)
        if (!cJSON_AddStringToObject(out, o->at[i].key, o->at[i].value)) run_no_memory(r);
    return out;
}

void statement_describe_detail(struct run *r, const struct statement *s) {
    static const struct heading h[] = {
        {"format", "string"}, {"id", "string"}, {"name", "string"}, {"description", "string"}, {"location", "string"}, {"createdAt", "timestamp"},
        {"lastModified", "timestamp"}, {"partitionColumns", "array<string>"}, {"clusteringColumns", "array<string>"}, {"numFiles", "bigint"},
        {"sizeInBytes", "bigint"}, {"properties", "map<string,string>"}, {"minReaderVersion", "int"}, {"minWriterVersion", "int"}, {"tableFeatures", "array<string>"}};
    struct table *t = table_need(r, &s->name, true);
    HEADINGS(r, h);
    cJSON *row = row_new(r);
    add_text(r, row, "delta");
    add_text(r, row, t->uuid);
    add_text(r, row, dotted(r, t));
    add_text(r, row, t->comment);
    add_text(r, row, location(r, t));
    add_time(r, row, t->created * 1000);
    add_time(r, row, t->updated * 1000);
    add(r, row, cJSON_CreateArray());
    add(r, row, cJSON_CreateArray());
    add_number(r, row, table_count(r, t) > 0);
    add_number(r, row, store_bytes(r, t));
    add(r, row, properties_object(r, &t->properties));
    add_number(r, row, 1);
    add_number(r, row, 2);
    add_json(r, row, "[\"appendOnly\",\"invariants\"]");
    result_row(r, row);
}

void statement_describe_history(struct run *r, const struct statement *s) {
    static const struct heading h[] = {
        {"version", "bigint"}, {"timestamp", "timestamp"}, {"userId", "string"}, {"userName", "string"}, {"operation", "string"},
        {"operationParameters", "map<string,string>"}, {"job", "struct<jobId:string,jobName:string,jobRunId:string,runId:string,jobOwnerId:string,triggerType:string>"},
        {"notebook", "struct<notebookId:string>"}, {"clusterId", "string"}, {"readVersion", "bigint"}, {"isolationLevel", "string"}, {"isBlindAppend", "boolean"},
        {"operationMetrics", "map<string,string>"}, {"userMetadata", "string"}, {"engineInfo", "string"}};
    struct table *t = table_need(r, &s->name, true);
    int64_t limit = s->limit && s->limit->kind == N_LITERAL && s->limit->value.kind == V_INT ? s->limit->value.i : -1;
    sqlite3_stmt *q = run_prepare(r, r->db, "SELECT version, ts, user, operation, parameters, metrics, blind FROM history WHERE table_id=?1 ORDER BY version DESC LIMIT ?2");
    sqlite3_bind_int64(q, 1, t->id);
    sqlite3_bind_int64(q, 2, limit);
    HEADINGS(r, h);
    while (sqlite3_step(q) == SQLITE_ROW) {
        cJSON *row = row_new(r);
        int64_t version = sqlite3_column_int64(q, 0);
        add_number(r, row, version);
        add_time(r, row, sqlite3_column_int64(q, 1));
        add_text(r, row, "1000000000000001");
        add_text(r, row, (const char *)sqlite3_column_text(q, 2));
        add_text(r, row, (const char *)sqlite3_column_text(q, 3));
        add_json(r, row, (const char *)sqlite3_column_text(q, 4));
        for (int i = 0; i < 3; i++) add_text(r, row, NULL);
        if (version) add_number(r, row, version - 1);
        else add_text(r, row, NULL);
        add_text(r, row, "WriteSerializable");
        add(r, row, cJSON_CreateBool(sqlite3_column_int(q, 6)));
        add_json(r, row, (const char *)sqlite3_column_text(q, 5));
        add_text(r, row, NULL);
        add_text(r, row, "Databricks-Runtime/15.4.x-scala2.12");
        result_row(r, row);
    }
}

/* --- SHOW --- */
/* Spark's patterns: * any text, | alternatives; case ignored. */
static bool fits(struct run *r, const char *pattern, const char *name) {
    if (!pattern) return true;
    char *copy = mem_text(&r->mem, pattern, strlen(pattern)), *save = NULL;
    for (char *p = strtok_r(copy, "|", &save); p; p = strtok_r(NULL, "|", &save))
        if (!fnmatch(p, name, FNM_CASEFOLD)) return true;
    return false;
}

struct where { const char *catalog, *schema; };

static struct where where(struct run *r, const struct statement *s) {
    struct where w = { r->session->catalog, r->session->schema };
    if (s->name.count) w.schema = run_fold(r, s->name.part[s->name.count - 1]);
    if (s->name.count > 1) w.catalog = run_fold(r, s->name.part[0]);
    struct table t = { .catalog = w.catalog, .schema = w.schema };
    table_need_schema(r, &t, s->name.count ? s->name.pos : -1);
    return w;
}

static sqlite3_stmt *names_of(struct run *r, const char *sql, const char *a, const char *b) {
    sqlite3_stmt *q = run_prepare(r, r->db, sql);
    if (a) sqlite3_bind_text(q, 1, a, -1, SQLITE_TRANSIENT);
    if (b) sqlite3_bind_text(q, 2, b, -1, SQLITE_TRANSIENT);
    return q;
}

/* temporary: the third column, where there is one (else -1). */
static void schema_row(struct run *r, const char *schema, const char *name, int temporary) {
    cJSON *row = row_new(r);
    add_text(r, row, schema);
    add_text(r, row, name);
    if (temporary >= 0) add(r, row, cJSON_CreateBool(temporary));
    result_row(r, row);
}

static void schema_rows(struct run *r, const char *schema, sqlite3_stmt *q, const char *pattern, int temporary) {
    while (sqlite3_step(q) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(q, 0);
        if (fits(r, pattern, name)) schema_row(r, schema, name, temporary);
    }
}

void statement_show_tables(struct run *r, const struct statement *s) {
    static const struct heading h[] = {{"database", "string"}, {"tableName", "string"}, {"isTemporary", "boolean"}};
    struct where w = where(r, s);
    sqlite3_stmt *q = names_of(r, "SELECT name FROM tbl WHERE catalog=?1 AND schema_name=?2 ORDER BY name", w.catalog, w.schema);
    HEADINGS(r, h);
    schema_rows(r, w.schema, q, s->pattern, 0);
    for (const struct temp_view *v = r->session->views; v; v = v->next) {
        if (fits(r, s->pattern, v->name)) schema_row(r, "", v->name, 1);
    }
}

static void one_column(struct run *r, const char *heading, sqlite3_stmt *q, const char *pattern) {
    result_column(r, heading, "string");
    while (sqlite3_step(q) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(q, 0);
        if (!fits(r, pattern, name)) continue;
        cJSON *row = row_new(r);
        add_text(r, row, name);
        result_row(r, row);
    }
}

void statement_show_schemas(struct run *r, const struct statement *s) {
    const char *catalog = s->name.count ? run_fold(r, s->name.part[0]) : r->session->catalog;
    struct table t = { .catalog = catalog, .schema = "information_schema" };
    table_need_schema(r, &t, s->name.count ? s->name.pos : -1);
    one_column(r, "databaseName", names_of(r, "SELECT name FROM schema_ WHERE catalog=?1 ORDER BY name", catalog, NULL), s->pattern);
}

void statement_show_catalogs(struct run *r, const struct statement *s) {
    one_column(r, "catalog", names_of(r, "SELECT name FROM catalog ORDER BY name", NULL, NULL), s->pattern);
}

void statement_show_volumes(struct run *r, const struct statement *s) {
    static const struct heading h[] = {{"database", "string"}, {"volume_name", "string"}};
    struct where w = where(r, s);
    sqlite3_stmt *q = names_of(r, "SELECT name FROM volume WHERE catalog=?1 AND schema_name=?2 ORDER BY name", w.catalog, w.schema);
    HEADINGS(r, h);
    schema_rows(r, w.schema, q, s->pattern, -1);
}

void statement_show_columns(struct run *r, const struct statement *s) {
    struct table *t = table_need(r, &s->name, false);
    result_column(r, "col_name", "string");
    for (int i = 0; i < t->columns.count; i++) {
        cJSON *row = row_new(r);
        add_text(r, row, t->columns.at[i].name);
        result_row(r, row);
    }
}

void statement_show_properties(struct run *r, const struct statement *s) {
    static const struct heading h[] = {{"key", "string"}, {"value", "string"}};
    struct table *t = table_need(r, &s->name, false);
    struct options all = {0};
    for (int i = 0; i < t->properties.count; i++) property_set(r, &all, t->properties.at[i].key, t->properties.at[i].value);
    if (!option_get(&all, "delta.minReaderVersion")) property_set(r, &all, "delta.minReaderVersion", "1");
    if (!option_get(&all, "delta.minWriterVersion")) property_set(r, &all, "delta.minWriterVersion", "2");
    HEADINGS(r, h);
    if (s->pattern) {
        const char *v = option_get(&all, s->pattern);
        cJSON *row = row_new(r);
        add_text(r, row, s->pattern);
        add_text(r, row, v ? v : mem_printf(&r->mem, "Table %s does not have property: %s", dotted(r, t), s->pattern));
        result_row(r, row);
        return;
    }
    for (int i = 0; i < all.count; i++) {
        cJSON *row = row_new(r);
        add_text(r, row, all.at[i].key);
        add_text(r, row, all.at[i].value);
        result_row(r, row);
    }
}
