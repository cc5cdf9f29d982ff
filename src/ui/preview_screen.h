#ifndef LAKEFERRY_UI_PREVIEW_SCREEN_H
#define LAKEFERRY_UI_PREVIEW_SCREEN_H
/*
 * preview_screen: the inside of Preview, shared by screen_preview.c (reading, keys of the table), preview_record.c (one row, one value), preview_save.c
 * (a file of what is shown) and preview_draw.c. UI thread.
 */
#include "ui/preview_rows.h"
#include "ui/screens.h"

enum preview_phase { PHASE_READING, PHASE_STOPPED, PHASE_NEEDS_START, PHASE_FAILED, PHASE_SHOWN };
enum preview_mode { MODE_TABLE, MODE_RECORD, MODE_VALUE, MODE_SAVING };
enum preview_question { PREVIEW_ASK_START = 1, PREVIEW_ASK_REPLACE };

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

/* Reads the table anew, giving up a reading that goes on. Without may_start it is asked first whether compute that is stopped is to be started. */
void preview_screen_read(struct preview_screen *s, bool may_start);
/* Rows are there to be worked on. */
bool preview_screen_has_rows(const struct preview_screen *s);
/* What is said while there is no row, and how. */
void preview_screen_words(const struct preview_screen *s, char *out, size_t size, enum theme_role *role);
/* The wrapped value begins with this row, as far as there are so many. */
void preview_screen_scroll(struct preview_screen *s, int to);

/* Shows this row as a record; there may be no such row. */
void preview_record_show(struct preview_screen *s, size_t row);
/* Copies what the cursor is on: a value of the record, or a cell. */
void preview_record_copy(struct preview_screen *s);
/* What an action does in a record, and where one value of it is shown; false when nothing. */
bool preview_record_update(struct preview_screen *s, enum action a);
bool preview_value_update(struct preview_screen *s, enum action a);

/* Asks for the name of a file, with one proposed. */
void preview_save_begin(struct preview_screen *s);
bool preview_save_update(struct preview_screen *s, enum action a);
/* Begins to write it; without replace one that exists is left alone, and asked about. */
void preview_save_write(struct preview_screen *s, bool replace);
/* It was written; e says why not. */
void preview_save_ended(struct preview_screen *s, const struct err *e);

void preview_screen_render(void *state, struct app *app, struct frame *f, struct layout_rect r);
#endif
