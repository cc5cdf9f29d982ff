/* Of link: the viewer's side. */
#include "core/link.h"
#include "core/link_address.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENT_UNREAD (LINK_BACKLOG * 2) /* received and not yet taken */

struct link_client { int fd; struct buf in; };

int link_connect(const char *run_id, struct link_client **out, struct err *e)
{
    struct sockaddr_un at;
    int folder = link_folder_open(e);
    if (folder < 0)
        return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = fd < 0 ? err_set_errno(e, errno, "cannot make a socket") : link_address(folder, run_id, &at, e);
    if (result == 0 && connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
        result = err_set(e, ERR_NOT_FOUND, "run %s is not running", run_id);
    close(folder);
    struct link_client *c = result == 0 ? calloc(1, sizeof *c) : NULL;
    if (!c) {
        if (fd >= 0)
            close(fd);
        return result == 0 ? err_no_memory(e) : -1;
    }
    c->fd = fd;
    buf_init(&c->in, CLIENT_UNREAD);
    *out = c;
    return 0;
}

void link_client_free(struct link_client *c)
{
    if (!c)
        return;
    close(c->fd);
    buf_release(&c->in);
    free(c);
}

int link_client_send(struct link_client *c, const char *line, struct err *e)
{
    size_t n = strlen(line);
    struct buf text = BUF_INIT;
    buf_add(&text, line, n);
    buf_putc(&text, '\n');
    int result = buf_error(&text, e);
    for (size_t sent = 0; result == 0 && sent < text.len;) {
        ssize_t part = send(c->fd, text.data + sent, text.len - sent, MSG_NOSIGNAL);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            result = err_set(e, ERR_NOT_FOUND, "the run ended meanwhile");
        else
            sent += (size_t)part;
    }
    buf_wipe(&text);
    return result;
}

int link_client_read(struct link_client *c, int timeout_ms, cJSON **out, bool *timed_out, struct err *e)
{
    *out = NULL;
    *timed_out = false;
    for (;;) {
        char *end = memchr(c->in.data, '\n', c->in.len);
        if (end) {
            size_t n = (size_t)(end - c->in.data);
            *out = json_parse(c->in.data, n, e);
            buf_drop(&c->in, n + 1);
            return *out ? 1 : -1;
        }
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        int ready = poll(&p, 1, timeout_ms);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0) {
            *timed_out = true;
            return 0;
        }
        char bytes[8192];
        ssize_t n = recv(c->fd, bytes, sizeof bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        if (buf_add(&c->in, bytes, (size_t)n) != 0)
            return buf_error(&c->in, e);
    }
}
