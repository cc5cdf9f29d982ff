/* preview: the first rows of a table as a table, CSV or JSON lines. */
#include "cli/patience.h"
#include "cli/verbs.h"
#include "core/preview.h"

#define DEFAULT_ROWS 20
#define MAX_ROWS 1000

static int confirm_start(void *ctx, const char *label, const char *state)
{
    const struct command *c = ctx;
    char question[320];

    if (command_has(c, OPT_YES))
        return 1;
    snprintf(question, sizeof question, "%s is %s. Start it?", label, state);
    return out_ask(c->out, question);
}

static int tell_state(void *ctx, const char *state, int64_t waited_ms)
{
    const struct command *c = ctx;
    char text[160], waited[32];

    snprintf(text, sizeof text, "compute: %s, %s", state, str_duration(waited_ms, waited, sizeof waited));
    out_bar(c->out, text);
    return 0;
}

static int print_table(struct out *o, const struct preview *p)
{
    const char **heads = calloc(p->column_count + 1, sizeof *heads);
    char **cells = calloc(p->row_count * p->column_count + 1, sizeof *cells);

    for (size_t i = 0; heads != NULL && i < p->column_count; i++)
        heads[i] = p->columns[i].name;
    for (size_t i = 0; cells != NULL && i < p->row_count * p->column_count; i++)
        cells[i] = preview_cell_text(p, i);
    bool good = heads != NULL && cells != NULL;
    if (good)
        out_table(o, heads, p->column_count, cells, p->row_count);
    for (size_t i = 0; cells != NULL && i < p->row_count * p->column_count; i++)
        free(cells[i]);
    free(cells);
    free(heads);
    return good ? 0 : 1;
}

/* What core writes, as data. */
static int print_written(struct out *o, const struct preview *p, int (*write)(const struct preview *, struct buf *, struct err *))
{
    struct buf b = BUF_INIT;
    struct err e = {0};
    int result = write(p, &b, &e);

    if (result == 0)
        out_data(o, b.data, b.len);
    buf_release(&b);
    return result == 0 ? 0 : out_error(o, &e);
}

static int print_csv(struct out *o, const struct preview *p)
{
    return print_written(o, p, preview_write_csv);
}

/* One object a row, keyed by column. With --json it is a member of a line like all others. */
static int print_jsonl(struct out *o, const struct preview *p)
{
    if (!o->json)
        return print_written(o, p, preview_write_jsonl);
    for (size_t r = 0; r < p->row_count; r++) {
        cJSON *row = cJSON_CreateObject(), *line = out_object("row");
        for (size_t c = 0; c < p->column_count; c++) {
            size_t i = r * p->column_count + c;
            char *text = preview_cell_text(p, i);
            if (p->cells[i].kind == PREVIEW_NULL)
                json_put_item(row, p->columns[c].name, cJSON_CreateNull());
            else
                json_put_str(row, p->columns[c].name, text);
            free(text);
        }
        json_put_item(line, "row", row);
        out_json(o, line);
        cJSON_Delete(line);
    }
    return 0;
}

static const struct { const char *name; int (*print)(struct out *, const struct preview *); } FORMATS[] = {
    { "table", print_table }, { "csv", print_csv }, { "jsonl", print_jsonl },
};

static int read_ask(struct command *c, struct preview_ask *ask, size_t *format, struct err *e)
{
    const char *limit = c->args->value[OPT_LIMIT], *name = c->args->value[OPT_FORMAT];
    int64_t n = DEFAULT_ROWS;

    if (limit != NULL && (!str_i64(limit, &n) || n < 1 || n > MAX_ROWS))
        return err_set(e, ERR_USAGE, "--limit is a number from 1 to %d; not \"%s\"", MAX_ROWS, limit);
    if (name == NULL)
        name = c->out->json ? "jsonl" : "table";
    for (*format = 0; *format < sizeof FORMATS / sizeof FORMATS[0]; ++*format)
        if (str_eq(FORMATS[*format].name, name))
            break;
    if (*format == sizeof FORMATS / sizeof FORMATS[0])
        return err_set(e, ERR_USAGE, "--format is table, csv or jsonl; not \"%s\"", name);
    ask->limit = (int)n;
    ask->columns = c->args->value[OPT_COLUMNS];
    ask->compute = c->args->value[OPT_COMPUTE];
    ask->count = true;
    return name_parse(command_word(c, 0), 3, &ask->table, e);
}

int verb_preview(struct command *c)
{
    const struct preview_hooks hooks = { confirm_start, tell_state, c };
    struct preview_ask ask = {0};
    struct preview p = {0};
    struct session s = {0};
    struct patience patience;
    struct err e = {0};
    size_t format = 0;
    int result = -1;

    if (read_ask(c, &ask, &format, &e) == 0 && command_session(c, true, false, true, &s, &e) == 0) {
        patience_begin(&patience, &s);
        result = preview_run(&s, &ask, &hooks, &p, &e);
        patience_end(&patience);
    }
    out_bar_end(c->out);
    if (result == 0) {
        result = FORMATS[format].print(c->out, &p);
        if (p.column_count < p.all_columns && ask.columns == NULL)
            out_say(c->out, "the first %zu of %zu columns; --columns names others", p.column_count, p.all_columns);
        if (p.total_rows >= 0)
            out_say(c->out, "%zu of %lld rows, read by %s", p.row_count, (long long)p.total_rows, p.compute);
    } else {
        err_about(&e, "cannot preview", command_word(c, 0));
        result = out_error(c->out, &e);
    }
    preview_release(&p);
    name_release(&ask.table);
    session_close(&s);
    return result;
}
