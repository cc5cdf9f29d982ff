#ifndef LAKEFERRY_CORE_DELTA_H
#define LAKEFERRY_CORE_DELTA_H
/*
 * delta: what a run does with tables: rows staged (the place chosen, recorded before it is made, removed at the end), statements run with what they
 * leave recorded, a table made, replaced or merged into by one statement, commits counted. All of it may be entered again after a kill.
 *
 * Facts kept in the journal: staging.at, staging.made, staging.generation, staging.scratch (scratch tables that may be there, a full name a line); of
 * each staged name: attempt.NAME, folder.NAME (or the scratch table as statements write it), scratch.NAME (its full name), staged.NAME (generation and
 * rows, once whole), writing.NAME (a statement reads them, or may still), made.NAME, joining.NAME, merging.NAME, tries.NAME, rows.NAME (of the table,
 * when it was written); commits.
 *
 * A struct delta belongs to the lane that opened it.
 */
#include "core/compute.h"
#include "core/stage.h"
#include "core/stages.h"
#include "core/target.h"

struct delta {
    struct stages_job *job;
    struct session session;          /* the run's, with its cancellation */
    struct compute *compute;         /* after delta_start */
    struct name scratch;             /* table that rows are put in at present */
};

/* "PREFIX.NAME": a fact. */
const char *delta_fact(char out[48], const char *prefix, const char *name);
/* Also ends what an earlier process or attempt left running; rows staged for it go, so that it cannot come back to life. */
int delta_open(struct stages_job *job, struct delta *d, struct err *e);
void delta_close(struct delta *d);
/* Leavings and everything staged, and the volume made for it. For the verb's `clean` and its last stage. */
int delta_clean(struct stages_job *job, struct err *e);

/* --- for plans (delta_look.c): what is found goes into job->plan --- */
int delta_look_compute(struct stages_job *job, struct err *e);
/* Also says that a scratch table takes the place of a volume when the user seems to lack the right to make one. An S3 import has no such way. */
int delta_look_staging(struct stages_job *job, const struct name *beside, const char *images, struct err *e);
/* Says it in a note when the user seems to lack a right on an object; full NULL says nothing. */
void delta_look_privilege(struct stages_job *job, enum databricks_kind kind, const char *full, const char *privilege, const char *words);
/* The plan as it is now, as a fact of the journal: the plan line is made later, and what was seen is carried over a restart. */
int delta_look_keep(struct stages_job *job, const char *fact, struct err *e);

/* --- staging --- */
/* Fills one attempt's folder by stage_row; *rows: how many. */
typedef int (*delta_fill)(void *ctx, struct stage *st, int64_t *rows, struct err *e);
/*
 * Stages rows under a name ("rows", "inputs", "annotations") when they are not staged whole already, or when a statement of unknown end may still read
 * them: an older attempt's folder is removed, the next is made and filled. beside: table whose schema gets a volume when no other place is named (NULL: a
 * place must be named); images: volume path of the pictures or NULL. A place that is not the recorded one any more is emptied first.
 * Where the user may not make that volume, rows go into a scratch table beside `beside`; not with fill NULL, which makes an empty folder for the compute.
 */
int delta_stage(struct delta *d, const char *name, const struct name *beside, const char *images, delta_fill fill, void *ctx, struct err *e);
/* Where rows were staged whole by this run, as sql_staged takes it; NULL when there are none. Owned. *rows may be NULL. */
char *delta_staged(struct stages_job *job, const char *name, int64_t *rows);
/* What was staged under the name goes, before another attempt. */
int delta_unstage(struct delta *d, const char *name, struct err *e);

/* --- a scratch table (delta_scratch.c) --- */
/* Makes the table of this attempt in the schema of `beside`, recorded before it is made; rows go into it by *out. Release with stage_free. */
int delta_scratch_begin(struct delta *d, const struct name *beside, const char *name, int attempt, struct stage **out, struct err *e);
/* All rows that were put in are there. */
int delta_scratch_check(struct delta *d, int64_t rows, struct err *e);
/* Drops the table with the rows of this name; nothing when there is none. */
int delta_scratch_drop(struct delta *d, const char *name, struct err *e);
/* Drops all that this run left. */
int delta_scratch_clean(struct stages_job *job, const struct session *s, struct err *e);

/* --- statements --- */
/* Opens the compute and starts it when needed; its state is the fact compute.state meanwhile. Nothing when it is open. */
int delta_start(struct delta *d, struct err *e);
/* Runs one statement; rows may be NULL. table: whom errors are about. A statement is recorded before it begins and forgotten when it ended. */
int delta_run(struct delta *d, const struct name *table, const struct buf *text, struct compute_rows *rows, struct err *e);
/* The same of a statement that writes what is staged under the name: while its end is unknown, those rows count no more. */
int delta_write(struct delta *d, const char *name, const struct name *table, const struct buf *text, struct compute_rows *rows, struct err *e);
/* A number of a result's first row; -1 when it is none. */
int64_t delta_number(const struct compute_rows *rows, const char *column);
int delta_count_commit(struct stages_job *job, struct err *e);
#define DELTA_TRIES 10               /* so often a statement, or a table, is begun before it has failed */
/* Worth another attempt at once: its end is unknown, somebody wrote at the same time (2D521), or it appeared meanwhile (42P07). */
bool delta_again(const struct err *e);

/* --- one table, whole --- */
#define DELTA_PROPERTIES 12
struct delta_table {
    const char *name;                /* of staging and facts */
    struct target_ask ask;           /* with the columns written */
    const char *const *keys; size_t key_count;
    const char *comment;             /* of a new table */
    const char *source;              /* property lakeferry.source */
    struct sql_property properties[DELTA_PROPERTIES]; size_t property_count;   /* beside run, source, datasets, version */
    const char *images;              /* as delta_stage */
    delta_fill fill; void *ctx;
    bool exact;                      /* a table that this run made holds the rows staged and no others */
    /* Called when the target is known and before rows are staged; may add properties. May be NULL. */
    int (*decided)(void *ctx, struct delta_table *t, const struct target *target, struct err *e);
};
/*
 * A stage's work: decides about the target, stages, starts the compute, and makes, replaces or merges by key; a lost answer is settled by the table's
 * own lakeferry.run and by asking for the difference, so that a repetition changes nothing. STAGES_DONE, STAGES_DID (call again) or -1.
 */
int delta_table_work(struct stages_job *job, struct delta_table *t, struct err *e);
#endif
