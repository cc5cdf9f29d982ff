#include "sandbox/sql/expr.h"
#include "base/str.h"
#include <stdarg.h>

static const struct function *const tables[] = {functions_text, functions_bytes, functions_logic, functions_math, functions_nested, functions_other, functions_array, functions_time, functions_pattern};

static const struct function *find_function(const char *name) {
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct function *f = tables[i]; f->name; f++)
            if (str_eq(f->name, name)) return f;
    return NULL;
}

struct expr *expr_new(struct run *r, enum expr_kind kind, int pos, const struct type *type) {
    struct expr *x = mem_zero(&r->mem, sizeof *x);
    x->kind = kind;
    x->pos = pos;
    x->type = type;
    return x;
}

struct expr *expr_column(struct run *r, int index, const struct type *type, const char *name) {
    struct expr *x = expr_new(r, X_COLUMN, -1, type);
    x->index = index;
    x->name = name;
    return x;
}

struct expr *expr_coerce(struct run *r, struct expr *x, const struct type *to) {
    if (type_equal(x->type, to)) return x;
    if (x->kind == X_LITERAL) {
        struct expr *folded = expr_new(r, X_LITERAL, x->pos, to);
        folded->value = cast_value(&r->mem, &x->value, x->type, to, false);
        return folded;
    }
    struct expr *c = expr_new(r, X_CAST, x->pos, to);
    c->args = mem_alloc(&r->mem, sizeof *c->args);
    c->args[0] = x;
    c->count = 1;
    return c;
}

_Noreturn void bind_mismatch(struct binder *b, const struct expr *x, const char *kind, const char *fmt, ...) {
    char class[96], line[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    snprintf(class, sizeof class, "DATATYPE_MISMATCH.%s", kind);
    run_fail(b->r, class, "42K09", x->pos, "Cannot resolve \"%s\" due to data type mismatch: %s", x->fn ? x->fn->name : "expression", line);
}

bool expr_equal(const struct expr *a, const struct expr *b) {
    if (a->kind != b->kind || a->index != b->index || a->fn != b->fn || a->count != b->count || !type_equal(a->type, b->type)) return false;
    if (a->kind == X_LITERAL && value_compare(a->type, &a->value, &b->value)) return false;
    if (a->state != b->state && a->fn && !a->fn->bind) return false; /* a subquery, a lambda */
    if (a->kind == X_VARIABLE && a->state != b->state) return false;
    if (a->fn && a->fn->eval && str_eq(a->fn->name, "monotonically_increasing_id")) return false;
    for (int i = 0; i < a->count; i++)
        if (!expr_equal(a->args[i], b->args[i])) return false;
    return true;
}

void expr_columns(const struct expr *x, bool *used) {
    if (x->kind == X_COLUMN) used[x->index] = true;
    for (int i = 0; i < x->count; i++) expr_columns(x->args[i], used);
}

bool expr_constant(const struct expr *x) {
    if (x->kind == X_COLUMN || x->kind == X_VARIABLE) return false;
    for (int i = 0; i < x->count; i++)
        if (!expr_constant(x->args[i])) return false;
    return true;
}

const char *expr_constant_text(struct binder *b, const struct expr *x) {
    if (!expr_constant(x) || x->type->kind != T_STRING)
        bind_mismatch(b, x, "NON_FOLDABLE_INPUT", "the input should be a foldable \"STRING\" expression; however, got \"%s\".", type_sql(&b->r->mem, x->type));
    struct env e = { .r = b->r, .a = &b->r->mem };
    struct value v = expr_eval(&e, x);
    return v.kind == V_BYTES ? mem_text(&b->r->mem, v.s.p, v.s.n) : NULL;
}

/* --- names --- */
static const char *suggestions(struct binder *b) {
    struct text t;
    text_init(&t, &b->r->mem);
    int n = 0;
    for (int i = 0; i < b->scope->count && n < 5; i++) {
        if (b->scope->at[i].hidden || b->scope->at[i].meta) continue;
        text_puts(&t, n++ ? ", " : "");
        const char *part[2] = {b->scope->at[i].alias, b->scope->at[i].name};
        struct name q = { .part = part[0] ? part : part + 1, .count = part[0] ? 2 : 1 };
        name_print(&t, &q);
    }
    return n ? text_end(&t) : NULL;
}

static _Noreturn void unresolved(struct binder *b, const struct name *n) {
    const char *name = name_text(b->r, n), *list = suggestions(b);
    if (!list)
        run_fail(b->r, "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703", n->pos, "A column, variable, or function parameter with name %s cannot be resolved.", name);
    run_fail(b->r, "UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", n->pos, "A column, variable, or function parameter with name %s cannot be resolved. "
             "Did you mean one of the following? [%s].", name, list);
}

/* True when the first `parts` of the name say the column's table. */
static bool qualifies(const struct scope_column *c, const struct name *n, int parts) {
    if (parts == 1 && c->alias && str_ieq(c->alias, n->part[0])) return true;
    if (parts < 1 || parts > c->table.count) return false;
    for (int i = 0; i < parts; i++)
        if (!str_ieq(n->part[i], c->table.part[c->table.count - parts + i])) return false;
    return true;
}

static int find_column(struct binder *b, const struct name *n, int qualifier) {
    int found = -1;
    if (qualifier >= n->count) return -1;
    for (int i = 0; i < b->scope->count; i++) {
        const struct scope_column *c = &b->scope->at[i];
        if (c->hidden || (c->quiet && !qualifier) || !str_ieq(c->name, n->part[qualifier]) || (qualifier && !qualifies(c, n, qualifier))) continue;
        if (found >= 0 && found < b->outer && i >= b->outer) found = -1;
        if (found >= 0)
            run_fail(b->r, "AMBIGUOUS_REFERENCE", "42704", n->pos, "Reference %s is ambiguous, could be: [%s].", name_text(b->r, n), suggestions(b));
        found = i;
    }
    return found;
}

static struct expr *field_of(struct binder *b, struct expr *x, const char *name, int pos) {
    if (x->type->kind == T_MAP && x->type->key->kind == T_STRING) {
        struct expr *f = expr_new(b->r, X_CALL, pos, x->type->element);
        f->fn = find_function("[]");
        f->args = mem_alloc(&b->r->mem, sizeof *f->args * 2);
        f->args[0] = x;
        f->args[1] = expr_new(b->r, X_LITERAL, pos, type_plain(T_STRING));
        f->args[1]->value = value_text(name);
        f->count = 2;
        return f;
    }
    if (x->type->kind != T_STRUCT)
        run_fail(b->r, "INVALID_EXTRACT_BASE_FIELD_TYPE", "42000", pos, "Can't extract a value from \"%s\". Need a complex type [STRUCT, ARRAY, MAP] but got \"%s\".",
                 x->name ? x->name : name, type_sql(&b->r->mem, x->type));
    for (int i = 0; i < x->type->count; i++) {
        if (!str_ieq(x->type->fields[i].name, name)) continue;
        struct expr *f = expr_new(b->r, X_FIELD, pos, x->type->fields[i].type);
        f->args = mem_alloc(&b->r->mem, sizeof *f->args);
        f->args[0] = x;
        f->count = 1;
        f->index = i;
        f->name = x->type->fields[i].name;
        return f;
    }
    struct text t;
    text_init(&t, &b->r->mem);
    for (int i = 0; i < x->type->count; i++) text_printf(&t, "%s`%s`", i ? ", " : "", x->type->fields[i].name);
    run_fail(b->r, "FIELD_NOT_FOUND", "42704", pos, "No such struct field `%s` in %s.", name, text_end(&t));
}

static struct expr *bind_name(struct binder *b, const struct name *n) {
    int index = -1, parts = 0;
    for (const struct lambda *l = b->lambdas; l; l = l->next) {
        if (!str_ieq(l->name, n->part[0])) continue;
        struct expr *v = expr_new(b->r, X_VARIABLE, n->pos, l->type);
        v->state = l->slot;
        v->name = l->name;
        for (int i = 1; i < n->count; i++) v = field_of(b, v, n->part[i], n->pos);
        return v;
    }
    for (int q = n->count - 1 < 3 ? n->count - 1 : 3; q >= 0 && index < 0; q--) {
        index = find_column(b, n, q);
        parts = q + 1;
    }
    if (index < 0) unresolved(b, n);
    const struct scope_column *c = &b->scope->at[index];
    struct expr *x = expr_column(b->r, index, c->type, c->name);
    x->pos = n->pos;
    for (; parts < n->count; parts++) x = field_of(b, x, n->part[parts], n->pos);
    return x;
}

void bind_star(struct binder *b, const struct node *star, void (*each)(void *, struct expr *, const char *), void *ctx) {
    const struct name *q = &star->name;
    bool any = false;
    for (int i = 0; i < b->scope->count; i++) {
        const struct scope_column *c = &b->scope->at[i];
        if (c->hidden || c->meta || (c->quiet && !q->count) || (q->count && !qualifies(c, q, q->count))) continue;
        each(ctx, expr_column(b->r, i, c->type, c->name), c->name);
        any = true;
    }
    if (any) return;
    if (!q->count) {
        if (!b->scope->at && !b->scope->count)
            run_fail(b->r, "_LEGACY_ERROR_TEMP_1059", "", star->pos, "Cannot use star in a query without a FROM clause.");
        return;
    }
    struct binder plain = *b;
    struct name first = { q->part, 1, q->pos };
    if (q->count == 1 && find_column(&plain, &first, 0) < 0)
        run_fail(b->r, "CANNOT_RESOLVE_STAR_EXPAND", "42704", star->pos, "Cannot resolve %s.* given input columns %s. Please check that the specified table or struct exists and is accessible in the input columns.",
                 name_text(b->r, q), suggestions(b) ? suggestions(b) : "");
    struct expr *x = bind_name(&plain, q);
    if (x->type->kind != T_STRUCT) unresolved(b, q);
    for (int i = 0; i < x->type->count; i++) each(ctx, field_of(b, x, x->type->fields[i].name, star->pos), x->type->fields[i].name);
}

/* --- calls --- */
static const struct type *letter_type(char c) {
    switch (c) {
    case 's': return type_plain(T_STRING);
    case 'i': return type_plain(T_INT);
    case 'l': return type_plain(T_BIGINT);
    case 'd': return type_plain(T_DOUBLE);
    case 'b': return type_plain(T_BOOLEAN);
    case 'x': return type_plain(T_BINARY);
    case 't': return type_plain(T_TIMESTAMP);
    case 'D': return type_plain(T_DATE);
    default: return NULL;
    }
}

static bool implicit_cast(const struct type *from, const struct type *to) {
    if (from->kind == T_VOID || type_equal(from, to)) return true;
    if (to->kind == T_STRING) return from->kind < T_ARRAY;
    if (from->kind == T_STRING) return to->kind < T_ARRAY;
    if (to->kind == T_BOOLEAN || from->kind == T_BOOLEAN || to->kind == T_BINARY) return false;
    return cast_allowed(from, to);
}

static void coerce_args(struct binder *b, struct expr *x) {
    const struct type *common = NULL;
    const char *spec = x->fn->args;
    size_t last = strlen(spec) - 1;
    for (int i = 0; i < x->count; i++) {
        if (spec[(size_t)i < last ? (size_t)i : last] != 'c') continue;
        const struct type *both = common ? type_common(&b->r->mem, common, x->args[i]->type) : x->args[i]->type;
        if (!both)
            bind_mismatch(b, x, x->count == 2 ? "BINARY_OP_DIFF_TYPES" : "DATA_DIFF_TYPES", "the operands have incompatible types (\"%s\" and \"%s\").",
                          type_sql(&b->r->mem, common), type_sql(&b->r->mem, x->args[i]->type));
        common = both;
    }
    for (int i = 0; i < x->count; i++) {
        char c = spec[(size_t)i < last ? (size_t)i : last];
        const struct type *to = c == 'c' ? common : letter_type(c);
        if (!to) continue;
        if (!implicit_cast(x->args[i]->type, to) && c != 'c')
            bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter %d requires the \"%s\" type, however it has the type \"%s\".", i + 1,
                          type_sql(&b->r->mem, to), type_sql(&b->r->mem, x->args[i]->type));
        x->args[i] = expr_coerce(b->r, x->args[i], to);
    }
    char out = x->fn->result;
    if (out == '1') x->type = x->count ? x->args[0]->type : NULL;
    else x->type = out == 'c' ? common : letter_type(out);
}

struct star_args { struct binder *b; struct expr *x; };

static void add_arg(struct run *r, struct expr *x, struct expr *arg) {
    *(struct expr **)list_add(r, &x->args, &x->count, sizeof arg) = arg;
}

static void add_star_arg(void *ctx, struct expr *x, const char *name) {
    struct star_args *s = ctx;
    x->name = name;
    add_arg(s->b->r, s->x, x);
}

_Noreturn void bind_wrong_count(struct binder *b, const struct node *n, int min, int max) {
    char want[64];
    if (max == min) snprintf(want, sizeof want, "%d", min);
    else if (max < 0) snprintf(want, sizeof want, "> %d", min - 1);
    else snprintf(want, sizeof want, "[%d, %d]", min, max);
    run_fail(b->r, "WRONG_NUM_ARGS.WITHOUT_SUGGESTION", "42605", n->pos, "The `%s` requires %s parameters but the actual number is %d. Please, refer to "
             "'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix.", n->call, want, n->count);
}

_Noreturn void bind_no_routine(struct binder *b, const struct node *n) {
    run_fail(b->r, "UNRESOLVED_ROUTINE", "42883", n->pos, "Cannot resolve routine `%s` on search path [`system`.`builtin`, `system`.`session`, "
             "`main`.`default`].", n->call);
}

struct expr *expr_call(struct binder *b, const char *fn, struct expr **args, int count, int pos) {
    struct node n = { .kind = N_CALL, .call = fn, .pos = pos, .count = count };
    struct expr *x = expr_new(b->r, X_CALL, pos, NULL);
    x->fn = find_function(fn);
    for (int i = 0; i < count; i++) add_arg(b->r, x, args[i]);
    coerce_args(b, x);
    if (x->fn->bind) x->fn->bind(b, x, &n);
    return x;
}

static struct expr *bind_call(struct binder *b, const struct node *n) {
    if (n->query) return bind_subquery(b, n);
    struct expr *made = bind_lambda_call(b, n);
    if (made) return made;
    const struct function *f = find_function(n->call);
    if (!f || n->distinct || n->filter) bind_no_routine(b, n);
    struct expr *x = expr_new(b->r, X_CALL, n->pos, NULL);
    x->fn = f;
    for (int i = 0; i < n->count; i++) {
        if (n->args[i]->kind == N_STAR) {
            struct star_args s = {b, x};
            bind_star(b, n->args[i], add_star_arg, &s);
            continue;
        }
        struct expr *arg = expr_bind(b, n->args[i]);
        if (n->args[i]->alias) {
            struct expr *named = mem_alloc(&b->r->mem, sizeof *named);
            *named = *arg;
            named->name = n->args[i]->alias;
            arg = named;
        }
        add_arg(b->r, x, arg);
    }
    if (str_eq(f->name, "[]") && x->args[0]->type->kind == T_STRUCT) return field_of(b, x->args[0], expr_constant_text(b, x->args[1]), n->pos);
    if (x->count < f->min || (f->max >= 0 && x->count > f->max)) bind_wrong_count(b, n, f->min, f->max);
    coerce_args(b, x);
    if (f->bind) f->bind(b, x, n);
    return x;
}

static struct expr *bind_cast(struct binder *b, const struct node *n) {
    struct expr *arg = expr_bind(b, n->args[0]);
    if (!cast_allowed(arg->type, n->type)) {
        struct expr at = { .pos = n->pos };
        bind_mismatch(b, &at, "CAST_WITHOUT_SUGGESTION", "cannot cast \"%s\" to \"%s\".", type_sql(&b->r->mem, arg->type), type_sql(&b->r->mem, n->type));
    }
    struct expr *x = expr_new(b->r, X_CAST, n->pos, n->type);
    x->try_it = n->try_it;
    add_arg(b->r, x, arg);
    return x;
}

struct expr *expr_bind(struct binder *b, const struct node *n) {
    run_enter(b->r, n->pos);
    struct expr *x = b->grouped ? bind_grouped(b, n) : NULL;
    if (!x) {
        switch (n->kind) {
        case N_LITERAL:
            x = expr_new(b->r, X_LITERAL, n->pos, n->type);
            x->value = n->value;
            break;
        case N_NAME: x = bind_name(b, &n->name); break;
        case N_STAR:
            run_fail(b->r, "INVALID_USAGE_OF_STAR_OR_REGEX", "42000", n->pos, "Invalid usage of '*' in expression.");
        case N_CAST: x = bind_cast(b, n); break;
        case N_FIELD: x = field_of(b, expr_bind(b, n->args[0]), n->call, n->pos); break;
        case N_WINDOW: x = bind_window(b, n); break;
        case N_SUBQUERY: x = bind_subquery(b, n); break;
        case N_LAMBDA:
            run_fail(b->r, "UNEXPECTED_LAMBDA", "42K09", n->pos, "A lambda function should only be used in a higher order function.");
        case N_CALL: x = node_is_aggregate(n) ? bind_aggregate(b, n) : bind_call(b, n); break;
        }
    }
    run_leave(b->r);
    return x;
}

struct expr *bind_condition(struct binder *b, const struct node *n) {
    struct expr *x = expr_bind(b, n);
    if (x->type->kind != T_BOOLEAN && x->type->kind != T_VOID && x->type->kind != T_STRING) {
        struct expr at = { .pos = n->pos };
        bind_mismatch(b, &at, "FILTER_NOT_BOOLEAN", "filter expression of type \"%s\" is not a boolean.", type_sql(&b->r->mem, x->type));
    }
    return expr_coerce(b->r, x, type_plain(T_BOOLEAN));
}

/* --- evaluation --- */
static struct value eval_call(struct env *e, const struct expr *x) {
    if (x->fn->lazy) return x->fn->eval(e, x, NULL);
    struct value few[4], *v = x->count <= 4 ? few : mem_alloc(e->a, sizeof *v * (size_t)x->count);
    for (int i = 0; i < x->count; i++) {
        v[i] = expr_eval(e, x->args[i]);
        if (v[i].kind == V_NULL && !x->fn->sees_null) return VALUE_NULL;
    }
    return x->fn->eval(e, x, v);
}

struct value expr_eval(struct env *e, const struct expr *x) {
    struct value v;
    switch (x->kind) {
    case X_LITERAL: return x->value;
    case X_COLUMN: return e->row[x->index];
    case X_VARIABLE: return *(const struct value *)x->state;
    case X_CAST:
        v = expr_eval(e, x->args[0]);
        return cast_value(e->a, &v, x->args[0]->type, x->type, x->try_it);
    case X_FIELD:
        v = expr_eval(e, x->args[0]);
        return v.kind == V_LIST && (size_t)x->index < v.l.n ? v.l.at[x->index] : VALUE_NULL;
    default: return eval_call(e, x);
    }
}

bool expr_true(struct env *e, const struct expr *x) {
    struct value v = expr_eval(e, x);
    return v.kind == V_INT && v.i;
}
