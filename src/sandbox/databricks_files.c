#include "sandbox/databricks_files.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/timefmt.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files API 2.0 on the volumes' folders: files. */

void fs_place_release(struct fs_place *p)
{
    buf_release(&p->host);
}

bool fs_refuse(struct route_answer *a, int status, const char *code, const char *reason, const char *text, const char *name)
{
    route_fail_databricks(a, status, code, reason, "%s '%s'%s", text, name,
                          str_eq(reason, "FILES_API_RESOURCE_NOT_FOUND") ? " does not exist." : ".");
    return false;
}

/* Splits "Volumes/c/s/v/…" and sets volume and root; false when it is no volume path. */
static bool path_split(struct fs_place *p)
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

bool fs_place(struct route_call *c, struct route_answer *a, bool write, struct fs_place *p)
{
    struct err e = { 0 };
    *p = (struct fs_place){ .host = BUF_INIT };
    bool whole = snprintf(p->path, sizeof p->path, "/%s", c->captures[0]) < (int)sizeof p->path;
    size_t n = strlen(p->path);
    if (n > 1 && p->path[n - 1] == '/')
        p->path[n - 1] = 0;
    if (!whole || !path_clean(p->path) || !path_split(p))
        return fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL,
                      "The path must be absolute below a volume, /Volumes/<catalog>/<schema>/<volume>/…:", p->path);
    if (write ? !databricks_may_write(c->user, p->volume) || gate_lacks_volumes(c->user) : !databricks_may_read(p->volume))
        return fs_refuse(a, 403, "PERMISSION_DENIED", NULL, write ? "User does not have WRITE VOLUME on Volume"
                      : "User does not have READ VOLUME on Volume", p->volume);
    if (lake_path(sandbox_lake(c->sandbox), p->path, &p->host, &e) == 0)
        return true;
    if (e.code == ERR_NOT_FOUND)
        return fs_refuse(a, 404, "NOT_FOUND", "FILES_API_RESOURCE_NOT_FOUND", "Volume", p->volume);
    databricks_fail_err(a, &e);
    return false;
}

void fs_empty(struct route_answer *a, int status)
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

static void file_send(struct route_call *c, struct route_answer *a, struct fs_place *p, const struct stat *st)
{
    char text[120], date[40];
    uint64_t from, n, size = (uint64_t)st->st_size;
    int64_t unless;
    if (time_seconds(c->header(c, "If-Unmodified-Since"), &unless) && st->st_mtim.tv_sec > unless) {
        fs_refuse(a, 412, "ABORTED", NULL, "The file was modified:", p->path);
        return;
    }
    int part = range_read(c->header(c, "Range"), size, &from, &n);
    if (part < 0) {
        fs_refuse(a, 416, "INVALID_PARAMETER_VALUE", NULL, "The requested range is outside the file", p->path);
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
    struct fs_place p;
    struct stat st;
    if (fs_place(c, a, false, &p)) {
        if (stat(p.host.data, &st) < 0)
            fs_refuse(a, 404, "NOT_FOUND", "FILES_API_FILE_NOT_FOUND", "No file at", p.path);
        else if (!S_ISREG(st.st_mode))
            fs_refuse(a, 404, "NOT_FOUND", "FILES_API_PATH_IS_A_DIRECTORY", "The path is a directory:", p.path);
        else
            file_send(c, a, &p, &st);
    }
    fs_place_release(&p);
}

/* Whether the service makes the folders above is not confirmed (reference databricks §7): it does only where a setting says so. */
static bool parents_make(struct route_call *c, struct route_answer *a, const struct fs_place *p)
{
    struct err e = { 0 };
    struct stat st;
    char *parent = str_dup(p->host.data), *slash = parent ? strrchr(parent, '/') : NULL;
    bool good = slash != NULL;
    if (good) {
        *slash = 0;
        if (stat(parent, &st) == 0) {
            good = S_ISDIR(st.st_mode) || fs_refuse(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_FILE",
                                                 "A parent of the path is a file:", p->path);
        } else if (!sandbox_setting(c->sandbox, "files.make_parents", 0)) {
            good = fs_refuse(a, 404, "NOT_FOUND", "FILES_API_DIRECTORY_NOT_FOUND", "The parent directory is missing:", p->path);
        } else if (file_make_dirs(parent, &e) < 0) {
            good = false;
            route_fail_databricks(a, e.sys == ENOTDIR ? 409 : 500, e.sys == ENOTDIR ? "ALREADY_EXISTS" : "INTERNAL_ERROR", NULL,
                                  "%s", e.cause);
        }
    }
    free(parent);
    return good;
}

static void file_store(struct route_call *c, struct route_answer *a, const struct fs_place *p, bool overwrite)
{
    struct stat st;
    if (stat(p->host.data, &st) == 0 && S_ISDIR(st.st_mode)) {
        fs_refuse(a, 409, "ALREADY_EXISTS", "FILES_API_PATH_IS_A_DIRECTORY", "The path is a directory:", p->path);
    } else if (renameat2(AT_FDCWD, c->body_file, AT_FDCWD, p->host.data, overwrite ? 0 : RENAME_NOREPLACE) == 0) {
        sandbox_count(c->sandbox, "files.bytes_in", (int64_t)c->body_size);
        fs_empty(a, 204);
    } else if (errno == EEXIST) {
        fs_refuse(a, 409, "ALREADY_EXISTS", "FILES_API_FILE_ALREADY_EXISTS", "The file already exists:", p->path);
    } else {
        route_fail_databricks(a, errno == ENAMETOOLONG ? 400 : 500, errno == ENAMETOOLONG ? "INVALID_PARAMETER_VALUE"
                              : "INTERNAL_ERROR", NULL,
                              "The file cannot be stored: %s.", strerrordesc_np(errno));
    }
}

static void file_put(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    const char *overwrite = c->query(c, "overwrite");
    if (overwrite && !str_ieq(overwrite, "true") && !str_ieq(overwrite, "false")) {
        fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "overwrite must be true or false, not", overwrite);
        return;
    }
    if (!c->header(c, "Content-Length")) {
        fs_refuse(a, 411, "INVALID_REQUEST", NULL, "A Content-Length is needed for", c->path);
        return;
    }
    if (fs_place(c, a, true, &p)) {
        if (p.root)
            fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "The path is the volume itself:", p.path);
        else if (parents_make(c, a, &p))
            file_store(c, a, &p, !str_ieq(overwrite, "false"));
    }
    fs_place_release(&p);
}

static void file_delete(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    struct stat st;
    if (fs_place(c, a, true, &p)) {
        if (stat(p.host.data, &st) < 0 || !S_ISREG(st.st_mode) || unlink(p.host.data) < 0)
            fs_refuse(a, 404, "NOT_FOUND", "FILES_API_FILE_NOT_FOUND", "No file at", p.path);
        else
            fs_empty(a, 204);
    }
    fs_place_release(&p);
}

/*
 * Presigned transfers are switched off, as in workspaces that lack them: a session can be begun, but asking for URLs is
 * refused with the reason at which clients fall back to plain PUT and GET.
 */
static void upload_initiate(struct route_call *c, struct route_answer *a)
{
    struct fs_place p;
    if (!str_eq(c->query(c, "action"), "initiate-upload")) {
        fs_refuse(a, 400, "INVALID_PARAMETER_VALUE", NULL, "There is no upload session for", c->path);
        return;
    }
    if (fs_place(c, a, true, &p)) {
        char token[33];
        cJSON *o = cJSON_CreateObject(), *session = cJSON_CreateObject();
        sandbox_random_hex(token, 16);
        json_put_str(session, "session_token", token);
        json_put_item(o, "multipart_upload", session);
        route_json(a, 200, o);
    }
    fs_place_release(&p);
}

static void presign_off(struct route_call *c, struct route_answer *a)
{
    (void)c;
    route_fail_databricks(a, 403, "PERMISSION_DENIED", "FILES_API_API_IS_NOT_ENABLED",
                          "Presigned URLs are not enabled for this workspace.");
}

#define FILES "/api/2.0/fs/files/{path*}"

const struct route databricks_files_routes[] = {
    { "GET", FILES, ROUTE_DATABRICKS, NULL, "-", file_get },
    { "HEAD", FILES, ROUTE_DATABRICKS, NULL, "-", file_get },
    { "PUT", FILES, ROUTE_DATABRICKS, "overwrite", "raw", file_put },
    { "DELETE", FILES, ROUTE_DATABRICKS, NULL, "-", file_delete },
    { "POST", FILES, ROUTE_DATABRICKS, "action overwrite upload_type session_token", NULL, upload_initiate },
    { "POST", "/api/2.0/fs/create-download-url", ROUTE_DATABRICKS, "path expire_time", NULL, presign_off },
    { "POST", "/api/2.0/fs/create-upload-part-urls", ROUTE_DATABRICKS, NULL,
        "path session_token start_part_number count expire_time", presign_off },
    { "POST", "/api/2.0/fs/create-resumable-upload-url", ROUTE_DATABRICKS, NULL, "path session_token", presign_off },
    { "POST", "/api/2.0/fs/create-abort-upload-url", ROUTE_DATABRICKS, NULL, "path session_token expire_time", presign_off },
    { 0 },
};
