/* Events, time, signals and drawing: what an app does between two keys. */
#include "base/timefmt.h"
#include "ui/app_state.h"
#include <poll.h>
#include <signal.h>

#define KEYS_A_TURN 4096

/* ---- events and time ---- */

static void deliver_event(struct app *app, struct event *ev)
{
    struct app_input in = { .kind = APP_EVENT, .event = ev };
    if (app->hooks.event && app->hooks.event(app->hooks.ctx, app, ev))
        return;
    if (ev->target) {
        struct app_open *o = app_find_open(app, ev->target);
        if (o)
            app_deliver(app, o, &in);
        return;
    }
    for (int i = 0; i < APP_TABS; i++)
        for (struct app_open *o = app->stacks[i], *below; o; o = below) {
            below = o->below;
            app_deliver(app, o, &in);
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
    app_deliver(app, app_top(app), &in);
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
