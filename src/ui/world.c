#include "ui/world_inside.h"
#include "base/file.h"
#include "ui/app_state.h"
#include <errno.h>
#include <time.h>

#define LEAVE_MS 1500     /* how long leaving waits for what runs */

/* ---- links ---- */

void world_link_free(struct world_link *l)
{
    catalog_free(l->catalog);
    session_close(&l->session);
    free(l);
}

bool world_link_leave(struct world_link *l)
{
    return l && atomic_fetch_sub(&l->users, 1) == 1;
}

struct closing { struct ui_world *world; struct world_link *link; };

static void *close_main(void *arg)
{
    struct closing *c = arg;
    struct ui_world *w = c->world;
    world_link_free(c->link);
    free(c);
    world_thread_ended(w);
    return NULL;
}

/* Closing waits for requests under way, so the UI thread lets another do it. Without one the memory is kept. */
static void drop_link(struct ui_world *w, struct world_link *l)
{
    struct err ignored;
    struct closing *c = world_link_leave(l) ? malloc(sizeof *c) : NULL;
    if (!c)
        return;
    *c = (struct closing){ w, l };
    if (world_thread_start(w, close_main, c, &ignored) < 0)
        free(c);
}

/* ---- choices ---- */

static void wipe(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void choice_release(struct world_choice *c)
{
    wipe(&c->profile);
    wipe(&c->compute);
    wipe(&c->host);
    wipe(&c->token);
    wipe(&c->owner);
    wipe(&c->pat);
}

static int choice_copy(struct world_choice *to, const struct world_choice *from, struct err *e)
{
    *to = (struct world_choice){ str_dup(from->profile), str_dup(from->compute), str_dup(from->host), str_dup(from->token), str_dup(from->owner), str_dup(from->pat) };
    if ((from->profile && !to->profile) || (from->compute && !to->compute) || (from->host && !to->host) || (from->token && !to->token) ||
        (from->owner && !to->owner) || (from->pat && !to->pat)) {
        choice_release(to);
        return err_no_memory(e);
    }
    return 0;
}

/* ---- opening ---- */

struct opening {
    struct ui_world *world;
    struct event_queue *queue;
    uint64_t number;
    bool sandbox;
    struct world_choice choice;
};

/* How an attempt ended; the payload of EVENT_WAKE with a tag. */
struct opened { struct world_link *link; struct err error; };

static void opened_free(void *payload)
{
    struct opened *o = payload;
    if (o->link)
        world_link_free(o->link);
    free(o);
}

static void catalog_wakes(void *ctx)
{
    struct ui_world *w = ctx;
    struct err ignored;
    pthread_mutex_lock(&w->lock);
    bool first = !w->waking;
    w->waking = true;
    pthread_mutex_unlock(&w->lock);
    if (first)
        event_post(app_queue(w->app), EVENT_WAKE, 0, 0, NULL, NULL, &ignored);
}

static int open_session(const struct opening *o, struct session *out, struct err *e)
{
    const struct settings_flags flags = { .profile = o->choice.profile, .compute = o->choice.compute, .sandbox = o->sandbox };
    const struct settings_typed typed = { o->choice.host, o->choice.token, o->choice.owner, o->choice.pat };
    struct settings s;
    if (settings_load(&flags, &s, e) < 0)
        return -1;
    if ((o->sandbox && session_find_sandbox(&s, e) < 0) || settings_type_in(&s, &typed, e) < 0 || session_open_settings(&s, true, out, e) < 0) {
        settings_release(&s);
        return -1;
    }
    return 0;
}

static struct world_link *open_link(const struct opening *o, struct err *e)
{
    struct world_link *l = calloc(1, sizeof *l);
    if (!l) {
        err_no_memory(e);
        return NULL;
    }
    atomic_init(&l->users, 1);
    if (open_session(o, &l->session, e) < 0) {
        free(l);
        return NULL;
    }
    l->catalog = catalog_new(&l->session, catalog_wakes, o->world, e);
    if (l->catalog)
        return l;
    session_close(&l->session);
    free(l);
    return NULL;
}

static void tell(const struct opening *o, struct world_link *link, const struct err *error)
{
    struct err e;
    struct opened *done = calloc(1, sizeof *done);
    if (!done) {
        if (link)
            world_link_free(link);
        return;
    }
    done->link = link;
    done->error = *error;
    event_post(o->queue, EVENT_WAKE, 0, o->number, done, opened_free, &e);
}

/* Clarifai's key may be in the secret scope; asking there takes the network, so a second session is made of it while the first is in use. */
static void open_with_scope_key(const struct opening *o)
{
    struct err e, side;
    struct world_link *l = open_link(o, &e);
    if (!l)
        return;
    session_identify(&l->session, NULL, &side);
    err_clear(&e);
    if (str_blank(l->session.settings.clarifai_pat.text))
        world_link_free(l);
    else
        tell(o, l, &e);
}

static void *open_main(void *arg)
{
    struct opening *o = arg;
    struct ui_world *w = o->world;
    struct err e, side;
    err_clear(&e);
    struct world_link *l = open_link(o, &e);
    bool no_key = l && str_blank(l->session.settings.clarifai_pat.text) && session_check_databricks(&l->session, &side) == 0;
    tell(o, l, &e);
    if (no_key)
        open_with_scope_key(o);
    choice_release(&o->choice);
    free(o);
    world_thread_ended(w);
    return NULL;
}

int world_open(struct ui_world *w, const struct world_choice *choice, struct err *e)
{
    struct world_choice given = { .profile = (char *)(uintptr_t)w->options.profile };
    struct world_choice copy;
    struct opening *o = calloc(1, sizeof *o);
    if (!o)
        return err_no_memory(e);
    *o = (struct opening){ .world = w, .queue = app_queue(w->app), .number = w->opening + 1, .sandbox = w->options.sandbox };
    if (choice_copy(&copy, choice ? choice : &given, e) < 0) {
        free(o);
        return -1;
    }
    if (choice_copy(&o->choice, &copy, e) < 0 || world_thread_start(w, open_main, o, e) < 0) {
        choice_release(&o->choice);
        choice_release(&copy);
        free(o);
        return -1;
    }
    choice_release(&w->choice);
    w->choice = copy;
    w->opening++;
    w->state = WORLD_CONNECTING;
    return 0;
}

/* ---- events ---- */

static void take_opened(struct ui_world *w, const struct event *ev, struct opened *done)
{
    struct err ignored;
    if (ev->tag != w->opening)
        return;  /* an older attempt: freed with the event */
    struct world_link *old = w->link;
    w->state = done->link ? WORLD_OPEN : WORLD_FAILED;
    w->error = done->error;
    if (done->link) {
        w->link = done->link;
        w->session = &w->link->session;
        w->catalog = w->link->catalog;
        done->link = NULL;
        drop_link(w, old);
        app_set_identity(w->app, w->session->profile_name);
    }
    event_post(app_queue(w->app), EVENT_WORLD, 0, 0, NULL, NULL, &ignored);
}

static void take_places(struct ui_world *w)
{
    struct err ignored;
    pthread_mutex_lock(&w->lock);
    w->waking = false;
    pthread_mutex_unlock(&w->lock);
    for (char *place; w->catalog && (place = catalog_next_event(w->catalog)) != NULL;)
        event_post(app_queue(w->app), EVENT_PLACE, 0, 0, place, free, &ignored);
}

/* "1 run >" in the second line of every screen. */
static void show_activity(struct ui_world *w)
{
    char text[40] = "";
    const struct runs_list *l = runs_feed_now(w->runs);
    if (l && l->live)
        snprintf(text, sizeof text, "%zu run%s >", l->live, l->live == 1 ? "" : "s");
    runs_list_unref(l);
    app_set_activity(w->app, text);
}

bool world_event_seen(void *ctx, struct app *app, struct event *ev)
{
    struct ui_world *w = ctx;
    if (ev->id == EVENT_RUNS)
        show_activity(w);
    if (ev->id == EVENT_PLACE && app->commanding) {  /* names that completion waits for */
        command_matches(app);
        app->dirty = true;
    }
    if (ev->id != EVENT_WAKE || ev->target)
        return false;
    if (ev->payload)
        take_opened(w, ev, ev->payload);
    else
        take_places(w);
    return true;
}

/* ---- made and released ---- */

int world_init(struct ui_world *w, const struct ui_options *options, struct err *e)
{
    *w = (struct ui_world){ .options = *options, .state = WORLD_CONNECTING };
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0)
        return err_no_memory(e);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->idle, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return 0;
}

bool world_settle(struct ui_world *w)
{
    struct timespec until;
    int rc = 0;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LEAVE_MS / 1000;
    until.tv_nsec += LEAVE_MS % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&w->lock);
    for (struct world_job *job = w->jobs; job; job = job->next)
        net_cancel_set(&job->cancel);
    while (w->threads > 0 && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&w->idle, &w->lock, &until);
    bool idle = w->threads == 0;
    pthread_mutex_unlock(&w->lock);
    return idle;
}

void world_release(struct ui_world *w)
{
    choice_release(&w->choice);
    if (w->link && world_link_leave(w->link))
        world_link_free(w->link);
    w->link = NULL;
    w->session = NULL;
    w->catalog = NULL;
}

int world_check(const struct ui_world *w, struct err *e)
{
    if (w->session)
        return 0;
    if (w->state == WORLD_FAILED) {
        *e = w->error;
        return -1;
    }
    return err_set(e, ERR_CONFIG, "still connecting; a moment");
}

bool world_read_only(const struct ui_world *w)
{
    return w->options.read_only;
}
