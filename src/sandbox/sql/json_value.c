#include "sandbox/sql/value.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include <math.h>

/* Reads JSON as Jackson with Spark's settings does: single quotes are allowed, numbers keep their text. */
struct json { struct arena *a; const char *p, *end; const struct json_options *o; int depth; bool wrong; /* a field did not fit */ };
#define JSON_DEPTH 500
#define JSON_STRING_MAX ((size_t)20000000)

static void blanks(struct json *j) {
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r')) j->p++;
}

static int peek(struct json *j) {
    blanks(j);
    return j->p < j->end ? (unsigned char)*j->p : -1;
}

static int hex4(const char *p, const char *end, uint32_t *out) {
    if (end - p < 4) return -1;
    *out = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0) return -1;
        *out = *out << 4 | (uint32_t)d;
    }
    return 0;
}

static int read_unicode(struct json *j, struct text *t) {
    uint32_t c, low;
    char b[4];
    if (hex4(j->p, j->end, &c)) return -1;
    j->p += 4;
    if (c >= 0xd800 && c < 0xdc00 && j->end - j->p >= 6 && j->p[0] == '\\' && j->p[1] == 'u' && !hex4(j->p + 2, j->end, &low) &&
        low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        j->p += 6;
    }
    if (c >= 0xd800 && c < 0xe000) c = '?';
    text_add(t, b, utf8_encode(c, b));
    return 0;
}

static int read_escape(struct json *j, struct text *t) {
    static const char from[] = "\"\\/bfnrt'", to[] = "\"\\/\b\f\n\r\t'";
    if (j->p >= j->end) return -1;
    char c = *j->p++;
    if (c == 'u') return read_unicode(j, t);
    const char *at = c ? strchr(from, c) : NULL;
    if (!at) return -1;
    text_putc(t, to[at - from]);
    return 0;
}

/* A string at its quote; without escapes it points into the text. */
static int read_string(struct json *j, struct value *out) {
    char quote = *j->p++;
    const char *start = j->p;
    while (j->p < j->end && *j->p != quote && *j->p != '\\' && (unsigned char)*j->p >= 0x20) j->p++;
    if (j->p < j->end && *j->p == quote) {
        *out = value_bytes(start, (size_t)(j->p++ - start));
        return out->s.n > JSON_STRING_MAX ? -1 : 0;
    }
    struct text t;
    text_init(&t, j->a);
    text_add(&t, start, (size_t)(j->p - start));
    for (;;) {
        if (j->p >= j->end || (unsigned char)*j->p < 0x20) return -1;
        if (*j->p == quote) break;
        if (*j->p == '\\') {
            j->p++;
            if (read_escape(j, &t)) return -1;
            continue;
        }
        const char *run = j->p;
        while (j->p < j->end && *j->p != quote && *j->p != '\\' && (unsigned char)*j->p >= 0x20) j->p++;
        text_add(&t, run, (size_t)(j->p - run));
    }
    j->p++;
    *out = value_bytes(text_end(&t), t.n);
    return t.n > JSON_STRING_MAX ? -1 : 0;
}

/* A number or a bare word; its text. */
static int read_word(struct json *j, const char **s, size_t *n) {
    *s = j->p;
    while (j->p < j->end && (strchr("+-.", *j->p) ? *j->p != 0 : (*j->p >= '0' && *j->p <= '9') || ((*j->p | 32) >= 'a' && (*j->p | 32) <= 'z'))) j->p++;
    *n = (size_t)(j->p - *s);
    return *n ? 0 : -1;
}

static bool is(const char *s, size_t n, const char *word) {
    return n == strlen(word) && !memcmp(s, word, n);
}

static bool is_number(const char *s, size_t n) {
    size_t i = n && s[0] == '-', start = i;
    while (i < n && s[i] >= '0' && s[i] <= '9') i++;
    if (i == start || (s[start] == '0' && i > start + 1)) return false;
    if (i < n && s[i] == '.') {
        size_t point = ++i;
        while (i < n && s[i] >= '0' && s[i] <= '9') i++;
        if (i == point) return false;
    }
    if (i < n && (s[i] | 32) == 'e') {
        i++;
        if (i < n && (s[i] == '+' || s[i] == '-')) i++;
        size_t mark = i;
        while (i < n && s[i] >= '0' && s[i] <= '9') i++;
        if (i == mark) return false;
    }
    return i == n;
}

static bool is_named_number(const char *s, size_t n) {
    return is(s, n, "NaN") || is(s, n, "Infinity") || is(s, n, "+Infinity") || is(s, n, "-Infinity") || is(s, n, "+INF") ||
           is(s, n, "-INF") || is(s, n, "INF");
}

/* Steps over one value, checking it; appends its JSON text as Jackson would write it again when t is not NULL. */
static int copy_value(struct json *j, struct text *t);

static int copy_members(struct json *j, struct text *t, char close) {
    bool object = close == '}', first = true;
    j->p++;
    if (t) text_putc(t, object ? '{' : '[');
    if (peek(j) == close) {
        j->p++;
        if (t) text_putc(t, close);
        return 0;
    }
    for (;; first = false) {
        if (t && !first) text_putc(t, ',');
        if (object) {
            int c = peek(j);
            struct value key;
            if ((c != '"' && c != '\'') || read_string(j, &key) || peek(j) != ':') return -1;
            j->p++;
            if (t) {
                json_string(t, key.s.p, key.s.n);
                text_putc(t, ':');
            }
        }
        if (copy_value(j, t)) return -1;
        int c = peek(j);
        j->p++;
        if (c == close) break;
        if (c != ',') return -1;
    }
    if (t) text_putc(t, close);
    return 0;
}

static void copy_number(struct text *t, const char *s, size_t n) {
    double d;
    if (memchr(s, '.', n) || memchr(s, 'e', n) || memchr(s, 'E', n)) {
        if (double_parse(s, n, &d)) {
            double_print(t, d, false);
            return;
        }
    }
    text_add(t, s, n);
}

static int copy_value(struct json *j, struct text *t) {
    int c = peek(j);
    if (c < 0 || ++j->depth > JSON_DEPTH) return -1;
    int rc = 0;
    if (c == '{' || c == '[') {
        rc = copy_members(j, t, c == '{' ? '}' : ']');
    } else if (c == '"' || c == '\'') {
        struct value v;
        rc = read_string(j, &v);
        if (!rc && t) json_string(t, v.s.p, v.s.n);
    } else {
        const char *s;
        size_t n;
        rc = read_word(j, &s, &n);
        if (!rc && is_number(s, n)) {
            if (t) copy_number(t, s, n);
        } else if (!rc && is_named_number(s, n)) {
            if (t) text_printf(t, "\"%.*s\"", (int)n, s);
        } else if (!rc && (is(s, n, "true") || is(s, n, "false") || is(s, n, "null"))) {
            if (t) text_add(t, s, n);
        } else {
            rc = -1;
        }
    }
    j->depth--;
    return rc;
}

static int read_value(struct json *j, const struct type *t, struct value *out);

/* Where a field did not fit, the value is NULL and the record is marked; the text itself may still be sound. */
static int misfit(struct json *j, struct value *out) {
    j->wrong = true;
    *out = VALUE_NULL;
    return 0;
}

static int read_struct(struct json *j, const struct type *t, struct value *out) {
    *out = (struct value){ .kind = V_LIST };
    out->l.n = (size_t)t->count;
    out->l.at = mem_zero(j->a, sizeof *out->l.at * (size_t)(t->count + 1));
    j->p++;
    if (peek(j) == '}') {
        j->p++;
        return 0;
    }
    for (int guess = 0;; guess++) {
        int c = peek(j), at = -1;
        struct value key;
        if ((c != '"' && c != '\'') || read_string(j, &key) || peek(j) != ':') return -1;
        j->p++;
        for (int i = 0; i < t->count && at < 0; i++) {
            int k = (guess + i) % t->count;
            if (is(key.s.p, key.s.n, t->fields[k].name)) at = k;
        }
        if (at >= 0 ? read_value(j, t->fields[at].type, &out->l.at[at]) : copy_value(j, NULL)) return -1;
        if (at >= 0) guess = at;
        c = peek(j);
        j->p++;
        if (c == '}') return 0;
        if (c != ',') return -1;
    }
}

struct items { struct value *at; size_t n, cap; };

static void items_add(struct json *j, struct items *l, struct value v) {
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 8;
        struct value *at = mem_alloc(j->a, sizeof *at * cap);
        if (l->n) memcpy(at, l->at, sizeof *at * l->n);
        l->at = at;
        l->cap = cap;
    }
    l->at[l->n++] = v;
}

static int read_items(struct json *j, const struct type *t, struct value *out) {
    struct items l = {0};
    bool wrong = false;
    char close = t->kind == T_MAP ? '}' : ']';
    j->p++;
    if (peek(j) == close) j->p++;
    else {
        for (;;) {
            struct value v;
            int c = peek(j);
            if (t->kind == T_MAP) {
                if ((c != '"' && c != '\'') || read_string(j, &v) || peek(j) != ':') return -1;
                j->p++;
                items_add(j, &l, v);
            }
            bool before = j->wrong;
            j->wrong = false;
            if (read_value(j, t->element, &v)) return -1;
            wrong |= j->wrong && t->element->kind != T_STRUCT;
            j->wrong |= before;
            items_add(j, &l, v);
            c = peek(j);
            j->p++;
            if (c == close) break;
            if (c != ',') return -1;
        }
    }
    if (wrong) return misfit(j, out); /* one element that does not fit makes the whole NULL; a struct keeps what fits */
    *out = (struct value){ .kind = V_LIST };
    out->l.at = l.at;
    out->l.n = l.n;
    return 0;
}

static int from_string(struct json *j, const struct type *t, const struct value *s, struct value *out) {
    struct err e;
    int64_t i;
    struct value trimmed = *s;
    *out = *s;
    switch (t->kind) {
    case T_STRING: return 0;
    case T_BINARY: {
        struct buf b;
        buf_init(&b, 0);
        int rc = base64_decode(&b, s->s.p, s->s.n, &e);
        *out = value_bytes(mem_text(j->a, b.data, b.len), b.len);
        buf_release(&b);
        return rc ? misfit(j, out) : 0;
    }
    case T_TIMESTAMP: case T_TIMESTAMP_NTZ:
        if (!timestamp_parse(s->s.p, s->s.n, &i)) return misfit(j, out);
        *out = value_int(i);
        return 0;
    case T_DATE:
        if (!date_parse(s->s.p, s->s.n, &i)) return misfit(j, out);
        *out = value_int(i);
        return 0;
    case T_DECIMAL:
        *out = (struct value){ .kind = V_DECIMAL };
        return decimal_parse(s->s.p, s->s.n, t, &out->dec) ? 0 : misfit(j, out);
    case T_FLOAT: case T_DOUBLE:
        if (!is_named_number(trimmed.s.p, trimmed.s.n)) return misfit(j, out);
        *out = value_double(0);
        return double_parse(s->s.p + (s->s.p[0] == '+'), s->s.n - (s->s.p[0] == '+'), &out->d) ? 0 : misfit(j, out);
    default: return misfit(j, out);
    }
}

static bool int_in(int64_t i, enum type_kind k) {
    return k == T_BIGINT || (k == T_INT && i >= INT32_MIN && i <= INT32_MAX) || (k == T_SMALLINT && i >= INT16_MIN && i <= INT16_MAX) ||
           (k == T_TINYINT && i >= INT8_MIN && i <= INT8_MAX);
}

static int from_number(struct json *j, const struct type *t, const char *s, size_t n, struct value *out) {
    double d;
    *out = value_int(0);
    switch (t->kind) {
    case T_TINYINT: case T_SMALLINT: case T_INT: case T_BIGINT:
        return int_parse(s, n, &out->i) && int_in(out->i, t->kind) ? 0 : misfit(j, out);
    case T_FLOAT: case T_DOUBLE:
        if (!double_parse(s, n, &d)) return misfit(j, out);
        *out = value_double(t->kind == T_FLOAT ? (float)d : d);
        return 0;
    case T_DECIMAL:
        out->kind = V_DECIMAL;
        return decimal_parse(s, n, t, &out->dec) ? 0 : misfit(j, out);
    case T_TIMESTAMP:
        if (!int_parse(s, n, &out->i) || out->i > INT64_MAX / 1000000 || out->i < INT64_MIN / 1000000) return misfit(j, out);
        out->i *= 1000000;
        return 0;
    default: return misfit(j, out);
    }
}

static int read_scalar_word(struct json *j, const struct type *t, struct value *out) {
    const char *s;
    size_t n;
    if (read_word(j, &s, &n)) return -1;
    if (is(s, n, "null")) {
        *out = VALUE_NULL;
        return 0;
    }
    if (is(s, n, "true") || is(s, n, "false")) {
        if (t->kind == T_BOOLEAN) *out = value_int(*s == 't');
        else if (t->kind == T_STRING) *out = value_bytes(s, n);
        else return misfit(j, out);
        return 0;
    }
    bool named = is_named_number(s, n);
    if (!named && !is_number(s, n)) return -1;
    if (t->kind == T_STRING) {
        struct text x;
        text_init(&x, j->a);
        if (named) text_add(&x, s, n);
        else copy_number(&x, s, n);
        *out = value_bytes(text_end(&x), x.n);
        return 0;
    }
    if (named) {
        struct value v = value_bytes(s, n);
        return from_string(j, t, &v, out);
    }
    return from_number(j, t, s, n, out);
}

static int read_value(struct json *j, const struct type *t, struct value *out) {
    int c = peek(j), rc;
    if (c < 0 || ++j->depth > JSON_DEPTH) return -1;
    if (c == '"' || c == '\'') {
        struct value s;
        rc = read_string(j, &s);
        if (!rc) rc = from_string(j, t, &s, out);
    } else if (c == '{' && t->kind == T_STRUCT) {
        rc = read_struct(j, t, out);
    } else if ((c == '{' && t->kind == T_MAP && t->key->kind == T_STRING) || (c == '[' && t->kind == T_ARRAY)) {
        rc = read_items(j, t, out);
    } else if (c == '{' || c == '[') {
        struct text x;
        text_init(&x, j->a);
        rc = copy_value(j, t->kind == T_STRING ? &x : NULL);
        if (!rc && t->kind == T_STRING) *out = value_bytes(text_end(&x), x.n);
        else if (!rc) rc = misfit(j, out);
    } else {
        rc = read_scalar_word(j, t, out);
    }
    j->depth--;
    return rc;
}

static struct value all_null(struct arena *a, const struct type *t) {
    struct value v = { .kind = V_LIST };
    if (t->kind != T_STRUCT) return VALUE_NULL;
    v.l.n = (size_t)t->count;
    v.l.at = mem_zero(a, sizeof *v.l.at * (size_t)(t->count + 1));
    return v;
}

int json_read(struct arena *a, const char *s, size_t n, const struct type *t, const struct json_options *o, struct value *out, bool *empty) {
    struct json j = { .a = a, .p = s, .end = s + n, .o = o };
    int c = peek(&j), rc = -1;
    *empty = c < 0;
    *out = VALUE_NULL;
    if (c < 0) return JSON_OK;
    if ((c == '{' && t->kind != T_ARRAY) || (c == '[' && t->kind == T_ARRAY)) rc = read_value(&j, t, out);
    else j.wrong = true;
    if (rc || j.wrong) {
        if (rc) *out = all_null(a, t);
        if (o->corrupt_column && t->kind == T_STRUCT)
            for (int i = 0; i < t->count; i++)
                if (str_eq(t->fields[i].name, o->corrupt_column)) out->l.at[i] = value_bytes(s, n);
        return JSON_BROKEN;
    }
    return JSON_OK;
}

void json_string(struct text *out, const char *s, size_t n) {
    static const char hex[] = "0123456789ABCDEF";
    text_putc(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        text_add(out, s + from, i - from);
        from = i + 1;
        static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
        const char *at = c ? strchr(escaped, c) : NULL;
        text_putc(out, '\\');
        if (at) text_putc(out, letters[at - escaped]);
        else {
            text_puts(out, "u00");
            text_putc(out, hex[c >> 4]);
            text_putc(out, hex[c & 15]);
        }
    }
    text_add(out, s + from, n - from);
    text_putc(out, '"');
}

static void write_scalar(struct text *out, const struct type *t, const struct value *v, const struct json_options *o) {
    switch (t->kind) {
    case T_STRING: json_string(out, v->s.p, v->s.n); break;
    case T_BINARY: {
        char *b = mem_alloc(out->a, base64_length(v->s.n) + 1);
        text_putc(out, '"');
        text_add(out, b, base64_encode(v->s.p, v->s.n, b));
        text_putc(out, '"');
        break;
    }
    case T_FLOAT: case T_DOUBLE:
        if (!isfinite(v->d)) text_putc(out, '"');
        double_print(out, v->d, t->kind == T_FLOAT);
        if (!isfinite(v->d)) text_putc(out, '"');
        break;
    case T_DATE: case T_TIMESTAMP: case T_TIMESTAMP_NTZ: {
        const char *f = t->kind == T_DATE ? "yyyy-MM-dd" : t->kind == T_TIMESTAMP_NTZ ? "yyyy-MM-dd'T'HH:mm:ss.SSS" :
                        o->timestamp_format ? o->timestamp_format : "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";
        text_putc(out, '"');
        timestamp_format(out, t->kind == T_DATE ? v->i * 86400000000 : v->i, f);
        text_putc(out, '"');
        break;
    }
    default: value_print(out, t, v);
    }
}

static void write_key(struct text *out, const struct type *t, const struct value *v) {
    struct text k;
    text_init(&k, out->a);
    value_print(&k, t, v);
    json_string(out, k.p, k.n);
}

void json_write(struct text *out, const struct type *t, const struct value *v, const struct json_options *o) {
    if (v->kind == V_NULL) {
        text_puts(out, "null");
        return;
    }
    if (v->kind != V_LIST) {
        write_scalar(out, t, v, o);
        return;
    }
    bool first = true, array = t->kind == T_ARRAY;
    text_putc(out, array ? '[' : '{');
    for (size_t i = 0; i < v->l.n; i += t->kind == T_MAP ? 2 : 1) {
        const struct value *item = &v->l.at[t->kind == T_MAP ? i + 1 : i];
        if (t->kind == T_STRUCT && item->kind == V_NULL && !o->keep_nulls) continue;
        if (!first) text_putc(out, ',');
        first = false;
        if (t->kind == T_STRUCT) json_string(out, t->fields[i].name, strlen(t->fields[i].name));
        if (t->kind == T_MAP) write_key(out, t->key, &v->l.at[i]);
        if (!array) text_putc(out, ':');
        json_write(out, t->kind == T_STRUCT ? t->fields[i].type : t->element, item, o);
    }
    text_putc(out, array ? ']' : '}');
}

/* --- inference: columns in alphabetical order, times stay text --- */
static const struct type *infer_value(struct json *j);

static const struct type *merge_types(struct arena *a, const struct type *x, const struct type *y) {
    if (!x || x->kind == T_VOID) return y;
    if (!y || y->kind == T_VOID) return x;
    if (x->kind == T_STRUCT && y->kind == T_STRUCT) {
        struct field *f = mem_zero(a, sizeof *f * (size_t)(x->count + y->count + 1));
        int n = 0, i = 0, k = 0;
        while (i < x->count || k < y->count) {
            int c = i >= x->count ? 1 : k >= y->count ? -1 : strcmp(x->fields[i].name, y->fields[k].name);
            f[n].name = c <= 0 ? x->fields[i].name : y->fields[k].name;
            f[n++].type = c == 0 ? merge_types(a, x->fields[i].type, y->fields[k].type) : c < 0 ? x->fields[i].type : y->fields[k].type;
            i += c <= 0;
            k += c >= 0;
        }
        return type_struct(a, f, n);
    }
    if (x->kind == T_ARRAY && y->kind == T_ARRAY) return type_array(a, merge_types(a, x->element, y->element));
    const struct type *common = x->kind == T_STRING || y->kind == T_STRING ? NULL : type_common(a, x, y);
    return common ? common : type_plain(T_STRING);
}

static const struct type *infer_object(struct json *j) {
    const struct type *all = type_struct(j->a, NULL, 0);
    j->p++;
    if (peek(j) == '}') {
        j->p++;
        return all;
    }
    for (;;) {
        int c = peek(j);
        struct value key;
        if ((c != '"' && c != '\'') || read_string(j, &key) || peek(j) != ':') return NULL;
        j->p++;
        struct field *f = mem_zero(j->a, sizeof *f);
        f->name = mem_text(j->a, key.s.p, key.s.n);
        f->type = infer_value(j);
        if (!f->type) return NULL;
        all = merge_types(j->a, all, type_struct(j->a, f, 1));
        c = peek(j);
        j->p++;
        if (c == '}') return all;
        if (c != ',') return NULL;
    }
}

static const struct type *infer_array(struct json *j) {
    const struct type *element = type_plain(T_VOID);
    j->p++;
    if (peek(j) == ']') {
        j->p++;
        return type_array(j->a, element);
    }
    for (;;) {
        const struct type *t = infer_value(j);
        if (!t) return NULL;
        element = merge_types(j->a, element, t);
        int c = peek(j);
        j->p++;
        if (c == ']') return type_array(j->a, element);
        if (c != ',') return NULL;
    }
}

static const struct type *infer_word(struct json *j) {
    const char *s;
    size_t n;
    int64_t i;
    if (read_word(j, &s, &n)) return NULL;
    if (is(s, n, "null")) return type_plain(T_VOID);
    if (is(s, n, "true") || is(s, n, "false")) return type_plain(T_BOOLEAN);
    if (is_named_number(s, n)) return type_plain(T_DOUBLE);
    if (!is_number(s, n)) return NULL;
    if (int_parse(s, n, &i)) return type_plain(T_BIGINT);
    return strpbrk(s, ".eE") && (memchr(s, '.', n) || memchr(s, 'e', n) || memchr(s, 'E', n)) ? type_plain(T_DOUBLE) : type_decimal(j->a, n > 38 ? 38 : (int)n, 0);
}

static const struct type *infer_value(struct json *j) {
    int c = peek(j);
    if (c < 0 || ++j->depth > JSON_DEPTH) return NULL;
    const struct type *t;
    if (c == '{') t = infer_object(j);
    else if (c == '[') t = infer_array(j);
    else if (c == '"' || c == '\'') {
        struct value v;
        t = read_string(j, &v) ? NULL : type_plain(T_STRING);
    } else t = infer_word(j);
    j->depth--;
    return t;
}

const struct type *json_infer(struct arena *a, const char *s, size_t n, const struct type *known) {
    struct json j = { .a = a, .p = s, .end = s + n };
    if (peek(&j) != '{') return NULL;
    const struct type *t = infer_value(&j);
    return t && t->kind == T_STRUCT ? merge_types(a, known, t) : NULL;
}

/* --- get_json_object --- */
/* Moves j to the member or element named; false when it is not there. */
static bool step_into(struct json *j, const char *name, size_t n, int64_t index) {
    int c = peek(j);
    char close = index < 0 ? '}' : ']';
    if (c != (index < 0 ? '{' : '[')) return false;
    j->p++;
    if (peek(j) == close) return false;
    for (int64_t at = 0;; at++) {
        struct value key;
        if (index < 0) {
            c = peek(j);
            if ((c != '"' && c != '\'') || read_string(j, &key) || peek(j) != ':') return false;
            j->p++;
            if (key.s.n == n && !memcmp(key.s.p, name, n)) return true;
        } else if (at == index) {
            return true;
        }
        if (copy_value(j, NULL) || peek(j) != ',') return false;
        j->p++;
    }
}

/* "$.a['b'][0]" step by step. */
static bool walk(struct json *j, const char *path) {
    for (const char *p = path + 1; *p;) {
        const char *name = NULL;
        size_t n = 0;
        int64_t index = -1;
        if (*p == '.') {
            name = ++p;
            p += n = strcspn(p, ".[");
        } else if (p[0] == '[' && p[1] == '\'') {
            name = p + 2;
            const char *end = strstr(name, "']");
            if (!end) return false;
            n = (size_t)(end - name);
            p = end + 2;
        } else if (*p == '[') {
            size_t digits = strspn(p + 1, "0123456789");
            if (!digits || p[1 + digits] != ']' || !int_parse(p + 1, digits, &index)) return false;
            p += digits + 2;
        } else {
            return false;
        }
        if (!step_into(j, name, n, index)) return false;
    }
    return true;
}

struct value json_path(struct arena *a, const char *s, size_t n, const char *path) {
    struct json check = { .a = a, .p = s, .end = s + n }, j = check;
    if (*path != '$' || copy_value(&check, NULL)) return VALUE_NULL;
    if (!walk(&j, path)) return VALUE_NULL;
    int c = peek(&j);
    struct value v;
    if (c == '"' || c == '\'') return read_string(&j, &v) ? VALUE_NULL : v;
    struct text t;
    text_init(&t, a);
    if (copy_value(&j, &t)) return VALUE_NULL;
    return t.n == 4 && !memcmp(t.p, "null", 4) ? VALUE_NULL : value_bytes(text_end(&t), t.n);
}

/* --- native cells --- */
static cJSON *native_text(struct run *r, const char *s, size_t n) {
    struct text t;
    text_init(&t, &r->mem);
    struct arena a;
    arena_init(&a, r);
    t.a = &a;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t used = utf8_decode(s + i, n - i, &cp);
        if (cp == UTF8_BAD) text_puts(&t, "\xEF\xBF\xBD");
        else text_add(&t, s[i] ? s + i : "\xEF\xBF\xBD", s[i] ? used : 3); /* cJSON text ends at NUL */
        i += used;
    }
    cJSON *c = cJSON_CreateString(text_end(&t));
    arena_release(&a);
    return c;
}

static cJSON *native_printed(struct run *r, const struct type *t, const struct value *v) {
    struct arena a;
    arena_init(&a, r);
    struct text x;
    text_init(&x, &a);
    if (t->kind == T_TIMESTAMP) timestamp_format(&x, v->i, "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX");
    else if (t->kind == T_TIMESTAMP_NTZ) timestamp_format(&x, v->i, "yyyy-MM-dd'T'HH:mm:ss.SSSSSS");
    else if (t->kind == T_BINARY) {
        char *b = mem_alloc(&a, base64_length(v->s.n) + 1);
        text_add(&x, b, base64_encode(v->s.p, v->s.n, b));
    } else if (t->kind == T_STRING) text_add(&x, v->s.p, v->s.n);
    else value_print(&x, t, v);
    cJSON *c = t->kind <= T_BIGINT ? cJSON_CreateRaw(text_end(&x)) : cJSON_CreateString(text_end(&x));
    arena_release(&a);
    return c;
}

static cJSON *native_list(struct run *r, const struct type *t, const struct value *v) {
    cJSON *list = t->kind == T_ARRAY ? cJSON_CreateArray() : cJSON_CreateObject();
    for (size_t i = 0; list && i < v->l.n; i++) {
        struct arena a;
        arena_init(&a, r);
        const char *key = NULL;
        const struct type *it = t->kind == T_STRUCT ? t->fields[i].type : t->element;
        if (t->kind == T_MAP) {
            struct text k;
            text_init(&k, &a);
            value_print(&k, t->key, &v->l.at[i++]);
            key = text_end(&k);
        } else if (t->kind == T_STRUCT) {
            key = t->fields[i].name;
        }
        cJSON *item = json_native(r, it, &v->l.at[i]);
        bool ok = item && (key ? cJSON_AddItemToObject(list, key, item) : cJSON_AddItemToArray(list, item));
        arena_release(&a);
        if (!ok) {
            cJSON_Delete(list);
            return NULL;
        }
    }
    return list;
}

cJSON *json_native(struct run *r, const struct type *t, const struct value *v) {
    if (v->kind == V_NULL) return cJSON_CreateNull();
    if (v->kind == V_LIST) return native_list(r, t, v);
    if (t->kind == T_BOOLEAN) return cJSON_CreateBool(v->i != 0);
    if (v->kind == V_DOUBLE && isfinite(v->d)) return cJSON_CreateNumber(v->d);
    if (type_integral(t) && v->i < 1000000000000000 && v->i > -1000000000000000) return cJSON_CreateNumber((double)v->i); /* beyond, cJSON prints an exponent */
    return t->kind == T_STRING ? native_text(r, v->s.p, v->s.n) : native_printed(r, t, v);
}
