/* Stages "merge" and "verify": what the plan promised, one MERGE a table and none where there is nothing to do; then both sides compared again. */
#include "core/update.h"
#include "base/timefmt.h"

#define STALE_MS 60000          /* a plan is asked for again when its merge comes so much later */

static bool cancelled(const struct stages_job *job) { return journal_has(job->journal, "cancelled"); }

/* --- counts that people see, made anew from what each table is known to have had --- */

static int tell(struct stages_job *job, struct err *e)
{
    struct update *u = job->verb;
    struct journal *j = job->journal;
    int64_t inserted = 0, changed = 0, unchanged = 0, missing = -1, commits = 0, planned = journal_count(j, ~0u), present = 0, left = 0;
    char fact[48];
    for (size_t i = 0; i < 2; i++) {
        const struct update_side *side = &u->sides[i];
        struct update_counts promise, did;
        if (!update_counts_read(job, "promise", side, &promise))
            return 0;
        int64_t work = promise.of[SQL_INSERTED] + promise.of[SQL_CHANGED], all = work + promise.of[SQL_UNCHANGED];
        bool known = update_counts_read(job, "did", side, &did);
        int64_t done = did.of[SQL_INSERTED] + did.of[SQL_CHANGED];
        planned += all;
        unchanged += promise.of[SQL_UNCHANGED];
        inserted += did.of[SQL_INSERTED];
        changed += did.of[SQL_CHANGED];
        present += !known ? promise.of[SQL_UNCHANGED] : all > done ? all - done : 0;
        left += known ? 0 : work;
        if (!side->shared)
            missing = (missing < 0 ? 0 : missing) + promise.of[SQL_MISSING];
        commits += did.total + journal_has(j, update_fact(fact, "listed", side));
    }
    if (journal_put_i64(j, "inserted", inserted, e) != 0 || journal_put_i64(j, "changed", changed, e) != 0 ||
        journal_put_i64(j, "unchanged", unchanged, e) != 0 || journal_put_i64(j, "commits", commits, e) != 0 ||
        journal_put_i64(j, "count.planned", planned, e) != 0 || journal_put_i64(j, "count.verified", inserted + changed, e) != 0 ||
        journal_put_i64(j, "count.present", present, e) != 0 || journal_put_i64(j, "count.cancelled", cancelled(job) ? left : 0, e) != 0)
        return -1;
    return missing < 0 ? 0 : journal_put_i64(j, "missing", missing, e);
}

/* --- what is not as promised --- */

static int report_table(struct stages_job *job, const struct update_side *side, const char *code, const char *reason, struct err *e)
{
    struct update_item item = {.key = name_text(side->table), .code = code};
    str_copy(item.reason, sizeof item.reason, reason);
    int result = item.key ? update_items_put(job, &item, 1, JOURNAL_UNACCOUNTED, e) : err_no_memory(e);
    free(item.key);
    return result;
}

/* --- properties --- */

/* The list of datasets and the scope say what the rows are, so that nobody's rows are taken for missing later; before the rows come. */
static int set_properties(struct delta *d, const struct update_side *side, struct err *e)
{
    struct update *u = d->job->verb;
    const char *list = databricks_object_property(&side->object, "lakeferry.datasets");
    struct buf text = BUF_INIT, joined = BUF_INIT;
    char fact[48];
    update_fact(fact, "listing", side);
    if (!side->join_list && !side->set_scope)        /* perhaps by us, where the answer was lost */
        return journal_has(d->job->journal, fact) ? journal_put(d->job->journal, update_fact(fact, "listed", side), "1", e) : 0;
    buf_puts(&text, "ALTER TABLE ");
    sql_table(&text, side->table);
    buf_puts(&text, " SET TBLPROPERTIES (");
    if (side->join_list) {
        buf_printf(&joined, "%s%s%s", list ? list : "", list && *list ? "," : "", u->dataset);
        buf_puts(&text, "'lakeferry.datasets' = ");
        sql_literal(&text, joined.data);
    }
    if (side->set_scope)
        buf_printf(&text, "%s'lakeferry.scope' = 'all'", side->join_list ? ", " : "");
    buf_putc(&text, ')');
    int result = buf_error(&joined, e);
    if (result == 0)
        result = journal_put(d->job->journal, fact, "1", e);
    if (result == 0)
        result = delta_run(d, side->table, &text, NULL, e);
    buf_release(&joined);
    buf_release(&text);
    return result != 0 ? -1 : journal_put(d->job->journal, update_fact(fact, "listed", side), "1", e);
}

/* --- one table --- */

static int64_t work_of(const struct stages_job *job, const struct update_counts *c)
{
    return c->of[SQL_INSERTED] + c->of[SQL_CHANGED] + (job->ask->delete_missing ? c->of[SQL_MISSING] : 0);
}

/* total of a side's "did" is how many commits it made. */
static int record(struct stages_job *job, const struct update_side *side, const struct update_counts *did, struct err *e)
{
    return update_counts_put(job, "did", side, did, e) != 0 ? -1 : tell(job, e);
}

static int check_metrics(struct stages_job *job, const struct update_side *side, const struct update_counts *promise, const struct update_counts *did,
                         struct err *e)
{
    char reason[320];
    int64_t deleted = job->ask->delete_missing ? promise->of[SQL_MISSING] : 0;
    if (did->of[SQL_INSERTED] == promise->of[SQL_INSERTED] && did->of[SQL_CHANGED] == promise->of[SQL_CHANGED] && did->of[SQL_MISSING] == deleted)
        return 0;
    snprintf(reason, sizeof reason, "the table changed between plan and merge: %lld inserted, %lld changed, %lld deleted instead of %lld, %lld, %lld",
             (long long)did->of[SQL_INSERTED], (long long)did->of[SQL_CHANGED], (long long)did->of[SQL_MISSING],
             (long long)promise->of[SQL_INSERTED], (long long)promise->of[SQL_CHANGED], (long long)deleted);
    return report_table(job, side, "CHANGED_MEANWHILE", reason, e);
}

static int run_merge(struct delta *d, const struct update_side *side, const struct update_counts *promise, struct err *e)
{
    struct stages_job *job = d->job;
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    struct err lost = {0};
    char fact[48], *folder = delta_staged(job, side->name, NULL);
    if (!folder)
        return err_set(e, ERR_BUG, "the rows of %s are not staged", side->name);
    struct sql_merge m = update_merge_of(job, side, folder);
    sql_merge(&text, &m);
    int result = journal_put(job->journal, update_fact(fact, "begun", side), "1", e);
    if (result == 0)
        result = delta_write(d, side->name, side->table, &text, &rows, e);
    if (result != 0 && e->code == ERR_CONFLICT && journal_put(job->journal, fact, NULL, &lost) != 0)
        *e = lost;                                /* refused: what the table holds then is no work of ours */
    if (result == 0) {
        struct update_counts did = {.of = {delta_number(&rows, "num_inserted_rows"), delta_number(&rows, "num_updated_rows"), 0,
                                           delta_number(&rows, "num_deleted_rows")}, .total = 1};
        if (did.of[SQL_INSERTED] < 0 || did.of[SQL_CHANGED] < 0 || did.of[SQL_MISSING] < 0)
            result = err_set(e, ERR_UNKNOWN, "the compute did not say how many rows it merged");
        else if (check_metrics(job, side, promise, &did, e) != 0 || record(job, side, &did, e) != 0)
            result = -1;
    }
    compute_rows_release(&rows);
    buf_release(&text);
    free(folder);
    return result;
}

/* Rows that others wrote since the plan would be deleted although no plan showed them. */
static int refuse_delete(const struct update_side *side, int64_t now, int64_t promised, struct err *e)
{
    char *table = name_text(side->table);
    err_set(e, ERR_CONFLICT, "%lld rows are missing in Clarifai now, and the plan showed %lld", (long long)now, (long long)promised);
    err_about(e, "cannot delete from the table", table ? table : "");
    free(table);
    return err_remedy(e, "somebody else writes it; start the update again");
}

/* Nothing is left to do: by our MERGE, or by somebody else, who did it before us. */
static int settle(struct stages_job *job, const struct update_side *side, const struct update_counts *promise, bool begun, struct err *e)
{
    struct update_counts did = {0};
    if (begun) {
        did = *promise;
        did.of[SQL_MISSING] = job->ask->delete_missing ? promise->of[SQL_MISSING] : 0;
        did.total = 1;
    }
    return check_metrics(job, side, promise, &did, e) != 0 ? -1 : record(job, side, &did, e);
}

/* Others may have written since the plan: it was made by another process or waited long for its yes, or they have just won a race for the table. */
static bool is_stale(const struct stages_job *job)
{
    const struct update *u = job->verb;
    return !u->compared_ms || time_mono_ms() - u->compared_ms > STALE_MS || journal_has(job->journal, "tries.merge");
}

/*
 * A MERGE that was begun and whose end is unknown is settled by asking for the difference: none is left when it ran. What is to be deleted is asked for
 * again in any case, and so is a plan that is stale: a MERGE with nothing to do would be a commit all the same.
 */
static int merge_side(struct delta *d, const struct update_side *side, struct err *e)
{
    struct stages_job *job = d->job;
    struct update_counts promise, now, did = {0};
    char fact[48];
    bool begun = journal_has(job->journal, update_fact(fact, "begun", side));
    if (update_counts_read(job, "did", side, &did) || (cancelled(job) && !begun))
        return 0;
    if (!update_counts_read(job, "promise", side, &promise))
        return err_set(e, ERR_BUG, "the plan promises nothing about %s", side->name);
    if (!cancelled(job) && set_properties(d, side, e) != 0)
        return -1;
    if (work_of(job, &promise) == 0)
        return record(job, side, &did, e);
    if (begun || job->ask->delete_missing || is_stale(job)) {
        if (update_count(d, side, &now, e) != 0)
            return -1;
        if (work_of(job, &now) == 0)
            return settle(job, side, &promise, begun, e);
        if (cancelled(job))
            return 0;
        if (job->ask->delete_missing && now.of[SQL_MISSING] != promise.of[SQL_MISSING])
            return refuse_delete(side, now.of[SQL_MISSING], promise.of[SQL_MISSING], e);
    }
    return run_merge(d, side, &promise, e);
}

static int merge(struct delta *d, struct err *e)
{
    struct stages_job *job = d->job;
    struct update *u = job->verb;
    if (update_sides_load(job, e) != 0 || tell(job, e) != 0)
        return -1;
    if (cancelled(job) && !journal_has(job->journal, "begun.inputs") && !journal_has(job->journal, "begun.annotations"))
        return 0;
    if (update_stage(d, e) != 0 || delta_start(d, e) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        if (job->draining && !cancelled(job))
            return err_set(e, ERR_CANCELLED, "the update was stopped");
        if (merge_side(d, &u->sides[i], e) != 0)
            return -1;
    }
    return 0;
}

int update_merge_work(struct stages_job *job, struct err *e)
{
    struct delta d;
    if (delta_open(job, &d, e) != 0)
        return -1;
    int result = merge(&d, e);
    delta_close(&d);
    return result == 0 ? STAGES_DONE : update_again(job, "tries.merge", e);
}

/* --- verify --- */

struct version { char text[96]; };   /* of a table: number and time of its last commit; "" when it is not told */

static int read_version(struct delta *d, const struct update_side *side, struct version *out, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    struct err why = {0};
    buf_puts(&text, "DESCRIBE HISTORY ");
    sql_table(&text, side->table);
    buf_puts(&text, " LIMIT 1");
    int result = delta_run(d, side->table, &text, &rows, &why);
    const char *number = result == 0 ? compute_cell(&rows, 0, "version") : NULL, *at = result == 0 ? compute_cell(&rows, 0, "timestamp") : NULL;
    out->text[0] = '\0';
    if (number && at)
        snprintf(out->text, sizeof out->text, "%s %s", number, at);
    if (result != 0 && (why.code == ERR_REFUSED || why.code == ERR_FORBIDDEN))
        result = 0;                               /* then the rows are compared */
    if (result != 0)
        *e = why;
    compute_rows_release(&rows);
    buf_release(&text);
    return result;
}

/* Nobody has written the table since its rows were found to be those that were staged. */
static bool is_verified(struct stages_job *job, const struct update_side *side, const struct version *now)
{
    char fact[48], *then = journal_get(job->journal, update_fact(fact, "verified", side));
    bool same = then && now->text[0] && str_eq(then, now->text);
    free(then);
    return same;
}

/* Every staged row is in the table as it was staged, and nothing that was to go is left. */
static int verify_side(struct delta *d, const struct update_side *side, const struct version *version, int64_t *rows, struct err *e)
{
    struct update_counts now;
    char reason[320], fact[48];
    if (update_count(d, side, &now, e) != 0)
        return -1;
    *rows += now.total - now.of[SQL_INSERTED];
    int64_t differ = work_of(d->job, &now);
    if (journal_put(d->job->journal, update_fact(fact, "verified", side), differ == 0 && version->text[0] ? version->text : NULL, e) != 0)
        return -1;
    if (differ == 0)
        return 0;
    snprintf(reason, sizeof reason, "%lld rows differ from Clarifai after the update: the table was changed meanwhile", (long long)differ);
    return report_table(d->job, side, "CHANGED_MEANWHILE", reason, e);
}

/* The versions are read before the rows: who writes in between is seen next time. */
static int verify(struct delta *d, struct err *e)
{
    struct stages_job *job = d->job;
    struct update *u = job->verb;
    struct version versions[2];
    int64_t rows = 0;
    bool verified = true;
    if (update_sides_load(job, e) != 0 || delta_start(d, e) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        if (read_version(d, &u->sides[i], &versions[i], e) != 0)
            return -1;
        verified = is_verified(job, &u->sides[i], &versions[i]) && verified;
    }
    if (verified)
        return tell(job, e);
    if (update_stage(d, e) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++)
        if (verify_side(d, &u->sides[i], &versions[i], &rows, e) != 0)
            return -1;
    return journal_put_i64(job->journal, "rows", rows, e) != 0 ? -1 : tell(job, e);
}

int update_verify_work(struct stages_job *job, struct err *e)
{
    struct delta d;
    if (cancelled(job))
        return tell(job, e) == 0 ? STAGES_DONE : -1;
    if (delta_open(job, &d, e) != 0)
        return -1;
    int result = verify(&d, e);
    delta_close(&d);
    return result == 0 ? STAGES_DONE : update_again(job, "tries.verify", e);
}
