#include "base/err.h"
#include "base/utf8.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_sentence(void **state)
{
    (void)state;
    struct err e;
    char out[2048];

    err_clear(&e);
    assert_int_equal(e.retry_after_ms, -1);
    assert_string_equal(err_sentence(&e, out, sizeof out), "");
    assert_int_equal(err_set(&e, ERR_REFUSED, "column \"%s\" is missing", "id"), -1);
    assert_string_equal(err_sentence(&e, out, sizeof out), "column \"id\" is missing");
    assert_int_equal(err_about(&e, "cannot write", "main.vision.out"), -1);
    err_about(&e, "other", "other");
    assert_string_equal(err_sentence(&e, out, sizeof out), "cannot write main.vision.out: column \"id\" is missing");
    err_remedy(&e, "use %s", "--repair");
    err_remedy(&e, "never shown");
    assert_string_equal(err_sentence(&e, out, sizeof out),
                        "cannot write main.vision.out: column \"id\" is missing. use --repair");
}

static void test_remedy_of_code(void **state)
{
    (void)state;
    struct err e;
    char out[256];

    err_set(&e, ERR_NOT_FOUND, "no such table");
    assert_string_equal(err_sentence(&e, out, sizeof out), "no such table. check the name");
    err_set(&e, ERR_REFUSED, "%s", "");
    assert_string_equal(err_sentence(&e, out, sizeof out), "refused");
    e.code = (enum err_code)999;
    assert_non_null(err_remedy_text(&e));
    assert_string_equal(err_code_name(e.code), "bug");
}

static void test_tables_are_whole(void **state)
{
    (void)state;
    struct err e;

    err_clear(&e);
    for (int code = 0; code < ERR_CODES; code++) {
        e.code = (enum err_code)code;
        assert_non_null(err_code_name(e.code));
        assert_true(err_code_name(e.code)[0] >= 'a');
        assert_non_null(err_remedy_text(&e));
        assert_int_equal(err_parks(&e), code == ERR_AUTH || code == ERR_QUOTA || code == ERR_MAINTENANCE ||
                                            code == ERR_OFFLINE || code == ERR_PROTOCOL);
        assert_int_equal(err_passes(&e), code == ERR_TIMEOUT || code == ERR_RATE_LIMIT || code == ERR_UNKNOWN || code == ERR_OFFLINE);
        e.http = 503;
        assert_true(err_passes(&e));
        e.http = 0;
        assert_int_equal(err_exit_status(&e), code == ERR_NONE                             ? 0
                                              : code == ERR_USAGE || code == ERR_CONFIG    ? 2
                                              : code == ERR_AUTH || code == ERR_FORBIDDEN  ? 4
                                                                                           : 1);
    }
}

static void test_errno(void **state)
{
    (void)state;
    struct err e;

    assert_int_equal(err_set_errno(&e, ENOENT, "cannot open \"%s\"", "x"), -1);
    assert_int_equal(e.code, ERR_IO);
    assert_int_equal(e.sys, ENOENT);
    assert_string_equal(e.cause, "cannot open \"x\": no such file or directory");
    err_set_errno(&e, EACCES, "%s", "");
    assert_string_equal(e.cause, "permission denied");
    err_set_errno(&e, ENOSPC, "x");
    assert_int_equal(e.code, ERR_NO_SPACE);
    err_set_errno(&e, EDQUOT, "x");
    assert_int_equal(e.code, ERR_NO_SPACE);
    err_set_errno(&e, ENOMEM, "x");
    assert_int_equal(e.code, ERR_NO_MEMORY);
}

static void test_own_cause_can_be_wrapped(void **state)
{
    (void)state;
    struct err e;

    err_set(&e, ERR_IO, "inner");
    err_set(&e, ERR_OFFLINE, "outer: %s", e.cause);
    assert_string_equal(e.cause, "outer: inner");
}

static void test_null_and_long(void **state)
{
    (void)state;
    struct err e;
    char long_text[3000], out[40];

    assert_int_equal(err_set(NULL, ERR_IO, "x"), -1);
    assert_int_equal(err_set_errno(NULL, EIO, "x"), -1);
    assert_int_equal(err_about(NULL, "a", "b"), -1);
    assert_int_equal(err_remedy(NULL, "x"), -1);
    assert_int_equal(err_no_memory(NULL), -1);
    for (size_t i = 0; i + 2 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xC3\xA9", 3);
    err_set(&e, ERR_IO, "a%s", long_text);
    err_about(&e, long_text, long_text);
    err_remedy(&e, "%s", long_text);
    assert_true(utf8_valid(e.cause, strlen(e.cause)));
    assert_true(utf8_valid(e.what, strlen(e.what)));
    assert_true(utf8_valid(e.subject, strlen(e.subject)));
    assert_true(utf8_valid(e.remedy, strlen(e.remedy)));
    err_sentence(&e, out, sizeof out);
    assert_true(utf8_valid(out, strlen(out)));
    assert_true(strlen(out) >= sizeof out - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentence),
        cmocka_unit_test(test_remedy_of_code),
        cmocka_unit_test(test_tables_are_whole),
        cmocka_unit_test(test_errno),
        cmocka_unit_test(test_own_cause_can_be_wrapped),
        cmocka_unit_test(test_null_and_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
