#ifndef LAKEFERRY_CORE_JOURNAL_H
#define LAKEFERRY_CORE_JOURNAL_H
/*
 * journal: the state of one run, in SQLite (journal*.c alone know it): items and their states, what Clarifai was seen to hold, folders
 * still to list, facts by key, what was left on the platform, lines for the report. Every change is one transaction, with the counters of the
 * states inside it, so that a kill at any instant leaves a state that can be gone on from. Any thread may call; one mutex inside.
 *
 * Texts given in are copied; texts given out are owned by the result. Errors name the file; code ERR_NO_SPACE, ERR_NO_MEMORY, ERR_CONFLICT
 * (somebody else has it), ERR_CONFIG (a newer version), else ERR_IO; a damaged file is ERR_IO with api_code "JOURNAL_DAMAGED".
 */
#include "base/err.h"
#include "base/str.h"

enum journal_state {            /* the numbers are on disk: append only */
    JOURNAL_LISTED,             /* seen, not yet decided about */
    JOURNAL_PLANNED, JOURNAL_SENT, JOURNAL_UNKNOWN, JOURNAL_ACCEPTED,
    JOURNAL_VERIFIED, JOURNAL_PRESENT, JOURNAL_SKIPPED, JOURNAL_CONFLICT, JOURNAL_FAILED, JOURNAL_UNACCOUNTED, JOURNAL_CANCELLED,
    JOURNAL_STATES
};
#define JOURNAL_BIT(state) (1u << (state))
const char *journal_state_name(enum journal_state s);
/* JOURNAL_STATES when there is no such name. */
enum journal_state journal_state_by_name(const char *name);

enum journal_action { JOURNAL_NOTHING, JOURNAL_SEND, JOURNAL_ADD /* to the dataset */, JOURNAL_COMPARE /* read, compare the hash */ };

struct journal_remote {         /* an input as Clarifai listed it */
    char *input_id;
    char *source, *sha256;      /* our fingerprint; NULL: it has none */
    uint64_t size; int64_t modified_ms;
    bool in_dataset;
    int code; char *status;     /* the platform's words */
    int64_t created_us;
    char *json;                 /* the parts of the input that rows are made of; NULL when not kept */
};
void journal_remote_release(struct journal_remote *r);

struct journal_item {
    int64_t id;
    char *key;                  /* where it comes from; unique */
    char *source;               /* its name in the fingerprint where that is another, else NULL: see journal_item_source */
    uint64_t size; int64_t modified_ms;
    char *sha256, *input_id;    /* NULL while not known */
    enum journal_state state; enum journal_action action;
    int attempt;                /* times it was sent */
    bool candidate;             /* has a row in the tracking table */
    bool existed;               /* its input was there before this run */
    bool settled;               /* accepted, and no longer in progress */
    char *code, *reason;        /* NULL when there is none */
    int64_t changed_ms;
    int64_t seq;                /* rises with each item that ends badly */
    struct journal_remote remote; /* with_remote: the input of this id; input_id NULL when none was seen */
    bool remote_seen;           /* with_remote: in the newest listing of the dataset */
};
void journal_items_free(struct journal_item *items, size_t n);
/* What the fingerprint of the item's input calls it. Lives as long as the item. */
const char *journal_item_source(const struct journal_item *item);

struct journal;
/* folder/journal.db; create makes it new (ERR_CONFLICT when there is one). */
int journal_open(const char *folder, bool create, struct journal **out, struct err *e);
/* For viewers: reads only, never disturbs the writer. */
int journal_open_view(const char *folder, struct journal **out, struct err *e);
void journal_close(struct journal *j);
struct journal_fact { const char *key, *value; };
/*
 * In the place of a journal that is damaged or gone: it is put aside (journal.db.damaged), and a new one has these facts and what is kept beside it, of
 * staged rows, of a cancel, of contexts and statements that were left. Killed at any instant it leaves none, one that journal_open calls damaged, or
 * the new one whole.
 */
int journal_make_again(const char *folder, const struct journal_fact *facts, size_t n, struct journal **out, struct err *e);
/* Whether something may be on the platform: rows staged, in a folder or a scratch table, a context or statement that was left. */
bool journal_has_left(struct journal *j);
/* The same where the journal itself cannot be read; also that it was cancelled. */
bool journal_kept_there(const char *folder);

/* --- facts --- */
int journal_put(struct journal *j, const char *key, const char *value, struct err *e);   /* NULL value removes */
int journal_put_i64(struct journal *j, const char *key, int64_t value, struct err *e);
/* 1 and *value (owned; NULL as argument: only whether it is there), 0: absent, -1: it cannot be read. */
int journal_find(struct journal *j, const char *key, char **value, struct err *e);
/*
 * The same for code that decides and then records: what cannot be read looks absent, but from then on this thread's changes of this journal fail with
 * the cause, so that nothing is recorded, and nothing begun, by what was not known. Ends with journal_close.
 */
char *journal_get(struct journal *j, const char *key);                                    /* NULL when absent */
int64_t journal_get_i64(struct journal *j, const char *key, int64_t otherwise);
bool journal_has(struct journal *j, const char *key);
/* -1 with why when this thread could not read a fact since it began with the journal: what it decided by that does not count. Any thread. */
int journal_trusted(const struct journal *j, struct err *e);

/* --- counters: of the last commit, without touching the disk --- */
int64_t journal_count(struct journal *j, unsigned states);
uint64_t journal_bytes(struct journal *j, unsigned states);
/* Candidates and bytes by state and action, asked of the disk. */
int journal_tally(struct journal *j, unsigned states, unsigned actions, int64_t *count, uint64_t *bytes, struct err *e);

/* --- listing --- */
struct journal_found {
    const char *path; bool is_folder; uint64_t size; int64_t modified_ms; bool candidate; const char *skip_code, *skip_reason;
    const char *fail_code, *fail_reason;            /* it failed before it was decided about */
    const char *source, *detail, *sha256;           /* of a row (import s3); NULL: none */
};
/* One transaction; what is known already is refreshed while it is not decided about. */
int journal_found_put(struct journal *j, const struct journal_found *rows, size_t n, struct err *e);
/* The same, and in that transaction facts, of those that are not kept beside the journal. */
int journal_found_put_facts(struct journal *j, const struct journal_found *rows, size_t n, const struct journal_fact *facts, size_t fact_count,
                            struct err *e);
/* The next folder to list, claimed for this process: 1 and *path (owned), 0: none that is free, -1. *open: folders that are not done. */
int journal_folder_next(struct journal *j, char **path, int64_t *open, struct err *e);
int journal_folder_done(struct journal *j, const char *path, struct err *e);
int journal_folder_release(struct journal *j, const char *path, struct err *e);

/* --- what Clarifai holds --- */
enum journal_listing { JOURNAL_OF_APP, JOURNAL_OF_DATASET, JOURNAL_BY_ID };
int journal_remote_clear(struct journal *j, struct err *e);
/* One transaction. pass: number of the listing (of the dataset: rising); *fresh: rows that this pass had not shown yet (may be NULL). */
int journal_remote_put(struct journal *j, enum journal_listing listing, int64_t pass, const struct journal_remote *rows, size_t n, size_t *fresh,
                       struct err *e);
/* 1 found, 0 none, -1. */
int journal_remote_get(struct journal *j, const char *input_id, struct journal_remote *out, struct err *e);
/* Items among states whose input one of the passes pass and pass-1 of the dataset showed and the other did not. */
int journal_passes_differ(struct journal *j, unsigned states, int64_t pass, int64_t *count, struct err *e);
/* Oldest creation of inputs that this run sent, newest of those that existed; 0 when there are none. */
int journal_created_bounds(struct journal *j, int64_t *oldest_sent_us, int64_t *newest_existing_us, struct err *e);

/* --- items --- */
struct journal_query {
    unsigned states, actions;   /* bits; 0: any */
    int64_t after_id; const char *after_key;  /* exclusive; order is by id, or by key with after_key ("" to start) */
    int64_t after_seq;          /* > 0 or order_by_seq: items that ended badly, in that order */
    bool order_by_seq, candidates_only, with_remote, claim /* not claimed yet; claims them for this process */, pending_only /* not settled */;
    bool without_id;            /* no input id yet */
    int64_t offset; int limit;
};
int journal_read(struct journal *j, const struct journal_query *q, struct journal_item **out, size_t *n, struct err *e);

struct journal_change {         /* zero or NULL members leave the column as it is */
    int64_t id; enum journal_state to;
    bool set_action; enum journal_action action;
    const char *input_id, *sha256, *code, *reason;   /* "" empties */
    bool attempt;               /* one attempt more */
    bool reset_attempts;
    bool settled;               /* settled becomes true */
    bool claim;                 /* this process keeps it, or has it again */
    bool set_existed, existed;
    bool resized; uint64_t size; int64_t modified_ms;
};
/* One transaction; claims of these items end, where the change does not say otherwise. */
int journal_apply(struct journal *j, const struct journal_change *changes, size_t n, struct err *e);
/* Gives every undecided candidate whose source Clarifai knows the id it has there. */
int journal_adopt_ids(struct journal *j, struct err *e);
enum journal_taken { JOURNAL_FREE, JOURNAL_TAKEN_BY_ITEM, JOURNAL_TAKEN_BY_OURS, JOURNAL_TAKEN_BY_FOREIGN };
/* Who has an id: an input that Clarifai listed, or another item. */
int journal_id_taken(struct journal *j, const char *input_id, int64_t except_item, enum journal_taken *out, struct err *e);
/* After a kill: what was sent without a recorded answer is unknown. */
int journal_recover(struct journal *j, struct err *e);
/* Moves all items of states to one state (cancel); candidates only. */
int journal_move_all(struct journal *j, unsigned states, enum journal_state to, const char *reason, int64_t *count, struct err *e);
/* Failed, unaccounted and cancelled candidates that may be sent again: those that got as far as an id; how many, and all of them planned again. */
int journal_count_failed(struct journal *j, int64_t *count, struct err *e);
int journal_reset_failed(struct journal *j, int64_t *count, struct err *e);

/* --- rows that the compute read (journal_rows.c) --- */
/* All items go: the rows are read anew, before any was sent. */
int journal_items_clear(struct journal *j, struct err *e);
/* The detail that journal_found_put was given. Owned; NULL with e. */
char *journal_item_detail(struct journal *j, int64_t id, struct err *e);
/* Items that are not decided about and whose source an earlier item has fail with that item's number; *count. One transaction. */
int journal_fail_doubled(struct journal *j, int64_t *count, struct err *e);
/* Inputs that Clarifai listed and whose source begins so: those in the dataset, those elsewhere in the app. */
int journal_count_sources(struct journal *j, const char *prefix, int64_t *in_dataset, int64_t *elsewhere, struct err *e);
struct journal_concept { char *id, *name; };
/* The app's concepts. One transaction. */
int journal_concepts_put(struct journal *j, const struct journal_concept *rows, size_t n, struct err *e);
/* The id of the concept of that name (the first in byte order), owned: 1 found, 0 none (NULL), -1. */
int journal_concept_id(struct journal *j, const char *name, char **id, struct err *e);
/* 1 when a concept has that id, 0, -1. */
int journal_concept_taken(struct journal *j, const char *id, struct err *e);

/* --- what was left on the platform: contexts, statements --- */
/*
 * What runs already. The journal has it even when the file beside it cannot be written, which only the log says. -1 when the journal cannot have it:
 * then this thread records nothing more (see journal_trusted), so that its work ends and with it what it runs.
 */
int journal_left_add(struct journal *j, const char *kind, const char *id, struct err *e);
int journal_left_remove(struct journal *j, const char *id, struct err *e);
/* kinds may be NULL: then only the ids. */
int journal_left(struct journal *j, struct str_list *kinds, struct str_list *ids, struct err *e);

/* --- lines of the report that no item holds (plan, errors, summary), in order --- */
int journal_line_add(struct journal *j, const char *line, struct err *e);
int journal_lines(struct journal *j, struct str_list *out, struct err *e);

/*
 * Fault hook of the tests: LAKEFERRY_KILL_AT="state:n" (or "stage.NAME:n", "point.NAME:n") makes the process kill itself when the journal commits the
 * n-th transaction that moves items into that state, or passes that point for the n-th time.
 */
void journal_kill_point(const char *name);
#endif
