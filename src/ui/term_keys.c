#include "ui/term_parts.h"
#include "base/timefmt.h"
#include <poll.h>
#include <wchar.h>
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#define CODE_PASTE_BEGIN (KEY_MAX + 1)
#define CODE_PASTE_END (KEY_MAX + 2)

int term_open_keys(struct term *t, struct err *e)
{
    t->keys = newpad(1, 1);
    if (!t->keys)
        return err_no_memory(e);
    keypad(t->keys, TRUE);
    nodelay(t->keys, TRUE);
    intrflush(t->keys, FALSE);
    keyok(KEY_MOUSE, FALSE);   /* read here: ncurses would wait for the rest of a report */
    if (t->paste) {
        define_key("\033[200~", CODE_PASTE_BEGIN);
        define_key("\033[201~", CODE_PASTE_END);
    }
    return 0;
}

static const struct { int theirs; uint32_t ours; } key_codes[] = {
    { KEY_UP, UI_KEY_UP }, { KEY_DOWN, UI_KEY_DOWN }, { KEY_LEFT, UI_KEY_LEFT }, { KEY_RIGHT, UI_KEY_RIGHT }, { KEY_HOME, UI_KEY_HOME },
    { KEY_END, UI_KEY_END }, { KEY_PPAGE, UI_KEY_PAGE_UP }, { KEY_NPAGE, UI_KEY_PAGE_DOWN }, { KEY_BACKSPACE, UI_KEY_BACKSPACE },
    { KEY_DC, UI_KEY_DELETE }, { KEY_IC, UI_KEY_INSERT }, { KEY_BTAB, UI_KEY_BACK_TAB }, { KEY_ENTER, UI_KEY_ENTER },
    { KEY_A1, UI_KEY_HOME }, { KEY_C1, UI_KEY_END }, { KEY_A3, UI_KEY_PAGE_UP }, { KEY_C3, UI_KEY_PAGE_DOWN },
    { CODE_PASTE_BEGIN, UI_KEY_PASTE_BEGIN }, { CODE_PASTE_END, UI_KEY_PASTE_END },
};

static void function_key(wint_t code, struct keymap_press *out)
{
    if (code > KEY_F0 && code <= KEY_F0 + 63) {
        out->code = UI_KEY_F0 + (uint32_t)(code - KEY_F0);
        return;
    }
    for (size_t i = 0; i < sizeof key_codes / sizeof key_codes[0]; i++)
        if ((wint_t)key_codes[i].theirs == code)
            out->code = key_codes[i].ours;
}

static void character_key(wint_t c, struct keymap_press *out)
{
    if (c == 0x7f || c == '\b')
        out->code = UI_KEY_BACKSPACE;
    else if (c == '\r' || c == '\n')
        out->code = UI_KEY_ENTER;
    else if (c == UI_KEY_TAB || c == UI_KEY_ESC || c >= 0x20)
        out->code = (uint32_t)c;
    else {
        out->code = c == 0 ? ' ' : c < 27 ? (uint32_t)c + 'a' - 1 : (uint32_t)c + '@';
        out->mods = UI_MOD_CTRL;
    }
}

/* ---- the mouse ---- */

#define REPORT_MS 500    /* what a slow line may take for a report */

static void begin_report(struct term *t, char kind)
{
    t->report = (struct term_report){ .kind = kind, .until_ms = time_mono_ms() + REPORT_MS };
}

/* Button with its modifiers, column and row from 0. */
static void take_report(int button, int col, int row, struct keymap_press *out)
{
    static const struct { int button; uint32_t key; } buttons[] = { { 0, UI_KEY_CLICK }, { 64, UI_KEY_WHEEL_UP }, { 65, UI_KEY_WHEEL_DOWN } };
    for (size_t i = 0; i < sizeof buttons / sizeof buttons[0]; i++)
        if (buttons[i].button == (button & ~28) && row >= 0 && col >= 0)   /* 4, 8, 16: Shift, Alt, Ctrl */
            *out = (struct keymap_press){ .code = buttons[i].key, .row = row, .col = col };
}

/* "button;column;row" of a press. */
static void take_numbers(const char *text, struct keymap_press *out)
{
    int n[3] = { 0 };
    size_t at = 0;
    for (; *text && at < 3; text++) {
        if (*text == ';')
            at++;
        else if (n[at] < 10000)
            n[at] = n[at] * 10 + (*text - '0');
    }
    if (at == 2)
        take_report(n[0], n[1] - 1, n[2] - 1, out);
}

/* A character while a report is awaited; false: it is none of the report, which ends, and means itself. */
static bool feed_report(struct term_report *r, wint_t c, struct keymap_press *out)
{
    bool numbers = r->kind == '<', last = numbers ? c == 'M' || c == 'm' : r->length == 2;
    bool fits = numbers ? last || (c >= '0' && c <= '9') || c == ';' : c >= 32 && c < 256;
    if (!fits || time_mono_ms() > r->until_ms) {
        r->kind = 0;
        return false;
    }
    if ((!last || !numbers) && r->length + 1 < sizeof r->text)   /* longer, it is none of a mouse, and ends where it says */
        r->text[r->length++] = (char)c;
    if (!last)
        return true;
    r->kind = 0;
    const unsigned char *b = (const unsigned char *)r->text;
    if (!numbers)
        take_report(b[0] - 32, b[1] - 33, b[2] - 33, out);
    else if (c == 'M')
        take_numbers(r->text, out);
    return true;
}

/* ---- keys that are sequences ---- */

/* ESC [ number ~ as most terminals send it, whatever TERM says. */
static uint32_t numbered_key(unsigned number)
{
    static const struct { unsigned number; uint32_t key; } keys[] = {
        { 1, UI_KEY_HOME }, { 3, UI_KEY_DELETE }, { 4, UI_KEY_END }, { 5, UI_KEY_PAGE_UP }, { 6, UI_KEY_PAGE_DOWN },
        { 7, UI_KEY_HOME }, { 8, UI_KEY_END }, { 11, UI_KEY_F0 + 1 }, { 21, UI_KEY_F0 + 10 },
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].number == number)
            return keys[i].key;
    return UI_KEY_NONE;
}

/* Behind ESC [ or ESC O that ncurses did not know: the other form of a cursor key, or something that means nothing to us. */
static uint32_t read_sequence(struct term *t, bool bracket)
{
    static const struct { wint_t last; uint32_t key; } plain[] = {
        { 'A', UI_KEY_UP }, { 'B', UI_KEY_DOWN }, { 'C', UI_KEY_RIGHT }, { 'D', UI_KEY_LEFT }, { 'H', UI_KEY_HOME }, { 'F', UI_KEY_END },
        { 'Z', UI_KEY_BACK_TAB }, { 'P', UI_KEY_F0 + 1 }, { 'M', UI_KEY_ENTER },
    };
    wint_t c;
    bool first = true;
    unsigned number = 0;
    for (; wget_wch(t->keys, &c) == OK; first = false) {
        if (first && t->mouse && bracket && (c == '<' || c == 'M')) {
            begin_report(t, (char)c);
            return UI_KEY_NONE;
        }
        if (c >= '0' && c <= '9' && number < 100)
            number = number * 10 + (unsigned)(c - '0');
        else if (c == '~')
            return numbered_key(number);
        else
            number = 100;
        for (size_t i = 0; first && i < sizeof plain / sizeof plain[0]; i++)
            if (plain[i].last == c)
                return plain[i].key;
        if (c >= 0x40 && c <= 0x7e)
            break;
    }
    return UI_KEY_NONE;
}

/* An ESC with a character right behind it is Alt. */
static void escape_key(struct term *t, struct keymap_press *out)
{
    wint_t c = 0;
    int got = wget_wch(t->keys, &c);
    if (got == ERR)
        return;
    if (got == OK && (c == '[' || c == 'O')) {
        out->code = read_sequence(t, c == '[');
        return;
    }
    if (got == KEY_CODE_YES) {
        function_key(c, out);
        return;
    }
    if (c == UI_KEY_ESC)
        return;
    character_key(c, out);
    out->mods |= UI_MOD_ALT;
}

static bool has_gone(const struct term *t)
{
    struct pollfd p = { .fd = fileno(t->in), .events = POLLIN };
    return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* A byte that is no character makes ncurses say there is nothing when a key follows it, and keep the key for the next call. */
static int read_code(struct term *t, wint_t *c)
{
    int got = wget_wch(t->keys, c);
    return got == ERR ? wget_wch(t->keys, c) : got;
}

int term_read(struct term *t, struct keymap_press *out)
{
    for (;;) {
        wint_t c = 0;
        *out = (struct keymap_press){ .code = UI_KEY_NONE };
        int got = read_code(t, &c);
        if (got == ERR) {
            return term_gone(has_gone(t)) ? -1 : 0;
        }
        if (got != KEY_CODE_YES && t->report.kind && feed_report(&t->report, c, out)) {
            if (out->code != UI_KEY_NONE)
                return 1;
            continue;
        }
        t->report.kind = 0;
        if (got == KEY_CODE_YES)
            function_key(c, out);
        else {
            character_key(c, out);
            if (out->code == UI_KEY_ESC)
                escape_key(t, out);
        }
        if (out->code != UI_KEY_NONE)
            return 1;
    }
}
