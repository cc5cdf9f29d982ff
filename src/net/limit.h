#ifndef LAKEFERRY_NET_LIMIT_H
#define LAKEFERRY_NET_LIMIT_H
/*
 * limit: one quota shared by all processes of a user, in a small file per base and quota name. Requests per second are
 * one timestamp in the mapped file, advanced by compare-and-swap (a leaky bucket); requests in flight are byte locks on
 * the file, owned by the open file description, so the kernel frees them when a process dies. The window is the part
 * of the in-flight limit this process uses at the moment. A struct limit belongs to one thread at a time (the engine holds its lock);
 * other processes and other engines work on the same file at any time.
 */
#include "base/err.h"

#define LIMIT_SLOTS_MAX 512

struct limit;

/*
 * Opens (and creates, mode 0600) the quota's file in dir. dir NULL, or no limit at all: nothing is shared. per_second and in_flight: 0 is no limit.
 * ERR_IO when the file cannot be used.
 */
int limit_open(const char *dir, const char *base, const char *name, double per_second, int in_flight,
               struct limit **out, struct err *e);
/* Gives back everything held. NULL is accepted. */
void limit_close(struct limit *l);

/* A slot's number, or -1 when all are taken, by us or by others, or when others wait and we have our share. */
int limit_take_slot(struct limit *l);
void limit_give_slot(struct limit *l, int slot);
/* Tells the other processes that we wait for a slot (they keep to their share then), or no longer wait. */
void limit_want(struct limit *l, bool wanted);
/* Takes the next turn of the rate: 0 when taken, else the microseconds until it makes sense to ask again. */
int64_t limit_take_turn(struct limit *l);
/* Holds everybody back for ms from now (Retry-After of a refusal). */
void limit_hold(struct limit *l, int64_t ms);
/* Monotonic microseconds, the clock of the shared timestamp. */
int64_t limit_now_us(void);

/* Adaptive window: halves on a refusal, once per round trip; grows by one for each window of successes. cap 0: no limit. */
struct limit_window { int cap, size, grown; int64_t cut_ms; };
void limit_window_init(struct limit_window *w, int cap);
/* begun_ms: when the refused request was admitted; refusals of requests begun before the last cut change nothing. */
void limit_window_refused(struct limit_window *w, int in_flight, int64_t begun_ms, int64_t now_ms);
void limit_window_success(struct limit_window *w);
bool limit_window_open(const struct limit_window *w, int in_flight);
#endif
