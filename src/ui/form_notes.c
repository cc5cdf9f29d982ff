/* What is known of the names in a form, looked up and said beside them. */
#include "core/cells.h"
#include "core/target.h"
#include "ui/form_names.h"

#define COMPUTE_FRESH_MS 10000   /* it starts and stops */

/* ---- Clarifai ---- */

/* What the app does to pictures that arrive. */
void form_names_note_app(struct job_form *f)
{
    const char *app = job_value(f, FIELD_APP), *slash = strchr(app, '/');
    char *place = slash ? str_printf("clarifai:%.*s", (int)(slash - app), app) : NULL;
    const struct catalog_list *l = form_names_list(f, place);
    const struct catalog_entry *en = slash ? form_names_find(l, CATALOG_APP, slash + 1) : NULL;
    char text[160] = "";
    if (en && en->type[0] && f->verb->makes_dataset)
        snprintf(text, sizeof text, "workflow %s", en->type);
    form_note(&f->form, FIELD_APP, ROLE_DIM, text);
    catalog_list_unref(l);
    free(place);
}

/* A dataset that a job would make needs an id that Clarifai takes, and no app has one with another. */
static bool is_no_id(const struct job_form *f, const char *name)
{
    char reason[CELLS_REASON];
    return f->verb->makes_dataset && name[0] && cells_id(name, reason) != 0;
}

static const char *unseen_words(const struct catalog_list *l)
{
    if (l && l->error.code == ERR_NOT_FOUND)
        return "no such app, or none of yours";
    return l && l->error.code == ERR_FORBIDDEN ? "no right to see the app" : "could not be looked up";
}

void form_names_note_dataset(struct job_form *f)
{
    const char *app = job_value(f, FIELD_APP), *name = job_value(f, FIELD_DATASET);
    char *place = app[0] && name[0] ? str_printf("clarifai:%s", app) : NULL;
    bool known = false;
    const struct catalog_list *l = form_names_list_now(f, place, &known);
    if (!known)
        f->dataset = JOB_DATASET_UNKNOWN;
    else if (form_names_find(l, CATALOG_DATASET, name))
        f->dataset = JOB_DATASET_THERE;
    else
        f->dataset = l->error.code != ERR_NONE ? JOB_DATASET_UNSEEN : JOB_DATASET_NEW;
    const struct { enum theme_role role; const char *words; } notes[] = {
        [JOB_DATASET_UNKNOWN] = { ROLE_DIM, "" }, [JOB_DATASET_UNSEEN] = { ROLE_DIM, unseen_words(l) },
        [JOB_DATASET_THERE] = { ROLE_DIM, "exists" },
        [JOB_DATASET_NEW] = { f->verb->makes_dataset ? ROLE_INFO : ROLE_BAD, f->verb->makes_dataset ? "new, will be made" : "the app has no such dataset" },
    };
    if (is_no_id(f, name))
        form_note(&f->form, FIELD_DATASET, ROLE_BAD, "cannot be an id");
    else
        form_note(&f->form, FIELD_DATASET, notes[f->dataset].role, notes[f->dataset].words);
    catalog_list_unref(l);
    free(place);
}

/* ---- tables ---- */

/* This job's own table: it tracks the same source and dataset, and is continued. */
static bool tracks_this(const struct job_form *f, const struct databricks_object *o)
{
    char *source = f->verb->verb == ASK_IMPORT_S3 ? str_dup(job_value(f, FIELD_URL)) : form_names_path(f, FIELD_VOLUME, FIELD_FOLDER);
    char *dataset = form_names_dataset(f);
    bool own = f->verb->verb <= ASK_IMPORT_S3 && source && dataset && str_eq(databricks_object_property(o, "lakeferry.source"), source) &&
               form_names_has(databricks_object_property(o, "lakeferry.datasets"), dataset);
    free(source);
    free(dataset);
    return own;
}

static bool has_column(const struct databricks_object *o, const char *name)
{
    for (size_t i = 0; i < o->column_count; i++)
        if (str_ieq(o->columns[i].name, name))
            return true;
    return false;
}

/* Why a table cannot be updated, or NULL. */
static const char *unfit(const struct databricks_object *o, int field)
{
    bool delta = o->format[0] == '\0' || str_ieq(o->format, "DELTA");
    if (!str_eq(o->type, "MANAGED") && !str_eq(o->type, "EXTERNAL"))
        return "it is no table that can be written";
    if (!delta)
        return "it is no Delta table";
    if (!has_column(o, "input_id"))
        return "it has no column input_id";
    if (field == FIELD_ANNOTATIONS && !has_column(o, "annotation_id"))
        return "it has no column annotation_id";
    if (field == FIELD_TABLE && has_column(o, "annotation_id"))
        return "it holds annotations";
    return NULL;
}

/* Ids are unique in one app only, so a table with rows of another one cannot be updated; which of the two it differs from is said, too. */
static bool is_of_other_app(struct job_form *f, int field, const struct databricks_object *o, char *why, size_t size)
{
    const char *app = job_value(f, FIELD_APP), *list = databricks_object_property(o, "lakeferry.datasets"), *theirs = NULL;
    char prefix[200];
    snprintf(prefix, sizeof prefix, "%s/", app);
    if (!app[0] || str_blank(list) || target_only_app(list, prefix))
        return false;
    int beside = field == FIELD_TABLE ? FIELD_ANNOTATIONS : FIELD_TABLE;
    const struct databricks_object *other = job_value(f, beside)[0] ? form_names_object(f, beside) : NULL;
    if (other)
        theirs = databricks_object_property(other, "lakeferry.datasets");
    bool differ = !str_blank(theirs) && target_only_app(theirs, prefix);
    snprintf(why, size, "not of %s but of %s", !differ ? app : field == FIELD_TABLE ? "the annotations table's app" : "the inputs table's app", list);
    return true;
}

static enum job_table_state judge(struct job_form *f, int field, const struct databricks_object *o, char *why, size_t size)
{
    if (f->verb->makes_tables)
        return tracks_this(f, o) ? JOB_TABLE_OWN : JOB_TABLE_THERE;
    const char *reason = unfit(o, field);
    if (reason)
        str_copy(why, size, reason);
    return reason || is_of_other_app(f, field, o, why, size) ? JOB_TABLE_BAD : JOB_TABLE_OWN;
}

/* Whether its details were asked for in vain. */
static bool details_failed(const struct job_form *f, const struct name *t)
{
    char *place = str_printf("%s\x1f%s\x1f%s", t->catalog, t->schema, t->object);
    const struct catalog_list *l = f->world->catalog && place ? catalog_get(f->world->catalog, place, -1) : NULL;
    bool failed = l && l->error.code != ERR_NONE;
    catalog_list_unref(l);
    free(place);
    return failed;
}

/* What the list of the schema tells of the table. */
static enum job_table_state look_up(struct job_form *f, int field, const struct name *t, char *why, size_t size)
{
    bool known = false;
    char *place = str_printf("%s\x1f%s", t->catalog, t->schema);
    const struct catalog_list *l = form_names_list_now(f, place, &known);
    bool found = known && form_names_find(l, CATALOG_TABLE, t->object) != NULL, failed = known && l->error.code != ERR_NONE;
    bool no_schema = failed && l->error.code == ERR_NOT_FOUND;
    enum job_table_state result = JOB_TABLE_UNKNOWN;
    catalog_list_unref(l);
    free(place);
    if (found) {
        const struct databricks_object *o = form_names_object(f, field);
        bool vain = !o && details_failed(f, t);
        if (!vain)
            return o ? judge(f, field, o, why, size) : JOB_TABLE_UNKNOWN;
        str_copy(why, size, "could not be looked up");
        return f->verb->makes_tables ? JOB_TABLE_UNSEEN : JOB_TABLE_BAD;   /* which dataset an update is of, the table tells */
    }
    if (no_schema || (known && !failed && !f->verb->makes_tables)) {
        if (no_schema)
            snprintf(why, size, "there is no schema %s.%s", t->catalog, t->schema);
        else
            str_copy(why, size, "there is no such table");
        result = JOB_TABLE_BAD;
    } else if (known) {
        result = failed ? JOB_TABLE_UNSEEN : JOB_TABLE_FREE;
    }
    return result;
}

/* Both tables named alike. */
static bool twice(const struct job_form *f, const struct name *t)
{
    struct name other;
    struct err ignored;
    bool same = form_names_table(f, FIELD_TABLE, &other, &ignored) && str_ieq(t->object, other.object) && str_ieq(t->schema, other.schema) &&
                str_ieq(t->catalog, other.catalog);
    name_release(&other);
    return same;
}

static enum job_table_state look_at_table(struct job_form *f, int field, char *why, size_t size)
{
    struct name t;
    struct err e = { 0 };
    enum job_table_state result = JOB_TABLE_BAD;
    why[0] = '\0';
    if (str_blank(job_value(f, field)))
        return JOB_TABLE_NONE;
    if (!form_names_table(f, field, &t, &e) || name_check_new(t.object, &e) < 0)
        str_copy(why, size, e.cause[0] ? e.cause : "choose the volume first");
    else if (field == FIELD_ANNOTATIONS && twice(f, &t))
        str_copy(why, size, "it is the inputs table: the two must differ");
    else
        result = look_up(f, field, &t, why, size);
    name_release(&t);
    return result;
}

static const char *there_words(const struct job_form *f)
{
    const char *wish = job_value(f, FIELD_EXISTS);
    return str_eq(wish, "replace") ? "exists, will be replaced" : str_eq(wish, "append") ? "exists, rows are merged in" : "exists: choose another name";
}

static void note_table(struct job_form *f, int field)
{
    struct job_table *t = form_names_state(f, field);
    t->state = look_at_table(f, field, t->why, sizeof t->why);
    bool optional = !job_form_field(f, field)->missing;
    const struct { enum theme_role role; const char *words; } notes[] = {
        [JOB_TABLE_NONE] = { ROLE_DIM, optional ? "no table: a report only" : "" },
        [JOB_TABLE_BAD] = { ROLE_BAD, t->why },
        [JOB_TABLE_UNKNOWN] = { ROLE_DIM, f->world->catalog ? "looking" : "" },
        [JOB_TABLE_UNSEEN] = { ROLE_DIM, "could not be looked up" },
        [JOB_TABLE_FREE] = { ROLE_GOOD, "free" },
        [JOB_TABLE_OWN] = { ROLE_GOOD, f->verb->makes_tables ? "this import's own: continued" : "" },
        [JOB_TABLE_THERE] = { ROLE_WARN, there_words(f) },
    };
    form_note(&f->form, field, notes[t->state].role, notes[t->state].words);
}

void form_names_note_table(struct job_form *f) { note_table(f, FIELD_TABLE); }

void form_names_note_annotations(struct job_form *f) { note_table(f, FIELD_ANNOTATIONS); }

bool form_names_exists_shown(const struct job_form *f)
{
    bool unknown = false;
    for (size_t i = 0; i < 2; i++) {
        if (f->tables[i].state == JOB_TABLE_THERE)
            return true;
        unknown = unknown || f->tables[i].state == JOB_TABLE_UNKNOWN || f->tables[i].state == JOB_TABLE_BAD;   /* not for as long as one is typed */
    }
    return unknown && form_find(&f->form, FIELD_EXISTS);
}

/* ---- compute and staging ---- */

static const struct catalog_entry *chosen_compute(const struct catalog_list *l, const char *id)
{
    for (size_t i = 0; l && i < l->count; i++) {
        char one[160];
        form_names_compute_id(&l->entries[i], one, sizeof one);
        if (str_eq(one, id))
            return &l->entries[i];
    }
    return NULL;
}

void form_names_note_compute(struct job_form *f)
{
    const char *id = job_value(f, FIELD_COMPUTE);
    char text[200] = "";
    bool needed = f->verb->verb != ASK_IMPORT_VOLUME || f->tables[0].state != JOB_TABLE_NONE;
    const struct catalog_list *l = id[0] && f->world->catalog ? catalog_get(f->world->catalog, "compute:", COMPUTE_FRESH_MS) : NULL;
    const struct catalog_entry *en = chosen_compute(l, id);
    bool running = en && str_eq(en->type, "RUNNING");
    if (en)
        snprintf(text, sizeof text, "%s, %s", en->comment, en->type);
    if (!needed)
        str_copy(text, sizeof text, "not needed without a table");
    form_note(&f->form, FIELD_COMPUTE, !needed || !en ? ROLE_DIM : running ? ROLE_GOOD : ROLE_WARN, text);
    catalog_list_unref(l);
}

void form_names_note_staging(struct job_form *f)
{
    const struct session *s = f->world->session;
    const char *setting = s ? settings_text(&s->settings, SETTING_STAGING_VOLUME) : NULL;
    const char *value = job_value(f, FIELD_STAGING), *images = job_value(f, FIELD_IMAGES);
    char text[200] = "";
    struct name v;
    if (form_names_volume(f, FIELD_STAGING, &v))
        str_copy(text, sizeof text, "rows are staged there, and removed");
    else if (!str_blank(setting))
        snprintf(text, sizeof text, "%s", setting);
    else if (images[0] && !str_eq(images, "off"))
        str_copy(text, sizeof text, "the images' volume");
    else if (value[0] && (f->verb->verb != ASK_IMPORT_S3 || f->tables[0].state != JOB_TABLE_NONE))
        str_copy(text, sizeof text, "a volume made for the run");
    name_release(&v);
    form_note(&f->form, FIELD_STAGING, ROLE_DIM, text);
}
