/* local: finds the local platform that runs, or starts it. */
#include "base/file.h"
#include "base/json.h"
#include "base/timefmt.h"
#include "base/url.h"
#include "core/child.h"
#include "core/session.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "lakeferry-sandbox"
#define START_MS 20000
#define ANSWER_MS 2000
#define SLICE_MS 50
#define IDLE_EXIT_S "900"

/* What the sample data is known to hold. */
#define CLUSTER "0101-120000-live001"
#define WAREHOUSE "wh-live-0001"
#define OWNER "lab-user"
#define STAGING "main.vision.out"

static char *data_dir(struct err *e)
{
    const char *named = getenv("LAKEFERRY_SANDBOX_DATA");
    char *state, *dir;

    if (!str_blank(named)) {
        dir = str_dup(named);
    } else {
        state = file_dir_state(e);
        if (!state)
            return NULL;
        dir = str_printf("%s/sandbox", state);
        free(state);
    }
    if (!dir)
        err_no_memory(e);
    return dir;
}

/* --- does it answer --- */

static int connect_to(int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    const struct timeval limit = { .tv_sec = ANSWER_MS / 1000 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The process that wrote the file may be gone and its port somebody else's: only the local platform knows this path. */
static bool answers(const char *origin)
{
    static const char ask[] = "GET /_control/faults HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
    struct url_parts parts;
    char start[16] = "";
    size_t got = 0;

    if (!origin || !url_parse(origin, &parts) || !url_is_loopback(parts.host))
        return false;
    int fd = connect_to(parts.port);
    if (fd < 0)
        return false;
    if (send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) == (ssize_t)(sizeof ask - 1))
        while (got < 12) {
            ssize_t n = recv(fd, start + got, 12 - got, 0);
            if (n <= 0)
                break;
            got += (size_t)n;
        }
    close(fd);
    return got == 12 && str_starts(start, "HTTP/1.") && str_eq(start + 9, "200");
}

/* NULL when there is none that answers. */
static cJSON *running_endpoint(const char *dir)
{
    struct buf text = BUF_INIT;
    struct err ignored;
    char *path = str_printf("%s/endpoint.json", dir);
    cJSON *tree = NULL;

    if (path && file_read(path, (size_t)64 << 10, &text, &ignored) == 0)
        tree = json_parse(text.data, text.len, &ignored);
    if (tree && !answers(json_str(tree, "origin"))) {
        cJSON_Delete(tree);
        tree = NULL;
    }
    buf_wipe(&text);
    free(path);
    return tree;
}

/* --- starting --- */

static char *program_path(struct err *e)
{
    char own[4096];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    char *path = NULL, *slash;

    if (n > 0) {
        own[n] = '\0';
        slash = strrchr(own, '/');
        if (slash)
            path = str_printf("%.*s/" PROGRAM, (int)(slash - own), own);
    }
    if (path && access(path, X_OK) == 0)
        return path;
    free(path);
    path = str_dup(PROGRAM);
    if (!path)
        err_no_memory(e);
    return path;
}

static void pause_slice(void)
{
    const struct timespec slice = { .tv_nsec = SLICE_MS * 1000000L };

    nanosleep(&slice, NULL);
}

/* Waits for its one line; false when it ended or time is up. */
static bool wait_ready(int fd, int64_t end_ms)
{
    struct buf said = BUF_INIT;
    bool ready = false, open = true;

    while (open && !ready && time_mono_ms() < end_ms) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        char part[512];
        if (poll(&wait, 1, SLICE_MS) <= 0)
            continue;
        ssize_t n = read(fd, part, sizeof part);
        if (n > 0 && said.len < 8192)
            buf_add(&said, part, (size_t)n);
        open = n > 0 || (n < 0 && errno == EINTR);
        ready = strstr(said.data, PROGRAM " ready ") && strchr(said.data, '\n');
    }
    buf_release(&said);
    return ready;
}

/* Why it did not start: the last line it complained with. */
static int not_started(const char *log, const char *dir, struct err *e)
{
    struct buf text = BUF_INIT;
    struct err ignored;
    char *line = NULL;

    if (file_read(log, (size_t)1 << 20, &text, &ignored) == 0 && text.len) {
        line = str_trim(text.data);
        char *last = strrchr(line, '\n');
        line = last ? last + 1 : line;
    }
    if (line && *line)
        err_set(e, ERR_IO, "%s", line);
    else
        err_set(e, ERR_TIMEOUT, "it was not ready within %d s", START_MS / 1000);
    buf_release(&text);
    err_about(e, "cannot start the local platform on", dir);
    return err_remedy(e, "start it in a terminal of its own to see more: lakeferry sandbox --data %s", dir);
}

static int start(const char *dir, int64_t end_ms, struct err *e)
{
    char *program = program_path(e), *log = str_printf("%s/sandbox.log", dir);
    char **environment = child_environment(NULL, e);
    const char *argv[] = { program, "--port", "0", "--data", dir, "--idle-exit", IDLE_EXIT_S, NULL };
    int said[2] = { -1, -1 }, log_fd = -1, rc = -1;
    pid_t pid;

    if (program && environment && !log)
        err_no_memory(e);
    else if (program && environment && pipe2(said, O_CLOEXEC))
        err_set_errno(e, errno, "no pipe could be made");
    else if (program && environment) {
        log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        rc = child_start(argv, environment, said[1], log_fd, &pid, e);
        close(said[1]);
        if (rc && e->code == ERR_NOT_FOUND)
            err_set(e, ERR_NOT_FOUND, "the program " PROGRAM " is neither beside lakeferry nor on the path");
        else if (!rc && !wait_ready(said[0], end_ms)) {
            rc = not_started(log, dir, e);
            if (waitpid(pid, NULL, WNOHANG) == 0 && kill(pid, SIGTERM) == 0)
                waitpid(pid, NULL, 0);
        }
        close(said[0]);
        if (log_fd >= 0)
            close(log_fd);
    }
    free(environment);
    free(log);
    free(program);
    return rc;
}

/* One starter at a time; the others find what it started. Returns the lock or -1. */
static int take_turn(const char *dir, int64_t end_ms, struct err *e)
{
    char *path = str_printf("%s/starting", dir);
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

    if (fd < 0) {
        path ? err_set_errno(e, errno, "it cannot be written") : err_no_memory(e);
        err_about(e, "cannot use the data folder", dir);
    }
    free(path);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || time_mono_ms() >= end_ms) {
            err_set(e, ERR_TIMEOUT, "another lakeferry has been starting it for %d s", START_MS / 1000);
            err_about(e, "cannot use the local platform on", dir);
            close(fd);
            return -1;
        }
        pause_slice();
    }
    return fd;
}

static cJSON *find_or_start(const char *dir, struct err *e)
{
    int64_t end_ms = time_mono_ms() + START_MS;
    cJSON *endpoint = running_endpoint(dir);

    if (endpoint)
        return endpoint;
    if (file_make_dirs(dir, e))
        return NULL;
    int turn = take_turn(dir, end_ms, e);
    if (turn < 0)
        return NULL;
    endpoint = running_endpoint(dir);
    if (!endpoint) {
        int rc = start(dir, end_ms, e);
        /* When it refused to start, one that somebody runs by hand may be about to be ready. */
        while (!(endpoint = running_endpoint(dir)) && rc && e->code == ERR_IO && strstr(e->cause, "another") && time_mono_ms() < end_ms)
            pause_slice();
        if (!endpoint && !rc)
            not_started("", dir, e);
    }
    close(turn);
    return endpoint;
}

/* --- filling in --- */

static int set_unless_flag(struct value *v, const char *text, struct err *e)
{
    return v->from == FROM_FLAG && !str_blank(v->text) ? 0 : value_set(v, text, FROM_SANDBOX, "", e);
}

static int fill(const cJSON *endpoint, struct settings *into, struct err *e)
{
    const char *origin = json_need_str(endpoint, "origin", e), *images = json_str_or(endpoint, "images", origin);
    const char *token = json_need_str(endpoint, "databricks_token", e), *pat = json_need_str(endpoint, "clarifai_pat", e);
    struct value *foreign[] = { &into->profile, &into->client_id, &into->client_secret, &into->auth_type, &into->workspace_id };
    const struct { struct value *v; const char *text; } known[] = {
        { &into->host, origin }, { &into->token, token }, { &into->clarifai_pat, pat }, { &into->clarifai_user, OWNER },
        { &into->clarifai_base, origin }, { &into->own[SETTING_CLARIFAI_IMAGE_HOST], images },
    };
    bool cluster_asked = into->cluster_id.from == FROM_FLAG;

    if (!origin || !token || !pat)
        return -1;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        value_release(foreign[i]);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (value_set(known[i].v, known[i].text, FROM_SANDBOX, "", e))
            return -1;
    into->production = false;
    if (set_unless_flag(&into->cluster_id, CLUSTER, e) || set_unless_flag(&into->own[SETTING_STAGING_VOLUME], STAGING, e))
        return -1;
    return cluster_asked ? 0 : set_unless_flag(&into->warehouse_id, json_str_or(endpoint, "warehouse_id", WAREHOUSE), e);
}

int session_find_sandbox(struct settings *into, struct err *e)
{
    struct err own = { 0 };
    char *dir = data_dir(&own);
    cJSON *endpoint = dir ? find_or_start(dir, &own) : NULL;
    int rc = endpoint ? fill(endpoint, into, &own) : -1;

    if (rc && e)
        *e = own;
    cJSON_Delete(endpoint);
    free(dir);
    return rc;
}
