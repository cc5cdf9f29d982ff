#ifndef LAKEFERRY_SANDBOX_DATABRICKS_FILES_H
#define LAKEFERRY_SANDBOX_DATABRICKS_FILES_H
/*
 * databricks_files: where a request of the Files API 2.0 points to (reference databricks §7), for its files
 * (databricks_files.c) and directories (databricks_directories.c). A place belongs to its request's thread.
 */
#include "sandbox/databricks.h"

struct fs_place {
    struct buf host;            /* where it is on disk */
    char path[4200];            /* "/Volumes/c/s/v/rel" without a final slash */
    char volume[800];           /* "c.s.v" */
    bool root;                  /* the volume itself */
};
/* Where the call's path is; false with the refusal of a bad path, a missing volume or a missing right. Release it in any case. */
bool fs_place(struct route_call *c, struct route_answer *a, bool write, struct fs_place *p);
void fs_place_release(struct fs_place *p);
/* Refuses with "TEXT 'name'." (a missing resource: "does not exist."); always false. */
bool fs_refuse(struct route_answer *a, int status, const char *code, const char *reason, const char *text, const char *name);
/* An answer without a body. */
void fs_empty(struct route_answer *a, int status);
#endif
