/* Databricks calls, lists, identity, catalog, files, secrets: what is asked, what is made of the answers. */
#include "fake_net.h"
#include "base/base64.h"
#include "net/databricks_auth.h"
#include "net/databricks_catalog.h"
#include "net/databricks_files.h"
#include "net/databricks_secrets.h"
#include "net/databricks_wire.h"

static void call_sends_and_reads_objects(void **state)
{
    (void)state;
    cJSON *body = cJSON_CreateObject(), *out;
    json_put_str(body, "a", "b\"");
    fake_one(200, "{\"x\":1}");
    assert_int_equal(databricks_call(&api, NET_POST, "/api/x", body, false, &out, &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/x", "{\"a\":\"b\\\"\"}", false);
    assert_non_null(json_get(out, "x"));
    cJSON_Delete(out);
    fake_one(200, "");
    assert_int_equal(databricks_call(&api, NET_DELETE, "/api/x", NULL, true, &out, &err), 0);
    assert_ask(fake_only(), NET_DELETE, "/api/x", NULL, true);
    assert_true(cJSON_IsObject(out) && !out->child);
    cJSON_Delete(out);
    fake_one(200, "{}");
    assert_int_equal(databricks_call(&api, NET_GET, "/api/x", NULL, true, NULL, &err), 0);
    cJSON_Delete(body);
}

static void nonsense_answers_are_told_from_lost_ones(void **state)
{
    (void)state;
    static const char *const bad[] = { "[]", "{\"a\":", "7", "{} {}", "\xff" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cJSON *out;
        fake_one(200, bad[i]);
        assert_int_equal(databricks_call(&api, NET_GET, "/x", NULL, true, &out, &err), -1);
        assert_int_equal(err.code, ERR_PROTOCOL);
        fake_one(200, bad[i]);
        assert_int_equal(databricks_call(&api, NET_POST, "/x", NULL, false, &out, &err), -1);
        assert_int_equal(err.code, ERR_UNKNOWN);
        assert_null(out);
    }
}

static void long_numbers_become_texts(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        { "{\"a\":9007199254740993}", "{\"a\":\"9007199254740993\"}" },
        { "[123456789012345,-1234567890123456]", "[123456789012345,\"-1234567890123456\"]" },
        { "[0.12345678901234567,1.2345678901234567890,1e400]", "[\"0.12345678901234567\",\"1.2345678901234567890\",1e400]" },
        { "[0.1234567890123456]", "[0.1234567890123456]" },
        { "{\"12345678901234567890\":\"\\\"12345678901234567890\"}", "{\"12345678901234567890\":\"\\\"12345678901234567890\"}" },
        { "[-,1.,12345678901234567890.]", "[-,1.,12345678901234567890.]" },
        { "\"open 12345678901234567890", "\"open 12345678901234567890" },
        { "\"\\", "\"\\" },
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct buf out = BUF_INIT;
        assert_int_equal(databricks_numbers_exact(&out, pairs[i][0], strlen(pairs[i][0])), 0);
        assert_string_equal(out.data, pairs[i][1]);
        buf_release(&out);
    }
}

struct names { char text[512]; int n; };
static int keep_name(void *ctx, const cJSON *element, struct err *e)
{
    struct names *s = ctx;
    (void)e;
    size_t n = strlen(s->text);
    s->n++;
    snprintf(s->text + n, sizeof s->text - n, "%s;", json_str_or(element, "name", "?"));
    return 0;
}

static void list_follows_tokens_and_sees_loops(void **state)
{
    (void)state;
    struct names s = { .n = 0 };
    fake_one(200, "{\"xs\":[{\"name\":\"a\"}],\"next_page_token\":\"t/1=\"}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"next_page_token\":\"t2\"}" });
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"xs\":[{\"name\":\"b\"}],\"next_page_token\":null}" });
    assert_int_equal(databricks_ask_list(&api, "/api/l?max_results=0", "xs", NULL, keep_name, &s, &err), 0);
    assert_string_equal(s.text, "a;b;");
    assert_int_equal(fake.ask_count, 3);
    assert_ask(&fake.asks[1], NET_GET, "/api/l?max_results=0&page_token=t%2F1%3D", NULL, true);
    assert_string_equal(fake.asks[2].path, "/api/l?max_results=0&page_token=t2");
    fake_one(200, "{\"next_page_token\":\"t\"}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"next_page_token\":\"u\"}" });
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"next_page_token\":\"t\"}" });
    assert_int_equal(databricks_ask_list(&api, "/api/l", "xs", NULL, keep_name, &s, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    assert_string_equal(fake.asks[1].path, "/api/l?page_token=t");
}

static void list_survives_breaks_and_reports_errors(void **state)
{
    (void)state;
    struct names s = { .n = 0 };
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .broken = "{\"xs\":[{\"name\":\"a\"},{\"na", .body = "{\"xs\":[{\"name\":\"a\"},{\"name\":\"b\"}],\"next_page_token\":\"n\"}" });
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"xs\":[{\"name\":\"c\"}]}" });
    assert_int_equal(databricks_ask_list(&api, "/l", "xs", NULL, keep_name, &s, &err), 0);
    assert_string_equal(s.text, "a;b;c;");
    assert_string_equal(fake.asks[fake.ask_count - 1].path, "/l?page_token=n");
    fake_one(403, "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"no\"}");
    assert_int_equal(databricks_ask_list(&api, "/l", "xs", NULL, keep_name, &s, &err), -1);
    assert_int_equal(err.code, ERR_FORBIDDEN);
    assert_int_equal(fake.ask_count, 1);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .type = "text/html", .body = "<html>" });
    assert_int_equal(databricks_ask_list(&api, "/l", "xs", NULL, keep_name, &s, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    fake_one(200, "{\"xs\":[{\"name\":\"c\"}");
    assert_int_equal(databricks_ask_list(&api, "/l", "xs", NULL, keep_name, &s, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void me_is_read(void **state)
{
    (void)state;
    struct databricks_me me;
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .org_id = "1234", .body = "{\"id\":\"48\",\"userName\":\"a@b.c\",\"displayName\":null}" });
    assert_int_equal(databricks_me_get(&api, &me, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/preview/scim/v2/Me", NULL, true);
    assert_string_equal(me.id, "48");
    assert_string_equal(me.user_name, "a@b.c");
    assert_string_equal(me.display_name, "a@b.c");
    assert_string_equal(me.workspace_id, "1234");
    fake_one(200, "{\"id\":\"48\"}");
    assert_int_equal(databricks_me_get(&api, &me, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void token_is_asked_at_home_only(void **state)
{
    (void)state;
    char *token;
    int64_t expires;
    fake_one(404, "");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"access_token\":\"tok-123456\",\"token_type\":\"Bearer\",\"expires_in\":\"1800\"}" });
    assert_int_equal(databricks_oauth_token(&api, "me", "s3cret!", &token, &expires, &err), 0);
    assert_string_equal(token, "tok-123456");
    assert_int_equal(expires, 1800);
    assert_ask(&fake.asks[1], NET_POST, "/oidc/v1/token", "grant_type=client_credentials&scope=all-apis", true);
    assert_string_equal(fake.asks[1].headers, "Authorization: Basic bWU6czNjcmV0IQ==\n");
    assert_string_equal(fake.asks[1].type, "application/x-www-form-urlencoded");
    free(token);
    fake_one(404, "");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"access_token\":\"t\",\"expires_in\":\"9223372036854775807\"}" });
    assert_int_equal(databricks_oauth_token(&api, "me", "s", &token, &expires, &err), 0);
    assert_in_range(expires, 3600, INT64_MAX / 1000000);    /* it is counted in ms and us */
    free(token);
    fake_one(200, "{\"oidc_endpoint\":\"https://host/accounts/7/oidc/\"}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{\"access_token\":\"t\"}" });
    assert_int_equal(databricks_oauth_token(&api, "me", "s", &token, &expires, &err), 0);
    assert_string_equal(fake.asks[1].path, "/accounts/7/oidc/v1/token");
    assert_int_equal(expires, 3600);
    free(token);
    fake_one(200, "{\"oidc_endpoint\":\"https://evil/oidc\"}");
    fake_reply_with((struct fake_reply){ .status = 401, .body = "{\"error\":\"invalid_client\",\"error_description\":\"no\"}" });
    assert_int_equal(databricks_oauth_token(&api, "me", "s", &token, &expires, &err), -1);
    assert_string_equal(fake.asks[1].path, "/oidc/v1/token");
    assert_int_equal(err.code, ERR_AUTH);
    assert_non_null(strstr(err.remedy, "service principal"));
    assert_null(token);
}

static void hosts_are_normalized(void **state)
{
    (void)state;
    static const char *const good[][3] = {
        { "dbc-1.cloud.databricks.com", "https://dbc-1.cloud.databricks.com", "" },
        { " https://DBC-1.cloud.databricks.com:443/ ", "https://dbc-1.cloud.databricks.com", "" },
        { "https://h/browse?x=1&o=12345#job", "https://h", "12345" },
        { "https://h/?o=abc&workspace_id=77", "https://h", "77" },
        { "https://h/?w=ws-1", "https://h", "ws-1" },
        { "https://h/?oo=1#?o=3", "https://h", "" },
        { "http://127.0.0.1:8080/x", "http://127.0.0.1:8080", "" },
        { "https://h:8443", "https://h:8443", "" },
    };
    static const char *const bad[] = { "", "http://h", "https://u:p@h", "ftp://h", "https://", "a b" };
    char *base, id[32];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(databricks_host_normalize(good[i][0], &base, id, &err), 0);
        assert_string_equal(base, good[i][1]);
        assert_string_equal(id, good[i][2]);
        free(base);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(databricks_host_normalize(bad[i], &base, id, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_null(base);
    }
}

static int keep_object(void *ctx, const struct databricks_object *o, struct err *e)
{
    struct names *s = ctx;
    (void)e;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s|%s|%s|%s;", o->name, o->full_name, o->type, o->format);
    return 0;
}

static void catalog_lists_ask_as_the_reference_says(void **state)
{
    (void)state;
    static const struct { enum databricks_kind kind; const char *parent, *path, *body, *seen; } cases[] = {
        { DATABRICKS_CATALOG, "", "/api/2.1/unity-catalog/catalogs?include_browse=true&max_results=0",
          "{\"catalogs\":[{\"name\":\"c\",\"catalog_type\":\"MANAGED_CATALOG\",\"owner\":null}]}", "c|c|MANAGED_CATALOG|;" },
        { DATABRICKS_SCHEMA, "c#1", "/api/2.1/unity-catalog/schemas?include_browse=true&max_results=0&catalog_name=c%231",
          "{\"schemas\":[{\"name\":\"s\",\"catalog_name\":\"c#1\"}]}", "s|c#1.s||;" },
        { DATABRICKS_VOLUME, "c.s", "/api/2.1/unity-catalog/volumes?include_browse=true&catalog_name=c&schema_name=s",
          "{\"volumes\":[{\"name\":\"v\",\"catalog_name\":\"c\",\"schema_name\":\"s\",\"volume_type\":\"MANAGED\"}]}", "v|c.s.v|MANAGED|;" },
        { DATABRICKS_TABLE, "c.s\xC3\xA9", "/api/2.1/unity-catalog/tables?include_browse=true&max_results=0&omit_columns=true&catalog_name=c&schema_name=s%C3%A9",
          "{\"tables\":[{\"name\":\"t\",\"full_name\":\"c.s\xC3\xA9.t\",\"table_type\":\"EXTERNAL\",\"data_source_format\":\"DELTA\"}]}", "t|c.s\xC3\xA9.t|EXTERNAL|DELTA;" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct names s = { .n = 0 };
        fake_one(200, cases[i].body);
        assert_int_equal(databricks_objects_list(&api, cases[i].kind, cases[i].parent, keep_object, &s, &err), 0);
        assert_ask(fake_only(), NET_GET, cases[i].path, NULL, true);
        assert_string_equal(s.text, cases[i].seen);
    }
    static const struct { enum databricks_kind kind; const char *parent; } wrong[] = {
        { DATABRICKS_CATALOG, "c" }, { DATABRICKS_SCHEMA, "" }, { DATABRICKS_SCHEMA, "a.b" }, { DATABRICKS_TABLE, "a" },
        { DATABRICKS_TABLE, "a.b.c" }, { DATABRICKS_TABLE, "a." }, { DATABRICKS_TABLE, ".a" },
    };
    fake_clear();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(databricks_objects_list(&api, wrong[i].kind, wrong[i].parent, keep_object, NULL, &err), -1);
        assert_int_equal(err.code, ERR_USAGE);
    }
}

static void table_is_decoded(void **state)
{
    (void)state;
    struct databricks_object o;
    fake_one(200, "{\"name\":\"t\",\"full_name\":\"c.s.t\",\"table_type\":\"VIEW\",\"columns\":[{\"name\":\"id\",\"type_text\":\"bigint\",\"nullable\":false,\"comment\":null},"
                  "{\"name\":\"v\",\"type_name\":\"FILE\"}],\"properties\":{\"a\":\"1\",\"b\":null},\"created_at\":\"1717406255000\",\"updated_at\":1717406255001,"
                  "\"view_definition\":\"SELECT 1\",\"browse_only\":true,\"comment\":\"hi\"}");
    assert_int_equal(databricks_object_get(&api, DATABRICKS_TABLE, "c.s.t/1", &o, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.1/unity-catalog/tables/c.s.t%2F1?include_browse=true", NULL, true);
    assert_int_equal(o.column_count, 2);
    assert_string_equal(o.columns[0].type_text, "bigint");
    assert_false(o.columns[0].nullable);
    assert_string_equal(o.columns[1].type_text, "FILE");
    assert_true(o.columns[1].nullable);
    assert_string_equal(databricks_object_property(&o, "a"), "1");
    assert_null(databricks_object_property(&o, "b"));
    assert_int_equal(o.created_ms, 1717406255000);
    assert_int_equal(o.updated_ms, 1717406255001);
    assert_true(o.browse_only);
    assert_string_equal(o.format, "");
    assert_string_equal(o.view_definition, "SELECT 1");
    databricks_object_release(&o);
    fake_one(200, "{\"full_name\":\"c.s.t\"}");
    assert_int_equal(databricks_object_get(&api, DATABRICKS_TABLE, "c.s.t", &o, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    fake_one(200, "{\"name\":\"t\",\"columns\":[{}]}");
    assert_int_equal(databricks_object_get(&api, DATABRICKS_TABLE, "c.s.t", &o, &err), -1);
    fake_one(404, "{\"error_code\":\"TABLE_DOES_NOT_EXIST\",\"message\":\"Table 'c.s.t' does not exist.\"}");
    assert_int_equal(databricks_object_get(&api, DATABRICKS_TABLE, "c.s.t", &o, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void volumes_are_made_and_dropped(void **state)
{
    (void)state;
    fake_one(200, "{\"name\":\"v\"}");
    assert_int_equal(databricks_volume_create(&api, "c", "s", "v", "for pictures", &err), 0);
    assert_ask(fake_only(), NET_POST, "/api/2.1/unity-catalog/volumes",
               "{\"catalog_name\":\"c\",\"schema_name\":\"s\",\"name\":\"v\",\"volume_type\":\"MANAGED\",\"comment\":\"for pictures\"}", true);
    fake_one(400, "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\",\"message\":\"x\"}");
    assert_int_equal(databricks_volume_create(&api, "c", "s", "v", NULL, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);
    fake_one(200, "{}");
    assert_int_equal(databricks_volume_delete(&api, "c.s.v", &err), 0);
    assert_ask(fake_only(), NET_DELETE, "/api/2.1/unity-catalog/volumes/c.s.v", NULL, true);
}

static void privileges_are_known_or_not(void **state)
{
    (void)state;
    static const char *const names[] = { "READ_VOLUME", "WRITE_VOLUME" };
    int has[2];
    fake_one(200, "{\"privilege_assignments\":[{\"principal\":\"a@b\",\"privileges\":[{\"privilege\":\"READ_VOLUME\",\"inherited_from_name\":\"c\"}]}]}");
    assert_int_equal(databricks_privileges(&api, DATABRICKS_VOLUME, "c.s.v", "a@b", names, has, 2, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.1/unity-catalog/effective-permissions/VOLUME/c.s.v?principal=a%40b&max_results=0", NULL, true);
    assert_int_equal(has[0], 1);
    assert_int_equal(has[1], 0);
    fake_one(200, "{\"privilege_assignments\":[{\"privileges\":[{\"privilege\":\"ALL_PRIVILEGES\"}]}]}");
    assert_int_equal(databricks_privileges(&api, DATABRICKS_VOLUME, "c.s.v", "a@b", names, has, 2, &err), 0);
    assert_int_equal(has[1], 1);
    fake_one(403, "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"x\"}");
    assert_int_equal(databricks_privileges(&api, DATABRICKS_VOLUME, "c.s.v", "a@b", names, has, 2, &err), 0);
    assert_int_equal(has[0], -1);
    fake_clear();
    fake_reply_with((struct fake_reply){ .lost = ERR_OFFLINE });
    assert_int_equal(databricks_privileges(&api, DATABRICKS_VOLUME, "c.s.v", "a@b", names, has, 2, &err), -1);
    assert_int_equal(err.code, ERR_OFFLINE);
}

static int keep_file(void *ctx, const struct databricks_file *f, struct err *e)
{
    struct names *s = ctx;
    (void)e;
    size_t n = strlen(s->text);
    snprintf(s->text + n, sizeof s->text - n, "%s|%s|%d|%llu|%lld;", f->path, f->name, f->is_directory, (unsigned long long)f->size, (long long)f->modified_ms);
    return 0;
}

static void folders_are_listed(void **state)
{
    (void)state;
    struct names s = { .n = 0 };
    fake_one(200, "{\"contents\":[{\"path\":\"/Volumes/c/s/v/a b.jpg\",\"name\":\"a b.jpg\",\"is_directory\":false,\"file_size\":13305,\"last_modified\":1717406255000},"
                  "{\"path\":\"/Volumes/c/s/v/d/\",\"name\":null,\"is_directory\":true,\"last_modified\":null}],\"next_page_token\":\"n\"}");
    fake_reply_with((struct fake_reply){ .status = 200, .body = "{}" });
    assert_int_equal(databricks_directory_list(&api, "/Volumes/c/s/v/#1/", keep_file, &s, &err), 0);
    assert_ask(&fake.asks[0], NET_GET, "/api/2.0/fs/directories/Volumes/c/s/v/%231?page_size=1000", NULL, true);
    assert_string_equal(fake.asks[1].path, "/api/2.0/fs/directories/Volumes/c/s/v/%231?page_size=1000&page_token=n");
    assert_string_equal(fake.asks[1].quota, "files");
    assert_string_equal(s.text, "/Volumes/c/s/v/a b.jpg|a b.jpg|0|13305|1717406255000;/Volumes/c/s/v/d|d|1|0|0;");
    fake_clear();
    assert_int_equal(databricks_directory_list(&api, "/Volumes/c/../x", keep_file, &s, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    assert_int_equal(databricks_directory_list(&api, "/tmp/x", keep_file, &s, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
}

static void folders_and_files_come_and_go(void **state)
{
    (void)state;
    fake_one(204, "");
    assert_int_equal(databricks_directory_create(&api, "/Volumes/c/s/v/d", &err), 0);
    assert_ask(fake_only(), NET_PUT, "/api/2.0/fs/directories/Volumes/c/s/v/d", NULL, true);
    fake_one(404, "{\"error_code\":\"NOT_FOUND\",\"message\":\"x\"}");
    assert_int_equal(databricks_directory_delete(&api, "/Volumes/c/s/v/d", &err), 0);
    assert_ask(fake_only(), NET_DELETE, "/api/2.0/fs/directories/Volumes/c/s/v/d", NULL, true);
    fake_one(400, "{\"error_code\":\"BAD_REQUEST\",\"message\":\"not empty\",\"details\":[{\"reason\":\"FILES_API_DIRECTORY_IS_NOT_EMPTY\"}]}");
    assert_int_equal(databricks_directory_delete(&api, "/Volumes/c/s/v/d", &err), -1);
    assert_int_equal(err.code, ERR_REFUSED);
    fake_one(404, "");
    assert_int_equal(databricks_file_delete(&api, "/Volumes/c/s/v/d", &err), 0);
    assert_ask(fake_only(), NET_DELETE, "/api/2.0/fs/files/Volumes/c/s/v/d", NULL, true);
    fake_one(404, "");
    assert_int_equal(databricks_directory_create(&api, "/Volumes/c/s/v/d", &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static int begin_ok(void *ctx, int status, int64_t size, const char *type, struct err *e) { (void)ctx; (void)status; (void)size; (void)type; (void)e; return 0; }
static int write_buf(void *ctx, const char *bytes, size_t n, struct err *e) { (void)e; return buf_add(ctx, bytes, n); }

static void files_are_read_whole_or_not_at_all(void **state)
{
    (void)state;
    struct buf got = BUF_INIT;
    struct net_sink sink = { begin_ok, write_buf, &got };
    struct net_answer a;
    net_answer_init(&a);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .type = "image/jpeg", .body = "picture" });
    assert_int_equal(databricks_file_get(&api, "/Volumes/c/s/v/a%b.jpg", &sink, &a, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/fs/files/Volumes/c/s/v/a%25b.jpg", NULL, true);
    assert_true(fake.asks[0].bulk);
    assert_string_equal(got.data, "picture");
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .type = "image/jpeg", .body = "pict", .length = 7 });
    assert_int_equal(databricks_file_get(&api, "/Volumes/c/s/v/a.jpg", &sink, &a, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .type = "text/html", .body = "<html>" });
    assert_int_equal(databricks_file_get(&api, "/Volumes/c/s/v/a.jpg", &sink, &a, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    buf_clear(&got);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .type = "text/html", .body = "<html>" });
    assert_int_equal(databricks_file_get(&api, "/Volumes/c/s/v/a.html", &sink, &a, &err), 0);
    assert_string_equal(got.data, "<html>");
    fake_one(404, "{\"error_code\":\"NOT_FOUND\",\"message\":\"no file\"}");
    assert_int_equal(databricks_file_get(&api, "/Volumes/c/s/v/a.jpg", &sink, &a, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    net_answer_release(&a);
    buf_release(&got);
}

static int64_t read_text(void *ctx, char *out, size_t room)
{
    const char **at = ctx;
    size_t n = strlen(*at) < room ? strlen(*at) : room;
    memcpy(out, *at, n);
    *at += n;
    return (int64_t)n;
}
static int rewind_text(void *ctx) { *(const char **)ctx = "bytes"; return 0; }

static void files_are_written_and_measured(void **state)
{
    (void)state;
    const char *at = "bytes";
    struct net_source source = { 5, read_text, rewind_text, &at };
    uint64_t size;
    int64_t modified;
    fake_one(204, "");
    assert_int_equal(databricks_file_put(&api, "/Volumes/c/s/v/x", &source, true, &err), 0);
    assert_ask(fake_only(), NET_PUT, "/api/2.0/fs/files/Volumes/c/s/v/x?overwrite=true", "bytes", true);
    assert_string_equal(fake.asks[0].type, "application/octet-stream");
    fake_one(409, "{\"error_code\":\"ANYTHING\",\"message\":\"exists\"}");
    assert_int_equal(databricks_file_put(&api, "/Volumes/c/s/v/x", &source, false, &err), -1);
    assert_ask(fake_only(), NET_PUT, "/api/2.0/fs/files/Volumes/c/s/v/x?overwrite=false", "bytes", false);
    assert_int_equal(err.code, ERR_CONFLICT);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 429, .body = "{}" });
    fake_reply_with((struct fake_reply){ .status = 409, .body = "{}" });
    assert_int_equal(databricks_file_put(&api, "/Volumes/c/s/v/x", &source, false, &err), -1);
    assert_int_equal(err.code, ERR_CONFLICT);        /* refused before: nobody but another can have written it */
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 502, .body = "{}" });
    fake_reply_with((struct fake_reply){ .status = 409, .body = "{}" });
    assert_int_equal(databricks_file_put(&api, "/Volumes/c/s/v/x", &source, false, &err), -1);
    assert_int_equal(err.code, ERR_UNKNOWN);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .length = 77, .modified = "Sun, 22 Nov 2026 07:00:00 GMT", .type = "image/png" });
    assert_int_equal(databricks_file_head(&api, "/Volumes/c/s/v/x", &size, &modified, &err), 0);
    assert_ask(fake_only(), NET_HEAD, "/api/2.0/fs/files/Volumes/c/s/v/x", NULL, true);
    assert_int_equal(size, 77);
    assert_int_equal(modified, 1795330800000);
    fake_clear();
    fake_reply_with((struct fake_reply){ .status = 200, .length = -1 });
    assert_int_equal(databricks_file_head(&api, "/Volumes/c/s/v/x", &size, &modified, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
}

static void secrets_are_read_or_said_to_be_closed(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    fake_one(200, "{\"key\":\"K\",\"value\":\"c2VjcmV0\"}");
    assert_int_equal(databricks_secret_get(&api, "clari fai", "K", &out, &err), 0);
    assert_ask(fake_only(), NET_GET, "/api/2.0/secrets/get?scope=clari%20fai&key=K", NULL, true);
    assert_string_equal(out.data, "secret");
    static const int closed[] = { 400, 403, 404 };
    for (size_t i = 0; i < 3; i++) {
        fake_one(closed[i], "{\"error_code\":\"BAD_REQUEST\",\"message\":\"only in notebooks\"}");
        assert_int_equal(databricks_secret_get(&api, "s", "k", &out, &err), -1);
        assert_int_equal(err.code, ERR_NOT_FOUND);
    }
    fake_one(403, "{\"error_code\":403,\"message\":\"Invalid access token.\"}");
    assert_int_equal(databricks_secret_get(&api, "s", "k", &out, &err), -1);
    assert_int_equal(err.code, ERR_AUTH);
    fake_one(200, "{\"key\":\"K\",\"value\":\"%%\"}");
    assert_int_equal(databricks_secret_get(&api, "s", "k", &out, &err), -1);
    assert_int_equal(err.code, ERR_PROTOCOL);
    buf_wipe(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_sends_and_reads_objects), cmocka_unit_test(nonsense_answers_are_told_from_lost_ones),
        cmocka_unit_test(long_numbers_become_texts), cmocka_unit_test(list_follows_tokens_and_sees_loops),
        cmocka_unit_test(list_survives_breaks_and_reports_errors), cmocka_unit_test(me_is_read),
        cmocka_unit_test(token_is_asked_at_home_only), cmocka_unit_test(hosts_are_normalized),
        cmocka_unit_test(catalog_lists_ask_as_the_reference_says), cmocka_unit_test(table_is_decoded),
        cmocka_unit_test(volumes_are_made_and_dropped), cmocka_unit_test(privileges_are_known_or_not),
        cmocka_unit_test(folders_are_listed), cmocka_unit_test(folders_and_files_come_and_go),
        cmocka_unit_test(files_are_read_whole_or_not_at_all), cmocka_unit_test(files_are_written_and_measured),
        cmocka_unit_test(secrets_are_read_or_said_to_be_closed),
    };
    return cmocka_run_group_tests(tests, fake_start, fake_end);
}
