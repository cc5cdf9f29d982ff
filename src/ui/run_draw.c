/* A run as it is seen: its stages, what is to be said, the list, rows of its tables. */
#include "ui/remedies.h"
#include "ui/run_keys.h"
#include "ui/run_screen.h"
#include "ui/run_stages.h"
#include "ui/run_words.h"

#define WIDE_CELLS 100       /* wider, the eye loses the line: only for what would be cut else */
#define SHORT_ROWS 14        /* below so many rows the stages that wait or are done share lines */
#define LIST_ROWS 7          /* of the list that stay in sight above rows of the tables */
#define WRONG_ROWS 3         /* of them, below what can be done: the heading of what failed, and some that did */

/* What is to be said in words: why it waits or failed, the end, the plan while it waits for an answer. */
static enum theme_role words_of(const struct view *v, char *out, size_t size)
{
    char brief[160], state[80];
    out[0] = '\0';
    view_state_words(v, state, sizeof state);
    if (v->parked_why[0]) {
        int used = snprintf(out, size, "%s: ", state);
        remedies_text(v->parked_why, out + used, size - (size_t)used);
        return v->alive ? ROLE_WARN : ROLE_BAD;
    }
    if (run_keys_unfinished(v)) {
        snprintf(out, size, "%s: what was done stays", state);
        return ROLE_WARN;
    }
    if (v->has_summary && !v->alive) {
        int used = snprintf(out, size, "%s: ", state);
        run_words_summary(v, out + used, size - (size_t)used);
        return run_words_role(v);
    }
    if (v->state == RUN_AT_GATE && v->has_plan) {
        snprintf(out, size, "%s: %s", state, run_words_plan_brief(v, brief, sizeof brief));
        return ROLE_WARN;
    }
    if (!v->alive || v->state == RUN_PAUSED)
        str_copy(out, size, state);
    return run_words_role(v);
}

/* Returns the rows it took. */
static int render_words(struct frame *f, struct layout_rect r, enum theme_role role, const char *words)
{
    int rows = r.rows > 7 ? 4 : 2;
    struct layout_rect narrow = { r.row, r.col, rows + 1, r.cols < WIDE_CELLS ? r.cols : WIDE_CELLS };
    if (frame_wrap(f, narrow, role, words, false) <= rows)
        r.cols = narrow.cols;
    r.rows = rows;
    return frame_wrap(f, r, role, words, true);
}

static void render_list(struct run_screen *s, struct frame *f, struct layout_rect r)
{
    char title[80];
    run_list_title(s, title, sizeof title);
    frame_rule(f, layout_cut_top(&r, 1).row, r.col, r.cols, s->doers ? "what next" : title);
    bool paused = s->view.state == RUN_PAUSED;
    const char *alive = paused ? "nothing new is sent; p lets it go on" : "the run goes on by itself, also when you leave lakeferry";
    struct list_look look = { .active = true, .empty = s->view.alive ? alive : "", .empty_role = ROLE_DIM };
    s->body = r;
    list_render(&s->list, f, r, &look);
    size_t heading = s->doers - s->list.top;   /* its place on the screen: it follows what can be done */
    bool plain = !s->list.filtering && list_count(&s->list) == list_total(&s->list);
    if (s->doers && plain && s->doers < s->store.count && s->doers >= s->list.top && heading < (size_t)r.rows)
        frame_rule(f, r.row + (int)heading, r.col, r.cols, title);
}

/* Rows of the tables stand below the list where both have room, else in it, where they can be scrolled to. */
static struct layout_rect cut_results(struct run_screen *s, struct layout_rect *r)
{
    size_t own = s->doers_own, rows = s->store.count - (s->doers - own), sight = own + WRONG_ROWS > LIST_ROWS ? own + WRONG_ROWS : LIST_ROWS;
    int list = (int)(rows < sight ? rows : sight) + 1, least = run_results_least(&s->results);
    bool listed = least > 0 && r->rows - list < least;
    if (listed != s->listed) {
        s->listed = listed;
        run_list_rebuild(s);
    }
    if (least == 0 || listed)
        return (struct layout_rect){ 0 };
    int most = (int)s->results.count * (RUN_RESULTS_ROWS + 2), spare = r->rows - list;
    return layout_cut_bottom(r, spare < most ? spare : most);
}

void run_draw(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct run_screen *s = state;
    char words[1400];
    (void)app;
    if (!s->has_view || s->gone) {
        frame_text(f, r.row, r.col + 1, r.cols - 2, ROLE_DIM, s->gone ? "this run was removed" : "loading");
        return;
    }
    bool brief = s->results.count || r.rows < SHORT_ROWS + s->view.stage_count / 2;
    struct layout_rect inner = { r.row, r.col + 1, r.rows, r.cols - 2 };
    int used = run_stages_render(f, inner, &s->view, brief);
    layout_cut_top(&r, used);
    layout_cut_top(&inner, used);
    enum theme_role role = words_of(&s->view, words, sizeof words);
    if (words[0])
        layout_cut_top(&r, render_words(f, inner, role, words));
    struct layout_rect results = cut_results(s, &r);
    if (r.rows >= 2)
        render_list(s, f, r);
    if (results.rows)
        run_results_render(&s->results, f, results);
}
