/* The verb "import s3" as a table of stages; and its source, which only the compute reads. */
#include "core/import.h"
#include "core/sql_s3.h"

#define READ_TRIES 3 /* of a statement that only reads, when its answer was lost */

enum { LOOK, PLAN, READ, SEND, SETTLE, VERIFY, TABLE, FINISH };
#define BIT(row) (1u << (row))

/* --- the source --- */

static int cannot_run(struct delta *d, const char *text, struct err *e)
{
    struct import *im = d->job->verb;
    bool writes = str_starts(text, "INSERT");
    err_about(e, writes ? "cannot have the compute write out the rows of" : "cannot read", im->root);
    if (writes && (e->code == ERR_REFUSED || e->code == ERR_FORBIDDEN))
        return err_remedy(e, "%s writes them to the staging volume with its own rights; another is named with --staging", compute_label(d->compute));
    if (e->code == ERR_NOT_FOUND)
        return err_remedy(e, "check the URL, and --format: csv is a file, delta the folder of a table");
    if (e->code == ERR_REFUSED || e->code == ERR_FORBIDDEN)
        return err_remedy(e, "%s reads it with its own rights: it needs an external location, or an instance profile, for this place",
                          compute_label(d->compute));
    return -1;
}

/* The temporary view went with its session. */
static bool session_lost(const struct err *e) { return e->code == ERR_NOT_FOUND && strstr(e->cause, "lakeferry_rows") != NULL; }

static int run_once(struct delta *d, const struct buf *view, const struct buf *text, struct compute_rows *rows, struct err *e)
{
    if (view->len && compute_run(d->compute, view->data, false, NULL, e) != 0)
        return -1;
    return compute_run(d->compute, text->data, false, rows, e);
}

int import_s3_run(struct delta *d, const struct sql_s3 *s, const struct buf *text, struct compute_rows *rows, struct err *e)
{
    struct buf view = BUF_INIT;
    int result = -1;
    bool again = true;
    if (s)
        sql_s3_view(&view, s);
    if (buf_error(text, e) != 0 || buf_error(&view, e) != 0) {
        buf_release(&view);
        return -1;
    }
    for (int tries = 0; result != 0 && again && tries < READ_TRIES; tries++) {
        err_clear(e);
        result = run_once(d, &view, text, rows, e);
        again = result != 0 && (session_lost(e) || (e->code == ERR_UNKNOWN && str_starts(text->data, "SELECT")));
    }
    buf_release(&view);
    journal_kill_point("point.ran");
    return result == 0 ? 0 : cannot_run(d, text->data, e);
}

static int read_header(struct delta *d, struct sql_s3 *s, const struct compute_rows *rows, struct err *e)
{
    struct import *im = d->job->verb;
    const char *line = compute_cell(rows, 0, "value");
    int result = s->delta ? sql_s3_from_schema(s, rows, e)
                 : line   ? sql_s3_from_header(s, line, e)
                          : err_set(e, ERR_REFUSED, "there is no first line to read the columns' names from");
    if (!s->delta && !line)
        err_remedy(e, "a CSV file begins with its header; the folder of a table is read with --format delta");
    return result == 0 ? 0 : err_about(e, "cannot import from", im->root);
}

int import_s3_source(struct delta *d, struct sql_s3 *out, struct err *e)
{
    struct import *im = d->job->verb;
    struct compute_rows rows = {0};
    struct buf text = BUF_INIT;
    *out = (struct sql_s3){.delta = str_eq(d->job->ask->format, "delta"), .warehouse = compute_kind_of(d->compute) == COMPUTE_WAREHOUSE, .url = im->root};
    if (out->delta)
        sql_s3_schema(&text, im->root);
    else
        sql_s3_header(&text, im->root);
    int result = import_s3_run(d, NULL, &text, &rows, e);
    if (result == 0)
        result = read_header(d, out, &rows, e);
    compute_rows_release(&rows);
    buf_release(&text);
    return result;
}

/* --- the verb --- */

static void read_figures(struct stages_job *job, struct stages_figures *out)
{
    struct import *im = job->verb;
    pthread_mutex_lock(&im->lock);
    out->total = im->rows.total;
    out->done = im->rows.done;
    pthread_mutex_unlock(&im->lock);
}

static const struct stages_row s3_rows[] = {
    [LOOK] = {"look", "looking at both sides", 0, NULL, import_look_work, NULL},
    [PLAN] = {"plan", "planning", BIT(LOOK), NULL, import_s3_plan_work, NULL},
    [READ] = {"read", "reading rows", BIT(PLAN), NULL, import_s3_read_work, read_figures},
    [SEND] = {"send", "sending", BIT(READ), import_send_lanes, import_send_work, import_send_figures},
    [SETTLE] = {"settle", "settling", BIT(READ), NULL, import_settle_work, import_settle_figures},
    [VERIFY] = {"verify", "verifying", BIT(SEND) | BIT(SETTLE), NULL, import_verify_work, import_verify_figures},
    [TABLE] = {"table", "writing table", BIT(VERIFY), NULL, import_table_work, import_table_figures},
    [FINISH] = {"finish", "finishing", BIT(TABLE), NULL, import_finish_work, NULL},
};

static int open_s3(struct stages_job *job, struct err *e)
{
    if (import_open(job, str_dup(job->ask->url), NULL, e) != 0)
        return -1;
    struct import *im = job->verb;
    im->changed = "the row changed since it was imported, and Clarifai cannot exchange an input's picture";
    im->rows.total = journal_get_i64(job->journal, "read.rows", 0);
    im->rows.done = journal_count(job->journal, ~0u);
    return sql_s3_check_url(im->root, e) == 0 ? 0 : err_about(e, "cannot import from", im->root);
}

const struct stages_verb import_s3_verb = {
    .rows = s3_rows,
    .count = sizeof s3_rows / sizeof *s3_rows,
    .gate = PLAN,
    .start_gate = LOOK,
    .open = open_s3,
    .close = import_close,
    .clean = delta_clean,
};
