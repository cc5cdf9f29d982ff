#ifndef LAKEFERRY_UI_TERM_H
#define LAKEFERRY_UI_TERM_H
/*
 * term: the terminal itself; only its files (term*.c) know ncurses. One at a time; UI thread only. While it is open: the screen
 * is ours, stderr goes to a file, and TERM, HUP, INT, TSTP, CONT and WINCH only set flags and write wake_fd. A crash
 * writes a prepared reset string and restores the modes before the default action.
 */
#include "ui/frame.h"
#include "ui/keymap.h"

struct term_options {
    bool no_colour;           /* also when NO_COLOR is set and not empty */
    bool ascii;               /* also when the locale is not UTF-8 or TERM is a VT100's or VT220's */
    bool mouse;
    enum theme_choice theme;
    const char *stderr_path;  /* where stderr goes meanwhile; NULL: nowhere */
    int wake_fd;              /* an eventfd to write to from signal handlers */
};

struct term;
/* Sets the locale from the environment and takes the terminal over. ERR_USAGE when there is none, or it cannot do this
 * (TERM unset, dumb, unknown). */
int term_open(struct term **out, const struct term_options *options, struct err *e);
/* Gives the terminal back as it was. */
void term_close(struct term *t);
void term_size(const struct term *t, int *rows, int *cols);
bool term_ascii(const struct term *t);
/* Readable when keys are there. */
int term_fd(const struct term *t);
/* The next key: 1, 0 when there is none now, -1 when the terminal has gone. */
int term_read(struct term *t, struct keymap_press *out);
/* Brings the frame to the terminal: sends what changed, nothing when nothing did. */
int term_draw(struct term *t, const struct frame *f, struct err *e);
/* The next drawing sends everything. */
void term_redraw(struct term *t);

enum term_signal { TERM_NO_SIGNAL, TERM_RESIZED, TERM_SUSPEND, TERM_RESUMED, TERM_INT, TERM_TERM, TERM_HUP };
/* What came by a signal since; call until TERM_NO_SIGNAL. TERM_RESIZED: term_size says the new size. */
enum term_signal term_take_signal(struct term *t);
/* Gives the terminal back, stops this process, takes the terminal again when it goes on. */
void term_suspend(struct term *t);
/* Sends text to the terminal's clipboard (OSC 52). ERR_LIMIT above 74,000 bytes. The terminal may ignore it: nobody knows. */
int term_copy(struct term *t, const char *text, size_t n, struct err *e);
#endif
