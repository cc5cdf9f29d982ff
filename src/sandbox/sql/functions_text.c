/* functions_text: strings, cut, joined and compared. */
#include "sandbox/sql/expr.h"
#include "base/utf8.h"
#include <glib.h>

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)
#define UNUSED (void)e, (void)x

static size_t char_count(const struct value *v) {
    size_t n = 0;
    uint32_t cp;
    for (size_t i = 0; i < v->s.n; n++) i += utf8_decode(v->s.p + i, v->s.n - i, &cp);
    return n;
}

/* Byte offset of the character number at. */
static size_t char_offset(const struct value *v, int64_t at) {
    size_t i = 0;
    uint32_t cp;
    for (; at > 0 && i < v->s.n; at--) i += utf8_decode(v->s.p + i, v->s.n - i, &cp);
    return i;
}

EVAL(f_length) {
    UNUSED;
    return value_int(x->args[0]->type->kind == T_BINARY ? (int64_t)v->s.n : (int64_t)char_count(v));
}

EVAL(f_octet_length) {
    UNUSED;
    return value_int((int64_t)v->s.n);
}

void bind_bytes(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (x->args[0]->type->kind != T_BINARY) {
        if (x->args[0]->type->kind >= T_ARRAY)
            bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the (\"STRING\" or \"BINARY\") type, however it has the type \"%s\".",
                          type_sql(&b->r->mem, x->args[0]->type));
        x->args[0] = expr_coerce(b->r, x->args[0], type_plain(T_STRING));
    }
}

EVAL(f_left) {
    UNUSED;
    return value_bytes(v->s.p, v[1].i <= 0 ? 0 : char_offset(v, v[1].i));
}

EVAL(f_right) {
    UNUSED;
    int64_t n = (int64_t)char_count(v);
    size_t from = v[1].i <= 0 ? v->s.n : char_offset(v, n - v[1].i);
    return value_bytes(v->s.p + from, v->s.n - from);
}

EVAL(f_substring) {
    UNUSED;
    bool bytes = x->args[0]->type->kind == T_BINARY;
    int64_t n = bytes ? (int64_t)v->s.n : (int64_t)char_count(v), start = v[1].i, len = x->count > 2 ? v[2].i : n;
    start = start > 0 ? start - 1 : start < 0 ? n + start : 0;
    int64_t end = len <= 0 ? start : len > n ? n : start + len;
    if (start < 0) start = 0;
    if (end > n) end = n;
    if (start >= end) return value_bytes("", 0);
    size_t from = bytes ? (size_t)start : char_offset(v, start), to = bytes ? (size_t)end : char_offset(v, end);
    return value_bytes(v->s.p + from, to - from);
}

static void bind_substring(struct binder *b, struct expr *x, const struct node *n) {
    bind_bytes(b, x, n);
    x->type = x->args[0]->type;
}

EVAL(f_concat) {
    struct text t;
    text_init(&t, e->a);
    if (x->type->kind != T_ARRAY) {
        for (int i = 0; i < x->count; i++) text_add(&t, v[i].s.p, v[i].s.n);
        return value_bytes(text_end(&t), t.n);
    }
    struct value out = { .kind = V_LIST };
    for (int i = 0; i < x->count; i++) out.l.n += v[i].l.n;
    out.l.at = mem_alloc(e->a, sizeof *out.l.at * (out.l.n + 1));
    size_t n = 0;
    for (int i = 0; i < x->count; i++)
        for (size_t k = 0; k < v[i].l.n; k++) out.l.at[n++] = v[i].l.at[k];
    return out;
}

/* Arrays join arrays, bytes join bytes, all else becomes text. */
static void bind_concat(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    const struct type *common = NULL;
    bool binary = x->count > 0;
    for (int i = 0; i < x->count; i++) {
        if (x->args[i]->type->kind != T_BINARY) binary = false;
        if (x->args[i]->type->kind == T_ARRAY) common = common ? type_common(&b->r->mem, common, x->args[i]->type) : x->args[i]->type;
    }
    x->type = common ? common : type_plain(binary ? T_BINARY : T_STRING);
    for (int i = 0; i < x->count; i++) {
        const struct type *t = x->args[i]->type;
        if (common ? t->kind != T_ARRAY && t->kind != T_VOID : t->kind >= T_ARRAY)
            bind_mismatch(b, x, "DATA_DIFF_TYPES", "Input to `concat` should all be the same type, but it's (\"%s\").", type_sql(&b->r->mem, t));
        x->args[i] = expr_coerce(b->r, x->args[i], x->type);
    }
}

EVAL(f_concat_ws) {
    struct text t;
    text_init(&t, e->a);
    bool first = true;
    if (v->kind == V_NULL) return VALUE_NULL;
    for (int i = 1; i < x->count; i++) {
        bool list = x->args[i]->type->kind == T_ARRAY;
        size_t n = v[i].kind == V_NULL ? 0 : list ? v[i].l.n : 1;
        for (size_t k = 0; k < n; k++) {
            const struct value *s = list ? &v[i].l.at[k] : &v[i];
            if (s->kind == V_NULL) continue;
            if (!first) text_add(&t, v->s.p, v->s.n);
            first = false;
            text_add(&t, s->s.p, s->s.n);
        }
    }
    return value_bytes(text_end(&t), t.n);
}

static void bind_concat_ws(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    for (int i = 1; i < x->count; i++) {
        bool list = x->args[i]->type->kind == T_ARRAY;
        x->args[i] = expr_coerce(b->r, x->args[i], list ? type_array(&b->r->mem, type_plain(T_STRING)) : type_plain(T_STRING));
    }
}

EVAL(f_array_join) {
    struct text t;
    text_init(&t, e->a);
    bool first = true;
    for (size_t i = 0; i < v->l.n; i++) {
        const struct value *s = &v->l.at[i];
        if (s->kind == V_NULL && x->count < 3) continue;
        if (s->kind == V_NULL) s = &v[2];
        if (!first) text_add(&t, v[1].s.p, v[1].s.n);
        first = false;
        text_add(&t, s->s.p, s->s.n);
    }
    return value_bytes(text_end(&t), t.n);
}

static void bind_array_join(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (x->args[0]->type->kind != T_ARRAY && x->args[0]->type->kind != T_VOID)
        bind_mismatch(b, x, "UNEXPECTED_INPUT_TYPE", "The parameter 1 requires the \"ARRAY<STRING>\" type, however it has the type \"%s\".", type_sql(&b->r->mem, x->args[0]->type));
    x->args[0] = expr_coerce(b->r, x->args[0], type_array(&b->r->mem, type_plain(T_STRING)));
}

static struct value changed_case(struct env *e, const struct value *v, gchar *(*change)(const gchar *, gssize)) {
    if (!utf8_valid(v->s.p, v->s.n)) return *v;
    gchar *s = change(v->s.p, (gssize)v->s.n);
    struct value out = value_text(mem_text(e->a, s, strlen(s)));
    g_free(s);
    return out;
}

EVAL(f_lower) {
    UNUSED;
    return changed_case(e, v, g_utf8_strdown);
}

EVAL(f_upper) {
    UNUSED;
    return changed_case(e, v, g_utf8_strup);
}

/* Takes the characters of set (a blank when there is none) off the ends. */
static struct value trimmed(const struct expr *x, const struct value *v, bool left, bool right) {
    const char *p = v->s.p, *set = x->count > 1 ? v[1].s.p : " ";
    size_t n = v->s.n, set_n = x->count > 1 ? v[1].s.n : 1;
    while (left && n) {
        uint32_t cp;
        size_t c = utf8_decode(p, n, &cp);
        if (!memmem(set, set_n, p, c)) break;
        p += c;
        n -= c;
    }
    while (right && n) {
        size_t c = 1;
        while (c < n && ((unsigned char)p[n - c] & 0xC0) == 0x80) c++;
        if (!memmem(set, set_n, p + n - c, c)) break;
        n -= c;
    }
    return value_bytes(p, n);
}

EVAL(f_trim) {
    UNUSED;
    return trimmed(x, v, true, true);
}

EVAL(f_ltrim) {
    UNUSED;
    return trimmed(x, v, true, false);
}

EVAL(f_rtrim) {
    UNUSED;
    return trimmed(x, v, false, true);
}

EVAL(f_replace) {
    struct text t;
    text_init(&t, e->a);
    if (!v[1].s.n) return *v;
    const char *p = v->s.p, *end = p + v->s.n;
    for (const char *at; (at = memmem(p, (size_t)(end - p), v[1].s.p, v[1].s.n)); p = at + v[1].s.n) {
        text_add(&t, p, (size_t)(at - p));
        if (x->count > 2) text_add(&t, v[2].s.p, v[2].s.n);
    }
    text_add(&t, p, (size_t)(end - p));
    return value_bytes(text_end(&t), t.n);
}

EVAL(f_startswith) {
    UNUSED;
    return value_int(v[1].s.n <= v->s.n && !memcmp(v->s.p, v[1].s.p, v[1].s.n));
}

EVAL(f_endswith) {
    UNUSED;
    return value_int(v[1].s.n <= v->s.n && !memcmp(v->s.p + v->s.n - v[1].s.n, v[1].s.p, v[1].s.n));
}

EVAL(f_contains) {
    UNUSED;
    return value_int(!v[1].s.n || memmem(v->s.p, v->s.n, v[1].s.p, v[1].s.n) != NULL);
}

EVAL(f_repeat) {
    struct text t;
    text_init(&t, e->a);
    (void)x;
    if (v[1].i > 0 && v->s.n && v[1].i > (int64_t)((size_t)1 << 30) / (int64_t)v->s.n) run_no_memory(e->r);
    for (int64_t i = 0; i < v[1].i; i++) text_add(&t, v->s.p, v->s.n);
    return value_bytes(text_end(&t), t.n);
}

/* LIKE: % and _ by characters, the escape before them makes them plain. */
static bool like(const char *s, const char *s_end, const char *p, const char *p_end, char escape) {
    const char *star = NULL, *star_s = NULL;
    uint32_t a, b;
    for (;;) {
        if (p < p_end && *p == '%' ) {
            star = ++p;
            star_s = s;
            continue;
        }
        bool ok = false;
        if (p < p_end && s < s_end) {
            bool plain = *p == escape && p + 1 < p_end;
            const char *q = p + plain;
            size_t n = utf8_decode(q, (size_t)(p_end - q), &b), m = utf8_decode(s, (size_t)(s_end - s), &a);
            if ((!plain && *q == '_') || (n == m && !memcmp(q, s, n))) {
                p = q + n;
                s += m;
                ok = true;
            }
        } else if (p == p_end && s == s_end) {
            return true;
        }
        if (ok) continue;
        if (!star || star_s >= s_end) return false;
        star_s += utf8_decode(star_s, (size_t)(s_end - star_s), &a);
        s = star_s;
        p = star;
    }
}

EVAL(f_like) {
    UNUSED;
    char escape = x->count > 2 && v[2].s.n ? v[2].s.p[0] : '\\';
    return value_int(like(v->s.p, v->s.p + v->s.n, v[1].s.p, v[1].s.p + v[1].s.n, escape));
}

EVAL(f_ilike) {
    struct value low[3] = { changed_case(e, &v[0], g_utf8_strdown), changed_case(e, &v[1], g_utf8_strdown), x->count > 2 ? v[2] : VALUE_NULL };
    return f_like(e, x, low);
}

const struct function functions_text[] = {
    {"length", 1, 1, "?", 'i', f_length, bind_bytes, false, false}, {"char_length", 1, 1, "?", 'i', f_length, bind_bytes, false, false},
    {"character_length", 1, 1, "?", 'i', f_length, bind_bytes, false, false}, {"len", 1, 1, "?", 'i', f_length, bind_bytes, false, false},
    {"octet_length", 1, 1, "?", 'i', f_octet_length, bind_bytes, false, false},
    {"left", 2, 2, "si", 's', f_left, NULL, false, false}, {"right", 2, 2, "si", 's', f_right, NULL, false, false},
    {"substring", 2, 3, "?i", '1', f_substring, bind_substring, false, false}, {"substr", 2, 3, "?i", '1', f_substring, bind_substring, false, false},
    {"concat", 0, -1, "?", 's', f_concat, bind_concat, false, false}, {"||", 2, 2, "?", 's', f_concat, bind_concat, false, false},
    {"concat_ws", 1, -1, "s?", 's', f_concat_ws, bind_concat_ws, true, false},
    {"array_join", 2, 3, "?s", 's', f_array_join, bind_array_join, false, false},
    {"lower", 1, 1, "s", 's', f_lower, NULL, false, false}, {"lcase", 1, 1, "s", 's', f_lower, NULL, false, false},
    {"upper", 1, 1, "s", 's', f_upper, NULL, false, false}, {"ucase", 1, 1, "s", 's', f_upper, NULL, false, false},
    {"trim", 1, 2, "s", 's', f_trim, NULL, false, false}, {"ltrim", 1, 2, "s", 's', f_ltrim, NULL, false, false},
    {"rtrim", 1, 2, "s", 's', f_rtrim, NULL, false, false}, {"replace", 2, 3, "s", 's', f_replace, NULL, false, false},
    {"startswith", 2, 2, "s", 'b', f_startswith, NULL, false, false}, {"endswith", 2, 2, "s", 'b', f_endswith, NULL, false, false},
    {"contains", 2, 2, "s", 'b', f_contains, NULL, false, false}, {"repeat", 2, 2, "si", 's', f_repeat, NULL, false, false},
    {"like", 2, 3, "s", 'b', f_like, NULL, false, false}, {"ilike", 2, 3, "s", 'b', f_ilike, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
