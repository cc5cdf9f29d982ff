#include "net/engine_inner.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/site.h"
#include <signal.h>

#define SWEEP_MS 50             /* cancel flags, deadlines and stalls are looked at so often while there are calls */
#define IDLE_MS 60000
#define IDLE_CONNECTIONS 128L

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* The end of an attempt. */

static void running_remove(struct net_engine *n, struct call *c)
{
    if (c->prev) c->prev->next = c->next;
    else n->running = c->next;
    if (c->next) c->next->prev = c->prev;
    c->next = c->prev = NULL;
}

static void log_attempt(const struct call *c, int64_t now_ms)
{
    enum log_level level = c->end == TRANSFER_ANSWER && c->transfer.answer->status < 300 ? LOG_DEBUG : LOG_INFO;
    if (!log_enabled(level)) return;
    struct url_parts parts;
    const char *path = url_parse(c->url, &parts) ? parts.rest : "";
    /* Queries may hold signatures. */
    log_write(level, "%s %s%.*s status %d, %lld ms, attempt %d%s%s", transfer_method(c->transfer.request->method), c->transfer.host,
              (int)strcspn(path, "?#"), path, c->transfer.answer->status, (long long)(now_ms - c->begun_ms), c->sent,
              c->end == TRANSFER_ANSWER ? "" : ": ", c->end == TRANSFER_ANSWER ? "" : c->err.cause);
}

/* 500 is about one request; these are about the service. */
static bool is_fault(int status)
{
    return status >= 502 && status <= 504;
}

/* Calls that wait behind a breaker learn from each failed probe as if they had asked themselves. */
static void tell_waiting(struct net_engine *n, struct host *h, int64_t now_ms)
{
    struct err why;
    host_offline_error(h, now_ms, &why);
    for (struct pool *p = n->pools; p; p = p->next)
        for (struct call *c = p->host == h ? p->first : NULL, *next; c; c = next) {
            next = c->next;
            if (++c->tries >= c->max_tries || n->settings.interactive) pool_end_waiting(n, c, &why);
        }
}

static void note_breaker(struct net_engine *n, struct call *c, int64_t now_ms)
{
    struct host *h = c->pool->host;
    enum retry_sign sign = RETRY_SIGN_GOOD;
    h->answered = h->answered || c->transfer.heard;
    if (c->end == TRANSFER_FATAL) return;
    /* Who never answered and cuts the connection is no more there than who refuses it. */
    if (c->end == TRANSFER_UNREACHABLE || (c->end == TRANSFER_LOST && !h->answered)) sign = RETRY_SIGN_UNREACHABLE;
    else if (c->end == TRANSFER_LOST || is_fault(c->transfer.answer->status)) sign = RETRY_SIGN_FAULT;
    bool probe = c->probe;
    c->probe = false;
    if (!retry_breaker_note(&h->breaker, sign, probe, now_ms)) return;
    if (c->end != TRANSFER_ANSWER) h->last = c->err;
    else err_set(&h->last, ERR_OFFLINE, "%s answers with faults only (HTTP %d)", h->text, c->transfer.answer->status);
    if (probe) tell_waiting(n, h, now_ms);
}

/* The call is the caller's again behind this. */
static void end_attempt(struct net_engine *n, struct call *c)
{
    int64_t now_ms = time_mono_ms();
    log_attempt(c, now_ms);
    transfer_release(&c->transfer);
    pthread_mutex_lock(&n->lock);
    note_breaker(n, c, now_ms);
    pool_give_back(c->pool, c);
    if (c->end != TRANSFER_ANSWER) str_copy(c->pool->last_error, sizeof c->pool->last_error, c->err.cause);
    n->admit_at_ms = 0;
    pthread_mutex_unlock(&n->lock);
    sem_post(&c->done);
}

static void take_down(struct net_engine *n, struct call *c)
{
    CURL *easy = c->transfer.easy;
    curl_multi_remove_handle(n->multi, easy);
    running_remove(n, c);
}

/* Only after a whole answer: a handle whose attempt broke may keep its receive buffer, and curl then refuses CURLOPT_BUFFERSIZE for the next. */
static void recycle(struct net_engine *n, CURL *easy, bool whole)
{
    if (!whole || n->spares == (int)(sizeof n->spare / sizeof *n->spare)) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    n->spare[n->spares++] = easy;
}

static void finish(struct net_engine *n, struct call *c, CURLcode code)
{
    CURL *easy = c->transfer.easy;
    err_clear(&c->err);
    c->end = transfer_finish(&c->transfer, code, &c->err);
    take_down(n, c);
    recycle(n, easy, code == CURLE_OK);
    end_attempt(n, c);
}

static void cancel_running(struct net_engine *n, struct call *c)
{
    CURL *easy = c->transfer.easy;
    take_down(n, c);
    recycle(n, easy, false);
    c->end = TRANSFER_FATAL;
    err_set(&c->err, ERR_CANCELLED, "cancelled");
    end_attempt(n, c);
}

/* The beginning of an attempt. */

static struct transfer_rules rules_of(const struct net_engine *n, const struct call *c)
{
    const struct net_settings *s = &n->settings;
    struct transfer_rules r = { .connect_ms = s->connect_ms, .stall_ms = s->stall_ms, .ca_file = n->ca_file };
    int64_t *most = c->transfer.request->bulk ? &r.stall_ms : &r.total_ms;
    if (!c->transfer.request->bulk) r.total_ms = s->small_total_ms;
    if (c->deadline_ms) {
        int64_t left = c->deadline_ms - c->begun_ms;
        if (left < *most) *most = left > 1 ? left : 1;
    }
    return r;
}

static void start(struct net_engine *n, struct call *c)
{
    struct transfer_rules rules = rules_of(n, c);
    CURL *easy = n->spares ? n->spare[--n->spares] : curl_easy_init();
    err_clear(&c->err);
    c->end = TRANSFER_FATAL;
    if (!easy) {
        err_no_memory(&c->err);
        end_attempt(n, c);
        return;
    }
    if (transfer_begin(&c->transfer, easy, &rules, &c->err)) {
        recycle(n, easy, false);
        end_attempt(n, c);
        return;
    }
    c->stall_from_ms = c->begun_ms;
    c->stall_moved = c->moved_seen = 0;
    c->prev = NULL;
    c->next = n->running;
    if (c->next) c->next->prev = c;
    n->running = c;
    if (curl_easy_setopt(easy, CURLOPT_PRIVATE, c) != CURLE_OK || curl_multi_add_handle(n->multi, easy) != CURLM_OK)
        finish(n, c, CURLE_OUT_OF_MEMORY);
}

static void start_admitted(struct net_engine *n)
{
    /* Admitted last comes first in the list; turn it, so that the first to come is the first to be sent. */
    struct call *list = NULL;
    while (n->starting) {
        struct call *c = n->starting;
        n->starting = c->next;
        c->next = list;
        list = c;
    }
    while (list) {
        struct call *c = list;
        list = c->next;
        c->next = c->prev = NULL;
        start(n, c);
    }
}

/* Looking after calls. */

static bool has_stalled(struct call *c, int64_t now_ms)
{
    int64_t span = now_ms - c->stall_from_ms, limit = c->transfer.rules.stall_ms;
    if (!c->transfer.request->bulk || span < limit) return false;
    uint64_t moved = c->transfer.moved - c->stall_moved;
    if (moved * 1000 < 1024 * (uint64_t)span) return true;
    c->stall_from_ms = now_ms;
    c->stall_moved = c->transfer.moved;
    return false;
}

/* A probe that has got a connection proves the host reachable, however long its transfer takes. */
static void note_connected_probe(struct net_engine *n, struct call *c, int64_t now_ms)
{
    struct retry_breaker *b = &c->pool->host->breaker;
    if (!c->transfer.connected || b->unreachable < RETRY_UNREACHABLE) return;
    pthread_mutex_lock(&n->lock);
    retry_breaker_note(b, RETRY_SIGN_GOOD, true, now_ms);
    c->probe = false;
    n->admit_at_ms = 0;
    pthread_mutex_unlock(&n->lock);
}

/* What people are told of a host that says nothing (net_figures). */
static void note_moved(struct net_engine *n, struct call *c, int64_t now_ms)
{
    uint64_t moved = c->transfer.moved + c->transfer.heard;
    if (moved == c->moved_seen) return;
    c->moved_seen = moved;
    pthread_mutex_lock(&n->lock);
    c->pool->moved_ms = now_ms;
    if (c->transfer.heard) c->pool->host->answered = true;
    pthread_mutex_unlock(&n->lock);
}

static void sweep_running(struct net_engine *n, bool all, int64_t now_ms)
{
    for (struct call *c = n->running, *next; c; c = next) {
        next = c->next;
        note_moved(n, c, now_ms);
        if (all || net_cancel_is_set(c->api->cancel)) {
            cancel_running(n, c);
        } else if (has_stalled(c, now_ms)) {
            c->transfer.stalled = true;
            finish(n, c, CURLE_OPERATION_TIMEDOUT);
        } else if (c->probe) {
            note_connected_probe(n, c, now_ms);
        }
    }
}

static void deadline_error(const struct call *c, struct err *e)
{
    if (c->err.code != ERR_NONE) *e = c->err;
    else err_set(e, ERR_TIMEOUT, "no turn for a request to %s came in time", c->pool->host->text);
}

/* Under the lock. */
static void sweep_waiting(struct net_engine *n, bool all, int64_t now_ms)
{
    struct err why;
    for (struct pool *p = n->pools; p; p = p->next)
        for (struct call *c = p->first, *next; c; c = next) {
            next = c->next;
            if (all || net_cancel_is_set(c->api->cancel)) {
                err_set(&why, ERR_CANCELLED, "cancelled");
            } else if (c->deadline_ms && now_ms >= c->deadline_ms) {
                deadline_error(c, &why);
            } else {
                continue;
            }
            pool_end_waiting(n, c, &why);
        }
}

static void reap(struct net_engine *n)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(n->multi, &left));) {
        if (m->msg != CURLMSG_DONE) continue;
        CURLcode code = m->data.result;
        char *private = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        finish(n, (struct call *)private, code);
    }
}

/* Sweeps when it is time, admits and starts; returns the present time as it read it. */
static int64_t arrange(struct net_engine *n)
{
    int64_t now_ms = time_mono_ms();
    bool sweeping = now_ms >= n->sweep_at_ms;
    pthread_mutex_lock(&n->lock);
    bool all = n->stopping;
    if (sweeping || all) sweep_waiting(n, all, now_ms);
    if (now_ms >= n->admit_at_ms) {
        n->admit_at_ms = INT64_MAX;
        for (struct pool *p = n->pools; p; p = p->next) {
            int64_t again = pool_admit(n, p, now_ms);
            if (again < n->admit_at_ms) n->admit_at_ms = again;
        }
    }
    pthread_mutex_unlock(&n->lock);
    start_admitted(n);
    if (sweeping || all) {
        sweep_running(n, all, now_ms);
        n->sweep_at_ms = now_ms + SWEEP_MS;
    }
    return now_ms;
}

/* Announces sleep under the lock, so that a submission is either seen here or wakes us. Returns ms to wait. */
static int prepare_sleep(struct net_engine *n, int64_t now_ms)
{
    int64_t until = now_ms + IDLE_MS;
    pthread_mutex_lock(&n->lock);
    if (n->admit_at_ms < until) until = n->admit_at_ms;
    if ((n->waiting || n->running) && n->sweep_at_ms < until) until = n->sweep_at_ms;
    n->asleep = true;
    pthread_mutex_unlock(&n->lock);
    return until > now_ms ? (int)(until - now_ms) : 0;
}

static void *engine_main(void *arg)
{
    struct net_engine *n = arg;
    int running = 0;
    for (;;) {
        curl_multi_perform(n->multi, &running);
        reap(n);
        int64_t now_ms = arrange(n);
        curl_multi_poll(n->multi, NULL, 0, prepare_sleep(n, now_ms), NULL);
        pthread_mutex_lock(&n->lock);
        n->asleep = false;
        bool end = n->stopping && !n->callers;
        pthread_mutex_unlock(&n->lock);
        if (end) return NULL;
    }
}

/* A caller's side. */

int engine_enter(struct net_engine *n, struct call *c, const char *quota_name, struct err *e)
{
    struct url_parts parts;
    struct net_site *site = c->transfer.site;
    struct net_quota quota = { 0, 0 };
    if (!url_parse(c->url, &parts)) return err_set(e, ERR_REFUSED, "the address is not one of http or https");
    if (c->transfer.owned) {
        quota = site_quota(site, quota_name);
        if (!quota_name) quota_name = site_quota_name(site);
    }
    pthread_mutex_lock(&n->lock);
    struct host *h = n->stopping ? NULL : host_get(n, &parts, e);
    if (n->stopping) err_set(e, ERR_CANCELLED, "cancelled");
    if (h && !h->loopback && !str_eq(parts.scheme, "https"))
        err_set(e, ERR_REFUSED, "%s would be talked to without encryption; only https is allowed", h->text);
    else if (h) c->pool = pool_get(n, h, quota_name ? quota_name : "", quota, c->transfer.owned, e);
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

/* Life. */

static void set_default(int64_t *value, int64_t otherwise)
{
    if (*value <= 0) *value = otherwise;
}

static void set_defaults(struct net_settings *s)
{
    set_default(&s->retry_first_ms, 500);
    set_default(&s->retry_cap_ms, 60000);
    set_default(&s->connect_ms, s->interactive ? 3000 : 10000);
    set_default(&s->small_total_ms, 60000);
    set_default(&s->stall_ms, 30000);
    set_default(&s->breaker_ms, 2000);
    if (s->retry_attempts <= 0) s->retry_attempts = 10;
    if (s->retry_percent <= 0) s->retry_percent = 20;
}

static int start_thread(struct net_engine *n, struct err *e)
{
    /* Signals are for the program's own threads; SIGPIPE of a TLS write stays here and is ignored. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = pthread_create(&n->thread, NULL, engine_main, n);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r ? err_set_errno(e, r, "cannot start the network thread") : 0;
}

static void release(struct net_engine *n)
{
    while (n->spares) curl_easy_cleanup(n->spare[--n->spares]);
    if (n->multi) curl_multi_cleanup(n->multi);
    pool_free_all(n);
    pthread_mutex_destroy(&n->lock);
    pthread_cond_destroy(&n->idle);
    free(n->limits_dir);
    free(n->ca_file);
    free(n);
}

struct net_engine *net_engine_new(const struct net_settings *settings, struct err *e)
{
    pthread_once(&curl_once, curl_start);
    struct net_engine *n = calloc(1, sizeof *n);
    if (!n) {
        err_no_memory(e);
        return NULL;
    }
    n->settings = *settings;
    set_defaults(&n->settings);
    pthread_mutex_init(&n->lock, NULL);
    pthread_cond_init(&n->idle, NULL);
    n->multi = curl_multi_init();
    bool bad = !n->multi || str_set(&n->limits_dir, settings->limits_dir) || str_set(&n->ca_file, settings->ca_file);
    if (!bad) bad = curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS) != CURLM_OK;
    if (bad) err_no_memory(e);
    if (bad || start_thread(n, e)) {
        release(n);
        return NULL;
    }
    return n;
}

void net_engine_free(struct net_engine *n)
{
    if (!n) return;
    pthread_mutex_lock(&n->lock);
    n->stopping = true;
    curl_multi_wakeup(n->multi);
    while (n->callers) pthread_cond_wait(&n->idle, &n->lock);
    pthread_mutex_unlock(&n->lock);
    pthread_join(n->thread, NULL);
    release(n);
}

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
