/* A line that goes away hangs up more than once, for the terminal and for its shell: the second time finds us tidying up, and must not kill us. */
#include "ui/term.h"
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define ENDED_WELL 7

static void child(bool hang_up)
{
    struct term_options options = {.wake_fd = -1};
    struct term *t = NULL;
    struct err e = {0};
    setenv("TERM", "xterm-256color", 1);
    signal(SIGHUP, SIG_DFL);
    if (term_open(&t, &options, &e) < 0)
        _exit(1);
    if (hang_up)
        raise(SIGHUP);
    term_close(t);
    raise(SIGHUP);
    _exit(ENDED_WELL);
}

static int status_of(bool hang_up)
{
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    char bytes[4096];
    int tty, status = 0;
    pid_t pid = forkpty(&tty, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0)
        child(hang_up);
    while (read(tty, bytes, sizeof bytes) > 0)
        continue;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(tty);
    return status;
}

static void a_second_hang_up_finds_us_tidying_up(void **state)
{
    (void)state;
    int status = status_of(true);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), ENDED_WELL);
}

static void without_one_before_it_is_as_it_was(void **state)
{
    (void)state;
    int status = status_of(false);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGHUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_second_hang_up_finds_us_tidying_up), cmocka_unit_test(without_one_before_it_is_as_it_was)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
