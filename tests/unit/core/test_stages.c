/* Which stages an earlier process did is the journal's to say: what it says is not done again, and what cannot be read is not taken for undone. */
#include "base/file.h"
#include "core/stages.h"
#include <sqlite3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static atomic_int worked[2];

static int first_work(struct stages_job *job, struct err *e)
{
    (void)job, (void)e;
    worked[0]++;
    return STAGES_DONE;
}

static int second_work(struct stages_job *job, struct err *e)
{
    (void)job, (void)e;
    worked[1]++;
    return STAGES_DONE;
}

static const struct stages_row rows[] = {{.name = "first", .title = "first", .work = first_work}, {.name = "second", .title = "second", .after = 1, .work = second_work}};
static const struct stages_verb verb = {.rows = rows, .count = 2, .gate = 0, .start_gate = -1};

struct fixture { char folder[64]; struct stages_job job; };

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct err e = {0};
    snprintf(f->folder, sizeof f->folder, "/tmp/lakeferry-stages-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    assert_int_equal(journal_open(f->folder, true, &f->job.journal, &e), 0);
    worked[0] = worked[1] = 0;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    struct err e = {0};
    journal_close(f->job.journal);
    file_remove_tree(f->folder, &e);
    free(f);
    return 0;
}

static void what_is_done_is_not_done_again(void **state)
{
    struct fixture *f = *state;
    struct stages *s = NULL;
    struct err e = {0};
    assert_int_equal(journal_put(f->job.journal, "stage.first", "5", &e), 0);
    assert_int_equal(stages_new(&f->job, &verb, true, &s, &e), 0);
    while (stages_step(s, 100, true) == STAGES_RUNNING)
        ;
    assert_int_equal(stages_step(s, 0, true), STAGES_ENDED);
    stages_free(s);
    assert_int_equal(worked[0], 0);
    assert_int_equal(worked[1], 1);
    assert_true(journal_has(f->job.journal, "stage.second"));
}

static void what_cannot_be_read_is_not_undone(void **state)
{
    struct fixture *f = *state;
    struct stages *s = NULL;
    struct err e = {0};
    char path[96];
    sqlite3 *db = NULL;
    assert_int_equal(journal_put(f->job.journal, "stage.first", "5", &e), 0);
    snprintf(path, sizeof path, "%s/journal.db", f->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "ALTER TABLE facts RENAME TO others", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(stages_new(&f->job, &verb, true, &s, &e), -1);
    assert_null(s);
    assert_non_null(strstr(e.cause, "facts"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(what_is_done_is_not_done_again, set_up, tear_down),
                                       cmocka_unit_test_setup_teardown(what_cannot_be_read_is_not_undone, set_up, tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
