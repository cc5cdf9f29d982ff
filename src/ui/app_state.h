#ifndef LAKEFERRY_UI_APP_STATE_H
#define LAKEFERRY_UI_APP_STATE_H
/*
 * app_state: the inside of an app, shared by app.c, app_keys.c (keys, clicks, pasted text), app_loop.c (events, time, signals), chrome.c (what stands
 * around a screen), command.c (the command line), and, for the screens that are open, screen_help.c and world.c. UI thread.
 */
#include "ui/app.h"

struct app_open {            /* an open screen in the stack of a tab */
    const struct app_screen *screen;
    void *state;
    uint64_t serial;
    struct app_open *below;
};

struct app {
    const struct app_screen *tabs[APP_TABS];
    struct app_hooks hooks;
    struct keymap *keys;
    struct event_queue *queue;
    struct term *term;               /* while running */
    struct app_open *stacks[APP_TABS];
    int tab;
    uint64_t last_serial;

    struct frame frame;
    struct layout_rect body;
    bool dirty, leaving;

    char message[1400];
    enum theme_role message_role;
    char identity[128], activity[128];

    struct dialog dialog;
    bool asking;
    int ask_tag;
    uint64_t ask_serial;             /* the screen that asked */

    bool tabbing;                    /* the arrows are in the row of tabs */
    int tab_at;                      /* the tab under them */

    struct line command;
    bool commanding, listing;        /* listing: Tab asked for all that may be typed */
    struct str_list matches;         /* what Tab offers */
    struct str_list history;
    size_t history_at;

    struct buf paste;
    bool pasting;

    int64_t wake_at;                 /* monotonic ms, -1: never */
};

/* The screen in front; NULL when its tab could not be opened. */
struct app_open *app_top(const struct app *app);
const enum keymap_set *app_keys_now(const struct app *app);
bool app_typing_now(const struct app *app);
/* Why an action cannot be used on the screen in front, or NULL. */
const char *app_why_not(const struct app *app, enum action a);

/* The open screen with this serial, or NULL. */
struct app_open *app_find_open(const struct app *app, uint64_t serial);
/* Gives a screen an input; false when it did not use it. o may be NULL. */
bool app_deliver(struct app *app, struct app_open *o, const struct app_input *in);
/* The question that is asked was answered (by the answer's number; < 0: not yet). */
void app_answered(struct app *app, int answer);
/* Actions that are the app's own everywhere; false when it is none. */
bool app_do_own(struct app *app, enum action a);
/* Does any action. False: it leads nowhere here. */
bool app_do_action(struct app *app, enum action a);

void chrome_render(struct app *app);
bool chrome_click(struct app *app, int row, int col);

void command_begin(struct app *app);
void command_update(struct app *app, enum action a);
void command_matches(struct app *app);
#endif
