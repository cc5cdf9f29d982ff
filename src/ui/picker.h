#ifndef LAKEFERRY_UI_PICKER_H
#define LAKEFERRY_UI_PICKER_H
/*
 * picker: one choice out of a list: typing filters, count and age are shown, Ctrl-R asks again, and a text that matches
 * nothing can be taken as a new or a whole name where that is possible. Items may come while it is open. Belongs to the UI thread.
 */
#include "ui/list.h"

enum picker_end { PICKER_GOES_ON, PICKER_CHOSEN, PICKER_NEW, PICKER_LEFT, PICKER_REFRESH };

struct picker {
    char title[96];
    struct list_store store;
    struct list list;
    bool loading;
    char make[64];      /* "make a new dataset named", or "" when nothing can be made */
    bool (*whole)(const char *text);   /* whether a typed text is a whole name, a choice wherever the list stands; NULL: none is */
    const char *shape;  /* with whole: how such a name looks, "catalog.schema.name"; constant */
    char age[48];       /* "listed 4 min ago", set by the screen */
    const char *whom;   /* is asked for the list, said while it loads ("Clarifai"); constant, NULL: nobody in particular */
    int64_t asked_ms;   /* since when, monotonic; 0: not known */
    char problem[512];  /* why the list could not be had; "" when all is well */
};

void picker_init(struct picker *p, const char *title);
void picker_release(struct picker *p);
/* Adds an item; the cursor stays where it is. 0 or -1 with ERR_NO_MEMORY. */
int picker_add(struct picker *p, const struct list_row *row, struct err *e);
/* Forgets the items (before new ones are added); cursor and filter are kept. */
void picker_clear(struct picker *p);
/* What an action brings. With PICKER_CHOSEN the choice is picker_id(), with PICKER_NEW picker_text(). */
enum picker_end picker_update(struct picker *p, enum action a);
bool picker_type(struct picker *p, uint32_t cp);
const char *picker_id(const struct picker *p);    /* NULL when nothing is under the cursor */
const char *picker_text(const struct picker *p);  /* what is typed */
/* Says in the foot how old the list is ("listed just now"); 0: nothing is said. Milliseconds of the wall clock. */
void picker_set_age(struct picker *p, int64_t listed_at_ms);
void picker_render(struct picker *p, struct frame *f, struct layout_rect r);
#endif
