#ifndef LAKEFERRY_UI_PLANNER_H
#define LAKEFERRY_UI_PLANNER_H
/*
 * planner: the plan beside a form. It is a run whose worker stops at its gate: starting lets exactly that plan through, and when the form
 * changes the run is cancelled and removed. What the plan says comes from runs_feed. UI thread; the work is done on other threads.
 */
#include "ui/world.h"

enum planner_event { EVENT_PLANNING = EVENT_OWN + 40, EVENT_STARTED, EVENT_AGREED };

struct planner {
    struct ui_world *world;
    uint64_t serial;         /* of the screen that gets the events */
    char id[40];             /* the run; "" while there is none */
    uint64_t owner;          /* tells planners of one screen apart */
    uint64_t number;         /* of the newest wish; answers to older ones are dropped */
    int64_t due_ms;          /* when to begin, monotonic; 0: nothing is waiting */
    bool beginning;          /* a run is being made */
    bool starting;           /* the gate is being opened */
    bool agreed;             /* the compute may be started for the plan: the answer is on its way, or was given */
    struct err error;        /* why no run could be made; code set */
};

void planner_init(struct planner *p, struct ui_world *world, uint64_t serial);
/* Cancels and removes the run, waiting a moment for it. The program is being left: what other planners made goes with it. */
void planner_release(struct planner *p);
/* The same for the runs of all planners, where no screen could be closed because a thread still works. */
void planner_abandon(void);
/* After planner_abandon: the runs that could not be removed, because what they left at the platform could not. */
void planner_left(void (*each)(const char *id));
/* Forgets the plan there is; with again a new one is to begin after ms (app_wake is set): planner_due tells when. */
void planner_drop(struct planner *p, bool again, int64_t ms);
bool planner_due(const struct planner *p);
/* Makes the run; ask is taken over (malloc'ed). */
void planner_begin(struct planner *p, struct ask *ask);
/* Opens the gate; EVENT_STARTED follows. */
void planner_start(struct planner *p);
/* Lets the compute be started, which the plan waits for; EVENT_AGREED tells when that went wrong. */
void planner_agree(struct planner *p);
/* Takes an event of the planner. EVENT_STARTED: started gets the run's id, which is the planner's no more, or e tells why not. */
bool planner_take(struct planner *p, const struct event *ev, char started[40], struct err *e);
bool planner_busy(const struct planner *p);
#endif
