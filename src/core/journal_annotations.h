#ifndef LAKEFERRY_CORE_JOURNAL_ANNOTATIONS_H
#define LAKEFERRY_CORE_JOURNAL_ANNOTATIONS_H
/*
 * journal_annotations: what a run that reads a whole dataset keeps in its journal: which inputs a pass showed, the annotations as rows of their table,
 * and pictures: written by this run, by an earlier one (as its table says), and files that are in their folder. Rules as core/journal.h.
 */
#include "core/journal.h"

/* --- inputs of a pass of the dataset's listing --- */
int journal_inputs_count(struct journal *j, int64_t pass, int64_t *count, struct err *e);
/* Inputs that one of the passes pass and pass - 1 showed and the other did not. */
int journal_inputs_differ(struct journal *j, int64_t pass, int64_t *count, struct err *e);
/* In the order of their ids, after `after` (NULL: from the start); *n at most limit, and fewer when they are large: 0 is the end. Owned. */
int journal_inputs_read(struct journal *j, int64_t pass, const char *after, int limit, struct journal_remote **out, size_t *n, struct err *e);
void journal_inputs_free(struct journal_remote *rows, size_t n);
/* Ids only; bare: those without an annotation in the journal. */
int journal_inputs_ids(struct journal *j, int64_t pass, bool bare, const char *after, int limit, struct str_list *out, struct err *e);
/*
 * Makes an item ("planned", key = input id) of every input of the pass that has none; items whose input it did not show end as unaccounted. *gone may
 * be NULL.
 */
int journal_inputs_plan(struct journal *j, int64_t pass, int64_t *gone, struct err *e);
/* The latter alone. */
int journal_inputs_gone(struct journal *j, int64_t pass, int64_t *gone, struct err *e);

/* --- annotations --- */
struct journal_annotation { char *input_id, *id, *line; /* its row as JSON */ };
int journal_annotations_clear(struct journal *j, struct err *e);
/* One transaction. Those of inputs that the pass did not show are dropped; one that is there already is replaced. */
int journal_annotations_put(struct journal *j, int64_t pass, const struct journal_annotation *rows, size_t n, struct err *e);
int journal_annotations_count(struct journal *j, int64_t *count, struct err *e);
/* In the order of input id and id, after the pair given (NULL: from the start); as journal_inputs_read. */
int journal_annotations_read(struct journal *j, const char *after_input, const char *after_id, int limit, struct journal_annotation **out, size_t *n,
                             struct err *e);
void journal_annotations_free(struct journal_annotation *rows, size_t n);

/* --- pictures --- */
enum journal_pictures { JOURNAL_PICTURES /* of this run, by input id */, JOURNAL_WRITTEN /* by an earlier run, by input id */, JOURNAL_FILES /* by name */ };
struct journal_picture { const char *key; const char *name; uint64_t size; };    /* name: of the file in its folder; ignored for JOURNAL_FILES */
int journal_pictures_clear(struct journal *j, enum journal_pictures which, struct err *e);
int journal_pictures_put(struct journal *j, enum journal_pictures which, const struct journal_picture *rows, size_t n, struct err *e);
/* A picture of this run and the change of its item, as one transaction. */
int journal_picture_move(struct journal *j, const struct journal_picture *row, const struct journal_change *c, struct err *e);
/* 1 found (*name owned, may be NULL when not wanted), 0 none, -1. */
int journal_picture_get(struct journal *j, enum journal_pictures which, const char *key, char **name, uint64_t *size, struct err *e);
/* The same of JOURNAL_PICTURES, only when the input's item ended as verified or present: the file is there. */
int journal_picture_stored(struct journal *j, const char *input_id, char **name, uint64_t *size, struct err *e);
/* All of these, in no order; each may not use this journal. */
typedef int (*journal_picture_each)(void *ctx, const struct journal_picture *p, struct err *e);
int journal_pictures_stored(struct journal *j, journal_picture_each each, void *ctx, struct err *e);
#endif
