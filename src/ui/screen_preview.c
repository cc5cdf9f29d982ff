#include "ui/preview_screen.h"
#include "ui/words.h"

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

void preview_screen_read(struct preview_screen *s, bool may_start)
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
    app_ask(s->app, PREVIEW_ASK_START, "Start the compute", text, "Stay|Start", NULL);
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
    preview_screen_read(s, false);
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
        return preview_save_update(s, a);
    if (s->mode == MODE_RECORD)
        return preview_record_update(s, a);
    if (s->mode == MODE_VALUE)
        return preview_value_update(s, a);
    if (s->rows && s->table.finding)
        return table_update(&s->table, a);
    switch (a) {
    case ACTION_REFRESH: preview_screen_read(s, false); return true;
    case ACTION_RECORD:
        if (s->phase == PHASE_NEEDS_START)
            ask_start(s);
        else if (preview_screen_has_rows(s))
            preview_record_show(s, s->table.row);
        return true;
    case ACTION_SAVE: preview_save_begin(s); return true;
    case ACTION_COPY: preview_record_copy(s); return true;
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
    if (tag == PREVIEW_ASK_START && answer == 1)
        preview_screen_read(s, true);
    else if (tag == PREVIEW_ASK_START)
        app_say(s->app, ROLE_DIM, "nothing was started; Enter asks again, Esc goes back");
    else if (tag == PREVIEW_ASK_REPLACE && answer == 1)
        preview_save_write(s, true);
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
            preview_save_ended(s, in->event->payload);
        else if (in->event->id == EVENT_WORLD && !s->begun && s->phase == PHASE_READING)
            preview_screen_read(s, false);
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
