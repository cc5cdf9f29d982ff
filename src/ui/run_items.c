#include "ui/run_items.h"
#include "base/utf8.h"
#include "core/ids.h"
#include "ui/remedies.h"

#define PAGE 1000
#define NAME_CELLS 34        /* names are set in a column of so many cells at most, on a wide screen of more */
#define OUTCOME_CELLS 46     /* wanted right of the names */

/* ---- reading, on another thread ---- */

struct job {
    struct run_items_ask ask;
    struct event_queue *queue;
    int event;
    uint64_t serial;
};

void run_items_free(void *payload)
{
    struct run_items *r = payload;
    if (r)
        view_items_free(r->items, r->count);
    free(r);
}

/* The part of a key behind its volume, "/Volumes/c/s/v/". */
static const char *in_volume(const char *key)
{
    const char *p = key;
    for (int slashes = 0; *p; p++)
        if (*p == '/' && ++slashes == 5)
            return p + 1;
    return key;
}

static bool wanted(const struct run_items_ask *ask, const struct view_item *it)
{
    if (!it->key)
        return false;
    return !ask->changed || (it->input_id && !ids_is_plain(in_volume(it->key), ask->whole_path, it->input_id));
}

/* Takes the wanted ones over; the rest is freed. */
static int keep(struct run_items *all, const struct run_items_ask *ask, struct view_item *page, size_t n, struct err *e)
{
    struct view_item *items = realloc(all->items, (all->count + n + 1) * sizeof *items);
    if (!items) {
        view_items_free(page, n);
        return err_no_memory(e);
    }
    all->items = items;
    for (size_t i = 0; i < n; i++) {
        if (!wanted(ask, &page[i]) || all->count >= RUN_ITEMS_MOST)
            continue;
        items[all->count++] = page[i];
        page[i] = (struct view_item){ 0 };
    }
    view_items_free(page, n);
    return 0;
}

static int read_state(const struct run_items_ask *ask, const char *state, struct run_items *all, struct err *e)
{
    size_t n = PAGE;
    for (int64_t offset = 0; n == PAGE; offset += PAGE) {
        struct view_item *page = NULL;
        if (all->count >= RUN_ITEMS_MOST) {
            all->more = true;
            return 0;
        }
        if (view_items(ask->run, state, offset, PAGE, &page, &n, e) < 0 || keep(all, ask, page, n, e) < 0)
            return -1;
    }
    return 0;
}

static int add_sample(const struct run_sample *s, struct run_items *all, struct err *e)
{
    struct view_item *items = realloc(all->items, (all->count + 1) * sizeof *items);
    if (!items)
        return err_no_memory(e);
    all->items = items;
    items[all->count++] = (struct view_item){ .key = str_printf("%s %s", s->table, s->key), .state = str_dup(s->change), .reason = str_dup(s->text), .bytes = -1 };
    return items[all->count - 1].key ? 0 : err_no_memory(e);
}

/* The sample rows of an update's plan. */
static int read_samples(const struct run_items_ask *ask, struct run_items *all, struct err *e)
{
    struct view *v = malloc(sizeof *v);
    int result = v ? view_read(ask->run, v, e) : err_no_memory(e);
    for (size_t i = 0; result == 0 && i < RUN_SAMPLES && v->plan.samples[i].table[0]; i++)
        if (!ask->samples[0] || str_eq(v->plan.samples[i].change, ask->samples))
            result = add_sample(&v->plan.samples[i], all, e);
    free(v);
    return result;
}

static void read_work(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct job *job = arg;
    struct err ignored;
    struct run_items *all = calloc(1, sizeof *all);
    const char *s = job->ask.states;
    (void)session, (void)cancel;
    if (all && job->ask.samples)
        read_samples(&job->ask, all, &all->error);
    else if (all && !s[0])
        read_state(&job->ask, NULL, all, &all->error);
    while (all && !job->ask.samples && all->error.code == ERR_NONE && s[0]) {
        char state[32];
        size_t n = strcspn(s, " ");
        snprintf(state, sizeof state, "%.*s", (int)n, s);
        read_state(&job->ask, state, all, &all->error);
        s += n + (s[n] == ' ');
    }
    if (all)
        event_post(job->queue, job->event, job->serial, 0, all, run_items_free, &ignored);
    free(job);
}

int run_items_read(struct ui_world *w, const struct run_items_ask *ask, int event, uint64_t serial, struct err *e)
{
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return err_no_memory(e);
    *job = (struct job){ .ask = *ask, .queue = app_queue(w->app), .event = event, .serial = serial };
    if (world_background(w, read_work, job, e) == 0)
        return 0;
    free(job);
    return -1;
}

/* ---- rows and words ---- */

static const char *shown_name(const char *key, const char *place)
{
    size_t n = strlen(place);
    while (n && place[n - 1] == '/')
        n--;
    if (n && str_starts(key, place) && key[n] == '#')   /* a row of the file */
        return key + n;
    return n && strncmp(key, place, n) == 0 && key[n] == '/' && key[n + 1] ? key + n + 1 : key;
}

/* A row of a file, "#3"; a file may be named like that too. */
static bool is_row(const struct view_item *it, const char *place)
{
    const char *name = shown_name(it->key, place);
    return name[0] == '#' && name > it->key && name[-1] != '/';
}

/* What an item is called: a row of a file by its number and its input id. Owned. */
static char *item_name(const struct view_item *it, const char *place)
{
    const char *name = shown_name(it->key, place);
    return is_row(it, place) && !str_blank(it->input_id) ? str_printf("%s %s", name, it->input_id) : str_dup(name);
}

/* The reason without "row 3: " where the name says that already. */
static const char *shown_reason(const struct view_item *it, const char *place)
{
    const char *reason = it->reason ? it->reason : "", *name = shown_name(it->key, place);
    size_t n = is_row(it, place) ? strspn(name + 1, "0123456789") : 0;
    bool said = n && str_starts(reason, "row ") && strncmp(reason + 4, name + 1, n) == 0 && str_starts(reason + 4 + n, ": ");
    return said ? reason + 6 + n : reason;
}

static int cells(const char *text)
{
    struct buf b = BUF_INIT;
    int n = utf8_escape(&b, text, strlen(text), UTF8_ESCAPE_LINE) == 0 ? utf8_cells(b.data ? b.data : "", b.len) : 0;
    buf_release(&b);
    return n;
}

static int name_column(const struct run_items *r, const char *place, int cols)
{
    int most = 0, room = cols - OUTCOME_CELLS > NAME_CELLS ? cols - OUTCOME_CELLS : NAME_CELLS;
    for (size_t i = 0; i < r->count && i < PAGE; i++) {
        char *name = item_name(&r->items[i], place);
        int n = name ? cells(name) : 0;
        most = n > most ? n : most;
        free(name);
    }
    return most < room ? most : room;
}

/* The name, safe to show; one wider than the column loses its middle, so that the file and what happens to it stay in sight. Owned. */
static char *fit_name(const char *name, int column)
{
    struct buf b = BUF_INIT;
    char *out = NULL;
    column = column > NAME_CELLS ? column : NAME_CELLS;
    if (utf8_escape(&b, name, strlen(name), UTF8_ESCAPE_LINE) < 0 || !b.data) {
        buf_release(&b);
        return str_dup(name);
    }
    if (utf8_cells(b.data, b.len) <= column)
        out = str_dup(b.data);
    else {
        size_t head = utf8_fit(b.data, b.len, (column - 1) / 3), tail = head;
        while (tail < b.len && utf8_cells(b.data + tail, b.len - tail) > column - 1 - (column - 1) / 3) {
            int width;
            tail += utf8_cluster(b.data + tail, b.len - tail, &width);
        }
        out = str_printf("%.*s…%s", (int)head, b.data, b.data + tail);
    }
    buf_release(&b);
    return out;
}

static char *row_words(const struct view_item *it, const struct run_items_ask *ask, bool with_state, const char *name, int column)
{
    char words[1400];
    const char *reason = remedies_text(shown_reason(it, ask->place), words, sizeof words);
    const char *id = it->input_id && !is_row(it, ask->place) ? it->input_id : "", *state = it->state ? it->state : "";
    int pad = column - cells(name);
    if (ask->changed)
        return str_printf("%s%*s  becomes %s", name, pad > 0 ? pad : 0, "", id);
    if (with_state)
        return str_printf("%s%*s  %s%s%s%s%s", name, pad > 0 ? pad : 0, "", state, id[0] ? " as " : "", id, reason[0] ? ": " : "", reason);
    return str_printf("%s%*s  %s", name, pad > 0 ? pad : 0, "", reason[0] ? reason : state);
}

static char *row_text(const struct view_item *it, const struct run_items_ask *ask, bool with_state, int column)
{
    char *whole = item_name(it, ask->place);
    char *name = whole ? fit_name(whole, column) : NULL;
    free(whole);
    char *text = name ? row_words(it, ask, with_state, name, column) : NULL;
    free(name);
    return text;
}

int run_items_rows(const struct run_items *r, const struct run_items_ask *ask, bool with_state, struct list_store *out, struct err *e)
{
    int column = name_column(r, ask->place, ask->cols);
    for (size_t i = 0; i < r->count; i++) {
        char *text = row_text(&r->items[i], ask, with_state, column);
        struct list_row row = { .id = r->items[i].key, .name = text ? text : r->items[i].key };
        int result = list_store_add(out, &row, e);
        free(text);
        if (result < 0)
            return -1;
    }
    return 0;
}

bool run_items_details(const struct run_items *r, const char *key, char *out, size_t size)
{
    for (size_t i = 0; r && i < r->count; i++) {
        const struct view_item *it = &r->items[i];
        char bytes[32], reason[1400];
        if (!str_eq(it->key, key))
            continue;
        remedies_text(it->reason ? it->reason : "", reason, sizeof reason);
        if (it->bytes < 0) {
            snprintf(out, size, "%s: %s%s%s", it->key, it->state ? it->state : "", reason[0] ? ": " : "", reason);
            return true;
        }
        snprintf(out, size, "%s%s%s. %s%s%s%s: %s (%s)", it->state ? it->state : "", it->reason ? ": " : "", reason,
                 it->input_id ? "Input id: " : "", it->input_id ? it->input_id : "", it->input_id ? ". " : "", it->key[0] == '/' ? "File" : "Item", it->key,
                 str_bytes(it->bytes > 0 ? (uint64_t)it->bytes : 0, bytes, sizeof bytes));
        return true;
    }
    return false;
}
