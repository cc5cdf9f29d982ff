#include "session_home.h"
#include "core/credentials.h"
#include "core/settings_ini.h"

/* GLib's own threads are not built for the thread sanitizer, which cannot see how they wait for each other. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
    return "called_from_lib:libglib-2.0.so\ncalled_from_lib:libgio-2.0.so\ncalled_from_lib:libgobject-2.0.so\nmutex:libsecret-1.so\n";
}

static struct settings s;
static struct err err;

static int load(const char *profile)
{
    const struct settings_flags flags = { .profile = profile };

    settings_release(&s);
    err_clear(&err);
    return settings_load(&flags, &s, &err);
}

static int tear_down(void **state)
{
    settings_release(&s);
    return home_tear_down(state);
}

static void assert_value(const struct value *v, const char *text, const char *origin)
{
    char out[200];

    assert_string_equal(v->text ? v->text : "(none)", text);
    assert_string_equal(value_origin(v, out, sizeof out), origin);
}

static void nothing_configured(void **state)
{
    (void)state;
    assert_int_equal(load(NULL), 0);
    assert_value(&s.host, "(none)", "not found");
    assert_value(&s.clarifai_base, "https://api.clarifai.com", "default");
    assert_int_equal(settings_ms(&s, SETTING_GIVE_UP), 15 * 60000);
    assert_int_equal(settings_ms(&s, SETTING_RETRY_FIRST), 500);
    assert_int_equal(settings_bytes(&s, SETTING_PICTURE_MEMORY), 32 << 20);
    assert_true(settings_number(&s, SETTING_FILES_RATE) == 90);
}

static void origins(void **state)
{
    (void)state;
    home_write(".databrickscfg", "[lab-prod]\nhost = https://Lab.Example.com/?o=77\ntoken = dapi-lab\nwarehouse_id = wh1 # mine\n", 0600);
    setenv("DATABRICKS_CONFIG_PROFILE", "lab-prod", 1);
    setenv("DATABRICKS_CLUSTER_ID", "c-1", 1);
    setenv("CLARIFAI_PAT", "pat-from-environment", 1);
    assert_int_equal(load(NULL), 0);
    assert_value(&s.profile, "lab-prod", "environment DATABRICKS_CONFIG_PROFILE");
    assert_value(&s.host, "https://lab.example.com", "profile lab-prod of ~/.databrickscfg");
    assert_value(&s.workspace_id, "77", "profile lab-prod of ~/.databrickscfg");
    assert_value(&s.warehouse_id, "wh1", "profile lab-prod of ~/.databrickscfg");
    assert_value(&s.cluster_id, "c-1", "environment DATABRICKS_CLUSTER_ID");
    assert_value(&s.clarifai_pat, "pat-from-environment", "environment CLARIFAI_PAT");
}

static void secrets_are_redacted(void **state)
{
    struct buf out = BUF_INIT;

    (void)state;
    setenv("CLARIFAI_PAT", "canary-pat-123", 1);
    setenv("DATABRICKS_HOST", "h.example.com", 1);
    setenv("DATABRICKS_CLIENT_ID", "id-of-client", 1);
    setenv("DATABRICKS_CLIENT_SECRET", "canary-secret-456", 1);
    assert_int_equal(load(NULL), 0);
    redact_text(&out, "canary-pat-123 canary-secret-456", 32);
    assert_string_equal(out.data, "[redacted] [redacted]");
    buf_release(&out);
}

static void own_settings(void **state)
{
    char out[200];

    (void)state;
    home_write(".config/lakeferry/config.ini", "# mine\nretry_first = 10ms\n[lakeferry]\nfiles_rate=12.5\nproduction = a, lab prod ,b\ngive_up = 2 h\n"
               "[keys]\nquit = Q\n", 0600);
    home_write(".databrickscfg", "[lab prod]\nhost=h\ntoken=dapi-token\nstaging_volume = a.b.c\n", 0600);
    assert_int_equal(load("lab prod"), 0);
    assert_int_equal(settings_ms(&s, SETTING_RETRY_FIRST), 10);
    assert_int_equal(settings_ms(&s, SETTING_GIVE_UP), 7200000);
    assert_true(settings_number(&s, SETTING_FILES_RATE) == 12.5);
    assert_string_equal(value_origin(&s.own[SETTING_FILES_RATE], out, sizeof out), "config.ini line 4");
    assert_value(&s.own[SETTING_STAGING_VOLUME], "a.b.c", "profile lab prod of ~/.databrickscfg");
    assert_true(s.production);
}

static void flags_win(void **state)
{
    const struct settings_flags flags = { .compute = "cluster:c-9", .staging = "x.y.z" };
    const struct settings_flags bare = { .compute = "cluster" };

    (void)state;
    setenv("DATABRICKS_WAREHOUSE_ID", "wh", 1);
    setenv("DATABRICKS_CLUSTER_ID", "c-1", 1);
    assert_int_equal(settings_load(&flags, &s, &err), 0);
    assert_value(&s.cluster_id, "c-9", "flag --compute");
    assert_value(&s.warehouse_id, "(none)", "not found");
    assert_value(&s.own[SETTING_STAGING_VOLUME], "x.y.z", "flag --staging");
    settings_release(&s);
    assert_int_equal(settings_load(&bare, &s, &err), 0);
    assert_value(&s.cluster_id, "c-1", "environment DATABRICKS_CLUSTER_ID");
    assert_value(&s.warehouse_id, "(none)", "not found");
}

static void bad_own_settings(void **state)
{
    static const struct { const char *text, *said; } cases[] = {
        { "retry_cap = soon\n", "retry_cap in line 1 of config.ini: \"soon\" is not a time" },
        { "\n\nclarifai_rate = -1\n", "clarifai_rate in line 3" },
        { "files_rate = 200000\n", "\"200000\" is more than 100000, the most there may be" },
        { "files_rate = nan\n", "is not a number above 0" },
        { "files_in_flight = 0\n", "whole number from 1 to 64" },
        { "files_in_flight = 65\n", "\"65\" is not a whole number from 1 to 64" },
        { "theme = pink\n", "auto, dark, light or mono" },
        { "clarifai_api_base = http://elsewhere.example\n", "only https" },
        { "picture_memory = 12\n", "at least 1M" },
        { "poll_first = 0ms\n", "poll_first in line 1 of config.ini: \"0ms\" is no pause: 1ms is the shortest" },
        { "retry_first = 0.2ms\n", "\"0.2ms\" is no pause" },
        { "retry_cap = 0 s\n", "\"0 s\" is no pause" },
        { "[screens]\nretry_cap = 1s\n", "line 2 is in a section [screens]" },
        { "retry_capp = 1s\n", "did you mean retry_cap?" },
        { "whatever = 1\n", "line 1 names a setting \"whatever\"" },
        { "retry_cap = 1s\nno equals sign\n", "line 2 is neither [section] nor key = value" },
        { "[lakeferry\n", "line 1 has [ without ]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        home_write(".config/lakeferry/config.ini", cases[i].text, 0600);
        assert_int_equal(load(NULL), -1);
        assert_said(&err, ERR_CONFIG, cases[i].said);
        assert_null(s.clarifai_base.text);
    }
}

static void ini_lines(void **state)
{
    struct settings_ini t;
    struct buf text = BUF_INIT;
    char path[128];

    (void)state;
    buf_puts(&text, "\xef\xbb\xbf[a]\r\n  x = 1 ; said\r\n\ty: 2#3 # said\n#");
    for (int i = 0; i < 50; i++)
        buf_puts(&text, "a long comment ");
    buf_puts(&text, "\ntoken = ");
    for (int i = 0; i < 100; i++)
        buf_puts(&text, "0123456789");
    buf_puts(&text, " # said\n[a-section-with-a-name-that-is-longer-than-inih-can-hold-in-its-room]\nx=9\n[b]\nx=3\nx=4");
    home_write("t.ini", text.data, 0600);
    snprintf(path, sizeof path, "%s/t.ini", home);
    assert_int_equal(settings_ini_read(path, &t, &err), 0);
    assert_string_equal(settings_ini_find(&t, "a", "x")->value, "1");
    assert_int_equal(settings_ini_find(&t, "a", "x")->line, 2);
    assert_string_equal(settings_ini_find(&t, "a", "y")->value, "2#3");
    assert_int_equal(strlen(settings_ini_find(&t, "a", "token")->value), 1000);
    assert_int_equal(settings_ini_find(&t, "a", "token")->line, 5);
    assert_string_equal(settings_ini_find(&t, "b", "x")->value, "4");
    assert_int_equal(settings_ini_find(&t, "b", "x")->line, 10);
    assert_int_equal(t.count, 5);
    settings_ini_release(&t);
    buf_release(&text);
    assert_int_equal(settings_ini_read("/nonexistent/x.ini", &t, &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void stored_in_the_file(void **state)
{
    struct stat st;
    char path[128], origin[200];

    (void)state;
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_DATABRICKS_TOKEN, "https://One.example.com/", "dapi-one", &err), 0);
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_DATABRICKS_TOKEN, "two.example.com", "dapi-two", &err), 0);
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_CLARIFAI_PAT, "clarifai", "pat-old", &err), 0);
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_CLARIFAI_PAT, "clarifai", "pat-new", &err), 0);
    snprintf(path, sizeof path, "%s/.config/lakeferry/credentials.ini", home);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    setenv("DATABRICKS_HOST", "one.example.com", 1);
    assert_int_equal(load(NULL), 0);
    assert_string_equal(s.token.text, "dapi-one");
    assert_string_equal(s.clarifai_pat.text, "pat-new");
    assert_int_equal(s.token.from, FROM_FILE);
    assert_non_null(strstr(value_origin(&s.token, origin, sizeof origin), "credentials.ini"));
    assert_int_equal(credentials_forget(CREDENTIAL_DATABRICKS_TOKEN, "https://one.example.com", &err), 0);
    assert_int_equal(credentials_forget(CREDENTIAL_DATABRICKS_TOKEN, "https://one.example.com", &err), 0);
    assert_int_equal(load(NULL), 0);
    assert_null(s.token.text);
    setenv("DATABRICKS_HOST", "https://two.example.com", 1);
    assert_int_equal(load(NULL), 0);
    assert_string_equal(s.token.text, "dapi-two");
    /* A token of the environment stands before a stored one. */
    setenv("DATABRICKS_TOKEN", "dapi-now", 1);
    assert_int_equal(load(NULL), 0);
    assert_string_equal(s.token.text, "dapi-now");
}

static void stored_wrongly(void **state)
{
    char path[128];

    (void)state;
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_CLARIFAI_PAT, "clarifai", "two words", &err), -1);
    assert_said(&err, ERR_USAGE, "characters that no token has");
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_CLARIFAI_PAT, "clarifai", "pat\n[x]", &err), -1);
    assert_int_equal(credentials_store(STORE_FILE, CREDENTIAL_CLARIFAI_PAT, "clarifai", "pat-good", &err), 0);
    snprintf(path, sizeof path, "%s/.config/lakeferry/credentials.ini", home);
    chmod(path, 0644);
    assert_int_equal(load(NULL), -1);
    assert_said(&err, ERR_CONFIG, "others may read it");
}

static void no_keyring_here(void **state)
{
    bool locked = true;

    (void)state;
    assert_false(credentials_keyring_answers(&locked, &err));
    assert_said(&err, ERR_CONFIG, "there is no D-Bus session");
    setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
    assert_false(credentials_keyring_answers(&locked, &err));
    assert_said(&err, ERR_CONFIG, "cannot use the keyring");
    assert_int_equal(credentials_store(STORE_KEYRING, CREDENTIAL_CLARIFAI_PAT, "clarifai", "pat-any", &err), -1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, home_set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(nothing_configured), CASE(origins), CASE(secrets_are_redacted), CASE(own_settings), CASE(flags_win), CASE(bad_own_settings),
        CASE(ini_lines), CASE(stored_in_the_file), CASE(stored_wrongly), CASE(no_keyring_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
