#include "ui/dialog.h"
#include "base/str.h"

int dialog_init(struct dialog *d, const char *title, const char *text, const char *answers, const char *word, struct err *e)
{
    *d = (struct dialog){ .count = 0 };
    line_init(&d->typed);
    str_copy(d->title, sizeof d->title, title);
    d->text = str_dup(text ? text : "");
    d->word = str_dup(word);
    if (!d->text || (word && !d->word)) {
        dialog_release(d);
        return err_no_memory(e);
    }
    while (*answers && d->count < DIALOG_ANSWERS) {
        size_t n = strcspn(answers, "|");
        snprintf(d->answers[d->count++], sizeof d->answers[0], "%.*s", (int)n, answers);
        answers += n + (answers[n] == '|');
    }
    return 0;
}

void dialog_release(struct dialog *d)
{
    free(d->text);
    free(d->word);
    line_release(&d->typed);
    *d = (struct dialog){ .count = 0 };
    line_init(&d->typed);
}

static bool allowed(const struct dialog *d, int answer)
{
    return answer == 0 || !d->word || str_eq(line_text(&d->typed), d->word);
}

static int answer(struct dialog *d, int which)
{
    return allowed(d, which) ? which : -1;
}

int dialog_update(struct dialog *d, enum action a)
{
    switch (a) {
    case ACTION_NEXT: d->focus = (d->focus + 1) % d->count; return -1;
    case ACTION_PREVIOUS: d->focus = (d->focus + d->count - 1) % d->count; return -1;
    case ACTION_ACCEPT: return answer(d, d->focus);
    case ACTION_BACK: return 0;
    default:
        if (d->word)
            line_update(&d->typed, a);
        return -1;
    }
}

const char *dialog_help(const struct dialog *d)
{
    if (d->word)
        return "type the name that is asked for, choose with Left and Right, then Enter; Esc changes nothing";
    return d->count > 1 ? "Left and Right choose, Enter takes it; Esc takes the first answer" : "Enter or Esc closes it";
}

static uint32_t lower(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

int dialog_type(struct dialog *d, uint32_t cp)
{
    if (d->word) {
        line_type(&d->typed, cp);
        return -1;
    }
    for (int i = 0; i < d->count; i++)
        if (lower((unsigned char)d->answers[i][0]) == lower(cp))
            return answer(d, i);
    return -1;
}

static void render_answers(const struct dialog *d, struct frame *f, struct layout_rect r)
{
    int col = r.col;
    for (int i = 0; i < d->count; i++) {
        char text[40];
        snprintf(text, sizeof text, "[ %s ]", d->answers[i]);
        int used = frame_text(f, r.row, col, r.col + r.cols - col, allowed(d, i) ? ROLE_BUTTON : ROLE_HINT_OFF, text);
        if (i == d->focus)
            frame_select(f, r.row, col, used);
        col += used + 2;
    }
}

void dialog_render(const struct dialog *d, struct frame *f, struct layout_rect r)
{
    int cols = r.cols > 68 ? 64 : r.cols - 4;
    struct layout_rect inner = { 0, 0, r.rows - 5, cols - 4 };
    int rows = frame_wrap(f, inner, ROLE_TEXT, d->text, false) + (d->word ? 2 : 0);
    struct layout_rect box = layout_centre(r, rows + 4, cols);
    frame_box(f, box, d->title);
    layout_cut_left(&box, 2);
    layout_cut_right(&box, 2);
    layout_cut_top(&box, 1);
    layout_cut_bottom(&box, 1);
    struct layout_rect buttons = layout_cut_bottom(&box, 1);
    layout_cut_bottom(&box, 1);
    if (d->word) {
        struct layout_rect line = layout_cut_bottom(&box, 1);
        int used = frame_text(f, line.row, line.col, line.cols / 2, ROLE_LABEL, "Type the name:");
        line_render(&d->typed, f, line.row, line.col + used + 1, line.cols - used - 1, ROLE_FIELD, true);
    }
    frame_wrap(f, box, ROLE_TEXT, d->text, true);
    render_answers(d, f, buttons);
}
