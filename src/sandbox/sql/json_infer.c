#include "sandbox/sql/json_text.h"

/* What JSON text says without a type: the type it suggests, and the part at a path. */

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
    if (json_peek(j) == '}') {
        j->p++;
        return all;
    }
    for (;;) {
        int c = json_peek(j);
        struct value key;
        if ((c != '"' && c != '\'') || json_read_string(j, &key) || json_peek(j) != ':') return NULL;
        j->p++;
        struct field *f = mem_zero(j->a, sizeof *f);
        f->name = mem_text(j->a, key.s.p, key.s.n);
        f->type = infer_value(j);
        if (!f->type) return NULL;
        all = merge_types(j->a, all, type_struct(j->a, f, 1));
        c = json_peek(j);
        j->p++;
        if (c == '}') return all;
        if (c != ',') return NULL;
    }
}

static const struct type *infer_array(struct json *j) {
    const struct type *element = type_plain(T_VOID);
    j->p++;
    if (json_peek(j) == ']') {
        j->p++;
        return type_array(j->a, element);
    }
    for (;;) {
        const struct type *t = infer_value(j);
        if (!t) return NULL;
        element = merge_types(j->a, element, t);
        int c = json_peek(j);
        j->p++;
        if (c == ']') return type_array(j->a, element);
        if (c != ',') return NULL;
    }
}

static const struct type *infer_word(struct json *j) {
    const char *s;
    size_t n;
    int64_t i;
    if (json_read_word(j, &s, &n)) return NULL;
    if (json_is(s, n, "null")) return type_plain(T_VOID);
    if (json_is(s, n, "true") || json_is(s, n, "false")) return type_plain(T_BOOLEAN);
    if (json_is_named_number(s, n)) return type_plain(T_DOUBLE);
    if (!json_is_number(s, n)) return NULL;
    if (int_parse(s, n, &i)) return type_plain(T_BIGINT);
    return strpbrk(s, ".eE") && (memchr(s, '.', n) || memchr(s, 'e', n) || memchr(s, 'E', n)) ? type_plain(T_DOUBLE) : type_decimal(j->a, n > 38 ? 38 : (int)n, 0);
}

static const struct type *infer_value(struct json *j) {
    int c = json_peek(j);
    if (c < 0 || ++j->depth > JSON_DEPTH) return NULL;
    const struct type *t;
    if (c == '{') t = infer_object(j);
    else if (c == '[') t = infer_array(j);
    else if (c == '"' || c == '\'') {
        struct value v;
        t = json_read_string(j, &v) ? NULL : type_plain(T_STRING);
    } else t = infer_word(j);
    j->depth--;
    return t;
}

const struct type *json_infer(struct arena *a, const char *s, size_t n, const struct type *known) {
    struct json j = { .a = a, .p = s, .end = s + n };
    if (json_peek(&j) != '{') return NULL;
    const struct type *t = infer_value(&j);
    return t && t->kind == T_STRUCT ? merge_types(a, known, t) : NULL;
}

/* --- get_json_object --- */
/* Moves j to the member or element named; false when it is not there. */
static bool step_into(struct json *j, const char *name, size_t n, int64_t index) {
    int c = json_peek(j);
    char close = index < 0 ? '}' : ']';
    if (c != (index < 0 ? '{' : '[')) return false;
    j->p++;
    if (json_peek(j) == close) return false;
    for (int64_t at = 0;; at++) {
        struct value key;
        if (index < 0) {
            c = json_peek(j);
            if ((c != '"' && c != '\'') || json_read_string(j, &key) || json_peek(j) != ':') return false;
            j->p++;
            if (key.s.n == n && !memcmp(key.s.p, name, n)) return true;
        } else if (at == index) {
            return true;
        }
        if (json_copy(j, NULL) || json_peek(j) != ',') return false;
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
    if (*path != '$' || json_copy(&check, NULL)) return VALUE_NULL;
    if (!walk(&j, path)) return VALUE_NULL;
    int c = json_peek(&j);
    struct value v;
    if (c == '"' || c == '\'') return json_read_string(&j, &v) ? VALUE_NULL : v;
    struct text t;
    text_init(&t, a);
    if (json_copy(&j, &t)) return VALUE_NULL;
    return t.n == 4 && !memcmp(t.p, "null", 4) ? VALUE_NULL : value_bytes(text_end(&t), t.n);
}
