#include "ui/form.h"
#include "base/str.h"

void form_init(struct form *f)
{
    *f = (struct form){ .page = 10 };
    picker_init(&f->picker, "");
}

static void item_release(struct form_item *it)
{
    free(it->label);
    free(it->note);
    free(it->off);
    line_release(&it->value);
}

void form_release(struct form *f)
{
    for (size_t i = 0; i < f->count; i++)
        item_release(&f->items[i]);
    free(f->items);
    picker_release(&f->picker);
    form_init(f);
}

static size_t index_of(const struct form *f, int id)
{
    for (size_t i = 0; id > 0 && i < f->count; i++)
        if (f->items[i].id == id)
            return i;
    return SIZE_MAX;
}

struct form_item *form_find(const struct form *f, int id)
{
    size_t i = index_of(f, id);
    return i == SIZE_MAX ? NULL : &f->items[i];
}

static bool is_text(const struct form_item *it)
{
    return it->kind == FORM_TEXT || it->kind == FORM_SECRET;
}

static bool takes_focus(const struct form_item *it)
{
    if (it->id <= 0 || it->kind == FORM_HEADING)
        return false;
    return it->kind != FORM_LINE || it->opens;
}

static int place(struct form *f, size_t at, enum form_kind kind, int id, const char *label, struct err *e)
{
    if (f->count == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 16;
        struct form_item *items = realloc(f->items, cap * sizeof *items);
        if (!items)
            return err_no_memory(e);
        f->items = items;
        f->cap = cap;
    }
    struct form_item it = { .id = id, .kind = kind, .label = str_dup(label ? label : "") };
    if (!it.label)
        return err_no_memory(e);
    line_init(&it.value);
    it.value.secret = kind == FORM_SECRET;
    memmove(&f->items[at + 1], &f->items[at], (f->count - at) * sizeof it);
    f->items[at] = it;
    f->count++;
    if (f->focus == 0 && takes_focus(&it))
        f->focus = id;
    return 0;
}

int form_add(struct form *f, enum form_kind kind, int id, const char *label, const char *value, struct err *e)
{
    if (place(f, f->count, kind, id, label, e) < 0)
        return -1;
    return line_set(&f->items[f->count - 1].value, value) < 0 ? err_no_memory(e) : 0;
}

int form_insert(struct form *f, int before, enum form_kind kind, int id, const char *label, struct err *e)
{
    size_t at = index_of(f, before);
    return place(f, at == SIZE_MAX ? f->count : at, kind, id, label, e);
}

void form_clear_lines(struct form *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i].kind == FORM_LINE)
            item_release(&f->items[i]);
        else
            f->items[kept++] = f->items[i];
    }
    f->count = kept;
}

void form_remove(struct form *f, int id)
{
    size_t at = index_of(f, id);
    if (at == SIZE_MAX || f->picking == id)
        return;
    if (f->focus == id)
        f->focus = at > 0 ? f->items[at - 1].id : 0;
    item_release(&f->items[at]);
    f->count--;
    memmove(&f->items[at], &f->items[at + 1], (f->count - at) * sizeof f->items[0]);
}

const char *form_value(const struct form *f, int id)
{
    const struct form_item *it = form_find(f, id);
    return it ? line_text(&it->value) : "";
}

void form_set(struct form *f, int id, const char *value, bool guess)
{
    struct form_item *it = form_find(f, id);
    if (it && !(guess && it->touched) && !str_eq(line_text(&it->value), value))
        line_set(&it->value, value);
}

void form_note(struct form *f, int id, enum theme_role role, const char *note)
{
    struct form_item *it = form_find(f, id);
    if (it) {
        str_set(&it->note, note);
        it->note_role = role;
    }
}

void form_disable(struct form *f, int id, const char *why)
{
    struct form_item *it = form_find(f, id);
    if (it)
        str_set(&it->off, why);
}

void form_set_opens(struct form *f, int id, bool opens)
{
    struct form_item *it = form_find(f, id);
    if (it)
        it->opens = opens;
}

void form_focus(struct form *f, int id)
{
    struct form_item *it = form_find(f, id);
    if (it && takes_focus(it))
        f->focus = id;
}

/* ---- update ---- */

static struct form_item *focused(const struct form *f)
{
    return form_find(f, f->focus);
}

static void step(struct form *f, int by)
{
    size_t at = index_of(f, f->focus);
    if (f->count == 0)
        return;
    if (at == SIZE_MAX)
        at = by > 0 ? f->count - 1 : 0;
    for (size_t i = 0; i < f->count; i++) {
        at = by > 0 ? (at + 1) % f->count : (at + f->count - 1) % f->count;
        if (takes_focus(&f->items[at])) {
            f->focus = f->items[at].id;
            return;
        }
    }
}

/* Up and down stop at the ends and pass over a row of buttons as over one line. */
static void step_row(struct form *f, int by)
{
    struct form_item *from = focused(f);
    size_t at = index_of(f, f->focus);
    bool buttons = from && from->kind == FORM_BUTTON;
    while (at != SIZE_MAX) {
        if (by < 0 ? at == 0 : at + 1 >= f->count)
            return;
        at = by < 0 ? at - 1 : at + 1;
        if (!takes_focus(&f->items[at]) || (buttons && f->items[at].kind == FORM_BUTTON))
            continue;
        if (f->items[at].kind == FORM_BUTTON)  /* from below as from above the first button of a row */
            while (at > 0 && f->items[at - 1].kind == FORM_BUTTON && takes_focus(&f->items[at - 1]))
                at--;
        f->focus = f->items[at].id;
        return;
    }
    step(f, by);
}

static struct form_event event(enum form_event_kind kind, int id)
{
    return (struct form_event){ kind, id };
}

static void close_picker(struct form *f)
{
    f->picking = 0;
    picker_release(&f->picker);
    picker_init(&f->picker, "");
}

static struct form_event open_picker(struct form *f, struct form_item *it)
{
    picker_release(&f->picker);
    picker_init(&f->picker, it->label);
    f->picker.list.filtering = true;
    list_go(&f->picker.list, line_text(&it->value));
    f->picking = it->id;
    return event(FORM_OPENED, it->id);
}

static struct form_event take_choice(struct form *f, struct form_item *it, const char *value, enum form_event_kind kind)
{
    line_set(&it->value, value);
    it->touched = true;
    close_picker(f);
    step(f, 1);
    return event(kind, it->id);
}

static struct form_event update_picker(struct form *f, enum action a)
{
    struct form_item *it = form_find(f, f->picking);
    if (!it) {
        close_picker(f);
        return event(FORM_HANDLED, 0);
    }
    switch (picker_update(&f->picker, a)) {
    case PICKER_CHOSEN: return take_choice(f, it, picker_id(&f->picker), FORM_PICKED);
    case PICKER_NEW: return take_choice(f, it, picker_text(&f->picker), FORM_NEW);
    case PICKER_REFRESH: return event(FORM_REFRESHED, it->id);
    case PICKER_LEFT: close_picker(f); break;
    default: break;
    }
    return event(FORM_HANDLED, it->id);
}

static struct form_event enter(struct form *f, struct form_item *it)
{
    if (it->kind == FORM_CHOICE)
        return open_picker(f, it);
    if (it->kind == FORM_BUTTON || it->kind == FORM_LINE)
        return event(it->off ? FORM_REFUSED : FORM_PRESSED, it->id);
    step(f, 1);
    return event(FORM_DONE, it->id);
}

static struct form_event edit(struct form *f, struct form_item *it, enum action a)
{
    if (it->kind == FORM_BUTTON && (a == ACTION_LEFT || a == ACTION_RIGHT)) {
        step(f, a == ACTION_RIGHT ? 1 : -1);
        return event(FORM_HANDLED, it->id);
    }
    if (!is_text(it) || !line_update(&it->value, a))
        return event(FORM_NOTHING, 0);
    bool changes = a == ACTION_ERASE || a == ACTION_DELETE || a == ACTION_ERASE_WORD || a == ACTION_ERASE_LINE || a == ACTION_ERASE_REST;
    it->touched = it->touched || changes;
    return event(changes ? FORM_CHANGED : FORM_HANDLED, it->id);
}

static struct form_event leave(struct form *f, struct form_item *it, int by, bool rows)
{
    int id = it ? it->id : 0;
    bool text = it && is_text(it) && it->touched;
    if (rows)
        step_row(f, by);
    else
        step(f, by);
    if (rows && by < 0 && f->focus == id)   /* what lies above the form may take it */
        return event(FORM_NOTHING, id);
    return event(text ? FORM_DONE : FORM_HANDLED, id);
}

struct form_event form_update(struct form *f, enum action a)
{
    struct form_item *it = focused(f);
    if (f->picking)
        return update_picker(f, a);
    switch (a) {
    case ACTION_UP: return leave(f, it, -1, true);
    case ACTION_DOWN: return leave(f, it, 1, true);
    case ACTION_PREVIOUS: return leave(f, it, -1, false);
    case ACTION_NEXT: return leave(f, it, 1, false);
    case ACTION_PAGE_UP: f->top -= f->page / 2; return event(FORM_HANDLED, 0);
    case ACTION_PAGE_DOWN: f->top += f->page / 2; return event(FORM_HANDLED, 0);
    case ACTION_OPEN: return it ? enter(f, it) : event(FORM_HANDLED, 0);
    default: return it ? edit(f, it, a) : event(FORM_NOTHING, 0);
    }
}

struct form_event form_type(struct form *f, uint32_t cp)
{
    struct form_item *it = focused(f);
    if (f->picking) {
        picker_type(&f->picker, cp);
        return event(FORM_HANDLED, f->picking);
    }
    if (it && it->kind == FORM_CHOICE) {
        struct form_event opened = open_picker(f, it);
        picker_type(&f->picker, cp);
        return opened;
    }
    if (!it || !is_text(it) || !line_type(&it->value, cp))
        return event(FORM_NOTHING, 0);
    it->touched = true;
    return event(FORM_CHANGED, it->id);
}

struct form_event form_paste(struct form *f, const char *text, size_t n)
{
    struct form_item *it = focused(f);
    if (f->picking) {
        line_insert(&f->picker.list.filter, text, n);
        list_replace(&f->picker.list);
        return event(FORM_HANDLED, f->picking);
    }
    if (it && it->kind == FORM_CHOICE) {
        struct form_event opened = open_picker(f, it);
        line_insert(&f->picker.list.filter, text, n);
        return opened;
    }
    if (!it || !is_text(it) || !line_insert(&it->value, text, n))
        return event(FORM_NOTHING, 0);
    it->touched = true;
    return event(FORM_CHANGED, it->id);
}

bool form_typing(const struct form *f)
{
    const struct form_item *it = focused(f);
    return f->picking || (it && (is_text(it) || it->kind == FORM_CHOICE));
}

const enum keymap_set *form_keys(const struct form *f)
{
    static const enum keymap_set picking[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set form[] = { KEYS_FORM, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return f->picking ? picking : form;
}

/* ---- render ---- */

struct widths { int label, value, note; };

/* Labels and notes get what they need first, values the rest. */
static struct widths share_widths(const struct form *f, struct frame *frame, int cols)
{
    struct layout_want want[3] = { { 4, 4 }, { 16, 16 }, { 0, 0 } };
    int got[3];
    for (size_t i = 0; i < f->count; i++) {
        const struct form_item *it = &f->items[i];
        if (!is_text(it) && it->kind != FORM_CHOICE)
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
    int sign = is_text(it) ? 0 : 4, note = frame_width(f, it->note);
    int room = line.col + line.cols - col - sign - (note ? note + 2 : 0);  /* what a long value may take of the note's column */
    const char *shown = is_text(it) || it->value.text.len ? line_text(&it->value) : "(choose)";
    int need = frame_width(f, shown) + 1, least = need < VALUE_LEAST && !is_text(it) ? need : VALUE_LEAST;
    if (note && room < least)  /* a value is worth more than where it came from */
        room = least;
    if (need > w.value || note == 0)
        w.value = need < room && note ? need : room;
    else if (w.value > room && note)  /* the note leaves its column rather than be cut */
        w.value = need > room ? need : room;
    if (is_text(it))
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
