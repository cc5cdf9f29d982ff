#ifndef LAKEFERRY_UI_TREE_H
#define LAKEFERRY_UI_TREE_H
/*
 * tree: lines `name  value` at a depth, foldable; a record is one (a column a line) and so is a JSON value.
 * Lines are added in reading order, children after their parent. The tree keeps copies. Belongs to the UI thread.
 */
#include "base/json.h"
#include "ui/frame.h"
#include "ui/keymap.h"

#define TREE_NODES_MAX 20000

struct tree {
    struct tree_node *nodes;
    size_t count, cap;
    size_t *shown;            /* nodes not hidden by a fold */
    size_t shown_count;
    size_t cursor, top;       /* positions among those shown */
    int page;
    bool cut;                 /* more nodes came than the tree takes */
};

void tree_init(struct tree *t);
void tree_release(struct tree *t);
/* Adds a line at depth 0..; name and value may be NULL. 0 or -1 with ERR_NO_MEMORY. */
int tree_add(struct tree *t, int depth, const char *name, const char *value, enum theme_role role, struct err *e);
/* Adds name with the value as parts when text is a JSON object or array, else as one line. */
int tree_add_json(struct tree *t, int depth, const char *name, const char *text, struct err *e);
/* Folds everything deeper than depth. */
void tree_fold_below(struct tree *t, int depth);
/* Puts the cursor on the nth line (from 0) of depth 0; on the first when there are fewer. */
void tree_go(struct tree *t, size_t nth);
/* Name and value under the cursor; false when the tree is empty. Pointers belong to the tree. */
bool tree_current(const struct tree *t, const char **name, const char **value);
/* True when the line under the cursor has parts. */
bool tree_folds(const struct tree *t);
bool tree_update(struct tree *t, enum action a);
void tree_render(struct tree *t, struct frame *f, struct layout_rect r);
#endif
