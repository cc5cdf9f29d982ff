#ifndef LAKEFERRY_UI_AUTH_JOBS_H
#define LAKEFERRY_UI_AUTH_JOBS_H
/* auth_jobs: what Authenticate does off the UI thread: asking both sides who we are, starting compute, storing tokens, reading the profiles. */
#include "ui/world.h"

enum auth_event {
    AUTH_TESTED = EVENT_OWN, /* payload: struct auth_test */
    AUTH_STARTING,           /* payload: struct auth_start: how starting goes */
    AUTH_STARTED,            /* payload: struct auth_start: how it ended */
    AUTH_STORED,             /* payload: struct auth_stored */
    AUTH_PROFILES            /* payload: struct auth_profiles */
};

struct auth_test {
    struct err databricks, clarifai, compute;
    char databricks_user[256], clarifai_user[64], compute_label[160], compute_state[48];
    bool compute_running;
};
struct auth_start { struct err error; char label[160], state[48]; int64_t waited_ms; };
struct auth_stored { struct err error; bool no_keyring; char what[96]; enum credential_store where; };
struct auth_profiles { struct profile_line *lines; size_t count; struct err error; };

int auth_test_start(struct ui_world *w, uint64_t serial, uint64_t tag, struct world_job **job, struct err *e);
int auth_compute_start(struct ui_world *w, uint64_t serial, uint64_t tag, struct world_job **job, struct err *e);
int auth_profiles_start(struct ui_world *w, uint64_t serial, struct err *e);
/* Copies what it is given; tokens "" or NULL are not stored. where STORE_KEYRING: tells no_keyring when none answers. */
int auth_store_start(struct ui_world *w, uint64_t serial, enum credential_store where, const char *host, const char *token, const char *pat, struct err *e);
#endif
