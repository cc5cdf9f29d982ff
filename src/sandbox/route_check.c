#include "sandbox/inner.h"
#include "base/str.h"
#include <strings.h>

/* Whether a request has only what its row knows, in the form the platform takes. */

/* True when the blank-separated list has the word; a listed "x*" takes every word beginning with x. */
static bool list_has(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list ? list : ""; *at;) {
        at += strspn(at, " \n");
        size_t len = strcspn(at, " \n");
        if (len == n && memcmp(at, word, n) == 0)
            return true;
        if (len && at[len - 1] == '*' && n >= len - 1 && memcmp(at, word, len - 1) == 0)
            return true;
        at += len;
    }
    return false;
}

/* Parameters that may be given several times; any other one only once (reference clarifai §1.3, databricks §3). */
static const char lists[] = "ids input_ids user_ids model_version_ids workflow_version_ids additional_fields"
                            " filter_by.cluster_sources filter_by.cluster_states";
static const char flags[] = "sort_ascending sort_by_* starred_only featured_only template_only bookmark list_all_annotations"
                            " return_model_output order_by_id descending include_* omit_* overwrite force filter_by.is_pinned";

static bool given_before(const struct request *r, int i)
{
    for (int k = 0; k < i; k++)
        if (str_eq(r->query[k].name, r->query[i].name))
            return true;
    return false;
}

bool route_query_fits(const struct route *row, const struct request *r, char *text, size_t size)
{
    for (int i = 0; i < r->query_count; i++) {
        const char *name = r->query[i].name, *value = r->query[i].value;
        if (!list_has(row->query, name))
            snprintf(text, size, "Unknown query parameter '%.200s'.", name);
        else if (!list_has(lists, name) && given_before(r, i))
            snprintf(text, size, "The query parameter '%.200s' is given more than once.", name);
        else if (list_has(flags, name) && !str_ieq(value, "true") && !str_ieq(value, "false"))
            snprintf(text, size, "The query parameter '%.200s' must be true or false, not '%.100s'.", name, value);
        else
            continue;
        return false;
    }
    return true;
}

bool route_json_declared(const struct route_call *c)
{
    static const char json[] = "application/json";
    const char *type = c->header(c, "Content-Type");
    return type && strncasecmp(type, json, sizeof json - 1) == 0 && (!type[sizeof json - 1] || strchr("; \t", type[sizeof json - 1]));
}

/* True when the list names something below path. */
static bool list_descends(const char *list, const char *path)
{
    size_t n = strlen(path);
    for (const char *at = list; *at;) {
        at += strspn(at, " \n");
        size_t len = strcspn(at, " \n");
        if (len > n && memcmp(at, path, n) == 0 && (at[n] == '.' || at[n] == '['))
            return true;
        at += len;
    }
    return false;
}

static bool body_walk(const char *list, const cJSON *node, struct buf *path, char *unknown, size_t size)
{
    size_t base = path->len;
    const cJSON *child;
    if (cJSON_IsArray(node))
        buf_puts(path, "[]");
    cJSON_ArrayForEach(child, node) {
        size_t here = path->len;
        bool good = true;
        if (cJSON_IsObject(node)) {
            buf_printf(path, "%s%s", here ? "." : "", child->string);
            if (list_has(list, path->data)) {
                buf_cut(path, here);
                continue;
            }
            good = list_descends(list, path->data);
        }
        if (!good)
            str_copy(unknown, size, path->data);
        else if (cJSON_IsObject(child) || cJSON_IsArray(child))
            good = body_walk(list, child, path, unknown, size);
        if (!good)
            return false;
        buf_cut(path, here);
    }
    buf_cut(path, base);
    return true;
}

bool route_body_allowed(const char *list, const cJSON *body, char *unknown, size_t size)
{
    struct buf path = BUF_INIT;
    bool good = body_walk(list, body, &path, unknown, size);
    buf_release(&path);
    return good;
}

/* Members of the workspace's bodies that are numbers; every other one is text, a list or an object of such. */
static const char numbers[] = "row_limit byte_limit start_time end_time page_size offset limit start_part_number count";

static bool typed(const cJSON *v, const char *name)
{
    const cJSON *child;
    int64_t number;
    if (cJSON_IsObject(v) || cJSON_IsArray(v)) {
        cJSON_ArrayForEach(child, v)
            if (!typed(child, child->string ? child->string : name))
                return false;
        return true;
    }
    if (cJSON_IsNull(v) || !list_has(numbers, name))
        return cJSON_IsNull(v) || cJSON_IsString(v);
    return cJSON_IsNumber(v) || (cJSON_IsString(v) && str_i64(v->valuestring, &number));
}

bool route_body_typed(const cJSON *body, char *wrong, size_t size)
{
    const cJSON *child;
    cJSON_ArrayForEach(child, body)
        if (!typed(child, child->string)) {
            str_copy(wrong, size, child->string);
            return false;
        }
    return true;
}
