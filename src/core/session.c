#include "core/session.h"
#include "core/credentials.h"
#include "base/file.h"
#include "base/redact.h"
#include "core/session_auth.h"
#include "core/settings_inner.h"
#include "net/clarifai_apps.h"
#include "net/databricks_auth.h"
#include "net/databricks_secrets.h"
#include <pthread.h>

#define API_IN_FLIGHT 16       /* nothing is documented for the hosted service but "some 30 a second" */
#define CLARIFAI_IN_FLIGHT 32
#define DOWNLOADS_IN_FLIGHT 64
#define SCOPE "clarifai"       /* the secret's place, as Clarifai's own module has it */
#define SCOPE_KEY "CLARIFAI_PAT"

static bool has(const struct value *v)
{
    return !str_blank(v->text);
}

/* --- what is missing --- */

static int check_auth_type(const struct settings *s, struct err *e)
{
    static const char *const known[] = { "pat", "oauth-m2m", "databricks-cli" };
    char origin[160];

    if (!has(&s->auth_type))
        return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_eq(s->auth_type.text, known[i]))
            return 0;
    err_set(e, ERR_CONFIG, "the sign-in method %s (%s) is not one of lakeferry's: pat, oauth-m2m, databricks-cli", s->auth_type.text,
            value_origin(&s->auth_type, origin, sizeof origin));
    err_remedy(e, "run databricks auth login --host %s --profile NAME and use --profile NAME, or give a token", has(&s->host) ? s->host.text : "HOST");
    return err_about(e, "cannot sign in to Databricks", has(&s->host) ? s->host.text : NULL);
}

static int check_databricks(const struct settings *s, struct err *e)
{
    if (!has(&s->host)) {
        err_set(e, ERR_CONFIG, "no host is known: neither DATABRICKS_HOST nor a profile of ~/.databrickscfg names one");
        err_remedy(e, "set DATABRICKS_HOST, or use --profile NAME; --sandbox works without an account");
        return err_about(e, "cannot reach", "Databricks");
    }
    if (check_auth_type(s, e))
        return -1;
    if (has(&s->token) || session_auth_wanted(s))
        return 0;
    if (has(&s->client_id) != has(&s->client_secret)) {
        bool no_id = !has(&s->client_id);
        err_set(e, ERR_CONFIG, "there is a %s but no %s", no_id ? "client_secret" : "client_id", no_id ? "client_id" : "client_secret");
        err_remedy(e, "give both, in the profile or as DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET");
    } else if (credentials_locked(CREDENTIAL_DATABRICKS_TOKEN)) {
        err_set(e, ERR_AUTH, "the token is in the keyring, which is locked");
        err_remedy(e, "unlock the keyring, or set DATABRICKS_TOKEN for this session");
    } else {
        err_set(e, ERR_AUTH, "there is no token: looked in DATABRICKS_TOKEN, the profile, the keyring and the credentials file");
        err_remedy(e, "lakeferry auth login stores one");
    }
    return err_about(e, "cannot sign in to", s->host.text);
}

int session_check_databricks(const struct session *s, struct err *e)
{
    if (check_databricks(&s->settings, e))
        return -1;
    return s->auth ? session_auth_ready(s->auth, e) : 0;
}

int session_check_clarifai(const struct session *s, struct err *e)
{
    if (has(&s->settings.clarifai_pat))
        return 0;
    if (credentials_locked(CREDENTIAL_CLARIFAI_PAT)) {
        err_set(e, ERR_AUTH, "the access token is in the keyring, which is locked");
        err_remedy(e, "unlock the keyring, or set CLARIFAI_PAT for this session");
    } else {
        err_set(e, ERR_AUTH, "there is no access token: looked in CLARIFAI_PAT, the keyring, the credentials file and the secret " SCOPE "/" SCOPE_KEY
                " of Databricks");
        err_remedy(e, "set CLARIFAI_PAT, or lakeferry auth login stores one");
    }
    return err_about(e, "cannot sign in to", "Clarifai");
}

/* --- opening --- */

static int open_engine(struct session *s, bool interactive, struct err *e)
{
    const struct settings *from = &s->settings;
    char *limits = file_dir_runtime(e);

    if (!limits)
        return -1;
    const struct net_settings n = {
        .retry_first_ms = settings_ms(from, SETTING_RETRY_FIRST), .retry_cap_ms = settings_ms(from, SETTING_RETRY_CAP),
        .limits_dir = limits, .ca_file = str_blank(settings_text(from, SETTING_CA_FILE)) ? NULL : settings_text(from, SETTING_CA_FILE),
        .interactive = interactive,
    };
    s->engine = net_engine_new(&n, e);
    free(limits);
    return s->engine ? 0 : -1;
}

static struct net_api api_at(struct session *s, struct net_site *site)
{
    return (struct net_api){ .engine = s->engine, .site = site, .priority = NET_NORMAL };
}

static int open_databricks(struct session *s, struct err *e)
{
    const struct settings *from = &s->settings;
    const struct net_quota all = { 0, API_IN_FLIGHT };
    const struct net_quota files = { settings_number(from, SETTING_FILES_RATE), (int)settings_number(from, SETTING_FILES_IN_FLIGHT) };
    char header[96];

    if (!has(&from->host))
        return 0;
    struct net_site *site = net_site_new(from->host.text, NET_BEARER, DATABRICKS_QUOTA_API, all, e);
    if (!site)
        return -1;
    s->databricks = s->files = api_at(s, site);
    if (net_site_add_quota(site, DATABRICKS_QUOTA_FILES, files, e))
        return -1;
    if (has(&from->workspace_id)) {
        snprintf(header, sizeof header, "X-Databricks-Workspace-Id: %s", from->workspace_id.text);
        if (net_site_add_header(site, header, e))
            return err_about(e, "cannot use the workspace id", from->workspace_id.text);
    }
    if (check_databricks(from, NULL))
        return 0;
    if (has(&from->token) && net_site_set_credential(site, from->token.text, e))
        return -1;
    return session_auth_wanted(from) ? session_auth_new(from, s->engine, site, &s->auth, e) : 0;
}

static int open_clarifai(struct session *s, struct err *e)
{
    const struct settings *from = &s->settings;
    const struct net_quota calls = { settings_number(from, SETTING_CLARIFAI_RATE), CLARIFAI_IN_FLIGHT }, downloads = { 0, DOWNLOADS_IN_FLIGHT };
    const char *base = has(&from->clarifai_base) ? from->clarifai_base.text : settings_text(from, SETTING_CLARIFAI_API_BASE);

    s->clarifai = api_at(s, net_site_new(base, NET_CLARIFAI_KEY, CLARIFAI_QUOTA, calls, e));
    if (!s->clarifai.site)
        return -1;
    s->images = api_at(s, net_site_new(settings_text(from, SETTING_CLARIFAI_IMAGE_HOST), NET_CLARIFAI_KEY, "images", downloads, e));
    if (!s->images.site)
        return -1;
    /* Whole URLs bring their own host; this one exists nowhere. */
    s->anonymous = api_at(s, net_site_new("https://anonymous.invalid", NET_ANONYMOUS, "links", downloads, e));
    if (!s->anonymous.site)
        return -1;
    str_copy(s->clarifai_user, sizeof s->clarifai_user, from->clarifai_user.text ? from->clarifai_user.text : "");
    if (!has(&from->clarifai_pat))
        return 0;
    return net_site_set_credential(s->clarifai.site, from->clarifai_pat.text, e) || net_site_set_credential(s->images.site, from->clarifai_pat.text, e) ? -1 : 0;
}

static void name_profile(struct session *s)
{
    const struct settings *from = &s->settings;
    const char *host = from->host.text ? from->host.text : "";

    if (from->host.from == FROM_SANDBOX)
        str_copy(s->profile_name, sizeof s->profile_name, "sandbox");
    else if (has(&from->profile))
        str_copy(s->profile_name, sizeof s->profile_name, from->profile.text);
    else
        str_copy(s->profile_name, sizeof s->profile_name, str_starts(host, "https://") ? host + strlen("https://") : host);
}

/* The key in the secret scope, when it can be read from here. Not being there is no error. */
static int find_scope_key(struct session *s, struct err *e)
{
    struct buf secret;
    struct err why = { 0 };

    if (has(&s->settings.clarifai_pat) || !s->databricks.site || session_check_databricks(s, &why))
        return 0;
    buf_init(&secret, (size_t)128 << 10);
    int rc = databricks_secret_get(&s->databricks, SCOPE, SCOPE_KEY, &secret, &why) ? 0 : 1;
    char *text = rc ? str_trim(secret.data) : NULL;
    if (text && *text) {
        redact_add(text);
        rc = net_site_set_credential(s->clarifai.site, text, e) || net_site_set_credential(s->images.site, text, e) ||
             value_set(&s->settings.clarifai_pat, text, FROM_SECRET_SCOPE, SCOPE "/" SCOPE_KEY, e) ? -1 : 0;
    }
    buf_wipe(&secret);
    return rc < 0 ? -1 : 0;
}

int session_open_settings(struct settings *take, bool interactive, struct session *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    out->settings = *take;
    memset(take, 0, sizeof *take);
    settings_redact(&out->settings);
    name_profile(out);
    if (open_engine(out, interactive, e) || open_clarifai(out, e) || open_databricks(out, e)) {
        session_close(out);
        return -1;
    }
    return 0;
}

int session_open(const struct session_options *o, struct session *out, struct err *e)
{
    struct settings s;

    memset(out, 0, sizeof *out);
    if (settings_load(&o->flags, &s, e))
        return -1;
    if ((o->flags.sandbox && session_find_sandbox(&s, e)) || session_open_settings(&s, o->interactive, out, e)) {
        settings_release(&s);
        return -1;
    }
    if ((o->need_databricks && session_check_databricks(out, e)) ||
        (o->need_clarifai && (find_scope_key(out, e) || session_check_clarifai(out, e)))) {
        session_close(out);
        return -1;
    }
    return 0;
}

void session_close(struct session *s)
{
    session_auth_free(s->auth);
    net_engine_free(s->engine);
    net_site_free(s->databricks.site);
    net_site_free(s->clarifai.site);
    net_site_free(s->images.site);
    net_site_free(s->anonymous.site);
    settings_release(&s->settings);
    memset(s, 0, sizeof *s);
}

/* --- who are we --- */

static int identify_databricks(struct session *s, struct err *e)
{
    struct databricks_me me;

    if (session_check_databricks(s, e) || databricks_me_get(&s->databricks, &me, e))
        return -1;
    str_copy(s->databricks_user, sizeof s->databricks_user, me.user_name);
    return 0;
}

static int identify_clarifai(struct session *s, struct err *e)
{
    struct clarifai_user me;

    if (find_scope_key(s, e) || session_check_clarifai(s, e) || clarifai_me_get(&s->clarifai, &me, e))
        return -1;
    if (!s->clarifai_user[0])
        str_copy(s->clarifai_user, sizeof s->clarifai_user, me.id);
    return 0;
}

struct side { struct session *s; struct err *e; int rc; };

static void *clarifai_main(void *arg)
{
    struct side *side = arg;

    side->rc = identify_clarifai(side->s, side->e);
    return NULL;
}

int session_identify(struct session *s, struct err *databricks, struct err *clarifai)
{
    struct side side = { s, clarifai, 0 };
    pthread_t thread;
    bool threaded = false;
    int rc = 0;

    if (databricks)
        err_clear(databricks);
    if (clarifai)
        err_clear(clarifai);
    /* At once, so that one dead side does not delay the other. */
    if (databricks && clarifai)
        threaded = pthread_create(&thread, NULL, clarifai_main, &side) == 0;
    if (databricks)
        rc = identify_databricks(s, databricks);
    if (threaded)
        pthread_join(thread, NULL);
    else if (clarifai)
        clarifai_main(&side);
    return rc || side.rc ? -1 : 0;
}
