#ifndef LAKEFERRY_SANDBOX_SQL_RELATION_H
#define LAKEFERRY_SANDBOX_SQL_RELATION_H
/*
 * relation: rows on their way. An iterator is pulled row by row; the values live in the caller's arena until it is
 * reset. What must be sorted, grouped or looked up goes through a private SQLite table, so memory stays bounded.
 */
#include "sandbox/sql/expr.h"

struct iter {
    struct run *r;
    int width;
    struct value *(*next)(struct iter *it, struct arena *a);  /* NULL at the end; may reset a, which holds nothing else */
    /* Tells which columns will be read, so that others need not be computed. Once, before the first row. */
    void (*prune)(struct iter *it, const bool *used);
};
struct relation { struct scope scope; struct iter *it; };

/* Rows kept with an order-preserving key. */
struct spill { struct run *r; int number, width; sqlite3_stmt *add, *scan, *probe; int64_t rows; struct arena a; };
struct spill *spill_new(struct run *r, int width);
void spill_add(struct spill *s, const char *key, size_t n, const struct value *row);
void spill_sorted(struct spill *s);                                     /* starts reading by key */
void spill_unsorted(struct spill *s);                                   /* starts reading in order of arrival */
struct value *spill_next(struct spill *s, struct arena *a, int64_t *number, const char **key, size_t *key_n); /* the last three may be NULL */
void spill_index(struct spill *s);                                      /* after the last add: makes probing quick */
void spill_find(struct spill *s, const char *key, size_t n);            /* starts reading the rows of one key */
struct value *spill_found(struct spill *s, struct arena *a, int64_t *number);

struct iter *iter_values(struct run *r, struct expr ***cells, int count, int width);
struct iter *iter_one(struct run *r);                                   /* one row without columns */
struct iter *iter_filter(struct run *r, struct iter *in, struct expr *condition);
struct iter *iter_project(struct run *r, struct iter *in, struct expr **cells, int count);
struct iter *iter_limit(struct run *r, struct iter *in, int64_t limit, int64_t offset);
struct iter *iter_sort(struct run *r, struct iter *in, struct expr **keys, const struct order *how, int count);
struct iter *iter_group(struct run *r, struct iter *in, struct expr **keys, int key_count, struct aggregate *aggregates, int aggregate_count);
struct iter *iter_window(struct run *r, struct iter *in, const struct window *w);
struct iter *iter_union(struct run *r, struct iter **parts, int count);
struct iter *iter_join(struct run *r, struct iter *left, struct iter *right, enum join_kind kind, struct expr *on, int left_width);

/* What aggregates keep of one group (aggregate.c); totals_result starts the next group. */
struct totals *totals_new(struct run *r, const struct aggregate *aggregates, int count);
void totals_add(struct totals *t, struct env *e);
void totals_result(struct totals *t, struct arena *a, struct value *out);
/* Marks the columns an aggregate reads. */
void aggregate_columns(const struct aggregate *a, bool *used);

/* The equal pairs of an ON condition: left and right sides, whether NULLs match; what is left over stays in *rest. */
struct equal_pairs { struct expr **left, **right; bool *null_safe; int count; struct expr *rest; };
void join_pairs(struct run *r, struct expr *on, int left_width, struct equal_pairs *out);
/* The key of one side; false when a NULL makes a match impossible. shift is subtracted from the column numbers. */
bool pairs_key(struct env *e, const struct equal_pairs *p, struct expr **side, struct text *key);

/* A query planned; columns of the relation are its result. */
struct relation *plan_query(struct run *r, const struct query *q, struct cte *outer);
struct relation *plan_from(struct run *r, const struct from *f, struct cte *outer);
/* Two relations joined; on is bound to the columns of both. SEMI and ANTI keep the left ones. */
struct relation *relation_join(struct run *r, struct relation *left, struct relation *right, enum join_kind kind, struct expr *on);
/* explode(…) and its kin (generate.c): the input's columns and those made. */
bool node_is_generator(const struct node *n);
struct iter *iter_generate(struct binder *b, struct iter *in, const struct node *n, bool outer, struct columns *made);
struct relation *plan_lateral(struct run *r, const struct from *f, struct cte *ctes);
/* The rows that a WHERE keeps; [NOT] EXISTS of a query that names outer columns becomes a join. */
struct relation *plan_where(struct run *r, struct binder *b, struct relation *in, const struct node *where);
/* Calls prune with every column used. */
void relation_use_all(struct run *r, struct relation *rel);
void scope_add(struct run *r, struct scope *s, const char *alias, const struct name *table, const char *name, const struct type *type);
struct relation *relation_new(struct run *r, struct iter *it);

/* Files: FROM text.`path`, json.`…`, csv.`…`, read_files(…), views USING (source.c). columns: NULL, or the schema. */
struct relation *source_files(struct run *r, const char *format, const char *path, const struct columns *columns, const struct options *options, int pos);
#endif
