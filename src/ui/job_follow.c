/* The plan follows the fields: made some time after the last change, dropped with the next, tried again when a platform that was away is back. */
#include "ui/job_screen.h"
#include "base/timefmt.h"

#define TYPING_MS 2000       /* the same while a text is being typed */
#define LOOK_MS 5000         /* between two looks whether a platform that was away is back */

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

bool job_screen_plan_cancelled(const struct job_screen *s)
{
    return s->draft && !s->draft->alive && s->draft->state == RUN_CANCELLED && s->planner.error.code == ERR_NONE;
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
    if (job_screen_plan_cancelled(s))
        return "the plan was cancelled: see above";
    if (s->planner.starting)
        return "starting";
    if (job_screen_planned(s))
        return NULL;
    return job_screen_waits_for_compute(s) && !s->planner.agreed ? "start the compute first" : "the plan is being made";
}

char *job_follow_command(struct job_screen *s)
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
        planner_drop(&s->planner, true, JOB_FOLLOW_SETTLE_MS);
    }
}

/* A text under the cursor may not be whole yet. */
static int64_t settle_ms(const struct job_screen *s)
{
    const struct form_item *here = form_find(&s->fields.form, s->fields.form.focus);
    return here && here->kind == FORM_TEXT && here->touched ? TYPING_MS : JOB_FOLLOW_SETTLE_MS;
}

void job_follow_picker(struct job_screen *s)
{
    if (s->fields.form.picking && s->fields.form.picker.loading)
        app_wake(s->app, 1000);
}

void job_follow(struct job_screen *s)
{
    char text[400];
    struct form *m = &s->fields.form;
    job_form_refresh(&s->fields);
    const char *missing = job_form_missing(&s->fields, text, sizeof text);
    char *command = missing ? NULL : job_follow_command(s);
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
    job_follow_picker(s);
}

void job_follow_anew(struct job_screen *s)
{
    str_set(&s->planned, NULL);
    job_follow(s);
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

void job_follow_tick(struct job_screen *s)
{
    if (planner_due(&s->planner)) {
        begin_plan(s);
        s->heard_ms = time_mono_ms();
    } else if (s->planner.due_ms) {
        app_wake(s->app, JOB_FOLLOW_SETTLE_MS);
    }
    if (s->look_ms && time_mono_ms() >= s->look_ms) {
        s->look_ms = time_mono_ms() + LOOK_MS;
        s->looked = true;
        job_form_look_again(&s->fields);
    }
    job_follow(s);
    bool waits = job_screen_waits_for_compute(s) && !s->planner.agreed;
    bool over = job_screen_planned(s) || job_screen_plan_failed(s) || job_screen_plan_cancelled(s);
    if (!over && !waits && (s->planner.id[0] || s->planner.beginning))
        app_wake(s->app, 1000);   /* silence is told while it lasts */
    else if (s->look_ms)
        app_wake(s->app, LOOK_MS);
}
