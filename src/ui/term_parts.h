#ifndef LAKEFERRY_UI_TERM_PARTS_H
#define LAKEFERRY_UI_TERM_PARTS_H
/*
 * term_parts: what the files of the terminal (term.c, term_draw.c, term_keys.c, term_signals.c) share: its state, and the
 * signals. Nobody else includes it. UI thread only; the handlers of signals touch what term_signals.c keeps, nothing here.
 */
#include "ui/term.h"
#include <stdio.h>

/* A report of the mouse, of which a slow line or a cut one brings only the beginning: the rest is waited for without blocking. */
struct term_report {
    char kind;             /* '<': numbers up to M or m (xterm 1006); 'M': three characters (X10); 0: none has begun */
    char text[24];
    size_t length;
    int64_t until_ms;      /* what comes later belongs to no report */
};

struct term {
    struct screen *screen;
    struct _win_st *keys;  /* a pad: reading from it never draws */
    FILE *out, *in;
    enum theme_depth depth;
    bool ascii, paste, mouse, drawn, handling;
    struct term_report report;
    struct frame last;     /* what the terminal shows */
    int stderr_copy;
};

/* term_draw.c: a pair of colours for each role; how many colours there are. */
enum theme_depth term_start_colours(const struct term_options *options);
/* term_keys.c: where keys come from. -1 with ERR_NO_MEMORY. */
int term_open_keys(struct term *t, struct err *e);
/* term_signals.c: keeps the modes as they are now, for a crash. */
void term_keep_modes(int in);
/* What a crash sends to fd. */
void term_set_reset(const char *text, int fd);
void term_install_handlers(int wake_fd);
void term_remove_handlers(void);
/* Whether the line has gone; now: it has just been seen to. */
bool term_gone(bool now);
/* term.c: the modes that ncurses knows nothing of: pasted text in brackets, the mouse. */
void term_send_modes(struct term *t, bool on);
void term_apply_size(struct term *t);
#endif
