#include "ui/table.h"
#include "base/str.h"

#define MEASURED_ROWS 500  /* rows that decide a column's width */

void table_init(struct table *t, struct table_source source, size_t frozen)
{
    *t = (struct table){ .source = source, .frozen = frozen, .left = frozen, .page = 10 };
    line_init(&t->find);
}

void table_release(struct table *t)
{
    line_release(&t->find);
    *t = (struct table){ .page = 10 };
    line_init(&t->find);
}

static size_t row_count(const struct table *t)
{
    return t->source.rows ? t->source.rows(t->source.ctx) : 0;
}

static size_t column_count(const struct table *t)
{
    size_t n = t->source.columns ? t->source.columns(t->source.ctx) : 0;
    return n < TABLE_COLUMNS_MAX ? n : TABLE_COLUMNS_MAX;
}

static void read_column(const struct table *t, size_t i, struct table_column *out)
{
    *out = (struct table_column){ 0 };
    t->source.column(t->source.ctx, i, out);
    if (!out->name)
        out->name = "";
}

static void read_cell(const struct table *t, size_t row, size_t column, struct table_cell *out)
{
    *out = (struct table_cell){ 0 };
    t->source.cell(t->source.ctx, row, column, out);
    if (out->kind == TABLE_NULL)
        out->text = "NULL";
    else if (!out->text)
        out->text = "";
}

void table_change(struct table *t, bool same_rows)
{
    if (!same_rows)
        t->measured_rows = t->measured_columns = 0;
    size_t rows = row_count(t), columns = column_count(t);
    if (t->row >= rows)
        t->row = rows ? rows - 1 : 0;
    if (t->column >= columns)
        t->column = columns ? columns - 1 : 0;
}

bool table_current(const struct table *t, struct table_column *column, struct table_cell *cell)
{
    if (t->row >= row_count(t) || t->column >= column_count(t))
        return false;
    read_column(t, t->column, column);
    read_cell(t, t->row, t->column, cell);
    return true;
}

bool table_has_find(const struct table *t)
{
    return t->find.text.len > 0;
}

/* ---- update ---- */

static void move_row(struct table *t, size_t to)
{
    size_t n = row_count(t);
    t->row = n == 0 ? 0 : to < n ? to : n - 1;
}

static void move_column(struct table *t, size_t to)
{
    size_t n = column_count(t);
    t->column = n == 0 ? 0 : to < n ? to : n - 1;
}

static bool cell_matches(const struct table *t, size_t row, size_t column)
{
    struct table_cell cell;
    read_cell(t, row, column, &cell);
    return cell.kind != TABLE_NULL && strcasestr(cell.text, line_text(&t->find));
}

/* Goes to the next matching cell in reading order, around the end; step is 1 or -1. */
static void find_from(struct table *t, int step, bool here)
{
    size_t rows = row_count(t), columns = column_count(t), cells = rows * columns;
    if (cells == 0 || !table_has_find(t))
        return;
    size_t at = t->row * columns + t->column;
    t->not_found = false;
    for (size_t i = here ? 0 : 1; i <= cells; i++) {
        size_t to = step > 0 ? (at + i) % cells : (at + cells - i % cells) % cells;
        if (cell_matches(t, to / columns, to % columns)) {
            t->row = to / columns;
            t->column = to % columns;
            return;
        }
    }
    t->not_found = true;
}

static bool update_find(struct table *t, enum action a)
{
    if (a == ACTION_BACK) {
        t->finding = false;
        t->not_found = false;
        line_set(&t->find, NULL);
        return true;
    }
    if (a == ACTION_ACCEPT || a == ACTION_RECORD || a == ACTION_OPEN) {
        t->finding = false;
        return true;
    }
    if (!line_update(&t->find, a))
        return false;
    find_from(t, 1, true);
    return true;
}

bool table_update(struct table *t, enum action a)
{
    size_t page = t->page > 1 ? (size_t)t->page - 1 : 1;
    if (t->finding && update_find(t, a))
        return true;
    switch (a) {
    case ACTION_UP: move_row(t, t->row ? t->row - 1 : 0); return true;
    case ACTION_DOWN: move_row(t, t->row + 1); return true;
    case ACTION_PAGE_UP: move_row(t, t->row > page ? t->row - page : 0); return true;
    case ACTION_PAGE_DOWN: move_row(t, t->row + page); return true;
    case ACTION_TOP: move_row(t, 0); return true;
    case ACTION_BOTTOM: move_row(t, SIZE_MAX); return true;
    case ACTION_LEFT: move_column(t, t->column ? t->column - 1 : 0); return true;
    case ACTION_RIGHT: move_column(t, t->column + 1); return true;
    case ACTION_FIND: t->finding = true; return true;
    case ACTION_FIND_NEXT: find_from(t, 1, false); return true;
    case ACTION_FIND_PREVIOUS: find_from(t, -1, false); return true;
    default: return false;
    }
}

bool table_type(struct table *t, uint32_t cp)
{
    if (!line_type(&t->find, cp))
        return false;
    find_from(t, 1, true);
    return true;
}

bool table_click(struct table *t, struct layout_rect r, int row)
{
    int body = r.row + 2;
    if (row < body || row >= r.row + r.rows || t->top + (size_t)(row - body) >= row_count(t))
        return false;
    t->row = t->top + (size_t)(row - body);
    return true;
}

/* ---- render ---- */

static int head_width(struct frame *f, const struct table_column *c)
{
    return frame_width(f, c->name) + (c->type ? 1 + frame_width(f, c->type) : 0);
}

static int least(int a, int b) { return a < b ? a : b; }
static int most(int a, int b) { return a > b ? a : b; }

/* Widths grow with the rows that came since the last drawing. */
static void measure(struct table *t, struct frame *f)
{
    size_t columns = column_count(t), rows = row_count(t);
    if (rows > MEASURED_ROWS)
        rows = MEASURED_ROWS;
    if (t->measured_columns != columns) {
        for (size_t i = 0; i < columns; i++) {
            struct table_column c;
            read_column(t, i, &c);
            t->wants[i] = most(1, least(head_width(f, &c), FRAME_CLUSTER_MAX * 8));
        }
        t->measured_columns = columns;
        t->measured_rows = 0;
    }
    for (; t->measured_rows < rows; t->measured_rows++) {
        for (size_t i = 0; i < columns; i++) {
            struct table_cell cell;
            read_cell(t, t->measured_rows, i, &cell);
            /* nobody sees more than a screen's width; a long value is not measured to its end */
            int width = strlen(cell.text) > 1000 ? 250 : least(frame_width(f, cell.text), 250);
            t->wants[i] = most(t->wants[i], width);
        }
    }
}

struct span { size_t column; int col, cols; };

#define SPANS 128
struct plan { struct span spans[SPANS]; int count; };

#define GAP 3  /* " | " between columns */

/* Which columns are shown from `left` on in cols cells, each at most TABLE_WIDE wide at first. Returns how many. */
static int fit(const struct table *t, size_t left, int cols, struct span *out, int max)
{
    size_t columns = column_count(t);
    int n = 0, used = 0;
    for (size_t i = 0; i < columns && n < max; i++) {
        if (i >= t->frozen && i < left)
            continue;
        int width = least(t->wants[i], TABLE_WIDE);
        int gap = n ? GAP : 0;
        if (n && used + gap + width > cols) {
            if (cols - used - gap >= 8 || (n == (int)t->frozen && cols - used - gap >= 3))  /* a cut column is better than unused room */
                out[n++] = (struct span){ i, 0, cols - used - gap };
            return n;
        }
        width = least(width, cols);
        out[n++] = (struct span){ i, 0, width };
        used += gap + width;
    }
    return n;
}

/* Room left over goes to columns that were kept narrow. */
static void spread(const struct table *t, struct plan *p, int cols)
{
    int used = 0;
    for (int i = 0; i < p->count; i++)
        used += p->spans[i].cols + (i ? GAP : 0);
    for (int i = 0; i < p->count && used < cols; i++) {
        int more = least(t->wants[p->spans[i].column] - p->spans[i].cols, cols - used);
        if (more > 0) {
            p->spans[i].cols += more;
            used += more;
        }
    }
}

static bool shows_whole(const struct table *t, const struct plan *p, size_t column)
{
    for (int i = 0; i < p->count; i++)
        if (p->spans[i].column == column)
            return p->spans[i].cols >= least(t->wants[column], TABLE_WIDE) || i <= (int)t->frozen;
    return false;
}

/* Room that a wider screen brought is used for columns on the left, as long as the last one stays whole. */
static void use_room(struct table *t, struct plan *p, int cols)
{
    while (t->left > t->frozen) {
        int n = fit(t, t->left - 1, cols, p->spans, SPANS);
        const struct span *last = &p->spans[n - 1];
        if (last->column + 1 < column_count(t) || last->cols < least(t->wants[last->column], TABLE_WIDE))
            break;
        t->left--;
    }
}

static void plan_columns(struct table *t, struct plan *p, struct layout_rect r)
{
    size_t columns = column_count(t);
    if (t->frozen >= columns)
        t->frozen = columns ? columns - 1 : 0;
    if (t->left < t->frozen)
        t->left = t->frozen;
    if (t->column >= t->frozen && t->column < t->left)
        t->left = t->column;
    for (;;) {
        p->count = fit(t, t->left, r.cols, p->spans, SPANS);
        if (t->column < t->frozen || t->left >= t->column || shows_whole(t, p, t->column))
            break;
        t->left++;
    }
    use_room(t, p, r.cols);
    p->count = fit(t, t->left, r.cols, p->spans, SPANS);
    spread(t, p, r.cols);
    int col = r.col;
    for (int i = 0; i < p->count; i++) {
        p->spans[i].col = col;
        col += p->spans[i].cols + GAP;
    }
}

static void render_head(const struct table *t, struct frame *f, struct layout_rect r, const struct plan *p)
{
    for (int i = 0; i < r.cols + 1; i++)
        frame_glyph(f, r.row + 1, r.col - 1 + i, ROLE_RULE, GLYPH_RULE);
    for (int i = 0; i < p->count; i++) {
        const struct span *s = &p->spans[i];
        struct table_column c;
        read_column(t, s->column, &c);
        int used = frame_text(f, r.row, s->col, s->cols, ROLE_HEAD, c.name);
        if (c.type && used + 2 <= s->cols)
            frame_text(f, r.row, s->col + used + 1, s->cols - used - 1, ROLE_DIM, c.type);
        if (i > 0) {
            frame_glyph(f, r.row, s->col - 2, ROLE_RULE, GLYPH_BAR);
            frame_glyph(f, r.row + 1, s->col - 2, ROLE_RULE, GLYPH_CROSS);
        }
    }
}

static enum theme_role cell_role(enum table_kind kind)
{
    static const enum theme_role roles[] = {
        [TABLE_TEXT] = ROLE_TEXT, [TABLE_NULL] = ROLE_NULL, [TABLE_NUMBER] = ROLE_NUMBER, [TABLE_BOOL] = ROLE_NUMBER,
        [TABLE_JSON] = ROLE_JSON, [TABLE_BINARY] = ROLE_DIM,
    };
    return roles[kind];
}

static void render_cell(const struct table *t, struct frame *f, int row, size_t at, const struct span *s)
{
    struct table_cell cell;
    read_cell(t, at, s->column, &cell);
    bool here = at == t->row && s->column == t->column;
    int used;
    if (cell.kind == TABLE_NUMBER)
        used = frame_right(f, row, s->col, s->cols, cell_role(cell.kind), cell.text);
    else
        used = frame_text(f, row, s->col, s->cols, cell_role(cell.kind), cell.text);
    if (!here)
        return;
    if (cell.kind == TABLE_NUMBER && used > 0)
        frame_select(f, row, s->col + s->cols - used, used);
    else
        frame_select(f, row, s->col, used ? used : 1);
}

static void render_row(const struct table *t, struct frame *f, struct layout_rect r, int row, size_t at, const struct plan *p)
{
    if (at == t->row)
        frame_glyph(f, row, r.col - 1, ROLE_TEXT, GLYPH_CURSOR);
    for (int i = 0; i < p->count; i++) {
        if (i > 0)
            frame_glyph(f, row, p->spans[i].col - 2, ROLE_RULE, GLYPH_BAR);
        render_cell(t, f, row, at, &p->spans[i]);
    }
}

static void render_find(const struct table *t, struct frame *f, struct layout_rect line)
{
    int note = t->not_found ? 12 : 0;
    frame_text(f, line.row, line.col, 1, ROLE_KEY, "/");
    line_render(&t->find, f, line.row, line.col + 1, line.cols - 1 - note, ROLE_FIELD, t->finding);
    if (note)
        frame_right(f, line.row, line.col + line.cols - note, note, ROLE_WARN, "not found");
}

void table_render(struct table *t, struct frame *f, struct layout_rect r, const char *empty)
{
    struct plan p = { .count = 0 };
    size_t rows = row_count(t);
    if (r.rows < 3 || r.cols < 6)
        return;
    if (t->finding || table_has_find(t))
        render_find(t, f, layout_cut_bottom(&r, 1));
    layout_cut_left(&r, 1);  /* the cursor's mark */
    measure(t, f);
    struct layout_rect body = r, cells = r;
    bool beyond = rows + 2 > (size_t)r.rows;
    if (beyond)              /* signs that more rows are above or below */
        layout_cut_right(&cells, 2);
    plan_columns(t, &p, cells);
    render_head(t, f, r, &p);
    layout_cut_top(&body, 2);
    t->page = body.rows;
    t->top = layout_scroll(t->top, t->row, rows, body.rows);
    if (rows == 0)
        frame_wrap(f, body, ROLE_DIM, empty, true);
    for (int i = 0; i < body.rows && t->top + (size_t)i < rows; i++)
        render_row(t, f, body, body.row + i, t->top + (size_t)i, &p);
    if (beyond)
        frame_more(f, body, t->top > 0, t->top + (size_t)body.rows < rows);
}

char *table_columns_text(const struct table *t, char *out, size_t size)
{
    size_t columns = column_count(t);
    out[0] = '\0';
    if (columns && t->column < columns)
        snprintf(out, size, "column %zu of %zu", t->column + 1, columns);
    return out;
}
