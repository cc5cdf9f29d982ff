#ifndef LAKEFERRY_SANDBOX_SQL_STATEMENTS_H
#define LAKEFERRY_SANDBOX_SQL_STATEMENTS_H
/* statements: what the parser's statement table calls; each runs inside the statement's transaction on the lake. */
#include "sandbox/sql/tree.h"

typedef void statement_execute(struct run *r, const struct statement *s);
statement_execute statement_query;                                   /* query.c */
statement_execute statement_create_table, statement_drop_table, statement_create_view, statement_drop_view,
    statement_create_schema, statement_create_volume, statement_drop_volume, statement_alter_properties,
    statement_unset_properties, statement_alter_column, statement_add_columns, statement_comment, statement_use,
    statement_set;                                                   /* ddl.c */
statement_execute statement_insert, statement_update, statement_delete; /* dml.c */
statement_execute statement_insert_directory;                        /* directory.c */
statement_execute statement_merge;                                   /* merge.c */
statement_execute statement_describe_table, statement_describe_detail, statement_describe_history, statement_show_tables,
    statement_show_schemas, statement_show_catalogs, statement_show_volumes, statement_show_properties,
    statement_show_columns;                                          /* describe.c */
#endif
