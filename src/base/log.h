#ifndef LAKEFERRY_BASE_LOG_H
#define LAKEFERRY_BASE_LOG_H
/* log: lines to one file, each through redact. Thread-safe. Without log_open nothing is written. */
#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
/* Appends to path (created 0600). */
int log_open(const char *path, enum log_level level, struct err *e);
void log_close(void);
bool log_level_parse(const char *name, enum log_level *out);  /* "error" "warn" "info" "debug" */
bool log_enabled(enum log_level level);
void log_write(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
