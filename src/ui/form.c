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

bool form_is_text(const struct form_item *it)
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

const char *form_enter_words(const struct form *f)
{
    static const char *const words[] = {
        [FORM_TEXT] = "next field", [FORM_SECRET] = "next field", [FORM_CHOICE] = "opens the list", [FORM_LINE] = "opens it", [FORM_BUTTON] = "presses it",
        [FORM_HEADING] = "",
    };
    const struct form_item *it = focused(f);
    return it ? words[it->kind] : "";
}

static struct form_event edit(struct form *f, struct form_item *it, enum action a)
{
    if (it->kind == FORM_BUTTON && (a == ACTION_LEFT || a == ACTION_RIGHT)) {
        step(f, a == ACTION_RIGHT ? 1 : -1);
        return event(FORM_HANDLED, it->id);
    }
    if (!form_is_text(it) || !line_update(&it->value, a))
        return event(FORM_NOTHING, 0);
    bool changes = a == ACTION_ERASE || a == ACTION_DELETE || a == ACTION_ERASE_WORD || a == ACTION_ERASE_LINE || a == ACTION_ERASE_REST;
    it->touched = it->touched || changes;
    return event(changes ? FORM_CHANGED : FORM_HANDLED, it->id);
}

static struct form_event leave(struct form *f, struct form_item *it, int by, bool rows)
{
    int id = it ? it->id : 0;
    bool text = it && form_is_text(it) && it->touched;
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
    if (it && it->kind == FORM_CHOICE && !(cp >= '0' && cp <= '9')) {
        struct form_event opened = open_picker(f, it);
        picker_type(&f->picker, cp);
        return opened;
    }
    if (!it || !form_is_text(it))
        return event(FORM_NOTHING, 0);
    if (!line_type(&it->value, cp))   /* it is full */
        return event(FORM_HANDLED, it->id);
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
    if (!it || !form_is_text(it) || !line_insert(&it->value, text, n))
        return event(FORM_NOTHING, 0);
    it->touched = true;
    return event(FORM_CHANGED, it->id);
}

bool form_typing(const struct form *f)
{
    const struct form_item *it = focused(f);
    return f->picking || (it && (form_is_text(it) || it->kind == FORM_CHOICE));
}

const enum keymap_set *form_keys(const struct form *f)
{
    static const enum keymap_set picking[] = { KEYS_PICKER, KEYS_CHOICES, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set form[] = { KEYS_FORM, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return f->picking ? picking : form;
}
