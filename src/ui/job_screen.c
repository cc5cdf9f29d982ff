#include "ui/job_screen.h"
#include "base/timefmt.h"
#include "ui/form_names.h"
#include "ui/screens.h"

#define SETTLE_MS 500        /* after the last change of a field, before a plan is made */
#define TYPING_MS 2000       /* the same while a text is being typed */
#define LOOK_MS 5000         /* between two looks whether a platform that was away is back */
#define STALE_MS 300000      /* a plan older than this is made anew when the form is shown again */
#define WIDE_CELLS 120       /* wider, fields and their notes drift apart */

enum { ASK_COMPUTE = 1, ASK_PRODUCTION };

/* ---- how the plan stands ---- */

bool job_screen_planned(const struct job_screen *s)
{
    return s->draft && s->draft->has_plan && !s->draft->plan.start_only && (s->draft->state == RUN_AT_GATE || s->draft->alive);
}

bool job_screen_plan_failed(const struct job_screen *s)
{
    bool ended = s->draft && !s->draft->alive && (s->draft->state == RUN_FAILED || s->draft->state == RUN_PARKED);
    return s->planner.error.code != ERR_NONE || ended;
}

bool job_screen_waits_for_compute(const struct job_screen *s)
{
    return s->draft && s->draft->has_plan && s->draft->plan.start_only && s->draft->state == RUN_AT_GATE;
}

static const char *start_off(struct job_screen *s, const char *missing)
{
    if (missing)
        return missing;
    if (world_read_only(s->fields.world))
        return "this session is read-only";
    if (job_screen_plan_failed(s))
        return "the plan failed: see above";
    if (s->planner.starting)
        return "starting";
    if (job_screen_planned(s))
        return NULL;
    return job_screen_waits_for_compute(s) && !s->planner.agreed ? "start the compute first" : "the plan is being made";
}

static char *command_of(struct job_screen *s)
{
    struct ask ask;
    struct err ignored;
    char *text = job_form_ask(&s->fields, &ask, &ignored) == 0 ? ask_command_line(&ask) : NULL;
    ask_release(&ask);
    return text;
}

/* ---- following the fields ---- */

/* Whether planning got on between two readings. */
static bool news(const struct view *a, const struct view *b)
{
    bool same = str_eq(a->id, b->id) && a->state == b->state && a->has_plan == b->has_plan && a->total == b->total;
    for (int i = 0; same && i < b->stage_count; i++)
        same = a->stages[i].done == b->stages[i].done && a->stages[i].count == b->stages[i].count;
    return !same;
}

/* The newest reading of the run that plans. */
static void read_draft(struct job_screen *s)
{
    const struct runs_list *l = runs_feed_now(s->fields.world->runs);
    const struct view *v = s->planner.id[0] ? runs_list_find(l, s->planner.id) : NULL;
    if (v && !s->draft)
        s->draft = calloc(1, sizeof *s->draft);
    if (v && s->draft) {
        bool was = job_screen_planned(s) && str_eq(s->draft->id, v->id);
        s->heard_ms = news(s->draft, v) ? time_mono_ms() : s->heard_ms;
        *s->draft = *v;
        s->planned_at_ms = job_screen_planned(s) && !was ? time_mono_ms() : s->planned_at_ms;
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
static void watch_return(struct job_screen *s)
{
    bool unseen = job_form_unseen(&s->fields);
    if (!job_screen_plan_failed(s)) {
        s->retried = s->retried && !job_screen_planned(s);
        s->look_ms = 0;
        return;
    }
    s->retried = s->retried && !unseen;
    if (s->look_ms == 0 && !s->retried) {
        s->look_ms = time_mono_ms() + LOOK_MS;
        s->looked = false;
        app_wake(s->app, LOOK_MS);
    } else if (s->looked && !unseen && !job_form_looking(&s->fields) && job_form_answered(&s->fields)) {
        s->retried = true;
        s->looked = false;
        planner_drop(&s->planner, true, SETTLE_MS);
    }
}

/* A text under the cursor may not be whole yet. */
static int64_t settle_ms(const struct job_screen *s)
{
    const struct form_item *here = form_find(&s->fields.form, s->fields.form.focus);
    return here && here->kind == FORM_TEXT && here->touched ? TYPING_MS : SETTLE_MS;
}

/* Fields, plan and buttons agree again; where the job is another one now, its plan is to be made. */
static void follow(struct job_screen *s)
{
    char text[400];
    struct form *m = &s->fields.form;
    job_form_refresh(&s->fields);
    const char *missing = job_form_missing(&s->fields, text, sizeof text);
    char *command = missing ? NULL : command_of(s);
    bool looking = missing && s->fields.world->session && job_form_looking(&s->fields);  /* a plan there is stays until that is known */
    if (!looking && !str_eq(command, s->planned)) {
        planner_drop(&s->planner, command != NULL, settle_ms(s));
        str_set(&s->planned, command);
    }
    free(command);
    read_draft(s);
    watch_return(s);
    job_plan_show(s, missing);
    form_disable(m, FIELD_START, start_off(s, missing));
    form_disable(m, FIELD_DRY_RUN, job_screen_planned(s) && !missing ? NULL : start_off(s, missing));
    form_disable(m, FIELD_COPY, missing);
}

static void plan_again(struct job_screen *s)
{
    str_set(&s->planned, NULL);
    follow(s);
}

static void begin_plan(struct job_screen *s)
{
    struct err e = { 0 };
    struct ask *ask = calloc(1, sizeof *ask);
    if (ask && job_form_ask(&s->fields, ask, &e) == 0) {
        planner_begin(&s->planner, ask);
        return;
    }
    if (ask)
        ask_release(ask);
    else
        err_no_memory(&e);
    free(ask);
    s->planner.due_ms = 0;
    s->planner.error = e;
}

/* ---- what the buttons do ---- */

static void start(struct job_screen *s)
{
    planner_start(&s->planner);
    follow(s);
}

/* What a person types to say that production is meant: the table, else the dataset. */
static const char *word_of(const struct job_screen *s)
{
    const char *table = job_value(&s->fields, FIELD_TABLE), *dot = strrchr(table, '.');
    return table[0] ? (dot ? dot + 1 : table) : job_value(&s->fields, FIELD_DATASET);
}

static void ask_start(struct job_screen *s)
{
    const struct run_plan *p = &s->draft->plan;
    const struct session *session = s->fields.world->session;
    char text[700];
    if (session && session->settings.production) {
        snprintf(text, sizeof text, "The profile %s is marked as production. %s is going to be changed.", session->profile_name, p->target);
        app_ask(s->app, ASK_PRODUCTION, "Production", text, "Stay|Start", word_of(s));
    } else if (p->compute_must_start && s->draft->table[0]) {
        snprintf(text, sizeof text, "The table is written by %s, which has to be started: that takes minutes and costs money.", p->compute);
        app_ask(s->app, ASK_COMPUTE, "Start the compute?", text, "Stay|Start", NULL);
    } else {
        start(s);
    }
}

static void copy_command(struct job_screen *s)
{
    char *command = command_of(s);
    if (command)
        app_copy(s->app, command, command);
    free(command);
}

static void dry_run(struct job_screen *s)
{
    bool samples = s->fields.verb->verb == ASK_UPDATE;
    if (s->fields.verb->verb != ASK_EXPORT)
        job_plan_open(s, samples ? PLAN_OPEN_SAMPLES : PLAN_OPEN_ALL);
    app_say(s->app, ROLE_INFO, s->fields.verb->verb == ASK_EXPORT ? "dry run: the plan above is all of it; nothing was changed"
                                                                  : "dry run: nothing was changed; Esc goes back to the form, where Start does it");
}

static void pressed(struct job_screen *s, int id)
{
    if (id == FIELD_START)
        ask_start(s);
    else if (id == FIELD_DRY_RUN)
        dry_run(s);
    else if (id == FIELD_COPY)
        copy_command(s);
    else if (id == FIELD_BEGIN && world_read_only(s->fields.world))
        app_say(s->app, ROLE_WARN, "this session is read-only: it starts nothing");
    else if (id == FIELD_BEGIN) {
        planner_agree(&s->planner);
        form_focus(&s->fields.form, FIELD_START);   /* the line goes, and the plan comes above the buttons */
        follow(s);
    } else if (id > FIELD_LINE)
        job_plan_open(s, (enum plan_open)(id - FIELD_LINE));
}

static void refused(struct job_screen *s, int id)
{
    const struct form_item *it = form_find(&s->fields.form, id);
    if (it && it->off)
        app_say(s->app, ROLE_WARN, "%s: %s", it->label, it->off);
}

/* ---- the screen ---- */

static void take_place(struct job_screen *s, const char *place)
{
    struct err e;
    if (job_form_take_place(&s->fields, place, &e) < 0)
        app_say_err(s->app, &e);
    form_focus(&s->fields.form, s->fields.verb->given);
}

int job_screen_open(struct job_screen *s, struct app *app, const struct job_verb *verb, uint64_t serial, const char *place, struct err *e)
{
    s->app = app;
    if (job_form_init(&s->fields, verb, world_of(app), e) < 0)
        return -1;
    planner_init(&s->planner, world_of(app), serial);
    if (place)
        take_place(s, place);
    follow(s);
    return 0;
}

void job_screen_close(void *state)
{
    struct job_screen *s = state;
    if (!s->app)
        return;
    planner_release(&s->planner);
    job_form_release(&s->fields);
    free(s->planned);
    free(s->draft);
    s->planned = NULL;
    s->draft = NULL;
}

static void shown(struct job_screen *s, const char *place)
{
    if (s->below && !place) {
        s->below = false;
        follow(s);
        return;
    }
    s->below = false;
    job_form_look_again(&s->fields);
    if (place)
        take_place(s, place);
    bool stale = s->draft && s->planned_at_ms && time_mono_ms() - s->planned_at_ms > STALE_MS;
    if (stale || (!s->planner.id[0] && !planner_busy(&s->planner)))
        plan_again(s);
    else
        follow(s);
    if (s->planner.due_ms)   /* it may have come due while another screen was in front */
        app_wake(s->app, SETTLE_MS);
}

static void take_planner(struct job_screen *s, const struct event *ev)
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

static bool take_event(struct job_screen *s, const struct event *ev)
{
    if (ev->id == EVENT_WORLD)
        plan_again(s);
    else if (ev->id == EVENT_PLACE || ev->id == EVENT_RUNS)
        follow(s);
    else
        take_planner(s, ev);
    return true;
}

static bool take_form(struct job_screen *s, struct form_event ev)
{
    ev = job_form_take(&s->fields, ev);
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

static bool act(struct job_screen *s, enum action a)
{
    if (a == ACTION_REFRESH && !s->fields.form.picking) {
        job_form_look_again(&s->fields);
        plan_again(s);
        return true;
    }
    if (a == ACTION_TO_START && !s->fields.form.picking) {
        form_focus(&s->fields.form, FIELD_START);
        return true;
    }
    if (a == ACTION_BACK && !s->fields.form.picking) {
        app_show(s->app, TAB_BROWSE, NULL);
        return true;
    }
    return take_form(s, form_update(&s->fields.form, a));
}

static void tick(struct job_screen *s)
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
        job_form_look_again(&s->fields);
    }
    follow(s);
    bool waits = job_screen_waits_for_compute(s) && !s->planner.agreed;
    if (!job_screen_planned(s) && !job_screen_plan_failed(s) && !waits && (s->planner.id[0] || s->planner.beginning))
        app_wake(s->app, 1000);   /* silence is told while it lasts */
    else if (s->look_ms)
        app_wake(s->app, LOOK_MS);
}

bool job_screen_update(void *state, struct app *app, const struct app_input *in)
{
    struct job_screen *s = state;
    (void)app;
    switch (in->kind) {
    case APP_ACTION: return act(s, in->action);
    case APP_TYPED: return take_form(s, form_type(&s->fields.form, in->key));
    case APP_PASTED: return take_form(s, form_paste(&s->fields.form, in->text, in->length));
    case APP_EVENT: return take_event(s, in->event);
    case APP_SHOWN: shown(s, in->arg); return true;
    case APP_ANSWER:
        if (in->answer == 1 && job_screen_planned(s))
            start(s);
        return true;
    case APP_TICK: tick(s); return true;
    default: return false;
    }
}

void job_screen_render(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct job_screen *s = state;
    (void)app;
    r.cols = r.cols < WIDE_CELLS ? r.cols : WIDE_CELLS;
    if (s->cols != r.cols) {
        s->cols = r.cols;
        follow(s);
    }
    form_render(&s->fields.form, f, r);
}

const enum keymap_set *job_screen_keys(const void *state)
{
    return form_keys(&((const struct job_screen *)state)->fields.form);
}

bool job_screen_typing(const void *state)
{
    return form_typing(&((const struct job_screen *)state)->fields.form);
}

/* The plan waits for Start, which is not seen. */
static bool start_below(const struct job_screen *s)
{
    const struct form_item *start = form_find(&s->fields.form, FIELD_START);
    return job_screen_planned(s) && start && !start->off && !form_in_sight(&s->fields.form, FIELD_START);
}

uint32_t job_screen_met(const void *state)
{
    return start_below(state) ? NEED_ALL | NEED_BIT(NEED_START_BELOW) : NEED_ALL;
}

const char *job_screen_hint(const void *state, enum action a)
{
    const struct job_screen *s = state;
    return a == ACTION_OPEN ? form_enter_words(&s->fields.form) : NULL;
}

void job_screen_status(const void *state, struct app_words *out)
{
    const struct job_screen *s = state;
    str_copy(out->left, sizeof out->left, s->planner.starting ? "starting" : "nothing was changed yet");
    str_copy(out->right, sizeof out->right, start_below(s) ? "F5 goes to Start" : "Ctrl-R plans again");
}
