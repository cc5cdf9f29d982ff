/* What the cells of a row mean, and how each wrong one is told. */
#include "core/cells.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char reason[CELLS_REASON];

static void ids(void **state)
{
    (void)state;
    static const char *const good[] = {"001", "a", "A-b_9", "123456789012345678901234567890123456789012345678"};
    static const char *const bad[] = {"", " 1", "1 ", "a.b", "a/b", "\xe7\x8c\xab", "a\nb", "1234567890123456789012345678901234567890123456789"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(cells_id(good[i], reason), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cells_id(bad[i], reason), 1);
    assert_int_equal(cells_id(NULL, reason), 1);
    assert_string_equal(reason, "it is empty");
}

static void urls(void **state)
{
    (void)state;
    static const char *const good[] = {"http://a/b.jpg", "https://host.example:8443/x?q=1&r=%20#f", "  https://h/p \t", "https://h/\xe7\x8c\xab.jpg"};
    static const char *const bad[] = {NULL, "", "car.jpg", "ftp://h/x", "s3://b/k", "https://", "http:///x", "https://h/a b", "https://h/\x01", "data:image/png;base64,AA",
                                      "https://user:word@h/x"};
    char *url;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(cells_url(good[i], &url, reason), 0);
        assert_null(strchr(url, ' '));
        free(url);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(cells_url(bad[i], &url, reason), 1);
        assert_null(url);
        assert_null(strstr(reason, "word"));
    }
}

static void check_metadata(const char *cell, const char *want)
{
    char *json;
    int result = cells_metadata(cell, &json, reason);
    if (!want) {
        assert_int_equal(result, 1);
        assert_null(json);
        return;
    }
    if (result != 0)
        print_error("%s: %s\n", cell, reason);
    assert_int_equal(result, 0);
    assert_string_equal(json ? json : "", want);
    free(json);
}

static void metadata(void **state)
{
    (void)state;
    check_metadata(NULL, "");
    check_metadata(" \n", "");
    check_metadata("{}", "{}");
    check_metadata("{\"a\": [1, 2.5, true, null], \"b\": {\"c\": \"d\"}}", "{\"a\":[1,2.5,true,null],\"b\":{\"c\":\"d\"}}");
    check_metadata("{'a': 'b'}", "{\"a\":\"b\"}");
    check_metadata("{'filename': 'x.jpg', 'split': 'train',}", "{\"filename\":\"x.jpg\",\"split\":\"train\"}");
    check_metadata("{'t': True, 'f': False, 'n': None, 'i': -3, 'x': 1.5e3, 'u': 1_000}",
                   "{\"t\":true,\"f\":false,\"n\":null,\"i\":-3,\"x\":1500,\"u\":1000}");
    check_metadata("{'a': {'b': [1, (2, 3), (4,), (5), ()]}}", "{\"a\":{\"b\":[1,[2,3],[4],5,[]]}}");
    check_metadata("{'q': 'it\\'s', \"r\": \"it's\", 's': 'say \"hi\"'}", "{\"q\":\"it's\",\"r\":\"it's\",\"s\":\"say \\\"hi\\\"\"}");
    check_metadata("{'e': '\\\\ \\n \\t \\x41 \\u00e9 \\U0001F600 \\101'}", "{\"e\":\"\\\\ \\n \\t A \xc3\xa9 \xf0\x9f\x98\x80 A\"}");
    check_metadata("{'p': '\\ud83d\\ude00', 'half': '\\ud83d', 'nul': '\\x00'}",
                   "{\"p\":\"\xf0\x9f\x98\x80\",\"half\":\"\xef\xbf\xbd\",\"nul\":\"\xef\xbf\xbd\"}");
    check_metadata("{'k': u'v', 'raw': r'a\\nb', 'two': 'a' 'b', 'three': '''it's'''}", "{\"k\":\"v\",\"raw\":\"a\\\\nb\",\"two\":\"ab\",\"three\":\"it's\"}");
    check_metadata("{1: 'one', None: 2, True: 3}", "{\"1\":\"one\",\"null\":2,\"true\":3}");
    check_metadata("{'first\nsecond': '\xe7\x8c\xab'}", "{\"first\\nsecond\":\"\xe7\x8c\xab\"}");
    check_metadata("{\"a\": 1, \"b\": 2, \"a\": 3}", "{\"b\":2,\"a\":3}");
    check_metadata("{\"lakeferry\": {\"source\": \"x\"}, \"a\": 1}", "{\"a\":1}");
}

static void metadata_that_is_wrong(void **state)
{
    (void)state;
    static const char *const bad[] = {"{", "{'a': ", "{'a' 1}", "{'a': 1 'b': 2}", "[1, 2]", "'text'", "12", "None", "{'a': nan}", "{'a': inf}", "{'a': 1e999}", "{'a': b'x'}",
                                      "{'a': {1, 2}}", "{'a': datetime(2026, 1, 1)}", "{'a': 1j}", "{'a': 007}", "{'a': 'x}", "{'a': 1} x", "{'a': '\\x4'}", "{'a': '\\u12'}",
                                      "{'a': [1, 2}", "{'a': 1]", "{,}", "{'a': 1,,}", "{'a': --1}", "{'a': '''x'}", "split=train", "{'a': '\xff'}", "{'a': 1e}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_metadata(bad[i], NULL);
    char deep[2001];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    memcpy(deep, "{'a':", 5);
    check_metadata(deep, NULL);
    assert_non_null(strstr(reason, "deep"));
}

static void check_concepts(const char *cell, const char *want)
{
    struct str_list names = {0};
    struct buf joined = BUF_INIT;
    int result = cells_concepts(cell, &names, reason);
    assert_int_equal(result, want ? 0 : 1);
    for (size_t i = 0; want && i < names.count; i++)
        buf_printf(&joined, "%s%s", i ? "|" : "", names.items[i]);
    if (want)
        assert_string_equal(joined.data, want);
    buf_release(&joined);
    str_list_release(&names);
}

static void concepts(void **state)
{
    (void)state;
    check_concepts(NULL, "");
    check_concepts("  ", "");
    check_concepts("cat", "cat");
    check_concepts("a dog ", "a dog");
    check_concepts("cat, dog ,cat,,  bird", "cat|dog|bird");
    check_concepts("\xe7\x8c\xab,\xd1\x81\xd0\xbe\xd0\xb1\xd0\xb0\xd0\xba\xd0\xb0", "\xe7\x8c\xab|\xd1\x81\xd0\xbe\xd0\xb1\xd0\xb0\xd0\xba\xd0\xb0");
    check_concepts("[\"cat\", \"a, b\"]", "cat|a, b");
    check_concepts("['cat', \"it's\", 'cat']", "cat|it's");
    check_concepts("[cat, dog]", "cat|dog");
    check_concepts("[]", "");
    check_concepts("[1, 2, null]", "1|2");
    check_concepts("['cat'", NULL);
    check_concepts("['cat', {'a': 1}]", NULL);
    check_concepts("[['cat']]", NULL);
    struct buf many = BUF_INIT;
    for (int i = 0; i < 1001; i++)
        buf_printf(&many, "c%d,", i);
    check_concepts(many.data, NULL);
    buf_release(&many);
}

static void check_geo(const char *cell, int result, double longitude, double latitude)
{
    struct cells_geo geo;
    assert_int_equal(cells_geo(cell, &geo, reason), result);
    assert_int_equal(geo.has, result == 0 && cell && *cell);
    if (geo.has) {
        assert_true(geo.longitude > longitude - 1e-9 && geo.longitude < longitude + 1e-9);
        assert_true(geo.latitude > latitude - 1e-9 && geo.latitude < latitude + 1e-9);
    }
}

static void geopoints(void **state)
{
    (void)state;
    check_geo(NULL, 0, 0, 0);
    check_geo("4.9,52.37", 0, 4.9, 52.37);
    check_geo(" -0.12 , 51.5 ", 0, -0.12, 51.5);
    check_geo("[4.9, 52.37]", 0, 4.9, 52.37);
    check_geo("(4.9, 52.37)", 0, 4.9, 52.37);
    check_geo("-180,-90", 0, -180, -90);
    check_geo("1e1,.5", 0, 10, 0.5);
    check_geo("{\"longitude\":4.9,\"latitude\":52.37}", 0, 4.9, 52.37);
    check_geo("{'lat': 1, 'lon': 2}", 0, 2, 1);
    check_geo("180.1,0", 1, 0, 0);
    check_geo("0,90.5", 1, 0, 0);
    assert_non_null(strstr(reason, "latitude"));
    static const char *const bad[] = {"somewhere", "4.9", "4.9,", ",52", "4.9;52.37", "4,9,52,37", "nan,1", "inf,1", "0x10,1", "1,2,3", "4.9 52.37", "{}", "[]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_geo(bad[i], 1, 0, 0);
}

static void rows(void **state)
{
    (void)state;
    const char *cells[CELLS_COLUMNS] = {"001", "https://h/\xe7\x8c\xab.jpg", "cat, \"dog\"", "{'a': 'x\\ny', 'b': {'c': 1.25}}", "4.9,52.37"};
    struct cells_row row, again;
    struct buf text = BUF_INIT, second = BUF_INIT;
    assert_int_equal(cells_row_read(cells, &row, reason), 0);
    assert_int_equal(cells_row_put(&text, &row), 0);
    assert_int_equal(cells_row_parse(text.data, &again), 0);
    assert_int_equal(cells_row_put(&second, &again), 0);
    assert_string_equal(text.data, second.data);
    assert_string_equal(again.url, cells[CELLS_INPUT]);
    assert_int_equal(again.concepts.count, 2);
    assert_string_equal(again.concepts.items[1], "\"dog\"");
    assert_true(again.geo.has);
    cells_row_release(&row);
    cells_row_release(&again);
    buf_release(&text);
    buf_release(&second);
    cells[CELLS_METADATA] = "{'a'";
    assert_int_equal(cells_row_read(cells, &row, reason), 1);
    assert_int_equal(strncmp(reason, "metadata: ", 10), 0);
    assert_int_equal(cells_row_parse("{\"concepts\":[]}", &row), -1);
}

static void hashes(void **state)
{
    (void)state;
    const char *a[CELLS_COLUMNS] = {"1", "u", NULL, NULL, NULL}, *b[CELLS_COLUMNS] = {"1", "u", "", NULL, NULL}, *c[CELLS_COLUMNS] = {"1u", "", NULL, NULL, NULL};
    char x[65], y[65], z[65], again[65];
    cells_hash(a, x);
    cells_hash(b, y);
    cells_hash(c, z);
    cells_hash(a, again);
    assert_string_equal(x, again);
    assert_string_not_equal(x, y);
    assert_string_not_equal(x, z);
}

static void columns(void **state)
{
    (void)state;
    assert_int_equal(cells_by_name(" InputID "), CELLS_INPUTID);
    assert_int_equal(cells_by_name("input"), CELLS_INPUT);
    assert_int_equal(cells_by_name("GEOPOINTS"), CELLS_GEOPOINTS);
    assert_int_equal(cells_by_name("input_id"), CELLS_COLUMNS);
    assert_int_equal(cells_by_name(""), CELLS_COLUMNS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids),       cmocka_unit_test(urls), cmocka_unit_test(metadata), cmocka_unit_test(metadata_that_is_wrong), cmocka_unit_test(concepts),
        cmocka_unit_test(geopoints), cmocka_unit_test(rows), cmocka_unit_test(hashes),   cmocka_unit_test(columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
