/* Known sums of known texts: what is kept by them, in journals and file names, is found again by every version. */
#include "base/hash.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void known_sums(void **state)
{
    char hex[HASH_SHA256_HEX];
    struct hash *h = hash_new_md5();
    (void)state;
    hash_sha256("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_non_null(h);
    hash_add(h, "ab", 2);
    hash_add(h, "c", 1);
    hash_end(h, hex, sizeof hex);
    assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
    hash_free(h);
    assert_true(hash_fnv(HASH_FNV, "", 0) == HASH_FNV);
    assert_true(hash_fnv(HASH_FNV, "a", 1) == 0xaf63dc4c8601ec8cu);
    assert_true(hash_fnv(hash_fnv(HASH_FNV, "foo", 3), "bar", 3) == 0x85944171f73967e8u);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(known_sums) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
