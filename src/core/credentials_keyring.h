#ifndef LAKEFERRY_CORE_CREDENTIALS_KEYRING_H
#define LAKEFERRY_CORE_CREDENTIALS_KEYRING_H
/*
 * credentials_keyring: entries in the Secret Service, by libsecret (design §6). Each call runs on a thread of its own that is left behind when the
 * service hangs, so every function returns within its bound. Used by credentials.c only. Any thread, never the UI's.
 */
#include "core/settings.h"

/*
 * What an entry is found by, and the name it shows in a keyring manager. All borrowed; service: "databricks" or "clarifai"; account: normalized host
 * or "clarifai".
 */
struct keyring_entry { const char *service, *account, *label; };

/* The service answers, locked or not; asks the person nothing. Within four seconds. */
int keyring_answers(struct err *e);

/* The service answers and the default collection, if there is one, is open; a locked one sets *locked. Asks the person nothing. Within four seconds. */
int keyring_look(bool *locked, struct err *e);

/* The service answers and the default collection is open; a locked one asks for its password first. Within a minute. */
int keyring_open(struct err *e);

/*
 * out: owned, NULL when nothing is stored. Never asks for a password: an entry in a locked collection is an error (ERR_CONFIG) and sets *locked. Within
 * four seconds; a service that hung is not asked again for half a minute.
 */
int keyring_find(const struct keyring_entry *entry, char **out, bool *locked, struct err *e);

/* Puts or replaces. A locked collection asks for its password first. Within a minute. */
int keyring_store(const struct keyring_entry *entry, const char *secret, struct err *e);

/* Removes; absent is success, an entry that stays because its collection is locked is an error. Within a minute. */
int keyring_forget(const struct keyring_entry *entry, struct err *e);
#endif
