#include "net/clarifai_concepts.h"

#include "net/clarifai_wire.h"

struct concept_list { clarifai_concept_each each; void *ctx; };

static int take_concept(void *ctx, const cJSON *element, struct err *e)
{
    const struct concept_list *list = ctx;
    struct clarifai_concept c = { .id = json_str(element, "id") };
    if (!c.id || !*c.id) return err_set(e, ERR_PROTOCOL, "Clarifai listed a concept without an id");
    c.name = json_str_or(element, "name", c.id);
    return list->each(list->ctx, &c, e);
}

int clarifai_concepts_page(const struct net_api *api, const struct clarifai_app_id *app, int page, clarifai_concept_each each, void *ctx, int *count,
                           struct err *e)
{
    struct concept_list list = { each, ctx };
    struct buf path = BUF_INIT;
    *count = 0;
    clarifai_path_app(&path, app);
    buf_puts(&path, "/concepts");
    clarifai_path_page(&path, page, CLARIFAI_PAGE_MAX);
    int rc = buf_error(&path, e);
    if (!rc) rc = clarifai_list_page(api, path.data, "concepts", take_concept, &list, count, e);
    buf_release(&path);
    return rc;
}
