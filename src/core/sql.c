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

int sql_literal(struct buf *out, const char *text)
{
    return text == NULL ? buf_puts(out, "NULL") : sql_literal_of(out, text, strlen(text));
}

/* Cookbook, finding 1 and §j: `\` doubled, quotes escaped, and `$` never raw, because ${…} is replaced before parsing. */
int sql_literal_of(struct buf *out, const char *text, size_t n)
{
    buf_putc(out, '\'');
    for (const char *p = text; p < text + n; p++) {
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
    buf_puts(out, ", map('mode','FAILFAST')) AS r FROM ");
    if (*folder == '`')
        return buf_printf(out, "(SELECT DISTINCT `number`, `value` FROM %s)))", folder);
    buf_puts(out, "text.");
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

const char *const sql_change_names[SQL_CHANGES] = { "inserted", "changed", "unchanged", "missing" };

/* "x.`a` IS NOT NULL AND x.`b` IS NOT NULL"; side 0: without one. */
static void put_keys_present(struct buf *out, const char *const *keys, size_t n, char side)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_puts(out, " AND ");
        if (side)
            put_side(out, side, keys[i]);
        else
            sql_identifier(out, keys[i]);
        buf_puts(out, " IS NOT NULL");
    }
}

static void put_names(struct buf *out, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_puts(out, ", ");
        sql_identifier(out, keys[i]);
    }
}

/* (SELECT keys, count(*) … HAVING count(*) > 1) of the table. */
static void put_repeated(struct buf *out, const struct sql_merge *m)
{
    buf_puts(out, "(SELECT ");
    put_names(out, m->keys, m->key_count);
    buf_puts(out, ", count(*) AS `lakeferry_n` FROM ");
    sql_table(out, m->table);
    buf_puts(out, " WHERE ");
    put_keys_present(out, m->keys, m->key_count, 0);
    buf_puts(out, " GROUP BY ");
    put_names(out, m->keys, m->key_count);
    buf_puts(out, " HAVING count(*) > 1)");
}

/*
 * The staged rows; with apart each beside how often the table holds its key (NULL: once or never), and a row for each repeated key that is not
 * staged, so that such a key is never "not matched", on either side.
 */
static void put_source(struct buf *out, const struct sql_merge *m)
{
    if (!m->apart) {
        sql_staged(out, m->folder, m->fields, m->count);
        return;
    }
    buf_puts(out, "(SELECT ");
    for (size_t i = 0; i < m->count; i++) {
        const char *name = m->fields[i].name;
        if (is_key(m, name)) {
            buf_puts(out, "coalesce(");
            put_side(out, 'f', name);
            buf_puts(out, ", ");
            put_side(out, 'd', name);
            buf_puts(out, ") AS ");
            sql_identifier(out, name);
        } else {
            put_side(out, 'f', name);
        }
        buf_puts(out, ", ");
    }
    put_side(out, 'd', "lakeferry_n");
    buf_puts(out, " FROM ");
    sql_staged(out, m->folder, m->fields, m->count);
    buf_puts(out, " AS f FULL OUTER JOIN ");
    put_repeated(out, m);
    buf_puts(out, " AS d ON ");
    for (size_t i = 0; i < m->key_count; i++) {
        if (i > 0)
            buf_puts(out, " AND ");
        put_side(out, 'f', m->keys[i]);
        buf_puts(out, " = ");
        put_side(out, 'd', m->keys[i]);
    }
    buf_putc(out, ')');
}

static void put_once(struct buf *out, const struct sql_merge *m)
{
    if (m->apart)
        buf_puts(out, "s.`lakeferry_n` IS NULL AND ");
}

int sql_merge(struct buf *out, const struct sql_merge *m)
{
    buf_puts(out, "MERGE INTO ");
    sql_table(out, m->table);
    buf_puts(out, " AS t USING ");
    put_source(out, m);
    buf_puts(out, " AS s ON ");
    put_pairs(out, m, true, " = ");
    if (m->update) {
        buf_puts(out, " WHEN MATCHED AND ");
        put_once(out, m);
        buf_puts(out, "NOT (");
        put_pairs(out, m, false, " <=> ");
        buf_puts(out, ") THEN UPDATE SET ");
        put_list(out, m, '=', false);
    }
    buf_puts(out, " WHEN NOT MATCHED THEN INSERT (");
    put_list(out, m, 'n', true);
    buf_puts(out, ") VALUES (");
    put_list(out, m, 's', true);
    buf_putc(out, ')');
    if (m->delete_missing) {
        buf_puts(out, " WHEN NOT MATCHED BY SOURCE AND ");
        put_keys_present(out, m->keys, m->key_count, 't');
        buf_puts(out, " THEN DELETE");
    }
    return buf_error(out, NULL);
}

/* Of a row of the full join: a side is there when its key is, which is never NULL when staged. */
static void put_change(struct buf *out, const struct sql_merge *m, enum sql_change change)
{
    static const struct { bool target, staged; const char *equal; } shapes[SQL_CHANGES] = {
        [SQL_INSERTED] = { false, true, NULL }, [SQL_CHANGED] = { true, true, "NOT (" }, [SQL_UNCHANGED] = { true, true, "(" },
        [SQL_MISSING] = { true, false, NULL },
    };
    if (change == SQL_MISSING)
        put_keys_present(out, m->keys, m->key_count, 't');
    else
        put_side(out, 't', m->keys[0]);
    if (change != SQL_MISSING)
        buf_puts(out, shapes[change].target ? " IS NOT NULL" : " IS NULL");
    buf_puts(out, " AND ");
    put_side(out, 's', m->keys[0]);
    buf_puts(out, shapes[change].staged ? " IS NOT NULL" : " IS NULL");
    if (shapes[change].equal == NULL)
        return;
    buf_puts(out, " AND ");
    put_once(out, m);
    buf_puts(out, shapes[change].equal);
    put_pairs(out, m, false, " <=> ");
    buf_putc(out, ')');
}

static void put_join(struct buf *out, const struct sql_merge *m)
{
    buf_puts(out, " FROM ");
    put_source(out, m);
    buf_puts(out, " AS s FULL OUTER JOIN ");
    sql_table(out, m->table);
    buf_puts(out, " AS t ON ");
    put_pairs(out, m, true, " = ");
}

/* A FULL OUTER JOIN says all figures in one pass. */
int sql_difference(struct buf *out, const struct sql_merge *m)
{
    buf_puts(out, "SELECT ");
    for (int i = 0; i < SQL_CHANGES; i++) {
        buf_puts(out, "count_if(");
        put_change(out, m, (enum sql_change)i);
        buf_printf(out, ") AS %s, ", sql_change_names[i]);
    }
    buf_puts(out, "count(*) AS total");
    put_join(out, m);
    return buf_error(out, NULL);
}

static void put_shown(struct buf *out, const struct sql_field *f, char side, size_t i, int cut)
{
    bool time = str_eq(f->type, "TIMESTAMP");
    buf_puts(out, time ? "unix_micros(" : "left(");
    put_side(out, side, f->name);
    if (!time)
        buf_printf(out, ", %d", cut);
    buf_printf(out, ") AS %c%zu, ", side, i);
}

int sql_samples(struct buf *out, const struct sql_merge *m, enum sql_change change, int cut, int limit)
{
    buf_puts(out, "SELECT ");
    for (size_t i = 0; i < m->count; i++) {
        if (is_key(m, m->fields[i].name))
            continue;
        put_shown(out, &m->fields[i], 't', i, cut);
        put_shown(out, &m->fields[i], 's', i, cut);
        put_side(out, 't', m->fields[i].name);
        buf_puts(out, " <=> ");
        put_side(out, 's', m->fields[i].name);
        buf_printf(out, " AS e%zu, ", i);
    }
    for (size_t i = 0; i < m->key_count; i++) {
        buf_puts(out, i > 0 ? ", coalesce(" : "coalesce(");
        put_side(out, 's', m->keys[i]);
        buf_puts(out, ", ");
        put_side(out, 't', m->keys[i]);
        buf_printf(out, ") AS k%zu", i);
    }
    put_join(out, m);
    buf_puts(out, " WHERE ");
    put_change(out, m, change);
    buf_puts(out, " ORDER BY ");
    for (size_t i = 0; i < m->key_count; i++)
        buf_printf(out, i > 0 ? ", k%zu" : "k%zu", i);
    return buf_printf(out, " LIMIT %d", limit);
}

/* (`a` > 'x' OR (`a` = 'x' AND (`b` > 'y'))) */
static void put_behind(struct buf *out, const char *const *keys, size_t n, const char *const *after)
{
    buf_putc(out, '(');
    sql_identifier(out, keys[0]);
    buf_puts(out, " > ");
    sql_literal(out, after[0]);
    if (n > 1) {
        buf_puts(out, " OR (");
        sql_identifier(out, keys[0]);
        buf_puts(out, " = ");
        sql_literal(out, after[0]);
        buf_puts(out, " AND ");
        put_behind(out, keys + 1, n - 1, after + 1);
        buf_putc(out, ')');
    }
    buf_putc(out, ')');
}

int sql_duplicates(struct buf *out, const struct name *table, const char *const *keys, size_t key_count, const char *const *after, int limit)
{
    buf_puts(out, "SELECT ");
    put_names(out, keys, key_count);
    buf_puts(out, ", count(*) AS n FROM ");
    sql_table(out, table);
    buf_puts(out, " WHERE ");
    put_keys_present(out, keys, key_count, 0);
    if (after != NULL) {
        buf_puts(out, " AND ");
        put_behind(out, keys, key_count, after);
    }
    buf_puts(out, " GROUP BY ");
    put_names(out, keys, key_count);
    buf_puts(out, " HAVING count(*) > 1 ORDER BY ");
    put_names(out, keys, key_count);
    return buf_printf(out, " LIMIT %d", limit);
}
