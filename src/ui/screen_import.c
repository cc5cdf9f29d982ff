#include "ui/import_form.h"
#include "ui/planner.h"
#include "ui/run_items.h"
#include "ui/run_words.h"
#include "ui/screens.h"
#include "base/timefmt.h"
#include "base/utf8.h"

#define SETTLE_MS 500        /* after the last change of a field, before a plan is made */
#define SILENT_MS 3000       /* without news from the planning run, before that is said */
#define LOOK_MS 5000         /* between two looks whether a platform that was away is back */
#define STALE_MS 300000      /* a plan older than this is made anew when the form is shown again */
#define WIDE_CELLS 120       /* wider, fields and their notes drift apart */
#define TEXT_LINES 6         /* rows that an error may take in the plan */

enum { ASK_COMPUTE = 1, ASK_PRODUCTION };

struct import_screen {
    struct app *app;
    struct import_form fields;
    struct planner planner;
    char *planned;           /* the command line of the plan there is or is being made; owned */
    int64_t planned_at_ms;
    struct view *draft;      /* the run that plans, as last read; owned */
    bool below;              /* a list of items lies over it */
    bool s3;                 /* the other half of the tab is shown */
    bool retried;            /* a plan that failed was made again by itself, and the platform had answered before */
    bool looked;             /* whether the platform is back was asked */
    int64_t heard_ms;        /* when the run that plans last showed something new, monotonic */
    int64_t look_ms;         /* when to look again whether the platform is back, monotonic; 0: never */
    int cols;
};

/* ---- the plan as lines of the form ---- */

static void add_line(struct import_screen *s, int id, enum theme_role role, const char *text, bool opens)
{
    struct err ignored;
    struct form *m = &s->fields.form;
    struct form_item *before = form_find(m, IMPORT_START);
    size_t at = before ? (size_t)(before - m->items) : 0;
    if (form_insert(m, IMPORT_START, FORM_LINE, id, text, &ignored) < 0)
        return;
    m->items[at].note_role = role;
    m->items[at].opens = opens;
}

/* Breaks a sentence at blanks into lines as wide as the form. */
static void add_text(struct import_screen *s, enum theme_role role, const char *text)
{
    int room = s->cols > 20 ? s->cols - 6 : 70;
    for (int i = 0; i < TEXT_LINES && *text; i++) {
        size_t n = strlen(text), fit = utf8_fit(text, n, room);
        size_t cut = fit;
        while (fit < n && cut > 0 && text[cut] != ' ')
            cut--;
        cut = cut ? cut : fit;
        char *line = str_dup_n(text, cut);
        if (line)
            add_line(s, 0, role, line, false);
        free(line);
        text += cut;
        text += strspn(text, " ");
    }
}

static void add_plan(struct import_screen *s, const struct run_plan *p)
{
    struct plan_line lines[PLAN_LINES];
    const struct session *session = s->fields.world->session;
    size_t n = run_words_plan(p, session ? settings_number(&session->settings, SETTING_FILES_RATE) : 0, lines);
    for (size_t i = 0; i < n; i++)
        if (lines[i].open)
            add_line(s, IMPORT_LINE + (int)lines[i].open, lines[i].role, lines[i].text, true);
        else
            add_text(s, lines[i].role, lines[i].text);
}

static void add_progress(struct import_screen *s)
{
    char text[200] = "planning";
    const struct view *v = s->draft;
    const struct view_stage *stage = v ? run_words_active(v) : NULL;
    const struct session *session = s->fields.world->session;
    int64_t silent = s->planner.id[0] && s->heard_ms ? time_mono_ms() - s->heard_ms : 0;
    if (stage)
        snprintf(text, sizeof text, "planning: %s", stage->text);
    add_line(s, 0, ROLE_DIM, text, false);
    if (silent < SILENT_MS)
        return;
    snprintf(text, sizeof text, "no answer from %s or Clarifai for %lld s; it goes on when they answer",
             session && session->settings.host.text ? session->settings.host.text : "the workspace", (long long)(silent / 1000));
    add_text(s, ROLE_WARN, text);
}

static bool planned(const struct import_screen *s)
{
    return s->draft && s->draft->has_plan && (s->draft->state == RUN_AT_GATE || s->draft->alive);
}

static bool plan_failed(const struct import_screen *s)
{
    return s->planner.error.code != ERR_NONE || (s->draft && !s->draft->alive && s->draft->state == RUN_FAILED);
}

static void show_plan(struct import_screen *s, const char *missing)
{
    char sentence[1400];
    form_clear_lines(&s->fields.form);
    if (s->planner.error.code != ERR_NONE)
        add_text(s, ROLE_BAD, err_sentence(&s->planner.error, sentence, sizeof sentence));
    else if (plan_failed(s))
        add_text(s, ROLE_BAD, s->draft->parked_why[0] ? s->draft->parked_why : "the plan could not be made");
    else if (missing)
        add_text(s, ROLE_DIM, missing);
    else if (planned(s))
        add_plan(s, &s->draft->plan);
    else
        add_progress(s);
    if (plan_failed(s))
        add_line(s, 0, ROLE_DIM, "Ctrl-R makes the plan again", false);
}

/* ---- following the fields ---- */

static const char *start_off(struct import_screen *s, const char *missing)
{
    if (missing)
        return missing;
    if (world_read_only(s->fields.world))
        return "this session is read-only";
    if (plan_failed(s))
        return "the plan failed: see above";
    if (s->planner.starting)
        return "starting";
    return planned(s) ? NULL : "the plan is being made";
}

static char *command_of(struct import_screen *s)
{
    struct ask ask;
    struct err ignored;
    char *text = import_form_ask(&s->fields, &ask, &ignored) == 0 ? ask_command_line(&ask) : NULL;
    ask_release(&ask);
    return text;
}

/* Whether planning got on between two readings. */
static bool news(const struct view *a, const struct view *b)
{
    bool same = str_eq(a->id, b->id) && a->state == b->state && a->has_plan == b->has_plan && a->total == b->total;
    for (int i = 0; same && i < b->stage_count; i++)
        same = a->stages[i].done == b->stages[i].done && a->stages[i].count == b->stages[i].count;
    return !same;
}

/* The newest reading of the run that plans. */
static void read_draft(struct import_screen *s)
{
    const struct runs_list *l = runs_feed_now(s->fields.world->runs);
    const struct view *v = s->planner.id[0] ? runs_list_find(l, s->planner.id) : NULL;
    if (v && !s->draft)
        s->draft = calloc(1, sizeof *s->draft);
    if (v && s->draft) {
        bool was = s->draft->has_plan && str_eq(s->draft->id, v->id);
        s->heard_ms = news(s->draft, v) ? time_mono_ms() : s->heard_ms;
        *s->draft = *v;
        s->planned_at_ms = v->has_plan && !was ? time_mono_ms() : s->planned_at_ms;
    } else if (!s->planner.id[0]) {
        free(s->draft);
        s->draft = NULL;
    }
    runs_list_unref(l);
}

/*
 * After a plan that failed the platform is looked at every few seconds; when it answers the plan is made again, once: what
 * failed for another reason than an absent platform would fail for ever.
 */
static void watch_return(struct import_screen *s)
{
    bool unseen = s->fields.dataset == IMPORT_DATASET_UNSEEN || s->fields.table == IMPORT_TABLE_UNSEEN;
    if (!plan_failed(s)) {
        s->retried = s->retried && !planned(s);
        s->look_ms = 0;
        return;
    }
    s->retried = s->retried && !unseen;
    if (s->look_ms == 0 && !s->retried) {
        s->look_ms = time_mono_ms() + LOOK_MS;
        s->looked = false;
        app_wake(s->app, LOOK_MS);
    } else if (s->looked && !unseen && !import_form_looking(&s->fields)) {
        s->retried = true;
        s->looked = false;
        planner_drop(&s->planner, true, SETTLE_MS);
    }
}

/* Fields, plan and buttons agree again; where the job is another one now, its plan is to be made. */
static void follow(struct import_screen *s)
{
    char text[400];
    struct form *m = &s->fields.form;
    import_form_refresh(&s->fields);
    const char *missing = import_form_missing(&s->fields, text, sizeof text);
    char *command = missing ? NULL : command_of(s);
    bool looking = missing && s->fields.world->session && import_form_looking(&s->fields);  /* a plan there is stays until that is known */
    if (!looking && !str_eq(command, s->planned)) {
        planner_drop(&s->planner, command != NULL, SETTLE_MS);
        str_set(&s->planned, command);
    }
    free(command);
    read_draft(s);
    watch_return(s);
    show_plan(s, missing);
    form_disable(m, IMPORT_START, start_off(s, missing));
    form_disable(m, IMPORT_DRY_RUN, missing ? missing : planned(s) ? NULL : plan_failed(s) ? "the plan failed: see above" : "the plan is being made");
    form_disable(m, IMPORT_COPY, missing);
}

static void plan_again(struct import_screen *s)
{
    str_set(&s->planned, NULL);
    follow(s);
}

static void begin_plan(struct import_screen *s)
{
    struct err e = { 0 };
    struct ask *ask = calloc(1, sizeof *ask);
    if (!ask || import_form_ask(&s->fields, ask, &e) < 0) {
        free(ask);
        s->planner.due_ms = 0;
        s->planner.error = e;
        return;
    }
    planner_begin(&s->planner, ask);
}

/* ---- what the buttons do ---- */

static void start(struct import_screen *s)
{
    planner_start(&s->planner);
    follow(s);
}

static void ask_start(struct import_screen *s)
{
    const struct run_plan *p = &s->draft->plan;
    const struct session *session = s->fields.world->session;
    const char *table = strrchr(form_value(&s->fields.form, IMPORT_TABLE), '.');
    char text[700];
    if (session && session->settings.production) {
        snprintf(text, sizeof text, "The profile %s is marked as production. %s is going to be changed.", session->profile_name, p->target);
        app_ask(s->app, ASK_PRODUCTION, "Production", text, "Stay|Start", table ? table + 1 : form_value(&s->fields.form, IMPORT_DATASET));
    } else if (p->compute_must_start && s->draft->table[0]) {
        snprintf(text, sizeof text, "The table is written by %s, which has to be started: that takes minutes and costs money.", p->compute);
        app_ask(s->app, ASK_COMPUTE, "Start the compute?", text, "Stay|Start", NULL);
    } else {
        start(s);
    }
}

static void copy_command(struct import_screen *s)
{
    char *command = command_of(s);
    if (command)
        app_copy(s->app, command, command);
    free(command);
}

static void open_items(struct import_screen *s, enum plan_open which)
{
    static const struct { const char *title, *states; bool changed; } kinds[] = {
        [PLAN_OPEN_FAILED] = { "Import > files that will fail", "failed", false },
        [PLAN_OPEN_SKIPPED] = { "Import > files that are skipped", "skipped", false },
        [PLAN_OPEN_CONFLICT] = { "Import > conflicts", "conflict", false },
        [PLAN_OPEN_CHANGED] = { "Import > ids that are not the files' names", "", true },
        [PLAN_OPEN_ALL] = { "Import > what would happen to each file", "", false },
    };
    struct run_items_ask ask = { .states = kinds[which].states, .changed = kinds[which].changed, .title = kinds[which].title };
    if (!s->draft)
        return;
    str_copy(ask.run, sizeof ask.run, s->draft->id);
    str_copy(ask.place, sizeof ask.place, s->draft->place);
    ask.whole_path = str_eq(form_value(&s->fields.form, IMPORT_IDS), "whole path");
    s->below = true;
    app_push(s->app, &screen_items, &ask);
}

static void dry_run(struct import_screen *s)
{
    open_items(s, PLAN_OPEN_ALL);
    app_say(s->app, ROLE_INFO, "dry run: nothing was changed; Esc goes back to the form, where Start does it");
}

static void pressed(struct import_screen *s, int id)
{
    if (id == IMPORT_START)
        ask_start(s);
    else if (id == IMPORT_DRY_RUN)
        dry_run(s);
    else if (id == IMPORT_COPY)
        copy_command(s);
    else if (id > IMPORT_LINE)
        open_items(s, (enum plan_open)(id - IMPORT_LINE));
}

static void refused(struct import_screen *s, int id)
{
    const struct form_item *it = form_find(&s->fields.form, id);
    if (it && it->off)
        app_say(s->app, ROLE_WARN, "%s: %s", it->label, it->off);
}

/* ---- the screen ---- */

static int open_import(void *state, struct app *app, const void *arg, struct err *e)
{
    struct import_screen *s = state;
    struct err ignored;
    s->app = app;
    if (import_form_init(&s->fields, world_of(app), e) < 0)
        return -1;
    planner_init(&s->planner, world_of(app), app_serial(app, s));
    if (arg && import_form_set_source(&s->fields, arg, &ignored) < 0)
        app_say_err(app, &ignored);
    follow(s);
    if (arg)
        form_focus(&s->fields.form, IMPORT_DATASET);
    return 0;
}

static void close_import(void *state)
{
    struct import_screen *s = state;
    planner_release(&s->planner);
    import_form_release(&s->fields);
    free(s->planned);
    free(s->draft);
}

static void shown(struct import_screen *s, const char *source)
{
    struct err e;
    if (s->below && !source) {
        s->below = false;
        follow(s);
        return;
    }
    s->below = false;
    import_form_look_again(&s->fields);
    if (source) {
        s->s3 = false;
        if (import_form_set_source(&s->fields, source, &e) < 0)
            app_say_err(s->app, &e);
        form_focus(&s->fields.form, IMPORT_DATASET);
    }
    bool stale = s->draft && s->planned_at_ms && time_mono_ms() - s->planned_at_ms > STALE_MS;
    if (stale || (!s->planner.id[0] && !planner_busy(&s->planner)))
        plan_again(s);
    else
        follow(s);
    if (s->planner.due_ms)   /* it may have come due while another screen was in front */
        app_wake(s->app, SETTLE_MS);
}

static void take_planner(struct import_screen *s, const struct event *ev)
{
    char started[40];
    struct err e;
    if (!planner_take(&s->planner, ev, started, &e))
        return;
    if (e.code != ERR_NONE)
        app_say_err(s->app, &e);
    follow(s);
    if (started[0])
        app_show(s->app, TAB_RUNS, started);
}

static bool take_event(struct import_screen *s, const struct event *ev)
{
    if (ev->id == EVENT_WORLD)
        plan_again(s);
    else if (ev->id == EVENT_PLACE || ev->id == EVENT_RUNS)
        follow(s);
    else
        take_planner(s, ev);
    return true;
}

static bool take_form(struct import_screen *s, struct form_event ev)
{
    ev = import_form_take(&s->fields, ev);
    if (ev.kind == FORM_NOTHING)
        return false;
    if (ev.kind == FORM_PRESSED)
        pressed(s, ev.id);
    else if (ev.kind == FORM_REFUSED)
        refused(s, ev.id);
    else if (ev.kind != FORM_HANDLED && ev.kind != FORM_OPENED && ev.kind != FORM_REFRESHED)
        follow(s);
    return true;
}

static bool act(struct import_screen *s, enum action a)
{
    const struct form_item *here = form_find(&s->fields.form, s->fields.form.focus);
    bool sideways = a == ACTION_LEFT || a == ACTION_RIGHT;
    if (s->s3) {
        s->s3 = !(sideways || a == ACTION_OPEN || a == ACTION_BACK);
        return !s->s3 || a == ACTION_UP || a == ACTION_DOWN;
    }
    if (sideways && !s->fields.form.picking && here && (here->kind == FORM_CHOICE || here->kind == FORM_LINE)) {
        s->s3 = true;
        return true;
    }
    if (a == ACTION_REFRESH && !s->fields.form.picking) {
        plan_again(s);
        return true;
    }
    if (a == ACTION_BACK && !s->fields.form.picking) {
        app_show(s->app, TAB_BROWSE, NULL);
        return true;
    }
    return take_form(s, form_update(&s->fields.form, a));
}

static void tick(struct import_screen *s)
{
    if (planner_due(&s->planner)) {
        begin_plan(s);
        s->heard_ms = time_mono_ms();
    } else if (s->planner.due_ms) {
        app_wake(s->app, SETTLE_MS);
    }
    if (s->look_ms && time_mono_ms() >= s->look_ms) {
        s->look_ms = time_mono_ms() + LOOK_MS;
        s->looked = true;
        import_form_look_again(&s->fields);
    }
    follow(s);
    if (!planned(s) && !plan_failed(s) && (s->planner.id[0] || s->planner.beginning))
        app_wake(s->app, 1000);   /* silence is told while it lasts */
    else if (s->look_ms)
        app_wake(s->app, LOOK_MS);
}

static bool update_import(void *state, struct app *app, const struct app_input *in)
{
    struct import_screen *s = state;
    (void)app;
    switch (in->kind) {
    case APP_ACTION: return act(s, in->action);
    case APP_TYPED: return !s->s3 && take_form(s, form_type(&s->fields.form, in->key));
    case APP_PASTED: return !s->s3 && take_form(s, form_paste(&s->fields.form, in->text, in->length));
    case APP_EVENT: return take_event(s, in->event);
    case APP_SHOWN: shown(s, in->arg); return true;
    case APP_ANSWER:
        if (in->answer == 1 && planned(s))
            start(s);
        return true;
    case APP_TICK: tick(s); return true;
    default: return false;
    }
}

static void render_import(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct import_screen *s = state;
    (void)app;
    r.cols = r.cols < WIDE_CELLS ? r.cols : WIDE_CELLS;
    if (s->cols != r.cols) {
        s->cols = r.cols;
        follow(s);
    }
    if (s->s3) {
        layout_cut_left(&r, 3);
        layout_cut_right(&r, 2);
        frame_wrap(f, r, ROLE_TEXT, "Import from S3 is not part of this version. Files that are in a Unity Catalog volume can be imported: Left goes there.", true);
        return;
    }
    form_render(&s->fields.form, f, r);
}

static const enum keymap_set *keys_import(const void *state)
{
    return form_keys(&((const struct import_screen *)state)->fields.form);
}

static bool typing_import(const void *state)
{
    const struct import_screen *s = state;
    return !s->s3 && form_typing(&s->fields.form);
}

static void place_import(const void *state, struct app_words *out)
{
    const struct import_screen *s = state;
    str_copy(out->left, sizeof out->left, s->s3 ? "Import from   Volume  [S3]  (Left: Volume)" : "Import from  [Volume]  S3  (Left, Right)");
}

static void status_import(const void *state, struct app_words *out)
{
    const struct import_screen *s = state;
    str_copy(out->left, sizeof out->left, s->planner.starting ? "starting" : "nothing was changed yet");
    if (!s->s3)
        str_copy(out->right, sizeof out->right, "Ctrl-R plans again");
}

const struct app_screen screen_import = {
    .name = "import", .title = "Import", .tab = "Import", .size = sizeof(struct import_screen), .open = open_import, .close = close_import,
    .update = update_import, .render = render_import, .keys = keys_import, .typing = typing_import, .place = place_import, .status = status_import,
};
