#include "session_home.h"
#include "core/cache.h"
#include <dirent.h>

static struct err err;

static void store(const char *profile, const char *identity, const char *place, int count)
{
    struct catalog_build b;
    char name[64];

    assert_int_equal(catalog_build_init(&b, &err), 0);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "n\"%05d\xe2\x80\xae\n", i);
        const struct catalog_entry en = { .kind = CATALOG_FILE, .name = name, .comment = name, .size = (uint64_t)i << 33, .modified_ms = 1700000000000, .browse_only = i % 2 };
        assert_int_equal(catalog_build_add(&b, &en, &err), 0);
    }
    struct catalog_list *l = catalog_build_snapshot(&b, place);
    l->listed_at_ms = 1234567890123;
    if (cache_store(profile, identity, l, &err))
        fail_msg("%s", home_said(&err));
    catalog_list_unref(l);
    catalog_build_release(&b);
}

static int load(const char *profile, const char *identity, const char *place, struct catalog_build *b)
{
    int64_t at = 0;

    assert_int_equal(catalog_build_init(b, &err), 0);
    int rc = cache_load(profile, identity, place, b, &at, &err);
    if (!rc)
        assert_int_equal(at, 1234567890123);
    return rc;
}

/* The only file below a folder of the cache. */
static void only_file(char *path, size_t size)
{
    str_copy(path, size, home);
    str_copy(path + strlen(path), size - strlen(path), "/.cache/lakeferry/catalog");
    for (int depth = 0; depth < 2; depth++) {
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (struct dirent *en; (en = readdir(dir));)
            if (en->d_name[0] != '.') {
                size_t n = strlen(path);
                snprintf(path + n, size - n, "/%s", en->d_name);
                break;
            }
        closedir(dir);
    }
}

static void round_trip(void **state)
{
    struct catalog_build b;
    struct stat st;
    char path[512];

    (void)state;
    store("lab", "host a", "main\x1fvision", 3);
    assert_int_equal(load("lab", "host a", "main\x1fvision", &b), 0);
    assert_int_equal(b.count, 3);
    assert_string_equal(b.entries[2].name, "n\"00002\xe2\x80\xae\n");
    assert_string_equal(b.entries[2].comment, b.entries[2].name);
    assert_string_equal(b.entries[2].type, "");
    assert_true(b.entries[2].size == (uint64_t)2 << 33);
    assert_true(b.entries[2].modified_ms == 1700000000000);
    assert_false(b.entries[2].browse_only);
    assert_true(b.entries[1].browse_only);
    catalog_build_release(&b);
    only_file(path, sizeof path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void others_are_not_taken(void **state)
{
    struct catalog_build b;

    (void)state;
    store("lab", "host a", "main", 3);
    static const char *const asks[][3] = { { "lab", "host b", "main" }, { "prod", "host a", "main" }, { "lab", "host a", "dev" } };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(load(asks[i][0], asks[i][1], asks[i][2], &b), -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
        catalog_build_release(&b);
    }
    assert_int_equal(load("lab", NULL, "main", &b), 0);
    catalog_build_release(&b);
}

static void damaged_files(void **state)
{
    static const char *const texts[] = {
        "", "{", "[]", "{\"version\":1}", "not json at all", "{\"version\":2,\"place\":\"p\",\"identity\":\"i\",\"listed_at_ms\":1234567890123,\"entries\":[]}",
        "{\"version\":1,\"place\":\"p\",\"identity\":\"i\",\"listed_at_ms\":1234567890123,\"entries\":[[99,\"x\"]]}",
        "{\"version\":1,\"place\":\"p\",\"identity\":\"i\",\"listed_at_ms\":1234567890123,\"entries\":[[1,null]]}",
        "{\"version\":1,\"place\":\"p\",\"identity\":\"i\",\"listed_at_ms\":1234567890123,\"entries\":[{}]}",
        "{\"version\":1,\"place\":\"p\",\"identity\":\"i\",\"listed_at_ms\":1234567890123,\"entries\":[[1,\"x\"],3]}",
    };
    struct catalog_build b;
    char path[512];

    (void)state;
    store("lab", "i", "p", 1);
    only_file(path, sizeof path);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        home_write(path + strlen(home) + 1, texts[i], 0600);
        if (load("lab", "i", "p", &b) == 0)
            fail_msg("taken: %s", texts[i]);
        catalog_build_release(&b);
    }
}

static void long_lists(void **state)
{
    struct catalog_build b;

    (void)state;
    store("lab", "i", "p", 5000);
    assert_int_equal(load("lab", "i", "p", &b), 0);
    assert_int_equal(b.count, 5000);
    struct catalog_list *l = catalog_build_snapshot(&b, "p"), *again = catalog_list_again(l, "q");
    catalog_build_release(&b);
    catalog_list_unref(l);
    assert_string_equal(again->entries[4999].name, "n\"04999\xe2\x80\xae\n");   /* texts live as long as the last list */
    assert_string_equal(again->place, "q");
    again->count = CACHE_ENTRIES_MAX + 1;
    assert_int_equal(cache_store("lab", "i", again, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
    catalog_list_unref(again);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, home_set_up, home_tear_down)
    const struct CMUnitTest tests[] = { CASE(round_trip), CASE(others_are_not_taken), CASE(damaged_files), CASE(long_lists) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
