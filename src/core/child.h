#ifndef LAKEFERRY_CORE_CHILD_H
#define LAKEFERRY_CORE_CHILD_H
/* child: other programs that we start: without a shell, without our secrets in their environment, with all signals at their defaults. Any thread. */
#include "base/buf.h"
#include "net/engine.h"
#include <sys/types.h>

/* Our environment without variables that hold secrets and, when `without` is given, without those that start so. Free the array, not its texts. */
char **child_environment(const char *without, struct err *e);
/*
 * Starts argv[0] (found on PATH unless it has a '/') in its own session, standard input empty, standard output to out_fd and standard error to err_fd
 * (-1: nowhere). ERR_NOT_FOUND when there is no such program.
 */
int child_start(const char *const argv[], char **environment, int out_fd, int err_fd, pid_t *pid, struct err *e);
/*
 * Runs it to its end: what it wrote (at most 64 KB each) and its exit status (-1: ended by a signal). Killed, with what it
 * started, after limit_ms (ERR_TIMEOUT) or when cancel (may be NULL) is set (ERR_CANCELLED).
 */
int child_run(const char *const argv[], char **environment, int64_t limit_ms, const struct net_cancel *cancel,
              struct buf *out, struct buf *complaint, int *status, struct err *e);
#endif
