#ifndef LAKEFERRY_UI_PREFERENCES_H
#define LAKEFERRY_UI_PREFERENCES_H
/*
 * preferences: what config.ini says of the screen: theme, mouse, keys of one's own. Read once, before the terminal is taken over; UI thread.
 */
#include "ui/keymap.h"
#include "ui/term.h"

/* Sets theme, no_colour and mouse by the settings. ERR_CONFIG names the line that cannot be used. */
int preferences_read(struct term_options *out, struct err *e);
/* Adds the bindings of section [keys], "set.action = key" a line, before the built-in ones. ERR_CONFIG names the line. */
int preferences_bind(struct keymap *keys, struct err *e);
#endif
