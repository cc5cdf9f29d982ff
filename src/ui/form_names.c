#include "ui/form_names.h"
#include "base/timefmt.h"
#include "core/names.h"
#include "ui/form_lists.h"

#define APPS_TRIED 4         /* apps whose datasets are asked for until one has some */
#define DATASETS_TRIED 4     /* datasets whose inputs are, until one has some */

/* ---- lists ---- */

const struct catalog_list *form_names_list(const struct job_form *f, const char *place)
{
    return f->world->catalog && place ? catalog_get(f->world->catalog, place, f->anew ? 0 : FORM_LISTS_FRESH_MS) : NULL;
}

/* Whether its lookup told something: a refusal is an answer, a failure is none. */
static bool is_told(const struct catalog_list *l)
{
    return l && !l->loading && (l->error.code == ERR_NONE ? l->complete : l->error.code == ERR_FORBIDDEN || l->error.code == ERR_NOT_FOUND);
}

/* The age that a list may have which was made since the form was shown or asked anew. */
static int64_t age_since(const struct job_form *f)
{
    int64_t age = time_wall_ms() - f->since_ms;
    return f->anew ? 0 : age > 0 ? age : 1;
}

const struct catalog_list *form_names_list_now(const struct job_form *f, const char *place, bool *known)
{
    const struct catalog_list *l = f->world->catalog && place ? catalog_get(f->world->catalog, place, age_since(f)) : NULL;
    *known = l && (l->error.code != ERR_NONE || (l->complete && !l->from_disk && l->listed_at_ms >= f->since_ms));
    return l;
}

const struct catalog_entry *form_names_find(const struct catalog_list *l, enum catalog_kind kind, const char *name)
{
    for (size_t i = 0; l && i < l->count; i++)
        if (l->entries[i].kind == kind && str_ieq(l->entries[i].name, name))
            return &l->entries[i];
    return NULL;
}

/* ---- names in fields ---- */

bool form_names_volume(const struct job_form *f, int field, struct name *out)
{
    struct err ignored;
    *out = (struct name){ 0 };
    return name_parse(job_value(f, field), 3, out, &ignored) == 0;
}

char *form_names_path(const struct job_form *f, int volume, int folder)
{
    const char *below = job_value(f, folder);
    struct volume_path v = { .path = (char *)(uintptr_t)(str_eq(below, FORM_NAMES_WHOLE) ? "" : below) };
    char *text = form_names_volume(f, volume, &v.volume) ? volume_path_text(&v) : NULL;
    name_release(&v.volume);
    for (size_t n = text ? strlen(text) : 0; n > 1 && text[n - 1] == '/'; n--)
        text[n - 1] = '\0';
    return text;
}

/* The schema in which a bare name is. */
static bool beside(const struct job_form *f, struct name *out)
{
    struct err ignored;
    if (form_names_volume(f, FIELD_VOLUME, out) || name_parse(job_value(f, FIELD_SCHEMA), 2, out, &ignored) == 0)
        return true;
    *out = (struct name){ 0 };
    return false;
}

bool form_names_table(const struct job_form *f, int field, struct name *out, struct err *e)
{
    struct name schema;
    struct ask ask = { 0 };
    *out = (struct name){ 0 };
    if (ask_set(&ask, "table", job_value(f, field), e) < 0)
        return false;
    bool have = beside(f, &schema);
    bool good = ask_place_tables(&ask, &schema, e) == 0 && (have || ask.table.catalog);
    if (good)
        good = name_copy(out, &ask.table, e) == 0;
    name_release(&schema);
    ask_release(&ask);
    return good;
}

struct job_table *form_names_state(struct job_form *f, int field)
{
    return &f->tables[field == FIELD_ANNOTATIONS];
}

/* A request for the details of a table that hangs is given up for a new one. */
static void renew(const struct job_form *f, const struct name *t)
{
    char *place = str_printf("%s\x1f%s\x1f%s", t->catalog, t->schema, t->object);
    if (place)
        catalog_list_unref(catalog_get(f->world->catalog, place, 0));
    free(place);
}

const struct databricks_object *form_names_object(struct job_form *f, int field)
{
    struct name t;
    struct err ignored;
    struct job_table *state = form_names_state(f, field);
    char *full = f->world->catalog && form_names_table(f, field, &t, &ignored) ? name_full(&t) : NULL;
    const struct databricks_object *o = NULL;
    if (full) {
        bool again = !str_eq(state->asked, full);
        if (again)
            str_set(&state->asked, full);
        if (again && f->anew)
            renew(f, &t);
        o = catalog_table(f->world->catalog, full, again);
    }
    if (f->world->catalog)
        name_release(&t);
    free(full);
    return o;
}

char *form_names_dataset(const struct job_form *f)
{
    const char *app = job_value(f, FIELD_APP), *dataset = job_value(f, FIELD_DATASET);
    return app[0] && dataset[0] ? str_printf("%s/%s", app, dataset) : NULL;
}

bool form_names_has(const char *list, const char *dataset)
{
    size_t n = strlen(dataset);
    for (const char *p = list; p && *p; p += strcspn(p, ","), p += *p == ',') {
        p += strspn(p, " ");
        if (strncmp(p, dataset, n) == 0 && (p[n] == ',' || p[n] == '\0' || p[n] == ' '))
            return true;
    }
    return false;
}

void form_names_compute_id(const struct catalog_entry *en, char *out, size_t size)
{
    snprintf(out, size, "%s:%s", en->kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster", en->name);
}

/* ---- guesses ---- */

void form_names_guess(struct job_form *f, int field, const char *value)
{
    form_set(&f->form, field, value, true);
}

static bool left_alone(const struct job_form *f, int field)
{
    const struct form_item *it = form_find(&f->form, field);
    return it && !it->touched;
}

char *form_names_id(const char *text, char out[49])
{
    size_t n = 0;
    for (const char *p = text; p && *p && n < 48; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') || *p == '_';
        if (plain)
            out[n++] = *p;
        else if (n && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    return out;
}

/* "user/app/dataset" that a run worked on last; "" when there is none. */
static void last_dataset(const struct job_form *f, char *out, size_t size)
{
    const struct runs_list *l = runs_feed_now(f->world->runs);
    out[0] = '\0';
    for (size_t i = 0; l && !out[0] && i < l->count; i++) {
        const struct view *v = &l->views[i];
        const char *target = strstr(v->title, " -> ");
        const char *text = v->verb >= ASK_EXPORT ? v->place : target ? target + 4 : "";
        const char *app = strchr(text, '/');
        if (v->state == RUN_DONE && app && strchr(app + 1, '/'))
            str_copy(out, size, text);
    }
    runs_list_unref(l);
}

/* Whether the app has a dataset; known is false while that is not known. */
static bool has_dataset(const struct job_form *f, const char *app, bool *known)
{
    char *place = str_printf("clarifai:%s", app);
    const struct catalog_list *l = form_names_list(f, place);
    bool has = l && l->count > 0;
    *known = has || is_told(l);
    catalog_list_unref(l);
    free(place);
    return has;
}

/* What was changed last is what people most likely work on; with after, the one that comes next. */
static const struct catalog_entry *newest(const struct catalog_list *l, const struct catalog_entry *after)
{
    const struct catalog_entry *found = NULL;
    for (size_t i = 0; l && l->complete && i < l->count; i++) {
        const struct catalog_entry *en = &l->entries[i];
        bool older = !after || en->modified_ms < after->modified_ms || (en->modified_ms == after->modified_ms && en > after);
        if (older && (!found || en->modified_ms > found->modified_ms))
            found = en;
    }
    return found;
}

/* The newest of a few apps that have a dataset: those are worked with. For an import else the newest. Owned or NULL. */
static char *newest_app(const struct job_form *f, const char *user)
{
    char *place = str_printf("clarifai:%s", user), *id = NULL, *first = NULL;
    bool known = false;
    const struct catalog_list *l = form_names_list_now(f, place, &known);   /* an older list may lack the newest */
    const struct catalog_entry *en = known ? newest(l, NULL) : NULL;
    for (int tried = 0; en && known && tried < APPS_TRIED; tried++, en = newest(l, en)) {
        id = str_printf("%s/%s", user, en->name);
        if (!id || has_dataset(f, id, &known))
            break;
        if (first)
            free(id);
        else
            first = id;
        id = NULL;
    }
    catalog_list_unref(l);
    free(place);
    if (!id && known && f->verb->makes_dataset)
        return first;
    free(first);
    return id;
}

void form_names_guess_app(struct job_form *f)
{
    const char *user = f->world->session ? f->world->session->clarifai_user : "";
    char last[320];
    if (!user[0] || !left_alone(f, FIELD_APP) || job_value(f, FIELD_APP)[0])
        return;
    last_dataset(f, last, sizeof last);
    char *slash = strrchr(last, '/');
    if (slash)
        *slash = '\0';
    char *id = last[0] ? str_dup(last) : newest_app(f, user);
    if (id)
        form_names_guess(f, FIELD_APP, id);
    if (id && slash && !f->verb->makes_dataset)
        form_names_guess(f, FIELD_DATASET, slash + 1);
    free(id);
}

/* Whether a dataset has inputs; known is false while that is not known. Its first page tells: the others are not fetched. */
static bool has_inputs(const struct job_form *f, const char *app, const char *dataset, bool *known)
{
    char *place = str_printf("clarifai:%s/%s", app, dataset);
    const struct catalog_list *l = f->world->catalog && place ? catalog_get(f->world->catalog, place, -1) : NULL;
    if (l && !l->count && (l->error.code != ERR_NONE || (l->complete && l->listed_at_ms < f->since_ms))) {   /* it failed, or was empty then */
        catalog_list_unref(l);
        l = catalog_get(f->world->catalog, place, age_since(f));
    }
    bool has = l && l->count > 0;
    *known = has || is_told(l);
    if (has && l->loading)
        catalog_cancel(f->world->catalog, place);
    catalog_list_unref(l);
    free(place);
    return has;
}

/* The newest dataset of a few that has inputs, else the newest; NULL while that is not known. */
static const struct catalog_entry *newest_filled(const struct job_form *f, const struct catalog_list *l, const char *app)
{
    const struct catalog_entry *first = newest(l, NULL), *en = first;
    bool known = true;
    for (int tried = 0; en && tried < DATASETS_TRIED; tried++, en = newest(l, en)) {
        if (has_inputs(f, app, en->name, &known))
            return en;
        if (!known)
            return NULL;
    }
    return first;
}

void form_names_guess_newest_dataset(struct job_form *f)
{
    const char *app = job_value(f, FIELD_APP);
    if (!app[0] || !left_alone(f, FIELD_DATASET))
        return;
    char *place = str_printf("clarifai:%s", app);
    bool known = false;
    const struct catalog_list *l = form_names_list_now(f, place, &known);   /* an older list may lack the newest */
    bool there = form_names_find(l, CATALOG_DATASET, job_value(f, FIELD_DATASET)) != NULL;
    const struct catalog_entry *en = there || !known ? NULL : newest_filled(f, l, app);
    if (en)
        form_names_guess(f, FIELD_DATASET, en->name);
    catalog_list_unref(l);
    free(place);
}

/* The configured compute; where none is, one that runs already. */
void form_names_guess_compute(struct job_form *f)
{
    const struct settings *s = f->world->session ? &f->world->session->settings : NULL;
    char id[160] = "";
    if (!s || !left_alone(f, FIELD_COMPUTE))
        return;
    if (!str_blank(f->world->choice.compute) && strchr(f->world->choice.compute, ':'))
        str_copy(id, sizeof id, f->world->choice.compute);
    else if (!str_blank(s->warehouse_id.text))
        snprintf(id, sizeof id, "warehouse:%s", s->warehouse_id.text);
    else if (!str_blank(s->cluster_id.text))
        snprintf(id, sizeof id, "cluster:%s", s->cluster_id.text);
    const struct catalog_list *l = id[0] ? NULL : form_names_list(f, "compute:");
    for (size_t i = 0; l && !id[0] && i < l->count; i++)
        if (str_eq(l->entries[i].type, "RUNNING"))
            form_names_compute_id(&l->entries[i], id, sizeof id);
    catalog_list_unref(l);
    if (id[0])
        form_names_guess(f, FIELD_COMPUTE, id);
}

/* The schema of a staging volume that is set, "main.vision". Owned or NULL. */
static char *staging_schema(const struct job_form *f)
{
    const struct session *s = f->world->session;
    const char *setting = s ? settings_text(&s->settings, SETTING_STAGING_VOLUME) : NULL;
    struct volume_path v = { 0 };
    struct err ignored;
    if (str_blank(setting) || volume_path_parse(setting, &v, &ignored) < 0)
        return NULL;
    struct name schema = { .catalog = v.volume.catalog, .schema = v.volume.schema };
    char *text = name_text(&schema);
    volume_path_release(&v);
    return text;
}

static char *last_schema(const struct job_form *f)
{
    const struct runs_list *l = runs_feed_now(f->world->runs);
    char *text = NULL;
    for (size_t i = 0; l && !text && i < l->count; i++) {
        struct name t = { 0 };
        struct err ignored;
        if (l->views[i].table[0] && name_parse(l->views[i].table, 3, &t, &ignored) == 0) {
            struct name schema = { .catalog = t.catalog, .schema = t.schema };
            text = name_text(&schema);
            name_release(&t);
        }
    }
    runs_list_unref(l);
    return text;
}

void form_names_guess_schema(struct job_form *f)
{
    if (!left_alone(f, FIELD_SCHEMA) || job_value(f, FIELD_SCHEMA)[0])
        return;
    char *text = staging_schema(f);
    if (!text)
        text = last_schema(f);
    if (text)
        form_names_guess(f, FIELD_SCHEMA, text);
    free(text);
}
