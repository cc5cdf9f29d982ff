#include "core/link_address.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

int link_address(int folder, const char *run_id, struct sockaddr_un *out, struct err *e)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(out->sun_path, sizeof out->sun_path, "/proc/self/fd/%d/run-%s.sock", folder, run_id);
    return n > 0 && (size_t)n < sizeof out->sun_path ? 0 : err_set(e, ERR_BUG, "the name of the run is too long for a socket");
}

int link_folder_open(struct err *e)
{
    char *path = file_dir_runtime(e);
    if (!path)
        return -1;
    int fd = open(path, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        err_set_errno(e, errno, "cannot open %s", path);
    free(path);
    return fd;
}
