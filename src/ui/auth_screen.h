#ifndef LAKEFERRY_UI_AUTH_SCREEN_H
#define LAKEFERRY_UI_AUTH_SCREEN_H
/* auth_screen: the inside of Authenticate, shared by screen_authenticate.c (keys, tests, storing), auth_fields.c and auth_pickers.c. UI thread. */
#include "ui/auth_jobs.h"
#include "ui/screens.h"

enum auth_field {
    AUTH_PROFILE = 1, AUTH_HOST, AUTH_TOKEN, AUTH_COMPUTE, AUTH_HEAD_CLARIFAI, AUTH_OWNER, AUTH_PAT, AUTH_FIELDS,
    AUTH_BUTTON_TEST = AUTH_FIELDS, AUTH_BUTTON_STORE, AUTH_BUTTON_START
};
enum auth_testing { NOT_TESTED, TESTING, TESTED };

#define COMPUTE_AGE_MS 30000

struct auth {
    struct app *app;
    struct form form;
    struct world_job *test_job, *start_job;
    uint64_t tag;                  /* of the test whose answer counts */
    enum auth_testing testing;
    struct auth_test test;
    bool opening;                  /* values were typed or picked: a session is opened with them */
    char *compute_id;              /* chosen or configured, "warehouse:ID"; owned */
    char compute_state[48];
    bool compute_running;
    int wrapped;                   /* width the lines were made for */
    char origin[AUTH_FIELDS][200];      /* where each field's value came from, in full */
};

static inline struct ui_world *auth_world(const struct auth *a) { return world_of(a->app); }
/* NULL while there is no session. */
static inline const struct settings *auth_settings(const struct auth *a) { return auth_world(a)->session ? &auth_world(a)->session->settings : NULL; }

/* auth_fields.c: the fields show what the session was opened with, and where that came from; what the person typed stays. */
void auth_fill(struct auth *a);
void auth_set_untouched(struct auth *a, int field, const char *text);
/* How the compute stands, "running"; found in the list of computes, or as a start tells. */
void auth_find_state(struct auth *a);
void auth_set_state(struct auth *a, const char *state, bool running);
void auth_update_buttons(struct auth *a);
/* The lines below each side: what the test found. */
void auth_make_lines(struct auth *a);
/* The focus goes to the first field that lacks something. */
void auth_focus_first(struct auth *a);

/* auth_pickers.c: fills the picker of a field from lists not older than max_age_ms (0: asked anew). */
void auth_open_picker(struct auth *a, int field, int64_t max_age_ms);
void auth_list_compute(struct auth *a, int64_t max_age_ms);
void auth_profiles_came(struct auth *a, const struct auth_profiles *profiles);
#endif
