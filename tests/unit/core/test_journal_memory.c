/* The first, second, … allocation of each use of a journal fails: no crash, nothing leaked, and what was called done is in the file, what was not is not. */
#include "../allocations.h"
#ifndef ALLOCATIONS_OWNED
int main(void) { return ALLOCATIONS_SKIPPED("the sanitizers own the allocator") < 0; }
#else
#include "base/file.h"
#include "core/journal_annotations.h"
#include "core/plan.h"
#include "core/report.h"
#include <unistd.h>

/* Nothing here outlives the process: syncing would take all the time. */
int fsync(int fd) { (void)fd; return 0; }
int fdatasync(int fd) { (void)fd; return 0; }

static char folder[64];
static struct journal *j;
static struct buf out = BUF_INIT;
static struct journal_item *items;
static size_t item_count;
static struct str_list first, second;
static char *text;

static void remove_all(void)
{
    struct err e;
    file_remove_tree(folder, &e);
    assert_int_equal(file_make_dirs(folder, &e), 0);
}

static const struct journal_found two[] = {
    { .path = "/v/a.jpg", .size = 10, .modified_ms = 1, .candidate = true, .source = "s#1", .detail = "{\"url\":\"https://h/a\"}", .sha256 = "aa" },
    { .path = "/v/b.txt", .size = 20, .modified_ms = 2, .candidate = true, .skip_code = "no_picture", .skip_reason = "text" },
};
static const struct journal_remote seen[] = {
    { .input_id = (char *)"a", .source = (char *)"s#1", .sha256 = (char *)"aa", .size = 10, .modified_ms = 1, .in_dataset = true, .code = 30000,
      .status = (char *)"done", .created_us = 5, .json = (char *)"{\"id\":\"a\"}" },
    { .input_id = (char *)"theirs", .in_dataset = true, .code = 30000, .status = (char *)"done", .created_us = 6, .json = (char *)"{\"id\":\"theirs\"}" },
};

/* A new journal with two items and two inputs that Clarifai showed; made once, then copied. */
static struct buf model = BUF_INIT;

static void make_model(const char *path)
{
    struct err e;
    remove_all();
    assert_int_equal(journal_open(folder, true, &j, &e), 0);
    assert_int_equal(journal_found_put(j, two, 2, &e), 0);
    assert_int_equal(journal_remote_put(j, JOURNAL_OF_DATASET, 1, seen, 2, NULL, &e), 0);
    assert_int_equal(journal_left_add(j, "context", "c1", &e), 0);
    assert_int_equal(journal_line_add(j, "{\"type\":\"plan\"}", &e), 0);
    assert_int_equal(journal_put(j, "gate", "1", &e), 0);
    journal_close(j);
    assert_int_equal(file_read(path, 1 << 24, &model, &e), 0);
}
static void lay_out(void)
{
    struct err e;
    char path[128];
    snprintf(path, sizeof path, "%s/journal.db", folder);
    if (model.len == 0)
        make_model(path);
    remove_all();
    assert_int_equal(file_write_atomic(path, model.data, model.len, &e), 0);
}
static void begin(void)
{
    struct err e;
    lay_out();
    assert_int_equal(journal_open(folder, false, &j, &e), 0);
}
static void end(void)
{
    journal_items_free(items, item_count);
    items = NULL;
    item_count = 0;
    str_list_release(&first);
    str_list_release(&second);
    free(text);
    text = NULL;
    buf_release(&out);
    journal_close(j);
    j = NULL;
}

/* --- opening --- */

static int try_create(struct err *e) { return journal_open(folder, true, &j, e); }
static int try_open(struct err *e) { return journal_open(folder, false, &j, e); }
static int try_view(struct err *e) { return journal_open_view(folder, &j, e); }
static void none(void) { remove_all(); }
/* A journal that is rubbish, and beside it what is kept of one. */
static void rubbish(void)
{
    static const char kept[] = "{\"staging.at\":\"/Volumes/a/b/c\",\"left\":{\"c2\":\"context\"}}";
    struct err e;
    char path[128];
    remove_all();
    snprintf(path, sizeof path, "%s/journal.db", folder);
    assert_int_equal(file_write_atomic(path, "rubbish", 7, &e), 0);
    snprintf(path, sizeof path, "%s/kept.json", folder);
    assert_int_equal(file_write_atomic(path, kept, sizeof kept - 1, &e), 0);
}
static int try_again(struct err *e)
{
    static const struct journal_fact facts[] = {{"rebuilt", "1"}};
    return journal_make_again(folder, facts, 1, &j, e);
}
static void whole_or_none(bool done)
{
    struct err e;
    assert_int_equal(j != NULL, done);
    if (!done && journal_open(folder, false, &j, &e) != 0) {
        assert_true(e.code == ERR_NOT_FOUND || str_eq(e.api_code, "JOURNAL_DAMAGED"));
        assert_int_equal(try_again(&e), 0);
    }
    assert_true(journal_has(j, "rebuilt") && journal_has(j, "staging.at"));
    assert_int_equal(journal_left(j, &first, &second, &e), 0);
    assert_int_equal(first.count, 1);
}
static void usable(bool done)
{
    struct err e;
    assert_int_equal(j != NULL, done);
    if (!done)
        return;
    assert_int_equal(journal_put(j, "k", "v", &e), 0);
    text = journal_get(j, "k");
    assert_string_equal(text, "v");
}
static void knows_two(bool done)
{
    assert_int_equal(j != NULL, done);
    if (done)
        assert_int_equal(journal_count(j, JOURNAL_BIT(JOURNAL_LISTED) | JOURNAL_BIT(JOURNAL_SKIPPED)), 2);
}

/* --- writing: all of it or nothing --- */

static const struct journal_found more[] = {
    { .path = "/v/c.jpg", .size = 30, .modified_ms = 3, .candidate = true },
    { .path = "/v/d", .is_folder = true },
    { .path = "/v/e.jpg", .size = 50, .modified_ms = 5, .candidate = true, .fail_code = "empty", .fail_reason = "the file is empty" },
};
static int try_found(struct err *e) { return journal_found_put(j, more, 3, e); }
static int64_t listed(void)
{
    struct err e;
    int64_t count = -1;
    uint64_t bytes;
    assert_int_equal(journal_tally(j, 0, 0, &count, &bytes, &e), 0);
    return count;
}
static void found(bool done)
{
    int64_t count = listed(), known = journal_count(j, ~0u);
    assert_int_equal(count, done ? 4 : 2);
    assert_int_equal(known, count);
}

static const struct journal_remote third = { .input_id = (char *)"third", .source = (char *)"s#3", .in_dataset = true, .code = 30000, .status = (char *)"x" };
static int try_remote(struct err *e) { return journal_remote_put(j, JOURNAL_OF_DATASET, 1, &third, 1, NULL, e); }
static void remote(bool done)
{
    struct err e;
    struct journal_remote got;
    int known = journal_remote_get(j, "third", &got, &e);
    assert_int_equal(known, done);
    if (known == 1)
        journal_remote_release(&got);
}

static int try_apply(struct err *e)
{
    const struct journal_change changes[] = {
        { .id = 1, .to = JOURNAL_SENT, .input_id = "a", .attempt = true, .set_action = true, .action = JOURNAL_SEND },
        { .id = 2, .to = JOURNAL_FAILED, .code = "x", .reason = "because" },
    };
    return journal_apply(j, changes, 2, e);
}
static void applied(bool done)
{
    assert_int_equal(journal_count(j, JOURNAL_BIT(JOURNAL_SENT)), done);
    assert_int_equal(journal_count(j, JOURNAL_BIT(JOURNAL_FAILED)), done);
}

static int try_put(struct err *e) { return journal_put(j, "fact", "value", e); }
static void put(bool done)
{
    text = journal_get(j, "fact");
    if (done)
        assert_string_equal(text, "value");
    else
        assert_null(text);
}
static int try_adopt(struct err *e) { return journal_adopt_ids(j, e); }
static int try_recover(struct err *e) { return journal_recover(j, e); }
static int try_cancel(struct err *e)
{
    int64_t count;
    return journal_move_all(j, JOURNAL_BIT(JOURNAL_LISTED), JOURNAL_CANCELLED, "cancelled", &count, e);
}
static void moved(bool done) { assert_int_equal(journal_count(j, JOURNAL_BIT(JOURNAL_CANCELLED)) > 0, done); }
static int try_left_add(struct err *e) { return journal_left_add(j, "statement", "s1", e); }
static void left_added(bool done)
{
    struct err e;
    assert_int_equal(journal_left(j, &first, &second, &e), 0);
    assert_int_equal(first.count, done ? 2 : 1);
}
static int try_plan(struct err *e)
{
    struct run_plan p;
    plan_init(&p);
    plan_note(&p, "a sentence");
    return plan_keep(j, "plan", &p, e);
}
static void plan_kept(bool done) { assert_int_equal(journal_has(j, "plan"), done); }

static const struct journal_annotation note = { (char *)"a", (char *)"n1", (char *)"{\"x\":1}" };
static int try_annotations(struct err *e) { return journal_annotations_put(j, 1, &note, 1, e); }
static void annotated(bool done)
{
    struct err e;
    int64_t count = -1;
    assert_int_equal(journal_annotations_count(j, &count, &e), 0);
    assert_int_equal(count, done);
}
static int try_inputs_plan(struct err *e) { return journal_inputs_plan(j, 1, NULL, e); }
static void inputs_planned(bool done) { assert_true(!done || journal_count(j, JOURNAL_BIT(JOURNAL_PLANNED)) == 2); }   /* two transactions */
static const struct journal_picture picture = { "a", "a.jpg", 7 };
static int try_picture(struct err *e) { return journal_pictures_put(j, JOURNAL_PICTURES, &picture, 1, e); }
static void pictured(bool done)
{
    struct err e;
    uint64_t size = 0;
    assert_int_equal(journal_picture_get(j, JOURNAL_PICTURES, "a", &text, &size, &e), done);
}
static const struct journal_concept concept = { (char *)"c-1", (char *)"cat" };
static int try_concept(struct err *e) { return journal_concepts_put(j, &concept, 1, e); }
static void has_concept(bool done)
{
    struct err e;
    assert_int_equal(journal_concept_taken(j, "c-1", &e), done);
}

/* --- reading: whole or refused --- */

static int try_read(struct err *e)
{
    const struct journal_query q = { .with_remote = true, .claim = true, .limit = 10 };
    return journal_read(j, &q, &items, &item_count, e);
}
static void read_whole(bool done)
{
    if (!done)
        return;
    assert_int_equal(item_count, 2);
    assert_string_equal(items[0].key, "/v/a.jpg");
    assert_string_equal(items[0].source, "s#1");
    assert_string_equal(items[0].sha256, "aa");
    assert_string_equal(items[1].reason, "text");
}
static int try_detail(struct err *e)
{
    text = journal_item_detail(j, 1, e);
    return text ? 0 : -1;
}
static void detail_whole(bool done)
{
    if (done)
        assert_string_equal(text, "{\"url\":\"https://h/a\"}");
}
static int try_remote_get(struct err *e)
{
    struct journal_remote got;
    int known = journal_remote_get(j, "a", &got, e);
    if (known < 0)
        return -1;
    if (known != 1 || !str_eq(got.source, "s#1") || !str_eq(got.status, "done"))
        fail_msg("an input that was seen is called unknown or comes in parts");
    journal_remote_release(&got);
    return 0;
}
static int try_taken(struct err *e)
{
    enum journal_taken taken = JOURNAL_FREE;
    if (journal_id_taken(j, "theirs", 1, &taken, e) != 0)
        return -1;
    assert_int_equal(taken, JOURNAL_TAKEN_BY_FOREIGN);
    return 0;
}
/* What is there is never called absent; who asked without a third end changes nothing by it. */
static int try_find(struct err *e)
{
    int known = journal_find(j, "gate", &text, e);
    if (known == 0 || (known == 1 && !str_eq(text, "1")))
        fail_msg("a fact that is there is called absent or comes in parts");
    return known < 0 ? -1 : 0;
}
static int try_decide(struct err *e)
{
    text = journal_get(j, "gate");
    bool has = journal_has(j, "gate");
    int64_t number = journal_get_i64(j, "gate", 7);
    return journal_put(j, "decided", text && has && number == 1 ? "by it" : "without it", e);
}
static void decided(bool done)
{
    char *by = journal_get(j, "decided");
    if (by ? !str_eq(by, "by it") : done)
        fail_msg("it was decided %s", by ? by : "and not recorded");
    free(by);
}
static int try_left(struct err *e) { return journal_left(j, &first, &second, e); }
static void left_whole(bool done) { assert_true(!done || (first.count == 1 && second.count == 1 && str_eq(second.items[0], "c1"))); }
static int try_lines(struct err *e) { return journal_lines(j, &first, e); }
static void lines_whole(bool done) { assert_true(!done || (first.count == 1 && str_eq(first.items[0], "{\"type\":\"plan\"}"))); }
static int try_ids(struct err *e) { return journal_inputs_ids(j, 1, true, NULL, 10, &first, e); }
static void ids_whole(bool done) { assert_true(!done || (first.count == 2 && str_eq(first.items[1], "theirs"))); }
static int try_inputs(struct err *e)
{
    struct journal_remote *rows = NULL;
    size_t n = 0;
    int rc = journal_inputs_read(j, 1, NULL, 10, &rows, &n, e);
    if (rc == 0 && (n != 2 || !str_eq(rows[1].json, "{\"id\":\"theirs\"}")))
        fail_msg("%zu inputs were read instead of 2, or in parts", n);
    if (rc == 0)
        journal_inputs_free(rows, n);
    return rc;
}

static int try_report(struct err *e)
{
    cJSON *summary = report_line("summary", "import-1");
    int rc = summary ? report_write(j, "import-1", folder, summary, e) : err_no_memory(e);
    cJSON_Delete(summary);
    return rc;
}
static void report_whole(bool done)
{
    char path[128];
    struct err e;
    int lines = 0;
    snprintf(path, sizeof path, "%s/report.jsonl", folder);
    if (!done)
        return;                       /* an older one, a whole one, or none */
    assert_int_equal(file_read(path, 1 << 16, &out, &e), 0);
    for (size_t i = 0; i < out.len; i++)
        lines += out.data[i] == '\n';
    assert_int_equal(lines, 4);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    /* SQLite and vasprintf do without some of their memory: each check proves that nothing is missing then. */
#define CASE(word, check_of) { .name = #word, .work = try_##word, .check = check_of, .begin = begin, .end = end, .may_pass = true }
    static const struct allocations_case cases[] = {
        { .name = "create", .work = try_create, .check = usable, .begin = none, .end = end, .may_pass = true },
        { .name = "again", .work = try_again, .check = whole_or_none, .begin = rubbish, .end = end, .may_pass = true },
        { .name = "open", .work = try_open, .check = knows_two, .begin = lay_out, .end = end, .may_pass = true },
        { .name = "view", .work = try_view, .check = knows_two, .begin = lay_out, .end = end, .may_pass = true },
        CASE(found, found), CASE(remote, remote), CASE(apply, applied), CASE(put, put), CASE(adopt, NULL), CASE(recover, NULL), CASE(cancel, moved),
        CASE(left_add, left_added), CASE(plan, plan_kept), CASE(annotations, annotated), CASE(inputs_plan, inputs_planned), CASE(picture, pictured),
        CASE(concept, has_concept), CASE(read, read_whole), CASE(detail, detail_whole), CASE(remote_get, NULL), CASE(taken, NULL), CASE(find, NULL), CASE(decide, decided), CASE(left, left_whole),
        CASE(lines, lines_whole), CASE(ids, ids_whole), CASE(inputs, NULL), CASE(report, report_whole),
    };
    allocations_all(cases, sizeof cases / sizeof *cases);
}

int main(void) { return allocations_main(each_allocation_fails_once, folder, sizeof folder, NULL); }
#endif
