/* A frame as lines of text. */
#include "ui/frame.h"

static void print_row(const struct frame *f, struct buf *out, int row)
{
    int last = f->cols - 1;
    for (; last >= 0; last--) {
        const struct frame_cell *c = frame_cell(f, row, last);
        if (c->width == 0 || c->len != 1 || c->text[0] != ' ')
            break;
    }
    for (int col = 0; col <= last; col++) {
        const struct frame_cell *c = frame_cell(f, row, col);
        buf_add(out, c->text, c->len);
    }
    buf_putc(out, '\n');
}

static void print_roles(const struct frame *f, struct buf *out, int row)
{
    int last = f->cols - 1;
    while (last >= 0 && frame_cell(f, row, last)->role == ROLE_TEXT && !frame_cell(f, row, last)->flags)
        last--;
    for (int col = 0; col <= last; col++) {
        const struct frame_cell *c = frame_cell(f, row, col);
        buf_putc(out, c->flags & FRAME_CURSOR ? '@' : theme_letter(c->role));
    }
    buf_putc(out, '\n');
}

int frame_print(const struct frame *f, struct buf *out, bool roles)
{
    for (int row = 0; row < f->rows; row++)
        print_row(f, out, row);
    if (roles) {
        buf_puts(out, "== roles\n");
        for (int row = 0; row < f->rows; row++)
            print_roles(f, out, row);
    }
    return out->failed ? -1 : 0;
}
