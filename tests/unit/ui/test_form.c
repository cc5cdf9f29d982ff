#include "golden.h"
#include "base/timefmt.h"
#include "ui/form.h"

enum { VOLUME = 1, FOLDER, APP, DATASET, TABLE, TOKEN, START, DRY, COPY, FAILING };

static struct form form;
static struct frame f;
static struct err e;

static int setup(void **state)
{
    (void)state;
    form_init(&form);
    frame_init(&f);
    form_add(&form, FORM_CHOICE, VOLUME, "Volume", "main.vision.pictures", &e);
    form_add(&form, FORM_CHOICE, FOLDER, "Folder", NULL, &e);
    form_add(&form, FORM_CHOICE, DATASET, "Dataset", "pictures-2026-08", &e);
    form_add(&form, FORM_TEXT, TABLE, "Inputs table", "main.vision.pictures_2026_08", &e);
    form_add(&form, FORM_SECRET, TOKEN, "Token", NULL, &e);
    form_add(&form, FORM_HEADING, 0, "plan", NULL, &e);
    form_add(&form, FORM_BUTTON, START, "Start", NULL, &e);
    form_add(&form, FORM_BUTTON, DRY, "Dry run", NULL, &e);
    form_add(&form, FORM_BUTTON, COPY, "Copy command", NULL, &e);
    form_note(&form, DATASET, ROLE_INFO, "new, will be made");
    form_note(&form, TABLE, ROLE_GOOD, "free");
    form_disable(&form, START, "choose a folder first");
    return frame_resize(&f, 14, 80, &e);
}

static int teardown(void **state)
{
    (void)state;
    form_release(&form);
    frame_release(&f);
    return 0;
}

static void draw(void)
{
    frame_clear(&f);
    form_render(&form, &f, frame_rect(&f));
    golden_sound(&f);
}

static void plan(void)
{
    form_clear_lines(&form);
    form_insert(&form, START, FORM_LINE, 0, "1,204 files   1,192 candidates   141 MB", &e);
    form_insert(&form, START, FORM_LINE, FAILING, "4 will fail   3 empty, 1 over 20 MB", &e);
    form_find(&form, FAILING)->opens = true;
}

static struct form_event type(const char *text)
{
    struct form_event ev = { FORM_NOTHING, 0 };
    for (; *text; text++)
        ev = form_type(&form, (unsigned char)*text);
    return ev;
}

static void fill_picker(void)
{
    static const char *const names[] = { "pictures-2026-07", "pictures-2026-08", "traffic" };
    for (size_t i = 0; i < 3; i++) {
        struct list_row row = { .name = names[i] };
        assert_int_equal(picker_add(&form.picker, &row, &e), 0);
    }
}

static void pictures(void **state)
{
    (void)state;
    draw();
    golden_check(&f, "form-80");
    golden_no_waste(&f, frame_rect(&f));
    plan();
    form_focus(&form, FAILING);
    draw();
    golden_check(&f, "form-80-plan");
    form_focus(&form, TABLE);
    frame_resize(&f, 6, 60, &e);
    draw();
    golden_check(&f, "form-60");
    golden_no_waste(&f, frame_rect(&f));
    assert_true(f.cursor_row >= 0);
    frame_resize(&f, 12, 80, &e);
    form_focus(&form, DATASET);
    form_update(&form, ACTION_OPEN);
    form.picker.loading = true;
    draw();
    golden_check(&f, "picker-80-loading");
    fill_picker();
    form.picker.loading = false;
    str_copy(form.picker.age, sizeof form.picker.age, "listed 4 min ago");
    draw();
    golden_check(&f, "picker-80");
    str_copy(form.picker.make, sizeof form.picker.make, "make a new dataset named");
    type("night");
    draw();
    golden_check(&f, "picker-80-new");
}

static void focus_walks_over_what_acts(void **state)
{
    (void)state;
    static const int order[] = { VOLUME, FOLDER, DATASET, TABLE, TOKEN, FAILING, START, DRY, COPY, VOLUME };
    plan();
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        assert_int_equal(form.focus, order[i]);
        form_update(&form, ACTION_NEXT);
    }
    form_focus(&form, TOKEN);
    form_update(&form, ACTION_DOWN);
    form_update(&form, ACTION_DOWN);
    assert_int_equal(form.focus, START);
    form_update(&form, ACTION_DOWN);
    assert_int_equal(form.focus, START);
    form_update(&form, ACTION_RIGHT);
    assert_int_equal(form.focus, DRY);
    form_update(&form, ACTION_UP);
    assert_int_equal(form.focus, FAILING);
    for (int i = 0; i < 20; i++)
        form_update(&form, ACTION_UP);
    assert_int_equal(form.focus, VOLUME);
}

static void a_line_with_focus_may_go_and_come(void **state)
{
    (void)state;
    plan();
    form_focus(&form, FAILING);
    form_clear_lines(&form);
    draw();
    assert_int_equal(form_type(&form, 'x').kind, FORM_NOTHING);
    plan();
    assert_int_equal(form.focus, FAILING);
    assert_int_equal(form_update(&form, ACTION_OPEN).kind, FORM_PRESSED);
    form_clear_lines(&form);
    form_update(&form, ACTION_NEXT);
    assert_non_null(form_find(&form, form.focus));
}

static void texts_are_edited_in_place(void **state)
{
    (void)state;
    form_focus(&form, TABLE);
    assert_int_equal(type("_x").kind, FORM_CHANGED);
    assert_string_equal(form_value(&form, TABLE), "main.vision.pictures_2026_08_x");
    form_set(&form, TABLE, "guess", true);
    assert_string_equal(form_value(&form, TABLE), "main.vision.pictures_2026_08_x");
    form_set(&form, TABLE, "set", false);
    assert_string_equal(form_value(&form, TABLE), "set");
    struct form_event ev = form_update(&form, ACTION_OPEN);
    assert_int_equal(ev.kind, FORM_DONE);
    assert_int_equal(ev.id, TABLE);
    assert_int_equal(form.focus, TOKEN);
    assert_int_equal(form_paste(&form, "dapi\n", 5).kind, FORM_CHANGED);
    draw();
    assert_false(golden_has(&f, "dapi"));
    assert_true(golden_has(&f, "••••"));
}

static void a_choice_opens_a_picker(void **state)
{
    (void)state;
    form_focus(&form, DATASET);
    assert_int_equal(form_type(&form, '2').kind, FORM_NOTHING);   /* the number of a tab, until the picker is open */
    assert_int_equal(form.picking, 0);
    struct form_event ev = form_type(&form, 'p');
    assert_int_equal(ev.kind, FORM_OPENED);
    assert_true(list_type(&form.picker.list, '2'));
    form_update(&form, ACTION_ERASE);
    assert_int_equal(form.picking, DATASET);
    assert_true(form_typing(&form));
    fill_picker();
    assert_int_equal(list_count(&form.picker.list), 2);
    assert_string_equal(picker_id(&form.picker), "pictures-2026-08");  /* the old value keeps the cursor */
    form_update(&form, ACTION_UP);
    ev = form_update(&form, ACTION_ACCEPT);
    assert_int_equal(ev.kind, FORM_PICKED);
    assert_string_equal(form_value(&form, DATASET), "pictures-2026-07");
    assert_int_equal(form.picking, 0);
    form_focus(&form, DATASET);
    form_update(&form, ACTION_OPEN);
    assert_int_equal(form_update(&form, ACTION_REFRESH).kind, FORM_REFRESHED);
    form_update(&form, ACTION_BACK);
    assert_string_equal(form_value(&form, DATASET), "pictures-2026-07");
}

static void a_new_name_can_be_made_where_that_is_possible(void **state)
{
    (void)state;
    form_focus(&form, DATASET);
    form_update(&form, ACTION_OPEN);
    fill_picker();
    type("night");
    assert_int_equal(form_update(&form, ACTION_ACCEPT).kind, FORM_HANDLED);
    assert_int_equal(form.picking, DATASET);
    str_copy(form.picker.make, sizeof form.picker.make, "make a new dataset named");
    assert_int_equal(form_update(&form, ACTION_ACCEPT).kind, FORM_NEW);
    assert_string_equal(form_value(&form, DATASET), "night");
}

static void a_disabled_button_says_why(void **state)
{
    (void)state;
    draw();
    assert_true(golden_has(&f, "choose a folder first"));
    form_focus(&form, START);
    assert_int_equal(form_update(&form, ACTION_OPEN).kind, FORM_REFUSED);
    form_disable(&form, START, NULL);
    assert_int_equal(form_update(&form, ACTION_OPEN).kind, FORM_PRESSED);
}

static void the_focus_is_visible_at_any_size(void **state)
{
    (void)state;
    plan();
    for (int rows = 1; rows < 15; rows++) {
        frame_resize(&f, rows, 44, &e);
        for (int i = 0; i < 10; i++) {
            draw();
            bool shown = false;
            for (int r = 0; r < f.rows; r++)
                for (int c = 0; c < f.cols; c++)
                    shown = shown || (frame_cell(&f, r, c)->flags & FRAME_CURSOR);
            assert_true(shown || f.cursor_row >= 0);
            form_update(&form, ACTION_NEXT);
        }
    }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
static void the_way_up_is_not_counted(void **state)
{
    struct picker p;
    struct frame own;
    (void)state;
    picker_init(&p, "Volume");
    assert_int_equal(picker_add(&p, &(struct list_row){ .name = ".." }, &e), 0);
    assert_int_equal(picker_add(&p, &(struct list_row){ .name = "scans" }, &e), 0);
    picker_set_age(&p, time_wall_ms());
    assert_string_equal(p.age, "listed just now");
    frame_init(&own);
    assert_int_equal(frame_resize(&own, 10, 60, &e), 0);
    picker_render(&p, &own, (struct layout_rect){ 0, 0, 10, 60 });
    assert_true(golden_has(&own, " 1  listed just now "));
    frame_release(&own);
    picker_release(&p);
}

static void draw_picker(struct picker *p, struct frame *own)
{
    frame_clear(own);
    picker_render(p, own, (struct layout_rect){ 0, 0, 10, 60 });
}

static void a_list_that_is_waited_for_is_told(void **state)
{
    struct picker p;
    struct frame own;
    (void)state;
    picker_init(&p, "Clarifai app");
    frame_init(&own);
    assert_int_equal(frame_resize(&own, 10, 60, &e), 0);
    p.loading = true;
    p.whom = "Clarifai";
    p.asked_ms = time_mono_ms();
    draw_picker(&p, &own);
    assert_true(golden_has(&own, "asking Clarifai"));
    assert_int_equal(picker_add(&p, &(struct list_row){ .name = ".." }, &e), 0);
    draw_picker(&p, &own);
    assert_true(golden_has(&own, ".."));
    assert_true(golden_has(&own, "asking Clarifai"));           /* the way up is not all there is */
    p.asked_ms = time_mono_ms() - 12000;
    draw_picker(&p, &own);
    assert_true(golden_has(&own, "asking Clarifai for 1"));
    assert_true(golden_has(&own, "Ctrl-R asks again"));
    assert_int_equal(picker_add(&p, &(struct list_row){ .name = "lab-user/traffic" }, &e), 0);
    draw_picker(&p, &own);
    assert_true(golden_has(&own, "asking Clarifai for 1"));    /* so is what is known of a list that is asked for again */
    p.asked_ms = time_mono_ms() + 60000;   /* however long this takes */
    draw_picker(&p, &own);
    assert_false(golden_has(&own, "asking"));                   /* what comes at once is not announced */
    list_set_filter(&p.list, "labelled");
    p.asked_ms = time_mono_ms() - 12000;
    draw_picker(&p, &own);
    assert_true(golden_has(&own, "asking Clarifai for 1"));
    p.loading = false;
    draw_picker(&p, &own);
    assert_false(golden_has(&own, "asking"));
    frame_release(&own);
    picker_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_list_that_is_waited_for_is_told), T(pictures), T(focus_walks_over_what_acts), T(a_line_with_focus_may_go_and_come), T(texts_are_edited_in_place), T(the_way_up_is_not_counted), T(a_choice_opens_a_picker),
        T(a_new_name_can_be_made_where_that_is_possible), T(a_disabled_button_says_why), T(the_focus_is_visible_at_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
