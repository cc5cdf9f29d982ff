#ifndef LAKEFERRY_NET_ENGINE_INNER_H
#define LAKEFERRY_NET_ENGINE_INNER_H
/*
 * engine_inner: what engine.c (the thread), engine_attempts.c (each attempt on it), engine_sockets.c (the sockets of their connections),
 * engine_callers.c and call.c (a caller's side) and pool.c (admission's state) share. `lock` guards hosts, pools and the waiting lists; running
 * transfers, sockets and curl belong to the engine thread alone; a call belongs to its caller except between engine_run and its return.
 */
#include "net/limit.h"
#include "net/retry.h"
#include "base/url.h"
#include "net/transfer.h"
#include <pthread.h>
#include <semaphore.h>

#define RATE_SECONDS 4
#define ENGINE_SOCKETS_MAX 512
#define POOLS_MAX 64    /* addresses of pictures and signed links may name as many hosts as there are items */

struct host {                          /* one scheme, host and port: the breaker's scope */
    struct host *next;
    char origin[288];
    char text[280];                    /* for people */
    bool loopback;
    struct retry_breaker breaker;
    struct err last;                   /* why the breaker opened */
    int64_t asked_ms;                  /* first request of all, 0: none yet */
    bool answered;                     /* one answer has begun since */
};
struct pool {                          /* one quota: origin and name */
    struct pool *next;
    struct host *host;
    char *name;
    double per_second;
    struct limit *limit;
    struct limit_window window;
    struct retry_budget budget;
    struct call *first, *last;         /* waiting calls, by priority, then by age */
    int in_flight;
    int64_t moved_ms;                  /* when a byte moved or an attempt ended, or, of an idle pool, when the next began */
    int users;                         /* calls between engine_enter and engine_leave */
    bool kept;                         /* a site's own quota; others go when there are many and nobody uses them */
    uint64_t requests, retries;
    int64_t rate_second[RATE_SECONDS];
    int rate_count[RATE_SECONDS];
    char last_error[256];
};
struct call {
    struct call *next, *prev;          /* in a pool's waiting list, or among the running ones */
    struct net_engine *engine;
    const struct net_api *api;
    struct pool *pool;
    char *url;
    uint64_t age;                      /* order of arrival; kept over attempts */
    int tries, sent;                   /* attempts counted against the limit (a host's failed probes too); attempts really made */
    int max_tries;
    bool retry, probe;
    int slot;
    int64_t not_before_ms, deadline_ms, begun_ms;   /* deadline 0: none */
    int64_t stall_from_ms;             /* the span the stall rule looks at, and what had moved before it */
    uint64_t stall_moved;
    uint64_t moved_seen;               /* for both moved_ms */
    int64_t moved_ms;                  /* when a byte of it moved, 0: none has */
    struct transfer transfer;
    enum transfer_end end;
    struct err err;
    sem_t done;
};

struct net_engine {
    struct net_settings settings;
    char *limits_dir, *ca_file;
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t idle;               /* the last caller has left */
    struct host *hosts;
    struct pool *pools;
    int pool_count;
    uint64_t ages;
    int callers, waiting;
    bool stopping, asleep;
    int64_t admit_at_ms, sweep_at_ms;  /* 0: at once */
    struct call *running, *starting;   /* engine thread only */
    CURL *spare[64];
    int spares;
    int socket[ENGINE_SOCKETS_MAX], sockets;   /* that are open; engine thread only. Of more nobody keeps count */
};

/* engine_attempts.c; engine thread only. The call is its caller's again behind the end of its attempt. */
void engine_start_admitted(struct net_engine *n);
void engine_finish(struct net_engine *n, struct call *c, CURLcode code);
void engine_cancel(struct net_engine *n, struct call *c);

/* engine_sockets.c; engine thread only. */
/* The handle's sockets are opened and closed with the engine's knowledge. False: no memory. */
bool engine_watch_sockets(struct net_engine *n, CURL *easy);
/* For a running call that is given up. Ends its connection if nothing has moved on it in that time, under whatever else it carries: that is asked for again. */
void engine_end_silent(struct net_engine *n, const struct call *c, int64_t now_ms);

/* engine_callers.c for call.c; any thread. */
/* Finds or makes the call's pool and counts the caller in. */
int engine_enter(struct net_engine *n, struct call *c, const char *quota_name, struct err *e);
void engine_leave(struct net_engine *n, struct call *c);
/* One attempt: queues the call and returns at its end (c->end, c->err). */
void engine_run(struct net_engine *n, struct call *c);
/* What an attempt's answer was worth: refused narrows the window, and hold_ms > 0 holds all requests of the quota back. */
void engine_note(struct net_engine *n, struct call *c, bool refused, int64_t hold_ms, const struct err *problem);
bool engine_host_down(struct net_engine *n, const struct call *c);
/* False as long as no answer of the call's host has begun in this process. */
bool engine_host_answered(struct net_engine *n, const struct call *c);

/* pool.c; all under the lock. */
struct host *host_get(struct net_engine *n, const struct url_parts *parts, struct err *e);
/* Finds or makes it. keep: it stays for the engine's life; of the others the idle ones are given up when POOLS_MAX is passed. */
struct pool *pool_get(struct net_engine *n, struct host *h, const char *name, struct net_quota quota, bool keep, struct err *e);
void pool_free_all(struct net_engine *n);
void pool_insert(struct pool *p, struct call *c);
void pool_remove(struct pool *p, struct call *c);
/* Moves what may run now to n->starting. Returns when to look again (INT64_MAX: when something happens). */
int64_t pool_admit(struct net_engine *n, struct pool *p, int64_t now_ms);
void pool_give_back(struct pool *p, struct call *c);
/* Ends a waiting call: sets its error and wakes its caller. */
void pool_end_waiting(struct net_engine *n, struct call *c, const struct err *why);
/* ERR_OFFLINE from the host's last failure, with the time of the next probe. */
void host_offline_error(const struct host *h, int64_t now_ms, struct err *e);
#endif
