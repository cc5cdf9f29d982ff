/* Annotations as listed: what is asked, what is read, what is refused. */
#include "fake_net.h"
#include "net/clarifai_annotations.h"

#define OK "\"status\":{\"code\":10000,\"description\":\"Ok\"}"
static const struct clarifai_app_id app = { "u", "a p" };
#define B "/v2/users/u/apps/a%20p/annotations"

struct seen { int n; char ids[256], user[64]; };

static int take(void *ctx, const struct clarifai_annotation *a, struct err *e)
{
    struct seen *s = ctx;
    (void)e;
    s->n++;
    size_t at = strlen(s->ids);
    snprintf(s->ids + at, sizeof s->ids - at, "%s ", a->id);
    str_copy(s->user, sizeof s->user, a->user_id ? a->user_id : "(none)");
    return 0;
}

static const char PAGE[] = "{" OK ",\"annotations\":["
    "{\"id\":\"a1\",\"input_id\":\"i1\",\"data\":{\"concepts\":[]},\"user_id\":\"ann\",\"status\":{\"code\":24150,\"description\":\"Annotation success\"},"
    "\"created_at\":\"2026-11-22T07:00:00.123456Z\",\"modified_at\":\"2026-11-22T07:00:01Z\"},"
    "{\"id\":\"a2\",\"input_id\":\"i1\",\"worker\":{\"user\":{\"id\":\"bob\"}},\"status\":{\"code\":\"ANNOTATION_AWAITING_REVIEW\",\"description\":\"Waits\"}},"
    "{\"id\":\"a3\",\"input_id\":\"i2\",\"user_id\":\"\",\"worker\":{\"model\":{\"id\":\"m\"}}}]}";

static void a_page_of_the_app(void **state)
{
    struct seen s = { 0 };
    int count = 0;
    (void)state;
    fake_one(200, PAGE);
    assert_int_equal(clarifai_annotations_page(&api, &app, NULL, 0, false, 3, 1000, take, &s, &count, &err), 0);
    assert_int_equal(count, 3);
    assert_string_equal(fake.asks[0].path, B "?page=3&per_page=1000&list_all_annotations=false");
    assert_true(fake.asks[0].idempotent && fake.asks[0].bulk);
    assert_string_equal(s.ids, "a1 a2 a3 ");
    assert_string_equal(s.user, "(none)");          /* a model made it */
}

static void who_and_when(void **state)
{
    struct clarifai_annotation a;
    (void)state;
    cJSON *page = cJSON_Parse(PAGE);
    clarifai_annotation_decode(cJSON_GetArrayItem(json_arr(page, "annotations"), 0), &a);
    assert_string_equal(a.user_id, "ann");
    assert_int_equal(a.created_us % 1000000, 123456);
    assert_int_equal(a.modified_us - a.created_us, 876544);
    assert_int_equal(a.status.code, 24150);
    clarifai_annotation_decode(cJSON_GetArrayItem(json_arr(page, "annotations"), 1), &a);
    assert_string_equal(a.user_id, "bob");
    assert_int_equal(a.status.code, 24157);
    assert_null(a.data);
    assert_int_equal(a.created_us, 0);
    cJSON_Delete(page);
}

static void those_of_some_inputs(void **state)
{
    const char *ids[101];
    struct seen s = { 0 };
    int count;
    (void)state;
    for (int i = 0; i < 101; i++) ids[i] = i ? "b-2" : "a&1";
    fake_one(200, "{" OK ",\"annotations\":[]}");
    assert_int_equal(clarifai_annotations_page(&api, &app, ids, 2, true, 1, 5000, take, &s, &count, &err), 0);
    assert_string_equal(fake.asks[0].path, B "?page=1&per_page=1000&list_all_annotations=true&input_ids=a%261&input_ids=b-2");
    assert_int_equal(count, 0);
    assert_int_equal(clarifai_annotations_page(&api, &app, ids, 101, true, 1, 1000, take, &s, &count, &err), -1);
    assert_int_equal(err.code, ERR_BUG);
}

static void what_is_no_annotation_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{" OK ",\"annotations\":[{\"id\":\"a\"}]}", "{" OK ",\"annotations\":[{\"input_id\":\"a\"}]}", "{" OK ",\"annotations\":[{\"id\":\"\",\"input_id\":\"a\"}]}",
        "{\"annotations\":[]}", "<html></html>",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct seen s = { 0 };
        int count = 9;
        fake_one(200, bodies[i]);
        assert_int_equal(clarifai_annotations_page(&api, &app, NULL, 0, false, 1, 1000, take, &s, &count, &err), -1);
        assert_int_equal(err.code, ERR_PROTOCOL);
        assert_int_equal(count, 0);
    }
    struct seen s = { 0 };
    int count;
    fake_one(400, "{\"status\":{\"code\":40033,\"description\":\"too large\"}}");
    assert_int_equal(clarifai_annotations_page(&api, &app, NULL, 0, false, 1, 1000, take, &s, &count, &err), -1);
    assert_int_equal(err.code, ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_page_of_the_app), cmocka_unit_test(who_and_when), cmocka_unit_test(those_of_some_inputs),
                                        cmocka_unit_test(what_is_no_annotation_is_refused) };
    return cmocka_run_group_tests(tests, fake_start, fake_end);
}
