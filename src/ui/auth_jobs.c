#include "ui/auth_jobs.h"
#include "core/compute.h"

struct asked { struct event_queue *queue; uint64_t serial, tag; struct net_cancel *cancel; char label[160]; };

static struct asked *asked_new(struct ui_world *w, uint64_t serial, uint64_t tag, struct err *e)
{
    struct asked *a = calloc(1, sizeof *a);
    if (!a) {
        err_no_memory(e);
        return NULL;
    }
    a->queue = app_queue(w->app);
    a->serial = serial;
    a->tag = tag;
    return a;
}

static void post(const struct asked *a, int id, void *payload, void (*release)(void *))
{
    struct err ignored;
    event_post(a->queue, id, a->serial, a->tag, payload, release, &ignored);
}

static int start(struct ui_world *w, world_work work, struct asked *a, struct world_job **job, struct err *e)
{
    if (!a)
        return -1;
    if (world_job_start(w, work, a, job, e) == 0)
        return 0;
    free(a);
    return -1;
}

/* ---- who are we ---- */

static void look_at_compute(struct session *s, struct auth_test *t)
{
    struct compute *c = NULL;
    if (compute_open(s, NULL, NULL, &c, &t->compute) == 0) {
        str_copy(t->compute_label, sizeof t->compute_label, compute_label(c));
        char state[32] = "";
        if (compute_state(c, state, &t->compute_running, &t->compute) == 0)
            str_copy(t->compute_state, sizeof t->compute_state, state);
    }
    compute_close(c);
}

static void test_main(void *arg, struct session *s, struct net_cancel *cancel)
{
    struct asked *a = arg;
    struct auth_test *t = calloc(1, sizeof *t);
    (void)cancel;
    if (t && s) {
        /* The key of the secret scope is found into this copy of the session, so it is this copy's to free. */
        bool no_key = str_blank(s->settings.clarifai_pat.text);
        if (no_key)
            memset(&s->settings.clarifai_pat, 0, sizeof s->settings.clarifai_pat);
        session_identify(s, &t->databricks, &t->clarifai);
        str_copy(t->databricks_user, sizeof t->databricks_user, s->databricks_user);
        str_copy(t->clarifai_user, sizeof t->clarifai_user, s->clarifai_user);
        if (t->databricks.code == ERR_NONE)
            look_at_compute(s, t);
        if (no_key)
            value_release(&s->settings.clarifai_pat);
    }
    if (t)
        post(a, AUTH_TESTED, t, free);
    free(a);
}

int auth_test_start(struct ui_world *w, uint64_t serial, uint64_t tag, struct world_job **job, struct err *e)
{
    return start(w, test_main, asked_new(w, serial, tag, e), job, e);
}

/* ---- starting compute ---- */

static void post_start(const struct asked *a, int id, const struct err *error, const char *state, int64_t waited_ms)
{
    struct auth_start *s = calloc(1, sizeof *s);
    if (!s)
        return;
    if (error)
        s->error = *error;
    str_copy(s->label, sizeof s->label, a->label);
    str_copy(s->state, sizeof s->state, state);
    s->waited_ms = waited_ms;
    post(a, id, s, free);
}

static int tick(void *ctx, const char *state, int64_t waited_ms)
{
    const struct asked *a = ctx;
    if (net_cancel_is_set(a->cancel))
        return -1;
    post_start(a, AUTH_STARTING, NULL, state, waited_ms);
    return 0;
}

static void start_main(void *arg, struct session *s, struct net_cancel *cancel)
{
    struct asked *a = arg;
    struct compute *c = NULL;
    struct err e;
    err_clear(&e);
    a->cancel = cancel;
    int rc = s ? compute_open(s, NULL, NULL, &c, &e) : err_set(&e, ERR_CONFIG, "there is no connection yet");
    if (rc == 0) {
        str_copy(a->label, sizeof a->label, compute_label(c));
        compute_start(c, tick, a, &e);
    }
    post_start(a, AUTH_STARTED, &e, "RUNNING", 0);
    compute_close(c);
    free(a);
}

int auth_compute_start(struct ui_world *w, uint64_t serial, uint64_t tag, struct world_job **job, struct err *e)
{
    return start(w, start_main, asked_new(w, serial, tag, e), job, e);
}

/* ---- profiles ---- */

static void profiles_free(void *payload)
{
    struct auth_profiles *p = payload;
    settings_profiles_free(p->lines, p->count);
    free(p);
}

static void profiles_main(void *arg, struct session *s, struct net_cancel *cancel)
{
    struct asked *a = arg;
    struct auth_profiles *p = calloc(1, sizeof *p);
    (void)s;
    (void)cancel;
    if (p) {
        settings_profiles(&p->lines, &p->count, &p->error);
        post(a, AUTH_PROFILES, p, profiles_free);
    }
    free(a);
}

int auth_profiles_start(struct ui_world *w, uint64_t serial, struct err *e)
{
    struct asked *a = asked_new(w, serial, 0, e);
    if (!a)
        return -1;
    if (world_background(w, profiles_main, a, e) == 0)
        return 0;
    free(a);
    return -1;
}

/* ---- storing ---- */

struct storing { struct asked asked; enum credential_store where; char *host, *token, *pat; };

static void wipe(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

static void storing_free(struct storing *s)
{
    if (!s)
        return;
    free(s->host);
    wipe(s->token);
    wipe(s->pat);
    free(s);
}

static int store_all(const struct storing *s, struct auth_stored *out)
{
    bool token = !str_blank(s->token), pat = !str_blank(s->pat);
    if (token && credentials_store(s->where, CREDENTIAL_DATABRICKS_TOKEN, s->host, s->token, &out->error) < 0)
        return -1;
    if (pat && credentials_store(s->where, CREDENTIAL_CLARIFAI_PAT, "clarifai", s->pat, &out->error) < 0)
        return -1;
    str_copy(out->what, sizeof out->what, token && pat ? "both tokens" : token ? "the Databricks token" : "the Clarifai token");
    return 0;
}

static void store_main(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct storing *s = arg;
    struct auth_stored *out = calloc(1, sizeof *out);
    (void)session;
    (void)cancel;
    if (out) {
        out->where = s->where;
        out->no_keyring = s->where == STORE_KEYRING && !credentials_keyring_opens(&out->error);
        if (!out->no_keyring)
            store_all(s, out);
        post(&s->asked, AUTH_STORED, out, free);
    }
    storing_free(s);
}

int auth_store_start(struct ui_world *w, uint64_t serial, enum credential_store where, const char *host, const char *token, const char *pat, struct err *e)
{
    struct storing *s = calloc(1, sizeof *s);
    if (!s)
        return err_no_memory(e);
    *s = (struct storing){ { .queue = app_queue(w->app), .serial = serial }, where, str_dup(host), str_dup(token), str_dup(pat) };
    bool whole = (!host || s->host) && (!token || s->token) && (!pat || s->pat);
    if (whole && world_background(w, store_main, s, e) == 0)
        return 0;
    if (!whole)
        err_no_memory(e);
    storing_free(s);
    return -1;
}
