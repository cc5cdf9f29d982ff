#ifndef LAKEFERRY_BASE_STR_H
#define LAKEFERRY_BASE_STR_H
/* str: small helpers on C strings. Pure functions; any thread. Results documented as owned are malloc'ed. */
#include "base/buf.h"

/* Owned copy; NULL in gives NULL out; NULL also without memory. */
char *str_dup(const char *s);
char *str_dup_n(const char *s, size_t n);
/* Owned formatted string or NULL without memory. */
char *str_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Copies with truncation at a whole UTF-8 character, always terminated. Returns true when all fitted. */
bool str_copy(char *dst, size_t size, const char *src);
/* Replaces *slot (freed) by an owned copy of s (NULL allowed). 0 or -1 without memory (slot unchanged). */
int str_set(char **slot, const char *s);
bool str_eq(const char *a, const char *b);            /* NULL equals only NULL */
bool str_ieq(const char *a, const char *b);           /* ASCII case ignored */
bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_iends(const char *s, const char *suffix);    /* ASCII case ignored */
bool str_blank(const char *s);                        /* NULL, empty or white space only */
/* Cuts white space at both ends in place and returns the new start. */
char *str_trim(char *s);
/* The whole text as a decimal number; false (out untouched) on anything else or overflow. */
bool str_i64(const char *s, int64_t *out);
bool str_u64(const char *s, uint64_t *out);
/* "84 KB", "1.2 MB" (units of 1024), at most 8 cells. */
char *str_bytes(uint64_t n, char *out, size_t size);
/* "1,204". */
char *str_count(uint64_t n, char *out, size_t size);
/* "0:06", "1:02:03" from milliseconds. */
char *str_duration(int64_t ms, char *out, size_t size);

/* A growing list of owned strings. */
struct str_list { char **items; size_t count, cap; };
int str_list_add(struct str_list *l, const char *s);   /* copies; 0 or -1 without memory */
void str_list_release(struct str_list *l);
#endif
