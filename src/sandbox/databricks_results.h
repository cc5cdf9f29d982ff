#ifndef LAKEFERRY_SANDBOX_DATABRICKS_RESULTS_H
#define LAKEFERRY_SANDBOX_DATABRICKS_RESULTS_H
/*
 * databricks_results: a finished SQL result in the form of Statement Execution 2.0: the manifest and the chunks as text
 * (JSON arrays of string cells, or CSV), and of Command Execution 1.2. Immutable once made; whoever holds it guards it.
 */
#include "sandbox/sql/sql.h"

struct sandbox;
struct result_chunk { struct buf text; int64_t offset, rows; };
struct results {
    bool csv, truncated;
    cJSON *columns;                /* array; NULL for a statement without result columns */
    int column_count;
    struct result_chunk *chunks;
    int chunk_count;
    int64_t rows;
    uint64_t bytes;
};
struct results_limits { int64_t rows, bytes, chunk_rows, chunk_bytes; };   /* rows, bytes: -1 for none */

struct results *results_new(const struct sql_result *r, bool csv, const struct results_limits *limits, struct err *e);
void results_free(struct results *r);
/* "manifest" of a SUCCEEDED answer. Caller deletes. */
cJSON *results_manifest(const struct results *r, bool links);

/* "results" of Command Execution into o (databricks_command_results.c): a failure, or a table with native cells. */
void command_results_error(cJSON *o, const char *exception, const char *message);
void command_results_table(struct sandbox *s, cJSON *o, const struct sql_result *result);
#endif
