/* Names and SQL text: what people type is taken apart and put together to the same; no name or literal leaves its quotes. */
#include "../fuzz.h"
#include "base/url.h"
#include "core/ids.h"
#include "core/media.h"
#include "core/sql.h"
#include "net/clarifai.h"

static void names(const char *text)
{
    struct err e = { 0 };
    struct name n = { 0 }, again = { 0 };
    if (name_parse(text, 0, &n, &e) == 0) {
        char *back = name_text(&n);
        FUZZ_HOLDS(back && name_parse(back, 0, &again, &e) == 0);
        FUZZ_HOLDS(str_eq(n.catalog, again.catalog) && str_eq(n.schema, again.schema) && str_eq(n.object, again.object));
        free(back);
    } else {
        FUZZ_HOLDS(e.code == ERR_USAGE && e.cause[0]);
    }
    name_release(&n);
    name_release(&again);
    struct volume_path v = { 0 };
    if (volume_path_parse(text, &v, &e) == 0) {
        char *path = volume_path_text(&v);
        struct buf wire = BUF_INIT;
        FUZZ_HOLDS(path && str_starts(path, "/Volumes/"));
        if (url_encode_path(&wire, path, &e) == 0) FUZZ_HOLDS(!strstr(path, "/../") && !str_ends(path, "/.."));
        else FUZZ_HOLDS(e.code == ERR_USAGE);
        buf_release(&wire);
        free(path);
    }
    volume_path_release(&v);
    struct app_name a = { 0 };
    if (app_name_parse(text, &a, &e) == 0) FUZZ_HOLDS(a.app && a.app[0] && !strchr(a.app, '/'));
    app_name_release(&a);
    char *wish = name_suggest(text);
    FUZZ_HOLDS(wish && strspn(wish, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(wish));
    free(wish);
}

/* One token of the quote's kind and nothing behind it. */
static void check_quoted(const struct buf *b, char quote, bool doubled)
{
    size_t i = 1;
    FUZZ_HOLDS(b->len >= 2 && b->data[0] == quote);
    while (i + 1 < b->len) {
        bool escape = doubled ? b->data[i] == quote : b->data[i] == '\\';
        FUZZ_HOLDS(escape || b->data[i] != quote);
        FUZZ_HOLDS(!escape || i + 2 < b->len);
        FUZZ_HOLDS(!doubled || !escape || b->data[i + 1] == quote);
        i += escape ? 2 : 1;
    }
    FUZZ_HOLDS(i + 1 == b->len && b->data[i] == quote);
}

static void quotes(const char *text)
{
    struct buf out = BUF_INIT;
    if (text[0] && sql_identifier(&out, text) == 0) check_quoted(&out, '`', true);
    buf_clear(&out);
    FUZZ_HOLDS(sql_literal(&out, text) == 0);
    check_quoted(&out, '\'', false);
    FUZZ_HOLDS(!memchr(out.data, '$', out.len));
    buf_release(&out);
}

static void ids(const char *text)
{
    char id[IDS_ROOM];
    bool changed;
    if (!text[0]) return;
    for (int whole = 0; whole < 2; whole++) {
        FUZZ_HOLDS(ids_make(text, whole, id, &changed, NULL) == 0);
        FUZZ_HOLDS(clarifai_id_valid(id));
        FUZZ_HOLDS(changed != ids_is_plain(text, whole, id));
        FUZZ_HOLDS(ids_make_suffixed(text, whole, id, NULL) == 0);
        FUZZ_HOLDS(clarifai_id_valid(id));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char *text = fuzz_text(data, n);
    names(text);
    quotes(text);
    ids(text);
    media_is_candidate(text);
    media_describe(data, n);
    media_sniff(data, n);
    free(text);
    return 0;
}
