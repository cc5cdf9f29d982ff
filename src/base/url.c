#include "base/url.h"
#include "base/str.h"
#include <arpa/inet.h>

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-' || c == '~';
}

static int encode_but(struct buf *out, const char *s, size_t n, char kept)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (is_unreserved(s[i]) || (kept && s[i] == kept))
            buf_putc(out, s[i]);
        else
            buf_add(out, (char[]){ '%', hex[c >> 4], hex[c & 15] }, 3);
    }
    return out->failed ? -1 : 0;
}

int url_encode(struct buf *out, const char *s, size_t n)
{
    return encode_but(out, s, n, '\0');
}

int url_encode_path(struct buf *out, const char *path, struct err *e)
{
    for (const char *at = path;;) {
        size_t n = strcspn(at, "/");

        if (n && n <= 2 && at[0] == '.' && at[n - 1] == '.')
            return err_set(e, ERR_USAGE, "the path holds a \"%.*s\" part, which a server would resolve", (int)n, at);
        if (!at[n])
            break;
        at += n + 1;
    }
    encode_but(out, path, strlen(path), '/');
    return buf_error(out, e);
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool url_decode(struct buf *out, const char *s, size_t n, bool plus)
{
    for (size_t i = 0; i < n; i++) {
        char c = s[i];

        if (c == '%') {
            int high = i + 2 < n ? hex_value(s[i + 1]) : -1;
            int low = i + 2 < n ? hex_value(s[i + 2]) : -1;

            if (high < 0 || low < 0)
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        buf_putc(out, c);
    }
    return !out->failed;
}

/* "[::1]" without brackets, or a name or IPv4 address, in lower case; moves *at behind it. */
static bool take_host(const char **at, char *host, size_t size)
{
    bool bracket = **at == '[';
    const char *start = *at + bracket, *end = start;
    struct in6_addr six;

    while (*end && (bracket ? *end == ':' || *end == '.' || hex_value(*end) >= 0 : is_unreserved(*end) && *end != '~'))
        end++;
    if (end == start || (size_t)(end - start) >= size || (bracket && *end != ']'))
        return false;
    for (const char *c = start; c < end; c++)
        *host++ = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    *host = '\0';
    *at = end + bracket;
    return !bracket || inet_pton(AF_INET6, host - (end - start), &six) == 1;
}

static bool take_port(const char **at, int *port)
{
    int value = 0, digits = 0;

    if (**at != ':')
        return true;
    for ((*at)++; **at >= '0' && **at <= '9' && digits < 6; (*at)++, digits++)
        value = value * 10 + (**at - '0');
    *port = value;
    return digits > 0 && value >= 1 && value <= 65535;
}

bool url_parse(const char *text, struct url_parts *out)
{
    static const struct { const char *prefix, *scheme; int port; } schemes[] = {
        { "https://", "https", 443 }, { "http://", "http", 80 },
    };
    struct url_parts parts = { 0 };
    const char *at = NULL;

    for (const char *c = text; c && *c; c++)
        if ((unsigned char)*c <= 0x20 || *c == 0x7F)
            return false;
    for (size_t i = 0; text && !at && i < 2; i++)
        if (strncasecmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0) {
            at = text + strlen(schemes[i].prefix);
            str_copy(parts.scheme, sizeof parts.scheme, schemes[i].scheme);
            parts.port = schemes[i].port;
        }
    if (!at || !take_host(&at, parts.host, sizeof parts.host) || !take_port(&at, &parts.port) ||
        (*at && !strchr("/?#", *at)))
        return false;
    parts.rest = at;
    *out = parts;
    return true;
}

bool url_same_origin(const char *a, const char *b)
{
    struct url_parts x, y;

    return url_parse(a, &x) && url_parse(b, &y) && str_eq(x.scheme, y.scheme) && str_eq(x.host, y.host) &&
           x.port == y.port;
}

bool url_is_loopback(const char *host)
{
    struct in_addr four;
    struct in6_addr six;

    if (!host)
        return false;
    if (str_ieq(host, "localhost") || str_eq(host, "[::1]"))
        return true;
    if (inet_pton(AF_INET, host, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, host, &six) == 1 && memcmp(&six, &in6addr_loopback, sizeof six) == 0;
}
