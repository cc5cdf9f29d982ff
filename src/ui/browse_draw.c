/* Columns side by side: their widths, heads and rows. */
#include "ui/browse_columns.h"
#include "ui/remedies.h"

#define ACTIVE_LEAST 20
#define BESIDE_LEAST 16
#define PATH_LEAST 8
#define SPREAD_MOST 24
#define HEAD_MOST 20      /* a folder's name as a head asks for no more */
#define WORDS_WANT 26     /* for words in the place of rows */

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
        remedies_err(&c->now->error, out, size);
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
