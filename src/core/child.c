#include "core/child.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)64 << 10)
#define SLICE_MS 100
#define END_SLICE_MS 5

static const char *const SECRET_VARIABLES[] = { "DATABRICKS_TOKEN=", "DATABRICKS_CLIENT_SECRET=", "DATABRICKS_PASSWORD=", "CLARIFAI_PAT=", "CLARIFAI_API_KEY=",
                                                "CLARIFAI_SESSION_TOKEN=" };

static bool is_kept(const char *line, const char *without)
{
    for (size_t i = 0; i < sizeof SECRET_VARIABLES / sizeof *SECRET_VARIABLES; i++)
        if (str_starts(line, SECRET_VARIABLES[i]))
            return false;
    return !without || !str_starts(line, without) || str_starts(line, "DATABRICKS_CONFIG_FILE=");
}

char **child_environment(const char *without, struct err *e)
{
    size_t n = 0, kept = 0;

    while (environ && environ[n])
        n++;
    char **list = calloc(n + 1, sizeof *list);
    if (!list) {
        err_no_memory(e);
        return NULL;
    }
    for (size_t i = 0; i < n; i++)
        if (is_kept(environ[i], without))
            list[kept++] = environ[i];
    return list;
}

static int set_up(posix_spawn_file_actions_t *files, posix_spawnattr_t *how, int out_fd, int err_fd)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    return posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0) ||
           (out_fd >= 0 ? posix_spawn_file_actions_adddup2(files, out_fd, 1) : posix_spawn_file_actions_addopen(files, 1, "/dev/null", O_WRONLY, 0)) ||
           (err_fd >= 0 ? posix_spawn_file_actions_adddup2(files, err_fd, 2) : posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0)) ||
           posix_spawnattr_setflags(how, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) ||
           posix_spawnattr_setsigmask(how, &none) || posix_spawnattr_setsigdefault(how, &all);
}

int child_start(const char *const argv[], char **environment, int out_fd, int err_fd, pid_t *pid, struct err *e)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;

    if (posix_spawn_file_actions_init(&files))
        return err_no_memory(e);
    if (posix_spawnattr_init(&how)) {
        posix_spawn_file_actions_destroy(&files);
        return err_no_memory(e);
    }
    int failed = set_up(&files, &how, out_fd, err_fd) ? ENOMEM : 0;
    if (!failed)
        failed = posix_spawnp(pid, argv[0], &files, &how, (char *const *)(uintptr_t)argv, environment);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    if (!failed)
        return 0;
    err_set_errno(e, failed, "the program %s could not be started", argv[0]);
    if (e && failed == ENOENT)
        e->code = ERR_NOT_FOUND;
    return -1;
}

/* Moves what is there from fd; closes it at its end. */
static void take_output(int *fd, struct buf *to)
{
    char part[4096];
    ssize_t n = read(*fd, part, sizeof part);

    if (n > 0 && to->len + (size_t)n <= OUTPUT_MAX)
        buf_add(to, part, (size_t)n);
    explicit_bzero(part, sizeof part);
    if (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)))
        return;
    close(*fd);
    *fd = -1;
}

struct patience { int64_t limit_ms, end_ms; const struct net_cancel *cancel; };

static int check_patience(const struct patience *p, struct err *e)
{
    if (net_cancel_is_set(p->cancel))
        return err_set(e, ERR_CANCELLED, "stopped while waiting for another program");
    return time_mono_ms() < p->end_ms ? 0 : err_set(e, ERR_TIMEOUT, "it did not end within %d s", (int)(p->limit_ms / 1000));
}

static int collect(int fds[2], const struct patience *p, struct buf *out, struct buf *complaint, struct err *e)
{
    while (fds[0] >= 0 || fds[1] >= 0) {
        struct pollfd wait[2] = { { .fd = fds[0], .events = POLLIN }, { .fd = fds[1], .events = POLLIN } };
        if (check_patience(p, e))
            return -1;
        if (poll(wait, 2, SLICE_MS) <= 0)
            continue;
        if (fds[0] >= 0 && wait[0].revents)
            take_output(&fds[0], out);
        if (fds[1] >= 0 && wait[1].revents)
            take_output(&fds[1], complaint);
    }
    return 0;
}

/* Behind its last output, which need not be its end. */
static int await_end(pid_t pid, const struct patience *p, int *ended, struct err *e)
{
    const struct timespec slice = { .tv_nsec = END_SLICE_MS * 1000000L };

    while (waitpid(pid, ended, WNOHANG) == 0) {
        if (check_patience(p, e))
            return -1;
        nanosleep(&slice, NULL);
    }
    return 0;
}

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
}

int child_run(const char *const argv[], char **environment, int64_t limit_ms, const struct net_cancel *cancel,
              struct buf *out, struct buf *complaint, int *status, struct err *e)
{
    int said[2] = { -1, -1 }, wrong[2] = { -1, -1 }, ended = 0;
    pid_t pid;

    *status = -1;
    if (pipe2(said, O_CLOEXEC) || pipe2(wrong, O_CLOEXEC)) {
        err_set_errno(e, errno, "no pipe could be made");
        close_pair(said);
        return -1;
    }
    int rc = child_start(argv, environment, said[1], wrong[1], &pid, e);
    close(said[1]);
    close(wrong[1]);
    int fds[2] = { said[0], wrong[0] };
    if (!rc) {
        const struct patience p = { limit_ms, time_mono_ms() + limit_ms, cancel };
        rc = collect(fds, &p, out, complaint, e);
        if (!rc)
            rc = await_end(pid, &p, &ended, e);
        if (rc) {
            kill(-pid, SIGKILL);       /* and what it started: it leads a session of its own */
            while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
                continue;
        }
        *status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    }
    close_pair(fds);
    return rc;
}
