/* One table, whole: made, replaced or merged into by one statement, however often it has to be begun again. */
#include "core/delta.h"

#define DELTA_VERSION "1"

/* The commit of a statement is counted once, also when its end was not recorded and is seen in the table. */
static int count_made(struct stages_job *job, const char *prefix, const char *name, struct err *e)
{
    char key[48];
    if (journal_put(job->journal, delta_fact(key, prefix, name), "1", e) != 0)
        return -1;
    return delta_count_commit(job, e);
}

/* Properties of the old table that are neither ours nor Delta's own are carried over. */
static size_t carry_over(const struct databricks_object *o, struct sql_property *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < o->property_count && n < room; i++)
        if (!target_own_property(o->properties[i].key))
            out[n++] = (struct sql_property){.key = o->properties[i].key, .value = o->properties[i].value};
    return n;
}

static void create_text(struct buf *text, struct delta *d, const struct delta_table *t, const struct target *target, const char *folder)
{
    struct sql_property p[64] = {
        {"lakeferry.run", d->job->id}, {"lakeferry.source", t->source}, {"lakeferry.datasets", t->ask.datasets}, {"lakeferry.version", DELTA_VERSION},
    };
    size_t n = 4;
    const char *comment = t->comment;
    bool replace = target->mode != TARGET_NEW;
    for (size_t i = 0; i < t->property_count; i++)
        p[n++] = t->properties[i];
    if (replace) {
        n += carry_over(&target->object, p + n, sizeof p / sizeof *p - n);
        if (target->object.comment && *target->object.comment)
            comment = target->object.comment;
    }
    sql_create_as(text, t->ask.table, replace, comment, p, n, folder, t->ask.fields, t->ask.count);
}

static int create_table(struct delta *d, const struct delta_table *t, const struct target *target, const char *folder, struct err *e)
{
    struct buf text = BUF_INIT;
    create_text(&text, d, t, target, folder);
    int result = delta_write(d, t->name, t->ask.table, &text, NULL, e);
    buf_release(&text);
    return result != 0 ? -1 : count_made(d->job, "made", t->name, e);
}

static int end_joining(struct stages_job *job, const char *joining, struct err *e)
{
    return delta_count_commit(job, e) != 0 ? -1 : journal_put(job->journal, joining, NULL, e);
}

/* The dataset joins the table's list, in a commit of its own, before its rows come. */
static int add_dataset(struct delta *d, const struct delta_table *t, const struct target *target, struct err *e)
{
    const char *list = databricks_object_property(&target->object, "lakeferry.datasets");
    struct journal *j = d->job->journal;
    struct buf text = BUF_INIT;
    char joining[48];
    delta_fact(joining, "joining", t->name);
    if (target->mode != TARGET_APPEND)
        return 0;
    if (target_has_dataset(list, t->ask.datasets))       /* by us, where the answer was lost */
        return journal_has(j, joining) ? end_joining(d->job, joining, e) : 0;
    char *joined = str_printf("%s,%s", list ? list : "", t->ask.datasets);
    if (!joined)
        return err_no_memory(e);
    buf_puts(&text, "ALTER TABLE ");
    sql_table(&text, t->ask.table);
    buf_puts(&text, " SET TBLPROPERTIES ('lakeferry.datasets' = ");
    sql_literal(&text, joined);
    buf_puts(&text, ")");
    free(joined);
    int result = journal_put(j, joining, "1", e);
    if (result == 0)
        result = delta_run(d, t->ask.table, &text, NULL, e);
    buf_release(&text);
    return result != 0 ? -1 : end_joining(d->job, joining, e);
}

/* Rows that would be inserted or changed, those that are not staged, and how many the table has then. */
static int ask_difference(struct delta *d, const struct sql_merge *m, int64_t *differ, int64_t *missing, int64_t *total, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    sql_difference(&text, m);
    int result = delta_run(d, m->table, &text, &rows, e);
    int64_t inserted = result == 0 ? delta_number(&rows, "inserted") : 0, changed = result == 0 ? delta_number(&rows, "changed") : 0;
    *total = result == 0 ? delta_number(&rows, "total") : 0;
    *missing = result == 0 ? delta_number(&rows, "missing") : 0;
    compute_rows_release(&rows);
    buf_release(&text);
    if (result == 0 && (inserted < 0 || changed < 0 || *total < 0))
        result = err_set(e, ERR_PROTOCOL, "the compute did not say how many rows differ");
    *differ = inserted + changed;
    return result;
}

/*
 * A table made by this run, in which others have put nothing that can be told: no dataset and no column. What is in it and was not staged was exported
 * by this run and is gone since.
 */
static bool may_replace_own(const struct delta_table *t, const struct target *target)
{
    return t->exact && target->ours && str_eq(databricks_object_property(&target->object, "lakeferry.datasets"), t->ask.datasets) &&
           target->object.column_count == t->ask.count;
}

static int merge_rows(struct delta *d, const struct delta_table *t, const struct target *target, const char *folder, int64_t *rows, struct err *e)
{
    struct sql_merge m = {.table = t->ask.table, .folder = folder, .fields = t->ask.fields, .count = t->ask.count, .keys = t->keys,
                          .key_count = t->key_count, .update = true};
    struct journal *j = d->job->journal;
    struct buf text = BUF_INIT;
    char merging[48];
    int64_t differ = 0, missing = 0, staged = *rows;
    delta_fact(merging, "merging", t->name);
    if (add_dataset(d, t, target, e) != 0 || ask_difference(d, &m, &differ, &missing, rows, e) != 0)
        return -1;
    bool replace = missing > 0 && may_replace_own(t, target);
    if (differ > 0 || replace) {
        if (replace)
            create_text(&text, d, t, target, folder);
        else
            sql_merge(&text, &m);
        int result = journal_put(j, merging, "1", e);
        if (result == 0)
            result = delta_write(d, t->name, t->ask.table, &text, NULL, e);
        buf_release(&text);
        if (result != 0)
            return -1;
        if (replace)
            *rows = staged;
    }
    if (!journal_has(j, merging))
        return 0;
    return delta_count_commit(d->job, e) != 0 ? -1 : journal_put(j, merging, NULL, e);
}

/* A table that carries our run was made by a statement whose end was not recorded: the answer was lost, or the process was killed. */
static int account_for_lost(struct stages_job *job, const struct delta_table *t, const struct target *target, struct err *e)
{
    char key[48];
    return target->ours && !journal_has(job->journal, delta_fact(key, "made", t->name)) ? count_made(job, "made", t->name, e) : 0;
}

static int write_table(struct delta *d, struct delta_table *t, struct target *target, struct err *e)
{
    if (target_decide(d->job, &t->ask, target, e) != 0 || account_for_lost(d->job, t, target, e) != 0)
        return -1;
    if (t->decided && t->decided(t->ctx, t, target, e) != 0)
        return -1;
    if (delta_stage(d, t->name, t->ask.table, t->images, t->fill, t->ctx, e) != 0 || delta_start(d, e) != 0)
        return -1;
    int64_t rows = 0;
    char key[48], *folder = delta_staged(d->job, t->name, &rows);
    bool create = target->mode == TARGET_NEW || target->mode == TARGET_REPLACE;
    int result = !folder ? err_no_memory(e) : create ? create_table(d, t, target, folder, e) : merge_rows(d, t, target, folder, &rows, e);
    free(folder);
    return result != 0 ? -1 : journal_put_i64(d->job->journal, delta_fact(key, "rows", t->name), rows, e);
}

/* What a failed attempt leaves is removed before the next; 0 when there may be one. */
static int prepare_again(struct delta *d, const struct delta_table *t, const struct err *why, struct err *e)
{
    char key[48];
    int64_t tries = journal_get_i64(d->job->journal, delta_fact(key, "tries", t->name), 0) + 1;
    if (!delta_again(why) || tries >= DELTA_TRIES) {
        *e = *why;
        return -1;
    }
    return journal_put_i64(d->job->journal, key, tries, e) != 0 ? -1 : delta_unstage(d, t->name, e);
}

int delta_table_work(struct stages_job *job, struct delta_table *t, struct err *e)
{
    struct delta d;
    struct target target = {0};
    struct err why = {0};
    if (delta_open(job, &d, e) != 0)
        return -1;
    int result = write_table(&d, t, &target, &why);
    target_release(&target);
    delta_close(&d);
    if (result == 0)
        return STAGES_DONE;
    return prepare_again(&d, t, &why, e) == 0 ? STAGES_DID : -1;
}
