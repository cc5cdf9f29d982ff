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

/* Concepts in the order met; a video has many thousands of them, so that each is not compared with each. */
struct met { const cJSON *json; const char *id, *name; double value; size_t at; };
struct met_list { struct met *items; size_t count, cap; };

static int by_concept(const struct met *x, const struct met *y)
{
    int order = strcmp(x->id, y->id);
    if (order == 0)
        order = strcmp(x->name, y->name);
    return order != 0 ? order : (x->value > y->value) - (x->value < y->value);
}

static int concept_order(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    int order = by_concept(x, y);
    return order != 0 ? order : (x->at > y->at) - (x->at < y->at);
}

static int place_order(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static bool add_concept(struct met_list *list, const cJSON *concept)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 16;
        struct met *items = reallocarray(list->items, cap, sizeof *items);
        if (!items)
            return false;
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count] = (struct met){.json = concept, .id = json_str_or(concept, "id", ""), .name = json_str_or(concept, "name", ""),
                                            .value = value_of(concept), .at = list->count};
    list->count++;
    return true;
}

static bool collect(struct met_list *list, const cJSON *data, int depth)
{
    const cJSON *element;
    cJSON_ArrayForEach(element, json_arr(data, "concepts"))
        if (!add_concept(list, element))
            return false;
    cJSON_ArrayForEach(element, json_arr(data, "regions"))
        if (depth < DEPTH_MAX && !collect(list, json_obj(element, "data"), depth + 1))
            return false;
    for (size_t i = 0; i < sizeof holders / sizeof *holders && depth < DEPTH_MAX; i++)
        cJSON_ArrayForEach(element, json_arr(data, holders[i].key))
            if (!collect(list, json_obj(element, "data"), depth + 1))
                return false;
    return true;
}

/* Each once, at the place where it was met first. */
static void drop_repeated(struct met_list *list)
{
    size_t kept = 0;
    if (list->count == 0)
        return;
    qsort(list->items, list->count, sizeof *list->items, concept_order);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || by_concept(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    list->count = kept;
    qsort(list->items, list->count, sizeof *list->items, place_order);
}

int annotation_concepts(struct buf *out, const cJSON *data)
{
    struct met_list list = {0};
    cJSON *array = cJSON_CreateArray();      /* only refers to concepts of the tree */
    bool ok = array && collect(&list, data, 0);
    drop_repeated(&list);
    for (size_t i = 0; ok && i < list.count; i++)
        ok = cJSON_AddItemReferenceToArray(array, (cJSON *)(uintptr_t)list.items[i].json);
    int result = ok ? json_print(out, array) : -1;
    cJSON_Delete(array);
    free(list.items);
    if (result != 0 && !out->failed)
        out->failed = ERR_NO_MEMORY;
    return result;
}
