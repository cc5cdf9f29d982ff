/* Stage "tables": both tables, each by one statement; then every input that is at no other end is exported. */
#include "core/export.h"
#include "core/journal_annotations.h"

/* The picture's columns of an input's row. */
struct picture_columns { struct stages_job *job; struct buf path; };

static int put_picture(void *ctx, struct rows_input *row, struct err *e)
{
    struct picture_columns *c = ctx;
    struct export *x = c->job->verb;
    char *name = NULL;
    int found = journal_picture_stored(c->job->journal, row->input_id, &name, &row->bytes, e);
    row->with_picture = true;
    row->path = NULL;
    if (found < 0)
        return -1;
    if (found == 1) {
        buf_clear(&c->path);
        buf_printf(&c->path, "%s/%s", x->folder, name);
        row->path = c->path.data;
    }
    free(name);
    return found == 1 ? buf_error(&c->path, e) : 0;
}

static int write_inputs(struct stages_job *job, struct err *e)
{
    static const char *const keys[] = {"input_id"};
    struct export *x = job->verb;
    struct picture_columns columns = {.job = job, .path = BUF_INIT};
    struct gather_rows rows = {.job = job, .picture = x->folder ? put_picture : NULL, .ctx = &columns};
    struct delta_table t = {.name = "inputs", .ask = export_target_ask(job, EXPORT_INPUTS), .keys = keys, .key_count = 1, .source = x->datasets,
                            .comment = "inputs of a Clarifai dataset, written by lakeferry", .images = x->volume, .fill = gather_fill_inputs,
                            .ctx = &rows, .exact = true};
    t.properties[t.property_count++] = (struct sql_property){"lakeferry.scope", job->ask->include_model_annotations ? "all" : "people"};
    int result = delta_table_work(job, &t, e);
    buf_release(&columns.path);
    return result;
}

static int write_annotations(struct stages_job *job, struct err *e)
{
    static const char *const keys[] = {"annotation_id", "input_id"};
    struct export *x = job->verb;
    struct gather_rows rows = {.job = job};
    struct delta_table t = {.name = "annotations", .ask = export_target_ask(job, EXPORT_ANNOTATIONS), .keys = keys, .key_count = 2,
                            .source = x->datasets, .comment = "annotations of a Clarifai dataset, written by lakeferry", .images = x->volume,
                            .fill = gather_fill_annotations, .ctx = &rows, .exact = true};
    t.properties[t.property_count++] = (struct sql_property){"lakeferry.scope", job->ask->include_model_annotations ? "all" : "people"};
    return delta_table_work(job, &t, e);
}

static int64_t rows_of(struct stages_job *job, const char *name) { return journal_get_i64(job->journal, name, 0); }

static int end_items(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    if (journal_put_i64(j, "rows", rows_of(job, "rows.inputs") + rows_of(job, "rows.annotations"), e) != 0)
        return -1;
    return journal_move_all(j, EXPORT_OPEN, JOURNAL_VERIFIED, NULL, NULL, e);
}

int export_tables_work(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    int64_t pass = journal_get_i64(j, "inputs.pass", 0);
    if (export_cancelled(job) || export_finished(job))
        return STAGES_DONE;
    /* The first table is not looked at again when only the second failed. */
    if (journal_get_i64(j, "inputs.written", -1) != pass) {
        int result = write_inputs(job, e);
        if (result != STAGES_DONE)
            return result;
        return journal_put_i64(j, "inputs.written", pass, e) != 0 ? -1 : STAGES_DID;
    }
    int result = write_annotations(job, e);
    return result != STAGES_DONE ? result : end_items(job, e) != 0 ? -1 : STAGES_DONE;
}
