#include "core/credentials.h"
#include "base/file.h"
#include "base/redact.h"
#include "base/timefmt.h"
#include "core/settings_ini.h"
#include "net/databricks_auth.h"
#include <libsecret/secret.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 3000       /* a lookup delays what the person waits for */
#define STORE_MS 60000     /* a locked keyring asks for its password first */
#define LEAVE_MS 1000      /* after cancelling; a call that hangs longer is left behind */
#define SILENT_MS 30000    /* a keyring that hung is not asked again so soon */
#define FILE_NAME "credentials.ini"

static const struct { const char *service, *section, *label; } KINDS[] = {
    [CREDENTIAL_DATABRICKS_TOKEN] = { "databricks", "databricks", "Databricks token of" },
    [CREDENTIAL_CLARIFAI_PAT] = { "clarifai", "clarifai", "Clarifai access token of" },
};

static const SecretSchema SCHEMA = {
    "org.lakeferry.Credential", SECRET_SCHEMA_NONE,
    { { "service", SECRET_SCHEMA_ATTRIBUTE_STRING }, { "account", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
    0, 0, 0, 0, 0, 0, 0, 0,
};

/* The same host however it was written. Owned. */
static char *account_text(enum credential which, const char *account)
{
    char *base = NULL, workspace[32];
    struct err ignored;

    if (which == CREDENTIAL_DATABRICKS_TOKEN && databricks_host_normalize(account, &base, workspace, &ignored) == 0)
        return base;
    return str_dup(account);
}

/* --- keyring: each call on a thread of its own that can be left behind --- */

enum keyring_task { TASK_ANSWERS, TASK_FIND, TASK_STORE, TASK_FORGET };
struct keyring_job {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int users;                  /* the caller and the thread */
    bool done, failed;
    enum keyring_task task;
    enum credential which;
    char *account, *secret;
    char why[256];
    GCancellable *cancel;
};
static atomic_int_least64_t silent_until_ms;

static void job_leave(struct keyring_job *j)
{
    pthread_mutex_lock(&j->lock);
    bool last = --j->users == 0;
    pthread_mutex_unlock(&j->lock);
    if (!last)
        return;
    if (j->secret)
        explicit_bzero(j->secret, strlen(j->secret));
    free(j->secret);
    free(j->account);
    g_object_unref(j->cancel);
    pthread_cond_destroy(&j->ended);
    pthread_mutex_destroy(&j->lock);
    free(j);
}

/* *found: owned by libsecret. */
static bool job_carry_out(struct keyring_job *j, gchar **found, GError **error)
{
    const char *service = KINDS[j->which].service;
    SecretService *s;
    bool ok = true;
    char label[400];

    switch (j->task) {
    case TASK_ANSWERS:
        s = secret_service_get_sync(SECRET_SERVICE_OPEN_SESSION, j->cancel, error);
        ok = s != NULL;
        if (s)
            g_object_unref(s);
        break;
    case TASK_FIND:
        *found = secret_password_lookup_sync(&SCHEMA, j->cancel, error, "service", service, "account", j->account, NULL);
        break;
    case TASK_STORE:
        snprintf(label, sizeof label, "%s %s (lakeferry)", KINDS[j->which].label, j->account);
        ok = secret_password_store_sync(&SCHEMA, SECRET_COLLECTION_DEFAULT, label, j->secret, j->cancel, error,
                                        "service", service, "account", j->account, NULL);
        break;
    case TASK_FORGET:
        secret_password_clear_sync(&SCHEMA, j->cancel, error, "service", service, "account", j->account, NULL);
        break;
    }
    return ok && !*error;
}

static void *job_main(void *arg)
{
    struct keyring_job *j = arg;
    GError *error = NULL;
    gchar *found = NULL;
    bool ok = job_carry_out(j, &found, &error);

    pthread_mutex_lock(&j->lock);
    j->failed = !ok;
    if (error)
        str_copy(j->why, sizeof j->why, error->message);
    if (j->task == TASK_FIND && found)
        j->secret = str_dup(found);
    j->done = true;
    pthread_cond_broadcast(&j->ended);
    pthread_mutex_unlock(&j->lock);
    if (found)
        secret_password_free(found);
    g_clear_error(&error);
    job_leave(j);
    return NULL;
}

/* Waits for the end; false when ms have passed. Called with the lock held. */
static bool job_wait(struct keyring_job *j, int64_t ms)
{
    int64_t end = time_mono_ms() + ms;
    struct timespec at = { .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };

    while (!j->done)
        if (pthread_cond_timedwait(&j->ended, &j->lock, &at))
            return j->done;
    return true;
}

/* Without an address libdbus would start a bus of its own: a program nobody asked for. */
static bool bus_is_there(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char path[4096];

    if (!str_blank(getenv("DBUS_SESSION_BUS_ADDRESS")))
        return true;
    return !str_blank(runtime) && (size_t)snprintf(path, sizeof path, "%s/bus", runtime) < sizeof path && access(path, F_OK) == 0;
}

static struct keyring_job *job_new(enum keyring_task task, enum credential which, const char *account, const char *secret)
{
    pthread_condattr_t monotonic;
    struct keyring_job *j = calloc(1, sizeof *j);

    if (!j)
        return NULL;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    j->users = 1;
    j->task = task;
    j->which = which;
    j->cancel = g_cancellable_new();
    j->account = account_text(which, account);
    j->secret = str_dup(secret);
    if (!j->account || (secret && !j->secret)) {
        job_leave(j);
        return NULL;
    }
    return j;
}

static int no_keyring(struct err *e, const char *why)
{
    err_set(e, ERR_CONFIG, "%s", why);
    err_about(e, "cannot use", "the keyring");
    return err_remedy(e, "use the environment variables for this session, or let the tokens be stored in a file that only you can read");
}

static int job_result(struct keyring_job *j, int64_t limit_ms, char **found, struct err *e)
{
    int rc = 0;

    pthread_mutex_lock(&j->lock);
    if (!job_wait(j, limit_ms)) {
        atomic_store(&silent_until_ms, time_mono_ms() + SILENT_MS);
        g_cancellable_cancel(j->cancel);
        job_wait(j, LEAVE_MS);
        rc = no_keyring(e, "the Secret Service gave no answer in time");
    } else if (j->failed) {
        rc = no_keyring(e, j->why);
    } else if (found) {
        *found = j->secret;
        j->secret = NULL;
    }
    pthread_mutex_unlock(&j->lock);
    return rc;
}

/* found (TASK_FIND only): owned, NULL when nothing is stored. */
static int keyring_do(enum keyring_task task, enum credential which, const char *account, const char *secret, char **found, struct err *e)
{
    pthread_t thread;

    if (!bus_is_there())
        return no_keyring(e, "there is no D-Bus session");
    if (task != TASK_STORE && time_mono_ms() < atomic_load(&silent_until_ms))
        return no_keyring(e, "the Secret Service gave no answer in time");
    struct keyring_job *j = job_new(task, which, account, secret);
    if (!j)
        return err_no_memory(e);
    j->users = 2;
    if (pthread_create(&thread, NULL, job_main, j)) {
        j->users = 1;
        job_leave(j);
        return err_set(e, ERR_NO_MEMORY, "no thread could be started for the keyring");
    }
    pthread_detach(thread);
    int rc = job_result(j, task == TASK_STORE ? STORE_MS : LOOK_MS, found, e);
    job_leave(j);
    return rc;
}

bool credentials_keyring_answers(struct err *why)
{
    return keyring_do(TASK_ANSWERS, CREDENTIAL_CLARIFAI_PAT, "clarifai", NULL, NULL, why) == 0;
}

/* --- the file: [databricks] with host and token, once a host; [clarifai] with account and token --- */

static char *file_path(struct err *e)
{
    char *dir = file_dir_config(e), *path = dir ? str_printf("%s/" FILE_NAME, dir) : NULL;

    if (dir && !path)
        err_no_memory(e);
    free(dir);
    return path;
}

static int check_private(const char *path, struct err *e)
{
    struct stat st;

    if (stat(path, &st) || (st.st_mode & 077) == 0)
        return 0;
    err_set(e, ERR_CONFIG, "others may read it");
    err_about(e, "cannot use", path);
    return err_remedy(e, "chmod 600 %s, and replace the tokens in it", path);
}

/* Missing: empty. */
static int file_load(const char *path, struct settings_ini *out, struct err *e)
{
    struct err why = { 0 };

    if (check_private(path, e))
        return -1;
    if (settings_ini_read(path, out, &why) == 0)
        return 0;
    if (why.code == ERR_NOT_FOUND)
        return 0;
    if (e)
        *e = why;
    return -1;
}

/* The index of the token entry of that account, or -1. An "account" line speaks for the token behind it. */
static long file_index(const struct settings_ini *t, enum credential which, const char *account)
{
    const char *current = NULL;

    for (size_t i = 0; i < t->count; i++) {
        const struct settings_ini_entry *en = &t->entries[i];
        if (!str_eq(en->section, KINDS[which].section))
            continue;
        if (str_eq(en->key, "account"))
            current = en->value;
        else if (str_eq(en->key, "token") && str_eq(current, account))
            return (long)i;
    }
    return -1;
}

static void file_print(struct buf *out, const struct settings_ini *t, long skip)
{
    const char *account = "";

    buf_puts(out, "# Tokens of lakeferry. Written by: lakeferry auth login. Removed by: lakeferry auth logout.\n");
    for (size_t i = 0; i < t->count; i++) {
        const struct settings_ini_entry *en = &t->entries[i];
        if (str_eq(en->key, "account"))
            account = en->value;
        else if ((long)i != skip && str_eq(en->key, "token"))
            buf_printf(out, "\n[%s]\naccount = %s\ntoken = %s\n", en->section, account, en->value);
    }
}

/* Rewrites the file without that account's token and, when secret is given, with the new one. */
static int file_change(enum credential which, const char *account, const char *secret, struct err *e)
{
    struct settings_ini t = { 0 };
    struct buf text = BUF_INIT;
    char *path = file_path(e), *name = account_text(which, account);
    int rc = path && name ? file_load(path, &t, e) : path ? err_no_memory(e) : -1;

    if (!rc) {
        long skip = file_index(&t, which, name);
        if (skip >= 0 || secret) {
            file_print(&text, &t, skip);
            if (secret)
                buf_printf(&text, "\n[%s]\naccount = %s\ntoken = %s\n", KINDS[which].section, name, secret);
            rc = buf_error(&text, e);
            if (!rc)
                rc = file_write_atomic(path, text.data, text.len, e);
        }
    }
    settings_ini_release(&t);
    buf_wipe(&text);
    free(path);
    free(name);
    return rc;
}

static int file_find(enum credential which, const char *account, struct value *out, struct err *e)
{
    struct settings_ini t = { 0 };
    char *path = file_path(e), *name = account_text(which, account);
    int rc = path && name ? file_load(path, &t, e) : path ? err_no_memory(e) : -1;

    if (!rc) {
        long i = file_index(&t, which, name);
        if (i >= 0)
            rc = value_set(out, t.entries[i].value, FROM_FILE, path, e);
    }
    settings_ini_release(&t);
    free(path);
    free(name);
    return rc;
}

/* --- both --- */

int credentials_find(enum credential which, const char *account, struct value *out, struct err *e)
{
    struct err ignored;
    char *found = NULL;

    if (keyring_do(TASK_FIND, which, account, NULL, &found, &ignored) == 0 && found) {
        redact_add(found);
        int rc = value_set(out, found, FROM_KEYRING, "", e);
        explicit_bzero(found, strlen(found));
        free(found);
        return rc;
    }
    return file_find(which, account, out, e);
}

static bool is_token(const char *secret)
{
    if (str_blank(secret))
        return false;
    for (const unsigned char *p = (const unsigned char *)secret; *p; p++)
        if (*p <= ' ' || *p >= 0x7f)
            return false;
    return true;
}

int credentials_store(enum credential_store where, enum credential which, const char *account, const char *secret, struct err *e)
{
    if (!is_token(secret)) {
        err_set(e, ERR_USAGE, "the token is empty or has characters that no token has");
        return err_about(e, "cannot store", KINDS[which].label);
    }
    redact_add(secret);
    return where == STORE_KEYRING ? keyring_do(TASK_STORE, which, account, secret, NULL, e) : file_change(which, account, secret, e);
}

int credentials_forget(enum credential which, const char *account, struct err *e)
{
    struct err ignored;

    if (file_change(which, account, NULL, e))
        return -1;
    /* A keyring that does not answer holds nothing of ours that could be used; one that answers and refuses must be told. */
    return credentials_keyring_answers(&ignored) ? keyring_do(TASK_FORGET, which, account, NULL, NULL, e) : 0;
}
