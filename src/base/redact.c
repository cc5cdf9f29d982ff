#include "base/redact.h"
#include "base/base64.h"
#include "base/str.h"
#include "base/url.h"
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#define MARK "[redacted]"
#define SECRET_MIN ((size_t)6)
#define FORMS_MAX 5 /* itself, percent-encoded, base64 at three offsets */

/* One secret in pages of its own: locked, kept out of core dumps, wiped before they go. */
struct block {
    struct block *next;
    size_t size; /* mapped bytes */
    size_t count;
    size_t at[FORMS_MAX], len[FORMS_MAX]; /* forms, offsets into text */
    char text[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;
static struct block *blocks;
static bool first_byte[256]; /* some form starts with it */

static void clear_at_exit(void)
{
    redact_clear();
}

static void register_exit(void)
{
    atexit(clear_at_exit);
}

static void add_form(struct buf *all, struct block *plan, const char *text, size_t n)
{
    if (n < SECRET_MIN)
        return;
    plan->at[plan->count] = all->len;
    plan->len[plan->count] = n;
    plan->count++;
    buf_add(all, text, n);
}

/*
 * Base64 of a secret looks different by the offset it has within the encoded text ("user:secret"). Of each, only
 * the digits that depend on nothing but the secret are kept.
 */
static void add_base64_forms(struct buf *all, struct block *plan, const char *secret, size_t n)
{
    struct buf shifted = BUF_INIT, encoded = BUF_INIT;

    for (size_t shift = 0; shift < 3; shift++) {
        size_t first = (shift * 8 + 5) / 6, last = (shift + n) * 8 / 6;

        buf_clear(&shifted);
        buf_clear(&encoded);
        buf_add(&shifted, "\0\0", shift);
        buf_add(&shifted, secret, n);
        if (shifted.failed || buf_reserve(&encoded, base64_length(shifted.len)))
            break;
        encoded.len = base64_encode(shifted.data, shifted.len, encoded.data);
        if (last - first >= 8)
            add_form(all, plan, encoded.data + first, last - first);
    }
    buf_wipe(&shifted);
    buf_wipe(&encoded);
}

static void make_forms(struct buf *all, struct block *plan, const char *secret, size_t n)
{
    struct buf percent = BUF_INIT;

    add_form(all, plan, secret, n);
    if (url_encode(&percent, secret, n) == 0 && percent.len != n)
        add_form(all, plan, percent.data, percent.len);
    buf_wipe(&percent);
    add_base64_forms(all, plan, secret, n);
}

static bool known(const char *secret, size_t n)
{
    for (const struct block *b = blocks; b; b = b->next)
        if (b->len[0] == n && memcmp(b->text + b->at[0], secret, n) == 0)
            return true;
    return false;
}

static void insert_block(const struct block *plan, const struct buf *all)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (sizeof *plan + all->len + page - 1) / page * page;
    struct block *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (b == MAP_FAILED)
        return;
    (void)mlock(b, size); /* may be over the limit; hiding the secret matters more */
    (void)madvise(b, size, MADV_DONTDUMP);
    *b = *plan;
    b->size = size;
    memcpy(b->text, all->data, all->len);
    for (size_t i = 0; i < b->count; i++)
        first_byte[(unsigned char)b->text[b->at[i]]] = true;
    b->next = blocks;
    blocks = b;
}

void redact_add(const char *secret)
{
    size_t n = secret ? strlen(secret) : 0;
    struct block plan = { 0 };
    struct buf all = BUF_INIT;

    if (n < SECRET_MIN)
        return;
    pthread_once(&exit_once, register_exit);
    make_forms(&all, &plan, secret, n);
    const struct buf plain = { .data = (char *)secret, .len = n };
    const struct block itself = { .count = 1, .len = { n } };
    pthread_mutex_lock(&lock);
    if (!known(secret, n)) /* without memory for its forms the secret itself is hidden still */
        insert_block(all.failed ? &itself : &plan, all.failed ? &plain : &all);
    pthread_mutex_unlock(&lock);
    buf_wipe(&all);
}

void redact_clear(void)
{
    pthread_mutex_lock(&lock);
    while (blocks) {
        struct block *b = blocks;
        size_t size = b->size;

        blocks = b->next;
        explicit_bzero(b, size);
        munmap(b, size);
    }
    memset(first_byte, 0, sizeof first_byte);
    pthread_mutex_unlock(&lock);
}

/* Length of the longest registered form at text; 0 when none. The lock is held. */
static size_t match_known(const char *text, size_t n)
{
    size_t best = 0;

    if (!first_byte[(unsigned char)*text])
        return 0;
    for (const struct block *b = blocks; b; b = b->next)
        for (size_t i = 0; i < b->count; i++)
            if (b->len[i] > best && b->len[i] <= n && memcmp(text, b->text + b->at[i], b->len[i]) == 0)
                best = b->len[i];
    return best;
}

/* What a pattern found: keep so many bytes, then hide so many. */
struct hit {
    size_t keep, hide;
};

static bool is_word(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_token(char c)
{
    return c && (is_word(c) || strchr(".~+/=:", c) != NULL);
}

static bool has_prefix(const char *text, size_t n, const char *prefix, bool any_case)
{
    size_t m = strlen(prefix);

    return m <= n && (any_case ? strncasecmp(text, prefix, m) : strncmp(text, prefix, m)) == 0;
}

/* "Authorization: ..." up to the end of the line or a quote. */
static struct hit match_header(const char *text, size_t n)
{
    static const char *const names[] = { "authorization:", "proxy-authorization:", "x-amz-security-token:" };
    struct hit hit = { 0 };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!has_prefix(text, n, names[i], true))
            continue;
        hit.keep = strlen(names[i]);
        while (hit.keep < n && (text[hit.keep] == ' ' || text[hit.keep] == '\t'))
            hit.keep++;
        for (size_t at = hit.keep; at < n && text[at] && !strchr("\r\n\"", text[at]); at++, hit.hide++)
            if (text[at] == '\\' && at + 1 < n && text[at + 1] == '"')
                break; /* inside a JSON text, which stays one */
        break;
    }
    return hit;
}

/* "Bearer TOKEN", "Key TOKEN", "Basic TOKEN". A word of prose behind them is left when it does not look like a token. */
static struct hit match_scheme(const char *text, size_t n)
{
    static const struct { const char *name; bool any_case; size_t with_digit, without; } schemes[] = {
        { "Bearer ", true, 1, 6 }, { "Key ", false, 8, 20 }, { "Basic ", false, 8, 20 },
    };

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct hit hit = { .keep = strlen(schemes[i].name) };
        bool digit = false;

        if (!has_prefix(text, n, schemes[i].name, schemes[i].any_case))
            continue;
        while (hit.keep < n && text[hit.keep] == ' ')
            hit.keep++;
        for (; hit.keep + hit.hide < n && is_token(text[hit.keep + hit.hide]); hit.hide++)
            digit |= is_digit(text[hit.keep + hit.hide]);
        if (hit.hide >= (digit ? schemes[i].with_digit : schemes[i].without))
            return hit;
    }
    return (struct hit){ 0 };
}

/* A personal access token of Databricks: "dapi", hex digits, perhaps "-2". */
static struct hit match_dapi(const char *text, size_t n)
{
    size_t len = 4;

    if (!has_prefix(text, n, "dapi", false))
        return (struct hit){ 0 };
    while (len < n && (is_digit(text[len]) || (text[len] >= 'a' && text[len] <= 'f')))
        len++;
    if (len < 4 + 8)
        return (struct hit){ 0 };
    if (len + 1 < n && text[len] == '-' && is_digit(text[len + 1]))
        for (len++; len < n && is_digit(text[len]);)
            len++;
    return (struct hit){ .hide = len };
}

/* Length of a name whose value is a secret: a query parameter of a signed URL, a form or JSON member. */
static size_t secret_name(const char *text, size_t n)
{
    static const char *const names[] = {
        "sig", "signature", "token", "access_token", "refresh_token", "id_token", "token_value", "client_secret",
        "password", "AWSAccessKeyId", "aws_secret_access_key", "aws_session_token",
    };
    size_t len = 0;

    while (len < n && is_word(text[len]))
        len++;
    if (has_prefix(text, n, "X-Amz-", true) || has_prefix(text, n, "X-Goog-", true))
        return len;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && has_prefix(text, n, names[i], true))
            return len;
    return 0;
}

/* name=value and "name": "value". */
static struct hit match_pair(const char *text, size_t n)
{
    struct hit hit = { .keep = secret_name(text, n) };
    bool quoted = false;

    if (hit.keep == 0)
        return hit;
    if (hit.keep < n && text[hit.keep] == '=') {
        hit.keep++;
    } else {
        size_t at = hit.keep;

        at += at < n && text[at] == '"';
        while (at < n && text[at] == ' ')
            at++;
        if (at == hit.keep || at >= n || text[at] != ':')
            return (struct hit){ 0 };
        for (at++; at < n && text[at] == ' ';)
            at++;
        if (at >= n || text[at] != '"')
            return (struct hit){ 0 };
        hit.keep = at + 1;
        quoted = true;
    }
    for (size_t at = hit.keep; at < n && text[at] && text[at] != '"'; at++, hit.hide++) {
        if (!quoted && strchr("& \t\r\n'#<>);,\\", text[at]))
            break; /* a backslash: inside a JSON text, which stays one */
        if (quoted && text[at] == '\\' && at + 1 < n)
            at++, hit.hide++; /* an escaped quote does not end the value */
    }
    return hit;
}

static struct hit match_pattern(const char *text, size_t n, bool at_word_start)
{
    static struct hit (*const matchers[])(const char *, size_t) = { match_header, match_scheme, match_pair };
    struct hit hit = match_dapi(text, n);

    if (!at_word_start || !is_word(*text))
        return hit;
    for (size_t i = 0; hit.hide == 0 && i < sizeof matchers / sizeof *matchers; i++)
        hit = matchers[i](text, n);
    return hit;
}

int redact_text(struct buf *out, const char *text, size_t n)
{
    size_t i = 0, run = 0;

    pthread_mutex_lock(&lock);
    while (i < n) {
        struct hit hit = { .hide = match_known(text + i, n - i) };

        if (hit.hide == 0)
            hit = match_pattern(text + i, n - i, i == 0 || !is_word(text[i - 1]));
        if (hit.hide == 0) {
            i++;
            continue;
        }
        buf_add(out, text + run, i + hit.keep - run);
        buf_puts(out, MARK);
        i += hit.keep + hit.hide;
        run = i;
    }
    buf_add(out, text + run, n - run);
    pthread_mutex_unlock(&lock);
    return out->failed ? -1 : 0;
}

void redact_fixed(char *text, size_t size)
{
    struct buf out = BUF_INIT;

    if (size == 0)
        return;
    /* Without memory nothing of the text may stay. */
    str_copy(text, size, redact_text(&out, text, strnlen(text, size)) ? MARK : out.data);
    buf_wipe(&out);
}
