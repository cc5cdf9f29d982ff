#include "ui/app_state.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include <poll.h>
#include <signal.h>

#define KEYS_A_TURN 4096

static const enum keymap_set dialog_keys[] = { KEYS_DIALOG, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
static const enum keymap_set command_keys[] = { KEYS_COMMAND, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
static const enum keymap_set tab_keys[] = { KEYS_TABS, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
static const enum keymap_set tabs_only[] = { KEYS_TABS, KEYS_END };
static const enum keymap_set view_keys[] = { KEYS_VIEW, KEYS_GLOBAL, KEYS_END };

int app_new(struct app **out, const struct app_options *options, struct err *e)
{
    struct app *app = calloc(1, sizeof *app);
    if (!app)
        return err_no_memory(e);
    memcpy(app->tabs, options->tabs, sizeof app->tabs);
    app->hooks = options->hooks;
    frame_init(&app->frame);
    app->frame.ascii = options->ascii;
    line_init(&app->command);
    buf_init(&app->paste, (size_t)1 << 20);
    app->tab = -1;
    app->wake_at = -1;
    app->dirty = true;
    app->keys = keymap_new(e);
    app->queue = event_queue_new(e);
    if (!app->keys || !app->queue || frame_resize(&app->frame, 24, 80, e) < 0) {
        app_free(app);
        return -1;
    }
    *out = app;
    return 0;
}

static void close_top(struct app *app, int tab)
{
    struct app_open *o = app->stacks[tab];
    app->stacks[tab] = o->below;
    if (o->screen->close)
        o->screen->close(o->state);
    free(o->state);
    free(o);
}

void app_free(struct app *app)
{
    if (!app)
        return;
    for (int i = 0; i < APP_TABS; i++)
        while (app->stacks[i])
            close_top(app, i);
    if (app->asking)
        dialog_release(&app->dialog);
    event_queue_free(app->queue);
    keymap_free(app->keys);
    frame_release(&app->frame);
    line_release(&app->command);
    str_list_release(&app->matches);
    str_list_release(&app->history);
    buf_wipe(&app->paste);
    free(app);
}

void *app_context(const struct app *app) { return app->hooks.ctx; }
struct event_queue *app_queue(const struct app *app) { return app->queue; }
struct keymap *app_keymap(const struct app *app) { return app->keys; }
bool app_leaving(const struct app *app) { return app->leaving; }

void app_quit(struct app *app)
{
    app->leaving = true;
}

struct app_open *app_top(const struct app *app)
{
    return app->tab >= 0 ? app->stacks[app->tab] : NULL;
}

const void *app_front(const struct app *app, const struct app_screen **screen)
{
    const struct app_open *top = app_top(app);
    if (screen)
        *screen = top ? top->screen : NULL;
    return top ? top->state : NULL;
}

uint64_t app_serial(const struct app *app, const void *state)
{
    for (int i = 0; i < APP_TABS; i++)
        for (const struct app_open *o = app->stacks[i]; o; o = o->below)
            if (o->state == state)
                return o->serial;
    return 0;
}

/* ---- messages ---- */

void app_say(struct app *app, enum theme_role role, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(app->message, sizeof app->message, fmt, ap);
    va_end(ap);
    app->message_role = role;
    app->dirty = true;
}

void app_say_err(struct app *app, const struct err *e)
{
    char text[1400];
    app_say(app, ROLE_BAD, "%s", err_sentence(e, text, sizeof text));
}

static void set_words(struct app *app, char *to, size_t size, const char *text)
{
    if (strcmp(to, text) == 0)
        return;
    str_copy(to, size, text);
    app->dirty = true;
}

void app_set_identity(struct app *app, const char *text)
{
    set_words(app, app->identity, sizeof app->identity, text);
}

void app_set_activity(struct app *app, const char *text)
{
    set_words(app, app->activity, sizeof app->activity, text);
}

void app_wake(struct app *app, int64_t ms)
{
    int64_t at = time_mono_ms() + (ms < 0 ? 0 : ms);
    if (app->wake_at < 0 || at < app->wake_at)
        app->wake_at = at;
}

void app_copy(struct app *app, const char *text, const char *what)
{
    struct err e;
    if (!app->term) {
        app_say(app, ROLE_WARN, "there is no terminal to copy to");
        return;
    }
    if (term_copy(app->term, text, strlen(text), &e) < 0) {
        app_say_err(app, &e);
        return;
    }
    app_say(app, ROLE_INFO, "%s: sent to the terminal%s", what,
            getenv("TMUX") ? "; where it does not arrive, tmux needs: set -g set-clipboard on" : "; where it does not arrive, the terminal does not allow OSC 52");
}

/* ---- screens ---- */

static bool deliver(struct app *app, struct app_open *o, const struct app_input *in)
{
    app->dirty = true;
    return o && o->screen->update && o->screen->update(o->state, app, in);
}

static int open_on(struct app *app, int tab, const struct app_screen *s, const void *arg, struct err *e)
{
    struct app_open *o = calloc(1, sizeof *o);
    void *state = calloc(1, s->size ? s->size : 1);
    if (!o || !state) {
        free(o);
        free(state);
        return err_no_memory(e);
    }
    *o = (struct app_open){ s, state, ++app->last_serial, app->stacks[tab] };
    app->stacks[tab] = o;  /* before open, so that it can ask for its serial */
    if (s->open && s->open(state, app, arg, e) < 0) {
        app->stacks[tab] = o->below;
        free(state);
        free(o);
        return -1;
    }
    app->dirty = true;
    return 0;
}

void app_show(struct app *app, int tab, const void *arg)
{
    struct err e;
    if (tab < 0 || tab >= APP_TABS || !app->tabs[tab])
        return;
    app->tab = tab;
    app->tabbing = false;
    app->dirty = true;
    if (!app->stacks[tab]) {
        err_clear(&e);
        if (open_on(app, tab, app->tabs[tab], arg, &e) < 0)
            app_say_err(app, &e);
        return;
    }
    if (arg)  /* something new for the tab's own screen: what lies over it goes */
        while (app->stacks[tab]->below)
            close_top(app, tab);
    struct app_input in = { .kind = APP_SHOWN, .arg = arg };
    deliver(app, app->stacks[tab], &in);
}

void app_push(struct app *app, const struct app_screen *s, const void *arg)
{
    struct err e;
    err_clear(&e);
    app->tabbing = false;
    if (app->tab >= 0 && open_on(app, app->tab, s, arg, &e) < 0)
        app_say_err(app, &e);
}

void app_pop(struct app *app)
{
    struct app_open *top = app_top(app);
    if (!top || !top->below)
        return;
    close_top(app, app->tab);
    struct app_input in = { .kind = APP_SHOWN };
    deliver(app, app_top(app), &in);
}

const enum keymap_set *app_keys_now(const struct app *app)
{
    const struct app_open *top = app_top(app);
    if (app->asking)
        return dialog_keys;
    if (app->commanding)
        return command_keys;
    if (app->tabbing)
        return tab_keys;
    return top && top->screen->keys ? top->screen->keys(top->state) : view_keys;
}

bool app_typing_now(const struct app *app)
{
    const struct app_open *top = app_top(app);
    if (app->tabbing && !app->asking && !app->commanding)
        return false;
    return app->asking || app->commanding || (top && top->screen->typing && top->screen->typing(top->state));
}

const char *app_why_not(const struct app *app, enum action a)
{
    const struct app_open *top = app_top(app);
    if (!top)
        return NULL;
    const char *own = top->screen->why_not ? top->screen->why_not(top->state, a) : NULL;
    return own ? own : action_why_not(a, top->screen->met ? top->screen->met(top->state) : NEED_ALL);
}

/* ---- questions ---- */

void app_ask(struct app *app, int tag, const char *title, const char *text, const char *answers, const char *word)
{
    struct err e;
    struct app_open *top = app_top(app);
    if (app->asking)
        dialog_release(&app->dialog);
    app->asking = dialog_init(&app->dialog, title, text, answers, word, &e) == 0;
    app->ask_tag = tag;
    app->ask_serial = top ? top->serial : 0;
    app->dirty = true;
    if (!app->asking)
        app_say_err(app, &e);
}

static struct app_open *find_open(const struct app *app, uint64_t serial)
{
    for (int i = 0; i < APP_TABS; i++)
        for (struct app_open *o = app->stacks[i]; o; o = o->below)
            if (o->serial == serial)
                return o;
    return NULL;
}

static void answered(struct app *app, int answer)
{
    if (answer < 0)
        return;
    app->asking = false;
    dialog_release(&app->dialog);
    struct app_input in = { .kind = APP_ANSWER, .tag = app->ask_tag, .answer = answer };
    deliver(app, find_open(app, app->ask_serial), &in);
}

/* ---- actions ---- */

static bool do_own(struct app *app, enum action a)
{
    switch (a) {
    case ACTION_HELP:
        if (app_top(app) && app_top(app)->screen != &screen_help)
            app_push(app, &screen_help, app_top(app));
        return true;
    case ACTION_QUIT:
        if (app_top(app) && app_top(app)->screen == &screen_help)  /* who reads the help leaves the help */
            app_pop(app);
        else
            app_quit(app);
        return true;
    case ACTION_COMMAND: command_begin(app); return true;
    case ACTION_REDRAW:
        if (app->term)
            term_redraw(app->term);
        return true;
    case ACTION_SUSPEND: raise(SIGTSTP); return true;
    default:
        if (a < ACTION_TAB_AUTH || a > ACTION_TAB_RUNS)
            return false;
        app_show(app, (int)a - ACTION_TAB_AUTH, NULL);
        return true;
    }
}

/* False: the action leads nowhere here. */
static bool do_action(struct app *app, enum action a)
{
    app->dirty = true;
    if (do_own(app, a))
        return true;
    const char *why = app_typing_now(app) ? NULL : app_why_not(app, a);
    if (why) {
        app_say(app, ROLE_WARN, "%s: %s", action_row(a)->name, why);
        return false;
    }
    struct app_input in = { .kind = APP_ACTION, .action = a };
    if (deliver(app, app_top(app), &in))
        return true;
    if (a == ACTION_BACK)
        app_pop(app);
    return a == ACTION_BACK;
}

void app_do(struct app *app, enum action a)
{
    do_action(app, a);
}

/* ---- the row of tabs ---- */

/* An arrow that leads nowhere in the screen leads to the tabs, so that arrows and Enter reach everything. */
static bool goes_to_tabs(const struct app *app, const struct keymap_press *press)
{
    const struct app_open *top = app_top(app);
    bool outward = press->code == UI_KEY_UP || press->code == UI_KEY_LEFT;
    return outward && !press->mods && top && !top->below && !app->asking && !app->commanding && !app->tabbing;
}

static void tabs_update(struct app *app, enum action a)
{
    int by = a == ACTION_NEXT ? 1 : APP_TABS - 1;
    if (a == ACTION_BACK) {
        app->tabbing = false;
    } else if (a == ACTION_OPEN) {
        app_show(app, app->tab_at, NULL);
    } else {
        do
            app->tab_at = (app->tab_at + by) % APP_TABS;
        while (!app->tabs[app->tab_at]);
    }
}

/* ---- keys ---- */

static void typed(struct app *app, const struct keymap_press *press)
{
    if (app->asking) {
        answered(app, dialog_type(&app->dialog, press->code));
    } else if (app->commanding) {
        line_type(&app->command, press->code);
        command_matches(app);
    } else {
        struct app_input in = { .kind = APP_TYPED, .key = press->code };
        deliver(app, app_top(app), &in);
    }
}

static void paste_ended(struct app *app)
{
    app->pasting = false;
    if (app->commanding) {
        line_insert(&app->command, app->paste.data, app->paste.len);
        command_matches(app);
    } else if (app->asking) {
        line_insert(&app->dialog.typed, app->paste.data, app->paste.len);
    } else if (app_typing_now(app)) {
        struct app_input in = { .kind = APP_PASTED, .text = app->paste.data, .length = app->paste.len };
        deliver(app, app_top(app), &in);
    } else {
        app_say(app, ROLE_WARN, "a pasted text was ignored: no text field has the focus here");
    }
    buf_wipe(&app->paste);
}

static bool paste_press(struct app *app, const struct keymap_press *press)
{
    char bytes[4];
    if (press->code == UI_KEY_PASTE_BEGIN) {
        app->pasting = true;
        return true;
    }
    if (!app->pasting)
        return press->code == UI_KEY_PASTE_END;
    if (press->code == UI_KEY_PASTE_END)
        paste_ended(app);
    else if (keymap_is_text(press))
        buf_add(&app->paste, bytes, utf8_encode(press->code, bytes));
    return true;
}

static void clicked(struct app *app, const struct keymap_press *press)
{
    const struct layout_rect b = app->body;
    app->tabbing = false;
    if (app->asking || app->commanding || chrome_click(app, press->row, press->col))
        return;
    if (press->row >= b.row && press->row < b.row + b.rows) {
        struct app_input in = { .kind = APP_CLICKED, .row = press->row, .col = press->col };
        deliver(app, app_top(app), &in);
    }
}

static void unknown_key(struct app *app, const struct keymap_press *press)
{
    char name[32], help[32];
    keymap_key_name(press->code, press->mods, name, sizeof name);
    keymap_key_of(app->keys, app_keys_now(app), ACTION_HELP, help, sizeof help);
    if (app->asking || !name[0])
        return;
    if (!app->commanding && !press->mods && press->code >= '1' && press->code < '1' + APP_TABS)
        app_say(app, ROLE_DIM, "among fields Alt-%s goes to this tab; %s shows the keys", name, help);
    else
        app_say(app, ROLE_DIM, "%s means nothing here; %s shows the keys", name, help);
}

void app_press(struct app *app, const struct keymap_press *press)
{
    app->dirty = true;
    if (paste_press(app, press))
        return;
    app->message[0] = '\0';
    if (press->code == UI_KEY_CLICK) {
        clicked(app, press);
        return;
    }
    enum action a = keymap_look_up(app->keys, app_keys_now(app), press);
    if (a == ACTION_NONE && app->tabbing && !app->asking && !app->commanding) {  /* any other key is meant for the screen */
        app->tabbing = false;
        a = keymap_look_up(app->keys, app_keys_now(app), press);
    }
    if (a == ACTION_NONE && keymap_is_text(press) && app_typing_now(app))
        typed(app, press);
    else if (a == ACTION_NONE)
        unknown_key(app, press);
    else if (app->asking && a != ACTION_QUIT && a != ACTION_REDRAW)
        answered(app, dialog_update(&app->dialog, a));
    else if (app->commanding && a != ACTION_QUIT && a != ACTION_REDRAW)
        command_update(app, a);
    else if (app->tabbing && keymap_look_up(app->keys, tabs_only, press) != ACTION_NONE)
        tabs_update(app, a);
    else if (!do_action(app, a) && goes_to_tabs(app, press)) {
        app->message[0] = '\0';
        app->tabbing = true;
        app->tab_at = app->tab;
    }
}

/* ---- events and time ---- */

static void deliver_event(struct app *app, struct event *ev)
{
    struct app_input in = { .kind = APP_EVENT, .event = ev };
    if (app->hooks.event && app->hooks.event(app->hooks.ctx, app, ev))
        return;
    if (ev->target) {
        struct app_open *o = find_open(app, ev->target);
        if (o)
            deliver(app, o, &in);
        return;
    }
    for (int i = 0; i < APP_TABS; i++)
        for (struct app_open *o = app->stacks[i], *below; o; o = below) {
            below = o->below;
            deliver(app, o, &in);
        }
}

void app_take_events(struct app *app)
{
    for (struct event *ev = event_take(app->queue); ev;) {
        struct event *next = ev->next;
        deliver_event(app, ev);
        event_free(ev);
        ev = next;
    }
}

static void tick(struct app *app)
{
    if (app->wake_at < 0 || time_mono_ms() < app->wake_at)
        return;
    app->wake_at = -1;
    struct app_input in = { .kind = APP_TICK };
    deliver(app, app_top(app), &in);
}

/* ---- drawing and the loop ---- */

void app_resize(struct app *app, int rows, int cols)
{
    struct err e;
    if (frame_resize(&app->frame, rows, cols, &e) < 0)
        app_say_err(app, &e);
    app->dirty = true;
}

const struct frame *app_frame(struct app *app)
{
    if (app->dirty) {
        app->dirty = false;
        frame_clear(&app->frame);
        chrome_render(app);
    }
    return &app->frame;
}

/* Returns the number of the signal to leave for, or 0. */
static int take_signals(struct app *app)
{
    int rows, cols;
    for (;;) {
        switch (term_take_signal(app->term)) {
        case TERM_NO_SIGNAL: return 0;
        case TERM_INT: return SIGINT;
        case TERM_TERM: return SIGTERM;
        case TERM_HUP: return SIGHUP;
        case TERM_SUSPEND: term_suspend(app->term); /* fall through */
        case TERM_RESUMED:
        case TERM_RESIZED:
            term_size(app->term, &rows, &cols);
            app_resize(app, rows, cols);
            break;
        }
    }
}

static int timeout(const struct app *app)
{
    if (app->wake_at < 0)
        return -1;
    int64_t left = app->wake_at - time_mono_ms();
    return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static int read_keys(struct app *app)
{
    struct keymap_press press;
    int got = 0;
    for (int i = 0; i < KEYS_A_TURN && !app->leaving && (got = term_read(app->term, &press)) == 1; i++)
        app_press(app, &press);
    return got < 0 ? SIGHUP : 0;
}

int app_run(struct app *app, struct term *t, struct err *e)
{
    int rows, cols, ended = 0;
    app->term = t;
    app->frame.ascii = term_ascii(t);
    term_size(t, &rows, &cols);
    app_resize(app, rows, cols);
    if (app->tab < 0)
        app_show(app, 0, NULL);
    while (!app->leaving && !ended) {
        if (term_draw(t, app_frame(app), e) < 0) {
            ended = -1;
            break;
        }
        struct pollfd fds[2] = { { .fd = term_fd(t), .events = POLLIN }, { .fd = event_fd(app->queue), .events = POLLIN } };
        poll(fds, 2, timeout(app));
        ended = take_signals(app);
        if (!ended)
            ended = read_keys(app);
        app_take_events(app);
        tick(app);
    }
    app->term = NULL;
    return ended;
}
