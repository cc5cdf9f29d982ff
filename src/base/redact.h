#ifndef LAKEFERRY_BASE_REDACT_H
#define LAKEFERRY_BASE_REDACT_H
/*
 * redact: the one place that keeps secrets out of every sink. Known secrets are registered once; redact_text()
 * also hides what looks like one (Authorization values, dapi… tokens, X-Amz-Signature and other signed-URL
 * queries). Thread-safe.
 */
#include "base/buf.h"

/* Remembers a secret of >= 6 bytes (copied into locked, wiped-at-exit memory); also hides its base64 and percent-encoded forms. */
void redact_add(const char *secret);
/* Appends text with secrets replaced by "[redacted]". 0 or -1. */
int redact_text(struct buf *out, const char *text, size_t n);
/* In place for a terminated string of fixed room. */
void redact_fixed(char *text, size_t size);
/* Forgets and wipes all (end of program, tests). */
void redact_clear(void);
#endif
