#ifndef LAKEFERRY_CORE_GATHER_H
#define LAKEFERRY_CORE_GATHER_H
/*
 * gather: what Clarifai holds of one dataset, read whole into the journal: inputs listed until two passes show the same set (five at most), then all
 * their annotations, by pages of the whole app or by chunks of 100 input ids, whichever is less. Sets, never counts: a repeated or moved page changes
 * nothing, a missing one is noticed. A listing that was cut is begun again. Used by export and update.
 *
 * The work functions are for stages with one lane; figures may be asked by any thread. Facts: pass (of inputs, rising), inputs.pass (the last whole one),
 * changing (no two passes agreed: the run ends with 3), inputs.count, annotations.count.
 */
#include "core/delta.h"
#include "core/rows.h"
#include "net/clarifai_annotations.h"
#include "net/clarifai_apps.h"

struct gather {                      /* made by gather_init */
    struct clarifai_app_id app; const char *dataset;   /* borrowed */
    bool all;                        /* annotations made by models, too */
    /* the rest is gather's own */
    enum { GATHER_CHOOSE, GATHER_PAGES, GATHER_CHUNKS, GATHER_FILL } step;
    bool listing;
    int passes, repeats, page_size;
    int64_t pass, offset;            /* offset: of the next page, in elements */
    int64_t offset_max;              /* beyond it the listing goes in circles */
    uint64_t first_hash, last_hash;  /* of a listing's first and last page */
    char *after;                     /* input id that the last chunk ended with */
    struct str_list ids;             /* of the present chunk */
    bool seen[CLARIFAI_ANNOTATION_IDS];   /* inputs of the present chunk that showed an annotation */
    atomic_llong listed, total, annotations;
};
void gather_init(struct gather *g, const struct clarifai_app_id *app, const char *dataset, bool all);
void gather_release(struct gather *g);
/* App and dataset are there: ERR_NOT_FOUND with words and remedy. */
int gather_look(struct stages_job *job, const struct gather *g, struct err *e);

/*
 * One page a call. agree false: one pass, then done. agree true: until two passes in a row agree, those made before in this process counted, five at
 * most. STAGES_DID, STAGES_DONE or -1.
 */
int gather_inputs(struct stages_job *job, struct gather *g, bool agree, struct err *e);
/* One call a call; after gather_inputs. An annotation of an input that the last pass did not show is dropped. */
int gather_annotations(struct stages_job *job, struct gather *g, struct err *e);
/* True when the last listing of inputs agreed with the one before. */
bool gather_agreed(struct stages_job *job);
int64_t gather_input_count(struct stages_job *job);          /* of the last pass */
int64_t gather_annotation_count(struct stages_job *job);
void gather_input_figures(const struct gather *g, struct stages_figures *out);
void gather_annotation_figures(const struct gather *g, struct stages_figures *out);

/*
 * Fillers for delta_stage: one row for each input of the last pass (all columns of rows_inputs_fields), each annotation (rows_annotations_fields), in
 * the order of their keys. ctx is a struct gather_rows.
 */
struct gather_rows {
    struct stages_job *job;
    /* Fills path and bytes of an input's picture and sets with_picture; the path must live until the next call. NULL: no picture columns. */
    int (*picture)(void *ctx, struct rows_input *row, struct err *e);
    void *ctx;
};
int gather_fill_inputs(void *gather_rows, struct stage *st, int64_t *rows, struct err *e);
int gather_fill_annotations(void *gather_rows, struct stage *st, int64_t *rows, struct err *e);
#endif
