/* functions_logic: truth, comparison and choice. */
#include "sandbox/sql/expr.h"
#include "base/str.h"

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)
#define UNUSED (void)e, (void)x, (void)v

static bool is_true(const struct value *v) {
    return v->kind == V_INT && v->i;
}

static bool is_false(const struct value *v) {
    return v->kind == V_INT && !v->i;
}

EVAL(f_and) {
    (void)v;
    struct value a = expr_eval(e, x->args[0]);
    if (is_false(&a)) return a;
    struct value b = expr_eval(e, x->args[1]);
    return is_false(&b) ? b : a.kind == V_NULL ? a : b;
}

EVAL(f_or) {
    (void)v;
    struct value a = expr_eval(e, x->args[0]);
    if (is_true(&a)) return a;
    struct value b = expr_eval(e, x->args[1]);
    return is_true(&b) ? b : a.kind == V_NULL ? a : b;
}

EVAL(f_not) {
    UNUSED;
    return value_int(!v->i);
}

/* NULLs inside nested values compare as equal, so this serves = and <=> alike. */
static int compare(const struct expr *x, const struct value *v) {
    return value_compare(x->args[0]->type, &v[0], &v[1]);
}

EVAL(f_equal) {
    UNUSED;
    return value_int(compare(x, v) == 0);
}

EVAL(f_less) {
    UNUSED;
    return value_int(compare(x, v) < 0);
}

EVAL(f_less_equal) {
    UNUSED;
    return value_int(compare(x, v) <= 0);
}

EVAL(f_greater) {
    UNUSED;
    return value_int(compare(x, v) > 0);
}

EVAL(f_greater_equal) {
    UNUSED;
    return value_int(compare(x, v) >= 0);
}

static void bind_compare(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (type_has_map(x->args[0]->type))
        bind_mismatch(b, x, "INVALID_ORDERING_TYPE", "The `%s` does not support ordering on type \"%s\".", x->fn->name, type_sql(&b->r->mem, x->args[0]->type));
}

EVAL(f_in) {
    (void)v;
    struct value a = expr_eval(e, x->args[0]);
    bool unknown = false;
    if (a.kind == V_NULL) return a;
    for (int i = 1; i < x->count; i++) {
        struct value b = expr_eval(e, x->args[i]);
        if (b.kind == V_NULL) unknown = true;
        else if (!value_compare(x->args[0]->type, &a, &b)) return value_int(1);
    }
    return unknown ? VALUE_NULL : value_int(0);
}

EVAL(f_isnull) {
    UNUSED;
    return value_int(v->kind == V_NULL);
}

EVAL(f_isnotnull) {
    UNUSED;
    return value_int(v->kind != V_NULL);
}

EVAL(f_case) {
    (void)v;
    for (int i = 0; i + 1 < x->count; i += 2)
        if (expr_true(e, x->args[i])) return expr_eval(e, x->args[i + 1]);
    return x->count % 2 ? expr_eval(e, x->args[x->count - 1]) : VALUE_NULL;
}

/* Conditions and results alternate; an odd last argument is ELSE. */
static void bind_case(struct binder *b, struct expr *x, const struct node *n) {
    const struct type *common = type_plain(T_VOID);
    (void)n;
    for (int i = 0; i < x->count; i++) {
        bool condition = i % 2 == 0 && i + 1 < x->count;
        if (condition) {
            if (x->args[i]->type->kind != T_BOOLEAN)
                bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter %d requires the \"BOOLEAN\" type, however it has the type \"%s\".", i + 1,
                              type_sql(&b->r->mem, x->args[i]->type));
            continue;
        }
        const struct type *both = type_common(&b->r->mem, common, x->args[i]->type);
        if (!both)
            bind_mismatch(b, x, "DATA_DIFF_TYPES", "Input to `casewhen` should all be the same type, but it's [\"%s\", \"%s\"].", type_sql(&b->r->mem, common),
                          type_sql(&b->r->mem, x->args[i]->type));
        common = both;
    }
    for (int i = 0; i < x->count; i++)
        if (i % 2 || i + 1 == x->count) x->args[i] = expr_coerce(b->r, x->args[i], common);
    x->type = common;
}

EVAL(f_coalesce) {
    (void)v;
    for (int i = 0; i < x->count; i++) {
        struct value a = expr_eval(e, x->args[i]);
        if (a.kind != V_NULL) return a;
    }
    return VALUE_NULL;
}

EVAL(f_nvl2) {
    (void)v;
    struct value a = expr_eval(e, x->args[0]);
    return expr_eval(e, x->args[a.kind == V_NULL ? 2 : 1]);
}

EVAL(f_nullif) {
    UNUSED;
    if (v[0].kind == V_NULL || v[1].kind == V_NULL) return v[0];
    return compare(x, v) ? v[0] : VALUE_NULL;
}

EVAL(f_greatest) {
    UNUSED;
    struct value best = VALUE_NULL;
    int want = str_eq(x->fn->name, "least") ? -1 : 1;
    for (int i = 0; i < x->count; i++)
        if (v[i].kind != V_NULL && (best.kind == V_NULL || value_compare(x->type, &v[i], &best) == want)) best = v[i];
    return best;
}

EVAL(f_raise_error) {
    UNUSED;
    if (v->kind == V_NULL) run_fail(e->r, "", "", -1, "java.lang.RuntimeException: null");
    run_fail(e->r, "", "", -1, "java.lang.RuntimeException: %s", mem_text(e->a, v->s.p, v->s.n));
}

const struct function functions_logic[] = {
    {"and", 2, 2, "b", 'b', f_and, NULL, true, true}, {"or", 2, 2, "b", 'b', f_or, NULL, true, true}, {"not", 1, 1, "b", 'b', f_not, NULL, false, false},
    {"=", 2, 2, "c", 'b', f_equal, bind_compare, false, false}, {"<=>", 2, 2, "c", 'b', f_equal, bind_compare, true, false},
    {"<", 2, 2, "c", 'b', f_less, bind_compare, false, false}, {"<=", 2, 2, "c", 'b', f_less_equal, bind_compare, false, false},
    {">", 2, 2, "c", 'b', f_greater, bind_compare, false, false}, {">=", 2, 2, "c", 'b', f_greater_equal, bind_compare, false, false},
    {"in", 2, -1, "c", 'b', f_in, bind_compare, true, true},
    {"isnull", 1, 1, "?", 'b', f_isnull, NULL, true, false}, {"isnotnull", 1, 1, "?", 'b', f_isnotnull, NULL, true, false},
    {"case", 2, -1, "?", '1', f_case, bind_case, true, true}, {"if", 3, 3, "?", '1', f_case, bind_case, true, true},
    {"coalesce", 1, -1, "c", 'c', f_coalesce, NULL, true, true}, {"nvl", 2, 2, "c", 'c', f_coalesce, NULL, true, true},
    {"ifnull", 2, 2, "c", 'c', f_coalesce, NULL, true, true}, {"nvl2", 3, 3, "?c", 'c', f_nvl2, NULL, true, true}, {"nullif", 2, 2, "c", 'c', f_nullif, bind_compare, true, false},
    {"greatest", 2, -1, "c", 'c', f_greatest, NULL, true, false}, {"least", 2, -1, "c", 'c', f_greatest, NULL, true, false},
    {"raise_error", 1, 1, "s", 's', f_raise_error, NULL, true, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
