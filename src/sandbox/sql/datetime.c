/* Dates and timestamps: the calendar (proleptic Gregorian), their text read as Spark casts it, and written by a pattern. */
#include "sandbox/sql/value.h"

int64_t date_days(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = floor_div(year, 400), y = year - era * 400, shifted = month > 2 ? month - 3 : month + 9;
    return era * 146097 + y * 365 + y / 4 - y / 100 + (153 * shifted + 2) / 5 + day - 1 - 719468;
}

void date_civil(int64_t days, int64_t *year, int *month, int *day) {
    days += 719468;
    int64_t era = floor_div(days, 146097), in_era = days - era * 146097;
    int64_t y = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * y + y / 4 - y / 100), shifted = (5 * in_year + 2) / 153;
    *day = (int)(in_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = y + era * 400 + (*month <= 2);
}

struct scan { const char *p, *end; };

static bool number(struct scan *s, int min, int max, int *out) {
    int n = 0, v = 0;
    while (s->p < s->end && digit(*s->p) && n < max) {
        v = v * 10 + (*s->p++ - '0');
        n++;
    }
    *out = v;
    return n >= min;
}

static bool take(struct scan *s, char c) {
    if (s->p >= s->end || *s->p != c) return false;
    s->p++;
    return true;
}

static bool scan_date(struct scan *s, int64_t *days) {
    static const int length[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int y, m = 1, d = 1;
    bool negative = take(s, '-');
    if (!number(s, 4, 7, &y)) return false;
    if (take(s, '-')) {
        if (!number(s, 1, 2, &m)) return false;
        if (take(s, '-') && !number(s, 1, 2, &d)) return false;
    }
    if (negative) y = -y;
    if (m < 1 || m > 12 || d < 1 || d > length[m - 1]) return false;
    if (m == 2 && d == 29 && (y % 4 || (y % 100 == 0 && y % 400))) return false;
    *days = date_days(y, m, d);
    return true;
}

static bool scan_zone(struct scan *s, int64_t *offset) {
    *offset = 0;
    while (take(s, ' ')) continue;
    if (s->p == s->end || (take(s, 'Z') && s->p == s->end)) return true;
    size_t n = (size_t)(s->end - s->p);
    if ((n >= 3 && (!memcmp(s->p, "UTC", 3) || !memcmp(s->p, "GMT", 3))) ) s->p += 3;
    if (s->p == s->end) return true;
    bool negative = *s->p == '-';
    if (!take(s, '-') && !take(s, '+')) return false;
    int h, m = 0, sec = 0;
    if (!number(s, 1, 2, &h)) return false;
    bool colon = take(s, ':');
    if (s->p < s->end && !number(s, colon ? 1 : 2, 2, &m)) return false;
    if (take(s, ':') && !number(s, 2, 2, &sec)) return false;
    if (h > 18 || m > 59 || sec > 59) return false;
    *offset = (h * 3600 + m * 60 + sec) * (negative ? -1 : 1);
    return s->p == s->end;
}

bool date_parse(const char *s, size_t n, int64_t *days) {
    value_trim(&s, &n);
    struct scan in = { s, s + n };
    return scan_date(&in, days) && (in.p == in.end || *in.p == ' ' || *in.p == 'T');
}

static bool scan_clock(struct scan *s, int64_t *us) {
    int h, m = 0, sec = 0;
    int64_t fraction = 0;
    if (!number(s, 1, 2, &h)) return false;
    if (take(s, ':') && !number(s, 1, 2, &m)) return false;
    if (take(s, ':') && !number(s, 1, 2, &sec)) return false;
    if (take(s, '.')) {
        int64_t unit = 100000;
        for (; s->p < s->end && digit(*s->p); s->p++, unit /= 10) fraction += (*s->p - '0') * unit;
    }
    *us = ((int64_t)(h * 60 + m) * 60 + sec) * 1000000 + fraction;
    return h < 24 && m < 60 && sec < 60;
}

bool timestamp_parse(const char *s, size_t n, int64_t *us) {
    value_trim(&s, &n);
    struct scan in = { s, s + n };
    int64_t days, clock = 0, offset = 0;
    if (!scan_date(&in, &days)) return false;
    if (in.p < in.end) {
        if (!take(&in, ' ') && !take(&in, 'T')) return false;
        if (!scan_clock(&in, &clock) || !scan_zone(&in, &offset)) return false;
    }
    *us = days * 86400000000 + clock - offset * 1000000;
    return true;
}

struct clock { int64_t y; int mo, d, h, mi, s, us; };

static int clock_part(const struct clock *c, char letter) {
    switch (letter) {
    case 'y': return (int)c->y;
    case 'M': return c->mo;
    case 'd': return c->d;
    case 'H': return c->h;
    case 'm': return c->mi;
    case 's': return c->s;
    default: return -1;
    }
}

static void format_fraction(struct text *out, int us, int width) {
    char b[16];
    snprintf(b, sizeof b, "%06d000", us);
    text_add(out, b, (size_t)(width > 9 ? 9 : width));
}

/* Quoted text behind p[0] == '\''; returns the last character used. */
static const char *format_quoted(struct text *out, const char *p) {
    if (p[1] == '\'') {
        text_putc(out, '\'');
        return p + 1;
    }
    for (p++; *p && (*p != '\'' || p[1] == '\''); p++) {
        if (*p == '\'') p++;
        text_putc(out, *p);
    }
    return *p ? p : p - 1;
}

bool timestamp_format(struct text *out, int64_t us, const char *pattern) {
    struct clock c;
    int64_t days = us / 86400000000, rest = us % 86400000000;
    if (rest < 0) {
        days--;
        rest += 86400000000;
    }
    date_civil(days, &c.y, &c.mo, &c.d);
    c.us = (int)(rest % 1000000);
    rest /= 1000000;
    c.h = (int)(rest / 3600);
    c.mi = (int)(rest / 60 % 60);
    c.s = (int)(rest % 60);
    for (const char *p = pattern; *p; p++) {
        int width = 1;
        if (*p == '\'') {
            p = format_quoted(out, p);
            continue;
        }
        bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        while (letter && p[1] == *p) p++, width++;
        int part = clock_part(&c, *p);
        if (*p == 'y' && width == 2) text_printf(out, "%02d", part % 100);
        else if (part >= 0 || *p == 'y') text_printf(out, "%0*d", width, part);
        else if (*p == 'S') format_fraction(out, c.us, width);
        else if (*p == 'X') text_putc(out, 'Z');
        else if (*p == 'x' || *p == 'Z') text_puts(out, width >= 3 && *p == 'x' ? "+00:00" : "+0000");
        else if (letter) return false;
        else text_putc(out, *p);
    }
    return true;
}
