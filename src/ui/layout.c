#include "ui/layout.h"

static int clamp(int n, int most)
{
    if (n < 0)
        return 0;
    return n > most ? most : n;
}

struct layout_rect layout_cut_top(struct layout_rect *r, int n)
{
    struct layout_rect part = *r;
    part.rows = clamp(n, r->rows);
    r->row += part.rows;
    r->rows -= part.rows;
    return part;
}

struct layout_rect layout_cut_bottom(struct layout_rect *r, int n)
{
    struct layout_rect part = *r;
    part.rows = clamp(n, r->rows);
    r->rows -= part.rows;
    part.row = r->row + r->rows;
    return part;
}

struct layout_rect layout_cut_left(struct layout_rect *r, int n)
{
    struct layout_rect part = *r;
    part.cols = clamp(n, r->cols);
    r->col += part.cols;
    r->cols -= part.cols;
    return part;
}

struct layout_rect layout_cut_right(struct layout_rect *r, int n)
{
    struct layout_rect part = *r;
    part.cols = clamp(n, r->cols);
    r->cols -= part.cols;
    part.col = r->col + r->cols;
    return part;
}

struct layout_rect layout_centre(struct layout_rect r, int rows, int cols)
{
    struct layout_rect part = { .rows = clamp(rows, r.rows), .cols = clamp(cols, r.cols) };
    part.row = r.row + (r.rows - part.rows) / 2;
    part.col = r.col + (r.cols - part.cols) / 2;
    return part;
}

/* Cells used when no column is wider than cap (but never below its least). */
static int used_with_cap(const struct layout_want *wants, int n, int gap, int cap, int *widths)
{
    int used = n > 1 ? gap * (n - 1) : 0;
    for (int i = 0; i < n; i++) {
        int w = wants[i].want < cap ? wants[i].want : cap;
        if (w < wants[i].least)
            w = wants[i].least < wants[i].want ? wants[i].least : wants[i].want;
        widths[i] = w;
        used += w;
    }
    return used;
}

int layout_share(const struct layout_want *wants, int n, int total, int gap, int *widths)
{
    for (int i = 0; i < n; i++)
        widths[i] = 0;
    while (n > 1 && used_with_cap(wants, n, gap, 0, widths) > total)
        widths[--n] = 0;
    if (n < 1 || total < 1)
        return 0;
    int low = 0, high = total;
    while (low < high) {  /* the largest cap that fits */
        int mid = (low + high + 1) / 2;
        if (used_with_cap(wants, n, gap, mid, widths) <= total)
            low = mid;
        else
            high = mid - 1;
    }
    int used = used_with_cap(wants, n, gap, low, widths);
    for (int i = 0; i < n && used < total; i++) {  /* what the even cap left over */
        if (widths[i] < wants[i].want && widths[i] == low) {
            widths[i]++;
            used++;
        }
    }
    if (used > total) {
        widths[0] = total;
        used = total;
    }
    return used;
}

size_t layout_scroll(size_t top, size_t cursor, size_t count, int rows)
{
    if (rows < 1 || count <= (size_t)rows)
        return 0;
    size_t window = (size_t)rows, last = count - window, context = window > 5 ? 2 : 0, before = window / 2;
    if (cursor == top + window)          /* one step below: the next page */
        before = context;
    else if (cursor + 1 == top)          /* one step above: the page before */
        before = window - 1 - context;
    if (cursor < top || cursor >= top + window)
        top = cursor > before ? cursor - before : 0;
    return top < last ? top : last;
}
