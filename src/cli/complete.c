#include "cli/complete.h"
#include "base/utf8.h"
#include "cli/complete_names.h"

/* The command line so far, as far as it can be understood. */
struct situation {
    const char *const *words; int count;
    const char *current;                 /* what is being typed */
    const struct verb *verb;             /* NULL: not said yet */
    int verb_words, position;            /* words of the verb, and plain words behind it before the current one */
    struct complete_context names;
    struct str_list *out;
};

static bool is_there(const struct str_list *l, const char *text)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->items[i], text))
            return true;
    return false;
}

static int offer(struct situation *s, const char *text, struct err *e)
{
    if (!str_starts(text, s->current) || is_there(s->out, text))
        return 0;
    return str_list_add(s->out, text) != 0 ? err_no_memory(e) : 0;
}

/* --- understanding --- */

static const struct option_row *option_named(const char *word)
{
    size_t n = strcspn(word, "=");

    for (int i = 0; i < OPT_COUNT; i++)
        if (strlen(option_table[i].name) == n && strncmp(option_table[i].name, word, n) == 0)
            return &option_table[i];
    return NULL;
}

/* The option whose value words[i] is, or NULL. */
static const struct option_row *option_before(const struct situation *s, int i)
{
    const struct option_row *o = i > 0 && str_starts(s->words[i - 1], "--") ? option_named(s->words[i - 1] + 2) : NULL;

    return o != NULL && o->value[0] != '\0' && strchr(s->words[i - 1], '=') == NULL ? o : NULL;
}

/* Words of v that the plain words before the current one are; 0: they are not its. */
static int matches(const struct verb *v, const char *const *plain, int count)
{
    const char *p = v->words;
    int n = 0;

    for (; *p != '\0'; n++) {
        size_t len = strcspn(p, " ");
        if (n >= count || strlen(plain[n]) != len || strncmp(plain[n], p, len) != 0)
            return 0;
        p += len + (p[len] == ' ');
    }
    return n;
}

static void remember(struct situation *s, const char *name, const char *value)
{
    if (str_eq(name, "profile"))
        s->names.profile = value;
    else if (str_eq(name, "app"))
        s->names.app = value;
    else if (str_eq(name, "to"))
        s->names.schema = value;
}

static void understand(struct situation *s)
{
    const char *plain[ARGS_WORDS];
    int count = 0;

    for (int i = 0; i + 1 < s->count; i++) {
        const struct option_row *mine = str_starts(s->words[i], "--") ? option_named(s->words[i] + 2) : NULL;
        const struct option_row *before = option_before(s, i);
        if (before != NULL)
            remember(s, before->name, s->words[i]);
        else if (mine != NULL && strchr(s->words[i], '=') != NULL)
            remember(s, mine->name, strchr(s->words[i], '=') + 1);
        else if (mine != NULL && str_eq(mine->name, "sandbox"))
            s->names.profile = "sandbox";
        else if (!str_starts(s->words[i], "-") && count < ARGS_WORDS)
            plain[count++] = s->words[i];
    }
    for (const struct verb *v = verb_table; v->words != NULL && s->verb == NULL; v++) {
        s->verb_words = matches(v, plain, count);
        s->verb = s->verb_words > 0 ? v : NULL;
    }
    s->position = count - s->verb_words;
    s->names.first = count > 0 ? plain[0] : NULL;
}

/* --- offering --- */

static int offer_list(struct situation *s, struct str_list *names, struct err *e)
{
    int result = 0;

    for (size_t i = 0; i < names->count && result == 0; i++)
        result = offer(s, names->items[i], e);
    str_list_release(names);
    return result;
}

static int offer_names(struct situation *s, enum complete_kind kind, const char *typed, struct err *e)
{
    struct str_list names = {0};

    if (complete_names(&s->names, kind, typed, &names, e) != 0) {
        str_list_release(&names);
        return -1;
    }
    return offer_list(s, &names, e);
}

/* The word at `index` of every verb whose earlier words are there. */
static int offer_verbs(struct situation *s, int index, struct err *e)
{
    for (const struct verb *v = verb_table; v->words != NULL; v++) {
        const char *p = v->words;
        size_t first = strcspn(p, " ");
        char word[32];
        if (index == 1 && (p[first] == '\0' || s->names.first == NULL || strlen(s->names.first) != first || strncmp(p, s->names.first, first) != 0))
            continue;
        if (index == 1)
            p += first + 1;
        snprintf(word, sizeof word, "%.*s", (int)strcspn(p, " "), p);
        if (offer(s, word, e) != 0)
            return -1;
    }
    return 0;
}

static int offer_options(struct situation *s, struct err *e)
{
    char text[64];

    for (int i = 0; i < OPT_COUNT; i++) {
        unsigned groups = s->verb != NULL ? s->verb->groups : GROUP_UI | GROUP_ALL;
        if ((option_table[i].groups & groups) == 0)
            continue;
        snprintf(text, sizeof text, "--%s", option_table[i].name);
        if (offer(s, text, e) != 0)
            return -1;
    }
    return s->verb == NULL && offer(s, "--version", e) != 0 ? -1 : offer(s, "--help", e);
}

/* "skip|suffix|fail": words to choose from. */
static int offer_choices(struct situation *s, const char *prefix, const char *choices, struct err *e)
{
    char text[80];

    for (const char *p = choices; p != NULL && *p != '\0'; p += strcspn(p, "|"), p += *p == '|') {
        snprintf(text, sizeof text, "%s%.*s", prefix, (int)strcspn(p, "|"), p);
        if (offer(s, text, e) != 0)
            return -1;
    }
    return 0;
}

static const struct { const char *option; enum complete_kind kind; } VALUES[] = {
    { "app", COMPLETE_APP }, { "dataset", COMPLETE_DATASET }, { "table", COMPLETE_TABLE }, { "to", COMPLETE_SCHEMA }, { "inputs-table", COMPLETE_TABLE },
    { "annotations-table", COMPLETE_TABLE }, { "images", COMPLETE_VOLUME }, { "staging", COMPLETE_VOLUME }, { "compute", COMPLETE_COMPUTE },
    { "profile", COMPLETE_PROFILE },
};

/* Candidates for "--name=value" begin with the name; typed is the value alone. */
static int offer_value(struct situation *s, const struct option_row *o, const char *typed, struct err *e)
{
    size_t before = strlen(s->current) - strlen(typed);
    char prefix[64];

    snprintf(prefix, sizeof prefix, "%.*s", (int)before, s->current);
    if (str_eq(o->name, "format"))
        return offer_choices(s, prefix, s->verb != NULL && (s->verb->groups & GROUP_S3) != 0 ? "csv|delta" : "table|csv|jsonl", e);
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        struct str_list names = {0};
        int result = 0;
        if (!str_eq(o->name, VALUES[i].option))
            continue;
        result = complete_names(&s->names, VALUES[i].kind, typed, &names, e);
        for (size_t k = 0; k < names.count && result == 0; k++) {
            char *text = str_printf("%s%s", prefix, names.items[k]);
            result = text != NULL ? offer(s, text, e) : err_no_memory(e);
            free(text);
        }
        str_list_release(&names);
        return result;
    }
    return strchr(o->value, '|') != NULL ? offer_choices(s, prefix, o->value, e) : 0;
}

/* What the verb's usage says stands at its first word. */
static int offer_word(struct situation *s, struct err *e)
{
    static const struct { const char *usage; enum complete_kind kind; } WORDS[] = {
        { "TABLE", COMPLETE_TABLE }, { "VOLUME", COMPLETE_VOLUME }, { "RUN", COMPLETE_RUN }, { "[RUN]", COMPLETE_RUN }, { "[CATALOG", COMPLETE_PLACE },
    };

    if (s->position >= s->verb->max_words || s->verb->usage == NULL)
        return 0;
    if (str_starts(s->verb->usage, "bash|"))
        return offer_choices(s, "", s->verb->usage, e);
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        if (str_starts(s->verb->usage, WORDS[i].usage))
            return offer_names(s, WORDS[i].kind, s->current, e);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int complete_words(const char *const *words, int count, struct str_list *out, struct err *e)
{
    struct situation s = { .words = words, .count = count, .current = count > 0 ? words[count - 1] : "", .out = out };
    const struct option_row *o;
    int result;

    understand(&s);
    o = option_before(&s, count - 1);
    if (o != NULL) {
        result = offer_value(&s, o, s.current, e);
    } else if (str_starts(s.current, "--") && strchr(s.current, '=') != NULL) {
        o = option_named(s.current + 2);
        result = o != NULL && o->value[0] != '\0' ? offer_value(&s, o, strchr(s.current, '=') + 1, e) : 0;
    } else if (str_starts(s.current, "-")) {
        result = offer_options(&s, e);
    } else if (s.verb == NULL || (s.position == 0 && s.verb_words == 1)) {
        /* A verb of one word may begin one of two: "runs", "runs show". */
        result = s.verb != NULL ? offer_verbs(&s, 1, e) : s.position == 0 ? offer_verbs(&s, 0, e) : s.position == 1 ? offer_verbs(&s, 1, e) : 0;
        if (result == 0)
            result = s.verb != NULL ? offer_word(&s, e) : s.position == 0 && s.current[0] != '\0' ? offer_names(&s, COMPLETE_PLACE, s.current, e) : 0;
    } else {
        result = offer_word(&s, e);
    }
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, by_name);
    return result;
}

/* A name that a terminal would take for something else is not offered. */
static bool is_clean(const char *text)
{
    size_t n = strlen(text);
    uint32_t cp;

    for (size_t i = 0; i < n; i += utf8_decode(text + i, n - i, &cp))
        if (utf8_decode(text + i, n - i, &cp) == 0 || cp == UTF8_BAD || utf8_unsafe(cp))
            return false;
    return true;
}

int complete_main(int count, char **words)
{
    struct str_list out = {0};
    struct err e = {0};

    if (complete_words((const char *const *)words, count, &out, &e) == 0)
        for (size_t i = 0; i < out.count; i++)
            if (is_clean(out.items[i]))
                puts(out.items[i]);
    str_list_release(&out);
    return fflush(stdout) == 0 && e.code == ERR_NONE ? 0 : 1;
}
