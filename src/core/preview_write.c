/* preview_write: a preview as text: one cell, CSV, JSON lines. */
#include "base/json.h"
#include "core/preview.h"

char *preview_cell_text(const struct preview *p, size_t i)
{
    switch (p->cells[i].kind) {
    case PREVIEW_NULL: return str_dup("NULL");
    case PREVIEW_BINARY: return str_printf("<%llu bytes>", (unsigned long long)p->cells[i].length);
    case PREVIEW_CUT: return str_printf("%s... (%llu characters)", p->cells[i].text, (unsigned long long)p->cells[i].length);
    case PREVIEW_TEXT: break;
    }
    return str_dup(p->cells[i].text);
}

/* NULL is nothing, the empty string is "". */
static void put_field(struct buf *b, const char *text, bool null)
{
    if (null)
        return;
    if (text[0] && !strpbrk(text, ",\"\r\n")) {
        buf_puts(b, text);
        return;
    }
    buf_putc(b, '"');
    for (const char *t = text; *t; t++) {
        if (*t == '"')
            buf_putc(b, '"');
        buf_putc(b, *t);
    }
    buf_putc(b, '"');
}

int preview_write_csv(const struct preview *p, struct buf *out, struct err *e)
{
    for (size_t c = 0; c < p->column_count; c++) {
        if (c > 0)
            buf_putc(out, ',');
        put_field(out, p->columns[c].name, false);
    }
    buf_puts(out, "\r\n");
    for (size_t i = 0; i < p->row_count * p->column_count; i++) {
        char *text = preview_cell_text(p, i);
        if (!text)
            return err_no_memory(e);
        put_field(out, text, p->cells[i].kind == PREVIEW_NULL);
        buf_puts(out, (i + 1) % p->column_count == 0 ? "\r\n" : ",");
        free(text);
    }
    return buf_error(out, e);
}

int preview_write_jsonl(const struct preview *p, struct buf *out, struct err *e)
{
    for (size_t i = 0; i < p->row_count * p->column_count; i++) {
        size_t c = i % p->column_count;
        char *text = preview_cell_text(p, i);
        if (!text)
            return err_no_memory(e);
        buf_putc(out, c == 0 ? '{' : ',');
        json_quote(out, p->columns[c].name, strlen(p->columns[c].name));
        buf_putc(out, ':');
        if (p->cells[i].kind == PREVIEW_NULL)
            buf_puts(out, "null");
        else
            json_quote(out, text, strlen(text));
        if (c + 1 == p->column_count)
            buf_puts(out, "}\n");
        free(text);
    }
    return buf_error(out, e);
}
