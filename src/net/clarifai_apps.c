#include "net/clarifai_apps.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include "net/clarifai_wire.h"

#define PAGES_MAX 100000

void clarifai_path_segment(struct buf *path, const char *segment)
{
    buf_putc(path, '/');
    url_encode(path, segment, strlen(segment));
}

void clarifai_path_app(struct buf *path, const struct clarifai_app_id *id)
{
    buf_puts(path, "/v2/users");
    clarifai_path_segment(path, id->user);
    buf_puts(path, "/apps");
    clarifai_path_segment(path, id->app);
}

void clarifai_path_page(struct buf *path, int page, int per_page)
{
    buf_printf(path, "?page=%d&per_page=%d", page, per_page > CLARIFAI_PAGE_MAX ? CLARIFAI_PAGE_MAX : per_page);
}

int64_t clarifai_time(const cJSON *o, const char *key)
{
    const char *text = json_str(o, key);
    int64_t us = 0;
    return text && time_parse(text, &us) ? us : 0;
}

/* One object under `key` of a GET. *tree owns it. */
static const cJSON *get_object(const struct net_api *api, const struct buf *path, const char *key, cJSON **tree, struct err *e)
{
    *tree = NULL;
    if (buf_error(path, e) || clarifai_call(api, NET_GET, path->data, NULL, true, false, tree, e)) return NULL;
    const cJSON *object = json_obj(*tree, key);
    if (!object) err_set(e, ERR_PROTOCOL, "the answer of Clarifai has no \"%s\"", key);
    return object;
}

/* An id that does not fit is none of ours to cut. */
static int copy_id(char *out, size_t size, const cJSON *json, struct err *e)
{
    const char *id = json_need_str(json, "id", e);
    if (!id) return -1;
    return *id && str_copy(out, size, id) ? 0 : err_set(e, ERR_PROTOCOL, "an id of Clarifai is empty or longer than %zu bytes", size - 1);
}

int clarifai_me_get(const struct net_api *api, struct clarifai_user *out, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *tree;
    memset(out, 0, sizeof *out);
    buf_puts(&path, "/v2/users/me");
    const cJSON *user = get_object(api, &path, "user", &tree, e);
    int rc = user ? copy_id(out->id, sizeof out->id, user, e) : -1;
    if (!rc) {
        const char *first = json_str_or(user, "first_name", ""), *last = json_str_or(user, "last_name", "");
        char *name = str_printf("%s%s%s", first, *first && *last ? " " : "", last);
        if (name) str_copy(out->name, sizeof out->name, *name ? name : json_str_or(user, "company_name", ""));
        else rc = err_no_memory(e);
        free(name);
    }
    cJSON_Delete(tree);
    buf_release(&path);
    return rc;
}

int clarifai_clock_get(const struct net_api *api, int64_t *date_us, struct err *e)
{
    struct net_request request = { .method = NET_GET, .path = "/v2/users/me", .idempotent = true };
    struct net_answer answer;
    net_answer_init(&answer);
    int rc = net_call(api, &request, clarifai_judge, &answer, e);
    *date_us = answer.date_us;
    net_answer_release(&answer);
    return rc;
}

static int decode_app(const cJSON *json, struct clarifai_app *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (copy_id(out->id, sizeof out->id, json, e)) return -1;
    const char *workflow = json_str(json_obj(json, "default_workflow"), "id");
    str_copy(out->user_id, sizeof out->user_id, json_str_or(json, "user_id", ""));
    str_copy(out->description, sizeof out->description, json_str_or(json, "description", ""));
    str_copy(out->default_workflow, sizeof out->default_workflow, workflow ? workflow : json_str_or(json, "default_workflow_id", ""));
    out->modified_us = clarifai_time(json, "modified_at");
    return 0;
}

static int decode_dataset(const cJSON *json, struct clarifai_dataset *out, struct err *e)
{
    memset(out, 0, sizeof *out);
    if (copy_id(out->id, sizeof out->id, json, e)) return -1;
    str_copy(out->description, sizeof out->description, json_str_or(json, "description", ""));
    out->modified_us = clarifai_time(json, "modified_at");
    return 0;
}

/* Pages until an empty one (§3.0). A page that starts like the one before says that the server does not page. */
struct walk { clarifai_each each; void *ctx; char first[64], before[64]; };

static int walk_element(void *ctx, const cJSON *element, struct err *e)
{
    struct walk *w = ctx;
    if (!w->first[0]) {
        str_copy(w->first, sizeof w->first, json_str_or(element, "id", ""));
        if (w->first[0] && str_eq(w->first, w->before)) return err_set(e, ERR_PROTOCOL, "the list of Clarifai goes round: a page came twice");
    }
    return w->each(w->ctx, element, e);
}

static int walk_pages(const struct net_api *api, const char *base, const char *key, clarifai_each each, void *ctx, struct err *e)
{
    struct walk w = { .each = each, .ctx = ctx };
    struct buf path = BUF_INIT;
    int rc = 0, count = 1;
    for (int page = 1; !rc && count > 0 && page <= PAGES_MAX; page++) {
        buf_clear(&path);
        buf_puts(&path, base);
        clarifai_path_page(&path, page, CLARIFAI_PAGE_MAX);
        rc = buf_error(&path, e);
        if (!rc) rc = clarifai_list_page(api, path.data, key, walk_element, &w, &count, e);
        str_copy(w.before, sizeof w.before, w.first);
        w.first[0] = '\0';
    }
    buf_release(&path);
    return rc;
}

struct app_list { clarifai_app_each each; void *ctx; };

static int take_app(void *ctx, const cJSON *element, struct err *e)
{
    const struct app_list *list = ctx;
    struct clarifai_app app;
    return decode_app(element, &app, e) ? -1 : list->each(list->ctx, &app, e);
}

int clarifai_apps_list(const struct net_api *api, const char *user, clarifai_app_each each, void *ctx, struct err *e)
{
    struct app_list list = { each, ctx };
    struct buf path = BUF_INIT;
    buf_puts(&path, "/v2/users");
    clarifai_path_segment(&path, user);
    buf_puts(&path, "/apps");
    int rc = buf_error(&path, e);
    if (!rc) rc = walk_pages(api, path.data, "apps", take_app, &list, e);
    buf_release(&path);
    return rc;
}

int clarifai_app_get(const struct net_api *api, const struct clarifai_app_id *id, struct clarifai_app *out, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *tree;
    memset(out, 0, sizeof *out);
    clarifai_path_app(&path, id);
    const cJSON *app = get_object(api, &path, "app", &tree, e);
    int rc = app ? decode_app(app, out, e) : -1;
    cJSON_Delete(tree);
    buf_release(&path);
    return rc;
}

struct dataset_list { clarifai_dataset_each each; void *ctx; };

static int take_dataset(void *ctx, const cJSON *element, struct err *e)
{
    const struct dataset_list *list = ctx;
    struct clarifai_dataset dataset;
    return decode_dataset(element, &dataset, e) ? -1 : list->each(list->ctx, &dataset, e);
}

int clarifai_datasets_list(const struct net_api *api, const struct clarifai_app_id *id, clarifai_dataset_each each, void *ctx, struct err *e)
{
    struct dataset_list list = { each, ctx };
    struct buf path = BUF_INIT;
    clarifai_path_app(&path, id);
    buf_puts(&path, "/datasets");
    int rc = buf_error(&path, e);
    if (!rc) rc = walk_pages(api, path.data, "datasets", take_dataset, &list, e);
    buf_release(&path);
    return rc;
}

int clarifai_dataset_get(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct clarifai_dataset *out, struct err *e)
{
    struct buf path = BUF_INIT;
    cJSON *tree;
    memset(out, 0, sizeof *out);
    clarifai_path_app(&path, id);
    buf_puts(&path, "/datasets");
    clarifai_path_segment(&path, dataset);
    const cJSON *json = get_object(api, &path, "dataset", &tree, e);
    int rc = json ? decode_dataset(json, out, e) : -1;
    cJSON_Delete(tree);
    buf_release(&path);
    return rc;
}

/* {"datasets":[{"id":…}]}; NULL without memory. */
static cJSON *dataset_body(const char *dataset)
{
    cJSON *body = cJSON_CreateObject(), *list = cJSON_CreateArray(), *item = cJSON_CreateObject();
    bool ok = body && list && item && json_put_str(item, "id", dataset) && cJSON_AddItemToArray(list, item);
    if (!ok) {
        cJSON_Delete(item);
        cJSON_Delete(list);
        cJSON_Delete(body);
        return NULL;
    }
    if (json_put_item(body, "datasets", list)) return body;
    cJSON_Delete(body);
    return NULL;
}

int clarifai_dataset_create(const struct net_api *api, const struct clarifai_app_id *id, const char *dataset, struct err *e)
{
    struct buf path = BUF_INIT;
    if (!clarifai_id_valid(dataset)) {
        err_set(e, ERR_USAGE, "\"%s\" cannot be the id of a dataset", dataset);
        return err_remedy(e, "use 1 to 48 letters, digits, - and _");
    }
    clarifai_path_app(&path, id);
    buf_puts(&path, "/datasets");
    cJSON *body = dataset_body(dataset);
    int rc = body ? buf_error(&path, e) : err_no_memory(e);
    if (!rc) rc = clarifai_call(api, NET_POST, path.data, body, false, false, NULL, e);
    cJSON_Delete(body);
    buf_release(&path);
    return rc;
}
