#include "base/err.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>

struct code_row {
    const char *name;
    const char *remedy;
    int exit_status;
    bool parks;
};

static const struct code_row codes[ERR_CODES] = {
    [ERR_NONE] = { "none", "", 0, false },
    [ERR_USAGE] = { "usage", "", 2, false },
    [ERR_CONFIG] = { "config", "check the settings file and the profile", 2, false },
    [ERR_AUTH] = { "auth", "sign in again or give a new token", 4, true },
    [ERR_FORBIDDEN] = { "forbidden", "ask the owner for the missing right", 4, false },
    [ERR_NOT_FOUND] = { "not_found", "check the name", 1, false },
    [ERR_CONFLICT] = { "conflict", "look at what is there and choose another name", 1, false },
    [ERR_REFUSED] = { "refused", "", 1, false },
    [ERR_RATE_LIMIT] = { "rate_limit", "wait a while, then resume", 1, false },
    [ERR_QUOTA] = { "quota", "raise the plan's limit or wait for the next period, then resume", 1, true },
    [ERR_MAINTENANCE] = { "maintenance", "resume when the service is open again", 1, true },
    [ERR_TIMEOUT] = { "timeout", "try again", 1, false },
    [ERR_OFFLINE] = { "offline", "check the network and the host name", 1, true },
    [ERR_TLS] = { "tls", "check the clock, the host name and the CA certificates", 1, false },
    [ERR_PROTOCOL] = { "protocol", "check the host name and any proxy in between", 1, true },
    [ERR_UNKNOWN] = { "unknown", "resume; what is unknown is looked up first", 1, false },
    [ERR_LIMIT] = { "limit", "", 1, false },
    [ERR_IO] = { "io", "", 1, false },
    [ERR_NO_SPACE] = { "no_space", "free some disk space, then resume", 1, false },
    [ERR_NO_MEMORY] = { "no_memory", "close other programs or lower the number in flight", 1, false },
    [ERR_CANCELLED] = { "cancelled", "", 1, false },
    [ERR_BUG] = { "bug", "report this with the log file", 1, false },
};

static const struct code_row *row_of(enum err_code code)
{
    return (unsigned)code < ERR_CODES ? &codes[code] : &codes[ERR_BUG];
}

/* Cuts a half UTF-8 character that vsnprintf may have left at the end. */
static void cut_whole(char *text)
{
    text[utf8_whole(text, strlen(text))] = '\0';
}

/* The arguments may point into the destination (wrapping a cause by itself), so it is formatted aside. */
static void format_part(char *part, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
static void format_part(char *part, size_t size, const char *fmt, va_list ap)
{
    char text[sizeof ((struct err *)0)->cause];

    if (vsnprintf(text, sizeof text, fmt, ap) < 0)
        text[0] = '\0';
    snprintf(part, size, "%s", text);
    cut_whole(part);
}

void err_clear(struct err *e)
{
    memset(e, 0, sizeof *e);
    e->retry_after_ms = -1;
}

static int set_formatted(struct err *e, enum err_code code, const char *fmt, va_list ap)
    __attribute__((format(printf, 3, 0)));
static int set_formatted(struct err *e, enum err_code code, const char *fmt, va_list ap)
{
    char cause[sizeof e->cause];
    size_t n;

    format_part(cause, sizeof cause, fmt, ap);
    n = strlen(cause);
    if (n > 1 && cause[n - 1] == '.' && cause[n - 2] != '.') /* a service's own full stop; the sentence has its own */
        cause[n - 1] = '\0';
    err_clear(e);
    e->code = code;
    memcpy(e->cause, cause, strlen(cause) + 1);
    return -1;
}

int err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
    va_list ap;

    if (!e)
        return -1;
    va_start(ap, fmt);
    set_formatted(e, code, fmt, ap);
    va_end(ap);
    return -1;
}

int err_set_errno(struct err *e, int errno_value, const char *fmt, ...)
{
    enum err_code code = ERR_IO;
    char text[128];
    const char *reason = strerror_r(errno_value, text, sizeof text);
    size_t len, tail;
    va_list ap;

    if (!e)
        return -1;
    if (errno_value == ENOSPC || errno_value == EDQUOT)
        code = ERR_NO_SPACE;
    else if (errno_value == ENOMEM)
        code = ERR_NO_MEMORY;
    va_start(ap, fmt);
    set_formatted(e, code, fmt, ap);
    va_end(ap);
    e->sys = errno_value;
    len = strlen(e->cause);
    snprintf(e->cause + len, sizeof e->cause - len, "%s%s", len ? ": " : "", reason);
    /* Parts are lower case: "No such file" becomes "no such file", "RPC failed" stays. */
    tail = len ? len + 2 : 0;
    if (tail + 1 < sizeof e->cause && e->cause[tail] >= 'A' && e->cause[tail] <= 'Z' && e->cause[tail + 1] >= 'a' &&
        e->cause[tail + 1] <= 'z')
        e->cause[tail] = (char)(e->cause[tail] + ('a' - 'A'));
    cut_whole(e->cause);
    return -1;
}

int err_no_memory(struct err *e)
{
    return err_set(e, ERR_NO_MEMORY, "out of memory");
}

int err_about(struct err *e, const char *what, const char *subject)
{
    if (!e)
        return -1;
    if (what && !e->what[0]) {
        snprintf(e->what, sizeof e->what, "%s", what);
        cut_whole(e->what);
    }
    if (subject && !e->subject[0]) {
        snprintf(e->subject, sizeof e->subject, "%s", subject);
        cut_whole(e->subject);
    }
    return -1;
}

int err_remedy(struct err *e, const char *fmt, ...)
{
    va_list ap;

    if (!e || e->remedy[0])
        return -1;
    va_start(ap, fmt);
    format_part(e->remedy, sizeof e->remedy, fmt, ap);
    va_end(ap);
    return -1;
}

const char *err_remedy_text(const struct err *e)
{
    return e->remedy[0] ? e->remedy : row_of(e->code)->remedy;
}

char *err_sentence(const struct err *e, char *out, size_t size)
{
    const char *remedy = err_remedy_text(e);
    const char *cause = e->cause;
    bool head = e->what[0] || e->subject[0];

    if (size == 0)
        return out;
    if (!head && !cause[0] && e->code != ERR_NONE)
        cause = row_of(e->code)->name;
    snprintf(out, size, "%s%s%s%s%s%s%s", e->what, e->what[0] && e->subject[0] ? " " : "", e->subject,
             head && cause[0] ? ": " : "", cause, remedy[0] && (head || cause[0]) ? ". " : "", remedy);
    cut_whole(out);
    return out;
}

const char *err_code_name(enum err_code code)
{
    return row_of(code)->name;
}

bool err_parks(const struct err *e)
{
    return row_of(e->code)->parks;
}

bool err_passes(const struct err *e)
{
    return e->code == ERR_TIMEOUT || e->code == ERR_RATE_LIMIT || e->code == ERR_UNKNOWN || e->code == ERR_OFFLINE || e->http >= 500;
}

int err_exit_status(const struct err *e)
{
    return row_of(e->code)->exit_status;
}
