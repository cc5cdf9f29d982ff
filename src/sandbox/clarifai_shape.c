#include "sandbox/clarifai_shape.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <math.h>

enum kind { TEXT, FLOAT, DOUBLE, INT, LONG, BOOL, ENUM, STRUCT, TIME, BYTES, MESSAGE };
enum { MANY = 1, SHOW = 2, ONE = 4 }; /* a list; present when zero; absent means 1 */

struct field {
    const char *name;
    enum kind kind;
    unsigned flags;
    const struct clarifai_shape *message;
};
struct clarifai_shape { const struct field *fields; };

#define END { NULL, TEXT, 0, NULL }
#define SHAPE(name, ...) static const struct clarifai_shape name = { (const struct field[]){ __VA_ARGS__, END } }
#define OPEN_SHAPE(name, ...) \
    const struct clarifai_shape clarifai_shape_##name = { (const struct field[]){ __VA_ARGS__, END } }
#define T(name) { name, TEXT, 0, NULL }
#define M(name, shape) { name, MESSAGE, 0, &(shape) }
#define MM(name, shape) { name, MESSAGE, MANY, &(shape) }
#define S(name, kind) { name, kind, 0, NULL }
#define SS(name, kind) { name, kind, SHOW, NULL }
#define data_shape clarifai_shape_data

SHAPE(user_app, T("user_id"), T("app_id"));
SHAPE(visibility, S("gettable", ENUM));
SHAPE(status, S("code", ENUM), T("description"), T("details"), { "stack_trace", TEXT, MANY, NULL },
      S("percent_completed", INT), S("time_remaining", INT), T("req_id"), T("internal_details"), T("developer_notes"),
      S("http_status_code", INT));
SHAPE(hosted, T("prefix"), T("suffix"), { "sizes", TEXT, MANY, NULL }, T("crossorigin"));
SHAPE(image_info, S("width", INT), S("height", INT), T("format"), T("color_mode"), T("mode"));
SHAPE(image, T("url"), S("base64", BYTES), S("allow_duplicate_url", BOOL), M("hosted", hosted), M("image_info", image_info),
      S("hosted_image_info", STRUCT), S("decoded_bytes", BYTES));
SHAPE(video_info, S("width", INT), S("height", INT), S("fps", FLOAT), T("video_format"), S("bit_rate", INT),
      S("frame_count", INT), S("duration_seconds", FLOAT));
SHAPE(video, T("url"), S("base64", BYTES), S("allow_duplicate_url", BOOL), T("thumbnail_url"), M("hosted", hosted),
      M("hosted_thumbnail", hosted), M("video_info", video_info));
SHAPE(audio_info, T("audio_format"), S("sample_rate", INT), S("duration_seconds", FLOAT), S("bit_rate", INT));
SHAPE(audio, T("url"), S("base64", BYTES), S("allow_duplicate_url", BOOL), M("hosted", hosted), M("audio_info", audio_info));
SHAPE(text_info, S("char_count", INT), T("encoding"));
SHAPE(text_message, T("raw"), T("url"), S("allow_duplicate_url", BOOL), M("hosted", hosted), M("text_info", text_info));
SHAPE(keypoint_edge, S("k1", INT), S("k2", INT));
SHAPE(keypoint_info, { "keypoint_names", TEXT, MANY, NULL }, MM("skeleton", keypoint_edge));
SHAPE(concept, T("id"), T("name"), { "value", FLOAT, SHOW | ONE, NULL }, S("created_at", TIME), T("language"), T("app_id"),
      T("definition"), T("vocab_id"), M("visibility", visibility), T("user_id"), M("keypoint_info", keypoint_info),
      S("extra_info", STRUCT), S("metadata", STRUCT), M("image", image));
SHAPE(geo_point, SS("longitude", FLOAT), SS("latitude", FLOAT));
SHAPE(geo_limit, T("type"), SS("value", FLOAT));
SHAPE(geo_box, M("geo_point", geo_point));
SHAPE(geo, M("geo_point", geo_point), M("geo_limit", geo_limit), MM("geo_box", geo_box));
SHAPE(bounding_box, SS("top_row", FLOAT), SS("left_col", FLOAT), SS("bottom_row", FLOAT), SS("right_col", FLOAT));
SHAPE(point, SS("row", FLOAT), SS("col", FLOAT), S("z", FLOAT), S("visibility", ENUM));
SHAPE(polygon, MM("points", point));
SHAPE(mask, M("image", image));
SHAPE(span, SS("char_start", INT), SS("char_end", INT), T("raw_text"));
SHAPE(region_info, M("bounding_box", bounding_box), M("mask", mask), M("polygon", polygon), M("point", point),
      M("span", span), M("token", span), MM("keypoint_locations", point));
SHAPE(region, T("id"), M("region_info", region_info), M("data", data_shape), S("value", FLOAT), T("track_id"));
SHAPE(frame_info, SS("index", INT), SS("time", LONG), SS("number", INT));
SHAPE(frame, M("frame_info", frame_info), M("data", data_shape), T("id"));
SHAPE(time_info, S("num_frames", INT), S("begin_time", FLOAT), S("end_time", FLOAT));
SHAPE(time_segment, T("id"), M("data", data_shape), M("time_info", time_info));
SHAPE(track, T("id"), M("data", data_shape), M("time_info", time_info), S("quality", FLOAT));
SHAPE(part, M("data", data_shape), T("id"));
SHAPE(cluster, T("id"), S("count", INT), S("score", FLOAT), S("hits", STRUCT), { "projection", FLOAT, MANY, NULL });
SHAPE(embedding, { "vector", FLOAT, MANY, NULL }, S("num_dimensions", INT));
SHAPE(colour, T("raw_hex"), S("w3c", STRUCT), SS("value", FLOAT));

const struct clarifai_shape clarifai_shape_data = { (const struct field[]){
    M("image", image), M("video", video), MM("concepts", concept), S("metadata", STRUCT), M("geo", geo),
    MM("colors", colour), MM("clusters", cluster), MM("embeddings", embedding), MM("regions", region), MM("frames", frame),
    M("text", text_message), M("audio", audio), MM("tracks", track), MM("time_segments", time_segment), MM("heatmaps", image),
    MM("parts", part), S("int_value", LONG), S("float_value", DOUBLE), S("bytes_value", BYTES), S("bool_value", BOOL),
    T("string_value"), S("struct_value", STRUCT), END } };

SHAPE(user, T("id"), T("first_name"), T("last_name"), T("company_name"), T("job_title"));
SHAPE(model_version, T("id"));
SHAPE(model, T("id"), T("app_id"), T("user_id"), M("model_version", model_version));
SHAPE(workflow_version, T("id"));
SHAPE(workflow, T("id"), T("app_id"), T("user_id"), T("description"), M("version", workflow_version));
SHAPE(worker, M("user", user), M("model", model), M("workflow", workflow));
SHAPE(settings, M("worker", worker), S("sample_rate_ms", INT), S("sample_rate_frame", INT), MM("pinned_concepts", concept));
SHAPE(input, T("id"), M("data", data_shape), S("created_at", TIME), S("modified_at", TIME), M("status", status),
      { "dataset_ids", TEXT, MANY, NULL }, M("settings", settings));
SHAPE(annotation, T("id"), T("input_id"), M("data", data_shape), S("annotation_info", STRUCT), T("user_id"),
      T("model_version_id"), T("embed_model_version_id"), M("status", status), S("created_at", TIME), S("modified_at", TIME),
      S("trusted", BOOL), S("input_level", BOOL), S("consensus_info", STRUCT), T("task_id"), M("worker", worker));
SHAPE(dataset, T("id"), S("created_at", TIME), S("modified_at", TIME), T("app_id"), T("user_id"), T("description"),
      S("metadata", STRUCT), M("visibility", visibility), S("default_annotation_filter", STRUCT),
      S("default_processing_info", STRUCT), T("notes"), S("is_starred", BOOL), S("star_count", INT), M("image", image));
SHAPE(app, T("id"), T("name"), T("default_language"), T("default_workflow_id"), M("default_workflow", workflow),
      T("user_id"), S("created_at", TIME), S("modified_at", TIME), S("legal_consent_status", INT), S("metadata", STRUCT),
      T("description"), S("sample_ms", INT), M("visibility", visibility), T("data_tier_id"), S("is_starred", BOOL),
      S("star_count", INT), T("notes"), M("image", image), S("is_template", BOOL), S("extra_info", STRUCT),
      S("embeddings_storage", ENUM));
SHAPE(time_range, S("start_time", TIME), S("end_time", TIME));
SHAPE(filter, S("negate", BOOL), M("annotation", annotation), M("input", input), M("last_updated_time_range", time_range));
SHAPE(rank, S("negate", BOOL), M("annotation", annotation));
SHAPE(query, S("ands", STRUCT), T("language"), MM("filters", filter), MM("ranks", rank));
SHAPE(search, M("query", query), T("id"), T("application_id"), T("name"), S("as_of", TIME), T("git_hash"),
      S("created_at", TIME), S("modified_at", TIME), T("algorithm"), S("save", BOOL), S("min_value", FLOAT),
      M("visibility", visibility), S("metric", ENUM));
SHAPE(pagination, S("page", INT), S("per_page", INT));
SHAPE(dataset_input, S("created_at", TIME), M("input", input));

#define FOR_APP M("user_app_id", user_app)
OPEN_SHAPE(post_inputs, FOR_APP, MM("inputs", input), T("inputs_add_job_id"), S("input_id_conflict_resolution", ENUM));
OPEN_SHAPE(patch_inputs, FOR_APP, MM("inputs", input), T("action"));
OPEN_SHAPE(delete_inputs, FOR_APP, { "ids", TEXT, MANY, NULL });
OPEN_SHAPE(input_searches, FOR_APP, MM("searches", search), M("pagination", pagination), S("only_count", BOOL));
OPEN_SHAPE(annotation_searches, FOR_APP, MM("searches", search), M("pagination", pagination));
OPEN_SHAPE(post_annotations, FOR_APP, MM("annotations", annotation));
OPEN_SHAPE(patch_annotations, FOR_APP, MM("annotations", annotation), T("action"), S("delete_if_empty_data", BOOL));
OPEN_SHAPE(delete_annotations, FOR_APP, { "ids", TEXT, MANY, NULL }, { "input_ids", TEXT, MANY, NULL });
OPEN_SHAPE(post_apps, FOR_APP, MM("apps", app));
OPEN_SHAPE(post_datasets, FOR_APP, MM("datasets", dataset));
OPEN_SHAPE(patch_datasets, FOR_APP, MM("datasets", dataset), T("action"));
OPEN_SHAPE(delete_datasets, FOR_APP, { "dataset_ids", TEXT, MANY, NULL });
OPEN_SHAPE(post_dataset_inputs, FOR_APP, T("dataset_id"), MM("dataset_inputs", dataset_input), M("search", search));
OPEN_SHAPE(delete_dataset_inputs, FOR_APP, T("dataset_id"), { "input_ids", TEXT, MANY, NULL });
OPEN_SHAPE(post_concepts, FOR_APP, MM("concepts", concept));
OPEN_SHAPE(patch_concepts, FOR_APP, MM("concepts", concept), T("action"));
OPEN_SHAPE(only_user_app, FOR_APP, T("id"), T("input_id"), T("annotation_id"));

/* --- request check --- */

static const char *const kind_names[] = { "string", "number", "number", "integer", "integer", "boolean", "enum value",
                                          "object", "timestamp", "base64 string", "object" };

static bool is_number(const cJSON *v, bool whole)
{
    char *end;
    double d;

    if (cJSON_IsNumber(v))
        return !whole || v->valuedouble == floor(v->valuedouble);
    if (!cJSON_IsString(v) || v->valuestring[0] == '\0')
        return false;
    d = strtod(v->valuestring, &end);
    return *end == '\0' && (!whole || d == floor(d));
}

static bool kind_fits(const cJSON *v, enum kind kind)
{
    int64_t us;

    switch (kind) {
    case TEXT: case BYTES: return cJSON_IsString(v);
    case FLOAT: case DOUBLE: return is_number(v, false);
    case INT: case LONG: return is_number(v, true);
    case BOOL: return cJSON_IsBool(v);
    case ENUM: return cJSON_IsString(v) || is_number(v, true);
    case TIME: return cJSON_IsString(v) && time_parse(v->valuestring, &us);
    default: return cJSON_IsObject(v);
    }
}

static const struct field *find_field(const struct clarifai_shape *shape, const char *name)
{
    for (const struct field *f = shape->fields; f->name != NULL; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

static int check_message(const cJSON *o, const struct clarifai_shape *shape, struct buf *path, struct err *e);

static int check_value(const cJSON *v, const struct field *f, struct buf *path, struct err *e)
{
    if (!kind_fits(v, f->kind))
        return err_set(e, ERR_REFUSED, "invalid value for field \"%.200s\": %s expected", path->data, kind_names[f->kind]);
    return f->kind == MESSAGE ? check_message(v, f->message, path, e) : 0;
}

static int check_list(const cJSON *list, const struct field *f, struct buf *path, struct err *e)
{
    const cJSON *v;
    size_t len = path->len;
    int i = 0, rc = 0;

    if (!cJSON_IsArray(list))
        return err_set(e, ERR_REFUSED, "invalid value for field \"%.200s\": list expected", path->data);
    cJSON_ArrayForEach(v, list) {
        buf_printf(path, "[%d]", i++);
        rc = check_value(v, f, path, e);
        buf_cut(path, len);
        if (rc != 0)
            break;
    }
    return rc;
}

static int check_message(const cJSON *o, const struct clarifai_shape *shape, struct buf *path, struct err *e)
{
    const cJSON *v;
    size_t len = path->len;
    int rc = 0;

    cJSON_ArrayForEach(v, o) {
        const struct field *f = find_field(shape, v->string);
        buf_printf(path, "%s%.80s", len > 0 ? "." : "", v->string);
        if (f == NULL)
            rc = err_set(e, ERR_REFUSED, "unknown field \"%.200s\"", path->data);
        else if (!cJSON_IsNull(v))
            rc = f->flags & MANY ? check_list(v, f, path, e) : check_value(v, f, path, e);
        buf_cut(path, len);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int clarifai_shape_check(const cJSON *o, const struct clarifai_shape *shape, struct err *e)
{
    struct buf path = BUF_INIT;
    int rc;

    if (!cJSON_IsObject(o))
        return err_set(e, ERR_REFUSED, "the request body must be a JSON object");
    rc = check_message(o, shape, &path, e);
    if (rc == 0)
        rc = buf_error(&path, e);
    buf_release(&path);
    return rc;
}

/* --- answer form --- */

double clarifai_shape_float(double value)
{
    float single = (float)value;
    char text[40];

    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)single);
        if (strtof(text, NULL) == single)
            break;
    }
    return strtod(text, NULL);
}

static double number_of(const cJSON *v)
{
    return cJSON_IsString(v) ? strtod(v->valuestring, NULL) : v->valuedouble;
}

/* A new value in answer form, or NULL when v can stay as it is. */
static cJSON *converted(const cJSON *v, const struct field *f)
{
    char text[32];

    switch (f->kind) {
    case FLOAT: return cJSON_CreateNumber(clarifai_shape_float(number_of(v)));
    case DOUBLE: return cJSON_IsString(v) ? cJSON_CreateNumber(number_of(v)) : NULL;
    case INT: return cJSON_IsString(v) ? cJSON_CreateNumber(number_of(v)) : NULL;
    case LONG:
        if (cJSON_IsString(v))
            return NULL;
        snprintf(text, sizeof text, "%.0f", v->valuedouble);
        return cJSON_CreateString(text);
    default: return NULL;
    }
}

static bool is_unset(const cJSON *v, const struct field *f)
{
    if (cJSON_IsNull(v))
        return true;
    if (f->flags & MANY)
        return cJSON_GetArraySize(v) == 0;
    switch (f->kind) {
    case TEXT: case BYTES: return v->valuestring[0] == '\0';
    case BOOL: return cJSON_IsFalse(v);
    case FLOAT: case DOUBLE: case INT: case LONG: return number_of(v) == 0;
    default: return false;
    }
}

static void normalise_field(cJSON *o, cJSON *v, const struct field *f)
{
    cJSON *fresh, *element;

    if (is_unset(v, f) && !(f->flags & SHOW && !cJSON_IsNull(v))) {
        cJSON_Delete(cJSON_DetachItemViaPointer(o, v));
        return;
    }
    if (f->flags & MANY && f->kind == MESSAGE) {
        cJSON_ArrayForEach(element, v)
            clarifai_shape_normalise(element, f->message);
    } else if (f->kind == MESSAGE) {
        clarifai_shape_normalise(v, f->message);
    } else if (!(f->flags & MANY)) {
        fresh = converted(v, f);
        if (fresh == NULL)
            return;
        fresh->string = str_dup(f->name); /* the replacement does not inherit the name */
        if (fresh->string == NULL || !cJSON_ReplaceItemViaPointer(o, v, fresh))
            cJSON_Delete(fresh);
    }
}

void clarifai_shape_normalise(cJSON *o, const struct clarifai_shape *shape)
{
    cJSON *next;

    for (cJSON *v = o->child; v != NULL; v = next) {
        const struct field *f = find_field(shape, v->string);
        next = v->next;
        if (f != NULL)
            normalise_field(o, v, f);
    }
    for (const struct field *f = shape->fields; f->name != NULL; f++)
        if (f->flags & SHOW && cJSON_GetObjectItemCaseSensitive(o, f->name) == NULL) {
            if (f->kind == LONG)
                cJSON_AddStringToObject(o, f->name, "0");
            else
                cJSON_AddNumberToObject(o, f->name, f->flags & ONE ? 1 : 0);
        }
}
