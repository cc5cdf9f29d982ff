/* The verbs that write: command line → ask → run. What differs between them is where a table named alone sits. */
#include "cli/write.h"

static int fill_ask(struct command *c, struct ask *ask, struct err *e)
{
    static const enum option_id OPTIONS_OF_ASK[] = { OPT_APP, OPT_DATASET, OPT_TABLE, OPT_INPUTS_TABLE, OPT_ANNOTATIONS_TABLE, OPT_IMAGES,
                                                     OPT_INCLUDE_MODEL_ANNOTATIONS, OPT_DELETE_MISSING, OPT_FORMAT, OPT_DRY_RUN, OPT_YES,
                                                     OPT_CREATE_DATASET, OPT_ID_FROM, OPT_ALL_FILES, OPT_ON_CONFLICT, OPT_IF_EXISTS, OPT_STAGING,
                                                     OPT_DETACH, OPT_COMPUTE, OPT_PROFILE, OPT_SANDBOX };

    for (size_t i = 0; i < sizeof OPTIONS_OF_ASK / sizeof OPTIONS_OF_ASK[0]; i++) {
        const char *value = c->args->value[OPTIONS_OF_ASK[i]];
        const struct option_row *row = &option_table[OPTIONS_OF_ASK[i]];
        if (value != NULL && ask_set(ask, row->name, row->value[0] == '\0' ? "true" : value, e) != 0)
            return -1;
    }
    return 0;
}

/* "app" alone is one of the configured user's; who that is may have to be asked. */
static int own_the_app(struct ask *ask, struct session *s, struct err *e)
{
    struct err databricks = {0};

    if (ask->app.user != NULL)
        return 0;
    if (s->clarifai_user[0] == '\0' && session_identify(s, &databricks, e) != 0 && e->code != ERR_NONE)
        return -1;
    ask->app.user = str_dup(s->clarifai_user);
    return ask->app.user == NULL ? err_no_memory(e) : 0;
}

/* Where tables named alone sit; zero: nowhere. Borrowed from ask, but for --to, which place owns. */
static int find_place(struct command *c, const struct ask *ask, struct volume_path *url, struct name *to, struct name *out, struct err *e)
{
    const char *schema = c->args->value[OPT_TO];
    struct err no_volume = {0};

    *out = (struct name){0};
    if (schema != NULL) {
        if (name_parse(schema, 2, to, e) != 0)
            return err_about(e, "cannot use --to", schema);
        *out = *to;
    } else if (ask->verb == ASK_IMPORT_VOLUME) {
        *out = ask->source.volume;
    } else if (ask->verb == ASK_IMPORT_S3) {
        if (str_starts(ask->url, "/Volumes/") && volume_path_parse(ask->url, url, &no_volume) == 0)
            *out = url->volume;
    } else {
        *out = ask->table.catalog != NULL ? ask->table : ask->annotations_table;
    }
    return 0;
}

static int place_tables(struct command *c, struct ask *ask, struct err *e)
{
    struct volume_path url = {0};
    struct name to = {0}, place;
    const char *schema = c->args->value[OPT_TO];
    int result = find_place(c, ask, &url, &to, &place, e);

    if (result == 0)
        result = ask_place_tables(ask, &place, e);
    if (result != 0 && schema == NULL && ask->verb == ASK_EXPORT)
        err_remedy(e, "or name its schema with --to");
    volume_path_release(&url);
    name_release(&to);
    return result;
}

/* source: the option that the word behind the verb stands for; NULL: it has none. */
static int write_verb(struct command *c, enum ask_verb verb, const char *source)
{
    struct ask ask = { .verb = verb };
    struct write_thing thing;
    struct session s = {0};
    struct err e = {0};
    char id[40];
    int status = -1;

    if ((source == NULL || ask_set(&ask, source, command_word(c, 0), &e) == 0) && fill_ask(c, &ask, &e) == 0 && place_tables(c, &ask, &e) == 0 &&
        ask_check(&ask, &e) == 0 && command_session(c, true, true, false, &s, &e) == 0) {
        write_name_thing(&ask, &thing);
        if (own_the_app(&ask, &s, &e) == 0 && run_create(&ask, id, &e) == 0)
            status = write_carry(c, &s, id, &thing);
    }
    if (status < 0)
        status = out_error(c->out, &e);
    ask_release(&ask);
    session_close(&s);
    return status;
}

int verb_import_volume(struct command *c)
{
    return write_verb(c, ASK_IMPORT_VOLUME, "source");
}

int verb_import_s3(struct command *c)
{
    return write_verb(c, ASK_IMPORT_S3, "url");
}

int verb_export(struct command *c)
{
    return write_verb(c, ASK_EXPORT, NULL);
}

int verb_update(struct command *c)
{
    return write_verb(c, ASK_UPDATE, NULL);
}

