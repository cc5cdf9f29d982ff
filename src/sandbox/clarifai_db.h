#ifndef LAKEFERRY_SANDBOX_CLARIFAI_DB_H
#define LAKEFERRY_SANDBOX_CLARIFAI_DB_H
/*
 * clarifai_db: what the clarifai_* files share about the store. Functions named clarifai_db_* and those of rows expect
 * the caller to hold the store's lock; looking at bytes and keeping them is done outside it.
 */
#include "base/buf.h"
#include "base/hash.h"
#include "sandbox/clarifai_store.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

/* A list's page ended behind rows rows, the last of them with that key; true until the store is written to. */
struct clarifai_page_mark { const char *list; int64_t of, rows, key; int writes; };
#define CLARIFAI_PAGE_MARKS 64 /* pages that callers ask for at once, and some lists */

struct clarifai_store {
    sqlite3 *db;
    pthread_mutex_t lock;
    struct sandbox *sandbox;
    char *dir;              /* of the bytes */
    struct { const char *sql; sqlite3_stmt *stmt; } cache[128];
    int cached;
    struct clarifai_page_mark marks[CLARIFAI_PAGE_MARKS];
    unsigned next_mark;
    int64_t next_purge;     /* earliest time an input or app is due to vanish, INT64_MAX: none */
    _Atomic uint64_t random;
};

void clarifai_db_lock(struct clarifai_store *s); /* also removes what is due */
void clarifai_db_unlock(struct clarifai_store *s);
/*
 * A statement kept by the address of its text (a literal), bound by types: 'i' int64_t, 's' const char * (NULL is NULL),
 * 'f' double. Step it, then clarifai_db_done. NULL on a database error. Nested use needs different texts.
 */
sqlite3_stmt *clarifai_db_query(struct clarifai_store *s, const char *sql, const char *types, ...);
void clarifai_db_done(sqlite3_stmt *stmt);
/* As above, run to its end; 0 or -1 with e. */
int clarifai_db_run(struct clarifai_store *s, struct err *e, const char *sql, const char *types, ...);
/* First column of the first row, or otherwise. */
int64_t clarifai_db_number(struct clarifai_store *s, int64_t otherwise, const char *sql, const char *types, ...);
int clarifai_db_error(struct clarifai_store *s, struct err *e);
int clarifai_db_begin(struct clarifai_store *s, struct err *e);
/* Commits when rc is 0, else rolls back; returns rc or -1. */
int clarifai_db_end(struct clarifai_store *s, int rc, struct err *e);
const char *clarifai_db_text(sqlite3_stmt *stmt, int column); /* NULL for NULL */

/*
 * The key behind which to look for the row number *offset of a list (named by the address of its statement's text, and
 * of: its app or dataset): of the nearest page marked since the last write, *offset then being what is left to skip; else start.
 */
int64_t clarifai_page_seek(struct clarifai_store *s, const char *list, int64_t of, int64_t start, int64_t *offset);
/* A full page of that list ended with the row of that key, rows rows from the start. */
void clarifai_page_mark(struct clarifai_store *s, const char *list, int64_t of, int64_t rows, int64_t key);

int64_t clarifai_now(struct clarifai_store *s);
/* 32 hex digits, never the same twice in a store. With or without the lock. */
void clarifai_new_id(struct clarifai_store *s, char out[33]);
/* 1 to 48 of A-Z a-z 0-9 - _. */
bool clarifai_id_valid(const char *id);

int64_t clarifai_app_number(struct clarifai_store *s, const char *user, const char *app);              /* -1: none */
int64_t clarifai_dataset_number(struct clarifai_store *s, int64_t app, const char *dataset);           /* -1: none */

/* Where the bytes of an MD5 are kept. Appends. */
int clarifai_bytes_path(struct clarifai_store *s, const char *md5, struct buf *out);
/* Keeps bytes under their MD5 (written to md5). Without the lock. */
int clarifai_bytes_keep(struct clarifai_store *s, const void *bytes, size_t n, char md5[HASH_MD5_HEX], struct err *e);
/* Bytes of "/pictures/NAME" (SCENE-NUMBER.EXT), drawn once and kept; false when there is no such picture. */
bool clarifai_picture_bytes(struct clarifai_store *s, const char *url_path, struct buf *out);
/*
 * What the public host answers to a GET of a path ("/pictures/…", "/files/…"): its HTTP status with body and type; 302 with
 * the new path as body; 0: it never answers. Without the lock.
 */
int clarifai_public_host(struct clarifai_store *s, const char *path, struct buf *out, const char **type);

/* --- inputs --- */
struct clarifai_media {       /* what the processing of an input found */
    const char *kind;
    char *url;                /* as kept: without the image host's origin; owned; NULL for bytes */
    char md5[HASH_MD5_HEX];
    int64_t size;
    struct picture_info info;
    char *extra;              /* JSON of the kind's object for what has no picture; owned or NULL */
    bool public_host;
    bool allow_duplicate_url;
    bool slow;                /* a download that ends only when the platform's patience does */
    int code;                 /* 30000, or what processing ends with */
    const char *details;
};
struct clarifai_new_input {
    const char *id;
    const struct clarifai_media *media;
    const cJSON *data;        /* concepts, metadata, geo … in answer form; may be NULL */
    int64_t created, ready;
    const char *job;
    const int64_t *datasets;
    int dataset_count;
    const char *user;         /* who adds */
};
void clarifai_media_release(struct clarifai_media *m);
/* Looks at bytes (limits, format, decoding) and sets size, info and code. */
void clarifai_media_look(struct clarifai_store *s, struct clarifai_media *m, const void *bytes, size_t n);
/* Fetches a URL (only the sandbox's own public host exists) and looks at it. */
void clarifai_media_fetch(struct clarifai_store *s, struct clarifai_media *m);
int clarifai_input_insert(struct clarifai_store *s, int64_t app, const struct clarifai_new_input *in, struct err *e);

struct clarifai_where { const char *user, *app; int64_t app_n; int64_t now; };
/* Columns every SELECT of inputs begins with, from a table alias i. */
#define CLARIFAI_INPUT_COLUMNS "i.n, i.id, i.kind, i.url, i.md5, i.format, i.width, i.height, i.host, i.extra," \
    " i.created, i.modified, i.busy, i.ready, i.code, i.details"
/* The status code of an input whose row has busy, ready and code, at the time bound as ?1. */
#define CLARIFAI_STATE "(CASE WHEN ?1 < i.busy THEN 30001 WHEN ?1 < i.ready THEN 30003 ELSE i.code END)"
/* The Input object of the statement's present row; the caller owns it. digits: of its timestamps (9 fresh, else 6). */
cJSON *clarifai_input_json(struct clarifai_store *s, const struct clarifai_where *w, sqlite3_stmt *row, int digits,
                           int *code);
/* The same of one input; NULL when there is none. */
cJSON *clarifai_input_get(struct clarifai_store *s, const struct clarifai_where *w, const char *id, int digits);
int64_t clarifai_input_number(struct clarifai_store *s, int64_t app, const char *id);                  /* -1: none */

/* --- annotations and concepts --- */
struct clarifai_new_annotation {
    int64_t input;
    const char *id;           /* NULL: made */
    const char *user;
    const cJSON *worker;      /* NULL: the user */
    const cJSON *data;        /* in answer form */
    const char *task;
    const cJSON *info;
    int code;
    bool input_level, trusted;
    int64_t created;
};
int clarifai_annotation_insert(struct clarifai_store *s, int64_t app, const struct clarifai_new_annotation *a,
                               struct err *e);
/* The Annotation object of a row number; an empty object when there is none. */
cJSON *clarifai_annotation_json(struct clarifai_store *s, int64_t n);
/* The input-level annotation object of an input; NULL when there is none. */
cJSON *clarifai_annotation_of_input(struct clarifai_store *s, int64_t input);
/* Gives every concept below a data object its id, name, value and app, and makes those the app does not have. */
int clarifai_concepts_settle(struct clarifai_store *s, int64_t app, const char *user, const char *app_id, cJSON *data,
                             struct err *e);
/* The first concept id below data that is not a valid id, or NULL. */
const char *clarifai_concepts_bad(const cJSON *data);
/* Applies a patch of data (action merge, overwrite, remove) to data in place. */
void clarifai_data_patch(cJSON *data, const cJSON *patch, const char *action);
/* Regions, frames and the like without an id get one. */
void clarifai_data_give_ids(struct clarifai_store *s, cJSON *data);
/* Adds what b (a trusted annotation's data) says to the data of an input: concepts by id, regions, frames … */
void clarifai_data_merge(cJSON *data, const cJSON *b);
#endif
