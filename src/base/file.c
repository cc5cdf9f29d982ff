#include "base/file.h"
#include "base/str.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_one(const char *path, struct err *e)
{
    struct stat st;

    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno != EEXIST) {
        err_set_errno(e, errno, "%s", "");
        return err_about(e, "cannot make the folder", path);
    }
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    err_set(e, ERR_CONFLICT, "it exists and is not a folder");
    return err_about(e, "cannot make the folder", path);
}

int file_make_dirs(const char *path, struct err *e)
{
    char *copy = str_dup(path);
    int result = 0;

    if (!copy)
        return err_no_memory(e);
    for (char *at = copy + 1; result == 0 && copy[0] && (at = strchr(at, '/')); at++) {
        *at = '\0';
        result = make_one(copy, e);
        *at = '/';
    }
    if (result == 0)
        result = make_one(copy, e);
    free(copy);
    return result;
}

static int read_error(struct err *e, const char *path, int errno_value)
{
    err_set_errno(e, errno_value, "%s", "");
    if (e && errno_value == ENOENT)
        e->code = ERR_NOT_FOUND;
    return err_about(e, "cannot read", path);
}

/* Room for the whole file plus one byte, so that one which grew beyond max is seen. */
static int read_rest(int fd, size_t max, size_t expected, struct buf *out, struct err *e)
{
    size_t before = out->len;

    for (;;) {
        size_t have = out->len - before;
        size_t want = expected > have ? expected - have + 1 : 4096;
        ssize_t got;

        if (buf_reserve(out, want))
            return buf_error(out, e);
        got = read(fd, out->data + out->len, want);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set_errno(e, errno, "%s", "");
        if (got == 0)
            return 0;
        if ((size_t)got > max - have)
            return err_set(e, ERR_LIMIT, "larger than the limit of %zu bytes", max);
        out->len += (size_t)got;
        out->data[out->len] = '\0';
    }
}

int file_read(const char *path, size_t max, struct buf *out, struct err *e)
{
    /* Without O_NONBLOCK a pipe of that name would hang the open. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t before = out->len;
    struct stat st;
    int result;

    if (fd < 0)
        return read_error(e, path, errno);
    if (fstat(fd, &st))
        result = err_set_errno(e, errno, "%s", "");
    else if (!S_ISREG(st.st_mode))
        result = err_set(e, ERR_IO, "not a regular file");
    else if ((uint64_t)st.st_size > max)
        result = err_set(e, ERR_LIMIT, "larger than the limit of %zu bytes", max);
    else
        result = read_rest(fd, max, (size_t)st.st_size, out, e);
    close(fd);
    if (result) {
        buf_cut(out, before);
        err_about(e, "cannot read", path);
    }
    return result;
}

int file_write_all(int fd, const void *bytes, size_t n, struct err *e)
{
    const char *at = bytes;

    while (n) {
        ssize_t done = write(fd, at, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return err_set_errno(e, errno, "cannot write");
        at += done;
        n -= (size_t)done;
    }
    return 0;
}

/* Makes a rename in the folder of path durable. */
static int sync_folder(const char *path, struct err *e)
{
    const char *slash = strrchr(path, '/');
    char *folder = !slash ? str_dup(".") : str_dup_n(path, slash == path ? 1 : (size_t)(slash - path));
    int fd, result = 0;

    if (!folder)
        return err_no_memory(e);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return err_set_errno(e, errno, "cannot open its folder");
    /* Some file systems cannot sync a folder and say EINVAL. */
    if (fsync(fd) && errno != EINVAL)
        result = err_set_errno(e, errno, "cannot sync its folder");
    close(fd);
    return result;
}

static int write_temporary(int fd, const void *bytes, size_t n, struct err *e)
{
    int result = file_write_all(fd, bytes, n, e);

    if (result == 0 && fsync(fd))
        result = err_set_errno(e, errno, "cannot sync");
    if (close(fd) && result == 0)
        result = err_set_errno(e, errno, "cannot close");
    return result;
}

int file_write_atomic(const char *path, const void *bytes, size_t n, struct err *e)
{
    char *temporary = str_printf("%s.XXXXXX", path);
    int fd, result;

    if (!temporary)
        return err_no_memory(e);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        result = err_set_errno(e, errno, "cannot make a temporary file beside it");
    } else {
        result = write_temporary(fd, bytes, n, e);
        if (result == 0 && rename(temporary, path))
            result = err_set_errno(e, errno, "cannot rename the temporary file");
        if (result)
            unlink(temporary);
        else
            result = sync_folder(path, e);
    }
    free(temporary);
    return result ? err_about(e, "cannot write", path) : 0;
}

static int remove_at(int parent, const char *name, struct err *e);

/* Takes fd over. */
static int remove_contents(int fd, struct err *e)
{
    DIR *dir = fdopendir(fd);
    int result = 0;

    if (!dir) {
        result = err_set_errno(e, errno, "cannot list a folder in it");
        close(fd);
        return result;
    }
    for (struct dirent *entry; result == 0 && (errno = 0, entry = readdir(dir));)
        if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
            result = remove_at(dirfd(dir), entry->d_name, e);
    if (result == 0 && errno)
        result = err_set_errno(e, errno, "cannot list a folder in it");
    closedir(dir);
    return result;
}

static int remove_at(int parent, const char *name, struct err *e)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && (errno == ENOTDIR || errno == ELOOP)) {
        if (unlinkat(parent, name, 0) && errno != ENOENT)
            return err_set_errno(e, errno, "cannot remove \"%s\"", name);
        return 0;
    }
    if (fd < 0)
        return errno == ENOENT ? 0 : err_set_errno(e, errno, "cannot open \"%s\"", name);
    if (remove_contents(fd, e))
        return -1;
    if (unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT)
        return err_set_errno(e, errno, "cannot remove \"%s\"", name);
    return 0;
}

int file_remove_tree(const char *path, struct err *e)
{
    return remove_at(AT_FDCWD, path, e) ? err_about(e, "cannot remove", path) : 0;
}

/* The base folder of one kind, not yet made; NULL with e. The XDG rules say a relative value is to be ignored. */
static char *base_dir(const char *variable, const char *below_home, struct err *e)
{
    const char *xdg = getenv(variable), *home = getenv("HOME");
    char *path;

    if (xdg && xdg[0] == '/') {
        path = str_printf("%s/lakeferry", xdg);
    } else if (home && home[0] == '/') {
        path = str_printf("%s/%s/lakeferry", home, below_home);
    } else {
        err_set(e, ERR_CONFIG, "neither %s nor HOME names an absolute folder", variable);
        err_remedy(e, "set HOME");
        return NULL;
    }
    if (!path)
        err_no_memory(e);
    return path;
}

static char *made_dir(const char *variable, const char *below_home, struct err *e)
{
    char *path = base_dir(variable, below_home, e);

    if (path && file_make_dirs(path, e)) {
        free(path);
        return NULL;
    }
    return path;
}

char *file_dir_config(struct err *e)
{
    return made_dir("XDG_CONFIG_HOME", ".config", e);
}

char *file_dir_state(struct err *e)
{
    return made_dir("XDG_STATE_HOME", ".local/state", e);
}

char *file_dir_cache(struct err *e)
{
    return made_dir("XDG_CACHE_HOME", ".cache", e);
}

/* A real folder (no link) of our own that nobody else may enter; open modes are closed when it is ours. */
static int claim_private(const char *path, struct err *e)
{
    struct stat st;

    if (mkdir(path, 0700) && errno != EEXIST)
        err_set_errno(e, errno, "%s", "");
    else if (lstat(path, &st))
        err_set_errno(e, errno, "%s", "");
    else if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        err_set(e, ERR_FORBIDDEN, "it exists and belongs to somebody else");
    else if ((st.st_mode & 077) && chmod(path, 0700))
        err_set_errno(e, errno, "%s", "");
    else
        return 0;
    err_about(e, "cannot use the runtime folder", path);
    return err_remedy(e, "set XDG_RUNTIME_DIR to a folder of your own");
}

char *file_dir_runtime(struct err *e)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    struct stat st;
    char *path;

    if (xdg && xdg[0] == '/' && stat(xdg, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid())
        path = str_printf("%s/lakeferry", xdg);
    else
        path = str_printf("/tmp/lakeferry-%lu", (unsigned long)geteuid());
    if (!path) {
        err_no_memory(e);
        return NULL;
    }
    if (claim_private(path, e)) {
        free(path);
        return NULL;
    }
    return path;
}
