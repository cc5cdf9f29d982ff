#ifndef LAKEFERRY_TESTS_FAKE_NET_H
#define LAKEFERRY_TESTS_FAKE_NET_H
/*
 * fake_net: stands in for the engine in the tests of requests and answers: plays canned answers in order, keeps what was asked. An answer
 * the judge wants again is followed by the next canned one, as the engine would. Include it once in a test program.
 */
#include "base/str.h"
#include "net/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define FAKE_MAX 12
#define FAKE_UNUSED __attribute__((unused)) /* not every program uses all of it */
struct fake_reply {
    int status; const char *body; const char *type; int64_t length; /* 0: of the body */ const char *org_id, *modified;
    enum err_code lost;  /* no answer at all: this error */
    const char *broken;  /* with a sink: an attempt that gives this and breaks comes first */
};
struct fake_ask { enum net_method method; bool idempotent, bulk, whole, anonymous; char *path, *body, *type, *quota, *headers; };
struct net_site { char base[128]; enum net_scheme scheme; };

#ifndef FAKE_PAUSE
#define FAKE_PAUSE(how) /* a test that makes allocations fail spares the fake itself; 1: for good, 2: the block is given back by others */
#endif
static struct { struct fake_reply replies[FAKE_MAX]; int reply_count, next; struct fake_ask asks[FAKE_MAX]; int ask_count; } fake;
static struct net_site fake_site = { "https://host", NET_BEARER };
FAKE_UNUSED static struct net_api api = { .site = &fake_site };
static struct err err;

static void fake_clear(void)
{
    for (int i = 0; i < fake.ask_count; i++) {
        struct fake_ask *a = &fake.asks[i];
        free(a->path); free(a->body); free(a->type); free(a->quota); free(a->headers);
    }
    memset(&fake, 0, sizeof fake);
    err_clear(&err);
}

static int fake_start(void **state) { (void)state; fake_clear(); return 0; }
static int fake_end(void **state) { (void)state; fake_clear(); return 0; }

static void fake_reply_with(struct fake_reply r) { fake.replies[fake.reply_count++] = r; }
/* Forgets earlier answers and asks; plays one answer. */
FAKE_UNUSED static void fake_one(int status, const char *body) { fake_clear(); fake_reply_with((struct fake_reply){ .status = status, .body = body }); }

static char *fake_body(const struct net_request *r)
{
    if (!r->source) return r->body ? str_dup_n(r->body, r->body_size) : NULL;
    struct buf all = BUF_INIT;
    char part[7];
    int64_t n;
    assert_int_equal(r->source->rewind(r->source->ctx), 0);
    while ((n = r->source->read(r->source->ctx, part, sizeof part)) > 0) buf_add(&all, part, (size_t)n);
    assert_int_equal(n, 0);
    assert_int_equal(all.len, r->source->size);
    return buf_take(&all);
}

static void fake_keep(const struct net_api *a, const struct net_request *r)
{
    struct buf lines = BUF_INIT;
    assert_true(fake.ask_count < FAKE_MAX);
    for (int i = 0; i < 8 && r->headers[i]; i++) buf_printf(&lines, "%s\n", r->headers[i]);
    fake.asks[fake.ask_count++] = (struct fake_ask){ r->method, r->idempotent, r->bulk, r->url_is_whole, a->site->scheme == NET_ANONYMOUS, str_dup(r->path),
        fake_body(r), str_dup(r->content_type), str_dup(r->quota_name), str_dup(lines.data) };
    buf_release(&lines);
}

/* Through the sink in small pieces. */
static int fake_pour(const struct net_request *r, const struct fake_reply *p, const char *text, struct err *e)
{
    if (r->sink->begin(r->sink->ctx, p->status, (int64_t)strlen(text), p->type ? p->type : "application/json", e)) return -1;
    for (size_t i = 0, n = strlen(text); i < n; i += 5)
        if (r->sink->write(r->sink->ctx, text + i, n - i < 5 ? n - i : 5, e)) return -1;
    return 0;
}

static int fake_play(const struct net_request *r, const struct fake_reply *p, struct net_answer *answer, struct err *e)
{
    const char *body = p->body ? p->body : "";
    bool ok = p->status >= 200 && p->status < 300;
    buf_clear(&answer->body);
    answer->status = p->status;
    answer->attempts++;
    answer->doubtful |= !r->idempotent && (p->status == 500 || p->status == 502 || p->status == 504);
    str_copy(answer->content_type, sizeof answer->content_type, p->type ? p->type : "application/json");
    str_copy(answer->org_id, sizeof answer->org_id, p->org_id ? p->org_id : "");
    str_copy(answer->last_modified, sizeof answer->last_modified, p->modified ? p->modified : "");
    answer->length = p->length ? p->length : (int64_t)strlen(body);
    if (r->sink && p->broken && fake_pour(r, p, p->broken, e)) return -1;
    if (r->sink && ok) return fake_pour(r, p, body, e);
    FAKE_PAUSE(2);
    buf_puts(&answer->body, body);
    FAKE_PAUSE(0);
    return 0;
}

int net_call(const struct net_api *a, const struct net_request *r, net_judge judge, struct net_answer *answer, struct err *e)
{
    FAKE_PAUSE(1);
    fake_keep(a, r);
    FAKE_PAUSE(0);
    for (;;) {
        assert_true(fake.next < fake.reply_count);
        const struct fake_reply *p = &fake.replies[fake.next++];
        if (p->lost) return err_set(e, p->lost, "lost");
        if (fake_play(r, p, answer, e)) return -1;
        enum net_verdict v = judge(r, answer, e);
        if (v == NET_JUDGE_OK) return 0;
        bool again = v == NET_JUDGE_RETRY || (r->again_on_answer && e->code != ERR_UNKNOWN && (p->status == 500 || p->status == 502 || p->status == 504));
        if (!again || fake.next == fake.reply_count) return -1;
    }
}

void net_answer_init(struct net_answer *a) { memset(a, 0, sizeof *a); buf_init(&a->body, 0); a->length = -1; }
void net_answer_release(struct net_answer *a) { buf_release(&a->body); }
struct net_site *net_site_new(const char *base, enum net_scheme scheme, const char *quota_name, struct net_quota quota, struct err *e)
{
    (void)quota_name; (void)quota;
    struct net_site *s = calloc(1, sizeof *s);
    if (!s) err_no_memory(e);
    else str_copy(s->base, sizeof s->base, base), s->scheme = scheme;
    return s;
}
void net_site_free(struct net_site *s) { free(s); }
bool net_site_owns(const struct net_site *s, const char *url) { size_t n = strlen(s->base); return !strncmp(url, s->base, n) && (!url[n] || url[n] == '/'); }

/* The only ask so far. */
FAKE_UNUSED static const struct fake_ask *fake_only(void) { assert_int_equal(fake.ask_count, 1); return &fake.asks[0]; }
FAKE_UNUSED static void assert_ask(const struct fake_ask *a, enum net_method method, const char *path, const char *body, bool idempotent)
{
    assert_int_equal(a->method, method);
    assert_string_equal(a->path, path);
    if (body) assert_string_equal(a->body, body);
    else assert_null(a->body);
    assert_int_equal(a->idempotent, idempotent);
}
#endif
