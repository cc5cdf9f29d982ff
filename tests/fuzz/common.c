/* common: helpers of the targets. */
#include "fuzz.h"
#include "base/file.h"
#include "base/str.h"
#include <unistd.h>

static char folder[64];
static pid_t owner;

static void remove_folder(void)
{
    struct err e;
    if (owner == getpid()) file_remove_tree(folder, &e);
}

const char *fuzz_folder(void)
{
    if (folder[0] && owner == getpid()) return folder;
    str_copy(folder, sizeof folder, access("/dev/shm", W_OK) ? "/tmp/lakeferry-fuzz-XXXXXX" : "/dev/shm/lakeferry-fuzz-XXXXXX");
    if (!mkdtemp(folder)) abort();
    owner = getpid();
    atexit(remove_folder);
    return folder;
}

char *fuzz_text(const uint8_t *data, size_t n)
{
    char *text = str_dup_n((const char *)data, n);
    if (!text) abort();
    return text;
}
