#ifndef LAKEFERRY_TEST_SQL_HELP_H
#define LAKEFERRY_TEST_SQL_HELP_H
/* A lake in a folder of its own with main.s, main.default and the volume main.s.v, and statements as one line of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/file.h"
#include "base/str.h"
#include "sandbox/sql/sql.h"
#include <unistd.h>

struct fixture { char dir[64]; struct lake *lake; struct sql_session *session; };

static int fixture_setup(void **state) {
    struct err e;
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    str_copy(f->dir, sizeof f->dir, "/tmp/lakeferry-sql-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->lake = lake_open(f->dir, &e);
    assert_non_null(f->lake);
    assert_int_equal(lake_catalog_create(f->lake, "main", "c", &e), 0);
    assert_int_equal(lake_schema_create(f->lake, "main", "default", NULL, &e), 0);
    assert_int_equal(lake_schema_create(f->lake, "main", "s", NULL, &e), 0);
    assert_int_equal(lake_volume_create(f->lake, "main", "s", "v", NULL, NULL, &e), 0);
    f->session = sql_session_new(f->lake, "me@example.com");
    assert_non_null(f->session);
    *state = f;
    return 0;
}

static int fixture_teardown(void **state) {
    struct fixture *f = *state;
    struct err e;
    sql_session_free(f->session);
    lake_close(f->lake);
    file_remove_tree(f->dir, &e);
    free(f);
    return 0;
}

/* Rows as JSON text, or "!CLASS STATE" of a failure ("! text" of one without class). Owned. */
static char *answer(struct fixture *f, const char *sql) {
    struct sql_result out;
    struct err e = {0};
    char *text = NULL;
    if (sql_execute(f->session, sql, NULL, 0, NULL, NULL, &out, &e)) {
        char line[900];
        fail_msg("%s: %s", sql, err_sentence(&e, line, sizeof line));
    }
    if (out.failed && out.error_class[0]) text = str_printf("!%s %s", out.error_class, out.sqlstate);
    else if (out.failed) text = str_printf("! %s", out.message);
    else {
        char *json = cJSON_PrintUnformatted(out.rows);
        text = str_dup(json);
        cJSON_free(json);
    }
    assert_non_null(text);
    sql_result_release(&out);
    return text;
}

static void expect(struct fixture *f, const char *sql, const char *want) {
    char *got = answer(f, sql);
    if (!str_eq(got, want)) fail_msg("%s\n  got  %s\n  want %s", sql, got, want);
    free(got);
}

struct expectation { const char *sql, *want; };

__attribute__((unused)) static void expect_all(struct fixture *f, const struct expectation *x, size_t n) {
    for (size_t i = 0; i < n; i++) expect(f, x[i].sql, x[i].want);
}

#define EXPECT_ALL(f, list) expect_all(f, list, sizeof(list) / sizeof *(list))
#define SQL_TEST(t) cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)
#endif
