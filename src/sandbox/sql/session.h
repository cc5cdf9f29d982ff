#ifndef LAKEFERRY_SANDBOX_SQL_SESSION_H
#define LAKEFERRY_SANDBOX_SQL_SESSION_H
/* session: what lasts from statement to statement. Used by one thread at a time. */
#include "sandbox/sql/tree.h"

/* A temporary view, kept as the statement that made it. */
struct temp_view { char *name; char *sql; struct temp_view *next; };
struct sql_session { struct lake *lake; char *user; char *catalog; char *schema; struct temp_view *views; bool failed_attempt, plain_output; };
#endif
