#ifndef LAKEFERRY_BASE_UTF8_H
#define LAKEFERRY_BASE_UTF8_H
/*
 * utf8: decoding, cell widths, and the one function between remote text and people: utf8_escape().
 * Widths come from a table of our own rules over wcwidth where a locale is set; pure, any thread.
 */
#include "base/buf.h"

#define UTF8_BAD 0xFFFDu

/* Decodes one code point of s[0..n); returns bytes used (>= 1 when n > 0), *cp = UTF8_BAD for an invalid byte. */
size_t utf8_decode(const char *s, size_t n, uint32_t *cp);
/* Appends cp as UTF-8 to out (4 bytes room); returns bytes written. */
size_t utf8_encode(uint32_t cp, char out[4]);
bool utf8_valid(const char *s, size_t n);
/* n, or less when s[0..n) ends inside a character: the bytes up to that character. */
size_t utf8_whole(const char *s, size_t n);
/* Cells a code point takes: 0 combining, 1, 2 wide; control and unassigned count as -1. */
int utf8_width(uint32_t cp);
/* Bytes of the cluster (base + following zero-width marks, joined emoji) at s; *cells gets its width. */
size_t utf8_cluster(const char *s, size_t n, int *cells);
/* Cells of a whole string (must be escaped already). */
int utf8_cells(const char *s, size_t n);
/* Bytes of the longest prefix that fits in cells; never halves a cluster. */
size_t utf8_fit(const char *s, size_t n, int cells);

enum utf8_escape_mode { UTF8_ESCAPE_LINE, UTF8_ESCAPE_ASCII };
/*
 * Appends s to out, safe for a terminal: C0, DEL, C1, bidi controls, zero-width and other format characters,
 * line/paragraph separators, invalid bytes become visible escapes (\n, \x1b, \u202e, \xff). ASCII mode also
 * writes everything beyond ASCII as \uXXXX. 0 or -1 (out's sticky failure).
 */
int utf8_escape(struct buf *out, const char *s, size_t n, enum utf8_escape_mode mode);
/* True when the code point must be escaped. */
bool utf8_unsafe(uint32_t cp);
#endif
