#include "core/stage.h"
#include "base/file.h"
#include "core/sql.h"
#include "net/databricks_catalog.h"
#include "net/databricks_files.h"
#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#define PART_BYTES ((uint64_t)32 << 20) /* parts of 8–64 MB (quality §4): few requests, and each can be sent again cheaply */
#define BATCH_ROWS 1000                 /* rows and bytes of one INSERT that parsers take well (§10) */
#define BATCH_BYTES ((size_t)1 << 20)
#define STATEMENT_MAX ((size_t)15 << 20) /* a row alone: a statement may have 16 MiB (§5.3) */
#define ROW_MAX 20000000                /* a JSON string of 21,000,000 characters becomes NULL silently (cookbook §a) */

/* --- where --- */

static int parse_place(const char *text, const char *from, struct stage_place *out, struct err *e)
{
    if (strpbrk(text, "*?[]{}") != NULL) /* globs, and ${...}, would be read as such inside a statement (cookbook §a) */
        err_set(e, ERR_USAGE, "\"%s\" holds one of * ? [ ] { }, which Spark does not take literally in a path", text);
    else if (volume_path_parse(text, &out->at, e) == 0)
        return 0;
    return err_about(e, "wrong staging volume in", from);
}

/* A volume of our own in the table's schema: only when nothing else is named. */
static int make_volume(const struct session *s, const struct name *target, const char *run_id, bool dry_run, struct stage_place *out, struct err *e)
{
    char *name = str_printf("lakeferry_%s", run_id);
    struct err own = {0};
    char *shown;

    if (name == NULL)
        return err_no_memory(e);
    for (char *p = name; *p; p++)
        if (*p == '-')
            *p = '_';
    out->at.volume = (struct name){ .catalog = str_dup(target->catalog), .schema = str_dup(target->schema), .object = name };
    out->at.path = str_dup("");
    out->made_volume = true;
    if (out->at.volume.catalog == NULL || out->at.volume.schema == NULL || out->at.path == NULL)
        return err_no_memory(e);
    if (dry_run)
        return 0;
    if (databricks_volume_create(&s->databricks, target->catalog, target->schema, name, "rows on their way into a table; made and removed by lakeferry", &own) == 0 ||
        own.code == ERR_CONFLICT) /* the same run made it before it was stopped: the name holds the run's id */
        return 0;
    if (e != NULL)
        *e = own;
    shown = name_text(&out->at.volume);
    err_about(e, "cannot make the staging volume", shown);
    free(shown);
    return err_remedy(e, "ask the schema's owner for CREATE VOLUME, or name a volume that you may write with --staging or the setting staging_volume");
}

int stage_choose(const struct session *s, const char *staging_flag, const char *images_volume, const struct name *target, const char *run_id, bool dry_run,
                 struct stage_place *out, char *why, size_t why_size, struct err *e)
{
    const char *setting = settings_text(&s->settings, SETTING_STAGING_VOLUME);
    const struct { const char *text, *from; } choices[] = {
        { staging_flag, "--staging" }, { setting, "the setting staging_volume" }, { images_volume, "the images' volume" },
    };
    char *shown;
    int result = 1;

    *out = (struct stage_place){0};
    why[0] = '\0';
    for (size_t i = 0; i < sizeof choices / sizeof choices[0] && result == 1; i++)
        if (!str_blank(choices[i].text)) {
            result = parse_place(choices[i].text, choices[i].from, out, e);
            snprintf(why, why_size, "%s (%s)", choices[i].text, choices[i].from);
        }
    if (result == 1 && target == NULL)
        result = err_set(e, ERR_USAGE, "there is no volume to stage rows in: name one with --staging");
    else if (result == 1) {
        result = make_volume(s, target, run_id, dry_run, out, e);
        shown = name_text(&out->at.volume);
        snprintf(why, why_size, "%s (a volume made for this run and removed at its end)", shown != NULL ? shown : "");
        free(shown);
    }
    if (result != 0)
        stage_place_release(out);
    return result;
}

void stage_place_release(struct stage_place *p)
{
    if (p != NULL)
        volume_path_release(&p->at);
}

/* "/Volumes/c/s/v[/path]/lakeferry-RUN". Owned. */
static char *run_folder(const struct stage_place *place, const char *run_id)
{
    char *at = volume_path_text(&place->at);
    char *folder = at != NULL ? str_printf("%s/lakeferry-%s", at, run_id) : NULL;

    free(at);
    return folder;
}

/* --- one attempt --- */

struct stage {
    const struct session *session;
    char *folder;          /* remote */
    char *local;           /* the part being built */
    int fd;
    struct buf pending;    /* rows not yet written to the part */
    uint64_t part_bytes, rows;
    int part;
    struct stage_send send;  /* of a scratch table; then pending is a statement, with `batch` rows */
    struct name table;
    size_t batch;
};

int stage_begin(const struct session *s, const struct stage_place *place, const char *run_id, const char *name, int attempt, const char *local_dir,
                struct stage **out, struct err *e)
{
    struct stage *st = calloc(1, sizeof *st);
    char *base = run_folder(place, run_id);

    *out = NULL;
    if (st != NULL) {
        st->session = s;
        st->fd = -1;
        buf_init(&st->pending, 0);
        st->folder = base != NULL ? str_printf("%s/%s-%d", base, name, attempt) : NULL;
        st->local = str_printf("%s/part-%s-%d.json", local_dir, name, attempt);
    }
    free(base);
    if (st == NULL || st->folder == NULL || st->local == NULL) {
        stage_free(st);
        return err_no_memory(e);
    }
    if (databricks_directory_create(&s->files, st->folder, e) != 0) {
        err_about(e, "cannot make the staging folder", st->folder);
        stage_free(st);
        return -1;
    }
    *out = st;
    return 0;
}

int stage_begin_scratch(const struct name *table, const struct stage_send *send, struct stage **out, struct err *e)
{
    struct stage *st = calloc(1, sizeof *st);
    struct buf shown = BUF_INIT;

    *out = NULL;
    if (st == NULL)
        return err_no_memory(e);
    st->fd = -1;
    st->send = *send;
    buf_init(&st->pending, 0);
    sql_table(&shown, table);
    st->folder = buf_take(&shown);
    if (st->folder == NULL || name_copy(&st->table, table, NULL) != 0) {
        stage_free(st);
        return err_no_memory(e);
    }
    *out = st;
    return 0;
}

static int send_batch(struct stage *st, struct err *e)
{
    int result = st->batch == 0 ? 0 : buf_error(&st->pending, e) != 0 ? -1 : st->send.send(st->send.ctx, &st->pending, e);

    st->batch = 0;
    buf_clear(&st->pending);
    return result;
}

static int scratch_row(struct stage *st, const char *line, size_t n, struct err *e)
{
    struct buf row = BUF_INIT;
    int result = 0;

    sql_scratch_row(&row, ++st->rows, line, n);
    if (buf_error(&row, e) != 0)
        result = -1;
    else if (row.len > STATEMENT_MAX)
        result = err_set(e, ERR_LIMIT, "a row of %zu bytes does not fit into a statement: name a volume with --staging", n);
    else if (st->batch == BATCH_ROWS || st->pending.len + row.len > BATCH_BYTES)
        result = send_batch(st, e);
    if (result == 0 && st->batch == 0)
        sql_scratch_begin(&st->pending, &st->table);
    else if (result == 0)
        buf_puts(&st->pending, ", ");
    if (result == 0) {
        buf_add(&st->pending, row.data, row.len);
        st->batch++;
    }
    buf_release(&row);
    return result;
}

static int open_part(struct stage *st, struct err *e)
{
    unlink(st->local); /* of an attempt that was killed; only we build here */
    st->fd = open(st->local, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    st->part_bytes = 0;
    if (st->fd >= 0)
        return 0;
    err_set_errno(e, errno, "the file cannot be made");
    return err_about(e, "cannot write", st->local);
}

static int64_t read_part(void *ctx, char *out, size_t room)
{
    const struct stage *st = ctx;
    ssize_t n;

    do
        n = read(st->fd, out, room);
    while (n < 0 && errno == EINTR);
    return n;
}

static int rewind_part(void *ctx)
{
    const struct stage *st = ctx;

    return lseek(st->fd, 0, SEEK_SET) == 0 ? 0 : -1;
}

static int flush_pending(struct stage *st, struct err *e)
{
    if (buf_error(&st->pending, e) != 0)
        return -1;
    if (st->fd < 0 && open_part(st, e) != 0)
        return -1;
    if (file_write_all(st->fd, st->pending.data, st->pending.len, e) != 0)
        return err_about(e, "cannot write", st->local);
    st->part_bytes += st->pending.len;
    buf_clear(&st->pending);
    return 0;
}

static int put_part(struct stage *st, struct err *e)
{
    const struct net_source source = { .size = st->part_bytes, .read = read_part, .rewind = rewind_part, .ctx = st };
    char *path = str_printf("%s/part-%05d.json", st->folder, st->part);
    int result;

    if (path == NULL)
        return err_no_memory(e);
    rewind_part(st);
    result = databricks_file_put(&st->session->files, path, &source, true, e);
    if (result != 0)
        err_about(e, "cannot stage rows in", path);
    free(path);
    close(st->fd);
    unlink(st->local);
    st->fd = -1;
    st->part_bytes = 0;
    st->part++;
    return result;
}

int stage_row(struct stage *st, const char *json_line, size_t n, struct err *e)
{
    if (n > ROW_MAX)
        return err_set(e, ERR_LIMIT, "a row of %zu bytes is more than Spark reads exactly", n);
    if (st->send.send != NULL)
        return scratch_row(st, json_line, n, e);
    buf_add(&st->pending, json_line, n);
    buf_putc(&st->pending, '\n');
    st->rows++;
    if (st->pending.len >= (size_t)1 << 20 && flush_pending(st, e) != 0)
        return -1;
    return st->part_bytes >= PART_BYTES ? put_part(st, e) : buf_error(&st->pending, e);
}

int stage_end(struct stage *st, uint64_t *rows, struct err *e)
{
    *rows = st->rows;
    if (st->send.send != NULL)
        return send_batch(st, e);
    if (st->pending.len > 0 && flush_pending(st, e) != 0)
        return -1;
    return st->fd >= 0 ? put_part(st, e) : 0;
}

const char *stage_folder(const struct stage *st)
{
    return st->folder;
}

void stage_free(struct stage *st)
{
    if (st == NULL)
        return;
    if (st->fd >= 0) {
        close(st->fd);
        unlink(st->local);
    }
    buf_release(&st->pending);
    name_release(&st->table);
    free(st->folder);
    free(st->local);
    free(st);
}

/* --- removing --- */

struct found { const char *folder; struct str_list files, folders; };

/* Only what lies below the folder we made is ours to remove, whatever a listing names. */
static int note_entry(void *ctx, const struct databricks_file *f, struct err *e)
{
    struct found *found = ctx;
    size_t n = strlen(found->folder);

    if (strncasecmp(f->path, found->folder, n) != 0 || f->path[n] != '/' || f->path[n + 1] == '\0')
        return err_set(e, ERR_PROTOCOL, "the listing of %s names %s, which is not in it", found->folder, f->path);
    return str_list_add(f->is_directory ? &found->folders : &found->files, f->path) != 0 ? err_no_memory(e) : 0;
}

/* Depth is at most two (run folder, attempt folder), but a service may add its own; recursion follows what is there. */
static int remove_folder(const struct net_api *files, const char *folder, struct err *e)
{
    struct found found = { .folder = folder };
    struct err own = {0};
    int result = databricks_directory_list(files, folder, note_entry, &found, &own);

    if (result != 0 && own.code == ERR_NOT_FOUND) {
        str_list_release(&found.files);
        str_list_release(&found.folders);
        return 0;
    }
    if (result != 0 && e != NULL)
        *e = own;
    for (size_t i = 0; result == 0 && i < found.files.count; i++)
        result = databricks_file_delete(files, found.files.items[i], e);
    for (size_t i = 0; result == 0 && i < found.folders.count; i++)
        result = remove_folder(files, found.folders.items[i], e);
    if (result == 0)
        result = databricks_directory_delete(files, folder, e);
    str_list_release(&found.files);
    str_list_release(&found.folders);
    return result;
}

int stage_remove_attempt(const struct session *s, const char *folder, struct err *e)
{
    return remove_folder(&s->files, folder, e) == 0 ? 0 : err_about(e, "cannot remove the staging folder", folder);
}

int stage_remove(const struct session *s, const struct stage_place *place, const char *run_id, struct err *e)
{
    char *folder = run_folder(place, run_id);
    char *volume = name_full(&place->at.volume);
    struct err own = {0};
    int result = folder == NULL || volume == NULL ? err_no_memory(e) : remove_folder(&s->files, folder, e);

    if (result != 0)
        err_about(e, "cannot remove the staging folder", folder);
    if (result == 0 && place->made_volume && databricks_volume_delete(&s->databricks, volume, &own) != 0 && own.code != ERR_NOT_FOUND) {
        if (e != NULL)
            *e = own;
        result = err_about(e, "cannot drop the staging volume", volume);
    }
    free(folder);
    free(volume);
    return result;
}
