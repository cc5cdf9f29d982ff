#ifndef LAKEFERRY_NET_ENGINE_H
#define LAKEFERRY_NET_ENGINE_H
/*
 * engine: the one thread of a process that owns curl. Requests are plain structs; net_call() hands one over and
 * waits for its end, so callers write sequential code on their own threads ("lanes") and as many calls run at once as
 * there are callers, admitted by quota (net/limit) and by priority. Retry, back-off, Retry-After, retry budget, breaker
 * and stall rules live here and nowhere else.
 *
 * Any thread may call net_call; sink and source callbacks run on the engine thread while the caller waits.
 */
#include "base/json.h"

struct net_engine;

/* All times in ms. Zero means the default in brackets. Tests shorten them. */
struct net_settings {
    int64_t retry_first_ms;      /* [500] */
    int64_t retry_cap_ms;        /* [60000]; Retry-After is capped by it too */
    int retry_attempts;          /* [10] attempts of one request in all */
    int retry_percent;           /* [20] budget: retries <= this share of traffic, at least 10 always */
    int64_t connect_ms;          /* [10000] */
    int64_t small_total_ms;      /* [60000] whole life of one attempt of an API call */
    int64_t stall_ms;            /* [30000] less than 1 KB/s for so long ends a bulk attempt */
    int64_t breaker_ms;          /* [2000] pause between probes while a host is down, grows to 30 s */
    const char *limits_dir;      /* folder of the shared quota files (base/file's runtime folder) */
    const char *ca_file;         /* custom CA bundle or NULL */
    bool interactive;            /* three attempts in 10 s, then calls give up (bulk ones when nothing moves): ls, preview, status */
};
struct net_engine *net_engine_new(const struct net_settings *settings, struct err *e);
/* Cancels what runs, ends the thread. */
void net_engine_free(struct net_engine *engine);

/* Who may be told what: one site a service and person. Shared between threads; immutable but for the credential. */
enum net_scheme { NET_ANONYMOUS, NET_BEARER, NET_CLARIFAI_KEY };
struct net_quota { double per_second; int in_flight; }; /* 0: no such limit. in_flight is the start and the cap of the window */
struct net_site;
/*
 * base "https://host[:port]" (http only to loopback, else ERR_CONFIG). quota_name names the shared quota files: requests with the
 * same base and name share one quota over all processes. renew (may be NULL) is called, on the calling lane's thread, when the service said the
 * credential is wrong: it returns 0 after net_site_set_credential, else -1 and the call ends with ERR_AUTH
 * (or with its ERR_OFFLINE, ERR_TIMEOUT, ERR_CANCELLED).
 */
struct net_site *net_site_new(const char *base, enum net_scheme scheme, const char *quota_name,
                              struct net_quota quota, struct err *e);
void net_site_free(struct net_site *site);
int net_site_set_credential(struct net_site *site, const char *secret, struct err *e); /* copied, registered with redact */
void net_site_set_renew(struct net_site *site, int (*renew)(void *ctx, struct net_site *, struct err *), void *ctx);
/* Extra constant header ("X-Databricks-Workspace-Id: 1"); CR and LF are refused. Before first use only. */
int net_site_add_header(struct net_site *site, const char *line, struct err *e);
/* The numbers of one more quota of this site, for requests that carry its name. At most 4, before first use only. */
int net_site_add_quota(struct net_site *site, const char *quota_name, struct net_quota quota, struct err *e);
const char *net_site_base(const struct net_site *site);
/* True when the URL is on the site's own scheme, host and port. */
bool net_site_owns(const struct net_site *site, const char *url);

/* A flag that ends calls early with ERR_CANCELLED. Any thread may set it; set from a signal handler is allowed. */
struct net_cancel { volatile int set; };
static inline void net_cancel_set(struct net_cancel *c) { __atomic_store_n(&c->set, 1, __ATOMIC_RELEASE); }
static inline void net_cancel_clear(struct net_cancel *c) { __atomic_store_n(&c->set, 0, __ATOMIC_RELEASE); }
static inline bool net_cancel_is_set(const struct net_cancel *c) { return c && __atomic_load_n(&c->set, __ATOMIC_ACQUIRE); }

enum net_priority { NET_BACKGROUND, NET_BULK, NET_NORMAL, NET_BROWSE };
/* What a caller holds to make calls: copy it, change priority or cancel. */
struct net_api {
    struct net_engine *engine;
    struct net_site *site;
    struct net_cancel *cancel;   /* may be NULL */
    enum net_priority priority;
};

enum net_method { NET_GET, NET_HEAD, NET_POST, NET_PUT, NET_PATCH, NET_DELETE };

/* A body read in order by the engine thread, and again from 0 for each attempt. Returns bytes (0 at the end) or -1. */
struct net_source {
    uint64_t size;                                            /* exact */
    int64_t (*read)(void *ctx, char *out, size_t room);
    int (*rewind)(void *ctx);
    void *ctx;
};
/* Where an answer's body goes; begin is called for each attempt that got a final 2xx, with the declared size (-1 unknown). */
struct net_sink {
    int (*begin)(void *ctx, int status, int64_t size, const char *content_type, struct err *e);
    int (*write)(void *ctx, const char *bytes, size_t n, struct err *e);
    void *ctx;
};

struct net_request {
    enum net_method method;
    const char *path;            /* encoded path and query behind the site's base; or a whole URL with url_is_whole */
    bool url_is_whole;           /* signed links, image hosts: sent without any credential unless the site owns it */
    const char *body;            /* JSON or form text, body_size bytes; or */
    size_t body_size;
    const struct net_source *source;
    const char *content_type;    /* NULL: application/json when there is a body */
    const char *headers[8];      /* extra lines, NULL-ended */
    bool idempotent;             /* may be sent again when an answer was lost; else a lost answer is ERR_UNKNOWN */
    bool again_on_answer;        /* not idempotent, but may be sent again when the answer left open what became of it (500, 502, 504): see net_answer.doubtful */
    bool bulk;                   /* stall rule instead of a total time */
    const struct net_sink *sink; /* NULL: the body is collected into answer.body */
    size_t answer_max;           /* largest collected body [16 MiB] */
    const char *quota_name;      /* NULL: the site's own */
};
struct net_answer {
    int status;
    struct buf body;             /* without sink; also error bodies (<= 64 KiB) with sink */
    char content_type[96];
    char request_id[80];
    char org_id[32];             /* x-databricks-org-id: the workspace, "" when there was none */
    char etag[80];
    char last_modified[64];
    int64_t length;              /* Content-Length or -1 */
    int64_t date_us;             /* the service's clock (Date), 0 when it did not say */
    int attempts;
    bool doubtful;               /* not idempotent, and an answer left open whether an attempt was carried out */
};
void net_answer_init(struct net_answer *a);
void net_answer_release(struct net_answer *a);

/*
 * Carries one request to its end. 0 when an HTTP answer of status 2xx arrived whole. -1 otherwise; e->code says what the caller can do,
 * and answer->status/body hold the service's last word when there was one (the platform modules decode it further).
 * `judge` (may be NULL) looks at each answer first and may turn it into a failure, a retry or a success by the service's own rules
 * (Clarifai: the body outranks HTTP): it fills e and returns NET_JUDGE_*. It runs on the caller's thread. Redirects (3xx) never reach it: they
 * are ERR_PROTOCOL. At 408, 429, 500, 502, 503 and 504 a NET_JUDGE_FAIL that gives no harder reason (quota, maintenance, credential, right, missing,
 * conflict …) is taken as NET_JUDGE_RETRY; a retry of a request that may have been carried out and is not idempotent ends as ERR_UNKNOWN.
 */
enum net_verdict { NET_JUDGE_OK, NET_JUDGE_FAIL, NET_JUDGE_RETRY };
typedef enum net_verdict (*net_judge)(const struct net_request *, const struct net_answer *, struct err *e);
int net_call(const struct net_api *api, const struct net_request *request, net_judge judge,
             struct net_answer *answer, struct err *e);

/* Figures for people (`View`): per quota name. */
/* waiting: calls in line. next_probe_ms: from now, 0 when none is planned. window 0: no limit. */
struct net_figures { uint64_t requests, retries; double per_second, limit_per_second; int in_flight, window, waiting; bool breaker_open; int64_t next_probe_ms; char last_error[256];
    int64_t silent_ms; /* how long ago the first request went to a host that has connected, perhaps, but never begun an answer; else 0 */
    int64_t quiet_ms; char quiet_host[128]; /* how long calls in flight have moved no byte, and where: the longest of the quota's hosts; 0: none waits */ };
void net_engine_figures(struct net_engine *engine, const char *quota_name, struct net_figures *out);
#endif
