#ifndef LAKEFERRY_UI_RUN_ITEMS_H
#define LAKEFERRY_UI_RUN_ITEMS_H
/*
 * run_items: items of a run read off the UI thread for a screen, and as rows and words for people; and the screen that lists them.
 * UI thread; a run_items that came with an event belongs to who took it.
 */
#include "core/view.h"
#include "ui/list.h"
#include "ui/world.h"

#define RUN_ITEMS_MOST 20000  /* shown of one kind; the report has them all */

/* Which items. states: names joined by blanks, "" for all; a constant. */
struct run_items_ask {
    char run[40];
    const char *states;
    bool changed;             /* only those whose id had to be changed */
    bool whole_path;          /* ids are made from whole paths */
    char place[512];          /* "/Volumes/c/s/v/path" the run reads from; names are shown from there on */
    char title[120];          /* of the screen */
    const char *samples;      /* a constant: rows of the run's plan with this change ("": all) in the place of items; NULL: items */
    int cols;                 /* cells that a row has; 0 when not known: names are then cut as on a narrow screen */
};
struct run_items { struct view_item *items; size_t count; bool more; struct err error; };

/* The answer comes as event to serial, payload a struct run_items. 0 or -1. */
int run_items_read(struct ui_world *w, const struct run_items_ask *ask, int event, uint64_t serial, struct err *e);
void run_items_free(void *items);
/* One row an item ("bad.png   refused by Clarifai"); ids are the keys. with_state: the state stands before the reason. */
int run_items_rows(const struct run_items *items, const struct run_items_ask *ask, bool with_state, struct list_store *out, struct err *e);
/* All that is known of the item with this key, for a dialog; false when it is not there. */
bool run_items_details(const struct run_items *items, const char *key, char *out, size_t size);

extern const struct app_screen screen_items;   /* pushed; struct run_items_ask */
#endif
