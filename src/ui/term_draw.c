#include "ui/term_parts.h"
#include "base/utf8.h"
#include <stdlib.h>
#include <wchar.h>
#define NCURSES_NOMACROS 1
#include <ncurses.h>

#define PLAIN_PAIR (ROLE_TEXT + 1)   /* the terminal's own colours by a pair of ours: to pair 0 ncurses goes by resetting everything, which takes twice the bytes */

enum theme_depth term_start_colours(const struct term_options *options)
{
    const char *no = getenv("NO_COLOR");
    if (options->no_colour || (no && *no) || !has_colors())
        return THEME_MONO;
    start_color();
    use_default_colors();
    static const enum theme_depth depths[] = { [THEME_AUTO] = THEME_256, [THEME_DARK] = THEME_256_DARK, [THEME_LIGHT] = THEME_256_LIGHT };
    enum theme_depth depth = COLORS >= 256 ? depths[options->theme] : THEME_8;
    for (int role = 0; role < ROLE_COUNT; role++)
        init_pair((short)(role + 1), theme_style((enum theme_role)role, depth).fg, -1);
    cchar_t blank;
    setcchar(&blank, L" ", A_NORMAL, PLAIN_PAIR, NULL);
    wbkgrnd(stdscr, &blank);
    return depth;
}

static attr_t attributes(unsigned attr)
{
    attr_t a = 0;
    if (attr & THEME_BOLD) a |= WA_BOLD;
    if (attr & THEME_DIM) a |= WA_DIM;
    if (attr & THEME_UNDERLINE) a |= WA_UNDERLINE;
    if (attr & THEME_REVERSE) a |= WA_REVERSE;
    return a;
}

/* The cluster as wide characters; "?" where the C library does not agree about its width. */
static void cell_text(const struct frame_cell *c, wchar_t out[CCHARW_MAX + 1])
{
    size_t n = 0, at = 0;
    int width = 0;
    while (at < c->len && n < CCHARW_MAX - 1) {
        uint32_t cp;
        at += utf8_decode(c->text + at, c->len - at, &cp);
        int w = wcwidth((wchar_t)cp);
        if (w < 0 || (n > 0 && w > 0)) {
            width = -1;
            break;
        }
        width += w;
        out[n++] = (wchar_t)cp;
    }
    out[n] = L'\0';
    if (width != c->width) {
        out[0] = L'?';
        out[1] = L'\0';
    }
}

static void cell_to_curses(const struct term *t, const struct frame_cell *c, cchar_t *out)
{
    wchar_t text[CCHARW_MAX + 1];
    struct theme_style style = theme_style((enum theme_role)c->role, t->depth);
    unsigned attr = style.attr ^ (c->flags & FRAME_CURSOR ? THEME_REVERSE : 0u);
    cell_text(c, text);
    short pair = t->depth == THEME_MONO ? 0 : style.fg < 0 ? PLAIN_PAIR : (short)(c->role + 1);
    setcchar(out, text, attributes(attr), pair, NULL);
}

static void draw_row(const struct term *t, const struct frame *f, int row)
{
    cchar_t line[1001];
    int n = 0;
    for (int col = 0; col < f->cols && n < 1000; col++) {
        const struct frame_cell *c = frame_cell(f, row, col);
        if (c->width == 0)
            continue;
        cell_to_curses(t, c, &line[n]);
        wchar_t text[CCHARW_MAX + 1];
        attr_t attr;
        short pair;
        getcchar(&line[n], text, &attr, &pair, NULL);
        bool narrow = c->width == 2 && text[0] == L'?';
        n++;
        if (narrow && n < 1000)
            setcchar(&line[n++], L" ", attr, pair, NULL);
    }
    mvwadd_wchnstr(stdscr, row, 0, line, n);
}

static bool same_cursor(const struct frame *a, const struct frame *b)
{
    return a->cursor_row == b->cursor_row && a->cursor_col == b->cursor_col;
}

int term_draw(struct term *t, const struct frame *f, struct err *e)
{
    bool all = !t->drawn || t->last.rows != f->rows || t->last.cols != f->cols, changed = all;
    for (int row = 0; row < f->rows; row++) {
        if (all || !frame_row_equal(f, &t->last, row)) {
            draw_row(t, f, row);
            changed = true;
        }
    }
    if (!changed && same_cursor(f, &t->last))
        return 0;
    bool shown = f->cursor_row >= 0;
    if (shown != (t->drawn && t->last.cursor_row >= 0) || !t->drawn)
        curs_set(shown ? 1 : 0);
    leaveok(stdscr, shown ? FALSE : TRUE);
    if (shown)
        wmove(stdscr, f->cursor_row, f->cursor_col);
    wnoutrefresh(stdscr);
    doupdate();
    t->drawn = true;
    return frame_copy(&t->last, f, e);
}

void term_redraw(struct term *t)
{
    clearok(curscr, TRUE);
    t->drawn = false;
}
