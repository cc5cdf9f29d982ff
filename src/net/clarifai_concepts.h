#ifndef LAKEFERRY_NET_CLARIFAI_CONCEPTS_H
#define LAKEFERRY_NET_CLARIFAI_CONCEPTS_H
/* clarifai_concepts: the concepts of an app (reference clarifai §6). Any thread. */
#include "net/clarifai.h"

struct clarifai_concept { const char *id, *name; };    /* live during the call; a concept without a name is called by its id */
typedef int (*clarifai_concept_each)(void *ctx, const struct clarifai_concept *c, struct err *e);
/* One page, from 1. *count: concepts that came; 0 means past the end. */
int clarifai_concepts_page(const struct net_api *api, const struct clarifai_app_id *app, int page, clarifai_concept_each each, void *ctx, int *count,
                           struct err *e);
#endif
