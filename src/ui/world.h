#ifndef LAKEFERRY_UI_WORLD_H
#define LAKEFERRY_UI_WORLD_H
/*
 * world: what all screens share: the session with its catalog, opened (and opened again) on a thread of its own, and work off the UI thread. The UI
 * thread calls everything; `work` functions run on other threads and touch only what they were given.
 *
 * session and catalog are NULL until EVENT_WORLD came and world->state is WORLD_OPEN, and may be others after each EVENT_WORLD: ask for them
 * each time, keep no pointer. Lists of the catalog (catalog_list) stay valid until they are released.
 */
#include "core/catalog.h"
#include "ui/app.h"
#include "ui/runs_feed.h"
#include "ui/ui.h"
#include <pthread.h>

/* Events for every screen; a screen's own events (sent to its serial) begin at EVENT_OWN. */
enum world_event {
    EVENT_WORLD = 1,   /* state changed; all lists are to be asked for again */
    EVENT_PLACE,       /* a list of the catalog changed; payload: const char *, its place (do not take it) */
    EVENT_WAKE,        /* the world's own */
    EVENT_RUNS,        /* some run changed: runs_feed_now(world->runs) */
    EVENT_OWN = 100
};
enum world_state { WORLD_CONNECTING, WORLD_OPEN, WORLD_FAILED };

/* What a session is opened with; NULL: as the usual rules say. Typed values beat all others and live in this process only. */
struct world_choice { char *profile, *compute, *host, *token, *owner, *pat; };

struct world_link;
struct ui_world {
    struct ui_options options;
    struct app *app;
    enum world_state state;
    struct err error;            /* of WORLD_FAILED */
    struct session *session;     /* NULL unless open */
    struct catalog *catalog;     /* NULL unless open */
    struct world_choice choice;  /* of the session open or being opened */
    struct runs_feed *runs;      /* made and freed by ui_main; NULL: runs are not watched */

    struct world_link *link;
    uint64_t opening;            /* the newest attempt; older ones are dropped when they arrive */
    pthread_mutex_t lock;        /* guards what follows */
    pthread_cond_t idle;
    int threads;                 /* not ended yet */
    struct world_job *jobs;
    bool waking;                 /* an EVENT_WAKE is on its way */
};

/* The world of an app made by ui_main. */
static inline struct ui_world *world_of(const struct app *app) { return app_context(app); }

int world_init(struct ui_world *w, const struct ui_options *options, struct err *e);
/* Cancels what runs and waits a moment for it. False: something goes on, so nothing it uses may be freed before the program ends. */
bool world_settle(struct ui_world *w);
/* After world_settle said true, before app_free. */
void world_release(struct ui_world *w);

/* Opens a session with choice (copied; NULL: that of the options) and puts it in the place of the one now; until then the old one stays. EVENT_WORLD tells. */
int world_open(struct ui_world *w, const struct world_choice *choice, struct err *e);
/* ERR_CONFIG in words while there is no session ("still connecting"). */
int world_check(const struct ui_world *w, struct err *e);
/* Where changing anything on the platforms must be refused. */
bool world_read_only(const struct ui_world *w);

/*
 * Work off the UI thread, on a thread of its own: it may take minutes and never delays browsing. session is a copy that stays good until work
 * returns, with cancel in each of its net_api; NULL while there is no session. The work tells its end by event_post to the serial of its screen.
 * arg belongs to the work, which frees or posts it. A job is forgotten with world_job_forget, always, ended or not.
 */
struct world_job;
typedef void (*world_work)(void *arg, struct session *session, struct net_cancel *cancel);
int world_job_start(struct ui_world *w, world_work work, void *arg, struct world_job **out, struct err *e);
/* Ends its calls early (ERR_CANCELLED) and lets go of it. NULL is fine. */
void world_job_forget(struct world_job *job);
/* As world_job_start for work that nobody cancels. On failure arg still belongs to the caller. */
int world_background(struct ui_world *w, world_work work, void *arg, struct err *e);

/* The hooks of the app. */
bool world_event_seen(void *ctx, struct app *app, struct event *ev);
void world_complete(void *ctx, const char *text, struct str_list *out);
int world_command(void *ctx, struct app *app, const char *text, struct err *e);

/* A place as people type it ("main.vision", "/Volumes/main/vision/pictures/2026") as one of the catalog's ("main\x1fvision"). Owned; NULL with e. */
char *world_place_parse(const char *text, struct err *e);
#endif
