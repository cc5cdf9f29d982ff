/*
 * A journal that the disk, a person or another version has changed: it opens and reads, or is refused with a reason. Input: edits of a good journal, each of
 * five bytes: where (four, within its size) and what; and a last byte that is over cuts the file there.
 */
#include "../fuzz.h"
#include "base/file.h"
#include "base/str.h"
#include "core/journal.h"
#include <fcntl.h>
#include <unistd.h>

static struct buf good = BUF_INIT;
static char path[128];

static void fill(struct journal *j)
{
    struct err e = { 0 };
    char names[200][32];
    struct journal_found rows[200];
    for (size_t i = 0; i < 200; i++) {
        snprintf(names[i], sizeof names[i], "/v/f%03zu.jpg", i);
        rows[i] = (struct journal_found){ .path = names[i], .size = i, .modified_ms = 1000, .candidate = true };
    }
    FUZZ_HOLDS(journal_found_put(j, rows, 200, &e) == 0);
    for (int64_t i = 1; i <= 200; i++) {
        struct journal_change c = { .id = i, .to = (enum journal_state)(i % JOURNAL_STATES), .input_id = names[i - 1] + 3, .code = "X", .reason = "why" };
        FUZZ_HOLDS(journal_apply(j, &c, 1, &e) == 0);
    }
    FUZZ_HOLDS(journal_put(j, "state", "running", &e) == 0 && journal_left_add(j, "file", "/Volumes/a", &e) == 0 && journal_line_add(j, "{}", &e) == 0);
    struct journal_remote r = { .input_id = (char *)(uintptr_t)"f001", .source = (char *)(uintptr_t)"/v/f001.jpg", .code = 30000 };
    FUZZ_HOLDS(journal_remote_put(j, JOURNAL_OF_APP, 1, &r, 1, NULL, &e) == 0);
}

static void prepare(void)
{
    struct journal *j;
    struct err e = { 0 };
    snprintf(path, sizeof path, "%s/journal.db", fuzz_folder());
    FUZZ_HOLDS(journal_open(fuzz_folder(), true, &j, &e) == 0);
    fill(j);
    journal_close(j);
    FUZZ_HOLDS(file_read(path, 8 << 20, &good, &e) == 0);
}

/* Answers may be anything; they must be owned texts that can be freed. */
static void use(struct journal *j, bool writer)
{
    struct err e = { 0 };
    struct journal_query q = { .limit = 50, .with_remote = true };
    struct journal_item *items = NULL;
    struct journal_remote remote = { 0 };
    struct str_list kinds = { 0 }, ids = { 0 };
    size_t n = 0;
    if (journal_read(j, &q, &items, &n, &e) == 0) {
        for (size_t i = 0; i < n; i++) FUZZ_HOLDS(items[i].key && items[i].state < JOURNAL_STATES && journal_state_name(items[i].state));
        journal_items_free(items, n);
    }
    if (journal_remote_get(j, "f001", &remote, &e) == 1) journal_remote_release(&remote);
    free(journal_get(j, "state"));
    journal_left(j, &kinds, &ids, &e);
    str_list_release(&kinds);
    str_list_release(&ids);
    if (!writer) return;
    struct journal_change c = { .id = 7, .to = JOURNAL_FAILED, .code = "X", .reason = "why" };
    journal_recover(j, &e);
    journal_apply(j, &c, 1, &e);
    journal_reset_failed(j, NULL, &e);
}

static size_t write_edited(const uint8_t *data, size_t n)
{
    char *bytes = malloc(good.len);
    size_t size = good.len;
    FUZZ_HOLDS(bytes);
    memcpy(bytes, good.data, good.len);
    for (size_t i = 0; i + 5 <= n && i < 200; i += 5) {
        uint32_t at = (uint32_t)data[i] << 24 | (uint32_t)data[i + 1] << 16 | (uint32_t)data[i + 2] << 8 | data[i + 3];
        bytes[at % good.len] = (char)data[i + 4];
        if (n % 5 == 1 && i + 10 > n) size = at % good.len;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FUZZ_HOLDS(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
    free(bytes);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct journal *j = NULL;
    struct err e = { 0 };
    char beside[160];
    if (!path[0]) prepare();
    for (int writer = 0; writer < 2; writer++) {
        write_edited(data, n);
        for (int i = 0; i < 2; i++) {
            snprintf(beside, sizeof beside, "%s%s", path, i ? "-wal" : "-shm");
            unlink(beside);
        }
        int r = writer ? journal_open(fuzz_folder(), false, &j, &e) : journal_open_view(fuzz_folder(), &j, &e);
        FUZZ_HOLDS(r == 0 || (e.code != ERR_NONE && e.cause[0]));
        if (r) continue;
        use(j, writer);
        journal_close(j);
    }
    return 0;
}
