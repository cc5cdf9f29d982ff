#ifndef LAKEFERRY_SANDBOX_SQL_JSON_TEXT_H
#define LAKEFERRY_SANDBOX_SQL_JSON_TEXT_H
/*
 * json_text: stepping through JSON text as Jackson with Spark's settings does: single quotes are allowed, numbers keep their
 * text (sql-cookbook §a). Shared by reading into types, inference and paths; the interface for others is value.h. A reader
 * belongs to the thread of its statement.
 */
#include "sandbox/sql/value.h"

#define JSON_DEPTH 500
struct json { struct arena *a; const char *p, *end; const struct json_options *o; int depth; bool wrong; /* a field did not fit */ };

/* The next character that is no blank, not taken; -1 at the end. */
int json_peek(struct json *j);
/* A string at its quote; without escapes it points into the text. -1 when it is broken or too long. */
int json_read_string(struct json *j, struct value *out);
/* A number or a bare word; its text. -1 when there is none. */
int json_read_word(struct json *j, const char **s, size_t *n);
bool json_is(const char *s, size_t n, const char *word);
bool json_is_number(const char *s, size_t n);
bool json_is_named_number(const char *s, size_t n);   /* NaN, Infinity, INF */
/* Steps over one value, checking it; appends its JSON text as Jackson would write it again when t is not NULL. -1: broken. */
int json_copy(struct json *j, struct text *t);
void json_copy_number(struct text *t, const char *s, size_t n);
#endif
