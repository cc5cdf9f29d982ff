#ifndef LAKEFERRY_SANDBOX_CLARIFAI_CALLS_H
#define LAKEFERRY_SANDBOX_CLARIFAI_CALLS_H
/* clarifai_calls: the handlers that clarifai_routes names, by file. Each is run by talk_run with its rule. */
#include "sandbox/clarifai_talk.h"

/* clarifai_apps.c: users, apps, scopes, workflows, status codes */
void clarifai_get_user(struct talk *t);
void clarifai_list_apps(struct talk *t);
void clarifai_get_app(struct talk *t);
void clarifai_post_apps(struct talk *t);
void clarifai_delete_app(struct talk *t);
void clarifai_get_scopes(struct talk *t);
void clarifai_list_workflows(struct talk *t);
void clarifai_get_workflow(struct talk *t);
void clarifai_list_status_codes(struct talk *t);
void clarifai_get_status_code(struct talk *t);
/* clarifai_datasets.c */
void clarifai_list_datasets(struct talk *t);
void clarifai_list_user_datasets(struct talk *t);
void clarifai_get_dataset(struct talk *t);
void clarifai_post_datasets(struct talk *t);
void clarifai_patch_datasets(struct talk *t);
void clarifai_delete_datasets(struct talk *t);
void clarifai_list_dataset_inputs(struct talk *t);
void clarifai_get_dataset_input(struct talk *t);
void clarifai_post_dataset_inputs(struct talk *t);
void clarifai_delete_dataset_inputs(struct talk *t);
/* clarifai_post.c */
void clarifai_post_inputs(struct talk *t);
/* clarifai_input_calls.c */
void clarifai_list_inputs(struct talk *t);
void clarifai_get_input(struct talk *t);
void clarifai_stream_inputs(struct talk *t);
void clarifai_count_inputs(struct talk *t);
void clarifai_patch_inputs(struct talk *t);
void clarifai_delete_inputs(struct talk *t);
void clarifai_delete_input(struct talk *t);
void clarifai_list_jobs(struct talk *t);
void clarifai_get_job(struct talk *t);
void clarifai_cancel_job(struct talk *t);
/* The InputsAddJob object; NULL when there is none. Owned. */
cJSON *clarifai_job_json(struct talk *t, const char *id, int digits);
/* clarifai_search.c */
void clarifai_search_inputs(struct talk *t);
void clarifai_search_annotations(struct talk *t);
/* clarifai_filters.c. Appends "SELECT i.n FROM inputs i WHERE …" for one search's filters, values inlined as escaped literals; -1 after
 * answering a refusal. */
int clarifai_search_where(struct talk *t, const cJSON *search, struct buf *sql);
/* The same of annotations: "SELECT a.n FROM annotations a JOIN inputs i …". */
int clarifai_search_notes_where(struct talk *t, const cJSON *search, struct buf *sql);
/* clarifai_annotations.c */
void clarifai_list_annotations(struct talk *t);
void clarifai_get_annotation(struct talk *t);
/* The annotation of that id on an input of the call's app, its times with so many digits of a second; NULL when there is none. Owned. */
cJSON *clarifai_annotation_find(struct talk *t, const char *input, const char *id, int digits);
/* clarifai_annotation_writes.c */
void clarifai_post_annotations(struct talk *t);
void clarifai_patch_annotations(struct talk *t);
void clarifai_delete_annotations(struct talk *t);
void clarifai_delete_annotation(struct talk *t);
/* clarifai_regions.c: what is wrong with the regions of data, at any depth; NULL when nothing is. */
const char *clarifai_regions_fault(const cJSON *data);
/* clarifai_concepts.c */
void clarifai_list_concepts(struct talk *t);
void clarifai_get_concept(struct talk *t);
void clarifai_post_concepts(struct talk *t);
void clarifai_patch_concepts(struct talk *t);
#endif
