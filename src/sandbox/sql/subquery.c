/*
 * subquery: queries inside expressions. One that names nothing of the query around it is run once, when it is first asked;
 * [NOT] EXISTS in a WHERE may name outer columns and becomes a join.
 */
#include "sandbox/sql/relation.h"
#include "base/str.h"

struct subquery { struct relation *rel; struct spill *rows; struct arena keep; struct value value; bool done, any_null; };

static struct subquery *plan(struct binder *b, const struct node *n) {
    static const char *const changing[] = {"MERGE", "UPDATE", "DELETE"};
    struct run *r = b->r;
    for (int i = 0; i < 3; i++)
        if (str_eq(b->clause, changing[i]))
            run_fail(r, "DELTA_UNSUPPORTED_SUBQUERY", "0AKDC", n->pos, "Subqueries are not supported in the %s (condition = %s).", changing[i], node_name(r, n));
    struct subquery *s = mem_zero(&r->mem, sizeof *s);
    s->rel = plan_query(r, n->query, b->ctes);
    relation_use_all(r, s->rel);
    run_hold_arena(r, &s->keep);
    return s;
}

/* --- scalar and EXISTS --- */
static struct value eval_scalar(struct env *e, const struct expr *x, const struct value *v) {
    struct subquery *s = x->state;
    (void)v;
    if (s->done) return s->value;
    const struct value *row = s->rel->it->next(s->rel->it, &s->keep);
    s->value = row ? value_copy(&e->r->mem, row) : VALUE_NULL;
    if (row && s->rel->it->next(s->rel->it, &s->keep))
        run_fail(e->r, "SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000", x->pos, "More than one row returned by a subquery used as an expression.");
    s->done = true;
    return s->value;
}

static struct value eval_exists(struct env *e, const struct expr *x, const struct value *v) {
    struct subquery *s = x->state;
    (void)e, (void)v;
    if (!s->done) s->value = value_int(s->rel->it->next(s->rel->it, &s->keep) != NULL);
    s->done = true;
    return s->value;
}

/* --- IN --- */
static void keep_keys(struct run *r, struct subquery *s, const struct type *type) {
    const struct value *row;
    struct arena *a = run_arena(r);
    s->rows = spill_new(r, 0);
    while ((row = s->rel->it->next(s->rel->it, a))) {
        struct text key;
        text_init(&key, a);
        struct value v = cast_value(a, row, s->rel->scope.at[0].type, type, false);
        if (v.kind == V_NULL) s->any_null = true;
        value_key(&key, type, &v, false, false);
        spill_add(s->rows, key.p, key.n, NULL);
        arena_reset(a);
    }
    spill_index(s->rows);
    s->done = true;
}

static struct value eval_in(struct env *e, const struct expr *x, const struct value *v) {
    struct subquery *s = x->state;
    const struct type *type = x->args[0]->type;
    struct text key;
    int64_t n;
    if (!s->done) keep_keys(e->r, s, type);
    if (!s->rows->rows) return value_int(0);
    if (v->kind == V_NULL) return VALUE_NULL;
    text_init(&key, e->a);
    value_key(&key, type, v, false, false);
    spill_find(s->rows, key.p, key.n);
    bool found = spill_found(s->rows, e->a, &n) != NULL;
    return found ? value_int(1) : s->any_null ? VALUE_NULL : value_int(0);
}

static const struct function scalar_subquery = {"scalarsubquery", 0, 0, "?", '1', eval_scalar, NULL, true, true};
static const struct function exists_subquery = {"exists", 0, 0, "?", 'b', eval_exists, NULL, true, true};
static const struct function in_subquery = {"in", 1, 1, "?", 'b', eval_in, NULL, true, false};

static struct expr *bind_in(struct binder *b, const struct node *n, struct subquery *s, struct expr *x) {
    struct expr *left = expr_bind(b, n->args[0]);
    if (s->rel->scope.count != 1)
        bind_mismatch(b, x, "IN_SUBQUERY_LENGTH_MISMATCH", "The number of columns in the left hand side of an IN subquery does not match the number of columns in the output of subquery. #columns in left hand side: 1, #columns in right hand side: %d.", s->rel->scope.count);
    const struct type *right = s->rel->scope.at[0].type, *common = type_common(&b->r->mem, left->type, right);
    if (!common)
        bind_mismatch(b, x, "IN_SUBQUERY_DATA_TYPE_MISMATCH", "The data type of one or more elements in the left hand side of an IN subquery is not compatible with the data type of the output of the subquery: \"%s\" and \"%s\".",
                      type_sql(&b->r->mem, left->type), type_sql(&b->r->mem, right));
    x->args = mem_alloc(&b->r->mem, sizeof *x->args);
    x->args[0] = expr_coerce(b->r, left, common);
    x->count = 1;
    return x;
}

struct expr *bind_subquery(struct binder *b, const struct node *n) {
    struct subquery *s = plan(b, n);
    struct expr *x = expr_new(b->r, X_CALL, n->pos, type_plain(T_BOOLEAN));
    x->state = s;
    x->fn = n->kind == N_SUBQUERY ? &scalar_subquery : str_eq(n->call, "exists") ? &exists_subquery : &in_subquery;
    if (x->fn == &in_subquery) return bind_in(b, n, s, x);
    if (x->fn == &exists_subquery) return x;
    if (s->rel->scope.count != 1)
        run_fail(b->r, "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN", "42823", n->pos, "Invalid subquery: Scalar subquery must return only one column, but got %d.", s->rel->scope.count);
    x->type = s->rel->scope.at[0].type;
    return x;
}

/* --- WHERE --- */
/* SELECT … FROM … WHERE …, nothing else: its rows can be joined. */
static const struct select *joinable(const struct query *q) {
    const struct select *s = q->part_count == 1 ? q->parts[0] : NULL;
    if (!s || q->with || q->limit || q->offset || q->values || s->grouped || s->having || !s->from) return NULL;
    for (int i = 0; i < s->item_count; i++)
        if (node_has_aggregate(s->items[i].expr)) return NULL;
    return s;
}

static struct relation *join_exists(struct run *r, struct binder *b, struct relation *in, const struct select *s, bool not) {
    struct relation *right = plan_from(r, s->from, b->ctes);
    struct scope both = {0};
    for (int i = 0; i < in->scope.count + right->scope.count; i++)
        *(struct scope_column *)list_add(r, &both.at, &both.count, sizeof *both.at) = i < in->scope.count ? in->scope.at[i] : right->scope.at[i - in->scope.count];
    struct binder inner = { .r = r, .scope = &both, .clause = "WHERE", .ctes = b->ctes, .outer = in->scope.count };
    struct expr *on = s->where ? bind_condition(&inner, s->where) : NULL;
    return relation_join(r, in, right, not ? JOIN_ANTI : JOIN_SEMI, on);
}

struct relation *plan_where(struct run *r, struct binder *b, struct relation *in, const struct node *where) {
    if (where->kind == N_CALL && str_eq(where->call, "and")) {
        in = plan_where(r, b, in, where->args[0]);
        return plan_where(r, b, in, where->args[1]);
    }
    bool not = where->kind == N_CALL && str_eq(where->call, "not");
    const struct node *n = not ? where->args[0] : where;
    const struct select *s = n->kind == N_CALL && n->query && str_eq(n->call, "exists") ? joinable(n->query) : NULL;
    if (s) return join_exists(r, b, in, s, not);
    struct relation *out = relation_new(r, iter_filter(r, in->it, bind_condition(b, where)));
    out->scope = in->scope;
    return out;
}
