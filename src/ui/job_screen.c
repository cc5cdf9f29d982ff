#include "ui/job_screen.h"
#include "base/timefmt.h"
#include "ui/screens.h"

#define STALE_MS 300000      /* a plan older than this is made anew when the form is shown again */
#define WIDE_CELLS 120       /* wider, fields and their notes drift apart */

enum { ASK_COMPUTE = 1, ASK_PRODUCTION };

/* ---- what the buttons do ---- */

static void start(struct job_screen *s)
{
    planner_start(&s->planner);
    job_follow(s);
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
    char *command = job_follow_command(s);
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
        job_follow(s);
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
    job_follow(s);
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
        job_follow(s);
        return;
    }
    s->below = false;
    job_form_look_again(&s->fields);
    if (place)
        take_place(s, place);
    bool stale = s->draft && s->planned_at_ms && time_mono_ms() - s->planned_at_ms > STALE_MS;
    if (stale || (!s->planner.id[0] && !planner_busy(&s->planner)))
        job_follow_anew(s);
    else
        job_follow(s);
    if (s->planner.due_ms)   /* it may have come due while another screen was in front */
        app_wake(s->app, JOB_FOLLOW_SETTLE_MS);
}

static void take_planner(struct job_screen *s, const struct event *ev)
{
    char started[40];
    struct err e;
    if (!planner_take(&s->planner, ev, started, &e))
        return;
    if (e.code != ERR_NONE)
        app_say_err(s->app, &e);
    job_follow(s);
    if (started[0])
        app_show(s->app, TAB_RUNS, started);
}

static bool take_event(struct job_screen *s, const struct event *ev)
{
    if (ev->id == EVENT_WORLD)
        job_follow_anew(s);
    else if (ev->id == EVENT_PLACE || ev->id == EVENT_RUNS)
        job_follow(s);
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
        job_follow(s);
    job_follow_picker(s);
    return true;
}

static bool act(struct job_screen *s, enum action a)
{
    if (a == ACTION_REFRESH && !s->fields.form.picking) {
        job_form_ask_again(&s->fields);
        job_follow_anew(s);
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
    case APP_TICK: job_follow_tick(s); return true;
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
        job_follow(s);
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
    (void)state;
    return NEED_ALL | NEED_BIT(NEED_START_THERE);
}

const char *job_screen_hint(const void *state, enum action a)
{
    const struct job_screen *s = state;
    if (a == ACTION_TO_START)
        return start_below(s) ? NULL : "";
    return a == ACTION_OPEN ? form_enter_words(&s->fields.form) : NULL;
}

void job_screen_status(const void *state, struct app_words *out)
{
    const struct job_screen *s = state;
    str_copy(out->left, sizeof out->left, s->planner.starting ? "starting" : "nothing was changed yet");
    str_copy(out->right, sizeof out->right, start_below(s) ? "F5 goes to Start" : "Ctrl-R plans again");
}
