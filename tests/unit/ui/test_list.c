#include "golden.h"
#include "ui/list.h"

static struct list_store store;
static struct list l;
static struct frame f;
static const struct list_look look = { .active = true, .empty = "no files here", .empty_role = ROLE_DIM };

static int setup(void **state)
{
    (void)state;
    struct err e;
    list_store_init(&store);
    list_init(&l, list_store_source(&store));
    frame_init(&f);
    return frame_resize(&f, 12, 40, &e);
}

static int teardown(void **state)
{
    (void)state;
    list_release(&l);
    list_store_release(&store);
    frame_release(&f);
    return 0;
}

static void add(const char *name, const char *note)
{
    struct err e;
    struct list_row row = { .name = name, .note = note, .note_role = ROLE_DIM };
    assert_int_equal(list_store_add(&store, &row, &e), 0);
}

static void add_many(int from, int to)
{
    char name[32];
    for (int i = from; i < to; i++) {
        snprintf(name, sizeof name, "car-%06d.jpg", i);
        add(name, "84 KB");
    }
    list_grow(&l);
}

static const char *here(void)
{
    struct list_row row;
    return list_current(&l, &row, NULL) ? row.id : NULL;
}

static void draw(void)
{
    frame_clear(&f);
    list_render(&l, &f, frame_rect(&f), &look);
    golden_sound(&f);
    if (here())
        assert_true(l.cursor >= l.top && l.cursor < l.top + (size_t)l.page);
}

static void moving_stops_at_the_ends(void **state)
{
    (void)state;
    add_many(0, 30);
    draw();
    list_update(&l, ACTION_UP);
    assert_string_equal(here(), "car-000000.jpg");
    list_update(&l, ACTION_BOTTOM);
    list_update(&l, ACTION_DOWN);
    assert_string_equal(here(), "car-000029.jpg");
    list_update(&l, ACTION_PAGE_UP);
    assert_string_equal(here(), "car-000018.jpg");
    list_update(&l, ACTION_TOP);
    list_update(&l, ACTION_PAGE_DOWN);
    assert_string_equal(here(), "car-000011.jpg");
    assert_false(list_update(&l, ACTION_OPEN));
    assert_false(list_update(&l, ACTION_BACK));
}

static void an_empty_list_is_harmless(void **state)
{
    (void)state;
    for (int a = 0; a < ACTION_COUNT; a++)
        if (a != ACTION_FILTER)
            list_update(&l, (enum action)a);
    draw();
    assert_true(golden_has(&f, "no files here"));
    assert_null(here());
}

static void the_cursor_follows_its_id(void **state)
{
    (void)state;
    add_many(10, 20);
    list_update(&l, ACTION_DOWN);
    list_update(&l, ACTION_DOWN);
    assert_string_equal(here(), "car-000012.jpg");
    list_store_release(&store);  /* the listing comes anew, with more in front */
    list_replace(&l);
    assert_null(here());
    add_many(0, 5);
    add_many(5, 11);
    add_many(11, 20);
    assert_string_equal(here(), "car-000012.jpg");
    assert_int_equal(l.cursor, 12);
}

static void a_lost_id_leaves_the_cursor_near(void **state)
{
    (void)state;
    add_many(0, 10);
    list_go(&l, "car-000007.jpg");
    list_store_release(&store);
    for (int i = 0; i < 7; i++)
        add_many(i, i + 1);
    list_replace(&l);
    draw();
    assert_string_equal(here(), "car-000006.jpg");
}

static void going_to_what_has_not_come_waits_for_it(void **state)
{
    (void)state;
    list_go(&l, "car-000150.jpg");
    add_many(0, 100);
    add_many(100, 200);
    assert_string_equal(here(), "car-000150.jpg");
}

static void type_filter(const char *text)
{
    list_update(&l, ACTION_FILTER);
    for (; *text; text++)
        assert_true(list_type(&l, (unsigned char)*text));
}

static void filtering_narrows_at_each_key(void **state)
{
    (void)state;
    char count[64];
    add_many(0, 200);
    add("bus 01.jpg", NULL);
    list_grow(&l);
    list_go(&l, "car-000042.jpg");
    type_filter("BUS");
    assert_int_equal(list_count(&l), 1);
    assert_string_equal(here(), "bus 01.jpg");
    assert_string_equal(list_count_text(&l, false, count, sizeof count), "1 of 201");
    draw();
    assert_true(golden_row_has(&f, 0, "/BUS"));
    list_update(&l, ACTION_BACK);
    assert_int_equal(list_count(&l), 201);
    assert_string_equal(here(), "car-000042.jpg");
    type_filter("-00019");
    assert_int_equal(list_count(&l), 10);
    list_update(&l, ACTION_DOWN);
    list_update(&l, ACTION_ACCEPT);
    assert_false(l.filtering);
    assert_string_equal(here(), "car-000191.jpg");
    assert_true(list_update(&l, ACTION_BACK));
    assert_int_equal(list_count(&l), 201);
    assert_string_equal(here(), "car-000191.jpg");
    type_filter("nothing like it");
    draw();
    assert_true(golden_has(&f, "nothing matches"));
}

static void a_filtered_list_grows(void **state)
{
    (void)state;
    add_many(0, 10);
    type_filter("5.jpg");
    assert_int_equal(list_count(&l), 1);
    add_many(10, 50);
    assert_int_equal(list_count(&l), 5);
    assert_int_equal(list_index(&l, 4), 45);
}

static void marks_belong_to_ids(void **state)
{
    (void)state;
    struct list_row row;
    add_many(0, 50);
    list_update(&l, ACTION_MARK);
    list_update(&l, ACTION_MARK);
    assert_int_equal(list_mark_count(&l), 2);
    assert_string_equal(here(), "car-000002.jpg");
    list_update(&l, ACTION_TOP);
    list_current(&l, &row, NULL);
    assert_true(list_marked(&l, &row));
    list_update(&l, ACTION_MARK);
    assert_int_equal(list_mark_count(&l), 1);
    list_store_release(&store);
    add_many(1, 3);
    list_replace(&l);
    assert_int_equal(list_mark_count(&l), 1);
    list_update(&l, ACTION_MARK_ALL);
    assert_int_equal(list_mark_count(&l), 0);
    list_update(&l, ACTION_MARK_ALL);
    assert_int_equal(list_mark_count(&l), 2);
    list_store_release(&store);
    list_replace(&l);
    assert_int_equal(list_mark_count(&l), 0);
}

static void marks_survive_many_changes(void **state)
{
    (void)state;
    bool on[300] = { false };
    size_t count = 0;
    unsigned seed = 5;
    add_many(0, 300);
    for (int i = 0; i < 4000; i++) {
        char id[32];
        seed = seed * 1103515245u + 12345u;
        unsigned n = (seed >> 9) % 300;
        snprintf(id, sizeof id, "car-%06u.jpg", n);
        list_go(&l, id);
        list_update(&l, ACTION_MARK);
        on[n] = !on[n];
        count += on[n] ? 1 : (size_t)-1;
    }
    assert_int_equal(list_mark_count(&l), count);
    for (unsigned n = 0; n < 300; n++) {
        char id[32];
        snprintf(id, sizeof id, "car-%06u.jpg", n);
        struct list_row row = { .id = id, .name = id };
        assert_int_equal(list_marked(&l, &row), on[n]);
    }
}

static size_t looked_at;
static size_t counted_count(const void *ctx) { return *(const size_t *)ctx; }
static void counted_row(const void *ctx, size_t i, struct list_row *out)
{
    static char name[32];
    (void)ctx;
    looked_at++;
    snprintf(name, sizeof name, "file %zu", i);
    out->name = name;
}

static void growing_costs_only_the_new_rows(void **state)
{
    (void)state;
    size_t have = 0;
    struct list big;
    list_init(&big, (struct list_source){ &have, counted_count, counted_row });
    looked_at = 0;
    for (int page = 0; page < 100; page++) {
        have += 1000;
        list_grow(&big);
        list_update(&big, ACTION_DOWN);
        list_render(&big, &f, frame_rect(&f), &look);
    }
    assert_true(looked_at < 100 * 100);  /* drawings, no walks */
    list_set_filter(&big, "99");
    looked_at = 0;
    have += 1000;
    list_grow(&big);
    assert_true(looked_at < 1100);
    list_release(&big);
}

static void pictures(void **state)
{
    (void)state;
    struct err e;
    add("../", NULL);
    add("bus 01.jpg", "84 KB");
    add("car-0001.jpg", "112 KB");
    add("数据集-图像-0001-非常长的文件名称.png", "1.2 MB");
    add("a name that is far too long for this column.jpg", "2 KB");
    add("evil\x1b[2J\xe2\x80\xae.jpg", "2 KB");
    add("", "0 B");
    list_grow(&l);
    list_go(&l, "car-0001.jpg");
    list_update(&l, ACTION_MARK);
    list_update(&l, ACTION_UP);
    draw();
    golden_no_waste(&f, frame_rect(&f));
    golden_check(&f, "list-40");
    assert_int_equal(frame_resize(&f, 9, 20, &e), 0);
    draw();
    golden_check(&f, "list-20");
    f.ascii = true;
    draw();
    golden_check(&f, "list-20-ascii");
    f.ascii = false;
    list_set_filter(&l, "car");
    draw();
    golden_check(&f, "list-20-filter");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(moving_stops_at_the_ends), T(an_empty_list_is_harmless), T(the_cursor_follows_its_id), T(a_lost_id_leaves_the_cursor_near),
        T(going_to_what_has_not_come_waits_for_it), T(filtering_narrows_at_each_key), T(a_filtered_list_grows), T(marks_belong_to_ids),
        T(marks_survive_many_changes), T(growing_costs_only_the_new_rows), T(pictures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
