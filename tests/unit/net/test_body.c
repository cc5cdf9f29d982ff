/* Bodies of text and base64: exact size, any size of read, twice. And lists split while they arrive. */
#include "net/body.h"
#include "net/listing.h"
#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char *read_all(struct net_source *s, size_t room)
{
    char part[64];
    struct buf out = BUF_INIT;
    int64_t n;
    assert_int_equal(s->rewind(s->ctx), 0);
    while ((n = s->read(s->ctx, part, room)) > 0) buf_add(&out, part, (size_t)n);
    assert_int_equal(out.len, s->size);
    assert_int_equal(s->read(s->ctx, part, room), 0);
    return buf_take(&out);
}

static void pieces_come_in_order_for_every_room(void **state)
{
    (void)state;
    unsigned char bytes[50];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 37);
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct body b;
        struct net_source s;
        struct err e;
        char text[80];
        body_init(&b);
        buf_puts(&b.text, "<");
        assert_int_equal(body_add_base64(&b, bytes, size, &e), 0);
        buf_puts(&b.text, ">");
        assert_int_equal(body_add_base64(&b, "ab", 2, &e), 0);
        buf_puts(&b.text, "end");
        uint64_t before = body_size(&b);
        assert_int_equal(body_source(&b, &s, &e), 0);
        assert_int_equal(before, s.size);
        base64_encode(bytes, size, text);
        size_t n = base64_length(size);
        for (size_t room = 1; room <= 64; room++) {
            char *all = read_all(&s, room);
            assert_int_equal(all[0], '<');
            assert_memory_equal(all + 1, text, n);
            assert_string_equal(all + 1 + n, ">YWI=end");
            free(all);
        }
        body_release(&b);
    }
}

static void empty_body_is_empty(void **state)
{
    (void)state;
    struct body b;
    struct net_source s;
    struct err e;
    char c;
    body_init(&b);
    assert_int_equal(body_source(&b, &s, &e), 0);
    assert_int_equal(s.size, 0);
    assert_int_equal(s.read(s.ctx, &c, 1), 0);
    body_release(&b);
}

static void text_beyond_its_maximum_fails(void **state)
{
    (void)state;
    struct body b;
    struct net_source s;
    struct err e;
    body_init(&b);
    b.text.max = 4;
    buf_puts(&b.text, "longer");
    assert_int_equal(body_source(&b, &s, &e), -1);
    assert_int_equal(e.code, ERR_LIMIT);
    body_release(&b);
}

struct seen { int n; char text[256]; int stop_at; };
static int keep(void *ctx, const cJSON *element, struct err *e)
{
    struct seen *s = ctx;
    struct buf out = BUF_INIT;
    if (++s->n == s->stop_at) return err_set(e, ERR_CANCELLED, "enough");
    json_print(&out, element);
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s;", out.data);
    buf_release(&out);
    return 0;
}

static int pour(struct listing *l, const char *type, const char *text, struct err *e)
{
    struct net_sink s = listing_sink(l);
    if (s.begin(s.ctx, 200, -1, type, e)) return -1;
    for (; *text; text++)
        if (s.write(s.ctx, text, 1, e)) return -1;
    return 0;
}

static void list_is_split_and_the_rest_kept(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct listing l;
    struct err e;
    listing_init(&l, "X", "items", keep, &seen);
    assert_int_equal(pour(&l, "application/json", "{\"a\":1,\"items\":[{\"id\":1},{\"id\":2}],\"next_page_token\":\"t\"}", &e), 0);
    const cJSON *rest = listing_rest(&l, &e);
    assert_non_null(rest);
    assert_string_equal(json_str(rest, "next_page_token"), "t");
    assert_string_equal(seen.text, "{\"id\":1};{\"id\":2};");
    assert_int_equal(l.count, 2);
    listing_release(&l);
}

static void second_attempt_gives_only_what_is_new(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct listing l;
    struct err e;
    listing_init(&l, "X", "items", keep, &seen);
    assert_int_equal(pour(&l, "", "{\"items\":[{\"id\":9},{\"id\":1},{\"id\":2", &e), 0);
    assert_int_equal(pour(&l, "", "{\"items\":[{\"id\":3},{\"id\":1},{\"id\":2},{\"id\":9}]}", &e), 0);
    assert_non_null(listing_rest(&l, &e));
    assert_string_equal(seen.text, "{\"id\":9};{\"id\":1};{\"id\":3};{\"id\":2};");
    assert_int_equal(l.count, 4);
    listing_release(&l);
}

static void bare_array_empty_answer_and_cut_answer(void **state)
{
    (void)state;
    struct seen seen = { 0 };
    struct listing l;
    struct err e;
    listing_init(&l, "X", NULL, keep, &seen);
    assert_int_equal(pour(&l, "", "[[\"1\",null],[\"2\",\"b\"]]", &e), 0);
    assert_non_null(listing_rest(&l, &e));
    assert_string_equal(seen.text, "[\"1\",null];[\"2\",\"b\"];");
    listing_release(&l);
    /* Rows may be equal: a second attempt goes on behind those that were given. */
    seen = (struct seen){ 0 };
    listing_init(&l, "X", NULL, keep, &seen);
    assert_int_equal(pour(&l, "", "[[\"1\"],[\"2\"],[\"1", &e), 0);
    assert_int_equal(pour(&l, "", "[[\"1\"],[\"2\"],[\"1\"],[\"1\"]]", &e), 0);
    assert_non_null(listing_rest(&l, &e));
    assert_string_equal(seen.text, "[\"1\"];[\"2\"];[\"1\"];[\"1\"];");
    listing_release(&l);
    /* An endless page ends by its number of elements. */
    listing_init(&l, "X", NULL, NULL, NULL);
    struct net_sink sink = listing_sink(&l);
    assert_int_equal(sink.begin(sink.ctx, 200, -1, "", &e), 0);
    assert_int_equal(sink.write(sink.ctx, "[", 1, &e), 0);
    int result = 0;
    for (int i = 0; i <= LISTING_PAGE_MAX && !result; i++) result = sink.write(sink.ctx, "1,", 2, &e);
    assert_int_equal(result, -1);
    assert_int_equal(e.code, ERR_LIMIT);
    listing_release(&l);
    seen = (struct seen){ 0 };
    listing_init(&l, "X", "items", keep, &seen);
    assert_int_equal(pour(&l, "", "", &e), 0);
    assert_non_null(listing_rest(&l, &e));
    listing_release(&l);
    listing_init(&l, "X", "items", keep, &seen);
    assert_int_equal(pour(&l, "", "{\"items\":[", &e), 0);
    assert_null(listing_rest(&l, &e));
    assert_int_equal(e.code, ERR_PROTOCOL);
    listing_release(&l);
}

static void web_page_and_stop_end_the_list(void **state)
{
    (void)state;
    struct seen seen = { .stop_at = 2 };
    struct listing l;
    struct err e;
    listing_init(&l, "X", "items", keep, &seen);
    assert_int_equal(pour(&l, "Text/HTML; charset=utf-8", "<html>", &e), -1);
    assert_int_equal(e.code, ERR_PROTOCOL);
    assert_non_null(strstr(e.cause, "web page"));
    assert_int_equal(pour(&l, "", "{\"items\":[1,2,3]}", &e), -1);
    assert_int_equal(e.code, ERR_CANCELLED);
    listing_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_come_in_order_for_every_room), cmocka_unit_test(empty_body_is_empty),
        cmocka_unit_test(text_beyond_its_maximum_fails), cmocka_unit_test(list_is_split_and_the_rest_kept),
        cmocka_unit_test(second_attempt_gives_only_what_is_new), cmocka_unit_test(bare_array_empty_answer_and_cut_answer),
        cmocka_unit_test(web_page_and_stop_end_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
