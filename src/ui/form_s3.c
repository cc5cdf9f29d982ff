/* Import > S3: its fields. */
#include "core/names.h"
#include "ui/form_parts.h"

#define NO_TABLE "(no table)"

static const struct job_choice format_choices[] = {
    { "csv", "csv: a file with a head line", "csv" }, { "delta", "delta: the folder of a Delta table", "delta" }, { 0 },
};
static const struct job_choice schema_choices[] = { { NO_TABLE, "no table: a report only (staging has to be chosen then)", NULL }, { 0 } };

/* The last part of the URL that is no '/', without an extension. Owned. */
static char *stem(const struct job_form *f)
{
    const char *url = job_value(f, FIELD_URL);
    size_t end = strlen(url), from;
    while (end && url[end - 1] == '/')
        end--;
    for (from = end; from && url[from - 1] != '/'; from--)
        ;
    char *name = str_dup_n(url + from, end - from);
    char *dot = name ? strrchr(name, '.') : NULL;
    if (dot && dot != name)
        *dot = '\0';
    return name;
}

static bool names_file(const struct job_form *f)
{
    const char *url = job_value(f, FIELD_URL), *scheme = strstr(url, "//");
    const char *rest = scheme ? scheme + 2 : url;
    const char *slash = strchr(rest, '/');
    return slash && slash[1];
}

static void note_url(struct job_form *f)
{
    static const char *const schemes[] = { "s3://", "s3a://", "abfss://", "gs://", "/Volumes/" };
    const char *url = job_value(f, FIELD_URL);
    bool known = false;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        known = known || str_starts(url, schemes[i]);
    bool wrong = url[0] && !known;
    form_note(&f->form, FIELD_URL, wrong ? ROLE_BAD : ROLE_DIM, wrong ? "no URL that can be read" : url[0] ? "" : "s3://bucket/path.csv");
}

static const char *bad_url(const struct job_form *f)
{
    const struct form_item *it = form_find(&f->form, FIELD_URL);
    return it && it->note_role == ROLE_BAD ? "the URL has to begin with s3://, s3a://, abfss://, gs:// or /Volumes/" : names_file(f) ? NULL : "say which file or folder of the bucket is read";
}

static void guess_format(struct job_form *f)
{
    const char *url = job_value(f, FIELD_URL);
    bool csv = str_ends(url, ".csv") || str_ends(url, ".csv.gz") || str_ends(url, ".CSV");
    bool delta = names_file(f) && !csv && (str_ends(url, "/") || str_ends(url, ".delta") || !strchr(strrchr(url, '/'), '.'));
    if (csv || delta)
        form_names_guess(f, FIELD_FORMAT, csv ? "csv" : "delta");
}

static void guess_dataset(struct job_form *f)
{
    char id[49];
    char *text = names_file(f) ? stem(f) : NULL;
    if (text)
        form_names_guess(f, FIELD_DATASET, form_names_id(text, id)[0] ? id : "rows");
    free(text);
}

static bool has_schema(const struct job_form *f)
{
    const char *schema = job_value(f, FIELD_SCHEMA);
    return schema[0] && !str_eq(schema, NO_TABLE);
}

static void guess_table(struct job_form *f)
{
    char *text = names_file(f) ? stem(f) : NULL;
    char *name = text ? name_suggest(text) : NULL;
    if (!has_schema(f))
        form_set(&f->form, FIELD_TABLE, "", false);
    else if (name)
        form_names_guess(f, FIELD_TABLE, name);
    free(name);
    free(text);
}

/* Without a schema there is no table, whatever an earlier one was called. */
static void note_schema(struct job_form *f)
{
    form_note(&f->form, FIELD_SCHEMA, ROLE_DIM, str_eq(job_value(f, FIELD_SCHEMA), NO_TABLE) ? "a report only" : "");
    if (!has_schema(f)) {
        f->tables[0].state = JOB_TABLE_NONE;
        f->tables[0].why[0] = '\0';
    }
}

static const char *missing(const struct job_form *f)
{
    const struct session *s = f->world->session;
    bool staged = !str_eq(job_value(f, FIELD_STAGING), "(automatic)") || (s && !str_blank(settings_text(&s->settings, SETTING_STAGING_VOLUME)));
    const char *bad = bad_url(f);
    if (bad)
        return bad;
    if (!has_schema(f) && !staged)
        return "choose where the table is made, or a staging volume";
    return NULL;
}

static const struct job_field fields[] = {
    FORM_PARTS_WAY("S3"),
    { .id = FIELD_URL, .kind = FORM_TEXT, .label = "URL", .value = "", .option = "url", .missing = "type the URL of the file or folder", .note = note_url },
    { .id = FIELD_FORMAT, .kind = FORM_CHOICE, .label = "Format", .value = "csv", .list = LIST_FIXED, .choices = format_choices, .option = "format", .guess = guess_format },
    FORM_PARTS_APP,
    { .id = FIELD_DATASET, .kind = FORM_CHOICE, .label = "Dataset", .value = "", .list = LIST_DATASETS, .make = "make a new dataset named",
      .option = "dataset", .missing = "choose a dataset", .guess = guess_dataset, .note = form_names_note_dataset },
    { .id = FIELD_SCHEMA, .kind = FORM_CHOICE, .label = "Table in", .value = "", .list = LIST_SCHEMAS, .choices = schema_choices,
      .missing = "choose the schema of the tracking table, or none", .guess = form_names_guess_schema, .note = note_schema },
    { .id = FIELD_TABLE, .kind = FORM_TEXT, .label = "Tracking table", .value = "", .option = "table", .missing = "name the tracking table", .shown = has_schema, .guess = guess_table, .note = form_names_note_table },
    FORM_PARTS_EXISTS,
    FORM_PARTS_COMPUTE("choose the compute that reads the file"),
    FORM_PARTS_STAGING,
    FORM_PARTS_CONFLICT,
};

const struct job_verb job_import_s3 = {
    .verb = ASK_IMPORT_S3, .title = "Import", .fields = fields, .count = sizeof fields / sizeof *fields,
    .first = FIELD_URL, .given = FIELD_URL, .makes_dataset = true, .makes_tables = true, .missing = missing,
};
