#include "sandbox/record.h"
#include "base/file.h"
#include "base/json.h"
#include "base/redact.h"
#include "base/str.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORD_BODY_MAX ((uint64_t)8 << 20)
#define RECORD_ROWS_MAX 20000

struct record {
    pthread_mutex_t lock;
    char *dir;
    int http, sql;
    int statements;
};

static int open_append(const char *dir, const char *name, struct err *e)
{
    char *path = str_printf("%s/%s", dir, name);
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        err_about(e, err_set_errno(e, errno, "cannot open the recording") ? "record" : NULL, path);
    free(path);
    return fd;
}

struct record *record_open(const char *dir, struct err *e)
{
    if (file_make_dirs(dir, e) < 0)
        return NULL;
    struct record *r = calloc(1, sizeof *r);
    if (!r || pthread_mutex_init(&r->lock, NULL) != 0) {
        free(r);
        err_no_memory(e);
        return NULL;
    }
    r->sql = -1;
    r->http = open_append(dir, "http.jsonl", e);
    if (r->http >= 0)
        r->sql = open_append(dir, "sql.jsonl", e);
    r->dir = str_dup(dir);
    if (r->sql < 0 || !r->dir) {
        record_close(r);
        return NULL;
    }
    return r;
}

void record_close(struct record *r)
{
    if (!r)
        return;
    if (r->http >= 0)
        close(r->http);
    if (r->sql >= 0)
        close(r->sql);
    pthread_mutex_destroy(&r->lock);
    free(r->dir);
    free(r);
}

/* One line, tokens hidden. A recording that cannot be written is not worth failing a request for. */
static void line_write(struct record *r, int fd, const struct buf *line)
{
    struct buf clean;
    buf_init(&clean, (size_t)1 << 30);
    redact_text(&clean, line->data, line->len);
    buf_putc(&clean, '\n');
    pthread_mutex_lock(&r->lock);
    if (buf_error(&clean, NULL) == 0)
        file_write_all(fd, clean.data, clean.len, NULL);
    pthread_mutex_unlock(&r->lock);
    buf_release(&clean);
}

static void member_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    if (text)
        json_quote(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void member_body(struct buf *out, const char *key, const char *text, uint64_t size)
{
    if (text && size <= RECORD_BODY_MAX)
        buf_printf(out, ",\"%s\":%s", key, text);
    else
        buf_printf(out, ",\"%s\":%llu", key, (unsigned long long)size);
}

/* A body may be spread over lines; a line of the recording may not. */
static void newlines_flatten(struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] == '\n' || b->data[i] == '\r')
            b->data[i] = ' ';
}

void record_http(struct record *r, const struct record_http *h)
{
    if (!r)
        return;
    struct buf line;
    buf_init(&line, (size_t)1 << 30);
    buf_puts(&line, "{\"method\":");
    json_quote(&line, h->method, strlen(h->method));
    member_text(&line, "path", h->path);
    member_text(&line, "query", h->query);
    member_text(&line, "route", h->route);
    member_body(&line, "request", h->request, h->request_size);
    buf_printf(&line, ",\"status\":%d", h->status);
    member_body(&line, "answer", h->answer, h->answer_size);
    buf_putc(&line, '}');
    if (buf_error(&line, NULL) == 0) {
        newlines_flatten(&line);
        line_write(r, r->http, &line);
    }
    buf_release(&line);
}

/* --- files that a statement reads --- */

static void file_copy(const char *from, const char *to)
{
    char chunk[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n;
    while (out >= 0 && (n = read(in, chunk, sizeof chunk)) > 0)
        if (file_write_all(out, chunk, (size_t)n, NULL) < 0)
            break;
    if (out >= 0)
        close(out);
    if (in >= 0)
        close(in);
}

/* Copies what is at host path `from` to `to`, names decoded; a folder with its files but not its subfolders. */
static void path_copy(const char *from, const char *to)
{
    struct stat st;
    if (stat(from, &st) < 0)
        return;
    if (S_ISREG(st.st_mode)) {
        char *parent = str_dup(to), *slash = parent ? strrchr(parent, '/') : NULL;
        if (slash) {
            *slash = 0;
            if (file_make_dirs(parent, NULL) == 0)
                file_copy(from, to);
        }
        free(parent);
        return;
    }
    DIR *d = file_make_dirs(to, NULL) == 0 ? opendir(from) : NULL;
    for (struct dirent *entry; d && (entry = readdir(d));) {
        struct buf name = BUF_INIT;
        char *a = str_printf("%s/%s", from, entry->d_name);
        if (entry->d_name[0] != '.' && a && stat(a, &st) == 0 && S_ISREG(st.st_mode) && lake_segment_name(entry->d_name,
            &name) == 0) {
            char *b = str_printf("%s/%s", to, name.data);
            if (b && !strchr(name.data, '/'))
                file_copy(a, b);
            free(b);
        }
        free(a);
        buf_release(&name);
    }
    if (d)
        closedir(d);
}

static void named_copy(struct record *r, struct lake *l, int n, const char *path, size_t len)
{
    struct buf host = BUF_INIT;
    char *name = str_dup_n(path, len);
    const char *local = name && str_starts(name, "s3") ? strchr(name, ':') + 2 : name;
    char *to = name ? str_printf("%s/files/%d%s", r->dir, n, local) : NULL;
    if (to && !strstr(name, "..") && lake_path(l, name, &host, NULL) == 0)
        path_copy(host.data, to);
    free(to);
    free(name);
    buf_release(&host);
}

int record_statement_begin(struct record *r, struct lake *l, const char *text)
{
    if (!r)
        return 0;
    pthread_mutex_lock(&r->lock);
    int n = ++r->statements;
    pthread_mutex_unlock(&r->lock);
    for (const char *at = text; (at = strpbrk(at, "`'\""));) {
        const char *start = at + 1;
        if (str_starts(start, "/Volumes/") || str_starts(start, "s3://") || str_starts(start, "s3a://")) {
            size_t len = strcspn(start, "`'\"");
            named_copy(r, l, n, start, len);
            at = start + len + (start[len] != 0);
        } else {
            at = start;
        }
    }
    return n;
}

static void columns_add(struct buf *line, const struct sql_result *res)
{
    buf_puts(line, ",\"columns\":[");
    for (int i = 0; i < res->column_count; i++) {
        buf_puts(line, i ? ",{\"name\":" : "{\"name\":");
        json_quote(line, res->columns[i].name, strlen(res->columns[i].name));
        member_text(line, "type", res->columns[i].type_text);
        buf_putc(line, '}');
    }
    buf_printf(line, "],\"row_count\":%d,\"rows\":[", cJSON_GetArraySize(res->rows));
    const cJSON *row;
    int n = 0;
    cJSON_ArrayForEach(row, res->rows) {
        if (n == RECORD_ROWS_MAX)
            break;
        if (n++)
            buf_putc(line, ',');
        json_print(line, row);
    }
    buf_putc(line, ']');
}

void record_statement_end(struct record *r, int n, const char *session, const char *text, const struct sql_parameter *parameters,
                          int parameter_count, const struct sql_result *result)
{
    if (!r)
        return;
    struct buf line;
    buf_init(&line, (size_t)1 << 30);
    buf_printf(&line, "{\"n\":%d", n);
    member_text(&line, "session", session);
    member_text(&line, "text", text);
    buf_puts(&line, ",\"parameters\":[");
    for (int i = 0; i < parameter_count; i++) {
        buf_puts(&line, i ? ",{\"name\":" : "{\"name\":");
        json_quote(&line, parameters[i].name, strlen(parameters[i].name));
        member_text(&line, "value", parameters[i].value);
        member_text(&line, "type", parameters[i].type);
        buf_putc(&line, '}');
    }
    buf_printf(&line, "],\"failed\":%s", result->failed ? "true" : "false");
    member_text(&line, "error_class", result->error_class);
    member_text(&line, "sqlstate", result->sqlstate);
    columns_add(&line, result);
    buf_putc(&line, '}');
    if (buf_error(&line, NULL) == 0)
        line_write(r, r->sql, &line);
    buf_release(&line);
}
