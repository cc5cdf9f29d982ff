#ifndef LAKEFERRY_SANDBOX_SQL_SQL_H
#define LAKEFERRY_SANDBOX_SQL_SQL_H
/*
 * sql: runs one SQL statement of the cookbook's grammar on the lake, as Spark with Delta would: same rows, same
 * errors (condition class and SQLSTATE), ${…} substituted before parsing, atomic. Thread-safe (statements on one lake
 * run one after another).
 */
#include "sandbox/lake.h"

/* Temporary views and the like; one per Command Execution context, one fresh per warehouse statement. */
struct sql_session;
struct sql_session *sql_session_new(struct lake *l, const char *user);
void sql_session_free(struct sql_session *s);
/* How INSERT OVERWRITE DIRECTORY leaves its folder: with the parts of an attempt that failed lying beside, and as open Spark
 * does, without _started_ and _committed_ files. Both off at first. */
void sql_session_output(struct sql_session *s, bool failed_attempt, bool plain);

/* What `read_files` (Databricks only) and current_user() depend on is in the session. */
struct sql_parameter { const char *name; const char *value; /* NULL: SQL NULL */ const char *type; /* "STRING" … */ };

struct sql_column { char *name; char *type_text; /* lower-case Spark SQL: "bigint", "array<string>" */ };
struct sql_result {
    struct sql_column *columns; int column_count;   /* 0 for DDL */
    cJSON *rows;          /* array of arrays of natively typed values (struct, map: objects; binary: base64 string;
                             decimal and timestamp: strings, timestamp ISO with microseconds and Z) */
    bool failed;
    char error_class[96]; /* "TABLE_OR_VIEW_ALREADY_EXISTS"; "" for Spark's classless errors */
    char sqlstate[8];
    char *message;        /* "[CLASS] text … SQLSTATE: 42P07 (line 1, pos 0)\n\n== SQL ==…" as Databricks prints */
};
/* 0 also when the statement failed (result->failed); -1 only when the machine failed. `cancelled` is polled (may be NULL). */
int sql_execute(struct sql_session *s, const char *text, const struct sql_parameter *parameters, int parameter_count,
                bool (*cancelled)(void *), void *cancel_ctx, struct sql_result *out, struct err *e);
void sql_result_release(struct sql_result *r);
/* UC column JSON fields of a type: "LONG" for bigint; type_json bare form. Owned text. */
char *sql_type_name(const char *type_text);
char *sql_type_json(const char *type_text);
#endif
