#ifndef LAKEFERRY_SANDBOX_LAKE_STORE_H
#define LAKEFERRY_SANDBOX_LAKE_STORE_H
/*
 * lake_store: the inside of the lake, for lake*.c and the SQL engine. Writing goes through `db` under `write`, so
 * statements run one after another; listings read through `reader` under `read`, so that they do not wait for a long
 * statement (SQLite in WAL mode).
 */
#include "sandbox/lake.h"
#include <pthread.h>
#include <sqlite3.h>

struct lake { sqlite3 *db, *reader; pthread_mutex_t write, read, names; char *dir; };

#define LAKE_OWNER "lab-user@example.com"

/* Begins a transaction under `write`; lake_end commits it when rc is 0, else takes it back, and returns what became of it. */
int lake_begin(struct lake *l, struct err *e);
int lake_end(struct lake *l, int rc, struct err *e);
/* ERR_USAGE unless name may be a catalog's, schema's, table's or volume's. */
int lake_name_check(const char *kind, const char *name, struct err *e);
/* Lower-case copy, owned. */
char *lake_name_fold(const char *name);
/* Random UUID text; out has 37 bytes. */
void lake_uuid(char out[37]);
int lake_sql_error(sqlite3 *db, const char *what, struct err *e);
/* The bodies of the public functions, for a caller that holds `write` and has a transaction open. */
int lake_put_schema(struct lake *l, const char *catalog, const char *name, const char *comment, struct err *e);
int lake_put_volume(struct lake *l, const char *catalog, const char *schema, const char *name, const char *type, const char *comment, struct err *e);
/* Where a volume's files are, whether or not it is there yet. */
int lake_volume_folder(struct lake *l, const char *catalog, const char *schema, const char *name, struct buf *out, struct err *e);
int lake_remove_volume(struct lake *l, const char *catalog, const char *schema, const char *name, struct err *e);
int lake_remove_table(struct lake *l, int64_t id, struct err *e);
/* 1 when the query (text parameters, NULL-terminated list) has a row, 0 when not, -1 with e. */
int lake_has(sqlite3 *db, struct err *e, const char *sql, ...);
/* Runs one statement with text parameters, NULL-terminated; "" binds as it is, LAKE_SQL_NULL as NULL. */
extern const char LAKE_SQL_NULL[];
int lake_run(sqlite3 *db, struct err *e, const char *sql, ...);
/* Loads the names kept for long path segments. */
int lake_long_names_open(struct lake *l, struct err *e);
/* Renames what an older version kept percent-encoded; once for each data folder. */
int lake_names_upgrade(struct lake *l, struct err *e);
void lake_long_names_close(void);
#endif
