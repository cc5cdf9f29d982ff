#ifndef LAKEFERRY_NET_CLARIFAI_INPUTS_H
#define LAKEFERRY_NET_CLARIFAI_INPUTS_H
/* clarifai_inputs: inputs and dataset inputs (reference clarifai §3.3, §4). Any thread. */
#include "net/clarifai.h"

/* One input as listed. json is the whole object (valid during the callback). */
struct clarifai_input {
    const char *id; struct clarifai_status status;
    int64_t created_us, modified_us;      /* 0 when absent */
    const cJSON *data, *metadata, *json;  /* may be NULL */
};
void clarifai_input_decode(const cJSON *json, struct clarifai_input *out);
typedef int (*clarifai_input_each)(void *ctx, const struct clarifai_input *in, struct err *e);

/* One page (from 1) of a dataset's inputs / of an app's inputs. *count elements came; 0 means past the end. */
int clarifai_dataset_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, int page, int per_page,
                                 clarifai_input_each each, void *ctx, int *count, struct err *e);
int clarifai_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, int page, int per_page,
                         clarifai_input_each each, void *ctx, int *count, struct err *e);
/* Cursor over the whole app (§4.6): after last_id (NULL: start). */
int clarifai_inputs_stream(const struct net_api *api, const struct clarifai_app_id *app, const char *last_id, int per_page,
                           clarifai_input_each each, void *ctx, int *count, struct err *e);
/* By id, chunks of <= 64 ids a call made here; ids that do not exist are simply not given to each. */
int clarifai_inputs_by_id(const struct net_api *api, const struct clarifai_app_id *app, const char *const *ids, size_t n,
                          clarifai_input_each each, void *ctx, struct err *e);
struct clarifai_counts { int64_t processed, to_process, processing, errors; };
int clarifai_inputs_status(const struct net_api *api, const struct clarifai_app_id *app, struct clarifai_counts *out, struct err *e);

/*
 * One input to post. Picture bytes are turned into base64 while they are sent (bytes stay the caller's); or url.
 * metadata: JSON object text or NULL. concepts: JSON array text or NULL. geo: has_geo.
 */
struct clarifai_new_input {
    const char *id; const unsigned char *bytes; size_t size; const char *url;
    const char *metadata; const char *concepts; bool has_geo; double longitude, latitude;
    struct clarifai_status status;        /* out: per item */
    bool duplicate_id;                    /* out: refused because the id exists (details text, §4.3) */
};
/*
 * POST inputs (1..128). 0 when the service answered for each item (statuses filled). ERR_UNKNOWN when the answer was lost; ERR_REFUSED
 * when the whole call was refused (bisect). Exact Content-Length, no copy of the pictures.
 */
int clarifai_inputs_post(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, struct clarifai_new_input *items, size_t n,
                         struct err *e);
/* Adds inputs of the app to a dataset (<= 128 ids); statuses by position. */
int clarifai_dataset_inputs_add(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, const char *const *ids, size_t n,
                                struct clarifai_status *statuses, struct err *e);
#endif
