/* engine_attempts: an attempt's beginning and end on the engine thread: its curl handle, what its end tells of the host, and its caller woken. */
#include "net/engine_inner.h"
#include "base/log.h"
#include "base/str.h"
#include "base/timefmt.h"

/* The end. */

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

void engine_finish(struct net_engine *n, struct call *c, CURLcode code)
{
    CURL *easy = c->transfer.easy;
    err_clear(&c->err);
    if (code == CURLE_OPERATION_TIMEDOUT) engine_end_silent(n, c, time_mono_ms());
    c->end = transfer_finish(&c->transfer, code, &c->err);
    take_down(n, c);
    recycle(n, easy, code == CURLE_OK);
    end_attempt(n, c);
}

void engine_cancel(struct net_engine *n, struct call *c)
{
    CURL *easy = c->transfer.easy;
    engine_end_silent(n, c, time_mono_ms());
    take_down(n, c);
    recycle(n, easy, false);
    c->end = TRANSFER_FATAL;
    err_set(&c->err, ERR_CANCELLED, "cancelled");
    end_attempt(n, c);
}

/* The beginning. */

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
    c->moved_ms = 0;
    c->prev = NULL;
    c->next = n->running;
    if (c->next) c->next->prev = c;
    n->running = c;
    if (!engine_watch_sockets(n, easy) || curl_easy_setopt(easy, CURLOPT_PRIVATE, c) != CURLE_OK || curl_multi_add_handle(n->multi, easy) != CURLM_OK)
        engine_finish(n, c, CURLE_OUT_OF_MEMORY);
}

void engine_start_admitted(struct net_engine *n)
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
