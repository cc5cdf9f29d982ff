/*
 * Where no volume can be made: rows go as literals into a scratch table in the target's schema, named for run, rows and attempt. The journal names it from
 * before it is made until it is dropped at the end, so that a statement that comes late leaves nothing either.
 */
#include "core/delta.h"
#include "net/databricks_catalog.h"

#define NOTED "staging.scratch"      /* names hold no newline: the catalog takes no control characters */

static int note(struct journal *j, const char *full, struct err *e)
{
    char *noted = journal_get(j, NOTED), *more = str_printf("%s%s\n", noted ? noted : "", full);
    int result = more ? journal_put(j, NOTED, more, e) : err_no_memory(e);
    free(noted);
    free(more);
    return result;
}

static int forget(struct journal *j, const char *full, struct err *e)
{
    struct buf rest = BUF_INIT;
    char *noted = journal_get(j, NOTED);
    for (const char *p = noted; p && *p;) {
        size_t n = strcspn(p, "\n");
        if (n != strlen(full) || memcmp(p, full, n) != 0) {
            buf_add(&rest, p, n);
            buf_putc(&rest, '\n');
        }
        p += n + (p[n] == '\n');
    }
    int result = buf_error(&rest, e);
    if (result == 0)
        result = journal_put(j, NOTED, rest.len ? rest.data : NULL, e);
    buf_release(&rest);
    free(noted);
    return result;
}

/* "lakeferry_RUN_NAME_ATTEMPT" beside a table. */
static int scratch_name(const struct stages_job *job, const struct name *beside, const char *name, int attempt, struct name *out, struct err *e)
{
    *out = (struct name){.catalog = str_dup(beside->catalog), .schema = str_dup(beside->schema),
                         .object = str_printf("lakeferry_%s_%s_%d", job->id, name, attempt)};
    for (char *p = out->object; p && *p; p++)
        if (*p == '-')
            *p = '_';
    return out->catalog && out->schema && out->object ? 0 : err_no_memory(e);
}

/* A context that does not answer is left for a new one. */
static int start_again(struct delta *d, const struct err *why, struct err *e)
{
    if (why->code != ERR_UNKNOWN)
        return 0;
    compute_close(d->compute);
    d->compute = NULL;
    return delta_start(d, e);
}

static int send_batch(void *ctx, const struct buf *statement, struct err *e)
{
    struct delta *d = ctx;
    for (int tries = 1;; tries++) {
        struct err why = {0};
        if (delta_run(d, &d->scratch, statement, NULL, &why) == 0) {
            journal_kill_point("point.batch");
            return 0;
        }
        if (tries == DELTA_TRIES || !delta_again(&why)) {
            *e = why;
            return -1;
        }
        if (start_again(d, &why, e) != 0)
            return -1;
    }
}

int delta_scratch_begin(struct delta *d, const struct name *beside, const char *name, int attempt, struct stage **out, struct err *e)
{
    const struct stage_send send = {.send = send_batch, .ctx = d};
    struct buf text = BUF_INIT;
    char key[48], *full = NULL;
    name_release(&d->scratch);
    int result = scratch_name(d->job, beside, name, attempt, &d->scratch, e);
    if (result == 0 && !(full = name_full(&d->scratch)))
        result = err_no_memory(e);
    if (result == 0)
        result = note(d->job->journal, full, e);
    if (result == 0)
        result = journal_put(d->job->journal, delta_fact(key, "scratch", name), full, e);
    journal_kill_point("point.scratch");
    if (result == 0)
        result = delta_start(d, e);
    sql_scratch_create(&text, &d->scratch, d->job->id);
    if (result == 0)
        result = delta_run(d, &d->scratch, &text, NULL, e);
    if (result != 0 && e->code == ERR_FORBIDDEN)
        err_remedy(e, "ask the schema's owner for CREATE VOLUME or CREATE TABLE, or name a volume that you may write with --staging or the setting "
                      "staging_volume");
    buf_release(&text);
    free(full);
    return result != 0 ? -1 : stage_begin_scratch(&d->scratch, &send, out, e);
}

int delta_scratch_check(struct delta *d, int64_t rows, struct err *e)
{
    struct buf text = BUF_INIT;
    struct compute_rows answer = {0};
    sql_scratch_count(&text, &d->scratch);
    int result = delta_run(d, &d->scratch, &text, &answer, e);
    int64_t there = result == 0 ? delta_number(&answer, "n") : rows;
    if (there != rows)
        result = err_set(e, ERR_REFUSED, "%lld rows were put into the scratch table %s, and %lld are there", (long long)rows, d->scratch.object,
                         (long long)there);
    compute_rows_release(&answer);
    buf_release(&text);
    return result;
}

/* 1: dropped, 0: it was not there. Another's table of that name is left alone. */
static int drop(const struct stages_job *job, const struct session *s, const char *full, struct err *e)
{
    struct databricks_object o = {0};
    struct err why = {0};
    int result = databricks_object_get(&s->databricks, DATABRICKS_TABLE, full, &o, &why);
    bool ours = result == 0 && str_eq(databricks_object_property(&o, "lakeferry.run"), job->id);
    databricks_object_release(&o);
    if (ours)
        result = databricks_table_delete(&s->databricks, full, &why);
    if (result == 0 || why.code == ERR_NOT_FOUND)
        return ours && result == 0;
    *e = why;
    return err_about(e, "cannot drop the scratch table", full);
}

int delta_scratch_drop(struct delta *d, const char *name, struct err *e)
{
    struct journal *j = d->job->journal;
    char key[48], *full = journal_get(j, delta_fact(key, "scratch", name));
    int dropped = full ? drop(d->job, &d->session, full, e) : 0;
    int result = dropped < 0 ? -1 : dropped ? forget(j, full, e) : 0;   /* one that was not there may still come */
    free(full);
    return result != 0 ? -1 : journal_put(j, key, NULL, e);
}

int delta_scratch_clean(struct stages_job *job, const struct session *s, struct err *e)
{
    struct journal *j = job->journal;
    int result = 0;
    for (char *noted; result == 0 && (noted = journal_get(j, NOTED)) != NULL; free(noted)) {
        noted[strcspn(noted, "\n")] = '\0';
        result = drop(job, s, noted, e) < 0 ? -1 : forget(j, noted, e);
    }
    return result;
}
