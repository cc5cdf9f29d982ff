#ifndef LAKEFERRY_UI_PREVIEW_ROWS_H
#define LAKEFERRY_UI_PREVIEW_ROWS_H
/*
 * preview_rows: reading a table's first rows on a thread of its own, and showing them: as the source of a table, one row as a record, all as a file's
 * text. The reading part posts events; the rest is plain data of the UI thread.
 */
#include "core/preview.h"
#include "ui/table.h"
#include "ui/tree.h"
#include "ui/world.h"

#define PREVIEW_ROWS 200

struct preview_rows {
    struct preview p;
    char **types;    /* shown in the heads, one a column */
    char bytes[40];  /* of the cell read last */
};
void preview_rows_release(struct preview_rows *r);
void preview_rows_free(void *r);
struct table_source preview_rows_source(const struct preview_rows *r);
/* Fills an empty tree with a row, a column a line, JSON as parts. */
int preview_rows_record(const struct preview_rows *r, size_t row, struct tree *out, struct err *e);

/* ---- reading ---- */

enum preview_event {
    PREVIEW_READ = EVENT_OWN, /* payload: struct preview_rows */
    PREVIEW_FAILED,           /* payload: struct err */
    PREVIEW_NEEDS_START,      /* payload: struct preview_state; nothing was started */
    PREVIEW_WAITS,            /* payload: struct preview_state */
    PREVIEW_SAVED             /* payload: struct err; code ERR_NONE when written, ERR_CONFLICT when the file exists */
};
struct preview_state { char label[160], state[48]; int64_t waited_ms; };

/* Begins; events carry tag. may_start: the person agreed to starting the compute. */
int preview_rows_read(struct ui_world *w, const char *table, bool may_start, uint64_t serial, uint64_t tag, struct world_job **job, struct err *e);
/* The whole path of a typed one: "~/" is the home, a bare name is in the folder lakeferry was started in. Owned; NULL without memory. */
char *preview_rows_path(const char *typed);
/* Writes text (taken over) to a file on another thread. */
int preview_rows_save(struct ui_world *w, const char *path, bool replace, struct buf *text, uint64_t serial, struct err *e);
#endif
