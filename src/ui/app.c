#include "ui/app_state.h"
#include "base/timefmt.h"
#include "ui/remedies.h"
#include <signal.h>

static const enum keymap_set dialog_keys[] = { KEYS_DIALOG, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
static const enum keymap_set command_keys[] = { KEYS_COMMAND, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
static const enum keymap_set tab_keys[] = { KEYS_TABS, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
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
    app_say(app, ROLE_BAD, "%s", remedies_err(e, text, sizeof text));
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

bool app_deliver(struct app *app, struct app_open *o, const struct app_input *in)
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
    app_deliver(app, app->stacks[tab], &in);
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
    app_deliver(app, app_top(app), &in);
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

struct app_open *app_find_open(const struct app *app, uint64_t serial)
{
    for (int i = 0; i < APP_TABS; i++)
        for (struct app_open *o = app->stacks[i]; o; o = o->below)
            if (o->serial == serial)
                return o;
    return NULL;
}

void app_answered(struct app *app, int answer)
{
    if (answer < 0)
        return;
    app->asking = false;
    dialog_release(&app->dialog);
    struct app_input in = { .kind = APP_ANSWER, .tag = app->ask_tag, .answer = answer };
    app_deliver(app, app_find_open(app, app->ask_serial), &in);
}

/* ---- actions ---- */

bool app_do_own(struct app *app, enum action a)
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
bool app_do_action(struct app *app, enum action a)
{
    app->dirty = true;
    if (app_do_own(app, a))
        return true;
    const char *why = app_typing_now(app) ? NULL : app_why_not(app, a);
    if (why) {
        const char *name = action_row(a)->name;
        bool word = !strchr(name, '-');      /* the others are names for settings only */
        app_say(app, ROLE_WARN, "%s%s%s", word ? name : "", word ? ": " : "", why);
        return false;
    }
    struct app_input in = { .kind = APP_ACTION, .action = a };
    if (app_deliver(app, app_top(app), &in))
        return true;
    if (a == ACTION_BACK)
        app_pop(app);
    return a == ACTION_BACK;
}

void app_do(struct app *app, enum action a)
{
    app_do_action(app, a);
}
