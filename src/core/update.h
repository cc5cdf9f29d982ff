#ifndef LAKEFERRY_CORE_UPDATE_H
#define LAKEFERRY_CORE_UPDATE_H
/*
 * update: the verb "update" as a row of stages: look (start gate), inputs, annotations, stage, difference (gate), merge, verify, finish. This header is
 * for its own files; others see update_verb (core/stages.h). Each stage has one lane, and they follow one another, so struct update needs no lock.
 *
 * Facts in the journal: look, compared (the plan so far), scope; for each table's name N ("inputs", "annotations"): promise.N and did.N (counts as JSON),
 * twice.N (keys it holds more than once), begun.N (a MERGE may have run), listing.N, listed.N (properties may have been, were set);
 * verified.N (the table's version whose rows were compared last, and were as staged); rows, commits and the
 * counts of core/run_inside.h.
 */
#include "core/delta.h"
#include "core/gather.h"

#define UPDATE_FIELDS 16

struct update_counts { int64_t of[SQL_CHANGES], total; };

struct update_side {                     /* one of the two tables */
    const char *name;                    /* "inputs", "annotations": of facts, samples, staged folders */
    const struct name *table;            /* borrowed from the ask */
    const struct sql_field *all; size_t all_count;           /* what is staged */
    const char *const *keys; size_t key_count;
    /* From the catalog, by update_side_fit: */
    struct databricks_object object;
    struct sql_field fields[UPDATE_FIELDS]; size_t count;    /* what is staged and the table has, with the table's types */
    const char *needs;                   /* a column that takes no NULL and that an update has no value for; NULL: none */
    bool shared;                         /* its rows are of several datasets: what is missing cannot be judged */
    bool join_list;                      /* the dataset is to be added to the table's list */
    bool set_scope;                      /* its scope is to become this update's */
    char keep[240];                      /* why missing rows may not be deleted; "": they may */
};

struct update_wish { const char *dataset /* user/app/dataset */, *app /* user/app/ */, *scope /* people, all */; };

struct update {
    struct clarifai_app_id app;
    char *dataset, *prefix;              /* user/app/dataset, user/app/ */
    struct gather gather;
    int step;                            /* of look */
    int listings; uint64_t seen;         /* of annotations, where rows are to be deleted: made so far, and what the last one showed */
    int64_t compared_ms;                 /* monotonic: when this process asked for the difference, 0: it has not */
    struct update_side sides[2];
};

/* --- tables (update_side.c) --- */
void update_sides_init(struct update_side sides[2], const struct ask *ask);
void update_sides_release(struct update_side sides[2]);
/* Scope of an update: the flag, else the annotations table's own, else people's. */
const char *update_scope(const struct ask *ask, const struct databricks_object *annotations);
/* What the catalog says of a table decides what an update does with it; ERR_CONFLICT with the table and what to do. Pure. */
int update_side_fit(struct update_side *side, const struct update_wish *wish, struct err *e);
/* Asks the catalog about both and fits them. */
int update_sides_load(struct stages_job *job, struct err *e);
bool update_is_key(const struct update_side *side, const char *name);
/* The statements' description of a side; folder is borrowed. */
struct sql_merge update_merge_of(struct stages_job *job, const struct update_side *side, const char *folder);
/* "prefix.NAME" */
const char *update_fact(char out[48], const char *prefix, const struct update_side *side);
bool update_counts_read(struct stages_job *job, const char *prefix, const struct update_side *side, struct update_counts *out);
int update_counts_put(struct stages_job *job, const char *prefix, const struct update_side *side, const struct update_counts *c, struct err *e);
/* Asks the compute for the difference; a table with keys more than once (twice.N) keeps them out. */
int update_count(struct delta *d, const struct update_side *side, struct update_counts *out, struct err *e);
/* Both tables staged, when they are not; the compute started. */
int update_stage(struct delta *d, struct err *e);

/* --- samples (update_sample.c): pure --- */
void update_sample_fill(struct run_sample *out, const struct update_side *side, enum sql_change change, const struct compute_rows *rows, size_t row);

/* --- stages --- */
int update_look_work(struct stages_job *job, struct err *e);
/* The plan kept under the fact "look" or "compared"; nothing when there is none. */
int update_restore_plan(struct stages_job *job, const char *fact, struct err *e);
int update_difference_work(struct stages_job *job, struct err *e);
int update_merge_work(struct stages_job *job, struct err *e);
int update_verify_work(struct stages_job *job, struct err *e);
/* Another attempt at once, when the failure allows it and the tries under the fact are not used up: STAGES_DID, or -1 with e as it was. */
int update_again(struct stages_job *job, const char *fact, struct err *e);
/* An item of the report: one row or table that is not as promised. */
struct update_item { char *key, *input_id; const char *code; char reason[320]; };
int update_items_put(struct stages_job *job, const struct update_item *items, size_t n, enum journal_state to, struct err *e);
#endif
