#ifndef LAKEFERRY_CORE_EXPORT_H
#define LAKEFERRY_CORE_EXPORT_H
/*
 * export: the verb "export" as a row of stages: look, inputs, plan (gate), verify, annotations, images, tables, compare (the dataset listed once more:
 * what vanished meanwhile is unaccounted for), finish. An item is an input. This header is for its own files; others see export_verb (core/stages.h).
 * Nothing here outlives the process: what must, is in the journal. Work functions run on lanes; the mutex guards what the lanes of "images" share.
 */
#include "core/gather.h"
#include "core/media.h"
#include "core/stages.h"

/* A picture on its way from Clarifai to the volume: its own mapping, all within one budget. */
struct export_picture {
    struct export_picture *next;
    int64_t item; int attempt;
    char *input_id, *url;
    bool hosted;                     /* url is Clarifai's own copy, not where the input came from */
    enum media_format format;
    unsigned char *bytes;
    size_t size, room, reserved;     /* room: of the mapping; reserved: of the budget */
};

#define EXPORT_WRITTEN 8         /* pictures recorded as verified by one transaction, at most */

struct export_pictures {
    bool prepared, preparing;        /* the folder is there and listed */
    uint64_t budget, used;
    size_t largest;                  /* met so far: what the next one may take */
    struct export_picture *ready, **ready_end;
    int busy;                        /* pictures that a lane holds */
    int writing;                     /* of them: being written */
    int64_t written[EXPORT_WRITTEN]; int written_count;   /* items whose files are there, not yet recorded as verified */
    atomic_llong bytes;              /* written in this process */
    atomic_bool well, shown;         /* a picture was read since the last page of words; since the last item that failed for one */
};

struct export {
    pthread_mutex_t lock;
    struct clarifai_app_id app;
    const char *dataset;
    char *datasets;                  /* "user/app/dataset" */
    char *folder;                    /* "/Volumes/c/s/v/path" of pictures; NULL: none are wanted */
    char *volume;                    /* "/Volumes/c/s/v" of it */
    int look_step;
    bool begun;                      /* the stage "verify", in this process */
    bool checked;                    /* the targets, once more, behind the gate */
    struct gather gather;
    struct export_pictures pictures;
};

/* --- stages --- */
int export_look_work(struct stages_job *job, struct err *e);
int export_plan_work(struct stages_job *job, struct err *e);
int export_verify_work(struct stages_job *job, struct err *e);
int export_pictures_work(struct stages_job *job, struct err *e);
int export_pictures_lanes(const struct stages_job *job);
void export_pictures_release(struct export *x);
int export_tables_work(struct stages_job *job, struct err *e);
int export_finish_work(struct stages_job *job, struct err *e);

/* --- shared --- */
enum export_table { EXPORT_INPUTS, EXPORT_ANNOTATIONS, EXPORT_TABLES };
struct target_ask export_target_ask(struct stages_job *job, enum export_table which);
/* Items that are not at their end. */
#define EXPORT_OPEN (JOURNAL_BIT(JOURNAL_PLANNED) | JOURNAL_BIT(JOURNAL_SENT) | JOURNAL_BIT(JOURNAL_UNKNOWN))
/* The run was cancelled: what is left is to clean up. */
bool export_cancelled(struct stages_job *job);
/* Its tables were written, and nothing is planned again (fact "finished"): both sides are compared, and nothing is written. */
bool export_finished(struct stages_job *job);

/* --- pictures in memory (export_memory.c) --- */
/* Room for one more, as large as the largest so far; false: not now. A picture that is alone may always be read. */
bool export_reserve(struct export *x, size_t *reserved);
void export_unreserve(struct export *x, size_t reserved);
/* Its size is known: the reservation becomes it; false when others hold what is missing. */
bool export_resize(struct export *x, struct export_picture *p, size_t size);
/* A mapping of one byte more than size at least: a longer picture is noticed. */
int export_make_room(struct export_picture *p, size_t size, struct err *e);
void export_picture_free(struct export_picture *p);
/* Frees a picture and gives back its share. */
void export_discard(struct export *x, struct export_picture *p);
void export_make_ready(struct export *x, struct export_picture *p);
struct export_picture *export_take_ready(struct export *x);   /* NULL: none */

/* --- reading (export_fetch.c) --- */
/* Fills p from an item. 1: it is to be read; 0: the item's end is recorded; -1. */
int export_describe(struct stages_job *job, const struct journal_item *item, struct export_picture *p, struct err *e);
/* Reads it into memory and makes it ready, or ends or gives back its item; p is taken. A stage's result. */
int export_fetch(struct stages_job *job, struct export_picture *p, struct err *e);

/* --- a file where a picture was to be written (export_compare.c) --- */
/*
 * Reads the file at path back after a write was answered with "exists" (`why`, ERR_CONFLICT, or ERR_UNKNOWN when an earlier try may have made it). 0: it is
 * the picture, byte by byte. -1: `why` is ERR_CONFLICT when it is another; what kept it from being read, where that passes; ERR_UNKNOWN when it is gone.
 */
int export_compare(struct stages_job *job, const struct export_picture *p, const char *path, struct err *why);

/* --- ends of items (export_pictures.c) --- */
int export_settle(struct stages_job *job, const struct export_picture *p, enum journal_state to, const char *code, const char *reason, struct err *e);
/* Once more later when `again` and its attempts are not used up, else the item's failure ("what: cause"). */
int export_failed(struct stages_job *job, const struct export_picture *p, bool again, const char *what, const struct err *why, struct err *e);
/* It was not tried as often as it may be. */
bool export_again(const struct export_picture *p);

/* --- before pictures are copied (export_folder.c) --- */
/* Makes the folder of pictures, lists what is in it, and reads which of that an earlier export of this dataset wrote, into the journal. */
int export_folder_prepare(struct stages_job *job, struct err *e);
/* What runs of this machine wrote there, by their own records; notes in this run's what it is about (fact EXPORT_PLACE). export_record.c */
#define EXPORT_PLACE "images.place"
int export_record_read(struct stages_job *job, struct err *e);
/* The file name of an input's picture. Owned. */
char *export_picture_name(const char *input_id, enum media_format format);
#endif
