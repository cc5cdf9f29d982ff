#ifndef LAKEFERRY_TESTS_FUZZ_ANSWERS_H
#define LAKEFERRY_TESTS_FUZZ_ANSWERS_H
/*
 * answers: stands in for the engine: every call is answered by the input's bytes. Input: one byte that chooses the request, one that chooses status and
 * content type, then the body. A second try gets the same answer; a list's third page ends. Include it once in a target.
 */
#include "../fuzz.h"
#include "base/str.h"
#include "net/engine.h"

struct net_site { char base[64]; };

static const int statuses[] = { 200, 200, 200, 200, 200, 207, 200, 202, 400, 401, 403, 404, 409, 413, 429, 500, 503, 504 };
static struct { const char *body; size_t n; int status; const char *type; int calls; } given;
static struct net_site fuzz_site = { "https://host" };
static const struct net_api fuzz_api = { .site = &fuzz_site };

static int pour(const struct net_request *r, struct err *e)
{
    if (r->sink->begin(r->sink->ctx, given.status, -1, given.type, e)) return -1;
    for (size_t at = 0, step = given.n % 13 + 1; at < given.n; at += step)
        if (r->sink->write(r->sink->ctx, given.body + at, given.n - at < step ? given.n - at : step, e)) return -1;
    return 0;
}

int net_call(const struct net_api *api, const struct net_request *r, net_judge judge, struct net_answer *answer, struct err *e)
{
    struct net_answer own;
    struct err mine = { 0 };
    (void)api;
    if (!answer) net_answer_init(&own);
    struct net_answer *a = answer ? answer : &own;
    int result = -1;
    for (int tries = 0; tries < 2; tries++) {
        err_clear(&mine);
        if (++given.calls > 3) {
            err_set(&mine, ERR_OFFLINE, "no more answers");
            break;
        }
        buf_clear(&a->body);
        a->status = given.status;
        str_copy(a->content_type, sizeof a->content_type, given.type);
        if (r->sink && given.status < 300) {
            if (pour(r, &mine)) break;
        } else {
            buf_add(&a->body, given.body, given.n);
        }
        enum net_verdict v = judge ? judge(r, a, &mine) : given.status < 300 ? NET_JUDGE_OK : NET_JUDGE_FAIL;
        FUZZ_HOLDS(v == NET_JUDGE_OK || mine.code != ERR_NONE || given.status >= 300);
        result = v == NET_JUDGE_OK ? 0 : -1;
        if (v != NET_JUDGE_RETRY) break;
    }
    if (result) {
        if (mine.code == ERR_NONE) err_set(&mine, ERR_REFUSED, "HTTP %d", given.status);
        if (e) *e = mine;
    }
    if (!answer) net_answer_release(&own);
    return result;
}

void net_answer_init(struct net_answer *a) { *a = (struct net_answer){ .length = -1 }; buf_init(&a->body, 0); }
void net_answer_release(struct net_answer *a) { buf_release(&a->body); }
struct net_site *net_site_new(const char *base, enum net_scheme scheme, const char *quota_name, struct net_quota quota, struct err *e)
{
    (void)scheme; (void)quota_name; (void)quota;
    struct net_site *s = calloc(1, sizeof *s);
    if (!s) err_no_memory(e);
    else str_copy(s->base, sizeof s->base, base);
    return s;
}
void net_site_free(struct net_site *s) { free(s); }
bool net_site_owns(const struct net_site *s, const char *url) { (void)s; return str_starts(url, "https://host/"); }

/* Reads the input's first two bytes; which of count requests, or -1. */
static int take_answer(const uint8_t *data, size_t n, int count)
{
    static const char *const types[] = { "application/json", "application/json; charset=utf-8", "text/html", "" };
    if (n < 2) return -1;
    given.body = (const char *)data + 2;
    given.n = n - 2;
    given.status = statuses[data[1] % (sizeof statuses / sizeof *statuses)];
    given.type = types[(data[1] / 32) % 4];
    given.calls = 0;
    return data[0] % count;
}

/* Every failure is a sentence that a terminal can show. */
static void check_result(int result, const struct err *e)
{
    char line[2048];
    if (result == 0) return;
    FUZZ_HOLDS(e->code != ERR_NONE && e->code < ERR_CODES && e->cause[0]);
    FUZZ_HOLDS(strlen(err_sentence(e, line, sizeof line)) > 0);
}
#endif
