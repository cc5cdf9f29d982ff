/*
 * Lines on a run's socket, both ways: what a viewer sends is commands or refused, what a run sends is lines or the end. The module itself is part of
 * this file, so that its steps run without its thread.
 */
#include "../fuzz.h"
#include "core/link.c"
#include "core/link_client.c"

static void as_run(int pair[2], const uint8_t *data, size_t n)
{
    struct link l = { .count = 1, .sticky = { str_dup("{\"type\":\"plan\"}") } };
    FUZZ_HOLDS(pthread_mutex_init(&l.lock, NULL) == 0);
    l.viewers[0].fd = pair[0];
    buf_init(&l.viewers[0].in, LINK_LINE);
    buf_init(&l.viewers[0].out, LINK_BACKLOG);
    bool alive = true;
    for (size_t at = 0, step = n % 97 + 1; alive && at < n; at += step) {
        size_t part = n - at < step ? n - at : step;
        FUZZ_HOLDS(send(pair[1], data + at, part, MSG_NOSIGNAL) == (ssize_t)part);
        alive = receive(&l, &l.viewers[0]);
        buf_clear(&l.viewers[0].out);
        FUZZ_HOLDS(l.command_count <= LINK_COMMANDS && l.viewers[0].in.len <= LINK_LINE);
    }
    for (cJSON *c; (c = link_next_command(&l)) != NULL; cJSON_Delete(c))
        FUZZ_HOLDS(json_str(c, "command"));
    buf_release(&l.viewers[0].in);
    buf_release(&l.viewers[0].out);
    free(l.sticky[0]);
    pthread_mutex_destroy(&l.lock);
}

static void as_viewer(int pair[2], const uint8_t *data, size_t n)
{
    struct link_client c = { .fd = pair[0] };
    cJSON *line;
    bool timed_out;
    struct err e = { 0 };
    buf_init(&c.in, CLIENT_UNREAD);
    if (n > 65536) n = 65536;       /* what a socket holds without a reader */
    FUZZ_HOLDS(send(pair[1], data, n, MSG_NOSIGNAL) == (ssize_t)n && shutdown(pair[1], SHUT_WR) == 0);
    for (int got; (got = link_client_read(&c, 0, &line, &timed_out, &e)) != 0; cJSON_Delete(line))
        FUZZ_HOLDS(got == 1 ? line != NULL : e.code != ERR_NONE);
    buf_release(&c.in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static void (*const sides[])(int pair[2], const uint8_t *data, size_t n) = { as_run, as_viewer };
    for (int i = 0; i < 2; i++) {
        int pair[2];
        FUZZ_HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        sides[i](pair, data, n);
        close(pair[0]);
        close(pair[1]);
    }
    return 0;
}
