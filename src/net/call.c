/* call: one net_call on its caller's thread: attempts, the judge, what to do next. */
#include "net/engine_inner.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/site.h"
#include <stdatomic.h>

#define INTERACTIVE_MS 10000
#define INTERACTIVE_TRIES 3
#define UNHEARD_PACE 2                  /* in units of the first retry wait, but at most */
#define UNHEARD_PACE_MS 1000

enum step { STEP_DONE, STEP_FAIL, STEP_RETRY };

void net_answer_init(struct net_answer *a)
{
    *a = (struct net_answer){ .length = -1 };
    buf_init(&a->body, 0);
}

void net_answer_release(struct net_answer *a)
{
    buf_release(&a->body);
}

/* What a status means when the service's module does not know better. */
static const struct { int status; enum err_code code; const char *text; } statuses[] = {
    { 400, ERR_REFUSED, "refused the request as wrong" },
    { 401, ERR_AUTH, "does not accept the credential" },
    { 403, ERR_FORBIDDEN, "does not permit this" },
    { 404, ERR_NOT_FOUND, "does not know it" },
    { 408, ERR_TIMEOUT, "did not get the request in time" },
    { 409, ERR_CONFLICT, "says that it conflicts with what is there" },
    { 412, ERR_CONFLICT, "says that it has changed" },
    { 413, ERR_LIMIT, "says that it is too large" },
    { 429, ERR_RATE_LIMIT, "was asked too often" },
    { 500, ERR_REFUSED, "had an internal error" },
    { 502, ERR_OFFLINE, "is not working behind its gateway" },
    { 503, ERR_OFFLINE, "is not available at the moment" },
    { 504, ERR_TIMEOUT, "did not answer its gateway in time" },
};

static void status_error(const struct call *c, struct err *e)
{
    int status = c->transfer.answer->status;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status) {
            err_set(e, statuses[i].code, "%s %s (HTTP %d)", c->transfer.host, statuses[i].text, status);
            return;
        }
    err_set(e, status >= 200 && status < 300 ? ERR_PROTOCOL : ERR_REFUSED, "%s answered with HTTP %d", c->transfer.host, status);
}

static bool is_passing(int status)
{
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

/* Reasons of a judge that a passing status may have without being final. */
static bool is_soft(enum err_code code)
{
    return code == ERR_NONE || code == ERR_RATE_LIMIT || code == ERR_OFFLINE || code == ERR_TIMEOUT ||
           code == ERR_REFUSED || code == ERR_PROTOCOL;
}

static enum step redirect_error(const struct call *c, struct err *e)
{
    const struct transfer *t = &c->transfer;
    char where[sizeof t->location];
    str_copy(where, sizeof where, t->location);
    where[strcspn(where, "?#")] = '\0';     /* queries may hold signatures */
    err_set(e, ERR_PROTOCOL, "%s redirects to %s instead of answering (HTTP %d); that is not the API", t->host,
            where[0] ? where : "nowhere", t->answer->status);
    e->http = t->answer->status;
    return STEP_FAIL;
}

/* *refused: the judge knows that nothing was carried out, whatever the status. */
static enum step judge_answer(struct call *c, net_judge judge, bool *refused, struct err *e)
{
    const struct net_answer *a = c->transfer.answer;
    if (a->status >= 300 && a->status < 400) return redirect_error(c, e);
    enum net_verdict v = a->status >= 200 && a->status < 300 ? NET_JUDGE_OK : NET_JUDGE_FAIL;
    if (judge) v = judge(c->transfer.request, a, e);
    if (v == NET_JUDGE_OK) {
        err_clear(e);
        return STEP_DONE;
    }
    *refused = v == NET_JUDGE_RETRY;
    bool retry = *refused || (is_passing(a->status) && is_soft(e->code));
    if (e->code == ERR_NONE) status_error(c, e);
    if (!e->http) e->http = a->status;
    return retry ? STEP_RETRY : STEP_FAIL;
}

static enum step unknown_error(struct err *e)
{
    e->code = ERR_UNKNOWN;
    size_t n = strlen(e->cause);
    snprintf(e->cause + n, sizeof e->cause - n, "; whether the request was carried out is not known");
    return STEP_FAIL;
}

/* A gateway's failure tells nothing about the request behind it. */
static bool may_be_done(int status)
{
    return status == 500 || status == 502 || status == 504;
}

static int64_t retry_after(const struct call *c, int64_t cap_ms)
{
    const struct transfer *t = &c->transfer;
    int64_t ms = 0;
    if (!t->retry_after[0]) return 0;
    return retry_after_parse(t->retry_after, t->date_us ? t->date_us : time_wall_us(), cap_ms, &ms) ? ms : 0;
}

/* The end of one attempt: e holds why it is not done, *after_ms what the service asked us to wait. */
static enum step weigh_answer(struct call *c, net_judge judge, struct err *e, int64_t *after_ms)
{
    int status = c->transfer.answer->status;
    bool refused = false;
    enum step step = judge_answer(c, judge, &refused, e);
    if (step == STEP_DONE) {
        engine_note(c->engine, c, false, 0, NULL);
        return step;
    }
    if (step == STEP_FAIL) return step;
    *after_ms = retry_after(c, c->engine->settings.retry_cap_ms);
    bool too_often = status == 429 || e->code == ERR_RATE_LIMIT;
    engine_note(c->engine, c, too_often || status == 503, too_often ? *after_ms : 0, e);
    if (*after_ms && e->retry_after_ms < 0) e->retry_after_ms = *after_ms;
    if (refused || !may_be_done(status) || transfer_repeatable(c->transfer.request)) return STEP_RETRY;
    c->transfer.answer->doubtful = true;
    return c->transfer.request->again_on_answer ? STEP_RETRY : unknown_error(e);
}

static enum step weigh(struct call *c, net_judge judge, struct err *e, int64_t *after_ms)
{
    err_clear(e);
    *after_ms = 0;
    if (c->end == TRANSFER_ANSWER) return weigh_answer(c, judge, e, after_ms);
    *e = c->err;
    if (c->end == TRANSFER_FATAL) return STEP_FAIL;
    /* Also where no host was reached at the end: curl may have tried anew after a kept connection had died under the request. */
    if (c->transfer.sent && !transfer_repeatable(c->transfer.request)) return unknown_error(e);
    return STEP_RETRY;
}

static uint32_t random_next(void)
{
    static _Atomic uint32_t seed;
    uint32_t x = atomic_fetch_add(&seed, 0x9e3779b9u) ^ (uint32_t)limit_now_us();
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    return x;
}

/* False when no further attempt is due; else the call may be queued again. */
static bool plan_retry(struct call *c, int64_t after_ms)
{
    const struct net_settings *s = &c->engine->settings;
    if (c->tries >= c->max_tries) return false;
    int64_t wait = retry_delay(s->retry_first_ms, s->retry_cap_ms, c->tries, random_next());
    /* A server that is not there is not knocked at more often than once a second. */
    int64_t pace = s->retry_first_ms * UNHEARD_PACE < UNHEARD_PACE_MS ? s->retry_first_ms * UNHEARD_PACE : UNHEARD_PACE_MS;
    if (wait < pace && c->end != TRANSFER_ANSWER && !engine_host_answered(c->engine, c)) wait = pace;
    /* All who were told the same wait should not come back in the same instant. */
    if (after_ms) wait = after_ms + random_next() % (s->retry_first_ms / 2 + 1);
    int64_t now_ms = time_mono_ms();
    if (c->deadline_ms && now_ms + wait >= c->deadline_ms) return false;
    c->not_before_ms = now_ms + wait;
    c->retry = true;
    return true;
}

/* "a web page came back" is of use only with the host that sent it. */
static void name_host(const struct call *c, struct err *e)
{
    size_t n = strlen(e->cause);
    if (e->code == ERR_PROTOCOL && c->transfer.host[0] && !strstr(e->cause, c->transfer.host))
        snprintf(e->cause + n, sizeof e->cause - n, " (from %s)", c->transfer.host);
}

static void final_error(struct call *c, struct err *e)
{
    bool unreachable = c->end == TRANSFER_UNREACHABLE && e->code != ERR_TLS && e->code != ERR_UNKNOWN;
    if (unreachable || (c->end == TRANSFER_ANSWER && e->http >= 502 && engine_host_down(c->engine, c))) e->code = ERR_OFFLINE;
    size_t n = strlen(e->cause);
    if (c->sent > 1) snprintf(e->cause + n, sizeof e->cause - n, " (%d attempts)", c->sent);
}

/* True when another credential is there. An outage met on the way to it stays an outage; whatever else went wrong means: sign in again. */
static bool renew(struct call *c, struct err *e)
{
    if (!c->transfer.owned) return false;
    if (!site_renew(c->transfer.site, c->transfer.generation, e)) return true;
    if (e->code != ERR_OFFLINE && e->code != ERR_TIMEOUT && e->code != ERR_CANCELLED) e->code = ERR_AUTH;
    return false;
}

static int carry(struct call *c, net_judge judge, struct err *e)
{
    bool renewed = false;
    for (;;) {
        int64_t after_ms = 0;
        if (net_cancel_is_set(c->api->cancel)) return err_set(e, ERR_CANCELLED, "cancelled");
        engine_run(c->engine, c);
        c->transfer.answer->attempts = c->sent;
        enum step step = weigh(c, judge, e, &after_ms);
        if (step == STEP_DONE) return 0;
        if (step == STEP_RETRY && plan_retry(c, after_ms)) continue;
        if (step == STEP_RETRY) final_error(c, e);
        if (step == STEP_RETRY || e->code != ERR_AUTH || renewed || !renew(c, e)) return -1;
        renewed = true;
        c->max_tries++;         /* it was a turn of the credential, not of the service */
    }
}

static int check_request(const struct net_request *r, struct err *e)
{
    if (!r->path || !site_line_clean(r->path) || strchr(r->path, ' ') || (!r->url_is_whole && r->path[0] != '/'))
        return err_set(e, ERR_BUG, "a request has no usable path");
    return 0;
}

static void set_limits(struct call *c)
{
    const struct net_settings *s = &c->engine->settings;
    c->max_tries = s->retry_attempts;
    if (!s->interactive) return;
    if (c->max_tries > INTERACTIVE_TRIES) c->max_tries = INTERACTIVE_TRIES;
    c->deadline_ms = time_mono_ms() + (s->small_total_ms < INTERACTIVE_MS ? s->small_total_ms : INTERACTIVE_MS);
}

static int call_run(const struct net_api *api, const struct net_request *request, net_judge judge,
                    struct net_answer *answer, struct err *e)
{
    struct call c = { .engine = api->engine, .api = api, .slot = -1,
                      .transfer = { .request = request, .site = api->site, .answer = answer, .host = "" } };
    if (check_request(request, e)) return -1;
    c.url = request->url_is_whole ? str_dup(request->path) : str_printf("%s%s", net_site_base(api->site), request->path);
    if (!c.url) return err_no_memory(e);
    c.transfer.url = c.url;
    c.transfer.owned = !request->url_is_whole || net_site_owns(api->site, c.url);
    answer->doubtful = false;
    sem_init(&c.done, 0, 0);
    int r = engine_enter(api->engine, &c, request->quota_name, e);
    if (!r) {
        set_limits(&c);
        r = carry(&c, judge, e);
        if (r) name_host(&c, e);
        engine_leave(api->engine, &c);
    }
    sem_destroy(&c.done);
    free(c.url);
    return r;
}

int net_call(const struct net_api *api, const struct net_request *request, net_judge judge,
             struct net_answer *answer, struct err *e)
{
    struct net_answer own;
    struct err mine;
    net_answer_init(&own);
    err_clear(&mine);
    int r = call_run(api, request, judge, answer ? answer : &own, &mine);
    if (e) *e = mine;
    net_answer_release(&own);
    return r;
}
