#include "core/delta.h"

#define DELTA_ATTEMPTS 10
#define DELTA_VERSION "1"

/* "PREFIX.NAME" */
static const char *fact(char out[48], const char *prefix, const char *name)
{
    snprintf(out, 48, "%s.%s", prefix, name);
    return out;
}

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

/* Cancels or destroys what an earlier process or attempt left; *found: how many. */
static int clean_leavings(struct stages_job *job, size_t *found, struct err *e)
{
    struct session s = own_session(job);
    struct str_list kinds = {0}, ids = {0};
    int result = journal_left(job->journal, &kinds, &ids, e);
    *found = ids.count;
    for (size_t i = 0; i < ids.count && result == 0; i++) {
        result = compute_clean(&s, kinds.items[i], ids.items[i], e);
        if (result == 0)
            result = journal_left_remove(job->journal, ids.items[i], e);
    }
    str_list_release(&kinds);
    str_list_release(&ids);
    return result;
}

/* --- the staging place --- */

/* 1 when a place is recorded; then it is to be released. */
static int recorded_place(struct stages_job *job, struct stage_place *place, struct err *e)
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

/* What is staged counts no more: whole is only what carries the present number. */
static int forget_staged(struct stages_job *job, struct err *e)
{
    return journal_put_i64(job->journal, "staging.generation", journal_get_i64(job->journal, "staging.generation", 0) + 1, e);
}

static int remove_staged(struct stages_job *job, bool keep_volume, struct err *e)
{
    struct session s = own_session(job);
    struct stage_place place;
    int found = recorded_place(job, &place, e);
    if (found <= 0)
        return found;
    if (keep_volume)
        place.made_volume = false;
    int result = forget_staged(job, e);
    if (result == 0)
        result = stage_remove(&s, &place, job->id, e);
    stage_place_release(&place);
    if (result == 0 && !keep_volume)
        result = journal_put(job->journal, "staging.at", NULL, e);
    return result;
}

int delta_clean(struct stages_job *job, struct err *e)
{
    size_t found;
    return clean_leavings(job, &found, e) != 0 ? -1 : remove_staged(job, false, e);
}

int delta_open(struct stages_job *job, struct delta *d, struct err *e)
{
    size_t found = 0;
    *d = (struct delta){.job = job, .session = own_session(job)};
    if (clean_leavings(job, &found, e) != 0)
        return -1;
    return found ? remove_staged(job, true, e) : 0;
}

void delta_close(struct delta *d)
{
    compute_close(d->compute);
    d->compute = NULL;
}

/* What will be made is recorded before it is. */
static int choose_place(struct delta *d, const struct name *beside, const char *images, struct stage_place *place, struct err *e)
{
    struct journal *j = d->job->journal;
    const char *flag = d->job->ask->staging;
    char why[320];
    if (stage_choose(&d->session, flag, images, beside, d->job->id, true, place, why, sizeof why, e) != 0)
        return -1;
    char *at = volume_path_text(&place->at);
    int result = at ? journal_put_i64(j, "staging.made", place->made_volume, e) : err_no_memory(e);
    if (result == 0)
        result = journal_put(j, "staging.at", at, e);
    free(at);
    if (result == 0 && !place->made_volume)
        return 0;
    stage_place_release(place);
    return result != 0 ? -1 : stage_choose(&d->session, flag, images, beside, d->job->id, false, place, why, sizeof why, e);
}

char *delta_staged(struct stages_job *job, const char *name, int64_t *rows)
{
    char key[48];
    long long generation = -1, count = 0;
    char *text = journal_get(job->journal, fact(key, "staged", name));
    bool whole = text && sscanf(text, "%lld %lld", &generation, &count) == 2 &&
                 generation == journal_get_i64(job->journal, "staging.generation", 0);
    free(text);
    if (rows)
        *rows = whole ? count : 0;
    return whole ? journal_get(job->journal, fact(key, "folder", name)) : NULL;
}

int delta_unstage(struct delta *d, const char *name, struct err *e)
{
    char key[48];
    char *folder = journal_get(d->job->journal, fact(key, "folder", name));
    int result = journal_put(d->job->journal, fact(key, "staged", name), NULL, e);
    if (result == 0 && folder)
        result = stage_remove_attempt(&d->session, folder, e);
    if (result == 0)
        result = journal_put(d->job->journal, fact(key, "folder", name), NULL, e);
    free(folder);
    return result;
}

static int fill_attempt(struct delta *d, const char *name, struct stage *st, delta_fill fill, void *ctx, struct err *e)
{
    struct journal *j = d->job->journal;
    uint64_t staged = 0;
    int64_t rows = 0;
    char key[48], value[48];
    int result = journal_put(j, fact(key, "folder", name), stage_folder(st), e);
    if (result == 0)
        result = fill(ctx, st, &rows, e);
    if (result == 0)
        result = stage_end(st, &staged, e);
    if (result == 0 && (int64_t)staged != rows)
        result = err_set(e, ERR_BUG, "%llu rows were staged instead of %lld", (unsigned long long)staged, (long long)rows);
    if (result != 0)
        return -1;
    snprintf(value, sizeof value, "%lld %lld", (long long)journal_get_i64(j, "staging.generation", 0), (long long)rows);
    result = journal_put(j, fact(key, "staged", name), value, e);
    journal_kill_point("point.staged");
    return result;
}

int delta_stage(struct delta *d, const char *name, const struct name *beside, const char *images, delta_fill fill, void *ctx, struct err *e)
{
    struct journal *j = d->job->journal;
    struct stage_place place = {0};
    struct stage *st = NULL;
    char key[48], *folder = delta_staged(d->job, name, NULL);
    bool there = folder != NULL;
    free(folder);
    if (there)
        return 0;
    int64_t attempt = journal_get_i64(j, fact(key, "attempt", name), 0) + 1;
    if (journal_put_i64(j, key, attempt, e) != 0 || delta_unstage(d, name, e) != 0)
        return -1;
    int result = choose_place(d, beside, images, &place, e);
    if (result == 0)
        result = stage_begin(&d->session, &place, d->job->id, name, (int)attempt, d->job->folder, &st, e);
    if (result == 0)
        result = fill_attempt(d, name, st, fill, ctx, e);
    stage_free(st);
    stage_place_release(&place);
    return result;
}

/* --- statements --- */

static int tick(void *ctx, const char *state, int64_t waited_ms)
{
    struct stages_job *job = ctx;
    struct err ignored = {0};
    (void)waited_ms;
    journal_put(job->journal, "compute.state", state, &ignored);
    return job->draining ? -1 : 0;
}

int delta_start(struct delta *d, struct err *e)
{
    struct compute_note note = {.note = note_leaving, .ctx = d->job};
    if (d->compute)
        return 0;
    if (compute_open(&d->session, d->job->ask->compute, &note, &d->compute, e) != 0)
        return -1;
    if (compute_start(d->compute, tick, d->job, e) != 0)
        return -1;
    return journal_put(d->job->journal, "compute.state", NULL, e);   /* only while it comes up */
}

int delta_run(struct delta *d, const struct name *table, const struct buf *text, struct compute_rows *rows, struct err *e)
{
    if (buf_error(text, e) != 0)
        return -1;
    int result = compute_run(d->compute, text->data, false, rows, e);
    journal_kill_point("point.ran");
    if (result != 0) {
        char *shown = name_text(table);
        err_about(e, str_starts(text->data, "SELECT") ? "cannot read the table" : "cannot write the table", shown ? shown : "");
        free(shown);
    }
    return result;
}

int64_t delta_number(const struct compute_rows *rows, const char *column)
{
    int64_t n = -1;
    const char *cell = compute_cell(rows, 0, column);
    return cell && str_i64(cell, &n) ? n : -1;
}

int delta_count_commit(struct stages_job *job, struct err *e)
{
    return journal_put_i64(job->journal, "commits", journal_get_i64(job->journal, "commits", 0) + 1, e);
}

bool delta_again(const struct err *e)
{
    return e->code == ERR_UNKNOWN || (e->code == ERR_CONFLICT && (str_eq(e->sqlstate, "2D521") || str_eq(e->sqlstate, "42P07")));
}

/* --- one table, whole --- */

/* The commit of a statement is counted once, also when its end was not recorded and is seen in the table. */
static int count_made(struct stages_job *job, const char *prefix, const char *name, struct err *e)
{
    char key[48];
    if (journal_put(job->journal, fact(key, prefix, name), "1", e) != 0)
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

static int create_table(struct delta *d, const struct delta_table *t, const struct target *target, const char *folder, struct err *e)
{
    struct sql_property p[64] = {
        {"lakeferry.run", d->job->id}, {"lakeferry.source", t->source}, {"lakeferry.datasets", t->ask.datasets}, {"lakeferry.version", DELTA_VERSION},
    };
    size_t n = 4;
    const char *comment = t->comment;
    bool replace = target->mode == TARGET_REPLACE;
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < t->property_count; i++)
        p[n++] = t->properties[i];
    if (replace) {
        n += carry_over(&target->object, p + n, sizeof p / sizeof *p - n);
        if (target->object.comment && *target->object.comment)
            comment = target->object.comment;
    }
    sql_create_as(&text, t->ask.table, replace, comment, p, n, folder, t->ask.fields, t->ask.count);
    int result = delta_run(d, t->ask.table, &text, NULL, e);
    buf_release(&text);
    return result != 0 ? -1 : count_made(d->job, "made", t->name, e);
}

/* The dataset joins the table's list, in a commit of its own, before its rows come. */
static int add_dataset(struct delta *d, const struct delta_table *t, const struct target *target, struct err *e)
{
    const char *list = databricks_object_property(&target->object, "lakeferry.datasets");
    struct buf text = BUF_INIT;
    if (target->mode != TARGET_APPEND || target_has_dataset(list, t->ask.datasets))
        return 0;
    char *joined = str_printf("%s,%s", list ? list : "", t->ask.datasets);
    if (!joined)
        return err_no_memory(e);
    buf_puts(&text, "ALTER TABLE ");
    sql_table(&text, t->ask.table);
    buf_puts(&text, " SET TBLPROPERTIES ('lakeferry.datasets' = ");
    sql_literal(&text, joined);
    buf_puts(&text, ")");
    free(joined);
    int result = delta_run(d, t->ask.table, &text, NULL, e);
    buf_release(&text);
    return result != 0 ? -1 : delta_count_commit(d->job, e);
}

/* Rows that would be inserted or changed. */
static int ask_difference(struct delta *d, const struct sql_merge *m, int64_t *differ, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows rows = {0};
    sql_difference(&text, m);
    int result = delta_run(d, m->table, &text, &rows, e);
    int64_t inserted = result == 0 ? delta_number(&rows, "inserted") : 0, changed = result == 0 ? delta_number(&rows, "changed") : 0;
    compute_rows_release(&rows);
    buf_release(&text);
    if (result == 0 && (inserted < 0 || changed < 0))
        result = err_set(e, ERR_PROTOCOL, "the compute did not say how many rows differ");
    *differ = inserted + changed;
    return result;
}

static int merge_rows(struct delta *d, const struct delta_table *t, const struct target *target, const char *folder, struct err *e)
{
    struct sql_merge m = {.table = t->ask.table, .folder = folder, .fields = t->ask.fields, .count = t->ask.count, .keys = t->keys,
                          .key_count = t->key_count, .update = true};
    struct journal *j = d->job->journal;
    struct buf text = BUF_INIT;
    char merging[48];
    int64_t differ = 0;
    fact(merging, "merging", t->name);
    if (add_dataset(d, t, target, e) != 0 || ask_difference(d, &m, &differ, e) != 0)
        return -1;
    if (differ > 0) {
        sql_merge(&text, &m);
        int result = journal_put(j, merging, "1", e);
        if (result == 0)
            result = delta_run(d, t->ask.table, &text, NULL, e);
        buf_release(&text);
        if (result != 0)
            return -1;
    }
    if (!journal_has(j, merging))
        return 0;
    return delta_count_commit(d->job, e) != 0 ? -1 : journal_put(j, merging, NULL, e);
}

/* A table that carries our run was made by a statement whose end was not recorded: the answer was lost, or the process was killed. */
static int account_for_lost(struct stages_job *job, const struct delta_table *t, const struct target *target, struct err *e)
{
    char key[48];
    return target->ours && !journal_has(job->journal, fact(key, "made", t->name)) ? count_made(job, "made", t->name, e) : 0;
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
    int result = !folder ? err_no_memory(e) : create ? create_table(d, t, target, folder, e) : merge_rows(d, t, target, folder, e);
    free(folder);
    return result != 0 ? -1 : journal_put_i64(d->job->journal, fact(key, "rows", t->name), rows, e);
}

/* What a failed attempt leaves is removed before the next; 0 when there may be one. */
static int prepare_again(struct delta *d, const struct delta_table *t, const struct err *why, struct err *e)
{
    char key[48];
    int64_t tries = journal_get_i64(d->job->journal, fact(key, "tries", t->name), 0) + 1;
    if (!delta_again(why) || tries >= DELTA_ATTEMPTS) {
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
