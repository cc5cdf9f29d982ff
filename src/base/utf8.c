#include "base/utf8.h"
#include "base/utf8_table.h"

#define ZERO_WIDTH_JOINER 0x200Du

static bool is_tail(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80;
}

/* Bytes a lead byte promises; 0 for a byte that cannot lead. */
static size_t promised(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 2;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/* Bytes of the valid character at s, its value in *cp; 0 when there is none. */
static size_t decode_valid(const char *s, size_t n, uint32_t *cp)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char lead = (unsigned char)s[0];
    size_t len = promised(lead);
    uint32_t value;

    if (len == 1) {
        *cp = lead;
        return 1;
    }
    if (len == 0 || len > n)
        return 0;
    value = lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (!is_tail(s[i]))
            return 0;
        value = value << 6 | ((unsigned char)s[i] & 0x3Fu);
    }
    if (value < least[len] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *cp = value;
    return len;
}

size_t utf8_decode(const char *s, size_t n, uint32_t *cp)
{
    size_t len;

    *cp = UTF8_BAD;
    if (n == 0)
        return 0;
    len = decode_valid(s, n, cp);
    return len ? len : 1;
}

size_t utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10FFFF || (cp >= 0xD800 && cp <= 0xDFFF))
        cp = UTF8_BAD;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xC0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xE0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (char)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (char)(0x80 | (cp & 0x3F));
    return 4;
}

/* How many bytes of ASCII s begins with, give or take a few: eight at a time, for most text is nothing else, megabytes of base64 among it. */
static size_t ascii_run(const char *s, size_t n)
{
    size_t at = 0;
    uint64_t eight;

    for (; n - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, s + at, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
    }
    return at;
}

bool utf8_valid(const char *s, size_t n)
{
    uint32_t cp;

    for (;;) {
        size_t run = ascii_run(s, n);
        size_t len = run < n ? decode_valid(s + run, n - run, &cp) : 0;

        if (len == 0)
            return run == n;
        s += run + len;
        n -= run + len;
    }
}

size_t utf8_whole(const char *s, size_t n)
{
    for (size_t back = 1; back <= 3 && back <= n; back++)
        if (!is_tail(s[n - back]))
            return promised((unsigned char)s[n - back]) > back ? n - back : n;
    return n;
}

int utf8_width(uint32_t cp)
{
    size_t low = 0, high = sizeof utf8_runs / sizeof *utf8_runs;

    if (cp < 0x80)
        return cp >= 0x20 && cp != 0x7F ? 1 : -1;
    if (cp > 0x10FFFF)
        return -1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cp > utf8_runs[middle].last)
            low = middle + 1;
        else if (cp < utf8_runs[middle].first)
            high = middle;
        else
            return utf8_runs[middle].width;
    }
    return 1;
}

static bool is_flag_letter(uint32_t cp)
{
    return cp >= 0x1F1E6 && cp <= 0x1F1FF;
}

size_t utf8_cluster(const char *s, size_t n, int *cells)
{
    uint32_t cp, next;
    size_t used = utf8_decode(s, n, &cp);
    int width = used ? utf8_width(cp) : 0;
    bool flag = is_flag_letter(cp);

    *cells = width < 0 ? 1 : width;
    if (width < 0)
        return used;
    while (used < n) {
        size_t len = utf8_decode(s + used, n - used, &next);
        bool joined = cp == ZERO_WIDTH_JOINER && *cells == 2 && utf8_width(next) == 2;

        if (flag && is_flag_letter(next)) {
            *cells += utf8_width(next);
            flag = false;
        } else if (utf8_width(next) != 0 && !joined) {
            break;
        }
        used += len;
        cp = next;
    }
    return used;
}

int utf8_cells(const char *s, size_t n)
{
    int total = 0, cells;

    while (n) {
        size_t len = utf8_cluster(s, n, &cells);

        total += cells;
        s += len;
        n -= len;
    }
    return total;
}

size_t utf8_fit(const char *s, size_t n, int cells)
{
    size_t used = 0;
    int width;

    while (used < n) {
        size_t len = utf8_cluster(s + used, n - used, &width);

        if (width > cells)
            break;
        cells -= width;
        used += len;
    }
    return used;
}

bool utf8_unsafe(uint32_t cp)
{
    /* What has no sign of its own though its category is a letter or mark, and every format character. */
    static const struct { uint32_t first, last; } hidden[] = {
        { 0xAD, 0xAD }, { 0x34F, 0x34F }, { 0x600, 0x605 }, { 0x61C, 0x61C }, { 0x6DD, 0x6DD }, { 0x70F, 0x70F },
        { 0x890, 0x891 }, { 0x8E2, 0x8E2 }, { 0x115F, 0x1160 }, { 0x17B4, 0x17B5 }, { 0x180B, 0x180F },
        { 0x200B, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x206F }, { 0x3164, 0x3164 }, { 0xFEFF, 0xFEFF },
        { 0xFFA0, 0xFFA0 }, { 0xFFF9, 0xFFFB }, { 0x110BD, 0x110BD }, { 0x110CD, 0x110CD }, { 0x13430, 0x13438 },
        { 0x1BCA0, 0x1BCA3 }, { 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF },
    };

    if (cp < 0x80)
        return cp < 0x20 || cp == 0x7F;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (cp >= hidden[i].first && cp <= hidden[i].last)
            return true;
    return utf8_width(cp) < 0;
}

static void put_escape(struct buf *out, uint32_t cp)
{
    static const char short_names[] = "abtnvfr"; /* from 0x07 on */

    if (cp >= '\t' && cp <= '\r' && cp != '\v' && cp != '\f')
        buf_printf(out, "\\%c", short_names[cp - 7]);
    else if (cp < 0x80)
        buf_printf(out, "\\x%02x", (unsigned)cp);
    else if (cp < 0x10000)
        buf_printf(out, "\\u%04x", (unsigned)cp);
    else
        buf_printf(out, "\\U%08x", (unsigned)cp);
}

int utf8_escape(struct buf *out, const char *s, size_t n, enum utf8_escape_mode mode)
{
    uint32_t cp;

    while (n) {
        size_t len = decode_valid(s, n, &cp);

        if (len == 0)
            buf_printf(out, "\\x%02x", (unsigned)(unsigned char)*s), len = 1;
        else if (utf8_unsafe(cp) || (mode == UTF8_ESCAPE_ASCII && cp >= 0x80))
            put_escape(out, cp);
        else
            buf_add(out, s, len);
        s += len;
        n -= len;
    }
    return out->failed ? -1 : 0;
}
