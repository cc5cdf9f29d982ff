#ifndef LAKEFERRY_BASE_FILE_H
#define LAKEFERRY_BASE_FILE_H
/* file: folders 0700, files 0600, made exclusively and renamed into place after fsync. Any thread. */
#include "base/buf.h"

/* Creates path and its parents with mode 0700 (existing ones are left). */
int file_make_dirs(const char *path, struct err *e);
/* Reads a whole regular file of at most max bytes. ERR_NOT_FOUND, ERR_LIMIT, ERR_IO. */
int file_read(const char *path, size_t max, struct buf *out, struct err *e);
/* Writes bytes to a temporary name beside path, fsyncs, renames, fsyncs the folder. */
int file_write_atomic(const char *path, const void *bytes, size_t n, struct err *e);
/* write() until all is out; EINTR is repeated. */
int file_write_all(int fd, const void *bytes, size_t n, struct err *e);
/* Removes a folder and what is in it; a missing one is success. Follows no links. */
int file_remove_tree(const char *path, struct err *e);
/* $XDG_STATE_HOME/lakeferry and the like with fall-backs below $HOME; runtime falls back to a 0700 folder in /tmp
 * owned by us (refused when somebody else owns it). Owned text or NULL with e. The folder is created. */
char *file_dir_config(struct err *e);
char *file_dir_state(struct err *e);
char *file_dir_cache(struct err *e);
char *file_dir_runtime(struct err *e);
#endif
