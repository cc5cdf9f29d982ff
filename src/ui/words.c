#include "ui/words.h"
#include "base/str.h"
#include "base/timefmt.h"

#define MINUTE_MS 60000

char *words_age(const char *done, int64_t at_ms, char *out, size_t size)
{
    char age[24];
    int64_t ms = time_wall_ms() - at_ms;
    if (at_ms <= 0)
        str_copy(out, size, "");
    else if (ms < MINUTE_MS)
        snprintf(out, size, "%s just now", done);
    else
        snprintf(out, size, "%s %s ago", done, time_age(ms, age, sizeof age));
    return out;
}
