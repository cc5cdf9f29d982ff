#include "ui/form_lists.h"
#include "base/timefmt.h"
#include "core/names.h"
#include "ui/form_names.h"
#include "ui/form_whole.h"
#include "ui/remedies.h"

#define DRILL "//"           /* begins a picker's id that opens a place instead of being a choice; parts of a place are joined by '/' there */

#define OWNERS "*"           /* the place above the apps */

/* ---- rows ---- */

static void add_row(struct job_form *f, const char *id, const char *name, const char *note, char kind)
{
    struct err ignored;
    struct list_row row = { .id = id, .name = name, .note = note, .kind = kind, .note_role = ROLE_DIM };
    picker_add(&f->form.picker, &row, &ignored);
}

static void go_first(struct job_form *f, const char *id)
{
    if (f->go_first && id)
        list_go(&f->form.picker.list, id);
    f->go_first = f->go_first && !id;
}

static void add_drill(struct job_form *f, const char *place, const char *name, const char *note)
{
    char *id = str_printf(DRILL "%s", place);
    for (char *c = id; c && *c; c++)
        *c = *c == '\x1f' ? '/' : *c;
    if (id) {
        add_row(f, id, name, note, 0);
        if (!str_eq(name, ".."))
            go_first(f, id);
    }
    free(id);
}

static char *parent_place(const char *place, char mark)
{
    const char *last = strrchr(place, mark);
    return last ? str_dup_n(place, (size_t)(last - place)) : str_dup("");
}

static void show_state(struct job_form *f, const struct catalog_list *l)
{
    char sentence[400];
    struct picker *p = &f->form.picker;
    bool asked = f->world->catalog != NULL;
    p->loading = asked && (!l || l->loading);
    str_copy(p->problem, sizeof p->problem, asked || list_total(&p->list) ? "" : "there is no connection yet");
    picker_set_age(p, l ? l->listed_at_ms : 0);
    if (l && l->error.code != ERR_NONE)
        str_copy(p->problem, sizeof p->problem, remedies_err(&l->error, sentence, sizeof sentence));
}

static void set_title(struct picker *p, const char *label, const char *place)
{
    snprintf(p->title, sizeof p->title, "%s%s%s", label, place[0] ? ": " : "", place);
    for (char *c = p->title; *c; c++)
        if (*c == '\x1f')
            *c = '.';
}

static void add_choices(struct job_form *f, const struct job_field *d)
{
    for (const struct job_choice *c = d->choices; c && c->value; c++)
        add_row(f, c->value, c->words, NULL, 0);
}

/* ---- what a list is made of ---- */

static const struct catalog_list *ask_for(struct job_form *f, const char *place, int64_t max_age)
{
    return f->world->catalog && place ? catalog_get(f->world->catalog, place, max_age) : NULL;
}

/* Schemas, volumes and tables are reached through what they are in. */
static const struct unity { enum job_list list; enum catalog_kind leaf; const char *in, *which; char letter; } unities[] = {
    { LIST_SCHEMAS, CATALOG_SCHEMA, "Schema in", "Schema: which catalog?", 0 },
    { LIST_VOLUMES, CATALOG_VOLUME, "Volume in", "Volume: which catalog?", 'V' },
    { LIST_TABLES, CATALOG_TABLE, "Table in", "Table: which catalog?", 'T' },
};

static const struct unity *unity_of(enum job_list list)
{
    for (size_t i = 0; i < sizeof unities / sizeof *unities; i++)
        if (unities[i].list == list)
            return &unities[i];
    return NULL;
}

static void add_leaf(struct job_form *f, const char *place, const struct catalog_entry *en, char letter)
{
    const char *dot = strchr(place, '\x1f');
    char *catalog = str_dup_n(place, dot ? (size_t)(dot - place) : strlen(place));
    struct name in_catalog = { .catalog = catalog, .schema = en->name };
    struct name in_schema = { catalog, (char *)(uintptr_t)(dot ? dot + 1 : ""), en->name };
    char *id = catalog ? name_text(dot ? &in_schema : &in_catalog) : NULL;
    if (id)
        add_row(f, id, en->name, en->comment, letter);
    go_first(f, id);
    free(id);
    free(catalog);
}

static void fill_unity(struct job_form *f, const struct job_field *d, int64_t max_age)
{
    const struct unity *u = unity_of(d->list);
    const char *place = f->drill ? f->drill : "";
    const struct catalog_list *l = ask_for(f, place, max_age);
    char *up = parent_place(place, '\x1f');
    set_title(&f->form.picker, place[0] ? u->in : u->which, place);
    if (place[0] && up)
        add_drill(f, up, "..", NULL);
    add_choices(f, d);
    for (size_t i = 0; l && i < l->count; i++) {
        const struct catalog_entry *en = &l->entries[i];
        bool view = en->kind == CATALOG_TABLE && strstr(en->type, "VIEW");   /* nothing writes to a view */
        if (en->kind == u->leaf && !view)
            add_leaf(f, place, en, u->letter);
        else if (en->kind == CATALOG_CATALOG || en->kind == CATALOG_SCHEMA) {
            char *below = str_printf("%s%s%s", place, place[0] ? "\x1f" : "", en->name);
            if (below)
                add_drill(f, below, en->name, en->comment);
            free(below);
        }
    }
    show_state(f, l);
    catalog_list_unref(l);
    free(up);
}

/* The part of a folder's place behind its volume. */
static const char *behind_volume(const char *place)
{
    for (int slashes = 0; *place; place++)
        if (*place == '/' && ++slashes == 5)
            return place + 1;
    return "";
}

static void fill_folders(struct job_form *f, const struct job_field *d, int64_t max_age)
{
    const char *place = f->drill ? f->drill : "", *path = behind_volume(place), *value = job_value(f, d->id);
    char words[320];
    const struct catalog_list *l = place[0] ? ask_for(f, place, max_age) : NULL;
    set_title(&f->form.picker, "Folder", path);
    if (!place[0]) {
        str_copy(f->form.picker.problem, sizeof f->form.picker.problem, "choose the volume first");
        return;
    }
    if (d->make && value[0] && !str_eq(value, path) && !str_eq(value, FORM_NAMES_WHOLE))
        add_row(f, value, value, "as chosen", 0);
    snprintf(words, sizeof words, path[0] ? (d->make ? "this folder: %s" : "this folder and all below: %s") : "the whole volume", path);
    add_row(f, path[0] ? path : FORM_NAMES_WHOLE, words, NULL, 0);
    go_first(f, path[0] ? path : FORM_NAMES_WHOLE);
    char *up = parent_place(place, '/');
    if (path[0] && up)
        add_drill(f, up, "..", NULL);
    for (size_t i = 0; l && i < l->count; i++) {
        char *below = l->entries[i].kind == CATALOG_FOLDER ? str_printf("%s/%s", place, l->entries[i].name) : NULL;
        char *name = below ? str_printf("%s/", l->entries[i].name) : NULL;
        if (name)
            add_drill(f, below, name, NULL);
        free(name);
        free(below);
    }
    show_state(f, l);
    catalog_list_unref(l);
    free(up);
}

/* The apps of one owner. */
static void add_apps(struct job_form *f, const char *owner, bool first, int64_t max_age)
{
    char *place = str_printf("clarifai:%s", owner);
    const struct catalog_list *l = ask_for(f, place, max_age);
    for (size_t k = 0; l && k < l->count; k++) {
        char *id = str_printf("%s/%s", owner, l->entries[k].name);
        if (id)
            add_row(f, id, id, l->entries[k].comment, 0);
        go_first(f, id);
        free(id);
    }
    if (first || !l || l->loading || l->error.code != ERR_NONE)
        show_state(f, l);
    catalog_list_unref(l);
    free(place);
}

bool form_lists_names_owner(const struct job_form *f, int field)
{
    const struct job_field *d = job_form_field(f, field);
    return d && d->list == LIST_APPS && str_eq(f->drill, OWNERS);
}

/* The apps of all owners that are known, or of one; above them the owners, where another one's name can be typed. */
static void fill_apps(struct job_form *f, const struct job_field *d, int64_t max_age)
{
    const struct catalog_list *owners = ask_for(f, "clarifai:", max_age);
    bool choosing = form_lists_names_owner(f, d->id);
    set_title(&f->form.picker, choosing ? "Whose apps?" : "Clarifai app", "");
    if (!choosing)
        add_drill(f, OWNERS, "..", NULL);
    show_state(f, owners);
    for (size_t i = 0; owners && i < owners->count; i++) {
        if (choosing)
            add_drill(f, owners->entries[i].name, owners->entries[i].name, owners->entries[i].comment);
        else if (str_blank(f->drill))
            add_apps(f, owners->entries[i].name, i == 0, max_age);
    }
    if (!choosing && !str_blank(f->drill))
        add_apps(f, f->drill, true, max_age);
    catalog_list_unref(owners);
}

static void fill_datasets(struct job_form *f, const struct job_field *d, int64_t max_age)
{
    const char *app = job_value(f, FIELD_APP);
    if (!app[0]) {
        str_copy(f->form.picker.problem, sizeof f->form.picker.problem, "choose the app first");
        return;
    }
    char *place = str_printf("clarifai:%s", app);
    const struct catalog_list *l = ask_for(f, place, max_age);
    if (d->make && job_value(f, FIELD_DATASET)[0] && f->dataset == JOB_DATASET_NEW)
        add_row(f, job_value(f, FIELD_DATASET), job_value(f, FIELD_DATASET), form_find(&f->form, FIELD_DATASET)->note, 0);
    for (size_t i = 0; l && i < l->count; i++)
        add_row(f, l->entries[i].name, l->entries[i].name, l->entries[i].comment, 0);
    show_state(f, l);
    catalog_list_unref(l);
    free(place);
}

static void fill_compute(struct job_form *f, const struct job_field *d, int64_t max_age)
{
    const struct catalog_list *l = ask_for(f, "compute:", max_age);
    (void)d;
    for (size_t i = 0; l && i < l->count; i++) {
        char id[160], name[240];
        form_names_compute_id(&l->entries[i], id, sizeof id);
        snprintf(name, sizeof name, "%s %s", l->entries[i].kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster", l->entries[i].comment);
        add_row(f, id, name, l->entries[i].type, 0);
    }
    show_state(f, l);
    catalog_list_unref(l);
}

static void fill_fixed(struct job_form *f, const struct job_field *d, int64_t max_age)
{
    (void)max_age;
    add_choices(f, d);
}

void form_lists_fill(struct job_form *f, int64_t max_age)
{
    static void (*const fills[])(struct job_form *, const struct job_field *, int64_t) = {
        [LIST_FIXED] = fill_fixed, [LIST_VOLUMES] = fill_unity, [LIST_SCHEMAS] = fill_unity, [LIST_TABLES] = fill_unity,
        [LIST_FOLDERS] = fill_folders, [LIST_APPS] = fill_apps, [LIST_DATASETS] = fill_datasets, [LIST_COMPUTE] = fill_compute,
    };
    static const char *const whoms[] = {
        [LIST_VOLUMES] = "Databricks", [LIST_SCHEMAS] = "Databricks", [LIST_TABLES] = "Databricks", [LIST_FOLDERS] = "Databricks",
        [LIST_COMPUTE] = "Databricks", [LIST_APPS] = "Clarifai", [LIST_DATASETS] = "Clarifai",
    };
    const struct job_field *d = job_form_field(f, f->form.picking);
    struct picker *p = &f->form.picker;
    picker_clear(p);
    p->loading = false;
    p->whom = d ? whoms[d->list] : NULL;
    if (d && fills[d->list])
        fills[d->list](f, d, max_age);
    p->asked_ms = !p->loading ? 0 : p->asked_ms ? p->asked_ms : time_mono_ms();
    if (d)
        form_whole_take(f, d);
    if (d && d->make)
        str_copy(f->form.picker.make, sizeof f->form.picker.make, form_lists_names_owner(f, d->id) ? "show the apps of" : d->make);
}

/* ---- places ---- */

/* The first parts of a name that has so many, as the catalog writes a place. Owned; NULL when the text is no such name. */
static char *place_of(const char *text, int parts, int first)
{
    struct name n = { 0 };
    struct err ignored;
    if (name_parse(text, parts, &n, &ignored) < 0)
        return NULL;
    char *place = first == 2 ? str_printf("%s\x1f%s", n.catalog, n.schema) : str_dup(n.catalog);
    name_release(&n);
    return place;
}

/* At what is chosen now, else beside what another field holds. */
static char *first_place(struct job_form *f, const struct job_field *d)
{
    const char *value = job_value(f, d->id);
    char *place = NULL;
    if (d->list == LIST_FOLDERS)
        return form_names_path(f, d->beside, d->make ? 0 : d->id);
    if (!unity_of(d->list))
        return NULL;
    place = d->list == LIST_SCHEMAS ? place_of(value, 2, 1) : place_of(value, 3, 2);
    if (!place && d->beside)
        place = place_of(job_value(f, d->beside), d->beside == FIELD_SCHEMA ? 2 : 3, 2);
    return place;
}

void form_lists_begin(struct job_form *f, int field)
{
    const struct job_field *d = job_form_field(f, field);
    free(f->drill);
    f->drill = d ? first_place(f, d) : NULL;
    f->go_first = d && (d->list == LIST_FOLDERS ? !d->make : str_blank(job_value(f, field)) && (unity_of(d->list) || d->list == LIST_APPS));
    str_set(&f->before, job_value(f, field));
}

bool form_lists_is_place(const char *value)
{
    return str_starts(value, DRILL);
}

void form_lists_drill(struct job_form *f, int field)
{
    const struct job_field *d = job_form_field(f, field);
    const char *value = job_value(f, field);
    char *place = str_dup(form_lists_is_place(value) ? value + strlen(DRILL) : value);
    for (char *c = place; d && d->list != LIST_FOLDERS && c && *c; c++)
        *c = *c == '/' ? '\x1f' : *c;
    form_set(&f->form, field, f->before ? f->before : "", false);
    free(f->drill);
    f->drill = place;
    f->go_first = true;
    form_focus(&f->form, field);
    form_update(&f->form, ACTION_OPEN);
    form_lists_fill(f, FORM_LISTS_OPENED_MS);
}
