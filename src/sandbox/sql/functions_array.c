/* functions_array: sets, order and parts of arrays and maps. */
#include "sandbox/sql/expr.h"
#include "base/json.h"
#include "base/str.h"

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)

static struct value list_new(struct env *e, size_t room) {
    struct value out = { .kind = V_LIST };
    out.l.n = 0;
    out.l.at = mem_alloc(e->a, sizeof *out.l.at * (room + 1));
    return out;
}

/* NULL equals NULL here. */
static bool same(const struct type *t, const struct value *a, const struct value *b) {
    if (a->kind == V_NULL || b->kind == V_NULL) return a->kind == b->kind;
    return value_compare(t, a, b) == 0;
}

static bool holds(const struct type *t, const struct value *list, const struct value *v) {
    for (size_t i = 0; i < list->l.n; i++)
        if (same(t, &list->l.at[i], v)) return true;
    return false;
}

static _Noreturn void need_array(struct binder *b, const struct expr *x, int at) {
    bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter %d requires the \"ARRAY\" type, however it has the type \"%s\".", at + 1, type_sql(&b->r->mem, x->args[at]->type));
}

static void bind_array(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (x->args[0]->type->kind != T_ARRAY) need_array(b, x, 0);
    x->type = x->args[0]->type;
}

static void bind_orderable(struct binder *b, struct expr *x, const struct node *n) {
    bind_array(b, x, n);
    if (type_has_map(x->type)) bind_mismatch(b, x, "INVALID_ORDERING_TYPE", "The `%s` does not support ordering on type \"%s\".", x->fn->name, type_sql(&b->r->mem, x->type->element));
}

static void bind_element(struct binder *b, struct expr *x, const struct node *n) {
    bind_orderable(b, x, n);
    x->type = x->type->element;
}

/* Two arrays of one element type. */
static void bind_two(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    for (int i = 0; i < 2; i++)
        if (x->args[i]->type->kind != T_ARRAY) need_array(b, x, i);
    const struct type *both = type_common(&b->r->mem, x->args[0]->type, x->args[1]->type);
    if (!both) bind_mismatch(b, x, "BINARY_ARRAY_DIFF_TYPES", "Input to function `%s` should have been two \"ARRAY\" with same element type, but it's [\"%s\", \"%s\"].", x->fn->name, type_sql(&b->r->mem, x->args[0]->type), type_sql(&b->r->mem, x->args[1]->type));
    for (int i = 0; i < 2; i++) x->args[i] = expr_coerce(b->r, x->args[i], both);
    x->type = str_eq(x->fn->name, "arrays_overlap") ? type_plain(T_BOOLEAN) : both;
}

/* An array and a value of its element type; result: '1' the array, else as the row says. */
static void bind_with_value(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    const struct type *t = x->args[0]->type, *both = t->kind == T_ARRAY ? type_common(&b->r->mem, t->element, x->args[1]->type) : NULL;
    if (t->kind != T_ARRAY) need_array(b, x, 0);
    if (!both) bind_mismatch(b, x, "ARRAY_FUNCTION_DIFF_TYPES", "Input to `%s` should have been \"ARRAY\" followed by a value with same element type.", x->fn->name);
    x->args[0] = expr_coerce(b->r, x->args[0], type_array(&b->r->mem, both));
    x->args[1] = expr_coerce(b->r, x->args[1], both);
    x->type = str_eq(x->fn->name, "array_position") ? type_plain(T_BIGINT) : x->args[0]->type;
}

EVAL(f_distinct) {
    struct value out = list_new(e, v->l.n);
    for (size_t i = 0; i < v->l.n; i++)
        if (!holds(x->type->element, &out, &v->l.at[i])) out.l.at[out.l.n++] = v->l.at[i];
    return out;
}

EVAL(f_union) {
    struct value out = list_new(e, v[0].l.n + v[1].l.n);
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < v[k].l.n; i++)
            if (!holds(x->type->element, &out, &v[k].l.at[i])) out.l.at[out.l.n++] = v[k].l.at[i];
    return out;
}

/* array_except and array_intersect: without doubles. */
EVAL(f_against) {
    bool wanted = str_eq(x->fn->name, "array_intersect");
    struct value out = list_new(e, v->l.n);
    for (size_t i = 0; i < v->l.n; i++)
        if (holds(x->type->element, &v[1], &v->l.at[i]) == wanted && !holds(x->type->element, &out, &v->l.at[i])) out.l.at[out.l.n++] = v->l.at[i];
    return out;
}

EVAL(f_overlap) {
    const struct type *t = x->args[0]->type->element;
    bool unknown = false;
    (void)e;
    for (size_t i = 0; i < v[0].l.n; i++)
        for (size_t k = 0; k < v[1].l.n; k++) {
            if (v[0].l.at[i].kind == V_NULL || v[1].l.at[k].kind == V_NULL) unknown = true;
            else if (!value_compare(t, &v[0].l.at[i], &v[1].l.at[k])) return value_int(1);
        }
    return unknown ? VALUE_NULL : value_int(0);
}

/* Insertion by halves keeps equal elements in order; lists in rows are short. */
static void sort_values(const struct type *t, struct value *at, size_t n, bool down, bool nulls_last) {
    for (size_t i = 1; i < n; i++) {
        struct value v = at[i];
        size_t low = 0, high = i;
        while (low < high) {
            size_t mid = (low + high) / 2;
            bool null = at[mid].kind == V_NULL, own = v.kind == V_NULL;
            bool behind = null || own ? (null == own || null != nulls_last) : (down ? value_compare(t, &at[mid], &v) >= 0 : value_compare(t, &at[mid], &v) <= 0);
            if (behind) low = mid + 1;
            else high = mid;
        }
        memmove(at + low + 1, at + low, sizeof *at * (i - low));
        at[low] = v;
    }
}

/* sort_array puts NULLs first (last when descending), array_sort always last. */
EVAL(f_sort) {
    struct value out = list_new(e, v->l.n);
    bool last = str_eq(x->fn->name, "array_sort"), down = x->count > 1 && !v[1].i;
    if (v->l.n) memcpy(out.l.at, v->l.at, sizeof *out.l.at * v->l.n);
    out.l.n = v->l.n;
    sort_values(x->type->element, out.l.at, out.l.n, down, last || down);
    return out;
}

EVAL(f_extreme) {
    struct value best = VALUE_NULL;
    int want = str_ends(x->fn->name, "min") ? -1 : 1;
    (void)e;
    for (size_t i = 0; i < v->l.n; i++)
        if (v->l.at[i].kind != V_NULL && (best.kind == V_NULL || value_compare(x->type, &v->l.at[i], &best) == want)) best = v->l.at[i];
    return best;
}

EVAL(f_position) {
    (void)e;
    for (size_t i = 0; i < v->l.n; i++)
        if (v->l.at[i].kind != V_NULL && !value_compare(x->args[1]->type, &v->l.at[i], &v[1])) return value_int((int64_t)i + 1);
    return value_int(0);
}

EVAL(f_remove) {
    struct value out = list_new(e, v->l.n);
    for (size_t i = 0; i < v->l.n; i++)
        if (v->l.at[i].kind == V_NULL || value_compare(x->args[1]->type, &v->l.at[i], &v[1])) out.l.at[out.l.n++] = v->l.at[i];
    return out;
}

EVAL(f_append) {
    struct value out = list_new(e, v->l.n + 1);
    if (v->kind == V_NULL) return VALUE_NULL;
    bool front = str_eq(x->fn->name, "array_prepend");
    if (front) out.l.at[out.l.n++] = v[1];
    for (size_t i = 0; i < v->l.n; i++) out.l.at[out.l.n++] = v->l.at[i];
    if (!front) out.l.at[out.l.n++] = v[1];
    return out;
}

EVAL(f_compact) {
    struct value out = list_new(e, v->l.n);
    (void)x;
    for (size_t i = 0; i < v->l.n; i++)
        if (v->l.at[i].kind != V_NULL) out.l.at[out.l.n++] = v->l.at[i];
    return out;
}

EVAL(f_slice) {
    int64_t start = v[1].i, n = v[2].i, have = (int64_t)v->l.n;
    if (!start) run_fail(e->r, "INVALID_PARAMETER_VALUE.START", "22023", x->pos, "The value of parameter(s) `start` in `slice` is invalid: Expects a positive or a negative value for `start`, but got 0.");
    if (n < 0) run_fail(e->r, "INVALID_PARAMETER_VALUE.LENGTH", "22023", x->pos, "The value of parameter(s) `length` in `slice` is invalid: Expects `length` greater than or equal to 0, but got %lld.", (long long)n);
    struct value out = list_new(e, v->l.n);
    for (int64_t i = start > 0 ? start - 1 : have + start; i >= 0 && i < have && n > 0; i++, n--) out.l.at[out.l.n++] = v->l.at[i];
    return out;
}

EVAL(f_flatten) {
    size_t n = 0;
    (void)x;
    for (size_t i = 0; i < v->l.n; i++) {
        if (v->l.at[i].kind == V_NULL) return VALUE_NULL;
        n += v->l.at[i].l.n;
    }
    struct value out = list_new(e, n);
    for (size_t i = 0; i < v->l.n; i++)
        for (size_t k = 0; k < v->l.at[i].l.n; k++) out.l.at[out.l.n++] = v->l.at[i].l.at[k];
    return out;
}

static void bind_flatten(struct binder *b, struct expr *x, const struct node *n) {
    bind_element(b, x, n);
    if (x->type->kind != T_ARRAY)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the \"ARRAY\" of \"ARRAY\" type, however it has the type \"%s\".", type_sql(&b->r->mem, x->args[0]->type));
}

EVAL(f_repeat) {
    int64_t n = v[1].kind == V_NULL ? -1 : v[1].i;
    if (n < 0 && v[1].kind == V_NULL) return VALUE_NULL;
    if (n > 10000000) run_no_memory(e->r);
    struct value out = list_new(e, n > 0 ? (size_t)n : 0);
    (void)x;
    for (; n > 0; n--) out.l.at[out.l.n++] = v[0];
    return out;
}

static void bind_repeat(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->type = type_array(&b->r->mem, x->args[0]->type);
}

EVAL(f_sequence) {
    int64_t from = v[0].i, to = v[1].i, step = x->count > 2 ? v[2].i : from <= to ? 1 : -1;
    if (!step || (step > 0 && from > to) || (step < 0 && from < to))
        run_fail(e->r, "", "", -1, "java.lang.IllegalArgumentException: requirement failed: Illegal sequence boundaries: %lld to %lld by %lld", (long long)from, (long long)to, (long long)step);
    if ((to - from) / step > 10000000) run_no_memory(e->r);
    struct value out = list_new(e, (size_t)((to - from) / step) + 1);
    for (int64_t i = from; step > 0 ? i <= to : i >= to; i += step) out.l.at[out.l.n++] = value_int(i);
    return out;
}

static void bind_sequence(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (!type_integral(x->args[0]->type))
        bind_mismatch(b, x, "SEQUENCE_WRONG_INPUT_TYPES", "`sequence` uses the wrong parameter type: the type \"%s\" is no integral type.", type_sql(&b->r->mem, x->args[0]->type));
    x->type = type_array(&b->r->mem, x->args[0]->type);
}

/* --- access that tolerates --- */
EVAL(f_get) {
    (void)e, (void)x;
    return v[1].i < 0 || v[1].i >= (int64_t)v->l.n ? VALUE_NULL : v->l.at[v[1].i];
}

static void bind_get(struct binder *b, struct expr *x, const struct node *n) {
    bind_array(b, x, n);
    x->args[1] = expr_coerce(b->r, x->args[1], type_plain(T_INT));
    x->type = x->type->element;
}

EVAL(f_try_element_at) {
    if (x->args[0]->type->kind == T_MAP) {
        for (size_t i = 0; i + 1 < v->l.n; i += 2)
            if (!value_compare(x->args[0]->type->key, &v->l.at[i], &v[1])) return v->l.at[i + 1];
        return VALUE_NULL;
    }
    int64_t n = (int64_t)v->l.n, at = v[1].i;
    if (!at) run_fail(e->r, "INVALID_INDEX_OF_ZERO", "22003", x->pos, "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).");
    return at > n || at < -n ? VALUE_NULL : v->l.at[at > 0 ? at - 1 : n + at];
}

static void bind_try_element_at(struct binder *b, struct expr *x, const struct node *n) {
    const struct type *t = x->args[0]->type;
    if (t->kind != T_MAP) bind_array(b, x, n);
    x->args[1] = expr_coerce(b->r, x->args[1], t->kind == T_MAP ? t->key : type_plain(T_INT));
    x->type = t->element;
}

/* --- maps --- */
static const struct type *need_map(struct binder *b, const struct expr *x, int at) {
    if (x->args[at]->type->kind != T_MAP)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter %d requires the \"MAP\" type, however it has the type \"%s\".", at + 1, type_sql(&b->r->mem, x->args[at]->type));
    return x->args[at]->type;
}

/* map_keys, map_values. */
EVAL(f_map_side) {
    struct value out = list_new(e, v->l.n / 2);
    for (size_t i = str_eq(x->fn->name, "map_values"); i < v->l.n; i += 2) out.l.at[out.l.n++] = v->l.at[i];
    return out;
}

static void bind_map_side(struct binder *b, struct expr *x, const struct node *n) {
    const struct type *t = need_map(b, x, 0);
    (void)n;
    x->type = type_array(&b->r->mem, str_eq(x->fn->name, "map_keys") ? t->key : t->element);
}

EVAL(f_map_entries) {
    struct value out = list_new(e, v->l.n / 2);
    (void)x;
    for (size_t i = 0; i + 1 < v->l.n; i += 2) {
        struct value pair = list_new(e, 2);
        pair.l.at[pair.l.n++] = v->l.at[i];
        pair.l.at[pair.l.n++] = v->l.at[i + 1];
        out.l.at[out.l.n++] = pair;
    }
    return out;
}

static void bind_map_entries(struct binder *b, struct expr *x, const struct node *n) {
    const struct type *t = need_map(b, x, 0);
    struct field *f = mem_zero(&b->r->mem, sizeof *f * 2);
    (void)n;
    f[0] = (struct field){ .name = "key", .type = t->key, .not_null = true };
    f[1] = (struct field){ .name = "value", .type = t->element };
    x->type = type_array(&b->r->mem, type_struct(&b->r->mem, f, 2));
}

EVAL(f_map_contains) {
    (void)e;
    for (size_t i = 0; i + 1 < v->l.n; i += 2)
        if (!value_compare(x->args[0]->type->key, &v->l.at[i], &v[1])) return value_int(1);
    return value_int(0);
}

static void bind_map_contains(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->args[1] = expr_coerce(b->r, x->args[1], need_map(b, x, 0)->key);
    x->type = type_plain(T_BOOLEAN);
}

EVAL(f_map_from_arrays) {
    if (v[0].l.n != v[1].l.n) run_fail(e->r, "", "", -1, "java.lang.RuntimeException: The key array and value array of MapData must have the same length.");
    struct value out = list_new(e, v[0].l.n * 2);
    for (size_t i = 0; i < v[0].l.n; i++) {
        if (v[0].l.at[i].kind == V_NULL) run_fail(e->r, "NULL_MAP_KEY", "2200E", x->pos, "Cannot use null as map key.");
        for (size_t k = 0; k < i; k++)
            if (!value_compare(x->type->key, &v[0].l.at[i], &v[0].l.at[k]))
                run_fail(e->r, "DUPLICATED_MAP_KEY", "23505", x->pos, "Duplicate map key was found, please check the input data.");
        out.l.at[out.l.n++] = v[0].l.at[i];
        out.l.at[out.l.n++] = v[1].l.at[i];
    }
    return out;
}

static void bind_map_from_arrays(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    for (int i = 0; i < 2; i++)
        if (x->args[i]->type->kind != T_ARRAY) need_array(b, x, i);
    x->type = type_map(&b->r->mem, x->args[0]->type->element, x->args[1]->type->element);
}

EVAL(f_json_array_length) {
    cJSON *list = cJSON_Parse(mem_text(e->a, v->s.p, v->s.n));
    struct value out = cJSON_IsArray(list) ? value_int(cJSON_GetArraySize(list)) : VALUE_NULL;
    (void)x;
    cJSON_Delete(list);
    return out;
}

const struct function functions_array[] = {
    {"array_distinct", 1, 1, "?", '1', f_distinct, bind_orderable, false, false}, {"array_union", 2, 2, "?", '1', f_union, bind_two, false, false},
    {"array_except", 2, 2, "?", '1', f_against, bind_two, false, false}, {"array_intersect", 2, 2, "?", '1', f_against, bind_two, false, false},
    {"arrays_overlap", 2, 2, "?", 'b', f_overlap, bind_two, false, false},
    {"sort_array", 1, 2, "?b", '1', f_sort, bind_orderable, false, false}, {"array_sort", 1, 1, "?", '1', f_sort, bind_orderable, false, false},
    {"array_max", 1, 1, "?", '1', f_extreme, bind_element, false, false}, {"array_min", 1, 1, "?", '1', f_extreme, bind_element, false, false},
    {"array_position", 2, 2, "?", 'l', f_position, bind_with_value, false, false}, {"array_remove", 2, 2, "?", '1', f_remove, bind_with_value, false, false},
    {"array_append", 2, 2, "?", '1', f_append, bind_with_value, true, false}, {"array_prepend", 2, 2, "?", '1', f_append, bind_with_value, true, false},
    {"array_compact", 1, 1, "?", '1', f_compact, bind_array, false, false}, {"slice", 3, 3, "?i", '1', f_slice, bind_array, false, false},
    {"flatten", 1, 1, "?", '1', f_flatten, bind_flatten, false, false}, {"array_repeat", 2, 2, "?i", '1', f_repeat, bind_repeat, true, false},
    {"sequence", 2, 3, "c", 'c', f_sequence, bind_sequence, false, false},
    {"get", 2, 2, "?", '1', f_get, bind_get, false, false}, {"try_element_at", 2, 2, "?", '1', f_try_element_at, bind_try_element_at, false, false},
    {"map_keys", 1, 1, "?", '1', f_map_side, bind_map_side, false, false}, {"map_values", 1, 1, "?", '1', f_map_side, bind_map_side, false, false},
    {"map_entries", 1, 1, "?", '1', f_map_entries, bind_map_entries, false, false},
    {"map_contains_key", 2, 2, "?", 'b', f_map_contains, bind_map_contains, false, false},
    {"map_from_arrays", 2, 2, "?", '1', f_map_from_arrays, bind_map_from_arrays, false, false},
    {"json_array_length", 1, 1, "s", 'i', f_json_array_length, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
