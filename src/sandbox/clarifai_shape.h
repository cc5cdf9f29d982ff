#ifndef LAKEFERRY_SANDBOX_CLARIFAI_SHAPE_H
#define LAKEFERRY_SANDBOX_CLARIFAI_SHAPE_H
/*
 * clarifai_shape: the members and types of the platform's messages (reference clarifai §§1.4, 4, 5, 10), in tables. One
 * walk refuses what the real gateway refuses in a request, another brings stored data into the form of an answer.
 * Constant data and pure functions; any thread.
 */
#include "base/buf.h"
#include <cjson/cJSON.h>

struct clarifai_shape;
extern const struct clarifai_shape clarifai_shape_data, clarifai_shape_post_inputs, clarifai_shape_patch_inputs,
    clarifai_shape_delete_inputs, clarifai_shape_input_searches, clarifai_shape_annotation_searches,
    clarifai_shape_post_annotations, clarifai_shape_patch_annotations, clarifai_shape_delete_annotations,
    clarifai_shape_post_apps, clarifai_shape_post_datasets, clarifai_shape_patch_datasets, clarifai_shape_delete_datasets,
    clarifai_shape_post_dataset_inputs, clarifai_shape_delete_dataset_inputs, clarifai_shape_post_concepts,
    clarifai_shape_patch_concepts, clarifai_shape_only_user_app;

/* 0 when every member of o is known and of the right type; else -1 with ERR_REFUSED and a cause that names the member
 * by its path ("unknown field \"inputs[0].data.img\""). */
int clarifai_shape_check(const cJSON *o, const struct clarifai_shape *shape, struct err *e);

/* Brings a data object into answer form in place: unset members go, those always shown appear, floats are rounded to
 * 32 bits, 64-bit integers become strings, a concept without value gets 1. */
void clarifai_shape_normalise(cJSON *o, const struct clarifai_shape *shape);

/* The shortest decimal that is the same 32-bit float. */
double clarifai_shape_float(double value);
#endif
