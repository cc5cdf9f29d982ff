/* The labelling side without a server: rows of clarifai_routes are called with a request made here and a clock set here. */
#include "base/base64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "sandbox/clarifai_db.h"
#include "sandbox/clarifai_shape.h"
#include "sandbox/clarifai_store.h"
#include "sandbox/picture.h"
#include "sandbox/server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

#define B "/v2/users/{u}/apps/{a}"

/* --- the platform around the store --- */

struct sandbox {
    struct clarifai_store *store;
    int64_t now, created;
    char dir[64];
    char *picture; /* base64 of a small PNG */
};

struct clarifai_store *sandbox_clarifai(struct sandbox *s) { return s->store; }
int64_t sandbox_now_us(struct sandbox *s) { return s->now; }
const char *sandbox_image_origin(struct sandbox *s) { (void)s; return "http://127.0.0.1:9"; }
void sandbox_count(struct sandbox *s, const char *name, int64_t add)
{
    if (str_eq(name, "clarifai.inputs_created"))
        s->created += add;
}
int64_t sandbox_setting(struct sandbox *s, const char *name, int64_t otherwise)
{
    (void)s;
    return str_eq(name, "clarifai.process_ms") || str_eq(name, "clarifai.delete_ms") ? 100 : otherwise;
}

static char *draw_base64(void)
{
    struct buf png = BUF_INIT;
    char *text;

    assert_int_equal(picture_draw(0, 1, 24, 16, PICTURE_PNG, &png, NULL), 0);
    text = calloc(1, base64_length(png.len) + 1);
    base64_encode(png.data, png.len, text);
    buf_release(&png);
    return text;
}

static int begin(void **state)
{
    struct sandbox *s = calloc(1, sizeof *s);
    cJSON *user = cJSON_Parse("{\"id\":\"lab-user\",\"user_detail\":{\"primary_email\":\"a@b\"}}");
    struct err e;

    snprintf(s->dir, sizeof s->dir, "/tmp/lf-clarifai-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    s->now = INT64_C(1786698720123456);
    s->store = clarifai_store_open(s->dir, s, &e);
    assert_non_null(s->store);
    assert_int_equal(clarifai_store_add_user(s->store, user, false, &e), 0);
    assert_int_equal(clarifai_store_add_app(s->store, "lab-user", "traffic", "Universal", "", s->now, &e), 0);
    assert_int_equal(clarifai_store_add_dataset(s->store, "lab-user", "traffic", "train", "", s->now, &e), 0);
    cJSON_Delete(user);
    s->picture = draw_base64();
    *state = s;
    return 0;
}

static int end(void **state)
{
    struct sandbox *s = *state;

    clarifai_store_close(s->store);
    assert_int_equal(file_remove_tree(s->dir, NULL), 0);
    free(s->picture);
    free(s);
    return 0;
}

/* --- one request --- */

/* inner: "name=value&name=value" without escapes; the answer points into a copy kept until the next request. */
static char query_copy[8192];
static struct { const char *name, *value; } pairs[300];
static int pair_count;

static void query_split(const char *text)
{
    char *save = NULL;

    pair_count = 0;
    str_copy(query_copy, sizeof query_copy, text);
    for (char *p = strtok_r(query_copy, "&", &save); p != NULL; p = strtok_r(NULL, "&", &save)) {
        char *value = strchr(p, '=');
        *value = '\0';
        pairs[pair_count].name = p;
        pairs[pair_count++].value = value + 1;
    }
}

static int query_all(const struct route_call *c, const char *name, const char **out, int max)
{
    int n = 0;

    (void)c;
    for (int i = 0; i < pair_count && n < max; i++)
        if (str_eq(pairs[i].name, name))
            out[n++] = pairs[i].value;
    return n;
}

static const char *query_one(const struct route_call *c, const char *name)
{
    const char *value = NULL;

    query_all(c, name, &value, 1);
    return value;
}

static const struct route *row_of(const char *method, const char *pattern)
{
    for (const struct route *r = clarifai_routes; r->method != NULL; r++)
        if (str_eq(r->method, method) && str_eq(r->pattern, pattern))
            return r;
    fail_msg("no route %s %s", method, pattern);
    return NULL;
}

struct reply { int http, code; cJSON *json; };
static struct reply last;

/* Calls METHOD B+tail; first and second are the captures behind the app. The answer lives until the next ask. */
static struct reply ask(struct sandbox *s, const char *method, const char *tail, const char *first, const char *second,
                        const char *query, const char *body)
{
    char pattern[160];
    struct route_answer answer = { .status = 0 };
    cJSON *parsed = body != NULL ? cJSON_Parse(body) : NULL;
    struct route_call call = {
        .sandbox = s, .method = method, .path = "/v2/users/me/apps/traffic/x", .user = "lab-user", .body = parsed,
        .captures = { "me", "traffic", first, second }, .body_size = body != NULL ? strlen(body) : 0,
        .query = query_one, .query_all = query_all,
    };
    int64_t code = 0;

    assert_true(body == NULL || parsed != NULL);
    cJSON_Delete(last.json);
    query_split(query != NULL ? query : "");
    snprintf(pattern, sizeof pattern, B "%s", tail);
    row_of(method, pattern)->handle(&call, &answer);
    cJSON_Delete(parsed);
    /* raw parts of the answer are read as the client would */
    char *text = cJSON_PrintUnformatted(answer.json);
    last.json = cJSON_Parse(text);
    assert_non_null(last.json);
    free(text);
    cJSON_Delete(answer.json);
    json_i64(json_obj(last.json, "status"), "code", &code);
    last.http = answer.status;
    last.code = (int)code;
    return last;
}

static int size(struct reply r, const char *list)
{
    assert_true(cJSON_IsArray(json_arr(r.json, list)));
    return cJSON_GetArraySize(json_arr(r.json, list));
}

static const cJSON *item(struct reply r, const char *list, int i)
{
    return cJSON_GetArrayItem(json_arr(r.json, list), i);
}

static int code_of(const cJSON *o)
{
    int64_t code = 0;

    json_i64(json_obj(o, "status"), "code", &code);
    return (int)code;
}

/* "{"id":ID,"dataset_ids":["train"],"data":{"image":{"base64":…}EXTRA}}" */
static void add_item(struct buf *out, struct sandbox *s, const char *id, const char *extra)
{
    buf_puts(out, out->len > 0 && out->data[out->len - 1] == '}' ? "," : "");
    buf_printf(out, "{\"id\":\"%s\",\"dataset_ids\":[\"train\"],\"data\":{\"image\":{\"base64\":\"%s\"}%s}}", id, s->picture, extra);
}

static struct reply post(struct sandbox *s, const char *items, const char *more)
{
    struct buf body = BUF_INIT;
    struct reply r;

    buf_printf(&body, "{\"inputs\":[%s]%s}", items, more);
    r = ask(s, "POST", "/inputs", NULL, NULL, NULL, body.data);
    buf_release(&body);
    return r;
}

static void post_one(struct sandbox *s, const char *id, const char *extra)
{
    struct buf items = BUF_INIT;

    add_item(&items, s, id, extra);
    assert_int_equal(post(s, items.data, "").code, 10000);
    buf_release(&items);
}

static void later(struct sandbox *s, int64_t ms)
{
    s->now += ms * 1000;
}

/* --- tests --- */

static void an_input_is_processed_by_the_clock(void **state)
{
    struct sandbox *s = *state;
    struct reply r;

    post_one(s, "a", ",\"concepts\":[{\"id\":\"cat\"}],\"metadata\":{\"n\":1}");
    const cJSON *made = item(last, "inputs", 0);
    assert_int_equal(code_of(made), 30001);
    assert_int_equal(strlen(json_str(made, "created_at")), 30);
    assert_null(json_obj(json_obj(json_obj(made, "data"), "image"), "hosted"));
    r = ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL);
    assert_int_equal(code_of(json_obj(r.json, "input")), 30001);
    later(s, 60);
    r = ask(s, "GET", "/inputs/status", NULL, NULL, NULL, NULL);
    assert_int_equal(json_get(json_obj(r.json, "counts"), "processing")->valueint, 1);
    later(s, 60);
    r = ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL);
    const cJSON *input = json_obj(r.json, "input"), *image = json_obj(json_obj(input, "data"), "image");
    assert_int_equal(code_of(input), 30000);
    assert_int_equal(strlen(json_str(input, "created_at")), 27);
    assert_string_equal(json_str(json_obj(image, "hosted"), "prefix"), "http://127.0.0.1:9");
    assert_string_equal(json_str(json_obj(image, "image_info"), "format"), "PNG");
    assert_int_equal(json_get(json_obj(image, "image_info"), "width")->valueint, 24);
    const cJSON *concept = json_arr(json_obj(input, "data"), "concepts")->child;
    assert_string_equal(json_str(concept, "name"), "cat");
    assert_int_equal(json_get(concept, "value")->valueint, 1);
}

static void each_item_has_its_own_refusal(void **state)
{
    struct sandbox *s = *state;
    struct buf items = BUF_INIT;
    static const struct { const char *id; int code; } wanted[] = {
        { "good", 30001 }, { "good", 30100 }, { "has blank", 39999 },
        { "a23456789-123456789-123456789-123456789-123456789", 39999 },
    };

    for (size_t i = 0; i < 4; i++)
        add_item(&items, s, wanted[i].id, "");
    buf_puts(&items, ",{\"id\":\"no-data\",\"data\":{}},{\"id\":\"no-set\",\"dataset_ids\":[\"nix\"],\"data\":{\"text\":{\"raw\":\"x\"}}}"
                     ",{\"id\":\"broken64\",\"data\":{\"image\":{\"base64\":\"@@\"}}},{\"id\":\"ftp\",\"data\":{\"image\":{\"url\":\"ftp://x/y\"}}}"
                     ",{\"id\":\"both\",\"data\":{\"image\":{\"url\":\"http://x/y\",\"base64\":\"QQ==\"}}}"
                     ",{\"id\":\"concept\",\"data\":{\"image\":{\"url\":\"http://x/y\"},\"concepts\":[{\"id\":\"a b\"}]}}");
    struct reply r = post(s, items.data, "");
    buf_release(&items);
    assert_int_equal(r.code, 10010);
    assert_int_equal(r.http, 207);
    assert_int_equal(size(r, "inputs"), 10);
    for (int i = 0; i < 4; i++)
        assert_int_equal(code_of(item(r, "inputs", i)), wanted[i].code);
    static const int rest[] = { 39999, 11101, 30300, 30106, 39999, 40003 };
    for (int i = 0; i < 6; i++)
        assert_int_equal(code_of(item(r, "inputs", 4 + i)), rest[i]);
    assert_string_equal(json_str(json_obj(item(r, "inputs", 1), "status"), "details"), "Input has a duplicate ID.");
    assert_string_equal(json_str(json_obj(item(r, "inputs", 3), "status"), "details"),
                        "id must be between 1 and 48 characters long");
    assert_int_equal(s->created, 1);
}

static void a_whole_call_can_fail(void **state)
{
    struct sandbox *s = *state;
    struct buf items = BUF_INIT;
    struct reply r;

    for (int i = 0; i < 129; i++) {
        char id[16];
        snprintf(id, sizeof id, "i%d", i);
        add_item(&items, s, id, "");
    }
    r = post(s, items.data, "");
    assert_int_equal(r.code, 39999);
    assert_int_equal(size(r, "inputs"), 0);
    buf_release(&items);
    assert_int_equal(post(s, "", "").code, 39999);
    r = post(s, "{\"id\":\"a\",\"data\":{\"image\":{\"url\":\"http://x/y\",\"colour\":1}}}", "");
    assert_int_equal(r.code, 11100);
    assert_non_null(strstr(json_str(json_obj(r.json, "status"), "details"), "inputs[0].data.image.colour"));
    assert_int_equal(post(s, "{\"id\":7}", "").code, 11100);
    add_item(&items, s, "a", "");
    assert_int_equal(post(s, items.data, ",\"input_id_conflict_resolution\":\"MAYBE\"").code, 11100);
    buf_release(&items);
    post_one(s, "a", "");
    add_item(&items, s, "a", "");
    r = post(s, items.data, "");
    assert_int_equal(r.code, 10020);
    assert_int_equal(r.http, 400);
    r = post(s, items.data, ",\"input_id_conflict_resolution\":\"SUFFIX\"");
    assert_string_equal(json_str(item(r, "inputs", 0), "id"), "a-1");
    buf_release(&items);
}

static void bytes_that_are_no_picture_fail_later(void **state)
{
    struct sandbox *s = *state;
    struct reply r;

    assert_int_equal(post(s, "{\"id\":\"t\",\"data\":{\"image\":{\"base64\":\"aGVsbG8gd29ybGQ=\"}}}", "").code, 10000);
    assert_int_equal(post(s, "{\"id\":\"u\",\"data\":{\"image\":{\"url\":\"http://nowhere.invalid/a.jpg\"}}}", "").code, 10000);
    later(s, 200);
    r = ask(s, "GET", "/inputs", NULL, NULL, "per_page=10", NULL);
    assert_int_equal(r.http, 207);
    assert_int_equal(r.code, 10010);
    assert_int_equal(code_of(item(r, "inputs", 0)), 39996);
    assert_int_equal(code_of(item(r, "inputs", 1)), 30101);
    r = ask(s, "GET", "/inputs", NULL, NULL, "status.code=30000", NULL);
    assert_int_equal(size(r, "inputs"), 0);
    r = ask(s, "GET", "/inputs", NULL, NULL, "status.code=INPUT_UNSUPPORTED_FORMAT&ids=t&ids=u", NULL);
    assert_int_equal(size(r, "inputs"), 1);
}

static void urls_are_unique_in_an_app(void **state)
{
    struct sandbox *s = *state;
    struct reply r = post(s,
                          "{\"id\":\"a\",\"data\":{\"image\":{\"url\":\"http://127.0.0.1:9/pictures/cat-3.jpg\"}}},"
                          "{\"id\":\"b\",\"data\":{\"image\":{\"url\":\"http://127.0.0.1:77/pictures/cat-3.jpg\"}}},"
                          "{\"id\":\"c\",\"data\":{\"image\":{\"url\":\"http://127.0.0.1:9/pictures/cat-3.jpg\","
                          "\"allow_duplicate_url\":true}}}",
                          ",\"inputs_add_job_id\":\"job\"");

    assert_int_equal(r.code, 10010);
    assert_int_equal(code_of(item(r, "inputs", 1)), 30100);
    assert_string_equal(json_str(json_obj(item(r, "inputs", 1), "status"), "details"), "The input URL is duplicate.");
    assert_string_equal(json_str(json_obj(json_obj(r.json, "inputs_add_job"), "progress"), "pending_count"), "2");
    later(s, 200);
    r = ask(s, "GET", "/inputs/jobs/add/{id}", "job", NULL, NULL, NULL);
    const cJSON *job = json_obj(r.json, "inputs_add_job");
    assert_string_equal(json_str(json_obj(job, "progress"), "success_count"), "2");
    assert_null(json_get(json_obj(job, "progress"), "pending_count"));
    assert_int_equal(code_of(job), 64002);
}

static void deletion_takes_its_time(void **state)
{
    struct sandbox *s = *state;
    struct buf items = BUF_INIT;

    post_one(s, "a", "");
    add_item(&items, s, "a", "");
    assert_int_equal(ask(s, "DELETE", "/inputs", NULL, NULL, NULL, "{\"ids\":[\"a\",\"unknown\"]}").code, 10000);
    assert_int_equal(ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL).code, 10000);
    assert_int_equal(post(s, items.data, "").code, 10020);
    later(s, 150);
    struct reply r = ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL);
    assert_int_equal(r.code, 11101);
    assert_int_equal(r.http, 404);
    assert_int_equal(size(ask(s, "GET", "/datasets/{id}/inputs", "train", NULL, NULL, NULL), "dataset_inputs"), 0);
    assert_int_equal(size(ask(s, "GET", "/annotations", NULL, NULL, NULL, NULL), "annotations"), 0);
    assert_int_equal(post(s, items.data, "").code, 10000);
    assert_int_equal(ask(s, "DELETE", "/inputs/{id}", "nobody", NULL, NULL, NULL).code, 11101);
    assert_int_equal(ask(s, "DELETE", "/inputs", NULL, NULL, NULL, "{}").code, 10000);
    assert_int_equal(ask(s, "DELETE", "/inputs", NULL, NULL, NULL, "{\"delete_all\":true}").code, 11100);
    buf_release(&items);
}

/* Every id exactly once, by pages, by the stream, in the dataset. */
static void lists_cover_everything_once(void **state)
{
    struct sandbox *s = *state;
    char query[120], id[64] = "";
    int seen = 0, n;
    struct err e;

    assert_int_equal(clarifai_store_bulk(s->store, "lab-user", "traffic", "many", "bulk", 2500, &e), 0);
    for (int page = 1; page < 10; page++) {
        snprintf(query, sizeof query, "page=%d&per_page=700", page);
        n = size(ask(s, "GET", "/inputs", NULL, NULL, query, NULL), "inputs");
        assert_int_equal(n, page < 4 ? 700 : page == 4 ? 400 : 0);
        n = size(ask(s, "GET", "/datasets/{id}/inputs", "many", NULL, query, NULL), "dataset_inputs");
        assert_int_equal(n, page < 4 ? 700 : page == 4 ? 400 : 0);
        n = size(ask(s, "GET", "/annotations", NULL, NULL, query, NULL), "annotations");
        assert_int_equal(n, page < 4 ? 700 : page == 4 ? 400 : 0);
    }
    do {
        snprintf(query, sizeof query, "per_page=1000%s%s", id[0] != '\0' ? "&last_id=" : "", id);
        struct reply r = ask(s, "GET", "/inputs/stream", NULL, NULL, query, NULL);
        n = size(r, "inputs");
        for (int i = 0; i < n; i++) {
            char wanted[64];
            snprintf(wanted, sizeof wanted, "bulk-%06d", seen++);
            str_copy(id, sizeof id, json_str(item(r, "inputs", i), "id"));
            assert_string_equal(id, wanted);
        }
    } while (n > 0);
    assert_int_equal(seen, 2500);
    assert_int_equal(ask(s, "GET", "/inputs", NULL, NULL, "per_page=1001", NULL).code, 11102);
    assert_int_equal(ask(s, "GET", "/inputs", NULL, NULL, "page=0", NULL).code, 11102);
    assert_int_equal(size(ask(s, "GET", "/inputs", NULL, NULL, NULL, NULL), "inputs"), 20);
    assert_int_equal(ask(s, "GET", "/inputs/stream", NULL, NULL, "last_id=gone", NULL).code, 11101);
}

static void starts_with(struct sandbox *s, const char *tail, const char *list, int page, const char *id)
{
    char query[64];

    snprintf(query, sizeof query, "per_page=100&page=%d", page);
    struct reply r = ask(s, "GET", tail, str_ends(tail, "{id}/inputs") ? "many" : NULL, NULL, query, NULL);
    const cJSON *first = item(r, list, 0), *input = json_obj(first, "input");
    assert_string_equal(json_str(input != NULL ? input : first, strcmp(list, "annotations") == 0 ? "input_id" : "id"), id);
}

/* A page is the same rows whichever pages were asked for before it, and moves when rows before it come or go. */
static void pages_count_from_the_start(void **state)
{
    struct sandbox *s = *state;
    static const int order[] = { 3, 1, 2, 3, 9, 10, 4, 1 };
    char id[64];
    struct err e;

    assert_int_equal(clarifai_store_bulk(s->store, "lab-user", "traffic", "many", "bulk", 1000, &e), 0);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        snprintf(id, sizeof id, "bulk-%06d", (order[i] - 1) * 100);
        starts_with(s, "/datasets/{id}/inputs", "dataset_inputs", order[i], id);
        starts_with(s, "/annotations", "annotations", order[i], id);
        snprintf(id, sizeof id, "bulk-%06d", 999 - (order[i] - 1) * 100);
        starts_with(s, "/inputs", "inputs", order[i], id);
    }
    ask(s, "DELETE", "/datasets/{id}/inputs", "many", NULL, NULL, "{\"input_ids\":[\"bulk-000005\"]}");
    starts_with(s, "/datasets/{id}/inputs", "dataset_inputs", 5, "bulk-000401");
    starts_with(s, "/datasets/{id}/inputs", "dataset_inputs", 6, "bulk-000501");
    ask(s, "POST", "/datasets/{id}/inputs", "many", NULL, NULL, "{\"dataset_inputs\":[{\"input\":{\"id\":\"bulk-000005\"}}]}");
    starts_with(s, "/datasets/{id}/inputs", "dataset_inputs", 7, "bulk-000600");
    post_one(s, "newest", "");
    starts_with(s, "/inputs", "inputs", 2, "bulk-000900");
    starts_with(s, "/inputs", "inputs", 3, "bulk-000800");
}

static void a_page_begins_at_the_nearest_mark(void **state)
{
    static const char list[] = "of one kind", other[] = "of another";
    struct sandbox *s = *state;
    int64_t skip = 2500;

    clarifai_page_mark(s->store, list, 1, 1000, 10);
    clarifai_page_mark(s->store, list, 1, 2000, 20);
    clarifai_page_mark(s->store, list, 1, 3000, 30);
    assert_int_equal(clarifai_page_seek(s->store, list, 1, -1, &skip), 20);
    assert_int_equal(skip, 500);
    skip = 2000;
    assert_int_equal(clarifai_page_seek(s->store, list, 1, -1, &skip), 20);
    assert_int_equal(skip, 0);
    skip = 2000;
    assert_int_equal(clarifai_page_seek(s->store, list, 2, -1, &skip), -1);
    assert_int_equal(clarifai_page_seek(s->store, other, 1, -1, &skip), -1);
    post_one(s, "new", "");
    assert_int_equal(clarifai_page_seek(s->store, list, 1, -1, &skip), -1);
    assert_int_equal(skip, 2000);
}

static void annotations_have_owners_and_levels(void **state)
{
    struct sandbox *s = *state;
    struct reply r;
    char level[64];
    cJSON *model = cJSON_Parse("{\"worker\":{\"model\":{\"id\":\"m\",\"model_version\":{\"id\":\"v1\"}}},\"data\":{\"concepts\":[{\"id\":\"x\"}]}}");
    struct err e;

    post_one(s, "a", "");
    r = ask(s, "POST", "/annotations", NULL, NULL, NULL,
            "{\"annotations\":[{\"input_id\":\"a\",\"id\":\"box\",\"data\":{\"regions\":[{\"region_info\":{\"bounding_box\":"
            "{\"left_col\":0.1,\"bottom_row\":0.5,\"right_col\":0.300000001}},\"data\":{\"concepts\":[{\"id\":\"car\"}]}}]}},"
            "{\"input_id\":\"nobody\",\"data\":{}},"
            "{\"input_id\":\"a\",\"data\":{\"frames\":[{\"frame_info\":{\"time\":1500}}]},\"status\":{\"code\":24151}},"
            "{\"input_id\":\"a\",\"data\":{\"regions\":[{\"region_info\":{\"bounding_box\":{\"top_row\":0.9,\"bottom_row\":0.5,\"right_col\":1}}}]}},"
            "{\"input_id\":\"a\",\"data\":{},\"status\":{\"code\":30000}}]}");
    assert_int_equal(r.code, 10010);
    static const int wanted[] = { 24150, 11101, 24151, 24155, 24154 };
    for (int i = 0; i < 5; i++)
        assert_int_equal(code_of(item(r, "annotations", i)), wanted[i]);
    const cJSON *region = json_arr(json_obj(item(r, "annotations", 0), "data"), "regions")->child;
    const cJSON *box = json_obj(json_obj(region, "region_info"), "bounding_box");
    assert_true(json_get(box, "top_row") != NULL && json_get(box, "right_col")->valuedouble == 0.3);
    assert_non_null(json_str(region, "id"));
    const cJSON *frame = json_arr(json_obj(item(r, "annotations", 2), "data"), "frames")->child;
    assert_true(cJSON_IsString(cJSON_GetObjectItem(json_obj(frame, "frame_info"), "time")));
    assert_int_equal(clarifai_store_add_annotation(s->store, "lab-user", "traffic", "a", model, s->now, &e), 0);
    cJSON_Delete(model);

    r = ask(s, "GET", "/annotations", NULL, NULL, "input_ids=a", NULL);
    assert_int_equal(size(r, "annotations"), 3);
    assert_true(json_bool(item(r, "annotations", 0), "input_level", false));
    str_copy(level, sizeof level, json_str(item(r, "annotations", 0), "id"));
    assert_int_equal(size(ask(s, "GET", "/annotations", NULL, NULL, "list_all_annotations=true", NULL), "annotations"), 4);
    assert_int_equal(size(ask(s, "GET", "/annotations", NULL, NULL, "model_version_ids=v1", NULL), "annotations"), 1);
    assert_int_equal(size(ask(s, "GET", "/annotations", NULL, NULL, "input_ids=a&ids=box", NULL), "annotations"), 1);
    assert_int_equal(ask(s, "GET", "/annotations", NULL, NULL, "ids=box", NULL).code, 11102);

    char body[200];
    snprintf(body, sizeof body, "{\"input_ids\":[\"a\"],\"ids\":[\"%s\"]}", level);
    assert_int_equal(ask(s, "DELETE", "/annotations", NULL, NULL, NULL, body).code, 11102);
    assert_int_equal(ask(s, "DELETE", "/annotations", NULL, NULL, NULL, "{\"input_ids\":[\"a\"]}").code, 10000);
    assert_int_equal(size(ask(s, "GET", "/annotations", NULL, NULL, "list_all_annotations=true", NULL), "annotations"), 1);
}

static void patching_merges_overwrites_removes(void **state)
{
    struct sandbox *s = *state;
    struct reply r;
    const cJSON *data;

    post_one(s, "a", ",\"concepts\":[{\"id\":\"cat\"}],\"metadata\":{\"k\":{\"x\":1}}");
    r = ask(s, "PATCH", "/inputs", NULL, NULL, NULL,
            "{\"action\":\"merge\",\"inputs\":[{\"id\":\"a\",\"data\":{\"concepts\":[{\"id\":\"dog\",\"value\":0}],\"metadata\":{\"k\":{\"y\":2}}}},"
            "{\"id\":\"nobody\",\"data\":{}}]}");
    assert_int_equal(r.code, 10010);
    assert_int_equal(code_of(item(r, "inputs", 0)), 30200);
    assert_int_equal(code_of(item(r, "inputs", 1)), 11101);
    data = json_obj(item(r, "inputs", 0), "data");
    assert_int_equal(cJSON_GetArraySize(json_arr(data, "concepts")), 2);
    assert_int_equal(cJSON_GetArraySize(json_obj(json_obj(data, "metadata"), "k")), 2);
    r = ask(s, "PATCH", "/inputs", NULL, NULL, NULL,
            "{\"action\":\"remove\",\"inputs\":[{\"id\":\"a\",\"data\":{\"concepts\":[{\"id\":\"cat\"}]}}]}");
    data = json_obj(item(r, "inputs", 0), "data");
    assert_int_equal(cJSON_GetArraySize(json_arr(data, "concepts")), 1);
    r = ask(s, "PATCH", "/inputs", NULL, NULL, NULL,
            "{\"action\":\"overwrite\",\"inputs\":[{\"id\":\"a\",\"data\":{\"metadata\":{\"n\":1}}}]}");
    data = json_obj(item(r, "inputs", 0), "data");
    assert_null(json_get(json_obj(data, "metadata"), "k"));
    assert_int_equal(ask(s, "PATCH", "/inputs", NULL, NULL, NULL, "{\"action\":\"m\",\"inputs\":[{\"id\":\"a\"}]}").code, 11102);
    r = ask(s, "PATCH", "/inputs", NULL, NULL, NULL,
            "{\"action\":\"merge\",\"inputs\":[{\"id\":\"a\",\"data\":{\"image\":{\"url\":\"http://x/y\"}}}]}");
    assert_int_equal(code_of(item(r, "inputs", 0)), 39999);
}

static void datasets_and_their_members(void **state)
{
    struct sandbox *s = *state;
    struct reply r;

    assert_int_equal(ask(s, "POST", "/datasets", NULL, NULL, NULL, "{\"datasets\":[{\"id\":\"d1\"},{\"id\":\"train\"}]}").code, 40010);
    assert_int_equal(ask(s, "GET", "/datasets/{id}", "d1", NULL, NULL, NULL).code, 11101);
    assert_int_equal(ask(s, "POST", "/datasets", NULL, NULL, NULL, "{\"datasets\":[{\"id\":\"d1\"}]}").code, 10000);
    post_one(s, "a", "");
    post_one(s, "b", "");
    r = ask(s, "POST", "/datasets/{id}/inputs", "d1", NULL, NULL,
            "{\"dataset_inputs\":[{\"input\":{\"id\":\"a\"}},{\"input\":{\"id\":\"nobody\"}}]}");
    assert_int_equal(r.code, 10010);
    assert_int_equal(code_of(json_obj(item(r, "dataset_inputs", 0), "input")), 64100);
    assert_int_equal(ask(s, "POST", "/datasets/{id}/inputs", "d1", NULL, NULL, "{\"dataset_inputs\":[{\"input\":{\"id\":\"x\"}}]}").code, 10020);
    r = ask(s, "POST", "/datasets/{id}/inputs", "d1", NULL, NULL,
            "{\"search\":{\"query\":{\"filters\":[{\"input\":{\"dataset_ids\":[\"train\"]}}]}}}");
    assert_int_equal(r.code, 10000);
    assert_int_equal(size(ask(s, "GET", "/datasets/{id}/inputs", "d1", NULL, NULL, NULL), "dataset_inputs"), 2);
    assert_int_equal(ask(s, "DELETE", "/datasets/{id}/inputs", "d1", NULL, NULL, "{\"input_ids\":[\"a\"]}").code, 10000);
    assert_int_equal(ask(s, "GET", "/datasets/{id}/inputs/{input}", "d1", "a", NULL, NULL).code, 11101);
    assert_int_equal(ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL).code, 10000);
}

static void searches_filter_and_have_a_window(void **state)
{
    struct sandbox *s = *state;
    struct reply r;

    post_one(s, "a", ",\"concepts\":[{\"id\":\"it-s\",\"name\":\"it's\"}],\"metadata\":{\"split\":\"val\"}");
    assert_int_equal(post(s, "{\"id\":\"t\",\"data\":{\"text\":{\"raw\":\"x\"}}}", "").code, 10000);
#define SEARCH(filters, more) "{\"searches\":[{\"query\":{\"filters\":[" filters "]}}]" more "}"
    static const struct { const char *body; int hits; } searches[] = {
        { SEARCH("", ""), 2 },
        { SEARCH("{\"input\":{\"dataset_ids\":[\"train\",\"o'x\"]}}", ""), 1 },
        { SEARCH("{\"input\":{\"dataset_ids\":[\"train\"]}},{\"input\":{\"data\":{\"text\":{}}}}", ""), 0 },
        { SEARCH("{\"input\":{\"data\":{\"text\":{}}},\"negate\":true}", ""), 1 },
        { SEARCH("{\"annotation\":{\"data\":{\"concepts\":[{\"name\":\"it's\"}]}}}", ""), 1 },
        { SEARCH("{\"annotation\":{\"data\":{\"metadata\":{\"split\":\"val\"}}}}", ""), 1 },
        { SEARCH("{\"annotation\":{\"data\":{\"metadata\":{\"split\":\"train\"}}}}", ""), 0 },
        { SEARCH("{\"input\":{\"status\":{\"code\":30001}}}", ""), 2 },
    };
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        r = ask(s, "POST", "/inputs/searches", NULL, NULL, NULL, searches[i].body);
        assert_int_equal(r.code, 10000);
        assert_int_equal(size(r, "hits"), searches[i].hits);
    }
    r = ask(s, "POST", "/inputs/searches", NULL, NULL, NULL, SEARCH("", ",\"only_count\":true"));
    assert_string_equal(json_str(item(r, "hit_counts", 0), "estimated_total"), "2");
    r = ask(s, "POST", "/inputs/searches", NULL, NULL, NULL, SEARCH("", ",\"pagination\":{\"page\":11,\"per_page\":1000}"));
    assert_int_equal(r.code, 40002);
    assert_true(str_starts(json_str(json_obj(r.json, "status"), "details"), "page * perPage cannot exceed"));
    assert_int_equal(ask(s, "POST", "/inputs/searches", NULL, NULL, NULL, SEARCH("{\"input\":{\"id\":\"a\"}}", "")).code, 40002);
}

/* What a filter cannot say is refused: left out, it would let everything through. */
static void filters_say_only_what_they_can(void **state)
{
    struct sandbox *s = *state;
    static const char *const refused[] = {
        SEARCH("{}", ""), SEARCH("{\"input\":{}}", ""), SEARCH("{\"annotation\":{\"trusted\":false}}", ""),
        SEARCH("{\"input\":{\"created_at\":\"2026-01-01T00:00:00Z\"}}", ""),
        SEARCH("{\"input\":{\"data\":{\"image\":{\"url\":\"http://x/y\"}}}}", ""),
        SEARCH("{\"annotation\":{\"embed_model_version_id\":\"x\"}}", ""),
        SEARCH("{\"annotation\":{\"worker\":{\"model\":{\"id\":\"m\"}}}}", ""),
        SEARCH("{\"annotation\":{\"worker\":{\"user\":{\"first_name\":\"Ann\"}}}}", ""),
        SEARCH("{\"annotation\":{\"data\":{\"regions\":[{\"value\":0.5}]}}}", ""),
    };
    static const char *const good[] = {
        SEARCH("{\"annotation\":{\"worker\":{\"model\":{\"model_version\":{\"id\":\"v\"}}}}}", ""),
        SEARCH("{\"annotation\":{\"worker\":{\"user\":{\"id\":\"lab-user\"}}}}", ""),
        SEARCH("{\"annotation\":{\"data\":{\"regions\":[{\"region_info\":{\"mask\":{}}}]}}}", ""),
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_int_equal(ask(s, "POST", "/inputs/searches", NULL, NULL, NULL, refused[i]).code, 40002);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(ask(s, "POST", "/annotations/searches", NULL, NULL, NULL, good[i]).code, 10000);
}

static int code_of_region(struct sandbox *s, const char *info)
{
    struct buf body = BUF_INIT;
    int code;

    buf_printf(&body, "{\"annotations\":[{\"input_id\":\"a\",\"data\":{\"regions\":[{\"region_info\":{%s}}]}}]}", info);
    code = code_of(item(ask(s, "POST", "/annotations", NULL, NULL, NULL, body.data), "annotations", 0));
    buf_release(&body);
    return code;
}

static void regions_lie_within_the_picture(void **state)
{
    struct sandbox *s = *state;
    struct buf items = BUF_INIT, extra = BUF_INIT;
    static const struct { const char *info; int code; } rows[] = {
        { "\"point\":{\"row\":0.5,\"col\":1}", 24150 }, { "\"point\":{\"row\":1.5,\"col\":0.5}", 24155 },
        { "\"point\":{\"row\":0.5,\"col\":0.5,\"visibility\":\"NOT_PRESENT\"}", 24150 },
        { "\"point\":{\"row\":0.5,\"col\":0.5,\"visibility\":4}", 24155 }, { "\"point\":{\"visibility\":\"GONE\"}", 24155 },
        { "\"polygon\":{\"points\":[{\"row\":0,\"col\":0},{\"row\":1,\"col\":-0.1}]}", 24155 },
        { "\"keypoint_locations\":[{\"row\":0.5,\"col\":0.5},{\"row\":640,\"col\":480}]", 24155 },
        { "\"mask\":{\"image\":{\"base64\":\"@@\"}}", 24155 }, { "\"mask\":{\"image\":{\"base64\":\"QUJD\"}}", 24150 },
    };

    post_one(s, "a", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(code_of_region(s, rows[i].info), rows[i].code);
    for (int good = 0; good < 2; good++) {
        buf_clear(&extra);
        buf_clear(&items);
        buf_printf(&extra, ",\"regions\":[{\"region_info\":{\"point\":{\"row\":%d}}}]", good ? 1 : 7);
        add_item(&items, s, good ? "inside" : "outside", extra.data);
        assert_int_equal(code_of(item(post(s, items.data, ""), "inputs", 0)), good ? 30001 : 39999);
    }
    assert_int_equal(ask(s, "PATCH", "/inputs", NULL, NULL, NULL,
                         "{\"action\":\"merge\",\"inputs\":[{\"id\":\"a\",\"data\":{\"regions\":[{\"region_info\":{\"point\":{\"col\":2}}}]}}]}").code, 10020);
    buf_release(&extra);
    buf_release(&items);
}

static void writes_have_limits(void **state)
{
    struct sandbox *s = *state;
    struct buf body = BUF_INIT, text = BUF_INIT;
    struct reply r;

    post_one(s, "a", "");
    assert_int_equal(post(s, "{\"id\":\"v\",\"data\":{\"video\":{\"url\":\"http://x/v.mp4\"}}},{\"id\":\"w\",\"data\":{\"text\":{\"raw\":\"x\"}}}", "").code, 39999);
    assert_int_equal(post(s, "{\"id\":\"v\",\"data\":{\"text\":{\"raw\":\"x\"}}}", ",\"inputs_add_job_id\":\"a job\"").code, 11102);
    r = post(s, "{\"id\":\"named\",\"data\":{\"text\":{\"raw\":\"x\"},\"concepts\":[{\"name\":\"cat\"}]}}", "");
    assert_int_equal(code_of(item(r, "inputs", 0)), 40003);
    assert_int_equal(ask(s, "POST", "/concepts", NULL, NULL, NULL, "{\"concepts\":[{\"name\":\"cat\"}]}").code, 40003);
    r = ask(s, "POST", "/annotations", NULL, NULL, NULL, "{\"annotations\":[{\"input_id\":\"a\",\"user_id\":\"nobody\",\"data\":{}}]}");
    assert_int_equal(code_of(item(r, "annotations", 0)), 24155);
    for (int i = 0; i < 64001; i++)
        buf_putc(&text, 'n');
    buf_printf(&body, "{\"datasets\":[{\"id\":\"d1\",\"notes\":\"%s\"}]}", text.data);
    assert_int_equal(ask(s, "POST", "/datasets", NULL, NULL, NULL, body.data).code, 11102);
    buf_release(&body);
    buf_release(&text);
    assert_int_equal(ask(s, "DELETE", "/datasets", NULL, NULL, NULL, "{}").code, 11102);
    assert_int_equal(ask(s, "DELETE", "/datasets/{id}/inputs", "train", NULL, NULL, "{\"input_ids\":[]}").code, 11102);
    assert_int_equal(ask(s, "POST", "/datasets/{id}/inputs", "train", NULL, NULL,
                         "{\"dataset_inputs\":[{\"input\":{\"id\":\"a\"}}],\"search\":{\"query\":{}}}").code, 11102);
    assert_int_equal(size(ask(s, "GET", "/datasets", NULL, NULL, "bookmark=true", NULL), "datasets"), 0);
}

/* The reference: remove takes away the cover image, nothing else. */
static void removing_from_a_dataset_takes_its_image(void **state)
{
    struct sandbox *s = *state;
    const cJSON *dataset;

    ask(s, "POST", "/datasets", NULL, NULL, NULL, "{\"datasets\":[{\"id\":\"d\",\"description\":\"kept\",\"image\":{\"url\":\"http://x/y.jpg\"}}]}");
    dataset = item(ask(s, "PATCH", "/datasets", NULL, NULL, NULL,
                       "{\"action\":\"remove\",\"datasets\":[{\"id\":\"d\",\"description\":\"\",\"image\":{}}]}"), "datasets", 0);
    assert_string_equal(json_str(dataset, "description"), "kept");
    assert_null(json_get(dataset, "image"));
}

static void concepts_keep_their_name(void **state)
{
    struct sandbox *s = *state;
    struct reply r;

    assert_int_equal(ask(s, "POST", "/concepts", NULL, NULL, NULL, "{\"concepts\":[{\"id\":\"cat\",\"name\":\"\xE7\x8C\xAB\"}]}").code, 10000);
    r = ask(s, "POST", "/concepts", NULL, NULL, NULL, "{\"concepts\":[{\"id\":\"new\"},{\"id\":\"cat\"}]}");
    assert_int_equal(r.code, 40003);
    assert_non_null(strstr(json_str(json_obj(r.json, "status"), "details"), "duplicate"));
    assert_int_equal(ask(s, "GET", "/concepts/{id}", "new", NULL, NULL, NULL).code, 11101);
    post_one(s, "a", ",\"concepts\":[{\"id\":\"cat\",\"name\":\"other\"}]");
    r = ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL);
    const cJSON *concept = json_arr(json_obj(json_obj(r.json, "input"), "data"), "concepts")->child;
    assert_string_equal(json_str(concept, "name"), "\xE7\x8C\xAB");
    assert_int_equal(ask(s, "PATCH", "/concepts", NULL, NULL, NULL, "{\"action\":\"merge\",\"concepts\":[{\"id\":\"cat\"}]}").code, 11102);
    assert_int_equal(ask(s, "PATCH", "/concepts", NULL, NULL, NULL, "{\"action\":\"overwrite\",\"concepts\":[{\"id\":\"no\"}]}").code, 11101);
}

static void a_store_is_found_again(void **state)
{
    struct sandbox *s = *state;
    struct err e;

    post_one(s, "a", "");
    clarifai_store_close(s->store);
    s->store = clarifai_store_open(s->dir, s, &e);
    assert_non_null(s->store);
    later(s, 200);
    struct reply r = ask(s, "GET", "/inputs/{id}", "a", NULL, NULL, NULL);
    assert_int_equal(code_of(json_obj(r.json, "input")), 30000);
}

static void floats_are_32_bit(void **state)
{
    cJSON *o = cJSON_Parse("{\"geo\":{\"geo_point\":{\"longitude\":102.123456789}},\"concepts\":[{\"id\":\"a\"}],\"metadata\":{\"n\":102.123456789},"
                           "\"regions\":[{\"value\":0,\"region_info\":{\"span\":{\"char_end\":4}}}]}");

    (void)state;
    clarifai_shape_normalise(o, &clarifai_shape_data);
    char *text = cJSON_PrintUnformatted(o);
    assert_non_null(strstr(text, "\"longitude\":102.12346,\"latitude\":0"));
    assert_non_null(strstr(text, "\"n\":102.123456789"));
    assert_non_null(strstr(text, "{\"id\":\"a\",\"value\":1}"));
    assert_non_null(strstr(text, "{\"region_info\":{\"span\":{\"char_end\":4,\"char_start\":0}}}"));
    free(text);
    cJSON_Delete(o);
}

static int finish(void **state)
{
    (void)state;
    cJSON_Delete(last.json);
    return 0;
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(an_input_is_processed_by_the_clock),
        WITH_STORE(each_item_has_its_own_refusal),
        WITH_STORE(a_whole_call_can_fail),
        WITH_STORE(bytes_that_are_no_picture_fail_later),
        WITH_STORE(urls_are_unique_in_an_app),
        WITH_STORE(deletion_takes_its_time),
        WITH_STORE(lists_cover_everything_once),
        WITH_STORE(pages_count_from_the_start),
        WITH_STORE(a_page_begins_at_the_nearest_mark),
        WITH_STORE(annotations_have_owners_and_levels),
        WITH_STORE(patching_merges_overwrites_removes),
        WITH_STORE(datasets_and_their_members),
        WITH_STORE(searches_filter_and_have_a_window),
        WITH_STORE(filters_say_only_what_they_can),
        WITH_STORE(regions_lie_within_the_picture),
        WITH_STORE(writes_have_limits),
        WITH_STORE(removing_from_a_dataset_takes_its_image),
        WITH_STORE(concepts_keep_their_name),
        WITH_STORE(a_store_is_found_again),
        cmocka_unit_test(floats_are_32_bit),
    };
    return cmocka_run_group_tests(tests, NULL, finish);
}
