#ifndef LAKEFERRY_CLI_ARGS_H
#define LAKEFERRY_CLI_ARGS_H
/* args: the one table of options, and the command line read by it. Main thread. */
#include "base/str.h"

/* id, "name", value's name in help ("" for a flag), groups that take it, help. */
#define OPTIONS(X) \
    X(APP, "app", "APP", GROUP_WRITE, "Clarifai app: user/app, or app of the configured user") \
    X(DATASET, "dataset", "DATASET", GROUP_WRITE, "dataset of that app") \
    X(TABLE, "table", "TABLE", GROUP_IMPORT, "tracking table: a name beside the volume, or catalog.schema.name") \
    X(TO, "to", "CATALOG.SCHEMA", GROUP_EXPORT, "the schema in which an export makes its tables") \
    X(INPUTS_TABLE, "inputs-table", "NAME|TABLE", GROUP_TABLES, "table of the inputs: a name in the schema of --to, or catalog.schema.name") \
    X(ANNOTATIONS_TABLE, "annotations-table", "NAME|TABLE", GROUP_TABLES, "table of the annotations; not the same one") \
    X(IMAGES, "images", "VOLUME[/PATH]", GROUP_EXPORT, "write every picture there, too") \
    X(INCLUDE_MODEL_ANNOTATIONS, "include-model-annotations", "", GROUP_TABLES, "annotations made by models as well as people's") \
    X(DELETE_MISSING, "delete-missing", "", GROUP_UPDATE, "remove rows whose input or annotation is gone from Clarifai") \
    X(DRY_RUN, "dry-run", "", GROUP_WRITE, "print the plan and stop; nothing is made or changed") \
    X(YES, "yes", "", GROUP_WRITE | GROUP_COMPUTE | GROUP_AGAIN | GROUP_DOCTOR, "answer every question with yes") \
    X(CREATE_DATASET, "create-dataset", "", GROUP_IMPORT, "make the dataset when it is missing") \
    X(ID_FROM, "id-from", "name|path", GROUP_VOLUME, "input ids from the file name (default) or the whole path") \
    X(ALL_FILES, "all-files", "", GROUP_VOLUME, "take files of every extension") \
    X(ON_CONFLICT, "on-conflict", "skip|suffix|fail", GROUP_IMPORT, "when an input of that id is somebody else's (default skip)") \
    X(IF_EXISTS, "if-exists", "fail|replace|append", GROUP_IMPORT | GROUP_EXPORT, "when the table exists (default fail; the same import continues its own table)") \
    X(STAGING, "staging", "VOLUME[/PATH]", GROUP_WRITE | GROUP_DOCTOR, "where rows are staged") \
    X(DETACH, "detach", "", GROUP_WRITE | GROUP_AGAIN, "let a worker process do it and return") \
    X(COMPUTE, "compute", "cluster[:ID]|warehouse[:ID]", GROUP_WRITE | GROUP_COMPUTE | GROUP_DOCTOR, "what runs the SQL") \
    X(LIMIT, "limit", "N", GROUP_PREVIEW, "rows to show (default 20)") \
    X(COLUMNS, "columns", "a,b", GROUP_PREVIEW, "columns to show") \
    X(FORMAT, "format", "csv|delta|table|jsonl", GROUP_PREVIEW | GROUP_S3, "import s3: csv or delta; preview: table (default), csv or jsonl") \
    X(FAILED, "failed", "", GROUP_RUNS, "show the items that failed, conflicted or are unaccounted for") \
    X(PROBE, "probe", "", GROUP_DOCTOR, "try every SQL form on three rows in the staging volume, too") \
    X(STDIN, "stdin", "", GROUP_AUTH, "read NAME=value lines from standard input") \
    X(PORT, "port", "N", GROUP_SANDBOX, "port to listen on (default: the one it had before, or a free one)") \
    X(DATA, "data", "DIR", GROUP_SANDBOX, "where its state lives") \
    X(FAULTS, "faults", "FILE", GROUP_SANDBOX, "JSON array of fault rules") \
    X(READ_ONLY, "read-only", "", GROUP_UI, "refuse every action that writes") \
    X(PROFILE, "profile", "P", GROUP_ALL, "profile of ~/.databrickscfg") \
    X(JSON, "json", "", GROUP_ALL, "one JSON object a line on standard output") \
    X(SANDBOX, "sandbox", "", GROUP_ALL, "use a local platform, starting one when none runs") \
    X(NO_COLOR, "no-color", "", GROUP_ALL, "no colours") \
    X(ASCII, "ascii", "", GROUP_ALL, "no characters beyond ASCII") \
    X(LOG_FILE, "log-file", "FILE", GROUP_ALL, "append a log (secrets removed)") \
    X(LOG_LEVEL, "log-level", "error|warn|info|debug", GROUP_ALL, "how much of it (default info)")
enum option_group {
    GROUP_WRITE = 1 /* every verb that writes */, GROUP_COMPUTE = 2, GROUP_PREVIEW = 4, GROUP_RUNS = 8, GROUP_AUTH = 16, GROUP_SANDBOX = 32, GROUP_UI = 64,
    GROUP_ALL = 128, GROUP_AGAIN = 256 /* resume, retry */, GROUP_VOLUME = 512, GROUP_S3 = 1024, GROUP_EXPORT = 2048, GROUP_UPDATE = 4096, GROUP_DOCTOR = 8192,
    GROUP_IMPORT = GROUP_VOLUME | GROUP_S3, GROUP_TABLES = GROUP_EXPORT | GROUP_UPDATE
};
enum option_id {
#define OPTION_ENUM(id, name, value, groups, help) OPT_##id,
    OPTIONS(OPTION_ENUM)
#undef OPTION_ENUM
    OPT_COUNT
};
struct option_row { const char *name, *value, *help; unsigned groups; };
extern const struct option_row option_table[OPT_COUNT];

#define ARGS_WORDS 8
struct args {                        /* texts point into argv */
    const char *words[ARGS_WORDS];   /* everything that is no option, in order */
    int count;
    const char *value[OPT_COUNT];    /* NULL: not given; "" for a flag */
};
/* ERR_USAGE names the word, says why, and what comes near when something does. */
int args_read(int argc, char **argv, struct args *out, struct err *e);
/* ERR_USAGE for a given option that belongs to none of the groups; verb is for the sentence. */
int args_check_groups(const struct args *a, unsigned groups, const char *verb, struct err *e);
#endif
