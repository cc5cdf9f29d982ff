#include "net/clarifai_annotations.h"

#include "base/str.h"
#include "base/url.h"
#include "net/clarifai_wire.h"

void clarifai_annotation_decode(const cJSON *json, struct clarifai_annotation *out)
{
    memset(out, 0, sizeof *out);
    out->json = json;
    out->id = json_str(json, "id");
    out->input_id = json_str(json, "input_id");
    out->user_id = json_str(json, "user_id");            /* deprecated but filled (§5.2) */
    if (!out->user_id || !*out->user_id) out->user_id = json_str(json_obj(json_obj(json, "worker"), "user"), "id");
    out->data = json_obj(json, "data");
    out->created_us = clarifai_time(json, "created_at");
    out->modified_us = clarifai_time(json, "modified_at");
    clarifai_status_decode(json, &out->status);
}

struct annotation_list { clarifai_annotation_each each; void *ctx; };

static int take_annotation(void *ctx, const cJSON *element, struct err *e)
{
    const struct annotation_list *list = ctx;
    struct clarifai_annotation a;
    clarifai_annotation_decode(element, &a);
    if (!a.id || !*a.id || !a.input_id || !*a.input_id)
        return err_set(e, ERR_PROTOCOL, "Clarifai listed an annotation without its id or its input's");
    return list->each(list->ctx, &a, e);
}

int clarifai_annotations_page(const struct net_api *api, const struct clarifai_app_id *app, const char *const *input_ids, size_t n, bool all, int page,
                              int per_page, clarifai_annotation_each each, void *ctx, int *count, struct err *e)
{
    struct annotation_list list = { each, ctx };
    struct buf path = BUF_INIT;
    *count = 0;
    if (n > CLARIFAI_ANNOTATION_IDS) return err_set(e, ERR_BUG, "a call takes at most %d input ids, not %zu", CLARIFAI_ANNOTATION_IDS, n);
    clarifai_path_app(&path, app);
    buf_puts(&path, "/annotations");
    clarifai_path_page(&path, page, per_page);
    buf_puts(&path, all ? "&list_all_annotations=true" : "&list_all_annotations=false");
    for (size_t i = 0; i < n; i++) {
        buf_puts(&path, "&input_ids=");
        url_encode(&path, input_ids[i], strlen(input_ids[i]));
    }
    int rc = buf_error(&path, e);
    if (!rc) rc = clarifai_list_page(api, path.data, "annotations", take_annotation, &list, count, e);
    buf_release(&path);
    return rc;
}
