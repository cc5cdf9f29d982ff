#ifndef LAKEFERRY_NET_DATABRICKS_WIRE_H
#define LAKEFERRY_NET_DATABRICKS_WIRE_H
/* databricks_wire: what the databricks_* files share among themselves: a call with all its choices, lists of many pages, and the building of paths. Any thread. */
#include "net/databricks.h"

struct databricks_ask {
    enum net_method method;
    const char *path;
    const cJSON *body;          /* NULL: none */
    bool idempotent, bulk;      /* see net_request */
    bool exact;                 /* numbers a double cannot hold become texts */
    size_t answer_max;          /* 0: the engine's own */
    const char *quota_name;     /* NULL: the site's own */
};
/* As databricks_call. */
int databricks_ask_send(const struct net_api *api, const struct databricks_ask *ask, cJSON **out, struct err *e);
/* All pages of a list, the elements of array `key`: an empty page with a token goes on; a token seen before is ERR_PROTOCOL (a loop).
 * quota_name: see databricks_ask. */
int databricks_ask_list(const struct net_api *api, const char *path, const char *key, const char *quota_name,
                        databricks_each each, void *ctx, struct err *e);
/* Appends "?name=value" or "&name=value", encoded. A NULL value adds nothing. Sticky failure of the buffer. */
void databricks_path_query(struct buf *path, const char *name, const char *value);
/* Appends one encoded segment behind '/'. */
void databricks_path_segment(struct buf *path, const char *segment);
/* Appends text with every number outside strings that a double would change (integers beyond 15 digits, more than 17 digits in
 * all) written as a JSON string. 0 or -1 (sticky). */
int databricks_numbers_exact(struct buf *out, const char *text, size_t n);
/* The first text among the members named, NULL when none is a text. */
const char *databricks_text_of(const cJSON *o, const char *const *keys, size_t count);
#endif
