#include "ui/app_state.h"

/* Below this there is one notice instead of screens. */
#define USABLE_ROWS 10
#define USABLE_COLS 40
#define RULES_FROM 18   /* rows from which lines separate the parts */
#define MESSAGE_ROWS 3

/* ---- first line: tabs ---- */

struct tab_span { int col, cols; };

/* Forms, from roomy to tight: 0 two blanks between tabs, 1 one blank, 2 only the active one has its name. */
static int tab_text(const struct app *app, int i, int form, char *out, size_t size)
{
    const char *name = app->tabs[i] ? app->tabs[i]->tab : NULL;
    if (form == 2 && i != app->tab)
        return snprintf(out, size, "%d", i + 1);
    return snprintf(out, size, "%d %s", i + 1, name ? name : "");
}

static int tabs_width(const struct app *app, int form)
{
    char text[64];
    int width = 0;
    for (int i = 0; i < APP_TABS; i++)
        width += tab_text(app, i, form, text, sizeof text) + (form == 0 ? 2 : 1);
    return width;
}

#define PROGRAM "lakeferry"

static int tab_form(const struct app *app, int cols, bool *program)
{
    *program = 1 + (int)strlen(PROGRAM) + 2 + tabs_width(app, 0) <= cols;
    if (1 + tabs_width(app, 0) <= cols)
        return 0;
    return 1 + tabs_width(app, 1) <= cols ? 1 : 2;
}

static int place_tabs(const struct app *app, int cols, struct tab_span *out, int *form)
{
    bool program;
    char text[64];
    *form = tab_form(app, cols, &program);
    int col = 1 + (program ? (int)strlen(PROGRAM) + 2 : 0);
    for (int i = 0; i < APP_TABS; i++) {
        out[i] = (struct tab_span){ col, tab_text(app, i, *form, text, sizeof text) };
        col += out[i].cols + (*form == 0 ? 2 : 1);
    }
    return col;
}

static void render_tabs(struct app *app, struct frame *f)
{
    struct tab_span spans[APP_TABS];
    int form, end = place_tabs(app, f->cols, spans, &form);
    if (spans[0].col > 1)
        frame_text(f, 0, 1, f->cols - 1, ROLE_TITLE, PROGRAM);
    for (int i = 0; i < APP_TABS; i++) {
        char text[64];
        tab_text(app, i, form, text, sizeof text);
        frame_text(f, 0, spans[i].col, f->cols - spans[i].col, i == app->tab ? ROLE_TAB_ACTIVE : ROLE_TAB, text);
        if (app->tabbing && i == app->tab_at) {  /* brackets too: the tab in front is shown reversed already */
            frame_text(f, 0, spans[i].col - 1, 1, ROLE_KEY, "[");
            frame_text(f, 0, spans[i].col + spans[i].cols, 1, ROLE_KEY, "]");
        }
    }
    int room = f->cols - 1 - end;
    if (room >= 4)
        frame_right(f, 0, end, room, ROLE_DIM, app->identity);
}

bool chrome_click(struct app *app, int row, int col)
{
    struct tab_span spans[APP_TABS];
    int form;
    if (row != 0)
        return false;
    place_tabs(app, app->frame.cols, spans, &form);
    for (int i = 0; i < APP_TABS; i++)
        if (col >= spans[i].col && col < spans[i].col + spans[i].cols)
            app_show(app, i, NULL);
    return true;
}

/* ---- second line: place and states ---- */

static void render_place(struct app *app, struct frame *f)
{
    struct app_words words = { .left = "", .right = "" };
    char right[280];
    const struct app_open *top = app_top(app);
    if (top && top->screen->place)
        top->screen->place(top->state, &words);
    else if (top)
        str_copy(words.left, sizeof words.left, top->screen->title);
    snprintf(right, sizeof right, "%s%s%s", words.right, words.right[0] && app->activity[0] ? "   " : "", app->activity);
    int room = f->cols - 2, states = frame_width(f, right);
    if (states > room / 2)
        states = room / 2;
    frame_right(f, 1, f->cols - 1 - states, states, ROLE_INFO, right);
    frame_tail(f, 1, 1, room - states - (states ? 2 : 0), ROLE_PLACE, words.left);
}

/* ---- last line: hints ---- */

struct hints { struct app *app; struct frame *f; int row, col, end; bool seen[ACTION_COUNT]; };

/* "[i]mport", "[?]", "Enter opens": writes the hint and returns its width; nothing is written when it does not fit. */
static int put_hint(struct frame *f, int row, int col, int end, const char *key, const char *label, bool off)
{
    char before[40], after[80];
    enum theme_role text = off ? ROLE_HINT_OFF : ROLE_HINT, mark = off ? ROLE_HINT_OFF : ROLE_KEY;
    bool letter = key[0] && !key[1];
    if (letter && (label[0] | 32) == (key[0] | 32) && label[0]) {
        snprintf(before, sizeof before, "[%c]", key[0]);
        snprintf(after, sizeof after, "%s", label + 1);
    } else {
        snprintf(before, sizeof before, letter || !label[0] ? "[%s]" : "%s", key);
        snprintf(after, sizeof after, "%s%s", label[0] ? " " : "", label);
    }
    int width = frame_width(f, before) + frame_width(f, after);
    if (col + width > end)
        return 0;
    int used = frame_text(f, row, col, end - col, mark, before);
    frame_text(f, row, col + used, end - col - used, text, after);
    return width;
}

/* What has no room leaves none behind. */
static void next_hint(struct hints *h, const char *key, const char *label, bool off)
{
    int width = put_hint(h->f, h->row, h->col, h->end, key, label, off);
    h->col += width ? width + 2 : 0;
}

static void add_hint(void *ctx, enum action a)
{
    struct hints *h = ctx;
    char key[64];
    const struct action_row *row = action_row(a);
    bool off = app_why_not(h->app, a) != NULL;
    bool rare = row->need == NEED_JSON || row->need == NEED_START_THERE;   /* most values have no parts: said only where one has */
    bool alone = a == ACTION_NEXT && h->app->asking && h->app->dialog.count < 2;
    if (!row->hint[0] || h->seen[a] || (off && rare) || alone)
        return;
    h->seen[a] = true;
    keymap_key_of(h->app->keys, app_keys_now(h->app), a, key, sizeof key);
    if (!key[0])
        return;
    const struct app_open *top = app_top(h->app);
    const char *own = top && top->screen->hint ? top->screen->hint(top->state, a) : NULL;
    if (!own || *own)
        next_hint(h, key, own ? own : row->hint, off);
}

/* Help and quit, at the right end whatever else has room. Returns where they begin. */
static int render_always(struct app *app, struct frame *f, int row)
{
    static const struct { enum action a; const char *label; bool letter; } always[] = {
        { ACTION_QUIT, "quit", false }, { ACTION_HELP, "help", false }, { ACTION_COMMAND, "", true },
    };
    int end = f->cols - 1;
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        char key[64], label[16];
        keymap_key_of(app->keys, app_keys_now(app), always[i].a, key, sizeof key);
        if (!key[0] || (always[i].letter && key[1]))   /* the command line is worth its place where one letter opens it */
            continue;
        str_copy(label, sizeof label, strcmp(key, "?") == 0 ? "" : always[i].label);
        int width = (int)strlen(key) + (key[1] ? 0 : 2) + (label[0] ? (int)strlen(label) + (key[1] ? 1 : 0) : 0);
        if (!key[1] && label[0] == key[0])
            width--;
        else if (!key[1] && label[0])
            width++;
        put_hint(f, row, end - width, end, key, label, false);
        end -= width + 1 + (key[1] != '\0');
    }
    return end;
}

static void render_hints(struct app *app, struct frame *f, int row)
{
    const struct app_open *top = app_top(app);
    struct hints h = { .app = app, .f = f, .row = row, .col = 1 };
    h.end = render_always(app, f, row) - 1;
    enum keymap_set first = app_keys_now(app)[0];
    bool own = first != KEYS_DIALOG && first != KEYS_COMMAND && first != KEYS_PICKER && first != KEYS_LINE && first != KEYS_TABS;
    if (own && top && top->screen->hints) {
        for (const enum action *a = top->screen->hints; *a != ACTION_NONE; a++)
            add_hint(&h, *a);
        return;
    }
    if (first == KEYS_TABS) {
        static const struct { const char *key, *label; } tabs[] = { { "Left Right", "choose a tab" }, { "Enter", "opens it" }, { "Down", "back" } };
        for (size_t i = 0; i < sizeof tabs / sizeof *tabs; i++)
            next_hint(&h, tabs[i].key, tabs[i].label, false);
        return;
    }
    const char *enter = first == KEYS_FORM && top && top->screen->hint ? top->screen->hint(top->state, ACTION_OPEN) : NULL;
    if (enter && *enter)
        next_hint(&h, "Enter", enter, false);
    else if (first == KEYS_PICKER || first == KEYS_DIALOG)
        next_hint(&h, "Enter", "takes it", false);
    for (const enum keymap_set *s = app_keys_now(app); *s != KEYS_END; s++)
        keymap_each(app->keys, *s, add_hint, &h);
}

/* ---- the line of messages ---- */

/* Wrapped over the end of the body: a reason is not cut. */
static void render_wrapped(struct frame *f, int row, enum theme_role role, const char *text)
{
    struct layout_rect r = { 0, 1, MESSAGE_ROWS, f->cols - 2 };
    int rows = frame_wrap(f, r, role, text, false);
    if (rows < 1)
        return;
    r.row = row - rows + 1;
    r.rows = rows;
    frame_fill(f, (struct layout_rect){ r.row, 0, rows, f->cols }, ROLE_TEXT);
    frame_wrap(f, r, role, text, true);
}

static void render_message(struct app *app, struct frame *f, int row)
{
    struct app_words words = { .left = "", .right = "" };
    const struct app_open *top = app_top(app);
    if (!app->message[0] && top && top->screen->status) {
        top->screen->status(top->state, &words);
        int right = frame_width(f, words.right);
        if (words.whole && frame_width(f, words.left) > f->cols - 2 - (right ? right + 2 : 0)) {
            render_wrapped(f, row, ROLE_DIM, words.left);
            return;
        }
        if (right)
            frame_right(f, row, f->cols - 1 - right, right, ROLE_DIM, words.right);
        frame_text(f, row, 1, f->cols - 2 - (right ? right + 2 : 0), ROLE_DIM, words.left);
        return;
    }
    render_wrapped(f, row, app->message_role, app->message);
}

/* All that may be typed, in columns over the end of the body. */
static void render_matches(struct app *app, struct frame *f, int end_row)
{
    int widest = 1, most = app->body.rows > 4 ? app->body.rows - 2 : app->body.rows;
    for (size_t i = 0; i < app->matches.count; i++) {
        int width = frame_width(f, app->matches.items[i]);
        widest = width > widest ? width : widest;
    }
    int columns = (f->cols - 2) / (widest + 2) > 0 ? (f->cols - 2) / (widest + 2) : 1, count = (int)app->matches.count;
    int rows = (count + columns - 1) / columns < most ? (count + columns - 1) / columns : most, top = end_row - rows;
    if (rows < 1)
        return;
    frame_fill(f, (struct layout_rect){ top - 1, 0, rows + 1, f->cols }, ROLE_TEXT);
    frame_rule(f, top - 1, 0, f->cols, NULL);
    for (int i = 0; i < count && i < rows * columns; i++)
        frame_text(f, top + i % rows, 1 + i / rows * (widest + 2), widest, ROLE_HINT, app->matches.items[i]);
    if (count > rows * columns)
        frame_glyph(f, end_row - 1, f->cols - 1, ROLE_DIM, GLYPH_ELLIPSIS);
}

/* What fits of it, in one line. */
static void render_few_matches(struct app *app, struct frame *f, int row, int end)
{
    int col = 1;
    for (size_t i = 0; i < app->matches.count; i++) {
        int width = frame_width(f, app->matches.items[i]);
        if (col + width + 4 > end) {
            frame_glyph(f, row, col, ROLE_DIM, GLYPH_ELLIPSIS);
            return;
        }
        col += frame_text(f, row, col, width, ROLE_HINT, app->matches.items[i]) + 2;
    }
}

static void render_command(struct app *app, struct frame *f, int row)
{
    frame_text(f, row, 0, 2, ROLE_KEY, " :");
    line_render(&app->command, f, row, 2, f->cols - 3, ROLE_TEXT, true);
    frame_fill(f, (struct layout_rect){ row + 1, 0, 1, f->cols }, ROLE_TEXT);
    int end = render_always(app, f, row + 1);
    if (app->listing)
        render_matches(app, f, f->rows >= RULES_FROM ? row - 1 : row);
    else
        render_few_matches(app, f, row + 1, end);
}

/* ---- all ---- */

static void render_notice(struct frame *f)
{
    char text[96];
    snprintf(text, sizeof text, "%dx%d is too small: lakeferry needs %dx%d. Runs go on.", f->cols, f->rows, USABLE_COLS, USABLE_ROWS);
    frame_wrap(f, frame_rect(f), ROLE_WARN, text, true);
}

void chrome_render(struct app *app)
{
    struct frame *f = &app->frame;
    const struct app_open *top = app_top(app);
    if (f->rows < USABLE_ROWS || f->cols < USABLE_COLS) {
        render_notice(f);
        return;
    }
    bool rules = f->rows >= RULES_FROM;
    struct layout_rect body = frame_rect(f);
    layout_cut_top(&body, rules ? 3 : 2);
    struct layout_rect foot = layout_cut_bottom(&body, 2);
    render_tabs(app, f);
    render_place(app, f);
    if (rules) {
        frame_rule(f, 2, 0, f->cols, NULL);
        frame_rule(f, layout_cut_bottom(&body, 1).row, 0, f->cols, NULL);
    }
    app->body = body;
    if (top)
        top->screen->render(top->state, app, f, body);
    if (app->asking) {
        f->cursor_row = f->cursor_col = -1;
        dialog_render(&app->dialog, f, body);
    }
    render_hints(app, f, foot.row + 1);
    if (app->commanding)
        render_command(app, f, foot.row);
    else
        render_message(app, f, foot.row);
}
