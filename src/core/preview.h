#ifndef LAKEFERRY_CORE_PREVIEW_H
#define LAKEFERRY_CORE_PREVIEW_H
/* preview: the first rows of a table, with binary and very long columns projected by the SQL instead of fetched. A lane's thread. */
#include "core/compute.h"
#include "core/sql.h"
#include "net/databricks_catalog.h"

enum preview_cell { PREVIEW_TEXT, PREVIEW_NULL, PREVIEW_BINARY /* text is the length */, PREVIEW_CUT /* text is the beginning; length known */ };
struct preview_column { char *name; char *type; bool is_json; };
struct preview {
    struct preview_column *columns; size_t column_count;
    struct { enum preview_cell kind; char *text; uint64_t length; } *cells; size_t row_count;   /* row-major */
    int64_t total_rows;          /* -1 unknown */
    size_t all_columns;          /* of the table; more than column_count when not all were asked for, or there are too many to show */
    char compute[160]; int64_t read_at_ms;
};
struct preview_ask { struct name table; int limit; const char *columns; /* "a,b" or NULL */ const char *compute; bool count; };
/* c must run already (compute_start). Object: the table's UC description (columns). */
int preview_read(struct compute *c, const struct preview_ask *ask, const struct databricks_object *table, struct preview *out, struct err *e);
/*
 * The whole way: looks the table up, opens the compute (ask->compute), starts it when confirm says so (1; 0 gives ERR_CONFIG with the state), telling tick
 * meanwhile (-1 stops), reads, closes. confirm NULL: never start.
 */
struct preview_hooks { int (*confirm)(void *ctx, const char *label, const char *state); int (*tick)(void *ctx, const char *state, int64_t waited_ms); void *ctx; };
int preview_run(const struct session *s, const struct preview_ask *ask, const struct preview_hooks *hooks, struct preview *out, struct err *e);
void preview_release(struct preview *p);
/* preview_write.c: what is shown as text; lengths stand for binary and cut values. */
char *preview_cell_text(const struct preview *p, size_t i);   /* cell i, row-major. Owned; NULL without memory */
/* Append with a head line, NULL as nothing and the empty string as ""; or one object a row. */
int preview_write_csv(const struct preview *p, struct buf *out, struct err *e);
int preview_write_jsonl(const struct preview *p, struct buf *out, struct err *e);
#endif
