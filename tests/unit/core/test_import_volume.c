/* What an import from a volume means, against a world in memory. */
#include "import_world.h"
#include "core/journal.h"
#include "core/view.h"
#include <sys/stat.h>

struct lines { cJSON *plan, *summary; int items, errors; char last_error[400]; };

static void collect(void *ctx, const cJSON *line)
{
    struct lines *l = ctx;
    const char *type = json_str(line, "type");
    assert_non_null(json_str(line, "run"));
    assert_non_null(json_str(line, "time"));
    if (strcmp(type, "plan") == 0) {
        cJSON_Delete(l->plan);
        l->plan = cJSON_Duplicate(line, true);
    } else if (strcmp(type, "summary") == 0) {
        cJSON_Delete(l->summary);
        l->summary = cJSON_Duplicate(line, true);
    } else if (strcmp(type, "error") == 0) {
        l->errors++;
        snprintf(l->last_error, sizeof l->last_error, "%s", json_str_or(line, "cause", ""));
    }
    l->items += strcmp(type, "item") == 0;
}

static void release(struct lines *l)
{
    cJSON_Delete(l->plan);
    cJSON_Delete(l->summary);
    memset(l, 0, sizeof *l);
}

static int64_t number(const cJSON *line, const char *key)
{
    int64_t n = -1;
    json_i64(line, key, &n);
    return n;
}

static int import_with(const char *option, const char *value, struct lines *l, char id[40])
{
    struct run_hooks hooks = {.emit = collect, .ctx = l};
    struct err e = {0};
    create_run(option, value, id);
    return execute_run(id, &hooks, NULL, &e);
}

static struct lines l;
static char id[40];

static int fresh(void **state)
{
    (void)state;
    world_new();
    release(&l);
    return 0;
}

static void add_some(int n)
{
    char name[64];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "d%d/car-%03d.jpg", i % 5, i);
        add_picture(name, i);
    }
}

static void imports_and_does_nothing_twice(void **state)
{
    (void)state;
    add_some(200);
    add_file("notes.txt", "text");
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_int_equal(number(l.plan, "new"), 200);
    assert_int_equal(number(l.plan, "skipped"), 1);
    assert_int_equal(number(l.summary, "verified"), 200);
    assert_int_equal(number(l.summary, "planned"), 201);
    assert_int_equal(number(l.summary, "rows"), 200);
    assert_int_equal(w->posts, 2);
    assert_int_equal(w->commits, 1);
    char *before = world_picture();
    release(&l);
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_int_equal(number(l.plan, "new"), 0);
    assert_int_equal(number(l.summary, "present"), 200);
    assert_int_equal(w->posts, 2);
    assert_int_equal(w->reads, 200);
    assert_int_equal(w->commits, 1);
    char *after = world_picture();
    assert_string_equal(before, after);
    free(before);
    free(after);
    release(&l);
    for (int i = 0; i < 10; i++) {
        char name[40];
        snprintf(name, sizeof name, "d1/new-%d.jpg", i);
        add_picture(name, i);
    }
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_int_equal(number(l.plan, "new"), 10);
    assert_int_equal(w->post_items, 210);
    assert_int_equal(w->commits, 2);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    add_some(3);
    assert_int_equal(import_with("dry-run", "true", &l, id), 0);
    assert_int_equal(number(l.plan, "new"), 3);
    assert_null(l.summary);
    assert_false(w->dataset || w->table || w->made_volumes);
    assert_int_equal(w->posts + w->reads + w->starts + w->statements, 0);
}

static void first_of_twins_keeps_the_name_for_ever(void **state)
{
    (void)state;
    add_picture("b/car.jpg", 1);
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_non_null(find_input("car"));
    add_picture("a/car.jpg", 2);
    add_picture("a/bus.png", 3);
    add_picture("a/bus.jpg", 4);
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_non_null(strstr(find_input("car")->metadata, "/b/car.jpg"));
    assert_non_null(strstr(find_input("bus")->metadata, "/a/bus.jpg"));
    assert_int_equal(w->input_count, 4);
}

static void a_folder_that_cannot_be_listed_fails_alone(void **state)
{
    static const struct { enum err_code code; const char *api, *words; } ends[] = {
        { ERR_NOT_FOUND, "FOLDER_GONE", "went away" }, { ERR_FORBIDDEN, "FOLDER_FORBIDDEN", "lacks READ VOLUME" },
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct view_item *items = NULL;
        struct err e = {0};
        size_t n = 0;
        fresh(state);
        add_some(10);
        snprintf(w->closed_folder, sizeof w->closed_folder, ROOT "/d3");
        w->closed_code = ends[i].code;
        assert_int_equal(import_with(NULL, NULL, &l, id), 3);
        assert_int_equal(number(l.summary, "verified"), 8);
        assert_int_equal(number(l.summary, "failed"), 1);
        assert_int_equal(number(l.summary, "rows"), 8);
        assert_int_equal(view_items(id, "failed", 0, 10, &items, &n, &e), 0);
        assert_int_equal(n, 1);
        assert_string_equal(items[0].key, ROOT "/d3");
        assert_string_equal(items[0].code, ends[i].api);
        assert_non_null(strstr(items[0].reason, ends[i].words));
        view_items_free(items, n);
    }
    fresh(state);
    add_some(3);
    snprintf(w->closed_folder, sizeof w->closed_folder, ROOT);
    w->closed_code = ERR_FORBIDDEN;
    assert_int_equal(import_with(NULL, NULL, &l, id), 4);   /* the source itself: there is nothing to do without it */
    assert_int_equal(w->posts, 0);
}

static void foreign_ids_are_left_alone(void **state)
{
    (void)state;
    add_picture("car.jpg", 1);
    add_foreign("car");
    assert_int_equal(import_with(NULL, NULL, &l, id), 3);
    assert_int_equal(number(l.summary, "conflict"), 1);
    assert_int_equal(w->posts, 0);
    assert_non_null(strstr(find_input("car")->metadata, "somebody"));
    release(&l);
    w->table = false;
    assert_int_equal(import_with("on-conflict", "fail", &l, id), 1);
    assert_int_equal(l.errors, 1);
    assert_int_equal(w->posts, 0);
    release(&l);
    assert_int_equal(import_with("on-conflict", "suffix", &l, id), 0);
    assert_int_equal(w->input_count, 2);
    assert_int_equal(strncmp(w->inputs[1].id, "car-", 4), 0);
}

static void a_changed_file_is_a_conflict(void **state)
{
    (void)state;
    add_picture("touched.jpg", 1);
    add_picture("longer.jpg", 2);
    add_picture("other.jpg", 3);
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    int reads = w->reads;
    for (int i = 0; i < 3; i++)
        w->files[i].modified_ms += 5000;
    snprintf(w->files[1].bytes, sizeof w->files[1].bytes, "\xff\xd8\xff something longer than it was before");
    w->files[1].size = strlen(w->files[1].bytes);
    w->files[2].bytes[10] ^= 1;                       /* same length, other picture */
    release(&l);
    assert_int_equal(import_with(NULL, NULL, &l, id), 3);
    assert_int_equal(number(l.summary, "present"), 1);
    assert_int_equal(number(l.summary, "conflict"), 2);
    assert_int_equal(w->reads - reads, 2);            /* another length needs no reading */
    assert_int_equal(w->input_count, 3);
}

static void is_added_to_another_dataset(void **state)
{
    (void)state;
    add_some(5);
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    for (int i = 0; i < 3; i++)
        w->inputs[i].in_dataset = false;
    release(&l);
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_int_equal(number(l.plan, "add_to_dataset"), 3);
    assert_int_equal(number(l.summary, "present"), 5);
    assert_int_equal(w->posts, 1);
    for (int i = 0; i < 5; i++)
        assert_true(w->inputs[i].in_dataset);
}

static void bad_files_fail_alone(void **state)
{
    (void)state;
    add_some(40);
    add_file("poison.jpg", "\xff\xd8\xff POISON");
    add_file("bad.jpg", "\xff\xd8\xff BAD");
    add_file("empty.jpg", "");
    add_file("text.jpg", "just text");
    struct world_file *gone = add_file("gone.jpg", "\xff\xd8\xff gone"), *big = add_file("big.jpg", "\xff\xd8\xff big");
    struct world_file *moving = add_file("moving.jpg", "\xff\xd8\xff moving");
    big->size = (uint64_t)20 << 20;
    gone->size = 7;
    moving->changed_after_listing = true;
    assert_int_equal(import_with(NULL, NULL, &l, id), 3);
    assert_int_equal(number(l.plan, "failed"), 2);                  /* empty, big: known from the listing */
    assert_int_equal(number(l.summary, "verified"), 42);            /* gone.jpg was listed with a wrong size, moving.jpg grew: read again */
    assert_int_equal(number(l.summary, "failed"), 4);
    assert_int_equal(number(l.summary, "skipped"), 1);
    assert_int_equal(number(l.summary, "rows"), 47);
    assert_int_equal(l.items, 5);
    assert_null(find_input("poison"));
}

static void lost_answers_are_read(void **state)
{
    (void)state;
    add_some(300);
    w->lose_post_every = 1;
    w->lose_statement = 1;
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_int_equal(number(l.summary, "verified"), 300);
    assert_int_equal(w->input_count, 300);
    assert_int_equal(w->posts, 3);
    assert_int_equal(w->commits, 1);
    assert_int_equal(number(l.summary, "commits"), 1);
}

static void waits_out_maintenance(void **state)
{
    (void)state;
    add_some(200);
    w->down_from = 1;
    w->down_to = 6;
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    assert_int_equal(number(l.summary, "verified"), 200);
    assert_int_equal(number(l.summary, "failed"), 0);
    assert_true(l.errors >= 1);
}

static void gives_up_resumably(void **state)
{
    struct err e = {0};
    struct run_hooks hooks = {.emit = collect, .ctx = &l};
    (void)state;
    add_some(100);
    w->auth_gone = true;
    world_give_up = "200ms";
    assert_int_equal(import_with(NULL, NULL, &l, id), 4);
    world_give_up = "60s";
    assert_int_equal(number(l.summary, "failed"), 0);
    assert_int_equal(w->input_count, 0);
    w->auth_gone = false;
    assert_int_equal(execute_run(id, &hooks, NULL, &e), 0);
    assert_int_equal(w->input_count, 100);
}

static void an_input_that_is_not_listed_is_unaccounted(void **state)
{
    (void)state;
    add_some(10);
    w->hide_input = true;
    assert_int_equal(import_with(NULL, NULL, &l, id), 3);
    assert_int_equal(number(l.summary, "unaccounted"), 1);
    assert_int_equal(number(l.summary, "verified"), 9);
}

static void tables_that_exist_are_guarded(void **state)
{
    (void)state;
    add_some(3);
    w->table = true;
    assert_int_equal(import_with(NULL, NULL, &l, id), 1);
    assert_int_equal(w->posts, 0);
    assert_non_null(strstr(l.last_error, "exists"));
    assert_int_equal(import_with("if-exists", "append", &l, id), 1);       /* nothing says whose rows it holds */
    assert_int_equal(import_with("if-exists", "replace", &l, id), 0);
    assert_int_equal(w->commits, 1);
    assert_int_equal(import_with("if-exists", "fail", &l, id), 1);         /* said aloud, it holds for one's own table, too */
    assert_int_equal(import_with("if-exists", "append", &l, id), 0);
    assert_int_equal(w->commits, 1);
}

static void a_missing_dataset_is_made_only_when_asked(void **state)
{
    (void)state;
    add_some(2);
    assert_int_equal(import_with("create-dataset", "false", &l, id), 1);
    assert_false(w->dataset);
    assert_int_equal(w->posts, 0);
}

static int say_no(void *ctx, const struct run_plan *plan)
{
    (void)ctx;
    assert_int_equal(plan->new_items, 2);
    return 0;
}

static void the_gate_holds(void **state)
{
    struct run_hooks hooks = {.gate = say_no};
    struct err e = {0};
    char latest[40];
    (void)state;
    add_some(2);
    create_run("yes", "false", id);
    assert_int_equal(execute_run(id, &hooks, NULL, &e), 2);
    assert_int_equal(w->posts, 0);
    assert_false(w->dataset);
    struct str_list spoiled = {0};
    assert_int_equal(run_latest_unfinished(latest, &spoiled, &e), 0);
    assert_int_equal(spoiled.count, 0);
    assert_string_equal(latest, id);
}

static void a_stop_is_resumable(void **state)
{
    struct err e = {0};
    volatile int stop = 1;
    (void)state;
    add_some(50);
    create_run(NULL, NULL, id);
    assert_int_equal(execute_run(id, NULL, &stop, &e), 130);
    stop = 0;
    assert_int_equal(execute_run(id, NULL, &stop, &e), 0);
    assert_int_equal(w->input_count, 50);
    assert_int_equal(execute_run(id, NULL, &stop, &e), 0);          /* finished: verified once more, nothing sent */
    assert_int_equal(w->posts, 1);
    assert_int_equal(w->commits, 1);
}

/* Rows that the run wrote are taken on trust only in the table that it wrote. */
static void another_table_of_the_name_is_written(void **state)
{
    struct err e = {0};
    volatile int stop = 0;
    (void)state;
    add_some(50);
    create_run(NULL, NULL, id);
    assert_int_equal(execute_run(id, NULL, &stop, &e), 0);
    for (int i = 0; i < w->property_count; i++)
        if (str_eq(w->properties[i][0], "lakeferry.run"))
            str_copy(w->properties[i][1], sizeof w->properties[i][1], "import-20260101-0001");
    assert_int_equal(file_write_atomic(table_path(), "", 0, &e), 0);
    assert_int_equal(execute_run(id, NULL, &stop, &e), 0);
    assert_int_equal(w->posts, 1);
    assert_int_equal(w->commits, 2);
    assert_int_equal(execute_run(id, NULL, &stop, &e), 0);
    assert_int_equal(w->commits, 2);
}

static void one_process_at_a_time(void **state)
{
    struct run *a, *b;
    struct err e = {0};
    int64_t pruned;
    (void)state;
    add_some(1);
    create_run(NULL, NULL, id);
    assert_int_equal(run_open(id, &a, &e), 0);
    assert_int_equal(run_open(id, &b, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    run_close(a);
    assert_int_equal(run_open("no-such-run", &a, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_int_equal(run_open("../x", &a, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_int_equal(execute_run(id, NULL, NULL, &e), 0);
    assert_int_equal(run_prune(&pruned, &e), 0);
    assert_int_equal(pruned, 1);
    assert_int_equal(run_open(id, &a, &e), -1);
}

static void a_dead_run_can_be_cancelled_and_retried(void **state)
{
    struct err e = {0};
    struct session s;
    struct run *r;
    int64_t count;
    (void)state;
    add_some(300);
    create_run(NULL, NULL, id);
    assert_int_equal(execute_child(id, "accepted:1"), -SIGKILL);
    open_session(&s);
    assert_int_equal(run_cancel(id, &s, &e), 0);
    close_session(&s);
    int there = w->input_count;
    assert_true(there >= 128 && there < 300);
    assert_true(w->table);                           /* it says what was done and what was not */
    assert_int_equal(run_open(id, &r, &e), 0);
    assert_int_equal(run_reset_failed(r, &count, &e), 0);
    assert_int_equal(count, 300 - there);
    run_close(r);
    assert_int_equal(execute_run(id, NULL, NULL, &e), 0);
    assert_int_equal(w->input_count, 300);
}

/* A process that died between taking the command and carrying it out. */
static void mark_cancelled(const char *run_id)
{
    struct err e = {0};
    struct journal *j;
    char folder[200];
    snprintf(folder, sizeof folder, "%s/lakeferry/runs/%s", w->folder, run_id);
    assert_int_equal(journal_open(folder, false, &j, &e), 0);
    assert_int_equal(journal_put(j, "cancelled", "1", &e), 0);
    journal_close(j);
}

static void a_cancelled_run_sends_nothing_after_a_kill(void **state)
{
    struct err e = {0};
    (void)state;
    add_some(300);
    create_run(NULL, NULL, id);
    mark_cancelled(id);
    for (int i = 0; i < 2; i++) {                    /* before the gate: it stays cancelled */
        assert_int_equal(execute_run(id, NULL, NULL, &e), 1);
        assert_int_equal(e.code, ERR_CONFLICT);
        err_clear(&e);
    }
    assert_int_equal(w->input_count, 0);
    create_run(NULL, NULL, id);
    assert_int_equal(execute_child(id, "accepted:1"), -SIGKILL);
    int there = w->input_count;
    mark_cancelled(id);
    assert_int_equal(execute_run(id, NULL, NULL, &e), 1);
    assert_int_equal(w->input_count, there);
}

static void the_report_is_complete(void **state)
{
    char path[200];
    (void)state;
    add_some(20);
    add_file("notes.txt", "text");
    assert_int_equal(import_with(NULL, NULL, &l, id), 0);
    snprintf(path, sizeof path, "%s/lakeferry/runs/%s/report.jsonl", w->folder, id);
    assert_string_equal(json_str(l.summary, "report"), path);
    char *text = slurp(path);
    int lines = 0, items = 0;
    for (char *p = text, *end; (end = strchr(p, '\n')) != NULL; p = end + 1, lines++) {
        cJSON *line = json_parse(p, (size_t)(end - p), NULL);
        assert_non_null(line);
        items += strcmp(json_str(line, "type"), "item") == 0;
        cJSON_Delete(line);
    }
    assert_int_equal(items, 21);
    assert_int_equal(lines, 23);
    free(text);
}

static int count_line(void *ctx, const cJSON *line)
{
    assert_non_null(json_str(line, "type"));
    ++*(int *)ctx;
    return 0;
}

static void viewers_read_a_finished_run(void **state)
{
    struct view v, *all;
    struct view_item *items;
    struct err e = {0};
    size_t count;
    int lines = 0, status;
    (void)state;
    add_some(20);
    add_file("empty.jpg", "");
    assert_int_equal(import_with(NULL, NULL, &l, id), 3);
    assert_int_equal(view_read(id, &v, &e), 0);
    assert_int_equal(v.state, RUN_DONE);
    assert_false(v.alive);
    assert_int_equal(v.exit_status, 3);
    assert_int_equal(v.summary.verified, 20);
    assert_int_equal(v.plan.new_items, 20);
    assert_int_equal(v.stage_count, 8);
    for (int i = 0; i < v.stage_count; i++)
        assert_true(v.stages[i].done && !v.stages[i].active);
    static const struct { const char *name; int64_t count; } did[] = { { "list", 21 }, { "plan", 21 }, { "send", 20 }, { "settle", 20 }, { "table", 21 } };
    for (size_t i = 0; i < sizeof did / sizeof *did; i++)          /* what each did, not where it was when it was last looked at */
        for (int k = 0; k < v.stage_count; k++)
            if (strcmp(v.stages[k].name, did[i].name) == 0)
                assert_int_equal(v.stages[k].count, did[i].count);
    assert_string_equal(v.table, "main.vision.t");
    assert_int_equal(view_items(id, "failed", 0, 10, &items, &count, &e), 0);
    assert_int_equal(count, 1);
    assert_string_equal(items[0].reason, "the file is empty");
    view_items_free(items, count);
    assert_int_equal(view_items(id, "nonsense", 0, 10, &items, &count, &e), -1);
    assert_int_equal(view_list(&all, &count, &e), 0);
    assert_int_equal(count, 1);
    free(all);
    assert_int_equal(view_watch(id, count_line, &lines, &status, &e), 0);
    assert_int_equal(status, 3);
    assert_int_equal(lines, 2);
    assert_int_equal(view_control(id, "pause", &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)
/* A run is made under another name first: what a kill leaves of that is never a run, and goes in time. */
static void a_making_that_was_killed_leaves_no_run(void **state)
{
    static const char *const left[] = { ".new-abc123", ".new-def456" };
    char path[2][160];
    struct err e = {0};
    struct view *views;
    size_t n;
    int64_t pruned;
    (void)state;
    add_some(3);
    create_run(NULL, NULL, id);
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/lakeferry/runs/%s", w->folder, left[i]);
        assert_int_equal(mkdir(path[i], 0700), 0);
    }
    const struct timespec old[2] = { { .tv_sec = 1700000000 }, { .tv_sec = 1700000000 } };
    assert_int_equal(utimensat(AT_FDCWD, path[0], old, 0), 0);
    assert_int_equal(view_list(&views, &n, &e), 0);
    assert_int_equal(n, 1);
    assert_string_equal(views[0].id, id);
    free(views);
    assert_int_equal(run_prune(&pruned, &e), 0);
    assert_int_equal(pruned, 0);
    assert_int_not_equal(access(path[0], F_OK), 0);
    assert_int_equal(access(path[1], F_OK), 0);   /* somebody may be making it now */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(imports_and_does_nothing_twice), TEST(a_dry_run_changes_nothing), TEST(first_of_twins_keeps_the_name_for_ever),
        TEST(a_folder_that_cannot_be_listed_fails_alone), TEST(foreign_ids_are_left_alone), TEST(a_changed_file_is_a_conflict), TEST(is_added_to_another_dataset), TEST(bad_files_fail_alone),
        TEST(lost_answers_are_read), TEST(waits_out_maintenance), TEST(gives_up_resumably), TEST(an_input_that_is_not_listed_is_unaccounted),
        TEST(tables_that_exist_are_guarded), TEST(a_missing_dataset_is_made_only_when_asked), TEST(the_gate_holds), TEST(a_stop_is_resumable), TEST(another_table_of_the_name_is_written),
        TEST(one_process_at_a_time), TEST(a_dead_run_can_be_cancelled_and_retried), TEST(a_cancelled_run_sends_nothing_after_a_kill),
        TEST(the_report_is_complete), TEST(viewers_read_a_finished_run), TEST(a_making_that_was_killed_leaves_no_run),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    release(&l);
    world_end();
    return failed;
}
