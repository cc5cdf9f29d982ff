#include "base/log.h"
#include "base/file.h"
#include "base/redact.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#define LINE_MAX_BYTES ((size_t)64 << 10)

static const char *const names[] = { "error", "warn", "info", "debug" };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static atomic_int log_limit = -1; /* the highest level written; -1 while closed */

int log_open(const char *path, enum log_level level, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        err_set_errno(e, errno, "%s", "");
        return err_about(e, "cannot open the log", path);
    }
    log_close();
    pthread_mutex_lock(&lock);
    log_fd = fd;
    atomic_store(&log_limit, (int)level);
    pthread_mutex_unlock(&lock);
    return 0;
}

void log_close(void)
{
    pthread_mutex_lock(&lock);
    if (log_fd >= 0)
        close(log_fd);
    log_fd = -1;
    atomic_store(&log_limit, -1);
    pthread_mutex_unlock(&lock);
}

bool log_level_parse(const char *name, enum log_level *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_eq(name, names[i])) {
            *out = (enum log_level)i;
            return true;
        }
    return false;
}

bool log_enabled(enum log_level level)
{
    return (int)level <= atomic_load(&log_limit);
}

/* One write a line, so that lines of several processes in one file stay whole. A log that cannot be written is not
 * worth stopping for. */
static void write_line(enum log_level level, const char *text, size_t n)
{
    struct buf line = BUF_INIT, clean = BUF_INIT;
    char when[40];

    buf_printf(&line, "%s %-5s [%ld] ", time_format(time_wall_us(), 3, when, sizeof when), names[level], (long)getpid());
    if (redact_text(&clean, text, n) == 0 && utf8_escape(&line, clean.data, clean.len, UTF8_ESCAPE_LINE) == 0 &&
        buf_putc(&line, '\n') == 0) {
        pthread_mutex_lock(&lock);
        if (log_fd >= 0)
            (void)file_write_all(log_fd, line.data, line.len, NULL);
        pthread_mutex_unlock(&lock);
    }
    buf_wipe(&clean);
    buf_release(&line);
}

void log_write(enum log_level level, const char *fmt, ...)
{
    struct buf text;
    va_list ap;

    if (!log_enabled(level))
        return;
    buf_init(&text, LINE_MAX_BYTES);
    va_start(ap, fmt);
    if (buf_vprintf(&text, fmt, ap) == 0)
        write_line(level, text.data, text.len);
    else
        write_line(level, "a log line was too long and is left out", 39);
    va_end(ap);
    buf_wipe(&text);
}
