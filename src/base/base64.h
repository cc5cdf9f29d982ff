#ifndef LAKEFERRY_BASE_BASE64_H
#define LAKEFERRY_BASE_BASE64_H
/* base64: standard alphabet with padding. Pure; any thread. */
#include "base/buf.h"

/* Length of the encoded text of n bytes; SIZE_MAX on overflow. */
size_t base64_length(size_t n);
/* Encodes n bytes; out has base64_length(n) room, no terminator. Chunks of a multiple of 3 bytes can be concatenated. */
size_t base64_encode(const void *bytes, size_t n, char *out);
/* Appends the decoded bytes; -1 with ERR_PROTOCOL on a wrong character or padding. */
int base64_decode(struct buf *out, const char *text, size_t n, struct err *e);
#endif
