#ifndef LAKEFERRY_CORE_VIEW_H
#define LAKEFERRY_CORE_VIEW_H
/*
 * view: runs as people see them, from their journals and, while they run, their sockets. Reading never disturbs a run. view_* read disk and
 * sockets: call them off the screen's thread.
 */
#include "core/run.h"

struct view_stage { char name[24]; char text[120]; bool done, active; int64_t count, total, bytes; int64_t milliseconds; };
struct view {
    char id[40]; enum ask_verb verb; enum run_state state; bool alive; int pid;
    char title[320]; char place[512]; char parked_why[640]; /* of a live run also: a host that has not answered for a while */
    int64_t started_ms, ended_ms, done, total, bytes, eta_s; double rate, bytes_rate;
    int64_t accepted;                                       /* sent, and their end not seen yet: neither in done nor lost */
    int64_t again;                                          /* items that the last retry planned anew; 0: there was none */
    struct view_stage stages[12]; int stage_count;
    struct run_plan plan; bool has_plan;
    struct run_summary summary; bool has_summary; int exit_status;
    char table[320], annotations_table[320], images[512];       /* what it writes; "": nothing there */
    char report[512], profile[64]; bool sandbox;                 /* it was asked for with them */
    double clarifai_rate, clarifai_limit, files_rate, files_limit; int in_flight; int64_t retried;
};
/* The stage that works now, one that counts before one that does not; NULL when there is none. */
const struct view_stage *view_active(const struct view *v);
/* How far it is: of the stage that works, where it knows its total; else of all items those with an end, and of a run that stopped those it has sent. */
void view_progress(const struct view *v, int64_t *done, int64_t *total);
/* Its state in words for people, as commands and screens say it: "sending", "waits for the platform", "stopped, resumable", "done, 2 not imported". */
char *view_state_words(const struct view *v, char *out, size_t size);
/* What its last retry took up, what failed and what was cancelled: "2 items taken up again"; "" when there was none. */
char *view_again_words(const struct view *v, char *out, size_t size);
/* Items that have an end nobody wanted, of the summary. */
int64_t view_wrong(const struct view *v);
/* The id of the only run whose id ends with "-WORD" ("a498", as the screens name runs); else the word itself. */
void view_find(const char *word, char *out, size_t size);
int view_read(const char *id, struct view *out, struct err *e);
/* Names of all runs, in no order; without a look into them. */
int view_ids(struct str_list *out, struct err *e);
/* All runs, newest first. Caller frees. */
int view_list(struct view **out, size_t *count, struct err *e);
/* Items in a state ("failed", "conflict", "skipped", …; NULL all), from offset. */
struct view_item { char *key, *input_id, *state, *reason, *code; int64_t bytes; };
int view_items(const char *id, const char *state, int64_t offset, int64_t limit, struct view_item **out, size_t *count, struct err *e);
void view_items_free(struct view_item *items, size_t count);
/* Controls of a live run through its socket: "yes", "no", "pause", "resume", "cancel". ERR_NOT_FOUND when it is not alive. */
int view_control(const char *id, const char *command, struct err *e);
/*
 * Follows a live run: each line of its socket to each, until it ends (*status: the exit status that it recorded, 1 when it recorded none) or each returns
 * -1 (*status 0). A connection that the run dropped is made again, and begins with the last words. -1 also when the run's record cannot be read at its end.
 */
int view_watch(const char *id, int (*each)(void *ctx, const cJSON *line), void *ctx, int *status, struct err *e);
#endif
