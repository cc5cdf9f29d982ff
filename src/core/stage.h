#ifndef LAKEFERRY_CORE_STAGE_H
#define LAKEFERRY_CORE_STAGE_H
/*
 * stage: rows on their way into a table: newline-delimited JSON files in a fresh folder per attempt, written locally in parts of 8–64 MB
 * and put by the Files API; and where that folder is (design §5: --staging, profile, images volume, a managed volume made for the run).
 * One thread.
 */
#include "core/session.h"
#include "core/names.h"

struct stage_place { struct volume_path at; bool made_volume; };      /* made_volume: ours, to be dropped at the end */
/* Decides and, unless dry_run, makes it. run_id names the folder "lakeferry-RUN". why (320) says in words where and why. */
int stage_choose(const struct session *s, const char *staging_flag, const char *images_volume, const struct name *target, const char *run_id, bool dry_run,
                 struct stage_place *out, char *why, size_t why_size, struct err *e);
void stage_place_release(struct stage_place *p);

struct stage;                        /* one attempt's folder being filled */
/* Folder AT/lakeferry-RUN/NAME-ATTEMPT. local_dir: where parts are built before they are put. */
int stage_begin(const struct session *s, const struct stage_place *place, const char *run_id, const char *name, int attempt, const char *local_dir,
                struct stage **out, struct err *e);
int stage_row(struct stage *st, const char *json_line, size_t n, struct err *e);    /* without newline */
int stage_end(struct stage *st, uint64_t *rows, struct err *e);                      /* puts the last part */
/*
 * Instead of a folder: rows go into a scratch table, in batches of at most 1,000 or 1 MB, a statement each. send runs one to its end, once more where its
 * answer is lost; it is called by stage_row and stage_end. table is copied.
 */
struct stage_send { int (*send)(void *ctx, const struct buf *statement, struct err *e); void *ctx; };
int stage_begin_scratch(const struct name *table, const struct stage_send *send, struct stage **out, struct err *e);
const char *stage_folder(const struct stage *st);   /* "/Volumes/…"; of a scratch table its name, as statements write it */
void stage_free(struct stage *st);                                                   /* local parts go; remote stays */
/* Removes one attempt's folder (of stage_folder) with its files. Missing is success. */
int stage_remove_attempt(const struct session *s, const char *folder, struct err *e);
/* Removes everything below AT/lakeferry-RUN (files, folders), and the volume when made_volume. Missing is success. */
int stage_remove(const struct session *s, const struct stage_place *place, const char *run_id, struct err *e);
#endif
