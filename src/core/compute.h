#ifndef LAKEFERRY_CORE_COMPUTE_H
#define LAKEFERRY_CORE_COMPUTE_H
/*
 * compute: runs SQL on a cluster (Command Execution) or a warehouse (Statement Execution) behind one interface with two backends.
 * One struct compute belongs to one thread at a time. What it leaves on the platform (context, statement ids) is told to `note`, so that a
 * journal can remember and a resume can clean up.
 */
#include "core/session.h"

enum compute_kind { COMPUTE_CLUSTER, COMPUTE_WAREHOUSE };
struct compute_note { void (*note)(void *ctx, const char *kind /* "context" "statement" "command" "end" */, const char *id); void *ctx; };
struct compute;
/* which: "cluster[:ID]" | "warehouse[:ID]" | NULL (the warehouse when one is configured, else the cluster). ERR_CONFIG when none. Sends nothing. */
int compute_open(const struct session *s, const char *which, const struct compute_note *note, struct compute **out, struct err *e);
void compute_close(struct compute *c);          /* destroys the context */
const char *compute_label(const struct compute *c);   /* "cluster 0101-…", "warehouse wh-…" */
enum compute_kind compute_kind_of(const struct compute *c);
/* State now in the platform's words; refuses no-isolation modes and runtimes below 13.3 (ERR_CONFIG with the reason). *running. */
int compute_state(struct compute *c, char state[32], bool *running, struct err *e);
/* Starts when needed and waits until SQL can run; tick is told the state about once a second and may stop the wait (-1 → ERR_CANCELLED). */
int compute_start(struct compute *c, int (*tick)(void *ctx, const char *state, int64_t waited_ms), void *ctx, struct err *e);

struct compute_column { char *name; char *type; };     /* type: lower-case SQL text */
struct compute_rows {                                  /* a small result; cells are text or NULL whatever the backend */
    struct compute_column *columns; size_t column_count;
    char **cells; size_t row_count;                    /* row-major */
    bool truncated;
};
void compute_rows_release(struct compute_rows *r);
const char *compute_cell(const struct compute_rows *r, size_t row, const char *column);   /* NULL: SQL NULL or no such column */
/*
 * Runs one statement to its end. rows may be NULL. e on failure: api_code = condition class, sqlstate. ERR_UNKNOWN when it cannot be known whether it ran
 * (the answer was lost); ERR_CONFLICT for 42P07 and 2D521, ERR_NOT_FOUND for 42P01. A truncated result is ERR_LIMIT unless allow_truncated.
 */
int compute_run(struct compute *c, const char *text, bool allow_truncated, struct compute_rows *rows, struct err *e);
/* Cancels or destroys what a killed run left, by the ids its journal kept; gone already is success. */
int compute_clean(const struct session *s, const char *kind, const char *id, struct err *e);
#endif
