/* functions_math: arithmetic with ANSI overflow, and numbers of time. */
#include "sandbox/sql/expr.h"
#include "base/str.h"
#include <math.h>

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)

static _Noreturn void overflow(struct env *e, const struct expr *x) {
    if (x->type->kind == T_DECIMAL)
        run_fail(e->r, "NUMERIC_VALUE_OUT_OF_RANGE", "22003", x->pos, "The result cannot be represented as Decimal(%d, %d). If necessary set "
                 "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error, and return NULL instead.", x->type->precision, x->type->scale);
    run_fail(e->r, "ARITHMETIC_OVERFLOW", "22003", x->pos, "%s overflow. If necessary set \"spark.sql.ansi.enabled\" to \"false\" to bypass this error.",
             type_text(e->a, x->type));
}

static _Noreturn void by_zero(struct env *e, const struct expr *x) {
    run_fail(e->r, "DIVIDE_BY_ZERO", "22012", x->pos, "Division by zero. Use `try_divide` to tolerate divisor being 0 and return NULL instead. If necessary set "
             "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error.");
}

static struct value checked(struct env *e, const struct expr *x, int64_t i, bool wrapped) {
    static const int64_t low[] = { [T_TINYINT] = INT8_MIN, [T_SMALLINT] = INT16_MIN, [T_INT] = INT32_MIN, [T_BIGINT] = INT64_MIN };
    static const int64_t high[] = { [T_TINYINT] = INT8_MAX, [T_SMALLINT] = INT16_MAX, [T_INT] = INT32_MAX, [T_BIGINT] = INT64_MAX };
    if (wrapped || i < low[x->type->kind] || i > high[x->type->kind]) overflow(e, x);
    return value_int(i);
}

static struct value checked_decimal(struct env *e, const struct expr *x, i128 d, int scale) {
    struct value out = { .kind = V_DECIMAL };
    out.dec = d;
    if (!decimal_rescale(&out.dec, scale, x->type->scale) || !decimal_fits(out.dec, x->type->precision)) overflow(e, x);
    return out;
}

/* Both sides at the larger scale. */
static int align(struct env *e, const struct expr *x, i128 *a, i128 *b) {
    int sa = x->args[0]->type->scale, sb = x->args[1]->type->scale, to = sa > sb ? sa : sb;
    if (!decimal_rescale(a, sa, to) || !decimal_rescale(b, sb, to)) overflow(e, x);
    return to;
}

EVAL(f_add) {
    int64_t i;
    if (x->type->kind == T_DATE) return value_int(v[0].i + v[1].i);
    if (v->kind == V_DOUBLE) return value_double(v[0].d + v[1].d);
    if (v->kind == V_INT) {
        bool wrapped = __builtin_add_overflow(v[0].i, v[1].i, &i);
        return checked(e, x, i, wrapped);
    }
    i128 a = v[0].dec, b = v[1].dec;
    int scale = align(e, x, &a, &b);
    return checked_decimal(e, x, a + b, scale);
}

EVAL(f_subtract) {
    int64_t i;
    if (x->type->kind == T_DATE) return value_int(v[0].i - v[1].i);
    if (v->kind == V_DOUBLE) return value_double(v[0].d - v[1].d);
    if (v->kind == V_INT) {
        bool wrapped = __builtin_sub_overflow(v[0].i, v[1].i, &i);
        return checked(e, x, i, wrapped);
    }
    i128 a = v[0].dec, b = v[1].dec;
    int scale = align(e, x, &a, &b);
    return checked_decimal(e, x, a - b, scale);
}

EVAL(f_multiply) {
    int64_t i;
    i128 d;
    if (v->kind == V_DOUBLE) return value_double(v[0].d * v[1].d);
    if (v->kind == V_INT) {
        bool wrapped = __builtin_mul_overflow(v[0].i, v[1].i, &i);
        return checked(e, x, i, wrapped);
    }
    if (__builtin_mul_overflow(v[0].dec, v[1].dec, &d)) overflow(e, x);
    return checked_decimal(e, x, d, x->args[0]->type->scale + x->args[1]->type->scale);
}

EVAL(f_divide) {
    if (v->kind == V_DOUBLE) {
        if (v[1].d == 0) by_zero(e, x);
        return value_double(v[0].d / v[1].d);
    }
    if (!v[1].dec) by_zero(e, x);
    i128 a = v[0].dec, b = v[1].dec;
    if (!decimal_rescale(&a, 0, x->type->scale + 1 + x->args[1]->type->scale - x->args[0]->type->scale)) overflow(e, x);
    return checked_decimal(e, x, a / b, x->type->scale + 1);
}

EVAL(f_remainder) {
    if (v->kind == V_DOUBLE) {
        if (v[1].d == 0) by_zero(e, x);
        return value_double(fmod(v[0].d, v[1].d));
    }
    if (v->kind == V_INT) {
        if (!v[1].i) by_zero(e, x);
        return value_int(v[1].i == -1 ? 0 : v[0].i % v[1].i);
    }
    i128 a = v[0].dec, b = v[1].dec;
    int scale = align(e, x, &a, &b);
    if (!b) by_zero(e, x);
    return checked_decimal(e, x, a % b, scale);
}

EVAL(f_div) {
    if (!v[1].i) by_zero(e, x);
    if (v[0].i == INT64_MIN && v[1].i == -1) overflow(e, x);
    return value_int(v[0].i / v[1].i);
}

EVAL(f_negative) {
    if (v->kind == V_DOUBLE) return value_double(-v->d);
    if (v->kind == V_INT) return checked(e, x, v->i == INT64_MIN ? 0 : -v->i, v->i == INT64_MIN);
    struct value out = *v;
    out.dec = -out.dec;
    return out;
}

EVAL(f_abs) {
    bool negative = v->kind == V_DOUBLE ? v->d < 0 : v->kind == V_INT ? v->i < 0 : v->dec < 0;
    return negative ? f_negative(e, x, v) : *v;
}

static const struct type *decimal_result(struct binder *b, const char *op, const struct type *x, const struct type *y) {
    int precision, scale = x->scale > y->scale ? x->scale : y->scale;
    int left_x = x->precision - x->scale, left_y = y->precision - y->scale;
    if (*op == '*') {
        scale = x->scale + y->scale;
        precision = x->precision + y->precision + 1;
    } else if (*op == '/') {
        scale = x->scale + y->precision + 1 < 6 ? 6 : x->scale + y->precision + 1;
        precision = left_x + y->scale + scale;
    } else if (*op == '%') {
        precision = (left_x < left_y ? left_x : left_y) + scale;
    } else {
        precision = (left_x > left_y ? left_x : left_y) + scale + 1;
    }
    if (precision > 38) {
        int left = precision - scale, least = scale < 6 ? scale : 6;
        scale = 38 - left > least ? 38 - left : least;
        precision = 38;
    }
    return type_decimal(&b->r->mem, precision ? precision : 1, scale);
}

/* The decimal an integer becomes; a literal is as wide as it is written. */
static const struct type *whole_decimal(struct binder *b, const struct expr *x) {
    static const int digits[] = { [T_TINYINT] = 3, [T_SMALLINT] = 5, [T_INT] = 10, [T_BIGINT] = 20 };
    const struct type *t = x->type;
    if (x->kind == X_LITERAL && x->value.kind == V_INT) {
        int n = 1;
        for (int64_t i = x->value.i / 10; i; i /= 10) n++;
        return type_decimal(&b->r->mem, n, 0);
    }
    return t->kind == T_DECIMAL ? t : type_decimal(&b->r->mem, digits[t->kind], 0);
}

static void bind_arithmetic(struct binder *b, struct expr *x, const struct node *n) {
    const char *op = x->fn->name;
    (void)n;
    const struct type *l = x->args[0]->type, *r = x->args[1]->type;
    if (l->kind == T_DATE && type_integral(r) && (*op == '+' || *op == '-')) {
        x->type = l;
        return;
    }
    const struct type *both = type_common(&b->r->mem, l, r);
    if (both && both->kind == T_STRING) both = type_plain(T_DOUBLE);
    if (both && both->kind == T_VOID) both = type_plain(T_DOUBLE);
    if (!both || !type_numeric(both))
        bind_mismatch(b, x, both ? "BINARY_OP_WRONG_TYPE" : "BINARY_OP_DIFF_TYPES", "the left and right operands of the binary operator have incompatible types (\"%s\" and \"%s\").",
                      type_sql(&b->r->mem, l), type_sql(&b->r->mem, r));
    if (both->kind == T_FLOAT) both = type_plain(T_DOUBLE);
    if (both->kind == T_DECIMAL && type_numeric(l) && type_numeric(r)) {
        x->args[0] = expr_coerce(b->r, x->args[0], whole_decimal(b, x->args[0]));
        x->args[1] = expr_coerce(b->r, x->args[1], whole_decimal(b, x->args[1]));
        x->type = decimal_result(b, op, x->args[0]->type, x->args[1]->type);
        return;
    }
    if (*op == '/' ) both = type_plain(T_DOUBLE);
    x->args[0] = expr_coerce(b->r, x->args[0], both);
    x->args[1] = expr_coerce(b->r, x->args[1], both);
    x->type = both;
}

static void bind_number(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (x->args[0]->type->kind == T_STRING || x->args[0]->type->kind == T_VOID) x->args[0] = expr_coerce(b->r, x->args[0], type_plain(T_DOUBLE));
    if (!type_numeric(x->args[0]->type))
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the \"NUMERIC\" type, however it has the type \"%s\".", type_sql(&b->r->mem, x->args[0]->type));
    x->type = x->args[0]->type;
}

/* --- time as numbers --- */
static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

EVAL(f_unix_micros) {
    (void)e, (void)x;
    return *v;
}

EVAL(f_unix_millis) {
    (void)e, (void)x;
    return value_int(floor_div(v->i, 1000));
}

EVAL(f_unix_seconds) {
    (void)e, (void)x;
    return value_int(floor_div(v->i, 1000000));
}

EVAL(f_timestamp_micros) {
    (void)e, (void)x;
    return *v;
}

const struct function functions_math[] = {
    {"+", 2, 2, "?", 'd', f_add, bind_arithmetic, false, false}, {"-", 2, 2, "?", 'd', f_subtract, bind_arithmetic, false, false},
    {"*", 2, 2, "?", 'd', f_multiply, bind_arithmetic, false, false}, {"/", 2, 2, "?", 'd', f_divide, bind_arithmetic, false, false},
    {"%", 2, 2, "?", 'd', f_remainder, bind_arithmetic, false, false}, {"mod", 2, 2, "?", 'd', f_remainder, bind_arithmetic, false, false},
    {"div", 2, 2, "l", 'l', f_div, NULL, false, false},
    {"negative", 1, 1, "?", '1', f_negative, bind_number, false, false}, {"abs", 1, 1, "?", '1', f_abs, bind_number, false, false},
    {"unix_micros", 1, 1, "t", 'l', f_unix_micros, NULL, false, false}, {"unix_millis", 1, 1, "t", 'l', f_unix_millis, NULL, false, false},
    {"unix_seconds", 1, 1, "t", 'l', f_unix_seconds, NULL, false, false},
    {"timestamp_micros", 1, 1, "l", 't', f_timestamp_micros, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
