/* Update: its fields. What the tables say of themselves fills in the rest. */
#include "core/names.h"
#include "ui/form_parts.h"

#define CANDIDATES 8         /* tables of a schema that are looked at for the other one of the two */

static const struct job_choice delete_choices[] = {
    { "no", "no: rows whose input or annotation is gone stay", NULL },
    { "yes", "yes: they are removed, where the table holds this dataset alone", "true" }, { 0 },
};
static const struct job_choice scope_choices[] = {
    { "as the tables have", "as the tables have: people's, or all where models' are in it", NULL },
    { "also models'", "also models': what models found as well", "true" }, { 0 },
};

/* ---- the two tables ---- */

static bool has_column(const struct databricks_object *o, const char *name)
{
    for (size_t i = 0; o && i < o->column_count; i++)
        if (str_ieq(o->columns[i].name, name))
            return true;
    return false;
}

/* The table that was brought along goes into the field of its kind, once its columns are known. */
static void place_given(struct job_form *f)
{
    struct name n = { 0 };
    struct err ignored;
    char *full = f->given && f->world->catalog && name_parse(f->given, 3, &n, &ignored) == 0 ? name_full(&n) : NULL;
    const struct databricks_object *o = full ? catalog_table(f->world->catalog, full, false) : NULL;
    if (o) {
        bool annotations = has_column(o, "annotation_id");
        form_set(&f->form, annotations ? FIELD_ANNOTATIONS : FIELD_TABLE, f->given, false);
        str_set(&f->given, NULL);
    }
    free(full);
    name_release(&n);
}

/* The pair that a run wrote last. */
static void guess_last(struct job_form *f)
{
    const struct runs_list *l = runs_feed_now(f->world->runs);
    for (size_t i = 0; l && i < l->count; i++) {
        const struct view *v = &l->views[i];
        if (v->verb < ASK_EXPORT || v->state != RUN_DONE || !v->annotations_table[0])
            continue;
        form_names_guess(f, FIELD_TABLE, v->table);
        form_names_guess(f, FIELD_ANNOTATIONS, v->annotations_table);
        break;
    }
    runs_list_unref(l);
}

/* Whether a table of the same schema is the other one of the pair: of the other kind, with rows of the same datasets. */
static bool is_partner(const struct databricks_object *known, const struct databricks_object *other, bool annotations)
{
    const char *a = databricks_object_property(known, "lakeferry.datasets"), *b = databricks_object_property(other, "lakeferry.datasets");
    return has_column(other, "input_id") && has_column(other, "annotation_id") == annotations && a && str_eq(a, b);
}

/* Tables with the word of their kind in the name are the only ones worth a request each. */
static bool may_be(const struct catalog_entry *en, bool annotations)
{
    bool named = strstr(en->name, "annotation") || strstr(en->name, "label");
    return en->kind == CATALOG_TABLE && !strstr(en->type, "VIEW") && named == annotations;
}

static void try_partner(struct job_form *f, const struct name *schema, const struct catalog_entry *en, const struct databricks_object *known, int into)
{
    struct name t = { schema->catalog, schema->schema, en->name };
    char *full = name_full(&t), *text = name_text(&t);
    const struct databricks_object *o = full ? catalog_table(f->world->catalog, full, false) : NULL;
    if (o && text && is_partner(known, o, into == FIELD_ANNOTATIONS))
        form_set(&f->form, into, text, false);
    free(full);
    free(text);
}

/* The table that belongs to the one that is chosen, by what its properties say. */
static void guess_partner(struct job_form *f, int from, int into)
{
    struct name t = { 0 };
    struct err ignored;
    const struct form_item *it = form_find(&f->form, into);
    if (!it || it->touched || job_value(f, into)[0] || !job_value(f, from)[0] || !form_names_table(f, from, &t, &ignored)) {
        name_release(&t);
        return;
    }
    char *place = str_printf("%s\x1f%s", t.catalog, t.schema);
    const struct catalog_list *l = form_names_list(f, place);
    const struct databricks_object *known = form_names_object(f, from);
    int tried = 0;
    for (size_t i = 0; known && l && i < l->count && tried < CANDIDATES && !job_value(f, into)[0]; i++)
        if (may_be(&l->entries[i], into == FIELD_ANNOTATIONS) && !str_ieq(l->entries[i].name, t.object)) {
            tried++;
            try_partner(f, &t, &l->entries[i], known, into);
        }
    catalog_list_unref(l);
    free(place);
    name_release(&t);
}

static void guess_tables(struct job_form *f)
{
    if (f->given)
        place_given(f);
    else if (!job_value(f, FIELD_TABLE)[0] && !job_value(f, FIELD_ANNOTATIONS)[0])
        guess_last(f);
    guess_partner(f, FIELD_TABLE, FIELD_ANNOTATIONS);
    guess_partner(f, FIELD_ANNOTATIONS, FIELD_TABLE);
}

/* ---- app and dataset ---- */

/* What the tables hold, "user/app/dataset[,...]"; "" when they do not say. */
static const char *held(struct job_form *f, int field)
{
    const struct databricks_object *o = job_value(f, field)[0] ? form_names_object(f, field) : NULL;
    const char *list = o ? databricks_object_property(o, "lakeferry.datasets") : NULL;
    return list ? list : "";
}

static void guess_app(struct job_form *f)
{
    const char *list = held(f, FIELD_TABLE);
    if (!list[0])
        list = held(f, FIELD_ANNOTATIONS);
    size_t n = strcspn(list, ",");
    char *first = n ? str_dup_n(list, n) : NULL, *slash = first ? strrchr(first, '/') : NULL;
    if (slash && slash != first) {
        *slash = '\0';
        form_names_guess(f, FIELD_APP, first);
        form_names_guess(f, FIELD_DATASET, slash + 1);
    } else {
        form_names_guess_app(f);
    }
    free(first);
}

/* Only where the tables did not tell it. */
static void guess_dataset(struct job_form *f)
{
    if (!held(f, FIELD_TABLE)[0] && !held(f, FIELD_ANNOTATIONS)[0])
        form_names_guess_newest_dataset(f);
}

/* ---- what is removed ---- */

static void note_delete(struct job_form *f)
{
    char *dataset = form_names_dataset(f), text[200] = "rows that are gone stay";
    const char *a = held(f, FIELD_TABLE), *b = held(f, FIELD_ANNOTATIONS);
    enum theme_role role = ROLE_DIM;
    bool yes = str_eq(job_value(f, FIELD_DELETE), "yes");
    if (yes && dataset && str_eq(a, dataset) && str_eq(b, dataset)) {
        str_copy(text, sizeof text, "the tables hold this dataset alone");
        role = ROLE_WARN;
    } else if (yes) {
        str_copy(text, sizeof text, a[0] && b[0] ? "refused: the tables hold other datasets as well" : "refused: the tables do not say which dataset they hold");
        role = ROLE_BAD;
    }
    form_note(&f->form, FIELD_DELETE, role, text);
    free(dataset);
}

static const char *missing(const struct job_form *f)
{
    const struct form_item *it = form_find(&f->form, FIELD_DELETE);
    return it && it->note_role == ROLE_BAD ? it->note : NULL;
}

static int take(struct job_form *f, const char *place, struct err *e)
{
    struct name n = { 0 };
    if (name_parse(place, 3, &n, e) < 0)
        return -1;
    static const int follow[] = { FIELD_TABLE, FIELD_ANNOTATIONS, FIELD_APP, FIELD_DATASET };
    for (size_t i = 0; i < sizeof follow / sizeof *follow; i++) {
        struct form_item *it = form_find(&f->form, follow[i]);
        if (it)
            it->touched = false;
    }
    form_set(&f->form, FIELD_TABLE, "", false);
    form_set(&f->form, FIELD_ANNOTATIONS, "", false);
    form_set(&f->form, FIELD_DELETE, "no", false);   /* that was meant for other tables */
    str_set(&f->given, place);
    name_release(&n);
    return 0;
}

static const struct job_field fields[] = {
    { .id = FIELD_TABLE, .kind = FORM_CHOICE, .label = "Inputs table", .value = "", .list = LIST_TABLES, .beside = FIELD_ANNOTATIONS, .option = "inputs-table",
      .missing = "choose the inputs table", .guess = guess_tables, .note = form_names_note_table },
    { .id = FIELD_ANNOTATIONS, .kind = FORM_CHOICE, .label = "Annotations table", .value = "", .list = LIST_TABLES, .beside = FIELD_TABLE,
      .option = "annotations-table", .missing = "choose the annotations table", .note = form_names_note_annotations },
    { .id = FIELD_APP, .kind = FORM_CHOICE, .label = "Clarifai app", .value = "", .list = LIST_APPS, .make = "take the app (owner/app)", .option = "app",
      .missing = "choose a Clarifai app", .guess = guess_app, .note = form_names_note_app },
    { .id = FIELD_DATASET, .kind = FORM_CHOICE, .label = "Dataset", .value = "", .list = LIST_DATASETS, .option = "dataset", .missing = "choose a dataset",
      .guess = guess_dataset, .note = form_names_note_dataset },
    { .id = FIELD_DELETE, .kind = FORM_CHOICE, .label = "Delete missing", .value = "no", .list = LIST_FIXED, .choices = delete_choices,
      .option = "delete-missing", .note = note_delete },
    { .id = FIELD_SCOPE, .kind = FORM_CHOICE, .label = "Annotations", .value = "as the tables have", .list = LIST_FIXED, .choices = scope_choices,
      .option = "include-model-annotations" },
    FORM_PARTS_COMPUTE("choose the compute that compares and writes"),
    FORM_PARTS_STAGING,
};

const struct job_verb job_update = {
    .verb = ASK_UPDATE, .title = "Update", .fields = fields, .count = sizeof fields / sizeof *fields,
    .first = FIELD_TABLE, .given = FIELD_ANNOTATIONS, .take = take, .missing = missing,
};
