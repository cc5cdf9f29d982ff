/* Stages "table" and "finish": a row for every candidate is staged and taken in by one statement (core/delta.h); what was staged is removed. */
#include "core/import.h"
#include "base/timefmt.h"
#include "core/rows.h"

#define TABLE_BATCH 500

struct table_job {
    struct stages_job *job;
    int64_t since_us;                /* inputs from here on were sent by the runs of this table */
    char since[40];
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
        result = stage_row(st, line->data, line->len, e);
    cJSON_Delete(json);
    return result;
}

/* A delta_fill. */
static int put_rows(void *ctx, struct stage *st, int64_t *rows, struct err *e)
{
    struct table_job *t = ctx;
    struct journal *j = t->job->journal;
    struct journal_query q = {.candidates_only = true, .with_remote = true, .limit = TABLE_BATCH};
    size_t n = TABLE_BATCH;
    int64_t total = 0;
    struct buf line = BUF_INIT;
    int result = journal_tally(j, 0, 0, &total, NULL, e) != 0 ? -1 : journal_put_i64(j, "rows.total", total, e);
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
        if (result == 0)
            result = journal_put_i64(j, "rows.staged", *rows, e);
    }
    buf_release(&line);
    if (result == 0 && *rows != total)
        result = err_set(e, ERR_BUG, "%lld rows were staged instead of %lld", (long long)*rows, (long long)total);
    return result;
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
    if (find_since(t, target, e) != 0)
        return -1;
    table->properties[table->property_count++] =
        (struct sql_property){"lakeferry.since", time_format(t->since_us, 6, t->since, sizeof t->since)};
    return 0;
}

int import_table_work(struct stages_job *job, struct err *e)
{
    static const char *const keys[] = {"source_path"};
    struct import *im = job->verb;
    struct table_job t = {.job = job};
    struct delta_table table = {.name = "rows", .ask = import_target_ask(job), .keys = keys, .key_count = 1, .source = im->root,
                                .comment = "pictures imported into Clarifai by lakeferry", .fill = put_rows, .ctx = &t, .decided = decided};
    if (!job->ask->table.object)
        return STAGES_DONE;
    int result = delta_table_work(job, &table, e);
    if (result == STAGES_DONE && journal_put_i64(job->journal, "rows", journal_get_i64(job->journal, "rows.rows", 0), e) != 0)
        return -1;
    return result;
}
