#include "sandbox/sql/value.h"
#include "base/base64.h"
#include "base/str.h"
#include <math.h>

struct value value_int(int64_t i) {
    return (struct value){ .kind = V_INT, .i = i };
}

struct value value_double(double d) {
    return (struct value){ .kind = V_DOUBLE, .d = d };
}

struct value value_bytes(const char *p, size_t n) {
    return (struct value){ .kind = V_BYTES, .s = { .p = p, .n = n } };
}

struct value value_text(const char *s) {
    return value_bytes(s, strlen(s));
}

struct value value_copy(struct arena *a, const struct value *v) {
    struct value out = *v;
    if (v->kind == V_BYTES) {
        out.s.p = mem_text(a, v->s.p, v->s.n);
    } else if (v->kind == V_LIST) {
        out.l.at = mem_alloc(a, sizeof *out.l.at * (v->l.n + 1));
        for (size_t i = 0; i < v->l.n; i++) out.l.at[i] = value_copy(a, &v->l.at[i]);
    }
    return out;
}

static int compare_double(double a, double b) {
    if (isnan(a) || isnan(b)) return (isnan(a) != 0) - (isnan(b) != 0);
    return (a > b) - (a < b);
}

static int compare_bytes(const struct value *a, const struct value *b) {
    size_t n = a->s.n < b->s.n ? a->s.n : b->s.n;
    int c = n ? memcmp(a->s.p, b->s.p, n) : 0;
    return c ? (c > 0) - (c < 0) : (a->s.n > b->s.n) - (a->s.n < b->s.n);
}

static const struct type *item_type(const struct type *t, size_t i) {
    if (t->kind == T_STRUCT) return t->fields[i].type;
    return t->kind == T_MAP && i % 2 == 0 ? t->key : t->element;
}

static int compare_list(const struct type *t, const struct value *a, const struct value *b) {
    for (size_t i = 0; i < a->l.n && i < b->l.n; i++) {
        int c = value_compare(item_type(t, i), &a->l.at[i], &b->l.at[i]);
        if (c) return c;
    }
    return (a->l.n > b->l.n) - (a->l.n < b->l.n);
}

int value_compare(const struct type *t, const struct value *a, const struct value *b) {
    if (a->kind == V_NULL || b->kind == V_NULL) return (a->kind != V_NULL) - (b->kind != V_NULL);
    switch (a->kind) {
    case V_INT: return (a->i > b->i) - (a->i < b->i);
    case V_DOUBLE: return compare_double(a->d, b->d);
    case V_DECIMAL: return (a->dec > b->dec) - (a->dec < b->dec);
    case V_BYTES: return compare_bytes(a, b);
    default: return compare_list(t, a, b);
    }
}

static void key_u64(struct text *out, uint64_t u) {
    char b[8];
    for (int i = 0; i < 8; i++) b[i] = (char)(u >> (56 - 8 * i));
    text_add(out, b, 8);
}

static void key_double(struct text *out, double d) {
    uint64_t u;
    if (isnan(d)) {
        key_u64(out, UINT64_MAX);
        return;
    }
    if (d == 0) d = 0; /* -0.0 equals 0.0 */
    memcpy(&u, &d, 8);
    key_u64(out, u >> 63 ? ~u : u | (uint64_t)1 << 63);
}

/* 0x00 inside is followed by 0xff and the end is 00 00, so that a prefix sorts first. */
static void key_bytes(struct text *out, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        text_putc(out, p[i]);
        if (!p[i]) text_putc(out, (char)0xff);
    }
    text_add(out, "\0\0", 2);
}

static void key_value(struct text *out, const struct type *t, const struct value *v) {
    switch (v->kind) {
    case V_NULL: break;
    case V_INT: key_u64(out, (uint64_t)v->i ^ (uint64_t)1 << 63); break;
    case V_DOUBLE: key_double(out, v->d); break;
    case V_DECIMAL:
        key_u64(out, (uint64_t)(v->dec >> 64) ^ (uint64_t)1 << 63);
        key_u64(out, (uint64_t)v->dec);
        break;
    case V_BYTES: key_bytes(out, v->s.p, v->s.n); break;
    case V_LIST:
        for (size_t i = 0; i < v->l.n; i++) {
            text_putc(out, v->l.at[i].kind == V_NULL ? 1 : 2);
            key_value(out, item_type(t, i), &v->l.at[i]);
        }
        text_putc(out, 0);
    }
}

void value_key(struct text *out, const struct type *t, const struct value *v, bool descending, bool nulls_last) {
    text_putc(out, v->kind == V_NULL ? (nulls_last ? 2 : 0) : 1);
    size_t from = out->n;
    key_value(out, t, v);
    if (descending)
        for (size_t i = from; i < out->n; i++) out->p[i] = (char)~out->p[i];
}

static void write_size(struct text *out, uint64_t n) {
    while (n >= 0x80) {
        text_putc(out, (char)(n | 0x80));
        n >>= 7;
    }
    text_putc(out, (char)n);
}

static void write_value(struct text *out, const struct value *v) {
    text_putc(out, (char)v->kind);
    switch (v->kind) {
    case V_NULL: break;
    case V_INT: write_size(out, (uint64_t)v->i << 1 ^ (uint64_t)(v->i >> 63)); break;
    case V_DOUBLE: text_add(out, &v->d, sizeof v->d); break;
    case V_DECIMAL: text_add(out, &v->dec, sizeof v->dec); break;
    case V_BYTES:
        write_size(out, v->s.n);
        text_add(out, v->s.p, v->s.n);
        break;
    case V_LIST:
        write_size(out, v->l.n);
        for (size_t i = 0; i < v->l.n; i++) write_value(out, &v->l.at[i]);
    }
}

void row_write(struct text *out, const struct value *row, int count) {
    for (int i = 0; i < count; i++) write_value(out, &row[i]);
}

struct reader { const char *p, *end; };

static uint64_t read_size(struct reader *r) {
    uint64_t n = 0;
    for (int shift = 0; r->p < r->end && shift < 64; shift += 7) {
        unsigned char c = (unsigned char)*r->p++;
        n |= (uint64_t)(c & 0x7f) << shift;
        if (c < 0x80) break;
    }
    return n;
}

static bool read_fixed(struct reader *r, void *out, size_t n) {
    if ((size_t)(r->end - r->p) < n) return false;
    memcpy(out, r->p, n);
    r->p += n;
    return true;
}

static struct value read_value(struct arena *a, struct reader *r) {
    struct value v = VALUE_NULL;
    if (r->p >= r->end) return v;
    v.kind = (enum value_kind)*r->p++;
    uint64_t n;
    switch (v.kind) {
    case V_INT:
        n = read_size(r);
        v.i = (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
        return v;
    case V_DOUBLE: return read_fixed(r, &v.d, sizeof v.d) ? v : VALUE_NULL;
    case V_DECIMAL: return read_fixed(r, &v.dec, sizeof v.dec) ? v : VALUE_NULL;
    case V_BYTES:
        n = read_size(r);
        if (n > (size_t)(r->end - r->p)) return VALUE_NULL;
        v.s.p = r->p;
        v.s.n = n;
        r->p += n;
        return v;
    case V_LIST:
        n = read_size(r);
        if (n > (size_t)(r->end - r->p)) return VALUE_NULL;
        v.l.n = n;
        v.l.at = mem_alloc(a, sizeof *v.l.at * (n + 1));
        for (size_t i = 0; i < n; i++) v.l.at[i] = read_value(a, r);
        return v;
    default: return VALUE_NULL;
    }
}

struct value *row_read(struct arena *a, const char *bytes, size_t n, int count) {
    struct reader r = { bytes, bytes + n };
    struct value *row = mem_alloc(a, sizeof *row * (size_t)(count + 1));
    for (int i = 0; i < count; i++) row[i] = read_value(a, &r);
    return row;
}

/* --- decimals --- */
static i128 power10(int n) {
    i128 p = 1;
    while (n-- > 0) p *= 10;
    return p;
}

bool decimal_fits(i128 v, int precision) {
    i128 limit = power10(precision);
    return v < limit && v > -limit;
}

bool decimal_rescale(i128 *v, int from, int to) {
    for (; from < to; from++) {
        if (!decimal_fits(*v, 37)) return false;
        *v *= 10;
    }
    if (from > to) {
        i128 p = from - to > 38 ? 0 : power10(from - to);
        if (!p) {
            *v = 0;
            return true;
        }
        i128 rest = *v % p;
        *v /= p;
        if (rest < 0 ? -rest >= p - p / 2 : rest >= p - p / 2) *v += rest < 0 ? -1 : 1;
    }
    return true;
}

/* Reads the digits of "-12.340e5" into *v with *scale digits behind the point. */
static bool decimal_digits(const char *s, size_t n, i128 *v, int *scale) {
    size_t i = 0;
    bool negative = n && s[0] == '-', point = false, any = false;
    if (n && (s[0] == '-' || s[0] == '+')) i++;
    *v = 0;
    *scale = 0;
    for (; i < n && (digit(s[i]) || (s[i] == '.' && !point)); i++) {
        if (s[i] == '.') {
            point = true;
            continue;
        }
        any = true;
        if (!decimal_fits(*v, 37)) {
            if (!point) return false;
            continue;
        }
        *v = *v * 10 + (s[i] - '0');
        if (point) ++*scale;
    }
    if (i < n && any && (s[i] == 'e' || s[i] == 'E')) {
        int64_t e;
        if (!int_parse(s + i + 1, n - i - 1, &e) || e > 60 || e < -60) return false;
        *scale -= (int)e;
        i = n;
    }
    if (negative) *v = -*v;
    return any && i == n;
}

bool decimal_parse(const char *s, size_t n, const struct type *t, i128 *out) {
    int scale;
    return decimal_digits(s, n, out, &scale) && decimal_rescale(out, scale, t->scale) && decimal_fits(*out, t->precision);
}

void decimal_print(struct text *out, i128 v, int scale) {
    char digits[64];
    int n = 0;
    bool negative = v < 0;
    for (; v || n <= scale; v /= 10) {
        int d = (int)(v % 10);
        digits[n++] = (char)('0' + (d < 0 ? -d : d));
    }
    if (negative) text_putc(out, '-');
    while (n--) {
        text_putc(out, digits[n]);
        if (n == scale && scale) text_putc(out, '.');
    }
}

/* --- doubles, as java.lang.Double.toString --- */
void double_print(struct text *out, double d, bool is_float) {
    if (isnan(d) || isinf(d)) {
        text_puts(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }
    char e[40];
    for (int digits = 0; digits <= 17; digits++) {
        snprintf(e, sizeof e, "%.*e", digits, d);
        if (is_float ? strtof(e, NULL) == (float)d : strtod(e, NULL) == d) break;
    }
    char *mark = strchr(e, 'e');
    int power = (int)strtol(mark + 1, NULL, 10), n = 0;
    char digits[40];
    for (char *p = e; p < mark; p++)
        if (digit(*p)) digits[n++] = *p;
    if (e[0] == '-') text_putc(out, '-');
    if (d != 0 && (power < -3 || power >= 7)) {
        text_printf(out, "%c.%.*sE%d", digits[0], n > 1 ? n - 1 : 1, n > 1 ? digits + 1 : "0", power);
        return;
    }
    if (power < 0) {
        text_puts(out, "0.");
        for (int i = -1; i > power; i--) text_putc(out, '0');
        text_add(out, digits, (size_t)n);
        return;
    }
    for (int i = 0; i <= power || i < n; i++) {
        if (i == power + 1) text_putc(out, '.');
        text_putc(out, i < n ? digits[i] : '0');
    }
    if (n <= power + 1) text_puts(out, ".0");
}

/* --- printing --- */
static void print_list(struct text *out, const struct type *t, const struct value *v) {
    text_putc(out, t->kind == T_ARRAY ? '[' : '{');
    for (size_t i = 0; i < v->l.n; i++) {
        if (t->kind == T_MAP && i % 2) text_puts(out, " -> ");
        else if (i) text_puts(out, ", ");
        if (v->l.at[i].kind == V_NULL) text_puts(out, "null");
        else value_print(out, item_type(t, i), &v->l.at[i]);
    }
    text_putc(out, t->kind == T_ARRAY ? ']' : '}');
}

static void print_date(struct text *out, int64_t days) {
    timestamp_format(out, days * 86400000000, "yyyy-MM-dd");
}

/* "2026-11-22 07:00:00.5": no trailing zeros. */
static void print_timestamp(struct text *out, int64_t us) {
    timestamp_format(out, us, "yyyy-MM-dd HH:mm:ss");
    int64_t rest = ((us % 1000000) + 1000000) % 1000000;
    if (!rest) return;
    char b[16];
    snprintf(b, sizeof b, ".%06d", (int)rest);
    size_t n = strlen(b);
    while (b[n - 1] == '0') n--;
    text_add(out, b, n);
}

void value_print(struct text *out, const struct type *t, const struct value *v) {
    if (v->kind == V_LIST) {
        print_list(out, t, v);
        return;
    }
    switch (t->kind) {
    case T_BOOLEAN: text_puts(out, v->i ? "true" : "false"); break;
    case T_FLOAT: case T_DOUBLE: double_print(out, v->d, t->kind == T_FLOAT); break;
    case T_DECIMAL: decimal_print(out, v->dec, t->scale); break;
    case T_STRING: case T_BINARY: text_add(out, v->s.p, v->s.n); break;
    case T_DATE: print_date(out, v->i); break;
    case T_TIMESTAMP: case T_TIMESTAMP_NTZ: print_timestamp(out, v->i); break;
    default: text_printf(out, "%lld", (long long)v->i);
    }
}
