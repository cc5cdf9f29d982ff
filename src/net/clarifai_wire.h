#ifndef LAKEFERRY_NET_CLARIFAI_WIRE_H
#define LAKEFERRY_NET_CLARIFAI_WIRE_H
/* clarifai_wire: what the clarifai_* files share among themselves: a call with all its choices, and the building of paths. Any thread. */
#include "net/clarifai.h"

/* As clarifai_call, for a request made by the caller. */
int clarifai_request(const struct net_api *api, struct net_request *request, bool mixed, cJSON **out, struct err *e);
/* Appends one encoded segment behind '/'. Sticky failure of the buffer, as below. */
void clarifai_path_segment(struct buf *path, const char *segment);
/* "/v2/users/U/apps/A" */
void clarifai_path_app(struct buf *path, const struct clarifai_app_id *id);
/* "?page=P&per_page=N", per_page cut to CLARIFAI_PAGE_MAX. */
void clarifai_path_page(struct buf *path, int page, int per_page);
/* Microseconds of a time member, 0 when absent or no time. */
int64_t clarifai_time(const cJSON *o, const char *key);
#endif
