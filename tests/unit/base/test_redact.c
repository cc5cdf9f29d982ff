#include "base/redact.h"
#include "base/base64.h"
#include "base/url.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static int forget(void **state)
{
    (void)state;
    redact_clear();
    return 0;
}

static void becomes(const char *in, const char *want)
{
    struct buf b = BUF_INIT;

    assert_int_equal(redact_text(&b, in, strlen(in)), 0);
    assert_string_equal(b.data, want);
    buf_release(&b);
}

static void test_known_secret(void **state)
{
    (void)state;
    redact_add(NULL);
    redact_add("short");
    redact_add("s3cr/t+value");
    redact_add("s3cr/t+value");
    redact_add("s3cr/t+value-longer");
    becomes("short s3cr/t+value!", "short [redacted]!");
    becomes("s3cr/t+values3cr/t+value", "[redacted][redacted]");
    becomes("x s3cr/t+value-longer y", "x [redacted] y");
    becomes("u=s3cr%2Ft%2Bvalue", "u=[redacted]");
    becomes("s3cr/t+valu", "s3cr/t+valu");
    redact_clear();
    becomes("s3cr/t+value", "s3cr/t+value");
}

/* Base64 of the secret within other text, at every offset. */
static void test_base64_of_secret(void **state)
{
    (void)state;
    static const char secret[] = "canary-secret-value-0001";
    static const char *const before[] = { "", "u", "us", "use", "user:" };

    redact_add(secret);
    for (size_t i = 0; i < sizeof before / sizeof *before; i++)
        for (size_t tail = 0; tail < 4; tail++) {
            char plain[128], text[256] = "";
            struct buf out = BUF_INIT;

            int n = snprintf(plain, sizeof plain, "%s%s%.*s", before[i], secret, (int)tail, "xyz");
            text[base64_encode(plain, (size_t)n, text)] = '\0';
            assert_int_equal(redact_text(&out, text, strlen(text)), 0);
            assert_non_null(strstr(out.data, "[redacted]"));
            assert_true(out.len <= strlen("[redacted]") + 16);
            buf_release(&out);
        }
}

static void test_patterns(void **state)
{
    (void)state;
    static const struct { const char *in, *want; } rows[] = {
        { "Authorization: Bearer abc\r\nHost: h", "Authorization: [redacted]\r\nHost: h" },
        { "> authorization:Key 0123456789abcdef", "> authorization:[redacted]" },
        { "got Bearer eyJhbGciOi.x-y_z done", "got Bearer [redacted] done" },
        { "with Key 0123456789abcdef0123456789abcdef.", "with Key [redacted]" },
        { "\"Authorization\":\"Key 0123456789abcdef\"", "\"Authorization\":\"Key [redacted]\"" },
        { "token dapi0123456789abcdef0123456789abcdef-2 used", "token [redacted] used" },
        { "xdapi0123456789ab", "x[redacted]" },
        { "https://b.s3.amazonaws.com/k?X-Amz-Credential=AK%2F1&X-Amz-Signature=abc123&x=1",
          "https://b.s3.amazonaws.com/k?X-Amz-Credential=[redacted]&X-Amz-Signature=[redacted]&x=1" },
        /* inside a JSON text, which stays one */
        { "{\"cause\":\"\\\"s3://b/k?X-Amz-Signature=abc\\\" is wrong\"}", "{\"cause\":\"\\\"s3://b/k?X-Amz-Signature=[redacted]\\\" is wrong\"}" },
        { "{\"cause\":\"\\\"Authorization: abc\\\" is wrong\"}", "{\"cause\":\"\\\"Authorization: [redacted]\\\" is wrong\"}" },
        { "https://a.blob/c?sv=1&sig=a%2Bb%3D se=2", "https://a.blob/c?sv=1&sig=[redacted] se=2" },
        { "h?Signature=abc&token=def\"", "h?Signature=[redacted]&token=[redacted]\"" },
        { "grant=x&client_secret=a.b~c", "grant=x&client_secret=[redacted]" },
        { "{\"access_token\": \"e\\\"J\",\"expires_in\":3600}", "{\"access_token\": \"[redacted]\",\"expires_in\":3600}" },
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        becomes(rows[i].in, rows[i].want);
}

static void test_prose_stays(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "", "Key not found", "the Bearer of news", "the primary Key image_id is missing", "dapi", "dapi012",
        "page_token=abc", "next_page_token=abc&design=3", "{\"next_page_token\":\"abc\"}", "token", "a signature: none",
        "Basic rules apply", "Authorization is missing",
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        becomes(rows[i], rows[i]);
}

static void test_fixed(void **state)
{
    (void)state;
    char small[8] = "dapi012", text[64] = "x dapi0123456789abcdef y", tight[16] = "a dapi01234567";

    redact_fixed(small, sizeof small);
    assert_string_equal(small, "dapi012");
    redact_fixed(text, sizeof text);
    assert_string_equal(text, "x [redacted] y");
    redact_fixed(tight, sizeof tight);
    assert_string_equal(tight, "a [redacted]");
    redact_add("sixsix");
    char grows[8] = "sixsix!";
    redact_fixed(grows, sizeof grows);
    assert_string_equal(grows, "[redact");
    redact_fixed(grows, 0);
}

static void *adder(void *arg)
{
    char text[32];

    for (int i = 0; i < 100; i++) {
        struct buf b = BUF_INIT;

        snprintf(text, sizeof text, "secret-%s-%d-end", (const char *)arg, i);
        redact_add(text);
        if (redact_text(&b, text, strlen(text)) || strcmp(b.data, "[redacted]") != 0)
            arg = NULL;
        buf_release(&b);
        if (!arg)
            return (void *)"failed";
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t a, b;
    void *x, *y;

    assert_int_equal(pthread_create(&a, NULL, adder, (void *)"alpha"), 0);
    assert_int_equal(pthread_create(&b, NULL, adder, (void *)"beta"), 0);
    pthread_join(a, &x);
    pthread_join(b, &y);
    assert_null(x);
    assert_null(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_known_secret, forget), cmocka_unit_test_teardown(test_base64_of_secret, forget),
        cmocka_unit_test_teardown(test_patterns, forget), cmocka_unit_test_teardown(test_prose_stays, forget),
        cmocka_unit_test_teardown(test_fixed, forget), cmocka_unit_test_teardown(test_threads, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
