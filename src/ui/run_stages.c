#include "ui/run_stages.h"
#include "base/str.h"
#include "ui/meter.h"
#include "ui/run_words.h"

#define TITLE_CELLS 22       /* of most stages */
#define WIDE_CELLS 100       /* times stand no farther from the names of their stages, the eye loses the line; what needs more room has it */
#define COUNTS_CELLS 26      /* so that meters stand in one column */
#define METER_CELLS 14

static void split_text(const struct view_stage *st, char *title, size_t size, const char **rest)
{
    const char *gap = strstr(st->text, "  "), *note = strstr(st->text, ", ");   /* figures; the state of the compute */
    const char *end = gap ? gap : note;
    snprintf(title, size, "%.*s", end ? (int)(end - st->text) : (int)strlen(st->text), st->text);
    *rest = end ? end + strspn(end, ", ") : "";
}

static void render_mark(struct frame *f, int row, int col, const struct view_stage *st)
{
    frame_text(f, row, col, 3, ROLE_DIM, "[ ]");
    if (st->done)
        frame_glyph(f, row, col + 1, ROLE_GOOD, GLYPH_DONE);
    else if (st->active)
        frame_glyph(f, row, col + 1, ROLE_INFO, GLYPH_NOW);
}

/* "55 %  ####----  88/s" right of the counts of a stage that works. */
static int render_meter(struct frame *f, int row, int col, int end, const struct view *v, const struct view_stage *st)
{
    char percent[16];
    int from = col;
    meter_percent((uint64_t)st->count, (uint64_t)st->total, percent, sizeof percent);
    if (end - col < METER_CELLS + 8)
        return col + frame_text(f, row, col, end - col, ROLE_NUMBER, percent) - from;
    frame_right(f, row, col, 5, ROLE_NUMBER, percent);
    meter_render(f, row, col + 6, METER_CELLS, (uint64_t)st->count, (uint64_t)st->total);
    col += METER_CELLS + 7;
    if (v->rate >= 0.05 && st == view_active(v) && end - col > 6)
        col += frame_printf(f, row, col, end - col, ROLE_TEXT, v->rate < 10 ? "%.1f/s" : "%.0f/s", v->rate);
    return col - from;
}

/* One column for all of a run's stages. */
static int title_cells(struct frame *f, const struct view *v)
{
    char title[120];
    const char *rest;
    int most = TITLE_CELLS;
    for (int i = 0; i < v->stage_count; i++) {
        split_text(&v->stages[i], title, sizeof title, &rest);
        int cells = frame_width(f, title) + 1;
        most = cells > most ? cells : most;
    }
    return most;
}

static void render_stage(struct frame *f, int row, struct layout_rect r, const struct view *v, const struct view_stage *st)
{
    char title[120], time[24] = "", files[32];
    const char *rest;
    int col = r.col, end = r.col + (r.cols < WIDE_CELLS ? r.cols : WIDE_CELLS), titles = title_cells(f, v);
    split_text(st, title, sizeof title, &rest);
    if (str_eq(st->name, "list") && v->has_plan && v->plan.files > 0)  /* items leave the state that the stage counts */
        rest = str_count((uint64_t)v->plan.files, files, sizeof files);
    render_mark(f, row, col, st);
    col += 4;
    frame_text(f, row, col, titles, st->active ? ROLE_TITLE : st->done ? ROLE_TEXT : ROLE_DIM, title);
    col += titles;
    if (!rest[0] && str_eq(st->name, "table") && v->table[0])
        rest = v->table;
    bool timed = st->done && st->milliseconds >= 0;
    if (timed)
        str_duration(st->milliseconds, time, sizeof time);
    int least = col + frame_width(f, rest) + (timed ? frame_width(f, time) + 2 : 0);
    end = least <= end ? end : least < r.col + r.cols ? least : r.col + r.cols;
    if (timed) {
        end -= frame_width(f, time);
        frame_text(f, row, end, r.col + r.cols - end, ROLE_DIM, time);
        end -= 2;
    }
    int used = frame_text(f, row, col, end - col, ROLE_TEXT, rest) + 2;
    col += used < COUNTS_CELLS && end - col > COUNTS_CELLS + METER_CELLS + 12 ? COUNTS_CELLS : used;
    if (st->active && st->total > 0)
        render_meter(f, row, col, end, v, st);
}

/* The names of stages that are all done, or all still to come, in one line. */
static void render_group(struct frame *f, int row, struct layout_rect r, const struct view *v, int from, int to)
{
    char text[300] = "", title[120];
    const char *rest;
    render_mark(f, row, r.col, &v->stages[from]);
    for (int i = from; i < to; i++) {
        size_t used = strlen(text);
        split_text(&v->stages[i], title, sizeof title, &rest);
        snprintf(text + used, sizeof text - used, "%s%s", used ? ", " : "", title);
    }
    frame_text(f, row, r.col + 4, r.cols - 4, v->stages[from].done ? ROLE_TEXT : ROLE_DIM, text);
}

int run_stages_render(struct frame *f, struct layout_rect r, const struct view *v, bool brief)
{
    int row = r.row;
    for (int i = 0; i < v->stage_count && row < r.row + r.rows;) {
        const struct view_stage *st = &v->stages[i];
        int to = i + 1;
        while (brief && !st->active && to < v->stage_count && !v->stages[to].active && v->stages[to].done == st->done)
            to++;
        if (to > i + 1)
            render_group(f, row, r, v, i, to);
        else
            render_stage(f, row, r, v, st);
        i = to;
        row++;
    }
    return row - r.row;
}
