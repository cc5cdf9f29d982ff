#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/file.h"
#include "core/settings.h"
#include <stdlib.h>

/* Values typed in by a person over those that were found; nothing that is known for one host goes to another. */

static char home[] = "/tmp/lakeferry-typed.XXXXXX";

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(home))
        return -1;
    setenv("XDG_CONFIG_HOME", home, 1);
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return file_remove_tree(home, NULL);
}

static void make(struct settings *s)
{
    struct err e;
    memset(s, 0, sizeof *s);
    assert_int_equal(value_set(&s->host, "https://one.cloud.databricks.com", FROM_PROFILE, "profile one", &e), 0);
    assert_int_equal(value_set(&s->token, "dapi-one", FROM_PROFILE, "profile one", &e), 0);
    assert_int_equal(value_set(&s->cluster_id, "0101-one", FROM_PROFILE, "profile one", &e), 0);
    assert_int_equal(value_set(&s->clarifai_user, "ann", FROM_ENVIRONMENT, "CLARIFAI_USER_ID", &e), 0);
}

static void nothing_typed_changes_nothing(void **state)
{
    struct settings s;
    struct err e;
    (void)state;
    make(&s);
    assert_int_equal(settings_type_in(&s, &(struct settings_typed){ .host = "", .token = NULL }, &e), 0);
    assert_string_equal(s.token.text, "dapi-one");
    assert_int_equal(s.host.from, FROM_PROFILE);
    settings_release(&s);
}

static void the_same_host_keeps_its_token(void **state)
{
    struct settings s;
    struct err e;
    (void)state;
    make(&s);
    assert_int_equal(settings_type_in(&s, &(struct settings_typed){ .host = "one.cloud.databricks.com/" }, &e), 0);
    assert_string_equal(s.token.text, "dapi-one");
    assert_string_equal(s.cluster_id.text, "0101-one");
    settings_release(&s);
}

static void another_host_gets_nothing_of_the_first(void **state)
{
    struct settings s;
    struct err e;
    (void)state;
    make(&s);
    assert_int_equal(settings_type_in(&s, &(struct settings_typed){ .host = "https://two.cloud.databricks.com/?o=123456" }, &e), 0);
    assert_string_equal(s.host.text, "https://two.cloud.databricks.com");
    assert_int_equal(s.host.from, FROM_PROMPT);
    assert_null(s.token.text);
    assert_null(s.cluster_id.text);
    assert_string_equal(s.workspace_id.text, "123456");
    assert_string_equal(s.clarifai_user.text, "ann");
    settings_release(&s);
}

static void a_typed_token_is_the_one_method(void **state)
{
    struct settings s;
    struct err e;
    (void)state;
    make(&s);
    value_release(&s.token);
    assert_int_equal(value_set(&s.client_id, "id", FROM_PROFILE, "", &e), 0);
    assert_int_equal(value_set(&s.client_secret, "secret", FROM_PROFILE, "", &e), 0);
    assert_int_equal(settings_type_in(&s, &(struct settings_typed){ .token = "dapi-typed", .owner = "bob", .pat = "pat-typed" }, &e), 0);
    assert_string_equal(s.token.text, "dapi-typed");
    assert_null(s.client_id.text);
    assert_null(s.client_secret.text);
    assert_string_equal(s.clarifai_user.text, "bob");
    assert_int_equal(s.clarifai_pat.from, FROM_PROMPT);
    settings_release(&s);
}

static void plain_http_is_refused(void **state)
{
    struct settings s;
    struct err e;
    char text[1400];
    (void)state;
    make(&s);
    err_clear(&e);
    assert_int_equal(settings_type_in(&s, &(struct settings_typed){ .host = "http://two.example.com", .token = "dapi-typed" }, &e), -1);
    err_sentence(&e, text, sizeof text);
    assert_non_null(strstr(text, "http://two.example.com"));
    assert_null(strstr(text, "dapi-typed"));
    settings_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_typed_changes_nothing), cmocka_unit_test(the_same_host_keeps_its_token), cmocka_unit_test(another_host_gets_nothing_of_the_first),
        cmocka_unit_test(a_typed_token_is_the_one_method), cmocka_unit_test(plain_http_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
