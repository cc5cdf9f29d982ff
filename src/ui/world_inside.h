#ifndef LAKEFERRY_UI_WORLD_INSIDE_H
#define LAKEFERRY_UI_WORLD_INSIDE_H
/* world_inside: what world.c (the session) and world_jobs.c (threads that work with it) share. UI thread but where a function says otherwise. */
#include "ui/world.h"
#include <stdatomic.h>

/* A session with its catalog, kept as long as a job uses it. */
struct world_link {
    struct session session;
    struct catalog *catalog;
    atomic_int users;
};

struct world_job {
    struct ui_world *world;
    world_work work;
    void *arg;
    struct world_link *link;        /* NULL: there was no session */
    struct session session;         /* a shallow copy with our cancel */
    struct net_cancel cancel;
    atomic_int users;               /* the thread and the owner */
    struct world_job *next;
};

/* Runs on a thread that world_settle waits for; it calls world_thread_ended as the last thing. */
int world_thread_start(struct ui_world *w, void *(*run)(void *), void *arg, struct err *e);
void world_thread_ended(struct ui_world *w);
/* One user less; true: that was the last, who frees it. l may be NULL. */
bool world_link_leave(struct world_link *l);
/* Waits for requests under way. Any thread but that of the UI. */
void world_link_free(struct world_link *l);
#endif
