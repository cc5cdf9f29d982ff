/*
 * Stages "table" and "finish": a row for every candidate is staged and taken in by one statement; what was staged is removed. A statement whose end
 * is unknown is settled by looking at the table and asking for the difference, so that a repetition changes nothing.
 */
#include "core/import_volume.h"
#include "base/timefmt.h"
#include "core/plan.h"
#include "core/rows.h"

#define TABLE_BATCH 500
#define TABLE_ATTEMPTS 10

struct table_job {
    struct stages_job *job;
    struct session session;          /* the run's, with its cancellation */
    struct import_target target;
    struct stage_place place;
    struct compute *compute;
    char *folder;
    int64_t since_us;                /* inputs from here on were sent by the runs of this table */
    int64_t rows;
};

static struct session own_session(struct stages_job *job)
{
    struct session s = *job->session;
    s.databricks.cancel = s.files.cancel = s.clarifai.cancel = &job->cancel;
    return s;
}

/* --- leavings on the platform --- */

static void note_leaving(void *ctx, const char *kind, const char *id)
{
    struct stages_job *job = ctx;
    struct err ignored = {0};
    if (str_eq(kind, "end"))
        journal_left_remove(job->journal, id, &ignored);
    else
        journal_left_add(job->journal, kind, id, &ignored);
    journal_kill_point("point.statement");
}

/* Cancels or destroys what an earlier process or attempt left. */
static int clean_leavings(struct stages_job *job, struct err *e)
{
    struct session s = own_session(job);
    struct str_list kinds = {0}, ids = {0};
    int result = journal_left(job->journal, &kinds, &ids, e);
    for (size_t i = 0; i < ids.count && result == 0; i++) {
        result = compute_clean(&s, kinds.items[i], ids.items[i], e);
        if (result == 0)
            result = journal_left_remove(job->journal, ids.items[i], e);
    }
    str_list_release(&kinds);
    str_list_release(&ids);
    return result;
}

/* 1 when something was staged; place is then to be released. */
static int staged_place(struct stages_job *job, struct stage_place *place, struct err *e)
{
    char *at = journal_get(job->journal, "staging.at");
    memset(place, 0, sizeof *place);
    if (!at)
        return 0;
    int result = volume_path_parse(at, &place->at, e);
    place->made_volume = journal_get_i64(job->journal, "staging.made", 0) != 0;
    free(at);
    return result == 0 ? 1 : -1;
}

static int remove_staged(struct stages_job *job, bool keep_volume, struct err *e)
{
    struct session s = own_session(job);
    struct stage_place place;
    int found = staged_place(job, &place, e);
    if (found <= 0)
        return found;
    if (keep_volume)
        place.made_volume = false;
    int result = stage_remove(&s, &place, job->id, e);
    stage_place_release(&place);
    if (result == 0 && !keep_volume)
        result = journal_put(job->journal, "staging.at", NULL, e);
    return result;
}

int import_clean(struct stages_job *job, struct err *e)
{
    return clean_leavings(job, e) != 0 ? -1 : remove_staged(job, false, e);
}

int import_finish_work(struct stages_job *job, struct err *e) { return import_clean(job, e) != 0 ? -1 : STAGES_DONE; }

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
    bool foreign = item->state == JOURNAL_CONFLICT && !str_eq(item->remote.source, item->key);
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

static int put_rows(struct table_job *t, struct stage *st, struct err *e)
{
    struct journal *j = t->job->journal;
    struct journal_query q = {.candidates_only = true, .with_remote = true, .limit = TABLE_BATCH};
    size_t n = TABLE_BATCH;
    struct buf line = BUF_INIT;
    int result = 0;
    t->rows = 0;
    while (result == 0 && n == TABLE_BATCH) {
        struct journal_item *items;
        if (t->job->draining && (result = err_set(e, ERR_CANCELLED, "writing the table was stopped")) != 0)
            break;
        result = journal_read(j, &q, &items, &n, e);
        for (size_t i = 0; i < n && result == 0; i++, t->rows++) {
            q.after_id = items[i].id;
            result = put_row(t, st, &items[i], &line, e);
        }
        journal_items_free(items, n);
        if (result == 0)
            result = journal_put_i64(j, "rows.staged", t->rows, e);
    }
    buf_release(&line);
    return result;
}

static int choose_place(struct table_job *t, struct err *e)
{
    struct journal *j = t->job->journal;
    const struct ask *ask = t->job->ask;
    char why[320];
    stage_place_release(&t->place);
    /* What will be made is recorded before it is. */
    if (stage_choose(&t->session, ask->staging, NULL, &ask->table, t->job->id, true, &t->place, why, sizeof why, e) != 0)
        return -1;
    char *at = volume_path_text(&t->place.at);
    int result = at ? journal_put_i64(j, "staging.made", t->place.made_volume, e) : err_no_memory(e);
    if (result == 0)
        result = journal_put(j, "staging.at", at, e);
    free(at);
    if (result != 0 || !t->place.made_volume)
        return result;
    stage_place_release(&t->place);
    return stage_choose(&t->session, ask->staging, NULL, &ask->table, t->job->id, false, &t->place, why, sizeof why, e);
}

static int stage_rows(struct table_job *t, struct err *e)
{
    struct journal *j = t->job->journal;
    int64_t attempt = journal_get_i64(j, "table.attempt", 0) + 1, total = 0;
    uint64_t staged = 0;
    struct stage *st = NULL;
    if (journal_tally(j, 0, 0, &total, NULL, e) != 0 || journal_put_i64(j, "rows.total", total, e) != 0 ||
        journal_put_i64(j, "table.attempt", attempt, e) != 0 || choose_place(t, e) != 0 || remove_staged(t->job, true, e) != 0)
        return -1;
    if (stage_begin(&t->session, &t->place, t->job->id, "rows", (int)attempt, t->job->folder, &st, e) != 0)
        return -1;
    int result = put_rows(t, st, e);
    if (result == 0)
        result = stage_end(st, &staged, e);
    if (result == 0 && (int64_t)staged != total)
        result = err_set(e, ERR_BUG, "%llu rows were staged instead of %lld", (unsigned long long)staged, (long long)total);
    if (result == 0 && str_set(&t->folder, stage_folder(st)) != 0)
        result = err_no_memory(e);
    stage_free(st);
    journal_kill_point("point.staged");
    return result;
}

/* --- statements --- */

static int run_statement(struct table_job *t, const struct buf *text, struct compute_rows *rows, struct err *e)
{
    if (buf_error(text, e) != 0)
        return -1;
    int result = compute_run(t->compute, text->data, false, rows, e);
    journal_kill_point("point.ran");
    if (result != 0) {
        char *table = name_text(&t->job->ask->table);
        err_about(e, "cannot write the table", table ? table : "");
        free(table);
    }
    return result;
}

static int count_commit(struct table_job *t, struct err *e)
{
    struct journal *j = t->job->journal;
    return journal_put_i64(j, "commits", journal_get_i64(j, "commits", 0) + 1, e);
}

/* Properties of the old table that are neither ours nor Delta's own are carried over. */
static size_t carry_over(const struct databricks_object *o, struct sql_property *out, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < o->property_count && n < room; i++)
        if (!str_starts(o->properties[i].key, "delta.") && !str_starts(o->properties[i].key, "lakeferry.") &&
            !str_starts(o->properties[i].key, "spark."))
            out[n++] = (struct sql_property){.key = o->properties[i].key, .value = o->properties[i].value};
    return n;
}

static int create_table(struct table_job *t, bool replace, struct err *e)
{
    struct import *im = t->job->verb;
    char since[40];
    struct sql_property p[40] = {
        {"lakeferry.run", t->job->id},       {"lakeferry.source", im->root}, {"lakeferry.datasets", im->datasets},
        {"lakeferry.version", "1"},          {"lakeferry.since", time_format(t->since_us, 6, since, sizeof since)},
    };
    size_t n = 5;
    const char *comment = "pictures imported into Clarifai by lakeferry";
    struct buf text = BUF_INIT;
    if (replace) {
        n += carry_over(&t->target.object, p + n, sizeof p / sizeof *p - n);
        if (t->target.object.comment && *t->target.object.comment)
            comment = t->target.object.comment;
    }
    sql_create_as(&text, &t->job->ask->table, replace, comment, p, n, t->folder, rows_tracking_fields, rows_tracking_count);
    int result = run_statement(t, &text, NULL, e);
    buf_release(&text);
    return result != 0 ? -1 : count_commit(t, e);
}

static int64_t cell_number(const struct compute_rows *rows, const char *column)
{
    int64_t n = -1;
    const char *cell = compute_cell(rows, 0, column);
    return cell && str_i64(cell, &n) ? n : -1;
}

/* The dataset joins the table's list, in a commit of its own, before its rows come. */
static int add_dataset_property(struct table_job *t, struct err *e)
{
    struct import *im = t->job->verb;
    const char *list = databricks_object_property(&t->target.object, "lakeferry.datasets");
    struct buf text = BUF_INIT;
    if (import_target_has_dataset(list, im->datasets))
        return 0;
    char *joined = str_printf("%s,%s", list ? list : "", im->datasets);
    if (!joined)
        return err_no_memory(e);
    buf_puts(&text, "ALTER TABLE ");
    sql_table(&text, &t->job->ask->table);
    buf_puts(&text, " SET TBLPROPERTIES ('lakeferry.datasets' = ");
    sql_literal(&text, joined);
    buf_puts(&text, ")");
    free(joined);
    int result = run_statement(t, &text, NULL, e);
    buf_release(&text);
    return result != 0 ? -1 : count_commit(t, e);
}

static int merge_rows(struct table_job *t, struct err *e)
{
    static const char *const keys[] = {"source_path"};
    struct sql_merge m = {.table = &t->job->ask->table, .folder = t->folder, .fields = rows_tracking_fields, .count = rows_tracking_count,
                          .keys = keys, .key_count = 1, .update = true};
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    if (t->target.mode == IMPORT_TABLE_APPEND && add_dataset_property(t, e) != 0)
        return -1;
    sql_difference(&text, &m);
    int result = run_statement(t, &text, &rows, e);
    int64_t inserted = result == 0 ? cell_number(&rows, "inserted") : 0, changed = result == 0 ? cell_number(&rows, "changed") : 0;
    compute_rows_release(&rows);
    if (result == 0 && (inserted < 0 || changed < 0))
        result = err_set(e, ERR_PROTOCOL, "the compute did not say how many rows differ");
    if (result == 0 && inserted + changed > 0) {
        buf_clear(&text);
        sql_merge(&text, &m);
        result = run_statement(t, &text, NULL, e);
        if (result == 0)
            result = count_commit(t, e);
    }
    buf_release(&text);
    return result;
}

/* --- the stage --- */

static int64_t property_time(const struct databricks_object *o)
{
    int64_t us = 0;
    const char *text = databricks_object_property(o, "lakeferry.since");
    return text && time_parse(text, &us) ? us : 0;
}

static int find_since(struct table_job *t, struct err *e)
{
    int64_t oldest = 0, newest = 0;
    if (t->target.mode == IMPORT_TABLE_CONTINUE || t->target.mode == IMPORT_TABLE_APPEND) {
        t->since_us = property_time(&t->target.object);
        return 0;
    }
    if (journal_created_bounds(t->job->journal, &oldest, &newest, e) != 0)
        return -1;
    t->since_us = oldest ? oldest : newest ? newest + 1 : time_wall_us();
    return 0;
}

static int tick(void *ctx, const char *state, int64_t waited_ms)
{
    struct stages_job *job = ctx;
    struct err ignored = {0};
    (void)waited_ms;
    journal_put(job->journal, "compute.state", state, &ignored);
    return job->draining ? -1 : 0;
}

/* A table that carries our run was made by a statement whose end was not recorded: the answer was lost, or the process was killed. */
static int account_for_lost(struct table_job *t, struct err *e)
{
    return t->target.ours && journal_get_i64(t->job->journal, "commits", 0) == 0 ? count_commit(t, e) : 0;
}

static int write_table(struct table_job *t, struct err *e)
{
    if (import_target_decide(t->job, &t->target, e) != 0 || account_for_lost(t, e) != 0 || find_since(t, e) != 0 || stage_rows(t, e) != 0)
        return -1;
    struct compute_note note = {.note = note_leaving, .ctx = t->job};
    if (compute_open(&t->session, t->job->ask->compute, &note, &t->compute, e) != 0 || compute_start(t->compute, tick, t->job, e) != 0)
        return -1;
    bool create = t->target.mode == IMPORT_TABLE_NEW || t->target.mode == IMPORT_TABLE_REPLACE;
    return create ? create_table(t, t->target.mode == IMPORT_TABLE_REPLACE, e) : merge_rows(t, e);
}

static void table_job_release(struct table_job *t)
{
    compute_close(t->compute);
    import_target_release(&t->target);
    stage_place_release(&t->place);
    free(t->folder);
}

/* Worth another attempt at once: its end is unknown, or somebody wrote at the same time, or it appeared meanwhile. */
static bool try_again(const struct err *e)
{
    return e->code == ERR_UNKNOWN || (e->code == ERR_CONFLICT && (str_eq(e->sqlstate, "2D521") || str_eq(e->sqlstate, "42P07")));
}

int import_table_work(struct stages_job *job, struct err *e)
{
    if (!job->ask->table.object)
        return STAGES_DONE;
    int64_t tries = journal_get_i64(job->journal, "table.tries", 0);
    struct table_job t = {.job = job, .session = own_session(job)};
    int result = clean_leavings(job, e);
    if (result == 0)
        result = write_table(&t, e);
    int64_t rows = t.rows;
    table_job_release(&t);
    if (result == 0)
        return journal_put_i64(job->journal, "rows", rows, e) != 0 ? -1 : STAGES_DONE;
    struct err why = {0};
    if (!try_again(e) || tries + 1 >= TABLE_ATTEMPTS)
        return -1;
    if (journal_put_i64(job->journal, "table.tries", tries + 1, &why) != 0) {
        *e = why;
        return -1;
    }
    return STAGES_DID;
}
