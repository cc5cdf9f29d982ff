#ifndef LAKEFERRY_UI_RUN_RESULTS_H
#define LAKEFERRY_UI_RUN_RESULTS_H
/*
 * run_results: the first rows of the tables that a run wrote, under its result; after an update those that it inserted or changed, as the plan
 * had them. Rows are read on threads of their own, by a compute that runs already: nothing is started for them. Belongs to the UI thread; its
 * events are those of preview_rows.
 */
#include "ui/list.h"
#include "ui/preview_rows.h"

#define RUN_RESULTS_ROWS 5   /* shown of a table */
#define RUN_RESULTS_SAMPLES 6

struct run_result {
    char table[320];
    struct preview_rows *rows;   /* owned; NULL until read */
    char words[700];             /* in the place of rows */
    struct run_sample samples[RUN_RESULTS_SAMPLES];   /* what an update did to rows of this table; in the place of rows */
    size_t sample_count;
    struct world_job *job;
};
struct run_results {
    struct run_result parts[2];
    size_t count;
    int64_t ended_ms;            /* of the run's end that they belong to; 0: none */
};

/* Reads the tables of a run that has ended and wrote rows; does nothing when that was begun for this end already. */
void run_results_follow(struct run_results *r, struct ui_world *w, const struct view *v, uint64_t serial);
/* Takes an event of a reading; false when it is none. */
bool run_results_take(struct run_results *r, struct event *ev);
void run_results_release(struct run_results *r);
/* Rows that they need at least, 0 when there is nothing to show. */
int run_results_least(const struct run_results *r);
/* The same as rows of a list, where there is no room for them below it; their ids begin with \x01. 0 or -1. */
int run_results_list(const struct run_results *r, struct list_store *out, struct err *e);
/* The table that a row of run_results_list is of; NULL: it is no such row. */
const char *run_results_table(const struct run_results *r, const char *id);
void run_results_render(const struct run_results *r, struct frame *f, struct layout_rect rect);
#endif
