/* lambda: functions that take one: transform, filter, exists, forall, aggregate. */
#include "sandbox/sql/expr.h"
#include "base/str.h"

struct higher { const char *name; enum { TRANSFORM, FILTER, EXISTS, FORALL, AGGREGATE } kind; int most; };
/* The variables' values; one expression is evaluated by one thread, its lambdas innermost last. */
struct slots { struct value element, index, sum; const struct higher *h; };

static const struct higher functions[] = {
    {"transform", TRANSFORM, 2}, {"filter", FILTER, 2}, {"exists", EXISTS, 1}, {"forall", FORALL, 1}, {"aggregate", AGGREGATE, 2}, {"reduce", AGGREGATE, 2},
};

static struct value eval_all(struct env *e, const struct expr *x, const struct value *list, bool wanted) {
    struct slots *s = x->state;
    bool unknown = false;
    for (size_t i = 0; i < list->l.n; i++) {
        s->element = list->l.at[i];
        struct value v = expr_eval(e, x->args[1]);
        if (v.kind == V_NULL) unknown = true;
        else if ((v.i != 0) == wanted) return value_int(wanted);
    }
    return unknown ? VALUE_NULL : value_int(!wanted);
}

static struct value eval_sum(struct env *e, const struct expr *x, const struct value *list) {
    struct slots *s = x->state;
    struct value sum = expr_eval(e, x->args[2]);
    for (size_t i = 0; i < list->l.n; i++) {
        s->sum = sum;
        s->element = list->l.at[i];
        sum = expr_eval(e, x->args[1]);
    }
    if (x->count < 4) return sum;
    s->sum = sum;
    return expr_eval(e, x->args[3]);
}

static struct value eval_higher(struct env *e, const struct expr *x, const struct value *v) {
    struct slots *s = x->state;
    struct value list = expr_eval(e, x->args[0]), out = { .kind = V_LIST };
    (void)v;
    if (list.kind == V_NULL) return list;
    if (s->h->kind == EXISTS || s->h->kind == FORALL) return eval_all(e, x, &list, s->h->kind == EXISTS);
    if (s->h->kind == AGGREGATE) return eval_sum(e, x, &list);
    out.l.n = 0;
    out.l.at = mem_alloc(e->a, sizeof *out.l.at * (list.l.n + 1));
    for (size_t i = 0; i < list.l.n; i++) {
        s->element = list.l.at[i];
        s->index = value_int((int64_t)i);
        if (s->h->kind == TRANSFORM) out.l.at[out.l.n++] = expr_eval(e, x->args[1]);
        else if (expr_true(e, x->args[1])) out.l.at[out.l.n++] = list.l.at[i];
    }
    return out;
}

static const struct function higher_order = {"lambda", 2, 4, "?", '1', eval_higher, NULL, true, true};

static struct expr *bind_body(struct binder *b, const struct node *n, const struct higher *h, struct lambda *first, struct lambda *second) {
    struct binder inner = *b;
    if (n->kind != N_LAMBDA) bind_no_routine(b, n);
    if (n->name.count > h->most || (second == NULL && n->name.count > 1))
        run_fail(b->r, "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH", "42K0D", n->pos, "Invalid lambda function call. A higher order function expects %d arguments, but got %d.", h->most, n->name.count);
    first->name = n->name.part[0];
    first->next = b->lambdas;
    inner.lambdas = first;
    if (n->name.count > 1) {
        second->name = n->name.part[1];
        second->next = first;
        inner.lambdas = second;
    }
    return expr_bind(&inner, n->args[0]);
}

static struct lambda *variable(struct binder *b, const struct type *type, struct value *slot) {
    struct lambda *l = mem_zero(&b->r->mem, sizeof *l);
    l->type = type;
    l->slot = slot;
    return l;
}

/* aggregate(list, zero, (sum, x) -> …[, sum -> …]): arguments in evaluation order list, step, zero, finish. */
static void bind_sum(struct binder *b, const struct node *n, struct expr *x, struct slots *s) {
    const struct type *element = x->args[0]->type->element;
    if (n->count < 3 || n->count > 4) bind_wrong_count(b, n, 3, 4);
    x->args[2] = expr_bind(b, n->args[1]);
    const struct type *sum = x->args[2]->type;
    x->args[1] = expr_coerce(b->r, bind_body(b, n->args[2], s->h, variable(b, sum, &s->sum), variable(b, element, &s->element)), sum);
    x->count = 3;
    x->type = sum;
    if (n->count == 3) return;
    x->args[x->count++] = bind_body(b, n->args[3], s->h, variable(b, sum, &s->sum), NULL);
    x->type = x->args[3]->type;
}

struct expr *bind_lambda_call(struct binder *b, const struct node *n) {
    const struct higher *h = NULL;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && !h; i++)
        if (str_eq(functions[i].name, n->call)) h = &functions[i];
    if (!h) return NULL;
    if (n->count < 2) bind_wrong_count(b, n, 2, 2);
    struct slots *s = mem_zero(&b->r->mem, sizeof *s);
    struct expr *x = expr_new(b->r, X_CALL, n->pos, NULL);
    s->h = h;
    x->fn = &higher_order;
    x->state = s;
    x->args = mem_alloc(&b->r->mem, sizeof *x->args * 4);
    x->args[0] = expr_bind(b, n->args[0]);
    if (x->args[0]->type->kind != T_ARRAY)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the \"ARRAY\" type, however it has the type \"%s\".", type_sql(&b->r->mem, x->args[0]->type));
    if (h->kind == AGGREGATE) {
        bind_sum(b, n, x, s);
        return x;
    }
    if (n->count != 2) bind_wrong_count(b, n, 2, 2);
    x->args[1] = bind_body(b, n->args[1], h, variable(b, x->args[0]->type->element, &s->element), variable(b, type_plain(T_INT), &s->index));
    x->count = 2;
    if (h->kind != TRANSFORM) x->args[1] = expr_coerce(b->r, x->args[1], type_plain(T_BOOLEAN));
    x->type = h->kind == TRANSFORM ? type_array(&b->r->mem, x->args[1]->type) : h->kind == FILTER ? x->args[0]->type : type_plain(T_BOOLEAN);
    return x;
}
