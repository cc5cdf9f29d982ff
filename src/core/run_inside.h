#ifndef LAKEFERRY_CORE_RUN_INSIDE_H
#define LAKEFERRY_CORE_RUN_INSIDE_H
/*
 * run_inside: what run_folder.c, run_all.c, run_exec.h, worker.c and view.c share: a run's folder, its lock, its verb. Other modules see core/run.h and
 * core/view.h. Any thread, but a struct run belongs to the one that opened it.
 *
 * Facts of a run in its journal: state, started, ended, exit, gate (passed), cancelled, plan, summary, live (figures for viewers), parked, error, start
 * (starting the compute was allowed), again (items that the last retry planned anew); of a verb that counts otherwise than by items: count.planned,
 * count.verified, count.present, count.cancelled; of one that compares tables: inserted, changed, unchanged, missing.
 */
#include "core/journal.h"
#include "core/run.h"
#include "core/stages.h"

#define RUN_UNMADE ".new-"     /* how the folder of a run begins while it is being made or removed */
/* STATE/runs/ID; ERR_USAGE for an id that is none. Owned. */
char *run_folder(const char *id, struct err *e);
/* STATE/runs, made. Owned. */
char *run_folder_all(struct err *e);
/* Takes the lock and keeps it by the descriptor; ERR_CONFLICT names the pid that has it. */
int run_lock(const char *folder, int *fd, struct err *e);
/* The pid that has the lock, 0: nobody. Disturbs nothing. */
int run_lock_holder(const char *folder);
/* When the run was made, by its folder: for a journal that cannot be read. 0: not known. */
int64_t run_made_ms(const char *folder);
int run_read_ask(const char *folder, struct ask *out, struct err *e);
enum run_state run_state_by_name(const char *name);   /* RUN_FAILED for an unknown one */
bool run_state_final(enum run_state s);
const struct stages_verb *run_verb(enum ask_verb v);  /* NULL when this program has none */
/* Where its rows or pictures come from: a volume path, a URL, "user/app/dataset". Owned; NULL without memory. */
char *run_place(const struct ask *ask);
/* "main.vision.pictures -> lab-user/traffic/ds". */
void run_title(const struct ask *ask, char *out, size_t size);
/*
 * A run of another process that does the same: the verb, from the same place, into the same dataset or table (user: whose an app without a name is).
 * 1 and its id; 0: none that is begun or needs no more yes, or none that can be looked at.
 */
int run_find_same(const char *id, const struct ask *ask, const char *user, char other[40]);
/* Ids of all runs, in no order. */
int run_ids(struct str_list *out, struct err *e);

struct run {
    char id[40];
    char *folder;
    int lock;
    struct journal *journal;
    struct ask ask;
};
#endif
