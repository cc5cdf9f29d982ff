#ifndef LAKEFERRY_UI_BROWSE_COLUMNS_H
#define LAKEFERRY_UI_BROWSE_COLUMNS_H
/*
 * browse_columns: the lists that Browse stands side by side, each with its place of the catalog, cursor, marks and filter. Those left are kept
 * for a while, so that coming back finds the old cursor. UI thread.
 */
#include "core/catalog.h"
#include "ui/list.h"

#define BROWSE_PATH_MAX 64   /* columns from the root to the one with the keys */
#define BROWSE_KEPT 48       /* columns remembered */

enum browse_shows { BROWSE_CATALOGS, BROWSE_SCHEMAS, BROWSE_OBJECTS, BROWSE_COLUMNS, BROWSE_FILES };

struct browse_column {
    char *place;
    enum browse_shows shows;
    const struct catalog_list *now;   /* what is shown; NULL: nothing came yet */
    struct list list;
    uint64_t used;                    /* when last, in counts */
    int64_t asked_ms;                 /* monotonic: when the list began to load, 0: it does not */
    bool entered;                     /* it had the keys */
    char id[600];                     /* of the row read last */
};

struct browse_columns {
    struct browse_column *kept[BROWSE_KEPT];
    struct browse_column *path[BROWSE_PATH_MAX];
    size_t depth;                     /* columns in path; the last has the keys */
    struct browse_column *beside;     /* what the cursor's item holds; NULL: nothing */
    struct browse_column *held;       /* drawn in the place of beside while that is on its way; NULL: beside itself */
    uint64_t clock;
    int first, shown;                 /* columns drawn last, their widths and where: for clicks */
    int cols[BROWSE_PATH_MAX + 1];
    const struct browse_column *wide_for;  /* while it has the keys, its width and that beside it only grow: nothing jumps to and fro */
    int wide_of, active_cols, beside_cols; /* in so many cells; what they grew to */
    struct layout_rect drawn;
};

void browse_columns_release(struct browse_columns *b);
enum browse_shows browse_shows_of(const char *place);
const char *browse_title(enum browse_shows shows);
/* The column of a place, made when it is new; NULL without memory. */
struct browse_column *browse_column_at(struct browse_columns *b, const char *place);
/* A kept column, or NULL. */
struct browse_column *browse_column_find(const struct browse_columns *b, const char *place);
static inline struct browse_column *browse_active(const struct browse_columns *b) { return b->path[b->depth - 1]; }
/* Makes the path to a place anew; the last part of one that may be a table or a volume gets the cursor. 0 or -1 without memory. */
int browse_go(struct browse_columns *b, const char *place);

/* Asks the catalog (NULL: there is none yet) for the column's list when it is older than max_age_ms, and shows what there is. */
void browse_column_ask(struct browse_column *c, struct catalog *catalog, int64_t max_age_ms);
/* Shows another list; takes over the reference. */
void browse_column_show(struct browse_column *c, const struct catalog_list *list);
/* True until all of it came once; a list that is asked for again is whole meanwhile. */
bool browse_column_loading(const struct browse_column *c);
/* The entry under the cursor, or NULL. Valid until the list changes. */
const struct catalog_entry *browse_current(const struct browse_column *c);
/* Place of what an entry of this column holds, NULL when it holds nothing. Owned. */
char *browse_place_below(const struct browse_column *c, const struct catalog_entry *en);

/* An object's name as people type it: of the entry en in c; en NULL: of the column's own place. Owned. */
char *browse_typed(const struct browse_column *c, const struct catalog_entry *en);
/* The folder or volume an import from here would take, NULL when this is in none. Owned. */
char *browse_folder(const struct browse_column *c, const struct catalog_entry *en);
/* "main > vision > pictures > 2026/08". */
void browse_crumbs(const char *place, char *out, size_t size);
/* 'V' volume, 'T' table, 'v' view; 0 for others. */
char browse_letter(const struct catalog_entry *en);
/* "managed table", "view", "volume", … */
const char *browse_word(const struct catalog_entry *en, char *out, size_t size);
bool browse_is_view(const struct catalog_entry *en);

void browse_columns_render(struct browse_columns *b, struct frame *f, struct layout_rect r);
/* Column drawn at a cell, and its rectangle: place in the path, depth for the one beside, -1 none. */
int browse_column_hit(const struct browse_columns *b, int col, struct layout_rect *r);
#endif
