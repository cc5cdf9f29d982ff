#ifndef LAKEFERRY_UI_LAYOUT_H
#define LAKEFERRY_UI_LAYOUT_H
/*
 * layout: rectangles of cells and how room is shared. Pure functions; any thread.
 * A rectangle never has a negative size; cutting more than there is gives what there is.
 */
#include <stddef.h>

struct layout_rect { int row, col, rows, cols; };

/* Each takes n rows or columns from one side of *r and returns the part taken. */
struct layout_rect layout_cut_top(struct layout_rect *r, int n);
struct layout_rect layout_cut_bottom(struct layout_rect *r, int n);
struct layout_rect layout_cut_left(struct layout_rect *r, int n);
struct layout_rect layout_cut_right(struct layout_rect *r, int n);
/* A rectangle of at most rows x cols in the middle of r. */
struct layout_rect layout_centre(struct layout_rect r, int rows, int cols);

/* What a column asks for: never fewer than least cells (unless it is dropped), no use for more than want. */
struct layout_want { int least, want; };

/*
 * Shares total cells among n columns with gap cells between neighbours into widths[n]. Where everything fits each
 * gets what it wants; else the widest are cut first, evenly, so that nothing is cut beside unused room. Columns whose least does not
 * fit any more get 0, from the last one backwards; the first one gets what there is.
 * Returns the cells used, gaps included.
 */
int layout_share(const struct layout_want *wants, int n, int total, int gap, int *widths);

/*
 * First row to show of count rows in a window of rows, so that cursor is visible. A step over the edge turns
 * the page, leaving two rows for context: over a slow line that is cheaper than scrolling at every step. A leap
 * farther away puts the cursor in the middle.
 */
size_t layout_scroll(size_t top, size_t cursor, size_t count, int rows);
#endif
