#include "core/preview.h"
#include "base/timefmt.h"

#define LONG_TEXT 500  /* characters of a long value that are fetched; the length comes with them */
#define COLUMN_MAX 200

/* How a column is asked for. Everything comes back as text, so that both backends say the same. */
enum shape { SHAPE_PLAIN, SHAPE_TEXT, SHAPE_BINARY, SHAPE_NESTED };

static enum shape shape_of(const char *type)
{
    static const struct { const char *prefix; enum shape shape; } SHAPES[] = {
        { "string", SHAPE_TEXT }, { "varchar", SHAPE_TEXT }, { "char", SHAPE_TEXT }, { "binary", SHAPE_BINARY },
        { "array", SHAPE_NESTED }, { "map", SHAPE_NESTED }, { "struct", SHAPE_NESTED }, { "variant", SHAPE_NESTED },
    };

    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++)
        if (strncasecmp(type, SHAPES[i].prefix, strlen(SHAPES[i].prefix)) == 0)
            return SHAPES[i].shape;
    return SHAPE_PLAIN;
}

/* Two result columns a table column: v<i> the text, n<i> the whole length where the text may be cut. */
static void put_projection(struct buf *b, const char *column, enum shape shape, size_t i)
{
    struct buf id = BUF_INIT;

    sql_identifier(&id, column);
    switch (shape) {
    case SHAPE_BINARY:
        buf_printf(b, "CAST(NULL AS STRING) AS v%zu, CAST(octet_length(%s) AS STRING) AS n%zu", i, id.data, i);
        break;
    case SHAPE_TEXT:
        buf_printf(b, "left(%s, %d) AS v%zu, CAST(length(%s) AS STRING) AS n%zu", id.data, LONG_TEXT, i, id.data, i);
        break;
    case SHAPE_NESTED:
        buf_printf(b, "left(to_json(%s), %d) AS v%zu, CAST(length(to_json(%s)) AS STRING) AS n%zu", id.data, LONG_TEXT, i, id.data, i);
        break;
    case SHAPE_PLAIN:
        buf_printf(b, "CAST(%s AS STRING) AS v%zu", id.data, i);
        break;
    }
    if (id.failed && !b->failed)
        b->failed = id.failed;
    buf_release(&id);
}

static const struct databricks_column *find_column(const struct databricks_object *table, const char *name, size_t n)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strlen(table->columns[i].name) == n && strncasecmp(table->columns[i].name, name, n) == 0)
            return &table->columns[i];
    return NULL;
}

static int add_column(struct preview *p, const struct databricks_column *c, struct err *e)
{
    struct preview_column *grown = realloc(p->columns, (p->column_count + 1) * sizeof *grown);

    if (grown == NULL)
        return err_no_memory(e);
    p->columns = grown;
    grown[p->column_count] = (struct preview_column){ .name = str_dup(c->name), .type = str_dup(c->type_text) };
    p->column_count++;
    return grown[p->column_count - 1].name == NULL || grown[p->column_count - 1].type == NULL ? err_no_memory(e) : 0;
}

static int choose_columns(struct preview *p, const struct preview_ask *ask, const struct databricks_object *table, struct err *e)
{
    int result = 0;

    p->all_columns = table->column_count;
    if (ask->columns == NULL) {
        for (size_t i = 0; result == 0 && i < table->column_count && i < COLUMN_MAX; i++)
            result = add_column(p, &table->columns[i], e);
        return result;
    }
    for (const char *at = ask->columns; result == 0 && *at != '\0';) {
        size_t n = strcspn(at, ",");
        const struct databricks_column *c = find_column(table, at, n);
        if (c == NULL)
            return err_set(e, ERR_USAGE, "there is no column \"%.*s\"", (int)n, at);
        result = add_column(p, c, e);
        at += n + (at[n] == ',');
    }
    return result;
}

static int build_query(const struct preview *p, const struct preview_ask *ask, struct buf *sql, struct err *e)
{
    if (p->column_count == 0)
        return err_set(e, ERR_REFUSED, "the table has no columns that you can see");
    buf_puts(sql, "SELECT ");
    for (size_t i = 0; i < p->column_count; i++) {
        if (i > 0)
            buf_puts(sql, ", ");
        put_projection(sql, p->columns[i].name, shape_of(p->columns[i].type), i);
    }
    buf_puts(sql, " FROM ");
    sql_table(sql, &ask->table);
    buf_printf(sql, " LIMIT %d", ask->limit);
    return buf_error(sql, e);
}

static int fill_cell(struct preview *p, size_t at, enum shape shape, const char *text, const char *length, struct err *e)
{
    uint64_t n = 0;

    p->cells[at].kind = text == NULL && length == NULL ? PREVIEW_NULL : shape == SHAPE_BINARY ? PREVIEW_BINARY : PREVIEW_TEXT;
    str_u64(length, &n);
    p->cells[at].length = n;
    if (p->cells[at].kind == PREVIEW_TEXT && (shape == SHAPE_TEXT || shape == SHAPE_NESTED) && n > LONG_TEXT)
        p->cells[at].kind = PREVIEW_CUT;
    p->cells[at].text = str_dup(text != NULL ? text : "");
    return p->cells[at].text == NULL ? err_no_memory(e) : 0;
}

static const char *cell_at(const struct compute_rows *rows, size_t row, size_t column)
{
    return column < rows->column_count ? rows->cells[row * rows->column_count + column] : NULL;
}

/* The result's columns stand in the order of the projection: v0, n0 (not of a plain one), v1, … */
static int fill_cells(struct preview *p, const struct compute_rows *rows, struct err *e)
{
    p->cells = calloc(rows->row_count * p->column_count + 1, sizeof *p->cells);
    if (p->cells == NULL)
        return err_no_memory(e);
    p->row_count = rows->row_count;
    for (size_t c = 0, at = 0; c < p->column_count; c++) {
        enum shape shape = shape_of(p->columns[c].type);
        size_t value = at++, length = shape != SHAPE_PLAIN ? at++ : SIZE_MAX;
        for (size_t r = 0; r < p->row_count; r++)
            if (fill_cell(p, r * p->column_count + c, shape, cell_at(rows, r, value), cell_at(rows, r, length), e) != 0)
                return -1;
    }
    return 0;
}

/* JSON by what is in it: nested types, or a text column all of whose shown values look like an object or a list. */
static void mark_json(struct preview *p)
{
    for (size_t c = 0; c < p->column_count; c++) {
        enum shape shape = shape_of(p->columns[c].type);
        size_t seen = 0, json = 0;
        for (size_t r = 0; shape == SHAPE_TEXT && r < p->row_count; r++) {
            size_t i = r * p->column_count + c;
            if (p->cells[i].kind == PREVIEW_NULL)
                continue;
            seen++;
            json += p->cells[i].text[0] == '{' || p->cells[i].text[0] == '[';
        }
        p->columns[c].is_json = shape == SHAPE_NESTED || (seen > 0 && seen == json);
    }
}

static int count_rows(struct compute *c, const struct name *table, int64_t *out, struct err *e)
{
    struct buf sql = BUF_INIT;
    struct compute_rows rows = {0};
    int result;

    buf_puts(&sql, "SELECT count(*) AS n FROM ");
    sql_table(&sql, table);
    result = buf_error(&sql, e) != 0 ? -1 : compute_run(c, sql.data, false, &rows, e);
    if (result == 0 && !str_i64(compute_cell(&rows, 0, "n"), out))
        *out = -1;
    compute_rows_release(&rows);
    buf_release(&sql);
    return result;
}

int preview_read(struct compute *c, const struct preview_ask *ask, const struct databricks_object *table, struct preview *out, struct err *e)
{
    struct compute_rows rows = {0};
    struct buf sql = BUF_INIT;
    int result;

    *out = (struct preview){ .total_rows = -1 };
    result = choose_columns(out, ask, table, e);
    if (result == 0)
        result = build_query(out, ask, &sql, e);
    if (result == 0)
        result = compute_run(c, sql.data, true, &rows, e);
    if (result == 0)
        result = fill_cells(out, &rows, e);
    if (result == 0 && ask->count)
        result = count_rows(c, &ask->table, &out->total_rows, e);
    if (result == 0)
        mark_json(out);
    str_copy(out->compute, sizeof out->compute, compute_label(c));
    out->read_at_ms = time_wall_ms();
    compute_rows_release(&rows);
    buf_release(&sql);
    if (result != 0)
        preview_release(out);
    return result;
}

static int start_if_asked(struct compute *c, const struct preview_hooks *hooks, struct err *e)
{
    char state[32] = "";
    bool running = false;

    if (compute_state(c, state, &running, e) != 0)
        return -1;
    if (running)
        return 0;
    if (hooks == NULL || hooks->confirm == NULL || hooks->confirm(hooks->ctx, compute_label(c), state) != 1) {
        err_set(e, ERR_CONFIG, "%s is %s, and reading rows needs it", compute_label(c), state);
        return err_remedy(e, "start it by saying --yes, or name another with --compute");
    }
    return compute_start(c, hooks->tick, hooks->ctx, e);
}

int preview_run(const struct session *s, const struct preview_ask *ask, const struct preview_hooks *hooks, struct preview *out, struct err *e)
{
    struct databricks_object table = {0};
    struct compute *c = NULL;
    char *full = name_full(&ask->table);
    int result = full == NULL ? err_no_memory(e) : 0;

    *out = (struct preview){ .total_rows = -1 };
    if (result == 0)
        result = databricks_object_get(&s->databricks, DATABRICKS_TABLE, full, &table, e);
    if (result == 0)
        result = compute_open(s, ask->compute, NULL, &c, e);
    if (result == 0)
        result = start_if_asked(c, hooks, e);
    if (result == 0)
        result = preview_read(c, ask, &table, out, e);
    compute_close(c);
    databricks_object_release(&table);
    free(full);
    return result;
}

void preview_release(struct preview *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; p->cells != NULL && i < p->row_count * p->column_count; i++)
        free(p->cells[i].text);
    for (size_t i = 0; i < p->column_count; i++) {
        free(p->columns[i].name);
        free(p->columns[i].type);
    }
    free(p->cells);
    free(p->columns);
    *p = (struct preview){ .total_rows = -1 };
}
