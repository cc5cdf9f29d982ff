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

/* 0..63, or -1. */
static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* One group of four: 1..3 bytes into out; 0 when it is not one. Padding is for the last group only, with zero spare bits. */
static size_t decode_group(const char *text, bool last, unsigned char out[3])
{
    int v[4];
    size_t digits = 4;

    if (last)
        while (digits > 2 && text[digits - 1] == '=')
            digits--;
    for (size_t i = 0; i < 4; i++) {
        v[i] = i < digits ? value_of(text[i]) : 0;
        if (v[i] < 0)
            return 0;
    }
    out[0] = (unsigned char)(v[0] << 2 | v[1] >> 4);
    out[1] = (unsigned char)((v[1] & 15) << 4 | v[2] >> 2);
    out[2] = (unsigned char)((v[2] & 3) << 6 | v[3]);
    return (digits == 2 && out[1]) || (digits == 3 && out[2]) ? 0 : digits - 1;
}

int base64_decode(struct buf *out, const char *text, size_t n, struct err *e)
{
    size_t before = out->len;

    if (n % 4)
        return err_set(e, ERR_PROTOCOL, "base64 text has a length of %zu, which is no multiple of 4", n);
    if (buf_reserve(out, n / 4 * 3))
        return buf_error(out, e);
    for (size_t i = 0; i < n; i += 4) {
        unsigned char bytes[3];
        size_t got = decode_group(text + i, i + 4 == n, bytes);

        if (got == 0) {
            buf_cut(out, before);
            return err_set(e, ERR_PROTOCOL, "base64 text is broken at byte %zu", i);
        }
        buf_add(out, bytes, got);
    }
    return buf_error(out, e);
}
