#ifndef LAKEFERRY_CORE_JOURNAL_INSIDE_H
#define LAKEFERRY_CORE_JOURNAL_INSIDE_H
/*
 * journal_inside: what journal.c, journal_annotations.c and journal_rows.c share: the journal's connection and the small steps of statements and transactions. All are
 * called with the mutex held.
 */
#include "core/journal.h"
#include <pthread.h>
#include <sqlite3.h>

enum statement { S_APPLY, S_UNCLAIM, S_CLAIM, S_FOUND, S_FOLDER, S_REMOTE, S_REMOTE_PASS, S_COUNTS, S_PUT, S_DROP, S_COUNT };

struct journal {
    pthread_mutex_t lock;
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[S_COUNT];
    int64_t counts[JOURNAL_STATES];
    uint64_t bytes[JOURNAL_STATES];
    int64_t seq;
    bool without_sources;      /* a view of a journal of version 1 */
};

/* Fills e from the connection's last failure. Returns -1. */
int journal_fail(struct journal *j, struct err *e);
int journal_run(struct journal *j, const char *sql, struct err *e);
/* NULL with e. The caller finalizes it. */
sqlite3_stmt *journal_prepare(struct journal *j, const char *sql, struct err *e);
void journal_bind(sqlite3_stmt *s, int at, const char *text);                       /* NULL text: NULL; not copied */
/* Steps a statement that gives no rows, and makes it ready for the next use. */
int journal_step(struct journal *j, sqlite3_stmt *s, struct err *e);
char *journal_column(sqlite3_stmt *s, int at);                                      /* owned; NULL for NULL */
int journal_begin(struct journal *j, struct err *e);
/* Ends a transaction: commits when result is 0 and the commit succeeds, else takes everything back. */
int journal_finish(struct journal *j, int result, struct err *e);
int64_t journal_scalar(struct journal *j, const char *sql, int64_t otherwise);
/* Columns of remote from `at` on, in the order of JOURNAL_REMOTE_COLUMNS. */
#define JOURNAL_REMOTE_COLUMNS "r.input_id, r.source, r.sha256, r.size, r.modified, r.in_dataset, r.code, r.status, r.created, r.json"
void journal_read_remote(sqlite3_stmt *s, int at, struct journal_remote *out);
#endif
