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

static void test_an_input_with_its_picture(void **state)
{
    struct clarifai_input in;
    struct err e;
    struct buf b = BUF_INIT;
    cJSON *json = json_parse(INPUT, strlen(INPUT), &e);

    (void)state;
    clarifai_input_decode(json, &in);
    struct rows_input row = { .input_id = "car-1", .in = &in, .with_picture = true, .path = "/Volumes/a/b/c/car-1.jpg", .bytes = 5000000000u };
    assert_int_equal(rows_input_line(&b, &row, &e), 0);
    cJSON *line = json_parse(b.data, b.len, &e);
    assert_int_equal(cJSON_GetArraySize(line), (int)rows_pictures_count);
    for (size_t i = 0; i < rows_pictures_count; i++)
        assert_true(cJSON_HasObjectItem(line, rows_pictures_fields[i].name));
    assert_string_equal(json_str(line, "image_path"), "/Volumes/a/b/c/car-1.jpg");
    assert_non_null(strstr(b.data, "\"image_bytes\":5000000000}"));
    cJSON_Delete(line);
    buf_clear(&b);
    row.path = NULL;
    assert_int_equal(rows_input_line(&b, &row, &e), 0);
    assert_non_null(strstr(b.data, "\"image_path\":null,\"image_bytes\":null}"));
    buf_clear(&b);
    row.with_picture = false;
    assert_int_equal(rows_input_line(&b, &row, &e), 0);
    assert_null(strstr(b.data, "image_path"));
    cJSON_Delete(json);
    buf_release(&b);
}

/* What is kept of an input makes the same row as the input itself. */
static void test_parts_make_the_same_row(void **state)
{
    struct clarifai_input in;
    struct err e;
    struct buf whole = BUF_INIT, kept = BUF_INIT;
    cJSON *json = json_parse(INPUT, strlen(INPUT), &e);

    (void)state;
    clarifai_input_decode(json, &in);
    char *parts = rows_input_parts(&in);
    assert_non_null(parts);
    struct rows_input row = { .input_id = "car-1", .in = &in };
    assert_int_equal(rows_input_line(&whole, &row, &e), 0);
    cJSON *again = json_parse(parts, strlen(parts), &e);
    clarifai_input_decode(again, &in);
    assert_int_equal(rows_input_line(&kept, &row, &e), 0);
    assert_string_equal(whole.data, kept.data);
    free(parts);
    cJSON_Delete(again);
    cJSON_Delete(json);
    buf_release(&whole);
    buf_release(&kept);
}

static void test_an_annotation(void **state)
{
    static const char ANNOTATION[] =
        "{\"id\":\"an-1\",\"input_id\":\"car-1\",\"user_id\":\"ann\",\"status\":{\"code\":24157,\"description\":\"Annotation awaiting review\"},"
        "\"created_at\":\"2026-11-22T07:00:00Z\",\"data\":{\"regions\":[{\"region_info\":{\"bounding_box\":{\"top_row\":0,\"left_col\":0.1,\"bottom_row\":0.25,"
        "\"right_col\":1}},\"data\":{\"concepts\":[{\"id\":\"cat\",\"name\":\"it's \\\"\\n\\u202e\"}]}}]}}";
    struct clarifai_annotation a;
    struct err e;
    struct buf b = BUF_INIT;
    cJSON *json = json_parse(ANNOTATION, strlen(ANNOTATION), &e);

    (void)state;
    clarifai_annotation_decode(json, &a);
    assert_int_equal(rows_annotation_line(&b, &a, &e), 0);
    assert_null(strchr(b.data, '\n'));
    cJSON *line = json_parse(b.data, b.len, &e);
    assert_int_equal(cJSON_GetArraySize(line), (int)rows_annotations_count);
    for (size_t i = 0; i < rows_annotations_count; i++)
        assert_true(cJSON_HasObjectItem(line, rows_annotations_fields[i].name));
    cJSON *data = json_parse(json_str(line, "annotation"), strlen(json_str(line, "annotation")), &e);
    assert_true(cJSON_Compare(data, json_obj(json, "data"), true));
    assert_string_equal(json_str(line, "annotation_type"), "bounding_box");
    assert_non_null(strstr(json_str(line, "annotation_concepts"), "it's"));
    assert_string_equal(json_str(line, "annotation_status"), "Annotation awaiting review (24157)");
    assert_string_equal(json_str(line, "annotation_user_id"), "ann");
    assert_null(json_get(line, "annotation_modified_at"));
    cJSON_Delete(data);
    cJSON_Delete(line);
    cJSON_Delete(json);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_a_whole_input), cmocka_unit_test(test_a_file_that_never_became_an_input), cmocka_unit_test(test_an_input_with_its_picture),
        cmocka_unit_test(test_parts_make_the_same_row), cmocka_unit_test(test_an_annotation) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
