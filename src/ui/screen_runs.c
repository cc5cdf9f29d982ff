#include "ui/run_keys.h"
#include "ui/remedies.h"
#include "ui/run_words.h"
#include "ui/screens.h"
#include "base/timefmt.h"

/* All runs, newest first, with what the one under the cursor is about. */
enum { EVENT_DONE = EVENT_OWN };
#define DETAIL_ROWS 6    /* as many as in Browse: the rule above them stays where it is when the tab changes */
#define REST_MS 60       /* the cursor rests: what it is on is told */

struct runs_screen {
    struct app *app;
    const struct runs_list *runs;
    struct list_store store;
    struct list list;
    struct view here;        /* the run under the cursor */
    struct view told;        /* the one that is told about: follows when the cursor rests */
    bool has_here;
    char asked[40];          /* the run that a question is about: the one under the cursor may be another when it is answered */
    struct layout_rect body;
};

static const struct view *here(const struct runs_screen *s) { return s->has_here ? &s->here : NULL; }

static void follow_cursor(struct runs_screen *s)
{
    struct list_row row;
    const struct view *v = list_current(&s->list, &row, NULL) ? runs_list_find(s->runs, row.id) : NULL;
    s->has_here = v != NULL;
    if (v)
        s->here = *v;
}

/* By a key: over a slow line each run passed by need not be told about. */
static void moved(struct runs_screen *s)
{
    follow_cursor(s);
    app_wake(s->app, REST_MS);
}

static void rest(struct runs_screen *s)
{
    if (s->has_here)
        s->told = s->here;
}

static int add_row(struct runs_screen *s, const struct view *v, struct err *e)
{
    char name[720], title[640], note[200], state[80], progress[100], left[32];
    run_words_title(v, title, sizeof title);
    snprintf(name, sizeof name, "%s  %s", run_words_short_id(v->id), title);
    view_state_words(v, state, sizeof state);
    progress[0] = '\0';
    int percent = run_words_percent(v);
    if (v->alive && v->state != RUN_AT_GATE && percent >= 0)
        snprintf(progress, sizeof progress, "%d %%%s%s%s", percent, v->eta_s > 0 ? "  " : "",
                 v->eta_s > 0 ? str_duration(v->eta_s * 1000, left, sizeof left) : "", v->eta_s > 0 ? " left" : "");
    snprintf(note, sizeof note, "%s%s%s", progress, progress[0] ? "  " : "", state);
    struct list_row row = { .id = v->id, .name = name, .note = note, .role = v->alive ? ROLE_TITLE : ROLE_TEXT, .note_role = run_words_role(v) };
    return list_store_add(&s->store, &row, e);
}

static void rebuild(struct runs_screen *s)
{
    struct err e = { 0 };
    struct runs_feed *feed = world_of(s->app)->runs;
    runs_list_unref(s->runs);
    s->runs = runs_feed_now(feed);
    list_store_release(&s->store);
    for (size_t i = 0; s->runs && i < s->runs->count && e.code == ERR_NONE; i++)
        if (!runs_feed_is_draft(feed, s->runs->views[i].id))
            add_row(s, &s->runs->views[i], &e);
    if (e.code != ERR_NONE)
        app_say_err(s->app, &e);
    list_use(&s->list, list_store_source(&s->store));
    follow_cursor(s);
    rest(s);
}

static int open_runs(void *state, struct app *app, const void *arg, struct err *e)
{
    struct runs_screen *s = state;
    (void)e;
    s->app = app;
    list_store_init(&s->store);
    list_init(&s->list, list_store_source(&s->store));
    rebuild(s);
    if (arg) {
        list_go(&s->list, arg);
        app_push(app, &screen_run, arg);
    }
    return 0;
}

static void close_runs(void *state)
{
    struct runs_screen *s = state;
    runs_list_unref(s->runs);
    list_release(&s->list);
    list_store_release(&s->store);
}

static bool act(struct runs_screen *s, enum action a)
{
    if (a == ACTION_OPEN && !s->list.filtering && s->has_here) {
        app_push(s->app, &screen_run, s->here.id);
        return true;
    }
    if (list_update(&s->list, a)) {
        moved(s);
        return true;
    }
    if (a == ACTION_REFRESH) {
        runs_feed_poke(world_of(s->app)->runs);
        return true;
    }
    if (s->has_here)
        str_copy(s->asked, sizeof s->asked, s->here.id);
    return s->has_here && run_keys_do(s->app, &s->here, a, EVENT_DONE, app_serial(s->app, s));
}

static void answered(struct runs_screen *s, int tag, int answer)
{
    const struct view *v = runs_list_find(s->runs, s->asked);
    run_keys_answer(s->app, v, tag, answer, EVENT_DONE, app_serial(s->app, s));
    if (!v && answer == 1)
        app_say(s->app, ROLE_WARN, "that run is gone");
}

static bool take_event(struct runs_screen *s, const struct event *ev)
{
    if (ev->id == EVENT_RUNS && !ev->target)
        rebuild(s);
    else if (ev->id == EVENT_DONE && ev->target)
        run_keys_done(s->app, ev->payload);
    else
        return false;
    return true;
}

static bool update_runs(void *state, struct app *app, const struct app_input *in)
{
    struct runs_screen *s = state;
    bool used;
    switch (in->kind) {
    case APP_ACTION: return act(s, in->action);
    case APP_EVENT: return take_event(s, in->event);
    case APP_TYPED:
        used = list_type(&s->list, in->key);
        moved(s);
        return used;
    case APP_CLICKED:
        used = list_click(&s->list, s->body, in->row);
        moved(s);
        return used;
    case APP_TICK: rest(s); return true;
    case APP_ANSWER: answered(s, in->tag, in->answer); return true;
    case APP_SHOWN:
        rebuild(s);
        if (in->arg) {
            list_go(&s->list, in->arg);
            app_push(app, &screen_run, in->arg);
        }
        return true;
    default: return false;
    }
}

static void render_details(const struct view *v, struct frame *f, struct layout_rect r)
{
    char text[800], when[40], state[80];
    struct plan_line lines[PLAN_LINES];
    layout_cut_top(&r, 1);
    layout_cut_left(&r, 1);
    layout_cut_right(&r, 1);
    frame_text(f, r.row, r.col, r.cols, ROLE_TEXT, v->title);
    view_state_words(v, state, sizeof state);
    int id = frame_right(f, r.row + 1, r.col, r.cols, ROLE_DIM, v->id);
    frame_printf(f, r.row + 1, r.col, r.cols - id - 2, run_words_role(v), "%s, started %s", state, v->started_ms ? time_people(v->started_ms * 1000, when, sizeof when) : "never");
    if (v->parked_why[0])
        remedies_text(v->parked_why, text, sizeof text);
    else if (v->has_summary)
        run_words_summary(v, text, sizeof text);
    else if (v->state == RUN_DRY && v->has_plan && run_words_plan(v, 0, lines) > 0)
        str_copy(text, sizeof text, lines[0].text);
    else
        run_words_progress(v, text, sizeof text);
    layout_cut_top(&r, 2);
    frame_wrap(f, r, v->parked_why[0] ? ROLE_WARN : ROLE_DIM, text, true);
}

static void render_runs(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct runs_screen *s = state;
    char sentence[1400];
    (void)app;
    struct list_look look = { .active = true, .empty = s->runs ? "no runs yet: Import starts one" : "loading", .empty_role = ROLE_DIM };
    if (s->runs && s->runs->error.code != ERR_NONE) {
        look.empty = remedies_err(&s->runs->error, sentence, sizeof sentence);
        look.empty_role = ROLE_BAD;
    }
    if (r.rows > DETAIL_ROWS + 4) {
        struct layout_rect pane = layout_cut_bottom(&r, DETAIL_ROWS);
        frame_rule(f, pane.row, pane.col, pane.cols, NULL);
        if (s->has_here)
            render_details(&s->told, f, pane);
    }
    s->body = r;
    list_render(&s->list, f, r, &look);
}

static const enum keymap_set *keys_runs(const void *state)
{
    static const enum keymap_set live[] = { KEYS_RUN, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set ended[] = { KEYS_ENDED, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set filtering[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    const struct runs_screen *s = state;
    return s->list.filtering ? filtering : s->has_here && !s->here.alive ? ended : live;
}

static bool typing_runs(const void *state) { return ((const struct runs_screen *)state)->list.filtering; }

static uint32_t met_runs(const void *state)
{
    const struct runs_screen *s = state;
    return run_keys_met(here(s)) & (list_count(&s->list) ? NEED_ALL : NEED_ALL & ~NEED_BIT(NEED_ITEM));
}

static const char *why_not_runs(const void *state, enum action a) { return run_keys_why_not(here(state), a); }

static const char *hint_runs(const void *state, enum action a) { return run_keys_hint(here(state), a); }

static void status_runs(const void *state, struct app_words *out)
{
    const struct runs_screen *s = state;
    char count[64];
    list_count_text(&s->list, !s->runs, count, sizeof count);
    snprintf(out->left, sizeof out->left, "%s run%s", count, list_count(&s->list) == 1 ? "" : "s");
    if (s->runs && s->runs->left_off)
        snprintf(out->left, sizeof out->left, "the newest %s; %zu older ones: lakeferry runs", count, s->runs->left_off);
    str_copy(out->right, sizeof out->right, list_count(&s->list) ? "Enter opens a run" : "");
}

static const enum action hints_runs[] = { ACTION_PREVIEW, ACTION_PAUSE, ACTION_RESUME, ACTION_RETRY, ACTION_CANCEL, ACTION_REPORT, ACTION_FILTER, ACTION_NONE };

const struct app_screen screen_runs = {
    .name = "runs", .title = "Runs", .tab = "Runs", .size = sizeof(struct runs_screen), .open = open_runs, .close = close_runs, .update = update_runs,
    .render = render_runs, .keys = keys_runs, .typing = typing_runs, .met = met_runs, .why_not = why_not_runs, .hint = hint_runs, .status = status_runs, .hints = hints_runs,
};
