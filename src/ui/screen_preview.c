#include "ui/preview_screen.h"
#include "ui/words.h"

enum question { ASK_START = 1, ASK_REPLACE };

#define MINUTE_MS 60000

bool preview_screen_has_rows(const struct preview_screen *s)
{
    return s->rows && s->rows->p.row_count > 0;
}

/* ---- reading ---- */

static void stop(struct preview_screen *s)
{
    world_job_forget(s->job);
    s->job = NULL;
    s->tag++;  /* what still comes of it does not count */
}

static void set_failed(struct preview_screen *s, const struct err *e)
{
    s->phase = PHASE_FAILED;
    s->error = *e;
    if (s->rows)
        app_say_err(s->app, e);
}

static void begin(struct preview_screen *s, bool may_start)
{
    struct ui_world *w = world_of(s->app);
    struct err e;
    stop(s);
    err_clear(&e);
    s->phase = PHASE_READING;
    s->state = (struct preview_state){ 0 };
    s->begun = w->session != NULL;
    if (!s->begun && w->state == WORLD_CONNECTING)
        return;  /* EVENT_WORLD begins it */
    if (world_check(w, &e) < 0 || preview_rows_read(w, s->table_name, may_start, app_serial(s->app, s), s->tag, &s->job, &e) < 0)
        set_failed(s, &e);
}

static void ask_start(struct preview_screen *s)
{
    char text[512];
    const struct app_screen *front;
    if (app_front(s->app, &front) != s)
        return;  /* asked when it is in front again */
    snprintf(text, sizeof text, "Reading rows needs %s, which is %s. Starting it may take minutes and costs what running it costs. Start it?",
             s->state.label, s->state.state);
    app_ask(s->app, ASK_START, "Start the compute", text, "Stay|Start", NULL);
}

static void take_rows(struct preview_screen *s, struct event *ev)
{
    struct preview_rows *old = s->rows;
    s->rows = ev->payload;
    ev->payload = NULL;
    if (!old) {
        table_init(&s->table, preview_rows_source(s->rows), 1);
    } else {
        s->table.source = preview_rows_source(s->rows);
        table_change(&s->table, false);
        preview_rows_free(old);
    }
    s->phase = PHASE_SHOWN;
    app_wake(s->app, MINUTE_MS);
}

static void take_event(struct preview_screen *s, struct event *ev)
{
    if (ev->tag != s->tag)
        return;
    switch (ev->id) {
    case PREVIEW_READ: take_rows(s, ev); break;
    case PREVIEW_FAILED: set_failed(s, ev->payload); break;
    case PREVIEW_WAITS: s->state = *(struct preview_state *)ev->payload; return;
    case PREVIEW_NEEDS_START:
        s->state = *(struct preview_state *)ev->payload;
        s->phase = PHASE_NEEDS_START;
        ask_start(s);
        break;
    default: return;
    }
    world_job_forget(s->job);
    s->job = NULL;
}

/* ---- saving ---- */

static void begin_saving(struct preview_screen *s)
{
    struct name n = { 0 };
    struct err ignored;
    char *path = name_parse(s->table_name, 3, &n, &ignored) == 0 ? name_suggest(n.object) : NULL;
    char *whole = str_printf("%s.csv", path ? path : "rows");
    line_set(&s->path, whole);
    s->mode = MODE_SAVING;
    free(whole);
    free(path);
    name_release(&n);
}

static void save(struct preview_screen *s, bool replace)
{
    struct buf text = BUF_INIT;
    struct err e;
    const char *path = line_text(&s->path);
    bool csv = str_iends(path, ".csv"), jsonl = str_iends(path, ".jsonl");
    err_clear(&e);
    if (!csv && !jsonl) {
        app_say(s->app, ROLE_WARN, "the name says what is written: end it in .csv or in .jsonl");
        return;
    }
    int rc = csv ? preview_write_csv(&s->rows->p, &text, &e) : preview_write_jsonl(&s->rows->p, &text, &e);
    if (rc == 0)
        rc = preview_rows_save(world_of(s->app), path, replace, &text, app_serial(s->app, s), &e);
    if (rc < 0)
        app_say_err(s->app, &e);
    buf_release(&text);
}

static void saved(struct preview_screen *s, const struct err *e)
{
    char text[700], count[24];
    if (e->code == ERR_CONFLICT) {
        snprintf(text, sizeof text, "%s exists already. Replace it?", line_text(&s->path));
        app_ask(s->app, ASK_REPLACE, "Replace the file", text, "Stay|Replace", NULL);
    } else if (e->code) {
        app_say_err(s->app, e);
    } else {
        char *path = preview_rows_path(line_text(&s->path));
        s->mode = MODE_TABLE;
        app_say(s->app, ROLE_GOOD, "%s rows written to %s", str_count(s->rows->p.row_count, count, sizeof count), path ? path : line_text(&s->path));
        free(path);
    }
}

static bool update_saving(struct preview_screen *s, enum action a)
{
    if (a == ACTION_BACK)
        s->mode = MODE_TABLE;
    else if (a == ACTION_ACCEPT || a == ACTION_OPEN)
        save(s, false);
    else
        return line_update(&s->path, a);
    return true;
}

/* ---- the record ---- */

static void show_record(struct preview_screen *s, size_t row)
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

static void copy_value(struct preview_screen *s)
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

static bool update_record(struct preview_screen *s, enum action a)
{
    switch (a) {
    case ACTION_BACK: s->mode = MODE_TABLE; return true;
    case ACTION_NEXT: show_record(s, s->record_row + 1); return true;
    case ACTION_PREVIOUS: show_record(s, s->record_row - 1); return true;
    case ACTION_COPY: copy_value(s); return true;
    case ACTION_REFRESH:
        s->mode = MODE_TABLE;
        begin(s, false);
        return true;
    case ACTION_OPEN: return show_value(s) || tree_update(&s->record, a);
    default: return tree_update(&s->record, a);
    }
}

static bool update_value(struct preview_screen *s, enum action a)
{
    int page = s->value_page > 1 ? s->value_page - 1 : 1;
    switch (a) {
    case ACTION_UP: preview_screen_scroll(s, s->value_top - 1); return true;
    case ACTION_DOWN: preview_screen_scroll(s, s->value_top + 1); return true;
    case ACTION_PAGE_UP: preview_screen_scroll(s, s->value_top - page); return true;
    case ACTION_PAGE_DOWN: preview_screen_scroll(s, s->value_top + page); return true;
    case ACTION_TOP: preview_screen_scroll(s, 0); return true;
    case ACTION_BOTTOM: preview_screen_scroll(s, s->value_rows); return true;
    case ACTION_COPY: copy_value(s); return true;
    case ACTION_BACK:
    case ACTION_LEFT:
    case ACTION_OPEN: s->mode = MODE_RECORD; return true;
    default: s->mode = MODE_RECORD; return update_record(s, a);
    }
}

/* ---- the screen ---- */

static int open_preview(void *state, struct app *app, const void *arg, struct err *e)
{
    struct preview_screen *s = state;
    s->app = app;
    line_init(&s->path);
    tree_init(&s->record);
    s->table_name = str_dup(arg);
    if (!s->table_name)
        return err_no_memory(e);
    begin(s, false);
    return 0;
}

static void close_preview(void *state)
{
    struct preview_screen *s = state;
    world_job_forget(s->job);
    if (s->rows) {
        table_release(&s->table);
        preview_rows_free(s->rows);
    }
    tree_release(&s->record);
    line_release(&s->path);
    free(s->table_name);
}

static bool back(struct preview_screen *s)
{
    if (s->phase != PHASE_READING)
        return false;
    stop(s);
    s->phase = s->rows ? PHASE_SHOWN : PHASE_STOPPED;
    app_say(s->app, ROLE_DIM, "stopped reading; r reads again");
    return true;
}

static bool act(struct preview_screen *s, enum action a)
{
    if (s->mode == MODE_SAVING)
        return update_saving(s, a);
    if (s->mode == MODE_RECORD)
        return update_record(s, a);
    if (s->mode == MODE_VALUE)
        return update_value(s, a);
    if (s->rows && s->table.finding)
        return table_update(&s->table, a);
    switch (a) {
    case ACTION_REFRESH: begin(s, false); return true;
    case ACTION_RECORD:
        if (s->phase == PHASE_NEEDS_START)
            ask_start(s);
        else if (preview_screen_has_rows(s))
            show_record(s, s->table.row);
        return true;
    case ACTION_SAVE: begin_saving(s); return true;
    case ACTION_COPY: copy_value(s); return true;
    case ACTION_BACK:
        if (s->rows && table_has_find(&s->table)) {
            line_set(&s->table.find, NULL);
            s->table.not_found = false;
            return true;
        }
        return back(s);
    default: return s->rows && table_update(&s->table, a);
    }
}

static bool typed(struct preview_screen *s, uint32_t cp)
{
    return s->mode == MODE_SAVING ? line_type(&s->path, cp) : s->rows && table_type(&s->table, cp);
}

static void answered(struct preview_screen *s, int tag, int answer)
{
    if (tag == ASK_START && answer == 1)
        begin(s, true);
    else if (tag == ASK_START)
        app_say(s->app, ROLE_DIM, "nothing was started; Enter asks again, Esc goes back");
    else if (tag == ASK_REPLACE && answer == 1)
        save(s, true);
}

static bool update_preview(void *state, struct app *app, const struct app_input *in)
{
    struct preview_screen *s = state;
    switch (in->kind) {
    case APP_ACTION: return act(s, in->action);
    case APP_TYPED: return typed(s, in->key);
    case APP_PASTED: return s->mode == MODE_SAVING ? line_insert(&s->path, in->text, in->length) : s->rows && line_insert(&s->table.find, in->text, in->length);
    case APP_CLICKED: return s->mode == MODE_TABLE && s->rows && table_click(&s->table, s->table_rect, in->row);
    case APP_ANSWER: answered(s, in->tag, in->answer); return true;
    case APP_TICK: app_wake(app, MINUTE_MS); return true;
    case APP_SHOWN:
        app_wake(app, MINUTE_MS);
        if (s->phase == PHASE_NEEDS_START)
            ask_start(s);
        return true;
    case APP_EVENT:
        if (in->event->id == PREVIEW_SAVED)
            saved(s, in->event->payload);
        else if (in->event->id == EVENT_WORLD && !s->begun && s->phase == PHASE_READING)
            begin(s, false);
        else if (in->event->id >= EVENT_OWN)
            take_event(s, in->event);
        return true;
    default: return false;
    }
}

static const enum keymap_set *keys_preview(const void *state)
{
    static const enum keymap_set table[] = { KEYS_TABLE, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set record[] = { KEYS_TREE, KEYS_LIST, KEYS_VIEW, KEYS_GLOBAL, KEYS_END };
    static const enum keymap_set text[] = { KEYS_PICKER, KEYS_LINE, KEYS_GLOBAL, KEYS_END };
    const struct preview_screen *s = state;
    if (s->mode == MODE_SAVING || (s->mode == MODE_TABLE && s->rows && s->table.finding))
        return text;
    return s->mode == MODE_RECORD || s->mode == MODE_VALUE ? record : table;
}

static bool typing_preview(const void *state)
{
    const struct preview_screen *s = state;
    return s->mode == MODE_SAVING || (s->mode == MODE_TABLE && s->rows && s->table.finding);
}

static uint32_t met_preview(const void *state)
{
    const struct preview_screen *s = state;
    uint32_t met = 0;
    if (preview_screen_has_rows(s))
        met |= NEED_BIT(NEED_ROWS) | NEED_BIT(NEED_ITEM);
    if (s->phase == PHASE_NEEDS_START)
        met |= NEED_BIT(NEED_ROWS);   /* Enter asks again */
    if (s->rows && table_has_find(&s->table))
        met |= NEED_BIT(NEED_FOUND);
    if (s->mode == MODE_RECORD && tree_folds(&s->record))
        met |= NEED_BIT(NEED_JSON);
    return met;
}

static const char *why_not_preview(const void *state, enum action a)
{
    const struct preview_screen *s = state;
    bool lists = a == ACTION_FILTER || a == ACTION_MARK || a == ACTION_MARK_ALL;
    if (a == ACTION_SAVE && !preview_screen_has_rows(s))
        return "there are no rows to write";
    if (a == ACTION_FIND && !preview_screen_has_rows(s))
        return "there are no rows to search";
    if (lists)
        return s->mode != MODE_TABLE ? "a record has no marks and no filter; / finds in the table" : "rows have no marks; / finds";
    return NULL;
}

static void place_preview(const void *state, struct app_words *out)
{
    const struct preview_screen *s = state;
    char shown[24], total[24];
    int used = snprintf(out->left, sizeof out->left, "%s", s->table_name);
    if (!s->rows || used < 0 || (size_t)used >= sizeof out->left)
        return;
    char *at = out->left + used;
    size_t room = sizeof out->left - (size_t)used;
    const struct preview *p = &s->rows->p;
    str_count(p->row_count, shown, sizeof shown);
    if (s->mode == MODE_RECORD || s->mode == MODE_VALUE) {
        str_count(s->record_row + 1, total, sizeof total);
        snprintf(at, room, "   row %s of %s shown", total, shown);
    } else if (p->row_count == 0) {
        str_copy(at, room, "   no rows");
    } else if (p->total_rows < 0) {
        snprintf(at, room, "   first %s rows", shown);
    } else if ((uint64_t)p->total_rows > p->row_count) {
        snprintf(at, room, "   %s rows, first %s shown", str_count((uint64_t)p->total_rows, total, sizeof total), shown);
    } else {
        snprintf(at, room, "   %s row%s, all shown", shown, p->row_count == 1 ? "" : "s");
    }
}

static void status_preview(const void *state, struct app_words *out)
{
    const struct preview_screen *s = state;
    char age[40];
    enum theme_role role;
    if (!s->rows)
        return;
    if (s->phase != PHASE_SHOWN) {
        preview_screen_words(s, out->left, sizeof out->left, &role);
        out->whole = s->phase == PHASE_FAILED;
        return;
    }
    snprintf(out->left, sizeof out->left, "%s by %s", words_age("read", s->rows->p.read_at_ms, age, sizeof age), s->rows->p.compute);
    if (s->mode == MODE_TABLE)
        table_columns_text(&s->table, out->right, sizeof out->right);
    if (s->mode == MODE_VALUE && s->value_rows > s->value_page)
        snprintf(out->right, sizeof out->right, "lines %d-%d of %d", s->value_top + 1, s->value_top + s->value_page, s->value_rows);
}

static const enum action hints_preview[] = { ACTION_RECORD, ACTION_FIND, ACTION_SAVE, ACTION_COPY, ACTION_REFRESH, ACTION_BACK, ACTION_FOLD, ACTION_NONE };

const struct app_screen screen_preview = {
    .name = "preview", .title = "Preview", .size = sizeof(struct preview_screen),
    .open = open_preview, .close = close_preview, .update = update_preview, .render = preview_screen_render,
    .keys = keys_preview, .typing = typing_preview, .met = met_preview, .why_not = why_not_preview,
    .place = place_preview, .status = status_preview, .hints = hints_preview,
};
