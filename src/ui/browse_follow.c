#include "ui/browse_screen.h"
#include "base/timefmt.h"
#include "core/cache.h"

#define REST_MS 60              /* the cursor rests: what is beside it and the details follow */
#define HOLD_MS 600             /* so long what stood beside the item before stays: most answers come within */
#define BESIDE_AGE_MS 600000    /* what is only looked at in passing may be older */
#define WAITING_MS 2000         /* from then on waiting is said */

/* ---- what is shown follows the cursor ---- */

/* Every list on the screen is asked for again when it is older than max_age_ms; -1: only what is unknown. */
void browse_screen_ask(struct browse *b, int64_t max_age_ms)
{
    struct catalog *c = world_of(b->app)->catalog;
    for (size_t i = 0; i < b->columns.depth; i++)
        browse_column_ask(b->columns.path[i], c, max_age_ms);
    if (b->columns.beside)
        browse_column_ask(b->columns.beside, c, max_age_ms);
}

/* A list that nobody looks at any more need not come. */
static void leave_beside(struct browse *b)
{
    struct browse_column *old = b->columns.beside;
    if (old && !old->entered && old->asked_ms && world_of(b->app)->catalog)
        catalog_cancel(world_of(b->app)->catalog, old->place);
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
    const struct catalog_entry *en = browse_current(browse_screen_active(b));
    char *place = en ? browse_place_below(browse_screen_active(b), en) : NULL;
    struct browse_column *old = b->columns.beside;
    bool other = !place || !old || !str_eq(old->place, place);
    if (other) {
        if (old && !browse_column_loading(old))
            b->columns.held = old;   /* before the new one is made: what is held is not given up for it */
        leave_beside(b);
        b->columns.beside = place ? browse_column_at(&b->columns, place) : NULL;
        if (b->columns.beside)
            browse_column_ask(b->columns.beside, world_of(b->app)->catalog, BESIDE_AGE_MS);
        b->hold_ms = time_mono_ms() + HOLD_MS;
    }
    hold(b);
    free(place);
}

/* It may go away by itself: a platform that is down, not one that says no. */
bool browse_screen_passes(const struct browse_column *c)
{
    enum err_code code = c && c->now ? c->now->error.code : ERR_NONE;
    return code == ERR_OFFLINE || code == ERR_TIMEOUT || code == ERR_PROTOCOL || code == ERR_RATE_LIMIT || code == ERR_MAINTENANCE;
}

bool browse_screen_failed(const struct browse *b)
{
    return browse_screen_passes(browse_screen_active(b)) || browse_screen_passes(b->columns.beside);
}

static bool waits_now(const struct browse *b)
{
    return browse_screen_active(b)->asked_ms != 0 || (b->columns.beside && b->columns.beside->asked_ms != 0);
}

bool browse_screen_waits(const struct browse_column *c)
{
    return c && c->asked_ms && time_mono_ms() - c->asked_ms >= WAITING_MS;
}

static void plan_wake(struct browse *b)
{
    int64_t held = b->hold_ms - time_mono_ms();
    if (held > 0 && (b->columns.held || b->details.waits))
        app_wake(b->app, held);
    app_wake(b->app, browse_screen_failed(b) ? AGAIN_MS : waits_now(b) ? WAITING_MS : MINUTE_MS);
}

void browse_screen_find_compute(struct browse *b)
{
    const struct ui_world *w = world_of(b->app);
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
void browse_screen_settle(struct browse *b)
{
    b->moving = false;
    find_beside(b);
    browse_details_make(&b->details, world_of(b->app)->catalog, browse_screen_active(b), browse_current(browse_screen_active(b)), time_mono_ms() < b->hold_ms);
    plan_wake(b);
}

void browse_screen_moved(struct browse *b)
{
    b->moving = true;
    app_wake(b->app, REST_MS);
}

/* ---- going about ---- */

void browse_screen_enter(struct browse *b)
{
    browse_screen_settle(b);
    struct browse_column *next = b->columns.beside;
    const struct catalog_entry *en = browse_current(browse_screen_active(b));
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
    browse_column_ask(next, world_of(b->app)->catalog, MINUTE_MS);
    browse_screen_settle(b);
}

bool browse_screen_leave(struct browse *b)
{
    if (b->columns.depth <= 1)
        return false;
    leave_beside(b);
    b->columns.held = NULL;
    b->columns.beside = b->columns.path[--b->columns.depth];
    browse_screen_settle(b);
    return true;
}

/* What is named may be there since a moment only, as what a run wrote: the lists of its schema and below are asked for anew. */
static void ask_anew(struct browse *b)
{
    for (size_t i = 0; i < b->columns.depth; i++)
        if (b->columns.path[i]->shows >= BROWSE_OBJECTS)
            browse_column_ask(b->columns.path[i], world_of(b->app)->catalog, 0);
}

void browse_screen_go(struct browse *b, const char *text)
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
    browse_screen_ask(b, MINUTE_MS);
    ask_anew(b);
    browse_screen_settle(b);
}

/* ---- the session ---- */

/* The catalogs of last time stand there before anything is connected. */
void browse_screen_show_last(struct browse *b)
{
    struct str_list names = { 0 };
    struct catalog_build build;
    struct err ignored;
    const struct ui_options *o = &world_of(b->app)->options;
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

void browse_screen_session_came(struct browse *b)
{
    char identity[sizeof b->identity];
    const struct ui_world *w = world_of(b->app);
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
    browse_screen_find_compute(b);
    browse_screen_ask(b, MINUTE_MS);
    browse_screen_settle(b);
}

/* Said once when the platform goes away, and once when it is back. */
void browse_screen_say_down(struct browse *b, const struct browse_column *c)
{
    const struct app_screen *front;
    bool down = browse_screen_passes(c);
    if (down == b->down || !c->now || c->now->loading || app_front(b->app, &front) != b)
        return;
    b->down = down;
    if (down)
        app_say_err(b->app, &c->now->error);
    else
        app_say(b->app, ROLE_GOOD, "the platform answers again");
}

void browse_screen_place_changed(struct browse *b, const char *place)
{
    struct catalog *catalog = world_of(b->app)->catalog;
    if (str_eq(place, "compute:")) {
        browse_screen_find_compute(b);
        return;
    }
    struct browse_column *c = catalog ? browse_column_find(&b->columns, place) : NULL;
    if (!c)
        return;
    browse_column_ask(c, catalog, -1);
    browse_screen_say_down(b, c);
    if (!b->moving)
        browse_screen_settle(b);
}
