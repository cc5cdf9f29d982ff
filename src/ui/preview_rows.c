#include "ui/preview_rows.h"
#include "base/file.h"
#include <unistd.h>

/* ---- showing ---- */

void preview_rows_release(struct preview_rows *r)
{
    for (size_t i = 0; r->types && i < r->p.column_count; i++)
        free(r->types[i]);
    free(r->types);
    preview_release(&r->p);
    *r = (struct preview_rows){ .p.total_rows = -1 };
}

void preview_rows_free(void *r)
{
    preview_rows_release(r);
    free(r);
}

/* "STRING json", "STRUCT json": the outer type is what fits into a head. */
static char *head_type(const struct preview_column *c)
{
    char *type = str_dup_n(c->type, strcspn(c->type, "<"));
    for (char *p = type; p && *p; p++)
        *p = *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    char *whole = type && c->is_json ? str_printf("%s json", type) : NULL;
    if (!whole)
        return type;
    free(type);
    return whole;
}

static int name_types(struct preview_rows *r, struct err *e)
{
    r->types = calloc(r->p.column_count + 1, sizeof *r->types);
    for (size_t i = 0; r->types && i < r->p.column_count; i++)
        if (!(r->types[i] = head_type(&r->p.columns[i])))
            return err_no_memory(e);
    return r->types ? 0 : err_no_memory(e);
}

static size_t count_rows(const void *ctx) { return ((const struct preview_rows *)ctx)->p.row_count; }
static size_t count_columns(const void *ctx) { return ((const struct preview_rows *)ctx)->p.column_count; }

static void read_column(const void *ctx, size_t i, struct table_column *out)
{
    const struct preview_rows *r = ctx;
    *out = (struct table_column){ r->p.columns[i].name, r->types[i] };
}

static enum table_kind kind_of(const struct preview_column *c)
{
    static const char *const numbers[] = { "tinyint", "smallint", "int", "bigint", "long", "float", "double", "decimal" };
    if (c->is_json)
        return TABLE_JSON;
    if (str_ieq(c->type, "boolean"))
        return TABLE_BOOL;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strncasecmp(c->type, numbers[i], strlen(numbers[i])) == 0 && strncasecmp(c->type, "interval", 8) != 0)
            return TABLE_NUMBER;
    return TABLE_TEXT;
}

static void read_cell(const void *ctx, size_t row, size_t column, struct table_cell *out)
{
    struct preview_rows *r = (struct preview_rows *)(uintptr_t)ctx;
    size_t i = row * r->p.column_count + column;
    char bytes[16];
    *out = (struct table_cell){ r->p.cells[i].text, kind_of(&r->p.columns[column]) };
    if (r->p.cells[i].kind == PREVIEW_NULL)
        *out = (struct table_cell){ NULL, TABLE_NULL };
    if (r->p.cells[i].kind == PREVIEW_BINARY) {
        snprintf(r->bytes, sizeof r->bytes, "%s of binary", str_bytes(r->p.cells[i].length, bytes, sizeof bytes));
        *out = (struct table_cell){ r->bytes, TABLE_BINARY };
    }
}

struct table_source preview_rows_source(const struct preview_rows *r)
{
    return (struct table_source){ (void *)(uintptr_t)r, count_rows, count_columns, read_column, read_cell };
}

static int add_value(const struct preview_rows *r, size_t i, const struct preview_column *c, struct tree *out, struct err *e)
{
    char note[96], count[24];
    struct table_cell cell;
    switch (r->p.cells[i].kind) {
    case PREVIEW_NULL: return tree_add(out, 0, c->name, "NULL", ROLE_NULL, e);
    case PREVIEW_BINARY:
        read_cell(r, i / r->p.column_count, i % r->p.column_count, &cell);
        return tree_add(out, 0, c->name, cell.text, ROLE_DIM, e);
    case PREVIEW_CUT:
        snprintf(note, sizeof note, "the beginning of %s characters", str_count(r->p.cells[i].length, count, sizeof count));
        return tree_add(out, 0, c->name, r->p.cells[i].text, ROLE_TEXT, e) || tree_add(out, 0, "", note, ROLE_DIM, e) ? -1 : 0;
    case PREVIEW_TEXT: break;
    }
    if (c->is_json)
        return tree_add_json(out, 0, c->name, r->p.cells[i].text, e);
    return tree_add(out, 0, c->name, r->p.cells[i].text, kind_of(c) == TABLE_NUMBER ? ROLE_NUMBER : ROLE_TEXT, e);
}

int preview_rows_record(const struct preview_rows *r, size_t row, struct tree *out, struct err *e)
{
    for (size_t c = 0; c < r->p.column_count; c++)
        if (add_value(r, row * r->p.column_count + c, &r->p.columns[c], out, e) < 0)
            return -1;
    tree_fold_below(out, 1);
    return 0;
}

/* ---- reading ---- */

struct reading {
    struct event_queue *queue;
    uint64_t serial, tag;
    char *table;
    bool may_start, refused;      /* refused: it would have to be started, and nobody agreed to that */
    struct net_cancel *cancel;
    char label[160];
};

static void reading_free(struct reading *r)
{
    free(r->table);
    free(r);
}

static void post(const struct reading *r, int id, void *payload, void (*release)(void *))
{
    struct err ignored;
    event_post(r->queue, id, r->serial, r->tag, payload, release, &ignored);
}

static void post_state(const struct reading *r, int id, const char *state, int64_t waited_ms)
{
    struct preview_state *s = calloc(1, sizeof *s);
    if (!s)
        return;
    str_copy(s->label, sizeof s->label, r->label);
    str_copy(s->state, sizeof s->state, state);
    s->waited_ms = waited_ms;
    post(r, id, s, free);
}

static int confirm(void *ctx, const char *label, const char *state)
{
    struct reading *r = ctx;
    str_copy(r->label, sizeof r->label, label);
    if (r->may_start)
        return 1;
    r->refused = true;
    post_state(r, PREVIEW_NEEDS_START, state, 0);
    return 0;
}

static int tick(void *ctx, const char *state, int64_t waited_ms)
{
    struct reading *r = ctx;
    if (net_cancel_is_set(r->cancel))
        return -1;
    post_state(r, PREVIEW_WAITS, state, waited_ms);
    return 0;
}

static void post_error(const struct reading *r, int id, const struct err *e)
{
    struct err *copy = malloc(sizeof *copy);
    if (copy) {
        *copy = *e;
        post(r, id, copy, free);
    }
}

static int read_rows(struct reading *r, struct session *session, struct preview_rows *out, struct err *e)
{
    const struct preview_hooks hooks = { confirm, tick, r };
    struct preview_ask ask = { .limit = PREVIEW_ROWS, .count = true };
    if (!session)
        return err_set(e, ERR_CONFIG, "there is no connection yet");
    int rc = name_parse(r->table, 3, &ask.table, e);
    if (rc == 0)
        rc = preview_run(session, &ask, &hooks, &out->p, e);
    name_release(&ask.table);
    return rc == 0 ? name_types(out, e) : -1;
}

static void reading_main(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct reading *r = arg;
    struct err e;
    struct preview_rows *rows = calloc(1, sizeof *rows);
    err_clear(&e);
    r->cancel = cancel;
    int rc = rows ? read_rows(r, session, rows, &e) : err_no_memory(&e);
    if (rc == 0) {
        post(r, PREVIEW_READ, rows, preview_rows_free);
    } else {
        if (rows)
            preview_rows_free(rows);
        if (!r->refused) {
            err_about(&e, "cannot preview", r->table);
            post_error(r, PREVIEW_FAILED, &e);
        }
    }
    reading_free(r);
}

int preview_rows_read(struct ui_world *w, const char *table, bool may_start, uint64_t serial, uint64_t tag, struct world_job **job, struct err *e)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r || !(r->table = str_dup(table))) {
        free(r);
        return err_no_memory(e);
    }
    r->queue = app_queue(w->app);
    r->serial = serial;
    r->tag = tag;
    r->may_start = may_start;
    if (world_job_start(w, reading_main, r, job, e) == 0)
        return 0;
    reading_free(r);
    return -1;
}

/* ---- saving ---- */

struct saving { struct reading at; struct buf text; bool replace; };

static void saving_main(void *arg, struct session *session, struct net_cancel *cancel)
{
    struct saving *s = arg;
    struct err e;
    (void)session;
    (void)cancel;
    err_clear(&e);
    if (!s->replace && access(s->at.table, F_OK) == 0)
        err_set(&e, ERR_CONFLICT, "the file exists");
    else
        file_write_atomic(s->at.table, s->text.data, s->text.len, &e);
    if (e.code)
        err_about(&e, "cannot write", s->at.table);
    post_error(&s->at, PREVIEW_SAVED, &e);
    buf_release(&s->text);
    free(s->at.table);
    free(s);
}

char *preview_rows_path(const char *typed)
{
    char here[4096];
    const char *home = getenv("HOME");
    if (str_starts(typed, "~/") && home)
        return str_printf("%s%s", home, typed + 1);
    if (typed[0] == '/' || !getcwd(here, sizeof here))
        return str_dup(typed);
    return str_printf("%s/%s", str_eq(here, "/") ? "" : here, typed);
}

int preview_rows_save(struct ui_world *w, const char *path, bool replace, struct buf *text, uint64_t serial, struct err *e)
{
    struct saving *s = calloc(1, sizeof *s);
    if (s) {
        s->at.queue = app_queue(w->app);
        s->at.serial = serial;
        s->at.table = preview_rows_path(path);
        s->text = *text;
        s->replace = replace;
        buf_init(text, 0);
    }
    int rc = s && s->at.table ? world_background(w, saving_main, s, e) : err_no_memory(e);
    if (rc < 0 && s) {
        buf_release(&s->text);
        free(s->at.table);
        free(s);
    }
    return rc;
}
