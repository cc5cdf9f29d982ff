#include "sandbox/sql/value.h"
#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"
#include <math.h>

/* Values as JSON text, and as native cells of results. */

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
