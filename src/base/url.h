#ifndef LAKEFERRY_BASE_URL_H
#define LAKEFERRY_BASE_URL_H
/* url: percent-encoding and the parts of an http(s) URL. Pure; any thread. */
#include "base/buf.h"

/* Appends s with every byte outside A-Z a-z 0-9 _ . - ~ as %XX. */
int url_encode(struct buf *out, const char *s, size_t n);
/* As url_encode but keeps '/'; a "." or ".." segment is refused (ERR_USAGE). */
int url_encode_path(struct buf *out, const char *path, struct err *e);
/* Appends decoded bytes; false on a broken escape. plus: '+' means blank (queries). */
bool url_decode(struct buf *out, const char *s, size_t n, bool plus);

struct url_parts { char scheme[8]; char host[256]; int port; const char *rest; /* path and query, points into text */ };
/* False unless http:// or https:// with a host; port defaults by scheme. User info is refused. */
bool url_parse(const char *text, struct url_parts *out);
bool url_same_origin(const char *a, const char *b);
/* 127.0.0.0/8, ::1, localhost. */
bool url_is_loopback(const char *host);
#endif
