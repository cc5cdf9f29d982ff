#include "core/rows.h"
#include "base/json.h"
#include "base/timefmt.h"

#define INPUT_FIELDS \
    { "input_id", "STRING" }, { "image_url", "STRING" }, { "image_info", "STRING" }, { "input_metadata", "STRING" }, \
    { "input_concepts", "STRING" }, { "input_geo", "STRING" }, { "input_status", "STRING" }, \
    { "input_created_at", "TIMESTAMP" }, { "input_modified_at", "TIMESTAMP" }

const struct sql_field rows_inputs_fields[] = { INPUT_FIELDS };
const size_t rows_inputs_count = sizeof rows_inputs_fields / sizeof rows_inputs_fields[0];
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

int rows_input_members(struct buf *out, const struct clarifai_input *in, struct err *e)
{
    const cJSON *data = in != NULL ? in->data : NULL, *image = json_obj(data, "image");
    char status[192];

    put_text(out, "image_url", json_str(image, "url"));
    put_json(out, "image_info", json_obj(image, "image_info"));
    put_json(out, "input_metadata", json_obj(data, "metadata"));
    put_json(out, "input_concepts", json_arr(data, "concepts"));
    put_json(out, "input_geo", json_obj(data, "geo"));
    if (in != NULL && in->status.code != 0) {
        snprintf(status, sizeof status, "%s (%d)", in->status.description, in->status.code);
        put_text(out, "input_status", status);
    } else {
        put_text(out, "input_status", NULL);
    }
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
