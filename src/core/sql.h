#ifndef LAKEFERRY_CORE_SQL_H
#define LAKEFERRY_CORE_SQL_H
/* sql: statement text of the cookbook's forms. One escaping function for identifiers, one for literals. Pure; any thread. */
#include "core/names.h"

int sql_identifier(struct buf *out, const char *part);          /* `a``b` */
int sql_literal(struct buf *out, const char *text);             /* '…' with \ and ' escaped, $ as \u0024; NULL text: NULL */
int sql_literal_of(struct buf *out, const char *text, size_t n); /* the same of n bytes */
int sql_table(struct buf *out, const struct name *n);           /* `c`.`s`.`t` */

struct sql_field { const char *name; const char *type; };       /* "input_id", "STRING" */
struct sql_property { const char *key; const char *value; };
/* (SELECT r.* FROM (SELECT from_json(value, '<ddl>', map('mode','FAILFAST')) AS r FROM text.`D` WHERE value <> '')) */
/* D: folder, a path "/Volumes/…"; where it is a table as sql_table writes it, the rows are those of a scratch table. */
int sql_staged(struct buf *out, const char *folder, const struct sql_field *fields, size_t n);
/*
 * A scratch table: staged lines as literals, each with its number, so that a batch that is inserted twice changes nothing (sql_scratch.c). A batch is
 * sql_scratch_begin and then a sql_scratch_row for each line, with ", " between them.
 */
int sql_scratch_create(struct buf *out, const struct name *table, const char *run_id);
int sql_scratch_begin(struct buf *out, const struct name *table);
int sql_scratch_row(struct buf *out, uint64_t number, const char *line, size_t n);   /* line without NUL */
int sql_scratch_count(struct buf *out, const struct name *table);                                /* n: rows that differ in their number */
int sql_create_as(struct buf *out, const struct name *table, bool replace, const char *comment, const struct sql_property *p, size_t np,
                  const char *folder, const struct sql_field *fields, size_t n);
/*
 * What staged rows are to a table. A key is present when its first column is not NULL; rows of the table with a NULL in the key are nobody's and left
 * alone. apart: the table holds some keys more than once; those are kept out of every statement, be they staged or not.
 */
enum sql_change { SQL_INSERTED, SQL_CHANGED, SQL_UNCHANGED, SQL_MISSING, SQL_CHANGES };
extern const char *const sql_change_names[SQL_CHANGES];         /* "inserted", … */
/* MERGE by key; update: also WHEN MATCHED AND NOT (all <=>) THEN UPDATE; delete_missing adds NOT MATCHED BY SOURCE. */
struct sql_merge { const struct name *table; const char *folder; const struct sql_field *fields; size_t count;
                   const char *const *keys; size_t key_count; bool update, delete_missing, apart; };
int sql_merge(struct buf *out, const struct sql_merge *m);
/* SELECT inserted, changed, unchanged, missing counts of staged against table, and total, rows of both together (one row). */
int sql_difference(struct buf *out, const struct sql_merge *m);
/*
 * Rows of one kind in the order of their keys: k0 … the key; of the i-th field t<i> and s<i>, the table's and the staged value (text cut to cut
 * characters, a TIMESTAMP as microseconds), and e<i>, whether they are equal. Key fields have no columns of their own.
 */
int sql_samples(struct buf *out, const struct sql_merge *m, enum sql_change change, int cut, int limit);
/* Keys that a table holds more than once, in order, behind the key after (NULL: from the start), with n, how often. */
int sql_duplicates(struct buf *out, const struct name *table, const char *const *keys, size_t key_count, const char *const *after, int limit);
#endif
