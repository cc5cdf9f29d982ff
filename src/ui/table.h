#ifndef LAKEFERRY_UI_TABLE_H
#define LAKEFERRY_UI_TABLE_H
/*
 * table: rows and columns of values with a head. The first columns stay while the others scroll sideways; the cursor is a cell.
 * Values come from a source that the table does not own. NULL is a dim word, the empty string is empty.
 * Belongs to the UI thread.
 */
#include "ui/line.h"

enum table_kind { TABLE_TEXT, TABLE_NULL, TABLE_NUMBER, TABLE_BOOL, TABLE_JSON, TABLE_BINARY };

struct table_cell {
    const char *text;      /* as read; may hold anything, NULL only with TABLE_NULL */
    enum table_kind kind;  /* TABLE_BINARY: text is its length in words */
};

struct table_column {
    const char *name;
    const char *type;      /* "STRING", "TIMESTAMP json"; may be NULL */
};

struct table_source {
    void *ctx;
    size_t (*rows)(const void *ctx);
    size_t (*columns)(const void *ctx);
    void (*column)(const void *ctx, size_t i, struct table_column *out);
    void (*cell)(const void *ctx, size_t row, size_t column, struct table_cell *out);
};

#define TABLE_COLUMNS_MAX 512
#define TABLE_WIDE 48   /* cells a column gets at most while others need room */

struct table {
    struct table_source source;
    size_t row, top;         /* cursor and first row shown */
    size_t column, left;     /* cursor column and first scrolling column shown */
    size_t frozen;           /* columns that stay */
    int wants[TABLE_COLUMNS_MAX];
    size_t measured_rows, measured_columns;
    struct line find;
    bool finding;            /* the search text is being typed */
    bool not_found;
    int page;
};

void table_init(struct table *t, struct table_source source, size_t frozen);
void table_release(struct table *t);
/* The source grew or changed: widths are measured again over what is new. */
void table_change(struct table *t, bool same_rows);
/* The cell under the cursor; false when there is none. */
bool table_current(const struct table *t, struct table_column *column, struct table_cell *cell);
bool table_has_find(const struct table *t);
/* Handles an action, also those of a search being typed; false when it is not a table's. */
bool table_update(struct table *t, enum action a);
bool table_type(struct table *t, uint32_t cp);
bool table_click(struct table *t, struct layout_rect r, int row);
/* Head, rule, rows. */
void table_render(struct table *t, struct frame *f, struct layout_rect r, const char *empty);
/* "column 2 of 8" (the cursor's), "" without columns. Returns out. */
char *table_columns_text(const struct table *t, char *out, size_t size);
#endif
