#include "ui/form_whole.h"
#include "core/names.h"

static bool parses(const char *text, int parts, char **whole)
{
    struct name n = { 0 };
    struct err ignored;
    char *bare = str_dup(text);
    bool good = bare && name_parse(str_trim(bare), parts, &n, &ignored) == 0;
    if (good && whole)
        *whole = name_text(&n);
    name_release(&n);
    free(bare);
    return good;
}

/* /Volumes/… or catalog.schema.volume, both with a folder or without. */
static bool parses_volume(const char *text, char **whole, char **folder)
{
    struct volume_path v = { 0 };
    struct err ignored;
    char *bare = str_dup(text);
    bool good = bare && volume_path_parse(str_trim(bare), &v, &ignored) == 0;
    if (good && whole)
        *whole = name_text(&v.volume);
    if (good && folder)
        *folder = str_dup(v.path);
    volume_path_release(&v);
    free(bare);
    return good;
}

static bool is_schema(const char *text) { return parses(text, 2, NULL); }
static bool is_object(const char *text) { return parses(text, 3, NULL); }
static bool is_path(const char *text) { return parses_volume(text, NULL, NULL); }

/* Without a field for the folder there is nowhere to keep it. */
static bool is_volume(const char *text)
{
    char *folder = NULL;
    bool good = parses_volume(text, NULL, &folder) && str_blank(folder);
    free(folder);
    return good;
}

static bool has_folder(const struct job_form *f, int field)
{
    for (size_t i = 0; i < f->verb->count; i++)
        if (f->verb->fields[i].list == LIST_FOLDERS && f->verb->fields[i].beside == field)
            return true;
    return false;
}

void form_whole_take(struct job_form *f, const struct job_field *d)
{
    struct picker *p = &f->form.picker;
    if (d->list == LIST_SCHEMAS)
        p->whole = is_schema;
    else if (d->list == LIST_TABLES)
        p->whole = is_object;
    else if (d->list == LIST_VOLUMES)
        p->whole = has_folder(f, d->id) ? is_path : is_volume;
    p->shape = d->list == LIST_SCHEMAS ? "catalog.schema" : d->list == LIST_TABLES ? "catalog.schema.table" : "catalog.schema.volume";
}

char *form_whole_settle(struct job_form *f, int field)
{
    const struct job_field *d = job_form_field(f, field);
    const char *text = job_value(f, field);
    char *whole = NULL, *folder = NULL;
    if (d && d->list == LIST_VOLUMES)
        parses_volume(text, &whole, has_folder(f, field) ? &folder : NULL);
    else if (d && (d->list == LIST_SCHEMAS || d->list == LIST_TABLES))
        parses(text, d->list == LIST_SCHEMAS ? 2 : 3, &whole);
    if (whole)
        form_set(&f->form, field, whole, false);
    free(whole);
    return folder;
}
