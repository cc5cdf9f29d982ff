#include "core/sql.h"

int sql_identifier(struct buf *out, const char *part)
{
    buf_putc(out, '`');
    for (const char *p = part; *p; p++) {
        if (*p == '`')
            buf_putc(out, '`');
        buf_putc(out, *p);
    }
    return buf_putc(out, '`');
}

/* Cookbook, finding 1 and §j: `\` doubled, quotes escaped, and `$` never raw, because ${…} is replaced before parsing. */
int sql_literal(struct buf *out, const char *text)
{
    if (text == NULL)
        return buf_puts(out, "NULL");
    buf_putc(out, '\'');
    for (const char *p = text; *p; p++) {
        if (*p == '\\' || *p == '\'') {
            buf_putc(out, '\\');
            buf_putc(out, *p);
        } else if (*p == '$') {
            buf_puts(out, "\\u0024");
        } else {
            buf_putc(out, *p);
        }
    }
    return buf_putc(out, '\'');
}

int sql_table(struct buf *out, const struct name *n)
{
    sql_identifier(out, n->catalog);
    buf_putc(out, '.');
    sql_identifier(out, n->schema);
    buf_putc(out, '.');
    return sql_identifier(out, n->object);
}

static void put_schema(struct buf *out, const struct sql_field *fields, size_t n)
{
    struct buf ddl = BUF_INIT;

    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_puts(&ddl, ", ");
        sql_identifier(&ddl, fields[i].name);
        buf_printf(&ddl, " %s", fields[i].type);
    }
    if (ddl.failed && !out->failed)
        out->failed = ddl.failed;
    sql_literal(out, ddl.data);
    buf_release(&ddl);
}

int sql_staged(struct buf *out, const char *folder, const struct sql_field *fields, size_t n)
{
    buf_puts(out, "(SELECT r.* FROM (SELECT from_json(value, ");
    put_schema(out, fields, n);
    buf_puts(out, ", map('mode','FAILFAST')) AS r FROM text.");
    sql_identifier(out, folder);
    return buf_puts(out, " WHERE value <> ''))");
}

int sql_create_as(struct buf *out, const struct name *table, bool replace, const char *comment, const struct sql_property *p, size_t np,
                  const char *folder, const struct sql_field *fields, size_t n)
{
    buf_puts(out, replace ? "CREATE OR REPLACE TABLE " : "CREATE TABLE ");
    sql_table(out, table);
    buf_puts(out, " USING DELTA");
    if (comment != NULL) {
        buf_puts(out, " COMMENT ");
        sql_literal(out, comment);
    }
    for (size_t i = 0; i < np; i++) {
        buf_puts(out, i == 0 ? " TBLPROPERTIES (" : ", ");
        sql_literal(out, p[i].key);
        buf_puts(out, " = ");
        sql_literal(out, p[i].value);
    }
    if (np > 0)
        buf_putc(out, ')');
    buf_puts(out, " AS SELECT * FROM ");
    return sql_staged(out, folder, fields, n);
}

static bool is_key(const struct sql_merge *m, const char *field)
{
    for (size_t i = 0; i < m->key_count; i++)
        if (str_eq(m->keys[i], field))
            return true;
    return false;
}

static void put_side(struct buf *out, char side, const char *field)
{
    buf_putc(out, side);
    buf_putc(out, '.');
    sql_identifier(out, field);
}

/* t.`a` <op> s.`a` for the keys, or for all other fields, joined by AND. */
static void put_pairs(struct buf *out, const struct sql_merge *m, bool keys, const char *op)
{
    bool first = true;

    for (size_t i = 0; i < m->count; i++) {
        if (is_key(m, m->fields[i].name) != keys)
            continue;
        if (!first)
            buf_puts(out, " AND ");
        first = false;
        put_side(out, 't', m->fields[i].name);
        buf_puts(out, op);
        put_side(out, 's', m->fields[i].name);
    }
    if (first)
        buf_puts(out, "true");
}

static void put_list(struct buf *out, const struct sql_merge *m, char side, bool keys_too)
{
    bool first = true;

    for (size_t i = 0; i < m->count; i++) {
        if (!keys_too && is_key(m, m->fields[i].name))
            continue;
        if (!first)
            buf_puts(out, ", ");
        first = false;
        if (side == '=') {
            put_side(out, 't', m->fields[i].name);
            buf_puts(out, " = ");
            put_side(out, 's', m->fields[i].name);
        } else if (side == 's') {
            put_side(out, 's', m->fields[i].name);
        } else {
            sql_identifier(out, m->fields[i].name);
        }
    }
}

int sql_merge(struct buf *out, const struct sql_merge *m)
{
    buf_puts(out, "MERGE INTO ");
    sql_table(out, m->table);
    buf_puts(out, " AS t USING ");
    sql_staged(out, m->folder, m->fields, m->count);
    buf_puts(out, " AS s ON ");
    put_pairs(out, m, true, " = ");
    if (m->update) {
        buf_puts(out, " WHEN MATCHED AND NOT (");
        put_pairs(out, m, false, " <=> ");
        buf_puts(out, ") THEN UPDATE SET ");
        put_list(out, m, '=', false);
    }
    buf_puts(out, " WHEN NOT MATCHED THEN INSERT (");
    put_list(out, m, 'n', true);
    buf_puts(out, ") VALUES (");
    put_list(out, m, 's', true);
    buf_putc(out, ')');
    if (m->delete_missing)
        buf_puts(out, " WHEN NOT MATCHED BY SOURCE THEN DELETE");
    return buf_error(out, NULL);
}

/* A FULL OUTER JOIN says all four figures in one pass; a row's presence is judged by its key, which is never NULL when staged. */
int sql_difference(struct buf *out, const struct sql_merge *m)
{
    const char *key = m->keys[0];

    buf_puts(out, "SELECT count_if(");
    put_side(out, 't', key);
    buf_puts(out, " IS NULL) AS inserted, count_if(");
    put_side(out, 't', key);
    buf_puts(out, " IS NOT NULL AND ");
    put_side(out, 's', key);
    buf_puts(out, " IS NOT NULL AND NOT (");
    put_pairs(out, m, false, " <=> ");
    buf_puts(out, ")) AS changed, count_if(");
    put_side(out, 't', key);
    buf_puts(out, " IS NOT NULL AND ");
    put_side(out, 's', key);
    buf_puts(out, " IS NOT NULL AND (");
    put_pairs(out, m, false, " <=> ");
    buf_puts(out, ")) AS unchanged, count_if(");
    put_side(out, 's', key);
    buf_puts(out, " IS NULL) AS missing FROM ");
    sql_staged(out, m->folder, m->fields, m->count);
    buf_puts(out, " AS s FULL OUTER JOIN ");
    sql_table(out, m->table);
    buf_puts(out, " AS t ON ");
    put_pairs(out, m, true, " = ");
    return buf_error(out, NULL);
}

int sql_duplicates(struct buf *out, const struct name *table, const char *const *keys, size_t key_count, int limit)
{
    buf_puts(out, "SELECT ");
    for (size_t i = 0; i < key_count; i++) {
        sql_identifier(out, keys[i]);
        buf_puts(out, ", ");
    }
    buf_puts(out, "count(*) AS n FROM ");
    sql_table(out, table);
    buf_puts(out, " GROUP BY ");
    for (size_t i = 0; i < key_count; i++) {
        if (i > 0)
            buf_puts(out, ", ");
        sql_identifier(out, keys[i]);
    }
    return buf_printf(out, " HAVING count(*) > 1 LIMIT %d", limit);
}
