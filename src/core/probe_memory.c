#include "core/probe_memory.h"
#include "base/file.h"
#include "base/timefmt.h"
#include "net/databricks_compute.h"

#define BYTES_MAX ((size_t)1 << 20)

void probe_answers_add(struct probe_answers *a, const struct probe_result *r)
{
    if (a->forms == NULL)
        a->forms = cJSON_CreateObject();
    if (a->forms != NULL)
        json_put_str(a->forms, r->form, r->works ? "" : r->reason[0] != '\0' ? r->reason : "?");
}

void probe_answers_release(struct probe_answers *a)
{
    cJSON_Delete(a->forms);
    a->forms = NULL;
}

/* "https://host|cluster 0101-…|15.4.x-scala2.12". A warehouse has no runtime of its own to name. */
static char *key_of(const struct session *s, const struct compute *c, struct err *e)
{
    const char *label = compute_label(c), *id = strchr(label, ' ');
    struct databricks_compute d = {0};
    char *key;

    if (compute_kind_of(c) == COMPUTE_CLUSTER && id != NULL && databricks_cluster_get(&s->databricks, id + 1, &d, e) != 0)
        return NULL;
    key = str_printf("%s|%s|%s", s->settings.host.text != NULL ? s->settings.host.text : "", label, d.spark_version);
    if (key == NULL)
        err_no_memory(e);
    return key;
}

static char *path_of(struct err *e)
{
    char *dir = file_dir_cache(e), *path = dir != NULL ? str_printf("%s/probe.json", dir) : NULL;

    if (dir != NULL && path == NULL)
        err_no_memory(e);
    free(dir);
    return path;
}

/* A file that is not there or cannot be understood holds nothing. */
static cJSON *read_all(const char *path)
{
    struct buf text;
    struct err ignored;
    cJSON *all = NULL;

    buf_init(&text, BYTES_MAX);
    if (file_read(path, BYTES_MAX, &text, &ignored) == 0)
        all = json_parse(text.data, text.len, &ignored);
    buf_release(&text);
    if (!cJSON_IsObject(all)) {
        cJSON_Delete(all);
        all = cJSON_CreateObject();
    }
    return all;
}

int probe_remember(const struct session *s, const struct compute *c, const struct probe_answers *a, struct err *e)
{
    char *key = key_of(s, c, e), *path = key != NULL ? path_of(e) : NULL;
    cJSON *all = path != NULL ? read_all(path) : NULL, *one = cJSON_CreateObject(), *forms = cJSON_Duplicate(a->forms, true);
    struct buf text = BUF_INIT;
    int result = path == NULL ? -1 : 0;

    if (result == 0 && (all == NULL || one == NULL || forms == NULL))
        result = err_no_memory(e);
    if (result == 0) {
        json_put_i64(one, "at_ms", time_wall_ms());
        cJSON_AddItemToObject(one, "forms", forms);
        cJSON_DeleteItemFromObjectCaseSensitive(all, key);
        cJSON_AddItemToObject(all, key, one);
        forms = one = NULL;
        result = json_print(&text, all) == 0 ? file_write_atomic(path, text.data, text.len, e) : err_no_memory(e);
    }
    cJSON_Delete(forms);
    cJSON_Delete(one);
    cJSON_Delete(all);
    buf_release(&text);
    free(path);
    free(key);
    return result;
}

static void count_forms(const cJSON *one, struct probe_memory *out)
{
    const cJSON *form;

    cJSON_ArrayForEach(form, json_obj(one, "forms")) {
        size_t used = strlen(out->failing);
        if (cJSON_IsString(form) && form->valuestring[0] == '\0') {
            out->works++;
            continue;
        }
        out->fails++;
        snprintf(out->failing + used, sizeof out->failing - used, "%s%s", used > 0 ? ", " : "", form->string);
    }
}

int probe_recall(const struct session *s, const char *which, struct probe_memory *out, struct err *e)
{
    struct compute *c = NULL;
    char *key = NULL, *path = NULL;

    *out = (struct probe_memory){0};
    if (compute_open(s, which, NULL, &c, e) != 0)
        return -1;
    str_copy(out->compute, sizeof out->compute, compute_label(c));
    key = key_of(s, c, e);
    path = key != NULL ? path_of(e) : NULL;
    cJSON *all = path != NULL ? read_all(path) : NULL;
    const cJSON *one = json_obj(all, key);
    out->known = one != NULL && json_i64(one, "at_ms", &out->at_ms);
    if (out->known)
        count_forms(one, out);
    int result = path != NULL ? 0 : -1;
    cJSON_Delete(all);
    free(path);
    free(key);
    compute_close(c);
    return result;
}
