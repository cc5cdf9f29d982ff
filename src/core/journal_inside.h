#ifndef LAKEFERRY_CORE_JOURNAL_INSIDE_H
#define LAKEFERRY_CORE_JOURNAL_INSIDE_H
/*
 * journal_inside: what the files of the journal share: its connection and the small steps of statements and transactions. All are called with the mutex held, but where one says otherwise.
 * journal.c has these steps and the counters, journal_facts.c the facts; journal_open.c the file and its versions; journal_listing.c, journal_remote.c, journal_items.c,
 * journal_rows.c, journal_annotations.c and journal_left.c each the tables that their names tell; journal_kept.c what outlives a damaged journal.
 */
#include "core/journal.h"
#include <pthread.h>
#include <sqlite3.h>

enum statement { S_APPLY, S_UNCLAIM, S_CLAIM, S_FOUND, S_FOLDER, S_REMOTE, S_REMOTE_PASS, S_COUNTS, S_PUT, S_DROP, S_BEGIN, S_COMMIT, S_COUNT };
#define JOURNAL_IDLE_STATEMENTS 24

struct journal {
    pthread_mutex_t lock;
    sqlite3 *db;
    char *path, *kept;         /* kept: the file of journal_kept.c */
    sqlite3_stmt *statements[S_COUNT];
    sqlite3_stmt *idle[JOURNAL_IDLE_STATEMENTS];   /* prepared and not in use, found again by their text */
    unsigned idle_next;                            /* the one that goes when there are too many */
    int64_t counts[JOURNAL_STATES];
    uint64_t bytes[JOURNAL_STATES];
    int64_t seq;
    bool without_sources;      /* a view of a journal of version 1 */
};

/* Fills e from the connection's last failure. Returns -1. */
int journal_fail(struct journal *j, struct err *e);
int journal_run(struct journal *j, const char *sql, struct err *e);
/* NULL with e. Values belong into parameters: the statement of a text is prepared once and used again. Given back with journal_end. */
sqlite3_stmt *journal_prepare(struct journal *j, const char *sql, struct err *e);
/* Gives back a statement of journal_prepare; NULL is fine. */
void journal_end(struct journal *j, sqlite3_stmt *s);
/* One of the statements that are used all the time: kept and reset, never finalized by the caller. NULL with e. */
sqlite3_stmt *journal_cached(struct journal *j, enum statement which, struct err *e);
/* The error of a journal that cannot be trusted. Returns -1. */
int journal_damaged(struct journal *j, const char *words, struct err *e);
void journal_bind(sqlite3_stmt *s, int at, const char *text);                       /* NULL text: NULL; not copied */
/* Steps a statement that gives no rows, and makes it ready for the next use. */
int journal_step(struct journal *j, sqlite3_stmt *s, struct err *e);
char *journal_column(sqlite3_stmt *s, int at);                                      /* owned; NULL for NULL */
char *journal_column_filled(sqlite3_stmt *s, int at);                               /* the same; NULL for "", too */
/* -1 when a column of the present statement came as NULL because there was no memory for it. */
int journal_columns_whole(struct err *e);
int journal_begin(struct journal *j, struct err *e);
/* This thread could not read a fact of the journal: it changes nothing there until journal_trust (see journal_trusted). No mutex needed. */
void journal_distrust(const struct journal *j, const struct err *why);
void journal_trust(const struct journal *j);
/* Ends a transaction: commits when result is 0 and the commit succeeds, else takes everything back. */
int journal_finish(struct journal *j, int result, struct err *e);
/* The counters as the disk has them; journal_finish does it after each commit. */
int journal_load_counts(struct journal *j, struct err *e);
/* One change of journal_apply, inside a transaction. */
int journal_change_one(struct journal *j, const struct journal_change *c, struct err *e);
/* journal_kill_point for each state of the bits. Without the mutex. */
void journal_kill_states(unsigned states);
/* Appends " AND column IN (…)" for the bits; nothing for none. */
void journal_put_bits(struct buf *sql, const char *column, unsigned bits);
int64_t journal_scalar(struct journal *j, const char *sql, int64_t otherwise);
/* Whether a fact is also kept beside the journal. */
bool journal_kept_is(const char *key);
/* That file made to hold what the journal has, and with it what the journal is about to have: a fact, or something left. coming may be NULL. */
struct journal_kept { const char *fact, *value, *left, *kind; };
int journal_kept_write(struct journal *j, const struct journal_kept *coming, struct err *e);
/* What that file has into the journal, inside a transaction; the file stays. */
int journal_kept_restore(struct journal *j, struct err *e);
/* Rows alone, without that file: of a fact (NULL value removes), of something left. */
int journal_fact_row(struct journal *j, const char *key, const char *value, struct err *e);
int journal_left_row(struct journal *j, const char *kind, const char *id, struct err *e);
/* Columns of remote from `at` on, in the order of JOURNAL_REMOTE_COLUMNS. */
#define JOURNAL_REMOTE_COLUMNS "r.input_id, r.source, r.sha256, r.size, r.modified, r.in_dataset, r.code, r.status, r.created, r.json"
enum { JOURNAL_REMOTE_WIDTH = 10 };
void journal_read_remote(sqlite3_stmt *s, int at, struct journal_remote *out);
#endif
