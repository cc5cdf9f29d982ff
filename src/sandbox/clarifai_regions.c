/* What regions of data may hold (reference clarifai §5.3): corners and points within the picture, masks in base64. */
#include "sandbox/clarifai_calls.h"
#include "base/base64.h"

static bool within(const cJSON *o, const char *key)
{
    double v = 0;

    json_f64(o, key, &v);
    return v >= 0 && v <= 1;
}

static const char *box_fault(const cJSON *box)
{
    double top = 0, left = 0, bottom = 0, right = 0;

    if (box == NULL)
        return NULL;
    json_f64(box, "top_row", &top);
    json_f64(box, "left_col", &left);
    json_f64(box, "bottom_row", &bottom);
    json_f64(box, "right_col", &right);
    if (within(box, "top_row") && within(box, "left_col") && within(box, "bottom_row") && within(box, "right_col") && top < bottom
        && left < right)
        return NULL;
    return "bounding_box corners must lie within 0 and 1, top above bottom and left of right";
}

static bool visibility_known(const cJSON *point)
{
    static const char *const names[] = { "NOT_SET", "VISIBLE", "NOT_VISIBLE", "NOT_PRESENT" };
    const cJSON *v = json_get(point, "visibility");
    int64_t number;

    if (v == NULL)
        return true;
    for (size_t i = 0; cJSON_IsString(v) && i < sizeof names / sizeof *names; i++)
        if (str_eq(v->valuestring, names[i]))
            return true;
    return json_i64(point, "visibility", &number) && number >= 0 && number <= 3;
}

static const char *point_fault(const cJSON *point)
{
    if (!within(point, "row") || !within(point, "col"))
        return "row and col of a point must lie within 0 and 1";
    return visibility_known(point) ? NULL : "visibility of a point must be 0 to 3";
}

static const char *points_fault(const cJSON *list)
{
    const char *fault = NULL;
    const cJSON *v;

    cJSON_ArrayForEach(v, list)
        if (fault == NULL)
            fault = point_fault(v);
    return fault;
}

static const char *mask_fault(const cJSON *mask)
{
    const char *text = json_str(json_obj(mask, "image"), "base64");
    struct buf bytes = BUF_INIT;
    struct err e = { .code = ERR_NONE };
    bool good = text == NULL || (base64_decode(&bytes, text, strlen(text), &e) == 0 && bytes.len > 0);

    buf_release(&bytes);
    return good ? NULL : "the base64 text of a mask could not be decoded";
}

static const char *region_fault(const cJSON *region)
{
    const cJSON *info = json_obj(region, "region_info"), *point = json_obj(info, "point");
    const char *fault = box_fault(json_obj(info, "bounding_box"));

    if (fault == NULL && point != NULL)
        fault = point_fault(point);
    if (fault == NULL)
        fault = points_fault(json_arr(json_obj(info, "polygon"), "points"));
    if (fault == NULL)
        fault = points_fault(json_arr(info, "keypoint_locations"));
    return fault != NULL ? fault : mask_fault(json_obj(info, "mask"));
}

const char *clarifai_regions_fault(const cJSON *data)
{
    static const char *const nests[] = { "frames", "time_segments", "tracks" };
    const char *fault = NULL;
    const cJSON *v;

    cJSON_ArrayForEach(v, json_arr(data, "regions"))
        if (fault == NULL)
            fault = region_fault(v);
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++)
        cJSON_ArrayForEach(v, json_arr(data, nests[i]))
            if (fault == NULL && json_obj(v, "data") != NULL)
                fault = clarifai_regions_fault(json_obj(v, "data"));
    return fault;
}
