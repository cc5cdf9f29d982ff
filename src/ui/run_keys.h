#ifndef LAKEFERRY_UI_RUN_KEYS_H
#define LAKEFERRY_UI_RUN_KEYS_H
/* run_keys: what the list of runs and the screen of one run have in common: which actions a run allows, and doing them. UI thread. */
#include "core/view.h"
#include "ui/run_jobs.h"

/* NEED_BITs that a run (NULL: none) meets. */
uint32_t run_keys_met(const struct view *v);
/* A reason of its own why the action cannot be used on this run, or NULL. */
const char *run_keys_why_not(const struct view *v, enum action a);
/* Does an action on a run, or asks before; questions come back to run_keys_answer. False when the action is none of a run's. */
bool run_keys_do(struct app *app, const struct view *v, enum action a, int event, uint64_t serial);
/* The answer to a question of run_keys_do about this run. */
void run_keys_answer(struct app *app, const struct view *v, int tag, int answer, int event, uint64_t serial);
/* Says how a job ended; payload of its event. */
void run_keys_done(struct app *app, const struct run_done *done);
/* Items that can be sent again: an id that is somebody else's stays in conflict. */
int64_t run_keys_again(const struct view *v);
bool run_keys_unfinished(const struct view *v);
/* Its tables are there to be looked at. */
bool run_keys_has_rows(const struct view *v);
/* What a key does to this run (NULL: none) now where its hint says something else ("go on" while it is paused), "" where it does nothing, or NULL. */
const char *run_keys_hint(const struct view *v, enum action a);
#endif
