/* What Clarifai lists, as the journal keeps it; and our fingerprint, both ways. */
#include "core/import.h"
#include "base/timefmt.h"
#include "core/rows.h"

static bool read_fingerprint(const cJSON *metadata, struct journal_remote *out)
{
    const cJSON *mark = json_obj(metadata, "lakeferry");
    const char *source = json_str(mark, "source"), *modified = json_str(mark, "modified");
    int64_t size = 0, us = 0;
    if (!source)
        return true;
    out->source = str_dup(source);
    out->sha256 = str_dup(json_str_or(mark, "sha256", ""));
    if (json_i64(mark, "size", &size) && size >= 0)
        out->size = (uint64_t)size;
    if (modified && time_parse(modified, &us))
        out->modified_ms = us / 1000;
    return out->source && out->sha256;           /* without memory for it, it must not pass for somebody else's */
}

static int add(struct import_page *p, const struct clarifai_input *in, bool with_json, struct err *e)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 128;
        struct journal_remote *rows = realloc(p->rows, cap * sizeof *rows);
        if (!rows)
            return err_no_memory(e);
        p->rows = rows;
        p->cap = cap;
    }
    struct journal_remote *r = &p->rows[p->count];
    memset(r, 0, sizeof *r);
    p->count++;
    r->input_id = str_dup(in->id);
    r->code = in->status.code;
    r->status = str_dup(in->status.description);
    r->created_us = in->created_us;
    bool marked = read_fingerprint(in->metadata, r);
    if (with_json)
        r->json = rows_input_parts(in);
    return marked && r->input_id && r->status && (!with_json || r->json) ? 0 : err_no_memory(e);
}

int import_page_add(void *page, const struct clarifai_input *in, struct err *e) { return add(page, in, false, e); }

int import_page_add_with_json(void *page, const struct clarifai_input *in, struct err *e) { return add(page, in, true, e); }

void import_page_release(struct import_page *p)
{
    for (size_t i = 0; i < p->count; i++)
        journal_remote_release(&p->rows[i]);
    free(p->rows);
    memset(p, 0, sizeof *p);
}

char *import_fingerprint(const struct journal_item *item, const char *metadata)
{
    char modified[40];
    struct buf text = BUF_INIT;
    const char *source = journal_item_source(item);
    buf_puts(&text, "{\"lakeferry\":{\"source\":");
    json_quote(&text, source, strlen(source));
    buf_printf(&text, ",\"size\":%llu", (unsigned long long)item->size);
    if (item->modified_ms)
        buf_printf(&text, ",\"modified\":\"%s\"", time_format(item->modified_ms * 1000, 3, modified, sizeof modified));
    buf_printf(&text, ",\"sha256\":\"%s\"}", item->sha256 ? item->sha256 : "");
    if (metadata && !str_eq(metadata, "{}"))
        buf_printf(&text, ",%s", metadata + 1);
    else
        buf_putc(&text, '}');
    char *out = buf_take(&text);
    buf_release(&text);
    return out;
}

void import_refusal(int code, const char *description, char *reason, size_t reason_size, char text_code[16])
{
    snprintf(reason, reason_size, "refused by Clarifai: %s (%d)", description && *description ? description : "no reason given", code);
    snprintf(text_code, 16, "%d", code);
}

bool import_status_failed(int code) { return code != 0 && code != CLARIFAI_OK && code != CLARIFAI_INPUT_OK && !clarifai_status_pending(code); }
