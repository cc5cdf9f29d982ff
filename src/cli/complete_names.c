#include "cli/complete_names.h"
#include "core/catalog.h"
#include "core/names.h"
#include "core/view.h"

struct naming {
    const struct complete_context *c;
    enum complete_kind kind;
    const char *typed;
    char *before;                        /* what stands before the part that is completed, as typed */
    int depth;                           /* parts that are whole */
    struct str_list *out;
};

static int put(struct naming *n, const char *name, const char *behind)
{
    char *text = str_printf("%s%s%s", n->before, name, behind);
    int result = text == NULL ? -1 : str_starts(text, n->typed) ? str_list_add(n->out, text) : 0;

    free(text);
    return result;
}

/* One part of catalog.schema.name as it is typed again. */
static char *part_text(const char *part)
{
    const struct name one = { .catalog = (char *)(uintptr_t)part };

    return name_text(&one);
}

/* --- catalog.schema.name --- */

/* How many parts make a whole name of that kind. */
static int depth_of(enum complete_kind kind)
{
    return kind == COMPLETE_SCHEMA ? 2 : 3;
}

static bool fits(const struct naming *n, const struct catalog_entry *en)
{
    switch (en->kind) {
    case CATALOG_CATALOG:
    case CATALOG_SCHEMA:
        return true;
    case CATALOG_TABLE:
        return n->kind == COMPLETE_TABLE || n->kind == COMPLETE_PLACE;
    case CATALOG_VOLUME:
        return n->kind == COMPLETE_VOLUME || n->kind == COMPLETE_PLACE;
    default:
        return false;
    }
}

static int put_object(void *ctx, const struct catalog_entry *en)
{
    struct naming *n = ctx;
    bool whole = n->depth + 1 >= depth_of(n->kind);
    char *part;
    int result = 0;

    if (!fits(n, en))
        return 0;
    part = part_text(en->name);
    if (part == NULL)
        return -1;
    if (whole || n->kind == COMPLETE_PLACE)
        result = put(n, part, "");
    if (result == 0 && !whole && (n->kind != COMPLETE_PLACE || str_eq(n->typed + strlen(n->before), part)))
        result = put(n, part, ".");
    free(part);
    return result;
}

/* Splits what was typed at its last dot outside backticks: before, depth, and the place whose list is wanted. NULL: it cannot be a name. */
static char *place_of_name(struct naming *n, struct err *e)
{
    size_t end = 0;
    bool quoted = false;
    struct name name = {0};
    struct buf place = BUF_INIT;
    struct err why = {0};

    for (size_t i = 0; n->typed[i] != '\0'; i++) {
        quoted ^= n->typed[i] == '`';
        if (n->typed[i] == '.' && !quoted)
            end = i + 1;
    }
    n->before = str_dup_n(n->typed, end);
    char *parents = end > 0 ? str_dup_n(n->typed, end - 1) : NULL;
    if (n->before == NULL || (end > 0 && parents == NULL))
        err_no_memory(e);
    else if (parents != NULL && name_parse(parents, 0, &name, &why) != 0)
        n->depth = -1;
    const char *const texts[] = { name.catalog, name.schema, name.object };
    for (int i = 0; i < 3 && n->depth >= 0 && texts[i] != NULL; i++, n->depth++)
        buf_printf(&place, "%s%s", i > 0 ? "\x1f" : "", texts[i]);
    free(parents);
    name_release(&name);
    if (n->depth < 0 || n->before == NULL) {
        buf_release(&place);
        return NULL;
    }
    char *text = place.len > 0 ? buf_take(&place) : str_dup("");
    buf_release(&place);
    return text != NULL ? text : (err_no_memory(e), NULL);
}

static int complete_name(struct naming *n, struct err *e)
{
    char *place = place_of_name(n, e);
    int result = 0;

    if (place != NULL && n->depth < depth_of(n->kind))
        result = catalog_cached_each(n->c->profile, place, put_object, n);
    free(place);
    return result;
}

/* A name alone, in the schema that the command line names. */
static int complete_beside(struct naming *n)
{
    struct name schema = {0};
    struct err why = {0};
    int result = 0;

    if (n->c->schema == NULL || strchr(n->typed, '.') != NULL || name_parse(n->c->schema, 2, &schema, &why) != 0)
        return 0;
    char *place = str_printf("%s\x1f%s", schema.catalog, schema.schema);
    free(n->before);
    n->before = str_dup("");
    n->depth = 2;
    if (place != NULL && n->before != NULL)
        result = catalog_cached_each(n->c->profile, place, put_object, n);
    free(place);
    name_release(&schema);
    return result;
}

/* --- folders of a volume --- */

static int put_folder(void *ctx, const struct catalog_entry *en)
{
    return en->kind == CATALOG_FOLDER ? put(ctx, en->name, "/") : 0;
}

static int complete_folder(struct naming *n)
{
    size_t end = (size_t)(strrchr(n->typed, '/') - n->typed) + 1;
    struct volume_path at = {0};
    struct err why = {0};
    int result = 0;

    n->before = str_dup_n(n->typed, end);
    if (n->before == NULL || volume_path_parse(n->before, &at, &why) != 0)
        return n->before == NULL ? -1 : 0;
    char *place = volume_path_text(&at);
    for (size_t len = place != NULL ? strlen(place) : 0; len > 1 && place[len - 1] == '/'; len--)
        place[len - 1] = '\0';
    if (place != NULL)
        result = catalog_cached_each(n->c->profile, place, put_folder, n);
    free(place);
    volume_path_release(&at);
    return place != NULL ? result : -1;
}

/* --- Clarifai --- */

static int add_name(void *ctx, const struct catalog_entry *en)
{
    return str_list_add(ctx, en->name);
}

static int put_plain(void *ctx, const struct catalog_entry *en)
{
    return put(ctx, en->name, "");
}

/* user/app for every user whose apps are known. */
static int complete_app(struct naming *n)
{
    struct str_list users = {0};
    int result = catalog_cached_each(n->c->profile, "clarifai:", add_name, &users);

    for (size_t i = 0; i < users.count && result == 0; i++) {
        char *place = str_printf("clarifai:%s", users.items[i]);
        free(n->before);
        n->before = str_printf("%s/", users.items[i]);
        result = place != NULL && n->before != NULL ? catalog_cached_each(n->c->profile, place, put_plain, n) : -1;
        free(place);
    }
    str_list_release(&users);
    return result;
}

/* Of the app on the command line; one without its owner is looked for with every user. */
static int complete_dataset(struct naming *n)
{
    struct str_list users = {0};
    int result = 0;

    n->before = str_dup("");
    if (n->c->app == NULL || n->before == NULL)
        return n->before == NULL ? -1 : 0;
    if (strchr(n->c->app, '/') != NULL)
        result = str_list_add(&users, "");
    else
        result = catalog_cached_each(n->c->profile, "clarifai:", add_name, &users);
    for (size_t i = 0; i < users.count && result == 0; i++) {
        char *place = str_printf("clarifai:%s%s%s", users.items[i], users.items[i][0] != '\0' ? "/" : "", n->c->app);
        result = place != NULL ? catalog_cached_each(n->c->profile, place, put_plain, n) : -1;
        free(place);
    }
    str_list_release(&users);
    return result;
}

/* clarifai:user/app/dataset, a part at a time. */
static int put_remote(void *ctx, const struct catalog_entry *en)
{
    struct naming *n = ctx;
    int result = put(n, en->name, "");

    return result == 0 && en->kind != CATALOG_DATASET && str_eq(n->typed + strlen(n->before), en->name) ? put(n, en->name, "/") : result;
}

static int complete_remote(struct naming *n)
{
    const char *slash = strrchr(n->typed, '/');
    size_t end = slash != NULL ? (size_t)(slash - n->typed) + 1 : strlen("clarifai:");
    char *place = str_dup_n(n->typed, slash != NULL ? end - 1 : end);
    int result = -1;

    n->before = str_dup_n(n->typed, end);
    if (place != NULL && n->before != NULL)
        result = catalog_cached_each(n->c->profile, place, put_remote, n);
    free(place);
    return result;
}

/* --- what is no name of a platform --- */

static int put_compute(void *ctx, const struct catalog_entry *en)
{
    struct naming *n = ctx;
    char *text = str_printf("%s:%s", en->kind == CATALOG_CLUSTER ? "cluster" : "warehouse", en->name);
    int result = text != NULL ? put(n, text, "") : -1;

    free(text);
    return result;
}

static int complete_compute(struct naming *n)
{
    n->before = str_dup("");
    if (n->before == NULL || put(n, "cluster", "") != 0 || put(n, "warehouse", "") != 0)
        return -1;
    return catalog_cached_each(n->c->profile, "compute:", put_compute, n);
}

static int complete_profile(struct naming *n)
{
    struct profile_line *lines = NULL;
    size_t count = 0;
    struct err why = {0};
    int result = 0;

    n->before = str_dup("");
    if (n->before == NULL)
        return -1;
    if (settings_profiles(&lines, &count, &why) != 0)
        return 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = put(n, lines[i].name, "");
    settings_profiles_free(lines, count);
    return result;
}

static int complete_run(struct naming *n)
{
    struct str_list ids = {0};
    struct err why = {0};
    int result = 0;

    n->before = str_dup("");
    if (n->before == NULL)
        return -1;
    if (view_ids(&ids, &why) != 0)
        return 0;
    for (size_t i = 0; i < ids.count && result == 0; i++)
        result = put(n, ids.items[i], "");
    str_list_release(&ids);
    return result;
}

static int complete_any(struct naming *n, struct err *e)
{
    int result;

    switch (n->kind) {
    case COMPLETE_APP: return complete_app(n);
    case COMPLETE_DATASET: return complete_dataset(n);
    case COMPLETE_COMPUTE: return complete_compute(n);
    case COMPLETE_PROFILE: return complete_profile(n);
    case COMPLETE_RUN: return complete_run(n);
    default: break;
    }
    if (n->kind == COMPLETE_PLACE && str_starts(n->typed, "clarifai:"))
        return complete_remote(n);
    if ((n->kind == COMPLETE_PLACE || n->kind == COMPLETE_VOLUME) && strchr(n->typed, '/') != NULL)
        return complete_folder(n);
    if (n->kind == COMPLETE_PLACE && str_starts("clarifai:", n->typed) && str_list_add(n->out, "clarifai:") != 0)
        return -1;
    result = complete_name(n, e);
    return result == 0 && n->kind == COMPLETE_TABLE ? complete_beside(n) : result;
}

int complete_names(const struct complete_context *c, enum complete_kind kind, const char *typed, struct str_list *out, struct err *e)
{
    struct naming n = { .c = c, .kind = kind, .typed = typed, .out = out };
    int result = complete_any(&n, e);

    free(n.before);
    return result == 0 && e->code == ERR_NONE ? 0 : err_no_memory(e);
}
