#include "ui/app_state.h"

/* The keys of the screen below, made from the tables of keys and actions; Enter does the action of a line. */
struct help {
    struct list_store store;
    struct list list;
    const struct app_open *below;
    struct app *app;
    const enum keymap_set *sets;
    enum keymap_set set;
    bool headed, seen[ACTION_COUNT];   /* while the lines are made */
    int keys_width;
    struct err error;
    bool failed;
};

#define KEYS_WIDTH_MOST 26

static const char *why_not(const struct help *h, enum action a)
{
    const struct app_screen *s = h->below->screen;
    const char *own = s->why_not ? s->why_not(h->below->state, a) : NULL;
    return own ? own : action_why_not(a, s->met ? s->met(h->below->state) : NEED_ALL);
}

static void measure_line(void *ctx, enum action a)
{
    struct help *h = ctx;
    char keys[96];
    keymap_keys_of(h->app->keys, h->sets, a, keys, sizeof keys);
    int n = (int)strlen(keys);
    if (n > h->keys_width)
        h->keys_width = n < KEYS_WIDTH_MOST ? n : KEYS_WIDTH_MOST;
}

static void add_row(struct help *h, const struct list_row *row)
{
    if (list_store_add(&h->store, row, &h->error) < 0)
        h->failed = true;
}

/* An action stands where its first key is, with all keys that mean it here; keys that a more special set took are none. */
static void add_line(void *ctx, enum action a)
{
    struct help *h = ctx;
    char keys[96], id[64], name[320];
    keymap_keys_of(h->app->keys, h->sets, a, keys, sizeof keys);
    if (!keys[0] || h->seen[a])
        return;
    h->seen[a] = true;
    if (!h->headed)
        add_row(h, &(struct list_row){ .id = "", .name = keymap_set_title(h->set), .role = ROLE_TITLE });
    h->headed = true;
    snprintf(id, sizeof id, "%d/%s", (int)h->set, action_row(a)->name);
    snprintf(name, sizeof name, "%-*s  %s", h->keys_width, keys, keymap_help(h->set, a));
    add_row(h, &(struct list_row){ .id = id, .name = name, .role = why_not(h, a) ? ROLE_DIM : ROLE_TEXT });
}

static int open_help(void *state, struct app *app, const void *arg, struct err *e)
{
    struct help *h = state;
    h->below = arg;
    h->app = app;
    h->sets = h->below->screen->keys ? h->below->screen->keys(h->below->state) : app_keys_now(app);
    list_store_init(&h->store);
    for (const enum keymap_set *s = h->sets; *s != KEYS_END; s++)
        keymap_each(app->keys, *s, measure_line, h);
    for (const enum keymap_set *s = h->sets; *s != KEYS_END; s++) {
        h->set = *s;
        h->headed = false;
        keymap_each(app->keys, *s, add_line, h);
    }
    list_init(&h->list, list_store_source(&h->store));
    if (h->failed) {
        list_release(&h->list);
        list_store_release(&h->store);
        return err_no_memory(e);
    }
    return 0;
}

static void close_help(void *state)
{
    struct help *h = state;
    list_release(&h->list);
    list_store_release(&h->store);
}

static enum action chosen(const struct help *h)
{
    struct list_row row;
    if (!list_current(&h->list, &row, NULL))
        return ACTION_NONE;
    const char *slash = strchr(row.id, '/');
    return slash ? action_find(slash + 1) : ACTION_NONE;
}

static bool update_help(void *state, struct app *app, const struct app_input *in)
{
    struct help *h = state;
    if (in->kind == APP_TYPED)
        return list_type(&h->list, in->key);
    if (in->kind == APP_CLICKED)
        return list_click(&h->list, app->body, in->row);
    if (in->kind != APP_ACTION)
        return false;
    if (in->action == ACTION_OPEN && !h->list.filtering) {
        enum action a = chosen(h);
        app_pop(app);
        if (a != ACTION_NONE)
            app_do(app, a);
        return true;
    }
    if (in->action == ACTION_LEFT) {
        app_pop(app);
        return true;
    }
    return list_update(&h->list, in->action);
}

static void render_help(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct help *h = state;
    (void)app;
    struct list_look look = { .active = true, .empty = "", .empty_role = ROLE_DIM };
    list_render(&h->list, f, r, &look);
}

static const enum keymap_set *keys_help(const void *state)
{
    static const enum keymap_set reading[] = { KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set filtering[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return ((const struct help *)state)->list.filtering ? filtering : reading;
}

static bool typing_help(const void *state)
{
    return ((const struct help *)state)->list.filtering;
}

static void place_help(const void *state, struct app_words *out)
{
    const struct help *h = state;
    snprintf(out->left, sizeof out->left, "Keys of %s", h->below->screen->title);
}

static void status_help(const void *state, struct app_words *out)
{
    const struct help *h = state;
    enum action a = chosen(h);
    const char *why = a != ACTION_NONE ? why_not(h, a) : NULL;
    if (a == ACTION_NONE)
        str_copy(out->left, sizeof out->left, "Enter does what a line says; Esc goes back");
    else
        snprintf(out->left, sizeof out->left, "%s%s", why ? "not now: " : "", why ? why : action_row(a)->help);
}

static const enum action hints_help[] = { ACTION_FILTER, ACTION_BACK, ACTION_NONE };

const struct app_screen screen_help = {
    .name = "help", .title = "Help", .size = sizeof(struct help),
    .open = open_help, .close = close_help, .update = update_help, .render = render_help,
    .keys = keys_help, .typing = typing_help, .place = place_help, .status = status_help, .hints = hints_help,
};
