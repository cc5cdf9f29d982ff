#include "ui/remedies.h"
#include "base/str.h"
#include "base/utf8.h"
#include "ui/job_form.h"

/* Where the name of the field alone would make no sentence; the first that fits counts. Commands for a shell stay as they are. */
static const struct { const char *option, *words; } phrases[] = {
    { "with --compute cluster:ID", "in the field Compute" },
    { "with --compute warehouse:ID", "in the field Compute" },
    { "with --compute", "in the field Compute" },
    { "with --staging", "in the field Staging" },
    { "--staging catalog.schema.volume", "in the field Staging" },
    { "replace it with --if-exists replace", "choose replace in the field If it exists" },
    { "use --if-exists replace", "choose replace in the field If it exists" },
    { "say --if-exists replace or append", "choose replace or append in the field If it exists" },
    { "use --on-conflict skip or suffix", "choose skip or suffix in the field On conflict" },
    { "say --create-dataset", "type a new name in the field Dataset" },
    { "say --include-model-annotations", "choose also models' in the field Annotations" },
    { "leave --include-model-annotations out", "choose people's in the field Annotations" },
    { "without --delete-missing", "with Delete missing set to no" },
    { "--delete-missing may", "Delete missing may" },
    { "with --format delta", "with delta in the field Format" },
    { "start it by saying --yes, or", "start it, or" },
    { "or use --profile NAME", "or choose a profile on the tab Authenticate" },
    { "use --profile NAME", "choose the profile on the tab Authenticate" },
    { "; --sandbox works", "; lakeferry --sandbox works" },
};

/* The field that an option of a job is, or NULL; n: the length of its name. */
static const struct job_field *field_of(const char *option, size_t n)
{
    static const struct job_verb *const verbs[] = { &job_import_volume, &job_import_s3, &job_export, &job_update };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        for (size_t k = 0; k < verbs[i]->count; k++) {
            const char *own = verbs[i]->fields[k].option;
            if (own && strlen(own) == n && strncmp(own, option, n) == 0)
                return &verbs[i]->fields[k];
        }
    return NULL;
}

/* Words for what stands at text, and how many bytes they replace; NULL: it stays. */
static const char *in_place_of(const char *text, char *room, size_t size, size_t *n)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        *n = strlen(phrases[i].option);
        if (strncmp(text, phrases[i].option, *n) == 0)
            return phrases[i].words;
    }
    if (strncmp(text, "--", 2) != 0)
        return NULL;
    size_t name = strspn(text + 2, "abcdefghijklmnopqrstuvwxyz-");
    const char *end = text + 2 + name;
    bool ends = *end == '\0' || strchr(" ,:;)", *end) || (*end == '.' && (end[1] == ' ' || end[1] == '\0'));
    const struct job_field *field = ends ? field_of(text + 2, name) : NULL;
    if (!field)
        return NULL;
    *n = name + 2;
    snprintf(room, size, "the field %s", field->label);
    return room;
}

/* A word that begins a sentence; names of settings and commands are as they are written. */
static bool begins_sentence(const char *text, const char *at)
{
    static const char *const commands[] = { "lakeferry", "databricks" };
    size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz");
    if (at - text < 4 || strncmp(at - 2, ". ", 2) != 0 || at[-4] == '.' || n == 0 || (at[n] != ' ' && at[n] != ','))
        return false;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strlen(commands[i]) == n && strncmp(at, commands[i], n) == 0)
            return false;
    return true;
}

static bool begins_word(const char *text, const char *at)
{
    return at == text || at[-1] == ' ' || at[-1] == '(' || *at == ';';
}

char *remedies_text(const char *text, char *out, size_t size)
{
    size_t used = 0;
    char room[80];
    for (const char *p = text; *p && used + 1 < size;) {
        size_t n = 1;
        const char *words = begins_word(text, p) && strstr(p, "--") ? in_place_of(p, room, sizeof room, &n) : NULL;
        bool capital = begins_sentence(text, p);
        if (words) {
            str_copy(out + used, size - used, words);
            p += n;
        } else {
            out[used] = *p++;
            out[used + 1] = '\0';
        }
        if (capital && out[used] >= 'a' && out[used] <= 'z')
            out[used] = (char)(out[used] - 32);
        used += strlen(out + used);
    }
    out[utf8_whole(out, used)] = '\0';
    return out;
}

char *remedies_err(const struct err *e, char *out, size_t size)
{
    char sentence[1400];
    return remedies_text(err_sentence(e, sentence, sizeof sentence), out, size);
}
