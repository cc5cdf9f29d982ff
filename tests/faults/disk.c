/*
 * disk: a disk that fails, for a program started with LD_PRELOAD=this: of the calls that change what lies below DISK_BELOW (write, fsync, ftruncate,
 * rename, the making of files and folders), the DISK_NTH fails with errno DISK_ERRNO, and with DISK_STAYS every one after it, too. The calls are
 * counted; the number and the path of the first that failed are written to the file DISK_LOG (outside DISK_BELOW). DISK_NTH=0 only counts.
 * Clock: the time of day is DISK_CLOCK seconds off, and as many more as the file DISK_CLOCK_BY says once it is there; what only counts on is right.
 * Names: those under .test are this machine, and while the file DISK_NO_NAMES exists, none is known (noted in DISK_LOG).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const char *below, *log_path, *clock_by;
static long nth, stays, clock_off;
static int error_number;
static atomic_long calls, failed;

__attribute__((constructor)) static void begin(void)
{
    const char *n = getenv("DISK_NTH"), *number = getenv("DISK_ERRNO"), *all = getenv("DISK_STAYS"), *off = getenv("DISK_CLOCK");

    below = getenv("DISK_BELOW");
    log_path = getenv("DISK_LOG");
    clock_by = getenv("DISK_CLOCK_BY");
    nth = n ? strtol(n, NULL, 10) : 0;
    error_number = number ? (int)strtol(number, NULL, 10) : EIO;
    clock_off = off ? strtol(off, NULL, 10) : 0;
    stays = all ? strtol(all, NULL, 10) : 0;
}

/* By the system call itself, so that it is not taken for one of the program's. */
static void note(const char *what, const char *path)
{
    char line[PATH_MAX + 64];
    int size = snprintf(line, sizeof line, "%s %s\n", what, path);
    int fd = log_path ? (int)syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

    if (fd >= 0 && size > 0 && syscall(SYS_write, fd, line, (size_t)size) < 0)
        abort();
    if (fd >= 0)
        syscall(SYS_close, fd);
}

static bool fails(const char *call, const char *path)
{
    long now;

    if (!below || !path || strncmp(path, below, strlen(below)) != 0)
        return false;
    now = ++calls;
    if (nth == 0)
        note(call, path);
    if (nth == 0 || now < nth || (now > nth && !stays))
        return false;
    if (failed++ == 0)
        note(call, path);
    errno = error_number;
    return true;
}

static bool fd_fails(const char *call, int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t size;
    int before = errno;

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, path, sizeof path - 1);
    errno = before;
    if (size < 0)
        return false;
    path[size] = '\0';
    return fails(call, path);
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) \
        *(void **)(void *)&real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    return fd_fails("write", fd) ? -1 : real(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    return fd_fails("write", fd) ? -1 : real(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return fd_fails("write", fd) ? -1 : real(fd, bytes, size, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return fd_fails("write", fd) ? -1 : real(fd, bytes, size, at);
}

int fsync(int fd)
{
    REAL(int, "fsync", int);
    return fd_fails("fsync", fd) ? -1 : real(fd);
}

int fdatasync(int fd)
{
    REAL(int, "fdatasync", int);
    return fd_fails("fsync", fd) ? -1 : real(fd);
}

int ftruncate(int fd, off_t size)
{
    REAL(int, "ftruncate", int, off_t);
    return fd_fails("ftruncate", fd) ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(int, "ftruncate64", int, off64_t);
    return fd_fails("ftruncate", fd) ? -1 : real(fd, size);
}

int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    return fails("rename", to) ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(int, "mkdir", const char *, mode_t);
    return fails("mkdir", path) ? -1 : real(path, mode);
}

/* Only a file that is made changes the disk. */
static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, int) : 0;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) \
    { \
        REAL(int, #name, const char *, int, ...); \
        va_list args; \
        va_start(args, flags); \
        mode_t mode = mode_of(flags, args); \
        va_end(args); \
        if ((flags & O_CREAT) && access(path, F_OK) != 0 && fails("open", path)) \
            return -1; \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
    REAL(int, "getaddrinfo", const char *, const char *, const struct addrinfo *, struct addrinfo **);
    const char *none = getenv("DISK_NO_NAMES");
    size_t size = host ? strlen(host) : 0;

    if (!none || size < 5 || strcmp(host + size - 5, ".test") != 0)
        return real(host, service, hints, out);
    if (access(none, F_OK) == 0) {
        note("name", host);
        return EAI_AGAIN;
    }
    return real("127.0.0.1", service, hints, out);
}

/* How far the clock has jumped. By system calls themselves: the program's own are counted. */
static long jumped(void)
{
    char text[32] = "";
    int fd = clock_by ? (int)syscall(SYS_openat, AT_FDCWD, clock_by, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    long size = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    return size > 0 ? strtol(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    REAL(int, "clock_gettime", clockid_t, struct timespec *);
    int result = real(id, out), before = errno;

    if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        out->tv_sec += clock_off + jumped();
    errno = before;
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    time_t seconds = clock_gettime(CLOCK_REALTIME, &now) == 0 ? now.tv_sec : (time_t)-1;

    if (out)
        *out = seconds;
    return seconds;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return -1;
    *out = (struct timeval){ .tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000 };
    return 0;
}
