#ifndef LAKEFERRY_CORE_ASK_H
#define LAKEFERRY_CORE_ASK_H
/* ask: what a person wants of a writing verb: one struct, to and from command line, form, journal (JSON). Pure; any thread. */
#include "core/names.h"
#include "base/json.h"

enum ask_verb { ASK_IMPORT_VOLUME, ASK_IMPORT_S3, ASK_EXPORT, ASK_UPDATE };
enum ask_id_from { ASK_ID_NAME, ASK_ID_PATH };
enum ask_on_conflict { ASK_CONFLICT_SKIP, ASK_CONFLICT_SUFFIX, ASK_CONFLICT_FAIL };
enum ask_if_exists { ASK_EXISTS_DEFAULT, ASK_EXISTS_FAIL, ASK_EXISTS_REPLACE, ASK_EXISTS_APPEND };
struct ask {
    enum ask_verb verb;
    struct volume_path source;            /* import volume */
    char *url, *format;                   /* import s3 */
    struct app_name app; char *dataset;   /* user NULL until session fills it */
    struct name table;                    /* tracking or inputs table; object NULL: none. A bare name sits in the source's schema */
    struct name annotations_table;        /* export, update */
    struct volume_path images; bool has_images;
    bool dry_run, yes, create_dataset, all_files, include_model_annotations, delete_missing, detach;
    enum ask_id_from id_from; enum ask_on_conflict on_conflict; enum ask_if_exists if_exists;
    char *staging, *compute, *profile;
    bool sandbox;
};
void ask_release(struct ask *a);
/* Text options by name as the command line and forms give them ("on-conflict", "skip"); ERR_USAGE says what is allowed. */
int ask_set(struct ask *a, const char *option, const char *value, struct err *e);
/* Completes bare table names with a schema (the source volume's; --to of an export). ERR_USAGE when there is none. */
int ask_place_tables(struct ask *a, const struct name *beside, struct err *e);
/* What is missing or contradictory (ERR_USAGE), after all options. */
int ask_check(const struct ask *a, struct err *e);
cJSON *ask_to_json(const struct ask *a);
int ask_from_json(const cJSON *json, struct ask *out, struct err *e);
/* The same job as a command line, quoted for a shell. Owned; NULL without memory, like ask_to_json. */
char *ask_command_line(const struct ask *a);
/* Appends one word, quoted for a shell where it needs it. */
void ask_put_word(struct buf *b, const char *word);
const char *ask_verb_name(enum ask_verb v);   /* "import volume" */
#endif
