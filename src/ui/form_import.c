/* Import > Volume: its fields. */
#include "core/names.h"
#include "ui/form_parts.h"

static const struct job_choice ids_choices[] = {
    { "file name", "file name: its name without the extension", NULL }, { "whole path", "whole path: where many files have one name", "path" }, { 0 },
};
static const struct job_choice files_choices[] = {
    { "pictures", "pictures: known extensions, or none", NULL }, { "all files", "all files: whatever they are called", "true" }, { 0 },
};

/* "pictures 2026/08": the volume and what is chosen in it. Owned; NULL while there is no volume. */
static char *source_words(const struct job_form *f, struct name *volume)
{
    const char *folder = job_value(f, FIELD_FOLDER);
    if (!form_names_volume(f, FIELD_VOLUME, volume))
        return NULL;
    return str_printf("%s %s", volume->object, str_eq(folder, FORM_NAMES_WHOLE) ? "" : folder);
}

static void guess_dataset(struct job_form *f)
{
    char id[49];
    struct name v;
    char *text = source_words(f, &v);
    if (text)
        form_names_guess(f, FIELD_DATASET, form_names_id(text, id)[0] ? id : "pictures");
    free(text);
    name_release(&v);
}

static void guess_table(struct job_form *f)
{
    struct name v;
    char *text = source_words(f, &v);
    struct name t = { v.catalog, v.schema, text ? name_suggest(text) : NULL };
    char *whole = t.object ? name_text(&t) : NULL;
    if (whole)
        form_names_guess(f, FIELD_TABLE, whole);
    free(whole);
    free(t.object);
    free(text);
    name_release(&v);
}

static int take(struct job_form *f, const char *path, struct err *e)
{
    struct volume_path v = { 0 };
    if (volume_path_parse(path, &v, e) < 0)
        return -1;
    char *volume = name_text(&v.volume);
    if (volume) {
        form_set(&f->form, FIELD_VOLUME, volume, false);
        form_set(&f->form, FIELD_FOLDER, v.path[0] ? v.path : FORM_NAMES_WHOLE, false);
    }
    free(volume);
    volume_path_release(&v);
    return 0;
}

static int add_source(struct job_form *f, struct ask *out, struct err *e)
{
    char *source = form_names_path(f, FIELD_VOLUME, FIELD_FOLDER);
    int result = source ? ask_set(out, "source", source, e) : err_set(e, ERR_USAGE, "choose a volume");
    free(source);
    if (result == 0 && !out->table.object)   /* nothing is computed then */
        str_set(&out->compute, NULL);
    return result;
}

static const char *missing(const struct job_form *f)
{
    bool table = f->tables[0].state != JOB_TABLE_NONE;
    return table && str_blank(job_value(f, FIELD_COMPUTE)) ? "choose the compute that writes the table" : NULL;
}

static const struct job_field fields[] = {
    FORM_PARTS_WAY("Volume"),
    { .id = FIELD_VOLUME, .kind = FORM_CHOICE, .label = "Volume", .value = "", .list = LIST_VOLUMES, .missing = "choose a volume" },
    { .id = FIELD_FOLDER, .kind = FORM_CHOICE, .label = "Folder", .value = FORM_NAMES_WHOLE, .list = LIST_FOLDERS, .beside = FIELD_VOLUME },
    FORM_PARTS_APP,
    { .id = FIELD_DATASET, .kind = FORM_CHOICE, .label = "Dataset", .value = "", .list = LIST_DATASETS, .make = "make a new dataset named",
      .option = "dataset", .missing = "choose a dataset", .guess = guess_dataset, .note = form_names_note_dataset },
    { .id = FIELD_TABLE, .kind = FORM_TEXT, .label = "Inputs table", .value = "", .option = "table", .guess = guess_table, .note = form_names_note_table },
    FORM_PARTS_EXISTS,
    FORM_PARTS_COMPUTE(NULL),
    { .id = FIELD_IDS, .kind = FORM_CHOICE, .label = "Ids from", .value = "file name", .list = LIST_FIXED, .choices = ids_choices, .option = "id-from" },
    FORM_PARTS_CONFLICT,
    { .id = FIELD_FILES, .kind = FORM_CHOICE, .label = "Files", .value = "pictures", .list = LIST_FIXED, .choices = files_choices, .option = "all-files" },
};

const struct job_verb job_import_volume = {
    .verb = ASK_IMPORT_VOLUME, .title = "Import", .fields = fields, .count = sizeof fields / sizeof *fields,
    .first = FIELD_VOLUME, .given = FIELD_DATASET, .makes_dataset = true, .makes_tables = true, .take = take, .ask = add_source, .missing = missing,
};
