#ifndef LAKEFERRY_CLI_PATIENCE_H
#define LAKEFERRY_CLI_PATIENCE_H
/*
 * patience: a reading verb whose platform does not answer says so after three seconds, long before it gives up. One line on stderr from a thread
 * of its own; the main thread begins and ends it.
 */
#include "core/session.h"
#include <pthread.h>

struct patience { pthread_t thread; pthread_mutex_t lock; pthread_cond_t ended; bool over, running; const struct session *session; };
/* The session must live until patience_end. Without a thread nothing is said. */
void patience_begin(struct patience *p, const struct session *s);
/* Before anything is printed. A second call does nothing. */
void patience_end(struct patience *p);
#endif
