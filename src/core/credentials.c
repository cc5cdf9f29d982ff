#include "core/credentials.h"
#include "base/file.h"
#include "base/redact.h"
#include "core/credentials_keyring.h"
#include "core/settings_ini.h"
#include "net/databricks_auth.h"
#include <stdatomic.h>
#include <sys/stat.h>

#define FILE_NAME "credentials.ini"

static const struct { const char *service, *section, *label; } KINDS[] = {
    [CREDENTIAL_DATABRICKS_TOKEN] = { "databricks", "databricks", "Databricks token of" },
    [CREDENTIAL_CLARIFAI_PAT] = { "clarifai", "clarifai", "Clarifai access token of" },
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

/* --- keyring --- */

static atomic_bool entry_locked[2];

bool credentials_locked(enum credential which)
{
    return atomic_load(&entry_locked[which]);
}

bool credentials_keyring_answers(bool *locked, struct err *why)
{
    return keyring_look(locked, why) == 0 || *locked;
}

bool credentials_keyring_opens(struct err *why)
{
    return keyring_open(why) == 0;
}

/* name (owned) and label: where the texts of the entry live. */
static int entry_make(enum credential which, const char *account, char **name, char label[static 400], struct keyring_entry *out, struct err *e)
{
    *name = account_text(which, account);
    if (!*name)
        return err_no_memory(e);
    snprintf(label, 400, "%s %s (lakeferry)", KINDS[which].label, *name);
    *out = (struct keyring_entry){ KINDS[which].service, *name, label };
    return 0;
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

static int find_in_keyring(enum credential which, const char *account, char **found, struct err *e)
{
    struct keyring_entry entry;
    struct err ignored;
    char *name, label[400];
    bool locked = false;

    if (entry_make(which, account, &name, label, &entry, e))
        return -1;
    keyring_find(&entry, found, &locked, &ignored);
    atomic_store(&entry_locked[which], locked);
    free(name);
    return 0;
}

int credentials_find(enum credential which, const char *account, struct value *out, struct err *e)
{
    char *found = NULL;

    if (find_in_keyring(which, account, &found, e))
        return -1;
    if (!found)
        return file_find(which, account, out, e);
    redact_add(found);
    int rc = value_set(out, found, FROM_KEYRING, "", e);
    explicit_bzero(found, strlen(found));
    free(found);
    return rc;
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

static int store_in_keyring(enum credential which, const char *account, const char *secret, struct err *e)
{
    struct keyring_entry entry;
    char *name, label[400];

    if (entry_make(which, account, &name, label, &entry, e))
        return -1;
    int rc = keyring_store(&entry, secret, e);
    free(name);
    return rc;
}

int credentials_store(enum credential_store where, enum credential which, const char *account, const char *secret, struct err *e)
{
    if (!is_token(secret)) {
        err_set(e, ERR_USAGE, "it is empty or has characters that no token has");
        return err_about(e, "cannot store", which == CREDENTIAL_CLARIFAI_PAT ? "the Clarifai access token" : "the Databricks token");
    }
    redact_add(secret);
    return where == STORE_KEYRING ? store_in_keyring(which, account, secret, e) : file_change(which, account, secret, e);
}

int credentials_forget(enum credential which, const char *account, struct err *e)
{
    struct keyring_entry entry;
    struct err ignored;
    char *name, label[400];

    if (file_change(which, account, NULL, e))
        return -1;
    /* A keyring that does not answer holds nothing of ours that could be used; one that answers and refuses must be told. */
    if (keyring_answers(&ignored))
        return 0;
    if (entry_make(which, account, &name, label, &entry, e))
        return -1;
    int rc = keyring_forget(&entry, e);
    free(name);
    return rc;
}
