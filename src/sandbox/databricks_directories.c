#include "sandbox/databricks_files.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files API 2.0 on the volumes' folders: directories and their listings. */
#define LIST_MAX 1000

static void directory_put(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    struct stat st;
    struct err e = { 0 };
    if (fs_place(c, a, true, &p)) {
        if (stat(p.host.data, &st) == 0 && !S_ISDIR(st.st_mode))
            route_fail_databricks(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_FILE",
                                  "The given path points to an existing file. This API does not support operations on files.");
        else if (file_make_dirs(p.host.data, &e) < 0)
            route_fail_databricks(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_FILE", "A parent of the path is a file: '%s'.",
                                  p.path);
        else
            fs_empty(a, 204);
    }
    fs_place_release(&p);
}

static bool directory_is(struct route_answer *a, const struct fs_place *p)
{
    struct stat st;
    return (stat(p->host.data, &st) == 0 && S_ISDIR(st.st_mode)) ||
           fs_refuse(a, 404, "NOT_FOUND", "FILES_API_DIRECTORY_NOT_FOUND", "No directory at", p->path);
}

static void directory_head(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    if (fs_place(c, a, false, &p) && directory_is(a, &p))
        fs_empty(a, 200);
    fs_place_release(&p);
}

static void directory_delete(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    if (fs_place(c, a, true, &p) && directory_is(a, &p)) {
        if (p.root)
            fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "The root of a volume cannot be deleted:", p.path);
        else if (rmdir(p.host.data) == 0)
            fs_empty(a, 204);
        else
            fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", "FILES_API_DIRECTORY_IS_NOT_EMPTY", "The directory is not empty:", p.path);
    }
    fs_place_release(&p);
}

/* --- listing --- */

struct entry { char *name, *stored; };
struct entries { struct entry *rows; size_t count, cap; };

static void entries_release(struct entries *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->rows[i].name);
        free(l->rows[i].stored);
    }
    free(l->rows);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int entry_add(struct entries *l, const char *stored)
{
    struct buf name = BUF_INIT;
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        struct entry *rows = reallocarray(l->rows, cap, sizeof *rows);
        if (!rows)
            return -1;
        l->rows = rows;
        l->cap = cap;
    }
    if (lake_segment_name(stored, &name) < 0) {
        buf_release(&name);
        return 0;
    }
    struct entry row = { buf_take(&name), str_dup(stored) };
    if (!row.name || !row.stored) {
        free(row.name);
        free(row.stored);
        return -1;
    }
    l->rows[l->count++] = row;
    return 0;
}

static int entries_read(const char *host, struct entries *l)
{
    DIR *d = opendir(host);
    int result = d ? 0 : -1;
    for (struct dirent *entry; d && result == 0 && (entry = readdir(d));)
        if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
            result = entry_add(l, entry->d_name);
    if (d)
        closedir(d);
    if (result == 0 && l->count)
        qsort(l->rows, l->count, sizeof *l->rows, by_name);
    return result;
}

/* NULL when the entry has gone meanwhile. */
static cJSON *entry_json(const struct fs_place *p, const struct entry *row)
{
    struct stat st;
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s/%s", p->host.data, row->stored);
    cJSON *o = stat(text.data, &st) == 0 ? cJSON_CreateObject() : NULL;
    if (o) {
        bool directory = S_ISDIR(st.st_mode);
        buf_clear(&text);
        buf_printf(&text, "%s/%s%s", p->path, row->name, directory ? "/" : "");
        json_put_str(o, "path", text.data);
        json_put_bool(o, "is_directory", directory);
        if (!directory)
            json_put_i64(o, "file_size", st.st_size);
        json_put_i64(o, "last_modified", (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
        json_put_str(o, "name", row->name);
    }
    buf_release(&text);
    return o;
}

/* A token goes with the parameters of the request that it continues, which have to be repeated (reference databricks §7). */
static void token_put(cJSON *o, int64_t asked, const char *last)
{
    struct buf text = BUF_INIT;
    buf_printf(&text, "%lld/%s", (long long)asked, last);
    databricks_token(o, "next_page_token", text.data);
    buf_release(&text);
}

static bool token_read(const char *token, int64_t asked, struct buf *after)
{
    char head[32];
    size_t n;
    if (!token || !*token)
        return true;
    n = (size_t)snprintf(head, sizeof head, "%lld/", (long long)asked);
    if (!databricks_token_read(token, after) || after->len <= n || memcmp(after->data, head, n) != 0)
        return false;
    memmove(after->data, after->data + n, after->len - n + 1);
    after->len -= n;
    return true;
}

/* At most size entries behind the name after; asked: the page size of the request. */
static void list_answer(struct route_answer *a, const struct fs_place *p, const struct entries *l, const char *after, int64_t size,
                        int64_t asked)
{
    cJSON *o = cJSON_CreateObject(), *contents = cJSON_CreateArray();
    size_t i = 0;
    while (i < l->count && after && strcmp(l->rows[i].name, after) <= 0)
        i++;
    for (int64_t n = 0; i < l->count && n < size; i++, n++) {
        cJSON *entry = entry_json(p, &l->rows[i]);
        if (entry)
            cJSON_AddItemToArray(contents, entry);
    }
    if (i < l->count && i > 0)
        token_put(o, asked, l->rows[i - 1].name);
    if (contents->child)
        json_put_item(o, "contents", contents);
    else
        cJSON_Delete(contents);
    route_json(a, 200, o);
}

static void directory_get(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    struct entries l = { 0 };
    struct buf after = BUF_INIT;
    const char *asked = c->query(c, "page_size"), *token = c->query(c, "page_token");
    int64_t size = 0, most = sandbox_setting(c->sandbox, "files.page_size", LIST_MAX);
    if (!fs_place(c, a, false, &p) || !directory_is(a, &p)) {
        fs_place_release(&p);
        return;
    }
    bool good = (!asked || (str_i64(asked, &size) && size >= 0)) && token_read(token, size, &after);
    if (!good)
        fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Invalid page_size or page_token for", p.path);
    else if (entries_read(p.host.data, &l) < 0)
        fs_refuse(a, 500, "INTERNAL_ERROR", NULL, "The directory cannot be read:", p.path);
    else
        list_answer(a, &p, &l, after.len ? after.data : NULL, size > 0 && size < most ? size : most, size);
    entries_release(&l);
    buf_release(&after);
    fs_place_release(&p);
}

#define DIRECTORIES "/api/2.0/fs/directories/{path*}"

const struct route databricks_directory_routes[] = {
    { "GET", DIRECTORIES, ROUTE_DATABRICKS, "page_size page_token", "-", directory_get },
    { "HEAD", DIRECTORIES, ROUTE_DATABRICKS, NULL, "-", directory_head },
    { "PUT", DIRECTORIES, ROUTE_DATABRICKS, NULL, "-", directory_put },
    { "DELETE", DIRECTORIES, ROUTE_DATABRICKS, NULL, "-", directory_delete },
    { 0 },
};
