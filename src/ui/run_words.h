#ifndef LAKEFERRY_UI_RUN_WORDS_H
#define LAKEFERRY_UI_RUN_WORDS_H
/* run_words: what screens say about runs and plans, made from a view. Pure; any thread. Texts are cut at the room given. */
#include "core/view.h"
#include "ui/theme.h"

/* How view_state_words is written. */
enum theme_role run_words_role(const struct view *v);
/* "import main.vision.pictures/2026/08 -> traffic/pictures-2026-08". */
char *run_words_title(const struct view *v, char *out, size_t size);
/* "7f3a": the end of its id, which is enough to tell it. */
const char *run_words_short_id(const char *id);
/* "640 / 1,150  55 %  88/s  0:06 left"; "" when nothing is counted. */
char *run_words_progress(const struct view *v, char *out, size_t size);
/* The percentage in it; -1 when nothing is counted. */
int run_words_percent(const struct view *v);
/* "1,150 verified, 38 already there, 2 failed; 1,192 rows in main.vision.pictures; 0:23". */
char *run_words_summary(const struct view *v, char *out, size_t size);

/* A line of a plan. open: what of it can be looked at. */
enum plan_open { PLAN_OPEN_NOTHING, PLAN_OPEN_FAILED = 1, PLAN_OPEN_SKIPPED, PLAN_OPEN_CONFLICT, PLAN_OPEN_CHANGED, PLAN_OPEN_ALL,
                 PLAN_OPEN_INSERTED, PLAN_OPEN_UPDATED, PLAN_OPEN_UNCHANGED, PLAN_OPEN_MISSING, PLAN_OPEN_SAMPLES };
struct plan_line { enum plan_open open; enum theme_role role; char text[500]; };
#define PLAN_LINES 16
/* run_plans.c: the plan of v, which has one, in a few words ("12 to insert, 3 to change"), and line by line. */
char *run_words_plan_brief(const struct view *v, char *out, size_t size);
size_t run_words_plan(const struct view *v, double files_rate, struct plan_line out[PLAN_LINES]);
#endif
