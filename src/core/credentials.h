#ifndef LAKEFERRY_CORE_CREDENTIALS_H
#define LAKEFERRY_CORE_CREDENTIALS_H
/* credentials: looking up what settings.h's credentials_store stored. Blocks for some seconds at worst (never on the UI thread). Any thread. */
#include "core/settings.h"

/*
 * From the keyring, else from the 0600 file. account: host of the workspace, "clarifai" for Clarifai. out stays as it was when nothing is stored.
 * A keyring that does not answer is no error here; a file that cannot be understood or that others may read is.
 * Nothing is asked of the person: an entry in a locked keyring counts as none, and credentials_locked tells it.
 */
int credentials_find(enum credential which, const char *account, struct value *out, struct err *e);

/* The last lookup of that kind met an entry that is in a locked keyring. */
bool credentials_locked(enum credential which);
#endif
