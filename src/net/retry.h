#ifndef LAKEFERRY_NET_RETRY_H
#define LAKEFERRY_NET_RETRY_H
/*
 * retry: when to ask again, as arithmetic: back-off, Retry-After, the retry budget and the breaker of a host. Time is passed in
 * (monotonic ms), nothing waits here. Each struct belongs to whoever holds the engine's lock.
 */
#include "base/err.h"

/* Wait before retry n (1 is the first): first_ms doubled each time, at most cap_ms, of which the upper half is random. */
int64_t retry_delay(int64_t first_ms, int64_t cap_ms, int n, uint32_t random);
/*
 * Retry-After in seconds or as a date (relative to date_us, the answer's own Date or our clock), capped.
 * False for anything else and for what has already passed: the default wait is used then.
 */
bool retry_after_parse(const char *value, int64_t date_us, int64_t cap_ms, int64_t *ms);

/* Retries of the last RETRY_BUCKETS spans of time: at most percent of all requests, but RETRY_FLOOR always. */
#define RETRY_BUCKETS 10
#define RETRY_FLOOR 10
struct retry_budget {
    int percent; int64_t span_ms, from_ms;
    int at;
    int requests[RETRY_BUCKETS], retries[RETRY_BUCKETS];
};
void retry_budget_init(struct retry_budget *b, int percent, int64_t span_ms);
bool retry_budget_allows(struct retry_budget *b, int64_t now_ms);
/* Counts a request that is sent. */
void retry_budget_count(struct retry_budget *b, bool is_retry, int64_t now_ms);

/*
 * Breaker: opens after RETRY_UNREACHABLE connections in a row failed, or RETRY_FAILING answers in a row were faults of the service. While open one
 * request is let through per pause (a probe); the pause doubles up to 15 times the first. Any good sign closes it.
 */
#define RETRY_UNREACHABLE 3
#define RETRY_FAILING 10
enum retry_sign { RETRY_SIGN_GOOD, RETRY_SIGN_FAULT, RETRY_SIGN_UNREACHABLE };
struct retry_breaker { int64_t first_ms, pause_ms, probe_at_ms; int unreachable, failing; bool open, probing; };
void retry_breaker_init(struct retry_breaker *b, int64_t first_ms);
/* True when a request may go now; *probe tells that it is the probe (then exactly one sign or retry_breaker_abandon must follow). */
bool retry_breaker_allows(struct retry_breaker *b, int64_t now_ms, bool *probe);
/* Returns true when the sign ended a probe badly or opened the breaker. */
bool retry_breaker_note(struct retry_breaker *b, enum retry_sign sign, bool probe, int64_t now_ms);
/* The probe ended without telling anything (cancelled). */
void retry_breaker_abandon(struct retry_breaker *b);
#endif
