#ifndef LAKEFERRY_SANDBOX_FAULTS_H
#define LAKEFERRY_SANDBOX_FAULTS_H
/*
 * faults: rules that make chosen requests fail in a chosen way, the same way for the same seed. A rule picks by
 * "method", "path" and "query" (globs), then by "nth", "every" or "share" with "seed" over the requests it matched, at
 * most "times". Any thread.
 */
#include "base/err.h"
#include <cjson/cJSON.h>

enum fault_kind {
    FAULT_NONE, FAULT_STATUS, FAULT_LATENCY, FAULT_LOST_REPLY, FAULT_RESET, FAULT_CUT_BODY, FAULT_HTML_LOGIN,
    FAULT_REDIRECT, FAULT_HANG, FAULT_SLOW, FAULT_SLOW_REQUEST, FAULT_MALFORMED, FAULT_BODY, FAULT_CLARIFAI_CODE,
    FAULT_CLOSE, FAULT_EDIT, FAULT_PREVIOUS, FAULT_KINDS
};
struct fault_pick {
    enum fault_kind kind;
    int id;                /* of the rule */
    int64_t latency_ms;    /* of all latency rules together */
    cJSON *rule;           /* own copy */
    char *previous;        /* FAULT_PREVIOUS: the text to answer again, or NULL */
    int keep_for;          /* id of a "previous" rule that wants this answer's text, else 0 */
};
struct faults;
struct faults *faults_new(void);
void faults_free(struct faults *f);
/* Checks and adds a copy of one rule. Its id, or -1 with a sentence (ERR_USAGE). */
int faults_add(struct faults *f, const cJSON *rule, struct err *e);
void faults_clear(struct faults *f);
/* Every rule with its "id", "seen" and "fired". Caller deletes. */
cJSON *faults_list(struct faults *f);
/* What happens to this request; out is released by faults_pick_release. */
void faults_pick(struct faults *f, const char *method, const char *path, const char *query, struct fault_pick *out);
void faults_pick_release(struct fault_pick *p);
/* Remembers an answer for rule `id` of kind "previous". */
void faults_keep(struct faults *f, int id, const char *text);
#endif
