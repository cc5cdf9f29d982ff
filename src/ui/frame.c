#include "ui/frame.h"
#include "base/utf8.h"

#define FRAME_MAX 1000

void frame_init(struct frame *f)
{
    *f = (struct frame){ .cursor_row = -1, .cursor_col = -1 };
    buf_init(&f->scratch, (size_t)1 << 20);
}

void frame_release(struct frame *f)
{
    free(f->cells);
    buf_release(&f->scratch);
    frame_init(f);
}

static void cell_blank(struct frame_cell *c, enum theme_role role)
{
    *c = (struct frame_cell){ .text = " ", .len = 1, .width = 1, .role = (unsigned char)role };
}

void frame_clear(struct frame *f)
{
    size_t n = (size_t)f->rows * (size_t)f->cols;
    for (size_t i = 0; i < n; i++)
        cell_blank(&f->cells[i], ROLE_TEXT);
    f->cursor_row = f->cursor_col = -1;
}

static int clamp_size(int n)
{
    if (n < 1)
        return 1;
    return n > FRAME_MAX ? FRAME_MAX : n;
}

int frame_resize(struct frame *f, int rows, int cols, struct err *e)
{
    rows = clamp_size(rows);
    cols = clamp_size(cols);
    if (rows != f->rows || cols != f->cols) {
        struct frame_cell *cells = calloc((size_t)rows * (size_t)cols, sizeof *cells);
        if (!cells)
            return err_no_memory(e);
        free(f->cells);
        f->cells = cells;
        f->rows = rows;
        f->cols = cols;
    }
    frame_clear(f);
    return 0;
}

struct layout_rect frame_rect(const struct frame *f)
{
    return (struct layout_rect){ 0, 0, f->rows, f->cols };
}

static struct frame_cell *at(const struct frame *f, int row, int col)
{
    if (row < 0 || col < 0 || row >= f->rows || col >= f->cols)
        return NULL;
    return &f->cells[(size_t)row * (size_t)f->cols + (size_t)col];
}

const struct frame_cell *frame_cell(const struct frame *f, int row, int col)
{
    return at(f, row, col);
}

int frame_copy(struct frame *to, const struct frame *from, struct err *e)
{
    if ((to->rows != from->rows || to->cols != from->cols) && frame_resize(to, from->rows, from->cols, e) < 0)
        return -1;
    memcpy(to->cells, from->cells, (size_t)from->rows * (size_t)from->cols * sizeof *to->cells);
    to->ascii = from->ascii;
    to->cursor_row = from->cursor_row;
    to->cursor_col = from->cursor_col;
    return 0;
}

bool frame_row_equal(const struct frame *a, const struct frame *b, int row)
{
    if (a->cols != b->cols)
        return false;
    const struct frame_cell *x = at(a, row, 0), *y = at(b, row, 0);
    return x && y && memcmp(x, y, (size_t)a->cols * sizeof *x) == 0;
}

/* A cell about to be overwritten may be half of a wide one: the other half becomes blank. */
static void unpair(struct frame *f, int row, int col)
{
    struct frame_cell *c = at(f, row, col);
    if (!c)
        return;
    if (c->width == 0) {
        struct frame_cell *left = at(f, row, col - 1);
        if (left)
            cell_blank(left, left->role);
    } else if (c->width == 2) {
        struct frame_cell *right = at(f, row, col + 1);
        if (right)
            cell_blank(right, right->role);
    }
}

static void put_cluster(struct frame *f, int row, int col, enum theme_role role, const char *s, size_t n, int width)
{
    struct frame_cell *c = at(f, row, col);
    if (!c)
        return;
    unpair(f, row, col);
    if (width == 2) {
        struct frame_cell *right = at(f, row, col + 1);
        if (!right) {
            cell_blank(c, role);
            return;
        }
        unpair(f, row, col + 1);
        *right = (struct frame_cell){ .width = 0, .role = (unsigned char)role };
    }
    *c = (struct frame_cell){ .len = (unsigned char)n, .width = (unsigned char)width, .role = (unsigned char)role };
    memcpy(c->text, s, n);
}

/* The bytes of a cluster that fit in a cell, at a character boundary. */
static size_t cluster_fit(const char *s, size_t n)
{
    size_t used = 0;
    while (used < n) {
        uint32_t cp;
        size_t step = utf8_decode(s + used, n - used, &cp);
        if (step == 0 || used + step > FRAME_CLUSTER_MAX)
            break;
        used += step;
    }
    return used;
}

/* Escaped for a terminal of ASCII, where our own "…" is three points. */
static int escape_ascii(struct buf *out, const char *text, size_t n)
{
    static const char dots[] = "…";
    for (const char *end = text + n; text < end;) {
        const char *at = memmem(text, (size_t)(end - text), dots, sizeof dots - 1);
        size_t part = (size_t)((at ? at : end) - text);
        if (utf8_escape(out, text, part, UTF8_ESCAPE_ASCII) < 0 || (at && buf_puts(out, "...") < 0))
            return -1;
        text += part + (at ? sizeof dots - 1 : 0);
    }
    return 0;
}

/* Text ready for cells: itself when it is plain ASCII, else its escaped form in the scratch buffer. */
static const char *safe_text(struct frame *f, const char *text, size_t *n)
{
    size_t len = strlen(text), i = 0;
    while (i < len && (unsigned char)text[i] >= 0x20 && (unsigned char)text[i] < 0x7f)
        i++;
    *n = len;
    if (i == len)
        return text;
    buf_clear(&f->scratch);
    if (len > ((size_t)64 << 10)) /* more than any row can show */
        len = (size_t)64 << 10;
    if ((f->ascii ? escape_ascii(&f->scratch, text, len) : utf8_escape(&f->scratch, text, len, UTF8_ESCAPE_LINE)) < 0) {
        *n = 1;
        return "?";
    }
    *n = f->scratch.len;
    return f->scratch.data;
}

/* Writes clusters up to cols cells, no ellipsis. Returns cells used. */
static int put_run(struct frame *f, int row, int col, int cols, enum theme_role role, const char *s, size_t n)
{
    int used = 0;
    for (size_t i = 0; i < n;) {
        int width = 1;
        size_t bytes = utf8_cluster(s + i, n - i, &width);
        if (bytes == 0)
            break;
        if (width < 1)
            width = 1;
        if (used + width > cols)
            break;
        put_cluster(f, row, col + used, role, s + i, cluster_fit(s + i, bytes), width > 2 ? 2 : width);
        used += width;
        i += bytes;
    }
    return used;
}

int frame_width(struct frame *f, const char *text)
{
    size_t n;
    if (!text)
        return 0;
    const char *s = safe_text(f, text, &n);
    return utf8_cells(s, n);
}

static int put_glyph(struct frame *f, int row, int col, enum theme_role role, enum theme_glyph g)
{
    const char *s = theme_glyph(g, f->ascii);
    put_cluster(f, row, col, role, s, strlen(s), 1);
    return 1;
}

void frame_glyph(struct frame *f, int row, int col, enum theme_role role, enum theme_glyph g)
{
    put_glyph(f, row, col, role, g);
}

int frame_text(struct frame *f, int row, int col, int cols, enum theme_role role, const char *text)
{
    size_t n;
    if (!text || cols < 1)
        return 0;
    const char *s = safe_text(f, text, &n);
    if (utf8_cells(s, n) <= cols)
        return put_run(f, row, col, cols, role, s, n);
    int used = put_run(f, row, col, cols - 1, role, s, n);
    return used + put_glyph(f, row, col + used, role, GLYPH_ELLIPSIS);
}

int frame_tail(struct frame *f, int row, int col, int cols, enum theme_role role, const char *text)
{
    size_t n;
    if (!text || cols < 1)
        return 0;
    const char *s = safe_text(f, text, &n);
    int cells = utf8_cells(s, n);
    if (cells <= cols)
        return put_run(f, row, col, cols, role, s, n);
    while (n > 0 && cells > cols - 1) {
        int width = 1;
        size_t bytes = utf8_cluster(s, n, &width);
        if (bytes == 0)
            break;
        s += bytes;
        n -= bytes;
        cells -= width < 1 ? 1 : width;
    }
    put_glyph(f, row, col, role, GLYPH_ELLIPSIS);
    return 1 + put_run(f, row, col + 1, cols - 1, role, s, n);
}

int frame_right(struct frame *f, int row, int col, int cols, enum theme_role role, const char *text)
{
    int width = frame_width(f, text);
    if (width > cols)
        width = cols;
    return frame_text(f, row, col + cols - width, width, role, text);
}

int frame_printf(struct frame *f, int row, int col, int cols, enum theme_role role, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return frame_text(f, row, col, cols, role, text);
}

/* Bytes of the next wrapped line of s: up to the last blank that fits, or what fits. */
static size_t wrap_bytes(const char *s, size_t n, int cols)
{
    size_t fit = utf8_fit(s, n, cols);
    if (fit >= n)
        return n;
    size_t cut = fit;
    while (cut > 0 && s[cut] != ' ')
        cut--;
    if (cut > 0)
        return cut;
    if (fit == 0) {  /* a wide character in a column of one cell */
        int width;
        fit = utf8_cluster(s, n, &width);
    }
    return fit;
}

int frame_wrap(struct frame *f, struct layout_rect r, enum theme_role role, const char *text, bool draw)
{
    size_t n;
    int rows = 0;
    if (!text || !*text || r.cols < 1)
        return 0;
    const char *s = safe_text(f, text, &n);
    while (n > 0 && rows < r.rows) {
        size_t bytes = wrap_bytes(s, n, r.cols);
        bool last = rows + 1 == r.rows && bytes < n;
        if (draw) {
            int used = put_run(f, r.row + rows, r.col, last ? r.cols - 1 : r.cols, role, s, last ? n : bytes);
            if (last)
                put_glyph(f, r.row + rows, r.col + used, role, GLYPH_ELLIPSIS);
        }
        s += bytes;
        n -= bytes;
        while (n > 0 && *s == ' ') {
            s++;
            n--;
        }
        rows++;
    }
    return rows;
}

int frame_wrap_from(struct frame *f, struct layout_rect r, int top, enum theme_role role, const char *text)
{
    size_t n;
    int rows = 0;
    if (!text || !*text || r.cols < 1)
        return 0;
    const char *s = safe_text(f, text, &n);
    while (n > 0) {
        size_t bytes = wrap_bytes(s, n, r.cols);
        if (rows >= top && rows - top < r.rows)
            put_run(f, r.row + rows - top, r.col, r.cols, role, s, bytes);
        s += bytes;
        n -= bytes;
        while (n > 0 && *s == ' ') {
            s++;
            n--;
        }
        rows++;
    }
    return rows;
}

void frame_fill(struct frame *f, struct layout_rect r, enum theme_role role)
{
    for (int row = r.row; row < r.row + r.rows; row++) {
        for (int col = r.col; col < r.col + r.cols; col++) {
            struct frame_cell *c = at(f, row, col);
            if (c) {
                unpair(f, row, col);
                cell_blank(c, role);
            }
        }
    }
}

void frame_select(struct frame *f, int row, int col, int cols)
{
    for (int i = 0; i < cols; i++) {
        struct frame_cell *c = at(f, row, col + i);
        if (c)
            c->flags |= FRAME_CURSOR;
    }
}

void frame_recolour(struct frame *f, int row, int col, int cols, enum theme_role role)
{
    for (int i = 0; i < cols; i++) {
        struct frame_cell *c = at(f, row, col + i);
        if (c)
            c->role = (unsigned char)role;
    }
}

void frame_cursor(struct frame *f, int row, int col)
{
    if (at(f, row, col)) {
        f->cursor_row = row;
        f->cursor_col = col;
    }
}
