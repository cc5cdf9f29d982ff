/*
 * Stages "table" and "finish": a row for every candidate is staged and taken in by one statement (core/delta.h); what was staged is removed. Rows that
 * the table is known to have are not staged again: their digest is kept, and a run that is gone through once more compares it.
 */
#include "core/import.h"
#include "base/hash.h"
#include "base/timefmt.h"
#include "core/rows.h"

#define TABLE_BATCH 500

struct table_job {
    struct stages_job *job;
    int64_t since_us;                /* inputs from here on were sent by the runs of this table */
    char since[40];
    uint64_t digest;                 /* of the rows put so far, in their order */
};

int import_finish_work(struct stages_job *job, struct err *e) { return delta_clean(job, e) != 0 ? -1 : STAGES_DONE; }

/* --- rows --- */

static const char *row_status(const struct table_job *t, const struct journal_item *item)
{
    /* Whether this or an earlier run sent it is read off the input's age, so that the same import again writes the same row. */
    if (item->state == JOURNAL_VERIFIED || item->state == JOURNAL_PRESENT)
        return item->remote.created_us >= t->since_us ? "verified" : "present";
    return journal_state_name(item->state);
}

/* st NULL: only into the digest. */
static int put_row(struct table_job *t, struct stage *st, const struct journal_item *item, struct buf *line, struct err *e)
{
    struct clarifai_input in;
    bool foreign = item->state == JOURNAL_CONFLICT && !str_eq(item->remote.source, journal_item_source(item));
    bool listed = item->remote_seen && !foreign && item->remote.json;
    cJSON *json = listed ? json_parse(item->remote.json, strlen(item->remote.json), e) : NULL;
    if (listed && !json)
        return -1;
    if (json)
        clarifai_input_decode(json, &in);
    struct rows_tracking row = {.input_id = foreign ? NULL : item->input_id, .source_path = item->key, .upload_status = row_status(t, item),
                                .upload_error = item->reason, .in = json ? &in : NULL};
    buf_clear(line);
    int result = rows_tracking_line(line, &row, e);
    if (result == 0)
        t->digest = hash_fnv(hash_fnv(t->digest, line->data, line->len), "\n", 1);
    if (result == 0 && st)
        result = stage_row(st, line->data, line->len, e);
    cJSON_Delete(json);
    return result;
}

/* st NULL: they are only told from those of another time. */
static int walk_rows(struct table_job *t, struct stage *st, int64_t *rows, struct err *e)
{
    struct journal *j = t->job->journal;
    struct journal_query q = {.candidates_only = true, .with_remote = true, .limit = TABLE_BATCH};
    size_t n = TABLE_BATCH;
    struct buf line = BUF_INIT;
    int result = 0;
    t->digest = HASH_FNV;
    while (result == 0 && n == TABLE_BATCH) {
        struct journal_item *items;
        if (t->job->draining && (result = err_set(e, ERR_CANCELLED, "writing the table was stopped")) != 0)
            break;
        result = journal_read(j, &q, &items, &n, e);
        for (size_t i = 0; i < n && result == 0; i++, ++*rows) {
            q.after_id = items[i].id;
            result = put_row(t, st, &items[i], &line, e);
        }
        journal_items_free(items, n);
        if (result == 0 && st)
            result = journal_put_i64(j, "rows.staged", *rows, e);
    }
    buf_release(&line);
    return result;
}

/* A delta_fill. */
static int put_rows(void *ctx, struct stage *st, int64_t *rows, struct err *e)
{
    struct table_job *t = ctx;
    struct journal *j = t->job->journal;
    int64_t total = 0;
    int result = journal_tally(j, 0, 0, &total, NULL, e) != 0 ? -1 : journal_put_i64(j, "rows.total", total, e);
    if (result == 0)
        result = walk_rows(t, st, rows, e);
    if (result == 0 && *rows != total)
        result = err_set(e, ERR_BUG, "%lld rows were staged instead of %lld", (long long)*rows, (long long)total);
    return result == 0 ? journal_put_i64(j, "rows.digest", (int64_t)t->digest, e) : result;
}

/* --- the stage --- */

static int64_t property_time(const struct databricks_object *o)
{
    int64_t us = 0;
    const char *text = databricks_object_property(o, "lakeferry.since");
    return text && time_parse(text, &us) ? us : 0;
}

static int find_since(struct table_job *t, const struct target *target, struct err *e)
{
    int64_t oldest = 0, newest = 0;
    if (target->mode == TARGET_CONTINUE || target->mode == TARGET_APPEND) {
        t->since_us = property_time(&target->object);
        return 0;
    }
    if (journal_created_bounds(t->job->journal, &oldest, &newest, e) != 0)
        return -1;
    t->since_us = oldest ? oldest : newest ? newest + 1 : time_wall_us();
    return 0;
}

static int decided(void *ctx, struct delta_table *table, const struct target *target, struct err *e)
{
    struct table_job *t = ctx;
    bool made = target->mode == TARGET_NEW || target->mode == TARGET_REPLACE;
    const char *maker = made ? t->job->id : databricks_object_property(&target->object, "lakeferry.run");
    if (find_since(t, target, e) != 0 || journal_put_i64(t->job->journal, "rows.since", t->since_us, e) != 0 ||
        journal_put(t->job->journal, "table.maker", maker, e) != 0)
        return -1;
    table->properties[table->property_count++] =
        (struct sql_property){"lakeferry.since", time_format(t->since_us, 6, t->since, sizeof t->since)};
    return 0;
}

/* What the table must be for its rows to be taken on trust: of this dataset, and the one that was written, not another that was put in its place. */
static int has_our_rows(struct stages_job *job, bool *has, struct err *e)
{
    struct import *im = job->verb;
    struct target_ask ask = import_target_ask(job);
    struct target target;
    if (target_decide(job, &ask, &target, e) != 0)
        return -1;
    const char *datasets = databricks_object_property(&target.object, "lakeferry.datasets");
    char *maker = journal_get(job->journal, "table.maker");
    bool kept = target.mode == TARGET_CONTINUE || target.mode == TARGET_APPEND;
    *has = kept && datasets && target_has_dataset(datasets, im->datasets) && maker &&
           str_eq(databricks_object_property(&target.object, "lakeferry.run"), maker);
    free(maker);
    target_release(&target);
    return 0;
}

/* The statement ended, and the rows would be the same again. */
static int is_written(struct table_job *t, bool *written, struct err *e)
{
    struct journal *j = t->job->journal;
    int64_t rows = 0;
    char *digest = journal_get(j, "table.digest"), now[32];
    *written = false;
    if (!digest)
        return 0;
    t->since_us = journal_get_i64(j, "rows.since", 0);
    int result = walk_rows(t, NULL, &rows, e);
    snprintf(now, sizeof now, "%lld", (long long)(int64_t)t->digest);
    bool same = result == 0 && str_eq(digest, now);
    free(digest);
    return same ? has_our_rows(t->job, written, e) : result;
}

/* The rows staged last are those that the table has now. */
static int note_written(struct stages_job *job, struct err *e)
{
    struct journal *j = job->journal;
    char *digest = journal_get(j, "rows.digest");
    int result = journal_put(j, "table.digest", digest, e);
    free(digest);
    return result == 0 ? journal_put_i64(j, "rows", journal_get_i64(j, "rows.rows", 0), e) : result;
}

int import_table_work(struct stages_job *job, struct err *e)
{
    static const char *const keys[] = {"source_path"};
    struct import *im = job->verb;
    struct table_job t = {.job = job};
    struct delta_table table = {.name = "rows", .ask = import_target_ask(job), .keys = keys, .key_count = 1, .source = im->root,
                                .comment = "pictures imported into Clarifai by lakeferry", .fill = put_rows, .ctx = &t, .decided = decided};
    bool written = false;
    if (!job->ask->table.object)
        return STAGES_DONE;
    if (is_written(&t, &written, e) != 0)
        return -1;
    if (written)
        return STAGES_DONE;
    if (journal_put(job->journal, "table.digest", NULL, e) != 0)
        return -1;
    int result = delta_table_work(job, &table, e);
    return result == STAGES_DONE && note_written(job, e) != 0 ? -1 : result;
}
