#ifndef LAKEFERRY_UI_BROWSE_DETAILS_H
#define LAKEFERRY_UI_BROWSE_DETAILS_H
/* browse_details: what is known about the item under Browse's cursor, as lines. Asks for a table's description when told to. UI thread. */
#include "ui/browse_columns.h"

#define BROWSE_DETAILS_MAX 12

struct browse_details {
    struct { enum theme_role role; char text[700]; } lines[BROWSE_DETAILS_MAX];
    size_t count;
    bool waits;      /* a table's description is on its way */
};
/* en NULL: nothing is under the cursor. catalog NULL: there is none yet. hold: lines whose words are on their way stay as they were. */
void browse_details_make(struct browse_details *d, struct catalog *catalog, const struct browse_column *c, const struct catalog_entry *en, bool hold);
void browse_details_render(const struct browse_details *d, struct frame *f, struct layout_rect r);
#endif
