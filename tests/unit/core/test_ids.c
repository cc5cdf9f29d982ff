#include "base/hash.h"
#include "core/ids.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

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
    ids_make(path, whole, id, &did);
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
    ids_make_suffixed("a/car.jpg", false, a);
    ids_make_suffixed("a/car.png", false, b);
    assert_int_equal(strncmp(a, "car-", 4), 0);
    assert_int_equal(strlen(a), 12);
    assert_string_not_equal(a, b);
    assert_false(ids_is_plain("a/car.jpg", false, a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(makes_ids), cmocka_unit_test(makes_ids_of_paths), cmocka_unit_test(suffixes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
