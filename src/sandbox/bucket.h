#ifndef LAKEFERRY_SANDBOX_BUCKET_H
#define LAKEFERRY_SANDBOX_BUCKET_H
/*
 * bucket: files and Delta folders put into the sandbox's volumes and buckets without HTTP, for sample data and for
 * POST /_control/s3. Any thread may call; two calls must not write one path.
 */
#include "base/err.h"
#include <stddef.h>
#include <stdint.h>

struct sandbox;

/* Writes a file at a path of SQL or REST ("/Volumes/…", "s3://bucket/…"), making its folders; what was there is replaced. */
int bucket_write(struct sandbox *s, const char *path, const void *bytes, size_t n, struct err *e);

/* A generated import source: rows "PREFIX-0000001"… with a picture of the sandbox's public host, a concept, metadata as a
 * Python dict and, every third, geopoints. */
struct bucket_rows {
    const char *path;     /* of the CSV file, or the Delta folder */
    const char *prefix;
    int64_t rows;
    int64_t bad_every;    /* every so many rows the id is not one; 0: none */
    bool delta;           /* a Delta table at the path, replacing the one that is there */
};
int bucket_generate(struct sandbox *s, const struct bucket_rows *want, struct err *e);

/* Runs one statement that makes sample data. */
int bucket_sql(struct sandbox *s, const char *statement, struct err *e);
/* The rows of a CSV file (columns inputid, input, concepts, metadata, geopoints) as a Delta table at a path. */
int bucket_delta_from_csv(struct sandbox *s, const char *csv, const char *folder, struct err *e);
#endif
