#include "sandbox/bucket.h"
#include "base/file.h"
#include "base/str.h"
#include "sandbox/databricks.h"
#include "sandbox/picture.h"
#include "sandbox/sql/sql.h"
#include "base/json.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define ROWS_MAX 5000000

/* The file of a path on this machine, its folder made. */
static int host_path(struct sandbox *s, const char *path, struct buf *host, struct err *e)
{
    char *slash;
    int rc = lake_path(sandbox_lake(s), path, host, e);

    if (rc != 0)
        return rc;
    slash = strrchr(host->data, '/');
    *slash = '\0';
    rc = file_make_dirs(host->data, e);
    *slash = '/';
    return rc;
}

int bucket_write(struct sandbox *s, const char *path, const void *bytes, size_t n, struct err *e)
{
    struct buf host = BUF_INIT;
    int rc = host_path(s, path, &host, e), fd;

    if (rc == 0) {
        fd = open(host.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        rc = fd < 0 ? err_set_errno(e, errno, "cannot write \"%s\"", host.data) : file_write_all(fd, bytes, n, e);
        if (fd >= 0 && close(fd) != 0 && rc == 0)
            rc = err_set_errno(e, errno, "cannot write \"%s\"", host.data);
    }
    buf_release(&host);
    return rc;
}

int bucket_sql(struct sandbox *s, const char *statement, struct err *e)
{
    struct sql_session *session = sql_session_new(sandbox_lake(s), "lab-user@example.com");
    struct sql_result result = { .failed = false };
    int rc = session == NULL ? err_no_memory(e) : sql_execute(session, statement, NULL, 0, NULL, NULL, &result, e);

    if (rc == 0 && result.failed)
        rc = err_set(e, ERR_BUG, "%.800s", result.message != NULL ? result.message : "the statement failed");
    sql_result_release(&result);
    sql_session_free(session);
    return rc;
}

int bucket_delta_from_csv(struct sandbox *s, const char *csv, const char *folder, struct err *e)
{
    struct buf text = BUF_INIT;
    int rc;

    buf_printf(&text,
               "CREATE OR REPLACE TABLE delta.`%s` USING DELTA AS SELECT * FROM read_files('%s', format => 'csv', header => true,"
               " quote => '\"', escape => '\"', multiLine => true, schema => 'inputid STRING, input STRING, concepts STRING,"
               " metadata STRING, geopoints STRING')",
               folder, csv);
    rc = buf_error(&text, e);
    if (rc == 0)
        rc = bucket_sql(s, text.data, e);
    buf_release(&text);
    return rc;
}

/* --- generated rows --- */

static void write_rows(FILE *f, const struct bucket_rows *want, const char *origin)
{
    fputs("inputid,input,concepts,metadata,geopoints\n", f);
    for (int64_t i = 1; i <= want->rows; i++) {
        const char *scene = picture_scene_name((int)(i % picture_scene_count()));
        bool bad = want->bad_every > 0 && i % want->bad_every == 0;
        fprintf(f, "%s%s%07lld,%s/pictures/%s-%lld.jpg,%s,\"{'index': %lld, 'split': '%s'}\",", want->prefix, bad ? " " : "-",
                (long long)i, origin, scene, (long long)i, scene, (long long)i, i % 5 ? "train" : "val");
        if (i % 3 == 0)
            fprintf(f, "\"%lld.25,%lld.5\"", (long long)(i % 180), (long long)(i % 90));
        putc('\n', f);
    }
}

static int write_csv(struct sandbox *s, const char *path, const struct bucket_rows *want, struct err *e)
{
    struct buf host = BUF_INIT;
    FILE *f;
    int rc = host_path(s, path, &host, e);

    if (rc == 0) {
        f = fopen(host.data, "we");
        if (f != NULL)
            write_rows(f, want, sandbox_image_origin(s));
        if (f == NULL || fclose(f) != 0)
            rc = err_set_errno(e, errno, "cannot write \"%s\"", host.data);
    }
    buf_release(&host);
    return rc;
}

/* The rows go through a CSV file beside the folder, which is removed. */
static int make_delta(struct sandbox *s, const struct bucket_rows *want, struct err *e)
{
    char *csv = str_printf("%s.rows.csv", want->path);
    struct buf host = BUF_INIT;
    int rc = csv == NULL ? err_no_memory(e) : write_csv(s, csv, want, e);

    if (rc == 0)
        rc = bucket_delta_from_csv(s, csv, want->path, e);
    if (csv != NULL && lake_path(sandbox_lake(s), csv, &host, NULL) == 0)
        unlink(host.data);
    buf_release(&host);
    free(csv);
    return rc;
}

int bucket_generate(struct sandbox *s, const struct bucket_rows *want, struct err *e)
{
    return want->delta ? make_delta(s, want, e) : write_csv(s, want->path, want, e);
}

/* --- POST /_control/s3 {"path", "text"} or {"path", "rows", "prefix", "bad_every", "format"} --- */

static int control_rows(struct route_call *c, const char *path, struct err *e)
{
    struct bucket_rows want = { .path = path, .prefix = json_str_or(c->body, "prefix", "row") };
    const char *format = json_str_or(c->body, "format", "csv");

    want.delta = str_eq(format, "delta");
    if (!want.delta && !str_eq(format, "csv"))
        return err_set(e, ERR_USAGE, "format must be csv or delta");
    if (!json_i64(c->body, "rows", &want.rows) || want.rows < 0 || want.rows > ROWS_MAX)
        return err_set(e, ERR_USAGE, "text, or rows from 0 to %d, is required", ROWS_MAX);
    json_i64(c->body, "bad_every", &want.bad_every);
    return bucket_generate(c->sandbox, &want, e);
}

static void control_s3(struct route_call *c, struct route_answer *a)
{
    const char *path = json_str_or(c->body, "path", ""), *text = json_str(c->body, "text");
    struct err e = { .code = ERR_NONE };
    int rc;

    if (strpbrk(path, "`'\\") != NULL || strstr(path, "://") == NULL)
        rc = err_set(&e, ERR_USAGE, "path must be that of an object in a bucket, without quotes and backslashes");
    else
        rc = text != NULL ? bucket_write(c->sandbox, path, text, strlen(text), &e) : control_rows(c, path, &e);
    if (rc != 0) {
        route_fail_databricks(a, 400, "INVALID_PARAMETER_VALUE", NULL, "%s", e.cause);
        return;
    }
    route_json(a, 200, cJSON_CreateObject());
}

const struct route bucket_routes[] = {
    { "POST", "/_control/s3", ROUTE_CONTROL, NULL, "path text rows prefix bad_every format", control_s3 },
    { 0 },
};
