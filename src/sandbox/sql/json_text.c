#include "sandbox/sql/json_text.h"
#include "base/utf8.h"

#define JSON_STRING_MAX ((size_t)20000000)

static void blanks(struct json *j) {
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' || *j->p == '\n' || *j->p == '\r')) j->p++;
}

int json_peek(struct json *j) {
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

int json_read_string(struct json *j, struct value *out) {
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

int json_read_word(struct json *j, const char **s, size_t *n) {
    *s = j->p;
    while (j->p < j->end && (strchr("+-.", *j->p) ? *j->p != 0 : (*j->p >= '0' && *j->p <= '9') || ((*j->p | 32) >= 'a' && (*j->p | 32) <= 'z'))) j->p++;
    *n = (size_t)(j->p - *s);
    return *n ? 0 : -1;
}

bool json_is(const char *s, size_t n, const char *word) {
    return n == strlen(word) && !memcmp(s, word, n);
}

bool json_is_number(const char *s, size_t n) {
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

bool json_is_named_number(const char *s, size_t n) {
    return json_is(s, n, "NaN") || json_is(s, n, "Infinity") || json_is(s, n, "+Infinity") || json_is(s, n, "-Infinity") || json_is(s, n, "+INF") ||
           json_is(s, n, "-INF") || json_is(s, n, "INF");
}

static int copy_members(struct json *j, struct text *t, char close) {
    bool object = close == '}', first = true;
    j->p++;
    if (t) text_putc(t, object ? '{' : '[');
    if (json_peek(j) == close) {
        j->p++;
        if (t) text_putc(t, close);
        return 0;
    }
    for (;; first = false) {
        if (t && !first) text_putc(t, ',');
        if (object) {
            int c = json_peek(j);
            struct value key;
            if ((c != '"' && c != '\'') || json_read_string(j, &key) || json_peek(j) != ':') return -1;
            j->p++;
            if (t) {
                json_string(t, key.s.p, key.s.n);
                text_putc(t, ':');
            }
        }
        if (json_copy(j, t)) return -1;
        int c = json_peek(j);
        j->p++;
        if (c == close) break;
        if (c != ',') return -1;
    }
    if (t) text_putc(t, close);
    return 0;
}

void json_copy_number(struct text *t, const char *s, size_t n) {
    double d;
    if (memchr(s, '.', n) || memchr(s, 'e', n) || memchr(s, 'E', n)) {
        if (double_parse(s, n, &d)) {
            double_print(t, d, false);
            return;
        }
    }
    text_add(t, s, n);
}

int json_copy(struct json *j, struct text *t) {
    int c = json_peek(j);
    if (c < 0 || ++j->depth > JSON_DEPTH) return -1;
    int rc = 0;
    if (c == '{' || c == '[') {
        rc = copy_members(j, t, c == '{' ? '}' : ']');
    } else if (c == '"' || c == '\'') {
        struct value v;
        rc = json_read_string(j, &v);
        if (!rc && t) json_string(t, v.s.p, v.s.n);
    } else {
        const char *s;
        size_t n;
        rc = json_read_word(j, &s, &n);
        if (!rc && json_is_number(s, n)) {
            if (t) json_copy_number(t, s, n);
        } else if (!rc && json_is_named_number(s, n)) {
            if (t) text_printf(t, "\"%.*s\"", (int)n, s);
        } else if (!rc && (json_is(s, n, "true") || json_is(s, n, "false") || json_is(s, n, "null"))) {
            if (t) text_add(t, s, n);
        } else {
            rc = -1;
        }
    }
    j->depth--;
    return rc;
}
