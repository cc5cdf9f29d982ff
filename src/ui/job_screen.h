#ifndef LAKEFERRY_UI_JOB_SCREEN_H
#define LAKEFERRY_UI_JOB_SCREEN_H
/*
 * job_screen: the screen of a form with its plan and buttons: fields (job_form), the plan that follows them (planner, job_follow, job_plan), and what
 * the buttons do. Export and Update are such screens; Import is two of them. The functions fit into an app_screen. Belongs to the UI thread.
 */
#include "ui/job_form.h"
#include "ui/planner.h"
#include "ui/run_words.h"

struct job_screen {
    struct app *app;
    struct job_form fields;
    struct planner planner;
    char *planned;           /* the command line of the plan there is or is being made; owned */
    int64_t planned_at_ms;
    struct view *draft;      /* the run that plans, as last read; owned */
    bool below;              /* a list of items lies over it */
    bool retried;            /* a plan that failed was made again by itself, and the platform had answered before */
    bool looked;             /* whether the platform is back was asked */
    int64_t heard_ms;        /* when the run that plans last showed something new, monotonic */
    int64_t look_ms;         /* when to look again whether the platform is back, monotonic; 0: never */
    int cols;
};

/* Makes the form; serial is that of the app's screen. 0 or -1. */
int job_screen_open(struct job_screen *s, struct app *app, const struct job_verb *verb, uint64_t serial, const char *place, struct err *e);
void job_screen_close(void *state);
bool job_screen_update(void *state, struct app *app, const struct app_input *in);
void job_screen_render(void *state, struct app *app, struct frame *f, struct layout_rect r);
const enum keymap_set *job_screen_keys(const void *state);
bool job_screen_typing(const void *state);
uint32_t job_screen_met(const void *state);
const char *job_screen_hint(const void *state, enum action a);
void job_screen_status(const void *state, struct app_words *out);
/* There is a plan that Start would carry out. */
bool job_screen_planned(const struct job_screen *s);
bool job_screen_plan_failed(const struct job_screen *s);
/* Somebody cancelled it from elsewhere: what is shown then says so. */
bool job_screen_plan_cancelled(const struct job_screen *s);
/* It waits for the answer whether the compute may be started, without which there is no plan. */
bool job_screen_waits_for_compute(const struct job_screen *s);

/* job_follow.c: the plan follows the fields. */
#define JOB_FOLLOW_SETTLE_MS 500     /* after the last change of a field, before a plan is made */
/* Fields, plan and buttons agree again; where the job is another one now, its plan is to be made. */
void job_follow(struct job_screen *s);
/* The same, and the plan is made again in any case. */
void job_follow_anew(struct job_screen *s);
/* Does what has come due. */
void job_follow_tick(struct job_screen *s);
/* How long the list of an open picker is waited for is told while it is. */
void job_follow_picker(struct job_screen *s);
/* The job as a command line. Owned; NULL while the form is not whole. */
char *job_follow_command(struct job_screen *s);

/* job_plan.c: the plan as lines of the form. missing: why there can be none, or NULL. */
void job_plan_show(struct job_screen *s, const char *missing);
/* Opens what a line of the plan hides. */
void job_plan_open(struct job_screen *s, enum plan_open which);
#endif
