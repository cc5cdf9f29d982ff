#ifndef LAKEFERRY_BASE_BUF_H
#define LAKEFERRY_BASE_BUF_H
/*
 * buf: a growing run of bytes with a stated maximum, always NUL-terminated behind len. Not shared between
 * threads. Failure is sticky: after an append that did not fit or found no memory every later append does
 * nothing, and buf_error() tells; so a sequence of appends needs one check at its end.
 */
#include "base/err.h"
#include <stdarg.h>

struct buf {
    char *data;   /* owned; "" (static) while nothing was allocated: never free or write it yourself */
    size_t len;
    size_t cap;
    size_t max;   /* largest len allowed */
    int failed;   /* 0, ERR_LIMIT or ERR_NO_MEMORY */
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)
#define BUF_INIT { .data = (char *)"", .max = BUF_MAX_DEFAULT }

/* Prepares an empty buffer with its maximum (0: BUF_MAX_DEFAULT). Allocates nothing. */
void buf_init(struct buf *b, size_t max);
/* Frees the contents and leaves an empty buffer of the same maximum. */
void buf_release(struct buf *b);
/* As buf_release, wiping the bytes first (for secrets). */
void buf_wipe(struct buf *b);
/* Forgets the contents and the failure, keeps the memory. */
void buf_clear(struct buf *b);
/* Makes room for extra bytes more. 0 or -1 (sticky). */
int buf_reserve(struct buf *b, size_t extra);
int buf_add(struct buf *b, const void *bytes, size_t n);
int buf_puts(struct buf *b, const char *s);
int buf_putc(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int buf_vprintf(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Removes n bytes from the front (all when n > len). */
void buf_drop(struct buf *b, size_t n);
/* Cuts to len bytes when longer. */
void buf_cut(struct buf *b, size_t len);
/* Hands the memory over (malloc'ed, NUL-terminated, caller frees) and empties b; NULL on failure or no memory. */
char *buf_take(struct buf *b);
/* 0 when every append fitted, else -1 with e filled. */
int buf_error(const struct buf *b, struct err *e);
#endif
