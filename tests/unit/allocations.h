/*
 * allocations: each allocation of a piece of work fails in turn: no crash, nothing left, no false success. Include it first, once a program; the
 * allocator of the whole program is replaced. One thread.
 */
#ifndef LAKEFERRY_TESTS_ALLOCATIONS_H
#define LAKEFERRY_TESTS_ALLOCATIONS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>
#include "base/file.h"

#define ALLOCATIONS_SKIPPED(why) puts("1..1\nok 1 - each_allocation_fails_once # SKIP " why)
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/* Why the allocator cannot be replaced, or NULL; undefined where a sanitizer has it. */
#define ALLOCATIONS_OWNED (getenv("LAKEFERRY_VALGRIND") ? "valgrind owns the allocator" : NULL)

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t n);
void __libc_free(void *p);

/* counting: live is the number of blocks that were given out since and not given back. */
static struct { bool armed, failed, counting; long countdown, live; } memory;

static bool refuse(void)
{
    if (!memory.armed || --memory.countdown != 0)
        return false;
    memory.failed = true;
    return true;
}
static void *given(void *p)
{
    memory.live += p && memory.counting;
    return p;
}
void *malloc(size_t n) { return refuse() ? NULL : given(__libc_malloc(n)); }
void *calloc(size_t n, size_t size) { return refuse() ? NULL : given(__libc_calloc(n, size)); }
void *realloc(void *old, size_t n)
{
    if (refuse())
        return NULL;
    return old ? __libc_realloc(old, n) : given(__libc_malloc(n));
}
void *reallocarray(void *old, size_t n, size_t size) { return realloc(old, n * size); }
void free(void *p)
{
    memory.live -= p && memory.counting;
    __libc_free(p);
}

/*
 * begin, check and end have all their memory; what begin takes, end gives back. work returns 0 or -1 with its error. check sees what was done, told
 * whether work called it done. may_pass: it can do without some of its memory; check then proves that nothing is missing.
 */
struct allocations_case {
    const char *name;
    int (*work)(struct err *e);
    void (*check)(bool done);
    void (*begin)(void), (*end)(void);
    bool may_pass;
    int lost;                    /* blocks that a library loses then */
};

/* Once with all its memory: what a library takes once and keeps stays out of the count. */
static void allocations_first(const struct allocations_case *c)
{
    struct err e;
    err_clear(&e);
    if (c->begin)
        c->begin();
    if (c->work(&e) != 0)
        fail_msg("%s: fails with all its memory: %s", c->name, e.cause);
    if (c->check)
        c->check(true);
    if (c->end)
        c->end();
}

/* True when the work came through without meeting the failure. */
static bool allocations_once(const struct allocations_case *c, long n)
{
    struct err e;
    err_clear(&e);
    memory.live = 0;
    memory.counting = true;
    if (c->begin)
        c->begin();
    memory.countdown = n;
    memory.failed = false;
    memory.armed = true;
    int rc = c->work(&e);
    memory.armed = false;
    if (memory.failed && rc == 0 && !c->may_pass)
        fail_msg("%s: success although allocation %ld failed", c->name, n);
    if (rc != 0 && e.code == ERR_NONE)
        fail_msg("%s: nothing said when allocation %ld failed", c->name, n);
    if (rc != 0 && !memory.failed)
        fail_msg("%s: fails with all its memory: %s", c->name, e.cause);
    if (c->check)
        c->check(rc == 0);
    if (c->end)
        c->end();
    memory.counting = false;
    if (memory.live > c->lost)
        fail_msg("%s: %ld blocks left when allocation %ld failed", c->name, memory.live, n);
    return !memory.failed;
}

static void allocations_all(const struct allocations_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        long n = 1;
        allocations_first(&cases[i]);
        while (!allocations_once(&cases[i], n))
            n++;
        if (n == 1)
            fail_msg("%s: allocates nothing", cases[i].name);
    }
}

/* The whole main of a program with one test: in a folder of its own, whose name is left in `folder`; set_up, which may be NULL, fills it. */
static int allocations_main(CMUnitTestFunction test, char *folder, size_t room, void (*set_up)(void))
{
    if (ALLOCATIONS_OWNED)
        return ALLOCATIONS_SKIPPED("valgrind owns the allocator") < 0;
    const struct CMUnitTest tests[] = { {"each_allocation_fails_once", test, NULL, NULL, NULL} };
    struct err e;
    snprintf(folder, room, "/tmp/lakeferry-memory-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    if (set_up)
        set_up();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    file_remove_tree(folder, &e);
    return failed;
}
#endif
#endif
