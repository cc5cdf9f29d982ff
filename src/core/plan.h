#ifndef LAKEFERRY_CORE_PLAN_H
#define LAKEFERRY_CORE_PLAN_H
/* plan: a run's plan as the `plan` line of design §3, and back (the journal keeps it as that line). Pure; any thread. */
#include "core/run.h"

/* Everything "does not apply". */
void plan_init(struct run_plan *p);
/* Members that apply, put into an object that is there. False without memory. */
bool plan_put(cJSON *line, const struct run_plan *p);
void plan_read(const cJSON *line, struct run_plan *out);
/* One sentence more for the person (dropped when it or four others are there already). */
void plan_note(struct run_plan *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
