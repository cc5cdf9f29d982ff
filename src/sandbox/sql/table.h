#ifndef LAKEFERRY_SANDBOX_SQL_TABLE_H
#define LAKEFERRY_SANDBOX_SQL_TABLE_H
/*
 * table: Delta tables as statements see them: definition, rows, history. Used inside a statement's transaction. Each
 * table's rows are an SQLite table of their own (rows_<store>); replacing writes a new one, so a statement may read
 * what it replaces.
 */
#include "sandbox/lake_store.h"
#include "sandbox/sql/relation.h"

struct table {
    int64_t id, store, created, updated;
    const char *catalog, *schema, *name;  /* catalog "" and schema "delta": name is a path */
    const char *uuid, *comment, *definition;
    bool view;
    struct columns columns;
    struct options properties;
    bool past;                            /* time travel: */
    int64_t as_of, last_row;              /* the version read and the greatest row number it had */
};

/* A name as the catalog keeps it: lower case. In the run's memory. */
const char *run_fold(struct run *r, const char *name);
/* The three parts of a name by the session's defaults; fails on more than three. */
struct table *table_named(struct run *r, const struct name *n);   /* definition empty, id 0: not looked up */
/* NULL when there is none. */
struct table *table_find(struct run *r, const struct name *n);
/* Fails with TABLE_OR_VIEW_NOT_FOUND; views are refused with `writing`. */
struct table *table_need(struct run *r, const struct name *n, bool writing);
_Noreturn void table_not_found(struct run *r, const struct name *n, int pos);
/* Fails with SCHEMA_NOT_FOUND unless the table's schema is there. */
void table_need_schema(struct run *r, const struct table *t, int pos);
const char *table_full_name(struct run *r, const struct table *t); /* `c`.`s`.`t` */
void table_check_columns(struct run *r, const struct table *t);   /* names Delta refuses, doubles */
void table_check_properties(struct run *r, const struct options *o);
const char *option_get(const struct options *o, const char *key); /* case ignored; NULL */
void property_set(struct run *r, struct options *o, const char *key, const char *value);

/* Adds the columns of their JSON form. */
void table_columns_load(struct run *r, struct table *t, const char *json);
void table_insert(struct run *r, struct table *t);                /* a new row of the catalog */
void table_save(struct run *r, struct table *t);
int64_t table_new_store(struct run *r);

struct table_writer { struct run *r; const struct table *t; sqlite3_stmt *add; int64_t rows; struct arena a; };
void table_writer_init(struct table_writer *w, struct run *r, const struct table *t, int64_t store);
void table_write(struct table_writer *w, const struct value *row); /* checks NOT NULL */
int64_t table_count(struct run *r, const struct table *t);

/* Makes t the version that VERSION AS OF or TIMESTAMP AS OF names, if one does. */
void table_travel(struct run *r, struct table *t, const struct from *f);
/* Rows of the table; with_id adds the row's number as last column (V_INT). */
struct iter *table_scan(struct run *r, const struct table *t, bool with_id);

/* The next version in the history; parameters and metrics are JSON objects as text. */
void table_commit(struct run *r, struct table *t, const char *operation, const char *parameters, const char *metrics, bool blind);
int64_t table_version(struct run *r, const struct table *t);      /* -1: none yet */
void result_column(struct run *r, const char *name, const char *type);
void result_row(struct run *r, cJSON *row);                       /* takes row; NULL: no memory */
void result_counts(struct run *r, const char *const *names, const int64_t *values, int n);
#endif
