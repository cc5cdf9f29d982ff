#ifndef LAKEFERRY_UI_WORDS_H
#define LAKEFERRY_UI_WORDS_H
/* words: phrases that several screens say. Pure functions; any thread. */
#include <stddef.h>
#include <stdint.h>

/* "listed just now", "read 4 min ago" of something that was done at at_ms (wall clock, ms since 1970); "" for at_ms 0: never. Returns out. */
char *words_age(const char *done, int64_t at_ms, char *out, size_t size);
#endif
