#include "sandbox/sql/value.h"
#include "base/str.h"
#include <errno.h>
#include <math.h>

static bool digit(char c) {
    return c >= '0' && c <= '9';
}

static void trim(const char **s, size_t *n) {
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

/* --- dates and times --- */
static int64_t days_of(int64_t y, int m, int d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400, yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void civil(int64_t z, int64_t *y, int *m, int *d) {
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

struct scan { const char *p, *end; };

static bool number(struct scan *s, int min, int max, int *out) {
    int n = 0, v = 0;
    while (s->p < s->end && digit(*s->p) && n < max) {
        v = v * 10 + (*s->p++ - '0');
        n++;
    }
    *out = v;
    return n >= min;
}

static bool take(struct scan *s, char c) {
    if (s->p >= s->end || *s->p != c) return false;
    s->p++;
    return true;
}

static bool scan_date(struct scan *s, int64_t *days) {
    static const int length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, m = 1, d = 1;
    bool negative = take(s, '-');
    if (!number(s, 4, 7, &y)) return false;
    if (take(s, '-')) {
        if (!number(s, 1, 2, &m)) return false;
        if (take(s, '-') && !number(s, 1, 2, &d)) return false;
    }
    if (negative) y = -y;
    if (m < 1 || m > 12 || d < 1 || d > length[m - 1]) return false;
    if (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400))) return false;
    *days = days_of(y, m, d);
    return true;
}

static bool scan_zone(struct scan *s, int64_t *offset) {
    *offset = 0;
    while (take(s, ' ')) continue;
    if (s->p == s->end || (take(s, 'Z') && s->p == s->end)) return true;
    size_t n = (size_t)(s->end - s->p);
    if ((n >= 3 && (!memcmp(s->p, "UTC", 3) || !memcmp(s->p, "GMT", 3))) ) s->p += 3;
    if (s->p == s->end) return true;
    bool negative = *s->p == '-';
    if (!take(s, '-') && !take(s, '+')) return false;
    int h, m = 0, sec = 0;
    if (!number(s, 1, 2, &h)) return false;
    bool colon = take(s, ':');
    if (s->p < s->end && !number(s, colon ? 1 : 2, 2, &m)) return false;
    if (take(s, ':') && !number(s, 2, 2, &sec)) return false;
    if (h > 18 || m > 59 || sec > 59) return false;
    *offset = (h * 3600 + m * 60 + sec) * (negative ? -1 : 1);
    return s->p == s->end;
}

bool date_parse(const char *s, size_t n, int64_t *days) {
    trim(&s, &n);
    struct scan in = { s, s + n };
    return scan_date(&in, days) && (in.p == in.end || *in.p == ' ' || *in.p == 'T');
}

static bool scan_clock(struct scan *s, int64_t *us) {
    int h, m = 0, sec = 0;
    int64_t fraction = 0;
    if (!number(s, 1, 2, &h)) return false;
    if (take(s, ':') && !number(s, 1, 2, &m)) return false;
    if (take(s, ':') && !number(s, 1, 2, &sec)) return false;
    if (take(s, '.')) {
        int64_t unit = 100000;
        for (; s->p < s->end && digit(*s->p); s->p++, unit /= 10) fraction += (*s->p - '0') * unit;
    }
    *us = ((int64_t)(h * 60 + m) * 60 + sec) * 1000000 + fraction;
    return h < 24 && m < 60 && sec < 60;
}

bool timestamp_parse(const char *s, size_t n, int64_t *us) {
    trim(&s, &n);
    struct scan in = { s, s + n };
    int64_t days, clock = 0, offset = 0;
    if (!scan_date(&in, &days)) return false;
    if (in.p < in.end) {
        if (!take(&in, ' ') && !take(&in, 'T')) return false;
        if (!scan_clock(&in, &clock) || !scan_zone(&in, &offset)) return false;
    }
    *us = days * 86400000000 + clock - offset * 1000000;
    return true;
}

struct clock { int64_t y; int mo, d, h, mi, s, us; };

static int clock_part(const struct clock *c, char letter) {
    switch (letter) {
    case 'y': return (int)c->y;
    case 'M': return c->mo;
    case 'd': return c->d;
    case 'H': return c->h;
    case 'm': return c->mi;
    case 's': return c->s;
    default: return -1;
    }
}

static void format_fraction(struct text *out, int us, int width) {
    char b[16];
    snprintf(b, sizeof b, "%06d000", us);
    text_add(out, b, (size_t)(width > 9 ? 9 : width));
}

/* Quoted text behind p[0] == '\''; returns the last character used. */
static const char *format_quoted(struct text *out, const char *p) {
    if (p[1] == '\'') {
        text_putc(out, '\'');
        return p + 1;
    }
    for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
        if (*p == '\'') p++;
        text_putc(out, *p);
    }
    return *p ? p : p - 1;
}

bool timestamp_format(struct text *out, int64_t us, const char *pattern) {
    struct clock c;
    int64_t days = us / 86400000000, rest = us % 86400000000;
    if (rest < 0) {
        days--;
        rest += 86400000000;
    }
    civil(days, &c.y, &c.mo, &c.d);
    c.us = (int)(rest % 1000000);
    rest /= 1000000;
    c.h = (int)(rest / 3600);
    c.mi = (int)(rest / 60 % 60);
    c.s = (int)(rest % 60);
    for (const char *p = pattern; *p; p++) {
        int width = 1;
        if (*p == '\'') {
            p = format_quoted(out, p);
            continue;
        }
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        while (letter && p[1] == *p) p++, width++;
        int part = clock_part(&c, *p);
        if (*p == 'y' && width == 2) text_printf(out, "%02d", part % 100);
        else if (part >= 0 || *p == 'y') text_printf(out, "%0*d", width, part);
        else if (*p == 'S') format_fraction(out, c.us, width);
        else if (*p == 'X') text_putc(out, 'Z');
        else if (*p == 'x' || *p == 'Z') text_puts(out, width >= 3 && *p == 'x' ? "+00:00" : "+0000");
        else if (letter) return false;
        else text_putc(out, *p);
    }
    return true;
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
    trim(&s, &n);
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
