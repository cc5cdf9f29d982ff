#ifndef LAKEFERRY_TESTS_JOB_WORLD_H
#define LAKEFERRY_TESTS_JOB_WORLD_H
/* job_world: an app with one form in front and a session without a platform behind it. Included by the tests of forms. */
#include "golden.h"
#include "ui/job_screen.h"
#include "ui/screens.h"

static struct ui_world world;
static struct session session;
static struct app *app;

static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state, (void)a, (void)f, (void)r; }
static const struct app_screen nothing = { .name = "nothing", .title = "Nothing", .tab = "Nothing", .render = render_nothing };

static struct job_screen *start_form(const struct app_screen *screen, int tab, const char *place)
{
    struct err e = { 0 };
    struct app_options o = { .tabs = { &nothing, &nothing, &nothing, &nothing, &nothing, &nothing }, .hooks = { .ctx = &world } };
    o.tabs[tab] = screen;
    assert_int_equal(world_init(&world, &(struct ui_options){ 0 }, &e), 0);
    session = (struct session){ .clarifai_user = "lab-user", .profile_name = "lab-prod" };
    assert_int_equal(value_set(&session.settings.warehouse_id, "wh-live-0001", FROM_PROFILE, "lab-prod", &e), 0);
    assert_int_equal(value_set(&session.settings.own[SETTING_FILES_RATE], "90", FROM_DEFAULT, "", &e), 0);
    assert_int_equal(app_new(&app, &o, &e), 0);
    world.app = app;
    world.session = &session;
    app_show(app, tab, place);
    return (struct job_screen *)(uintptr_t)app_front(app, NULL);
}

static void stop_form(void)
{
    world.session = NULL;
    app_free(app);
    value_release(&session.settings.warehouse_id);
    value_release(&session.settings.own[SETTING_FILES_RATE]);
    world_release(&world);
}

static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "80x24" }, { 40, 120, "120x40" }, { 15, 60, "60x15" } };

static void check_sizes(const char *name)
{
    for (size_t i = 0; i < 3; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        const struct frame *f = app_frame(app);
        assert_true(golden_row_has(f, f->rows - 1, "F1"));
        assert_true(golden_row_has(f, f->rows - 1, "F10"));
        snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
        golden_check(f, file);
    }
    app_resize(app, 24, 80);
}

/* As if a run had planned; drawn without asking the fields again, as there is no catalog to ask. */
static void check_plan(struct job_screen *s, const struct view *v, const char *name)
{
    s->draft = calloc(1, sizeof *s->draft);
    assert_non_null(s->draft);
    *s->draft = *v;
    str_copy(s->planner.id, sizeof s->planner.id, v->id);
    for (size_t i = 0; i < 3; i++) {
        char file[96];
        app_resize(app, sizes[i].rows, sizes[i].cols);
        app_frame(app);          /* the width is known now */
        job_plan_show(s, NULL);
        form_disable(&s->fields.form, FIELD_START, job_screen_planned(s) ? NULL : "start the compute first");
        form_disable(&s->fields.form, FIELD_DRY_RUN, NULL);
        form_disable(&s->fields.form, FIELD_COPY, NULL);
        form_focus(&s->fields.form, FIELD_START);
        app_say(app, ROLE_DIM, "nothing was changed yet");
        snprintf(file, sizeof file, "%s-%s", name, sizes[i].name);
        golden_check(app_frame(app), file);
    }
    s->planner.id[0] = '\0';   /* there is no run to be removed */
}

static const char *missing_of(struct job_screen *s)
{
    static char text[400];
    job_form_refresh(&s->fields);
    const char *why = job_form_missing(&s->fields, text, sizeof text);
    return why ? why : "";
}

/* As if a person had chosen it. */
static void set_field(struct job_screen *s, int field, const char *value)
{
    form_set(&s->fields.form, field, value, false);
    form_find(&s->fields.form, field)->touched = true;
}

static void check_command(struct job_screen *s, const char *expected)
{
    struct ask ask;
    struct err e = { 0 };
    job_form_refresh(&s->fields);
    if (job_form_ask(&s->fields, &ask, &e) < 0)
        fail_msg("%s", e.cause);
    char *line = ask_command_line(&ask);
    assert_string_equal(line, expected);
    free(line);
    ask_release(&ask);
}
#endif
