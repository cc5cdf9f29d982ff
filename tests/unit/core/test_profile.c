#include "session_home.h"
#include "core/settings.h"

#define FILE_TEXT \
    "[DEFAULT]\nhost = https://default.example.com\ntoken = dapi-default\ncluster_id = c-default\n" \
    "[lab]\nhost = lab.example.com/\ntoken = dapi-lab\n" \
    "[sp]\nhost = https://sp.example.com:443\nclient_id = sp-id\nclient_secret = sp-secret\nauth_type = oauth-m2m\n" \
    "[bare]\nhost = https://bare.example.com\n" \
    "[both]\nhost = https://both.example.com\ntoken = dapi-both\nclient_id = both-id\nclient_secret = both-secret\n" \
    "[chosen]\nhost = https://both.example.com\ntoken = dapi-both\nclient_id = both-id\nclient_secret = both-secret\nauth_type = pat\n" \
    "[old]\nhost = https://old.example.com\nusername = me\npassword = secret-word\n" \
    "[azure]\nhost = https://azure.example.com\nauth_type = azure-cli\n" \
    "[http]\nhost = http://plain.example.com\ntoken = dapi-plain\n"

struct rule {
    const char *what, *file, *flag;
    const char *environment[3][2];
    const char *host, *token, *client, *cluster; /* wanted; NULL: none */
    const char *error;                           /* or a part of the sentence */
};

static const struct rule RULES[] = {
    { "default profile", FILE_TEXT, NULL, { { 0 } }, "https://default.example.com", "dapi-default", NULL, "c-default", NULL },
    { "DEFAULT is not merged into others", FILE_TEXT, "lab", { { 0 } }, "https://lab.example.com", "dapi-lab", NULL, NULL, NULL },
    { "DEFAULT may be named", FILE_TEXT, "DEFAULT", { { 0 } }, "https://default.example.com", "dapi-default", NULL, "c-default", NULL },
    { "named by the environment", FILE_TEXT, NULL, { { "DATABRICKS_CONFIG_PROFILE", "lab" } }, "https://lab.example.com", "dapi-lab", NULL, NULL, NULL },
    { "the flag beats that", FILE_TEXT, "sp", { { "DATABRICKS_CONFIG_PROFILE", "lab" } }, "https://sp.example.com", NULL, "sp-id", NULL, NULL },
    { "__settings__.default_profile", FILE_TEXT "[__settings__]\ndefault_profile = sp\n", NULL, { { 0 } }, "https://sp.example.com", NULL, "sp-id", NULL, NULL },
    { "which may name none", FILE_TEXT "[__settings__]\ndefault_profile = gone\n", NULL, { { 0 } }, NULL, NULL, NULL, NULL, "no profile \"gone\", which its default_profile" },
    { "__settings__ is no profile", FILE_TEXT "[__settings__]\ndefault_profile = sp\n", "__settings__", { { 0 } }, NULL, NULL, NULL, NULL, "is no profile" },
    { "host in the environment: file skipped", FILE_TEXT, NULL, { { "DATABRICKS_HOST", "https://env.example.com" } }, "https://env.example.com", NULL, NULL, NULL, NULL },
    { "token in the environment: file skipped", FILE_TEXT, NULL, { { "DATABRICKS_TOKEN", "dapi-env" } }, NULL, "dapi-env", NULL, NULL, NULL },
    { "even a broken one", "broken", NULL, { { "DATABRICKS_HOST", "env.example.com" } }, "https://env.example.com", NULL, NULL, NULL, NULL },
    { "cluster alone does not skip it, and wins", FILE_TEXT, NULL, { { "DATABRICKS_CLUSTER_ID", "c-env" } }, "https://default.example.com", "dapi-default", NULL, "c-env", NULL },
    { "environment before a profile it names, key by key", FILE_TEXT, NULL,
      { { "DATABRICKS_CONFIG_PROFILE", "lab" }, { "DATABRICKS_HOST", "https://env.example.com" } }, "https://env.example.com", "dapi-lab", NULL, NULL, NULL },
    { "explicit profile beats the environment", FILE_TEXT, "lab",
      { { "DATABRICKS_HOST", "https://env.example.com" }, { "DATABRICKS_TOKEN", "dapi-env" } }, "https://lab.example.com", "dapi-lab", NULL, NULL, NULL },
    { "whose token is not sent to its host", FILE_TEXT, "bare", { { "DATABRICKS_TOKEN", "dapi-env" } }, "https://bare.example.com", NULL, NULL, NULL, NULL },
    { "but compute is looked up there", FILE_TEXT, "lab", { { "DATABRICKS_CLUSTER_ID", "c-env" } }, "https://lab.example.com", "dapi-lab", NULL, "c-env", NULL },
    { "empty variables are unset", FILE_TEXT, NULL, { { "DATABRICKS_HOST", "" }, { "DATABRICKS_TOKEN", "" } }, "https://default.example.com", "dapi-default", NULL, "c-default", NULL },
    { "missing named profile", FILE_TEXT, "nope", { { 0 } }, NULL, NULL, NULL, NULL, "~/.databrickscfg has no profile \"nope\"" },
    { "missing file, named profile", NULL, "nope", { { 0 } }, NULL, NULL, NULL, NULL, "there is no file ~/.databrickscfg" },
    { "missing file", NULL, NULL, { { 0 } }, NULL, NULL, NULL, NULL, NULL },
    { "no DEFAULT", "[lab]\nhost = lab\n", NULL, { { 0 } }, NULL, NULL, NULL, NULL, NULL },
    { "DEFAULT without keys", "[DEFAULT]\n[lab]\nhost = lab\n", NULL, { { 0 } }, NULL, NULL, NULL, NULL, NULL },
    { "two methods in a profile", FILE_TEXT, "both", { { 0 } }, NULL, NULL, NULL, NULL, "more than one authorization method is configured: token (profile both" },
    { "two methods, one chosen", FILE_TEXT, "chosen", { { 0 } }, "https://both.example.com", "dapi-both", NULL, NULL, NULL },
    { "two methods in the environment", NULL, NULL, { { "DATABRICKS_HOST", "h" }, { "DATABRICKS_TOKEN", "dapi-1" }, { "DATABRICKS_CLIENT_ID", "id-1" } },
      NULL, NULL, NULL, NULL, "DATABRICKS_CLIENT_ID" },
    { "two methods, from both", FILE_TEXT, NULL, { { "DATABRICKS_CONFIG_PROFILE", "lab" }, { "DATABRICKS_CLIENT_ID", "id-1" } }, NULL, NULL, NULL, NULL, "more than one" },
    { "http", FILE_TEXT, "http", { { 0 } }, NULL, NULL, NULL, NULL, "profile http of ~/.databrickscfg" },
    { "broken file", "[a]\nhost = x\nwhat is this\n", "a", { { 0 } }, NULL, NULL, NULL, NULL, "line 3 is neither" },
};

static void assert_text(const struct rule *r, const char *name, const struct value *v, const char *wanted)
{
    if (!str_eq(v->text, wanted))
        fail_msg("%s: %s is %s, wanted %s", r->what, name, v->text ? v->text : "none", wanted ? wanted : "none");
}

static void try_rule(const struct rule *r)
{
    const struct settings_flags flags = { .profile = r->flag };
    struct settings s;
    struct err e = { 0 };
    char path[128];

    home_clear_environment();
    snprintf(path, sizeof path, "%s/.databrickscfg", home);
    unlink(path);
    if (r->file)
        home_write(".databrickscfg", r->file, 0600);
    for (int i = 0; i < 3 && r->environment[i][0]; i++)
        setenv(r->environment[i][0], r->environment[i][1], 1);
    int rc = settings_load(&flags, &s, &e);
    if (r->error) {
        if (!rc)
            fail_msg("%s: no error", r->what);
        assert_said(&e, ERR_CONFIG, r->error);
        assert_null(s.host.text);
        return;
    }
    if (rc)
        fail_msg("%s: %s", r->what, home_said(&e));
    assert_text(r, "host", &s.host, r->host);
    assert_text(r, "token", &s.token, r->token);
    assert_text(r, "client_id", &s.client_id, r->client);
    assert_text(r, "cluster_id", &s.cluster_id, r->cluster);
    settings_release(&s);
}

static void rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++)
        try_rule(&RULES[i]);
}

static void other_methods_keep_their_name(void **state)
{
    struct settings_flags flags = { .profile = "old" };
    struct settings s;
    struct err e = { 0 };

    (void)state;
    home_write(".databrickscfg", FILE_TEXT, 0600);
    assert_int_equal(settings_load(&flags, &s, &e), 0);
    assert_string_equal(s.auth_type.text, "basic");
    settings_release(&s);
    flags.profile = "azure";
    assert_int_equal(settings_load(&flags, &s, &e), 0);
    assert_string_equal(s.auth_type.text, "azure-cli");
    settings_release(&s);
}

static void another_file(void **state)
{
    const struct settings_flags flags = { .profile = "lab" };
    struct settings s;
    struct err e = { 0 };
    char origin[200];

    (void)state;
    home_write("elsewhere/cfg", "[lab]\nhost = other.example.com\n", 0600);
    setenv("DATABRICKS_CONFIG_FILE", "~/elsewhere/cfg", 1);
    assert_int_equal(settings_load(&flags, &s, &e), 0);
    assert_string_equal(value_origin(&s.host, origin, sizeof origin), "profile lab of ~/elsewhere/cfg");
    settings_release(&s);
}

static void listed(void **state)
{
    static const char *const wanted[][3] = {
        { "DEFAULT", "https://default.example.com", "pat" }, { "lab", "lab.example.com/", "pat" }, { "sp", "https://sp.example.com:443", "oauth-m2m" },
        { "bare", "https://bare.example.com", "" }, { "both", "https://both.example.com", "pat" }, { "chosen", "https://both.example.com", "pat" },
        { "old", "https://old.example.com", "" }, { "azure", "https://azure.example.com", "azure-cli" }, { "http", "http://plain.example.com", "pat" },
    };
    struct profile_line *p;
    struct err e = { 0 };
    size_t n;

    (void)state;
    assert_int_equal(settings_profiles(&p, &n, &e), 0);
    assert_int_equal(n, 0);
    settings_profiles_free(p, n);
    home_write(".databrickscfg", FILE_TEXT "[lab]\ncluster_id = again\n[__settings__]\ndefault_profile = lab\n", 0600);
    assert_int_equal(settings_profiles(&p, &n, &e), 0);
    assert_int_equal(n, sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(p[i].name, wanted[i][0]);
        assert_string_equal(p[i].host, wanted[i][1]);
        assert_string_equal(p[i].auth, wanted[i][2]);
    }
    settings_profiles_free(p, n);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, home_set_up, home_tear_down)
    const struct CMUnitTest tests[] = { CASE(rules), CASE(other_methods_keep_their_name), CASE(another_file), CASE(listed) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
