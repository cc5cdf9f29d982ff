#ifndef LAKEFERRY_NET_DATABRICKS_SECRETS_H
#define LAKEFERRY_NET_DATABRICKS_SECRETS_H
/* databricks_secrets: reading one secret (§8). Any thread. */
#include "net/databricks.h"
/* Appends the value (wipe it). 400, 403 and 404 all mean "not readable from here": ERR_NOT_FOUND. */
int databricks_secret_get(const struct net_api *api, const char *scope, const char *key, struct buf *out, struct err *e);
#endif
