#ifndef LAKEFERRY_SANDBOX_DATABRICKS_STATEMENTS_H
#define LAKEFERRY_SANDBOX_DATABRICKS_STATEMENTS_H
/*
 * databricks_statements: what the files of Statement Execution 2.0 share (reference databricks §5): the statements kept
 * (databricks_statements.c), the reading of a request (databricks_ask.c) and results by signed link (databricks_links.c).
 * Everything of struct statements is under its lock; any thread.
 */
#include "sandbox/databricks.h"
#include "sandbox/databricks_results.h"
#include "sandbox/sql/sql.h"

#define PARAMETERS_MAX 256

struct statement {
    char id[37];
    char *user;
    bool links, csv;
    int64_t row_limit, byte_limit;
    struct sql_job *job;
    struct results *results;
    char *error;                  /* message when it failed after the SQL: a result too large */
    bool dropped;                 /* CLOSED: succeeded, result gone */
    int64_t done_ms;
    struct statement *next;
};
struct statements {
    pthread_mutex_t lock;
    struct statement *first;      /* newest first */
    char secret[65];              /* signs links */
};

/* The statement of this id, or NULL. Lock held. */
struct statement *statement_find(struct statements *st, const char *id);

struct statement_ask {
    struct sql_job_ask job;
    struct sql_parameter parameters[PARAMETERS_MAX];
    int64_t row_limit, byte_limit, wait_ms;
    bool links, csv, cancel_late;
};
/* Reads the body of an execution; false with the refusal in a. The ask points into the body. */
bool statement_ask_read(struct route_call *c, struct route_answer *a, struct statement_ask *k);

/* The link to chunk i of the statement's results, as an element of external_links. */
cJSON *statement_link_json(struct sandbox *s, const struct statement *t, int i);
#endif
