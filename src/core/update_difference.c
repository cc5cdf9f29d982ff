/* Stage "difference": what an update would do, asked of the compute before anything is written; keys that a table holds twice; sample rows. */
#include "core/update.h"
#include "base/timefmt.h"
#include "core/plan.h"

#define PAGE 500            /* keys of a statement's answer */
#define SAMPLES 3
#define CUT 1200            /* characters of a value that are fetched to show where it differs */

/* --- items --- */

static const struct update_item *find_item(const struct update_item *items, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(items[i].key, key))
            return &items[i];
    return NULL;
}

/* What was just put is undecided, and nothing else of an update is. */
static int decide_items(struct stages_job *job, const struct update_item *items, size_t n, enum journal_state to, struct err *e)
{
    struct journal_query q = {.states = JOURNAL_BIT(JOURNAL_LISTED), .limit = PAGE};
    struct journal_item *found;
    size_t count = 0, changed = 0;
    if (journal_read(job->journal, &q, &found, &count, e) != 0)
        return -1;
    struct journal_change *changes = calloc(count + 1, sizeof *changes);
    for (size_t i = 0; changes && i < count; i++) {
        const struct update_item *item = find_item(items, n, found[i].key);
        if (item)
            changes[changed++] = (struct journal_change){.id = found[i].id, .to = to, .input_id = item->input_id, .code = item->code, .reason = item->reason};
    }
    int result = changes ? journal_apply(job->journal, changes, changed, e) : err_no_memory(e);
    free(changes);
    journal_items_free(found, count);
    return result;
}

int update_items_put(struct stages_job *job, const struct update_item *items, size_t n, enum journal_state to, struct err *e)
{
    struct journal_found *rows = calloc(n + 1, sizeof *rows);
    if (!rows)
        return err_no_memory(e);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct journal_found){.path = items[i].key, .candidate = true};
    int result = journal_found_put(job->journal, rows, n, e);
    free(rows);
    return result != 0 ? -1 : decide_items(job, items, n, to, e);
}

/* --- keys that a table holds more than once --- */

static void fill_item(struct update_item *item, const struct update_side *side, const struct compute_rows *rows, size_t row, const char *table)
{
    const char *n = compute_cell(rows, row, "n"), *first = compute_cell(rows, row, side->keys[0]);
    const char *input = compute_cell(rows, row, "input_id");
    bool composed = side->key_count > 1;
    item->key = composed ? str_printf("%s: %s of %s", table, first ? first : "", input ? input : "") : str_printf("%s: %s", table, first ? first : "");
    item->input_id = str_dup(input ? input : "");
    item->code = "DUPLICATE_KEY";
    snprintf(item->reason, sizeof item->reason, "the table holds %s %s times; its rows are left alone",
             composed ? "this annotation" : "this input_id", n ? n : "several");
}

static int report_page(struct stages_job *job, const struct update_side *side, const struct compute_rows *rows, struct err *e)
{
    struct update_item *items = calloc(rows->row_count + 1, sizeof *items);
    char *table = name_text(side->table);
    int result = items && table ? 0 : err_no_memory(e);
    for (size_t i = 0; result == 0 && i < rows->row_count; i++) {
        fill_item(&items[i], side, rows, i, table);
        if (!items[i].key || !items[i].input_id)
            result = err_no_memory(e);
    }
    if (result == 0)
        result = update_items_put(job, items, rows->row_count, JOURNAL_CONFLICT, e);
    for (size_t i = 0; items && i < rows->row_count; i++) {
        free(items[i].key);
        free(items[i].input_id);
    }
    free(items);
    free(table);
    return result;
}

/* One page behind the keys in after, which are replaced by its last; *n: how many it had. */
static int repeated_page(struct delta *d, const struct update_side *side, char *after[2], size_t *n, struct err *e)
{
    const char *behind[2] = {after[0], after[1]};
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    sql_duplicates(&text, side->table, side->keys, side->key_count, after[0] ? behind : NULL, PAGE);
    int result = delta_run(d, side->table, &text, &rows, e);
    *n = result == 0 ? rows.row_count : 0;
    if (*n)
        result = report_page(d->job, side, &rows, e);
    for (size_t i = 0; i < side->key_count && *n && result == 0; i++)
        if (str_set(&after[i], compute_cell(&rows, *n - 1, side->keys[i])) != 0)
            result = err_no_memory(e);
    compute_rows_release(&rows);
    buf_release(&text);
    return result;
}

static int find_repeated(struct delta *d, const struct update_side *side, struct err *e)
{
    char *after[2] = {NULL, NULL}, fact[48];
    int64_t found = 0;
    size_t n = PAGE;
    int result = 0;
    while (result == 0 && n == PAGE) {
        result = repeated_page(d, side, after, &n, e);
        found += (int64_t)n;
    }
    free(after[0]);
    free(after[1]);
    return result != 0 ? -1 : journal_put_i64(d->job->journal, update_fact(fact, "twice", side), found, e);
}

/* --- samples --- */

static int take_samples(struct delta *d, const struct update_side *side, enum sql_change change, struct err *e)
{
    struct stages_job *job = d->job;
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    char *folder = delta_staged(job, side->name, NULL);
    if (!folder)
        return err_set(e, ERR_BUG, "the rows of %s are not staged", side->name);
    struct sql_merge m = update_merge_of(job, side, folder);
    sql_samples(&text, &m, change, CUT, SAMPLES);
    int result = delta_run(d, side->table, &text, &rows, e);
    pthread_mutex_lock(&job->plan_lock);
    for (size_t i = 0; result == 0 && i < rows.row_count; i++) {
        struct run_sample *s = plan_sample(&job->plan, side->name, sql_change_names[change]);
        if (s)
            update_sample_fill(s, side, change, &rows, i);
    }
    pthread_mutex_unlock(&job->plan_lock);
    compute_rows_release(&rows);
    buf_release(&text);
    free(folder);
    return result;
}

/* --- one table --- */

static int check_needs(const struct update_side *side, const struct update_counts *c, struct err *e)
{
    if (!side->needs || c->of[SQL_INSERTED] == 0)
        return 0;
    char *table = name_text(side->table);
    err_set(e, ERR_CONFLICT, "its column %s takes no NULL, and an update has no value for the %lld new rows", side->needs, (long long)c->of[SQL_INSERTED]);
    err_about(e, "cannot update the table", table ? table : "");
    free(table);
    return err_remedy(e, "drop the NOT NULL of the column, or name another table");
}

static int compare_side(struct delta *d, const struct update_side *side, struct err *e)
{
    struct stages_job *job = d->job;
    struct update_counts c;
    if (find_repeated(d, side, e) != 0 || update_count(d, side, &c, e) != 0 || check_needs(side, &c, e) != 0)
        return -1;
    for (int i = 0; i < SQL_CHANGES; i++) {
        bool judged = i != SQL_MISSING || !side->shared;
        if (c.of[i] > 0 && judged && take_samples(d, side, (enum sql_change)i, e) != 0)
            return -1;
    }
    if (update_counts_put(job, "promise", side, &c, e) != 0)
        return -1;
    pthread_mutex_lock(&job->plan_lock);
    int64_t *sums[SQL_CHANGES] = {&job->plan.inserted, &job->plan.changed, &job->plan.unchanged, &job->plan.missing};
    for (int i = 0; i < SQL_CHANGES; i++)
        if (i != SQL_MISSING || !side->shared)
            *sums[i] = (*sums[i] < 0 ? 0 : *sums[i]) + c.of[i];
    pthread_mutex_unlock(&job->plan_lock);
    return 0;
}

static int compare(struct delta *d, struct err *e)
{
    struct stages_job *job = d->job;
    struct update *u = job->verb;
    if (update_sides_load(job, e) != 0 || update_restore_plan(job, "look", e) != 0 || update_stage(d, e) != 0 || delta_start(d, e) != 0)
        return -1;
    pthread_mutex_lock(&job->plan_lock);
    snprintf(job->plan.compute, sizeof job->plan.compute, "%s (RUNNING)", compute_label(d->compute));
    job->plan.compute_must_start = false;
    pthread_mutex_unlock(&job->plan_lock);
    for (size_t i = 0; i < 2; i++)
        if (compare_side(d, &u->sides[i], e) != 0)
            return -1;
    pthread_mutex_lock(&job->plan_lock);
    job->plan.conflict = journal_count(job->journal, JOURNAL_BIT(JOURNAL_CONFLICT));
    if (!gather_agreed(job))
        plan_note(&job->plan, "the dataset is changing: no two listings of its inputs agreed");
    pthread_mutex_unlock(&job->plan_lock);
    return delta_look_keep(job, "compared", e);
}

int update_difference_work(struct stages_job *job, struct err *e)
{
    struct delta d;
    if (delta_open(job, &d, e) != 0)
        return -1;
    struct update *u = job->verb;
    int result = compare(&d, e);
    u->compared_ms = time_mono_ms();
    delta_close(&d);
    return result == 0 ? STAGES_DONE : update_again(job, "tries.difference", e);
}
