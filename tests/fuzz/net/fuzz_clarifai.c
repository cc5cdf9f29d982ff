/* Clarifai's answers: whatever arrives is items, or one error with a cause. */
#include "answers.h"
#include "net/clarifai_annotations.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_inputs.h"

static const struct net_api *const api = &fuzz_api;
static const struct clarifai_app_id app = { "user", "app" };
static int each_app(void *ctx, const struct clarifai_app *a, struct err *e) { (void)e; *(size_t *)ctx += strlen(a->id); return 0; }
static int each_dataset(void *ctx, const struct clarifai_dataset *d, struct err *e) { (void)e; *(size_t *)ctx += strlen(d->id); return 0; }
static int each_input(void *ctx, const struct clarifai_input *in, struct err *e) { (void)e; *(size_t *)ctx += strlen(in->id) + (in->data != NULL); return 0; }
static int each_annotation(void *ctx, const struct clarifai_annotation *a, struct err *e) { (void)e; *(size_t *)ctx += strlen(a->id) + strlen(a->input_id); return 0; }

static int me(struct err *e) { struct clarifai_user u; return clarifai_me_get(api, &u, e); }
static int apps(struct err *e) { size_t sum = 0; return clarifai_apps_list(api, "user", each_app, &sum, e); }
static int app_get(struct err *e) { struct clarifai_app a; return clarifai_app_get(api, &app, &a, e); }
static int datasets(struct err *e) { size_t sum = 0; return clarifai_datasets_list(api, &app, each_dataset, &sum, e); }
static int dataset(struct err *e) { struct clarifai_dataset d; return clarifai_dataset_get(api, &app, "ds", &d, e); }
static int dataset_create(struct err *e) { return clarifai_dataset_create(api, &app, "ds", e); }
static int dataset_inputs(struct err *e) { size_t sum = 0; int n; return clarifai_dataset_inputs_page(api, &app, "ds", 1, 1000, each_input, &sum, &n, e); }
static int inputs(struct err *e) { size_t sum = 0; int n; return clarifai_inputs_page(api, &app, 1, 1000, each_input, &sum, &n, e); }
static int inputs_by_id(struct err *e)
{
    static const char *const ids[] = { "a", "b" };
    size_t sum = 0;
    return clarifai_inputs_by_id(api, &app, ids, 2, each_input, &sum, e);
}
static int counts(struct err *e) { struct clarifai_counts c; return clarifai_inputs_status(api, &app, &c, e); }
static int post(struct err *e)
{
    struct clarifai_new_input items[3] = { { .id = "a", .bytes = (const unsigned char *)"x", .size = 1 }, { .id = "b", .url = "https://h/x" }, { .id = "c", .url = "https://h/y" } };
    int r = clarifai_inputs_post(api, &app, "ds", items, 3, e);
    for (int i = 0; i < 3 && r == 0; i++) FUZZ_HOLDS(memchr(items[i].status.details, 0, sizeof items[i].status.details));
    return r;
}
static int add(struct err *e)
{
    static const char *const ids[] = { "a", "b" };
    struct clarifai_status s[2];
    return clarifai_dataset_inputs_add(api, &app, "ds", ids, 2, s, e);
}
static int annotations(struct err *e) { size_t sum = 0; int n; return clarifai_annotations_page(api, &app, NULL, 0, true, 1, 1000, each_annotation, &sum, &n, e); }

static int (*const requests[])(struct err *e) = {
    me, apps, app_get, datasets, dataset, dataset_create, dataset_inputs, inputs, inputs_by_id, counts, post, add, annotations,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e = { 0 };
    int which = take_answer(data, n, (int)(sizeof requests / sizeof *requests));
    if (which >= 0) check_result(requests[which](&e), &e);
    return 0;
}
