#include "core/cells_literal.h"
#include "base/str.h"
#include "base/utf8.h"
#include <math.h>
#include <stdarg.h>

struct reader { const char *text, *at; char *why; size_t why_size; int depth; };

static cJSON *value(struct reader *r);

static bool refuse(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Always false; the first reason stays. */
static bool refuse(struct reader *r, const char *fmt, ...)
{
    va_list ap;
    if (*r->why)
        return false;
    va_start(ap, fmt);
    vsnprintf(r->why, r->why_size, fmt, ap);
    va_end(ap);
    size_t used = strlen(r->why);
    snprintf(r->why + used, r->why_size - used, " at byte %zu", (size_t)(r->at - r->text) + 1);
    return false;
}

static void skip_blanks(struct reader *r)
{
    while (*r->at && strchr(" \t\r\n\f", *r->at))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

/* --- strings --- */

static void put_point(struct buf *out, uint32_t point)
{
    char bytes[4];
    /* A NUL and a half of a pair have no place in text; JSON readers show them so, too. */
    if (point == 0 || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF)
        point = UTF8_BAD;
    buf_add(out, bytes, utf8_encode(point, bytes));
}

static bool take_digits(struct reader *r, int count, int base, uint32_t *out)
{
    static const char digits[] = "0123456789abcdef";
    *out = 0;
    for (int i = 0; i < count; i++) {
        char c = *r->at >= 'A' && *r->at <= 'F' ? (char)(*r->at + 32) : *r->at;
        const char *digit = c ? strchr(digits, c) : NULL;
        if (!digit || digit - digits >= base)
            return false;
        *out = *out * (uint32_t)base + (uint32_t)(digit - digits);
        r->at++;
    }
    return true;
}

/* \uD83D\uDE00, as JSON and Java write one character beyond the first 65,536. */
static uint32_t join_pair(struct reader *r, uint32_t high)
{
    const char *back = r->at;
    uint32_t low;
    if (high < 0xD800 || high > 0xDBFF || r->at[0] != '\\' || r->at[1] != 'u')
        return high;
    r->at += 2;
    if (take_digits(r, 4, 16, &low) && low >= 0xDC00 && low <= 0xDFFF)
        return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    r->at = back;
    return high;
}

static bool take_octal(struct reader *r, struct buf *out)
{
    uint32_t point = 0;
    for (int i = 0; i < 3 && *r->at >= '0' && *r->at <= '7'; i++)
        point = point * 8 + (uint32_t)(*r->at++ - '0');
    put_point(out, point);
    return true;
}

/* Behind a backslash. */
static bool take_escape(struct reader *r, struct buf *out)
{
    static const char plain[] = "\\'\"abfnrtv/", means[] = "\\'\"\a\b\f\n\r\t\v/";
    static const struct { char letter; int digits; } coded[] = {{'x', 2}, {'u', 4}, {'U', 8}};
    const char *known = *r->at ? strchr(plain, *r->at) : NULL;
    uint32_t point;
    if (*r->at >= '0' && *r->at <= '7')
        return take_octal(r, out);
    if (*r->at == '\n') {                       /* a line that goes on */
        r->at++;
        return true;
    }
    for (size_t i = 0; i < sizeof coded / sizeof *coded; i++) {
        if (*r->at != coded[i].letter)
            continue;
        r->at++;
        if (!take_digits(r, coded[i].digits, 16, &point))
            return refuse(r, "\\%c is not followed by %d hexadecimal digits", coded[i].letter, coded[i].digits);
        put_point(out, join_pair(r, point));
        return true;
    }
    if (known)
        buf_putc(out, means[known - plain]);
    else
        buf_putc(out, '\\');                    /* as Python does: an escape that is none stays */
    r->at += known != NULL;
    return true;
}

/* Length of an opening quote, with its prefix: 0 when there is none. */
static size_t quote_length(const char *at, bool *raw)
{
    size_t prefix = *at && strchr("uUrR", *at) && (at[1] == '\'' || at[1] == '"') ? 1 : 0;
    *raw = prefix && (*at == 'r' || *at == 'R');
    at += prefix;
    if (*at != '\'' && *at != '"')
        return 0;
    return prefix + (at[1] == at[0] && at[2] == at[0] ? 3 : 1);
}

static bool take_quoted(struct reader *r, struct buf *out)
{
    bool raw;
    size_t n = quote_length(r->at, &raw);
    char quote = r->at[n - 1];
    bool tripled = n >= 3;
    const char *from = r->at;
    r->at += n;
    for (;;) {
        if (!*r->at) {
            r->at = from;
            return refuse(r, "a text is not closed that begins");
        }
        if (*r->at == quote && (!tripled || (r->at[1] == quote && r->at[2] == quote))) {
            r->at += tripled ? 3 : 1;
            return true;
        }
        if (*r->at == '\\' && raw && r->at[1]) {
            buf_add(out, r->at, 2);
            r->at += 2;
        } else if (*r->at == '\\' && !raw) {
            r->at++;
            if (!take_escape(r, out))
                return false;
        } else {
            buf_putc(out, *r->at++);
        }
    }
}

/* One string, or several that stand beside each other. */
static bool take_text(struct reader *r, struct buf *out)
{
    bool raw;
    do {
        if (!take_quoted(r, out))
            return false;
        skip_blanks(r);
    } while (quote_length(r->at, &raw));
    return true;
}

/* --- numbers and words --- */

static size_t digits_at(const char *p, bool joined)
{
    size_t n = strspn(p, joined ? "0123456789_" : "0123456789");
    return n && (p[0] == '_' || p[n - 1] == '_') ? 0 : n;
}

/* The number as JSON writes it; false when it is none. */
static bool take_number(struct reader *r, struct buf *out)
{
    const char *p = r->at + (*r->at == '+' || *r->at == '-');
    size_t whole = digits_at(p, true), fraction = 0, exponent = 1;
    if (*r->at == '-')
        buf_putc(out, '-');
    for (size_t i = 0; i < whole; i++)
        if (p[i] != '_')
            buf_putc(out, p[i]);
    if (!whole)
        buf_putc(out, '0');
    bool zeros = whole > 1 && *p == '0';
    p += whole;
    if (*p == '.') {
        fraction = digits_at(++p, false);
        buf_printf(out, fraction ? ".%.*s" : "%.*s", (int)fraction, p);
        p += fraction;
    }
    if (*p == 'e' || *p == 'E') {
        size_t sign = p[1] == '+' || p[1] == '-';
        exponent = digits_at(p + 1 + sign, false);
        buf_add(out, p, 1 + sign + exponent);
        p += 1 + sign + exponent;
    }
    if (zeros || (!whole && !fraction) || !exponent)
        return refuse(r, "no number that JSON knows");
    r->at = p;
    return true;
}

static const struct { const char *word, *json; } words[] = {
    {"True", "true"}, {"False", "false"}, {"None", "null"}, {"true", "true"}, {"false", "false"}, {"null", "null"},
};

/* Letters, digits and _ that end where a value may end. */
static size_t word_length(const char *at)
{
    return strspn(at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
}

/* A scalar that is no string, as JSON text. */
static bool take_bare(struct reader *r, struct buf *out)
{
    size_t n = word_length(r->at);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && memcmp(words[i].word, r->at, n) == 0) {
            buf_puts(out, words[i].json);
            r->at += n;
            return true;
        }
    if (!*r->at)
        return refuse(r, "it ends where a value should be,");
    if (!strchr("+-.0123456789", *r->at))
        return n ? refuse(r, "\"%.*s\" is no value of JSON", n > 24 ? 24 : (int)n, r->at) : refuse(r, "a value is missing");
    return take_number(r, out) && (!word_length(r->at) || refuse(r, "no number that JSON knows"));
}

/* --- trees --- */

static cJSON *scalar(struct reader *r)
{
    struct buf text = BUF_INIT;
    bool raw;
    cJSON *item = NULL;
    if (quote_length(r->at, &raw)) {
        if (take_text(r, &text) && !text.failed)
            item = cJSON_CreateString(text.data);
    } else if (take_bare(r, &text) && !text.failed) {
        item = cJSON_Parse(text.data);       /* NULL only without memory: what was taken is JSON */
        if (cJSON_IsNumber(item) && !isfinite(item->valuedouble)) {
            refuse(r, "no number that JSON knows");
            cJSON_Delete(item);
            item = NULL;
        }
    }
    buf_release(&text);
    return item;
}

/* Elements up to the closing bracket; the opening one is taken. */
static cJSON *list(struct reader *r, char close, bool *comma)
{
    cJSON *out = cJSON_CreateArray();
    *comma = false;
    while (out && !take(r, close)) {
        cJSON *item = value(r);
        if (!item || !cJSON_AddItemToArray(out, item)) {
            cJSON_Delete(out);
            return NULL;
        }
        if (take(r, ',')) {
            *comma = true;
        } else if (*r->at != close) {
            *r->at ? refuse(r, "a comma or %c is missing", close) : refuse(r, "a list is not closed,");
            cJSON_Delete(out);
            return NULL;
        }
    }
    return out;
}

/* (1, 2) is a tuple, (1,) too; (1) is 1. */
static cJSON *tuple(struct reader *r)
{
    bool comma;
    cJSON *items = list(r, ')', &comma);
    if (!items || comma || cJSON_GetArraySize(items) != 1)
        return items;
    cJSON *only = cJSON_DetachItemFromArray(items, 0);
    cJSON_Delete(items);
    return only;
}

static bool take_name(struct reader *r, struct buf *out)
{
    bool raw;
    skip_blanks(r);
    return quote_length(r->at, &raw) ? take_text(r, out) : take_bare(r, out);
}

static cJSON *member(struct reader *r, struct buf *name)
{
    buf_clear(name);
    if (!take_name(r, name))
        return NULL;
    if (!take(r, ':')) {
        refuse(r, "a colon is missing");
        return NULL;
    }
    return value(r);
}

static cJSON *dict(struct reader *r)
{
    cJSON *out = cJSON_CreateObject();
    struct buf name = BUF_INIT;
    bool ok = out != NULL;
    while (ok && !take(r, '}')) {
        cJSON *item = member(r, &name);
        ok = item && !name.failed && cJSON_AddItemToObject(out, name.data, item);
        if (!ok)
            cJSON_Delete(item);
        else if (!take(r, ',') && *r->at != '}')
            ok = refuse(r, *r->at ? "a comma or } is missing" : "a dict is not closed,");
    }
    buf_release(&name);
    if (!ok) {
        cJSON_Delete(out);
        return NULL;
    }
    return out;
}

static cJSON *value(struct reader *r)
{
    bool comma;
    cJSON *out = NULL;
    skip_blanks(r);
    if (r->depth >= CELLS_LITERAL_DEPTH) {
        refuse(r, "it is nested deeper than %d levels", CELLS_LITERAL_DEPTH);
        return NULL;
    }
    r->depth++;
    if (take(r, '{'))
        out = dict(r);
    else if (take(r, '['))
        out = list(r, ']', &comma);
    else if (take(r, '('))
        out = tuple(r);
    else
        out = scalar(r);
    r->depth--;
    return out;
}

cJSON *cells_literal_parse(const char *text, char *why, size_t why_size)
{
    struct reader r = {.text = text, .at = text, .why = why, .why_size = why_size};
    *why = '\0';
    if (!utf8_valid(text, strlen(text))) {
        snprintf(why, why_size, "it is not UTF-8 text");
        return NULL;
    }
    cJSON *out = value(&r);
    skip_blanks(&r);
    if (out && *r.at) {
        refuse(&r, "there is more behind its end,");
        cJSON_Delete(out);
        return NULL;
    }
    return out;
}
