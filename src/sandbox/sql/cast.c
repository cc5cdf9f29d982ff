/* Casts, and numbers as text. */
#include "sandbox/sql/value.h"
#include "base/str.h"
#include <math.h>

void value_trim(const char **s, size_t *n) {
    while (*n && (unsigned char)**s <= ' ') ++*s, --*n;
    while (*n && (unsigned char)(*s)[*n - 1] <= ' ') --*n;
}

bool int_parse(const char *s, size_t n, int64_t *out) {
    size_t i = n && (s[0] == '-' || s[0] == '+');
    if (i == n) return false;
    uint64_t v = 0, limit = (uint64_t)INT64_MAX + (s[0] == '-');
    for (; i < n; i++) {
        if (!digit(s[i])) return false;
        unsigned d = (unsigned)(s[i] - '0');
        if (v > (limit - d) / 10) return false;
        v = v * 10 + d;
    }
    *out = s[0] == '-' ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool double_parse(const char *s, size_t n, double *out) {
    static const struct { const char *name; double v; } named[] = {
        {"nan", NAN}, {"infinity", INFINITY}, {"+infinity", INFINITY}, {"-infinity", -INFINITY}, {"inf", INFINITY},
        {"+inf", INFINITY}, {"-inf", -INFINITY},
    };
    char b[400];
    if (!n || n >= sizeof b) return false;
    memcpy(b, s, n);
    b[n] = 0;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (str_ieq(b, named[i].name)) {
            *out = named[i].v;
            return true;
        }
    }
    if (strspn(b, "0123456789+-.eE") != n) return false;
    char *end;
    *out = strtod(b, &end);
    return !*end && end != b;
}

/* --- casts --- */
bool cast_allowed(const struct type *from, const struct type *to) {
    if (from->kind == T_VOID || type_equal(from, to)) return true;
    if (to->kind == T_VOID) return false;
    if (to->kind == T_STRING) return true;
    if (from->kind == T_ARRAY && to->kind == T_ARRAY) return cast_allowed(from->element, to->element);
    if (from->kind == T_MAP && to->kind == T_MAP) return cast_allowed(from->key, to->key) && cast_allowed(from->element, to->element);
    if (from->kind == T_STRUCT && to->kind == T_STRUCT) {
        if (from->count != to->count) return false;
        for (int i = 0; i < from->count; i++)
            if (!cast_allowed(from->fields[i].type, to->fields[i].type)) return false;
        return true;
    }
    if (from->kind >= T_ARRAY || to->kind >= T_ARRAY) return false;
    if (from->kind == T_STRING) return true;
    if (from->kind == T_BINARY || to->kind == T_BINARY) return false;
    bool time_from = from->kind >= T_DATE && from->kind <= T_TIMESTAMP_NTZ, time_to = to->kind >= T_DATE && to->kind <= T_TIMESTAMP_NTZ;
    if (time_from && time_to) return true;
    if (time_from) return from->kind == T_TIMESTAMP && type_numeric(to);
    if (time_to) return to->kind == T_TIMESTAMP && type_numeric(from);
    return true;
}

static _Noreturn void bad_input(struct arena *a, const struct value *v, const struct type *from, const struct type *to) {
    struct text t;
    text_init(&t, a);
    if (from->kind == T_STRING) text_putc(&t, '\'');
    value_print(&t, from, v);
    if (from->kind == T_STRING) text_putc(&t, '\'');
    if (t.n > 400) t.n = 400;
    run_fail(a->r, "CAST_INVALID_INPUT", "22018", -1, "The value %s of the type \"%s\" cannot be cast to \"%s\" because it is "
             "malformed. Correct the value as per the syntax, or change its target type. Use `try_cast` to tolerate malformed "
             "input and return NULL instead.", text_end(&t), type_sql(a, from), type_sql(a, to));
}

static _Noreturn void overflow(struct arena *a, const struct value *v, const struct type *from, const struct type *to) {
    struct text t;
    text_init(&t, a);
    value_print(&t, from, v);
    if (to->kind == T_DECIMAL)
        run_fail(a->r, "NUMERIC_VALUE_OUT_OF_RANGE", "22003", -1, "%s cannot be represented as Decimal(%d, %d). If necessary set "
                 "\"spark.sql.ansi.enabled\" to \"false\" to bypass this error, and return NULL instead.", text_end(&t), to->precision, to->scale);
    run_fail(a->r, "CAST_OVERFLOW", "22003", -1, "The value %s of the type \"%s\" cannot be cast to \"%s\" due to an overflow. Use "
             "`try_cast` to tolerate overflow and return NULL instead.", text_end(&t), type_sql(a, from), type_sql(a, to));
}

static bool int_fits(int64_t i, enum type_kind k) {
    switch (k) {
    case T_TINYINT: return i >= INT8_MIN && i <= INT8_MAX;
    case T_SMALLINT: return i >= INT16_MIN && i <= INT16_MAX;
    case T_INT: return i >= INT32_MIN && i <= INT32_MAX;
    default: return true;
    }
}

static bool text_boolean(const char *s, size_t n, int64_t *out) {
    static const char *const yes[] = {"true", "t", "yes", "y", "1"}, *const no[] = {"false", "f", "no", "n", "0"};
    char b[8];
    if (n >= sizeof b) return false;
    memcpy(b, s, n);
    b[n] = 0;
    for (int i = 0; i < 5; i++) {
        if (str_ieq(b, yes[i]) || str_ieq(b, no[i])) {
            *out = str_ieq(b, yes[i]);
            return true;
        }
    }
    return false;
}

/* False when the text is no such value. */
static bool from_text(const char *s, size_t n, const struct type *to, struct value *out) {
    value_trim(&s, &n);
    *out = value_int(0);
    switch (to->kind) {
    case T_BOOLEAN: return text_boolean(s, n, &out->i);
    case T_TINYINT: case T_SMALLINT: case T_INT: case T_BIGINT: return int_parse(s, n, &out->i) && int_fits(out->i, to->kind);
    case T_FLOAT: case T_DOUBLE:
        *out = value_double(0);
        if (!double_parse(s, n, &out->d)) return false;
        if (to->kind == T_FLOAT) out->d = (float)out->d;
        return true;
    case T_DECIMAL: out->kind = V_DECIMAL; return decimal_parse(s, n, to, &out->dec);
    case T_DATE: return date_parse(s, n, &out->i);
    case T_TIMESTAMP: case T_TIMESTAMP_NTZ: return timestamp_parse(s, n, &out->i);
    default: return false;
    }
}

static double as_double(const struct value *v, const struct type *from) {
    if (v->kind == V_DOUBLE) return v->d;
    if (v->kind == V_DECIMAL) return (double)((long double)v->dec / powl(10, from->scale));
    return from->kind == T_TIMESTAMP ? (double)v->i / 1e6 : (double)v->i;
}

static bool to_integer(const struct value *v, const struct type *from, const struct type *to, struct value *out) {
    *out = value_int(v->i);
    if (v->kind == V_DOUBLE) {
        double d = trunc(v->d);
        if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0)) return false;
        out->i = (int64_t)d;
    } else if (v->kind == V_DECIMAL) {
        i128 x = v->dec;
        for (int i = 0; i < from->scale; i++) x /= 10;
        if (x > INT64_MAX || x < INT64_MIN) return false;
        out->i = (int64_t)x;
    } else if (from->kind == T_TIMESTAMP) {
        out->i = v->i / 1000000 - (v->i % 1000000 < 0);
    }
    return int_fits(out->i, to->kind);
}

static bool to_decimal(struct arena *a, const struct value *v, const struct type *from, const struct type *to, struct value *out) {
    *out = (struct value){ .kind = V_DECIMAL };
    if (v->kind == V_DOUBLE) {
        struct text t;
        text_init(&t, a);
        double_print(&t, v->d, false);
        return decimal_parse(t.p, t.n, to, &out->dec);
    }
    out->dec = v->kind == V_DECIMAL ? v->dec : v->i;
    return decimal_rescale(&out->dec, v->kind == V_DECIMAL ? from->scale : 0, to->scale) && decimal_fits(out->dec, to->precision);
}

static bool to_timestamp(const struct value *v, const struct type *from, struct value *out) {
    *out = value_int(v->i);
    if (from->kind == T_DATE) out->i = v->i * 86400000000;
    else if (v->kind == V_DOUBLE || v->kind == V_DECIMAL) out->i = (int64_t)(as_double(v, from) * 1e6);
    else if (type_integral(from)) {
        if (v->i > INT64_MAX / 1000000 || v->i < INT64_MIN / 1000000) return false;
        out->i = v->i * 1000000;
    }
    return true;
}

static bool cast_scalar(struct arena *a, const struct value *v, const struct type *from, const struct type *to, struct value *out) {
    switch (to->kind) {
    case T_BOOLEAN:
        *out = value_int(v->kind == V_DOUBLE ? v->d != 0 : v->kind == V_DECIMAL ? v->dec != 0 : v->i != 0);
        return true;
    case T_TINYINT: case T_SMALLINT: case T_INT: case T_BIGINT: return to_integer(v, from, to, out);
    case T_FLOAT: *out = value_double((float)as_double(v, from)); return true;
    case T_DOUBLE: *out = value_double(as_double(v, from)); return true;
    case T_DECIMAL: return to_decimal(a, v, from, to, out);
    case T_DATE:
        *out = value_int(from->kind == T_DATE ? v->i : v->i / 86400000000 - (v->i % 86400000000 < 0));
        return true;
    case T_TIMESTAMP: case T_TIMESTAMP_NTZ: return to_timestamp(v, from, out);
    default: *out = *v; return true;
    }
}

static const struct type *item(const struct type *t, size_t i) {
    if (t->kind == T_STRUCT) return t->fields[i].type;
    return t->kind == T_MAP && i % 2 == 0 ? t->key : t->element;
}

static struct value cast_list(struct arena *a, const struct value *v, const struct type *from, const struct type *to, bool try_it) {
    struct value out = *v;
    out.l.at = mem_alloc(a, sizeof *out.l.at * (v->l.n + 1));
    for (size_t i = 0; i < v->l.n; i++) out.l.at[i] = cast_value(a, &v->l.at[i], item(from, i), item(to, i), try_it);
    return out;
}

struct value cast_value(struct arena *a, const struct value *v, const struct type *from, const struct type *to, bool try_it) {
    if (v->kind == V_NULL || type_equal(from, to)) return *v;
    if (to->kind == T_STRING) {
        struct text t;
        text_init(&t, a);
        value_print(&t, from, v);
        return value_bytes(text_end(&t), t.n);
    }
    if (v->kind == V_LIST) return cast_list(a, v, from, to, try_it);
    struct value out;
    if (from->kind == T_STRING) {
        if (to->kind == T_BINARY) return *v;
        if (from_text(v->s.p, v->s.n, to, &out)) return out;
        if (!try_it) bad_input(a, v, from, to);
        return VALUE_NULL;
    }
    if (cast_scalar(a, v, from, to, &out)) return out;
    if (!try_it) overflow(a, v, from, to);
    return VALUE_NULL;
}
