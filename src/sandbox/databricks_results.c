#include "sandbox/databricks_results.h"
#include "sandbox/databricks.h"
#include "base/json.h"
#include "base/str.h"
#include <strings.h>

void results_free(struct results *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->chunk_count; i++)
        buf_release(&r->chunks[i].text);
    free(r->chunks);
    cJSON_Delete(r->columns);
    free(r);
}

static cJSON *column_json(const struct sql_column *column, const struct cell_type *type, int position)
{
    cJSON *o = cJSON_CreateObject();
    struct buf text = BUF_INIT;
    char *name = sql_type_name(column->type_text);
    long precision, scale;
    char *end;
    if (type)
        cell_type_print(type, &text);
    json_put_str(o, "name", column->name);
    json_put_str(o, "type_text", text.data);
    json_put_str(o, "type_name", name);
    json_put_i64(o, "position", position);
    if (strncasecmp(column->type_text, "decimal(", 8) == 0) {
        precision = strtol(column->type_text + 8, &end, 10);
        scale = *end == ',' ? strtol(end + 1, NULL, 10) : 0;
        json_put_i64(o, "type_precision", precision);
        json_put_i64(o, "type_scale", scale);
    }
    free(name);
    buf_release(&text);
    return o;
}

static struct result_chunk *chunk_new(struct results *r)
{
    struct result_chunk *grown = reallocarray(r->chunks, (size_t)r->chunk_count + 1, sizeof *grown);
    if (!grown)
        return NULL;
    r->chunks = grown;
    struct result_chunk *k = &grown[r->chunk_count++];
    *k = (struct result_chunk){ .offset = r->rows };
    buf_init(&k->text, (size_t)1 << 30);
    return k;
}

static void csv_cell(struct buf *out, const char *text, size_t n)
{
    if (!memchr(text, ',', n) && !memchr(text, '"', n) && !memchr(text, '\n', n) && !memchr(text, '\r', n)) {
        buf_add(out, text, n);
        return;
    }
    buf_putc(out, '"');
    for (size_t i = 0; i < n; i++)
        buf_printf(out, text[i] == '"' ? "\"\"" : "%c", text[i]);
    buf_putc(out, '"');
}

static void row_add(struct results *r, struct result_chunk *k, struct cell_type *const *types, const cJSON *row)
{
    struct buf cell = BUF_INIT;
    const cJSON *value = row->child;
    if (!r->csv)
        buf_puts(&k->text, k->rows ? ",[" : "[[");
    for (int i = 0; i < r->column_count; i++, value = value ? value->next : NULL) {
        buf_clear(&cell);
        bool there = cell_text(types[i], value, &cell);
        if (i)
            buf_putc(&k->text, ',');
        if (!there)
            buf_puts(&k->text, "null");
        else if (r->csv)
            csv_cell(&k->text, cell.data, cell.len);
        else
            json_quote(&k->text, cell.data, cell.len);
    }
    buf_putc(&k->text, r->csv ? '\n' : ']');
    k->rows++;
    buf_release(&cell);
}

static void csv_header(struct results *r, struct result_chunk *k, const struct sql_result *result)
{
    for (int i = 0; r->csv && i < result->column_count; i++) {
        if (i)
            buf_putc(&k->text, ',');
        csv_cell(&k->text, result->columns[i].name, strlen(result->columns[i].name));
    }
    if (r->csv)
        buf_putc(&k->text, '\n');
}

static int rows_add(struct results *r, const struct sql_result *result, struct cell_type *const *types,
                    const struct results_limits *limits)
{
    struct result_chunk *k = NULL;
    const cJSON *row;
    cJSON_ArrayForEach(row, result->rows) {
        if (limits->rows >= 0 && r->rows >= limits->rows) {
            r->truncated = true;
            break;
        }
        if (!k || k->rows >= limits->chunk_rows || (int64_t)k->text.len >= limits->chunk_bytes) {
            bool first = !k;
            if (!(k = chunk_new(r)))
                return -1;
            if (first)
                csv_header(r, k, result);
        }
        size_t before = k->text.len;
        row_add(r, k, types, row);
        if (limits->bytes >= 0 && r->bytes + (k->text.len - before) > (uint64_t)limits->bytes) {
            buf_cut(&k->text, before);
            k->rows--;
            r->truncated = true;
            break;
        }
        r->bytes += k->text.len - before;
        r->rows++;
    }
    return 0;
}

static int chunks_close(struct results *r, struct err *e)
{
    for (int i = 0; i < r->chunk_count; i++) {
        struct result_chunk *k = &r->chunks[i];
        if (!r->csv)
            buf_puts(&k->text, k->rows ? "]" : "[]");
        if (buf_error(&k->text, e) < 0)
            return -1;
    }
    return 0;
}

struct results *results_new(const struct sql_result *result, bool csv, const struct results_limits *limits, struct err *e)
{
    struct results *r = calloc(1, sizeof *r);
    struct cell_type **types = calloc((size_t)result->column_count + 1, sizeof *types);
    bool good = r && types;
    if (good && result->column_count > 0)
        r->columns = cJSON_CreateArray();
    for (int i = 0; good && i < result->column_count; i++) {
        types[i] = cell_type_parse(result->columns[i].type_text);
        cJSON_AddItemToArray(r->columns, column_json(&result->columns[i], types[i], i));
    }
    if (good) {
        r->csv = csv;
        r->column_count = result->column_count;
        good = rows_add(r, result, types, limits) == 0;
    }
    for (int i = 0; types && i < result->column_count; i++)
        cell_type_free(types[i]);
    free(types);
    if (good && chunks_close(r, e) == 0)
        return r;
    if (!good)
        err_no_memory(e);
    results_free(r);
    return NULL;
}

cJSON *results_manifest(const struct results *r, bool links)
{
    cJSON *o = cJSON_CreateObject(), *schema = cJSON_CreateObject(), *chunks = cJSON_CreateArray();
    size_t bytes = 0;
    json_put_str(o, "format", r->csv ? "CSV" : "JSON_ARRAY");
    json_put_i64(schema, "column_count", r->column_count);
    if (r->columns)
        json_put_item(schema, "columns", cJSON_Duplicate(r->columns, true));
    json_put_item(o, "schema", schema);
    json_put_i64(o, "total_chunk_count", r->chunk_count);
    for (int i = 0; i < r->chunk_count; i++) {
        cJSON *k = cJSON_CreateObject();
        json_put_i64(k, "chunk_index", i);
        json_put_i64(k, "row_offset", r->chunks[i].offset);
        json_put_i64(k, "row_count", r->chunks[i].rows);
        bytes += r->chunks[i].text.len;
        if (links)
            json_put_u64(k, "byte_count", r->chunks[i].text.len);
        cJSON_AddItemToArray(chunks, k);
    }
    if (r->chunk_count)
        json_put_item(o, "chunks", chunks);
    else
        cJSON_Delete(chunks);
    json_put_i64(o, "total_row_count", r->rows);
    if (links)
        json_put_u64(o, "total_byte_count", bytes);
    json_put_bool(o, "truncated", r->truncated);
    return o;
}
