#ifndef LAKEFERRY_UI_LIST_H
#define LAKEFERRY_UI_LIST_H
/*
 * list: rows one under another with a cursor, marks and a filter. Rows come from a source that the list does not
 * own; they are named by an id, and cursor and marks follow ids, so they survive growth and replacement of the data.
 * A list of 100,000 rows that grows by pages costs only its new rows. Belongs to the UI thread.
 * list_store is the usual source: it keeps copies of its strings in blocks.
 */
#include "ui/line.h"

struct list_row {
    const char *id;      /* NULL: the name is the id */
    const char *name;
    const char *note;    /* at the right edge; may be NULL */
    char kind;           /* one letter before the name, 0: none */
    enum theme_role role, note_role;
};

struct list_source {
    void *ctx;
    size_t (*count)(const void *ctx);
    void (*row)(const void *ctx, size_t i, struct list_row *out);
};

struct list_store {
    struct list_item *items;
    size_t count, cap;
    struct list_block *blocks;
};
void list_store_init(struct list_store *s);
void list_store_release(struct list_store *s);
/* Copies the row's strings. 0 or -1 with ERR_NO_MEMORY. */
int list_store_add(struct list_store *s, const struct list_row *row, struct err *e);
struct list_source list_store_source(const struct list_store *s);

struct list_ids { char **slots; size_t count, cap; };  /* a set of owned ids */

struct list {
    struct list_source source;
    size_t *shown;           /* indexes of the rows that pass the filter, owned; unused without a filter */
    size_t shown_count, shown_cap;
    size_t seen;             /* rows of the source looked at by the filter */
    size_t cursor, top;      /* positions among the rows shown */
    char *cursor_id;         /* owned; NULL while the list was empty */
    bool moved;              /* the person chose the cursor's row: it is kept by id */
    struct list_ids marks;
    struct line filter;
    bool filtering;          /* the filter is being typed */
    int page;                /* rows of the last drawing */
};

void list_init(struct list *l, struct list_source source);
void list_release(struct list *l);
/* The source has more rows behind the old ones: looks at those only. */
void list_grow(struct list *l);
/* The source's rows are other ones: finds cursor by id (else the nearest position), drops marks that are gone. */
void list_replace(struct list *l);
/* As list_replace for another source. */
void list_use(struct list *l, struct list_source source);
size_t list_count(const struct list *l);   /* rows shown */
size_t list_total(const struct list *l);   /* rows of the source */
/* The row under the cursor; false when there is none. *index is its place in the source (may be NULL). */
bool list_current(const struct list *l, struct list_row *out, size_t *index);
/* Puts the cursor on an id, and when it has not come yet, as soon as it comes. */
void list_go(struct list *l, const char *id);
bool list_marked(const struct list *l, const struct list_row *row);
size_t list_mark_count(const struct list *l);
/* Index in the source of the nth row shown. */
size_t list_index(const struct list *l, size_t shown);
/* The nth row shown. */
void list_row_shown(const struct list *l, size_t shown, struct list_row *out);
/* The cursor is on a row that is shown. */
void list_clamp_cursor(struct list *l);
/* A filter hides rows, or would. */
bool list_has_filter(const struct list *l);
void list_set_filter(struct list *l, const char *text);
/* Handles an action, also those of a filter being typed; false when it is not a list's (then the screen decides). */
bool list_update(struct list *l, enum action a);
/* A character typed while filtering. */
bool list_type(struct list *l, uint32_t cp);
/* A click on a row of the rectangle drawn last; true when a row was there. */
bool list_click(struct list *l, struct layout_rect r, int row);

struct list_look {
    bool active;           /* has the keys: cursor row reversed, else only pointed at */
    const char *empty;     /* words in the place of rows when there are none */
    enum theme_role empty_role;
};
void list_render(struct list *l, struct frame *f, struct layout_rect r, const struct list_look *look);
/* Cells that the rows about to be shown in a window of rows want, so that no name is cut beside unused room. */
int list_width(const struct list *l, struct frame *f, int rows);
/* As list_render without the line of the filter, for who shows that elsewhere. */
void list_render_rows(struct list *l, struct frame *f, struct layout_rect r, const struct list_look *look);
/* "1,204", "3 of 1,204", "1,204+" while more is coming. Returns out. */
char *list_count_text(const struct list *l, bool loading, char *out, size_t size);
#endif
