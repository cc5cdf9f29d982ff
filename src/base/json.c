#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>

#define DEPTH_MAX 200
#define SAFE_INTEGER INT64_C(9007199254740991) /* 2^53-1: every integer up to it survives a double */

/* What the look before parsing finds: cJSON itself allows 1000 levels, any bytes, and cuts strings at a NUL. */
struct scan {
    bool in_string, escaped;
    bool escaped_nul;
    int depth;
};

static int scan_byte(struct scan *s, const char *text, size_t at, size_t n, struct err *e)
{
    unsigned char c = (unsigned char)text[at];

    if (c < 0x20 && (s->in_string || !strchr("\t\n\r", c) || c == 0))
        return err_set(e, ERR_PROTOCOL, "the answer is not JSON: control byte 0x%02x at byte %zu", c, at);
    if (s->in_string) {
        if (s->escaped) {
            s->escaped_nul |= c == 'u' && n - at > 4 && memcmp(text + at, "u0000", 5) == 0;
            s->escaped = false;
        } else if (c == '\\') {
            s->escaped = true;
        } else if (c == '"') {
            s->in_string = false;
        }
        return 0;
    }
    if (c == '"')
        s->in_string = true;
    else if (c == '{' || c == '[')
        s->depth++;
    else if (c == '}' || c == ']')
        s->depth--;
    if (s->depth > DEPTH_MAX)
        return err_set(e, ERR_PROTOCOL, "JSON is nested deeper than %d levels", DEPTH_MAX);
    return 0;
}

#define EACH_BYTE(c) (UINT64_C(0x0101010101010101) * (c))
/* Not 0 where a byte of eight is below c (at most 0x80). */
#define HAS_BELOW(eight, c) (((eight) - EACH_BYTE(c)) & ~(eight) & EACH_BYTE(0x80))

/* Bytes of a string that mean nothing to the scan, eight at a time: megabytes of base64 are looked through. */
static size_t plain_run(const char *text, size_t n)
{
    size_t at = 0;
    uint64_t eight;

    for (; n - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        uint64_t quote = eight ^ EACH_BYTE('"'), escape = eight ^ EACH_BYTE('\\');
        if (HAS_BELOW(eight, 0x20) || HAS_BELOW(quote, 1) || HAS_BELOW(escape, 1))
            break;
    }
    return at;
}

static int scan_text(const char *text, size_t n, bool *escaped_nul, struct err *e)
{
    struct scan s = { 0 };

    if (n >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        return err_set(e, ERR_PROTOCOL, "the answer is not JSON: it starts with a byte order mark");
    for (size_t i = 0; i < n; i++) {
        i += s.in_string && !s.escaped ? plain_run(text + i, n - i) : 0;
        if (i < n && scan_byte(&s, text, i, n, e))
            return -1;
    }
    if (!utf8_valid(text, n))
        return err_set(e, ERR_PROTOCOL, "JSON text is not valid UTF-8");
    *escaped_nul = s.escaped_nul;
    return 0;
}

/* A copy with every escaped NUL as \ufffd, which has the same length. */
static char *without_nul(const char *text, size_t n)
{
    char *copy = str_dup_n(text, n);

    for (size_t i = 0; copy && i + 1 < n; i++)
        if (copy[i] == '\\') {
            if (n - i > 5 && memcmp(copy + i, "\\u0000", 6) == 0)
                memcpy(copy + i + 2, "fffd", 4);
            i++;
        }
    return copy;
}

static bool only_blanks(const char *text, const char *end)
{
    while (text < end && strchr(" \t\r\n", *text) && *text)
        text++;
    return text == end;
}

static cJSON *parse_checked(const char *text, size_t n, struct err *e)
{
    const char *end = text;
    cJSON *tree;

    errno = 0;
    tree = cJSON_ParseWithLengthOpts(text, n, &end, 0);
    if (!tree && errno == ENOMEM) {
        err_no_memory(e);
        return NULL;
    }
    if (tree && only_blanks(end, text + n))
        return tree;
    cJSON_Delete(tree);
    err_set(e, ERR_PROTOCOL, "the answer is not JSON: broken at byte %zu of %zu", (size_t)(end - text), n);
    return NULL;
}

cJSON *json_parse(const char *text, size_t n, struct err *e)
{
    bool escaped_nul = false;
    char *copy;
    cJSON *tree;

    if (only_blanks(text, text + n)) {
        err_set(e, ERR_PROTOCOL, "the answer is not JSON: it is empty");
        return NULL;
    }
    if (scan_text(text, n, &escaped_nul, e))
        return NULL;
    if (!escaped_nul)
        return parse_checked(text, n, e);
    copy = without_nul(text, n);
    if (!copy) {
        err_no_memory(e);
        return NULL;
    }
    tree = parse_checked(copy, n, e);
    free(copy);
    return tree;
}

const cJSON *json_get(const cJSON *o, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);

    return item && !cJSON_IsNull(item) ? item : NULL;
}

const cJSON *json_obj(const cJSON *o, const char *key)
{
    const cJSON *item = json_get(o, key);

    return cJSON_IsObject(item) ? item : NULL;
}

const cJSON *json_arr(const cJSON *o, const char *key)
{
    const cJSON *item = json_get(o, key);

    return cJSON_IsArray(item) ? item : NULL;
}

const char *json_str(const cJSON *o, const char *key)
{
    return cJSON_GetStringValue(json_get(o, key));
}

const char *json_str_or(const cJSON *o, const char *key, const char *otherwise)
{
    const char *text = json_str(o, key);

    return text ? text : otherwise;
}

bool json_i64(const cJSON *o, const char *key, int64_t *out)
{
    const cJSON *item = json_get(o, key);
    double value;

    if (cJSON_IsString(item) || cJSON_IsRaw(item))
        return str_i64(item->valuestring, out);
    if (!cJSON_IsNumber(item))
        return false;
    value = item->valuedouble;
    if (!(value >= -(double)SAFE_INTEGER && value <= (double)SAFE_INTEGER) || (double)(int64_t)value != value)
        return false;
    *out = (int64_t)value;
    return true;
}

bool json_f64(const cJSON *o, const char *key, double *out)
{
    const cJSON *item = json_get(o, key);
    cJSON *number;
    bool ok;

    if (cJSON_IsNumber(item)) {
        *out = item->valuedouble;
        return isfinite(item->valuedouble);
    }
    if (!cJSON_IsString(item) && !cJSON_IsRaw(item))
        return false;
    /* Through the parser and not strtod, which takes "inf", hexadecimal and the locale's comma. */
    number = json_parse(item->valuestring, strlen(item->valuestring), NULL);
    ok = cJSON_IsNumber(number) && isfinite(number->valuedouble);
    if (ok)
        *out = number->valuedouble;
    cJSON_Delete(number);
    return ok;
}

bool json_bool(const cJSON *o, const char *key, bool otherwise)
{
    const cJSON *item = json_get(o, key);
    const char *text = cJSON_GetStringValue(item);

    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item);
    if (str_eq(text, "true") || str_eq(text, "false"))
        return text[0] == 't';
    return otherwise;
}

const char *json_need_str(const cJSON *o, const char *key, struct err *e)
{
    const char *text = json_str(o, key);

    if (!text)
        err_set(e, ERR_PROTOCOL, "the answer lacks the text \"%s\"", key);
    return text;
}

bool json_put_item(cJSON *o, const char *key, cJSON *item)
{
    if (item && cJSON_AddItemToObject(o, key, item))
        return true;
    cJSON_Delete(item);
    return false;
}

/* Appends text with U+FFFD for every invalid byte. */
static void add_valid(struct buf *out, const char *text, size_t n)
{
    uint32_t cp;
    char bytes[4];

    while (n) {
        size_t used = utf8_decode(text, n, &cp);

        buf_add(out, bytes, utf8_encode(cp, bytes));
        text += used;
        n -= used;
    }
}

bool json_put_str(cJSON *o, const char *key, const char *text)
{
    struct buf valid = BUF_INIT;
    bool ok;

    if (!text)
        return true;
    if (utf8_valid(text, strlen(text)))
        return json_put_item(o, key, cJSON_CreateString(text));
    add_valid(&valid, text, strlen(text));
    ok = !valid.failed && json_put_item(o, key, cJSON_CreateString(valid.data));
    buf_release(&valid);
    return ok;
}

bool json_put_i64(cJSON *o, const char *key, int64_t value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRId64, value);
    return json_put_item(o, key, cJSON_CreateRaw(digits));
}

bool json_put_u64(cJSON *o, const char *key, uint64_t value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%" PRIu64, value);
    return json_put_item(o, key, cJSON_CreateRaw(digits));
}

bool json_put_bool(cJSON *o, const char *key, bool value)
{
    return json_put_item(o, key, cJSON_CreateBool(value));
}

static void quote_byte(struct buf *out, unsigned char c)
{
    static const char named[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c ? strchr(named, c) : NULL;

    if (found)
        buf_add(out, (char[]){ '\\', letters[found - named] }, 2);
    else
        buf_printf(out, "\\u%04x", c);
}

int json_quote(struct buf *out, const char *text, size_t n)
{
    uint32_t cp;

    buf_putc(out, '"');
    while (n && !out->failed) {
        size_t plain = 0, used;

        while (plain < n && (unsigned char)text[plain] >= 0x20 && (unsigned char)text[plain] < 0x80 &&
               text[plain] != '"' && text[plain] != '\\')
            plain++;
        buf_add(out, text, plain);
        text += plain;
        n -= plain;
        if (n == 0)
            break;
        used = utf8_decode(text, n, &cp);
        if (cp < 0x80)
            quote_byte(out, (unsigned char)cp);
        else
            add_valid(out, text, used);
        text += used;
        n -= used;
    }
    return buf_putc(out, '"');
}

/* cJSON prints fifteen digits where the value is near enough; this prints what reads back as the same number. */
static void print_number(struct buf *out, double d)
{
    char digits[40];

    if (!isfinite(d)) {
        buf_puts(out, "null");
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, d);
        if (strtod(digits, NULL) == d)
            break;
    }
    if (d == 0)
        snprintf(digits, sizeof digits, signbit(d) ? "-0.0" : "0");
    else if (d > -1e17 && d < 1e17 && d == (double)(int64_t)d)
        snprintf(digits, sizeof digits, "%" PRId64, (int64_t)d);
    buf_puts(out, digits);
}

static void print_value(struct buf *out, const cJSON *v)
{
    bool object = cJSON_IsObject(v), list = object || cJSON_IsArray(v);

    if (cJSON_IsString(v))
        json_quote(out, v->valuestring, strlen(v->valuestring));
    else if (cJSON_IsNumber(v))
        print_number(out, v->valuedouble);
    else if (cJSON_IsRaw(v))
        buf_puts(out, v->valuestring ? v->valuestring : "null");
    else if (!list)
        buf_puts(out, cJSON_IsTrue(v) ? "true" : cJSON_IsFalse(v) ? "false" : "null");
    if (!list)
        return;
    buf_putc(out, object ? '{' : '[');
    for (const cJSON *member = v->child; member && !out->failed; member = member->next) {
        if (object) {
            json_quote(out, member->string, strlen(member->string));
            buf_putc(out, ':');
        }
        print_value(out, member);
        if (member->next)
            buf_putc(out, ',');
    }
    buf_putc(out, object ? '}' : ']');
}

int json_print(struct buf *out, const cJSON *tree)
{
    if (!tree && !out->failed)
        out->failed = ERR_NO_MEMORY;
    if (!out->failed)
        print_value(out, tree);
    return out->failed ? -1 : 0;
}
