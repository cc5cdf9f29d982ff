#ifndef LAKEFERRY_UI_BROWSE_SCREEN_H
#define LAKEFERRY_UI_BROWSE_SCREEN_H
/* browse_screen: the inside of Browse, shared by screen_browse.c (keys and words) and browse_follow.c (what is shown follows the cursor). UI thread. */
#include "ui/browse_details.h"
#include "ui/screens.h"

#define AGAIN_MS 5000           /* a list that failed is asked for again */
#define MINUTE_MS 60000         /* ages are said in minutes; what is entered is asked for when it is older */

struct browse {
    struct app *app;
    struct browse_columns columns;
    struct browse_details details;
    char compute[80];           /* "warehouse running" */
    char identity[384];         /* whose names these are */
    bool moving;                /* the cursor moved and has not rested yet */
    int64_t hold_ms;            /* monotonic: until then */
    bool details_drawn;
    bool down;                  /* it was said that the platform does not answer */
};

/* The column with the keys. */
static inline struct browse_column *browse_screen_active(const struct browse *b) { return browse_active(&b->columns); }
/* Every list on the screen is asked for again when it is older than max_age_ms; -1: only what is unknown. */
void browse_screen_ask(struct browse *b, int64_t max_age_ms);
/* The cursor moved: what is beside it follows when it rests. */
void browse_screen_moved(struct browse *b);
/* What is beside the cursor and the details are those of the item now. */
void browse_screen_settle(struct browse *b);
void browse_screen_enter(struct browse *b);
/* False where there is nothing to go back to. */
bool browse_screen_leave(struct browse *b);
/* Goes to a place as people type it. */
void browse_screen_go(struct browse *b, const char *text);
/* The columns that were open when the program was left last. */
void browse_screen_show_last(struct browse *b);
void browse_screen_find_compute(struct browse *b);
/* What events tell: another session, a list that changed. */
void browse_screen_session_came(struct browse *b);
void browse_screen_place_changed(struct browse *b, const char *place);
/* Says once that the platform does not answer, or does again, as the list of c tells. */
void browse_screen_say_down(struct browse *b, const struct browse_column *c);
/* The list of the column with the keys failed; a list that waits long; one that is asked for again by itself. */
bool browse_screen_failed(const struct browse *b);
bool browse_screen_waits(const struct browse_column *c);
bool browse_screen_passes(const struct browse_column *c);
#endif
