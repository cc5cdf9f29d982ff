#ifndef LAKEFERRY_TESTS_SESSION_HTTP_H
#define LAKEFERRY_TESTS_SESSION_HTTP_H
/* session_http: a server on loopback that gives canned answers by method, path and credential, one request a connection. Include it once in a program. */
#include "base/str.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first row whose texts all occur in the request's head and that is not used up answers; none: 404. */
struct http_row { const char *line, *header; int status; const char *body; int times; /* 0: without end */ };
static struct {
    const struct http_row *rows;
    int used[32], requests, fd;
    pthread_t thread;
    pthread_mutex_t lock;
    char origin[64], heads[16384];
} http = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct http_row *http_find(const char *head)
{
    for (int i = 0; http.rows && http.rows[i].line; i++) {
        const struct http_row *r = &http.rows[i];
        if (str_starts(head, r->line) && (!r->header || strstr(head, r->header)) && (!r->times || http.used[i] < r->times)) {
            http.used[i]++;
            return r;
        }
    }
    return NULL;
}

static void http_answer(int fd)
{
    char head[8192], answer[4096];
    size_t n = 0;

    while (n < sizeof head - 1) {
        ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);
        if (got <= 0) break;
        n += (size_t)got;
        head[n] = '\0';
        const char *end = strstr(head, "\r\n\r\n"), *length = strstr(head, "Content-Length: ");
        if (end && n >= (size_t)(end + 4 - head) + (length && length < end ? strtoul(length + 16, NULL, 10) : 0)) break;
    }
    head[n] = '\0';
    pthread_mutex_lock(&http.lock);
    const struct http_row *r = http_find(head);
    http.requests++;
    size_t used = strlen(http.heads);
    snprintf(http.heads + used, sizeof http.heads - used, "%s\n", head);
    pthread_mutex_unlock(&http.lock);
    const char *body = r ? r->body : "{}";
    int length = snprintf(answer, sizeof answer, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s",
                          r ? r->status : 404, strlen(body), body);
    if (send(fd, answer, (size_t)length, MSG_NOSIGNAL) < 0) return;
    shutdown(fd, SHUT_WR);
    while (recv(fd, answer, sizeof answer, 0) > 0) continue;
}

static void *http_main(void *arg)
{
    (void)arg;
    for (int fd; (fd = accept(http.fd, NULL, NULL)) >= 0; close(fd)) http_answer(fd);
    return NULL;
}

static void http_start(const struct http_row *rows)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;

    http.rows = rows;
    http.requests = 0;
    memset(http.used, 0, sizeof http.used);
    http.heads[0] = '\0';
    http.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(http.fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(http.fd, 16), 0);
    getsockname(http.fd, (struct sockaddr *)&at, &size);
    snprintf(http.origin, sizeof http.origin, "http://127.0.0.1:%d", ntohs(at.sin_port));
    assert_int_equal(pthread_create(&http.thread, NULL, http_main, NULL), 0);
}

static void http_stop(void)
{
    shutdown(http.fd, SHUT_RDWR);
    pthread_join(http.thread, NULL);
    close(http.fd);
}

static bool http_heard(const char *text)
{
    pthread_mutex_lock(&http.lock);
    bool heard = strstr(http.heads, text) != NULL;
    pthread_mutex_unlock(&http.lock);
    return heard;
}
#endif
