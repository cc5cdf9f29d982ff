#ifndef LAKEFERRY_UI_UI_H
#define LAKEFERRY_UI_UI_H
/* ui: the terminal interface from its start to its end. Main thread, which becomes the screen's thread. */
#include "base/err.h"

struct ui_options {
    const char *place;       /* "" or a catalog, schema, table, volume or folder as typed */
    const char *profile;     /* NULL: the usual rules */
    bool sandbox, read_only, ascii, no_color;
};
/* Runs until the person quits. Returns the exit status; before the screen starts errors are left in e (-1): no terminal, bad configuration. */
int ui_main(const struct ui_options *options, struct err *e);
#endif
