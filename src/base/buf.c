#include "base/buf.h"

/* Small blocks are moved by hand and the old bytes wiped, since a secret may be in them; large ones use realloc. */
#define WIPE_BELOW ((size_t)16 << 10)
#define FIRST_CAP ((size_t)64)

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .data = (char *)"", .max = max ? max : BUF_MAX_DEFAULT };
}

void buf_release(struct buf *b)
{
    if (b->cap)
        free(b->data);
    buf_init(b, b->max);
}

void buf_wipe(struct buf *b)
{
    if (b->cap)
        explicit_bzero(b->data, b->cap);
    buf_release(b);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = 0;
    if (b->cap)
        b->data[0] = '\0';
}

static char *grown(struct buf *b, size_t cap)
{
    char *fresh;

    if (b->cap >= WIPE_BELOW)
        return realloc(b->data, cap);
    fresh = malloc(cap);
    if (!fresh)
        return NULL;
    memcpy(fresh, b->data, b->len + 1);
    if (b->cap) {
        explicit_bzero(b->data, b->cap);
        free(b->data);
    }
    return fresh;
}

int buf_reserve(struct buf *b, size_t extra)
{
    size_t need, cap;
    char *data;

    if (b->failed)
        return -1;
    if (b->len > b->max || extra > b->max - b->len || extra > (size_t)PTRDIFF_MAX - b->len - 1) {
        b->failed = ERR_LIMIT;
        return -1;
    }
    need = b->len + extra + 1;
    if (need <= b->cap)
        return 0;
    cap = b->cap ? b->cap : FIRST_CAP;
    while (cap < need)
        cap = cap > (size_t)PTRDIFF_MAX / 2 ? need : cap * 2;
    if (b->max < (size_t)PTRDIFF_MAX && cap > b->max + 1)
        cap = b->max + 1;
    data = grown(b, cap);
    if (!data) {
        b->failed = ERR_NO_MEMORY;
        return -1;
    }
    b->data = data;
    b->cap = cap;
    return 0;
}

int buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (buf_reserve(b, n))
        return -1;
    if (n) {
        memcpy(b->data + b->len, bytes, n);
        b->len += n;
        b->data[b->len] = '\0';
    }
    return 0;
}

int buf_puts(struct buf *b, const char *s)
{
    return buf_add(b, s, strlen(s));
}

int buf_putc(struct buf *b, char c)
{
    return buf_add(b, &c, 1);
}

int buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
    va_list again;
    int n;

    if (b->failed)
        return -1;
    va_copy(again, ap);
    n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) {
        b->failed = ERR_NO_MEMORY;
        return -1;
    }
    if (buf_reserve(b, (size_t)n))
        return -1;
    if (n > 0) {
        vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
        b->len += (size_t)n;
    }
    return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int result;

    va_start(ap, fmt);
    result = buf_vprintf(b, fmt, ap);
    va_end(ap);
    return result;
}

void buf_drop(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (n == 0)
        return;
    memmove(b->data, b->data + n, b->len - n + 1);
    b->len -= n;
}

void buf_cut(struct buf *b, size_t len)
{
    if (len < b->len) {
        b->len = len;
        b->data[len] = '\0';
    }
}

char *buf_take(struct buf *b)
{
    char *data;

    if (b->failed || (b->cap == 0 && buf_reserve(b, 0)))
        return NULL;
    data = b->data;
    buf_init(b, b->max);
    return data;
}

int buf_error(const struct buf *b, struct err *e)
{
    if (!b->failed)
        return 0;
    if (b->failed == ERR_NO_MEMORY)
        return err_no_memory(e);
    return err_set(e, ERR_LIMIT, "larger than the limit of %zu bytes", b->max);
}
