#ifndef LAKEFERRY_CORE_IMPORT_VOLUME_H
#define LAKEFERRY_CORE_IMPORT_VOLUME_H
/*
 * import_volume: the verb "import volume" as a row of stages: list, look, plan (gate), send, settle, verify, table, finish. This header is for its own
 * files; others see import_volume_verb (core/stages.h). Nothing here outlives the process: what must, is in the journal. Work functions run on lanes;
 * the mutex guards what several lanes share.
 */
#include "core/compute.h"
#include "core/names.h"
#include "core/stage.h"
#include "core/stages.h"
#include "net/clarifai_apps.h"
#include "net/clarifai_inputs.h"
#include "net/databricks_catalog.h"

/* --- pictures in memory: each its own mapping, all within one budget --- */
struct picture {
    struct picture *next;
    struct journal_item item;        /* owned */
    unsigned char *bytes;            /* NULL for what has none (adding to the dataset) */
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

struct import {
    pthread_mutex_t lock;
    char *root;                      /* "/Volumes/c/s/v/path" */
    char *volume_root;               /* "/Volumes/c/s/v" */
    char *datasets;                  /* "user/app/dataset" */
    struct clarifai_app_id app;
    const char *dataset;
    struct import_look look;
    struct import_send send;
    struct import_settle settle;
    struct import_verify verify;
};

/* --- stages --- */
int import_list_work(struct stages_job *job, struct err *e);
int import_list_lanes(const struct stages_job *job);
int import_look_work(struct stages_job *job, struct err *e);
int import_plan_work(struct stages_job *job, struct err *e);
int import_send_work(struct stages_job *job, struct err *e);
int import_send_lanes(const struct stages_job *job);
void import_send_release(struct import *im);
int import_settle_work(struct stages_job *job, struct err *e);
int import_verify_work(struct stages_job *job, struct err *e);
int import_table_work(struct stages_job *job, struct err *e);
int import_finish_work(struct stages_job *job, struct err *e);
int import_clean(struct stages_job *job, struct err *e);

/* --- shared: what Clarifai lists, as journal rows (import_remote.c) --- */
struct import_page { struct journal_remote *rows; size_t count, cap; };
/* A clarifai_input_each over an import_page; keep_json: with the parts that rows are made of. */
int import_page_add(void *page, const struct clarifai_input *in, struct err *e);
int import_page_add_with_json(void *page, const struct clarifai_input *in, struct err *e);
void import_page_release(struct import_page *p);
/* {"lakeferry":{"source","size","modified","sha256"}} of an item. Owned. */
char *import_fingerprint(const struct journal_item *item);
/* "refused by Clarifai: DESCRIPTION (CODE)" and the code as text. */
void import_refusal(int code, const char *description, char *reason, size_t reason_size, char text_code[16]);
#define IMPORT_CHANGED "the file changed since it was imported, and Clarifai cannot exchange an input's picture"
/* A processing status that will not change any more and is no success. */
bool import_status_failed(int code);

/* --- the target table (import_target.c) --- */
enum import_table { IMPORT_TABLE_NONE, IMPORT_TABLE_NEW, IMPORT_TABLE_CONTINUE, IMPORT_TABLE_REPLACE, IMPORT_TABLE_APPEND };
struct import_target { enum import_table mode; bool ours /* made by this run */; struct databricks_object object /* when it exists */; };
/* Asks the catalog and decides by design §5; ERR_CONFLICT when it exists and may not be touched. */
int import_target_decide(struct stages_job *job, struct import_target *out, struct err *e);
void import_target_release(struct import_target *t);
/* True when the comma-separated list holds the dataset. */
bool import_target_has_dataset(const char *list, const char *dataset);
#endif
