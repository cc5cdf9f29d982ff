/* functions_bytes: bytes written as text and read back, and their checksums. */
#include "sandbox/sql/expr.h"
#include "base/base64.h"
#include "base/hash.h"
#include <glib.h>
#include <zlib.h>

#define EVAL(name) static struct value name(struct env *e, const struct expr *x, const struct value *v)

EVAL(f_hex) {
    static const char digits[] = "0123456789ABCDEF";
    struct text t;
    text_init(&t, e->a);
    if (v->kind == V_INT) {
        text_printf(&t, "%llX", (unsigned long long)v->i);
    } else {
        for (size_t i = 0; i < v->s.n; i++) {
            text_putc(&t, digits[(unsigned char)v->s.p[i] >> 4]);
            text_putc(&t, digits[(unsigned char)v->s.p[i] & 15]);
        }
    }
    (void)x;
    return value_bytes(text_end(&t), t.n);
}

static void bind_hex(struct binder *b, struct expr *x, const struct node *n) {
    if (type_integral(x->args[0]->type)) x->args[0] = expr_coerce(b->r, x->args[0], type_plain(T_BIGINT));
    else bind_bytes(b, x, n);
}

EVAL(f_unhex) {
    (void)x;
    struct text t;
    text_init(&t, e->a);
    unsigned half = 0;
    for (size_t i = 0; i < v->s.n; i++) {
        int d = g_ascii_xdigit_value(v->s.p[i]);
        if (d < 0) return VALUE_NULL;
        half = half << 4 | (unsigned)d;
        if ((v->s.n - i) % 2) text_putc(&t, (char)half);
    }
    return value_bytes(text_end(&t), t.n);
}

EVAL(f_base64) {
    (void)x;
    char *out = mem_alloc(e->a, base64_length(v->s.n) + 1);
    return value_bytes(out, base64_encode(v->s.p, v->s.n, out));
}

EVAL(f_unbase64) {
    struct buf b;
    buf_init(&b, (size_t)1 << 30);
    struct err err;
    int rc = base64_decode(&b, v->s.p, v->s.n, &err);
    struct value out = value_bytes(mem_text(e->a, b.data, b.len), b.len);
    buf_release(&b);
    if (rc)
        run_fail(e->r, "CONVERSION_INVALID_INPUT", "22018", x->pos, "The value '%.100s' (\"STRING\") cannot be converted to \"BINARY\" because it is "
                 "malformed. Correct the value as per the syntax, or change its format. Use `try_to_binary` to tolerate malformed input and return NULL instead.",
                 mem_text(e->a, v->s.p, v->s.n));
    return out;
}

static struct value hashed(struct env *e, const struct value *v, struct hash *h, size_t size) {
    if (!h) run_no_memory(e->r);
    char *hex = mem_alloc(e->a, size);
    hash_add(h, v->s.p, v->s.n);
    hash_end(h, hex, size);
    hash_free(h);
    return value_text(hex);
}

EVAL(f_md5) {
    (void)x;
    return hashed(e, v, hash_new_md5(), HASH_MD5_HEX);
}

EVAL(f_crc32) {
    (void)e, (void)x;
    return value_int((int64_t)crc32(0, (const Bytef *)v->s.p, (uInt)v->s.n));
}

EVAL(f_sha1) {
    (void)x;
    gchar *hex = g_compute_checksum_for_data(G_CHECKSUM_SHA1, (const guchar *)v->s.p, v->s.n);
    struct value out = value_text(mem_text(e->a, hex, strlen(hex)));
    g_free(hex);
    return out;
}

EVAL(f_sha2) {
    static const struct { int64_t bits; GChecksumType kind; } kinds[] = {{0, G_CHECKSUM_SHA256}, {256, G_CHECKSUM_SHA256}, {384, G_CHECKSUM_SHA384}, {512, G_CHECKSUM_SHA512}};
    (void)x;
    for (size_t i = 0; i < 4; i++) {
        if (kinds[i].bits != v[1].i) continue;
        gchar *hex = g_compute_checksum_for_data(kinds[i].kind, (const guchar *)v->s.p, v->s.n);
        struct value out = value_text(mem_text(e->a, hex, strlen(hex)));
        g_free(hex);
        return out;
    }
    return VALUE_NULL;
}

const struct function functions_bytes[] = {
    {"hex", 1, 1, "?", 's', f_hex, bind_hex, false, false}, {"unhex", 1, 1, "s", 'x', f_unhex, NULL, false, false},
    {"base64", 1, 1, "?", 's', f_base64, bind_bytes, false, false}, {"unbase64", 1, 1, "s", 'x', f_unbase64, NULL, false, false},
    {"md5", 1, 1, "?", 's', f_md5, bind_bytes, false, false}, {"sha2", 2, 2, "?i", 's', f_sha2, bind_bytes, false, false},
    {"crc32", 1, 1, "?", 'l', f_crc32, bind_bytes, false, false}, {"sha1", 1, 1, "?", 's', f_sha1, bind_bytes, false, false}, {"sha", 1, 1, "?", 's', f_sha1, bind_bytes, false, false},
    {NULL, 0, 0, NULL, 0, NULL, NULL, false, false},
};
