/* ports: where the platform listens; on the same data where it did before, so that those who spoke to it find it again. */
#include "sandbox/inner.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

struct ports { int64_t api, images; };   /* 0: any free one */

static bool usable(int64_t port)
{
    return port > 0 && port <= UINT16_MAX;
}

static char *file_path(const struct sandbox *s)
{
    return str_printf("%s/ports.json", s->dir);
}

/* Those of the last time; what cannot be read is as if never written. */
static struct ports recall(const struct sandbox *s)
{
    struct ports p = { 0 };
    struct buf text = BUF_INIT;
    char *path = file_path(s);
    cJSON *tree = path && file_read(path, 4096, &text, NULL) == 0 ? json_parse(text.data, text.len, NULL) : NULL;
    if (!json_i64(tree, "api", &p.api) || !usable(p.api))
        p.api = 0;
    if (!json_i64(tree, "images", &p.images) || !usable(p.images))
        p.images = 0;
    cJSON_Delete(tree);
    buf_release(&text);
    free(path);
    return p;
}

static int remember(const struct sandbox *s, struct ports p, struct err *e)
{
    struct buf text = BUF_INIT;
    char *path = file_path(s);
    buf_printf(&text, "{\"api\":%d,\"images\":%d}\n", (int)p.api, (int)p.images);
    int result = !path ? err_no_memory(e) : buf_error(&text, e) < 0 ? -1 : file_write_atomic(path, text.data, text.len, e);
    buf_release(&text);
    free(path);
    return result;
}

/* *port becomes the one that listens. SO_REUSEADDR: connections of before may still be closing there. */
static int listen_on(int64_t *port, char *origin, size_t size, struct err *e)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 512) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) < 0) {
        err_set_errno(e, errno, "cannot listen on 127.0.0.1:%d", (int)*port);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(at.sin_port);
    snprintf(origin, size, "http://127.0.0.1:%d", (int)*port);
    return fd;
}

/* On that port, or on any when it is somebody else's by now. */
static int listen_again(int64_t *port, char *origin, size_t size, struct err *e)
{
    int fd = *port ? listen_on(port, origin, size, NULL) : -1;
    if (fd >= 0)
        return fd;
    *port = 0;
    return listen_on(port, origin, size, e);
}

int ports_open(struct sandbox *s, int port, struct err *e)
{
    int (*way)(int64_t *, char *, size_t, struct err *) = port ? listen_on : listen_again;
    struct ports before = recall(s), now = port ? (struct ports){ port, port + 1 } : before;
    s->api_fd = way(&now.api, s->origin, sizeof s->origin, e);
    if (s->api_fd < 0)
        return -1;
    s->image_fd = way(&now.images, s->image_origin, sizeof s->image_origin, e);
    if (s->image_fd < 0)
        return -1;
    return now.api == before.api && now.images == before.images ? 0 : remember(s, now, e);
}
