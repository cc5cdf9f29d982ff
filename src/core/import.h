#ifndef LAKEFERRY_CORE_IMPORT_H
#define LAKEFERRY_CORE_IMPORT_H
/*
 * import: the verbs "import volume" and "import s3" as rows of stages. Of a volume: list, look, plan (gate), send, settle, verify, table, finish. Of S3:
 * look (start gate), plan (gate; the compute reads header, first row and number of rows), read (the compute's rows become items, and what is to become of
 * each is decided), send and so on as for a volume. This header is for their own files (import_*.c); others see import_volume_verb and import_s3_verb
 * (core/stages.h). Nothing here outlives the process: what must, is in the journal. Work functions run on lanes; the mutex guards what several lanes
 * share.
 */
#include "core/compute.h"
#include "core/delta.h"
#include "core/names.h"
#include "core/stage.h"
#include "core/stages.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_inputs.h"
#include "net/databricks_catalog.h"

/* --- pictures (or rows with a picture's URL) in memory: each picture its own mapping, all within one budget --- */
struct picture {
    struct picture *next;
    struct journal_item item;        /* owned */
    unsigned char *bytes;            /* NULL for what has none (adding to the dataset, a row) */
    char *detail;                    /* of a row: core/cells.h, cells_row_put */
    size_t size, room;
    char sha256[65];
};

struct import_send {
    bool prepared, preparing;        /* the dataset is there */
    uint64_t budget, used;           /* bytes of mappings */
    uint64_t batch_bytes;            /* a batch is full with so many */
    struct picture *ready, **ready_end; size_t ready_count; uint64_t ready_bytes;
    struct picture *waiting; size_t waiting_count;     /* claimed, not read yet */
    int reading, posting;
};
struct import_look { int step; int page; int64_t pass; int repeats; char *last_id; };
struct import_settle {
    int64_t next_poll_ms, delay_ms, changed_ms;
    struct clarifai_counts counts; bool counted;
    bool busy;
};
struct import_verify { int page, passes, repeats; int64_t pass, next_ms, delay_ms, since_ms, listed; bool began; };

struct import_rows { int64_t total, done; /* for figures */ char *first_concept; /* of the page before */ };

struct import {
    pthread_mutex_t lock;
    bool by_url;                     /* rows with URLs, not pictures of a volume */
    const char *changed;             /* why an item is a conflict whose source changed */
    char *root;                      /* "/Volumes/c/s/v/path", or the URL of the file of rows */
    char *volume_root;               /* "/Volumes/c/s/v"; by_url: NULL */
    struct import_rows rows;
    char *datasets;                  /* "user/app/dataset" */
    struct clarifai_app_id app;
    const char *dataset;
    struct import_look look;
    struct import_send send;
    struct import_settle settle;
    struct import_verify verify;
};

/* --- stages --- */
/* Makes job->verb; root and volume_root are taken (freed also on failure). And unmakes it. */
int import_open(struct stages_job *job, char *root, char *volume_root, struct err *e);
void import_close(struct stages_job *job);
void import_send_figures(struct stages_job *job, struct stages_figures *out);
void import_settle_figures(struct stages_job *job, struct stages_figures *out);
void import_verify_figures(struct stages_job *job, struct stages_figures *out);
void import_table_figures(struct stages_job *job, struct stages_figures *out);
int import_list_work(struct stages_job *job, struct err *e);
int import_list_lanes(const struct stages_job *job);
int import_look_work(struct stages_job *job, struct err *e);
int import_plan_work(struct stages_job *job, struct err *e);
int import_send_work(struct stages_job *job, struct err *e);
int import_send_lanes(const struct stages_job *job);
void import_send_release(struct import *im);
/* Pictures in memory (import_read.c): bytes that one takes of the budget, before it is read. */
size_t import_room(const struct import *im, const struct picture *p);
void import_picture_free(struct picture *p);
/* Gives back a picture and its share of the budget. */
void import_discard(struct import *im, struct picture *p);
void import_make_ready(struct import *im, struct picture *p);
/* Reads what a claimed item stands for and makes it ready, or ends or gives back its item; p is taken. A stage's result. */
int import_take(struct stages_job *job, struct picture *p, struct err *e);
/* A batch of posting (import_post.c). */
struct import_batch {
    struct picture *pictures[CLARIFAI_BATCH_MAX];
    size_t count;
    struct journal_change changes[CLARIFAI_BATCH_MAX];
    char codes[CLARIFAI_BATCH_MAX][16];
    char reasons[CLARIFAI_BATCH_MAX][320];
    bool keep[CLARIFAI_BATCH_MAX];       /* not sent after all: stays in memory for the next try */
};
/* Recorded as sent before its first byte leaves; afterwards each item has its end, or is kept. */
int import_post_batch(struct stages_job *job, struct import_batch *b, struct err *e);
int import_settle_work(struct stages_job *job, struct err *e);
int import_verify_work(struct stages_job *job, struct err *e);
int import_table_work(struct stages_job *job, struct err *e);
int import_finish_work(struct stages_job *job, struct err *e);

/* --- shared: what Clarifai lists, as journal rows (import_remote.c) --- */
struct import_page { struct journal_remote *rows; size_t count, cap; };
/* A clarifai_input_each over an import_page; keep_json: with the parts that rows are made of. */
int import_page_add(void *page, const struct clarifai_input *in, struct err *e);
int import_page_add_with_json(void *page, const struct clarifai_input *in, struct err *e);
void import_page_release(struct import_page *p);
/* {"lakeferry":{"source","size","modified","sha256"}} of an item (a row has no time); with the members of metadata, an object's text, beside it. Owned. */
char *import_fingerprint(const struct journal_item *item, const char *metadata);
/* "refused by Clarifai: DESCRIPTION (CODE)" and the code as text. */
void import_refusal(int code, const char *description, char *reason, size_t reason_size, char text_code[16]);
/* A processing status that will not change any more and is no success. */
bool import_status_failed(int code);

/* The facts of "look", as the plan that is being filled; for the stage behind it. With plan_lock held. */
int import_restore_facts(struct stages_job *job, struct err *e);

/* A change of an item whose input is there as it would be sent: present, still settling, to be added to the dataset, or failed at Clarifai. */
void import_decide_same(const struct journal_item *item, struct journal_change *c, char *reason, size_t reason_size, char code[16]);
/* --on-conflict fail, when there are conflicts: ERR_CONFLICT. what: "files". */
int import_refuse_conflicts(struct stages_job *job, const char *what, struct err *e);

/* --- of import s3 --- */
int import_s3_plan_work(struct stages_job *job, struct err *e);
int import_s3_read_work(struct stages_job *job, struct err *e);
/* What becomes of each row that was read, and the concepts' ids are known (import_s3_decide.c). */
int import_s3_decide(struct stages_job *job, struct err *e);
/* One page of the app's concepts into the journal; STAGES_DID, STAGES_DONE at the end. */
int import_s3_concepts(struct stages_job *job, struct err *e);
/* A row as it is posted; its texts are owned by out, see import_s3_unpost. The row's detail and item stay the caller's. */
int import_s3_post(struct stages_job *job, const struct picture *p, struct clarifai_new_input *out, struct err *e);
void import_s3_unpost(struct clarifai_new_input *in);
/* The source as the compute reads it, asked of it by header or schema. Release out in any case. */
struct sql_s3;
int import_s3_source(struct delta *d, struct sql_s3 *out, struct err *e);
/* One statement over the source; rows may be NULL. */
int import_s3_run(struct delta *d, const struct sql_s3 *s, const struct buf *text, struct compute_rows *rows, struct err *e);

/* --- the target table (import_target.c) --- */
struct target_ask import_target_ask(struct stages_job *job);
/* Asks the catalog and decides by design §5; ERR_CONFLICT when it exists and may not be touched. */
int import_target_decide(struct stages_job *job, struct target *out, struct err *e);
#endif
