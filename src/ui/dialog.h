#ifndef LAKEFERRY_UI_DIALOG_H
#define LAKEFERRY_UI_DIALOG_H
/*
 * dialog: a question with answers as buttons. The safe answer is the first one and the default; where a word
 * must be typed first, the other answers wait for it. Belongs to the UI thread.
 */
#include "ui/line.h"

#define DIALOG_ANSWERS 4

struct dialog {
    char title[96];
    char *text;                              /* owned */
    char answers[DIALOG_ANSWERS][32];        /* [0] is the safe one; unused ones are "" */
    char *word;                              /* owned; what must be typed, or NULL */
    struct line typed;
    int count, focus;
};

/* Answers are joined by "|", the safe one first: "Stay|Leave". word may be NULL. 0 or -1 with ERR_NO_MEMORY. */
int dialog_init(struct dialog *d, const char *title, const char *text, const char *answers, const char *word, struct err *e);
void dialog_release(struct dialog *d);
/* The answer given, or -1 while there is none. Esc is the safe answer. */
int dialog_update(struct dialog *d, enum action a);
/* Letters: the first letter of an answer chooses it, unless a word is to be typed. Returns as dialog_update. */
int dialog_type(struct dialog *d, uint32_t cp);
/* How to answer it, in few words. Constant. */
const char *dialog_help(const struct dialog *d);
void dialog_render(const struct dialog *d, struct frame *f, struct layout_rect r);
#endif
