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

/* --- rounding, powers --- */
static i128 power_of_ten(int n) {
    i128 p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

static i128 floor_at(i128 v, int digits, bool up) {
    i128 unit = power_of_ten(digits), q = v / unit;
    if (v % unit == 0) return q;
    return q + (up ? v > 0 : -(v < 0));
}

/* floor(x), ceil(x): a whole number. */
EVAL(f_floor) {
    bool up = *x->fn->name == 'c';
    if (v->kind == V_INT) return *v;
    if (v->kind == V_DOUBLE) {
        double d = up ? ceil(v->d) : floor(v->d);
        return isnan(d) ? value_int(0) : value_int(d >= 9223372036854775808.0 ? INT64_MAX : d <= -9223372036854775808.0 ? INT64_MIN : (int64_t)d);
    }
    return checked_decimal(e, x, floor_at(v->dec, x->args[0]->type->scale, up), 0);
}

static void bind_floor(struct binder *b, struct expr *x, const struct node *n) {
    bind_number(b, x, n);
    const struct type *t = x->args[0]->type;
    if (t->kind == T_DECIMAL) x->type = type_decimal(&b->r->mem, t->precision - t->scale + 1 > 38 ? 38 : t->precision - t->scale + 1, 0);
    else x->type = type_plain(T_BIGINT);
}

/* Half up, or for bround half to even; scale is the number of digits dropped. */
static i128 rounded(i128 v, int dropped, bool even) {
    if (dropped <= 0) return v;
    if (dropped > 37) return 0;
    i128 unit = power_of_ten(dropped), q = v / unit, rest = v % unit;
    i128 twice = (rest < 0 ? -rest : rest) * 2;
    if (twice > unit || (twice == unit && (!even || q % 2))) q += v < 0 ? -1 : 1;
    return q;
}

static struct value round_double(struct env *e, double d, int digits, bool even) {
    i128 unscaled;
    if (!isfinite(d) || digits > 18 || fabs(d) > 1e18) return value_double(d);
    struct text shortest; /* as Java does: the shortest text that is this number, rounded as a decimal */
    text_init(&shortest, e->a);
    double_print(&shortest, d, false);
    const struct type *t = type_decimal(e->a, 38, 18);
    if (!decimal_parse(text_end(&shortest), shortest.n, t, &unscaled)) return value_double(d);
    i128 q = rounded(unscaled, t->scale - digits, even);
    struct text out;
    text_init(&out, e->a);
    decimal_print(&out, digits < 0 ? q * power_of_ten(-digits) : q, digits < 0 ? 0 : digits);
    double back = d;
    double_parse(text_end(&out), out.n, &back);
    return value_double(back);
}

EVAL(f_round) {
    bool even = *x->fn->name == 'b';
    int digits = x->count > 1 ? (int)v[1].i : 0;
    if (v->kind == V_DOUBLE) return round_double(e, v->d, digits, even);
    if (v->kind == V_INT) return digits >= 0 ? *v : checked(e, x, (int64_t)(rounded(v->i, -digits, even) * (digits < -18 ? 0 : power_of_ten(-digits))), false);
    i128 q = rounded(v->dec, x->args[0]->type->scale - digits, even);
    if (digits < 0) q *= power_of_ten(-digits);
    return checked_decimal(e, x, q, digits < 0 ? 0 : digits < x->args[0]->type->scale ? digits : x->args[0]->type->scale);
}

static void bind_round(struct binder *b, struct expr *x, const struct node *n) {
    bind_number(b, x, n);
    const struct type *t = x->args[0]->type;
    if (x->count > 1) x->args[1] = expr_coerce(b->r, x->args[1], type_plain(T_INT));
    if (t->kind != T_DECIMAL) return;
    int digits = x->count > 1 && x->args[1]->kind == X_LITERAL ? (int)x->args[1]->value.i : 0, scale = digits < 0 ? 0 : digits < t->scale ? digits : t->scale;
    int precision = t->precision - t->scale + 1 + scale;
    if (digits < 0 && precision < -digits + 1) precision = -digits + 1;
    x->type = type_decimal(&b->r->mem, precision > 38 ? 38 : precision, scale);
}

EVAL(f_power) {
    (void)e, (void)x;
    return value_double(pow(v[0].d, v[1].d));
}

EVAL(f_one_double) {
    static const struct { const char *name; double (*of)(double); } functions[] = {
        {"sqrt", sqrt}, {"exp", exp}, {"ln", log}, {"log10", log10}, {"log2", log2}, {"sin", sin}, {"cos", cos}, {"tan", tan}, {"cbrt", cbrt}};
    (void)e;
    bool logarithm = *x->fn->name == 'l';
    if (logarithm && v->d <= 0) return VALUE_NULL;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (str_eq(functions[i].name, x->fn->name)) return value_double(functions[i].of(v->d));
    return VALUE_NULL;
}

EVAL(f_sign) {
    (void)e, (void)x;
    return value_double(v->d > 0 ? 1 : v->d < 0 ? -1 : v->d);
}

EVAL(f_isnan) {
    (void)e, (void)x;
    return value_int(v->kind == V_DOUBLE && isnan(v->d));
}

EVAL(f_pmod) {
    struct value rest = f_remainder(e, x, v);
    if (rest.kind == V_INT && rest.i < 0) return value_int((rest.i + v[1].i) % v[1].i);
    if (rest.kind == V_DOUBLE && rest.d < 0) return value_double(fmod(rest.d + v[1].d, v[1].d));
    return rest;
}

EVAL(f_bits) {
    (void)e;
    uint64_t a = (uint64_t)v[0].i, b = (uint64_t)v[1].i;
    switch (*x->fn->name) {
    case '&': return value_int((int64_t)(a & b));
    case '|': return value_int((int64_t)(a | b));
    default: return value_int((int64_t)(a ^ b));
    }
}

EVAL(f_invert) {
    (void)e, (void)x;
    return value_int(~v->i);
}

static void bind_bits(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    for (int i = 0; i < x->count; i++)
        if (!type_integral(x->type) && x->type->kind != T_VOID)
            bind_mismatch(b, x, "BINARY_OP_WRONG_TYPE", "the binary operator requires the input type \"INTEGRAL\", not \"%s\".", type_sql(&b->r->mem, x->type));
}

/* --- time as numbers --- */
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
    {"floor", 1, 1, "?", 'l', f_floor, bind_floor, false, false}, {"ceil", 1, 1, "?", 'l', f_floor, bind_floor, false, false},
    {"ceiling", 1, 1, "?", 'l', f_floor, bind_floor, false, false},
    {"round", 1, 2, "?", '1', f_round, bind_round, false, false}, {"bround", 1, 2, "?", '1', f_round, bind_round, false, false},
    {"power", 2, 2, "d", 'd', f_power, NULL, false, false}, {"pow", 2, 2, "d", 'd', f_power, NULL, false, false},
    {"sqrt", 1, 1, "d", 'd', f_one_double, NULL, false, false}, {"exp", 1, 1, "d", 'd', f_one_double, NULL, false, false},
    {"ln", 1, 1, "d", 'd', f_one_double, NULL, false, false}, {"log10", 1, 1, "d", 'd', f_one_double, NULL, false, false},
    {"log2", 1, 1, "d", 'd', f_one_double, NULL, false, false}, {"cbrt", 1, 1, "d", 'd', f_one_double, NULL, false, false},
    {"sin", 1, 1, "d", 'd', f_one_double, NULL, false, false}, {"cos", 1, 1, "d", 'd', f_one_double, NULL, false, false},
    {"tan", 1, 1, "d", 'd', f_one_double, NULL, false, false},
    {"sign", 1, 1, "d", 'd', f_sign, NULL, false, false}, {"signum", 1, 1, "d", 'd', f_sign, NULL, false, false},
    {"isnan", 1, 1, "d", 'b', f_isnan, NULL, true, false}, {"pmod", 2, 2, "?", 'd', f_pmod, bind_arithmetic, false, false},
    {"&", 2, 2, "c", 'c', f_bits, bind_bits, false, false}, {"|", 2, 2, "c", 'c', f_bits, bind_bits, false, false},
    {"^", 2, 2, "c", 'c', f_bits, bind_bits, false, false}, {"~", 1, 1, "c", 'c', f_invert, bind_bits, false, false},
    {"unix_micros", 1, 1, "t", 'l', f_unix_micros, NULL, false, false}, {"unix_millis", 1, 1, "t", 'l', f_unix_millis, NULL, false, false},
    {"unix_seconds", 1, 1, "t", 'l', f_unix_seconds, NULL, false, false},
    {"timestamp_micros", 1, 1, "l", 't', f_timestamp_micros, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
