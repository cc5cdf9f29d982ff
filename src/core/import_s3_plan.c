/*
 * Stage "plan" of an import from S3: the compute reads the header (of a folder, every file's), the first row and the number of rows, which also proves
 * its right to read. What becomes of each row is known when all are read, behind the gate; until then the plan counts by what earlier runs left in the
 * app.
 */
#include "base/url.h"
#include "core/import.h"
#include "core/plan.h"
#include "core/sql_s3.h"

struct figures { int64_t rows, broken; char first[CELLS_REASON]; };

/* Where a runtime does not tell a line's file, the check is left out: it has one for most sources. */
static int check_headers(struct delta *d, const struct sql_s3 *s, struct err *e)
{
    struct import *im = d->job->verb;
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    struct err why = {0};
    if (s->delta)
        return 0;
    sql_s3_strangers(&text, s);
    int result = import_s3_run(d, NULL, &text, &rows, &why);
    const char *file = result == 0 ? compute_cell(&rows, 0, "file") : NULL;
    if (result != 0 && str_eq(why.sqlstate, "42703")) {
        result = 0;
    } else if (result != 0) {
        *e = why;
    } else if (file) {
        struct buf name = BUF_INIT;    /* it is told as a URI (reference databricks §14, SQL cookbook) */
        bool read = url_decode(&name, file, strlen(file), false);
        err_set(e, ERR_REFUSED, "its files have different headers: that of %s is not \"%.200s\"", read && name.data ? name.data : file, s->header);
        buf_release(&name);
        err_remedy(e, "name one file, or a folder whose files begin with the same line");
        result = err_about(e, "cannot import from", im->root);
    }
    compute_rows_release(&rows);
    buf_release(&text);
    return result;
}

static int read_first(struct delta *d, const struct sql_s3 *s, struct figures *f, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    struct cells_row row;
    const char *cells[CELLS_COLUMNS];
    sql_s3_first(&text, s);
    int result = import_s3_run(d, s, &text, &rows, e);
    for (int c = 0; c < CELLS_COLUMNS; c++)
        cells[c] = result == 0 ? compute_cell(&rows, 0, cells_names[c]) : NULL;
    if (result == 0 && rows.row_count && cells_row_read(cells, &row, f->first) == 0)
        cells_row_release(&row);
    compute_rows_release(&rows);
    buf_release(&text);
    return result;
}

static int count_rows(struct delta *d, const struct sql_s3 *s, struct figures *f, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    sql_s3_count(&text, s);
    int result = import_s3_run(d, s, &text, &rows, e);
    f->rows = result == 0 ? delta_number(&rows, "n") : -1;
    f->broken = result == 0 ? delta_number(&rows, "broken") : -1;
    if (result == 0 && (f->rows < 0 || f->broken < 0))
        result = err_set(e, ERR_PROTOCOL, "the compute did not say how many rows there are");
    compute_rows_release(&rows);
    buf_release(&text);
    return result;
}

static int ask_compute(struct delta *d, struct sql_s3 *s, struct figures *f, struct err *e)
{
    if (delta_start(d, e) != 0 || import_s3_source(d, s, e) != 0 || check_headers(d, s, e) != 0 || read_first(d, s, f, e) != 0)
        return -1;
    return count_rows(d, s, f, e);
}

static void note_rows(struct run_plan *p, const struct sql_s3 *s, const struct figures *f)
{
    char ignored[200];
    if (f->first[0])
        plan_note(p, "the first row cannot be imported: %s", f->first);
    if (sql_s3_ignored(s, ignored, sizeof ignored))
        plan_note(p, "columns that mean nothing here are left out: %s", ignored);
    plan_note(p, "each row's cells are checked when it is read, after the start; a row that is wrong fails alone");
}

static int fill_plan(struct stages_job *job, const struct sql_s3 *s, const struct figures *f, struct err *e)
{
    struct import *im = job->verb;
    struct run_plan *p = &job->plan;
    int64_t known = 0, elsewhere = 0;
    double calls = settings_number(&job->session->settings, SETTING_CLARIFAI_RATE);
    char *prefix = str_printf("%s#", im->root);
    int result = prefix ? journal_count_sources(job->journal, prefix, &known, &elsewhere, e) : err_no_memory(e);
    free(prefix);
    if (result != 0)
        return -1;
    int64_t readable = f->rows - f->broken, present = known + elsewhere < readable ? known + elsewhere : readable;
    p->files = p->candidates = f->rows;
    p->failed = f->broken;
    p->present = present;
    p->new_items = readable - present;
    p->conflict = -1;                     /* seen when the rows are read */
    p->add_to_dataset = elsewhere && present ? elsewhere : -1;
    p->requests = (p->new_items + CLARIFAI_BATCH_MAX - 1) / CLARIFAI_BATCH_MAX;
    p->seconds = p->new_items == 0 ? 0 : 1 + (int64_t)((double)p->requests / (calls > 0 ? calls : 15));
    note_rows(p, s, f);
    str_copy(p->source, sizeof p->source, im->root);
    char *table = job->ask->table.object ? name_text(&job->ask->table) : NULL;
    snprintf(p->target, sizeof p->target, "%s%s%s", im->datasets, table ? ", table " : "", table ? table : "");
    free(table);
    return 0;
}

int import_s3_plan_work(struct stages_job *job, struct err *e)
{
    struct sql_s3 s = {0};
    struct figures f = {0};
    struct delta d;
    if (delta_open(job, &d, e) != 0)
        return -1;
    int result = ask_compute(&d, &s, &f, e);
    delta_close(&d);
    if (result == 0) {
        pthread_mutex_lock(&job->plan_lock);
        result = import_restore_facts(job, e);
        if (result == 0)
            result = fill_plan(job, &s, &f, e);
        pthread_mutex_unlock(&job->plan_lock);
    }
    sql_s3_release(&s);
    if (result == 0)
        result = journal_put_i64(job->journal, "plan.rows", f.rows, e);
    return result == 0 ? STAGES_DONE : -1;
}
