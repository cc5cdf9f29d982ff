/*
 * engine_sockets: the sockets that curl opens for the engine, so that a connection which says nothing any more can be ended. Of HTTP/2 curl would keep it,
 * since a stream that is given up leaves its connection whole, and would ask again on it.
 */
#include "net/engine_inner.h"
#include "base/str.h"
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENT_LEAST_MS 1000    /* who is cancelled before has learned nothing of its connection */

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
    (void)purpose;
    struct net_engine *n = ctx;
    int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
    if (fd >= 0 && n->sockets < ENGINE_SOCKETS_MAX) n->socket[n->sockets++] = fd;
    return fd >= 0 ? fd : CURL_SOCKET_BAD;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct net_engine *n = ctx;
    for (int i = 0; i < n->sockets; i++)
        if (n->socket[i] == fd) n->socket[i--] = n->socket[--n->sockets];
    return close(fd);
}

bool engine_watch_sockets(struct net_engine *n, CURL *easy)
{
    return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open) == CURLE_OK && curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, n) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close) == CURLE_OK && curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, n) == CURLE_OK;
}

static bool is_end(const struct sockaddr_storage *at, socklen_t size, const struct transfer_end_point *p)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    return !getnameinfo((const struct sockaddr *)at, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) &&
           str_eq(host, p->host) && strtol(port, NULL, 10) == p->port;
}

static bool carries(int fd, const struct transfer *t)
{
    struct sockaddr_storage here, there;
    socklen_t here_size = sizeof here, there_size = sizeof there;
    return !getsockname(fd, (struct sockaddr *)&here, &here_size) && is_end(&here, here_size, &t->local) &&
           !getpeername(fd, (struct sockaddr *)&there, &there_size) && is_end(&there, there_size, &t->remote);
}

static bool same_connection(const struct transfer *a, const struct transfer *b)
{
    return a->connected && b->connected && a->local.port == b->local.port && a->remote.port == b->remote.port && str_eq(a->local.host, b->local.host) &&
           str_eq(a->remote.host, b->remote.host);
}

void engine_end_silent(struct net_engine *n, const struct call *c, int64_t now_ms)
{
    int64_t span = now_ms - c->begun_ms;
    if (!c->transfer.connected || span < SILENT_LEAST_MS) return;
    if (span > n->settings.stall_ms) span = n->settings.stall_ms;
    for (const struct call *other = n->running; other; other = other->next)
        if (other->moved_ms >= now_ms - span && same_connection(&other->transfer, &c->transfer)) return;
    for (int i = 0; i < n->sockets; i++)
        if (carries(n->socket[i], &c->transfer)) shutdown(n->socket[i], SHUT_RDWR);
}
