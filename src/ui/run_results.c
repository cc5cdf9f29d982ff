#include "ui/run_results.h"
#include "base/str.h"
#include "ui/remedies.h"
#include "ui/run_keys.h"

#define LEAST_ROWS 3         /* name, head, one row */
#define COLUMNS 12           /* looked at; more are in the whole preview */
#define CELL_MOST 28
#define CELL_LEAST 14        /* narrower, values say nothing: the columns behind are left to the whole preview */
#define KEY_LEAST 20
#define ROW_ID "\x01row"

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
        remedies_err(&e, p->words, sizeof p->words);
    r->count++;
}

static bool wrote(const struct view *v)
{
    return !v->alive && v->state == RUN_DONE && run_keys_has_rows(v);
}

/* What people look for after an update is what it did. */
static void take_samples(struct run_result *p, const struct view *v, const char *table, const char *change)
{
    if (v->verb != ASK_UPDATE || v->summary.commits == 0 || !v->has_plan)
        return;
    for (size_t i = 0; i < RUN_SAMPLES && v->plan.samples[i].table[0]; i++)
        if (p->sample_count < RUN_RESULTS_SAMPLES && str_eq(v->plan.samples[i].table, table) && str_eq(v->plan.samples[i].change, change))
            p->samples[p->sample_count++] = v->plan.samples[i];
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
    for (size_t i = 0; i < r->count; i++) {
        take_samples(&r->parts[i], v, i ? "annotations" : "inputs", "changed");
        take_samples(&r->parts[i], v, i ? "annotations" : "inputs", "inserted");
    }
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
        remedies_err(ev->payload, p->words, sizeof p->words);
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

static char *title_of(const struct run_result *p, char *out, size_t size)
{
    char n[32];
    int64_t total = p->rows ? p->rows->p.total_rows : -1;
    int used = snprintf(out, size, total >= 0 ? "%s  %s row%s" : "%s", p->table, str_count((uint64_t)(total > 0 ? total : 0), n, sizeof n), total == 1 ? "" : "s");
    if (p->sample_count && used > 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, "; what changed");
    return out;
}

static void render_samples(const struct run_result *p, struct frame *f, struct layout_rect r)
{
    int words = 0, keys = 0;
    size_t rows = p->sample_count < (size_t)r.rows ? p->sample_count : (size_t)r.rows;
    for (size_t i = 0; i < rows; i++) {
        int word = frame_width(f, p->samples[i].change), key = frame_width(f, p->samples[i].key);
        words = word > words ? word : words;
        keys = key > keys ? key : keys;
    }
    keys = keys < r.cols / 3 ? keys : r.cols / 3;
    for (size_t i = 0; i < rows; i++) {
        const struct run_sample *s = &p->samples[i];
        int row = r.row + (int)i, col = r.col + words + 2;
        frame_text(f, row, r.col, words, ROLE_INFO, s->change);
        frame_text(f, row, col, keys, ROLE_TITLE, s->key);
        frame_text(f, row, col + keys + 2, r.cols - words - keys - 4, ROLE_TEXT, s->text);
    }
}

static void render_part(const struct run_result *p, struct frame *f, struct layout_rect r)
{
    char title[400];
    title_of(p, title, sizeof title);
    frame_rule(f, layout_cut_top(&r, 1).row, r.col, r.cols, title);
    layout_cut_left(&r, 1);
    layout_cut_right(&r, 1);
    if (p->sample_count)
        render_samples(p, f, r);
    else if (p->rows)
        render_rows(p, f, r);
    else
        frame_wrap(f, r, ROLE_DIM, p->words, true);
}

/* ---- as rows of a list ---- */

static int add_line(struct list_store *out, size_t part, size_t line, enum theme_role role, const char *text, struct err *e)
{
    char id[32];
    snprintf(id, sizeof id, ROW_ID "%zu/%zu", part, line);
    return list_store_add(out, &(struct list_row){ .id = id, .name = text, .role = role }, e);
}

/* Values of a row, one behind the other: without heads a NULL tells nothing. */
static void row_text(const struct table_source *src, size_t row, char *out, size_t size)
{
    size_t used = 0, columns = src->columns(src->ctx);
    out[0] = '\0';
    for (size_t c = 0; c < columns && c < COLUMNS && used < size; c++) {
        struct table_cell cell;
        src->cell(src->ctx, row, c, &cell);
        if (cell.kind == TABLE_NULL)
            continue;
        int n = snprintf(out + used, size - used, "%s%s", used ? "  " : "", cell.text);
        used += n > 0 ? (size_t)n : 0;
    }
}

static int list_part(const struct run_result *p, size_t part, struct list_store *out, struct err *e)
{
    char text[700];
    int result = add_line(out, part, 0, ROLE_TITLE, title_of(p, text, sizeof text), e);
    for (size_t i = 0; result == 0 && i < p->sample_count; i++) {
        snprintf(text, sizeof text, "%s %s  %s", p->samples[i].change, p->samples[i].key, p->samples[i].text);
        result = add_line(out, part, i + 1, ROLE_TEXT, text, e);
    }
    if (p->sample_count || result < 0)
        return result;
    if (!p->rows)
        return add_line(out, part, 1, ROLE_DIM, p->words, e);
    struct table_source src = preview_rows_source(p->rows);
    size_t rows = src.rows(src.ctx);
    for (size_t i = 0; result == 0 && i < rows && i < RUN_RESULTS_ROWS; i++) {
        row_text(&src, i, text, sizeof text);
        result = add_line(out, part, i + 1, ROLE_TEXT, text, e);
    }
    return result;
}

int run_results_list(const struct run_results *r, struct list_store *out, struct err *e)
{
    for (size_t i = 0; i < r->count; i++)
        if (list_part(&r->parts[i], i, out, e) < 0)
            return -1;
    return 0;
}

const char *run_results_table(const struct run_results *r, const char *id)
{
    size_t part = str_starts(id, ROW_ID) ? (size_t)(id[sizeof ROW_ID - 1] - '0') : SIZE_MAX;
    return part < r->count ? r->parts[part].table : NULL;
}

void run_results_render(const struct run_results *r, struct frame *f, struct layout_rect rect)
{
    for (size_t i = 0; i < r->count; i++) {
        int rows = rect.rows / (int)(r->count - i);
        rows = rows < RUN_RESULTS_ROWS + 2 ? rows : RUN_RESULTS_ROWS + 2;
        render_part(&r->parts[i], f, layout_cut_top(&rect, rows));
    }
}
