#ifndef LAKEFERRY_CORE_LINK_H
#define LAKEFERRY_CORE_LINK_H
/*
 * link: the socket by which a running run is watched and steered: run-ID.sock in the runtime folder (0700), JSON lines both ways. The run's side has
 * a thread of its own that never waits for a viewer: one that does not read is dropped. Publishing and taking commands: any thread.
 * A newcomer first gets the last plan, progress, error and summary line. Commands: {"command":"yes|no|pause|resume|cancel"} and
 * {"command":"token","databricks":"…","clarifai":"…"}; each is answered with {"type":"ack"}.
 */
#include "base/json.h"

#define LINK_BACKLOG ((size_t)1 << 20)   /* bytes: a viewer that is so far behind is dropped */
struct link;
int link_open(const char *run_id, struct link **out, struct err *e);
/* Lines still in flight get half a second. NULL is fine. */
void link_close(struct link *l);
void link_publish(struct link *l, const cJSON *line);
/* The next command, or NULL. The caller deletes it. */
cJSON *link_next_command(struct link *l);
int link_viewers(struct link *l);

/* --- the viewer's side: blocking calls --- */
struct link_client;
/* ERR_NOT_FOUND when nobody listens. */
int link_connect(const char *run_id, struct link_client **out, struct err *e);
void link_client_free(struct link_client *c);
int link_client_send(struct link_client *c, const char *line, struct err *e);
/* The next line: 1 and *out (owned), 0 at the end or after timeout_ms (-1: no timeout; *timed_out tells which), -1. */
int link_client_read(struct link_client *c, int timeout_ms, cJSON **out, bool *timed_out, struct err *e);
#endif
