/* The first rows of a table: what is asked of the compute, what becomes of its cells, and when compute is started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/preview.h"

/* --- compute and catalog, played by these stand-ins --- */

struct compute { int dummy; };
static struct compute only;
static char *queries[4];
static int query_count, started, opened, fail_at;
static bool running;
static const char *const *result_cells;      /* of the first query, row-major */
static size_t result_columns, result_rows;
static struct databricks_object described;

int compute_open(const struct session *s, const char *which, const struct compute_note *note, struct compute **out, struct err *e)
{
    (void)s, (void)which, (void)note, (void)e;
    opened++;
    *out = &only;
    return 0;
}
void compute_close(struct compute *c) { opened -= c != NULL; }
const char *compute_label(const struct compute *c) { (void)c; return "warehouse w1"; }
int compute_state(struct compute *c, char state[32], bool *is_running, struct err *e)
{
    (void)c, (void)e;
    str_copy(state, 32, running ? "RUNNING" : "STOPPED");
    *is_running = running;
    return 0;
}
int compute_start(struct compute *c, int (*tick)(void *ctx, const char *state, int64_t waited_ms), void *ctx, struct err *e)
{
    (void)c, (void)tick, (void)ctx, (void)e;
    return started++, 0;
}
void compute_rows_release(struct compute_rows *r)
{
    for (size_t i = 0; i < r->column_count * r->row_count; i++)
        free(r->cells[i]);
    for (size_t i = 0; i < r->column_count; i++)
        free(r->columns[i].name);
    free(r->cells);
    free(r->columns);
    *r = (struct compute_rows){0};
}
const char *compute_cell(const struct compute_rows *r, size_t row, const char *column)
{
    for (size_t i = 0; i < r->column_count && row < r->row_count; i++)
        if (str_ieq(r->columns[i].name, column))
            return r->cells[row * r->column_count + i];
    return NULL;
}
static void give(struct compute_rows *r, size_t columns, size_t rows, const char *const *cells, const char *name)
{
    *r = (struct compute_rows){ .columns = calloc(columns, sizeof *r->columns), .column_count = columns,
                                .cells = calloc(columns * rows + 1, sizeof *r->cells), .row_count = rows };
    for (size_t i = 0; i < columns; i++)
        r->columns[i].name = str_dup(name);
    for (size_t i = 0; i < columns * rows; i++)
        r->cells[i] = str_dup(cells[i]);
}
int compute_run(struct compute *c, const char *text, bool allow_truncated, struct compute_rows *rows, struct err *e)
{
    (void)c, (void)allow_truncated;
    queries[query_count++] = str_dup(text);
    if (query_count == fail_at)
        return err_set(e, ERR_REFUSED, "no");
    if (str_starts(text, "SELECT count(*)"))
        give(rows, 1, 1, (const char *const[]){ "1204" }, "n");
    else
        give(rows, result_columns, result_rows, result_cells, "v");
    return 0;
}
int databricks_object_get(const struct net_api *a, enum databricks_kind kind, const char *full_name, struct databricks_object *out, struct err *e)
{
    (void)a, (void)kind, (void)e;
    assert_string_equal(full_name, "main.vision.odd name");
    *out = described;
    return 0;
}
void databricks_object_release(struct databricks_object *o) { (void)o; }

/* --- */

static char names[][8] = { "id", "blob", "text", "list", "n`1" };
static char types[][16] = { "bigint", "BINARY", "string", "array<string>", "string" };
static struct databricks_column columns[300];
static struct preview_ask ask;
static struct session session;

static int set_up(void **state)
{
    (void)state;
    query_count = started = opened = fail_at = 0;
    running = true;
    result_columns = result_rows = 0;
    for (size_t i = 0; i < 300; i++)
        columns[i] = (struct databricks_column){ .name = names[i % 5], .type_text = types[i % 5] };
    described = (struct databricks_object){ .columns = columns, .column_count = 5 };
    ask = (struct preview_ask){ .limit = 2, .count = true };
    struct err e;
    return name_parse("main.vision.`odd name`", 3, &ask.table, &e);
}
static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < query_count; i++)
        free(queries[i]);
    name_release(&ask.table);
    assert_int_equal(opened, 0);
    return 0;
}

static void test_what_is_asked_for(void **state)
{
    struct preview p;
    struct err e;

    (void)state;
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), 0);
    assert_int_equal(query_count, 2);
    assert_string_equal(queries[0],
        "SELECT CAST(`id` AS STRING) AS v0, CAST(NULL AS STRING) AS v1, CAST(octet_length(`blob`) AS STRING) AS n1, "
        "left(`text`, 500) AS v2, CAST(length(`text`) AS STRING) AS n2, "
        "left(to_json(`list`), 500) AS v3, CAST(length(to_json(`list`)) AS STRING) AS n3, "
        "left(`n``1`, 500) AS v4, CAST(length(`n``1`) AS STRING) AS n4 FROM `main`.`vision`.`odd name` LIMIT 2");
    assert_string_equal(queries[1], "SELECT count(*) AS n FROM `main`.`vision`.`odd name`");
    assert_int_equal(p.total_rows, 1204);
    assert_int_equal(p.row_count, 0);
    assert_string_equal(p.compute, "warehouse w1");
    preview_release(&p);
}

static void test_cells(void **state)
{
    static const char *const CELLS[] = {
        "1", NULL, "70000", "{\"a\":1}", "7", "[\"x\"]", "5", "", "0",
        NULL, NULL, NULL,   "[",         "9000", NULL,   NULL, NULL, NULL,
    };
    struct preview p;
    struct err e;

    (void)state;
    result_cells = CELLS;
    result_columns = 9;
    result_rows = 2;
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), 0);
    assert_int_equal(p.row_count, 2);
    assert_int_equal(p.cells[0].kind, PREVIEW_TEXT);
    assert_string_equal(p.cells[0].text, "1");
    assert_int_equal(p.cells[1].kind, PREVIEW_BINARY);
    assert_int_equal(p.cells[1].length, 70000);
    assert_string_equal(p.cells[2].text, "{\"a\":1}");
    assert_string_equal(p.cells[3].text, "[\"x\"]");
    assert_int_equal(p.cells[4].kind, PREVIEW_TEXT); /* the empty string is not NULL */
    assert_string_equal(p.cells[4].text, "");
    assert_int_equal(p.cells[5].kind, PREVIEW_NULL);
    assert_int_equal(p.cells[6].kind, PREVIEW_NULL);
    assert_int_equal(p.cells[7].kind, PREVIEW_CUT);
    assert_int_equal(p.cells[7].length, 9000);
    assert_int_equal(p.cells[9].kind, PREVIEW_NULL);
    assert_false(p.columns[0].is_json);
    assert_true(p.columns[2].is_json);  /* all that is shown begins like JSON */
    assert_true(p.columns[3].is_json);
    assert_false(p.columns[4].is_json);
    preview_release(&p);
}

static void test_columns_that_are_named(void **state)
{
    struct preview p;
    struct err e;

    (void)state;
    ask.columns = "TEXT,id";
    ask.count = false;
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), 0);
    assert_string_equal(queries[0], "SELECT left(`text`, 500) AS v0, CAST(length(`text`) AS STRING) AS n0, CAST(`id` AS STRING) AS v1 "
                                    "FROM `main`.`vision`.`odd name` LIMIT 2");
    assert_int_equal(query_count, 1);
    assert_int_equal(p.total_rows, -1);
    preview_release(&p);
    ask.columns = "id,nope";
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_non_null(strstr(e.cause, "\"nope\""));
    assert_int_equal(query_count, 1);
    assert_null(p.columns);
}

static void test_wide_tables_and_tables_without_columns(void **state)
{
    struct preview p;
    struct err e;

    (void)state;
    described.column_count = 300;
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), 0);
    assert_int_equal(p.column_count, 200);
    assert_int_equal(p.all_columns, 300);
    preview_release(&p);
    described.column_count = 0;
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), -1);
    assert_int_equal(e.code, ERR_REFUSED);
}

static void test_a_failure_leaves_nothing(void **state)
{
    static const char *const CELLS[] = { "1", NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL };
    struct preview p;
    struct err e;

    (void)state;
    result_cells = CELLS;
    result_columns = 9;
    result_rows = 1;
    for (fail_at = 1; fail_at <= 2; fail_at++) {
        int before = query_count;
        query_count = 0;
        assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), -1);
        assert_int_equal(e.code, ERR_REFUSED);
        assert_null(p.cells);
        assert_null(p.columns);
        for (int i = 0; i < query_count; i++)
            free(queries[i]);
        query_count = before;
    }
}

static int answer;
static int confirm(void *ctx, const char *label, const char *state)
{
    (void)ctx;
    assert_string_equal(label, "warehouse w1");
    assert_string_equal(state, "STOPPED");
    return answer;
}

static void test_compute_is_started_after_asking_only(void **state)
{
    const struct preview_hooks hooks = { confirm, NULL, NULL };
    struct preview p;
    struct err e;

    (void)state;
    running = false;
    assert_int_equal(preview_run(&session, &ask, NULL, &p, &e), -1);
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.cause, "STOPPED"));
    assert_non_null(strstr(err_remedy_text(&e), "--yes"));
    answer = 0;
    assert_int_equal(preview_run(&session, &ask, &hooks, &p, &e), -1);
    assert_int_equal(started, 0);
    assert_int_equal(query_count, 0);
    answer = 1;
    assert_int_equal(preview_run(&session, &ask, &hooks, &p, &e), 0);
    assert_int_equal(started, 1);
    preview_release(&p);
}

int main(void)
{
#define WITH_PLATFORM(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_PLATFORM(test_what_is_asked_for), WITH_PLATFORM(test_cells), WITH_PLATFORM(test_columns_that_are_named),
        WITH_PLATFORM(test_wide_tables_and_tables_without_columns), WITH_PLATFORM(test_a_failure_leaves_nothing),
        WITH_PLATFORM(test_compute_is_started_after_asking_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
