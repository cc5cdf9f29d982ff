/* Preview as it is seen: rows, one record, one value, the name of a file to write. */
#include "ui/preview_screen.h"
#include "ui/remedies.h"

void preview_screen_words(const struct preview_screen *s, char *out, size_t size, enum theme_role *role)
{
    char waited[24];
    *role = ROLE_DIM;
    switch (s->phase) {
    case PHASE_READING:
        if (s->state.label[0])
            snprintf(out, size, "%s is %s, %s: waiting for it. Esc stops waiting.", s->state.label, s->state.state,
                     str_duration(s->state.waited_ms, waited, sizeof waited));
        else
            snprintf(out, size, "reading the first %d rows. Esc stops.", PREVIEW_ROWS);
        break;
    case PHASE_STOPPED: str_copy(out, size, "reading was stopped; r reads again, Esc goes back"); break;
    case PHASE_NEEDS_START:
        snprintf(out, size, "%s is %s, and reading rows needs it. Enter asks whether to start it.", s->state.label, s->state.state);
        break;
    case PHASE_FAILED:
        *role = ROLE_BAD;
        remedies_err(&s->error, out, size);
        break;
    case PHASE_SHOWN: str_copy(out, size, "the table has no rows"); break;
    }
}

static void render_saving(struct preview_screen *s, struct frame *f, struct layout_rect r)
{
    char count[24], head[96];
    struct layout_rect box = layout_centre(r, 7, r.cols - 4 < 66 ? r.cols - 4 : 66);
    snprintf(head, sizeof head, "Write the %s rows shown", str_count(s->rows->p.row_count, count, sizeof count));
    frame_box(f, box, head);
    frame_text(f, box.row + 2, box.col + 2, 6, ROLE_LABEL, "File");
    line_render(&s->path, f, box.row + 2, box.col + 8, box.cols - 10, ROLE_FIELD, true);
    frame_text(f, box.row + 4, box.col + 2, box.cols - 4, ROLE_DIM, ".csv or .jsonl at its end says what is written");
}

static void render_value(struct preview_screen *s, struct frame *f, struct layout_rect r)
{
    const char *name, *value;
    if (!tree_current(&s->record, &name, &value))
        return;
    layout_cut_left(&r, 1);
    layout_cut_right(&r, 1);
    struct layout_rect head = layout_cut_top(&r, 1);
    frame_text(f, head.row, head.col, head.cols, ROLE_LABEL, name);
    s->value_page = r.rows;
    s->value_rows = frame_wrap_from(f, (struct layout_rect){ r.row, r.col, 0, r.cols }, 0, ROLE_TEXT, value);
    preview_screen_scroll(s, s->value_top);
    frame_wrap_from(f, r, s->value_top, ROLE_TEXT, value);
}

void preview_screen_render(void *state, struct app *app, struct frame *f, struct layout_rect r)
{
    struct preview_screen *s = state;
    char words[1400];
    enum theme_role role;
    (void)app;
    if (s->mode == MODE_RECORD) {
        tree_render(&s->record, f, r);
        return;
    }
    if (s->mode == MODE_VALUE) {
        render_value(s, f, r);
        return;
    }
    preview_screen_words(s, words, sizeof words, &role);
    if (!s->rows) {
        layout_cut_top(&r, r.rows > 6 ? 1 : 0);
        layout_cut_left(&r, 1);
        layout_cut_right(&r, 1);
        frame_wrap(f, r, role, words, true);
        return;
    }
    s->table_rect = r;
    table_render(&s->table, f, r, words);
    if (s->mode == MODE_SAVING)
        render_saving(s, f, r);
}
