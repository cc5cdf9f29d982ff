#include "ui/browse_columns.h"
#include "base/timefmt.h"
#include "base/utf8.h"
#include "core/names.h"

#define MARK '\x1f'
#define ACTIVE_LEAST 20
#define BESIDE_LEAST 16
#define PATH_LEAST 8
#define SPREAD_MOST 24
#define HEAD_MOST 20      /* a folder's name as a head asks for no more */
#define WORDS_WANT 26     /* for words in the place of rows */

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
    if (list == c->now) {
        catalog_list_unref(list);
        return;
    }
    catalog_list_unref(c->now);
    c->now = list;
    if (!list->loading)
        c->asked_ms = 0;
    else if (!c->asked_ms)
        c->asked_ms = time_mono_ms();
    list_replace(&c->list);
    find_volume(c);
}

void browse_column_ask(struct browse_column *c, struct catalog *catalog, int64_t max_age_ms)
{
    const struct catalog_list *l = catalog ? catalog_get(catalog, c->place, max_age_ms) : NULL;
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

/* ---- drawing ---- */

static struct browse_column *column_of(const struct browse_columns *b, int i)
{
    return i < (int)b->depth ? b->path[i] : b->held ? b->held : b->beside;
}

/* A list that failed before anything came has no count. */
static char *head_count(const struct browse_column *c, char *out, size_t size)
{
    if (c->now && c->now->error.code != ERR_NONE && c->now->count == 0 && !c->now->complete) {
        str_copy(out, size, "?");
        return out;
    }
    return list_count_text(&c->list, browse_column_loading(c), out, size);
}

/* A folder within a volume is headed with its own name: "files" four times in a row would not tell them apart. */
static const char *head_title(const struct browse_column *c)
{
    const char *p = c->place, *last = strrchr(c->place, '/');
    int slashes = 0;
    for (; *p; p++)
        slashes += *p == '/';
    return c->shows == BROWSE_FILES && slashes > 4 && last[1] ? last + 1 : browse_title(c->shows);
}

static int head_width(const struct browse_column *c, struct frame *f)
{
    char count[48];
    head_count(c, count, sizeof count);
    int title = frame_width(f, head_title(c));
    return 2 + (title < HEAD_MOST ? title : HEAD_MOST) + (int)strlen(count) + 1;
}

static int wanted(struct browse_column *c, struct frame *f, int rows)
{
    int head = head_width(c, f), list = list_count(&c->list) ? list_width(&c->list, f, rows) + 1 : WORDS_WANT;
    return list > head ? list : head;
}

/* What is beside gives way first, then the one with the keys. */
static void share_right(struct browse_columns *b, int cols, int last)
{
    int over = b->cols[last] + (b->beside ? b->cols[last + 1] + 1 : 0) - cols;
    for (int i = last + (b->beside ? 1 : 0); i >= last && over > 0; i--) {
        int least = i == last ? ACTIVE_LEAST : BESIDE_LEAST, can = b->cols[i] - least;
        int cut = can < over ? can : over;
        b->cols[i] -= cut > 0 ? cut : 0;
        over -= cut > 0 ? cut : 0;
    }
    if (over > 0 && b->beside) {  /* no room for both */
        b->cols[last] = cols;
        b->shown = 1;
    }
}

static void keep_widths(struct browse_columns *b, int last, int room)
{
    if (b->wide_for != b->path[last] || b->wide_of != room) {
        b->wide_for = b->path[last];
        b->wide_of = room;
        b->active_cols = b->beside_cols = 0;
    }
    b->active_cols = b->cols[last] = b->cols[last] > b->active_cols ? b->cols[last] : b->active_cols;
    if (!b->beside)
        return;
    bool known = list_count(&column_of(b, last + 1)->list) > 0;   /* words in the place of rows need no width of their own */
    if (b->beside_cols == 0 || (known && b->cols[last + 1] > b->beside_cols))
        b->beside_cols = b->cols[last + 1];
    b->cols[last + 1] = b->beside_cols;
}

/* The column with the keys and what is beside it come first, then its parents as far as there is room. */
static void plan_columns(struct browse_columns *b, struct frame *f, struct layout_rect r)
{
    int last = (int)b->depth - 1, total = last + 1 + (b->beside ? 1 : 0);
    for (int i = 0; i < total; i++)
        b->cols[i] = wanted(column_of(b, i), f, r.rows - 1);
    keep_widths(b, last, r.cols);
    b->first = last;
    b->shown = total - last;
    share_right(b, r.cols, last);
    int left = r.cols - (b->shown - 1);
    for (int i = last; i < last + b->shown; i++)
        left -= b->cols[i];
    while (b->first > 0 && left - 1 >= (b->cols[b->first - 1] < PATH_LEAST ? b->cols[b->first - 1] : PATH_LEAST)) {
        b->first--;
        b->shown++;
        if (b->cols[b->first] > left - 1)
            b->cols[b->first] = left - 1;
        left -= b->cols[b->first] + 1;
    }
    b->cols[b->first + b->shown - 1] += left < SPREAD_MOST ? left : SPREAD_MOST;  /* sizes stay near their names */
}

static void render_head(const struct browse_column *c, struct frame *f, struct layout_rect line, bool active)
{
    char count[48];
    head_count(c, count, sizeof count);
    if (!c->now || (c->now->count == 0 && browse_column_loading(c)))
        count[0] = '\0';
    int width = (int)strlen(count);
    const char *title = head_title(c);
    bool named = title != browse_title(c->shows);   /* a long name gives way to the count */
    int room = line.cols - 2 - (named && width && line.cols > width + 8 ? width + 1 : 0);
    int used = frame_text(f, line.row, line.col + 1, room, active ? ROLE_TITLE : ROLE_TEXT, title);
    if (used + width + 3 <= line.cols)
        frame_right(f, line.row, line.col + line.cols - 1 - width, width, ROLE_TEXT, count);
}

/* What stands in the place of rows. */
static void words_for(const struct browse_column *c, char *out, size_t size, enum theme_role *role)
{
    static const char *const none[] = { "no catalogs that you can see", "no schemas", "nothing in this schema", "no columns", "nothing in this folder" };
    *role = ROLE_DIM;
    out[0] = '\0';
    if (c->now && c->now->error.code != ERR_NONE) {
        err_sentence(&c->now->error, out, size);
        *role = ROLE_BAD;
    } else if (browse_column_loading(c)) {
        str_copy(out, size, "loading");
    } else {
        str_copy(out, size, list_total(&c->list) ? "no name has this text" : none[c->shows]);
    }
}

static void render_column(struct browse_column *c, struct frame *f, struct layout_rect r, bool active)
{
    char words[1400];
    enum theme_role role;
    struct list_look look = { .active = active, .empty = "", .empty_role = ROLE_DIM };
    render_head(c, f, layout_cut_top(&r, 1), active);
    list_render(&c->list, f, r, &look);
    if (list_count(&c->list) > 0)
        return;
    words_for(c, words, sizeof words, &role);
    layout_cut_left(&r, 1);
    layout_cut_top(&r, c->list.filtering || c->list.filter.text.len ? 1 : 0);
    frame_wrap(f, r, role, words, true);
}

static struct layout_rect rect_of(const struct browse_columns *b, int i)
{
    int col = b->drawn.col;
    for (int k = b->first; k < i; k++)
        col += b->cols[k] + 1;
    return (struct layout_rect){ b->drawn.row, col, b->drawn.rows, b->cols[i] };
}

void browse_columns_render(struct browse_columns *b, struct frame *f, struct layout_rect r)
{
    b->drawn = r;
    plan_columns(b, f, r);
    for (int i = b->first; i < b->first + b->shown; i++) {
        struct layout_rect at = rect_of(b, i);
        render_column(column_of(b, i), f, at, i == (int)b->depth - 1);
        if (i + 1 < b->first + b->shown)
            frame_bar(f, at.row, at.col + at.cols, at.rows);
    }
}

int browse_column_hit(const struct browse_columns *b, int col, struct layout_rect *r)
{
    int total = (int)b->depth + (b->beside ? 1 : 0);
    for (int i = b->first; i < b->first + b->shown && i < total; i++) {
        *r = rect_of(b, i);
        layout_cut_top(r, 1);
        if (col >= r->col && col < r->col + r->cols)
            return i;
    }
    return -1;
}
