#include "ui/auth_screen.h"

enum question { ASK_START = 1, ASK_FILE };

/* ---- testing and connecting ---- */

static void test(struct auth *a)
{
    struct err e;
    world_job_forget(a->test_job);
    a->test_job = NULL;
    a->testing = NOT_TESTED;
    a->tag++;
    if (!auth_world(a)->session)
        return;
    if (auth_test_start(auth_world(a), app_serial(a->app, a), a->tag, &a->test_job, &e) < 0)
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
    if (world_open(auth_world(a), choice, &e) < 0) {
        app_say_err(a->app, &e);
        return;
    }
    a->opening = true;
    a->testing = NOT_TESTED;
}

/* With what the fields say now: over what was chosen before. */
static void connect(struct auth *a, const char *compute)
{
    const struct world_choice *old = &auth_world(a)->choice;
    const struct world_choice choice = {
        .profile = old->profile, .compute = compute ? (char *)(uintptr_t)compute : old->compute, .host = typed_or(a, AUTH_HOST, old->host),
        .token = typed_or(a, AUTH_TOKEN, old->token), .owner = typed_or(a, AUTH_OWNER, old->owner), .pat = typed_or(a, AUTH_PAT, old->pat),
    };
    connect_with(a, &choice);
}

static void use_profile(struct auth *a)
{
    const struct world_choice *old = &auth_world(a)->choice;
    const struct world_choice choice = {
        .profile = (char *)(uintptr_t)form_value(&a->form, AUTH_PROFILE), .owner = typed_or(a, AUTH_OWNER, old->owner), .pat = typed_or(a, AUTH_PAT, old->pat),
    };
    auth_set_untouched(a, AUTH_TOKEN, NULL);
    connect_with(a, &choice);
}

static void test_or_connect(struct auth *a)
{
    bool changed = touched(a, AUTH_HOST) || touched(a, AUTH_TOKEN) || touched(a, AUTH_OWNER) || touched(a, AUTH_PAT);
    if (changed || !auth_world(a)->session)
        connect(a, NULL);
    else
        test(a);
}

/* ---- storing and starting ---- */

static void store(struct auth *a, enum credential_store where)
{
    struct err e;
    if (auth_store_start(auth_world(a), app_serial(a->app, a), where, form_value(&a->form, AUTH_HOST), form_value(&a->form, AUTH_TOKEN),
                         form_value(&a->form, AUTH_PAT), &e) < 0)
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
    if (auth_compute_start(auth_world(a), app_serial(a->app, a), a->tag, &a->start_job, &e) < 0)
        app_say_err(a->app, &e);
    auth_update_buttons(a);
}

static void starting(struct auth *a, const struct auth_start *s)
{
    char note[96], waited[24];
    snprintf(note, sizeof note, "%s, %s", s->state, str_duration(s->waited_ms, waited, sizeof waited));
    form_note(&a->form, AUTH_COMPUTE, ROLE_INFO, note);
}

static void started(struct auth *a, const struct auth_start *s)
{
    world_job_forget(a->start_job);
    a->start_job = NULL;
    if (s->error.code) {
        app_say_err(a->app, &s->error);
        auth_find_state(a);
    } else {
        auth_set_state(a, "RUNNING", true);
        app_say(a->app, ROLE_GOOD, "%s runs", s->label);
    }
    if (auth_world(a)->catalog)
        catalog_list_unref(catalog_get(auth_world(a)->catalog, "compute:", 0));
}

static void press(struct auth *a, int button)
{
    char text[400];
    switch (button) {
    case AUTH_BUTTON_TEST: test_or_connect(a); break;
    case AUTH_BUTTON_STORE: store(a, STORE_KEYRING); break;
    case AUTH_BUTTON_START:
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

/* ---- the screen ---- */

static void form_happened(struct auth *a, struct form_event ev)
{
    switch (ev.kind) {
    case FORM_OPENED: auth_open_picker(a, ev.id, COMPUTE_AGE_MS); break;
    case FORM_REFRESHED: auth_open_picker(a, ev.id, 0); break;
    case FORM_PICKED:
        if (ev.id == AUTH_PROFILE)
            use_profile(a);
        else if (ev.id == AUTH_COMPUTE)
            connect(a, form_value(&a->form, AUTH_COMPUTE));
        break;
    case FORM_CHANGED:
        a->origin[ev.id][0] = '\0';
        form_note(&a->form, ev.id, ROLE_INFO, "typed; Test uses it");
        break;
    case FORM_PRESSED: press(a, ev.id); break;
    case FORM_REFUSED: app_say(a->app, ROLE_WARN, "%s", form_find(&a->form, ev.id)->off); break;
    default: break;
    }
    auth_update_buttons(a);
    auth_make_lines(a);
}

static void world_changed(struct auth *a)
{
    if (auth_world(a)->state == WORLD_CONNECTING)
        return;
    a->opening = false;
    if (auth_world(a)->state == WORLD_OPEN) {
        auth_fill(a);
        form_find(&a->form, AUTH_TOKEN)->touched = form_find(&a->form, AUTH_PAT)->touched = false;  /* in use now */
        test(a);
    }
    auth_make_lines(a);
}

static void take_event(struct auth *a, struct event *ev)
{
    switch (ev->id) {
    case EVENT_WORLD: world_changed(a); return;
    case EVENT_PLACE:
        if (!str_eq(ev->payload, "compute:"))
            return;
        if (a->form.picking == AUTH_COMPUTE)
            auth_list_compute(a, -1);
        auth_find_state(a);
        break;
    case AUTH_TESTED:
        if (ev->tag != a->tag)
            return;
        a->test = *(struct auth_test *)ev->payload;
        a->testing = TESTED;
        if (a->test.compute_state[0])
            auth_set_state(a, a->test.compute_state, a->test.compute_running);
        break;
    case AUTH_STARTING: starting(a, ev->payload); break;
    case AUTH_STARTED: started(a, ev->payload); break;
    case AUTH_STORED: stored(a, ev->payload); break;
    case AUTH_PROFILES: auth_profiles_came(a, ev->payload); break;
    default: return;
    }
    auth_update_buttons(a);
    auth_make_lines(a);
}

static bool back(struct auth *a)
{
    if (a->start_job) {
        world_job_forget(a->start_job);
        a->start_job = NULL;
        auth_find_state(a);
        auth_update_buttons(a);
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
            auth_make_lines(a);
            return true;
        }
        ev = form_update(&a->form, in->action);
        break;
    case APP_TYPED: ev = form_type(&a->form, in->key); break;
    case APP_PASTED: ev = form_paste(&a->form, in->text, in->length); break;
    case APP_ANSWER: answered(a, in->tag, in->answer); break;
    case APP_EVENT: take_event(a, in->event); return true;
    case APP_SHOWN:  /* what is being typed stays */
        auth_find_state(a);
        auth_update_buttons(a);
        return true;
    default: return false;
    }
    form_happened(a, ev);
    return ev.kind != FORM_NOTHING || in->kind == APP_ANSWER;
}

static int add_fields(struct form *f, struct err *e)
{
    static const struct { enum form_kind kind; int id; const char *label; } fields[] = {
        { FORM_HEADING, 0, "Databricks" }, { FORM_CHOICE, AUTH_PROFILE, "Profile" }, { FORM_TEXT, AUTH_HOST, "Host" }, { FORM_SECRET, AUTH_TOKEN, "Token" },
        { FORM_CHOICE, AUTH_COMPUTE, "Compute" }, { FORM_HEADING, AUTH_HEAD_CLARIFAI, "Clarifai" }, { FORM_TEXT, AUTH_OWNER, "Owner" },
        { FORM_SECRET, AUTH_PAT, "Access token" }, { FORM_BUTTON, AUTH_BUTTON_TEST, "Test" }, { FORM_BUTTON, AUTH_BUTTON_STORE, "Store tokens" },
        { FORM_BUTTON, AUTH_BUTTON_START, "Start compute" },
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
    a->opening = auth_world(a)->state == WORLD_CONNECTING;
    auth_fill(a);
    auth_focus_first(a);
    if (auth_world(a)->state == WORLD_OPEN)
        test(a);
    auth_make_lines(a);
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
        auth_make_lines(a);
    }
    form_render(&a->form, f, r);
}

static const enum keymap_set *keys_auth(const void *state) { return form_keys(&((const struct auth *)state)->form); }
static bool typing_auth(const void *state) { return form_typing(&((const struct auth *)state)->form); }

static const char *hint_auth(const void *state, enum action a)
{
    return a == ACTION_OPEN ? form_enter_words(&((const struct auth *)state)->form) : NULL;
}

static const char *why_not_auth(const void *state, enum action a)
{
    (void)state;
    return a == ACTION_TO_START ? "there is no plan here; Test asks both sides" : NULL;
}

static void place_auth(const void *state, struct app_words *out)
{
    (void)state;
    str_copy(out->left, sizeof out->left, "Who you are, and where");
}

static void status_auth(const void *state, struct app_words *out)
{
    static const char *const words[] = {
        [AUTH_TOKEN] = "a typed token is not shown; Test uses it, Store keeps it", [AUTH_PAT] = "a typed token is not shown; Test uses it, Store keeps it",
        [AUTH_BUTTON_TEST] = "asks both sides who you are, with what the fields say",
        [AUTH_BUTTON_STORE] = "keeps the typed tokens in the keyring; where none answers, asks",
        [AUTH_BUTTON_START] = "starts the chosen cluster or warehouse",
    };
    const struct auth *a = state;
    int focus = a->form.focus;
    if (focus <= 0 || focus >= (int)(sizeof words / sizeof *words))
        return;
    if (focus < AUTH_FIELDS && a->origin[focus][0])
        snprintf(out->left, sizeof out->left, "found in: %s", a->origin[focus]);
    else
        str_copy(out->left, sizeof out->left, words[focus] ? words[focus] : "");
}

const struct app_screen screen_authenticate = {
    .name = "authenticate", .title = "Authenticate", .tab = "Auth", .size = sizeof(struct auth),
    .open = open_auth, .close = close_auth, .update = update_auth, .render = render_auth,
    .keys = keys_auth, .typing = typing_auth, .why_not = why_not_auth, .hint = hint_auth, .place = place_auth, .status = status_auth,
};
