#ifndef LAKEFERRY_UI_RUNS_FEED_H
#define LAKEFERRY_UI_RUNS_FEED_H
/*
 * runs_feed: all runs of this user as they are now, whoever started them, read from journals by a thread of its own: about four times a second
 * while one runs, else now and then. When something changed an event is posted for all screens; nothing is posted while nothing changes.
 * All functions belong to the UI thread; runs_list is a snapshot that anybody may read while holding it.
 */
#include "core/view.h"
#include "ui/event.h"
#include <stdatomic.h>

#define RUNS_FEED_MOST 300   /* the newest; the others are told by `lakeferry runs` */

struct runs_list {
    struct view *views;      /* newest first */
    size_t count, left_off;
    size_t live;             /* that go on: begun, and not waiting for an answer */
    struct err error;        /* why they cannot be read; code set */
    atomic_int users;
};

struct runs_feed;
/* event: the id of the events posted, to no screen in particular. 0 or -1. */
int runs_feed_new(struct event_queue *queue, int event, struct runs_feed **out, struct err *e);
/* Ends the thread. NULL is fine. */
void runs_feed_free(struct runs_feed *f);
/* The newest snapshot, to be released with runs_list_unref; NULL before the first reading, and for a NULL feed. */
const struct runs_list *runs_feed_now(struct runs_feed *f);
void runs_list_unref(const struct runs_list *l);
/* Reads everything at once: something was started or removed. */
void runs_feed_poke(struct runs_feed *f);
/* A run that this program only plans with is in no count and no list of runs. draft false: it is one no more. "" is none. */
void runs_feed_set_draft(struct runs_feed *f, const char *id, bool draft);
bool runs_feed_is_draft(struct runs_feed *f, const char *id);
/* NULL when it is not there. */
const struct view *runs_list_find(const struct runs_list *l, const char *id);
#endif
