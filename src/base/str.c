#include "base/str.h"
#include "base/utf8.h"
#include <inttypes.h>
#include <errno.h>

/* ASCII only and blind to the locale, unlike <ctype.h>. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

char *str_dup_n(const char *s, size_t n)
{
    char *copy;

    if (!s || n == SIZE_MAX)
        return NULL;
    copy = malloc(n + 1);
    if (!copy)
        return NULL;
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *str_dup(const char *s)
{
    return s ? str_dup_n(s, strlen(s)) : NULL;
}

char *str_printf(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    return n < 0 ? NULL : text;
}

bool str_copy(char *dst, size_t size, const char *src)
{
    size_t n = strlen(src);

    if (size == 0)
        return false;
    if (n < size) {
        memcpy(dst, src, n + 1);
        return true;
    }
    n = utf8_whole(src, size - 1);
    memcpy(dst, src, n);
    dst[n] = '\0';
    return false;
}

int str_set(char **slot, const char *s)
{
    char *copy = str_dup(s);

    if (s && !copy)
        return -1;
    free(*slot);
    *slot = copy;
    return 0;
}

bool str_eq(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_n(const char *a, const char *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (lower(a[i]) != lower(b[i]))
            return false;
    return true;
}

bool str_ieq(const char *a, const char *b)
{
    size_t n;

    if (!a || !b)
        return a == b;
    n = strlen(a);
    return n == strlen(b) && same_n(a, b, n);
}

bool str_starts(const char *s, const char *prefix)
{
    return s && prefix && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
    size_t n = s ? strlen(s) : 0, m = suffix ? strlen(suffix) : 0;

    return s && suffix && m <= n && memcmp(s + n - m, suffix, m) == 0;
}

bool str_iends(const char *s, const char *suffix)
{
    size_t n = s ? strlen(s) : 0, m = suffix ? strlen(suffix) : 0;

    return s && suffix && m <= n && same_n(s + n - m, suffix, m);
}

bool str_blank(const char *s)
{
    while (s && is_space(*s))
        s++;
    return !s || !*s;
}

char *str_trim(char *s)
{
    size_t n;

    while (is_space(*s))
        s++;
    n = strlen(s);
    while (n && is_space(s[n - 1]))
        n--;
    s[n] = '\0';
    return s;
}

bool str_u64(const char *s, uint64_t *out)
{
    uint64_t value = 0;

    if (!s || !*s)
        return false;
    for (; *s; s++) {
        unsigned digit = (unsigned)*s - '0';

        if (digit > 9 || __builtin_mul_overflow(value, (uint64_t)10, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool str_i64(const char *s, int64_t *out)
{
    bool negative = s && *s == '-';
    uint64_t value;

    if (!s || !str_u64(s + negative, &value) || value > (uint64_t)INT64_MAX + negative)
        return false;
    if (negative)
        *out = value ? -(int64_t)(value - 1) - 1 : 0;
    else
        *out = (int64_t)value;
    return true;
}

char *str_bytes(uint64_t n, char *out, size_t size)
{
    static const char *const units[] = { "B", "KB", "MB", "GB", "TB", "PB", "EB" };
    size_t unit = 0;
    double value = (double)n;

    /* Compared after rounding, so that 1023.7 KB reads 1.0 MB and not 1024 KB. */
    while (unit + 1 < sizeof units / sizeof *units && value >= (unit ? 1023.5 : 1024.0)) {
        value /= 1024;
        unit++;
    }
    snprintf(out, size, unit >= 2 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return out;
}

char *str_count(uint64_t n, char *out, size_t size)
{
    char digits[24], text[32];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;

    for (size_t i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    snprintf(out, size, "%s", text);
    return out;
}

char *str_duration(int64_t ms, char *out, size_t size)
{
    int64_t s = ms > 0 ? ms / 1000 : 0;

    if (s >= 3600)
        snprintf(out, size, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(out, size, "%d:%02d", (int)(s / 60), (int)(s % 60));
    return out;
}

int str_list_add(struct str_list *l, const char *s)
{
    char *copy;

    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 8;
        char **items = reallocarray(l->items, cap, sizeof *items);

        if (!items)
            return -1;
        l->items = items;
        l->cap = cap;
    }
    copy = str_dup(s);
    if (!copy)
        return -1;
    l->items[l->count++] = copy;
    return 0;
}

void str_list_release(struct str_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->items[i]);
    free(l->items);
    *l = (struct str_list){ 0 };
}
