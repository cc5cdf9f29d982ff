#ifndef LAKEFERRY_SANDBOX_SQL_SOURCE_H
#define LAKEFERRY_SANDBOX_SQL_SOURCE_H
/* source: the files below a path as one stream of bytes a file; text lines. Inside of source*.c. */
#include "sandbox/sql/relation.h"
#include <zlib.h>

struct files { struct run *r; const char *url; size_t cut; /* the host path of url, which is left out of a file's place */ char **paths; int count, at; FILE *plain; gzFile packed; unsigned char *buffer; size_t have, used; };
/* Lists the files of a folder, a file, or a pattern in the last segment; fails with PATH_NOT_FOUND. */
struct files *files_open(struct run *r, const char *path, bool recursive, int pos);
/* Opens the next file (a BOM is skipped); false after the last. */
bool files_next(struct files *f);
/* The place of the file at hand, as statements name it but percent-encoded, as `_metadata` tells it. */
const char *files_place(struct files *f, struct arena *a);
/* The next byte or -1 at the end of the file. */
int files_byte(struct files *f);
/* Looks at the next byte without taking it. */
int files_peek(struct files *f);
/* The next line into t (cleared first): LF, CRLF and CR end it. False at the end of the file. */
bool files_line(struct files *f, struct text *t);

/* CSV of one file at a time (source_csv.c). */
struct csv { const struct options *options; int quote, escape, separator, comment; bool header, multi_line; };
void csv_init(struct run *r, struct csv *c, const struct options *o);
struct csv_cell { const char *p; size_t n; bool quoted; };
struct csv_record { struct csv_cell *cells; int count; struct text raw; };
/* False at the end of the file. Blank lines are skipped. */
bool csv_read(struct files *f, const struct csv *c, struct arena *a, struct csv_record *out);
struct relation *source_csv(struct run *r, struct files *f, const char *path, const struct columns *columns, const struct options *options);
#endif
