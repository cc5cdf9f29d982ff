#ifndef LAKEFERRY_UI_LINE_H
#define LAKEFERRY_UI_LINE_H
/*
 * line: one editable line of text. The cursor stands between clusters, so a character and its marks are
 * one step. Belongs to the UI thread. The text is wiped when released, as it may be a secret.
 */
#include "ui/frame.h"
#include "ui/keymap.h"

#define LINE_MAX_BYTES 4096

struct line {
    struct buf text;
    size_t cursor;   /* byte offset, at a cluster's start or the end */
    bool secret;     /* shown as bullets */
};

void line_init(struct line *l);
void line_release(struct line *l);
const char *line_text(const struct line *l);
/* Replaces the text (NULL: empty), cursor at its end; too long a text is cut. 0 or -1 without memory. */
int line_set(struct line *l, const char *text);
/* Types text at the cursor; invalid UTF-8 and control characters (a pasted newline) are left out. Returns true when it changed. */
bool line_insert(struct line *l, const char *text, size_t n);
bool line_type(struct line *l, uint32_t cp);
/* Moves or deletes; false when the action is not one of a line's. */
bool line_update(struct line *l, enum action a);
/* Draws into cols cells, scrolled so that the cursor shows; with focus places the terminal's cursor. */
void line_render(const struct line *l, struct frame *f, int row, int col, int cols, enum theme_role role, bool focus);
#endif
