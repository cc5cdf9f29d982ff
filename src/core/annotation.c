#include "core/annotation.h"
#include "base/str.h"

#define DEPTH_MAX 8 /* data inside data: tracks of frames of regions, and room */

enum { CONCEPT, BOUNDING_BOX, POLYGON, MASK, POINT, KEYPOINTS, SPAN, TOKEN, FRAME, SEGMENT, TRACK, METADATA, KINDS };
static const char *const kind_names[KINDS] = {"concept", "bounding_box", "polygon", "mask", "point", "keypoints",
                                              "span",    "token",        "frame",   "segment", "track", "metadata"};

/* Members of region_info. */
static const struct { const char *key; int kind; } region_kinds[] = {
    {"bounding_box", BOUNDING_BOX}, {"polygon", POLYGON}, {"mask", MASK}, {"point", POINT}, {"keypoint_locations", KEYPOINTS}, {"span", SPAN},
    {"token", TOKEN},
};

/* Lists whose elements have `data` of their own. */
static const struct { const char *key; int kind; } holders[] = {{"frames", FRAME}, {"time_segments", SEGMENT}, {"tracks", TRACK}};

static bool filled(const cJSON *value) { return value && (cJSON_IsObject(value) || cJSON_IsArray(value) ? value->child != NULL : true); }

static unsigned region_bits(const cJSON *data)
{
    const cJSON *region;
    unsigned bits = 0;
    cJSON_ArrayForEach(region, json_arr(data, "regions")) {
        const cJSON *info = json_obj(region, "region_info");
        for (size_t i = 0; i < sizeof region_kinds / sizeof *region_kinds; i++)
            if (json_get(info, region_kinds[i].key))
                bits |= 1u << region_kinds[i].kind;
    }
    return bits;
}

static unsigned nested_bits(const cJSON *data, int depth)
{
    unsigned bits = region_bits(data);
    for (size_t i = 0; i < sizeof holders / sizeof *holders && depth < DEPTH_MAX; i++) {
        const cJSON *element;
        cJSON_ArrayForEach(element, json_arr(data, holders[i].key))
            bits |= (1u << holders[i].kind) | nested_bits(json_obj(element, "data"), depth + 1);
    }
    return bits;
}

int annotation_type(struct buf *out, const cJSON *data)
{
    unsigned bits = nested_bits(data, 0);
    bool first = true;
    if (filled(json_arr(data, "concepts")))
        bits |= 1u << CONCEPT;
    if (filled(json_obj(data, "metadata")) || filled(json_obj(data, "geo")))
        bits |= 1u << METADATA;
    for (int i = 0; i < KINDS; i++) {
        if (!(bits & (1u << i)))
            continue;
        buf_printf(out, "%s%s", first ? "" : "+", kind_names[i]);
        first = false;
    }
    return first ? buf_puts(out, "empty") : buf_error(out, NULL);
}

/* --- concepts --- */

static double value_of(const cJSON *concept)
{
    double value = 1; /* absent means 1 (reference clarifai §10) */
    json_f64(concept, "value", &value);
    return value;
}

static bool same_concept(const cJSON *a, const cJSON *b)
{
    double x = value_of(a), y = value_of(b);
    return str_eq(json_str_or(a, "id", ""), json_str_or(b, "id", "")) && str_eq(json_str_or(a, "name", ""), json_str_or(b, "name", "")) &&
           !(x < y) && !(x > y);
}

/* The list only refers to concepts of the tree. */
static bool collect(cJSON *list, const cJSON *data, int depth)
{
    cJSON *concept;
    const cJSON *element, *known;
    cJSON_ArrayForEach(concept, json_arr(data, "concepts")) {
        bool there = false;
        cJSON_ArrayForEach(known, list)
            there = there || same_concept(known, concept);
        if (!there && !cJSON_AddItemReferenceToArray(list, concept))
            return false;
    }
    cJSON_ArrayForEach(element, json_arr(data, "regions"))
        if (depth < DEPTH_MAX && !collect(list, json_obj(element, "data"), depth + 1))
            return false;
    for (size_t i = 0; i < sizeof holders / sizeof *holders && depth < DEPTH_MAX; i++)
        cJSON_ArrayForEach(element, json_arr(data, holders[i].key))
            if (!collect(list, json_obj(element, "data"), depth + 1))
                return false;
    return true;
}

int annotation_concepts(struct buf *out, const cJSON *data)
{
    cJSON *list = cJSON_CreateArray();
    int result = list && collect(list, data, 0) ? json_print(out, list) : -1;
    cJSON_Delete(list);
    if (result != 0 && !out->failed)
        out->failed = ERR_NO_MEMORY;
    return result;
}
