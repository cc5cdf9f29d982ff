#include "cli/verbs.h"
#include "base/log.h"
#include "core/view.h"
#include <unistd.h>

const struct verb verb_table[] = {
    { "auth login", "[--stdin]", "store tokens in the keyring", 0, 0, GROUP_AUTH | GROUP_ALL, verb_auth_login },
    { "auth status", "", "both platforms: who you are, compute, where each credential came from", 0, 0, GROUP_ALL, verb_auth_status },
    { "auth logout", "", "forget stored tokens", 0, 0, GROUP_ALL, verb_auth_logout },
    { "ls", "[CATALOG[.SCHEMA[.NAME[/PATH]]] | clarifai:[USER[/APP[/DATASET]]]]", "list what is below a place", 0, 1, GROUP_ALL, verb_ls },
    { "preview", "TABLE", "print the first rows of a table", 1, 1, GROUP_PREVIEW | GROUP_COMPUTE | GROUP_ALL, verb_preview },
    { "import volume", "VOLUME[/PATH] --app APP --dataset DATASET [--table TABLE]", "pictures of a volume into a dataset", 1, 1,
      GROUP_WRITE | GROUP_VOLUME | GROUP_ALL, verb_import_volume },
    { "import s3", "URL --format csv|delta --app APP --dataset DATASET [--table TABLE]", "rows of a file at an s3:// URL, read by the compute, into a dataset", 1, 1,
      GROUP_WRITE | GROUP_S3 | GROUP_ALL, verb_import_s3 },
    { "export", "--app APP --dataset DATASET --to CATALOG.SCHEMA --inputs-table NAME --annotations-table NAME [--images VOLUME[/PATH]]",
      "a dataset into two tables, and its pictures into a volume", 0, 0, GROUP_WRITE | GROUP_EXPORT | GROUP_ALL, verb_export },
    { "update", "--app APP --dataset DATASET --inputs-table TABLE --annotations-table TABLE [--delete-missing]",
      "two tables brought up to date with a dataset", 0, 0, GROUP_WRITE | GROUP_UPDATE | GROUP_ALL, verb_update },
    { "runs show", "RUN [--failed]", "one run: plan, outcome, items that failed", 1, 1, GROUP_RUNS | GROUP_ALL, verb_runs_show },
    { "runs watch", "RUN", "follow a run that works elsewhere", 1, 1, GROUP_ALL, verb_runs_watch },
    { "runs prune", "", "remove the journals of finished runs", 0, 0, GROUP_ALL, verb_runs_prune },
    { "runs", "", "list runs", 0, 0, GROUP_ALL, verb_runs },
    { "resume", "[RUN]", "continue a run (the latest unfinished one)", 0, 1, GROUP_AGAIN | GROUP_ALL, verb_resume },
    { "retry", "RUN", "send again what failed in a run", 1, 1, GROUP_AGAIN | GROUP_ALL, verb_retry },
    { "cancel", "RUN", "stop a run; what was done stays done", 1, 1, GROUP_ALL, verb_cancel },
    { "doctor", "[--probe]", "check terminal, files, keyring and both platforms, and say what to do", 0, 0, GROUP_DOCTOR | GROUP_ALL, verb_doctor },
    { "completion", "bash|zsh|fish", "print the script that completes lakeferry's command lines in a shell", 1, 1, GROUP_ALL, verb_completion },
    { "sandbox", "", "run the local platform in the foreground", 0, 0, GROUP_SANDBOX | GROUP_ALL, verb_sandbox },
    { NULL, NULL, NULL, 0, 0, 0, NULL },
};

static const char INTRO[] =
    "lakeferry moves image datasets between Databricks (Unity Catalog volumes, S3, Delta tables) and Clarifai.\n"
    "\n"
    "usage: lakeferry [PLACE] [--read-only]        open the terminal interface (at a catalog, schema, table, volume or folder)\n"
    "       lakeferry VERB ...\n"
    "\n"
    "verbs:\n";
static const char OUTRO[] =
    "\n"
    "names: TABLE and VOLUME are catalog.schema.name, a part that is not letters, digits or _ in `backticks`;\n"
    "       a volume path is VOLUME[/PATH] or /Volumes/catalog/schema/volume[/PATH].\n"
    "\n"
    "exit status: 0 done; 1 failed, or parked and resumable; 2 usage, configuration or a question nobody can answer;\n"
    "       3 finished, but items failed, conflicted or are unaccounted for; 4 not authenticated or not permitted;\n"
    "       129, 130, 143 stopped by HUP, INT, TERM (resumable).\n"
    "\n"
    "Try it without an account: lakeferry --sandbox. The manual: man lakeferry.\n";

/* Options of some groups; those of other ones were printed before. */
static void print_options(unsigned groups, unsigned printed)
{
    for (int i = 0; i < OPT_COUNT; i++) {
        char left[64];
        if ((option_table[i].groups & groups) == 0 || (option_table[i].groups & printed) != 0)
            continue;
        snprintf(left, sizeof left, "--%s %s", option_table[i].name, option_table[i].value);
        printf("  %-38s %s\n", left, option_table[i].help);
    }
}

#define OF_WRITERS (GROUP_WRITE | GROUP_IMPORT | GROUP_TABLES)

static int print_help(void)
{
    fputs(INTRO, stdout);
    for (const struct verb *v = verb_table; v->words != NULL; v++)
        printf("  %-14s %-28s %s\n", v->words, strlen(v->usage) <= 28 ? v->usage : "...", v->help);
    puts("\noptions of every verb:");
    print_options(GROUP_ALL, 0);
    puts("\noptions of verbs that write:");
    print_options(OF_WRITERS, 0);
    puts("\nother options:");
    print_options(GROUP_PREVIEW | GROUP_DOCTOR | GROUP_RUNS | GROUP_AUTH | GROUP_SANDBOX | GROUP_UI, OF_WRITERS);
    fputs(OUTRO, stdout);
    return out_flush();
}

static void print_usage(const char *before, const struct verb *v)
{
    printf("%slakeferry %s%s%s\n", before, v->words, v->usage[0] ? " " : "", v->usage);
}

/* "auth", "runs": the usage of the verbs whose first word it is, where there are any. */
static bool print_verbs_of(const char *word, const char *before)
{
    bool any = false;

    for (const struct verb *v = verb_table; v->words != NULL; v++) {
        if (!str_starts(v->words, word) || v->words[strlen(word)] != ' ')
            continue;
        print_usage(any ? "       " : before, v);
        printf("           %s\n", v->help);
        any = true;
    }
    return any;
}

static int print_verb_help(const struct verb *v)
{
    print_usage("usage: ", v);
    printf("           %s\n", v->help);
    print_verbs_of(v->words, "       ");
    puts("\noptions:");
    print_options(v->groups, 0);
    return out_flush();
}

/* "auth" alone names no verb: which there are, and where their options stand. */
static bool print_half_help(const char *word)
{
    if (!print_verbs_of(word, "usage: "))
        return false;
    printf("\n`lakeferry %s VERB --help` lists the options of one.\n", word);
    return true;
}

/* Number of words of args that v's words match, 0 for none. */
static int match(const struct verb *v, const struct args *a)
{
    const char *p = v->words;
    int n = 0;

    while (*p != '\0') {
        size_t len = strcspn(p, " ");
        if (n >= a->count || strlen(a->words[n]) != len || strncmp(a->words[n], p, len) != 0)
            return 0;
        n++;
        p += len + (p[len] == ' ');
    }
    return n;
}

/* "auth" alone, "import" alone: the first word of a verb of two. */
static bool is_half_a_verb(const char *word)
{
    for (const struct verb *v = verb_table; v->words != NULL; v++)
        if (str_starts(v->words, word) && v->words[strlen(word)] == ' ')
            return true;
    return false;
}

const char *command_word(const struct command *c, int i)
{
    return c->word + i < c->args->count ? c->args->words[c->word + i] : NULL;
}

const char *command_run(struct command *c)
{
    const char *word = command_word(c, 0);

    if (word == NULL)
        return NULL;
    view_find(word, c->run, sizeof c->run);
    return c->run[0] != '\0' ? c->run : word;
}

bool command_has(const struct command *c, enum option_id id)
{
    return c->args->value[id] != NULL;
}

int command_session(const struct command *c, bool databricks, bool clarifai, bool interactive, struct session *out, struct err *e)
{
    const struct session_options o = {
        .flags = { .profile = c->args->value[OPT_PROFILE], .compute = c->args->value[OPT_COMPUTE],
                   .staging = c->args->value[OPT_STAGING], .sandbox = command_has(c, OPT_SANDBOX) },
        .interactive = interactive, .need_databricks = databricks, .need_clarifai = clarifai,
    };
    return session_open(&o, out, e);
}

static int start_log(const struct args *a, struct err *e)
{
    enum log_level level = LOG_INFO;

    if (a->value[OPT_LOG_LEVEL] != NULL && !log_level_parse(a->value[OPT_LOG_LEVEL], &level))
        return err_set(e, ERR_USAGE, "--log-level is error, warn, info or debug; not \"%s\"", a->value[OPT_LOG_LEVEL]);
    if (a->value[OPT_LOG_FILE] == NULL)
        return 0;
    return log_open(a->value[OPT_LOG_FILE], level, e);
}

static int run_verb(const struct verb *v, int words, const struct args *a, struct out *o)
{
    struct command c = { .args = a, .word = words, .out = o };
    int extra = a->count - words;
    struct err e = {0};

    if (args_check_groups(a, v->groups, v->words, &e) == 0 && (extra < v->min_words || extra > v->max_words))
        err_set(&e, ERR_USAGE, "usage: lakeferry %s%s%s", v->words, v->usage[0] ? " " : "", v->usage);
    if (e.code == ERR_NONE && start_log(a, &e) == 0)
        return v->run(&c);
    return out_error(o, &e);
}

static struct out make_out(const struct args *a)
{
    const char *no_color = getenv("NO_COLOR");

    return (struct out){
        .json = a->value[OPT_JSON] != NULL, .ascii = a->value[OPT_ASCII] != NULL, .terminal = isatty(STDERR_FILENO) != 0,
        .color = isatty(STDERR_FILENO) && a->value[OPT_NO_COLOR] == NULL && (no_color == NULL || no_color[0] == '\0'),
    };
}

/* "help [VERB]" is asked for as often as --help, so main turns both into the word "help" in front. */
static int help(const struct args *a)
{
    struct args rest = { .count = a->count - 1 };

    for (int i = 0; i < rest.count; i++)
        rest.words[i] = a->words[i + 1];
    for (const struct verb *v = verb_table; v->words != NULL; v++)
        if (match(v, &rest) > 0)
            return print_verb_help(v);
    return rest.count > 0 && print_half_help(rest.words[0]) ? out_flush() : print_help();
}

int cli_main(const struct args *a)
{
    struct out o = make_out(a);
    struct err e = {0};

    if (a->count == 0)
        return -1;
    if (str_eq(a->words[0], "help"))
        return help(a);
    for (const struct verb *v = verb_table; v->words != NULL; v++) {
        int words = match(v, a);
        if (words > 0)
            return run_verb(v, words, a, &o);
    }
    if (is_half_a_verb(a->words[0])) {
        err_set(&e, ERR_USAGE, "\"%s\" needs a second word; `lakeferry %s --help` lists them", a->words[0], a->words[0]);
        return out_error(&o, &e);
    }
    return -1;
}
