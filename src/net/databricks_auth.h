#ifndef LAKEFERRY_NET_DATABRICKS_AUTH_H
#define LAKEFERRY_NET_DATABRICKS_AUTH_H
/* databricks_auth: who am I (scim Me, §1.6) and OAuth machine-to-machine tokens (§1.2, §14). Any thread. */
#include "net/databricks.h"

struct databricks_me { char id[64]; char user_name[256]; char display_name[256]; char workspace_id[32]; };
int databricks_me_get(const struct net_api *api, struct databricks_me *out, struct err *e);
/* The service's clock (0: it did not say), whatever it answers to that question; fails as databricks_me_get does. */
int databricks_clock_get(const struct net_api *api, int64_t *date_us, struct err *e);
/* Asks for a token with client id and secret; *token owned (wipe and free), *expires_in_s seconds. site of api: NET_ANONYMOUS. */
int databricks_oauth_token(const struct net_api *api, const char *client_id, const char *client_secret,
                           char **token, int64_t *expires_in_s, struct err *e);
/* "host", "https://host/?o=123…": the normal base URL and a workspace id when the text names one (§1.5). Owned base. */
int databricks_host_normalize(const char *text, char **base, char workspace_id[32], struct err *e);
#endif
