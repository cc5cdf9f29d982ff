/* Of link: the run's side. */
#include "core/link.h"
#include "core/link_address.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK_VIEWERS 16
#define LINK_LINE ((size_t)64 << 10)   /* longest command */
#define LINK_COMMANDS 32
#define LINK_STICKY 4
#define LINK_DEAF_MS 200               /* pause between two tries to accept while this process has no descriptor left */

static const char *const sticky_types[LINK_STICKY] = {"plan", "progress", "error", "summary"};

struct viewer { int fd; struct buf in, out; };

struct link {
    pthread_mutex_t lock;
    pthread_t thread;
    int listener, wake[2], folder;
    char name[80];
    struct viewer viewers[LINK_VIEWERS];
    int count;
    char *sticky[LINK_STICKY];
    cJSON *commands[LINK_COMMANDS];
    int command_count;
    bool closing;
};

/* --- with the mutex held --- */

static void drop(struct link *l, int at)
{
    close(l->viewers[at].fd);
    buf_wipe(&l->viewers[at].in);              /* it may hold the beginning of a token */
    buf_release(&l->viewers[at].out);
    l->viewers[at] = l->viewers[--l->count];
}

static void queue(struct viewer *v, const char *line)
{
    buf_puts(&v->out, line);
    buf_putc(&v->out, '\n');
}

static void welcome(struct link *l, int fd)
{
    if (l->count == LINK_VIEWERS) {
        close(fd);
        return;
    }
    struct viewer *v = &l->viewers[l->count++];
    memset(v, 0, sizeof *v);
    v->fd = fd;
    buf_init(&v->in, LINK_LINE);
    buf_init(&v->out, LINK_BACKLOG);
    for (int i = 0; i < LINK_STICKY; i++)
        if (l->sticky[i])
            queue(v, l->sticky[i]);
}

static void take_command(struct link *l, struct viewer *v, const char *line, size_t n)
{
    cJSON *command = json_parse(line, n, NULL);
    if (!json_str(command, "command") || l->command_count == LINK_COMMANDS) {
        cJSON_Delete(command);
        queue(v, "{\"type\":\"refused\"}");
        return;
    }
    l->commands[l->command_count++] = command;
    queue(v, "{\"type\":\"ack\"}");
}

/* False when the viewer is gone. */
static bool receive(struct link *l, struct viewer *v)
{
    char bytes[4096];
    ssize_t n = recv(v->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    bool taken = n > 0 && buf_add(&v->in, bytes, (size_t)n) == 0;
    explicit_bzero(bytes, (size_t)n);
    if (!taken)
        return false;
    for (char *end; (end = memchr(v->in.data, '\n', v->in.len)) != NULL;) {
        size_t line = (size_t)(end - v->in.data);
        take_command(l, v, v->in.data, line);
        explicit_bzero(v->in.data, line);       /* it may have carried a token */
        buf_drop(&v->in, line + 1);
    }
    return true;
}

static bool transmit(struct viewer *v)
{
    if (v->out.failed)
        return false;
    while (v->out.len > 0) {
        ssize_t n = send(v->fd, v->out.data, v->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        buf_drop(&v->out, (size_t)n);
    }
    return true;
}

/* False when there is no descriptor or memory for the viewer: it stays in line, and asking again at once would find the same. */
static bool accept_one(struct link *l)
{
    int fd = accept4(l->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (fd < 0)
        return errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != getuid())
        close(fd);
    else
        welcome(l, fd);
    return true;
}

static void serve(struct link *l, const struct pollfd *fds, int polled)
{
    for (int i = polled - 1; i >= 0; i--) {
        short got = fds[i].revents;
        /* Who leaves with lines unread makes an error, and what it said before is still to be read. */
        bool alive = !(got & POLLNVAL);
        if (alive && (got & (POLLIN | POLLHUP | POLLERR)))
            alive = receive(l, &l->viewers[i]);
        if (alive)
            alive = transmit(&l->viewers[i]);
        if (!alive)
            drop(l, i);
    }
}

static bool drained(const struct link *l)
{
    for (int i = 0; i < l->count; i++)
        if (l->viewers[i].out.len > 0)
            return false;
    return true;
}

static void *link_main(void *arg)
{
    struct link *l = arg;
    int64_t end = 0;
    bool deaf = false;
    pthread_mutex_lock(&l->lock);
    for (;;) {
        struct pollfd fds[LINK_VIEWERS + 2];
        int polled = l->count;
        for (int i = 0; i < polled; i++)
            fds[i] = (struct pollfd){.fd = l->viewers[i].fd, .events = (short)(POLLIN | (l->viewers[i].out.len ? POLLOUT : 0))};
        fds[polled] = (struct pollfd){.fd = deaf ? -1 : l->listener, .events = POLLIN};
        fds[polled + 1] = (struct pollfd){.fd = l->wake[0], .events = POLLIN};
        if (l->closing && !end)
            end = time_mono_ms() + 500;
        if (l->closing && (drained(l) || time_mono_ms() >= end))
            break;
        int wait_ms = l->closing ? 20 : deaf ? LINK_DEAF_MS : -1;
        pthread_mutex_unlock(&l->lock);
        poll(fds, (nfds_t)polled + 2, wait_ms);
        char bytes[64];
        if (fds[polled + 1].revents & POLLIN && read(l->wake[0], bytes, sizeof bytes) < 0)
            bytes[0] = 0;
        pthread_mutex_lock(&l->lock);
        serve(l, fds, polled);
        deaf = fds[polled].revents & POLLIN ? !accept_one(l) : false;
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

static void wake(struct link *l)
{
    ssize_t n = write(l->wake[1], "", 1);
    (void)n;                                    /* a full pipe wakes as well */
}

static int listen_at(struct link *l, const char *run_id, struct err *e)
{
    struct sockaddr_un at;
    l->folder = link_folder_open(e);
    if (l->folder < 0 || link_address(l->folder, run_id, &at, e) != 0)
        return -1;
    snprintf(l->name, sizeof l->name, "run-%s.sock", run_id);
    unlinkat(l->folder, l->name, 0);            /* of a run that was killed: the run's lock is ours */
    l->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (l->listener < 0 || fchmod(l->listener, 0600) != 0 || bind(l->listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(l->listener, 8) != 0 ||
        pipe2(l->wake, O_CLOEXEC | O_NONBLOCK) != 0)
        return err_set_errno(e, errno, "cannot open the run's socket %s", l->name);
    return 0;
}

int link_open(const char *run_id, struct link **out, struct err *e)
{
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return err_no_memory(e);
    l->listener = l->wake[0] = l->wake[1] = l->folder = -1;
    pthread_mutex_init(&l->lock, NULL);
    int result = listen_at(l, run_id, e);
    if (result == 0) {
        int rc = pthread_create(&l->thread, NULL, link_main, l);
        result = rc ? err_set_errno(e, rc, "cannot start a thread") : 0;
    }
    if (result != 0) {
        int fds[] = {l->listener, l->wake[0], l->wake[1], l->folder};
        for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        pthread_mutex_destroy(&l->lock);
        free(l);
        return -1;
    }
    *out = l;
    return 0;
}

void link_close(struct link *l)
{
    if (!l)
        return;
    pthread_mutex_lock(&l->lock);
    l->closing = true;
    pthread_mutex_unlock(&l->lock);
    wake(l);
    pthread_join(l->thread, NULL);
    while (l->count)
        drop(l, 0);
    for (int i = 0; i < LINK_STICKY; i++)
        free(l->sticky[i]);
    for (int i = 0; i < l->command_count; i++)
        cJSON_Delete(l->commands[i]);
    unlinkat(l->folder, l->name, 0);
    close(l->listener);
    close(l->wake[0]);
    close(l->wake[1]);
    close(l->folder);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

void link_publish(struct link *l, const cJSON *line)
{
    struct buf text = BUF_INIT;
    if (!l || json_print(&text, line) != 0) {
        buf_release(&text);
        return;
    }
    const char *type = json_str_or(line, "type", "");
    pthread_mutex_lock(&l->lock);
    for (int i = 0; i < l->count; i++)
        queue(&l->viewers[i], text.data);
    for (int i = 0; i < LINK_STICKY; i++)
        if (str_eq(type, sticky_types[i]) && str_set(&l->sticky[i], text.data) != 0)
            str_set(&l->sticky[i], NULL);          /* rather none than one that is over */
    pthread_mutex_unlock(&l->lock);
    buf_release(&text);
    wake(l);
}

cJSON *link_next_command(struct link *l)
{
    cJSON *command = NULL;
    if (!l)
        return NULL;
    pthread_mutex_lock(&l->lock);
    if (l->command_count) {
        command = l->commands[0];
        memmove(l->commands, l->commands + 1, (size_t)--l->command_count * sizeof *l->commands);
    }
    pthread_mutex_unlock(&l->lock);
    return command;
}

int link_viewers(struct link *l)
{
    if (!l)
        return 0;
    pthread_mutex_lock(&l->lock);
    int count = l->count;
    pthread_mutex_unlock(&l->lock);
    return count;
}
