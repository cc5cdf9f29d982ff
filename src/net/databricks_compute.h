#ifndef LAKEFERRY_NET_DATABRICKS_COMPUTE_H
#define LAKEFERRY_NET_DATABRICKS_COMPUTE_H
/* databricks_compute: clusters (§3), Command Execution (§4), statements and warehouses (§5), one call each. Any thread. */
#include "net/databricks.h"

struct databricks_compute {       /* a cluster or a warehouse */
    bool is_warehouse;
    char id[128]; char name[256]; char state[32];      /* RUNNING, TERMINATED, PENDING, STOPPED, … */
    char state_message[512]; char spark_version[64]; char data_security_mode[48]; char single_user[256]; char source[48];
};
int databricks_cluster_get(const struct net_api *api, const char *id, struct databricks_compute *out, struct err *e);
int databricks_warehouse_get(const struct net_api *api, const char *id, struct databricks_compute *out, struct err *e);
typedef int (*databricks_compute_each)(void *ctx, const struct databricks_compute *c, struct err *e);
int databricks_clusters_list(const struct net_api *api, databricks_compute_each each, void *ctx, struct err *e); /* attachable ones only (UI, API) */
int databricks_warehouses_list(const struct net_api *api, databricks_compute_each each, void *ctx, struct err *e);
int databricks_cluster_start(const struct net_api *api, const char *id, struct err *e);  /* INVALID_STATE counts as started */
int databricks_warehouse_start(const struct net_api *api, const char *id, struct err *e);

/* Command Execution: ids are text. */
int databricks_context_create(const struct net_api *api, const char *cluster, const char *language, char id[64], struct err *e);
int databricks_context_status(const struct net_api *api, const char *cluster, const char *context, char status[16], struct err *e);
int databricks_context_destroy(const struct net_api *api, const char *cluster, const char *context, struct err *e);
int databricks_command_execute(const struct net_api *api, const char *cluster, const char *context, const char *language,
                               const char *text, char id[64], struct err *e);        /* lost answer: ERR_UNKNOWN */
/* *out: the whole answer object (status, results), caller deletes. Numbers beyond 2^53 in cells are kept as text. */
int databricks_command_status(const struct net_api *api, const char *cluster, const char *context, const char *command,
                              cJSON **out, struct err *e);
int databricks_command_cancel(const struct net_api *api, const char *cluster, const char *context, const char *command, struct err *e);

/* Statement Execution: *out the whole answer object. */
struct databricks_statement {
    const char *warehouse, *text; int wait_s;           /* 0 or 5..50 */
    bool external_links; int64_t row_limit;             /* 0: none */
    bool query;                                         /* changes nothing, so it may be sent again when its answer was lost */
    const char *(*parameters)[2]; size_t parameter_count; /* name, value (NULL: SQL NULL), all STRING */
};
int databricks_statement_execute(const struct net_api *api, const struct databricks_statement *s, cJSON **out, struct err *e);
int databricks_statement_get(const struct net_api *api, const char *id, cJSON **out, struct err *e);
int databricks_statement_chunk(const struct net_api *api, const char *id, int64_t index, cJSON **out, struct err *e);
int databricks_statement_cancel(const struct net_api *api, const char *id, struct err *e);
/* An external link's content (array of row arrays) streamed row by row; http_headers object sent, never a credential. Expired: ERR_CONFLICT. */
int databricks_link_read(const struct net_api *api, const char *url, const cJSON *http_headers, databricks_each row, void *ctx, struct err *e);
#endif
