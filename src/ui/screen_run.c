#include "ui/run_items.h"
#include "ui/run_keys.h"
#include "ui/run_results.h"
#include "ui/run_stages.h"
#include "ui/run_words.h"
#include "ui/screens.h"

/* One run: its stages with what they have done, what failed and why, and what can be done about it. */
enum { EVENT_DONE = EVENT_OWN + 20, EVENT_FAILED_ITEMS };   /* those of preview_rows stand before */

#define WIDE_CELLS 100       /* wider, the eye loses the line */
#define SHORT_ROWS 14        /* below so many rows the stages that wait or are done share lines */
#define LIST_ROWS 7          /* of the list that stay in sight above rows of the tables */
#define WRONG_ROWS 3         /* of them, below what can be done: the heading of what failed, and some that did */
#define WRONG "failed conflict unaccounted"

/* Rows of the list that do something; their ids begin with a character that no key has. */
static const struct { const char *id; enum action action; } doers[] = {
    { "\x01preview", ACTION_PREVIEW }, { "\x01retry", ACTION_RETRY }, { "\x01resume", ACTION_RESUME }, { "\x01start", ACTION_START }, { "\x01refuse", ACTION_CANCEL },
    { "\x01report", ACTION_REPORT }, { "\x01skipped", ACTION_NONE }, { "\x01annotations", ACTION_NONE }, { "\x01images", ACTION_NONE },
};
enum { DO_PREVIEW, DO_RETRY, DO_RESUME, DO_START, DO_REFUSE, DO_REPORT, DO_SKIPPED, DO_ANNOTATIONS, DO_IMAGES };
#define HEADING "\x01heading"   /* the row between what can be done and what failed; the cursor passes it by */

struct run_screen {
    struct app *app;
    char id[40];
    struct view view;
    bool has_view, gone;
    struct run_items_ask ask;
    struct run_items *wrong;
    struct run_results results;
    bool reading, read_again;
    bool said;               /* the line of messages holds what a job of ours said; it is true until the run's state changes */
    bool sending_again;      /* asked for, and the run was not seen to go on yet: not to be asked for twice */
    size_t doers;            /* rows that do something */
    struct list_store store;
    struct list list;
    struct layout_rect body;
};

static const struct view *now(const struct run_screen *s) { return s->has_view ? &s->view : NULL; }

/* ---- what failed, and what can be done, as one list ---- */

static void add_doer(struct run_screen *s, int which, const char *text)
{
    struct err ignored;
    struct list_row row = { .id = doers[which].id, .name = text, .role = ROLE_KEY };
    list_store_add(&s->store, &row, &ignored);
    s->doers = s->store.count;
}

static void add_skipped(struct run_screen *s)
{
    char text[64], n[32];
    int64_t skipped = s->view.has_summary ? s->view.summary.skipped : s->view.has_plan ? s->view.plan.skipped : 0;
    if (skipped <= 0)
        return;
    snprintf(text, sizeof text, "%s skipped: which, and why", str_count((uint64_t)skipped, n, sizeof n));
    add_doer(s, DO_SKIPPED, text);
}

/* What the run wrote. */
static void add_looks(struct run_screen *s)
{
    const struct view *v = &s->view;
    char text[sizeof v->images + 40];
    snprintf(text, sizeof text, "Look at the rows of %s", v->table);
    add_doer(s, DO_PREVIEW, text);
    if (v->annotations_table[0]) {
        snprintf(text, sizeof text, "Look at the rows of %s", v->annotations_table);
        add_doer(s, DO_ANNOTATIONS, text);
    }
    if (v->images[0]) {
        snprintf(text, sizeof text, "Look at the images in %s", v->images);
        add_doer(s, DO_IMAGES, text);
    }
}

static const char *again_words(const struct view *v)
{
    bool failed = run_keys_again(v) > v->summary.cancelled;
    if (v->verb > ASK_IMPORT_S3)
        return failed ? "Try again what failed" : "Do after all what was cancelled";
    return failed ? "Send again what failed" : "Send after all what was cancelled";
}

static void add_doers(struct run_screen *s)
{
    const struct view *v = &s->view;
    char text[sizeof v->report + 16];
    if (v->alive && v->state == RUN_AT_GATE && v->plan.start_only)
        snprintf(text, sizeof text, "Start %s and make the plan", v->plan.compute);
    else
        str_copy(text, sizeof text, "Start it as planned");
    if (v->alive && v->state == RUN_AT_GATE) {
        add_doer(s, DO_START, text);
        add_doer(s, DO_REFUSE, "Do not start it");
    }
    if (!v->alive && v->has_summary && v->table[0] && (v->summary.rows > 0 || v->verb == ASK_UPDATE))
        add_looks(s);
    if (!v->alive && !s->sending_again && !run_keys_unfinished(v) && run_keys_again(v) > 0)
        add_doer(s, DO_RETRY, again_words(v));
    if (run_keys_unfinished(v))
        add_doer(s, DO_RESUME, "Resume: go on where it stopped");
    if (!v->alive)
        add_skipped(s);
    if (!v->alive && v->report[0]) {
        snprintf(text, sizeof text, "Report: %s", v->report);
        add_doer(s, DO_REPORT, text);
    }
}

static char *wrong_title(const struct run_screen *s, char *out, size_t size)
{
    char n[32];
    size_t wrong = s->wrong ? s->wrong->count : 0;
    snprintf(out, size, wrong ? "failed %s%s" : "nothing failed%s%s", wrong ? str_count(wrong, n, sizeof n) : s->view.alive ? " so far" : "",
             s->wrong && s->wrong->more ? " and more" : "");
    return out;
}

static bool on_heading(const struct run_screen *s)
{
    struct list_row row;
    return list_current(&s->list, &row, NULL) && str_eq(row.id, HEADING);
}

static void rebuild(struct run_screen *s)
{
    struct err e = { 0 };
    char title[80];
    list_store_release(&s->store);
    s->doers = 0;
    if (s->has_view)
        add_doers(s);
    struct list_row heading = { .id = HEADING, .name = wrong_title(s, title, sizeof title), .role = ROLE_TITLE };
    if (s->doers && s->wrong && s->wrong->count && list_store_add(&s->store, &heading, &e) < 0)
        app_say_err(s->app, &e);
    if (s->wrong && run_items_rows(s->wrong, &s->ask, false, &s->store, &e) < 0)
        app_say_err(s->app, &e);
    list_use(&s->list, list_store_source(&s->store));
    if (on_heading(s) && !s->list.filtering)
        list_update(&s->list, ACTION_UP);
}

static void read_wrong(struct run_screen *s)
{
    struct err e;
    s->read_again = s->reading;
    if (s->reading || !s->has_view)
        return;
    str_copy(s->ask.place, sizeof s->ask.place, s->view.place);
    if (run_items_read(world_of(s->app), &s->ask, EVENT_FAILED_ITEMS, app_serial(s->app, s), &e) < 0)
        app_say_err(s->app, &e);
    else
        s->reading = true;
}

static void take_wrong(struct run_screen *s, struct event *ev)
{
    struct run_items *fresh = ev->payload;
    s->reading = false;
    if (fresh->error.code == ERR_NONE) {
        run_items_free(s->wrong);
        s->wrong = fresh;
        ev->payload = NULL;
        rebuild(s);
    }
    if (s->read_again)
        read_wrong(s);
}

/* ---- following the run ---- */

/* "sending 9 again" must not outlive the sending; the end is said, because a run that was sent again may look as before. */
static void unsay(struct run_screen *s, const struct view *v)
{
    char state[80];
    bool ended = !v->alive && v->ended_ms != s->view.ended_ms;
    if (!s->said || (!ended && v->state == s->view.state && v->alive == s->view.alive))
        return;
    s->said = !ended;
    app_say(s->app, ROLE_INFO, ended ? "it has ended: %s" : "%s", ended ? run_words_state(v, state, sizeof state) : "");
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
        rebuild(s);
        read_wrong(s);
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
    rebuild(s);
    list_update(&s->list, ACTION_TOP);
}

static void job_done(struct run_screen *s, const struct run_done *done)
{
    run_keys_done(s->app, done);
    s->said = done->error.code == ERR_NONE;
    if (done->job != RUN_JOB_RETRY || done->error.code == ERR_NONE)
        return;
    s->sending_again = false;
    rebuild(s);
}

static void open_skipped(struct run_screen *s)
{
    struct run_items_ask ask = s->ask;
    ask.states = "skipped";
    str_copy(ask.title, sizeof ask.title, "Runs > what was skipped");
    str_copy(ask.place, sizeof ask.place, s->view.place);
    app_push(s->app, &screen_items, &ask);
}

static void do_row(struct run_screen *s, int which)
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
    run_keys_do(s->app, &s->view, doers[which].action, EVENT_DONE, app_serial(s->app, s));
}

static bool open_row(struct run_screen *s)
{
    struct list_row row;
    char text[1600];
    if (!list_current(&s->list, &row, NULL))
        return false;
    for (size_t i = 0; i < sizeof doers / sizeof *doers; i++)
        if (str_eq(row.id, doers[i].id)) {
            do_row(s, (int)i);
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
    if (on_heading(s) && !s->list.filtering)
        list_update(&s->list, a == ACTION_UP || a == ACTION_PAGE_UP ? ACTION_UP : ACTION_DOWN);
    return true;
}

static bool click(struct run_screen *s, int row)
{
    bool used = list_click(&s->list, s->body, row);
    if (used && on_heading(s))
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
        take_wrong(s, ev);
    else
        return run_results_take(&s->results, ev);
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

/* ---- drawing ---- */

/* What is to be said in words: why it waits or failed, the end, the plan while it waits for an answer. */
static enum theme_role words_of(const struct view *v, char *out, size_t size)
{
    char brief[160], state[80];
    out[0] = '\0';
    run_words_state(v, state, sizeof state);
    if (v->parked_why[0]) {
        snprintf(out, size, "%s: %s", state, v->parked_why);
        return v->alive ? ROLE_WARN : ROLE_BAD;
    }
    if (run_keys_unfinished(v)) {
        snprintf(out, size, "%s: what was done stays, and it can go on from there", state);
        return ROLE_WARN;
    }
    if (v->has_summary && !v->alive) {
        int used = snprintf(out, size, "%s: ", state);
        run_words_summary(v, out + used, size - (size_t)used);
        return run_words_role(v);
    }
    if (v->state == RUN_AT_GATE && v->has_plan) {
        snprintf(out, size, "%s: %s", state, run_words_plan_brief(v, brief, sizeof brief));
        return ROLE_WARN;
    }
    if (!v->alive || v->state == RUN_PAUSED)
        str_copy(out, size, state);
    return run_words_role(v);
}

static void render_list(struct run_screen *s, struct frame *f, struct layout_rect r)
{
    char title[80];
    wrong_title(s, title, sizeof title);
    frame_rule(f, layout_cut_top(&r, 1).row, r.col, r.cols, s->doers ? "what next" : title);
    bool paused = s->view.state == RUN_PAUSED;
    const char *alive = paused ? "nothing new is sent; p lets it go on" : "the run goes on by itself, also when you leave lakeferry";
    struct list_look look = { .active = true, .empty = s->view.alive ? alive : "", .empty_role = ROLE_DIM };
    s->body = r;
    list_render(&s->list, f, r, &look);
    size_t heading = s->doers - s->list.top;   /* its place on the screen: it follows what can be done */
    bool plain = !s->list.filtering && list_count(&s->list) == list_total(&s->list);
    if (s->doers && plain && s->doers < s->store.count && s->doers >= s->list.top && heading < (size_t)r.rows)
        frame_rule(f, r.row + (int)heading, r.col, r.cols, title);
}

/* Rows of the tables stand below the list where both have room. */
static struct layout_rect cut_results(struct run_screen *s, struct layout_rect *r)
{
    size_t sight = s->doers + WRONG_ROWS > LIST_ROWS ? s->doers + WRONG_ROWS : LIST_ROWS;
    int list = (int)(s->store.count < sight ? s->store.count : sight) + 1, least = run_results_least(&s->results);
    if (least == 0 || r->rows - list < least)
        return (struct layout_rect){ 0 };
    int most = (int)s->results.count * (RUN_RESULTS_ROWS + 2), spare = r->rows - list;
    return layout_cut_bottom(r, spare < most ? spare : most);
}

static void render_run(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct run_screen *s = state;
    char words[1400];
    (void)app;
    if (!s->has_view || s->gone) {
        frame_text(f, r.row, r.col + 1, r.cols - 2, ROLE_DIM, s->gone ? "this run was removed" : "loading");
        return;
    }
    bool brief = s->results.count || r.rows < SHORT_ROWS + s->view.stage_count / 2;
    struct layout_rect inner = { r.row, r.col + 1, r.rows, r.cols - 2 < WIDE_CELLS ? r.cols - 2 : WIDE_CELLS };
    int used = run_stages_render(f, inner, &s->view, brief);
    layout_cut_top(&r, used);
    layout_cut_top(&inner, used);
    enum theme_role role = words_of(&s->view, words, sizeof words);
    if (words[0]) {
        inner.rows = inner.rows > 7 ? 4 : 2;
        used = frame_wrap(f, inner, role, words, true);
        layout_cut_top(&r, used);
    }
    struct layout_rect results = cut_results(s, &r);
    if (r.rows >= 2)
        render_list(s, f, r);
    if (results.rows)
        run_results_render(&s->results, f, results);
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

static const enum action hints_run[] = { ACTION_PREVIEW, ACTION_PAUSE, ACTION_RETRY, ACTION_REPORT, ACTION_CANCEL, ACTION_BACK, ACTION_RESUME, ACTION_NONE };

const struct app_screen screen_run = {
    .name = "run", .title = "Run", .size = sizeof(struct run_screen), .open = open_run, .close = close_run, .update = update_run, .render = render_run,
    .keys = keys_run, .typing = typing_run, .met = met_run, .why_not = why_not_run, .place = place_run, .status = status_run, .hints = hints_run,
};
