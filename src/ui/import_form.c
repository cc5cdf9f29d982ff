#include "ui/import_form.h"
#include "base/timefmt.h"
#include "core/names.h"

#define DRILL "//"           /* begins a picker's id that opens a place instead of being a choice; parts of a place are joined by '/' there */
#define FRESH_MS 60000
#define OPENED_MS 5000       /* a picker that opens shows what is known and asks again when that is older */
#define WHOLE "(whole volume)"

/* ---- made and released ---- */

static const struct { int id; enum form_kind kind; const char *label, *value; } items[] = {
    { IMPORT_VOLUME, FORM_CHOICE, "Volume", "" },
    { IMPORT_FOLDER, FORM_CHOICE, "Folder", WHOLE },
    { IMPORT_APP, FORM_CHOICE, "Clarifai app", "" },
    { IMPORT_DATASET, FORM_CHOICE, "Dataset", "" },
    { IMPORT_TABLE, FORM_TEXT, "Inputs table", "" },
    { IMPORT_COMPUTE, FORM_CHOICE, "Compute", "" },
    { IMPORT_IDS, FORM_CHOICE, "Ids from", "file name" },
    { IMPORT_CONFLICT, FORM_CHOICE, "On conflict", "skip" },
    { IMPORT_FILES, FORM_CHOICE, "Files", "pictures" },
    { IMPORT_PLAN_HEAD, FORM_HEADING, "plan", "" },
    { IMPORT_START, FORM_BUTTON, "Start", "" },
    { IMPORT_DRY_RUN, FORM_BUTTON, "Dry run", "" },
    { IMPORT_COPY, FORM_BUTTON, "Copy command", "" },
};

int import_form_init(struct import_form *f, struct ui_world *world, struct err *e)
{
    *f = (struct import_form){ .world = world, .since_ms = time_wall_ms() };
    form_init(&f->form);
    for (size_t i = 0; i < sizeof items / sizeof *items; i++)
        if (form_add(&f->form, items[i].kind, items[i].id, items[i].label, items[i].value, e) < 0) {
            form_release(&f->form);
            return -1;
        }
    import_form_refresh(f);
    return 0;
}

void import_form_release(struct import_form *f)
{
    form_release(&f->form);
    free(f->drill);
    free(f->before);
    free(f->table_asked);
}

/* ---- what the fields say ---- */

static const char *folder_of(const struct import_form *f)
{
    const char *folder = form_value(&f->form, IMPORT_FOLDER);
    return str_eq(folder, WHOLE) ? "" : folder;
}

static bool volume_of(const struct import_form *f, struct name *out)
{
    struct err ignored;
    *out = (struct name){ 0 };
    return name_parse(form_value(&f->form, IMPORT_VOLUME), 3, out, &ignored) == 0;
}

/* "/Volumes/c/s/v[/folder]". Owned, NULL while there is no volume. */
static char *source_of(const struct import_form *f)
{
    struct volume_path v = { .path = (char *)(uintptr_t)folder_of(f) };
    char *text = volume_of(f, &v.volume) ? volume_path_text(&v) : NULL;
    name_release(&v.volume);
    for (size_t n = text ? strlen(text) : 0; n > 1 && text[n - 1] == '/'; n--)
        text[n - 1] = '\0';
    return text;
}

/* The table that is named, whole; false while the text is none. */
static bool table_of(const struct import_form *f, struct name *out, struct err *e)
{
    struct name volume;
    struct ask ask = { 0 };
    *out = (struct name){ 0 };
    if (ask_set(&ask, "table", form_value(&f->form, IMPORT_TABLE), e) < 0)
        return false;
    bool have = volume_of(f, &volume);
    bool good = ask_place_tables(&ask, &volume, e) == 0 && (have || ask.table.catalog);
    if (good)
        good = name_copy(out, &ask.table, e) == 0;
    name_release(&volume);
    ask_release(&ask);
    return good;
}

static const struct catalog_list *list_of(const struct import_form *f, const char *place)
{
    return f->world->catalog ? catalog_get(f->world->catalog, place, FRESH_MS) : NULL;
}

/* A list that tells what exists now: known is false while it does not, and no error says why. */
static const struct catalog_list *list_now(const struct import_form *f, const char *place, bool *known)
{
    int64_t age = time_wall_ms() - f->since_ms;
    const struct catalog_list *l = f->world->catalog ? catalog_get(f->world->catalog, place, age > 0 ? age : 1) : NULL;
    *known = l && (l->error.code != ERR_NONE || (l->complete && !l->from_disk && l->listed_at_ms >= f->since_ms));
    return l;
}

static const struct catalog_entry *find_entry(const struct catalog_list *l, enum catalog_kind kind, const char *name)
{
    for (size_t i = 0; l && i < l->count; i++)
        if (l->entries[i].kind == kind && str_ieq(l->entries[i].name, name))
            return &l->entries[i];
    return NULL;
}

/* ---- guesses ---- */

/* [A-Za-z0-9_-], at most 48, as Clarifai's ids are. */
static void guess_dataset(struct import_form *f)
{
    char id[49] = "";
    struct name v;
    if (!volume_of(f, &v))
        return;
    char *text = str_printf("%s %s", v.object, folder_of(f));
    size_t n = 0;
    for (const char *p = text; p && *p && n < sizeof id - 1; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_';
        if (plain)
            id[n++] = *p;
        else if (n && id[n - 1] != '-')
            id[n++] = '-';
    }
    while (n && id[n - 1] == '-')
        n--;
    id[n] = '\0';
    form_set(&f->form, IMPORT_DATASET, n ? id : "pictures", true);
    free(text);
    name_release(&v);
}

static void guess_table(struct import_form *f)
{
    struct name v, t = { 0 };
    if (!volume_of(f, &v))
        return;
    char *text = str_printf("%s %s", v.object, folder_of(f));
    t = (struct name){ v.catalog, v.schema, text ? name_suggest(text) : NULL };
    char *whole = t.object ? name_text(&t) : NULL;
    if (whole)
        form_set(&f->form, IMPORT_TABLE, whole, true);
    free(whole);
    free(t.object);
    free(text);
    name_release(&v);
}

/* The app changed last is the one people most likely work on. */
static void guess_app(struct import_form *f)
{
    const char *user = f->world->session ? f->world->session->clarifai_user : "";
    const struct catalog_entry *newest = NULL;
    const struct form_item *it = form_find(&f->form, IMPORT_APP);
    if (!user[0] || !it || it->touched || it->value.text.len)
        return;
    char *place = str_printf("clarifai:%s", user);
    const struct catalog_list *l = place ? list_of(f, place) : NULL;
    for (size_t i = 0; l && i < l->count; i++)
        if (!newest || l->entries[i].modified_ms > newest->modified_ms)
            newest = &l->entries[i];
    char *id = newest && l->complete ? str_printf("%s/%s", user, newest->name) : NULL;
    if (id)
        form_set(&f->form, IMPORT_APP, id, true);
    free(id);
    catalog_list_unref(l);
    free(place);
}

static void compute_id(const struct catalog_entry *en, char *out, size_t size)
{
    snprintf(out, size, "%s:%s", en->kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster", en->name);
}

/* The configured compute; where none is, one that runs already. */
static void guess_compute(struct import_form *f)
{
    const struct settings *s = f->world->session ? &f->world->session->settings : NULL;
    char id[160] = "";
    if (!s || form_find(&f->form, IMPORT_COMPUTE)->touched)
        return;
    if (!str_blank(f->world->choice.compute) && strchr(f->world->choice.compute, ':'))
        str_copy(id, sizeof id, f->world->choice.compute);
    else if (!str_blank(s->warehouse_id.text))
        snprintf(id, sizeof id, "warehouse:%s", s->warehouse_id.text);
    else if (!str_blank(s->cluster_id.text))
        snprintf(id, sizeof id, "cluster:%s", s->cluster_id.text);
    const struct catalog_list *l = id[0] ? NULL : list_of(f, "compute:");
    for (size_t i = 0; l && !id[0] && i < l->count; i++)
        if (str_eq(l->entries[i].type, "RUNNING"))
            compute_id(&l->entries[i], id, sizeof id);
    catalog_list_unref(l);
    if (id[0])
        form_set(&f->form, IMPORT_COMPUTE, id, true);
}

/* ---- notes ---- */

/* What the app does to pictures that arrive. */
static void note_app(struct import_form *f)
{
    const char *app = form_value(&f->form, IMPORT_APP), *slash = strchr(app, '/');
    char *place = slash ? str_printf("clarifai:%.*s", (int)(slash - app), app) : NULL;
    const struct catalog_list *l = place ? list_of(f, place) : NULL;
    const struct catalog_entry *en = slash ? find_entry(l, CATALOG_APP, slash + 1) : NULL;
    char text[160] = "";
    if (en && en->type[0])
        snprintf(text, sizeof text, "workflow %s", en->type);
    form_note(&f->form, IMPORT_APP, ROLE_DIM, text);
    catalog_list_unref(l);
    free(place);
}

static void note_dataset(struct import_form *f)
{
    const char *app = form_value(&f->form, IMPORT_APP), *name = form_value(&f->form, IMPORT_DATASET);
    char *place = app[0] && name[0] ? str_printf("clarifai:%s", app) : NULL;
    bool known = false;
    const struct catalog_list *l = place ? list_now(f, place, &known) : NULL;
    if (!known)
        f->dataset = IMPORT_DATASET_UNKNOWN;
    else if (find_entry(l, CATALOG_DATASET, name))
        f->dataset = IMPORT_DATASET_THERE;
    else
        f->dataset = l->error.code != ERR_NONE ? IMPORT_DATASET_UNSEEN : IMPORT_DATASET_NEW;
    static const char *const words[] = { [IMPORT_DATASET_UNKNOWN] = "", [IMPORT_DATASET_UNSEEN] = "could not be looked up", [IMPORT_DATASET_THERE] = "exists", [IMPORT_DATASET_NEW] = "new, will be made" };
    form_note(&f->form, IMPORT_DATASET, f->dataset == IMPORT_DATASET_NEW ? ROLE_INFO : ROLE_DIM, words[f->dataset]);
    catalog_list_unref(l);
    free(place);
}

/* Whether the comma-separated list of the table's property names the dataset. */
static bool has_dataset(const char *list, const char *dataset)
{
    size_t n = strlen(dataset);
    for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',') {
        p += strspn(p, " ");
        if (strncmp(p, dataset, n) == 0 && (p[n] == ',' || p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

static bool tracks_this(const struct import_form *f, const struct databricks_object *o)
{
    char *source = source_of(f), *dataset = str_printf("%s/%s", form_value(&f->form, IMPORT_APP), form_value(&f->form, IMPORT_DATASET));
    bool own = source && dataset && str_eq(databricks_object_property(o, "lakeferry.source"), source) &&
               has_dataset(databricks_object_property(o, "lakeferry.datasets"), dataset);
    free(source);
    free(dataset);
    return own;
}

static const struct databricks_object *properties_now(struct import_form *f, const char *full)
{
    bool again = !str_eq(f->table_asked, full);
    if (again)
        str_set(&f->table_asked, full);
    return catalog_table(f->world->catalog, full, again);
}

static enum import_table look_at_table(struct import_form *f, char *why, size_t size)
{
    struct name t;
    struct err e = { 0 };
    enum import_table result = IMPORT_TABLE_UNKNOWN;
    if (str_blank(form_value(&f->form, IMPORT_TABLE)))
        return IMPORT_TABLE_NONE;
    if (!table_of(f, &t, &e) || name_check_new(t.object, &e) < 0) {
        str_copy(why, size, e.cause[0] ? e.cause : "choose the volume first");
        name_release(&t);
        return IMPORT_TABLE_BAD;
    }
    char *place = str_printf("%s\x1f%s", t.catalog, t.schema), *full = name_full(&t);
    bool known = false;
    const struct catalog_list *l = place ? list_now(f, place, &known) : NULL;
    bool found = find_entry(l, CATALOG_TABLE, t.object) != NULL;
    const struct databricks_object *o = known && found && full ? properties_now(f, full) : NULL;
    if (known && !found && l->error.code == ERR_NOT_FOUND) {
        snprintf(why, size, "there is no schema %s.%s", t.catalog, t.schema);
        result = IMPORT_TABLE_BAD;
    } else if (known && !found) {
        result = l->error.code != ERR_NONE ? IMPORT_TABLE_UNSEEN : IMPORT_TABLE_FREE;
    } else if (o) {
        result = tracks_this(f, o) ? IMPORT_TABLE_OWN : IMPORT_TABLE_FOREIGN;
    }
    catalog_list_unref(l);
    free(place);
    free(full);
    name_release(&t);
    return result;
}

/* The question what to do with a table that exists is asked only where it has an answer. */
static void show_exists(struct import_form *f)
{
    struct err ignored;
    bool there = form_find(&f->form, IMPORT_EXISTS) != NULL;
    if (f->table == IMPORT_TABLE_FOREIGN && !there) {
        if (form_insert(&f->form, IMPORT_COMPUTE, FORM_CHOICE, IMPORT_EXISTS, "If it exists", &ignored) == 0)
            form_set(&f->form, IMPORT_EXISTS, "fail", false);
    } else if (f->table != IMPORT_TABLE_FOREIGN && f->table != IMPORT_TABLE_UNKNOWN && there) {
        form_remove(&f->form, IMPORT_EXISTS);
    }
}

static void note_table(struct import_form *f)
{
    char why[200] = "";
    f->table = look_at_table(f, why, sizeof why);
    show_exists(f);
    const char *wish = form_value(&f->form, IMPORT_EXISTS);
    const char *foreign = str_eq(wish, "replace") ? "exists, will be replaced" : str_eq(wish, "append") ? "exists, rows are merged in" : "exists: choose another name";
    const struct { enum theme_role role; const char *words; } notes[] = {
        [IMPORT_TABLE_NONE] = { ROLE_DIM, "no table: a report only" },
        [IMPORT_TABLE_BAD] = { ROLE_BAD, why },
        [IMPORT_TABLE_UNKNOWN] = { ROLE_DIM, f->world->catalog ? "looking" : "" },
        [IMPORT_TABLE_UNSEEN] = { ROLE_DIM, "could not be looked up" },
        [IMPORT_TABLE_FREE] = { ROLE_GOOD, "free" },
        [IMPORT_TABLE_OWN] = { ROLE_GOOD, "this import's own: continued" },
        [IMPORT_TABLE_FOREIGN] = { ROLE_WARN, foreign },
    };
    form_note(&f->form, IMPORT_TABLE, notes[f->table].role, notes[f->table].words);
}

static void note_compute(struct import_form *f)
{
    const char *id = form_value(&f->form, IMPORT_COMPUTE);
    char text[200] = "";
    enum theme_role role = ROLE_DIM;
    const struct catalog_list *l = id[0] ? list_of(f, "compute:") : NULL;
    for (size_t i = 0; l && i < l->count; i++) {
        char one[160];
        compute_id(&l->entries[i], one, sizeof one);
        if (!str_eq(one, id))
            continue;
        snprintf(text, sizeof text, "%s, %s", l->entries[i].comment, l->entries[i].type);
        role = str_eq(l->entries[i].type, "RUNNING") ? ROLE_GOOD : ROLE_WARN;
    }
    if (f->table == IMPORT_TABLE_NONE)
        str_copy(text, sizeof text, "not needed without a table");
    form_note(&f->form, IMPORT_COMPUTE, f->table == IMPORT_TABLE_NONE ? ROLE_DIM : role, text);
    catalog_list_unref(l);
}

/* ---- pickers ---- */

static void add_row(struct import_form *f, const char *id, const char *name, const char *note, char kind)
{
    struct err ignored;
    struct list_row row = { .id = id, .name = name, .note = note, .kind = kind, .note_role = ROLE_DIM };
    picker_add(&f->form.picker, &row, &ignored);
}

static void add_drill(struct import_form *f, const char *place, const char *name, const char *note)
{
    char *id = str_printf(DRILL "%s", place);
    for (char *c = id; c && *c; c++)
        *c = *c == '\x1f' ? '/' : *c;
    if (id)
        add_row(f, id, name, note, 0);
    if (id && f->go_first && !str_eq(name, "..")) {
        list_go(&f->form.picker.list, id);
        f->go_first = false;
    }
    free(id);
}

static char *parent_place(const char *place, char mark)
{
    const char *last = strrchr(place, mark);
    return last ? str_dup_n(place, (size_t)(last - place)) : str_dup("");
}

static void show_state(struct picker *p, const struct catalog_list *l)
{
    char age[24], sentence[400];
    p->loading = !l || l->loading;
    p->age[0] = p->problem[0] = '\0';
    if (l && l->listed_at_ms > 0)
        snprintf(p->age, sizeof p->age, "listed %s ago", time_age(time_wall_ms() - l->listed_at_ms, age, sizeof age));
    if (l && l->error.code != ERR_NONE)
        str_copy(p->problem, sizeof p->problem, err_sentence(&l->error, sentence, sizeof sentence));
}

static void set_title(struct picker *p, const char *label, const char *place)
{
    snprintf(p->title, sizeof p->title, "%s%s%s", label, place[0] ? ": " : "", place);
    for (char *c = p->title; *c; c++)
        if (*c == '\x1f')
            *c = '.';
}

static void fill_volumes(struct import_form *f, int64_t max_age)
{
    const char *place = f->drill ? f->drill : "";
    const struct catalog_list *l = f->world->catalog ? catalog_get(f->world->catalog, place, max_age) : NULL;
    char *up = parent_place(place, '\x1f');
    set_title(&f->form.picker, place[0] ? "Volume in" : "Volume: which catalog?", place);
    if (place[0] && up)
        add_drill(f, up, "..", NULL);
    for (size_t i = 0; l && i < l->count; i++) {
        const struct catalog_entry *en = &l->entries[i];
        if (en->kind == CATALOG_VOLUME) {
            const char *dot = strchr(place, '\x1f');
            char *catalog = str_dup_n(place, dot ? (size_t)(dot - place) : 0);
            struct name n = { catalog, (char *)(uintptr_t)(dot ? dot + 1 : ""), en->name };
            char *id = name_text(&n);
            if (id)
                add_row(f, id, en->name, en->comment, 'V');
            if (id && f->go_first)
                list_go(&f->form.picker.list, id);
            f->go_first = f->go_first && !id;
            free(id);
            free(catalog);
        } else if (en->kind != CATALOG_TABLE) {
            char *below = str_printf("%s%s%s", place, place[0] ? "\x1f" : "", en->name);
            if (below)
                add_drill(f, below, en->name, en->comment);
            free(below);
        }
    }
    show_state(&f->form.picker, l);
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

static void fill_folders(struct import_form *f, int64_t max_age)
{
    const char *place = f->drill ? f->drill : "";
    const char *path = behind_volume(place);
    char words[320];
    const struct catalog_list *l = place[0] && f->world->catalog ? catalog_get(f->world->catalog, place, max_age) : NULL;
    set_title(&f->form.picker, "Folder", path);
    if (!place[0]) {
        str_copy(f->form.picker.problem, sizeof f->form.picker.problem, "choose the volume first");
        return;
    }
    snprintf(words, sizeof words, path[0] ? "this folder and all below: %s" : "the whole volume", path);
    add_row(f, path[0] ? path : WHOLE, words, NULL, 0);
    if (f->go_first)
        list_go(&f->form.picker.list, path[0] ? path : WHOLE);
    f->go_first = false;
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
    show_state(&f->form.picker, l);
    catalog_list_unref(l);
    free(up);
}

static void fill_apps(struct import_form *f, int64_t max_age)
{
    const struct catalog_list *owners = f->world->catalog ? catalog_get(f->world->catalog, "clarifai:", max_age) : NULL;
    show_state(&f->form.picker, owners);
    for (size_t i = 0; owners && i < owners->count; i++) {
        char *place = str_printf("clarifai:%s", owners->entries[i].name);
        const struct catalog_list *l = place ? catalog_get(f->world->catalog, place, max_age) : NULL;
        for (size_t k = 0; l && k < l->count; k++) {
            char *id = str_printf("%s/%s", owners->entries[i].name, l->entries[k].name);
            if (id)
                add_row(f, id, id, l->entries[k].comment, 0);
            free(id);
        }
        if (!l || l->loading || l->error.code != ERR_NONE || i == 0)
            show_state(&f->form.picker, l);
        catalog_list_unref(l);
        free(place);
    }
    catalog_list_unref(owners);
}

static void fill_datasets(struct import_form *f, int64_t max_age)
{
    const char *app = form_value(&f->form, IMPORT_APP);
    char *place = str_printf("clarifai:%s", app);
    const struct catalog_list *l = app[0] && place && f->world->catalog ? catalog_get(f->world->catalog, place, max_age) : NULL;
    bool typed = form_find(&f->form, IMPORT_DATASET)->value.text.len > 0;
    str_copy(f->form.picker.make, sizeof f->form.picker.make, "make a new dataset named");
    if (typed && f->dataset == IMPORT_DATASET_NEW)
        add_row(f, form_value(&f->form, IMPORT_DATASET), form_value(&f->form, IMPORT_DATASET), "new, will be made", 0);
    for (size_t i = 0; l && i < l->count; i++)
        add_row(f, l->entries[i].name, l->entries[i].name, l->entries[i].comment, 0);
    show_state(&f->form.picker, l);
    if (!app[0])
        str_copy(f->form.picker.problem, sizeof f->form.picker.problem, "choose the app first");
    catalog_list_unref(l);
    free(place);
}

static void fill_compute(struct import_form *f, int64_t max_age)
{
    const struct catalog_list *l = f->world->catalog ? catalog_get(f->world->catalog, "compute:", max_age) : NULL;
    for (size_t i = 0; l && i < l->count; i++) {
        char id[160], name[240];
        compute_id(&l->entries[i], id, sizeof id);
        snprintf(name, sizeof name, "%s %s", l->entries[i].kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster", l->entries[i].comment);
        add_row(f, id, name, l->entries[i].type, 0);
    }
    show_state(&f->form.picker, l);
    catalog_list_unref(l);
}

struct fixed { int field; const char *id, *words; };
static const struct fixed fixed_choices[] = {
    { IMPORT_IDS, "file name", "file name: its name without the extension" },
    { IMPORT_IDS, "whole path", "whole path: where many files have one name" },
    { IMPORT_CONFLICT, "skip", "skip: inputs of somebody else are left alone and reported" },
    { IMPORT_CONFLICT, "suffix", "suffix: ours are sent beside them under another id" },
    { IMPORT_CONFLICT, "fail", "fail: nothing is sent when there is a conflict" },
    { IMPORT_FILES, "pictures", "pictures: known extensions, or none" },
    { IMPORT_FILES, "all files", "all files: whatever they are called" },
    { IMPORT_EXISTS, "fail", "fail: leave the table alone" },
    { IMPORT_EXISTS, "append", "append: merge rows into it (of the same app only)" },
    { IMPORT_EXISTS, "replace", "replace: its rows and columns go" },
};

static void fill_fixed(struct import_form *f, int field)
{
    for (size_t i = 0; i < sizeof fixed_choices / sizeof *fixed_choices; i++)
        if (fixed_choices[i].field == field)
            add_row(f, fixed_choices[i].id, fixed_choices[i].words, NULL, 0);
}

static void fill_picker(struct import_form *f, int64_t max_age)
{
    static const struct { int field; void (*fill)(struct import_form *, int64_t); } fills[] = {
        { IMPORT_VOLUME, fill_volumes }, { IMPORT_FOLDER, fill_folders }, { IMPORT_APP, fill_apps }, { IMPORT_DATASET, fill_datasets },
        { IMPORT_COMPUTE, fill_compute },
    };
    int field = f->form.picking;
    picker_clear(&f->form.picker);
    f->form.picker.loading = false;
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++)
        if (fills[i].field == field) {
            fills[i].fill(f, max_age);
            return;
        }
    fill_fixed(f, field);
}

/* Where a picker of places begins: at what is chosen now. */
static void begin_drill(struct import_form *f, int field)
{
    struct name v;
    char *place = NULL;
    bool have = volume_of(f, &v);
    if (field == IMPORT_VOLUME && have)
        place = str_printf("%s\x1f%s", v.catalog, v.schema);
    else if (field == IMPORT_FOLDER && have)
        place = source_of(f);
    name_release(&v);
    free(f->drill);
    f->drill = place;
    f->go_first = field == IMPORT_FOLDER || !have;
    str_set(&f->before, form_value(&f->form, field));
}

/* The picker closed with a place: opened again at that place, the field as it was. */
static struct form_event drill_on(struct import_form *f, int field)
{
    char *place = str_dup(form_value(&f->form, field) + strlen(DRILL));
    for (char *c = place; field == IMPORT_VOLUME && c && *c; c++)
        *c = *c == '/' ? '\x1f' : *c;
    form_set(&f->form, field, f->before ? f->before : "", false);
    free(f->drill);
    f->drill = place;
    f->go_first = true;
    form_focus(&f->form, field);
    form_update(&f->form, ACTION_OPEN);
    fill_picker(f, OPENED_MS);
    return (struct form_event){ FORM_HANDLED, field };
}

/* ---- from outside ---- */

/* What follows from another field is guessed anew. */
static void changed(struct import_form *f, int field)
{
    if (field == IMPORT_VOLUME)
        form_set(&f->form, IMPORT_FOLDER, WHOLE, false);
    import_form_refresh(f);
}

struct form_event import_form_take(struct import_form *f, struct form_event ev)
{
    switch (ev.kind) {
    case FORM_OPENED:
        begin_drill(f, ev.id);
        fill_picker(f, OPENED_MS);
        return ev;
    case FORM_REFRESHED:
        fill_picker(f, 0);
        return ev;
    case FORM_PICKED:
        if (str_starts(form_value(&f->form, ev.id), DRILL))
            return drill_on(f, ev.id);
        changed(f, ev.id);
        return ev;
    case FORM_NEW:
    case FORM_CHANGED:
    case FORM_DONE:
        changed(f, ev.id);
        return ev;
    default:
        return ev;
    }
}

void import_form_refresh(struct import_form *f)
{
    guess_app(f);
    guess_dataset(f);
    guess_table(f);
    guess_compute(f);
    note_app(f);
    note_dataset(f);
    note_table(f);
    note_compute(f);
    if (f->form.picking)
        fill_picker(f, FRESH_MS);
}

void import_form_look_again(struct import_form *f)
{
    f->since_ms = time_wall_ms();
    str_set(&f->table_asked, NULL);
    import_form_refresh(f);
}

int import_form_set_source(struct import_form *f, const char *path, struct err *e)
{
    struct volume_path v = { 0 };
    if (volume_path_parse(path, &v, e) < 0)
        return -1;
    char *volume = name_text(&v.volume);
    if (volume) {
        form_set(&f->form, IMPORT_VOLUME, volume, false);
        form_set(&f->form, IMPORT_FOLDER, v.path[0] ? v.path : WHOLE, false);
    }
    free(volume);
    volume_path_release(&v);
    import_form_refresh(f);
    return 0;
}

/* ---- the job ---- */

static int set(struct ask *a, const char *option, const char *value, struct err *e)
{
    return str_blank(value) ? 0 : ask_set(a, option, value, e);
}

static int set_options(struct import_form *f, struct ask *a, struct err *e)
{
    const struct form *m = &f->form;
    const struct ui_world *w = f->world;
    const char *exists = form_value(m, IMPORT_EXISTS);
    a->create_dataset = f->dataset == IMPORT_DATASET_NEW;
    a->all_files = str_eq(form_value(m, IMPORT_FILES), "all files");
    a->sandbox = w->options.sandbox;
    if (set(a, "app", form_value(m, IMPORT_APP), e) < 0 || set(a, "dataset", form_value(m, IMPORT_DATASET), e) < 0 ||
        set(a, "id-from", str_eq(form_value(m, IMPORT_IDS), "whole path") ? "path" : "name", e) < 0 ||
        set(a, "on-conflict", form_value(m, IMPORT_CONFLICT), e) < 0 || set(a, "profile", w->choice.profile, e) < 0)
        return -1;
    if (f->table == IMPORT_TABLE_NONE)
        return 0;
    if (f->table == IMPORT_TABLE_FOREIGN && set(a, "if-exists", exists, e) < 0)
        return -1;
    return set(a, "table", form_value(m, IMPORT_TABLE), e) < 0 || set(a, "compute", form_value(m, IMPORT_COMPUTE), e) < 0 ? -1 : 0;
}

int import_form_ask(struct import_form *f, struct ask *out, struct err *e)
{
    *out = (struct ask){ .verb = ASK_IMPORT_VOLUME };
    char *source = source_of(f);
    int result = source ? ask_set(out, "source", source, e) : err_set(e, ERR_USAGE, "choose a volume");
    free(source);
    if (result == 0)
        result = set_options(f, out, e);
    if (result == 0)
        result = ask_place_tables(out, &out->source.volume, e);
    return result == 0 ? ask_check(out, e) : -1;
}

bool import_form_looking(const struct import_form *f)
{
    bool whole = !str_blank(form_value(&f->form, IMPORT_VOLUME)) && !str_blank(form_value(&f->form, IMPORT_APP)) &&
                 !str_blank(form_value(&f->form, IMPORT_DATASET));
    return whole && (f->dataset == IMPORT_DATASET_UNKNOWN || f->table == IMPORT_TABLE_UNKNOWN);
}

const char *import_form_missing(struct import_form *f, char *text, size_t size)
{
    const struct form *m = &f->form;
    struct ask ask;
    struct err e = { 0 };
    const char *why = NULL;
    if (str_blank(form_value(m, IMPORT_VOLUME)))
        why = "choose a volume";
    else if (str_blank(form_value(m, IMPORT_APP)))
        why = "choose a Clarifai app";
    else if (str_blank(form_value(m, IMPORT_DATASET)))
        why = "choose a dataset";
    else if (f->table == IMPORT_TABLE_BAD)
        why = "mend the table's name";
    else if (f->table == IMPORT_TABLE_FOREIGN && str_eq(form_value(m, IMPORT_EXISTS), "fail"))
        why = "the table exists: choose another name, or what to do with it";
    else if (f->table != IMPORT_TABLE_NONE && str_blank(form_value(m, IMPORT_COMPUTE)))
        why = "choose the compute that writes the table";
    else if (!f->world->session)
        why = "there is no connection yet";
    else if (import_form_looking(f))
        why = "looking whether dataset and table exist";
    if (!why && import_form_ask(f, &ask, &e) < 0)
        why = e.cause;
    if (!why)
        ask_release(&ask);
    if (!why)
        return NULL;
    str_copy(text, size, why);
    return text;
}
