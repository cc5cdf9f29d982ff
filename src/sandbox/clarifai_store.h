#ifndef LAKEFERRY_SANDBOX_CLARIFAI_STORE_H
#define LAKEFERRY_SANDBOX_CLARIFAI_STORE_H
/*
 * clarifai_store: what the labelling side of the local platform holds: users, apps, datasets, inputs with their bytes,
 * annotations, concepts and add jobs, in DIR/clarifai.db and DIR/clarifai/. One per process; any thread may call, one
 * lock inside. An input's status is not stored as it changes but follows from its times and the platform's clock.
 */
#include "base/err.h"
#include "sandbox/picture.h"
#include <cjson/cJSON.h>

struct sandbox;
struct clarifai_store;

/* Opens or creates the store; sandbox gives clock, settings and origin, and may not be used yet during the call. */
struct clarifai_store *clarifai_store_open(const char *dir, struct sandbox *sandbox, struct err *e);
void clarifai_store_close(struct clarifai_store *s);

/* --- filling it without HTTP (sample data, benchmarks); everything is complete at once, no processing time --- */
int clarifai_store_add_user(struct clarifai_store *s, const cJSON *user, bool organisation, struct err *e);
/* workflow: id of the app's default workflow. */
int clarifai_store_add_app(struct clarifai_store *s, const char *user, const char *app, const char *workflow,
                           const char *description, int64_t created_us, struct err *e);
int clarifai_store_add_dataset(struct clarifai_store *s, const char *user, const char *app, const char *dataset,
                               const char *description, int64_t created_us, struct err *e);
/* One sample input. bytes with size, or url ("/pictures/NAME" of the image host), or neither with media (the JSON of the
 * kind's object: a video or text that has no file). data: concepts, metadata, geo … of the input-level annotation. */
struct clarifai_sample {
    const char *user, *app, *dataset, *id;
    const char *kind;            /* "image" "video" "text" "audio" */
    const void *bytes;
    size_t size;
    const char *url;
    const char *media;
    const cJSON *data;
    int code;                    /* 0: by looking at the bytes */
    bool public_host;            /* served by the old public host */
    int64_t created_us;
};
int clarifai_store_add_input(struct clarifai_store *s, const struct clarifai_sample *sample, struct err *e);
/* One more annotation; annotation is the REST object ({"data","status":{"code"},"user_id" or "worker"}). */
int clarifai_store_add_annotation(struct clarifai_store *s, const char *user, const char *app, const char *input,
                                  const cJSON *annotation, int64_t created_us, struct err *e);
/* n image inputs "PREFIX-000000"… of one dataset (made when missing), each with metadata {"index":i} and the concept
 * "sample", sharing a few small pictures; a million in some 15 s. */
int clarifai_store_bulk(struct clarifai_store *s, const char *user, const char *app, const char *dataset,
                        const char *prefix, int64_t n, struct err *e);
/* Annotations by people on every input of a dataset: concept, box, polygon, point and keypoints in turn. Every model_every-th
 * is a model's, every others_every-th somebody else's and pending or awaiting review (0: none). made: how many. */
struct clarifai_bulk_notes { const char *user, *app, *dataset; int64_t per_input, model_every, others_every; };
int clarifai_store_bulk_notes(struct clarifai_store *s, const struct clarifai_bulk_notes *want, int64_t *made, struct err *e);
#endif
