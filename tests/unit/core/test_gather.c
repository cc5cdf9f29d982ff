/* A dataset read whole into the journal, from a Clarifai in memory that repeats, loses and cuts pages: what is found, and with how many calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/file.h"
#include "core/gather.h"
#include "core/journal_annotations.h"
#include <unistd.h>

static struct {
    int inputs, app_inputs;          /* of the dataset, and of the app with it; ids in-00000 … */
    int extra;                       /* annotations an input beside its own */
    int many_at, many;               /* input with so many more */
    int lose_input_page, lose_input_passes;   /* this page comes empty of its rows in so many passes */
    bool flip;                       /* every second pass lacks an input */
    int lose_page;                   /* this page of the app's annotations lacks its rows */
    int lose_chunk;                  /* this call for annotations of ids comes empty */
    int stuck_page, stuck_times;     /* this page of annotations comes as the first, so many times */
    int page_most;                   /* larger pages are refused as too large; 0: none is */
    int input_calls, input_passes, annotation_calls, status_calls, largest_chunk;
} w;
static struct err err;
static struct stages_job job;
static struct gather g;
static char folder[64];

/* --- the platform --- */

void clarifai_input_decode(const cJSON *json, struct clarifai_input *out)
{
    memset(out, 0, sizeof *out);
    out->json = json;
    out->id = json_str(json, "id");
    out->data = json_obj(json, "data");
    out->status.code = 30000;
}

static int give_input(int n, clarifai_input_each each, void *ctx, struct err *e)
{
    char text[160], id[16];
    snprintf(id, sizeof id, "in-%05d", n);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"status\":{\"code\":30000},\"data\":{\"image\":{\"url\":\"https://h/%d\"}}}", id, n);
    cJSON *json = cJSON_Parse(text);
    struct clarifai_input in;
    clarifai_input_decode(json, &in);
    int rc = each(ctx, &in, e);
    cJSON_Delete(json);
    return rc;
}

int clarifai_dataset_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, int page, int per_page,
                                 clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    (void)api, (void)app, (void)dataset;
    w.input_calls++;
    w.input_passes += page == 1;
    *count = 0;
    if (w.page_most && per_page > w.page_most)
        return err_set(e, ERR_LIMIT, "too large");
    for (int i = (page - 1) * per_page; i < page * per_page && i < w.inputs; i++) {
        bool lost = (page == w.lose_input_page && w.input_passes <= w.lose_input_passes) || (w.flip && w.input_passes % 2 && i == 7);
        ++*count;
        if (!lost && give_input(i, each, ctx, e) != 0)
            return -1;
    }
    return 0;
}

/* The annotation at a place of the app's list, oldest first: all of an input together. *n: the input. False behind the end. */
static int annotations_of(int input) { return 1 + w.extra + (input == w.many_at ? w.many : 0); }

static int give_annotation(int input, int k, clarifai_annotation_each each, void *ctx, struct err *e)
{
    char id[32], input_id[16];
    snprintf(input_id, sizeof input_id, "in-%05d", input);
    snprintf(id, sizeof id, "an-%d-%d", input, k);
    struct clarifai_annotation a = {.id = id, .input_id = input_id, .user_id = "u"};
    return each(ctx, &a, e);
}

static bool asked(const char *const *ids, size_t n, int input)
{
    char id[16];
    snprintf(id, sizeof id, "in-%05d", input);
    for (size_t i = 0; i < n; i++)
        if (str_eq(ids[i], id))
            return true;
    return n == 0;
}

int clarifai_annotations_page(const struct net_api *api, const struct clarifai_app_id *app, const char *const *ids, size_t n, bool all, int page, int per_page,
                              clarifai_annotation_each each, void *ctx, int *count, struct err *e)
{
    (void)api, (void)app, (void)all;
    int at = 0;
    w.annotation_calls++;
    w.largest_chunk = (int)n > w.largest_chunk ? (int)n : w.largest_chunk;
    *count = 0;
    if (w.page_most && per_page > w.page_most)
        return err_set(e, ERR_LIMIT, "too large");
    if (n == 0 && page == w.stuck_page && w.stuck_times-- > 0)
        page = 1;
    bool lost = n == 0 && page == w.lose_page;
    if (n && w.lose_chunk && --w.lose_chunk == 0)
        return 0;
    for (int input = 0; input < w.app_inputs; input++) {
        if (!asked(ids, n, input))
            continue;
        for (int k = 0; k < annotations_of(input); k++, at++) {
            if (at < (page - 1) * per_page || at >= page * per_page)
                continue;
            ++*count;
            if (!lost && give_annotation(input, k, each, ctx, e) != 0)
                return -1;
        }
    }
    return 0;
}

int clarifai_inputs_status(const struct net_api *api, const struct clarifai_app_id *app, struct clarifai_counts *out, struct err *e)
{
    (void)api, (void)app, (void)e;
    w.status_calls++;
    *out = (struct clarifai_counts){.processed = w.app_inputs};
    return 0;
}

int clarifai_app_get(const struct net_api *api, const struct clarifai_app_id *id, struct clarifai_app *out, struct err *e)
{
    (void)api, (void)id, (void)e;
    memset(out, 0, sizeof *out);
    return 0;
}

int clarifai_dataset_get(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct clarifai_dataset *out, struct err *e)
{
    (void)api, (void)id, (void)out, (void)dataset;
    return err_set(e, ERR_NOT_FOUND, "there is none");
}

static char last_key[64];
int stage_row(struct stage *st, const char *line, size_t n, struct err *e)
{
    (void)st;
    cJSON *row = json_parse(line, n, e);
    assert_non_null(row);
    char key[64];
    snprintf(key, sizeof key, "%s/%s", json_str(row, "input_id"), json_str_or(row, "annotation_id", ""));
    assert_true(strcmp(last_key, key) < 0);       /* each once, in order */
    str_copy(last_key, sizeof last_key, key);
    cJSON_Delete(row);
    return 0;
}

/* --- steps --- */

static int begin(void **state)
{
    static const struct clarifai_app_id app = {"u", "a"};
    (void)state;
    memset(&w, 0, sizeof w);
    w.many_at = -1;
    snprintf(folder, sizeof folder, "/tmp/lakeferry-gather.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    memset(&job, 0, sizeof job);
    gather_init(&g, &app, "ds", false);
    return journal_open(folder, true, &job.journal, &err);
}

static int end(void **state)
{
    (void)state;
    gather_release(&g);
    journal_close(job.journal);
    return file_remove_tree(folder, &err);
}

static void dataset(int inputs, int app_inputs, int extra)
{
    w.inputs = inputs;
    w.app_inputs = app_inputs;
    w.extra = extra;
}

static int list_inputs(bool agree)
{
    int result = STAGES_DID;
    for (int i = 0; i < 1000 && result == STAGES_DID; i++)
        result = gather_inputs(&job, &g, agree, &err);
    return result;
}

static int list_annotations(void)
{
    int result = STAGES_DID;
    for (int i = 0; i < 1000 && result == STAGES_DID; i++)
        result = gather_annotations(&job, &g, &err);
    return result;
}

static void read_all(int inputs, int annotations)
{
    int64_t rows = 0;
    struct gather_rows r = {.job = &job};
    assert_int_equal(list_inputs(true), STAGES_DONE);
    assert_true(gather_agreed(&job));
    assert_int_equal(gather_input_count(&job), inputs);
    assert_int_equal(list_annotations(), STAGES_DONE);
    assert_int_equal(gather_annotation_count(&job), annotations);
    last_key[0] = '\0';
    assert_int_equal(gather_fill_inputs(&r, NULL, &rows, &err), 0);
    assert_int_equal(rows, inputs);
    rows = 0;
    last_key[0] = '\0';
    assert_int_equal(gather_fill_annotations(&r, NULL, &rows, &err), 0);
    assert_int_equal(rows, annotations);
}

/* --- cases --- */

static void a_small_dataset_is_asked_by_id(void **state)
{
    (void)state;
    dataset(150, 150, 1);
    read_all(150, 300);
    assert_int_equal(w.input_calls, 4);          /* two passes, each with its empty page */
    assert_int_equal(w.annotation_calls, 2);
    assert_int_equal(w.largest_chunk, 100);
    assert_int_equal(w.status_calls, 0);
}

static void an_empty_dataset_asks_nothing_more(void **state)
{
    (void)state;
    dataset(0, 5000, 1);
    read_all(0, 0);
    assert_int_equal(w.annotation_calls, 0);
}

static void a_dataset_that_is_most_of_its_app_is_paged(void **state)
{
    (void)state;
    dataset(4000, 4200, 1);
    read_all(4000, 8000);
    assert_int_equal(w.status_calls, 1);
    assert_int_equal(w.annotation_calls, 1 + 9 + 1);   /* the probe, 8,400 by thousands, the end */
}

static void a_small_part_of_a_large_app_is_asked_by_id(void **state)
{
    (void)state;
    dataset(500, 9000, 0);
    read_all(500, 500);
    assert_int_equal(w.annotation_calls, 5);           /* the app's counts say it: no probe */
    assert_int_equal(w.largest_chunk, 100);
}

static void an_app_with_many_annotations_is_probed_once(void **state)
{
    (void)state;
    dataset(500, 1000, 9);
    read_all(500, 5000);
    assert_int_equal(w.annotation_calls, 1 + 10);      /* each chunk fills a page to the brim, so that one more is asked */
}

static void a_chunk_larger_than_a_page_goes_on(void **state)
{
    (void)state;
    dataset(120, 120, 0);
    w.many_at = 7;
    w.many = 2500;
    read_all(120, 2620);
    assert_int_equal(w.annotation_calls, 3 + 1);
}

static void a_page_of_annotations_that_is_missing_is_noticed(void **state)
{
    (void)state;
    dataset(4000, 4000, 0);
    w.lose_page = 2;
    read_all(4000, 4000);
    assert_int_equal(w.annotation_calls, 1 + 5 + 10);  /* its 1,000 inputs showed nothing, and are asked by id */
}

static void a_chunk_that_comes_empty_is_asked_again(void **state)
{
    (void)state;
    dataset(150, 150, 1);
    w.lose_chunk = 1;
    read_all(150, 300);
    assert_int_equal(w.annotation_calls, 3);
}

static void a_page_that_comes_twice_is_asked_again(void **state)
{
    (void)state;
    dataset(4000, 4000, 1);
    w.stuck_page = 3;
    w.stuck_times = 2;
    read_all(4000, 8000);
    assert_int_equal(w.annotation_calls, 1 + 9 + 2);
}

static void a_listing_that_goes_in_circles_is_an_error(void **state)
{
    (void)state;
    dataset(4000, 4000, 1);
    w.stuck_page = 3;
    w.stuck_times = 1000;
    assert_int_equal(list_inputs(true), STAGES_DONE);
    assert_int_equal(list_annotations(), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    w.stuck_times = 0;                                 /* and goes on when it is mended */
    assert_int_equal(list_annotations(), STAGES_DONE);
    assert_int_equal(gather_annotation_count(&job), 8000);
}

static void passes_that_differ_are_listed_again(void **state)
{
    (void)state;
    dataset(3500, 3500, 0);
    w.lose_input_page = 2;
    w.lose_input_passes = 1;
    read_all(3500, 3500);
    assert_int_equal(w.input_passes, 3);
}

static void a_dataset_that_never_rests_is_said(void **state)
{
    (void)state;
    dataset(20, 20, 0);
    w.flip = true;
    assert_int_equal(list_inputs(true), STAGES_DONE);
    assert_int_equal(w.input_passes, 5);
    assert_false(gather_agreed(&job));
    assert_true(journal_has(job.journal, "changing"));
}

static void a_first_pass_counts(void **state)
{
    (void)state;
    dataset(20, 20, 0);
    assert_int_equal(list_inputs(false), STAGES_DONE);
    assert_int_equal(w.input_passes, 1);
    assert_int_equal(list_inputs(true), STAGES_DONE);
    assert_int_equal(w.input_passes, 2);
    assert_true(gather_agreed(&job));
}

static void answers_that_are_too_large_come_in_halves(void **state)
{
    (void)state;
    dataset(1500, 1500, 2);
    w.page_most = 300;
    read_all(1500, 4500);
}

/* That a page is too large says nothing of how many there are. */
static void a_probe_that_is_too_large_decides_nothing(void **state)
{
    (void)state;
    dataset(500, 1000, 19);
    w.page_most = 500;
    read_all(500, 10000);
    assert_int_equal(w.largest_chunk, 100);
}

static void another_process_begins_again(void **state)
{
    static const struct clarifai_app_id app = {"u", "a"};
    (void)state;
    dataset(4000, 4000, 0);
    assert_int_equal(list_inputs(true), STAGES_DONE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(gather_annotations(&job, &g, &err), STAGES_DID);
    gather_release(&g);
    gather_init(&g, &app, "ds", false);
    assert_int_equal(list_annotations(), STAGES_DONE);
    assert_int_equal(gather_annotation_count(&job), 4000);
}

static void an_input_that_is_gone_is_unaccounted(void **state)
{
    int64_t gone = 0;
    (void)state;
    dataset(300, 300, 0);
    assert_int_equal(list_inputs(false), STAGES_DONE);
    assert_int_equal(journal_inputs_plan(job.journal, journal_get_i64(job.journal, "inputs.pass", 0), &gone, &err), 0);
    assert_int_equal(gone, 0);
    assert_int_equal(journal_count(job.journal, JOURNAL_BIT(JOURNAL_PLANNED)), 300);
    w.inputs = 297;
    assert_int_equal(list_inputs(true), STAGES_DONE);
    assert_int_equal(journal_inputs_plan(job.journal, journal_get_i64(job.journal, "inputs.pass", 0), &gone, &err), 0);
    assert_int_equal(gone, 3);
    assert_int_equal(journal_count(job.journal, JOURNAL_BIT(JOURNAL_UNACCOUNTED)), 3);
    assert_int_equal(journal_count(job.journal, JOURNAL_BIT(JOURNAL_PLANNED)), 297);
}

static void what_is_not_there_is_named(void **state)
{
    (void)state;
    assert_int_equal(gather_look(&job, &g, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.subject, "u/a/ds");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_small_dataset_is_asked_by_id), CASE(an_empty_dataset_asks_nothing_more), CASE(a_dataset_that_is_most_of_its_app_is_paged),
        CASE(a_small_part_of_a_large_app_is_asked_by_id), CASE(an_app_with_many_annotations_is_probed_once), CASE(a_chunk_larger_than_a_page_goes_on),
        CASE(a_page_of_annotations_that_is_missing_is_noticed), CASE(a_page_that_comes_twice_is_asked_again),
        CASE(a_chunk_that_comes_empty_is_asked_again),
        CASE(a_listing_that_goes_in_circles_is_an_error), CASE(passes_that_differ_are_listed_again), CASE(a_dataset_that_never_rests_is_said),
        CASE(a_first_pass_counts), CASE(answers_that_are_too_large_come_in_halves),
        CASE(a_probe_that_is_too_large_decides_nothing), CASE(another_process_begins_again),
        CASE(an_input_that_is_gone_is_unaccounted), CASE(what_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
