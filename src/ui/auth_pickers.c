/* Authenticate: the lists of its pickers. */
#include "ui/auth_screen.h"
#include "ui/remedies.h"
#include "ui/words.h"

void auth_list_compute(struct auth *a, int64_t max_age_ms)
{
    struct picker *p = &a->form.picker;
    struct err ignored;
    struct err why;
    const struct catalog_list *l = auth_world(a)->catalog ? catalog_get(auth_world(a)->catalog, "compute:", max_age_ms) : NULL;
    picker_clear(p);
    p->loading = l ? l->loading : auth_world(a)->catalog != NULL;
    for (size_t i = 0; l && i < l->count; i++) {
        const struct catalog_entry *en = &l->entries[i];
        const char *kind = en->kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster";
        char *id = str_printf("%s:%s", kind, en->name), *name = str_printf("%s  %s  %s", kind, en->name, en->comment);
        struct list_row row = { .id = id, .name = name ? name : "", .note = en->type, .note_role = str_eq(en->type, "RUNNING") ? ROLE_GOOD : ROLE_DIM };
        if (id)
            picker_add(p, &row, &ignored);
        free(name);
        free(id);
    }
    p->problem[0] = '\0';
    if (l && l->error.code)
        remedies_err(&l->error, p->problem, sizeof p->problem);
    else if (!auth_world(a)->catalog && world_check(auth_world(a), &why) < 0)
        remedies_err(&why, p->problem, sizeof p->problem);
    words_age("listed", l ? l->listed_at_ms : 0, p->age, sizeof p->age);
    catalog_list_unref(l);
}

static void list_profiles(struct auth *a)
{
    struct err e;
    struct picker *p = &a->form.picker;
    if (auth_world(a)->options.sandbox) {
        str_copy(p->problem, sizeof p->problem, "the local platform is in use: start lakeferry without --sandbox to use a profile");
        return;
    }
    p->loading = true;
    if (auth_profiles_start(auth_world(a), app_serial(a->app, a), &e) < 0)
        remedies_err(&e, p->problem, sizeof p->problem);
}

void auth_profiles_came(struct auth *a, const struct auth_profiles *profiles)
{
    struct picker *p = &a->form.picker;
    struct err ignored;
    if (a->form.picking != AUTH_PROFILE)
        return;
    picker_clear(p);
    p->loading = false;
    for (size_t i = 0; i < profiles->count; i++) {
        const struct profile_line *line = &profiles->lines[i];
        struct list_row row = { .name = line->name, .note = line->host, .note_role = ROLE_DIM };
        picker_add(p, &row, &ignored);
    }
    if (profiles->error.code)
        remedies_err(&profiles->error, p->problem, sizeof p->problem);
    else if (!profiles->count)
        str_copy(p->problem, sizeof p->problem, "~/.databrickscfg has no profiles");
}

void auth_open_picker(struct auth *a, int field, int64_t max_age_ms)
{
    if (field == AUTH_PROFILE)
        list_profiles(a);
    else if (field == AUTH_COMPUTE)
        auth_list_compute(a, max_age_ms);
}
