/* pool: hosts, quotas and who may go next. Everything here runs under the engine's lock. */
#include "net/engine_inner.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/site.h"

#define SHARED_POLL_MS 20       /* no process tells another that a slot is free */
#define BUDGET_SPAN 2           /* a budget bucket in units of the first retry wait: 10 buckets are 10 s by default */

struct host *host_get(struct net_engine *n, const struct url_parts *parts, struct err *e)
{
    char origin[288];
    snprintf(origin, sizeof origin, "%s://%s:%d", parts->scheme, parts->host, parts->port);
    for (struct host *h = n->hosts; h; h = h->next)
        if (str_eq(h->origin, origin)) return h;
    struct host *h = calloc(1, sizeof *h);
    if (!h) {
        err_no_memory(e);
        return NULL;
    }
    str_copy(h->origin, sizeof h->origin, origin);
    site_host_text(parts, h->text, sizeof h->text);
    h->loopback = url_is_loopback(parts->host);
    retry_breaker_init(&h->breaker, n->settings.breaker_ms);
    h->next = n->hosts;
    n->hosts = h;
    return h;
}

static void pool_free(struct pool *p)
{
    limit_close(p->limit);
    free(p->name);
    free(p);
}

static bool host_is_used(const struct net_engine *n, const struct host *h)
{
    for (const struct pool *p = n->pools; p; p = p->next)
        if (p->host == h) return true;
    return false;
}

/* Pools that nobody uses and no site owns, and hosts without a pool, except the one that is about to get its own. */
static void pool_free_idle(struct net_engine *n, const struct host *except)
{
    for (struct pool **at = &n->pools, *p; (p = *at) != NULL;) {
        if (p->users || p->kept) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        n->pool_count--;
        pool_free(p);
    }
    for (struct host **at = &n->hosts, *h; (h = *at) != NULL;) {
        if (h == except || host_is_used(n, h)) {
            at = &h->next;
            continue;
        }
        *at = h->next;
        free(h);
    }
}

struct pool *pool_get(struct net_engine *n, struct host *h, const char *name, struct net_quota quota, bool keep, struct err *e)
{
    for (struct pool *p = n->pools; p; p = p->next)
        if (p->host == h && str_eq(p->name, name)) {
            p->kept = p->kept || keep;
            return p;
        }
    if (n->pool_count >= POOLS_MAX) pool_free_idle(n, h);
    struct pool *p = calloc(1, sizeof *p);
    if (!p || !(p->name = str_dup(name))) {
        free(p);
        err_no_memory(e);
        return NULL;
    }
    if (limit_open(n->limits_dir, h->origin, name, quota.per_second, quota.in_flight, &p->limit, e)) {
        pool_free(p);
        return NULL;
    }
    p->host = h;
    p->kept = keep;
    p->per_second = quota.per_second;
    limit_window_init(&p->window, quota.in_flight);
    retry_budget_init(&p->budget, n->settings.retry_percent, n->settings.retry_first_ms * BUDGET_SPAN);
    p->next = n->pools;
    n->pools = p;
    n->pool_count++;
    return p;
}

void pool_free_all(struct net_engine *n)
{
    while (n->pools) {
        struct pool *p = n->pools;
        n->pools = p->next;
        pool_free(p);
    }
    while (n->hosts) {
        struct host *h = n->hosts;
        n->hosts = h->next;
        free(h);
    }
}

void pool_insert(struct pool *p, struct call *c)
{
    struct call *after = p->last;
    while (after && (after->api->priority < c->api->priority || (after->api->priority == c->api->priority && after->age > c->age)))
        after = after->prev;
    c->prev = after;
    c->next = after ? after->next : p->first;
    if (c->next) c->next->prev = c;
    else p->last = c;
    if (after) after->next = c;
    else p->first = c;
    c->engine->waiting++;
}

void pool_remove(struct pool *p, struct call *c)
{
    if (c->prev) c->prev->next = c->next;
    else p->first = c->next;
    if (c->next) c->next->prev = c->prev;
    else p->last = c->prev;
    c->next = c->prev = NULL;
    c->engine->waiting--;
}

void pool_end_waiting(struct net_engine *n, struct call *c, const struct err *why)
{
    pool_remove(c->pool, c);
    n->admit_at_ms = 0;         /* it may have been the one that made others wait */
    c->end = TRANSFER_FATAL;
    c->err = *why;
    sem_post(&c->done);
}

void host_offline_error(const struct host *h, int64_t now_ms, struct err *e)
{
    int64_t left = h->breaker.probe_at_ms - now_ms;
    *e = h->last;
    e->code = ERR_OFFLINE;
    e->retry_after_ms = left > 0 ? left : 0;
    if (!e->cause[0]) err_set(e, ERR_OFFLINE, "%s cannot be used at the moment", h->text);
}

static void count_request(struct pool *p, struct call *c, int64_t now_ms)
{
    int at = (int)(now_ms / 1000 % RATE_SECONDS);
    if (p->rate_second[at] != now_ms / 1000) {
        p->rate_second[at] = now_ms / 1000;
        p->rate_count[at] = 0;
    }
    p->rate_count[at]++;
    p->requests++;
    if (c->retry) p->retries++;
    retry_budget_count(&p->budget, c->retry, now_ms);
    if (!p->in_flight++) p->moved_ms = now_ms;
    c->tries++;
    c->sent++;
    c->begun_ms = now_ms;
    if (!p->host->asked_ms) p->host->asked_ms = now_ms;
}

void pool_give_back(struct pool *p, struct call *c)
{
    p->in_flight--;
    p->moved_ms = time_mono_ms();
    limit_give_slot(p->limit, c->slot);
    if (c->probe) retry_breaker_abandon(&p->host->breaker);
    c->probe = false;
}

enum gate { GATE_OPEN, GATE_SKIP, GATE_SHUT };

/* Slot first: it can be given back, a turn cannot. *again: when to look again. */
static enum gate take_quota(struct pool *p, struct call *c, int64_t now_ms, bool *starved, int64_t *again)
{
    c->slot = limit_take_slot(p->limit);
    if (c->slot < 0) {
        *starved = true;
        *again = now_ms + SHARED_POLL_MS;
        return GATE_SHUT;
    }
    int64_t wait_us = limit_take_turn(p->limit);
    if (!wait_us) return GATE_OPEN;
    limit_give_slot(p->limit, c->slot);
    *again = now_ms + (wait_us + 999) / 1000;
    return GATE_SHUT;
}

static enum gate may_go(struct net_engine *n, struct pool *p, struct call *c, int64_t now_ms, bool *starved, int64_t *again)
{
    struct retry_breaker *b = &p->host->breaker;
    *again = c->not_before_ms;
    if (c->not_before_ms > now_ms) return GATE_SKIP;
    *again = INT64_MAX;
    if (!limit_window_open(&p->window, p->in_flight)) return GATE_SHUT;
    if (!retry_breaker_allows(b, now_ms, &c->probe)) {
        *again = b->probing ? INT64_MAX : b->probe_at_ms;
        if (!n->settings.interactive) return GATE_SKIP;
        struct err why;
        host_offline_error(p->host, now_ms, &why);
        pool_end_waiting(n, c, &why);
        return GATE_SKIP;
    }
    /* A probe is paced by the breaker already. */
    if (c->retry && !c->probe && !retry_budget_allows(&p->budget, now_ms)) {
        *again = now_ms + p->budget.span_ms;
        return GATE_SKIP;
    }
    enum gate g = take_quota(p, c, now_ms, starved, again);
    if (g != GATE_OPEN && c->probe) {
        retry_breaker_abandon(b);
        c->probe = false;
    }
    return g;
}

int64_t pool_admit(struct net_engine *n, struct pool *p, int64_t now_ms)
{
    int64_t next_look = INT64_MAX;
    bool starved = false;
    for (struct call *c = p->first, *next; c; c = next) {
        int64_t again = INT64_MAX;
        next = c->next;
        enum gate g = may_go(n, p, c, now_ms, &starved, &again);
        if (g == GATE_OPEN) {
            pool_remove(p, c);
            count_request(p, c, now_ms);
            c->next = n->starting;
            n->starting = c;
            continue;
        }
        if (again < next_look) next_look = again;
        if (g == GATE_SHUT) break;
    }
    limit_want(p->limit, starved);
    return next_look;
}
