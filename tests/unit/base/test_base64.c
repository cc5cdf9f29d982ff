#include "base/base64.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* RFC 4648 §10. */
static const struct { const char *plain, *text; } vectors[] = {
    { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char out[16];
        struct buf back = BUF_INIT;
        size_t n = strlen(vectors[i].plain), m = strlen(vectors[i].text);

        assert_int_equal(base64_length(n), m);
        assert_int_equal(base64_encode(vectors[i].plain, n, out), m);
        assert_memory_equal(out, vectors[i].text, m);
        assert_int_equal(base64_decode(&back, vectors[i].text, m, NULL), 0);
        assert_string_equal(back.data, vectors[i].plain);
        buf_release(&back);
    }
    assert_true(base64_length(SIZE_MAX) == SIZE_MAX);
}

static void test_all_bytes_in_chunks(void **state)
{
    (void)state;
    unsigned char in[768];
    char whole[1024], parts[1024];
    struct buf back = BUF_INIT;
    size_t at = 0;

    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (unsigned char)(i * 7 + i / 256);
    assert_int_equal(base64_encode(in, sizeof in, whole), sizeof whole);
    for (size_t i = 0; i < sizeof in; i += 96)
        at += base64_encode(in + i, 96, parts + at);
    assert_memory_equal(whole, parts, sizeof whole);
    assert_int_equal(base64_decode(&back, whole, sizeof whole, NULL), 0);
    assert_int_equal(back.len, sizeof in);
    assert_memory_equal(back.data, in, sizeof in);
    buf_release(&back);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "Zg", "Zg=", "Z===", "====", "Zm9v=", "Zm=v", "Zg==Zg==", "Zm8\n", "Zm-_",
                                       "Zh==", "Zm9=", "=g==",
                                       "Zm9vZm9*Zm9v", "Zm9v\377m9vZm9v", "Zm==Zm9vZm9v" };
    struct buf out = BUF_INIT;
    struct err e;

    buf_puts(&out, "kept");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(base64_decode(&out, bad[i], strlen(bad[i]), &e), -1);
        assert_int_equal(e.code, ERR_PROTOCOL);
        assert_string_equal(out.data, "kept");
    }
    buf_release(&out);
    buf_init(&out, 2);
    assert_int_equal(base64_decode(&out, "Zm9v", 4, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors), cmocka_unit_test(test_all_bytes_in_chunks), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
