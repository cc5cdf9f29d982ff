#include "core/session_auth.h"
#include "base/redact.h"
#include "base/timefmt.h"
#include "core/child.h"
#include "net/databricks_auth.h"
#include <pthread.h>
#include <time.h>

#define EARLY_MS 40000              /* before a token's end, as the vendor's SDKs do */
#define SOONEST_MS 30000            /* never asked more often than so by the clock */
#define AGAIN_MS 30000              /* after a failure, doubled up to */
#define AGAIN_CAP_MS 600000
#define COMMAND_MS 30000
#define FOREVER INT64_MAX

struct session_auth {
    struct net_api api;             /* anonymous, at the workspace */
    struct net_site *site;          /* gets the tokens */
    struct net_cancel cancel;
    char *client_id, *client_secret, *profile, *host;
    pthread_mutex_t fetching;       /* held while a token is asked for */
    pthread_mutex_t lock;           /* guards what follows */
    pthread_cond_t changed;
    bool have, stop, threaded;
    int64_t renew_at_ms;            /* monotonic */
    pthread_t thread;
};

bool session_auth_wanted(const struct settings *s)
{
    if (str_eq(s->auth_type.text, "databricks-cli"))
        return true;
    return !str_blank(s->client_id.text) && !str_blank(s->client_secret.text);
}

/* --- databricks auth token --- */

/* The first line of what the program complained, without secrets. */
static void first_line(const struct buf *complaint, char *out, size_t size)
{
    struct buf clean = BUF_INIT;
    size_t n = strcspn(complaint->data, "\r\n");

    redact_text(&clean, complaint->data, n > 300 ? 300 : n);
    str_copy(out, size, clean.len ? clean.data : "it gave no reason");
    buf_release(&clean);
}

static int decode_command(const struct buf *out, char **token, int64_t *expires_in_s, struct err *e)
{
    int64_t until;
    cJSON *tree = json_parse(out->data, out->len, e);
    const char *text = tree ? json_need_str(tree, "access_token", e) : NULL, *expiry = json_str(tree, "expiry");
    int rc = text ? 0 : -1;

    if (!rc && !(*token = str_dup(text)))
        rc = err_no_memory(e);
    *expires_in_s = expiry && time_parse(expiry, &until) ? (until - time_wall_us()) / 1000000 : 0;
    if (text)
        explicit_bzero((char *)(uintptr_t)text, strlen(text));
    cJSON_Delete(tree);
    return rc;
}

static int sign_in_again(const struct session_auth *a, struct err *e)
{
    if (a->profile)
        return err_remedy(e, "databricks auth login --profile %s", a->profile);
    return err_remedy(e, "databricks auth login --host %s", a->host);
}

static int ask_command(struct session_auth *a, char **token, int64_t *expires_in_s, struct err *e)
{
    const char *argv[] = { "databricks", "auth", "token", a->profile ? "--profile" : "--host", a->profile ? a->profile : a->host, NULL };
    struct buf out = BUF_INIT, complaint = BUF_INIT;
    char why[320];
    int status;
    char **environment = child_environment("DATABRICKS_", e);
    int rc = environment ? child_run(argv, environment, COMMAND_MS, &a->cancel, &out, &complaint, &status, e) : -1;

    if (rc && e && e->code == ERR_NOT_FOUND) {
        err_set(e, ERR_CONFIG, "the profile signs in through the program databricks, which is not installed");
        err_remedy(e, "install the Databricks command line, or use a token");
    } else if (!rc && status != 0) {
        first_line(&complaint, why, sizeof why);
        err_set(e, ERR_AUTH, "databricks auth token failed: %s", why);
        rc = sign_in_again(a, e);
    } else if (!rc && decode_command(&out, token, expires_in_s, e)) {
        err_set(e, ERR_AUTH, "databricks auth token did not answer with a token");
        rc = sign_in_again(a, e);
    }
    free(environment);
    buf_wipe(&out);
    buf_release(&complaint);
    return rc ? err_about(e, "cannot sign in to Databricks", a->host) : 0;
}

/* --- asking --- */

static void note_token(struct session_auth *a, int64_t expires_in_s)
{
    int64_t ms = expires_in_s * 1000 - EARLY_MS;

    pthread_mutex_lock(&a->lock);
    a->have = true;
    a->renew_at_ms = expires_in_s > 0 ? time_mono_ms() + (ms < SOONEST_MS ? SOONEST_MS : ms) : FOREVER;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
}

/* With `fetching` held. */
static int fetch(struct session_auth *a, struct err *e)
{
    char *token = NULL;
    int64_t expires_in_s = 0;
    int rc = a->client_id ? databricks_oauth_token(&a->api, a->client_id, a->client_secret, &token, &expires_in_s, e)
                          : ask_command(a, &token, &expires_in_s, e);

    if (!rc)
        rc = net_site_set_credential(a->site, token, e);
    if (token)
        explicit_bzero(token, strlen(token));
    free(token);
    if (!rc)
        note_token(a, expires_in_s);
    return rc;
}

static int renew(void *ctx, struct net_site *site, struct err *e)
{
    struct session_auth *a = ctx;

    (void)site;
    pthread_mutex_lock(&a->fetching);
    int rc = fetch(a, e);
    pthread_mutex_unlock(&a->fetching);
    return rc;
}

static bool has_token(struct session_auth *a)
{
    pthread_mutex_lock(&a->lock);
    bool have = a->have;
    pthread_mutex_unlock(&a->lock);
    return have;
}

int session_auth_ready(struct session_auth *a, struct err *e)
{
    if (has_token(a))
        return 0;
    pthread_mutex_lock(&a->fetching);
    int rc = has_token(a) ? 0 : fetch(a, e);
    pthread_mutex_unlock(&a->fetching);
    return rc;
}

/* --- the clock --- */

/* Waits for renew_at_ms; false when it is time to end. With the lock held. */
static bool wait_for_time(struct session_auth *a)
{
    while (!a->stop && time_mono_ms() < a->renew_at_ms) {
        struct timespec at = { .tv_sec = a->renew_at_ms / 1000, .tv_nsec = a->renew_at_ms % 1000 * 1000000 };
        if (a->renew_at_ms == FOREVER)
            pthread_cond_wait(&a->changed, &a->lock);
        else
            pthread_cond_timedwait(&a->changed, &a->lock, &at);
    }
    return !a->stop;
}

static void *renew_main(void *arg)
{
    struct session_auth *a = arg;
    int64_t again_ms = AGAIN_MS;
    struct err ignored;

    pthread_mutex_lock(&a->lock);
    while (wait_for_time(a)) {
        pthread_mutex_unlock(&a->lock);
        /* Whoever needs a new token before the next try asks for it and gets the reason of the failure. */
        bool ok = renew(a, a->site, &ignored) == 0;
        pthread_mutex_lock(&a->lock);
        if (!ok) {
            a->renew_at_ms = time_mono_ms() + again_ms;
            again_ms = again_ms * 2 > AGAIN_CAP_MS ? AGAIN_CAP_MS : again_ms * 2;
        } else {
            again_ms = AGAIN_MS;
        }
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

static int copy_settings(struct session_auth *a, const struct settings *s, struct err *e)
{
    bool machine = !str_eq(s->auth_type.text, "databricks-cli");

    a->host = str_dup(s->host.text);
    a->client_id = machine ? str_dup(s->client_id.text) : NULL;
    a->client_secret = machine ? str_dup(s->client_secret.text) : NULL;
    a->profile = str_dup(s->profile.text);
    if (!a->host || (machine && (!a->client_id || !a->client_secret)) || (s->profile.text && !a->profile))
        return err_no_memory(e);
    return 0;
}

int session_auth_new(const struct settings *s, struct net_engine *engine, struct net_site *site, struct session_auth **out, struct err *e)
{
    const struct net_quota quota = { 0, 2 };
    pthread_condattr_t monotonic;
    struct session_auth *a = calloc(1, sizeof *a);

    *out = NULL;
    if (!a)
        return err_no_memory(e);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&a->fetching, NULL);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    a->site = site;
    a->renew_at_ms = FOREVER;
    a->api = (struct net_api){ .engine = engine, .cancel = &a->cancel, .priority = NET_NORMAL };
    if (copy_settings(a, s, e) || !(a->api.site = net_site_new(s->host.text, NET_ANONYMOUS, "sign-in", quota, e))) {
        session_auth_free(a);
        return -1;
    }
    net_site_set_renew(site, renew, a);
    if (pthread_create(&a->thread, NULL, renew_main, a)) {
        session_auth_free(a);
        return err_set(e, ERR_NO_MEMORY, "no thread could be started");
    }
    a->threaded = true;
    *out = a;
    return 0;
}

void session_auth_free(struct session_auth *a)
{
    if (!a)
        return;
    net_cancel_set(&a->cancel);
    pthread_mutex_lock(&a->lock);
    a->stop = true;
    pthread_cond_broadcast(&a->changed);
    pthread_mutex_unlock(&a->lock);
    if (a->threaded)
        pthread_join(a->thread, NULL);
    net_site_set_renew(a->site, NULL, NULL);
    net_site_free(a->api.site);
    if (a->client_secret)
        explicit_bzero(a->client_secret, strlen(a->client_secret));
    free(a->client_id);
    free(a->client_secret);
    free(a->profile);
    free(a->host);
    pthread_cond_destroy(&a->changed);
    pthread_mutex_destroy(&a->lock);
    pthread_mutex_destroy(&a->fetching);
    free(a);
}
