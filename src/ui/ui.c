#include "ui/ui.h"
#include "base/file.h"
#include "core/view.h"
#include "ui/planner.h"
#include "ui/preferences.h"
#include "ui/screens.h"
#include <signal.h>
#include <stdlib.h>

static void make_app_options(const struct ui_options *options, struct ui_world *w, struct app_options *out)
{
    *out = (struct app_options){
        .tabs = { &screen_authenticate, &screen_browse, &screen_import, &screen_export, &screen_update, &screen_runs },
        .hooks = { .ctx = w, .complete = world_complete, .command = world_command, .event = world_event_seen },
        .ascii = options->ascii,
    };
}

/* Where libraries write complaints while the screen is ours. NULL when there is no place for it. Owned. */
static char *stderr_path(void)
{
    struct err ignored;
    char *dir = file_dir_state(&ignored);
    char *path = dir ? str_printf("%s/screen.log", dir) : NULL;
    free(dir);
    return path;
}

/* Which runs go on without the screen. */
static void say_runs(void)
{
    struct err ignored;
    struct view *runs = NULL;
    size_t count = 0, alive = 0;
    const char *one = NULL;
    if (view_list(&runs, &count, &ignored) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (!runs[i].alive || runs[i].state == RUN_AT_GATE || runs[i].state == RUN_PLANNING)
            continue;
        alive++;
        one = one ? one : runs[i].id;
        printf("goes on: %s %s\n", runs[i].id, runs[i].title);
    }
    if (alive)
        printf("`lakeferry runs watch %s` shows %s; `lakeferry` shows all.\n", one, alive == 1 ? "it" : "the newest");
    fflush(stdout);
    free(runs);
}

/* A plan that nobody wants and that is there still. */
static void say_left(const char *id)
{
    printf("the plan %s is left behind: the platform does not answer, and what it staged there may be left, too. `lakeferry cancel %s` cleans up later.\n", id, id);
    fflush(stdout);
}

/* Opens what is needed first, so that a refused terminal starts nothing. */
static int begin(struct ui_world *w, struct err *e)
{
    const char *place = str_blank(w->options.place) ? NULL : w->options.place;
    if (world_open(w, NULL, e) < 0)
        return -1;
    app_show(w->app, TAB_BROWSE, place);
    return 0;
}

static int run_on_terminal(struct ui_world *w, struct err *e)
{
    struct term *term = NULL;
    char *log = stderr_path();
    struct term_options t = {
        .no_colour = w->options.no_color, .ascii = w->options.ascii, .stderr_path = log, .wake_fd = event_fd(app_queue(w->app)),
    };
    int ended = preferences_read(&t, e);
    if (ended == 0)
        ended = preferences_bind(app_keymap(w->app), e);
    if (ended == 0)
        ended = term_open(&term, &t, e);
    if (ended == 0) {
        ended = begin(w, e);
        if (ended == 0)
            ended = runs_feed_new(app_queue(w->app), EVENT_RUNS, &w->runs, e);
        if (ended == 0)
            ended = app_run(w->app, term, e);
        term_close(term);
    }
    free(log);
    return ended;
}

static int check_place(const char *place, struct err *e)
{
    char *parsed = world_place_parse(place ? place : "", e);
    if (!parsed)
        return err_about(e, "cannot open the place", place);
    free(parsed);
    return 0;
}

static int exit_status(int ended)
{
    return ended > 0 ? 128 + ended : ended;
}

int ui_main(const struct ui_options *options, struct err *e)
{
    struct app_options o;
    if (check_place(options->place, e) < 0)
        return -1;
    struct ui_world *w = calloc(1, sizeof *w);
    if (!w)
        return err_no_memory(e);
    make_app_options(options, w, &o);
    if (world_init(w, options, e) < 0 || app_new(&w->app, &o, e) < 0) {
        free(w);
        return -1;
    }
    int ended = run_on_terminal(w, e);
    runs_feed_free(w->runs);
    w->runs = NULL;
    bool settled = world_settle(w);
    if (settled) {   /* what threads told last: the screen that asked for a plan removes it when it is closed */
        app_take_events(w->app);
        settled = world_settle(w);
    }
    if (settled) {
        world_release(w);
        app_free(w->app);
        free(w);
    } else {
        planner_abandon();
    }
    if (ended >= 0 && ended != SIGHUP) {
        planner_left(say_left);
        say_runs();
    }
    if (!settled && ended >= 0) {  /* a thread still uses what exit handlers would take away */
        fflush(NULL);
        _Exit(exit_status(ended));
    }
    return exit_status(ended);
}
