#include "net/retry.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <ctype.h>

int64_t retry_delay(int64_t first_ms, int64_t cap_ms, int n, uint32_t random)
{
    int64_t d = first_ms;
    for (int i = 1; i < n && d < cap_ms; i++) d *= 2;
    if (d > cap_ms) d = cap_ms;
    int64_t half = d / 2;
    return d - half + (half > 0 ? (int64_t)random % (half + 1) : 0);
}

bool retry_after_parse(const char *value, int64_t date_us, int64_t cap_ms, int64_t *ms)
{
    int64_t wait = 0, at = 0;
    size_t digits = strspn(value, "0123456789");
    if (digits && !value[digits]) {
        /* More digits than any sane wait: the cap, not an overflow. */
        if (digits > 9) wait = cap_ms;
        else if (str_i64(value, &wait)) wait *= 1000;
    } else if (time_parse_http(value, &at)) {
        wait = (at - date_us) / 1000;
    }
    if (wait <= 0) return false;
    *ms = wait < cap_ms ? wait : cap_ms;
    return true;
}

void retry_budget_init(struct retry_budget *b, int percent, int64_t span_ms)
{
    *b = (struct retry_budget){ .percent = percent, .span_ms = span_ms > 0 ? span_ms : 1 };
}

static void budget_roll(struct retry_budget *b, int64_t now_ms)
{
    if (now_ms - b->from_ms >= b->span_ms * RETRY_BUCKETS) {
        memset(b->requests, 0, sizeof b->requests);
        memset(b->retries, 0, sizeof b->retries);
        b->from_ms = now_ms;
    }
    while (now_ms - b->from_ms >= b->span_ms) {
        b->from_ms += b->span_ms;
        b->at = (b->at + 1) % RETRY_BUCKETS;
        b->requests[b->at] = b->retries[b->at] = 0;
    }
}

bool retry_budget_allows(struct retry_budget *b, int64_t now_ms)
{
    budget_roll(b, now_ms);
    int64_t requests = 0, retries = 0;
    for (int i = 0; i < RETRY_BUCKETS; i++) {
        requests += b->requests[i];
        retries += b->retries[i];
    }
    return retries < RETRY_FLOOR || retries * 100 < requests * b->percent;
}

void retry_budget_count(struct retry_budget *b, bool is_retry, int64_t now_ms)
{
    budget_roll(b, now_ms);
    b->requests[b->at]++;
    if (is_retry) b->retries[b->at]++;
}

void retry_breaker_init(struct retry_breaker *b, int64_t first_ms)
{
    *b = (struct retry_breaker){ .first_ms = first_ms };
}

bool retry_breaker_allows(struct retry_breaker *b, int64_t now_ms, bool *probe)
{
    *probe = false;
    if (!b->open) return true;
    if (b->probing || now_ms < b->probe_at_ms) return false;
    b->probing = *probe = true;
    return true;
}

static void breaker_open(struct retry_breaker *b, int64_t now_ms)
{
    b->pause_ms = b->open ? b->pause_ms * 2 : b->first_ms;
    if (b->pause_ms > b->first_ms * 15) b->pause_ms = b->first_ms * 15;
    b->probe_at_ms = now_ms + b->pause_ms;
    b->open = true;
}

bool retry_breaker_note(struct retry_breaker *b, enum retry_sign sign, bool probe, int64_t now_ms)
{
    if (probe) b->probing = false;
    if (sign == RETRY_SIGN_GOOD) {
        b->open = b->probing = false;
        b->unreachable = b->failing = 0;
        return false;
    }
    b->failing++;
    b->unreachable = sign == RETRY_SIGN_UNREACHABLE ? b->unreachable + 1 : 0;
    /* Of an open breaker only the probe tells something new; others were under way before. */
    if (b->open && !probe) return false;
    if (!b->open && b->unreachable < RETRY_UNREACHABLE && b->failing < RETRY_FAILING) return false;
    breaker_open(b, now_ms);
    return true;
}

void retry_breaker_abandon(struct retry_breaker *b)
{
    b->probing = false;
}
