/* What an import from S3 means, against a world in memory: rows the compute wrote become inputs, each once, also after kills. */
#include "import_world.h"
#include "core/journal.h"

#define ROWS 260
#define URL "s3://lab/cars.csv"

struct shared { char folder[200]; int unloads, rows, lose_unloads; bool short_part; int read[8]; /* of each file: times it was asked for */ };
static struct shared *shared;

/* --- the compute and its folder --- */

static void put_line(struct buf *out, int row)
{
    char id[40], url[80];
    snprintf(id, sizeof id, row == 10 ? "row 10" : row == 40 ? "row-1" : row == 70 ? "foreign" : "row-%d", row);
    snprintf(url, sizeof url, row == 20 ? "car.jpg" : row == 50 ? "https://h/BAD" : row == 60 ? "https://h/POISON" : "https://h/%d.jpg", row);
    buf_printf(out, "{\"row\":%d,\"inputid\":\"%s\",\"input\":\"%s\",\"concepts\":%s,\"metadata\":\"{'n': %d}\",\"geopoints\":null,\"broken\":%s}\n", row - 1, id,
               url, row % 3 ? "null" : "\"cat, c-9\"", row, row == 30 ? "true" : "false");
}

static void one_row(struct compute_rows *rows, const char *const names[][2], size_t n)
{
    rows->column_count = n;
    rows->row_count = 1;
    rows->columns = calloc(n, sizeof *rows->columns);
    rows->cells = calloc(n, sizeof *rows->cells);
    for (size_t i = 0; i < n; i++) {
        rows->columns[i].name = str_dup(names[i][0]);
        rows->cells[i] = str_dup(names[i][1]);
    }
}

static int statement(const char *text, struct compute_rows *rows, struct err *e)
{
    char count[16];
    snprintf(count, sizeof count, "%d", shared->rows);
    if (strstr(text, "text.`" URL))
        one_row(rows, (const char *const[][2]){{"value", "inputid,input,concepts,metadata,geopoints"}}, 1);
    else if (str_starts(text, "SELECT count(*)"))
        one_row(rows, (const char *const[][2]){{"n", count}, {"ids", count}, {"broken", "1"}}, 3);
    else if (str_starts(text, "SELECT count(DISTINCT row)"))
        one_row(rows, (const char *const[][2]){{"n", count}}, 1);
    else if (str_starts(text, "SELECT ") && strstr(text, "read_files("))
        one_row(rows, (const char *const[][2]){{"inputid", "row-1"}, {"input", "https://h/1.jpg"}}, 2);
    else if (!str_starts(text, "INSERT OVERWRITE DIRECTORY"))
        return 1;
    else {
        const char *folder = strchr(text, '\'') + 1;
        snprintf(shared->folder, sizeof shared->folder, "%.*s", (int)strcspn(folder, "'"), folder);
        shared->unloads++;
        if (shared->lose_unloads > 0 && shared->lose_unloads--)
            return err_set(e, ERR_UNKNOWN, "the answer was lost");
    }
    return 0;
}

static const struct { const char *name; int from, to; } files[] = {
    {"_SUCCESS", 0, 0}, {"_started_7", 0, 0}, {"part-00000-tid-7-c1000.json", 101, 200}, {"part-00000-tid-6-c000.json", 1, 30},
    {"part-00000-tid-7-c1001.json", 201, ROWS}, {"part-00000-tid-7-c999.json", 1, 100}, {"_committed_7", 0, 0},
};

static int folder(const char *path, databricks_file_each each, void *ctx, struct err *e)
{
    int result = 0;
    if (!shared->folder[0] || !str_eq(path, shared->folder))
        return 1;
    for (size_t i = 0; i < sizeof files / sizeof *files && result == 0; i++) {
        char *full = str_printf("%s/%s", path, files[i].name);
        result = each(ctx, &(struct databricks_file){.path = full, .name = files[i].name, .size = 1}, e);
        free(full);
    }
    return result;
}

static char *content(const char *path)
{
    struct buf out = BUF_INIT;
    const char *name = strrchr(path, '/') + 1;
    if (!shared->folder[0] || !str_starts(path, shared->folder))
        return NULL;
    if (str_eq(name, "_committed_7"))
        buf_puts(&out, "{\"added\":[\"part-00000-tid-7-c1000.json\",\"part-00000-tid-7-c1001.json\",\"part-00000-tid-7-c999.json\"],\"removed\":[]}");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        shared->read[i] += str_eq(name, files[i].name);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        for (int row = files[i].from; str_eq(name, files[i].name) && row && row <= files[i].to - shared->short_part; row++)
            put_line(&out, row);
    if (out.len && out.data[out.len - 1] == '\n' && str_eq(name, "part-00000-tid-7-c1001.json"))
        buf_cut(&out, out.len - 1);          /* a last line without an end */
    char *text = buf_take(&out);
    return text ? text : str_dup("");
}

/* --- runs --- */

static void ask_s3(struct ask *a)
{
    static const char *const options[][2] = {{"url", URL}, {"format", "csv"}, {"app", "lab-user/traffic"}, {"dataset", "ds"}, {"table", "main.vision.t"},
                                             {"yes", "true"}, {"create-dataset", "true"}};
    struct err e = {0};
    *a = (struct ask){.verb = ASK_IMPORT_S3};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        assert_int_equal(ask_set(a, options[i][0], options[i][1], &e), 0);
}

static void fill_world(void)
{
    if (!shared)
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    memset(shared, 0, sizeof *shared);
    shared->rows = ROWS;
    world_statement = statement;
    world_folder = folder;
    world_content = content;
    world_ask = ask_s3;
    world_new();
    add_foreign("foreign");
}

static cJSON *last_plan, *last_summary;
static char last_error[700];

static void collect(void *ctx, const cJSON *line)
{
    const char *type = json_str(line, "type");
    cJSON **slot = str_eq(type, "plan") ? &last_plan : str_eq(type, "summary") ? &last_summary : NULL;
    (void)ctx;
    if (str_eq(type, "error"))
        snprintf(last_error, sizeof last_error, "%s", json_str_or(line, "cause", ""));
    if (!slot)
        return;
    cJSON_Delete(*slot);
    *slot = cJSON_Duplicate(line, true);
}

static void forget(void)
{
    cJSON_Delete(last_plan);
    cJSON_Delete(last_summary);
    last_plan = last_summary = NULL;
    last_error[0] = '\0';
}

static int64_t number(const cJSON *line, const char *key)
{
    int64_t n = -1;
    json_i64(line, key, &n);
    return n;
}

static int run_s3(const char *option, const char *value)
{
    struct run_hooks hooks = {.emit = collect};
    struct err e = {0};
    char id[40];
    forget();
    create_run(option, value, id);
    return execute_run(id, &hooks, NULL, &e);
}

#define GOOD (ROWS - 7) /* rows 10, 20, 30, 40, 50, 60, 70 are not */

static void imports_and_does_nothing_twice(void **state)
{
    (void)state;
    fill_world();
    assert_int_equal(run_s3(NULL, NULL), 3);
    assert_int_equal(number(last_plan, "new"), ROWS - 1);
    assert_int_equal(number(last_plan, "failed"), 1);
    assert_int_equal(number(last_summary, "planned"), ROWS);
    assert_int_equal(number(last_summary, "verified"), GOOD);
    assert_int_equal(number(last_summary, "failed"), 6);
    assert_int_equal(number(last_summary, "conflict"), 1);
    assert_int_equal(number(last_summary, "rows"), ROWS);
    assert_int_equal(w->commits, 1);
    assert_int_equal(w->made_volumes + w->staged_folders, 0);
    assert_non_null(strstr(find_input("row-3")->metadata, "\"source\":\"" URL "#row-3\""));
    assert_non_null(strstr(find_input("row-3")->metadata, "\"n\":3"));
    assert_null(find_input("row 10"));
    assert_non_null(strstr(find_input("foreign")->metadata, "somebody"));
    int posts = w->posts;
    char *before = world_picture();
    assert_int_equal(run_s3(NULL, NULL), 3);
    assert_int_equal(number(last_plan, "present"), GOOD + 1);     /* with the one that Clarifai could not use */
    assert_int_equal(number(last_summary, "present"), GOOD);
    assert_int_equal(number(last_summary, "verified"), 0);
    assert_int_equal(w->posts - posts, 1);                        /* the poisoned row, once more */
    char *after = world_picture();
    assert_string_equal(before, after);
    assert_int_equal(w->commits, 1);
    free(before);
    free(after);
}

/* Also one that is longer than the ids that this program makes. */
static void a_concept_keeps_its_whole_id(void **state)
{
    static const char id[] = "a-concept-that-somebody-made-by-other-means-with-an-id-of-more-than-sixty-three-bytes";
    char wanted[160];
    (void)state;
    fill_world();
    world_concept = (struct clarifai_concept){id, "cat"};
    assert_int_equal(run_s3(NULL, NULL), 3);
    world_concept = (struct clarifai_concept){NULL, NULL};
    snprintf(wanted, sizeof wanted, "{\"id\":\"%s\",\"name\":\"cat\"", id);
    const struct world_input *in = find_input("row-3");
    assert_non_null(in);
    if (!strstr(in->concepts, wanted) || !strstr(in->concepts, "{\"id\":\"c-9\""))
        fail_msg("%s", in->concepts);
}

static void a_dry_run_reads_and_changes_nothing(void **state)
{
    (void)state;
    fill_world();
    assert_int_equal(run_s3("dry-run", "true"), 0);
    assert_int_equal(number(last_plan, "candidates"), ROWS);
    assert_null(last_summary);
    assert_false(w->dataset || w->table || w->made_volumes || w->staged_folders || shared->unloads);
    assert_int_equal(w->posts, 0);
}

static void conflicts_are_handled_as_asked(void **state)
{
    (void)state;
    fill_world();
    assert_int_equal(run_s3("on-conflict", "fail"), 1);
    assert_non_null(strstr(last_error, "1 of the rows"));
    assert_int_equal(w->posts, 0);
    assert_int_equal(run_s3("on-conflict", "suffix"), 3);
    assert_int_equal(number(last_summary, "conflict"), 0);
    assert_int_equal(number(last_summary, "verified"), GOOD + 1);
    assert_int_equal(run_s3(NULL, NULL), 3);
    assert_int_equal(number(last_summary, "present"), GOOD + 1);
}

static void a_lost_unload_is_made_again_elsewhere(void **state)
{
    (void)state;
    fill_world();
    shared->lose_unloads = 2;
    assert_int_equal(run_s3(NULL, NULL), 3);
    assert_int_equal(shared->unloads, 3);
    assert_int_equal(number(last_summary, "verified"), GOOD);
}

static void rows_that_are_not_there_are_noticed(void **state)
{
    (void)state;
    fill_world();
    shared->short_part = true;
    assert_int_equal(run_s3(NULL, NULL), 1);
    assert_non_null(strstr(last_error, "260 rows"));
    assert_int_equal(w->posts, 0);
}

/* Killed when the n-th part is in the journal, and gone on with: what was read whole is not asked for again, the rest once. */
static void a_part_is_read_once(void **state)
{
    (void)state;
    for (int parts = 1; parts <= 3; parts++) {
        char id[40], at[48];
        fill_world();
        create_run(NULL, NULL, id);
        snprintf(at, sizeof at, "point.rows:%d", parts);
        assert_int_equal(execute_child(id, at), -SIGKILL);
        int before = 0, all = 0;
        for (size_t i = 0; i < sizeof files / sizeof *files; i++)
            before += files[i].to > 30 ? shared->read[i] : 0;
        assert_int_equal(before, parts);
        assert_int_equal(execute_child(id, NULL), 3);
        for (size_t i = 0; i < sizeof files / sizeof *files; i++)
            if (files[i].to > 30) {
                if (shared->read[i] != 1)
                    fail_msg("killed behind part %d: %s was read %d times", parts, files[i].name, shared->read[i]);
                all++;
            }
        assert_int_equal(all, 3);
        assert_int_equal(shared->unloads, 1);
    }
}

static void ends_the_same_after_every_kill(void **state)
{
    static const struct { const char *at; int times; } points[] = {
        {"point.ran", 5},    {"point.rows", 3},    {"failed", 3},      {"planned", 1},      {"conflict", 1},  {"sent", 2},        {"accepted", 2},
        {"point.staged", 2}, {"point.answered", 3}, {"verified", 1},   {"stage.look", 1},   {"stage.plan", 1}, {"stage.read", 1},  {"stage.send", 1},
        {"stage.settle", 1}, {"stage.verify", 1},  {"stage.table", 1}, {"stage.finish", 1}, {"point.statement", 6},
    };
    char id[40], at[48];
    (void)state;
    fill_world();
    w->lose_post_every = 2;
    create_run(NULL, NULL, id);
    int want = execute_child(id, NULL);
    char *picture = world_picture();
    assert_int_equal(want, 3);
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int n = 1; n <= points[i].times; n++) {
            fill_world();
            w->lose_post_every = 2;
            create_run(NULL, NULL, id);
            snprintf(at, sizeof at, "%s:%d", points[i].at, n);
            int first = execute_child(id, at);
            if (first != -SIGKILL)
                fail_msg("%s was not reached (%d)", at, first);
            int second = execute_child(id, NULL);
            char *now = world_picture();
            if (second != want || strcmp(picture, now) != 0 || w->commits > 1 || w->made_volumes || w->staged_folders) {
                print_error("killed at %s: exit %d, %d commits, %d %d left\n", at, second, w->commits, w->made_volumes, w->staged_folders);
                print_error("--- want\n%s--- have\n%s", picture, now);
                fail();
            }
            free(now);
        }
    free(picture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_and_does_nothing_twice),        cmocka_unit_test(a_dry_run_reads_and_changes_nothing),
        cmocka_unit_test(a_concept_keeps_its_whole_id),
        cmocka_unit_test(conflicts_are_handled_as_asked),        cmocka_unit_test(a_lost_unload_is_made_again_elsewhere),
        cmocka_unit_test(rows_that_are_not_there_are_noticed),   cmocka_unit_test(ends_the_same_after_every_kill),
        cmocka_unit_test(a_part_is_read_once),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    forget();
    world_end();
    return failed;
}
