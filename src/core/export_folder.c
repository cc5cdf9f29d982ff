/*
 * Before pictures are copied: their folder is made and listed once, and the inputs table that is there says which of its files an earlier export of this
 * dataset wrote, as do the runs of this machine. It goes into the journal, so that memory does not grow with it.
 */
#include "base/url.h"
#include "core/export.h"
#include "core/journal_annotations.h"
#include "net/databricks_files.h"

#define LIST_BATCH 500
#define READ_ROWS 10000              /* a statement; halved while the compute cuts its answer */

char *export_picture_name(const char *input_id, enum media_format format)
{
    struct buf name = BUF_INIT;
    url_encode(&name, input_id, strlen(input_id));       /* anything but letters, digits and -._~, so that it can be undone */
    buf_printf(&name, ".%s", media_extension(format));
    char *out = buf_take(&name);
    buf_release(&name);
    return out;
}

/* --- what is in the folder --- */

struct files { struct stages_job *job; struct journal_picture rows[LIST_BATCH]; size_t count; };

static int put_files(struct files *f, struct err *e)
{
    int result = journal_pictures_put(f->job->journal, JOURNAL_FILES, f->rows, f->count, e);
    for (size_t i = 0; i < f->count; i++)
        free((char *)(uintptr_t)f->rows[i].key);
    f->count = 0;
    return result;
}

static int note_file(void *ctx, const struct databricks_file *file, struct err *e)
{
    struct files *f = ctx;
    if (file->is_directory)
        return 0;
    f->rows[f->count] = (struct journal_picture){.key = str_dup(file->name), .size = file->size};
    if (!f->rows[f->count++].key)
        return err_no_memory(e);
    return f->count == LIST_BATCH ? put_files(f, e) : 0;
}

static int list_folder(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    struct files *f = calloc(1, sizeof *f);
    struct err ignored = {0};
    if (!f)
        return err_no_memory(e);
    f->job = job;
    int result = journal_pictures_clear(job->journal, JOURNAL_FILES, e);
    if (result == 0)
        result = databricks_directory_list(&job->files, x->folder, note_file, f, e);
    if (put_files(f, result == 0 ? e : &ignored) != 0)
        result = -1;
    free(f);
    return result == 0 ? 0 : err_about(e, "cannot list the images in", x->folder);
}

/* --- what an earlier export wrote --- */

/* The name of a file right in the folder, else NULL. */
static const char *name_within(const char *path, const char *folder)
{
    size_t n = strlen(folder);
    if (!path || strncmp(path, folder, n) != 0 || path[n] != '/' || !path[n + 1] || strchr(path + n + 1, '/'))
        return NULL;
    return path + n + 1;
}

static int take_rows(struct stages_job *job, const struct compute_rows *rows, struct err *e)
{
    struct export *x = job->verb;
    struct journal_picture *pictures = calloc(rows->row_count ? rows->row_count : 1, sizeof *pictures);
    size_t n = 0;
    if (!pictures)
        return err_no_memory(e);
    for (size_t i = 0; i < rows->row_count; i++) {
        const char *bytes = compute_cell(rows, i, "image_bytes");
        struct journal_picture *p = &pictures[n];
        *p = (struct journal_picture){.key = compute_cell(rows, i, "input_id"), .name = name_within(compute_cell(rows, i, "image_path"), x->folder)};
        n += p->key && p->name && bytes && str_u64(bytes, &p->size);
    }
    int result = journal_pictures_put(job->journal, JOURNAL_WRITTEN, pictures, n, e);
    free(pictures);
    return result;
}

static int read_page(struct delta *d, const struct name *table, const char *after, int limit, struct compute_rows *rows, struct err *e)
{
    struct buf text = BUF_INIT;
    buf_puts(&text, "SELECT `input_id`, `image_path`, `image_bytes` FROM ");
    sql_table(&text, table);
    buf_puts(&text, " WHERE `image_path` IS NOT NULL AND `input_id` > ");
    sql_literal(&text, after);
    buf_printf(&text, " ORDER BY `input_id` LIMIT %d", limit);
    int result = delta_run(d, table, &text, rows, e);
    buf_release(&text);
    return result;
}

static int read_table(struct delta *d, const struct name *table, struct err *e)
{
    char *after = str_dup("");
    int limit = READ_ROWS, result = after ? 0 : err_no_memory(e);
    bool more = true;
    while (result == 0 && more) {
        struct compute_rows rows = {0};
        result = read_page(d, table, after, limit, &rows, e);
        if (result != 0 && e->code == ERR_LIMIT && limit > 1) {
            limit /= 2;
            result = 0;
        } else if (result == 0) {
            const char *last = rows.row_count ? compute_cell(&rows, rows.row_count - 1, "input_id") : NULL;
            more = rows.row_count == (size_t)limit;
            result = take_rows(d->job, &rows, e);
            if (result == 0 && last && str_set(&after, last) != 0)
                result = err_no_memory(e);
        }
        compute_rows_release(&rows);
    }
    free(after);
    return result;
}

/* Only a table that names this dataset and has the picture's columns can say it. */
static int read_written(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    struct target_ask ask = export_target_ask(job, EXPORT_INPUTS);
    struct target target;
    struct delta d;
    if (journal_pictures_clear(job->journal, JOURNAL_WRITTEN, e) != 0 || target_decide(job, &ask, &target, e) != 0)
        return -1;
    const struct databricks_object *o = &target.object;
    const char *datasets = target.mode != TARGET_NEW ? databricks_object_property(o, "lakeferry.datasets") : NULL;
    bool tells = datasets && target_has_dataset(datasets, x->datasets) && target_column(o, "image_path") && target_column(o, "image_bytes");
    target_release(&target);
    if (!tells)
        return 0;
    int result = delta_open(job, &d, e);
    if (result == 0) {
        result = delta_start(&d, e);
        if (result == 0)
            result = read_table(&d, ask.table, e);
        delta_close(&d);
    }
    return result;
}

int export_folder_prepare(struct stages_job *job, struct err *e)
{
    struct export *x = job->verb;
    if (databricks_directory_create(&job->files, x->folder, e) != 0)
        return err_about(e, "cannot make the folder of images", x->folder);
    return list_folder(job, e) != 0 || read_written(job, e) != 0 ? -1 : export_record_read(job, e);
}
