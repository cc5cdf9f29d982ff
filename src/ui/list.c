#include "ui/list.h"
#include "base/str.h"

/* ---- the set of marked ids: open addressing, a slot is NULL when free ---- */

static size_t hash_text(const char *s)
{
    uint64_t h = 1469598103934665603u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    return (size_t)(h ^ (h >> 32));
}

static size_t ids_slot(const struct list_ids *m, const char *id)
{
    size_t i = hash_text(id) & (m->cap - 1);
    while (m->slots[i] && strcmp(m->slots[i], id) != 0)
        i = (i + 1) & (m->cap - 1);
    return i;
}

static bool ids_has(const struct list_ids *m, const char *id)
{
    return m->cap && m->slots[ids_slot(m, id)];
}

static bool ids_reserve(struct list_ids *m)
{
    if (m->cap && (m->count + 1) * 2 <= m->cap)
        return true;
    struct list_ids bigger = { .cap = m->cap ? m->cap * 2 : 16 };
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i])
            bigger.slots[ids_slot(&bigger, m->slots[i])] = m->slots[i];
    bigger.count = m->count;
    free(m->slots);
    *m = bigger;
    return true;
}

static bool ids_add(struct list_ids *m, const char *id)
{
    if (ids_has(m, id))
        return true;
    char *copy = str_dup(id);
    if (!copy || !ids_reserve(m)) {
        free(copy);
        return false;
    }
    m->slots[ids_slot(m, copy)] = copy;
    m->count++;
    return true;
}

static void ids_remove(struct list_ids *m, const char *id)
{
    if (!ids_has(m, id))
        return;
    size_t i = ids_slot(m, id);
    free(m->slots[i]);
    m->slots[i] = NULL;
    m->count--;
    for (i = (i + 1) & (m->cap - 1); m->slots[i]; i = (i + 1) & (m->cap - 1)) {  /* what probed past the hole moves up */
        char *moved = m->slots[i];
        m->slots[i] = NULL;
        m->slots[ids_slot(m, moved)] = moved;
    }
}

static void ids_release(struct list_ids *m)
{
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i]);
    free(m->slots);
    *m = (struct list_ids){ 0 };
}

/* ---- rows shown ---- */

bool list_has_filter(const struct list *l)
{
    return l->filter.text.len > 0;
}

size_t list_total(const struct list *l)
{
    return l->source.count ? l->source.count(l->source.ctx) : 0;
}

size_t list_count(const struct list *l)
{
    return list_has_filter(l) ? l->shown_count : list_total(l);
}

size_t list_index(const struct list *l, size_t shown)
{
    return list_has_filter(l) ? l->shown[shown] : shown;
}

void list_row_shown(const struct list *l, size_t shown, struct list_row *out)
{
    *out = (struct list_row){ 0 };
    l->source.row(l->source.ctx, list_index(l, shown), out);
    if (!out->name)
        out->name = "";
    if (!out->id)
        out->id = out->name;
}

/* ASCII case is ignored; other letters must be equal. */
static bool contains(const char *text, const char *part)
{
    return strcasestr(text, part) != NULL;
}

static bool show_index(struct list *l, size_t index)
{
    if (l->shown_count == l->shown_cap) {
        size_t cap = l->shown_cap ? l->shown_cap * 2 : 256;
        size_t *shown = realloc(l->shown, cap * sizeof *shown);
        if (!shown)
            return false;
        l->shown = shown;
        l->shown_cap = cap;
    }
    l->shown[l->shown_count++] = index;
    return true;
}

static void filter_rows(struct list *l)
{
    size_t total = list_total(l);
    if (!list_has_filter(l)) {
        l->seen = total;
        return;
    }
    for (; l->seen < total; l->seen++) {
        struct list_row row = { 0 };
        l->source.row(l->source.ctx, l->seen, &row);
        if (row.name && contains(row.name, line_text(&l->filter)) && !show_index(l, l->seen))
            return;
    }
}

static void remember_cursor(struct list *l)
{
    struct list_row row;
    if (list_current(l, &row, NULL))
        str_set(&l->cursor_id, row.id);
}

/* Puts the cursor on the row of cursor_id among rows from..; false when it is not there. */
static bool find_cursor(struct list *l, size_t from)
{
    size_t n = list_count(l);
    for (size_t i = from; l->cursor_id && i < n; i++) {
        struct list_row row;
        list_row_shown(l, i, &row);
        if (strcmp(row.id, l->cursor_id) == 0) {
            l->cursor = i;
            return true;
        }
    }
    return false;
}

void list_clamp_cursor(struct list *l)
{
    size_t n = list_count(l);
    if (l->cursor >= n)
        l->cursor = n ? n - 1 : 0;
}

static bool cursor_is_there(const struct list *l)
{
    struct list_row row;
    return l->cursor_id && list_current(l, &row, NULL) && strcmp(row.id, l->cursor_id) == 0;
}

void list_grow(struct list *l)
{
    size_t before = list_has_filter(l) ? l->shown_count : l->seen;
    filter_rows(l);
    if (!cursor_is_there(l) && !find_cursor(l, before < list_count(l) ? before : 0) && !l->moved)
        list_clamp_cursor(l);
}

/* Where the cursor's row is gone, lost is where it goes. */
static void refilter(struct list *l, size_t lost)
{
    l->shown_count = 0;
    l->seen = 0;
    filter_rows(l);
    if (!cursor_is_there(l) && !find_cursor(l, 0)) {
        l->cursor = lost;
        list_clamp_cursor(l);
    }
    l->top = layout_scroll(l->top, l->cursor, list_count(l), l->page);
}

static void drop_lost_marks(struct list *l)
{
    struct list_ids kept = { 0 };
    size_t total = list_total(l);
    if (l->marks.count == 0)
        return;
    for (size_t i = 0; i < total; i++) {
        struct list_row row = { 0 };
        l->source.row(l->source.ctx, i, &row);
        const char *id = row.id ? row.id : row.name;
        if (id && ids_has(&l->marks, id))
            ids_add(&kept, id);
    }
    ids_release(&l->marks);
    l->marks = kept;
}

void list_replace(struct list *l)
{
    refilter(l, l->cursor);
    drop_lost_marks(l);
}

void list_use(struct list *l, struct list_source source)
{
    l->source = source;
    list_replace(l);
}

void list_init(struct list *l, struct list_source source)
{
    *l = (struct list){ .source = source, .page = 10 };
    line_init(&l->filter);
    l->seen = list_total(l);
}

void list_release(struct list *l)
{
    free(l->shown);
    free(l->cursor_id);
    ids_release(&l->marks);
    line_release(&l->filter);
    *l = (struct list){ .page = 10 };
    line_init(&l->filter);
}

bool list_current(const struct list *l, struct list_row *out, size_t *index)
{
    if (l->cursor >= list_count(l))
        return false;
    list_row_shown(l, l->cursor, out);
    if (index)
        *index = list_index(l, l->cursor);
    return true;
}

void list_go(struct list *l, const char *id)
{
    if (str_set(&l->cursor_id, id) == 0)
        find_cursor(l, 0);
    l->moved = true;
}

bool list_marked(const struct list *l, const struct list_row *row)
{
    return l->marks.count && ids_has(&l->marks, row->id ? row->id : row->name);
}

size_t list_mark_count(const struct list *l)
{
    return l->marks.count;
}

/* ---- update ---- */

static void move_to(struct list *l, size_t to)
{
    size_t n = list_count(l);
    l->cursor = n == 0 ? 0 : to < n ? to : n - 1;
    l->moved = true;
    remember_cursor(l);
}

static void toggle_mark(struct list *l)
{
    struct list_row row;
    if (!list_current(l, &row, NULL))
        return;
    if (ids_has(&l->marks, row.id))
        ids_remove(&l->marks, row.id);
    else
        ids_add(&l->marks, row.id);
    move_to(l, l->cursor + 1);
}

static void toggle_all(struct list *l)
{
    size_t n = list_count(l);
    if (l->marks.count) {
        ids_release(&l->marks);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct list_row row;
        list_row_shown(l, i, &row);
        ids_add(&l->marks, row.id);
    }
}

void list_set_filter(struct list *l, const char *text)
{
    line_set(&l->filter, text);
    refilter(l, 0);
}

static bool update_filter(struct list *l, enum action a)
{
    if (a == ACTION_BACK) {
        l->filtering = false;
        list_set_filter(l, NULL);
        return true;
    }
    if (a == ACTION_ACCEPT || a == ACTION_OPEN) {
        l->filtering = false;
        remember_cursor(l);
        return true;
    }
    if (!line_update(&l->filter, a))
        return false;
    refilter(l, 0);
    return true;
}

static bool move(struct list *l, enum action a)
{
    size_t page = l->page > 1 ? (size_t)l->page - 1 : 1;
    switch (a) {
    case ACTION_UP:
        if (l->cursor == 0)
            return false;  /* what lies above the list may take it */
        move_to(l, l->cursor - 1);
        return true;
    case ACTION_DOWN: move_to(l, l->cursor + 1); return true;
    case ACTION_PAGE_UP: move_to(l, l->cursor > page ? l->cursor - page : 0); return true;
    case ACTION_PAGE_DOWN: move_to(l, l->cursor + page); return true;
    case ACTION_TOP: move_to(l, 0); return true;
    case ACTION_BOTTOM: move_to(l, SIZE_MAX); return true;
    case ACTION_MARK: toggle_mark(l); return true;
    case ACTION_MARK_ALL: toggle_all(l); return true;
    default: return false;
    }
}

bool list_update(struct list *l, enum action a)
{
    if (l->filtering && update_filter(l, a))
        return true;
    if (move(l, a))
        return true;
    if (a == ACTION_FILTER) {
        l->filtering = true;
        return true;
    }
    if (a == ACTION_BACK && list_has_filter(l)) {
        list_set_filter(l, NULL);
        return true;
    }
    return false;
}

bool list_type(struct list *l, uint32_t cp)
{
    if (!line_type(&l->filter, cp))
        return false;
    refilter(l, 0);
    return true;
}

bool list_click(struct list *l, struct layout_rect r, int row)
{
    size_t at = l->top + (size_t)(row > r.row ? row - r.row : 0);
    if (row < r.row || row >= r.row + r.rows || at >= list_count(l))
        return false;
    move_to(l, at);
    return true;
}
