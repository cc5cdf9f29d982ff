#include "ui/list.h"
#include "base/str.h"


/* ---- the store ---- */

#define BLOCK_BYTES ((size_t)64 << 10)

struct list_item { const char *id, *name, *note; char kind; unsigned char role, note_role; };
struct list_block { struct list_block *next; size_t used, size; char bytes[]; };

void list_store_init(struct list_store *s)
{
    *s = (struct list_store){ 0 };
}

void list_store_release(struct list_store *s)
{
    for (struct list_block *b = s->blocks; b;) {
        struct list_block *next = b->next;
        free(b);
        b = next;
    }
    free(s->items);
    list_store_init(s);
}

static const char *store_copy(struct list_store *s, const char *text)
{
    if (!text)
        return NULL;
    size_t n = strlen(text) + 1;
    if (!s->blocks || s->blocks->size - s->blocks->used < n) {
        /* small stores stay small: blocks double up to their full size */
        size_t size = s->blocks ? s->blocks->size * 2 : 1024;
        size = size > BLOCK_BYTES ? BLOCK_BYTES : size;
        size = size < n ? n : size;
        struct list_block *b = malloc(sizeof *b + size);
        if (!b)
            return NULL;
        *b = (struct list_block){ .next = s->blocks, .size = size };
        s->blocks = b;
    }
    char *copy = s->blocks->bytes + s->blocks->used;
    memcpy(copy, text, n);
    s->blocks->used += n;
    return copy;
}

int list_store_add(struct list_store *s, const struct list_row *row, struct err *e)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32;
        struct list_item *items = realloc(s->items, cap * sizeof *items);
        if (!items)
            return err_no_memory(e);
        s->items = items;
        s->cap = cap;
    }
    struct list_item it = { .kind = row->kind, .role = (unsigned char)row->role, .note_role = (unsigned char)row->note_role };
    it.name = store_copy(s, row->name ? row->name : "");
    it.id = row->id ? store_copy(s, row->id) : it.name;
    it.note = store_copy(s, row->note);
    if (!it.name || !it.id || (row->note && !it.note))
        return err_no_memory(e);
    s->items[s->count++] = it;
    return 0;
}

static size_t store_count(const void *ctx)
{
    return ((const struct list_store *)ctx)->count;
}

static void store_row(const void *ctx, size_t i, struct list_row *out)
{
    const struct list_item *it = &((const struct list_store *)ctx)->items[i];
    *out = (struct list_row){ it->id, it->name, it->note, it->kind, (enum theme_role)it->role, (enum theme_role)it->note_role };
}

struct list_source list_store_source(const struct list_store *s)
{
    return (struct list_source){ (void *)s, store_count, store_row };
}

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

static bool has_filter(const struct list *l)
{
    return l->filter.text.len > 0;
}

size_t list_total(const struct list *l)
{
    return l->source.count ? l->source.count(l->source.ctx) : 0;
}

size_t list_count(const struct list *l)
{
    return has_filter(l) ? l->shown_count : list_total(l);
}

size_t list_index(const struct list *l, size_t shown)
{
    return has_filter(l) ? l->shown[shown] : shown;
}

static void row_shown(const struct list *l, size_t shown, struct list_row *out)
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
    if (!has_filter(l)) {
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
        row_shown(l, i, &row);
        if (strcmp(row.id, l->cursor_id) == 0) {
            l->cursor = i;
            return true;
        }
    }
    return false;
}

static void clamp_cursor(struct list *l)
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
    size_t before = has_filter(l) ? l->shown_count : l->seen;
    filter_rows(l);
    if (!cursor_is_there(l) && !find_cursor(l, before < list_count(l) ? before : 0) && !l->moved)
        clamp_cursor(l);
}

/* Where the cursor's row is gone, lost is where it goes. */
static void refilter(struct list *l, size_t lost)
{
    l->shown_count = 0;
    l->seen = 0;
    filter_rows(l);
    if (!cursor_is_there(l) && !find_cursor(l, 0)) {
        l->cursor = lost;
        clamp_cursor(l);
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
    row_shown(l, l->cursor, out);
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
        row_shown(l, i, &row);
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
    if (a == ACTION_BACK && has_filter(l)) {
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

/* ---- render ---- */

static void underline_match(const struct list *l, struct frame *f, int row, int col, int used, const char *name)
{
    const char *hit = has_filter(l) ? strcasestr(name, line_text(&l->filter)) : NULL;
    if (!hit)
        return;
    char *before = str_dup_n(name, (size_t)(hit - name));
    int from = before ? frame_width(f, before) : used;
    int cells = frame_width(f, line_text(&l->filter));
    free(before);
    if (from + cells > used)
        cells = used - from;
    for (int i = 0; i < cells; i++)
        frame_recolour(f, row, col + from + i, 1, ROLE_MATCH);
}

#define SELECTED_MOST 40   /* cells of a long name that are shown reversed */
#define SIGN_COLS 2        /* at the right edge of a list that does not fit: whether more rows are above or below */

/* Only the name, of a long one the first words: two rows that change whole would be dear on a slow line. */
static int selected_cells(const struct frame *f, int row, int col, int used)
{
    if (used <= SELECTED_MOST)
        return used < 1 ? 1 : used;
    for (int n = SELECTED_MOST; n > SELECTED_MOST / 2; n--) {
        const struct frame_cell *c = frame_cell(f, row, col + n);
        if (c && c->len == 1 && c->text[0] == ' ')
            return n;
    }
    return SELECTED_MOST;
}

/* Notes stand at the right edge; they go away before a name is cut below 12 cells, or when the name needs their room. */
static void render_row(struct list *l, struct frame *f, struct layout_rect line, size_t at, const struct list_look *look)
{
    struct list_row row;
    row_shown(l, at, &row);
    bool here = at == l->cursor;
    int col = line.col, end = line.col + line.cols;
    if (here)
        frame_glyph(f, line.row, col, ROLE_TEXT, GLYPH_CURSOR);
    bool marked = list_marked(l, &row);
    if (marked)
        frame_glyph(f, line.row, col, ROLE_MARK, GLYPH_MARK);
    col++;
    if (row.kind) {
        char kind[2] = { row.kind, '\0' };
        frame_text(f, line.row, col, end - col, row.role, kind);  /* no role of its own: colours beside the cursor would double its bytes */
        col += 2;
    }
    int room = end - col;
    int need = frame_width(f, row.name), note = row.note ? frame_width(f, row.note) : 0;
    bool notes = note > 0 && (need + 1 + note <= room || room - 1 - note >= 12);
    int used = frame_text(f, line.row, col, notes ? room - note - 1 : room, row.role, row.name);
    underline_match(l, f, line.row, col, used, row.name);
    if (notes)
        frame_right(f, line.row, end - note, note, row.note_role, row.note);
    if (here && look->active)
        frame_select(f, line.row, col, selected_cells(f, line.row, col, used));
    if (here && marked)        /* the mark hides the pointer */
        frame_select(f, line.row, line.col, 1);
}

int list_width(const struct list *l, struct frame *f, int rows)
{
    int widest = 0;
    size_t n = list_count(l), from = layout_scroll(l->top, l->cursor, n, rows);
    for (size_t i = from; i < n && i < from + (size_t)(rows > 0 ? rows : 0); i++) {
        struct list_row row;
        row_shown(l, i, &row);
        int width = 1 + (row.kind ? 2 : 0) + frame_width(f, row.name) + (row.note ? 1 + frame_width(f, row.note) : 0);
        widest = width > widest ? width : widest;
    }
    return widest + (n > (size_t)(rows > 0 ? rows : 0) ? SIGN_COLS : 0);
}

void list_render_rows(struct list *l, struct frame *f, struct layout_rect r, const struct list_look *look)
{
    size_t n = list_count(l);
    if (r.rows < 1 || r.cols < 3)
        return;
    l->page = r.rows;
    clamp_cursor(l);
    l->top = layout_scroll(l->top, l->cursor, n, r.rows);
    if (n == 0) {
        const char *words = has_filter(l) ? "nothing matches" : look->empty;
        frame_wrap(f, (struct layout_rect){ r.row, r.col + 1, r.rows, r.cols - 1 }, look->empty_role, words, true);
        return;
    }
    size_t page = (size_t)r.rows;
    frame_more(f, r, l->top > 0, l->top + page < n);
    if (n > page && r.cols > 12)
        layout_cut_right(&r, SIGN_COLS);
    for (int i = 0; i < r.rows && l->top + (size_t)i < n; i++)
        render_row(l, f, (struct layout_rect){ r.row + i, r.col, 1, r.cols }, l->top + (size_t)i, look);
}

void list_render(struct list *l, struct frame *f, struct layout_rect r, const struct list_look *look)
{
    if ((l->filtering || has_filter(l)) && r.rows > 1) {
        struct layout_rect head = layout_cut_top(&r, 1);
        frame_text(f, head.row, head.col, 1, ROLE_KEY, "/");
        line_render(&l->filter, f, head.row, head.col + 1, head.cols - 1, ROLE_FIELD, l->filtering && look->active);
    }
    list_render_rows(l, f, r, look);
}

char *list_count_text(const struct list *l, bool loading, char *out, size_t size)
{
    char shown[32], total[32];
    str_count(list_count(l), shown, sizeof shown);
    str_count(list_total(l), total, sizeof total);
    if (has_filter(l))
        snprintf(out, size, "%s of %s%s", shown, total, loading ? "+" : "");
    else
        snprintf(out, size, "%s%s", total, loading ? "+" : "");
    return out;
}
