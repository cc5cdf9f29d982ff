/* engine_callers: what callers' threads do to the engine's state, each under its lock: enter, queue, leave, note an answer's worth, ask for figures. */
#include "net/engine_inner.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/site.h"

int engine_enter(struct net_engine *n, struct call *c, const char *quota_name, struct err *e)
{
    struct url_parts parts;
    struct net_site *site = c->transfer.site;
    struct net_quota quota = { 0, 0 };
    if (!url_parse(c->url, &parts)) return err_set(e, ERR_REFUSED, "the address is not one of http or https");
    if (!str_eq(parts.scheme, "https") && !url_is_loopback(parts.host)) {
        char text[sizeof ((struct host *)0)->text];
        return err_set(e, ERR_REFUSED, "%s would be talked to without encryption; only https is allowed", site_host_text(&parts, text, sizeof text));
    }
    if (c->transfer.owned) {
        quota = site_quota(site, quota_name);
        if (!quota_name) quota_name = site_quota_name(site);
    }
    pthread_mutex_lock(&n->lock);
    struct host *h = n->stopping ? NULL : host_get(n, &parts, e);
    if (n->stopping) err_set(e, ERR_CANCELLED, "cancelled");
    if (h) c->pool = pool_get(n, h, quota_name ? quota_name : "", quota, c->transfer.owned, e);
    if (c->pool) {
        n->callers++;
        c->pool->users++;
        c->age = n->ages++;
        c->transfer.host = h->text;
        c->transfer.loopback = h->loopback;
    }
    pthread_mutex_unlock(&n->lock);
    return c->pool ? 0 : -1;
}

void engine_leave(struct net_engine *n, struct call *c)
{
    pthread_mutex_lock(&n->lock);
    c->pool->users--;
    if (!--n->callers && n->stopping) {
        pthread_cond_signal(&n->idle);
        curl_multi_wakeup(n->multi);
    }
    pthread_mutex_unlock(&n->lock);
}

void engine_run(struct net_engine *n, struct call *c)
{
    pthread_mutex_lock(&n->lock);
    pool_insert(c->pool, c);
    n->admit_at_ms = 0;
    bool wake = n->asleep;
    n->asleep = false;          /* one wake is enough for all who come before it is heard */
    pthread_mutex_unlock(&n->lock);
    if (wake) curl_multi_wakeup(n->multi);
    while (sem_wait(&c->done)) {}
}

void engine_note(struct net_engine *n, struct call *c, bool refused, int64_t hold_ms, const struct err *problem)
{
    struct pool *p = c->pool;
    pthread_mutex_lock(&n->lock);
    if (refused) limit_window_refused(&p->window, p->in_flight + 1, c->begun_ms, time_mono_ms());
    else if (!problem) limit_window_success(&p->window);
    if (hold_ms > 0) limit_hold(p->limit, hold_ms);
    if (problem) str_copy(p->last_error, sizeof p->last_error, problem->cause);
    pthread_mutex_unlock(&n->lock);
}

bool engine_host_down(struct net_engine *n, const struct call *c)
{
    pthread_mutex_lock(&n->lock);
    bool down = c->pool->host->breaker.open;
    pthread_mutex_unlock(&n->lock);
    return down;
}

bool engine_host_answered(struct net_engine *n, const struct call *c)
{
    pthread_mutex_lock(&n->lock);
    bool answered = c->pool->host->answered;
    pthread_mutex_unlock(&n->lock);
    return answered;
}

/* Figures for people. */

static double rate_now(const struct pool *p, int64_t now_ms)
{
    /* Whole seconds only: the one under way is not over. */
    int64_t second = now_ms / 1000;
    int sum = 0;
    for (int i = 0; i < RATE_SECONDS; i++)
        if (p->rate_second[i] < second && p->rate_second[i] > second - RATE_SECONDS) sum += p->rate_count[i];
    return (double)sum / (RATE_SECONDS - 1);
}

void net_engine_figures(struct net_engine *n, const char *quota_name, struct net_figures *out)
{
    int64_t now_ms = time_mono_ms();
    *out = (struct net_figures){ 0 };
    pthread_mutex_lock(&n->lock);
    for (struct pool *p = n->pools; p; p = p->next) {
        if (!str_eq(p->name, quota_name)) continue;
        const struct retry_breaker *b = &p->host->breaker;
        out->requests += p->requests;
        out->retries += p->retries;
        out->per_second += rate_now(p, now_ms);
        out->limit_per_second = p->per_second;
        out->in_flight += p->in_flight;
        out->window += p->window.size;
        for (const struct call *c = p->first; c; c = c->next) out->waiting++;
        if (p->in_flight && p->host->asked_ms && !p->host->answered) out->silent_ms = now_ms - p->host->asked_ms;
        int64_t quiet = p->in_flight ? now_ms - p->moved_ms : 0;
        if (quiet > out->quiet_ms) {
            out->quiet_ms = quiet;
            str_copy(out->quiet_host, sizeof out->quiet_host, p->host->text);
        }
        out->breaker_open = out->breaker_open || b->open;
        if (b->open && b->probe_at_ms > now_ms) out->next_probe_ms = b->probe_at_ms - now_ms;
        if (p->last_error[0]) str_copy(out->last_error, sizeof out->last_error, p->last_error);
        if (b->open) str_copy(out->last_error, sizeof out->last_error, p->host->last.cause);
    }
    pthread_mutex_unlock(&n->lock);
}
