#ifndef LAKEFERRY_CORE_PLAN_H
#define LAKEFERRY_CORE_PLAN_H
/* plan: a run's plan as the `plan` line of design §3, and back (the journal keeps it as that line). Any thread. */
#include "core/journal.h"
#include "core/run.h"

/* Everything "does not apply". */
void plan_init(struct run_plan *p);
/* Members that apply, put into an object that is there. False without memory. */
bool plan_put(cJSON *line, const struct run_plan *p);
void plan_read(const cJSON *line, struct run_plan *out);
/* As a fact of the journal, and back: 1, or 0 and *out as it was where there is no such fact; -1. */
int plan_keep(struct journal *j, const char *fact, const struct run_plan *p, struct err *e);
int plan_restore(struct journal *j, const char *fact, struct run_plan *out, struct err *e);
/* The next free sample, with table and change filled in; NULL when there is no room. */
struct run_sample *plan_sample(struct run_plan *p, const char *table, const char *change);
/* One sentence more for the person (dropped when it is there already, or no room is left). */
void plan_note(struct run_plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
