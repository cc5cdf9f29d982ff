#ifndef LAKEFERRY_SANDBOX_CLARIFAI_TALK_H
#define LAKEFERRY_SANDBOX_CLARIFAI_TALK_H
/*
 * clarifai_talk: one request to the labelling side as its handlers see it: whose app, which captures, the body already
 * checked, answers in the platform's envelope (reference clarifai §§1.2, 2.1, 2.3, 3.0). Belongs to one thread.
 */
#include "base/json.h"
#include "base/str.h"
#include "sandbox/clarifai_db.h"
#include "sandbox/clarifai_shape.h"
#include "sandbox/clarifai_status.h"
#include "sandbox/server.h"

#define TALK_BATCH 128 /* most items of one write */

struct talk {
    struct route_call *call;
    struct route_answer *answer;
    struct clarifai_store *store;
    struct clarifai_where where;   /* user, app and app_n when the request names an app */
    const char *user;
    const char *arg[4];            /* captures behind users/{u}/apps/{a} */
    const char *list;              /* the answer's list, shown empty in a failure; NULL: none */
    struct err err;
};

enum talk_scope { TALK_NONE, TALK_USER, TALK_APP };
struct talk_rule {
    enum talk_scope scope;
    const char *list;
    const struct clarifai_shape *body; /* NULL: a body is not looked at */
    bool unlocked;                     /* the handler takes the store's lock itself */
    void (*handle)(struct talk *t);
};
/* Resolves, checks and calls the rule's handler; answers refusals itself. */
void talk_run(struct route_call *call, struct route_answer *answer, const struct talk_rule *rule);

/* The answer object with its status in place; handlers add their members to it. */
cJSON *talk_reply(struct talk *t, int code);
void talk_fail(struct talk *t, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void talk_trouble(struct talk *t);       /* the store failed: 98006 with t->err's cause */
/* 10000, 10010 or 10020 for a write of good and bad items. */
int talk_mixed(int good, int bad);

bool talk_flag(struct talk *t, const char *name);
/* page and per_page as limit (0: nothing is wanted) and offset; false after answering a refusal. */
bool talk_page(struct talk *t, int64_t *limit, int64_t *offset);
/* The items of a write: 1 to 128; NULL after answering a refusal. */
const cJSON *talk_items(struct talk *t, const char *key);
/* Whether the notes of an app or dataset are at most 64 KB; false after answering a refusal. */
bool talk_notes_fit(struct talk *t, const cJSON *item);
/* Writes all items of the list `key` in one transaction, or none: each by step, which adds what the answer shows to list, or answers a refusal. */
typedef bool (*talk_step)(struct talk *t, const cJSON *item, const char *action, cJSON *list);
void talk_write_all(struct talk *t, const char *key, const char *action, talk_step step);
/* The patch action: one of the blank-separated list; NULL after answering a refusal. */
const char *talk_action(struct talk *t, const char *allowed);
/* A repeated query parameter as a JSON list's text (owned, "[]" when absent); count filled. */
char *talk_query_list(struct talk *t, const char *name, int *count);
/* A list of strings of the body as JSON text (owned). */
char *talk_body_list(const cJSON *list);

void talk_time(cJSON *o, const char *key, int64_t us, int digits);
/* Adds the members of a stored JSON object to o, in place of those it has. */
void talk_add_stored(cJSON *o, const char *json);
#endif
