/*
 * Statements of a scratch table. An INSERT is not idempotent (cookbook §d), so a line carries its number, and the statement that reads them takes each
 * number and line once: a batch whose answer was lost is sent again, and may come in twice or late.
 */
#include "core/sql.h"

int sql_scratch_create(struct buf *out, const struct name *table, const char *run_id)
{
    buf_puts(out, "CREATE TABLE ");
    sql_table(out, table);
    buf_puts(out, " (`number` BIGINT, `value` STRING) USING DELTA COMMENT 'rows on their way into a table; made and removed by lakeferry'"
                  " TBLPROPERTIES ('lakeferry.run' = ");
    sql_literal(out, run_id);
    return buf_putc(out, ')');
}

int sql_scratch_begin(struct buf *out, const struct name *table)
{
    buf_puts(out, "INSERT INTO ");
    sql_table(out, table);
    return buf_puts(out, " (`number`, `value`) VALUES ");
}

int sql_scratch_row(struct buf *out, uint64_t number, const char *line, size_t n)
{
    buf_printf(out, "(%llu, ", (unsigned long long)number);
    sql_literal_of(out, line, n);
    return buf_putc(out, ')');
}

int sql_scratch_count(struct buf *out, const struct name *table)
{
    buf_puts(out, "SELECT count(DISTINCT `number`) AS n FROM ");
    return sql_table(out, table);
}
