#include "core/delta.h"

const char *delta_fact(char out[48], const char *prefix, const char *name)
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
    if (forget_staged(job, e) != 0 || delta_scratch_clean(job, &s, e) != 0)
        return -1;
    int result = recorded_place(job, &place, e);
    if (result <= 0)
        return result;
    if (keep_volume)
        place.made_volume = false;
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
    name_release(&d->scratch);
}

/* 1 when it is refused for want of the right; then nothing was made. */
static int make_volume(struct delta *d, const struct name *beside, const char *images, struct stage_place *place, struct err *e)
{
    struct err why = {0};
    char text[320];
    if (stage_choose(&d->session, d->job->ask->staging, images, beside, d->job->id, false, place, text, sizeof text, &why) == 0)
        return 0;
    *e = why;
    if (why.code != ERR_FORBIDDEN)
        return -1;
    return journal_put(d->job->journal, "staging.at", NULL, e) != 0 ? -1 : 1;
}

/* What will be made is recorded before it is. 0, or 1 with e when it may not be made. */
static int choose_place(struct delta *d, const struct name *beside, const char *images, struct stage_place *place, struct err *e)
{
    struct journal *j = d->job->journal;
    const char *flag = d->job->ask->staging;
    char why[320];
    if (stage_choose(&d->session, flag, images, beside, d->job->id, true, place, why, sizeof why, e) != 0)
        return -1;
    char *at = volume_path_text(&place->at), *before = journal_get(j, "staging.at");
    int result = at ? 0 : err_no_memory(e);
    if (result == 0 && before && !str_eq(before, at))    /* the settings name another one since */
        result = remove_staged(d->job, false, e);
    if (result == 0)
        result = journal_put_i64(j, "staging.made", place->made_volume, e);
    if (result == 0)
        result = journal_put(j, "staging.at", at, e);
    free(at);
    free(before);
    if (result == 0 && !place->made_volume)
        return 0;
    stage_place_release(place);
    return result != 0 ? -1 : make_volume(d, beside, images, place, e);
}

char *delta_staged(struct stages_job *job, const char *name, int64_t *rows)
{
    char key[48];
    long long generation = -1, count = 0;
    char *text = journal_get(job->journal, delta_fact(key, "staged", name));
    bool whole = text && sscanf(text, "%lld %lld", &generation, &count) == 2 &&
                 generation == journal_get_i64(job->journal, "staging.generation", 0);
    free(text);
    if (rows)
        *rows = whole ? count : 0;
    return whole ? journal_get(job->journal, delta_fact(key, "folder", name)) : NULL;
}

int delta_unstage(struct delta *d, const char *name, struct err *e)
{
    char key[48];
    char *folder = journal_get(d->job->journal, delta_fact(key, "folder", name));
    int result = journal_put(d->job->journal, delta_fact(key, "staged", name), NULL, e);
    if (result == 0 && folder && *folder == '/')
        result = stage_remove_attempt(&d->session, folder, e);
    if (result == 0)
        result = delta_scratch_drop(d, name, e);
    if (result == 0)
        result = journal_put(d->job->journal, delta_fact(key, "folder", name), NULL, e);
    free(folder);
    return result;
}

static int fill_attempt(struct delta *d, const char *name, struct stage *st, delta_fill fill, void *ctx, struct err *e)
{
    struct journal *j = d->job->journal;
    uint64_t staged = 0;
    int64_t rows = 0;
    char key[48], value[48];
    int result = journal_put(j, delta_fact(key, "folder", name), stage_folder(st), e);
    if (result == 0)
        result = fill ? fill(ctx, st, &rows, e) : 0;
    if (result == 0)
        result = stage_end(st, &staged, e);
    if (result == 0 && *stage_folder(st) == '`')
        result = delta_scratch_check(d, rows, e);
    if (result == 0 && (int64_t)staged != rows)
        result = err_set(e, ERR_BUG, "%llu rows were staged instead of %lld", (unsigned long long)staged, (long long)rows);
    if (result != 0)
        return -1;
    snprintf(value, sizeof value, "%lld %lld", (long long)journal_get_i64(j, "staging.generation", 0), (long long)rows);
    result = journal_put(j, delta_fact(key, "staged", name), value, e);
    journal_kill_point("point.staged");
    return result;
}

int delta_stage(struct delta *d, const char *name, const struct name *beside, const char *images, delta_fill fill, void *ctx, struct err *e)
{
    struct journal *j = d->job->journal;
    struct stage_place place = {0};
    struct stage *st = NULL;
    char key[48];
    if (journal_has(j, delta_fact(key, "writing", name)) && (delta_unstage(d, name, e) != 0 || journal_put(j, key, NULL, e) != 0))
        return -1;
    char *folder = delta_staged(d->job, name, NULL);
    bool there = folder != NULL;
    free(folder);
    if (there)
        return 0;
    int64_t attempt = journal_get_i64(j, delta_fact(key, "attempt", name), 0) + 1;
    if (journal_put_i64(j, key, attempt, e) != 0 || delta_unstage(d, name, e) != 0)
        return -1;
    int result = choose_place(d, beside, images, &place, e);
    if (result == 0)
        result = stage_begin(&d->session, &place, d->job->id, name, (int)attempt, d->job->folder, &st, e);
    else if (result == 1 && fill)
        result = delta_scratch_begin(d, beside, name, (int)attempt, &st, e);
    if (result == 0)
        result = fill_attempt(d, name, st, fill, ctx, e);
    stage_free(st);
    stage_place_release(&place);
    return result != 0 ? -1 : 0;
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

/* "/Volumes/…" that a statement reads staged rows from; NULL: none. Owned. */
static char *staged_in(const char *text)
{
    static const char from[] = " FROM text.`/Volumes/";
    const char *at = strstr(text, from), *end = at ? strchr(at + sizeof from, '`') : NULL;
    at = at ? strchr(at, '/') : NULL;
    return end ? str_dup_n(at, (size_t)(end - at)) : NULL;
}

/* The compute reads what was staged with rights of its own: that it may not is another matter than the table. */
static bool is_of_volume(const struct err *e)
{
    return str_eq(e->sqlstate, "42K03") || (e->code == ERR_FORBIDDEN && (strcasestr(e->cause, "volume") || strstr(e->cause, "READ FILES")));
}

static void explain(const struct delta *d, const struct name *table, const char *text, struct err *e)
{
    char *shown = name_text(table), *folder = is_of_volume(e) ? staged_in(text) : NULL;
    if (folder) {
        err_about(e, "the compute cannot read the rows staged in", folder);
        err_remedy(e, "%s reads them with its own rights: it needs READ VOLUME there; another volume is named with --staging or the setting "
                      "staging_volume", compute_label(d->compute));
    } else {
        err_about(e, str_starts(text, "SELECT") || str_starts(text, "DESCRIBE") ? "cannot read the table" : "cannot write the table", shown ? shown : "");
    }
    free(shown);
    free(folder);
}

int delta_run(struct delta *d, const struct name *table, const struct buf *text, struct compute_rows *rows, struct err *e)
{
    if (buf_error(text, e) != 0)
        return -1;
    int result = compute_run(d->compute, text->data, false, rows, e);
    journal_kill_point("point.ran");
    if (result != 0)
        explain(d, table, text->data, e);
    return result;
}

int delta_write(struct delta *d, const char *name, const struct name *table, const struct buf *text, struct compute_rows *rows, struct err *e)
{
    struct journal *j = d->job->journal;
    struct err why = {0}, ignored = {0};
    char key[48];
    if (journal_put(j, delta_fact(key, "writing", name), "1", e) != 0)
        return -1;
    int result = delta_run(d, table, text, rows, &why);
    if (result == 0)
        return journal_put(j, key, NULL, e);
    if (why.code != ERR_UNKNOWN && why.code != ERR_CANCELLED)
        journal_put(j, key, NULL, &ignored);
    *e = why;
    return -1;
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
