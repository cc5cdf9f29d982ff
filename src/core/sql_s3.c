#include "core/sql_s3.h"
#include "core/sql.h"

#define VIEW "lakeferry_rows"
#define ROWS_A_FILE "200000" /* so that a part that has to be read again is not the whole */

/* abfss://container@account is a place; anything with a colon, and any name before another scheme's bucket, is a credential. */
static bool has_password(const char *url, const char *rest)
{
    const char *end = rest + strcspn(rest, "/"), *at = memchr(rest, '@', (size_t)(end - rest));
    return at && (!str_starts(url, "abfss://") || memchr(rest, ':', (size_t)(at - rest)));
}

int sql_s3_check_url(const char *url, struct err *e)
{
    static const char *const schemes[] = {"s3://", "s3a://", "abfss://", "gs://", "/Volumes/"};
    const char *rest = NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes && !rest; i++)
        if (str_starts(url, schemes[i]))
            rest = url + strlen(schemes[i]);
    if (!rest || !*rest)
        return err_set(e, ERR_USAGE, "\"%s\" does not begin with s3://, s3a://, abfss://, gs:// or /Volumes/ and a path behind it", url);
    if (!str_starts(url, "/Volumes/") && has_password(url, rest))
        return err_set(e, ERR_USAGE, "the URL holds a user name or a password; the compute reads it with its own rights, so leave them out");
    if (str_eq(rest, "..") || str_starts(rest, "../") || strstr(rest, "/../") || str_ends(rest, "/.."))
        return err_set(e, ERR_USAGE, "\"%s\" holds a \"..\" part, which is not allowed", url);
    if (strstr(url, "${"))
        return err_set(e, ERR_USAGE, "\"%s\" holds ${, which Spark replaces in the text of a statement", url);
    if (strpbrk(url, "*?[]{}"))
        return err_set(e, ERR_USAGE, "\"%s\" holds one of * ? [ ] { }, which Spark does not take literally in a path", url);
    for (const char *p = url; *p; p++)
        if ((unsigned char)*p < ' ' || *p == '\x7f')
            return err_set(e, ERR_USAGE, "the URL holds a control character");
    return 0;
}

void sql_s3_release(struct sql_s3 *s)
{
    free(s->header);
    str_list_release(&s->found);
    str_list_release(&s->names);
    str_list_release(&s->types);
}

/* --- columns --- */

static bool is_named(const struct str_list *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_ieq(names->items[i], name))
            return true;
    return false;
}

/* Columns are taken by position, so a name that a statement cannot hold (empty, doubled, with a $) may be another. */
static int add_sql_name(struct sql_s3 *s, const char *found)
{
    char *name = strchr(found, '$') || !*found || is_named(&s->names, found) ? str_printf("_c%zu", s->names.count) : str_dup(found);
    while (name && is_named(&s->names, name)) {
        char *longer = str_printf("%s_", name);
        free(name);
        name = longer;
    }
    int result = name ? str_list_add(&s->names, name) : -1;
    free(name);
    return result;
}

static int list_found(const struct sql_s3 *s, struct buf *out)
{
    for (size_t i = 0; i < s->found.count; i++)
        buf_printf(out, "%s%s", i ? ", " : "", s->found.items[i]);
    return out->failed ? -1 : 0;
}

static int check_mandatory(const struct sql_s3 *s, struct err *e)
{
    struct buf found = BUF_INIT;
    const int needed[] = {CELLS_INPUTID, CELLS_INPUT};
    int result = 0;
    for (size_t i = 0; i < 2 && result == 0; i++) {
        if (s->at[needed[i]] >= 0)
            continue;
        result = list_found(s, &found) != 0 ? err_no_memory(e)
                                            : err_set(e, ERR_REFUSED, "there is no column %s; it has: %.400s", cells_names[needed[i]], found.data);
        err_remedy(e, "columns are inputid, input and, if wanted, concepts, metadata, geopoints, with commas between");
    }
    buf_release(&found);
    return result;
}

static int place_columns(struct sql_s3 *s, struct err *e)
{
    for (int c = 0; c < CELLS_COLUMNS; c++)
        s->at[c] = -1;
    for (size_t i = 0; i < s->found.count; i++) {
        enum cells_column c = cells_by_name(s->found.items[i]);
        if (c != CELLS_COLUMNS && s->at[c] >= 0)
            return err_set(e, ERR_REFUSED, "it has the column %s twice", cells_names[c]);
        if (c != CELLS_COLUMNS)
            s->at[c] = (int)i;
        if (add_sql_name(s, s->found.items[i]) != 0)
            return err_no_memory(e);
    }
    str_copy(s->broken, sizeof s->broken - 1, "_corrupt_record");
    for (size_t n = strlen(s->broken); is_named(&s->names, s->broken) && n < sizeof s->broken - 1; n++)
        memcpy(s->broken + n, "_", 2);
    return check_mandatory(s, e);
}

/* One cell of the line, from *at on, which moves behind it and its comma. */
static int header_cell(const char **at, struct buf *out, struct err *e)
{
    const char *p = *at;
    buf_clear(out);
    if (*p == '"') {
        for (p++; *p && (*p != '"' || p[1] == '"'); p += *p == '"' ? 2 : 1)
            buf_putc(out, *p);
        if (!*p)
            return err_set(e, ERR_REFUSED, "a quote of its first line is not closed");
        p++;
    }
    for (; *p && *p != ','; p++)
        buf_putc(out, *p);
    *at = p;
    return buf_error(out, e);
}

int sql_s3_from_header(struct sql_s3 *s, const char *line, struct err *e)
{
    struct buf cell = BUF_INIT;
    const char *p = line + (str_starts(line, "\xEF\xBB\xBF") ? 3 : 0);
    int result = str_blank(p) ? err_set(e, ERR_REFUSED, "its first line, which names the columns, is empty") : 0;
    if (result == 0 && str_set(&s->header, p) != 0)
        result = err_no_memory(e);
    for (bool more = true; more && result == 0; p++) {
        result = header_cell(&p, &cell, e);
        if (result == 0 && str_list_add(&s->found, cell.data) != 0)
            result = err_no_memory(e);
        more = *p == ',';
    }
    buf_release(&cell);
    return result == 0 ? place_columns(s, e) : -1;
}

int sql_s3_from_schema(struct sql_s3 *s, const struct compute_rows *rows, struct err *e)
{
    for (size_t i = 0; i < rows->column_count; i++)
        if (str_list_add(&s->found, rows->columns[i].name) != 0 || str_list_add(&s->types, rows->columns[i].type) != 0)
            return err_no_memory(e);
    return place_columns(s, e);
}

bool sql_s3_ignored(const struct sql_s3 *s, char *out, size_t size)
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < s->found.count; i++)
        if (cells_by_name(s->found.items[i]) == CELLS_COLUMNS && used < size) {
            snprintf(out + used, size - used, "%s%s", used ? ", " : "", *s->found.items[i] ? s->found.items[i] : "(one without a name)");
            used = strlen(out);
        }
    return used > 0;
}

/* --- how the source stands in a statement --- */

static void put_columns(struct buf *out, const struct sql_s3 *s)
{
    for (size_t i = 0; i < s->names.count; i++) {
        sql_identifier(out, s->names.items[i]);
        buf_puts(out, " STRING, ");
    }
    sql_identifier(out, s->broken);
    buf_puts(out, " STRING");
}

bool sql_s3_view(struct buf *out, const struct sql_s3 *s)
{
    if (s->delta || s->warehouse)
        return false;
    buf_puts(out, "CREATE OR REPLACE TEMPORARY VIEW " VIEW " (");
    put_columns(out, s);
    buf_puts(out, ") USING csv OPTIONS (path ");
    sql_literal(out, s->url);
    buf_puts(out, ", header 'true', quote '\"', escape '\"', multiLine 'true', columnNameOfCorruptRecord ");
    sql_literal(out, s->broken);
    buf_putc(out, ')');
    return true;
}

static void put_read_files(struct buf *out, const struct sql_s3 *s)
{
    struct buf schema = BUF_INIT;
    put_columns(&schema, s);
    buf_puts(out, "read_files(");
    sql_literal(out, s->url);
    buf_puts(out, ", format => 'csv', header => true, quote => '\"', escape => '\"', multiLine => true, columnNameOfCorruptRecord => ");
    sql_literal(out, s->broken);
    buf_puts(out, ", schema => ");
    sql_literal(out, schema.data);
    buf_putc(out, ')');
    if (schema.failed && !out->failed)
        out->failed = schema.failed;
    buf_release(&schema);
}

static void put_from(struct buf *out, const struct sql_s3 *s)
{
    buf_puts(out, " FROM ");
    if (s->delta) {
        buf_puts(out, "delta.");
        sql_identifier(out, s->url);
    } else if (s->warehouse) {
        put_read_files(out, s);
    } else {
        buf_puts(out, VIEW);
    }
}

static bool is_nested(const char *type) { return str_starts(type, "array") || str_starts(type, "map") || str_starts(type, "struct"); }

/* The column as text, whatever its type. */
static void put_cell(struct buf *out, const struct sql_s3 *s, enum cells_column c)
{
    int at = s->at[c];
    const char *type = at >= 0 && s->delta ? s->types.items[at] : "string", *end = "";
    if (at < 0) {
        buf_puts(out, "CAST(NULL AS STRING)");
        return;
    }
    if (is_nested(type)) {
        buf_puts(out, "to_json(");
        end = ", map('ignoreNullFields', 'false'))";
    } else if (!str_eq(type, "string")) {
        buf_puts(out, "CAST(");
        end = " AS STRING)";
    }
    sql_identifier(out, s->names.items[at]);
    buf_puts(out, end);
}

static void put_cells(struct buf *out, const struct sql_s3 *s)
{
    for (int c = 0; c < CELLS_COLUMNS; c++) {
        buf_puts(out, c ? ", " : "");
        put_cell(out, s, (enum cells_column)c);
        buf_printf(out, " AS %s", cells_names[c]);
    }
    buf_puts(out, ", ");
    if (s->delta) {
        buf_puts(out, "false");
    } else {
        sql_identifier(out, s->broken);
        buf_puts(out, " IS NOT NULL");
    }
    buf_puts(out, " AS broken");
}

/* --- statements --- */

void sql_s3_header(struct buf *out, const char *url)
{
    buf_puts(out, "SELECT value FROM text.");
    sql_identifier(out, url);
    buf_puts(out, " LIMIT 1");
}

/* Columns are taken by position, and a folder's files each have a header: one that has not the first file's would be read wrongly. */
void sql_s3_strangers(struct buf *out, const struct sql_s3 *s)
{
    buf_puts(out, "SELECT file FROM (SELECT _metadata.file_path AS file, value FROM text.");
    sql_identifier(out, s->url);
    buf_puts(out, ") GROUP BY file HAVING count_if(value = ");
    sql_literal(out, s->header);
    buf_puts(out, ") = 0 ORDER BY file LIMIT 1");
}

void sql_s3_schema(struct buf *out, const char *url)
{
    buf_puts(out, "SELECT * FROM delta.");
    sql_identifier(out, url);
    buf_puts(out, " LIMIT 0");
}

void sql_s3_first(struct buf *out, const struct sql_s3 *s)
{
    buf_puts(out, "SELECT ");
    put_cells(out, s);
    put_from(out, s);
    buf_puts(out, " LIMIT 1");
}

/* Both columns are named so that every row is parsed: Spark counts multi-line CSV wrongly when it need not look at cells (SPARK-46862). */
void sql_s3_count(struct buf *out, const struct sql_s3 *s)
{
    buf_puts(out, "SELECT count(*) AS n, count(");
    sql_identifier(out, s->names.items[s->at[CELLS_INPUTID]]);
    buf_puts(out, ") AS ids, ");
    if (s->delta) {
        buf_puts(out, "0");
    } else {
        buf_puts(out, "count(");
        sql_identifier(out, s->broken);
        buf_putc(out, ')');
    }
    buf_puts(out, " AS broken");
    put_from(out, s);
}

/*
 * A CSV that is read by one task has its rows numbered in order. The rows of a Delta table have no order of their own: sorted by what they hold they have
 * the same numbers again as long as they are the same.
 */
void sql_s3_unload(struct buf *out, const struct sql_s3 *s, const char *folder)
{
    buf_puts(out, "INSERT OVERWRITE DIRECTORY ");
    sql_literal(out, folder);
    buf_puts(out, " USING json OPTIONS (ignoreNullFields 'false', maxRecordsPerFile '" ROWS_A_FILE "') SELECT monotonically_increasing_id() AS row, ");
    put_cells(out, s);
    put_from(out, s);
    buf_puts(out, s->delta ? " ORDER BY inputid, input, concepts, metadata, geopoints" : " ORDER BY row");
}

void sql_s3_unloaded(struct buf *out, const char *folder)
{
    /* A failed attempt's part may lie beside with the same rows once more. */
    buf_puts(out, "SELECT count(DISTINCT row) AS n FROM json.");
    sql_identifier(out, folder);
}
