/* Lines, boxes and the signs at their edges, drawn with the texts and glyphs of a frame. */
#include "ui/frame.h"

void frame_rule(struct frame *f, int row, int col, int cols, const char *title)
{
    for (int i = 0; i < cols; i++)
        frame_glyph(f, row, col + i, ROLE_RULE, GLYPH_RULE);
    if (!title || !*title || cols < 8)
        return;
    frame_text(f, row, col + 2, 1, ROLE_RULE, " ");
    int used = frame_text(f, row, col + 3, cols - 6, ROLE_TITLE, title);
    frame_text(f, row, col + 3 + used, 1, ROLE_RULE, " ");
}

void frame_bar(struct frame *f, int row, int col, int rows)
{
    for (int i = 0; i < rows; i++)
        frame_glyph(f, row + i, col, ROLE_RULE, GLYPH_BAR);
}

void frame_more(struct frame *f, struct layout_rect r, bool above, bool below)
{
    if (above && r.rows > 0)
        frame_glyph(f, r.row, r.col + r.cols - 1, ROLE_TEXT, GLYPH_ABOVE);
    if (below && r.rows > 0)
        frame_glyph(f, r.row + r.rows - 1, r.col + r.cols - 1, ROLE_TEXT, GLYPH_BELOW);
}

void frame_box(struct frame *f, struct layout_rect r, const char *title)
{
    if (r.rows < 2 || r.cols < 2)
        return;
    frame_fill(f, r, ROLE_TEXT);
    frame_rule(f, r.row, r.col + 1, r.cols - 2, title);
    frame_rule(f, r.row + r.rows - 1, r.col + 1, r.cols - 2, NULL);
    frame_bar(f, r.row + 1, r.col, r.rows - 2);
    frame_bar(f, r.row + 1, r.col + r.cols - 1, r.rows - 2);
    frame_glyph(f, r.row, r.col, ROLE_RULE, GLYPH_TOP_LEFT);
    frame_glyph(f, r.row, r.col + r.cols - 1, ROLE_RULE, GLYPH_TOP_RIGHT);
    frame_glyph(f, r.row + r.rows - 1, r.col, ROLE_RULE, GLYPH_BOTTOM_LEFT);
    frame_glyph(f, r.row + r.rows - 1, r.col + r.cols - 1, ROLE_RULE, GLYPH_BOTTOM_RIGHT);
}
