/*
 * Loaded before the program, it loses what a defect would: LEAK_BYTES bytes with each statement of the journal, a few of which an item takes, and with
 * LEAK_DESCRIPTORS=n one descriptor with each n-th request, so that a test can show that the loss is noticed. Any thread.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long wanted(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : 0;
}

int sqlite3_reset(void *statement)
{
    static int (*next)(void *);
    long n = wanted("LEAK_BYTES");
    char *volatile lost = n > 0 ? malloc((size_t)n) : NULL;
    if (lost)
        memset(lost, 1, (size_t)n);
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sqlite3_reset");
    return next(statement);
}

int curl_multi_remove_handle(void *multi, void *easy)
{
    static int (*next)(void *, void *);
    static atomic_long calls;
    long n = wanted("LEAK_DESCRIPTORS");
    if (n > 0 && atomic_fetch_add(&calls, 1) % n == 0 && dup(STDIN_FILENO) < 0)
        abort();
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "curl_multi_remove_handle");
    return next(multi, easy);
}
