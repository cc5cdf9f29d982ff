#ifndef LAKEFERRY_BASE_TIMEFMT_H
#define LAKEFERRY_BASE_TIMEFMT_H
/* timefmt: clocks and RFC 3339 text. Times are int64 microseconds since 1970 UTC unless a name says _ms. Any thread. */
#include "base/err.h"

int64_t time_wall_us(void);      /* wall clock */
int64_t time_wall_ms(void);
int64_t time_mono_ms(void);      /* monotonic, for deadlines */
/* "2026-11-22T07:00:00.123456Z" with 0..9 fraction digits (cut to 6) and Z or an offset; false when it is not one. */
bool time_parse(const char *text, int64_t *us);
/* digits: 0, 3, 6 or 9 fraction digits. out needs 40 bytes. Returns out. */
char *time_format(int64_t us, int digits, char *out, size_t size);
/* "2026-08-14 09:12 UTC". */
char *time_people(int64_t us, char *out, size_t size);
/* HTTP date ("Sun, 22 Nov 2026 07:00:00 GMT") both ways; parse returns false on anything else. */
bool time_parse_http(const char *text, int64_t *us);
char *time_format_http(int64_t us, char *out, size_t size);
/* "4 s", "3 min", "2 h", "5 d" for an age in ms. */
char *time_age(int64_t age_ms, char *out, size_t size);
#endif
