#include "ui/line.h"
#include "base/utf8.h"

void line_init(struct line *l)
{
    *l = (struct line){ .cursor = 0 };
    buf_init(&l->text, LINE_MAX_BYTES);
}

void line_release(struct line *l)
{
    buf_wipe(&l->text);
    l->cursor = 0;
}

const char *line_text(const struct line *l)
{
    return l->text.data;
}

int line_set(struct line *l, const char *text)
{
    buf_wipe(&l->text);
    l->cursor = 0;
    if (!text)
        return 0;
    line_insert(l, text, strlen(text));
    int failed = l->text.failed;
    l->text.failed = 0;
    return failed ? -1 : 0;
}

static bool typable(uint32_t cp)
{
    return cp >= 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) && cp != UTF8_BAD;
}

/* Opens a gap of n bytes at the cursor and fills it. */
static bool splice_in(struct line *l, const char *bytes, size_t n)
{
    if (n == 0 || n > LINE_MAX_BYTES - l->text.len)
        return false;
    size_t tail = l->text.len - l->cursor;
    if (buf_add(&l->text, bytes, n) < 0) {
        l->text.failed = 0;
        return false;
    }
    memmove(l->text.data + l->cursor + n, l->text.data + l->cursor, tail);
    memcpy(l->text.data + l->cursor, bytes, n);
    l->cursor += n;
    return true;
}

static bool splice_out(struct line *l, size_t from, size_t to)
{
    if (from >= to)
        return false;
    memmove(l->text.data + from, l->text.data + to, l->text.len - to);
    buf_cut(&l->text, l->text.len - (to - from));
    l->cursor = from;
    return true;
}

bool line_insert(struct line *l, const char *text, size_t n)
{
    bool changed = false;
    for (size_t i = 0; i < n;) {
        uint32_t cp;
        size_t step = utf8_decode(text + i, n - i, &cp);
        if (typable(cp))
            changed |= splice_in(l, text + i, step);
        i += step ? step : 1;
    }
    return changed;
}

bool line_type(struct line *l, uint32_t cp)
{
    char bytes[4];
    return typable(cp) && splice_in(l, bytes, utf8_encode(cp, bytes));
}

static size_t next_stop(const struct line *l, size_t from)
{
    int cells;
    return from < l->text.len ? from + utf8_cluster(l->text.data + from, l->text.len - from, &cells) : from;
}

static size_t previous_stop(const struct line *l, size_t from)
{
    size_t at = 0, before = 0;
    while (at < from) {
        before = at;
        at = next_stop(l, at);
    }
    return before;
}

static size_t word_start(const struct line *l)
{
    size_t at = l->cursor;
    while (at > 0 && strchr(" ./", l->text.data[at - 1]))
        at--;
    while (at > 0 && !strchr(" ./", l->text.data[at - 1]))
        at--;
    return at;
}

bool line_update(struct line *l, enum action a)
{
    switch (a) {
    case ACTION_LEFT: l->cursor = previous_stop(l, l->cursor); return true;
    case ACTION_RIGHT: l->cursor = next_stop(l, l->cursor); return true;
    case ACTION_TOP: l->cursor = 0; return true;
    case ACTION_BOTTOM: l->cursor = l->text.len; return true;
    case ACTION_ERASE: splice_out(l, previous_stop(l, l->cursor), l->cursor); return true;
    case ACTION_DELETE: splice_out(l, l->cursor, next_stop(l, l->cursor)); return true;
    case ACTION_ERASE_WORD: splice_out(l, word_start(l), l->cursor); return true;
    case ACTION_ERASE_LINE: splice_out(l, 0, l->cursor); return true;
    case ACTION_ERASE_REST: buf_cut(&l->text, l->cursor); return true;
    default: return false;
    }
}

/* One cluster of the line as it is shown. Returns its cells. */
static int shown_cells(const struct line *l, struct frame *f, size_t from, size_t to, char *out, size_t size)
{
    size_t n = to - from < size ? to - from : size - 1;
    if (l->secret) {
        snprintf(out, size, "%s", theme_glyph(GLYPH_SECRET, f->ascii));
        return 1;
    }
    memcpy(out, l->text.data + from, n);
    out[n] = '\0';
    return frame_width(f, out);
}

static int cells_between(const struct line *l, struct frame *f, size_t from, size_t to)
{
    char cluster[64];
    int cells = 0;
    while (from < to) {
        size_t next = next_stop(l, from);
        cells += shown_cells(l, f, from, next, cluster, sizeof cluster);
        from = next;
    }
    return cells;
}

void line_render(const struct line *l, struct frame *f, int row, int col, int cols, enum theme_role role, bool focus)
{
    size_t from = 0;
    int used = 0;
    if (cols < 1)
        return;
    frame_fill(f, (struct layout_rect){ row, col, 1, cols }, role);
    if (focus)
        while (from < l->cursor && cells_between(l, f, from, l->cursor) > cols - 1)
            from = next_stop(l, from);
    if (focus)
        frame_cursor(f, row, col + cells_between(l, f, from, l->cursor));
    while (from < l->text.len) {
        char cluster[64];
        size_t next = next_stop(l, from);
        int cells = shown_cells(l, f, from, next, cluster, sizeof cluster);
        bool more = cells_between(l, f, next, l->text.len) > 0;
        if (used + cells > cols || (!focus && more && used + cells == cols)) {
            frame_glyph(f, row, col + (used < cols ? used : cols - 1), role, GLYPH_ELLIPSIS);
            break;
        }
        used += frame_text(f, row, col + used, cells, role, cluster);
        from = next;
    }
}
