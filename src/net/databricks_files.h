#ifndef LAKEFERRY_NET_DATABRICKS_FILES_H
#define LAKEFERRY_NET_DATABRICKS_FILES_H
/*
 * databricks_files: the Files API (§7). Paths are raw "/Volumes/c/s/v/a b.jpg" text; encoding happens here, ".." segments are
 * refused. All use the DATABRICKS_QUOTA_FILES quota. Any thread.
 */
#include "net/databricks.h"

struct databricks_file { const char *path, *name; bool is_directory; uint64_t size; int64_t modified_ms; };
typedef int (*databricks_file_each)(void *ctx, const struct databricks_file *f, struct err *e);
/* One folder, all pages; not recursive. */
int databricks_directory_list(const struct net_api *api, const char *path, databricks_file_each each, void *ctx, struct err *e);
int databricks_directory_create(const struct net_api *api, const char *path, struct err *e);   /* mkdir -p */
int databricks_directory_delete(const struct net_api *api, const char *path, struct err *e);   /* empty only; missing is success */
/* Streams the file into sink; the answer's length is checked against what arrived. */
int databricks_file_get(const struct net_api *api, const char *path, const struct net_sink *sink, struct net_answer *answer, struct err *e);
int databricks_file_head(const struct net_api *api, const char *path, uint64_t *size, int64_t *modified_ms, struct err *e);
/* overwrite is always sent. ERR_CONFLICT when it exists and overwrite is false; without overwriting, a lost answer is ERR_UNKNOWN (a second try would
 * meet the first one's file): read to know. So is what follows an answer that left it open (500, 502, 504) and was asked for again. */
int databricks_file_put(const struct net_api *api, const char *path, const struct net_source *source, bool overwrite, struct err *e);
int databricks_file_delete(const struct net_api *api, const char *path, struct err *e);         /* missing is success */
#endif
