#ifndef LAKEFERRY_UI_PREVIEW_SCREEN_H
#define LAKEFERRY_UI_PREVIEW_SCREEN_H
/* preview_screen: the inside of Preview, shared by screen_preview.c (reading, keys) and preview_draw.c. UI thread. */
#include "ui/preview_rows.h"
#include "ui/screens.h"

enum preview_phase { PHASE_READING, PHASE_STOPPED, PHASE_NEEDS_START, PHASE_FAILED, PHASE_SHOWN };
enum preview_mode { MODE_TABLE, MODE_RECORD, MODE_VALUE, MODE_SAVING };

struct preview_screen {
    struct app *app;
    char *table_name;
    enum preview_phase phase;
    enum preview_mode mode;
    struct world_job *job;
    uint64_t tag;                 /* of the reading whose events count */
    struct preview_state state;   /* of the compute */
    struct err error;
    struct preview_rows *rows;    /* NULL until the first were read; stays while others are read */
    struct table table;
    struct tree record;
    size_t record_row;
    int value_top, value_rows, value_page;  /* the wrapped value: first row shown, rows in all, rows of a page */
    struct line path;             /* where to save */
    struct layout_rect table_rect;  /* where the table was drawn */
    bool begun;                   /* a reading was begun: the session was there */
};

/* Rows are there to be worked on. */
bool preview_screen_has_rows(const struct preview_screen *s);
/* What is said while there is no row, and how. */
void preview_screen_words(const struct preview_screen *s, char *out, size_t size, enum theme_role *role);
/* The wrapped value begins with this row, as far as there are so many. */
void preview_screen_scroll(struct preview_screen *s, int to);
void preview_screen_render(void *state, struct app *app, struct frame *f, struct layout_rect r);
#endif
