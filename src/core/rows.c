#include "core/rows.h"
#include "base/json.h"
#include "base/timefmt.h"
#include "core/annotation.h"

#define INPUT_FIELDS \
    { "input_id", "STRING" }, { "image_url", "STRING" }, { "image_info", "STRING" }, { "input_metadata", "STRING" }, \
    { "input_concepts", "STRING" }, { "input_geo", "STRING" }, { "input_status", "STRING" }, \
    { "input_created_at", "TIMESTAMP" }, { "input_modified_at", "TIMESTAMP" }

const struct sql_field rows_inputs_fields[] = { INPUT_FIELDS };
const size_t rows_inputs_count = sizeof rows_inputs_fields / sizeof rows_inputs_fields[0];
const struct sql_field rows_pictures_fields[] = { INPUT_FIELDS, { "image_path", "STRING" }, { "image_bytes", "BIGINT" } };
const size_t rows_pictures_count = sizeof rows_pictures_fields / sizeof rows_pictures_fields[0];
const struct sql_field rows_annotations_fields[] = {
    { "annotation_id", "STRING" }, { "input_id", "STRING" }, { "annotation", "STRING" }, { "annotation_type", "STRING" },
    { "annotation_concepts", "STRING" }, { "annotation_user_id", "STRING" }, { "annotation_status", "STRING" },
    { "annotation_created_at", "TIMESTAMP" }, { "annotation_modified_at", "TIMESTAMP" },
};
const size_t rows_annotations_count = sizeof rows_annotations_fields / sizeof rows_annotations_fields[0];
const struct sql_field rows_tracking_fields[] = {
    INPUT_FIELDS, { "source_path", "STRING" }, { "upload_status", "STRING" }, { "upload_error", "STRING" },
};
const size_t rows_tracking_count = sizeof rows_tracking_fields / sizeof rows_tracking_fields[0];

/* "name":value with a comma before all but the first of an object. */
static void put_key(struct buf *b, const char *key)
{
    if (b->len > 0 && b->data[b->len - 1] != '{')
        buf_putc(b, ',');
    buf_printf(b, "\"%s\":", key);
}

static void put_text(struct buf *b, const char *key, const char *text)
{
    put_key(b, key);
    if (text == NULL)
        buf_puts(b, "null");
    else
        json_quote(b, text, strlen(text));
}

/* A JSON value as the text of a STRING column; an absent one is NULL. */
static void put_json(struct buf *b, const char *key, const cJSON *value)
{
    struct buf text = BUF_INIT;

    if (value == NULL || cJSON_IsNull(value)) {
        put_text(b, key, NULL);
        return;
    }
    json_print(&text, value);
    put_text(b, key, text.data);
    if (text.failed && !b->failed)
        b->failed = text.failed;
    buf_release(&text);
}

static void put_time(struct buf *b, const char *key, int64_t us)
{
    char text[40];

    put_text(b, key, us > 0 ? time_format(us, 6, text, sizeof text) : NULL);
}

static void put_status(struct buf *b, const char *key, const struct clarifai_status *status)
{
    char text[192];

    if (status != NULL && status->code != 0)
        snprintf(text, sizeof text, "%s (%d)", status->description, status->code);
    put_text(b, key, status != NULL && status->code != 0 ? text : NULL);
}

/* What a printer puts, as the text of a STRING column. */
static void put_printed(struct buf *b, const char *key, int (*print)(struct buf *, const cJSON *), const cJSON *data)
{
    struct buf text = BUF_INIT;

    print(&text, data);
    put_text(b, key, text.data != NULL ? text.data : "");
    if (text.failed && !b->failed)
        b->failed = text.failed;
    buf_release(&text);
}

int rows_input_members(struct buf *out, const struct clarifai_input *in, struct err *e)
{
    const cJSON *data = in != NULL ? in->data : NULL, *image = json_obj(data, "image");

    put_text(out, "image_url", json_str(image, "url"));
    put_json(out, "image_info", json_obj(image, "image_info"));
    put_json(out, "input_metadata", json_obj(data, "metadata"));
    put_json(out, "input_concepts", json_arr(data, "concepts"));
    put_json(out, "input_geo", json_obj(data, "geo"));
    put_status(out, "input_status", in != NULL ? &in->status : NULL);
    put_time(out, "input_created_at", in != NULL ? in->created_us : 0);
    put_time(out, "input_modified_at", in != NULL ? in->modified_us : 0);
    return buf_error(out, e);
}

int rows_tracking_line(struct buf *out, const struct rows_tracking *r, struct err *e)
{
    buf_putc(out, '{');
    put_text(out, "input_id", r->input_id);
    rows_input_members(out, r->in, NULL);
    put_text(out, "source_path", r->source_path);
    put_text(out, "upload_status", r->upload_status);
    put_text(out, "upload_error", r->upload_error);
    buf_putc(out, '}');
    return buf_error(out, e);
}

int rows_input_line(struct buf *out, const struct rows_input *r, struct err *e)
{
    buf_putc(out, '{');
    put_text(out, "input_id", r->input_id);
    rows_input_members(out, r->in, NULL);
    if (r->with_picture) {
        put_text(out, "image_path", r->path);
        put_key(out, "image_bytes");
        if (r->path != NULL)
            buf_printf(out, "%llu", (unsigned long long)r->bytes);
        else
            buf_puts(out, "null");
    }
    buf_putc(out, '}');
    return buf_error(out, e);
}

int rows_annotation_line(struct buf *out, const struct clarifai_annotation *a, struct err *e)
{
    buf_putc(out, '{');
    put_text(out, "annotation_id", a->id);
    put_text(out, "input_id", a->input_id);
    put_json(out, "annotation", a->data);
    put_printed(out, "annotation_type", annotation_type, a->data);
    put_printed(out, "annotation_concepts", annotation_concepts, a->data);
    put_text(out, "annotation_user_id", a->user_id);
    put_status(out, "annotation_status", &a->status);
    put_time(out, "annotation_created_at", a->created_us);
    put_time(out, "annotation_modified_at", a->modified_us);
    buf_putc(out, '}');
    return buf_error(out, e);
}

char *rows_input_parts(const struct clarifai_input *in)
{
    static const char *const top[] = { "id", "status", "created_at", "modified_at" };
    static const char *const inner[] = { "image", "metadata", "concepts", "geo" };
    cJSON *parts = cJSON_CreateObject();
    cJSON *data = parts != NULL ? cJSON_AddObjectToObject(parts, "data") : NULL;
    bool ok = data != NULL;
    struct buf text = BUF_INIT;
    char *out;

    for (size_t i = 0; ok && i < sizeof top / sizeof top[0]; i++) {
        cJSON *value = cJSON_GetObjectItemCaseSensitive(in->json, top[i]);
        ok = value == NULL || cJSON_AddItemReferenceToObject(parts, top[i], value);
    }
    for (size_t i = 0; ok && i < sizeof inner / sizeof inner[0]; i++) {
        cJSON *value = in->data != NULL ? cJSON_GetObjectItemCaseSensitive(in->data, inner[i]) : NULL;
        ok = value == NULL || cJSON_AddItemReferenceToObject(data, inner[i], value);
    }
    out = ok && json_print(&text, parts) == 0 ? buf_take(&text) : NULL;
    buf_release(&text);
    cJSON_Delete(parts);
    return out;
}
