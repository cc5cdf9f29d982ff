/* Pictures of an export: their file names, undone again, and the memory that they share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/url.h"
#include "core/export.h"

static void names_can_be_undone(void **state)
{
    static const struct { const char *id; enum media_format format; const char *name; } cases[] = {
        {"car-1_A", MEDIA_JPEG, "car-1_A.jpg"}, {"a b", MEDIA_PNG, "a%20b.png"},     {"../../x", MEDIA_GIF, "..%2F..%2Fx.gif"},
        {"100%", MEDIA_WEBP, "100%25.webp"},    {"\xe6\xb8\xaf", MEDIA_TIFF, "%E6%B8%AF.tif"}, {"a\n", MEDIA_BMP, "a%0A.bmp"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *name = export_picture_name(cases[i].id, cases[i].format);
        struct buf back = BUF_INIT;
        assert_string_equal(name, cases[i].name);
        assert_null(strchr(name, '/'));
        assert_true(url_decode(&back, name, (size_t)(strrchr(name, '.') - name), false));
        assert_string_equal(back.data, cases[i].id);
        buf_release(&back);
        free(name);
    }
}

static struct export *export_of(uint64_t budget)
{
    struct export *x = calloc(1, sizeof *x);
    assert_non_null(x);
    pthread_mutex_init(&x->lock, NULL);
    x->pictures.ready_end = &x->pictures.ready;
    x->pictures.budget = budget;
    return x;
}

static void done(struct export *x)
{
    export_pictures_release(x);
    pthread_mutex_destroy(&x->lock);
    free(x);
}

static struct export_picture *picture_of(struct export *x)
{
    struct export_picture *p = calloc(1, sizeof *p);
    size_t reserved;
    assert_non_null(p);
    if (!export_reserve(x, &reserved)) {
        free(p);
        return NULL;
    }
    p->reserved = reserved;
    return p;
}

#define MB ((size_t)1 << 20)

/* What is read at once never exceeds the budget, whatever sizes turn out. */
static void pictures_share_a_budget(void **state)
{
    struct export *x = export_of(8 * MB);
    struct export_picture *a = picture_of(x), *b = picture_of(x);
    (void)state;
    assert_true(a && b);
    assert_true(export_resize(x, a, 5 * MB));
    assert_false(export_resize(x, b, 5 * MB));       /* not while the other is there */
    assert_true(export_resize(x, b, 2 * MB));
    assert_int_equal(x->pictures.used, 7 * MB);
    assert_null(picture_of(x));                      /* the next may be as large as the largest */
    export_discard(x, a);
    assert_int_equal(x->pictures.used, 2 * MB);
    a = picture_of(x);
    assert_non_null(a);
    export_discard(x, a);
    export_discard(x, b);
    assert_int_equal(x->pictures.used, 0);
    assert_int_equal(x->pictures.busy, 0);
    done(x);
}

static void a_picture_alone_may_always_be_read(void **state)
{
    struct export *x = export_of(MB / 4);
    struct export_picture *a = picture_of(x);
    struct err e;
    (void)state;
    assert_non_null(a);
    assert_true(export_resize(x, a, 3 * MB));
    assert_null(picture_of(x));
    assert_int_equal(export_make_room(a, 10, &e), 0);
    assert_true(a->room > 10);
    assert_int_equal(export_make_room(a, 3 * MB, &e), 0);    /* another attempt with another size */
    assert_true(a->room > 3 * MB);
    export_discard(x, a);
    done(x);
}

static void what_is_ready_is_taken_in_order(void **state)
{
    struct export *x = export_of(8 * MB);
    struct export_picture *p[3];
    (void)state;
    assert_null(export_take_ready(x));
    for (int i = 0; i < 3; i++) {
        p[i] = picture_of(x);
        export_make_ready(x, p[i]);
    }
    for (int i = 0; i < 2; i++) {
        assert_ptr_equal(export_take_ready(x), p[i]);
        export_discard(x, p[i]);
    }
    done(x);                                         /* what is left is freed with it */
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(names_can_be_undone), cmocka_unit_test(pictures_share_a_budget),
                                        cmocka_unit_test(a_picture_alone_may_always_be_read), cmocka_unit_test(what_is_ready_is_taken_in_order) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
