#include "core/settings.h"
#include "base/redact.h"
#include "core/credentials.h"
#include "core/profile.h"
#include "core/settings_inner.h"
#include "net/databricks_auth.h"

/* --- values --- */

void value_release(struct value *v)
{
    if (v->text)
        explicit_bzero(v->text, strlen(v->text));
    free(v->text);
    memset(v, 0, sizeof *v);
}

int value_set(struct value *v, const char *text, enum value_from from, const char *detail, struct err *e)
{
    char *copy = str_dup(text ? text : "");

    if (!copy)
        return err_no_memory(e);
    value_release(v);
    v->text = copy;
    v->from = from;
    str_copy(v->detail, sizeof v->detail, detail ? detail : "");
    return 0;
}

static const char *const ORIGINS[] = {
    [FROM_NONE] = "not found", [FROM_FLAG] = "flag", [FROM_ENVIRONMENT] = "environment", [FROM_PROFILE] = "", [FROM_KEYRING] = "keyring",
    [FROM_FILE] = "file", [FROM_SECRET_SCOPE] = "Databricks secret scope", [FROM_COMMAND] = "command", [FROM_PROMPT] = "typed in",
    [FROM_CONFIG] = "", [FROM_DEFAULT] = "default", [FROM_SANDBOX] = "sandbox",
};

char *value_origin(const struct value *v, char *out, size_t size)
{
    const char *word = ORIGINS[v->from];

    snprintf(out, size, "%s%s%s", word, *word && *v->detail ? " " : "", v->detail);
    return out;
}

static bool has(const struct value *v)
{
    return !str_blank(v->text);
}

/* --- the table of values --- */

static const struct { const char *name; size_t at; } VALUES[] = {
    { "profile", offsetof(struct settings, profile) }, { "host", offsetof(struct settings, host) },
    { "token", offsetof(struct settings, token) }, { "client_id", offsetof(struct settings, client_id) },
    { "client_secret", offsetof(struct settings, client_secret) }, { "auth_type", offsetof(struct settings, auth_type) },
    { "cluster_id", offsetof(struct settings, cluster_id) }, { "warehouse_id", offsetof(struct settings, warehouse_id) },
    { "workspace_id", offsetof(struct settings, workspace_id) }, { "clarifai_pat", offsetof(struct settings, clarifai_pat) },
    { "clarifai_user", offsetof(struct settings, clarifai_user) }, { "clarifai_base", offsetof(struct settings, clarifai_base) },
};
#define VALUE_COUNT (sizeof VALUES / sizeof VALUES[0])

static const char *const OWN_KEYS[SETTING_COUNT] = {
#define SETTING_KEY(id, key, otherwise, help) [SETTING_##id] = key,
    SETTINGS(SETTING_KEY)
#undef SETTING_KEY
};

static struct value *value_by_offset(struct settings *s, size_t at)
{
    return (struct value *)(void *)((char *)s + at);
}

struct value *settings_value_at(struct settings *s, size_t i, const char **name)
{
    if (i < SETTING_COUNT) {
        *name = OWN_KEYS[i];
        return &s->own[i];
    }
    i -= SETTING_COUNT;
    if (i >= VALUE_COUNT)
        return NULL;
    *name = VALUES[i].name;
    return value_by_offset(s, VALUES[i].at);
}

void settings_redact(const struct settings *s)
{
    const struct value *secrets[] = { &s->token, &s->client_secret, &s->clarifai_pat };

    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (has(secrets[i]))
            redact_add(secrets[i]->text);
}

void settings_release(struct settings *s)
{
    struct value *v;
    const char *name;

    for (size_t i = 0; (v = settings_value_at(s, i, &name)); i++)
        value_release(v);
    s->production = false;
}

/* --- Databricks: flag, environment, profile (reference databricks §1.4) --- */

/* Kinds of values: a host and what proves who we are come from one place; what else is known is looked up key by key. */
enum key_kind { KEY_ACCESS, KEY_PLACE };
static const struct key { const char *key, *variable; size_t at; enum key_kind kind; } KEYS[] = {
    { "host", "DATABRICKS_HOST", offsetof(struct settings, host), KEY_ACCESS },
    { "token", "DATABRICKS_TOKEN", offsetof(struct settings, token), KEY_ACCESS },
    { "client_id", "DATABRICKS_CLIENT_ID", offsetof(struct settings, client_id), KEY_ACCESS },
    { "client_secret", "DATABRICKS_CLIENT_SECRET", offsetof(struct settings, client_secret), KEY_ACCESS },
    { "auth_type", "DATABRICKS_AUTH_TYPE", offsetof(struct settings, auth_type), KEY_ACCESS },
    { "workspace_id", "DATABRICKS_WORKSPACE_ID", offsetof(struct settings, workspace_id), KEY_ACCESS },
    { "cluster_id", "DATABRICKS_CLUSTER_ID", offsetof(struct settings, cluster_id), KEY_PLACE },
    { "warehouse_id", "DATABRICKS_WAREHOUSE_ID", offsetof(struct settings, warehouse_id), KEY_PLACE },
};
#define KEY_COUNT (sizeof KEYS / sizeof KEYS[0])

struct loading {
    struct settings *s;
    struct profile_file file;
    const char *profile;       /* chosen; NULL: the file is not used */
    bool explicit_profile;     /* by flag: it beats the environment */
    struct value password;     /* a method of sign-in we do not have */
};

static const char *environment(const char *name)
{
    const char *text = getenv(name);

    return str_blank(text) ? NULL : text;
}

static int from_environment(struct value *v, const char *variable, struct err *e)
{
    const char *text = environment(variable);

    return text && !has(v) ? value_set(v, text, FROM_ENVIRONMENT, variable, e) : 0;
}

static int from_profile(const struct loading *l, struct value *v, const char *key, struct err *e)
{
    const char *text = l->profile && !has(v) ? profile_get(&l->file, l->profile, key) : NULL;
    char detail[128];

    if (!text)
        return 0;
    snprintf(detail, sizeof detail, "profile %s of %s", l->profile, l->file.shown);
    return value_set(v, text, FROM_PROFILE, detail, e);
}

static bool environment_has_access(void)
{
    static const char *const names[] = { "DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET",
                                         "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (environment(names[i]))
            return true;
    return false;
}

/* Which profile, if any. The file is not even opened when the environment says enough and nobody named a profile. */
static int choose_profile(struct loading *l, const char *flag, struct err *e)
{
    const char *variable = environment("DATABRICKS_CONFIG_PROFILE"), *named = flag ? flag : variable;

    l->explicit_profile = flag != NULL;
    if (!named && environment_has_access())
        return 0;
    if (profile_open(&l->file, e) || profile_choose(&l->file, named, &l->profile, e))
        return -1;
    if (!l->profile)
        return 0;
    if (named)
        return value_set(&l->s->profile, l->profile, flag ? FROM_FLAG : FROM_ENVIRONMENT, flag ? "--profile" : "DATABRICKS_CONFIG_PROFILE", e);
    return value_set(&l->s->profile, l->profile, FROM_PROFILE, l->file.shown, e);
}

static int take_keys(struct loading *l, struct err *e)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        struct value *v = value_by_offset(l->s, KEYS[i].at);
        if (l->explicit_profile && from_profile(l, v, KEYS[i].key, e))
            return -1;
        /* A token of the environment is never sent to the host of a profile that was named. */
        if (!(l->explicit_profile && KEYS[i].kind == KEY_ACCESS) && from_environment(v, KEYS[i].variable, e))
            return -1;
        if (from_profile(l, v, KEYS[i].key, e))
            return -1;
    }
    if (!l->explicit_profile && (from_environment(&l->password, "DATABRICKS_USERNAME", e) || from_environment(&l->password, "DATABRICKS_PASSWORD", e)))
        return -1;
    return from_profile(l, &l->password, "username", e) || from_profile(l, &l->password, "password", e) ? -1 : 0;
}

static int two_methods(const struct settings *s, const struct value *a, const char *a_name, const struct value *b, const char *b_name, struct err *e)
{
    char left[160], right[160];

    err_set(e, ERR_CONFIG, "more than one authorization method is configured: %s (%s) and %s (%s)",
            a_name, value_origin(a, left, sizeof left), b_name, value_origin(b, right, sizeof right));
    err_remedy(e, "keep one of them, or say which with auth_type = pat or auth_type = oauth-m2m");
    return err_about(e, "cannot sign in to Databricks", has(&s->host) ? s->host.text : NULL);
}

/* One method must remain; auth_type may say which. */
static int settle_method(struct loading *l, struct err *e)
{
    struct settings *s = l->s;
    const struct value *oauth = has(&s->client_id) ? &s->client_id : &s->client_secret;

    if (has(&s->auth_type)) {
        bool pat = str_eq(s->auth_type.text, "pat"), machine = str_eq(s->auth_type.text, "oauth-m2m");
        if (!pat)
            value_release(&s->token);
        if (!machine) {
            value_release(&s->client_id);
            value_release(&s->client_secret);
        }
        return 0;
    }
    if (has(&s->token) && has(oauth))
        return two_methods(s, &s->token, "token", oauth, "client_id", e);
    if (has(&l->password) && (has(&s->token) || has(oauth)))
        return two_methods(s, has(&s->token) ? &s->token : oauth, has(&s->token) ? "token" : "client_id", &l->password, "username", e);
    return has(&l->password) ? value_set(&s->auth_type, "basic", l->password.from, l->password.detail, e) : 0;
}

static int settle_host(struct settings *s, struct err *e)
{
    char workspace[32], origin[160], *base = NULL;
    enum value_from from = s->host.from;
    char detail[sizeof s->host.detail];

    if (!has(&s->host))
        return 0;
    str_copy(detail, sizeof detail, s->host.detail);
    value_origin(&s->host, origin, sizeof origin);
    if (databricks_host_normalize(s->host.text, &base, workspace, e))
        return err_about(e, "cannot use the Databricks host from", origin);
    int rc = value_set(&s->host, base, from, detail, e);
    if (!rc && workspace[0] && !has(&s->workspace_id))
        rc = value_set(&s->workspace_id, workspace, from, detail, e);
    free(base);
    return rc;
}

static bool needs_stored_token(const struct settings *s)
{
    return has(&s->host) && !has(&s->token) && !has(&s->client_id) && !has(&s->client_secret) &&
           (!has(&s->auth_type) || str_eq(s->auth_type.text, "pat"));
}

static int profile_extras(struct loading *l, struct err *e)
{
    const char *staging = l->profile ? profile_get(&l->file, l->profile, "staging_volume") : NULL;
    const char *production = l->profile ? profile_get(&l->file, l->profile, "production") : NULL;

    l->s->production = str_ieq(production, "true") || str_ieq(production, "yes") || str_ieq(production, "on") || str_eq(production, "1");
    if (staging) {
        value_release(&l->s->own[SETTING_STAGING_VOLUME]);
        return from_profile(l, &l->s->own[SETTING_STAGING_VOLUME], "staging_volume", e);
    }
    return 0;
}

static int load_databricks(struct settings *s, const char *flag, struct err *e)
{
    struct loading l = { .s = s };
    int rc = choose_profile(&l, flag, e);

    if (!rc)
        rc = take_keys(&l, e);
    if (!rc)
        rc = profile_extras(&l, e);
    if (!rc)
        rc = settle_method(&l, e);
    if (!rc)
        rc = settle_host(s, e);
    if (!rc && needs_stored_token(s))
        rc = credentials_find(CREDENTIAL_DATABRICKS_TOKEN, s->host.text, &s->token, e);
    value_release(&l.password);
    profile_release(&l.file);
    return rc;
}

/* --- Clarifai --- */

static int load_clarifai(struct settings *s, struct err *e)
{
    const struct value *base = &s->own[SETTING_CLARIFAI_API_BASE];

    if (from_environment(&s->clarifai_pat, "CLARIFAI_PAT", e) || from_environment(&s->clarifai_user, "CLARIFAI_USER_ID", e) ||
        from_environment(&s->clarifai_base, "CLARIFAI_API_BASE", e))
        return -1;
    if (!has(&s->clarifai_base))
        return value_set(&s->clarifai_base, base->text, base->from, base->detail, e);
    if (settings_check_own(SETTING_CLARIFAI_API_BASE, s->clarifai_base.text, e))
        return err_about(e, "cannot use", "CLARIFAI_API_BASE");
    return 0;
}

/* --- flags, and all together --- */

/* "--compute warehouse" or "cluster:ID"; an impossible one is refused by compute_open, which names the ways it may be written. */
static int take_compute(struct settings *s, const char *flag, struct err *e)
{
    const char *id = flag ? strchr(flag, ':') : NULL;

    if (!flag)
        return 0;
    if (str_starts(flag, "warehouse"))
        return id && id[1] ? value_set(&s->warehouse_id, id + 1, FROM_FLAG, "--compute", e) : 0;
    if (!str_starts(flag, "cluster"))
        return 0;
    value_release(&s->warehouse_id);   /* the cluster is what was asked for */
    if (id && id[1])
        return value_set(&s->cluster_id, id + 1, FROM_FLAG, "--compute", e);
    return has(&s->cluster_id) ? 0 : value_set(&s->cluster_id, "", FROM_FLAG, "--compute", e);
}

static bool listed(const char *list, const char *name)
{
    size_t n = name ? strlen(name) : 0;

    for (const char *p = list; n && p && *p;) {
        p += strspn(p, ", ");
        size_t len = strcspn(p, ",");
        size_t word = len;
        while (word && p[word - 1] == ' ')
            word--;
        if (word == n && strncmp(p, name, n) == 0)
            return true;
        p += len;
    }
    return false;
}

static int load_all(const struct settings_flags *flags, struct settings *s, struct err *e)
{
    if (settings_load_own(s->own, e))
        return -1;
    if (!flags->sandbox) {
        if (load_databricks(s, flags->profile, e) || load_clarifai(s, e))
            return -1;
        if (!has(&s->clarifai_pat) && credentials_find(CREDENTIAL_CLARIFAI_PAT, "clarifai", &s->clarifai_pat, e))
            return -1;
        s->production = s->production || listed(settings_text(s, SETTING_PRODUCTION), s->profile.text);
    }
    if (take_compute(s, flags->compute, e))
        return -1;
    return flags->staging ? value_set(&s->own[SETTING_STAGING_VOLUME], flags->staging, FROM_FLAG, "--staging", e) : 0;
}

int settings_load_screen(struct settings *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (settings_load_own(out->own, e) == 0)
        return 0;
    settings_release(out);
    return -1;
}

int settings_load(const struct settings_flags *flags, struct settings *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (load_all(flags, out, e)) {
        settings_release(out);
        return -1;
    }
    settings_redact(out);
    return 0;
}
