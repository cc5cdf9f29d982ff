#ifndef LAKEFERRY_SANDBOX_DATABRICKS_H
#define LAKEFERRY_SANDBOX_DATABRICKS_H
/*
 * databricks: the route groups of the workspace side and the state each keeps. Every group locks itself; any thread.
 */
#include "sandbox/inner.h"

extern const struct route control_routes[], bucket_routes[];
extern const struct route databricks_auth_routes[], databricks_cluster_routes[], databricks_command_routes[],
    databricks_statement_routes[], databricks_warehouse_routes[], databricks_uc_routes[], databricks_uc_change_routes[],
    databricks_uc_rights_routes[], databricks_files_routes[], databricks_directory_routes[], databricks_secret_routes[];
extern const struct route databricks_link_routes[];    /* on the image port: results by signed link */

struct clusters *clusters_new(struct sandbox *s);
void clusters_free(struct clusters *c);
/* State as of now ("RUNNING" …; NULL: no such cluster) and how often it has been started (contexts live that long). */
const char *clusters_state(struct clusters *c, const char *id, int *generation);
bool clusters_has_unity(struct clusters *c, const char *id);
/* Why the user may not attach to it ("is dedicated to somebody else"); NULL when they may, or when there is no such cluster. */
const char *clusters_why_not(struct clusters *c, const char *id, const char *user);

struct contexts *contexts_new(void);
void contexts_free(struct contexts *c);

struct warehouses *warehouses_new(struct sandbox *s);
void warehouses_free(struct warehouses *w);
/* Starts it when it is stopped; the time_mono_ms() at which it runs, or -1 when there is no such warehouse. */
int64_t warehouses_use(struct warehouses *w, const char *id);

struct statements *statements_new(void);
void statements_free(struct statements *st);

struct secrets *secrets_open(const char *dir, struct err *e);
void secrets_close(struct secrets *s);

/* --- helpers of handlers --- */
/* A member that must be a non-empty string; else NULL and the refusal in a. */
const char *databricks_need(const struct route_call *c, struct route_answer *a, const char *member);
const char *databricks_need_query(const struct route_call *c, struct route_answer *a, const char *name);
/* Maps what the lake said: not found, conflict, usage, forbidden. */
void databricks_fail_err(struct route_answer *a, const struct err *e);
/* Page tokens are opaque: hex of the text. False when it is none of ours. */
void databricks_token(cJSON *o, const char *member, const char *text);
bool databricks_token_read(const char *token, struct buf *text);
/* True when the user may change things at "catalog", "catalog.schema" or deeper; and read them. */
bool databricks_may_write(const char *user, const char *full_name);
bool databricks_may_read(const char *full_name);

/* --- SQL in the background --- */
/* Statements of one session run one after another, in the order they came. */
struct sql_line;
struct sql_line *sql_line_new(struct sandbox *s, const char *user);
void sql_line_unref(struct sql_line *l);

enum sql_job_state { SQL_JOB_QUEUED, SQL_JOB_RUNNING, SQL_JOB_DONE, SQL_JOB_CANCELLED };
struct sql_job;
struct sql_job_ask {
    const char *text, *user, *session;        /* session: its name in the recording */
    const char *catalog, *schema;             /* NULL: the session's */
    const struct sql_parameter *parameters;
    int parameter_count;
    bool no_unity;                            /* the compute has no Unity Catalog: the statement fails */
    int64_t not_before_ms;                    /* time_mono_ms() before which it waits in the queue */
};
/* Copies the ask and starts a thread; a job is shared by its thread and the caller (sql_job_unref). */
struct sql_job *sql_job_start(struct sandbox *s, struct sql_line *line, const struct sql_job_ask *ask, struct err *e);
void sql_job_unref(struct sql_job *j);
void sql_job_cancel(struct sql_job *j);
/* Waits at most ms for the end (0: just looks). */
enum sql_job_state sql_job_wait(struct sql_job *j, int64_t ms);
/* Only after SQL_JOB_DONE: the result, kept until the job goes or drops it. */
const struct sql_result *sql_job_result(const struct sql_job *j);
void sql_job_drop(struct sql_job *j);

/* --- cells --- */
struct cell_type;
struct cell_type *cell_type_parse(const char *type_text);
void cell_type_free(struct cell_type *t);
/* "BIGINT", "ARRAY<STRING>", "STRUCT<a: INT>" as Statement Execution prints it. 0 or -1. */
int cell_type_print(const struct cell_type *t, struct buf *out);
/* A cell of Command Execution: native, structs as positional arrays. Caller deletes. */
cJSON *cell_native(const struct cell_type *t, const cJSON *value);
/* A cell of Statement Execution appended as text; false for NULL (nothing appended). */
bool cell_text(const struct cell_type *t, const cJSON *value, struct buf *out);
#endif
