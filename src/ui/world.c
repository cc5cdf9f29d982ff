#include "ui/world.h"
#include "base/file.h"
#include "base/timefmt.h"
#include "core/names.h"
#include "ui/app_state.h"
#include "ui/screens.h"
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#define LEAVE_MS 1500     /* how long leaving waits for what runs */

/* A session with its catalog, kept as long as a job uses it. */
struct world_link {
    struct session session;
    struct catalog *catalog;
    atomic_int users;
};

struct world_job {
    struct ui_world *world;
    world_work work;
    void *arg;
    struct world_link *link;        /* NULL: there was no session */
    struct session session;         /* a shallow copy with our cancel */
    struct net_cancel cancel;
    atomic_int users;               /* the thread and the owner */
    struct world_job *next;
};

/* ---- threads ---- */

static int start_thread(struct ui_world *w, void *(*run)(void *), void *arg, struct err *e)
{
    pthread_t thread;
    pthread_mutex_lock(&w->lock);
    w->threads++;
    pthread_mutex_unlock(&w->lock);
    int failed = pthread_create(&thread, NULL, run, arg);
    if (!failed) {
        pthread_detach(thread);
        return 0;
    }
    pthread_mutex_lock(&w->lock);
    w->threads--;
    pthread_mutex_unlock(&w->lock);
    return err_set_errno(e, failed, "no thread could be started");
}

static void thread_ended(struct ui_world *w)
{
    pthread_mutex_lock(&w->lock);
    if (--w->threads == 0)
        pthread_cond_broadcast(&w->idle);
    pthread_mutex_unlock(&w->lock);
}

/* ---- links ---- */

static void link_free(struct world_link *l)
{
    catalog_free(l->catalog);
    session_close(&l->session);
    free(l);
}

static bool link_leave(struct world_link *l)
{
    return l && atomic_fetch_sub(&l->users, 1) == 1;
}

struct closing { struct ui_world *world; struct world_link *link; };

static void *close_main(void *arg)
{
    struct closing *c = arg;
    struct ui_world *w = c->world;
    link_free(c->link);
    free(c);
    thread_ended(w);
    return NULL;
}

/* Closing waits for requests under way, so the UI thread lets another do it. Without one the memory is kept. */
static void drop_link(struct ui_world *w, struct world_link *l)
{
    struct err ignored;
    struct closing *c = link_leave(l) ? malloc(sizeof *c) : NULL;
    if (!c)
        return;
    *c = (struct closing){ w, l };
    if (start_thread(w, close_main, c, &ignored) < 0)
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
        link_free(o->link);
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
            link_free(link);
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
        link_free(l);
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
    thread_ended(w);
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
    if (choice_copy(&o->choice, &copy, e) < 0 || start_thread(w, open_main, o, e) < 0) {
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

/* ---- jobs ---- */

static void job_leave(struct world_job *job)
{
    if (atomic_fetch_sub(&job->users, 1) == 1)
        free(job);
}

static void unlist(struct world_job *job)
{
    pthread_mutex_lock(&job->world->lock);
    for (struct world_job **at = &job->world->jobs; *at; at = &(*at)->next)
        if (*at == job) {
            *at = job->next;
            break;
        }
    pthread_mutex_unlock(&job->world->lock);
}

static void *job_main(void *arg)
{
    struct world_job *job = arg;
    struct ui_world *w = job->world;
    job->work(job->arg, job->link ? &job->session : NULL, &job->cancel);
    unlist(job);
    if (link_leave(job->link))
        link_free(job->link);
    explicit_bzero(&job->session, sizeof job->session);
    job_leave(job);
    thread_ended(w);
    return NULL;
}

static void use_link(struct world_job *job, struct world_link *l)
{
    struct net_api *apis[] = { &job->session.databricks, &job->session.files, &job->session.clarifai, &job->session.images, &job->session.anonymous };
    job->link = l;
    if (!l)
        return;
    atomic_fetch_add(&l->users, 1);
    job->session = l->session;
    for (size_t i = 0; i < sizeof apis / sizeof *apis; i++) {
        apis[i]->cancel = &job->cancel;
        apis[i]->priority = NET_BROWSE;
    }
}

int world_job_start(struct ui_world *w, world_work work, void *arg, struct world_job **out, struct err *e)
{
    struct world_job *job = calloc(1, sizeof *job);
    if (!job)
        return err_no_memory(e);
    job->world = w;
    job->work = work;
    job->arg = arg;
    atomic_init(&job->users, 2);
    use_link(job, w->link);
    pthread_mutex_lock(&w->lock);
    job->next = w->jobs;
    w->jobs = job;
    pthread_mutex_unlock(&w->lock);
    if (start_thread(w, job_main, job, e) < 0) {
        unlist(job);
        if (job->link)
            atomic_fetch_sub(&job->link->users, 1);
        free(job);
        return -1;
    }
    *out = job;
    return 0;
}

void world_job_forget(struct world_job *job)
{
    if (!job)
        return;
    net_cancel_set(&job->cancel);
    job_leave(job);
}

int world_background(struct ui_world *w, world_work work, void *arg, struct err *e)
{
    struct world_job *job;
    if (world_job_start(w, work, arg, &job, e) < 0)
        return -1;
    job_leave(job);  /* without cancelling it */
    return 0;
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
    if (w->link && link_leave(w->link))
        link_free(w->link);
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

/* ---- places as people type them ---- */

static char *join_parts(const struct name *n)
{
    return str_printf("%s%s%s%s%s", n->catalog ? n->catalog : "", n->schema ? "\x1f" : "", n->schema ? n->schema : "", n->object ? "\x1f" : "", n->object ? n->object : "");
}

/* "/Volumes", "/Volumes/c", "/Volumes/c/s": no volume yet. */
static char *parse_short_path(const char *text)
{
    char *place = str_dup(text + strlen("/Volumes"));
    char *p = place ? place : NULL;
    if (!p)
        return NULL;
    size_t n = strlen(p);
    while (n && p[n - 1] == '/')
        p[--n] = '\0';
    if (*p == '/')
        memmove(p, p + 1, n);
    for (; *p; p++)
        if (*p == '/')
            *p = '\x1f';
    return place;
}

static int count_parts(const char *path)
{
    int parts = 0;
    for (const char *p = path; *p; p++)
        parts += *p == '/' && p[1] && p[1] != '/';
    return parts;
}

char *world_place_parse(const char *text, struct err *e)
{
    struct volume_path v = { 0 };
    struct name n = { 0 };
    char *place = NULL;
    err_clear(e);
    if (str_blank(text) || str_eq(text, "/"))
        place = str_dup("");
    else if (str_starts(text, "/Volumes") && count_parts(text) < 4)
        place = parse_short_path(text);
    else if (strchr(text, '/')) {
        if (volume_path_parse(text, &v, e) < 0)
            return NULL;
        place = volume_path_text(&v);
    } else {
        if (name_parse(text, 0, &n, e) < 0)
            return NULL;
        place = join_parts(&n);
    }
    volume_path_release(&v);
    name_release(&n);
    if (!place)
        err_no_memory(e);
    return place;
}

/* ---- the command line ---- */

#define MATCHES_MAX 200

/* Where the part being typed begins: behind the last '.' or '/', or at the start. */
static size_t last_part(const char *text, char *mark)
{
    bool path = text[0] == '/' || strchr(text, '/') != NULL;
    const char *at = strrchr(text, path ? '/' : '.');
    *mark = path ? '/' : '.';
    return at ? (size_t)(at - text) + 1 : 0;
}

static char *name_as_typed(const char *name, char mark)
{
    struct name one = { .catalog = (char *)(uintptr_t)name };
    return mark == '/' ? str_dup(name) : name_text(&one);
}

static void add_matches(const struct catalog_list *l, const char *text, size_t at, char mark, struct str_list *out)
{
    for (size_t i = 0; i < l->count && out->count < MATCHES_MAX; i++) {
        const struct catalog_entry *en = &l->entries[i];
        const char *typed = text[at] == '`' ? text + at + 1 : text + at;
        if (en->kind == CATALOG_COLUMN || !str_starts(en->name, typed))
            continue;
        char *name = name_as_typed(en->name, mark);
        bool folder = en->kind == CATALOG_FOLDER;
        char *whole = name ? str_printf("%.*s%s%s", (int)at, text, name, folder ? "/" : "") : NULL;
        if (whole)
            str_list_add(out, whole);
        free(whole);
        free(name);
    }
}

void world_complete(void *ctx, const char *text, struct str_list *out)
{
    struct ui_world *w = ctx;
    struct err ignored;
    char mark;
    if (!text[0] || !w->catalog)
        return;
    size_t at = last_part(text, &mark);
    char *parent = str_dup_n(text, at ? at - 1 : 0);
    char *place = parent ? world_place_parse(parent, &ignored) : NULL;
    const struct catalog_list *l = place ? catalog_get(w->catalog, place, -1) : NULL;
    if (l)
        add_matches(l, text, at, mark, out);
    catalog_list_unref(l);
    free(place);
    free(parent);
}

/* False only when all catalogs are known and the place's is not among them. */
static bool may_exist(struct ui_world *w, const char *place)
{
    const struct catalog_list *l = w->catalog && place[0] && place[0] != '/' ? catalog_get(w->catalog, "", -1) : NULL;
    size_t n = strcspn(place, "\x1f");
    bool found = !l || !l->complete;
    for (size_t i = 0; l && !found && i < l->count; i++)
        found = strlen(l->entries[i].name) == n && memcmp(l->entries[i].name, place, n) == 0;
    catalog_list_unref(l);
    return found;
}

int world_command(void *ctx, struct app *app, const char *text, struct err *e)
{
    char *place = world_place_parse(text, e);
    if (!place)
        return err_remedy(e, "type a command or a place like main.vision or /Volumes/main/vision/pictures; Tab completes");
    if (!may_exist(ctx, place)) {
        free(place);
        err_set(e, ERR_USAGE, "there is neither a command nor a catalog of this name");
        err_remedy(e, "Tab shows what there is");
        return err_about(e, "cannot go to", text);
    }
    free(place);
    app_show(app, TAB_BROWSE, text);
    return 0;
}
