#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct row { const char *type, *printed, *value, *text, *native; };

static void cells_by_type(void **state)
{
    static const struct row rows[] = {
        { "bigint", "BIGINT", "12", "12", "12" },
        { "boolean", "BOOLEAN", "true", "true", "true" },
        { "string", "STRING", "\"a\\\"b\"", "a\"b", "\"a\\\"b\"" },
        { "double", "DOUBLE", "1", "1.0", "1" },
        { "double", "DOUBLE", "0.1", "0.1", "0.1" },
        { "double", "DOUBLE", "12345678", "1.2345678E7", "12345678" },
        { "double", "DOUBLE", "0.0001", "1.0E-4", "0.0001" },
        { "double", "DOUBLE", "-1234.5", "-1234.5", "-1234.5" },
        { "decimal(10,2)", "DECIMAL(10,2)", "\"1.50\"", "1.50", "\"1.50\"" },
        { "timestamp", "TIMESTAMP", "\"2026-01-02T03:04:05.123456Z\"", "2026-01-02T03:04:05.123Z", "\"2026-01-02T03:04:05.123Z\"" },
        { "timestamp", "TIMESTAMP", "\"2026-01-02T03:04:05Z\"", "2026-01-02T03:04:05.000Z", "\"2026-01-02T03:04:05.000Z\"" },
        { "timestamp_ntz", "TIMESTAMP_NTZ", "\"2026-01-02T03:04:05.123456\"", "2026-01-02T03:04:05.123", "\"2026-01-02T03:04:05.123\"" },
        { "array<int>", "ARRAY<INT>", "[1,null]", "[\"1\",null]", "[1,null]" },
        { "map<string,double>", "MAP<STRING, DOUBLE>", "{\"k\":2}", "{\"k\":\"2.0\"}", "{\"k\":2}" },
        { "struct<a:int,b:array<struct<c:string>>>", "STRUCT<a: INT, b: ARRAY<STRUCT<c: STRING>>>",
          "{\"b\":[{\"c\":\"x\"}],\"a\":7}", "{\"b\":[{\"c\":\"x\"}],\"a\":\"7\"}", "[7,[[\"x\"]]]" },
        { "struct<`odd>:name`:decimal(3,1)>", "STRUCT<odd>:name: DECIMAL(3,1)>", "{\"odd>:name\":\"1.0\"}",
            "{\"odd>:name\":\"1.0\"}", "[\"1.0\"]" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf printed = BUF_INIT, text = BUF_INIT, native = BUF_INIT;
        struct cell_type *t = cell_type_parse(rows[i].type);
        cJSON *value = json_parse(rows[i].value, strlen(rows[i].value), NULL), *copy;
        assert_non_null(t);
        assert_non_null(value);
        assert_int_equal(cell_type_print(t, &printed), 0);
        assert_string_equal(printed.data, rows[i].printed);
        assert_true(cell_text(t, value, &text));
        assert_string_equal(text.data, rows[i].text);
        copy = cell_native(t, value);
        assert_int_equal(json_print(&native, copy), 0);
        assert_string_equal(native.data, rows[i].native);
        cJSON_Delete(copy);
        cJSON_Delete(value);
        cell_type_free(t);
        buf_release(&printed);
        buf_release(&text);
        buf_release(&native);
    }
}

static void null_and_exact_integers(void **state)
{
    (void)state;
    struct cell_type *t = cell_type_parse("bigint");
    struct buf text = BUF_INIT;
    cJSON *null = cJSON_CreateNull(), *big = cJSON_CreateRaw("9223372036854775807");
    assert_false(cell_text(t, null, &text));
    assert_int_equal(text.len, 0);
    assert_true(cell_text(t, big, &text));
    assert_string_equal(text.data, "9223372036854775807");
    cJSON_Delete(null);
    cJSON_Delete(big);
    cell_type_free(t);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(cells_by_type), cmocka_unit_test(null_and_exact_integers) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
