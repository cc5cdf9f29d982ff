/* bind_group: aggregates, windows, and what may stand in a grouped query. */
#include "sandbox/sql/expr.h"
#include "base/str.h"

static const char *const aggregate_names[] = {
    "count", "count_if", "min", "max", "sum", "avg", "mean", "first", "first_value", "last", "last_value", "any_value", "collect_list", "array_agg",
    "collect_set", "bool_or", "bool_and", "every", "some", "any", "max_by", "min_by", "approx_count_distinct",
};

bool node_is_aggregate(const struct node *n) {
    if (n->kind != N_CALL || n->query || (str_eq(n->call, "any") && n->operator_form)) return false;
    for (size_t i = 0; i < sizeof aggregate_names / sizeof *aggregate_names; i++)
        if (str_eq(n->call, aggregate_names[i])) return true;
    return false;
}

bool node_has_aggregate(const struct node *n) {
    if (node_is_aggregate(n)) return true;
    for (int i = 0; i < n->count; i++)
        if (node_has_aggregate(n->args[i])) return true;
    return false;
}

/* Aggregates that are another one under its own name. */
static const char *canonical(const char *name) {
    static const char *const names[][2] = {
        {"mean", "avg"}, {"first_value", "first"}, {"any_value", "first"}, {"last_value", "last"}, {"array_agg", "collect_list"},
        {"every", "bool_and"}, {"some", "bool_or"}, {"any", "bool_or"}, {"approx_count_distinct", "count"}, {"collect_set", "collect_set"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, names[i][0])) return names[i][1];
    return name;
}

static const struct type *aggregate_type(struct binder *b, const char *fn, struct expr **arg) {
    const struct type *t = (*arg)->type;
    struct run *r = b->r;
    if (str_eq(fn, "count") || str_eq(fn, "count_if")) return type_plain(T_BIGINT);
    if (str_eq(fn, "bool_or") || str_eq(fn, "bool_and")) return type_plain(T_BOOLEAN);
    if (str_starts(fn, "collect_")) return type_array(&r->mem, t);
    if (str_eq(fn, "sum") || str_eq(fn, "avg")) {
        if (t->kind == T_STRING || t->kind == T_VOID) *arg = expr_coerce(r, *arg, t = type_plain(T_DOUBLE));
        if (!type_numeric(t)) bind_mismatch(b, *arg, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the \"NUMERIC\" type, however it has the type \"%s\".", type_sql(&r->mem, t));
        if (str_eq(fn, "avg")) {
            *arg = expr_coerce(r, *arg, type_plain(T_DOUBLE));
            return type_plain(T_DOUBLE);
        }
        if (t->kind == T_DECIMAL) return type_decimal(&r->mem, t->precision > 28 ? 38 : t->precision + 10, t->scale);
        return type_plain(type_integral(t) ? T_BIGINT : T_DOUBLE);
    }
    if ((str_eq(fn, "min") || str_eq(fn, "max")) && type_has_map(t))
        bind_mismatch(b, *arg, "INVALID_ORDERING_TYPE", "The `%s` does not support ordering on type \"%s\".", fn, type_sql(&r->mem, t));
    return t;
}

static void check_arguments(struct binder *b, const struct node *n, const char *fn) {
    bool ends = str_eq(fn, "first") || str_eq(fn, "last"), beside = str_ends(fn, "_by");
    int least = beside ? 2 : 1, most = beside || ends ? 2 : 1;
    if (n->count < least || n->count > most) bind_wrong_count(b, n, least, most);
}

/* One aggregate with its arguments bound by `inner`. */
static struct aggregate aggregate_of(struct binder *b, struct binder *inner, const struct node *n) {
    struct aggregate a = { .fn = canonical(n->call), .distinct = n->distinct || str_eq(n->call, "approx_count_distinct") || str_eq(n->call, "collect_set") };
    check_arguments(b, n, a.fn);
    a.arg = expr_bind(inner, n->args[0]);
    if (str_ends(a.fn, "_by")) a.by = expr_bind(inner, n->args[1]);
    else if (n->count == 2) a.ignore_nulls = expr_true(&(struct env){ .r = b->r, .a = &b->r->mem }, expr_coerce(b->r, expr_bind(inner, n->args[1]), type_plain(T_BOOLEAN)));
    if (n->filter) a.filter = bind_condition(inner, n->filter);
    if (str_eq(a.fn, "count_if") || str_starts(a.fn, "bool_")) a.arg = expr_coerce(b->r, a.arg, type_plain(T_BOOLEAN));
    a.type = aggregate_type(b, a.fn, &a.arg);
    return a;
}

static bool optional_equal(const struct expr *a, const struct expr *b) {
    return a && b ? expr_equal(a, b) : a == b;
}

struct expr *bind_aggregate(struct binder *b, const struct node *n) {
    if (!b->allow_aggregates)
        run_fail(b->r, "INVALID_WHERE_CONDITION", "42903", n->pos, "The %s condition contains invalid expressions: %s.", b->clause ? b->clause : "WHERE", n->call);
    struct binder inner = { .r = b->r, .scope = b->scope, .clause = "aggregate", .ctes = b->ctes, .lambdas = b->lambdas };
    struct aggregate made = aggregate_of(b, &inner, n);
    int at = 0;
    for (; at < b->aggregate_count; at++) {
        const struct aggregate *a = &b->aggregates[at];
        if (str_eq(a->fn, made.fn) && a->distinct == made.distinct && a->ignore_nulls == made.ignore_nulls && expr_equal(a->arg, made.arg)
            && optional_equal(a->by, made.by) && optional_equal(a->filter, made.filter)) break;
    }
    if (at == b->aggregate_count) *(struct aggregate *)list_add(b->r, &b->aggregates, &b->aggregate_count, sizeof made) = made;
    return expr_column(b->r, b->group_count + at, made.type, n->call);
}

/* What a window computes: a number of the row, or a total over its partition. */
static void window_kind(struct binder *b, const struct node *n, struct window *w) {
    w->call = n->call;
    bool ranks = str_eq(n->call, "row_number") || str_eq(n->call, "rank") || str_eq(n->call, "dense_rank");
    if (ranks && n->inner->count) bind_wrong_count(b, n->inner, 0, 0);
    if (ranks && !n->order.count)
        run_fail(b->r, "_LEGACY_ERROR_TEMP_1037", "", n->pos, "Window function %s() requires window to be ordered, please add ORDER BY clause.", n->call);
    if (ranks) return;
    if (!node_is_aggregate(n->inner) || n->order.count) bind_no_routine(b, n);
    if (n->inner->distinct)
        run_fail(b->r, "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED", "0A000", n->pos, "Distinct window functions are not supported: %s.", node_name(b->r, n));
    w->total = aggregate_of(b, b, n->inner);
}

/* Where no column of a row is: equal to no other expression until the planner gives the place. */
#define WINDOW_COLUMNS (1 << 20)

struct expr *bind_window(struct binder *b, const struct node *n) {
    if (!b->allow_windows)
        run_fail(b->r, "UNSUPPORTED_EXPR_FOR_WINDOW", "42P20", n->pos, "It is not allowed to use window functions inside %s clause.", b->clause ? b->clause : "WHERE");
    struct window filled = { .count = n->count, .how = n->order };
    window_kind(b, n, &filled);
    list_add(b->r, &b->windows, &b->window_count, sizeof(struct window));
    int at = b->window_count - 1;
    filled.partition = mem_alloc(&b->r->mem, sizeof(struct expr *) * (size_t)(n->count + 1));
    filled.order = mem_alloc(&b->r->mem, sizeof(struct expr *) * (size_t)(n->order.count + 1));
    for (int i = 0; i < n->count; i++) filled.partition[i] = expr_bind(b, n->args[i]);
    for (int i = 0; i < n->order.count; i++) filled.order[i] = expr_bind(b, n->order.at[i].by);
    filled.use = expr_column(b->r, WINDOW_COLUMNS + at, filled.total.fn ? filled.total.type : type_plain(T_INT), n->call); /* moved behind the row's columns by the planner */
    b->windows[at] = filled;
    return filled.use;
}

/* In a grouped query: a group key, an aggregate, or built from them. NULL: look into its parts. */
struct expr *bind_grouped(struct binder *b, const struct node *n) {
    if (node_is_aggregate(n)) return bind_aggregate(b, n);
    if (n->kind == N_WINDOW || node_has_aggregate(n)) return NULL;
    struct binder inner = { .r = b->r, .scope = b->scope, .clause = b->clause, .ctes = b->ctes, .lambdas = b->lambdas };
    if (n->kind == N_LAMBDA || n->kind == N_SUBQUERY) return NULL;
    struct expr *x = expr_bind(&inner, n);
    if (x->kind == X_VARIABLE) return x;
    for (int i = 0; i < b->group_count; i++)
        if (expr_equal(x, b->groups[i])) return expr_column(b->r, i, x->type, x->name ? x->name : NULL);
    if (expr_constant(x)) return x;
    if (n->kind != N_NAME) return NULL;
    if (!b->group_count)
        run_fail(b->r, "MISSING_GROUP_BY", "42803", n->pos, "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window functions using OVER clauses.");
    run_fail(b->r, "MISSING_AGGREGATION", "42803", n->pos, "The non-aggregating expression \"%s\" is based on columns which are not participating in the GROUP BY "
             "clause. Add the columns or the expression to the GROUP BY, aggregate the expression, or use \"any_value(%s)\" if you do not care which of the "
             "values within a group is returned.", node_name(b->r, n), node_name(b->r, n));
}

