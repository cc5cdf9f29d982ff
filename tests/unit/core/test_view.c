/*
 * A run as people see it: its state in words, and how far it is. Who watches it is told how it ended, or that this cannot be known; a connection that
 * ends is not yet the run's end.
 */
#include "base/file.h"
#include "core/link.h"
#include "core/run_inside.h"
#include "core/view.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

struct watch { pthread_t thread; atomic_bool over; int result, status, lines, last; struct err e; };

static char home[64], id[40];
static struct run *run;

static int set_up(void **state)
{
    static const char *const options[][2] = { {"source", "main.vision.pictures"}, {"app", "lab-user/traffic"}, {"dataset", "ds"} };
    struct ask ask = {.verb = ASK_IMPORT_VOLUME};
    struct err e = {0};
    (void)state;
    str_copy(home, sizeof home, "/tmp/lakeferry-view-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    setenv("XDG_STATE_HOME", home, 1);
    setenv("XDG_RUNTIME_DIR", home, 1);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (ask_set(&ask, options[i][0], options[i][1], &e) != 0)
            return -1;
    int result = run_create(&ask, id, &e) != 0 || run_open(id, &run, &e) != 0 ? -1 : 0;
    ask_release(&ask);
    return result;
}

static int tear_down(void **state)
{
    struct err e = {0};
    (void)state;
    run_close(run);
    run = NULL;
    return file_remove_tree(home, &e);
}

static int take(void *ctx, const cJSON *line)
{
    struct watch *w = ctx;
    int64_t n = 0;
    if (json_i64(line, "n", &n))
        w->last = (int)n;
    w->lines++;
    return 0;
}

static void *watch_main(void *arg)
{
    struct watch *w = arg;
    w->result = view_watch(id, take, w, &w->status, &w->e);
    atomic_store(&w->over, true);
    return NULL;
}

static void watch(struct watch *w)
{
    *w = (struct watch){.status = -2};
    assert_int_equal(pthread_create(&w->thread, NULL, watch_main, w), 0);
}

static struct link *open_link(void)
{
    struct link *l;
    struct err e = {0};
    assert_int_equal(link_open(id, &l, &e), 0);
    return l;
}

static void until_watched(struct watch *w, struct link *l)
{
    while (link_viewers(l) == 0 && !atomic_load(&w->over))
        usleep(1000);
}

static void say(struct link *l, int n)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "type", "progress");
    cJSON_AddNumberToObject(line, "n", n);
    link_publish(l, line);
    cJSON_Delete(line);
}

static void note_end(int status)
{
    struct err e = {0};
    assert_int_equal(journal_put_i64(run->journal, "ended", 1, &e), 0);
    assert_int_equal(journal_put_i64(run->journal, "exit", status, &e), 0);
}

static void the_recorded_status_is_told(void **state)
{
    struct link *l = open_link();
    struct watch w;
    (void)state;
    watch(&w);
    until_watched(&w, l);
    say(l, 1);
    note_end(3);
    link_close(l);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.result, 0);
    assert_int_equal(w.status, 3);
    assert_int_equal(w.last, 1);
}

static void a_run_that_is_removed_meanwhile_did_not_end_well(void **state)
{
    struct link *l = open_link();
    struct watch w;
    struct err e = {0};
    (void)state;
    watch(&w);
    until_watched(&w, l);
    char *folder = run_folder(id, &e);
    assert_non_null(folder);
    assert_int_equal(file_remove_tree(folder, &e), 0);
    free(folder);
    link_close(l);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.result, -1);
    assert_int_equal(w.e.code, ERR_NOT_FOUND);
}

/* As it happens to one who reads so slowly that the run drops the connection. */
static void a_lost_connection_is_made_again(void **state)
{
    struct link *l = open_link();
    struct watch w;
    (void)state;
    watch(&w);
    until_watched(&w, l);
    say(l, 1);
    link_close(l);
    l = open_link();
    until_watched(&w, l);
    say(l, 2);
    note_end(0);
    link_close(l);
    pthread_join(w.thread, NULL);
    assert_int_equal(w.result, 0);
    assert_int_equal(w.status, 0);
    assert_int_equal(w.last, 2);
}

/* Five items: one skipped, two sent whose end was not seen, one on its way, one that waits. */
static void add_items(void)
{
    static const char *const names[] = {"a.png", "b.png", "c.png", "d.png", "e.png"};
    static const enum journal_state states[] = {JOURNAL_SKIPPED, JOURNAL_ACCEPTED, JOURNAL_ACCEPTED, JOURNAL_SENT, JOURNAL_PLANNED};
    struct journal_found found[5];
    struct journal_item *items;
    size_t n = 0;
    struct err e = {0};
    for (int i = 0; i < 5; i++)
        found[i] = (struct journal_found){.path = names[i], .size = 10, .candidate = true};
    assert_int_equal(journal_found_put(run->journal, found, 5, &e), 0);
    assert_int_equal(journal_read(run->journal, &(struct journal_query){.limit = 10}, &items, &n, &e), 0);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(journal_apply(run->journal, &(struct journal_change){.id = items[i].id, .to = states[i]}, 1, &e), 0);
    journal_items_free(items, n);
    assert_int_equal(journal_put(run->journal, "state", run_state_name(RUN_RUNNING), &e), 0);
}

static void a_stopped_run_shows_what_it_has_sent(void **state)
{
    struct view v;
    struct err e = {0};
    int64_t done, total;
    (void)state;
    add_items();
    run_close(run);
    run = NULL;
    assert_int_equal(view_read(id, &v, &e), 0);
    assert_false(v.alive);
    assert_int_equal(v.done, 1);                 /* items with an end */
    view_progress(&v, &done, &total);
    assert_int_equal(done, 3);
    assert_int_equal(total, 5);
}

static void states_are_told_in_words(void **state)
{
    static const struct { enum run_state state; const char *alive, *ended; } expected[] = {
        {RUN_PLANNING, "planning", "not started"},
        {RUN_AT_GATE, "a plan, waits for a yes", "not started"},
        {RUN_RUNNING, "running", "stopped, resumable"},
        {RUN_PARKED, "waits for the platform", "gave up, resumable"},
        {RUN_PAUSED, "paused", "stopped, resumable"},
        {RUN_DONE, "running", "done"},
        {RUN_FAILED, "running", "failed"},
        {RUN_CANCELLED, "running", "cancelled"},
        {RUN_DRY, "running", "dry run"},
    };
    char words[80];
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        struct view v = {.state = expected[i].state, .alive = true};
        assert_string_equal(view_state_words(&v, words, sizeof words), expected[i].alive);
        v.alive = false;
        assert_string_equal(view_state_words(&v, words, sizeof words), expected[i].ended);
    }
}

static void a_state_says_what_matters_first(void **state)
{
    struct view v = {.state = RUN_RUNNING, .alive = true, .stage_count = 1, .stages = {{.text = "sending  640 / 1,150", .active = true}}};
    char words[80];
    (void)state;
    assert_string_equal(view_state_words(&v, words, sizeof words), "sending");
    v.state = RUN_AT_GATE;
    v.plan.start_only = true;
    assert_string_equal(view_state_words(&v, words, sizeof words), "asks to start the compute");
    v = (struct view){.state = RUN_DONE, .has_summary = true, .summary = {.failed = 1200, .conflict = 33, .unaccounted = 1}};
    assert_int_equal(view_wrong(&v), 1234);
    assert_string_equal(view_state_words(&v, words, sizeof words), "done, 1,234 not imported");
    v.verb = ASK_EXPORT;
    assert_string_equal(view_state_words(&v, words, sizeof words), "done, 1,234 failed");
    v.has_summary = false;
    assert_string_equal(view_state_words(&v, words, sizeof words), "done");
}

/* What a retry takes up is told when it has ended, too: then nothing else shows that it was. */
static void a_retry_says_what_it_took_up(void **state)
{
    struct journal_item *items;
    size_t n = 0;
    struct err e = {0};
    struct view v;
    char words[80];
    int64_t count = 0;
    (void)state;
    add_items();
    assert_int_equal(journal_read(run->journal, &(struct journal_query){.limit = 3}, &items, &n, &e), 0);
    for (size_t i = 0; i < n; i++) {
        struct journal_change change = {.id = items[i].id, .to = JOURNAL_FAILED, .input_id = items[i].key};
        assert_int_equal(journal_apply(run->journal, &change, 1, &e), 0);
    }
    journal_items_free(items, n);
    assert_int_equal(view_read(id, &v, &e), 0);
    assert_string_equal(view_again_words(&v, words, sizeof words), "");
    assert_int_equal(run_reset_failed(run, &count, &e), 0);
    assert_int_equal(count, 3);
    assert_int_equal(view_read(id, &v, &e), 0);
    assert_string_equal(view_again_words(&v, words, sizeof words), "3 items taken up again");
    v = (struct view){.verb = ASK_EXPORT, .again = 1};
    assert_string_equal(view_again_words(&v, words, sizeof words), "1 item taken up again");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_recorded_status_is_told),
        TEST(a_run_that_is_removed_meanwhile_did_not_end_well),
        TEST(a_lost_connection_is_made_again),
        TEST(a_stopped_run_shows_what_it_has_sent),
        TEST(a_retry_says_what_it_took_up),
        cmocka_unit_test(states_are_told_in_words),
        cmocka_unit_test(a_state_says_what_matters_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
