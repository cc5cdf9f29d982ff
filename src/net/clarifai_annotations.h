#ifndef LAKEFERRY_NET_CLARIFAI_ANNOTATIONS_H
#define LAKEFERRY_NET_CLARIFAI_ANNOTATIONS_H
/* clarifai_annotations: annotations as listed (reference clarifai §5). Any thread. */
#include "net/clarifai.h"

#define CLARIFAI_ANNOTATION_IDS 100           /* input ids a call: the address is the limit (§5.1) */

/* One annotation as listed. json is the whole object (valid during the callback). */
struct clarifai_annotation {
    const char *id, *input_id;
    const char *user_id;                      /* who made it; NULL: a model did, or nobody is named */
    struct clarifai_status status;
    int64_t created_us, modified_us;          /* 0 when absent */
    const cJSON *data, *json;                 /* data may be NULL */
};
void clarifai_annotation_decode(const cJSON *json, struct clarifai_annotation *out);
typedef int (*clarifai_annotation_each)(void *ctx, const struct clarifai_annotation *a, struct err *e);

/*
 * One page (from 1) of the whole app's annotations, or of those of n inputs (at most CLARIFAI_ANNOTATION_IDS; n 0: of all). all: those of models and
 * workflows, too, else only trusted ones. *count elements came. ERR_LIMIT: the answer is too large, ask for a smaller page.
 */
int clarifai_annotations_page(const struct net_api *api, const struct clarifai_app_id *app, const char *const *input_ids, size_t n, bool all, int page,
                              int per_page, clarifai_annotation_each each, void *ctx, int *count, struct err *e);
#endif
