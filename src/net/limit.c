#include "net/limit.h"
#include "base/hash.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Lock offsets lie behind the mapped page; they need no bytes in the file. */
#define FILE_SIZE 4096
#define SLOT_OFFSET 8192
#define WANT_OFFSET 16384
#define WANT_SLOTS 64
/* A timestamp further ahead than any hold is left over from before a reboot. */
#define TURN_FAR_US ((int64_t)130 * 1000000)
#define TURN_SLACK_US 10000

struct shared { _Atomic int64_t turn_us; };

struct limit {
    int fd;                          /* -1: nothing is shared between processes */
    struct shared *shared;           /* the mapped file, or &own */
    struct shared own;
    int64_t interval_us;             /* 0: no rate limit */
    int slots, held, next;
    int want;                        /* byte locked in the want range, -1 none */
    bool taken[LIMIT_SLOTS_MAX];
};

int64_t limit_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Names only have to differ among a handful of quotas. The zero byte counts, so that "a","bc" and "ab","c" differ. */
static char *file_name(const char *dir, const char *base, const char *name)
{
    uint64_t h = hash_fnv(hash_fnv(HASH_FNV, base, strlen(base) + 1), name, strlen(name) + 1);
    return str_printf("%s/%016llx.limit", dir, (unsigned long long)h);
}

static int map_file(struct limit *l, const char *path, struct err *e)
{
    l->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->fd < 0) return err_set_errno(e, errno, "cannot open the quota file %s", path);
    struct stat st;
    if (fstat(l->fd, &st) || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
        return err_set(e, ERR_IO, "the quota file %s is not our own regular file", path);
    if (st.st_size < FILE_SIZE && ftruncate(l->fd, FILE_SIZE))
        return err_set_errno(e, errno, "cannot size the quota file %s", path);
    void *map = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, l->fd, 0);
    if (map == MAP_FAILED) return err_set_errno(e, errno, "cannot map the quota file %s", path);
    l->shared = map;
    return 0;
}

int limit_open(const char *dir, const char *base, const char *name, double per_second, int in_flight,
               struct limit **out, struct err *e)
{
    *out = NULL;
    struct limit *l = calloc(1, sizeof *l);
    if (!l) return err_no_memory(e);
    l->fd = -1;
    l->want = -1;
    l->shared = &l->own;
    l->interval_us = per_second > 0 ? (int64_t)(1e6 / per_second) : 0;
    l->slots = in_flight < LIMIT_SLOTS_MAX ? in_flight : LIMIT_SLOTS_MAX;
    if (dir && (l->interval_us || l->slots)) {
        char *path = file_name(dir, base, name);
        int r = path ? map_file(l, path, e) : err_no_memory(e);
        free(path);
        if (r) {
            limit_close(l);
            return -1;
        }
    }
    /* Processes begin their search at different slots, so that they seldom try the same one. */
    l->next = l->slots ? (int)(getpid() % l->slots) : 0;
    *out = l;
    return 0;
}

void limit_close(struct limit *l)
{
    if (!l) return;
    if (l->shared != &l->own) munmap(l->shared, FILE_SIZE);
    if (l->fd >= 0) close(l->fd);
    free(l);
}

static bool lock_byte(const struct limit *l, int64_t offset, short type)
{
    struct flock f = { .l_type = type, .l_whence = SEEK_SET, .l_start = offset, .l_len = 1 };
    return fcntl(l->fd, F_OFD_SETLK, &f) == 0;
}

/* How many other processes hold a byte of the want range. */
static int others_wanting(const struct limit *l)
{
    int n = 0;
    int64_t at = WANT_OFFSET;
    while (at < WANT_OFFSET + WANT_SLOTS) {
        struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = WANT_OFFSET + WANT_SLOTS - at };
        if (fcntl(l->fd, F_OFD_GETLK, &f) || f.l_type == F_UNLCK) break;
        n++;
        at = f.l_start + 1;
    }
    return n;
}

int limit_take_slot(struct limit *l)
{
    if (!l->slots) return 0;
    if (l->held >= l->slots) return -1;
    if (l->fd >= 0) {
        int others = others_wanting(l);
        int share = l->slots / (others + 1);
        if (others && l->held >= (share > 1 ? share : 1)) return -1;
    }
    for (int i = 0; i < l->slots; i++) {
        int slot = (l->next + i) % l->slots;
        if (l->taken[slot] || (l->fd >= 0 && !lock_byte(l, SLOT_OFFSET + slot, F_WRLCK))) continue;
        l->taken[slot] = true;
        l->held++;
        l->next = slot;
        return slot;
    }
    return -1;
}

void limit_give_slot(struct limit *l, int slot)
{
    if (!l->slots || slot < 0 || slot >= l->slots || !l->taken[slot]) return;
    l->taken[slot] = false;
    l->held--;
    if (l->fd >= 0) lock_byte(l, SLOT_OFFSET + slot, F_UNLCK);
}

void limit_want(struct limit *l, bool wanted)
{
    if (l->fd < 0 || wanted == (l->want >= 0)) return;
    if (!wanted) {
        lock_byte(l, WANT_OFFSET + l->want, F_UNLCK);
        l->want = -1;
        return;
    }
    for (int i = 0; i < WANT_SLOTS; i++)
        if (lock_byte(l, WANT_OFFSET + i, F_WRLCK)) {
            l->want = i;
            return;
        }
}

int64_t limit_take_turn(struct limit *l)
{
    if (!l->interval_us) {
        int64_t left = atomic_load(&l->shared->turn_us) - limit_now_us();
        return left > 0 && left < TURN_FAR_US ? left : 0;
    }
    /* The slack makes up for late wake-ups; without it each would lower the rate a little. */
    int64_t slack = l->interval_us / 2 < TURN_SLACK_US ? l->interval_us / 2 : TURN_SLACK_US;
    int64_t turn = atomic_load(&l->shared->turn_us);
    for (;;) {
        int64_t now = limit_now_us();
        bool stale = turn > now + TURN_FAR_US;
        if (!stale && turn - slack > now) return turn - slack - now;
        int64_t from = stale || turn < now ? now : turn;
        if (atomic_compare_exchange_weak(&l->shared->turn_us, &turn, from + l->interval_us)) return 0;
    }
}

void limit_hold(struct limit *l, int64_t ms)
{
    int64_t now = limit_now_us(), until = now + ms * 1000;
    if (until > now + TURN_FAR_US) until = now + TURN_FAR_US - 1;
    int64_t turn = atomic_load(&l->shared->turn_us);
    while ((turn < until || turn > now + TURN_FAR_US) && !atomic_compare_exchange_weak(&l->shared->turn_us, &turn, until)) {}
}

void limit_window_init(struct limit_window *w, int cap)
{
    *w = (struct limit_window){ .cap = cap, .size = cap };
}

void limit_window_refused(struct limit_window *w, int in_flight, int64_t begun_ms, int64_t now_ms)
{
    if (w->cut_ms && begun_ms <= w->cut_ms) return;
    /* Without a cap, or when fewer were in flight than allowed, the number that was refused is what counts. */
    int from = w->size && w->size < in_flight ? w->size : in_flight;
    w->size = from > 1 ? from / 2 : 1;
    w->grown = 0;
    w->cut_ms = now_ms;
}

void limit_window_success(struct limit_window *w)
{
    if (!w->size || w->size == w->cap) return;
    if (++w->grown < w->size) return;
    w->grown = 0;
    w->size++;
}

bool limit_window_open(const struct limit_window *w, int in_flight)
{
    return !w->size || in_flight < w->size;
}
