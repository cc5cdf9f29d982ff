#ifndef LAKEFERRY_CORE_SQL_S3_H
#define LAKEFERRY_CORE_SQL_S3_H
/*
 * sql_s3: a CSV file or Delta folder as the compute reads it: its columns, and the statements that read it (sql-cookbook, "S3"). How a source stands in
 * a FROM is decided here and nowhere else: a temporary view on a cluster, which has a session, read_files on a warehouse, which has none. Pure; one
 * thread an object.
 */
#include "core/cells.h"
#include "core/compute.h"

struct sql_s3 {
    bool delta, warehouse;
    const char *url;               /* borrowed */
    char *header;                  /* csv: the first line as it is, owned */
    struct str_list found;         /* columns as the header or table names them, in its order */
    struct str_list names;         /* the same as they are named in statements */
    struct str_list types;         /* delta: SQL types, in the same order */
    int at[CELLS_COLUMNS];         /* place of each column that matters in these lists, -1: it has none */
    char broken[64];               /* csv: column that shows a row with too few or too many cells */
};

/*
 * s3:// s3a:// abfss:// gs:// or /Volumes/…; what would not be taken literally inside a statement is refused: "${" (replaced before parsing, also
 * between backticks), the wildcards of paths, control characters. ERR_USAGE.
 */
int sql_s3_check_url(const char *url, struct err *e);
/* From a CSV's first line (quotes allowed, byte order mark dropped): mandatory inputid and input, any order and case; ERR_REFUSED with what was found. */
int sql_s3_from_header(struct sql_s3 *s, const char *line, struct err *e);
/* From the columns of a result of sql_s3_schema. */
int sql_s3_from_schema(struct sql_s3 *s, const struct compute_rows *rows, struct err *e);
/* "colour, size" of columns that mean nothing to an import; false when there are none. */
bool sql_s3_ignored(const struct sql_s3 *s, char *out, size_t size);
void sql_s3_release(struct sql_s3 *s);

/* --- statements; sticky failure in the buffer --- */
void sql_s3_header(struct buf *out, const char *url);            /* one row, column value */
/* csv: column file, the first file of a folder that does not hold the header as a line; no row when there is none. 42703 where a runtime cannot tell. */
void sql_s3_strangers(struct buf *out, const struct sql_s3 *s);
void sql_s3_schema(struct buf *out, const char *url);            /* delta: no rows, all columns */
/* Run before each of the following in the same session; false when there is no need of one. */
bool sql_s3_view(struct buf *out, const struct sql_s3 *s);
void sql_s3_first(struct buf *out, const struct sql_s3 *s);      /* the first row, columns named as in cells_names */
void sql_s3_count(struct buf *out, const struct sql_s3 *s);      /* n, broken */
/* All rows into a folder of the compute's, in order: row, the five of cells_names (NULL where there is no column), broken. */
void sql_s3_unload(struct buf *out, const struct sql_s3 *s, const char *folder);
void sql_s3_unloaded(struct buf *out, const char *folder);       /* n: rows that lie there */
#endif
