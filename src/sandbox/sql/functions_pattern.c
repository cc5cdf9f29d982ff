/* functions_pattern: regular expressions, and text taken apart and put together by position. */
#include "sandbox/sql/expr.h"
#include "base/str.h"
#include "base/utf8.h"
#include <glib.h>

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)
#define UNUSED (void)e, (void)x, (void)v

static struct value taken(struct env *e, gchar *s) {
    struct value out = value_text(mem_text(e->a, s ? s : "", s ? strlen(s) : 0));
    g_free(s);
    return out;
}

static void free_pattern(void *p) {
    g_regex_unref(p);
}

/* The pattern compiled; kept for the next row when it is the same. */
struct compiled { GRegex *regex; struct text source; };

static GRegex *pattern(struct env *e, const struct expr *x, const struct value *v) {
    struct compiled *c = x->state;
    GError *error = NULL;
    if (c->regex && c->source.n == v->s.n && !memcmp(c->source.p ? c->source.p : "", v->s.p, v->s.n)) return c->regex;
    const char *text = mem_text(&e->r->mem, v->s.p, v->s.n);
    c->regex = g_regex_new(text, G_REGEX_OPTIMIZE, (GRegexMatchFlags)0, &error);
    if (!c->regex) {
        g_clear_error(&error);
        run_fail(e->r, "INVALID_PARAMETER_VALUE.PATTERN", "22023", x->pos, "The value of parameter(s) `regexp` in `%s` is invalid: '%.200s'.", x->fn->name, text);
    }
    run_hold(e->r, free_pattern, c->regex);
    text_init(&c->source, &e->r->mem);
    text_add(&c->source, v->s.p, v->s.n);
    return c->regex;
}

static void bind_pattern(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    x->state = mem_zero(&b->r->mem, sizeof(struct compiled));
}

static const char *subject(struct env *e, const struct value *v) {
    if (utf8_valid(v->s.p, v->s.n)) return mem_text(e->a, v->s.p, v->s.n);
    struct text t;
    text_init(&t, e->a);
    for (size_t i = 0; i < v->s.n; i++) text_putc(&t, (unsigned char)v->s.p[i] < 0x80 ? v->s.p[i] : '?');
    return text_end(&t);
}

EVAL(f_rlike) {
    return value_int(g_regex_match(pattern(e, x, &v[1]), subject(e, v), (GRegexMatchFlags)0, NULL));
}

EVAL(f_regexp_extract) {
    GMatchInfo *info = NULL;
    int64_t group = x->count > 2 ? v[2].i : 1;
    GRegex *regex = pattern(e, x, &v[1]);
    if (group < 0 || group > g_regex_get_capture_count(regex))
        run_fail(e->r, "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "22023", x->pos, "The value of parameter(s) `idx` in `regexp_extract` is invalid: Expects group index between 0 and %d, but got %lld.", g_regex_get_capture_count(regex), (long long)group);
    g_regex_match(regex, subject(e, v), (GRegexMatchFlags)0, &info);
    gchar *found = g_match_info_matches(info) ? g_match_info_fetch(info, (gint)group) : NULL;
    g_match_info_free(info);
    return taken(e, found);
}

/* $1 of Java is \1 here; every other character of the replacement is itself. */
static const char *replacement(struct env *e, const struct value *v) {
    struct text t;
    text_init(&t, e->a);
    for (size_t i = 0; i < v->s.n; i++) {
        char c = v->s.p[i];
        if (c == '\\' && i + 1 < v->s.n) {
            c = v->s.p[++i];
            if (c == '\\') text_putc(&t, '\\');
            text_putc(&t, c);
        } else if (c == '$' && i + 1 < v->s.n && v->s.p[i + 1] >= '0' && v->s.p[i + 1] <= '9') {
            text_printf(&t, "\\g<%c>", v->s.p[++i]);
        } else {
            text_putc(&t, c);
        }
    }
    return text_end(&t);
}

EVAL(f_regexp_replace) {
    return taken(e, g_regex_replace(pattern(e, x, &v[1]), subject(e, v), -1, 0, replacement(e, &v[2]), (GRegexMatchFlags)0, NULL));
}

static struct value list_of_texts(struct env *e, gchar **parts) {
    struct value out = { .kind = V_LIST };
    out.l.n = g_strv_length(parts);
    out.l.at = mem_alloc(e->a, sizeof *out.l.at * (out.l.n + 1));
    for (size_t i = 0; i < out.l.n; i++) out.l.at[i] = value_text(mem_text(e->a, parts[i], strlen(parts[i])));
    g_strfreev(parts);
    return out;
}

EVAL(f_split) {
    int64_t limit = x->count > 2 ? v[2].i : -1;
    GRegex *regex = pattern(e, x, &v[1]);
    if (v->s.n) return list_of_texts(e, g_regex_split_full(regex, subject(e, v), -1, 0, (GRegexMatchFlags)0, limit > 0 ? (gint)limit : 0, NULL));
    struct value out = { .kind = V_LIST }; /* the empty text is one empty part */
    out.l.n = 1;
    out.l.at = mem_alloc(e->a, sizeof *out.l.at);
    *out.l.at = value_bytes("", 0);
    return out;
}

static void bind_split(struct binder *b, struct expr *x, const struct node *n) {
    bind_pattern(b, x, n);
    if (x->count > 2) x->args[2] = expr_coerce(b->r, x->args[2], type_plain(T_INT));
    x->type = type_array(&b->r->mem, type_plain(T_STRING));
}

/* --- by position --- */
static size_t characters(const char *p, size_t n) {
    size_t count = 0;
    uint32_t cp;
    for (size_t i = 0; i < n; count++) i += utf8_decode(p + i, n - i, &cp);
    return count;
}

static size_t offset_of(const struct value *v, int64_t at) {
    size_t i = 0;
    uint32_t cp;
    for (; at > 0 && i < v->s.n; at--) i += utf8_decode(v->s.p + i, v->s.n - i, &cp);
    return i;
}

EVAL(f_pad) {
    bool left = *x->fn->name == 'l';
    int64_t want = v[1].i, have = (int64_t)characters(v->s.p, v->s.n);
    struct value pad = x->count > 2 ? v[2] : value_text(" ");
    if (want <= have) return value_bytes(v->s.p, want <= 0 ? 0 : offset_of(v, want));
    size_t pad_n = characters(pad.s.p, pad.s.n), missing = (size_t)(want - have);
    struct text t;
    text_init(&t, e->a);
    if (!left) text_add(&t, v->s.p, v->s.n);
    for (; pad_n && missing >= pad_n; missing -= pad_n) text_add(&t, pad.s.p, pad.s.n);
    if (pad_n) text_add(&t, pad.s.p, offset_of(&pad, (int64_t)missing));
    if (left) text_add(&t, v->s.p, v->s.n);
    return value_bytes(text_end(&t), t.n);
}

/* instr(text, part), locate(part, text[, from]), position(part, text). */
EVAL(f_position) {
    bool instr = *x->fn->name == 'i';
    const struct value *text = &v[instr ? 0 : 1], *part = &v[instr ? 1 : 0];
    int64_t from = x->count > 2 ? v[2].i : 1;
    (void)e;
    if (from < 1) return value_int(0);
    size_t start = offset_of(text, from - 1);
    const char *at = !part->s.n ? text->s.p + start : memmem(text->s.p + start, text->s.n - start, part->s.p, part->s.n);
    return value_int(at ? (int64_t)characters(text->s.p, (size_t)(at - text->s.p)) + 1 : 0);
}

EVAL(f_reverse) {
    struct text t;
    UNUSED;
    if (x->type->kind == T_ARRAY) {
        struct value out = { .kind = V_LIST };
        out.l.n = v->l.n;
        out.l.at = mem_alloc(e->a, sizeof *out.l.at * (v->l.n + 1));
        for (size_t i = 0; i < v->l.n; i++) out.l.at[i] = v->l.at[v->l.n - 1 - i];
        return out;
    }
    text_init(&t, e->a);
    for (size_t end = v->s.n; end;) {
        size_t c = 1;
        while (c < end && ((unsigned char)v->s.p[end - c] & 0xC0) == 0x80) c++;
        text_add(&t, v->s.p + end - c, c);
        end -= c;
    }
    return value_bytes(text_end(&t), t.n);
}

static void bind_reverse(struct binder *b, struct expr *x, const struct node *n) {
    (void)n;
    if (x->args[0]->type->kind != T_ARRAY) x->args[0] = expr_coerce(b->r, x->args[0], type_plain(T_STRING));
    x->type = x->args[0]->type;
}

EVAL(f_translate) {
    struct text t;
    uint32_t cp;
    (void)x;
    text_init(&t, e->a);
    for (size_t i = 0, c; i < v->s.n; i += c) {
        c = utf8_decode(v->s.p + i, v->s.n - i, &cp);
        const char *hit = memmem(v[1].s.p, v[1].s.n, v->s.p + i, c);
        if (!hit) {
            text_add(&t, v->s.p + i, c);
            continue;
        }
        size_t from = offset_of(&v[2], (int64_t)characters(v[1].s.p, (size_t)(hit - v[1].s.p)));
        if (from < v[2].s.n) text_add(&t, v[2].s.p + from, (size_t)utf8_decode(v[2].s.p + from, v[2].s.n - from, &cp));
    }
    return value_bytes(text_end(&t), t.n);
}

EVAL(f_ascii) {
    uint32_t cp = 0;
    UNUSED;
    if (v->s.n) utf8_decode(v->s.p, v->s.n, &cp);
    return value_int((int64_t)cp);
}

EVAL(f_char) {
    char b[4];
    (void)x;
    if (v->i < 0) return value_bytes("", 0);
    size_t n = utf8_encode((uint32_t)(v->i % 256), b);
    return value_bytes(mem_text(e->a, b, n), n);
}

EVAL(f_initcap) {
    (void)x;
    if (!utf8_valid(v->s.p, v->s.n)) return *v;
    gchar *low = g_utf8_strdown(v->s.p, (gssize)v->s.n);
    GString *out = g_string_new(NULL);
    bool start = true;
    for (const gchar *p = low; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(out, start ? g_unichar_totitle(c) : c);
        start = c == ' ';
    }
    g_free(low);
    return taken(e, g_string_free(out, FALSE));
}

/* The text before the count-th delimiter, from the left or (negative) from the right. */
EVAL(f_substring_index) {
    int64_t count = v[2].i;
    const char *p = v->s.p, *end = p + v->s.n;
    size_t d = v[1].s.n;
    UNUSED;
    if (!count || !d) return value_bytes("", 0);
    if (count > 0) {
        for (const char *at = p; (at = memmem(at, (size_t)(end - at), v[1].s.p, d)) != NULL; at += d)
            if (--count == 0) return value_bytes(p, (size_t)(at - p));
        return *v;
    }
    for (const char *at = end - d; at >= p; at--)
        if (!memcmp(at, v[1].s.p, d)) {
            if (++count == 0) return value_bytes(at + d, (size_t)(end - at) - d);
            at -= d - 1;
        }
    return *v;
}

EVAL(f_split_part) {
    int64_t want = v[2].i, n = 1;
    const char *end = v->s.p + v->s.n;
    size_t d = v[1].s.n;
    if (!want) run_fail(e->r, "INVALID_INDEX_OF_ZERO", "22003", x->pos, "The index 0 is invalid. An index shall be either < 0 or > 0 (the first element has index 1).");
    for (const char *at = v->s.p; d && (at = memmem(at, (size_t)(end - at), v[1].s.p, d)) != NULL; at += d) n++;
    if (want < 0) want += n + 1;
    if (want < 1 || want > n) return value_bytes("", 0);
    const char *from = v->s.p;
    for (; want > 1; want--) from = (const char *)memmem(from, (size_t)(end - from), v[1].s.p, d) + d;
    const char *to = d ? memmem(from, (size_t)(end - from), v[1].s.p, d) : NULL;
    return value_bytes(from, (size_t)((to ? to : end) - from));
}

const struct function functions_pattern[] = {
    {"rlike", 2, 2, "s", 'b', f_rlike, bind_pattern, false, false}, {"regexp", 2, 2, "s", 'b', f_rlike, bind_pattern, false, false},
    {"regexp_like", 2, 2, "s", 'b', f_rlike, bind_pattern, false, false},
    {"regexp_extract", 2, 3, "ssi", 's', f_regexp_extract, bind_pattern, false, false},
    {"regexp_replace", 3, 3, "s", 's', f_regexp_replace, bind_pattern, false, false},
    {"split", 2, 3, "ssi", 's', f_split, bind_split, false, false},
    {"lpad", 2, 3, "sis", 's', f_pad, NULL, false, false}, {"rpad", 2, 3, "sis", 's', f_pad, NULL, false, false},
    {"instr", 2, 2, "s", 'i', f_position, NULL, false, false}, {"locate", 2, 3, "ssi", 'i', f_position, NULL, false, false},
    {"position", 2, 3, "ssi", 'i', f_position, NULL, false, false},
    {"reverse", 1, 1, "?", 's', f_reverse, bind_reverse, false, false}, {"translate", 3, 3, "s", 's', f_translate, NULL, false, false},
    {"ascii", 1, 1, "s", 'i', f_ascii, NULL, false, false}, {"char", 1, 1, "l", 's', f_char, NULL, false, false}, {"chr", 1, 1, "l", 's', f_char, NULL, false, false},
    {"initcap", 1, 1, "s", 's', f_initcap, NULL, false, false},
    {"substring_index", 3, 3, "ssi", 's', f_substring_index, NULL, false, false}, {"split_part", 3, 3, "ssi", 's', f_split_part, NULL, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
