#include "golden.h"
#include "ui/app.h"

/* Two screens stand for all: a list whose letters are commands, and a form. */
struct files { struct list_store store; struct list list; int events, ticks, answer, shown; uint32_t met; const void *arg; };
struct fields { struct form form; };

static struct app *app;
static struct files *files;

static int open_files(void *state, struct app *a, const void *arg, struct err *e)
{
    struct files *s = files = state;
    (void)a;
    (void)arg;
    list_store_init(&s->store);
    list_init(&s->list, list_store_source(&s->store));
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof name, i % 5 == 2 ? "数据集-%04d.png" : "car-%04d.jpg", i);
        struct list_row row = { .name = name, .note = "84 KB", .note_role = ROLE_DIM };
        if (list_store_add(&s->store, &row, e) < 0)
            return -1;
    }
    list_grow(&s->list);
    s->met = NEED_ALL & ~NEED_BIT(NEED_TABLE);
    s->answer = -1;
    return 0;
}

static void close_files(void *state)
{
    struct files *s = state;
    list_release(&s->list);
    list_store_release(&s->store);
    files = NULL;
}

static bool update_files(void *state, struct app *a, const struct app_input *in)
{
    struct files *s = state;
    switch (in->kind) {
    case APP_EVENT: s->events++; return true;
    case APP_TICK: s->ticks++; return true;
    case APP_ANSWER: s->answer = in->answer; return true;
    case APP_SHOWN: s->shown++; s->arg = in->arg; return true;
    case APP_TYPED: return list_type(&s->list, in->key);
    case APP_ACTION: break;
    default: return false;
    }
    if (in->action == ACTION_IMPORT)
        app_ask(a, 1, "Import", "Import 40 files into lab-user/traffic?", "Stay|Import", NULL);
    else if (in->action == ACTION_EXPORT)
        app_ask(a, 2, "Production", "This changes main.vision.labels.", "Stay|Write", "labels");
    else
        return list_update(&s->list, in->action);
    return true;
}

static void render_files(void *state, struct app *a, struct frame *f, struct layout_rect r)
{
    struct files *s = state;
    (void)a;
    list_render(&s->list, f, r, &(struct list_look){ .active = true, .empty = "no files here" });
}

static const enum keymap_set *keys_files(const void *state)
{
    static const enum keymap_set reading[] = { KEYS_BROWSE, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set filtering[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return ((const struct files *)state)->list.filtering ? filtering : reading;
}

static bool typing_files(const void *state) { return ((const struct files *)state)->list.filtering; }
static uint32_t met_files(const void *state) { return ((const struct files *)state)->met; }

static void place_files(const void *state, struct app_words *out)
{
    (void)state;
    str_copy(out->left, sizeof out->left, "main > vision > pictures > 2026/08");
    str_copy(out->right, sizeof out->right, "cluster stopped");
}

static void status_files(const void *state, struct app_words *out)
{
    (void)state;
    str_copy(out->left, sizeof out->left, "listed 4 min ago");
}

static const struct app_screen files_screen = {
    .name = "files", .title = "Files", .tab = "Browse", .size = sizeof(struct files), .open = open_files, .close = close_files,
    .update = update_files, .render = render_files, .keys = keys_files, .typing = typing_files, .met = met_files,
    .place = place_files, .status = status_files,
};

static int open_fields(void *state, struct app *a, const void *arg, struct err *e)
{
    struct fields *s = state;
    (void)a;
    (void)arg;
    form_init(&s->form);
    return form_add(&s->form, FORM_TEXT, 1, "Host", "https://dbc-1234.cloud.databricks.com", e) | form_add(&s->form, FORM_BUTTON, 2, "Test", NULL, e);
}

static void close_fields(void *state) { form_release(&((struct fields *)state)->form); }

static bool update_fields(void *state, struct app *a, const struct app_input *in)
{
    struct form *f = &((struct fields *)state)->form;
    (void)a;
    if (in->kind == APP_ACTION)
        return form_update(f, in->action).kind != FORM_NOTHING;
    if (in->kind == APP_TYPED)
        return form_type(f, in->key).kind != FORM_NOTHING;
    return in->kind == APP_PASTED && form_paste(f, in->text, in->length).kind != FORM_NOTHING;
}

static void render_fields(void *state, struct app *a, struct frame *f, struct layout_rect r)
{
    (void)a;
    form_render(&((struct fields *)state)->form, f, r);
}

static const enum keymap_set *keys_fields(const void *state) { return form_keys(&((const struct fields *)state)->form); }
static bool typing_fields(const void *state) { return form_typing(&((const struct fields *)state)->form); }

static const char *hint_fields(const void *state, enum action a)
{
    return a == ACTION_OPEN ? form_enter_words(&((const struct fields *)state)->form) : NULL;
}

static const struct app_screen fields_screen = {
    .name = "fields", .title = "Authenticate", .tab = "Auth", .size = sizeof(struct fields), .open = open_fields, .close = close_fields,
    .update = update_fields, .render = render_fields, .keys = keys_fields, .typing = typing_fields, .hint = hint_fields,
};

static int refuse_open(void *state, struct app *a, const void *arg, struct err *e)
{
    (void)state;
    (void)a;
    (void)arg;
    err_set(e, ERR_FORBIDDEN, "PERMISSION_DENIED");
    return err_about(e, "cannot open", "main.vision");
}
static void render_nothing(void *state, struct app *a, struct frame *f, struct layout_rect r) { (void)state; (void)a; (void)f; (void)r; }
static const struct app_screen broken_screen = { .name = "broken", .title = "Broken", .tab = "Export", .open = refuse_open, .render = render_nothing };
static const struct app_screen plain_screen = { .name = "plain", .title = "Update", .tab = "Update", .render = render_nothing };

static void complete_place(void *ctx, const char *text, struct str_list *out)
{
    (void)ctx;
    if (str_starts("main.vision", text))
        str_list_add(out, "main.vision");
}

static char commanded[64];
static int do_command(void *ctx, struct app *a, const char *text, struct err *e)
{
    (void)ctx;
    (void)a;
    str_copy(commanded, sizeof commanded, text);
    return str_starts(text, "main") ? 0 : err_set(e, ERR_USAGE, "there is no place named %s", text);
}

static int setup(void **state)
{
    (void)state;
    struct err e;
    struct app_options o = {
        .tabs = { &fields_screen, &files_screen, &fields_screen, &broken_screen, &plain_screen, &plain_screen },
        .hooks = { .complete = complete_place, .command = do_command },
    };
    commanded[0] = '\0';
    if (app_new(&app, &o, &e) < 0)
        return -1;
    app_set_identity(app, "lab-prod");
    app_set_activity(app, "1 run");
    app_show(app, 1, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    app_free(app);
    return 0;
}

/* Every frame of the app holds these. */
static const struct frame *look(void)
{
    const struct frame *f = app_frame(app);
    golden_sound(f);
    if (f->rows < 10 || f->cols < 40)
        return f;
    char *last = golden_row(f, f->rows - 1);
    if (!strstr(last, "quit") && !strstr(last, "[q]uit"))
        fail_msg("quit is not visible: %s", last);
    if (!strstr(last, "[?]") && !strstr(last, "F1 help"))
        fail_msg("help is not visible: %s", last);
    free(last);
    return f;
}

static void press(const char *key)
{
    struct keymap_press k = { .code = 0 };
    assert_true(keymap_key_parse(key, &k.code, &k.mods));
    app_press(app, &k);
    look();
}

static void type(const char *text)
{
    for (; *text; text++)
        app_press(app, &(struct keymap_press){ .code = (unsigned char)*text });
    look();
}

static bool says(const char *words)
{
    return golden_has(look(), words);
}

static void pictures(void **state)
{
    (void)state;
    static const struct { int rows, cols; const char *name; } sizes[] = { { 24, 80, "app-80x24" }, { 40, 120, "app-120x40" }, { 15, 60, "app-60x15" } };
    for (size_t i = 0; i < 3; i++) {
        app_resize(app, sizes[i].rows, sizes[i].cols);
        golden_check(look(), sizes[i].name);
    }
    app_resize(app, 24, 80);
    press("?");
    golden_check(look(), "app-help");
    press("esc");
    press(":");
    type("re");
    golden_check(look(), "app-command");
    press("esc");
    press("e");
    type("lab");
    golden_check(look(), "app-question");
    press("esc");
    press("alt-1");
    golden_check(look(), "app-form");
}

static bool hints(const char *words)
{
    const struct frame *f = look();
    return golden_row_has(f, f->rows - 1, words);
}

static void hints_say_what_the_keys_do_here(void **state)
{
    (void)state;
    app_ask(app, 3, "What failed", "The image cannot be decoded.", "Close", NULL);
    assert_true(hints("Enter takes it"));
    assert_false(hints("next"));            /* there is one answer */
    press("esc");
    app_ask(app, 3, "Import", "Import 40 files?", "Stay|Import", NULL);
    assert_true(hints("Right next"));
    press("esc");
    app_show(app, 0, NULL);
    assert_true(hints("Enter next field"));
    press("down");
    assert_true(hints("Enter presses it"));
}

static void help_and_quit_are_visible_at_any_usable_size(void **state)
{
    (void)state;
    for (int rows = 1; rows < 30; rows += 2) {
        for (int cols = 1; cols < 130; cols += 3) {
            app_resize(app, rows, cols);
            app_show(app, 1, NULL);
            look();
            app_show(app, 0, NULL);
            look();
            if (rows < 10 || cols < 40)
                assert_true(rows * cols < 30 || golden_row_has(app_frame(app), 0, cols > 5 ? "x" : ""));
        }
    }
    app_resize(app, 24, 80);
    app_show(app, 1, NULL);
    assert_true(says("car-0000.jpg"));
}

static void keys_choose_tabs_and_move(void **state)
{
    (void)state;
    press("j");
    press("j");
    assert_int_equal(files->list.cursor, 2);
    press("1");
    assert_true(says("Host"));
    type("12?q");  /* letters and digits are text in a form */
    assert_true(says("databricks.com12?q"));
    press("alt-2");
    assert_true(says("car-0000.jpg"));
    assert_int_equal(files->list.cursor, 2);
    assert_false(app_leaving(app));
    press("q");
    assert_true(app_leaving(app));
}

static void a_disabled_action_says_why(void **state)
{
    (void)state;
    press("p");
    assert_true(says("choose a table first"));
    press("j");
    assert_false(says("choose a table first"));
    press("x");
    assert_true(says("x means nothing here; ? shows the keys"));
    files->met = 0;
    press("k");
    assert_true(says("the list is empty"));
    press("*");
    assert_true(says("the list is empty"));
    assert_false(says("mark-all"));      /* names for settings are not words for people */
}

static void the_help_shows_and_does(void **state)
{
    (void)state;
    press("?");
    assert_true(says("Keys of Files"));
    press("/");
    type("import from");
    press("enter");
    press("enter");
    assert_false(says("Keys of Files"));
    assert_true(says("Import 40 files"));
    press("esc");
    assert_int_equal(files->answer, 0);
    press("f1");
    press("q");
    assert_false(app_leaving(app));
    assert_false(says("Keys of Files"));
}

static void questions_default_to_the_safe_answer(void **state)
{
    (void)state;
    press("i");
    press("f1");
    assert_true(says("Left and Right choose, Enter takes it"));
    press("enter");
    assert_int_equal(files->answer, 0);
    press("i");
    press("tab");
    press("enter");
    assert_int_equal(files->answer, 1);
    files->answer = -1;
    press("i");
    type("i");
    assert_int_equal(files->answer, 1);
    files->answer = -1;
    press("e");  /* a production table: its name must be typed */
    press("f1");
    assert_true(says("type the name that is asked for"));
    press("tab");
    press("enter");
    assert_int_equal(files->answer, -1);
    type("labels");
    press("enter");
    assert_int_equal(files->answer, 1);
}

static void commands_are_completed_and_done(void **state)
{
    (void)state;
    press(":");
    press("f1");
    assert_true(says("Keys of"));
    press("esc");
    press(":");
    type("mar");
    press("tab");
    assert_true(says(":mark"));
    assert_true(says("mark-all"));
    press("enter");
    assert_int_equal(list_mark_count(&files->list), 1);
    press(":");
    type("mai");
    press("tab");
    press("enter");
    assert_string_equal(commanded, "main.vision");
    press(":");
    type("nowhere");
    press("enter");
    assert_true(says("there is no place named nowhere"));
    press(":");
    press("up");
    press("up");
    assert_true(says(":main.vision"));
    press("esc");
    press(":");
    press("backspace");
    press("j");
    assert_int_equal(files->list.cursor, 2);
}

static int released;
static void release(void *payload)
{
    released++;
    free(payload);
}

static void events_find_their_screen(void **state)
{
    (void)state;
    struct err e;
    released = 0;
    uint64_t serial = app_serial(app, files);
    assert_true(serial > 0);
    app_show(app, 0, NULL);
    event_post(app_queue(app), 7, serial, 1, malloc(8), release, &e);
    event_post(app_queue(app), 7, 9999, 1, malloc(8), release, &e);
    event_post(app_queue(app), 7, 0, 1, NULL, NULL, &e);
    app_take_events(app);
    assert_int_equal(files->events, 2);
    assert_int_equal(released, 2);
    event_post(app_queue(app), 7, serial, 1, malloc(8), release, &e);  /* freed with the queue */
}

static void nothing_new_means_the_same_frame(void **state)
{
    (void)state;
    struct frame before;
    struct err e;
    frame_init(&before);
    frame_copy(&before, look(), &e);
    app_take_events(app);
    app_show(app, 1, NULL);
    const struct frame *after = look();
    for (int row = 0; row < after->rows; row++)
        assert_true(frame_row_equal(&before, after, row));
    frame_release(&before);
}

static void a_screen_that_cannot_open_says_so(void **state)
{
    (void)state;
    press("4");
    assert_true(says("cannot open main.vision: PERMISSION_DENIED"));
    press("5");
    assert_true(says("Update"));
    press("2");
    assert_int_equal(files->shown, 1);
}

static void long_messages_take_more_lines(void **state)
{
    (void)state;
    app_say(app, ROLE_BAD, "cannot write main.vision.out: PERMISSION_DENIED (your user lacks WRITE VOLUME). Ask the owner for it, or set staging_volume in the profile.");
    assert_true(says("PERMISSION_DENIED"));
    assert_true(says("in the profile."));
    press("j");
    assert_false(says("PERMISSION_DENIED"));
}

static void pasting_goes_where_text_goes(void **state)
{
    (void)state;
    static const char text[] = "abc\rq";
    for (int round = 0; round < 2; round++) {
        app_press(app, &(struct keymap_press){ .code = UI_KEY_PASTE_BEGIN });
        for (const char *s = text; *s; s++)
            app_press(app, &(struct keymap_press){ .code = (unsigned char)*s });
        app_press(app, &(struct keymap_press){ .code = UI_KEY_PASTE_END });
        assert_false(app_leaving(app));
        assert_true(says(round ? "databricks.comabcq" : "a pasted text was ignored"));
        app_show(app, 0, NULL);
    }
}

static void clicks_choose_tabs(void **state)
{
    (void)state;
    char *row = golden_row(look(), 0);
    int col = (int)(strstr(row, "1 Auth") - row);
    free(row);
    app_press(app, &(struct keymap_press){ .code = UI_KEY_CLICK, .row = 0, .col = col });
    assert_true(says("Host"));
}

static void arrows_alone_reach_every_tab(void **state)
{
    (void)state;
    press("down");
    press("up");
    assert_false(says("[2 "));
    press("up");                     /* nothing is above the first row but the tabs */
    assert_true(golden_row_has(look(), 0, "[2 Browse]"));
    assert_true(golden_row_has(look(), 23, "Enter opens it"));
    golden_check(look(), "app-tabs");
    press("right");
    press("left");
    press("left");
    assert_true(golden_row_has(look(), 0, "[1 Auth]"));
    press("enter");
    assert_true(says("Host"));
    assert_false(golden_row_has(look(), 0, "["));
    press("up");
    press("up");
    press("up");
    assert_true(golden_row_has(look(), 0, "[1 Auth]"));   /* from a form too */
    press("right");
    press("enter");
    assert_true(says("car-0000.jpg"));
    press("up");
    press("down");                   /* back, and the cursor is where it was */
    assert_false(golden_row_has(look(), 0, "["));
    assert_int_equal(files->list.cursor, 0);
    press("up");
    press("j");                      /* any other key is meant for the screen */
    assert_int_equal(files->list.cursor, 1);
    assert_false(golden_row_has(look(), 0, "["));
    press("k");
    press("k");                      /* letters, wheel and page keys stay in the list */
    app_press(app, &(struct keymap_press){ .code = UI_KEY_WHEEL_UP });
    press("home");
    assert_false(golden_row_has(look(), 0, "["));
    for (int rows = 10; rows < 30; rows += 6) {
        app_resize(app, rows, 40);
        press("up");
        press("esc");
    }
}

static void tab_on_an_empty_command_lists_all(void **state)
{
    (void)state;
    press(":");
    assert_false(says("copy-command"));
    press("tab");
    golden_check(look(), "app-commands");
    assert_true(says("copy-command"));
    assert_true(says("page-down"));
    type("pa");
    assert_true(says("page-down"));
    assert_false(says("copy-command"));
    press("esc");
    assert_false(says("page-down"));
    app_resize(app, 12, 44);
    press(":");
    press("tab");
    assert_true(says(":"));
    press("tab");
    press("esc");
}

static void the_help_names_each_action_once(void **state)
{
    (void)state;
    press("1");
    app_resize(app, 60, 80);
    press("f1");                     /* in a form letters are text */
    assert_true(says("Alt-1 "));
    assert_false(says("ctrl-"));
    struct buf text = BUF_INIT;
    assert_int_equal(frame_print(look(), &text, false), 0);
    const char *first = strstr(text.data, "Go to the next field.");
    assert_non_null(first);
    assert_null(strstr(first + 1, "Go to the next field."));
    assert_null(strstr(text.data, "Mark the item"));
    buf_release(&text);
}

static void digits_among_fields_are_tabs_where_no_text_is_typed(void **state)
{
    (void)state;
    press("1");
    press("2");
    assert_true(says("databricks.com2"));
    press("down");                   /* the button */
    press("9");
    assert_true(says("databricks.com2"));
    press("2");
    assert_true(says("car-0001.jpg"));
}

static void the_help_says_what_keys_do_in_a_text(void **state)
{
    (void)state;
    press("1");
    app_resize(app, 60, 80);
    press("f1");
    assert_true(says("Move to the character before."));
    assert_false(says("Go to the column"));
}

static void any_key_anywhere_is_harmless(void **state)
{
    (void)state;
    unsigned seed = 11;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1103515245u + 12345u;
        uint32_t code = (seed >> 10) % 3 == 0 ? UI_KEY_UP + (seed >> 16) % 20 : (seed >> 16) % 0x180;
        if ((seed >> 13) % 400 == 0)
            app_resize(app, (int)(seed >> 17) % 40, (int)(seed >> 15) % 150);
        app_press(app, &(struct keymap_press){ .code = code, .mods = (seed >> 24) % 8 == 0 ? (seed >> 27) % 4 : 0, .row = (int)(seed >> 20) % 40, .col = 3 });
        if (i % 16 == 0)
            look();
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pictures), T(hints_say_what_the_keys_do_here), T(help_and_quit_are_visible_at_any_usable_size), T(keys_choose_tabs_and_move), T(a_disabled_action_says_why),
        T(the_help_shows_and_does), T(questions_default_to_the_safe_answer), T(commands_are_completed_and_done), T(events_find_their_screen),
        T(nothing_new_means_the_same_frame), T(a_screen_that_cannot_open_says_so), T(long_messages_take_more_lines),
        T(pasting_goes_where_text_goes), T(clicks_choose_tabs),
        T(arrows_alone_reach_every_tab), T(tab_on_an_empty_command_lists_all), T(the_help_names_each_action_once),
        T(digits_among_fields_are_tabs_where_no_text_is_typed), T(the_help_says_what_keys_do_in_a_text), T(any_key_anywhere_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
