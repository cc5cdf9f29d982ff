/* Tables written by a run: what is staged and when it goes, one statement a table, lost answers, conflicts, who may append. Compute and stage are fakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/file.h"
#include "core/delta.h"
#include <stdio.h>
#include <unistd.h>

static struct {
    char log[4096];                  /* what was done, in order */
    bool table;                      /* the table is there */
    const char *properties[8][2];
    char run[40];
    int rows_inserted, rows_changed, rows_missing; /* answers of the next difference */
    size_t columns;                  /* of the table, more than a run gives it: at most one */
    bool needs;                      /* it is NOT NULL */
    enum err_code fail; const char *sqlstate; int fail_times; const char *fail_verb;
    bool applied;                    /* what failed was done all the same */
    int fills, staged_rows;
    bool fill_fails;
    const char *place;               /* where rows are staged; NULL: in a volume made for it */
    bool no_volumes;                 /* the user may not make one */
    const char *words;               /* of the statement's failure */
    int scratch;                     /* tables that are there */
    bool theirs;                     /* they belong to another run */
} w;
static struct err err;
static struct stages_job job;
static struct session session;
static struct ask ask;
static char folder[64];

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *fmt, ...)
{
    size_t n = strlen(w.log);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w.log + n, sizeof w.log - n, fmt, ap);
    va_end(ap);
}

/* --- stage --- */

struct stage { char folder[64]; struct stage_send send; };

int stage_choose(const struct session *s, const char *flag, const char *images, const struct name *target, const char *run_id, bool dry_run,
                 struct stage_place *out, char *why, size_t why_size, struct err *e)
{
    (void)s, (void)flag, (void)images, (void)target, (void)run_id;
    memset(out, 0, sizeof *out);
    out->made_volume = !w.place;
    snprintf(why, why_size, "because");
    if (!dry_run)
        note("volume ");
    if (!dry_run && w.no_volumes)
        return err_set(e, ERR_FORBIDDEN, "no");
    return volume_path_parse(w.place ? w.place : "/Volumes/c/s/v", &out->at, e);
}

void stage_place_release(struct stage_place *p) { volume_path_release(&p->at); }

int stage_begin(const struct session *s, const struct stage_place *place, const char *run_id, const char *name, int attempt, const char *local,
                struct stage **out, struct err *e)
{
    (void)s, (void)place, (void)run_id, (void)local;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_no_memory(e);
    snprintf((*out)->folder, sizeof (*out)->folder, "/Volumes/c/s/v/%s-%d", name, attempt);
    note("begin %s-%d ", name, attempt);
    return 0;
}

int stage_begin_scratch(const struct name *table, const struct stage_send *send, struct stage **out, struct err *e)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_no_memory(e);
    (*out)->send = *send;
    snprintf((*out)->folder, sizeof (*out)->folder, "`%s`.`%s`.`%s`", table->catalog, table->schema, table->object);
    return 0;
}

int stage_row(struct stage *st, const char *line, size_t n, struct err *e)
{
    (void)st, (void)line, (void)n, (void)e;
    w.staged_rows++;
    return 0;
}

int stage_end(struct stage *st, uint64_t *rows, struct err *e)
{
    struct buf text = BUF_INIT;
    *rows = (uint64_t)w.staged_rows;
    buf_puts(&text, "INSERT INTO x");
    int result = st->send.send ? st->send.send(st->send.ctx, &text, e) : 0;
    buf_release(&text);
    return result;
}

const char *stage_folder(const struct stage *st) { return st->folder; }
void stage_free(struct stage *st) { free(st); }

int stage_remove_attempt(const struct session *s, const char *path, struct err *e)
{
    (void)s, (void)e;
    note("remove %s ", strrchr(path, '/') + 1);
    return 0;
}

int stage_remove(const struct session *s, const struct stage_place *place, const char *run_id, struct err *e)
{
    (void)s, (void)run_id, (void)e;
    note(place->made_volume ? "drop " : "empty ");
    return 0;
}

/* --- compute --- */

struct compute { struct compute_note note; };

int compute_open(const struct session *s, const char *which, const struct compute_note *n, struct compute **out, struct err *e)
{
    (void)s, (void)which;
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_no_memory(e);
    (*out)->note = *n;
    return 0;
}

void compute_close(struct compute *c) { free(c); }
const char *compute_label(const struct compute *c) { return c ? "warehouse w" : ""; }

int compute_state(struct compute *c, char state[32], bool *running, struct err *e)
{
    (void)c, (void)e;
    snprintf(state, 32, "STOPPED");
    *running = false;
    return 0;
}

int compute_start(struct compute *c, int (*tick)(void *, const char *, int64_t), void *ctx, struct err *e)
{
    (void)c, (void)e;
    return tick(ctx, "RUNNING", 0);
}

static void apply(const char *verb, const char *text)
{
    if (str_starts(text, "CREATE TABLE `c`.`s`.`lakeferry_")) {
        assert_non_null(strstr(text, "'lakeferry.run' = 'run-1'"));
        w.scratch++;
        return;
    }
    if (str_eq(verb, "ALTER"))
        w.properties[0][1] = "u/a/other,u/a/ds";
    if (str_eq(verb, "CREATE")) {
        w.table = true;
        w.rows_missing = 0;
        str_copy(w.run, sizeof w.run, "run-1");
        assert_non_null(strstr(text, "'lakeferry.run' = 'run-1'"));
    }
    if (str_eq(verb, "MERGE"))
        w.rows_inserted = w.rows_changed = 0;
}

static int difference(struct compute_rows *rows)
{
    static const char *const names[] = {"inserted", "changed", "total", "missing", "n"};
    rows->columns = calloc(5, sizeof *rows->columns);
    rows->cells = calloc(5, sizeof *rows->cells);
    rows->column_count = 5;
    rows->row_count = 1;
    for (int i = 0; i < 5; i++)
        rows->columns[i].name = str_dup(names[i]);
    rows->cells[0] = str_printf("%d", w.rows_inserted);
    rows->cells[1] = str_printf("%d", w.rows_changed);
    rows->cells[2] = str_printf("%d", 7 + w.rows_inserted);
    rows->cells[3] = str_printf("%d", w.rows_missing);
    rows->cells[4] = str_printf("%d", w.staged_rows);
    return 0;
}

int compute_run(struct compute *c, const char *text, bool allow_truncated, struct compute_rows *rows, struct err *e)
{
    char verb[16];
    (void)allow_truncated;
    snprintf(verb, sizeof verb, "%.*s", (int)strcspn(text, " "), text);
    note("%s%s ", verb, strstr(text, "OR REPLACE") ? "-REPLACE" : "");
    c->note.note(c->note.ctx, "statement", "st-1");
    bool fails = w.fail_times > 0 && str_eq(verb, w.fail_verb);
    if (!fails || w.applied)
        apply(verb, text);
    if (fails) {
        w.fail_times--;
        err_set(e, w.fail, "%s", w.words ? w.words : "it failed");
        str_copy(e->sqlstate, sizeof e->sqlstate, w.sqlstate ? w.sqlstate : "");
        if (w.fail != ERR_UNKNOWN)
            c->note.note(c->note.ctx, "end", "st-1");
        return -1;
    }
    c->note.note(c->note.ctx, "end", "st-1");
    return rows ? difference(rows) : 0;
}

void compute_rows_release(struct compute_rows *r)
{
    for (size_t i = 0; i < r->column_count; i++) {
        free(r->columns[i].name);
        free(r->cells[i]);
    }
    free(r->columns);
    free(r->cells);
    memset(r, 0, sizeof *r);
}

const char *compute_cell(const struct compute_rows *r, size_t row, const char *column)
{
    for (size_t i = 0; i < r->column_count; i++)
        if (str_eq(r->columns[i].name, column))
            return r->cells[row * r->column_count + i];
    return NULL;
}

int compute_clean(const struct session *s, const char *kind, const char *id, struct err *e)
{
    (void)s, (void)e;
    note("cancel %s %s ", kind, id);
    return 0;
}

/* --- catalog --- */

int databricks_object_get(const struct net_api *api, enum databricks_kind kind, const char *full_name, struct databricks_object *out, struct err *e)
{
    (void)api;
    memset(out, 0, sizeof *out);
    if (str_starts(full_name, "c.s.lakeferry_")) {
        out->name = (char *)"scratch";
        return w.scratch ? 0 : err_set(e, ERR_NOT_FOUND, "there is none");
    }
    if (kind != DATABRICKS_TABLE)
        return 0;
    if (!w.table)
        return err_set(e, ERR_NOT_FOUND, "there is none");
    out->type = (char *)"MANAGED";
    out->format = (char *)"DELTA";
    static struct databricks_column more = {.name = (char *)"site", .type_text = (char *)"string"};
    more.nullable = !w.needs;
    out->columns = &more;
    out->column_count = w.columns;
    return 0;
}

int databricks_table_delete(const struct net_api *api, const char *full_name, struct err *e)
{
    (void)api, (void)e;
    note("DROP %s ", full_name);
    w.scratch--;
    return 0;
}

void databricks_object_release(struct databricks_object *o) { (void)o; }

const char *databricks_object_property(const struct databricks_object *o, const char *key)
{
    if (o->name)
        return str_eq(key, "lakeferry.run") ? w.theirs ? "run-2" : "run-1" : NULL;
    if (str_eq(key, "lakeferry.run") && w.run[0])
        return w.run;
    for (size_t i = 0; i < 8 && w.properties[i][0]; i++)
        if (str_eq(w.properties[i][0], key))
            return w.properties[i][1];
    return NULL;
}

/* --- the run --- */

static const struct sql_field fields[] = {{"id", "STRING"}, {"text", "STRING"}};
static const char *const keys[] = {"id"};

static int fill(void *ctx, struct stage *st, int64_t *rows, struct err *e)
{
    (void)ctx;
    w.fills++;
    w.staged_rows = 0;
    for (; *rows < 3; ++*rows)
        if (stage_row(st, "{}", 2, e) != 0)
            return -1;
    return w.fill_fails ? err_set(e, ERR_OFFLINE, "away") : 0;
}

static struct delta_table table_of(void)
{
    return (struct delta_table){.name = "rows", .ask = {.table = &ask.table, .datasets = "u/a/ds", .app = {"u", "a"}, .scope = "people", .fields = fields,
                                .what = "table", .wish = ask.if_exists}, .keys = keys, .key_count = 1, .comment = "c", .source = "u/a/ds", .fill = fill};
}

static bool exact;

static int write_it(void)
{
    int result = STAGES_DID;
    err_clear(&err);
    for (int i = 0; i < 50 && result == STAGES_DID; i++) {
        struct delta_table t = table_of();
        t.exact = exact;
        result = delta_table_work(&job, &t, &err);
    }
    return result;
}

static int begin(void **state)
{
    (void)state;
    memset(&w, 0, sizeof w);
    memset(&ask, 0, sizeof ask);
    ask.table = (struct name){(char *)"c", (char *)"s", (char *)"t"};
    snprintf(folder, sizeof folder, "/tmp/lakeferry-delta.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    job = (struct stages_job){.id = "run-1", .folder = folder, .ask = &ask, .session = &session};
    return journal_open(folder, true, &job.journal, &err);
}

static int end(void **state)
{
    (void)state;
    journal_close(job.journal);
    return file_remove_tree(folder, &err);
}

static int64_t commits(void) { return journal_get_i64(job.journal, "commits", 0); }

/* A table that is there already, of these datasets and this scope. */
static void there(const char *datasets, const char *scope)
{
    w.table = true;
    w.properties[0][0] = "lakeferry.datasets", w.properties[0][1] = datasets;
    w.properties[1][0] = scope ? "lakeferry.scope" : NULL, w.properties[1][1] = scope;
}

/* --- cases --- */

static void rows_are_staged_once(void **state)
{
    struct delta d;
    int64_t rows = 0;
    (void)state;
    assert_int_equal(delta_open(&job, &d, &err), 0);
    assert_null(delta_staged(&job, "rows", NULL));
    for (int i = 0; i < 2; i++)
        assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), 0);
    assert_string_equal(w.log, "volume begin rows-1 ");
    char *at = delta_staged(&job, "rows", &rows);
    assert_string_equal(at, "/Volumes/c/s/v/rows-1");
    assert_int_equal(rows, 3);
    free(at);
    assert_int_equal(delta_unstage(&d, "rows", &err), 0);
    assert_null(delta_staged(&job, "rows", NULL));
    assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), 0);
    assert_string_equal(w.log, "volume begin rows-1 remove rows-1 volume begin rows-2 ");
    assert_int_equal(delta_clean(&job, &err), 0);
    assert_null(delta_staged(&job, "rows", NULL));
    assert_false(journal_has(job.journal, "staging.at"));
    delta_close(&d);
}

static void half_staged_rows_do_not_count(void **state)
{
    struct delta d;
    (void)state;
    assert_int_equal(delta_open(&job, &d, &err), 0);
    w.fill_fails = true;
    assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), -1);
    assert_null(delta_staged(&job, "rows", NULL));
    w.fill_fails = false;
    assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), 0);
    assert_string_equal(w.log, "volume begin rows-1 remove rows-1 volume begin rows-2 ");
    delta_close(&d);
}

/* What an earlier process left running is ended, and what it would read is gone, before anything else. */
static void leavings_take_their_rows_along(void **state)
{
    struct delta d;
    (void)state;
    assert_int_equal(delta_open(&job, &d, &err), 0);
    assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), 0);
    delta_close(&d);
    assert_int_equal(journal_left_add(job.journal, "statement", "st-9", &err), 0);
    w.log[0] = '\0';
    assert_int_equal(delta_open(&job, &d, &err), 0);
    assert_string_equal(w.log, "cancel statement st-9 empty ");
    assert_null(delta_staged(&job, "rows", NULL));
    delta_close(&d);
}

/* Another setting since: what was staged at the old place goes, and what is staged there counts no more. */
static void another_place_empties_the_first(void **state)
{
    struct delta d;
    (void)state;
    assert_int_equal(delta_open(&job, &d, &err), 0);
    assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), 0);
    w.place = "/Volumes/c/s/mine";
    w.log[0] = '\0';
    assert_int_equal(delta_stage(&d, "more", &ask.table, NULL, fill, NULL, &err), 0);
    assert_string_equal(w.log, "drop begin more-1 ");
    assert_null(delta_staged(&job, "rows", NULL));
    char *at = journal_get(job.journal, "staging.at");
    assert_string_equal(at, w.place);
    free(at);
    assert_int_equal(delta_clean(&job, &err), 0);
    assert_non_null(strstr(w.log, "empty "));
    delta_close(&d);
}

/* A process that was killed before it knew the number of its statement: that one must find nothing to read when it comes back to life. */
static void rows_of_a_statement_without_a_number_are_staged_anew(void **state)
{
    struct delta d;
    (void)state;
    assert_int_equal(delta_open(&job, &d, &err), 0);
    assert_int_equal(delta_stage(&d, "rows", &ask.table, NULL, fill, NULL, &err), 0);
    delta_close(&d);
    assert_int_equal(journal_put(job.journal, "writing.rows", "1", &err), 0);
    w.log[0] = '\0';
    assert_int_equal(write_it(), STAGES_DONE);
    assert_string_equal(w.log, "remove rows-1 volume begin rows-2 CREATE ");
    assert_false(journal_has(job.journal, "writing.rows"));
}

static void a_new_table_is_one_statement(void **state)
{
    (void)state;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_string_equal(w.log, "volume begin rows-1 CREATE ");
    assert_int_equal(commits(), 1);
    assert_int_equal(journal_get_i64(job.journal, "rows.rows", 0), 3);
}

static void a_lost_create_is_seen_in_the_table(void **state)
{
    (void)state;
    w.fail = ERR_UNKNOWN, w.fail_verb = "CREATE", w.fail_times = 1, w.applied = true;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_string_equal(w.log, "volume begin rows-1 CREATE remove rows-1 cancel statement st-1 empty volume begin rows-2 SELECT ");
    assert_int_equal(commits(), 1);
}

static void a_lost_create_that_did_nothing_is_made(void **state)
{
    (void)state;
    w.fail = ERR_UNKNOWN, w.fail_verb = "CREATE", w.fail_times = 1;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_non_null(strstr(w.log, "begin rows-2 CREATE "));
    assert_int_equal(commits(), 1);
}

static void a_lost_merge_counts_once(void **state)
{
    (void)state;
    there("u/a/ds", "people");
    ask.if_exists = ASK_EXISTS_APPEND;
    w.rows_inserted = 2;
    w.fail = ERR_UNKNOWN, w.fail_verb = "MERGE", w.fail_times = 1, w.applied = true;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_int_equal(commits(), 1);
    assert_null(strstr(strstr(w.log, "MERGE") + 5, "MERGE"));
    assert_int_equal(journal_get_i64(job.journal, "rows.rows", 0), 7);   /* all that the table holds, not what was staged */
}

static void a_dataset_that_joined_unheard_counts_once(void **state)
{
    (void)state;
    there("u/a/other", "people");
    ask.if_exists = ASK_EXISTS_APPEND;
    w.fail = ERR_UNKNOWN, w.fail_verb = "ALTER", w.fail_times = 1, w.applied = true;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_int_equal(commits(), 1);
    assert_null(strstr(strstr(w.log, "ALTER") + 5, "ALTER"));
}

static void nothing_to_merge_is_no_commit(void **state)
{
    (void)state;
    there("u/a/ds", "people");
    ask.if_exists = ASK_EXISTS_APPEND;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_string_equal(w.log, "volume begin rows-1 SELECT ");
    assert_int_equal(commits(), 0);
}

/* Rows that are gone leave the run's own table, unless others have put something there. */
static void an_exact_table_loses_what_is_gone(void **state)
{
    static const struct { bool exact; const char *run, *datasets; size_t columns; int missing; bool replaced; } cases[] = {
        {true, "run-1", "u/a/ds", 0, 2, true},  {true, "run-1", "u/a/ds", 0, 0, false}, {false, "run-1", "u/a/ds", 0, 2, false},
        {true, "run-2", "u/a/ds", 0, 2, false}, {true, "run-1", "u/a/ds", 1, 2, false}, {true, "run-1", "u/a/ds,u/a/other", 0, 2, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        end(state);
        begin(state);
        there(cases[i].datasets, "people");
        str_copy(w.run, sizeof w.run, cases[i].run);
        ask.if_exists = ASK_EXISTS_APPEND;
        w.rows_missing = cases[i].missing;
        w.columns = cases[i].columns;
        exact = cases[i].exact;
        assert_int_equal(journal_put(job.journal, "made.rows", "1", &err), 0);
        int result = write_it();
        exact = false;
        if (result != STAGES_DONE || !strstr(w.log, "CREATE-REPLACE") == cases[i].replaced || commits() != cases[i].replaced)
            fail_msg("case %zu: %d %s %lld", i, result, w.log, (long long)commits());
        assert_int_equal(journal_get_i64(job.journal, "rows.rows", 0), cases[i].replaced ? 3 : 7);
    }
}

static void a_lost_replacement_counts_once(void **state)
{
    (void)state;
    there("u/a/ds", "people");
    str_copy(w.run, sizeof w.run, "run-1");
    w.rows_missing = 2;
    w.fail = ERR_UNKNOWN, w.fail_verb = "CREATE", w.fail_times = 1, w.applied = true;
    assert_int_equal(journal_put(job.journal, "made.rows", "1", &err), 0);
    exact = true;
    assert_int_equal(write_it(), STAGES_DONE);
    exact = false;
    assert_int_equal(commits(), 1);
    assert_null(strstr(strstr(w.log, "CREATE") + 6, "CREATE"));
}

static void conflicts_are_repeated_but_not_for_ever(void **state)
{
    (void)state;
    there("u/a/ds", "people");
    ask.if_exists = ASK_EXISTS_APPEND;
    w.rows_changed = 1;
    w.fail = ERR_CONFLICT, w.sqlstate = "2D521", w.fail_verb = "MERGE", w.fail_times = 3;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_int_equal(w.fills, 4);
    assert_int_equal(commits(), 1);
    w.rows_changed = 1;
    w.fail_times = 100;
    assert_int_equal(write_it(), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.subject, "c.s.t");
    assert_int_equal(commits(), 1);
}

static void a_refusal_is_final(void **state)
{
    (void)state;
    w.fail = ERR_FORBIDDEN, w.fail_verb = "CREATE", w.fail_times = 100;
    assert_int_equal(write_it(), -1);
    assert_int_equal(w.fills, 1);
    assert_string_equal(err.what, "cannot write the table");
}

/* Whose right is missing, where, and what to do: the compute's on the staging volume. */
static void rows_that_the_compute_may_not_read(void **state)
{
    static const struct { enum err_code code; const char *state, *words, *what; } cases[] = {
        {ERR_FORBIDDEN, "42501", "User does not have READ VOLUME on Volume 'c.s.v'", "the compute cannot read the rows staged in"},
        {ERR_NOT_FOUND, "42K03", "[PATH_NOT_FOUND] Path does not exist", "the compute cannot read the rows staged in"},
        {ERR_FORBIDDEN, "42501", "User does not have CREATE TABLE on Schema 'c.s'", "cannot write the table"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        end(state);
        begin(state);
        w.fail = cases[i].code, w.sqlstate = cases[i].state, w.words = cases[i].words, w.fail_verb = "CREATE", w.fail_times = 100;
        assert_int_equal(write_it(), -1);
        assert_string_equal(err.what, cases[i].what);
        assert_string_equal(err.subject, i < 2 ? "/Volumes/c/s/v/rows-1" : "c.s.t");
        assert_true(i == 2 || (strstr(err.remedy, "warehouse w") && strstr(err.remedy, "READ VOLUME") && strstr(err.remedy, "--staging")));
    }
}

/* --- no volume may be made --- */

static void rows_go_through_a_scratch_table(void **state)
{
    (void)state;
    w.no_volumes = true;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_string_equal(w.log, "volume CREATE INSERT SELECT CREATE ");
    assert_int_equal(commits(), 1);
    assert_false(journal_has(job.journal, "staging.at"));
    char *at = delta_staged(&job, "rows", NULL);
    assert_string_equal(at, "`c`.`s`.`lakeferry_run_1_rows_1`");
    free(at);
    assert_int_equal(delta_clean(&job, &err), 0);
    assert_non_null(strstr(w.log, "DROP c.s.lakeferry_run_1_rows_1 "));
    assert_int_equal(w.scratch, 0);
    assert_null(delta_staged(&job, "rows", NULL));
}

static void a_lost_batch_is_sent_again(void **state)
{
    (void)state;
    w.no_volumes = true;
    w.fail = ERR_UNKNOWN, w.fail_verb = "INSERT", w.fail_times = 2, w.applied = true;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_string_equal(w.log, "volume CREATE INSERT INSERT INSERT SELECT CREATE ");
    assert_int_equal(w.fills, 1);
}

/* Its own table of the next attempt has another name; the first goes, and is asked for once more at the end, as it may come late. */
static void a_lost_scratch_table_is_left_behind(void **state)
{
    (void)state;
    w.no_volumes = true;
    w.fail = ERR_UNKNOWN, w.fail_verb = "CREATE", w.fail_times = 1;
    assert_int_equal(write_it(), STAGES_DONE);
    assert_non_null(strstr(w.log, "cancel statement st-1 "));
    char *at = delta_staged(&job, "rows", NULL);
    assert_string_equal(at, "`c`.`s`.`lakeferry_run_1_rows_2`");
    free(at);
    w.log[0] = '\0';
    w.scratch = 2;                                   /* it came after all */
    assert_int_equal(journal_put(job.journal, "staging.scratch", "c.s.lakeferry_run_1_rows_1\nc.s.lakeferry_run_1_rows_2\n", &err), 0);
    assert_int_equal(delta_clean(&job, &err), 0);
    assert_int_equal(w.scratch, 0);
}

static void anothers_scratch_table_stays(void **state)
{
    (void)state;
    w.no_volumes = true;
    assert_int_equal(write_it(), STAGES_DONE);
    w.theirs = true;
    assert_int_equal(delta_clean(&job, &err), 0);
    assert_null(strstr(w.log, "DROP"));
}

/* What the compute fills itself can only be a folder. */
static void no_scratch_table_for_the_compute(void **state)
{
    struct delta d;
    (void)state;
    w.no_volumes = true;
    assert_int_equal(delta_open(&job, &d, &err), 0);
    assert_int_equal(delta_stage(&d, "source", &ask.table, NULL, NULL, NULL, &err), -1);
    assert_int_equal(err.code, ERR_FORBIDDEN);
    delta_close(&d);
}

static void tables_that_exist(void **state)
{
    static const struct { enum ask_if_exists wish; const char *datasets, *scope; int result; const char *words; } cases[] = {
        {ASK_EXISTS_DEFAULT, "u/a/ds", "people", -1, "it exists"},
        {ASK_EXISTS_FAIL, "u/a/ds", "people", -1, "it exists"},
        {ASK_EXISTS_REPLACE, "u/b/x", "all", STAGES_DONE, "CREATE-REPLACE"},
        {ASK_EXISTS_APPEND, "u/a/other", "people", STAGES_DONE, "ALTER SELECT"},
        {ASK_EXISTS_APPEND, "u/a/ds,u/a/other", NULL, STAGES_DONE, "begin rows-1 SELECT"},
        {ASK_EXISTS_APPEND, "u/b/ds", "people", -1, "another app"},
        {ASK_EXISTS_APPEND, "u/a/ds,u/b/ds", "people", -1, "another app"},
        {ASK_EXISTS_APPEND, NULL, "people", -1, "nothing says which app"},
        {ASK_EXISTS_APPEND, "u/a/ds", "all", -1, "people and models"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        end(state);
        begin(state);
        there(cases[i].datasets, cases[i].scope);
        w.properties[0][0] = cases[i].datasets ? "lakeferry.datasets" : "x";
        ask.if_exists = cases[i].wish;
        int result = write_it();
        if (result != cases[i].result || !strstr(result < 0 ? err.cause : w.log, cases[i].words))
            fail_msg("case %zu: %d %s %s", i, result, err.cause, w.log);
        assert_true(result >= 0 || !w.log[0]);         /* refused before anything was done */
    }
}

/* Before anything is done, and of a table that is replaced not at all. */
static void a_column_that_must_be_filled(void **state)
{
    for (enum ask_if_exists wish = ASK_EXISTS_REPLACE; wish <= ASK_EXISTS_APPEND; wish++) {
        end(state);
        begin(state);
        there("u/a/ds", "people");
        w.columns = 1, w.needs = true;
        ask.if_exists = wish;
        assert_int_equal(write_it(), wish == ASK_EXISTS_APPEND ? -1 : STAGES_DONE);
        if (wish == ASK_EXISTS_APPEND) {
            assert_string_equal(err.cause, "its column site is NOT NULL, and nothing is written there");
            assert_string_equal(w.log, "");
        }
    }
}

static void what_is_no_delta_table_is_refused(void **state)
{
    struct databricks_object o = {.type = (char *)"VIEW", .format = (char *)""};
    (void)state;
    assert_int_equal(target_check_kind(&ask.table, &o, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    o.type = (char *)"EXTERNAL";
    assert_int_equal(target_check_kind(&ask.table, &o, &err), -1);
    o.format = (char *)"DELTA";
    assert_int_equal(target_check_kind(&ask.table, &o, &err), 0);
}

static void lists_of_datasets(void **state)
{
    (void)state;
    assert_true(target_has_dataset("u/a/ds", "u/a/ds") && target_has_dataset("u/a/x,u/a/ds", "u/a/ds") && target_has_dataset("u/a/ds,u/a/x", "u/a/ds"));
    assert_false(target_has_dataset("u/a/ds2", "u/a/ds") || target_has_dataset("", "u/a/ds") || target_has_dataset(NULL, "u/a/ds"));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_are_staged_once), CASE(half_staged_rows_do_not_count), CASE(leavings_take_their_rows_along),
        CASE(another_place_empties_the_first), CASE(rows_of_a_statement_without_a_number_are_staged_anew), CASE(a_dataset_that_joined_unheard_counts_once),
        CASE(a_new_table_is_one_statement),
        CASE(a_lost_create_is_seen_in_the_table), CASE(a_lost_create_that_did_nothing_is_made), CASE(a_lost_merge_counts_once),
        CASE(nothing_to_merge_is_no_commit), CASE(an_exact_table_loses_what_is_gone), CASE(a_lost_replacement_counts_once),
        CASE(conflicts_are_repeated_but_not_for_ever), CASE(a_refusal_is_final), CASE(tables_that_exist),
        CASE(a_column_that_must_be_filled), CASE(rows_that_the_compute_may_not_read), CASE(rows_go_through_a_scratch_table), CASE(a_lost_batch_is_sent_again),
        CASE(a_lost_scratch_table_is_left_behind), CASE(anothers_scratch_table_stays), CASE(no_scratch_table_for_the_compute),
        CASE(what_is_no_delta_table_is_refused), CASE(lists_of_datasets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
