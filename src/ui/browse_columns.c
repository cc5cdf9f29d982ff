#include "ui/browse_columns.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "core/names.h"

#define MARK '\x1f'

/* ---- rows ---- */

static size_t row_count(const void *ctx)
{
    const struct browse_column *c = ctx;
    return c->now ? c->now->count : 0;
}

/* Volumes and tables may have one name, so what holds files has a slash behind its id. */
static void read_row(const void *ctx, size_t i, struct list_row *out)
{
    struct browse_column *c = (struct browse_column *)(uintptr_t)ctx;
    const struct catalog_entry *en = &c->now->entries[i];
    *out = (struct list_row){ .name = en->name, .role = en->browse_only ? ROLE_DIM : ROLE_TEXT, .note_role = ROLE_DIM, .kind = browse_letter(en) };
    if (en->kind == CATALOG_VOLUME || en->kind == CATALOG_FOLDER) {
        snprintf(c->id, sizeof c->id, "%s/", en->name);
        out->id = c->id;
    }
    if (en->kind == CATALOG_FOLDER)
        out->name = c->id;
    if (en->kind == CATALOG_FILE)
        out->note = str_bytes(en->size, c->id, sizeof c->id);
    if (en->kind == CATALOG_COLUMN)
        out->note = en->type;
}

char browse_letter(const struct catalog_entry *en)
{
    if (en->kind == CATALOG_VOLUME)
        return 'V';
    if (en->kind == CATALOG_TABLE)
        return browse_is_view(en) ? 'v' : 'T';
    return 0;
}

bool browse_is_view(const struct catalog_entry *en)
{
    return strstr(en->type, "VIEW") != NULL;
}

const char *browse_word(const struct catalog_entry *en, char *out, size_t size)
{
    static const char *const words[] = {
        [CATALOG_CATALOG] = "catalog", [CATALOG_SCHEMA] = "schema", [CATALOG_VOLUME] = "volume", [CATALOG_TABLE] = "table",
        [CATALOG_FOLDER] = "folder", [CATALOG_FILE] = "file", [CATALOG_COLUMN] = "column",
    };
    bool view = en->kind == CATALOG_TABLE && browse_is_view(en);
    const char *word = en->kind <= CATALOG_COLUMN && words[en->kind] ? words[en->kind] : "";
    if ((en->kind != CATALOG_TABLE && en->kind != CATALOG_VOLUME) || !en->type[0] || str_eq(en->type, "VIEW"))
        snprintf(out, size, "%s", view ? "view" : word);
    else {
        snprintf(out, size, "%s%s%s", en->type, view ? "" : " ", view ? "" : word);
        for (char *p = out; *p; p++)
            *p = *p == '_' ? ' ' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    return out;
}

/* ---- columns ---- */

enum browse_shows browse_shows_of(const char *place)
{
    static const enum browse_shows by_marks[] = { BROWSE_SCHEMAS, BROWSE_OBJECTS, BROWSE_COLUMNS };
    size_t marks = 0;
    if (!place[0])
        return BROWSE_CATALOGS;
    if (place[0] == '/')
        return BROWSE_FILES;
    for (const char *p = place; *p; p++)
        marks += *p == MARK;
    return by_marks[marks < 2 ? marks : 2];
}

const char *browse_title(enum browse_shows shows)
{
    static const char *const titles[] = { "catalogs", "schemas", "volumes+tables", "columns", "files" };
    return titles[shows];
}

static void column_free(struct browse_column *c)
{
    if (!c)
        return;
    list_release(&c->list);
    catalog_list_unref(c->now);
    free(c->place);
    free(c);
}

void browse_columns_release(struct browse_columns *b)
{
    for (size_t i = 0; i < BROWSE_KEPT; i++)
        column_free(b->kept[i]);
    *b = (struct browse_columns){ 0 };
}

struct browse_column *browse_column_find(const struct browse_columns *b, const char *place)
{
    for (size_t i = 0; i < BROWSE_KEPT; i++)
        if (b->kept[i] && str_eq(b->kept[i]->place, place))
            return b->kept[i];
    return NULL;
}

static bool in_use(const struct browse_columns *b, const struct browse_column *c)
{
    for (size_t i = 0; i < b->depth; i++)
        if (b->path[i] == c)
            return true;
    return b->beside == c || b->held == c;
}

/* A free slot, or that of the column not used for longest. NULL when all are in the path. */
static struct browse_column **slot(struct browse_columns *b)
{
    struct browse_column **oldest = NULL;
    for (size_t i = 0; i < BROWSE_KEPT; i++) {
        if (!b->kept[i])
            return &b->kept[i];
        if (!in_use(b, b->kept[i]) && (!oldest || b->kept[i]->used < (*oldest)->used))
            oldest = &b->kept[i];
    }
    if (oldest) {
        column_free(*oldest);
        *oldest = NULL;
    }
    return oldest;
}

struct browse_column *browse_column_at(struct browse_columns *b, const char *place)
{
    struct browse_column *c = browse_column_find(b, place);
    if (!c) {
        struct browse_column **at = slot(b);
        c = at ? calloc(1, sizeof *c) : NULL;
        if (!c || !(c->place = str_dup(place))) {
            free(c);
            return NULL;
        }
        c->shows = browse_shows_of(place);
        list_init(&c->list, (struct list_source){ c, row_count, read_row });
        *at = c;
    }
    c->used = ++b->clock;
    return c;
}

static int push(struct browse_columns *b, const char *place)
{
    struct browse_column *c = b->depth < BROWSE_PATH_MAX && b->depth < BROWSE_KEPT - 2 ? browse_column_at(b, place) : NULL;
    if (!c)
        return -1;
    c->entered = true;
    b->path[b->depth++] = c;
    return 0;
}

/* The next column below the last one, whose cursor goes to it. */
static int step_into(struct browse_columns *b, const char *place, const char *name, bool holds_files)
{
    char id[600];
    snprintf(id, sizeof id, "%s%s", name, holds_files ? "/" : "");
    list_go(&browse_active(b)->list, id);
    return push(b, place);
}

static int go_files(struct browse_columns *b, const char *path)
{
    char *copy = str_dup(path);
    int rc = copy ? 0 : -1;
    size_t level = 0;
    char *name = copy ? copy + strlen("/Volumes/") : NULL;
    for (char *p = name; rc == 0 && p; level++) {
        p = strchr(name, '/');
        if (p)
            *p = '\0';
        if (level < 2) {  /* catalog and schema are no paths */
            char *place = level == 0 ? str_dup(name) : str_printf("%s%c%s", browse_active(b)->place, MARK, name);
            rc = place ? step_into(b, place, name, false) : -1;
            free(place);
        } else {
            rc = step_into(b, copy, name, true);
        }
        if (p) {
            *p = '/';
            name = p + 1;
        }
    }
    free(copy);
    return rc;
}

static int go_names(struct browse_columns *b, const char *place)
{
    char *copy = str_dup(place);
    int rc = copy ? 0 : -1;
    for (char *p = copy, *name = copy; rc == 0 && p && b->depth < 3; name = p + 1) {
        p = strchr(name, MARK);
        if (p)
            *p = '\0';
        rc = step_into(b, copy, name, false);
        if (p)
            *p = MARK;
        if (!p)
            break;
    }
    const char *last = copy ? strrchr(copy, MARK) : NULL;
    if (rc == 0 && browse_shows_of(place) == BROWSE_COLUMNS && last)
        list_go(&browse_active(b)->list, last + 1);
    free(copy);
    return rc;
}

int browse_go(struct browse_columns *b, const char *place)
{
    b->depth = 0;
    b->beside = b->held = NULL;
    if (push(b, "") < 0)
        return -1;
    if (!place[0])
        return 0;
    return place[0] == '/' ? go_files(b, place) : go_names(b, place);
}

/* ---- lists ---- */

bool browse_column_loading(const struct browse_column *c)
{
    return !c->now || (c->now->loading && !c->now->complete);
}

/* A table's name was typed, but it is a volume that is there. */
static void find_volume(struct browse_column *c)
{
    struct list_row row;
    size_t i;
    char id[600];
    if (c->shows != BROWSE_OBJECTS || !c->list.cursor_id || str_ends(c->list.cursor_id, "/"))
        return;
    if (list_current(&c->list, &row, &i) && str_eq(row.id, c->list.cursor_id))
        return;
    snprintf(id, sizeof id, "%s/", c->list.cursor_id);
    for (i = 0; i < c->now->count && c->now->entries[i].kind == CATALOG_VOLUME; i++)
        if (strncmp(c->now->entries[i].name, id, strlen(id) - 1) == 0 && strlen(c->now->entries[i].name) == strlen(id) - 1)
            list_go(&c->list, id);
}

void browse_column_show(struct browse_column *c, const struct catalog_list *list)
{
    if (!list->loading)
        c->asked_ms = 0;
    else if (!c->asked_ms)
        c->asked_ms = time_mono_ms();
    if (list == c->now) {
        catalog_list_unref(list);
        return;
    }
    catalog_list_unref(c->now);
    c->now = list;
    list_replace(&c->list);
    find_volume(c);
}

void browse_column_ask(struct browse_column *c, struct catalog *catalog, int64_t max_age_ms)
{
    const struct catalog_list *l = catalog ? catalog_get(catalog, c->place, max_age_ms) : NULL;
    if (max_age_ms == 0)   /* so does the waiting begin anew */
        c->asked_ms = 0;
    if (l)
        browse_column_show(c, l);
    else if (!c->asked_ms)
        c->asked_ms = time_mono_ms();
}

const struct catalog_entry *browse_current(const struct browse_column *c)
{
    struct list_row row;
    size_t i;
    return c->now && list_current(&c->list, &row, &i) ? &c->now->entries[i] : NULL;
}

/* ---- names and places ---- */

static char *join(const char *place, char mark, const char *name)
{
    return place[0] ? str_printf("%s%c%s", place, mark, name) : str_dup(name);
}

/* "/Volumes/c/s/v" of a volume in a schema's place. */
static char *volume_place(const char *schema, const char *name)
{
    char *place = str_printf("/Volumes/%s/%s", schema, name);
    for (char *p = place; p && *p; p++)
        if (*p == MARK)
            *p = '/';
    return place;
}

char *browse_place_below(const struct browse_column *c, const struct catalog_entry *en)
{
    switch (en->kind) {
    case CATALOG_CATALOG:
    case CATALOG_SCHEMA:
    case CATALOG_TABLE: return join(c->place, MARK, en->name);
    case CATALOG_VOLUME: return volume_place(c->place, en->name);
    case CATALOG_FOLDER: return join(c->place, '/', en->name);
    default: return NULL;
    }
}

static char *typed_place(const char *place)
{
    struct name n = { 0 };
    char *parts[3] = { NULL, NULL, NULL }, *copy = str_dup(place), *text;
    int count = 0;
    if (place[0] == '/' || !copy || !place[0])
        return copy;
    for (char *p = copy; p && count < 3; count++) {
        parts[count] = p;
        p = strchr(p, MARK);
        if (p)
            *p++ = '\0';
    }
    n = (struct name){ parts[0], parts[1], parts[2] };
    text = name_text(&n);
    free(copy);
    return text;
}

char *browse_typed(const struct browse_column *c, const struct catalog_entry *en)
{
    if (!en)
        return typed_place(c->place);
    if (en->kind == CATALOG_FILE)
        return join(c->place, '/', en->name);
    if (en->kind == CATALOG_COLUMN)
        return str_dup(en->name);
    char *place = browse_place_below(c, en), *text = place ? typed_place(place) : NULL;
    free(place);
    return text;
}

char *browse_folder(const struct browse_column *c, const struct catalog_entry *en)
{
    if (en && (en->kind == CATALOG_VOLUME || en->kind == CATALOG_FOLDER))
        return browse_place_below(c, en);
    return c->shows == BROWSE_FILES ? str_dup(c->place) : NULL;
}

void browse_crumbs(const char *place, char *out, size_t size)
{
    int parts = 0;
    size_t n = 0;
    if (!place[0]) {
        str_copy(out, size, "Unity Catalog");
        return;
    }
    for (const char *p = place[0] == '/' ? place + strlen("/Volumes/") : place; *p && n + 4 < size; p++) {
        bool cut = *p == MARK || (place[0] == '/' && *p == '/' && parts < 3);
        if (cut) {
            memcpy(out + n, " > ", 3);
            n += 3;
            parts++;
        } else {
            out[n++] = *p;
        }
    }
    out[n] = '\0';
    out[utf8_whole(out, n)] = '\0';
}
