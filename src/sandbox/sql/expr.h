#ifndef LAKEFERRY_SANDBOX_SQL_EXPR_H
#define LAKEFERRY_SANDBOX_SQL_EXPR_H
/*
 * expr: expressions whose names, functions and types are known, and their evaluation on a row. Binding raises what
 * Spark's analyser would (unknown column 42703, unknown function 42883, wrong types 42K09, …).
 */
#include "sandbox/sql/tree.h"

struct scope_column { const char *alias; struct name table; const char *name; const struct type *type; bool hidden; bool quiet; /* found by its table's name only */
    bool meta; /* a file's own, no part of * */ };
struct scope { struct scope_column *at; int count; };

struct env { struct run *r; struct arena *a; const struct value *row; };
enum expr_kind { X_LITERAL, X_COLUMN, X_CALL, X_CAST, X_FIELD, X_VARIABLE };
struct function;
struct expr {
    enum expr_kind kind;
    int pos;
    const struct type *type;
    struct value value;          /* literal */
    int index;                   /* column, field */
    const struct function *fn;
    struct expr **args;
    int count;
    bool try_it;
    const char *name;            /* column's name for messages */
    void *state;                 /* what a function keeps: options, a counter; a variable's value */
};
struct binder;
/*
 * args: one letter an argument, the last repeats: s string, i int, l bigint, d double, b boolean, x binary, t timestamp,
 * D date, c the common type of all c's, ? as it is. result: such a letter, or 'c', or '1' (type of the first argument).
 * bind: sets x->type itself after the arguments were coerced. sees_null: is called with NULL arguments too; else NULL in
 * gives NULL out. lazy: evaluates its arguments itself (values is NULL).
 */
struct function {
    const char *name;
    int min, max;                /* max -1: any number */
    const char *args;
    char result;
    struct value (*eval)(struct env *e, const struct expr *x, const struct value *values);
    void (*bind)(struct binder *b, struct expr *x, const struct node *n);
    bool sees_null, lazy;
};
/* Each file's table ends with a NULL name. */
extern const struct function functions_text[], functions_bytes[], functions_logic[], functions_math[], functions_nested[], functions_other[], functions_array[], functions_time[], functions_pattern[];

/* by: of max_by and min_by; filter: rows that count; ignore_nulls: of first and last. */
struct aggregate { const char *fn; struct expr *arg, *by, *filter; bool distinct, ignore_nulls; const struct type *type; };
/* call: row_number, rank, dense_rank; or an aggregate over the whole partition. */
struct window { const char *call; struct aggregate total; struct expr **partition; int count; struct expr **order; struct order_list how; struct expr *use; };
struct lambda { const char *name; const struct type *type; struct value *slot; const struct lambda *next; };
struct binder {
    struct run *r;
    const struct scope *scope;
    bool grouped;                      /* columns must be group keys or inside aggregates */
    struct expr **groups; int group_count;
    struct aggregate *aggregates; int aggregate_count;
    bool allow_aggregates, allow_windows;
    struct window *windows; int window_count;
    const char *clause;                /* for messages: "WHERE", … */
    struct cte *ctes;                  /* what subqueries see */
    int outer;                         /* columns before this one are an outer query's: found last */
    const struct lambda *lambdas;
};

struct expr *expr_bind(struct binder *b, const struct node *n);
struct expr *expr_new(struct run *r, enum expr_kind kind, int pos, const struct type *type);
/* A call of a function with bound arguments, coerced as its row says. */
struct expr *expr_call(struct binder *b, const char *fn, struct expr **args, int count, int pos);
/* Aggregates, windows (bind_group.c), subqueries (subquery.c), functions of lambdas (lambda.c; NULL: not one). */
bool node_is_aggregate(const struct node *n);
struct expr *bind_aggregate(struct binder *b, const struct node *n);
struct expr *bind_window(struct binder *b, const struct node *n);
struct expr *bind_grouped(struct binder *b, const struct node *n);
struct expr *bind_subquery(struct binder *b, const struct node *n);
struct expr *bind_lambda_call(struct binder *b, const struct node *n);
bool expr_constant(const struct expr *x);
_Noreturn void bind_wrong_count(struct binder *b, const struct node *n, int min, int max);
_Noreturn void bind_no_routine(struct binder *b, const struct node *n);
/* As bind, as boolean. */
struct expr *bind_condition(struct binder *b, const struct node *n);
bool node_has_aggregate(const struct node *n);
/* The columns a star stands for; calls `each` for every one. */
void bind_star(struct binder *b, const struct node *star, void (*each)(void *ctx, struct expr *x, const char *name), void *ctx);
struct expr *expr_column(struct run *r, int index, const struct type *type, const char *name);
struct expr *expr_coerce(struct run *r, struct expr *x, const struct type *to);
/* Fails with DATATYPE_MISMATCH.<kind>. */
_Noreturn void bind_mismatch(struct binder *b, const struct expr *x, const char *kind, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* For functions of bytes: BINARY stays, every other first argument but lists becomes text. (functions_text.c) */
void bind_bytes(struct binder *b, struct expr *x, const struct node *n);
bool expr_equal(const struct expr *a, const struct expr *b);
/* Marks the columns an expression reads. */
void expr_columns(const struct expr *x, bool *used);
struct value expr_eval(struct env *e, const struct expr *x);
/* True when the value is TRUE. */
bool expr_true(struct env *e, const struct expr *x);
/* A literal's text / whole number at binding time; the run fails when it is not one. */
const char *expr_constant_text(struct binder *b, const struct expr *x);
#endif
