/* The process of a run that nobody waits for: its own session, secrets from a pipe, everything it prints in its folder's log. */
#include "base/file.h"
#include "base/log.h"
#include "core/child.h"
#include "core/run_inside.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKER_NICE 5
#define WORKER_SECRETS_FD 3 /* where main looks for them */

static volatile int worker_stop;

static int start(const char *id, int secrets, char **environment, pid_t *pid, struct err *e)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    char *argv[] = {(char *)"lakeferry", (char *)"--worker", (char *)(uintptr_t)id, NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attr, &none);   /* whatever thread starts it */
    int rc = posix_spawn_file_actions_adddup2(&actions, secrets, WORKER_SECRETS_FD);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (rc == 0)
        rc = posix_spawn(pid, "/proc/self/exe", &actions, &attr, argv, environment);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    return rc == 0 ? 0 : err_set_errno(e, rc, "cannot start the worker of run %s", id);
}

int run_spawn(const char *id, const struct session *s, struct err *e)
{
    int fds[2], status = 0;
    pid_t pid;
    if (pipe2(fds, O_CLOEXEC) != 0)
        return err_set_errno(e, errno, "cannot make a pipe");
    char **environment = child_environment(NULL, e);     /* a worker gets its secrets through the pipe */
    bool started = environment && start(id, fds[0], environment, &pid, e) == 0;
    free(environment);
    close(fds[0]);
    int result = started ? session_export_secrets(s, fds[1], e) : -1;
    close(fds[1]);
    /* The first process only makes the real one, so that no zombie is left with us. */
    while (started && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (result == 0 && status != 0)
        result = err_set(e, ERR_IO, "the worker of run %s did not start", id);
    return result;
}

/* --- inside the worker --- */

static void on_stop(int signal_number)
{
    (void)signal_number;
    worker_stop = worker_stop < 2 ? worker_stop + 1 : 2;
}

static int ask_later(void *ctx, const struct run_plan *plan)
{
    (void)ctx, (void)plan;
    return -1;
}

static int redirect(const char *folder, struct err *e)
{
    char *path = str_printf("%s/worker.log", folder);
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    int result = fd < 0 ? err_set_errno(e, path ? errno : ENOMEM, "cannot open the worker's log") : 0;
    if (result == 0 && (dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0))
        result = err_set_errno(e, errno, "cannot write the worker's log");
    if (fd > STDERR_FILENO)
        close(fd);
    free(path);
    return result;
}

/*
 * The interface that watches it comes first. A lower priority alone is not enough where sessions are weighed against each other as wholes (sched(7),
 * autogroup); a thread of a batch policy does not interrupt another when it wakes: a key's way to the screen is not held up by hundreds of wakes a second.
 */
static void give_way(void)
{
    const struct sched_param none = {0};
    (void)!nice(WORKER_NICE);
    (void)!sched_setscheduler(0, SCHED_BATCH, &none);
}

static void set_up_process(void)
{
    struct sigaction action = {.sa_handler = on_stop}, ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    give_way();
}

static int open_session(const struct ask *ask, int secrets_fd, struct session *s, struct err *e)
{
    struct settings_flags flags = {.profile = ask->profile, .compute = ask->compute, .staging = ask->staging, .sandbox = ask->sandbox};
    struct settings settings = {0};
    if (settings_load(&flags, &settings, e) != 0)
        return -1;
    int result = session_import_secrets(secrets_fd, &settings, e);
    if (result == 0)
        result = session_open_settings(&settings, false, s, e);
    settings_release(&settings);
    return result;
}

static int execute(const char *id, int secrets_fd, struct err *e)
{
    struct run_hooks hooks = {.gate = ask_later};
    struct session session = {0};
    struct run *run;
    if (run_open(id, &run, e) != 0)
        return 1;
    int status = redirect(run->folder, e) != 0 || open_session(&run->ask, secrets_fd, &session, e) != 0 ? err_exit_status(e)
        : run_execute(run, &session, &hooks, &worker_stop, e);
    if (status != 0 && e->code != ERR_NONE) {
        char sentence[1024];
        struct err ignored = {0};
        fprintf(stderr, "lakeferry: %s\n", err_sentence(e, sentence, sizeof sentence));
        journal_put(run->journal, "error", sentence, &ignored);
        if (!journal_has(run->journal, "ended")) {
            journal_put_i64(run->journal, "exit", status, &ignored);
            journal_put(run->journal, "state", run_state_name(RUN_FAILED), &ignored);
        }
    }
    session_close(&session);
    run_close(run);
    return status;
}

int run_worker_main(const char *id, int secrets_fd)
{
    struct err e = {0};
    pid_t child = fork();                        /* before any thread: the starter waits for this process only */
    if (child < 0)
        return 1;
    if (child > 0)
        return 0;
    set_up_process();
    return execute(id, secrets_fd, &e);
}
