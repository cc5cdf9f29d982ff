#include "ui/event.h"
#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct event_queue {
    pthread_mutex_t lock;
    struct event *first, *last;
    int fd;
};

struct event_queue *event_queue_new(struct err *e)
{
    struct event_queue *q = calloc(1, sizeof *q);
    if (!q) {
        err_no_memory(e);
        return NULL;
    }
    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->fd < 0) {
        err_set_errno(e, errno, "no event descriptor");
        free(q);
        return NULL;
    }
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void event_free(struct event *ev)
{
    if (ev && ev->payload && ev->release)
        ev->release(ev->payload);
    free(ev);
}

void event_queue_free(struct event_queue *q)
{
    if (!q)
        return;
    for (struct event *ev = q->first; ev;) {
        struct event *next = ev->next;
        event_free(ev);
        ev = next;
    }
    close(q->fd);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

int event_post(struct event_queue *q, int id, uint64_t target, uint64_t tag, void *payload, void (*release)(void *), struct err *e)
{
    struct event *ev = malloc(sizeof *ev);
    if (!ev) {
        if (payload && release)
            release(payload);
        return err_no_memory(e);
    }
    *ev = (struct event){ id, target, tag, payload, release, NULL };
    pthread_mutex_lock(&q->lock);
    if (q->last)
        q->last->next = ev;
    else
        q->first = ev;
    q->last = ev;
    pthread_mutex_unlock(&q->lock);
    uint64_t one = 1;
    ssize_t n = write(q->fd, &one, sizeof one); /* a full counter is readable already */
    (void)n;
    return 0;
}

struct event *event_take(struct event_queue *q)
{
    uint64_t count;
    ssize_t n = read(q->fd, &count, sizeof count); /* before the list: a post in between wakes once more, never too seldom */
    (void)n;
    pthread_mutex_lock(&q->lock);
    struct event *first = q->first;
    q->first = q->last = NULL;
    pthread_mutex_unlock(&q->lock);
    return first;
}

int event_fd(const struct event_queue *q)
{
    return q->fd;
}
