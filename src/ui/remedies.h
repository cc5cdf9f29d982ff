#ifndef LAKEFERRY_UI_REMEDIES_H
#define LAKEFERRY_UI_REMEDIES_H
/*
 * remedies: what the core says, in the words of the screens. Its sentences name options of the command line; here they name the field that
 * holds the same, and what follows a full stop begins with a capital. Pure functions; UI thread (they read the tables of the forms).
 */
#include "base/err.h"

/* text as a screen says it, cut at size. text and out differ. Returns out. */
char *remedies_text(const char *text, char *out, size_t size);
/* err_sentence as a screen says it. Returns out. */
char *remedies_err(const struct err *e, char *out, size_t size);
#endif
