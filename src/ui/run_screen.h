#ifndef LAKEFERRY_UI_RUN_SCREEN_H
#define LAKEFERRY_UI_RUN_SCREEN_H
/*
 * run_screen: the inside of the screen of one run, shared by screen_run.c (following it, keys), run_list.c (what can be done and what failed, as one
 * list) and run_draw.c. UI thread.
 */
#include "ui/run_items.h"
#include "ui/run_results.h"
#include "ui/screens.h"

enum { EVENT_DONE = EVENT_OWN + 20, EVENT_FAILED_ITEMS };   /* those of preview_rows stand before */

/* Rows of the list that do something. */
enum run_doer { DO_PREVIEW, DO_RETRY, DO_RESUME, DO_START, DO_REFUSE, DO_REPORT, DO_SKIPPED, DO_ANNOTATIONS, DO_IMAGES, DOERS };

struct run_screen {
    struct app *app;
    char id[40];
    struct view view;
    bool has_view, gone;
    struct run_items_ask ask;
    struct run_items *wrong;
    struct run_results results;
    bool reading, read_again;
    bool said;               /* the line of messages holds what a job of ours said; it is true until the run's state changes */
    bool sending_again;      /* asked for, and the run was not seen to go on yet: not to be asked for twice */
    size_t doers, doers_own; /* rows that do something; of them without rows of the tables */
    bool listed;             /* rows of the tables stand in the list: there is no room below it */
    struct list_store store;
    struct list list;
    struct layout_rect body;
};

/* run_list.c. The list follows what the run is and what of it was read. */
void run_list_rebuild(struct run_screen *s);
/* Reads what failed on another thread; EVENT_FAILED_ITEMS brings it. */
void run_list_read(struct run_screen *s);
void run_list_take(struct run_screen *s, struct event *ev);
/* What a row does, by its id; DOERS: none of these. */
enum run_doer run_list_doer(const char *id);
/* The action of one of them; ACTION_NONE where the screen does it. */
enum action run_list_action(enum run_doer which);
/* The cursor is on the row between what can be done and what failed, which it passes by. */
bool run_list_on_heading(const struct run_screen *s);
/* "failed 3", "nothing failed so far". Returns out. */
char *run_list_title(const struct run_screen *s, char *out, size_t size);

/* run_draw.c */
void run_draw(void *state, struct app *app, struct frame *f, struct layout_rect r);
#endif
