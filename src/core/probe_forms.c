/* The forms of SQL that verbs use, each tried on three rows whose answer is known. */
#include "core/preview.h"
#include "core/probe_inside.h"
#include "core/sql.h"
#include "net/databricks_files.h"

static const struct sql_field FIELDS[] = { { "id", "STRING" }, { "n", "BIGINT" }, { "at", "TIMESTAMP" } };
static const char *const KEYS[] = { "id" };
#define FIELD_COUNT (sizeof FIELDS / sizeof FIELDS[0])

/* --- statements --- */

int probe_statement(struct probe *p, struct buf *text, struct compute_rows *rows, struct err *e)
{
    int result = buf_error(text, e);

    if (result == 0)
        result = compute_run(p->compute, text->data, false, rows, e);
    buf_release(text);
    return result;
}

static int64_t number(const struct compute_rows *rows, const char *column)
{
    const char *text = rows->row_count > 0 ? compute_cell(rows, 0, column) : NULL;
    int64_t n = -1;

    return text != NULL && str_i64(text, &n) ? n : -1;
}

/* The statement's answer must say what three known rows make it say. */
static int expect(struct probe *p, struct buf *text, const char *column, int64_t wanted, struct err *e)
{
    struct compute_rows rows = {0};
    int result = probe_statement(p, text, &rows, e);
    int64_t got = result == 0 ? number(&rows, column) : 0;

    if (result == 0 && got != wanted)
        result = err_set(e, ERR_PROTOCOL, "it runs, but %s is %lld instead of %lld", column, (long long)got, (long long)wanted);
    compute_rows_release(&rows);
    return result;
}

static struct sql_merge merge_of(const struct probe *p, const char *folder)
{
    return (struct sql_merge){ .table = &p->table, .folder = folder, .fields = FIELDS, .count = FIELD_COUNT, .keys = KEYS, .key_count = 1, .update = true };
}

static int expect_difference(struct probe *p, const char *folder, const char *column, int64_t wanted, struct err *e)
{
    const struct sql_merge m = merge_of(p, folder);
    struct buf text = BUF_INIT;

    sql_difference(&text, &m);
    return expect(p, &text, column, wanted, e);
}

static int try_staged(struct probe *p, struct err *e)
{
    struct buf text = BUF_INIT;

    buf_puts(&text, "SELECT count(`id`) AS n FROM ");
    sql_staged(&text, p->rows, FIELDS, FIELD_COUNT);
    return expect(p, &text, "n", 3, e);
}

static int create(struct probe *p, bool replace, struct err *e)
{
    const struct sql_property property = { "lakeferry.run", p->id };
    struct buf text = BUF_INIT;

    p->table_tried = true;
    sql_create_as(&text, &p->table, replace, "made by lakeferry doctor, which removes it", &property, 1, p->rows, FIELDS, FIELD_COUNT);
    return probe_statement(p, &text, NULL, e);
}

static int try_create(struct probe *p, struct err *e)
{
    return create(p, false, e);
}

static int try_difference(struct probe *p, struct err *e)
{
    return expect_difference(p, p->rows, "unchanged", 3, e);
}

static int merge(struct probe *p, const char *folder, bool update, bool delete_missing, struct err *e)
{
    struct sql_merge m = merge_of(p, folder);
    struct buf text = BUF_INIT;

    m.update = update;
    m.delete_missing = delete_missing;
    sql_merge(&text, &m);
    return probe_statement(p, &text, NULL, e);
}

static int try_append(struct probe *p, struct err *e)
{
    return merge(p, p->changed, false, false, e) != 0 ? -1 : expect_difference(p, p->changed, "changed", 1, e);
}

static int try_samples(struct probe *p, struct err *e)
{
    const struct sql_merge m = merge_of(p, p->changed);
    struct compute_rows rows = {0};
    struct buf text = BUF_INIT;

    sql_samples(&text, &m, SQL_CHANGED, 20, 3);
    int result = probe_statement(p, &text, &rows, e);
    if (result == 0 && rows.row_count != 1)
        result = err_set(e, ERR_PROTOCOL, "it runs, but gives %zu rows instead of 1", rows.row_count);
    compute_rows_release(&rows);
    return result;
}

static int try_merge(struct probe *p, struct err *e)
{
    return merge(p, p->changed, true, false, e) != 0 ? -1 : expect_difference(p, p->changed, "unchanged", 3, e);
}

static int try_delete(struct probe *p, struct err *e)
{
    return merge(p, p->rows, true, true, e) != 0 ? -1 : expect_difference(p, p->rows, "missing", 0, e);
}

static int try_duplicates(struct probe *p, struct err *e)
{
    struct compute_rows rows = {0};
    struct buf text = BUF_INIT;

    sql_duplicates(&text, &p->table, KEYS, 1, NULL, 3);
    int result = probe_statement(p, &text, &rows, e);
    if (result == 0 && rows.row_count != 0)
        result = err_set(e, ERR_PROTOCOL, "it runs, but finds keys twice that are there once");
    compute_rows_release(&rows);
    return result;
}

static int try_properties(struct probe *p, struct err *e)
{
    struct buf text = BUF_INIT;

    buf_puts(&text, "ALTER TABLE ");
    sql_table(&text, &p->table);
    buf_puts(&text, " SET TBLPROPERTIES ('lakeferry.scope' = 'people')");
    return probe_statement(p, &text, NULL, e);
}

static int try_replace(struct probe *p, struct err *e)
{
    return create(p, true, e) != 0 ? -1 : expect_difference(p, p->rows, "unchanged", 3, e);
}

static int try_preview(struct probe *p, struct err *e)
{
    const struct preview_ask ask = { .table = p->table, .limit = 3, .count = true };
    struct databricks_object object = {0};
    struct preview rows = {0};
    char *full = name_full(&p->table);
    int result = full == NULL ? err_no_memory(e) : databricks_object_get(&p->session.databricks, DATABRICKS_TABLE, full, &object, e);

    if (result == 0)
        result = preview_read(p->compute, &ask, &object, &rows, e);
    if (result == 0 && rows.row_count != 3)
        result = err_set(e, ERR_PROTOCOL, "it runs, but gives %zu rows instead of 3", rows.row_count);
    preview_release(&rows);
    databricks_object_release(&object);
    free(full);
    return result;
}

/* --- a file of rows, as an S3 import reads it; a volume stands for the bucket --- */

static int try_header(struct probe *p, struct err *e)
{
    struct compute_rows rows = {0};
    struct buf text = BUF_INIT;

    sql_s3_header(&text, p->csv);
    int result = probe_statement(p, &text, &rows, e);
    const char *line = result == 0 && rows.row_count > 0 ? compute_cell(&rows, 0, "value") : NULL;
    p->s3 = (struct sql_s3){ .url = p->csv, .warehouse = compute_kind_of(p->compute) == COMPUTE_WAREHOUSE };
    if (result == 0)
        result = line == NULL ? err_set(e, ERR_PROTOCOL, "it runs, but gives no line") : sql_s3_from_header(&p->s3, line, e);
    compute_rows_release(&rows);
    return result;
}

static int open_view(struct probe *p, struct err *e)
{
    struct buf text = BUF_INIT;

    if (!sql_s3_view(&text, &p->s3)) {
        buf_release(&text);
        return 0;
    }
    return probe_statement(p, &text, NULL, e);
}

static int try_csv(struct probe *p, struct err *e)
{
    struct buf count = BUF_INIT, first = BUF_INIT;

    if (open_view(p, e) != 0)
        return -1;
    sql_s3_count(&count, &p->s3);
    if (expect(p, &count, "n", 3, e) != 0)
        return -1;
    sql_s3_first(&first, &p->s3);
    return expect(p, &first, "inputid", 1, e);   /* 001 */
}

static int try_broken(struct probe *p, struct err *e)
{
    struct buf text = BUF_INIT;

    if (open_view(p, e) != 0)
        return -1;
    sql_s3_count(&text, &p->s3);
    return expect(p, &text, "broken", 1, e);
}

static int count_part(void *ctx, const struct databricks_file *f, struct err *e)
{
    (void)e;
    *(int64_t *)ctx += str_starts(f->name, "part-") && !f->is_directory;
    return 0;
}

static int try_output(struct probe *p, struct err *e)
{
    struct buf text = BUF_INIT, count = BUF_INIT;
    int64_t parts = 0;

    if (open_view(p, e) != 0)
        return -1;
    sql_s3_unload(&text, &p->s3, p->out);
    if (probe_statement(p, &text, NULL, e) != 0)
        return -1;
    sql_s3_unloaded(&count, p->out);
    if (expect(p, &count, "n", 3, e) != 0 || databricks_directory_list(&p->session.files, p->out, count_part, &parts, e) != 0)
        return -1;
    return parts > 0 ? 0 : err_set(e, ERR_PROTOCOL, "it runs, but the Files API shows no part file in %s", p->out);
}

/* --- the forms, in an order in which each finds what it needs --- */

#define BIT(form) (1u << (form))
enum { STAGED, CREATE, DIFFERENCE, APPEND, SAMPLES, MERGE, DELETE, DUPLICATES, PROPERTIES, REPLACE, PREVIEW, HEADER, CSV_ROWS, BROKEN, OUTPUT, FORMS };
static const struct { const char *name; int (*attempt)(struct probe *, struct err *); unsigned needs; const char *otherwise; } FORM_TABLE[FORMS] = {
    [STAGED] = { "staged rows", try_staged, 0, "no table can be written by this compute: name another with --compute" },
    [CREATE] = { "create", try_create, BIT(STAGED), "ask for CREATE TABLE in the staging volume's schema, or name another compute" },
    [DIFFERENCE] = { "difference", try_difference, BIT(CREATE), "update needs it: name another compute for it" },
    [APPEND] = { "append", try_append, BIT(DIFFERENCE), "use --if-exists replace, or another compute" },
    [SAMPLES] = { "samples", try_samples, BIT(APPEND), "update needs it: name another compute for it" },
    [MERGE] = { "merge", try_merge, BIT(APPEND), "update needs it: name another compute for it" },
    [DELETE] = { "delete missing", try_delete, BIT(MERGE), "update without --delete-missing" },
    [DUPLICATES] = { "duplicates", try_duplicates, BIT(CREATE), "update needs it: name another compute for it" },
    [PROPERTIES] = { "properties", try_properties, BIT(CREATE), "append to tables of the same dataset only, or name another compute" },
    [REPLACE] = { "replace", try_replace, BIT(CREATE), "drop a table before it is written anew" },
    [PREVIEW] = { "preview", try_preview, BIT(CREATE), "name another compute for previews" },
    [HEADER] = { "csv header", try_header, 0, "import s3 needs it: name another compute for it" },
    [CSV_ROWS] = { "csv rows", try_csv, BIT(HEADER), "import s3 of CSV needs it: name a cluster with --compute" },
    [BROKEN] = { "broken rows", try_broken, BIT(HEADER), "rows with too few or too many cells go unnoticed: import CSV by a cluster" },
    [OUTPUT] = { "output folder", try_output, BIT(CSV_ROWS), "import s3 needs it: name a cluster with --compute" },
};

void probe_forms(struct probe *p, const struct probe_hooks *hooks, struct probe_answers *answers)
{
    unsigned works = 0;

    for (int i = 0; i < FORMS && !net_cancel_is_set(p->session.databricks.cancel); i++) {
        struct probe_result r = { .form = FORM_TABLE[i].name, .otherwise = FORM_TABLE[i].otherwise };
        struct err e = {0};
        r.tried = (FORM_TABLE[i].needs & ~works) == 0;
        r.works = r.tried && FORM_TABLE[i].attempt(p, &e) == 0;
        if (r.works)
            works |= BIT(i);
        else if (!r.tried)
            str_copy(r.reason, sizeof r.reason, "not tried: a form it needs does not work");
        else
            str_copy(r.reason, sizeof r.reason, e.cause);
        probe_answers_add(answers, &r);
        if (hooks->each != NULL)
            hooks->each(hooks->ctx, &r);
    }
}
