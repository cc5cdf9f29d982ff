/* The first, second, … allocation of reading a dataset whole fails: no crash, nothing leaked, and no listing that is called whole and lacks an input. */
#include "../allocations.h"
#ifndef ALLOCATIONS_OWNED
int main(void) { return ALLOCATIONS_SKIPPED("the sanitizers own the allocator") < 0; }
#else
#include "core/gather.h"
#include "core/journal_annotations.h"
#include <unistd.h>

int fsync(int fd) { (void)fd; return 0; }
int fdatasync(int fd) { (void)fd; return 0; }

#define INPUTS 3
static char folder[64];
static struct stages_job job;
static struct gather g;

/* --- the platform, which always has its memory --- */

static cJSON *given_json(const char *text)
{
    bool armed = memory.armed;
    memory.armed = false;
    cJSON *json = cJSON_Parse(text);
    memory.armed = armed;
    return json;
}

int clarifai_dataset_inputs_page(const struct net_api *api, const struct clarifai_app_id *app, const char *dataset, int page, int per_page,
                                 clarifai_input_each each, void *ctx, int *count, struct err *e)
{
    int rc = 0;
    (void)api, (void)app, (void)dataset, (void)per_page;
    *count = page == 1 ? INPUTS : 0;
    for (int i = 0; rc == 0 && i < *count; i++) {
        char text[200];
        snprintf(text, sizeof text, "{\"id\":\"in-%d\",\"status\":{\"code\":30000},\"data\":{\"image\":{\"url\":\"https://h/%d\"},\"metadata\":{\"n\":%d}}}", i, i, i);
        cJSON *json = given_json(text);
        struct clarifai_input in;
        clarifai_input_decode(json, &in);
        rc = each(ctx, &in, e);
        cJSON_Delete(json);
    }
    return rc;
}

void clarifai_input_decode(const cJSON *json, struct clarifai_input *in)
{
    *in = (struct clarifai_input){ .json = json, .id = json_str(json, "id"), .data = json_obj(json, "data"), .status = { .code = 30000 } };
}

/* Reading inputs asks for none of these. */
int clarifai_annotations_page(const struct net_api *api, const struct clarifai_app_id *app, const char *const *ids, size_t n, bool all, int page, int per_page,
                              clarifai_annotation_each each, void *ctx, int *count, struct err *e)
{
    (void)api, (void)app, (void)ids, (void)n, (void)all, (void)page, (void)per_page, (void)each, (void)ctx, (void)count;
    return err_set(e, ERR_BUG, "annotations are asked for");
}
int clarifai_inputs_status(const struct net_api *api, const struct clarifai_app_id *app, struct clarifai_counts *out, struct err *e)
{
    (void)api, (void)app, (void)out;
    return err_set(e, ERR_BUG, "counts are asked for");
}
int clarifai_app_get(const struct net_api *api, const struct clarifai_app_id *id, struct clarifai_app *out, struct err *e)
{
    (void)api, (void)id, (void)out;
    return err_set(e, ERR_BUG, "the app is asked for");
}
int clarifai_dataset_get(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct clarifai_dataset *out, struct err *e)
{
    (void)api, (void)id, (void)dataset, (void)out;
    return err_set(e, ERR_BUG, "the dataset is asked for");
}

static void begin(void)
{
    static const struct clarifai_app_id app = { "u", "a" };
    struct err e;
    file_remove_tree(folder, &e);
    assert_int_equal(file_make_dirs(folder, &e), 0);
    memset(&job, 0, sizeof job);
    gather_init(&g, &app, "ds", false);
    assert_int_equal(journal_open(folder, true, &job.journal, &e), 0);
}
static void end(void)
{
    gather_release(&g);
    journal_close(job.journal);
}
static int list_whole(struct err *e)
{
    int result = STAGES_DID;
    for (int i = 0; i < 100 && result == STAGES_DID; i++)
        result = gather_inputs(&job, &g, true, e);
    return result == STAGES_DONE ? 0 : result < 0 ? -1 : err_set(e, ERR_BUG, "the listing has no end");
}
static void all_there(bool done)
{
    struct journal_remote *rows = NULL;
    size_t n = 0;
    struct err e;
    if (!done)
        return;
    assert_true(gather_agreed(&job));
    assert_int_equal(gather_input_count(&job), INPUTS);
    assert_int_equal(journal_inputs_read(job.journal, journal_get_i64(job.journal, "inputs.pass", 0), NULL, 10, &rows, &n, &e), 0);
    assert_int_equal(n, INPUTS);
    for (size_t i = 0; i < n; i++)
        assert_non_null(strstr(rows[i].json, "metadata"));
    journal_inputs_free(rows, n);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    static const struct allocations_case cases[] = {
        /* cJSON loses a reference whose key finds none; SQLite and vasprintf do without some of their memory. */
        { .name = "inputs", .work = list_whole, .check = all_there, .begin = begin, .end = end, .may_pass = true, .lost = 1 },
    };
    allocations_all(cases, sizeof cases / sizeof *cases);
}

int main(void) { return allocations_main(each_allocation_fails_once, folder, sizeof folder, NULL); }
#endif
