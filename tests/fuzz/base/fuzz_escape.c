/* Remote text on its way to people: nothing that a terminal would act on gets through, no secret either; and the small readers of text. */
#include "../fuzz.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include "base/utf8.h"

static void check_safe(const struct buf *b, bool ascii)
{
    FUZZ_HOLDS(utf8_valid(b->data, b->len));
    for (size_t i = 0; i < b->len;) {
        uint32_t cp;
        i += utf8_decode(b->data + i, b->len - i, &cp);
        FUZZ_HOLDS(cp >= 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) && !utf8_unsafe(cp));
        FUZZ_HOLDS(!ascii || cp < 0x80);
    }
}

static void escape(const char *s, size_t n, enum utf8_escape_mode mode)
{
    struct buf out = BUF_INIT;
    FUZZ_HOLDS(utf8_escape(&out, s, n, mode) == 0);
    check_safe(&out, mode == UTF8_ESCAPE_ASCII);
    int cells = utf8_cells(out.data, out.len);
    FUZZ_HOLDS(cells >= 0);
    for (int width = 0; width <= cells && width < 12; width++) {
        size_t fit = utf8_fit(out.data, out.len, width);
        FUZZ_HOLDS(fit <= out.len && utf8_valid(out.data, fit) && utf8_cells(out.data, fit) <= width);
    }
    buf_release(&out);
}

static void redact(const char *s, size_t n)
{
    static const char secret[] = "canary/secret+1";
    struct buf mixed = BUF_INIT, out = BUF_INIT;
    buf_add(&mixed, s, n / 2);
    buf_puts(&mixed, secret);
    buf_add(&mixed, s + n / 2, n - n / 2);
    FUZZ_HOLDS(redact_text(&out, mixed.data, mixed.len) == 0);
    FUZZ_HOLDS(!memmem(out.data, out.len, secret, sizeof secret - 1));
    buf_release(&mixed);
    buf_release(&out);
}

static void read_texts(const char *text)
{
    struct url_parts parts;
    struct buf out = BUF_INIT, back = BUF_INIT;
    struct err e = { 0 };
    int64_t us;
    char line[64];
    size_t n = strlen(text);
    if (url_parse(text, &parts)) FUZZ_HOLDS(parts.host[0] && parts.port > 0 && parts.port < 65536 && !strpbrk(parts.host, "/@\r\n "));
    FUZZ_HOLDS(url_encode(&out, text, n) == 0 && url_decode(&back, out.data, out.len, false) && back.len == n && !memcmp(back.data, text, n));
    buf_clear(&out);
    if (url_encode_path(&out, text, &e) == 0) FUZZ_HOLDS(!strstr(out.data, "/../") && !str_ends(out.data, "/..") && !str_eq(out.data, ".."));
    buf_clear(&out);
    url_decode(&out, text, n, true);
    if (time_parse(text, &us)) {
        int64_t again;
        FUZZ_HOLDS(time_parse(time_format(us, 6, line, sizeof line), &again) && again == us);
    }
    if (time_parse_http(text, &us)) time_format_http(us, line, sizeof line);
    str_i64(text, &us);
    char small[8];
    str_copy(small, sizeof small, text);
    buf_release(&out);
    buf_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static bool ready;
    if (!ready) redact_add("canary/secret+1");
    ready = true;
    escape((const char *)data, n, UTF8_ESCAPE_LINE);
    escape((const char *)data, n, UTF8_ESCAPE_ASCII);
    redact((const char *)data, n);
    char *text = fuzz_text(data, n);
    read_texts(text);
    free(text);
    return 0;
}
