#ifndef LAKEFERRY_SANDBOX_SQL_EXPR_H
#define LAKEFERRY_SANDBOX_SQL_EXPR_H
/*
 * expr: expressions whose names, functions and types are known, and their evaluation on a row. Binding raises what
 * Spark's analyser would (unknown column 42703, unknown function 42883, wrong types 42K09, …).
 */
#include "sandbox/sql/tree.h"

struct scope_column { const char *alias; struct name table; const char *name; const struct type *type; bool hidden; };
struct scope { struct scope_column *at; int count; };

struct env { struct run *r; struct arena *a; const struct value *row; };
enum expr_kind { X_LITERAL, X_COLUMN, X_CALL, X_CAST, X_FIELD };
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
    void *state;                 /* what a function keeps: options, a counter */
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
extern const struct function functions_text[], functions_logic[], functions_math[], functions_nested[], functions_other[];

struct aggregate { const char *fn; struct expr *arg; bool distinct; const struct type *type; };
struct window { struct expr **partition; int count; struct expr **order; struct order_list how; struct expr *use; };
struct binder {
    struct run *r;
    const struct scope *scope;
    bool grouped;                      /* columns must be group keys or inside aggregates */
    struct expr **groups; int group_count;
    struct aggregate *aggregates; int aggregate_count;
    bool allow_aggregates, allow_windows;
    struct window *windows; int window_count;
    const char *clause;                /* for messages: "WHERE", … */
};

struct expr *expr_bind(struct binder *b, const struct node *n);
/* As bind, as boolean. */
struct expr *bind_condition(struct binder *b, const struct node *n);
bool node_has_aggregate(const struct node *n);
/* The columns a star stands for; calls `each` for every one. */
void bind_star(struct binder *b, const struct node *star, void (*each)(void *ctx, struct expr *x, const char *name), void *ctx);
struct expr *expr_column(struct run *r, int index, const struct type *type, const char *name);
struct expr *expr_coerce(struct run *r, struct expr *x, const struct type *to);
/* Fails with DATATYPE_MISMATCH.<kind>. */
_Noreturn void bind_mismatch(struct binder *b, const struct expr *x, const char *kind, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
bool expr_equal(const struct expr *a, const struct expr *b);
/* Marks the columns an expression reads. */
void expr_columns(const struct expr *x, bool *used);
struct value expr_eval(struct env *e, const struct expr *x);
/* True when the value is TRUE. */
bool expr_true(struct env *e, const struct expr *x);
/* A literal's text / whole number at binding time; the run fails when it is not one. */
const char *expr_constant_text(struct binder *b, const struct expr *x);
#endif
