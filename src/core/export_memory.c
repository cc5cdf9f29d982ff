/* The memory of stage "images": pictures in it share one budget; those that are read wait here for a lane that writes. */
#include "core/export.h"
#include <sys/mman.h>
#include <unistd.h>

#define FIRST_GUESS ((size_t)256 << 10)
#define POPULATE_MAX ((size_t)4 << 20)

static void unmap(struct export_picture *p)
{
    if (p->bytes)
        munmap(p->bytes, p->room);
    p->bytes = NULL;
}

void export_picture_free(struct export_picture *p)
{
    unmap(p);
    free(p->input_id);
    free(p->url);
    free(p);
}

void export_pictures_release(struct export *x)
{
    for (struct export_picture *p = x->pictures.ready, *next; p; p = next) {
        next = p->next;
        export_picture_free(p);
    }
    x->pictures.ready = NULL;
    x->pictures.ready_end = &x->pictures.ready;
}

/* Gives back a picture and its share of the budget. */
void export_discard(struct export *x, struct export_picture *p)
{
    pthread_mutex_lock(&x->lock);
    x->pictures.used -= p->reserved;
    x->pictures.busy--;
    pthread_mutex_unlock(&x->lock);
    export_picture_free(p);
}

/* Room for one that is as large as the largest so far; alone, it may always be read. */
bool export_reserve(struct export *x, size_t *reserved)
{
    pthread_mutex_lock(&x->lock);
    *reserved = x->pictures.largest > FIRST_GUESS ? x->pictures.largest : FIRST_GUESS;
    bool fits = x->pictures.used == 0 || x->pictures.used + *reserved <= x->pictures.budget;
    if (fits) {
        x->pictures.used += *reserved;
        x->pictures.busy++;
    }
    pthread_mutex_unlock(&x->lock);
    return fits;
}

void export_unreserve(struct export *x, size_t reserved)
{
    pthread_mutex_lock(&x->lock);
    x->pictures.used -= reserved;
    x->pictures.busy--;
    pthread_mutex_unlock(&x->lock);
}

/* Now its size is known: the reservation becomes it, unless others hold what is missing. */
bool export_resize(struct export *x, struct export_picture *p, size_t size)
{
    pthread_mutex_lock(&x->lock);
    uint64_t others = x->pictures.used - p->reserved;
    bool fits = others == 0 || others + size <= x->pictures.budget;
    if (size > x->pictures.largest)
        x->pictures.largest = size;
    if (fits) {
        x->pictures.used = others + size;
        p->reserved = size;
    }
    pthread_mutex_unlock(&x->lock);
    return fits;
}

int export_make_room(struct export_picture *p, size_t size, struct err *e)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unmap(p);
    p->room = (size + page) / page * page;
    /* Each page at once instead of at its first byte; not where the size may only be the most there can be. */
    int populate = p->room <= POPULATE_MAX ? MAP_POPULATE : 0;
    void *bytes = mmap(NULL, p->room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | populate, -1, 0);
    if (bytes == MAP_FAILED)
        return err_no_memory(e);
    p->bytes = bytes;
    return 0;
}

void export_make_ready(struct export *x, struct export_picture *p)
{
    p->next = NULL;
    pthread_mutex_lock(&x->lock);
    *x->pictures.ready_end = p;
    x->pictures.ready_end = &p->next;
    pthread_mutex_unlock(&x->lock);
}

struct export_picture *export_take_ready(struct export *x)
{
    pthread_mutex_lock(&x->lock);
    struct export_picture *p = x->pictures.ready;
    if (p && !(x->pictures.ready = p->next))
        x->pictures.ready_end = &x->pictures.ready;
    pthread_mutex_unlock(&x->lock);
    return p;
}
