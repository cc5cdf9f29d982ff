/* Completion: what may stand at the cursor, by the tables and the disk cache alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/file.h"
#include "cli/complete.h"
#include "core/cache.h"
#include <sys/stat.h>
#include <unistd.h>

static char home[] = "/tmp/lakeferry-complete-XXXXXX";

static void keep(const char *place, const struct catalog_entry *entries, size_t count)
{
    struct catalog_build b;
    struct err e;

    assert_int_equal(catalog_build_init(&b, &e), 0);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(catalog_build_add(&b, &entries[i], &e), 0);
    struct catalog_list *l = catalog_build_snapshot(&b, place);
    assert_non_null(l);
    l->complete = true;
    l->listed_at_ms = 1;
    assert_int_equal(cache_store("lab", "me", l, &e), 0);
    catalog_list_unref(l);
    catalog_build_release(&b);
}
#define TEXT(t) (char *)(uintptr_t)(t)
#define ENTRY(k, n) { .kind = (k), .name = TEXT(n), .type = TEXT(""), .comment = TEXT("") }
#define KEEP(place, ...) keep(place, (const struct catalog_entry[]){ __VA_ARGS__ }, sizeof((const struct catalog_entry[]){ __VA_ARGS__ }) / sizeof(struct catalog_entry))

static const char PROFILES[] = "[lab]\nhost = https://lab.example\n[prod]\nhost = https://prod.example\n";

static int make_home(void **state)
{
    struct err e;
    static const char *const NAMES[] = { "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR" };
    char path[200];

    (void)state;
    assert_non_null(mkdtemp(home));
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", home, NAMES[i]);
        assert_int_equal(mkdir(path, 0700), 0);
        setenv(NAMES[i], path, 1);
    }
    snprintf(path, sizeof path, "%s/databrickscfg", home);
    setenv("DATABRICKS_CONFIG_FILE", path, 1);
    assert_int_equal(file_write_atomic(path, PROFILES, sizeof PROFILES - 1, &e), 0);
    unsetenv("DATABRICKS_HOST");
    setenv("DATABRICKS_CONFIG_PROFILE", "lab", 1);
    KEEP("", ENTRY(CATALOG_CATALOG, "main"), ENTRY(CATALOG_CATALOG, "other-one"));
    KEEP("main", ENTRY(CATALOG_SCHEMA, "vision"), ENTRY(CATALOG_SCHEMA, "voice"));
    KEEP("main\x1fvision", ENTRY(CATALOG_VOLUME, "pictures"), ENTRY(CATALOG_TABLE, "cars"), ENTRY(CATALOG_TABLE, "cats"), ENTRY(CATALOG_TABLE, "bad\x1b[2J"));
    KEEP("/Volumes/main/vision/pictures", ENTRY(CATALOG_FOLDER, "2026"), ENTRY(CATALOG_FILE, "a.jpg"));
    KEEP("clarifai:", ENTRY(CATALOG_USER, "lab-user"));
    KEEP("clarifai:lab-user", ENTRY(CATALOG_APP, "traffic"), ENTRY(CATALOG_APP, "trains"));
    KEEP("clarifai:lab-user/traffic", ENTRY(CATALOG_DATASET, "spring"));
    KEEP("compute:", ENTRY(CATALOG_CLUSTER, "c-1"), ENTRY(CATALOG_WAREHOUSE, "w-1"));
    return 0;
}

static int remove_home(void **state)
{
    struct err e;

    (void)state;
    return file_remove_tree(home, &e);
}

/* The candidates, blank separated; words end with NULL, the last is being typed. */
static const char *offered(const char *const *words)
{
    static char text[4096];
    struct str_list out = {0};
    struct err e = {0};
    int count = 0;

    while (words[count] != NULL)
        count++;
    text[0] = '\0';
    assert_int_equal(complete_words(words, count, &out, &e), 0);
    for (size_t i = 0; i < out.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "", out.items[i]);
    str_list_release(&out);
    return text;
}
#define OFFERED(...) offered((const char *const[]){ __VA_ARGS__, NULL })

static void test_verbs(void **state)
{
    (void)state;
    assert_string_equal(OFFERED("re"), "resume retry");
    assert_string_equal(OFFERED("import", ""), "s3 volume");
    assert_string_equal(OFFERED("runs", "w"), "watch");
    assert_string_equal(OFFERED("--profile", "lab", "auth", "log"), "login logout");
    assert_string_equal(OFFERED("completion", ""), "bash fish zsh");
    assert_string_equal(OFFERED("completion", "bash", ""), "");
}

static void test_options_belong_to_their_verb(void **state)
{
    (void)state;
    assert_string_equal(OFFERED("preview", "--li"), "--limit");
    assert_string_equal(OFFERED("update", "--de"), "--delete-missing --detach");
    assert_string_equal(OFFERED("export", "--delete"), "");
    assert_string_equal(OFFERED("import", "volume", "--on-conflict", ""), "fail skip suffix");
    assert_string_equal(OFFERED("import", "volume", "--on-conflict=s"), "--on-conflict=skip --on-conflict=suffix");
    assert_string_equal(OFFERED("import", "s3", "--format", ""), "csv delta");
    assert_string_equal(OFFERED("preview", "--format", ""), "csv jsonl table");
    assert_string_equal(OFFERED("--ver"), "--version");
}

static void test_names_a_part_at_a_time(void **state)
{
    (void)state;
    assert_string_equal(OFFERED("preview", ""), "`other-one`. main.");
    assert_string_equal(OFFERED("preview", "main.vi"), "main.vision.");
    assert_string_equal(OFFERED("preview", "main.vision.ca"), "main.vision.cars main.vision.cats");
    assert_string_equal(OFFERED("export", "--to", "main.v"), "main.vision main.voice");
    assert_string_equal(OFFERED("export", "--to", "main.vision", "--inputs-table", "ca"), "cars cats");
    assert_string_equal(OFFERED("import", "volume", "main.vision."), "main.vision.pictures");
    assert_string_equal(OFFERED("import", "volume", "main.vision.pictures/"), "main.vision.pictures/2026/");
    assert_string_equal(OFFERED("ls", "main"), "main main.");
    assert_string_equal(OFFERED("ma"), "main");
    assert_string_equal(OFFERED("preview", "nowhere."), "");
    assert_string_equal(OFFERED("preview", "main.``x"), "");
}

static void test_names_of_clarifai(void **state)
{
    (void)state;
    assert_string_equal(OFFERED("update", "--app", "lab-user/t"), "lab-user/traffic lab-user/trains");
    assert_string_equal(OFFERED("update", "--app", "lab-user/traffic", "--dataset", ""), "spring");
    assert_string_equal(OFFERED("update", "--app=traffic", "--dataset", ""), "spring");
    assert_string_equal(OFFERED("ls", "clarifai:lab-user/tr"), "clarifai:lab-user/traffic clarifai:lab-user/trains");
    assert_string_equal(OFFERED("ls", "cl"), "clarifai:");
}

static void test_what_is_no_name(void **state)
{
    (void)state;
    assert_string_equal(OFFERED("preview", "--compute", "cl"), "cluster cluster:c-1");
    assert_string_equal(OFFERED("ls", "--profile", ""), "lab prod");
    assert_string_equal(OFFERED("--profile", "prod", "ls", "ma"), "");
    assert_string_equal(OFFERED("resume", ""), "");
    assert_string_equal(OFFERED("import", "volume", "--log-file", ""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verbs), cmocka_unit_test(test_options_belong_to_their_verb), cmocka_unit_test(test_names_a_part_at_a_time),
        cmocka_unit_test(test_names_of_clarifai), cmocka_unit_test(test_what_is_no_name),
    };

    return cmocka_run_group_tests(tests, make_home, remove_home);
}
