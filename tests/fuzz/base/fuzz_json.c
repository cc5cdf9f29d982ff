/* JSON of any kind: what is read can be written and read again, and the splitter finds in pieces what the parser finds at once. */
#include "../fuzz.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

struct pieces { struct buf text; int count; };

static int keep(void *ctx, cJSON *element, struct err *e)
{
    struct pieces *p = ctx;
    (void)e;
    p->count++;
    FUZZ_HOLDS(json_print(&p->text, element) == 0);
    buf_putc(&p->text, ',');
    return 0;
}

static cJSON *split(const char *text, size_t n, size_t step, struct pieces *p)
{
    struct err e = { 0 };
    struct json_split *s = json_split_new("items", 1 << 20, keep, p);
    FUZZ_HOLDS(s);
    int r = 0;
    for (size_t at = 0; at < n && !r; at += step) r = json_split_feed(s, text + at, n - at < step ? n - at : step, &e);
    cJSON *rest = r ? NULL : json_split_end(s, &e);
    FUZZ_HOLDS(rest || e.code != ERR_NONE);
    json_split_free(s);
    return rest;
}

static int members_named(const cJSON *o, const char *key)
{
    int n = 0;
    const cJSON *m;
    cJSON_ArrayForEach(m, o) n += str_eq(m->string, key);
    return n;
}

static void compare(const cJSON *whole, const char *text, size_t n, size_t step)
{
    struct pieces p = { .text = BUF_INIT };
    cJSON *rest = split(text, n, step, &p);
    if (cJSON_IsObject(whole) && members_named(whole, "items") == 1 && json_arr(whole, "items")) {
        struct pieces wanted = { .text = BUF_INIT };
        const cJSON *item;
        FUZZ_HOLDS(rest);
        cJSON_ArrayForEach(item, json_arr(whole, "items")) keep(&wanted, (cJSON *)(uintptr_t)item, NULL);
        FUZZ_HOLDS(p.count == wanted.count && str_eq(p.text.data, wanted.text.data));
        buf_release(&wanted.text);
    }
    cJSON_Delete(rest);
    buf_release(&p.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    const char *text = (const char *)data;
    struct err e = { 0 };
    cJSON *tree = json_parse(text, n, &e);
    FUZZ_HOLDS(tree || e.code != ERR_NONE);
    if (tree) {
        struct buf once = BUF_INIT, twice = BUF_INIT;
        FUZZ_HOLDS(json_print(&once, tree) == 0 && utf8_valid(once.data, once.len));
        cJSON *again = json_parse(once.data, once.len, &e);
        FUZZ_HOLDS(again && json_print(&twice, again) == 0 && str_eq(once.data, twice.data));
        cJSON_Delete(again);
        buf_release(&once);
        buf_release(&twice);
    }
    compare(tree, text, n, n % 7 + 1);
    compare(tree, text, n, n + 1);
    cJSON_Delete(tree);
    struct buf quoted = BUF_INIT;
    FUZZ_HOLDS(json_quote(&quoted, text, n) == 0);
    tree = json_parse(quoted.data, quoted.len, &e);
    FUZZ_HOLDS(cJSON_IsString(tree));
    cJSON_Delete(tree);
    buf_release(&quoted);
    return 0;
}
