#include "ui/meter.h"
#include "ui/run_items.h"
#include "ui/run_keys.h"
#include "ui/run_words.h"
#include "ui/screens.h"

/* One run: its stages with what they have done, what failed and why, and what can be done about it. */
enum { EVENT_DONE = EVENT_OWN, EVENT_FAILED_ITEMS };

#define TITLE_CELLS 22
#define COUNTS_CELLS 26       /* so that meters stand in one column */
#define METER_CELLS 14
#define WIDE_CELLS 100       /* wider, the eye loses the line */
#define SHORT_ROWS 14        /* below so many rows the stages that wait or are done share lines */
#define WRONG "failed conflict unaccounted"

/* Rows of the list that do something; their ids begin with a character that no key has. */
static const struct { const char *id; enum action action; } doers[] = {
    { "\x01preview", ACTION_PREVIEW }, { "\x01retry", ACTION_RETRY }, { "\x01resume", ACTION_RESUME }, { "\x01start", ACTION_START }, { "\x01refuse", ACTION_CANCEL },
    { "\x01report", ACTION_REPORT },
};
enum { DO_PREVIEW, DO_RETRY, DO_RESUME, DO_START, DO_REFUSE, DO_REPORT };

struct run_screen {
    struct app *app;
    char id[40];
    struct view view;
    bool has_view, gone;
    struct run_items_ask ask;
    struct run_items *wrong;
    bool reading, read_again;
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
}

static void add_doers(struct run_screen *s)
{
    const struct view *v = &s->view;
    char text[sizeof v->report + 16];
    if (v->alive && v->state == RUN_AT_GATE) {
        add_doer(s, DO_START, "Start it as planned");
        add_doer(s, DO_REFUSE, "Do not start it");
    }
    if (!v->alive && v->has_summary && v->summary.rows > 0 && v->table[0]) {
        snprintf(text, sizeof text, "Look at the rows of %s", v->table);
        add_doer(s, DO_PREVIEW, text);
    }
    if (!v->alive && !run_keys_unfinished(v) && (run_words_wrong(v) > 0 || (v->has_summary && v->summary.cancelled > 0)))
        add_doer(s, DO_RETRY, run_words_wrong(v) > 0 ? "Send again what failed" : "Send after all what was cancelled");
    if (run_keys_unfinished(v))
        add_doer(s, DO_RESUME, "Resume: go on where it stopped");
    if (!v->alive && v->report[0]) {
        snprintf(text, sizeof text, "Report: %s", v->report);
        add_doer(s, DO_REPORT, text);
    }
}

static void rebuild(struct run_screen *s)
{
    struct err e = { 0 };
    list_store_release(&s->store);
    if (s->has_view)
        add_doers(s);
    if (s->wrong && run_items_rows(s->wrong, &s->ask, false, &s->store, &e) < 0)
        app_say_err(s->app, &e);
    list_use(&s->list, list_store_source(&s->store));
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

static void follow(struct run_screen *s)
{
    const struct runs_list *l = runs_feed_now(world_of(s->app)->runs);
    const struct view *v = runs_list_find(l, s->id);
    bool changed = v && (!s->has_view || memcmp(v, &s->view, sizeof *v) != 0);
    s->gone = l && !v && s->has_view;
    if (changed) {
        s->view = *v;
        s->has_view = true;
        rebuild(s);
        read_wrong(s);
    }
    runs_list_unref(l);
}

static int open_run(void *state, struct app *app, const void *arg, struct err *e)
{
    struct run_screen *s = state;
    (void)e;
    s->app = app;
    str_copy(s->id, sizeof s->id, arg);
    s->ask = (struct run_items_ask){ .states = WRONG, .title = "What failed" };
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

static void do_row(struct run_screen *s, int which)
{
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

static bool act(struct run_screen *s, enum action a)
{
    struct list_row row;
    if (a == ACTION_OPEN && !s->list.filtering)
        return open_row(s);
    if (list_update(&s->list, a))
        return true;
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
        run_keys_done(s->app, ev->payload);
    else if (ev->id == EVENT_FAILED_ITEMS && ev->target)
        take_wrong(s, ev);
    else
        return false;
    return true;
}

static bool update_run(void *state, struct app *app, const struct app_input *in)
{
    struct run_screen *s = state;
    switch (in->kind) {
    case APP_ACTION: return act(s, in->action);
    case APP_EVENT: return take_event(s, in->event);
    case APP_TYPED: return list_type(&s->list, in->key);
    case APP_CLICKED: return list_click(&s->list, s->body, in->row);
    case APP_ANSWER: run_keys_answer(app, now(s), in->tag, in->answer, EVENT_DONE, app_serial(app, s)); return true;
    case APP_SHOWN: follow(s); return true;
    default: return false;
    }
}

/* ---- drawing ---- */

static void split_text(const struct view_stage *st, char *title, size_t size, const char **rest)
{
    const char *gap = strstr(st->text, "  ");
    snprintf(title, size, "%.*s", gap ? (int)(gap - st->text) : (int)strlen(st->text), st->text);
    *rest = gap ? gap + strspn(gap, " ") : "";
}

static void render_mark(struct frame *f, int row, int col, const struct view_stage *st)
{
    frame_text(f, row, col, 3, ROLE_DIM, "[ ]");
    if (st->done)
        frame_glyph(f, row, col + 1, ROLE_GOOD, GLYPH_DONE);
    else if (st->active)
        frame_glyph(f, row, col + 1, ROLE_INFO, GLYPH_NOW);
}

/* "55 %  ####----  88/s" right of the counts of a stage that works. */
static int render_meter(struct frame *f, int row, int col, int end, const struct view *v, const struct view_stage *st)
{
    char percent[16];
    int from = col;
    meter_percent((uint64_t)st->count, (uint64_t)st->total, percent, sizeof percent);
    if (end - col < METER_CELLS + 8)
        return col + frame_text(f, row, col, end - col, ROLE_NUMBER, percent) - from;
    frame_right(f, row, col, 5, ROLE_NUMBER, percent);
    meter_render(f, row, col + 6, METER_CELLS, (uint64_t)st->count, (uint64_t)st->total);
    col += METER_CELLS + 7;
    if (v->rate >= 0.05 && st == run_words_active(v) && end - col > 6)
        col += frame_printf(f, row, col, end - col, ROLE_TEXT, v->rate < 10 ? "%.1f/s" : "%.0f/s", v->rate);
    return col - from;
}

static void render_stage(struct frame *f, int row, struct layout_rect r, const struct view *v, const struct view_stage *st)
{
    char title[120], time[24], files[32];
    const char *rest;
    int col = r.col, end = r.col + r.cols;
    split_text(st, title, sizeof title, &rest);
    if (str_eq(st->name, "list") && v->has_plan && v->plan.files > 0)  /* items leave the state that the stage counts */
        rest = str_count((uint64_t)v->plan.files, files, sizeof files);
    render_mark(f, row, col, st);
    col += 4;
    frame_text(f, row, col, TITLE_CELLS, st->active ? ROLE_TITLE : st->done ? ROLE_TEXT : ROLE_DIM, title);
    col += TITLE_CELLS;
    if (st->done && st->milliseconds >= 0) {
        str_duration(st->milliseconds, time, sizeof time);
        end -= frame_width(f, time);
        frame_text(f, row, end, r.col + r.cols - end, ROLE_DIM, time);
        end -= 2;
    }
    if (!rest[0] && str_eq(st->name, "table") && v->table[0])
        rest = v->table;
    int used = frame_text(f, row, col, end - col, ROLE_TEXT, rest) + 2;
    col += used < COUNTS_CELLS && end - col > COUNTS_CELLS + METER_CELLS + 12 ? COUNTS_CELLS : used;
    if (st->active && st->total > 0)
        render_meter(f, row, col, end, v, st);
}

/* The names of stages that are all done, or all still to come, in one line. */
static void render_group(struct frame *f, int row, struct layout_rect r, const struct view *v, int from, int to)
{
    char text[300] = "", title[120];
    const char *rest;
    render_mark(f, row, r.col, &v->stages[from]);
    for (int i = from; i < to; i++) {
        size_t used = strlen(text);
        split_text(&v->stages[i], title, sizeof title, &rest);
        snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", title);
    }
    frame_text(f, row, r.col + 4, r.cols - 4, v->stages[from].done ? ROLE_TEXT : ROLE_DIM, text);
}

/* Returns the rows taken. */
static int render_stages(struct frame *f, struct layout_rect r, const struct view *v, bool brief)
{
    int row = r.row;
    for (int i = 0; i < v->stage_count && row < r.row + r.rows;) {
        const struct view_stage *st = &v->stages[i];
        int to = i + 1;
        while (brief && !st->active && to < v->stage_count && !v->stages[to].active && v->stages[to].done == st->done)
            to++;
        if (to > i + 1)
            render_group(f, row, r, v, i, to);
        else
            render_stage(f, row, r, v, st);
        i = to;
        row++;
    }
    return row - r.row;
}

/* What is to be said in words: why it waits or failed, the end, the plan while it waits for an answer. */
static enum theme_role words_of(const struct view *v, char *out, size_t size)
{
    char a[32], b[32], state[80];
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
        snprintf(out, size, "%s: %s new, %s already there", state, str_count((uint64_t)(v->plan.new_items > 0 ? v->plan.new_items : 0), a, sizeof a),
                 str_count((uint64_t)(v->plan.present > 0 ? v->plan.present : 0), b, sizeof b));
        return ROLE_WARN;
    }
    if (!v->alive || v->state == RUN_PAUSED)
        str_copy(out, size, state);
    return run_words_role(v);
}

static void render_list(struct run_screen *s, struct frame *f, struct layout_rect r)
{
    char title[80], n[32];
    size_t wrong = s->wrong ? s->wrong->count : 0;
    snprintf(title, sizeof title, wrong ? "failed %s%s" : "nothing failed%s%s", wrong ? str_count(wrong, n, sizeof n) : s->view.alive ? " so far" : "",
             s->wrong && s->wrong->more ? " and more" : "");
    frame_rule(f, layout_cut_top(&r, 1).row, r.col, r.cols, title);
    struct list_look look = { .active = true, .empty = s->view.alive ? "the run goes on by itself, also when you leave lakeferry" : "", .empty_role = ROLE_DIM };
    s->body = r;
    list_render(&s->list, f, r, &look);
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
    bool brief = r.rows < SHORT_ROWS + s->view.stage_count / 2;
    struct layout_rect inner = { r.row, r.col + 1, r.rows, r.cols - 2 < WIDE_CELLS ? r.cols - 2 : WIDE_CELLS };
    int used = render_stages(f, inner, &s->view, brief);
    layout_cut_top(&r, used);
    layout_cut_top(&inner, used);
    enum theme_role role = words_of(&s->view, words, sizeof words);
    if (words[0]) {
        inner.rows = inner.rows > 7 ? 4 : 2;
        used = frame_wrap(f, inner, role, words, true);
        layout_cut_top(&r, used);
    }
    if (r.rows >= 2)
        render_list(s, f, r);
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
    if (s->has_view && v->alive)
        snprintf(out->left, sizeof out->left, "Clarifai %.1f/s of %.0f   volume %.0f/s of %.0f   in flight %d   retried %lld", v->clarifai_rate, v->clarifai_limit,
                 v->files_rate, v->files_limit, v->in_flight, (long long)v->retried);
    else if (s->has_view)
        snprintf(out->left, sizeof out->left, "%s", s->id);
}

static const enum action hints_run[] = { ACTION_PREVIEW, ACTION_PAUSE, ACTION_RETRY, ACTION_REPORT, ACTION_CANCEL, ACTION_BACK, ACTION_RESUME, ACTION_NONE };

const struct app_screen screen_run = {
    .name = "run", .title = "Run", .size = sizeof(struct run_screen), .open = open_run, .close = close_run, .update = update_run, .render = render_run,
    .keys = keys_run, .typing = typing_run, .met = met_run, .why_not = why_not_run, .place = place_run, .status = status_run, .hints = hints_run,
};
