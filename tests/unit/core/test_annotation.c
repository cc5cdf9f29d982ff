/* What an annotation's data holds: types in their order, concepts wherever they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/annotation.h"
#include <string.h>

#define REGION(kind) "{\"region_info\":{\"" kind "\":{\"row\":0}}}"
static const struct { const char *data, *type, *concepts; } cases[] = {
    { "{}", "empty", "[]" },
    { "{\"concepts\":[],\"metadata\":{},\"regions\":[]}", "empty", "[]" },
    { "{\"text\":{\"url\":\"https://h/t\"}}", "empty", "[]" },
    { "{\"concepts\":[{\"id\":\"cat\",\"value\":1}]}", "concept", "[{\"id\":\"cat\",\"value\":1}]" },
    { "{\"metadata\":{\"a\":1},\"concepts\":[{\"id\":\"cat\"}]}", "concept+metadata", "[{\"id\":\"cat\"}]" },
    { "{\"geo\":{\"geo_point\":{\"longitude\":0,\"latitude\":0}}}", "metadata", "[]" },
    { "{\"regions\":[" REGION("bounding_box") "]}", "bounding_box", "[]" },
    { "{\"regions\":[" REGION("polygon") "]}", "polygon", "[]" },
    { "{\"regions\":[" REGION("mask") "]}", "mask", "[]" },
    { "{\"regions\":[{\"region_info\":{\"point\":{}}}]}", "point", "[]" },
    { "{\"regions\":[{\"region_info\":{\"keypoint_locations\":[{\"row\":0.1}]}}]}", "keypoints", "[]" },
    { "{\"regions\":[" REGION("span") "," REGION("token") "]}", "span+token", "[]" },
    { "{\"regions\":[" REGION("mask") "," REGION("bounding_box") "],\"concepts\":[{\"id\":\"a\"}]}", "concept+bounding_box+mask", "[{\"id\":\"a\"}]" },
    { "{\"frames\":[{\"frame_info\":{\"index\":3},\"data\":{\"regions\":[{\"region_info\":{\"bounding_box\":{}},\"data\":{\"concepts\":[{\"id\":\"car\"}]}}]}}]}",
      "bounding_box+frame", "[{\"id\":\"car\"}]" },
    { "{\"time_segments\":[{\"data\":{\"concepts\":[{\"id\":\"x\"}]},\"time_info\":{}}],\"tracks\":[{\"data\":{\"concepts\":[{\"id\":\"y\"}]}}]}", "segment+track",
      "[{\"id\":\"x\"},{\"id\":\"y\"}]" },
    /* one concept is named once, another value of it is another statement */
    { "{\"concepts\":[{\"id\":\"a\",\"value\":1},{\"id\":\"a\"},{\"id\":\"a\",\"value\":0}],\"regions\":[{\"data\":{\"concepts\":[{\"id\":\"a\"}]}}]}", "concept",
      "[{\"id\":\"a\",\"value\":1},{\"id\":\"a\",\"value\":0}]" },
    { "{\"regions\":[7,null,{\"region_info\":[]}],\"frames\":{},\"concepts\":\"x\"}", "empty", "[]" },
};

static void types_and_concepts(void **state)
{
    struct err e;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf type = BUF_INIT, concepts = BUF_INIT;
        cJSON *data = json_parse(cases[i].data, strlen(cases[i].data), &e);
        assert_non_null(data);
        assert_int_equal(annotation_type(&type, data), 0);
        assert_int_equal(annotation_concepts(&concepts, data), 0);
        assert_string_equal(type.data, cases[i].type);
        assert_string_equal(concepts.data, cases[i].concepts);
        cJSON_Delete(data);
        buf_release(&type);
        buf_release(&concepts);
    }
}

static void no_data_is_empty(void **state)
{
    struct buf type = BUF_INIT, concepts = BUF_INIT;
    (void)state;
    assert_int_equal(annotation_type(&type, NULL), 0);
    assert_int_equal(annotation_concepts(&concepts, NULL), 0);
    assert_string_equal(type.data, "empty");
    assert_string_equal(concepts.data, "[]");
    buf_release(&type);
    buf_release(&concepts);
}

/* Data inside data without end is not followed without end. */
static void depth_is_bounded(void **state)
{
    struct buf text = BUF_INIT, type = BUF_INIT, concepts = BUF_INIT;
    struct err e;
    (void)state;
    for (int i = 0; i < 40; i++)
        buf_puts(&text, "{\"frames\":[{\"data\":");
    buf_puts(&text, "{}");
    for (int i = 0; i < 40; i++)
        buf_puts(&text, "}]}");
    cJSON *data = json_parse(text.data, text.len, &e);
    assert_non_null(data);
    assert_int_equal(annotation_type(&type, data), 0);
    assert_string_equal(type.data, "frame");
    assert_int_equal(annotation_concepts(&concepts, data), 0);
    cJSON_Delete(data);
    buf_release(&text);
    buf_release(&type);
    buf_release(&concepts);
}

/* As of a long video: the same few names with another value in each frame, and each of them twice. */
static void thousands_of_concepts_are_each_there_once(void **state)
{
    struct buf text = BUF_INIT, concepts = BUF_INIT;
    struct err e;
    (void)state;
    buf_puts(&text, "{\"frames\":[");
    for (int i = 0; i < 40000; i++)
        buf_printf(&text, "%s{\"data\":{\"concepts\":[{\"id\":\"c%d\",\"value\":0.%05d}]}}", i ? "," : "", i % 4, 20000 - i % 20000);
    buf_puts(&text, "]}");
    cJSON *data = json_parse(text.data, text.len, &e);
    assert_non_null(data);
    assert_int_equal(annotation_concepts(&concepts, data), 0);
    cJSON *list = json_parse(concepts.data, concepts.len, &e);
    assert_int_equal(cJSON_GetArraySize(list), 20000);
    assert_string_equal(json_str(cJSON_GetArrayItem(list, 0), "id"), "c0");
    assert_string_equal(json_str(cJSON_GetArrayItem(list, 1), "id"), "c1");
    cJSON_Delete(list);
    cJSON_Delete(data);
    buf_release(&text);
    buf_release(&concepts);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(types_and_concepts), cmocka_unit_test(no_data_is_empty), cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(thousands_of_concepts_are_each_there_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
