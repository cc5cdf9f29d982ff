#include "net/engine_inner.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <signal.h>

#define SWEEP_MS 50             /* cancel flags, deadlines and stalls are looked at so often while there are calls */
#define IDLE_MS 60000
#define IDLE_CONNECTIONS 128L

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
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
    c->moved_ms = now_ms;
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
            engine_cancel(n, c);
        } else if (has_stalled(c, now_ms)) {
            c->transfer.stalled = true;
            engine_finish(n, c, CURLE_OPERATION_TIMEDOUT);
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
        engine_finish(n, (struct call *)private, code);
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
    engine_start_admitted(n);
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
