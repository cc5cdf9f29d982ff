/* Places as people type them, and the command line that takes them. */
#include "core/names.h"
#include "ui/screens.h"

static char *join_parts(const struct name *n)
{
    return str_printf("%s%s%s%s%s", n->catalog ? n->catalog : "", n->schema ? "\x1f" : "", n->schema ? n->schema : "", n->object ? "\x1f" : "", n->object ? n->object : "");
}

/* "/Volumes", "/Volumes/c", "/Volumes/c/s": no volume yet. */
static char *parse_short_path(const char *text)
{
    char *place = str_dup(text + strlen("/Volumes"));
    char *p = place ? place : NULL;
    if (!p)
        return NULL;
    size_t n = strlen(p);
    while (n && p[n - 1] == '/')
        p[--n] = '\0';
    if (*p == '/')
        memmove(p, p + 1, n);
    for (; *p; p++)
        if (*p == '/')
            *p = '\x1f';
    return place;
}

static int count_parts(const char *path)
{
    int parts = 0;
    for (const char *p = path; *p; p++)
        parts += *p == '/' && p[1] && p[1] != '/';
    return parts;
}

char *world_place_parse(const char *text, struct err *e)
{
    struct volume_path v = { 0 };
    struct name n = { 0 };
    char *place = NULL;
    err_clear(e);
    if (str_blank(text) || str_eq(text, "/"))
        place = str_dup("");
    else if (str_starts(text, "/Volumes") && count_parts(text) < 4)
        place = parse_short_path(text);
    else if (strchr(text, '/')) {
        if (volume_path_parse(text, &v, e) < 0)
            return NULL;
        place = volume_path_text(&v);
    } else {
        if (name_parse(text, 0, &n, e) < 0)
            return NULL;
        place = join_parts(&n);
    }
    volume_path_release(&v);
    name_release(&n);
    if (!place)
        err_no_memory(e);
    return place;
}

/* ---- the command line ---- */

#define MATCHES_MAX 200

/* Where the part being typed begins: behind the last '.' or '/', or at the start. */
static size_t last_part(const char *text, char *mark)
{
    bool path = text[0] == '/' || strchr(text, '/') != NULL;
    const char *at = strrchr(text, path ? '/' : '.');
    *mark = path ? '/' : '.';
    return at ? (size_t)(at - text) + 1 : 0;
}

static char *name_as_typed(const char *name, char mark)
{
    struct name one = { .catalog = (char *)(uintptr_t)name };
    return mark == '/' ? str_dup(name) : name_text(&one);
}

static void add_matches(const struct catalog_list *l, const char *text, size_t at, char mark, struct str_list *out)
{
    for (size_t i = 0; i < l->count && out->count < MATCHES_MAX; i++) {
        const struct catalog_entry *en = &l->entries[i];
        const char *typed = text[at] == '`' ? text + at + 1 : text + at;
        if (en->kind == CATALOG_COLUMN || !str_starts(en->name, typed))
            continue;
        char *name = name_as_typed(en->name, mark);
        bool folder = en->kind == CATALOG_FOLDER;
        char *whole = name ? str_printf("%.*s%s%s", (int)at, text, name, folder ? "/" : "") : NULL;
        if (whole)
            str_list_add(out, whole);
        free(whole);
        free(name);
    }
}

/* "import PLACE" fills the form of the verb in, as its key does in Browse; 0: no such word. */
static size_t verb_word(const char *text, int *tab)
{
    static const struct { const char *word; int tab; } words[] = { { "import ", TAB_IMPORT }, { "export ", TAB_EXPORT }, { "update ", TAB_UPDATE } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_starts(text, words[i].word)) {
            *tab = words[i].tab;
            return strlen(words[i].word);
        }
    *tab = TAB_BROWSE;
    return 0;
}

void world_complete(void *ctx, const char *text, struct str_list *out)
{
    struct ui_world *w = ctx;
    struct err ignored;
    char mark;
    int tab;
    size_t from = verb_word(text, &tab);
    if (!text[from] || !w->catalog)
        return;
    size_t at = from + last_part(text + from, &mark);
    char *parent = str_dup_n(text + from, at > from ? at - from - 1 : 0);
    char *place = parent ? world_place_parse(parent, &ignored) : NULL;
    const struct catalog_list *l = place ? catalog_get(w->catalog, place, -1) : NULL;
    if (l)
        add_matches(l, text, at, mark, out);
    catalog_list_unref(l);
    free(place);
    free(parent);
}

/* False only when all catalogs are known and the place's is not among them. */
static bool may_exist(struct ui_world *w, const char *place)
{
    const struct catalog_list *l = w->catalog && place[0] && place[0] != '/' ? catalog_get(w->catalog, "", -1) : NULL;
    size_t n = strcspn(place, "\x1f");
    bool found = !l || !l->complete;
    for (size_t i = 0; l && !found && i < l->count; i++)
        found = strlen(l->entries[i].name) == n && memcmp(l->entries[i].name, place, n) == 0;
    catalog_list_unref(l);
    return found;
}

int world_command(void *ctx, struct app *app, const char *text, struct err *e)
{
    int tab;
    const char *where = text + verb_word(text, &tab);
    where += strspn(where, " ");
    char *place = world_place_parse(where, e);
    if (!place)
        return err_remedy(e, "type a command or a place like main.vision or /Volumes/main/vision/pictures; Tab completes");
    if (!may_exist(ctx, place)) {
        free(place);
        err_set(e, ERR_USAGE, "there is neither a command nor a catalog of this name");
        err_remedy(e, "Tab shows what there is");
        return err_about(e, "cannot go to", where);
    }
    free(place);
    app_show(app, tab, where);
    return 0;
}
