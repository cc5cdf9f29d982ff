#include "core/ask.h"
#include "core/sql_s3.h"
#include "net/clarifai.h"

static const char *const VERB_NAMES[] = { "import volume", "import s3", "export", "update" };

const char *ask_verb_name(enum ask_verb v)
{
    return VERB_NAMES[v];
}

void ask_release(struct ask *a)
{
    if (a == NULL)
        return;
    volume_path_release(&a->source);
    volume_path_release(&a->images);
    app_name_release(&a->app);
    name_release(&a->table);
    name_release(&a->annotations_table);
    char **texts[] = { &a->url, &a->format, &a->dataset, &a->staging, &a->compute, &a->profile };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(*texts[i]);
    *a = (struct ask){0};
}

/* --- options by name: one row each says how its value is read, and how it is written again --- */

enum option_kind { OPTION_TEXT, OPTION_FLAG, OPTION_CHOICE, OPTION_VOLUME, OPTION_APP, OPTION_TABLE };
struct option {
    const char *name;
    enum option_kind kind;
    size_t offset;
    const char *choices; /* OPTION_CHOICE: names by value, blank separated; "-" for a value that is not said */
};
#define AT(member) offsetof(struct ask, member)
static const struct option OPTIONS[] = {
    { "source", OPTION_VOLUME, AT(source), NULL },
    { "url", OPTION_TEXT, AT(url), NULL },
    { "format", OPTION_TEXT, AT(format), NULL },
    { "app", OPTION_APP, AT(app), NULL },
    { "dataset", OPTION_TEXT, AT(dataset), NULL },
    { "table", OPTION_TABLE, AT(table), NULL },
    { "inputs-table", OPTION_TABLE, AT(table), NULL },
    { "annotations-table", OPTION_TABLE, AT(annotations_table), NULL },
    { "images", OPTION_VOLUME, AT(images), NULL },
    { "dry-run", OPTION_FLAG, AT(dry_run), NULL },
    { "yes", OPTION_FLAG, AT(yes), NULL },
    { "create-dataset", OPTION_FLAG, AT(create_dataset), NULL },
    { "all-files", OPTION_FLAG, AT(all_files), NULL },
    { "include-model-annotations", OPTION_FLAG, AT(include_model_annotations), NULL },
    { "delete-missing", OPTION_FLAG, AT(delete_missing), NULL },
    { "detach", OPTION_FLAG, AT(detach), NULL },
    { "id-from", OPTION_CHOICE, AT(id_from), "name path" },
    { "on-conflict", OPTION_CHOICE, AT(on_conflict), "skip suffix fail" },
    { "if-exists", OPTION_CHOICE, AT(if_exists), "- fail replace append" },
    { "staging", OPTION_TEXT, AT(staging), NULL },
    { "compute", OPTION_TEXT, AT(compute), NULL },
    { "profile", OPTION_TEXT, AT(profile), NULL },
    { "sandbox", OPTION_FLAG, AT(sandbox), NULL },
};
#define OPTION_COUNT (sizeof OPTIONS / sizeof OPTIONS[0])

static const struct option *find_option(const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (str_eq(OPTIONS[i].name, name))
            return &OPTIONS[i];
    return NULL;
}

/* Position of value in a blank-separated list, or -1. */
static int choice_index(const char *choices, const char *value)
{
    int index = 0;
    size_t n = strlen(value);

    for (const char *p = choices; *p; index++) {
        size_t len = strcspn(p, " ");
        if (len == n && n > 0 && value[0] != '-' && strncmp(p, value, n) == 0)
            return index;
        p += len + (p[len] == ' ');
    }
    return -1;
}

static void choice_name(const char *choices, int index, char *out, size_t size)
{
    const char *p = choices;

    for (; index > 0 && *p; index--) {
        p += strcspn(p, " ");
        p += *p == ' ';
    }
    snprintf(out, size, "%.*s", (int)strcspn(p, " "), p);
}

static int set_choice(const struct option *o, int *slot, const char *value, struct err *e)
{
    int index = choice_index(o->choices, value);

    if (index < 0)
        return err_set(e, ERR_USAGE, "--%s is one of: %s; not \"%s\"", o->name,
                       o->choices[0] == '-' ? o->choices + 2 : o->choices, value);
    *slot = index;
    return 0;
}

/* A bare name is completed by ask_place_tables() once the schema is known. */
static int set_table(struct name *slot, const char *value, struct err *e)
{
    struct name n;

    if (name_parse(value, 0, &n, e) != 0)
        return -1;
    if (n.schema == NULL) {
        n.object = n.catalog;
        n.catalog = NULL;
    } else if (n.object == NULL) {
        name_release(&n);
        return err_set(e, ERR_USAGE, "\"%s\" has two parts: a table is a name alone or catalog.schema.name", value);
    }
    name_release(slot);
    *slot = n;
    return name_check_new(slot->object, e);
}

static int set_volume(struct volume_path *slot, const char *value, struct err *e)
{
    struct volume_path v;

    if (volume_path_parse(value, &v, e) != 0)
        return -1;
    volume_path_release(slot);
    *slot = v;
    return 0;
}

static int set_app(struct app_name *slot, const char *value, struct err *e)
{
    struct app_name n;

    if (app_name_parse(value, &n, e) != 0)
        return -1;
    app_name_release(slot);
    *slot = n;
    return 0;
}

int ask_set(struct ask *a, const char *option, const char *value, struct err *e)
{
    const struct option *o = find_option(option);
    char *slot;

    if (o == NULL)
        return err_set(e, ERR_USAGE, "there is no option --%s", option);
    slot = (char *)a + o->offset;
    switch (o->kind) {
    case OPTION_TEXT:
        return str_set((char **)(void *)slot, value) != 0 ? err_no_memory(e) : 0;
    case OPTION_FLAG:
        *(bool *)slot = value == NULL || str_eq(value, "true") || str_eq(value, "yes");
        return 0;
    case OPTION_CHOICE:
        return set_choice(o, (int *)(void *)slot, value, e);
    case OPTION_VOLUME:
        if (o->offset == AT(images))
            a->has_images = true;
        return set_volume((struct volume_path *)(void *)slot, value, e);
    case OPTION_APP:
        return set_app((struct app_name *)(void *)slot, value, e);
    case OPTION_TABLE:
        return set_table((struct name *)(void *)slot, value, e);
    }
    return err_set(e, ERR_BUG, "option --%s has no kind", option);
}

static int place_table(struct name *table, const struct name *beside, struct err *e)
{
    if (table->object == NULL || table->catalog != NULL)
        return 0;
    if (beside->schema == NULL)
        return err_set(e, ERR_USAGE, "the table \"%s\" needs its catalog and schema: catalog.schema.%s", table->object, table->object);
    table->catalog = str_dup(beside->catalog);
    table->schema = str_dup(beside->schema);
    return table->catalog == NULL || table->schema == NULL ? err_no_memory(e) : 0;
}

int ask_place_tables(struct ask *a, const struct name *beside, struct err *e)
{
    return place_table(&a->table, beside, e) != 0 ? -1 : place_table(&a->annotations_table, beside, e);
}

static bool same_name(const struct name *a, const struct name *b)
{
    return str_ieq(a->catalog, b->catalog) && str_ieq(a->schema, b->schema) && str_ieq(a->object, b->object);
}

int ask_check(const struct ask *a, struct err *e)
{
    if (a->app.app == NULL)
        return err_set(e, ERR_USAGE, "--app is missing: the Clarifai app, as user/app or app");
    if (str_blank(a->dataset))
        return err_set(e, ERR_USAGE, "--dataset is missing: the dataset of the Clarifai app");
    if (a->create_dataset && !clarifai_id_valid(a->dataset))
        return err_set(e, ERR_USAGE, "\"%s\" cannot be the id of a dataset: Clarifai takes 1 to 48 letters, digits, - and _", a->dataset);
    if (a->verb == ASK_IMPORT_VOLUME && a->source.volume.object == NULL)
        return err_set(e, ERR_USAGE, "the volume is missing: catalog.schema.volume[/path]");
    if (a->verb == ASK_IMPORT_S3 && str_blank(a->url))
        return err_set(e, ERR_USAGE, "the URL is missing: s3://bucket/path");
    if (a->verb == ASK_IMPORT_S3 && sql_s3_check_url(a->url, e) != 0)
        return -1;
    if (a->verb == ASK_IMPORT_S3 && !str_eq(a->format, "csv") && !str_eq(a->format, "delta"))
        return err_set(e, ERR_USAGE, "--format is csv or delta");
    if (a->verb >= ASK_EXPORT && (a->table.object == NULL || a->annotations_table.object == NULL))
        return err_set(e, ERR_USAGE, "--inputs-table and --annotations-table are both needed");
    if (a->verb >= ASK_EXPORT && same_name(&a->table, &a->annotations_table))
        return err_set(e, ERR_USAGE, "the inputs table and the annotations table are the same; they must differ");
    return 0;
}

/* --- writing: every option that is set, as (name, value) --- */

/* *out: its value as text, owned; NULL when it is not set. -1 without memory. */
static int option_value(const struct ask *a, const struct option *o, char **out)
{
    const char *slot = (const char *)a + o->offset;
    const struct volume_path *volume = (const void *)slot;
    const struct app_name *app = (const void *)slot;
    const struct name *table = (const void *)slot;
    char choice[32];
    bool set = false;

    *out = NULL;
    switch (o->kind) {
    case OPTION_TEXT:
        set = *(char *const *)(const void *)slot != NULL;
        *out = str_dup(*(char *const *)(const void *)slot);
        break;
    case OPTION_FLAG:
        set = *(const bool *)slot;
        *out = set ? str_dup("true") : NULL;
        break;
    case OPTION_CHOICE:
        set = *(const int *)(const void *)slot != 0;
        choice_name(o->choices, *(const int *)(const void *)slot, choice, sizeof choice);
        *out = set ? str_dup(choice) : NULL;
        break;
    case OPTION_VOLUME:
        set = volume->volume.object != NULL;
        *out = set ? volume_path_text(volume) : NULL;
        break;
    case OPTION_APP:
        set = app->app != NULL;
        *out = !set ? NULL : app->user == NULL ? str_dup(app->app) : str_printf("%s/%s", app->user, app->app);
        break;
    case OPTION_TABLE:
        set = table->object != NULL;
        *out = !set ? NULL : name_text(table->catalog != NULL ? table : &(const struct name){ .catalog = table->object });
        break;
    }
    return set && *out == NULL ? -1 : 0;
}

/* The same member stands behind two names; each verb says it by one. */
static bool other_verbs_option(const struct ask *a, const struct option *o)
{
    return o->offset == AT(table) && str_eq(o->name, "inputs-table") != (a->verb >= ASK_EXPORT);
}

cJSON *ask_to_json(const struct ask *a)
{
    cJSON *json = cJSON_CreateObject();

    if (json == NULL || !json_put_str(json, "verb", ask_verb_name(a->verb)))
        goto fail;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (other_verbs_option(a, &OPTIONS[i]))
            continue;
        char *value;
        bool good = option_value(a, &OPTIONS[i], &value) == 0 && (value == NULL || json_put_str(json, OPTIONS[i].name, value));
        free(value);
        if (!good)
            goto fail;
    }
    return json;
fail:
    cJSON_Delete(json);
    return NULL;
}

int ask_from_json(const cJSON *json, struct ask *out, struct err *e)
{
    const char *verb = json_need_str(json, "verb", e);
    int found = -1;

    *out = (struct ask){0};
    if (verb == NULL)
        return -1;
    for (int i = 0; i <= ASK_UPDATE; i++)
        if (str_eq(verb, VERB_NAMES[i]))
            found = i;
    if (found < 0)
        return err_set(e, ERR_PROTOCOL, "\"%s\" is no verb of this version", verb);
    out->verb = (enum ask_verb)found;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *value = json_str(json, OPTIONS[i].name);
        if (value != NULL && ask_set(out, OPTIONS[i].name, value, e) != 0) {
            ask_release(out);
            return -1;
        }
    }
    return 0;
}

void ask_put_word(struct buf *b, const char *word)
{
    bool plain = word[0] != '\0';

    for (const char *p = word; *p; p++)
        plain = plain && (strchr("_-./:=@%+,", *p) != NULL || (*p >= '0' && *p <= '9') ||
                          (*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z'));
    if (plain) {
        buf_puts(b, word);
        return;
    }
    buf_putc(b, '\'');
    for (const char *p = word; *p; p++) {
        if (*p == '\'')
            buf_puts(b, "'\\''");
        else
            buf_putc(b, *p);
    }
    buf_putc(b, '\'');
}

static int put_positional(struct buf *b, const struct ask *a)
{
    char *text = a->verb == ASK_IMPORT_VOLUME ? volume_path_text(&a->source) : str_dup(a->url);
    bool lost = text == NULL && (a->verb == ASK_IMPORT_VOLUME ? a->source.volume.object != NULL : a->url != NULL);

    if (a->verb <= ASK_IMPORT_S3 && text != NULL) {
        buf_putc(b, ' ');
        ask_put_word(b, text);
    }
    free(text);
    return lost ? -1 : 0;
}

static int put_option(struct buf *b, const struct ask *a, const struct option *o)
{
    char *value;

    if (option_value(a, o, &value) != 0)
        return -1;
    if (value != NULL) {
        buf_printf(b, " --%s", o->name);
        if (o->kind != OPTION_FLAG) {
            buf_putc(b, ' ');
            ask_put_word(b, value);
        }
    }
    free(value);
    return 0;
}

char *ask_command_line(const struct ask *a)
{
    struct buf b = BUF_INIT;
    bool lost;

    buf_printf(&b, "lakeferry %s", ask_verb_name(a->verb));
    lost = put_positional(&b, a) != 0;
    for (size_t i = 0; i < OPTION_COUNT && !lost; i++)
        if (OPTIONS[i].offset != AT(source) && OPTIONS[i].offset != AT(url) && !other_verbs_option(a, &OPTIONS[i]))
            lost = put_option(&b, a, &OPTIONS[i]) != 0;
    char *line = lost ? NULL : buf_take(&b);
    buf_release(&b);
    return line;
}
