#ifndef LAKEFERRY_NET_DATABRICKS_H
#define LAKEFERRY_NET_DATABRICKS_H
/*
 * databricks: what all Databricks requests share: the call with its judge (five error envelopes, reference databricks §2.1;
 * HTML and redirects mean "not the API", §1.7), and what takes the elements of a list. Any thread.
 */
#include "net/engine.h"

#define DATABRICKS_QUOTA_API "databricks"     /* everything but files */
#define DATABRICKS_QUOTA_FILES "files"        /* Files API: 8 in flight, 90/s (practice) */

/* One JSON call; *out (caller deletes; may be passed NULL) is the answer's object, {} for an empty body. idempotent: see net_request. */
int databricks_call(const struct net_api *api, enum net_method method, const char *path, const cJSON *body,
                    bool idempotent, cJSON **out, struct err *e);
enum net_verdict databricks_judge(const struct net_request *request, const struct net_answer *answer, struct err *e);

/* Takes one element of a list as it arrives (engine thread, caller waits; -1 stops). */
typedef int (*databricks_each)(void *ctx, const cJSON *element, struct err *e);
#endif
