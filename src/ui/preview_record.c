/* Preview: one row as a record, and one value of it wrapped. */
#include "ui/preview_screen.h"

void preview_record_show(struct preview_screen *s, size_t row)
{
    struct err e;
    bool next = s->mode == MODE_RECORD;
    size_t cursor = s->record.cursor, top = s->record.top;
    if (!preview_screen_has_rows(s) || row >= s->rows->p.row_count) {
        app_say(s->app, ROLE_DIM, "there are no more rows here");
        return;
    }
    tree_release(&s->record);
    if (preview_rows_record(s->rows, row, &s->record, &e) < 0) {
        app_say_err(s->app, &e);
        return;
    }
    s->mode = MODE_RECORD;
    s->record_row = s->table.row = row;
    if (!next) {
        tree_go(&s->record, s->table.column);
        return;
    }
    s->record.cursor = cursor < s->record.shown_count ? cursor : 0;
    s->record.top = top;
}

void preview_record_copy(struct preview_screen *s)
{
    const char *name, *value;
    struct table_column column;
    struct table_cell cell;
    if ((s->mode == MODE_RECORD || s->mode == MODE_VALUE) && tree_current(&s->record, &name, &value))
        app_copy(s->app, value ? value : name, "the value");
    else if (s->mode == MODE_TABLE && table_current(&s->table, &column, &cell))
        app_copy(s->app, cell.text, "the cell");
}

/* Enter on a line without parts shows its value wrapped. */
static bool show_value(struct preview_screen *s)
{
    const char *name, *value;
    if (tree_folds(&s->record) || !tree_current(&s->record, &name, &value) || str_blank(value))
        return false;
    s->mode = MODE_VALUE;
    s->value_top = 0;
    return true;
}

void preview_screen_scroll(struct preview_screen *s, int to)
{
    int last = s->value_rows > s->value_page ? s->value_rows - s->value_page : 0;
    s->value_top = to < 0 ? 0 : to > last ? last : to;
}

bool preview_record_update(struct preview_screen *s, enum action a)
{
    switch (a) {
    case ACTION_BACK: s->mode = MODE_TABLE; return true;
    case ACTION_NEXT: preview_record_show(s, s->record_row + 1); return true;
    case ACTION_PREVIOUS: preview_record_show(s, s->record_row - 1); return true;
    case ACTION_COPY: preview_record_copy(s); return true;
    case ACTION_REFRESH:
        s->mode = MODE_TABLE;
        preview_screen_read(s, false);
        return true;
    case ACTION_OPEN: return show_value(s) || tree_update(&s->record, a);
    default: return tree_update(&s->record, a);
    }
}

bool preview_value_update(struct preview_screen *s, enum action a)
{
    int page = s->value_page > 1 ? s->value_page - 1 : 1;
    switch (a) {
    case ACTION_UP: preview_screen_scroll(s, s->value_top - 1); return true;
    case ACTION_DOWN: preview_screen_scroll(s, s->value_top + 1); return true;
    case ACTION_PAGE_UP: preview_screen_scroll(s, s->value_top - page); return true;
    case ACTION_PAGE_DOWN: preview_screen_scroll(s, s->value_top + page); return true;
    case ACTION_TOP: preview_screen_scroll(s, 0); return true;
    case ACTION_BOTTOM: preview_screen_scroll(s, s->value_rows); return true;
    case ACTION_COPY: preview_record_copy(s); return true;
    case ACTION_BACK:
    case ACTION_LEFT:
    case ACTION_OPEN: s->mode = MODE_RECORD; return true;
    default: s->mode = MODE_RECORD; return preview_record_update(s, a);
    }
}
