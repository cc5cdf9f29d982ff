#include "ui/picker.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "ui/words.h"

#define SILENT_MS 2000       /* from then on it is said how long the list is waited for */

void picker_init(struct picker *p, const char *title)
{
    *p = (struct picker){ .loading = false };
    str_copy(p->title, sizeof p->title, title);
    list_store_init(&p->store);
    list_init(&p->list, list_store_source(&p->store));
}

void picker_release(struct picker *p)
{
    list_release(&p->list);
    list_store_release(&p->store);
}

int picker_add(struct picker *p, const struct list_row *row, struct err *e)
{
    /* the picker may have been moved in memory since it was made */
    p->list.source = list_store_source(&p->store);
    if (list_store_add(&p->store, row, e) < 0)
        return -1;
    list_grow(&p->list);
    return 0;
}

void picker_clear(struct picker *p)
{
    list_store_release(&p->store);
    list_use(&p->list, list_store_source(&p->store));
    p->problem[0] = '\0';
}

const char *picker_id(const struct picker *p)
{
    struct list_row row;
    return list_current(&p->list, &row, NULL) ? row.id : NULL;
}

const char *picker_text(const struct picker *p)
{
    return line_text(&p->list.filter);
}

static bool is_whole(const struct picker *p)
{
    return p->whole && list_count(&p->list) == 0 && p->whole(picker_text(p));
}

static bool can_make(const struct picker *p)
{
    return is_whole(p) || (p->make[0] && !str_blank(picker_text(p)) && list_count(&p->list) == 0);
}

enum picker_end picker_update(struct picker *p, enum action a)
{
    if (a == ACTION_BACK)
        return PICKER_LEFT;
    if (a == ACTION_REFRESH)
        return PICKER_REFRESH;
    if (a == ACTION_ACCEPT || a == ACTION_OPEN) {
        if (picker_id(p))
            return PICKER_CHOSEN;
        return can_make(p) ? PICKER_NEW : PICKER_GOES_ON;
    }
    if (a == ACTION_COMPLETE && picker_id(p)) {
        struct list_row row;
        list_current(&p->list, &row, NULL);
        list_set_filter(&p->list, row.name);
        return PICKER_GOES_ON;
    }
    p->list.filtering = a != ACTION_UP && a != ACTION_DOWN && a != ACTION_PAGE_UP && a != ACTION_PAGE_DOWN;
    list_update(&p->list, a);
    p->list.filtering = true;
    return PICKER_GOES_ON;
}

bool picker_type(struct picker *p, uint32_t cp)
{
    return list_type(&p->list, cp);
}

/* What is said of a list that is on its way. */
static void waiting_words(const struct picker *p, char *out, size_t size)
{
    int64_t waited = p->asked_ms ? time_mono_ms() - p->asked_ms : 0;
    if (!p->whom)
        str_copy(out, size, "loading");
    else if (waited < SILENT_MS)
        snprintf(out, size, "asking %s", p->whom);
    else
        snprintf(out, size, "asking %s for %lld s; Ctrl-R asks again", p->whom, (long long)(waited / 1000));
}

/* The words under the filter when no row is shown. */
static void empty_words(const struct picker *p, char *out, size_t size)
{
    if (is_whole(p))   /* it is taken without the list, even when that cannot be had */
        snprintf(out, size, "Enter: take \"%s\"", picker_text(p));
    else if (p->problem[0])
        str_copy(out, size, p->problem);
    else if (can_make(p))
        snprintf(out, size, "Enter: %s \"%s\"", p->make, picker_text(p));
    else if (list_total(&p->list) > 0 && p->whole)
        snprintf(out, size, "nothing matches; a whole name is taken, too: %s", p->shape);
    else if (list_total(&p->list) > 0)
        str_copy(out, size, "nothing matches");
    else if (p->loading)
        waiting_words(p, out, size);
    else
        str_copy(out, size, "there is nothing here");
}

void picker_set_age(struct picker *p, int64_t listed_at_ms)
{
    words_age("listed", listed_at_ms, p->age, sizeof p->age);
}

/* The way up stands first and is no item. */
static bool has_way_up(const struct list *l)
{
    struct list_row first = { 0 };
    if (list_total(l))
        l->source.row(l->source.ctx, 0, &first);
    return first.name && str_eq(first.name, "..");
}

/* Nothing came of a list that is on its way, or it takes long: else it would be said for a moment each time. */
static bool says_waiting(const struct picker *p)
{
    bool none = list_total(&p->list) == (has_way_up(&p->list) ? 1 : 0);
    return p->loading && p->whom && !p->problem[0] && (none || (p->asked_ms && time_mono_ms() - p->asked_ms >= SILENT_MS));
}

static void count_words(const struct picker *p, char *out, size_t size)
{
    const struct list *l = &p->list;
    size_t total = list_total(l), count = list_count(l);
    char shown[32], all[32];
    if (has_way_up(l)) {
        count -= count && list_index(l, 0) == 0;
        total--;
    }
    str_count(count, shown, sizeof shown);
    str_count(total, all, sizeof all);
    bool filtered = !str_eq(picker_text(p), "");
    snprintf(out, size, "%s%s%s%s", filtered ? shown : "", filtered ? " of " : "", all, p->loading ? "+" : "");
}

void picker_render(struct picker *p, struct frame *f, struct layout_rect r)
{
    char words[640], count[80], foot[160];
    p->list.source = list_store_source(&p->store);
    struct layout_rect box = layout_centre(r, r.rows, r.cols > 72 ? 64 : r.cols - 4);
    frame_box(f, box, p->title);
    count_words(p, count, sizeof count);
    snprintf(foot, sizeof foot, " %s%s%s ", count, p->age[0] ? "  " : "", p->age);
    frame_right(f, box.row + box.rows - 1, box.col + 2, box.cols - 4, ROLE_DIM, foot);
    layout_cut_top(&box, 1);
    layout_cut_bottom(&box, 1);
    layout_cut_left(&box, 2);
    layout_cut_right(&box, 2);
    struct layout_rect head = layout_cut_top(&box, 1);
    int used = frame_text(f, head.row, head.col, head.cols / 2, ROLE_LABEL, "filter ");
    line_render(&p->list.filter, f, head.row, head.col + used, head.cols - used, ROLE_FIELD, true);
    if (p->problem[0] && list_total(&p->list) > 0)
        frame_wrap(f, layout_cut_bottom(&box, 2), ROLE_BAD, p->problem, true);
    if (says_waiting(p) && list_total(&p->list) > 0 && box.rows > 1) {
        waiting_words(p, words, sizeof words);
        frame_text(f, box.row + box.rows - 1, box.col, box.cols, ROLE_DIM, words);
        layout_cut_bottom(&box, 1);
    }
    if (list_count(&p->list) == 0) {
        empty_words(p, words, sizeof words);
        frame_wrap(f, box, p->problem[0] && !is_whole(p) ? ROLE_BAD : ROLE_TEXT, words, true);
        return;
    }
    struct list_look look = { .active = true, .empty = "", .empty_role = ROLE_DIM };
    list_render_rows(&p->list, f, box, &look);
}
