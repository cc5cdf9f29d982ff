/* The lake below the SQL engine: containers, listings, paths, sample tables. */
#include "test_sql_help.h"
#include "base/json.h"
#include <pthread.h>

static void test_containers(void **state) {
    struct lake *l = ((struct fixture *)*state)->lake;
    struct err e;
    assert_int_equal(lake_catalog_create(l, "MAIN", NULL, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(lake_catalog_create(l, "a.b", NULL, &e), -1);
    assert_int_equal(e.code, ERR_USAGE);
    assert_int_equal(lake_schema_create(l, "nope", "s", NULL, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_int_equal(lake_volume_create(l, "main", "s", "v", NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(lake_volume_create(l, "main", "nope", "v", NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_int_equal(lake_volume_drop(l, "main.s.v", &e), 0);
    assert_int_equal(lake_volume_drop(l, "main.s.v", &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_null(lake_get(l, "table", "main.s", &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
}

static void test_objects(void **state) {
    struct lake *l = ((struct fixture *)*state)->lake;
    struct err e;
    cJSON *rows = cJSON_Parse("[{\"id\":\"a\",\"n\":1,\"tags\":[\"x\"]},{\"id\":\"it's\",\"at\":\"2026-01-02T03:04:05Z\"}]"), *properties = cJSON_Parse("{\"lakeferry.run\":\"${r}'\"}");
    assert_int_equal(lake_table_create(l, "main.s.t", "id STRING NOT NULL COMMENT 'key', n DECIMAL(10,2), tags ARRAY<STRING>, at TIMESTAMP", rows, "it's", properties, &e), 0);
    cJSON_Delete(rows);
    cJSON_Delete(properties);
    expect(*state, "SELECT * FROM main.s.t", "[[\"a\",\"1.00\",[\"x\"],null],[\"it's\",null,null,\"2026-01-02T03:04:05.000000Z\"]]");
    cJSON *t = lake_get(l, "table", "main.S.T", &e);
    assert_non_null(t);
    assert_string_equal(json_str(t, "full_name"), "main.s.t");
    assert_string_equal(json_str(t, "data_source_format"), "DELTA");
    assert_string_equal(json_str(t, "comment"), "it's");
    assert_string_equal(json_str(json_obj(t, "properties"), "lakeferry.run"), "${r}'");
    const cJSON *id = cJSON_GetArrayItem(json_arr(t, "columns"), 0), *n = cJSON_GetArrayItem(json_arr(t, "columns"), 1);
    assert_string_equal(json_str(id, "type_name"), "STRING");
    assert_string_equal(json_str(id, "type_json"), "{\"name\":\"id\",\"type\":\"string\",\"nullable\":false,\"metadata\":{\"comment\":\"key\"}}");
    assert_false(json_bool(id, "nullable", true));
    assert_string_equal(json_str(n, "type_text"), "decimal(10,2)");
    cJSON_Delete(t);
    assert_int_equal(lake_table_create(l, "main.s.t", "a INT", NULL, NULL, NULL, &e), -1);
    assert_int_equal(e.code, ERR_CONFLICT);
    assert_int_equal(lake_view_create(l, "main.s.vw", "SELECT id, 1 AS one FROM main.s.t", &e), 0);
    t = lake_get(l, "table", "main.s.vw", &e);
    assert_string_equal(json_str(t, "table_type"), "VIEW");
    assert_int_equal(cJSON_GetArraySize(json_arr(t, "columns")), 2);
    cJSON_Delete(t);
    expect(*state, "SELECT one FROM main.s.vw LIMIT 1", "[[1]]");
    expect(*state, "INSERT INTO main.s.vw VALUES (1, 2)", "!EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE 42809");
}

static void test_listing(void **state) {
    struct lake *l = ((struct fixture *)*state)->lake;
    struct err e;
    char last[64] = "";
    int seen = 0;
    assert_int_equal(lake_schema_create(l, "main", "many", NULL, &e), 0);
    assert_int_equal(lake_tables_bulk(l, "main.many", "t", 250, "id STRING, n BIGINT", &e), 0);
    for (;;) {
        cJSON *page = lake_list(l, "table", "main.many", last[0] ? last : NULL, 100, &e);
        assert_non_null(page);
        const cJSON *t;
        int n = cJSON_GetArraySize(page);
        cJSON_ArrayForEach(t, page) {
            assert_true(strcmp(json_str(t, "name"), last) > 0);
            str_copy(last, sizeof last, json_str(t, "name"));
            assert_int_equal(cJSON_GetArraySize(json_arr(t, "columns")), 2);
            seen++;
        }
        cJSON_Delete(page);
        if (n < 100) break;
    }
    assert_int_equal(seen, 250);
    assert_string_equal(last, "t00249");
    expect(*state, "INSERT INTO main.many.t00007 VALUES ('x', 1)", "[[1,1]]");
    expect(*state, "SELECT * FROM main.many.t00007", "[[\"x\",1]]");
    assert_null(lake_list(l, "table", "main.nope", NULL, 10, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    cJSON *schemas = lake_list(l, "schema", "main", NULL, 10, &e);
    assert_int_equal(cJSON_GetArraySize(schemas), 4);
    cJSON_Delete(schemas);
}

static void expect_segment(struct lake *l, const char *name) {
    struct buf host, back;
    struct err e;
    char *path = str_printf("/Volumes/main/s/v/%s", name);
    buf_init(&host, 0);
    buf_init(&back, 0);
    assert_int_equal(lake_path(l, path, &host, &e), 0);
    const char *entry = strrchr(host.data, '/') + 1;
    assert_true(strlen(entry) <= 255);
    assert_string_not_equal(entry, "..");
    assert_int_equal(lake_segment_name(entry, &back), 0);
    assert_string_equal(back.data, name);
    buf_release(&host);
    buf_release(&back);
    free(path);
}

static void expect_found(struct lake *l, const char *path, const char *content) {
    struct buf host, text;
    struct err e;
    buf_init(&host, 0);
    buf_init(&text, 0);
    assert_int_equal(lake_path(l, path, &host, &e), 0);
    assert_int_equal(file_read(host.data, 1000, &text, &e), 0);
    assert_string_equal(text.data, content);
    buf_release(&host);
    buf_release(&text);
}

static void drop_file(const char *dir, const char *name, const char *content) {
    struct err e;
    char *folder = str_printf("%s/volumes/main/s/v/sub dir", dir), *path = str_printf("%s/%s", folder, name);
    assert_int_equal(file_make_dirs(folder, &e), 0);
    assert_int_equal(file_write_atomic(path, content, strlen(content), &e), 0);
    free(folder);
    free(path);
}

/* Files put into the data folder by hand are there under their own names, whatever these are. */
static void test_dropped_files(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = {"a b.jpg", "50% off.jpg", "x%20y.jpg", "100%", "caf\xC3\xA9 #1?.jpg", "%L", "it's `q`.jpg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = str_printf("/Volumes/main/s/v/sub dir/%s", names[i]);
        drop_file(f->dir, names[i], names[i]);
        expect_found(f->lake, path, names[i]);
        free(path);
    }
}

/* A data folder of an older version kept names percent-encoded. */
static void test_older_folder(void **state) {
    struct fixture *f = *state;
    struct err e;
    sql_session_free(f->session);
    lake_close(f->lake);
    char *mark = str_printf("%s/names", f->dir);
    assert_int_equal(unlink(mark), 0);
    drop_file(f->dir, "a%20b%25.jpg", "older");
    drop_file(f->dir, "50% off.jpg", "dropped");
    for (int again = 0; again < 2; again++) {
        f->lake = lake_open(f->dir, &e);
        assert_non_null(f->lake);
        assert_int_equal(access(mark, F_OK), 0);
        expect_found(f->lake, "/Volumes/main/s/v/sub dir/a b%.jpg", "older");
        expect_found(f->lake, "/Volumes/main/s/v/sub dir/50% off.jpg", "dropped");
        if (!again) lake_close(f->lake);
    }
    f->session = sql_session_new(f->lake, "me@example.com");
    free(mark);
}

static void test_paths(void **state) {
    struct fixture *f = *state;
    struct buf host;
    struct err e;
    char name[1000];
    static const char *const names[] = {"a.jpg", "..", ".", "a b", "#?%&+", "new\nline", "\x1b[31m", "caf\xC3\xA9", "a%2Fb", "~x", "%L", "back`tick"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) expect_segment(f->lake, names[i]);
    memset(name, 'x', 300);
    name[300] = 0;
    expect_segment(f->lake, name);
    memset(name, ' ', 200);
    name[200] = 0;
    expect_segment(f->lake, name);
    buf_init(&host, 0);
    assert_int_equal(lake_path(f->lake, "/Volumes/main/s/nope/x", &host, &e), -1);
    assert_int_equal(e.code, ERR_NOT_FOUND);
    assert_int_equal(lake_path(f->lake, "/etc/passwd", &host, &e), -1);
    buf_clear(&host);
    assert_int_equal(lake_path(f->lake, "s3://b/../../x", &host, &e), 0);
    assert_null(strstr(host.data, "/.."));
    buf_release(&host);
    /* long names are known again after a restart */
    sql_session_free(f->session);
    lake_close(f->lake);
    f->lake = lake_open(f->dir, &e);
    assert_non_null(f->lake);
    f->session = sql_session_new(f->lake, NULL);
    expect_segment(f->lake, name);
}

/* --- statements and listings at the same time --- */
struct worker { struct fixture *f; int failures; };

static void *insert_rows(void *ctx) {
    struct worker *w = ctx;
    struct sql_session *s = sql_session_new(w->f->lake, NULL);
    for (int i = 0; i < 40; i++) {
        struct sql_result out;
        struct err e;
        if (!s || sql_execute(s, "INSERT INTO main.s.t SELECT count(*) FROM main.s.t", NULL, 0, NULL, NULL, &out, &e)) {
            w->failures++;
            continue;
        }
        if (out.failed) w->failures++;
        sql_result_release(&out);
    }
    sql_session_free(s);
    return NULL;
}

static void *list_tables(void *ctx) {
    struct worker *w = ctx;
    for (int i = 0; i < 40; i++) {
        struct err e;
        cJSON *page = lake_list(w->f->lake, "table", "main.s", NULL, 10, &e), *one = lake_get(w->f->lake, "table", "main.s.t", &e);
        if (cJSON_GetArraySize(page) != 1 || !one) w->failures++;
        cJSON_Delete(page);
        cJSON_Delete(one);
    }
    return NULL;
}

static void test_threads(void **state) {
    pthread_t t[4];
    struct worker w[4];
    expect(*state, "CREATE TABLE main.s.t (n BIGINT)", "[]");
    for (int i = 0; i < 4; i++) {
        w[i] = (struct worker){ .f = *state };
        assert_int_equal(pthread_create(&t[i], NULL, i % 2 ? list_tables : insert_rows, &w[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], NULL);
        assert_int_equal(w[i].failures, 0);
    }
    expect(*state, "SELECT count(*), count(DISTINCT n), max(n) FROM main.s.t", "[[80,80,79]]");
}

int main(void) {
    const struct CMUnitTest tests[] = { SQL_TEST(test_containers), SQL_TEST(test_objects), SQL_TEST(test_listing), SQL_TEST(test_paths), SQL_TEST(test_dropped_files), SQL_TEST(test_older_folder), SQL_TEST(test_threads) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
