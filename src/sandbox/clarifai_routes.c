/* Every row of the labelling side: long form, short form where the vendor has one, and what its handler needs. */
#include "sandbox/clarifai_calls.h"

#define S(name) &clarifai_shape_##name
#define ANY (&clarifai_shape_only_user_app)
#define PAGE "page per_page "
#define SORT "sort_ascending sort_by_name sort_by_modified_at sort_by_created_at sort_by_star_count sort_by_id" \
    " sort_by_relevance starred_only search id additional_fields "
#define APP_QUERY "user_app_id.user_id user_app_id.app_id "

/* One line a call: handler, scope, the answer's list, body, whether it locks itself. */
#define CALLS(X) \
    X(get_user, TALK_USER, NULL, NULL, false) \
    X(list_apps, TALK_USER, "apps", NULL, false) \
    X(get_app, TALK_APP, NULL, NULL, false) \
    X(post_apps, TALK_USER, "apps", S(post_apps), false) \
    X(delete_app, TALK_APP, NULL, ANY, false) \
    X(list_workflows, TALK_APP, "workflows", NULL, false) \
    X(get_workflow, TALK_APP, NULL, NULL, false) \
    X(list_status_codes, TALK_NONE, NULL, NULL, false) \
    X(get_status_code, TALK_NONE, NULL, NULL, false) \
    X(list_datasets, TALK_APP, "datasets", NULL, false) \
    X(list_user_datasets, TALK_USER, "datasets", NULL, false) \
    X(get_dataset, TALK_APP, NULL, NULL, false) \
    X(post_datasets, TALK_APP, "datasets", S(post_datasets), false) \
    X(patch_datasets, TALK_APP, "datasets", S(patch_datasets), false) \
    X(delete_datasets, TALK_APP, NULL, S(delete_datasets), false) \
    X(list_dataset_inputs, TALK_APP, "dataset_inputs", NULL, false) \
    X(get_dataset_input, TALK_APP, NULL, NULL, false) \
    X(post_dataset_inputs, TALK_APP, "dataset_inputs", S(post_dataset_inputs), false) \
    X(delete_dataset_inputs, TALK_APP, NULL, S(delete_dataset_inputs), false) \
    X(post_inputs, TALK_APP, "inputs", S(post_inputs), true) \
    X(list_inputs, TALK_APP, "inputs", NULL, false) \
    X(get_input, TALK_APP, NULL, NULL, false) \
    X(stream_inputs, TALK_APP, "inputs", NULL, false) \
    X(count_inputs, TALK_APP, NULL, NULL, false) \
    X(patch_inputs, TALK_APP, "inputs", S(patch_inputs), false) \
    X(delete_inputs, TALK_APP, NULL, S(delete_inputs), false) \
    X(delete_input, TALK_APP, NULL, ANY, false) \
    X(list_jobs, TALK_APP, "inputs_add_jobs", NULL, false) \
    X(get_job, TALK_APP, NULL, NULL, false) \
    X(cancel_job, TALK_APP, NULL, ANY, false) \
    X(search_inputs, TALK_APP, "hits", S(input_searches), false) \
    X(search_annotations, TALK_APP, "hits", S(annotation_searches), false) \
    X(list_annotations, TALK_APP, "annotations", NULL, false) \
    X(get_annotation, TALK_APP, NULL, NULL, false) \
    X(post_annotations, TALK_APP, "annotations", S(post_annotations), false) \
    X(patch_annotations, TALK_APP, "annotations", S(patch_annotations), false) \
    X(delete_annotations, TALK_APP, NULL, S(delete_annotations), false) \
    X(delete_annotation, TALK_APP, NULL, ANY, false) \
    X(list_concepts, TALK_APP, "concepts", NULL, false) \
    X(get_concept, TALK_APP, NULL, NULL, false) \
    X(post_concepts, TALK_APP, "concepts", S(post_concepts), false) \
    X(patch_concepts, TALK_APP, "concepts", S(patch_concepts), false)

#define ENTRY(name, scope, list, body, unlocked) \
    static void name(struct route_call *call, struct route_answer *answer) \
    { \
        talk_run(call, answer, &(const struct talk_rule){ scope, list, body, unlocked, clarifai_##name }); \
    }
CALLS(ENTRY)

static void app_scopes(struct route_call *call, struct route_answer *answer)
{
    talk_run(call, answer, &(const struct talk_rule){ TALK_APP, NULL, NULL, false, clarifai_get_scopes });
}

static void user_scopes(struct route_call *call, struct route_answer *answer)
{
    talk_run(call, answer, &(const struct talk_rule){ TALK_USER, NULL, NULL, false, clarifai_get_scopes });
}

/* POST /_control/inputs {"user","app","dataset","prefix","count"}: many inputs at once, for benchmarks and large tests. */
static void bulk(struct route_call *call, struct route_answer *answer)
{
    const cJSON *b = call->body;
    int64_t count = 0;
    struct err e = { .code = ERR_NONE };
    const char *dataset = json_str_or(b, "dataset", "bulk"), *prefix = json_str_or(b, "prefix", "bulk");
    char sentence[1400];
    int rc;

    if (!json_i64(b, "count", &count) || count < 1 || count > 2000000 || !clarifai_id_valid(dataset)
        || !clarifai_id_valid(prefix) || strlen(prefix) > 40)
        rc = err_set(&e, ERR_USAGE, "count must be 1 to 2000000, dataset and prefix must be valid ids");
    else
        rc = clarifai_store_bulk(sandbox_clarifai(call->sandbox), json_str_or(b, "user", "lab-user"),
                                 json_str_or(b, "app", "traffic"), dataset, prefix, count, &e);
    answer->status = rc == 0 ? 200 : 400;
    answer->json = cJSON_CreateObject();
    json_put_i64(answer->json, "inputs", rc == 0 ? count : 0);
    if (rc != 0)
        json_put_str(answer->json, "error", err_sentence(&e, sentence, sizeof sentence));
}

/* POST /_control/annotations {"user","app","dataset","per_input","model_every","others_every"}: on every input of a dataset. */
static void bulk_notes(struct route_call *call, struct route_answer *answer)
{
    const cJSON *b = call->body;
    struct clarifai_bulk_notes want = { .user = json_str_or(b, "user", "lab-user"), .app = json_str_or(b, "app", "traffic"),
                                        .dataset = json_str_or(b, "dataset", "bulk"), .per_input = 1 };
    struct err e = { .code = ERR_NONE };
    char sentence[1400];
    int64_t made = 0;
    int rc;

    json_i64(b, "per_input", &want.per_input);
    json_i64(b, "model_every", &want.model_every);
    json_i64(b, "others_every", &want.others_every);
    if (want.per_input < 1 || want.per_input > 1000)
        rc = err_set(&e, ERR_USAGE, "per_input must be 1 to 1000");
    else
        rc = clarifai_store_bulk_notes(sandbox_clarifai(call->sandbox), &want, &made, &e);
    answer->status = rc == 0 ? 200 : 400;
    answer->json = cJSON_CreateObject();
    json_put_i64(answer->json, "annotations", rc == 0 ? made : 0);
    if (rc != 0)
        json_put_str(answer->json, "error", err_sentence(&e, sentence, sizeof sentence));
}

#define ROW(method, path, query, body, handler) { method, path, ROUTE_CLARIFAI, query APP_QUERY, body, handler }
/* The long form and its short twin. */
#define APP(method, tail, query, body, handler) \
    ROW(method, "/v2/users/{u}/apps/{a}" tail, query, body, handler), ROW(method, "/v2" tail, query, body, handler)
#define GET(tail, query, handler) APP("GET", tail, query, "-", handler)
#define SEND(method, tail, handler) APP(method, tail, "", NULL, handler)

const struct route clarifai_routes[] = {
    { "GET", "/v2/status_codes", ROUTE_PUBLIC, "", "-", list_status_codes },
    { "GET", "/v2/status_codes/{id}", ROUTE_PUBLIC, "", "-", get_status_code },
    ROW("GET", "/v2/users/{u}", "additional_fields ", "-", get_user),
    ROW("GET", "/v2/users/{u}/myscopes", "", "-", user_scopes),
    ROW("GET", "/v2/myscopesroot", "", "-", user_scopes),
    ROW("GET", "/v2/my_scopes", "", "-", app_scopes),
    GET("/myscopes", "", app_scopes),
    ROW("GET", "/v2/users/{u}/apps", PAGE SORT "featured_only template_only query name ", "-", list_apps),
    ROW("GET", "/v2/apps", PAGE SORT "featured_only template_only query name ", "-", list_apps),
    ROW("POST", "/v2/users/{u}/apps", "", NULL, post_apps),
    ROW("GET", "/v2/users/{u}/apps/{a}", "additional_fields ", "-", get_app),
    ROW("GET", "/v2/app", "additional_fields ", "-", get_app),
    ROW("DELETE", "/v2/users/{u}/apps/{a}", "", NULL, delete_app),
    GET("/workflows", PAGE SORT "featured_only bookmark query search_term ", list_workflows),
    GET("/workflows/{id}", "", get_workflow),
    ROW("GET", "/v2/users/{u}/datasets", PAGE SORT "bookmark ", "-", list_user_datasets),
    GET("/datasets", PAGE SORT "bookmark ", list_datasets),
    GET("/datasets/{id}", "additional_fields ", get_dataset),
    SEND("POST", "/datasets", post_datasets),
    SEND("PATCH", "/datasets", patch_datasets),
    SEND("DELETE", "/datasets", delete_datasets),
    GET("/datasets/{id}/inputs", PAGE, list_dataset_inputs),
    GET("/datasets/{id}/inputs/{input}", "", get_dataset_input),
    SEND("POST", "/datasets/{id}/inputs", post_dataset_inputs),
    SEND("DELETE", "/datasets/{id}/inputs", delete_dataset_inputs),
    SEND("POST", "/inputs", post_inputs),
    GET("/inputs", PAGE "ids status.code ", list_inputs),
    GET("/inputs/stream", "per_page last_id order_by_id descending ", stream_inputs),
    GET("/inputs/status", "", count_inputs),
    SEND("POST", "/inputs/searches", search_inputs),
    GET("/inputs/jobs/add", PAGE, list_jobs),
    GET("/inputs/jobs/add/{id}", "", get_job),
    SEND("PATCH", "/inputs/jobs/add/{id}", cancel_job),
    GET("/inputs/{id}", "", get_input),
    SEND("PATCH", "/inputs", patch_inputs),
    SEND("DELETE", "/inputs", delete_inputs),
    APP("DELETE", "/inputs/{id}", "input_id ", NULL, delete_input),
    GET("/annotations", PAGE "ids input_ids user_ids model_version_ids workflow_version_ids list_all_annotations"
        " return_model_output task_id ", list_annotations),
    SEND("POST", "/annotations", post_annotations),
    SEND("PATCH", "/annotations", patch_annotations),
    SEND("DELETE", "/annotations", delete_annotations),
    SEND("DELETE", "/inputs/annotations", delete_annotations),
    SEND("POST", "/annotations/searches", search_annotations),
    GET("/inputs/{id}/annotations/{annotation}", "", get_annotation),
    APP("DELETE", "/inputs/{id}/annotations/{annotation}", "input_id annotation_id ", NULL, delete_annotation),
    GET("/concepts", PAGE "id ", list_concepts),
    GET("/concepts/{id}", "", get_concept),
    SEND("POST", "/concepts", post_concepts),
    SEND("PATCH", "/concepts", patch_concepts),
    { "POST", "/_control/inputs", ROUTE_CONTROL, "", "user app dataset prefix count", bulk },
    { "POST", "/_control/annotations", ROUTE_CONTROL, "", "user app dataset per_input model_every others_every", bulk_notes },
    { NULL, NULL, ROUTE_PUBLIC, NULL, NULL, NULL },
};
