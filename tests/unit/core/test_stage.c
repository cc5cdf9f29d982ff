/* Staging: where rows go, parts as they are put, what is removed; over a volume played by a list of paths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <unistd.h>

#include "base/file.h"
#include "core/stage.h"
#include "net/databricks_catalog.h"
#include "net/databricks_files.h"

/* --- the volume --- */

static struct { char path[256]; bool folder; char *bytes; } volume[32];
static int count, volumes_made, volumes_dropped;
static enum err_code create_fails;

static int find(const char *path)
{
    for (int i = 0; i < count; i++)
        if (str_eq(volume[i].path, path))
            return i;
    return -1;
}
static void add(const char *path, bool folder, char *bytes)
{
    str_copy(volume[count].path, sizeof volume[count].path, path);
    volume[count].folder = folder;
    volume[count++].bytes = bytes;
}
static void drop(int i)
{
    free(volume[i].bytes);
    volume[i] = volume[--count];
}
int databricks_directory_create(const struct net_api *a, const char *path, struct err *e)
{
    (void)a, (void)e;
    if (find(path) < 0)
        add(path, true, NULL);
    return 0;
}
int databricks_file_put(const struct net_api *a, const char *path, const struct net_source *s, bool overwrite, struct err *e)
{
    (void)a, (void)overwrite, (void)e;
    char *bytes = calloc(1, s->size + 1);
    uint64_t at = 0;
    assert_int_equal(s->rewind(s->ctx), 0);
    for (int64_t n; (n = s->read(s->ctx, bytes + at, s->size - at)) > 0;)
        at += (uint64_t)n;
    assert_int_equal(at, s->size);
    add(path, false, bytes);
    return 0;
}
static const char *stray; /* a listing names this as well */
int databricks_directory_list(const struct net_api *a, const char *path, databricks_file_each each, void *ctx, struct err *e)
{
    (void)a;
    size_t n = strlen(path);
    const struct databricks_file wrong = { .path = stray, .name = "x" };
    if (stray != NULL && each(ctx, &wrong, e) != 0)
        return -1;
    bool found = find(path) >= 0;
    for (int i = 0; i < count; i++) {
        const char *p = volume[i].path;
        if (strncmp(p, path, n) != 0 || p[n] != '/')
            continue;
        found = true;
        if (strchr(p + n + 1, '/') != NULL)
            continue;
        const struct databricks_file f = { .path = p, .name = p + n + 1, .is_directory = volume[i].folder };
        if (each(ctx, &f, e) != 0)
            return -1;
    }
    return found ? 0 : err_set(e, ERR_NOT_FOUND, "no such folder");
}
int databricks_file_delete(const struct net_api *a, const char *path, struct err *e)
{
    (void)a, (void)e;
    drop(find(path));
    return 0;
}
int databricks_directory_delete(const struct net_api *a, const char *path, struct err *e)
{
    (void)a, (void)e;
    if (find(path) >= 0)
        drop(find(path));
    return 0;
}
int databricks_volume_create(const struct net_api *a, const char *c, const char *s, const char *n, const char *comment, struct err *e)
{
    (void)a, (void)c, (void)s, (void)n, (void)comment;
    volumes_made++;
    return create_fails == ERR_NONE ? 0 : err_set(e, create_fails, "no");
}
int databricks_volume_delete(const struct net_api *a, const char *name, struct err *e)
{
    (void)a, (void)name, (void)e;
    return volumes_dropped++, 0;
}

static struct session session;
static const struct name TARGET = { (char *)"main", (char *)"odd#1", (char *)"t" };

static int set_up(void **state)
{
    (void)state;
    while (count > 0)
        drop(0);
    volumes_made = volumes_dropped = 0;
    create_fails = ERR_NONE;
    session = (struct session){0};
    return 0;
}
static int tear_down(void **state)
{
    (void)state;
    settings_release(&session.settings);
    return 0;
}

static void test_the_choice_of_place(void **state)
{
    struct stage_place p;
    struct err e = {0};
    char why[320];

    (void)state;
    assert_int_equal(stage_choose(&session, "main.vision.out/x", "/Volumes/a/b/img", &TARGET, "r-1", false, &p, why, sizeof why, &e), 0);
    assert_string_equal(p.at.path, "x");
    assert_non_null(strstr(why, "--staging"));
    stage_place_release(&p);
    assert_int_equal(stage_choose(&session, NULL, "/Volumes/a/b/img", &TARGET, "r-1", false, &p, why, sizeof why, &e), 0);
    assert_string_equal(p.at.volume.object, "img");
    stage_place_release(&p);
    value_set(&session.settings.own[SETTING_STAGING_VOLUME], "main.s.setting", FROM_CONFIG, "", &e);
    assert_int_equal(stage_choose(&session, NULL, "/Volumes/a/b/img", &TARGET, "r-1", false, &p, why, sizeof why, &e), 0);
    assert_string_equal(p.at.volume.object, "setting");
    stage_place_release(&p);
    assert_int_equal(volumes_made, 0);
}

static void test_a_volume_of_our_own(void **state)
{
    struct stage_place p;
    struct err e = {0};
    char why[320];

    (void)state;
    assert_int_equal(stage_choose(&session, NULL, NULL, &TARGET, "import-1", true, &p, why, sizeof why, &e), 0);
    assert_int_equal(volumes_made, 0); /* a dry run */
    stage_place_release(&p);
    assert_int_equal(stage_choose(&session, NULL, NULL, &TARGET, "import-1", false, &p, why, sizeof why, &e), 0);
    assert_true(p.made_volume);
    assert_string_equal(p.at.volume.object, "lakeferry_import_1");
    assert_int_equal(stage_remove(&session, &p, "import-1", &e), 0);
    assert_int_equal(volumes_dropped, 1);
    stage_place_release(&p);
    create_fails = ERR_FORBIDDEN;
    assert_int_equal(stage_choose(&session, NULL, NULL, &TARGET, "import-1", false, &p, why, sizeof why, &e), -1);
    assert_int_equal(e.code, ERR_FORBIDDEN);
    assert_non_null(strstr(e.remedy, "CREATE VOLUME"));
    assert_int_equal(stage_choose(&session, NULL, NULL, NULL, "import-1", false, &p, why, sizeof why, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
}

static void test_parts_and_their_removal(void **state)
{
    struct stage_place p;
    struct stage *st = NULL;
    struct err e = {0};
    char why[320], local[] = "/tmp/lakeferry-stage.XXXXXX";
    uint64_t rows = 0;

    (void)state;
    assert_non_null(mkdtemp(local));
    assert_int_equal(stage_choose(&session, "main.vision.out", NULL, &TARGET, "r-1", false, &p, why, sizeof why, &e), 0);
    add("/Volumes/main/vision/out/theirs.txt", false, NULL);
    assert_int_equal(stage_begin(&session, &p, "r-1", "rows", 2, local, &st, &e), 0);
    assert_string_equal(stage_folder(st), "/Volumes/main/vision/out/lakeferry-r-1/rows-2");
    assert_int_equal(stage_row(st, "{\"a\":1}", 7, &e), 0);
    assert_int_equal(stage_row(st, "{\"a\":2}", 7, &e), 0);
    assert_int_equal(stage_end(st, &rows, &e), 0);
    assert_int_equal(rows, 2);
    int part = find("/Volumes/main/vision/out/lakeferry-r-1/rows-2/part-00000.json");
    assert_true(part >= 0);
    assert_string_equal(volume[part].bytes, "{\"a\":1}\n{\"a\":2}\n");
    stage_free(st);
    assert_int_equal(rmdir(local), 0); /* local parts are gone */
    assert_int_equal(stage_remove(&session, &p, "r-1", &e), 0);
    assert_int_equal(count, 1); /* what was not ours stays */
    assert_true(find("/Volumes/main/vision/out/theirs.txt") >= 0);
    assert_int_equal(stage_remove(&session, &p, "r-1", &e), 0);
    assert_int_equal(volumes_dropped, 0);
    stage_place_release(&p);
}

/* More than a part holds: small rows behind a full part go on in the next; one attempt's folder goes alone. */
static void test_rows_beyond_a_part(void **state)
{
    struct stage_place p;
    struct stage *st = NULL;
    struct err e = {0};
    char why[320], local[] = "/tmp/lakeferry-stage.XXXXXX", *big = malloc(4 << 20);
    uint64_t rows = 0;

    (void)state;
    assert_non_null(mkdtemp(local));
    assert_non_null(big);
    memset(big, ' ', 4 << 20);
    assert_int_equal(stage_choose(&session, "main.vision.out", NULL, &TARGET, "r-1", false, &p, why, sizeof why, &e), 0);
    assert_int_equal(stage_begin(&session, &p, "r-1", "rows", 1, local, &st, &e), 0);
    for (int i = 0; i < 9; i++)
        assert_int_equal(stage_row(st, big, 4 << 20, &e), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stage_row(st, "{\"a\":1}", 7, &e), 0);
    assert_int_equal(stage_end(st, &rows, &e), 0);
    assert_int_equal(rows, 12);
    assert_true(find("/Volumes/main/vision/out/lakeferry-r-1/rows-1/part-00000.json") >= 0);
    int last = find("/Volumes/main/vision/out/lakeferry-r-1/rows-1/part-00001.json");
    assert_true(last >= 0);
    assert_non_null(strstr(volume[last].bytes, "{\"a\":1}\n{\"a\":1}\n{\"a\":1}\n"));
    add("/Volumes/main/vision/out/lakeferry-r-1/rows-2", true, NULL);
    assert_int_equal(stage_remove_attempt(&session, stage_folder(st), &e), 0);
    assert_true(find("/Volumes/main/vision/out/lakeferry-r-1/rows-2") >= 0);
    assert_int_equal(find("/Volumes/main/vision/out/lakeferry-r-1/rows-1/part-00001.json"), -1);
    assert_int_equal(stage_remove_attempt(&session, stage_folder(st), &e), 0);
    stage_free(st);
    assert_int_equal(rmdir(local), 0);
    free(big);
    stage_place_release(&p);
}

static void test_only_what_is_below_is_removed(void **state)
{
    static const char *const WRONG[] = {
        "/Volumes/main/vision/out/theirs.txt", "/Volumes/main/vision/out/lakeferry-r-1", "/Volumes/main/vision/out/lakeferry-r-10/x",
    };
    struct stage_place p = {0};
    struct err e = {0};

    (void)state;
    assert_int_equal(volume_path_parse("main.vision.out", &p.at, &e), 0);
    add("/Volumes/main/vision/out/theirs.txt", false, NULL);
    add("/Volumes/main/vision/out/lakeferry-r-1", true, NULL);
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
        stray = WRONG[i];
        assert_int_equal(stage_remove(&session, &p, "r-1", &e), -1);
        assert_int_equal(e.code, ERR_PROTOCOL);
        assert_int_equal(count, 2);
    }
    stray = NULL;
    assert_int_equal(stage_remove(&session, &p, "r-1", &e), 0);
    assert_int_equal(count, 1);
    stage_place_release(&p);
}

static void test_no_rows_no_part(void **state)
{
    struct stage_place p;
    struct stage *st = NULL;
    struct err e = {0};
    char why[320];
    uint64_t rows = 7;

    (void)state;
    assert_int_equal(stage_choose(&session, "main.vision.out", NULL, &TARGET, "r-2", false, &p, why, sizeof why, &e), 0);
    assert_int_equal(stage_begin(&session, &p, "r-2", "rows", 1, "/dev/null/x", &st, &e), 0);
    assert_int_equal(stage_end(st, &rows, &e), 0);
    assert_int_equal(rows, 0);
    stage_free(st);
    assert_int_equal(stage_begin(&session, &p, "r-2", "rows", 2, "/dev/null/x", &st, &e), 0);
    assert_int_equal(stage_row(st, "{}", 2, &e), 0);
    assert_int_equal(stage_end(st, &rows, &e), -1); /* a folder that cannot be written: the path is named */
    assert_non_null(strstr(e.subject, "/dev/null/x"));
    stage_free(st);
    stage_place_release(&p);
}

/* --- a scratch table --- */

static struct { int statements; size_t rows, longest; char first[200]; } sent;

static int take(void *ctx, const struct buf *statement, struct err *e)
{
    (void)ctx, (void)e;
    if (sent.statements++ == 0)
        str_copy(sent.first, sizeof sent.first, statement->data);
    if (statement->len > sent.longest)
        sent.longest = statement->len;
    for (const char *p = statement->data; (p = strstr(p, ", '")) != NULL; p++)
        sent.rows++;
    return 0;
}

static void fill_scratch(const char *line, int rows, uint64_t *staged)
{
    struct stage *st = NULL;
    struct err e = {0};
    const struct stage_send send = { .send = take };

    memset(&sent, 0, sizeof sent);
    assert_int_equal(stage_begin_scratch(&TARGET, &send, &st, &e), 0);
    assert_int_equal(*stage_folder(st), '`');
    for (int i = 0; i < rows; i++)
        assert_int_equal(stage_row(st, line, strlen(line), &e), 0);
    assert_int_equal(stage_end(st, staged, &e), 0);
    stage_free(st);
}

static void test_batches_of_literals(void **state)
{
    char *line = malloc((size_t)400000 + 1);
    uint64_t staged = 0;

    (void)state;
    fill_scratch("{\"a\":\"it's ${x} \\\\\"}", 1, &staged);
    assert_non_null(strstr(sent.first, " (`number`, `value`) VALUES (1, '{\"a\":\"it\\'s \\u0024{x} \\\\\\\\\"}')"));
    fill_scratch("{}", 2001, &staged);
    assert_int_equal(staged, 2001);
    assert_int_equal(sent.rows, 2001);
    assert_int_equal(sent.statements, 3);
    memset(line, 'x', 400000);
    line[400000] = '\0';
    fill_scratch(line, 5, &staged);
    assert_int_equal(sent.statements, 3);
    assert_true(sent.longest < ((size_t)1 << 20) + 1000);
    fill_scratch("{}", 0, &staged);
    assert_int_equal(sent.statements, 0);
    free(line);
}

static void test_a_row_beyond_a_statement(void **state)
{
    struct stage *st = NULL;
    struct err e = {0};
    const struct stage_send send = { .send = take };
    char *line = malloc((size_t)16 << 20);

    (void)state;
    memset(line, 'x', (size_t)16 << 20);
    assert_int_equal(stage_begin_scratch(&TARGET, &send, &st, &e), 0);
    assert_int_equal(stage_row(st, line, (size_t)16 << 20, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    assert_non_null(strstr(e.cause, "--staging"));
    stage_free(st);
    free(line);
}

int main(void)
{
#define CASE(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = { CASE(test_the_choice_of_place), CASE(test_a_volume_of_our_own), CASE(test_parts_and_their_removal), CASE(test_rows_beyond_a_part), CASE(test_only_what_is_below_is_removed), CASE(test_no_rows_no_part), CASE(test_batches_of_literals), CASE(test_a_row_beyond_a_statement) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
