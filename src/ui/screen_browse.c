#include "ui/browse_details.h"
#include "base/timefmt.h"
#include "core/cache.h"
#include "ui/screens.h"
#include "ui/words.h"

#define REST_MS 60              /* the cursor rests: what is beside it and the details follow */
#define HOLD_MS 600             /* so long what stood beside the item before stays: most answers come within */
#define AGAIN_MS 5000           /* a list that failed is asked for again */
#define MINUTE_MS 60000         /* ages are said in minutes; what is entered is asked for when it is older */
#define BESIDE_AGE_MS 600000    /* what is only looked at in passing may be older */
#define WAITING_MS 2000         /* from then on waiting is said */
#define DETAILS_FROM_ROWS 14
#define DETAILS_FROM_COLS 80

struct browse {
    struct app *app;
    struct browse_columns columns;
    struct browse_details details;
    char compute[80];           /* "warehouse running" */
    char identity[384];         /* whose names these are */
    bool moving;                /* the cursor moved and has not rested yet */
    int64_t hold_ms;            /* monotonic: until then */
    bool details_drawn;
    bool down;                  /* it was said that the platform does not answer */
};

static struct ui_world *world(const struct browse *b) { return world_of(b->app); }
static struct browse_column *active(const struct browse *b) { return browse_active(&b->columns); }

/* ---- what is shown follows the cursor ---- */

/* Every list on the screen is asked for again when it is older than max_age_ms; -1: only what is unknown. */
static void ask_all(struct browse *b, int64_t max_age_ms)
{
    struct catalog *c = world(b)->catalog;
    for (size_t i = 0; i < b->columns.depth; i++)
        browse_column_ask(b->columns.path[i], c, max_age_ms);
    if (b->columns.beside)
        browse_column_ask(b->columns.beside, c, max_age_ms);
}

/* A list that nobody looks at any more need not come. */
static void leave_beside(struct browse *b)
{
    struct browse_column *old = b->columns.beside;
    if (old && !old->entered && old->asked_ms && world(b)->catalog)
        catalog_cancel(world(b)->catalog, old->place);
    b->columns.beside = NULL;
}

/* What is beside the new item is drawn once, when it is there: not first as nothing, then in parts. */
static void hold(struct browse *b)
{
    const struct browse_column *c = b->columns.beside;
    if (!c || !browse_column_loading(c) || time_mono_ms() >= b->hold_ms)
        b->columns.held = NULL;
}

static void find_beside(struct browse *b)
{
    const struct catalog_entry *en = browse_current(active(b));
    char *place = en ? browse_place_below(active(b), en) : NULL;
    struct browse_column *old = b->columns.beside;
    bool other = !place || !old || !str_eq(old->place, place);
    if (other) {
        if (old && !browse_column_loading(old))
            b->columns.held = old;   /* before the new one is made: what is held is not given up for it */
        leave_beside(b);
        b->columns.beside = place ? browse_column_at(&b->columns, place) : NULL;
        if (b->columns.beside)
            browse_column_ask(b->columns.beside, world(b)->catalog, BESIDE_AGE_MS);
        b->hold_ms = time_mono_ms() + HOLD_MS;
    }
    hold(b);
    free(place);
}

/* It may go away by itself: a platform that is down, not one that says no. */
static bool passes(const struct browse_column *c)
{
    enum err_code code = c && c->now ? c->now->error.code : ERR_NONE;
    return code == ERR_OFFLINE || code == ERR_TIMEOUT || code == ERR_PROTOCOL || code == ERR_RATE_LIMIT || code == ERR_MAINTENANCE;
}

static bool failed_now(const struct browse *b)
{
    return passes(active(b)) || passes(b->columns.beside);
}

static bool waits_now(const struct browse *b)
{
    return active(b)->asked_ms != 0 || (b->columns.beside && b->columns.beside->asked_ms != 0);
}

static bool waits_long(const struct browse_column *c)
{
    return c && c->asked_ms && time_mono_ms() - c->asked_ms >= WAITING_MS;
}

static void plan_wake(struct browse *b)
{
    int64_t held = b->hold_ms - time_mono_ms();
    if (held > 0 && (b->columns.held || b->details.waits))
        app_wake(b->app, held);
    app_wake(b->app, failed_now(b) ? AGAIN_MS : waits_now(b) ? WAITING_MS : MINUTE_MS);
}

static void find_compute(struct browse *b)
{
    const struct ui_world *w = world(b);
    const struct catalog_list *l = w->catalog ? catalog_get(w->catalog, "compute:", MINUTE_MS) : NULL;
    const char *warehouse = w->session ? w->session->settings.warehouse_id.text : NULL;
    const char *id = str_blank(warehouse) && w->session ? w->session->settings.cluster_id.text : warehouse;
    b->compute[0] = '\0';
    for (size_t i = 0; l && !str_blank(id) && i < l->count; i++) {
        const struct catalog_entry *en = &l->entries[i];
        if (!str_eq(en->name, id))
            continue;
        snprintf(b->compute, sizeof b->compute, "%s %s", en->kind == CATALOG_WAREHOUSE ? "warehouse" : "cluster", str_eq(en->type, "TERMINATED") ? "stopped" : en->type);
        for (char *p = b->compute; *p; p++)
            *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    catalog_list_unref(l);
}

/* Brings everything beside the cursor up to it. */
static void settle(struct browse *b)
{
    b->moving = false;
    find_beside(b);
    browse_details_make(&b->details, world(b)->catalog, active(b), browse_current(active(b)), time_mono_ms() < b->hold_ms);
    plan_wake(b);
}

static void moved(struct browse *b)
{
    b->moving = true;
    app_wake(b->app, REST_MS);
}

/* ---- going about ---- */

static void enter(struct browse *b)
{
    settle(b);
    struct browse_column *next = b->columns.beside;
    const struct catalog_entry *en = browse_current(active(b));
    if (!next) {
        if (en && en->kind == CATALOG_FILE)
            app_say(b->app, ROLE_DIM, "%s is a file; i imports the folder it is in", en->name);
        return;
    }
    if (b->columns.depth + 2 >= BROWSE_KEPT) {
        app_say(b->app, ROLE_WARN, "this is as deep as Browse goes");
        return;
    }
    next->entered = true;
    b->columns.path[b->columns.depth++] = next;
    b->columns.beside = b->columns.held = NULL;
    browse_column_ask(next, world(b)->catalog, MINUTE_MS);
    settle(b);
}

static bool leave(struct browse *b)
{
    if (b->columns.depth <= 1)
        return false;
    leave_beside(b);
    b->columns.held = NULL;
    b->columns.beside = b->columns.path[--b->columns.depth];
    settle(b);
    return true;
}

static void go(struct browse *b, const char *text)
{
    struct err e;
    char *place = world_place_parse(text, &e);
    if (!place) {
        app_say_err(b->app, &e);
        return;
    }
    leave_beside(b);
    if (browse_go(&b->columns, place) < 0)
        app_say(b->app, ROLE_BAD, "cannot go to %s: it is too deep", text);
    free(place);
    ask_all(b, MINUTE_MS);
    settle(b);
}

/* ---- the session ---- */

/* The catalogs of last time stand there before anything is connected. */
static void show_last_time(struct browse *b)
{
    struct str_list names = { 0 };
    struct catalog_build build;
    struct err ignored;
    const struct ui_options *o = &world(b)->options;
    if (catalog_build_init(&build, &ignored) < 0)
        return;
    if (catalog_cached_names(o->sandbox ? "sandbox" : o->profile, "", &names) == 0)
        for (size_t i = 0; i < names.count; i++)
            catalog_build_add(&build, &(struct catalog_entry){ .kind = CATALOG_CATALOG, .name = names.items[i] }, &ignored);
    struct catalog_list *l = names.count ? catalog_build_snapshot(&build, "") : NULL;
    if (l) {
        l->loading = l->from_disk = true;
        browse_column_show(b->columns.path[0], l);
    }
    catalog_build_release(&build);
    str_list_release(&names);
}

static bool lacks_access(const struct session *s)
{
    const struct settings *t = &s->settings;
    return str_blank(t->host.text) || (str_blank(t->token.text) && str_blank(t->client_id.text) && str_blank(t->auth_type.text));
}

static void forget_names(struct browse *b)
{
    browse_columns_release(&b->columns);
    browse_go(&b->columns, "");
}

static void session_came(struct browse *b)
{
    char identity[sizeof b->identity];
    const struct ui_world *w = world(b);
    if (w->state == WORLD_CONNECTING)
        return;
    if (w->session) {
        snprintf(identity, sizeof identity, "%s %s", w->session->profile_name, w->session->settings.host.text ? w->session->settings.host.text : "");
        if (b->identity[0] && !str_eq(b->identity, identity))
            forget_names(b);
        str_copy(b->identity, sizeof b->identity, identity);
    }
    if (w->state == WORLD_FAILED || lacks_access(w->session)) {
        app_show(b->app, TAB_AUTH, NULL);
        if (w->state == WORLD_FAILED)
            app_say_err(b->app, &w->error);
    }
    find_compute(b);
    ask_all(b, MINUTE_MS);
    settle(b);
}

/* Said once when the platform goes away, and once when it is back. */
static void say_down(struct browse *b, const struct browse_column *c)
{
    const struct app_screen *front;
    bool down = passes(c);
    if (down == b->down || !c->now || c->now->loading || app_front(b->app, &front) != b)
        return;
    b->down = down;
    if (down)
        app_say_err(b->app, &c->now->error);
    else
        app_say(b->app, ROLE_GOOD, "the platform answers again");
}

static void place_changed(struct browse *b, const char *place)
{
    struct catalog *catalog = world(b)->catalog;
    if (str_eq(place, "compute:")) {
        find_compute(b);
        return;
    }
    struct browse_column *c = catalog ? browse_column_find(&b->columns, place) : NULL;
    if (!c)
        return;
    browse_column_ask(c, catalog, -1);
    say_down(b, c);
    if (!b->moving)
        settle(b);
}

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
    const struct catalog_entry *en = browse_current(active(b));
    if (active(b)->shows == BROWSE_COLUMNS)
        return browse_typed(active(b), NULL);
    return en && en->kind == CATALOG_TABLE ? browse_typed(active(b), en) : NULL;
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
    struct browse_column *c = active(b);
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
    struct catalog *catalog = world(b)->catalog;
    if (!catalog) {
        struct err e;
        if (world(b)->state == WORLD_FAILED && world_open(world(b), &world(b)->choice, &e) < 0)
            app_say_err(b->app, &e);
        return;
    }
    browse_column_ask(active(b), catalog, 0);
    if (b->columns.beside)
        browse_column_ask(b->columns.beside, catalog, 0);
    find_compute(b);
    settle(b);
}

static bool back(struct browse *b)
{
    struct browse_column *c = active(b);
    if (c->asked_ms && c->now && c->now->count && !c->now->complete && world(b)->catalog) {
        catalog_cancel(world(b)->catalog, c->place);
        app_say(b->app, ROLE_DIM, "stopped listing; r asks again");
        return true;
    }
    return leave(b);
}

static bool act(struct browse *b, enum action a)
{
    switch (a) {
    case ACTION_IMPORT: show_with(b, TAB_IMPORT, browse_folder(active(b), browse_current(active(b)))); return true;
    case ACTION_EXPORT: show_with(b, TAB_EXPORT, schema_here(b)); return true;
    case ACTION_UPDATE: show_with(b, TAB_UPDATE, table_here(b)); return true;
    case ACTION_PREVIEW: preview(b); return true;
    case ACTION_COPY: copy_names(b); return true;
    case ACTION_REFRESH: refresh(b); return true;
    case ACTION_OPEN:
        if (active(b)->shows == BROWSE_COLUMNS)   /* nothing is in a column: the rows are what follows */
            preview(b);
        else
            enter(b);
        return true;
    case ACTION_RIGHT:
    case ACTION_NEXT: enter(b); return true;
    case ACTION_LEFT:
    case ACTION_PREVIOUS: return leave(b);
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
        enter(b);
    while ((int)b->columns.depth - 1 > hit && leave(b))
        continue;
    struct list *l = &active(b)->list;
    if (l->filtering || l->filter.text.len)
        layout_cut_top(&r, 1);
    bool used = list_click(l, r, in->row);
    settle(b);
    return used;
}

static bool update_list(struct browse *b, enum action a)
{
    struct list *l = &active(b)->list;
    if (!l->filtering && act(b, a))
        return true;
    if (!list_update(l, a))
        return false;
    moved(b);
    return true;
}

static void tick(struct browse *b)
{
    if (b->moving) {
        settle(b);
        return;
    }
    if (failed_now(b))
        ask_all(b, AGAIN_MS);
    find_compute(b);
    settle(b);
}

static bool update_browse(void *state, struct app *app, const struct app_input *in)
{
    struct browse *b = state;
    (void)app;
    switch (in->kind) {
    case APP_ACTION:
        /* Esc first takes a filter away. */
        if (in->action == ACTION_BACK && active(b)->list.filter.text.len && list_update(&active(b)->list, in->action)) {
            moved(b);
            return true;
        }
        return update_list(b, in->action);
    case APP_TYPED:
        if (!list_type(&active(b)->list, in->key))
            return false;
        moved(b);
        return true;
    case APP_CLICKED: return clicked(b, in);
    case APP_TICK: tick(b); return true;
    case APP_SHOWN:
        if (in->arg)
            go(b, in->arg);
        settle(b);
        return true;
    case APP_EVENT:
        if (in->event->id == EVENT_WORLD)
            session_came(b);
        else if (in->event->id == EVENT_PLACE)
            place_changed(b, in->event->payload);
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
    if (!world(b)->catalog)
        show_last_time(b);
    if (arg)
        go(b, arg);
    ask_all(b, MINUTE_MS);
    find_compute(b);
    settle(b);
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
    return active(state)->list.filtering ? filtering : reading;
}

static bool typing_browse(const void *state)
{
    return active(state)->list.filtering;
}

static uint32_t met_browse(const void *state)
{
    const struct browse *b = state;
    const struct browse_column *c = active(b);
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
    if (writes && world_read_only(world(b)))
        return "this session is read-only: start lakeferry without --read-only to write";
    return NULL;
}

static void place_of_browse(const void *state, struct app_words *out)
{
    const struct browse *b = state;
    browse_crumbs(active(b)->place, out->left, sizeof out->left);
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
        snprintf(out, size, "%s; not refreshed: %s", age_words(l, age, sizeof age), err_sentence(&l->error, sentence, sizeof sentence));
    else if (l->error.code != ERR_NONE)
        str_copy(out, size, passes(c) ? "asked again every 5 s; r asks now" : "r asks again");
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
    const struct ui_world *w = world(b);
    const struct browse_column *c = active(b);
    char marks[24];
    size_t marked = list_mark_count(&c->list);
    if (w->state == WORLD_CONNECTING && !w->session)
        str_copy(out->left, sizeof out->left, w->options.sandbox ? "starting the local platform" : "connecting");
    else if (w->state == WORLD_FAILED && !w->session)
        err_sentence(&w->error, out->left, sizeof out->left);
    else if (waits_long(c) || waits_long(b->columns.beside))
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
