#include "golden.h"
#include "ui/auth_screen.h"   /* answers are put in as if the platforms had given them */

/* Authenticate without a platform: what was found where, what is missing, what both sides said. */

static struct ui_world the_world;
static struct session session;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

static void set(struct value *v, const char *text, enum value_from from, const char *detail)
{
    struct err e;
    assert_int_equal(value_set(v, text, from, detail, &e), 0);
}

static void make_session(bool whole)
{
    struct settings *s = &session.settings;
    session = (struct session){ .profile_name = "lab-prod" };
    if (!whole)
        return;
    set(&s->profile, "lab-prod", FROM_PROFILE, "~/.databrickscfg");
    set(&s->host, "https://dbc-1234.cloud.databricks.com", FROM_PROFILE, "profile lab-prod of ~/.databrickscfg");
    set(&s->token, "dapi-very-secret", FROM_KEYRING, "");
    set(&s->warehouse_id, "wh-live-0001", FROM_ENVIRONMENT, "DATABRICKS_WAREHOUSE_ID");
    set(&s->clarifai_user, "lab-user", FROM_ENVIRONMENT, "CLARIFAI_USER_ID");
    set(&s->clarifai_pat, "pat-very-secret", FROM_SECRET_SCOPE, "clarifai/CLARIFAI_PAT");
    str_copy(session.clarifai_user, sizeof session.clarifai_user, "lab-user");
}

static struct auth *start_app(bool whole, bool connected, bool ascii)
{
    struct err e = { 0 };
    struct app_options o = { .tabs = { &screen_authenticate, &nothing, &nothing, &nothing, &nothing, &nothing }, .hooks = { .ctx = &the_world }, .ascii = ascii };
    assert_int_equal(world_init(&the_world, &(struct ui_options){ 0 }, &e), 0);
    assert_int_equal(app_new(&app, &o, &e), 0);
    make_session(whole);
    the_world.app = app;
    the_world.session = connected ? &session : NULL;   /* no catalog and no link: jobs find no session */
    the_world.state = connected ? WORLD_OPEN : WORLD_CONNECTING;
    app_show(app, TAB_AUTH, NULL);
    return (struct auth *)(uintptr_t)app_front(app, NULL);
}

static void stop_app(void)
{
    assert_true(world_settle(&the_world));
    the_world.session = NULL;
    app_free(app);
    world_release(&the_world);
    settings_release(&session.settings);
}

static void press_key(uint32_t code) { app_press(app, &(struct keymap_press){ .code = code }); }

static void type(const char *text)
{
    for (; *text; text++)
        press_key((uint32_t)(unsigned char)*text);
}

static void post(struct auth *a, int id, const void *payload, size_t size)
{
    struct err e;
    void *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, payload, size);
    assert_int_equal(event_post(app_queue(app), id, app_serial(app, a), a->tag, copy, free, &e), 0);
    app_take_events(app);
}

/* What the job that found no session says is not waited for: its answer is dropped with its tag. */
static void tested(struct auth *a, const struct auth_test *t)
{
    a->tag++;
    post(a, AUTH_TESTED, t, sizeof *t);
}

static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "80x24" }, { 40, 120, "120x40" }, { 15, 60, "60x15" } };

static void check_sizes(const char *name)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        const struct frame *f = app_frame(app);
        assert_true(golden_row_has(f, f->rows - 1, "F10"));
        assert_true(golden_row_has(f, f->rows - 1, "F1 "));
        assert_false(golden_has(f, "secret-t"));
        assert_false(golden_has(f, "very-secret"));
        snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
        golden_check(f, file);
    }
}

/* ---- tests ---- */

static void says_that_it_connects(void **state)
{
    (void)state;
    start_app(false, false, false);
    check_sizes("auth-connecting");
    stop_app();
}

static void shows_where_values_come_from(void **state)
{
    (void)state;
    struct auth *a = start_app(true, true, false);
    tested(a, &(struct auth_test){ .databricks_user = "ann@example.com", .clarifai_user = "lab-user", .compute_label = "warehouse wh-live-0001",
                                   .compute_state = "RUNNING", .compute_running = true });
    check_sizes("auth-works");
    assert_string_equal(form_find(&a->form, AUTH_BUTTON_START)->off, "it runs already");
    form_focus(&a->form, AUTH_BUTTON_TEST);
    app_press(app, &(struct keymap_press){ .code = UI_KEY_F0 + 5 });   /* the key of the forms that plan */
    assert_true(golden_has(app_frame(app), "there is no plan here"));
    stop_app();
}

static void what_is_missing_comes_first(void **state)
{
    (void)state;
    struct auth *a = start_app(false, true, true);
    struct auth_test t = { 0 };
    assert_int_equal(session_check_databricks(&session, &t.databricks), -1);
    assert_int_equal(session_check_clarifai(&session, &t.clarifai), -1);
    tested(a, &t);
    assert_int_equal(a->form.focus, AUTH_HOST);
    check_sizes("auth-nothing");
    stop_app();
}

static void each_side_is_told_apart(void **state)
{
    (void)state;
    struct auth *a = start_app(true, true, false);
    struct auth_test t = { .databricks_user = "ann@example.com", .compute_label = "warehouse wh-live-0001", .compute_state = "STOPPED" };
    err_set(&t.clarifai, ERR_AUTH, "Clarifai says 11102: the access token is invalid");
    err_remedy(&t.clarifai, "make a new one at clarifai.com/settings/security");
    tested(a, &t);
    check_sizes("auth-refused");
    assert_null(form_find(&a->form, AUTH_BUTTON_START)->off);
    stop_app();
}

static void typed_tokens_are_hidden(void **state)
{
    (void)state;
    struct auth *a = start_app(true, true, false);
    tested(a, &(struct auth_test){ .databricks_user = "ann@example.com", .clarifai_user = "lab-user" });
    assert_string_equal(form_find(&a->form, AUTH_BUTTON_STORE)->off, "no token was typed");
    form_focus(&a->form, AUTH_PAT);
    type("secret-token");
    assert_string_equal(form_value(&a->form, AUTH_PAT), "secret-token");
    assert_null(form_find(&a->form, AUTH_BUTTON_STORE)->off);
    check_sizes("auth-typed");
    stop_app();
}

static void starting_compute_asks_first(void **state)
{
    (void)state;
    struct auth *a = start_app(true, true, false);
    tested(a, &(struct auth_test){ .databricks_user = "ann@example.com", .clarifai_user = "lab-user", .compute_state = "STOPPED" });
    form_focus(&a->form, AUTH_BUTTON_START);
    press_key(UI_KEY_ENTER);
    check_sizes("auth-start");
    press_key(UI_KEY_ENTER);             /* the safe answer */
    assert_null(a->start_job);
    post(a, AUTH_STARTING, &(struct auth_start){ .label = "warehouse wh-live-0001", .state = "STARTING", .waited_ms = 12000 }, sizeof(struct auth_start));
    assert_true(golden_has(app_frame(app), "STARTING, 0:12"));
    post(a, AUTH_STARTED, &(struct auth_start){ .label = "warehouse wh-live-0001", .state = "RUNNING" }, sizeof(struct auth_start));
    assert_true(golden_has(app_frame(app), "warehouse wh-live-0001 runs"));
    stop_app();
}

static void without_a_keyring_it_asks_where(void **state)
{
    (void)state;
    struct auth *a = start_app(true, true, false);
    tested(a, &(struct auth_test){ .databricks_user = "ann@example.com", .clarifai_user = "lab-user" });
    struct auth_stored s = { .no_keyring = true };
    err_set(&s.error, ERR_OFFLINE, "there is no D-Bus session");
    post(a, AUTH_STORED, &s, sizeof s);
    check_sizes("auth-keyring");
    stop_app();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_it_connects), cmocka_unit_test(shows_where_values_come_from), cmocka_unit_test(what_is_missing_comes_first),
        cmocka_unit_test(each_side_is_told_apart), cmocka_unit_test(typed_tokens_are_hidden), cmocka_unit_test(starting_compute_asks_first),
        cmocka_unit_test(without_a_keyring_it_asks_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
