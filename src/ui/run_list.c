/* What can be done with a run and what failed in it, as one list. */
#include "ui/run_keys.h"
#include "ui/run_screen.h"

/* Rows of the list that do something; their ids begin with a character that no key has. */
static const struct { const char *id; enum action action; } doers[DOERS] = {
    { "\x01preview", ACTION_PREVIEW }, { "\x01retry", ACTION_RETRY }, { "\x01resume", ACTION_RESUME }, { "\x01start", ACTION_START }, { "\x01refuse", ACTION_CANCEL },
    { "\x01report", ACTION_REPORT }, { "\x01skipped", ACTION_NONE }, { "\x01" "annotations", ACTION_NONE }, { "\x01images", ACTION_NONE },
};
#define HEADING "\x01heading"   /* the row between what can be done and what failed */

static void add_doer(struct run_screen *s, int which, const char *text)
{
    struct err ignored;
    struct list_row row = { .id = doers[which].id, .name = text, .role = ROLE_KEY };
    list_store_add(&s->store, &row, &ignored);
    s->doers = s->store.count;
}

static void add_skipped(struct run_screen *s)
{
    char text[64], n[32];
    int64_t skipped = s->view.has_summary ? s->view.summary.skipped : s->view.has_plan ? s->view.plan.skipped : 0;
    if (skipped <= 0)
        return;
    snprintf(text, sizeof text, "%s skipped: which, and why", str_count((uint64_t)skipped, n, sizeof n));
    add_doer(s, DO_SKIPPED, text);
}

/* What the run wrote. */
static void add_looks(struct run_screen *s)
{
    const struct view *v = &s->view;
    char text[sizeof v->images + 40];
    snprintf(text, sizeof text, "Look at the rows of %s", v->table);
    add_doer(s, DO_PREVIEW, text);
    if (v->annotations_table[0]) {
        snprintf(text, sizeof text, "Look at the rows of %s", v->annotations_table);
        add_doer(s, DO_ANNOTATIONS, text);
    }
    if (v->images[0]) {
        snprintf(text, sizeof text, "Look at the images in %s", v->images);
        add_doer(s, DO_IMAGES, text);
    }
}

static const char *again_words(const struct view *v)
{
    bool failed = run_keys_again(v) > v->summary.cancelled;
    if (v->verb > ASK_IMPORT_S3)
        return failed ? "Try again what failed" : "Do after all what was cancelled";
    return failed ? "Send again what failed" : "Send after all what was cancelled";
}

static void add_doers(struct run_screen *s)
{
    const struct view *v = &s->view;
    char text[sizeof v->report + 16];
    if (v->alive && v->state == RUN_AT_GATE && v->plan.start_only)
        snprintf(text, sizeof text, "Start %s and make the plan", v->plan.compute);
    else
        str_copy(text, sizeof text, "Start it as planned");
    if (v->alive && v->state == RUN_AT_GATE) {
        add_doer(s, DO_START, text);
        add_doer(s, DO_REFUSE, "Do not start it");
    }
    if (!v->alive && run_keys_has_rows(v))
        add_looks(s);
    if (!v->alive && !s->sending_again && !run_keys_unfinished(v) && run_keys_again(v) > 0)
        add_doer(s, DO_RETRY, again_words(v));
    if (run_keys_unfinished(v))
        add_doer(s, DO_RESUME, "Resume: go on where it stopped");
    if (!v->alive)
        add_skipped(s);
    if (!v->alive && v->report[0]) {
        snprintf(text, sizeof text, "Report: %s", v->report);
        add_doer(s, DO_REPORT, text);
    }
}

char *run_list_title(const struct run_screen *s, char *out, size_t size)
{
    char n[32];
    size_t wrong = s->wrong ? s->wrong->count : 0;
    snprintf(out, size, wrong ? "failed %s%s" : "nothing failed%s%s", wrong ? str_count(wrong, n, sizeof n) : s->view.alive ? " so far" : "",
             s->wrong && s->wrong->more ? " and more" : "");
    return out;
}

bool run_list_on_heading(const struct run_screen *s)
{
    struct list_row row;
    return list_current(&s->list, &row, NULL) && str_eq(row.id, HEADING);
}

void run_list_rebuild(struct run_screen *s)
{
    struct err e = { 0 };
    char title[80];
    list_store_release(&s->store);
    s->doers = 0;
    if (s->has_view)
        add_doers(s);
    if (s->listed && run_results_list(&s->results, &s->store, &e) < 0)
        app_say_err(s->app, &e);
    s->doers_own = s->doers;
    s->doers = s->store.count;
    struct list_row heading = { .id = HEADING, .name = run_list_title(s, title, sizeof title), .role = ROLE_TITLE };
    if (s->doers && s->wrong && s->wrong->count && list_store_add(&s->store, &heading, &e) < 0)
        app_say_err(s->app, &e);
    if (s->wrong && run_items_rows(s->wrong, &s->ask, false, &s->store, &e) < 0)
        app_say_err(s->app, &e);
    list_use(&s->list, list_store_source(&s->store));
    if (run_list_on_heading(s) && !s->list.filtering)
        list_update(&s->list, ACTION_UP);
}

void run_list_read(struct run_screen *s)
{
    struct err e;
    s->read_again = s->reading;
    if (s->reading || !s->has_view)
        return;
    str_copy(s->ask.place, sizeof s->ask.place, s->view.place);
    if (run_items_read(world_of(s->app), &s->ask, EVENT_FAILED_ITEMS, app_serial(s->app, s), &e) < 0)
        app_say_err(s->app, &e);
    else
        s->reading = true;
}

void run_list_take(struct run_screen *s, struct event *ev)
{
    struct run_items *fresh = ev->payload;
    s->reading = false;
    if (fresh->error.code == ERR_NONE) {
        run_items_free(s->wrong);
        s->wrong = fresh;
        ev->payload = NULL;
        run_list_rebuild(s);
    }
    if (s->read_again)
        run_list_read(s);
}

enum run_doer run_list_doer(const char *id)
{
    int i = 0;
    while (i < DOERS && !str_eq(id, doers[i].id))
        i++;
    return (enum run_doer)i;
}

enum action run_list_action(enum run_doer which)
{
    return which < DOERS ? doers[which].action : ACTION_NONE;
}
