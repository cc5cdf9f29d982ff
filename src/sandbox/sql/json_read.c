#include "sandbox/sql/json_text.h"
#include "base/base64.h"
#include "base/str.h"

/* One JSON text into a value of a given type, as from_json and the json source read it. */

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
    if (json_peek(j) == '}') {
        j->p++;
        return 0;
    }
    for (int guess = 0;; guess++) {
        int c = json_peek(j), at = -1;
        struct value key;
        if ((c != '"' && c != '\'') || json_read_string(j, &key) || json_peek(j) != ':') return -1;
        j->p++;
        for (int i = 0; i < t->count && at < 0; i++) {
            int k = (guess + i) % t->count;
            if (json_is(key.s.p, key.s.n, t->fields[k].name)) at = k;
        }
        if (at >= 0 ? read_value(j, t->fields[at].type, &out->l.at[at]) : json_copy(j, NULL)) return -1;
        if (at >= 0) guess = at;
        c = json_peek(j);
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
    if (json_peek(j) == close) j->p++;
    else {
        for (;;) {
            struct value v;
            int c = json_peek(j);
            if (t->kind == T_MAP) {
                if ((c != '"' && c != '\'') || json_read_string(j, &v) || json_peek(j) != ':') return -1;
                j->p++;
                items_add(j, &l, v);
            }
            bool before = j->wrong;
            j->wrong = false;
            if (read_value(j, t->element, &v)) return -1;
            wrong |= j->wrong && t->element->kind != T_STRUCT;
            j->wrong |= before;
            items_add(j, &l, v);
            c = json_peek(j);
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
        if (!json_is_named_number(trimmed.s.p, trimmed.s.n)) return misfit(j, out);
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
    if (json_read_word(j, &s, &n)) return -1;
    if (json_is(s, n, "null")) {
        *out = VALUE_NULL;
        return 0;
    }
    if (json_is(s, n, "true") || json_is(s, n, "false")) {
        if (t->kind == T_BOOLEAN) *out = value_int(*s == 't');
        else if (t->kind == T_STRING) *out = value_bytes(s, n);
        else return misfit(j, out);
        return 0;
    }
    bool named = json_is_named_number(s, n);
    if (!named && !json_is_number(s, n)) return -1;
    if (t->kind == T_STRING) {
        struct text x;
        text_init(&x, j->a);
        if (named) text_add(&x, s, n);
        else json_copy_number(&x, s, n);
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
    int c = json_peek(j), rc;
    if (c < 0 || ++j->depth > JSON_DEPTH) return -1;
    if (c == '"' || c == '\'') {
        struct value s;
        rc = json_read_string(j, &s);
        if (!rc) rc = from_string(j, t, &s, out);
    } else if (c == '{' && t->kind == T_STRUCT) {
        rc = read_struct(j, t, out);
    } else if ((c == '{' && t->kind == T_MAP && t->key->kind == T_STRING) || (c == '[' && t->kind == T_ARRAY)) {
        rc = read_items(j, t, out);
    } else if (c == '{' || c == '[') {
        struct text x;
        text_init(&x, j->a);
        rc = json_copy(j, t->kind == T_STRING ? &x : NULL);
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
    int c = json_peek(&j), rc = -1;
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
