#include "sandbox/databricks.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files API 2.0 on the volumes' folders. */
#define LIST_MAX 1000

struct place {
    struct buf host;            /* where it is on disk */
    char path[4200];            /* "/Volumes/c/s/v/rel" without a final slash */
    char volume[800];           /* "c.s.v" */
    bool root;                  /* the volume itself */
};

static void place_release(struct place *p)
{
    buf_release(&p->host);
}

static bool refuse(struct route_answer *a, int status, const char *code, const char *reason, const char *text, const char *name)
{
    route_fail_databricks(a, status, code, reason, "%s '%s'%s", text, name,
                          str_eq(reason, "FILES_API_RESOURCE_NOT_FOUND") ? " does not exist." : ".");
    return false;
}

/* Splits "Volumes/c/s/v/…" and sets volume and root; false when it is no volume path. */
static bool path_split(struct place *p)
{
    char *part = p->path + 1, *parts[3];
    if (!str_starts(part, "Volumes/"))
        return false;
    part += 8;
    for (int i = 0; i < 3; i++) {
        size_t n = strcspn(part, "/");
        if (n == 0 || (i < 2 && !part[n]))
            return false;
        parts[i] = part;
        part += n;
        if (i < 2)
            part++;
    }
    p->root = !*part;
    snprintf(p->volume, sizeof p->volume, "%.*s.%.*s.%.*s", (int)strcspn(parts[0], "/"), parts[0], (int)strcspn(parts[1], "/"),
             parts[1],
             (int)strcspn(parts[2], "/"), parts[2]);
    return true;
}

static bool path_clean(const char *path)
{
    for (const char *at = path; *at == '/'; ) {
        size_t n = strcspn(++at, "/");
        if (n == 0 || (n == 1 && at[0] == '.') || (n == 2 && at[0] == '.' && at[1] == '.'))
            return false;
        at += n;
    }
    return true;
}

/* Where the call's path is; refuses bad paths, missing volumes and missing rights. */
static bool place_of(struct route_call *c, struct route_answer *a, bool write, struct place *p)
{
    struct err e = { 0 };
    *p = (struct place){ .host = BUF_INIT };
    bool whole = snprintf(p->path, sizeof p->path, "/%s", c->captures[0]) < (int)sizeof p->path;
    size_t n = strlen(p->path);
    if (n > 1 && p->path[n - 1] == '/')
        p->path[n - 1] = 0;
    if (!whole || !path_clean(p->path) || !path_split(p))
        return refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                      "The path must be absolute below a volume, /Volumes/<catalog>/<schema>/<volume>/…:", p->path);
    if (write ? !databricks_may_write(c->user, p->volume) || gate_lacks_volumes(c->user) : !databricks_may_read(p->volume))
        return refuse(a, 403, "PERMISSION_DENIED", NULL, write ? "User does not have WRITE VOLUME on Volume"
                      : "User does not have READ VOLUME on Volume", p->volume);
    if (lake_path(sandbox_lake(c->sandbox), p->path, &p->host, &e) == 0)
        return true;
    if (e.code == ERR_NOT_FOUND)
        return refuse(a, 404, "NOT_FOUND", "FILES_API_RESOURCE_NOT_FOUND", "Volume", p->volume);
    databricks_fail_err(a, &e);
    return false;
}

static void empty(struct route_answer *a, int status)
{
    a->status = status;
}

/* --- files --- */

static bool time_seconds(const char *text, int64_t *s)
{
    int64_t us;
    if (!text || !time_parse_http(text, &us))
        return false;
    *s = us / 1000000;
    return true;
}

/* 0 whole, 1 a part, -1 not satisfiable. Several ranges or nonsense count as whole, as HTTP allows. */
static int range_read(const char *text, uint64_t size, uint64_t *from, uint64_t *n)
{
    char *end;
    *from = 0;
    *n = size;
    if (!text || !str_starts(text, "bytes=") || strchr(text, ','))
        return 0;
    text += 6;
    if (*text == '-') {
        unsigned long long tail = strtoull(text + 1, &end, 10);
        if (*end || end == text + 1)
            return 0;
        *n = tail < size ? tail : size;
        *from = size - *n;
        return *n ? 1 : -1;
    }
    unsigned long long first = strtoull(text, &end, 10), last = size ? size - 1 : 0;
    if (end == text || *end != '-')
        return 0;
    if (end[1]) {
        char *stop;
        unsigned long long asked = strtoull(end + 1, &stop, 10);
        if (*stop || asked < first)
            return 0;
        last = asked < last ? asked : last;
    }
    if (first >= size)
        return -1;
    *from = first;
    *n = last - first + 1;
    return 1;
}

static void file_send(struct route_call *c, struct route_answer *a, struct place *p, const struct stat *st)
{
    char text[120], date[40];
    uint64_t from, n, size = (uint64_t)st->st_size;
    int64_t unless;
    if (time_seconds(c->header(c, "If-Unmodified-Since"), &unless) && st->st_mtim.tv_sec > unless) {
        refuse(a, 412, "ABORTED", NULL, "The file was modified:", p->path);
        return;
    }
    int part = range_read(c->header(c, "Range"), size, &from, &n);
    if (part < 0) {
        refuse(a, 416, "INVALID_PARAMETER_VALUE", NULL, "The requested range is outside the file", p->path);
        snprintf(text, sizeof text, "bytes */%llu", (unsigned long long)size);
        route_header(a, "Content-Range", text);
        return;
    }
    a->status = part ? 206 : 200;
    a->content_type = "application/octet-stream";
    route_header(a, "Last-Modified", time_format_http((int64_t)st->st_mtim.tv_sec * 1000000, date, sizeof date));
    route_header(a, "Accept-Ranges", "bytes");
    if (part) {
        snprintf(text, sizeof text, "bytes %llu-%llu/%llu", (unsigned long long)from, (unsigned long long)(from + n - 1),
                 (unsigned long long)size);
        route_header(a, "Content-Range", text);
    }
    a->offset = from;
    a->size = n;
    a->file = buf_take(&p->host);
    sandbox_count(c->sandbox, "files.bytes_out", (int64_t)n);
}

static void file_get(struct route_call *c, struct route_answer *a)
{
    struct place p;
    struct stat st;
    if (place_of(c, a, false, &p)) {
        if (stat(p.host.data, &st) < 0)
            refuse(a, 404, "NOT_FOUND", "FILES_API_FILE_NOT_FOUND", "No file at", p.path);
        else if (!S_ISREG(st.st_mode))
            refuse(a, 404, "NOT_FOUND", "FILES_API_PATH_IS_A_DIRECTORY", "The path is a directory:", p.path);
        else
            file_send(c, a, &p, &st);
    }
    place_release(&p);
}

/* Makes the folders above; object stores know none. */
static bool parents_make(struct route_call *c, struct route_answer *a, const struct place *p)
{
    struct err e = { 0 };
    struct stat st;
    char *parent = str_dup(p->host.data), *slash = parent ? strrchr(parent, '/') : NULL;
    bool good = slash != NULL;
    if (good) {
        *slash = 0;
        if (stat(parent, &st) == 0) {
            good = S_ISDIR(st.st_mode) || refuse(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_FILE",
                                                 "A parent of the path is a file:", p->path);
        } else if (!sandbox_setting(c->sandbox, "files.make_parents", 1)) {
            good = refuse(a, 404, "NOT_FOUND", "FILES_API_DIRECTORY_NOT_FOUND", "The parent directory is missing:", p->path);
        } else if (file_make_dirs(parent, &e) < 0) {
            good = false;
            route_fail_databricks(a, e.sys == ENOTDIR ? 409 : 500, e.sys == ENOTDIR ? "ALREADY_EXISTS" : "INTERNAL_ERROR", NULL,
                                  "%s", e.cause);
        }
    }
    free(parent);
    return good;
}

static void file_store(struct route_call *c, struct route_answer *a, const struct place *p, bool overwrite)
{
    struct stat st;
    if (stat(p->host.data, &st) == 0 && S_ISDIR(st.st_mode)) {
        refuse(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_DIRECTORY", "The path is a directory:", p->path);
    } else if (renameat2(AT_FDCWD, c->body_file, AT_FDCWD, p->host.data, overwrite ? 0 : RENAME_NOREPLACE) == 0) {
        sandbox_count(c->sandbox, "files.bytes_in", (int64_t)c->body_size);
        empty(a, 204);
    } else if (errno == EEXIST) {
        refuse(a, 409, "ALREADY_EXISTS", "FILES_API_FILE_ALREADY_EXISTS", "The file already exists:", p->path);
    } else {
        route_fail_databricks(a, errno == ENAMETOOLONG ? 400 : 500, errno == ENAMETOOLONG ? "INVALID_PARAMETER_VALUE"
                              : "INTERNAL_ERROR", NULL,
                              "The file cannot be stored: %s.", strerrordesc_np(errno));
    }
}

static void file_put(struct route_call *c, struct route_answer *a)
{
    struct place p;
    const char *overwrite = c->query(c, "overwrite");
    if (overwrite && !str_ieq(overwrite, "true") && !str_ieq(overwrite, "false")) {
        refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "overwrite must be true or false, not", overwrite);
        return;
    }
    if (place_of(c, a, true, &p)) {
        if (p.root)
            refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "The path is the volume itself:", p.path);
        else if (parents_make(c, a, &p))
            file_store(c, a, &p, !str_ieq(overwrite, "false"));
    }
    place_release(&p);
}

static void file_delete(struct route_call *c, struct route_answer *a)
{
    struct place p;
    struct stat st;
    if (place_of(c, a, true, &p)) {
        if (stat(p.host.data, &st) < 0 || !S_ISREG(st.st_mode) || unlink(p.host.data) < 0)
            refuse(a, 404, "NOT_FOUND", "FILES_API_FILE_NOT_FOUND", "No file at", p.path);
        else
            empty(a, 204);
    }
    place_release(&p);
}

/* --- directories --- */

static void directory_put(struct route_call *c, struct route_answer *a)
{
    struct place p;
    struct stat st;
    struct err e = { 0 };
    if (place_of(c, a, true, &p)) {
        if (stat(p.host.data, &st) == 0 && !S_ISDIR(st.st_mode))
            route_fail_databricks(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_FILE",
                                  "The given path points to an existing file. This API does not support operations on files.");
        else if (file_make_dirs(p.host.data, &e) < 0)
            route_fail_databricks(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_FILE", "A parent of the path is a file: '%s'.",
                                  p.path);
        else
            empty(a, 204);
    }
    place_release(&p);
}

static bool directory_is(struct route_answer *a, const struct place *p)
{
    struct stat st;
    return (stat(p->host.data, &st) == 0 && S_ISDIR(st.st_mode)) ||
           refuse(a, 404, "NOT_FOUND", "FILES_API_DIRECTORY_NOT_FOUND", "No directory at", p->path);
}

static void directory_head(struct route_call *c, struct route_answer *a)
{
    struct place p;
    if (place_of(c, a, false, &p) && directory_is(a, &p))
        empty(a, 200);
    place_release(&p);
}

static void directory_delete(struct route_call *c, struct route_answer *a)
{
    struct place p;
    if (place_of(c, a, true, &p) && directory_is(a, &p)) {
        if (p.root)
            refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "The root of a volume cannot be deleted:", p.path);
        else if (rmdir(p.host.data) == 0)
            empty(a, 204);
        else
            refuse(a, 400, "INVALID_PARAMETER_VALUE", "FILES_API_DIRECTORY_IS_NOT_EMPTY", "The directory is not empty:", p.path);
    }
    place_release(&p);
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
static cJSON *entry_json(const struct place *p, const struct entry *row)
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

static void list_answer(struct route_answer *a, const struct place *p, const struct entries *l, const char *after, int64_t size)
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
        databricks_token(o, "next_page_token", l->rows[i - 1].name);
    if (contents->child)
        json_put_item(o, "contents", contents);
    else
        cJSON_Delete(contents);
    route_json(a, 200, o);
}

static void directory_get(struct route_call *c, struct route_answer *a)
{
    struct place p;
    struct entries l = { 0 };
    struct buf after = BUF_INIT;
    const char *asked = c->query(c, "page_size"), *token = c->query(c, "page_token");
    int64_t size = 0, most = sandbox_setting(c->sandbox, "files.page_size", LIST_MAX);
    if (!place_of(c, a, false, &p) || !directory_is(a, &p)) {
        place_release(&p);
        return;
    }
    bool good = (!asked || (str_i64(asked, &size) && size >= 0)) && (!token || !*token || databricks_token_read(token, &after));
    if (!good)
        refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "Invalid page_size or page_token for", p.path);
    else if (entries_read(p.host.data, &l) < 0)
        refuse(a, 500, "INTERNAL_ERROR", NULL, "The directory cannot be read:", p.path);
    else
        list_answer(a, &p, &l, after.len ? after.data : NULL, size > 0 && size < most ? size : most);
    entries_release(&l);
    buf_release(&after);
    place_release(&p);
}

/*
 * Presigned transfers are switched off, as in workspaces that lack them: a session can be begun, but asking for URLs is
 * refused with the reason at which clients fall back to plain PUT and GET.
 */
static void upload_initiate(struct route_call *c, struct route_answer *a)
{
    struct place p;
    if (!str_eq(c->query(c, "action"), "initiate-upload")) {
        refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "There is no upload session for", c->path);
        return;
    }
    if (place_of(c, a, true, &p)) {
        char token[33];
        cJSON *o = cJSON_CreateObject(), *session = cJSON_CreateObject();
        sandbox_random_hex(token, 16);
        json_put_str(session, "session_token", token);
        json_put_item(o, "multipart_upload", session);
        route_json(a, 200, o);
    }
    place_release(&p);
}

static void presign_off(struct route_call *c, struct route_answer *a)
{
    (void)c;
    route_fail_databricks(a, 403, "PERMISSION_DENIED", "FILES_API_API_IS_NOT_ENABLED",
                          "Presigned URLs are not enabled for this workspace.");
}

#define FILES "/api/2.0/fs/files/{path*}"
#define DIRECTORIES "/api/2.0/fs/directories/{path*}"

const struct route databricks_files_routes[] = {
    { "GET", FILES, ROUTE_DATABRICKS, NULL, "-", file_get },
    { "HEAD", FILES, ROUTE_DATABRICKS, NULL, "-", file_get },
    { "PUT", FILES, ROUTE_DATABRICKS, "overwrite", "raw", file_put },
    { "DELETE", FILES, ROUTE_DATABRICKS, NULL, "-", file_delete },
    { "POST", FILES, ROUTE_DATABRICKS, "action overwrite upload_type session_token", NULL, upload_initiate },
    { "GET", DIRECTORIES, ROUTE_DATABRICKS, "page_size page_token", "-", directory_get },
    { "HEAD", DIRECTORIES, ROUTE_DATABRICKS, NULL, "-", directory_head },
    { "PUT", DIRECTORIES, ROUTE_DATABRICKS, NULL, "-", directory_put },
    { "DELETE", DIRECTORIES, ROUTE_DATABRICKS, NULL, "-", directory_delete },
    { "POST", "/api/2.0/fs/create-download-url", ROUTE_DATABRICKS, "path expire_time", NULL, presign_off },
    { "POST", "/api/2.0/fs/create-upload-part-urls", ROUTE_DATABRICKS, NULL,
        "path session_token start_part_number count expire_time", presign_off },
    { "POST", "/api/2.0/fs/create-resumable-upload-url", ROUTE_DATABRICKS, NULL, "path session_token", presign_off },
    { "POST", "/api/2.0/fs/create-abort-upload-url", ROUTE_DATABRICKS, NULL, "path session_token expire_time", presign_off },
    { 0 },
};
