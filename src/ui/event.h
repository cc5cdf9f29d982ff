#ifndef LAKEFERRY_UI_EVENT_H
#define LAKEFERRY_UI_EVENT_H
/*
 * event: how other threads tell the UI something. Any thread may post; only the UI thread takes. An event owns
 * its payload until the screen took it (set payload to NULL) or it is freed. Posting wakes the loop.
 */
#include "base/err.h"

struct event {
    int id;                          /* what happened; the numbers belong to the screens and their services */
    uint64_t target;                 /* serial of the screen it is for, 0: all of them */
    uint64_t tag;                    /* the poster's: a request number */
    void *payload;
    void (*release)(void *payload);  /* frees the payload; NULL when there is nothing to free */
    struct event *next;
};

struct event_queue;
struct event_queue *event_queue_new(struct err *e);
/* Frees what was not taken. No thread may post any more. */
void event_queue_free(struct event_queue *q);
/* Posts; takes the payload over also on failure (it is released then). 0 or -1 with ERR_NO_MEMORY. */
int event_post(struct event_queue *q, int id, uint64_t target, uint64_t tag, void *payload, void (*release)(void *), struct err *e);
/* All events so far, oldest first; the caller frees each with event_free. */
struct event *event_take(struct event_queue *q);
void event_free(struct event *ev);
/* Becomes readable when something was posted; a signal handler may write 8 bytes (a uint64_t 1) to wake the loop. */
int event_fd(const struct event_queue *q);
#endif
