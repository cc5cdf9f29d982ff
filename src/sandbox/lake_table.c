#include "sandbox/lake_store.h"
#include "sandbox/sql/sql.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"

/* Sample tables are made by the SQL engine itself, so they are what statements would make. */
static int run_sql(struct sql_session *s, const char *text, const struct sql_parameter *p, int n, struct err *e) {
    struct sql_result out;
    if (sql_execute(s, text, p, n, NULL, NULL, &out, e)) return -1;
    int rc = 0;
    if (out.failed) {
        enum err_code code = str_starts(out.sqlstate, "42P0") && str_ends(out.error_class, "EXISTS") ? ERR_CONFLICT : str_ends(out.error_class, "NOT_FOUND") ? ERR_NOT_FOUND : ERR_USAGE;
        rc = err_set(e, code, "%.500s", out.message ? out.message : "the statement failed");
    }
    sql_result_release(&out);
    return rc;
}

static int add_quoted(struct buf *b, const char *s, char quote) {
    buf_putc(b, quote);
    for (; *s; s++) {
        if (quote == '`' && *s == '`') buf_putc(b, '`');
        if (quote == '\'' && (*s == '\'' || *s == '\\')) buf_putc(b, '\\');
        if (quote == '\'' && *s == '$') buf_puts(b, "\\u0024");
        else buf_putc(b, *s);
    }
    return buf_putc(b, quote);
}

/* "c.s.t" with every part quoted. */
static int add_name(struct buf *b, const char *full) {
    for (;;) {
        size_t n = strcspn(full, ".");
        char *part = str_dup_n(full, n);
        if (!part) return -1;
        add_quoted(b, part, '`');
        free(part);
        if (!full[n]) return 0;
        buf_putc(b, '.');
        full += n + 1;
    }
}

static int create(struct sql_session *s, const char *full, const char *ddl, const char *comment, const cJSON *properties, struct err *e) {
    struct buf b;
    buf_init(&b, 0);
    buf_puts(&b, "CREATE TABLE ");
    int rc = add_name(&b, full) ? err_no_memory(e) : 0;
    buf_printf(&b, " (%s) USING DELTA", ddl);
    if (comment) {
        buf_puts(&b, " COMMENT ");
        add_quoted(&b, comment, '\'');
    }
    const cJSON *p;
    bool first = true;
    cJSON_ArrayForEach(p, properties) {
        if (!cJSON_IsString(p)) continue;
        buf_puts(&b, first ? " TBLPROPERTIES (" : ", ");
        first = false;
        add_quoted(&b, p->string, '\'');
        buf_puts(&b, " = ");
        add_quoted(&b, p->valuestring, '\'');
    }
    if (!first) buf_putc(&b, ')');
    if (!rc) rc = buf_error(&b, e);
    if (!rc) rc = run_sql(s, b.data, NULL, 0, e);
    buf_release(&b);
    return rc;
}

#define BATCH 100

/* Up to BATCH rows as bound JSON texts; *next is moved behind them. */
static int insert(struct sql_session *s, const char *full, const char *ddl, const cJSON **next, struct err *e) {
    struct sql_parameter p[BATCH + 1] = {{ "ddl", ddl, "STRING" }};
    char names[BATCH][8];
    struct buf b, rows[BATCH];
    int n = 0, rc = 0;
    buf_init(&b, 0);
    buf_puts(&b, "INSERT INTO ");
    if (add_name(&b, full)) rc = err_no_memory(e);
    buf_puts(&b, " SELECT r.* FROM (SELECT from_json(col1, :ddl, map('mode', 'FAILFAST')) AS r FROM VALUES ");
    for (; *next && n < BATCH; *next = (*next)->next, n++) {
        snprintf(names[n], sizeof names[n], "p%d", n);
        buf_init(&rows[n], 0);
        if (json_print(&rows[n], *next)) rc = buf_error(&rows[n], e);
        p[n + 1] = (struct sql_parameter){ names[n], rows[n].data, "STRING" };
        buf_printf(&b, "%s(:%s)", n ? ", " : "", names[n]);
    }
    buf_puts(&b, ")");
    if (!rc) rc = buf_error(&b, e);
    if (!rc) rc = run_sql(s, b.data, p, n + 1, e);
    for (int i = 0; i < n; i++) buf_release(&rows[i]);
    buf_release(&b);
    return rc;
}

int lake_table_create(struct lake *l, const char *full_name, const char *ddl, const cJSON *rows, const char *comment, const cJSON *properties, struct err *e) {
    struct sql_session *s = sql_session_new(l, NULL);
    if (!s) return err_no_memory(e);
    int rc = create(s, full_name, ddl, comment, properties, e);
    const cJSON *next = rows ? rows->child : NULL;
    while (next && !rc) rc = insert(s, full_name, ddl, &next, e);
    sql_session_free(s);
    return rc;
}

/* --- a view, and many tables: rows of the catalog only --- */
static int put_entry(struct lake *l, const char *catalog, const char *schema, const char *name, const char *kind, const char *columns, const char *definition, struct err *e) {
    char now[32], id[37];
    snprintf(now, sizeof now, "%lld", (long long)time_wall_ms());
    lake_uuid(id);
    return lake_run(l->db, e, "INSERT INTO tbl(catalog, schema_name, name, uuid, kind, store, columns, properties, definition, created, updated) VALUES(?1, ?2, ?3, ?4, ?5, 0, ?6, '{}', ?7, "
                    "CAST(?8 AS INTEGER), CAST(?8 AS INTEGER))", catalog, schema, name, id, kind, columns, definition ? definition : LAKE_SQL_NULL, now, NULL);
}

static int split(char *copy, char **schema, char **name, struct err *e) {
    *schema = strchr(copy, '.');
    if (!*schema) return err_set(e, ERR_USAGE, "'%s' is not a name of several parts", copy);
    *(*schema)++ = 0;
    *name = strchr(*schema, '.');
    if (*name) *(*name)++ = 0;
    return 0;
}

/* The columns of a table as they are kept; the table was only made for them and is dropped. */
static char *take_columns(struct lake *l, const char *probe, struct err *e) {
    char *text = NULL;
    cJSON *t = lake_get(l, "table", probe, e);
    if (!t) return NULL;
    text = cJSON_PrintUnformatted(json_arr(t, "columns"));
    if (!text) err_no_memory(e);
    cJSON_Delete(t);
    if (!text || !lake_table_drop(l, probe, e)) return text;
    cJSON_free(text);
    return NULL;
}

static char *columns_of_ddl(struct lake *l, const char *full_name, const char *ddl, struct err *e) {
    char *probe = str_printf("%s__columns", full_name), *text = NULL;
    if (!probe) err_no_memory(e);
    else if (!lake_table_create(l, probe, ddl, NULL, NULL, NULL, e)) text = take_columns(l, probe, e);
    free(probe);
    return text;
}

/* NULL when the query cannot be planned now: a view may be older than what it reads. */
static char *columns_of_query(struct lake *l, const char *full_name, const char *query) {
    struct err e;
    struct buf b;
    char *probe = str_printf("%s__columns", full_name), *text = NULL;
    struct sql_session *s = sql_session_new(l, NULL);
    buf_init(&b, 0);
    buf_puts(&b, "CREATE TABLE ");
    int rc = !probe || !s || add_name(&b, probe) ? -1 : 0;
    buf_printf(&b, " TBLPROPERTIES ('delta.columnMapping.mode' = 'name') AS SELECT * FROM (%s) LIMIT 0", query);
    if (!rc && !b.failed && !run_sql(s, b.data, NULL, 0, &e)) text = take_columns(l, probe, &e);
    sql_session_free(s);
    buf_release(&b);
    free(probe);
    return text;
}

int lake_tables_bulk(struct lake *l, const char *schema_full_name, const char *prefix, int n, const char *ddl, struct err *e) {
    char *copy = lake_name_fold(schema_full_name), *first = str_printf("%s.%s", schema_full_name, prefix), *schema, *name, table[300];
    char *columns = copy && first ? columns_of_ddl(l, first, ddl, e) : NULL;
    int rc = columns ? split(copy, &schema, &name, e) : -1;
    if (!rc) rc = lake_begin(l, e);
    if (!rc) {
        for (int i = 0; i < n && !rc; i++) {
            snprintf(table, sizeof table, "%.200s%05d", prefix, i);
            rc = put_entry(l, copy, schema, table, "MANAGED", columns, NULL, e);
        }
        rc = lake_end(l, rc, e);
    }
    cJSON_free(columns);
    free(first);
    free(copy);
    return rc;
}

int lake_view_create(struct lake *l, const char *full_name, const char *definition, struct err *e) {
    char *copy = lake_name_fold(full_name), *schema = NULL, *name = NULL, *columns = NULL;
    int rc = copy ? split(copy, &schema, &name, e) : err_no_memory(e);
    if (!rc && !name) rc = err_set(e, ERR_USAGE, "'%s' is not a name of three parts", full_name);
    if (!rc) columns = columns_of_query(l, full_name, definition);
    if (!rc) rc = lake_begin(l, e);
    if (!rc) {
        int has = lake_has(l->db, e, "SELECT 1 FROM tbl WHERE catalog=?1 AND schema_name=?2 AND name=?3", copy, schema, name, NULL);
        rc = has < 0 ? -1 : has ? err_set(e, ERR_CONFLICT, "'%s' already exists", full_name) :
             put_entry(l, copy, schema, name, "VIEW", columns ? columns : "[]", definition, e);
        rc = lake_end(l, rc, e);
    }
    cJSON_free(columns);
    free(copy);
    return rc;
}
