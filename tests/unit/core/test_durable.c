/*
 * What has its final name is on the disk, and whole: fsync and rename are watched, and a rename of bytes that no fsync has seen fails. And the report
 * holds every item with its reason, however many there are.
 */
#include "base/file.h"
#include "base/json.h"
#include "core/report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#define SYNCED_MAX 64

static struct { ino_t file; off_t size; } synced[SYNCED_MAX];
static int synced_count, renames, early;

/* These take the place of libc's in this program. */
int fsync(int fd)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && synced_count < SYNCED_MAX) {
        synced[synced_count].file = st.st_ino;
        synced[synced_count++].size = st.st_size;
    }
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    struct stat st;
    bool whole = false;
    if (stat(from, &st) == 0)
        for (int i = 0; i < synced_count; i++)
            whole = whole || (synced[i].file == st.st_ino && synced[i].size == st.st_size);
    renames++;
    early += !whole;
    return (int)syscall(SYS_rename, from, to);
}

static int make_folder(void **state)
{
    char *folder = str_dup("/tmp/lakeferry-durable-XXXXXX");
    *state = folder;
    synced_count = renames = early = 0;
    return folder && mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    struct err e = {0};
    int result = file_remove_tree(*state, &e);
    free(*state);
    return result;
}

static void a_file_is_on_the_disk_before_it_has_its_name(void **state)
{
    struct err e = {0};
    struct stat st;
    char *path = str_printf("%s/one", (char *)*state);
    assert_int_equal(file_write_atomic(path, "bytes", 5, &e), 0);
    assert_int_equal(renames, 1);
    assert_int_equal(early, 0);
    /* and so is the name */
    assert_int_equal(stat(*state, &st), 0);
    assert_true(synced[synced_count - 1].file == st.st_ino);
    assert_int_equal(file_write_atomic(path, "", 0, &e), 0);
    assert_int_equal(early, 0);
    free(path);
}

static void add_failed(struct journal *j, int n)
{
    struct err e = {0};
    for (int i = 0; i < n; i++) {
        char path[40], reason[40];
        snprintf(path, sizeof path, "/v/%05d.jpg", i);
        snprintf(reason, sizeof reason, "reason %d", i);
        const struct journal_found row = {.path = path, .size = 1, .candidate = true, .fail_code = "BAD", .fail_reason = reason};
        assert_int_equal(journal_found_put(j, &row, 1, &e), 0);
    }
}

/* Lines of the report that are items with the reason that is theirs. */
static int count_items(const char *folder)
{
    struct buf text = BUF_INIT;
    struct err e = {0};
    int found = 0;
    char *path = str_printf("%s/report.jsonl", folder), *rest = NULL;
    assert_int_equal(file_read(path, (size_t)8 << 20, &text, &e), 0);
    for (char *line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        cJSON *json = json_parse(line, strlen(line), &e);
        char reason[40];
        assert_non_null(json);
        snprintf(reason, sizeof reason, "reason %d", found);
        found += str_eq(json_str(json, "type"), "item") && str_eq(json_str(json, "reason"), reason) && str_eq(json_str(json, "state"), "failed") &&
                 str_eq(json_str(json, "code"), "BAD");
        cJSON_Delete(json);
    }
    buf_release(&text);
    free(path);
    return found;
}

static void a_report_has_every_item_and_is_on_the_disk(void **state)
{
    static const int counts[] = {3, 499, 500, 501, 1237};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct journal *j;
        struct err e = {0};
        char *folder = str_printf("%s/%zu", (char *)*state, i);
        cJSON *summary = cJSON_CreateObject();
        assert_int_equal(file_make_dirs(folder, &e), 0);
        assert_int_equal(journal_open(folder, true, &j, &e), 0);
        add_failed(j, counts[i]);
        synced_count = renames = early = 0;
        assert_int_equal(report_write(j, "run", folder, summary, &e), 0);
        assert_int_equal(renames, 1);
        assert_int_equal(early, 0);
        assert_int_equal(count_items(folder), counts[i]);
        journal_close(j);
        cJSON_Delete(summary);
        free(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_file_is_on_the_disk_before_it_has_its_name, make_folder, drop_folder),
                                       cmocka_unit_test_setup_teardown(a_report_has_every_item_and_is_on_the_disk, make_folder, drop_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
