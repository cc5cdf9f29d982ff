#include "ui/run_keys.h"
#include "ui/run_screen.h"
#include "ui/run_words.h"

/* One run: its stages with what they have done, what failed and why, and what can be done about it. */
#define WRONG "failed conflict unaccounted"

static const struct view *now(const struct run_screen *s) { return s->has_view ? &s->view : NULL; }

/* ---- following the run ---- */

/* "taking up 9 again" must not outlive the sending; the end is said, because a run that was sent again may look as before. */
static void unsay(struct run_screen *s, const struct view *v)
{
    char state[80];
    bool ended = !v->alive && v->ended_ms != s->view.ended_ms;
    if (!s->said || (!ended && v->state == s->view.state && v->alive == s->view.alive))
        return;
    s->said = !ended;
    app_say(s->app, ROLE_INFO, ended ? "it has ended: %s" : "%s", ended ? view_state_words(v, state, sizeof state) : "");
}

static void follow(struct run_screen *s)
{
    const struct runs_list *l = runs_feed_now(world_of(s->app)->runs);
    const struct view *v = runs_list_find(l, s->id);
    bool changed = v && (!s->has_view || memcmp(v, &s->view, sizeof *v) != 0);
    s->gone = l && !v && s->has_view;
    if (changed) {
        unsay(s, v);
        s->view = *v;
        s->has_view = true;
        s->sending_again = s->sending_again && !v->alive && run_keys_unfinished(v);
        run_list_rebuild(s);
        run_list_read(s);
        run_results_follow(&s->results, world_of(s->app), v, app_serial(s->app, s));
    }
    runs_list_unref(l);
}

static int open_run(void *state, struct app *app, const void *arg, struct err *e)
{
    struct run_screen *s = state;
    (void)e;
    s->app = app;
    str_copy(s->id, sizeof s->id, arg);
    s->ask = (struct run_items_ask){ .states = WRONG, .title = "Runs > what failed" };
    str_copy(s->ask.run, sizeof s->ask.run, s->id);
    list_store_init(&s->store);
    list_init(&s->list, list_store_source(&s->store));
    runs_feed_poke(world_of(app)->runs);
    follow(s);
    return 0;
}

static void close_run(void *state)
{
    struct run_screen *s = state;
    run_items_free(s->wrong);
    run_results_release(&s->results);
    list_release(&s->list);
    list_store_release(&s->store);
}

/* ---- keys ---- */

static void do_job(struct run_screen *s, enum run_job job)
{
    struct err e;
    if (run_jobs_do(world_of(s->app), job, s->id, EVENT_DONE, app_serial(s->app, s), &e) < 0)
        app_say_err(s->app, &e);
}

/* The cursor leaves the row that was used: a second Enter must not send twice. */
static void send_again(struct run_screen *s)
{
    if (s->sending_again)
        return;
    s->sending_again = true;
    run_keys_do(s->app, &s->view, ACTION_RETRY, EVENT_DONE, app_serial(s->app, s));
    run_list_rebuild(s);
    list_update(&s->list, ACTION_TOP);
}

static void job_done(struct run_screen *s, const struct run_done *done)
{
    run_keys_done(s->app, done);
    s->said = done->error.code == ERR_NONE;
    if (done->job != RUN_JOB_RETRY || done->error.code == ERR_NONE)
        return;
    s->sending_again = false;
    run_list_rebuild(s);
}

static void open_skipped(struct run_screen *s)
{
    struct run_items_ask ask = s->ask;
    ask.states = "skipped";
    str_copy(ask.title, sizeof ask.title, "Runs > what was skipped");
    str_copy(ask.place, sizeof ask.place, s->view.place);
    app_push(s->app, &screen_items, &ask);
}

static void do_row(struct run_screen *s, enum run_doer which)
{
    if (which == DO_SKIPPED) {
        open_skipped(s);
        return;
    }
    if (which == DO_RETRY) {
        send_again(s);
        return;
    }
    if (which == DO_ANNOTATIONS || which == DO_IMAGES) {
        if (which == DO_IMAGES)
            app_show(s->app, TAB_BROWSE, s->view.images);
        else
            app_push(s->app, &screen_preview, s->view.annotations_table);
        return;
    }
    if (which == DO_START || which == DO_REFUSE) {
        do_job(s, which == DO_START ? RUN_JOB_START : RUN_JOB_REFUSE);
        return;
    }
    run_keys_do(s->app, &s->view, run_list_action(which), EVENT_DONE, app_serial(s->app, s));
}

static bool open_row(struct run_screen *s)
{
    struct list_row row;
    char text[1600];
    if (!list_current(&s->list, &row, NULL))
        return false;
    if (run_list_doer(row.id) < DOERS) {
        do_row(s, run_list_doer(row.id));
        return true;
    }
    if (run_results_table(&s->results, row.id)) {
        app_push(s->app, &screen_preview, run_results_table(&s->results, row.id));
        return true;
    }
    if (run_items_details(s->wrong, row.id, text, sizeof text))
        app_ask(s->app, 0, "What failed", text, "Close", NULL);
    return true;
}

static bool move(struct run_screen *s, enum action a)
{
    if (!list_update(&s->list, a))
        return false;
    if (run_list_on_heading(s) && !s->list.filtering)
        list_update(&s->list, a == ACTION_UP || a == ACTION_PAGE_UP ? ACTION_UP : ACTION_DOWN);
    return true;
}

static bool click(struct run_screen *s, int row)
{
    bool used = list_click(&s->list, s->body, row);
    if (used && run_list_on_heading(s))
        list_update(&s->list, ACTION_DOWN);
    return used;
}

static bool act(struct run_screen *s, enum action a)
{
    struct list_row row;
    if (a == ACTION_OPEN && !s->list.filtering)
        return open_row(s);
    if (move(s, a))
        return true;
    if (a == ACTION_RETRY) {
        send_again(s);
        return true;
    }
    if (a == ACTION_LEFT) {
        app_pop(s->app);
        return true;
    }
    if (a == ACTION_REFRESH) {
        runs_feed_poke(world_of(s->app)->runs);
        return true;
    }
    if (a == ACTION_COPY && list_current(&s->list, &row, NULL) && row.id[0] != '\x01') {
        app_copy(s->app, row.id, row.id);
        return true;
    }
    return s->has_view && run_keys_do(s->app, &s->view, a, EVENT_DONE, app_serial(s->app, s));
}

static bool take_event(struct run_screen *s, struct event *ev)
{
    if (ev->id == EVENT_RUNS && !ev->target)
        follow(s);
    else if (ev->id == EVENT_DONE && ev->target)
        job_done(s, ev->payload);
    else if (ev->id == EVENT_FAILED_ITEMS && ev->target)
        run_list_take(s, ev);
    else if (!run_results_take(&s->results, ev))
        return false;
    else if (s->listed)
        run_list_rebuild(s);
    return true;
}

static bool update_run(void *state, struct app *app, const struct app_input *in)
{
    struct run_screen *s = state;
    switch (in->kind) {
    case APP_ACTION: return act(s, in->action);
    case APP_EVENT: return take_event(s, in->event);
    case APP_TYPED: return list_type(&s->list, in->key);
    case APP_CLICKED: return click(s, in->row);
    case APP_ANSWER: run_keys_answer(app, now(s), in->tag, in->answer, EVENT_DONE, app_serial(app, s)); return true;
    case APP_SHOWN: follow(s); return true;
    default: return false;
    }
}

static const enum keymap_set *keys_run(const void *state)
{
    static const enum keymap_set live[] = { KEYS_RUN, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set ended[] = { KEYS_ENDED, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set filtering[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    const struct run_screen *s = state;
    return s->list.filtering ? filtering : s->has_view && !s->view.alive ? ended : live;
}

static bool typing_run(const void *state) { return ((const struct run_screen *)state)->list.filtering; }

static uint32_t met_run(const void *state)
{
    const struct run_screen *s = state;
    return run_keys_met(now(s)) & (list_count(&s->list) ? NEED_ALL : NEED_ALL & ~NEED_BIT(NEED_ITEM));
}

static const char *hint_run(const void *state, enum action a) { return run_keys_hint(now(state), a); }

static const char *why_not_run(const void *state, enum action a) { return run_keys_why_not(now(state), a); }

static void place_run(const void *state, struct app_words *out)
{
    const struct run_screen *s = state;
    char title[440], left[32];
    if (!s->has_view) {
        snprintf(out->left, sizeof out->left, "Runs > %s", s->id);
        return;
    }
    run_words_title(&s->view, title, sizeof title);
    snprintf(out->left, sizeof out->left, "Runs > %s  %s", run_words_short_id(s->id), title);
    if (s->view.alive && s->view.state == RUN_RUNNING && s->view.eta_s > 0)
        snprintf(out->right, sizeof out->right, "%s left", str_duration(s->view.eta_s * 1000, left, sizeof left));
}

static void status_run(const void *state, struct app_words *out)
{
    const struct run_screen *s = state;
    const struct view *v = &s->view;
    char files[64] = "";
    if (v->files_limit > 0)          /* an export without images has none */
        snprintf(files, sizeof files, "volume %.0f/s of %.0f   ", v->files_rate, v->files_limit);
    if (s->has_view && v->alive)
        snprintf(out->left, sizeof out->left, "Clarifai %.1f/s of %.0f   %sin flight %d   retried %lld", v->clarifai_rate, v->clarifai_limit, files,
                 v->in_flight, (long long)v->retried);
    else if (s->has_view)
        snprintf(out->left, sizeof out->left, "%s", s->id);
}

static const enum action hints_run[] = { ACTION_PREVIEW, ACTION_PAUSE, ACTION_RESUME, ACTION_RETRY, ACTION_REPORT, ACTION_CANCEL, ACTION_BACK, ACTION_NONE };

const struct app_screen screen_run = {
    .name = "run", .title = "Run", .size = sizeof(struct run_screen), .open = open_run, .close = close_run, .update = update_run, .render = run_draw,
    .keys = keys_run, .typing = typing_run, .met = met_run, .why_not = why_not_run, .hint = hint_run, .place = place_run, .status = status_run, .hints = hints_run,
};
