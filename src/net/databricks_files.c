#include "net/databricks_files.h"

#include "base/str.h"
#include "base/timefmt.h"
#include "base/url.h"
#include "net/databricks_wire.h"
#include "net/listing.h"

static int files_path(struct buf *out, const char *kind, const char *path, struct err *e)
{
    if (!str_starts(path, "/Volumes/")) {
        err_set(e, ERR_USAGE, "\"%s\" is not a path in a volume", path);
        return err_remedy(e, "write it like /Volumes/catalog/schema/volume/folder");
    }
    buf_printf(out, "/api/2.0/fs/%s", kind);
    if (url_encode_path(out, path, e)) return -1;
    while (out->len && out->data[out->len - 1] == '/') buf_cut(out, out->len - 1);
    return buf_error(out, e);
}

/* A call that carries nothing but its path; missing: 404 is success. */
static int plain_call(const struct net_api *api, enum net_method method, const char *kind, const char *path, bool missing, struct err *e)
{
    struct buf full = BUF_INIT;
    struct err why;
    err_clear(&why);
    int rc = files_path(&full, kind, path, &why);
    struct databricks_ask ask = { .method = method, .path = full.data, .idempotent = true, .quota_name = DATABRICKS_QUOTA_FILES };
    if (!rc) rc = databricks_ask_send(api, &ask, NULL, &why);
    buf_release(&full);
    if (!rc || (missing && why.code == ERR_NOT_FOUND && why.http == 404)) return 0;
    if (e) *e = why;
    return -1;
}

int databricks_directory_create(const struct net_api *api, const char *path, struct err *e)
{
    return plain_call(api, NET_PUT, "directories", path, false, e);
}

int databricks_directory_delete(const struct net_api *api, const char *path, struct err *e)
{
    return plain_call(api, NET_DELETE, "directories", path, true, e);
}

int databricks_file_delete(const struct net_api *api, const char *path, struct err *e)
{
    return plain_call(api, NET_DELETE, "files", path, true, e);
}

struct folder { databricks_file_each each; void *ctx; };

static int take_file(void *ctx, const cJSON *element, struct err *e)
{
    const struct folder *folder = ctx;
    struct databricks_file f = { .is_directory = json_bool(element, "is_directory", false) };
    int64_t size = 0;
    const char *text = json_need_str(element, "path", e);
    if (!text) return -1;
    char *path = str_dup(text);
    if (!path) return err_no_memory(e);
    for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--) path[n - 1] = '\0';
    const char *slash = strrchr(path, '/'), *name = json_str(element, "name");
    f.path = path;
    f.name = name && *name ? name : slash ? slash + 1 : path;
    if (json_i64(element, "file_size", &size) && size > 0) f.size = (uint64_t)size;
    json_i64(element, "last_modified", &f.modified_ms);
    int rc = folder->each(folder->ctx, &f, e);
    free(path);
    return rc;
}

int databricks_directory_list(const struct net_api *api, const char *path, databricks_file_each each, void *ctx, struct err *e)
{
    struct folder folder = { each, ctx };
    struct buf full = BUF_INIT;
    int rc = files_path(&full, "directories", path, e);
    databricks_path_query(&full, "page_size", "1000");
    if (!rc) rc = buf_error(&full, e);
    if (!rc) rc = databricks_ask_list(api, full.data, "contents", DATABRICKS_QUOTA_FILES, take_file, &folder, e);
    buf_release(&full);
    return rc;
}

/* Counts what passes to the caller's sink, and lets no web page pass for a file. */
struct download { const struct net_sink *sink; bool html_file; uint64_t bytes; };

static int download_begin(void *ctx, int status, int64_t size, const char *content_type, struct err *e)
{
    struct download *d = ctx;
    d->bytes = 0;
    if (!d->html_file && listing_is_html(content_type)) return listing_not_the_api(e, "Databricks", status);
    return d->sink->begin ? d->sink->begin(d->sink->ctx, status, size, content_type, e) : 0;
}

static int download_write(void *ctx, const char *bytes, size_t n, struct err *e)
{
    struct download *d = ctx;
    d->bytes += n;
    return d->sink->write(d->sink->ctx, bytes, n, e);
}

int databricks_file_get(const struct net_api *api, const char *path, const struct net_sink *sink, struct net_answer *answer, struct err *e)
{
    struct download d = { .sink = sink, .html_file = str_iends(path, ".html") || str_iends(path, ".htm") };
    struct net_sink counted = { .begin = download_begin, .write = download_write, .ctx = &d };
    struct buf full = BUF_INIT;
    int rc = files_path(&full, "files", path, e);
    struct net_request request = { .method = NET_GET, .path = full.data, .idempotent = true, .bulk = true, .sink = &counted,
                                   .quota_name = DATABRICKS_QUOTA_FILES };
    if (!rc) rc = net_call(api, &request, databricks_judge, answer, e);
    if (!rc && answer->length >= 0 && (uint64_t)answer->length != d.bytes)
        rc = err_set(e, ERR_PROTOCOL, "the file came with %llu of %lld bytes", (unsigned long long)d.bytes, (long long)answer->length);
    buf_release(&full);
    return rc;
}

int databricks_file_head(const struct net_api *api, const char *path, uint64_t *size, int64_t *modified_ms, struct err *e)
{
    struct buf full = BUF_INIT;
    struct net_answer answer;
    int64_t us = 0;
    *size = 0;
    *modified_ms = 0;
    net_answer_init(&answer);
    int rc = files_path(&full, "files", path, e);
    struct net_request request = { .method = NET_HEAD, .path = full.data, .idempotent = true, .quota_name = DATABRICKS_QUOTA_FILES };
    if (!rc) rc = net_call(api, &request, databricks_judge, &answer, e);
    if (!rc && answer.length < 0) rc = err_set(e, ERR_PROTOCOL, "the answer does not say the size of the file");
    if (!rc) {
        *size = (uint64_t)answer.length;
        if (time_parse_http(answer.last_modified, &us)) *modified_ms = us / 1000;
    }
    net_answer_release(&answer);
    buf_release(&full);
    return rc;
}

/* Most reasons say nothing of the tries before: whether they wrote the file stays open. The others are for the caller to act upon first. */
static bool is_open(const struct err *e)
{
    return !err_parks(e) && e->code != ERR_CANCELLED && e->code != ERR_FORBIDDEN && e->code != ERR_NO_SPACE && e->code != ERR_NOT_FOUND;
}

int databricks_file_put(const struct net_api *api, const char *path, const struct net_source *source, bool overwrite, struct err *e)
{
    struct buf full = BUF_INIT;
    struct net_answer answer;
    net_answer_init(&answer);
    int rc = files_path(&full, "files", path, e);
    databricks_path_query(&full, "overwrite", overwrite ? "true" : "false");
    if (!rc) rc = buf_error(&full, e);
    /* Without overwriting, a second try may meet the first one's file and call it somebody else's. */
    struct net_request request = { .method = NET_PUT, .path = full.data, .source = source, .content_type = "application/octet-stream",
                                   .idempotent = overwrite, .again_on_answer = true, .bulk = true, .quota_name = DATABRICKS_QUOTA_FILES };
    struct err why = { 0 };
    if (!rc && (rc = net_call(api, &request, databricks_judge, &answer, &why)) != 0) {
        if (answer.doubtful && !overwrite && is_open(&why)) why.code = ERR_UNKNOWN;
        if (e) *e = why;
    }
    net_answer_release(&answer);
    buf_release(&full);
    return rc;
}
