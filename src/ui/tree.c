#include "ui/tree.h"
#include "base/str.h"

struct tree_node { char *name, *value; int depth; enum theme_role role; bool folded; };

void tree_init(struct tree *t)
{
    *t = (struct tree){ .page = 10 };
}

void tree_release(struct tree *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->nodes[i].name);
        free(t->nodes[i].value);
    }
    free(t->nodes);
    free(t->shown);
    tree_init(t);
}

static int grow(struct tree *t, struct err *e)
{
    if (t->count < t->cap)
        return 0;
    size_t cap = t->cap ? t->cap * 2 : 32;
    struct tree_node *nodes = realloc(t->nodes, cap * sizeof *nodes);
    if (!nodes)
        return err_no_memory(e);
    t->nodes = nodes;
    size_t *shown = realloc(t->shown, cap * sizeof *shown);
    if (!shown)
        return err_no_memory(e);
    t->shown = shown;
    t->cap = cap;
    return 0;
}

static bool has_parts(const struct tree *t, size_t i)
{
    return i + 1 < t->count && t->nodes[i + 1].depth > t->nodes[i].depth;
}

static void show(struct tree *t)
{
    int hidden_below = -1;
    t->shown_count = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct tree_node *n = &t->nodes[i];
        if (hidden_below >= 0 && n->depth > hidden_below)
            continue;
        hidden_below = n->folded ? n->depth : -1;
        t->shown[t->shown_count++] = i;
    }
    if (t->cursor >= t->shown_count)
        t->cursor = t->shown_count ? t->shown_count - 1 : 0;
}

static int add_node(struct tree *t, int depth, const char *name, const char *value, enum theme_role role, struct err *e)
{
    if (t->count >= TREE_NODES_MAX) {
        t->cut = true;
        return 0;
    }
    if (grow(t, e) < 0)
        return -1;
    struct tree_node n = { .name = str_dup(name ? name : ""), .value = value ? str_dup(value) : NULL, .depth = depth, .role = role };
    if (!n.name || (value && !n.value)) {
        free(n.name);
        free(n.value);
        return err_no_memory(e);
    }
    t->nodes[t->count++] = n;
    return 0;
}

int tree_add(struct tree *t, int depth, const char *name, const char *value, enum theme_role role, struct err *e)
{
    int rc = add_node(t, depth, name, value, role, e);
    show(t);
    return rc;
}

/*
 * A JSON value on its way into the tree. Numbers are shown as they are written: a double would change long integers,
 * so they are taken from the text, where they come in the order of the tree.
 */
struct reading { struct tree *t; const char *at; struct err *e; };

static void next_number(struct reading *r, char *out, size_t size)
{
    size_t n = 0;
    bool string = false;
    for (; *r->at && (string || !strchr("-0123456789", *r->at)); r->at++) {
        if (*r->at == '"')
            string = !string;
        else if (string && *r->at == '\\' && r->at[1])
            r->at++;
    }
    for (; *r->at && strchr("+-.0123456789eE", *r->at); r->at++)
        if (n + 1 < size)
            out[n++] = *r->at;
    out[n] = '\0';
}

static int add_scalar(struct reading *r, int depth, const char *name, const cJSON *v)
{
    char number[400];
    if (cJSON_IsString(v))
        return add_node(r->t, depth, name, v->valuestring, ROLE_TEXT, r->e);
    if (cJSON_IsNull(v))
        return add_node(r->t, depth, name, "null", ROLE_NULL, r->e);
    if (!cJSON_IsNumber(v))
        return add_node(r->t, depth, name, cJSON_IsTrue(v) ? "true" : "false", ROLE_NUMBER, r->e);
    next_number(r, number, sizeof number);
    return add_node(r->t, depth, name, number, ROLE_NUMBER, r->e);
}

static int add_value(struct reading *r, int depth, const char *name, const cJSON *v)
{
    char head[48], index[24];
    bool array = cJSON_IsArray(v);
    if (!array && !cJSON_IsObject(v))
        return add_scalar(r, depth, name, v);
    int n = cJSON_GetArraySize(v), i = 0;
    snprintf(head, sizeof head, array ? "[%d]" : "{%d}", n);
    if (add_node(r->t, depth, name, head, ROLE_JSON, r->e) < 0)
        return -1;
    for (const cJSON *c = v->child; c; c = c->next, i++) {
        snprintf(index, sizeof index, "%d", i);
        if (add_value(r, depth + 1, array ? index : c->string, c) < 0)
            return -1;
    }
    return 0;
}

int tree_add_json(struct tree *t, int depth, const char *name, const char *text, struct err *e)
{
    struct err ignored;
    struct reading r = { t, text, e };
    cJSON *v = json_parse(text, strlen(text), &ignored);
    int rc = v ? add_value(&r, depth, name, v) : add_node(t, depth, name, text, ROLE_TEXT, e);
    cJSON_Delete(v);
    show(t);
    return rc;
}

void tree_fold_below(struct tree *t, int depth)
{
    for (size_t i = 0; i < t->count; i++)
        t->nodes[i].folded = t->nodes[i].depth >= depth && has_parts(t, i);
    show(t);
}

static struct tree_node *under_cursor(const struct tree *t)
{
    return t->cursor < t->shown_count ? &t->nodes[t->shown[t->cursor]] : NULL;
}

void tree_go(struct tree *t, size_t nth)
{
    t->cursor = 0;
    for (size_t i = 0; i < t->shown_count; i++)
        if (t->nodes[t->shown[i]].depth == 0 && nth-- == 0) {
            t->cursor = i;
            return;
        }
}

bool tree_current(const struct tree *t, const char **name, const char **value)
{
    const struct tree_node *n = under_cursor(t);
    if (!n)
        return false;
    *name = n->name;
    *value = n->value;
    return true;
}

bool tree_folds(const struct tree *t)
{
    return t->cursor < t->shown_count && has_parts(t, t->shown[t->cursor]);
}

/* ---- update ---- */

static void set_fold(struct tree *t, bool folded)
{
    if (tree_folds(t)) {
        under_cursor(t)->folded = folded;
        show(t);
    }
}

/* To the parent; on an open part this folds it first. */
static void go_out(struct tree *t)
{
    struct tree_node *n = under_cursor(t);
    if (!n)
        return;
    if (tree_folds(t) && !n->folded) {
        set_fold(t, true);
        return;
    }
    for (size_t i = t->cursor; i-- > 0;) {
        if (t->nodes[t->shown[i]].depth < n->depth) {
            t->cursor = i;
            return;
        }
    }
}

static void fold_all(struct tree *t)
{
    bool any = false;
    for (size_t i = 0; i < t->count; i++)
        any = any || t->nodes[i].folded;
    tree_fold_below(t, any ? INT32_MAX : 0);
}

static void move_to(struct tree *t, size_t to)
{
    t->cursor = t->shown_count == 0 ? 0 : to < t->shown_count ? to : t->shown_count - 1;
}

bool tree_update(struct tree *t, enum action a)
{
    size_t page = t->page > 1 ? (size_t)t->page - 1 : 1;
    struct tree_node *n = under_cursor(t);
    switch (a) {
    case ACTION_UP: move_to(t, t->cursor ? t->cursor - 1 : 0); return true;
    case ACTION_DOWN: move_to(t, t->cursor + 1); return true;
    case ACTION_PAGE_UP: move_to(t, t->cursor > page ? t->cursor - page : 0); return true;
    case ACTION_PAGE_DOWN: move_to(t, t->cursor + page); return true;
    case ACTION_TOP: move_to(t, 0); return true;
    case ACTION_BOTTOM: move_to(t, SIZE_MAX); return true;
    case ACTION_LEFT: go_out(t); return true;
    case ACTION_RIGHT: set_fold(t, false); return true;
    case ACTION_OPEN:
    case ACTION_FOLD: set_fold(t, n && !n->folded); return true;
    case ACTION_FOLD_ALL: fold_all(t); return true;
    default: return false;
    }
}

/* ---- render ---- */

#define INDENT 2

static int names_width(const struct tree *t, struct frame *f, int cols)
{
    int widest = 0;
    for (size_t i = 0; i < t->shown_count; i++) {
        const struct tree_node *n = &t->nodes[t->shown[i]];
        int w = n->depth * INDENT + frame_width(f, n->name);
        widest = w > widest ? w : widest;
    }
    return widest > cols / 2 ? cols / 2 : widest;
}

/* A deep line is indented by at most a third of the room. */
static int indent_of(const struct tree_node *n, int cols)
{
    int indent = n->depth * INDENT;
    return indent > cols / 3 ? cols / 3 : indent;
}

static void render_line(const struct tree *t, struct frame *f, struct layout_rect line, size_t at, int names)
{
    const struct tree_node *n = &t->nodes[t->shown[at]];
    int indent = indent_of(n, line.cols), col = line.col + 2 + indent;
    bool here = at == t->cursor;
    if (here)
        frame_glyph(f, line.row, line.col, ROLE_TEXT, GLYPH_CURSOR);
    if (has_parts(t, t->shown[at]))
        frame_glyph(f, line.row, line.col + 1 + indent, ROLE_KEY, n->folded ? GLYPH_FOLDED : GLYPH_OPEN);
    int room = n->value ? names - indent : line.cols - 2 - indent;
    int used = frame_text(f, line.row, col, room < 4 ? 4 : room, ROLE_LABEL, n->name);
    int value_col = line.col + 2 + (names > indent + used ? names : indent + used) + 2;
    frame_text(f, line.row, value_col, line.col + line.cols - value_col, n->role, n->value);
    if (here)
        frame_select(f, line.row, col, used ? used : 1);
}

void tree_render(struct tree *t, struct frame *f, struct layout_rect r)
{
    if (r.rows < 1 || r.cols < 8)
        return;
    t->page = r.rows;
    t->top = layout_scroll(t->top, t->cursor, t->shown_count, r.rows);
    frame_more(f, r, t->top > 0, t->top + (size_t)r.rows < t->shown_count);
    if (t->shown_count > (size_t)r.rows)
        layout_cut_right(&r, 2);
    int names = names_width(t, f, r.cols - 2);
    for (int i = 0; i < r.rows && t->top + (size_t)i < t->shown_count; i++)
        render_line(t, f, (struct layout_rect){ r.row + i, r.col, 1, r.cols }, t->top + (size_t)i, names);
}
