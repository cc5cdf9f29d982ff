#include "base/url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void test_encode(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;

    assert_int_equal(url_encode(&b, "aZ09_.-~ /?&=+%\xC3\xA9\0", 18), 0);
    assert_string_equal(b.data, "aZ09_.-~%20%2F%3F%26%3D%2B%25%C3%A9%00");
    buf_release(&b);
}

static void test_encode_path(void **state)
{
    (void)state;
    static const char *const bad[] = { ".", "..", "/a/../b", "a/.", "./a", "/.." };
    struct buf b = BUF_INIT;
    struct err e;

    assert_int_equal(url_encode_path(&b, "/Volumes/main/a b/\xCE\xA9.../x#?.png/..a/.b/", &e), 0);
    assert_string_equal(b.data, "/Volumes/main/a%20b/%CE%A9.../x%23%3F.png/..a/.b/");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_clear(&b);
        assert_int_equal(url_encode_path(&b, bad[i], &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_int_equal(b.len, 0);
    }
    buf_release(&b);
}

static void test_decode(void **state)
{
    (void)state;
    static const char *const bad[] = { "%", "%4", "%zz", "a%4g", "%-1" };
    struct buf b = BUF_INIT;

    assert_true(url_decode(&b, "a%20b+c%2fd%C3%A9%00", 20, false));
    assert_memory_equal(b.data, "a b+c/d\xC3\xA9\0", 11);
    buf_clear(&b);
    assert_true(url_decode(&b, "a+b%2B", 6, true));
    assert_string_equal(b.data, "a b+");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buf_clear(&b);
        assert_false(url_decode(&b, bad[i], strlen(bad[i]), false));
    }
    assert_false(url_decode(&b, "%41", 2, false));
    buf_release(&b);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct { const char *text, *scheme, *host; int port; const char *rest; } good[] = {
        { "https://API.clarifai.com/v2/x?y#z", "https", "api.clarifai.com", 443, "/v2/x?y#z" },
        { "HTTP://h", "http", "h", 80, "" },
        { "http://127.0.0.1:8080?q", "http", "127.0.0.1", 8080, "?q" },
        { "https://[::1]:65535/", "https", "::1", 65535, "/" },
        { "https://[2001:DB8::1]", "https", "2001:db8::1", 443, "" },
        { "https://h/a@b", "https", "h", 443, "/a@b" },
    };
    static const char *const bad[] = {
        "", "h", "ftp://h", "https:/h", "https://", "https:///x", "https://user@h/", "https://u:p@h/", "https://h:",
        "https://h:0", "https://h:65536", "https://h:99999999999", "https://h:8x", "https://h x", "https://h\n/",
        "https://h\\@evil/", "https://[::1", "https://[zz]/", "https://[1.2.3.4]/", "https://::1/", "https://[::1]x",
        " https://h", "https://h%2f/",
    };
    struct url_parts parts;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        if (!url_parse(good[i].text, &parts))
            fail_msg("refused %s", good[i].text);
        assert_string_equal(parts.scheme, good[i].scheme);
        assert_string_equal(parts.host, good[i].host);
        assert_int_equal(parts.port, good[i].port);
        assert_string_equal(parts.rest, good[i].rest);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (url_parse(bad[i], &parts))
            fail_msg("accepted %s", bad[i]);
    assert_false(url_parse(NULL, &parts));
}

static void test_long_host(void **state)
{
    (void)state;
    char text[400] = "https://";
    struct url_parts parts;

    memset(text + 8, 'a', 255);
    assert_true(url_parse(text, &parts));
    text[8 + 255] = 'a';
    assert_false(url_parse(text, &parts));
}

static void test_origin(void **state)
{
    (void)state;
    assert_true(url_same_origin("https://H/a", "https://h:443/b?c"));
    assert_false(url_same_origin("https://h", "http://h"));
    assert_false(url_same_origin("https://h", "https://h:444"));
    assert_false(url_same_origin("https://h", "https://h.evil.com"));
    assert_false(url_same_origin("x", "x"));
}

static void test_loopback(void **state)
{
    (void)state;
    static const char *const yes[] = { "127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1", "[::1]", "localhost",
                                       "LocalHost" };
    static const char *const no[] = { "", "128.0.0.1", "127.evil.com", "localhost.evil.com", "::2", "0.0.0.0", "127.1" };

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_true(url_is_loopback(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(url_is_loopback(no[i]));
    assert_false(url_is_loopback(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode), cmocka_unit_test(test_encode_path), cmocka_unit_test(test_decode),
        cmocka_unit_test(test_parse), cmocka_unit_test(test_long_host), cmocka_unit_test(test_origin),
        cmocka_unit_test(test_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
