#include "golden.h"
#include "base/json.h"
#include "core/link.h"
#include "core/run_inside.h"
#include "ui/app_state.h"
#include "ui/run_items.h"
#include "ui/run_keys.h"
#include "ui/run_screen.h"
#include "ui/run_stages.h"
#include "ui/run_words.h"
#include "ui/screens.h"
#include <sys/stat.h>
#include <unistd.h>

/* The list of runs and one run, over journals made here; a run whose lock this program holds goes on. */

static char root[] = "/tmp/lakeferry-runs-XXXXXX";
static struct ui_world world;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

/* ---- runs ---- */

struct made { const char *id, *volume, *dataset, *state, *live, *summary; int64_t started_ms; };

static void make_run(const struct made *m)
{
    struct err e = { 0 };
    struct ask ask = { .verb = ASK_IMPORT_VOLUME };
    char id[40];
    assert_int_equal(ask_set(&ask, "source", m->volume, &e), 0);
    assert_int_equal(ask_set(&ask, "app", "lab-user/traffic", &e), 0);
    assert_int_equal(ask_set(&ask, "dataset", m->dataset, &e), 0);
    assert_int_equal(ask_set(&ask, "table", "main.vision.pictures_2026_08", &e), 0);
    assert_int_equal(run_create(&ask, id, &e), 0);
    ask_release(&ask);
    char *from = run_folder(id, &e), *to = run_folder(m->id, &e);
    struct journal *j = NULL;
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(journal_open(to, false, &j, &e), 0);
    const struct { const char *key, *value; } facts[] = { { "state", m->state }, { "live", m->live }, { "summary", m->summary } };
    for (size_t i = 0; i < 3; i++)
        if (facts[i].value)
            assert_int_equal(journal_put(j, facts[i].key, facts[i].value, &e), 0);
    assert_int_equal(journal_put_i64(j, "started", m->started_ms, &e), 0);
    journal_close(j);
    free(from);
    free(to);
}

/* Two items that failed and one that waits. */
static void add_items(const char *id, const char *volume)
{
    static const char *const reasons[] = { "refused by Clarifai: image decoding failed (30300)", "the file changed while it was read" };
    struct err e = { 0 };
    struct journal *j = NULL;
    struct journal_item *items = NULL;
    size_t n = 0;
    char *folder = run_folder(id, &e), names[3][200];
    struct journal_found found[3];
    snprintf(names[0], sizeof names[0], "%s/bad.png", volume);
    snprintf(names[1], sizeof names[1], "%s/数据集 \x1b[31m.tif", volume);
    snprintf(names[2], sizeof names[2], "%s/car.jpg", volume);
    for (int i = 0; i < 3; i++)
        found[i] = (struct journal_found){ .path = names[i], .size = 1000, .candidate = true };
    assert_int_equal(journal_open(folder, false, &j, &e), 0);
    assert_int_equal(journal_found_put(j, found, 3, &e), 0);
    assert_int_equal(journal_read(j, &(struct journal_query){ .limit = 10 }, &items, &n, &e), 0);
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 2; i++) {
        struct journal_change c = { .id = items[i].id, .to = JOURNAL_FAILED, .code = "30300", .reason = reasons[i] };
        assert_int_equal(journal_apply(j, &c, 1, &e), 0);
    }
    journal_items_free(items, n);
    journal_close(j);
    free(folder);
}

#define LIVE "{\"phase\":\"send\",\"done\":640,\"total\":1150,\"bytes\":81788928,\"rate\":88,\"eta\":6,\"clarifai_rate\":0.7,\"clarifai_limit\":15," \
    "\"files_rate\":88,\"files_limit\":90,\"in_flight\":8,\"retried\":3,\"stages\":{\"list\":{\"done\":1204,\"active\":false}," \
    "\"send\":{\"done\":640,\"total\":1150,\"bytes\":81788928,\"active\":true},\"settle\":{\"done\":598,\"total\":640,\"active\":true}}}"
#define SUMMARY "{\"planned\":1204,\"verified\":1148,\"present\":38,\"skipped\":12,\"failed\":2,\"rows\":1192,\"commits\":1,\"seconds\":23.5}"

static void make_runs(void)
{
    make_run(&(struct made){ "import-20261120-0a11", "/Volumes/main/vision/pictures/2026/08", "pictures-2026-08", "done", NULL, SUMMARY, 1795000000000 });
    make_run(&(struct made){ "import-20261121-1b22", "/Volumes/main/`b\u00fccher`/scans", "scans", "running", NULL, NULL, 1795100000000 });
    make_run(&(struct made){ "import-20261122-7f3a", "/Volumes/main/vision/pictures/2026/08", "pictures-2026-08", "running", LIVE, NULL, 1795200000000 });
    add_items("import-20261120-0a11", "/Volumes/main/vision/pictures/2026/08");
    add_items("import-20261122-7f3a", "/Volumes/main/vision/pictures/2026/08");
}

/* ---- the app ---- */

static void wait_until(bool (*done)(void))
{
    for (int i = 0; i < 6000 && !done(); i++) {
        app_take_events(app);
        usleep(10000);
    }
    assert_true(done());
}

static bool have_runs(void)
{
    const struct runs_list *l = runs_feed_now(world.runs);
    runs_list_unref(l);
    app_take_events(app);
    return l != NULL;
}

static bool reasons_shown(void) { return golden_has(app_frame(app), "image decoding failed"); }

static void start_app(bool feed)
{
    struct err e = { 0 };
    struct app_options o = { .tabs = { &nothing, &nothing, &nothing, &nothing, &nothing, &screen_runs }, .hooks = { .ctx = &world, .event = world_event_seen } };
    assert_int_equal(world_init(&world, &(struct ui_options){ 0 }, &e), 0);
    assert_int_equal(app_new(&app, &o, &e), 0);
    world.app = app;
    if (feed) {
        assert_int_equal(runs_feed_new(app_queue(app), EVENT_RUNS, &world.runs, &e), 0);
        wait_until(have_runs);
    }
    app_show(app, TAB_RUNS, NULL);
}

static void stop_app(void)
{
    runs_feed_free(world.runs);
    world.runs = NULL;
    assert_true(world_settle(&world));
    app_free(app);
    world_release(&world);
}

static void press(uint32_t code) { app_press(app, &(struct keymap_press){ .code = code }); }

static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "80x24" }, { 40, 120, "120x40" }, { 15, 60, "60x15" } };

static void check_sizes(const char *name)
{
    for (size_t i = 0; i < 3; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        const struct frame *f = app_frame(app);
        assert_true(golden_row_has(f, f->rows - 1, "[?]"));
        assert_true(golden_row_has(f, f->rows - 1, "[q]"));
        snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
        golden_check(f, file);
    }
    app_resize(app, 24, 80);
}

/* ---- tests ---- */

static void loading_is_said(void **state)
{
    (void)state;
    start_app(false);
    check_sizes("runs-loading");
    stop_app();
}

static void no_runs_is_said(void **state)
{
    (void)state;
    start_app(true);
    check_sizes("runs-empty");
    stop_app();
}

static void list_shows_states(void **state)
{
    struct err e = { 0 };
    struct run *live = NULL;
    (void)state;
    make_runs();
    assert_int_equal(run_open("import-20261122-7f3a", &live, &e), 0);
    start_app(true);
    check_sizes("runs-list");
    assert_true(golden_row_has(app_frame(app), 1, "1 run >"));
    stop_app();
    run_close(live);
}

static void live_run_shows_its_stages(void **state)
{
    struct err e = { 0 };
    struct run *live = NULL;
    (void)state;
    assert_int_equal(run_open("import-20261122-7f3a", &live, &e), 0);
    start_app(true);
    press(UI_KEY_ENTER);
    wait_until(reasons_shown);
    check_sizes("run-live");
    assert_true(golden_has(app_frame(app), "Clarifai 0.7/s of 15"));
    press(UI_KEY_ENTER);   /* the first that failed */
    assert_true(golden_has(app_frame(app), "failed: refused by Clarifai"));
    press(UI_KEY_ESC);
    press('x');
    assert_true(golden_has(app_frame(app), "[ Cancel it ]"));
    press(UI_KEY_ESC);
    app_take_events(app);
    assert_false(golden_has(app_frame(app), "cancelling"));
    stop_app();
    run_close(live);
}

static void a_paused_run_offers_to_go_on(void **state)
{
    struct err e = { 0 };
    struct run *live = NULL;
    (void)state;
    make_run(&(struct made){ "import-20261123-8c44", "/Volumes/main/vision/pictures/2026/09", "pictures-2026-09", "paused", NULL, NULL, 1795300000000 });
    assert_int_equal(run_open("import-20261123-8c44", &live, &e), 0);
    start_app(true);
    assert_true(golden_row_has(app_frame(app), 23, "[p] go on"));
    press(UI_KEY_ENTER);
    assert_true(golden_row_has(app_frame(app), 23, "[p] go on"));
    stop_app();
    run_close(live);
}

static bool asks_again(void) { return golden_has(app_frame(app), "the platform is asked again; the run goes on when it answers"); }

/* Whether it goes on is the platform's answer: that it does is not said. */
static void a_run_that_waits_is_let_ask_again(void **state)
{
    struct err e = { 0 };
    struct run *live = NULL;
    struct link *link = NULL;
    (void)state;
    make_run(&(struct made){ "import-20261124-9d55", "/Volumes/main/vision/pictures/2026/10", "pictures-2026-10", "parked",
                             "{\"parked\":\"clarifai.example does not answer\"}", NULL, 1795400000000 });
    assert_int_equal(run_open("import-20261124-9d55", &live, &e), 0);
    assert_int_equal(link_open("import-20261124-9d55", &link, &e), 0);
    start_app(true);
    assert_true(golden_has(app_frame(app), "waits for the platform"));
    assert_true(golden_row_has(app_frame(app), 23, "[p] ask again"));
    press('p');
    wait_until(asks_again);
    cJSON *command = link_next_command(link);
    assert_string_equal(json_str(command, "command"), "resume");
    cJSON_Delete(command);
    stop_app();
    link_close(link);
    run_close(live);
}

/* What a key does not do here is not named; pressing it says why. */
static void keys_are_offered_where_they_work(void **state)
{
    (void)state;
    struct view v = { .state = RUN_DONE, .verb = ASK_IMPORT_VOLUME, .has_summary = true, .table = "main.vision.pictures",
                      .summary = { .verified = 3, .rows = 3 } };
    assert_string_equal(run_keys_hint(&v, ACTION_CANCEL), "");
    assert_string_equal(run_keys_hint(&v, ACTION_RETRY), "");
    assert_string_equal(run_keys_hint(&v, ACTION_RESUME), "");
    assert_string_equal(run_keys_hint(&v, ACTION_REPORT), "");
    assert_null(run_keys_hint(&v, ACTION_PREVIEW));
    assert_null(run_keys_hint(&v, ACTION_FILTER));
    assert_string_equal(run_keys_why_not(&v, ACTION_CANCEL), "this run has ended");
    v.summary.conflict = 1;
    assert_string_equal(run_keys_hint(&v, ACTION_RETRY), "");
    v.summary.failed = 2;
    str_copy(v.report, sizeof v.report, "/tmp/report.jsonl");
    assert_null(run_keys_hint(&v, ACTION_RETRY));
    assert_null(run_keys_hint(&v, ACTION_REPORT));
    v.verb = ASK_UPDATE;           /* another update is its retry */
    assert_string_equal(run_keys_hint(&v, ACTION_RETRY), "");
    assert_string_equal(run_keys_why_not(&v, ACTION_RETRY), "another update looks at both sides anew");
    v = (struct view){ .state = RUN_PAUSED };
    assert_null(run_keys_hint(&v, ACTION_RESUME));
    assert_null(run_keys_hint(&v, ACTION_CANCEL));
    assert_string_equal(run_keys_hint(&v, ACTION_RETRY), "");
    v.state = RUN_AT_GATE;
    assert_string_equal(run_keys_hint(&v, ACTION_CANCEL), "remove");
    assert_string_equal(run_keys_hint(&v, ACTION_RESUME), "");
    v.alive = true;
    assert_string_equal(run_keys_hint(&v, ACTION_PAUSE), "");
    assert_string_equal(run_keys_why_not(&v, ACTION_PAUSE), "it waits for a yes: nothing goes on yet");
    assert_null(run_keys_hint(&v, ACTION_CANCEL));
}

/* A wide screen cuts nothing that it has room for. */
static void a_wide_screen_shows_all_of_a_run(void **state)
{
    static const char *const stages[] = { "listing", "looking at both sides, compute is PENDING", "listing inputs once more", "verifying", "writing table",
                                          "finishing" };
    const char *table = "main.a_schema_of_a_long_name_that_says_what_it_holds.tracking_of_pictures_of_august_and_september";
    struct view v = { .state = RUN_RUNNING, .alive = true, .stage_count = 6 };
    struct frame f;
    struct err e = { 0 };
    (void)state;
    frame_init(&f);
    assert_int_equal(frame_resize(&f, 50, 200, &e), 0);
    for (int i = 0; i < 6; i++)
        str_copy(v.stages[i].text, sizeof v.stages[i].text, stages[i]);
    str_copy(v.stages[4].name, sizeof v.stages[4].name, "table");
    str_copy(v.table, sizeof v.table, table);
    v.stages[4].done = true;
    v.stages[4].milliseconds = 4000;
    assert_int_equal(run_stages_render(&f, (struct layout_rect){ 0, 1, 50, 198 }, &v, false), 6);
    assert_true(golden_row_has(&f, 1, "compute is PENDING"));
    assert_true(golden_row_has(&f, 2, "listing inputs once more"));
    assert_true(golden_row_has(&f, 4, table));
    assert_true(golden_row_has(&f, 4, "0:04"));
    frame_release(&f);
}

static bool why_is_shown(void) { return golden_has(app_frame(app), "the-first-words"); }

/* Why a run waits is told to its end where the screen has room for it. */
static void a_wide_screen_shows_all_of_a_reason(void **state)
{
    char live[600];
    (void)state;
    int used = snprintf(live, sizeof live, "{\"parked\":\"the-first-words");
    for (int i = 0; i < 45; i++)
        used += snprintf(live + used, sizeof live - (size_t)used, " platform%d", i % 10);
    snprintf(live + used, sizeof live - (size_t)used, " the-last-words\"}");
    make_run(&(struct made){ "import-20261125-0e66", "/Volumes/main/vision/pictures/2026/11", "pictures-2026-11", "parked", live, NULL, 1795500000000 });
    start_app(true);
    app_resize(app, 50, 200);
    press(UI_KEY_ENTER);
    wait_until(why_is_shown);
    assert_true(golden_has(app_frame(app), "gave up, resumable: the-first-words"));
    assert_true(golden_has(app_frame(app), "the-last-words"));
    stop_app();
}

static void a_summary_tells_of_a_retry(void **state)
{
    struct view v = { .state = RUN_DONE, .has_summary = true, .again = 2, .summary = { .verified = 6, .rows = -1, .commits = -1 } };
    char text[200];
    (void)state;
    assert_string_equal(run_words_summary(&v, text, sizeof text), "6 verified; 2 items taken up again");
    v.again = 0;
    assert_string_equal(run_words_summary(&v, text, sizeof text), "6 verified");
}

static void hints_follow_the_state_of_a_run(void **state)
{
    (void)state;
    struct view v = { .alive = true, .state = RUN_RUNNING, .verb = ASK_EXPORT };
    assert_null(run_keys_hint(&v, ACTION_PAUSE));
    v.state = RUN_PAUSED;
    assert_string_equal(run_keys_hint(&v, ACTION_PAUSE), "go on");
    assert_null(run_keys_hint(&v, ACTION_CANCEL));
    assert_string_equal(run_keys_hint(NULL, ACTION_PAUSE), "");
    v.alive = false;
    v.state = RUN_DONE;
    v.has_summary = true;
    assert_false(run_keys_has_rows(&v));
    str_copy(v.table, sizeof v.table, "main.vision.nothing_inputs");
    assert_true(run_keys_has_rows(&v));    /* the tables of an empty dataset are there, empty */
    v.state = RUN_FAILED;
    assert_false(run_keys_has_rows(&v));
    v.verb = ASK_IMPORT_VOLUME;
    v.state = RUN_DONE;
    assert_false(run_keys_has_rows(&v));
    v.summary.rows = 3;
    assert_true(run_keys_has_rows(&v));
}

/* Their ids begin with a byte that no key of an item begins with: none is copied as one. */
static void rows_that_act_are_no_items(void **state)
{
    (void)state;
    assert_int_equal(run_list_doer("\x01" "preview"), DO_PREVIEW);
    assert_int_equal(run_list_doer("\x01" "annotations"), DO_ANNOTATIONS);
    assert_int_equal(run_list_doer("\x01" "images"), DO_IMAGES);
    assert_int_equal(run_list_doer("annotations"), DOERS);
}

static void ended_run_offers_what_comes_next(void **state)
{
    (void)state;
    start_app(true);
    press(UI_KEY_DOWN);
    press(UI_KEY_DOWN);
    press(UI_KEY_ENTER);
    wait_until(reasons_shown);
    check_sizes("run-ended");
    assert_true(golden_has(app_frame(app), "Look at the rows of main.vision.pictures_2026_08"));
    assert_true(golden_has(app_frame(app), "1,148 verified, 38 already there"));
    assert_true(golden_has(app_frame(app), "what next"));
    assert_true(golden_has(app_frame(app), "failed 2"));
    press('x');
    assert_true(golden_has(app_frame(app), "this run has ended"));
    press(UI_KEY_DOWN);
    press(UI_KEY_DOWN);
    press(UI_KEY_DOWN);      /* past the heading, on the first that failed */
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "failed: refused by Clarifai"));
    press(UI_KEY_ESC);
    press(UI_KEY_UP);
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "Runs > what was skipped"));
    stop_app();
}

static void stopped_run_can_be_resumed(void **state)
{
    (void)state;
    start_app(true);
    press(UI_KEY_DOWN);
    press(UI_KEY_ENTER);
    app_take_events(app);
    check_sizes("run-stopped");
    assert_true(golden_has(app_frame(app), "Resume: go on where it stopped"));
    press('p');
    assert_true(golden_has(app_frame(app), "its table is not written yet"));
    stop_app();
}

static void a_draft_is_in_no_list(void **state)
{
    (void)state;
    start_app(true);
    runs_feed_set_draft(world.runs, "import-20261121-1b22", true);
    press('r');
    app_take_events(app);
    app_show(app, TAB_RUNS, NULL);
    assert_false(golden_has(app_frame(app), "1b22"));
    stop_app();
}

static void nothing_is_posted_while_nothing_changes(void **state)
{
    (void)state;
    start_app(true);
    for (int quiet = 0, tries = 0; quiet < 5 && tries < 300; tries++) {   /* what the start still posts */
        struct event *late = event_take(app_queue(app));
        quiet = late ? 0 : quiet + 1;
        for (struct event *next; late; late = next) {
            next = late->next;
            event_free(late);
        }
        usleep(100000);
    }
    const struct runs_list *before = runs_feed_now(world.runs);
    runs_feed_poke(world.runs);
    usleep(300000);
    struct event *ev = event_take(app_queue(app));
    assert_null(ev);
    const struct runs_list *after = runs_feed_now(world.runs);
    assert_ptr_equal(before, after);
    runs_list_unref(before);
    runs_list_unref(after);
    stop_app();
}

static bool one_is_gone(void) { return !golden_has(app_frame(app), "1b22"); }

/* The run asked about vanishes while the question stands, and the cursor with it: no other run is cancelled in its place. */
static void an_answer_is_about_the_run_that_was_asked_about(void **state)
{
    struct err e = { 0 };
    (void)state;
    start_app(true);
    press('G');
    press(UI_KEY_UP);
    press('x');
    assert_true(golden_has(app_frame(app), "Cancel this run?"));
    char *folder = run_folder("import-20261121-1b22", &e);
    assert_int_equal(file_remove_tree(folder, &e), 0);
    free(folder);
    runs_feed_poke(world.runs);
    wait_until(one_is_gone);
    press(UI_KEY_RIGHT);
    press(UI_KEY_ENTER);
    assert_true(golden_has(app_frame(app), "that run is gone"));
    stop_app();
}

static void a_long_name_keeps_its_outcome_in_sight(void **state)
{
    struct err e = { 0 };
    struct list_store store;
    struct list_row row;
    struct view_item item = { .key = "/Volumes/c/s/v/a/folder/of/a/name/that/is/very/long/indeed/and/then/some/car.jpg", .state = "skipped", .reason = "not a picture" };
    struct run_items items = { .items = &item, .count = 1 };
    struct run_items_ask ask = { .states = "skipped", .place = "/Volumes/c/s/v", .cols = 80 };
    (void)state;
    list_store_init(&store);
    assert_int_equal(run_items_rows(&items, &ask, false, &store, &e), 0);
    struct list_source source = list_store_source(&store);
    source.row(source.ctx, 0, &row);
    assert_string_equal(row.name, "a/folder/of…/and/then/some/car.jpg  not a picture");
    assert_string_equal(row.id, item.key);
    list_store_release(&store);
}

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(root))
        return -1;
    return setenv("XDG_STATE_HOME", root, 1) || setenv("XDG_RUNTIME_DIR", root, 1);
}

static int remove_root(void **state)
{
    struct err e;
    (void)state;
    return file_remove_tree(root, &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loading_is_said), cmocka_unit_test(no_runs_is_said), cmocka_unit_test(list_shows_states),
        cmocka_unit_test(live_run_shows_its_stages), cmocka_unit_test(ended_run_offers_what_comes_next), cmocka_unit_test(stopped_run_can_be_resumed),
        cmocka_unit_test(a_draft_is_in_no_list), cmocka_unit_test(nothing_is_posted_while_nothing_changes),
        cmocka_unit_test(a_long_name_keeps_its_outcome_in_sight), cmocka_unit_test(hints_follow_the_state_of_a_run),
        cmocka_unit_test(a_paused_run_offers_to_go_on), cmocka_unit_test(rows_that_act_are_no_items),
        cmocka_unit_test(a_run_that_waits_is_let_ask_again), cmocka_unit_test(keys_are_offered_where_they_work),
        cmocka_unit_test(a_wide_screen_shows_all_of_a_run), cmocka_unit_test(a_wide_screen_shows_all_of_a_reason),
        cmocka_unit_test(a_summary_tells_of_a_retry), cmocka_unit_test(an_answer_is_about_the_run_that_was_asked_about),
    };
    return cmocka_run_group_tests(tests, prepare, remove_root);
}
