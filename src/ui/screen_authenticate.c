#include "base/timefmt.h"
#include "base/utf8.h"
#include "ui/auth_jobs.h"
#include "ui/screens.h"
#include "ui/words.h"

enum field {
    FIELD_PROFILE = 1, FIELD_HOST, FIELD_TOKEN, FIELD_COMPUTE, HEAD_CLARIFAI, FIELD_OWNER, FIELD_PAT, FIELDS,
    BUTTON_TEST = FIELDS, BUTTON_STORE, BUTTON_START
};
enum question { ASK_START = 1, ASK_FILE };
enum testing { NOT_TESTED, TESTING, TESTED };

#define COMPUTE_AGE_MS 30000

struct auth {
    struct app *app;
    struct form form;
    struct world_job *test_job, *start_job;
    uint64_t tag;                  /* of the test whose answer counts */
    enum testing testing;
    struct auth_test test;
    bool opening;                  /* values were typed or picked: a session is opened with them */
    char *compute_id;              /* chosen or configured, "warehouse:ID"; owned */
    char compute_state[48];
    bool compute_running;
    int wrapped;                   /* width the lines were made for */
    char origin[FIELDS][200];      /* where each field's value came from, in full */
};

static struct ui_world *world(const struct auth *a) { return world_of(a->app); }
static const struct settings *settings(const struct auth *a) { return world(a)->session ? &world(a)->session->settings : NULL; }

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
    else if (world(a)->state == WORLD_FAILED && before == HEAD_CLARIFAI)
        add_lines(a, before, ROLE_BAD, err_sentence(&world(a)->error, text, sizeof text), a->wrapped);
    else if (a->testing == TESTING)
        add_lines(a, before, ROLE_DIM, "asking who you are", a->wrapped);
    else if (a->testing == TESTED && e->code)
        add_lines(a, before, ROLE_BAD, err_sentence(e, text, sizeof text), a->wrapped);
    else if (a->testing == TESTED) {
        snprintf(text, sizeof text, "works: you are %s", user);
        add_lines(a, before, ROLE_GOOD, text, a->wrapped);
    }
}

static void make_lines(struct auth *a)
{
    char text[1400];
    form_clear_lines(&a->form);
    add_side(a, HEAD_CLARIFAI, &a->test.databricks, a->test.databricks_user);
    if (a->testing == TESTED && !a->test.databricks.code && !a->compute_id)
        add_lines(a, HEAD_CLARIFAI, ROLE_WARN, "browsing works without compute; reading and writing tables needs a cluster or a warehouse", a->wrapped);
    else if (a->testing == TESTED && !a->test.databricks.code && a->test.compute.code)
        add_lines(a, HEAD_CLARIFAI, ROLE_WARN, err_sentence(&a->test.compute, text, sizeof text), a->wrapped);
    add_side(a, BUTTON_TEST, &a->test.clarifai, a->test.clarifai_user);
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

static void set_untouched(struct auth *a, int field, const char *text)
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
    set_untouched(a, FIELD_COMPUTE, a->compute_id);
    a->compute_state[0] = '\0';
}

static void set_state(struct auth *a, const char *state, bool running)
{
    char note[64];
    str_copy(a->compute_state, sizeof a->compute_state, state);
    a->compute_running = running;
    str_copy(note, sizeof note, str_eq(state, "TERMINATED") ? "stopped" : state);
    for (char *p = note; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p == '_' ? ' ' : *p;
    form_note(&a->form, FIELD_COMPUTE, running ? ROLE_GOOD : ROLE_WARN, note);
}

/* State of the chosen compute as the list knows it. */
static void find_state(struct auth *a)
{
    const struct catalog_list *l = world(a)->catalog ? catalog_get(world(a)->catalog, "compute:", COMPUTE_AGE_MS) : NULL;
    const char *id = a->compute_id ? strchr(a->compute_id, ':') : NULL;
    for (size_t i = 0; l && id && i < l->count; i++)
        if (str_eq(l->entries[i].name, id + 1) && !a->start_job)
            set_state(a, l->entries[i].type, str_eq(l->entries[i].type, "RUNNING"));
    catalog_list_unref(l);
    if (!a->compute_id)
        form_note(&a->form, FIELD_COMPUTE, ROLE_WARN, "none chosen");
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
    bool token = !str_blank(form_value(&a->form, FIELD_TOKEN)), pat = !str_blank(form_value(&a->form, FIELD_PAT));
    if (!token && !pat)
        return "no token was typed";
    return token && str_blank(form_value(&a->form, FIELD_HOST)) ? "the token's host is missing" : NULL;
}

static void update_buttons(struct auth *a)
{
    form_disable(&a->form, BUTTON_START, why_no_start(a));
    form_disable(&a->form, BUTTON_STORE, why_no_store(a));
}

static const struct value *secret_of(const struct settings *s)
{
    return str_blank(s->token.text) && !str_blank(s->client_secret.text) ? &s->client_secret : &s->token;
}

/* Everything as the session has it; what was typed into the secrets stays there. */
static void fill(struct auth *a)
{
    const struct settings *s = settings(a);
    if (s) {
        bool sandbox = s->host.from == FROM_SANDBOX;
        set_untouched(a, FIELD_PROFILE, sandbox ? "local platform" : s->profile.text);
        if (sandbox || str_blank(s->profile.text))
            form_note(&a->form, FIELD_PROFILE, ROLE_DIM, sandbox ? "--sandbox" : "none in use");
        else
            note_value(a, FIELD_PROFILE, &s->profile, false);
        set_untouched(a, FIELD_HOST, s->host.text);
        note_value(a, FIELD_HOST, &s->host, false);
        note_value(a, FIELD_TOKEN, secret_of(s), true);
        if (str_blank(secret_of(s)->text) && !str_blank(s->auth_type.text))
            form_note(&a->form, FIELD_TOKEN, ROLE_DIM, s->auth_type.text);
        set_untouched(a, FIELD_OWNER, world(a)->session->clarifai_user);
        if (world(a)->session->clarifai_user[0])
            note_value(a, FIELD_OWNER, &s->clarifai_user, false);
        else
            form_note(&a->form, FIELD_OWNER, ROLE_DIM, "the token's own");
        note_value(a, FIELD_PAT, &s->clarifai_pat, true);
        fill_compute(a, s);
        find_state(a);
    }
    update_buttons(a);
}

/* The focus begins where something is missing. */
static void focus_first(struct auth *a)
{
    const struct settings *s = settings(a);
    bool access = s && (!str_blank(secret_of(s)->text) || !str_blank(s->auth_type.text));
    if (s && str_blank(s->host.text))
        form_focus(&a->form, FIELD_HOST);
    else if (s && !access)
        form_focus(&a->form, FIELD_TOKEN);
    else
        form_focus(&a->form, BUTTON_TEST);
}

/* ---- testing and connecting ---- */

static void test(struct auth *a)
{
    struct err e;
    world_job_forget(a->test_job);
    a->test_job = NULL;
    a->testing = NOT_TESTED;
    a->tag++;
    if (!world(a)->session)
        return;
    if (auth_test_start(world(a), app_serial(a->app, a), a->tag, &a->test_job, &e) < 0)
        app_say_err(a->app, &e);
    else
        a->testing = TESTING;
}

static bool touched(const struct auth *a, int field)
{
    const struct form_item *it = form_find(&a->form, field);
    return it && it->touched;
}

static char *typed_or(const struct auth *a, int field, const char *otherwise)
{
    return (char *)(uintptr_t)(touched(a, field) ? form_value(&a->form, field) : otherwise);
}

static void connect_with(struct auth *a, const struct world_choice *choice)
{
    struct err e;
    if (world_open(world(a), choice, &e) < 0) {
        app_say_err(a->app, &e);
        return;
    }
    a->opening = true;
    a->testing = NOT_TESTED;
}

/* With what the fields say now: over what was chosen before. */
static void connect(struct auth *a, const char *compute)
{
    const struct world_choice *old = &world(a)->choice;
    const struct world_choice choice = {
        .profile = old->profile, .compute = compute ? (char *)(uintptr_t)compute : old->compute, .host = typed_or(a, FIELD_HOST, old->host),
        .token = typed_or(a, FIELD_TOKEN, old->token), .owner = typed_or(a, FIELD_OWNER, old->owner), .pat = typed_or(a, FIELD_PAT, old->pat),
    };
    connect_with(a, &choice);
}

static void use_profile(struct auth *a)
{
    const struct world_choice *old = &world(a)->choice;
    const struct world_choice choice = {
        .profile = (char *)(uintptr_t)form_value(&a->form, FIELD_PROFILE), .owner = typed_or(a, FIELD_OWNER, old->owner), .pat = typed_or(a, FIELD_PAT, old->pat),
    };
    set_untouched(a, FIELD_TOKEN, NULL);
    connect_with(a, &choice);
}

static void test_or_connect(struct auth *a)
{
    bool changed = touched(a, FIELD_HOST) || touched(a, FIELD_TOKEN) || touched(a, FIELD_OWNER) || touched(a, FIELD_PAT);
    if (changed || !world(a)->session)
        connect(a, NULL);
    else
        test(a);
}

/* ---- storing and starting ---- */

static void store(struct auth *a, enum credential_store where)
{
    struct err e;
    if (auth_store_start(world(a), app_serial(a->app, a), where, form_value(&a->form, FIELD_HOST), form_value(&a->form, FIELD_TOKEN),
                         form_value(&a->form, FIELD_PAT), &e) < 0)
        app_say_err(a->app, &e);
}

static void stored(struct auth *a, const struct auth_stored *s)
{
    char text[900];
    if (s->no_keyring) {
        snprintf(text, sizeof text, "No keyring answers here (%s). The tokens can be kept for this session only, or in a file that only you can read.", s->error.cause);
        app_ask(a->app, ASK_FILE, "Store the tokens", text, "Session only|File", NULL);
    } else if (s->error.code) {
        app_say_err(a->app, &s->error);
    } else {
        app_say(a->app, ROLE_GOOD, "stored %s in the %s", s->what, s->where == STORE_KEYRING ? "keyring" : "credentials file");
    }
}

static void start_compute(struct auth *a)
{
    struct err e;
    world_job_forget(a->start_job);
    a->start_job = NULL;
    if (auth_compute_start(world(a), app_serial(a->app, a), a->tag, &a->start_job, &e) < 0)
        app_say_err(a->app, &e);
    update_buttons(a);
}

static void starting(struct auth *a, const struct auth_start *s)
{
    char note[96], waited[24];
    snprintf(note, sizeof note, "%s, %s", s->state, str_duration(s->waited_ms, waited, sizeof waited));
    form_note(&a->form, FIELD_COMPUTE, ROLE_INFO, note);
}

static void started(struct auth *a, const struct auth_start *s)
{
    world_job_forget(a->start_job);
    a->start_job = NULL;
    if (s->error.code) {
        app_say_err(a->app, &s->error);
        find_state(a);
    } else {
        set_state(a, "RUNNING", true);
        app_say(a->app, ROLE_GOOD, "%s runs", s->label);
    }
    if (world(a)->catalog)
        catalog_list_unref(catalog_get(world(a)->catalog, "compute:", 0));
}

static void press(struct auth *a, int button)
{
    char text[400];
    switch (button) {
    case BUTTON_TEST: test_or_connect(a); break;
    case BUTTON_STORE: store(a, STORE_KEYRING); break;
    case BUTTON_START:
        snprintf(text, sizeof text, "Start %s? It may take minutes and costs what running it costs.", a->compute_id ? a->compute_id : "it");
        app_ask(a->app, ASK_START, "Start the compute", text, "Stay|Start", NULL);
        break;
    default: break;
    }
}

static void answered(struct auth *a, int tag, int answer)
{
    if (tag == ASK_START && answer == 1)
        start_compute(a);
    else if (tag == ASK_FILE && answer == 1)
        store(a, STORE_FILE);
    else if (tag == ASK_FILE)
        connect(a, NULL);  /* used from now on, kept nowhere */
}

/* ---- pickers ---- */

static void list_compute(struct auth *a, int64_t max_age_ms)
{
    struct picker *p = &a->form.picker;
    struct err ignored;
    struct err why;
    const struct catalog_list *l = world(a)->catalog ? catalog_get(world(a)->catalog, "compute:", max_age_ms) : NULL;
    picker_clear(p);
    p->loading = l ? l->loading : world(a)->catalog != NULL;
    for (size_t i = 0; l && i < l->count; i++) {
        const struct catalog_entry *en = &l->entries[i];
        const char *kind = en->kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster";
        char *id = str_printf("%s:%s", kind, en->name), *name = str_printf("%s  %s  %s", kind, en->name, en->comment);
        struct list_row row = { .id = id, .name = name ? name : "", .note = en->type, .note_role = str_eq(en->type, "RUNNING") ? ROLE_GOOD : ROLE_DIM };
        if (id)
            picker_add(p, &row, &ignored);
        free(name);
        free(id);
    }
    p->problem[0] = '\0';
    if (l && l->error.code)
        err_sentence(&l->error, p->problem, sizeof p->problem);
    else if (!world(a)->catalog && world_check(world(a), &why) < 0)
        err_sentence(&why, p->problem, sizeof p->problem);
    words_age("listed", l ? l->listed_at_ms : 0, p->age, sizeof p->age);
    catalog_list_unref(l);
}

static void list_profiles(struct auth *a)
{
    struct err e;
    struct picker *p = &a->form.picker;
    if (world(a)->options.sandbox) {
        str_copy(p->problem, sizeof p->problem, "the local platform is in use: start lakeferry without --sandbox to use a profile");
        return;
    }
    p->loading = true;
    if (auth_profiles_start(world(a), app_serial(a->app, a), &e) < 0)
        err_sentence(&e, p->problem, sizeof p->problem);
}

static void profiles_came(struct auth *a, const struct auth_profiles *profiles)
{
    struct picker *p = &a->form.picker;
    struct err ignored;
    if (a->form.picking != FIELD_PROFILE)
        return;
    picker_clear(p);
    p->loading = false;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_line *line = &profiles->lines[i];
        struct list_row row = { .name = line->name, .note = line->host, .note_role = ROLE_DIM };
        picker_add(p, &row, &ignored);
    }
    if (profiles->error.code)
        err_sentence(&profiles->error, p->problem, sizeof p->problem);
    else if (!profiles->count)
        str_copy(p->problem, sizeof p->problem, "~/.databrickscfg has no profiles");
}

static void open_picker(struct auth *a, int field, int64_t max_age_ms)
{
    if (field == FIELD_PROFILE)
        list_profiles(a);
    else if (field == FIELD_COMPUTE)
        list_compute(a, max_age_ms);
}

/* ---- the screen ---- */

static void form_happened(struct auth *a, struct form_event ev)
{
    switch (ev.kind) {
    case FORM_OPENED: open_picker(a, ev.id, COMPUTE_AGE_MS); break;
    case FORM_REFRESHED: open_picker(a, ev.id, 0); break;
    case FORM_PICKED:
        if (ev.id == FIELD_PROFILE)
            use_profile(a);
        else if (ev.id == FIELD_COMPUTE)
            connect(a, form_value(&a->form, FIELD_COMPUTE));
        break;
    case FORM_CHANGED:
        a->origin[ev.id][0] = '\0';
        form_note(&a->form, ev.id, ROLE_INFO, "typed; Test uses it");
        break;
    case FORM_PRESSED: press(a, ev.id); break;
    case FORM_REFUSED: app_say(a->app, ROLE_WARN, "%s", form_find(&a->form, ev.id)->off); break;
    default: break;
    }
    update_buttons(a);
    make_lines(a);
}

static void world_changed(struct auth *a)
{
    if (world(a)->state == WORLD_CONNECTING)
        return;
    a->opening = false;
    if (world(a)->state == WORLD_OPEN) {
        fill(a);
        form_find(&a->form, FIELD_TOKEN)->touched = form_find(&a->form, FIELD_PAT)->touched = false;  /* in use now */
        test(a);
    }
    make_lines(a);
}

static void take_event(struct auth *a, struct event *ev)
{
    switch (ev->id) {
    case EVENT_WORLD: world_changed(a); return;
    case EVENT_PLACE:
        if (!str_eq(ev->payload, "compute:"))
            return;
        if (a->form.picking == FIELD_COMPUTE)
            list_compute(a, -1);
        find_state(a);
        break;
    case AUTH_TESTED:
        if (ev->tag != a->tag)
            return;
        a->test = *(struct auth_test *)ev->payload;
        a->testing = TESTED;
        if (a->test.compute_state[0])
            set_state(a, a->test.compute_state, a->test.compute_running);
        break;
    case AUTH_STARTING: starting(a, ev->payload); break;
    case AUTH_STARTED: started(a, ev->payload); break;
    case AUTH_STORED: stored(a, ev->payload); break;
    case AUTH_PROFILES: profiles_came(a, ev->payload); break;
    default: return;
    }
    update_buttons(a);
    make_lines(a);
}

static bool back(struct auth *a)
{
    if (a->start_job) {
        world_job_forget(a->start_job);
        a->start_job = NULL;
        find_state(a);
        update_buttons(a);
        app_say(a->app, ROLE_DIM, "stopped waiting; what was started may still come up");
    } else {
        app_show(a->app, TAB_BROWSE, NULL);
    }
    return true;
}

static bool update_auth(void *state, struct app *app, const struct app_input *in)
{
    struct auth *a = state;
    struct form_event ev = { FORM_NOTHING, 0 };
    (void)app;
    switch (in->kind) {
    case APP_ACTION:
        if (in->action == ACTION_BACK && !a->form.picking)
            return back(a);
        if (in->action == ACTION_REFRESH && !a->form.picking) {
            test_or_connect(a);
            make_lines(a);
            return true;
        }
        ev = form_update(&a->form, in->action);
        break;
    case APP_TYPED: ev = form_type(&a->form, in->key); break;
    case APP_PASTED: ev = form_paste(&a->form, in->text, in->length); break;
    case APP_ANSWER: answered(a, in->tag, in->answer); break;
    case APP_EVENT: take_event(a, in->event); return true;
    case APP_SHOWN:  /* what is being typed stays */
        find_state(a);
        update_buttons(a);
        return true;
    default: return false;
    }
    form_happened(a, ev);
    return ev.kind != FORM_NOTHING || in->kind == APP_ANSWER;
}

static int add_fields(struct form *f, struct err *e)
{
    static const struct { enum form_kind kind; int id; const char *label; } fields[] = {
        { FORM_HEADING, 0, "Databricks" }, { FORM_CHOICE, FIELD_PROFILE, "Profile" }, { FORM_TEXT, FIELD_HOST, "Host" }, { FORM_SECRET, FIELD_TOKEN, "Token" },
        { FORM_CHOICE, FIELD_COMPUTE, "Compute" }, { FORM_HEADING, HEAD_CLARIFAI, "Clarifai" }, { FORM_TEXT, FIELD_OWNER, "Owner" },
        { FORM_SECRET, FIELD_PAT, "Access token" }, { FORM_BUTTON, BUTTON_TEST, "Test" }, { FORM_BUTTON, BUTTON_STORE, "Store tokens" },
        { FORM_BUTTON, BUTTON_START, "Start compute" },
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (form_add(f, fields[i].kind, fields[i].id, fields[i].label, NULL, e) < 0)
            return -1;
    return 0;
}

static int open_auth(void *state, struct app *app, const void *arg, struct err *e)
{
    struct auth *a = state;
    (void)arg;
    a->app = app;
    a->wrapped = 70;
    form_init(&a->form);
    if (add_fields(&a->form, e) < 0) {
        form_release(&a->form);
        return -1;
    }
    a->opening = world(a)->state == WORLD_CONNECTING;
    fill(a);
    focus_first(a);
    if (world(a)->state == WORLD_OPEN)
        test(a);
    make_lines(a);
    return 0;
}

static void close_auth(void *state)
{
    struct auth *a = state;
    world_job_forget(a->test_job);
    world_job_forget(a->start_job);
    form_release(&a->form);
    free(a->compute_id);
}

static void render_auth(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct auth *a = state;
    (void)app;
    if (a->wrapped != r.cols - 5) {
        a->wrapped = r.cols - 5;
        make_lines(a);
    }
    form_render(&a->form, f, r);
}

static const enum keymap_set *keys_auth(const void *state) { return form_keys(&((const struct auth *)state)->form); }
static bool typing_auth(const void *state) { return form_typing(&((const struct auth *)state)->form); }

static void place_auth(const void *state, struct app_words *out)
{
    (void)state;
    str_copy(out->left, sizeof out->left, "Who you are, and where");
}

static void status_auth(const void *state, struct app_words *out)
{
    static const char *const words[] = {
        [FIELD_TOKEN] = "a typed token is not shown; Test uses it, Store keeps it", [FIELD_PAT] = "a typed token is not shown; Test uses it, Store keeps it",
        [BUTTON_TEST] = "asks both sides who you are, with what the fields say",
        [BUTTON_STORE] = "keeps the typed tokens in the keyring; where none answers, asks",
        [BUTTON_START] = "starts the chosen cluster or warehouse",
    };
    const struct auth *a = state;
    int focus = a->form.focus;
    if (focus <= 0 || focus >= (int)(sizeof words / sizeof *words))
        return;
    if (focus < FIELDS && a->origin[focus][0])
        snprintf(out->left, sizeof out->left, "found in: %s", a->origin[focus]);
    else
        str_copy(out->left, sizeof out->left, words[focus] ? words[focus] : "");
}

const struct app_screen screen_authenticate = {
    .name = "authenticate", .title = "Authenticate", .tab = "Auth", .size = sizeof(struct auth),
    .open = open_auth, .close = close_auth, .update = update_auth, .render = render_auth,
    .keys = keys_auth, .typing = typing_auth, .place = place_auth, .status = status_auth,
};
