#ifndef LAKEFERRY_CLI_VERBS_H
#define LAKEFERRY_CLI_VERBS_H
/* verbs: the one table of commands; each row's function turns a command line into calls on core and prints what comes back. Main thread. */
#include "cli/args.h"
#include "cli/out.h"
#include "core/session.h"

struct command {
    const struct args *args;
    int word;                 /* first word behind the verb */
    struct out *out;
    char run[64];             /* for command_run */
};
struct verb {
    const char *words;        /* "import volume"; matched word by word */
    const char *usage;        /* what follows it */
    const char *help;         /* one line */
    int min_words, max_words; /* words behind it */
    unsigned groups;          /* options it takes */
    int (*run)(struct command *);   /* exit status */
};
extern const struct verb verb_table[];      /* ends with words NULL */

int verb_auth_login(struct command *c);
int verb_auth_status(struct command *c);
int verb_auth_logout(struct command *c);
int verb_ls(struct command *c);
int verb_preview(struct command *c);
int verb_import_volume(struct command *c);
int verb_import_s3(struct command *c);
int verb_export(struct command *c);
int verb_update(struct command *c);
int verb_runs(struct command *c);
int verb_runs_show(struct command *c);
int verb_runs_watch(struct command *c);
int verb_runs_prune(struct command *c);
int verb_resume(struct command *c);
int verb_retry(struct command *c);
int verb_cancel(struct command *c);
int verb_doctor(struct command *c);
int verb_completion(struct command *c);
int verb_sandbox(struct command *c);

/* The word at position i behind the verb, or NULL. */
const char *command_word(const struct command *c, int i);
/* The run that the first word behind the verb names, by its id or by the end of it that no other has; NULL without one. */
const char *command_run(struct command *c);
bool command_has(const struct command *c, enum option_id id);
/* Opens a session by the command's flags. Prints nothing. */
int command_session(const struct command *c, bool databricks, bool clarifai, bool interactive, struct session *out, struct err *e);

/* Runs the command line: help, version, a verb. Returns the exit status; -1 when it names no verb (the terminal UI is meant). */
int cli_main(const struct args *args);
#endif
