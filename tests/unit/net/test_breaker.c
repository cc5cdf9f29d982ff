/* The breaker by itself: which signs open it, who may ask while it is open, and how its pause grows. Times are given, none is waited for. */
#include "net/retry.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define FIRST_MS 1000

static bool asks(struct retry_breaker *b, int64_t now)
{
    bool probe = false;
    return retry_breaker_allows(b, now, &probe);
}

static void opens_after_faults_in_a_row(void **state)
{
    struct retry_breaker b;
    (void)state;
    retry_breaker_init(&b, FIRST_MS);
    for (int round = 0; round < 2; round++) {            /* a good answer begins the count anew */
        for (int i = 1; i < RETRY_FAILING; i++) {
            assert_false(retry_breaker_note(&b, RETRY_SIGN_FAULT, false, 0));
            assert_true(asks(&b, 0));
        }
        if (round == 0)
            retry_breaker_note(&b, RETRY_SIGN_GOOD, false, 0);
    }
    assert_true(retry_breaker_note(&b, RETRY_SIGN_FAULT, false, 0));
    assert_false(asks(&b, FIRST_MS - 1));
}

static void opens_sooner_when_nobody_is_there(void **state)
{
    struct retry_breaker b;
    (void)state;
    retry_breaker_init(&b, FIRST_MS);
    for (int i = 1; i < RETRY_UNREACHABLE; i++)
        assert_false(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 0));
    retry_breaker_note(&b, RETRY_SIGN_FAULT, false, 0);  /* somebody answered */
    for (int i = 1; i < RETRY_UNREACHABLE; i++)
        assert_false(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 0));
    assert_true(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, 0));
    assert_false(asks(&b, 0));
}

static void one_probe_at_a_time_and_ever_later(void **state)
{
    struct retry_breaker b;
    bool probe;
    int64_t now = 0, pause = FIRST_MS;
    (void)state;
    retry_breaker_init(&b, FIRST_MS);
    for (int i = 0; i < RETRY_UNREACHABLE; i++)
        retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, now);
    for (int i = 0; i < 8; i++) {
        assert_false(asks(&b, now + pause - 1));
        now += pause;
        assert_true(retry_breaker_allows(&b, now, &probe));
        assert_true(probe);
        assert_false(asks(&b, now + 10 * pause));        /* while the probe is under way */
        assert_false(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, false, now));    /* who was under way tells nothing */
        assert_true(retry_breaker_note(&b, RETRY_SIGN_UNREACHABLE, true, now));
        pause = pause * 2 > FIRST_MS * 15 ? FIRST_MS * 15 : pause * 2;
    }
    assert_true(retry_breaker_allows(&b, now + pause, &probe));
    retry_breaker_abandon(&b);
    assert_true(retry_breaker_allows(&b, now + pause, &probe));
    retry_breaker_note(&b, RETRY_SIGN_GOOD, true, now + pause);
    assert_true(retry_breaker_allows(&b, now + pause, &probe));
    assert_false(probe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(opens_after_faults_in_a_row), cmocka_unit_test(opens_sooner_when_nobody_is_there),
                                       cmocka_unit_test(one_probe_at_a_time_and_ever_later)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
