#include "ui/browse_details.h"
#include "base/timefmt.h"
#include "core/ids.h"
#include "core/media.h"

static void add(struct browse_details *d, enum theme_role role, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add(struct browse_details *d, enum theme_role role, const char *fmt, ...)
{
    char whole[1600];
    va_list ap;
    if (d->count == BROWSE_DETAILS_MAX)
        return;
    va_start(ap, fmt);
    vsnprintf(whole, sizeof whole, fmt, ap);
    va_end(ap);
    d->lines[d->count].role = role;
    str_copy(d->lines[d->count].text, sizeof d->lines[d->count].text, whole);
    d->count++;
}

static const char *people_time(int64_t ms, char *out, size_t size)
{
    out[0] = '\0';
    return ms > 0 ? time_people(ms * 1000, out, size) : out;
}

static const char *extension_words(const char *name, char *out, size_t size)
{
    const char *extension = media_name_extension(name);
    snprintf(out, size, "%s%s", extension[0] ? extension : "no extension", media_is_candidate(name) ? "" : ", not a picture by its name");
    return out;
}

static void add_file(struct browse_details *d, const struct browse_column *c, const struct catalog_entry *en)
{
    char bytes[16], when[40], kind[80], id[IDS_ROOM];
    const char *path = c->place + strlen("/Volumes/");
    bool changed;
    for (int slashes = 0; *path && slashes < 3; path++)
        slashes += *path == '/';
    char *within = *path ? str_printf("%s/%s", path, en->name) : str_dup(en->name);
    add(d, ROLE_TEXT, "%s   %s   %s   %s", en->name, str_bytes(en->size, bytes, sizeof bytes), people_time(en->modified_ms, when, sizeof when),
        extension_words(en->name, kind, sizeof kind));
    add(d, ROLE_DIM, "%s/%s", c->place, en->name);
    if (within && media_is_candidate(en->name) && ids_make(within, false, id, &changed, NULL) == 0)
        add(d, ROLE_DIM, "would become input id  %s%s", id, changed ? "   (changed to fit Clarifai's rules)" : "");
    free(within);
}

static void add_times(struct browse_details *d, const struct databricks_object *o)
{
    char created[40], updated[40];
    people_time(o->created_ms, created, sizeof created);
    people_time(o->updated_ms, updated, sizeof updated);
    if (o->owner[0] || o->created_ms || o->updated_ms)
        add(d, ROLE_DIM, "owner %s%s%.10s%s%.10s", o->owner[0] ? o->owner : "unknown", o->created_ms ? "   made " : "", created,
            o->updated_ms ? "   changed " : "", updated);
}

static void add_table(struct browse_details *d, const struct databricks_object *o)
{
    char count[24];
    const char *comment = o->comment;
    if (comment[0])
        add(d, ROLE_TEXT, "%s", comment);
    add(d, ROLE_DIM, "%s%s%s column%s", o->format, o->format[0] ? ", " : "", str_count(o->column_count, count, sizeof count), o->column_count == 1 ? "" : "s");
    add_times(d, o);
    if (o->view_definition[0])
        add(d, ROLE_DIM, "as %s", o->view_definition);
    for (size_t i = 0; i < o->property_count; i++)
        add(d, ROLE_DIM, "%s = %s", o->properties[i].key, o->properties[i].value);
}

/* The table that a column's place belongs to, or that en is. Owned full name, NULL when it is none. */
static char *table_name(const struct browse_column *c, const struct catalog_entry *en)
{
    char *name = NULL;
    if (en && en->kind == CATALOG_TABLE)
        name = browse_place_below(c, en);
    for (char *p = name; p && *p; p++)
        if (*p == '\x1f')
            *p = '.';
    return name;
}

static void add_object(struct browse_details *d, struct catalog *catalog, const struct browse_column *c, const struct catalog_entry *en)
{
    char word[80];
    char *typed = browse_typed(c, en), *table = table_name(c, en);
    const struct databricks_object *o = table && catalog ? catalog_table(catalog, table, false) : NULL;
    add(d, ROLE_TEXT, "%s   %s%s", en->name, browse_word(en, word, sizeof word), en->browse_only ? "   you may see its name only" : "");
    add(d, ROLE_DIM, "%s", typed ? typed : "");
    d->waits = table && catalog && !o;
    if (o)
        add_table(d, o);
    else if (en->comment[0])
        add(d, ROLE_TEXT, "%s", en->comment);
    free(table);
    free(typed);
}

void browse_details_make(struct browse_details *d, struct catalog *catalog, const struct browse_column *c, const struct catalog_entry *en, bool hold)
{
    size_t before = d->count;
    d->count = 0;
    d->waits = false;
    if (!en)
        return;
    switch (en->kind) {
    case CATALOG_FILE: add_file(d, c, en); break;
    case CATALOG_FOLDER:
        add(d, ROLE_TEXT, "%s   folder", en->name);
        add(d, ROLE_DIM, "%s/%s", c->place, en->name);
        break;
    case CATALOG_COLUMN:
        add(d, ROLE_TEXT, "%s   %s", en->name, en->type);
        if (en->comment[0])
            add(d, ROLE_DIM, "%s", en->comment);
        break;
    default: add_object(d, catalog, c, en);
    }
    if (hold && d->waits && d->count < before)
        d->count = before;
}

void browse_details_render(const struct browse_details *d, struct frame *f, struct layout_rect r)
{
    for (size_t i = 0; i < d->count && (int)i < r.rows; i++)
        frame_text(f, r.row + (int)i, r.col + 1, r.cols - 2, d->lines[i].role, d->lines[i].text);
}
