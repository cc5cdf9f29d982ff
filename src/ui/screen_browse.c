#include "ui/browse_screen.h"
#include "ui/remedies.h"
#include "ui/words.h"

#define DETAILS_FROM_ROWS 14
#define DETAILS_FROM_COLS 80

/* ---- actions ---- */

static void show_with(struct browse *b, int tab, char *text)
{
    if (text)
        app_show(b->app, tab, text);
    free(text);
}

/* The table under the cursor, or whose columns are listed. Owned. */
static char *table_here(const struct browse *b)
{
    const struct catalog_entry *en = browse_current(browse_screen_active(b));
    if (browse_screen_active(b)->shows == BROWSE_COLUMNS)
        return browse_typed(browse_screen_active(b), NULL);
    return en && en->kind == CATALOG_TABLE ? browse_typed(browse_screen_active(b), en) : NULL;
}

static char *schema_here(const struct browse *b)
{
    const struct browse_columns *c = &b->columns;
    if (c->depth >= 3)
        return browse_typed(c->path[2], NULL);
    return c->depth == 2 && browse_current(c->path[1]) ? browse_typed(c->path[1], browse_current(c->path[1])) : NULL;
}

static void preview(struct browse *b)
{
    char *table = table_here(b);
    if (table)
        app_push(b->app, &screen_preview, table);
    free(table);
}

/* The marked items, or the one under the cursor, one a line. */
static void copy_names(struct browse *b)
{
    struct buf text = BUF_INIT;
    struct browse_column *c = browse_screen_active(b);
    const struct catalog_entry *en = browse_current(c);
    size_t marks = list_mark_count(&c->list), n = list_count(&c->list);
    char what[64];
    for (size_t i = 0; marks && i < n; i++) {
        struct list_row row = { 0 };
        const struct catalog_entry *at = &c->now->entries[list_index(&c->list, i)];
        c->list.source.row(c->list.source.ctx, list_index(&c->list, i), &row);
        if (!list_marked(&c->list, &row))
            continue;
        char *name = browse_typed(c, at);
        buf_printf(&text, "%s%s", text.len ? "\n" : "", name ? name : "");
        free(name);
    }
    if (!marks && en) {
        char *name = browse_typed(c, en);
        buf_puts(&text, name ? name : "");
        free(name);
    }
    snprintf(what, sizeof what, marks > 1 ? "%zu names" : "the name", marks);
    app_copy(b->app, text.data, what);
    buf_release(&text);
}

static void refresh(struct browse *b)
{
    struct catalog *catalog = world_of(b->app)->catalog;
    if (!catalog) {
        struct err e;
        if (world_of(b->app)->state == WORLD_FAILED && world_open(world_of(b->app), &world_of(b->app)->choice, &e) < 0)
            app_say_err(b->app, &e);
        return;
    }
    browse_column_ask(browse_screen_active(b), catalog, 0);
    if (b->columns.beside)
        browse_column_ask(b->columns.beside, catalog, 0);
    browse_screen_find_compute(b);
    browse_screen_settle(b);
}

static bool back(struct browse *b)
{
    struct browse_column *c = browse_screen_active(b);
    if (c->asked_ms && c->now && c->now->count && !c->now->complete && world_of(b->app)->catalog) {
        catalog_cancel(world_of(b->app)->catalog, c->place);
        app_say(b->app, ROLE_DIM, "stopped listing; r asks again");
        return true;
    }
    return browse_screen_leave(b);
}

static bool act(struct browse *b, enum action a)
{
    switch (a) {
    case ACTION_IMPORT: show_with(b, TAB_IMPORT, browse_folder(browse_screen_active(b), browse_current(browse_screen_active(b)))); return true;
    case ACTION_EXPORT: show_with(b, TAB_EXPORT, schema_here(b)); return true;
    case ACTION_UPDATE: show_with(b, TAB_UPDATE, table_here(b)); return true;
    case ACTION_PREVIEW: preview(b); return true;
    case ACTION_COPY: copy_names(b); return true;
    case ACTION_REFRESH: refresh(b); return true;
    case ACTION_OPEN:
        if (browse_screen_active(b)->shows == BROWSE_COLUMNS)   /* nothing is in a column: the rows are what follows */
            preview(b);
        else
            browse_screen_enter(b);
        return true;
    case ACTION_RIGHT:
    case ACTION_NEXT: browse_screen_enter(b); return true;
    case ACTION_LEFT:
    case ACTION_PREVIOUS: return browse_screen_leave(b);
    case ACTION_BACK: return back(b);
    default: return false;
    }
}

static bool clicked(struct browse *b, const struct app_input *in)
{
    struct layout_rect r;
    int hit = browse_column_hit(&b->columns, in->col, &r);
    if (hit < 0)
        return false;
    if (hit >= (int)b->columns.depth)
        browse_screen_enter(b);
    while ((int)b->columns.depth - 1 > hit && browse_screen_leave(b))
        continue;
    struct list *l = &browse_screen_active(b)->list;
    if (l->filtering || l->filter.text.len)
        layout_cut_top(&r, 1);
    bool used = list_click(l, r, in->row);
    browse_screen_settle(b);
    return used;
}

static bool update_list(struct browse *b, enum action a)
{
    struct list *l = &browse_screen_active(b)->list;
    if (!l->filtering && act(b, a))
        return true;
    if (!list_update(l, a))
        return false;
    browse_screen_moved(b);
    return true;
}

static void tick(struct browse *b)
{
    if (b->moving) {
        browse_screen_settle(b);
        return;
    }
    if (browse_screen_failed(b))
        browse_screen_ask(b, AGAIN_MS);
    browse_screen_find_compute(b);
    browse_screen_settle(b);
}

static bool update_browse(void *state, struct app *app, const struct app_input *in)
{
    struct browse *b = state;
    (void)app;
    switch (in->kind) {
    case APP_ACTION:
        /* Esc first takes a filter away. */
        if (in->action == ACTION_BACK && browse_screen_active(b)->list.filter.text.len && list_update(&browse_screen_active(b)->list, in->action)) {
            browse_screen_moved(b);
            return true;
        }
        return update_list(b, in->action);
    case APP_TYPED:
        if (!list_type(&browse_screen_active(b)->list, in->key))
            return false;
        browse_screen_moved(b);
        return true;
    case APP_CLICKED: return clicked(b, in);
    case APP_TICK: tick(b); return true;
    case APP_SHOWN:
        if (in->arg)
            browse_screen_go(b, in->arg);
        browse_screen_settle(b);
        return true;
    case APP_EVENT:
        if (in->event->id == EVENT_WORLD)
            browse_screen_session_came(b);
        else if (in->event->id == EVENT_PLACE)
            browse_screen_place_changed(b, in->event->payload);
        return true;
    default: return false;
    }
}

/* ---- the screen ---- */

static int open_browse(void *state, struct app *app, const void *arg, struct err *e)
{
    struct browse *b = state;
    b->app = app;
    if (browse_go(&b->columns, "") < 0)
        return err_no_memory(e);
    if (!world_of(b->app)->catalog)
        browse_screen_show_last(b);
    if (arg)
        browse_screen_go(b, arg);
    browse_screen_ask(b, MINUTE_MS);
    browse_screen_find_compute(b);
    browse_screen_settle(b);
    return 0;
}

static void close_browse(void *state)
{
    browse_columns_release(&((struct browse *)state)->columns);
}

static void render_browse(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct browse *b = state;
    (void)app;
    b->details_drawn = r.rows >= DETAILS_FROM_ROWS && r.cols >= DETAILS_FROM_COLS;
    if (b->details_drawn) {
        struct layout_rect pane = layout_cut_bottom(&r, r.rows >= 28 ? 9 : 6);
        frame_rule(f, pane.row, pane.col, pane.cols, NULL);
        layout_cut_top(&pane, 1);
        browse_details_render(&b->details, f, pane);
    }
    browse_columns_render(&b->columns, f, r);
}

static const enum keymap_set *keys_browse(const void *state)
{
    static const enum keymap_set reading[] = { KEYS_BROWSE, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set filtering[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return browse_screen_active(state)->list.filtering ? filtering : reading;
}

static bool typing_browse(const void *state)
{
    return browse_screen_active(state)->list.filtering;
}

static uint32_t met_browse(const void *state)
{
    const struct browse *b = state;
    const struct browse_column *c = browse_screen_active(b);
    const struct catalog_entry *en = browse_current(c);
    bool columns = c->shows == BROWSE_COLUMNS, table = columns || (en && en->kind == CATALOG_TABLE);
    uint32_t met = NEED_BIT(NEED_WRITABLE);
    if (list_count(&c->list))
        met |= NEED_BIT(NEED_ITEM);
    if (b->columns.depth > 1 || en)
        met |= NEED_BIT(NEED_CATALOG);
    if (b->columns.depth > 2 || (b->columns.depth == 2 && en))
        met |= NEED_BIT(NEED_SCHEMA);
    if (table)
        met |= NEED_BIT(NEED_TABLE);
    if (columns || (table && !browse_is_view(en)))
        met |= NEED_BIT(NEED_OWN_TABLE);
    if (c->shows == BROWSE_FILES || (en && en->kind == CATALOG_VOLUME))
        met |= NEED_BIT(NEED_VOLUME);
    return met;
}

static const char *why_not_browse(const void *state, enum action a)
{
    const struct browse *b = state;
    bool writes = a == ACTION_IMPORT || a == ACTION_EXPORT || a == ACTION_UPDATE;
    if (writes && world_read_only(world_of(b->app)))
        return "this session is read-only: start lakeferry without --read-only to write";
    return NULL;
}

static void place_of_browse(const void *state, struct app_words *out)
{
    const struct browse *b = state;
    browse_crumbs(browse_screen_active(b)->place, out->left, sizeof out->left);
    str_copy(out->right, sizeof out->right, b->compute);
}

static const char *age_words(const struct catalog_list *l, char *out, size_t size)
{
    if (l->listed_at_ms == 0)
        str_copy(out, size, "known from last time");
    else
        words_age("listed", l->listed_at_ms, out, size);
    return out;
}

static void status_of_list(const struct browse_column *c, char *out, size_t size)
{
    char age[64], sentence[1400];
    const struct catalog_list *l = c->now;
    if (!l || (l->loading && !l->complete && !l->count))
        str_copy(out, size, "asking");
    else if (l->error.code != ERR_NONE && l->count)
        snprintf(out, size, "%s; not refreshed: %s", age_words(l, age, sizeof age), remedies_err(&l->error, sentence, sizeof sentence));
    else if (l->error.code != ERR_NONE)
        str_copy(out, size, browse_screen_passes(c) ? "asked again every 5 s; r asks now" : "r asks again");
    else if (l->loading)
        snprintf(out, size, "%s", l->complete ? age_words(l, age, sizeof age) : "more names are coming; Esc stops");
    else
        age_words(l, out, size);
}

/* "dbc-1.cloud.databricks.com" */
static const char *host_of(const struct session *s)
{
    const char *host = s && s->settings.host.text ? s->settings.host.text : "the platform", *at = strstr(host, "://");
    return at ? at + 3 : host;
}

static void status_browse(const void *state, struct app_words *out)
{
    const struct browse *b = state;
    const struct ui_world *w = world_of(b->app);
    const struct browse_column *c = browse_screen_active(b);
    char marks[24];
    size_t marked = list_mark_count(&c->list);
    if (w->state == WORLD_CONNECTING && !w->session)
        str_copy(out->left, sizeof out->left, w->options.sandbox ? "starting the local platform" : "connecting");
    else if (w->state == WORLD_FAILED && !w->session)
        remedies_err(&w->error, out->left, sizeof out->left);
    else if (browse_screen_waits(c) || browse_screen_waits(b->columns.beside))
        snprintf(out->left, sizeof out->left, "%s has not answered yet; what is known stays, r asks again", host_of(w->session));
    else if (!b->details_drawn && b->details.count && !(c->now && c->now->error.code))
        str_copy(out->left, sizeof out->left, b->details.lines[0].text);
    else
        status_of_list(c, out->left, sizeof out->left);
    out->whole = !w->session ? w->state == WORLD_FAILED : c->now && c->now->error.code != ERR_NONE;
    if (marked)
        snprintf(out->right, sizeof out->right, "%s marked", str_count(marked, marks, sizeof marks));
}

static const enum action hints_browse[] = {
    ACTION_IMPORT, ACTION_PREVIEW, ACTION_EXPORT, ACTION_UPDATE, ACTION_FILTER, ACTION_MARK, ACTION_REFRESH, ACTION_COPY, ACTION_NONE,
};

const struct app_screen screen_browse = {
    .name = "browse", .title = "Browse", .tab = "Browse", .size = sizeof(struct browse),
    .open = open_browse, .close = close_browse, .update = update_browse, .render = render_browse,
    .keys = keys_browse, .typing = typing_browse, .met = met_browse, .why_not = why_not_browse,
    .place = place_of_browse, .status = status_browse, .hints = hints_browse,
};
