#ifndef LAKEFERRY_TESTS_FAULT_SERVER_H
#define LAKEFERRY_TESTS_FAULT_SERVER_H
/*
 * fault_server: a small HTTP/1.1 server on a free loopback port for engine tests, on raw sockets, so that a handler can cut, reset or hang anywhere.
 * A thread a connection; handlers run there, several at once.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define FAULT_CONNECTIONS 256

struct fault_request {
    char head[8192];
    char method[16], path[1024];
    char *body;
    size_t body_size;
    int number;                     /* from 1, over all connections */
    int on_connection;              /* from 1, on this one */
};
enum fault_next { FAULT_KEEP, FAULT_CLOSE, FAULT_RESET };
struct fault_server;
typedef enum fault_next (*fault_handler)(struct fault_server *s, int fd, const struct fault_request *r);
struct fault_server {
    int listener, port;
    fault_handler handler;
    void *ctx;
    pthread_t thread;
    pthread_mutex_t lock;
    int fds[FAULT_CONNECTIONS];     /* open connections, -1 free */
    atomic_int requests, connections, live;
    atomic_bool stopping;
    char base[64];
};
struct fault_connection { struct fault_server *server; int fd; };

static inline void fault_send(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n) {
        ssize_t w = send(fd, p, n, MSG_NOSIGNAL);
        if (w <= 0) return;
        p += w;
        n -= (size_t)w;
    }
}

static inline void fault_text(int fd, const char *text)
{
    fault_send(fd, text, strlen(text));
}

/* headers: lines with CRLF each, may be "". */
static inline void fault_reply(int fd, int status, const char *headers, const char *body)
{
    char head[2048];
    snprintf(head, sizeof head, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body), headers);
    fault_text(fd, head);
    fault_text(fd, body);
}

/* Waits until the client goes away or the server stops. */
static inline enum fault_next fault_hang(struct fault_server *s, int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLRDHUP };
    while (!s->stopping && poll(&p, 1, 20) == 0) {}
    return FAULT_CLOSE;
}

/* Value of a request header, or false. */
static inline bool fault_header(const struct fault_request *r, const char *name, char *out, size_t size)
{
    size_t n = strlen(name);
    for (const char *line = strstr(r->head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, n) || line[2 + n] != ':') continue;
        const char *value = line + 3 + n;
        while (*value == ' ') value++;
        snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
        return true;
    }
    return false;
}

static inline bool fault_read_head(int fd, struct fault_request *r)
{
    size_t n = 0;
    while (n + 1 < sizeof r->head) {
        if (recv(fd, r->head + n, 1, 0) != 1) return false;
        r->head[++n] = '\0';
        if (n >= 4 && !memcmp(r->head + n - 4, "\r\n\r\n", 4)) break;
    }
    return sscanf(r->head, "%15s %1023s", r->method, r->path) == 2;
}

static inline bool fault_read_body(int fd, struct fault_request *r)
{
    char length[32];
    r->body = NULL;
    r->body_size = fault_header(r, "content-length", length, sizeof length) ? (size_t)strtoull(length, NULL, 10) : 0;
    r->body = calloc(1, r->body_size + 1);
    return r->body && (!r->body_size || recv(fd, r->body, r->body_size, MSG_WAITALL) == (ssize_t)r->body_size);
}

static inline enum fault_next fault_serve_one(struct fault_server *s, int fd, struct fault_request *r)
{
    r->number = atomic_fetch_add(&s->requests, 1) + 1;
    r->on_connection++;
    return s->handler(s, fd, r);
}

static inline void *fault_connection_main(void *arg)
{
    struct fault_connection c = *(struct fault_connection *)arg;
    struct fault_request r = { .on_connection = 0 };
    enum fault_next next = FAULT_KEEP;
    free(arg);
    while (next == FAULT_KEEP && fault_read_head(c.fd, &r) && fault_read_body(c.fd, &r)) {
        next = fault_serve_one(c.server, c.fd, &r);
        free(r.body);
        r.body = NULL;
    }
    free(r.body);
    if (next == FAULT_RESET) setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
    pthread_mutex_lock(&c.server->lock);
    for (int i = 0; i < FAULT_CONNECTIONS; i++)
        if (c.server->fds[i] == c.fd) c.server->fds[i] = -1;
    close(c.fd);
    pthread_mutex_unlock(&c.server->lock);
    atomic_fetch_sub(&c.server->live, 1);
    return NULL;
}

static inline void *fault_main(void *arg)
{
    struct fault_server *s = arg;
    for (;;) {
        int fd = accept(s->listener, NULL, NULL);
        if (s->stopping || fd < 0) {
            if (fd >= 0) close(fd);
            return NULL;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
        struct fault_connection *c = malloc(sizeof *c);
        pthread_t t;
        *c = (struct fault_connection){ s, fd };
        pthread_mutex_lock(&s->lock);
        for (int i = 0; i < FAULT_CONNECTIONS; i++)
            if (s->fds[i] < 0) { s->fds[i] = fd; break; }
        pthread_mutex_unlock(&s->lock);
        atomic_fetch_add(&s->live, 1);
        atomic_fetch_add(&s->connections, 1);
        pthread_create(&t, NULL, fault_connection_main, c);
        pthread_detach(t);
    }
}

/* port 0: a free one. */
static inline struct fault_server *fault_start_at(fault_handler handler, void *ctx, int port)
{
    struct fault_server *s = calloc(1, sizeof *s);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
    socklen_t n = sizeof a;
    s->handler = handler;
    s->ctx = ctx;
    for (int i = 0; i < FAULT_CONNECTIONS; i++) s->fds[i] = -1;
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(s->listener, (struct sockaddr *)&a, sizeof a) || listen(s->listener, 64)) abort();
    getsockname(s->listener, (struct sockaddr *)&a, &n);
    s->port = ntohs(a.sin_port);
    snprintf(s->base, sizeof s->base, "http://127.0.0.1:%d", s->port);
    pthread_create(&s->thread, NULL, fault_main, s);
    return s;
}

static inline struct fault_server *fault_start(fault_handler handler, void *ctx)
{
    return fault_start_at(handler, ctx, 0);
}

static inline void fault_stop(struct fault_server *s)
{
    s->stopping = true;
    shutdown(s->listener, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->listener);
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < FAULT_CONNECTIONS; i++)
        if (s->fds[i] >= 0) shutdown(s->fds[i], SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
    while (s->live) usleep(1000);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
#endif
