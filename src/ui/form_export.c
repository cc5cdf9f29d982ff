/* Export: its fields. */
#include "core/names.h"
#include "ui/form_parts.h"

static const struct job_choice images_choices[] = { { "off", "off: the tables hold the images' URLs only", NULL }, { 0 } };
static const struct job_choice scope_choices[] = {
    { "people's", "people's: all that people made, in every state", NULL }, { "also models'", "also models': what models found as well", "true" }, { 0 },
};

/* "traffic" with an ending, as a table may be called. */
static void guess_table(struct job_form *f, int field, const char *ending)
{
    const char *dataset = job_value(f, FIELD_DATASET);
    char *text = dataset[0] ? str_printf("%s_%s", dataset, ending) : NULL;
    char *name = text ? name_suggest(text) : NULL;
    if (name)
        form_names_guess(f, field, name);
    free(name);
    free(text);
}

static void guess_inputs(struct job_form *f) { guess_table(f, FIELD_TABLE, "inputs"); }

static void guess_annotations(struct job_form *f) { guess_table(f, FIELD_ANNOTATIONS, "annotations"); }

static bool with_images(const struct job_form *f)
{
    const char *images = job_value(f, FIELD_IMAGES);
    return images[0] && !str_eq(images, "off");
}

/* A folder of its own: pictures of two datasets may be named alike. */
static void guess_folder(struct job_form *f)
{
    form_names_guess(f, FIELD_IMAGES_FOLDER, job_value(f, FIELD_DATASET)[0] ? job_value(f, FIELD_DATASET) : FORM_NAMES_WHOLE);
}

static void note_folder(struct job_form *f)
{
    form_note(&f->form, FIELD_IMAGES_FOLDER, ROLE_DIM, "a file for each input");
}

static int take(struct job_form *f, const char *place, struct err *e)
{
    struct name n = { 0 };
    if (name_parse(place, 2, &n, e) < 0)
        return -1;
    char *text = name_text(&n);
    if (text)
        form_set(&f->form, FIELD_SCHEMA, text, false);
    free(text);
    name_release(&n);
    return 0;
}

static int add_images(struct job_form *f, struct ask *out, struct err *e)
{
    char *path = with_images(f) ? form_names_path(f, FIELD_IMAGES, FIELD_IMAGES_FOLDER) : NULL;
    int result = path ? ask_set(out, "images", path, e) : 0;
    free(path);
    return result;
}

static const struct job_field fields[] = {
    FORM_PARTS_APP,
    { .id = FIELD_DATASET, .kind = FORM_CHOICE, .label = "Dataset", .value = "", .list = LIST_DATASETS, .option = "dataset", .missing = "choose a dataset",
      .guess = form_names_guess_newest_dataset, .note = form_names_note_dataset },
    { .id = FIELD_SCHEMA, .kind = FORM_CHOICE, .label = "Into schema", .value = "", .list = LIST_SCHEMAS, .missing = "choose the schema of the tables",
      .guess = form_names_guess_schema },
    { .id = FIELD_TABLE, .kind = FORM_TEXT, .label = "Inputs table", .value = "", .option = "inputs-table", .missing = "name the inputs table",
      .guess = guess_inputs, .note = form_names_note_table },
    { .id = FIELD_ANNOTATIONS, .kind = FORM_TEXT, .label = "Annotations table", .value = "", .option = "annotations-table",
      .missing = "name the annotations table", .guess = guess_annotations, .note = form_names_note_annotations },
    FORM_PARTS_EXISTS,
    { .id = FIELD_IMAGES, .kind = FORM_CHOICE, .label = "Images", .value = "off", .list = LIST_VOLUMES, .choices = images_choices, .beside = FIELD_SCHEMA },
    { .id = FIELD_IMAGES_FOLDER, .kind = FORM_CHOICE, .label = "Images folder", .value = FORM_NAMES_WHOLE, .list = LIST_FOLDERS, .beside = FIELD_IMAGES,
      .make = "make a new folder named", .shown = with_images, .guess = guess_folder, .note = note_folder },
    { .id = FIELD_SCOPE, .kind = FORM_CHOICE, .label = "Annotations", .value = "people's", .list = LIST_FIXED, .choices = scope_choices,
      .option = "include-model-annotations" },
    FORM_PARTS_COMPUTE("choose the compute that writes the tables"),
    FORM_PARTS_STAGING,
};

const struct job_verb job_export = {
    .verb = ASK_EXPORT, .title = "Export", .fields = fields, .count = sizeof fields / sizeof *fields,
    .first = FIELD_APP, .given = FIELD_DATASET, .makes_tables = true, .take = take, .ask = add_images,
};
