#ifndef LAKEFERRY_NET_CLARIFAI_H
#define LAKEFERRY_NET_CLARIFAI_H
/*
 * clarifai: what all Clarifai requests share: the judge by which the body's status outranks HTTP (reference clarifai §2; 207 with 10010 and
 * 200 with an error code included), status decoding, ids. Any thread.
 */
#include "net/engine.h"

#define CLARIFAI_QUOTA "clarifai"
#define CLARIFAI_BATCH_MAX 128               /* §7 */
#define CLARIFAI_IMAGE_MAX ((uint64_t)20 << 20)    /* §4.1: "< 20 MB" */
#define CLARIFAI_PAGE_MAX 1000

enum clarifai_code {                          /* §2.2, those the program acts on */
    CLARIFAI_OK = 10000, CLARIFAI_MIXED = 10010, CLARIFAI_FAILURE = 10020,
    CLARIFAI_INPUT_OK = 30000, CLARIFAI_INPUT_PENDING = 30001, CLARIFAI_INPUT_IN_PROGRESS = 30003,
    CLARIFAI_DATASET_INPUT_OK = 64100
};
struct clarifai_status { int code; char description[128]; char details[384]; };
/* Number or name; missing status: code 0. */
void clarifai_status_decode(const cJSON *holder, struct clarifai_status *out);
/* Still on its way: 30001, 30003. */
bool clarifai_status_pending(int code);
/* err from a status (ERR_* by code: throttle, quota, maintenance, auth, not found, refused …). Returns -1. */
int clarifai_status_error(const struct clarifai_status *s, int http, struct err *e);

struct clarifai_app_id { const char *user; const char *app; };
/* One JSON call; mixed success (10010) and all-failed (10020) count as answers (0) when `mixed` is true: *out has the items. */
int clarifai_call(const struct net_api *api, enum net_method method, const char *path, const cJSON *body, bool idempotent, bool mixed,
                  cJSON **out, struct err *e);
enum net_verdict clarifai_judge(const struct net_request *request, const struct net_answer *answer, struct err *e);
/* 1–48 of [A-Za-z0-9_-] (§7). */
bool clarifai_id_valid(const char *id);
/* A list page split as it arrives; elements of array `key` to each. *count: elements of the page. */
typedef int (*clarifai_each)(void *ctx, const cJSON *element, struct err *e);
int clarifai_list_page(const struct net_api *api, const char *path, const char *key, clarifai_each each, void *ctx, int *count, struct err *e);
#endif
