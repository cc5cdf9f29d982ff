/* Quotas shared between processes, the window, and the arithmetic of asking again. */
#include "base/file.h"
#include "base/timefmt.h"
#include "net/limit.h"
#include "net/retry.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[64];

static int make_dir(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/lf-limit-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    struct err e;
    return file_remove_tree(dir, &e);
}

static struct limit *open_limit(double per_second, int in_flight)
{
    struct limit *l = NULL;
    struct err e;
    assert_int_equal(limit_open(dir, "https://a", "q", per_second, in_flight, &l, &e), 0);
    return l;
}

static void slots_are_shared(void **state)
{
    (void)state;
    struct limit *a = open_limit(0, 3), *b = open_limit(0, 3);
    int one = limit_take_slot(a), two = limit_take_slot(b), three = limit_take_slot(a);
    assert_true(one >= 0 && two >= 0 && three >= 0);
    assert_true(one != two && two != three && one != three);
    assert_int_equal(limit_take_slot(a), -1);
    assert_int_equal(limit_take_slot(b), -1);
    limit_give_slot(a, one);
    assert_int_equal(limit_take_slot(b), one);
    limit_close(b);
    assert_int_equal(limit_take_slot(a) >= 0, 1);
    assert_int_equal(limit_take_slot(a) >= 0, 1);
    limit_close(a);
}

static void names_do_not_share(void **state)
{
    (void)state;
    struct limit *a = open_limit(0, 1), *b = NULL;
    struct err e;
    assert_int_equal(limit_open(dir, "https://a", "other", 0, 1, &b, &e), 0);
    assert_true(limit_take_slot(a) >= 0);
    assert_true(limit_take_slot(b) >= 0);
    limit_close(a);
    limit_close(b);
}

static void death_frees_slots(void **state)
{
    (void)state;
    int up[2], down[2];
    char byte = 0;
    assert_int_equal(pipe(up) | pipe(down), 0);
    pid_t child = fork();
    if (!child) {
        struct limit *l = NULL;
        struct err e;
        if (limit_open(dir, "https://a", "q", 0, 2, &l, &e) || limit_take_slot(l) < 0 || limit_take_slot(l) < 0) _exit(1);
        if (write(up[1], "x", 1) != 1) _exit(1);
        close(down[1]);
        if (read(down[0], &byte, 1) != 1) _exit(1);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(read(up[0], &byte, 1), 1);
    struct limit *l = open_limit(0, 2);
    assert_int_equal(limit_take_slot(l), -1);
    assert_int_equal(write(down[1], "x", 1), 1);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_true(limit_take_slot(l) >= 0);
    assert_true(limit_take_slot(l) >= 0);
    limit_close(l);
    close(up[0]); close(up[1]); close(down[0]); close(down[1]);
}

static void who_waits_gets_a_share(void **state)
{
    (void)state;
    struct limit *a = open_limit(0, 4), *b = open_limit(0, 4);
    int held[4];
    for (int i = 0; i < 4; i++) held[i] = limit_take_slot(a);
    assert_int_equal(limit_take_slot(b), -1);
    limit_want(b, true);
    limit_give_slot(a, held[0]);
    assert_int_equal(limit_take_slot(a), -1);       /* three are more than its half */
    assert_true(limit_take_slot(b) >= 0);
    limit_want(b, false);
    limit_give_slot(a, held[1]);
    assert_true(limit_take_slot(a) >= 0);
    limit_close(a);
    limit_close(b);
}

static void turns_are_shared(void **state)
{
    (void)state;
    struct limit *a = open_limit(0.01, 0), *b = open_limit(0.01, 0);
    assert_int_equal(limit_take_turn(a), 0);
    assert_true(limit_take_turn(b) > 0);
    assert_true(limit_take_turn(a) > 0);
    limit_close(a);
    limit_close(b);
}

static void hold_is_shared(void **state)
{
    (void)state;
    struct limit *a = open_limit(1000, 0), *b = open_limit(1000, 0);
    limit_hold(a, 60000);
    assert_true(limit_take_turn(b) > 0);
    limit_hold(b, 1000);                             /* a shorter one does not shorten it */
    assert_true(limit_take_turn(a) > 30000000);
    limit_close(a);
    limit_close(b);
    assert_int_equal(limit_open(NULL, "https://a", "q", 0, 0, &a, NULL), 0);
    assert_int_equal(limit_take_turn(a), 0);
    limit_hold(a, 60000);
    assert_true(limit_take_turn(a) > 0);
    limit_close(a);
}

static void a_rate_is_kept(void **state)
{
    (void)state;
    struct limit *l = open_limit(500, 0);
    int64_t from = limit_now_us();
    for (int i = 0; i < 25; i++)
        for (int64_t wait; (wait = limit_take_turn(l)) > 0;) usleep((useconds_t)wait);
    assert_true(limit_now_us() - from >= 24 * 2000 - 10000);   /* never faster, however slow the machine */
    limit_close(l);
}

static void an_unusable_folder_is_said(void **state)
{
    (void)state;
    struct limit *l = NULL;
    struct err e;
    assert_int_equal(limit_open("/nonexistent/folder", "https://a", "q", 1, 1, &l, &e), -1);
    assert_null(l);
    assert_int_equal(e.code, ERR_IO);
}

static void window_halves_and_grows(void **state)
{
    (void)state;
    struct limit_window w;
    limit_window_init(&w, 8);
    assert_true(limit_window_open(&w, 7));
    assert_false(limit_window_open(&w, 8));
    limit_window_refused(&w, 8, 100, 200);
    assert_int_equal(w.size, 4);
    limit_window_refused(&w, 8, 150, 210);           /* begun before the cut: the same congestion */
    assert_int_equal(w.size, 4);
    limit_window_refused(&w, 4, 201, 300);
    limit_window_refused(&w, 2, 301, 400);
    limit_window_refused(&w, 1, 401, 500);
    assert_int_equal(w.size, 1);
    for (int i = 0; i < 1 + 2 + 3 + 4 + 5 + 6 + 7; i++) limit_window_success(&w);
    assert_int_equal(w.size, 8);
    for (int i = 0; i < 100; i++) limit_window_success(&w);
    assert_int_equal(w.size, 8);
    limit_window_init(&w, 0);
    assert_true(limit_window_open(&w, 100000));
    limit_window_refused(&w, 64, 1, 2);
    assert_int_equal(w.size, 32);
}

static void delays_double_up_to_the_cap(void **state)
{
    (void)state;
    int64_t full[] = { 500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000 };
    for (int n = 1; n <= 10; n++)
        for (uint32_t random = 0; random < 100000; random += 997) {
            int64_t d = retry_delay(500, 60000, n, random);
            assert_in_range(d, full[n - 1] / 2, full[n - 1]);
        }
    assert_int_equal(retry_delay(1, 1, 1, 7) <= 1, 1);
}

static void retry_after_forms(void **state)
{
    (void)state;
    int64_t ms = -1, date = 0;
    assert_true(time_parse("2026-11-22T07:00:00Z", &date));
    assert_true(retry_after_parse("2", date, 60000, &ms));
    assert_int_equal(ms, 2000);
    assert_true(retry_after_parse("99999999999999999999999", date, 60000, &ms));
    assert_int_equal(ms, 60000);
    assert_true(retry_after_parse("Sun, 22 Nov 2026 07:00:03 GMT", date, 60000, &ms));
    assert_int_equal(ms, 3000);
    assert_true(retry_after_parse("Mon, 22 Nov 2027 07:00:03 GMT", date, 60000, &ms));
    assert_int_equal(ms, 60000);
    const char *bad[] = { "", "0", "-1", "soon", "1.5", "2 s", "Sun, 22 Nov 2026 06:59:00 GMT", "Sun, 99 Foo 2026 06:59:00 GMT" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(retry_after_parse(bad[i], date, 60000, &ms));
}

static void budget_is_a_share_with_a_floor(void **state)
{
    (void)state;
    struct retry_budget b;
    retry_budget_init(&b, 20, 1000);
    for (int i = 0; i < 10; i++) {
        assert_true(retry_budget_allows(&b, 5000));
        retry_budget_count(&b, true, 5000);
    }
    assert_false(retry_budget_allows(&b, 5000));
    for (int i = 0; i < 100; i++) retry_budget_count(&b, false, 6000);
    int retries = 0;
    for (; retry_budget_allows(&b, 7000); retries++) retry_budget_count(&b, true, 7000);
    assert_in_range(10 + retries, 22, 28);           /* a fifth of all, retries included */
    assert_false(retry_budget_allows(&b, 8000));
    assert_true(retry_budget_allows(&b, 30000));     /* forgotten */
}

static void breaker_opens_probes_closes(void **state)
{
    (void)state;
    struct retry_breaker b;
    bool probe;
    retry_breaker_init(&b, 100);
    assert_false(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 0));
    assert_false(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 0));
    assert_true(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 0));
    assert_false(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 50));  /* a straggler tells nothing new */
    assert_false(retry_breaker_allows(&b, 99, &probe));
    assert_true(retry_breaker_allows(&b, 100, &probe));
    assert_true(probe);
    assert_false(retry_breaker_allows(&b, 101, &probe));                      /* one probe at a time */
    assert_true(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, true, 110));
    assert_false(retry_breaker_allows(&b, 309, &probe));                      /* the pause has doubled */
    assert_true(retry_breaker_allows(&b, 310, &probe));
    assert_false(retry_breaker_note(&b, RETRY_SIGN_GOOD, true, 320));
    assert_true(retry_breaker_allows(&b, 320, &probe));
    assert_false(probe);
    for (int64_t i = 0, now = 1000; i < 30; i++) {
        retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, retry_breaker_allows(&b, now, &probe) && probe, now);
        now = b.open ? b.probe_at_ms : now;
    }
    assert_int_equal(b.pause_ms, 1500);
}

static void breaker_bears_scattered_faults(void **state)
{
    (void)state;
    struct retry_breaker b;
    retry_breaker_init(&b, 100);
    for (int i = 0; i < 1000; i++) retry_breaker_note(&b, i % 5 ? RETRY_SIGN_FAULT : RETRY_SIGN_GOOD, false, i);
    assert_false(b.open);
    for (int i = 0; i < RETRY_FAILING; i++) retry_breaker_note(&b, RETRY_SIGN_FAULT, false, 0);
    assert_true(b.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(slots_are_shared, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(names_do_not_share, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(death_frees_slots, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(who_waits_gets_a_share, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(turns_are_shared, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(hold_is_shared, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_rate_is_kept, make_dir, remove_dir),
        cmocka_unit_test(an_unusable_folder_is_said),
        cmocka_unit_test(window_halves_and_grows),
        cmocka_unit_test(delays_double_up_to_the_cap),
        cmocka_unit_test(retry_after_forms),
        cmocka_unit_test(budget_is_a_share_with_a_floor),
        cmocka_unit_test(breaker_opens_probes_closes),
        cmocka_unit_test(breaker_bears_scattered_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
