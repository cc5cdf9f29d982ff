#ifndef LAKEFERRY_CORE_COMPUTE_BACKEND_H
#define LAKEFERRY_CORE_COMPUTE_BACKEND_H
/* compute_backend: what the two backends of compute share; only compute*.c include it. Each call is made by the lane that opened the compute. */
#include "core/compute.h"
#include "net/databricks_compute.h"

struct compute_backend {
    int (*describe)(const struct net_api *api, const char *id, struct databricks_compute *out, struct err *e);
    int (*start)(const struct net_api *api, const char *id, struct err *e);
    int (*run)(struct compute *c, const char *text, struct compute_rows *rows, struct err *e);
    void (*close)(struct compute *c);
    const char *word;          /* "cluster" */
    const char *const *ready;  /* states in which SQL runs, NULL-ended */
    const char *const *coming; /* on their way there */
    const char *const *off;    /* a start is needed */
};
extern const struct compute_backend compute_cluster, compute_warehouse;

struct compute {
    const struct session *session;
    const struct compute_backend *backend;
    struct net_api api;
    char id[128];
    char label[160];
    char context[64];           /* cluster: the open execution context, "" none */
    bool context_used;          /* a command of ours was accepted in it */
    struct compute_note note;
    int64_t poll_first_ms;
    int64_t context_limit_ms;   /* cluster: longest wait for a context that stays Pending */
};

void compute_tell(const struct compute *c, const char *kind, const char *id);
/* Sleeps; ERR_CANCELLED as soon as the cancel flag is set. */
int compute_wait(const struct compute *c, int64_t ms, struct err *e);
/* The next wait of a poll that asks ever less often (cap 5 s). */
int64_t compute_next_wait(int64_t ms);
/* e from Spark's text: class, SQLSTATE, code by them; readable cause. Returns -1. */
int compute_sql_error(const char *text, struct err *e);
/* True for the errors of a removal that say: it is gone or over already. */
bool compute_is_gone(const struct err *e);
/* Room for columns × rows cells (all NULL); takes nothing. */
int compute_rows_add_column(struct compute_rows *r, const char *name, const char *type, struct err *e);
/* Appends a row from an array of cells. */
int compute_rows_add(struct compute_rows *r, const cJSON *cells, struct err *e);
#endif
