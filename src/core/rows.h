#ifndef LAKEFERRY_CORE_ROWS_H
#define LAKEFERRY_CORE_ROWS_H
/* rows: Clarifai inputs and annotations as the columns of design §5, as staged JSON lines. The column tables live here and nowhere else. Pure; any thread. */
#include "core/sql.h"
#include "net/clarifai_annotations.h"
#include "net/clarifai_inputs.h"

extern const struct sql_field rows_inputs_fields[];      extern const size_t rows_inputs_count;       /* input_id … input_modified_at */
extern const struct sql_field rows_pictures_fields[];    extern const size_t rows_pictures_count;     /* the same and image_path, image_bytes */
extern const struct sql_field rows_annotations_fields[]; extern const size_t rows_annotations_count;  /* annotation_id … annotation_modified_at */
extern const struct sql_field rows_tracking_fields[];    extern const size_t rows_tracking_count;     /* the same and source_path, upload_status, upload_error */
/* Appends one JSON object (no newline) of the tracking table. in may be NULL (never reached Clarifai). input_id NULL where none could be made. */
struct rows_tracking { const char *input_id, *source_path, *upload_status, *upload_error; const struct clarifai_input *in; };
int rows_tracking_line(struct buf *out, const struct rows_tracking *r, struct err *e);
/* Appends one JSON object (no newline) of an inputs table. path (NULL: none) and bytes are of the picture, with_picture only. */
struct rows_input { const char *input_id; const struct clarifai_input *in; bool with_picture; const char *path; uint64_t bytes; };
int rows_input_line(struct buf *out, const struct rows_input *r, struct err *e);
/* Appends one JSON object (no newline) of an annotations table: `annotation` is the data's JSON text. */
int rows_annotation_line(struct buf *out, const struct clarifai_annotation *a, struct err *e);
/* Appends the six to nine input columns as members (no braces), for inputs tables. */
int rows_input_members(struct buf *out, const struct clarifai_input *in, struct err *e);
/* The parts of an input that rows are made of, as JSON text that clarifai_input_decode reads again. Owned; NULL without memory. */
char *rows_input_parts(const struct clarifai_input *in);
#endif
