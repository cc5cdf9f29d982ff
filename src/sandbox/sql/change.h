#ifndef LAKEFERRY_SANDBOX_SQL_CHANGE_H
#define LAKEFERRY_SANDBOX_SQL_CHANGE_H
/* change: rows to update and delete, collected while the table is read and made afterwards. UPDATE, DELETE, MERGE. */
#include "sandbox/sql/table.h"

struct changes { struct run *r; const struct table *t; struct spill *rows; struct arena *scratch; };
void changes_init(struct changes *c, struct run *r, const struct table *t);
void changes_add(struct changes *c, int64_t id, const struct value *row); /* row NULL: delete; checks NOT NULL */
void changes_apply(struct changes *c);
/* x as the column takes it; fails when its type cannot be cast. */
struct expr *assigned(struct run *r, struct expr *x, const struct column *c);
#endif
