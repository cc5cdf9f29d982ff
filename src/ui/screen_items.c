#include "ui/run_items.h"
#include "ui/remedies.h"

/* Items of a run as one list: what is skipped, what failed, what got another id. */
enum { EVENT_ITEMS = EVENT_OWN };

struct items {
    struct run_items_ask ask;
    struct run_items *items;
    struct list_store store;
    struct list list;
    struct err error;
    struct layout_rect body;
};

static int open_items(void *state, struct app *app, const void *arg, struct err *e)
{
    struct items *s = state;
    s->ask = *(const struct run_items_ask *)arg;
    list_store_init(&s->store);
    list_init(&s->list, list_store_source(&s->store));
    return run_items_read(world_of(app), &s->ask, EVENT_ITEMS, app_serial(app, s), e);
}

static void close_items(void *state)
{
    struct items *s = state;
    run_items_free(s->items);
    list_release(&s->list);
    list_store_release(&s->store);
}

static void rebuild(struct items *s, struct app *app)
{
    list_store_release(&s->store);
    bool all = !s->ask.states[0] && !s->ask.changed && (!s->ask.samples || !s->ask.samples[0]);
    if (s->error.code == ERR_NONE && run_items_rows(s->items, &s->ask, all, &s->store, &s->error) < 0)
        app_say_err(app, &s->error);
    list_use(&s->list, list_store_source(&s->store));
}

static void take_items(struct items *s, struct app *app, struct event *ev)
{
    run_items_free(s->items);
    s->items = ev->payload;
    ev->payload = NULL;
    s->error = s->items->error;
    rebuild(s, app);
}

static bool update_items(void *state, struct app *app, const struct app_input *in)
{
    struct items *s = state;
    struct list_row row;
    char text[1600];
    switch (in->kind) {
    case APP_EVENT:
        if (in->event->id != EVENT_ITEMS || !in->event->target)
            return false;
        take_items(s, app, in->event);
        return true;
    case APP_TYPED: return list_type(&s->list, in->key);
    case APP_CLICKED: return list_click(&s->list, s->body, in->row);
    case APP_ACTION: break;
    default: return false;
    }
    if (list_update(&s->list, in->action))
        return true;
    if (in->action == ACTION_LEFT)
        app_pop(app);
    else if (in->action == ACTION_COPY && list_current(&s->list, &row, NULL))
        app_copy(app, row.id, row.id);
    else if (in->action == ACTION_OPEN && list_current(&s->list, &row, NULL) && run_items_details(s->items, row.id, text, sizeof text))
        app_ask(app, 0, s->ask.title, text, "Close", NULL);
    else
        return false;
    return true;
}

static void render_items(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct items *s = state;
    char sentence[1400];
    s->body = r;
    if (s->ask.cols != r.cols) {   /* names are cut to the room */
        s->ask.cols = r.cols;
        if (s->items)
            rebuild(s, app);
    }
    struct list_look look = { .active = true, .empty = s->items ? "nothing of this kind" : "loading", .empty_role = ROLE_DIM };
    if (s->error.code != ERR_NONE) {
        look.empty = remedies_err(&s->error, sentence, sizeof sentence);
        look.empty_role = ROLE_BAD;
    }
    list_render(&s->list, f, r, &look);
}

static const enum keymap_set *keys_items(const void *state)
{
    static const enum keymap_set reading[] = { KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set filtering[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    return ((const struct items *)state)->list.filtering ? filtering : reading;
}

static bool typing_items(const void *state) { return ((const struct items *)state)->list.filtering; }

static uint32_t met_items(const void *state)
{
    const struct items *s = state;
    return list_count(&s->list) ? NEED_ALL : NEED_ALL & ~NEED_BIT(NEED_ITEM);
}

static void place_items(const void *state, struct app_words *out)
{
    const struct items *s = state;
    snprintf(out->left, sizeof out->left, "%s", s->ask.title);
}

static void status_items(const void *state, struct app_words *out)
{
    const struct items *s = state;
    char count[64];
    list_count_text(&s->list, !s->items, count, sizeof count);
    snprintf(out->left, sizeof out->left, "%s%s", count, s->items && s->items->more ? " shown; the report of the run has all" : "");
    str_copy(out->right, sizeof out->right, "Enter shows all of an item");
}

static const enum action hints_items[] = { ACTION_FILTER, ACTION_COPY, ACTION_BACK, ACTION_NONE };

const struct app_screen screen_items = {
    .name = "items", .title = "Items", .size = sizeof(struct items), .open = open_items, .close = close_items, .update = update_items,
    .render = render_items, .keys = keys_items, .typing = typing_items, .met = met_items, .place = place_items, .status = status_items, .hints = hints_items,
};
