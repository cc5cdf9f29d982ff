/* A list as it is seen. */
#include "base/str.h"
#include "ui/list.h"

static void underline_match(const struct list *l, struct frame *f, int row, int col, int used, const char *name)
{
    const char *hit = list_has_filter(l) ? strcasestr(name, line_text(&l->filter)) : NULL;
    if (!hit)
        return;
    char *before = str_dup_n(name, (size_t)(hit - name));
    int from = before ? frame_width(f, before) : used;
    int cells = frame_width(f, line_text(&l->filter));
    free(before);
    if (from + cells > used)
        cells = used - from;
    for (int i = 0; i < cells; i++)
        frame_recolour(f, row, col + from + i, 1, ROLE_MATCH);
}

#define SELECTED_MOST 40   /* cells of a long name that are shown reversed */
#define SIGN_COLS 2        /* at the right edge of a list that does not fit: whether more rows are above or below */

/* Only the name, of a long one the first words: two rows that change whole would be dear on a slow line. */
static int selected_cells(const struct frame *f, int row, int col, int used)
{
    if (used <= SELECTED_MOST)
        return used < 1 ? 1 : used;
    for (int n = SELECTED_MOST; n > SELECTED_MOST / 2; n--) {
        const struct frame_cell *c = frame_cell(f, row, col + n);
        if (c && c->len == 1 && c->text[0] == ' ')
            return n;
    }
    return SELECTED_MOST;
}

/* Notes stand at the right edge; they go away before a name is cut below 12 cells, or when the name needs their room. */
static void render_row(struct list *l, struct frame *f, struct layout_rect line, size_t at, const struct list_look *look)
{
    struct list_row row;
    list_row_shown(l, at, &row);
    bool here = at == l->cursor;
    int col = line.col, end = line.col + line.cols;
    if (here)
        frame_glyph(f, line.row, col, ROLE_TEXT, GLYPH_CURSOR);
    bool marked = list_marked(l, &row);
    if (marked)
        frame_glyph(f, line.row, col, ROLE_MARK, GLYPH_MARK);
    col++;
    if (row.kind) {
        char kind[2] = { row.kind, '\0' };
        frame_text(f, line.row, col, end - col, row.role, kind);  /* no role of its own: colours beside the cursor would double its bytes */
        col += 2;
    }
    int room = end - col;
    int need = frame_width(f, row.name), note = row.note ? frame_width(f, row.note) : 0;
    bool notes = note > 0 && (need + 1 + note <= room || room - 1 - note >= 12);
    int used = frame_text(f, line.row, col, notes ? room - note - 1 : room, row.role, row.name);
    underline_match(l, f, line.row, col, used, row.name);
    if (notes)
        frame_right(f, line.row, end - note, note, row.note_role, row.note);
    if (here && look->active)
        frame_select(f, line.row, col, selected_cells(f, line.row, col, used));
    if (here && marked)        /* the mark hides the pointer */
        frame_select(f, line.row, line.col, 1);
}

int list_width(const struct list *l, struct frame *f, int rows)
{
    int widest = 0;
    size_t n = list_count(l), from = layout_scroll(l->top, l->cursor, n, rows);
    for (size_t i = from; i < n && i < from + (size_t)(rows > 0 ? rows : 0); i++) {
        struct list_row row;
        list_row_shown(l, i, &row);
        int width = 1 + (row.kind ? 2 : 0) + frame_width(f, row.name) + (row.note ? 1 + frame_width(f, row.note) : 0);
        widest = width > widest ? width : widest;
    }
    return widest + (n > (size_t)(rows > 0 ? rows : 0) ? SIGN_COLS : 0);
}

void list_render_rows(struct list *l, struct frame *f, struct layout_rect r, const struct list_look *look)
{
    size_t n = list_count(l);
    if (r.rows < 1 || r.cols < 3)
        return;
    l->page = r.rows;
    list_clamp_cursor(l);
    l->top = layout_scroll(l->top, l->cursor, n, r.rows);
    if (n == 0) {
        const char *words = list_has_filter(l) ? "nothing matches" : look->empty;
        frame_wrap(f, (struct layout_rect){ r.row, r.col + 1, r.rows, r.cols - 1 }, look->empty_role, words, true);
        return;
    }
    size_t page = (size_t)r.rows;
    frame_more(f, r, l->top > 0, l->top + page < n);
    if (n > page && r.cols > 12)
        layout_cut_right(&r, SIGN_COLS);
    for (int i = 0; i < r.rows && l->top + (size_t)i < n; i++)
        render_row(l, f, (struct layout_rect){ r.row + i, r.col, 1, r.cols }, l->top + (size_t)i, look);
}

void list_render(struct list *l, struct frame *f, struct layout_rect r, const struct list_look *look)
{
    if ((l->filtering || list_has_filter(l)) && r.rows > 1) {
        struct layout_rect head = layout_cut_top(&r, 1);
        frame_text(f, head.row, head.col, 1, ROLE_KEY, "/");
        line_render(&l->filter, f, head.row, head.col + 1, head.cols - 1, ROLE_FIELD, l->filtering && look->active);
    }
    list_render_rows(l, f, r, look);
}

char *list_count_text(const struct list *l, bool loading, char *out, size_t size)
{
    char shown[32], total[32];
    str_count(list_count(l), shown, sizeof shown);
    str_count(list_total(l), total, sizeof total);
    if (list_has_filter(l))
        snprintf(out, size, "%s of %s%s", shown, total, loading ? "+" : "");
    else
        snprintf(out, size, "%s%s", total, loading ? "+" : "");
    return out;
}
