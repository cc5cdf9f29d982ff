#include "sandbox/databricks_results.h"
#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"

/* What a command of Command Execution 1.2 ends with (reference databricks §4.1). */

static void html_add(struct buf *out, const char *text)
{
    static const struct { char c; const char *entity; } entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
        { '"', "&quot;" }, { '\'', "&#39;" } };
    for (; *text; text++) {
        size_t i = 0;
        while (i < 5 && entities[i].c != *text)
            i++;
        if (i < 5)
            buf_puts(out, entities[i].entity);
        else
            buf_putc(out, *text);
    }
}

void command_results_error(cJSON *o, const char *exception, const char *message)
{
    struct buf summary = BUF_INIT, cause = BUF_INIT;
    const char *name = strrchr(exception, '.');
    buf_printf(&summary, "<span class='ansi-red-fg'>%s</span>: ", name ? name + 1 : exception);
    html_add(&summary, message);
    buf_printf(&cause, "%s: %s\n\tat com.databricks.backend.daemon.driver.SQLDriverLocal.repl(SQLDriverLocal.scala:198)\n",
               exception, message);
    json_put_str(o, "resultType", "error");
    json_put_str(o, "summary", summary.data);
    json_put_str(o, "cause", cause.data);
    buf_release(&summary);
    buf_release(&cause);
}

static void schema_add(cJSON *list, const struct sql_column *column)
{
    cJSON *o = cJSON_CreateObject();
    char *type = sql_type_json(column->type_text);
    json_put_str(o, "name", column->name);
    json_put_str(o, "type", type);
    json_put_str(o, "metadata", "{}");
    cJSON_AddItemToArray(list, o);
    free(type);
}

static cJSON *row_native(struct cell_type *const *types, int count, const cJSON *row, size_t *bytes)
{
    cJSON *out = cJSON_CreateArray();
    struct buf size = BUF_INIT;
    const cJSON *cell = row->child;
    for (int i = 0; i < count; i++, cell = cell ? cell->next : NULL)
        cJSON_AddItemToArray(out, cell_native(types[i], cell));
    json_print(&size, out);
    *bytes += size.len;
    buf_release(&size);
    return out;
}

void command_results_table(struct sandbox *s, cJSON *o, const struct sql_result *result)
{
    int64_t max_rows = sandbox_setting(s, "command.row_limit", 1000), max_bytes = sandbox_setting(s, "command.byte_limit", 2097152);
    cJSON *schema = cJSON_CreateArray(), *data = cJSON_CreateArray();
    struct cell_type **types = calloc((size_t)result->column_count + 1, sizeof *types);
    const cJSON *row;
    bool truncated = false;
    int64_t rows = 0;
    size_t bytes = 0;
    for (int i = 0; types && i < result->column_count; i++) {
        schema_add(schema, &result->columns[i]);
        types[i] = cell_type_parse(result->columns[i].type_text);
    }
    const cJSON *all = types ? result->rows : NULL;
    cJSON_ArrayForEach(row, all) {
        cJSON *cells = rows < max_rows ? row_native(types, result->column_count, row, &bytes) : NULL;
        truncated = rows++ >= max_rows || (int64_t)bytes > max_bytes;
        if (truncated) {
            cJSON_Delete(cells);
            break;
        }
        cJSON_AddItemToArray(data, cells);
    }
    for (int i = 0; types && i < result->column_count; i++)
        cell_type_free(types[i]);
    free(types);
    json_put_str(o, "resultType", "table");
    json_put_item(o, "schema", schema);
    json_put_item(o, "data", data);
    json_put_bool(o, "truncated", truncated);
    json_put_bool(o, "isJsonSchema", true);
}
