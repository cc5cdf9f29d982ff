/* A form as it is seen: labels, values, notes and buttons, scrolled to the focus. */
#include "base/str.h"
#include "ui/form.h"

struct widths { int label, value, note; };

/* Labels and notes get what they need first, values the rest. */
static struct widths share_widths(const struct form *f, struct frame *frame, int cols)
{
    struct layout_want want[3] = { { 4, 4 }, { 16, 16 }, { 0, 0 } };
    int got[3];
    for (size_t i = 0; i < f->count; i++) {
        const struct form_item *it = &f->items[i];
        if (!form_is_text(it) && it->kind != FORM_CHOICE)
            continue;
        int label = frame_width(frame, it->label), value = frame_width(frame, line_text(&it->value)) + 1, note = frame_width(frame, it->note);
        want[0].want = label > want[0].want ? label : want[0].want;
        want[1].want = value > want[1].want ? value : want[1].want;
        want[2].want = note > want[2].want ? note : want[2].want;
    }
    layout_share(want, 3, cols, 2, got);
    struct widths w = { got[0], got[1], got[2] };
    int spare = cols - w.label - w.value - w.note - 4;
    if (spare > 0 && w.value < 44)
        w.value += spare < 44 - w.value ? spare : 44 - w.value;
    return w;
}

#define CHOICE_SIGN "[v]"
#define VALUE_LEAST 16

static void render_field(const struct form_item *it, struct frame *f, struct layout_rect line, struct widths w, bool here)
{
    int col = line.col;
    frame_text(f, line.row, col, w.label, ROLE_LABEL, it->label);
    col += w.label + 2;
    int sign = form_is_text(it) ? 0 : 4, note = frame_width(f, it->note);
    int room = line.col + line.cols - col - sign - (note ? note + 2 : 0);  /* what a long value may take of the note's column */
    const char *shown = form_is_text(it) || it->value.text.len ? line_text(&it->value) : "(choose)";
    int need = frame_width(f, shown) + 1, least = need < VALUE_LEAST && !form_is_text(it) ? need : VALUE_LEAST;
    if (note && room < least)  /* a value is worth more than where it came from */
        room = least;
    if (need > w.value || note == 0)
        w.value = need < room && note ? need : room;
    else if (w.value > room && note)  /* the note leaves its column rather than be cut */
        w.value = need > room ? need : room;
    if (form_is_text(it))
        line_render(&it->value, f, line.row, col, w.value, ROLE_FIELD, here);
    else {
        int used = frame_text(f, line.row, col, w.value, ROLE_TEXT, shown);
        if (here)
            frame_select(f, line.row, col, used);
    }
    col += w.value + 2;
    frame_text(f, line.row, col, line.col + line.cols - col - sign, it->note_role, it->note);
    if (it->kind == FORM_CHOICE)
        frame_right(f, line.row, line.col, line.cols, ROLE_DIM, CHOICE_SIGN);
}

static void render_line(const struct form_item *it, struct frame *f, struct layout_rect line, bool here)
{
    int used = frame_text(f, line.row, line.col, line.cols, it->note_role, it->label);
    if (it->opens && used + 2 <= line.cols)
        frame_glyph(f, line.row, line.col + used + 1, ROLE_KEY, GLYPH_MORE);
    if (here)
        frame_select(f, line.row, line.col, used);
}

/* Draws the button at col and returns its width; a disabled one with the focus says why behind the row. */
static int render_button(const struct form_item *it, struct frame *f, int row, int col, int cols, bool here)
{
    char text[80];
    snprintf(text, sizeof text, "[ %s ]", it->label);
    int used = frame_text(f, row, col, cols, it->off ? ROLE_HINT_OFF : ROLE_BUTTON, text);
    if (here)
        frame_select(f, row, col, used);
    return used;
}

static bool new_row(const struct form *f, size_t i)
{
    return i == 0 || f->items[i].kind != FORM_BUTTON || f->items[i - 1].kind != FORM_BUTTON;
}

static int row_of(const struct form *f, int id, int *rows)
{
    int row = -1, here = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (new_row(f, i))
            row++;
        if (f->items[i].id == id && id > 0)
            here = row;
    }
    *rows = row + 1;
    return here;
}

bool form_in_sight(const struct form *f, int id)
{
    int total, row = row_of(f, id, &total);
    return row >= f->top && row < f->top + f->page;
}

static void scroll(struct form *f, int rows)
{
    int total;
    int here = row_of(f, f->focus, &total);
    f->page = rows;
    if (f->top > here)
        f->top = here;
    if (f->top < here - rows + 1)
        f->top = here - rows + 1;
    if (f->top > total - rows)
        f->top = total - rows;
    if (f->top < 0)
        f->top = 0;
}

/* Why a button of the row is disabled, that of the one with the focus first, shown beside the row. */
static void render_reason(const struct form *f, struct frame *frame, size_t last, int row, int col, int end)
{
    const char *why = NULL;
    for (size_t i = last + 1; i-- > 0 && f->items[i].kind == FORM_BUTTON;)
        if (f->items[i].off && (!why || f->items[i].id == f->focus))
            why = f->items[i].off;
    if (why)
        frame_text(frame, row, col, end - col, ROLE_WARN, why);
}

static void render_item(const struct form *f, size_t i, struct frame *frame, struct layout_rect line, struct widths w, int *button_col)
{
    const struct form_item *it = &f->items[i];
    bool here = it->id > 0 && it->id == f->focus;
    int end = line.col + line.cols;
    if (here && it->kind != FORM_BUTTON)
        frame_glyph(frame, line.row, line.col - 2, ROLE_TEXT, GLYPH_CURSOR);
    if (it->kind == FORM_HEADING)
        frame_rule(frame, line.row, line.col - 2, line.cols + 3, it->label);
    else if (it->kind == FORM_LINE)
        render_line(it, frame, line, here);
    else if (it->kind != FORM_BUTTON)
        render_field(it, frame, line, w, here);
    else {
        *button_col += render_button(it, frame, line.row, *button_col, end - *button_col, here) + 2;
        if (i + 1 == f->count || f->items[i + 1].kind != FORM_BUTTON)
            render_reason(f, frame, i, line.row, *button_col, end);
    }
}

void form_render(struct form *f, struct frame *frame, struct layout_rect r)
{
    if (r.rows < 1 || r.cols < 24)
        return;
    struct layout_rect all = r;
    scroll(f, r.rows);
    layout_cut_left(&r, 3);
    layout_cut_right(&r, 1);
    struct widths w = share_widths(f, frame, r.cols - 4);
    int row = -1, button_col = r.col;
    for (size_t i = 0; i < f->count; i++) {
        if (new_row(f, i)) {
            row++;
            button_col = r.col;
        }
        if (row < f->top || row >= f->top + r.rows)
            continue;
        render_item(f, i, frame, (struct layout_rect){ r.row + row - f->top, r.col, 1, r.cols }, w, &button_col);
    }
    frame_more(frame, all, f->top > 0, row >= f->top + r.rows);
    if (f->picking)
        picker_render(&f->picker, frame, all);
}
