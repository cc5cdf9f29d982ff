#ifndef LAKEFERRY_BASE_ERR_H
#define LAKEFERRY_BASE_ERR_H
/*
 * err: how a function says what went wrong. The caller owns a struct err and passes it as the
 * last parameter; functions return 0, or -1 after filling it. It holds no pointer, so it can be
 * copied and sent between threads. Any thread may use its own struct err.
 *
 * A message has four parts that are shown as one sentence:
 *   what failed ("cannot write"), subject (the thing, "main.vision.out"), cause, remedy.
 * Lower layers usually know the cause; callers add what and subject with err_about().
 * Parts are lower case with no final stop and never hold a secret.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the caller can do about it. */
enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,       /* the person asked for something impossible: exit 2 */
    ERR_CONFIG,      /* settings or profile are wrong or missing: exit 2 */
    ERR_AUTH,        /* credential missing, wrong, expired: park, exit 4 */
    ERR_FORBIDDEN,   /* known, but lacks the right: exit 4 */
    ERR_NOT_FOUND,
    ERR_CONFLICT,    /* it exists already, or somebody else changed it */
    ERR_REFUSED,     /* the service understood and said no (400-like); asking again is useless */
    ERR_RATE_LIMIT,  /* asked too often, retries used up */
    ERR_QUOTA,       /* plan or account quota used up: park */
    ERR_MAINTENANCE, /* the platform is closed for a while: park */
    ERR_TIMEOUT,
    ERR_OFFLINE,     /* no DNS, refused, breaker open: park */
    ERR_TLS,
    ERR_PROTOCOL,    /* the answer is not what the API promises (HTML, broken JSON) */
    ERR_UNKNOWN,     /* sent, but the answer was lost: resolve by reading */
    ERR_LIMIT,       /* larger than a stated maximum */
    ERR_IO,
    ERR_NO_SPACE,
    ERR_NO_MEMORY,
    ERR_CANCELLED,
    ERR_BUG,
    ERR_CODES        /* number of codes */
};

struct err {
    enum err_code code;
    int http;               /* HTTP status, 0 when there was none */
    int sys;                /* errno, 0 when there was none */
    int64_t retry_after_ms; /* -1 when the service did not say */
    char api_code[64];      /* the service's own code: "PERMISSION_DENIED", "11005", SQL class */
    char sqlstate[8];       /* "" when there was none */
    char what[96];
    char subject[320];
    char cause[640];
    char remedy[320];
};

/* Empties e. */
void err_clear(struct err *e);

/* Clears e, sets code and cause. Returns -1, so that `return err_set(...)` reads well. e may be NULL. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As err_set, with errno_value's text behind the cause; ENOSPC and EDQUOT become ERR_NO_SPACE, ENOMEM
 * ERR_NO_MEMORY whatever code says. Returns -1. */
int err_set_errno(struct err *e, int errno_value, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ERR_NO_MEMORY with a fixed cause. Returns -1. */
int err_no_memory(struct err *e);

/* Says what was tried on which thing; keeps earlier ones when already set. Either may be NULL. Returns -1. */
int err_about(struct err *e, const char *what, const char *subject);

/* Says what the person can do; keeps an earlier one. Returns -1. */
int err_remedy(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes "what subject: cause. remedy" (parts that are empty are left out; a remedy missing is taken from a
 * table by code) into out, always terminated, cut at a whole UTF-8 character. Returns out. */
char *err_sentence(const struct err *e, char *out, size_t size);

/* The remedy to show: e's own or the code's. Never NULL, may be "". */
const char *err_remedy_text(const struct err *e);

/* "auth", "not_found", ... for JSON and logs. */
const char *err_code_name(enum err_code code);

/* True for the codes that park a run instead of failing an item: AUTH, QUOTA, MAINTENANCE, OFFLINE, PROTOCOL. */
bool err_parks(const struct err *e);

/* True for the failures of one thing that may pass by themselves: TIMEOUT, RATE_LIMIT, UNKNOWN, OFFLINE, and whatever a server answered from 500 on. */
bool err_passes(const struct err *e);

/* Exit status by code: 2 usage/config, 4 auth/forbidden, else 1 (ERR_NONE: 0). */
int err_exit_status(const struct err *e);
#endif
