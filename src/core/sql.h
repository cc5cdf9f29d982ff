#ifndef LAKEFERRY_CORE_SQL_H
#define LAKEFERRY_CORE_SQL_H
/* sql: statement text of the cookbook's forms. One escaping function for identifiers, one for literals. Pure; any thread. */
#include "core/names.h"

int sql_identifier(struct buf *out, const char *part);          /* `a``b` */
int sql_literal(struct buf *out, const char *text);             /* '…' with \ and ' escaped, $ as \u0024; NULL text: NULL */
int sql_table(struct buf *out, const struct name *n);           /* `c`.`s`.`t` */

struct sql_field { const char *name; const char *type; };       /* "input_id", "STRING" */
struct sql_property { const char *key; const char *value; };
/* (SELECT r.* FROM (SELECT from_json(value, '<ddl>', map('mode','FAILFAST')) AS r FROM text.`D` WHERE value <> '')) */
int sql_staged(struct buf *out, const char *folder, const struct sql_field *fields, size_t n);
int sql_create_as(struct buf *out, const struct name *table, bool replace, const char *comment, const struct sql_property *p, size_t np,
                  const char *folder, const struct sql_field *fields, size_t n);
/* MERGE by key; update: also WHEN MATCHED AND NOT (all <=>) THEN UPDATE; delete_missing adds NOT MATCHED BY SOURCE. */
struct sql_merge { const struct name *table; const char *folder; const struct sql_field *fields; size_t count;
                   const char *const *keys; size_t key_count; bool update, delete_missing; };
int sql_merge(struct buf *out, const struct sql_merge *m);
/* SELECT inserted, changed, unchanged, missing counts of staged against table (one row). */
int sql_difference(struct buf *out, const struct sql_merge *m);
int sql_duplicates(struct buf *out, const struct name *table, const char *const *keys, size_t key_count, int limit);
#endif
