#ifndef LAKEFERRY_UI_APP_H
#define LAKEFERRY_UI_APP_H
/*
 * app: the loop, the tabs with their stacks of screens, and what stands around a screen: tabs, place, message,
 * hints, command line, questions. UI thread only, except app_queue's events, which any thread posts.
 *
 * The loop: wait for key or event → drain keys → drain events → update → draw once. Nothing is drawn and nothing wakes
 * when nothing happens. A screen never waits: it asks a service for something and gets the answer as an event.
 * The app also works without a terminal (tests): feed it presses and look at app_frame().
 */
#include "base/str.h"
#include "ui/dialog.h"
#include "ui/event.h"
#include "ui/form.h"
#include "ui/term.h"

struct app;

/* ---- screens ---- */

enum app_input_kind {
    APP_ACTION,   /* action */
    APP_TYPED,    /* key: a character that means no action here */
    APP_PASTED,   /* text */
    APP_CLICKED,  /* row, col inside the body drawn last */
    APP_EVENT,    /* event: take its payload by setting it NULL */
    APP_ANSWER,   /* tag, answer of app_ask */
    APP_SHOWN,    /* the screen is in front again; arg: what app_show gave along, or NULL */
    APP_TICK      /* the time asked for by app_wake has come */
};

struct app_input {
    enum app_input_kind kind;
    enum action action;
    uint32_t key;
    const char *text;
    size_t length;
    int row, col;
    struct event *event;
    int tag, answer;
    const void *arg;
};

/* Room for texts that a screen says about itself. */
struct app_words {
    char left[512], right[128];
    bool whole;   /* a status that tells a failure: it may take the rows of a message rather than be cut */
};

struct app_screen {
    const char *name;        /* "browse", for commands and tests */
    const char *title;       /* "Authenticate" */
    const char *tab;         /* its label among the tabs, "Auth"; NULL for screens that are no tab */
    size_t size;             /* of the state; zeroed before open */
    /* Makes the state; arg as given to app_push or app_show. */
    int (*open)(void *state, struct app *app, const void *arg, struct err *e);
    void (*close)(void *state);
    /* True when the input was used. Actions not used fall to the app (back pops the screen). */
    bool (*update)(void *state, struct app *app, const struct app_input *in);
    void (*render)(void *state, struct app *app, struct frame *f, struct layout_rect r);
    /* The key sets at the moment, most special first, ended by KEYS_END. */
    const enum keymap_set *(*keys)(const void *state);
    /* True while characters are text. NULL: never. */
    bool (*typing)(const void *state);
    /* NEED_BITs met now. NULL: all. */
    uint32_t (*met)(const void *state);
    /* A reason of its own why an action cannot be used now, or NULL. May be NULL. */
    const char *(*why_not)(const void *state, enum action a);
    /* Another hint of an action at the moment ("go on" where it pauses else), "" where the footer leaves it out, or NULL. May be NULL. */
    const char *(*hint)(const void *state, enum action a);
    /* The second line: where this is (left) and a state such as that of the compute (right). May be NULL. */
    void (*place)(const void *state, struct app_words *out);
    /* The line of messages while there is no message ("listed 4 s ago"). May be NULL. */
    void (*status)(const void *state, struct app_words *out);
    /* The hints in this order, ended by ACTION_NONE. NULL: those of the key sets. */
    const enum action *hints;
};

/* ---- the app ---- */

#define APP_TABS 6

/* What the program brings in; all may be NULL. Called on the UI thread. */
struct app_hooks {
    void *ctx;
    /* Adds places and words that may follow `text` on the command line. */
    void (*complete)(void *ctx, const char *text, struct str_list *out);
    /* Does a typed command that is no action; -1 with e when it cannot be understood. */
    int (*command)(void *ctx, struct app *app, const char *text, struct err *e);
    /* Sees each event before the screens do; true: it was meant for the program alone. */
    bool (*event)(void *ctx, struct app *app, struct event *ev);
};

struct app_options {
    const struct app_screen *tabs[APP_TABS];  /* in the order of the number keys */
    struct app_hooks hooks;
    bool ascii;
};

int app_new(struct app **out, const struct app_options *options, struct err *e);
void app_free(struct app *app);
void *app_context(const struct app *app);             /* hooks.ctx */
struct event_queue *app_queue(const struct app *app);
struct keymap *app_keymap(const struct app *app);

/* Runs on a terminal until the person leaves. Returns 0, or the signal that ended it (SIGINT, SIGTERM, SIGHUP), or -1 with e. */
int app_run(struct app *app, struct term *t, struct err *e);

/* For screens */
void app_show(struct app *app, int tab, const void *arg);                       /* brings a tab to the front; its screen gets APP_SHOWN with arg */
void app_push(struct app *app, const struct app_screen *s, const void *arg);    /* over the screen in front; a failure becomes the message */
void app_pop(struct app *app);
uint64_t app_serial(const struct app *app, const void *state);                  /* the target for events to this screen */
const void *app_front(const struct app *app, const struct app_screen **screen); /* state of the screen in front */
void app_say(struct app *app, enum theme_role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void app_say_err(struct app *app, const struct err *e);
/* Asks; the screen in front gets APP_ANSWER with tag. Answers as in dialog_init. */
void app_ask(struct app *app, int tag, const char *title, const char *text, const char *answers, const char *word);
/* Copies through the terminal and says what may have stopped it. */
void app_copy(struct app *app, const char *text, const char *what);
/* Wakes the screen in front with APP_TICK after ms; one at a time, the earliest counts. */
void app_wake(struct app *app, int64_t ms);
void app_set_identity(struct app *app, const char *text);   /* right end of the first line */
void app_set_activity(struct app *app, const char *text);   /* right end of the second line, "1 run" */
void app_quit(struct app *app);                             /* at once */
void app_do(struct app *app, enum action a);                /* as if its key had been pressed */

/* For the loop and for tests */
void app_resize(struct app *app, int rows, int cols);
void app_press(struct app *app, const struct keymap_press *press);
void app_take_events(struct app *app);
const struct frame *app_frame(struct app *app);  /* draws when something changed */
bool app_leaving(const struct app *app);

/* The help over everything; pushed by the action. */
extern const struct app_screen screen_help;
#endif
