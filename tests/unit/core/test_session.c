#include "session_home.h"
#include "session_http.h"
#include "core/session.h"
#include "net/databricks_auth.h"
#include <fcntl.h>

static const struct http_row ROWS[] = {
    { "GET /_control/faults", NULL, 200, "[]", 0 },
    { "GET /api/2.0/preview/scim/v2/Me", "Bearer dapi-good", 200, "{\"id\":\"1\",\"userName\":\"me@example.com\"}", 0 },
    { "GET /api/2.0/preview/scim/v2/Me", "Bearer oauth-1", 200, "{\"id\":\"1\",\"userName\":\"machine\"}", 1 },
    { "GET /api/2.0/preview/scim/v2/Me", "Bearer oauth-2", 200, "{\"id\":\"1\",\"userName\":\"machine again\"}", 0 },
    { "GET /api/2.0/preview/scim/v2/Me", NULL, 403, "{\"error_code\":403,\"message\":\"Invalid access token.\"}", 0 },
    { "POST /oidc/v1/token", "Basic c3AtaWQ6c3Atc2VjcmV0", 200, "{\"access_token\":\"oauth-1\",\"expires_in\":3600}", 1 },
    { "POST /oidc/v1/token", "Basic c3AtaWQ6c3Atc2VjcmV0", 200, "{\"access_token\":\"oauth-2\",\"expires_in\":\"3600\"}", 0 },
    { "POST /oidc/v1/token", NULL, 401, "{\"error\":\"invalid_client\",\"error_description\":\"Client authentication failed\"}", 0 },
    { "GET /api/2.0/secrets/get?scope=clarifai&key=CLARIFAI_PAT", "dapi-good", 200, "{\"key\":\"CLARIFAI_PAT\",\"value\":\"cGF0LXNjb3BlCg==\"}", 0 },
    { "GET /v2/users/me", "Key pat-", 200, "{\"status\":{\"code\":10000},\"user\":{\"id\":\"lab-user\"}}", 0 },
    { NULL, NULL, 0, NULL, 0 },
};

static struct session s;
static struct err err, other;

static int set_up(void **state)
{
    if (home_set_up(state))
        return -1;
    http_start(ROWS);
    setenv("CLARIFAI_API_BASE", http.origin, 1);
    err_clear(&err);
    return 0;
}

static int tear_down(void **state)
{
    session_close(&s);
    http_stop();
    return home_tear_down(state);
}

static int open_for(bool databricks, bool clarifai)
{
    const struct session_options o = { .interactive = true, .need_databricks = databricks, .need_clarifai = clarifai };

    session_close(&s);
    err_clear(&err);
    return session_open(&o, &s, &err);
}

static void sends_nothing_to_open(void **state)
{
    (void)state;
    setenv("DATABRICKS_HOST", http.origin, 1);
    setenv("DATABRICKS_TOKEN", "dapi-good", 1);
    setenv("CLARIFAI_PAT", "pat-mine", 1);
    setenv("CLARIFAI_USER_ID", "an-organisation", 1);
    setenv("DATABRICKS_WORKSPACE_ID", "123", 1);
    assert_int_equal(open_for(true, true), 0);
    assert_int_equal(http.requests, 0);
    assert_string_equal(s.clarifai_user, "an-organisation");
    assert_int_equal(session_identify(&s, &err, &other), 0);
    assert_string_equal(s.databricks_user, "me@example.com");
    assert_string_equal(s.clarifai_user, "an-organisation");
    assert_true(http_heard("X-Databricks-Workspace-Id: 123"));
}

static void says_what_is_missing(void **state)
{
    (void)state;
    assert_int_equal(open_for(false, false), 0);
    assert_null(s.databricks.site);
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_CONFIG, "no host is known");
    assert_int_equal(open_for(false, true), -1);
    assert_said(&err, ERR_AUTH, "CLARIFAI_PAT");
    setenv("DATABRICKS_HOST", http.origin, 1);
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_AUTH, "there is no token");
    setenv("DATABRICKS_CLIENT_ID", "only-the-id", 1);
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_CONFIG, "no client_secret");
    unsetenv("DATABRICKS_CLIENT_ID");
    setenv("DATABRICKS_AUTH_TYPE", "azure-cli", 1);
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_CONFIG, "azure-cli (environment DATABRICKS_AUTH_TYPE)");
    assert_int_equal(http.requests, 0);
}

static void each_side_apart(void **state)
{
    struct err databricks, clarifai;

    (void)state;
    setenv("DATABRICKS_HOST", http.origin, 1);
    setenv("DATABRICKS_TOKEN", "dapi-revoked", 1);
    setenv("CLARIFAI_PAT", "pat-mine", 1);
    assert_int_equal(open_for(true, true), 0);
    assert_int_equal(session_identify(&s, &databricks, &clarifai), -1);
    assert_int_equal(databricks.code, ERR_AUTH);
    assert_int_equal(clarifai.code, ERR_NONE);
    assert_string_equal(s.clarifai_user, "lab-user");
    assert_int_equal(session_identify(&s, NULL, &clarifai), 0);
}

static void key_in_the_secret_scope(void **state)
{
    char origin[200];

    (void)state;
    setenv("DATABRICKS_HOST", http.origin, 1);
    setenv("DATABRICKS_TOKEN", "dapi-good", 1);
    assert_int_equal(open_for(true, true), 0);
    assert_string_equal(s.settings.clarifai_pat.text, "pat-scope");
    assert_string_equal(value_origin(&s.settings.clarifai_pat, origin, sizeof origin), "Databricks secret scope clarifai/CLARIFAI_PAT");
    assert_int_equal(session_identify(&s, NULL, &err), 0);
    assert_true(http_heard("Key pat-scope"));
    setenv("DATABRICKS_TOKEN", "dapi-other", 1);
    assert_int_equal(open_for(true, true), -1);
    assert_said(&err, ERR_AUTH, "secret clarifai/CLARIFAI_PAT");
}

static void machine_tokens(void **state)
{
    (void)state;
    setenv("DATABRICKS_HOST", http.origin, 1);
    setenv("DATABRICKS_CLIENT_ID", "sp-id", 1);
    setenv("DATABRICKS_CLIENT_SECRET", "sp-secret", 1);
    assert_int_equal(open_for(true, false), 0);
    assert_int_equal(session_identify(&s, &err, NULL), 0);
    assert_string_equal(s.databricks_user, "machine");
    /* The first token is refused now: another is asked for and the call goes on. */
    assert_int_equal(session_identify(&s, &err, NULL), 0);
    assert_string_equal(s.databricks_user, "machine again");
    setenv("DATABRICKS_CLIENT_SECRET", "sp-wrong", 1);
    assert_int_equal(open_for(true, false), -1);
    assert_int_equal(err.code, ERR_AUTH);
}

static void put_program(const char *name, const char *text)
{
    char path[160], search[512];
    const char *old = getenv("PATH");

    snprintf(path, sizeof path, "bin/%s", name);
    home_write(path, text, 0700);
    snprintf(search, sizeof search, "%s/bin:", home);
    if (!str_starts(old, search)) {
        snprintf(search, sizeof search, "%s/bin:/usr/bin:/bin", home);
        setenv("PATH", search, 1);
    }
}

static void tokens_of_the_vendors_program(void **state)
{
    (void)state;
    home_write(".databrickscfg", "", 0600);
    char text[256];
    snprintf(text, sizeof text, "[cli]\nhost = %s\nauth_type = databricks-cli\n", http.origin);
    home_write(".databrickscfg", text, 0600);
    setenv("DATABRICKS_CONFIG_PROFILE", "cli", 1);
    put_program("databricks", "#!/bin/sh\n[ \"$*\" = 'auth token --profile cli' ] || exit 9\n[ -z \"$CLARIFAI_PAT$DATABRICKS_TOKEN\" ] || exit 8\n"
                "echo '{\"access_token\":\"dapi-good\",\"token_type\":\"Bearer\",\"expiry\":\"2099-01-01T00:00:00Z\"}'\n");
    setenv("CLARIFAI_PAT", "pat-mine", 1);
    assert_int_equal(open_for(true, false), 0);
    assert_int_equal(session_identify(&s, &err, NULL), 0);
    assert_string_equal(s.databricks_user, "me@example.com");
    put_program("databricks", "#!/bin/sh\necho 'Error: cache: token refresh failed' >&2\nexit 1\n");
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_AUTH, "token refresh failed");
    assert_said(&err, ERR_AUTH, "databricks auth login --profile cli");
    put_program("databricks", "#!/bin/sh\necho hello\n");
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_AUTH, "did not answer with a token");
    if (getenv("LAKEFERRY_VALGRIND"))
        return; /* below it a program that is missing starts and ends with 127 */
    setenv("PATH", home, 1);
    assert_int_equal(open_for(true, false), -1);
    assert_said(&err, ERR_CONFIG, "not installed");
}

static void through_a_pipe(void **state)
{
    struct settings into = { 0 };
    int ends[2];
    char origin[200];

    (void)state;
    setenv("DATABRICKS_HOST", http.origin, 1);
    setenv("DATABRICKS_TOKEN", "dapi-good", 1);
    setenv("CLARIFAI_PAT", "pat-mine", 1);
    assert_int_equal(open_for(true, true), 0);
    s.settings.production = true;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(session_export_secrets(&s, ends[1], &err), 0);
    close(ends[1]);
    assert_int_equal(session_import_secrets(ends[0], &into, &err), 0);
    close(ends[0]);
    session_close(&s);
    assert_string_equal(into.token.text, "dapi-good");
    assert_string_equal(value_origin(&into.token, origin, sizeof origin), "environment DATABRICKS_TOKEN");
    assert_int_equal(settings_ms(&into, SETTING_RETRY_CAP), 60000);
    assert_true(into.production);
    assert_null(into.profile.text);
    assert_int_equal(session_open_settings(&into, true, &s, &err), 0);
    assert_null(into.token.text);
    assert_int_equal(session_identify(&s, &err, &other), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[1]);
    assert_int_equal(session_import_secrets(ends[0], &into, &err), -1);
    close(ends[0]);
}

/* --- the local platform --- */

static void write_endpoint(const char *origin)
{
    char text[512];

    snprintf(text, sizeof text, "{\"origin\":\"%s\",\"images\":\"%s\",\"pid\":1,\"databricks_token\":\"dapi-good\",\"clarifai_pat\":\"pat-box\"}", origin, origin);
    home_write(".local/state/lakeferry/sandbox/endpoint.json", text, 0600);
}

static void sandbox_that_runs(void **state)
{
    const struct session_options o = { .flags = { .sandbox = true, .compute = "cluster" }, .need_databricks = true, .need_clarifai = true, .interactive = true };

    (void)state;
    /* What is configured for real platforms must not leak into the sandbox. */
    setenv("DATABRICKS_HOST", "https://real.example.com", 1);
    setenv("DATABRICKS_TOKEN", "dapi-real", 1);
    setenv("CLARIFAI_PAT", "pat-real", 1);
    write_endpoint(http.origin);
    assert_int_equal(session_open(&o, &s, &err), 0);
    assert_string_equal(s.profile_name, "sandbox");
    assert_string_equal(s.settings.host.text, http.origin);
    assert_string_equal(s.settings.cluster_id.text, "0101-120000-live001");
    assert_null(s.settings.warehouse_id.text);
    assert_string_equal(settings_text(&s.settings, SETTING_STAGING_VOLUME), "main.vision.out");
    assert_int_equal(session_identify(&s, &err, &other), 0);
    assert_false(http_heard("real"));
}

static void *open_sandbox(void *arg)
{
    static struct err errs[4];
    struct settings into = { 0 };
    struct err *e = &errs[*(int *)arg];
    int rc = session_find_sandbox(&into, e);

    settings_release(&into);
    return rc ? e : NULL;
}

static void two_starters_one_server(void **state)
{
    pthread_t threads[3];
    int ids[3] = { 0, 1, 2 };
    char script[1024], path[160];
    struct buf starts = BUF_INIT;

    (void)state;
    /* Stands in for the program: says where the test's own server is. */
    snprintf(script, sizeof script, "#!/bin/sh\necho start >> %s/starts\n[ \"$1 $2 $3 $5\" = '--port 0 --data --idle-exit' ] || exit 9\n"
             "echo '{\"origin\":\"%s\",\"databricks_token\":\"dapi-good\",\"clarifai_pat\":\"pat-box\",\"warehouse_id\":\"wh-own\"}' > $4/endpoint.json\n"
             "echo \"lakeferry-sandbox ready %s\"\n", home, http.origin, http.origin);
    put_program("lakeferry-sandbox", script);
    write_endpoint("http://127.0.0.1:1");   /* left by one that was killed */
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_sandbox, &ids[i]), 0);
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        if (failed)
            fail_msg("%s", home_said(failed));
    }
    snprintf(path, sizeof path, "%s/starts", home);
    assert_int_equal(file_read(path, 1000, &starts, &err), 0);
    assert_string_equal(starts.data, "start\n");
    buf_release(&starts);
}

static void sandbox_that_cannot_start(void **state)
{
    struct settings into = { 0 };

    (void)state;
    setenv("LAKEFERRY_SANDBOX_DATA", home, 1);
    put_program("lakeferry-sandbox", "#!/bin/sh\necho 'lakeferry-sandbox: the disk is on fire' >&2\nexit 1\n");
    assert_int_equal(session_find_sandbox(&into, &err), -1);
    assert_said(&err, ERR_IO, "the disk is on fire");
    if (!getenv("LAKEFERRY_VALGRIND")) { /* as above */
        setenv("PATH", home, 1);
        assert_int_equal(session_find_sandbox(&into, &err), -1);
        assert_said(&err, ERR_NOT_FOUND, "neither beside lakeferry nor on the path");
    }
    settings_release(&into);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(sends_nothing_to_open), CASE(says_what_is_missing), CASE(each_side_apart), CASE(key_in_the_secret_scope), CASE(machine_tokens),
        CASE(tokens_of_the_vendors_program), CASE(through_a_pipe), CASE(sandbox_that_runs), CASE(two_starters_one_server), CASE(sandbox_that_cannot_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
