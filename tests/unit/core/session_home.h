#ifndef LAKEFERRY_TESTS_SESSION_HOME_H
#define LAKEFERRY_TESTS_SESSION_HOME_H
/* session_home: an empty home folder and an environment without anything of ours, for the tests of settings and sessions. Include it once in a program. */
#include "base/file.h"
#include "base/redact.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static char home[64];

static void home_clear_environment(void)
{
    static const char *const names[] = { "DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CLUSTER_ID", "DATABRICKS_WAREHOUSE_ID", "DATABRICKS_WORKSPACE_ID",
        "DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_CONFIG_PROFILE", "DATABRICKS_CONFIG_FILE", "DATABRICKS_AUTH_TYPE",
        "DATABRICKS_USERNAME", "DATABRICKS_PASSWORD", "CLARIFAI_PAT", "CLARIFAI_USER_ID", "CLARIFAI_API_BASE", "LAKEFERRY_SANDBOX_DATA",
        "DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
    setenv("HOME", home, 1);
    setenv("XDG_RUNTIME_DIR", home, 1);
}

static int home_set_up(void **state)
{
    (void)state;
    str_copy(home, sizeof home, "/tmp/lakeferry-test-XXXXXX");
    if (!mkdtemp(home))
        return -1;
    home_clear_environment();
    return 0;
}

static int home_tear_down(void **state)
{
    struct err e;

    (void)state;
    redact_clear();
    return file_remove_tree(home, &e);
}

static inline void home_write(const char *name, const char *text, unsigned mode)
{
    char path[256];
    struct err e;

    snprintf(path, sizeof path, "%s/%s", home, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(file_make_dirs(path, &e), 0);
    *slash = '/';
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(chmod(path, mode), 0);
}

/* Everything the error says. */
static inline const char *home_said(const struct err *e)
{
    static char text[2000];

    return err_sentence(e, text, sizeof text);
}

static inline void assert_said(const struct err *e, enum err_code code, const char *part)
{
    if (e->code != code || !strstr(home_said(e), part))
        print_message("said: %s: %s\nwanted: %s: %s\n", err_code_name(e->code), home_said(e), err_code_name(code), part);
    assert_int_equal(e->code, code);
    assert_non_null(strstr(home_said(e), part));
}
#endif
