/* functions_nested: arrays, maps, structs, and JSON text of them. */
#include "sandbox/sql/expr.h"
#include "base/str.h"

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)

static struct value list_of(struct env *e, const struct value *v, int n) {
    struct value out = { .kind = V_LIST };
    out.l.n = (size_t)n;
    out.l.at = mem_alloc(e->a, sizeof *out.l.at * (size_t)(n + 1));
    for (int i = 0; i < n; i++) out.l.at[i] = v[i];
    return out;
}

EVAL(f_array) {
    return list_of(e, v, x->count);
}

static void bind_array(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->type = type_array(&b->r->mem, x->count ? x->args[0]->type : type_plain(T_VOID));
}

EVAL(f_map) {
    struct value out = list_of(e, v, x->count);
    for (int i = 0; i < x->count; i += 2) {
        if (v[i].kind == V_NULL) run_fail(e->r, "NULL_MAP_KEY", "2200E", x->pos, "Cannot use null as map key.");
        for (int k = 0; k < i; k += 2)
            if (!value_compare(x->type->key, &v[i], &v[k]))
                run_fail(e->r, "DUPLICATED_MAP_KEY", "23505", x->pos, "Duplicate map key was found, please check the input data.");
    }
    return out;
}

static void bind_map(struct binder *b, struct expr *x, const struct node *n) {
    const struct type *side[2] = {type_plain(T_VOID), type_plain(T_VOID)};
    if (x->count % 2)
        run_fail(b->r, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", n->pos, "The `map` requires 2n (n > 0) parameters but the actual number is %d.", x->count);
    for (int i = 0; i < x->count; i++) {
        side[i % 2] = type_common(&b->r->mem, side[i % 2], x->args[i]->type);
        if (!side[i % 2]) bind_mismatch(b, x, i % 2 ? "CREATE_MAP_VALUE_DIFF_TYPES" : "CREATE_MAP_KEY_DIFF_TYPES", "The given %s of function `map` should all be the same type.", i % 2 ? "values" : "keys");
    }
    for (int i = 0; i < x->count; i++) x->args[i] = expr_coerce(b->r, x->args[i], side[i % 2]);
    x->type = type_map(&b->r->mem, side[0], side[1]);
}

static void bind_struct(struct binder *b, struct expr *x, const struct node *n) {
    struct field *f = mem_zero(&b->r->mem, sizeof *f * (size_t)(x->count + 1));
    for (int i = 0; i < x->count; i++) {
        f[i].name = x->args[i]->name && (x->args[i]->kind != X_CALL || (i < n->count && n->args[i]->alias)) ? x->args[i]->name : mem_printf(&b->r->mem, "col%d", i + 1);
        f[i].type = x->args[i]->type;
    }
    x->type = type_struct(&b->r->mem, f, x->count);
}

EVAL(f_named_struct) {
    struct value out = list_of(e, v, x->count / 2);
    for (int i = 1; i < x->count; i += 2) out.l.at[i / 2] = v[i];
    return out;
}

static void bind_named_struct(struct binder *b, struct expr *x, const struct node *n) {
    if (x->count % 2)
        run_fail(b->r, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", n->pos, "The `named_struct` requires 2n (n > 0) parameters but the actual number is %d.", x->count);
    struct field *f = mem_zero(&b->r->mem, sizeof *f * (size_t)(x->count + 1));
    for (int i = 0; i < x->count; i += 2) {
        f[i / 2].name = expr_constant_text(b, x->args[i]);
        f[i / 2].type = x->args[i + 1]->type;
    }
    x->type = type_struct(&b->r->mem, f, x->count / 2);
}

EVAL(f_size) {
    (void)e;
    return v->kind == V_NULL ? VALUE_NULL : value_int((int64_t)(x->args[0]->type->kind == T_MAP ? v->l.n / 2 : v->l.n));
}

static void bind_size(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    enum type_kind k = x->args[0]->type->kind;
    if (k != T_ARRAY && k != T_MAP && k != T_VOID)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the (\"ARRAY\" or \"MAP\") type, however it has the type \"%s\".", type_sql(&b->r->mem, x->args[0]->type));
}

static struct value map_get(const struct expr *x, const struct value *v) {
    for (size_t i = 0; i < v->l.n; i += 2)
        if (!value_compare(x->args[0]->type->key, &v->l.at[i], &v[1])) return v->l.at[i + 1];
    return VALUE_NULL;
}

EVAL(f_index) {
    if (x->args[0]->type->kind == T_MAP) return map_get(x, v);
    if (v[1].i < 0 || v[1].i >= (int64_t)v->l.n)
        run_fail(e->r, "INVALID_ARRAY_INDEX", "22003", x->pos, "The index %lld is out of bounds. The array has %zu elements. Use the SQL function `get()` to tolerate "
                 "accessing element at invalid index and return NULL instead.", (long long)v[1].i, v->l.n);
    return v->l.at[v[1].i];
}

EVAL(f_element_at) {
    if (x->args[0]->type->kind == T_MAP) return map_get(x, v);
    int64_t n = (int64_t)v->l.n, at = v[1].i;
    if (!at) run_fail(e->r, "INVALID_INDEX_OF_ZERO", "22003", x->pos, "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).");
    if (at > n || at < -n)
        run_fail(e->r, "INVALID_ARRAY_INDEX_IN_ELEMENT_AT", "22003", x->pos, "The index %lld is out of bounds. The array has %zu elements. Use `try_element_at` to tolerate "
                 "accessing element at invalid index and return NULL instead.", (long long)at, v->l.n);
    return v->l.at[at > 0 ? at - 1 : n + at];
}

static void bind_index(struct binder *b, struct expr *x, const struct node *n) {
    const struct type *t = x->args[0]->type;
    (void)n;
    if (t->kind != T_ARRAY && t->kind != T_MAP)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the (\"ARRAY\" or \"MAP\") type, however it has the type \"%s\".", type_sql(&b->r->mem, t));
    if (t->kind == T_ARRAY && !type_integral(x->args[1]->type) && x->args[1]->type->kind != T_VOID)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 2 requires the \"INTEGRAL\" type, however it has the type \"%s\".", type_sql(&b->r->mem, x->args[1]->type));
    x->args[1] = expr_coerce(b->r, x->args[1], t->kind == T_MAP ? t->key : type_plain(T_BIGINT));
    x->type = t->element;
}

EVAL(f_array_contains) {
    (void)e;
    bool unknown = false;
    for (size_t i = 0; i < v->l.n; i++) {
        if (v->l.at[i].kind == V_NULL) unknown = true;
        else if (!value_compare(x->args[1]->type, &v->l.at[i], &v[1])) return value_int(1);
    }
    return unknown ? VALUE_NULL : value_int(0);
}

static void bind_array_contains(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    const struct type *t = x->args[0]->type, *both = t->kind == T_ARRAY ? type_common(&b->r->mem, t->element, x->args[1]->type) : NULL;
    if (!both) bind_mismatch(b, x, "ARRAY_FUNCTION_DIFF_TYPES", "Input to `array_contains` should have been \"ARRAY\" followed by a value with same element type.");
    x->args[0] = expr_coerce(b->r, x->args[0], type_array(&b->r->mem, both));
    x->args[1] = expr_coerce(b->r, x->args[1], both);
    x->type = type_plain(T_BOOLEAN);
}

/* --- JSON --- */
/* Options are a constant map of strings. */
static struct json_options *json_options(struct binder *b, struct expr *x, int at) {
    struct json_options *o = mem_zero(&b->r->mem, sizeof *o);
    x->state = o;
    if (x->count <= at) return o;
    const struct type *t = x->args[at]->type;
    if (t->kind != T_MAP || t->key->kind != T_STRING || t->element->kind != T_STRING)
        bind_mismatch(b, x, "NON_STRING_TYPE", "A type of keys and values in `map()` must be string, but got \"%s\".", type_sql(&b->r->mem, t));
    struct env e = { .r = b->r, .a = &b->r->mem };
    for (int i = 0; i < x->args[at]->count; i++) expr_constant_text(b, x->args[at]->args[i]);
    struct value v = expr_eval(&e, x->args[at]);
    for (size_t i = 0; i + 1 < v.l.n; i += 2) {
        const char *key = mem_text(&b->r->mem, v.l.at[i].s.p, v.l.at[i].s.n);
        const char *value = v.l.at[i + 1].kind == V_NULL ? "" : mem_text(&b->r->mem, v.l.at[i + 1].s.p, v.l.at[i + 1].s.n);
        if (str_ieq(key, "mode")) {
            o->failfast = str_ieq(value, "FAILFAST");
            if (str_ieq(value, "DROPMALFORMED"))
                run_fail(b->r, "PARSE_MODE_UNSUPPORTED", "42601", x->pos, "The function `%s` doesn't support the DROPMALFORMED mode. Acceptable modes are PERMISSIVE and FAILFAST.", x->fn->name);
        } else if (str_ieq(key, "columnNameOfCorruptRecord")) o->corrupt_column = value;
        else if (str_ieq(key, "ignoreNullFields")) o->keep_nulls = str_ieq(value, "false");
        else if (str_ieq(key, "timestampFormat")) o->timestamp_format = value;
    }
    return o;
}

EVAL(f_from_json) {
    const struct json_options *o = x->state;
    struct value out;
    bool empty;
    int rc = json_read(e->a, v->s.p, v->s.n, x->type, o, &out, &empty);
    if (empty) return VALUE_NULL;
    if (rc == JSON_BROKEN && o->failfast)
        run_fail_task(e->r, "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION", "22023", "Malformed records are detected in record parsing: [%.200s]. Parse Mode: FAILFAST. "
                      "To process malformed records as null result, try setting the option 'mode' as 'PERMISSIVE'.", mem_text(e->a, v->s.p, v->s.n > 200 ? 200 : v->s.n));
    return out;
}

static void bind_from_json(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->args[0] = expr_coerce(b->r, x->args[0], type_plain(T_STRING));
    const char *ddl = expr_constant_text(b, x->args[1]);
    x->type = parse_ddl(b->r, ddl ? ddl : "");
    if (x->type->kind < T_ARRAY)
        run_fail(b->r, "DATATYPE_MISMATCH.INVALID_JSON_SCHEMA", "42K09", x->pos, "Cannot resolve \"from_json\" due to data type mismatch: Input schema \"%s\" must be a struct, an array, a map or a variant.",
                 type_sql(&b->r->mem, x->type));
    json_options(b, x, 2);
}

EVAL(f_to_json) {
    struct text t;
    text_init(&t, e->a);
    json_write(&t, x->args[0]->type, v, x->state);
    return value_bytes(text_end(&t), t.n);
}

static void bind_to_json(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (x->args[0]->type->kind < T_ARRAY)
        bind_mismatch(b, x, "INVALID_JSON_SCHEMA", "Input schema \"%s\" must be a struct, an array, a map or a variant.", type_sql(&b->r->mem, x->args[0]->type));
    const struct json_options *o = json_options(b, x, 1);
    struct text probe;
    text_init(&probe, &b->r->mem);
    if (o->timestamp_format && !timestamp_format(&probe, 0, o->timestamp_format))
        run_fail(b->r, "_LEGACY_ERROR_TEMP_2130", "", x->pos, "Fail to recognize '%s' pattern in the DateTimeFormatter.", o->timestamp_format);
}

EVAL(f_get_json_object) {
    (void)x;
    return json_path(e->a, v->s.p, v->s.n, mem_text(e->a, v[1].s.p, v[1].s.n));
}

const struct function functions_nested[] = {
    {"array", 0, -1, "c", 'c', f_array, bind_array, true, false}, {"map", 0, -1, "?", '1', f_map, bind_map, true, false},
    {"struct", 0, -1, "?", 'b', f_array, bind_struct, true, false}, {"named_struct", 2, -1, "?", '1', f_named_struct, bind_named_struct, true, false},
    {"size", 1, 1, "?", 'i', f_size, bind_size, true, false}, {"cardinality", 1, 1, "?", 'i', f_size, bind_size, true, false},
    {"array_size", 1, 1, "?", 'i', f_size, bind_size, true, false},
    {"[]", 2, 2, "?", '1', f_index, bind_index, false, false}, {"element_at", 2, 2, "?", '1', f_element_at, bind_index, false, false},
    {"array_contains", 2, 2, "?", 'b', f_array_contains, bind_array_contains, false, false},
    {"from_json", 2, 3, "?", 's', f_from_json, bind_from_json, false, false}, {"to_json", 1, 2, "?", 's', f_to_json, bind_to_json, false, false},
    {"get_json_object", 2, 2, "s", 's', f_get_json_object, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
