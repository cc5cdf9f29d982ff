#ifndef LAKEFERRY_UI_FRAME_H
#define LAKEFERRY_UI_FRAME_H
/*
 * frame: one picture of the screen as cells. A cell holds one cluster of UTF-8 (a character with its
 * combining marks), its width and its role. frame.c has cells and texts, frame_shapes.c lines and boxes made of them, frame_print.c the picture as
 * lines of text. Belongs to the UI thread.
 * Every text that enters goes through utf8_escape() here, so no control, bidi or invalid byte can reach the
 * terminal whoever wrote it. Writing outside the frame is cut; a wide character is never halved: where
 * only one of its cells fits, a blank stands.
 */
#include "base/buf.h"
#include "ui/layout.h"
#include "ui/theme.h"

#define FRAME_CLUSTER_MAX 28

struct frame_cell {
    char text[FRAME_CLUSTER_MAX]; /* not terminated; zero behind len */
    unsigned char len;
    unsigned char width;          /* 1 or 2; 0: the right half of the wide cell before it */
    unsigned char role;           /* enum theme_role */
    unsigned char flags;          /* enum frame_flag */
};

enum frame_flag { FRAME_CURSOR = 1 };  /* the selected thing: shown reversed */

struct frame {
    int rows, cols;
    bool ascii;                   /* set by the owner before drawing: glyphs and texts in ASCII */
    int cursor_row, cursor_col;   /* the terminal's cursor, -1: hidden */
    struct frame_cell *cells;     /* rows * cols, owned */
    struct buf scratch;
};

void frame_init(struct frame *f);
void frame_release(struct frame *f);
/* Sets the size (each clamped to 1..1000) and empties the frame. ERR_NO_MEMORY leaves the old one. */
int frame_resize(struct frame *f, int rows, int cols, struct err *e);
/* All blank, cursor hidden. */
void frame_clear(struct frame *f);
struct layout_rect frame_rect(const struct frame *f);
const struct frame_cell *frame_cell(const struct frame *f, int row, int col);
/* Copies the picture; sizes are made equal. */
int frame_copy(struct frame *to, const struct frame *from, struct err *e);
bool frame_row_equal(const struct frame *a, const struct frame *b, int row);

/* Cells the text takes once escaped. */
int frame_width(struct frame *f, const char *text);
/*
 * Writes text into at most cols cells; one that does not fit ends in an ellipsis. Returns the cells used.
 * text may be NULL (nothing).
 */
int frame_text(struct frame *f, int row, int col, int cols, enum theme_role role, const char *text);
/* As frame_text, keeping the end: the ellipsis stands in front. */
int frame_tail(struct frame *f, int row, int col, int cols, enum theme_role role, const char *text);
/* As frame_text, set at the right edge of the cols cells. */
int frame_right(struct frame *f, int row, int col, int cols, enum theme_role role, const char *text);
int frame_printf(struct frame *f, int row, int col, int cols, enum theme_role role, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));
/* Wraps text at blanks into r; the last row ends in an ellipsis when it did not fit. Returns the rows it took; with
 * draw false only counts, up to r.rows. */
int frame_wrap(struct frame *f, struct layout_rect r, enum theme_role role, const char *text, bool draw);
/* Writes the rows of wrapped text from top (0: the first) into r. Returns how many rows the text has in all. */
int frame_wrap_from(struct frame *f, struct layout_rect r, int top, enum theme_role role, const char *text);
void frame_glyph(struct frame *f, int row, int col, enum theme_role role, enum theme_glyph g);
/* Blanks r. */
void frame_fill(struct frame *f, struct layout_rect r, enum theme_role role);
/* A horizontal line over cols cells with an optional title in it. */
void frame_rule(struct frame *f, int row, int col, int cols, const char *title);
void frame_bar(struct frame *f, int row, int col, int rows);
/* Signs at the right edge of r that rows follow above or below it. */
void frame_more(struct frame *f, struct layout_rect r, bool above, bool below);
/* A box around the edge of r, blank inside. */
void frame_box(struct frame *f, struct layout_rect r, const char *title);
/* Shows cells as selected, or gives them another role. Whole wide characters only. */
void frame_select(struct frame *f, int row, int col, int cols);
void frame_recolour(struct frame *f, int row, int col, int cols, enum theme_role role);
/* Places the terminal's cursor. */
void frame_cursor(struct frame *f, int row, int col);

/* Appends the picture as lines of text without trailing blanks; with roles a second block of one letter a cell. */
int frame_print(const struct frame *f, struct buf *out, bool roles);
#endif
