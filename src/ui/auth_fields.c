/* Authenticate: what its fields, notes and buttons say. */
#include "base/utf8.h"
#include "ui/auth_screen.h"
#include "ui/remedies.h"

/* ---- lines of results ---- */

/* One line of the form for each piece of text that fits. */
static void add_lines(struct auth *a, int before, enum theme_role role, const char *text, int width)
{
    struct err ignored;
    struct buf safe = BUF_INIT;
    utf8_escape(&safe, text, strlen(text), UTF8_ESCAPE_LINE);
    for (const char *at = safe.data; *at;) {
        size_t left = strlen(at), n = utf8_fit(at, left, width);
        if (n < left) {
            size_t blank = n;
            while (blank && at[blank] != ' ')
                blank--;
            n = blank ? blank : n ? n : left;
        }
        char *line = str_dup_n(at, n);
        if (line && form_insert(&a->form, before, FORM_LINE, 0, line, &ignored) == 0)
            for (size_t i = a->form.count; i-- > 0;)
                if (a->form.items[i].kind == FORM_LINE && str_eq(a->form.items[i].label, line)) {
                    a->form.items[i].note_role = role;
                    break;
                }
        free(line);
        at += n;
        at += strspn(at, " ");
    }
    buf_release(&safe);
}

static void add_side(struct auth *a, int before, const struct err *e, const char *user)
{
    char text[1400];
    if (a->opening)
        add_lines(a, before, ROLE_DIM, "connecting", a->wrapped);
    else if (auth_world(a)->state == WORLD_FAILED && before == AUTH_HEAD_CLARIFAI)
        add_lines(a, before, ROLE_BAD, remedies_err(&auth_world(a)->error, text, sizeof text), a->wrapped);
    else if (a->testing == TESTING)
        add_lines(a, before, ROLE_DIM, "asking who you are", a->wrapped);
    else if (a->testing == TESTED && e->code)
        add_lines(a, before, ROLE_BAD, remedies_err(e, text, sizeof text), a->wrapped);
    else if (a->testing == TESTED) {
        snprintf(text, sizeof text, "works: you are %s", user);
        add_lines(a, before, ROLE_GOOD, text, a->wrapped);
    }
}

void auth_make_lines(struct auth *a)
{
    char text[1400];
    form_clear_lines(&a->form);
    add_side(a, AUTH_HEAD_CLARIFAI, &a->test.databricks, a->test.databricks_user);
    if (a->testing == TESTED && !a->test.databricks.code && !a->compute_id)
        add_lines(a, AUTH_HEAD_CLARIFAI, ROLE_WARN, "browsing works without compute; reading and writing tables needs a cluster or a warehouse", a->wrapped);
    else if (a->testing == TESTED && !a->test.databricks.code && a->test.compute.code)
        add_lines(a, AUTH_HEAD_CLARIFAI, ROLE_WARN, remedies_err(&a->test.compute, text, sizeof text), a->wrapped);
    add_side(a, AUTH_BUTTON_TEST, &a->test.clarifai, a->test.clarifai_user);
}

/* ---- fields ---- */

/* A word beside the value; the line below says it in full while the field has the focus. */
static void note_value(struct auth *a, int field, const struct value *v, bool secret)
{
    static const char *const words[] = {
        [FROM_NONE] = "", [FROM_FLAG] = "flag", [FROM_ENVIRONMENT] = "environment", [FROM_PROFILE] = "profile", [FROM_KEYRING] = "keyring",
        [FROM_FILE] = "file", [FROM_SECRET_SCOPE] = "secret scope", [FROM_COMMAND] = "command", [FROM_PROMPT] = "typed in",
        [FROM_CONFIG] = "config.ini", [FROM_DEFAULT] = "default", [FROM_SANDBOX] = "sandbox",
    };
    char note[48];
    if (str_blank(v->text)) {
        a->origin[field][0] = '\0';
        form_note(&a->form, field, ROLE_WARN, "not found");
        return;
    }
    value_origin(v, a->origin[field], sizeof a->origin[field]);
    snprintf(note, sizeof note, "%s%s", secret ? "set, " : "", words[v->from]);
    form_note(&a->form, field, ROLE_DIM, note);
}

void auth_set_untouched(struct auth *a, int field, const char *text)
{
    struct form_item *it = form_find(&a->form, field);
    form_set(&a->form, field, text ? text : "", false);
    if (it)
        it->touched = false;
}

static void fill_compute(struct auth *a, const struct settings *s)
{
    bool warehouse = !str_blank(s->warehouse_id.text), cluster = !str_blank(s->cluster_id.text);
    free(a->compute_id);
    a->compute_id = warehouse ? str_printf("warehouse:%s", s->warehouse_id.text) : cluster ? str_printf("cluster:%s", s->cluster_id.text) : NULL;
    auth_set_untouched(a, AUTH_COMPUTE, a->compute_id);
    a->compute_state[0] = '\0';
}

void auth_set_state(struct auth *a, const char *state, bool running)
{
    char note[64];
    str_copy(a->compute_state, sizeof a->compute_state, state);
    a->compute_running = running;
    str_copy(note, sizeof note, str_eq(state, "TERMINATED") ? "stopped" : state);
    for (char *p = note; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p == '_' ? ' ' : *p;
    form_note(&a->form, AUTH_COMPUTE, running ? ROLE_GOOD : ROLE_WARN, note);
}

/* State of the chosen compute as the list knows it. */
void auth_find_state(struct auth *a)
{
    const struct catalog_list *l = auth_world(a)->catalog ? catalog_get(auth_world(a)->catalog, "compute:", COMPUTE_AGE_MS) : NULL;
    const char *id = a->compute_id ? strchr(a->compute_id, ':') : NULL;
    for (size_t i = 0; l && id && i < l->count; i++)
        if (str_eq(l->entries[i].name, id + 1) && !a->start_job)
            auth_set_state(a, l->entries[i].type, str_eq(l->entries[i].type, "RUNNING"));
    catalog_list_unref(l);
    if (!a->compute_id)
        form_note(&a->form, AUTH_COMPUTE, ROLE_WARN, "none chosen");
}

static const char *why_no_start(const struct auth *a)
{
    if (!a->compute_id)
        return "no compute is chosen";
    if (a->start_job)
        return "it is being started; Esc stops waiting";
    return a->compute_running ? "it runs already" : NULL;
}

static const char *why_no_store(const struct auth *a)
{
    bool token = !str_blank(form_value(&a->form, AUTH_TOKEN)), pat = !str_blank(form_value(&a->form, AUTH_PAT));
    if (!token && !pat)
        return "no token was typed";
    return token && str_blank(form_value(&a->form, AUTH_HOST)) ? "the token's host is missing" : NULL;
}

void auth_update_buttons(struct auth *a)
{
    form_disable(&a->form, AUTH_BUTTON_START, why_no_start(a));
    form_disable(&a->form, AUTH_BUTTON_STORE, why_no_store(a));
}

static const struct value *secret_of(const struct settings *s)
{
    return str_blank(s->token.text) && !str_blank(s->client_secret.text) ? &s->client_secret : &s->token;
}

/* Everything as the session has it; what was typed into the secrets stays there. */
void auth_fill(struct auth *a)
{
    const struct settings *s = auth_settings(a);
    if (s) {
        bool sandbox = s->host.from == FROM_SANDBOX;
        auth_set_untouched(a, AUTH_PROFILE, sandbox ? "local platform" : s->profile.text);
        if (sandbox || str_blank(s->profile.text))
            form_note(&a->form, AUTH_PROFILE, ROLE_DIM, sandbox ? "--sandbox" : "none in use");
        else
            note_value(a, AUTH_PROFILE, &s->profile, false);
        auth_set_untouched(a, AUTH_HOST, s->host.text);
        note_value(a, AUTH_HOST, &s->host, false);
        note_value(a, AUTH_TOKEN, secret_of(s), true);
        if (str_blank(secret_of(s)->text) && !str_blank(s->auth_type.text))
            form_note(&a->form, AUTH_TOKEN, ROLE_DIM, s->auth_type.text);
        auth_set_untouched(a, AUTH_OWNER, auth_world(a)->session->clarifai_user);
        if (auth_world(a)->session->clarifai_user[0])
            note_value(a, AUTH_OWNER, &s->clarifai_user, false);
        else
            form_note(&a->form, AUTH_OWNER, ROLE_DIM, "the token's own");
        note_value(a, AUTH_PAT, &s->clarifai_pat, true);
        fill_compute(a, s);
        auth_find_state(a);
    }
    auth_update_buttons(a);
}

/* The focus begins where something is missing. */
void auth_focus_first(struct auth *a)
{
    const struct settings *s = auth_settings(a);
    bool access = s && (!str_blank(secret_of(s)->text) || !str_blank(s->auth_type.text));
    if (s && str_blank(s->host.text))
        form_focus(&a->form, AUTH_HOST);
    else if (s && !access)
        form_focus(&a->form, AUTH_TOKEN);
    else
        form_focus(&a->form, AUTH_BUTTON_TEST);
}
