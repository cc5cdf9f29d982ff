#include "core/profile.h"
#include "core/settings.h"

#define RESERVED "__settings__"

/* The file's path with ~ expanded; shown gets it the short way. */
static char *file_path(char *shown, size_t size, struct err *e)
{
    const char *named = getenv("DATABRICKS_CONFIG_FILE"), *home = getenv("HOME");
    char *path;

    if (str_blank(named))
        named = "~/.databrickscfg";
    if (str_starts(named, "~/") && str_blank(home)) {
        err_set(e, ERR_CONFIG, "%s cannot be found because HOME is not set", named);
        return NULL;
    }
    path = str_starts(named, "~/") ? str_printf("%s%s", home, named + 1) : str_dup(named);
    if (!path)
        err_no_memory(e);
    str_copy(shown, size, named);
    return path;
}

int profile_open(struct profile_file *out, struct err *e)
{
    struct err why = { 0 };

    memset(out, 0, sizeof *out);
    out->path = file_path(out->shown, sizeof out->shown, e);
    if (!out->path)
        return -1;
    if (settings_ini_read(out->path, &out->text, &why) == 0) {
        out->exists = true;
        return 0;
    }
    if (why.code == ERR_NOT_FOUND)
        return 0;
    profile_release(out);
    if (e)
        *e = why;
    return -1;
}

void profile_release(struct profile_file *f)
{
    free(f->path);
    settings_ini_release(&f->text);
    memset(f, 0, sizeof *f);
}

static bool has_keys(const struct profile_file *f, const char *section)
{
    for (size_t i = 0; i < f->text.count; i++)
        if (str_eq(f->text.entries[i].section, section))
            return true;
    return false;
}

bool profile_exists(const struct profile_file *f, const char *name)
{
    return !str_eq(name, RESERVED) && settings_ini_has_section(&f->text, name) && (!str_eq(name, "DEFAULT") || has_keys(f, name));
}

const char *profile_get(const struct profile_file *f, const char *profile, const char *key)
{
    const struct settings_ini_entry *en = settings_ini_find(&f->text, profile, key);

    return en && !str_blank(en->value) ? en->value : NULL;
}

int profile_choose(const struct profile_file *f, const char *named, const char **out, struct err *e)
{
    const char *chosen = named, *by = "";

    *out = NULL;
    if (!chosen && (chosen = profile_get(f, RESERVED, "default_profile")))
        by = ", which its default_profile names";
    if (!chosen && profile_exists(f, "DEFAULT"))
        chosen = "DEFAULT";
    if (!chosen)
        return 0;
    if (!profile_exists(f, chosen)) {
        if (!f->exists)
            err_set(e, ERR_CONFIG, "profile \"%s\" was asked for, but there is no file %s", chosen, f->shown);
        else if (str_eq(chosen, RESERVED))
            err_set(e, ERR_CONFIG, "[%s] of %s holds settings and is no profile", chosen, f->shown);
        else
            err_set(e, ERR_CONFIG, "%s has no profile \"%s\"%s", f->shown, chosen, by);
        return err_remedy(e, "name one that is there, or add it with: databricks configure --profile NAME");
    }
    *out = chosen;
    return 0;
}

/* --- for people who choose --- */

static const char *method_of(const struct profile_file *f, const char *name)
{
    const char *type = profile_get(f, name, "auth_type");

    if (type)
        return type;
    if (profile_get(f, name, "token"))
        return "pat";
    return profile_get(f, name, "client_id") ? "oauth-m2m" : "";
}

static bool listed_before(const struct profile_file *f, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(f->text.sections.items[i], f->text.sections.items[n]))
            return true;
    return false;
}

int settings_profiles(struct profile_line **out, size_t *count, struct err *e)
{
    struct profile_file f;
    int rc = 0;

    *out = NULL;
    *count = 0;
    if (profile_open(&f, e))
        return -1;
    if (f.text.sections.count)
        *out = calloc(f.text.sections.count, sizeof **out);
    if (f.text.sections.count && !*out)
        rc = err_no_memory(e);
    for (size_t i = 0; !rc && i < f.text.sections.count; i++) {
        const char *name = f.text.sections.items[i], *host = profile_get(&f, name, "host");
        if (!profile_exists(&f, name) || listed_before(&f, i))
            continue;
        struct profile_line *p = &(*out)[(*count)++];
        *p = (struct profile_line){ str_dup(name), str_dup(host ? host : ""), str_dup(method_of(&f, name)) };
        if (!p->name || !p->host || !p->auth)
            rc = err_no_memory(e);
    }
    profile_release(&f);
    if (rc) {
        settings_profiles_free(*out, *count);
        *out = NULL;
        *count = 0;
    }
    return rc;
}

void settings_profiles_free(struct profile_line *p, size_t count)
{
    for (size_t i = 0; p && i < count; i++) {
        free(p[i].name);
        free(p[i].host);
        free(p[i].auth);
    }
    free(p);
}
