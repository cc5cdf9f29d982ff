#include "base/timefmt.h"
#include <inttypes.h>

#define US_PER_S INT64_C(1000000)
#define FIRST_SECOND INT64_C(-62167219200)   /* the year 0000 begins, the year 9999 ends */
#define LAST_SECOND INT64_C(253402300799)

static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static int64_t clock_us(clockid_t clock)
{
    struct timespec ts;

    if (clock_gettime(clock, &ts))
        return 0;
    return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int64_t time_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t time_wall_ms(void)
{
    return clock_us(CLOCK_REALTIME) / 1000;
}

int64_t time_mono_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000;
}

/* Reads exactly width digits and moves on; false when there are fewer. */
static bool take_number(const char **at, int width, int *out)
{
    int value = 0;

    for (int i = 0; i < width; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        value = value * 10 + (**at - '0');
    }
    *out = value;
    return true;
}

static bool take_char(const char **at, const char *allowed)
{
    if (!**at || !strchr(allowed, **at))
        return false;
    (*at)++;
    return true;
}

static bool take_clock(const char **at, struct tm *tm)
{
    return take_number(at, 2, &tm->tm_hour) && take_char(at, ":") && take_number(at, 2, &tm->tm_min) &&
           take_char(at, ":") && take_number(at, 2, &tm->tm_sec);
}

static bool take_fraction(const char **at, int *us)
{
    int scale = 100000, digits = 0;

    *us = 0;
    if (!take_char(at, "."))
        return true;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++, scale /= 10)
        *us += (**at - '0') * scale;
    return digits >= 1 && digits <= 9;
}

static bool take_zone(const char **at, int *seconds)
{
    int hours, minutes, sign;

    *seconds = 0;
    if (take_char(at, "Zz"))
        return true;
    sign = **at == '-' ? -1 : 1;
    if (!take_char(at, "+-") || !take_number(at, 2, &hours) || !take_char(at, ":") || !take_number(at, 2, &minutes) ||
        hours > 23 || minutes > 59)
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* Seconds of a calendar time; false for a day or hour that does not exist. A leap second counts as the next minute. */
static bool to_seconds(struct tm tm, int64_t *out)
{
    struct tm norm = tm;
    time_t t;

    if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
        return false;
    norm.tm_hour = norm.tm_min = norm.tm_sec = 0;
    t = timegm(&norm);
    if (norm.tm_mday != tm.tm_mday || norm.tm_mon != tm.tm_mon || norm.tm_year != tm.tm_year)
        return false;
    *out = (int64_t)t + tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
    return true;
}

bool time_parse(const char *text, int64_t *us)
{
    struct tm tm = { 0 };
    int year, month, fraction, zone;
    int64_t seconds;

    if (!text || !take_number(&text, 4, &year) || !take_char(&text, "-") || !take_number(&text, 2, &month) ||
        !take_char(&text, "-") || !take_number(&text, 2, &tm.tm_mday) || !take_char(&text, "Tt ") ||
        !take_clock(&text, &tm) || !take_fraction(&text, &fraction) || !take_zone(&text, &zone) || *text)
        return false;
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    if (!to_seconds(tm, &seconds))
        return false;
    seconds -= zone;
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND)    /* the zone led out of the years that can be written */
        return false;
    *us = seconds * US_PER_S + fraction;
    return true;
}

/* Calendar parts and the microseconds behind the second; rounds down also before 1970. */
static int split_time(int64_t us, struct tm *tm)
{
    int64_t seconds = us / US_PER_S;
    int rest = (int)(us % US_PER_S);
    time_t t;

    if (rest < 0) {
        rest += (int)US_PER_S;
        seconds--;
    }
    t = (time_t)seconds;
    if (!gmtime_r(&t, tm))
        *tm = (struct tm){ .tm_mday = 1, .tm_year = 70, .tm_wday = 4 };
    return rest;
}

char *time_format(int64_t us, int digits, char *out, size_t size)
{
    struct tm tm;
    int rest = split_time(us, &tm);
    char fraction[16] = "";

    if (digits >= 9)
        snprintf(fraction, sizeof fraction, ".%06d000", rest);
    else if (digits >= 6)
        snprintf(fraction, sizeof fraction, ".%06d", rest);
    else if (digits >= 3)
        snprintf(fraction, sizeof fraction, ".%03d", rest / 1000);
    snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02d%sZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min, tm.tm_sec, fraction);
    return out;
}

char *time_people(int64_t us, char *out, size_t size)
{
    struct tm tm;

    split_time(us, &tm);
    snprintf(out, size, "%04d-%02d-%02d %02d:%02d UTC", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
             tm.tm_min);
    return out;
}

/* Index of the three-letter name at *at, or -1. */
static int take_name(const char **at, const char (*names)[4], int count)
{
    for (int i = 0; i < count; i++)
        if (strncmp(*at, names[i], 3) == 0) {
            *at += 3;
            return i;
        }
    return -1;
}

bool time_parse_http(const char *text, int64_t *us)
{
    struct tm tm = { 0 };
    int year;
    int64_t seconds;

    if (!text || take_name(&text, days, 7) < 0 || strncmp(text, ", ", 2) != 0)
        return false;
    text += 2;
    if (!take_number(&text, 2, &tm.tm_mday) || !take_char(&text, " ") || (tm.tm_mon = take_name(&text, months, 12)) < 0 ||
        !take_char(&text, " ") || !take_number(&text, 4, &year) || !take_char(&text, " ") || !take_clock(&text, &tm) ||
        strcmp(text, " GMT") != 0)
        return false;
    tm.tm_year = year - 1900;
    if (!to_seconds(tm, &seconds))
        return false;
    *us = seconds * US_PER_S;
    return true;
}

char *time_format_http(int64_t us, char *out, size_t size)
{
    struct tm tm;

    split_time(us, &tm);
    snprintf(out, size, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
             tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return out;
}

char *time_age(int64_t age_ms, char *out, size_t size)
{
    static const struct { int64_t below_s, per; const char *unit; } steps[] = {
        { 60, 1, "s" }, { 3600, 60, "min" }, { 86400, 3600, "h" }, { INT64_MAX, 86400, "d" },
    };
    int64_t s = age_ms > 0 ? age_ms / 1000 : 0;
    size_t i = 0;

    while (s >= steps[i].below_s)
        i++;
    snprintf(out, size, "%" PRId64 " %s", s / steps[i].per, steps[i].unit);
    return out;
}
