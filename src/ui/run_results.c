#include "ui/run_results.h"
#include "base/str.h"

#define LEAST_ROWS 3         /* name, head, one row */
#define COLUMNS 12           /* looked at; more are in the whole preview */
#define CELL_MOST 28
#define CELL_LEAST 14        /* narrower, values say nothing: the columns behind are left to the whole preview */
#define KEY_LEAST 20

/* ---- reading ---- */

static void forget(struct run_result *p)
{
    world_job_forget(p->job);
    if (p->rows)
        preview_rows_free(p->rows);
    *p = (struct run_result){ 0 };
}

void run_results_release(struct run_results *r)
{
    for (size_t i = 0; i < r->count; i++)
        forget(&r->parts[i]);
    *r = (struct run_results){ 0 };
}

static void begin(struct run_results *r, struct ui_world *w, const char *table, uint64_t serial)
{
    struct run_result *p = &r->parts[r->count];
    struct err e;
    str_copy(p->table, sizeof p->table, table);
    str_copy(p->words, sizeof p->words, "reading its first rows");
    if (preview_rows_read(w, table, false, serial, r->count, &p->job, &e) < 0)
        err_sentence(&e, p->words, sizeof p->words);
    r->count++;
}

static bool wrote(const struct view *v)
{
    return !v->alive && v->has_summary && v->table[0] && v->state == RUN_DONE && (v->summary.rows > 0 || v->verb == ASK_UPDATE);
}

void run_results_follow(struct run_results *r, struct ui_world *w, const struct view *v, uint64_t serial)
{
    int64_t ended = wrote(v) ? (v->ended_ms > 0 ? v->ended_ms : 1) : 0;
    if (ended == r->ended_ms || !w->session)
        return;
    run_results_release(r);
    r->ended_ms = ended;
    if (!ended)
        return;
    begin(r, w, v->table, serial);
    if (v->annotations_table[0])
        begin(r, w, v->annotations_table, serial);
}

bool run_results_take(struct run_results *r, struct event *ev)
{
    struct run_result *p = ev->tag < r->count ? &r->parts[ev->tag] : NULL;
    if (!ev->target || ev->id < PREVIEW_READ || ev->id > PREVIEW_WAITS)
        return false;
    if (!p || !ev->payload)
        return true;
    if (ev->id == PREVIEW_READ) {
        p->rows = ev->payload;
        ev->payload = NULL;
    } else if (ev->id == PREVIEW_FAILED) {
        err_sentence(ev->payload, p->words, sizeof p->words);
    } else if (ev->id == PREVIEW_NEEDS_START) {
        const struct preview_state *s = ev->payload;
        snprintf(p->words, sizeof p->words, "%s does not run; Enter above asks before it is started", s->label);
    }
    return true;
}

/* ---- drawing ---- */

int run_results_least(const struct run_results *r)
{
    return (int)r->count * LEAST_ROWS;
}

static int cell_width(struct frame *f, const struct table_cell *c)
{
    int n = c->kind == TABLE_NULL ? 4 : frame_width(f, c->text);
    return n < CELL_MOST ? n : CELL_MOST;
}

static int measure(const struct run_result *p, struct frame *f, size_t rows, int cols, int *widths)
{
    struct table_source src = preview_rows_source(p->rows);
    struct layout_want wants[COLUMNS];
    int n = (int)(src.columns(src.ctx) < COLUMNS ? src.columns(src.ctx) : COLUMNS);
    for (int c = 0; c < n; c++) {
        struct table_column column;
        struct table_cell cell;
        src.column(src.ctx, (size_t)c, &column);
        wants[c] = (struct layout_want){ 0, frame_width(f, column.name) };
        for (size_t row = 0; row < rows; row++) {
            src.cell(src.ctx, row, (size_t)c, &cell);
            int width = cell_width(f, &cell);
            wants[c].want = width > wants[c].want ? width : wants[c].want;
        }
        int least = c == 0 ? KEY_LEAST : CELL_LEAST;
        wants[c].least = wants[c].want < least ? wants[c].want : least;
    }
    layout_share(wants, n, cols, 2, widths);
    return n;
}

static void render_cell(struct frame *f, int row, int col, int width, const struct table_cell *c)
{
    if (c->kind == TABLE_NULL)
        frame_text(f, row, col, width, ROLE_NULL, "NULL");
    else
        frame_text(f, row, col, width, c->kind == TABLE_NUMBER ? ROLE_NUMBER : c->kind == TABLE_JSON ? ROLE_JSON : ROLE_TEXT, c->text);
}

static void render_rows(const struct run_result *p, struct frame *f, struct layout_rect r)
{
    struct table_source src = preview_rows_source(p->rows);
    size_t rows = src.rows(src.ctx), room = (size_t)(r.rows - 1);
    int widths[COLUMNS];
    rows = rows < room ? rows : room;
    rows = rows < RUN_RESULTS_ROWS ? rows : RUN_RESULTS_ROWS;
    int n = measure(p, f, rows, r.cols, widths);
    for (int c = 0, col = r.col; c < n && widths[c] > 0; col += widths[c] + 2, c++) {
        struct table_column column;
        struct table_cell cell;
        src.column(src.ctx, (size_t)c, &column);
        frame_text(f, r.row, col, widths[c], ROLE_HEAD, column.name);
        for (size_t row = 0; row < rows; row++) {
            src.cell(src.ctx, row, (size_t)c, &cell);
            render_cell(f, r.row + 1 + (int)row, col, widths[c], &cell);
        }
    }
    if (rows == 0 && r.rows > 1)
        frame_text(f, r.row + 1, r.col, r.cols, ROLE_DIM, "the table has no rows");
}

static void render_part(const struct run_result *p, struct frame *f, struct layout_rect r)
{
    char title[400], n[32];
    int64_t total = p->rows ? p->rows->p.total_rows : -1;
    snprintf(title, sizeof title, total >= 0 ? "%s  %s row%s" : "%s", p->table, str_count((uint64_t)(total > 0 ? total : 0), n, sizeof n), total == 1 ? "" : "s");
    frame_rule(f, layout_cut_top(&r, 1).row, r.col, r.cols, title);
    layout_cut_left(&r, 1);
    layout_cut_right(&r, 1);
    if (p->rows)
        render_rows(p, f, r);
    else
        frame_wrap(f, r, ROLE_DIM, p->words, true);
}

void run_results_render(const struct run_results *r, struct frame *f, struct layout_rect rect)
{
    for (size_t i = 0; i < r->count; i++) {
        int rows = rect.rows / (int)(r->count - i);
        rows = rows < RUN_RESULTS_ROWS + 2 ? rows : RUN_RESULTS_ROWS + 2;
        render_part(&r->parts[i], f, layout_cut_top(&rect, rows));
    }
}
