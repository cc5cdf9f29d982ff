#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t base64_length(size_t n)
{
    size_t groups = n / 3 + (n % 3 != 0);

    return groups > SIZE_MAX / 4 ? SIZE_MAX : groups * 4;
}

size_t base64_encode(const void *bytes, size_t n, char *out)
{
    const unsigned char *in = bytes;
    char *at = out;

    for (; n >= 3; n -= 3, in += 3) {
        *at++ = alphabet[in[0] >> 2];
        *at++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *at++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        *at++ = alphabet[in[2] & 63];
    }
    if (n) {
        unsigned second = n == 2 ? in[1] : 0;

        *at++ = alphabet[in[0] >> 2];
        *at++ = alphabet[(in[0] & 3) << 4 | second >> 4];
        *at++ = n == 2 ? alphabet[(second & 15) << 2] : '=';
        *at++ = '=';
    }
    return (size_t)(at - out);
}

#define NOT 64
#define ROW_OF(v) v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
/* 0..63 of a character, or NOT. */
static const unsigned char values[256] = {
    ROW_OF(NOT), ROW_OF(NOT),
    NOT, NOT, NOT, NOT, NOT, NOT, NOT, NOT, NOT, NOT, NOT, 62, NOT, NOT, NOT, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NOT, NOT, NOT, NOT, NOT, NOT,
    NOT, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NOT, NOT, NOT, NOT, NOT,
    NOT, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NOT, NOT, NOT, NOT, NOT,
    ROW_OF(NOT), ROW_OF(NOT), ROW_OF(NOT), ROW_OF(NOT), ROW_OF(NOT), ROW_OF(NOT), ROW_OF(NOT), ROW_OF(NOT),
};

/* Four characters without padding: false when one of them is none of the alphabet. */
static bool decode_whole(const char *text, unsigned char out[3])
{
    const unsigned char *in = (const unsigned char *)text;
    unsigned a = values[in[0]], b = values[in[1]], c = values[in[2]], d = values[in[3]];

    out[0] = (unsigned char)(a << 2 | b >> 4);
    out[1] = (unsigned char)((b & 15) << 4 | c >> 2);
    out[2] = (unsigned char)((c & 3) << 6 | (d & 63));
    return ((a | b | c | d) & NOT) == 0;
}

/* The last four: 1..3 bytes into out; 0 when it is not a group. Padding leaves zero spare bits. */
static size_t decode_last(const char *text, unsigned char out[3])
{
    char whole[4] = {text[0], text[1], text[2], text[3]};
    size_t digits = 4;

    while (digits > 2 && whole[digits - 1] == '=')
        whole[--digits] = 'A';
    if (!decode_whole(whole, out))
        return 0;
    return (digits == 2 && out[1]) || (digits == 3 && out[2]) ? 0 : digits - 1;
}

int base64_decode(struct buf *out, const char *text, size_t n, struct err *e)
{
    size_t before = out->len, at = 0;

    if (n % 4)
        return err_set(e, ERR_PROTOCOL, "base64 text has a length of %zu, which is no multiple of 4", n);
    if (buf_reserve(out, n / 4 * 3))
        return buf_error(out, e);
    for (; at + 4 < n; at += 4, out->len += 3)
        if (!decode_whole(text + at, (unsigned char *)out->data + out->len))
            break;
    unsigned char end[3] = {0};
    size_t got = n && at + 4 == n ? decode_last(text + at, end) : 0;
    if (n && got == 0) {
        out->len = before;
        out->data[before] = '\0';
        return err_set(e, ERR_PROTOCOL, "base64 text is broken at byte %zu", at);
    }
    buf_add(out, end, got);
    return buf_error(out, e);
}
