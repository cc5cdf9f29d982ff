/* Clarifai inputs as rows: every column, what is absent, and text that must survive exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/rows.h"

static const char INPUT[] =
    "{\"id\":\"car-1\",\"data\":{\"image\":{\"url\":\"https://h/x?a=1&b=2\",\"image_info\":{\"width\":1280,\"height\":960,\"format\":\"JPEG\"}},"
    "\"concepts\":[{\"id\":\"cat\",\"name\":\"c\\u00e4t\",\"value\":1}],\"metadata\":{\"a\":\"q\\\"\\n\",\"n\":1.5},"
    "\"geo\":{\"geo_point\":{\"longitude\":102,\"latitude\":0}}},\"created_at\":\"2026-11-22T07:00:00.123456789Z\",\"modified_at\":\"2026-11-22T07:00:01Z\","
    "\"status\":{\"code\":30000,\"description\":\"Download complete\"}}";

static cJSON *line_of(const struct rows_tracking *r)
{
    struct buf b = BUF_INIT;
    struct err e;

    assert_int_equal(rows_tracking_line(&b, r, &e), 0);
    assert_null(strchr(b.data, '\n'));
    cJSON *json = json_parse(b.data, b.len, &e);
    assert_non_null(json);
    assert_int_equal(cJSON_GetArraySize(json), (int)rows_tracking_count);
    for (size_t i = 0; i < rows_tracking_count; i++)
        assert_true(cJSON_HasObjectItem(json, rows_tracking_fields[i].name));
    buf_release(&b);
    return json;
}

static void test_a_whole_input(void **state)
{
    struct clarifai_input in;
    struct err e;
    cJSON *json = json_parse(INPUT, strlen(INPUT), &e);

    (void)state;
    assert_non_null(json);
    clarifai_input_decode(json, &in);
    const struct rows_tracking r = { "car-1", "/Volumes/a/b/c/it's.jpg", "verified", NULL, &in };
    cJSON *line = line_of(&r);
    assert_string_equal(json_str(line, "input_id"), "car-1");
    assert_string_equal(json_str(line, "image_url"), "https://h/x?a=1&b=2");
    assert_string_equal(json_str(line, "image_info"), "{\"width\":1280,\"height\":960,\"format\":\"JPEG\"}");
    assert_string_equal(json_str(line, "input_metadata"), "{\"a\":\"q\\\"\\n\",\"n\":1.5}");
    assert_string_equal(json_str(line, "input_concepts"), "[{\"id\":\"cat\",\"name\":\"cät\",\"value\":1}]");
    assert_string_equal(json_str(line, "input_geo"), "{\"geo_point\":{\"longitude\":102,\"latitude\":0}}");
    assert_string_equal(json_str(line, "input_status"), "Download complete (30000)");
    assert_string_equal(json_str(line, "input_created_at"), "2026-11-22T07:00:00.123456Z");
    assert_string_equal(json_str(line, "input_modified_at"), "2026-11-22T07:00:01.000000Z");
    assert_string_equal(json_str(line, "source_path"), "/Volumes/a/b/c/it's.jpg");
    assert_null(json_str(line, "upload_error"));
    cJSON_Delete(line);
    cJSON_Delete(json);
}

static void test_a_file_that_never_became_an_input(void **state)
{
    const struct rows_tracking r = { NULL, "/Volumes/a/b/c/\x1b[31m.jpg", "failed", "the file is empty", NULL };
    cJSON *line = line_of(&r);

    (void)state;
    assert_null(json_get(line, "input_id"));
    assert_null(json_get(line, "image_url"));
    assert_null(json_get(line, "input_created_at"));
    assert_string_equal(json_str(line, "source_path"), "/Volumes/a/b/c/\x1b[31m.jpg");
    assert_string_equal(json_str(line, "upload_status"), "failed");
    assert_string_equal(json_str(line, "upload_error"), "the file is empty");
    cJSON_Delete(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_whole_input), cmocka_unit_test(test_a_file_that_never_became_an_input) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
