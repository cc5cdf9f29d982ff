/* Who watches a run is told how it ended, or that this cannot be known; a connection that ends is not yet the run's end. */
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_recorded_status_is_told),
        TEST(a_run_that_is_removed_meanwhile_did_not_end_well),
        TEST(a_lost_connection_is_made_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
