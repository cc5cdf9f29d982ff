/* The engine against a server that misbehaves on request. Waits are milliseconds; no test asserts a duration. */
#include "base/file.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "net/engine_inner.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include "fault_server.h"
#include <cmocka.h>

struct fixture {
    struct fault_server *server;
    struct net_engine *engine;
    struct net_site *site;
    struct net_api api;
    struct net_answer answer;
    struct err e;
};

static const struct net_settings quick = { .retry_first_ms = 2, .retry_cap_ms = 20, .connect_ms = 20000, .small_total_ms = 60000,
                                           .stall_ms = 60000, .breaker_ms = 5 };

static void open_with(struct fixture *f, fault_handler handler, void *ctx, const struct net_settings *s, struct net_quota quota)
{
    *f = (struct fixture){ 0 };
    err_clear(&f->e);
    net_answer_init(&f->answer);
    f->server = fault_start(handler, ctx);
    f->engine = net_engine_new(s, &f->e);
    assert_non_null(f->engine);
    f->site = net_site_new(f->server->base, NET_BEARER, "q", quota, &f->e);
    assert_non_null(f->site);
    assert_int_equal(net_site_set_credential(f->site, "canary-token-1", &f->e), 0);
    f->api = (struct net_api){ f->engine, f->site, NULL, NET_NORMAL };
}

static void open_quick(struct fixture *f, fault_handler handler, void *ctx)
{
    open_with(f, handler, ctx, &quick, (struct net_quota){ 0, 0 });
}

static void close_all(struct fixture *f)
{
    net_engine_free(f->engine);
    net_site_free(f->site);
    net_answer_release(&f->answer);
    fault_stop(f->server);
}

static int get(struct fixture *f, const char *path)
{
    struct net_request r = { .method = NET_GET, .path = path };
    return net_call(&f->api, &r, NULL, &f->answer, &f->e);
}

static int post(struct fixture *f, const char *path, const char *body, bool idempotent)
{
    struct net_request r = { .method = NET_POST, .path = path, .body = body, .body_size = strlen(body), .idempotent = idempotent };
    return net_call(&f->api, &r, NULL, &f->answer, &f->e);
}

/* Plain answers. */

static enum fault_next echo(struct fault_server *s, int fd, const struct fault_request *r)
{
    char auth[128] = "", agent[128] = "", type[128] = "", expect[32] = "", extra[32] = "", body[8192];
    (void)s;
    fault_header(r, "authorization", auth, sizeof auth);
    fault_header(r, "user-agent", agent, sizeof agent);
    fault_header(r, "content-type", type, sizeof type);
    fault_header(r, "expect", expect, sizeof expect);
    fault_header(r, "x-extra", extra, sizeof extra);
    snprintf(body, sizeof body, "%s %s|%s|%s|%s|%s|%s|%.4000s", r->method, r->path, auth, agent, type, expect, extra, r->body);
    fault_reply(fd, 200, "Content-Type: text/plain; charset=utf-8\r\nX-Request-Id:  abc \r\nETag: \"e\"\r\nLast-Modified: today\r\n", body);
    return FAULT_KEEP;
}

static void an_answer_arrives(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, echo, NULL);
    assert_int_equal(net_site_add_header(f.site, "X-Extra: 7", &f.e), 0);
    assert_int_equal(get(&f, "/a?b=c"), 0);
    assert_string_equal(f.answer.body.data, "GET /a?b=c|Bearer canary-token-1|lakeferry/" LAKEFERRY_VERSION "|||7|");
    assert_string_equal(f.answer.content_type, "text/plain; charset=utf-8");
    assert_string_equal(f.answer.request_id, "abc");
    assert_string_equal(f.answer.etag, "\"e\"");
    assert_string_equal(f.answer.last_modified, "today");
    assert_int_equal(f.answer.length, f.answer.body.len);
    assert_int_equal(f.answer.attempts, 1);
    assert_int_equal(f.answer.status, 200);
    for (int i = 0; i < 20; i++) assert_int_equal(get(&f, "/again"), 0);
    assert_int_equal(f.server->connections, 1);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_int_equal(figures.requests, 21);
    assert_int_equal(figures.retries, 0);
    assert_int_equal(figures.in_flight, 0);
    close_all(&f);
}

static void methods_and_bodies(void **state)
{
    (void)state;
    struct fixture f;
    static const struct { enum net_method m; const char *body, *want; } cases[] = {
        { NET_POST, "{}", "POST /p|application/json|{}" }, { NET_PUT, "x", "PUT /p|application/json|x" },
        { NET_PATCH, "y", "PATCH /p|application/json|y" }, { NET_DELETE, "z", "DELETE /p|application/json|z" },
        { NET_POST, NULL, "POST /p||" }, { NET_PUT, NULL, "PUT /p||" }, { NET_DELETE, NULL, "DELETE /p||" },
    };
    open_quick(&f, echo, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char want[256], bar[128];
        const char *rest = strchr(cases[i].want, '|');
        const char *last = strrchr(cases[i].want, '|');
        str_copy(bar, sizeof bar, rest + 1);
        bar[last - rest - 1] = '\0';
        snprintf(want, sizeof want, "%.*s|Bearer canary-token-1|lakeferry/" LAKEFERRY_VERSION "|%s|||%s", (int)(rest - cases[i].want), cases[i].want, bar, last + 1);
        struct net_request r = { .method = cases[i].m, .path = "/p", .body = cases[i].body, .body_size = cases[i].body ? strlen(cases[i].body) : 0 };
        assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), 0);
        assert_string_equal(f.answer.body.data, want);
    }
    close_all(&f);
}

static enum fault_next head(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    assert_string_equal(r->method, "HEAD");
    fault_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 12345678901\r\n\r\n");
    return FAULT_KEEP;
}

static void head_tells_the_length(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, head, NULL);
    struct net_request r = { .method = NET_HEAD, .path = "/f" };
    assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), 0);
    assert_true(f.answer.length == 12345678901);
    close_all(&f);
}

/* Sinks and sources. */

struct sink { struct buf got; int begins, status; int64_t size; char type[64]; int fail_at; };

static int sink_begin(void *ctx, int status, int64_t size, const char *type, struct err *e)
{
    struct sink *s = ctx;
    s->begins++;
    s->status = status;
    s->size = size;
    str_copy(s->type, sizeof s->type, type);
    buf_clear(&s->got);
    return s->fail_at == -1 ? err_set(e, ERR_PROTOCOL, "not a picture") : 0;
}

static int sink_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct sink *s = ctx;
    if (s->fail_at > 0 && s->got.len + n > (size_t)s->fail_at) return err_set(e, ERR_NO_SPACE, "disk full");
    return buf_add(&s->got, bytes, n);
}

static int get_into(struct fixture *f, const char *path, struct sink *s)
{
    struct net_sink sink = { sink_begin, sink_write, s };
    struct net_request r = { .method = NET_GET, .path = path, .sink = &sink, .bulk = true };
    buf_init(&s->got, 0);
    return net_call(&f->api, &r, NULL, &f->answer, &f->e);
}

static enum fault_next short_then_whole(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    if (r->number <= 2) {
        fault_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Type: image/png\r\n\r\n01234");
        return r->number == 1 ? FAULT_CLOSE : FAULT_RESET;
    }
    fault_reply(fd, 200, "Content-Type: image/png\r\n", "0123456789");
    return FAULT_KEEP;
}

static void a_short_body_is_asked_for_again(void **state)
{
    (void)state;
    struct fixture f;
    struct sink s = { .fail_at = 0 };
    open_quick(&f, short_then_whole, NULL);
    assert_int_equal(get_into(&f, "/x", &s), 0);
    assert_string_equal(s.got.data, "0123456789");
    assert_in_range(s.begins, 2, 3);                 /* a reset may overtake the answer's beginning */
    assert_int_equal(s.size, 10);
    assert_string_equal(s.type, "image/png");
    assert_int_equal(f.answer.attempts, 3);
    buf_release(&s.got);
    close_all(&f);
}

static enum fault_next empty_or_missing(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    if (str_eq(r->path, "/empty")) fault_reply(fd, 200, "Content-Type: image/gif\r\n", "");
    else if (str_eq(r->path, "/missing")) fault_reply(fd, 404, "", "there is none");
    else {
        static char big[300000];
        memset(big, 'x', sizeof big - 1);
        fault_reply(fd, 400, "", big);
    }
    return FAULT_KEEP;
}

static void sinks_get_success_only(void **state)
{
    (void)state;
    struct fixture f;
    struct sink s = { .fail_at = 0 };
    open_quick(&f, empty_or_missing, NULL);
    assert_int_equal(get_into(&f, "/empty", &s), 0);
    assert_int_equal(s.begins, 1);
    assert_int_equal(s.size, 0);
    assert_int_equal(get_into(&f, "/missing", &s), -1);
    assert_int_equal(f.e.code, ERR_NOT_FOUND);
    assert_int_equal(f.e.http, 404);
    assert_int_equal(s.begins, 1);
    assert_string_equal(f.answer.body.data, "there is none");
    assert_int_equal(get_into(&f, "/big", &s), -1);
    assert_int_equal(f.e.code, ERR_REFUSED);
    assert_int_equal(f.answer.body.len, 65536);
    s.fail_at = -1;
    assert_int_equal(get_into(&f, "/empty", &s), -1);
    assert_int_equal(f.e.code, ERR_PROTOCOL);
    assert_non_null(strstr(f.e.cause, "not a picture (from 127.0.0.1:"));
    assert_int_equal(s.begins, 2);
    buf_release(&s.got);
    close_all(&f);
}

static enum fault_next ten_bytes(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    (void)r;
    fault_reply(fd, 200, "", "0123456789");
    return FAULT_KEEP;
}

static void a_failing_sink_ends_the_call(void **state)
{
    (void)state;
    struct fixture f;
    struct sink s = { .fail_at = 5 };
    open_quick(&f, ten_bytes, NULL);
    assert_int_equal(get_into(&f, "/x", &s), -1);
    assert_int_equal(f.e.code, ERR_NO_SPACE);
    assert_int_equal(f.server->requests, 1);
    buf_release(&s.got);
    close_all(&f);
}

static void a_body_has_its_limit(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, ten_bytes, NULL);
    struct net_request r = { .method = NET_GET, .path = "/x", .answer_max = 9 };
    assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), -1);
    assert_int_equal(f.e.code, ERR_LIMIT);
    assert_int_equal(f.server->requests, 1);
    r.answer_max = 10;
    assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), 0);
    close_all(&f);
}

struct source { uint64_t size, at, fail_at; int rewinds; };

static int64_t source_read(void *ctx, char *out, size_t room)
{
    struct source *s = ctx;
    if (s->fail_at && s->at >= s->fail_at) return -1;
    size_t n = 0;
    for (; n < room && n < 7777 && s->at < s->size; n++, s->at++) out[n] = (char)('a' + s->at % 26);
    return (int64_t)n;
}

static int source_rewind(void *ctx)
{
    struct source *s = ctx;
    s->at = 0;
    s->rewinds++;
    return 0;
}

static int put_from(struct fixture *f, struct source *s, uint64_t size, bool idempotent)
{
    struct net_source source = { size, source_read, source_rewind, s };
    struct net_request r = { .method = NET_PUT, .path = "/up", .source = &source, .content_type = "application/octet-stream",
                             .bulk = true, .idempotent = idempotent };
    return net_call(&f->api, &r, NULL, &f->answer, &f->e);
}

static enum fault_next check_upload(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    if (r->number <= 2) return FAULT_RESET;
    bool good = r->body_size == 300001;
    for (size_t i = 0; good && i < r->body_size; i++) good = r->body[i] == (char)('a' + i % 26);
    fault_reply(fd, good ? 200 : 400, "", "");
    return FAULT_KEEP;
}

static void a_source_is_sent_again_from_its_start(void **state)
{
    (void)state;
    struct fixture f;
    struct source s = { .size = 300001 };
    open_quick(&f, check_upload, NULL);
    assert_int_equal(put_from(&f, &s, s.size, true), 0);
    assert_int_equal(f.answer.attempts, 3);
    assert_int_equal(s.rewinds, 2);
    close_all(&f);
}

static void a_failing_source_ends_the_call(void **state)
{
    (void)state;
    struct fixture f;
    struct source s = { .size = 300001, .fail_at = 100000 }, cut = { .size = 1000 };
    open_quick(&f, echo, NULL);
    assert_int_equal(put_from(&f, &s, s.size, true), -1);
    assert_int_equal(f.e.code, ERR_IO);
    assert_int_equal(put_from(&f, &cut, 2000, true), -1);
    assert_non_null(strstr(f.e.cause, "ended after 1000 of 2000"));
    assert_int_equal(f.server->requests, 0);
    close_all(&f);
}

/* Asking again. */

static enum fault_next twice_503(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    fault_reply(fd, r->number <= 2 ? 503 : 200, "", "ok");
    return FAULT_KEEP;
}

static void a_503_is_asked_again(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, twice_503, NULL);
    assert_int_equal(post(&f, "/x", "{}", false), 0);
    assert_int_equal(f.answer.attempts, 3);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_int_equal(figures.retries, 2);
    close_all(&f);
}

static enum fault_next status_by_path(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    fault_reply(fd, (int)strtol(r->path + 1, NULL, 10), "", "no");
    return FAULT_KEEP;
}

static void statuses_mean_what_they_say(void **state)
{
    (void)state;
    static const struct { const char *path; enum err_code code; int attempts; } cases[] = {
        { "/400", ERR_REFUSED, 1 }, { "/401", ERR_AUTH, 1 }, { "/403", ERR_FORBIDDEN, 1 }, { "/404", ERR_NOT_FOUND, 1 },
        { "/409", ERR_CONFLICT, 1 }, { "/412", ERR_CONFLICT, 1 }, { "/413", ERR_LIMIT, 1 }, { "/501", ERR_REFUSED, 1 },
        { "/408", ERR_TIMEOUT, 4 }, { "/429", ERR_RATE_LIMIT, 4 }, { "/500", ERR_REFUSED, 4 }, { "/503", ERR_OFFLINE, 4 },
    };
    struct net_settings s = quick;
    struct fixture f;
    s.retry_attempts = 4;
    open_with(&f, status_by_path, NULL, &s, (struct net_quota){ 0, 0 });
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(get(&f, cases[i].path), -1);
        assert_int_equal(f.e.code, cases[i].code);
        assert_int_equal(f.answer.attempts, cases[i].attempts);
        assert_string_equal(f.answer.body.data, "no");
    }
    assert_int_equal(post(&f, "/500", "{}", false), -1);
    assert_int_equal(f.e.code, ERR_UNKNOWN);
    assert_int_equal(f.answer.attempts, 1);
    assert_int_equal(post(&f, "/502", "{}", true), -1);
    assert_int_equal(f.answer.attempts, 4);
    close_all(&f);
}

static enum fault_next gateway_then(struct fault_server *s, int fd, const struct fault_request *r)
{
    static const int first[] = { 502, 500, 503, 429 };
    if (r->number <= 4) fault_reply(fd, first[r->number - 1], r->number == 1 ? "Retry-After: 3600\r\n" : "", "");
    else fault_reply(fd, *(int *)s->ctx, "", "");
    return FAULT_KEEP;
}

/* A body that may not be written twice, but may be asked for again: by the same waits as any other, and the doubt is told. */
static void an_open_answer_is_asked_again(void **state)
{
    (void)state;
    static const struct { int last; bool again; int attempts; enum err_code code; } cases[] = {
        { 201, true, 5, ERR_NONE }, { 409, true, 5, ERR_CONFLICT }, { 504, true, 6, ERR_TIMEOUT }, { 201, false, 1, ERR_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture f;
        struct net_settings s = quick;
        struct net_request request = { .method = NET_PUT, .path = "/x", .body = "bytes", .body_size = 5, .again_on_answer = cases[i].again };
        int last = cases[i].last;
        s.retry_attempts = 6;
        open_with(&f, gateway_then, &last, &s, (struct net_quota){ 0, 0 });
        int rc = net_call(&f.api, &request, NULL, &f.answer, &f.e);
        assert_int_equal(rc, cases[i].code == ERR_NONE ? 0 : -1);
        assert_int_equal(f.e.code, cases[i].code);
        assert_int_equal(f.answer.attempts, cases[i].attempts);
        assert_int_equal(f.server->requests, cases[i].attempts);
        assert_true(f.answer.doubtful);
        struct net_figures figures;
        net_engine_figures(f.engine, "q", &figures);
        assert_int_equal(figures.retries, cases[i].attempts - 1);      /* they count against the budget */
        struct net_request next = { .method = NET_PUT, .path = "/y", .body = "bytes", .body_size = 5 };
        last = 201;
        f.server->ctx = &last;
        if (cases[i].again) {
            assert_int_equal(net_call(&f.api, &next, NULL, &f.answer, &f.e), 0);
            assert_false(f.answer.doubtful);                           /* each call by itself */
        }
        close_all(&f);
    }
}

static enum fault_next too_often(struct fault_server *s, int fd, const struct fault_request *r)
{
    static const char *const waits[] = { "Retry-After: 0\r\n", "Retry-After: soon\r\n", "", "Retry-After: 99999999999999\r\n", "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n" };
    (void)s;
    if (r->number <= 5) fault_reply(fd, 429, waits[r->number - 1], "");
    else fault_reply(fd, 200, "", "ok");
    return FAULT_KEEP;
}

static void a_429_waits_as_told_within_the_cap(void **state)
{
    (void)state;
    struct fixture f;
    open_with(&f, too_often, NULL, &quick, (struct net_quota){ 0, 8 });
    assert_int_equal(get(&f, "/x"), 0);              /* the cap of 20 ms bounds even the huge one */
    assert_int_equal(f.answer.attempts, 6);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_in_range(figures.window, 1, 4);           /* refused: narrower than the 8 it began with */
    close_all(&f);
}

static enum fault_next always_429(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    (void)r;
    fault_reply(fd, 429, "Retry-After: 7\r\n", "");
    return FAULT_KEEP;
}

static void an_impatient_call_tells_the_wait(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    s.interactive = true;
    s.retry_cap_ms = 60000;
    s.small_total_ms = 6000;          /* less than the server asks for */
    open_with(&f, always_429, NULL, &s, (struct net_quota){ 0, 8 });
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_RATE_LIMIT);
    assert_true(f.e.retry_after_ms == 7000);
    assert_int_equal(f.server->requests, 1);
    close_all(&f);
}

static enum fault_next answer_lost(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    if (str_eq(r->path, "/fine")) {
        fault_reply(fd, 200, "", "");
        return FAULT_KEEP;
    }
    (*(atomic_int *)s->ctx)++;
    return str_eq(r->path, "/reset") ? FAULT_RESET : FAULT_CLOSE;
}

static enum fault_next lost_and_gone(struct fault_server *s, int fd, const struct fault_request *r)
{
    if (str_eq(r->path, "/fine")) {
        fault_reply(fd, 200, "", "");
        return FAULT_KEEP;
    }
    shutdown(s->listener, SHUT_RDWR);
    return FAULT_CLOSE;
}

/* On a kept connection curl tries a new one by itself; that nobody is there says nothing about the first copy. */
static void a_lost_answer_of_a_host_that_went_is_unknown(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fixture f;
        struct source s = { .size = 300 };
        open_quick(&f, lost_and_gone, NULL);
        assert_int_equal(post(&f, "/fine", "{}", false), 0);
        assert_int_equal(i ? put_from(&f, &s, s.size, false) : post(&f, "/gone", "{}", false), -1);
        assert_int_equal(f.e.code, ERR_UNKNOWN);
        assert_int_equal(post(&f, "/later", "{}", false), -1);
        assert_int_equal(f.e.code, ERR_OFFLINE);     /* nothing was sent */
        close_all(&f);
    }
}

static void a_lost_answer_is_unknown(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int applied = 0;
    open_quick(&f, answer_lost, &applied);
    const char *bodies[] = { "{}", "" };
    for (int i = 0; i < 2; i++) {
        /* On a new connection, then on a kept one, where curl itself would like to send again. */
        assert_int_equal(post(&f, "/close", bodies[i], false), -1);
        assert_int_equal(f.e.code, ERR_UNKNOWN);
        assert_int_equal(applied, 1 + 4 * i);
        assert_int_equal(post(&f, "/fine", "{}", false), 0);
        assert_int_equal(post(&f, "/close", bodies[i], false), -1);
        assert_int_equal(f.e.code, ERR_UNKNOWN);
        assert_int_equal(applied, 2 + 4 * i);
        assert_int_equal(post(&f, "/fine", "{}", false), 0);
        assert_int_equal(post(&f, "/reset", bodies[i], false), -1);
        assert_int_equal(f.e.code, ERR_UNKNOWN);
        assert_int_equal(applied, 3 + 4 * i);
        assert_int_equal(post(&f, "/reset", bodies[i], false), -1);
        assert_int_equal(f.e.code, ERR_UNKNOWN);
        assert_int_equal(applied, 4 + 4 * i);
    }
    struct source s = { .size = 300001 };
    assert_int_equal(put_from(&f, &s, s.size, false), -1);
    assert_int_equal(f.e.code, ERR_UNKNOWN);
    assert_int_equal(applied, 9);
    close_all(&f);
}

static enum fault_next kept_closed(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    if (r->on_connection == 2) return FAULT_CLOSE;
    fault_reply(fd, 200, "", "ok");
    return FAULT_KEEP;
}

static void a_kept_connection_may_die(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, kept_closed, NULL);
    for (int i = 0; i < 10; i++) assert_int_equal(get(&f, "/x"), 0);
    close_all(&f);
}

static enum net_verdict picky_judge(const struct net_request *r, const struct net_answer *a, struct err *e)
{
    (void)r;
    if (str_eq(a->body.data, "busy")) {
        err_set(e, ERR_RATE_LIMIT, "busy");
        return NET_JUDGE_RETRY;
    }
    if (str_eq(a->body.data, "closed")) {
        err_set(e, ERR_MAINTENANCE, "closed");
        return NET_JUDGE_FAIL;
    }
    if (a->status == 500) {
        err_set(e, ERR_REFUSED, "hm");
        return NET_JUDGE_FAIL;
    }
    return NET_JUDGE_OK;
}

static enum fault_next judged(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    if (str_eq(r->path, "/closed")) fault_reply(fd, 503, "", "closed");
    else if (str_eq(r->path, "/odd")) fault_reply(fd, 418, "", "fine");
    else if (r->number == 1) fault_reply(fd, 200, "", "busy");
    else if (r->number == 2) fault_reply(fd, 500, "", "hm");
    else fault_reply(fd, 200, "", "ok");
    return FAULT_KEEP;
}

static void the_judge_outranks_http(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, judged, NULL);
    struct net_request r = { .method = NET_POST, .path = "/x", .body = "{}", .body_size = 2, .idempotent = true };
    assert_int_equal(net_call(&f.api, &r, picky_judge, &f.answer, &f.e), 0);
    assert_int_equal(f.answer.attempts, 3);
    r.path = "/closed";
    assert_int_equal(net_call(&f.api, &r, picky_judge, &f.answer, &f.e), -1);
    assert_int_equal(f.e.code, ERR_MAINTENANCE);
    assert_int_equal(f.e.http, 503);
    assert_int_equal(f.answer.attempts, 1);
    r.path = "/odd";
    assert_int_equal(net_call(&f.api, &r, picky_judge, &f.answer, &f.e), 0);
    assert_int_equal(f.e.code, ERR_NONE);
    close_all(&f);
}

/* Credentials. */

static int renew_token(void *ctx, struct net_site *site, struct err *e)
{
    (*(atomic_int *)ctx)++;
    return net_site_set_credential(site, "canary-token-2", e);
}

static int renew_in_vain(void *ctx, struct net_site *site, struct err *e)
{
    (void)site;
    (*(atomic_int *)ctx)++;
    return err_set(e, ERR_CONFIG, "no other token");
}

static enum fault_next second_token_only(struct fault_server *s, int fd, const struct fault_request *r)
{
    char auth[128] = "";
    (void)s;
    fault_header(r, "authorization", auth, sizeof auth);
    fault_reply(fd, str_eq(auth, "Bearer canary-token-2") ? 200 : 401, "", "");
    return FAULT_KEEP;
}

struct lane { struct fixture *f; struct net_api api; const char *path; pthread_t thread; int result, rounds; struct err e; };

static void *lane_main(void *arg)
{
    struct lane *l = arg;
    struct net_request r = { .method = NET_GET, .path = l->path };
    for (int i = 0; i < l->rounds; i++) {
        struct net_answer a;
        net_answer_init(&a);
        l->result |= net_call(&l->api, &r, NULL, &a, &l->e);
        net_answer_release(&a);
    }
    return NULL;
}

static void run_lanes(struct fixture *f, struct lane *lanes, int n, int rounds)
{
    for (int i = 0; i < n; i++) {
        lanes[i] = (struct lane){ .f = f, .api = f->api, .path = "/lane", .rounds = rounds };
        pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i]);
    }
    for (int i = 0; i < n; i++) pthread_join(lanes[i].thread, NULL);
}

static void a_wrong_credential_is_renewed_once(void **state)
{
    (void)state;
    struct fixture f;
    atomic_int renewals = 0;
    struct lane lanes[8];
    open_quick(&f, second_token_only, NULL);
    net_site_set_renew(f.site, renew_token, &renewals);
    run_lanes(&f, lanes, 8, 3);
    for (int i = 0; i < 8; i++) assert_int_equal(lanes[i].result, 0);
    assert_int_equal(renewals, 1);
    net_site_set_renew(f.site, renew_in_vain, &renewals);
    net_site_set_credential(f.site, "canary-token-3", &f.e);
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_AUTH);
    assert_int_equal(renewals, 2);
    assert_null(strstr(f.e.cause, "canary"));
    close_all(&f);
}

static void credentials_stay_at_home(void **state)
{
    (void)state;
    struct fixture f;
    struct fault_server *other = fault_start(echo, NULL);
    char url[128];
    open_quick(&f, echo, NULL);
    net_site_add_header(f.site, "X-Extra: 7", &f.e);
    snprintf(url, sizeof url, "%s/signed?sig=1", other->base);
    struct net_request r = { .method = NET_GET, .path = url, .url_is_whole = true };
    assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), 0);
    assert_string_equal(f.answer.body.data, "GET /signed?sig=1||lakeferry/" LAKEFERRY_VERSION "||||");
    snprintf(url, sizeof url, "%s/own", f.server->base);
    assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), 0);
    assert_non_null(strstr(f.answer.body.data, "Bearer canary-token-1"));
    const char *refused[] = { "http://192.0.2.1/x", "file:///etc/passwd", "ftp://127.0.0.1/x" };
    for (int i = 0; i < 3; i++) {
        r.path = refused[i];
        assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), -1);
        assert_int_equal(f.e.code, ERR_REFUSED);
    }
    fault_stop(other);
    close_all(&f);
}

static enum fault_next redirect(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    (void)r;
    fault_reply(fd, 302, "Location: https://elsewhere.example/login.html?token=secret\r\n", "");
    return FAULT_KEEP;
}

static void redirects_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    open_quick(&f, redirect, NULL);
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_PROTOCOL);
    assert_non_null(strstr(f.e.cause, "redirects to https://elsewhere.example/login.html instead"));
    assert_null(strstr(f.e.cause, "secret"));
    assert_int_equal(f.server->requests, 1);
    close_all(&f);
}

static void bad_sites_and_headers_are_refused(void **state)
{
    (void)state;
    struct err e;
    struct net_quota none = { 0, 0 };
    const char *bad[] = { "http://example.com", "ftp://a", "https://a/path", "https://u:p@a", "", "a" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_null(net_site_new(bad[i], NET_BEARER, "q", none, &e));
        assert_int_equal(e.code, ERR_CONFIG);
    }
    struct net_site *s = net_site_new("https://h.example/", NET_BEARER, "q", none, &e);
    assert_string_equal(net_site_base(s), "https://h.example");
    assert_true(net_site_owns(s, "https://H.example:443/x"));
    assert_false(net_site_owns(s, "https://h.example.evil/x"));
    assert_false(net_site_owns(s, "http://h.example/x"));
    assert_false(net_site_owns(s, "https://h.example:444/x"));
    assert_int_equal(net_site_add_header(s, "A: b\r\nC: d", &e), -1);
    assert_int_equal(net_site_set_credential(s, "a\nb", &e), -1);
    assert_int_equal(net_site_set_credential(s, "", &e), -1);
    net_site_free(s);
}

/* Silence and absence. */

static enum fault_next silent(struct fault_server *s, int fd, const struct fault_request *r)
{
    if (str_eq(r->path, "/drip")) {
        fault_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        struct pollfd p = { .fd = fd, .events = POLLRDHUP };
        while (!s->stopping && poll(&p, 1, 20) == 0) fault_text(fd, "x");
        return FAULT_CLOSE;
    }
    return fault_hang(s, fd);
}

static void silence_ends_small_calls(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    s.small_total_ms = 1000;
    s.retry_attempts = 2;
    open_with(&f, silent, NULL, &s, (struct net_quota){ 0, 0 });
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_TIMEOUT);
    assert_non_null(strstr(f.e.cause, "did not finish its answer within 1 s (2 attempts)"));
    assert_int_equal(post(&f, "/x", "{}", false), -1);
    assert_int_equal(f.e.code, ERR_UNKNOWN);
    close_all(&f);
}

static void a_drip_is_a_stall(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    struct sink sink = { .fail_at = 0 };
    s.retry_attempts = 2;
    s.stall_ms = 200;
    open_with(&f, silent, NULL, &s, (struct net_quota){ 0, 0 });
    assert_int_equal(get_into(&f, "/drip", &sink), -1);
    assert_int_equal(f.e.code, ERR_TIMEOUT);
    assert_non_null(strstr(f.e.cause, "less than 1 KB/s"));
    assert_int_equal(f.answer.attempts, 2);
    buf_release(&sink.got);
    close_all(&f);
}

struct canceller { struct fault_server *server; struct net_cancel *cancel; int at; };

static void *cancel_later(void *arg)
{
    struct canceller *c = arg;
    while (c->server->requests < c->at) usleep(1000);
    net_cancel_set(c->cancel);
    return NULL;
}

static void a_call_can_be_cancelled(void **state)
{
    (void)state;
    struct fixture f;
    struct net_cancel cancel = { 0 };
    pthread_t t;
    open_quick(&f, silent, NULL);
    f.api.cancel = &cancel;
    struct canceller c = { f.server, &cancel, 1 };
    pthread_create(&t, NULL, cancel_later, &c);
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_CANCELLED);
    pthread_join(t, NULL);
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_CANCELLED);
    assert_int_equal(f.server->requests, 1);
    close_all(&f);
}

static void a_waiting_call_can_be_cancelled(void **state)
{
    (void)state;
    struct fixture f;
    struct net_cancel cancel = { 0 };
    struct lane first;
    pthread_t t;
    open_with(&f, silent, NULL, &quick, (struct net_quota){ 0, 1 });
    first = (struct lane){ .f = &f, .api = f.api, .path = "/x", .rounds = 1 };
    pthread_create(&first.thread, NULL, lane_main, &first);
    while (f.server->requests < 1) usleep(1000);
    f.api.cancel = &cancel;
    struct canceller c = { f.server, &cancel, 1 };
    pthread_create(&t, NULL, cancel_later, &c);
    assert_int_equal(get(&f, "/y"), -1);
    assert_int_equal(f.e.code, ERR_CANCELLED);
    pthread_join(t, NULL);
    net_engine_free(f.engine);                        /* ends what runs */
    pthread_join(first.thread, NULL);
    assert_int_equal(first.e.code, ERR_CANCELLED);
    f.engine = NULL;
    close_all(&f);
}

/* A port that nobody listens on, held so that nobody else can. */
static int closed_port(int *fd)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    assert_int_equal(bind(*fd, (struct sockaddr *)&a, sizeof a), 0);
    getsockname(*fd, (struct sockaddr *)&a, &n);
    return ntohs(a.sin_port);
}

static void use_base(struct fixture *f, const char *base)
{
    net_site_free(f->site);
    f->site = net_site_new(base, NET_ANONYMOUS, "q", (struct net_quota){ 0, 0 }, &f->e);
    assert_non_null(f->site);
    f->api.site = f->site;
}

static void a_refused_connection_is_offline(void **state)
{
    (void)state;
    struct fixture f;
    int fd, port = closed_port(&fd);
    char base[64], want[128];
    open_quick(&f, echo, NULL);
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    use_base(&f, base);
    assert_int_equal(post(&f, "/x", "{}", false), -1);
    assert_int_equal(f.e.code, ERR_OFFLINE);
    snprintf(want, sizeof want, "cannot reach 127.0.0.1:%d: connection refused", port);
    assert_ptr_equal(strstr(f.e.cause, want), f.e.cause);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_true(figures.breaker_open);
    assert_string_equal(figures.last_error, want);
    close(fd);
    close_all(&f);
}

static void an_interactive_engine_does_not_insist(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    int fd, port = closed_port(&fd);
    char base[64];
    s.interactive = true;
    s.breaker_ms = 60000;
    open_with(&f, echo, NULL, &s, (struct net_quota){ 0, 0 });
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    use_base(&f, base);
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_OFFLINE);
    assert_int_equal(f.answer.attempts, 3);
    assert_int_equal(get(&f, "/x"), -1);              /* the breaker is open: at once, without asking */
    assert_int_equal(f.e.code, ERR_OFFLINE);
    assert_int_equal(f.answer.attempts, 0);
    assert_true(f.e.retry_after_ms > 0);
    assert_non_null(strstr(f.e.cause, "connection refused"));
    close(fd);
    close_all(&f);
}

/* A listener whose queue is full does not answer a connection at all. */
static void a_black_hole_is_offline(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    int fd, port = closed_port(&fd), fill[4];
    char base[64];
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
    listen(fd, 0);
    for (int i = 0; i < 4; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fill[i], (struct sockaddr *)&a, sizeof a);
    }
    s.connect_ms = 100;
    s.retry_attempts = 2;
    open_with(&f, echo, NULL, &s, (struct net_quota){ 0, 0 });
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    use_base(&f, base);
    assert_int_equal(post(&f, "/x", "{}", false), -1);
    assert_int_equal(f.e.code, ERR_OFFLINE);
    assert_non_null(strstr(f.e.cause, "did not answer within 100 ms"));
    for (int i = 0; i < 4; i++) close(fill[i]);
    close(fd);
    close_all(&f);
}

static void an_unknown_name_is_offline(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    s.retry_attempts = 3;           /* each on a handle that can still be used */
    open_with(&f, echo, NULL, &s, (struct net_quota){ 0, 0 });
    /* A label over 63 bytes cannot be looked up anywhere, so no packet leaves the machine. */
    char base[128] = "https://";
    memset(base + 8, 'x', 70);
    str_copy(base + 78, sizeof base - 78, ".invalid");
    use_base(&f, base);
    assert_int_equal(get(&f, "/x"), -1);
    assert_int_equal(f.e.code, ERR_OFFLINE);
    close_all(&f);
}

struct revival { int port; struct fault_server *server; struct net_engine *engine; };

static void *revive(void *arg)
{
    struct revival *r = arg;
    struct net_figures figures = { 0 };
    while (!figures.breaker_open || figures.requests < 5) {
        net_engine_figures(r->engine, "q", &figures);
        usleep(1000);
    }
    r->server = fault_start_at(ten_bytes, NULL, r->port);
    return NULL;
}

static void the_breaker_probes_and_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    struct lane lanes[6];
    int fd, port = closed_port(&fd);
    char base[64];
    pthread_t t;
    s.retry_attempts = 1000;
    s.breaker_ms = 10;
    open_with(&f, echo, NULL, &s, (struct net_quota){ 0, 0 });
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    use_base(&f, base);
    close(fd);
    struct revival r = { .port = port, .engine = f.engine };
    pthread_create(&t, NULL, revive, &r);
    run_lanes(&f, lanes, 6, 2);
    pthread_join(t, NULL);
    for (int i = 0; i < 6; i++) assert_int_equal(lanes[i].result, 0);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_false(figures.breaker_open);
    fault_stop(r.server);
    close_all(&f);
}

static void callers_behind_a_breaker_give_up_with_it(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings s = quick;
    struct lane lanes[6];
    int fd, port = closed_port(&fd);
    char base[64];
    s.retry_attempts = 5;
    s.breaker_ms = 3;
    open_with(&f, echo, NULL, &s, (struct net_quota){ 0, 0 });
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    use_base(&f, base);
    run_lanes(&f, lanes, 6, 1);
    for (int i = 0; i < 6; i++) assert_int_equal(lanes[i].e.code, ERR_OFFLINE);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_true(figures.requests <= 6 * 5);
    close(fd);
    close_all(&f);
}

/* Order and quotas. */

struct order { atomic_bool hold; pthread_mutex_t lock; char seen[64]; };

static enum fault_next note_order(struct fault_server *s, int fd, const struct fault_request *r)
{
    struct order *o = s->ctx;
    if (str_eq(r->path, "/first")) while (o->hold) usleep(1000);
    pthread_mutex_lock(&o->lock);
    size_t n = strlen(o->seen);
    snprintf(o->seen + n, sizeof o->seen - n, "%c", r->path[1]);
    pthread_mutex_unlock(&o->lock);
    fault_reply(fd, 200, "", "");
    return FAULT_KEEP;
}

/* Until n calls stand in line. */
static void await_waiting(const struct fixture *f, int n)
{
    struct net_figures figures;
    do {
        usleep(500);
        net_engine_figures(f->engine, "q", &figures);
    } while (figures.waiting < n);
}

static void urgent_calls_go_first(void **state)
{
    (void)state;
    struct fixture f;
    struct order o = { .hold = true, .lock = PTHREAD_MUTEX_INITIALIZER };
    static const struct { const char *path; enum net_priority p; } who[] = {
        { "/first", NET_BULK }, { "/1-background", NET_BACKGROUND }, { "/2-bulk", NET_BULK }, { "/3-bulk", NET_BULK },
        { "/4-browse", NET_BROWSE }, { "/5-normal", NET_NORMAL }, { "/6-browse", NET_BROWSE },
    };
    struct lane lanes[7];
    open_with(&f, note_order, &o, &quick, (struct net_quota){ 0, 1 });
    for (int i = 0; i < 7; i++) {
        lanes[i] = (struct lane){ .f = &f, .api = f.api, .path = who[i].path, .rounds = 1 };
        lanes[i].api.priority = who[i].p;
        pthread_create(&lanes[i].thread, NULL, lane_main, &lanes[i]);
        while (f.server->requests < 1) usleep(1000);
        await_waiting(&f, i);
    }
    o.hold = false;
    for (int i = 0; i < 7; i++) pthread_join(lanes[i].thread, NULL);
    assert_string_equal(o.seen, "f465231");
    close_all(&f);
}

struct flight { atomic_int now, max; };

static enum fault_next slow(struct fault_server *s, int fd, const struct fault_request *r)
{
    struct flight *f = s->ctx;
    int now = atomic_fetch_add(&f->now, 1) + 1, max = f->max;
    (void)r;
    while (now > max && !atomic_compare_exchange_weak(&f->max, &max, now)) {}
    usleep(2000);
    atomic_fetch_sub(&f->now, 1);
    fault_reply(fd, 200, "", "");
    return FAULT_KEEP;
}

static void engines_share_the_flight_limit(void **state)
{
    (void)state;
    char dir[] = "/tmp/lf-engine-XXXXXX";
    struct fixture f, g;
    struct lane a[6], b[6];
    struct flight flight = { 0, 0 };
    struct net_settings s = quick;
    assert_non_null(mkdtemp(dir));
    s.limits_dir = dir;
    open_with(&f, slow, &flight, &s, (struct net_quota){ 0, 3 });
    g = f;
    g.engine = net_engine_new(&s, &f.e);
    g.api.engine = g.engine;
    for (int i = 0; i < 6; i++) {
        a[i] = (struct lane){ .f = &f, .api = f.api, .path = "/a", .rounds = 20 };
        b[i] = (struct lane){ .f = &g, .api = g.api, .path = "/b", .rounds = 20 };
        pthread_create(&a[i].thread, NULL, lane_main, &a[i]);
        pthread_create(&b[i].thread, NULL, lane_main, &b[i]);
    }
    for (int i = 0; i < 6; i++) {
        pthread_join(a[i].thread, NULL);
        pthread_join(b[i].thread, NULL);
        assert_int_equal(a[i].result | b[i].result, 0);
    }
    assert_int_equal(f.server->requests, 240);
    assert_in_range(flight.max, 1, 3);
    net_engine_free(g.engine);
    close_all(&f);
    assert_int_equal(file_remove_tree(dir, NULL), 0);
}

static void child_requests(const char *base, const char *dir)
{
    struct net_settings s = quick;
    struct err e;
    s.limits_dir = dir;
    struct net_engine *engine = net_engine_new(&s, &e);
    struct net_site *site = net_site_new(base, NET_ANONYMOUS, "q", (struct net_quota){ 200, 0 }, &e);
    struct net_api api = { engine, site, NULL, NET_NORMAL };
    struct net_request r = { .method = NET_GET, .path = "/c" };
    int bad = !engine || !site;
    for (int i = 0; !bad && i < 20; i++) bad = net_call(&api, &r, NULL, NULL, &e);
    if (bad) fprintf(stderr, "child: %s\n", e.cause);
    net_engine_free(engine);
    net_site_free(site);
    _exit(bad ? 1 : 0);
}

static void processes_share_the_rate(void **state)
{
    (void)state;
    char dir[] = "/tmp/lf-engine-XXXXXX", byte, base[64];
    int port_pipe[2][2];
    pid_t children[2];
    assert_non_null(mkdtemp(dir));
    /* Children first, while this process has no threads; each gets the address through its pipe. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pipe(port_pipe[i]), 0);
        children[i] = fork();
        if (children[i]) continue;
        for (size_t n = 0; n < sizeof base && read(port_pipe[i][0], &byte, 1) == 1; n++)
            if (!(base[n] = byte)) break;
        child_requests(base, dir);
    }
    struct fault_server *server = fault_start(ten_bytes, NULL);
    int64_t from = time_mono_ms();
    for (int i = 0; i < 2; i++) assert_int_equal(write(port_pipe[i][1], server->base, strlen(server->base) + 1), strlen(server->base) + 1);
    for (int i = 0; i < 2; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
        close(port_pipe[i][0]);
        close(port_pipe[i][1]);
    }
    assert_int_equal(server->requests, 40);
    assert_true(time_mono_ms() - from >= 39 * 5 - 20);   /* a lower bound: 40 requests at 200/s, by whomever */
    fault_stop(server);
    assert_int_equal(file_remove_tree(dir, NULL), 0);
}

static enum fault_next one_in_five(struct fault_server *s, int fd, const struct fault_request *r)
{
    (void)s;
    fault_reply(fd, r->number % 5 == 0 ? 503 : 200, "", "ok");
    return FAULT_KEEP;
}

static void many_lanes_through_faults(void **state)
{
    (void)state;
    struct fixture f;
    struct lane lanes[32];
    open_with(&f, one_in_five, NULL, &quick, (struct net_quota){ 0, 16 });
    run_lanes(&f, lanes, 32, 30);
    for (int i = 0; i < 32; i++) assert_int_equal(lanes[i].result, 0);
    assert_true(f.server->requests <= 32 * 30 * 13 / 10);
    close_all(&f);
}

/* Addresses of pictures may name any number of hosts: what is remembered of them is bounded, and the site's own quota stays. */
static void foreign_hosts_do_not_add_up(void **state)
{
    (void)state;
    struct fixture f;
    struct net_settings once = quick;
    once.retry_attempts = 1;
    open_with(&f, echo, NULL, &once, (struct net_quota){ 1000, 4 });
    assert_int_equal(get(&f, "/first"), 0);
    const char *port = strrchr(f.server->base, ':');
    for (int i = 2; i < 4 * POOLS_MAX; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://127.0.%d.%d%s/picture", i / 200, i % 200 + 2, port);
        struct net_request r = { .method = NET_GET, .path = url, .url_is_whole = true };
        assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), -1);
        assert_int_equal(f.e.code, ERR_OFFLINE);
    }
    for (int i = 0; i < 4 * POOLS_MAX; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://images-%d.example/picture", i);
        struct net_request r = { .method = NET_GET, .path = url, .url_is_whole = true };
        assert_int_equal(net_call(&f.api, &r, NULL, &f.answer, &f.e), -1);
        assert_int_equal(f.e.code, ERR_REFUSED);
        assert_non_null(strstr(f.e.cause, "would be talked to without encryption"));
    }
    int hosts = 0;
    for (const struct host *h = f.engine->hosts; h; h = h->next) hosts++;
    assert_in_range(f.engine->pool_count, 1, POOLS_MAX);
    assert_in_range(hosts, 1, POOLS_MAX + 1);
    assert_int_equal(get(&f, "/last"), 0);
    struct net_figures figures;
    net_engine_figures(f.engine, "q", &figures);
    assert_int_equal(figures.requests, 2);
    close_all(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_share_the_rate),   /* forks: before any thread */
        cmocka_unit_test(an_answer_arrives),
        cmocka_unit_test(methods_and_bodies),
        cmocka_unit_test(head_tells_the_length),
        cmocka_unit_test(a_short_body_is_asked_for_again),
        cmocka_unit_test(sinks_get_success_only),
        cmocka_unit_test(a_failing_sink_ends_the_call),
        cmocka_unit_test(a_body_has_its_limit),
        cmocka_unit_test(a_source_is_sent_again_from_its_start),
        cmocka_unit_test(a_failing_source_ends_the_call),
        cmocka_unit_test(a_503_is_asked_again),
        cmocka_unit_test(statuses_mean_what_they_say),
        cmocka_unit_test(an_open_answer_is_asked_again),
        cmocka_unit_test(a_429_waits_as_told_within_the_cap),
        cmocka_unit_test(an_impatient_call_tells_the_wait),
        cmocka_unit_test(a_lost_answer_is_unknown),
        cmocka_unit_test(a_lost_answer_of_a_host_that_went_is_unknown),
        cmocka_unit_test(a_kept_connection_may_die),
        cmocka_unit_test(the_judge_outranks_http),
        cmocka_unit_test(a_wrong_credential_is_renewed_once),
        cmocka_unit_test(credentials_stay_at_home),
        cmocka_unit_test(redirects_are_refused),
        cmocka_unit_test(bad_sites_and_headers_are_refused),
        cmocka_unit_test(silence_ends_small_calls),
        cmocka_unit_test(a_drip_is_a_stall),
        cmocka_unit_test(a_call_can_be_cancelled),
        cmocka_unit_test(a_waiting_call_can_be_cancelled),
        cmocka_unit_test(a_refused_connection_is_offline),
        cmocka_unit_test(an_interactive_engine_does_not_insist),
        cmocka_unit_test(a_black_hole_is_offline),
        cmocka_unit_test(an_unknown_name_is_offline),
        cmocka_unit_test(the_breaker_probes_and_goes_on),
        cmocka_unit_test(callers_behind_a_breaker_give_up_with_it),
        cmocka_unit_test(urgent_calls_go_first),
        cmocka_unit_test(engines_share_the_flight_limit),
        cmocka_unit_test(many_lanes_through_faults),
        cmocka_unit_test(foreign_hosts_do_not_add_up),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    redact_clear();
    return r;
}
