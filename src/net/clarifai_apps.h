#ifndef LAKEFERRY_NET_CLARIFAI_APPS_H
#define LAKEFERRY_NET_CLARIFAI_APPS_H
/* clarifai_apps: users, apps, datasets (reference clarifai §1.5, §3). Any thread; structs given to each live during the call only. */
#include "net/clarifai.h"

struct clarifai_user { char id[64]; char name[256]; };
int clarifai_me_get(const struct net_api *api, struct clarifai_user *out, struct err *e);   /* GET /v2/users/me */
/* The service's clock (0: it did not say), whatever it answers to that question; fails as clarifai_me_get does. */
int clarifai_clock_get(const struct net_api *api, int64_t *date_us, struct err *e);

struct clarifai_app { char id[64], user_id[64], description[256], default_workflow[128]; int64_t modified_us; };
typedef int (*clarifai_app_each)(void *ctx, const struct clarifai_app *a, struct err *e);
int clarifai_apps_list(const struct net_api *api, const char *user, clarifai_app_each each, void *ctx, struct err *e);
int clarifai_app_get(const struct net_api *api, const struct clarifai_app_id *id, struct clarifai_app *out, struct err *e);

struct clarifai_dataset { char id[64], description[256]; int64_t modified_us; };
typedef int (*clarifai_dataset_each)(void *ctx, const struct clarifai_dataset *d, struct err *e);
int clarifai_datasets_list(const struct net_api *api, const struct clarifai_app_id *id, clarifai_dataset_each each, void *ctx, struct err *e);
int clarifai_dataset_get(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct clarifai_dataset *out, struct err *e);
int clarifai_dataset_create(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct err *e); /* ERR_CONFLICT: exists */
#endif
