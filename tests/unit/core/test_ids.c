#include "base/hash.h"
#include "core/ids.h"
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* libcrypto without memory, when it is told to be. */
static bool refuses;

int EVP_Digest(const void *data, size_t count, unsigned char *md, unsigned int *size, const EVP_MD *type, ENGINE *impl)
{
    EVP_MD_CTX *context = refuses ? NULL : EVP_MD_CTX_new();
    int done = context && EVP_DigestInit_ex(context, type, impl) == 1 && EVP_DigestUpdate(context, data, count) == 1 &&
               EVP_DigestFinal_ex(context, md, size) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

static const char *suffix(const char *path)
{
    static char hex[HASH_SHA256_HEX];
    hash_sha256(path, strlen(path), hex);
    hex[8] = '\0';
    return hex;
}

static void check(const char *path, bool whole, const char *stem, bool changed)
{
    char id[IDS_ROOM], want[80];
    bool did;
    assert_int_equal(ids_make(path, whole, id, &did, NULL), 0);
    snprintf(want, sizeof want, changed ? "%s-%s" : "%s", stem, suffix(path));
    assert_string_equal(id, want);
    assert_int_equal(did, changed);
    assert_true(strlen(id) <= IDS_MAX && strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == strlen(id));
    assert_int_equal(ids_is_plain(path, whole, id), !changed);
}

static void makes_ids(void **state)
{
    (void)state;
    check("car-0001.jpg", false, "car-0001", false);
    check("2026/08/car-0003.JPG", false, "car-0003", false);
    check("noextension", false, "noextension", false);
    check(".hidden", false, "-hidden", true);
    check("bus 01.jpg", false, "bus-01", true);
    check("a.b.jpg", false, "a-b", true);
    check("\xce\xa9mega.png", false, "-mega", true);                       /* one character, one '-' */
    check("\xff\xfe.png", false, "--", true);
    check("..jpg", false, "-", true);
    check("123456789012345678901234567890123456789012345678.png", false, "123456789012345678901234567890123456789012345678", false);
    check("1234567890123456789012345678901234567890123456789.png", false, "123456789012345678901234567890123456789", true);
    check("x/\x1b[2J.png", false, "--2J", true);
}

static void makes_ids_of_paths(void **state)
{
    (void)state;
    check("car.jpg", true, "car", false);
    check("2026/08/car.jpg", true, "2026-08-car", true);
}

static void suffixes(void **state)
{
    char a[IDS_ROOM], b[IDS_ROOM];
    (void)state;
    assert_int_equal(ids_make_suffixed("a/car.jpg", false, a, NULL), 0);
    assert_int_equal(ids_make_suffixed("a/car.png", false, b, NULL), 0);
    assert_int_equal(strncmp(a, "car-", 4), 0);
    assert_int_equal(strlen(a), 12);
    assert_string_not_equal(a, b);
    assert_false(ids_is_plain("a/car.jpg", false, a));
}

/* The same name without its hash could be another file's. */
static void no_hash_is_no_id(void **state)
{
    char id[IDS_ROOM];
    bool changed;
    struct err e = {0};
    (void)state;
    refuses = true;
    assert_int_equal(ids_make("bus 01.jpg", false, id, &changed, &e), -1);
    assert_int_equal(e.code, ERR_NO_MEMORY);
    assert_string_equal(id, "");
    assert_int_equal(ids_make_suffixed("a/car.jpg", false, id, &e), -1);
    assert_int_equal(ids_make_named("a car", "s3://b/c#1", id, &e), -1);
    assert_int_equal(ids_make("a/car.jpg", false, id, &changed, &e), 0);         /* needs none */
    refuses = false;
    assert_string_equal(id, "car");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(makes_ids), cmocka_unit_test(makes_ids_of_paths), cmocka_unit_test(suffixes),
                                       cmocka_unit_test(no_hash_is_no_id)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
