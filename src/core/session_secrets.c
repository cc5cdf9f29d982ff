/* session_secrets: all settings with their secrets as one JSON object through a pipe, from a program to its worker. */
#include "base/file.h"
#include "base/json.h"
#include "core/session.h"
#include "core/settings_inner.h"
#include <errno.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 20)

static bool put_value(cJSON *values, const char *name, const struct value *v)
{
    cJSON *o;

    if (v->from == FROM_NONE || !v->text)
        return true;
    o = cJSON_CreateObject();
    bool ok = o && json_put_str(o, "text", v->text) && json_put_i64(o, "from", v->from) && json_put_str(o, "detail", v->detail);
    if (ok)
        return json_put_item(values, name, o);
    cJSON_Delete(o);
    return false;
}

/* The texts of a tree that holds secrets are wiped before it goes. */
static void wipe_tree(cJSON *tree)
{
    cJSON *child;

    cJSON_ArrayForEach(child, tree) {
        if (cJSON_IsString(child) && child->valuestring)
            explicit_bzero(child->valuestring, strlen(child->valuestring));
        wipe_tree(child);
    }
}

int session_export_secrets(const struct session *s, int fd, struct err *e)
{
    struct settings *all = (struct settings *)(uintptr_t)&s->settings;   /* only read */
    struct buf text = BUF_INIT;
    struct value *v;
    const char *name;
    cJSON *tree = cJSON_CreateObject(), *values = tree ? cJSON_AddObjectToObject(tree, "values") : NULL;
    bool ok = values && json_put_bool(tree, "production", all->production);

    for (size_t i = 0; ok && (v = settings_value_at(all, i, &name)); i++)
        ok = put_value(values, name, v);
    if (ok)
        ok = json_print(&text, tree) == 0;
    int rc = ok ? file_write_all(fd, text.data, text.len, e) : err_no_memory(e);
    wipe_tree(tree);
    cJSON_Delete(tree);
    buf_wipe(&text);
    return rc;
}

static int read_all(int fd, struct buf *out, struct err *e)
{
    char part[4096];
    ssize_t n;

    do {
        n = read(fd, part, sizeof part);
        if (n > 0)
            buf_add(out, part, (size_t)n);
    } while (n > 0 || (n < 0 && errno == EINTR));
    explicit_bzero(part, sizeof part);
    return n < 0 ? err_set_errno(e, errno, "the pipe with the credentials cannot be read") : buf_error(out, e);
}

static int take_values(const cJSON *values, struct settings *into, struct err *e)
{
    struct value *v;
    const char *name;

    for (size_t i = 0; (v = settings_value_at(into, i, &name)); i++) {
        const cJSON *o = json_obj(values, name);
        int64_t from;
        if (!o || !json_i64(o, "from", &from) || from <= FROM_NONE || from > FROM_SANDBOX)
            continue;
        if (value_set(v, json_str_or(o, "text", ""), (enum value_from)from, json_str_or(o, "detail", ""), e))
            return -1;
    }
    return 0;
}

int session_import_secrets(int fd, struct settings *into, struct err *e)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    int rc = read_all(fd, &text, e);
    cJSON *tree = rc ? NULL : json_parse(text.data, text.len, e);
    const cJSON *values = json_obj(tree, "values");
    if (!rc && !values)
        rc = tree ? err_set(e, ERR_PROTOCOL, "the credentials did not arrive whole") : -1;
    if (!rc)
        rc = take_values(values, into, e);
    if (!rc) {
        into->production = json_bool(tree, "production", false);
        settings_redact(into);
    }
    if (tree)
        wipe_tree(tree);
    cJSON_Delete(tree);
    buf_wipe(&text);
    return rc;
}
