#ifndef LAKEFERRY_UI_RUN_JOBS_H
#define LAKEFERRY_UI_RUN_JOBS_H
/* run_jobs: what can be done to a run, done on other threads. UI thread. */
#include "ui/world.h"

enum run_job { RUN_JOB_START, RUN_JOB_REFUSE, RUN_JOB_PAUSE, RUN_JOB_GO_ON, RUN_JOB_ASK_AGAIN, RUN_JOB_CANCEL, RUN_JOB_RETRY, RUN_JOB_RESUME, RUN_JOB_REMOVE };

/* How it ended; payload of the event, to be freed with free(). words: what to say when all went well. */
struct run_done { enum run_job job; char id[40]; char words[160]; struct err error; };

/* The event goes to serial. 0 or -1. */
int run_jobs_do(struct ui_world *w, enum run_job job, const char *id, int event, uint64_t serial, struct err *e);
#endif
