/* The first, second, … allocation fails of what core makes of texts: names, cells, statements, rows, settings. No crash, no leak, no false success. */
#include "../allocations.h"
#ifndef ALLOCATIONS_OWNED
int main(void) { return ALLOCATIONS_SKIPPED("the sanitizers own the allocator") < 0; }
#else
#include "base/file.h"
#include "base/redact.h"
#include "core/annotation.h"
#include "core/ask.h"
#include "core/cells.h"
#include "core/profile.h"
#include "core/report.h"
#include "core/rows.h"
#include "core/settings.h"
#include "core/sql_s3.h"
#include <unistd.h>

static char folder[64];
static struct buf out = BUF_INIT;
static char *text;
static cJSON *tree;
static struct str_list list;
static struct name name;
static struct volume_path volume;
static struct app_name app;
static struct cells_row row;
static struct sql_s3 s3;
static struct ask ask;
static struct settings settings;
static struct profile_file profile;
static struct profile_line *lines;
static size_t line_count;

static void clear(void)
{
    buf_release(&out);
    free(text);
    text = NULL;
    cJSON_Delete(tree);
    tree = NULL;
    str_list_release(&list);
    name_release(&name);
    volume_path_release(&volume);
    app_name_release(&app);
    cells_row_release(&row);
    sql_s3_release(&s3);
    memset(&s3, 0, sizeof s3);
    ask_release(&ask);
    settings_release(&settings);
    profile_release(&profile);
    settings_profiles_free(lines, line_count);
    lines = NULL;
    line_count = 0;
    redact_clear();
}

/* What comes out with all memory is what must come out whenever success is said. */
static char *wanted;
static void same(bool done, const char *got)
{
    if (!wanted && done)
        wanted = strdup(got);
    else if (done)
        assert_string_equal(got, wanted);
}
static void out_same(bool done) { same(done, out.data); }
static void text_same(bool done) { same(done, text); }

/* --- names --- */

static int try_name(struct err *e)
{
    if (name_parse("main.`odd``one`.t", 3, &name, e) != 0)
        return -1;
    text = name_text(&name);
    return text ? 0 : err_no_memory(e);
}
static int try_full(struct err *e)
{
    if (name_parse("a.b.c", 0, &name, e) != 0)
        return -1;
    text = name_full(&name);
    return text ? 0 : err_no_memory(e);
}
static int try_suggest(struct err *e)
{
    text = name_suggest("Pictures of 2026/08");
    return text ? 0 : err_no_memory(e);
}
static int try_volume(struct err *e)
{
    if (volume_path_parse("/Volumes/main/vision/pictures/2026/08", &volume, e) != 0)
        return -1;
    text = volume_path_text(&volume);
    return text ? 0 : err_no_memory(e);
}
static int try_app(struct err *e) { return app_name_parse("user/app", &app, e); }
static void app_whole(bool done) { assert_true(!done || (strcmp(app.user, "user") == 0 && strcmp(app.app, "app") == 0)); }

/* --- cells --- */

static const char *const cells[CELLS_COLUMNS] = { "id-1", " https://h/a.jpg ", "['cat', \"d'og\", 'cat']", "{'a': True, 'b': [1, (2, None)], 'c': u'\\u00e4'}", "4.9,52.37" };
static int of_cells(int rc, const char *reason, struct err *e)
{
    if (rc > 0)
        fail_msg("a good cell is called wrong without memory: %s", reason);
    return rc == 0 ? 0 : err_no_memory(e);
}
static int try_row(struct err *e)
{
    char reason[CELLS_REASON] = "";
    int rc = of_cells(cells_row_read(cells, &row, reason), reason, e);
    if (rc == 0 && cells_row_put(&out, &row) != 0)
        rc = err_no_memory(e);
    return rc;
}
static int try_row_back(struct err *e)
{
    static const char kept[] = "{\"url\":\"https://h/a\",\"concepts\":[\"cat\",\"dog\"],\"metadata\":{\"a\":1},\"geo\":[4.9,52.37]}";
    if (cells_row_parse(kept, &row) != 0 || cells_row_put(&out, &row) != 0)
        return err_no_memory(e);
    return 0;
}

/* --- statements --- */

static const struct sql_field fields[] = { { "input_id", "STRING" }, { "image_bytes", "BIGINT" }, { "made_at", "TIMESTAMP" } };
static const char *const keys[] = { "input_id" };
static int statement(int rc, struct err *e)
{
    int sticky = buf_error(&out, e);
    assert_true(rc == 0 || sticky != 0);
    return sticky;
}
static int try_create(struct err *e)
{
    static const struct sql_property properties[] = { { "lakeferry.app", "u/a" } };
    static const struct name table = { (char *)"c", (char *)"s", (char *)"t" };
    return statement(sql_create_as(&out, &table, true, "it's a comment", properties, 1, "/Volumes/c/s/v/x", fields, 3), e);
}
static int try_merge(struct err *e)
{
    static const struct name table = { (char *)"c", (char *)"s", (char *)"t" };
    const struct sql_merge m = { .table = &table, .folder = "/Volumes/c/s/v/x", .fields = fields, .count = 3, .keys = keys, .key_count = 1, .update = true,
                                 .delete_missing = true, .apart = true };
    int rc = sql_merge(&out, &m) | sql_difference(&out, &m) | sql_samples(&out, &m, SQL_CHANGED, 40, 5) | sql_duplicates(&out, &table, keys, 1, NULL, 5);
    return statement(rc, e);
}
static int try_header(struct err *e)
{
    s3 = (struct sql_s3){ .url = "s3://b/x.csv", .warehouse = true };
    if (sql_s3_from_header(&s3, "inputid,\"INPUT\",Concepts,colour", e) != 0)
        return -1;
    sql_s3_count(&out, &s3);
    sql_s3_unload(&out, &s3, "/Volumes/c/s/v/x");
    return buf_error(&out, e);
}

/* --- rows --- */

#define INPUT "{\"id\":\"car-1\",\"data\":{\"image\":{\"url\":\"https://h/x\",\"image_info\":{\"width\":1280}},\"concepts\":[{\"id\":\"cat\",\"value\":1}]," \
              "\"metadata\":{\"a\":\"q\\\"\"}},\"created_at\":\"2026-11-22T07:00:00.123456789Z\",\"status\":{\"code\":30000,\"description\":\"done\"}}"
static cJSON *given_tree;
static void give_input(void) { given_tree = cJSON_Parse(INPUT); }
static void give_annotation(void)
{
    given_tree = cJSON_Parse("{\"regions\":[{\"region_info\":{\"bounding_box\":{\"top_row\":0.5}},\"data\":{\"concepts\":[{\"id\":\"a\",\"name\":\"A\",\"value\":1}]}}],"
                             "\"concepts\":[{\"id\":\"b\",\"value\":0.25}],\"metadata\":{\"k\":1}}");
}
static void clear_tree(void)
{
    cJSON_Delete(given_tree);
    given_tree = NULL;
    clear();
}
static int try_tracking(struct err *e)
{
    struct clarifai_input in;
    clarifai_input_decode(given_tree, &in);
    return rows_tracking_line(&out, &(struct rows_tracking){ "car-1", "/v/a.jpg", "verified", NULL, &in }, e);
}
static int try_input_row(struct err *e)
{
    struct clarifai_input in;
    clarifai_input_decode(given_tree, &in);
    return rows_input_line(&out, &(struct rows_input){ "car-1", &in, true, "/Volumes/c/s/v/car-1.jpg", 77 }, e);
}
static int try_parts(struct err *e)
{
    struct clarifai_input in;
    clarifai_input_decode(given_tree, &in);
    text = rows_input_parts(&in);
    return text ? 0 : err_no_memory(e);
}
static int try_annotation(struct err *e)
{
    int rc = annotation_type(&out, given_tree) | annotation_concepts(&out, given_tree);
    return statement(rc, e);
}

/* --- what a person asks for --- */

static void give_ask(void)
{
    struct err e;
    ask.verb = ASK_IMPORT_VOLUME;
    assert_int_equal(volume_path_parse("main.vision.pictures", &ask.source, &e), 0);
    assert_int_equal(ask_set(&ask, "app", "u/a", &e) | ask_set(&ask, "dataset", "it's", &e) | ask_set(&ask, "table", "main.vision.t", &e), 0);
}
static int try_ask(struct err *e)
{
    ask.verb = ASK_EXPORT;
    if (ask_set(&ask, "app", "u/a", e) != 0 || ask_set(&ask, "dataset", "ds", e) != 0 || ask_set(&ask, "inputs-table", "c.s.i", e) != 0 ||
        ask_set(&ask, "annotations-table", "c.s.a", e) != 0 || ask_set(&ask, "images", "c.s.v/x", e) != 0)
        return -1;
    text = ask_command_line(&ask);
    return text ? 0 : err_no_memory(e);
}
static int try_ask_json(struct err *e)
{
    tree = ask_to_json(&ask);
    text = tree ? report_text(tree) : NULL;
    return text ? 0 : err_no_memory(e);
}
static void give_ask_json(void)
{
    give_ask();
    given_tree = ask_to_json(&ask);
    ask_release(&ask);
    assert_non_null(given_tree);
}
static int try_ask_back(struct err *e)
{
    if (ask_from_json(given_tree, &ask, e) != 0)
        return -1;
    text = ask_command_line(&ask);
    return text ? 0 : err_no_memory(e);
}
static int try_error_line(struct err *e)
{
    struct err told = { 0 };
    err_set(&told, ERR_FORBIDDEN, "no");
    tree = report_error("import-1", &told);
    return tree ? 0 : err_no_memory(e);
}

/* --- settings --- */

static void put_file(const char *file, const char *content)
{
    struct err e;
    char path[160];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    assert_int_equal(file_write_atomic(path, content, strlen(content), &e), 0);
}
static int try_profile(struct err *e)
{
    const char *chosen;
    if (profile_open(&profile, e) != 0 || profile_choose(&profile, "one", &chosen, e) != 0)
        return -1;
    const char *host = profile_get(&profile, "one", "host");
    return host && strcmp(host, "https://h.example") == 0 ? 0 : err_set(e, ERR_BUG, "the profile lost its host");
}
static int try_profiles(struct err *e) { return settings_profiles(&lines, &line_count, e); }
static void two_profiles(bool done) { assert_true(!done || (line_count == 2 && strcmp(lines[0].host, "https://h.example") == 0)); }
static int try_settings(struct err *e) { return settings_load(&(struct settings_flags){ .profile = "one" }, &settings, e); }
static void settings_whole(bool done)
{
    if (!done)
        return;
    assert_string_equal(settings.host.text, "https://h.example");
    assert_string_equal(settings.token.text, "dapi-canary");
    assert_string_equal(settings.clarifai_pat.text, "pat-canary");
    assert_string_equal(settings.warehouse_id.text, "w1");
    assert_int_equal(settings_ms(&settings, SETTING_GIVE_UP), 60000);
    assert_string_equal(settings_text(&settings, SETTING_THEME), "auto");
}
static void give_settings(void)
{
    struct err e;
    assert_int_equal(settings_load(&(struct settings_flags){ .profile = "one" }, &settings, &e), 0);
}
static int try_typed(struct err *e) { return settings_type_in(&settings, &(struct settings_typed){ .token = "dapi-other", .pat = "pat-other" }, e); }
static void typed(bool done)
{
    if (!done)
        return;
    assert_string_equal(settings.token.text, "dapi-other");
    assert_string_equal(settings.clarifai_pat.text, "pat-other");
}
static int try_store(struct err *e) { return credentials_store(STORE_FILE, CREDENTIAL_CLARIFAI_PAT, "user", "pat-stored", e); }

static void each_allocation_fails_once(void **state)
{
    (void)state;
    /* Printing does without its last allocation; each check proves that nothing is missing then. */
#define TEXT(word, check_of) { .name = #word, .work = try_##word, .check = check_of, .end = clear, .may_pass = true }
#define WITH(word, given, check_of) { .name = #word, .work = try_##word, .check = check_of, .begin = given, .end = clear_tree, .may_pass = true }
    static const struct allocations_case cases[] = {
        TEXT(name, text_same), TEXT(full, text_same), TEXT(suggest, text_same), TEXT(volume, text_same), TEXT(app, app_whole), TEXT(row, out_same),
        TEXT(row_back, out_same), TEXT(create, out_same), TEXT(merge, out_same), TEXT(header, out_same), WITH(tracking, give_input, out_same),
        WITH(input_row, give_input, out_same), { .name = "parts", .work = try_parts, .check = text_same, .begin = give_input, .end = clear_tree, .may_pass = true, .lost = 1 /* cJSON, a reference whose key finds none */ }, WITH(annotation, give_annotation, out_same), TEXT(ask, text_same),
        WITH(ask_json, give_ask, text_same), WITH(ask_back, give_ask_json, text_same), TEXT(error_line, NULL), TEXT(profile, NULL),
        TEXT(profiles, two_profiles), TEXT(settings, settings_whole), WITH(typed, give_settings, typed), TEXT(store, NULL),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        allocations_all(&cases[i], 1);
        free(wanted);
        wanted = NULL;
    }
}

static void set_environment(void)
{
    static const char *const unset[] = { "DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_WAREHOUSE_ID", "DATABRICKS_CLUSTER_ID",
                                         "CLARIFAI_USER_ID", "CLARIFAI_API_BASE", "DBUS_SESSION_BUS_ADDRESS", "LAKEFERRY_SANDBOX_DATA" };
    char path[160];
    for (size_t i = 0; i < sizeof unset / sizeof *unset; i++)
        unsetenv(unset[i]);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    setenv("XDG_RUNTIME_DIR", folder, 1);
    setenv("CLARIFAI_PAT", "pat-canary", 1);
    snprintf(path, sizeof path, "%s/profiles", folder);
    setenv("DATABRICKS_CONFIG_FILE", path, 1);
    put_file("profiles", "[one]\nhost = https://h.example\ntoken = dapi-canary\nwarehouse_id = w1\n[two]\nhost = https://i.example\n");
    struct err e;
    snprintf(path, sizeof path, "%s/lakeferry", folder);
    assert_int_equal(file_make_dirs(path, &e), 0);
    put_file("lakeferry/config.ini", "give_up = 1m\n");
}

int main(void) { return allocations_main(each_allocation_fails_once, folder, sizeof folder, set_environment); }
#endif
