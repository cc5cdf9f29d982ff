/* settings_typed: what a person types in, over what was found. */
#include "core/credentials.h"
#include "core/settings_inner.h"
#include "net/databricks_auth.h"

static int type_value(struct value *v, const char *text, struct err *e)
{
    return str_blank(text) ? 0 : value_set(v, text, FROM_PROMPT, "", e);
}

/* What proves who we are elsewhere is never sent to another host. */
static void drop_access(struct settings *s)
{
    struct value *access[] = { &s->token, &s->client_id, &s->client_secret, &s->auth_type, &s->workspace_id, &s->profile, &s->cluster_id, &s->warehouse_id };

    for (size_t i = 0; i < sizeof access / sizeof *access; i++)
        value_release(access[i]);
}

static int type_host(struct settings *s, const struct settings_typed *typed, struct err *e)
{
    char workspace[32], *base = NULL;

    if (str_blank(typed->host))
        return 0;
    if (databricks_host_normalize(typed->host, &base, workspace, e))
        return err_about(e, "cannot use the host", typed->host);
    int rc = 0;
    if (!str_eq(base, s->host.text)) {
        drop_access(s);
        rc = value_set(&s->host, base, FROM_PROMPT, "", e);
        if (!rc && workspace[0])
            rc = value_set(&s->workspace_id, workspace, FROM_PROMPT, "", e);
        if (!rc && str_blank(typed->token))
            rc = credentials_find(CREDENTIAL_DATABRICKS_TOKEN, base, &s->token, e);
    }
    free(base);
    return rc;
}

int settings_type_in(struct settings *s, const struct settings_typed *typed, struct err *e)
{
    if (type_host(s, typed, e))
        return -1;
    if (!str_blank(typed->token)) {   /* the typed token is the one method now */
        value_release(&s->client_id);
        value_release(&s->client_secret);
        value_release(&s->auth_type);
    }
    if (type_value(&s->token, typed->token, e) || type_value(&s->clarifai_user, typed->owner, e) || type_value(&s->clarifai_pat, typed->pat, e))
        return -1;
    settings_redact(s);
    return 0;
}
