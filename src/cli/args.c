#include "cli/args.h"

const struct option_row option_table[OPT_COUNT] = {
#define OPTION_ROW(id, name, value, groups, help) { name, value, help, groups },
    OPTIONS(OPTION_ROW)
#undef OPTION_ROW
};

static int find(const char *name, size_t n)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (strlen(option_table[i].name) == n && strncmp(option_table[i].name, name, n) == 0)
            return i;
    return -1;
}

/* Names that begin alike are worth naming. */
static int unknown(const char *word, size_t n, struct err *e)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (n >= 2 && strncmp(option_table[i].name, word, 2) == 0)
            return err_set(e, ERR_USAGE, "there is no option --%.*s; did you mean --%s?", (int)n, word, option_table[i].name);
    return err_set(e, ERR_USAGE, "there is no option --%.*s; `lakeferry --help` lists them", (int)n, word);
}

static int take_option(int argc, char **argv, int *i, struct args *out, struct err *e)
{
    const char *word = argv[*i] + 2;
    const char *equals = strchr(word, '=');
    size_t n = equals != NULL ? (size_t)(equals - word) : strlen(word);
    int id = find(word, n);

    if (id < 0)
        return unknown(word, n, e);
    if (out->value[id] != NULL)
        return err_set(e, ERR_USAGE, "--%s is given twice", option_table[id].name);
    if (option_table[id].value[0] == '\0') {
        if (equals != NULL)
            return err_set(e, ERR_USAGE, "--%s takes no value", option_table[id].name);
        out->value[id] = "";
    } else if (equals != NULL) {
        out->value[id] = equals + 1;
    } else if (*i + 1 < argc && !str_starts(argv[*i + 1], "--")) { /* a value that begins so is given as --name=value */
        out->value[id] = argv[++*i];
    } else {
        return err_set(e, ERR_USAGE, "--%s needs a value: %s", option_table[id].name, option_table[id].value);
    }
    return 0;
}

int args_read(int argc, char **argv, struct args *out, struct err *e)
{
    bool options = true;

    *out = (struct args){0};
    for (int i = 1; i < argc; i++) {
        if (options && strcmp(argv[i], "--") == 0) {
            options = false;
        } else if (options && strncmp(argv[i], "--", 2) == 0) {
            if (take_option(argc, argv, &i, out, e) != 0)
                return -1;
        } else if (options && argv[i][0] == '-' && argv[i][1] != '\0') {
            return err_set(e, ERR_USAGE, "there is no option %s; options begin with two dashes", argv[i]);
        } else if (out->count == ARGS_WORDS) {
            return err_set(e, ERR_USAGE, "too many words from \"%s\" on", argv[i]);
        } else {
            out->words[out->count++] = argv[i];
        }
    }
    return 0;
}

int args_check_groups(const struct args *a, unsigned groups, const char *verb, struct err *e)
{
    for (int i = 0; i < OPT_COUNT; i++)
        if (a->value[i] != NULL && (option_table[i].groups & groups) == 0)
            return err_set(e, ERR_USAGE, "--%s does not belong to `lakeferry %s`", option_table[i].name, verb);
    return 0;
}
